//! What calamine does not tell about `.xls`: hidden rows and columns, comments, print headers, number formats.
//!
//! A scan over the records of the workbook stream ([MS-XLS] 2.4), for BIFF5 and BIFF8. Rule that must hold: it reads
//! lengths before bytes and gives up on a record that does not fit, never on the file as a whole.

use std::collections::BTreeMap;

use crate::convert::table::model::{Area, Comment, HeaderFooter, Ranges, SheetText, Style};
use crate::convert::table::number_format::{builtin, classify};
use crate::convert::table::readers::xlsx::header_footer_text;
use crate::domain::Part;

/// What the globals say.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    /// 0x0600 for BIFF8, 0x0500 for BIFF5 and BIFF7.
    pub(crate) version: u16,
    /// Number format, weight and indent of each cell format.
    pub(crate) styles: Vec<Style>,
    /// Stream offset of each sheet, in the order of the tabs.
    pub(crate) sheets: Vec<usize>,
    /// Links to other workbooks.
    pub(crate) external_links: u64,
}

/// What one sheet says.
#[derive(Debug, Default)]
pub(crate) struct SheetScan {
    pub(crate) hidden_rows: Ranges,
    pub(crate) hidden_cols: Ranges,
    pub(crate) comments: Vec<Comment>,
    pub(crate) texts: Vec<SheetText>,
    pub(crate) headers_footers: Vec<HeaderFooter>,
    /// Cell format of each cell.
    pub(crate) formats: BTreeMap<(u32, u32), u16>,
    /// The smallest area that holds every cell.
    pub(crate) used: Option<Area>,
    /// True when the sheet claims more rows or columns than the format has.
    pub(crate) absurd: bool,
}

/// A record with the data of its continuations kept apart.
struct Record<'s> {
    kind: u16,
    data: &'s [u8],
    more: Vec<&'s [u8]>,
}

struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Records<'s> {
    fn raw(&self, at: usize) -> Option<(u16, &'s [u8], usize)> {
        let head = self.stream.get(at..at.checked_add(4)?)?;
        let kind = u16::from_le_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let end = at.checked_add(4)?.checked_add(length)?;
        Some((kind, self.stream.get(at + 4..end)?, end))
    }
}

impl<'s> Iterator for Records<'s> {
    type Item = Record<'s>;

    fn next(&mut self) -> Option<Record<'s>> {
        let (kind, data, end) = self.raw(self.at)?;
        self.at = end;
        let mut more = Vec::new();
        while let Some((0x003C, data, end)) = self.raw(self.at) {
            more.push(data);
            self.at = end;
        }
        Some(Record { kind, data, more })
    }
}

/// True when a workbook stream asks for a password (`FilePass`).
pub(crate) fn is_encrypted(stream: &[u8]) -> bool {
    Records { stream, at: 0 }
        .take_while(|record| record.kind != 0x000A)
        .any(|record| record.kind == 0x002F)
}

/// Scans the globals.
pub(crate) fn globals(stream: &[u8]) -> Globals {
    let mut globals = Globals::default();
    let mut codes: BTreeMap<u16, String> = BTreeMap::new();
    let mut bold: Vec<bool> = Vec::new();
    let mut cell_formats: Vec<(u16, u16, u8)> = Vec::new();
    for record in (Records { stream, at: 0 }) {
        let data = record.data;
        match record.kind {
            0x0809 => globals.version = u16_at(data, 0).unwrap_or(0),
            0x0085 => {
                let at = u32_at(data, 0).and_then(|at| usize::try_from(at).ok());
                globals.sheets.extend(at);
            }
            0x041E => {
                if let (Some(id), Some((code, _))) =
                    (u16_at(data, 0), format_text(data, globals.version))
                {
                    codes.insert(id, code);
                }
            }
            0x0031 => bold.push(u16_at(data, 6).is_some_and(|weight| weight >= 600)),
            0x00E0 => cell_formats.push((
                u16_at(data, 0).unwrap_or(0),
                u16_at(data, 2).unwrap_or(0),
                data.get(8).map_or(0, |byte| byte & 0x0F),
            )),
            // SupBook: this workbook and add-in functions carry a marker, another workbook its path.
            0x01AE if !matches!(u16_at(data, 2), Some(0x0401 | 0x3A01)) => {
                globals.external_links += 1;
            }
            0x000A => break,
            _ => {}
        }
    }
    let wide = globals.version >= 0x0600;
    globals.styles = cell_formats
        .into_iter()
        .map(|(font, id, indent)| {
            let code = codes
                .get(&id)
                .map_or_else(|| builtin(u32::from(id)).to_owned(), Clone::clone);
            // Font 4 does not exist; the numbers after it are one too high.
            let font = usize::from(font) - usize::from(font > 4);
            Style {
                class: classify(&code),
                number_format: code,
                bold: bold.get(font).copied().unwrap_or(false),
                indent: if wide { indent } else { 0 },
            }
        })
        .collect();
    globals
}

