//! approved release → target: a plan is made, stored, and executed unchanged; nothing is sent without a standing decision
//! about exactly what is sent.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone, Utc};
use futures::{StreamExt, stream::BoxStream};
use rideau_connectors::{
    Change, ContentStore, DatasetDesired, DatasetPlan, Journal, PortError, difference, keep_edits,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Bundle, StepError, enqueue_assemble, log, marked::still_there, reread::still_as_decided,
};
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
    engine::metrics::Metrics,
    record::{MOST_BYTES, TableChanges},
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
    let known = app.catalog.read().await?.release(release).await?;
    let withdraws = known.proposal == Proposal::Withdraw;
    if let Some((_, until)) = embargo(app, &known).filter(|_| !withdraws) {
        return wait_for_window(app, work, &target, Some(until)).await;
    }
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

pub(super) async fn wait_for_window(
    app: &App,
    work: &Claimed,
    target: &str,
    until: Option<DateTime<Utc>>,
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

/// The first day on which a release may be public, and when it begins; `None` when it is there or there is none.
fn embargo(app: &App, release: &Release) -> Option<(NaiveDate, DateTime<Utc>)> {
    let day: NaiveDate = release.bundle.get("embargo")?.as_str()?.parse().ok()?;
    if day <= app.today() {
        return None;
    }
    let midnight = day.and_time(NaiveTime::MIN);
    // Where clocks skip midnight, the day begins an hour later by them: trying too early only waits again.
    let begins = app
        .zone
        .from_local_datetime(&midnight)
        .earliest()
        .map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc));
    Some((day, begins))
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
    let release = app.catalog.read().await?.release(id).await?;
    let (Some(bound_hash), false) = (
        release.bundle_hash,
        matches!(
            release.state,
            ReleaseState::Incomplete | ReleaseState::Empty
        ),
    ) else {
        return Ok(None);
    };
    if release.proposal == Proposal::Withdraw {
        let told = app
            .catalog
            .read()
            .await?
            .public_reason(id, bound_hash)
            .await?;
        let reason = told
            .or_else(|| release.reasons.first().cloned())
            .unwrap_or_default();
        return plan_withdrawal(app, target, id, &reason, false).await;
    }
    if release.bundle.get("dataset").is_none() {
        return Ok(None);
    }
    let journal = CatalogJournal::reading(app, &target.name);
    let before = target.connector.observe(id.0, &journal).await?;
    let bundle: Bundle = serde_json::from_value(release.bundle.clone())?;
    let mut desired: DatasetDesired = target.connector.canonical(bundle.dataset.clone());
    if let Some(seen) = before.as_ref().filter(|_| target.keep_edits)
        && let Some(sent) = last_sent(app, target, id).await?
    {
        desired = keep_edits(desired, &sent, seen);
    }
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

/// What was last sent of a release to a target; `None` when nothing is public there.
async fn last_sent(
    app: &App,
    target: &TargetSetup,
    id: ReleaseId,
) -> Result<Option<DatasetDesired>, StepError> {
    let mut tx = app.catalog.read().await?;
    let published = tx.published(id).await?;
    let Some(there) = published
        .iter()
        .find(|p| p.target == target.name && p.state == PublicationState::Published)
    else {
        return Ok(None);
    };
    let body: PlanBody = serde_json::from_value(tx.plan(there.plan).await?.body)?;
    Ok(body
        .releases
        .into_iter()
        .find(|planned| planned.release == id)
        .and_then(|planned| planned.plan.after))
}

/// What takes a release back from one target. `None` when it never was there. A target that shows nothing of what was put
/// there is doubted (not mounted, another account, another folder), unless a person has said that it is `gone`.
async fn plan_withdrawal(
    app: &App,
    target: &TargetSetup,
    id: ReleaseId,
    reason: &Bilingual,
    gone: bool,
) -> Result<Option<PlannedRelease>, StepError> {
    let mut tx = app.catalog.read().await?;
    let release = tx.release(id).await?;
    let published = tx.published(id).await?;
    drop(tx);
    let Some(last) = published.iter().find(|p| p.target == target.name) else {
        return Ok(None);
    };
    let journal = CatalogJournal::reading(app, &target.name);
    let before = target.connector.observe(id.0, &journal).await?;
    if before.is_none() && last.state != PublicationState::Withdrawn && !gone {
        return Err(StepError::Person(crate::bilingual!(
            "{} shows nothing of “{}”, which was published there: it may be unreachable or not mounted, and still public. Check it and try again. If it was deleted there for good: `rideau release withdraw {id} --now --gone`.",
            "{} ne montre rien de « {} », qui y a été publié : la cible est peut-être injoignable ou non montée, et la publication toujours publique. Vérifiez-la et réessayez. Si elle y a été supprimée pour de bon : `rideau release withdraw {id} --now --gone`.",
            target.name,
            release.title
        )));
    }
    let there = before
        .as_ref()
        .is_some_and(|seen| seen.state != rideau_connectors::PublicState::Withdrawn);
    Ok(Some(PlannedRelease {
        release: id,
        title: release.title,
        proposal: Proposal::Withdraw,
        bound_hash: Bundle::withdrawal_hash(id, &published)?,
        content_hash: last.content_hash,
        plan: DatasetPlan {
            dataset: id.0,
            before,
            after: None,
            changes: if there {
                vec![Change::Withdraw {
                    reason: reason.clone(),
                }]
            } else {
                Vec::new()
            },
        },
    }))
}

