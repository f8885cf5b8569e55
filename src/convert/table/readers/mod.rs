//! Readers: each fills one [`Workbook`] from one family of formats.
//!
//! Rule that must hold: a reader takes its format by content, costs at most what [`Limits`] allow, and never panics.

mod biff;
mod binary;
mod csv;
mod ods;
mod package;
mod xlsb;
mod xlsx;
mod xml;

use std::io::{Read, Seek};

use crate::domain::Format;

use super::error::{Budget, Limits, TableError};
use super::model::Workbook;

pub(crate) use csv::{decode as decode_text, read_bytes as read_csv_bytes};

/// An input that can be read and moved about in.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// How much the file may cost.
    pub limits: Limits,
}

/// Reads a workbook or a delimited text of an identified format.
///
/// # Errors
/// [`TableError`]: encrypted, damaged, too large, or a format that no reader takes.
pub fn read(
    format: &Format,
    input: &mut dyn ReadSeek,
    options: &ReadOptions,
) -> Result<Workbook, TableError> {
    if format.encrypted {
        return Err(TableError::NeedsPassword);
    }
    input.rewind().map_err(TableError::Input)?;
    let mut budget = Budget::new(options.limits.clone());
    let mut workbook = match format.name.as_str() {
        "xlsx" | "xlsm" | "xltx" | "xltm" => xlsx::read(input, &mut budget)?,
        "xlsb" => xlsb::read(input, &mut budget)?,
        "xls" | "xls5" => binary::read_xls(input, &mut budget)?,
        "ods" | "ots" => ods::read_package(input, &mut budget)?,
        "fods" => ods::read_flat(input, &mut budget)?,
        "csv" | "tsv" | "txt" => csv::read(input, &mut budget)?,
        "empty" => return Err(TableError::corrupt("file", "the file is empty")),
        other => {
            return Err(TableError::Unsupported {
                what: other.to_owned(),
            });
        }
    };
    format.name.clone_into(&mut workbook.format);
    for sheet in &mut workbook.sheets {
        sheet.finish();
    }
    Ok(workbook)
}

/// The whole input, no longer than [`Limits::file_bytes`].
fn whole(input: &mut dyn ReadSeek, budget: &Budget) -> Result<Vec<u8>, TableError> {
    let limit = budget.limits.file_bytes;
    let mut bytes = Vec::new();
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(TableError::Input)?;
    super::error::check(bytes.len() as u64, limit, super::error::Limit::FileBytes)?;
    Ok(bytes)
}
