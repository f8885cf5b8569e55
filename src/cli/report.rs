//! `rideau report`: the release plan, and how far the work has come.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};

use super::Out;
use crate::{bilingual, setup, steps};

/// Reports.
#[derive(Debug, Subcommand)]
pub(super) enum Reports {
    /// What will be public when, what is, what is late, and why.
    Plan(Export),
    /// How many items and releases stand where, what is late, and what holds the rest back.
    Progress(Export),
}

/// How a report comes out.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The form. CSV and JSON hold both languages; a page is in the language of the output (`--lang`).
    #[arg(long, value_enum, default_value_t = Form::Csv)]
    format: Form,
    /// File to write; standard output when not given.
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// A form of a report.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One line per release, or per number; UTF-8.
    Csv,
    /// The same as JSON.
    Json,
    /// An accessible page.
    Html,
}

impl Reports {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        let (bytes, output) = match self {
            Self::Plan(export) => {
                let report = steps::release_plan(&app).await?;
                let bytes = match export.format {
                    Form::Csv => report.csv()?,
                    Form::Json => report.json()?,
                    Form::Html => report.html(out.lang),
                };
                (bytes, export.output)
            }
            Self::Progress(export) => {
                let report = steps::progress(&app).await?;
                let bytes = match export.format {
                    Form::Csv => report.csv()?,
                    Form::Json => report.json()?,
                    Form::Html => report.html(out.lang),
                };
                (bytes, export.output)
            }
        };
        match output {
            Some(file) => {
                std::fs::write(&file, bytes)?;
                out.say(&bilingual!(
                    "Written to {}.",
                    "Écrit dans {}.",
                    file.display()
                ));
            }
            None => std::io::Write::write_all(&mut std::io::stdout(), &bytes)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
