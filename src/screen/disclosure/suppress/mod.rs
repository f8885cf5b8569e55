//! Complementary suppression: which other cells to hide so that the protected ones cannot be found again.
//!
//! What exposes a cell is turned into a cut, a set of published cells of which one must be hidden. [`search`] meets the
//! cuts as they appear and then takes back and exchanges what it can; [`cover`] meets them all at the least cost, and
//! what it finds is the optimum when nothing is exposed any more. Rule that must hold: steps are counted, the clock is
//! not read; the same table gets the same pattern.

mod cover;
mod search;

use std::collections::BTreeSet;

use crate::{
    Limits, Stop, Table,
    audit::{Audit, Targets, Verdict, examine},
    certificate,
    elimination::{Elimination, Exposure},
    view::View,
};

/// Exposed pairs that are repaired in one round: with many, the first repairs mend most of the others.
const REPAIRS: usize = 40;
/// Above this many hidden cells the exact search is left out where every round needs the audit.
const EXACT_TIGHT: usize = 300;
/// Above this many hidden cells the slow test is not repeated for every cell that might be taken back.
const SLOW: usize = 1_500;

/// A table with what must be hidden.
pub(crate) struct Task<'a> {
    pub(crate) table: &'a Table,
    /// Cells that must not be found.
    pub(crate) protected: &'a [usize],
    /// Cells that a sole contributor knows.
    pub(crate) single: &'a [usize],
    /// The room each protected cell needs.
    pub(crate) width: &'a [i64],
    /// What hiding a cell costs.
    pub(crate) cost: &'a [i64],
    /// What a reader knows of each cell when it shows.
    pub(crate) shown: &'a View,
    /// What a reader knows of each cell when it is hidden.
    pub(crate) covered: &'a View,
    pub(crate) limits: Limits,
}

/// The cuts met so far.
#[derive(Clone, Debug, Default)]
struct Cuts {
    all: BTreeSet<BTreeSet<usize>>,
    /// True when one of them came from the audit: such a cut may ask for too much, and no optimum can be claimed.
    doubtful: bool,
}

impl Cuts {
    fn add(&mut self, exposures: &[Exposure]) {
        for exposure in exposures.iter().filter(|exposure| !exposure.cut.is_empty()) {
            self.doubtful |= !exposure.certain;
            self.all.insert(exposure.cut.clone());
        }
    }
}

/// The pattern found.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    /// Which cells are hidden, the protected ones included.
    pub(crate) hidden: Vec<bool>,
    /// True when no cheaper pattern protects the table.
    pub(crate) optimal: bool,
}

impl Task<'_> {
    /// What a reader knows when these cells are hidden.
    pub(crate) fn view(&self, hidden: &[bool]) -> View {
        let pick = |shown: &[i64], covered: &[i64]| -> Vec<i64> {
            hidden
                .iter()
                .enumerate()
                .map(|(cell, &hidden)| if hidden { covered[cell] } else { shown[cell] })
                .collect()
        };
        View {
            low: pick(&self.shown.low, &self.covered.low),
            high: pick(&self.shown.high, &self.covered.high),
        }
    }

    fn targets(&self) -> Targets<'_> {
        Targets {
            cells: self.protected,
            single: self.single,
            width: self.width,
            limit: self.limits.unknowns,
        }
    }

    /// Attacks a pattern and returns the record.
    pub(crate) fn audit(&self, hidden: &[bool], stop: Stop<'_>) -> Audit {
        let view = self.view(hidden);
        let elimination = self
            .is_exact()
            .then(|| Elimination::new(self.table, &open(hidden, &view), false));
        examine(
            self.table,
            &view,
            &self.targets(),
            elimination.as_ref(),
            stop,
        )
    }

    /// Checks a record again, in whole numbers.
    pub(crate) fn confirms(&self, hidden: &[bool], audit: &Audit) -> bool {
        audit.holds(self.table, &self.view(hidden), &self.targets())
    }

    /// True when every number that shows is exact, so that arithmetic alone finds most exposures.
    fn is_exact(&self) -> bool {
        (0..self.table.len()).all(|cell| !self.shown.is_open(cell))
    }

    /// True when signs and sizes can matter: a hidden cell has less room than a protected one needs.
    fn is_tight(&self, hidden: &[bool]) -> bool {
        let most = self
            .protected
            .iter()
            .map(|&cell| self.width[cell])
            .max()
            .unwrap_or(1);
        most > 1
            || hidden.iter().enumerate().any(|(cell, &hidden)| {
                let (up, down) = self.covered.room(self.table, cell);
                hidden && (up < 1 || down < 1)
            })
    }

    /// True when the pattern protects, as far as a quick look tells.
    fn is_closed(&self, hidden: &[bool], stop: Stop<'_>) -> bool {
        if self.is_exact() {
            let view = self.view(hidden);
            let elimination = Elimination::new(self.table, &open(hidden, &view), false);
            if !elimination.is_closed(self.protected, self.single) {
                return false;
            }
            if !self.is_tight(hidden) {
                return true;
            }
            let audit = examine(self.table, &view, &self.targets(), Some(&elimination), stop);
            return audit.verdict == Verdict::Safe;
        }
        self.audit(hidden, stop).verdict == Verdict::Safe
    }

    /// What is exposed under a pattern, with a cut each.
    fn exposures(&self, hidden: &[bool], stop: Stop<'_>) -> Vec<Exposure> {
        let view = self.view(hidden);
        let mut elimination = None;
        if self.is_exact() {
            let reduced = Elimination::new(self.table, &open(hidden, &view), true);
            let found = reduced.exposures(self.protected, self.single);
            if !found.is_empty() {
                return found;
            }
            elimination = Some(reduced);
        }
        let audit = examine(
            self.table,
            &view,
            &self.targets(),
            elimination.as_ref(),
            stop,
        );
        audit
            .open
            .iter()
            .take(REPAIRS)
            .map(|&(cell, known)| {
                let mut cut = certificate::cut(
                    self.table,
                    &view,
                    hidden,
                    cell,
                    known,
                    self.width[cell],
                    self.limits.unknowns,
                );
                if cut.is_empty() {
                    cut = certificate::neighbours(self.table, &view, hidden, cell, known);
                }
                Exposure {
                    cell,
                    known,
                    cut,
                    certain: false,
                }
            })
            .collect()
    }

    fn start(&self) -> Vec<bool> {
        let mut hidden = vec![false; self.table.len()];
        for &cell in self.protected {
            hidden[cell] = true;
        }
        hidden
    }

    /// What a pattern costs beyond the protected cells.
    fn price(&self, hidden: &[bool]) -> i64 {
        let all: i64 = (0..hidden.len())
            .filter(|&cell| hidden[cell])
            .map(|cell| self.cost[cell])
            .sum();
        let own: i64 = self.protected.iter().map(|&cell| self.cost[cell]).sum();
        all - own
    }
}

