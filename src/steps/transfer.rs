//! records of enduring value → bag: planned, decided about exactly what it will hold, built whole or not at all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{StepError, assemble::dismissed, log, parse_id, reread::still_as_decided, scratch};
use crate::{
    app::App,
    catalog::{
        CatalogError, Claimed, DismissedEvidence, FactSubject, Item, NewEvent, Release, Transfer,
        Tx, Version,
    },
    domain::{
        Bilingual, Consent, DecidedBy, Decision, DecisionId, DecisionKind, DismissalId, Effect,
        FormatFamily, ReleaseId, ReleaseState, RuleSet, Sha256, Stage, Standing, TransferId,
        TransferState, Verdict, hash_json, standing,
    },
    transfer::{
        BagError, BagEvent, BagFinding, BagInput, BagItem, BagRendition, FindingSubject,
        Identification, build,
    },
};

/// Exactly what a decision about a transfer is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TransferBundle {
    release: ReleaseId,
    items: Vec<BundleItem>,
    record: Value,
    rules: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BundleItem {
    native_id: String,
    sha256: Sha256,
    renditions: Vec<(String, Sha256)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    dismissed: Vec<String>,
}

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: ReleaseId = parse_id(work)?;
    let release = app.catalog.read().await?.release(id).await?;
    // What is about to be published is handed over afterwards, with the word that it was.
    let on_its_way = matches!(
        release.state,
        ReleaseState::Approved | ReleaseState::Incomplete
    );
    if !on_its_way && plan_transfer(app, id).await?.is_some() {
        build_transfer(app, id).await?;
    }
    let mut tx = app.catalog.write().await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// Works out what a release's bag would hold and whether it may be built, and records that. `None` when its items are
/// not all through.
///
/// # Errors
/// When the catalog refuses.
pub async fn plan_transfer(app: &App, id: ReleaseId) -> Result<Option<Transfer>, StepError> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let release = tx.lock_release(id).await?;
    let Some((bundle, effect, reasons)) = bundle(&mut tx, app, &release).await? else {
        return Ok(None);
    };
    let bundle_hash = hash_json(&bundle)?;
    let earlier = tx.transfers_of(id).await?;
    let before = earlier
        .iter()
        .find(|transfer| transfer.bundle_hash == bundle_hash);
    if let Some(built) = before.filter(|transfer| transfer.state == TransferState::Built) {
        return Ok(Some(built.clone()));
    }
    let decisions = tx
        .decisions(id, DecisionKind::Transfer, bundle_hash)
        .await?;
    let standing = standing(&decisions, app.policy.two_persons);
    // A restriction is recorded in the bag; it does not keep a record from the archives.
    let by_policy = app.policy.transfers == Consent::Automatic
        && effect <= Effect::Restrict
        && standing == (Standing::Open { approvals: 0 });
    let state = if effect >= Effect::Block {
        TransferState::Blocked
    } else {
        match standing {
            Standing::Approved => TransferState::Approved,
            Standing::Refused => TransferState::Refused,
            Standing::Open { .. } | Standing::SentBack if by_policy => TransferState::Approved,
            Standing::Open { .. } | Standing::SentBack => TransferState::Review,
        }
    };
    let transfer = Transfer {
        id: before.map_or_else(|| TransferId(app.ids.next()), |transfer| transfer.id),
        release: id,
        bundle_hash,
        state,
        bag: bag_name(&release, bundle_hash),
        bag_sha512: None,
        body: json!({
            "items": bundle.items.len(), "effect": effect, "reasons": reasons,
            "released": release.state == ReleaseState::Published,
            "software_version": before.map_or(json!(env!("CARGO_PKG_VERSION")), |t| t.body["software_version"].clone()),
        }),
        created_at: before.map_or(now, |transfer| transfer.created_at),
        built_at: None,
    };
    if before != Some(&transfer) {
        tx.set_transfer(&transfer).await?;
        log(
            &mut tx,
            app,
            now,
            "transfer.planned",
            "release",
            id,
            json!({"transfer": transfer.id, "bundle": bundle_hash, "state": state, "effect": effect}),
        )
        .await?;
    }
    if by_policy && state == TransferState::Approved {
        let decision = Decision {
            id: DecisionId(app.ids.next()),
            release: id,
            kind: DecisionKind::Transfer,
            bound_hash: bundle_hash,
            verdict: Verdict::Approve,
            by: DecidedBy::Policy,
            by_name: "policy".to_owned(),
            reason: "policy.transfers = \"automatic\", and no rule asks for a person".to_owned(),
            at: now,
        };
        record(&mut tx, app, &decision, super::RIDEAU).await?;
    }
    tx.commit().await?;
    Ok(Some(transfer))
}

