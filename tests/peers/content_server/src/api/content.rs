//! Versions and their bytes.
//!
//! Rule that must hold: the bytes of a version are exactly as many as its `file_size`.

use serde_json::{Value, json};

use super::paging::Section;
use crate::{
    asked::Asked,
    config::Account,
    present,
    reply::Reply,
    world::{Version, World},
};

/// `GET /v1/nodes/{id}/versions/latest`; there is none of this in v2.
pub(super) fn latest(world: &World, account: &Account, id: i64) -> Reply {
    let node = world.seen(id, account);
    match node.and_then(|node| Some((node, node.latest()?))) {
        Some((node, version)) => {
            Reply::ok(&json!({ "data": present::version(world, node, version) }))
        }
        None => Reply::no_node(world, 400),
    }
}

/// `GET /nodes/{id}/versions`: the oldest first, unless `order` or `sort` says otherwise.
pub(super) fn versions(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    api: &str,
) -> Reply {
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let mut all: Vec<&Version> = node.versions.iter().collect();
    let order = asked.get("order").or_else(|| asked.get("sort"));
    if order.is_some_and(|order| order.starts_with("desc")) {
        all.reverse();
    }
    if api == "v1" {
        let data: Vec<Value> = all
            .iter()
            .map(|one| present::version(world, node, one))
            .collect();
        return Reply::ok(&json!({ "data": data, "definitions": {} }));
    }
    let total = all.len();
    let mut answer = json!({ "links": present::links(asked) });
    if asked.has("limit") || asked.has("page") {
        let page = Section::cut(world, asked, all, total);
        answer["collection"] = json!({ "paging": page.told(asked) });
        all = page.items;
    }
    let results: Vec<Value> = all
        .iter()
        .map(|one| json!({ "data": { "versions": present::version(world, node, one) } }))
        .collect();
    answer["results"] = Value::Array(results);
    Reply::ok(&answer)
}

/// `GET /nodes/{id}/versions/{number}`.
pub(super) fn version(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    number: &str,
    api: &str,
) -> Reply {
    let number: i64 = number.parse().unwrap_or(0);
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let Some(one) = node.versions.iter().find(|one| one.number == number) else {
        return Reply::bad_argument(world, "version_number");
    };
    let described = present::version(world, node, one);
    if api == "v1" {
        return Reply::ok(&json!({ "data": described }));
    }
    Reply::ok(&json!({
        "links": present::links(asked),
        "results": { "data": { "versions": described } },
    }))
}

/// `GET` and `HEAD` of `/content`, of a version or of the latest one.
pub(super) fn bytes(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    number: Option<&str>,
) -> Reply {
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 500);
    };
    let version = match number {
        None => node.latest(),
        Some(text) => {
            let number: i64 = text.parse().unwrap_or(0);
            node.versions.iter().find(|one| one.number == number)
        }
    };
    let Some(version) = version else {
        return Reply::problem(
            world,
            500,
            "Could not get the version of the node.",
            "Impossible d'obtenir la version de l'élément.",
        );
    };
    if !World::may(account, node, "see_contents") {
        return Reply::no_node(world, 500);
    }
    let download = asked.get("action") == Some("download");
    let kind = if download {
        "application/octet-stream"
    } else {
        version.mime_type.as_str()
    };
    let name: String = url::form_urlencoded::byte_serialize(version.file_name.as_bytes()).collect();
    let name = name.replace('+', "%20");
    let mut reply = Reply::bytes(200, kind, version.content.clone());
    reply.length = !world.switches.no_content_length;
    reply.with(
        "Content-Disposition",
        format!("attachment; filename*=UTF-8''{name}"),
    )
}
