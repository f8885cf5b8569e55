//! How nodes, versions and access lists are written in JSON.
//!
//! Rule that must hold: `size` of a container is the number of all that is in it, seen or not; that of a document is its
//! latest version's bytes.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::{
    asked::Asked,
    category,
    config::Zone,
    subtype,
    world::{Node, Right, Version, World},
};

/// A date as the server writes it for this node.
pub(crate) fn date(world: &World, node: &Node, time: DateTime<Utc>) -> String {
    let zoned = match world.switches.zone {
        Zone::Always => true,
        Zone::Never => false,
        Zone::Mixed => !node.subtype().is_volume_like() && world.workspace_of(node.id).is_none(),
    };
    if zoned {
        time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
    } else {
        local(world, time)
    }
}

/// A date in the server's own time, without a zone.
pub(crate) fn local(world: &World, time: DateTime<Utc>) -> String {
    let shifted = time + TimeDelta::minutes(i64::from(world.switches.zone_minutes));
    shifted.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `size` of a node.
pub(crate) fn size(world: &World, node: &Node) -> usize {
    if node.subtype().container {
        world.inside(node.id).len()
    } else {
        node.latest().map_or(0, |version| version.content.len())
    }
}

/// The id that children of this container give as their parent's.
pub(crate) fn parent_id(world: &World, node: &Node) -> i64 {
    let volume_like = world
        .node(node.parent)
        .is_some_and(|parent| parent.subtype().is_volume_like());
    if node.parent == 0 {
        -1
    } else if volume_like && world.switches.negative_parents {
        -node.parent
    } else {
        node.parent
    }
}

/// The volume that a node is in: a business workspace counts, with its id as it is.
pub(crate) fn volume_id(world: &World, node: &Node) -> i64 {
    match world.workspace_of(node.id) {
        Some(workspace) if world.switches.negative_parents => workspace,
        _ => -world.line(node.id).first().copied().unwrap_or(2000),
    }
}

/// `properties` of a node, all of them.
pub(crate) fn properties(world: &World, node: &Node) -> Map<String, Value> {
    let kind = node.subtype();
    let bytes = size(world, node);
    let formatted = if kind.container {
        format!("{bytes} Items")
    } else {
        format!("{} KB", bytes.div_ceil(1024))
    };
    let mut map = object(json!({
        "advanced_versioning": node.advanced_versioning,
        "container": kind.container,
        "container_size": if kind.container { bytes } else { 0 },
        "create_date": date(world, node, node.created),
        "create_user_id": node.creator,
        "description": node.description,
        "description_multilingual": { "en": node.description, "fr": "" },
        "external_create_date": null,
        "external_identity": "",
        "external_identity_type": "",
        "external_modify_date": null,
        "external_source": "",
        "favorite": false,
        "guid": null,
        "hidden": node.hidden,
        "icon": "/cssupport/webdoc/doc.gif",
        "icon_large": "/cssupport/webdoc/doc_large.gif",
        "id": node.id,
        "mime_type": node.latest().map(|version| version.mime_type.clone()),
        "modify_date": date(world, node, node.modified),
    }));
    // In two, because the macro cannot do that many keys at once.
    map.extend(object(json!({
        "modify_user_id": node.creator,
        "name": node.name,
        "name_multilingual": { "en": node.name, "fr": "" },
        "owner": world.member_name(node.creator),
        "owner_group_id": 999,
        "owner_user_id": node.creator,
        "parent_id": parent_id(world, node),
        "permissions_model": "advanced",
        "reserved": node.reserved_by.is_some(),
        "reserved_date": node.reserved_at.map(|time| date(world, node, time)),
        "reserved_shared_collaboration": false,
        "reserved_user_id": node.reserved_by.unwrap_or(0),
        "size": bytes,
        "size_formatted": formatted,
        "status": null,
        "type": node.kind,
        "type_name": kind.name(world.switches.language),
        "versionable": kind.versionable,
        "versions_control_advanced": node.advanced_versioning,
        "volume_id": volume_id(world, node),
    })));
    if let Some(original) = node.original {
        map.insert("original_id".to_owned(), json!(original));
    }
    if let Some(url) = &node.url {
        map.insert("url".to_owned(), json!(url));
    }
    map
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// `versions` of one version.
pub(crate) fn version(world: &World, node: &Node, one: &Version) -> Value {
    let end = one.file_name.rsplit_once('.').map_or("", |(_, end)| end);
    let (major, minor) = if node.advanced_versioning {
        (1, one.number - 1)
    } else {
        (0, one.number)
    };
    json!({
        "create_date": date(world, node, one.created),
        "description": "",
        "external_create_date": null,
        "external_identity": "",
        "external_identity_type": "",
        "external_modify_date": local(world, one.created),
        "external_source": "",
        "file_create_date": date(world, node, one.created),
        "file_modify_date": date(world, node, one.created),
        "file_name": one.file_name,
        "file_size": one.content.len(),
        "file_type": end,
        "has_generation": false,
        "id": node.id,
        "locked": false,
        "locked_date": null,
        "locked_user_id": null,
        "mime_type": one.mime_type,
        "modify_date": date(world, node, one.created),
        "name": node.name,
        "owner_id": node.creator,
        "provider_id": one.id,
        "version_id": one.id,
        "version_major": major,
        "version_minor": minor,
        "version_number": one.number,
        "version_number_major": major,
        "version_number_minor": minor,
        "version_number_name": if node.advanced_versioning {
            format!("{major}.{minor}")
        } else {
            one.number.to_string()
        },
    })
}

/// One line of an access list.
pub(crate) fn right(one: &Right) -> Value {
    json!({ "permissions": one.permissions, "right_id": one.member, "type": one.kind })
}

/// One wish of `fields`: `properties{id,name}`, `versions.element(0)`, `permissions.limit(2)`.
struct Field {
    name: String,
    only: Vec<String>,
    element: Option<usize>,
    limit: Option<usize>,
}

impl Field {
    fn parse(text: &str) -> Self {
        let name: String = text
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect();
        let only = between(text, "{", "}").map_or_else(Vec::new, |inner| {
            inner.split(',').map(|one| one.trim().to_owned()).collect()
        });
        let number = |start: &str| between(text, start, ")").and_then(|inner| inner.parse().ok());
        Self {
            name,
            only,
            element: number(".element("),
            limit: number(".limit("),
        }
    }

    fn cut(&self, value: Value) -> Value {
        match value {
            Value::Object(mut map) if !self.only.is_empty() => {
                map.retain(|key, _| self.only.contains(key));
                Value::Object(map)
            }
            Value::Array(all) => {
                let cut: Vec<Value> = all.into_iter().map(|one| self.cut(one)).collect();
                match (self.element, self.limit) {
                    (Some(number), _) => cut.into_iter().nth(number).unwrap_or(Value::Null),
                    (None, Some(limit)) => Value::Array(cut.into_iter().take(limit).collect()),
                    (None, None) => Value::Array(cut),
                }
            }
            other => other,
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (inner, _) = rest.split_once(end)?;
    Some(inner)
}

/// A node as the v2 API gives it: `{"data": …, "metadata": …}`, by the wishes of the request.
pub(crate) fn node(world: &World, node: &Node, asked: &Asked) -> Value {
    let mut wishes: Vec<Field> = asked
        .all("fields")
        .iter()
        .flat_map(|text| split_outside(text))
        .map(|text| Field::parse(&text))
        .collect();
    if wishes.is_empty() {
        wishes.push(Field::parse("properties"));
    }
    let mut data = Map::new();
    let mut with_categories = false;
    for wish in &wishes {
        let value = match wish.name.as_str() {
            "properties" => Value::Object(properties(world, node)),
            "categories" => {
                with_categories = true;
                category::flat_data(world, node)
            }
            // The newest first, so that element 0 is the latest.
            "versions" => node
                .versions
                .iter()
                .rev()
                .map(|one| version(world, node, one))
                .collect(),
            "permissions" => node.rights.iter().map(right).collect(),
            _ => continue,
        };
        data.insert(wish.name.clone(), wish.cut(value));
    }
    let mut whole = json!({ "data": data });
    if asked.has("metadata") {
        let mut metadata = json!({ "properties": {} });
        whole["metadata_map"] = json!({});
        whole["metadata_order"] = json!({});
        if with_categories {
            let (definitions, map, order) = category::flat_metadata(world, node);
            metadata["categories"] = definitions;
            whole["metadata_map"]["categories"] = map;
            whole["metadata_order"]["categories"] = order;
        }
        whole["metadata"] = metadata;
    }
    if asked.has("state") {
        whole["state"] = json!({ "properties": { "metadata_token": token(&whole["data"]) } });
    }
    whole
}

/// Splits at commas that are not in braces.
fn split_outside(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_i32;
    for letter in text.chars() {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth -= 1,
            _ => {}
        }
        if letter == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts
}

/// 32 hexadecimal digits that change with the value.
pub(crate) fn token(value: &Value) -> String {
    let mut low: u64 = 0xCBF2_9CE4_8422_2325;
    let mut high: u64 = 0x8422_2325_CBF2_9CE4;
    for byte in value.to_string().bytes() {
        low = (low ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        high = (high ^ u64::from(byte))
            .wrapping_mul(0x0100_0000_01B3)
            .rotate_left(7);
    }
    format!("{low:016x}{high:016x}")
}

/// `links` of an answer.
pub(crate) fn links(asked: &Asked) -> Value {
    json!({ "data": { "self": {
        "body": "", "content_type": "", "href": asked.target, "method": asked.method, "name": "",
    } } })
}

/// Whether a node is one that searches are for: everything but volumes.
pub(crate) fn searchable(node: &Node) -> bool {
    node.kind != subtype::ENTERPRISE
}
