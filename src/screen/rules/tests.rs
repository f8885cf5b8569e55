//! The promises of the rule book: mistakes are found at load with their place, doubt goes to a person.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};

use super::{
    Clearance, FactsDocument, ItemFacts, LIMIT_RULE, MAX_FACTS_PER_LIST, Outcome, RecordFacts,
    RuleBook, RuleProblem, starter_tests::book,
};
use crate::domain::{
    Effect, Fact, FactDetail, Format, FormatFamily, HiddenChannel, IdentifierClass, MarkingState,
    Part, Place, RuleSet, SecurityLevel, TagPosition, Treatment, Unreadable,
};

/// A rule whose condition is on line 8, from column 9.
fn rule(when: &str) -> String {
    format!(
        r#"[[rule]]
id = "r"
version = 1
basis = {{ act = "A", section = "1", kind = "policy" }}
applies = ["release"]
effect = "block"
parts = "whole"
when = '{when}'
text = {{ en = "E", fr = "F" }}

[[rule.example]]
title = "yes"
expect = "finding"

[[rule.example]]
title = "no"
expect = "nothing"
"#
    )
}

fn load(text: &str) -> Result<RuleBook, Vec<RuleProblem>> {
    RuleBook::load(&[(PathBuf::from("r.toml"), text.to_owned())])
}

fn one(when: &str) -> RuleBook {
    load(&rule(when)).unwrap_or_else(|problems| panic!("{when}: {problems:?}"))
}

/// Expects exactly one problem, at a place, with a suggestion.
fn check_problem(text: &str, line: u32, column: u32, nearest: Option<&str>) {
    let problems = load(text).expect_err("must be refused");
    let found: Vec<_> = problems
        .iter()
        .map(|p| {
            (
                p.line,
                p.column,
                p.nearest.as_deref(),
                p.message.en.as_str(),
            )
        })
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (
            problems[0].line,
            problems[0].column,
            problems[0].nearest.as_deref()
        ),
        (line, column, nearest),
        "{found:?}"
    );
    assert!(!problems[0].message.fr.is_empty());
    assert_ne!(problems[0].message.fr, problems[0].message.en);
}

/// Expects one problem, where the wrong word stands in the condition.
fn check_condition(when: &str, wrong: &str, nearest: Option<&str>) {
    let at = when
        .find(wrong)
        .map(|byte| when[..byte].chars().count())
        .expect("the word is there");
    check_problem(&rule(when), 8, 9 + u32::try_from(at).unwrap(), nearest);
}

#[test]
fn misspelt_names_are_refused_with_place_and_suggestion() {
    check_condition("markngs.exists(m, m.rank > 1)", "markngs", Some("markings"));
    check_condition("markings.exists(m, m.rnak > 1)", "rnak", Some("rank"));
    check_condition("format.encripted", "encripted", Some("encrypted"));
    check_condition("record.dat < now", "dat ", Some("date"));
    check_condition("has(record.dat)", "dat)", Some("date"));
    check_condition(
        "true && item.sise_bytes > 1",
        "sise_bytes",
        Some("size_bytes"),
    );
    check_condition("markings.exists(m, x.rank > 1)", "x.rank", None);
    check_condition(
        r#"identifiers.exists(i, i.class == "persnal")"#,
        "persnal",
        Some("personal"),
    );
    check_condition(
        r#"identifiers.exists(i, i.class in ["personal", "public", "bussiness"])"#,
        "bussiness",
        Some("business"),
    );
    check_condition(
        r#"identifiers.exists(i, i.identifier == "sinn")"#,
        "sinn",
        Some("sin"),
    );
    check_condition(
        r#"markings.exists(m, "cabinet_confidance" in m.caveats)"#,
        "cabinet_confidance",
        Some("cabinet_confidence"),
    );
    check_condition(
        "years_afte(record.date, 20) < now",
        "(record",
        Some("years_after"),
    );
}

#[test]
fn characters_beyond_ascii_do_not_shift_the_place() {
    check_condition(
        r#"item.name == "éàü" && format.encripted"#,
        "encripted",
        Some("encrypted"),
    );
}

