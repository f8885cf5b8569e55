//! approved release → target: a plan is made, stored, and executed unchanged; nothing is sent without a standing decision
//! about exactly what is sent.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use rideau_connectors::{
    Change, ContentStore, DatasetDesired, DatasetPlan, Journal, PortError, difference,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Bundle, StepError, enqueue_assemble, log, reread::still_as_decided};
use crate::{
    app::{App, TargetSetup},
    catalog::{
        BlobError, BlobStore, Catalog, CatalogError, Claimed, Lane, NewWork, Plan, Published,
        Release, Tx, WorkKind,
    },
    domain::{
        Bilingual, Clock, DecisionKind, PlanId, PlanState, Proposal, PublicationState, ReleaseId,
        ReleaseState, Sha256, Standing, hash_json, standing,
    },
};

/// A plan for one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanBody {
    /// The target's name.
    pub target: String,
    /// What changes, by release.
    pub releases: Vec<PlannedRelease>,
}

/// What changes of one release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedRelease {
    /// The release.
    pub release: ReleaseId,
    /// Its title.
    pub title: Bilingual,
    /// What is proposed.
    pub proposal: Proposal,
    /// What the decision must be bound to.
    pub bound_hash: Sha256,
    /// The bundle without the rules.
    pub content_hash: Sha256,
    /// The changes.
    pub plan: DatasetPlan,
}

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let (release, target) = parse_subject(work)?;
    let Some(setup) = app.targets.get(&target) else {
        return Err(StepError::Person(crate::bilingual!(
            "The target {target} is no longer configured. Configure it again, or withdraw the release from it by hand.",
            "La cible {target} n’est plus configurée. Rétablissez-la, ou retirez la publication à la main."
        )));
    };
    // What is taken back waits for no window.
    let withdraws =
        app.catalog.read().await?.release(release).await?.proposal == Proposal::Withdraw;
    let window = setup.window.as_ref().filter(|_| !withdraws);
    if let Some(until) = window.and_then(|window| window.closed_until(app.now())) {
        return wait_for_window(app, work, &target, until).await;
    }
    match plan_release(app, setup, release).await? {
        Some(planned)
            if approved(app, &planned).await? && as_in_its_source(app, &planned).await? =>
        {
            let body = PlanBody {
                target: target.clone(),
                releases: vec![planned],
            };
            let plan = store_plan(app, &body).await?;
            execute(app, setup, &plan, &body).await?;
        }
        // Not approved (any more), or nothing proposed: there is nothing to do.
        _ => {}
    }
    let mut tx = app.catalog.write().await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

