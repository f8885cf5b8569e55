//! `rideau rules`: what the rules say, about one item, over time, and if they were others.

use std::{path::Path, process::ExitCode};

use chrono::NaiveDate;
use clap::Subcommand;

use super::Out;
use crate::{app::App, domain::Bilingual, setup};

/// The rules at work.
#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// List which restrictions lapse when. Items are judged again on that day by themselves.
    Due {
        /// Only up to this day, such as 2030-12-31.
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
}

impl Rules {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::Due { until } => due(&app, out, until).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn due(app: &App, out: &Out, until: Option<NaiveDate>) -> anyhow::Result<()> {
    // Days sort as text with four digits of the year; no restriction runs longer.
    let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
    let until = until.unwrap_or(last).min(last);
    let openings = app.catalog.read().await?.openings(until).await?;
    out.value(&openings)?;
    out.table(
        &[
            Bilingual::new("opens on", "s’ouvre le"),
            Bilingual::new("item", "élément"),
            Bilingual::new("question", "question"),
            Bilingual::new("until then", "d’ici là"),
            Bilingual::new("rule", "règle"),
        ],
        openings
            .iter()
            .map(|opening| {
                let lifted = Bilingual::new(" (lifted already)", " (déjà levé)");
                vec![
                    opening.opening_date.to_string(),
                    opening.path.clone(),
                    opening.set.as_str().to_owned(),
                    format!(
                        "{}{}",
                        opening.effect.as_str(),
                        if opening.stands { "" } else { out.get(&lifted) }
                    ),
                    opening.rule.clone(),
                ]
            })
            .collect(),
    );
    Ok(())
}
