//! The true state of the records, for tests to compare with.
//!
//! Rule that must hold: nothing is left out because somebody would not see it; who sees it is told beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::{Node, World};

/// A node as it truly is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TreeNode {
    /// Its id.
    pub id: i64,
    /// Its container's id; 0 for volumes.
    pub parent: i64,
    /// Names from below the volume, separated by `/`; empty for volumes.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Its subtype.
    pub kind: i64,
    /// Whether it is a container.
    pub container: bool,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Whether it is in the recycle bin.
    pub deleted: bool,
    /// Who has reserved it.
    pub reserved_by: Option<i64>,
    /// Its clearance level.
    pub clearance: i64,
    /// Its supplemental markings.
    pub markings: Vec<String>,
    /// Names of the holds on it, direct or not.
    pub holds: Vec<String>,
    /// What a shortcut stands for.
    pub original: Option<i64>,
    /// Its versions, the oldest first.
    pub versions: Vec<TreeVersion>,
    /// Values of categories that were set, by category and key.
    pub categories: BTreeMap<i64, BTreeMap<String, Value>>,
    /// Login names of those who see it.
    pub seen_by: Vec<String>,
    /// Its modification date, in UTC.
    pub modified: String,
}

/// A version as it truly is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeVersion {
    /// Its number.
    pub number: i64,
    /// Its bytes.
    pub size_bytes: usize,
}

/// All nodes, by id.
pub(crate) fn dump(world: &World) -> Vec<TreeNode> {
    world
        .nodes
        .values()
        .map(|node| described(world, node))
        .collect()
}

fn described(world: &World, node: &Node) -> TreeNode {
    TreeNode {
        id: node.id,
        parent: node.parent,
        path: world.path(node.id),
        name: node.name.clone(),
        kind: node.kind,
        container: node.subtype().container,
        hidden: node.hidden,
        deleted: node.deleted.is_some(),
        reserved_by: node.reserved_by,
        clearance: node.clearance,
        markings: node.markings.clone(),
        holds: world
            .holds_on(node.id)
            .into_iter()
            .map(|(hold, _)| hold.name.clone())
            .collect(),
        original: node.original,
        versions: node
            .versions
            .iter()
            .map(|version| TreeVersion {
                number: version.number,
                size_bytes: version.content.len(),
            })
            .collect(),
        categories: node.categories.clone(),
        seen_by: world
            .accounts
            .iter()
            .filter(|account| world.sees(account, node))
            .map(|account| account.name.clone())
            .collect(),
        modified: node.modified.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}
