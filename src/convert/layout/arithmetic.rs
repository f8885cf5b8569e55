//! Which rows and columns are sums of others, proved by their numbers.
//!
//! Published numbers are rounded, each on its own, and small ones are hidden; so each number stands for an interval and a
//! sum holds when the intervals meet. Rule that must hold: a proof needs at least one sum large enough that chance would
//! miss it, and at most one in twenty may fail.

use std::collections::BTreeMap;

use crate::grid::CellKind;
use crate::header::ColumnLabel;
use crate::lines::Word;
use crate::rows::{Ladder, RowOrder};
use crate::wording;

/// How many lines across a sum is checked on.
const CHECKS_MAX: usize = 400;
/// Above so many columns no column sums are looked for.
const COLS_MAX: usize = 2_000;
/// How many parts a sum may have.
const PARTS_MAX: usize = 5_000;
/// How many numbers one layout may look at in all its sums; a hostile table would ask for more.
const LOOKS_MAX: usize = 20_000_000;
/// So many proved sums make a pattern.
const PATTERN_MIN: usize = 3;
/// What a suppressed count may be, in tables that hide counts below five.
const HIDDEN_BELOW: f64 = 5.0;

/// A row or column that is made of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Derived {
    /// Row or column.
    pub at: u32,
    /// Its own label.
    pub label: String,
    /// What it is the sum of, as far as found.
    pub parts: Vec<u32>,
    /// How many sums were compared.
    pub checked: usize,
    /// How many of them held.
    pub held: usize,
    /// True when the numbers prove it, its own or those of all rows like it; else only its label says so.
    pub proved: bool,
}

/// The numbers of a table as intervals.
pub(crate) struct Amounts<'a> {
    placed: &'a BTreeMap<(u32, u32), usize>,
    words: &'a [Word],
    half: f64,
    looks: std::cell::Cell<usize>,
}

/// The outcome of comparing a sum.
#[derive(Clone, Copy, Debug, Default)]
struct Outcome {
    checked: usize,
    held: usize,
    telling: usize,
}

impl Outcome {
    fn proves(self) -> bool {
        self.telling > 0 && self.held * 20 >= self.checked * 19
    }
}

impl<'a> Amounts<'a> {
    /// Reads how the numbers of a table are rounded.
    pub(crate) fn new(
        placed: &'a BTreeMap<(u32, u32), usize>,
        words: &'a [Word],
        rows: &[u32],
        cols: &[u32],
    ) -> Self {
        let numbers: Vec<f64> = rows
            .iter()
            .take(CHECKS_MAX)
            .flat_map(|&row| cols.iter().take(CHECKS_MAX).map(move |&col| (row, col)))
            .filter_map(|at| placed.get(&at))
            .filter_map(|&word| words[word].number)
            .filter(|number| number.is_finite())
            .collect();
        let whole = |scale: f64| {
            numbers
                .iter()
                .all(|number| ((number * scale).round() - number * scale).abs() < 1e-6)
        };
        let fives = numbers.len() >= 8 && whole(0.2) && numbers.iter().any(|n| n.abs() > 0.0);
        let half = if fives {
            2.5
        } else {
            [1.0, 10.0, 100.0, 1_000.0, 10_000.0]
                .into_iter()
                .find(|&scale| whole(scale))
                .map_or(0.0, |scale| 0.5 / scale)
        };
        Self {
            placed,
            words,
            half,
            looks: std::cell::Cell::new(0),
        }
    }

    /// The least and largest value that a cell may stand for; none when nothing is known. An empty cell counts as 0.
    fn interval(&self, row: u32, col: u32) -> Option<(f64, f64)> {
        self.looks.set(self.looks.get() + 1);
        let Some(&word) = self.placed.get(&(row, col)) else {
            return Some((0.0, 0.0));
        };
        let word = &self.words[word];
        if let Some(number) = word.number.filter(|number| number.is_finite()) {
            let slack = self.half.max(number.abs() * 1e-9);
            return Some((number - slack, number + slack));
        }
        let nil = matches!(word.text.as_str(), "-" | "–" | "—" | "--" | "---");
        (word.kind == CellKind::Code && nil).then_some((0.0, HIDDEN_BELOW))
    }

    fn spent(&self) -> bool {
        self.looks.get() > LOOKS_MAX
    }

    /// Compares a total with the sum of its parts on every line across.
    fn compare(
        &self,
        total: u32,
        parts: &[u32],
        across: &[u32],
        address: fn(u32, u32) -> (u32, u32),
    ) -> Outcome {
        let mut outcome = Outcome::default();
        if parts.is_empty() || parts.len() > PARTS_MAX {
            return outcome;
        }
        let interval = |line: u32, other: u32| {
            let (row, col) = address(line, other);
            self.interval(row, col)
        };
        for &other in across.iter().take(CHECKS_MAX) {
            if self.spent() {
                return Outcome::default();
            }
            let (row, col) = address(total, other);
            if !self.placed.contains_key(&(row, col)) {
                continue;
            }
            let Some((least, most)) = interval(total, other) else {
                continue;
            };
            let sum = parts.iter().try_fold((0.0, 0.0), |(low, high), &part| {
                interval(part, other).map(|(a, b)| (low + a, high + b))
            });
            let Some((low, high)) = sum else {
                continue;
            };
            outcome.checked += 1;
            if low <= most && least <= high {
                outcome.held += 1;
                let slack = (high - low) + (most - least);
                outcome.telling += usize::from(most.abs().max(least.abs()) > 2.0 * slack);
            }
        }
        outcome
    }
}

