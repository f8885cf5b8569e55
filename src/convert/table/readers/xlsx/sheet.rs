//! One sheet's XML: cells, rows and columns that hide, merges, links, print headers, drop-down lists.

use std::io::{Cursor, Read};

use super::rows;
use super::strings::unescape;
use super::styles::{StyleTable, styled};
use super::{SharedStrings, header_footer_text};
use crate::bilingual;
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{
    Cell, CellErrorKind, CellValue, HeaderFooter, LAST_COL, LAST_ROW, Sheet, SheetText, Workbook,
    parse_area, parse_cell, place_of,
};
use crate::convert::table::readers::package::Package;
use crate::convert::table::readers::xml::{Step, Tag, parse};
use crate::domain::{Part, Place};

/// What a sheet needs from its workbook.
pub(crate) struct Context<'w> {
    pub(crate) shared: &'w SharedStrings,
    pub(crate) styles: &'w StyleTable,
    pub(crate) date_1904: bool,
}

/// Links whose target stands in the sheet's relationships: area, relationship id, place within the target.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) links: Vec<((u32, u32), String, String)>,
}

/// Streams a sheet's part into the model.
pub(crate) fn read(
    package: &mut Package<'_>,
    part: &str,
    context: &Context<'_>,
    sheet: &mut Sheet,
    workbook: &mut Workbook,
    budget: &mut Budget,
) -> Result<Found, TableError> {
    let mut scanner = Scanner {
        context,
        sheet,
        workbook,
        budget,
        found: Found::default(),
        row: None,
        next_col: 0,
        cell: None,
        capture: Capture::None,
        text: String::new(),
        validation: String::new(),
        phonetic: false,
    };
    let nesting = scanner.budget.limits.nesting;
    package
        .stream(part, |input| {
            let seen = rows::take(input, part, &mut scanner)?;
            let mut left = Cursor::new(seen).chain(input);
            parse(&mut left, part, nesting, |step| match step {
                Step::Start(tag) => scanner.start(&tag),
                Step::Text(text) => scanner.more(text),
                Step::End(name) => scanner.end(name),
            })
        })?
        .ok_or_else(|| TableError::corrupt(part, "the part is missing"))?;
    Ok(scanner.found)
}

#[derive(Clone, Copy, PartialEq)]
enum Capture {
    None,
    /// `v` of a cell.
    Value,
    /// `t` of an inline string.
    Inline,
    /// A print header (false) or footer (true).
    HeaderFooter(bool),
    /// A formula of a drop-down list.
    Validation,
}

/// The cell that is being read.
struct Open {
    at: Option<(u32, u32)>,
    address: String,
    style: u32,
    kind: String,
    value: Option<String>,
    inline: Option<String>,
    formula: bool,
}

/// What reads a sheet, and where it stands.
pub(super) struct Scanner<'s, 'w> {
    pub(super) context: &'s Context<'w>,
    pub(super) sheet: &'s mut Sheet,
    pub(super) workbook: &'s mut Workbook,
    pub(super) budget: &'s mut Budget,
    found: Found,
    /// The last row that was begun.
    pub(super) row: Option<u32>,
    next_col: u32,
    cell: Option<Open>,
    capture: Capture,
    text: String,
    validation: String,
    phonetic: bool,
}

