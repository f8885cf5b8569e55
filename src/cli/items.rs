//! `rideau items`: what was seen in the sources.

use std::{path::Path, process::ExitCode};

use clap::Subcommand;
use serde_json::json;

use super::{
    Out,
    output::{Said, short, size},
};
use crate::{
    bilingual,
    catalog::{FactSubject, Item, ItemFilter, NewEvent},
    domain::{Bilingual, ItemState},
    setup,
};

/// Items: list, show, retry.
#[derive(Debug, Subcommand)]
pub(super) enum Items {
    /// List items.
    List {
        /// Only this state, such as review, published, quarantined; may be repeated.
        #[arg(long)]
        state: Vec<String>,
        /// Only this source.
        #[arg(long)]
        source: Option<String>,
    },
    /// Show one item: versions, renditions, facts, findings.
    Show {
        /// Id, its beginning or end, path or name.
        item: String,
    },
    /// Try again what was set aside.
    Retry {
        /// Ids, paths or names; all that was set aside when none is given.
        items: Vec<String>,
    },
}

impl Items {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List { state, source } => {
                let mut filter = ItemFilter::default();
                for name in state {
                    filter
                        .states
                        .push(name.parse::<ItemState>().map_err(|name| {
                            let known: Vec<&str> =
                                ItemState::ALL.iter().map(|s| s.as_str()).collect();
                            Said(bilingual!(
                                "There is no state {name}. There are: {}.",
                                "L’état {name} n’existe pas. Il y a : {}.",
                                known.join(", ")
                            ))
                        })?);
                }
                filter.source = source.map(|name| crate::record::source_id(&name));
                let items = app.catalog.read().await?.items(&filter).await?;
                out.value(&items)?;
                table(out, &items);
            }
            Self::Show { item } => {
                let item = find_one(&app, &item).await?;
                show(&app, out, &item).await?;
            }
            Self::Retry { items } => {
                let mut tx = app.catalog.write().await?;
                let aside = tx.quarantined().await?;
                let mut subjects = Vec::new();
                if items.is_empty() {
                    subjects.extend(aside.iter().map(|work| work.subject.clone()));
                }
                for typed in &items {
                    subjects.push(typed.clone());
                    for item in tx.find_items(typed).await? {
                        subjects.push(item.id.to_string());
                        subjects.extend(item.current_version.map(|id| id.to_string()));
                        let release = crate::record::release_id(item.source_id, &item.group_key);
                        subjects.push(release.to_string());
                        subjects.extend(
                            aside
                                .iter()
                                .filter(|work| work.subject.starts_with(&format!("{release}@")))
                                .map(|work| work.subject.clone()),
                        );
                    }
                }
                let touched = tx.retry(&subjects, app.now()).await?;
                if touched > 0 {
                    tx.log(
                        app.ids.as_ref(),
                        app.now(),
                        NewEvent {
                            kind: "work.retried",
                            subject_kind: "run",
                            subject_id: "retry".to_owned(),
                            actor: setup::person(),
                            body: json!({"pieces": touched}),
                        },
                    )
                    .await?;
                }
                tx.commit().await?;
                out.value(&json!({"retried": touched}))?;
                out.say(&bilingual!(
                    "{touched} pieces of work are queued again.",
                    "{touched} travaux sont de nouveau en file."
                ));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The one item that a person means.
pub(super) async fn find_one(app: &crate::app::App, typed: &str) -> anyhow::Result<Item> {
    let mut found = app.catalog.read().await?.find_items(typed).await?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Said(bilingual!(
            "No item has the id, path or name {typed}. `rideau items list` shows all.",
            "Aucun élément n’a l’identifiant, le chemin ou le nom {typed}. `rideau items list` les montre tous."
        ))
        .into()),
        n => {
            let paths: Vec<&str> = found.iter().take(5).map(|item| item.path.as_str()).collect();
            Err(Said(bilingual!(
                "{typed} could mean {n} items: {} … Give the path or more of the id.",
                "{typed} peut désigner {n} éléments : {} … Donnez le chemin ou une plus grande partie de l’identifiant.",
                paths.join("; ")
            ))
            .into())
        }
    }
}

fn table(out: &Out, items: &[Item]) {
    out.table(
        &[
            Bilingual::new("item", "élément"),
            Bilingual::new("state", "état"),
            Bilingual::new("why", "pourquoi"),
            Bilingual::same("id"),
        ],
        items
            .iter()
            .map(|item| {
                let why = item
                    .reasons
                    .first()
                    .map(|reason| out.get(reason).to_owned())
                    .unwrap_or_default();
                vec![
                    item.path.clone(),
                    out.get(&item.state.words()).to_owned(),
                    why,
                    short(item.id),
                ]
            })
            .collect(),
    );
}

async fn show(app: &crate::app::App, out: &Out, item: &Item) -> anyhow::Result<()> {
    let mut tx = app.catalog.read().await?;
    let mut versions = Vec::new();
    out.text(&format!("{}\n  {}", item.path, item.id));
    out.say(&bilingual!(
        "  state: {}",
        "  état : {}",
        item.state.words().get(out.lang)
    ));
    for reason in &item.reasons {
        out.text(&format!("    – {}", out.get(reason)));
    }
    for version in tx.versions_of(item.id).await? {
        let renditions = tx.renditions(version.id).await?;
        let facts = tx
            .facts(version.id, FactSubject::Original)
            .await?
            .unwrap_or_default();
        let findings = tx.findings(version.id, None).await?;
        let treatments = tx.treatments(version.id).await?;
        let format = version
            .format
            .as_ref()
            .map_or("?", |format| format.name.as_str());
        out.say(&bilingual!(
            "  version {}: {format}, {}, sha256 {}, {}",
            "  version {} : {format}, {}, sha256 {}, {}",
            version.seq,
            size(version.size_bytes, out.lang),
            version.sha256,
            version.stage.words().get(out.lang)
        ));
        for rendition in &renditions {
            out.text(&format!(
                "    → {} ({})",
                rendition.file.name,
                size(rendition.size_bytes, out.lang)
            ));
        }
        for warning in &version.warnings {
            out.text(&format!(
                "    ! {} [{}]",
                out.get(&warning.message),
                warning.place.at
            ));
        }
        for treatment in &treatments {
            out.text(&format!(
                "    ✂ {} {}",
                treatment.kind.as_str(),
                treatment.detail
            ));
        }
        for fact in facts.iter().take(50) {
            out.text(&format!(
                "    · {} @ {} ({} %, {})",
                fact.masked, fact.place.at, fact.confidence, fact.detector
            ));
        }
        if facts.len() > 50 {
            out.say(&bilingual!(
                "    … {} more facts",
                "    … {} autres faits",
                facts.len() - 50
            ));
        }
        for stored in &findings {
            let mark = if stored.stands { "■" } else { "□" };
            let finding = &stored.finding;
            out.text(&format!(
                "    {mark} [{}] {} – {} ({} {}; {})",
                finding.set.as_str(),
                finding.effect.as_str(),
                out.get(&finding.text),
                finding.basis.act,
                finding.basis.section,
                finding.rule
            ));
        }
        versions.push(json!({
            "version": version, "renditions": renditions, "facts": facts, "findings": findings, "treatments": treatments,
        }));
    }
    out.value(&json!({"item": item, "versions": versions}))?;
    Ok(())
}
