//! What is in a container.
//!
//! Rule that must hold: a container that is not there, one that is not shown and a node that is no container answer 500.

use serde_json::{Value, json};

use super::paging::Section;
use crate::{
    asked::Asked,
    config::Account,
    present,
    reply::Reply,
    subtype,
    world::{Node, World},
};

/// `GET /v2/nodes/{id}/nodes`.
pub(super) fn children(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let Some((nodes, total)) = listed(world, asked, account, id) else {
        return Reply::no_node(world, 500);
    };
    let page = Section::cut(world, asked, nodes, total);
    let results: Vec<Value> = page
        .items
        .iter()
        .map(|node| present::node(world, node, asked))
        .collect();
    Reply::ok(&json!({
        "collection": {
            "paging": page.told(asked),
            "sorting": { "sort": [{ "key": "sort", "value": sort(asked) }] },
        },
        "links": present::links(asked),
        "results": results,
    }))
}

/// `GET /v1/nodes/{id}/nodes`: flat.
pub(super) fn children_v1(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let Some((nodes, total)) = listed(world, asked, account, id) else {
        return Reply::no_node(world, 500);
    };
    let page = Section::cut(world, asked, nodes, total);
    let data: Vec<Value> = page
        .items
        .iter()
        .map(|node| Value::Object(present::properties(world, node)))
        .collect();
    Reply::ok(&json!({
        "data": data, "definitions": {}, "definitions_map": {}, "definitions_order": [],
        "limit": page.limit, "page": page.page, "page_total": page.page_total,
        "range_max": page.range_max, "range_min": page.range_min, "sort": sort(asked),
        "total_count": page.total, "where_facet": [], "where_name": asked.get("where_name").unwrap_or(""),
        "where_type": asked.all("where_type"),
    }))
}

/// `GET /v3/app/container/{id}`.
pub(super) fn container(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let Some((nodes, total)) = listed(world, asked, account, id) else {
        return Reply::no_node(world, 500);
    };
    let page = Section::cut(world, asked, nodes, total);
    let contents: Vec<Value> = page
        .items
        .iter()
        .map(|node| {
            let mut flat = Value::Object(present::properties(world, node));
            flat["data"] = json!({});
            flat["openable"] = json!(true);
            flat
        })
        .collect();
    let paging = page.told(asked);
    Reply::ok(&json!({
        "collection": { "paging": paging },
        "paging": paging,
        "links": present::links(asked),
        "results": { "contents": contents, "node": world.seen(id, account).map(|node| present::properties(world, node)) },
    }))
}

/// `GET /v2/nodes/{id}/nodes/all`: the parts of a compound document, in their order.
pub(super) fn parts(world: &World, asked: &Asked, account: &Account, id: i64) -> Reply {
    let whole = world.seen(id, account);
    if whole.is_none_or(|node| node.kind != subtype::COMPOUND) {
        return Reply::no_node(world, 500);
    }
    let mut nodes: Vec<&Node> = world
        .inside(id)
        .into_iter()
        .filter(|node| world.sees(account, node))
        .collect();
    nodes.sort_by_key(|node| node.order);
    let results: Vec<Value> = nodes
        .iter()
        .map(|node| {
            let mut properties = present::properties(world, node);
            properties.insert("order".to_owned(), json!(node.order));
            json!({ "data": { "properties": properties } })
        })
        .collect();
    Reply::ok(&json!({ "links": present::links(asked), "results": results }))
}

fn sort(asked: &Asked) -> &str {
    asked.get("sort").unwrap_or("asc_name")
}

/// What this account sees of a container, filtered and sorted, and the number of items to tell.
fn listed<'a>(
    world: &'a World,
    asked: &Asked,
    account: &Account,
    id: i64,
) -> Option<(Vec<&'a Node>, usize)> {
    let container = world.seen(id, account)?;
    if !container.subtype().container || !World::may(account, container, "see_contents") {
        return None;
    }
    let kinds: Vec<i64> = asked
        .all("where_type")
        .iter()
        .filter_map(|text| text.trim().parse().ok())
        .collect();
    let name = asked.get("where_name").unwrap_or("").trim().to_lowercase();
    let name = name.strip_prefix("contains_").unwrap_or(&name).to_owned();
    let show_hidden = asked.get("show_hidden").is_some_and(|text| text != "false");
    let mut nodes: Vec<&Node> = world
        .inside(container.id)
        .into_iter()
        .filter(|node| show_hidden || !node.hidden)
        .filter(|node| kinds.is_empty() || kinds.iter().any(|kind| is_kind(node, *kind)))
        .filter(|node| name.is_empty() || node.name.to_lowercase().contains(&name))
        .collect();
    let all = nodes.len();
    nodes.retain(|node| world.sees(account, node));
    order(world, &mut nodes, sort(asked));
    let total = if world.switches.total_counts_unseen {
        all
    } else {
        nodes.len()
    };
    Some((nodes, total))
}

fn is_kind(node: &Node, kind: i64) -> bool {
    match kind {
        -1 => node.subtype().container,
        -2 => present::searchable(node),
        -3 => !node.subtype().container,
        other => node.kind == other,
    }
}

fn order(world: &World, nodes: &mut [&Node], sort: &str) {
    let (descending, key) = match sort.split_once('_') {
        Some(("desc", key)) => (true, key),
        Some(("asc", key)) => (false, key),
        _ => (false, sort),
    };
    nodes.sort_by(|one, other| {
        let by_key = match key {
            "modify_date" => one.modified.cmp(&other.modified),
            "create_date" => one.created.cmp(&other.created),
            "size" => present::size(world, one).cmp(&present::size(world, other)),
            "type" => one.kind.cmp(&other.kind),
            "id" => one.id.cmp(&other.id),
            _ => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
        };
        let by_key = if descending { by_key.reverse() } else { by_key };
        by_key.then(one.id.cmp(&other.id))
    });
}
