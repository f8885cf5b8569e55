//! Asks whether records that a scan missed still exist.
//!
//! The server shows what the account may see, and the recycle bin what was deleted; of the rest nothing can be told. Rule that must
//! hold: "deleted" is said only of what lies in the recycle bin.

use std::collections::HashSet;

use super::{
    client::Failure,
    content::parse_id,
    node::{data, integer, results},
    problem,
    site::Site,
};
use crate::{PortError, Presence};

/// What the server takes at once.
const AT_ONCE: usize = 250;

/// Pages of the recycle bin that are looked through.
const MOST_PAGES: u64 = 200;

/// Answers in the order asked.
pub(super) async fn probe(site: &Site, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
    let ids: Vec<Option<u64>> = native_ids.iter().map(|id| parse_id(id).ok()).collect();
    let asked: Vec<u64> = ids.iter().copied().flatten().collect();
    let mut here = HashSet::new();
    for some in asked.chunks(AT_ONCE) {
        here.extend(shown(site, some).await?);
    }
    let missing: HashSet<u64> = asked.into_iter().filter(|id| !here.contains(id)).collect();
    let deleted = if missing.is_empty() {
        HashSet::new()
    } else {
        deleted(site, &missing).await?
    };
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        answers.push(match id {
            Some(id) if here.contains(&id) => where_it_is(site, id).await?,
            Some(id) if deleted.contains(&id) => Presence::Deleted,
            _ => Presence::NotShown,
        });
    }
    Ok(answers)
}

/// Whether something that is shown lies below what is watched. When the folders above it are not told, nothing is concluded.
async fn where_it_is(site: &Site, id: u64) -> Result<Presence, PortError> {
    let url = site.client.url(&format!("v1/nodes/{id}/ancestors"));
    let body = match site.client.get(url).await {
        Ok(answer) => answer.body,
        Err(Failure::Refused(_)) => return Ok(Presence::Unknown),
        Err(failure) => return Err(site.told(failure)),
    };
    let above: HashSet<u64> = body
        .get("ancestors")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|node| node.get("id").and_then(integer))
        .map(i64::unsigned_abs)
        .collect();
    let watched = |list: &[u64]| list.iter().any(|one| above.contains(one) || *one == id);
    Ok(if above.is_empty() {
        Presence::Unknown
    } else if watched(&site.options.roots) && !watched(&site.options.ignore) {
        Presence::Here
    } else {
        Presence::Elsewhere
    })
}

/// Which of these are shown to the account.
async fn shown(site: &Site, ids: &[u64]) -> Result<Vec<u64>, PortError> {
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    let fields: Vec<(&str, &str)> = ids
        .iter()
        .map(|id| ("ids", id.as_str()))
        .chain([("fields", "properties{id}")])
        .collect();
    let answer = site
        .client
        .post(
            site.client.url("v2/nodes/list"),
            super::client::form(&fields),
        )
        .await
        .map_err(|failure| site.told(failure))?;
    if answer.body.get("results").is_none() {
        return Err(problem::unreadable(site.client.host()));
    }
    Ok(numbers(&answer.body))
}

/// Which of these lie in the recycle bin; none, if the account may not look into it.
async fn deleted(site: &Site, missing: &HashSet<u64>) -> Result<HashSet<u64>, PortError> {
    let mut found = HashSet::new();
    let mut number = 1;
    loop {
        let mut url = site.client.url("v2/volumes/recyclebin/nodes");
        url.query_pairs_mut()
            .append_pair("mode", "anyone_deleted")
            .append_pair("sort", "deleted_date")
            .append_pair("limit", &site.options.page_size.to_string())
            .append_pair("page", &number.to_string());
        let body = match site.client.get(url).await {
            Ok(answer) => answer.body,
            Err(Failure::Refused(400 | 403 | 404)) => return Ok(HashSet::new()),
            Err(failure) => return Err(site.told(failure)),
        };
        found.extend(numbers(&body).into_iter().filter(|id| missing.contains(id)));
        let pages = body
            .get("collection")
            .and_then(|collection| collection.get("paging"))
            .and_then(|paging| paging.get("page_total"))
            .and_then(integer)
            .and_then(|pages| u64::try_from(pages).ok())
            .unwrap_or(1);
        if number >= pages.min(MOST_PAGES) || found.len() == missing.len() {
            return Ok(found);
        }
        number += 1;
    }
}

/// The ids in an answer's results.
fn numbers(body: &serde_json::Value) -> Vec<u64> {
    results(body)
        .into_iter()
        .filter_map(|result| {
            let data = data(result).unwrap_or(result);
            let properties = data
                .get("properties")
                .and_then(serde_json::Value::as_object)
                .unwrap_or(data);
            properties.get("id").and_then(integer)
        })
        .map(i64::unsigned_abs)
        .collect()
}
