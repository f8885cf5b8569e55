//! Reading one rule file.
//!
//! The form of a file is described at the head of each file in `config/rules/`. Rule that must hold: reading goes
//! on after a problem, so that all of them are told at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use toml::de::DeTable;

use super::{
    book::{Closure, Rule, Unless},
    decode::{self, Reader},
    example,
    expression::Expression,
    functions,
    lists::{self, Samples},
    problem::{Origin, Problems, RuleProblem, TagUse},
    schema::{self, DOCUMENT, Field, FieldType},
};
use crate::{
    bilingual,
    domain::{Basis, BasisKind, BasisTest, Effect, Parts, RuleSet, Treatment},
    screen::phrases::PhraseLists,
};

/// No restriction in law runs longer.
const MAX_YEARS: u32 = 999;

/// Longer periods are written in years.
const MAX_DAYS: u32 = 3660;

const SETS: [RuleSet; 2] = [RuleSet::Release, RuleSet::Transfer];

/// What was read of all files so far.
#[derive(Default)]
pub(super) struct Loading {
    pub(super) rules: Vec<Rule>,
    pub(super) phrases: PhraseLists,
    pub(super) samples: Vec<Samples>,
    pub(super) tags: Vec<TagUse>,
    pub(super) problems: Vec<RuleProblem>,
}

/// Reads a file, adds its rules and lists of phrases, and adds its problems.
pub(super) fn read(path: &Path, source: &str, all: &mut Loading) {
    let mut problems = Problems::new(path, source);
    let (document, errors) = DeTable::parse_recoverable(source);
    for error in &errors {
        let what = error.message();
        problems.at(
            error.span().map_or(0, |span| span.start),
            bilingual!(
                "This is not valid TOML: {what}",
                "Ce n’est pas du TOML valide : {what}"
            ),
        );
    }
    if errors.is_empty() {
        let top = Reader::new(document.get_ref(), 0);
        let tables = top.tables("rule", &mut problems);
        for table in &tables {
            rule(path, table, &mut all.rules, &mut problems);
        }
        let with_phrases = lists::read(path, &top, all, &mut problems);
        top.finish(&mut problems);
        if tables.is_empty() && !with_phrases && problems.list.is_empty() {
            problems.at(
                0,
                bilingual!(
                    "This file holds no rule ([[rule]]).",
                    "Ce fichier ne contient aucune règle ([[rule]])."
                ),
            );
        }
    }
    all.tags.append(&mut problems.tags);
    all.problems.append(&mut problems.list);
}

fn rule(path: &Path, table: &Reader<'_, '_>, rules: &mut Vec<Rule>, problems: &mut Problems<'_>) {
    let id = id(table, problems);
    if let Some((id, at)) = &id
        && let Some(other) = rules.iter().find(|rule| rule.id == *id)
    {
        let file = other.file.display();
        problems.at(
            *at,
            bilingual!(
                "There is already a rule `{id}`, in {file}.",
                "Il y a déjà une règle « {id} », dans {file}."
            ),
        );
    }
    let version = table.number("version", u32::MAX, problems);
    let basis = basis(table, problems);
    let applies = table.words("applies", &SETS, RuleSet::as_str, problems);
    if applies.is_empty() {
        problems.at(
            table
                .get("applies")
                .map_or(table.start, |value| value.span().start),
            bilingual!(
                "`applies` must name `release`, `transfer` or both.",
                "« applies » doit nommer « release », « transfer » ou les deux."
            ),
        );
    }
    let effect = table.word("effect", &Effect::ALL, Effect::as_str, problems);
    let parts = table.word("parts", &Parts::ALL, Parts::as_str, problems);
    let treatments = table.words("treatments", &Treatment::ALL, Treatment::as_str, problems);
    let text = table.bilingual("text", problems);
    let closure = table
        .get("closure")
        .and_then(|value| decode::reader(value, problems))
        .and_then(|t| closure(&t, problems));
    let when = condition(table, "when", None, problems);
    let unless: Vec<Unless> = table
        .tables("unless", problems)
        .iter()
        .filter_map(|table| exception(table, problems))
        .collect();
    let evidence = evidence(table, problems);
    let examples: Vec<_> = table
        .tables("example", problems)
        .iter()
        .filter_map(|table| example::read(table, problems))
        .collect();
    example::require_both(table, &examples, problems);
    table.finish(problems);

    // A rule with a problem is not built; the file is refused anyway.
    let (
        Some((id, _)),
        Some(version),
        Some(basis),
        Some(effect),
        Some(parts),
        Some(text),
        Some(when),
    ) = (id, version, basis, effect, parts, text, when)
    else {
        return;
    };
    rules.push(Rule {
        id,
        version,
        basis,
        applies,
        effect,
        closure,
        parts,
        treatments,
        text,
        unless,
        when,
        evidence,
        examples,
        file: path.to_owned(),
    });
}

