//! The real tables of sheets that were laid out for reading, as records: one value a row, with everything that its place in
//! the table says about it in columns of its own.
//!
//! Beside the faithful grid, never instead of it, and only where the layout is sure. Codes for values that are not there stand in
//! a column `Status`, totals are marked. Rule that must hold: nothing that a person does not see reaches a record.

use std::collections::BTreeMap;
use std::path::Path;

use rideau_layout::{Layout, Region, Tidy};
use serde_json::{Value, json};

use super::csv::Line;
use super::grid::{clean_name, unique};
use super::{FormulaPolicy, csv, file_name, schema};
use crate::convert::table::error::TableError;
use crate::convert::table::layout::{grid_of, layout};
use crate::convert::table::model::{CellValue, Sheet, Workbook};
use crate::domain::Bilingual;

/// From this confidence on, records are written without asking a person.
const CONFIDENT: u8 = 80;

/// More records than this are data already, not a table made for reading.
const RECORDS: usize = 1_000_000;

/// A table as records, ready to be written.
pub(super) struct Records {
    columns: Vec<Column>,
    tidy: Tidy,
    has_status: bool,
    has_total: bool,
    /// True when every value is a number.
    numbers: bool,
}

struct Column {
    name: String,
    title: Bilingual,
    kind: &'static str,
}

/// The tables of a sheet that are worth turning into records.
pub(super) fn tables(workbook: &Workbook, sheet: &Sheet) -> Vec<Records> {
    let Some(Layout { regions, .. }) = layout(workbook, sheet) else {
        return Vec::new();
    };
    let wanted = |region: &&Region| {
        let layered = region.header_rows.len() > 1 || region.stub_cols.len() > 1;
        region.confidence >= CONFIDENT && layered && region.data_rows.len() > 1
    };
    let mut regions = regions.iter().filter(wanted).peekable();
    if regions.peek().is_none() {
        return Vec::new();
    }
    let grid = grid_of(workbook, sheet);
    regions
        .map(|region| rideau_layout::tidy(&grid, region))
        .filter(|tidy| !tidy.already_tidy && (1..RECORDS).contains(&tidy.records.len()))
        .map(Records::of)
        .collect()
}

impl Records {
    fn of(tidy: Tidy) -> Self {
        let has_status = tidy.records.iter().any(|record| record.status.is_some());
        let has_total = tidy.records.iter().any(|record| record.total);
        let numbers = tidy
            .records
            .iter()
            .all(|record| record.value.is_some() || record.status.is_some());
        let mut taken = BTreeMap::new();
        let mut columns: Vec<Column> = Vec::new();
        let mut add = |title: Bilingual, kind| {
            columns.push(Column {
                name: unique(&clean_name(&title.en), &mut taken),
                title,
                kind,
            });
        };
        for dimension in &tidy.dimensions {
            add(dimension.name.clone(), "string");
        }
        if tidy.has_periods {
            add(Bilingual::new("Period", "Période"), "string");
        }
        let kind = if numbers { "number" } else { "string" };
        add(Bilingual::new("Value", "Valeur"), kind);
        if has_status {
            add(Bilingual::new("Status", "Statut"), "string");
        }
        if has_total {
            add(Bilingual::new("Total", "Total"), "boolean");
        }
        Self {
            columns,
            tidy,
            has_status,
            has_total,
            numbers,
        }
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.tidy.records.len()
    }

    /// Writes them as CSV.
    pub(super) fn write_csv(&self, path: &Path, policy: FormulaPolicy) -> Result<(), TableError> {
        let mut lines = String::new();
        let mut line = Line::begin(&mut lines);
        for column in &self.columns {
            line.text(&column.name);
        }
        line.end();
        for record in &self.tidy.records {
            let mut line = Line::begin(&mut lines);
            for label in &record.labels {
                csv::put_text(&mut line, label.as_deref().unwrap_or_default(), policy);
            }
            if self.tidy.has_periods {
                let period = record.period.map(|period| period.to_string());
                line.text(period.as_deref().unwrap_or_default());
            }
            match record.value {
                Some(number) => CellValue::Number(number).put_plain(line.plain()),
                None if self.numbers => line.text(""),
                None => csv::put_text(&mut line, &record.text, policy),
            }
            if self.has_status {
                line.text(record.status.map_or("", rideau_layout::Status::as_str));
            }
            if self.has_total {
                line.text(if record.total { "TRUE" } else { "FALSE" });
            }
            line.end();
        }
        std::fs::write(path, lines).map_err(|error| TableError::output(file_name(path), error))
    }

    /// Writes their Table Schema.
    pub(super) fn write_schema(&self, path: &Path) -> Result<(), TableError> {
        let fields: Vec<Value> = self
            .columns
            .iter()
            .map(|column| {
                let mut field = json!({
                    "name": column.name, "type": column.kind,
                    "title": if column.title.en == column.title.fr {
                        column.title.en.clone()
                    } else {
                        format!("{} / {}", column.title.en, column.title.fr)
                    },
                });
                if column.kind == "boolean" {
                    field["trueValues"] = json!(["TRUE"]);
                    field["falseValues"] = json!(["FALSE"]);
                }
                field
            })
            .collect();
        let text = schema::lay_out_for_people(&json!({ "fields": fields, "missingValues": [""] }));
        std::fs::write(path, text).map_err(|error| TableError::output(file_name(path), error))
    }
}
