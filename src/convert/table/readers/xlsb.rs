//! Binary Excel workbooks (`.xlsb`): cells by calamine, what it does not tell by our own scan of the records.
//!
//! Leans on [MS-XLSB] 2.1.4 (records). Calamine drops formula cells that show an error; the scan puts them back. Cells in
//! the short form, which calamine would drop as well, are refused. Rule that must hold: a cell that one of the two readers
//! sees and the other does not is never lost in silence.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsb, XlsbError};

use super::binary::{guarded, push, value_of};
use super::package::Package;
use super::xlsx::{
    Relation, core_properties, count_hidden_parts, header_footer_text, main_part, package_texts,
    relations, warn_unreadable,
};
use super::{ReadSeek, whole};
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{
    Area, CellErrorKind, CellValue, Comment, DefinedName, HeaderFooter, Sheet, SheetKind,
    Visibility, Workbook,
};
use crate::domain::HiddenChannel;

/// Reads an `.xlsb`.
pub(crate) fn read(input: &mut dyn ReadSeek, budget: &mut Budget) -> Result<Workbook, TableError> {
    let bytes = whole(input, budget)?;
    let mut cursor = Cursor::new(bytes.as_slice());
    let mut package = Package::open(&mut cursor, budget.limits.inflated_bytes)?;
    let main = main_part(&mut package)?;
    let relations = relations(&mut package, &main, budget)?;
    let mut workbook = Workbook::default();
    let listed = read_bundle(&mut package, &main, &mut workbook)?;
    budget.sheets(listed.len())?;
    // Everything calamine will inflate is inflated here first, so that the cap holds for it too.
    let parts: Vec<String> = package
        .names()
        .filter(|name| {
            name.rsplit_once('.')
                .is_some_and(|(_, extension)| extension == "bin")
        })
        .map(str::to_owned)
        .collect();
    let mut sheets = Vec::new();
    for (name, visibility, id) in listed {
        let relation = relations.get(&id).ok_or_else(|| {
            TableError::corrupt(
                &main,
                "a sheet refers to a relationship that does not exist",
            )
        })?;
        sheets.push(scan_sheet(
            &mut package,
            name,
            visibility,
            relation,
            &mut workbook,
            budget,
        )?);
    }
    for part in parts {
        if !part.starts_with("xl/worksheets/sheet") {
            package.bytes(&part)?;
        }
    }
    core_properties(&mut package, &mut workbook, budget)?;
    count_hidden_parts(&package, &mut workbook);
    if package
        .names()
        .any(|name| name.starts_with("xl/threadedcomments/"))
    {
        // Only their plain fallback is read here.
        workbook.unseen.push(HiddenChannel::Comments);
    }
    package_texts(&mut package, &mut workbook, budget)?;

    let mut source =
        guarded(|| Xlsb::new(Cursor::new(bytes.as_slice())).map_err(|e| xlsb_error(&e)))?;
    workbook.date_system_1904 = source.has_1904_epoch();
    workbook.defined_names = source
        .defined_names()
        .iter()
        .map(|(name, formula)| DefinedName {
            name: name.clone(),
            formula: formula.clone(),
            hidden: false,
        })
        .collect();
    for (mut sheet, errors) in sheets {
        if sheet.kind == SheetKind::Worksheet {
            let name = sheet.name.clone();
            guarded(|| {
                let mut cells = source
                    .worksheet_cells_reader(&name)
                    .map_err(|error| xlsb_error(&error))?;
                while let Some(cell) = cells.next_cell().map_err(|error| xlsb_error(&error))? {
                    let (row, col) = cell.get_position();
                    let data = Data::from(cell.get_value().clone());
                    let (value, odd) = value_of(&data, None, workbook.date_system_1904);
                    push(
                        &mut workbook,
                        &mut sheet,
                        (row, col, u32::MAX),
                        value,
                        odd,
                        budget,
                    )?;
                }
                Ok(())
            })?;
            sheet.finish();
            let missing: Vec<_> = errors
                .into_iter()
                .filter(|&(row, col, _)| sheet.cell(row, col).is_none())
                .collect();
            for (row, col, error) in missing {
                let value = Some(CellValue::Error(error));
                push(
                    &mut workbook,
                    &mut sheet,
                    (row, col, u32::MAX),
                    value,
                    false,
                    budget,
                )?;
            }
        }
        workbook.sheets.push(sheet);
    }
    Ok(workbook)
}

