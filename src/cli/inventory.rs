//! `rideau inventory`: the data inventory, in the columns of the registry's template.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Subcommand, ValueEnum};

use super::Out;
use crate::{bilingual, report, setup, steps};

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
        let Self::Export {
            format,
            output,
            ready,
            problems: tell,
        } = self;
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
