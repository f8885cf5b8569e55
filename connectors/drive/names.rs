//! Names on a drive: raw bytes on disk, text in ids and on screens.
//!
//! A native id is the path relative to the root, each name in Unicode NFC. Two kinds of names have no NFC form of
//! their own and are percent-escaped instead: names that are not UTF-8 or hold control characters, and the twin: a name
//! whose NFC form is taken by another name of the same folder. In an escaped name every control character, every byte
//! above 0x7F and every `%` is written `%XX`. Rule that must hold: within one folder, different raw names have
//! different ids, and the id leads back to the name.

use std::collections::{HashMap, HashSet};

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What a folder's names are called.
pub(crate) struct Named {
    /// The name as it is on disk.
    pub(crate) raw: Vec<u8>,
    /// Its part of a native id.
    pub(crate) id: String,
    /// What a person reads.
    pub(crate) display: String,
    /// What a person reads, in lower case, for comparing.
    pub(crate) folded: String,
    /// True when another name of the folder has the same NFC form, or differs from it by case only.
    pub(crate) twin: bool,
}

/// Names all entries of one folder. The order of the result is that of the raw bytes.
pub(crate) fn name_all(mut raw: Vec<Vec<u8>>) -> Vec<Named> {
    raw.sort_unstable();
    let normal: Vec<Option<String>> = raw.iter().map(|raw| nfc(raw)).collect();
    // A name that already is in NFC owns that form; else the first in byte order does.
    let mut owner: HashMap<&str, usize> = HashMap::new();
    for exact in [true, false] {
        for (at, normal) in normal.iter().enumerate() {
            if let Some(normal) = normal
                && (normal.as_bytes() == raw[at]) == exact
            {
                owner.entry(normal).or_insert(at);
            }
        }
    }
    let mut once = HashSet::new();
    let mut twice = HashSet::new();
    let folded: Vec<Option<String>> = normal
        .iter()
        .map(|name| name.as_ref().map(|name| name.to_lowercase()))
        .collect();
    for name in folded.iter().flatten() {
        if !once.insert(name.as_str()) {
            twice.insert(name.as_str());
        }
    }
    let ids: Vec<(String, bool)> = normal
        .iter()
        .enumerate()
        .map(|(at, name)| match name {
            Some(name) if owner.get(name.as_str()) == Some(&at) => plain(name),
            _ => escape(&raw[at]),
        })
        .zip(&folded)
        .map(|(id, folded)| {
            let twin = folded.as_deref().is_some_and(|name| twice.contains(name));
            (id, twin)
        })
        .collect();
    raw.into_iter()
        .zip(ids)
        .zip(normal)
        .zip(folded)
        .map(|(((raw, (id, twin)), normal), folded)| Named {
            display: normal.unwrap_or_else(|| escape(&raw)),
            folded: folded.unwrap_or_else(|| escape(&raw).to_lowercase()),
            raw,
            id,
            twin,
        })
        .collect()
}

/// What an id's part says about the raw name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Exactly these bytes.
    Exact(Vec<u8>),
    /// These bytes, or else the first name of the folder that has this NFC form.
    Normal(String),
}

/// Reads one part of a native id. `None` for what no scan ever gives.
pub(super) fn parse(part: &str) -> Option<Wanted> {
    if part.is_empty() || part == "." || part == ".." || part.contains(['/', '\0']) {
        return None;
    }
    if !looks_escaped(part) {
        return Some(Wanted::Normal(part.to_owned()));
    }
    let bytes = part.as_bytes();
    let mut raw = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if let Some(value) = escaped_byte(bytes, at) {
            raw.push(value);
            at += 3;
        } else {
            raw.push(byte);
            at += 1;
        }
    }
    // An escape never hides a separator.
    (!raw.contains(&b'/') && !raw.contains(&0)).then_some(Wanted::Exact(raw))
}

/// The NFC form; `None` for what is not UTF-8 or holds control characters.
pub(super) fn nfc(raw: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(raw).ok()?;
    if text.bytes().any(|b| b < 0x20 || b == 0x7F) {
        return None;
    }
    Some(if is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    })
}