impl Scanner<'_, '_> {
    fn start(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        match tag.name() {
            "c" => self.start_cell(tag),
            "v" if self.cell.is_some() => self.begin(Capture::Value),
            "f" => {
                if let Some(cell) = &mut self.cell {
                    cell.formula = true;
                }
            }
            "rPh" => self.phonetic = true,
            "t" if self.cell.is_some() && !self.phonetic => self.begin(Capture::Inline),
            "row" => self.start_row(tag),
            "col" => {
                let hidden = tag.flag("hidden").unwrap_or(false) || zero(tag, "width");
                if let (true, Some(min), Some(max)) = (hidden, tag.number("min"), tag.number("max"))
                {
                    let first = min.saturating_sub(1);
                    self.sheet
                        .hidden_cols
                        .add(first, max.saturating_sub(1).min(LAST_COL));
                }
            }
            "mergeCell" => {
                self.budget.side(self.sheet.merges.len())?;
                let area = tag.get("ref").as_deref().and_then(parse_area);
                self.sheet.merges.extend(area);
            }
            "hyperlink" => {
                self.budget.side(self.found.links.len())?;
                if let Some(area) = tag.get("ref").as_deref().and_then(parse_area) {
                    self.found.links.push((
                        (area.first_row, area.first_col),
                        tag.get("id").unwrap_or_default(),
                        tag.get("location").unwrap_or_default(),
                    ));
                }
            }
            "oddHeader" | "evenHeader" | "firstHeader" => self.begin(Capture::HeaderFooter(false)),
            "oddFooter" | "evenFooter" | "firstFooter" => self.begin(Capture::HeaderFooter(true)),
            "dataValidation" => {
                self.validation = tag.get("sqref").unwrap_or_default();
                for message in ["promptTitle", "prompt", "errorTitle", "error"] {
                    if let Some(text) = tag.get(message) {
                        self.side_text(&text)?;
                    }
                }
            }
            "formula1" | "formula2" if self.cell.is_none() => self.begin(Capture::Validation),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, capture: Capture) {
        self.capture = capture;
        self.text.clear();
    }

    fn more(&mut self, text: &str) -> Result<(), TableError> {
        if self.capture != Capture::None {
            self.budget.text(text.len())?;
            self.text.push_str(text);
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), TableError> {
        match name {
            "rPh" => self.phonetic = false,
            "c" => {
                self.capture = Capture::None;
                if let Some(cell) = self.cell.take() {
                    self.finish_cell(cell)?;
                }
            }
            _ => match std::mem::replace(&mut self.capture, Capture::None) {
                Capture::None => {}
                Capture::Value => {
                    if let Some(cell) = &mut self.cell {
                        cell.value = Some(std::mem::take(&mut self.text));
                    }
                }
                Capture::Inline => {
                    if let Some(cell) = &mut self.cell {
                        cell.inline.get_or_insert_default().push_str(&self.text);
                    }
                }
                Capture::HeaderFooter(footer) => {
                    let text = header_footer_text(&self.text);
                    if !text.is_empty() {
                        self.sheet
                            .headers_footers
                            .push(HeaderFooter { footer, text });
                    }
                }
                Capture::Validation => {
                    let text = std::mem::take(&mut self.text);
                    self.side_text(&text)?;
                }
            },
        }
        Ok(())
    }

    fn side_text(&mut self, text: &str) -> Result<(), TableError> {
        self.budget.side(self.sheet.texts.len())?;
        if !text.trim().is_empty() {
            self.sheet.texts.push(SheetText {
                part: Part::Formula,
                at: format!("data validation {}", self.validation),
                text: unescape(text),
            });
        }
        Ok(())
    }

    fn start_row(&mut self, tag: &Tag<'_>) {
        let (mut number, mut hidden) = (None, false);
        tag.each(|name, value| match name {
            "r" => number = value.trim().parse::<u32>().ok(),
            "hidden" => hidden = super::super::xml::is_true(value),
            "ht" => {
                hidden |= value
                    .trim()
                    .parse::<f64>()
                    .is_ok_and(|height| height == 0.0);
            }
            _ => {}
        });
        let row = match number {
            Some(number) => number.saturating_sub(1),
            None => self.row.map_or(0, |row| row.saturating_add(1)),
        };
        self.row = Some(row);
        self.next_col = 0;
        if hidden && row <= LAST_ROW {
            self.sheet.hidden_rows.add(row, row);
        }
    }

    fn start_cell(&mut self, tag: &Tag<'_>) {
        let (mut address, mut style, mut kind) = (None, 0, String::new());
        tag.each(|name, value| match name {
            "r" => address = Some(value.to_owned()),
            "s" => style = value.trim().parse().unwrap_or(0),
            "t" => value.clone_into(&mut kind),
            _ => {}
        });
        let at = match &address {
            Some(address) => parse_cell(address),
            None => Some((self.row.unwrap_or(0), self.next_col))
                .filter(|&(row, col)| row <= LAST_ROW && col <= LAST_COL),
        };
        if let Some((_, col)) = at {
            self.next_col = col.saturating_add(1);
        }
        self.cell = Some(Open {
            at,
            address: address.unwrap_or_default(),
            style,
            kind,
            value: None,
            inline: None,
            formula: false,
        });
    }

    fn finish_cell(&mut self, open: Open) -> Result<(), TableError> {
        let Some(raw) = (if open.kind == "inlineStr" {
            open.inline.or(open.value)
        } else {
            open.value.or(open.inline)
        }) else {
            return Ok(());
        };
        let Some((row, col)) = open.at else {
            return self.stray(&open.address, &open.kind, raw);
        };
        let place = || Place::new(Part::Cell, place_of(&self.sheet.name, row, col));
        if open.kind == "s" && raw.trim().is_empty() {
            return Ok(());
        }
        let value = match open.kind.as_str() {
            "s" => {
                let text = raw
                    .trim()
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| self.context.shared.get(index));
                if let Some(text) = text {
                    CellValue::Text(text.clone())
                } else {
                    let place = place();
                    self.workbook.warn(
                        "missing_text",
                        bilingual!(
                            "The text of a cell is missing from the file. Compare with the original.",
                            "Le texte d'une cellule manque dans le fichier. Comparez avec l'original."
                        ),
                        place,
                    );
                    CellValue::Error(CellErrorKind::Other)
                }
            }
            "str" | "inlineStr" => CellValue::text(unescape(&raw)),
            "b" => CellValue::Bool(super::super::xml::is_true(&raw)),
            "e" => CellValue::Error(CellErrorKind::parse(raw.trim())),
            "d" => iso_value(raw.trim()).unwrap_or_else(|| CellValue::text(raw)),
            _ => {
                let trimmed = raw.trim();
                if trimmed.is_empty() {
                    return Ok(());
                }
                let number = trimmed
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite());
                if let Some(number) = number {
                    let class = self.context.styles.class(open.style);
                    let (value, odd) = styled(number, class, self.context.date_1904);
                    if odd {
                        let place = place();
                        warn_odd_date(self.workbook, place);
                    }
                    value
                } else {
                    let place = place();
                    self.workbook.warn(
                        "unreadable_number",
                        bilingual!(
                            "A number could not be read and is kept as text. Compare with the original.",
                            "Un nombre n'a pas pu être lu et reste en texte. Comparez avec l'original."
                        ),
                        place,
                    );
                    CellValue::text(raw)
                }
            }
        };
        if matches!(&value, CellValue::Text(text) if text.is_empty()) {
            return Ok(());
        }
        self.budget.cells(1)?;
        self.sheet.cells.push(Cell {
            row,
            col,
            value,
            style: open.style,
            formula: open.formula,
        });
        Ok(())
    }

