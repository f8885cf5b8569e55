//! What a text in a cell reads as: a number, a day, a code for a missing value.
//!
//! Rule that must hold: every judgement looks at one text only, in one pass, without recursion.

use crate::grid::CellKind;

/// Longest text that may read as a number.
const NUMBER_LEN: usize = 32;

/// Marks that stand for a missing, suppressed or inapplicable value in official tables, in lower case.
const CODES: &str = "--|---|-|..|...|x|f|n/a|na|n.a.|n.d.|(x)|(d)|(na)|(s)|(z)|(b)|…|–|—|.|‥|nd|nil|\
    **|***|*|#n/a|nan|n/d|s.o.|s/o|null|#|#value!|#ref!|#div/0!|#name?";

/// Text with its white space made single and trimmed.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// What a normalised text reads as.
pub(crate) fn kind_of(text: &str) -> CellKind {
    if text.chars().count() <= NUMBER_LEN {
        let lower = text.to_lowercase();
        if is_code(&lower) {
            return CellKind::Code;
        }
        if text.bytes().any(|b| b.is_ascii_digit()) {
            if is_number(text) {
                return CellKind::Number;
            }
            if text.contains('±')
                && text
                    .split('±')
                    .all(|part| !part.trim().is_empty() && is_number(part.trim()))
            {
                return CellKind::Number;
            }
            if is_day_or_time(text) {
                return CellKind::Date;
            }
        }
        if lower == "true" || lower == "false" {
            return CellKind::Bool;
        }
    }
    CellKind::Text
}

/// True for a code of [`CODES`], given in lower case.
pub(crate) fn is_code(lower: &str) -> bool {
    CODES.split('|').any(|code| code == lower)
}

/// A cursor over the characters of one text.
struct Scan {
    chars: Vec<char>,
    at: usize,
}

impl Scan {
    fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Steps over one character if the test holds.
    fn eat(&mut self, test: impl Fn(char) -> bool) -> bool {
        let hit = self.peek().is_some_and(test);
        if hit {
            self.at += 1;
        }
        hit
    }

    fn spaces(&mut self) {
        while self.eat(char::is_whitespace) {}
    }

    /// Steps over digits and says how many there were.
    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.eat(|c| c.is_ascii_digit()) {}
        self.at - start
    }

    fn is_digit_at(&self, index: usize) -> bool {
        self.chars.get(index).is_some_and(char::is_ascii_digit)
    }

    fn done(&self) -> bool {
        self.at >= self.chars.len()
    }
}

/// True for a number as tables write it: `1 234,5`, `$ 12.50`, `(3)`, `45%`, `12.3*`, `<5`.
pub(crate) fn is_number(text: &str) -> bool {
    let mut scan = Scan::new(text);
    scan.eat(|c| "([<>~≈≤≥".contains(c));
    scan.spaces();
    scan.eat(|c| "-+−–".contains(c));
    scan.spaces();
    if (scan.peek() == Some('U') && scan.chars.get(scan.at + 1) == Some(&'S'))
        || (scan.peek() == Some('C') && scan.chars.get(scan.at + 1) == Some(&'A'))
    {
        scan.at += 2;
    } else {
        scan.eat(|c| c == 'C');
    }
    scan.eat(|c| "$€£¥".contains(c));
    scan.spaces();
    scan.eat(|c| "-+−".contains(c));
    scan.spaces();
    let mut digits = scan.digits();
    while digits > 0
        && scan
            .peek()
            .is_some_and(|c| c == ',' || c == '\'' || c.is_whitespace())
        && (1..=3).all(|step| scan.is_digit_at(scan.at + step))
        && !scan.is_digit_at(scan.at + 4)
    {
        scan.at += 4;
        digits += 3;
    }
    if scan.peek().is_some_and(|c| c == '.' || c == ',') && scan.is_digit_at(scan.at + 1) {
        scan.at += 1;
        digits += scan.digits();
    }
    if digits == 0 {
        return false;
    }
    if scan.peek().is_some_and(|c| c == 'e' || c == 'E') {
        let mut next = scan.at + 1;
        if scan.chars.get(next).is_some_and(|c| *c == '-' || *c == '+') {
            next += 1;
        }
        if scan.is_digit_at(next) {
            scan.at = next;
            scan.digits();
        }
    }
    scan.spaces();
    scan.eat(|c| "%$€£¥‰".contains(c));
    scan.spaces();
    scan.eat(|c| c == ')' || c == ']');
    for _ in 0..2 {
        scan.eat(|c| "*†‡rpe".contains(c));
    }
    scan.done()
}

