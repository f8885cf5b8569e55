//! Which cells a rule forbids to show, each with its reason.

use serde::{Deserialize, Serialize};

use crate::{Cell, Profile, Table, Zeros};

/// Why a cell must not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A count below the minimum.
    Small,
    /// A zero, where zeros tell something.
    Zero,
    /// Few contributors give too much of it.
    Dominance,
    /// One contributor can guess another's part too well.
    PPercent,
}

/// A cell that must not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Primary {
    /// Index of the cell.
    pub cell: usize,
    /// Why.
    pub reason: Reason,
}

/// The cells that the rules forbid to show, in order.
pub fn primary_cells(table: &Table, profile: &Profile) -> Vec<Primary> {
    table
        .cells()
        .iter()
        .enumerate()
        .filter_map(|(index, cell)| {
            reason(cell, profile).map(|reason| Primary {
                cell: index,
                reason,
            })
        })
        .collect()
}

fn reason(cell: &Cell, profile: &Profile) -> Option<Reason> {
    let persons = cell.contributors.unwrap_or(cell.value);
    if persons == 0 {
        let hidden = profile.zeros == Zeros::Hidden && profile.minimum_frequency > 0;
        return hidden.then_some(Reason::Zero);
    }
    if persons < profile.minimum_frequency {
        return Some(Reason::Small);
    }
    if let Some(rule) = profile.dominance {
        let few: i64 = cell.largest.iter().take(rule.contributors).sum();
        if !cell.largest.is_empty()
            && i128::from(few) * 100 > i128::from(cell.value) * i128::from(rule.percent)
        {
            return Some(Reason::Dominance);
        }
    }
    if let Some(rule) = profile.p_percent
        && let Some(&first) = cell.largest.first()
    {
        let second = cell.largest.get(1).copied().unwrap_or(0);
        let others = cell.value - first - second;
        if i128::from(others) * 100 < i128::from(first) * i128::from(rule.percent) {
            return Some(Reason::PPercent);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dominance, PPercent};

    fn check(cell: &Cell, profile: &Profile, expect: Option<Reason>) {
        assert_eq!(reason(cell, profile), expect, "{cell:?}");
    }

    #[test]
    fn counts() {
        let profile = crate::profile("ircc").unwrap();
        check(&Cell::count("a", 0), &profile, Some(Reason::Zero));
        check(&Cell::count("a", 5), &profile, Some(Reason::Small));
        check(&Cell::count("a", 6), &profile, None);
        check(&Cell::count("a", 0), &Profile::default(), None);
    }

    #[test]
    fn magnitudes() {
        let firms = |value, largest: &[i64]| Cell {
            key: "a".to_owned(),
            value,
            contributors: Some(30),
            largest: largest.to_vec(),
        };
        let dominance = Profile {
            dominance: Some(Dominance {
                contributors: 2,
                percent: 90,
            }),
            ..Profile::default()
        };
        check(&firms(100, &[60, 31]), &dominance, Some(Reason::Dominance));
        check(&firms(100, &[60, 30]), &dominance, None);
        let p = Profile {
            p_percent: Some(PPercent { percent: 10 }),
            ..Profile::default()
        };
        // Others: 100 - 60 - 35 = 5, less than 6.
        check(&firms(100, &[60, 35]), &p, Some(Reason::PPercent));
        check(&firms(100, &[60, 34]), &p, None);
    }
}
