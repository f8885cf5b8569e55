//! Safe names: what any file system and any BagIt tool can hold, from names that may be anything.
//!
//! Source names may differ only in case or in Unicode form, be reserved words of Windows, climb out by `..`, hold
//! line breaks or be far too long. The exact original is kept in `metadata/native/`. Rule that must hold: two files
//! never get names that some file system takes for one, and a path never leaves its folder.
//!
//! A percent sign is legal in a bag when it is written as `%25` in the manifests (RFC 8493, 2.1.3), but widespread
//! validators do not decode it. So it is replaced, like the characters Windows forbids.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

use crate::domain::Sha256;

/// Longest name of one file or folder, in bytes of UTF-8.
const NAME_LIMIT: usize = 100;
/// Longest path within the bag, in bytes of UTF-8; leaves room below the 260 units of Windows.
const PATH_LIMIT: usize = 220;
/// Longest extension that survives shortening, with its dot.
const EXTENSION_LIMIT: usize = 16;

/// The safe form of one file or folder name. A name that is safe already comes back as it is.
pub fn legal_name(name: &str) -> String {
    let mut safe: String = name
        .nfc()
        .map(|c| if is_unsafe(c) { '_' } else { c })
        .collect();
    // Windows drops dots and blanks at the end. One stand-in for each, so that `a.` and `a..` stay two names.
    let kept = safe.trim_end_matches(|c: char| c == '.' || c.is_whitespace());
    let dropped = safe[kept.len()..].chars().count();
    safe = format!("{kept}{}", "_".repeat(dropped));
    if safe.starts_with(char::is_whitespace) {
        safe.replace_range(..safe.chars().next().map_or(0, char::len_utf8), "_");
    }
    if safe.is_empty() || is_reserved(&safe) {
        safe.insert(0, '_');
    }
    if safe.len() > NAME_LIMIT {
        safe = tagged(&safe, &tag(name));
    }
    safe
}

/// Hands out paths in a bag, each only once. Give the files in a fixed order: the first of two twins keeps its name.
#[derive(Default)]
pub(super) struct Names {
    /// Safe parent and original folder name → safe folder name.
    folders: BTreeMap<(String, String), String>,
    /// Everything handed out, in the form in which the most forgetful file system compares.
    taken: BTreeSet<String>,
}

impl Names {
    /// The path for a file whose path in the source is `original`. `seed` tells files of the same path apart.
    pub(super) fn place(&mut self, root: &str, original: &str, seed: &str) -> String {
        let mut folders: Vec<&str> = original
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let name = folders.pop().unwrap_or_default();
        let safe = legal_name(name);
        let mut parent = root.to_owned();
        for folder in &folders {
            parent = self.folder(&parent, folder);
            if parent.len() > PATH_LIMIT {
                break;
            }
        }
        // The name may still get a tag of nine bytes.
        if parent.len() + 1 + safe.len() + 9 > PATH_LIMIT {
            let long = self.folder(root, "_long");
            parent = self.folder(&long, &tag(&folders.join("/")));
        }
        self.free(&parent, &safe, &format!("{original}\n{seed}"))
    }

    fn folder(&mut self, parent: &str, original: &str) -> String {
        let key = (parent.to_owned(), original.to_owned());
        if let Some(known) = self.folders.get(&key) {
            return known.clone();
        }
        let path = self.free(parent, &legal_name(original), original);
        self.folders.insert(key, path.clone());
        path
    }

    fn free(&mut self, parent: &str, safe: &str, seed: &str) -> String {
        let mut path = format!("{parent}/{safe}");
        let mut attempt = 0_u64;
        while !self.taken.insert(folded(&path)) {
            path = format!(
                "{parent}/{}",
                tagged(safe, &tag(&format!("{seed}\n{attempt}")))
            );
            attempt += 1;
        }
        path
    }
}

/// Equal for any two paths that Windows, macOS or a normalising tool may take for the same.
fn folded(path: &str) -> String {
    let upper: String = path.nfkc().flat_map(char::to_uppercase).collect();
    upper.to_lowercase().nfkc().collect()
}

/// `name~tag.ext`, not longer than [`NAME_LIMIT`].
fn tagged(name: &str, tag: &str) -> String {
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION_LIMIT => name.split_at(dot),
        _ => (name, ""),
    };
    let room = NAME_LIMIT.saturating_sub(tag.len() + 1 + extension.len());
    let mut end = stem.len().min(room);
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}~{tag}{extension}", &stem[..end])
}

fn tag(text: &str) -> String {
    hex::encode(&Sha256::of(text.as_bytes()).0[..4])
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*' | '%')
        // Invisible, joining, line-separating and direction-changing characters.
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
        // Interlinear marks, the replacement character's neighbours, and what is no character at all.
        || matches!(c, '\u{FFF0}'..='\u{FFFB}' | '\u{FDD0}'..='\u{FDEF}')
        || (u32::from(c) & 0xFFFE) == 0xFFFE
}