async fn record(tx: &mut Tx, app: &App, decision: &Decision, actor: &str) -> Result<(), StepError> {
    tx.insert_decision(decision).await?;
    tx.log(
        app.ids.as_ref(),
        decision.at,
        NewEvent {
            kind: "decision.made",
            subject_kind: "release",
            subject_id: decision.release.to_string(),
            actor: actor.to_owned(),
            body: json!({
                "decision": decision.id, "kind": decision.kind, "verdict": decision.verdict, "by": decision.by,
                "bundle": decision.bound_hash, "reason": decision.reason,
            }),
        },
    )
    .await?;
    Ok(())
}

/// Records a person's decision about the transfer that is planned now.
///
/// # Errors
/// When nothing is planned, a rule forbids it, or the catalog refuses.
pub async fn decide_transfer(
    app: &App,
    id: ReleaseId,
    verdict: Verdict,
    person: &str,
    reason: &str,
) -> Result<Transfer, StepError> {
    let nothing = || {
        StepError::Person(Bilingual::new(
            "Nothing is planned: its items are not all through yet. Wait for them, or see `rideau items list`.",
            "Rien n’est planifié : ses éléments ne sont pas tous traités. Attendez-les, ou voyez `rideau items list`.",
        ))
    };
    let planned = plan_transfer(app, id).await?.ok_or_else(nothing)?;
    match planned.state {
        TransferState::Built => {
            return Err(StepError::Person(crate::bilingual!(
                "The bag {} stands already. A new version of the records makes a new bag.",
                "Le sac {} est déjà constitué. Une nouvelle version des documents donne un nouveau sac.",
                planned.bag
            )));
        }
        TransferState::Blocked if verdict == Verdict::Approve => {
            return Err(StepError::Person(Bilingual::new(
                "A rule forbids this transfer. See `rideau review show` for which.",
                "Une règle interdit ce transfert. Voyez laquelle avec `rideau review show`.",
            )));
        }
        _ => {}
    }
    let mut tx = app.catalog.write().await?;
    let decision = Decision {
        id: DecisionId(app.ids.next()),
        release: id,
        kind: DecisionKind::Transfer,
        bound_hash: planned.bundle_hash,
        verdict,
        by: DecidedBy::Person,
        by_name: person.to_owned(),
        reason: reason.to_owned(),
        at: app.now(),
    };
    record(&mut tx, app, &decision, person).await?;
    tx.commit().await?;
    plan_transfer(app, id).await?.ok_or_else(nothing)
}

/// Builds the bag of a release, if its transfer is approved and it does not stand yet. True when it was built now.
///
/// # Errors
/// When a blob is damaged, the folder refuses, or the catalog refuses.
pub async fn build_transfer(app: &App, id: ReleaseId) -> Result<bool, StepError> {
    let Some(mut transfer) = plan_transfer(app, id).await? else {
        return Ok(false);
    };
    if transfer.state != TransferState::Approved {
        return Ok(false);
    }
    if !still_as_decided(app, id).await? {
        // A hold or a clearance may be new: it is judged again first.
        return Ok(false);
    }
    let folder = scratch(app)?;
    let input = bag_input(app, id, &transfer, folder.path()).await?;
    std::fs::create_dir_all(&app.transfer.folder)?;
    let parent = app.transfer.folder.clone();
    let built = tokio::task::spawn_blocking(move || build(&input, &parent))
        .await
        .map_err(std::io::Error::other)?
        .map_err(bag_failed)?;
    let now = app.now();
    transfer.state = TransferState::Built;
    transfer.bag_sha512 = Some(built.tag_manifest_sha512.clone());
    transfer.built_at = Some(now);
    let mut tx = app.catalog.write().await?;
    tx.set_transfer(&transfer).await?;
    log(
        &mut tx,
        app,
        now,
        "transfer.built",
        "release",
        id,
        json!({
            "transfer": transfer.id, "bag": transfer.bag, "bundle": transfer.bundle_hash,
            "tag_manifest_sha512": built.tag_manifest_sha512, "payload_oxum": built.payload_oxum,
        }),
    )
    .await?;
    tx.commit().await?;
    Ok(true)
}

