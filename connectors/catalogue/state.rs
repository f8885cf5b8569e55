//! What the catalogue holds of one dataset, as it is stored beside the public files.
//!
//! Leans on the port's types. Rule that must hold: pages follow from a [`Holding`] and the settings alone, so a holding's
//! [`Holding::version`] names the bytes of all its files.

use std::collections::BTreeMap;

use rideau_domain::{Bilingual, canonical_json};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{names, preview::Preview};
use crate::{DatasetDesired, DatasetSeen, PublicState, ResourceSeen};

/// One dataset, or what is left of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "holding", rename_all = "snake_case")]
pub(super) enum Holding {
    /// A dataset that the public sees (or shall see).
    Published {
        /// As it was asked for, in canonical form.
        dataset: DatasetDesired,
        /// The first rows of its tables, by resource.
        previews: BTreeMap<Uuid, Preview>,
    },
    /// A dataset that was taken back. Nothing of its record is kept but its last day, for the feed.
    Withdrawn {
        /// Which.
        id: Uuid,
        /// Why, for the public.
        reason: Bilingual,
        /// The last day that the record told of, as `YYYY-MM-DD`.
        last_day: Option<String>,
    },
}

impl Holding {
    pub(super) fn id(&self) -> Uuid {
        match self {
            Self::Published { dataset, .. } => dataset.id,
            Self::Withdrawn { id, .. } => *id,
        }
    }

    /// What the index pages need of it.
    pub(super) fn without_previews(self) -> Self {
        match self {
            Self::Published { dataset, .. } => Self::Published {
                dataset,
                previews: BTreeMap::new(),
            },
            withdrawn @ Self::Withdrawn { .. } => withdrawn,
        }
    }

    /// Names the bytes of this holding's files: 24 hex digits.
    pub(super) fn version(&self, fingerprint: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(fingerprint.as_bytes());
        hash.update(self.to_bytes());
        hex::encode(&hash.finalize()[..12])
    }

    /// The stored form.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("a holding has string keys only");
        canonical_json(&value).into_bytes()
    }

    /// (public file name, SHA-256, size) of each content.
    pub(super) fn contents(&self) -> Vec<(String, &str, u64)> {
        let Self::Published { dataset, .. } = self else {
            return Vec::new();
        };
        file_names(dataset)
            .into_iter()
            .zip(&dataset.resources)
            .map(|(name, resource)| (name, resource.sha256.as_str(), resource.size_bytes))
            .collect()
    }

    /// As the port sees it. `sound` tells for each resource whether its content is there with the right size.
    pub(super) fn seen(&self, switched: bool, sound: &[bool], revision: String) -> DatasetSeen {
        match self {
            Self::Published { dataset, .. } => DatasetSeen {
                id: dataset.id,
                state: if switched {
                    PublicState::Published
                } else {
                    PublicState::Draft
                },
                fields: dataset.fields.clone(),
                resources: dataset
                    .resources
                    .iter()
                    .enumerate()
                    .map(|(index, resource)| {
                        let sound = sound.get(index).copied().unwrap_or_default();
                        ResourceSeen {
                            id: resource.id,
                            fields: resource.fields.clone(),
                            sha256: sound.then(|| resource.sha256.clone()),
                            size_bytes: sound.then_some(resource.size_bytes),
                        }
                    })
                    .collect(),
                revision: Some(revision),
            },
            Self::Withdrawn { id, .. } => DatasetSeen {
                id: *id,
                state: if switched {
                    PublicState::Withdrawn
                } else {
                    PublicState::Draft
                },
                fields: BTreeMap::new(),
                resources: Vec::new(),
                revision: Some(revision),
            },
        }
    }
}

/// The public file name of each resource, in order.
pub(super) fn file_names(dataset: &DatasetDesired) -> Vec<String> {
    names::safe_names(
        dataset
            .resources
            .iter()
            .map(|resource| (resource.file_name.as_str(), resource.id)),
    )
}
