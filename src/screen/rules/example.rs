//! Examples: small fact documents that stand in each rule and are executed.
//!
//! An example starts from an ordinary document (a spreadsheet of known format from a source without clearances,
//! in which nothing was found) and says only what differs. Elements of lists are completed in the same way.
//! Rule that must hold: an example is checked against the schema like a condition.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};
use toml::{Spanned, de::DeValue};

use super::{
    book::RuleBook,
    decode::Reader,
    document::Rendered,
    evaluate::Outcome,
    functions,
    problem::Problems,
    schema::{self, DOCUMENT, Field, FieldType},
};
use crate::{bilingual, domain::Effect};

/// What an example expects of its rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Expect {
    /// A finding with the rule's effect, or `expire` where its opening date has come.
    Finding,
    /// No finding.
    Nothing,
    /// The rule cannot be evaluated: a person decides.
    Error,
}

impl Expect {
    const ALL: [Self; 3] = [Self::Finding, Self::Nothing, Self::Error];

    fn as_str(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Nothing => "nothing",
            Self::Error => "error",
        }
    }
}

/// An example as read.
#[derive(Debug)]
pub(super) struct Example {
    title: String,
    expect: Expect,
    effect: Option<Effect>,
    document: Value,
    line: u32,
}

/// How an example went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExampleOutcome {
    /// The file of the rule.
    pub file: PathBuf,
    /// The rule.
    pub rule: String,
    /// The example's title.
    pub example: String,
    /// True when the rule did what the example expects, in each set it applies to.
    pub passed: bool,
    /// What was expected.
    pub expected: String,
    /// What the rule did.
    pub actual: String,
    /// The line of the file where the example begins, from 1.
    pub line: u32,
}

impl RuleBook {
    /// Tries the lists of phrases on their samples, then executes the examples of all rules, in order of rule id.
    pub fn run_examples(&self) -> Vec<ExampleOutcome> {
        let mut outcomes = self.run_samples();
        for rule in &self.rules {
            for example in &rule.examples {
                let document = rendered(&example.document);
                let context = self.context(&document.json);
                let mut actual = Vec::new();
                for set in &rule.applies {
                    let (finding, trace) = rule.answer(*set, &document, &context);
                    let failed = matches!(trace.when, Outcome::Failed(_))
                        || finding
                            .as_ref()
                            .is_some_and(|finding| finding.error.is_some());
                    let expected_evidence = document.origin.values().any(|list| !list.is_empty());
                    let did = match finding {
                        _ if failed => "error".to_owned(),
                        None => "nothing".to_owned(),
                        Some(finding)
                            if expected_evidence
                                && finding.evidence.is_empty()
                                && !rule.when.lists.is_empty() =>
                        {
                            "finding without evidence".to_owned()
                        }
                        Some(finding) => match example.effect {
                            Some(_) => format!("finding ({})", finding.effect.as_str()),
                            None => "finding".to_owned(),
                        },
                    };
                    if !actual.contains(&did) {
                        actual.push(did);
                    }
                }
                let expected = match example.effect {
                    Some(effect) => format!("{} ({})", example.expect.as_str(), effect.as_str()),
                    None => example.expect.as_str().to_owned(),
                };
                let actual = actual.join(", ");
                outcomes.push(ExampleOutcome {
                    file: rule.file.clone(),
                    rule: rule.id.clone(),
                    example: example.title.clone(),
                    passed: actual == expected,
                    expected,
                    actual,
                    line: example.line,
                });
            }
        }
        outcomes
    }
}

