//! Attacks tables that are out already: nobody's true values are known here, only what shows.
//!
//! Every hidden cell is bounded from all the numbers of all the tables given. Rule that must hold: a bound from the
//! solver is moved outwards to whole numbers before it is believed, and a cell without an answer is `open`, not safe.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    DisclosureError, Profile, Relation, Stop, Verdict,
    lp::{self, Answer, Model},
};

/// No cell is taken to be larger than this, or than ten times the largest number that shows.
const ROOF: i64 = 1_000_000_000;

/// A bound is believed when it is nearer than this to a whole number.
const SLACK: f64 = 1e-6;

/// A cell as a reader sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedCell {
    /// What it counts; the same in all tables.
    pub key: String,
    /// The least value it can have as far as the cell alone tells.
    pub low: i64,
    /// The greatest one; none when the cell tells nothing.
    pub high: Option<i64>,
    /// True when it shows no number.
    pub hidden: bool,
}

/// What an attacker gets to know of a hidden cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// Index of the cell.
    pub cell: usize,
    /// The least possible value.
    pub low: i64,
    /// The greatest possible value; none when nothing bounds it.
    pub high: Option<i64>,
}

impl Interval {
    fn is_narrower(&self, width: i64) -> bool {
        self.high.is_some_and(|high| high - self.low < width)
    }
}

/// What came of attacking published tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedAudit {
    /// `safe` when every hidden cell has an answer and room enough.
    pub verdict: Verdict,
    /// Cells in all tables, each once.
    pub cells: usize,
    /// Hidden cells.
    pub hidden: usize,
    /// Hidden cells whose value is found exactly.
    pub exact: usize,
    /// Hidden cells with too little room, the exact ones included.
    pub narrow: usize,
    /// Hidden cells without an answer.
    pub open: usize,
    /// True when the numbers contradict each other, so that nothing can be said.
    pub contradiction: bool,
    /// The intervals of the cells with too little room. Internal.
    pub found: Vec<Interval>,
}

/// Bounds every hidden cell from everything that shows.
pub fn audit_published(
    cells: &[PublishedCell],
    relations: &[Relation],
    profile: &Profile,
    stop: Stop<'_>,
) -> Result<PublishedAudit, DisclosureError> {
    profile.check()?;
    let mut touching = vec![Vec::new(); cells.len()];
    for (index, relation) in relations.iter().enumerate() {
        for &cell in relation.parts.iter().chain([&relation.total]) {
            let Some(list) = touching.get_mut(cell) else {
                return Err(DisclosureError::Outside {
                    what: format!("relation {index}"),
                });
            };
            list.push(index);
        }
    }
    let attack = Attack {
        cells,
        relations,
        touching,
        limit: profile.limits.unknowns,
        roof: cells
            .iter()
            .map(|cell| cell.low.saturating_mul(10))
            .fold(ROOF, i64::max),
    };
    let mut audit = PublishedAudit {
        verdict: Verdict::Safe,
        cells: cells.len(),
        hidden: 0,
        exact: 0,
        narrow: 0,
        open: 0,
        contradiction: false,
        found: Vec::new(),
    };
    for cell in (0..cells.len()).filter(|&cell| cells[cell].hidden) {
        audit.hidden += 1;
        if stop() {
            audit.open += 1;
            continue;
        }
        match attack.bounds(cell) {
            Bounds::Between(interval) => {
                if interval.is_narrower(profile.width) {
                    audit.narrow += 1;
                    audit.exact += usize::from(interval.high == Some(interval.low));
                    audit.found.push(interval);
                }
            }
            Bounds::Contradiction => audit.contradiction = true,
            Bounds::Unknown => audit.open += 1,
        }
    }
    if audit.contradiction || audit.narrow > 0 || audit.open > 0 {
        audit.verdict = Verdict::NotProven;
    }
    Ok(audit)
}

enum Bounds {
    Between(Interval),
    Contradiction,
    Unknown,
}

struct Attack<'a> {
    cells: &'a [PublishedCell],
    relations: &'a [Relation],
    touching: Vec<Vec<usize>>,
    limit: usize,
    roof: i64,
}

