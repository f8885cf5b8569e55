//! Runs of digits with separators, their borders, and Luhn's sum.
//!
//! Rule that must hold: a candidate is looked at once, and the search goes on one byte further when it is
//! refused, so that a number beside another one is not missed and the time stays linear.

use std::sync::LazyLock;

use regex::Regex;

/// What may stand between the groups of a number: space, no-break, figure, thin and narrow spaces, hyphens, dashes,
/// minus sign, full stop. For the inside of a regex class.
pub(super) const SEPARATORS: &str =
    r" \t\x{A0}\x{2007}\x{2009}\x{202F}\x{2010}\x{2011}\x{2012}\x{2013}\x{2212}.\-";

/// The program account that follows a business number.
pub(super) static PROGRAM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[ \x{A0}]?R[CPTMZRDG][ \x{A0}]?[0-9]{4}\b").expect("the pattern is valid")
});

/// Calls `accept` for each candidate that stands alone; goes on behind a candidate that was accepted.
pub(super) fn candidates(
    pattern: &Regex,
    text: &str,
    mut accept: impl FnMut(usize, usize) -> bool,
) {
    let mut at = 0;
    while let Some(found) = pattern.find_at(text, at) {
        let (start, end) = (found.start(), found.end());
        at = if stands_alone(text, start, end) && accept(start, end) {
            end
        } else {
            next_char(text, start)
        };
    }
}

fn next_char(text: &str, at: usize) -> usize {
    at + text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(1, char::len_utf8)
}

/// True when the run is not the middle of a longer number, word or decimal.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let mut before = text.get(..start).unwrap_or_default().chars().rev();
    let mut after = text.get(end..).unwrap_or_default().chars();
    // A comma parts fields of delimited text more often than it joins a number.
    let joins = |c: char| matches!(c, '.' | '-' | '\u{2010}' | '\u{2011}' | '\u{2012}');
    match before.next() {
        Some(c) if c.is_alphanumeric() || c == '$' => return false,
        Some(c) if joins(c) && before.next().is_some_and(|c| c.is_ascii_digit()) => return false,
        _ => {}
    }
    match after.next() {
        // The program account of a business number, glued on: `…RT0001`.
        Some('R') if PROGRAM.is_match(&text[end..]) => true,
        Some(c) if c.is_alphanumeric() || c == '%' => false,
        Some(c) if joins(c) => !after.next().is_some_and(|c| c.is_ascii_digit()),
        _ => true,
    }
}

/// The digits of a text, as numbers.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .map(|b| b - b'0')
        .collect()
}

/// The last `count` digits, for masks.
pub(super) fn tail(digits: &[u8], count: usize) -> String {
    digits[digits.len().saturating_sub(count)..]
        .iter()
        .map(|digit| char::from(b'0' + digit))
        .collect()
}

/// Luhn's check.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(position, &digit)| {
            let digit = u32::from(digit);
            match (position % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit > 4 => digit * 2 - 9,
                (_, digit) => digit * 2,
            }
        })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// True when a text has at least so many digits: a cheap look before any search.
pub(super) fn has_digits(text: &str, count: usize) -> bool {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .nth(count.saturating_sub(1))
        .is_some()
}
