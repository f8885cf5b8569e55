//! Which hidden cells follow from the published ones by arithmetic alone, and what would have to be hidden against it.
//!
//! The relations are eliminated over the hidden cells, modulo a prime: only "is it zero" and "is it a multiple" are
//! asked, so no fraction ever grows. A hidden cell that is alone in its reduced row is known exactly. Two hidden cells that
//! move only together betray each other to whoever knows one of them. Signs and sizes are left to the audit.
//! Rule that must hold: a cut is a set of published cells of which at least one must be hidden, whatever else is.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use crate::Table;

/// A Mersenne prime: sums and products stay in 128 bits.
const PRIME: u64 = (1 << 61) - 1;
/// Coefficients above this belong to no table that adds and subtracts.
const LARGE: u64 = 1_000;

type Row = Vec<(usize, u64)>;

/// A hidden cell that follows from what is published, for everybody or for one who knows another cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exposure {
    /// The cell.
    pub(crate) cell: usize,
    /// The cell that the attacker knows on top of what is published.
    pub(crate) known: Option<usize>,
    /// Cells of which at least one must be hidden.
    pub(crate) cut: BTreeSet<usize>,
    /// True when the cut follows by arithmetic; false when a solver named it.
    pub(crate) certain: bool,
}

/// The relations, reduced.
pub(crate) struct Elimination {
    rows: Vec<Row>,
    /// For each hidden cell the row that is solved for it.
    solved: BTreeMap<usize, usize>,
    hidden: Vec<bool>,
    /// For each cell the rows without hidden cells that hold it: relations between published numbers.
    pure_of: BTreeMap<usize, Vec<usize>>,
}

