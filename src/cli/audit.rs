//! `rideau audit`: the log of everything that happened.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::{Out, items, review};
use crate::{bilingual, setup};

/// The audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Prove that no entry was changed, removed or put in. Exit code 1 when one was.
    Verify,
    /// Tell the whole life of an item or a release.
    Show {
        /// Item or release: id, its beginning or end, or an item's path.
        subject: String,
    },
}

impl Audit {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        let mut tx = app.catalog.read().await?;
        match self {
            Self::Verify => match tx.verify_chain().await? {
                Ok(entries) => {
                    out.value(&json!({"whole": true, "entries": entries}))?;
                    out.say(&bilingual!(
                        "The log is whole: {entries} entries.",
                        "Le journal est intact : {entries} entrées."
                    ));
                    Ok(ExitCode::SUCCESS)
                }
                Err(fault) => {
                    out.value(&json!({"whole": false, "fault": fault}))?;
                    let id = fault.id.map(|id| format!(" ({id})")).unwrap_or_default();
                    out.say(&bilingual!(
                        "The log is NOT whole: entry {}{id} is {}. Everything after it is unproven. Keep the database as it is and tell the security officer.",
                        "Le journal N’EST PAS intact : l’entrée {}{id} est « {} ». Rien de ce qui suit n’est prouvé. Gardez la base de données telle quelle et prévenez l’agent de sécurité.",
                        fault.seq,
                        fault.what
                    ));
                    Ok(ExitCode::from(1))
                }
            },
            Self::Show { subject } => {
                let mut subjects = vec![subject.clone()];
                if let Ok(item) = items::find_one(&app, &subject).await {
                    subjects.push(item.id.to_string());
                    for version in tx.versions_of(item.id).await? {
                        subjects.push(version.id.to_string());
                    }
                    subjects.push(
                        crate::record::release_id(item.source_id, &item.group_key).to_string(),
                    );
                } else if let Ok(release) = review::find_one(&app, &subject).await {
                    subjects.push(release.id.to_string());
                }
                let events = tx.events_about(&subjects).await?;
                out.value(&events)?;
                for event in &events {
                    out.text(&format!(
                        "{:>6}  {}  {:<20} {:<10} {}",
                        event.seq, event.at, event.kind, event.actor, event.body
                    ));
                }
                if events.is_empty() {
                    out.say(&bilingual!(
                        "The log says nothing about {subject}.",
                        "Le journal ne dit rien de {subject}."
                    ));
                    return Ok(ExitCode::from(1));
                }
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
