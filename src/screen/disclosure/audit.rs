//! The gate: attacks what is about to be published, and keeps the proof.
//!
//! For every protected cell, and once more for every contributor who knows a cell of its own, other tables are shown
//! that agree with everything published and give the cell values far enough apart. Rule that must hold: `safe` is said only
//! when every cell has its tables; anything else is `not proven`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    Stop, Table,
    elimination::Elimination,
    view::View,
    witness::{Change, Reach, Witnesses},
};

/// What the audit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every protected cell has its proof.
    Safe,
    /// At least one has none: a person must look, nothing goes out.
    NotProven,
}

/// Why one protected cell is safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellProof {
    /// Index of the cell.
    pub cell: usize,
    /// The cell that the attacker knows in this proof.
    pub known: Option<usize>,
    /// How far below the true value a table that looks the same goes.
    pub down: i64,
    /// How far above.
    pub up: i64,
    /// Which of the audit's tables show it.
    pub tables: Vec<usize>,
}

/// The record of an audit. It holds differences from the true values: internal, as the values are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// What it says.
    pub verdict: Verdict,
    /// How many intervals were asked for: cells, and cells under each contributor's knowledge.
    pub asked: usize,
    /// The proofs. For contributors only those that need a table of their own are listed.
    pub proofs: Vec<CellProof>,
    /// Tables that look the same when published, as changes of the true one.
    pub tables: Vec<Vec<(usize, i64)>>,
    /// Protected cells without proof, with the cell the attacker knows. Indexes only, for those who repair.
    pub open: Vec<(usize, Option<usize>)>,
}

/// What is to be shown safe.
#[derive(Clone, Debug)]
pub(crate) struct Targets<'a> {
    /// The protected cells.
    pub(crate) cells: &'a [usize],
    /// The cells known to a sole contributor.
    pub(crate) single: &'a [usize],
    /// How wide each cell's interval must be, by cell.
    pub(crate) width: &'a [i64],
    /// How many unknown cells one attack may take in.
    pub(crate) limit: usize,
}

/// Attacks a table as it would be published.
pub(crate) fn examine(
    table: &Table,
    view: &View,
    targets: &Targets<'_>,
    start: Option<&Elimination>,
    stop: Stop<'_>,
) -> Audit {
    let mut witnesses = Witnesses::new(table, view, targets.limit);
    for change in start.map(Elimination::circulations).unwrap_or_default() {
        witnesses.offer(&change);
    }
    let mut audit = Audit {
        verdict: Verdict::Safe,
        asked: 0,
        proofs: Vec::new(),
        tables: Vec::new(),
        open: Vec::new(),
    };
    // The general proof of each cell, by its place in the list.
    let mut general: BTreeMap<usize, usize> = BTreeMap::new();
    let attackers = std::iter::once(None).chain(targets.single.iter().copied().map(Some));
    for known in attackers {
        for &cell in targets.cells.iter().filter(|&&cell| Some(cell) != known) {
            audit.asked += 1;
            if let Some(known) = known {
                let Some(&place) = general.get(&cell) else {
                    continue; // Open for everybody, and so for the contributor.
                };
                if leaves_alone(&audit.proofs[place], known, witnesses.pool()) {
                    continue;
                }
            }
            if !stop() && witnesses.widen(cell, known, targets.width[cell]) {
                if known.is_none() {
                    general.insert(cell, audit.proofs.len());
                }
                audit
                    .proofs
                    .push(proof(cell, known, witnesses.reach(cell, known)));
            } else {
                audit.open.push((cell, known));
            }
        }
    }
    if !audit.open.is_empty() {
        audit.verdict = Verdict::NotProven;
    }
    audit.tables = keep_used(&mut audit.proofs, witnesses.pool());
    audit
}

/// True when no table of a proof moves the cell that a contributor knows.
fn leaves_alone(proof: &CellProof, known: usize, pool: &[Change]) -> bool {
    proof.tables.iter().all(|&index| {
        pool[index]
            .binary_search_by_key(&known, |&(other, _)| other)
            .is_err()
    })
}

fn proof(cell: usize, known: Option<usize>, reach: Reach) -> CellProof {
    CellProof {
        cell,
        known,
        down: reach.down,
        up: reach.up,
        tables: reach.down_by.into_iter().chain(reach.up_by).collect(),
    }
}

