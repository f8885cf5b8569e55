//! Findings in SARIF 2.1.0 (OASIS), for tools that show, compare and track them.
//!
//! One result for each place a finding rests on, named so that it can be compared between versions. Rule that must hold:
//! evidence appears in its masked form only.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::{
    domain::{Effect, Fact, Finding, Lang, fingerprints},
    screen::rules::{Rule, RuleBook},
};

/// The name of our fingerprints; its number rises when they are made otherwise.
const FINGERPRINT: &str = "rideauFinding/v1";

/// What was found in a file.
#[derive(Clone, Debug)]
pub struct FileFindings {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The findings; empty when nothing was found.
    pub findings: Vec<FoundInFile>,
    /// Why the file could not be screened, where it could not.
    pub failure: Option<String>,
}

/// A finding with what it rests on.
#[derive(Clone, Debug)]
pub struct FoundInFile {
    /// The finding.
    pub finding: Finding,
    /// The facts it rests on, in order.
    pub evidence: Vec<Fact>,
    /// False when a treatment lifted it.
    pub stands: bool,
}

/// The log of one run, as SARIF.
pub fn sarif(book: &RuleBook, files: &[FileFindings], lang: Lang) -> Value {
    let rules: Vec<&Rule> = book.rules().iter().collect();
    let mut results = Vec::new();
    let mut notifications = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let location = json!({ "uri": uri(&file.file), "index": index });
        for found in &file.findings {
            of_finding(&rules, found, &location, lang, &mut results);
        }
        if let Some(failure) = &file.failure {
            notifications.push(json!({
                "level": "error",
                "message": { "text": failure },
                "locations": [{ "physicalLocation": { "artifactLocation": location } }],
            }));
        }
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rideau",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| descriptor(rule, lang)).collect::<Vec<_>>(),
                "properties": { "ruleBook": book.hash() },
            } },
            "language": match lang { Lang::En => "en-CA", Lang::Fr => "fr-CA" },
            "artifacts": files.iter().map(|file| json!({ "location": { "uri": uri(&file.file) } })).collect::<Vec<_>>(),
            "invocations": [{
                "executionSuccessful": notifications.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    })
}

fn descriptor(rule: &Rule, lang: Lang) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": format!("{}, {}", rule.basis.act, rule.basis.section) },
        "fullDescription": { "text": rule.text.get(lang) },
        "defaultConfiguration": { "level": level(rule.effect) },
        "properties": {
            "version": rule.version,
            "basis": rule.basis,
            "effect": rule.effect,
        },
    })
}

fn of_finding(
    rules: &[&Rule],
    found: &FoundInFile,
    location: &Value,
    lang: Lang,
    results: &mut Vec<Value>,
) {
    let finding = &found.finding;
    let names = fingerprints(&finding.rule, &found.evidence);
    let places = found.evidence.iter().map(Some);
    // A finding about the file as a whole has one result.
    let whole = found.evidence.is_empty().then_some(None);
    for (name, fact) in names.into_iter().zip(places.chain(whole)) {
        let mut result = Map::new();
        result.insert("ruleId".into(), json!(finding.rule));
        // The finding for too many facts is of no rule in the book.
        if let Some(index) = rules.iter().position(|rule| rule.id == finding.rule) {
            result.insert("ruleIndex".into(), json!(index));
        }
        let fails = finding.effect > Effect::Expire;
        let kind = if fails { "fail" } else { "informational" };
        result.insert("kind".into(), json!(kind));
        result.insert("level".into(), json!(level(finding.effect)));
        result.insert(
            "message".into(),
            json!({ "text": message(finding, fact, lang) }),
        );
        let mut place = json!({ "physicalLocation": { "artifactLocation": location } });
        if let (Some(fact), Some(place)) = (fact, place.as_object_mut()) {
            place.insert(
                "logicalLocations".into(),
                json!([{
                    "fullyQualifiedName": fact.place.at,
                    "kind": fact.place.part.as_str(),
                }]),
            );
        }
        result.insert("locations".into(), json!([place]));
        result.insert("partialFingerprints".into(), json!({ FINGERPRINT: name }));
        if !found.stands {
            let why = match lang {
                Lang::En => "Lifted: the open copies leave it out and were screened again.",
                Lang::Fr => {
                    "Levé : les copies ouvertes l’écartent et ont été vérifiées de nouveau."
                }
            };
            result.insert(
                "suppressions".into(),
                json!([{ "kind": "external", "status": "accepted", "justification": why }]),
            );
        }
        result.insert("properties".into(), properties(finding, fact));
        results.push(Value::Object(result));
    }
}

