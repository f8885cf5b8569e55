//! The steps of the way: each reads recorded state, does its work, and records the outcome with its audit event in one
//! transaction that also ends the work.
//!
//! A step holds no logic of its own beyond that: it asks the part that knows. Rule that must hold: a step can be
//! killed at any instant and run again.

mod assemble;
mod convert;
mod dismiss;
pub mod examine;
mod explain;
mod fetch;
mod inventory;
mod marked;
mod openings;
mod publish;
pub(crate) mod redact;
mod relate;
mod reports;
mod reread;
mod scan;
mod screen;
mod settle;
mod simulate;
mod transfer;
mod verify;

use std::time::Duration;

use chrono::{DateTime, Utc};
use rideau_connectors::{PortError, Retry};
use serde_json::Value;
use thiserror::Error;

use crate::{
    app::{App, SourceSetup},
    catalog::{BlobError, CatalogError, Claimed, Lane, NewEvent, NewWork, Tx, WorkKind},
    domain::{Bilingual, ReleaseId},
    sandbox::{Fault, SandboxError},
};

pub use assemble::{
    Bundle, BundleMember, BundleRendition, Deciding, decide, decide_saying, reassemble, withdraw,
};
pub use dismiss::{DismissalScope, NamedEvidence, dismiss, named_evidence, revoke_dismissal};
pub use explain::{Explained, ExplainedSubject, explain};
pub use inventory::{InventoryPush, inventory, plan_inventory, push_inventory};
pub use openings::wake_opened;
pub use publish::{
    PlanBody, PlannedRelease, TakenBack, apply_plan, plan_release, store_plan, table_changes,
    withdraw_now,
};
pub use relate::{correct, supersede};
pub use reports::{progress, release_plan};
pub use simulate::{ItemChange, OutcomeCount, RuleCount, Simulation, simulate};
pub use transfer::{build_transfer, decide_transfer, plan_transfer};
pub use verify::{Agreement, Verified, verify};

/// The name under which the program itself acts in the log.
pub const RIDEAU: &str = "rideau";

/// Why a step could not record an outcome.
#[derive(Debug, Error)]
pub enum StepError {
    /// A source or a target failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The sandbox failed for a reason of this machine.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The disk failed.
    #[error("the working folder failed")]
    Io(#[from] std::io::Error),
    /// A value has no JSON form, or not the one expected.
    #[error("a worker's answer or a stored value has an unexpected form")]
    Json(#[from] serde_json::Error),
    /// Only a person can go on.
    #[error("{0}")]
    Person(Bilingual),
}

impl StepError {
    /// Whether trying again can help.
    pub fn retry(&self) -> Retry {
        let temporary = Retry::Temporary { after: None };
        match self {
            Self::Port(error) => error.retry,
            Self::Catalog(error) => {
                if error.is_temporary() {
                    temporary
                } else {
                    Retry::Permanent
                }
            }
            Self::Json(_) => Retry::Permanent,
            Self::Blob(
                BlobError::Damaged { .. } | BlobError::TooLarge { .. } | BlobError::Address { .. },
            )
            | Self::Person(_) => Retry::NeedsPerson,
            Self::Blob(BlobError::Broken(_) | BlobError::Store { .. } | BlobError::Io { .. })
            | Self::Io(_) => temporary,
            Self::Sandbox(error) => match error.fault() {
                Fault::Machine => temporary,
                Fault::File => Retry::Permanent,
            },
        }
    }

    /// The wait the other side asked for.
    pub fn wait(&self) -> Option<Duration> {
        match self.retry() {
            Retry::Temporary { after } => after,
            Retry::Permanent | Retry::NeedsPerson => None,
        }
    }

    /// What happened and what to do, for people.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::Port(error) => error.message.clone(),
            Self::Catalog(error) => error.explain(),
            Self::Sandbox(error) => error.explain(),
            Self::Person(text) => text.clone(),
            Self::Blob(BlobError::TooLarge { limit }) => crate::bilingual!(
                "The file is larger than the limit of {limit} bytes. Raise `engine.item_limit_mb`, or leave the file out by `ignore`.",
                "Le fichier dépasse la limite de {limit} octets. Augmentez `engine.item_limit_mb`, ou écartez le fichier par `ignore`."
            ),
            Self::Blob(error @ BlobError::Damaged { .. }) => crate::bilingual!(
                "{error}. The blob store was changed or its disk fails: restore it from a backup.",
                "{error}. Le dépôt a été modifié ou son disque est défaillant : restaurez-le d’une sauvegarde."
            ),
            other => {
                let mut text = other.to_string();
                let mut cause = std::error::Error::source(other);
                while let Some(error) = cause {
                    text.push_str(": ");
                    text.push_str(&error.to_string());
                    cause = error.source();
                }
                crate::bilingual!(
                    "{text}. It is tried again; `rideau doctor` tests what is needed.",
                    "{text}. Un nouvel essai suivra; `rideau doctor` met à l’épreuve ce qui est nécessaire."
                )
            }
        }
    }

