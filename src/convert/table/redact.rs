//! Places taken out of a workbook, before anything is written.
//!
//! A span goes from a text; a number, a date or any other value goes as a whole, and its column becomes one of text where it must.
//! Rule that must hold: what is not a cell is never written by our writers, and a name is never changed by a machine.

use super::model::{CellValue, Workbook, parse_cell, quote_sheet};
use super::units::for_each_unit;
use crate::{
    convert::redact::{Redacted, Removals, Values, cut_text},
    domain::{Part, Removal},
};

/// Takes the places out of the workbook. When one of them is refused, the workbook must not be written as a redacted one.
pub fn redact(workbook: &mut Workbook, places: &[Removal], french: bool) -> Redacted {
    let (mut redacted, values) = carry_out(workbook, places, french);
    if !redacted.refused.is_empty() {
        return redacted;
    }
    let mut units = Vec::new();
    for_each_unit(workbook, &mut |unit| {
        if carried(unit.place.part) {
            units.push(unit);
        }
    });
    match values.elsewhere(units.into_iter(), &carried) {
        Some(further) => {
            let (more, _) = carry_out(workbook, &further, french);
            redacted.removed.extend(more.removed);
            redacted.refused.extend(more.refused);
        }
        None => redacted.refused.clone_from(&redacted.removed),
    }
    redacted
}

/// What can reach a rendition of a table: cells, names of sheets, the name of the file.
fn carried(part: Part) -> bool {
    matches!(part, Part::Cell | Part::SheetName | Part::FileName)
}

fn carry_out(workbook: &mut Workbook, places: &[Removal], french: bool) -> (Redacted, Values) {
    let mut removals = Removals::new(places, french);
    for at in removals.places_in(Part::Cell) {
        let (sheet_name, cell_name) = at.rsplit_once('!').unwrap_or(("", at));
        let Some(address) = parse_cell(cell_name) else {
            continue;
        };
        for index in 0..workbook.sheets.len() {
            let sheet = &workbook.sheets[index];
            let named = if sheet.name.is_empty() {
                sheet_name.is_empty()
            } else {
                quote_sheet(&sheet.name) == sheet_name
            };
            let found = sheet
                .cells
                .binary_search_by_key(&address, |cell| (cell.row, cell.col));
            let (true, true, Ok(position)) = (named, sheet.is_written(), found) else {
                continue;
            };
            let shown = workbook.shown(&sheet.cells[position]);
            let mut cuts = removals.cuts(Part::Cell, at, &shown);
            let cell = &mut workbook.sheets[index].cells[position];
            let Some(first) = cuts.first() else {
                continue;
            };
            // What is left of a number still tells something about it.
            let whole = first.mark.clone();
            let text = match &cell.value {
                CellValue::Text(text) => cut_text(text, &mut cuts),
                _ => whole,
            };
            cell.value = CellValue::text(text);
            cell.formula = false;
        }
    }
    removals.finish(&carried)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::convert::{
        redact::tests::removal,
        table::model::{Cell, Sheet, Visibility},
    };

    fn workbook() -> Workbook {
        let cell = |row, col, value| Cell {
            row,
            col,
            value,
            style: 0,
            formula: true,
        };
        let date = NaiveDate::from_ymd_opt(1961, 2, 3).unwrap();
        let sheet = |name: &str| Sheet {
            name: name.to_owned(),
            cells: vec![
                cell(0, 0, CellValue::text("SIN")),
                cell(0, 1, CellValue::text("Note")),
                cell(1, 0, CellValue::Number(46_454_286.0)),
                cell(1, 1, CellValue::text("né à Québec, 046 454 286, cas clos")),
                cell(2, 0, CellValue::Date(date)),
                cell(2, 1, CellValue::text("voir 046 454 286")),
            ],
            ..Sheet::default()
        };
        Workbook {
            sheets: vec![
                sheet("People 2"),
                Sheet {
                    visibility: Visibility::Hidden,
                    ..sheet("Back")
                },
            ],
            ..Workbook::default()
        }
    }

    fn check(places: &[Removal], french: bool, expect: &[(usize, &str)], refused: usize) {
        let mut workbook = workbook();
        let redacted = redact(&mut workbook, places, french);
        assert_eq!(redacted.refused.len(), refused);
        for &(position, text) in expect {
            let cell = &workbook.sheets[0].cells[position];
            assert_eq!(cell.value.plain(), text);
        }
    }

    #[test]
    fn a_span_of_a_text_goes_and_the_same_value_elsewhere() {
        let text = "né à Québec, 046 454 286, cas clos";
        let start = text.find("046").unwrap();
        check(
            &[removal(
                Part::Cell,
                "'People 2'!B2",
                Some((start, start + 11)),
            )],
            true,
            &[
                (3, "né à Québec, [par. 19(1)], cas clos"),
                (5, "voir [par. 19(1)]"),
                (0, "SIN"),
            ],
            0,
        );
    }

    #[test]
    fn numbers_and_dates_go_as_a_whole() {
        check(
            &[
                removal(Part::Cell, "'People 2'!A2", Some((0, 3))),
                removal(Part::Cell, "'People 2'!A3", None),
            ],
            false,
            &[(2, "[s.19(1)]"), (4, "[s.19(1)]"), (1, "Note")],
            0,
        );
    }

    #[test]
    fn what_is_never_written_needs_nothing() {
        check(
            &[
                removal(Part::HiddenSheet, "Back!A2", None),
                removal(Part::Comment, "'People 2'!A2", Some((0, 2))),
            ],
            false,
            &[(2, "46454286")],
            0,
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (part, at, span) in [
            (Part::Cell, "'People 2'!B2", Some((0, 2))),
            (Part::Cell, "'People 2'!B2", Some((1, 900))),
            (Part::Cell, "'People 2'!D9", None),
            (Part::Cell, "Back!A2", None),
            (Part::Cell, "A2", None),
            (Part::Cell, "'People 2'!B2!", None),
            (Part::SheetName, "'People 2'", None),
            (Part::FileName, "file name", Some((0, 2))),
        ] {
            check(&[removal(part, at, span)], false, &[(0, "SIN")], 1);
        }
    }
}
