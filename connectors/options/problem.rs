//! What is wrong with a file of settings: every problem at once, each with its place.
//!
//! Leans on [`SourceText`] for lines and columns. Rule that must hold: a value that may be a secret is never stored here;
//! what a snippet may not show is recorded as a masked range instead.

use std::{fmt, ops::Range, path::PathBuf, sync::Arc};

use rideau_domain::{Bilingual, Lang};
use serde::Serialize;

use super::document::{Document, SourceText};

/// Longest value repeated in a message, in characters.
const VALUE_LENGTH: usize = 80;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The settings cannot be used.
    Error,
    /// The settings can be used, but a person should look.
    Warning,
}

/// One problem, with its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The file.
    pub file: PathBuf,
    /// Line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// Column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// Byte range in the file.
    pub span: Range<usize>,
    /// Which setting: `sources[2].schedule`.
    pub path: String,
    /// The wrong value as written, shortened; absent when there is none to show or when it may be a secret.
    pub value: Option<String>,
    /// What is wrong and what to do.
    pub message: Bilingual,
    /// The nearest allowed value or key, as it would be written.
    pub suggestion: Option<String>,
}

impl Problem {
    /// One line: `rideau.toml:3:9 sources[0].kind: …`, in one language.
    pub fn line_text(&self, lang: Lang) -> String {
        let file = self.file.display();
        let mut text = if self.line == 0 {
            format!("{file}: ")
        } else {
            format!("{file}:{}:{}: ", self.line, self.column)
        };
        if !self.path.is_empty() {
            text.push_str(&self.path);
            text.push_str(match lang {
                Lang::En => ": ",
                Lang::Fr => " : ",
            });
        }
        text.push_str(self.message.get(lang));
        if let Some(help) = self.help(lang) {
            text.push(' ');
            text.push_str(&help);
        }
        text
    }

    /// The suggestion as a sentence.
    pub fn help(&self, lang: Lang) -> Option<String> {
        self.suggestion.as_ref().map(|nearest| match lang {
            Lang::En => format!("Did you mean `{nearest}`?"),
            Lang::Fr => format!("Vouliez-vous dire « {nearest} » ?"),
        })
    }
}

/// All problems of one reading, with the texts they point into.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    sources: Vec<Arc<SourceText>>,
    masks: Vec<(PathBuf, Range<usize>)>,
}