/// The order of rows that the sums prove, and the rows that are sums.
pub(crate) fn derived_rows(
    amounts: &Amounts<'_>,
    ladder: &Ladder,
    cols: &[u32],
) -> (RowOrder, Vec<Derived>) {
    let count = ladder.steps.len();
    let forward: Vec<usize> = (0..count).collect();
    let backward: Vec<usize> = (0..count).rev().collect();
    let last = judge(amounts, ladder, cols, &sums(ladder, &forward));
    let first = judge(amounts, ladder, cols, &sums(ladder, &backward));
    let proved = |list: &[Derived]| list.iter().filter(|one| one.proved).count();
    let deep = ladder.steps.iter().any(|(_, level, _)| *level > 0);
    let (order, mut list) = match (proved(&first), proved(&last)) {
        (0, 0) if last.len() > first.len() => (RowOrder::Flat, last),
        (0, 0) => (RowOrder::Flat, first),
        (first_proved, last_proved) if last_proved > first_proved => (RowOrder::ParentLast, last),
        _ => (RowOrder::ParentFirst, first),
    };
    let order = match order {
        // Without sums, an indent or a column of its own says that the parent stands first.
        RowOrder::Flat if deep => RowOrder::ParentFirst,
        order if deep => order,
        _ => RowOrder::Flat,
    };
    prove_by_pattern(ladder, &mut list);
    list.retain(|one| one.proved || wording::is_total(&one.label));
    list.sort_by_key(|one| one.at);
    (order, list)
}

/// Where many rows are proved to sum up those under them and none fails, a row too small to tell by itself is a sum as well.
fn prove_by_pattern(ladder: &Ladder, list: &mut [Derived]) {
    let levels: BTreeMap<u32, usize> = ladder
        .steps
        .iter()
        .map(|(row, level, _)| (*row, *level))
        .collect();
    let stands_over_parts = |one: &Derived| {
        let own = levels.get(&one.at);
        one.checked > 0 && one.parts.iter().all(|part| levels.get(part) > own)
    };
    let holds = |one: &Derived| one.held * 20 >= one.checked * 19;
    let proved = list.iter().filter(|one| one.proved).count();
    let all_hold = list.iter().filter(|one| stands_over_parts(one)).all(holds);
    if proved >= PATTERN_MIN && all_hold {
        for one in list.iter_mut().filter(|one| stands_over_parts(one)) {
            one.proved = true;
        }
    }
}

/// Which row may be the sum of which, when rows are read in an order in which parents come last.
fn sums(ladder: &Ladder, order: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let mut sums = Vec::new();
    // Rows not yet under another, and whether they are sums themselves.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let level = |index: usize| ladder.steps[index].1;
    for &index in order {
        let label = &ladder.steps[index].2;
        let mut parts: Vec<usize> = Vec::new();
        // Levels never fall from the first open row to the last, so the first one speaks for all.
        let topmost = open
            .first()
            .is_none_or(|&(one, _)| level(one) >= level(index));
        if topmost && wording::is_plain_total(label) {
            parts.extend(open.drain(..).map(|(one, _)| one));
        } else {
            while let Some((one, _)) = open.pop_if(|(one, _)| level(*one) > level(index)) {
                parts.push(one);
            }
            if parts.is_empty() && wording::is_total(label) {
                while let Some((one, _)) =
                    open.pop_if(|(one, sum)| level(*one) == level(index) && !*sum)
                {
                    parts.push(one);
                }
            }
        }
        let is_sum = !parts.is_empty();
        if is_sum {
            sums.push((index, parts));
        }
        open.push((index, is_sum));
    }
    sums
}

fn judge(
    amounts: &Amounts<'_>,
    ladder: &Ladder,
    cols: &[u32],
    sums: &[(usize, Vec<usize>)],
) -> Vec<Derived> {
    sums.iter()
        .map(|(index, parts)| {
            let (row, _, label) = &ladder.steps[*index];
            let mut parts: Vec<u32> = parts.iter().map(|&part| ladder.steps[part].0).collect();
            parts.sort_unstable();
            let outcome = amounts.compare(*row, &parts, cols, |row, col| (row, col));
            Derived {
                at: *row,
                label: label.clone(),
                parts,
                checked: outcome.checked,
                held: outcome.held,
                proved: outcome.proves(),
            }
        })
        .collect()
}

/// The columns that are sums, by their labels and their numbers.
pub(crate) fn derived_cols(
    amounts: &Amounts<'_>,
    columns: &[ColumnLabel],
    rows: &[u32],
) -> Vec<Derived> {
    if columns.len() > COLS_MAX {
        return Vec::new();
    }
    let total_at = |path: &[String]| path.iter().position(|label| wording::is_total(label));
    let positions: Vec<Option<usize>> = columns
        .iter()
        .map(|column| total_at(&column.path))
        .collect();
    columns
        .iter()
        .zip(&positions)
        .filter_map(|(column, &position)| {
            let position = position?;
            let (outer, rest) = column.path.split_at(position);
            let inner = rest.get(1..)?;
            let parts: Vec<u32> = columns
                .iter()
                .zip(&positions)
                .filter(|(other, total)| {
                    other.path.len() > position
                        && other.path.starts_with(outer)
                        && total.is_none_or(|total| total < position)
                        && (inner.is_empty() || other.path[position + 1..] == *inner)
                })
                .map(|(other, _)| other.col)
                .collect();
            let outcome = amounts.compare(column.col, &parts, rows, |col, row| (row, col));
            Some(Derived {
                at: column.col,
                label: column.path.last().cloned().unwrap_or_default(),
                parts,
                checked: outcome.checked,
                held: outcome.held,
                proved: outcome.proves(),
            })
        })
        .collect()
}
