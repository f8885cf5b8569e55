//! releases → inventory rows, from what the catalog knows; and from there into the table that a target keeps.

use rideau_connectors::{Applied, InventoryPlan};
use serde::Serialize;
use serde_json::{Value, json};

use super::{StepError, log, publish::wait_for_window};
use crate::{
    app::{App, TargetSetup},
    catalog::{CatalogError, Claimed, Lane, NewWork, ReleaseFilter, Tx, WorkKind},
    domain::{Bilingual, FactDetail, PublicationState, ReleaseState, SecurityLevel},
    report::{Inventory, InventoryProblem, InventoryRow, language_code},
};

/// Changes that come close together are written together.
const WAIT_SECONDS: i64 = 30;

/// What would change in the inventory that a target keeps.
#[derive(Clone, Debug, Serialize)]
pub struct InventoryPush {
    /// The target's name.
    pub target: String,
    /// What would be written.
    pub plan: InventoryPlan,
    /// Why other rows are not: nothing of them is sent.
    pub problems: Vec<InventoryProblem>,
}

/// Works out what would change in the inventory that a target keeps. `None` when it keeps none.
///
/// # Errors
/// When the catalog or the target cannot be read.
pub async fn plan_inventory(
    app: &App,
    target: &TargetSetup,
) -> Result<Option<InventoryPush>, StepError> {
    if !target.connector.keeps_inventory() {
        return Ok(None);
    }
    let (complete, problems) = Inventory::partial(inventory(app).await?);
    let plan = target
        .connector
        .plan_inventory(&complete.table_rows()?)
        .await?;
    Ok(plan.map(|plan| InventoryPush {
        target: target.name.clone(),
        plan,
        problems,
    }))
}

/// Writes what was worked out, unchanged.
///
/// # Errors
/// When the target refuses or fails; what was written stays, and a second call goes on.
pub async fn push_inventory(
    app: &App,
    target: &TargetSetup,
    push: &InventoryPush,
) -> Result<Applied, StepError> {
    let applied = target.connector.apply_inventory(&push.plan).await?;
    app.metrics
        .target_writes(&target.name, applied.writes, applied.bytes_sent);
    if applied.writes > 0 {
        let now = app.now();
        let mut tx = app.catalog.write().await?;
        let body = json!({
            "added": push.plan.added.len(), "changed": push.plan.changed.len(), "same": push.plan.same,
            "not_ready": push.problems.len(),
        });
        log(
            &mut tx,
            app,
            now,
            "inventory.pushed",
            "target",
            &target.name,
            body,
        )
        .await?;
        tx.commit().await?;
    }
    Ok(applied)
}

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    if let Some(setup) = app.targets.get(&work.subject) {
        let now = app.now();
        let closed = setup.window.as_ref().and_then(|w| w.closed_until(now));
        if let Some(until) = closed {
            return wait_for_window(app, work, &setup.name, until).await;
        }
        let mut tx = app.catalog.write().await?;
        // Each publication changes the inventory again: it follows the last.
        if tx.publishing_now(&setup.name, now).await? {
            tx.put_back(work, now + wait(), None, false).await?;
            return Ok(tx.commit().await?);
        }
        drop(tx);
        if let Some(push) = plan_inventory(app, setup).await? {
            push_inventory(app, setup, &push).await?;
        }
    }
    let mut tx = app.catalog.write().await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// Has the inventory follow at every target that keeps one.
pub(super) async fn inventory_follows(tx: &mut Tx, app: &App) -> Result<(), CatalogError> {
    let now = app.now();
    for target in app.targets.values() {
        if !target.connector.keeps_inventory() {
            continue;
        }
        let lane = Lane::Target(target.name.clone());
        let work = NewWork::now(WorkKind::Inventory, &target.name, lane, now)
            .after(now + wait())
            .revive();
        tx.enqueue(app.ids.as_ref(), now, work).await?;
    }
    Ok(())
}

fn wait() -> chrono::Duration {
    chrono::Duration::seconds(WAIT_SECONDS)
}

/// One row for each release that has something in it.
///
/// # Errors
/// When the catalog refuses.
pub async fn inventory(app: &App) -> Result<Vec<InventoryRow>, StepError> {
    let mut tx = app.catalog.read().await?;
    let mut rows = Vec::new();
    for release in tx.releases(&ReleaseFilter::default()).await? {
        if release.state == ReleaseState::Empty {
            continue;
        }
        let record = tx.record(release.id).await?.fields;
        let published = tx.published(release.id).await?;
        let public = published
            .iter()
            .find(|p| p.state == PublicationState::Published);
        let resources = release.bundle["dataset"]["resources"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let languages: Vec<&str> = resources
            .iter()
            .filter_map(|resource| resource["fields"]["language"].as_array())
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut marked = false;
        for item in tx
            .group_members(release.source_id, &release.group_key)
            .await?
        {
            let Some(version) = item.current_version else {
                continue;
            };
            let facts = tx
                .facts(version, crate::catalog::FactSubject::Original)
                .await?
                .unwrap_or_default();
            marked |= facts.iter().any(|fact| {
                matches!(&fact.detail, FactDetail::Marking { level, state, .. }
                    if *level > SecurityLevel::Unclassified && *state == crate::domain::MarkingState::Standing)
            });
        }
        // A folder on a disk is no address for the public.
        let address = public
            .and_then(|p| p.address.clone())
            .filter(|address| address.starts_with("http"))
            .unwrap_or_default();
        rows.push(InventoryRow {
            ref_number: release.id.to_string(),
            title: both(&record, "title_translated").unwrap_or_else(|| release.title.clone()),
            description: both(&record, "notes_translated").unwrap_or_default(),
            publisher: Bilingual::default(),
            date_published: record["date_published"]
                .as_str()
                .and_then(|day| day.get(..10))
                .and_then(|day| day.parse().ok()),
            language: language_code(languages).to_owned(),
            size_bytes: resources
                .iter()
                .map(|resource| resource["size_bytes"].as_u64())
                .sum(),
            state: release.state,
            marked,
            program_alignment: both(&record, "program_alignment_architecture").unwrap_or_default(),
            date_released: public.map(|p| p.at.with_timezone(&app.zone).date_naive()),
            portal_url: Bilingual::same(address),
            user_votes: None,
        });
    }
    Ok(rows)
}

fn both(record: &Value, field: &str) -> Option<Bilingual> {
    let value = record.get(field)?;
    Some(Bilingual::new(
        value["en"].as_str().unwrap_or_default(),
        value["fr"].as_str().unwrap_or_default(),
    ))
}
