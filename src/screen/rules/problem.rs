//! Problems in rule files: everything wrong at once, each with the place and the nearest right word.
//!
//! Rule that must hold: a problem always names file, line and column, so that an editor can jump to it.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::domain::Bilingual;

/// Something wrong in a rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleProblem {
    /// The file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The wrong value as written, where there is one.
    pub value: Option<String>,
    /// The nearest allowed value, where one is near enough.
    pub nearest: Option<String>,
    /// What is wrong and what to do.
    pub message: Bilingual,
}

impl RuleProblem {
    /// A file that cannot be read at all.
    pub fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self {
            file: file.to_path_buf(),
            line: 1,
            column: 1,
            value: None,
            nearest: None,
            message: crate::bilingual!(
                "The file cannot be read: {error}. Check the path and the rights.",
                "Le fichier est illisible : {error}. Vérifiez le chemin et les droits."
            ),
        }
    }

    /// The problem on one line, as compilers write it.
    pub fn line_text(&self, lang: crate::domain::Lang) -> String {
        format!(
            "{}:{}:{}: {}",
            self.file.display(),
            self.line,
            self.column,
            self.message.get(lang)
        )
    }
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file.display(),
            self.line,
            self.column,
            self.message
        )
    }
}

impl std::error::Error for RuleProblem {}

/// Collects the problems of one file.
pub(super) struct Problems<'a> {
    file: &'a Path,
    source: &'a str,
    pub(super) list: Vec<RuleProblem>,
    /// Names of lists of phrases that were used; whether there are such lists is known when all files are read.
    pub(super) tags: Vec<TagUse>,
}

/// The use of a list of phrases, with its place.
pub(super) struct TagUse {
    file: PathBuf,
    line: u32,
    column: u32,
    tag: String,
}

impl TagUse {
    /// The problem, when there is no such list.
    pub(super) fn check(&self, known: &[&str]) -> Option<RuleProblem> {
        let tag = &self.tag;
        if known.contains(&tag.as_str()) {
            return None;
        }
        let nearest = nearest(tag, known);
        let message = with_hint(
            &crate::bilingual!(
                "There is no list of phrases `{tag}` ([phrases.{tag}]) in the rule files.",
                "Il n’y a pas de liste d’expressions « {tag} » ([phrases.{tag}]) dans les fichiers de règles."
            ),
            nearest,
            known,
        );
        Some(RuleProblem {
            file: self.file.clone(),
            line: self.line,
            column: self.column,
            value: Some(tag.clone()),
            nearest: nearest.map(str::to_owned),
            message,
        })
    }
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a Path, source: &'a str) -> Self {
        Self {
            file,
            source,
            list: Vec::new(),
            tags: Vec::new(),
        }
    }

    /// Notes the use of a list of phrases at a byte offset of the file.
    pub(super) fn tag(&mut self, offset: usize, tag: &str) {
        let (line, column) = line_and_column(self.source, offset);
        self.tags.push(TagUse {
            file: self.file.to_owned(),
            line,
            column,
            tag: tag.to_owned(),
        });
    }

    pub(super) fn source(&self) -> &'a str {
        self.source
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> u32 {
        line_and_column(self.source, offset).0
    }

    /// Notes a problem at a byte offset of the file.
    pub(super) fn at(&mut self, offset: usize, message: Bilingual) {
        self.push(offset, None, None, message);
    }

    /// Notes a wrong value, and adds the nearest allowed one to the message.
    pub(super) fn wrong<'w>(
        &mut self,
        offset: usize,
        value: &str,
        allowed: impl IntoIterator<Item = &'w str>,
        message: &Bilingual,
    ) {
        let allowed: Vec<&str> = allowed.into_iter().collect();
        let nearest = nearest(value, &allowed);
        let message = with_hint(message, nearest, &allowed);
        self.push(
            offset,
            Some(value.to_owned()),
            nearest.map(str::to_owned),
            message,
        );
    }

    fn push(
        &mut self,
        offset: usize,
        value: Option<String>,
        nearest: Option<String>,
        message: Bilingual,
    ) {
        let (line, column) = line_and_column(self.source, offset);
        self.list.push(RuleProblem {
            file: self.file.to_owned(),
            line,
            column,
            value,
            nearest,
            message,
        });
    }
}

/// Adds "did you mean" or the list of allowed values.
fn with_hint(message: &Bilingual, nearest: Option<&str>, allowed: &[&str]) -> Bilingual {
    if let Some(near) = nearest {
        return Bilingual::new(
            format!("{} Did you mean `{near}`?", message.en),
            format!("{} Vouliez-vous dire « {near} »?", message.fr),
        );
    }
    if allowed.is_empty() {
        return message.clone();
    }
    let list = allowed.join(", ");
    Bilingual::new(
        format!("{} Allowed: {list}.", message.en),
        format!("{} Valeurs permises : {list}.", message.fr),
    )
}

/// The nearest of some words, when it is near enough to be a slip of the hand.
pub(super) fn nearest<'w>(value: &str, allowed: &[&'w str]) -> Option<&'w str> {
    allowed
        .iter()
        .map(|word| (strsim::damerau_levenshtein(value, word), *word))
        .filter(|(distance, word)| {
            let length = word.chars().count();
            *distance <= length.max(3) / 3 && *distance < length
        })
        .min()
        .map(|(_, word)| word)
}

/// Line and column (both from 1, column in characters) of a byte offset.
fn line_and_column(source: &str, offset: usize) -> (u32, u32) {
    let mut end = offset.min(source.len());
    while !source.is_char_boundary(end) {
        end -= 1;
    }
    let before = &source[..end];
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |text| text.chars().count())
        + 1;
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (narrow(line), narrow(column))
}

/// Where a text stands in its file, so that an offset in the text becomes an offset in the file.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    start: usize,
    exact: bool,
}

impl Origin {
    /// The origin of a TOML string whose token covers `span`.
    pub(super) fn of_string(source: &str, span: &Range<usize>, decoded: &str) -> Self {
        let raw = source.get(span.clone()).unwrap_or_default();
        for quote in ["'''", "\"\"\"", "'", "\""] {
            let Some(inner) = raw
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote))
            else {
                continue;
            };
            let mut skipped = quote.len();
            let mut text = inner;
            if quote.len() == 3 {
                for newline in ["\r\n", "\n"] {
                    if let Some(rest) = text.strip_prefix(newline) {
                        skipped += newline.len();
                        text = rest;
                        break;
                    }
                }
            }
            return if text == decoded {
                Self {
                    start: span.start + skipped,
                    exact: true,
                }
            } else {
                Self {
                    start: span.start,
                    exact: false,
                }
            };
        }
        Self {
            start: span.start,
            exact: false,
        }
    }

    /// The offset in the file of a byte of the text; the text's start when escapes make it uncertain.
    pub(super) fn offset(&self, within: usize) -> usize {
        if self.exact {
            self.start + within
        } else {
            self.start
        }
    }
}