/// The value of a text for which [`is_number`] holds; French and English separators are told apart by their place.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let percent = text.contains('%');
    let negative = text
        .chars()
        .find(|c| c.is_ascii_digit() || "-−–(".contains(*c))
        .is_some_and(|c| !c.is_ascii_digit());
    let core: Vec<char> = text
        .chars()
        .skip_while(|c| !c.is_ascii_digit() && *c != '.' && *c != ',')
        .take_while(|c| c.is_ascii_digit() || ".,'".contains(*c) || c.is_whitespace())
        .collect();
    let last_point = core.iter().rposition(|c| *c == '.');
    let commas: Vec<usize> = (0..core.len()).filter(|&at| core[at] == ',').collect();
    // A single comma is a decimal sign unless exactly three figures follow it.
    let decimal = last_point.or_else(|| match commas.as_slice() {
        [at] if core.len() - at - 1 != 3 => Some(*at),
        _ => None,
    });
    let mut plain = String::with_capacity(core.len());
    for (at, c) in core.iter().enumerate() {
        if Some(at) == decimal {
            plain.push('.');
        } else if c.is_ascii_digit() {
            plain.push(*c);
        }
    }
    let value: f64 = plain.trim_end_matches('.').parse().ok()?;
    let value = if percent { value / 100.0 } else { value };
    Some(if negative { -value } else { value })
}

/// A day (`2024-02-29`, `29/2/2024`), with or without a time, or a time (`10:30:00`).
fn is_day_or_time(text: &str) -> bool {
    fn time(scan: &mut Scan, hours: std::ops::RangeInclusive<usize>) -> bool {
        if !hours.contains(&scan.digits()) || !scan.eat(|c| c == ':') || scan.digits() != 2 {
            return false;
        }
        if scan.eat(|c| c == ':') && scan.digits() != 2 {
            return false;
        }
        if scan.eat(|c| c == '.') && scan.digits() == 0 {
            return false;
        }
        scan.done()
    }
    let mut scan = Scan::new(text);
    let first = scan.digits();
    match (first, scan.peek()) {
        (4, Some('-')) => {
            scan.at += 1;
            let month = scan.digits();
            if !(1..=2).contains(&month) || !scan.eat(|c| c == '-') {
                return false;
            }
            (1..=2).contains(&scan.digits())
                && (scan.done() || (scan.eat(|c| c == 'T' || c == ' ') && time(&mut scan, 1..=2)))
        }
        (1..=2, Some('/' | '.' | '-')) => {
            scan.at += 1;
            let middle = scan.digits();
            if !(1..=2).contains(&middle) || !scan.eat(|c| "/.-".contains(c)) {
                return false;
            }
            if !(2..=4).contains(&scan.digits()) {
                return false;
            }
            scan.done() || (scan.eat(|c| c == ' ') && time(&mut scan, 1..=2))
        }
        (1..=3, Some(':')) => {
            scan.at = 0;
            time(&mut scan, 1..=3)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_tables_write_them() {
        for text in [
            "1",
            "1,234",
            "1 234,5",
            "12.5%",
            "$ 12.50",
            "(3)",
            "-4",
            "<5",
            "1.5e-3",
            "12*",
            "5r",
            "1,2345",
            ".5",
            "US$5",
            "[12]",
            "−7",
            "76.3±1.2",
        ] {
            assert_eq!(kind_of(text), CellKind::Number, "{text}");
        }
        for text in [
            "",
            "abc",
            "Q1",
            "1st",
            "12 people",
            "1/2",
            "A1",
            "$",
            "%",
            "10-14",
            "1-",
        ] {
            assert_ne!(kind_of(text), CellKind::Number, "{text}");
        }
    }

    #[test]
    fn values_of_numbers() {
        let check = |text: &str, value: f64| {
            let found = number_of(text).unwrap();
            assert!((found - value).abs() < 1e-9, "{text}: {found}");
        };
        check("1,234", 1234.0);
        check("1,5", 1.5);
        check("1 234,50", 1234.5);
        check("(3.5)", -3.5);
        check("-4", -4.0);
        check("12,345,678.9", 12_345_678.9);
        check("45%", 0.45);
    }

    #[test]
    fn days_codes_and_the_rest() {
        for (text, kind) in [
            ("2024-02-29", CellKind::Date),
            ("2024-02-29 10:00:00", CellKind::Date),
            ("29/02/2024", CellKind::Date),
            ("10:30", CellKind::Date),
            ("--", CellKind::Code),
            ("X", CellKind::Code),
            ("n/a", CellKind::Code),
            ("…", CellKind::Code),
            ("TRUE", CellKind::Bool),
            ("Ontario", CellKind::Text),
        ] {
            assert_eq!(kind_of(text), kind, "{text}");
        }
    }
}
