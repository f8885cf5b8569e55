//! What a phrase is found in, and what not.

use std::collections::BTreeMap;

use super::{MAX_SAME, PhraseList, PhraseLists, detect, is_usable};
use crate::domain::{FactDetail, Part, TextUnit};

fn lists() -> PhraseLists {
    let list = |phrases: &[&str], except: &[&str]| PhraseList {
        phrases: phrases.iter().map(|&text| text.to_owned()).collect(),
        except: except.iter().map(|&text| text.to_owned()).collect(),
    };
    PhraseLists(BTreeMap::from([
        (
            "advice".to_owned(),
            list(&["advice to the minister", "conseils au ministre"], &[]),
        ),
        (
            "audit".to_owned(),
            list(
                &[
                    "draft audit",
                    "draft audit report",
                    "ébauche du rapport d’audit",
                ],
                &["draft audit committee charter"],
            ),
        ),
    ]))
}

/// Each hit as `list position start..end`.
fn found(part: Part, at: &str, text: &str) -> Vec<String> {
    detect(&[TextUnit::new(part, at, text)], &lists())
        .iter()
        .map(|fact| {
            let FactDetail::Tag { tag, position } = &fact.detail else {
                panic!("{fact:?}");
            };
            let span = fact.place.span.expect("a hit has a span");
            format!("{tag} {} {}..{}", position.as_str(), span.start, span.end)
        })
        .collect()
}

fn check(part: Part, text: &str, expected: &[&str]) {
    assert_eq!(
        found(part, "somewhere 1", text),
        expected,
        "{part:?}: {text}"
    );
}

#[test]
fn writing_does_not_matter() {
    check(
        Part::Header,
        "ADVICE TO THE MINISTER",
        &["advice front 0..22"],
    );
    check(
        Part::Header,
        "Advice\u{a0}to\nthe  Minister!",
        &["advice front 0..24"],
    );
    check(
        Part::Header,
        "Ébauche du rapport d'audit",
        &["audit front 0..27"],
    );
    check(
        Part::Header,
        "EBAUCHE DU RAPPORT D AUDIT",
        &["audit front 0..26"],
    );
    // Accents written apart; a soft hyphen within a word.
    check(
        Part::Header,
        "E\u{301}bauche du rapport d’audit",
        &["audit front 0..30"],
    );
    check(
        Part::Header,
        "advice to the min\u{ad}ister",
        &["advice front 0..24"],
    );
    check(
        Part::FileName,
        "Advice_to-the.minister.docx",
        &["advice front 0..22"],
    );
}

#[test]
fn only_whole_words_within_a_sentence() {
    for text in [
        "advice to the ministers",
        "misadvice to the minister",
        "We gave advice. To the minister it was new.",
        "advice\n\nto the minister",
        "advice to a minister",
        "",
    ] {
        check(Part::Header, text, &[]);
    }
}

#[test]
fn the_longest_counts_and_exceptions_take_back() {
    check(Part::Header, "Draft audit report", &["audit front 0..18"]);
    check(Part::Header, "Draft Audit Committee Charter", &[]);
    check(
        Part::Header,
        "Draft audit committee charter | Draft audit",
        &["audit front 32..43"],
    );
}

#[test]
fn position_tells_a_title_from_a_topic() {
    let sentence =
        "The report explains how advice to the minister is prepared and who signs it in the end.";
    check(Part::Body, sentence, &["advice text 24..46"]);
    check(Part::FirstPage, sentence, &["advice text 24..46"]);
    check(
        Part::Body,
        "Advice to the Minister",
        &["advice alone 0..22"],
    );
    check(
        Part::FirstPage,
        "Advice to the Minister",
        &["advice front 0..22"],
    );
    check(
        Part::Body,
        "Subject: Advice to the Minister",
        &["advice alone 9..31"],
    );
    check(
        Part::Body,
        "Advice to the minister is good.",
        &["advice text 0..22"],
    );
    let cell = |at: &str| found(Part::Cell, at, "Advice to the Minister");
    assert_eq!(cell("Sheet1!A2"), ["advice alone 0..22"]);
    assert_eq!(cell("Sheet1!A200"), ["advice text 0..22"]);
    assert_eq!(cell("no address"), ["advice text 0..22"]);
    check(Part::Native, "Advice to the Minister", &[]);
}

#[test]
fn evidence_shows_the_list_and_not_the_text() {
    let facts = detect(
        &[TextUnit::new(
            Part::Body,
            "paragraph 1",
            "Conseils  au  ministre",
        )],
        &lists(),
    );
    assert_eq!(facts[0].masked, "conseils au ministre");
}

#[test]
fn repetition_and_size_do_no_harm() {
    let text = "draft audit ".repeat(20_000);
    let facts = detect(&[TextUnit::new(Part::Body, "paragraph 1", text)], &lists());
    // The first heads its (endless) line no more than the others do.
    assert_eq!(facts.len(), MAX_SAME);
    let noise = "a\u{301}|.;\n\n\u{200b}".repeat(50_000);
    assert_eq!(
        detect(&[TextUnit::new(Part::Body, "p", noise)], &lists()),
        []
    );
}

#[test]
fn unusable_phrases_are_known() {
    for (phrase, expected) in [
        ("advice to the minister", true),
        ("MC", false),
        ("  ", false),
        ("one. two three", false),
        ("see s. 13", false),
        ("s.13", true),
        ("éà", false),
    ] {
        assert_eq!(is_usable(phrase), expected, "{phrase}");
    }
    assert!(!is_usable(&"a".repeat(500)));
}
