//! Numbers that follow from counts, percentages and averages, proved by arithmetic.
//!
//! A percentage beside a hidden count gives the count away; one made of exact counts beside rounded ones undoes the
//! rounding. Rule that must hold: a derived number shows only when both its sources show, and is made anew from what shows.

use std::collections::BTreeMap;

use super::{Entry, Grid, Slot, structure::Structure};

/// How a number follows from two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivedKind {
    /// The first in percent of the second.
    Percent,
    /// The first divided by the second.
    Ratio,
    /// Not found; it must not show.
    Unknown,
}

/// A number that is no count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derived {
    /// Where it stands.
    pub slot: Slot,
    /// How it follows.
    pub kind: DerivedKind,
    /// Index of the first cell.
    pub of: Option<usize>,
    /// Index of the second cell.
    pub base: Option<usize>,
    /// Digits after the point.
    pub digits: usize,
}

/// The second cell of a derived number: another column of its row, or another row of the first column.
#[derive(Clone, Copy)]
enum Base {
    Column(usize),
    Row(usize),
}

/// All numbers of the columns that are no counts, each with its sources where they were found.
pub(super) fn find(grid: &Grid, structure: &Structure) -> Vec<Derived> {
    let cells: BTreeMap<(usize, usize), (usize, i64)> = structure
        .entries
        .iter()
        .enumerate()
        .filter_map(|(index, place)| {
            place
                .value
                .map(|value| ((place.slot.row, place.slot.column), (index, value)))
        })
        .collect();
    let mut found = Vec::new();
    for &column in &structure.other_columns {
        let numbers: Vec<(usize, f64)> = grid
            .rows
            .iter()
            .enumerate()
            .filter_map(|(row, entries)| match entries.get(column) {
                Some(Entry::Number(number)) => Some((row, *number)),
                _ => None,
            })
            .collect();
        let digits = numbers
            .iter()
            .map(|(_, number)| digits_of(*number))
            .max()
            .unwrap_or(0);
        let source = source(&numbers, digits, &structure.count_columns, &cells);
        for (row, _) in numbers {
            let pair = source.and_then(|(kind, of, base)| {
                let first = cells.get(&(row, of))?;
                let second = match base {
                    Base::Column(base) => cells.get(&(row, base))?,
                    Base::Row(base) => cells.get(&(base, of))?,
                };
                Some((kind, first.0, second.0))
            });
            found.push(Derived {
                slot: Slot { row, column },
                kind: pair.map_or(DerivedKind::Unknown, |(kind, _, _)| kind),
                of: pair.map(|(_, of, _)| of),
                base: pair.map(|(_, _, base)| base),
                digits,
            });
        }
    }
    found
}

/// The columns, or column and row, from which all numbers follow.
fn source(
    numbers: &[(usize, f64)],
    digits: usize,
    columns: &[usize],
    cells: &BTreeMap<(usize, usize), (usize, i64)>,
) -> Option<(DerivedKind, usize, Base)> {
    let value = |row: usize, column: usize| cells.get(&(row, column)).map(|(_, value)| *value);
    let rows: Vec<usize> = numbers.iter().map(|(row, _)| *row).collect();
    for &of in columns {
        let across = columns
            .iter()
            .filter(|&&column| column != of)
            .map(|&column| Base::Column(column));
        let down = rows.iter().map(|&row| Base::Row(row));
        for base in across.chain(down) {
            for (kind, scale) in [(DerivedKind::Percent, 100.0), (DerivedKind::Ratio, 1.0)] {
                let mut agreeing = 0;
                let holds = numbers.iter().all(|&(row, number)| {
                    let second = match base {
                        Base::Column(column) => value(row, column),
                        Base::Row(row) => value(row, of),
                    };
                    match (value(row, of), second) {
                        (Some(first), Some(second)) if second > 0 => {
                            agreeing += 1;
                            let expect = scale * crate::lp::real(first) / crate::lp::real(second);
                            (expect - number).abs() <= 0.500_001 * step(digits)
                        }
                        _ => true,
                    }
                });
                if holds && agreeing >= 2 {
                    return Some((kind, of, base));
                }
            }
        }
    }
    None
}

/// One unit of the last digit.
fn step(digits: usize) -> f64 {
    (0..digits).fold(1.0, |step, _| step / 10.0)
}

/// Digits after the point, at most six.
fn digits_of(number: f64) -> usize {
    let text = format!("{number:.6}");
    text.trim_end_matches('0')
        .rsplit_once('.')
        .map_or(0, |(_, digits)| digits.len())
}

impl Derived {
    /// The number made anew from what shows; none when a source does not show or is zero.
    pub fn again(&self, shown: &dyn Fn(usize) -> Option<i64>) -> Option<String> {
        let (first, second) = (shown(self.of?)?, shown(self.base?)?);
        if second == 0 {
            return None;
        }
        let ratio = crate::lp::real(first) / crate::lp::real(second);
        let digits = self.digits;
        match self.kind {
            DerivedKind::Percent => Some(format!("{:.digits$}", 100.0 * ratio)),
            DerivedKind::Ratio => Some(format!("{ratio:.digits$}")),
            DerivedKind::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FindOptions, find, tests::grid};
    use super::*;

    #[test]
    fn shares_of_a_row_are_found_and_made_anew() {
        let grid = grid(
            "Region;F;M;Total;% F\nEast;5;20;25;20.0\nWest;30;45;75;40.0\nTotal;35;65;100;35.0",
        );
        let found = find(&grid, &FindOptions::default()).unwrap();
        assert_eq!(found.derived.len(), 3);
        assert!(
            found
                .derived
                .iter()
                .all(|derived| derived.kind == DerivedKind::Percent)
        );
        let first = found.derived[0];
        assert_eq!(
            first
                .again(&|cell| Some(found.table.value(cell)))
                .as_deref(),
            Some("20")
        );
        assert_eq!(first.again(&|_| None), None);
    }

    #[test]
    fn shares_of_a_column_are_found() {
        let grid = grid("Region;Count;Share\nEast;25;25.5\nWest;73;74.5\nTotal;98;100.0");
        let found = find(&grid, &FindOptions::default()).unwrap();
        assert!(
            found
                .derived
                .iter()
                .all(|derived| derived.kind == DerivedKind::Percent)
        );
    }
}
