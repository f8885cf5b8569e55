//! Putting a record together from all that is known.

use std::collections::BTreeMap;

use rideau_connectors::target::{DatasetDesired, Fields, ResourceDesired};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::SidecarRelease;
use crate::{
    catalog::Rendition,
    domain::{Bilingual, Lang, ReleaseId, RenditionKind, SourceId, language_of_name},
};

/// The first day on which a release may be public.
pub const EMBARGO: &str = "embargo";

/// What a person says about a correction of what is public: shown beside it, and no field of the portal's.
pub const CORRECTION: &str = "correction";

/// Fields that the portal does not take: columns of the inventory template, and what is ours.
const INVENTORY_FIELDS: [&str; 2] = ["program_alignment_architecture", EMBARGO];

/// The namespace of derived ids: UUID version 5 of `https://rideau.invalid/` in the URL namespace.
fn namespace() -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://rideau.invalid/")
}

/// The id of a source; always the same for its name.
pub fn source_id(name: &str) -> SourceId {
    SourceId(Uuid::new_v5(
        &namespace(),
        format!("source\n{name}").as_bytes(),
    ))
}

/// The id of a release, and of its dataset on every portal; always the same for its source and group, so that a lost
/// catalog does not lead to a second dataset.
pub fn release_id(source: SourceId, group_key: &str) -> ReleaseId {
    ReleaseId(Uuid::new_v5(
        &source.0,
        format!("release\n{group_key}").as_bytes(),
    ))
}

/// One file of the release.
#[derive(Clone, Debug)]
pub struct Member {
    /// The source's own id.
    pub native_id: String,
    /// File name.
    pub name: String,
    /// Native metadata.
    pub native: Value,
    /// What the content says about itself: `title`, `language`, `period`, `regions`, `columns`.
    pub document: Value,
    /// What would be published.
    pub renditions: Vec<Rendition>,
}

/// All that a record is made of.
#[derive(Clone, Debug)]
pub struct Inputs<'a> {
    /// The release.
    pub release: ReleaseId,
    /// The portal's name of the department.
    pub organization: &'a str,
    /// Values a person gave, in the portal's terms.
    pub person: &'a Map<String, Value>,
    /// What stands in `release.toml`.
    pub sidecar: Option<&'a SidecarRelease>,
    /// Portal field → JSON pointer into the native metadata.
    pub mapping: &'a BTreeMap<String, String>,
    /// The source's defaults, in the portal's terms.
    pub defaults: &'a Map<String, Value>,
    /// The files, by path.
    pub members: &'a [Member],
}

/// A record, put together.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// The dataset as it shall be.
    pub dataset: DatasetDesired,
    /// Fields that are for the department itself and not for the portal.
    pub inventory: Fields,
    /// Field by field: `person`, `sidecar`, `native`, `content`, `default`, `rideau`.
    pub provenance: BTreeMap<String, &'static str>,
    /// The title, as far as known.
    pub title: Bilingual,
}

