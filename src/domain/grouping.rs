//! Which items make one release, told from names alone.

use serde::{Deserialize, Serialize};

use super::Lang;

/// How the items of a source are grouped into releases, where no metadata beside them says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// Every file is a release.
    #[default]
    File,
    /// All files of a folder are one release.
    Folder,
    /// `…_en` and `…_fr` are one release; other files stand alone.
    Pair,
}

/// The key of the group that an item belongs to. Equal keys within a source are one release.
pub fn group_key(group_by: GroupBy, folder: &str, name: &str) -> String {
    let joined = |name: &str| {
        if folder.is_empty() {
            name.to_owned()
        } else {
            format!("{folder}/{name}")
        }
    };
    match group_by {
        GroupBy::File => joined(name),
        GroupBy::Folder if folder.is_empty() => "/".to_owned(),
        GroupBy::Folder => format!("{folder}/"),
        GroupBy::Pair => match split_language(name) {
            Some((rest, _)) => joined(&rest),
            None => joined(name),
        },
    }
}

/// The language a file name tells, as departments write it: `report_en.xlsx`, `EN_report.xlsx`, `report-fra.docx`.
pub fn language_of_name(name: &str) -> Option<Lang> {
    split_language(name).map(|(_, lang)| lang)
}

/// The name with its language mark replaced by `*`, and the language.
fn split_language(name: &str) -> Option<(String, Lang)> {
    const MARKS: [(&str, Lang); 8] = [
        ("eng", Lang::En),
        ("fra", Lang::Fr),
        ("fre", Lang::Fr),
        ("en", Lang::En),
        ("fr", Lang::Fr),
        ("anglais", Lang::En),
        ("english", Lang::En),
        ("français", Lang::Fr),
    ];
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if dot > 0 => name.split_at(dot),
        _ => (name, ""),
    };
    let lower = stem.to_lowercase();
    if lower.len() != stem.len() {
        return None;
    }
    for (mark, lang) in MARKS {
        for separator in ['_', '-', '.', ' '] {
            if let Some(rest) = lower
                .strip_suffix(mark)
                .and_then(|rest| rest.strip_suffix(separator))
                && !rest.is_empty()
            {
                return Some((
                    format!("{}{separator}*{extension}", &stem[..rest.len()]),
                    lang,
                ));
            }
            if let Some(rest) = lower
                .strip_prefix(mark)
                .and_then(|rest| rest.strip_prefix(separator))
                && !rest.is_empty()
            {
                return Some((
                    format!(
                        "*{separator}{}{extension}",
                        &stem[stem.len() - rest.len()..]
                    ),
                    lang,
                ));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_meet_and_others_stand_alone() {
        let check = |a: &str, b: &str, same: bool| {
            assert_eq!(
                group_key(GroupBy::Pair, "f", a) == group_key(GroupBy::Pair, "f", b),
                same,
                "{a} {b}"
            );
        };
        check(
            "language-training_en.xlsx",
            "language-training_fr.xlsx",
            true,
        );
        check("EN_ODP.xlsx", "FR_ODP.xlsx", true);
        check("report-eng.docx", "report-fra.docx", true);
        check("report_en.docx", "report_fr.xlsx", false);
        check("report.docx", "report_fr.docx", false);
        check("children.docx", "childrfr.docx", false);
        check("_en.docx", "_fr.docx", false);
        assert_eq!(language_of_name("Rapport annuel FR.docx"), Some(Lang::Fr));
        assert_eq!(language_of_name("seven.docx"), None);
        assert_eq!(language_of_name("İ_en.docx"), None);
    }

    #[test]
    fn folders_and_files() {
        assert_eq!(group_key(GroupBy::File, "a/b", "c.csv"), "a/b/c.csv");
        assert_eq!(group_key(GroupBy::Folder, "a/b", "c.csv"), "a/b/");
        assert_eq!(group_key(GroupBy::Folder, "", "c.csv"), "/");
    }
}
