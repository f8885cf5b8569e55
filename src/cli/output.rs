//! Words on the terminal: one language, or JSON.

use std::io::{IsTerminal, Write};

use comfy_table::{ContentArrangement, Table, presets};

use crate::domain::{Bilingual, Lang};

/// Where output goes and in which form.
#[derive(Clone, Debug)]
pub struct Out {
    /// The language.
    pub lang: Lang,
    /// JSON instead of text.
    pub json: bool,
}

/// An error whose words are for people, in both languages.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Said(pub Bilingual);

impl Out {
    /// Output in a language and a form.
    pub fn new(lang: Lang, json: bool) -> Self {
        Self { lang, json }
    }

    /// A line for people; nothing with `--json`.
    pub fn say(&self, text: &Bilingual) {
        if !self.json {
            line(text.get(self.lang));
        }
    }

    /// A line as it is; nothing with `--json`.
    pub fn text(&self, text: &str) {
        if !self.json {
            line(text);
        }
    }

    /// A value as JSON; nothing without `--json`.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn value<T: serde::Serialize>(&self, value: &T) -> Result<(), serde_json::Error> {
        if self.json {
            line(&serde_json::to_string_pretty(value)?);
        }
        Ok(())
    }

    /// A table; nothing with `--json`. Says so when it is empty.
    pub fn table(&self, heads: &[Bilingual], rows: Vec<Vec<String>>) {
        if self.json {
            return;
        }
        if rows.is_empty() {
            self.say(&Bilingual::new("(nothing)", "(rien)"));
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if !std::io::stdout().is_terminal() {
            table.set_width(140);
        }
        table.set_header(heads.iter().map(|head| head.get(self.lang).to_owned()));
        for row in rows {
            table.add_row(row);
        }
        line(&table.to_string());
    }

    /// The text in the output's language.
    pub fn get<'a>(&self, text: &'a Bilingual) -> &'a str {
        text.get(self.lang)
    }

    /// What an error says, in the output's language.
    pub fn failure(&self, error: &anyhow::Error) -> String {
        if let Some(Said(words)) = error.downcast_ref::<Said>() {
            words.get(self.lang).to_owned()
        } else if let Some(step) = error.downcast_ref::<crate::steps::StepError>() {
            step.explain().get(self.lang).to_owned()
        } else if let Some(catalog) = error.downcast_ref::<crate::catalog::CatalogError>() {
            catalog.explain().get(self.lang).to_owned()
        } else {
            format!("{error:#}")
        }
    }

    /// An error, on standard error.
    pub fn failed(&self, error: &anyhow::Error) {
        let text = self.failure(error);
        if self.json {
            eprintln!("{}", serde_json::json!({"error": text}));
        } else {
            eprintln!("rideau: {text}");
        }
    }
}

/// Whoever reads may have gone (`| head`): then nobody is there to tell.
fn line(text: &str) {
    writeln!(std::io::stdout(), "{text}").ok();
}

/// The last characters of an id, as many as a person needs to type: ids made together begin alike.
pub(super) fn short(id: impl std::fmt::Display) -> String {
    let text = id.to_string();
    let skip = text.chars().count().saturating_sub(12);
    text.chars().skip(skip).collect()
}

/// An instant as people read it, to the second.
pub(super) fn instant(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Bytes as people say them, in powers of 1000.
pub(super) fn size(bytes: u64, lang: Lang) -> String {
    let units = match lang {
        Lang::En => ["B", "kB", "MB", "GB", "TB"],
        Lang::Fr => ["o", "ko", "Mo", "Go", "To"],
    };
    let (mut whole, mut rest, mut unit) = (bytes, 0, 0);
    while whole >= 1000 && unit + 1 < units.len() {
        rest = whole % 1000;
        whole /= 1000;
        unit += 1;
    }
    if unit == 0 {
        format!("{whole} {}", units[0])
    } else {
        let point = if lang == Lang::Fr { ',' } else { '.' };
        format!("{whole}{point}{} {}", rest / 100, units[unit])
    }
}