fn bag_failed(error: BagError) -> StepError {
    let words = error.words();
    if error.is_temporary() {
        StepError::Port(rideau_connectors::PortError::temporary("bag", words).because(error))
    } else {
        StepError::Person(words)
    }
}

/// A short word of the title, and what makes it unique.
fn bag_name(release: &Release, bundle_hash: Sha256) -> String {
    let mut slug = String::new();
    for c in release.title.en.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let hash = bundle_hash.to_string();
    format!("{}-{}", slug.trim_matches('-'), &hash[..12])
        .trim_start_matches('-')
        .to_owned()
}

/// The dismissals, each once, in order.
fn dismissals_of(evidence: &[DismissedEvidence]) -> Vec<DismissalId> {
    let ids: std::collections::BTreeSet<DismissalId> =
        evidence.iter().map(|one| one.dismissal).collect();
    ids.into_iter().collect()
}

type Bundled = (TransferBundle, Effect, Vec<Bilingual>);

async fn bundle(tx: &mut Tx, app: &App, release: &Release) -> Result<Option<Bundled>, StepError> {
    let rules = app.rules.hash().to_string();
    let mut items = Vec::new();
    let mut effect = Effect::Allow;
    let mut reasons: Vec<Bilingual> = Vec::new();
    for (item, version) in members(tx, release).await? {
        let Some(version) = version.filter(|version| {
            version.stage == Stage::Screened && version.screened_by.as_deref() == Some(&rules)
        }) else {
            return Ok(None);
        };
        let findings = tx.findings(version.id, Some(RuleSet::Transfer)).await?;
        for stored in findings
            .iter()
            .filter(|stored| stored.stands && stored.finding.effect > Effect::Expire)
        {
            effect = effect.max(stored.finding.effect);
            if !reasons.contains(&stored.finding.text) {
                reasons.push(stored.finding.text.clone());
            }
        }
        items.push(BundleItem {
            native_id: item.origin_id.clone(),
            sha256: version.sha256,
            renditions: tx
                .renditions(version.id)
                .await?
                .into_iter()
                .map(|rendition| (rendition.file.name, rendition.sha256))
                .collect(),
            dismissed: dismissed(&findings, RuleSet::Transfer),
        });
    }
    if items.is_empty() {
        return Ok(None);
    }
    items.sort_by(|a, b| a.native_id.cmp(&b.native_id));
    Ok(Some((
        TransferBundle {
            release: release.id,
            items,
            record: tx.record(release.id).await?.fields,
            rules,
        },
        effect,
        reasons,
    )))
}

async fn members(
    tx: &mut Tx,
    release: &Release,
) -> Result<Vec<(Item, Option<Version>)>, CatalogError> {
    let mut members = Vec::new();
    for item in tx
        .group_members(release.source_id, &release.group_key)
        .await?
    {
        let version = match item.current_version {
            Some(id) => Some(tx.version(id).await?),
            None => None,
        };
        members.push((item, version));
    }
    Ok(members)
}

async fn bag_input(
    app: &App,
    id: ReleaseId,
    transfer: &Transfer,
    scratch: &std::path::Path,
) -> Result<BagInput, StepError> {
    let mut tx = app.catalog.read().await?;
    let release = tx.release(id).await?;
    let decisions = tx.all_decisions(id).await?;
    let decided = decisions
        .iter()
        .rev()
        .find(|decision| {
            decision.kind == DecisionKind::Transfer && decision.bound_hash == transfer.bundle_hash
        })
        .map(|decision| decision.at)
        .ok_or_else(|| {
            StepError::Person(Bilingual::new(
                "No decision approves this transfer.",
                "Aucune décision n’approuve ce transfert.",
            ))
        })?;
    let released = transfer.body["released"].as_bool().unwrap_or(false);
    let mut items = Vec::new();
    for (item, version) in members(&mut tx, &release).await? {
        let Some(version) = version else { continue };
        items.push(bag_item(app, &mut tx, &item, &version, released, decided, scratch).await?);
    }
    let record = tx.record(id).await?.fields;
    Ok(BagInput {
        bag_name: transfer.bag.clone(),
        bag_id: Uuid::new_v5(&id.0, transfer.bundle_hash.to_string().as_bytes()),
        release: id,
        created_for: decided.with_timezone(&app.zone).date_naive(),
        software_version: transfer.body["software_version"]
            .as_str()
            .unwrap_or(env!("CARGO_PKG_VERSION"))
            .to_owned(),
        organization: app.department.name.clone(),
        source_name: app
            .source(release.source_id)
            .map(|source| source.name.clone())
            .unwrap_or_default(),
        title: release.title.clone(),
        record: record.as_object().cloned().unwrap_or_default(),
        group: release.group_key.clone(),
        bundle_hash: transfer.bundle_hash,
        items,
        // What was decided later does not change a bag that is built again after a kill.
        decisions: decisions
            .into_iter()
            .filter(|decision| decision.at <= decided)
            .collect(),
    })
}