/// Device names of Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let stem = stem.to_ascii_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
    ) {
        return true;
    }
    ["COM", "LPT"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|number| {
            matches!(
                number,
                "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe_and_safe_names_stay() {
        let check = |name: &str, expect: &str| {
            let safe = legal_name(name);
            assert_eq!(safe, expect, "{name:?}");
            assert_eq!(legal_name(&safe), safe, "{name:?} is not stable");
        };
        check("report.xlsx", "report.xlsx");
        check("Résumé – été.docx", "Résumé – été.docx");
        check("e\u{301}te\u{301}.csv", "été.csv");
        check("a\r\nb.csv", "a__b.csv");
        check("50% of <all>.csv", "50_ of _all_.csv");
        check("..", "__");
        check(".", "_");
        check("", "_");
        check("a.", "a_");
        check("a. . ", "a____");
        check(" a", "_a");
        check("\u{a0}a\u{a0}", "_a_");
        check("CON", "_CON");
        check("con.txt", "_con.txt");
        check("aux .tar.gz", "_aux .tar.gz");
        check("COM1", "_COM1");
        check("com¹.log", "_com¹.log");
        check("COM10", "COM10");
        check("CONSOLE", "CONSOLE");
        check("a\\b:c", "a_b_c");
        check("x\u{202E}fdp.exe", "x_fdp.exe");
        check("=1+1.csv", "=1+1.csv");
        check("\u{85}\u{2028}\0", "___");
        check(".gitignore", ".gitignore");
    }

    #[test]
    fn long_names_are_cut_at_characters_and_keep_their_extension() {
        for (name, extension) in [
            (format!("{}.xlsx", "é".repeat(150)), ".xlsx"),
            (format!("{}b", "界".repeat(100)), ""),
            (format!("a.{}", "x".repeat(300)), ""),
        ] {
            let safe = legal_name(&name);
            assert!(safe.len() <= NAME_LIMIT, "{safe}");
            assert!(safe.ends_with(extension) && safe.contains('~'), "{safe}");
            assert_eq!(legal_name(&safe), safe);
        }
        let twin = |last: char| legal_name(&format!("{}{last}", "a".repeat(300)));
        assert_ne!(twin('x'), twin('y'));
    }

    #[test]
    fn twins_get_different_names() {
        let mut names = Names::default();
        let twins = [
            "d/été.csv",
            "d/e\u{301}te\u{301}.csv",
            "d/ÉTÉ.CSV",
            "d/a?.csv",
            "d/a*.csv",
            "d/a_.csv",
            "D/b.csv",
            "d/b.csv",
            "d/straße",
            "d/STRASSE",
            "d/ﬁn",
            "d/fin",
            "d",
            "x",
            "x/y",
            "x/y",
            "x/y",
            "/x/./y",
            "x//y",
            "../../etc/passwd",
            "a/../b",
            "",
            "/",
            "..",
            "_long",
        ];
        let mut seen = BTreeSet::new();
        for (i, twin) in twins.iter().enumerate() {
            let path = names.place("data/originals", twin, &i.to_string());
            assert!(path.starts_with("data/originals/"), "{path}");
            assert!(
                !path.split('/').any(|part| matches!(part, "" | "." | "..")),
                "{path}"
            );
            assert!(seen.insert(path.to_lowercase()), "{path} twice");
        }
        assert!(seen.contains("data/originals/d/été.csv"));
    }

    #[test]
    fn folders_differ_as_their_originals_do() {
        let mut names = Names::default();
        let mut folder = |path: &str| {
            let placed = names.place("data/originals", path, "");
            placed.rsplit_once('/').unwrap().0.to_owned()
        };
        let one = folder("Data/a");
        assert_eq!(one, folder("Data/b"));
        let two = folder("data/a");
        assert_ne!(one.to_lowercase(), two.to_lowercase());
        assert_eq!(two, folder("data/c"));
    }

    #[test]
    fn paths_are_bounded() {
        let mut names = Names::default();
        for depth in [1, 5, 50, 5000] {
            let path = format!("{}file.xlsx", "folder with a name/".repeat(depth));
            let placed = names.place("data/originals", &path, "");
            assert!(placed.len() <= PATH_LIMIT, "{placed}");
            assert!(placed.ends_with("/file.xlsx"));
        }
        let long = format!("{}/{}", "f".repeat(300), "n".repeat(300));
        assert!(names.place("data/originals", &long, "").len() <= PATH_LIMIT);
        assert!(names.place("data/originals", &long, "again").len() <= PATH_LIMIT);
    }
}
