//! The filled lines of a strip and what each looks like beside its neighbours.
//!
//! Rule that must hold: the work for a line is bounded by its own cells and those of twenty lines after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::grid::{CellKind, Grid};
use crate::{periods, text, wording};

/// How many lines before and after are looked through for the usual kind of a column.
const REACH: usize = 12;
/// How many of those count.
const COUNTED: usize = 8;
/// How many lines after are searched for the same text.
const REPEAT: usize = 20;

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

/// Fills in what each line looks like.
fn look(lines: &mut [Line], words: &[Word], width: usize) {
    let first = lines
        .iter()
        .filter(|line| line.run_count() >= 2)
        .map(Line::first_col)
        .min()
        .unwrap_or(0);
    for index in 0..lines.len() {
        let counts = |line: &&Line| line.run_count() >= 2 || width <= 2;
        let after = &lines[index + 1..lines.len().min(index + 1 + REACH)];
        let after: Vec<&Line> = after.iter().filter(counts).take(COUNTED).collect();
        let before = &lines[index.saturating_sub(REACH)..index];
        let before: Vec<&Line> = before.iter().rev().filter(counts).take(COUNTED).collect();
        let mut line = lines[index].clone();
        line.below = usual_sorts(&after, words);
        line.above = usual_sorts(&before, words);
        line.has_below = !after.is_empty();
        line.starts_first = line.first_col() <= first;
        compare(&mut line, words, &mean_lengths(&after, words));
        let following = &lines[index + 1..lines.len().min(index + 1 + REPEAT)];
        let texts = line.spots.iter().filter(|spot| spot.kind == CellKind::Text);
        let again = texts.clone().filter(|spot| {
            following.iter().any(|other| {
                other
                    .at(spot.col)
                    .is_some_and(|o| words[o.word].text == words[spot.word].text)
            })
        });
        line.repeated = share(again.count(), texts.count());
        lines[index] = line;
    }
}

fn usual_sorts(lines: &[&Line], words: &[Word]) -> Vec<(u32, Sort)> {
    let mut columns: BTreeMap<u32, Vec<(Sort, usize)>> = BTreeMap::new();
    for spot in lines.iter().flat_map(|line| &line.spots) {
        let sort = sort_of(spot, words);
        if sort == Sort::Code {
            continue;
        }
        let counts = columns.entry(spot.col).or_default();
        match counts.iter_mut().find(|(other, _)| *other == sort) {
            Some((_, count)) => *count += 1,
            None => counts.push((sort, 1)),
        }
    }
    columns
        .into_iter()
        .filter_map(|(col, counts)| {
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            // Of equal counts the nearest line's sort wins, so only a larger count replaces.
            let mut best = *counts.first()?;
            for &one in &counts[1..] {
                if one.1 > best.1 {
                    best = one;
                }
            }
            (all * 3 >= lines.len()).then_some((col, best.0))
        })
        .collect()
}

fn mean_lengths(lines: &[&Line], words: &[Word]) -> BTreeMap<u32, f64> {
    let mut columns: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for spot in lines.iter().flat_map(|line| &line.spots) {
        let (sum, count) = columns.entry(spot.col).or_default();
        *sum += words[spot.word].chars;
        *count += 1;
    }
    columns
        .into_iter()
        .filter(|(_, (_, count))| count * 3 >= lines.len())
        .map(|(col, (sum, count))| (col, share(sum, count)))
        .collect()
}

