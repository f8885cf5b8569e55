//! Dimensions, cells and relations of a grid.

use std::collections::{BTreeMap, BTreeSet};

use rideau_domain::{Bilingual, bilingual};

use super::{Entry, FindOptions, Grid, Slot, table, totals};
use crate::{Dimension, DisclosureError, Node, Relation};

/// Numbers above this in a grid are identifiers, not counts.
const LARGEST: f64 = 1e15;

/// A cell as it stands in the grid.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) key: String,
    pub(super) value: Option<i64>,
    pub(super) slot: Slot,
}

/// What a grid is.
#[derive(Clone, Debug)]
pub(super) struct Structure {
    pub(super) entries: Vec<Place>,
    pub(super) relations: Vec<Relation>,
    pub(super) notes: Vec<Bilingual>,
    /// Number columns that are no counts.
    pub(super) other_columns: Vec<usize>,
    /// Columns of counts.
    pub(super) count_columns: Vec<usize>,
}

impl Structure {
    /// Reads a grid; `tolerance` is by how much each number may be off.
    pub(super) fn read(
        grid: &Grid,
        options: &FindOptions,
        tolerance: i64,
    ) -> Result<Self, DisclosureError> {
        let columns = Columns::of(grid);
        let mut notes = columns.notes(grid);
        if columns.labels.is_empty() || columns.counts.is_empty() {
            return Err(DisclosureError::NoTable {
                why: "it needs a column of labels and a column of counts".to_owned(),
            });
        }
        let rows: Vec<usize> = (0..grid.rows.len())
            .filter(|&row| {
                columns
                    .counts
                    .iter()
                    .any(|&column| !matches!(entry(grid, row, column), Entry::Empty))
            })
            .collect();
        let labels = filled_labels(grid, &rows, &columns.labels);
        let (names, tuples) = dimensions_of(grid, &columns.labels, &labels, &mut notes);
        let mut axes: Vec<Axis> = names
            .into_iter()
            .enumerate()
            .map(|(axis, name)| Axis::new(name, tuples.iter().map(|tuple| tuple[axis].as_str())))
            .collect();
        let wide = columns.counts.len() > 1;
        if wide {
            let headings = columns
                .counts
                .iter()
                .map(|&column| grid.header[column].as_str());
            axes.push(Axis::new("column".to_owned(), headings));
        }
        let mut values: BTreeMap<Vec<usize>, (Option<i64>, Slot)> = BTreeMap::new();
        for (tuple, &row) in tuples.iter().zip(&rows) {
            for &column in &columns.counts {
                let value = match entry(grid, row, column) {
                    Entry::Number(number) => count_of(*number),
                    Entry::Hidden => None,
                    Entry::Empty | Entry::Text(_) => continue,
                };
                let mut at: Vec<usize> = tuple
                    .iter()
                    .zip(&axes)
                    .map(|(label, axis)| axis.place(label))
                    .collect();
                if wide {
                    at.push(axes[axes.len() - 1].place(&grid.header[column]));
                }
                if values.insert(at, (value, Slot { row, column })).is_some() {
                    return Err(DisclosureError::TwoCells {
                        key: tuple.join(" | "),
                    });
                }
            }
        }
        let dimensions: Vec<Dimension> = axes
            .iter()
            .enumerate()
            .map(|(axis, known)| known.dimension(axis, &values, tolerance))
            .collect();
        Ok(Self::build(&dimensions, &values, options, &columns, notes))
    }

    fn build(
        dimensions: &[Dimension],
        values: &BTreeMap<Vec<usize>, (Option<i64>, Slot)>,
        options: &FindOptions,
        columns: &Columns,
        mut notes: Vec<Bilingual>,
    ) -> Self {
        let mut ordered: Vec<_> = values.iter().collect();
        ordered.sort_by_key(|(_, (_, slot))| *slot);
        let place: BTreeMap<&[usize], usize> = ordered
            .iter()
            .enumerate()
            .map(|(index, (at, _))| (at.as_slice(), index))
            .collect();
        let relations = table::relations_of(dimensions, &|at: &[usize]| place.get(at).copied());
        if relations.is_empty() {
            notes.push(Bilingual::new(
                "No totals were found: hidden cells cannot be worked out from this table alone.",
                "Aucun total n’a été trouvé : les cellules masquées ne peuvent être recalculées à partir de ce seul tableau.",
            ));
        }
        Self {
            entries: ordered
                .iter()
                .map(|(at, (value, slot))| Place {
                    key: table::key_of(dimensions, at, &options.measure),
                    value: *value,
                    slot: *slot,
                })
                .collect(),
            relations,
            notes,
            other_columns: columns.others.clone(),
            count_columns: columns.counts.clone(),
        }
    }
}

fn entry(grid: &Grid, row: usize, column: usize) -> &Entry {
    grid.rows[row].get(column).unwrap_or(&Entry::Empty)
}

/// A number as a count; none when it is no whole number of a reasonable size.
#[expect(clippy::cast_possible_truncation, reason = "the size is checked first")]
pub(super) fn count_of(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && (0.0..LARGEST).contains(&number)).then_some(number as i64)
}

struct Columns {
    labels: Vec<usize>,
    counts: Vec<usize>,
    others: Vec<usize>,
}

