//! Problems as a person in front of a terminal reads them.
//!
//! Leans on `miette` for the picture of the line. Rule that must hold: only the masked text of a file is ever drawn, and
//! of it only the line that is meant.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, Severity as Level, SourceCode, SourceSpan, SpanContents,
};
use rideau_connectors::options::{Problem, Problems, Severity};
use rideau_domain::Lang;

/// Characters shown on each side of a place.
const MOST_SHOWN: usize = 120;

/// All problems in one language, each with its line; `color` for terminals, `width` in columns.
pub fn render(problems: &Problems, lang: Lang, color: bool, width: usize) -> String {
    let theme = if color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_context_lines(1)
        .with_width(width)
        .with_links(false);
    let mut page = String::new();
    for problem in problems.iter() {
        let shown = Shown::new(problem, problems, lang);
        if handler.render_report(&mut page, &shown).is_err() {
            page.push_str(&problem.line_text(lang));
            page.push('\n');
        }
    }
    page
}

#[derive(Debug)]
struct Shown {
    text: String,
    level: Level,
    source: Option<OneLine>,
    label: LabeledSpan,
}

impl Shown {
    fn new(problem: &Problem, problems: &Problems, lang: Lang) -> Self {
        let masked = (problem.line > 0)
            .then(|| problems.text_of(&problem.file))
            .flatten();
        let mut text = problem.message.get(lang).to_owned();
        if !problem.path.is_empty() {
            let colon = if lang == Lang::Fr { " : " } else { ": " };
            text = format!("{}{colon}{text}", problem.path);
        }
        if masked.is_none() {
            text = format!("{}: {text}", problem.file.display());
        }
        let body = masked.unwrap_or_default();
        let start = problem.span.start.min(body.len());
        let line_start = body
            .get(..start)
            .and_then(|before| before.rfind('\n'))
            .map_or(0, |at| at + 1);
        let rest = body.get(start..).unwrap_or_default();
        let line_end = start + rest.find(['\n', '\r']).unwrap_or(rest.len());
        // Of a long line, only what is around the place: drawing a whole one takes very long.
        let line_start = start
            - nearby(
                body.get(line_start..start)
                    .unwrap_or_default()
                    .chars()
                    .rev(),
            );
        let line_end = start + nearby(body.get(start..line_end).unwrap_or_default().chars());
        let length = problem.span.end.clamp(start, line_end) - start;
        Self {
            text,
            level: match problem.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
            },
            label: LabeledSpan::new(problem.help(lang), start, length),
            source: (problem.line > 0).then(|| OneLine {
                file: problem.file.to_string_lossy().into_owned(),
                text: body
                    .get(line_start..line_end)
                    .unwrap_or_default()
                    .to_owned(),
                start: line_start,
                line: problem.line.saturating_sub(1),
                column: problem.column.saturating_sub(1),
            }),
        }
    }
}

/// How many bytes the first characters have, as many as are shown on one side.
fn nearby(chars: impl Iterator<Item = char>) -> usize {
    chars.take(MOST_SHOWN).map(char::len_utf8).sum()
}

/// One line of a file, at its place. Whatever is asked for, no other line is shown.
#[derive(Debug)]
struct OneLine {
    file: String,
    text: String,
    /// Byte offset in the file.
    start: usize,
    /// From 0.
    line: usize,
    /// Of the problem, from 0.
    column: usize,
}

impl SourceCode for OneLine {
    fn read_span<'a>(
        &'a self,
        _: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Without context, only the place for the headline is asked for; else the line, which begins at column 0.
        let column = if before == 0 { self.column } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.clone(),
            self.text.as_bytes(),
            (self.start, self.text.len()).into(),
            self.line,
            column,
            1,
        )))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<Level> {
        Some(self.level)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        Some(Box::new(std::iter::once(self.label.clone())))
    }
}
