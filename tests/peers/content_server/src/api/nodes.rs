//! One node: its properties, categories, access list, ancestors and events.
//!
//! Rule that must hold: what is not shown answers 400 here, and 500 for categories and permissions.

use serde_json::{Map, Value, json};

use super::paging::Section;
use crate::{
    asked::Asked,
    category,
    config::Account,
    present,
    reply::Reply,
    world::{ALL, Event, READ, Right, World},
};

/// The most ids of `POST /v2/nodes/list`.
const LIST_MAX: usize = 250;

/// `GET /v2/nodes/{id}`.
pub(super) fn get(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    match world.seen(id, account) {
        Some(node) => Reply::ok(&json!({
            "links": present::links(asked),
            "results": present::node(world, node, asked),
        })),
        None => Reply::no_node(world, 400),
    }
}

/// `GET /v1/nodes/{id}`: flat, with the type apart.
pub(super) fn get_v1(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let mut answer = json!({
        "available_actions": [], "available_roles": [], "data": present::properties(world, node),
        "definitions": {}, "definitions_base": [], "definitions_order": [],
        "type": node.kind, "type_info": { "advanced_versioning": node.advanced_versioning, "container": node.subtype().container },
        "type_name": node.subtype().name(world.switches.language),
    });
    if asked.has("expand") {
        answer["addable_types"] = json!([]);
    }
    Reply::ok(&answer)
}

/// `POST /v2/nodes/list`: those of the ids that are shown.
pub(super) fn list(world: &World, asked: &Asked, account: &Account) -> Reply {
    let ids: Vec<i64> = asked
        .all("ids")
        .iter()
        .flat_map(|text| text.split(|letter: char| !letter.is_ascii_digit()))
        .filter_map(|text| text.parse().ok())
        .collect();
    if ids.is_empty() || ids.len() > LIST_MAX {
        return Reply::bad_argument(world, "ids");
    }
    let results: Vec<Value> = ids
        .iter()
        .filter_map(|id| world.seen(*id, account))
        .map(|node| present::node(world, node, asked))
        .collect();
    Reply::ok(&json!({
        "collection": { "paging": { "limit": LIST_MAX, "page": 1, "page_total": 1, "range_min": 1,
            "range_max": results.len(), "total_count": results.len() } },
        "links": present::links(asked),
        "results": results,
    }))
}

/// `GET /v1/nodes/{id}/ancestors`.
pub(super) fn ancestors(world: &World, account: &Account, id: i64) -> Reply {
    if world.seen(id, account).is_none() {
        return Reply::no_node(world, 400);
    }
    let line: Vec<Value> = world
        .line(id)
        .iter()
        .filter_map(|step| world.node(*step))
        .map(|node| {
            json!({
                "id": node.id, "name": node.name, "parent_id": present::parent_id(world, node),
                "type": node.kind, "type_name": node.subtype().name(world.switches.language),
                "volume_id": present::volume_id(world, node),
            })
        })
        .collect();
    Reply::ok(&json!({ "ancestors": line }))
}

/// `GET /v2/nodes/{id}/categories`.
pub(super) fn categories(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    match world.seen(id, account) {
        Some(node) => Reply::ok(&json!({
            "links": present::links(asked),
            "results": category::list(world, node, asked.has("metadata")),
        })),
        None => Reply::no_node(world, 500),
    }
}

/// `GET /v2/nodes/{id}/categories/{category}`.
pub(super) fn category(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    number: i64,
) -> Reply {
    let results = world
        .seen(id, account)
        .and_then(|node| category::one(world, node, number, asked.has("metadata")));
    match results {
        Some(results) => Reply::ok(&json!({ "links": present::links(asked), "results": results })),
        None => Reply::no_node(world, 500),
    }
}

