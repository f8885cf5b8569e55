//! Users and groups.
//!
//! Rule that must hold: a user's password is told to nobody.

use serde_json::{Value, json};

use super::paging::Section;
use crate::{asked::Asked, config::Account, present, reply::Reply, world::World};

const GROUPS: &[i64] = &[999, 1200, 1201];

pub(super) fn answer(
    world: &World,
    asked: &Asked,
    account: &Account,
    api: &str,
    rest: &[&str],
) -> Reply {
    match rest {
        [] => all(world, asked),
        ["usersecurity", "simple"] => own_security(world, account),
        ["usersecurity", id, ..] => user_security(world, id),
        ["memberof"] => group_list(asked, world, &account.groups),
        ["favorites" | "accessed" | "reserved", ..] => Reply::ok(&json!({
            "collection": { "paging": { "limit": 100, "page": 1, "page_total": 1, "range_max": 0,
                "range_min": 0, "total_count": 0 } },
            "links": present::links(asked), "results": [],
        })),
        [id] => one(world, asked, api, id),
        [id, "members"] => inside(world, asked, id),
        [id, "memberof"] => {
            let id: i64 = id.parse().unwrap_or(0);
            let groups = world
                .accounts
                .iter()
                .find(|one| one.id == id)
                .map_or_else(Vec::new, |one| one.groups.clone());
            group_list(asked, world, &groups)
        }
        _ => Reply::no_module(world),
    }
}

fn described(world: &World, id: i64) -> Option<Value> {
    let name = world.member_name(id);
    if GROUPS.contains(&id) {
        return Some(
            json!({ "deleted": false, "id": id, "leader_id": null, "name": name,
            "name_formatted": name, "type": 1, "type_name": "Group" }),
        );
    }
    let account = world.accounts.iter().find(|one| one.id == id)?;
    Some(json!({
        "deleted": false, "id": id, "name": name, "name_formatted": name, "type": 0, "type_name": "User",
        "first_name": name, "last_name": "Example", "business_email": format!("{name}@example.org"),
        "group_id": account.groups.first(), "privilege_login": true, "time_zone": -1, "title": "",
    }))
}

fn one(world: &World, asked: &Asked, api: &str, id: &str) -> Reply {
    let Some(member) = described(world, id.parse().unwrap_or(0)) else {
        return Reply::problem(
            world,
            400,
            "Could not get the member.",
            "Impossible d'obtenir le membre.",
        );
    };
    if api == "v1" {
        return Reply::ok(&json!({ "data": member }));
    }
    Reply::ok(
        &json!({ "links": present::links(asked), "results": { "data": { "properties": member } } }),
    )
}

fn paged(world: &World, asked: &Asked, ids: Vec<i64>) -> Reply {
    let total = ids.len();
    let page = Section::cut(world, asked, ids, total);
    let results: Vec<Value> = page
        .items
        .iter()
        .filter_map(|id| described(world, *id))
        .map(|member| json!({ "data": { "properties": member } }))
        .collect();
    Reply::ok(&json!({
        "collection": { "paging": page.told(asked) },
        "links": present::links(asked),
        "results": results,
    }))
}

fn all(world: &World, asked: &Asked) -> Reply {
    let kind = asked.number("where_type");
    let name = asked.get("where_name").unwrap_or("").to_lowercase();
    let users = world.accounts.iter().map(|one| one.id);
    let ids: Vec<i64> = match kind {
        Some(1) => GROUPS.to_vec(),
        Some(0) => users.collect(),
        _ => users.chain(GROUPS.iter().copied()).collect(),
    };
    let ids = ids
        .into_iter()
        .filter(|id| world.member_name(*id).to_lowercase().contains(&name))
        .collect();
    paged(world, asked, ids)
}

fn inside(world: &World, asked: &Asked, group: &str) -> Reply {
    let group: i64 = group.parse().unwrap_or(0);
    let ids = world
        .accounts
        .iter()
        .filter(|one| one.groups.contains(&group))
        .map(|one| one.id)
        .collect();
    paged(world, asked, ids)
}

fn group_list(asked: &Asked, world: &World, groups: &[i64]) -> Reply {
    paged(world, asked, groups.to_vec())
}

/// `GET /v2/members/usersecurity/simple`: what the current user is cleared for.
fn own_security(world: &World, account: &Account) -> Reply {
    if !world.switches.security_clearance {
        return Reply::no_module(world);
    }
    Reply::ok(&json!({ "results": { "data": { "usersecurity": {
        "user_id": account.id, "security_level": account.clearance,
        "supplemental_markings": account.markings,
    } } } }))
}

fn user_security(world: &World, id: &str) -> Reply {
    if !world.switches.security_clearance {
        return Reply::no_module(world);
    }
    let id: i64 = id.parse().unwrap_or(0);
    match world.accounts.iter().find(|one| one.id == id) {
        Some(account) => own_security(world, account),
        None => Reply::problem(
            world,
            400,
            "Could not get the member.",
            "Impossible d'obtenir le membre.",
        ),
    }
}
