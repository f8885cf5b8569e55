//! CSV after RFC 4180: UTF-8 without a mark, lines end with CR LF, quotes where needed.

use std::io::Write;
use std::path::Path;

use super::grid::Grid;
use super::{FormulaPolicy, file_name};
use crate::convert::table::error::TableError;
use crate::convert::table::model::{Cell, CellValue, Workbook};
use crate::convert::table::number_format::FormatClass;

/// How much text is put together before it is written.
const BLOCK: usize = 1 << 16;

/// Writes a grid.
pub(super) fn write(grid: &Grid<'_>, path: &Path, policy: FormulaPolicy) -> Result<(), TableError> {
    try_write(grid, path, policy).map_err(|error| TableError::output(file_name(path), error))
}

fn try_write(grid: &Grid<'_>, path: &Path, policy: FormulaPolicy) -> std::io::Result<()> {
    let mut out = std::fs::File::create(path)?;
    let mut lines = String::with_capacity(BLOCK + BLOCK / 4);
    let mut line = Line::begin(&mut lines);
    for column in &grid.columns {
        line.text(&column.name);
    }
    line.end();
    for range in &grid.rows {
        let mut line = Line::begin(&mut lines);
        grid.each(range, |cell| match cell {
            Some(cell) => put_cell(&mut line, grid.workbook, cell, policy),
            None => line.text(""),
        });
        line.end();
        if lines.len() > BLOCK {
            out.write_all(lines.as_bytes())?;
            lines.clear();
        }
    }
    out.write_all(lines.as_bytes())
}

fn put_cell(line: &mut Line<'_>, workbook: &Workbook, cell: &Cell, policy: FormulaPolicy) {
    match &cell.value {
        CellValue::Text(text) => put_text(line, text, policy),
        // A number format may show anything between its digits.
        CellValue::Number(_) if workbook.style(cell).class == FormatClass::Digits => {
            line.text(&workbook.shown(cell));
        }
        _ => workbook.put_shown(cell, line.plain()),
    }
}

/// Text after the policy for formulas.
pub(super) fn put_text(line: &mut Line<'_>, text: &str, policy: FormulaPolicy) {
    if is_risky(text, policy) {
        line.text(&format!("'{text}"));
    } else {
        line.text(text);
    }
}

/// Whether a spreadsheet program could take a text for a formula, where that matters.
fn is_risky(text: &str, policy: FormulaPolicy) -> bool {
    policy == FormulaPolicy::Quote
        && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        && text.chars().any(char::is_alphanumeric)
        && text.parse::<f64>().is_err()
}

/// A line of a delimited text, put together field by field.
pub(super) struct Line<'l> {
    out: &'l mut String,
    start: usize,
    fields: usize,
}

impl<'l> Line<'l> {
    pub(super) fn begin(out: &'l mut String) -> Self {
        Self {
            start: out.len(),
            fields: 0,
            out,
        }
    }

    fn next(&mut self) {
        if self.fields > 0 {
            self.out.push(',');
        }
        self.fields += 1;
    }

    pub(super) fn text(&mut self, field: &str) {
        self.next();
        let bytes = field.as_bytes();
        let quoted = memchr::memchr3(b'"', b',', b'\n', bytes).is_some()
            || memchr::memchr(b'\r', bytes).is_some();
        if !quoted {
            self.out.push_str(field);
            return;
        }
        self.out.push('"');
        for (index, part) in field.split('"').enumerate() {
            if index > 0 {
                self.out.push_str("\"\"");
            }
            self.out.push_str(part);
        }
        self.out.push('"');
    }

    /// For a field that needs no quotes: a number, a date, a code.
    pub(super) fn plain(&mut self) -> &mut String {
        self.next();
        self.out
    }

    pub(super) fn end(self) {
        // A row of one empty field would look like no row at all.
        if self.fields == 1 && self.out.len() == self.start {
            self.out.push_str("\"\"");
        }
        self.out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_needed() {
        let mut lines = String::new();
        let mut line = Line::begin(&mut lines);
        for field in ["a", "b,c", "d\"e", "\"", "f\ng", "h\ri", ""] {
            line.text(field);
        }
        line.end();
        let mut line = Line::begin(&mut lines);
        line.text("");
        line.end();
        assert_eq!(
            lines,
            "a,\"b,c\",\"d\"\"e\",\"\"\"\",\"f\ng\",\"h\ri\",\r\n\"\"\r\n"
        );
    }

    #[test]
    fn formulas_are_guarded() {
        for (text, quoted) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-5", "-5"),
            ("+1.5e3", "+1.5e3"),
            ("--", "--"),
            ("-", "-"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(is_risky(text, FormulaPolicy::Quote), text != quoted);
            assert!(!is_risky(text, FormulaPolicy::Keep));
        }
    }
}
