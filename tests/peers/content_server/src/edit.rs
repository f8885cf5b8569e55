//! How the records are changed: the hands of [`crate::change`] and of the fixtures.
//!
//! Rule that must hold: whatever changes here is noted for the search index and in the audit trail.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::world::{ALL, Deleted, Hold, Node, READ, Right, Version, World};

/// Adds a node with the access list of its container.
pub(crate) fn create(
    world: &mut World,
    id: Option<i64>,
    parent: i64,
    kind: i64,
    name: &str,
) -> Result<i64, String> {
    let rights = if parent == 0 {
        open_rights()
    } else {
        existing(world, parent)?.rights.clone()
    };
    if parent != 0 {
        if !existing(world, parent)?.subtype().container {
            return Err(format!("node {parent} is no container"));
        }
        refuse_twin(world, parent, name, 0)?;
    }
    let id = id.unwrap_or(world.next_node);
    world.next_node = world.next_node.max(id + 1);
    let now = world.now();
    let order = world.children.get(&parent).map_or(0, BTreeSet::len);
    let node = Node {
        id,
        parent,
        kind,
        name: name.to_owned(),
        description: String::new(),
        created: now,
        modified: now,
        creator: 1000,
        hidden: false,
        reserved_by: None,
        reserved_at: None,
        url: None,
        original: None,
        links: Vec::new(),
        order: i64::try_from(order).unwrap_or(0) + 1,
        advanced_versioning: false,
        versions: Vec::new(),
        categories: BTreeMap::new(),
        rights,
        clearance: 0,
        markings: Vec::new(),
        record: None,
        classifications: Vec::new(),
        deleted: None,
    };
    world.nodes.insert(id, node);
    world.children.entry(parent).or_default().insert(id);
    world.touch_index(id);
    world.note(id, 1, "Create");
    Ok(id)
}

/// Adds a version; the first one makes a document of it. Gives its number.
pub(crate) fn add_version(
    world: &mut World,
    id: i64,
    content: Bytes,
    mime_type: Option<String>,
) -> Result<i64, String> {
    let now = world.now();
    let version_id = world.next_version;
    let node = existing(world, id)?;
    if !node.subtype().versionable {
        return Err(format!("node {id} takes no versions"));
    }
    let number = node.latest().map_or(0, |version| version.number) + 1;
    let mime_type = mime_type.unwrap_or_else(|| media_type(&node.name).to_owned());
    let file_name = node.name.clone();
    node.versions.push(Version {
        id: version_id,
        number,
        file_name,
        mime_type,
        content,
        created: now,
    });
    world.next_version += 1;
    world.note(id, 6, "Version Added");
    modified(world, id)?;
    Ok(number)
}

