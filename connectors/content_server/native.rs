//! Puts a record together: native metadata, fingerprint, what a scan reports.
//!
//! Rules that must hold: what decides on a release or a transfer is in the fingerprint, what only people read is not; what was not
//! told is listed under `unknown` and given no value; a clearance number that the configuration does not name is unknown.

use serde_json::{Map, Value, json};

use super::{
    deep::{Told, Version},
    facts::{add_categories, add_clearance, add_records, classifications, holds},
    modules::Module,
    node::{Node, digest},
    problem,
    site::Site,
};
use crate::{Access, Observed};

/// Only for people to read, or the same thing in other words.
const NOT_IN_FINGERPRINT: [&str; 6] = [
    "category_names",
    "clearance_native",
    "created",
    "modified_raw",
    "order",
    "url",
];

/// The end of the fingerprint of a record that is listed and not shown.
const WITHHELD: &str = ".withheld";

/// What was read of a record besides the node.
pub(super) struct Parts {
    pub(super) version: Option<Version>,
    pub(super) categories: Option<Value>,
    pub(super) names: Map<String, Value>,
    pub(super) records: Told,
    pub(super) holds: Told,
    pub(super) classifications: Told,
    pub(super) clearance: Told,
}

/// A record, read in full.
pub(super) struct Record {
    pub(super) node: Node,
    pub(super) version: Option<Version>,
    pub(super) fingerprint: String,
    /// The site's number of its clearance, if it has one.
    pub(super) clearance_number: Option<i64>,
    native: Map<String, Value>,
    access: Access,
}

impl Record {
    /// As a scan reports it, in this folder.
    pub(super) fn observed(mut self, folder: &str, order: Option<i64>) -> Observed {
        if let Some(order) = order {
            self.native.insert("order".to_owned(), order.into());
        }
        let name = self.node.segment();
        Observed {
            native_id: self.node.id.to_string(),
            path: join(folder, &name),
            name,
            size_bytes: self
                .version
                .as_ref()
                .and_then(|version| version.size_bytes)
                .or(self.node.size_bytes),
            modified: self.node.modified,
            fingerprint: self.fingerprint,
            move_hint: None,
            native: self.native,
            access: self.access,
            deferred: None,
        }
    }

    /// Adds the name of its clearance, for people.
    pub(super) fn name_clearance(&mut self, name: &str) {
        if let Some(Value::Object(native)) = self.native.get_mut("clearance_native") {
            native.insert("name".to_owned(), name.into());
        }
    }
}

/// A path from a folder's path and a name.
pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// A node that is no record: it has become a folder, or something that is passed over.
pub(super) fn plain(node: Node) -> Record {
    Record {
        fingerprint: format!("{}.none", node.shallow()),
        version: None,
        clearance_number: None,
        native: Map::new(),
        access: Access::Unreadable,
        node,
    }
}

/// A record that is listed and not shown.
pub(super) fn withheld(node: &Node, folder: &str) -> Observed {
    let name = node.segment();
    let mut native = Map::new();
    native.insert("node_id".to_owned(), node.id.into());
    native.insert("parent_id".to_owned(), node.parent_id.into());
    native.insert("subtype".to_owned(), node.subtype.into());
    native.insert("clearance".to_owned(), "unknown".into());
    native.insert("unknown".to_owned(), json!(unknown_keys(|_| true)));
    Observed {
        native_id: node.id.to_string(),
        path: join(folder, &name),
        name,
        size_bytes: node.size_bytes,
        modified: node.modified,
        fingerprint: format!("{}{WITHHELD}", node.shallow()),
        move_hint: None,
        native,
        access: Access::Unreadable,
        deferred: Some(problem::record_withheld()),
    }
}

