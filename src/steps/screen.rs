//! facts → findings, for both rule sets; the renditions are screened again from their own bytes, and what a treatment
//! lifted no longer stands.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    StepError, enqueue_assemble,
    examine::{RECHECK, Recheck, RecheckRequest},
    log, parse_id, redact, scratch,
    settle::Judged,
};
use crate::{
    app::{App, ClearanceSetup},
    catalog::{Claimed, FactSubject, Item, Lane, NewWork, Rendition, Version, WorkKind},
    domain::{
        Effect, Fact, FactDetail, Part, Place, RuleSet, SecurityLevel, Treatment, Unreadable,
        VersionId,
    },
    record::release_id,
    sandbox::{Fault, Job},
    screen::rules::{Clearance, FactsDocument, ItemFacts, RecordFacts},
};

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: VersionId = parse_id(work)?;
    let mut tx = app.catalog.read().await?;
    let version = tx.version(id).await?;
    if version.phrases != Some(app.rules.phrases().hash().to_string()) {
        drop(tx);
        return read_again(app, work, id).await;
    }
    let item = tx.item(version.item_id).await?;
    let renditions = tx.renditions(id).await?;
    let treatments = tx.treatments(id).await?;
    let original = tx
        .facts(id, FactSubject::Original)
        .await?
        .unwrap_or_else(|| vec![not_checked()]);
    drop(tx);

    let protected = treatments
        .iter()
        .any(|treatment| treatment.kind == Treatment::SuppressCells);
    let of_renditions = recheck(app, &renditions, protected).await?;
    let now = app.now();
    let applied: Vec<_> = treatments.iter().map(|treatment| treatment.kind).collect();
    let mut findings = Vec::new();
    for set in [RuleSet::Release, RuleSet::Transfer] {
        let of_subject = |subject, facts: &[Fact]| {
            let document = document(app, &version, &item, facts.to_vec());
            app.rules
                .evaluate(set, &document, now)
                .findings
                .into_iter()
                .map(move |finding| (subject, finding))
        };
        findings.extend(of_subject(FactSubject::Original, &original));
        if !renditions.is_empty() {
            findings.extend(of_subject(FactSubject::Renditions, &of_renditions));
        }
    }
    let rules = app.rules.hash().to_string();
    let mut tx = app.catalog.write().await?;
    // Read where the outcome is written: what is dismissed meanwhile counts.
    let stored = Judged {
        version: id,
        facts: &original,
        of_renditions: &of_renditions,
        applied: &applied,
        dismissals: &tx.dismissals_for(item.source_id, id).await?,
    }
    .settle(findings);
    if let Some(change) = redact::next(app, &version, &stored, &original, &applied) {
        tx.set_version_redaction(id, change.redaction()).await?;
        log(
            &mut tx,
            app,
            now,
            "version.redaction_asked",
            "version",
            id,
            json!({"item": item.id, "rules": rules, "places": change.redaction().map(|asked| &asked.places)}),
        )
        .await?;
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Convert, id, Lane::Free, now).revive(),
        )
        .await?;
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    }
    let strongest = |set| {
        stored
            .iter()
            .filter(|s| s.stands && s.finding.set == set)
            .map(|s| s.finding.effect)
            .max()
            .unwrap_or(Effect::Allow)
    };
    let (release_effect, transfer_effect) =
        (strongest(RuleSet::Release), strongest(RuleSet::Transfer));
    tx.set_facts(id, FactSubject::Renditions, &of_renditions)
        .await?;
    tx.version_screened(app.ids.as_ref(), id, &rules, now.date_naive(), &stored)
        .await?;
    log(
        &mut tx,
        app,
        now,
        "version.screened",
        "version",
        id,
        json!({
            "item": item.id, "rules": rules,
            "release": release_effect, "transfer": transfer_effect,
            "findings": stored.iter().map(|s| json!({
                "rule": s.finding.rule, "version": s.finding.rule_version, "set": s.finding.set,
                "effect": s.finding.effect, "stands": s.stands, "dismissed": s.is_dismissed(), "subject": s.subject,
            })).collect::<Vec<_>>(),
        }),
    )
    .await?;
    // The item may have moved to another group meanwhile; its release as of now is the one to look at.
    let item = tx.item(item.id).await?;
    enqueue_assemble(
        &mut tx,
        app,
        release_id(item.source_id, &item.group_key),
        now,
    )
    .await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// Other phrases are looked for than were looked for in this version: what they would find nobody knows.
async fn read_again(app: &App, work: &Claimed, id: VersionId) -> Result<(), StepError> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    tx.enqueue(
        app.ids.as_ref(),
        now,
        NewWork::now(WorkKind::Convert, id, Lane::Free, now).revive(),
    )
    .await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// Screens the renditions from their own bytes, in a worker of their own.
