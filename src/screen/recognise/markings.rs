//! Security markings and caveats, English, French and bilingual, told by where and how they stand.
//!
//! The same words are a marking in a header and a topic in a paragraph. A line that holds nothing but a marking is one
//! anywhere; in headers, titles, first pages and file names a marking beside other text counts when it stands apart
//! or in capitals; in running text only after `Classification:` or in "this document is …". Lines that define
//! or explain the levels, e-mail disclaimers and look-alikes (Secretary, protected person, trade secret) do
//! not count. Rule that must hold: a marking in a header, footer or watermark that stands apart is never missed.

use std::{borrow::Cow, collections::BTreeSet};

use super::labels::is_property;
use super::marking_context::{box_before, has_boxes, is_denied, is_reported, is_table_of_levels};
use super::marking_words::{
    BARE, CABINET, CANADIAN, CEO, COMPLETED, DISCLAIMS, DOWN_TO, EXPLAINS, FILLER, LEVEL, LIFTED,
    NAMED, NOT_LIFTED, NOT_SECRET_AFTER, NOT_SECRET_BEFORE, SOLICITOR, STATED, STEMS, SUBJECT,
    THIRD_PARTY, WRAPPED,
};
use crate::{
    bilingual,
    domain::{Fact, FactDetail, MarkingState, Part, SecurityLevel, TextUnit, Unreadable},
};

const DETECTOR: &str = "marking/1";

/// A line longer than this is a paragraph.
const SHORT_LINE: usize = 160;

/// How often the same level or caveat is looked at in one line: what comes after says nothing new, and the time
/// stays linear.
const MAX_SAME: usize = 8;

/// How strongly a place speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// Running text, cells, notes, comments.
    Text,
    /// Title, first page, text box, name.
    Front,
    /// Header, footer, watermark.
    Margin,
}

fn weight(part: Part) -> Weight {
    match part {
        Part::Header | Part::Footer | Part::Watermark | Part::Label => Weight::Margin,
        Part::Title
        | Part::FirstPage
        | Part::TextBox
        | Part::SheetName
        | Part::FileName
        | Part::Property
        | Part::Native => Weight::Front,
        _ => Weight::Text,
    }
}

/// A level as it stands in a line.
struct Hit {
    start: usize,
    end: usize,
    level: SecurityLevel,
    upper: bool,
}

/// A marking accepted in a unit.
struct Accepted {
    start: usize,
    end: usize,
    level: SecurityLevel,
    state: MarkingState,
    confidence: u8,
    reason: &'static str,
    /// In a cell and not in capitals: may be one row of a table of levels.
    plain: bool,
}

/// Reports the markings of all units.
pub(super) fn detect<'u>(units: impl Iterator<Item = &'u TextUnit>) -> Vec<Fact> {
    let mut facts: Vec<(Fact, Option<SecurityLevel>)> = Vec::new();
    // What a label's own properties say is the matter of `labels`: the name of a label is not its level.
    for unit in units.filter(|unit| STEMS.is_match(&unit.text) && !is_property(unit)) {
        read_unit(unit, &mut facts);
    }
    // Three or more levels, each alone in a cell: a table of levels, not markings.
    let levels: BTreeSet<SecurityLevel> = facts.iter().filter_map(|(_, plain)| *plain).collect();
    let table_of_levels = levels.len() >= 3;
    facts
        .into_iter()
        .filter(|(_, plain)| !(table_of_levels && plain.is_some()))
        .map(|(fact, _)| fact)
        .collect()
}

fn read_unit(unit: &TextUnit, facts: &mut Vec<(Fact, Option<SecurityLevel>)>) {
    let text = prepared(unit);
    let text = text.as_ref();
    let mut accepted: Vec<Accepted> = Vec::new();
    let mut caveats: Vec<(&'static str, usize, usize, u8)> = Vec::new();
    let mut offset = 0;
    let boxes = has_boxes(text);
    for line in text.split_inclusive('\n') {
        read_line(unit, line, (offset, boxes), &mut accepted, &mut caveats);
        offset += line.len();
    }
    let rows = accepted.iter().filter(|one| one.reason == "apart");
    let levels: BTreeSet<SecurityLevel> = rows.map(|one| one.level).collect();
    if levels.len() >= 2 && weight(unit.place.part) < Weight::Margin && is_table_of_levels(text) {
        accepted.retain(|one| one.reason != "apart");
    }
    if accepted.is_empty() && weight(unit.place.part) > Weight::Text && BARE.is_match(text) {
        facts.push((unknown_marking(unit), None));
    }
    emit(unit, accepted, &caveats, facts);
}

/// The text to read, of the same length as the unit's, so that spans hold: in names of files and sheets, `_` and
/// the like part words; a marking whose letter is wrapped to the next line is joined.
fn prepared(unit: &TextUnit) -> Cow<'_, str> {
    if matches!(unit.place.part, Part::FileName | Part::SheetName) {
        return Cow::Owned(unit.text.replace(['_', '+', '.'], " "));
    }
    let mut text = Cow::Borrowed(unit.text.as_str());
    for wrap in WRAPPED
        .captures_iter(&unit.text)
        .filter_map(|found| found.get(1))
    {
        text.to_mut()
            .replace_range(wrap.range(), &" ".repeat(wrap.len()));
    }
    text
}