    /// A stable word for metrics.
    pub fn code(&self) -> &str {
        match self {
            Self::Port(error) => error.code,
            Self::Catalog(_) => "catalog",
            Self::Blob(_) => "blobs",
            Self::Sandbox(error) => error.code(),
            Self::Io(_) => "disk",
            Self::Json(_) => "form",
            Self::Person(_) => "person",
        }
    }
}

/// Does one piece of work to its recorded end.
///
/// # Errors
/// When no outcome was recorded; the engine puts the work back or sets it aside.
pub async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    match work.kind {
        WorkKind::Scan => scan::run(app, work).await,
        WorkKind::Fetch => fetch::run(app, work).await,
        WorkKind::Convert => convert::run(app, work).await,
        WorkKind::Screen => screen::run(app, work).await,
        WorkKind::Assemble => assemble::run(app, work).await,
        WorkKind::Publish => publish::run(app, work).await,
        WorkKind::Switch => publish::switch(app, work).await,
        WorkKind::Transfer => transfer::run(app, work).await,
        WorkKind::Inventory => inventory::run(app, work).await,
    }
}

/// Puts the work back when its source may not be asked now. True when it was put back.
///
/// # Errors
/// When the window never opens again, or the catalog refuses.
async fn outside_window(
    app: &App,
    work: &Claimed,
    source: &SourceSetup,
) -> Result<bool, StepError> {
    let Some(until) = source
        .window
        .as_ref()
        .and_then(|window| window.closed_until(app.now()))
    else {
        return Ok(false);
    };
    let Some(until) = until else {
        return Err(StepError::Person(crate::bilingual!(
            "The window of the source {} never opens again. Correct `sources.window`.",
            "La fenêtre de la source {} ne s’ouvrira plus. Corrigez `sources.window`.",
            source.name
        )));
    };
    let mut tx = app.catalog.write().await?;
    tx.put_back(work, until, None, false).await?;
    tx.commit().await?;
    Ok(true)
}

fn parse_id<T: std::str::FromStr>(work: &Claimed) -> Result<T, StepError> {
    work.subject.parse().map_err(|_| {
        StepError::Catalog(CatalogError::Damaged {
            column: "subject".to_owned(),
            found: work.subject.clone(),
        })
    })
}

async fn log(
    tx: &mut Tx,
    app: &App,
    now: DateTime<Utc>,
    kind: &'static str,
    subject_kind: &'static str,
    subject_id: impl ToString,
    body: Value,
) -> Result<(), CatalogError> {
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind,
            subject_kind,
            subject_id: subject_id.to_string(),
            actor: RIDEAU.to_owned(),
            body,
        },
    )
    .await
}

async fn enqueue_assemble(
    tx: &mut Tx,
    app: &App,
    release: ReleaseId,
    now: DateTime<Utc>,
) -> Result<(), CatalogError> {
    tx.enqueue(
        app.ids.as_ref(),
        now,
        NewWork::now(WorkKind::Assemble, release, Lane::Free, now).revive(),
    )
    .await
}

/// A folder of its own for one job, removed with what is in it.
fn scratch(app: &App) -> Result<tempfile::TempDir, StepError> {
    Ok(tempfile::Builder::new()
        .prefix("job-")
        .tempdir_in(&app.scratch)?)
}
