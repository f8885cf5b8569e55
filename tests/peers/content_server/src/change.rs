//! What a test can do to the records.
//!
//! Rule that must hold: a change of content, name, place or categories moves the modification date; one of rights, clearance,
//! markings or holds does not, as on a real server.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    edit::{
        add_version, closed_rights, create, delete, existing, modified, move_to, open_rights,
        purge, put_on_hold, refuse_twin, reindex_branch, restore, set_rights,
    },
    subtype,
    world::{Right, World},
};

/// The bytes of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Payload {
    /// A text.
    Text(String),
    /// Bytes, one by one.
    Bytes(Vec<u8>),
    /// So many bytes that look like noise; the same for the same seed.
    Noise {
        /// How many.
        size_bytes: usize,
        /// What makes them differ.
        #[serde(default)]
        seed: u64,
    },
}

impl From<&str> for Payload {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl Payload {
    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Text(text) => Bytes::from(text.clone().into_bytes()),
            Self::Bytes(bytes) => Bytes::from(bytes.clone()),
            Self::Noise { size_bytes, seed } => {
                let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
                let mut bytes = Vec::with_capacity(*size_bytes);
                while bytes.len() < *size_bytes {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1_442_695_040_888_963_407);
                    bytes.push(state.to_be_bytes()[0]);
                }
                Bytes::from(bytes)
            }
        }
    }
}

/// One change of the records: `POST /control/change`, with its name in `do`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// A new node; a document if it has content, a folder if no kind is given. Gives its id.
    Create {
        /// The container.
        parent: i64,
        /// The name.
        name: String,
        /// The subtype; 144 if there is content and 0 if not.
        #[serde(default)]
        kind: Option<i64>,
        /// The first version.
        #[serde(default)]
        content: Option<Payload>,
        /// Its media type.
        #[serde(default)]
        mime_type: Option<String>,
        /// What a shortcut stands for.
        #[serde(default)]
        original: Option<i64>,
        /// Where a URL leads.
        #[serde(default)]
        url: Option<String>,
    },
    /// A new version of a document. Gives its number.
    AddVersion {
        /// The document.
        id: i64,
        /// The bytes.
        content: Payload,
    },
    /// Drops a version that is not the only one.
    DeleteVersion {
        /// The document.
        id: i64,
        /// The version's number.
        number: i64,
    },
    /// A new name.
    Rename {
        /// The node.
        id: i64,
        /// The name.
        name: String,
    },
    /// To another container.
    Move {
        /// The node.
        id: i64,
        /// The container.
        parent: i64,
    },
    /// A value of a category; the category is put on the node if it is not there. `null` empties.
    SetCategory {
        /// The node.
        id: i64,
        /// The category.
        category: i64,
        /// The attribute's key, as `16878_2` or `16878_7_1_8`; without it the category alone is put on the node.
        #[serde(default)]
        key: Option<String>,
        /// The value.
        #[serde(default)]
        value: Value,
    },
    /// Takes a category off.
    RemoveCategory {
        /// The node.
        id: i64,
        /// The category.
        category: i64,
    },
    /// What everybody may do: `see`, `see_contents` …; empty for nothing.
    SetPublic {
        /// The node.
        id: i64,
        /// The permissions.
        permissions: Vec<String>,
    },
    /// What a member or group may do; empty takes the line off.
    SetRight {
        /// The node.
        id: i64,
        /// The member or group.
        right_id: i64,
        /// The permissions.
        permissions: Vec<String>,
    },
    /// Nobody but an administrator sees it any more.
    Deny {
        /// The node.
        id: i64,
        /// Whether this goes for all below it.
        #[serde(default)]
        deep: bool,
    },
    /// Everybody sees it again.
    Allow {
        /// The node.
        id: i64,
        /// Whether this goes for all below it.
        #[serde(default)]
        deep: bool,
    },
    /// The clearance level.
    SetClearance {
        /// The node.
        id: i64,
        /// The level.
        level: i64,
    },
    /// The supplemental markings.
    SetMarkings {
        /// The node.
        id: i64,
        /// All of them.
        markings: Vec<String>,
    },
    /// A user's own clearance level.
    SetUserClearance {
        /// The login name.
        user: String,
        /// The level.
        level: i64,
    },
    /// Puts a hold on a node; it is made if there is none of that name. Gives its id.
    Hold {
        /// The node.
        id: i64,
        /// The hold's name.
        name: String,
    },
    /// Takes a hold off a node.
    Release {
        /// The node.
        id: i64,
        /// The hold's name.
        name: String,
    },
    /// Shows or hides.
    SetHidden {
        /// The node.
        id: i64,
        /// Whether it is hidden.
        hidden: bool,
    },
    /// Reserves for a member, or for nobody.
    Reserve {
        /// The node.
        id: i64,
        /// The member.
        #[serde(default)]
        by: Option<i64>,
    },
    /// The record's status and whether it is official.
    SetRecord {
        /// The node; it has to be a record already.
        id: i64,
        /// `ACTIVE`, `INACTIVE` …
        status: String,
        /// Whether it is official.
        official: bool,
    },
    /// Into the recycle bin, with all below it.
    Delete {
        /// The node.
        id: i64,
    },
    /// Out of the recycle bin.
    Restore {
        /// The node.
        id: i64,
    },
    /// Away for good, from wherever it is.
    Purge {
        /// The node.
        id: i64,
    },
}

