//! Reads one record in full: the node with categories, rights and newest version, and what the modules tell of it.
//!
//! Leans on [`native`](super::native), which puts it together. Rule that must hold: a part that could not be read is named as
//! unknown, and an error that may pass makes the whole reading fail, so that it never looks like a changed record.

use serde_json::{Map, Value};

use super::{
    client::Failure,
    modules::Module,
    native::{self, Parts, Record},
    node::{Node, all, data, integer, results},
    problem,
    site::Site,
};
use crate::PortError;

/// The newest version of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Version {
    pub(super) number: u64,
    pub(super) size_bytes: Option<u64>,
    pub(super) file_name: String,
    pub(super) mime_type: String,
}

/// What a module says of a record.
pub(super) enum Told {
    Said(Value),
    Unknown,
}

/// A record as it is now; `None` when it is not shown.
pub(super) async fn read(site: &Site, id: u64) -> Result<Option<Record>, PortError> {
    let Some((node, result)) = read_node(site, id).await? else {
        return Ok(None);
    };
    let Some(data) = data(&result) else {
        return Err(problem::unreadable(site.client.host()));
    };
    if !node.role().item {
        return Ok(Some(native::plain(node)));
    }
    let (records, holds, classifications, clearance) = tokio::join!(
        ask(site, Module::Records, id),
        ask(site, Module::Holds, id),
        ask(site, Module::Classifications, id),
        ask(site, Module::Clearance, id),
    );
    let version = match newest(data) {
        Some(version) => Some(version),
        None => latest(site, id).await?,
    };
    let parts = Parts {
        version,
        categories: data.get("categories").cloned(),
        names: category_names(&result),
        records: records?,
        holds: holds?,
        classifications: classifications?,
        clearance: clearance?,
    };
    let mut record = native::record(site, node, parts);
    if let Some(number) = record.clearance_number
        && let Some(name) = site.level_name(number).await
    {
        record.name_clearance(&name);
    }
    Ok(Some(record))
}

/// The node alone, with the result it was read from.
async fn read_node(site: &Site, id: u64) -> Result<Option<(Node, Map<String, Value>)>, PortError> {
    let mut url = site.client.url(&format!("v2/nodes/{id}"));
    url.query_pairs_mut()
        .append_pair("fields", "properties")
        .append_pair("fields", "categories")
        .append_pair("fields", "permissions")
        .append_pair("fields", "versions.element(0)")
        .append_key_only("metadata");
    let answer = match site.client.get(url).await {
        Ok(answer) => answer,
        // A missing or forbidden node is a 400 here; a 500 is an error like others.
        Err(Failure::Refused(400 | 403 | 404)) => return Ok(None),
        Err(failure) => return Err(site.told(failure)),
    };
    let result = results(&answer.body).first().copied().cloned();
    let node = result
        .as_ref()
        .and_then(data)
        .and_then(|data| Node::of(data, site.options.utc_offset_minutes));
    match (node, result) {
        (Some(node), Some(result)) if node.id == id => Ok(Some((node, result))),
        _ => Err(problem::unreadable(site.client.host())),
    }
}

/// Whether a node is shown at all, and what it is called.
pub(super) async fn name_of(site: &Site, id: u64) -> Result<Option<Node>, PortError> {
    Ok(read_node(site, id).await?.map(|(node, _)| node))
}

/// What a module says of a record that is there.
async fn ask(site: &Site, module: Module, id: u64) -> Result<Told, PortError> {
    if site.modules.present(module) == Some(false) {
        return Ok(Told::Unknown);
    }
    let url = site
        .client
        .url(&format!("v1/nodes/{id}/{}", module.route()));
    match site.client.get(url).await {
        Ok(answer) => {
            site.modules.answered(module);
            Ok(Told::Said(answer.body))
        }
        Err(Failure::Refused(400 | 404)) => {
            site.modules.refused(module);
            Ok(Told::Unknown)
        }
        Err(Failure::Refused(403)) => Ok(Told::Unknown),
        Err(failure) => Err(site.told(failure)),
    }
}

/// The newest version, where it came with the node.
fn newest(data: &Map<String, Value>) -> Option<Version> {
    all(data.get("versions")?)
        .into_iter()
        .filter_map(version)
        .max_by_key(|version| version.number)
}

/// The newest version, asked for by itself. `None` when the record has none.
async fn latest(site: &Site, id: u64) -> Result<Option<Version>, PortError> {
    let url = site.client.url(&format!("v1/nodes/{id}/versions/latest"));
    match site.client.get(url).await {
        Ok(answer) => Ok(answer
            .body
            .get("data")
            .and_then(super::node::first)
            .and_then(version)),
        Err(Failure::Refused(400 | 404)) => Ok(None),
        Err(failure) => Err(site.told(failure)),
    }
}

fn version(data: &Map<String, Value>) -> Option<Version> {
    let data = data
        .get("versions")
        .and_then(Value::as_object)
        .unwrap_or(data);
    let count = |key: &str| {
        data.get(key)
            .and_then(integer)
            .and_then(|number| u64::try_from(number).ok())
    };
    let text = |key: &str| {
        data.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    Some(Version {
        number: count("version_number")?,
        size_bytes: count("file_size"),
        file_name: text("file_name"),
        mime_type: text("mime_type"),
    })
}

/// Names of the categories by id, from the metadata that came along.
fn category_names(result: &Map<String, Value>) -> Map<String, Value> {
    let mut names = Map::new();
    let Some(metadata) = result
        .get("metadata")
        .and_then(|metadata| metadata.get("categories"))
    else {
        return names;
    };
    for one in all(metadata) {
        for (key, about) in one {
            // Attributes have a `_` in their key, the category itself has none.
            if key.bytes().all(|byte| byte.is_ascii_digit())
                && let Some(name) = about.get("name").and_then(Value::as_str)
            {
                names.insert(key.clone(), name.into());
            }
        }
    }
    names
}
