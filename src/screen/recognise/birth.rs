//! Dates of birth: dates in the forms of both languages, with something that says birth.
//!
//! Rule that must hold: a date without a word of birth before it, above it or in its column is not reported.

use super::{
    layout::within,
    numbers::{Gap, Number, Numbers},
    proposal::Proposal,
    reading::{Reading, is_letter, is_word},
    scene::{Scene, Support},
    spelled,
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Names of months, folded, and as cut.
const MONTHS: &[(&str, u32)] = &[
    ("january", 1),
    ("janvier", 1),
    ("jan", 1),
    ("janv", 1),
    ("february", 2),
    ("fevrier", 2),
    ("feb", 2),
    ("fev", 2),
    ("fevr", 2),
    ("march", 3),
    ("mars", 3),
    ("mar", 3),
    ("april", 4),
    ("avril", 4),
    ("apr", 4),
    ("avr", 4),
    ("may", 5),
    ("mai", 5),
    ("june", 6),
    ("juin", 6),
    ("jun", 6),
    ("july", 7),
    ("juillet", 7),
    ("jul", 7),
    ("juil", 7),
    ("august", 8),
    ("aout", 8),
    ("aug", 8),
    ("september", 9),
    ("septembre", 9),
    ("sept", 9),
    ("sep", 9),
    ("october", 10),
    ("octobre", 10),
    ("oct", 10),
    ("november", 11),
    ("novembre", 11),
    ("nov", 11),
    ("december", 12),
    ("decembre", 12),
    ("dec", 12),
];

/// Proposes dates of birth.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let any = scene.hits.iter().any(|hit| hit.topic == Topic::Birth)
        || [&scene.outer.labels, &scene.outer.previous]
            .iter()
            .any(|topics| topics.contains(&Topic::Birth));
    if !any && !scene.layout.speaks_of(Topic::Birth) {
        return;
    }
    let mut at = 0;
    while at < numbers.runs.len() {
        let Some(date) = date(scene.reading, numbers, at) else {
            at += 1;
            continue;
        };
        let support = scene.support(&[Topic::Birth], date.start, date.end);
        let close = matches!(support, Support::Near | Support::Column | Support::Row);
        let sample = matches!(support, Support::Near) && scene.is_sample(date.start, date.end);
        let held = support.holds() && support != Support::Sheet && (!date.loose || close);
        let thing = matches!(support, Support::Near) && is_of_thing(scene, date.start);
        if held && !sample && !thing {
            out.push(Proposal {
                start: date.start,
                end: date.end,
                identifier: "birth_date",
                class: IdentifierClass::Personal,
                confidence: if date.loose { 75 } else { 93 },
                masked: "date of birth ••••-••-••".to_owned(),
                detector: "birth_date/1",
                reasons: vec![support.reason()],
            });
        }
        at = date.next.max(at + 1);
    }
    for (start, end) in spelled::dates(scene.reading) {
        let support = scene.support(&[Topic::Birth], start, end);
        if support.holds() && support != Support::Sheet {
            out.push(Proposal {
                start,
                end,
                identifier: "birth_date",
                class: IdentifierClass::Personal,
                confidence: 85,
                masked: "date of birth in words".to_owned(),
                detector: "birth_date/1",
                reasons: vec![support.reason(), "in_words"],
            });
        }
    }
}

/// Things that are born, launched or built in a manner of speaking.
const THINGS: &[&[u8]] = &[
    b"program",
    b"programme",
    b"project",
    b"projet",
    b"aircraft",
    b"aeronef",
    b"avion",
    b"plane",
    b"ship",
    b"vessel",
    b"navire",
    b"bateau",
    b"vehicle",
    b"vehicule",
    b"building",
    b"immeuble",
    b"bridge",
    b"pont",
    b"company",
    b"compagnie",
    b"societe",
    b"entreprise",
    b"organization",
    b"organisation",
    b"agency",
    b"agence",
    b"department",
    b"ministere",
    b"report",
    b"rapport",
    b"policy",
    b"politique",
    b"idea",
    b"idee",
    b"system",
    b"systeme",
    b"tool",
    b"outil",
    b"initiative",
    b"network",
    b"reseau",
    b"festival",
    b"movement",
    b"mouvement",
];

