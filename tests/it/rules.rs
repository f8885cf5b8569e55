//! The rules: a mistake in them is shown with its place, an error in them stops the item, a change of them judges again.

use std::fs;

use crate::support::{Department, list, on_both_databases, text};

const FILE: &str = "admissions_en.csv";

/// A rule of our own, with the two examples that every rule must have.
fn rule(effect: &str, when: &str) -> String {
    format!(
        r#"[[rule]]
id = "story-rule"
version = 1
basis = {{ act = "Access to Information Act", section = "21(1)", kind = "discretionary" }}
applies = ["release"]
effect = "{effect}"
parts = "whole"
when = '{when}'
text.en = "A rule of this test objects."
text.fr = "Une règle de cet essai s’y oppose."

[[rule.example]]
title = "Named like that"
expect = "finding"
facts.item = {{ name = "admissions_en.csv" }}
facts.record = {{ date = "1980-01-01" }}

[[rule.example]]
title = "Named otherwise"
expect = "nothing"
facts.item = {{ name = "something else.csv" }}
facts.record = {{ date = "2020-01-01" }}
"#
    )
}

fn published(database: crate::support::Database) -> Department {
    let department = Department::new(database);
    department.table(FILE, 1200);
    department.table("other_en.csv", 8000);
    department.run_once();
    assert_eq!(department.state(FILE), "published");
    department
}