impl Problems {
    /// True when nothing was found, not even a warning.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// True when the settings cannot be used.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|one| one.severity == Severity::Error)
    }

    /// All of them, by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// How many errors and warnings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds the problems of another file.
    pub fn append(&mut self, other: Self) {
        for source in other.sources {
            self.remember(&source);
        }
        self.masks.extend(other.masks);
        self.list.extend(other.list);
        self.sort();
    }

    /// Splits into errors and warnings.
    pub fn split(self) -> (Self, Self) {
        let (errors, warnings) = self
            .list
            .into_iter()
            .partition(|one| one.severity == Severity::Error);
        let with = |list| Self {
            list,
            sources: self.sources.clone(),
            masks: self.masks.clone(),
        };
        (with(errors), with(warnings))
    }

    /// Adds a problem at a place of a document.
    pub fn add(
        &mut self,
        document: &Document,
        span: Range<usize>,
        path: impl Into<String>,
        message: Bilingual,
    ) -> &mut Problem {
        self.add_in(document.source(), span, path.into(), message)
    }

    /// Adds a problem at a setting named by its path (`sources[2].defaults.subject[0]`). When that path is not in the
    /// file, the nearest table above it is pointed at.
    pub fn add_at(&mut self, document: &Document, path: &str, message: Bilingual) -> &mut Problem {
        match document.locate(path) {
            Ok(entry) => entry.wrong(self, message),
            Err(span) => self.add(document, span, path, message),
        }
    }

    /// Adds a problem about a file as a whole (it cannot be read, it is not there).
    pub fn add_file(&mut self, file: impl Into<PathBuf>, message: Bilingual) -> &mut Problem {
        self.push(Problem {
            severity: Severity::Error,
            file: file.into(),
            line: 0,
            column: 0,
            span: 0..0,
            path: String::new(),
            value: None,
            message,
            suggestion: None,
        })
    }

    /// Says that this range of a file is never shown, nor what follows it on its last line: the range of a table made by
    /// dotted keys ends before its value.
    pub fn mask(&mut self, document: &Document, span: Range<usize>) {
        let source = document.source();
        self.remember(source);
        let rest = source.text().get(span.end..).unwrap_or_default();
        let end = span.end + rest.find('\n').unwrap_or(rest.len());
        self.masks.push((source.name().to_owned(), span.start..end));
    }

    /// The text of a file with everything that may be a secret replaced, byte for byte, by `*`.
    pub fn text_of(&self, file: &std::path::Path) -> Option<String> {
        let source = self.sources.iter().find(|one| one.name() == file)?;
        let ranges = self
            .masks
            .iter()
            .filter(|(name, _)| name == file)
            .map(|(_, range)| range.clone());
        Some(super::mask::masked(source.text(), ranges))
    }

    /// Orders by file, place and text, errors and warnings alike.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (&a.file, a.span.start, &a.path, &a.message.en).cmp(&(
                &b.file,
                b.span.start,
                &b.path,
                &b.message.en,
            ))
        });
    }

    pub(super) fn add_in(
        &mut self,
        source: &Arc<SourceText>,
        span: Range<usize>,
        path: String,
        message: Bilingual,
    ) -> &mut Problem {
        self.remember(source);
        let (line, column) = source.position(span.start);
        self.push(Problem {
            severity: Severity::Error,
            file: source.name().to_owned(),
            line,
            column,
            span,
            path,
            value: None,
            message,
            suggestion: None,
        })
    }

    fn push(&mut self, problem: Problem) -> &mut Problem {
        self.list.push(problem);
        self.list.last_mut().expect("one was just pushed")
    }

    fn remember(&mut self, source: &Arc<SourceText>) {
        if !self.sources.iter().any(|one| one.name() == source.name()) {
            self.sources.push(Arc::clone(source));
        }
    }
}

impl Problem {
    /// With the nearest allowed value.
    pub fn suggest(&mut self, nearest: Option<impl Into<String>>) -> &mut Self {
        self.suggestion = nearest.map(Into::into);
        self
    }

    /// With the wrong value as written; shortened when long.
    pub fn showing(&mut self, value: impl Into<String>) -> &mut Self {
        self.value = Some(shortened(&value.into()));
        self
    }

    /// As something to look at, not an error.
    pub fn as_warning(&mut self) -> &mut Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Problems {
    /// One line for each, English: for logs and error chains.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&problem.line_text(Lang::En))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Serialize for Problems {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

/// The allowed word that looks most like `written`, when one is near enough to be meant.
pub fn nearest<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nothing allowed is that long, and comparing takes long.
    if written.len() > 128 {
        return None;
    }
    let folded = fold(written);
    allowed
        .into_iter()
        .map(|word| (score(&folded, &fold(word)), word))
        .filter(|(score, _)| *score >= 0.5)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, word)| word)
}

fn score(written: &str, word: &str) -> f64 {
    let near = strsim::normalized_damerau_levenshtein(written, word);
    // `lease` for `lease_seconds`: a beginning counts, less than a slip of the pen.
    let begins = written.len() >= 3 && (word.starts_with(written) || written.starts_with(word));
    if begins { near.max(0.6) } else { near }
}

fn fold(word: &str) -> String {
    word.chars()
        .map(|one| if one == '-' || one == ' ' { '_' } else { one })
        .flat_map(char::to_lowercase)
        .collect()
}

fn shortened(value: &str) -> String {
    if value.chars().count() <= VALUE_LENGTH {
        return value.to_owned();
    }
    let mut text: String = value.chars().take(VALUE_LENGTH).collect();
    text.push('…');
    text
}

pub(super) fn listed(words: &[&str]) -> Bilingual {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let french: Vec<String> = words.iter().map(|word| format!("« {word} »")).collect();
    Bilingual::new(quoted.join(", "), french.join(", "))
}
