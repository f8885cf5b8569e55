//! `rideau release`: what would change in public, and making it so.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use rideau_connectors::Change;
use serde_json::json;

use super::{
    Out,
    output::{Said, short, size},
    plan_page, release_show,
    review::find_one,
    verify,
};
use crate::{
    app::App,
    bilingual,
    catalog::{Plan, Release, ReleaseFilter},
    domain::{Bilingual, Lang, Proposal, ReleaseId, ReleaseState},
    record::TableChanges,
    report::PlanPage,
    setup,
    steps::{self, PlanBody},
};

/// Releases.
#[derive(Debug, Subcommand)]
pub(super) enum Releases {
    /// List releases.
    List {
        /// Only this state, such as review, approved, published; may be repeated.
        #[arg(long)]
        state: Vec<String>,
    },
    /// Show one release on all its targets: state, address, plan and what was done, embargo, what happened to it.
    Show {
        /// Release id, its beginning or end, or an item's path.
        release: String,
    },
    /// Work out and store exactly what would change on a target. Changes nothing.
    Plan {
        /// The target; all of them when not given.
        #[arg(long)]
        target: Option<String>,
        /// Only what is approved.
        #[arg(long)]
        approved: bool,
        /// Also write the plans to this file, as a page for whoever signs them.
        #[arg(long)]
        html: Option<PathBuf>,
        /// Only these releases: ids, their beginnings or ends, or items' paths.
        releases: Vec<String>,
    },
    /// Compare what the targets show with what was sent to them. Changes nothing; exit code 1 when anything differs.
    Verify {
        /// The target; all of them when not given.
        #[arg(long)]
        target: Option<String>,
        /// Also read every file back and compare its bytes.
        #[arg(long)]
        content: bool,
        /// Only these releases: ids, their beginnings or ends, or items' paths.
        releases: Vec<String>,
    },
    /// Say in both records that one release took another's place. The updates wait for approval like all others.
    Supersede {
        /// The release whose place was taken: id, its beginning or end, or an item's path.
        old: String,
        /// The release that took it.
        new: String,
        /// Why: kept in the log.
        #[arg(long)]
        reason: String,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
    },
    /// Say that what is public was corrected: on its page, in the feed, and by its date of change.
    Correct {
        /// Release id, its beginning or end, or an item's path.
        release: String,
        /// What was corrected and why, for the public.
        #[arg(long)]
        reason: String,
        /// The same in French. Without it, the public reads the other text in both languages.
        #[arg(long)]
        reason_fr: Option<String>,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
    },
    /// Execute a stored plan unchanged.
    Apply {
        /// The plan's id, its beginning or its end.
        plan: String,
    },
    /// Propose to take a release back, and approve that at once.
    Withdraw {
        /// Release id, its beginning or end, or an item's path.
        release: String,
        /// Why: goes to the public record and the log.
        #[arg(long)]
        reason: String,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
        /// Emergency: take it back here and now, without waiting for a daemon, a window or a second person.
        #[arg(long)]
        now: bool,
        /// With --now: where a target shows nothing of it, it was deleted there for good.
        #[arg(long, requires = "now")]
        gone: bool,
    },
}

