//! `rideau rules`: what the rules say, about one item, over time, and if they were others.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use chrono::NaiveDate;
use clap::Subcommand;

use super::{Out, items, output::Said, simulation};
use crate::{
    app::App,
    bilingual,
    domain::{Bilingual, Effect},
    screen::rules::{Outcome, RuleExplanation},
    setup, steps,
    steps::ExplainedSubject,
};

/// The rules at work.
#[derive(Debug, Subcommand)]
pub(super) enum Rules {
    /// List which restrictions lapse when. Items are judged again on that day by themselves.
    Due {
        /// Only up to this day, such as 2030-12-31.
        #[arg(long, value_name = "DATE")]
        until: Option<NaiveDate>,
    },
    /// Show why an item is judged as it is: facts, every rule's answer, exceptions, opening dates.
    Explain {
        /// Id, its beginning or end, path or name.
        item: String,
        /// Also rules that do not apply, with the part of their condition that is false.
        #[arg(long)]
        all: bool,
    },
    /// Show what other rules would change over everything that is known. Nothing is written.
    Simulate {
        /// Folder with the other rules (*.toml): the whole set, not only what differs.
        #[arg(long, value_name = "FOLDER")]
        rules: PathBuf,
    },
}

impl Rules {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::Due { until } => due(&app, out, until).await?,
            Self::Simulate { rules } => simulation::run(&app, out, &rules).await?,
            Self::Explain { item, all } => explain(&app, out, &item, all).await?,
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

async fn explain(app: &App, out: &Out, typed: &str, all: bool) -> anyhow::Result<()> {
    let item = items::find_one(app, typed).await?;
    let Some(explained) = steps::explain(app, item).await? else {
        return Err(Said(bilingual!(
            "Nothing of {typed} has been copied yet. `rideau items show` tells why.",
            "Rien n’a encore été copié de {typed}. `rideau items show` indique pourquoi."
        ))
        .into());
    };
    out.value(&explained)?;
    out.text(&explained.item.path);
    if !explained.recorded_by_these_rules {
        out.say(&Bilingual::new(
            "  The rules have changed since it was last judged, or it was not judged yet. This is what they say now.",
            "  Les règles ont changé depuis sa dernière évaluation, ou il n’a pas encore été évalué. Voici ce qu’elles disent maintenant.",
        ));
    }
    out.say(&Bilingual::new(
        "\n  in the file itself:",
        "\n  dans le fichier même :",
    ));
    subject(out, &explained.original, all);
    if let Some(renditions) = &explained.renditions {
        out.say(&Bilingual::new(
            "\n  in the open copies, read again:",
            "\n  dans les copies ouvertes, relues :",
        ));
        subject(out, renditions, all);
    }
    Ok(())
}

fn subject(out: &Out, subject: &ExplainedSubject, all: bool) {
    for fact in subject.facts.iter().take(50) {
        out.text(&format!(
            "    · {} @ {} ({} %, {})",
            fact.masked, fact.place.at, fact.confidence, fact.detector
        ));
    }
    if subject.facts.len() > 50 {
        out.say(&bilingual!(
            "    … {} more facts (--json shows all)",
            "    … {} autres faits (--json les montre tous)",
            subject.facts.len() - 50
        ));
    }
    for rule in &subject.rules {
        match &rule.finding {
            Some(_) => applies(out, subject, rule),
            None if all || excepted(rule) => does_not_apply(out, rule),
            None => {}
        }
    }
}

fn excepted(rule: &RuleExplanation) -> bool {
    rule.unless
        .iter()
        .any(|unless| unless.outcome == Outcome::Holds)
}

fn applies(out: &Out, subject: &ExplainedSubject, rule: &RuleExplanation) {
    let Some(finding) = &rule.finding else { return };
    out.text(&format!(
        "    ■ [{}] {} {} – {} ({} {})",
        rule.set.as_str(),
        finding.effect.as_str(),
        rule.rule,
        out.get(&rule.text),
        rule.basis.act,
        rule.basis.section
    ));
    if !rule.condition.is_empty() {
        out.say(&bilingual!(
            "        because: {}",
            "        parce que : {}",
            rule.condition
        ));
    }
    if let Some(error) = &finding.error {
        out.text(&format!("        ! {}", out.get(error)));
    }
    for fact in finding
        .evidence
        .iter()
        .filter_map(|index| subject.facts.get(*index))
        .take(5)
    {
        out.text(&format!("        {} @ {}", fact.masked, fact.place.at));
    }
    if finding.evidence.len() > 5 {
        out.say(&bilingual!(
            "        … {} more",
            "        … {} autres",
            finding.evidence.len() - 5
        ));
    }
    match finding.opening_date {
        Some(day) if finding.effect == Effect::Expire => out.say(&bilingual!(
            "        It lapsed on {day}.",
            "        Il a pris fin le {day}."
        )),
        Some(day) => out.say(&bilingual!(
            "        It lapses on {day}.",
            "        Il prend fin le {day}."
        )),
        None => {}
    }
}

fn does_not_apply(out: &Out, rule: &RuleExplanation) {
    out.text(&format!("    □ [{}] {}", rule.set.as_str(), rule.rule));
    for unless in &rule.unless {
        if unless.outcome == Outcome::Holds {
            out.say(&bilingual!(
                "        It would apply, but for the exception {} ({}): {}",
                "        Elle s’appliquerait, n’était l’exception {} ({}) : {}",
                unless.id,
                unless.basis.as_deref().unwrap_or("–"),
                unless.condition
            ));
        }
    }
    if rule.outcome == Outcome::DoesNot {
        let parts = if rule.false_parts.is_empty() {
            std::slice::from_ref(&rule.condition)
        } else {
            rule.false_parts.as_slice()
        };
        for part in parts {
            out.say(&bilingual!(
                "        It does not apply: this is false: {part}",
                "        Elle ne s’applique pas, car ceci est faux : {part}"
            ));
        }
    }
}
