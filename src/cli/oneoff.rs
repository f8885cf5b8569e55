//! `rideau convert` and `rideau screen`: files, here and now, without a catalog.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{Out, output::size};
use crate::{
    bilingual,
    convert::Wanted,
    domain::{
        Bilingual, Effect, Fact, FactDetail, Finding, RuleSet, Sha256, Treatment, fingerprints,
    },
    sandbox::{Job, Limits, Sandbox, SandboxError},
    screen::{
        facts::DetectSettings,
        phrases::PhraseLists,
        rules::{Clearance, FactsDocument, ItemFacts, RecordFacts, RuleBook, residual},
        sarif::{FileFindings, FoundInFile, sarif},
    },
    setup,
    steps::examine::{EXAMINE, Examination, ExamineRequest, RECHECK, Recheck, RecheckRequest},
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
    /// Only these, separated by commas: csv, parquet, table_schema, html, markdown.
    #[arg(long, value_delimiter = ',')]
    to: Vec<String>,
    /// Put an apostrophe before text that a spreadsheet would take for a formula.
    #[arg(long)]
    quote_formulas: bool,
}

/// Screen files, here and now.
#[derive(Debug, Args)]
pub(super) struct Screen {
    /// The files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Which question: release or transfer.
    #[arg(long, value_parser = ["release", "transfer"], default_value = "release")]
    set: String,
    /// Show all facts, not only what rules object to.
    #[arg(long)]
    facts: bool,
    /// Form of the answer: words, or SARIF 2.1.0 for tools that compare and track findings.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Words, or JSON with --json.
    Text,
    /// SARIF 2.1.0.
    Sarif,
}

const KINDS: [&str; 5] = ["csv", "parquet", "table_schema", "html", "markdown"];

pub(super) fn wanted(to: &[String], quote_formulas: bool) -> Result<Wanted, super::output::Said> {
    if let Some(unknown) = to.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(super::output::Said(bilingual!(
            "{unknown} cannot be made. There are: {}.",
            "{unknown} ne peut être produit. Il y a : {}.",
            KINDS.join(", ")
        )));
    }
    let list: Vec<String> = if to.is_empty() {
        KINDS.iter().map(|kind| (*kind).to_owned()).collect()
    } else {
        to.to_vec()
    };
    Ok(Wanted {
        tables: list.clone(),
        documents: list,
        quote_formulas,
        small_cells_below: 6,
    })
}

fn progress(files: usize) -> ProgressBar {
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
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}

