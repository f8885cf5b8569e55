//! `release.toml`: metadata that a steward keeps beside the files.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::{Bilingual, GroupBy, group_key};

/// The name of the file.
pub const SIDECAR_NAME: &str = "release.toml";

/// A folder's metadata.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// One entry per release.
    #[serde(default)]
    pub release: Vec<SidecarRelease>,
}

/// Metadata of one release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SidecarRelease {
    /// Names or patterns (`*`, `?`) of the files in this folder that make the release.
    pub files: Vec<String>,
    /// Names and languages of the files.
    #[serde(default)]
    pub resource: Vec<SidecarResource>,
    /// Everything else: fields of the record.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// Metadata of one file of a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SidecarResource {
    /// Name or pattern of the file.
    pub file: String,
    /// What the file is called on the portal.
    pub name: Option<Bilingual>,
    /// The portal's code: `dataset`, `report`, `guide` …
    pub resource_type: Option<String>,
    /// Languages of the text: `en`, `fr`.
    #[serde(default)]
    pub language: Vec<String>,
}

/// Why a `release.toml` could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SidecarProblem {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: Bilingual,
}

impl Sidecar {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not UTF-8 or not TOML of this shape; with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, SidecarProblem> {
        let at = |text: &str, offset: usize, why: &str| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            SidecarProblem {
                line,
                column,
                message: crate::bilingual!(
                    "release.toml cannot be read, line {line}, column {column}: {why}. Correct the file; it is read again at the next scan.",
                    "release.toml est illisible, ligne {line}, colonne {column} : {why}. Corrigez le fichier; il sera relu au prochain passage."
                ),
            }
        };
        let text = std::str::from_utf8(bytes).map_err(|error| {
            at(
                &String::from_utf8_lossy(bytes),
                error.valid_up_to(),
                "not UTF-8",
            )
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            at(text, offset, error.message())
        })
    }

    /// The release that names this file, with its place in the list; the first one wins.
    pub fn release_of(&self, name: &str) -> Option<(usize, &SidecarRelease)> {
        self.release
            .iter()
            .enumerate()
            .find(|(_, release)| release.files.iter().any(|pattern| wildcard(pattern, name)))
    }

    /// The key of the group that this file belongs to because of what is written here. `own` is the group it would be in
    /// otherwise: a release of one file, or of files that belong together by name anyway, keeps it, so that a dataset does
    /// not become another one when its metadata arrives.
    pub fn group_key(
        &self,
        group_by: GroupBy,
        folder: &str,
        name: &str,
        own: &str,
    ) -> Option<String> {
        let (_, release) = self.release_of(name)?;
        let plain = |file: &String| !file.contains(['*', '?']);
        if let [file] = release.files.as_slice()
            && plain(file)
        {
            return Some(own.to_owned());
        }
        let together = release.files.iter().all(|file| {
            plain(file) && group_key(group_by, folder, file) == group_key(group_by, folder, name)
        });
        if together && group_by == GroupBy::Pair {
            return Some(own.to_owned());
        }
        // The files as written identify the release: adding another release above does not change it.
        Some(format!("{folder}/[{}]", release.files.join("|")))
    }
}

impl SidecarRelease {
    /// The fields in the portal's terms.
    pub fn portal_fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        for (name, value) in &self.fields {
            let name = match name.as_str() {
                "title" => "title_translated",
                "notes" | "description" => "notes_translated",
                "organization" => "owner_org",
                other => other,
            };
            fields.insert(name.to_owned(), dates_as_text(value));
        }
        fields
    }

    /// What is written about one file.
    pub fn resource_of(&self, name: &str) -> Option<&SidecarResource> {
        self.resource
            .iter()
            .find(|resource| wildcard(&resource.file, name))
    }
}

/// TOML dates arrive as a table with one private key; the portal wants text.
fn dates_as_text(value: &Value) -> Value {
    match value {
        Value::Object(map) if map.len() == 1 && map.contains_key("$__toml_private_datetime") => {
            map["$__toml_private_datetime"].clone()
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| (key.clone(), dates_as_text(value)))
                .collect(),
        ),
        Value::Array(list) => json!(list.iter().map(dates_as_text).collect::<Vec<_>>()),
        other => other.clone(),
    }
}

/// Whether a name fits a pattern of `*` (any run) and `?` (any one character). Linear in both.
pub fn wildcard(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, n));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == name[n]) {
            p += 1;
            n += 1;
        } else if let Some((sp, sn)) = star {
            star = Some((sp, sn + 1));
            p = sp + 1;
            n = sn + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        let check =
            |pattern, name, expect| assert_eq!(wildcard(pattern, name), expect, "{pattern} {name}");
        check("a.xlsx", "a.xlsx", true);
        check("a.xlsx", "A.xlsx", false);
        check("*.xlsx", "été.xlsx", true);
        check("*a*b?", "xxaxxbxxbz", true);
        check("*a*b?", "xxaxxb", false);
        check("", "", true);
        check("*", "", true);
        check("?", "", false);
    }

    #[test]
    fn errors_name_the_place() {
        let problem =
            Sidecar::parse(b"[[release]]\nfiles = [\"a\"]\ntitle.en = oops\n").unwrap_err();
        assert_eq!(problem.line, 3);
        let problem = Sidecar::parse(b"\n\n\xff").unwrap_err();
        assert_eq!(problem.line, 3);
        assert!(Sidecar::parse(b"[[relaese]]\nfiles = []").is_err());
        assert!(Sidecar::parse(b"").unwrap().release.is_empty());
    }

    #[test]
    fn metadata_that_arrives_later_does_not_make_another_dataset() {
        let sidecar = Sidecar::parse(
            b"[[release]]\nfiles=['a.csv']\n[[release]]\nfiles=['b_en.csv','b_fr.csv']\n[[release]]\nfiles=['c*']\n",
        )
        .unwrap();
        let check = |group_by, name: &str, expect: Option<&str>| {
            let own = group_key(group_by, "f", name);
            assert_eq!(
                sidecar.group_key(group_by, "f", name, &own).as_deref(),
                expect,
                "{name}"
            );
        };
        check(GroupBy::File, "a.csv", Some("f/a.csv"));
        check(GroupBy::Pair, "b_en.csv", Some("f/b_*.csv"));
        check(GroupBy::File, "b_en.csv", Some("f/[b_en.csv|b_fr.csv]"));
        check(GroupBy::Pair, "c1.csv", Some("f/[c*]"));
        check(GroupBy::File, "d.csv", None);
    }

    #[test]
    fn dates_become_text() {
        let sidecar = Sidecar::parse(
            b"[[release]]\nfiles=['a']\ndate_published = 2026-01-15\ntitle.en='T'\n",
        )
        .unwrap();
        let fields = sidecar.release[0].portal_fields();
        assert_eq!(fields["date_published"], "2026-01-15");
        assert_eq!(fields["title_translated"]["en"], "T");
    }
}
