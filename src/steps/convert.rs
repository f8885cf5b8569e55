//! version → renditions and facts, in the sandbox. A file that cannot be converted is recorded as such: an unreadable
//! version is a fact, not a failure.

use rideau_disclosure::Earlier;
use serde_json::json;

use super::{
    StepError,
    examine::{EXAMINE, Examination, ExamineRequest},
    log, parse_id, redact, scratch,
};
use crate::{
    app::App,
    catalog::{AppliedTreatment, Claimed, FactSubject, Item, Lane, NewWork, Version, WorkKind},
    convert,
    domain::{
        Fact, FactDetail, Format, FormatFamily, Part, Place, RenditionFile, Sha256, Tabulated,
        Treatment, Unreadable, VersionId,
    },
    sandbox::{Fault, Job, SandboxError},
};

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: VersionId = parse_id(work)?;
    let (version, item) = {
        let mut tx = app.catalog.read().await?;
        let version = tx.version(id).await?;
        let item = tx.item(version.item_id).await?;
        (version, item)
    };
    let (mut examination, renditions) = examine(app, &version, &item).await?;
    examination.warnings.extend(examination.redacted.warnings());

    let now = app.now();
    let mut treatments = Vec::new();
    if examination.removed_hidden {
        let removed: Vec<_> = examination
            .facts
            .iter()
            .filter_map(|fact| match &fact.detail {
                FactDetail::Hidden { channel, count } => {
                    Some(json!({"channel": channel, "count": count, "at": fact.place.at}))
                }
                _ => None,
            })
            .collect();
        treatments.push(AppliedTreatment {
            kind: Treatment::RemoveHidden,
            detail: json!(removed),
        });
    }
    treatments.extend(suppression(&examination));
    if examination.redacted.is_done() {
        treatments.push(AppliedTreatment {
            kind: Treatment::RedactSpans,
            detail: json!(examination.redacted.removed),
        });
    }
    let mut tx = app.catalog.write().await?;
    tx.version_converted(
        app.ids.as_ref(),
        id,
        &examination.format,
        &examination.converter,
        &examination.warnings,
        &examination.document,
        &renditions,
        &treatments,
    )
    .await?;
    if version.redaction.is_some() && redact::asked(app, &version).is_empty() {
        // Asked for by other rules: those in force ask anew.
        tx.set_version_redaction(id, None).await?;
    }
    tx.set_facts(id, FactSubject::Original, &examination.facts)
        .await?;
    tx.set_version_phrases(id, &app.rules.phrases().hash().to_string())
        .await?;
    log(
        &mut tx,
        app,
        now,
        "version.converted",
        "version",
        id,
        json!({
            "item": item.id, "format": examination.format.name, "pronom": examination.format.pronom,
            "converter": examination.converter,
            "renditions": renditions.iter().map(|(file, sha256, _)| json!({"name": file.name, "sha256": sha256})).collect::<Vec<_>>(),
            "warnings": examination.warnings.len(), "facts": examination.facts.len(), "treatments": treatments,
        }),
    )
    .await?;
    tx.enqueue(
        app.ids.as_ref(),
        now,
        NewWork::now(WorkKind::Screen, id, Lane::Free, now).revive(),
    )
    .await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// How the tables of an item are protected, by the profile of its source.
fn protection(app: &App, item: &Item) -> Option<convert::table::Protection> {
    let profile = app.source(item.source_id)?.disclosure.clone()?;
    Some(convert::table::Protection {
        profile,
        secret: app.convert.disclosure_secret.clone(),
        earlier: Earlier::default(),
    })
}

/// The treatment, when every table of counts was proven safe; with figures and proof for the reviewer.
fn suppression(examination: &Examination) -> Option<AppliedTreatment> {
    let tables: Vec<_> = examination
        .protected
        .iter()
        .filter(|table| table.disclosure.tabulated == Tabulated::Counts)
        .collect();
    // A list of persons is measured, not protected: what is small in it stays small.
    let safe = tables.len() == examination.protected.len()
        && tables
            .iter()
            .all(|table| table.disclosure.verdict == "safe");
    let changed = tables.iter().any(|table| table.changed);
    (safe && changed).then(|| AppliedTreatment {
        kind: Treatment::SuppressCells,
        detail: json!(tables),
    })
}