#[test]
fn conditions_of_several_lines_are_placed_too() {
    let text = rule("").replace(
        "when = ''",
        "when = '''\nformat.known &&\n  format.encripted\n'''",
    );
    check_problem(&text, 10, 10, Some("encrypted"));
}

#[test]
fn wrong_types_are_refused() {
    for when in [
        "size(markings)",
        "markings",
        "markings.rank > 1",
        "markings.exists(m, m.rank)",
        "markings.exists(m, m.rank > \"b\")",
        "markings.exists(m, m.level > \"protected_a\")",
        "format.known > 1",
        "format.known && 1",
        "item.exists(i, true)",
        "record.date < 5",
        "record.date < \"soon\"",
        "years_after(\"2020-13-01\", 1) < now",
        "years_after(record.date, \"20\") < now",
        "years_after(record.date) < now",
        "now.getFullYear() > 2000",
        "timestamp(now) > timestamp(now)",
        "item.name.matches(\".*\")",
        "{\"a\": 1}.a == 1",
        "format.known == null",
        "markings.exists(m, identifiers.exists(i, true))",
        "markings.map(m, m.rank)",
        "size(now) > 1",
    ] {
        assert!(load(&rule(when)).is_err(), "{when} must be refused");
    }
}

#[test]
fn good_conditions_load() {
    for when in [
        "true",
        "markings.filter(m, m.rank > 1).size() > 2",
        "size(markings.map(m, m.rank)) > 2",
        "markings.map(m, m.rank).exists(r, r > 2)",
        "markings.exists_one(m, m.rank == 1)",
        "markings.all(m, m.caveats.exists(c, c == \"third_party\"))",
        "markings[0].rank == 1",
        "record.date < \"2020-01-31\"",
        "years_after(record.date, 20) <= now && age_years(record.date, now) >= 20",
        "item.name.startsWith(\"a\") ? format.known : !format.known",
        "item.size_bytes - 1 > 2 * 3",
        "has(clearance.level) && clearance.level in [\"none\", \"secret\"]",
    ] {
        one(when);
    }
}

#[test]
fn wrong_keys_and_values_are_refused_with_place_and_suggestion() {
    let good = rule("format.known");
    check_problem(
        &good.replace("effect = \"block\"", "effect = \"blok\""),
        6,
        10,
        Some("block"),
    );
    check_problem(&good.replace("version = 1", "version = 0"), 3, 11, None);
    check_problem(&good.replace("version = 1", "version = \"1\""), 3, 11, None);
    check_problem(
        &good.replace("kind = \"policy\"", "kind = \"polcy\""),
        4,
        44,
        Some("policy"),
    );
    check_problem(
        &good.replace("[\"release\"]", "[\"release\", \"relese\"]"),
        5,
        23,
        Some("release"),
    );
    check_problem(&good.replace("[\"release\"]", "[]"), 5, 11, None);
    check_problem(
        &good.replace("parts = \"whole\"", "parts = \"whole\"\ntreatment = []"),
        8,
        1,
        Some("treatments"),
    );
    check_problem(&good.replace("id = \"r\"", "id = \"R 1\""), 2, 6, None);
    check_problem(&good.replace("fr = \"F\"", "fr = \" \""), 9, 25, None);
    check_problem(&good.replace(", fr = \"F\"", ""), 9, 8, None);
    check_problem(&good.replace("effect = \"block\"\n", ""), 1, 1, None);
    check_problem(
        &good.replace("expect = \"nothing\"", "expect = \"finding\""),
        1,
        1,
        None,
    );
    check_problem(
        &good
            .replace("[[rule]]", "[[rules]]")
            .replace("[[rule.", "[[rules."),
        1,
        3,
        Some("rule"),
    );
    check_problem("", 1, 1, None);
    let closure = |text: &str| {
        good.replace(
            "parts = \"whole\"",
            &format!("parts = \"whole\"\nclosure = {text}"),
        )
    };
    check_problem(
        &closure("{ from = \"record.dat\", years = 20 }"),
        8,
        20,
        Some("record.date"),
    );
    check_problem(
        &closure("{ from = \"record.date\", years = -1 }"),
        8,
        43,
        None,
    );
    let example = |facts: &str| {
        good.replace(
            "expect = \"finding\"",
            &format!("expect = \"finding\"\n{facts}"),
        )
    };
    check_problem(
        &example("facts.formt = { known = true }"),
        14,
        7,
        Some("format"),
    );
    check_problem(
        &example("facts.markings = [{ levl = \"secret\" }]"),
        14,
        21,
        Some("level"),
    );
    check_problem(
        &example("facts.markings = [{ level = \"secrt\" }]"),
        14,
        29,
        Some("secret"),
    );
    check_problem(
        &example("facts.markings = [{ rank = \"1\" }]"),
        14,
        28,
        None,
    );
    check_problem(
        &example("absent = [\"record.dat\"]"),
        14,
        11,
        Some("record.date"),
    );
    let evidence =
        |text: &str| good.replace("parts = \"whole\"", &format!("parts = \"whole\"\n{text}"));
    check_problem(
        &evidence("evidence.marking = 'true'"),
        8,
        10,
        Some("markings"),
    );
    check_problem(
        &evidence("evidence.markings = 'fact.rnk > 1'"),
        8,
        27,
        Some("rank"),
    );
}

