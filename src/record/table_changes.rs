//! What changed in a table between what is public and what would be: columns, rows, totals.
//!
//! Leans on the CSV that we write ourselves: one header row, then data. Rule that must hold: what is counted as changed is
//! told by a key that is unique in both tables; without one, rows only come and go.

use std::collections::{BTreeMap, BTreeSet};

use csv::ByteRecord;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Larger tables are not compared row by row.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024;
/// A key is looked for among so many columns at the beginning.
const MOST_KEY_COLUMNS: usize = 6;
/// A total that moves by more than this share of itself is unusual.
const UNUSUAL: f64 = 0.25;

/// What changed in one table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableChanges {
    /// Columns that come.
    pub columns_added: Vec<String>,
    /// Columns that go.
    pub columns_removed: Vec<String>,
    /// Data rows before.
    pub rows_before: usize,
    /// Data rows after.
    pub rows_after: usize,
    /// Rows that come.
    pub rows_added: usize,
    /// Rows that go.
    pub rows_removed: usize,
    /// Rows with the same key and other values.
    pub rows_changed: usize,
    /// The columns that tell rows apart; empty when none do.
    pub key: Vec<String>,
    /// Totals of columns of numbers that moved.
    pub totals: Vec<TotalChange>,
}

/// How the total of a column moved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TotalChange {
    /// The column.
    pub column: String,
    /// Its total before.
    pub before: f64,
    /// Its total after.
    pub after: f64,
    /// Whether it moved more than tables usually do.
    pub unusual: bool,
}

impl TableChanges {
    /// Compares two CSV files. `None` when one of them cannot be read as a table.
    pub fn between(before: &[u8], after: &[u8]) -> Option<Self> {
        let (before, after) = (Table::read(before)?, Table::read(after)?);
        let common: Vec<String> = after
            .columns
            .iter()
            .filter(|name| before.columns.contains(name))
            .cloned()
            .collect();
        let (old, new) = (before.places(&common), after.places(&common));
        let key = key(&before, &after, &old, &new);
        let width = key.unwrap_or(0);
        // Rows that stand on one side only, as many times as they do.
        let mut balance: BTreeMap<Mark, i64> = BTreeMap::new();
        for row in &before.rows {
            *balance.entry(mark(row, &old)).or_default() -= 1;
        }
        for row in &after.rows {
            *balance.entry(mark(row, &new)).or_default() += 1;
        }
        let mut gone: BTreeSet<Mark> = BTreeSet::new();
        let mut rows_changed = 0;
        if width > 0 {
            for row in &before.rows {
                if balance.get(&mark(row, &old)).is_some_and(|n| *n < 0) {
                    gone.insert(mark(row, &old[..width]));
                }
            }
            rows_changed = after
                .rows
                .iter()
                .filter(|row| {
                    balance.get(&mark(row, &new)).is_some_and(|n| *n > 0)
                        && gone.contains(&mark(row, &new[..width]))
                })
                .count();
        }
        let sum = |sign: i64| -> usize {
            let total: i64 = balance.values().map(|n| (n * sign).max(0)).sum();
            usize::try_from(total).unwrap_or(usize::MAX)
        };
        Some(Self {
            columns_added: missing(&after.columns, &before.columns),
            columns_removed: missing(&before.columns, &after.columns),
            rows_before: before.rows.len(),
            rows_after: after.rows.len(),
            rows_added: sum(1).saturating_sub(rows_changed),
            rows_removed: sum(-1).saturating_sub(rows_changed),
            rows_changed,
            totals: totals(&before, &after, &common, width),
            key: common.into_iter().take(width).collect(),
        })
    }
}

/// Stands for a row's values.
type Mark = [u8; 32];

struct Table {
    columns: Vec<String>,
    rows: Vec<ByteRecord>,
}

impl Table {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let columns = reader
            .headers()
            .ok()?
            .iter()
            .map(str::to_owned)
            .collect::<Vec<_>>();
        let rows = reader.byte_records().collect::<Result<Vec<_>, _>>().ok()?;
        Some(Self { columns, rows })
    }

    /// Where these columns stand.
    fn places(&self, names: &[String]) -> Vec<usize> {
        names
            .iter()
            .filter_map(|name| self.columns.iter().position(|column| column == name))
            .collect()
    }
}

fn missing(of: &[String], from: &[String]) -> Vec<String> {
    of.iter()
        .filter(|name| !from.contains(name))
        .cloned()
        .collect()
}

