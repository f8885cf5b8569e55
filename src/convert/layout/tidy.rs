//! A table as records: one value each, with everything that its place in the table said about it.
//!
//! Rule that must hold: each record names the cell it came from, a code never becomes a number, and what is a total says so.

use std::collections::{BTreeMap, BTreeSet};

use rideau_domain::Bilingual;

use crate::grid::{CellKind, Grid, placed};
use crate::lines::{Word, words};
use crate::periods::{Period, named, period_of};
use crate::region::Region;
use crate::rows::RowOrder;

/// A table as records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tidy {
    /// What the labels of a record say, in order.
    pub dimensions: Vec<Dimension>,
    /// One record for each filled cell of values, by row, then column.
    pub records: Vec<Record>,
    /// True when some columns or rows name periods; then [`Record::period`] is filled.
    pub has_periods: bool,
    /// True when each column is a variable of its own already, so that the rows need no turning.
    pub already_tidy: bool,
}

/// A dimension of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Its name, from the table where it has one.
    pub name: Bilingual,
    /// Where its labels stand.
    pub role: Role,
}

/// Where the labels of a dimension stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Before the rows, at this level from 0.
    Row(usize),
    /// Over the columns, at this level from 0.
    Column(usize),
    /// Over the columns, and they say what was measured.
    Measure,
}

/// One value with what its place says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The cell, row then column, both from 0.
    pub cell: (u32, u32),
    /// One label for each dimension; none where the table says nothing.
    pub labels: Vec<Option<String>>,
    /// The period, where labels name one.
    pub period: Option<Period>,
    /// The number; none for words and codes.
    pub value: Option<f64>,
    /// The cell as a person reads it.
    pub text: String,
    /// Why there is no number, where a code says so.
    pub status: Option<Status>,
    /// True when the row or the column is made of others.
    pub total: bool,
}

/// What a code in place of a value means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Hidden to protect confidentiality (`--`, `x`).
    Suppressed,
    /// Too unreliable to be published (`F`).
    Unreliable,
    /// Not available (`..`, `n/a`, `n.d.`).
    NotAvailable,
    /// Not applicable (`...`, `s.o.`).
    NotApplicable,
    /// An error value of the spreadsheet.
    Error,
    /// A code this list does not know.
    Other,
}

impl Status {
    /// The meaning of a code; symbols as Statistics Canada and the department use them.
    pub fn of(code: &str) -> Self {
        match code.to_lowercase().as_str() {
            "--" | "---" | "x" | "(x)" | "(d)" | "(s)" => Self::Suppressed,
            "f" => Self::Unreliable,
            ".." | "‥" | "n/a" | "na" | "n.a." | "(na)" | "n/d" | "nd" | "n.d." | "#n/a" => {
                Self::NotAvailable
            }
            "..." | "…" | "s.o." | "s/o" => Self::NotApplicable,
            other if other.starts_with('#') && other.len() > 1 => Self::Error,
            _ => Self::Other,
        }
    }

    /// Short name that does not change, for the status column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Suppressed => "suppressed",
            Self::Unreliable => "unreliable",
            Self::NotAvailable => "not_available",
            Self::NotApplicable => "not_applicable",
            Self::Error => "error",
            Self::Other => "other",
        }
    }

    /// For a person.
    pub fn label(self) -> Bilingual {
        match self {
            Self::Suppressed => Bilingual::new(
                "hidden to protect confidentiality",
                "masqué pour protéger la confidentialité",
            ),
            Self::Unreliable => Bilingual::new(
                "too unreliable to be published",
                "trop peu fiable pour être publié",
            ),
            Self::NotAvailable => Bilingual::new("not available", "non disponible"),
            Self::NotApplicable => Bilingual::new("not applicable", "sans objet"),
            Self::Error => Bilingual::new("error in the spreadsheet", "erreur dans le tableur"),
            Self::Other => Bilingual::new("other code", "autre code"),
        }
    }
}

/// What is said about a row or a column.
#[derive(Clone, Debug, Default)]
struct Said {
    labels: Vec<String>,
    periods: Vec<String>,
    total: bool,
}

