//! Lists one container, page by page, until it holds still.
//!
//! Pages are cut by position, so what comes and goes while they are read shifts the rest. Rule that must hold: a container counts as
//! listed only when as many entries came as the server counts, or the same ones came twice, read from both ends (the server then
//! counts what this account does not see).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::Ordering,
};

use serde_json::{Map, Value};

use super::{
    client::Failure,
    node::{Node, data, integer, results},
    problem,
    site::Site,
};

/// Readings of one container before it is given up for this scan.
const MOST_PASSES: u32 = 6;

/// More pages than this are no listing.
const MOST_PAGES: u64 = 100_000;

/// One page of a listing.
pub(super) struct Page {
    pub(super) results: Vec<Map<String, Value>>,
    /// Entries in all, by the server's count.
    pub(super) total: Option<u64>,
    /// Pages in all.
    pub(super) pages: u64,
}

/// Everything in a container. `ordered`: it is a compound document, whose parts have an order.
pub(super) async fn list(site: &Site, id: u64, ordered: bool) -> Result<Vec<Node>, Failure> {
    let mut before: Option<(BTreeSet<u64>, Option<u64>)> = None;
    let mut ordered = ordered;
    for pass in 0..MOST_PASSES {
        let sort = match (ordered, pass % 2) {
            (true, _) => "order",
            (false, 0) => "asc_name",
            (false, _) => "desc_name",
        };
        let read = match read_all(site, id, ordered, sort).await {
            Ok(read) => read,
            // This server lists compound documents like other containers.
            Err(Failure::Refused(_)) if ordered => {
                ordered = false;
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let Some((nodes, total)) = read else {
            before = None;
            continue;
        };
        let ids: BTreeSet<u64> = nodes.keys().copied().collect();
        let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let seen = (ids, total);
        if total.is_none_or(|total| total == count) || before.as_ref() == Some(&seen) {
            return Ok(nodes.into_values().collect());
        }
        before = Some(seen);
    }
    Err(problem::unsettled(id).into())
}

/// Entries by id, and how many there are by the server's count.
type Read = (BTreeMap<u64, Node>, Option<u64>);

/// All pages once; `None` when the count moved meanwhile.
async fn read_all(
    site: &Site,
    id: u64,
    ordered: bool,
    sort: &str,
) -> Result<Option<Read>, Failure> {
    let rights = site.rights_listed.load(Ordering::Relaxed);
    let fields: &[&str] = if rights {
        &["properties", "permissions"]
    } else {
        &["properties"]
    };
    let mut nodes = BTreeMap::new();
    let mut total = None;
    let mut number = 1;
    loop {
        let page = page(site, id, ordered, sort, number, fields, false).await?;
        if number == 1 {
            total = page.total;
        } else if total != page.total {
            return Ok(None);
        }
        for result in &page.results {
            let node = data(result)
                .and_then(|data| Node::of(data, site.options.utc_offset_minutes))
                .ok_or_else(|| problem::unreadable(site.client.host()))?;
            nodes.insert(node.id, node);
        }
        if number >= page.pages {
            return Ok(Some((nodes, total)));
        }
        number += 1;
    }
}

/// One page. A page past the last one may be the last one again, so the count of pages decides, never an empty page.
pub(super) async fn page(
    site: &Site,
    id: u64,
    ordered: bool,
    sort: &str,
    number: u64,
    fields: &[&str],
    metadata: bool,
) -> Result<Page, Failure> {
    let path = if ordered {
        format!("v2/nodes/{id}/nodes/all")
    } else {
        format!("v2/nodes/{id}/nodes")
    };
    let mut url = site.client.url(&path);
    {
        let mut query = url.query_pairs_mut();
        for field in fields {
            query.append_pair("fields", field);
        }
        query
            .append_pair("limit", &site.options.page_size.to_string())
            .append_pair("page", &number.to_string())
            .append_pair("sort", sort)
            .append_pair("show_hidden", "true");
        if metadata {
            query.append_key_only("metadata");
        }
    }
    let body = site.client.get(url).await?.body;
    if body.get("results").is_none() {
        return Err(problem::unreadable(site.client.host()).into());
    }
    let paging = body
        .get("collection")
        .and_then(|collection| collection.get("paging"));
    let count = |key: &str| {
        paging
            .and_then(|paging| paging.get(key))
            .and_then(integer)
            .and_then(|count| u64::try_from(count).ok())
    };
    let total = count("total_count");
    // The server may give fewer on a page than it was asked for.
    let limit = count("limit").unwrap_or(site.options.page_size).max(1);
    let pages = count("page_total")
        .or_else(|| total.map(|total| total.div_ceil(limit)))
        .unwrap_or(1);
    Ok(Page {
        results: results(&body).into_iter().cloned().collect(),
        total,
        pages: pages.min(MOST_PAGES),
    })
}