/// "The program was born on …", "D.O.B. of the aircraft: …", « DDN du rapport »: no person's date.
fn is_of_thing(scene: &Scene<'_>, start: usize) -> bool {
    let Some(label) = within(scene.hits, start.saturating_sub(140), start)
        .filter(|hit| hit.topic == Topic::Birth)
        .last()
    else {
        return false;
    };
    let reading = scene.reading;
    let behind = reading.small(label.end, start.min(label.end + 32));
    let owned = [b"of ".as_slice(), b"du ", b"de ", b"d'"]
        .iter()
        .any(|link| behind.trim_ascii_start().starts_with(link))
        && THINGS.iter().any(|thing| is_head(behind, thing));
    let ahead = reading.small(label.start.saturating_sub(48), label.start);
    let sentence = ahead
        .iter()
        .rposition(|byte| matches!(byte, b'.' | b';' | b'\n' | b','));
    let ahead = ahead
        .get(sentence.map_or(0, |at| at + 1)..)
        .unwrap_or_default();
    let mut before = ahead
        .split(|byte| !is_word(*byte))
        .filter(|word| !word.is_empty())
        .rev()
        .peekable();
    let acts = matches!(
        before.next(),
        Some(b"was" | b"is" | b"est" | b"were" | b"etait")
    );
    if !(acts && before.next().is_some_and(|word| THINGS.contains(&word))) {
        return owned;
    }
    // "The head of the program was born on …" is a person.
    if matches!(
        before.peek(),
        Some(
            &(b"the"
                | b"this"
                | b"that"
                | b"our"
                | b"le"
                | b"la"
                | b"l"
                | b"ce"
                | b"cette"
                | b"notre")
        )
    ) {
        before.next();
    }
    !matches!(
        before.next(),
        Some(b"of" | b"de" | b"du" | b"for" | b"at" | b"with" | b"from" | b"in" | b"by" | b"par")
    )
}

/// True when a thing is the last word before a value, a bracket or a colon: "of the aircraft (…", not "of the company
/// director".
fn is_head(text: &[u8], thing: &[u8]) -> bool {
    text.windows(thing.len())
        .position(|window| window == thing)
        .is_some_and(|at| {
            let border = at == 0 || !text.get(at - 1).is_some_and(|byte| is_word(*byte));
            let rest = text.get(at + thing.len()..).unwrap_or_default();
            border
                && matches!(
                    rest.trim_ascii_start().first(),
                    None | Some(b'(' | b':' | b',' | b'=')
                )
        })
}

/// A date in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Index behind its last run of digits.
    pub(crate) next: usize,
    /// True for forms that are often something else: eight digits, two-digit years.
    pub(crate) loose: bool,
}

/// The date that begins with a run of digits, or whose month stands before it.
pub(crate) fn date(reading: &Reading, numbers: &Numbers, at: usize) -> Option<Date> {
    with_month(reading, numbers, at).or_else(|| in_digits(reading, numbers, at))
}

fn value(digits: &[u8]) -> u32 {
    digits
        .iter()
        .take(4)
        .fold(0, |sum, digit| sum * 10 + u32::from(*digit))
}

/// True for a day of the calendar (29 February in any year).
pub(crate) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1880..2100).contains(&year) && (1..=days).contains(&day)
}

fn in_digits(reading: &Reading, numbers: &Numbers, at: usize) -> Option<Date> {
    let run = numbers.runs.get(at)?;
    let alone = |start: usize, end: usize| {
        !is_word(reading.before(start))
            && !is_digit_joined(reading, end)
            && !is_letter_but_time(reading, end)
    };
    let made = |number: &Number, loose: bool| Date {
        start: number.start,
        end: number.end,
        next: number.next,
        loose,
    };
    if run.end - run.start == 8 {
        let number = numbers.of_runs(reading, at, 1)?;
        let d = number.digits();
        let first = is_day(value(d.get(..4)?), value(d.get(4..6)?), value(d.get(6..8)?));
        let last = is_day(value(d.get(4..8)?), value(d.get(2..4)?), value(d.get(..2)?))
            || is_day(value(d.get(4..8)?), value(d.get(..2)?), value(d.get(2..4)?));
        return ((first || last) && alone(number.start, number.end)).then(|| made(&number, true));
    }
    let number = numbers.of_runs(reading, at, 3)?;
    let even = number.is_even() || number.gaps().contains(&Gap::Wrap);
    if !even || !alone(number.start, number.end) || number.gaps().contains(&Gap::Box) {
        return None;
    }
    let d = number.digits();
    let shape = number.shape();
    let (a, b) = (*shape.first()?, *shape.get(1)?);
    let (one, two, three) = (
        value(d.get(..a)?),
        value(d.get(a..a + b)?),
        value(d.get(a + b..)?),
    );
    let fits = match shape {
        [4, 1..=2, 1..=2] => is_day(one, two, three) || is_day(one, three, two),
        [1..=2, 1..=2, 4] => is_day(three, two, one) || is_day(three, one, two),
        [1..=2, 1..=2, 2] => {
            let short = is_day(1900 + three, two, one)
                || is_day(1900 + three, one, two)
                || is_day(1900 + one, two, three);
            return short.then(|| made(&number, true));
        }
        _ => false,
    };
    fits.then(|| made(&number, false))
}

fn is_digit_joined(reading: &Reading, end: usize) -> bool {
    matches!(reading.byte(end), b'.' | b'-' | b'/') && reading.byte(end + 1).is_ascii_digit()
}

/// A letter behind a date, other than the `T` of a time.
fn is_letter_but_time(reading: &Reading, end: usize) -> bool {
    is_letter(reading.byte(end))
        && !(reading.byte(end) == b'T' && reading.byte(end + 1).is_ascii_digit())
}