impl Elimination {
    /// Reduces the relations over the hidden cells; `cuts` keeps the published part, which only cuts need.
    pub(crate) fn new(table: &Table, hidden: &[bool], cuts: bool) -> Self {
        let mut rows: Vec<Row> = (0..table.relations().len())
            .map(|relation| {
                let mut row: Row = table
                    .terms(relation)
                    .filter(|&(cell, _)| cuts || hidden[cell])
                    .map(|(cell, sign)| (cell, if sign > 0 { 1 } else { PRIME - 1 }))
                    .collect();
                row.sort_unstable();
                row
            })
            .collect();
        let mut counts: Vec<usize> = rows.iter().map(|row| count_hidden(row, hidden)).collect();
        let mut holders: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        let mut heap = BinaryHeap::new();
        for (index, row) in rows.iter().enumerate() {
            for &(cell, _) in row.iter().filter(|(cell, _)| hidden[*cell]) {
                holders.entry(cell).or_default().insert(index);
            }
            if counts[index] > 0 {
                heap.push(Reverse((counts[index], index)));
            }
        }
        let mut done = vec![false; rows.len()];
        let mut solved = BTreeMap::new();
        while let Some(Reverse((count, index))) = heap.pop() {
            if done[index] || count != counts[index] {
                continue;
            }
            done[index] = true;
            // The hidden cell in the fewest rows: least to rewrite.
            let Some(pivot) = rows[index]
                .iter()
                .map(|&(cell, _)| cell)
                .filter(|&cell| hidden[cell])
                .min_by_key(|cell| (holders.get(cell).map_or(0, BTreeSet::len), *cell))
            else {
                continue;
            };
            let scale = inverse(value_in(&rows[index], pivot));
            let row: Row = rows[index]
                .iter()
                .map(|&(cell, value)| (cell, times(value, scale)))
                .collect();
            let others: Vec<usize> = holders
                .get(&pivot)
                .map(|set| {
                    set.iter()
                        .copied()
                        .filter(|&other| other != index)
                        .collect()
                })
                .unwrap_or_default();
            for other in others {
                let factor = PRIME - value_in(&rows[other], pivot);
                let sum = add_scaled(&rows[other], factor, &row);
                for &(cell, _) in row.iter().filter(|(cell, _)| hidden[*cell]) {
                    let set = holders.entry(cell).or_default();
                    if value_in(&sum, cell) == 0 {
                        set.remove(&other);
                    } else {
                        set.insert(other);
                    }
                }
                counts[other] = count_hidden(&sum, hidden);
                rows[other] = sum;
                if !done[other] && counts[other] > 0 {
                    heap.push(Reverse((counts[other], other)));
                }
            }
            rows[index] = row;
            solved.insert(pivot, index);
        }
        let mut pure_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            if !row.is_empty() && counts[index] == 0 {
                for &(cell, _) in row {
                    pure_of.entry(cell).or_default().push(index);
                }
            }
        }
        Self {
            rows,
            solved,
            hidden: hidden.to_vec(),
            pure_of,
        }
    }

    /// How a hidden cell moves when the free cells move; empty when it cannot.
    fn moves(&self, cell: usize) -> Row {
        match self.solved.get(&cell) {
            None => vec![(cell, 1)],
            Some(&row) => self.rows[row]
                .iter()
                .filter(|&&(other, _)| other != cell && self.hidden[other])
                .map(|&(other, value)| (other, PRIME - value))
                .collect(),
        }
    }

    /// Every protected cell that follows by arithmetic, alone or together with a cell that one contributor knows.
    pub(crate) fn exposures(&self, protected: &[usize], single: &[usize]) -> Vec<Exposure> {
        let mut found = Vec::new();
        let mut alike: BTreeMap<Row, Vec<usize>> = BTreeMap::new();
        for &cell in protected {
            let moves = self.moves(cell);
            let Some(&(_, lead)) = moves.first() else {
                let row = self.solved.get(&cell).map(|&row| self.rows[row].clone());
                found.push(self.exposure(cell, None, row.unwrap_or_default()));
                continue;
            };
            let scale = inverse(lead);
            let direction = moves
                .into_iter()
                .map(|(other, value)| (other, times(value, scale)))
                .collect();
            alike.entry(direction).or_default().push(cell);
        }
        for group in alike.values().filter(|group| group.len() > 1) {
            for &known in group.iter().filter(|cell| single.contains(cell)) {
                for &cell in group.iter().filter(|&&cell| cell != known) {
                    found.push(self.exposure(cell, Some(known), self.tie(cell, known)));
                }
            }
        }
        found
    }

    /// True when nothing follows by arithmetic.
    pub(crate) fn is_closed(&self, protected: &[usize], single: &[usize]) -> bool {
        self.exposures(protected, single).is_empty()
    }

    /// A row with no hidden cells but these two, which move only together.
    fn tie(&self, one: usize, two: usize) -> Row {
        match (self.solved.get(&one), self.solved.get(&two)) {
            (Some(&a), Some(&b)) => {
                let (first, second) = (self.moves(one), self.moves(two));
                match (first.first(), second.first()) {
                    (Some(&(_, x)), Some(&(_, y))) => {
                        let factor = PRIME - times(x, inverse(y));
                        add_scaled(&self.rows[a], factor, &self.rows[b])
                    }
                    _ => Row::new(),
                }
            }
            (Some(&row), None) | (None, Some(&row)) => self.rows[row].clone(),
            (None, None) => Row::new(),
        }
    }

    fn exposure(&self, cell: usize, known: Option<usize>, row: Row) -> Exposure {
        let cut = self
            .shrink(row)
            .into_iter()
            .map(|(other, _)| other)
            .filter(|&other| !self.hidden[other])
            .collect();
        Exposure {
            cell,
            known,
            cut,
            certain: true,
        }
    }

    /// Adds relations between published numbers while fewer cells remain: a shorter cut says more.
    fn shrink(&self, mut row: Row) -> Row {
        loop {
            let mut best: Option<Row> = None;
            let mut tried = BTreeSet::new();
            for &(cell, value) in &row {
                for &index in self.pure_of.get(&cell).into_iter().flatten() {
                    let pure = &self.rows[index];
                    let factor = times(PRIME - value, inverse(value_in(pure, cell)));
                    if !tried.insert((index, factor)) {
                        continue;
                    }
                    let sum = add_scaled(&row, factor, pure);
                    if sum.len() < best.as_ref().map_or(row.len(), Vec::len) {
                        best = Some(sum);
                    }
                }
            }
            match best {
                Some(shorter) => row = shorter,
                None => return row,
            }
        }
    }

    /// One whole-number change per free cell that leaves everything published as it is: candidates for witnesses.
    pub(crate) fn circulations(&self) -> Vec<Vec<(usize, i64)>> {
        let mut by_free: BTreeMap<usize, Vec<(usize, u64)>> = BTreeMap::new();
        for (cell, _) in self
            .hidden
            .iter()
            .enumerate()
            .filter(|(_, hidden)| **hidden)
        {
            for (free, value) in self.moves(cell) {
                by_free.entry(free).or_default().push((cell, value));
            }
        }
        by_free
            .into_values()
            .filter_map(|moves| {
                moves
                    .into_iter()
                    .map(|(cell, value)| signed(value).map(|value| (cell, value)))
                    .collect()
            })
            .collect()
    }
}