/// Hidden cells whose value the reader does not know for another reason.
fn open(hidden: &[bool], view: &View) -> Vec<bool> {
    hidden
        .iter()
        .enumerate()
        .map(|(cell, &hidden)| hidden && view.is_open(cell))
        .collect()
}

/// Finds a pattern. The caller audits it: a search that ran out of steps or was stopped may leave cells exposed.
pub(crate) fn suppress(task: &Task<'_>, stop: Stop<'_>) -> Pattern {
    let mut cuts = Cuts::default();
    let mut hidden = search::grow(
        task,
        task.start(),
        &search::Taste::default(),
        &mut cuts,
        stop,
    );
    let count = hidden.iter().filter(|hidden| **hidden).count();
    if !task.is_tight(&hidden) || count <= SLOW {
        hidden = search::prune(task, hidden, None, stop);
    }
    let (better, optimal) = if task.is_tight(&hidden) && count > EXACT_TIGHT {
        (None, false)
    } else {
        exact(task, &mut cuts, &hidden, stop)
    };
    if let Some(better) = better {
        hidden = better;
    }
    if !optimal {
        // Each try costs about as much as the table is large, and more where every look needs the audit.
        let slow = if task.is_tight(&hidden) { 20 } else { 1 };
        let tries = task.limits.improvements / (slow * (1 + task.table.len() / 1_000));
        hidden = search::improve(task, hidden, tries, stop);
    }
    Pattern {
        optimal: optimal && !cuts.doubtful,
        hidden,
    }
}

/// Meets all cuts at the least cost, attacks, adds the new cuts, until nothing is exposed or a limit is reached.
///
/// Returns a pattern when it is cheaper than `known`, and whether the cheaper of the two is the cheapest of all.
fn exact(
    task: &Task<'_>,
    cuts: &mut Cuts,
    known: &[bool],
    stop: Stop<'_>,
) -> (Option<Vec<bool>>, bool) {
    let mut steps = task.limits.exact_steps;
    let price = task.price(known);
    for _ in 0..task.limits.exact_rounds {
        let (chosen, proven) = cover::cheapest(&cuts.all, task.cost, &mut steps);
        if !proven || stop() {
            return (None, false);
        }
        let mut hidden = task.start();
        for cell in chosen {
            hidden[cell] = true;
        }
        if task.price(&hidden) >= price {
            return (None, true);
        }
        let found = task.exposures(&hidden, stop);
        if found.is_empty() {
            return (Some(hidden), true);
        }
        let before = cuts.all.len();
        cuts.add(&found);
        if cuts.all.len() == before {
            return (None, false);
        }
    }
    (None, false)
}

#[cfg(test)]
mod tests;
