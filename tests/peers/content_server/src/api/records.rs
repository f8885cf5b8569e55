//! Records Management, classifications and security clearance.
//!
//! Rule that must hold: a module that is not installed answers 400 for every node, and never with an empty list.

use serde_json::{Value, json};

use super::paging::Section;
use crate::{
    asked::Asked,
    config::Account,
    present,
    reply::Reply,
    world::{Hold, Node, World},
};

/// Levels that this site has given names.
const LEVELS: &[(i64, &str)] = &[
    (10, "UNCLASSIFIED"),
    (20, "PROTECTED A"),
    (30, "PROTECTED B"),
    (40, "PROTECTED C"),
    (50, "SECRET"),
    (60, "TOP SECRET"),
];

/// Retention schedules.
const SCHEDULES: &[(i64, &str, &str)] = &[
    (61_001, "RDA-98-001", "Open data releases"),
    (61_002, "RDA-2015-012", "Policy files"),
];

/// `GET /v1/nodes/{id}/rmclassifications`.
pub(super) fn details(world: &World, account: &Account, id: i64) -> Reply {
    if !world.switches.records_management {
        return Reply::no_module(world);
    }
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let data: Vec<Value> = node
        .record
        .iter()
        .map(|record| {
            json!({
                "accession": null, "addressee": null, "cycle_period": null, "default_rmclassification_id": null,
                "essential": record.essential, "establishment": null, "file_number": record.file_number,
                "file_status": record.status, "inherited_rmclassification_id": null, "last_review_date": null,
                "multiple_classifications": [], "name": world.node(record.classification_id).map(|class| class.name.clone()),
                "next_review_date": null, "official": record.official, "originator": null, "received_date": null,
                "record_date": record.recorded.format("%Y-%m-%dT00:00:00").to_string(),
                "rmclassification_id": record.classification_id, "rsi": record.rsi,
                "status_date": record.recorded.format("%Y-%m-%dT00:00:00").to_string(),
                "storage": "EL", "subject": null,
            })
        })
        .collect();
    let token = present::token(&json!(data));
    Reply::ok(&json!({
        "canBeUnclassified": false, "canFinalize": false, "canRMClassify": false, "classVolumeID": 2048,
        "data": data, "definitions": {}, "fields_order": [], "fields_to_show": {}, "inherit_from": false,
        "multiClass": true, "rm_metadataToken": token, "showTab": true, "vitalRecordCodes": [],
    }))
}

/// `GET /v1/nodes/{id}/holds`: those on it and those on what it is in.
pub(super) fn holds(world: &World, account: &Account, id: i64) -> Reply {
    if !world.switches.records_management {
        return Reply::no_module(world);
    }
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let data: Vec<Value> = world
        .holds_on(node.id)
        .into_iter()
        .map(|(hold, direct)| {
            json!({
                "active": hold.active, "date_applied": present::date(world, node, hold.applied),
                "hold_appliedmethod": if direct { "Direct" } else { "Indirect" },
                "hold_id": hold.id, "hold_name": hold.name, "hold_type": hold.kind,
            })
        })
        .collect();
    Reply::ok(&json!({ "canManageHolds": false, "data": data, "definitions": {} }))
}

/// `GET /v1/nodes/{id}/rsis`.
pub(super) fn schedules(world: &World, account: &Account, id: i64) -> Reply {
    if !world.switches.records_management {
        return Reply::no_module(world);
    }
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let rsi = node.record.as_ref().and_then(|record| record.rsi.clone());
    let data: Vec<Value> = SCHEDULES
        .iter()
        .filter(|(_, name, _)| rsi.as_deref() == Some(*name))
        .map(schedule_told)
        .collect();
    Reply::ok(&json!({ "data": data, "definitions": {} }))
}

fn schedule_told((id, name, title): &(i64, &str, &str)) -> Value {
    json!({ "rsi_id": id, "RSIID": id, "RSI": name, "rsi": name, "title": title, "Title": title })
}

/// `GET /v1/nodes/{id}/classifications`.
pub(super) fn classifications(world: &World, account: &Account, id: i64) -> Reply {
    if !world.switches.classifications {
        return Reply::no_module(world);
    }
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let data: Vec<Value> = node
        .classifications
        .iter()
        .filter_map(|class| world.node(*class))
        .map(|class| {
            json!({
                "cell_metadata": null, "classvolumeid": 2048, "id": class.id, "inherit_flag": false,
                "management_type": "manual", "menu": null, "name": class.name, "parent_managed": null,
                "score": null, "selectable": true, "type": class.kind,
            })
        })
        .collect();
    Reply::ok(&json!({
        "bCanApplyClass": false, "bCanRemoveClass": false, "canModify": false, "classVolumeID": 2048,
        "data": data, "definitions": {},
    }))
}

