//! What recognisers propose, and the one arbiter who decides.
//!
//! Rule that must hold: no two reports of a unit share bytes, unless both name the same bytes with the same certainty.

use super::{
    numbers::{Number, Numbers},
    reading::{Reading, is_word},
    scene::Scene,
};
use crate::domain::{Fact, FactDetail, IdentifierClass, TextUnit};

/// Something that a recogniser takes a stretch of text for. Places are those of the folded text.
#[derive(Clone, Debug)]
pub(crate) struct Proposal {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) identifier: &'static str,
    pub(crate) class: IdentifierClass,
    pub(crate) confidence: u8,
    pub(crate) masked: String,
    pub(crate) detector: &'static str,
    pub(crate) reasons: Vec<&'static str>,
}

impl Proposal {
    fn into_fact(self, unit: &TextUnit, reading: &Reading) -> Fact {
        let (start, end) = reading.original(self.start, self.end);
        Fact {
            detail: FactDetail::Identifier {
                identifier: self.identifier.to_owned(),
                class: self.class,
            },
            place: unit.place.clone().with_span(start, end),
            confidence: self.confidence,
            masked: self.masked,
            detector: self.detector.to_owned(),
            reasons: self.reasons.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// Decides between proposals: the surest wins, then the longest, then the first. The facts come in order of place.
pub(crate) fn arbitrate(
    mut proposals: Vec<Proposal>,
    unit: &TextUnit,
    reading: &Reading,
) -> Vec<Fact> {
    proposals.sort_by(|a, b| {
        b.confidence
            .cmp(&a.confidence)
            .then((b.end - b.start).cmp(&(a.end - a.start)))
            .then(a.start.cmp(&b.start))
            .then(a.identifier.cmp(b.identifier))
    });
    // Start of what was taken, with its end and certainty.
    let mut taken: std::collections::BTreeMap<usize, (usize, u8)> =
        std::collections::BTreeMap::new();
    let mut kept: Vec<Proposal> = Vec::new();
    for one in proposals {
        let before = taken.range(..one.end).next_back();
        let free =
            match before {
                Some((start, (end, confidence))) if *end > one.start => {
                    (*start, *end, *confidence) == (one.start, one.end, one.confidence)
                        && kept.iter().rev().take(8).all(|other| {
                            other.start != one.start || other.identifier != one.identifier
                        })
                }
                _ => true,
            };
        if free && one.end > one.start {
            taken.insert(one.start, (one.end, one.confidence));
            kept.push(one);
        }
    }
    kept.sort_by_key(|one| (one.start, one.end));
    kept.into_iter()
        .map(|one| one.into_fact(unit, reading))
        .collect()
}

/// Offers each number of the given lengths once; goes on behind one that was accepted.
pub(crate) fn each(
    scene: &Scene<'_>,
    numbers: &Numbers,
    totals: &[usize],
    mut accept: impl FnMut(&Number) -> bool,
) {
    let mut at = 0;
    while at < numbers.runs.len() {
        let mut next = at + 1;
        for total in totals {
            if let Some(number) = numbers.of_length(scene.reading, at, *total)
                && number.is_plain()
                && accept(&number)
            {
                next = number.next;
                break;
            }
        }
        at = next;
    }
}

/// Values that share one label: `SINs: 130 692 544, 046 454 286`.
#[derive(Default)]
pub(crate) struct List {
    last: Option<usize>,
}

impl List {
    /// True when only separators and "and" stand between the last value and this one.
    pub(crate) fn goes_on(&self, reading: &Reading, start: usize) -> bool {
        self.last.is_some_and(|last| {
            let gap = reading.small(last, start);
            let plain = gap.len() <= 12
                && !gap.contains(&b'\'')
                && gap
                    .split(|byte| !is_word(*byte))
                    .all(|word| matches!(word, b"" | b"and" | b"et" | b"or" | b"ou"));
            start > last && (plain || corrects(gap))
        })
    }

    /// Takes note of a value, or of the end of the list.
    pub(crate) fn note(&mut self, end: Option<usize>) {
        self.last = end;
    }
}

/// True for "; the correct one is": the value behind stands for the one before.
fn corrects(gap: &[u8]) -> bool {
    const SMALL: [&[u8]; 19] = [
        b"", b"the", b"one", b"is", b"should", b"be", b"not", b"but", b"read", b"le", b"la",
        b"bon", b"est", b"mais", b"lire", b"faut", b"il", b"was", b"number",
    ];
    const SAYS: [&[u8]; 8] = [
        b"correct",
        b"corrected",
        b"right",
        b"should",
        b"bon",
        b"exact",
        b"corrige",
        b"rectifie",
    ];
    let words = || gap.split(|byte| !is_word(*byte));
    gap.len() <= 40
        && words().all(|word| SMALL.contains(&word) || SAYS.contains(&word))
        && words().any(|word| SAYS.contains(&word))
}

/// Words that stand before a number and are no part of it.
const WORDS: &[&[u8]] = &[
    b"NO", b"NR", b"ID", b"IS", b"OF", b"ON", b"OR", b"DE", b"DU", b"ET", b"EST", b"AND", b"THE",
    b"SIN", b"NAS", b"UCI", b"IUC", b"PRI", b"DOB", b"DDN", b"TEL", b"FAX", b"PHN", b"NAM", b"DL",
    b"BN", b"NE", b"PO", b"BOX", b"CIDP", b"OHIP", b"RAMQ", b"PPT", b"CARD", b"IMM",
];

/// The letters written right before a number (a hyphen, or one space behind capitals, may part them), and where they
/// begin.
///
/// Nothing when there are more than `most`, or when they are the end of a word or a word of their own.
pub(crate) fn letters_before(
    reading: &Reading,
    start: usize,
    most: usize,
) -> Option<(usize, Vec<u8>)> {
    let mut end = start;
    if matches!(reading.before(end), b' ' | b'-') {
        end -= 1;
    }
    let mut from = end;
    while from > 0 && end - from <= most && reading.before(from).is_ascii_alphabetic() {
        from -= 1;
    }
    let count = end - from;
    let border = reading.before(from);
    if count == 0 || count > most || is_word(border) || border == b'$' {
        return None;
    }
    let letters = reading.slice(from, end).to_ascii_uppercase();
    let apart = end < start;
    if apart && (!is_upper(reading, from, end) || WORDS.contains(&letters.as_slice())) {
        return None;
    }
    Some((from, letters))
}

/// True when the letters before a number are capitals as written.
pub(crate) fn is_upper(reading: &Reading, from: usize, to: usize) -> bool {
    !reading.slice(from, to).iter().any(u8::is_ascii_lowercase)
}
