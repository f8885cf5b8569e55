//! One form for all ways of writing the same words: small letters without accents, one space between words.
//!
//! Rule that must hold: every byte of the normal form knows the character it came from, so that a hit can be shown in
//! the text itself.

use unicode_normalization::UnicodeNormalization;

/// Stands for the end of a sentence or a paragraph; no phrase holds one.
const BARRIER: char = '|';

/// A longer phrase is a sentence.
const MAX_PHRASE: usize = 200;

/// A text in normal form.
pub(super) struct Normal {
    text: String,
    /// For each byte of `text`, where its character begins in the original.
    origin: Vec<usize>,
}

/// Whether a phrase can be looked for: at least three letters or digits, at most one sentence.
pub fn is_usable(phrase: &str) -> bool {
    let needle = needle(phrase);
    let letters = needle.chars().filter(|c| c.is_alphanumeric()).count();
    letters >= 3 && phrase.len() <= MAX_PHRASE && !needle.contains(BARRIER)
}

/// A phrase in normal form.
pub(super) fn needle(phrase: &str) -> String {
    let trimmed = phrase.trim().trim_end_matches(['.', '!', '?', ';']);
    Normal::of(trimmed).text.trim().to_owned()
}

impl Normal {
    pub(super) fn of(original: &str) -> Self {
        let mut made = Self {
            text: String::with_capacity(original.len()),
            origin: Vec::with_capacity(original.len()),
        };
        let mut characters = original.char_indices().peekable();
        let mut line_ended = false;
        while let Some((at, c)) = characters.next() {
            if is_invisible(c) {
                // Part of the word around it.
                continue;
            }
            let next = characters.peek().map(|(_, next)| *next);
            if c.is_ascii_alphanumeric() {
                made.push(c.to_ascii_lowercase(), at);
                line_ended = false;
            } else if c == '\n' {
                // An empty line ends a paragraph.
                made.separate(if line_ended { BARRIER } else { ' ' }, at);
                line_ended = true;
            } else if matches!(c, '.' | '!' | '?' | ';') {
                let ends = next.is_none_or(char::is_whitespace);
                made.separate(if ends { BARRIER } else { ' ' }, at);
            } else if c.is_alphanumeric() {
                made.letter(c, at);
                line_ended = false;
            } else {
                made.separate(' ', at);
            }
        }
        made
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// True when a range begins and ends where words do.
    pub(super) fn is_whole(&self, start: usize, end: usize) -> bool {
        let parts = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b' ' | b'|'));
        let bytes = self.text.as_bytes();
        parts(start.checked_sub(1).and_then(|before| bytes.get(before))) && parts(bytes.get(end))
    }

    /// A range of the normal form as a range of the original.
    pub(super) fn span(&self, original: &str, start: usize, end: usize) -> (usize, usize) {
        let first = self.origin.get(start).copied().unwrap_or_default();
        let last = end
            .checked_sub(1)
            .and_then(|last| self.origin.get(last))
            .copied()
            .unwrap_or(first);
        // The last character, with the accents that follow it.
        let length: usize = original
            .get(last..)
            .unwrap_or_default()
            .chars()
            .enumerate()
            .take_while(|(index, c)| *index == 0 || is_accent(*c))
            .map(|(_, c)| c.len_utf8())
            .sum();
        (first, last + length)
    }

    fn letter(&mut self, c: char, at: usize) {
        match c {
            'œ' | 'Œ' => self.push_all("oe", at),
            'æ' | 'Æ' => self.push_all("ae", at),
            'ß' => self.push_all("ss", at),
            other => {
                for part in other.nfkd().filter(|part| !is_accent(*part)) {
                    for small in part.to_lowercase().filter(|small| !is_accent(*small)) {
                        if small.is_alphanumeric() {
                            self.push(small, at);
                        } else {
                            self.separate(' ', at);
                        }
                    }
                }
            }
        }
    }

    fn push_all(&mut self, text: &str, at: usize) {
        for c in text.chars() {
            self.push(c, at);
        }
    }

    fn push(&mut self, c: char, at: usize) {
        self.text.push(c);
        self.origin.extend(std::iter::repeat_n(at, c.len_utf8()));
    }

    /// One separator between words, the stronger of two.
    fn separate(&mut self, separator: char, at: usize) {
        match self.text.as_bytes().last().copied() {
            Some(b'|') => {}
            Some(b' ') if separator == ' ' => {}
            Some(b' ') => {
                self.text.pop();
                self.text.push(separator);
            }
            _ => self.push(separator, at),
        }
    }
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Accents on their own, soft hyphens, joiners and marks of direction: nobody sees them.
fn is_invisible(c: char) -> bool {
    is_accent(c)
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{202a}'..='\u{202e}'
        )
}
