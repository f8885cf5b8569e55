//! `rideau sources`: the watched places.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::{Out, output::Said};
use crate::{
    app::{App, SourceSetup},
    bilingual,
    catalog::{Lane, NewEvent, NewWork, WorkKind},
    domain::Bilingual,
    setup,
};

/// Sources.
#[derive(Debug, Subcommand)]
pub(super) enum Sources {
    /// List the configured sources and how their last scan went.
    List,
    /// Have a source scanned by the running daemon, now.
    Scan {
        /// Its name.
        source: String,
    },
    /// Confirm that what is missing is really gone, after much was missing at once.
    ConfirmDeletions {
        /// Its name.
        source: String,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
    },
}

impl Sources {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List => {
                let known = app.catalog.read().await?.sources().await?;
                out.value(&known)?;
                out.table(
                    &[
                        Bilingual::same("source"),
                        Bilingual::new("kind", "sorte"),
                        Bilingual::new("last complete scan", "dernier balayage complet"),
                        Bilingual::new("trouble", "ennui"),
                    ],
                    app.sources
                        .values()
                        .map(|source| {
                            let row = known.iter().find(|row| row.id == source.id);
                            vec![
                                source.name.clone(),
                                source.connector.kind().to_owned(),
                                row.and_then(|row| row.last_complete_at)
                                    .map(|at| at.format("%Y-%m-%d %H:%M:%SZ").to_string())
                                    .unwrap_or_default(),
                                row.and_then(|row| row.last_error.as_ref())
                                    .map(|error| out.get(error).to_owned())
                                    .unwrap_or_default(),
                            ]
                        })
                        .collect(),
                );
            }
            Self::Scan { source } => {
                let source = find(&app, &source)?;
                let now = app.now();
                let mut tx = app.catalog.write().await?;
                tx.know_source(source.id, &source.name, source.connector.kind())
                    .await?;
                tx.enqueue(
                    app.ids.as_ref(),
                    now,
                    NewWork::now(
                        WorkKind::Scan,
                        source.id,
                        Lane::Source(source.name.clone()),
                        now,
                    ),
                )
                .await?;
                tx.commit().await?;
                out.value(&json!({"queued": source.name}))?;
                out.say(&bilingual!(
                    "{} is scanned next by the running daemon.",
                    "{} sera balayée sous peu par le service en marche.",
                    source.name
                ));
            }
            Self::ConfirmDeletions { source, by } => {
                let source = find(&app, &source)?;
                let now = app.now();
                let mut tx = app.catalog.write().await?;
                let row = tx.source(source.id).await?;
                if row.hold.is_none() {
                    return Err(Said(bilingual!(
                        "{} is not held: there is nothing to confirm.",
                        "{} n’est pas retenue : il n’y a rien à confirmer.",
                        source.name
                    ))
                    .into());
                }
                tx.release_hold(source.id).await?;
                tx.log(
                    app.ids.as_ref(),
                    now,
                    NewEvent {
                        kind: "source.deletions_confirmed",
                        subject_kind: "source",
                        subject_id: source.id.to_string(),
                        actor: by.unwrap_or_else(setup::person),
                        body: json!({"hold": row.hold}),
                    },
                )
                .await?;
                tx.enqueue(
                    app.ids.as_ref(),
                    now,
                    NewWork::now(
                        WorkKind::Scan,
                        source.id,
                        Lane::Source(source.name.clone()),
                        now,
                    ),
                )
                .await?;
                tx.commit().await?;
                out.value(&json!({"confirmed": source.name}))?;
                out.say(&bilingual!(
                    "Confirmed. The next complete scan of {} counts what is missing as gone.",
                    "Confirmé. Le prochain balayage complet de {} comptera ce qui manque comme supprimé.",
                    source.name
                ));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn find<'a>(app: &'a App, name: &str) -> Result<&'a SourceSetup, Said> {
    app.sources.get(name).ok_or_else(|| {
        Said(bilingual!(
            "There is no source {name}. There are: {}.",
            "Il n’y a pas de source {name}. Il y a : {}.",
            app.sources.keys().cloned().collect::<Vec<_>>().join(", ")
        ))
    })
}