#[test]
fn broken_toml_and_broken_cel_have_a_place() {
    let problems = load("[[rule]]\nid = \n").unwrap_err();
    assert_eq!(problems[0].line, 2);
    let problems = load(&rule("format.known &&")).unwrap_err();
    assert_eq!(problems[0].line, 8, "{problems:?}");
    assert!(problems[0].column >= 9);
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let a = rule("formt.known").replace("effect = \"block\"", "effect = \"blok\"");
    let b = rule("format.knwon").replace("id = \"r\"", "id = \"s\"");
    let problems = RuleBook::load(&[("b.toml".into(), b), ("a.toml".into(), a)]).unwrap_err();
    let places: Vec<_> = problems
        .iter()
        .map(|p| (p.file.to_str().unwrap(), p.line))
        .collect();
    assert_eq!(places, [("a.toml", 6), ("a.toml", 8), ("b.toml", 8)]);
    assert_eq!(
        problems[0].to_string(),
        "a.toml:6:10: `blok` is not allowed here. Did you mean `block`? / « blok » n’est pas permis ici. Vouliez-vous dire « block »?"
    );
}

#[test]
fn an_id_is_used_once() {
    let files = [
        ("a.toml".into(), rule("true")),
        ("b.toml".into(), rule("true")),
    ];
    let problems = RuleBook::load(&files).unwrap_err();
    assert_eq!(
        (problems[0].file.to_str().unwrap(), problems[0].line),
        ("b.toml", 2)
    );
}

#[test]
fn hash_follows_meaning_only() {
    let hash = |text: &str| load(text).unwrap().hash();
    let base = rule("format.known && item.size_bytes > 1");
    assert_eq!(
        hash(&base),
        hash(
            &base
                .replace(" && ", "&&")
                .replace("version = 1", "version   =   1 # x")
        )
    );
    assert_eq!(
        hash(&base),
        hash(&base.replace("title = \"yes\"", "title = \"other\""))
    );
    for (from, to) in [
        ("version = 1", "version = 2"),
        ("\"block\"", "\"review\""),
        ("> 1", "> 2"),
        ("> 1", ">= 1"),
        ("en = \"E\"", "en = \"X\""),
        ("[\"release\"]", "[\"transfer\"]"),
        ("\"whole\"", "\"spans\""),
        ("section = \"1\"", "section = \"2\""),
    ] {
        assert_ne!(hash(&base), hash(&base.replacen(from, to, 1)), "{to}");
    }
}

fn fact(detail: FactDetail, part: Part) -> Fact {
    Fact {
        detail,
        place: Place::new(part, "somewhere"),
        confidence: 95,
        masked: "•••".into(),
        detector: "test/1".into(),
        reasons: Vec::new(),
    }
}

