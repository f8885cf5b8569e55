//! `rideau screen`: files, here and now, without a catalog.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    Out,
    oneoff::{examine, progress, wanted},
};
use crate::{
    convert::Wanted,
    domain::{Bilingual, Effect, Fact, Finding, RenditionFile, RuleSet, Treatment, fingerprints},
    sandbox::{Job, Limits, Sandbox},
    screen::{
        facts::DetectSettings,
        phrases::PhraseLists,
        rules::{Clearance, FactsDocument, ItemFacts, RecordFacts, RuleBook, residual},
        sarif::{FileFindings, FoundInFile, sarif},
    },
    setup,
    steps::examine::{RECHECK, Recheck, RecheckRequest},
};

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

/// The department's own rules and labels where there is a configuration; else those the program comes with.
pub(super) fn judges(config: &Path, out: &Out) -> anyhow::Result<(RuleBook, DetectSettings)> {
    if !config.exists() {
        return Ok((setup::built_in_rules()?, DetectSettings::default()));
    }
    let loaded = setup::load(config, out)?;
    Ok((
        setup::rules_or_words(&loaded.files, out)?,
        setup::detect(&loaded.settings),
    ))
}

/// The facts about renditions in a folder, from their own bytes. The folders: where they are, and one to work in.
pub(super) async fn recheck(
    sandbox: &Sandbox,
    renditions: &[RenditionFile],
    [folder, second]: [&Path; 2],
    detect: &DetectSettings,
    phrases: &PhraseLists,
) -> anyhow::Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for batch in renditions.chunks(32) {
        let request = RecheckRequest {
            renditions: batch
                .iter()
                .map(|file| (file.name.clone(), file.kind))
                .collect(),
            detect: detect.clone(),
            phrases: phrases.clone(),
            protected: false,
        };
        let mut paths = batch
            .iter()
            .map(|file| folder.join(&file.name))
            .collect::<Vec<_>>()
            .into_iter();
        let Some(first) = paths.next() else { continue };
        let mut job = Job::new(RECHECK, first, second).request(serde_json::to_value(&request)?);
        job.extra_inputs = paths.collect();
        let outcome = sandbox
            .run(job)
            .await
            .map_err(|error| super::output::Said(error.explain()))?;
        facts.extend(serde_json::from_value::<Recheck>(outcome.value)?.facts);
    }
    Ok(facts)
}

/// What rules are asked about a file that no records system knows.
pub(super) fn document(
    file: &Path,
    format: &crate::domain::Format,
    facts: Vec<Fact>,
) -> FactsDocument {
    FactsDocument {
        item: ItemFacts {
            name: file
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            path: file.display().to_string(),
            source: "file".to_owned(),
            size_bytes: std::fs::metadata(file).map_or(0, |meta| meta.len()),
            modified: None,
        },
        format: format.clone(),
        clearance: Some(Clearance::None),
        record: RecordFacts::without_system(),
        attributes: Vec::new(),
        facts,
    }
}

impl Screen {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let (book, detect) = judges(config, out)?;
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
        let everything = Wanted {
            units: true,
            ..wanted(&[], false)?
        };
        let examination = examine(sandbox, file, &output, &everything, detect, book.phrases())
            .await?
            .map_err(|error| super::output::Said(error.explain()))?;
        let of_renditions = recheck(
            sandbox,
            &examination.renditions,
            [&output, &second],
            detect,
            book.phrases(),
        )
        .await?;
        let document = |facts| document(file, &examination.format, facts);
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