/// Scans one sheet from its offset to its end; embedded charts are passed over.
pub(crate) fn sheet(stream: &[u8], at: usize, version: u16) -> SheetScan {
    let mut scan = SheetScan::default();
    let mut depth = 0_u32;
    let mut object: Option<u16> = None;
    let mut boxes: BTreeMap<u16, String> = BTreeMap::new();
    let mut notes: Vec<(u32, u32, u16, String)> = Vec::new();
    for record in (Records { stream, at }) {
        match record.kind {
            // A reader may reserve memory by this claim, wherever it stands.
            0x0200 => scan.absurd |= claims_too_much(record.data),
            0x0809 => depth += 1,
            0x000A => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            // Text boxes of nested charts count too; everything else of them does not.
            0x01B6 => {
                if let Some(text) = text_object(&record) {
                    boxes.insert(object.unwrap_or(u16::MAX), text);
                }
            }
            0x005D => object = u16_at(record.data, 6),
            _ if depth == 1 => scan_record(&record, version, &mut scan, &mut notes),
            _ => {}
        }
    }
    for (row, col, id, author) in notes {
        scan.comments.push(Comment {
            cell: Some((row, col)),
            author,
            text: boxes.remove(&id).unwrap_or_default(),
        });
    }
    scan.texts
        .extend(boxes.into_iter().map(|(id, text)| SheetText {
            part: Part::TextBox,
            at: format!("text box {id}"),
            text,
        }));
    scan
}