/// The list of sheets: name, visibility, relationship id.
fn read_bundle(
    package: &mut Package<'_>,
    part: &str,
    workbook: &mut Workbook,
) -> Result<Vec<(String, Visibility, String)>, TableError> {
    let bytes = package
        .bytes(part)?
        .ok_or_else(|| TableError::corrupt(part, "the part is missing"))?;
    let mut listed = Vec::new();
    for (kind, data) in Records::new(&bytes) {
        match kind {
            // BrtWbProp
            153 => workbook.date_system_1904 = data.first().is_some_and(|flags| flags & 1 != 0),
            // BrtBundleSh
            156 => {
                let visibility = match u32_at(data, 0) {
                    Some(1) => Visibility::Hidden,
                    Some(2) => Visibility::VeryHidden,
                    _ => Visibility::Visible,
                };
                let named = wide(data, 8)
                    .and_then(|(id, next)| wide(data, next).map(|(name, _)| (id, name)));
                let (id, name) =
                    named.ok_or_else(|| TableError::corrupt(part, "a sheet has no name"))?;
                listed.push((name, visibility, id));
            }
            _ => {}
        }
    }
    Ok(listed)
}

type ErrorCells = Vec<(u32, u32, CellErrorKind)>;

fn scan_sheet(
    package: &mut Package<'_>,
    name: String,
    visibility: Visibility,
    relation: &Relation,
    workbook: &mut Workbook,
    budget: &mut Budget,
) -> Result<(Sheet, ErrorCells), TableError> {
    let mut sheet = Sheet {
        name,
        visibility,
        kind: match relation.kind.as_str() {
            "chartsheet" => SheetKind::Chart,
            "dialogsheet" => SheetKind::Dialog,
            "xlMacrosheet" | "xlIntlMacrosheet" => SheetKind::Macro,
            _ => SheetKind::Worksheet,
        },
        ..Sheet::default()
    };
    let part = &relation.target;
    let bytes = package
        .bytes(part)?
        .ok_or_else(|| TableError::corrupt(part, "the part is missing"))?;
    let mut errors = Vec::new();
    let mut row = 0;
    for (kind, data) in Records::new(&bytes) {
        match kind {
            // BrtRowHdr
            0 => {
                row = u32_at(data, 0).unwrap_or(0);
                if data.get(11).is_some_and(|flags| flags & 0x10 != 0) {
                    sheet.hidden_rows.add(row, row);
                }
            }
            // BrtFmlaError
            11 => {
                if let (Some(col), Some(&code)) = (u32_at(data, 0), data.get(8)) {
                    budget.side(errors.len())?;
                    errors.push((row, col, error_code(code)));
                }
            }
            // Short cells, whose column follows from the cell before.
            12..=18 => {
                return Err(TableError::Unsupported {
                    what: "xlsb with cells in short form".to_owned(),
                });
            }
            // BrtColInfo
            60 => {
                if let (Some(first), Some(last), Some(width), Some(&flags)) = (
                    u32_at(data, 0),
                    u32_at(data, 4),
                    u32_at(data, 8),
                    data.get(16),
                ) && (flags & 1 != 0 || width == 0)
                {
                    sheet.hidden_cols.add(first, last);
                }
            }
            // BrtMergeCell
            176 => {
                budget.side(sheet.merges.len())?;
                sheet.merges.extend(area(data));
            }
            // BrtBeginHeaderFooter
            479 => {
                let mut at = 2;
                for index in 0..6 {
                    let Some((raw, next)) = wide(data, at) else {
                        break;
                    };
                    at = next;
                    let text = header_footer_text(&raw);
                    if !text.is_empty() {
                        sheet.headers_footers.push(HeaderFooter {
                            footer: index % 2 == 1,
                            text,
                        });
                    }
                }
            }
            _ => {}
        }
    }
    for relation in relations(package, part, budget)?.values() {
        if relation.kind == "comments" && !relation.external {
            match package.bytes(&relation.target)? {
                Some(bytes) => comments(&bytes, &mut sheet, budget)?,
                None => warn_unreadable(workbook, &relation.target),
            }
        }
    }
    Ok((sheet, errors))
}

