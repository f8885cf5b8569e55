//! A text folded to plain bytes, with the way back to the original.
//!
//! Accents, full-width forms, the many spaces, hyphens and quotes, escapes of HTML, JSON, URLs and quoted-printable
//! e-mail all become what a person reads them as, so that recognisers look at one spelling. Rule that must hold: every
//! folded byte knows the original bytes it stands for, and each original byte is visited once.

use unicode_normalization::char::decompose_compatible;

/// Stands for a letter outside the Latin alphabet.
pub(crate) const LETTER: u8 = 0x7F;
/// Stands for any other character.
const SYMBOL: u8 = 0x1F;

/// A folded text.
pub(crate) struct Reading {
    /// ASCII as written: case and line ends are kept; carriage returns and marks without width are gone.
    pub(crate) cased: Vec<u8>,
    /// The same in small letters; line ends, tabs and underscores are spaces. Same length as `cased`.
    pub(crate) lower: Vec<u8>,
    /// First original byte of each folded byte.
    starts: Vec<u32>,
    /// One past the last original byte of each folded byte.
    ends: Vec<u32>,
}

impl Reading {
    /// Folds a text. What lies beyond four gigabytes is not read.
    pub(crate) fn new(text: &str) -> Self {
        let mut reading = Self {
            cased: Vec::with_capacity(text.len()),
            lower: Vec::with_capacity(text.len()),
            starts: Vec::with_capacity(text.len()),
            ends: Vec::with_capacity(text.len()),
        };
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let (len, c) = if matches!(byte, b'&' | b'%' | b'=' | b'\\') {
                escape(text, at).unwrap_or((1, Some(char::from(byte))))
            } else if byte.is_ascii() {
                (1, Some(char::from(byte)))
            } else {
                let c = text.get(at..).and_then(|rest| rest.chars().next());
                (c.map_or(1, char::len_utf8), c)
            };
            let (Ok(start), Ok(end)) = (u32::try_from(at), u32::try_from(at + len)) else {
                break;
            };
            if let Some(c) = c {
                reading.fold(c, start, end);
            }
            at += len;
        }
        reading
    }

    fn fold(&mut self, c: char, start: u32, end: u32) {
        if let Ok(byte) = u8::try_from(c)
            && byte.is_ascii()
        {
            if byte != b'\r' {
                self.push(byte, start, end);
            }
            return;
        }
        match c {
            // Soft hyphen, joiners, directions, byte order mark: nothing is seen.
            '\u{AD}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'
            | '\u{FEFF}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => {
                self.push(b'-', start, end);
            }
            '‘' | '’' | '‛' | '′' => self.push(b'\'', start, end),
            '“' | '”' | '«' | '»' | '„' => self.push(b'"', start, end),
            '•' | '·' | '│' | '┃' | '║' | '▪' => self.push(b'|', start, end),
            '°' | 'º' | 'ø' => self.push(b'o', start, end),
            'œ' => self.push_all(b"oe", start, end),
            'Œ' => self.push_all(b"OE", start, end),
            'æ' => self.push_all(b"ae", start, end),
            'Æ' => self.push_all(b"AE", start, end),
            'ß' => self.push_all(b"ss", start, end),
            'Ø' => self.push(b'O', start, end),
            'ł' => self.push(b'l', start, end),
            'Ł' => self.push(b'L', start, end),
            'đ' => self.push(b'd', start, end),
            'Đ' => self.push(b'D', start, end),
            'ı' => self.push(b'i', start, end),
            '\u{660}'..='\u{669}' => self.push_digit(c, '\u{660}', start, end),
            '\u{6F0}'..='\u{6F9}' => self.push_digit(c, '\u{6F0}', start, end),
            _ => {
                // At most eighteen characters come of one (Unicode, UAX 15).
                let before = self.cased.len();
                let mut other = false;
                decompose_compatible(c, |part| match u8::try_from(part) {
                    Ok(byte) if byte.is_ascii() => self.push(byte, start, end),
                    _ if part == '\u{2010}' => self.push(b'-', start, end),
                    _ => other = true,
                });
                let mark = unicode_normalization::char::is_combining_mark(c);
                if other && !mark && self.cased.len() == before {
                    let byte = if c.is_alphabetic() {
                        LETTER
                    } else if c.is_whitespace() {
                        b' '
                    } else {
                        SYMBOL
                    };
                    self.push(byte, start, end);
                }
            }
        }
    }

    fn push_digit(&mut self, c: char, zero: char, start: u32, end: u32) {
        let value = u32::from(c).saturating_sub(u32::from(zero));
        let byte = char::from_digit(value, 10).and_then(|c| u8::try_from(c).ok());
        self.push(byte.unwrap_or(SYMBOL), start, end);
    }

    fn push_all(&mut self, bytes: &[u8], start: u32, end: u32) {
        for byte in bytes {
            self.push(*byte, start, end);
        }
    }

    fn push(&mut self, byte: u8, start: u32, end: u32) {
        self.cased.push(byte);
        self.lower.push(match byte {
            b'\n' | b'\t' | b'_' | 0x0B | 0x0C => b' ',
            other => other.to_ascii_lowercase(),
        });
        self.starts.push(start);
        self.ends.push(end);
    }

    /// How many folded bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.cased.len()
    }

    /// The original bytes of some folded ones (half open).
    pub(crate) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.starts.get(start).copied().unwrap_or_default();
        let last = end
            .checked_sub(1)
            .and_then(|last| self.ends.get(last))
            .copied()
            .unwrap_or(first);
        let wide = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        (wide(first), wide(last.max(first)))
    }

    /// A folded byte; 0 outside.
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.cased.get(at).copied().unwrap_or_default()
    }

    /// The folded byte before a place; 0 at the start.
    pub(crate) fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |at| self.byte(at))
    }

    /// Folded bytes as written, cut to the text.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &[u8] {
        let end = end.min(self.cased.len());
        self.cased.get(start.min(end)..end).unwrap_or_default()
    }

    /// Folded bytes in small letters, cut to the text.
    pub(crate) fn small(&self, start: usize, end: usize) -> &[u8] {
        let end = end.min(self.lower.len());
        self.lower.get(start.min(end)..end).unwrap_or_default()
    }
}