type Stored = Vec<(RenditionFile, Sha256, u64)>;

async fn examine(
    app: &App,
    version: &Version,
    item: &Item,
) -> Result<(Examination, Stored), StepError> {
    let folder = scratch(app)?;
    let output = folder.path().join("out");
    std::fs::create_dir(&output)?;
    let input = app.blobs.as_file(version.sha256, folder.path()).await?;
    let request = ExamineRequest {
        file_name: item.name.clone(),
        sha256: version.sha256,
        convert: convert::Wanted {
            tables: app.convert.tables.clone(),
            documents: app.convert.documents.clone(),
            quote_formulas: app.convert.quote_formulas,
            small_cells_below: app.convert.small_cells_below,
            units: true,
            protection: protection(app, item),
            redact: redact::asked(app, version),
        },
        detect: app.detect.clone(),
        phrases: app.rules.phrases().clone(),
    };
    let job = Job::new(EXAMINE, input, &output).request(serde_json::to_value(&request)?);
    let outcome = match app.sandbox.run(job).await {
        Ok(outcome) => {
            app.metrics.worker_used(outcome.peak_memory_bytes);
            outcome
        }
        Err(error) if error.fault() == Fault::File => return Ok((gave_up(&error), Vec::new())),
        Err(error) => return Err(error.into()),
    };
    let examination: Examination = match serde_json::from_value(outcome.value) {
        Ok(examination) => examination,
        // A hostile file may have taken the worker over: what it says then is no answer.
        Err(_) => {
            return Ok((
                unreadable(
                    "crash",
                    &crate::bilingual!(
                        "The converter's answer about this file makes no sense. Look at the file by hand; it may be built to harm.",
                        "La réponse du convertisseur au sujet de ce fichier est incompréhensible. Examinez le fichier à la main; il peut être malveillant."
                    ),
                ),
                Vec::new(),
            ));
        }
    };
    let named: std::collections::BTreeSet<&str> = examination
        .renditions
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    let written: std::collections::BTreeSet<&str> = outcome
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    if named != written || named.len() != examination.renditions.len() {
        return Ok((
            unreadable(
                "crash",
                &crate::bilingual!(
                    "The converter left other files than it named. Look at the file by hand; it may be built to harm.",
                    "Le convertisseur a laissé d’autres fichiers que ceux annoncés. Examinez le fichier à la main; il peut être malveillant."
                ),
            ),
            Vec::new(),
        ));
    }
    let mut stored = Vec::with_capacity(examination.renditions.len());
    for file in &examination.renditions {
        let (sha256, size_bytes) = app.blobs.put_file(&output.join(&file.name)).await?;
        stored.push((file.clone(), sha256, size_bytes));
    }
    Ok((examination, stored))
}

/// The worker ended without an answer because of the file.
fn gave_up(error: &SandboxError) -> Examination {
    let code = match error.code() {
        "timed_out" | "cpu_exhausted" => "timeout",
        "out_of_memory" | "output_too_large" | "nested_too_deeply" => "limit",
        "refused" => "corrupt",
        _ => "crash",
    };
    unreadable(code, &error.explain())
}

fn unreadable(code: &str, reason: &crate::domain::Bilingual) -> Examination {
    Examination {
        format: Format {
            name: "unknown".to_owned(),
            pronom: None,
            media_type: "application/octet-stream".to_owned(),
            family: FormatFamily::Unknown,
            encrypted: false,
            extension_mismatch: false,
        },
        converter: "none".to_owned(),
        renditions: Vec::new(),
        warnings: Vec::new(),
        document: json!({}),
        facts: vec![Fact {
            detail: FactDetail::Unreadable(Unreadable {
                code: code.to_owned(),
                reason: reason.clone(),
            }),
            place: Place::new(Part::Package, "file"),
            confidence: 100,
            masked: String::new(),
            detector: "sandbox/1".to_owned(),
            reasons: vec![code.to_owned()],
        }],
        removed_hidden: false,
        protected: Vec::new(),
        redacted: convert::Redacted::default(),
    }
}
