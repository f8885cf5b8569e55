//! Where the cells of a table really stand.
//!
//! Rule that must hold: whatever spans the model claims, the grid is full: every position is covered by one cell, and
//! no cell reaches beyond the table or out of its header.

use crate::convert::document::Cell;

/// A cell where it really stands; none for a position that the model left empty.
pub(super) struct Placed<'a> {
    /// What stands there.
    pub(super) cell: Option<&'a Cell>,
    /// Cells that the row has no room for; they share the last one.
    pub(super) more: &'a [Cell],
    /// First column.
    pub(super) column: usize,
    /// Columns it covers.
    pub(super) column_span: usize,
    /// Rows it covers.
    pub(super) row_span: usize,
}

/// Cells in the free positions of a row, cut to what is free, with empty ones where nothing stands.
///
/// `covered` holds, by column, how many further rows a cell above covers; `rows_left` counts this row.
pub(super) fn place<'a>(
    row: &'a [Cell],
    covered: &mut [usize],
    rows_left: usize,
) -> Vec<Placed<'a>> {
    let mut placed = Vec::new();
    let mut column = 0;
    let mut rest = row;
    while column < covered.len() {
        if covered[column] > 0 {
            covered[column] -= 1;
            column += 1;
            continue;
        }
        // Cells say where they stand; one that is late or lies is put where there is room.
        let cell = match rest {
            [cell, after @ ..] if cell.column <= column => {
                rest = after;
                Some(cell)
            }
            _ => None,
        };
        let wanted = cell.map_or(1, |cell| cell.column_span.max(1));
        let free = covered[column..]
            .iter()
            .take(wanted)
            .take_while(|rows| **rows == 0)
            .count();
        let row_span = cell.map_or(1, |cell| cell.row_span.clamp(1, rows_left.max(1)));
        for rows in &mut covered[column..column + free] {
            *rows = row_span - 1;
        }
        placed.push(Placed {
            cell,
            more: &[],
            column,
            column_span: free,
            row_span,
        });
        column += free;
    }
    if let Some(last) = placed.last_mut() {
        last.more = rest;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Part, Place};

    fn cell(column: usize, column_span: usize, row_span: usize) -> Cell {
        Cell {
            column,
            column_span,
            row_span,
            blocks: Vec::new(),
            at: Place::new(Part::TableCell, "cell"),
        }
    }

    #[test]
    fn the_grid_is_always_full() {
        let check = |rows: &[Vec<Cell>], columns: usize, expect: &[&str]| {
            let mut covered = vec![0; columns];
            for (r, row) in rows.iter().enumerate() {
                let placed = place(row, &mut covered, rows.len() - r);
                let shown: Vec<String> = placed
                    .iter()
                    .map(|p| {
                        let mark = if p.cell.is_some() { "" } else { "-" };
                        let more = "+".repeat(p.more.len());
                        format!("{mark}{}:{}x{}{more}", p.column, p.column_span, p.row_span)
                    })
                    .collect();
                assert_eq!(shown.join(" "), expect[r]);
            }
            assert!(covered.iter().all(|rows| *rows == 0));
        };
        check(
            &[vec![cell(0, 1, 2), cell(1, 1, 1)], vec![cell(1, 1, 1)]],
            2,
            &["0:1x2 1:1x1", "1:1x1"],
        );
        // Beyond the table on both sides.
        check(&[vec![cell(0, usize::MAX, usize::MAX)]], 3, &["0:3x1"]);
        // Nothing where something should be.
        check(
            &[vec![], vec![cell(1, 1, 1)]],
            2,
            &["-0:1x1 -1:1x1", "-0:1x1 1:1x1"],
        );
        // More cells than columns.
        check(
            &[vec![cell(0, 1, 1), cell(1, 1, 1), cell(2, 1, 1)]],
            1,
            &["0:1x1++"],
        );
        // A wide cell under a tall one.
        check(
            &[vec![cell(0, 1, 1), cell(1, 1, 2)], vec![cell(0, 3, 1)]],
            3,
            &["0:1x1 1:1x2 -2:1x1", "0:1x1 -2:1x1"],
        );
    }
}
