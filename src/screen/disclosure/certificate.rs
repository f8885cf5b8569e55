//! Why a cell is bound, and by which published numbers: the dual of the attacker's program.
//!
//! Used when a cell's interval stays narrow although arithmetic alone does not give it away: a zero cannot go down, a
//! rounded number leaves little room. The multipliers of the relations that bind the cell name the published cells
//! that take part; hiding none of them leaves the cell as narrow as it is. Rule that must hold: floats decide only what
//! else to hide, never that a cell is safe.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Table,
    lp::{self, Answer, Model},
    view::View,
};

/// A multiplier smaller than this is no multiplier.
const NOTHING: f64 = 1e-7;

/// Published cells of which at least one must be hidden so that `cell` gets more room.
///
/// `known` is a cell the attacker knows. Empty when nothing published binds the cell (or the solver gave no answer).
pub(crate) fn cut(
    table: &Table,
    view: &View,
    hidden: &[bool],
    cell: usize,
    known: Option<usize>,
    width: i64,
    limit: usize,
) -> BTreeSet<usize> {
    let (unknown, relations) = group(table, view, cell, known, limit);
    let mut found = BTreeSet::new();
    for direction in [1.0, -1.0] {
        let multipliers = bind(
            &Attack {
                table,
                view,
                unknown: &unknown,
                relations: &relations,
                cap: (4 * width).max(8),
            },
            cell,
            direction,
        );
        let mut weights: BTreeMap<usize, f64> = BTreeMap::new();
        for (&relation, multiplier) in relations.iter().zip(multipliers) {
            if multiplier.abs() > NOTHING {
                for (other, sign) in table.terms(relation) {
                    *weights.entry(other).or_insert(0.0) += multiplier * lp::real(sign);
                }
            }
        }
        found.extend(
            weights
                .into_iter()
                .filter(|&(other, weight)| {
                    weight.abs() > NOTHING && !hidden[other] && Some(other) != known
                })
                .map(|(other, _)| other),
        );
    }
    found.remove(&cell);
    found
}

/// Any published cell that shares a relation with an unknown neighbour of the cell: the last resort when whole numbers fail
/// where fractions do not.
pub(crate) fn neighbours(
    table: &Table,
    view: &View,
    hidden: &[bool],
    cell: usize,
    known: Option<usize>,
) -> BTreeSet<usize> {
    let (_, relations) = group(table, view, cell, known, 60);
    relations
        .into_iter()
        .flat_map(|relation| table.terms(relation).map(|(other, _)| other))
        .filter(|&other| !hidden[other] && Some(other) != known)
        .collect()
}

/// The unknown cells that hang together with a cell, and the relations that hold them.
fn group(
    table: &Table,
    view: &View,
    cell: usize,
    known: Option<usize>,
    limit: usize,
) -> (Vec<usize>, Vec<usize>) {
    let mut unknown = vec![cell];
    let mut seen: BTreeSet<usize> = BTreeSet::from([cell]);
    seen.extend(known);
    let mut relations = BTreeSet::new();
    let mut next = 0;
    while next < unknown.len() {
        for &(relation, _) in table.touching(unknown[next]) {
            if relations.insert(relation) {
                for (other, _) in table.terms(relation) {
                    if view.is_open(other) && unknown.len() < limit && seen.insert(other) {
                        unknown.push(other);
                    }
                }
            }
        }
        next += 1;
    }
    (unknown, relations.into_iter().collect())
}

struct Attack<'a> {
    table: &'a Table,
    view: &'a View,
    unknown: &'a [usize],
    relations: &'a [usize],
    cap: i64,
}

/// The multipliers that prove the tightest bound on a cell in one direction; zeros when there is no answer.
fn bind(attack: &Attack<'_>, cell: usize, direction: f64) -> Vec<f64> {
    let mut model = Model::default();
    let multipliers: Vec<usize> = attack
        .relations
        .iter()
        .map(|_| model.column(0.0, f64::NEG_INFINITY, f64::INFINITY))
        .collect();
    let place: BTreeMap<usize, usize> = attack
        .relations
        .iter()
        .zip(&multipliers)
        .map(|(&relation, &column)| (relation, column))
        .collect();
    for &other in attack.unknown {
        let (up, down) = attack.view.room(attack.table, other);
        let above = model.column(lp::real(up.min(attack.cap)), 0.0, f64::INFINITY);
        let below = model.column(lp::real(down.min(attack.cap)), 0.0, f64::INFINITY);
        let mut terms = vec![(above, 1.0), (below, -1.0)];
        for &(relation, sign) in attack.table.touching(other) {
            if let Some(&column) = place.get(&relation) {
                terms.push((column, lp::real(sign)));
            }
        }
        let right = if other == cell { direction } else { 0.0 };
        model.line(terms, right);
    }
    match model.minimise() {
        Answer::Optimal(values) => multipliers.iter().map(|&column| values[column]).collect(),
        Answer::Infeasible | Answer::None => vec![0.0; multipliers.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        samples::{flat, table},
        view::OPEN,
    };

    #[test]
    fn a_zero_that_cannot_go_down_binds_its_neighbour() {
        // Two inner rows; the rectangle 5, 6, 9, 10 is hidden, and both zeros stop it in both directions.
        let table = table(&[flat(2), flat(3)], &[0, 5, 30, 40, 0, 60]);
        let mut hidden = vec![false; table.len()];
        let mut view = View {
            low: table.cells().iter().map(|cell| cell.value).collect(),
            high: table.cells().iter().map(|cell| cell.value).collect(),
        };
        for cell in [5, 6, 9, 10] {
            hidden[cell] = true;
            view.low[cell] = 0;
            view.high[cell] = OPEN;
        }
        // Values 0, 5 / 40, 0: raising 5 lowers both others; the zeros can only rise, so 6 can only fall: width 5.
        let found = cut(&table, &view, &hidden, 6, None, 6, 100);
        assert!(!found.is_empty());
        assert!(found.iter().all(|&other| !hidden[other]));
    }
}
