//! Whether a sheet starts with one plain header row.
//!
//! A simple, honest rule: the first visible row that is not empty is a header when each used column has a label in it, all
//! labels are text, and the rows below differ from it in type, in weight, or by the author's declaration of a table. Where
//! it says no, the layout of the sheet is asked, which also knows periods as labels.
//! Rule that must hold: in doubt there is no header, and every row stays data.

use std::collections::BTreeMap;

use super::layout;
use super::model::{Cell, CellValue, Sheet, Workbook};

/// Texts that stand for a missing or suppressed value in official tables.
pub(crate) const MISSING: [&str; 5] = ["", "--", "..", "x", "F"];

/// A single header row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its row, from 0.
    pub row: u32,
    /// The label of each used column.
    pub labels: BTreeMap<u32, String>,
}

/// What a value can be read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing, or a code for a missing value.
    Missing,
    Integer,
    Number,
    Boolean,
    Date,
    DateTime,
    Time,
    Text,
}

/// The header row of a sheet, if it plainly has one: by the simple rule, or where the layout of the sheet leaves no doubt.
pub fn detect(workbook: &Workbook, sheet: &Sheet) -> Option<Header> {
    by_types(workbook, sheet).or_else(|| layout::plain_header(workbook, sheet))
}

/// The simple rule: labels that are text, over rows that are not.
fn by_types(workbook: &Workbook, sheet: &Sheet) -> Option<Header> {
    let visible = |cell: &&Cell| {
        !sheet.hidden_rows.contains(cell.row)
            && !sheet.hidden_cols.contains(cell.col)
            && !cell.value.is_blank()
            && !workbook.is_invisible(cell)
    };
    let row = sheet.cells.iter().find(visible)?.row;
    let mut labels = BTreeMap::new();
    let mut bold = true;
    let mut columns: BTreeMap<u32, Tally> = BTreeMap::new();
    let mut first_below: Option<(u32, bool)> = None;
    for cell in sheet.cells.iter().filter(visible) {
        if cell.row == row {
            let CellValue::Text(text) = &cell.value else {
                return None;
            };
            if text_kind(text) != Kind::Text {
                return None;
            }
            bold &= workbook.style(cell).bold;
            labels.insert(cell.col, text.to_string());
            continue;
        }
        let weight = workbook.style(cell).bold;
        match &mut first_below {
            None => first_below = Some((cell.row, weight)),
            Some((first, all)) if *first == cell.row => *all &= weight,
            Some(_) => {}
        }
        let tally = columns.entry(cell.col).or_default();
        match kind_of(workbook, cell) {
            Kind::Missing => {}
            Kind::Text => tally.text += 1,
            _ => tally.typed += 1,
        }
    }
    let (_, bold_below) = first_below?;
    let merged = sheet.merges.iter().any(|area| {
        area.first_row <= row && area.last_row >= row && area.first_col != area.last_col
    });
    if merged || columns.keys().any(|col| !labels.contains_key(col)) {
        return None;
    }
    let typed_below = columns
        .values()
        .any(|t| t.typed > 0 && t.typed >= 4 * t.text);
    let declared = sheet
        .lists
        .iter()
        .any(|list| list.header_rows == 1 && list.area.first_row == row);
    let heavier = bold && !bold_below && labels.len() > 1;
    (typed_below || declared || heavier).then_some(Header { row, labels })
}

#[derive(Default)]
struct Tally {
    typed: u64,
    text: u64,
}

/// What a cell can be read as; delimited text is judged by how it is written.
pub(crate) fn kind_of(workbook: &Workbook, cell: &Cell) -> Kind {
    use super::number_format::FormatClass;
    match &cell.value {
        CellValue::Number(_) if workbook.style(cell).class == FormatClass::Digits => Kind::Text,
        CellValue::Number(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => {
            Kind::Integer
        }
        CellValue::Number(_) => Kind::Number,
        CellValue::Bool(_) => Kind::Boolean,
        CellValue::Date(_) => Kind::Date,
        CellValue::DateTime(_) => Kind::DateTime,
        CellValue::Time(_) => Kind::Time,
        CellValue::Text(text) if MISSING.contains(&text.trim()) => Kind::Missing,
        CellValue::Text(text) if workbook.dialect.is_some() => text_kind(text),
        CellValue::Text(_) | CellValue::Duration(_) | CellValue::Error(_) => Kind::Text,
    }
}

/// What delimited text can be read as without changing how it is written.
pub(crate) fn text_kind(text: &str) -> Kind {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if figures(whole)
        && figures(fraction)
        && whole.len() + fraction.len() <= 16
        && (whole == "0" || !whole.starts_with('0'))
        && text != "-0"
    {
        return if digits.contains('.') {
            Kind::Number
        } else {
            Kind::Integer
        };
    }
    if text.len() == 10 && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() {
        return Kind::Date;
    }
    if text.len() == 19 && chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").is_ok()
    {
        return Kind::DateTime;
    }
    Kind::Text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::table::model::Dialect;

    fn detect_in(rows: &[&[&str]]) -> Option<u32> {
        let mut sheet = Sheet::default();
        for (row, cells) in (0..).zip(rows) {
            for (col, text) in (0..).zip(*cells) {
                if !text.is_empty() {
                    sheet.cells.push(Cell {
                        row,
                        col,
                        value: CellValue::text(*text),
                        style: 0,
                        formula: false,
                    });
                }
            }
        }
        let workbook = Workbook {
            dialect: Some(Dialect {
                encoding: "UTF-8".into(),
                bom: false,
                delimiter: Some(','),
            }),
            ..Workbook::default()
        };
        detect(&workbook, &sheet).map(|header| header.row)
    }

    #[test]
    fn headers_are_found_only_when_plain() {
        assert_eq!(detect_in(&[&["Region", "Count"], &["North", "5"]]), Some(0));
        assert_eq!(
            detect_in(&[&[], &["Region", "Count"], &["North", "--"], &["South", "7"]]),
            Some(1)
        );
        assert_eq!(
            detect_in(&[&["Title"], &["Region", "Count"], &["North", "5"]]),
            None
        );
        assert_eq!(detect_in(&[&["Region", "2024"], &["North", "5"]]), None);
        assert_eq!(detect_in(&[&["a", "b"], &["c", "d"]]), None);
        assert_eq!(detect_in(&[&["Region", "Count"]]), None);
        assert_eq!(detect_in(&[]), None);
    }

    #[test]
    fn text_is_typed_only_when_nothing_changes() {
        for (text, kind) in [
            ("1205", Kind::Integer),
            ("-3", Kind::Integer),
            ("0.5", Kind::Number),
            ("007", Kind::Text),
            ("-0", Kind::Text),
            ("1,5", Kind::Text),
            ("1e5", Kind::Text),
            (".5", Kind::Text),
            ("12345678901234567", Kind::Text),
            ("2024-02-29", Kind::Date),
            ("2023-02-29", Kind::Text),
            ("2024-02-29T01:02:03", Kind::DateTime),
        ] {
            assert_eq!(text_kind(text), kind, "{text}");
        }
    }
}
