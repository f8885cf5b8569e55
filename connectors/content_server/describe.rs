//! What a site is like, for the person who configures the source: version, clock, modules, clearance levels, categories in use, and
//! which record fields their attributes seem meant for.
//!
//! Rule that must hold: everything here is a proposal. Nothing of it takes effect unless a person writes it into the
//! configuration, by ids: names are translated and renamed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rideau_domain::{Bilingual, SecurityLevel, bilingual};
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::{
    check::offset_minutes,
    client::Failure,
    deep, list,
    modules::Module,
    node::{Node, all, data, flag},
    problem,
    site::Site,
};
use crate::{AttributeDoc, CategoryDoc, Description, PortError};

/// Containers that are looked through for categories.
const MOST_CONTAINERS: usize = 100;
/// Pages of each.
const MOST_PAGES: u64 = 5;

/// Names of attributes, in lower case and without accents, and the record field that they seem meant for.
const FIELDS: &[(&str, &[&str])] = &[
    (
        "title_translated",
        &["title", "titre", "document title", "titre du document"],
    ),
    (
        "notes_translated",
        &["description", "abstract", "summary", "resume", "sommaire"],
    ),
    ("subject", &["subject", "subjects", "sujet", "sujets"]),
    (
        "keywords",
        &["keyword", "keywords", "mot cle", "mots cles", "mots clefs"],
    ),
    ("creator", &["creator", "author", "createur", "auteur"]),
    (
        "contributor",
        &["contributor", "collaborateur", "contributeur"],
    ),
    (
        "audience",
        &["audience", "public", "public cible", "auditoire"],
    ),
    (
        "frequency",
        &[
            "frequency",
            "update frequency",
            "frequence",
            "frequence de mise a jour",
        ],
    ),
    ("language", &["language", "langue"]),
    (
        "date_published",
        &[
            "date published",
            "publication date",
            "release date",
            "date de publication",
            "date de diffusion",
        ],
    ),
    (
        "date_created",
        &["date created", "creation date", "date de creation"],
    ),
    (
        "time_period_coverage_start",
        &["start date", "coverage start", "date de debut"],
    ),
    (
        "time_period_coverage_end",
        &["end date", "coverage end", "date de fin"],
    ),
    (
        "maintainer_email",
        &["contact email", "maintainer email", "courriel de contact"],
    ),
    (
        "geographic_region",
        &["geographic region", "region", "region geographique"],
    ),
    (
        "topic_category",
        &["topic", "topic category", "theme", "categorie thematique"],
    ),
    (
        "org_section",
        &["section", "branch", "direction generale", "direction"],
    ),
    ("isbn", &["isbn"]),
    ("issn", &["issn"]),
    (
        "digital_object_identifier",
        &["doi", "digital object identifier"],
    ),
    (
        "unique_identifier",
        &["unique identifier", "identifiant unique"],
    ),
];

/// Fields with a text in each language.
const BILINGUAL: &[&str] = &[
    "title_translated",
    "notes_translated",
    "keywords",
    "contributor",
    "org_section",
];

/// Describes the site and what is below the watched folders.
pub(super) async fn describe(site: &Site) -> Result<Description, PortError> {
    let server = site.server().await.map_err(|failure| site.told(failure))?;
    let (levels, levels_told) = match site.clearance_levels().await {
        Ok(levels) => (levels, true),
        Err(Failure::Refused(_)) => (BTreeMap::new(), false),
        Err(Failure::Port(error)) => return Err(error),
    };
    let found = look(site).await?;
    let mut lines = vec![
        (
            bilingual!("Server", "Serveur"),
            site.client.host().to_owned(),
        ),
        (bilingual!("Version", "Version"), server.version.clone()),
        (
            bilingual!(
                "Minutes from UTC (`utc_offset_minutes`)",
                "Minutes d’écart avec l’heure UTC (`utc_offset_minutes`)"
            ),
            offset_minutes(&server).map_or_else(|| "?".to_owned(), |minutes| minutes.to_string()),
        ),
    ];
    for module in Module::ALL {
        let told = match module {
            Module::Clearance if levels_told => Some(true),
            other => site.modules.present(other),
        };
        let word = match told {
            Some(true) => "yes / oui",
            Some(false) => "no / non",
            None => "?",
        };
        lines.push((label(module), word.to_owned()));
    }
    if let Some((number, name)) = levels.last_key_value() {
        lines.push((
            bilingual!(
                "Highest clearance that the account sees",
                "Cote la plus haute que le compte voit"
            ),
            format!("{number} {name}"),
        ));
    }
    lines.push((
        bilingual!("Folders looked through", "Dossiers parcourus"),
        found.containers.to_string(),
    ));
    Ok(Description {
        lines,
        categories: found
            .categories
            .into_values()
            .map(Found::document)
            .collect(),
        clearances: levels
            .into_iter()
            .map(|(number, name)| {
                let ours = guess_level(&name).map(|level| level.as_str().to_owned());
                (number.to_string(), name, ours)
            })
            .collect(),
    })
}