/// Compares a line with the usual sorts around it.
fn compare(line: &mut Line, words: &[Word], lengths: &BTreeMap<u32, f64>) {
    let fill = line.fill();
    let is_day_here = |line: &Line, col: u32| {
        usual(&line.below, col) == Some(Sort::Day) || usual(&line.above, col) == Some(Sort::Day)
    };
    let (mut below, mut below_same, mut over) = (0, 0, 0);
    let (mut above, mut above_same) = (0, 0);
    let (mut differs, mut lengths_seen, mut figures) = (0, 0, 0);
    let (mut labels, mut period_like) = (0, 0);
    let (mut values, mut plain, mut codes) = (0, 0, 0);
    for spot in &line.spots {
        let word = &words[spot.word];
        let sort = sort_of(spot, words);
        if let Some(usual) = usual(&line.below, spot.col) {
            below += 1;
            let year = word.period && spot.kind == CellKind::Number;
            below_same +=
                usize::from(sort == Sort::Code || sort == usual || (usual == Sort::Number && year));
            over += usize::from(match (sort, usual) {
                (Sort::Text | Sort::Day, Sort::Number) | (Sort::Text, Sort::Day) => true,
                (_, Sort::Number) => word.period,
                _ => false,
            });
        }
        if let Some(usual) = usual(&line.above, spot.col) {
            above += 1;
            let number = usual == Sort::Number && spot.kind == CellKind::Number;
            above_same += usize::from(sort == Sort::Code || sort == usual || number);
        }
        if spot.kind == CellKind::Text {
            if let Some(&mean) = lengths.get(&spot.col) {
                lengths_seen += 1;
                let here = share(word.chars, 1);
                differs += usize::from(here > 2.0 * mean + 4.0 || 2.0 * here + 4.0 < mean);
            }
            figures += usize::from(!word.period && word.text.chars().any(char::is_numeric));
        }
        let day_label = spot.kind == CellKind::Date && !is_day_here(line, spot.col);
        labels += usize::from(spot.kind == CellKind::Text || word.period || day_label);
        period_like += usize::from(word.period || day_label);
        if !word.period {
            values += usize::from(matches!(
                spot.kind,
                CellKind::Number | CellKind::Code | CellKind::Date
            ));
            plain += usize::from(match spot.kind {
                CellKind::Number | CellKind::Bool => true,
                CellKind::Date => !day_label,
                _ => false,
            });
        }
        codes += usize::from(spot.kind == CellKind::Code);
    }
    line.agrees_below = (below > 0).then(|| share(below_same, below));
    line.agrees_above = (above > 0).then(|| share(above_same, above));
    line.words_over = share(over, below);
    line.length_differs = share(differs, lengths_seen);
    line.figures = share(figures, fill);
    line.labels = share(labels, fill);
    (line.values, line.plain, line.codes) = (values, plain, codes);
    line.longest = line
        .spots
        .iter()
        .map(|spot| words[spot.word].chars)
        .max()
        .unwrap_or(0);
    let (known, all) = wording::label_words(
        line.runs
            .iter()
            .filter(|spot| spot.kind == CellKind::Text)
            .map(|spot| words[spot.word].text.as_str()),
    );
    line.label_words = share(known, all);
    let bold = line.runs.iter().filter(|spot| words[spot.word].bold);
    line.bold = share(bold.count(), line.run_count());
    line.unit = line
        .runs
        .iter()
        .all(|spot| wording::is_unit(&words[spot.word].text));
    line.note = line
        .lead(words)
        .is_some_and(|word| wording::is_note(&word.text));
    sequences(line, words, period_like);
}

/// Whether the line is a row of periods, of column numbers, of numbers over words.
fn sequences(line: &mut Line, words: &[Word], period_like: usize) {
    let fill = line.fill();
    let rest: &[Spot] = if fill > 1 {
        &line.spots[1..]
    } else {
        &line.spots
    };
    let over: Vec<&Spot> = rest
        .iter()
        .filter(|spot| usual(&line.below, spot.col).is_some())
        .collect();
    let numbers = over.iter().filter(|spot| {
        spot.kind == CellKind::Number && usual(&line.below, spot.col) == Some(Sort::Text)
    });
    let numbers_over = if over.len() >= 3 {
        share(numbers.count(), over.len())
    } else {
        0.0
    };
    let texts: BTreeSet<&str> = rest
        .iter()
        .map(|spot| words[spot.word].text.as_str())
        .collect();
    let varies = texts.len() >= 2 || rest.len() < 2;
    let skip_first = line
        .spots
        .first()
        .is_some_and(|spot| spot.kind == CellKind::Text);
    let values: Option<Vec<f64>> = line
        .runs
        .iter()
        .filter(|spot| !skip_first || spot.col != line.first_col())
        .map(|spot| bare_number(&words[spot.word].text))
        .collect();
    let steps: Option<Vec<f64>> = values
        .as_ref()
        .map(|values| values.windows(2).map(|pair| pair[1] - pair[0]).collect());
    let one = |step: &f64| (step - 1.0).abs() < 1e-9;
    let counts_up = match (&values, &steps) {
        (Some(values), Some(steps)) => {
            values.len() >= 3
                && steps.iter().all(one)
                && [0.0, 1.0, 2.0]
                    .iter()
                    .any(|start| (values[0] - start).abs() < 1e-9)
        }
        _ => false,
    };
    let mut periods =
        period_like >= 2 && period_like * 5 >= rest.len() * 3 && line.plain * 5 <= fill;
    if let Some(steps) = &steps
        && periods
        && !steps.is_empty()
    {
        // Years in a data column jump about; years over columns go one way, or repeat in few steps.
        let up = steps.iter().all(|step| *step > 0.0);
        let down = steps.iter().all(|step| *step < 0.0);
        let mut kinds: Vec<f64> = Vec::new();
        for step in steps {
            if kinds.len() <= 3 && !kinds.iter().any(|kind| (kind - step).abs() < 1e-6) {
                kinds.push(*step);
            }
        }
        periods = up || down || kinds.len() <= 3;
    }
    line.numbers_over = numbers_over;
    line.varies = varies;
    line.counts_up = counts_up;
    line.periods = periods;
}

/// A number written with nothing but figures, brackets and thousands commas.
fn bare_number(text: &str) -> Option<f64> {
    text.trim_matches(['(', ')']).replace(',', "").parse().ok()
}
