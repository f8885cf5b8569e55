//! Grids for tests, written as rows of text: `|` parts cells, `*` before a text makes it bold.

use crate::grid::{Area, Grid, GridCell};

/// A grid from rows of text.
pub(crate) fn grid(rows: &[&str]) -> Grid {
    let mut grid = Grid::default();
    for (row, line) in (0..).zip(rows) {
        for (col, text) in (0..).zip(line.split('|')) {
            let bold = text.starts_with('*');
            let text = text.strip_prefix('*').unwrap_or(text);
            if !text.trim().is_empty() {
                grid.cells.push(GridCell {
                    row,
                    col,
                    text: text.trim_end().to_owned(),
                    bold,
                    ..GridCell::default()
                });
            }
        }
    }
    grid
}

/// Merges an area of a grid.
pub(crate) fn merge(mut grid: Grid, first: (u32, u32), last: (u32, u32)) -> Grid {
    grid.merges.push(Area {
        first_row: first.0,
        first_col: first.1,
        last_row: last.0,
        last_col: last.1,
    });
    grid
}

/// A small table of the department's shape: months under quarters under years, totals in between, parents after their
/// children. The numbers are made up; sums hold as far as rounding to 5 allows.
pub(crate) fn admissions() -> Grid {
    let grid = grid(&[
        "*Admissions by province and category, 2015",
        "",
        "*Province and category|||*2015||||",
        "|||*Q1||||*2015 Total",
        "|||Jan|Feb|Mar|*Q1 Total|",
        "||Skilled worker|100|120|140|360|360",
        "||Start-up|--|0|5|5|5",
        "|*Economic - Total||*100|*120|*145|*365|*365",
        "|*Family - Total||*40|*60|*80|*180|*180",
        "*Nunavut - Total|||*140|*180|*225|*545|*545",
        "||Skilled worker|200|220|240|660|660",
        "|*Economic - Total||*200|*220|*240|*660|*660",
        "*Yukon - Total|||*200|*220|*240|*660|*660",
        "*Total|||*340|*400|*465|*1,205|*1,205",
        "",
        "Notes: values below 5 are hidden.",
        "",
        "Source: sample data",
    ]);
    let grid = merge(grid, (2, 0), (4, 2));
    let grid = merge(grid, (2, 3), (2, 7));
    let grid = merge(grid, (3, 3), (3, 6));
    merge(grid, (3, 7), (4, 7))
}
