//! CSV after RFC 4180: UTF-8 without a mark, lines end with CR LF, quotes where needed.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::grid::Grid;
use super::{FormulaPolicy, file_name};
use crate::convert::table::error::TableError;
use crate::convert::table::model::{Cell, CellValue, Workbook};

/// Writes a grid.
pub(super) fn write(grid: &Grid<'_>, path: &Path, policy: FormulaPolicy) -> Result<(), TableError> {
    try_write(grid, path, policy).map_err(|error| TableError::output(file_name(path), error))
}

fn try_write(grid: &Grid<'_>, path: &Path, policy: FormulaPolicy) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, std::fs::File::create(path)?);
    let mut line = String::new();
    let names = grid.columns.iter().map(|column| column.name.clone());
    put_row(&mut line, names);
    out.write_all(line.as_bytes())?;
    for range in &grid.rows {
        line.clear();
        let fields = grid
            .row(range)
            .into_iter()
            .map(|cell| cell.map_or_else(String::new, |cell| field(grid.workbook, cell, policy)));
        put_row(&mut line, fields);
        out.write_all(line.as_bytes())?;
    }
    out.flush()
}

fn field(workbook: &Workbook, cell: &Cell, policy: FormulaPolicy) -> String {
    match &cell.value {
        CellValue::Text(text) => guard(text, policy),
        _ => workbook.shown(cell),
    }
}

/// Text after the policy for formulas.
fn guard(text: &str, policy: FormulaPolicy) -> String {
    let risky = policy == FormulaPolicy::Quote
        && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        && text.chars().any(char::is_alphanumeric)
        && text.parse::<f64>().is_err();
    if risky {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn put_row(line: &mut String, fields: impl Iterator<Item = String>) {
    let start = line.len();
    let mut count = 0;
    for field in fields {
        if count > 0 {
            line.push(',');
        }
        count += 1;
        if field.contains(['"', ',', '\r', '\n']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&field);
        }
    }
    // A row of one empty field would look like no row at all.
    if count == 1 && line.len() == start {
        line.push_str("\"\"");
    }
    line.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_needed() {
        let mut line = String::new();
        put_row(
            &mut line,
            ["a", "b,c", "d\"e", "f\ng", ""]
                .iter()
                .map(ToString::to_string),
        );
        put_row(&mut line, std::iter::once(String::new()));
        assert_eq!(line, "a,\"b,c\",\"d\"\"e\",\"f\ng\",\r\n\"\"\r\n");
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
            assert_eq!(guard(text, FormulaPolicy::Quote), quoted);
            assert_eq!(guard(text, FormulaPolicy::Keep), text);
        }
    }
}
