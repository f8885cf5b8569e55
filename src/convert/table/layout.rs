//! The real tables of a sheet: hands a sheet to `rideau_layout` and reads its answer in our terms.
//!
//! Rule that must hold: what a person does not see (hidden rows and columns, invisible formats) is not handed over.

use std::collections::BTreeMap;

use rideau_layout::{CellKind, Declared, GridCell, Layout, NumberClass, Region};

use super::header::Header;
use super::model::{Area, Cell, CellValue, Sheet, Workbook};
use super::number_format::FormatClass;

/// Above so many cells no layout is looked for; such a sheet is data already, not a table made for reading.
const CELLS_MAX: usize = 500_000;
/// Above so many cells no plain header is looked for beyond the simple rule, which costs far less.
const HEADER_CELLS_MAX: usize = 20_000;
/// From this confidence on, a header is taken without asking a person.
const CONFIDENT: u8 = 90;
/// So many rows must follow a header that the simple rule did not see.
const ROWS_MIN: usize = 3;

/// The tables of a sheet; none when it is not shown or too large.
pub fn layout(workbook: &Workbook, sheet: &Sheet) -> Option<Layout> {
    (sheet.is_written() && sheet.cells.len() <= CELLS_MAX)
        .then(|| rideau_layout::recognise(&grid_of(workbook, sheet)))
}

/// A sheet as the recogniser takes it; `rideau_layout::tidy` needs the same.
pub fn grid_of(workbook: &Workbook, sheet: &Sheet) -> rideau_layout::Grid {
    rideau_layout::Grid {
        cells: sheet
            .cells
            .iter()
            .filter(|cell| !cell.value.is_blank() && !workbook.is_invisible(cell))
            .filter(|cell| {
                !sheet.hidden_rows.contains(cell.row) && !sheet.hidden_cols.contains(cell.col)
            })
            .map(|cell| cell_of(workbook, cell))
            .collect(),
        merges: sheet.merges.iter().map(area_of).collect(),
        hidden_rows: sheet.hidden_rows.iter().collect(),
        hidden_cols: sheet.hidden_cols.iter().collect(),
        declared: sheet
            .lists
            .iter()
            .map(|list| Declared {
                area: area_of(&list.area),
                header_rows: list.header_rows,
                totals_rows: list.totals_rows,
            })
            .collect(),
        print_areas: sheet.print_areas.iter().map(area_of).collect(),
    }
}

fn cell_of(workbook: &Workbook, cell: &Cell) -> GridCell {
    let style = workbook.style(cell);
    let format = match style.class {
        FormatClass::General | FormatClass::Invisible => NumberClass::General,
        FormatClass::Number => NumberClass::Quantity,
        FormatClass::Percent => NumberClass::Percent,
        FormatClass::Digits => NumberClass::Digits,
        FormatClass::Date | FormatClass::DateTime | FormatClass::Time | FormatClass::Duration => {
            NumberClass::Date
        }
        FormatClass::Text => NumberClass::Text,
    };
    let (kind, number) = match &cell.value {
        // A fixed row of digits names something; it measures nothing.
        CellValue::Number(_) if format == NumberClass::Digits => (CellKind::Text, None),
        CellValue::Number(number) => (CellKind::Number, Some(*number)),
        CellValue::Text(_) => (CellKind::Text, None),
        CellValue::Bool(_) => (CellKind::Bool, None),
        CellValue::Error(_) => (CellKind::Error, None),
        CellValue::Date(_)
        | CellValue::DateTime(_)
        | CellValue::Time(_)
        | CellValue::Duration(_) => (CellKind::Date, None),
    };
    GridCell {
        row: cell.row,
        col: cell.col,
        text: workbook.shown(cell),
        kind,
        number,
        bold: style.bold,
        indent: style.indent,
        format,
        formula: cell.formula,
        ..GridCell::default()
    }
}

fn area_of(area: &Area) -> rideau_layout::Area {
    rideau_layout::Area {
        first_row: area.first_row,
        first_col: area.first_col,
        last_row: area.last_row,
        last_col: area.last_col,
    }
}

/// The header of a sheet that is one table with one row of labels and nothing above or below it.
pub(super) fn plain_header(workbook: &Workbook, sheet: &Sheet) -> Option<Header> {
    if sheet.cells.len() > HEADER_CELLS_MAX {
        return None;
    }
    let layout = layout(workbook, sheet)?;
    let [region] = layout.regions.as_slice() else {
        return None;
    };
    let [row] = region.header_rows.as_slice() else {
        return None;
    };
    let beside = region.titles.len()
        + region.units.len()
        + region.notes.len()
        + region.sources.len()
        + region.group_rows.len()
        + layout.loose.len();
    let sure = region.confidence >= CONFIDENT && region.data_rows.len() >= ROWS_MIN;
    if !sure || beside > 0 {
        return None;
    }
    labels(region, *row)
}

/// The label of each column; none when a column has none.
fn labels(region: &Region, row: u32) -> Option<Header> {
    let labels: BTreeMap<u32, String> = region
        .columns
        .iter()
        .map(|column| match column.path.as_slice() {
            [label] => Some((column.col, label.clone())),
            _ => None,
        })
        .collect::<Option<_>>()?;
    Some(Header { row, labels })
}

#[cfg(test)]
mod tests {
    use super::super::{error::Limits, readers::read_csv_bytes};
    use super::*;

    fn read(text: &str) -> Workbook {
        read_csv_bytes(text.as_bytes(), &Limits::default()).unwrap()
    }

    #[test]
    fn titles_and_notes_are_told_apart_from_rows() {
        let workbook = read(
            "Permits by region,,\n,,\nRegion,2019,2020\nNorth,15,16\nSouth,25,--\nEast,35,36\n,,\nNote: sample data,,\n",
        );
        let layout = layout(&workbook, &workbook.sheets[0]).unwrap();
        let region = &layout.regions[0];
        assert_eq!(region.header_rows, [2]);
        assert_eq!((region.data_first, region.data_last), (3, 5));
        assert_eq!(region.titles[0].text, "Permits by region");
        assert_eq!(region.notes[0].text, "Note: sample data");
    }

    #[test]
    fn a_plain_header_needs_a_sheet_with_nothing_else() {
        let check = |text: &str, expect: Option<u32>| {
            let workbook = read(text);
            let found = plain_header(&workbook, &workbook.sheets[0]).map(|header| header.row);
            assert_eq!(found, expect, "{text}");
        };
        check("Region,2019,2020\nA,15,16\nB,25,26\nC,35,36\n", Some(0));
        check(
            "Title,,\nRegion,2019,2020\nA,15,16\nB,25,26\nC,35,36\n",
            None,
        );
        check("Region,2019,2020\nA,15,16\n", None);
        check("1,2\n3,4\n5,6\n7,8\n", None);
    }
}
