//! The port to a place where releases become public.
//!
//! A target is told the desired state of whole datasets; what must change is worked out once, by
//! [`difference`], so that every target plans alike. Rule that must hold: [`Target::apply`] does what the plan says
//! and decides nothing; doing it twice equals doing it once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use rideau_domain::Bilingual;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{CheckLine, InventoryPlan, PortError};

/// Fields in the portal's own terms, in canonical form.
pub type Fields = BTreeMap<String, serde_json::Value>;

/// A resource as it shall be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceDesired {
    /// Derived from the release and the rendition's name, so that it never changes.
    pub id: Uuid,
    /// Name in both languages, type, language, format …
    pub fields: Fields,
    /// File name on the portal.
    pub file_name: String,
    /// Media type.
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the content, in hex.
    pub sha256: String,
}

/// A dataset as it shall be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetDesired {
    /// The release's id.
    pub id: Uuid,
    /// Metadata.
    pub fields: Fields,
    /// Resources, in order.
    pub resources: Vec<ResourceDesired>,
}

/// Whether the public can see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicState {
    /// There, but not public (half-done, or held).
    Draft,
    /// Public.
    Published,
    /// Taken back.
    Withdrawn,
}

/// A resource as the target has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceSeen {
    /// Its id.
    pub id: Uuid,
    /// The fields we manage, in canonical form.
    pub fields: Fields,
    /// SHA-256 of the content, where the target can tell without downloading it; else from our own journal.
    pub sha256: Option<String>,
    /// Size in bytes, where known.
    pub size_bytes: Option<u64>,
}

/// A dataset as the target has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetSeen {
    /// Its id.
    pub id: Uuid,
    /// Whether the public can see it.
    pub state: PublicState,
    /// The fields we manage, in canonical form.
    pub fields: Fields,
    /// Resources, in order.
    pub resources: Vec<ResourceSeen>,
    /// The target's own change mark (CKAN: `metadata_modified`), used as a lock.
    pub revision: Option<String>,
}

/// One field, old and new.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name on the portal.
    pub field: String,
    /// Its value there; `null` when absent.
    pub old: serde_json::Value,
    /// Its value after.
    pub new: serde_json::Value,
}

/// One change to one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The dataset comes to be (not yet public).
    CreateDataset,
    /// Metadata changes.
    SetFields {
        /// Field by field.
        fields: Vec<FieldChange>,
    },
    /// A resource comes to be, with its content.
    AddResource {
        /// Which.
        resource: Uuid,
        /// File name.
        file_name: String,
        /// Bytes to send.
        size_bytes: u64,
    },
    /// A resource gets new content.
    ReplaceContent {
        /// Which.
        resource: Uuid,
        /// File name.
        file_name: String,
        /// SHA-256 of what is there, where known.
        old: Option<String>,
        /// SHA-256 of what comes.
        new: String,
        /// Bytes to send.
        size_bytes: u64,
    },
    /// A resource's metadata changes.
    SetResourceFields {
        /// Which.
        resource: Uuid,
        /// Field by field.
        fields: Vec<FieldChange>,
    },
    /// A resource goes.
    RemoveResource {
        /// Which.
        resource: Uuid,
    },
    /// The dataset becomes public: always the last change.
    Publish,
    /// The dataset is taken back from the public.
    Withdraw {
        /// Why, for the public record and the log.
        reason: Bilingual,
    },
}

/// Everything that shall happen to one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetPlan {
    /// Which dataset.
    pub dataset: Uuid,
    /// What the target had when the plan was made; a target that has moved on refuses with `drifted` (needs a person: plan again).
    pub before: Option<DatasetSeen>,
    /// The state after; `None` for a withdrawal.
    pub after: Option<DatasetDesired>,
    /// The changes in the order they are made.
    pub changes: Vec<Change>,
}

/// Something wrong with a record, found before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field, in the portal's terms: `title_translated-fr`.
    pub field: String,
    /// A stable word: `missing`, `not_allowed`, `wrong_type`, `in_future`.
    pub code: String,
    /// In the steward's words: what is missing or wrong and what would be right.
    pub message: Bilingual,
}