impl Releases {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List { state } => list(&app, out, &state).await?,
            Self::Plan {
                target,
                approved,
                html,
                releases,
            } => {
                let page = plan(&app, out, target.as_deref(), approved, &releases).await?;
                if let Some(file) = html {
                    std::fs::write(&file, page.finish())?;
                    out.say(&bilingual!(
                        "Written to {}.",
                        "Écrit dans {}.",
                        file.display()
                    ));
                }
            }
            Self::Show { release } => release_show::run(&app, out, &release).await?,
            Self::Verify {
                target,
                content,
                releases,
            } => return verify::run(&app, out, target.as_deref(), content, &releases).await,
            Self::Supersede {
                old,
                new,
                reason,
                by,
            } => {
                let (old, new) = (find_one(&app, &old).await?, find_one(&app, &new).await?);
                let person = by.unwrap_or_else(setup::person);
                steps::supersede(&app, old.id, new.id, &person, &reason).await?;
                out.value(&json!({"superseded": old.id, "by": new.id}))?;
                out.say(&bilingual!(
                    "Both records say so now; see `rideau review list`. `rideau release withdraw {}` takes the old one back.",
                    "Les deux fiches le disent maintenant; voyez `rideau review list`. `rideau release withdraw {}` retire l’ancienne.",
                    old.id
                ));
            }
            Self::Correct {
                release,
                reason,
                reason_fr,
                by,
            } => {
                let release = find_one(&app, &release).await?;
                let person = by.unwrap_or_else(setup::person);
                let fr = reason_fr.unwrap_or_else(|| reason.clone());
                let words = Bilingual::new(reason, fr);
                steps::correct(&app, release.id, &person, &words).await?;
                let after = app.catalog.read().await?.release(release.id).await?;
                out.value(&after)?;
                out.say(&bilingual!(
                    "{}: the record says so now. It is: {}.",
                    "{} : la fiche le dit maintenant. Elle est : {}.",
                    after.title.get(out.lang),
                    after.state.words().get(out.lang)
                ));
            }
            Self::Apply { plan } => apply(&app, out, &plan).await?,
            Self::Withdraw {
                release,
                reason,
                by,
                now,
                gone,
            } => {
                let release = find_one(&app, &release).await?;
                let person = by.unwrap_or_else(setup::person);
                if now {
                    return withdraw_now(&app, out, &release, &person, &reason, gone).await;
                }
                steps::withdraw(&app, release.id, &person, &reason).await?;
                let after = app.catalog.read().await?.release(release.id).await?;
                out.value(&after)?;
                if after.state != ReleaseState::Approved {
                    out.say(&bilingual!(
                        "{}: a second person must say the same before it is taken back (policy.two_persons).",
                        "{} : une deuxième personne doit dire la même chose avant le retrait (policy.two_persons).",
                        after.title.get(out.lang)
                    ));
                    return Ok(ExitCode::from(1));
                }
                out.say(&bilingual!(
                    "{} is taken back; the targets follow at once, or with the running daemon.",
                    "{} est retirée; les cibles suivent immédiatement, ou avec le service en marche.",
                    after.title.get(out.lang)
                ));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn list(app: &App, out: &Out, states: &[String]) -> anyhow::Result<()> {
    let mut filter = ReleaseFilter::default();
    for name in states {
        filter
            .states
            .push(name.parse::<ReleaseState>().map_err(|name| {
                let known: Vec<&str> = ReleaseState::ALL.iter().map(|s| s.as_str()).collect();
                Said(bilingual!(
                    "There is no state {name}. There are: {}.",
                    "L’état {name} n’existe pas. Il y a : {}.",
                    known.join(", ")
                ))
            })?);
    }
    let mut tx = app.catalog.read().await?;
    let mut shown = Vec::new();
    let mut rows = Vec::new();
    for release in tx.releases(&filter).await? {
        if states.is_empty() && release.state == ReleaseState::Empty {
            continue;
        }
        let published = tx.published(release.id).await?;
        rows.push(vec![
            release.title.get(out.lang).to_owned(),
            state_words(&release, app.today(), out.lang),
            published
                .iter()
                .map(|p| {
                    format!(
                        "{}: {}{}",
                        p.target,
                        out.get(&p.state.words()),
                        p.address
                            .as_ref()
                            .map(|address| format!("\n{address}"))
                            .unwrap_or_default()
                    )
                })
                .collect::<Vec<_>>()
                .join("\n"),
            short(release.id),
        ]);
        shown.push(json!({"release": release, "published": published}));
    }
    out.value(&shown)?;
    out.table(
        &[
            Bilingual::new("release", "publication"),
            Bilingual::new("state", "état"),
            Bilingual::new("targets", "cibles"),
            Bilingual::same("id"),
        ],
        rows,
    );
    Ok(())
}

/// Where a release stands, with the day from which it may be public where that is still to come.
fn state_words(release: &Release, today: chrono::NaiveDate, lang: Lang) -> String {
    let state = release.state.words();
    let embargo = release
        .bundle
        .get("embargo")
        .and_then(serde_json::Value::as_str)
        .filter(|day| *day > today.to_string().as_str());
    match embargo {
        Some(day) => bilingual!(
            "{}\nembargo until {day}",
            "{}\nembargo jusqu’au {day}",
            state.get(lang)
        )
        .get(lang)
        .to_owned(),
        None => state.get(lang).to_owned(),
    }
}

async fn plan(
    app: &App,
    out: &Out,
    target: Option<&str>,
    approved_only: bool,
    typed: &[String],
) -> anyhow::Result<PlanPage> {
    let mut page = PlanPage::new(out.lang);
    let mut wanted = Vec::new();
    for one in typed {
        wanted.push(find_one(app, one).await?.id);
    }
    let names: Vec<&String> = app
        .targets
        .keys()
        .filter(|name| target.is_none_or(|target| target == name.as_str()))
        .collect();
    if names.is_empty() {
        return Err(Said(bilingual!(
            "There is no target {}. There are: {}.",
            "Il n’y a pas de cible {}. Il y a : {}.",
            target.unwrap_or_default(),
            app.targets.keys().cloned().collect::<Vec<_>>().join(", ")
        ))
        .into());
    }
    let releases = app
        .catalog
        .read()
        .await?
        .releases(&ReleaseFilter::default())
        .await?;
    let mut plans = Vec::new();
    for name in names {
        let Some(setup) = app.targets.get(name) else {
            continue;
        };
        let mut body = PlanBody {
            target: name.clone(),
            releases: Vec::new(),
        };
        let mut held = Vec::new();
        for release in &releases {
            let ours = app
                .source(release.source_id)
                .is_some_and(|source| source.targets.contains(name));
            if !ours || (!wanted.is_empty() && !wanted.contains(&release.id)) {
                continue;
            }
            let is_held = !matches!(
                release.state,
                ReleaseState::Approved | ReleaseState::Published
            );
            // What is public as approved is planned again when it is named: to undo what was done on the target by hand.
            let nothing = release.proposal == Proposal::Nothing
                && (wanted.is_empty() || release.state != ReleaseState::Published);
            if nothing || (approved_only && is_held) {
                continue;
            }
            if let Some(planned) = steps::plan_release(app, setup, release.id).await?
                && !planned.plan.changes.is_empty()
            {
                if is_held {
                    held.push(release.id);
                }
                body.releases.push(planned);
            }
        }
        if body.releases.is_empty() {
            let nothing = bilingual!(
                "{name}: nothing would change.",
                "{name} : rien ne changerait."
            );
            out.say(&nothing);
            page.about(out.get(&nothing));
            continue;
        }
        let mut tables = BTreeMap::new();
        for planned in &body.releases {
            let changes = steps::table_changes(app, &planned.plan).await?;
            if !changes.is_empty() {
                tables.insert(planned.release, changes);
            }
        }
        let plan = steps::store_plan(app, &body).await?;
        print(out, &plan, &body, &held, &tables);
        plan_page::add(&mut page, out, &plan, &body, &held, &tables);
        plans.push(json!({"plan": plan, "held": held, "tables": tables}));
    }
    out.value(&plans)?;
    Ok(page)
}

/// Release → file name → what changes in the table.
pub(super) type Tables = BTreeMap<ReleaseId, BTreeMap<String, TableChanges>>;

fn print(out: &Out, plan: &Plan, body: &PlanBody, held: &[ReleaseId], tables: &Tables) {
    out.say(&bilingual!(
        "Plan {} for {} ({} releases, hash {})",
        "Plan {} pour {} ({} publications, empreinte {})",
        plan.id,
        body.target,
        body.releases.len(),
        plan.hash
    ));
    for planned in &body.releases {
        let mark = if held.contains(&planned.release) {
            out.get(&Bilingual::new(
                " – HELD: needs approval",
                " – RETENUE : approbation requise",
            ))
            .to_owned()
        } else {
            String::new()
        };
        out.text(&format!(
            "\n  {} [{}] {}{mark}",
            planned.title.get(out.lang),
            out.get(&planned.proposal.words()),
            planned.release
        ));
        for change in &planned.plan.changes {
            for line in describe(change, out.lang) {
                out.text(&format!("    {line}"));
            }
            if let Change::ReplaceContent { file_name, .. } = change
                && let Some(changes) = tables.get(&planned.release).and_then(|t| t.get(file_name))
            {
                for line in describe_table(changes) {
                    out.text(&format!("        {}", out.get(&line)));
                }
            }
        }
    }
    out.say(&bilingual!(
        "\n`rideau release apply {}` executes it.",
        "\n`rideau release apply {}` l’exécute.",
        plan.id
    ));
}

/// What changes in a table, in words.
pub(super) fn describe_table(changes: &TableChanges) -> Vec<Bilingual> {
    let mut lines = vec![bilingual!(
        "rows: {} → {} ({} added, {} removed, {} changed)",
        "lignes : {} → {} ({} ajoutées, {} supprimées, {} modifiées)",
        changes.rows_before,
        changes.rows_after,
        changes.rows_added,
        changes.rows_removed,
        changes.rows_changed
    )];
    if !changes.columns_added.is_empty() {
        let list = changes.columns_added.join(", ");
        lines.push(bilingual!("+ columns: {list}", "+ colonnes : {list}"));
    }
    if !changes.columns_removed.is_empty() {
        let list = changes.columns_removed.join(", ");
        lines.push(bilingual!("- columns: {list}", "- colonnes : {list}"));
    }
    for total in &changes.totals {
        let (column, before, after) = (&total.column, total.before, total.after);
        let mark = if total.unusual { "!" } else { "~" };
        lines.push(bilingual!(
            "{mark} total of {column}: {before} → {after}",
            "{mark} total de {column} : {before} → {after}"
        ));
    }
    lines
}

/// A change in words, one line per field.
pub(super) fn describe(change: &Change, lang: Lang) -> Vec<String> {
    let say = |text: Bilingual| text.get(lang).to_owned();
    match change {
        Change::CreateDataset => vec![say(Bilingual::new("+ dataset", "+ jeu de données"))],
        Change::SetFields { fields } => fields
            .iter()
            .map(|field| format!("~ {}: {} → {}", field.field, field.old, field.new))
            .collect(),
        Change::AddResource {
            file_name,
            size_bytes,
            ..
        } => vec![format!("+ {file_name} ({})", size(*size_bytes, lang))],
        Change::ReplaceContent {
            file_name,
            size_bytes,
            old,
            new,
            ..
        } => vec![format!(
            "~ {file_name} ({}) {} → {}",
            size(*size_bytes, lang),
            old.as_deref()
                .map_or("?", |hash| hash.get(..12).unwrap_or(hash)),
            new.get(..12).unwrap_or(new)
        )],
        Change::SetResourceFields { resource, fields } => fields
            .iter()
            .map(|field| {
                format!(
                    "~ {resource} {}: {} → {}",
                    field.field, field.old, field.new
                )
            })
            .collect(),
        Change::RemoveResource { resource } => vec![format!("- {resource}")],
        Change::Publish => vec![say(Bilingual::new("! becomes public", "! devient public"))],
        Change::Withdraw { reason } => vec![say(bilingual!(
            "! is taken back: {}",
            "! est retiré : {}",
            reason.get(lang)
        ))],
    }
}

async fn apply(app: &App, out: &Out, typed: &str) -> anyhow::Result<()> {
    let mut found = app.catalog.read().await?.find_plans(typed).await?;
    if found.len() != 1 {
        return Err(Said(bilingual!(
            "{} plans begin with {typed}. Give the id that `rideau release plan` printed.",
            "{} plans commencent par {typed}. Donnez l’identifiant affiché par `rideau release plan`.",
            found.len()
        ))
        .into());
    }
    let plan = found.remove(0);
    steps::apply_plan(app, &plan).await?;
    out.value(&json!({"applied": plan.id}))?;
    out.say(&bilingual!(
        "Plan {} is applied.",
        "Le plan {} est appliqué.",
        plan.id
    ));
    Ok(())
}

async fn withdraw_now(
    app: &App,
    out: &Out,
    release: &Release,
    person: &str,
    reason: &str,
    gone: bool,
) -> anyhow::Result<ExitCode> {
    let ended = steps::withdraw_now(app, release.id, person, reason, gone).await?;
    out.value(
        &ended
            .iter()
            .map(|one| {
                json!({
                    "target": one.target, "withdrawn": one.outcome.is_ok(),
                    "trouble": one.outcome.as_ref().err().map(steps::StepError::explain),
                })
            })
            .collect::<Vec<_>>(),
    )?;
    for one in &ended {
        match &one.outcome {
            Ok(()) => out.say(&bilingual!("{}: taken back.", "{} : retirée.", one.target)),
            Err(error) => {
                let why = error.explain();
                out.say(&bilingual!(
                    "{}: STILL PUBLIC. {}",
                    "{} : TOUJOURS PUBLIQUE. {}",
                    one.target,
                    why.get(out.lang)
                ));
            }
        }
    }
    Ok(if ended.iter().all(|one| one.outcome.is_ok()) {
        ExitCode::SUCCESS
    } else {
        out.say(&Bilingual::new(
            "Give the same command again; the running daemon goes on trying as well.",
            "Donnez de nouveau la même commande; le service en marche essaie aussi.",
        ));
        ExitCode::from(1)
    })
}
