//! All text of a workbook as units for the screening, hidden parts included, and of the renditions made from it.
//!
//! Every cell that is not empty is a unit, numbers too, since an identifier may be stored as one. Its labels are the header
//! or the nearest text above it, and the nearest text to its left. Rule that must hold: a channel that the reader saw
//! reaches the screening, whatever the writers leave out.

use std::collections::BTreeMap;
use std::io::Read;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::domain::{Part, Place, RenditionKind, TextUnit};

use super::error::{Limit, Limits, TableError, check};
use super::header::{self, Header};
use super::model::{
    Cell, CellValue, Sheet, SheetText, Visibility, Workbook, place_of, quote_sheet,
};
use super::readers::read_csv_bytes;

/// The longest text that counts as a label, in bytes.
const LABEL_BYTES: usize = 200;

/// All units of a workbook. A large workbook gives as many units as cells; [`for_each_unit`] does not hold them all.
pub fn units(workbook: &Workbook) -> Vec<TextUnit> {
    let mut all = Vec::new();
    for_each_unit(workbook, &mut |unit| all.push(unit));
    all
}

/// Feeds every unit of a workbook to a function: sheets in order, then names, properties and the rest of the package.
pub fn for_each_unit(workbook: &Workbook, take: &mut dyn FnMut(TextUnit)) {
    for sheet in &workbook.sheets {
        sheet_units(workbook, sheet, take);
    }
    for defined in &workbook.defined_names {
        let at = format!("defined name {}", defined.name);
        take(TextUnit::new(
            Part::Formula,
            at.clone(),
            defined.name.clone(),
        ));
        if !defined.formula.trim().is_empty() {
            take(TextUnit::new(Part::Formula, at, defined.formula.clone()));
        }
    }
    for property in &workbook.properties {
        let kind = if property.custom {
            "custom property"
        } else {
            "property"
        };
        let part = if property.name.starts_with("MSIP_Label_") {
            Part::Label
        } else {
            Part::Property
        };
        let mut unit = TextUnit::new(
            part,
            format!("{kind} {}", property.name),
            property.value.clone(),
        );
        unit.labels.push(property.name.clone());
        take(unit);
    }
    for text in &workbook.package_texts {
        take(side_unit("", text));
    }
}

fn sheet_units(workbook: &Workbook, sheet: &Sheet, take: &mut dyn FnMut(TextUnit)) {
    let name = quote_sheet(&sheet.name);
    if !sheet.name.is_empty() {
        let part = if sheet.visibility == Visibility::Visible {
            Part::SheetName
        } else {
            Part::HiddenSheet
        };
        take(TextUnit::new(part, name.clone(), sheet.name.clone()));
    }
    for item in &sheet.headers_footers {
        let (part, word) = if item.footer {
            (Part::Footer, "footer")
        } else {
            (Part::Header, "header")
        };
        take(TextUnit::new(
            part,
            format!("{name} {word}"),
            item.text.clone(),
        ));
    }
    let header = header::detect(workbook, sheet);
    let mut labels = Labels::new(header.as_ref());
    for cell in &sheet.cells {
        if cell.value.is_blank() {
            continue;
        }
        let mut unit = TextUnit {
            place: Place::new(
                part_of(workbook, sheet, cell),
                place_of(&sheet.name, cell.row, cell.col),
            ),
            text: workbook.shown(cell),
            labels: Vec::new(),
        };
        labels.of(cell, &mut unit.labels);
        take(unit);
    }
    for comment in &sheet.comments {
        let at = comment.cell.map_or_else(
            || name.clone(),
            |(row, col)| place_of(&sheet.name, row, col),
        );
        if !comment.author.trim().is_empty() {
            let mut unit = TextUnit::new(Part::Comment, at.clone(), comment.author.clone());
            unit.labels.push("author".to_owned());
            take(unit);
        }
        if !comment.text.trim().is_empty() {
            take(TextUnit::new(Part::Comment, at, comment.text.clone()));
        }
    }
    for link in &sheet.links {
        if !link.target.is_empty() {
            let at = place_of(&sheet.name, link.cell.0, link.cell.1);
            take(TextUnit::new(Part::Link, at, link.target.clone()));
        }
    }
    for text in &sheet.texts {
        take(side_unit(&name, text));
    }
    for list in &sheet.lists {
        take(TextUnit::new(
            Part::Formula,
            format!("{name} table {}", list.area.name()),
            list.name.clone(),
        ));
    }
}

fn side_unit(sheet: &str, text: &SheetText) -> TextUnit {
    let at = if sheet.is_empty() {
        text.at.clone()
    } else {
        format!("{sheet} {}", text.at)
    };
    TextUnit::new(text.part, at, text.text.clone())
}

fn part_of(workbook: &Workbook, sheet: &Sheet, cell: &Cell) -> Part {
    if !sheet.is_written() {
        Part::HiddenSheet
    } else if sheet.hidden_rows.contains(cell.row) {
        Part::HiddenRow
    } else if sheet.hidden_cols.contains(cell.col) {
        Part::HiddenColumn
    } else if workbook.is_invisible(cell) {
        Part::HiddenText
    } else {
        Part::Cell
    }
}

