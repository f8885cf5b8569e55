//! Phrases: words that say what a text is, out of lists that policy staff keep with the rules.
//!
//! Leans on `aho-corasick`. A phrase is found as whole words, whatever its case, accents, hyphens, apostrophes, spaces and
//! line breaks; not across the end of a sentence. Longer phrases that merely contain one (`except`) take it back. Each
//! hit says how it stands, because the same words are a title on a memorandum and a topic in a report. Rule that must
//! hold: time is linear in the text, and a hit shows the list's words, never the text's.

mod normal;

#[cfg(test)]
mod tests;

use std::{cmp::Reverse, collections::BTreeMap};

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Serialize};

pub use normal::is_usable;

use crate::domain::{Fact, FactDetail, Part, Sha256, TagPosition, TextUnit, hash_json};

const DETECTOR: &str = "phrase/1";

/// So many facts are kept for a list, a kind of place and a position; the rest would say nothing new.
const MAX_SAME: usize = 50;

/// A line longer than this is a paragraph (in bytes).
const SHORT_LINE: usize = 120;

/// The rows at the head of a sheet that may hold its title block.
const TITLE_ROWS: u32 = 5;

/// The lists, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhraseLists(pub BTreeMap<String, PhraseList>);

/// One list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhraseList {
    /// The phrases, in both languages.
    pub phrases: Vec<String>,
    /// Longer phrases that contain one of these and mean something else.
    pub except: Vec<String>,
}

impl PhraseLists {
    /// Tells lists that find the same from lists that may not.
    pub fn hash(&self) -> Sha256 {
        // A map of lists of text always has a JSON form.
        hash_json(self).unwrap_or_else(|_| Sha256::of(b""))
    }
}

/// Lists made ready for use.
pub struct PhraseFinder<'l> {
    automaton: Option<AhoCorasick>,
    /// For each pattern its list, its words as written, and whether it takes back.
    patterns: Vec<Pattern<'l>>,
}

struct Pattern<'l> {
    tag: &'l str,
    written: &'l str,
    except: bool,
}

/// A phrase in a unit's normal form.
struct Hit {
    pattern: usize,
    start: usize,
    end: usize,
}

/// Everything that lists find in some units, in order of unit and place in the text.
pub fn detect(units: &[TextUnit], lists: &PhraseLists) -> Vec<Fact> {
    let finder = PhraseFinder::new(lists);
    let mut facts = Vec::new();
    let mut kept: BTreeMap<(String, Part, TagPosition), usize> = BTreeMap::new();
    for unit in units {
        for fact in finder.find(unit) {
            if let FactDetail::Tag { tag, position } = &fact.detail {
                let same = kept
                    .entry((tag.clone(), fact.place.part, *position))
                    .or_default();
                *same += 1;
                if *same > MAX_SAME {
                    continue;
                }
            }
            facts.push(fact);
        }
    }
    facts
}

impl<'l> PhraseFinder<'l> {
    /// Makes lists ready. Phrases that cannot be looked for are left out; loading rules refuses them with their place.
    pub fn new(lists: &'l PhraseLists) -> Self {
        let mut patterns = Vec::new();
        let mut needles = Vec::new();
        for (tag, list) in &lists.0 {
            let both = [(&list.phrases, false), (&list.except, true)];
            for (written, except) in both
                .into_iter()
                .flat_map(|(texts, except)| texts.iter().map(move |text| (text, except)))
            {
                if !is_usable(written) {
                    continue;
                }
                needles.push(normal::needle(written));
                patterns.push(Pattern {
                    tag,
                    written,
                    except,
                });
            }
        }
        Self {
            automaton: if needles.is_empty() {
                None
            } else {
                AhoCorasick::new(&needles).ok()
            },
            patterns,
        }
    }