    /// A cell at an address that no sheet has: nobody sees it, so its text is kept as hidden.
    fn stray(&mut self, address: &str, kind: &str, raw: String) -> Result<(), TableError> {
        self.budget.side(self.sheet.texts.len())?;
        let address: String = address.chars().take(24).collect();
        self.workbook.warn(
            "bad_address",
            bilingual!(
                "A cell stands outside of every sheet ({address}) and was left out. A person must look at the file.",
                "Une cellule se trouve hors de toute feuille ({address}) et a été laissée de côté. Une personne doit examiner le fichier."
            ),
            Place::new(Part::HiddenText, format!("{} {address}", self.sheet.name)),
        );
        let text = match kind {
            "s" => raw
                .trim()
                .parse::<usize>()
                .ok()
                .and_then(|index| self.context.shared.get(index))
                .map_or(raw, ToString::to_string),
            _ => raw,
        };
        self.sheet.texts.push(SheetText {
            part: Part::HiddenText,
            at: format!("cell {address}"),
            text,
        });
        Ok(())
    }
}

/// Warns that a cell asks for a date that does not exist.
pub(crate) fn warn_odd_date(workbook: &mut Workbook, place: Place) {
    workbook.warn(
        "date_out_of_range",
        bilingual!(
            "A cell is formatted as a date but its number is no day between 1900 and 9999; the number is kept.",
            "Une cellule est en format de date, mais son nombre ne correspond à aucun jour entre 1900 et 9999; le nombre est conservé."
        ),
        place,
    );
}

fn zero(tag: &Tag<'_>, name: &str) -> bool {
    tag.get(name)
        .and_then(|value| value.trim().parse::<f64>().ok())
        .is_some_and(|value| value == 0.0)
}

/// A date, a time or both in ISO 8601.
pub(crate) fn iso_value(text: &str) -> Option<CellValue> {
    use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
    let text = text.strip_suffix('Z').unwrap_or(text);
    if let Ok(at) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return Some(CellValue::DateTime(at));
    }
    if let Ok(at) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M") {
        return Some(CellValue::DateTime(at));
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(CellValue::Date(date));
    }
    NaiveTime::parse_from_str(text, "%H:%M:%S%.f")
        .ok()
        .map(CellValue::Time)
}
