//! `rideau transfer`: handing records of enduring value over to the archives.

use std::{path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Out, output::short, review::find_one};
use crate::{
    app::App,
    bilingual,
    catalog::ReleaseFilter,
    domain::{Bilingual, TransferState, Verdict},
    setup, steps,
};

/// Transfers.
#[derive(Debug, Subcommand)]
pub(super) enum Transfers {
    /// List transfers.
    List,
    /// Work out what each bag would hold, and what stands in the way. Builds nothing.
    Plan {
        /// Only these: release ids, their beginnings or ends, or items' paths. Without any: all sources of enduring value.
        releases: Vec<String>,
    },
    /// Approve exactly what was planned.
    Approve(Decide),
    /// Refuse exactly what was planned.
    Refuse(Decide),
    /// Build the bags that are approved.
    Build {
        /// Only these.
        releases: Vec<String>,
    },
}

/// A decision about a transfer.
#[derive(Debug, Args)]
pub(super) struct Decide {
    /// Release id, its beginning or end, or an item's path.
    release: String,
    /// Why: kept in the log.
    #[arg(long)]
    reason: String,
    /// Your name. Without it, the account's.
    #[arg(long)]
    by: Option<String>,
}

impl Transfers {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List => list(&app, out).await?,
            Self::Plan { releases } => {
                for id in wanted(&app, &releases).await? {
                    steps::plan_transfer(&app, id).await?;
                }
                list(&app, out).await?;
            }
            Self::Approve(decide) => decide.record(&app, out, Verdict::Approve).await?,
            Self::Refuse(decide) => decide.record(&app, out, Verdict::Refuse).await?,
            Self::Build { releases } => {
                let mut built = 0_u64;
                for id in wanted(&app, &releases).await? {
                    built += u64::from(steps::build_transfer(&app, id).await?);
                }
                if !out.json {
                    out.say(&bilingual!(
                        "{built} bags built.",
                        "{built} sacs constitués."
                    ));
                }
                list(&app, out).await?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Decide {
    async fn record(self, app: &App, out: &Out, verdict: Verdict) -> anyhow::Result<()> {
        let release = find_one(app, &self.release).await?;
        let person = self.by.unwrap_or_else(setup::person);
        let transfer =
            steps::decide_transfer(app, release.id, verdict, &person, &self.reason).await?;
        out.value(&transfer)?;
        out.say(&bilingual!(
            "{}: {} by {person}.",
            "{} : {} par {person}.",
            transfer.bag,
            transfer.state.words().get(out.lang)
        ));
        Ok(())
    }
}

async fn wanted(app: &App, typed: &[String]) -> anyhow::Result<Vec<crate::domain::ReleaseId>> {
    let mut ids = Vec::new();
    for one in typed {
        ids.push(find_one(app, one).await?.id);
    }
    if typed.is_empty() {
        let releases = app
            .catalog
            .read()
            .await?
            .releases(&ReleaseFilter::default())
            .await?;
        ids.extend(
            releases
                .iter()
                .filter(|release| {
                    app.source(release.source_id)
                        .is_some_and(|source| source.enduring)
                })
                .map(|release| release.id),
        );
    }
    Ok(ids)
}

async fn list(app: &App, out: &Out) -> anyhow::Result<()> {
    let transfers = app.catalog.read().await?.transfers().await?;
    out.value(&json!(transfers))?;
    out.table(
        &[
            Bilingual::new("bag", "sac"),
            Bilingual::new("state", "état"),
            Bilingual::new("why", "pourquoi"),
            Bilingual::new("release", "publication"),
        ],
        transfers
            .iter()
            .map(|transfer| {
                let why: Vec<Bilingual> =
                    serde_json::from_value(transfer.body["reasons"].clone()).unwrap_or_default();
                vec![
                    if transfer.state == TransferState::Built {
                        app.transfer
                            .folder
                            .join(&transfer.bag)
                            .display()
                            .to_string()
                    } else {
                        transfer.bag.clone()
                    },
                    out.get(&transfer.state.words()).to_owned(),
                    why.first()
                        .map(|reason| out.get(reason).to_owned())
                        .unwrap_or_default(),
                    short(transfer.release),
                ]
            })
            .collect(),
    );
    Ok(())
}