on_both_databases! {
    /// New rules judge again what is public already: what they object to is proposed for withdrawal, the rest stays.
    fn a_new_rule_proposes_to_withdraw(database) {
        let department = published(database);
        for effect in ["block", "review"] {
            let text = rule(effect, r#"item.name.startsWith("admissions")"#);
            fs::write(department.path("rules/story.toml"), text).unwrap();
            department.does(&["check"]);
            department.run_once();
            assert!(department.public_holds("1200"), "withdrawn without a person");
            let waiting = department.json(&["review", "list"]);
            assert_eq!(list(&waiting).len(), 1, "{effect}: {waiting}");
            assert_eq!(waiting[0]["proposal"], "withdraw", "{effect}: {waiting}");
            assert_eq!(department.state(FILE), "review");
            assert_eq!(department.state("other_en.csv"), "published");
        }
        department.approve(FILE, "Ada Sample").ends_with(0);
        department.run_once();
        assert!(!department.public_holds("1200") && department.public_holds("8000"));
    }

    /// Rules that change nothing for an item neither write nor ask anybody.
    fn a_rule_that_does_not_apply_changes_nothing_public(database) {
        let department = published(database);
        let before = crate::support::Tree::of(&department.path("public"));
        fs::write(department.path("rules/story.toml"), rule("block", r#"item.name == "admissions_en.csv" && item.size_bytes > 1000000"#).replace(
                r#"facts.item = { name = "admissions_en.csv" }"#,
                r#"facts.item = { name = "admissions_en.csv", size_bytes = 2000000 }"#,
            )).unwrap();
        department.run_once();
        assert_eq!(department.state(FILE), "published");
        let after = crate::support::Tree::of(&department.path("public"));
        assert_eq!(after, before, "{:?}", after.difference(&before));
    }

    /// A rule that fails at run time is doubt: the item waits, although the rule would not have applied.
    fn a_rule_that_errors_stops_the_item(database) {
        let department = Department::with(database, |setup| setup.clearance = "required");
        // Only our rule is left. The clearance is not known, so it has no rank: an error.
        fs::remove_dir_all(department.path("rules")).unwrap();
        fs::create_dir(department.path("rules")).unwrap();
        let text = rule("block", "clearance.rank >= 3")
            .replace(r#"facts.item = { name = "admissions_en.csv" }"#, r#"facts.clearance = { level = "secret", rank = 5 }"#)
            .replace(r#"facts.item = { name = "something else.csv" }"#, r#"facts.clearance = { level = "unclassified", rank = 0 }"#);
        fs::write(department.path("rules/story.toml"), text).unwrap();
        let check = department.rideau(&["check"]);
        assert_eq!(check.code, 0, "{}", check.all());
        department.table(FILE, 1200);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("1200"));
        let findings = department.review(FILE)["members"][0]["findings"].to_string();
        assert!(findings.contains("story-rule"), "{findings}");
        // A person may not wave it through by overruling some other rule, and sees why it waits.
        let shown = department.does(&["review", "show", FILE]).all();
        assert!(shown.contains("Access to Information Act") || shown.contains("story-rule"), "{shown}");
    }

    /// An item is judged again when its opening date comes, once, and not before.
    fn an_opening_date_wakes_the_item_once(database) {
        let department = Department::new(database);
        department.table(FILE, 1200);
        let lapsing = rule("review", r#"item.name.startsWith("admissions")"#)
            .replace("parts = ", "closure = { from = \"item.modified\", years = 30 }\nparts = ");
        fs::write(department.path("rules/story.toml"), lapsing).unwrap();
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        let due = department.json(&["rules", "due"]);
        assert_eq!(list(&due).len(), 1, "{due}");
        assert_eq!(due[0]["rule"], "story-rule", "{due}");
        assert_eq!(department.json(&["rules", "due", "--until", "2020-01-01"]), serde_json::json!([]));
        let woken = || department.events(FILE).iter().filter(|kind| *kind == "version.opened").count();
        department.run_once();
        assert_eq!(woken(), 0);
        // As if thirty years had passed since it was judged.
        let data = department.path("data");
        department.database().tamper(&data, "UPDATE findings SET opening_date = '2020-01-02' WHERE rule_id = 'story-rule'");
        department.database().tamper(&data, "UPDATE versions SET screened_on = '2020-01-01'");
        department.run_once();
        assert_eq!(woken(), 1);
        department.run_once();
        assert_eq!(woken(), 1);
    }

    /// Rules that are not in force yet: what they would change is told, and nothing changes.
    fn a_simulation_tells_and_changes_nothing(database) {
        let department = published(database);
        let folder = department.path("other");
        fs::create_dir(&folder).unwrap();
        for entry in fs::read_dir(department.path("rules")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
        let simulate = || department.json(&["rules", "simulate", "--rules", folder.to_str().unwrap()]);
        let before = department.audit_entries();
        assert_eq!(simulate()["changes"], serde_json::json!([]));
        fs::write(folder.join("story.toml"), rule("block", r#"item.name.startsWith("admissions")"#)).unwrap();
        let told = simulate();
        assert_eq!(list(&told["changes"]).len(), 1, "{told}");
        assert_eq!((text(&told, "/changes/0/from"), text(&told, "/changes/0/to")), ("allow".to_owned(), "block".to_owned()));
        assert_eq!(told["rules"][0]["added"], 1, "{told}");
        assert_eq!(told["to_be_read_again"], serde_json::json!([]));
        fs::write(folder.join("words.toml"), "[phrases.word]\nen = [\"word\"]\nfr = [\"mot\"]\n").unwrap();
        assert_eq!(list(&simulate()["to_be_read_again"]).len(), 2);
        assert_eq!(department.audit_entries(), before);
        department.run_once();
        assert_eq!(department.state(FILE), "published");
    }

    /// What the rules say about an item is told rule by rule, with the part that is false.
    fn an_explanation_names_the_false_part(database) {
        let department = published(database);
        fs::write(department.path("rules/story.toml"), rule("block", r#"item.name.startsWith("admissions") && item.size_bytes > 1000000"#).replace(
                r#"facts.item = { name = "admissions_en.csv" }"#,
                r#"facts.item = { name = "admissions_en.csv", size_bytes = 2000000 }"#,
            )).unwrap();
        let told = department.json(&["rules", "explain", FILE]);
        let answer = list(&told["original"]["rules"]).iter().find(|answer| answer["rule"] == "story-rule").expect("the rule answers");
        assert_eq!(answer["false_parts"], serde_json::json!(["item.size_bytes > 1000000"]), "{answer}");
        assert_eq!(told["recorded_by_these_rules"], false);
        let words = department.does(&["rules", "explain", FILE, "--all"]).all();
        assert!(words.contains("item.size_bytes > 1000000"), "{words}");
    }

    /// Other phrases to look for: the items are read again, and what is found now counts.
    fn a_changed_list_of_phrases_reads_again(database) {
        let department = published(database);
        let text = format!(
            "[phrases.story]\nen = [\"admissions\"]\nfr = [\"admissions\"]\n\n{}",
            rule("review", r#"tags.exists(t, t.tag == "story" && t.part == "file_name")"#)
        )
        .replace(r#"facts.item = { name = "admissions_en.csv" }"#, r#"facts.tags = [{ tag = "story", part = "file_name" }]"#);
        fs::write(department.path("rules/story.toml"), text).unwrap();
        department.does(&["check"]);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert_eq!(department.state("other_en.csv"), "published");
    }

    /// Where the source owes a clearance and gives none, a person looks.
    fn a_missing_clearance_stops_the_item(database) {
        let department = Department::with(database, |setup| setup.clearance = "required");
        department.table(FILE, 1200);
        department.run_once();
        assert_eq!(department.state(FILE), "review");
        assert!(!department.public_holds("1200"));
        let findings = department.review(FILE)["members"][0]["findings"].to_string();
        assert!(findings.contains("clearance-unknown"), "{findings}");
    }
}

/// `check` names file, line and column and what was probably meant; `run` refuses to work with such rules.
#[test]
fn a_misspelt_field_is_shown_with_its_place() {
    let department = Department::new(crate::support::Database::sqlite());
    department.table(FILE, 1200);
    let file = department.path("rules/story.toml");
    for (text, line, meant) in [
        (rule("block", r#"item.nmae == "x""#), 8, "name"),
        (
            rule("block", r#"markings.exists(m, m.levle == "secret")"#),
            8,
            "level",
        ),
        (rule("blok", r#"item.name == "x""#), 6, "block"),
        (
            rule("block", "true").replace("applies", "aplies"),
            5,
            "applies",
        ),
    ] {
        fs::write(&file, &text).unwrap();
        let said = department.rideau(&["check"]).ends_with(1);
        let place = format!("story.toml:{line}:");
        assert!(said.all().contains(&place), "no {place} in {}", said.all());
        let column = said.all().split(&place).nth(1).unwrap().to_owned();
        assert!(
            column.starts_with(|c: char| c.is_ascii_digit()),
            "no column in {}",
            said.all()
        );
        assert!(said.all().contains(meant), "no “{meant}” in {}", said.all());
        let json = department.rideau(&["check", "--json"]).ends_with(1).json();
        assert_eq!(json["ok"], false, "{json}");
        let run = department.rideau(&["run", "--once"]);
        assert_ne!(run.code, 0, "{}", run.all());
    }
    assert!(!department.public().exists());
}

/// A rule's own example that does not hold is a mistake in the rule.
#[test]
fn a_wrong_example_fails_the_check() {
    let department = Department::new(crate::support::Database::sqlite());
    let text = rule("block", r#"item.name.startsWith("admissions")"#)
        + "\n[[rule.example]]\ntitle = \"Never\"\nexpect = \"finding\"\nfacts.item = { name = \"y\" }\n";
    fs::write(department.path("rules/story.toml"), text).unwrap();
    let said = department.rideau(&["check"]).ends_with(1);
    assert!(
        said.all().contains("story.toml") && said.all().contains("Never"),
        "{}",
        said.all()
    );
}

/// All findings of an item can be told apart years later: rule, version, legal basis, place.
#[test]
fn a_finding_says_which_rule_and_which_law() {
    let department = Department::new(crate::support::Database::sqlite());
    department.write(FILE, "Office,Contact\nNorth,jane.sample@example.com\n");
    department.run_once();
    let shown = department.json(&["items", "show", FILE]);
    let findings = list(&shown["versions"][0]["findings"]);
    assert!(!findings.is_empty());
    for stored in findings {
        assert!(!text(stored, "/rule").is_empty() && !text(stored, "/basis/section").is_empty());
    }
    // Evidence in outputs and logs is masked.
    let said = department.does(&["items", "show", FILE]);
    assert!(
        !said.all().contains("jane.sample@example.com"),
        "{}",
        said.all()
    );
    assert!(
        !shown.to_string().contains("jane.sample@example.com"),
        "{shown}"
    );
}

/// Findings for other tools: masked, named, with their rule.
#[test]
fn findings_are_given_as_sarif() {
    let department = Department::new(crate::support::Database::sqlite());
    department.write(
        FILE,
        "Office,Contact\nNorth,jane.sample@example.com\nSouth,john.sample@example.com\n",
    );
    let file = department.drive().join(FILE);
    let said = department
        .rideau(&["screen", file.to_str().unwrap(), "--format", "sarif"])
        .ends_with(1);
    let log = said.json();
    assert_eq!(log["version"], "2.1.0");
    let results = list(&log["runs"][0]["results"]);
    let personal: Vec<_> = results
        .iter()
        .filter(|result| result["ruleId"] == "personal-information-release")
        .collect();
    assert!(personal.len() >= 2, "{log}");
    assert!(
        personal
            .iter()
            .all(|result| result["partialFingerprints"]["rideauFinding/v1"].is_string())
    );
    assert!(!said.all().contains("jane.sample@"), "not masked");
}