/// `GET /v2/nodes/{id}/permissions` and what is below it.
pub(super) fn permissions(
    world: &World,
    asked: &Asked,
    account: &Account,
    id: i64,
    which: &[&str],
) -> Reply {
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 500);
    };
    match which {
        [] => {
            let all: Vec<&Right> = node.rights.iter().collect();
            let total = all.len();
            let page = Section::cut(world, asked, all, total);
            let results: Vec<Value> = page
                .items
                .iter()
                .map(|one| json!({ "data": { "permissions": present::right(one) } }))
                .collect();
            Reply::ok(&json!({
                "collection": { "paging": page.told(asked) },
                "links": present::links(asked),
                "results": results,
            }))
        }
        ["effective", member] => {
            let member: i64 = member.parse().unwrap_or(0);
            let names = effective(world, node.id, member);
            permission_result(
                asked,
                &json!({ "permissions": names, "right_id": member, "type": "custom" }),
            )
        }
        ["custom", member] => {
            let member: i64 = member.parse().unwrap_or(0);
            let found = node
                .rights
                .iter()
                .find(|one| one.kind == "custom" && one.member == Some(member));
            match found {
                Some(one) => permission_result(asked, &present::right(one)),
                None => Reply::no_node(world, 500),
            }
        }
        [kind, ..] => match node.rights.iter().find(|one| one.kind == *kind) {
            Some(one) => permission_result(asked, &present::right(one)),
            None => Reply::no_node(world, 500),
        },
    }
}

fn permission_result(asked: &Asked, permissions: &Value) -> Reply {
    Reply::ok(&json!({
        "links": present::links(asked),
        "results": { "data": { "permissions": permissions } },
    }))
}

fn effective(world: &World, id: i64, member: i64) -> Vec<&'static str> {
    let Some(node) = world.node(id) else {
        return Vec::new();
    };
    match world.accounts.iter().find(|one| one.id == member) {
        Some(account) => ALL
            .iter()
            .copied()
            .filter(|name| World::may(account, node, name))
            .collect(),
        // A group: only what is granted to all or to it.
        None => READ
            .iter()
            .copied()
            .filter(|name| {
                node.rights.iter().any(|right| {
                    (right.kind == "public" || right.member == Some(member))
                        && right.permissions.iter().any(|one| one == name)
                })
            })
            .collect(),
    }
}

/// `GET /v2/nodes/{id}/audit`: the events of one node; dates count as whole days.
pub(super) fn audit(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let day = |key: &str| -> Option<String> {
        asked.get(key).map(|text| text.chars().take(10).collect())
    };
    let start = day("where_audit_date_start");
    let end = day("where_audit_date_end");
    let kind = asked.number("where_type");
    let user = asked.number("where_user_id");
    let mut events: Vec<&Event> = world
        .events
        .iter()
        .filter(|event| event.node == id)
        .filter(|event| kind.is_none_or(|kind| event.kind == kind))
        .filter(|event| user.is_none_or(|user| event.user == user))
        .filter(|event| {
            let at = event.at.format("%Y-%m-%d").to_string();
            start.as_ref().is_none_or(|start| at >= *start)
                && end.as_ref().is_none_or(|end| at <= *end)
        })
        .collect();
    if asked
        .get("sort")
        .unwrap_or("desc_audit_date")
        .starts_with("desc")
    {
        events.reverse();
    }
    let total = events.len();
    let page = Section::cut(world, asked, events, total);
    let lines: Vec<Value> = page
        .items
        .iter()
        .map(|event| {
            json!({
                "id": event.id, "event_type": event.kind, "audit_date": present::date(world, node, event.at),
                "user_id": event.user, "audit_name": event.name, "agent_id": null, "target_user_id": null,
            })
        })
        .collect();
    let mut kinds: Map<String, Value> = Map::new();
    for event in &page.items {
        kinds.insert(event.kind.to_string(), json!(event.name));
    }
    Reply::ok(&json!({
        "collection": { "paging": page.told(asked) },
        "links": present::links(asked),
        "results": { "data": { "audit": lines, "audit_event_types": kinds } },
    }))
}
