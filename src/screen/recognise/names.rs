//! Names of persons: after a label or a title, in a column of names, in a salutation, or by a known given name.
//!
//! The name of a public servant beside position and office address is public (Privacy Act 3(j)). Rule that must hold: words of
//! places, institutions and forms are no names, whatever stands before them.

use std::{collections::HashSet, sync::LazyLock};

use super::{
    layout::within,
    name_context::{died_long_ago, is_firm, precedes_identifier},
    proposal::Proposal,
    reading::{Reading, is_letter, is_word},
    scene::Scene,
    topics::Topic,
};
use crate::domain::IdentifierClass;

static GIVEN: LazyLock<HashSet<&'static [u8]>> =
    LazyLock::new(|| listed(include_str!("words/given_names.txt")));
static OTHERS: LazyLock<HashSet<&'static [u8]>> =
    LazyLock::new(|| listed(include_str!("words/not_names.txt")));

fn listed(text: &'static str) -> HashSet<&'static [u8]> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_ascii_whitespace)
        .map(str::as_bytes)
        .collect()
}

/// Small words within a name.
const PARTICLES: &[&[u8]] = &[
    b"de", b"la", b"du", b"des", b"van", b"von", b"der", b"den", b"bin", b"ben", b"al", b"el",
    b"da", b"dos", b"di", b"le", b"y", b"abu", b"ibn",
];
/// Words before a name.
const TITLES: &[&[u8]] = &[
    b"mr",
    b"mrs",
    b"ms",
    b"miss",
    b"mx",
    b"dr",
    b"m",
    b"mme",
    b"mlle",
    b"monsieur",
    b"madame",
    b"mademoiselle",
    b"mister",
    b"dre",
    b"me",
];
/// Longest word of a name.
const LONGEST: usize = 40;
/// Most words of a name.
const MOST: usize = 6;

/// A word with its place.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
}

/// Why some words are taken for a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Label,
    Salutation,
    Title,
    Relation,
    /// A date of birth or a number of a person stands right behind.
    Beside,
    /// `SURNAME, Given` at the start of a line or field.
    Order,
    Given,
}

/// Proposes names.
pub(crate) fn find(scene: &Scene<'_>, out: &mut Vec<Proposal>) {
    columns(scene, out);
    let reading = scene.reading;
    let mut at = 0;
    while at < reading.len() {
        if !is_letter(reading.byte(at)) || is_word(reading.before(at)) {
            at += 1;
            continue;
        }
        let words = sequence(reading, at);
        let Some(last) = words.last() else {
            // Not capitalised: on to the next word.
            while at < reading.len() && is_word(reading.byte(at)) {
                at += 1;
            }
            continue;
        };
        at = last.end.max(at + 1);
        propose(scene, &words, out);
    }
}

/// Capitalised words that follow each other in a line, with particles and initials between.
fn sequence(reading: &Reading, start: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut at = start;
    while words.len() < MOST + 2 {
        let mut end = at;
        while end - at < LONGEST
            && (is_letter(reading.byte(end))
                || (matches!(reading.byte(end), b'-' | b'\'')
                    && is_letter(reading.byte(end + 1))
                    && end > at))
        {
            end += 1;
        }
        if end == at || is_word(reading.byte(end)) {
            break;
        }
        let small = reading.small(at, end);
        let first = reading.byte(at);
        let capital = first.is_ascii_uppercase() || first == super::reading::LETTER;
        let particle = !words.is_empty() && PARTICLES.contains(&small);
        if !capital && !particle {
            break;
        }
        words.push(Word { start: at, end });
        // An initial or an abbreviated title may have its full stop.
        if reading.byte(end) == b'.' && (end - at == 1 || TITLES.contains(&small)) {
            end += 1;
        }
        if reading.byte(end) != b' ' || !is_letter(reading.byte(end + 1)) {
            break;
        }
        at = end + 1;
    }
    // A name does not end with a particle.
    while words.last().is_some_and(|word| {
        !reading.byte(word.start).is_ascii_uppercase()
            && reading.byte(word.start) != super::reading::LETTER
    }) {
        words.pop();
    }
    words
}

