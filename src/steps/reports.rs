//! catalog → reports: what the progress report and the release plan are made from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::Value;

use super::StepError;
use crate::{
    app::App,
    catalog::{ItemFilter, Published, Release, ReleaseFilter},
    domain::{Bilingual, ItemState, Proposal, PublicationState, ReleaseState},
    report::{PlanInput, Progress, ProgressInput, ReleaseLine, ReleasePlan, SourceLine},
};

/// How far the work has come.
///
/// # Errors
/// When the catalog refuses.
pub async fn progress(app: &App) -> Result<Progress, StepError> {
    let mut tx = app.catalog.read().await?;
    let counts = tx.item_counts().await?;
    let known = tx.sources().await?;
    let mut sources = Vec::new();
    for source in app.sources.values() {
        let scanned = known
            .iter()
            .find(|row| row.id == source.id)
            .and_then(|row| row.last_complete_at);
        let items: BTreeMap<ItemState, u64> = counts
            .iter()
            .filter(|(id, _, _)| *id == source.id)
            .map(|(_, state, n)| (*state, *n))
            .collect();
        sources.push(SourceLine {
            name: source.name.clone(),
            items,
            scanned,
            due: source
                .schedule
                .as_ref()
                .zip(scanned)
                .and_then(|(schedule, last)| schedule.next_after(last)),
        });
    }
    let mut releases = Vec::new();
    for release in tx.releases(&ReleaseFilter::default()).await? {
        if release.state == ReleaseState::Empty {
            continue;
        }
        let record = tx.record(release.id).await?.fields;
        let published = tx.published(release.id).await?;
        releases.push(ReleaseLine {
            reference: release.id.to_string(),
            title: release.title,
            state: release.state,
            frequency: frequency(&record),
            updated: released(app, &published),
        });
    }
    let waiting = tx
        .items(&ItemFilter {
            states: vec![
                ItemState::Review,
                ItemState::Blocked,
                ItemState::Deferred,
                ItemState::Quarantined,
            ],
            source: None,
        })
        .await?
        .into_iter()
        .flat_map(|item| item.reasons)
        .collect::<Vec<Bilingual>>();
    Ok(Progress::of(&ProgressInput {
        as_of: app.now(),
        sources,
        releases,
        waiting,
    }))
}

/// What will be public when, what is, what is late, and why.
///
/// # Errors
/// When the catalog refuses.
pub async fn release_plan(app: &App) -> Result<ReleasePlan, StepError> {
    let mut tx = app.catalog.read().await?;
    let mut input = Vec::new();
    for release in tx.releases(&ReleaseFilter::default()).await? {
        if release.state == ReleaseState::Empty {
            continue;
        }
        let record = tx.record(release.id).await?.fields;
        let published = tx.published(release.id).await?;
        let targets = app
            .source(release.source_id)
            .map(|source| source.targets.clone())
            .unwrap_or_default();
        input.push(PlanInput {
            reference: release.id.to_string(),
            goes: goes(app, &release, &targets),
            released: released(app, &published),
            frequency: frequency(&record),
            address: published
                .iter()
                .filter(|p| p.state == PublicationState::Published)
                .find_map(|p| p.address.clone())
                .unwrap_or_default(),
            title: release.title,
            state: release.state,
            proposal: release.proposal,
            targets,
            reasons: release.reasons,
        });
    }
    Ok(ReleasePlan::of(app.today(), input))
}

/// The day on which what is approved goes: when its embargo has ended and every target's window is open.
fn goes(app: &App, release: &Release, targets: &[String]) -> Option<NaiveDate> {
    if release.state != ReleaseState::Approved {
        return None;
    }
    let opens = targets
        .iter()
        .filter_map(|name| app.targets.get(name)?.window.as_ref())
        .filter_map(|window| window.closed_until(app.now()).flatten())
        .map(|at| at.with_timezone(&app.zone).date_naive())
        .max();
    let embargo = release
        .bundle
        .get("embargo")
        .and_then(Value::as_str)
        .and_then(|day| day.parse::<NaiveDate>().ok());
    // Taking back waits for nothing.
    let waits = release.proposal != Proposal::Withdraw;
    [Some(app.today()), opens, embargo]
        .into_iter()
        .flatten()
        .max()
        .filter(|_| waits)
}

fn released(app: &App, published: &[Published]) -> Option<NaiveDate> {
    published
        .iter()
        .filter(|p| p.state == PublicationState::Published)
        .map(|p| p.at.with_timezone(&app.zone).date_naive())
        .max()
}

fn frequency(record: &Value) -> String {
    record
        .get("frequency")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}