fn message(finding: &Finding, fact: Option<&Fact>, lang: Lang) -> String {
    let mut text = finding.text.get(lang).to_owned();
    if let Some(error) = &finding.error {
        text = format!("{text} {}", error.get(lang));
    }
    if let Some(fact) = fact.filter(|fact| !fact.masked.is_empty()) {
        text = format!("{text} [{}]", fact.masked);
    }
    text
}

fn properties(finding: &Finding, fact: Option<&Fact>) -> Value {
    let mut properties = json!({
        "set": finding.set,
        "effect": finding.effect,
        "ruleVersion": finding.rule_version,
        "basis": finding.basis,
    });
    if let Some(map) = properties.as_object_mut() {
        if let Some(day) = finding.opening_date {
            map.insert("openingDate".into(), json!(day));
        }
        if let Some(fact) = fact {
            map.insert("what".into(), json!(fact.what()));
            map.insert("confidence".into(), json!(fact.confidence));
            map.insert("detector".into(), json!(fact.detector));
            map.insert("span".into(), json!(fact.place.span));
        }
    }
    properties
}

/// SARIF knows four levels.
fn level(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow | Effect::Expire => "none",
        Effect::Restrict => "note",
        Effect::Review => "warning",
        Effect::Redact | Effect::Block => "error",
    }
}

/// A path as a reference of a URI: what is not plain is percent-encoded, byte by byte.
fn uri(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _};
    let mut out = String::new();
    if path.is_absolute() {
        out.push_str("file://");
    }
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String does not fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Basis, BasisKind, Bilingual, FactDetail, IdentifierClass, Part, Parts, Place, RuleSet,
    };

    fn sin(at: &str) -> Fact {
        Fact {
            detail: FactDetail::Identifier {
                identifier: "sin".to_owned(),
                class: IdentifierClass::Personal,
            },
            place: Place::new(Part::Cell, at),
            confidence: 95,
            masked: "SIN •••286".to_owned(),
            detector: "sin/1".to_owned(),
            reasons: Vec::new(),
        }
    }

    fn found(evidence: Vec<Fact>, stands: bool) -> FoundInFile {
        FoundInFile {
            finding: Finding {
                rule: "personal-information-release".to_owned(),
                rule_version: 1,
                set: RuleSet::Release,
                effect: Effect::Redact,
                basis: Basis {
                    act: "ATIA".to_owned(),
                    section: "19(1)".to_owned(),
                    kind: BasisKind::Mandatory,
                    test: None,
                },
                text: Bilingual::new("Personal.", "Personnel."),
                parts: Parts::Spans,
                evidence: (0..evidence.len()).collect(),
                opening_date: None,
                treatments: Vec::new(),
                error: None,
            },
            evidence,
            stands,
        }
    }

    fn log(findings: Vec<FoundInFile>, lang: Lang) -> Value {
        let book = crate::setup::built_in_rules().expect("the built-in rules load");
        let file = FileFindings {
            file: PathBuf::from("Été 1.csv"),
            findings,
            failure: None,
        };
        sarif(&book, &[file], lang)
    }

    #[test]
    fn one_result_for_each_place() {
        let log = log(
            vec![
                found(vec![sin("B7"), sin("B8")], true),
                found(Vec::new(), false),
            ],
            Lang::Fr,
        );
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        assert_eq!(results[0]["message"]["text"], "Personnel. [SIN •••286]");
        assert_eq!(results[0]["level"], "error");
        let name = |index: usize| results[index]["partialFingerprints"][FINGERPRINT].clone();
        assert_ne!(name(0), name(1));
        assert!(results[0].get("suppressions").is_none());
        assert_eq!(results[2]["suppressions"][0]["status"], "accepted");
        let index = results[0]["ruleIndex"].as_u64().unwrap();
        let rule = &log["runs"][0]["tool"]["driver"]["rules"][usize::try_from(index).unwrap()];
        assert_eq!(rule["id"], results[0]["ruleId"]);
    }

    #[test]
    fn the_form_is_that_of_the_standard() {
        let empty = log(Vec::new(), Lang::En);
        assert_eq!(empty["version"], "2.1.0");
        assert_eq!(empty["runs"][0]["results"], json!([]));
        assert_eq!(
            empty["runs"][0]["artifacts"][0]["location"]["uri"],
            "%C3%89t%C3%A9%201.csv"
        );
        assert_eq!(uri(Path::new("/a b")), "file:///a%20b");
    }
}
