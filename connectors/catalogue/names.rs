//! File names that are safe as files, in addresses and on every system.
//!
//! Names come from documents that nobody vetted. Rule that must hold: [`safe_names`] gives a name without separators,
//! control characters or reserved words, different from its siblings and from the catalogue's own files, and depends on
//! nothing but the names and ids it is given.

use std::{collections::BTreeSet, fmt::Write as _};

use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

/// The files that the catalogue itself writes into a dataset's folder.
pub(super) const OWN_FILES: [&str; 5] = [
    "index.html",
    "en.html",
    "fr.html",
    "dataset.jsonld",
    "datapackage.json",
];

/// Longest name in bytes; leaves room for suffixes within the 255 of common file systems.
const LONGEST: usize = 160;

/// One safe name for each of (wanted name, resource id), in order.
pub(super) fn safe_names<'a>(wanted: impl Iterator<Item = (&'a str, Uuid)>) -> Vec<String> {
    let mut taken: BTreeSet<String> = OWN_FILES.iter().map(|&name| name.to_owned()).collect();
    wanted
        .map(|(name, id)| {
            let mut safe = safe_name(name);
            if safe.is_empty() {
                "resource".clone_into(&mut safe);
            }
            if taken.contains(&safe.to_lowercase()) {
                safe = format!("{}-{safe}", &id.simple().to_string()[..12]);
            }
            while taken.contains(&safe.to_lowercase()) {
                safe = format!("{}-{safe}", id.simple());
            }
            taken.insert(safe.to_lowercase());
            safe
        })
        .collect()
}

/// Letters, digits, `-`, `_` and inner dots are kept; every run of anything else becomes one `-`.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe = String::new();
    for c in last.nfc() {
        let c = if c.is_alphanumeric() || matches!(c, '_' | '.') {
            c
        } else {
            '-'
        };
        let repeats = matches!(c, '-' | '.') && safe.ends_with(['-', '.']);
        if c == '.' && safe.ends_with('-') {
            safe.pop();
            safe.push('.');
        } else if !repeats {
            safe.push(c);
        }
    }
    let safe = safe.trim_matches(['-', '.']);
    let safe = shorten(safe);
    if is_reserved(&safe) {
        format!("_{safe}")
    } else {
        safe
    }
}

/// Cuts the stem, not the extension.
fn shorten(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let mut end = (LONGEST - extension.len()).min(stem.len());
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{extension}", stem[..end].trim_end_matches(['-', '.']))
}

/// Names that Windows keeps for devices, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()))
}

/// A name as a segment of an address (RFC 3986): everything but unreserved characters is percent-encoded.
pub(super) fn segment(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    encoded
}

/// A lower-case ASCII name as the Data Package specification wants for `name`.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.nfkd() {
        let c = c.to_ascii_lowercase();
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') {
            slug.push(c);
        } else if c.is_ascii() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches(['-', '.', '_']);
    if slug.is_empty() {
        "resource".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, expect: &str) {
        let id = Uuid::from_u128(0xabcd_ef01_2345_6789_abcd_ef01_2345_6789);
        let names = safe_names([(wanted, id)].into_iter());
        assert_eq!(names, [expect], "from {wanted:?}");
    }

    #[test]
    fn names_are_tamed() {
        check("visas.csv", "visas.csv");
        check("Visas issued (2024).csv", "Visas-issued-2024.csv");
        check("../../etc/passwd", "passwd");
        check("..\\..\\boot.ini", "boot.ini");
        check("..", "resource");
        check("", "resource");
        check("   ", "resource");
        check(".htaccess", "htaccess");
        check("CON", "_CON");
        check("nul.tar.gz", "_nul.tar.gz");
        check("lpt1.txt", "_lpt1.txt");
        check("données.csv", "données.csv");
        check("donne\u{301}es.csv", "données.csv");
        check("a\0b\nc.csv", "a-b-c.csv");
        check("a<b>\"c'.csv", "a-b-c.csv");
        check("x\u{202e}fdp.exe", "x-fdp.exe");
        check("a?b#c%2e.csv", "a-b-c-2e.csv");
        check("EN.html", "abcdef012345-EN.html");
        check("datapackage.json", "abcdef012345-datapackage.json");
        check("trailing. . .", "trailing");
        check(
            &format!("{}.csv", "é".repeat(400)),
            &format!("{}.csv", "é".repeat(78)),
        );
    }

    #[test]
    fn siblings_differ() {
        let names = safe_names(
            [
                ("a.csv", Uuid::from_u128(1)),
                ("A.CSV", Uuid::from_u128(2)),
                ("a?.csv", Uuid::from_u128(3)),
                ("b/a.csv", Uuid::from_u128(2)),
            ]
            .into_iter(),
        );
        let different: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(different.len(), 4, "{names:?}");
        assert_eq!(names[0], "a.csv");
    }

    #[test]
    fn addresses_and_slugs() {
        assert_eq!(segment("a é.csv"), "a%20%C3%A9.csv");
        assert_eq!(slug("Données 2024.csv"), "donnees-2024.csv");
        assert_eq!(slug("данные"), "resource");
    }
}
