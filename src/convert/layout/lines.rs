//! The filled lines of a strip, their cells read once.
//!
//! Rule that must hold: a cell is read for what it is here and nowhere else; later steps compare, they do not read again.

use std::collections::{BTreeMap, BTreeSet};

use crate::grid::{CellKind, Grid};
use crate::looks::look;
use crate::{periods, text};

/// What kind of value stands in a cell, as far as columns are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Number,
    Day,
    Code,
    Text,
}

/// A cell as words: read once, used by every line that shows it.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) kind: CellKind,
    pub(crate) period: bool,
    pub(crate) bold: bool,
    pub(crate) number: Option<f64>,
    pub(crate) chars: usize,
}

/// Reads every cell of a grid.
pub(crate) fn words(grid: &Grid) -> Vec<Word> {
    grid.cells
        .iter()
        .map(|cell| {
            let text = text::normal(&cell.text);
            let kind = match cell.kind {
                CellKind::Text => text::kind_of(&text),
                CellKind::Error => CellKind::Code,
                other => other,
            };
            let number = cell.number.or_else(|| {
                (kind == CellKind::Number)
                    .then(|| text::number_of(&text))
                    .flatten()
            });
            Word {
                period: periods::is_period(&text),
                chars: text.chars().count(),
                bold: cell.bold,
                text,
                kind,
                number,
            }
        })
        .collect()
}

/// A cell on a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) col: u32,
    pub(crate) word: usize,
    pub(crate) kind: CellKind,
}

/// A filled line of a strip.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one look of the line, and they combine freely"
)]
pub(crate) struct Line {
    pub(crate) row: u32,
    pub(crate) spots: Vec<Spot>,
    /// First spot of each run of the same text side by side.
    pub(crate) runs: Vec<Spot>,
    /// Usual sort of value per column in the lines below and above.
    pub(crate) below: Vec<(u32, Sort)>,
    pub(crate) above: Vec<(u32, Sort)>,
    pub(crate) has_below: bool,
    /// Share of cells that are of the usual sort below and above; none when nothing can be compared.
    pub(crate) agrees_below: Option<f64>,
    pub(crate) agrees_above: Option<f64>,
    /// Share of cells that are words over numbers or days.
    pub(crate) words_over: f64,
    /// Share of cells that are numbers over words.
    pub(crate) numbers_over: f64,
    pub(crate) repeated: f64,
    pub(crate) length_differs: f64,
    pub(crate) figures: f64,
    pub(crate) label_words: f64,
    pub(crate) labels: f64,
    pub(crate) bold: f64,
    pub(crate) longest: usize,
    /// Numbers, days and codes that are no periods.
    pub(crate) values: usize,
    /// Numbers and days among days, that are no periods.
    pub(crate) plain: usize,
    pub(crate) codes: usize,
    pub(crate) starts_first: bool,
    pub(crate) unit: bool,
    pub(crate) note: bool,
    pub(crate) periods: bool,
    pub(crate) counts_up: bool,
    pub(crate) varies: bool,
}

impl Line {
    pub(crate) fn fill(&self) -> usize {
        self.spots.len()
    }

    pub(crate) fn run_count(&self) -> usize {
        self.runs.len()
    }

    pub(crate) fn first_col(&self) -> u32 {
        self.spots.first().map_or(0, |spot| spot.col)
    }

    pub(crate) fn last_col(&self) -> u32 {
        self.spots.last().map_or(0, |spot| spot.col)
    }

    pub(crate) fn at(&self, col: u32) -> Option<&Spot> {
        self.spots
            .binary_search_by_key(&col, |spot| spot.col)
            .ok()
            .map(|index| &self.spots[index])
    }

    /// The word in the first cell.
    pub(crate) fn lead<'a>(&self, words: &'a [Word]) -> Option<&'a Word> {
        self.spots.first().and_then(|spot| words.get(spot.word))
    }

    /// The texts of its cells.
    pub(crate) fn texts<'a>(&'a self, words: &'a [Word]) -> impl Iterator<Item = &'a str> + 'a {
        self.spots.iter().map(|spot| words[spot.word].text.as_str())
    }
}

/// A share, 0 when there is nothing to share.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of cells stay far below 2^52"
)]
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

