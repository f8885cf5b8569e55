//! Other tables that look the same: whole-number changes of the true table that agree with everything published.
//!
//! A cell is safe when such tables give it values far enough apart. Circulations left over from the elimination come
//! first and cost nothing; where they do not reach, the solver looks in the neighbourhood of the cell, then further
//! out. Rule that must hold: every change in the pool was checked in whole numbers, so that a solver's mistake can make us
//! hide too much, never too little.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    Table,
    lp::{self, Answer, Model},
    view::View,
};

/// How many unknown cells around a cell are searched, step by step. The last step is the limit of the caller.
const STEPS: [usize; 2] = [80, 400];
/// Up to how many unknown cells a whole-number search is tried when the plain one gave fractions.
const WHOLE: usize = 80;

/// A change of the true table, by cell.
pub(crate) type Change = Vec<(usize, i64)>;

/// Collects changes and asks for more where they are needed.
pub(crate) struct Witnesses<'a> {
    table: &'a Table,
    view: &'a View,
    limit: usize,
    pool: Vec<Change>,
    /// For each cell the changes that move it, and by how much.
    moving: BTreeMap<usize, Vec<(usize, i64)>>,
}

/// How far a cell can be moved, and by which changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    pub(crate) up: i64,
    pub(crate) up_by: Option<usize>,
    pub(crate) down: i64,
    pub(crate) down_by: Option<usize>,
}

impl Reach {
    pub(crate) fn width(&self) -> i64 {
        self.up + self.down
    }
}

impl<'a> Witnesses<'a> {
    /// Nothing found yet; searches stop at `limit` unknown cells.
    pub(crate) fn new(table: &'a Table, view: &'a View, limit: usize) -> Self {
        Self {
            table,
            view,
            limit,
            pool: Vec::new(),
            moving: BTreeMap::new(),
        }
    }

    /// Takes a change, and its opposite, if they are possible.
    pub(crate) fn offer(&mut self, change: &[(usize, i64)]) {
        let opposite: Change = change.iter().map(|&(cell, by)| (cell, -by)).collect();
        self.take(change.to_vec());
        self.take(opposite);
    }

    fn take(&mut self, mut change: Change) {
        change.retain(|&(_, by)| by != 0);
        change.sort_unstable();
        if change.is_empty() || !self.view.allows(self.table, &change) {
            return;
        }
        for &(cell, by) in &change {
            self.moving
                .entry(cell)
                .or_default()
                .push((self.pool.len(), by));
        }
        self.pool.push(change);
    }

    /// The changes.
    pub(crate) fn pool(&self) -> &[Change] {
        &self.pool
    }

    /// How far the changes found so far move a cell while `known` stays.
    pub(crate) fn reach(&self, cell: usize, known: Option<usize>) -> Reach {
        let mut reach = Reach::default();
        for &(index, by) in self.moving.get(&cell).into_iter().flatten() {
            let moves_known = known.is_some_and(|known| {
                self.pool[index]
                    .binary_search_by_key(&known, |&(other, _)| other)
                    .is_ok()
            });
            if moves_known {
                continue;
            }
            if by > reach.up {
                (reach.up, reach.up_by) = (by, Some(index));
            }
            if -by > reach.down {
                (reach.down, reach.down_by) = (-by, Some(index));
            }
        }
        reach
    }

    /// Searches until the cell can be moved over `width`; false when no such tables were found.
    pub(crate) fn widen(&mut self, cell: usize, known: Option<usize>, width: i64) -> bool {
        if self.reach(cell, known).width() >= width {
            return true;
        }
        let mut last = 0;
        for step in STEPS.into_iter().chain([self.limit]) {
            let near = self.near(cell, known, step.min(self.limit));
            if near.len() <= last {
                break;
            }
            last = near.len();
            for up in [true, false] {
                let reach = self.reach(cell, known);
                if reach.width() >= width {
                    return true;
                }
                let wanted = if up {
                    width - reach.down
                } else {
                    width - reach.up
                };
                if let Some(change) = self.search(cell, &near, if up { wanted } else { -wanted }) {
                    self.take(change);
                }
            }
            if self.reach(cell, known).width() >= width {
                return true;
            }
        }
        false
    }

    /// Unknown cells around a cell, breadth first over the relations.
    fn near(&self, cell: usize, known: Option<usize>, limit: usize) -> Vec<usize> {
        let mut found = vec![cell];
        let mut seen: BTreeSet<usize> = BTreeSet::from([cell]);
        seen.extend(known);
        let mut relations = BTreeSet::new();
        let mut queue = VecDeque::from([cell]);
        while let Some(next) = queue.pop_front() {
            for &(relation, _) in self.table.touching(next) {
                if !relations.insert(relation) {
                    continue;
                }
                for (other, _) in self.table.terms(relation) {
                    if self.view.is_open(other) && found.len() < limit && seen.insert(other) {
                        found.push(other);
                        queue.push_back(other);
                    }
                }
            }
        }
        found
    }

    /// A change of the near cells that moves a cell by up to `wanted` (down when negative), as the solver sees it.
    fn search(&self, cell: usize, near: &[usize], wanted: i64) -> Option<Change> {
        for whole in [false, true] {
            if whole && near.len() > WHOLE {
                break;
            }
            let Answer::Optimal(values) = self.model(cell, near, wanted, whole).minimise() else {
                break;
            };
            let change: Option<Change> = near
                .iter()
                .zip(&values)
                .map(|(&other, &value)| lp::whole(value).map(|by| (other, by)))
                .collect();
            if change.is_some() {
                return change;
            }
        }
        None
    }

    fn model(&self, cell: usize, near: &[usize], wanted: i64, whole: bool) -> Model {
        let mut model = Model::default();
        let cap = (4 * wanted.abs()).max(8);
        let mut column_of = BTreeMap::new();
        for &other in near {
            let (up, down) = self.view.room(self.table, other);
            let (mut high, mut low) = (up.min(cap), -down.min(cap));
            let mut cost = 0.0;
            if other == cell {
                high = high.min(wanted.max(0));
                low = low.max(wanted.min(0));
                cost = if wanted > 0 { -1.0 } else { 1.0 };
            }
            let column = if whole {
                model.whole(cost, lp::real(low), lp::real(high))
            } else {
                model.column(cost, lp::real(low), lp::real(high))
            };
            column_of.insert(other, column);
        }
        let relations: BTreeSet<usize> = near
            .iter()
            .flat_map(|&other| {
                self.table
                    .touching(other)
                    .iter()
                    .map(|&(relation, _)| relation)
            })
            .collect();
        for relation in relations {
            let terms = self
                .table
                .terms(relation)
                .filter_map(|(other, sign)| {
                    column_of
                        .get(&other)
                        .map(|&column| (column, lp::real(sign)))
                })
                .collect();
            model.line(terms, 0.0);
        }
        model
    }
}