impl Screen {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        // The department's own rules and labels where there is a configuration; else those the program comes with.
        let (book, detect) = if config.exists() {
            let loaded = setup::load(config, out)?;
            (
                setup::rules_or_words(&loaded.files, out)?,
                setup::detect(&loaded.settings),
            )
        } else {
            (setup::built_in_rules()?, DetectSettings::default())
        };
        let set = if self.set == "transfer" {
            RuleSet::Transfer
        } else {
            RuleSet::Release
        };
        let sandbox = Sandbox::of_this_program(Limits::default())?;
        let bar = progress(self.files.len());
        let (mut found, mut failed) = (false, false);
        let mut results = Vec::new();
        let mut findings = Vec::new();
        // The log is the whole answer: nothing else is said beside it.
        let words = Out::new(out.lang, out.json || self.format == Format::Sarif);
        for file in &self.files {
            bar.set_message(file.display().to_string());
            match self.one(&sandbox, &book, &detect, file, set, &words).await {
                Ok((value, clean, of_file)) => {
                    found |= !clean;
                    results.push(value);
                    findings.push(of_file);
                }
                Err(error) => {
                    failed = true;
                    findings.push(FileFindings {
                        file: file.clone(),
                        findings: Vec::new(),
                        failure: Some(out.failure(&error)),
                    });
                    bar.suspend(|| out.failed(&error.context(file.display().to_string())));
                    results.push(json!({"file": file, "failed": true}));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        match self.format {
            Format::Text => out.value(&results)?,
            Format::Sarif => words.value(&sarif(&book, &findings, out.lang))?,
        }
        Ok(match (failed, found) {
            (true, _) => ExitCode::from(2),
            (false, true) => ExitCode::from(1),
            (false, false) => ExitCode::SUCCESS,
        })
    }

    async fn one(
        &self,
        sandbox: &Sandbox,
        book: &RuleBook,
        detect: &DetectSettings,
        file: &Path,
        set: RuleSet,
        out: &Out,
    ) -> anyhow::Result<(serde_json::Value, bool, FileFindings)> {
        let scratch = tempfile::tempdir()?;
        let output = scratch.path().join("out");
        let second = scratch.path().join("second");
        std::fs::create_dir(&output)?;
        std::fs::create_dir(&second)?;
        let everything = wanted(&[], false)?;
        let examination = examine(sandbox, file, &output, &everything, detect, book.phrases())
            .await?
            .map_err(|error| super::output::Said(error.explain()))?;
        let mut of_renditions = Vec::new();
        for batch in examination.renditions.chunks(32) {
            let request = RecheckRequest {
                renditions: batch
                    .iter()
                    .map(|file| (file.name.clone(), file.kind))
                    .collect(),
                detect: detect.clone(),
                phrases: book.phrases().clone(),
            };
            let mut paths = batch
                .iter()
                .map(|file| output.join(&file.name))
                .collect::<Vec<_>>()
                .into_iter();
            let Some(first) = paths.next() else { continue };
            let mut job =
                Job::new(RECHECK, first, &second).request(serde_json::to_value(&request)?);
            job.extra_inputs = paths.collect();
            let outcome = sandbox
                .run(job)
                .await
                .map_err(|error| super::output::Said(error.explain()))?;
            of_renditions.extend(serde_json::from_value::<Recheck>(outcome.value)?.facts);
        }
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let document = |facts| FactsDocument {
            item: ItemFacts {
                name: name.clone(),
                path: file.display().to_string(),
                source: "file".to_owned(),
                size_bytes: std::fs::metadata(file).map_or(0, |meta| meta.len()),
                modified: None,
            },
            format: examination.format.clone(),
            clearance: Some(Clearance::None),
            record: RecordFacts::without_system(),
            attributes: Vec::new(),
            facts,
        };
        let now = setup::now();
        let original = book
            .evaluate(set, &document(examination.facts.clone()), now)
            .findings;
        let again = if examination.renditions.is_empty() {
            Vec::new()
        } else {
            book.evaluate(set, &document(of_renditions.clone()), now)
                .findings
        };
        let applied: Vec<Treatment> = examination
            .removed_hidden
            .then_some(Treatment::RemoveHidden)
            .into_iter()
            .collect();
        let standing = residual(&original, &applied, &again);
        let effect = crate::domain::effect_of(&standing);
        let clean = effect <= Effect::Expire;
        let nothing = Bilingual::new("nothing stands against it", "rien ne s’y oppose");
        out.text(&format!(
            "{} ({}): {}",
            file.display(),
            examination.format.name,
            if clean {
                out.get(&nothing)
            } else {
                effect.as_str()
            }
        ));
        for finding in &original {
            let mark = if standing.contains(finding) {
                "■"
            } else {
                "□"
            };
            out.text(&format!(
                "  {mark} {:<8} {} ({} {})",
                finding.effect.as_str(),
                out.get(&finding.text),
                finding.basis.act,
                finding.basis.section
            ));
            for fact in finding
                .evidence
                .iter()
                .filter_map(|index| examination.facts.get(*index))
                .take(if self.facts { usize::MAX } else { 5 })
            {
                out.text(&format!("      {} @ {}", fact.masked, fact.place.at));
            }
        }
        if original.iter().any(|finding| !standing.contains(finding)) {
            out.say(&Bilingual::new(
                "  (□: lifted, because the open copies leave it out and were screened again)",
                "  (□ : levé, car les copies ouvertes l’écartent et ont été vérifiées de nouveau)",
            ));
        }
        let with_evidence = |finding: &Finding, facts: &[Fact], stands| FoundInFile {
            evidence: finding
                .evidence
                .iter()
                .filter_map(|index| facts.get(*index).cloned())
                .collect(),
            finding: finding.clone(),
            stands,
        };
        let of_file = FileFindings {
            file: file.to_path_buf(),
            findings: original
                .iter()
                .map(|finding| {
                    with_evidence(finding, &examination.facts, standing.contains(finding))
                })
                .chain(
                    again
                        .iter()
                        .filter(|finding| standing.contains(finding) && !original.contains(finding))
                        .map(|finding| with_evidence(finding, &of_renditions, true)),
                )
                .collect(),
            failure: None,
        };
        // Names that stay the same between versions, for each rule.
        let names: BTreeMap<&str, Vec<String>> = original
            .iter()
            .map(|finding| {
                let evidence = finding
                    .evidence
                    .iter()
                    .filter_map(|index| examination.facts.get(*index));
                (finding.rule.as_str(), fingerprints(&finding.rule, evidence))
            })
            .collect();
        Ok((
            json!({
                "file": file, "format": examination.format, "effect": effect, "clean": clean,
                "findings": original, "standing": standing, "names": names,
                "facts": if self.facts { json!(examination.facts) } else { json!(examination.facts.len()) },
            }),
            clean,
            of_file,
        ))
    }
}
