//! What a reader of the published table knows of each cell: an interval, of one value where the number is exact.

use std::collections::BTreeMap;

use crate::Table;

/// Stands for "no upper bound"; far above every count, far below an overflow.
pub(crate) const OPEN: i64 = 4_000_000_000_000_000;

/// The intervals, cell by cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) low: Vec<i64>,
    pub(crate) high: Vec<i64>,
}

impl View {
    /// True when the reader does not know the value.
    pub(crate) fn is_open(&self, cell: usize) -> bool {
        self.low[cell] < self.high[cell]
    }

    /// By how much the true value could be larger and smaller as far as this cell alone goes.
    pub(crate) fn room(&self, table: &Table, cell: usize) -> (i64, i64) {
        let value = table.value(cell);
        (
            (self.high[cell] - value).max(0),
            (value - self.low[cell]).max(0),
        )
    }

    /// True when a change keeps to the intervals and to every relation: a table that looks the same when published.
    pub(crate) fn allows(&self, table: &Table, change: &[(usize, i64)]) -> bool {
        let mut sums = BTreeMap::<usize, i64>::new();
        for &(cell, by) in change {
            let (up, down) = self.room(table, cell);
            if by > up || -by > down {
                return false;
            }
            for &(relation, sign) in table.touching(cell) {
                *sums.entry(relation).or_insert(0) += sign * by;
            }
        }
        sums.values().all(|&sum| sum == 0)
    }
}
