//! today → work: versions with a restriction whose opening date has come are judged again.
//!
//! A reconciler: it reads what is recorded and may run at any time, as often as one likes. Rule that must hold: a
//! restriction that has lapsed does not keep an item back for longer than a day.

use serde_json::json;

use super::log;
use crate::{
    app::App,
    catalog::{CatalogError, Lane, NewWork, WorkKind},
};

/// Queues the judgement of every current version whose day has come. The number of versions.
///
/// # Errors
/// When the catalog refuses.
pub async fn wake_opened(app: &App) -> Result<usize, CatalogError> {
    let now = app.now();
    // The same day that rules are judged by.
    let today = now.date_naive();
    // Look before taking the write lock.
    if app
        .catalog
        .read()
        .await?
        .opened_versions(today)
        .await?
        .is_empty()
    {
        return Ok(0);
    }
    let mut tx = app.catalog.write().await?;
    let opened = tx.opened_versions(today).await?;
    for version in &opened {
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Screen, *version, Lane::Free, now).revive(),
        )
        .await?;
        log(
            &mut tx,
            app,
            now,
            "version.opened",
            "version",
            version,
            json!({"day": today}),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(opened.len())
}