fn marking(level: SecurityLevel, caveats: &[&str]) -> Fact {
    let caveats = caveats.iter().map(|&name| name.to_owned()).collect();
    fact(
        FactDetail::Marking {
            level,
            state: MarkingState::Standing,
            caveats,
        },
        Part::Header,
    )
}

fn identifier(class: IdentifierClass) -> Fact {
    fact(
        FactDetail::Identifier {
            identifier: "sin".into(),
            class,
        },
        Part::Cell,
    )
}

fn document(facts: Vec<Fact>) -> FactsDocument {
    FactsDocument {
        item: ItemFacts {
            name: "report.xlsx".into(),
            path: "reports/report.xlsx".into(),
            source: "drive".into(),
            size_bytes: 1000,
            modified: None,
        },
        format: Format {
            name: "xlsx".into(),
            pronom: None,
            media_type: "application/x".into(),
            family: FormatFamily::Table,
            encrypted: false,
            extension_mismatch: false,
        },
        clearance: Some(Clearance::None),
        record: RecordFacts {
            decision_date: None,
            date: NaiveDate::from_ymd_opt(2024, 5, 1),
            ..RecordFacts::without_system()
        },
        attributes: Vec::new(),
        facts,
    }
}

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 6, 1, 12, 0, 0).unwrap()
}

/// The findings of a set, as rule and effect.
fn check(set: RuleSet, document: &FactsDocument, expected: &[(&str, Effect)]) {
    let evaluation = book().evaluate(set, document, now());
    let found: Vec<_> = evaluation
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.effect))
        .collect();
    assert_eq!(found, expected);
}

use Effect::{Block, Expire, Redact, Restrict, Review};
use RuleSet::{Release, Transfer};

#[test]
fn starter_set_on_facts() {
    check(Release, &document(vec![]), &[]);
    check(Transfer, &document(vec![]), &[]);
    let b = document(vec![marking(SecurityLevel::ProtectedB, &[])]);
    check(Release, &b, &[("security-protected-release", Review)]);
    check(Transfer, &b, &[("security-protected-transfer", Restrict)]);
    let secret = document(vec![marking(
        SecurityLevel::Secret,
        &["cabinet_confidence"],
    )]);
    check(
        Release,
        &secret,
        &[
            ("cabinet-confidence", Block),
            ("security-classified-release", Block),
        ],
    );
    let personal = document(vec![
        identifier(IdentifierClass::Personal),
        identifier(IdentifierClass::Unknown),
    ]);
    check(
        Release,
        &personal,
        &[
            ("personal-information-doubt-release", Review),
            ("personal-information-release", Redact),
        ],
    );
    check(
        Transfer,
        &personal,
        &[("personal-information-transfer", Restrict)],
    );
    let label = FactDetail::Unreadable(Unreadable {
        code: "unknown_label".into(),
        reason: crate::domain::Bilingual::same(""),
    });
    check(
        Release,
        &document(vec![fact(label, Part::Label)]),
        &[("unknown-label", Review)],
    );
    let hidden = FactDetail::Hidden {
        channel: HiddenChannel::Sheet,
        count: 2,
    };
    check(
        Release,
        &document(vec![fact(hidden, Part::HiddenSheet)]),
        &[("hidden-content-release", Redact)],
    );
}

#[test]
fn clearance_missing_unknown_or_high() {
    let with = |clearance| FactsDocument {
        clearance,
        ..document(vec![])
    };
    check(
        Release,
        &with(Some(Clearance::Unknown)),
        &[("clearance-unknown", Review)],
    );
    check(Release, &with(None), &[("clearance-unknown", Review)]);
    check(Transfer, &with(None), &[("clearance-unknown", Review)]);
    check(
        Release,
        &with(Some(Clearance::Level(SecurityLevel::Unclassified))),
        &[],
    );
    check(
        Release,
        &with(Some(Clearance::Level(SecurityLevel::ProtectedA))),
        &[("clearance-protected-release", Review)],
    );
    check(
        Release,
        &with(Some(Clearance::Level(SecurityLevel::TopSecret))),
        &[("clearance-classified-release", Block)],
    );
    let evaluation = book().evaluate(Release, &with(None), now());
    let error = evaluation.findings[0].error.as_ref().expect("says why");
    assert!(error.en.contains("clearance.known") && error.fr.contains("clearance.known"));
    let trace = evaluation
        .trace
        .rules
        .iter()
        .find(|rule| rule.rule == "clearance-unknown")
        .unwrap();
    assert!(matches!(trace.when, Outcome::Failed(_)));
}

