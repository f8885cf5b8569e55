//! `rideau inventory`: the data inventory, in the columns of the registry's template.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Subcommand, ValueEnum};

use super::{Out, output::Said, targets::chosen};
use crate::{
    app::App,
    bilingual,
    domain::{Bilingual, Lang},
    report, setup, steps,
};

/// The data inventory.
#[derive(Debug, Subcommand)]
pub(super) enum Inventory {
    /// Write the inventory: every release, complete or not.
    Export {
        /// The form.
        #[arg(long, value_enum, default_value_t = Form::Csv)]
        format: Form,
        /// File to write; standard output when not given.
        #[arg(long, short)]
        output: Option<PathBuf>,
        /// Only rows that the registry would take: for uploading.
        #[arg(long)]
        ready: bool,
        /// Say what every other row lacks, on standard error.
        #[arg(long)]
        problems: bool,
    },
    /// Write the rows that changed into the inventory that a target keeps (`inventory_resource`); incomplete rows stay out.
    Push {
        /// The target; all that keep an inventory when not given.
        #[arg(long)]
        target: Option<String>,
        /// Only say what would change.
        #[arg(long)]
        dry_run: bool,
    },
}

/// A form of the inventory.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Form {
    /// The template's columns, UTF-8.
    Csv,
    /// The same as JSON.
    Json,
}

impl Inventory {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let (format, output, ready, tell) = match self {
            Self::Export {
                format,
                output,
                ready,
                problems,
            } => (format, output, ready, problems),
            Self::Push { target, dry_run } => {
                let app = setup::open(config, out).await?;
                return push(&app, out, target.as_deref(), dry_run).await;
            }
        };
        let app = setup::open(config, out).await?;
        let rows = steps::inventory(&app).await?;
        let (complete, problems) = report::Inventory::partial(rows.clone());
        let inventory = if ready {
            complete
        } else {
            report::Inventory::everything(rows)
        };
        let bytes = match format {
            Form::Csv => inventory.csv()?,
            Form::Json => inventory.json()?,
        };
        match output {
            Some(file) => {
                std::fs::write(&file, bytes)?;
                out.say(&bilingual!(
                    "{} entries in {}.",
                    "{} entrées dans {}.",
                    inventory.len(),
                    file.display()
                ));
            }
            None => std::io::Write::write_all(&mut std::io::stdout(), &bytes)?,
        }
        for problem in problems.iter().filter(|_| tell) {
            eprintln!(
                "! {} {}: {}",
                problem.ref_number,
                problem.column,
                out.get(&problem.message)
            );
        }
        if !problems.is_empty() && !tell {
            eprintln!(
                "{}",
                out.get(&bilingual!(
                    "{} values are missing or wrong before the registry would take every row; --problems lists them.",
                    "{} valeurs manquent ou sont erronées avant que le registre n’accepte chaque ligne; --problems les énumère.",
                    problems.len()
                ))
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn push(
    app: &App,
    out: &Out,
    target: Option<&str>,
    dry_run: bool,
) -> anyhow::Result<ExitCode> {
    let mut pushes = Vec::new();
    for setup in chosen(app, target)? {
        if let Some(push) = steps::plan_inventory(app, setup).await? {
            tell(out, &push, dry_run);
            if !dry_run {
                steps::push_inventory(app, setup, &push).await?;
            }
            pushes.push(push);
        }
    }
    if pushes.is_empty() {
        return Err(Said(Bilingual::new(
            "No target keeps an inventory: set `inventory_resource` of a target of the kind `ckan`.",
            "Aucune cible ne tient d’inventaire : réglez `inventory_resource` d’une cible de la sorte `ckan`.",
        ))
        .into());
    }
    out.value(&pushes)?;
    let incomplete = pushes.iter().any(|push| !push.problems.is_empty());
    Ok(ExitCode::from(u8::from(incomplete)))
}

fn tell(out: &Out, push: &steps::InventoryPush, dry_run: bool) {
    let (name, plan) = (&push.target, &push.plan);
    for row in &plan.added {
        out.text(&format!("  + {}", title(row, out)));
    }
    for change in &plan.changed {
        out.text(&format!("  ~ {}", title(&change.row, out)));
        for field in &change.fields {
            out.text(&format!(
                "      {}: {} → {}",
                field.field, field.old, field.new
            ));
        }
    }
    let (added, changed, same) = (plan.added.len(), plan.changed.len(), plan.same);
    if dry_run {
        out.say(&bilingual!(
            "{name}: {added} rows would be added, {changed} changed; {same} stay.",
            "{name} : {added} lignes seraient ajoutées, {changed} modifiées; {same} restent."
        ));
    } else {
        out.say(&bilingual!(
            "{name}: {added} rows added, {changed} changed; {same} stay.",
            "{name} : {added} lignes ajoutées, {changed} modifiées; {same} restent."
        ));
    }
    if !push.problems.is_empty() {
        out.say(&bilingual!(
            "{} values are missing or wrong: their rows are not sent. `rideau inventory export --problems` lists them.",
            "{} valeurs manquent ou sont erronées : leurs lignes ne sont pas envoyées. `rideau inventory export --problems` les énumère.",
            push.problems.len()
        ));
    }
}

/// What a person knows a row by.
fn title<'a>(row: &'a rideau_connectors::Fields, out: &Out) -> &'a str {
    let column = match out.lang {
        Lang::En => "title_en",
        Lang::Fr => "title_fr",
    };
    row.get(column)
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default()
}