/// Reads one example table.
pub(super) fn read(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Option<Example> {
    let title = table.text("title", problems);
    let expect = table.word("expect", &Expect::ALL, Expect::as_str, problems);
    let effect = table
        .get("effect")
        .and_then(|_| table.word("effect", &Effect::ALL, Effect::as_str, problems));
    let mut document = ordinary();
    if let Some(facts) = table.get("facts") {
        overlay(&mut document, facts, DOCUMENT, problems);
    }
    if let Some(list) = table.get("absent") {
        remove(&mut document, list, problems);
    }
    table.finish(problems);
    Some(Example {
        title: title?.0,
        expect: expect?,
        effect,
        document,
        line: problems.line(table.start),
    })
}

/// Each rule shows at least one case where it applies and one where it does not.
pub(super) fn require_both(
    table: &Reader<'_, '_>,
    examples: &[Example],
    problems: &mut Problems<'_>,
) {
    let has = |expect| examples.iter().any(|example| example.expect == expect);
    if !has(Expect::Finding) || !has(Expect::Nothing) {
        problems.at(
            table.start,
            bilingual!(
                "A rule needs at least one example with expect = \"finding\" and one with expect = \"nothing\".",
                "Une règle a besoin d’au moins un exemple avec expect = \"finding\" et d’un avec expect = \"nothing\"."
            ),
        );
    }
}

/// The document from which examples start.
fn ordinary() -> Value {
    let mut document = json!({
        "item": { "name": "report.xlsx", "path": "reports/report.xlsx", "source": "example", "size_bytes": 10_000,
                  "modified": "2024-01-15" },
        "format": { "name": "xlsx", "family": "table", "known": true, "encrypted": false, "extension_mismatch": false },
        "clearance": { "known": true, "level": "none", "rank": 0 },
        "record": { "date": "2024-01-15", "holds": 0, "supplemental_markings": 0 },
        "now": "2025-01-15",
    });
    if let Some(document) = document.as_object_mut() {
        for list in schema::lists() {
            document.insert(list.to_owned(), json!([]));
        }
    }
    document
}

/// What an element of a list holds where an example does not say.
fn ordinary_value(field: &Field) -> Value {
    match (field.name, field.field_type) {
        ("confidence", _) => json!(95),
        ("count", _) => json!(1),
        ("threshold", _) => json!(5),
        ("part", _) => json!("body"),
        ("state", _) => json!("standing"),
        ("code", _) => json!("corrupt"),
        (_, FieldType::Bool) => json!(false),
        (_, FieldType::Int) => json!(0),
        (_, FieldType::Word(words)) => json!(words.first()),
        (_, FieldType::Words(_) | FieldType::Objects(_)) => json!([]),
        (_, FieldType::Text | FieldType::Tag) => json!(""),
        (_, FieldType::Date) => json!("2024-01-15"),
        (_, FieldType::Object(_)) => json!({}),
    }
}

/// Puts what an example says over a value, checked against the schema.
fn overlay(
    target: &mut Value,
    said: &Spanned<DeValue<'_>>,
    fields: &'static [Field],
    problems: &mut Problems<'_>,
) {
    let (Some(table), Some(target)) = (said.get_ref().as_table(), target.as_object_mut()) else {
        problems.at(
            said.span().start,
            bilingual!("A table is expected here.", "Une table est attendue ici."),
        );
        return;
    };
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            problems.wrong(
                key.span().start,
                name,
                fields.iter().map(|field| field.name),
                &bilingual!(
                    "There is no `{name}` in the facts document.",
                    "Il n’y a pas de « {name} » dans le document des faits."
                ),
            );
            continue;
        };
        if let FieldType::Object(inner) = field.field_type {
            let entry = target.entry(name.to_owned()).or_insert_with(|| json!({}));
            overlay(entry, value, inner, problems);
        } else if let Some(value) = typed(value, field, problems) {
            target.insert(name.to_owned(), value);
        }
    }
    if target.contains_key("rank") && table.contains_key("level") && !table.contains_key("rank") {
        let rank = target
            .get("level")
            .and_then(Value::as_str)
            .map_or(0, rank_of);
        target.insert("rank".to_owned(), json!(rank));
    }
}

/// The rank of a level or clearance by name.
fn rank_of(level: &str) -> usize {
    schema::LEVELS
        .iter()
        .position(|name| *name == level)
        .unwrap_or(0)
}