/// True for a byte of a word: letter or digit.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == LETTER
}

/// True for a letter.
pub(crate) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == LETTER
}

/// An escape at a place: how long it is and what it stands for; nothing is seen of a soft line break.
fn escape(text: &str, at: usize) -> Option<(usize, Option<char>)> {
    let rest = text.as_bytes().get(at..)?;
    match rest.first()? {
        b'&' => entity(rest),
        b'\\' => {
            let code = rest.strip_prefix(b"\\u")?.get(..4)?;
            let code = u32::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?;
            Some((6, Some(char::from_u32(code)?)))
        }
        b'%' => encoded(rest, b'%'),
        _ if rest.starts_with(b"=\r\n") => Some((3, None)),
        _ if rest.starts_with(b"=\n") => Some((2, None)),
        _ => encoded(rest, b'='),
    }
}

fn entity(rest: &[u8]) -> Option<(usize, Option<char>)> {
    let end = rest.iter().take(10).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..end)?).ok()?;
    let c = match name {
        "nbsp" | "thinsp" | "ensp" | "emsp" | "numsp" | "puncsp" => ' ',
        "amp" => '&',
        "quot" | "laquo" | "raquo" => '"',
        "apos" | "rsquo" | "lsquo" => '\'',
        "shy" | "zwnj" | "zwj" => return Some((end + 1, None)),
        "ndash" | "mdash" | "hyphen" | "dash" | "minus" => '-',
        "eacute" => 'é',
        "Eacute" => 'É',
        "egrave" => 'è',
        "agrave" => 'à',
        "deg" | "ordm" => 'o',
        _ => {
            let code = name.strip_prefix('#')?;
            let value = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(value)?
        }
    };
    Some((end + 1, Some(c)))
}

/// `%C2%A0`, `=E2=80=91`: bytes of UTF-8 in hexadecimal. A single byte counts only after `%` as space or hyphen.
fn encoded(rest: &[u8], mark: u8) -> Option<(usize, Option<char>)> {
    let byte = |index: usize| -> Option<u8> {
        let piece = rest.get(index * 3..index * 3 + 3)?;
        if piece.first() != Some(&mark) {
            return None;
        }
        u8::from_str_radix(std::str::from_utf8(piece.get(1..)?).ok()?, 16).ok()
    };
    let first = byte(0)?;
    let count = match first {
        0x20 | 0x2D if mark == b'%' => return Some((3, Some(char::from(first)))),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        _ => return None,
    };
    let bytes: Vec<u8> = (0..count).map(byte).collect::<Option<_>>()?;
    let c = std::str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((count * 3, Some(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        String::from_utf8(Reading::new(text).cased).unwrap()
    }

    #[test]
    fn many_spellings_become_one() {
        for (text, plain) in [
            ("130\u{A0}692\u{202F}544", "130 692 544"),
            ("130\u{2011}692–544", "130-692-544"),
            ("１３０", "130"),
            ("Québec – n°", "Quebec - no"),
            ("e\u{301}te", "ete"),
            ("130&nbsp;692&#160;544&#x2011;", "130 692 544-"),
            ("130\\u00a0692", "130 692"),
            ("130%20692%C2%A0544", "130 692 544"),
            ("130=C2=A0692=\r\n544", "130 692544"),
            ("1\u{200B}3\u{AD}0", "130"),
            ("a=b & c % d \\ e", "a=b & c % d \\ e"),
            ("œuvre", "oeuvre"),
        ] {
            assert_eq!(folded(text), plain, "{text}");
        }
    }

    #[test]
    fn places_lead_back() {
        let text = "é 130\u{A0}692";
        let reading = Reading::new(text);
        let (start, end) = reading.original(2, reading.len());
        assert_eq!(&text[start..end], "130\u{A0}692");
        assert_eq!(Reading::new("").original(0, 0), (0, 0));
    }
}
