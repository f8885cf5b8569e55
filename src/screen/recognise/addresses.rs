//! Civic addresses: number, street, unit, city and province, in the order of either language.
//!
//! Rule that must hold: a number and some words are an address only with a kind of street among them.

use super::{
    numbers::{Numbers, Run},
    proposal::Proposal,
    reading::{Reading, is_letter, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Kinds of streets that stand behind the name.
const BEHIND: &[&[u8]] = &[
    b"street",
    b"st",
    b"avenue",
    b"ave",
    b"road",
    b"rd",
    b"boulevard",
    b"blvd",
    b"drive",
    b"dr",
    b"lane",
    b"ln",
    b"crescent",
    b"cres",
    b"court",
    b"crt",
    b"way",
    b"place",
    b"pl",
    b"terrace",
    b"terr",
    b"parkway",
    b"pkwy",
    b"highway",
    b"hwy",
    b"circle",
    b"cir",
    b"trail",
    b"square",
    b"sq",
    b"gardens",
    b"grove",
    b"heights",
    b"close",
    b"mews",
    b"row",
    b"line",
    b"sideroad",
    b"concession",
];
/// Kinds of streets that stand before the name.
const BEFORE: &[&[u8]] = &[
    b"rue",
    b"boulevard",
    b"boul",
    b"chemin",
    b"ch",
    b"avenue",
    b"av",
    b"ave",
    b"place",
    b"allee",
    b"rang",
    b"montee",
    b"cote",
    b"impasse",
    b"route",
    b"croissant",
    b"terrasse",
    b"promenade",
    b"prom",
    b"cours",
    b"quai",
    b"ruelle",
    b"square",
    b"carre",
    b"autoroute",
    b"voie",
];
const DIRECTIONS: &[&[u8]] = &[
    b"west", b"east", b"north", b"south", b"w", b"e", b"n", b"s", b"nw", b"ne", b"sw", b"se",
    b"ouest", b"est", b"nord", b"sud", b"o",
];
const UNITS: &[&[u8]] = &[
    b"unit",
    b"apt",
    b"apartment",
    b"suite",
    b"ste",
    b"floor",
    b"room",
    b"bureau",
    b"app",
    b"appartement",
    b"unite",
    b"etage",
    b"piece",
    b"porte",
    b"no",
];
const PROVINCES: &[&[u8]] = &[
    b"on",
    b"qc",
    b"bc",
    b"ab",
    b"mb",
    b"sk",
    b"ns",
    b"nb",
    b"nl",
    b"pe",
    b"pei",
    b"yt",
    b"nt",
    b"nu",
    b"ont",
    b"que",
    b"ontario",
    b"quebec",
    b"alberta",
    b"manitoba",
    b"saskatchewan",
    b"newfoundland",
    b"yukon",
    b"nunavut",
    b"pq",
    b"scotia",
    b"columbia",
    b"brunswick",
    b"island",
    b"labrador",
    b"territories",
    b"nouveau-brunswick",
    b"nouvelle-ecosse",
    b"colombie-britannique",
    b"ile-du-prince-edouard",
    b"terre-neuve",
    b"terre-neuve-et-labrador",
];
/// Most words of a street's name.
const NAME: usize = 5;

/// A word behind a place, on the same line or right after its end.
#[derive(Clone, Copy)]
struct Word {
    start: usize,
    end: usize,
    /// True when a comma, a bracket or a line end stands before it.
    parted: bool,
}

/// Proposes addresses.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut done = 0;
    for run in &numbers.runs {
        if run.start < done || run.end - run.start > 5 || !begins(reading, run) {
            continue;
        }
        let Some(street) = street(reading, run.end) else {
            continue;
        };
        let end = place(reading, street);
        let start = unit_before(reading, run.start);
        done = end;
        out.push(proposal(scene, start, end, end > street));
    }
    columns(scene, out);
}

fn begins(reading: &Reading, run: &Run) -> bool {
    let before = reading.before(run.start);
    !(is_word(before) || matches!(before, b'$' | b'.' | b'/'))
}

/// `12-1706`: the unit before the civic number.
fn unit_before(reading: &Reading, start: usize) -> usize {
    if reading.before(start) != b'-' {
        return start;
    }
    let mut from = start - 1;
    while from > 0 && start - from < 6 && reading.before(from).is_ascii_digit() {
        from -= 1;
    }
    if from < start - 1 && !is_word(reading.before(from)) {
        from
    } else {
        start
    }
}

fn word(reading: &Reading, at: usize) -> Option<Word> {
    let mut start = at;
    let mut parted = false;
    while start - at < 4
        && matches!(
            reading.byte(start),
            b' ' | b',' | b'.' | b'(' | b'\n' | b'#'
        )
    {
        parted |= !matches!(reading.byte(start), b' ' | b'.');
        start += 1;
    }
    let mut end = start;
    while end - start < 40
        && (is_word(reading.byte(end))
            || (matches!(reading.byte(end), b'-' | b'\'')
                && is_word(reading.byte(end + 1))
                && end > start))
    {
        end += 1;
    }
    (end > start).then_some(Word { start, end, parted })
}

/// Where the street after a civic number ends, direction and unit included.
fn street(reading: &Reading, from: usize) -> Option<usize> {
    let mut at = from;
    // `1706A`, `1706 bis`.
    if is_letter(reading.byte(at)) && !is_word(reading.byte(at + 1)) {
        at += 1;
    }
    if !matches!(reading.byte(at), b' ' | b',') {
        return None;
    }
    let first = word(reading, at)?;
    let small = |word: &Word| reading.small(word.start, word.end);
    let mut end = if BEFORE.contains(&small(&first))
        && !BEHIND.contains(&small(&word(reading, first.end)?))
    {
        let mut end = first.end;
        let mut names = 0;
        while names < NAME {
            let Some(next) = word(reading, end) else {
                break;
            };
            let text = small(&next);
            let particle = matches!(
                text,
                b"de"
                    | b"des"
                    | b"du"
                    | b"la"
                    | b"le"
                    | b"les"
                    | b"d"
                    | b"l"
                    | b"st"
                    | b"ste"
                    | b"of"
                    | b"the"
            ) || text.starts_with(b"d'")
                || text.starts_with(b"l'");
            let named = reading.byte(next.start).is_ascii_uppercase()
                || reading.byte(next.start).is_ascii_digit()
                || particle;
            if next.parted || !named || is_postal(reading, next.start) || UNITS.contains(&text) {
                break;
            }
            end = next.end;
            names += 1;
        }
        (names > 0).then_some(end)?
    } else {
        let mut end = None;
        let mut next = first;
        for _ in 0..NAME {
            let text = small(&next);
            if next.parted && next.start != first.start {
                break;
            }
            if BEHIND.contains(&text) && next.start != first.start {
                end = Some(next.end);
                break;
            }
            let byte = reading.byte(next.start);
            if !(byte.is_ascii_uppercase() || byte.is_ascii_digit()) {
                break;
            }
            next = word(reading, next.end)?;
        }
        end?
    };
    // `St.`
    if reading.byte(end) == b'.'
        && matches!(reading.byte(end + 1), b' ' | b',' | b'\n')
        && end - from < 80
        && !ends_sentence(reading, end)
    {
        end += 1;
    }
    if let Some(next) = word(reading, end)
        && DIRECTIONS.contains(&small(&next))
        && !next.parted
    {
        end = next.end;
    }
    Some(unit(reading, end))
}

fn ends_sentence(reading: &Reading, dot: usize) -> bool {
    // After `St.` a direction, a comma or a city may follow; a new line does not belong.
    reading.byte(dot + 1) == b'\n'
}

/// `, Unit 95`, ` app. 3`, ` #12`.
fn unit(reading: &Reading, end: usize) -> usize {
    let Some(first) = word(reading, end) else {
        return end;
    };
    let text = reading.small(first.start, first.end);
    if UNITS.contains(&text)
        && let Some(number) = word(reading, first.end)
        && reading.byte(number.start).is_ascii_digit()
    {
        return number.end;
    }
    if reading.before(first.start) == b'#' && reading.byte(first.start).is_ascii_digit() {
        return first.end;
    }
    end
}

/// City and province behind a street; the street's own end when there are none.
fn place(reading: &Reading, street: usize) -> usize {
    let mut at = street;
    let mut end = street;
    let mut words = 0;
    while words < 5 {
        let Some(next) = word(reading, at) else { break };
        let text = reading.small(next.start, next.end);
        if is_postal(reading, next.start) {
            break;
        }
        if PROVINCES.contains(&text) && words > 0 {
            let bracket = usize::from(reading.byte(next.end) == b')');
            return next.end + bracket;
        }
        let capital = reading.byte(next.start).is_ascii_uppercase();
        let line = reading.slice(at, next.start).contains(&b'\n');
        if !capital || (words == 0 && !next.parted) || (line && words > 0) {
            break;
        }
        // A city of its own counts only when a province or a postal code follows.
        at = next.end;
        words += 1;
        if word(reading, at).is_some_and(|after| is_postal(reading, after.start)) {
            end = at;
        }
    }
    end
}

fn is_postal(reading: &Reading, at: usize) -> bool {
    reading.byte(at).is_ascii_alphabetic()
        && reading.byte(at + 1).is_ascii_digit()
        && reading.byte(at + 2).is_ascii_alphabetic()
}

/// Cells of a column of addresses.
fn columns(scene: &Scene<'_>, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    for (cell, topics) in scene.layout.labelled() {
        let text = reading.slice(cell.start, cell.end);
        let content = text.trim_ascii();
        let mixed = content.iter().any(u8::is_ascii_digit)
            && content.iter().filter(|byte| is_letter(**byte)).count() >= 4
            && !content.contains(&b'@');
        if topics.first() == Some(&Topic::Address) && mixed && content.len() <= 200 {
            let start = cell.start + text.len() - text.trim_ascii_start().len();
            out.push(proposal(scene, start, start + content.len(), false));
        }
    }
}

