//! Rounding: to the nearest multiple, at random without bias, or so that totals still add.
//!
//! Rule that must hold: the same cell with the same value is rounded the same way in every table and every run, or two
//! releases would give it away.

use sha2::{Digest, Sha256};

use crate::{
    Profile, Rounding, Table, Zeros,
    lp::{self, Answer, Model},
};

/// Above this many cells between two multiples no whole-number search is tried.
const WHOLE: usize = 400;

/// The nearest multiple; a half goes up.
pub fn nearest(value: i64, base: i64) -> i64 {
    let rest = value.rem_euclid(base);
    if 2 * rest >= base {
        value - rest + base
    } else {
        value - rest
    }
}

/// One of the two multiples around a value, the nearer one more often, so that the mean is right.
///
/// The choice follows from the secret, the cell's key and its value, and from nothing else.
pub fn random(value: i64, base: i64, secret: &[u8], key: &str) -> i64 {
    let rest = value.rem_euclid(base);
    if rest == 0 {
        return value;
    }
    let mut hash = Sha256::new();
    hash.update(b"rideau-disclosure/round/1");
    hash.update(u64::try_from(secret.len()).unwrap_or(0).to_be_bytes());
    hash.update(secret);
    hash.update(key.as_bytes());
    hash.update([0]);
    hash.update(value.to_be_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut drawn = 0_i64;
    for byte in &digest[..16] {
        drawn = (drawn * 256 + i64::from(*byte)) % base;
    }
    if drawn < rest {
        value - rest + base
    } else {
        value - rest
    }
}

/// Every cell to a multiple next to it, so that every relation still holds; none when no such table was found.
pub fn controlled(table: &Table, base: i64) -> Option<Vec<i64>> {
    let floor: Vec<i64> = table
        .cells()
        .iter()
        .map(|cell| cell.value - cell.value.rem_euclid(base))
        .collect();
    let between: Vec<usize> = (0..table.len())
        .filter(|&cell| floor[cell] != table.value(cell))
        .collect();
    for whole in [false, true] {
        if whole && between.len() > WHOLE {
            break;
        }
        if let Some(ups) = steps_up(table, base, &floor, &between, whole) {
            let mut rounded = floor.clone();
            for (&cell, up) in between.iter().zip(ups) {
                rounded[cell] += base * up;
            }
            let adds = table.relations().iter().all(|relation| {
                let sum: i64 = relation.parts.iter().map(|&part| rounded[part]).sum();
                sum == rounded[relation.total]
            });
            if adds {
                return Some(rounded);
            }
        }
    }
    None
}

/// For each cell between two multiples whether it goes up (1) or down (0), as near to the true table as can be.
fn steps_up(
    table: &Table,
    base: i64,
    floor: &[i64],
    between: &[usize],
    whole: bool,
) -> Option<Vec<i64>> {
    if between.is_empty() {
        return Some(Vec::new());
    }
    let mut model = Model::default();
    let mut column_of = vec![None; table.len()];
    for &cell in between {
        let rest = table.value(cell) - floor[cell];
        let cost = lp::real(base - 2 * rest);
        let column = if whole {
            model.whole(cost, 0.0, 1.0)
        } else {
            model.column(cost, 0.0, 1.0)
        };
        column_of[cell] = Some(column);
    }
    for relation in 0..table.relations().len() {
        let mut terms = Vec::new();
        let mut fixed = 0;
        for (cell, sign) in table.terms(relation) {
            fixed += sign * floor[cell] / base;
            if let Some(column) = column_of[cell] {
                terms.push((column, lp::real(sign)));
            }
        }
        model.line(terms, lp::real(-fixed));
    }
    match model.minimise() {
        Answer::Optimal(values) => between
            .iter()
            .map(|&cell| column_of[cell].and_then(|column| lp::whole(values[column])))
            .collect(),
        Answer::Infeasible | Answer::None => None,
    }
}

/// The number to show for every cell; none when controlled rounding found no table.
pub(crate) fn numbers(table: &Table, rounding: Rounding, secret: &[u8]) -> Option<Vec<i64>> {
    let each = |round: &dyn Fn(usize) -> i64| Some((0..table.len()).map(round).collect());
    match rounding {
        Rounding::None => each(&|cell| table.value(cell)),
        Rounding::Nearest { base } => each(&|cell| nearest(table.value(cell), base)),
        Rounding::Random { base } => {
            each(&|cell| random(table.value(cell), base, secret, &table.cells()[cell].key))
        }
        Rounding::Controlled { base } => controlled(table, base),
    }
}

/// The values that a shown number can stand for, under the rules that everybody knows: least and greatest.
///
/// `counts` is true for cells whose value is the count that the minimum is about.
pub(crate) fn behind(shown: i64, profile: &Profile, counts: bool) -> (i64, i64) {
    let base = profile.rounding.base();
    let fits = |value: i64| {
        let rounds = match profile.rounding {
            Rounding::None => value == shown,
            Rounding::Nearest { .. } => nearest(value, base) == shown,
            Rounding::Random { .. } | Rounding::Controlled { .. } => (value - shown).abs() < base,
        };
        let allowed = value >= profile.minimum_frequency
            || (value == 0 && (profile.zeros == Zeros::Shown || profile.minimum_frequency == 0));
        value >= 0 && rounds && (allowed || !counts)
    };
    let mut values = ((shown - base).max(0)..=shown + base).filter(|&value| fits(value));
    let first = values.next().unwrap_or(shown);
    (first, values.next_back().unwrap_or(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{flat, table};

    #[test]
    fn nearest_is_nearest() {
        for (value, base, expect) in [(7, 5, 5), (8, 5, 10), (5, 10, 10), (0, 5, 0), (12, 5, 10)] {
            assert_eq!(nearest(value, base), expect, "{value}/{base}");
        }
    }

    #[test]
    fn a_shown_five_is_six_or_seven_under_dash_and_nearest_five() {
        let ircc = crate::profile("ircc").unwrap();
        assert_eq!(behind(5, &ircc, true), (6, 7));
        assert_eq!(behind(10, &ircc, true), (8, 12));
        assert_eq!(behind(7, &Profile::default(), true), (7, 7));
        let random = Profile {
            minimum_frequency: 0,
            rounding: Rounding::Random { base: 3 },
            ..Profile::default()
        };
        assert_eq!(behind(0, &random, true), (0, 2));
    }

    #[test]
    fn random_rounding_is_stable_and_without_bias() {
        let mut sum = 0;
        for index in 0..3_000 {
            let key = format!("cell {index}");
            let rounded = random(7, 5, b"secret", &key);
            assert_eq!(rounded, random(7, 5, b"secret", &key));
            assert!(rounded == 5 || rounded == 10);
            sum += rounded;
        }
        assert!((20_500..21_500).contains(&sum), "{sum}");
    }

    #[test]
    fn controlled_rounding_adds() {
        let table = table(&[flat(3), flat(3)], &[1, 2, 3, 4, 6, 7, 8, 9, 11]);
        let rounded = controlled(&table, 5).unwrap();
        for (cell, value) in rounded.iter().enumerate() {
            assert!(value % 5 == 0 && (value - table.value(cell)).abs() < 5);
        }
    }
}