/// What `apply` did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Requests or files written. Zero when there was nothing to do.
    pub writes: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Public address of the dataset, where the target has one.
    pub address: Option<String>,
}

/// Gives a target the bytes to publish.
#[async_trait]
pub trait ContentStore: Send + Sync {
    /// Opens a blob by the hex SHA-256 of its content.
    async fn open(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError>;
}

/// Remembers what was done for a plan, so that one that was cut off goes on where it stopped, and keeps our own
/// checksums of what a target holds.
#[async_trait]
pub trait Journal: Send + Sync {
    /// True when this step of this plan was recorded as done.
    async fn is_done(&self, step: &str) -> Result<bool, PortError>;

    /// Records a step as done, with what is worth keeping (never secrets).
    async fn done(&self, step: &str, detail: &serde_json::Value) -> Result<(), PortError>;

    /// The SHA-256 that we last uploaded and verified for a resource.
    async fn known_sha256(&self, resource: Uuid) -> Result<Option<String>, PortError>;

    /// Records the SHA-256 of a resource's content as uploaded and verified.
    async fn remember_sha256(&self, resource: Uuid, sha256: &str) -> Result<(), PortError>;
}

/// A place where releases become public.
#[async_trait]
pub trait Target: Send + Sync {
    /// The kind, as written in configuration: `ckan`, `catalogue`.
    fn kind(&self) -> &'static str;

    /// Tries the real thing: can I reach it, who am I, may I create.
    async fn check(&self) -> Vec<CheckLine>;

    /// Says all that is wrong with a dataset, by the target's own rules, before anything is sent.
    /// `today` is the day in the department's time zone.
    fn validate(&self, dataset: &DatasetDesired, today: chrono::NaiveDate) -> Vec<FieldProblem>;

    /// The canonical form in which the target would show this dataset: values it adds, drops or rewrites.
    fn canonical(&self, dataset: DatasetDesired) -> DatasetDesired;

    /// Reads a dataset back, in canonical form. `None` when it does not exist.
    async fn observe(
        &self,
        dataset: Uuid,
        journal: &dyn Journal,
    ) -> Result<Option<DatasetSeen>, PortError>;

    /// Reads a resource's content back as the public gets it, and says whether it is the one asked for. `None` where
    /// [`Target::observe`] has established that already.
    async fn same_content(
        &self,
        _dataset: Uuid,
        _resource: &ResourceDesired,
        _journal: &dyn Journal,
    ) -> Result<Option<bool>, PortError> {
        Ok(None)
    }

    /// Executes one dataset's plan. Steps that the journal has as done are not repeated; steps of unknown outcome are
    /// read back first. Ends with reading everything back and comparing, content included.
    async fn apply(
        &self,
        plan: &DatasetPlan,
        content: &dyn ContentStore,
        journal: &dyn Journal,
    ) -> Result<Applied, PortError>;

    /// True when what `apply` did becomes public only at the next [`Target::finish`].
    fn publishes_on_finish(&self) -> bool {
        false
    }

    /// Called once after a batch of `apply`, never beside one: the moment for a static target to rebuild its index and switch.
    async fn finish(&self) -> Result<Applied, PortError> {
        Ok(Applied::default())
    }

    /// Whether the place bears the mark that the first `apply` left there. `None` where a place cannot be taken for another.
    async fn is_marked(&self) -> Result<Option<bool>, PortError> {
        Ok(None)
    }

    /// Whether the department's data inventory is kept there as well.
    fn keeps_inventory(&self) -> bool {
        false
    }

    /// Works out what must change so that these rows stand in the inventory there. `None` where none is kept.
    async fn plan_inventory(&self, _rows: &[Fields]) -> Result<Option<InventoryPlan>, PortError> {
        Ok(None)
    }

