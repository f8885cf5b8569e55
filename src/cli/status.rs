//! `rideau status`: how things stand, on one page.

use std::{path::Path, process::ExitCode};

use serde_json::json;

use super::Out;
use crate::{
    bilingual,
    catalog::{Catalog, CatalogError, ReleaseFilter},
    domain::Bilingual,
    setup,
};

pub(super) async fn run(config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
    let app = setup::open(config, out).await?;
    // The lock is free exactly when no daemon runs here; taking it for a moment asks that.
    let running = matches!(
        Catalog::lock(&app.location),
        Err(CatalogError::Taken { .. })
    );
    let mut tx = app.catalog.read().await?;
    let sources = tx.sources().await?;
    let counts = tx.item_counts().await?;
    let queue = tx.queue_figures(app.now()).await?;
    let aside = tx.quarantined().await?;
    let releases = tx.releases(&ReleaseFilter::default()).await?;
    let mut by_state = std::collections::BTreeMap::new();
    for release in &releases {
        *by_state.entry(release.state).or_insert(0_u64) += 1;
    }
    out.value(&json!({
        "daemon": running, "sources": sources, "items": counts, "queue": queue, "set_aside": aside, "releases": by_state,
    }))?;
    out.say(&if running {
        Bilingual::new(
            "A daemon is at work on this catalog.",
            "Un service travaille sur ce catalogue.",
        )
    } else {
        Bilingual::new(
            "No daemon is at work on this machine's catalog.",
            "Aucun service ne travaille sur le catalogue de cette machine.",
        )
    });
    out.table(
        &[
            Bilingual::same("source"),
            Bilingual::new("last complete scan", "dernier balayage complet"),
            Bilingual::new("items", "éléments"),
            Bilingual::new("trouble", "ennui"),
        ],
        sources
            .iter()
            .map(|source| {
                let items = counts
                    .iter()
                    .filter(|(id, _, _)| *id == source.id)
                    .map(|(_, state, n)| format!("{n} {}", out.get(&state.words())))
                    .collect::<Vec<_>>()
                    .join("\n");
                let mut trouble = source
                    .last_error
                    .as_ref()
                    .map(|error| out.get(error).to_owned())
                    .unwrap_or_default();
                if let Some(hold) = &source.hold {
                    trouble.push_str(out.get(&bilingual!(
                        "HELD: much is missing at once ({hold}). Is it really gone? Then `rideau sources confirm-deletions {}`.",
                        "RETENU : beaucoup manque d’un coup ({hold}). Est-ce vraiment supprimé? Alors `rideau sources confirm-deletions {}`.",
                        source.name
                    )));
                }
                vec![
                    source.name.clone(),
                    source
                        .last_complete_at
                        .map(|at| at.format("%Y-%m-%d %H:%M:%SZ").to_string())
                        .unwrap_or_default(),
                    items,
                    trouble,
                ]
            })
            .collect(),
    );
    out.table(
        &[
            Bilingual::new("releases", "publications"),
            Bilingual::new("number", "nombre"),
        ],
        by_state
            .iter()
            .map(|(state, n)| vec![out.get(&state.words()).to_owned(), n.to_string()])
            .collect(),
    );
    for (kind, state, n) in &queue.counts {
        out.text(&format!("  {kind} {state}: {n}"));
    }
    for work in &aside {
        out.text(&format!(
            "  ! {} {}: {}",
            work.kind.as_str(),
            work.subject,
            work.last_error
                .as_ref()
                .map(|error| out.get(error).to_owned())
                .unwrap_or_default()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
