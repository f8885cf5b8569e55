//! Keeps secrets out of snippets, also in files that could not be understood.
//!
//! Leans on nothing but the text. Rule that must hold: when in doubt, a value is hidden; the text keeps its length, so
//! that places stay right.

use std::ops::Range;

/// What is shown in place of a secret.
pub const MASK: &str = "•••";

/// Words that make a key look as if its value were a secret.
const TELLING: [&str; 7] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "apikey",
    "api_key",
    "credential",
];

/// The text with the ranges, and everything that looks like a secret, replaced byte for byte by `*`. Line ends stay.
pub(super) fn masked(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in ranges.into_iter().chain(suspected(text)) {
        for byte in bytes.iter_mut().take(range.end).skip(range.start) {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b'*';
            }
        }
    }
    // A range that cuts a character in two would leave a broken rest: it is replaced as well.
    String::from_utf8(bytes).unwrap_or_else(|broken| {
        broken
            .as_bytes()
            .iter()
            .map(|byte| {
                if byte.is_ascii() {
                    char::from(*byte)
                } else {
                    '*'
                }
            })
            .collect()
    })
}

/// True when the value of this key is hidden on suspicion.
pub(super) fn telling(key: &str) -> bool {
    let key = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let last = key.rsplit('.').next().unwrap_or(&key);
    TELLING.iter().any(|word| last.contains(word))
        || last.len() <= 16
            && ["token", "password", "secret", "api_key"]
                .iter()
                .any(|word| strsim::damerau_levenshtein(last, word) <= 2)
}

/// Values of telling keys, and user names and passwords in addresses.
fn suspected(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut hiding = false;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let mut hide_from = hiding.then_some(start);
        let trimmed = line.trim_start();
        let opens = trimmed.starts_with('[') || begins_with_key(trimmed);
        if opens {
            hiding = false;
            hide_from = None;
        }
        for (at, _) in line.match_indices('=') {
            let key = line[..at]
                .trim_end()
                .rsplit(['{', ',', ' ', '\t', '#', '='])
                .next()
                .unwrap_or_default();
            // A reference to a variable or a file is no secret.
            let value = line[at + 1..].trim_start();
            if telling(key) && !refers(value) {
                hiding = true;
                hide_from = Some(hide_from.unwrap_or(start + at + 1));
            }
        }
        if let Some(from) = hide_from {
            found.push(from..end);
        }
        found.extend(credentials(line, start));
        start = end;
    }
    found
}

fn refers(value: &str) -> bool {
    value.strip_prefix('{').is_some_and(|rest| {
        let rest = rest.trim_start();
        rest.starts_with("env") || rest.starts_with("file")
    })
}

fn begins_with_key(line: &str) -> bool {
    line.split_once('=').is_some_and(|(key, _)| {
        let key = key.trim_end();
        !key.is_empty()
            && key
                .chars()
                .all(|one| one.is_alphanumeric() || "_-.\"' ".contains(one))
    })
}

/// `user:password` in `scheme://user:password@host`, also when a slash is missing.
fn credentials(line: &str, start: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, mark) in line.match_indices(":/") {
        let from = at + mark.len();
        let rest = &line[from..];
        let until = rest.find(['"', '\'', '\n', '#']).unwrap_or(rest.len());
        if let Some(sign) = rest[..until].rfind('@') {
            found.push(start + from..start + from + sign);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(masked(text, []), expect);
    }

    #[test]
    fn values_of_telling_keys_are_hidden() {
        check("token = \"abc\"\nurl = 1\n", "token =******\nurl = 1\n");
        check("tokne = \"abc", "tokne =*****");
        check("a.admin_password='x'", "a.admin_password=***");
        check(
            "t = { url = 1, token = \"abc\" }",
            "t = { url = 1, token =********",
        );
        check(
            "token = \"\"\"\nabc\n\"\"\"\nname = 1",
            "token =****\n***\n***\nname = 1",
        );
        check(
            "keywords = { en = [\"tokens\"] }",
            "keywords = { en = [\"tokens\"] }",
        );
    }

    #[test]
    fn references_stay() {
        check("token = { env = \"X\" }", "token = { env = \"X\" }");
    }

    #[test]
    fn credentials_in_addresses_are_hidden() {
        check(
            "database = \"postgres://me:pa@ss@host/db\"",
            "database = \"postgres:/*********@host/db\"",
        );
    }

    #[test]
    fn ranges_keep_length_and_lines() {
        assert_eq!(masked("é=1\n2", std::iter::once(0..1)), "**=1\n2");
        assert_eq!(masked("a\nb", std::iter::once(0..99)), "*\n*");
    }
}
