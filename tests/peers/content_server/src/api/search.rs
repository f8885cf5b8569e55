//! Search, over an index that may lag behind.
//!
//! Rule that must hold: what is found is what the index knows; what is told of it is what is there now.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{lql, paging::Section};
use crate::{
    asked::Asked,
    config::Account,
    present,
    reply::Reply,
    world::{Indexed, Node, World},
};

/// `POST /v2/search`; with GET, deprecated.
pub(super) fn run(world: &World, asked: &Asked, account: &Account) -> Reply {
    let phrase = asked.get("where").unwrap_or("").trim();
    let how = asked
        .get("lookfor")
        .unwrap_or("complexquery")
        .to_lowercase();
    let query = match how.as_str() {
        "allwords" => lql::Query::All(words(phrase)),
        "anywords" => lql::Query::Any(words(phrase)),
        "exactphrase" => lql::Query::Word(phrase.to_lowercase()),
        _ => match lql::parse(phrase) {
            Ok(query) => query,
            Err(why) => {
                return Reply::problem(
                    world,
                    400,
                    &format!("Error in search query: {why}"),
                    &format!("Erreur dans la requête de recherche : {why}"),
                );
            }
        },
    };
    let places: Vec<i64> = asked
        .form
        .iter()
        .filter(|(key, _)| key.starts_with("location_id"))
        .filter_map(|(_, value)| value.parse().ok())
        .collect();
    let mut found: Vec<(&Node, &Indexed)> = world
        .index
        .iter()
        .filter(|(_, entry)| {
            places.is_empty() || places.iter().any(|place| entry.location.contains(place))
        })
        .filter(|(_, entry)| query.fits(entry, &day(world, entry.modified)))
        .filter_map(|(id, entry)| Some((world.seen(*id, account)?, entry)))
        .collect();
    sort(&mut found, asked.get("sort").unwrap_or("relevance"));
    let total = found.len();
    let page = Section::cut(world, asked, found, total);
    let results: Vec<Value> = page
        .items
        .iter()
        .map(|(node, entry)| result(world, node, entry))
        .collect();
    let mut paging = page.told(asked);
    paging["result_header_string"] = json!(format!(
        "Results {} to {} of {} sorted by Relevance",
        page.range_min, page.range_max, page.total
    ));
    Reply::ok(&json!({
        "collection": {
            "paging": paging,
            "searching": { "cache_id": 507_204_350, "regions_metadata": {}, "regions_order":
                ["OTMIMEType", "OTName", "OTObjectDate", "OTObjectSize", "OTLocation"], "result_title": "Search results" },
            "sorting": { "links": {}, "sort": [asked.get("sort").unwrap_or("relevance")] },
        },
        "links": present::links(asked),
        "results": results,
    }))
}

fn words(phrase: &str) -> Vec<lql::Query> {
    phrase
        .split_whitespace()
        .map(|word| lql::Query::Word(word.to_lowercase()))
        .collect()
}

/// The day of the server's calendar, as the index writes it.
fn day(world: &World, time: DateTime<Utc>) -> String {
    let shifted = time + TimeDelta::minutes(i64::from(world.switches.zone_minutes));
    shifted.format("%Y%m%d").to_string()
}

fn sort(found: &mut [(&Node, &Indexed)], sort: &str) {
    match sort {
        "desc_OTObjectDate" | "desc_OTModifyDate" => {
            found.sort_by_key(|(node, entry)| (std::cmp::Reverse(entry.modified), node.id));
        }
        "asc_OTObjectDate" | "asc_OTModifyDate" => {
            found.sort_by_key(|(node, entry)| (entry.modified, node.id));
        }
        "asc_OTName" => found.sort_by_key(|(node, entry)| (entry.name.clone(), node.id)),
        _ => found.sort_by_key(|(node, _)| node.id),
    }
}

fn result(world: &World, node: &Node, entry: &Indexed) -> Value {
    let location: Vec<String> = entry.location.iter().map(i64::to_string).collect();
    let date = day(world, entry.modified);
    let versions = node.latest().map_or_else(
        || Value::Object(Map::new()),
        |version| present::version(world, node, version),
    );
    json!({
        "data": {
            "properties": present::properties(world, node),
            "regions": {
                "OTLocation": location.join(" "), "OTMIMEType": entry.mime_type, "OTName": entry.name,
                "OTModifyDate": date, "OTObjectDate": date, "OTObjectSize": entry.size, "OTSubType": entry.kind,
            },
            "versions": versions,
        },
        "links": { "parent": { "href": format!("api/v1/nodes/{}", node.parent), "name": "" } },
        "search_result_metadata": {
            "current_version": true, "object_href": null,
            "object_id": format!("DataId={}&Version={}", node.id, entry.version),
            "result_type": "264", "source_id": "2275", "version_type": null,
        },
    })
}

/// `GET /v1/regions`.
pub(super) fn regions() -> Reply {
    let all: Vec<Value> = [
        "OTName",
        "OTSubType",
        "OTLocation",
        "OTModifyDate",
        "OTObjectDate",
        "OTDataID",
    ]
    .iter()
    .map(|name| json!({ "region": name, "queryable": true, "sortable": true, "displayable": true }))
    .collect();
    Reply::ok(&json!({ "data": all }))
}