async fn wait_for_window(
    app: &App,
    work: &Claimed,
    target: &str,
    until: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<(), StepError> {
    let Some(until) = until else {
        return Err(StepError::Person(crate::bilingual!(
            "The release window of {target} never opens again. Correct `targets.window`.",
            "La fenêtre de publication de {target} ne s’ouvrira plus. Corrigez `targets.window`."
        )));
    };
    let mut tx = app.catalog.write().await?;
    tx.put_back(work, until, None, false).await?;
    Ok(tx.commit().await?)
}

fn parse_subject(work: &Claimed) -> Result<(ReleaseId, String), StepError> {
    let damaged = || {
        StepError::Catalog(CatalogError::Damaged {
            column: "subject".to_owned(),
            found: work.subject.clone(),
        })
    };
    let (release, target) = work.subject.split_once('@').ok_or_else(damaged)?;
    Ok((release.parse().map_err(|_| damaged())?, target.to_owned()))
}

/// Works out what would change for one release on one target. `None` when nothing is proposed.
///
/// # Errors
/// When the target cannot be read.
pub async fn plan_release(
    app: &App,
    target: &TargetSetup,
    id: ReleaseId,
) -> Result<Option<PlannedRelease>, StepError> {
    let mut tx = app.catalog.read().await?;
    let release = tx.release(id).await?;
    let published = tx.published(id).await?;
    drop(tx);
    let (Some(bound_hash), false) = (
        release.bundle_hash,
        matches!(
            release.state,
            ReleaseState::Incomplete | ReleaseState::Empty
        ),
    ) else {
        return Ok(None);
    };
    let journal = CatalogJournal::reading(app, &target.name);
    let before = target.connector.observe(id.0, &journal).await?;
    if release.proposal == Proposal::Withdraw {
        let Some(last) = published.iter().find(|p| p.target == target.name) else {
            return Ok(None);
        };
        let there = before
            .as_ref()
            .is_some_and(|seen| seen.state != rideau_connectors::PublicState::Withdrawn);
        let reason = release.reasons.first().cloned().unwrap_or_default();
        return Ok(Some(PlannedRelease {
            release: id,
            title: release.title.clone(),
            proposal: Proposal::Withdraw,
            bound_hash,
            content_hash: last.content_hash,
            plan: DatasetPlan {
                dataset: id.0,
                before,
                after: None,
                changes: if there {
                    vec![Change::Withdraw { reason }]
                } else {
                    Vec::new()
                },
            },
        }));
    }
    if release.bundle.get("dataset").is_none() {
        return Ok(None);
    }
    let bundle: Bundle = serde_json::from_value(release.bundle.clone())?;
    let desired: DatasetDesired = target.connector.canonical(bundle.dataset.clone());
    let changes = difference(&desired, before.as_ref());
    Ok(Some(PlannedRelease {
        release: id,
        title: release.title.clone(),
        proposal: release.proposal,
        bound_hash,
        content_hash: bundle.content_hash()?,
        plan: DatasetPlan {
            dataset: id.0,
            before,
            after: Some(desired),
            changes,
        },
    }))
}

/// Whether the source still shows what was decided about. What is taken back, and what is there already, needs no question.
async fn as_in_its_source(app: &App, planned: &PlannedRelease) -> Result<bool, StepError> {
    if planned.proposal == Proposal::Withdraw || planned.plan.changes.is_empty() {
        return Ok(true);
    }
    still_as_decided(app, planned.release).await
}

/// Whether a decision stands for exactly what is planned, now.
async fn approved(app: &App, planned: &PlannedRelease) -> Result<bool, StepError> {
    let mut tx = app.catalog.read().await?;
    let release = tx.release(planned.release).await?;
    Ok(still_holds(&mut tx, app, &release, planned).await?)
}

async fn still_holds(
    tx: &mut Tx,
    app: &App,
    release: &Release,
    planned: &PlannedRelease,
) -> Result<bool, CatalogError> {
    if release.bundle_hash != Some(planned.bound_hash) {
        return Ok(false);
    }
    let kind = if planned.proposal == Proposal::Withdraw {
        DecisionKind::Withdraw
    } else {
        let rules = release.bundle.get("rules").and_then(Value::as_str);
        if rules != Some(app.rules.hash().to_string().as_str()) {
            return Ok(false);
        }
        DecisionKind::Release
    };
    let ready = matches!(
        release.state,
        ReleaseState::Approved | ReleaseState::Published
    );
    let decisions = tx.decisions(release.id, kind, planned.bound_hash).await?;
    Ok(ready && standing(&decisions, app.policy.two_persons) == Standing::Approved)
}

/// Stores a plan, or finds the same one that was begun before.
///
/// # Errors
/// When the catalog refuses.
pub async fn store_plan(app: &App, body: &PlanBody) -> Result<Plan, StepError> {
    let hash = hash_json(body)?;
    let mut tx = app.catalog.write().await?;
    if let Some(plan) = tx.open_plan(&body.target, hash).await? {
        return Ok(plan);
    }
    let plan = Plan {
        id: PlanId(app.ids.next()),
        target: body.target.clone(),
        hash,
        state: PlanState::Proposed,
        body: serde_json::to_value(body)?,
        created_at: app.now(),
        applied_at: None,
    };
    tx.insert_plan(&plan).await?;
    log(
        &mut tx,
        app,
        app.now(),
        "plan.made",
        "plan",
        plan.id,
        json!({"target": plan.target, "hash": hash, "releases": body.releases.iter().map(|r| r.release).collect::<Vec<_>>()}),
    )
    .await?;
    tx.commit().await?;
    Ok(plan)
}

/// Executes a stored plan unchanged, if a decision stands for every release in it.
///
/// # Errors
/// When a release in it is not approved (any more), or the target fails; what was done stays done and a
/// second call goes on.
pub async fn apply_plan(app: &App, plan: &Plan) -> Result<(), StepError> {
    let body: PlanBody = serde_json::from_value(plan.body.clone())?;
    if hash_json(&body)? != plan.hash {
        return Err(StepError::Person(crate::bilingual!(
            "Plan {} was altered after it was made. Make a new plan.",
            "Le plan {} a été modifié après sa création. Faites un nouveau plan.",
            plan.id
        )));
    }
    let setup = app.targets.get(&body.target).ok_or_else(|| {
        StepError::Person(crate::bilingual!(
            "The target {} is not configured.",
            "La cible {} n’est pas configurée.",
            body.target
        ))
    })?;
    for planned in &body.releases {
        if !approved(app, planned).await? {
            return Err(StepError::Person(crate::bilingual!(
                "No standing decision approves “{}” as planned: it was not approved, or has changed since. See `rideau review show {}`, then make a new plan.",
                "Aucune décision en vigueur n’approuve « {} » tel que planifié : il n’a pas été approuvé, ou a changé depuis. Voyez `rideau review show {}`, puis faites un nouveau plan.",
                planned.title,
                planned.release
            )));
        }
    }
    for planned in &body.releases {
        if !as_in_its_source(app, planned).await? {
            return Err(StepError::Person(crate::bilingual!(
                "“{}” has just changed in its source. It goes the whole way again; then make a new plan.",
                "« {} » vient de changer dans sa source. Il refait tout le chemin ; faites ensuite un nouveau plan.",
                planned.title
            )));
        }
    }
    execute(app, setup, plan, &body).await?;
    if setup.connector.publishes_on_finish() {
        finish_target(app, setup).await?;
    }
    Ok(())
}

async fn execute(
    app: &App,
    setup: &TargetSetup,
    plan: &Plan,
    body: &PlanBody,
) -> Result<(), StepError> {
    let mut tx = app.catalog.write().await?;
    tx.set_plan_state(plan.id, PlanState::Applying, app.now())
        .await?;
    tx.commit().await?;
    let content = BlobContent {
        blobs: app.blobs.clone(),
    };
    for planned in &body.releases {
        let journal = CatalogJournal {
            catalog: app.catalog.clone(),
            clock: Arc::clone(&app.clock),
            target: setup.name.clone(),
            plan: Some(plan.id),
        };
        let (writes, bytes_sent, address) = if planned.plan.changes.is_empty() {
            (0, 0, None)
        } else {
            let applied = setup
                .connector
                .apply(&planned.plan, &content, &journal)
                .await?;
            (applied.writes, applied.bytes_sent, applied.address)
        };
        app.metrics.target_writes(&setup.name, writes, bytes_sent);
        record_applied(app, setup, plan, planned, writes, bytes_sent, address).await?;
    }
    let mut tx = app.catalog.write().await?;
    tx.set_plan_state(plan.id, PlanState::Applied, app.now())
        .await?;
    Ok(tx.commit().await?)
}

async fn record_applied(
    app: &App,
    setup: &TargetSetup,
    plan: &Plan,
    planned: &PlannedRelease,
    writes: u64,
    bytes_sent: u64,
    address: Option<String>,
) -> Result<(), StepError> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let withdraw = planned.proposal == Proposal::Withdraw;
    let waits = setup.connector.publishes_on_finish() && !planned.plan.changes.is_empty();
    let state = match (withdraw, waits) {
        (false, false) => PublicationState::Published,
        (false, true) => PublicationState::Sent,
        (true, false) => PublicationState::Withdrawn,
        (true, true) => PublicationState::Withdrawing,
    };
    let earlier = tx.published(planned.release).await?;
    let earlier = earlier.iter().find(|p| p.target == setup.name);
    tx.set_published(&Published {
        release: planned.release,
        target: setup.name.clone(),
        state,
        bundle_hash: planned.bound_hash,
        content_hash: planned.content_hash,
        address: address.or_else(|| earlier.and_then(|p| p.address.clone())),
        plan: plan.id,
        at: now,
    })
    .await?;
    log(
        &mut tx,
        app,
        now,
        if withdraw { "release.withdrawn" } else { "release.sent" },
        "release",
        planned.release,
        json!({"target": setup.name, "plan": plan.id, "bundle": planned.bound_hash, "writes": writes, "bytes": bytes_sent}),
    )
    .await?;
    if waits {
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Switch, &setup.name, Lane::Free, now).revive(),
        )
        .await?;
    } else {
        enqueue_assemble(&mut tx, app, planned.release, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Makes public what was sent to a target that switches as a whole.
pub(super) async fn switch(app: &App, work: &Claimed) -> Result<(), StepError> {
    if let Some(setup) = app.targets.get(&work.subject) {
        let now = app.now();
        let mut tx = app.catalog.write().await?;
        let waiting = tx.waiting_for_switch(&setup.name).await?;
        let begun = waiting.iter().map(|published| published.at).min();
        // A switch costs the whole index: what is still being sent goes with it, but nothing waits for ever.
        let patient = begun.is_some_and(|begun| now - begun < chrono::Duration::seconds(30));
        if patient && tx.publishing_now(&setup.name, now).await? {
            tx.put_back(work, now + chrono::Duration::milliseconds(500), None, false)
                .await?;
            return Ok(tx.commit().await?);
        }
        drop(tx);
        finish_target(app, setup).await?;
    }
    let mut tx = app.catalog.write().await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

async fn finish_target(app: &App, setup: &TargetSetup) -> Result<(), StepError> {
    // What was sent before the switch began is public after it; what is sent meanwhile waits for the next.
    let waiting = app
        .catalog
        .read()
        .await?
        .waiting_for_switch(&setup.name)
        .await?;
    let applied = setup.connector.finish().await?;
    app.metrics
        .target_writes(&setup.name, applied.writes, applied.bytes_sent);
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    for mut published in waiting {
        let current = tx.published(published.release).await?;
        if !current.contains(&published) {
            continue;
        }
        published.state = match published.state {
            PublicationState::Sent | PublicationState::Published => PublicationState::Published,
            PublicationState::Withdrawing | PublicationState::Withdrawn => {
                PublicationState::Withdrawn
            }
        };
        published.at = now;
        tx.set_published(&published).await?;
        log(
            &mut tx,
            app,
            now,
            "release.switched",
            "release",
            published.release,
            json!({"target": setup.name, "state": published.state}),
        )
        .await?;
        enqueue_assemble(&mut tx, app, published.release, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Gives targets the bytes to publish, each checked against its hash.
struct BlobContent {
    blobs: BlobStore,
}

#[async_trait]
impl ContentStore for BlobContent {
    async fn open(
        &self,
        sha256: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, PortError>>, PortError> {
        let sha256: Sha256 = sha256.parse().map_err(|_| {
            PortError::permanent(
                "content",
                Bilingual::new(
                    "The plan names no valid hash.",
                    "Le plan ne nomme aucune empreinte valide.",
                ),
            )
        })?;
        let stream = self.blobs.stream(sha256).await.map_err(blob_failed)?;
        Ok(stream.map(|chunk| chunk.map_err(blob_failed)).boxed())
    }
}

fn blob_failed(error: BlobError) -> PortError {
    let message = crate::bilingual!(
        "The blob store failed: {error}.",
        "Le dépôt a échoué : {error}."
    );
    match error {
        BlobError::Damaged { .. } => PortError::needs_person("damaged", message),
        other => PortError::temporary("blobs", message).because(other),
    }
}

/// A plan's journal, kept in the catalog.
pub(crate) struct CatalogJournal {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    target: String,
    /// Absent while planning: then nothing is recorded.
    plan: Option<PlanId>,
}

impl CatalogJournal {
    /// For reading what a target has: knows checksums, records nothing.
    pub(crate) fn reading(app: &App, target: &str) -> Self {
        Self {
            catalog: app.catalog.clone(),
            clock: Arc::clone(&app.clock),
            target: target.to_owned(),
            plan: None,
        }
    }
}

fn journal_failed(error: CatalogError) -> PortError {
    PortError::temporary("catalog", error.explain()).because(error)
}

#[async_trait]
impl Journal for CatalogJournal {
    async fn is_done(&self, step: &str) -> Result<bool, PortError> {
        let Some(plan) = self.plan else {
            return Ok(false);
        };
        let mut tx = self.catalog.read().await.map_err(journal_failed)?;
        tx.step_done(plan, step).await.map_err(journal_failed)
    }

    async fn done(&self, step: &str, detail: &Value) -> Result<(), PortError> {
        let Some(plan) = self.plan else {
            return Ok(());
        };
        let mut tx = self.catalog.write().await.map_err(journal_failed)?;
        tx.record_step(plan, step, detail, self.clock.now())
            .await
            .map_err(journal_failed)?;
        tx.commit().await.map_err(journal_failed)
    }

    async fn known_sha256(&self, resource: Uuid) -> Result<Option<String>, PortError> {
        let mut tx = self.catalog.read().await.map_err(journal_failed)?;
        tx.target_content(&self.target, resource)
            .await
            .map_err(journal_failed)
    }

    async fn remember_sha256(&self, resource: Uuid, sha256: &str) -> Result<(), PortError> {
        let mut tx = self.catalog.write().await.map_err(journal_failed)?;
        tx.set_target_content(&self.target, resource, sha256, self.clock.now())
            .await
            .map_err(journal_failed)?;
        tx.commit().await.map_err(journal_failed)
    }
}
