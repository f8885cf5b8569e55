//! What the recogniser gives back: the tables of a sheet, each with its parts, and how sure it is.
//!
//! Rule that must hold: what is said about a table names rows and columns of the sheet, so that each value keeps its address.

use rideau_domain::Bilingual;

use crate::arithmetic::Derived;
use crate::grid::Area;
use crate::header::ColumnLabel;
use crate::rows::{RowLabel, RowOrder};

/// The tables of a sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Tables by their first row, then their first column.
    pub regions: Vec<Region>,
    /// Text that belongs to no table.
    pub loose: Vec<Remark>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Region {
    /// Header and data, titles and notes left out.
    pub area: Area,
    /// Rows with column labels, in order; none when no header was found.
    pub header_rows: Vec<u32>,
    /// First row with values.
    pub data_first: u32,
    /// Last row with values, totals included.
    pub data_last: u32,
    /// Rows with values, in order, totals included.
    pub data_rows: Vec<u32>,
    /// Rows that only name the rows below them.
    pub group_rows: Vec<u32>,
    /// Columns with row labels.
    pub stub_cols: Vec<u32>,
    /// Columns with values.
    pub value_cols: Vec<u32>,
    /// Titles above the table.
    pub titles: Vec<Remark>,
    /// Units told in the title or over the columns.
    pub units: Vec<Remark>,
    /// Notes.
    pub notes: Vec<Remark>,
    /// Where the data come from.
    pub sources: Vec<Remark>,
    /// The labels of each column, outermost first.
    pub columns: Vec<ColumnLabel>,
    /// The labels of each data row, outermost first.
    pub rows: Vec<RowLabel>,
    /// How rows are put under one another.
    pub row_order: RowOrder,
    /// Rows that are made of other rows.
    pub derived_rows: Vec<Derived>,
    /// Columns that are made of other columns.
    pub derived_cols: Vec<Derived>,
    /// How sure the layout is, 0 to 100.
    pub confidence: u8,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// A text beside a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// Its row.
    pub row: u32,
    /// Its column.
    pub col: u32,
    /// The text, white space made single.
    pub text: String,
}

/// One thing that made a layout more or less sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Short name that does not change: `no-header`, `sums-hold` …
    pub code: &'static str,
    /// Points it added or took.
    pub points: i16,
    /// For a person.
    pub text: Bilingual,
}
