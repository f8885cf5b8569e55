//! `rideau demo`: the whole way on the sample drive, with embedded defaults, in a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::Args;
use serde_json::json;

use super::{Out, Said};
use crate::{
    app::App,
    bilingual,
    catalog::{Catalog, ItemFilter},
    config::Settings,
    domain::{Bilingual, ItemState, PublicationState, TransferState},
    engine::{self, Mode, Stop},
    setup, telemetry,
};

/// Show the whole way on the sample drive.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The sample drive: any folder will do.
    #[arg(long, default_value = "samples/drive")]
    samples: PathBuf,
    /// What the samples lie on: a shared drive, or a Content Server, which is simulated on this machine (needs the feature
    /// `simulator`).
    #[arg(long, value_enum, default_value_t = DemoSource::Drive)]
    source: DemoSource,
    /// Where everything is kept. A second run in the same folder goes on from there.
    #[arg(long, default_value = "rideau-demo")]
    folder: PathBuf,
}

/// What the samples lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum DemoSource {
    /// A shared drive.
    Drive,
    /// A simulated Content Server.
    ContentServer,
}

fn quoted(path: &Path) -> String {
    toml::Value::from(path.to_string_lossy().into_owned()).to_string()
}

/// The lines of the source that say where it is.
fn on_drive(samples: &Path) -> String {
    format!(
        "name = \"sample-drive\"\nkind = \"drive\"\npath = {}\nclearance = \"none\"",
        quoted(samples)
    )
}

/// What a department would configure; see `config/rideau.toml` for all of it with comments.
fn configuration(source: &str, folder: &Path) -> String {
    let text = quoted;
    format!(
        r#"
[department]
organization = "cic"
name.en = "Immigration, Refugees and Citizenship Canada"
name.fr = "Immigration, Réfugiés et Citoyenneté Canada"

[data]
folder = {data}

[log]
level = "warn"

[web]
listen = ""

[[sources]]
{source}
group_by = "pair"
settle_seconds = 0
targets = ["catalogue"]
enduring = true

[[targets]]
name = "catalogue"
kind = "catalogue"
path = {catalogue}
title.en = "Open data catalogue (demonstration)"
title.fr = "Catalogue de données ouvertes (démonstration)"

[rules]
files = []
[rules.labels]
"6e6f7465-0000-4000-8000-00000000000a" = "protected_a"

[policy]
new_releases = "automatic"
updates = "review"
withdrawals = "review"
transfers = "automatic"

[transfer]
folder = {transfer}
"#,
        data = text(&folder.join("data")),
        catalogue = text(&folder.join("catalogue")),
        transfer = text(&folder.join("transfer")),
    )
}

