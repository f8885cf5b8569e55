//! `rideau check`: is the configuration right, are the rules right; nothing is run, nothing is touched.

use std::{path::Path, process::ExitCode};

use clap::Args;
use serde_json::json;

use super::Out;
use crate::{bilingual, config::Settings, setup};

/// Validate the configuration and the rules.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Write the JSON schema for editors to this file instead.
    #[arg(long, value_name = "FILE")]
    write_schema: Option<std::path::PathBuf>,
    /// Write the reference of all settings to this file instead, in the output's language.
    #[arg(long, value_name = "FILE")]
    write_reference: Option<std::path::PathBuf>,
}

impl Check {
    pub(super) fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let kinds = setup::kinds();
        if let Some(file) = &self.write_schema {
            std::fs::write(file, crate::config::schema_text(&kinds))?;
        }
        if let Some(file) = &self.write_reference {
            std::fs::write(file, crate::config::reference(&kinds, out.lang))?;
        }
        if self.write_schema.is_some() || self.write_reference.is_some() {
            return Ok(ExitCode::SUCCESS);
        }
        let loaded = match Settings::load(config, &kinds) {
            Ok(loaded) => loaded,
            Err(problems) => {
                out.value(&json!({"ok": false, "problems": problems}))?;
                out.text(&setup::rendered(&problems, out));
                return Ok(ExitCode::from(1));
            }
        };
        let warnings = &loaded.warnings;
        let book = match setup::rules(&loaded.files) {
            Ok(book) => book,
            Err(problems) => {
                out.value(&json!({"ok": false, "problems": warnings, "rules": problems}))?;
                for problem in &problems {
                    out.text(&problem.line_text(out.lang));
                }
                return Ok(ExitCode::from(1));
            }
        };
        let examples = book.run_examples();
        let wrong: Vec<_> = examples.iter().filter(|outcome| !outcome.passed).collect();
        out.value(&json!({
            "ok": wrong.is_empty(), "problems": warnings, "settings": loaded.settings.to_json(),
            "rules": book.rules().len(), "rule_book": book.hash(), "examples": examples.len(), "wrong": wrong,
        }))?;
        if !warnings.is_empty() {
            out.text(&setup::rendered(warnings, out));
        }
        for outcome in &wrong {
            out.say(&bilingual!(
                "{}:{}: rule {}, example “{}”: expected {}, got {}.",
                "{}:{} : règle {}, exemple « {} » : attendu {}, obtenu {}.",
                outcome.file.display(),
                outcome.line,
                outcome.rule,
                outcome.example,
                outcome.expected,
                outcome.actual
            ));
        }
        if !wrong.is_empty() {
            return Ok(ExitCode::from(1));
        }
        out.say(&bilingual!(
            "The configuration is right: {} sources, {} targets, {} rules, {} examples.",
            "La configuration est correcte : {} sources, {} cibles, {} règles, {} exemples.",
            loaded.settings.sources.len(),
            loaded.settings.targets.len(),
            book.rules().len(),
            examples.len()
        ));
        Ok(ExitCode::SUCCESS)
    }
}
