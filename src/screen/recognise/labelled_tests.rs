//! The two figures that count, on labelled texts: how often something leaks, and how often a clean text is stopped.
//!
//! A text leaks when a direct identifier of a person in it is not at least half covered by findings that a rule acts on; a
//! clean text is stopped when it holds nothing personal and a direct identifier is found. The same measures as `score.py`
//! beside the texts takes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rideau_domain::{FactDetail, IdentifierClass};
use serde_json::Value;

use crate::{DetectContext, DetectSettings, detect, plain_text_units};

/// The labels' names of direct identifiers.
const DIRECT: [&str; 16] = [
    "CA_SIN",
    "CA_UCI",
    "CA_IRCC_APP",
    "CA_PASSPORT",
    "CA_PR_CARD",
    "CA_CIT_CERT",
    "CA_HEALTH_ON",
    "CA_HEALTH_QC",
    "CA_HEALTH_BC",
    "CA_DL",
    "CA_PRI",
    "CA_BANK",
    "CREDIT_CARD",
    "US_SSN",
    "IBAN_CODE",
    "US_DRIVER_LICENSE",
];

/// Ours.
const OURS: [&str; 12] = [
    "sin",
    "uci",
    "application_number",
    "passport",
    "pr_card",
    "citizenship_certificate",
    "health_number",
    "driver_licence",
    "pri",
    "bank_account",
    "credit_card",
    "iban",
];

/// What is found in a text, in characters: all that rules act on, and whether a direct identifier is among it.
fn found(text: &str) -> (BTreeSet<usize>, bool) {
    let (starts, units): (Vec<usize>, Vec<_>) = plain_text_units(text)
        .into_iter()
        .enumerate()
        .map(|(index, (start, mut unit))| {
            unit.place.at = index.to_string();
            (start, unit)
        })
        .unzip();
    let chars: BTreeMap<usize, usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .enumerate()
        .map(|(number, at)| (at, number))
        .collect();
    let (mut covered, mut direct) = (BTreeSet::new(), false);
    let settings = DetectSettings::default();
    for fact in detect(&units, &DetectContext::new("", &settings)) {
        let FactDetail::Identifier { identifier, class } = &fact.detail else {
            continue;
        };
        let acts = matches!(class, IdentifierClass::Personal | IdentifierClass::Unknown);
        let (Some(span), true) = (fact.place.span, acts) else {
            continue;
        };
        let first = starts[fact.place.at.parse::<usize>().unwrap()];
        let at = |offset| chars[&(first + usize::try_from(offset).unwrap())];
        covered.extend(at(span.start)..at(span.end));
        direct |= OURS.contains(&identifier.as_str());
    }
    (covered, direct)
}

/// Share of texts with a direct identifier that leak, and of clean texts that are stopped.
fn measure(folder: &str, labels: &str) -> (f64, f64) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../tests/fixtures/restrictions")
        .join(folder);
    let (mut with, mut leaks, mut clean, mut stopped) = (0_u32, 0_u32, 0_u32, 0_u32);
    for line in std::fs::read_to_string(folder.join(labels))
        .unwrap()
        .lines()
    {
        let label: Value = serde_json::from_str(line).unwrap();
        let file = folder.join("docs").join(label["file"].as_str().unwrap());
        let (covered, direct) = found(&std::fs::read_to_string(file).unwrap());
        let personal: Vec<&Value> = label["spans"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|span| span["cls"] == "personal")
            .collect();
        if personal.is_empty() {
            clean += 1;
            stopped += u32::from(direct);
        }
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let mut identifiers = personal
            .iter()
            .filter(|span| DIRECT.contains(&span["type"].as_str().unwrap()))
            .peekable();
        with += u32::from(identifiers.peek().is_some());
        leaks += u32::from(identifiers.any(|span| {
            let (start, end) = (number(&span["start"]), number(&span["end"]));
            covered.range(start..end).count() * 2 < end - start
        }));
    }
    assert!(with > 100 && clean > 100, "{folder:?} is not whole");
    (
        f64::from(leaks) / f64::from(with),
        f64::from(stopped) / f64::from(clean),
    )
}

#[test]
fn nothing_leaks_and_clean_texts_pass() {
    let (leak, stopped) = measure("labelled", "labels.jsonl");
    println!("labelled texts: leak rate {leak:.3}, false alarm rate {stopped:.3}");
    assert!(leak == 0.0, "{leak}");
    assert!(stopped <= 0.04, "{stopped}");
}

#[test]
fn the_hard_texts_are_found_no_worse_than_before() {
    let (leak, stopped) = measure("adversarial", "adversarial.jsonl");
    println!("adversarial texts: leak rate {leak:.3}, false alarm rate {stopped:.3}");
    assert!(leak <= 0.10, "{leak}");
    assert!(stopped <= 0.12, "{stopped}");
}
