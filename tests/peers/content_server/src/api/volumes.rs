//! Volumes, the recycle bin among them, and the form that tells what a category is.
//!
//! Rule that must hold: who may not read the recycle bin gets 403.

use serde_json::{Map, Value, json};

use super::paging::Section;
use crate::{
    asked::Asked,
    config::Account,
    present,
    reply::Reply,
    world::{Deleted, Node, World},
};

/// `GET /v2/volumes`.
pub(super) fn all(world: &World, asked: &Asked, account: &Account) -> Reply {
    let results: Vec<Value> = volumes(world)
        .filter(|node| world.sees(account, node))
        .map(|node| present::node(world, node, asked))
        .collect();
    Reply::ok(&json!({ "links": present::links(asked), "results": results }))
}

/// `GET /v2/volumes/{subtype}`.
pub(super) fn one(world: &World, asked: &Asked, account: &Account, kind: &str) -> Reply {
    let kind: i64 = kind.parse().unwrap_or(-1);
    let found = volumes(world)
        .filter(|node| world.sees(account, node))
        .find(|node| node.kind == kind || node.id == kind);
    match found {
        Some(node) => Reply::ok(&json!({
            "links": present::links(asked),
            "results": present::node(world, node, asked),
        })),
        None => Reply::no_node(world, 400),
    }
}

fn volumes(world: &World) -> impl Iterator<Item = &Node> {
    world.nodes.values().filter(|node| node.parent == 0)
}

/// `GET /v2/volumes/recyclebin/nodes`.
pub(super) fn bin(world: &World, asked: &Asked, account: &Account) -> Reply {
    if !account.reads_bin {
        return Reply::problem(
            world,
            403,
            "You do not have permission to access the Recycle Bin.",
            "Vous n'êtes pas autorisé à accéder à la corbeille.",
        );
    }
    let mut all: Vec<(&Node, &Deleted)> = world
        .nodes
        .values()
        .filter_map(|node| Some((node, node.deleted.as_ref()?)))
        .filter(|(_, deleted)| deleted.itself)
        .filter(|(node, _)| {
            !world.switches.security_clearance || node.clearance <= account.clearance
        })
        .filter(|(node, _)| World::may(account, node, "see"))
        .collect();
    all.sort_by_key(|(node, deleted)| (deleted.at, node.id));
    if asked
        .get("sort")
        .is_some_and(|sort| sort.starts_with("desc"))
    {
        all.reverse();
    }
    let total = all.len();
    let page = Section::cut(world, asked, all, total);
    let results: Vec<Value> = page
        .items
        .iter()
        .map(|(node, deleted)| {
            json!({ "data": { "properties": {
                "id": node.id, "type": node.kind, "type_name": node.subtype().name(world.switches.language),
                "name": node.name, "parent_id": present::parent_id(world, node), "container": node.subtype().container,
                "size": present::size(world, node), "deleted_date": present::date(world, node, deleted.at),
                "deleted_user_id": node.creator, "purged_date": null,
                "location_id": node.parent, "mime_type": node.latest().map(|version| version.mime_type.clone()),
            } } })
        })
        .collect();
    Reply::ok(&json!({
        "collection": { "paging": page.told(asked) },
        "links": present::links(asked),
        "results": results,
    }))
}

/// `GET /v1/forms/nodes/properties/specific?id=`: what a category is, for one of type 131.
pub(super) fn category_form(world: &World, asked: &Asked, account: &Account) -> Reply {
    let id = asked.number("id").unwrap_or(0);
    let seen = world.seen(id, account);
    let (Some(_), Some(definition)) = (seen, world.definitions.get(&id)) else {
        return Reply::no_node(world, 400);
    };
    let mut fields = Map::new();
    for (key, described) in definition.metadata() {
        if described["persona"] != "category" {
            fields.insert(
                key,
                json!({ "title": described["name"], "type": described["type_name"] }),
            );
        }
    }
    Reply::ok(&json!({ "forms": [{
        "data": definition.data(&std::collections::BTreeMap::new()),
        "options": { "fields": {} },
        "schema": { "properties": fields, "type": "object", "title": definition.name },
    }] }))
}