fn comments(bytes: &[u8], sheet: &mut Sheet, budget: &mut Budget) -> Result<(), TableError> {
    let mut authors: Vec<String> = Vec::new();
    for (kind, data) in Records::new(bytes) {
        match kind {
            // BrtCommentAuthor
            632 => authors.extend(wide(data, 0).map(|(name, _)| name)),
            // BrtBeginComment
            635 => {
                budget.side(sheet.comments.len())?;
                let author = u32_at(data, 0)
                    .and_then(|index| usize::try_from(index).ok())
                    .and_then(|index| authors.get(index).cloned());
                sheet.comments.push(Comment {
                    cell: u32_at(data, 4).zip(u32_at(data, 12)),
                    author: author.unwrap_or_default(),
                    text: String::new(),
                });
            }
            // BrtCommentText
            637 => {
                if let (Some(comment), Some((text, _))) = (sheet.comments.last_mut(), wide(data, 1))
                {
                    budget.text(text.len())?;
                    comment.text = text;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Records of a part: kind and size are written in up to two and four bytes of seven bits.
struct Records<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Records<'b> {
    fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn varint(&mut self, most: u32) -> Option<u32> {
        let mut value = 0;
        for step in 0..most {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u32::from(byte & 0x7F) << (7 * step);
            if byte & 0x80 == 0 {
                break;
            }
        }
        Some(value)
    }
}

impl<'b> Iterator for Records<'b> {
    type Item = (u32, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let kind = self.varint(2)?;
        let size = usize::try_from(self.varint(4)?).ok()?;
        let end = self.at.checked_add(size)?;
        let data = self.bytes.get(self.at..end)?;
        self.at = end;
        Some((kind, data))
    }
}

/// A string of 16-bit units after a 32-bit count; an absent one counts as empty.
fn wide(data: &[u8], at: usize) -> Option<(String, usize)> {
    let count = u32_at(data, at)?;
    let start = at.checked_add(4)?;
    if count == u32::MAX {
        return Some((String::new(), start));
    }
    let end = usize::try_from(count)
        .ok()?
        .checked_mul(2)?
        .checked_add(start)?;
    let units: Vec<u16> = data
        .get(start..end)?
        .chunks_exact(2)
        .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    Some((String::from_utf16_lossy(&units), end))
}

fn area(data: &[u8]) -> Option<Area> {
    Some(Area {
        first_row: u32_at(data, 0)?,
        last_row: u32_at(data, 4)?,
        first_col: u32_at(data, 8)?,
        last_col: u32_at(data, 12)?,
    })
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let four = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

fn error_code(code: u8) -> CellErrorKind {
    match code {
        0x00 => CellErrorKind::Null,
        0x07 => CellErrorKind::Div0,
        0x0F => CellErrorKind::Value,
        0x17 => CellErrorKind::Ref,
        0x1D => CellErrorKind::Name,
        0x24 => CellErrorKind::Num,
        0x2A => CellErrorKind::Na,
        0x2B => CellErrorKind::GettingData,
        _ => CellErrorKind::Other,
    }
}

fn xlsb_error(error: &XlsbError) -> TableError {
    match error {
        XlsbError::Password => TableError::NeedsPassword,
        other => TableError::corrupt("workbook", other),
    }
}