fn proposal(scene: &Scene<'_>, start: usize, end: usize, whole: bool) -> Proposal {
    let reading = scene.reading;
    let support = scene.support(&[Topic::Address], start, end);
    let federal = reading
        .slice(end, end + 8)
        .windows(3)
        .any(|three| three == b"K1A");
    let office = scene.around(Topic::Office, start, end, 40, 0)
        || scene.around(Topic::Business, start, end, 120, 120);
    let (class, reason) = if federal {
        (IdentifierClass::Public, "federal_office")
    } else if support.holds() && !office {
        (IdentifierClass::Personal, support.reason())
    } else if scene.in_signature(start, end) {
        (IdentifierClass::Public, "signature")
    } else if scene.near_public(start, end) {
        (IdentifierClass::Unknown, "near_public_address")
    } else if office {
        (IdentifierClass::Unknown, "office")
    } else {
        (IdentifierClass::Personal, "form")
    };
    let confidence = match (support, whole) {
        (Support::None | Support::Against, false) => 66,
        (Support::None | Support::Against, true) => 80,
        _ => 90,
    };
    Proposal {
        start,
        end,
        identifier: "civic_address",
        class,
        confidence,
        masked: "civic address".to_owned(),
        detector: "civic_address/1",
        reasons: vec![reason],
    }
}