#[test]
fn evidence_points_at_the_facts_that_count() {
    let facts = vec![
        identifier(IdentifierClass::Public),
        marking(SecurityLevel::ProtectedA, &[]),
        identifier(IdentifierClass::Personal),
        identifier(IdentifierClass::Personal),
    ];
    let evaluation = book().evaluate(Release, &document(facts), now());
    let evidence: Vec<_> = evaluation
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.evidence.clone()))
        .collect();
    assert_eq!(
        evidence,
        [
            ("personal-information-release", vec![2, 3]),
            ("security-protected-release", vec![1])
        ]
    );
    assert_eq!(evaluation.effect(), Redact);
}

#[test]
fn opening_dates() {
    let mut old = document(vec![marking(
        SecurityLevel::Unclassified,
        &["cabinet_confidence"],
    )]);
    let finding =
        |document: &FactsDocument| book().evaluate(Release, document, now()).findings.remove(0);
    assert_eq!(
        (finding(&old).effect, finding(&old).opening_date),
        (Block, NaiveDate::from_ymd_opt(2044, 5, 1))
    );
    old.record.date = NaiveDate::from_ymd_opt(2005, 6, 1);
    assert_eq!(finding(&old).effect, Expire);
    old.record.date = NaiveDate::from_ymd_opt(2005, 6, 2);
    assert_eq!(finding(&old).effect, Block);
    old.record.date = None;
    assert_eq!(
        (finding(&old).effect, finding(&old).opening_date),
        (Block, None)
    );
}

fn effect_of_one(when: &str, document: &FactsDocument) -> Option<(Effect, bool)> {
    let evaluation = one(when).evaluate(Release, document, now());
    evaluation
        .findings
        .first()
        .map(|finding| (finding.effect, finding.error.is_some()))
}

#[test]
fn errors_at_run_time_go_to_a_person() {
    let plain = document(vec![]);
    for when in [
        "markings[0].rank == 1",
        "1 / size(markings) == 1",
        "item.size_bytes % size(markings) == 1",
        "years_after(now, 9000) < now",
        "item.size_bytes * 9223372036854775807 > 1",
        "item.modified < now",
    ] {
        assert_eq!(effect_of_one(when, &plain), Some((Review, true)), "{when}");
    }
    assert_eq!(effect_of_one("false", &plain), None);
    assert_eq!(effect_of_one("true", &plain), Some((Block, false)));
}

#[test]
fn an_absent_key_is_not_absorbed() {
    let plain = document(vec![]);
    // CEL alone would say false, false and true.
    assert_eq!(
        effect_of_one("item.modified < now && false", &plain),
        Some((Review, true))
    );
    assert_eq!(
        effect_of_one("false && item.modified < now", &plain),
        Some((Review, true))
    );
    assert_eq!(
        effect_of_one("true || item.modified < now", &plain),
        Some((Review, true))
    );
    // Asking first is the author's decision.
    assert_eq!(
        effect_of_one("has(item.modified) && item.modified < now", &plain),
        None
    );
    assert_eq!(
        effect_of_one("!has(item.modified) || item.modified < now", &plain),
        Some((Block, false))
    );
}

