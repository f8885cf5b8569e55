//! What is passed over: lock files, half-written downloads, system files, snapshot trees; and who is editing what.
//!
//! Rule that must hold: an ignored entry is counted, and a name that is only being edited is deferred, not ignored.

use std::collections::HashSet;

/// Names that no person would call a record. `*` stands for any characters, `?` for one; case does not matter.
pub(super) const BUILT_IN: &[&str] = &[
    // Locks and temporary files of office software.
    "~$*",
    ".~lock.*#",
    "*.tmp",
    "*.dwl",
    "*.dwl2",
    // Transfers that have not ended.
    "*.partial",
    "*.crdownload",
    // Desktop leavings.
    "Thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    ".DS_Store",
    "._*",
    // Bins.
    "$RECYCLE.BIN",
    ".Trash-*",
    ".Trashes",
    // System folders, and snapshots, which would show every record once per snapshot.
    "System Volume Information",
    "lost+found",
    ".snapshot",
    "~snapshot",
    ".zfs",
    // Deleted, but still open somewhere.
    ".nfs????????*",
    ".fuse_hidden*",
    // Our own marker.
    ".rideau-source*",
];

/// The names to pass over in one source. Most patterns are plain names, beginnings or ends; those are quick.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ignore {
    names: HashSet<String>,
    beginnings: Vec<String>,
    ends: Vec<String>,
    others: Vec<Vec<char>>,
}

impl Ignore {
    pub(crate) fn new(configured: &[String]) -> Self {
        let mut ignore = Self::default();
        for pattern in BUILT_IN
            .iter()
            .copied()
            .chain(configured.iter().map(String::as_str))
        {
            ignore.add(&pattern.to_lowercase());
        }
        ignore
    }

    fn add(&mut self, pattern: &str) {
        let is_plain = |text: &str| !text.contains(['*', '?']);
        if is_plain(pattern) {
            self.names.insert(pattern.to_owned());
        } else if let Some(end) = pattern.strip_prefix('*').filter(|end| is_plain(end)) {
            self.ends.push(end.to_owned());
        } else if let Some(beginning) = pattern.strip_suffix('*').filter(|text| is_plain(text)) {
            self.beginnings.push(beginning.to_owned());
        } else {
            self.others.push(pattern.chars().collect());
        }
    }

    /// Tells whether a name, in lower case, is passed over.
    pub(crate) fn matches(&self, folded: &str) -> bool {
        self.names.contains(folded)
            || self.ends.iter().any(|end| folded.ends_with(end.as_str()))
            || self
                .beginnings
                .iter()
                .any(|beginning| folded.starts_with(beginning.as_str()))
            || (!self.others.is_empty() && {
                let name: Vec<char> = folded.chars().collect();
                self.others
                    .iter()
                    .any(|pattern| pattern_matches(pattern, &name))
            })
    }
}

/// True for a pattern that can never match, because patterns are about names and not about paths.
pub(crate) fn is_useless(pattern: &str) -> bool {
    pattern.is_empty() || pattern.contains('/')
}

/// Greedy matching with one point of return: at most pattern length times name length.
fn pattern_matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The lock files of one folder.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// What follows `~$`.
    office: Vec<String>,
    /// Names between `.~lock.` and `#`.
    libre: Vec<String>,
}

impl Locks {
    /// Notes a name of the folder, in lower case, if it is a lock.
    pub(crate) fn note(&mut self, folded: &str) {
        if let Some(rest) = folded.strip_prefix("~$") {
            self.office.push(rest.to_owned());
        } else if let Some(rest) = folded
            .strip_prefix(".~lock.")
            .and_then(|rest| rest.strip_suffix('#'))
        {
            self.libre.push(rest.to_owned());
        }
    }

    /// Tells whether someone has this name, in lower case, open. Word puts `~$` in place of the first one or two letters of longer
    /// names, so `~$port.docx` locks `Report.docx` too.
    pub(crate) fn covers(&self, folded: &str) -> bool {
        self.libre.iter().any(|name| name == folded)
            || self.office.iter().any(|rest| {
                !rest.is_empty()
                    && folded
                        .strip_suffix(rest.as_str())
                        .is_some_and(|start| start.chars().count() <= 2)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in() {
        let ignore = Ignore::new(&[]);
        for name in [
            "~$report.docx",
            ".~lock.a.odt#",
            "~WRL0001.tmp",
            "x.TMP",
            "a.partial",
            "THUMBS.DB",
            "._a",
            ".snapshot",
            "$Recycle.Bin",
            ".nfs000000000004",
            ".rideau-source-1",
        ] {
            assert!(ignore.matches(&name.to_lowercase()), "{name}");
        }
        for name in [
            "report.docx",
            "tmp",
            "a.tmp.docx",
            "~report.docx",
            ".gitignore",
            "thumbs.db.xlsx",
            ".nfs-notes",
            "snapshot",
            "desktop_ini",
        ] {
            assert!(!ignore.matches(&name.to_lowercase()), "{name}");
        }
    }

    #[test]
    fn patterns() {
        let check = |pattern: &str, name: &str, expected: bool| {
            let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
            let mut ignore = Ignore::default();
            ignore.add(&pattern);
            assert_eq!(ignore.matches(&name), expected, "{pattern} {name}");
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            assert_eq!(
                pattern_matches(&chars(&pattern), &chars(&name)),
                expected,
                "{pattern} {name}, the slow way"
            );
        };
        check("*", "", true);
        check("*", "a", true);
        check("?", "é", true);
        check("?", "", false);
        check("a*b*c", "a-b-b-c", true);
        check("a*b*c", "a-c-b", false);
        check("*.BAK", "x.bak", true);
        check("**", "x", true);
        check("", "x", false);
        check("[ab]", "a", false);
        check("*a*a*a*a*a*a*b", &"a".repeat(255), false);
    }

    #[test]
    fn locks() {
        let mut locks = Locks::default();
        for name in [
            "~$Budget.xlsx",
            "~$port.docx",
            ".~lock.plan.odt#",
            "~$",
            "other",
        ] {
            locks.note(&name.to_lowercase());
        }
        for name in ["Budget.xlsx", "budget.XLSX", "Report.docx", "plan.odt"] {
            assert!(locks.covers(&name.to_lowercase()), "{name}");
        }
        for name in ["Big budget.xlsx", "Support.docx", "plan.odt2", "other", "x"] {
            assert!(!locks.covers(&name.to_lowercase()), "{name}");
        }
    }
}
