//! A table as arithmetic sees it: cells, and which cells add up to which.
//!
//! Dimensions with their trees are one way to get there, linked tables another; everything after this file knows cells
//! and relations only. Rule that must hold: every relation is true of the values, to the unit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::DisclosureError;

/// Values above this are no counts that the attack can reckon with.
const LARGEST: i64 = 1_000_000_000_000_000;

/// One number of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it counts: the same text for the same thing in every table and every release.
    pub key: String,
    /// The true value.
    pub value: i64,
    /// How many persons or firms stand behind it, where that is not the value itself.
    #[serde(default)]
    pub contributors: Option<i64>,
    /// The largest contributions, largest first, where known (magnitudes only).
    #[serde(default)]
    pub largest: Vec<i64>,
}

impl Cell {
    /// A count.
    pub fn count(key: impl Into<String>, value: i64) -> Self {
        Self {
            key: key.into(),
            value,
            ..Self::default()
        }
    }

    /// True when one contributor alone stands behind the cell and so knows its value.
    pub fn is_single(&self) -> bool {
        self.contributors.unwrap_or(self.value) == 1
    }
}

/// `total` is the sum of `parts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// Index of the total.
    pub total: usize,
    /// Indexes of the parts.
    pub parts: Vec<usize>,
}

/// One value of a dimension, possibly the total of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What the row or column is called.
    pub label: String,
    /// Index of the node it is a part of; none for the whole.
    pub parent: Option<usize>,
}

/// What a table is broken down by, as a tree (or several) of totals and parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimension {
    /// The heading.
    pub name: String,
    /// Its values; parents may stand before or after their parts.
    pub nodes: Vec<Node>,
}

impl Dimension {
    /// The nodes that are parts of a node.
    pub fn parts(&self, node: usize) -> Vec<usize> {
        (0..self.nodes.len())
            .filter(|&child| self.nodes[child].parent == Some(node))
            .collect()
    }

    /// The one node that is the whole, if there is exactly one.
    pub fn whole(&self) -> Option<usize> {
        let mut tops = (0..self.nodes.len()).filter(|&node| self.nodes[node].parent.is_none());
        match (tops.next(), tops.next()) {
            (Some(top), None) if !self.parts(top).is_empty() => Some(top),
            _ => None,
        }
    }
}

/// Cells and the relations between them.
#[derive(Clone, Debug, Default)]
pub struct Table {
    cells: Vec<Cell>,
    relations: Vec<Relation>,
    /// For each cell the relations it is in, with its sign: 1 as the total, -1 as a part.
    touching: Vec<Vec<(usize, i64)>>,
}

impl Table {
    /// A table of cells and relations, checked.
    pub fn new(cells: Vec<Cell>, relations: Vec<Relation>) -> Result<Self, DisclosureError> {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, cell) in cells.iter().enumerate() {
            if !(0..=LARGEST).contains(&cell.value) {
                return Err(DisclosureError::NotACount {
                    key: cell.key.clone(),
                    value: cell.value,
                });
            }
            if seen.insert(cell.key.as_str(), index).is_some() {
                return Err(DisclosureError::TwoCells {
                    key: cell.key.clone(),
                });
            }
        }
        let mut touching = vec![Vec::new(); cells.len()];
        for (index, relation) in relations.iter().enumerate() {
            let inside = |cell: &usize| *cell < cells.len();
            if !inside(&relation.total) || !relation.parts.iter().all(inside) {
                return Err(DisclosureError::Outside {
                    what: format!("relation {index}"),
                });
            }
            let sum: i64 = relation.parts.iter().map(|&part| cells[part].value).sum();
            if sum != cells[relation.total].value {
                return Err(DisclosureError::DoesNotAdd {
                    total: cells[relation.total].key.clone(),
                    parts: relation.parts.len(),
                });
            }
            touching[relation.total].push((index, 1));
            for &part in &relation.parts {
                touching[part].push((index, -1));
            }
        }
        Ok(Self {
            cells,
            relations,
            touching,
        })
    }

    /// A full table over dimensions: one cell for every combination of nodes, the last dimension fastest.
    ///
    /// `cell` gives the value of a combination; the key is made here, see `key_of`.
    pub fn cross(
        dimensions: &[Dimension],
        measure: &str,
        cell: impl Fn(&[usize]) -> i64,
    ) -> Result<Self, DisclosureError> {
        let sizes: Vec<usize> = dimensions.iter().map(|dim| dim.nodes.len()).collect();
        let count: usize = sizes.iter().product();
        let mut cells = Vec::with_capacity(count);
        let mut at = vec![0; sizes.len()];
        for index in 0..count {
            decode(index, &sizes, &mut at);
            cells.push(Cell::count(key_of(dimensions, &at, measure), cell(&at)));
        }
        let relations = relations_of(dimensions, &|at: &[usize]| Some(encode(at, &sizes)));
        Self::new(cells, relations)
    }

    /// Several tables as one: cells with the same key are the same cell.
    pub fn linked(tables: &[Self]) -> Result<Self, DisclosureError> {
        let mut cells: Vec<Cell> = Vec::new();
        let mut relations: Vec<Relation> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for table in tables {
            let mut place = Vec::with_capacity(table.len());
            for cell in &table.cells {
                if let Some(&index) = known.get(&cell.key) {
                    if cells[index].value != cell.value {
                        return Err(DisclosureError::Disagree {
                            key: cell.key.clone(),
                        });
                    }
                    place.push(index);
                } else {
                    known.insert(cell.key.clone(), cells.len());
                    place.push(cells.len());
                    cells.push(cell.clone());
                }
            }
            for relation in &table.relations {
                let moved = Relation {
                    total: place[relation.total],
                    parts: relation.parts.iter().map(|&part| place[part]).collect(),
                };
                if !relations.contains(&moved) {
                    relations.push(moved);
                }
            }
        }
        Self::new(cells, relations)
    }

    /// How many cells.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// True without cells.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The cells.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// The relations.
    pub fn relations(&self) -> &[Relation] {
        &self.relations
    }

    /// A cell's true value.
    pub fn value(&self, cell: usize) -> i64 {
        self.cells[cell].value
    }

    /// Where a key stands.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.cells.iter().position(|cell| cell.key == key)
    }

    /// The relations a cell is in, with its sign.
    pub(crate) fn touching(&self, cell: usize) -> &[(usize, i64)] {
        &self.touching[cell]
    }

    /// The cells of a relation with their signs.
    pub(crate) fn terms(&self, relation: usize) -> impl Iterator<Item = (usize, i64)> + '_ {
        let relation = &self.relations[relation];
        std::iter::once((relation.total, 1)).chain(relation.parts.iter().map(|&part| (part, -1)))
    }
}

