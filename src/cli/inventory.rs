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
    /// Write the inventory. Rows that the registry would not take are left out and named on standard error (exit code 1).
    Export {
        /// The form.
        #[arg(long, value_enum, default_value_t = Form::Csv)]
        format: Form,
        /// File to write; standard output when not given.
        #[arg(long, short)]
        output: Option<PathBuf>,
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
        let Self::Export { format, output } = self;
        let app = setup::open(config, out).await?;
        let rows = steps::inventory(&app).await?;
        let (inventory, problems) = report::Inventory::partial(rows);
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
        for problem in &problems {
            eprintln!(
                "! {} {}: {}",
                problem.ref_number,
                problem.column,
                out.get(&problem.message)
            );
        }
        Ok(if problems.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }
}