/// `1er mars 1980`, `September 1, 1975`, `15-JAN-1980`, `1980 mars 1`.
fn with_month(reading: &Reading, numbers: &Numbers, at: usize) -> Option<Date> {
    let run = numbers.runs.get(at)?;
    let next = numbers.runs.get(at + 1)?;
    let len = |run: &super::numbers::Run| run.end - run.start;
    let number = |start: usize, end: usize| {
        reading
            .slice(start, end)
            .iter()
            .take(4)
            .fold(0_u32, |sum, byte| {
                sum * 10 + u32::from(byte.wrapping_sub(b'0'))
            })
    };
    let (first, second) = (number(run.start, run.end), number(next.start, next.end));
    if next.start > run.end + 24 {
        return None;
    }
    let day = |run: &super::numbers::Run| len(run) <= 2;
    let whole = !is_digit_joined(reading, next.end);
    // Day, month, year; or year, month, day.
    if let Some(month) = month_between(reading, run.end, next.start) {
        let fits = (day(run) && len(next) == 4 && is_day(second, month, first))
            || (len(run) == 4 && day(next) && is_day(first, month, second));
        let short = day(run) && len(next) == 2 && is_day(1900 + second, month, first);
        let start = reading.before(run.start);
        if (fits || short) && whole && !is_word(start) && !is_letter(reading.byte(next.end)) {
            return Some(Date {
                start: run.start,
                end: next.end,
                next: at + 2,
                loose: !fits,
            });
        }
    }
    // Month, day, year.
    let (from, month) = month_before(reading, run.start)?;
    let between = reading.small(run.end, next.start);
    let between = [b"st".as_slice(), b"nd", b"rd", b"th", b"er"]
        .iter()
        .find_map(|ordinal| between.strip_prefix(*ordinal))
        .unwrap_or(between);
    let plain = !between.is_empty()
        && between.len() <= 4
        && between
            .iter()
            .all(|byte| matches!(byte, b' ' | b',' | b'.' | b'-' | b'/'));
    (plain && day(run) && len(next) == 4 && whole && is_day(second, month, first)).then_some(Date {
        start: from,
        end: next.end,
        next: at + 2,
        loose: false,
    })
}

/// The month that a folded word names.
pub(crate) fn month(word: &[u8]) -> Option<u32> {
    MONTHS
        .iter()
        .find(|(name, _)| name.as_bytes() == word)
        .map(|(_, month)| *month)
}

/// The month that is all there is between two runs, beside ordinals, "of", "de" and separators.
fn month_between(reading: &Reading, start: usize, end: usize) -> Option<u32> {
    let mut found = None;
    for word in reading
        .small(start, end)
        .split(|byte| !is_word(*byte))
        .filter(|word| !word.is_empty())
    {
        match (month(word), found) {
            (Some(month), None) => found = Some(month),
            (None, None)
                if matches!(
                    word,
                    b"st"
                        | b"nd"
                        | b"rd"
                        | b"th"
                        | b"er"
                        | b"e"
                        | b"of"
                        | b"de"
                        | b"day"
                        | b"the"
                        | b"jour"
                ) => {}
            (None, Some(_)) if matches!(word, b"of" | b"de" | b"in") => {}
            _ => return None,
        }
    }
    found
}

/// The month right before a run, and where it begins.
fn month_before(reading: &Reading, start: usize) -> Option<(usize, u32)> {
    let mut end = start;
    while end > 0
        && start - end < 3
        && matches!(
            reading.before(end),
            b' ' | b'.' | b'-' | b'/' | b'\n' | b'\t'
        )
    {
        end -= 1;
    }
    let mut from = end;
    while from > 0 && end - from <= 10 && is_letter(reading.before(from)) {
        from -= 1;
    }
    month(reading.small(from, end)).map(|month| (from, month))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let reading = Reading::new(text);
        let numbers = Numbers::new(&reading);
        let found = (0..numbers.runs.len()).find_map(|at| date(&reading, &numbers, at));
        let found = found.map(|date| {
            let (start, end) = reading.original(date.start, date.end);
            &text[start..end]
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn forms_of_dates() {
        for text in [
            "1980-03-01",
            "1980/3/1",
            "01/03/1980",
            "1.3.1980",
            "1980 03 01",
            "19800301",
            "March 1, 1980",
            "Mar. 1 1980",
            "1 March 1980",
            "1er mars 1980",
            "1st of March 1980",
            "1 août 1980",
            "01-MAR-1980",
            "1980-Mar-01",
            "15 févr. 1980",
            "01/03/80",
        ] {
            check(text, Some(text));
        }
        check("né le 2 août 1980 à Lévis", Some("2 août 1980"));
        for text in [
            "1980-13-41",
            "4.1.2.3",
            "2014-2015",
            "12345678",
            "marching 1 1980",
            "10 10",
        ] {
            check(text, None);
        }
    }
}