    /// Writes what a plan says, and reads it back. Doing it twice equals doing it once.
    async fn apply_inventory(&self, _plan: &InventoryPlan) -> Result<Applied, PortError> {
        Ok(Applied::default())
    }
}

/// What must change so that `seen` becomes `desired` (already in canonical form). Empty when equal.
pub fn difference(desired: &DatasetDesired, seen: Option<&DatasetSeen>) -> Vec<Change> {
    let mut changes = Vec::new();
    match seen {
        None => changes.push(Change::CreateDataset),
        Some(seen) => {
            let fields = field_changes(&desired.fields, &seen.fields);
            if !fields.is_empty() {
                changes.push(Change::SetFields { fields });
            }
        }
    }
    for resource in &desired.resources {
        let there = seen.and_then(|seen| seen.resources.iter().find(|r| r.id == resource.id));
        match there {
            None => changes.push(Change::AddResource {
                resource: resource.id,
                file_name: resource.file_name.clone(),
                size_bytes: resource.size_bytes,
            }),
            Some(there) => {
                if there.sha256.as_deref() != Some(resource.sha256.as_str()) {
                    changes.push(Change::ReplaceContent {
                        resource: resource.id,
                        file_name: resource.file_name.clone(),
                        old: there.sha256.clone(),
                        new: resource.sha256.clone(),
                        size_bytes: resource.size_bytes,
                    });
                }
                let fields = field_changes(&resource.fields, &there.fields);
                if !fields.is_empty() {
                    changes.push(Change::SetResourceFields {
                        resource: resource.id,
                        fields,
                    });
                }
            }
        }
    }
    for there in seen
        .map(|seen| seen.resources.as_slice())
        .unwrap_or_default()
    {
        if !desired.resources.iter().any(|r| r.id == there.id) {
            changes.push(Change::RemoveResource { resource: there.id });
        }
    }
    if seen.is_none_or(|seen| seen.state != PublicState::Published) {
        changes.push(Change::Publish);
    }
    changes
}

/// `desired`, but keeping what people changed on the target since `sent` was sent, where nothing new is to be said about the
/// field. Only the dataset's own fields: files are always ours.
pub fn keep_edits(
    mut desired: DatasetDesired,
    sent: &DatasetDesired,
    seen: &DatasetSeen,
) -> DatasetDesired {
    for edit in field_changes(&seen.fields, &sent.fields) {
        let ours = desired.fields.get(&edit.field).cloned().unwrap_or_default();
        if ours != edit.old {
            // Changed here as well: what was approved here wins, and the plan shows both.
            continue;
        }
        if edit.new.is_null() {
            desired.fields.remove(&edit.field);
        } else {
            desired.fields.insert(edit.field, edit.new);
        }
    }
    desired
}

fn field_changes(desired: &Fields, seen: &Fields) -> Vec<FieldChange> {
    let null = serde_json::Value::Null;
    let names: std::collections::BTreeSet<&String> = desired.keys().chain(seen.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let old = seen.get(name).unwrap_or(&null);
            let new = desired.get(name).unwrap_or(&null);
            (old != new).then(|| FieldChange {
                field: name.clone(),
                old: old.clone(),
                new: new.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: &serde_json::Value) -> Fields {
        value
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn desired(value: &serde_json::Value) -> DatasetDesired {
        DatasetDesired {
            id: Uuid::nil(),
            fields: fields(value),
            resources: Vec::new(),
        }
    }

    #[test]
    fn edits_are_kept_where_nothing_new_is_said() {
        let sent = desired(&json!({"title": "a", "subject": "b", "creator": "c"}));
        let seen = DatasetSeen {
            id: Uuid::nil(),
            state: PublicState::Published,
            fields: fields(
                &json!({"title": "by hand", "subject": "by hand", "audience": "by hand"}),
            ),
            resources: Vec::new(),
            revision: None,
        };
        let wanted = desired(&json!({"title": "a", "subject": "new", "creator": "c"}));
        let kept = keep_edits(wanted, &sent, &seen);
        assert_eq!(
            kept.fields,
            fields(&json!({"title": "by hand", "subject": "new", "audience": "by hand"}))
        );
    }
}
