//! Words of header fields: encoded words (RFC 2047), parameters (RFC 2045, RFC 2231), quoted-printable.
//!
//! Rule that must hold: what is not encoded as it should be stays as it is written; nothing is dropped.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::super::draft::base64;

/// The text of a header field as a person reads it.
pub(super) fn readable(raw: &[u8]) -> String {
    let text = plain(raw);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    // Bytes of encoded words in one charset, which may split a letter between them.
    let mut held: Option<(&'static Encoding, Vec<u8>)> = None;
    while let Some(at) = rest.find("=?") {
        let before = &rest[..at];
        if let Some((encoding, bytes, length)) = encoded_word(&rest[at..]) {
            let joins = before.trim().is_empty() && held.is_some();
            match &mut held {
                Some((same, kept)) if joins && *same == encoding => kept.extend(bytes),
                _ => {
                    release(&mut held, &mut out);
                    if !joins {
                        out.push_str(before);
                    }
                    held = Some((encoding, bytes));
                }
            }
            rest = &rest[at + length..];
        } else {
            release(&mut held, &mut out);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
        }
    }
    release(&mut held, &mut out);
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn release(held: &mut Option<(&'static Encoding, Vec<u8>)>, out: &mut String) {
    if let Some((encoding, bytes)) = held.take() {
        out.push_str(&encoding.decode_without_bom_handling(&bytes).0);
    }
}

/// Text of bytes that should be ASCII.
pub(super) fn plain(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(raw).0.into_owned(),
    }
}

/// The encoded word that a text begins with: its encoding, its bytes, its length.
fn encoded_word(text: &str) -> Option<(&'static Encoding, Vec<u8>, usize)> {
    let inner = text.strip_prefix("=?")?;
    let (charset, after) = inner.split_once('?')?;
    let (kind, after) = after.split_once('?')?;
    let end = after.find("?=")?;
    let data = &after[..end];
    if charset.len() > 60 || kind.len() != 1 || data.contains(['\n', '\r']) {
        return None;
    }
    let charset = charset.split('*').next().unwrap_or(charset);
    let encoding = encoding_of(charset)?;
    let bytes = match kind {
        "B" | "b" => base64(data.as_bytes())?,
        "Q" | "q" => quoted_printable(data.replace('_', " ").as_bytes()),
        _ => return None,
    };
    let length = text.len() - after[end + 2..].len();
    Some((encoding, bytes, length))
}

/// The encoding that a message names.
pub(super) fn encoding_of(charset: &str) -> Option<&'static Encoding> {
    let label = charset.trim().trim_matches(['"', '\'']);
    match label.to_ascii_lowercase().as_str() {
        "us-ascii" | "ascii" => Some(UTF_8),
        "cp850" | "ibm850" => Some(WINDOWS_1252),
        _ => Encoding::for_label(label.as_bytes()),
    }
}

/// The bytes of quoted-printable text (RFC 2045, 6.7); what is no escape stays.
pub(super) fn quoted_printable(input: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(input.len());
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        if byte != b'=' {
            out.push(byte);
            at += 1;
            continue;
        }
        let rest = &input[at + 1..];
        let blanks = rest
            .iter()
            .take_while(|b| matches!(b, b' ' | b'\t'))
            .count();
        let ends = match rest.get(blanks..) {
            Some([b'\r', b'\n', ..]) => Some(blanks + 2),
            Some([b'\n', ..]) => Some(blanks + 1),
            Some([]) => Some(blanks),
            _ => None,
        };
        if let Some(length) = ends {
            at += 1 + length;
        } else if let (Some(high), Some(low)) = (
            rest.first().and_then(|b| hex(*b)),
            rest.get(1).and_then(|b| hex(*b)),
        ) {
            out.push(high << 4 | low);
            at += 3;
        } else {
            out.push(byte);
            at += 1;
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}

/// A field such as `text/plain; charset=utf-8`: its value in lower case, and its parameters.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub(super) value: String,
    parameters: BTreeMap<String, String>,
}

impl Field {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    pub(super) fn parse(raw: &[u8]) -> Self {
        let text = plain(raw);
        let mut pieces = split_outside_quotes(&text).into_iter();
        let value = pieces.next().unwrap_or_default();
        let mut field = Self {
            value: value.trim().to_ascii_lowercase(),
            parameters: BTreeMap::new(),
        };
        let mut split: BTreeMap<String, BTreeMap<u32, (String, bool)>> = BTreeMap::new();
        for piece in pieces {
            let Some((name, value)) = piece.split_once('=') else {
                continue;
            };
            let name = name.trim().to_ascii_lowercase();
            let value = unquoted(value.trim());
            let mut name = name.split('*');
            let base = name.next().unwrap_or("").to_owned();
            match (name.next(), name.next()) {
                (None, _) => {
                    let value = readable(value.as_bytes());
                    field.parameters.entry(base).or_insert(value);
                }
                // `name*=` is one encoded piece; `name*0=`, `name*0*=` are pieces of a longer one.
                (Some(""), _) => {
                    split.entry(base).or_default().insert(0, (value, true));
                }
                (Some(index), encoded) => {
                    let index = index.parse().unwrap_or(u32::MAX);
                    let piece = (value, encoded.is_some());
                    split.entry(base).or_default().insert(index, piece);
                }
            }
        }
        for (name, pieces) in split {
            field.parameters.insert(name, assembled(&pieces));
        }
        field
    }
}

fn assembled(pieces: &BTreeMap<u32, (String, bool)>) -> String {
    let mut encoding = UTF_8;
    let mut bytes = Vec::new();
    for (at, (piece, encoded)) in pieces.values().enumerate() {
        let mut piece = piece.as_str();
        if *encoded {
            if at == 0
                && let Some((charset, rest)) = piece.split_once('\'')
                && let Some((_, rest)) = rest.split_once('\'')
            {
                encoding = encoding_of(charset).unwrap_or(UTF_8);
                piece = rest;
            }
            bytes.extend(quoted_printable(piece.replace('%', "=").as_bytes()));
        } else {
            bytes.extend_from_slice(piece.as_bytes());
        }
    }
    encoding.decode_without_bom_handling(&bytes).0.into_owned()
}

fn split_outside_quotes(text: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        } else if c == ';' && !quoted {
            pieces.push(String::new());
            continue;
        }
        if let Some(last) = pieces.last_mut() {
            last.push(c);
        }
    }
    pieces
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next @ ('"' | '\\'))) => {
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read() {
        let check = |raw: &str, expect: &str| assert_eq!(readable(raw.as_bytes()), expect, "{raw}");
        check("plain", "plain");
        check("=?utf-8?Q?Caf=C3=A9_au_lait?= x", "Café au lait x");
        check("=?UTF-8?B?w4k=?= =?UTF-8?B?dMOp?=", "Été");
        // A letter split between two words.
        check("=?utf-8?B?w?= a", "a");
        check("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é");
        check("=?iso-8859-1?Q?=E9?=", "é");
        check("=?nonsense?Q?a?=", "=?nonsense?Q?a?=");
        check("=?utf-8?Q?open", "=?utf-8?Q?open");
        check("a =? b", "a =? b");
        assert_eq!(readable(b"Qu\xE9bec"), "Québec");
    }

    #[test]
    fn parameters_are_read() {
        let check = |raw: &str, name: &str, expect: Option<&str>| {
            assert_eq!(Field::parse(raw.as_bytes()).get(name), expect, "{raw}");
        };
        check("text/plain; charset=UTF-8", "charset", Some("UTF-8"));
        check(
            "a/b; Name=\"x; y \\\"z\\\".txt\"",
            "name",
            Some("x; y \"z\".txt"),
        );
        check(
            "a/b; name*=utf-8'fr'%C3%A9t%C3%A9.txt",
            "name",
            Some("été.txt"),
        );
        check(
            "a/b; name*1=b.txt; name*0*=utf-8''%C3%A9",
            "name",
            Some("éb.txt"),
        );
        check("a/b; name=\"=?utf-8?Q?=C3=A9?=\"", "name", Some("é"));
        check("a/b; boundary", "boundary", None);
        assert_eq!(Field::parse(b"TEXT/Html ; x=1").value, "text/html");
    }

    #[test]
    fn quoted_printable_keeps_what_is_no_escape() {
        let check = |input: &str, expect: &str| {
            assert_eq!(
                quoted_printable(input.as_bytes()),
                expect.as_bytes(),
                "{input}"
            );
        };
        check("a=3Db", "a=b");
        check("a= \r\nb=\nc", "abc");
        check("a=ZZ=", "a=ZZ");
        check("=4", "=4");
    }
}
