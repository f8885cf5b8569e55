//! The data inventory in the registry's own table: reads by key, writes the rows that differ, reads again.
//!
//! Leans on the table's key `ref_number`. Rule that must hold: a table that lacks a column of the template is not written to,
//! and a row is sent whole or not at all.

use rideau_domain::bilingual;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client::{Client, Failure};
use crate::{Fields, INVENTORY_KEY, InventoryPlan, PortError, inventory::key};

/// Rows in one request: asked for, or written.
const BATCH: usize = 500;

/// What must change so that these rows stand in the table.
pub(super) async fn plan(
    client: &Client,
    table: Uuid,
    rows: &[Fields],
) -> Result<InventoryPlan, Failure> {
    let about = search(client, json!({"resource_id": table, "limit": 0})).await?;
    has_columns(client, &about, rows)?;
    let total = about
        .get("total")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let mut there = Vec::new();
    for batch in rows.chunks(BATCH) {
        there.extend(found(client, table, batch).await?);
    }
    Ok(InventoryPlan::between(rows, &there, total))
}

/// Writes the rows of a plan; gives the number of requests. Ends with reading them back.
pub(super) async fn write(
    client: &Client,
    table: Uuid,
    plan: &InventoryPlan,
) -> Result<u64, Failure> {
    let rows = plan.rows();
    let mut writes: u64 = 0;
    for batch in rows.chunks(BATCH) {
        let body = json!({"resource_id": table, "method": "upsert", "records": batch});
        // By key, so that a request whose outcome is not known may be sent again.
        client.call("datastore_upsert", &body).await?;
        writes += 1;
    }
    let after = self::plan(client, table, &rows).await?;
    if after.is_empty() {
        return Ok(writes);
    }
    let (host, wrong, sent) = (
        client.host(),
        after.added.len() + after.changed.len(),
        rows.len(),
    );
    let first = after.rows().first().map(key).unwrap_or_default();
    Err(Failure::NotDone(PortError::temporary(
        "table_differs",
        bilingual!(
            "{wrong} of {sent} inventory rows do not stand on {host} as they were sent (first: {first}); they will be sent again.",
            "{wrong} des {sent} lignes de l’inventaire ne figurent pas sur {host} comme envoyées (la première : {first}) ; elles seront envoyées de nouveau."
        ),
    )))
}

async fn search(client: &Client, mut body: Value) -> Result<Value, Failure> {
    body["include_total"] = json!(true);
    match client.call("datastore_search", &body).await {
        Err(Failure::Missing) => {
            let host = client.host();
            Err(Failure::NotDone(PortError::needs_person(
                "no_inventory",
                bilingual!(
                    "{host} has no table at `inventory_resource`, or this account may not see it. Correct the id, or ask the portal’s administrator.",
                    "{host} n’a pas de tableau à `inventory_resource`, ou ce compte ne peut pas le voir. Corrigez l’identifiant, ou demandez à l’administrateur du portail."
                ),
            )))
        }
        other => other,
    }
}

/// The rows of the table that have the keys of these.
async fn found(client: &Client, table: Uuid, rows: &[Fields]) -> Result<Vec<Fields>, Failure> {
    let keys: Vec<String> = rows.iter().map(key).collect();
    let body = json!({
        "resource_id": table, "filters": {INVENTORY_KEY: keys}, "limit": keys.len(),
    });
    let mut answer = search(client, body).await?;
    let records = answer.get_mut("records").map(Value::take);
    Ok(match records {
        Some(Value::Array(records)) => records
            .into_iter()
            .filter_map(|record| match record {
                Value::Object(record) => Some(record.into_iter().collect()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    })
}

fn has_columns(client: &Client, about: &Value, rows: &[Fields]) -> Result<(), Failure> {
    let there: Vec<&str> = about
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|field| field.get("id")?.as_str())
        .collect();
    let missing: Vec<&str> = rows
        .first()
        .into_iter()
        .flat_map(Fields::keys)
        .map(String::as_str)
        .filter(|column| !there.contains(column))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let (host, list) = (client.host(), missing.join(", "));
    Err(Failure::NotDone(PortError::needs_person(
        "no_inventory",
        bilingual!(
            "The table at `inventory_resource` on {host} is not the registry’s inventory: it lacks {list}. Correct the id.",
            "Le tableau à `inventory_resource` sur {host} n’est pas l’inventaire du registre : il lui manque {list}. Corrigez l’identifiant."
        ),
    )))
}