fn propose(scene: &Scene<'_>, words: &[Word], out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let text = |word: &Word| reading.small(word.start, word.end);
    // Leading words that are a title, a relation or a greeting speak for what follows.
    let mut anchor = None;
    let mut rest = words;
    while let Some((first, others)) = rest.split_first() {
        let word = text(first);
        if TITLES.contains(&word) && !others.is_empty() {
            anchor = Some(Anchor::Title);
        } else if matches!(word, b"dear" | b"cher" | b"chere" | b"bonjour" | b"hello") {
            anchor = Some(Anchor::Salutation);
        } else if is_relation(scene, first) {
            anchor = anchor.or(Some(Anchor::Relation));
        } else if OTHERS.contains(word) && !GIVEN.contains(word) {
            anchor = None;
        } else {
            break;
        }
        rest = others;
    }
    let is_other = |word: &Word| OTHERS.contains(text(word)) && !GIVEN.contains(text(word));
    let capitals = |word: &Word| {
        let letters = reading.slice(word.start, word.end);
        letters.len() > 1 && !letters.iter().any(u8::is_ascii_lowercase)
    };
    // `Simran Kaur DOB`: a label, or capitals behind small letters, end the name.
    let mixed = rest.first().is_some_and(|first| !capitals(first));
    let stop = rest
        .iter()
        .position(|word| is_other(word) || is_label(scene, word) || (mixed && capitals(word)))
        .unwrap_or(rest.len());
    let cut = rest.get(stop).is_some_and(is_other);
    let Some(name) = rest.get(..stop) else { return };
    let (Some(first), Some(last)) = (name.first(), name.last()) else {
        return;
    };
    let anchor = anchor.or_else(|| ahead(scene, first.start));
    let long = name.len() >= 2 && name.len() <= MOST;
    let given = GIVEN.contains(
        text(first)
            .split(|byte| *byte == b'-')
            .next()
            .unwrap_or_default(),
    );
    let upper = !reading
        .slice(first.start, last.end)
        .iter()
        .any(u8::is_ascii_lowercase);
    let known = name.iter().any(|word| GIVEN.contains(text(word)));
    let anchor = match anchor {
        Some(Anchor::Label | Anchor::Salutation | Anchor::Relation) if long && !cut => anchor,
        Some(Anchor::Label | Anchor::Relation) if long && given => anchor,
        Some(Anchor::Label | Anchor::Title) if last.end - first.start >= 2 && !cut => anchor,
        _ if long && !cut && precedes_identifier(scene, last.end) => Some(Anchor::Beside),
        _ if long && given && !(upper && name.len() > 3) => Some(Anchor::Given),
        // `NGUYEN, Thi Lan`
        _ if name.len() == 1 && upper && given_behind(reading, last.end).is_some() => {
            anchor.or(Some(Anchor::Given))
        }
        _ if long && upper && known && name.len() <= 3 && anchor.is_some() => anchor,
        _ if name.len() == 1 && upper && inverted(reading, first, last.end).is_some() => {
            anchor.or(Some(Anchor::Order))
        }
        _ => return,
    };
    let Some(anchor) = anchor else { return };
    let end = if anchor == Anchor::Order {
        inverted(reading, first, last.end).unwrap_or(last.end)
    } else if name.len() == 1 && (upper || anchor == Anchor::Label) {
        given_behind(reading, last.end).unwrap_or(last.end)
    } else {
        last.end
    };
    let mut one = proposal(scene, first.start, end, anchor);
    if is_firm(reading, end) {
        one.class = IdentifierClass::Business;
        one.reasons.push("firm");
    } else if died_long_ago(reading, end) {
        one.class = IdentifierClass::Public;
        one.reasons.push("died_long_ago");
    }
    out.push(one);
}

