//! item → source, just before something leaves: is it still what the decision was about?
//!
//! A sweep may be minutes old, and a records system may change a clearance or a hold without touching the file. Rule that must
//! hold: what the source says otherwise now, or does not show, does not leave; it goes the whole way again.

use rideau_connectors::{Access, PortError};
use serde_json::json;

use super::{StepError, log, scan::observed_item};
use crate::{
    app::{App, SourceSetup},
    bilingual,
    catalog::{Item, Lane, NewWork, WorkKind},
    domain::{ItemId, ItemState, ReleaseId, Stage},
};

/// Asks the sources about every record of a release. `false` when one of them is different now: that is recorded, and the record
/// is fetched and judged again.
///
/// # Errors
/// When a source cannot be asked or does not show a record; nothing may leave then.
pub(super) async fn still_as_decided(app: &App, id: ReleaseId) -> Result<bool, StepError> {
    let members = {
        let mut tx = app.catalog.read().await?;
        let release = tx.release(id).await?;
        tx.group_members(release.source_id, &release.group_key)
            .await?
    };
    let mut same = true;
    for item in members {
        // Already known to be different, and not judged by that yet: asking again would only confirm it.
        if !is_judged(app, &item).await? {
            same = false;
            continue;
        }
        let Some(source) = app.source(item.source_id) else {
            continue;
        };
        same &= asked(app, source, item).await?;
    }
    Ok(same)
}

/// Whether what was last seen of a record is what was fetched, and was judged by the rules in force.
async fn is_judged(app: &App, item: &Item) -> Result<bool, StepError> {
    let Some(version) = item.current_version else {
        return Ok(false);
    };
    let version = app.catalog.read().await?.version(version).await?;
    Ok(
        item.fetched_fingerprint.as_deref() == Some(&item.observed_fingerprint)
            && version.stage == Stage::Screened
            && version.screened_by == Some(app.rules.hash().to_string()),
    )
}

async fn asked(app: &App, source: &SourceSetup, item: Item) -> Result<bool, StepError> {
    let known = observed_item(&item);
    let Some(seen) = source.connector.observe(&known).await? else {
        return Err(PortError::temporary(
            "gone",
            bilingual!(
                "“{}” is not as it was in its source, or the source does not show it any more. Nothing of it leaves; the next scans tell whether it changed, moved or was deleted.",
                "« {} » n’est plus comme avant dans sa source, ou la source ne le montre plus. Rien n’en sort ; les prochains balayages diront s’il a changé, bougé ou disparu.",
                item.path
            ),
        )
        .into());
    };
    if seen.fingerprint == item.observed_fingerprint && seen.access == known.access {
        return Ok(true);
    }
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let mut item = tx.item(item.id).await?;
    item.observed_fingerprint = seen.fingerprint;
    item.observed_since = now;
    item.native = serde_json::Value::Object(seen.native);
    item.size_bytes = seen.size_bytes;
    match seen.access {
        Access::Known => "known",
        Access::NotApplicable => "not_applicable",
        Access::Unreadable => "unreadable",
    }
    .clone_into(&mut item.access);
    tx.observe_item(&item).await?;
    tx.wake_folder(item.source_id, &item.folder).await?;
    tx.set_item_state(item.id, ItemState::Processing, &[])
        .await?;
    log(
        &mut tx,
        app,
        now,
        "item.changed_before_leaving",
        "item",
        item.id,
        json!({"fingerprint": item.observed_fingerprint}),
    )
    .await?;
    fetch_again(&mut tx, app, source, item.id).await?;
    tx.commit().await?;
    Ok(false)
}

async fn fetch_again(
    tx: &mut crate::catalog::Tx,
    app: &App,
    source: &SourceSetup,
    item: ItemId,
) -> Result<(), StepError> {
    let now = app.now();
    let lane = Lane::Source(source.name.clone());
    tx.enqueue(
        app.ids.as_ref(),
        now,
        NewWork::now(WorkKind::Fetch, item, lane, now).revive(),
    )
    .await?;
    Ok(())
}