/// The records of a table.
pub fn tidy(grid: &Grid, region: &Region) -> Tidy {
    let words = words(grid);
    let placed = placed(grid);
    let rows = row_sayings(region);
    let columns = column_sayings(region);
    let row_depth = rows
        .values()
        .map(|said| said.labels.len())
        .max()
        .unwrap_or(0);
    let column_depth = columns
        .values()
        .map(|said| said.labels.len())
        .max()
        .unwrap_or(0);
    let mut tidy = Tidy {
        dimensions: dimensions(region, row_depth, column_depth),
        already_tidy: is_tidy(region),
        ..Tidy::default()
    };
    for &row in &region.data_rows {
        for &col in &region.value_cols {
            let Some(&word) = placed.get(&(row, col)) else {
                continue;
            };
            let (Some(row_said), Some(col_said)) = (rows.get(&row), columns.get(&col)) else {
                continue;
            };
            let pad = |said: &Said, depth: usize| -> Vec<Option<String>> {
                (0..depth)
                    .map(|at| {
                        said.labels
                            .get(at)
                            .filter(|label| !label.is_empty())
                            .cloned()
                    })
                    .collect()
            };
            let mut labels = pad(row_said, row_depth);
            labels.extend(pad(col_said, column_depth));
            let named = row_said.periods.iter().chain(&col_said.periods);
            let period = period_of(named.map(String::as_str));
            tidy.has_periods |= period.is_some();
            tidy.records.push(record(
                (row, col),
                &words[word],
                labels,
                period,
                row_said.total || col_said.total,
            ));
        }
    }
    tidy
}

fn record(
    cell: (u32, u32),
    word: &Word,
    labels: Vec<Option<String>>,
    period: Option<Period>,
    total: bool,
) -> Record {
    let is_code = matches!(word.kind, CellKind::Code | CellKind::Error);
    Record {
        cell,
        labels,
        period,
        value: word.number.filter(|_| !is_code),
        text: word.text.clone(),
        status: is_code.then(|| Status::of(&word.text)),
        total,
    }
}

/// Labels of each data row; those that name periods apart.
fn row_sayings(region: &Region) -> BTreeMap<u32, Said> {
    let totals: BTreeSet<u32> = region.derived_rows.iter().map(|one| one.at).collect();
    region
        .rows
        .iter()
        .map(|row| {
            let said = Said {
                labels: row.path.clone(),
                periods: row.path.clone(),
                total: totals.contains(&row.row),
            };
            (row.row, said)
        })
        .collect()
}

/// Labels over each column; those that name periods are left out of the dimensions.
fn column_sayings(region: &Region) -> BTreeMap<u32, Said> {
    let totals: BTreeSet<u32> = region.derived_cols.iter().map(|one| one.at).collect();
    let values: BTreeSet<u32> = region.value_cols.iter().copied().collect();
    region
        .columns
        .iter()
        // What stands over the labels of rows names them, not the values.
        .filter(|column| values.contains(&column.col))
        .map(|column| {
            let (periods, labels) = column
                .path
                .iter()
                .cloned()
                .partition(|label| named(label).is_some());
            let said = Said {
                labels,
                periods,
                total: totals.contains(&column.col),
            };
            (column.col, said)
        })
        .collect()
}

fn dimensions(region: &Region, row_depth: usize, column_depth: usize) -> Vec<Dimension> {
    let heading = |at: usize| -> Option<String> {
        let col = region.stub_cols.get(at)?;
        let column = region.columns.iter().find(|column| column.col == *col)?;
        (!column.path.is_empty()).then(|| column.path.join(" "))
    };
    let flat = region.row_order == RowOrder::Flat && row_depth == region.stub_cols.len();
    let rows = (0..row_depth).map(|at| {
        let own = if flat { heading(at) } else { None };
        let name = own.map_or_else(
            || match heading(0) {
                Some(first) if at == 0 => Bilingual::same(first),
                Some(first) => Bilingual::new(
                    format!("{first}, level {}", at + 1),
                    format!("{first}, niveau {}", at + 1),
                ),
                None => Bilingual::new(
                    format!("Row label {}", at + 1),
                    format!("Intitulé de ligne {}", at + 1),
                ),
            },
            Bilingual::same,
        );
        Dimension {
            name,
            role: Role::Row(at),
        }
    });
    let columns = (0..column_depth).map(|at| {
        if column_depth == 1 {
            return Dimension {
                name: Bilingual::new("Measure", "Mesure"),
                role: Role::Measure,
            };
        }
        Dimension {
            name: Bilingual::new(
                format!("Column label {}", at + 1),
                format!("Intitulé de colonne {}", at + 1),
            ),
            role: Role::Column(at),
        }
    });
    rows.chain(columns).collect()
}

/// True when the header is one row of names, none of them a period, and no column sums up others.
fn is_tidy(region: &Region) -> bool {
    let values = region
        .columns
        .get(region.stub_cols.len()..)
        .unwrap_or_default();
    region.header_rows.len() == 1
        && region.derived_cols.is_empty()
        && region.derived_rows.is_empty()
        && region.group_rows.is_empty()
        && region.row_order == RowOrder::Flat
        && values
            .iter()
            .all(|column| column.path.len() == 1 && column.path.iter().all(|l| named(l).is_none()))
}
