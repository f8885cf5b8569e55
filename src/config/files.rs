//! The files that settings come from.
//!
//! Leans on the file system. Rule that must hold: a rule file that is named and not there is an error, never "no rules".

use std::{
    fs,
    path::{Path, PathBuf},
};

use rideau_connectors::options::{Document, Problems};
use rideau_domain::bilingual;

use super::Rules;

/// The text of a file.
pub(super) fn read(path: &Path) -> Result<String, Problems> {
    let mut problems = Problems::default();
    let message = match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return Ok(text),
            Err(broken) => {
                let at = broken.utf8_error().valid_up_to();
                bilingual!(
                    "The file is not valid UTF-8 (byte {at}): save it as UTF-8.",
                    "Le fichier n’est pas en UTF-8 valide (octet {at}) : enregistrez-le en UTF-8."
                )
            }
        },
        Err(cause) => bilingual!(
            "The file cannot be read: {cause}.",
            "Le fichier ne peut pas être lu ({cause})."
        ),
    };
    problems.add_file(path, message);
    Err(problems)
}

/// The path from the root, without following links; as given when the current folder is unknown.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The files of rules, sorted, each once.
pub(super) fn rules(rules: &Rules, document: &Document, problems: &mut Problems) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (index, pattern) in rules.files.iter().enumerate() {
        let path = format!("rules.files[{index}]");
        let matched = matches(pattern);
        if matched.is_empty() {
            let shown = pattern.display();
            problems.add_at(
                document,
                &path,
                bilingual!(
                    "No file of rules is here: {shown}",
                    "Aucun fichier de règles ici : {shown}"
                ),
            );
        }
        found.extend(matched);
    }
    found.sort();
    found.dedup();
    found
}

fn matches(pattern: &Path) -> Vec<PathBuf> {
    let Some(name) = pattern.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    if !name.contains(['*', '?']) {
        return if pattern.is_file() {
            vec![pattern.to_owned()]
        } else {
            Vec::new()
        };
    }
    let folder = pattern.parent().unwrap_or(Path::new("."));
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter(|entry| {
            entry
                .file_name()
                .to_str()
                .is_some_and(|file| !file.starts_with('.') && fits(name, file))
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect()
}

/// `*` for any run of characters, `?` for one.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(one) if *one == '?' || name.get(n) == Some(one) => {
                p += 1;
                n += 1;
            }
            _ => {
                // The last star takes one more character.
                let Some((at, taken)) = star else {
                    return false;
                };
                star = Some((at, taken + 1));
                p = at + 1;
                n = taken + 1;
            }
        }
    }
    pattern.iter().skip(p).all(|one| *one == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn wildcards() {
        for (pattern, name, expect) in [
            ("*.toml", "a.toml", true),
            ("*.toml", "a.tom", false),
            ("*a*b", "xaxxab", true),
            ("?.t", "é.t", true),
            ("*", "", true),
            ("a?", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expect, "{pattern} {name}");
        }
    }
}