/// Follows the cells of a sheet in order and knows what labels the next one.
struct Labels<'s> {
    header: Option<&'s Header>,
    /// Last text above, by column.
    above: BTreeMap<u32, &'s str>,
    row: u32,
    left: Option<&'s str>,
}

impl<'s> Labels<'s> {
    fn new(header: Option<&'s Header>) -> Self {
        Self {
            header,
            above: BTreeMap::new(),
            row: 0,
            left: None,
        }
    }

    fn of(&mut self, cell: &'s Cell, labels: &mut Vec<String>) {
        if cell.row != self.row {
            self.row = cell.row;
            self.left = None;
        }
        let top = match self.header {
            Some(header) if cell.row > header.row => {
                header.labels.get(&cell.col).map(String::as_str)
            }
            Some(_) => None,
            None => self.above.get(&cell.col).copied(),
        };
        for label in [top, self.left].into_iter().flatten() {
            labels.push(label.to_owned());
        }
        if let CellValue::Text(text) = &cell.value
            && text.len() <= LABEL_BYTES
            && text.chars().any(char::is_alphabetic)
        {
            self.left = Some(text);
            if self.header.is_none() {
                self.above.insert(cell.col, text);
            }
        }
    }
}

/// The units of a released CSV file.
///
/// # Errors
/// [`TableError::Limit`] when it is larger than the limits.
pub fn units_of_csv(bytes: &[u8], limits: &Limits) -> Result<Vec<TextUnit>, TableError> {
    read_csv_bytes(bytes, limits).map(|workbook| units(&workbook))
}

/// The units of a released Parquet file: column names, every value, and the file's own metadata.
///
/// # Errors
/// [`TableError`] when it cannot be read or is larger than the limits.
pub fn units_of_parquet(bytes: Vec<u8>, limits: &Limits) -> Result<Vec<TextUnit>, TableError> {
    let damaged = |error: &dyn std::fmt::Display| TableError::corrupt("parquet", error);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))
        .map_err(|error| damaged(&error))?;
    let mut units = Vec::new();
    let pairs = builder.metadata().file_metadata().key_value_metadata();
    for pair in pairs.into_iter().flatten() {
        if let Some(value) = &pair.value
            && pair.key != "ARROW:schema"
        {
            units.push(TextUnit::new(
                Part::Property,
                format!("metadata {}", pair.key),
                value.clone(),
            ));
        }
    }
    let schema = builder.schema().clone();
    for field in schema.fields() {
        units.push(TextUnit::new(
            Part::Cell,
            "column name",
            field.name().clone(),
        ));
    }
    let mut row: u64 = 0;
    let format = FormatOptions::default();
    for batch in builder.build().map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        for (column, field) in batch.columns().iter().zip(schema.fields()) {
            let shown =
                ArrayFormatter::try_new(column, &format).map_err(|error| damaged(&error))?;
            for index in 0..batch.num_rows() {
                if column.is_null(index) {
                    continue;
                }
                let text = shown.value(index).to_string();
                if text.trim().is_empty() {
                    continue;
                }
                check(units.len() as u64, limits.cells, Limit::Cells)?;
                let at = format!("row {}, {}", row + index as u64 + 1, field.name());
                let mut unit = TextUnit::new(Part::Cell, at, text);
                unit.labels.push(field.name().clone());
                units.push(unit);
            }
        }
        row = row.saturating_add(batch.num_rows() as u64);
    }
    Ok(units)
}

/// The units of a released rendition of any kind that the table writers make.
///
/// # Errors
/// [`TableError`] when it cannot be read, is larger than the limits, or is of another kind.
pub fn units_of_rendition(
    kind: RenditionKind,
    input: &mut dyn Read,
    limits: &Limits,
) -> Result<Vec<TextUnit>, TableError> {
    let mut bytes = Vec::new();
    input
        .take(limits.file_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(TableError::Input)?;
    check(bytes.len() as u64, limits.file_bytes, Limit::FileBytes)?;
    match kind {
        RenditionKind::Csv => units_of_csv(&bytes, limits),
        RenditionKind::Parquet => units_of_parquet(bytes, limits),
        RenditionKind::TableSchema => {
            let value: serde_json::Value = serde_json::from_slice(&bytes)
                .map_err(|error| TableError::corrupt("schema", error))?;
            let mut units = Vec::new();
            json_units("schema", &value, &mut units);
            Ok(units)
        }
        other => Err(TableError::Unsupported {
            what: other.as_str().to_owned(),
        }),
    }
}

fn json_units(at: &str, value: &serde_json::Value, units: &mut Vec<TextUnit>) {
    match value {
        serde_json::Value::String(text) if !text.trim().is_empty() => {
            units.push(TextUnit::new(Part::Property, at, text.clone()));
        }
        serde_json::Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                json_units(&format!("{at}[{index}]"), value, units);
            }
        }
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                json_units(&format!("{at}.{key}"), value, units);
            }
        }
        _ => {}
    }
}