fn scan_record(
    record: &Record<'_>,
    version: u16,
    scan: &mut SheetScan,
    notes: &mut Vec<(u32, u32, u16, String)>,
) {
    let data = record.data;
    let wide = version >= 0x0600;
    match record.kind {
        // Row
        0x0208 => {
            if let (Some(row), Some(&flags)) = (u16_at(data, 0), data.get(12))
                && flags & 0x20 != 0
            {
                scan.hidden_rows.add(u32::from(row), u32::from(row));
            }
        }
        // ColInfo
        0x007D => {
            if let (Some(first), Some(last), Some(width), Some(flags)) = (
                u16_at(data, 0),
                u16_at(data, 2),
                u16_at(data, 4),
                u16_at(data, 8),
            ) && (flags & 1 != 0 || width == 0)
            {
                scan.hidden_cols.add(u32::from(first), u32::from(last));
            }
        }
        // Header, Footer
        0x0014 | 0x0015 => {
            let text = if wide {
                text16(data, 0).map(|(text, _)| text)
            } else {
                data.get(1..).map(latin)
            };
            let text = text.map(|raw| header_footer_text(&raw)).unwrap_or_default();
            if !text.is_empty() {
                scan.headers_footers.push(HeaderFooter {
                    footer: record.kind == 0x0015,
                    text,
                });
            }
        }
        // Note
        0x001C => {
            if let (Some(row), Some(col)) = (u16_at(data, 0), u16_at(data, 2)) {
                let (row, col) = (u32::from(row), u32::from(col));
                if wide {
                    let author = text16(data, 8).map(|(text, _)| text).unwrap_or_default();
                    notes.push((row, col, u16_at(data, 6).unwrap_or(0), author));
                } else {
                    scan.comments.push(Comment {
                        cell: Some((row, col)),
                        author: String::new(),
                        text: data.get(6..).map(latin).unwrap_or_default(),
                    });
                }
            }
        }
        // Dv
        0x01BE if wide => validation(data, scan),
        // Number, Rk, Label, RString, BoolErr, Formula, LabelSst
        0x0203 | 0x027E | 0x0204 | 0x00D6 | 0x0205 | 0x0006 | 0x00FD => {
            if let (Some(row), Some(col), Some(format)) =
                (u16_at(data, 0), u16_at(data, 2), u16_at(data, 4))
            {
                use_cell(scan, row, col, format);
            }
        }
        // MulRk
        0x00BD => {
            if let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) {
                let cells = data.len().saturating_sub(6) / 6;
                for index in 0..cells {
                    if let (Some(format), Ok(step)) =
                        (u16_at(data, 4 + index * 6), u16::try_from(index))
                    {
                        use_cell(scan, row, first.saturating_add(step), format);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Dimensions: past the 65 536 rows or 256 columns of the format.
fn claims_too_much(data: &[u8]) -> bool {
    let (rows, cols) = if data.len() > 10 {
        (
            (u32_at(data, 0), u32_at(data, 4)),
            (u16_at(data, 8), u16_at(data, 10)),
        )
    } else {
        let wide = |at| u16_at(data, at).map(u32::from);
        ((wide(0), wide(2)), (u16_at(data, 4), u16_at(data, 6)))
    };
    [rows.0, rows.1]
        .into_iter()
        .flatten()
        .any(|row| row > 65_536)
        || [cols.0, cols.1].into_iter().flatten().any(|col| col > 256)
}

fn use_cell(scan: &mut SheetScan, row: u16, col: u16, format: u16) {
    let (row, col) = (u32::from(row), u32::from(col));
    scan.formats.insert((row, col), format);
    let used = scan.used.get_or_insert(Area {
        first_row: row,
        first_col: col,
        last_row: row,
        last_col: col,
    });
    used.first_row = used.first_row.min(row);
    used.first_col = used.first_col.min(col);
    used.last_row = used.last_row.max(row);
    used.last_col = used.last_col.max(col);
}

/// The four messages of a drop-down list, and its entries when they stand in the record.
fn validation(data: &[u8], scan: &mut SheetScan) {
    let mut at = 4;
    let mut texts = Vec::new();
    for _ in 0..4 {
        let Some((text, next)) = text16(data, at) else {
            return;
        };
        texts.push(text);
        at = next;
    }
    // Formula: length, two unused bytes, then a string token (0x17).
    if data.get(at + 4) == Some(&0x17)
        && let (Some(&count), Some(&flags)) = (data.get(at + 5), data.get(at + 6))
    {
        let text = units(data, at + 7, usize::from(count), flags & 1 != 0);
        texts.extend(text.map(|(text, _)| text));
    }
    scan.texts.extend(
        texts
            .into_iter()
            .map(|text| text.replace('\0', ", ").trim().to_owned())
            .filter(|text| !text.is_empty() && text != ",")
            .map(|text| SheetText {
                part: Part::Formula,
                at: "data validation".to_owned(),
                text,
            }),
    );
}

/// The text of a text object, which stands in its continuations.
fn text_object(record: &Record<'_>) -> Option<String> {
    let mut left = usize::from(u16_at(record.data, 10)?);
    let mut text = String::new();
    for part in &record.more {
        if left == 0 {
            break;
        }
        let wide = part.first()? & 1 != 0;
        let most = (part.len() - 1) / if wide { 2 } else { 1 };
        let (piece, _) = units(part, 1, left.min(most), wide)?;
        left -= left.min(most);
        text.push_str(&piece);
    }
    (!text.trim().is_empty()).then_some(text)
}

fn format_text(data: &[u8], version: u16) -> Option<(String, usize)> {
    if version >= 0x0600 {
        text16(data, 2)
    } else {
        let count = usize::from(*data.get(2)?);
        Some((latin(data.get(3..3 + count)?), 3 + count))
    }
}

/// A string with a 16-bit count and a byte of flags; gives where it ends.
fn text16(data: &[u8], at: usize) -> Option<(String, usize)> {
    let count = usize::from(u16_at(data, at)?);
    if count == 0 {
        // The byte of flags is left out by some writers when there is no text.
        return Some((String::new(), (at + 3).min(data.len())));
    }
    let flags = *data.get(at + 2)?;
    units(data, at + 3, count, flags & 1 != 0)
}

fn units(data: &[u8], at: usize, count: usize, wide: bool) -> Option<(String, usize)> {
    if wide {
        let end = at.checked_add(count.checked_mul(2)?)?;
        let units: Vec<u16> = data
            .get(at..end)?
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        Some((String::from_utf16_lossy(&units), end))
    } else {
        let end = at.checked_add(count)?;
        // Compressed text drops the high bytes of UTF-16, which leaves Latin-1.
        Some((
            data.get(at..end)?.iter().map(|&b| char::from(b)).collect(),
            end,
        ))
    }
}

fn latin(bytes: &[u8]) -> String {
    encoding_rs::WINDOWS_1252
        .decode_without_bom_handling(bytes)
        .0
        .into_owned()
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let two = data.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let four = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn garbage_is_passed_over() {
        for seed in 0..200_u32 {
            let bytes: Vec<u8> = (0..400_u32)
                .map(|i| {
                    u8::try_from((i.wrapping_mul(seed.wrapping_mul(2_654_435_761)) >> 13) & 0xFF)
                        .unwrap()
                })
                .collect();
            globals(&bytes);
            sheet(&bytes, 0, 0x0600);
            sheet(&bytes, 399, 0x0500);
            is_encrypted(&bytes);
        }
    }

    #[test]
    fn hidden_rows_and_columns_are_seen() {
        let mut stream = Vec::new();
        let mut put = |kind: u16, data: &[u8]| {
            stream.extend(kind.to_le_bytes());
            stream.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
            stream.extend(data);
        };
        put(0x0809, &[0, 6, 0x10, 0]);
        put(0x0208, &[4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 0]);
        put(0x007D, &[1, 0, 2, 0, 0, 9, 0, 0, 1, 0, 0, 0]);
        put(0x0014, b"\x06\x00\x00&CTop!");
        put(0x000A, &[]);
        let scan = sheet(&stream, 0, 0x0600);
        assert!(scan.hidden_rows.contains(4) && !scan.hidden_rows.contains(3));
        assert!(scan.hidden_cols.contains(2));
        assert_eq!(scan.headers_footers[0].text, "Top!");
    }
}