#[test]
fn exceptions_hold_back_and_doubtful_ones_do_not() {
    let with = |unless: &str, effect: &str| {
        let text = rule("true").replace("\"block\"", effect)
            + &format!("\n[[rule.unless]]\nid = \"u\"\nwhen = '{unless}'\nbasis = \"21(2)(b)\"\n");
        let evaluation = load(&text)
            .unwrap()
            .evaluate(Release, &document(vec![]), now());
        evaluation
            .findings
            .first()
            .map(|finding| (finding.effect, finding.error.is_some()))
    };
    assert_eq!(with("true", "\"block\""), None);
    assert_eq!(with("false", "\"block\""), Some((Block, false)));
    assert_eq!(
        with("item.modified < now", "\"block\""),
        Some((Block, true))
    );
    assert_eq!(
        with("item.modified < now", "\"allow\""),
        Some((Review, true))
    );
}

#[test]
fn too_many_facts_go_to_a_person() {
    let many = vec![identifier(IdentifierClass::Public); MAX_FACTS_PER_LIST + 1];
    let evaluation = book().evaluate(Release, &document(many), now());
    let found: Vec<_> = evaluation
        .findings
        .iter()
        .map(|f| (f.rule.as_str(), f.effect))
        .collect();
    assert_eq!(found, [(LIMIT_RULE, Review), ("unreadable", Review)]);
    // Even a book without rules stops them.
    let evaluation = one("false").evaluate(
        Release,
        &document(vec![
            identifier(IdentifierClass::Public);
            MAX_FACTS_PER_LIST + 1
        ]),
        now(),
    );
    assert_eq!(evaluation.effect(), Review);
    let just = vec![identifier(IdentifierClass::Public); MAX_FACTS_PER_LIST];
    assert_eq!(
        book().evaluate(Release, &document(just), now()).findings,
        []
    );
}

#[test]
fn the_same_question_has_the_same_answer() {
    let facts = vec![
        identifier(IdentifierClass::Personal),
        marking(SecurityLevel::Secret, &["third_party"]),
    ];
    let document = document(facts);
    let first = serde_json::to_string(&book().evaluate(Release, &document, now())).unwrap();
    for _ in 0..5 {
        assert_eq!(
            serde_json::to_string(&book().evaluate(Release, &document, now())).unwrap(),
            first
        );
    }
}

#[test]
fn schema_and_document_have_the_same_keys() {
    let mut facts = vec![
        marking(SecurityLevel::Secret, &["third_party"]),
        identifier(IdentifierClass::Public),
    ];
    for detail in [
        FactDetail::Hidden {
            channel: HiddenChannel::Rows,
            count: 1,
        },
        FactDetail::Unreadable(Unreadable {
            code: "corrupt".into(),
            reason: crate::domain::Bilingual::same(""),
        }),
        FactDetail::SmallCells {
            count: 1,
            threshold: 5,
        },
        FactDetail::Disclosure(crate::domain::Disclosure {
            tabulated: crate::domain::Tabulated::Counts,
            verdict: "safe".into(),
            hidden: 3,
        }),
        FactDetail::Conversion {
            code: "x".into(),
            count: 1,
        },
        FactDetail::Tag {
            tag: "advice".into(),
            position: TagPosition::Front,
        },
    ] {
        facts.push(fact(detail, Part::Body));
    }
    let mut document = document(facts);
    document.item.modified = Some(now());
    document.record.decision_date = Some(now().date_naive());
    document.attributes = vec![("eligible".to_owned(), None)];
    compare(&document.to_json(now()), super::schema::DOCUMENT, "");
}

fn compare(value: &serde_json::Value, fields: &[super::schema::Field], at: &str) {
    use super::schema::FieldType;
    let object = value.as_object().unwrap();
    let mut written: Vec<&str> = object.keys().map(String::as_str).collect();
    let mut known: Vec<&str> = fields.iter().map(|field| field.name).collect();
    written.sort_unstable();
    known.sort_unstable();
    assert_eq!(written, known, "{at}");
    for field in fields {
        match (field.field_type, &object[field.name]) {
            (FieldType::Object(inner), value) => compare(value, inner, field.name),
            (FieldType::Objects(inner), value) => {
                for element in value.as_array().unwrap() {
                    compare(element, inner, field.name);
                }
                assert!(!value.as_array().unwrap().is_empty(), "{}", field.name);
            }
            (FieldType::Word(words), value) => assert!(words.contains(&value.as_str().unwrap())),
            (FieldType::Bool, value) => assert!(value.is_boolean()),
            (FieldType::Int, value) => assert!(value.is_i64()),
            (FieldType::Text | FieldType::Date | FieldType::Tag, value) => {
                assert!(value.is_string());
            }
            (FieldType::Words(_), value) => assert!(value.is_array()),
        }
    }
}