impl Columns {
    /// Labels come first: words, or years. Then numbers; those that are not all whole, or are said to be a share, are no
    /// counts. Words after numbers are remarks.
    fn of(grid: &Grid) -> Self {
        let mut columns = Self {
            labels: Vec::new(),
            counts: Vec::new(),
            others: Vec::new(),
        };
        for (column, heading) in grid.header.iter().enumerate() {
            let (mut numbers, mut words, mut whole, mut years) = (0, 0, true, true);
            for row in 0..grid.rows.len() {
                match entry(grid, row, column) {
                    Entry::Number(number) => {
                        numbers += 1;
                        whole &= count_of(*number).is_some();
                        years &= (1900.0..=2100.0).contains(number);
                    }
                    Entry::Hidden => numbers += 1,
                    Entry::Text(_) => words += 1,
                    Entry::Empty => {}
                }
            }
            let first = columns.counts.is_empty() && columns.others.is_empty();
            if words > numbers || (numbers > 0 && years && first) {
                if first {
                    columns.labels.push(column);
                }
            } else if numbers > 0 {
                if whole && !is_share(heading) {
                    columns.counts.push(column);
                } else {
                    columns.others.push(column);
                }
            }
        }
        columns
    }

    fn notes(&self, grid: &Grid) -> Vec<Bilingual> {
        self.others
            .iter()
            .map(|&column| {
                let heading = &grid.header[column];
                bilingual!(
                    "The column “{heading}” holds no counts; it is shown only where it follows from counts that show.",
                    "La colonne « {heading} » ne contient pas de dénombrements ; elle ne paraît que là où elle découle de nombres qui paraissent."
                )
            })
            .collect()
    }
}

fn is_share(heading: &str) -> bool {
    let heading = heading.to_lowercase();
    [
        "%",
        "percent",
        "pourcent",
        "rate",
        "taux",
        "average",
        "moyenne",
        "share",
        "proportion",
    ]
    .iter()
    .any(|word| heading.contains(word))
}

/// The labels of every row, an empty one filled from the row above it.
fn filled_labels(grid: &Grid, rows: &[usize], columns: &[usize]) -> Vec<Vec<String>> {
    let mut above = vec![String::new(); columns.len()];
    rows.iter()
        .map(|&row| {
            for (place, &column) in columns.iter().enumerate() {
                match entry(grid, row, column) {
                    Entry::Text(text) => above[place].clone_from(text),
                    Entry::Number(number) => above[place] = number.to_string(),
                    Entry::Hidden => "--".clone_into(&mut above[place]),
                    Entry::Empty => {}
                }
            }
            above.clone()
        })
        .collect()
}

/// The dimensions of the rows: one per label column when all combinations are there once, else one of whole labels.
fn dimensions_of(
    grid: &Grid,
    columns: &[usize],
    labels: &[Vec<String>],
    notes: &mut Vec<Bilingual>,
) -> (Vec<String>, Vec<Vec<String>>) {
    let names: Vec<String> = columns
        .iter()
        .map(|&column| grid.header[column].trim().to_owned())
        .collect();
    let full: usize = (0..columns.len())
        .map(|axis| {
            labels
                .iter()
                .map(|tuple| tuple[axis].as_str())
                .collect::<BTreeSet<&str>>()
                .len()
        })
        .fold(1_usize, usize::saturating_mul);
    let different = labels.iter().collect::<BTreeSet<_>>().len();
    // A few combinations may be missing, where nothing was counted.
    if columns.len() == 1 || (different == labels.len() && full <= different + different / 4) {
        return (names, labels.to_vec());
    }
    notes.push(Bilingual::new(
        "The label columns do not form a full table; each row counts as one label.",
        "Les colonnes de libellés ne forment pas un tableau complet ; chaque ligne compte pour un libellé.",
    ));
    let joined = labels.iter().map(|tuple| vec![tuple.join(" / ")]).collect();
    (vec![names.join(" / ")], joined)
}

/// The values of a dimension, in the order of their first appearance.
struct Axis {
    name: String,
    labels: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Axis {
    fn new<'l>(name: String, labels: impl Iterator<Item = &'l str>) -> Self {
        let mut axis = Self {
            name,
            labels: Vec::new(),
            places: BTreeMap::new(),
        };
        for label in labels {
            if !axis.places.contains_key(label) {
                axis.places.insert(label.to_owned(), axis.labels.len());
                axis.labels.push(label.to_owned());
            }
        }
        axis
    }

    fn place(&self, label: &str) -> usize {
        self.places.get(label).copied().unwrap_or(0)
    }

    /// The dimension with its totals, proved over all combinations of the others.
    fn dimension(
        &self,
        axis: usize,
        values: &BTreeMap<Vec<usize>, (Option<i64>, Slot)>,
        tolerance: i64,
    ) -> Dimension {
        let mut combinations: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let mut known: Vec<(usize, usize, Option<i64>)> = Vec::with_capacity(values.len());
        for (at, (value, _)) in values {
            let mut others = at.clone();
            let own = others.remove(axis);
            let next = combinations.len();
            let column = *combinations.entry(others).or_insert(next);
            known.push((own, column, *value));
        }
        let mut lines: Vec<totals::Line> = vec![vec![None; combinations.len()]; self.labels.len()];
        for (own, column, value) in known {
            lines[own][column] = value;
        }
        let parents = totals::parents(&lines, &self.labels, tolerance);
        Dimension {
            name: self.name.clone(),
            nodes: self
                .labels
                .iter()
                .zip(parents)
                .map(|(label, parent)| Node {
                    label: label.clone(),
                    parent,
                })
                .collect(),
        }
    }
}