async fn bag_item(
    app: &App,
    tx: &mut Tx,
    item: &Item,
    version: &Version,
    released: bool,
    decided: chrono::DateTime<chrono::Utc>,
    scratch: &std::path::Path,
) -> Result<BagItem, StepError> {
    let mut renditions = Vec::new();
    for rendition in tx.renditions(version.id).await? {
        renditions.push(BagRendition {
            name: rendition.file.name.clone(),
            kind: rendition.file.kind,
            sha256: rendition.sha256,
            size_bytes: rendition.size_bytes,
            path: app.blobs.as_file(rendition.sha256, scratch).await?,
            media_type: rendition.file.media_type.clone(),
            converter: rendition.converter.clone(),
            released,
        });
    }
    let mut fact_counts: BTreeMap<String, u64> = BTreeMap::new();
    for fact in tx
        .facts(version.id, FactSubject::Original)
        .await?
        .unwrap_or_default()
    {
        let kind = serde_json::to_value(&fact)?["kind"]
            .as_str()
            .unwrap_or("unknown")
            .to_owned();
        *fact_counts.entry(kind).or_default() += 1;
    }
    let findings = tx
        .findings(version.id, None)
        .await?
        .into_iter()
        .map(|stored| BagFinding {
            subject: match stored.subject {
                FactSubject::Original => FindingSubject::Original,
                FactSubject::Renditions => FindingSubject::Renditions,
            },
            stands: stored.stands,
            dismissed: dismissals_of(&stored.dismissed),
            finding: stored.finding,
        })
        .collect();
    let treatments = tx.treatments(version.id).await?;
    let subjects = [version.id.to_string(), item.id.to_string()];
    let mut events = Vec::new();
    for event in tx.events_about(&subjects).await? {
        let at = event.at.parse().map_err(|_| CatalogError::Damaged {
            column: "at".to_owned(),
            found: event.at.clone(),
        })?;
        // Only what happened before the decision, and to this version.
        let ours = event.subject_id == subjects[0] || event.body["version"] == json!(version.id);
        if at <= decided && ours {
            events.push(BagEvent {
                id: event.id.0,
                at,
                kind: event.kind,
                actor: event.actor,
                body: event.body,
            });
        }
    }
    let format = version.format.clone().unwrap_or(crate::domain::Format {
        name: "unknown".to_owned(),
        pronom: None,
        media_type: "application/octet-stream".to_owned(),
        family: FormatFamily::Unknown,
        encrypted: false,
        extension_mismatch: false,
    });
    Ok(BagItem {
        native_id: item.native_id.clone(),
        path: item.path.clone(),
        name: item.name.clone(),
        version: version.seq,
        sha256: version.sha256,
        size_bytes: version.size_bytes,
        identified_by: identified_by(&format),
        format,
        modified: item.modified,
        native: version.native.clone(),
        original: app.blobs.as_file(version.sha256, scratch).await?,
        renditions,
        fact_counts,
        findings,
        treatments: serde_json::to_value(treatments)?,
        events,
    })
}

/// How a format is told, in the words of DROID.
fn identified_by(format: &crate::domain::Format) -> Option<Identification> {
    match format.name.as_str() {
        "unknown" | "empty" => None,
        "csv" | "tsv" | "txt" | "md" => Some(Identification::Extension),
        "xlsx" | "xlsm" | "xlsb" | "docx" | "docm" | "pptx" | "ods" | "odt" | "odp" | "epub"
        | "xls" | "doc" => Some(Identification::Container),
        _ => Some(Identification::Signature),
    }
}
