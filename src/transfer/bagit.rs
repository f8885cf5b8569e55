//! The text files of BagIt 1.0 (RFC 8493): how they are written and read.

use std::collections::BTreeMap;

use super::input::BagInput;
use crate::domain::Bilingual;

/// `bagit.txt` (RFC 8493, 2.1.1).
pub(super) const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// The algorithms of our manifests, as in their file names, with the length of a digest in hex digits.
pub(super) const ALGORITHMS: [(&str, usize); 2] = [("sha256", 64), ("sha512", 128)];

/// `bag-info.txt` (RFC 8493, 2.2.2). What exists in both languages stands twice, English first.
pub(super) fn info(input: &BagInput, oxum: &str) -> String {
    let both = |label, words: &Bilingual| {
        let french = (words.fr != words.en).then(|| words.fr.clone());
        std::iter::once((label, words.en.clone())).chain(french.map(|text| (label, text)))
    };
    both("Source-Organization", &input.organization)
        .chain(both("External-Description", &input.title))
        .chain([
            ("External-Identifier", format!("urn:uuid:{}", input.bag_id)),
            (
                "Internal-Sender-Identifier",
                format!("urn:uuid:{}", input.release),
            ),
            ("Internal-Sender-Description", input.source_name.clone()),
            ("Bag-Group-Identifier", input.group.clone()),
            ("Bagging-Date", input.created_for.to_string()),
            ("Payload-Oxum", oxum.to_owned()),
            (
                "Bag-Software-Agent",
                format!("rideau {}", input.software_version),
            ),
        ])
        .map(|(label, value)| (label, one_line(&value)))
        .filter(|(_, value)| !value.is_empty())
        .flat_map(|(label, value)| [label.to_owned(), ": ".to_owned(), value, "\n".to_owned()])
        .collect()
}

/// The value on one line: line breaks and control characters become blanks, runs of blanks one.
fn one_line(value: &str) -> String {
    value
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A manifest, by path.
pub(super) fn manifest(digests: &BTreeMap<String, String>) -> String {
    digests
        .iter()
        .flat_map(|(path, digest)| {
            [
                digest.clone(),
                "  ".to_owned(),
                encoded(path),
                "\n".to_owned(),
            ]
        })
        .collect()
}

/// CR, LF and percent signs, and only those, are percent-encoded (RFC 8493, 2.1.3).
fn encoded(path: &str) -> String {
    path.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn decoded(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let code = after.get(1..3).map(str::to_ascii_uppercase);
        let (c, used) = match code.as_deref() {
            Some("0D") => ('\r', 3),
            Some("0A") => ('\n', 3),
            Some("25") => ('%', 3),
            _ => ('%', 1),
        };
        out.push(c);
        rest = &after[used..];
    }
    out.push_str(rest);
    out
}

/// One line of a manifest: digest in lower case, and path. Nothing when it is malformed.
pub(super) fn manifest_line(line: &str, digits: usize) -> Option<(String, String)> {
    let (digest, path) = line.split_once([' ', '\t'])?;
    let path = path.trim_start_matches([' ', '\t']);
    let path = decoded(path.strip_prefix('*').unwrap_or(path));
    let well_formed = digest.len() == digits && digest.bytes().all(|b| b.is_ascii_hexdigit());
    (well_formed && is_inside(&path)).then(|| (digest.to_ascii_lowercase(), path))
}

/// True for a relative path that stays in its folder.
fn is_inside(path: &str) -> bool {
    !path.starts_with('~')
        && !path.contains('\0')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_paths_survive() {
        for path in [
            "data/a b.csv",
            "data/a\r\nb",
            "data/100%",
            "data/%0A",
            "data/%250D",
            "data/é",
        ] {
            let digest = "a".repeat(64);
            let text = manifest(&BTreeMap::from([(path.to_owned(), digest.clone())]));
            assert_eq!(text.lines().count(), 1, "{text:?}");
            let line = text.strip_suffix('\n').unwrap();
            assert_eq!(manifest_line(line, 64), Some((digest, path.to_owned())));
        }
    }

    #[test]
    fn malformed_lines_are_refused() {
        let good = "A".repeat(64);
        let check = |line: String, ok| assert_eq!(manifest_line(&line, 64).is_some(), ok, "{line}");
        check(format!("{good} data/a"), true);
        check(format!("{good}\t *data/a"), true);
        check(format!("{good}  *data/a"), true);
        check(format!("{good}data/a"), false);
        check(format!("{good}  /etc/passwd"), false);
        check(format!("{good}  data/../../x"), false);
        check(format!("{good}  ~root/x"), false);
        check(format!("{good}  data//x"), false);
        check(format!("{good}  "), false);
        check("zz  data/a".to_owned(), false);
        check(String::new(), false);
    }

    #[test]
    fn values_stay_on_their_line() {
        assert_eq!(
            one_line(" a\r\n  Payload-Oxum: 0.0\u{2028}\u{85}b\0"),
            "a Payload-Oxum: 0.0 b"
        );
    }
}