/// Puts a record together. Says nothing about whether it is complete: the target's rules do.
pub fn assemble(inputs: &Inputs<'_>) -> Assembled {
    let mut fields = Fields::new();
    let mut provenance = BTreeMap::new();
    let sidecar = inputs
        .sidecar
        .map(SidecarRelease::portal_fields)
        .unwrap_or_default();
    let layers: [(&'static str, Map<String, Value>); 6] = [
        ("person", inputs.person.clone()),
        ("sidecar", sidecar),
        ("native", from_native(inputs)),
        ("content", from_content(inputs)),
        ("default", defaults_in_portal_terms(inputs.defaults)),
        ("rideau", own_values(inputs)),
    ];
    for (origin, values) in layers {
        for (name, value) in values {
            if value.is_null() {
                continue;
            }
            match fields.get_mut(&name) {
                None => {
                    fields.insert(name.clone(), value);
                    provenance.insert(name, origin);
                }
                // A title known in one language by one origin and in the other by another: both count.
                Some(Value::Object(present)) => {
                    if let Value::Object(more) = value {
                        for (key, value) in more {
                            if !present.contains_key(&key) {
                                present.insert(key.clone(), value);
                                provenance.insert(format!("{name}-{key}"), origin);
                            }
                        }
                    }
                }
                Some(_) => {}
            }
        }
    }
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("dataset")
        .to_owned();
    fields.entry("collection".to_owned()).or_insert_with(|| {
        provenance.insert("collection".to_owned(), "rideau");
        json!(if kind == "info" {
            "publication"
        } else {
            "primary"
        })
    });
    if kind == "info" {
        // The portal's form asks these two of open information; a single document is issued once.
        for (name, value) in [
            ("issuance", "single_unit"),
            ("issuance_frequency", "irregular"),
        ] {
            fields.entry(name.to_owned()).or_insert_with(|| {
                provenance.insert(name.to_owned(), "rideau");
                json!(value)
            });
        }
    }
    let mut inventory = Fields::new();
    for name in INVENTORY_FIELDS {
        if let Some(value) = fields.remove(name) {
            inventory.insert(name.to_owned(), value);
        }
    }
    let title = Bilingual::new(
        text_at(&fields, "title_translated", "en"),
        text_at(&fields, "title_translated", "fr"),
    );
    let resources = inputs
        .members
        .iter()
        .flat_map(|member| resources_of(inputs, &kind, member))
        .collect();
    Assembled {
        dataset: DatasetDesired {
            id: inputs.release.0,
            fields,
            resources,
        },
        inventory,
        provenance,
        title,
    }
}

fn text_at(fields: &Fields, field: &str, lang: &str) -> String {
    fields
        .get(field)
        .and_then(|value| value.get(lang))
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

fn from_native(inputs: &Inputs<'_>) -> Map<String, Value> {
    let mut values = Map::new();
    for (field, pointer) in inputs.mapping {
        let found = inputs
            .members
            .iter()
            .find_map(|member| member.native.pointer(pointer))
            .filter(|value| !value.is_null() && value.as_str() != Some(""));
        if let Some(value) = found {
            values.insert(field.clone(), value.clone());
        }
    }
    values
}

/// The title of a document in the document's own language, never translated; and the period that tables cover.
fn from_content(inputs: &Inputs<'_>) -> Map<String, Value> {
    let mut titles = Map::new();
    for member in inputs.members {
        let title = member.document.get("title").and_then(Value::as_str);
        if let (Some(title), Some(lang)) =
            (title.filter(|t| !t.trim().is_empty()), language_of(member))
        {
            titles.entry(lang).or_insert_with(|| json!(title.trim()));
        }
    }
    let mut values = Map::new();
    if !titles.is_empty() {
        values.insert("title_translated".to_owned(), Value::Object(titles));
    }
    // ISO days compare as texts.
    let days = |end: &str| -> Vec<&str> {
        inputs
            .members
            .iter()
            .filter_map(|member| member.document.get("period")?.get(end)?.as_str())
            .collect()
    };
    if let Some(first) = days("start").into_iter().min() {
        values.insert("time_period_coverage_start".to_owned(), json!(first));
    }
    if let Some(last) = days("end").into_iter().max() {
        values.insert("time_period_coverage_end".to_owned(), json!(last));
    }
    let regions: std::collections::BTreeSet<&str> = inputs
        .members
        .iter()
        .filter_map(|member| member.document.get("regions")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if !regions.is_empty() {
        values.insert("geographic_region".to_owned(), json!(regions));
    }
    values
}

fn defaults_in_portal_terms(defaults: &Map<String, Value>) -> Map<String, Value> {
    SidecarRelease {
        fields: defaults.clone(),
        ..SidecarRelease::default()
    }
    .portal_fields()
}

fn own_values(inputs: &Inputs<'_>) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, value) in [
        ("type", json!("dataset")),
        ("owner_org", json!(inputs.organization)),
        ("jurisdiction", json!("federal")),
        ("license_id", json!("ca-ogl-lgo")),
        ("restrictions", json!("unrestricted")),
        // True only when it is sent: nothing is sent without an approval.
        ("imso_approval", json!("true")),
        ("ready_to_publish", json!("true")),
    ] {
        values.insert(name.to_owned(), value);
    }
    values
}

fn language_of(member: &Member) -> Option<String> {
    if let Some(lang) = language_of_name(&member.name) {
        return Some(match lang {
            Lang::En => "en".to_owned(),
            Lang::Fr => "fr".to_owned(),
        });
    }
    member
        .document
        .get("language")
        .and_then(Value::as_str)
        .filter(|lang| matches!(*lang, "en" | "fr"))
        .map(str::to_owned)
}

fn resources_of(inputs: &Inputs<'_>, record_type: &str, member: &Member) -> Vec<ResourceDesired> {
    let written = inputs
        .sidecar
        .and_then(|sidecar| sidecar.resource_of(&member.name));
    let languages: Vec<String> = match written {
        Some(resource) if !resource.language.is_empty() => resource.language.clone(),
        _ => language_of(member).into_iter().collect(),
    };
    let resource_type = written
        .and_then(|resource| resource.resource_type.clone())
        .or_else(|| (record_type == "dataset").then(|| "dataset".to_owned()));
    let stem = member
        .name
        .rsplit_once('.')
        .map_or(member.name.as_str(), |(stem, _)| stem);
    let base = written
        .and_then(|resource| resource.name.clone())
        .unwrap_or_else(|| Bilingual::same(stem));
    let tables = member
        .renditions
        .iter()
        .filter(|rendition| rendition.file.kind == RenditionKind::Csv)
        .count();
    member
        .renditions
        .iter()
        .map(|rendition| {
            let file = &rendition.file;
            let mut name = base.clone();
            if tables > 1 && !file.title.is_empty() {
                name.en = format!("{} – {}", name.en, file.title);
                name.fr = format!("{} – {}", name.fr, file.title);
            }
            let (format, suffix) = portal_format(file.kind);
            if let Some(suffix) = suffix {
                name.en = format!("{} ({})", name.en, suffix.en);
                name.fr = format!("{} ({})", name.fr, suffix.fr);
            }
            let mut fields = Fields::new();
            fields.insert(
                "name_translated".to_owned(),
                json!({"en": name.en, "fr": name.fr}),
            );
            fields.insert("format".to_owned(), json!(format));
            let kind = if file.kind == RenditionKind::TableSchema {
                Some("data_dictionary".to_owned())
            } else {
                resource_type.clone()
            };
            if let Some(kind) = kind {
                fields.insert("resource_type".to_owned(), json!(kind));
            }
            let language = file
                .language
                .clone()
                .filter(|_| written.is_none_or(|w| w.language.is_empty()));
            let languages = match language {
                Some(language) if languages.is_empty() => vec![language],
                _ => languages.clone(),
            };
            if !languages.is_empty() {
                fields.insert("language".to_owned(), json!(languages));
            }
            ResourceDesired {
                id: Uuid::new_v5(
                    &inputs.release.0,
                    format!("resource\n{}\n{}", member.native_id, file.name).as_bytes(),
                ),
                fields,
                file_name: portal_file_name(stem, &file.name),
                media_type: file.media_type.clone(),
                size_bytes: rendition.size_bytes,
                sha256: rendition.sha256.to_string(),
            }
        })
        .collect()
}

/// The portal's format code, and what tells the renditions of one file apart.
fn portal_format(kind: RenditionKind) -> (&'static str, Option<Bilingual>) {
    match kind {
        RenditionKind::Csv => ("CSV", None),
        // The portal's list has GeoParquet but not Parquet.
        RenditionKind::Parquet => ("other", Some(Bilingual::same("Parquet"))),
        RenditionKind::TableSchema => (
            "JSON",
            Some(Bilingual::new(
                "description of the columns",
                "description des colonnes",
            )),
        ),
        RenditionKind::Html => ("HTML", None),
        RenditionKind::Markdown => ("MD", Some(Bilingual::same("Markdown"))),
        RenditionKind::Pdf => ("PDF/UA", Some(Bilingual::same("PDF"))),
        RenditionKind::Epub => ("other", Some(Bilingual::same("EPUB"))),
        RenditionKind::Odt => ("ODT", Some(Bilingual::same("ODT"))),
        RenditionKind::Text => ("TXT", Some(Bilingual::new("plain text", "texte brut"))),
        RenditionKind::Asset => ("other", Some(Bilingual::new("part", "élément"))),
    }
}

/// `Annual report 2025.docx` with rendition `document.html` → `annual-report-2025-document.html`.
fn portal_file_name(stem: &str, rendition: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut slug = String::new();
    for c in stem.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)) {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        rendition.to_owned()
    } else {
        format!("{slug}-{rendition}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{RenditionFile, RenditionId, Sha256},
        record::Sidecar,
    };

    fn member(name: &str) -> Member {
        Member {
            native_id: format!("folder/{name}"),
            name: name.to_owned(),
            native: json!({"owner": "x", "category": {"title": "From native"}}),
            document: json!({"title": "Own title", "language": "en"}),
            renditions: vec![Rendition {
                id: RenditionId(Uuid::nil()),
                file: RenditionFile {
                    kind: RenditionKind::Csv,
                    name: "sheet1-1.csv".to_owned(),
                    media_type: "text/csv".to_owned(),
                    title: "Sheet1".to_owned(),
                    language: None,
                    rows: Some(3),
                },
                sha256: Sha256::of(b"a"),
                size_bytes: 1,
                converter: "table/1".to_owned(),
            }],
        }
    }

    #[test]
    fn persons_win_and_languages_meet() {
        let sidecar = Sidecar::parse(
            b"[[release]]\nfiles=['*']\ntitle.fr='Titre'\nsubject=['law']\n[[release.resource]]\nfile='*'\nname={en='N',fr='M'}\nlanguage=['fr']\n",
        )
        .unwrap();
        let person = json!({"subject": ["persons"]});
        let defaults = json!({"frequency": "P1M", "subject": ["labour"]});
        let members = [member("a.xlsx")];
        let assembled = assemble(&Inputs {
            release: release_id(source_id("s"), "g"),
            organization: "cic",
            person: person.as_object().unwrap(),
            sidecar: Some(&sidecar.release[0]),
            mapping: &BTreeMap::from([("creator".to_owned(), "/owner".to_owned())]),
            defaults: defaults.as_object().unwrap(),
            members: &members,
        });
        let fields = &assembled.dataset.fields;
        assert_eq!(fields["subject"], json!(["persons"]));
        assert_eq!(fields["frequency"], "P1M");
        assert_eq!(fields["creator"], "x");
        assert_eq!(fields["collection"], "primary");
        assert_eq!(assembled.title, Bilingual::new("Own title", "Titre"));
        assert_eq!(assembled.provenance["subject"], "person");
        assert_eq!(assembled.provenance["title_translated"], "sidecar");
        assert_eq!(assembled.provenance["title_translated-en"], "content");
        let resource = &assembled.dataset.resources[0];
        assert_eq!(resource.file_name, "a-sheet1-1.csv");
        assert_eq!(resource.fields["language"], json!(["fr"]));
        assert_eq!(resource.fields["name_translated"]["en"], "N");
    }

    #[test]
    fn periods_and_places_of_all_members_meet() {
        let mut members = [member("a_en.csv"), member("b_en.csv"), member("c_en.csv")];
        members[0].document =
            json!({"period": {"start": "2019-01-01", "end": "2020-12-31"}, "regions": ["35"]});
        members[1].document = json!({"period": {"start": "2018-06-01", "end": "2018-06-30"}, "regions": ["24", "35"]});
        let sidecar =
            Sidecar::parse(b"[[release]]\nfiles=['*']\ntime_period_coverage_end=2021-03-31\n")
                .unwrap();
        let assembled = assemble(&Inputs {
            release: release_id(source_id("s"), "g"),
            organization: "cic",
            person: &Map::new(),
            sidecar: Some(&sidecar.release[0]),
            mapping: &BTreeMap::new(),
            defaults: &Map::new(),
            members: &members,
        });
        let fields = &assembled.dataset.fields;
        assert_eq!(fields["time_period_coverage_start"], "2018-06-01");
        assert_eq!(fields["time_period_coverage_end"], "2021-03-31");
        assert_eq!(fields["geographic_region"], json!(["24", "35"]));
        let provenance = &assembled.provenance;
        assert_eq!(provenance["geographic_region"], "content");
        assert_eq!(provenance["time_period_coverage_start"], "content");
        assert_eq!(provenance["time_period_coverage_end"], "sidecar");
    }

    #[test]
    fn ids_do_not_depend_on_titles_or_order() {
        assert_eq!(
            release_id(source_id("s"), "g"),
            release_id(source_id("s"), "g")
        );
        assert_ne!(
            release_id(source_id("s"), "g"),
            release_id(source_id("t"), "g")
        );
        assert_eq!(
            portal_file_name("Données ouvertes – 2025", "t.csv"),
            "donnees-ouvertes-2025-t.csv"
        );
        assert_eq!(portal_file_name("日本", "t.csv"), "t.csv");
    }
}
