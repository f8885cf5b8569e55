//! `rideau convert`: files, here and now, without a catalog; and what `rideau screen` shares with it.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Out, output::size};
use crate::{
    bilingual,
    convert::Wanted,
    domain::{Bilingual, FactDetail, Sha256},
    sandbox::{Job, Limits, Sandbox, SandboxError},
    screen::{facts::DetectSettings, phrases::PhraseLists},
    steps::examine::{EXAMINE, Examination, ExamineRequest},
};

/// Convert files, here and now.
#[derive(Debug, Args)]
pub(super) struct Convert {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Folder for what comes out; one folder per file is made in it.
    #[arg(long, short)]
    output: PathBuf,
    /// Only these, separated by commas: csv, parquet, table_schema, html, markdown (md), pdf, epub, odt, text (txt).
    /// Without it: all but the last three.
    #[arg(long, value_delimiter = ',')]
    to: Vec<String>,
    /// Put an apostrophe before text that a spreadsheet would take for a formula.
    #[arg(long)]
    quote_formulas: bool,
}

const KINDS: [&str; 9] = [
    "csv",
    "parquet",
    "table_schema",
    "html",
    "markdown",
    "pdf",
    "epub",
    "odt",
    "text",
];

/// How many of these are made when nothing is asked for.
const USUAL: usize = 6;

/// The name of a format, which may be given by its usual extension.
fn kind(name: &str) -> &str {
    match name {
        "md" => "markdown",
        "txt" => "text",
        name => name,
    }
}

pub(super) fn wanted(to: &[String], quote_formulas: bool) -> Result<Wanted, super::output::Said> {
    if let Some(unknown) = to.iter().find(|name| !KINDS.contains(&kind(name))) {
        return Err(super::output::Said(bilingual!(
            "{unknown} cannot be made. There are: {}.",
            "{unknown} ne peut être produit. Il y a : {}.",
            KINDS.join(", ")
        )));
    }
    let list: Vec<String> = if to.is_empty() {
        KINDS[..USUAL]
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    } else {
        to.iter().map(|name| kind(name).to_owned()).collect()
    };
    Ok(Wanted {
        tables: list.clone(),
        documents: list,
        quote_formulas,
        small_cells_below: 6,
        // The text is looked at by `screen`, not here.
        units: false,
        protection: None,
        redact: Vec::new(),
    })
}

pub(super) fn progress(files: usize) -> ProgressBar {
    if !std::io::stderr().is_terminal() || files < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}

pub(super) async fn examine(
    sandbox: &Sandbox,
    file: &Path,
    output: &Path,
    wanted: &Wanted,
    detect: &DetectSettings,
    phrases: &PhraseLists,
) -> anyhow::Result<Result<Examination, SandboxError>> {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let bytes = std::fs::read(file)?;
    let request = ExamineRequest {
        file_name: name,
        sha256: Sha256::of(&bytes),
        convert: wanted.clone(),
        detect: detect.clone(),
        phrases: phrases.clone(),
    };
    drop(bytes);
    let job = Job::new(EXAMINE, file, output).request(serde_json::to_value(&request)?);
    Ok(match sandbox.run(job).await {
        Ok(outcome) => Ok(serde_json::from_value(outcome.value)?),
        Err(error) => Err(error),
    })
}

impl Convert {
    pub(super) async fn run(self, out: &Out) -> anyhow::Result<ExitCode> {
        let wanted = wanted(&self.to, self.quote_formulas)?;
        let sandbox = Sandbox::of_this_program(Limits::default())?;
        std::fs::create_dir_all(&self.output)?;
        let bar = progress(self.files.len());
        let mut results = Vec::new();
        let mut failed = false;
        for file in &self.files {
            bar.set_message(file.display().to_string());
            let result = self.one(&sandbox, file, &wanted, out).await;
            bar.inc(1);
            match result {
                Ok(value) => {
                    failed |= value["renditions"].as_array().is_none_or(Vec::is_empty);
                    results.push(value);
                }
                Err(error) => {
                    failed = true;
                    bar.suspend(|| out.failed(&error.context(file.display().to_string())));
                    results.push(json!({"file": file, "renditions": []}));
                }
            }
        }
        bar.finish_and_clear();
        out.value(&results)?;
        Ok(if failed {
            ExitCode::from(2)
        } else {
            ExitCode::SUCCESS
        })
    }

    async fn one(
        &self,
        sandbox: &Sandbox,
        file: &Path,
        wanted: &Wanted,
        out: &Out,
    ) -> anyhow::Result<serde_json::Value> {
        let stem = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = self.output.join(&stem);
        // Made beside its place and moved there whole, so that an earlier result is not mixed with this one.
        let making = tempfile::Builder::new()
            .prefix("making-")
            .tempdir_in(&self.output)?;
        let detect = DetectSettings::default();
        let phrases = PhraseLists::default();
        let examined = examine(sandbox, file, making.path(), wanted, &detect, &phrases).await?;
        let examination = match examined {
            Ok(examination) => examination,
            Err(error) => {
                out.text(&format!(
                    "{} ✗ {}",
                    file.display(),
                    out.get(&error.explain())
                ));
                return Ok(json!({"file": file, "renditions": [], "error": error.explain()}));
            }
        };
        let unreadable: Vec<&Bilingual> = examination
            .facts
            .iter()
            .filter_map(|fact| match &fact.detail {
                FactDetail::Unreadable(unreadable) => Some(&unreadable.reason),
                _ => None,
            })
            .collect();
        out.text(&format!("{} ({})", file.display(), examination.format.name));
        for reason in &unreadable {
            out.text(&format!("  ✗ {}", out.get(reason)));
        }
        if !examination.renditions.is_empty() {
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            std::fs::rename(making.keep(), &folder)?;
            open_to_all(&folder)?;
        }
        for rendition in &examination.renditions {
            let path = folder.join(&rendition.name);
            let bytes = std::fs::metadata(&path)?.len();
            out.text(&format!(
                "  → {} ({})",
                path.display(),
                size(bytes, out.lang)
            ));
        }
        for warning in &examination.warnings {
            out.text(&format!(
                "  ! {} [{}]",
                out.get(&warning.message),
                warning.place.at
            ));
        }
        let hidden = examination
            .facts
            .iter()
            .any(|fact| matches!(fact.detail, FactDetail::Hidden { .. }));
        if hidden {
            out.say(&Bilingual::new(
                "  ! Hidden content was left out. `rideau screen` shows what.",
                "  ! Du contenu caché a été écarté. `rideau screen` montre quoi.",
            ));
        }
        Ok(json!({
            "file": file, "format": examination.format, "folder": folder, "renditions": examination.renditions,
            "warnings": examination.warnings, "unreadable": unreadable, "removed_hidden": examination.removed_hidden,
        }))
    }
}

/// A temporary folder is private; a result is as open as any folder the user makes.
pub(super) fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}
