//! `rideau redact`: copies of files without what rules ask to be taken out, here and now, without a catalog.
//!
//! Rule that must hold: a copy is left in the output folder only when it was screened from its own bytes and nothing that removal
//! was to lift stands in it.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use serde_json::{Value, json};

use super::{
    Out,
    oneoff::{examine, open_to_all, progress, wanted},
    output::Said,
    screen::{document, judges, recheck},
};
use crate::{
    bilingual,
    convert::Wanted,
    domain::{Bilingual, Effect, Fact, Finding, RuleSet, Treatment, effect_of},
    sandbox::{Limits, Sandbox},
    screen::{
        facts::DetectSettings,
        rules::{RuleBook, residual},
    },
    setup,
    steps::{examine::Examination, redact::places},
};

/// Take out of copies what rules ask for, here and now.
#[derive(Debug, Args)]
pub(super) struct Redact {
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
}

/// What the work on all files leans on.
struct Desk<'a> {
    sandbox: Sandbox,
    book: RuleBook,
    detect: DetectSettings,
    wanted: Wanted,
    out: &'a Out,
}

impl Redact {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let (book, detect) = judges(config, out)?;
        let desk = Desk {
            sandbox: Sandbox::of_this_program(Limits::default())?,
            book,
            detect,
            wanted: Wanted {
                units: true,
                ..wanted(&self.to, false)?
            },
            out,
        };
        std::fs::create_dir_all(&self.output)?;
        let bar = progress(self.files.len());
        let (mut held, mut failed) = (false, false);
        let mut results = Vec::new();
        for file in &self.files {
            bar.set_message(file.display().to_string());
            match self.one(&desk, file).await {
                Ok((value, written)) => {
                    held |= !written;
                    results.push(value);
                }
                Err(error) => {
                    failed = true;
                    bar.suspend(|| out.failed(&error.context(file.display().to_string())));
                    results.push(json!({"file": file, "written": false}));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        out.value(&results)?;
        Ok(match (failed, held) {
            (true, _) => ExitCode::from(2),
            (false, true) => ExitCode::from(1),
            (false, false) => ExitCode::SUCCESS,
        })
    }

    async fn one(&self, desk: &Desk<'_>, file: &Path) -> anyhow::Result<(Value, bool)> {
        let out = desk.out;
        let making = tempfile::Builder::new()
            .prefix("making-")
            .tempdir_in(&self.output)?;
        let scratch = tempfile::tempdir()?;
        let (first, second) = (scratch.path().join("first"), scratch.path().join("second"));
        std::fs::create_dir(&first)?;
        std::fs::create_dir(&second)?;
        let before = desk.examine(file, &first, &desk.wanted).await?;
        let original = desk.judge(file, &before, before.facts.clone());
        let asked = places(
            original.iter().map(|finding| (finding, Vec::new())),
            &before.facts,
        );
        let again = Wanted {
            redact: asked,
            ..desk.wanted.clone()
        };
        let examination = desk.examine(file, making.path(), &again).await?;
        let folders = [making.path(), second.as_path()];
        let facts = recheck(
            &desk.sandbox,
            &examination.renditions,
            folders,
            &desk.detect,
            desk.book.phrases(),
        )
        .await?;
        let found = desk.judge(file, &examination, facts);
        let mut applied = Vec::new();
        if examination.removed_hidden {
            applied.push(Treatment::RemoveHidden);
        }
        if examination.redacted.is_done() {
            applied.push(Treatment::RedactSpans);
        }
        let standing = residual(&original, &applied, &found);
        let removed = if examination.redacted.is_done() {
            examination.redacted.removed.as_slice()
        } else {
            &[]
        };
        let written = effect_of(&standing) < Effect::Redact && !examination.renditions.is_empty();
        out.text(&file.display().to_string());
        for warning in &examination.redacted.warnings() {
            let at = &warning.place.at;
            out.text(&format!("  ! {} [{at}]", out.get(&warning.message)));
        }
        for removal in removed {
            out.text(&format!(
                "  ✂ {} @ {} [{}; {}]",
                removal.masked, removal.place.at, removal.section, removal.rule
            ));
        }
        for finding in standing.iter().filter(|f| f.effect > Effect::Expire) {
            out.text(&format!(
                "  ■ {:<8} {} ({} {})",
                finding.effect.as_str(),
                out.get(&finding.text),
                finding.basis.act,
                finding.basis.section
            ));
        }
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = self.output.join(name);
        // An earlier copy, made under other rules perhaps, must not be taken for this one's.
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        if written {
            std::fs::rename(making.keep(), &folder)?;
            open_to_all(&folder)?;
            out.say(&bilingual!(
                "  → {}: {} places taken out",
                "  → {} : {} passages retirés",
                folder.display(),
                removed.len()
            ));
        } else {
            out.say(&Bilingual::new(
                "  ✗ No copy was left: it would still hold what must not go.",
                "  ✗ Aucune copie n’est laissée : elle contiendrait encore ce qui ne doit pas sortir.",
            ));
        }
        let value = json!({
            "file": file, "folder": written.then_some(&folder), "written": written, "removed": removed,
            "refused": examination.redacted.refused, "standing": standing,
            "renditions": if written { json!(examination.renditions) } else { json!([]) },
        });
        Ok((value, written))
    }
}

impl Desk<'_> {
    async fn examine(
        &self,
        file: &Path,
        output: &Path,
        wanted: &Wanted,
    ) -> anyhow::Result<Examination> {
        let phrases = self.book.phrases();
        let examined = examine(&self.sandbox, file, output, wanted, &self.detect, phrases).await?;
        Ok(examined.map_err(|error| Said(error.explain()))?)
    }

    fn judge(&self, file: &Path, examination: &Examination, facts: Vec<Fact>) -> Vec<Finding> {
        let document = document(file, &examination.format, facts);
        self.book
            .evaluate(RuleSet::Release, &document, setup::now())
            .findings
    }
}
