//! `rideau sources`: the watched places.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::{Out, output::Said};
use crate::{
    app::{App, SourceSetup},
    bilingual,
    catalog::{Lane, NewEvent, NewWork, SourceRow, WorkKind},
    domain::{Bilingual, ItemState, SourceId},
    setup,
};

/// Sources.
#[derive(Debug, Subcommand)]
pub(super) enum Sources {
    /// List the configured sources: how far they are and how their last scan went.
    List,
    /// Have a source scanned by the running daemon, now.
    Scan {
        /// Its name.
        source: String,
    },
    /// Try the real thing: log in, list, read one record.
    Test {
        /// Its name; all without it.
        source: Option<String>,
    },
    /// Show what a source is like: version, modules, clearances, categories with a proposed mapping to record fields.
    Describe {
        /// Its name.
        source: String,
    },
    /// What is remembered of a source between scans.
    State {
        #[command(subcommand)]
        what: State,
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

/// What is remembered of a source.
#[derive(Debug, Subcommand)]
pub(super) enum State {
    /// Show it: scans, cursor, folders, items by state.
    Show {
        /// The source's name.
        source: String,
    },
    /// Forget it: the next scan starts from nothing. Items, decisions and what is public stay as they are.
    Reset {
        /// The source's name.
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
            Self::List => list(&app, out).await?,
            Self::Test { source } => return test(&app, out, source.as_deref()).await,
            Self::Describe { source } => describe(out, find(&app, &source)?).await?,
            Self::State {
                what: State::Show { source },
            } => show_state(&app, out, find(&app, &source)?).await?,
            Self::State {
                what: State::Reset { source, by },
            } => reset_state(&app, out, find(&app, &source)?, by).await?,
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

/// The configured sources, how far they are and how their last scan went.
async fn list(app: &App, out: &Out) -> anyhow::Result<()> {
    let mut tx = app.catalog.read().await?;
    let known = tx.sources().await?;
    let counts = tx.item_counts().await?;
    let rows: Vec<(&SourceSetup, Option<&SourceRow>, Progress)> = app
        .sources
        .values()
        .map(|source| {
            let row = known.iter().find(|row| row.id == source.id);
            (source, row, Progress::of(source.id, &counts))
        })
        .collect();
    let values: Vec<_> = rows
        .iter()
        .map(|(source, row, progress)| {
            json!({
                "id": source.id, "name": source.name, "kind": source.connector.kind(), "progress": progress,
                "scan_state": row.map(|row| &row.scan_state),
                "last_complete_at": row.and_then(|row| row.last_complete_at),
                "last_attempt_at": row.and_then(|row| row.last_attempt_at),
                "last_error": row.and_then(|row| row.last_error.clone()),
                "hold": row.and_then(|row| row.hold.clone()),
                "under_way": row.is_some_and(|row| row.scan_cursor.is_some()),
            })
        })
        .collect();
    out.value(&values)?;
    out.table(
        &[
            Bilingual::same("source"),
            Bilingual::new("kind", "sorte"),
            Bilingual::new("last complete scan", "dernier balayage complet"),
            Bilingual::new("found", "trouvés"),
            Bilingual::new("fetched", "copiés"),
            Bilingual::new("remaining", "restants"),
            Bilingual::new("trouble", "ennui"),
        ],
        rows.iter()
            .map(|(source, row, progress)| {
                vec![
                    source.name.clone(),
                    source.connector.kind().to_owned(),
                    row.and_then(|row| row.last_complete_at)
                        .map(|at| at.format("%Y-%m-%d %H:%M:%SZ").to_string())
                        .unwrap_or_default(),
                    progress.found.to_string(),
                    progress.fetched.to_string(),
                    progress.remaining.to_string(),
                    trouble(out, source, *row),
                ]
            })
            .collect(),
    );
    Ok(())
}

fn trouble(out: &Out, source: &SourceSetup, row: Option<&SourceRow>) -> String {
    let mut words: Vec<String> = Vec::new();
    if let Some(error) = row.and_then(|row| row.last_error.as_ref()) {
        words.push(out.get(error).to_owned());
    }
    if let Some(hold) = row.and_then(|row| row.hold.as_ref()) {
        words.push(
            out.get(&bilingual!(
                "HELD: {hold}. If it is really gone: `rideau sources confirm-deletions {}`.",
                "RETENUE : {hold}. Si c’est vraiment supprimé : `rideau sources confirm-deletions {}`.",
                source.name
            ))
            .to_owned(),
        );
    }
    words.join("\n")
}

/// How far a source's items are.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Progress {
    /// In the source as far as is known.
    found: u64,
    /// Of these, with their newest content copied.
    fetched: u64,
    /// Of these, still on their way to that.
    remaining: u64,
}

impl Progress {
    fn of(source: SourceId, counts: &[(SourceId, ItemState, u64)]) -> Self {
        let mut progress = Self::default();
        for (_, state, n) in counts.iter().filter(|(id, ..)| *id == source) {
            match state {
                ItemState::Gone => {}
                ItemState::Settling | ItemState::Deferred | ItemState::Processing => {
                    progress.found += n;
                    progress.remaining += n;
                }
                _ => {
                    progress.found += n;
                    progress.fetched += n;
                }
            }
        }
        progress
    }
}

async fn test(app: &App, out: &Out, name: Option<&str>) -> anyhow::Result<ExitCode> {
    let sources: Vec<&SourceSetup> = match name {
        Some(name) => vec![find(app, name)?],
        None => app.sources.values().collect(),
    };
    let (mut values, mut rows, mut well) = (Vec::new(), Vec::new(), true);
    for source in sources {
        for line in source.connector.check().await {
            well &= line.ok;
            rows.push(vec![
                source.name.clone(),
                line.what.to_owned(),
                out.get(&if line.ok {
                    Bilingual::new("works", "fonctionne")
                } else {
                    Bilingual::new("FAILS", "ÉCHOUE")
                })
                .to_owned(),
                out.get(&line.detail).to_owned(),
            ]);
            values.push(json!({"source": source.name, "what": line.what, "ok": line.ok, "detail": line.detail}));
        }
    }
    out.value(&values)?;
    out.table(
        &[
            Bilingual::same("source"),
            Bilingual::new("what", "quoi"),
            Bilingual::new("result", "résultat"),
            Bilingual::new("detail", "détail"),
        ],
        rows,
    );
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn describe(out: &Out, source: &SourceSetup) -> anyhow::Result<()> {
    let description = source
        .connector
        .describe()
        .await
        .map_err(|error| Said(error.message))?;
    out.value(&description)?;
    out.table(
        &[Bilingual::same("source"), Bilingual::same(&source.name)],
        std::iter::once((
            Bilingual::new("kind", "sorte"),
            source.connector.kind().to_owned(),
        ))
        .chain(description.lines.iter().cloned())
        .map(|(what, value)| vec![out.get(&what).to_owned(), value])
        .collect(),
    );
    if !description.clearances.is_empty() {
        out.table(
            &[
                Bilingual::new("clearance", "cote"),
                Bilingual::new("its name", "son nom"),
                Bilingual::new("level of rideau", "niveau de rideau"),
            ],
            description
                .clearances
                .iter()
                .map(|(number, name, level)| {
                    vec![
                        number.clone(),
                        name.clone(),
                        level.clone().unwrap_or_default(),
                    ]
                })
                .collect(),
        );
    }
    if description.categories.is_empty() {
        out.say(&Bilingual::new(
            "It has no categories to map.",
            "Elle n’a pas de catégories à faire correspondre.",
        ));
        return Ok(());
    }
    out.table(
        &[
            Bilingual::new("category", "catégorie"),
            Bilingual::new("attribute", "attribut"),
            Bilingual::new("key", "clé"),
            Bilingual::new("type", "type"),
            Bilingual::new("proposed field", "champ proposé"),
        ],
        description
            .categories
            .iter()
            .flat_map(|category| {
                category.attributes.iter().map(move |attribute| {
                    vec![
                        format!("{} ({})", category.name, category.id),
                        attribute.name.clone(),
                        attribute.key.clone(),
                        attribute.type_name.clone(),
                        attribute.proposal.clone().unwrap_or_default(),
                    ]
                })
            })
            .collect(),
    );
    out.say(&Bilingual::new(
        "Proposed lines for this source in the configuration; check each before use:",
        "Lignes proposées pour cette source dans la configuration ; vérifiez chacune avant usage :",
    ));
    let mut lines = String::new();
    for attribute in description
        .categories
        .iter()
        .flat_map(|category| &category.attributes)
    {
        if let Some(field) = &attribute.proposal {
            let pointer = &attribute.pointer;
            writeln!(lines, "mapping.{field} = \"{pointer}\"")?;
        }
    }
    out.say(&Bilingual::same(lines.trim_end()));
    Ok(())
}

async fn show_state(app: &App, out: &Out, source: &SourceSetup) -> anyhow::Result<()> {
    let mut tx = app.catalog.read().await?;
    let row = tx
        .sources()
        .await?
        .into_iter()
        .find(|row| row.id == source.id);
    let Some(row) = row else {
        return Err(Said(bilingual!(
            "{} was never scanned. `rideau sources scan {}` has it scanned by the running daemon.",
            "{} n’a jamais été balayée. `rideau sources scan {}` la fait balayer par le service en marche.",
            source.name,
            source.name
        ))
        .into());
    };
    let marks = tx.folder_marks(source.id).await?;
    let quiet = marks.values().filter(|mark| mark.quiet).count();
    let counts = tx.item_counts().await?;
    let items: Vec<_> = counts.iter().filter(|(id, ..)| *id == source.id).collect();
    out.value(&json!({
        "source": row, "folders": marks.len(), "quiet_folders": quiet,
        "items": items.iter().map(|(_, state, n)| json!({"state": state, "number": n})).collect::<Vec<_>>(),
    }))?;
    let mut lines = vec![
        (
            Bilingual::new("scans begun", "balayages commencés"),
            row.scan_generation.to_string(),
        ),
        (
            Bilingual::new("last complete scan", "dernier balayage complet"),
            row.last_complete_at
                .map(|at| at.to_rfc3339())
                .unwrap_or_default(),
        ),
        (
            Bilingual::new("goes on from", "reprend à"),
            row.scan_cursor
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ),
        (
            Bilingual::new("remembered by the connector", "retenu par le connecteur"),
            row.scan_state.to_string(),
        ),
        (
            Bilingual::new("folders", "dossiers"),
            marks.len().to_string(),
        ),
        (
            Bilingual::new("of these, nothing to look at", "dont rien à examiner"),
            quiet.to_string(),
        ),
    ];
    for (_, state, n) in items {
        lines.push((state.words(), n.to_string()));
    }
    out.table(
        &[
            Bilingual::new("what", "quoi"),
            Bilingual::new("value", "valeur"),
        ],
        lines
            .into_iter()
            .map(|(what, value)| vec![out.get(&what).to_owned(), value])
            .collect(),
    );
    Ok(())
}

async fn reset_state(
    app: &App,
    out: &Out,
    source: &SourceSetup,
    by: Option<String>,
) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    tx.reset_scan_state(source.id).await?;
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind: "source.state_reset",
            subject_kind: "source",
            subject_id: source.id.to_string(),
            actor: by.unwrap_or_else(setup::person),
            body: json!({}),
        },
    )
    .await?;
    tx.commit().await?;
    out.value(&json!({"reset": source.name}))?;
    out.say(&bilingual!(
        "Done. The next scan of {} starts from nothing; what is known of its items stays.",
        "Fait. Le prochain balayage de {} part de rien ; ce qui est connu de ses éléments reste.",
        source.name
    ));
    Ok(())
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
