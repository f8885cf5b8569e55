//! Gives back the real table from a sheet as it was laid out for people: where titles, column labels, row labels, values,
//! totals and notes are, and the same values as tidy records.
//!
//! The way of a sheet: [`recognise`] cuts it into strips, says of each line what it is, and reads labels and sums of each
//! table it finds; [`tidy`] turns a table into records. Leans on `domain` for words in both languages, nothing else.
//! Rule that must hold: a layout is a proposal with its reasons; below the caller's threshold the grid alone is published.

mod arithmetic;
mod grid;
mod header;
mod lines;
mod looks;
mod periods;
mod recognise;
mod region;
mod rows;
mod segment;
mod strips;
mod text;
mod tidy;
mod wording;

pub use arithmetic::Derived;
pub use grid::{Align, Area, CellKind, Declared, Grid, GridCell, NumberClass};
pub use header::ColumnLabel;
pub use periods::{Period, PeriodKind};
pub use recognise::recognise;
pub use region::{Layout, Reason, Region, Remark};
pub use rows::{RowLabel, RowOrder};
pub use segment::LineClass;
pub use tidy::{Dimension, Record, Role, Status, Tidy, tidy};

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
