//! Text as typst string literals.
//!
//! Rule that must hold: no character of a document stands in the markup outside such a literal.

use std::collections::BTreeMap;

use super::super::html::is_forbidden;

/// Whether a character has a glyph.
pub(in super::super) type Shows<'a> = dyn Fn(char) -> bool + 'a;

/// Writes literals; remembers which characters have a glyph and how many had none.
pub(super) struct Literals<'a> {
    shows: &'a Shows<'a>,
    known: BTreeMap<char, bool>,
    /// Characters written as their code since the last look.
    pub(super) missing: usize,
    /// Characters written.
    pub(super) written: u64,
}

/// Letters in a row without a place to break; the PDF standard bounds what one line may hold.
const UNBROKEN: usize = 400;

impl<'a> Literals<'a> {
    pub(super) fn new(shows: &'a Shows<'a>) -> Self {
        Self {
            shows,
            known: BTreeMap::new(),
            missing: 0,
            written: 0,
        }
    }

    /// Running text: line ends and tabs are spaces.
    pub(super) fn text(&mut self, text: &str) -> String {
        self.literal(text, false)
    }

    /// Preformatted text: lines stay, tabs are four spaces.
    pub(super) fn code(&mut self, text: &str) -> String {
        self.literal(text, true)
    }

    fn literal(&mut self, text: &str, lines: bool) -> String {
        let mut out = String::with_capacity(text.len() + 8);
        out.push('"');
        let mut missing = Vec::new();
        let mut unbroken = 0;
        for c in text.chars() {
            let shown = c.is_whitespace() || is_ignorable(c) || self.has(c);
            if !shown && !is_forbidden(c) {
                missing.push(c);
                continue;
            }
            self.push_missing(&mut missing, &mut out);
            unbroken = if c.is_whitespace() { 0 } else { unbroken + 1 };
            if unbroken > UNBROKEN {
                out.push('\u{200B}');
                unbroken = 1;
            }
            match c {
                '\n' if lines => out.push_str("\\n"),
                '\t' if lines => out.push_str("    "),
                '\n' | '\r' | '\t' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                    out.push(' ');
                }
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\u{FEFF}' => {}
                c if is_forbidden(c) => {}
                c => out.push(c),
            }
            self.written += 1;
        }
        self.push_missing(&mut missing, &mut out);
        out.push('"');
        out
    }

    /// Characters without a glyph, by their codes: a reader can look them up, and nothing is lost in silence.
    fn push_missing(&mut self, missing: &mut Vec<char>, out: &mut String) {
        if missing.is_empty() {
            return;
        }
        let codes: Vec<String> = missing
            .drain(..)
            .map(|c| format!("U+{:04X}", u32::from(c)))
            .collect();
        self.missing += codes.len();
        self.written += 8 * codes.len() as u64;
        out.push('[');
        out.push_str(&codes.join(" "));
        out.push(']');
    }

    fn has(&mut self, c: char) -> bool {
        let shows = self.shows;
        *self.known.entry(c).or_insert_with(|| shows(c))
    }
}

/// Characters that are not to be seen: joiners, direction marks, variation selectors, soft hyphens.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
    )
}

/// Whether the first letter with a direction runs from right to left.
pub(super) fn runs_right_to_left(text: &str) -> bool {
    let strong = |c: &char| is_right_to_left(*c) || c.is_alphabetic();
    text.chars().find(strong).is_some_and(is_right_to_left)
}

fn is_right_to_left(c: char) -> bool {
    matches!(
        c,
        '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{1E800}'..='\u{1EFFF}'
    )
}

/// The arguments that set a language, for tags that typst knows: `lang: "fr", region: "CA"`.
pub(super) fn language_arguments(tag: &str) -> Option<String> {
    let mut parts = tag.split(['-', '_']);
    let primary = parts.next()?.to_ascii_lowercase();
    let is_code =
        (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
    if !is_code {
        return None;
    }
    let region = parts
        .find(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
        .map(str::to_ascii_uppercase);
    Some(match region {
        Some(region) => format!("lang: \"{primary}\", region: \"{region}\""),
        None => format!("lang: \"{primary}\", region: none"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_literal() {
        let check = |text: &str, expect: &str| {
            assert_eq!(Literals::new(&|_| true).text(text), expect);
        };
        check("a", "\"a\"");
        check("\"]; #read(\"x\")", "\"\\\"]; #read(\\\"x\\\")\"");
        check("\\", "\"\\\\\"");
        check("\\\"", "\"\\\\\\\"\"");
        check("\\u{22}", "\"\\\\u{22}\"");
        check("a\nb\tc\u{0}\u{FFFE}", "\"a b c\"");
        assert_eq!(Literals::new(&|_| true).code("a\n\tb"), "\"a\\n    b\"");
    }

    #[test]
    fn what_has_no_glyph_is_told_by_its_code() {
        let shows = |c: char| c.is_ascii();
        let mut literals = Literals::new(&shows);
        assert_eq!(literals.text("a日本b"), "\"a[U+65E5 U+672C]b\"");
        assert_eq!(literals.missing, 2);
        assert_eq!(literals.text("soft\u{AD}hyphen"), "\"soft\u{AD}hyphen\"");
        let long = literals.text(&"x".repeat(1000));
        assert_eq!(long.matches('\u{200B}').count(), 2);
    }

    #[test]
    fn languages_and_directions() {
        let check = |tag: &str, expect: Option<&str>| {
            assert_eq!(language_arguments(tag).as_deref(), expect, "{tag}");
        };
        check("fr-CA", Some("lang: \"fr\", region: \"CA\""));
        check("iu-Cans-CA", Some("lang: \"iu\", region: \"CA\""));
        check("EN", Some("lang: \"en\", region: none"));
        check("x\") #read(", None);
        check("", None);
        assert!(runs_right_to_left("(12) שלום a"));
        assert!(!runs_right_to_left("a שלום"));
        assert!(!runs_right_to_left("12"));
    }
}
