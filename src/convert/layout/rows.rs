//! The labels of each data row, from the outermost to the row's own.
//!
//! Rows are put under one another by columns (each level has its own), by indent, by rows that only name what follows, and
//! a parent may stand after its children, as in tables whose totals close a block. Rule that must hold: which of the two
//! orders holds is decided by sums, never guessed.

use std::collections::BTreeMap;

use crate::grid::Grid;
use crate::lines::Word;
use crate::wording;

/// How rows are put under one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// No row stands over another.
    #[default]
    Flat,
    /// A parent stands before its children.
    ParentFirst,
    /// A parent stands after its children.
    ParentLast,
}

/// The labels of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowLabel {
    /// The row.
    pub row: u32,
    /// How deep it stands, from 0.
    pub level: usize,
    /// Its labels, outermost first, its own last; one for each label column when the table is flat.
    pub path: Vec<String>,
}

/// Rows with their own label and level, before anything is put under anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder {
    /// Row, level, own label.
    pub(crate) steps: Vec<(u32, usize, String)>,
    /// True when every label column speaks for itself.
    pub(crate) flat: bool,
}

/// What is read of the stub.
pub(crate) struct Stub<'a> {
    pub(crate) placed: &'a BTreeMap<(u32, u32), usize>,
    pub(crate) words: &'a [Word],
    pub(crate) grid: &'a Grid,
    pub(crate) cols: &'a [u32],
}

impl Stub<'_> {
    fn word(&self, row: u32, col: u32) -> Option<usize> {
        self.placed.get(&(row, col)).copied()
    }

    /// The label in a column of the stub; a label spread over the next columns by a merge counts once.
    fn text(&self, row: u32, col: u32) -> Option<&str> {
        let word = self.word(row, col)?;
        (self.grid.cells[word].col == col).then(|| self.words[word].text.as_str())
    }

    /// Own label and level of each data row.
    pub(crate) fn ladder(&self, rows: &[u32]) -> Ladder {
        let own = |row: u32| -> Vec<(usize, &str)> {
            self.cols
                .iter()
                .enumerate()
                .filter_map(|(level, &col)| self.text(row, col).map(|text| (level, text)))
                .collect()
        };
        let several = rows.iter().filter(|&&row| own(row).len() >= 2).count();
        let flat = self.cols.len() >= 2 && several * 10 >= rows.len() * 4;
        let indents: Vec<usize> = rows.iter().map(|&row| self.indent(row)).collect();
        let mut depths = indents.clone();
        depths.sort_unstable();
        depths.dedup();
        let steps = rows
            .iter()
            .zip(&indents)
            .map(|(&row, indent)| {
                let labels = own(row);
                let (level, label) = labels.last().copied().unwrap_or((0, ""));
                let level = if flat {
                    0
                } else if self.cols.len() == 1 {
                    depths.iter().position(|depth| depth == indent).unwrap_or(0)
                } else {
                    level
                };
                (row, level, label.to_owned())
            })
            .collect();
        Ladder { steps, flat }
    }

    /// Indent steps of a row's first label, by style or by leading blanks.
    fn indent(&self, row: u32) -> usize {
        let Some(word) = self.cols.first().and_then(|&col| self.word(row, col)) else {
            return 0;
        };
        let cell = &self.grid.cells[word];
        let blanks = cell.text.chars().take_while(|c| c.is_whitespace()).count();
        usize::from(cell.indent).max(blanks)
    }

    /// Labels of a flat table: one for each label column, taken from above where a parent is written once.
    pub(crate) fn flat_paths(&self, rows: &[u32]) -> Vec<RowLabel> {
        let mut held: Vec<String> = vec![String::new(); self.cols.len()];
        let last = self.cols.len().saturating_sub(1);
        rows.iter()
            .map(|&row| {
                let mut changed = false;
                for (at, &col) in self.cols.iter().enumerate() {
                    match self.text(row, col) {
                        Some(text) => {
                            changed |= held[at] != text;
                            text.clone_into(&mut held[at]);
                        }
                        // What stands under another parent, or in the last column, is not taken from above.
                        None if changed || at == last => held[at].clear(),
                        None => {}
                    }
                }
                RowLabel {
                    row,
                    level: 0,
                    path: held.clone(),
                }
            })
            .collect()
    }
}

/// The paths of rows, once the order is known; `groups` are rows that only name what follows.
pub(crate) fn paths(ladder: &Ladder, order: RowOrder, groups: &[(u32, String)]) -> Vec<RowLabel> {
    let mut labels: Vec<RowLabel> = ladder
        .steps
        .iter()
        .map(|(row, level, label)| RowLabel {
            row: *row,
            level: *level,
            path: vec![label.clone()],
        })
        .collect();
    let count = labels.len();
    match order {
        RowOrder::Flat => {}
        RowOrder::ParentFirst => climb(&mut labels, 0..count),
        RowOrder::ParentLast => climb(&mut labels, (0..count).rev()),
    }
    for label in &mut labels {
        let after = groups.partition_point(|(row, _)| *row < label.row);
        if after > 0 {
            label.path.insert(0, groups[after - 1].1.clone());
        }
    }
    labels
}

/// Puts before each label those of the nearest rows of smaller levels met before it.
fn climb(labels: &mut [RowLabel], indexes: impl Iterator<Item = usize>) {
    let mut above: Vec<(usize, String)> = Vec::new();
    for index in indexes {
        let label = &mut labels[index];
        while above.last().is_some_and(|(level, _)| *level >= label.level) {
            above.pop();
        }
        let own = label.path.pop().unwrap_or_default();
        label.path = above
            .iter()
            .map(|(_, parent)| bare(parent).to_owned())
            .collect();
        label.path.push(own.clone());
        above.push((label.level, own));
    }
}

/// A parent's label without the word that makes it a total: `Nunavut - Total` → `Nunavut`.
pub(crate) fn bare(label: &str) -> &str {
    let lower = label.to_lowercase();
    if wording::is_plain_total(label) || lower.len() != label.len() {
        return label;
    }
    let joints = |c: char| c.is_whitespace() || "-–—:,".contains(c);
    for word in ["total", "subtotal", "sub-total", "sous-total"] {
        if let Some(rest) = lower.strip_suffix(word)
            && rest.ends_with(joints)
        {
            return label
                .get(..rest.len())
                .unwrap_or(label)
                .trim_end_matches(joints);
        }
        if let Some(rest) = lower.strip_prefix(word)
            && rest.starts_with(joints)
        {
            let from = label.len() - rest.len();
            return label
                .get(from..)
                .unwrap_or(label)
                .trim_start_matches(joints);
        }
    }
    label
}