#[test]
fn schema_words_are_those_of_the_domain() {
    use super::schema;
    let levels: Vec<_> = [
        SecurityLevel::Unclassified,
        SecurityLevel::ProtectedA,
        SecurityLevel::ProtectedB,
        SecurityLevel::ProtectedC,
        SecurityLevel::Confidential,
        SecurityLevel::Secret,
        SecurityLevel::TopSecret,
    ]
    .iter()
    .map(|level| level.as_str())
    .collect();
    assert_eq!(levels, schema::LEVELS);
    // The JSON names of the types are the words, whatever as_str says.
    for word in schema::PARTS {
        assert!(
            serde_json::from_str::<Part>(&format!("\"{word}\"")).is_ok(),
            "{word}"
        );
    }
    for word in schema::CHANNELS {
        assert!(
            serde_json::from_str::<HiddenChannel>(&format!("\"{word}\"")).is_ok(),
            "{word}"
        );
    }
    assert_eq!(TagPosition::ALL.map(TagPosition::as_str), schema::POSITIONS);
    for word in schema::CLASSES {
        assert!(
            serde_json::from_str::<IdentifierClass>(&format!("\"{word}\"")).is_ok(),
            "{word}"
        );
    }
}

#[test]
fn failing_examples_are_reported_with_their_line() {
    let outcomes = one("format.known").run_examples();
    let told: Vec<_> = outcomes
        .iter()
        .map(|o| (o.example.as_str(), o.passed, o.actual.as_str(), o.line))
        .collect();
    assert_eq!(
        told,
        [("yes", true, "finding", 11), ("no", false, "finding", 15)]
    );
}

#[test]
fn treatments_come_with_the_finding() {
    let evaluation = book().evaluate(
        Release,
        &document(vec![identifier(IdentifierClass::Personal)]),
        now(),
    );
    assert_eq!(
        evaluation.findings[0].treatments,
        [Treatment::RemoveHidden, Treatment::RedactSpans]
    );
}

#[test]
fn the_book_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<RuleBook>();
}

