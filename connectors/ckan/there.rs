//! A dataset as the portal shows it, read into our terms.
//!
//! Whether the public can see a record is told by two things: the registry's own `ready_to_publish`, and the package extra
//! `rideau_state`, which the registry keeps and strips from the public copy:
//!
//! | `ready_to_publish` | `rideau_state` | state |
//! |---|---|---|
//! | `true` | none, `withdrawn` | published |
//! | any | `held` | published: our part is done, a person on the portal says when (shown as `ready_to_publish: "false"`) |
//! | `false` | `withdrawn` | withdrawn |
//! | `false` | none | draft: half-done, or taken back by hand |
//! | (record deleted) | any | withdrawn |
//!
//! Rule that must hold: what is not ours (other extras, other fields) is kept as it is.

use std::collections::BTreeMap;

use rideau_domain::bilingual;
use serde_json::{Value, json};
use uuid::Uuid;

use super::registry::{canonical_fields, canonical_resource};
use crate::{DatasetSeen, Fields, Journal, PortError, PublicState, ResourceSeen};

/// The extra that keeps the source's id.
pub(super) const SOURCE_ID: &str = "source_id";
/// The extra that keeps what we did with the record.
const STATE: &str = "rideau_state";
/// The extra that keeps why it was withdrawn.
const REASON: &str = "rideau_reason";
const HELD: &str = "held";
const WITHDRAWN: &str = "withdrawn";

/// A dataset as it is on the portal now.
#[derive(Clone, Debug)]
pub(super) struct There {
    pub(super) seen: DatasetSeen,
    pub(super) deleted: bool,
    /// File names, as they stand in the download addresses.
    pub(super) files: BTreeMap<Uuid, String>,
    extras: BTreeMap<String, Value>,
}

/// What our part of the extras shall say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing: a draft, or public.
    None,
    /// Complete; a person on the portal says when.
    Held,
    /// Taken back.
    Withdrawn(String),
}

impl There {
    /// Reads the answer of `package_show`.
    pub(super) async fn read(
        dataset: Uuid,
        shown: &Value,
        journal: &dyn Journal,
    ) -> Result<Self, PortError> {
        let unreadable = || {
            PortError::temporary(
                "no_answer",
                bilingual!(
                    "The portal shows dataset {dataset} in a form that cannot be read.",
                    "Le portail montre le jeu de données {dataset} sous une forme illisible."
                ),
            )
        };
        let shown = shown.as_object().ok_or_else(unreadable)?;
        if shown.get("id").and_then(Value::as_str) != Some(dataset.to_string().as_str()) {
            return Err(unreadable());
        }
        let extras: BTreeMap<String, Value> = shown
            .get("extras")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| {
                Some((
                    one.get("key")?.as_str()?.to_owned(),
                    one.get("value")?.clone(),
                ))
            })
            .collect();
        let mut raw: Fields = shown
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "ready_to_publish" | SOURCE_ID))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // The portal answers with the organization's id; we say its name.
        if let Some(name) = shown.get("organization").and_then(|o| o.get("name")) {
            raw.insert("owner_org".to_owned(), name.clone());
        }
        if let Some(id) = extras.get(SOURCE_ID) {
            raw.insert(SOURCE_ID.to_owned(), id.clone());
        }
        let deleted = shown.get("state").and_then(Value::as_str) == Some("deleted");
        let ready = shown.get("ready_to_publish").and_then(Value::as_str) == Some("true");
        let mark = extras
            .get(STATE)
            .and_then(Value::as_str)
            .unwrap_or_default();
        if mark == HELD {
            raw.insert("ready_to_publish".to_owned(), json!("false"));
        }
        let state = match (deleted, ready, mark) {
            (true, _, _) | (false, false, WITHDRAWN) => PublicState::Withdrawn,
            (false, true, _) | (false, _, HELD) => PublicState::Published,
            (false, false, _) => PublicState::Draft,
        };
        let mut resources = Vec::new();
        let mut files = BTreeMap::new();
        for resource in shown
            .get("resources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let (Some(resource), Some(id)) = (
                resource.as_object(),
                resource
                    .get("id")
                    .and_then(Value::as_str)
                    .and_then(|id| id.parse::<Uuid>().ok()),
            ) else {
                // Not one of ours, and not one that a plan could name.
                continue;
            };
            let fields: Fields = resource
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect();
            let url = resource
                .get("url")
                .and_then(Value::as_str)
                .unwrap_or_default();
            files.insert(id, url.rsplit('/').next().unwrap_or_default().to_owned());
            resources.push(ResourceSeen {
                id,
                fields: canonical_resource(&fields),
                sha256: journal.known_sha256(id).await?,
                size_bytes: resource.get("size").and_then(Value::as_u64),
            });
        }
        Ok(Self {
            seen: DatasetSeen {
                id: dataset,
                state,
                fields: canonical_fields(&raw),
                resources,
                revision: shown
                    .get("metadata_modified")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            },
            deleted,
            files,
            extras,
        })
    }

    /// A table that is not in the DataStore is not there as wanted: its file counts as unknown, and is looked at again.
    pub(super) fn doubt_unloaded(&mut self, shown: &Value) {
        let unloaded: Vec<Uuid> = shown
            .get("resources")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter(|one| one.get("format").and_then(Value::as_str) == Some("CSV"))
            .filter(|one| one.get("datastore_active") == Some(&json!(false)))
            .filter(|one| one.get("size").and_then(Value::as_u64) != Some(0))
            .filter_map(|one| one.get("id")?.as_str()?.parse().ok())
            .collect();
        for resource in &mut self.seen.resources {
            if unloaded.contains(&resource.id) {
                resource.sha256 = None;
            }
        }
    }

    pub(super) fn resource(&self, id: Uuid) -> Option<&ResourceSeen> {
        self.seen.resources.iter().find(|r| r.id == id)
    }

    /// The extras with our part set; those of others stay.
    pub(super) fn extras_with(&self, source_id: Option<&Value>, mark: &Mark) -> Value {
        extras(self.extras.clone(), source_id, mark)
    }

    /// Our mark as it is.
    pub(super) fn mark(&self) -> Mark {
        match self.extras.get(STATE).and_then(Value::as_str) {
            Some(HELD) => Mark::Held,
            Some(WITHDRAWN) => Mark::Withdrawn(
                self.extras
                    .get(REASON)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            ),
            _ => Mark::None,
        }
    }
}

/// The extras of a new dataset.
pub(super) fn first_extras(source_id: Option<&Value>) -> Value {
    extras(BTreeMap::new(), source_id, &Mark::None)
}

fn extras(mut all: BTreeMap<String, Value>, source_id: Option<&Value>, mark: &Mark) -> Value {
    for ours in [SOURCE_ID, STATE, REASON] {
        all.remove(ours);
    }
    if let Some(id) = source_id {
        all.insert(SOURCE_ID.to_owned(), id.clone());
    }
    match mark {
        Mark::None => {}
        Mark::Held => {
            all.insert(STATE.to_owned(), json!(HELD));
        }
        Mark::Withdrawn(reason) => {
            all.insert(STATE.to_owned(), json!(WITHDRAWN));
            if !reason.is_empty() {
                all.insert(REASON.to_owned(), json!(reason));
            }
        }
    }
    all.into_iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}
