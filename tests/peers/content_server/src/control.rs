//! The controls over HTTP, for tests in other languages and for demonstrations.
//!
//! `GET` tells and `POST` turns, both in JSON:
//!
//! | path | body |
//! |---|---|
//! | `/control/clock` | `{"advance_seconds": 60}` or `{"set": "2026-03-02T14:00:00Z"}` |
//! | `/control/expire` | `{"all": true}` |
//! | `/control/fail` | a [`Failure`]; `DELETE` ends them |
//! | `/control/slow` | a [`Slowness`] |
//! | `/control/change` | a [`Change`] |
//! | `/control/switches` | some of [`Switches`] |
//! | `/control/requests` | `GET` tells them, `DELETE` forgets them |
//! | `/control/requests/count?part=` | |
//! | `/control/tree`, `/control/content/{id}[/{version}]` | |
//!
//! Rule that must hold: each does the same as the method of [`crate::Simulator`] with that name.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{
    asked::Asked,
    change::{self, Change},
    config::Switches,
    fault::{Failure, Slowness},
    reply::Reply,
    server::Shared,
    simulator, tree,
    world::World,
};

pub(crate) fn answer(shared: &Shared, asked: &Asked) -> Reply {
    match turned(shared, asked) {
        Ok(reply) => reply,
        Err(why) => Reply::json(422, &json!({ "error": why })),
    }
}

fn turned(shared: &Shared, asked: &Asked) -> Result<Reply, String> {
    let path = asked.path.trim_start_matches("/control/");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", ["clock"]) => Ok(told_time(&shared.world())),
        ("POST", ["clock"]) => clock(&mut shared.world(), asked),
        ("POST", ["expire"]) => {
            let all = asked.json()["all"].as_bool().unwrap_or(false);
            shared.world().expire_tickets(all);
            Ok(done())
        }
        ("POST", ["fail"]) => {
            let failure: Failure = read(asked)?;
            shared.world().failures.push(failure);
            Ok(done())
        }
        ("DELETE", ["fail"]) => {
            shared.world().failures.clear();
            Ok(done())
        }
        ("POST", ["slow"]) => {
            let slowness: Slowness = read(asked)?;
            shared.world().slowness = slowness;
            Ok(done())
        }
        ("POST", ["change"]) => {
            let wanted: Change = read(asked)?;
            let id = change::apply(&mut shared.world(), wanted)?;
            Ok(Reply::ok(&json!({ "id": id })))
        }
        ("GET", ["switches"]) => Ok(Reply::ok(&json!(shared.world().switches))),
        ("POST", ["switches"]) => switches(&mut shared.world(), asked),
        ("GET", ["requests"]) => Ok(Reply::ok(&json!(*shared.log()))),
        ("DELETE", ["requests"]) => {
            shared.log().clear();
            Ok(done())
        }
        ("GET", ["requests", "count"]) => {
            let part = asked.get("part").unwrap_or("");
            let count = simulator::count(&shared.log(), part);
            Ok(Reply::ok(&json!({ "count": count })))
        }
        ("GET", ["tree"]) => Ok(Reply::ok(&json!(tree::dump(&shared.world())))),
        ("GET", ["content", id]) => content(&shared.world(), id, None),
        ("GET", ["content", id, number]) => content(&shared.world(), id, number.parse().ok()),
        _ => Err("no such control".to_owned()),
    }
}

fn done() -> Reply {
    Reply::ok(&json!({ "ok": true }))
}

fn read<T: DeserializeOwned>(asked: &Asked) -> Result<T, String> {
    serde_json::from_slice(&asked.body).map_err(|error| error.to_string())
}

fn told_time(world: &World) -> Reply {
    Reply::ok(&json!({ "now": world.now().to_rfc3339() }))
}

fn clock(world: &mut World, asked: &Asked) -> Result<Reply, String> {
    let body = asked.json();
    if let Some(text) = body["set"].as_str() {
        let time = DateTime::parse_from_rfc3339(text).map_err(|error| error.to_string())?;
        world.clock.set(time.with_timezone(&Utc));
    }
    if let Some(seconds) = body["advance_seconds"].as_i64() {
        world.clock.advance(seconds);
    }
    Ok(told_time(world))
}

/// Turns the switches that are named and leaves the others.
fn switches(world: &mut World, asked: &Asked) -> Result<Reply, String> {
    let Value::Object(wanted) = asked.json() else {
        return Err("an object is needed".to_owned());
    };
    let mut whole = serde_json::to_value(&world.switches).map_err(|error| error.to_string())?;
    for (key, value) in wanted {
        whole[key.as_str()] = value;
    }
    let turned: Switches = serde_json::from_value(whole).map_err(|error| error.to_string())?;
    world.switches = turned;
    Ok(Reply::ok(&json!(world.switches)))
}

fn content(world: &World, id: &str, number: Option<i64>) -> Result<Reply, String> {
    let id: i64 = id.parse().unwrap_or(0);
    let node = world.node(id).ok_or_else(|| format!("no node {id}"))?;
    let version = match number {
        None => node.latest(),
        Some(number) => node.versions.iter().find(|one| one.number == number),
    };
    let version = version.ok_or_else(|| format!("no such version of node {id}"))?;
    Ok(Reply::bytes(
        200,
        "application/octet-stream",
        version.content.clone(),
    ))
}