fn label(module: Module) -> Bilingual {
    match module {
        Module::Records => bilingual!("Records management", "Gestion des documents"),
        Module::Holds => bilingual!("Holds", "Suspensions"),
        Module::Classifications => bilingual!("Classifications", "Classifications"),
        Module::Clearance => bilingual!("Security clearance", "Cote de sécurité"),
    }
}

/// What was found below the watched folders.
#[derive(Default)]
struct Survey {
    containers: usize,
    categories: BTreeMap<u64, Found>,
}

/// A category that is in use.
#[derive(Default)]
struct Found {
    id: u64,
    name: String,
    records: u64,
    attributes: BTreeMap<Vec<u64>, Attribute>,
}

struct Attribute {
    key: String,
    name: String,
    type_name: String,
    several: bool,
    /// Whether its values come in each language too.
    multilingual: bool,
}

async fn look(site: &Site) -> Result<Survey, PortError> {
    let mut survey = Survey::default();
    let mut queue: VecDeque<u64> = site.options.roots.iter().copied().collect();
    let mut seen: BTreeSet<u64> = queue.iter().copied().collect();
    let mut sample = None;
    while let Some(id) = queue.pop_front() {
        if survey.containers >= MOST_CONTAINERS {
            break;
        }
        let root = site.options.roots.contains(&id);
        let mut number = 1;
        loop {
            let fields = ["properties", "categories"];
            let page = match list::page(site, id, false, "asc_name", number, &fields, true).await {
                Ok(page) => page,
                Err(Failure::Refused(_)) if root => return Err(problem::root_missing(id)),
                // A folder that is not shown: the others tell enough.
                Err(Failure::Refused(_)) => break,
                Err(Failure::Port(error)) => return Err(error),
            };
            for result in &page.results {
                let node =
                    data(result).and_then(|data| Node::of(data, site.options.utc_offset_minutes));
                let Some(node) = node else { continue };
                let role = node.role();
                if role.container && seen.insert(node.id) {
                    queue.push_back(node.id);
                }
                if role.item {
                    sample.get_or_insert(node.id);
                    count(result, &mut survey.categories);
                }
            }
            if number >= page.pages.min(MOST_PAGES) {
                break;
            }
            number += 1;
        }
        survey.containers += 1;
    }
    // One record read in full tells which modules answer.
    if let Some(id) = sample {
        deep::read(site, id).await?;
    }
    Ok(survey)
}