/// Keeps the tables that a proof names, and renumbers them.
fn keep_used(proofs: &mut [CellProof], pool: &[Change]) -> Vec<Change> {
    let mut number: Vec<Option<usize>> = vec![None; pool.len()];
    let mut kept = Vec::new();
    for proof in proofs {
        for index in &mut proof.tables {
            let place = *number[*index].get_or_insert_with(|| {
                kept.push(pool[*index].clone());
                kept.len() - 1
            });
            *index = place;
        }
    }
    kept
}

impl Audit {
    /// Checks the proofs again, without any solver: whole numbers, every relation, every interval.
    ///
    /// `width` gives the room each cell needs. For a contributor without proofs of its own, the general ones must leave
    /// its cell alone.
    pub(crate) fn holds(&self, table: &Table, view: &View, targets: &Targets<'_>) -> bool {
        let sound = self.tables.iter().all(|change| view.allows(table, change));
        let moved = |index: usize, cell: usize| {
            self.tables.get(index).and_then(|change| {
                change
                    .binary_search_by_key(&cell, |&(other, _)| other)
                    .ok()
                    .map(|at| change[at].1)
            })
        };
        let proven = |cell: usize, known: Option<usize>| {
            self.proofs.iter().any(|proof| {
                let own = proof.cell == cell && (proof.known == known || proof.known.is_none());
                let apart = known.is_none_or(|known| {
                    proof
                        .tables
                        .iter()
                        .all(|&index| moved(index, known).is_none())
                });
                let mut values: Vec<i64> = proof
                    .tables
                    .iter()
                    .filter_map(|&index| moved(index, cell))
                    .collect();
                values.push(0);
                let spread = match (values.iter().max(), values.iter().min()) {
                    (Some(most), Some(least)) => most - least,
                    _ => 0,
                };
                own && apart && spread >= targets.width[cell]
            })
        };
        sound
            && self.verdict == Verdict::Safe
            && targets.cells.iter().all(|&cell| {
                proven(cell, None)
                    && targets
                        .single
                        .iter()
                        .filter(|&&known| known != cell)
                        .all(|&known| proven(cell, Some(known)))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        samples::{flat, table},
        view::OPEN,
    };

    fn look(table: &Table, hidden: &[usize]) -> View {
        let mut view = View {
            low: table.cells().iter().map(|cell| cell.value).collect(),
            high: table.cells().iter().map(|cell| cell.value).collect(),
        };
        for &cell in hidden {
            view.low[cell] = 0;
            view.high[cell] = OPEN;
        }
        view
    }

    fn check(values: &[i64], hidden: &[usize], protected: &[usize], single: &[usize]) -> Verdict {
        let table = table(&[flat(2), flat(3)], values);
        let view = look(&table, hidden);
        let targets = Targets {
            cells: protected,
            single,
            width: &vec![1; table.len()],
            limit: 100,
        };
        let audit = examine(&table, &view, &targets, None, &|| false);
        assert_eq!(
            audit.verdict == Verdict::Safe,
            audit.holds(&table, &view, &targets)
        );
        audit.verdict
    }

    #[test]
    fn alone_is_not_proven_and_a_rectangle_is_safe() {
        let values = [3, 20, 30, 40, 50, 60];
        assert_eq!(check(&values, &[5], &[5], &[]), Verdict::NotProven);
        assert_eq!(check(&values, &[5, 6, 9, 10], &[5], &[]), Verdict::Safe);
    }

    #[test]
    fn a_sole_contributor_undoes_a_rectangle_but_not_a_block() {
        let values = [1, 2, 30, 40, 50, 60];
        assert_eq!(
            check(&values, &[5, 6, 9, 10], &[5, 6], &[5]),
            Verdict::NotProven
        );
        assert_eq!(
            check(&values, &[5, 6, 7, 9, 10, 11], &[5, 6], &[5]),
            Verdict::Safe
        );
    }

    #[test]
    fn two_zeros_hold_a_rectangle() {
        // 0 0 / 40 50: the zeros' row cannot change, although no arithmetic gives them away.
        let values = [0, 0, 30, 40, 50, 60];
        assert_eq!(
            check(&values, &[5, 6, 9, 10], &[5, 6], &[]),
            Verdict::NotProven
        );
        assert_eq!(
            check(&values, &[5, 6, 7, 9, 10, 11], &[5, 6], &[]),
            Verdict::Safe
        );
    }
}