fn read_line(
    unit: &TextUnit,
    line: &str,
    (offset, boxes): (usize, bool),
    accepted: &mut Vec<Accepted>,
    caveats: &mut Vec<(&'static str, usize, usize, u8)>,
) {
    let weight = weight(unit.place.part);
    let is_cell = matches!(unit.place.part, Part::Cell | Part::TableCell);
    let found = caveats_of(line);
    let hits: Vec<Hit> = hits(line)
        .into_iter()
        .filter(|hit| {
            !found
                .iter()
                .any(|(_, start, end)| *start <= hit.start && hit.end <= *end)
                && box_before(&line[..hit.start], boxes) != Some(false)
        })
        .collect();
    let alone = stands_alone(line, &hits, &found);
    // Three levels in one line are a list to choose from.
    let levels: BTreeSet<SecurityLevel> = hits.iter().map(|hit| hit.level).collect();
    let listed = levels.len() >= 3 && !alone && weight < Weight::Margin && !LIFTED.is_match(line);
    let before = accepted.len();
    let mut seen = [0_usize; 7];
    for hit in &hits {
        let same = &mut seen[usize::from(hit.level.rank()).min(6)];
        *same += 1;
        if *same > MAX_SAME {
            continue;
        }
        let ahead = &line[..hit.start];
        let ticked = box_before(ahead, boxes) == Some(true);
        if (listed && !ticked) || (!alone && is_denied(ahead)) {
            continue;
        }
        let segment = segment_of(line, hit.start, hit.end);
        let apart = stands_alone_between(line, segment, &hits, &found);
        let verdict = if ticked && !alone {
            Some((88, "ticked"))
        } else {
            verdict(unit, weight, line, hit, alone, apart)
        };
        if let Some((confidence, reason)) = verdict {
            accepted.push(Accepted {
                start: offset + hit.start,
                end: offset + hit.end,
                level: hit.level,
                state: state(line, hit),
                confidence,
                reason,
                plain: is_cell && reason == "alone" && !hit.upper,
            });
        }
    }
    let with_level = accepted.len() > before;
    for (name, start, end) in found {
        let segment = segment_of(line, start, end);
        let apart = alone || stands_alone_between(line, segment, &hits, &[(name, start, end)]);
        let upper = is_upper(&line[start..end]);
        // "Cabinet confidence: draft of …"
        let leads = weight > Weight::Text
            && line[..start].trim().is_empty()
            && line[end..]
                .trim_start()
                .starts_with([':', '-', '–', '—', '/'])
            && line.len() <= SHORT_LINE
            && !EXPLAINS.is_match(line);
        let counts = apart
            || with_level
            || leads
            || (weight > Weight::Text
                && upper
                && line.len() <= SHORT_LINE
                && !EXPLAINS.is_match(line))
            || (weight == Weight::Margin && line.len() <= SHORT_LINE && !EXPLAINS.is_match(line));
        if counts {
            caveats.push((
                name,
                offset + start,
                offset + end,
                if apart { 92 } else { 75 },
            ));
        }
    }
    if with_level && let Some(found) = CEO.find(line) {
        caveats.push((
            "canadian_eyes_only",
            offset + found.start(),
            offset + found.end(),
            85,
        ));
    }
}

/// Whether a level in a line is a marking: how sure, and why.
fn verdict(
    unit: &TextUnit,
    weight: Weight,
    line: &str,
    hit: &Hit,
    alone: bool,
    apart: bool,
) -> Option<(u8, &'static str)> {
    let named_by_label = unit.labels.iter().any(|label| NAMED.is_match(label));
    if alone {
        let data_cell = weight == Weight::Text && !hit.upper && !unit.labels.is_empty();
        return match weight {
            Weight::Margin => Some((98, "alone")),
            Weight::Front => Some((95, "alone")),
            Weight::Text if data_cell && !named_by_label => None,
            Weight::Text if hit.upper => Some((92, "alone")),
            Weight::Text => Some((75, "alone")),
        };
    }
    let ahead = &line[..hit.start];
    if NAMED.is_match(ahead) || named_by_label {
        return Some((80, "named"));
    }
    let protected = matches!(
        hit.level,
        SecurityLevel::ProtectedA | SecurityLevel::ProtectedB | SecurityLevel::ProtectedC
    );
    if (hit.upper || protected) && STATED.is_match(ahead) && !DISCLAIMS.is_match(line) {
        return Some((75, "stated"));
    }
    let explains = EXPLAINS.is_match(line);
    let short = line.len() <= SHORT_LINE;
    match weight {
        Weight::Margin if apart => Some((95, "apart")),
        Weight::Margin if (hit.upper || protected) && !explains => Some((85, "capitals")),
        Weight::Front if apart && (hit.upper || !explains) => Some((88, "apart")),
        Weight::Front
            if hit.upper && short && !explains && !is_reported(line, hit.start, hit.end) =>
        {
            Some((75, "capitals"))
        }
        Weight::Front if unit.place.part == Part::FileName && protected && !explains => {
            Some((80, "name"))
        }
        Weight::Text if SUBJECT.is_match(line) && (apart || hit.upper) && !explains => {
            Some((80, "subject"))
        }
        Weight::Text if apart && hit.upper && short && !explains => Some((78, "apart")),
        _ => None,
    }
}

/// The levels in a line, look-alikes left out.
fn hits(line: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for found in LEVEL.captures_iter(line) {
        let Some(whole) = found.get(0) else { continue };
        let text = whole.as_str();
        let level = if let Some(letter) = found.name("letter") {
            // "a protected a …" in running text: the letter of a marking is a capital, or the whole is small.
            let small = letter.as_str().bytes().all(|b| b.is_ascii_lowercase());
            if small
                && (!text.chars().all(|c| !c.is_uppercase()) || letter.as_str() == "a")
                && text.contains(char::is_whitespace)
                && line.trim() != text
            {
                continue;
            }
            match letter.as_str().to_ascii_lowercase().as_str() {
                "a" => SecurityLevel::ProtectedA,
                "b" => SecurityLevel::ProtectedB,
                _ => SecurityLevel::ProtectedC,
            }
        } else if found.name("top").is_some() {
            SecurityLevel::TopSecret
        } else if found.name("secret").is_some() {
            let (ahead, behind) = (&line[..whole.start()], &line[whole.end()..]);
            if NOT_SECRET_AFTER.is_match(behind) || NOT_SECRET_BEFORE.is_match(ahead) {
                continue;
            }
            SecurityLevel::Secret
        } else if found.name("confidential").is_some() {
            SecurityLevel::Confidential
        } else {
            SecurityLevel::Unclassified
        };
        hits.push(Hit {
            start: whole.start(),
            end: whole.end(),
            level,
            upper: is_upper(text),
        });
    }
    hits
}

fn caveats_of(line: &str) -> Vec<(&'static str, usize, usize)> {
    let mut found = Vec::new();
    for (pattern, name) in [
        (&CABINET, "cabinet_confidence"),
        (&SOLICITOR, "solicitor_client"),
        (&CANADIAN, "canadian_eyes_only"),
        (&THIRD_PARTY, "third_party"),
    ] {
        found.extend(
            pattern
                .find_iter(line)
                .take(MAX_SAME)
                .map(|hit| (name, hit.start(), hit.end())),
        );
    }
    found
}

/// True when a line holds nothing beside markings, caveats and the words that go with them.
fn stands_alone(line: &str, hits: &[Hit], caveats: &[(&'static str, usize, usize)]) -> bool {
    stands_alone_between(line, (0, line.len()), hits, caveats)
}

fn stands_alone_between(
    line: &str,
    (start, end): (usize, usize),
    hits: &[Hit],
    caveats: &[(&'static str, usize, usize)],
) -> bool {
    let mut taken: Vec<(usize, usize)> = hits
        .iter()
        .map(|hit| (hit.start, hit.end))
        .chain(caveats.iter().map(|(_, start, end)| (*start, *end)))
        .chain(
            COMPLETED
                .find_iter(line)
                .map(|found| (found.start(), found.end())),
        )
        .filter(|(from, to)| start <= *from && *to <= end)
        .collect();
    if taken.is_empty() {
        return false;
    }
    taken.sort_unstable();
    let mut at = start;
    taken.push((end, end));
    taken.into_iter().all(|(from, to)| {
        let rest = line.get(at..from).unwrap_or_default();
        at = at.max(to);
        rest.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(|word| FILLER.is_match(word))
    })
}

/// The stretch of a line around a place, up to marks that part one thing from another.
fn segment_of(line: &str, start: usize, end: usize) -> (usize, usize) {
    let parts = |c: char| {
        matches!(
            c,
            '|' | '•' | '·' | ';' | '\t' | '–' | '—' | '[' | ']' | '(' | ')' | '/' | '\u{B6}'
        )
    };
    let from = line[..start]
        .char_indices()
        .rev()
        .find(|(at, c)| {
            parts(*c) || (*c == '-' && spaced(line, *at)) || (*c == ' ' && wide(line, *at))
        })
        .map_or(0, |(at, c)| at + c.len_utf8());
    let to = line[end..]
        .char_indices()
        .find(|(at, c)| {
            parts(*c)
                || (*c == '-' && spaced(line, end + at))
                || (*c == ' ' && wide(line, end + at))
        })
        .map_or(line.len(), |(at, _)| end + at);
    (from, to)
}

/// A hyphen with a space on a side parts; one within a word does not.
fn spaced(line: &str, at: usize) -> bool {
    line[..at].ends_with(' ') || line[at + 1..].starts_with(' ')
}

/// Several spaces part, as in a header filled by hand.
fn wide(line: &str, at: usize) -> bool {
    line[at..].starts_with("   ")
}

fn state(line: &str, hit: &Hit) -> MarkingState {
    let lifted = LIFTED
        .find_iter(line)
        .any(|word| !NOT_LIFTED.is_match(&line[..word.start()]));
    if lifted && !DOWN_TO.is_match(&line[..hit.start]) {
        return MarkingState::Lifted;
    }
    if COMPLETED.is_match(line) {
        return MarkingState::WhenCompleted;
    }
    MarkingState::Standing
}

fn is_upper(text: &str) -> bool {
    text.chars()
        .filter(|c| c.is_alphabetic())
        .all(char::is_uppercase)
}

/// One fact for each level and state of a unit; caveats go with the highest.
fn emit(
    unit: &TextUnit,
    mut accepted: Vec<Accepted>,
    caveats: &[(&'static str, usize, usize, u8)],
    facts: &mut Vec<(Fact, Option<SecurityLevel>)>,
) {
    let names: BTreeSet<&str> = caveats.iter().map(|(name, ..)| *name).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    // Both languages of one marking are one fact: the surest stands for it.
    accepted.sort_by_key(|one| {
        (
            one.level,
            one.state,
            std::cmp::Reverse(one.confidence),
            one.start,
        )
    });
    accepted.dedup_by_key(|one| (one.level, one.state));
    let highest = accepted.iter().map(|one| one.level).max();
    accepted.sort_by_key(|one| one.start);
    if accepted.is_empty()
        && let Some((_, start, end, confidence)) = caveats.first()
    {
        let fact = fact(
            unit,
            SecurityLevel::Unclassified,
            MarkingState::Standing,
            names,
            (*start, *end),
            *confidence,
            "caveat",
        );
        facts.push((fact, None));
        return;
    }
    for one in accepted {
        let with = if Some(one.level) == highest {
            names.clone()
        } else {
            Vec::new()
        };
        let fact = fact(
            unit,
            one.level,
            one.state,
            with,
            (one.start, one.end),
            one.confidence,
            one.reason,
        );
        facts.push((fact, one.plain.then_some(one.level)));
    }
}

fn fact(
    unit: &TextUnit,
    level: SecurityLevel,
    state: MarkingState,
    caveats: Vec<String>,
    (start, end): (usize, usize),
    confidence: u8,
    reason: &str,
) -> Fact {
    let part = unit.place.part.as_str();
    let mut masked = format!("marking {} in {part}", level.as_str());
    if !caveats.is_empty() {
        masked = format!(
            "marking {} ({}) in {part}",
            level.as_str(),
            caveats.join(", ")
        );
    }
    Fact {
        detail: FactDetail::Marking {
            level,
            state,
            caveats,
        },
        place: unit.place.clone().with_span(start, end),
        confidence,
        masked,
        detector: DETECTOR.to_owned(),
        reasons: vec![part.to_owned(), reason.to_owned()],
    }
}

fn unknown_marking(unit: &TextUnit) -> Fact {
    Fact {
        detail: FactDetail::Unreadable(Unreadable {
            code: "unknown_marking".to_owned(),
            reason: bilingual!(
                "The marking says “protected” without the letter A, B or C. Find out the level before the item goes anywhere.",
                "Le marquage indique « protégé » sans la lettre A, B ou C. Établissez le niveau avant tout envoi."
            ),
        }),
        place: unit.place.clone(),
        confidence: 80,
        masked: "marking “protected” without a letter".to_owned(),
        detector: DETECTOR.to_owned(),
        reasons: vec![unit.place.part.as_str().to_owned()],
    }
}