fn count_hidden(row: &[(usize, u64)], hidden: &[bool]) -> usize {
    row.iter().filter(|&&(cell, _)| hidden[cell]).count()
}

fn value_in(row: &[(usize, u64)], cell: usize) -> u64 {
    row.binary_search_by_key(&cell, |&(other, _)| other)
        .map_or(0, |at| row[at].1)
}

/// `row + factor * other`, both in order of their cells.
fn add_scaled(row: &[(usize, u64)], factor: u64, other: &[(usize, u64)]) -> Row {
    let mut sum = Row::with_capacity(row.len() + other.len());
    let (mut a, mut b) = (row.iter().peekable(), other.iter().peekable());
    loop {
        match (a.peek(), b.peek()) {
            (Some(&&(left, value)), Some(&&(right, scaled))) => match left.cmp(&right) {
                std::cmp::Ordering::Less => {
                    sum.push((left, value));
                    a.next();
                }
                std::cmp::Ordering::Greater => {
                    sum.push((right, times(factor, scaled)));
                    b.next();
                }
                std::cmp::Ordering::Equal => {
                    let both = plus(value, times(factor, scaled));
                    if both != 0 {
                        sum.push((left, both));
                    }
                    a.next();
                    b.next();
                }
            },
            (Some(&&entry), None) => {
                sum.push(entry);
                a.next();
            }
            (None, Some(&&(right, scaled))) => {
                sum.push((right, times(factor, scaled)));
                b.next();
            }
            (None, None) => return sum,
        }
    }
}

fn plus(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b) % u128::from(PRIME);
    u64::try_from(product).expect("a remainder is smaller than the prime")
}

/// The inverse by Fermat's little theorem.
fn inverse(value: u64) -> u64 {
    let (mut base, mut power, mut result) = (value, PRIME - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    result
}

/// A residue as a small whole number; none when it stands for a fraction.
fn signed(value: u64) -> Option<i64> {
    if value <= LARGE {
        i64::try_from(value).ok()
    } else if PRIME - value <= LARGE {
        i64::try_from(PRIME - value).ok().map(|value| -value)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{flat, table};

    fn hidden(table: &Table, cells: &[usize]) -> Vec<bool> {
        (0..table.len()).map(|cell| cells.contains(&cell)).collect()
    }

    #[test]
    fn inverses_are_inverses() {
        for value in [1, 2, 5, PRIME - 1, 123_456_789] {
            assert_eq!(times(value, inverse(value)), 1);
        }
        assert_eq!(signed(PRIME - 2), Some(-2));
        assert_eq!(signed(inverse(2)), None);
    }

    // 3 x 4 cells: row 0 and column 0 are totals, inner cells 5, 6, 7 and 9, 10, 11.
    #[test]
    fn a_lone_hidden_cell_is_exposed_and_its_row_is_a_cut() {
        let table = table(&[flat(2), flat(3)], &[1, 20, 30, 40, 50, 60]);
        let found = Elimination::new(&table, &hidden(&table, &[5]), true).exposures(&[5], &[]);
        assert_eq!(found.len(), 1);
        let cut: Vec<usize> = found[0].cut.iter().copied().collect();
        assert!(cut == [1, 9] || cut == [4, 6, 7], "{cut:?}");
    }

    #[test]
    fn a_rectangle_is_closed_and_a_single_opens_it() {
        let table = table(&[flat(2), flat(3)], &[1, 2, 30, 40, 50, 60]);
        let four = hidden(&table, &[5, 6, 9, 10]);
        let elimination = Elimination::new(&table, &four, true);
        assert!(elimination.is_closed(&[5, 6], &[]));
        let found = elimination.exposures(&[5, 6], &[5]);
        assert_eq!((found[0].cell, found[0].known), (6, Some(5)));
        assert!(!found[0].cut.is_empty());
        assert!(!elimination.pure_of.is_empty());
        let ways = elimination.circulations();
        assert_eq!(ways.len(), 1);
        assert_eq!(ways[0].len(), 4);
    }
}