    /// What the lists find in one unit, in order of place.
    pub fn find(&self, unit: &TextUnit) -> Vec<Fact> {
        let Some(automaton) = &self.automaton else {
            return Vec::new();
        };
        // Metadata of the source is asked about as attributes; a label's properties are a matter of their own.
        if matches!(unit.place.part, Part::Native | Part::Label) || unit.text.is_empty() {
            return Vec::new();
        }
        let text = normal::Normal::of(&unit.text);
        let mut hits: BTreeMap<&str, (Vec<Hit>, Vec<Hit>)> = BTreeMap::new();
        for found in automaton.find_overlapping_iter(text.as_str()) {
            if !text.is_whole(found.start(), found.end()) {
                continue;
            }
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else {
                continue;
            };
            let of_list = hits.entry(pattern.tag).or_default();
            let hit = Hit {
                pattern: found.pattern().as_usize(),
                start: found.start(),
                end: found.end(),
            };
            if pattern.except {
                of_list.1.push(hit);
            } else {
                of_list.0.push(hit);
            }
        }
        let mut facts: Vec<Fact> = Vec::new();
        for (tag, (found, except)) in hits {
            let except = apart(except);
            for hit in apart(found) {
                let next = except.partition_point(|range| range.end <= hit.start);
                if except.get(next).is_some_and(|range| range.start < hit.end) {
                    continue;
                }
                let Some(pattern) = self.patterns.get(hit.pattern) else {
                    continue;
                };
                let (start, end) = text.span(&unit.text, hit.start, hit.end);
                facts.push(fact(unit, tag, pattern.written, start, end));
            }
        }
        facts.sort_by_key(|fact| fact.place.span);
        facts
    }
}

/// Of hits that overlap, the one that begins first, and the longest of those.
fn apart(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.start, Reverse(hit.end)));
    let mut end = 0;
    hits.retain(|hit| {
        let free = hit.start >= end;
        if free {
            end = hit.end;
        }
        free
    });
    hits
}

fn fact(unit: &TextUnit, tag: &str, written: &str, start: usize, end: usize) -> Fact {
    let position = position(unit, start, end);
    Fact {
        detail: FactDetail::Tag {
            tag: tag.to_owned(),
            position,
        },
        place: unit.place.clone().with_span(start, end),
        confidence: match position {
            TagPosition::Front => 90,
            TagPosition::Alone => 75,
            TagPosition::Text => 50,
        },
        masked: written.to_owned(),
        detector: DETECTOR.to_owned(),
        reasons: vec!["phrase".to_owned(), position.as_str().to_owned()],
    }
}

fn position(unit: &TextUnit, start: usize, end: usize) -> TagPosition {
    let part = unit.place.part;
    let margin_or_name = matches!(
        part,
        Part::Header
            | Part::Footer
            | Part::Watermark
            | Part::Title
            | Part::SheetName
            | Part::FileName
            | Part::Property
    );
    if margin_or_name {
        return TagPosition::Front;
    }
    // A cell is always short: only a sheet's first rows say what the sheet is.
    let any_cell = match part {
        Part::Cell | Part::HiddenSheet | Part::HiddenRow | Part::HiddenColumn => {
            row(&unit.place.at).is_none_or(|row| row > TITLE_ROWS)
        }
        Part::TableCell => true,
        _ => false,
    };
    if any_cell || !heads_line(&unit.text, start, end) {
        TagPosition::Text
    } else if matches!(part, Part::FirstPage | Part::TextBox) {
        TagPosition::Front
    } else {
        TagPosition::Alone
    }
}

/// True for a phrase at the head of a short line that is no sentence, or after a colon there.
fn heads_line(text: &str, start: usize, end: usize) -> bool {
    let before = window_before(text, start);
    let after = window_after(text, end);
    let line_before = before.rsplit('\n').next().unwrap_or_default();
    let line_after = after.split('\n').next().unwrap_or_default();
    let length = line_before.len() + (end - start) + line_after.len();
    // A window without a line's end where the text goes on: the line is long.
    if length > SHORT_LINE {
        return false;
    }
    let head = line_before.trim_end();
    let sentence = line_after.trim_end().ends_with(['.', ';', ',']);
    !sentence && (head.ends_with(':') || !head.chars().any(char::is_alphanumeric))
}

fn window_before(text: &str, at: usize) -> &str {
    let mut start = at.saturating_sub(SHORT_LINE + 8);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    text.get(start..at).unwrap_or_default()
}

fn window_after(text: &str, at: usize) -> &str {
    let mut end = at.saturating_add(SHORT_LINE + 8).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(at..end).unwrap_or_default()
}

/// The row of an address such as `Sheet1!B7`.
fn row(at: &str) -> Option<u32> {
    let digits = at.len() - at.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    at.get(at.len() - digits..)?.parse().ok()
}