/// What is remembered of a record, if a listing shows that it still is so. `None`: it has to be read.
pub(super) fn remembered(
    node: &Node,
    known: &Observed,
    folder: &str,
    rights_listed: bool,
) -> Option<Observed> {
    let (shallow, deep) = known.fingerprint.split_once('.')?;
    if shallow != node.shallow() || WITHHELD.ends_with(deep) {
        return None;
    }
    if rights_listed
        && let Some(rights) = &node.rights
        && known.native.get("permissions") != Some(rights)
    {
        return None;
    }
    let name = node.segment();
    let mut same = known.clone();
    same.path = join(folder, &name);
    same.name = name;
    match node.order {
        Some(order) => same.native.insert("order".to_owned(), order.into()),
        None => same.native.remove("order"),
    };
    Some(same)
}

fn unknown_keys(unknown: impl Fn(Module) -> bool) -> Vec<&'static str> {
    Module::ALL
        .into_iter()
        .filter(|module| unknown(*module))
        .map(Module::key)
        .collect()
}

/// A record from all that was read.
pub(super) fn record(site: &Site, node: Node, parts: Parts) -> Record {
    let mut native = Map::new();
    let mut unknown = Vec::new();
    about_node(site, &node, parts.version.as_ref(), &mut native);
    match &node.rights {
        Some(rights) => {
            native.insert("permissions".to_owned(), rights.clone());
        }
        None => unknown.push("permissions"),
    }
    match parts.categories {
        Some(categories) => add_categories(&categories, &mut native),
        None => unknown.push("categories"),
    }
    native.insert("category_names".to_owned(), Value::Object(parts.names));
    match parts.records {
        Told::Said(body) => add_records(&body, &mut native),
        Told::Unknown => unknown.push(Module::Records.key()),
    }
    match parts.holds {
        Told::Said(body) => {
            native.insert("holds".to_owned(), holds(&body));
        }
        Told::Unknown => unknown.push(Module::Holds.key()),
    }
    match parts.classifications {
        Told::Said(body) => {
            native.insert("classifications".to_owned(), classifications(&body));
        }
        Told::Unknown => unknown.push(Module::Classifications.key()),
    }
    let clearance_number = match parts.clearance {
        Told::Said(body) => add_clearance(site, &body, &mut native),
        Told::Unknown => {
            native.insert("clearance".to_owned(), "unknown".into());
            unknown.push(Module::Clearance.key());
            None
        }
    };
    if !unknown.is_empty() {
        native.insert("unknown".to_owned(), json!(unknown));
    }
    let mut deep = native.clone();
    for key in NOT_IN_FINGERPRINT {
        deep.remove(key);
    }
    deep.insert("clearance_number".to_owned(), json!(clearance_number));
    if let Some(version) = &parts.version {
        deep.insert("version_size".to_owned(), json!(version.size_bytes));
    }
    Record {
        fingerprint: format!("{}.{}", node.shallow(), digest(&Value::Object(deep))),
        clearance_number,
        native,
        access: if node.rights.is_some() {
            Access::Known
        } else {
            Access::Unreadable
        },
        version: parts.version,
        node,
    }
}

fn about_node(
    site: &Site,
    node: &Node,
    version: Option<&Version>,
    native: &mut Map<String, Value>,
) {
    let mut put = |key: &str, value: Value| {
        native.insert(key.to_owned(), value);
    };
    put("node_id", node.id.into());
    put("parent_id", node.parent_id.into());
    put("subtype", node.subtype.into());
    if let Some(workspace) = u64::try_from(node.volume_id).ok().filter(|id| *id > 0) {
        put("workspace_id", workspace.into());
    }
    if node.segment() != node.name {
        put("raw_name", node.name.as_str().into());
    }
    if !node.description.is_empty() {
        put("description", node.description.as_str().into());
    }
    put("owner", node.owner.as_str().into());
    put("created", node.created_raw.as_str().into());
    put("modified_raw", node.modified_raw.as_str().into());
    put("reserved_by_someone", node.reserved.into());
    put("url", site.client.page(node.id).into());
    let mime_type = match version {
        Some(version) if !version.mime_type.is_empty() => &version.mime_type,
        _ => &node.mime_type,
    };
    put("mime_type", mime_type.as_str().into());
    if let Some(version) = version {
        put("version_number", version.number.into());
        put("file_name", version.file_name.as_str().into());
    }
}