/// Counts the categories of one record.
fn count(result: &Map<String, Value>, categories: &mut BTreeMap<u64, Found>) {
    let values: Vec<&Map<String, Value>> = data(result)
        .and_then(|data| data.get("categories"))
        .map(all)
        .unwrap_or_default();
    let about: Vec<&Map<String, Value>> = result
        .get("metadata")
        .and_then(|metadata| metadata.get("categories"))
        .map(all)
        .unwrap_or_default();
    let has = |key: &str| values.iter().any(|values| values.contains_key(key));
    let mut here = BTreeSet::new();
    for key in values.iter().flat_map(|values| values.keys()) {
        if let Some(id) = category_of(key) {
            here.insert(id);
        }
    }
    for id in here {
        let found = categories.entry(id).or_default();
        found.id = id;
        found.records += 1;
    }
    for (key, about) in about.iter().flat_map(|about| about.iter()) {
        let Some(id) = category_of(key) else { continue };
        let found = categories.entry(id).or_default();
        found.id = id;
        let text = |name: &str| {
            about
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        if !key.contains('_') {
            found.name = text("name");
        } else if text("persona") != "set" && !key.ends_with("_multilingual") {
            // In a set, the first row stands for all.
            let written = key.replace("_x_", "_1_");
            let multilingual = has(&format!("{written}_multilingual"));
            let attribute = found
                .attributes
                .entry(order_of(&written))
                .or_insert_with(|| Attribute {
                    key: written.clone(),
                    name: text("name"),
                    type_name: text("type_name"),
                    several: about.get("multi_value").is_some_and(flag),
                    multilingual,
                });
            attribute.multilingual |= multilingual;
        }
    }
}

fn category_of(key: &str) -> Option<u64> {
    key.split('_').next()?.parse().ok()
}

fn order_of(key: &str) -> Vec<u64> {
    key.split('_')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

impl Found {
    fn document(self) -> CategoryDoc {
        let attributes = self
            .attributes
            .into_values()
            .map(|attribute| {
                let proposal = propose(&attribute.name);
                let both = attribute.multilingual
                    && proposal.is_some_and(|field| BILINGUAL.contains(&field));
                let tail = if both { "_multilingual" } else { "" };
                AttributeDoc {
                    pointer: format!("/categories/{}{tail}", attribute.key),
                    key: attribute.key,
                    name: attribute.name,
                    type_name: attribute.type_name,
                    several: attribute.several,
                    proposal: proposal.map(str::to_owned),
                }
            })
            .collect();
        CategoryDoc {
            id: self.id.to_string(),
            name: self.name,
            records: self.records,
            attributes,
        }
    }
}

/// Lower case, without accents, with single spaces.
fn plain(name: &str) -> String {
    let letters: String = name
        .nfd()
        .filter(char::is_ascii)
        .map(|one| {
            if one.is_ascii_alphanumeric() {
                one.to_ascii_lowercase()
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<&str> = letters.split_whitespace().collect();
    words.join(" ")
}

/// The record field that an attribute of this name seems meant for.
fn propose(name: &str) -> Option<&'static str> {
    // Names may be in both languages: "Title / Titre".
    name.split(['/', '|']).find_map(|part| {
        let part = plain(part);
        FIELDS
            .iter()
            .find(|(_, names)| names.contains(&part.as_str()))
            .map(|(field, _)| *field)
    })
}

/// Our level that a clearance of this name seems to be.
fn guess_level(name: &str) -> Option<SecurityLevel> {
    name.split(['/', '|']).find_map(|part| {
        Some(match plain(part).as_str() {
            "unclassified" | "non classifie" | "sans classification" => SecurityLevel::Unclassified,
            "protected a" | "protege a" => SecurityLevel::ProtectedA,
            "protected b" | "protege b" => SecurityLevel::ProtectedB,
            "protected c" | "protege c" => SecurityLevel::ProtectedC,
            "confidential" | "confidentiel" => SecurityLevel::Confidential,
            "secret" => SecurityLevel::Secret,
            "top secret" | "tres secret" => SecurityLevel::TopSecret,
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_in_both_languages() {
        let check = |name: &str, field: Option<&str>| assert_eq!(propose(name), field, "{name}");
        check("Title / Titre", Some("title_translated"));
        check("Mots-clés", Some("keywords"));
        check("Créateur", Some("creator"));
        check("Release date", Some("date_published"));
        check("Titles of nobility", None);
        check("", None);
    }

    #[test]
    fn levels_by_name() {
        let check = |name: &str, level: Option<SecurityLevel>| {
            assert_eq!(guess_level(name), level, "{name}");
        };
        check("PROTECTED B", Some(SecurityLevel::ProtectedB));
        check("Protégé B / Protected B", Some(SecurityLevel::ProtectedB));
        check("TRÈS SECRET", Some(SecurityLevel::TopSecret));
        check("Level 3", None);
    }

    #[test]
    fn a_category_with_a_set() {
        let result = json!({
            "data": {"categories": [{"7_2": "a", "7_2_multilingual": {"en": "a", "fr": ""}, "7_3_1_5": "b"}]},
            "metadata": {"categories": [{
                "7": {"name": "Release", "persona": "category"},
                "7_2": {"name": "Title", "type_name": "String", "persona": "categoryattribute"},
                "7_3": {"name": "Contacts", "type_name": "Assoc", "persona": "set"},
                "7_3_x_5": {"name": "Name", "type_name": "String", "multi_value": true},
            }]},
        });
        let mut categories = BTreeMap::new();
        count(result.as_object().unwrap(), &mut categories);
        let doc = categories.remove(&7).unwrap().document();
        assert_eq!((doc.name.as_str(), doc.records), ("Release", 1));
        let pointers: Vec<_> = doc
            .attributes
            .iter()
            .map(|one| one.pointer.as_str())
            .collect();
        assert_eq!(
            pointers,
            ["/categories/7_2_multilingual", "/categories/7_3_1_5"]
        );
        assert!(doc.attributes[1].several);
    }
}
