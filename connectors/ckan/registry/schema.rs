//! The registry's fields and values, as data.

use std::{collections::BTreeMap, sync::LazyLock};

use rideau_domain::Bilingual;
use serde::Deserialize;

use super::Choice;

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Free text.
    Text,
    /// The organization's name on the portal.
    Organization,
    /// A text in each language.
    Bilingual,
    /// A list of words in each language.
    Keywords,
    /// A day.
    Day,
    /// A day that is not in the future once the record is ready.
    PastDay,
    /// One value of a list.
    Choice,
    /// Some values of a list, shown in the order of the list.
    Choices,
    /// As `Choices`; "no linguistic content" stands alone.
    Languages,
    /// An e-mail address.
    Email,
    /// A GeoJSON geometry, sent as text.
    Geojson,
    /// A list of entries that have fields of their own.
    Group,
}

#[derive(Debug, Deserialize)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    #[serde(default)]
    pub(super) required: bool,
    list: Option<String>,
    #[serde(default)]
    pub(super) fields: Vec<Field>,
    /// The record types whose resources have this field; empty for all.
    #[serde(default)]
    pub(super) only: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RecordType {
    /// Language codes that stand in for a language (machine translation).
    pub(super) alternates: BTreeMap<String, Vec<String>>,
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
struct Value {
    #[serde(rename = "value")]
    code: String,
    en: Option<String>,
    fr: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Registry {
    labels: BTreeMap<String, Bilingual>,
    types: BTreeMap<String, RecordType>,
    pub(super) resource: Vec<Field>,
    lists: BTreeMap<String, Vec<Value>>,
}

/// The embedded data.
pub(super) fn registry() -> &'static Registry {
    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
        serde_json::from_str(include_str!("registry.json"))
            .expect("registry.json is checked by a test")
    });
    &REGISTRY
}

impl Registry {
    /// The fields of a record type. `None` for a type that the registry does not have.
    pub(super) fn record_type(&self, name: &str) -> Option<&RecordType> {
        self.types.get(name)
    }

    pub(super) fn type_names(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(String::as_str)
    }

    pub(super) fn label(&self, field: &str) -> Bilingual {
        match field {
            "type" => Bilingual::new("Kind of record", "Genre d’enregistrement"),
            "ready_to_publish" => Bilingual::new("Ready to publish", "Prêt à publier"),
            "source_id" => Bilingual::new("Id in the source", "Identifiant dans la source"),
            _ => self
                .labels
                .get(field)
                .cloned()
                .unwrap_or_else(|| Bilingual::same(field)),
        }
    }

    pub(super) fn choices(&self, record_type: &str, field: &str) -> Vec<Choice> {
        let own = self
            .types
            .get(record_type)
            .map(|t| t.fields.as_slice())
            .unwrap_or_default();
        own.iter()
            .chain(&self.resource)
            .find(|f| f.name == field)
            .map(|f| {
                self.values(f)
                    .map(|value| Choice {
                        value: value.code.clone(),
                        label: label_of(value),
                    })
                    .collect()
            })
            .unwrap_or_default()
    }

    fn values(&self, field: &Field) -> impl Iterator<Item = &Value> {
        field
            .list
            .as_ref()
            .and_then(|list| self.lists.get(list))
            .into_iter()
            .flatten()
    }

    /// The values of a field, in order.
    pub(super) fn allowed(&self, field: &Field) -> Vec<&str> {
        self.values(field).map(|v| v.code.as_str()).collect()
    }

    /// The value whose label a person wrote instead.
    pub(super) fn by_label(&self, field: &Field, written: &str) -> Option<&str> {
        let written = written.trim().to_lowercase();
        self.values(field)
            .find(|v| {
                v.code.to_lowercase() == written
                    || [&v.en, &v.fr]
                        .into_iter()
                        .flatten()
                        .any(|label| label.to_lowercase() == written)
            })
            .map(|v| v.code.as_str())
    }

    /// The label of a value.
    pub(super) fn value_label(&self, field: &Field, value: &str) -> Bilingual {
        self.values(field)
            .find(|v| v.code == value)
            .map_or_else(|| Bilingual::same(value), label_of)
    }
}

fn label_of(value: &Value) -> Bilingual {
    Bilingual::new(
        value.en.as_ref().unwrap_or(&value.code),
        value.fr.as_ref().unwrap_or(&value.code),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_whole() {
        fn walk(registry: &Registry, fields: &[Field]) {
            for field in fields {
                let listed = matches!(field.kind, Kind::Choice | Kind::Choices | Kind::Languages);
                assert_eq!(
                    listed,
                    !registry.allowed(field).is_empty(),
                    "{}",
                    field.name
                );
                assert_eq!(field.kind == Kind::Group, !field.fields.is_empty());
                assert!(registry.labels.contains_key(&field.name), "{}", field.name);
                walk(registry, &field.fields);
            }
        }
        let registry = registry();
        assert_eq!(
            registry.type_names().collect::<Vec<_>>(),
            ["dataset", "info"]
        );
        for one in registry.types.values() {
            walk(registry, &one.fields);
        }
        walk(registry, &registry.resource);
        for (field, label) in &registry.labels {
            assert_ne!(field, &label.en, "a label is missing");
        }
        for (name, values) in &registry.lists {
            if !matches!(name.as_str(), "region" | "format" | "character_set") {
                assert!(
                    values.iter().all(|v| v.en.is_some() && v.fr.is_some()),
                    "{name}"
                );
            }
        }
    }
}