/// The media type that goes with the end of a name.
pub(crate) fn media_type(name: &str) -> &'static str {
    let end = name.rsplit('.').next().unwrap_or("").to_lowercase();
    match end.as_str() {
        "csv" => "text/csv",
        "txt" | "md" => "text/plain",
        "htm" | "html" => "text/html",
        "xml" => "text/xml",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "eml" => "message/rfc822",
        "msg" => "application/vnd.ms-outlook",
        "doc" => "application/msword",
        "xls" => "application/vnd.ms-excel",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        "zip" => "application/zip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

pub(crate) fn existing(world: &mut World, id: i64) -> Result<&mut Node, String> {
    world
        .nodes
        .get_mut(&id)
        .ok_or_else(|| format!("no node {id}"))
}

pub(crate) fn refuse_twin(
    world: &World,
    parent: i64,
    name: &str,
    except: i64,
) -> Result<(), String> {
    let children = world.children.get(&parent);
    let twin = children.is_some_and(|all| {
        all.iter()
            .filter(|&&id| id != except)
            .filter_map(|id| world.node(*id))
            .any(|node| node.deleted.is_none() && node.name == name)
    });
    if twin {
        return Err(format!("an item with the name '{name}' already exists"));
    }
    Ok(())
}

pub(crate) fn modified(world: &mut World, id: i64) -> Result<i64, String> {
    let now = world.now();
    existing(world, id)?.modified = now;
    world.touch_index(id);
    Ok(id)
}

pub(crate) fn reindex_branch(world: &mut World, id: i64) {
    for one in world.branch(id) {
        world.touch_index(one);
    }
}

pub(crate) fn closed_rights() -> Vec<Right> {
    vec![
        Right::new("owner", Some(1000), ALL),
        Right::new("group", Some(999), READ),
        Right::new("public", None, &[]),
    ]
}

pub(crate) fn open_rights() -> Vec<Right> {
    vec![
        Right::new("owner", Some(1000), ALL),
        Right::new("group", Some(999), READ),
        Right::new("public", None, READ),
    ]
}

pub(crate) fn set_rights(
    world: &mut World,
    id: i64,
    deep: bool,
    rights: &[Right],
) -> Result<i64, String> {
    existing(world, id)?;
    let all = if deep { world.branch(id) } else { vec![id] };
    for one in all {
        if let Some(node) = world.nodes.get_mut(&one) {
            node.rights = rights.to_vec();
        }
        world.note(one, 9, "Permission Changed");
    }
    Ok(id)
}

pub(crate) fn move_to(world: &mut World, id: i64, parent: i64) -> Result<i64, String> {
    if world.branch(id).contains(&parent) {
        return Err(format!("node {id} cannot be moved into itself"));
    }
    if !existing(world, parent)?.subtype().container {
        return Err(format!("node {parent} is no container"));
    }
    let name = existing(world, id)?.name.clone();
    refuse_twin(world, parent, &name, id)?;
    let node = existing(world, id)?;
    let before = node.parent;
    node.parent = parent;
    if let Some(children) = world.children.get_mut(&before) {
        children.remove(&id);
    }
    world.children.entry(parent).or_default().insert(id);
    reindex_branch(world, id);
    world.note(id, 7, "Moved");
    modified(world, id)
}

pub(crate) fn put_on_hold(world: &mut World, id: i64, name: &str) -> Result<i64, String> {
    existing(world, id)?;
    let now = world.now();
    if let Some(hold) = world.holds.iter_mut().find(|hold| hold.name == name) {
        hold.nodes.insert(id);
        return Ok(hold.id);
    }
    let hold_id = world.next_node;
    world.next_node += 1;
    world.holds.push(Hold {
        id: hold_id,
        name: name.to_owned(),
        kind: "ATIP".to_owned(),
        active: true,
        applied: now,
        nodes: [id].into_iter().collect(),
    });
    Ok(hold_id)
}

pub(crate) fn delete(world: &mut World, id: i64) -> Result<i64, String> {
    if existing(world, id)?.deleted.is_some() {
        return Err(format!("node {id} is deleted already"));
    }
    if !world.holds_on(id).is_empty() {
        return Err(format!("node {id} is on hold"));
    }
    let at: DateTime<Utc> = world.now();
    for one in world.branch(id) {
        if let Some(node) = world.nodes.get_mut(&one)
            && node.deleted.is_none()
        {
            node.deleted = Some(Deleted {
                at,
                itself: one == id,
            });
        }
        world.touch_index(one);
    }
    world.note(id, 2, "Delete");
    Ok(id)
}

pub(crate) fn restore(world: &mut World, id: i64) -> Result<i64, String> {
    let parent = existing(world, id)?.parent;
    if existing(world, id)?.deleted.is_none() {
        return Err(format!("node {id} is not deleted"));
    }
    if world.node(parent).is_none_or(|node| node.deleted.is_some()) {
        return Err(format!("the container of node {id} is gone"));
    }
    // A branch comes container before content, so what is in something that stays deleted stays too.
    for one in world.branch(id) {
        let above = world.node(one).map_or(0, |node| node.parent);
        let there = world.node(above).is_some_and(|node| node.deleted.is_none());
        if let Some(node) = world.nodes.get_mut(&one) {
            let along = node.deleted.as_ref().is_some_and(|other| !other.itself);
            if one == id || (along && there) {
                node.deleted = None;
            }
        }
        world.touch_index(one);
    }
    world.note(id, 3, "Restore");
    Ok(id)
}

pub(crate) fn purge(world: &mut World, id: i64) -> Result<i64, String> {
    let parent = existing(world, id)?.parent;
    world.note(id, 4, "Purge");
    for one in world.branch(id) {
        world.nodes.remove(&one);
        world.children.remove(&one);
        world.touch_index(one);
    }
    if let Some(children) = world.children.get_mut(&parent) {
        children.remove(&id);
    }
    Ok(id)
}
