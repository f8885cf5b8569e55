//! Reading lists of phrases (`[phrases.NAME]`) and trying them on their own samples.
//!
//! Rule that must hold: a list has phrases in both languages, and none that could not be found.

use std::path::{Path, PathBuf};

use super::{
    book::RuleBook,
    decode::{self, Reader},
    example::ExampleOutcome,
    file::Loading,
    problem::Problems,
};
use crate::{
    bilingual,
    domain::{FactDetail, Part, TextUnit},
    screen::phrases::{PhraseFinder, PhraseList, is_usable},
};

/// More than any department needs; keeps a mistake from filling memory.
const MAX_PHRASES: usize = 2_000;

/// Texts that a list must find, or leave alone.
#[derive(Debug)]
pub(super) struct Samples {
    file: PathBuf,
    tag: String,
    /// Text, whether it is to be found, and the line where it stands.
    texts: Vec<(String, bool, u32)>,
}

/// Reads the lists of a file. True when there is at least one.
pub(super) fn read(
    path: &Path,
    top: &Reader<'_, '_>,
    all: &mut Loading,
    problems: &mut Problems<'_>,
) -> bool {
    let Some(value) = top.get("phrases") else {
        return false;
    };
    let Some(tables) = decode::reader(value, problems) else {
        return false;
    };
    let mut any = false;
    for (name, at, value) in tables.entries() {
        any = true;
        let Some(table) = decode::reader(value, problems) else {
            continue;
        };
        let plain = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && name.len() <= 60;
        if !plain {
            problems.at(
                at,
                bilingual!(
                    "The name of a list is made of small letters, digits and _: `{name}` is not.",
                    "Le nom d’une liste se compose de minuscules, de chiffres et de _ : « {name} » ne convient pas."
                ),
            );
        }
        if let Some(other) = all.samples.iter().find(|samples| samples.tag == name) {
            let file = other.file.display();
            problems.at(
                at,
                bilingual!(
                    "There is already a list of phrases `{name}`, in {file}.",
                    "Il y a déjà une liste d’expressions « {name} », dans {file}."
                ),
            );
        }
        let list = list(&table, at, problems);
        let samples = Samples {
            file: path.to_owned(),
            tag: name.to_owned(),
            texts: samples(&table, problems),
        };
        table.finish(problems);
        all.phrases.0.insert(name.to_owned(), list);
        all.samples.push(samples);
    }
    any
}

fn list(table: &Reader<'_, '_>, at: usize, problems: &mut Problems<'_>) -> PhraseList {
    let mut list = PhraseList::default();
    for key in ["en", "fr"] {
        let before = problems.list.len();
        let phrases = usable(table, key, problems);
        if phrases.is_empty() && problems.list.len() == before {
            problems.at(
                at,
                bilingual!(
                    "A list of phrases needs `{key}`, with at least one phrase.",
                    "Une liste d’expressions a besoin de « {key} », avec au moins une expression."
                ),
            );
        }
        list.phrases.extend(phrases);
    }
    list.except = usable(table, "except", problems);
    if list.phrases.len() + list.except.len() > MAX_PHRASES {
        problems.at(
            at,
            bilingual!(
                "A list may hold {MAX_PHRASES} phrases. Make two lists of it.",
                "Une liste peut contenir {MAX_PHRASES} expressions. Faites-en deux listes."
            ),
        );
    }
    // Order and repetition mean nothing.
    for texts in [&mut list.phrases, &mut list.except] {
        texts.sort();
        texts.dedup();
    }
    list
}

fn usable(table: &Reader<'_, '_>, key: &'static str, problems: &mut Problems<'_>) -> Vec<String> {
    let mut phrases = Vec::new();
    for (phrase, at) in table.texts(key, problems) {
        if is_usable(&phrase) {
            phrases.push(phrase);
        } else {
            problems.at(
                at,
                bilingual!(
                    "`{phrase}` cannot be looked for: a phrase has at least three letters or digits, and is at most one sentence of 200 characters.",
                    "« {phrase} » ne peut être cherché : une expression a au moins trois lettres ou chiffres, et au plus une phrase de 200 caractères."
                ),
            );
        }
    }
    phrases
}

fn samples(table: &Reader<'_, '_>, problems: &mut Problems<'_>) -> Vec<(String, bool, u32)> {
    let mut texts = Vec::new();
    for (key, found) in [("finds", true), ("ignores", false)] {
        for (text, at) in table.texts(key, problems) {
            let line = problems.line(at);
            texts.push((text, found, line));
        }
    }
    texts
}

impl RuleBook {
    /// Tries all lists on their own samples, in order of file and place.
    pub(super) fn run_samples(&self) -> Vec<ExampleOutcome> {
        let finder = PhraseFinder::new(self.phrases());
        let word = |found: bool| if found { "found" } else { "not found" };
        let mut outcomes = Vec::new();
        for samples in &self.samples {
            for (text, expected, line) in &samples.texts {
                let unit = TextUnit::new(Part::Body, "sample", text.as_str());
                let found = finder.find(&unit).iter().any(|fact| {
                    matches!(&fact.detail, FactDetail::Tag { tag, .. } if *tag == samples.tag)
                });
                outcomes.push(ExampleOutcome {
                    file: samples.file.clone(),
                    rule: format!("phrases.{}", samples.tag),
                    example: text.clone(),
                    passed: found == *expected,
                    expected: word(*expected).to_owned(),
                    actual: word(found).to_owned(),
                    line: *line,
                });
            }
        }
        outcomes
    }
}