/// A value of an example as JSON, when it has the field's type.
fn typed(
    value: &Spanned<DeValue<'_>>,
    field: &Field,
    problems: &mut Problems<'_>,
) -> Option<Value> {
    let at = value.span().start;
    let found = match (value.get_ref(), field.field_type) {
        (DeValue::Boolean(b), FieldType::Bool) => Some(json!(b)),
        (DeValue::Integer(n), FieldType::Int) => i64::from_str_radix(n.as_str(), n.radix())
            .ok()
            .map(Value::from),
        (DeValue::String(text), FieldType::Text) => Some(json!(text)),
        (DeValue::String(text), FieldType::Tag) => {
            problems.tag(at, text);
            Some(json!(text))
        }
        (DeValue::String(text), FieldType::Date) => {
            functions::parse_day(text).ok().map(|_| json!(text))
        }
        (DeValue::Datetime(date), FieldType::Date) => {
            let text = date.to_string();
            functions::parse_day(&text)
                .ok()
                .map(|day| json!(day.format("%Y-%m-%d").to_string()))
        }
        (DeValue::String(text), FieldType::Word(words)) => {
            return one_of(text, words, at, problems);
        }
        (DeValue::Array(list), FieldType::Words(words)) => {
            let items = list.iter().filter_map(|item| match item.get_ref() {
                DeValue::String(text) => one_of(text, words, item.span().start, problems),
                _ => None,
            });
            Some(Value::Array(items.collect()))
        }
        (DeValue::Array(list), FieldType::Objects(inner)) => {
            let mut elements = Vec::new();
            for item in list {
                let mut element: Value = inner
                    .iter()
                    .map(|field| (field.name.to_owned(), ordinary_value(field)))
                    .collect::<Map<_, _>>()
                    .into();
                overlay(&mut element, item, inner, problems);
                elements.push(element);
            }
            Some(Value::Array(elements))
        }
        _ => None,
    };
    if found.is_none() {
        let (en, fr) = field.field_type.to_type().name();
        let name = field.name;
        problems.at(
            at,
            bilingual!("`{name}` must be {en}.", "« {name} » doit être {fr}."),
        );
    }
    found
}

fn one_of(
    text: &str,
    words: &[&'static str],
    at: usize,
    problems: &mut Problems<'_>,
) -> Option<Value> {
    if words.contains(&text) {
        return Some(json!(text));
    }
    problems.wrong(
        at,
        text,
        words.iter().copied(),
        &bilingual!(
            "`{text}` is not a known value here.",
            "« {text} » n’est pas une valeur connue ici."
        ),
    );
    None
}

/// Takes away the keys an example calls absent: `["record.date"]`.
fn remove(document: &mut Value, list: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) {
    let mut allowed = Vec::new();
    for field in DOCUMENT {
        if let FieldType::Object(inner) = field.field_type {
            for inner in inner.iter().filter(|inner| inner.optional) {
                allowed.push(format!("{}.{}", field.name, inner.name));
            }
        }
    }
    for item in list
        .get_ref()
        .as_array()
        .into_iter()
        .flat_map(|list| list.iter())
    {
        let text = item.get_ref().as_str().unwrap_or_default();
        if !allowed.iter().any(|path| path == text) {
            problems.wrong(
                item.span().start,
                text,
                allowed.iter().map(String::as_str),
                &bilingual!(
                    "`{text}` cannot be absent.",
                    "« {text} » ne peut pas être absent."
                ),
            );
            continue;
        }
        if let Some((object, key)) = text.split_once('.')
            && let Some(object) = document.get_mut(object).and_then(Value::as_object_mut)
        {
            object.remove(key);
        }
    }
}

/// The document of an example, each element of a list being a fact of its own.
fn rendered(document: &Value) -> Rendered {
    let mut next = 0;
    let mut origin = BTreeMap::new();
    for list in schema::lists() {
        let count = document
            .get(list)
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        origin.insert(list, (next..next + count).collect());
        next += count;
    }
    Rendered {
        json: document.clone(),
        origin,
        cut: Vec::new(),
    }
}