impl Attack<'_> {
    fn is_open(&self, cell: usize) -> bool {
        self.cells[cell].high != Some(self.cells[cell].low)
    }

    /// The cells that hang together with one; none when they are more than the limit.
    fn group(&self, cell: usize) -> Option<(Vec<usize>, BTreeSet<usize>)> {
        let mut group = vec![cell];
        let mut seen = BTreeSet::from([cell]);
        let mut relations = BTreeSet::new();
        let mut next = 0;
        while next < group.len() {
            for &index in &self.touching[group[next]] {
                if !relations.insert(index) {
                    continue;
                }
                let relation = &self.relations[index];
                for &other in relation.parts.iter().chain([&relation.total]) {
                    if self.is_open(other) && seen.insert(other) {
                        group.push(other);
                    }
                }
            }
            if group.len() > self.limit {
                return None;
            }
            next += 1;
        }
        Some((group, relations))
    }

    fn bounds(&self, cell: usize) -> Bounds {
        let Some((group, relations)) = self.group(cell) else {
            return Bounds::Unknown;
        };
        let mut ends = [None, None];
        for (end, cost) in ends.iter_mut().zip([1.0, -1.0]) {
            let (model, at) = self.model(&group, &relations, cell, cost);
            match model.minimise() {
                Answer::Optimal(values) => *end = Some(values[at]),
                Answer::Infeasible => return Bounds::Contradiction,
                Answer::None => return Bounds::Unknown,
            }
        }
        let [Some(least), Some(most)] = ends else {
            return Bounds::Unknown;
        };
        let roof = lp::real(self.roof) - 1.0;
        match (
            lp::whole((least - SLACK).ceil()),
            lp::whole((most + SLACK).floor()),
        ) {
            (Some(low), high) => Bounds::Between(Interval {
                cell,
                low,
                high: if most < roof { high } else { None },
            }),
            (None, _) => Bounds::Unknown,
        }
    }

    fn model(
        &self,
        group: &[usize],
        relations: &BTreeSet<usize>,
        cell: usize,
        cost: f64,
    ) -> (Model, usize) {
        let mut model = Model::default();
        let mut column_of = BTreeMap::new();
        let mut at = 0;
        for &other in group {
            let own = if other == cell { cost } else { 0.0 };
            let low = lp::real(self.cells[other].low);
            let high = lp::real(self.cells[other].high.unwrap_or(self.roof));
            let column = model.column(own, low, high);
            if other == cell {
                at = column;
            }
            column_of.insert(other, column);
        }
        for &index in relations {
            let relation = &self.relations[index];
            let mut terms = Vec::new();
            let mut fixed = 0;
            let signed = relation
                .parts
                .iter()
                .map(|&part| (part, -1))
                .chain([(relation.total, 1)]);
            for (other, sign) in signed {
                match column_of.get(&other) {
                    Some(&column) => terms.push((column, lp::real(sign))),
                    None => fixed += sign * self.cells[other].low,
                }
            }
            model.line(terms, lp::real(-fixed));
        }
        (model, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(key: &str, value: Option<i64>) -> PublishedCell {
        PublishedCell {
            key: key.to_owned(),
            low: value.unwrap_or(0),
            high: value,
            hidden: value.is_none(),
        }
    }

    fn check(values: [Option<i64>; 4], exact: usize, narrow: usize) {
        let cells: Vec<PublishedCell> = ["t", "a", "b", "c"]
            .into_iter()
            .zip(values)
            .map(|(key, value)| cell(key, value))
            .collect();
        let relation = Relation {
            total: 0,
            parts: vec![1, 2, 3],
        };
        let audit = audit_published(&cells, &[relation], &Profile::default(), &|| false).unwrap();
        assert_eq!((audit.exact, audit.narrow), (exact, narrow));
    }

    #[test]
    fn one_dash_is_found_and_two_are_not() {
        check([Some(10), None, Some(3), Some(4)], 1, 1);
        check([Some(10), None, None, Some(4)], 0, 0);
        // Nothing is left for the two: both are zero.
        check([Some(4), None, None, Some(4)], 2, 2);
    }

    #[test]
    fn numbers_that_contradict_each_other_are_no_proof() {
        let cells = [cell("t", Some(3)), cell("a", Some(5)), cell("b", None)];
        let relation = Relation {
            total: 0,
            parts: vec![1, 2],
        };
        let audit = audit_published(&cells, &[relation], &Profile::default(), &|| false).unwrap();
        assert!(audit.contradiction);
        assert_eq!(audit.verdict, Verdict::NotProven);
    }
}