async fn recheck(
    app: &App,
    renditions: &[Rendition],
    protected: bool,
) -> Result<Vec<Fact>, StepError> {
    if renditions.is_empty() {
        return Ok(Vec::new());
    }
    let folder = scratch(app)?;
    let output = folder.path().join("out");
    std::fs::create_dir(&output)?;
    let mut facts = Vec::new();
    // Few enough at a time for the worker's limit on open files.
    for batch in renditions.chunks(32) {
        let mut files = Vec::with_capacity(batch.len());
        for rendition in batch {
            files.push(app.blobs.as_file(rendition.sha256, folder.path()).await?);
        }
        let request = RecheckRequest {
            renditions: batch
                .iter()
                .map(|rendition| (rendition.file.name.clone(), rendition.file.kind))
                .collect(),
            detect: app.detect.clone(),
            phrases: app.rules.phrases().clone(),
            protected,
        };
        let mut files = files.into_iter();
        let Some(first) = files.next() else { continue };
        let mut job = Job::new(RECHECK, first, &output).request(serde_json::to_value(&request)?);
        job.extra_inputs = files.collect();
        match app.sandbox.run(job).await {
            Ok(outcome) => {
                app.metrics.worker_used(outcome.peak_memory_bytes);
                facts.extend(serde_json::from_value::<Recheck>(outcome.value)?.facts);
            }
            Err(error) if error.fault() == Fault::File => facts.push(Fact {
                detail: FactDetail::Unreadable(Unreadable {
                    code: "renditions".to_owned(),
                    reason: error.explain(),
                }),
                ..not_checked()
            }),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(facts)
}

/// What stands for facts that were never established.
pub(super) fn not_checked() -> Fact {
    Fact {
        detail: FactDetail::Unreadable(Unreadable {
            code: "not_checked".to_owned(),
            reason: crate::domain::Bilingual::new(
                "No facts were recorded about this version. Have it converted again.",
                "Aucun fait n’a été consigné sur cette version. Faites-la convertir de nouveau.",
            ),
        }),
        place: Place::new(Part::Package, "file"),
        confidence: 100,
        masked: String::new(),
        detector: "screen/1".to_owned(),
        reasons: Vec::new(),
    }
}

/// What rules are asked about.
pub(crate) fn document(
    app: &App,
    version: &Version,
    item: &Item,
    mut facts: Vec<Fact>,
) -> FactsDocument {
    if item.access == "unreadable" {
        facts.push(Fact {
            detail: FactDetail::Unreadable(Unreadable {
                code: "access".to_owned(),
                reason: crate::domain::Bilingual::new(
                    "The item's access list could not be read in its source. Give the service account the right to read it.",
                    "La liste d’accès de l’élément n’a pas pu être lue dans sa source. Donnez au compte de service le droit de la lire.",
                ),
            }),
            place: Place::new(Part::Native, "access list"),
            ..not_checked()
        });
    }
    let clearance = match app.source(item.source_id).map(|source| source.clearance) {
        Some(ClearanceSetup::None) => Some(Clearance::None),
        Some(ClearanceSetup::Required) => Some(clearance_of(&version.native)),
        None => None,
    };
    FactsDocument {
        item: ItemFacts {
            name: item.name.clone(),
            path: item.path.clone(),
            source: app
                .source(item.source_id)
                .map(|source| source.name.clone())
                .unwrap_or_default(),
            size_bytes: version.size_bytes,
            modified: item.modified,
        },
        format: version.format.clone().unwrap_or(crate::domain::Format {
            name: "unknown".to_owned(),
            pronom: None,
            media_type: "application/octet-stream".to_owned(),
            family: crate::domain::FormatFamily::Unknown,
            encrypted: false,
            extension_mismatch: false,
        }),
        clearance,
        record: record_facts(&version.native),
        attributes: app
            .source(item.source_id)
            .map(|source| attributes(&source.facts, &version.native))
            .unwrap_or_default(),
        facts,
    }
}

/// What the records system says, as the connector captured it: what it could not tell is listed under `unknown`.
fn record_facts(native: &serde_json::Value) -> RecordFacts {
    let unknown = |key: &str| {
        native["unknown"]
            .as_array()
            .is_some_and(|keys| keys.iter().any(|one| one == key))
    };
    let count = |key: &str| {
        if unknown(key) {
            return None;
        }
        let number = native[key].as_array().map_or(0, Vec::len);
        Some(u64::try_from(number).unwrap_or(u64::MAX))
    };
    RecordFacts {
        date: day_of(native, "record_date"),
        decision_date: day_of(native, "decision_date"),
        holds: count("holds"),
        supplemental_markings: count("markings"),
    }
}

/// The values of configured attributes; several values are joined.
fn attributes(
    facts: &BTreeMap<String, String>,
    native: &serde_json::Value,
) -> Vec<(String, Option<String>)> {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        serde_json::Value::Array(list) => {
            let parts: Vec<&str> = list.iter().filter_map(serde_json::Value::as_str).collect();
            Some(parts.join("; ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    };
    facts
        .iter()
        .map(|(name, pointer)| (name.clone(), native.pointer(pointer).and_then(text)))
        .collect()
}

/// The date of the record, where the source gives one. The time of a file's last change is no such date: a copy makes it new,
/// an archive makes it old, and a restriction must not lapse by either.
fn day_of(native: &serde_json::Value, key: &str) -> Option<chrono::NaiveDate> {
    native
        .get(key)
        .and_then(serde_json::Value::as_str)
        .and_then(|day| day.get(..10))
        .and_then(|day| day.parse().ok())
}

/// The clearance that a source gave with a version: `clearance` in its native metadata, by our level names.
fn clearance_of(native: &serde_json::Value) -> Clearance {
    match native.get("clearance").and_then(serde_json::Value::as_str) {
        Some("none") => Clearance::None,
        Some(text) => serde_json::from_value::<SecurityLevel>(json!(text))
            .map_or(Clearance::Unknown, Clearance::Level),
        None => Clearance::Unknown,
    }
}
