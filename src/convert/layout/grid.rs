//! What the recogniser is given: the filled cells of one sheet, with what of their looks carries meaning.
//!
//! Rows and columns count from 0. Rule that must hold: a cell that no person sees (hidden row or column) takes no part.

use std::collections::BTreeMap;

/// How many cells a merge may spread a label over, all merges of a sheet together; a hostile file declares more.
const SPREAD_MAX: usize = 1_000_000;
/// How many columns one merge may spread a label over.
const SPREAD_WIDTH: u32 = 1_000;

/// One sheet, as the recogniser sees it.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    /// Filled cells; order does not matter, of two at one address the later one counts.
    pub cells: Vec<GridCell>,
    /// Merged areas.
    pub merges: Vec<Area>,
    /// Hidden rows, as ranges with both ends included.
    pub hidden_rows: Vec<(u32, u32)>,
    /// Hidden columns, as ranges with both ends included.
    pub hidden_cols: Vec<(u32, u32)>,
    /// Tables that the author declared.
    pub declared: Vec<Declared>,
    /// Areas set for printing.
    pub print_areas: Vec<Area>,
}

/// A filled cell.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one look of the cell, and they combine freely"
)]
pub struct GridCell {
    /// Row from 0.
    pub row: u32,
    /// Column from 0.
    pub col: u32,
    /// The text as a person reads it, leading spaces kept: they may be indentation.
    pub text: String,
    /// What the cell holds.
    pub kind: CellKind,
    /// The number behind it, for numbers; a percentage as its fraction.
    pub number: Option<f64>,
    /// Bold text.
    pub bold: bool,
    /// Italic text.
    pub italic: bool,
    /// Indent steps of the style.
    pub indent: u8,
    /// Where the text stands in the cell.
    pub align: Align,
    /// True when the background is coloured.
    pub filled: bool,
    /// True when a border is drawn below.
    pub ruled: bool,
    /// What the number format shows.
    pub format: NumberClass,
    /// True when a formula stands behind the value.
    pub formula: bool,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CellKind {
    /// Text; whether it reads as a number, a day or a code is judged by the recogniser.
    #[default]
    Text,
    /// A number.
    Number,
    /// A day, a time or both.
    Date,
    /// True or false.
    Bool,
    /// An error value.
    Error,
    /// A code for a missing or suppressed value.
    Code,
}

/// Horizontal alignment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// By the kind of value.
    #[default]
    General,
    /// Left.
    Left,
    /// Centre, or centred over a selection.
    Centre,
    /// Right.
    Right,
}

/// What a number format shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberClass {
    /// As stored.
    #[default]
    General,
    /// A quantity: decimals, grouping, currency.
    Quantity,
    /// A percentage.
    Percent,
    /// A fixed row of digits: an identifier.
    Digits,
    /// A day or time.
    Date,
    /// Text.
    Text,
}

/// A rectangle, both corners included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    /// First row from 0.
    pub first_row: u32,
    /// First column from 0.
    pub first_col: u32,
    /// Last row from 0.
    pub last_row: u32,
    /// Last column from 0.
    pub last_col: u32,
}

impl Area {
    /// True when the address lies inside.
    pub fn contains(&self, row: u32, col: u32) -> bool {
        (self.first_row..=self.last_row).contains(&row)
            && (self.first_col..=self.last_col).contains(&col)
    }
}

/// A table that the author declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Where it lies.
    pub area: Area,
    /// Number of header rows.
    pub header_rows: u32,
    /// Number of totals rows.
    pub totals_rows: u32,
}

/// The visible cells by address, one-row labels spread over the columns their merge covers.
pub(crate) fn placed(grid: &Grid) -> BTreeMap<(u32, u32), usize> {
    let (hidden_rows, hidden_cols) = (joined(&grid.hidden_rows), joined(&grid.hidden_cols));
    let hidden = |ranges: &[(u32, u32)], at: u32| {
        let after = ranges.partition_point(|&(first, _)| first <= at);
        after > 0 && ranges[after - 1].1 >= at
    };
    let mut by = BTreeMap::new();
    for (index, cell) in grid.cells.iter().enumerate() {
        if !cell.text.trim().is_empty()
            && !hidden(&hidden_rows, cell.row)
            && !hidden(&hidden_cols, cell.col)
        {
            by.insert((cell.row, cell.col), index);
        }
    }
    let mut spread = 0;
    for merge in &grid.merges {
        let Some(&index) = by.get(&(merge.first_row, merge.first_col)) else {
            continue;
        };
        let last = merge
            .last_col
            .min(merge.first_col.saturating_add(SPREAD_WIDTH));
        for col in merge.first_col.saturating_add(1)..=last {
            spread += 1;
            if spread > SPREAD_MAX {
                return by;
            }
            if !hidden(&hidden_cols, col) {
                by.entry((merge.first_row, col)).or_insert(index);
            }
        }
    }
    by
}

/// Ranges in order, those that overlap joined.
fn joined(ranges: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
    for (first, last) in sorted {
        match joined.last_mut() {
            Some(end) if first <= end.1 => end.1 = end.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(row: u32, col: u32, text: &str) -> GridCell {
        GridCell {
            row,
            col,
            text: text.to_owned(),
            ..GridCell::default()
        }
    }

    #[test]
    fn merges_spread_along_the_row_only_and_hidden_cells_take_no_part() {
        let grid = Grid {
            cells: vec![cell(0, 0, "Total"), cell(1, 0, "a"), cell(2, 0, " ")],
            merges: vec![Area {
                first_row: 0,
                first_col: 0,
                last_row: 1,
                last_col: 3,
            }],
            hidden_rows: vec![(1, 1)],
            hidden_cols: vec![(2, 2)],
            ..Grid::default()
        };
        let keys: Vec<(u32, u32)> = placed(&grid).into_keys().collect();
        assert_eq!(keys, [(0, 0), (0, 1), (0, 3)]);
    }

    #[test]
    fn a_hostile_merge_costs_little() {
        let area = Area {
            last_row: 1_048_575,
            last_col: u32::MAX,
            ..Area::default()
        };
        let grid = Grid {
            cells: vec![cell(0, 0, "Title")],
            merges: vec![area; 3],
            ..Grid::default()
        };
        assert_eq!(placed(&grid).len(), 1_001);
    }
}
