//! Spreadsheets and delimited text: readers fill one [`Workbook`], writers and the screening read it.
//!
//! `read` takes a format that was identified by content, `write` turns the visible worksheets into CSV, Parquet and a
//! Table Schema, [`units`](fn@units) and [`facts`] hand everything to the screening, the hidden parts included. Leans on `zip`,
//! `quick-xml` and, for the binary formats, `calamine`.
//!
//! Rule that must hold: what a person who opens the file does not see is reported, and never written.

mod error;
mod facts;
mod header;
mod layout;
mod model;
mod number_format;
mod period;
mod protect;
mod readers;
mod redact;
mod regions;
mod units;
mod writers;

pub use error::{Limit, Limits, TableError};
pub use facts::{FactOptions, facts};
pub use header::{Header, detect as detect_header};
pub use layout::{grid_of, layout};
pub use model::{
    Area, Cell, CellErrorKind, CellValue, Comment, DefinedName, Dialect, HeaderFooter, HiddenParts,
    ListObject, Property, Ranges, Sheet, SheetKind, SheetLink, SheetText, Style, Visibility,
    Workbook, cell_name, column_name, place_of, quote_sheet,
};
pub use number_format::FormatClass;
pub use period::{Period, period};
pub use protect::{Protection, Treated, protect_tables};
pub(crate) use readers::decode_text;
pub use readers::{ReadOptions, ReadSeek, read};
pub use redact::redact;
pub use regions::{column_labels, regions};
pub use units::{for_each_unit, units, units_of_csv, units_of_parquet, units_of_rendition};
pub use writers::{FormulaPolicy, WriteOptions, Written, write, write_with_warnings};

#[cfg(test)]
mod tests;