/// A name as it is, unless it could be taken for an escaped one.
fn plain(name: &str) -> String {
    if looks_escaped(name) {
        // Only the `%` need it: the name is valid text and reads better so.
        name.replace('%', "%25")
    } else {
        name.to_owned()
    }
}

fn escape(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    for &byte in raw {
        if must_escape(byte) {
            out.push('%');
            out.push(hex_digit(byte >> 4));
            out.push(hex_digit(byte & 0xF));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

fn must_escape(byte: u8) -> bool {
    byte == b'%' || !(0x20..0x7F).contains(&byte)
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).map_or('0', |digit| digit.to_ascii_uppercase())
}

fn looks_escaped(text: &str) -> bool {
    (0..text.len()).any(|at| escaped_byte(text.as_bytes(), at).is_some())
}

/// The byte that `%XX` at this place stands for, if `escape` would have written it.
fn escaped_byte(bytes: &[u8], at: usize) -> Option<u8> {
    let [b'%', high, low] = *bytes.get(at..at.checked_add(3)?)? else {
        return None;
    };
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    };
    let value = digit(high)? << 4 | digit(low)?;
    must_escape(value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names a folder; every id must be distinct and lead back to its raw name.
    #[track_caller]
    fn check(raw: &[&[u8]], expected: &[(&str, bool)]) {
        let named = name_all(raw.iter().map(|name| name.to_vec()).collect());
        let got: Vec<_> = named
            .iter()
            .map(|name| (name.id.as_str(), name.twin))
            .collect();
        assert_eq!(got, expected);
        let distinct: HashSet<_> = named.iter().map(|name| &name.id).collect();
        assert_eq!(distinct.len(), named.len());
        for name in &named {
            match parse(&name.id).unwrap() {
                Wanted::Exact(raw) => assert_eq!(raw, name.raw),
                Wanted::Normal(normal) => assert_eq!(nfc(&name.raw), Some(normal)),
            }
        }
    }

    #[test]
    fn plain_names_stay() {
        check(
            &[b"50% done.txt", b"a%41", b"report.docx"],
            &[
                ("50% done.txt", false),
                ("a%41", false),
                ("report.docx", false),
            ],
        );
    }

    #[test]
    fn nfd_alone_becomes_nfc() {
        check(&["e\u{301}.txt".as_bytes()], &[("é.txt", false)]);
    }

    #[test]
    fn twins_are_told_apart() {
        check(
            &["e\u{301}.txt".as_bytes(), "é.txt".as_bytes()],
            &[("e%CC%81.txt", true), ("é.txt", true)],
        );
        check(&[b"A.txt", b"a.txt"], &[("A.txt", true), ("a.txt", true)]);
        // Two decomposed forms, neither of them normal.
        check(
            &[
                "q\u{307}\u{323}e\u{301}".as_bytes(),
                "q\u{323}\u{307}e\u{301}".as_bytes(),
            ],
            &[("q\u{323}\u{307}é", true), ("q%CC%A3%CC%87e%CC%81", true)],
        );
    }

    #[test]
    fn not_utf8_and_control_characters() {
        check(
            &[b"R\xE9sum\xE9 50%.doc", b"a\nb", b"\xFF%41"],
            &[
                ("R%E9sum%E9 50%25.doc", false),
                ("a%0Ab", false),
                ("%FF%2541", false),
            ],
        );
    }

    #[test]
    fn names_that_look_escaped() {
        check(
            &[b"e%CC%81", b"e%25CC", "e\u{301}".as_bytes(), "é".as_bytes()],
            &[
                ("e%2525CC", false),
                ("e%25CC%2581", false),
                ("e%CC%81", true),
                ("é", true),
            ],
        );
    }

    #[test]
    fn no_way_out_of_the_folder() {
        for part in ["", ".", "..", "a/b", "%00", "a\0"] {
            assert_eq!(parse(part), None, "{part:?}");
        }
        assert_eq!(parse("%2F"), Some(Wanted::Normal("%2F".into())));
        assert_eq!(parse("%2E%2E"), Some(Wanted::Normal("%2E%2E".into())));
    }
}
