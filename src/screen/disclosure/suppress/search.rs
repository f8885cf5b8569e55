//! The quick way: meet the cuts as they appear, take back what is not needed, then exchange parts of the pattern.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cuts, Task};
use crate::Stop;

/// How a cell is chosen among those of a cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taste {
    /// How much it weighs that a cell would be the only hidden one in a relation, in thirds: such a cell needs another one
    /// there, and so on through the table.
    lonely: i64,
    /// A cell to leave alone if there is another.
    avoid: Option<usize>,
}

impl Default for Taste {
    fn default() -> Self {
        Self {
            lonely: 3,
            avoid: None,
        }
    }
}

/// How many rounds of repair before giving up. Each round hides at least one more cell.
const ROUNDS: usize = 400;

/// Hides more cells until nothing is exposed; the cuts met on the way are kept.
pub(super) fn grow(
    task: &Task<'_>,
    mut hidden: Vec<bool>,
    taste: &Taste,
    cuts: &mut Cuts,
    stop: Stop<'_>,
) -> Vec<bool> {
    let mut crowd = vec![0_usize; task.table.relations().len()];
    for cell in (0..hidden.len()).filter(|&cell| hidden[cell]) {
        for &(relation, _) in task.table.touching(cell) {
            crowd[relation] += 1;
        }
    }
    for _ in 0..ROUNDS {
        let found = task.exposures(&hidden, stop);
        cuts.add(&found);
        let mut left: Vec<BTreeSet<usize>> = found
            .into_iter()
            .map(|exposure| exposure.cut)
            .filter(|cut| !cut.is_empty())
            .collect();
        if left.is_empty() || stop() {
            break;
        }
        while let Some(cell) = choose(task, &left, &crowd, taste) {
            hidden[cell] = true;
            for &(relation, _) in task.table.touching(cell) {
                crowd[relation] += 1;
            }
            left.retain(|cut| !cut.contains(&cell));
        }
    }
    hidden
}

/// The cell that meets most cuts for its cost and its loneliness; of equals the smaller one, then the first.
fn choose(
    task: &Task<'_>,
    left: &[BTreeSet<usize>],
    crowd: &[usize],
    taste: &Taste,
) -> Option<usize> {
    let mut meets: BTreeMap<usize, i64> = BTreeMap::new();
    for &cell in left.iter().flatten() {
        *meets.entry(cell).or_insert(0) += 1;
    }
    let mut best: Option<(i128, i128, usize)> = None;
    for (cell, count) in meets {
        let lonely = task
            .table
            .touching(cell)
            .iter()
            .filter(|(relation, _)| crowd[*relation] == 0)
            .count();
        let lonely = i128::try_from(lonely).unwrap_or(i128::MAX >> 32);
        let mut price = i128::from(task.cost[cell]) * (3 + i128::from(taste.lonely) * lonely);
        if taste.avoid == Some(cell) {
            price *= 1_000;
        }
        let gain = i128::from(count);
        let better = match best {
            None => true,
            Some((top, paid, other)) => {
                let (left, right) = (gain * paid, top * price);
                // A zero can only rise: as company it is worth less.
                let rank = |cell: usize| (task.table.value(cell) == 0, task.table.value(cell));
                left > right || (left == right && rank(cell) < rank(other))
            }
        };
        if better {
            best = Some((gain, price, cell));
        }
    }
    best.map(|(_, _, cell)| cell)
}

/// Shows hidden cells again where the table stays protected: the given ones in their order, else all, the dear ones first.
pub(super) fn prune(
    task: &Task<'_>,
    mut hidden: Vec<bool>,
    order: Option<Vec<usize>>,
    stop: Stop<'_>,
) -> Vec<bool> {
    let order = order.unwrap_or_else(|| {
        let mut all: Vec<usize> = more(task, &hidden);
        all.sort_by_key(|&cell| {
            (
                std::cmp::Reverse((task.cost[cell], task.table.value(cell))),
                cell,
            )
        });
        all
    });
    for cell in order {
        if stop() {
            break;
        }
        if hidden[cell] {
            hidden[cell] = false;
            if !task.is_closed(&hidden, stop) {
                hidden[cell] = true;
            }
        }
    }
    hidden
}

/// The hidden cells beyond the protected ones.
fn more(task: &Task<'_>, hidden: &[bool]) -> Vec<usize> {
    let own: BTreeSet<usize> = task.protected.iter().copied().collect();
    (0..hidden.len())
        .filter(|cell| hidden[*cell] && !own.contains(cell))
        .collect()
}

/// Shows a few neighbouring cells again, protects anew in another way, and keeps what is no dearer.
pub(super) fn improve(
    task: &Task<'_>,
    mut best: Vec<bool>,
    tries: usize,
    stop: Stop<'_>,
) -> Vec<bool> {
    let mut dice = Dice(1);
    let mut price = task.price(&best);
    for _ in 0..tries {
        let current = more(task, &best);
        if current.is_empty() || stop() {
            break;
        }
        let first = current[dice.below(current.len())];
        let near: Vec<usize> = current
            .iter()
            .copied()
            .filter(|&other| other != first && meet(task, other, first))
            .collect();
        let mut base = best.clone();
        base[first] = false;
        for _ in 0..(1 + dice.below(4)).min(near.len()) {
            base[near[dice.below(near.len())]] = false;
        }
        let taste = Taste {
            lonely: [1, 3, 6][dice.below(3)],
            avoid: Some(first),
        };
        let grown = grow(task, base.clone(), &taste, &mut Cuts::default(), stop);
        let added: Vec<usize> = (0..grown.len())
            .filter(|&cell| grown[cell] && !base[cell])
            .collect();
        let mut order: Vec<usize> = more(task, &base)
            .into_iter()
            .filter(|&cell| added.iter().any(|&other| meet(task, cell, other)))
            .collect();
        dice.shuffle(&mut order);
        order.extend(added);
        let candidate = prune(task, grown, Some(order), stop);
        // Stopped in the middle, a pattern may be open; the one we have is closed.
        if task.price(&candidate) <= price && !stop() && task.is_closed(&candidate, stop) {
            price = task.price(&candidate);
            best = candidate;
        }
    }
    best
}

/// True when two cells are in one relation.
fn meet(task: &Task<'_>, one: usize, two: usize) -> bool {
    task.table.touching(one).iter().any(|(relation, _)| {
        task.table
            .touching(two)
            .iter()
            .any(|(other, _)| other == relation)
    })
}

/// Numbers that look random and are the same every time (Knuth's multiplier for 64 bits).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }

    fn shuffle(&mut self, list: &mut [usize]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last + 1);
            list.swap(last, other);
        }
    }
}