fn id(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Option<(String, usize)> {
    let (id, span) = table.text("id", problems)?;
    let plain = id
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-')
        && id.len() <= 100;
    if !plain {
        problems.at(
            span.start,
            bilingual!(
                "An id is made of small letters, digits and single hyphens: `{id}` is not.",
                "Un identifiant se compose de minuscules, de chiffres et de traits d’union : « {id} » ne convient pas."
            ),
        );
        return None;
    }
    Some((id, span.start))
}

fn basis(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Option<Basis> {
    let basis = table.table("basis", problems)?;
    let act = basis.text("act", problems);
    let section = basis.text("section", problems);
    let kind = basis.word("kind", &BasisKind::ALL, BasisKind::as_str, problems);
    let test = basis
        .get("test")
        .and_then(|_| basis.word("test", &BasisTest::ALL, BasisTest::as_str, problems));
    basis.finish(problems);
    Some(Basis {
        act: act?.0,
        section: section?.0,
        kind: kind?,
        test,
    })
}

fn closure(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Option<Closure> {
    let from = table.text("from", problems);
    // Years, or, for periods in law that are shorter than one, days.
    let (years, days) = if table.get("days").is_some() {
        (Some(0), table.number("days", MAX_DAYS, problems))
    } else {
        (table.number("years", MAX_YEARS, problems), Some(0))
    };
    table.finish(problems);
    let (from, span) = from?;
    let dates = date_paths();
    if !dates.contains(&from) {
        problems.wrong(
            span.start,
            &from,
            dates.iter().map(String::as_str),
            &bilingual!(
                "`{from}` is not a date of the facts document.",
                "« {from} » n’est pas une date du document des faits."
            ),
        );
        return None;
    }
    Some(Closure {
        from,
        years: years?,
        days: days?,
    })
}

/// The dates of the facts document from which a period may run.
fn date_paths() -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for field in DOCUMENT {
        if let FieldType::Object(inner) = field.field_type {
            for date in inner
                .iter()
                .filter(|inner| inner.field_type == FieldType::Date)
            {
                paths.insert(format!("{}.{}", field.name, date.name));
            }
        }
    }
    paths
}

fn exception(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Option<Unless> {
    let id = id(table, problems);
    let basis = table.optional_text("basis", problems).map(|(text, _)| text);
    let when = condition(table, "when", None, problems);
    table.finish(problems);
    Some(Unless {
        id: id?.0,
        basis,
        when: when?,
    })
}

fn condition(
    table: &Reader<'_, '_>,
    key: &'static str,
    fact: Option<&'static [Field]>,
    problems: &mut Problems<'_>,
) -> Option<Expression> {
    let (text, span) = table.text(key, problems)?;
    let origin = Origin::of_string(problems.source(), &span, &text);
    Expression::load(&text, &origin, fact, problems)
}

/// Which facts a finding rests on: for each list a condition on one `fact`.
fn evidence(
    table: &Reader<'_, '_>,
    problems: &mut Problems<'_>,
) -> BTreeMap<&'static str, Expression> {
    let mut found = BTreeMap::new();
    let Some(value) = table.get("evidence") else {
        return found;
    };
    let Some(lists) = decode::reader(value, problems) else {
        return found;
    };
    for (name, at, value) in lists.entries() {
        let Some(list) = schema::lists().find(|list| *list == name) else {
            problems.wrong(
                at,
                name,
                schema::lists(),
                &bilingual!(
                    "`{name}` is not a list of facts.",
                    "« {name} » n’est pas une liste de faits."
                ),
            );
            continue;
        };
        let Some((text, span)) = decode::text(value, problems) else {
            continue;
        };
        let origin = Origin::of_string(problems.source(), &span, &text);
        if let Some(expression) =
            Expression::load(&text, &origin, schema::list_fields(list), problems)
        {
            found.insert(list, expression);
        }
    }
    found
}

/// The opening date of a closure on a document, where its date is known.
pub(super) fn opening_date(
    closure: &Closure,
    document: &serde_json::Value,
) -> Option<chrono::NaiveDate> {
    let date = closure
        .from
        .split('.')
        .try_fold(document, |value, key| value.get(key))?
        .as_str()
        .and_then(|text| functions::parse_day(text).ok())?;
    functions::years_after(date, i64::from(closure.years))
        .ok()?
        .checked_add_days(chrono::Days::new(u64::from(closure.days)))
}
