//! `rideau release show`: one release on all its targets, and what happened to it.

use serde::Serialize;
use serde_json::Value;

use super::{
    Out,
    output::{instant, short},
    review::find_one,
};
use crate::{
    app::App,
    bilingual,
    catalog::{Event, JournalStep, Published, Release},
    domain::{Bilingual, PlanState, Sha256},
};

/// Entries of the log that a person sees; `rideau audit show` has them all.
const LAST_EVENTS: usize = 20;

/// A release on one target.
#[derive(Serialize)]
struct OnTarget {
    target: String,
    /// `None`: nothing was sent there yet.
    published: Option<Published>,
    plan: Option<PlanShown>,
}

/// The plan that last changed it there.
#[derive(Serialize)]
struct PlanShown {
    hash: Sha256,
    state: PlanState,
    journal: Vec<JournalStep>,
}

#[derive(Serialize)]
struct Shown {
    release: Release,
    embargo: Option<String>,
    targets: Vec<OnTarget>,
    events: Vec<Event>,
}

/// Shows one release.
pub(super) async fn run(app: &App, out: &Out, typed: &str) -> anyhow::Result<()> {
    let release = find_one(app, typed).await?;
    let mut tx = app.catalog.read().await?;
    let published = tx.published(release.id).await?;
    let mut names: Vec<String> = app
        .source(release.source_id)
        .map(|source| source.targets.clone())
        .unwrap_or_default();
    // It may be public where it is not sent any more.
    names.extend(published.iter().map(|one| one.target.clone()));
    names.sort();
    names.dedup();
    let mut targets = Vec::new();
    for target in names {
        let there = published.iter().find(|one| one.target == target).cloned();
        let plan = match &there {
            Some(there) => {
                let plan = tx.plan(there.plan).await?;
                Some(PlanShown {
                    hash: plan.hash,
                    state: plan.state,
                    journal: tx.journal(plan.id).await?,
                })
            }
            None => None,
        };
        targets.push(OnTarget {
            target,
            published: there,
            plan,
        });
    }
    let events = tx.events_about(&[release.id.to_string()]).await?;
    drop(tx);
    let shown = Shown {
        embargo: release
            .bundle
            .get("embargo")
            .and_then(Value::as_str)
            .map(str::to_owned),
        release,
        targets,
        events,
    };
    out.value(&shown)?;
    print(out, &shown);
    Ok(())
}

fn print(out: &Out, shown: &Shown) {
    let release = &shown.release;
    out.text(&format!(
        "{}  {}\n{}, {} {}",
        release.title.get(out.lang),
        release.id,
        out.get(&release.state.words()),
        out.get(&Bilingual::new("since", "depuis")),
        instant(release.updated_at)
    ));
    for reason in &release.reasons {
        out.text(&format!("  {}", out.get(reason)));
    }
    if let Some(day) = &shown.embargo {
        out.say(&bilingual!(
            "May be public from {day} on.",
            "Peut être publique à compter du {day}."
        ));
    }
    for one in &shown.targets {
        let Some(there) = &one.published else {
            out.say(&bilingual!(
                "\n{}: nothing was sent there.",
                "\n{} : rien n’y a été envoyé.",
                one.target
            ));
            continue;
        };
        let (state, at) = (there.state.words(), instant(there.at));
        out.say(&bilingual!(
            "\n{}: {}, since {at}",
            "\n{} : {}, depuis {at}",
            one.target,
            state.get(out.lang)
        ));
        if let Some(address) = &there.address {
            out.text(&format!("  {address}"));
        }
        if let Some(plan) = &one.plan {
            out.text(&format!(
                "  plan {} [{}] {}",
                short(there.plan),
                out.get(&plan.state.words()),
                plan.hash
            ));
            for step in &plan.journal {
                out.text(&format!(
                    "    {}  {}  {}",
                    instant(step.at),
                    step.step,
                    step.detail
                ));
            }
        }
    }
    out.text("");
    let skip = shown.events.len().saturating_sub(LAST_EVENTS);
    for event in shown.events.iter().skip(skip) {
        out.text(&format!(
            "{:>6}  {}  {:<20} {:<10} {}",
            event.seq, event.at, event.kind, event.actor, event.body
        ));
    }
}