/// The relations of a (possibly partial) table over dimensions; `index` finds the cell of a combination.
pub(crate) fn relations_of(
    dimensions: &[Dimension],
    index: &dyn Fn(&[usize]) -> Option<usize>,
) -> Vec<Relation> {
    let sizes: Vec<usize> = dimensions.iter().map(|dim| dim.nodes.len()).collect();
    let count: usize = sizes.iter().product();
    let mut relations = Vec::new();
    let mut at = vec![0; sizes.len()];
    for (axis, dimension) in dimensions.iter().enumerate() {
        let parts: Vec<Vec<usize>> = (0..sizes[axis]).map(|node| dimension.parts(node)).collect();
        for combination in 0..count {
            decode(combination, &sizes, &mut at);
            let node = at[axis];
            if parts[node].is_empty() {
                continue;
            }
            let Some(total) = index(&at) else { continue };
            let mut found = Vec::with_capacity(parts[node].len());
            for &part in &parts[node] {
                at[axis] = part;
                found.extend(index(&at));
            }
            if found.len() == parts[node].len() {
                relations.push(Relation {
                    total,
                    parts: found,
                });
            }
        }
    }
    relations
}

/// What a cell counts, the same in every table that shows it: the dimensions at their whole are left out, the others
/// stand in order of their names.
pub(crate) fn key_of(dimensions: &[Dimension], at: &[usize], measure: &str) -> String {
    let mut parts: Vec<String> = dimensions
        .iter()
        .zip(at)
        .filter(|(dimension, node)| dimension.whole() != Some(**node))
        .map(|(dimension, &node)| format!("{}={}", dimension.name, dimension.nodes[node].label))
        .collect();
    parts.sort();
    parts.insert(0, measure.to_owned());
    parts.join(" | ")
}

fn decode(mut index: usize, sizes: &[usize], at: &mut [usize]) {
    for axis in (0..sizes.len()).rev() {
        at[axis] = index % sizes[axis];
        index /= sizes[axis];
    }
}

fn encode(at: &[usize], sizes: &[usize]) -> usize {
    at.iter()
        .zip(sizes)
        .fold(0, |index, (&node, &size)| index * size + node)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{flat, table};

    #[test]
    fn a_cross_table_has_a_relation_for_every_total() {
        let table = table(&[flat(2), flat(3)], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(table.len(), 12);
        // Rows: 4 columns of one relation; columns: 3 rows of one.
        assert_eq!(table.relations().len(), 4 + 3);
        assert_eq!(table.value(0), 21);
        assert_eq!(table.cells()[0].key, "count");
    }

    #[test]
    fn a_wrong_total_is_refused() {
        let cells = vec![
            Cell::count("t", 5),
            Cell::count("a", 2),
            Cell::count("b", 2),
        ];
        let relation = Relation {
            total: 0,
            parts: vec![1, 2],
        };
        assert!(matches!(
            Table::new(cells, vec![relation]),
            Err(DisclosureError::DoesNotAdd { .. })
        ));
    }

    #[test]
    fn linked_tables_share_their_margins() {
        let mut years = flat(2);
        years.name = "year".to_owned();
        let a = table(&[flat(2), flat(3)], &[1, 2, 3, 4, 5, 6]);
        let b = table(&[flat(2), years], &[3, 3, 8, 7]);
        let both = Table::linked(&[a, b]).unwrap();
        // The margins of the shared dimension (3 cells) are there once.
        assert_eq!(both.len(), 12 + 9 - 3);
    }
}