/// Where the given names behind a surname and a comma end.
fn given_behind(reading: &Reading, end: usize) -> Option<usize> {
    if reading.slice(end, end + 2) != b", " {
        return None;
    }
    let words = sequence(reading, end + 2);
    let first = words.first()?;
    let small = reading.small(first.start, first.end);
    let stem = small.split(|byte| *byte == b'-').next().unwrap_or_default();
    let last = words.iter().take(3).next_back()?;
    GIVEN.contains(stem).then_some(last.end)
}

/// `SURNAME, Given` at the start of a line, field or quotation: where the given names end.
fn inverted(reading: &Reading, surname: &Word, end: usize) -> Option<usize> {
    let mut from = surname.start;
    while surname.start - from < 3 && reading.before(from) == b' ' {
        from -= 1;
    }
    let opens = matches!(
        reading.before(from),
        0 | b'\n' | b'\t' | b'"' | b'\'' | b'>' | b':' | b';' | b'|' | b'(' | b'/'
    );
    if !opens || surname.end - surname.start < 3 || reading.slice(end, end + 2) != b", " {
        return None;
    }
    let words = sequence(reading, end + 2);
    let first = words.first()?;
    let last = words.iter().take(3).next_back()?;
    let strange = words.iter().take(3).any(|word| {
        let text = reading.small(word.start, word.end);
        OTHERS.contains(text) && !GIVEN.contains(text)
    });
    // A small letter goes on with a sentence: "OTTAWA, Tuesday it rained".
    let prose = reading.byte(last.end) == b' ' && reading.byte(last.end + 1).is_ascii_lowercase();
    (!strange && !prose && first.end - first.start >= 2).then_some(last.end)
}

fn is_relation(scene: &Scene<'_>, word: &Word) -> bool {
    let from = scene.hits.partition_point(|hit| hit.start < word.start);
    scene.hits.get(from).is_some_and(|hit| {
        hit.start == word.start
            && hit.end == word.end
            && matches!(hit.topic, Topic::Relation | Topic::Name)
    })
}

/// A word that is the label of what follows.
fn is_label(scene: &Scene<'_>, word: &Word) -> bool {
    let from = scene.hits.partition_point(|hit| hit.start < word.start);
    scene
        .hits
        .get(from)
        .is_some_and(|hit| hit.start == word.start && hit.topic.claims())
}

/// A label, title or relation right before a name.
fn ahead(scene: &Scene<'_>, start: usize) -> Option<Anchor> {
    let reading = scene.reading;
    let index = scene.hits.partition_point(|hit| hit.end <= start);
    let hit = scene.hits.get(index.checked_sub(1)?)?;
    let between = reading.slice(hit.end, start);
    let plain = between.len() <= 6
        && between.iter().all(|byte| {
            matches!(
                byte,
                b' ' | b':'
                    | b','
                    | b'='
                    | b'"'
                    | b'\''
                    | b'('
                    | b')'
                    | b's'
                    | b'|'
                    | b'-'
                    | b'\t'
                    | b'>'
            )
        });
    if !plain {
        return None;
    }
    let marked = between
        .iter()
        .any(|byte| matches!(byte, b':' | b'=' | b'|' | b'>' | b'\t'));
    // "in the name of Amy Sample", "au nom de": the words lead to a name without a mark.
    let label = reading.small(hit.start, hit.end);
    let leads = between == b" " && (label.ends_with(b" of") || label.ends_with(b" de"));
    match hit.topic {
        Topic::Name if marked || leads => Some(Anchor::Label),
        Topic::Relation if marked || between == b" " || between == b", " => Some(Anchor::Relation),
        _ => None,
    }
}