pub(crate) fn usual(columns: &[(u32, Sort)], col: u32) -> Option<Sort> {
    columns
        .binary_search_by_key(&col, |&(at, _)| at)
        .ok()
        .map(|index| columns[index].1)
}

/// The lines of some rows within a range of columns, and the width of the widest but one.
pub(crate) fn lines(
    placed: &BTreeMap<(u32, u32), usize>,
    words: &[Word],
    rows: &[u32],
    first_col: u32,
    last_col: u32,
) -> (Vec<Line>, usize) {
    let mut lines = Vec::with_capacity(rows.len());
    for &row in rows {
        let spots: Vec<Spot> = placed
            .range((row, first_col)..=(row, last_col))
            .map(|(&(_, col), &word)| Spot {
                col,
                word,
                kind: words[word].kind,
            })
            .collect();
        if spots.is_empty() {
            continue;
        }
        let runs = runs(&spots, words);
        lines.push(Line {
            row,
            spots,
            runs,
            ..Line::default()
        });
    }
    let mut fills: Vec<usize> = lines.iter().map(Line::fill).collect();
    fills.sort_unstable();
    fills.reverse();
    let width = fills.get(1).or(fills.first()).copied().unwrap_or(1).max(1);
    learn_codes(&mut lines, words);
    look(&mut lines, words, width);
    (lines, width)
}

/// The first spots of runs of the same text side by side.
pub(crate) fn runs(spots: &[Spot], words: &[Word]) -> Vec<Spot> {
    let mut runs: Vec<Spot> = Vec::new();
    let mut before: Option<&Spot> = None;
    for spot in spots {
        let goes_on = spot.kind == CellKind::Text
            && before.is_some_and(|last| {
                last.col.checked_add(1) == Some(spot.col)
                    && words[last.word].text == words[spot.word].text
            });
        if !goes_on {
            runs.push(*spot);
        }
        before = Some(spot);
    }
    runs
}

/// Short words that stand where numbers stand in at least three rows of numbers are codes of this table.
fn learn_codes(lines: &mut [Line], words: &[Word]) {
    let figure = |spot: &Spot| matches!(spot.kind, CellKind::Number | CellKind::Code);
    let mut columns: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for spot in lines.iter().flat_map(|line| &line.spots) {
        let (figures, all) = columns.entry(spot.col).or_default();
        *figures += usize::from(figure(spot));
        *all += 1;
    }
    let of_figures = |col: u32| {
        columns
            .get(&col)
            .is_some_and(|&(figures, all)| figures * 10 >= all * 6)
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for line in &*lines {
        let figures = line.spots.iter().filter(|spot| figure(spot)).count();
        let quantities = line
            .spots
            .iter()
            .filter(|spot| figure(spot) && !words[spot.word].period)
            .count();
        if quantities == 0 || (line.fill() > 1 && figures * 3 < line.fill()) {
            continue;
        }
        let here: BTreeSet<String> = line
            .spots
            .iter()
            .filter(|spot| {
                spot.kind == CellKind::Text
                    && words[spot.word].chars <= 14
                    && of_figures(spot.col)
                    && columns.get(&spot.col).is_some_and(|&(_, all)| all >= 4)
            })
            .map(|spot| words[spot.word].text.to_lowercase())
            .collect();
        for word in here {
            *seen.entry(word).or_default() += 1;
        }
    }
    seen.retain(|word, count| *count >= 3 && !periods::is_period(word));
    if seen.is_empty() {
        return;
    }
    for line in lines {
        for spot in line.spots.iter_mut().skip(1) {
            if spot.kind == CellKind::Text
                && words[spot.word].chars <= 14
                && of_figures(spot.col)
                && seen.contains_key(&words[spot.word].text.to_lowercase())
            {
                spot.kind = CellKind::Code;
            }
        }
    }
}

/// The sort of a spot.
pub(crate) fn sort_of(spot: &Spot, words: &[Word]) -> Sort {
    match spot.kind {
        CellKind::Number | CellKind::Bool => Sort::Number,
        CellKind::Date => Sort::Day,
        CellKind::Code | CellKind::Error => Sort::Code,
        CellKind::Text if words[spot.word].period => Sort::Day,
        CellKind::Text => Sort::Text,
    }
}
