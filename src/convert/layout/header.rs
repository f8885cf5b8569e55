//! The labels of each column, from the outermost to the column's own.
//!
//! A merged label holds for the columns its merge covers; a label that is not merged holds to the right until the next one,
//! as far as the labels above stay the same. Rule that must hold: a label never passes beyond its merge.

use std::collections::BTreeMap;

use crate::grid::Area;
use crate::lines::Word;

/// How many cells of header merges are written down; more would be hostile.
const COVERED_MAX: usize = 1_000_000;

/// The labels of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnLabel {
    /// The column.
    pub col: u32,
    /// Its labels, outermost first; none when the header says nothing about it.
    pub path: Vec<String>,
}

/// One place in the header.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    /// The cell whose text holds here.
    anchor: Option<(u32, u32)>,
    /// True when a merge says how far it holds.
    merged: bool,
}

/// The labels of every column of a table.
pub(crate) fn columns(
    placed: &BTreeMap<(u32, u32), usize>,
    words: &[Word],
    merges: &[Area],
    header_rows: &[u32],
    stub: &[u32],
    values: &[u32],
) -> Vec<ColumnLabel> {
    let all: Vec<u32> = stub.iter().chain(values).copied().collect();
    let covered = covered(merges, header_rows, &all);
    let place = |row: u32, col: u32| -> Place {
        if let Some(&anchor) = covered.get(&(row, col)) {
            return Place {
                anchor: placed.contains_key(&anchor).then_some(anchor),
                merged: true,
            };
        }
        Place {
            anchor: placed.contains_key(&(row, col)).then_some((row, col)),
            merged: false,
        }
    };
    let text = |anchor: (u32, u32)| {
        placed
            .get(&anchor)
            .map_or("", |&word| words[word].text.as_str())
    };
    let mut labels = Vec::with_capacity(all.len());
    let mut before: Vec<Place> = Vec::new();
    for (index, &col) in all.iter().enumerate() {
        let mut column: Vec<Place> = header_rows.iter().map(|&row| place(row, col)).collect();
        // Row labels do not hold to the right.
        if index > stub.len() {
            fill_from_left(&mut column, &before);
        }
        let mut path: Vec<String> = Vec::new();
        let mut last_anchor = None;
        for place in &column {
            if let Some(anchor) = place.anchor
                && last_anchor != Some(anchor)
            {
                last_anchor = Some(anchor);
                let label = text(anchor);
                if path.last().is_none_or(|last| last != label) && !label.is_empty() {
                    path.push(label.to_owned());
                }
            }
        }
        before = column;
        labels.push(ColumnLabel { col, path });
    }
    labels
}

/// Takes a label from the left where the column has only a lower one and everything above is the same.
fn fill_from_left(column: &mut [Place], left: &[Place]) {
    for at in 0..column.len() {
        let open = column[at].anchor.is_none() && !column[at].merged;
        let named_below = column[at + 1..].iter().any(|place| place.anchor.is_some());
        let same_above = column[..at]
            .iter()
            .zip(left)
            .all(|(here, there)| here.anchor == there.anchor);
        if open
            && named_below
            && same_above
            && let Some(there) = left.get(at)
            && !there.merged
        {
            column[at] = there.clone();
        }
    }
}

/// The cell that speaks for each merged place of the header.
fn covered(merges: &[Area], rows: &[u32], cols: &[u32]) -> BTreeMap<(u32, u32), (u32, u32)> {
    let mut covered = BTreeMap::new();
    let mut steps = 0;
    for merge in merges {
        let rows = rows
            .iter()
            .filter(|row| (merge.first_row..=merge.last_row).contains(*row));
        let from = cols.partition_point(|&col| col < merge.first_col);
        for &row in rows {
            for &col in cols[from..]
                .iter()
                .take_while(|&&col| col <= merge.last_col)
            {
                steps += 1;
                if steps > COVERED_MAX {
                    return covered;
                }
                covered.insert((row, col), (merge.first_row, merge.first_col));
            }
        }
    }
    covered
}