#[test]
fn ten_thousand_facts_are_judged_in_reasonable_time() {
    let document = document(vec![
        identifier(IdentifierClass::Personal);
        MAX_FACTS_PER_LIST
    ]);
    let start = std::time::Instant::now();
    for when in [
        "identifiers.exists(i, i.class == \"business\")",
        "identifiers.filter(i, i.class == \"personal\").size() > 5",
        "identifiers.map(i, i.class).exists(c, c == \"business\")",
    ] {
        one(when).evaluate(Release, &document, now());
    }
    book().evaluate(Release, &document, now());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

const LIST: &str = r#"[phrases.advice]
en = ["advice to the minister"]
fr = ["conseils au ministre"]
except = ["advice to the minister of health of another country"]
finds = ["Advice to the Minister"]
ignores = ["Advice to the ministry"]

"#;

#[test]
fn tags_are_names_of_lists() {
    let used = |tag: &str| {
        let when = format!(r#"tags.exists(t, t.tag == "{tag}" && t.position != "text")"#);
        format!("{LIST}{}", rule(&when))
    };
    let book = load(&used("advice")).unwrap_or_else(|problems| panic!("{problems:?}"));
    let tag = |position| {
        let tag = "advice".to_owned();
        document(vec![fact(FactDetail::Tag { tag, position }, Part::Body)])
    };
    for (position, expected) in [
        (TagPosition::Front, 1),
        (TagPosition::Alone, 1),
        (TagPosition::Text, 0),
    ] {
        let evaluation = book.evaluate(Release, &tag(position), now());
        assert_eq!(evaluation.findings.len(), expected, "{position:?}");
    }
    // A misspelt name is found whichever file holds the list.
    let problems = RuleBook::load(&[
        (
            "a.toml".into(),
            rule(r#"tags.exists(t, t.tag in ["advise"])"#),
        ),
        ("b.toml".into(), LIST.to_owned()),
    ])
    .unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(
        (
            problems[0].line,
            problems[0].column,
            problems[0].nearest.as_deref()
        ),
        (8, 35, Some("advice"))
    );
    let example = used("advice").replace(
        "expect = \"finding\"",
        "expect = \"finding\"\nfacts.tags = [{ tag = \"advise\" }]",
    );
    assert_eq!(load(&example).unwrap_err().len(), 1);
}

#[test]
fn lists_of_phrases_are_checked_and_tried() {
    let outcomes = load(LIST).unwrap().run_examples();
    assert_eq!(outcomes.len(), 2);
    assert!(
        outcomes.iter().all(|outcome| outcome.passed),
        "{outcomes:?}"
    );
    let wrong = LIST.replace("to the ministry", "to the minister");
    let failed: Vec<_> = load(&wrong)
        .unwrap()
        .run_examples()
        .into_iter()
        .filter(|outcome| !outcome.passed)
        .map(|outcome| (outcome.rule, outcome.line))
        .collect();
    assert_eq!(failed, [("phrases.advice".to_owned(), 6)]);
    for (from, to) in [
        ("fr = [\"conseils au ministre\"]\n", ""),
        ("conseils au ministre", "MC"),
        ("except =", "exept ="),
        ("phrases.advice", "phrases.Advice"),
    ] {
        assert_eq!(load(&LIST.replace(from, to)).unwrap_err().len(), 1, "{to}");
    }
    let twice = RuleBook::load(&[
        ("a.toml".into(), LIST.to_owned()),
        ("b.toml".into(), LIST.to_owned()),
    ]);
    assert_eq!(twice.unwrap_err().len(), 1);
}

#[test]
fn lists_are_part_of_the_book() {
    let hash = |text: &str| load(text).unwrap().hash();
    assert_ne!(hash(LIST), hash(&LIST.replace("conseils au", "conseil au")));
    assert_eq!(hash(LIST), hash(&LIST.replace("finds =", "# x\nfinds =")));
}

#[test]
fn short_periods_run_in_days() {
    let with = |closure: &str| {
        rule("true").replace(
            "parts = \"whole\"",
            &format!("parts = \"whole\"\nclosure = {{ from = \"record.date\", {closure} }}"),
        )
    };
    for (closure, expected) in [("days = 90", "2000-03-31"), ("years = 2", "2002-01-01")] {
        let mut known = document(vec![]);
        known.record.date = NaiveDate::from_ymd_opt(2000, 1, 1);
        let evaluation = load(&with(closure))
            .unwrap()
            .evaluate(Release, &known, now());
        let opening = evaluation.findings[0]
            .opening_date
            .map(|day| day.to_string());
        assert_eq!(opening.as_deref(), Some(expected), "{closure}");
    }
    assert!(load(&with("days = 0")).is_err());
    assert!(load(&with("days = 9, years = 1")).is_err());
}

#[test]
fn explanations_agree_with_the_judgement() {
    let book = one("format.known && item.size_bytes > 5000");
    let answers = book.explain(Release, &document(vec![]), now());
    assert_eq!(answers[0].false_parts, ["item.size_bytes > 5000"]);
    assert_eq!(answers[0].finding, None);
    let many = vec![identifier(IdentifierClass::Personal); MAX_FACTS_PER_LIST + 1];
    let starter = super::starter_tests::book();
    for facts in [
        vec![],
        vec![
            identifier(IdentifierClass::Personal),
            marking(SecurityLevel::Secret, &["third_party"]),
        ],
        many,
    ] {
        let document = document(facts);
        for set in [Release, Transfer] {
            let explained: Vec<_> = starter
                .explain(set, &document, now())
                .into_iter()
                .filter_map(|answer| answer.finding)
                .collect();
            let judged = starter.evaluate(set, &document, now());
            assert_eq!(explained, judged.findings);
        }
    }
}
