//! `rideau review dismiss` and `rideau review dismissals`: what a rule took for something that it is not.

use clap::{Args, Subcommand, ValueEnum};

use super::{
    Out, items,
    output::{Said, instant, short},
};
use crate::{
    app::App,
    bilingual,
    domain::{Bilingual, Covers, Dismissal},
    setup,
    steps::{self, DismissalScope},
};

/// Dismiss what a finding rests on.
#[derive(Debug, Args)]
pub(super) struct Dismiss {
    /// Item: id, its beginning or end, path or name.
    item: String,
    /// Name of the place, as `review show` prints it in brackets, or its beginning.
    finding: String,
    /// Why: kept in the log for good.
    #[arg(long)]
    reason: String,
    /// Not only here: the same masked value, or the same position (column, kind of paragraph), in all items of the source.
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "value")]
    pattern: Option<Pattern>,
    /// Your name. Without it, the account's.
    #[arg(long)]
    by: Option<String>,
}

/// What a dismissal as a pattern goes by.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Pattern {
    /// The same rule, kind and masked form.
    Value,
    /// The same rule, kind and position, whatever the row or number.
    Position,
}

/// Dismissals that were made.
#[derive(Debug, Subcommand)]
pub(super) enum Dismissals {
    /// List all, those taken back included.
    List,
    /// Take one back: what it covered counts again.
    Revoke {
        /// Id, its beginning or end.
        dismissal: String,
        /// Why: kept in the log for good.
        #[arg(long)]
        reason: String,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
    },
}

impl Dismiss {
    pub(super) async fn run(self, app: &App, out: &Out) -> anyhow::Result<()> {
        let item = items::find_one(app, &self.item).await?;
        let person = self.by.unwrap_or_else(setup::person);
        let scope = match self.pattern {
            None => DismissalScope::Place,
            Some(Pattern::Value) => DismissalScope::Value,
            Some(Pattern::Position) => DismissalScope::Position,
        };
        let dismissal =
            steps::dismiss(app, &item, &self.finding, scope, &person, &self.reason).await?;
        out.value(&dismissal)?;
        out.say(&bilingual!(
            "Dismissed by {person}: {} ({}). It stays in the record. Take it back with `rideau review dismissals revoke {}`.",
            "Rejeté par {person} : {} ({}). Il reste au dossier. Annulez avec `rideau review dismissals revoke {}`.",
            dismissal.masked,
            dismissal.rule,
            short(dismissal.id)
        ));
        Ok(())
    }
}

impl Dismissals {
    pub(super) async fn run(self, app: &App, out: &Out) -> anyhow::Result<()> {
        match self {
            Self::List => list(app, out).await,
            Self::Revoke {
                dismissal,
                reason,
                by,
            } => {
                let dismissal = find_one(app, &dismissal).await?;
                let person = by.unwrap_or_else(setup::person);
                let dismissal = steps::revoke_dismissal(app, dismissal, &person, &reason).await?;
                out.value(&dismissal)?;
                out.say(&bilingual!(
                    "Taken back by {person}. What it covered counts again.",
                    "Annulé par {person}. Ce qu’il couvrait compte de nouveau."
                ));
                Ok(())
            }
        }
    }
}

async fn list(app: &App, out: &Out) -> anyhow::Result<()> {
    let dismissals = app.catalog.read().await?.dismissals().await?;
    out.value(&dismissals)?;
    out.table(
        &[
            Bilingual::new("what", "quoi"),
            Bilingual::new("rule", "règle"),
            Bilingual::new("where", "où"),
            Bilingual::new("why", "pourquoi"),
            Bilingual::new("who and when", "qui et quand"),
            Bilingual::same("id"),
        ],
        dismissals
            .iter()
            .map(|dismissal| row(app, out, dismissal))
            .collect(),
    );
    Ok(())
}

fn row(app: &App, out: &Out, dismissal: &Dismissal) -> Vec<String> {
    let reach = match &dismissal.covers {
        Covers::Place { place, .. } => Bilingual::same(place.at.clone()),
        Covers::Value => Bilingual::new("everywhere in the source", "partout dans la source"),
        Covers::Position { at, .. } => {
            bilingual!("{at}, in the whole source", "{at}, dans toute la source")
        }
    };
    let mut why = dismissal.reason.clone();
    if let Some(revoked) = &dismissal.revoked {
        let back = bilingual!(
            "taken back by {} ({})",
            "annulé par {} ({})",
            revoked.by,
            revoked.reason
        );
        why = format!("{why}\n– {}", out.get(&back));
    } else if is_outdated(app, dismissal) {
        let outdated = Bilingual::new(
            "no longer holds: the rule has changed",
            "ne tient plus : la règle a changé",
        );
        why = format!("{why}\n– {}", out.get(&outdated));
    }
    vec![
        format!("{} {}", dismissal.what, dismissal.masked),
        dismissal.rule.clone(),
        out.get(&reach).to_owned(),
        why,
        format!("{}\n{}", dismissal.by, instant(dismissal.at)),
        short(dismissal.id),
    ]
}

/// Whether the rule is gone or has another version by now.
fn is_outdated(app: &App, dismissal: &Dismissal) -> bool {
    !app.rules
        .rules()
        .iter()
        .any(|rule| rule.id == dismissal.rule && rule.version == dismissal.rule_version)
}

async fn find_one(app: &App, typed: &str) -> anyhow::Result<Dismissal> {
    let mut found = app.catalog.read().await?.find_dismissals(typed).await?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Said(bilingual!(
            "There is no dismissal {typed}. `rideau review dismissals list` shows all.",
            "Il n’y a pas de rejet {typed}. `rideau review dismissals list` les montre tous."
        ))
        .into()),
        n => Err(Said(bilingual!(
            "{typed} could mean {n} dismissals. Give more of the id.",
            "{typed} peut désigner {n} rejets. Donnez une plus grande partie de l’identifiant."
        ))
        .into()),
    }
}