impl Demo {
    pub(super) async fn run(self, out: &Out) -> anyhow::Result<ExitCode> {
        if !self.samples.is_dir() {
            return Err(Said(bilingual!(
                "There is no folder {}. Run this where rideau's samples/ are, or name any folder with --samples.",
                "Le dossier {} n’existe pas. Lancez cette commande là où se trouve samples/, ou nommez un dossier avec --samples.",
                self.samples.display()
            ))
            .into());
        }
        std::fs::create_dir_all(&self.folder)?;
        let samples = self.samples.canonicalize()?;
        let folder = self.folder.canonicalize()?;
        // Lives as long as the demo.
        let server = match self.source {
            DemoSource::Drive => None,
            DemoSource::ContentServer => Some(simulated(&samples, &folder).await?),
        };
        let source = server
            .as_ref()
            .map_or_else(|| on_drive(&samples), |server| server.lines.clone());
        let text = configuration(&source, &folder);
        let loaded = Settings::from_toml_str(&text, Path::new("(demo)"), &folder, &setup::kinds())
            .map_err(|problems| anyhow::anyhow!("{}", setup::rendered(&problems, out)))?;
        telemetry::init(&loaded.settings.log)?;
        let app = Arc::new(setup::build_with(&loaded.settings, setup::built_in_rules()?).await?);
        let _lock = Catalog::lock(&app.location)?;
        setup::empty_scratch(&app)?;
        // So that the other commands can be tried on what the demo leaves.
        write_configuration(&folder, &text)?;
        out.say(&bilingual!(
            "Source: {}   Everything else: {}",
            "Source : {}   Tout le reste : {}",
            samples.display(),
            folder.display()
        ));
        let events_before = app.catalog.read().await?.verify_chain().await?.unwrap_or(0);
        let summary = engine::run(
            Arc::clone(&app),
            Mode::Once {
                patience_seconds: 60,
            },
            Stop::default(),
        )
        .await?;
        show(&app, out, &folder, &summary, events_before).await?;
        app.catalog.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// A Content Server with the samples in it.
struct Simulated {
    /// The lines of the source that say where it is.
    lines: String,
    #[cfg(feature = "simulator")]
    _server: rideau_content_server_sim::Simulator,
}

/// Starts a Content Server with the samples in it, all of them unclassified.
#[cfg(feature = "simulator")]
async fn simulated(samples: &Path, folder: &Path) -> anyhow::Result<Simulated> {
    use rideau_content_server_sim::{Change, Config, Fixture, Simulator, ids};

    let server = Simulator::start(Config {
        fixture: Fixture::Files(samples.to_path_buf()),
        ..Config::default()
    })
    .await?;
    let mut top = ids::TOP;
    for node in server.tree() {
        if node.parent == ids::ENTERPRISE && node.container {
            top = node.id;
        }
        if !node.versions.is_empty() {
            server
                .change(Change::SetClearance {
                    id: node.id,
                    level: 10,
                })
                .map_err(anyhow::Error::msg)?;
        }
    }
    let password = folder.join("content-server-password");
    std::fs::write(&password, "rideau-secret\n")?;
    Ok(Simulated {
        lines: format!(
            "name = \"sample-content-server\"\nkind = \"content_server\"\nurl = \"{}/\"\nroots = [{top}]\nuser = \"rideau\"\n\
             password = {{ file = {} }}\nrequests_per_second = 500.0\nclearances = {{ 10 = \"unclassified\" }}\nclearance = \"required\"",
            server.url(),
            quoted(&password)
        ),
        _server: server,
    })
}

#[cfg(not(feature = "simulator"))]
#[expect(clippy::unused_async, reason = "as with the feature")]
async fn simulated(_: &Path, _: &Path) -> anyhow::Result<Simulated> {
    Err(Said(Bilingual::new(
        "This rideau was built without the simulator of Content Server. From the project's folder: cargo run --release --features simulator -- demo --source content-server",
        "Ce rideau a été construit sans le simulateur de Content Server. Depuis le dossier du projet : cargo run --release --features simulator -- demo --source content-server",
    ))
    .into())
}

/// Keeps the demo's configuration and rules as files.
fn write_configuration(folder: &Path, text: &str) -> std::io::Result<()> {
    let rules = folder.join("rules");
    std::fs::create_dir_all(&rules)?;
    for (name, rule) in setup::built_in_rule_files() {
        std::fs::write(rules.join(name), rule)?;
    }
    std::fs::write(
        folder.join("rideau.toml"),
        text.replace("files = []", "files = [\"rules/*.toml\"]"),
    )
}

async fn show(
    app: &App,
    out: &Out,
    folder: &Path,
    summary: &engine::Summary,
    events_before: u64,
) -> anyhow::Result<()> {
    let mut tx = app.catalog.read().await?;
    let items = tx.items(&ItemFilter::default()).await?;
    let published = tx.all_published().await?;
    let transfers = tx.transfers().await?;
    let chain = tx.verify_chain().await?;
    let bags: Vec<_> = transfers
        .iter()
        .filter(|transfer| transfer.state == TransferState::Built)
        .collect();
    let public: Vec<_> = published
        .iter()
        .filter(|p| p.state == PublicationState::Published)
        .collect();
    out.value(&json!({
        "summary": summary, "items": items, "published": published, "transfers": transfers,
        "catalogue": folder.join("catalogue/public/index.html"),
    }))?;
    let mut order: Vec<_> = items
        .iter()
        .filter(|item| item.state != ItemState::Sidecar)
        .collect();
    order.sort_by_key(|item| (rank(item.state), item.path.clone()));
    out.table(
        &[
            Bilingual::new("file", "fichier"),
            Bilingual::new("state", "état"),
            Bilingual::new("why, or where", "pourquoi, ou où"),
        ],
        order
            .iter()
            .map(|item| {
                let release = crate::record::release_id(item.source_id, &item.group_key);
                let place = public
                    .iter()
                    .find(|p| p.release == release && item.state == ItemState::Published)
                    .and_then(|p| p.address.clone())
                    .map(|address| {
                        address
                            .strip_prefix(&format!("{}/", folder.display()))
                            .map(str::to_owned)
                            .unwrap_or(address)
                    });
                let why = item
                    .reasons
                    .iter()
                    .take(2)
                    .map(|reason| out.get(reason).to_owned())
                    .collect::<Vec<_>>()
                    .join("\n");
                vec![
                    item.path.clone(),
                    out.get(&item.state.words()).to_owned(),
                    place.unwrap_or(why),
                ]
            })
            .collect(),
    );
    let count = |state| items.iter().filter(|item| item.state == state).count();
    out.say(&bilingual!(
        "{} published in {} datasets, {} wait for review, {} blocked by a rule; {} bags for the archives.",
        "{} publiés dans {} jeux de données, {} en attente d’examen, {} bloqués par une règle; {} sacs pour les archives.",
        count(ItemState::Published),
        public.len(),
        count(ItemState::Review),
        count(ItemState::Blocked),
        bags.len()
    ));
    out.say(&bilingual!(
        "  open the catalogue:  {}",
        "  ouvrir le catalogue : {}",
        folder.join("catalogue/public/index.html").display()
    ));
    out.say(&bilingual!(
        "  bags:                {}",
        "  sacs :                {}",
        folder.join("transfer").display()
    ));
    let config = folder.join("rideau.toml");
    out.say(&bilingual!(
        "  go on from here:     rideau --config {0} review list   (also: items list, release list, audit verify)",
        "  continuer :          rideau --config {0} review list   (aussi : items list, release list, audit verify)",
        config.display()
    ));
    let entries = chain.unwrap_or(0);
    if events_before > 0 {
        // A scan leaves one entry even when it finds nothing new.
        out.say(&if entries <= events_before + 1 {
            Bilingual::new(
                "Nothing has changed since the last run: nothing was written to the catalogue or the bags.",
                "Rien n’a changé depuis la dernière fois : rien n’a été écrit au catalogue ni aux sacs.",
            )
        } else {
            bilingual!(
                "{} entries were added to the audit log by this run.",
                "{} entrées ont été ajoutées au journal d’audit par ce passage.",
                entries - events_before
            )
        });
    }
    Ok(())
}

/// The order of the table: what went out first, then what waits, then what does not go.
fn rank(state: ItemState) -> u8 {
    match state {
        ItemState::Published => 0,
        ItemState::Approved => 1,
        ItemState::Review => 2,
        ItemState::Blocked | ItemState::Refused => 3,
        _ => 4,
    }
}