fn mark(row: &ByteRecord, places: &[usize]) -> Mark {
    let mut hash = Sha256::new();
    for place in places {
        let value = row.get(*place).unwrap_or_default();
        hash.update((value.len() as u64).to_be_bytes());
        hash.update(value);
    }
    hash.finalize().into()
}

/// How many of the common columns, from the first on, tell the rows of both tables apart; not all of them.
fn key(before: &Table, after: &Table, old: &[usize], new: &[usize]) -> Option<usize> {
    let unique = |table: &Table, places: &[usize]| {
        let mut seen = BTreeSet::new();
        table.rows.iter().all(|row| seen.insert(mark(row, places)))
    };
    let most = old.len().saturating_sub(1).min(MOST_KEY_COLUMNS);
    (1..=most).find(|width| unique(before, &old[..*width]) && unique(after, &new[..*width]))
}

/// The totals of the columns of numbers beside the key.
fn totals(before: &Table, after: &Table, common: &[String], width: usize) -> Vec<TotalChange> {
    let mut moved = Vec::new();
    for name in common.iter().skip(width) {
        let one = std::slice::from_ref(name);
        let (Some(old), Some(new)) = (total(before, one), total(after, one)) else {
            continue;
        };
        if (new - old).abs() > f64::EPSILON * old.abs().max(1.0) {
            moved.push(TotalChange {
                column: name.clone(),
                before: old,
                after: new,
                unusual: (new - old).abs() > UNUSUAL * old.abs(),
            });
        }
    }
    moved
}

/// The total of a column; nothing when a value in it is no number.
fn total(table: &Table, name: &[String]) -> Option<f64> {
    let place = *table.places(name).first()?;
    let mut sum = 0.0;
    let mut numbers = 0_u64;
    for row in &table.rows {
        let value = std::str::from_utf8(row.get(place).unwrap_or_default()).ok()?;
        if matches!(value, "" | "--" | ".." | "x" | "F") {
            continue;
        }
        sum += value.parse::<f64>().ok().filter(|n| n.is_finite())?;
        numbers += 1;
    }
    (numbers > 0).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "Region,Year,Admissions\nNorth,2019,100\nSouth,2019,200\nNorth,2020,300\n";

    fn changes(after: &str) -> TableChanges {
        TableChanges::between(BEFORE.as_bytes(), after.as_bytes()).unwrap()
    }

    fn check(after: &str, added: usize, removed: usize, changed: usize) -> TableChanges {
        let found = changes(after);
        assert_eq!(
            (found.rows_added, found.rows_removed, found.rows_changed),
            (added, removed, changed),
            "{after}"
        );
        found
    }

    #[test]
    fn rows_come_go_and_change() {
        let same = check(BEFORE, 0, 0, 0);
        assert_eq!(same.key, ["Region", "Year"]);
        assert!(same.totals.is_empty());
        let one = check(
            "Region,Year,Admissions\nNorth,2019,100\nSouth,2019,210\nNorth,2020,300\nSouth,2020,400\n",
            1,
            0,
            1,
        );
        assert_eq!((one.rows_before, one.rows_after), (3, 4));
        assert_eq!(one.totals.len(), 1);
        assert!(one.totals[0].unusual);
        // Another order of rows is no change.
        check(
            "Region,Year,Admissions\nNorth,2020,300\nSouth,2019,200\nNorth,2019,100\n",
            0,
            0,
            0,
        );
        check("Region,Year,Admissions\nNorth,2019,100\n", 0, 2, 0);
    }

    #[test]
    fn columns_come_and_go() {
        let found = check(
            "Region,Year,Age,Admissions\nNorth,2019,a,100\nSouth,2019,b,200\nNorth,2020,c,300\n",
            0,
            0,
            0,
        );
        assert_eq!(found.columns_added, ["Age"]);
        let found = changes("Region,Admissions\nNorth,100\nSouth,200\nNorth,300\n");
        assert_eq!(found.columns_removed, ["Year"]);
    }

    #[test]
    fn without_a_key_rows_only_come_and_go() {
        let before = "A,B\nx,1\nx,1\nx,2\n";
        let found = TableChanges::between(before.as_bytes(), b"A,B\nx,1\nx,2\nx,3\n").unwrap();
        assert!(found.key.is_empty());
        assert_eq!(
            (found.rows_added, found.rows_removed, found.rows_changed),
            (1, 1, 0)
        );
    }
}
