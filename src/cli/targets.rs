//! `rideau targets`: the places where releases become public.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::{
    Out, doctor,
    output::{Said, instant},
};
use crate::{
    app::{App, TargetSetup},
    bilingual,
    domain::{Bilingual, PublicationState},
    setup,
};

/// Targets.
#[derive(Debug, Subcommand)]
pub(super) enum Targets {
    /// List the configured targets: what is public there, what is on its way, and when they next take something.
    List,
    /// Try the real things: can it be reached, who am I there, may I create. Exit code 1 when anything fails.
    Test {
        /// The target; all of them when not given.
        target: Option<String>,
    },
}

impl Targets {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List => {
                list(&app, out).await?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Test { target } => test(&app, out, target.as_deref()).await,
        }
    }
}

async fn list(app: &App, out: &Out) -> anyhow::Result<()> {
    let published = app.catalog.read().await?.all_published().await?;
    let mut shown = Vec::new();
    let mut rows = Vec::new();
    for target in app.targets.values() {
        let count = |states: &[PublicationState]| {
            published
                .iter()
                .filter(|p| p.target == target.name && states.contains(&p.state))
                .count()
        };
        let public = count(&[PublicationState::Published]);
        let waiting = count(&[PublicationState::Sent, PublicationState::Withdrawing]);
        let withdrawn = count(&[PublicationState::Withdrawn]);
        let last = published
            .iter()
            .filter(|p| p.target == target.name)
            .map(|p| p.at)
            .max();
        let closed = target
            .window
            .as_ref()
            .and_then(|window| window.closed_until(app.now()));
        let opens = match &closed {
            None => Bilingual::new("now", "maintenant"),
            Some(Some(at)) => Bilingual::same(instant(*at)),
            Some(None) => Bilingual::new("never again", "plus jamais"),
        };
        rows.push(vec![
            target.name.clone(),
            target.connector.kind().to_owned(),
            public.to_string(),
            waiting.to_string(),
            withdrawn.to_string(),
            last.map(instant).unwrap_or_default(),
            out.get(&opens).to_owned(),
        ]);
        shown.push(json!({
            "name": target.name, "kind": target.connector.kind(), "published": public, "waiting": waiting,
            "withdrawn": withdrawn, "last_change": last, "open": closed.is_none(), "opens": closed.flatten(),
        }));
    }
    out.value(&shown)?;
    out.table(
        &[
            Bilingual::new("target", "cible"),
            Bilingual::new("kind", "sorte"),
            Bilingual::new("public", "publiées"),
            Bilingual::new("on the way", "en route"),
            Bilingual::new("withdrawn", "retirées"),
            Bilingual::new("last change", "dernier changement"),
            Bilingual::new("takes something", "accepte"),
        ],
        rows,
    );
    Ok(())
}

async fn test(app: &App, out: &Out, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let mut report = Vec::new();
    for target in chosen(app, name)? {
        report.push((
            format!("target {}", target.name),
            doctor::try_target(target).await,
        ));
    }
    doctor::tell(out, &report)
}

/// The target that a person named, or all of them.
pub(super) fn chosen<'a>(app: &'a App, name: Option<&str>) -> Result<Vec<&'a TargetSetup>, Said> {
    let found: Vec<&TargetSetup> = app
        .targets
        .values()
        .filter(|target| name.is_none_or(|name| name == target.name))
        .collect();
    if let (true, Some(name)) = (found.is_empty(), name) {
        return Err(Said(bilingual!(
            "There is no target {name}. There are: {}.",
            "Il n’y a pas de cible {name}. Il y a : {}.",
            app.targets.keys().cloned().collect::<Vec<_>>().join(", ")
        )));
    }
    Ok(found)
}
