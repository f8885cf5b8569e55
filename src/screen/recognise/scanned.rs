//! Numbers of scanned pages, where O stands for 0 and l or I for 1, behind labels that suffered the same.
//!
//! Rule that must hold: only a label right before it makes letters a number, and a SIN must pass its check.

use super::{
    numbers::luhn,
    proposal::Proposal,
    reading::{Reading, is_word},
    scene::Scene,
};
use crate::domain::IdentifierClass;

/// Most digits of such a number.
const LONGEST: usize = 10;
/// How far back a label is looked for.
const REACH: usize = 48;

const SIN: &[&str] = &[
    "social insurance number",
    "social insurance no",
    "social insurance",
    "assurance sociale",
    "sin",
    "nas",
];
const UCI: &[&str] = &[
    "unique client identifier",
    "identificateur unique de client",
    "client id",
    "uci",
    "iuc",
];
const APPLICATION: &[&str] = &[
    "application number",
    "application no",
    "numero de demande",
    "no de demande",
];

/// Digits as read, letters among them taken for what they look like.
struct Scan {
    start: usize,
    end: usize,
    digits: Vec<u8>,
    letters: usize,
}

/// Proposes damaged numbers, and whole ones behind damaged labels.
pub(crate) fn find(scene: &Scene<'_>, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut at = 0;
    while at < reading.len() {
        let prefix = at > 0
            && reading.before(at).is_ascii_uppercase()
            && !is_word(reading.before(at - 1))
            && reading.byte(at).is_ascii_digit();
        let begins = digit(reading.byte(at)).is_some() && (prefix || !is_word(reading.before(at)));
        let scan = if begins { scan(reading, at) } else { None };
        let Some(scan) = scan else {
            at += 1;
            continue;
        };
        at = scan.end;
        if !scene.is_sample(scan.start, scan.end) {
            out.extend(proposal(reading, &scan, prefix));
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'O' | b'o' => Some(0),
        b'I' | b'l' => Some(1),
        _ => None,
    }
}

/// The number that begins at a place: groups parted by single spaces or hyphens.
fn scan(reading: &Reading, start: usize) -> Option<Scan> {
    let mut digits = Vec::with_capacity(LONGEST);
    let mut letters = 0;
    let mut at = start;
    let mut end = start;
    let mut hyphen = false;
    loop {
        let group: Vec<u8> = reading
            .slice(at, at + LONGEST + 1)
            .iter()
            .take_while(|byte| digit(**byte).is_some())
            .copied()
            .collect();
        let real = group.iter().filter(|byte| byte.is_ascii_digit()).count();
        let after = at + group.len();
        // "Il", "lo" are words unless a hyphen ties them to the digits before.
        if group.is_empty() || is_word(reading.byte(after)) || (real == 0 && !hyphen) {
            break;
        }
        if digits.len() + group.len() > LONGEST {
            return None;
        }
        letters += group.len() - real;
        digits.extend(group.iter().filter_map(|byte| digit(*byte)));
        end = after;
        hyphen = reading.byte(after) == b'-';
        if digits.len() >= 8 || !matches!(reading.byte(after), b' ' | b'-') {
            break;
        }
        at = after + 1;
    }
    (digits.len() >= 8).then_some(Scan {
        start,
        end,
        digits,
        letters,
    })
}

fn proposal(reading: &Reading, scan: &Scan, prefix: bool) -> Option<Proposal> {
    let start = scan.start - usize::from(prefix);
    let written = reading.small(start.saturating_sub(REACH), start);
    let label = skeleton(written);
    let damaged = scan.letters > 0;
    // A whole number behind a whole label is the matter of others.
    let named = |phrases: &[&str]| {
        phrases.iter().any(|phrase| {
            ends_with(&label, &skeleton(phrase.as_bytes()))
                && (damaged || !ends_with(written, phrase.as_bytes()))
        })
    };
    let issued = !matches!(scan.digits.first(), Some(0 | 8));
    let (identifier, confidence, masked) = match (scan.digits.len(), prefix) {
        (9, false) if issued && luhn(&scan.digits) && named(SIN) => ("sin", 85, "SIN •••-•••-•••"),
        (8 | 10, false) if named(UCI) => ("uci", 80, "client identifier ••••"),
        (9, true) if damaged && named(APPLICATION) => {
            ("application_number", 80, "application number ••••")
        }
        _ => return None,
    };
    Some(Proposal {
        start,
        end: scan.end,
        identifier,
        class: IdentifierClass::Personal,
        confidence,
        masked: masked.to_owned(),
        detector: "scanned/1",
        reasons: vec!["label", if damaged { "scanned" } else { "scanned_label" }],
    })
}

/// Text with what scanners confuse made one: 0 and o, 1, i and l, 5 and s, rn and m.
fn skeleton(text: &[u8]) -> Vec<u8> {
    let mut made: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        let one = match byte {
            b'0' => b'o',
            b'1' | b'i' | b'|' | b'!' => b'l',
            b'5' => b's',
            b'n' if made.last() == Some(&b'r') => {
                made.pop();
                b'm'
            }
            other => *other,
        };
        made.push(one);
    }
    made
}

/// True when a phrase is the last thing of a text, marks and spaces aside.
fn ends_with(label: &[u8], phrase: &[u8]) -> bool {
    let mut end = label.len();
    while end > 0
        && label.len() - end < 6
        && label
            .get(end - 1)
            .is_some_and(|byte| matches!(byte, b' ' | b':' | b'.' | b'#' | b'='))
    {
        end -= 1;
    }
    label
        .get(..end)
        .and_then(|label| label.strip_suffix(phrase))
        .is_some_and(|before| !before.last().is_some_and(|byte| is_word(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::identifier_tests::{check, never};

    #[test]
    fn letters_for_digits() {
        for (text, what, piece) in [
            ("SIN: l3O 692 544", "sin personal", "l3O 692 544"),
            (
                "Soc1al lnsurance Nurnber  13O 692 544",
                "sin personal",
                "13O 692 544",
            ),
            (
                "Nurnéro d’assurance sociaIe : 13O-692-544",
                "sin personal",
                "13O-692-544",
            ),
            ("5IN: 130692544", "sin personal", "130692544"),
            ("UCl: 1234-lOll", "uci personal", "1234-lOll"),
            (
                "Application no. E12345O7l9",
                "application_number personal",
                "E12345O7l9",
            ),
        ] {
            check(text, &[(what, piece)]);
        }
        for text in [
            "lot l3O 692 544",
            "SIN: l3O 692 545",
            "basin 13O692544",
            "SIN: lO I o l O",
        ] {
            never("sin", text);
        }
        never("uci", "Il est 12 O1");
    }
}