/// Does it. Gives the number it made, or else the node's id.
pub(crate) fn apply(world: &mut World, change: Change) -> Result<i64, String> {
    match change {
        Change::Create {
            parent,
            name,
            kind,
            content,
            mime_type,
            original,
            url,
        } => {
            let default = if content.is_some() {
                subtype::DOCUMENT
            } else {
                subtype::FOLDER
            };
            let kind = kind.unwrap_or(default);
            let id = create(world, None, parent, kind, &name)?;
            let node = existing(world, id)?;
            node.original = original;
            node.url = url;
            if let Some(content) = content {
                add_version(world, id, content.bytes(), mime_type)?;
            }
            Ok(id)
        }
        Change::AddVersion { id, content } => {
            let mime_type = existing(world, id)?
                .latest()
                .map(|version| version.mime_type.clone());
            add_version(world, id, content.bytes(), mime_type)
        }
        Change::DeleteVersion { id, number } => {
            let node = existing(world, id)?;
            let left = node.versions.iter().filter(|one| one.number != number);
            if left.count() == 0 {
                return Err("the only version cannot be deleted".to_owned());
            }
            node.versions.retain(|version| version.number != number);
            modified(world, id)
        }
        Change::Rename { id, name } => {
            let parent = existing(world, id)?.parent;
            refuse_twin(world, parent, &name, id)?;
            existing(world, id)?.name = name;
            reindex_branch(world, id);
            world.note(id, 8, "Renamed");
            modified(world, id)
        }
        Change::Move { id, parent } => move_to(world, id, parent),
        Change::SetCategory {
            id,
            category,
            key,
            value,
        } => {
            let values = existing(world, id)?.categories.entry(category).or_default();
            if let Some(key) = key {
                values.insert(key, value);
            }
            world.note(id, 10, "Attribute Changed");
            modified(world, id)
        }
        Change::RemoveCategory { id, category } => {
            existing(world, id)?.categories.remove(&category);
            world.note(id, 10, "Attribute Changed");
            modified(world, id)
        }
        Change::SetPublic { id, permissions } => {
            let rights = &mut existing(world, id)?.rights;
            rights.retain(|right| right.kind != "public");
            rights.push(Right {
                kind: "public",
                member: None,
                permissions,
            });
            world.note(id, 9, "Permission Changed");
            Ok(id)
        }
        Change::SetRight {
            id,
            right_id,
            permissions,
        } => {
            let rights = &mut existing(world, id)?.rights;
            rights.retain(|right| right.kind != "custom" || right.member != Some(right_id));
            if !permissions.is_empty() {
                rights.push(Right {
                    kind: "custom",
                    member: Some(right_id),
                    permissions,
                });
            }
            world.note(id, 9, "Permission Changed");
            Ok(id)
        }
        Change::Deny { id, deep } => set_rights(world, id, deep, &closed_rights()),
        Change::Allow { id, deep } => set_rights(world, id, deep, &open_rights()),
        Change::SetClearance { id, level } => {
            existing(world, id)?.clearance = level;
            Ok(id)
        }
        Change::SetMarkings { id, markings } => {
            existing(world, id)?.markings = markings;
            Ok(id)
        }
        Change::SetUserClearance { user, level } => {
            let account = world.accounts.iter_mut().find(|one| one.name == user);
            let account = account.ok_or_else(|| format!("no account {user}"))?;
            account.clearance = level;
            Ok(account.id)
        }
        Change::Hold { id, name } => put_on_hold(world, id, &name),
        Change::Release { id, name } => {
            for hold in world.holds.iter_mut().filter(|hold| hold.name == name) {
                hold.nodes.remove(&id);
            }
            Ok(id)
        }
        Change::SetHidden { id, hidden } => {
            existing(world, id)?.hidden = hidden;
            modified(world, id)
        }
        Change::Reserve { id, by } => {
            let now = world.now();
            let node = existing(world, id)?;
            node.reserved_by = by;
            node.reserved_at = by.map(|_| now);
            Ok(id)
        }
        Change::SetRecord {
            id,
            status,
            official,
        } => {
            let record = existing(world, id)?.record.as_mut();
            let record = record.ok_or_else(|| format!("node {id} is no record"))?;
            record.status = status;
            record.official = official;
            Ok(id)
        }
        Change::Delete { id } => delete(world, id),
        Change::Restore { id } => restore(world, id),
        Change::Purge { id } => purge(world, id),
    }
}