/// `GET /v1/nodes/{id}/securityclearances`.
pub(super) fn clearance(world: &World, account: &Account, id: i64) -> Reply {
    if !world.switches.security_clearance {
        return Reply::no_module(world);
    }
    let Some(node) = world.seen(id, account) else {
        return Reply::no_node(world, 400);
    };
    let markings: Vec<Value> = node.markings.iter().map(|one| marking(one)).collect();
    Reply::ok(&json!({
        "data": {
            "clearance_level": node.clearance, "clearance_level_name": level_name(node.clearance),
            "inherit_from": null, "supplemental_markings": markings,
        },
        "definitions": {}, "NumSecLevel": LEVELS.len(),
    }))
}

fn marking(name: &str) -> Value {
    json!({ "supplemental_marking": name, "desc": name })
}

fn level_name(level: i64) -> &'static str {
    LEVELS
        .iter()
        .find(|(number, _)| *number == level)
        .map_or("", |(_, name)| *name)
}

/// `GET /v1/securityclearances`: the levels and markings up to the user's own.
pub(super) fn own_clearance(world: &World, account: &Account) -> Reply {
    if !world.switches.security_clearance {
        return Reply::no_module(world);
    }
    let levels: Vec<Value> = LEVELS
        .iter()
        .filter(|(number, _)| *number <= account.clearance)
        .map(|(number, name)| json!({ "security_level": number, "name": name, "desc": name }))
        .collect();
    let markings: Vec<Value> = account.markings.iter().map(|one| marking(one)).collect();
    Reply::ok(&json!({ "data": {
        "clearance_levels": { "data": levels, "definitions": {} },
        "supplemental_markings": { "data": markings, "definitions": {} },
    } }))
}

/// Lists over the whole system: holds, schedules, and what is under each.
pub(super) fn system_wide(
    world: &World,
    asked: &Asked,
    account: &Account,
    parts: &[&str],
) -> Reply {
    if !world.switches.records_management {
        return Reply::no_module(world);
    }
    match parts {
        ["holds"] => {
            let all: Vec<Value> = world.holds.iter().map(hold_told).collect();
            Reply::ok(
                &json!({ "links": present::links(asked), "results": { "data": { "holds": all } } }),
            )
        }
        ["holditems", id, ..] => {
            let id: i64 = id.parse().unwrap_or(0);
            items(world, asked, account, |node| {
                world
                    .holds_on(node.id)
                    .iter()
                    .any(|(hold, _)| hold.id == id)
            })
        }
        ["rsis"] => {
            let all: Vec<Value> = SCHEDULES.iter().map(schedule_told).collect();
            Reply::ok(
                &json!({ "links": present::links(asked), "results": { "data": { "rsis": all } } }),
            )
        }
        ["rsiitems", id, ..] => {
            let id: i64 = id.parse().unwrap_or(0);
            let name = SCHEDULES
                .iter()
                .find(|(number, _, _)| *number == id)
                .map(|(_, name, _)| *name);
            items(world, asked, account, |node| {
                let rsi = node
                    .record
                    .as_ref()
                    .and_then(|record| record.rsi.as_deref());
                rsi.is_some() && rsi == name
            })
        }
        ["classifieditems", id, ..] => {
            let id: i64 = id.parse().unwrap_or(0);
            items(world, asked, account, |node| {
                node.record
                    .as_ref()
                    .is_some_and(|record| record.classification_id == id)
                    || node.classifications.contains(&id)
            })
        }
        _ => Reply::no_module(world),
    }
}

fn hold_told(hold: &Hold) -> Value {
    json!({
        "ActiveHold": i32::from(hold.active), "AlternateHoldID": null, "ApplyPatron": "Admin",
        "DateApplied": hold.applied.format("%Y-%m-%dT%H:%M:%S").to_string(), "DateRemoved": null, "DateToRemove": null,
        "EditDate": null, "EditPatron": "", "HoldComment": "", "HoldID": hold.id, "HoldName": hold.name,
        "HoldType": hold.kind, "OBJECT": hold.id, "ParentID": 0, "RemovalComment": "", "RemovalPatron": "",
    })
}

fn items(world: &World, asked: &Asked, account: &Account, wanted: impl Fn(&Node) -> bool) -> Reply {
    let all: Vec<&Node> = world
        .nodes
        .values()
        .filter(|node| world.sees(account, node) && wanted(node))
        .collect();
    let total = all.len();
    let page = Section::cut(world, asked, all, total);
    let results: Vec<Value> = page
        .items
        .iter()
        .map(|node| json!({ "data": { "properties": present::properties(world, node) } }))
        .collect();
    Reply::ok(&json!({
        "collection": { "paging": page.told(asked) },
        "links": present::links(asked),
        "results": results,
    }))
}
