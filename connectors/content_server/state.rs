//! What a scan keeps: between complete scans, and while one is under way.
//!
//! Rule that must hold: both only save work. Without them everything is listed and read anew, and the same is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a complete scan leaves for the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct State {
    pub(super) version: u32,
    pub(super) sweep: u64,
    /// The settings that records were read with.
    pub(super) settings: String,
    pub(super) modules: BTreeMap<String, bool>,
    /// Names of the watched folders by id, where there are several.
    pub(super) roots: BTreeMap<String, String>,
    /// The next scan reads everything in full.
    pub(super) read_all: bool,
    pub(super) server: String,
}

/// A container to be listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Folder {
    pub(super) id: u64,
    pub(super) path: String,
    pub(super) ordered: bool,
    pub(super) depth: u32,
}

/// How far a scan got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub(super) sweep: u64,
    pub(super) settings: String,
    pub(super) roots: Vec<u64>,
    pub(super) read_all: bool,
    pub(super) pending: Vec<Folder>,
    pub(super) folders: u64,
    pub(super) records: u64,
    pub(super) ignored: u64,
    pub(super) complete: bool,
}
