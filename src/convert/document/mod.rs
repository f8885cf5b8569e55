//! Documents: readers fill one model, writers turn it into accessible open formats.
//!
//! Leans on `convert::package` and `convert::xml` for office packages. Rule that must hold: the same input gives
//! the same bytes, and nothing that is hidden in the source is in them.

mod error;
mod image;
mod model;
mod outputs;
mod packaged;
mod readers;
mod redact;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_formats;
mod units;
mod writers;

use std::fmt::{self, Write};

pub use error::{DocumentError, Limits, ReadOptions};
pub use model::{
    Asset, Block, BlockKind, Cell, Change, ChangeKind, Comment, Content, Document, HeaderSource,
    Hidden, Image, Inline, List, ListItem, Marker, Note, Property, Table, TextStyle, TitleBlock,
    is_visible, plain_text,
};
pub use outputs::{units_of_html, units_of_markdown, units_of_text};
pub use packaged::{units_of_epub, units_of_odt, units_of_pdf};
pub use readers::{read, read_docx, reads};
pub use redact::redact;
pub use units::{facts, labels, units};
pub use writers::{WriteOptions, write};

/// Appends to a `String`, where writing cannot fail.
fn append(out: &mut String, arguments: fmt::Arguments<'_>) {
    out.write_fmt(arguments).unwrap_or_default();
}