/// What changes in the tables whose files a plan replaces, by file name; those that cannot be compared are left out.
///
/// # Errors
/// When the blob store fails.
pub async fn table_changes(
    app: &App,
    plan: &DatasetPlan,
) -> Result<BTreeMap<String, TableChanges>, StepError> {
    let mut found = BTreeMap::new();
    for change in &plan.changes {
        let Change::ReplaceContent {
            file_name,
            old: Some(old),
            new,
            size_bytes,
            ..
        } = change
        else {
            continue;
        };
        let is_table = std::path::Path::new(file_name)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let (true, Ok(old), Ok(new)) = (
            is_table && *size_bytes <= MOST_BYTES,
            old.parse::<Sha256>(),
            new.parse::<Sha256>(),
        ) else {
            continue;
        };
        // What was published before this catalog was made is not there.
        if !app.blobs.exists(old).await? || !app.blobs.exists(new).await? {
            continue;
        }
        let (before, after) = (app.blobs.get(old).await?, app.blobs.get(new).await?);
        if let Some(changes) = TableChanges::between(&before, &after) {
            found.insert(file_name.clone(), changes);
        }
    }
    Ok(found)
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
    supersede_plans(&mut tx, app, body).await?;
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

/// What was planned before for the same releases, and not begun, is no longer the plan.
async fn supersede_plans(tx: &mut Tx, app: &App, body: &PlanBody) -> Result<(), StepError> {
    for earlier in tx.proposed_plans(&body.target).await? {
        let before: PlanBody = serde_json::from_value(earlier.body)?;
        let again = before
            .releases
            .iter()
            .any(|one| body.releases.iter().any(|new| new.release == one.release));
        if again {
            tx.set_plan_state(earlier.id, PlanState::Superseded, app.now())
                .await?;
        }
    }
    Ok(())
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
    if plan.state == PlanState::Superseded {
        return Err(StepError::Person(crate::bilingual!(
            "Another plan for the same releases was made after plan {}. Apply that one, or make a new plan.",
            "Un autre plan des mêmes publications a été fait après le plan {}. Exécutez celui-là, ou faites un nouveau plan.",
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
        let release = app.catalog.read().await?.release(planned.release).await?;
        if planned.proposal != Proposal::Withdraw
            && let Some((day, _)) = embargo(app, &release)
        {
            return Err(StepError::Person(crate::bilingual!(
                "“{}” is under embargo: it may be public from {day} on. Apply the plan then, or change the record’s embargo and approve again.",
                "« {} » est sous embargo : il peut être public à compter du {day}. Exécutez le plan ce jour-là, ou changez l’embargo dans la fiche et approuvez de nouveau.",
                planned.title
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

/// How taking back at once went on one target.
#[derive(Debug)]
pub struct TakenBack {
    /// The target's name.
    pub target: String,
    /// `Err` where it failed: it is still public there.
    pub outcome: Result<(), StepError>,
}

/// A person takes a release back here and now, in this process: no daemon, queue, window or second person is waited for,
/// and a target that fails does not keep the others. Publishing it again takes a new approval. `gone`: a target that shows
/// nothing of it has deleted it for good.
///
/// # Errors
/// When nothing of it is public, or the catalog refuses.
pub async fn withdraw_now(
    app: &App,
    id: ReleaseId,
    person: &str,
    reason: &str,
    gone: bool,
) -> Result<Vec<TakenBack>, StepError> {
    // Decided and queued first: where this process fails, the daemon goes on.
    super::withdraw(app, id, person, reason).await?;
    let published = app.catalog.read().await?.published(id).await?;
    let mut ended = Vec::new();
    for there in published {
        // What is already on its way out may still be seen by the public.
        if there.state == PublicationState::Withdrawn {
            continue;
        }
        let outcome = take_back(app, id, &there.target, reason, gone).await;
        ended.push(TakenBack {
            target: there.target,
            outcome,
        });
    }
    Ok(ended)
}

async fn take_back(
    app: &App,
    id: ReleaseId,
    target: &str,
    reason: &str,
    gone: bool,
) -> Result<(), StepError> {
    let setup = app.targets.get(target).ok_or_else(|| {
        StepError::Person(crate::bilingual!(
            "The target {target} is not configured any more. Take the release back there by hand.",
            "La cible {target} n’est plus configurée. Retirez-y la publication à la main."
        ))
    })?;
    if let Some(planned) = plan_withdrawal(app, setup, id, &Bilingual::same(reason), gone).await? {
        let body = PlanBody {
            target: setup.name.clone(),
            releases: vec![planned],
        };
        let plan = store_plan(app, &body).await?;
        execute(app, setup, &plan, &body).await?;
    }
    let mut tx = app.catalog.read().await?;
    let waits = !tx.waiting_for_switch(&setup.name).await?.is_empty();
    drop(tx);
    if waits && setup.connector.publishes_on_finish() {
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
    if body.releases.iter().any(|one| !one.plan.changes.is_empty()) {
        still_there(app, setup).await?;
    }
    let mut tx = app.catalog.write().await?;
    tx.set_plan_state(plan.id, PlanState::Applying, app.now())
        .await?;
    tx.commit().await?;
    let content = BlobContent {
        blobs: app.blobs.clone(),
        metrics: Arc::clone(&app.metrics),
        target: setup.name.clone(),
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
    if !waiting.is_empty() {
        still_there(app, setup).await?;
    }
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
    metrics: Arc<Metrics>,
    target: String,
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
        let (metrics, target) = (Arc::clone(&self.metrics), self.target.clone());
        Ok(stream
            .map(move |chunk| {
                if let Ok(bytes) = &chunk {
                    metrics.target_piece(&target, bytes.len());
                }
                chunk.map_err(blob_failed)
            })
            .boxed())
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