/// Cells of a column, or units with a label, that are names.
fn columns(scene: &Scene<'_>, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    for (cell, topics) in scene.layout.labelled() {
        if topics.contains(&Topic::Other) {
            continue;
        }
        if topics.contains(&Topic::Name) {
            whole(scene, cell.start, cell.end, 1, out);
        } else if !topics.is_empty() && topics.iter().all(|topic| *topic == Topic::Relation) {
            // A column "Client" may hold other things; two words read as a name.
            whole(scene, cell.start, cell.end, 2, out);
        }
    }
    let outer = scene.outer;
    if outer.labels.contains(&Topic::Name) && !outer.labels.contains(&Topic::Other) {
        whole(scene, 0, reading.len(), 1, out);
    }
}

/// A cell of a column of names: all of it, when it reads like one.
fn whole(scene: &Scene<'_>, start: usize, end: usize, least: usize, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let blank = |byte: u8| matches!(byte, b' ' | b'"' | b'\'' | b'\n' | b'\t');
    let (mut start, mut end) = (start, end);
    while start < end && blank(reading.byte(start)) {
        start += 1;
    }
    while start < end && blank(reading.before(end)) {
        end -= 1;
    }
    let cell = reading.small(start, end);
    let fits = (2..=60).contains(&cell.len())
        && cell
            .iter()
            .all(|byte| is_letter(*byte) || matches!(byte, b' ' | b'-' | b'\'' | b'.' | b','));
    let words = cell
        .split(|byte| !is_letter(*byte))
        .filter(|word| !word.is_empty());
    let other = words
        .clone()
        .any(|word| OTHERS.contains(word) && !GIVEN.contains(word));
    let count = words.count();
    let capital = least == 1 || !reading.byte(start).is_ascii_lowercase();
    if fits && !other && capital && (least..=MOST).contains(&count) {
        out.push(proposal(scene, start, end, Anchor::Label));
    }
}

/// True when words for a number or a date of a person stand close by.
fn in_file(scene: &Scene<'_>, start: usize, end: usize) -> bool {
    within(scene.hits, start.saturating_sub(100), end + 100).any(|hit| {
        matches!(
            hit.topic,
            Topic::Sin
                | Topic::Uci
                | Topic::Birth
                | Topic::Passport
                | Topic::PrCard
                | Topic::Citizenship
                | Topic::Health
                | Topic::Ontario
                | Topic::Quebec
                | Topic::Columbia
                | Topic::Alberta
                | Topic::Licence
                | Topic::Pri
        )
    })
}

fn proposal(scene: &Scene<'_>, start: usize, end: usize, anchor: Anchor) -> Proposal {
    let (confidence, reason) = match anchor {
        Anchor::Label => (90, "label"),
        Anchor::Salutation => (85, "salutation"),
        Anchor::Title => (78, "title"),
        Anchor::Relation => (80, "relation"),
        Anchor::Beside => (76, "identifier_behind"),
        Anchor::Order => (72, "surname_first"),
        // In prose a given name alone may be anyone's; beside what identifies a person it is that person's.
        Anchor::Given if in_file(scene, start, end) => (74, "identifier_near"),
        Anchor::Given => (65, "given_name"),
    };
    let surname = scene.reading.small(start, end);
    let surname = surname
        .rsplit(|byte| *byte == b' ')
        .next()
        .unwrap_or_default();
    let official = scene.is_official(start, end, surname);
    let doubtful = anchor == Anchor::Given || scene.around(Topic::Position, start, end, 40, 60);
    let own = matches!(
        anchor,
        Anchor::Label | Anchor::Salutation | Anchor::Relation
    ) || (anchor == Anchor::Beside && !official);
    let doubtful = doubtful || anchor == Anchor::Order;
    let class = if own || !(official || doubtful) {
        IdentifierClass::Personal
    } else if official {
        IdentifierClass::Public
    } else {
        IdentifierClass::Unknown
    };
    Proposal {
        start,
        end,
        identifier: "person_name",
        class,
        confidence,
        masked: "name of a person".to_owned(),
        detector: "person_name/1",
        reasons: vec![reason],
    }
}
