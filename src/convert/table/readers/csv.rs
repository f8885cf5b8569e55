//! Delimited text: encoding, delimiter, quotes.
//!
//! The encoding comes from the byte-order mark, else from UTF-8 validity, else from `chardetng`. The delimiter is the one
//! of `, ; tab |` that splits the first rows most evenly. Quotes follow RFC 4180; an unclosed one ends with the file and is
//! warned about. Values stay text as written. Rule that must hold: no character is lost; ragged rows stay ragged.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::{ReadSeek, whole};
use crate::bilingual;
use crate::convert::table::error::{Budget, Limits, TableError};
use crate::convert::table::model::{Cell, CellValue, Dialect, Sheet, Workbook, cell_name};
use crate::domain::{Part, Place};

/// Bytes the delimiter is judged by.
const SAMPLE_BYTES: usize = 256 << 10;
/// Rows the delimiter is judged by.
const SAMPLE_ROWS: usize = 200;

/// Reads delimited text.
pub(crate) fn read(input: &mut dyn ReadSeek, budget: &mut Budget) -> Result<Workbook, TableError> {
    let bytes = whole(input, budget)?;
    read_all(&bytes, budget)
}

/// Reads delimited text that is already in memory, such as a released rendition.
pub(crate) fn read_bytes(bytes: &[u8], limits: &Limits) -> Result<Workbook, TableError> {
    read_all(bytes, &mut Budget::new(limits.clone()))
}

fn read_all(bytes: &[u8], budget: &mut Budget) -> Result<Workbook, TableError> {
    let mut workbook = Workbook {
        format: "csv".to_owned(),
        ..Workbook::default()
    };
    let decoded = decode(bytes);
    let delimiter = sniff(&decoded.text);
    if decoded.replaced {
        workbook.warn(
            "undecodable_text",
            bilingual!(
                "Some bytes mean nothing in the encoding {}. Save the file as UTF-8 and replace it.",
                "Certains octets n'ont pas de sens dans le codage {}. Enregistrez le fichier en UTF-8 et remplacez-le.",
                decoded.encoding.name()
            ),
            Place::new(Part::Package, "file"),
        );
    }
    if decoded.text.contains('\0') {
        workbook.warn(
            "control_character",
            bilingual!(
                "The text holds NUL characters. Save the file again as plain text.",
                "Le texte contient des caractères NUL. Enregistrez de nouveau le fichier en texte brut."
            ),
            Place::new(Part::Package, "file"),
        );
    }
    let mut sheet = Sheet::default();
    let mut widths: Vec<u32> = Vec::new();
    let mut rows = Rows::new(without_hint(&decoded.text, delimiter), delimiter);
    let mut row: u32 = 0;
    while let Some(fields) = rows.next_row() {
        let width = u32::try_from(fields.len()).unwrap_or(u32::MAX);
        for (col, field) in (0_u32..).zip(fields) {
            if field.is_empty() {
                continue;
            }
            budget.cells(1)?;
            budget.text(field.len())?;
            sheet.cells.push(Cell {
                row,
                col,
                value: CellValue::text(field),
                style: 0,
                formula: false,
            });
        }
        if widths.len() < 2 || widths.last() != Some(&width) {
            widths.push(width);
        }
        row = row.saturating_add(1);
    }
    if rows.unclosed {
        workbook.warn(
            "unclosed_quote",
            bilingual!(
                "A quotation mark is never closed, so the last cell may hold several rows. Correct the file.",
                "Un guillemet n'est jamais fermé; la dernière cellule peut donc contenir plusieurs lignes. Corrigez le fichier."
            ),
            Place::new(Part::Cell, cell_name(row.saturating_sub(1), 0)),
        );
    }
    widths.sort_unstable();
    widths.dedup();
    if widths.len() > 1 {
        workbook.warn(
            "ragged_rows",
            bilingual!(
                "Rows have between {} and {} columns. All are kept; check that no delimiter is missing.",
                "Les lignes ont de {} à {} colonnes. Toutes sont conservées; vérifiez qu'aucun délimiteur ne manque.",
                widths.first().copied().unwrap_or(0),
                widths.last().copied().unwrap_or(0)
            ),
            Place::new(Part::Package, "file"),
        );
    }
    workbook.dialect = Some(Dialect {
        encoding: decoded.encoding.name().to_owned(),
        bom: decoded.bom,
        delimiter,
    });
    workbook.sheets.push(sheet);
    Ok(workbook)
}

/// The text after a first line `sep=;`, which speaks to Excel and is no data.
fn without_hint(text: &str, delimiter: Option<char>) -> &str {
    let rest = delimiter.and_then(|delimiter| text.strip_prefix("sep=")?.strip_prefix(delimiter));
    match rest {
        Some(rest) => rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\r', '\n']))
            .unwrap_or(text),
        None => text,
    }
}

/// Text with how it was written.
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) encoding: &'static Encoding,
    pub(crate) bom: bool,
    /// True when bytes had no meaning and were replaced.
    pub(crate) replaced: bool,
}

/// Decodes text by its byte-order mark, as UTF-8 when it is valid, else by detection.
pub(crate) fn decode(bytes: &[u8]) -> Decoded {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let (text, replaced) = encoding.decode_without_bom_handling(&bytes[length..]);
        return Decoded {
            text: text.into_owned(),
            encoding,
            bom: true,
            replaced,
        };
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && utf16_guess(bytes).is_none()
    {
        return Decoded {
            text: text.to_owned(),
            encoding: UTF_8,
            bom: false,
            replaced: false,
        };
    }
    let encoding = utf16_guess(bytes).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(Some(b"ca"), Utf8Detection::Allow)
    });
    let (text, replaced) = encoding.decode_without_bom_handling(bytes);
    Decoded {
        text: text.into_owned(),
        encoding,
        bom: false,
        replaced,
    }
}

/// UTF-16 without a mark: every other byte of mostly Latin text is nought.
fn utf16_guess(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 16 {
        return None;
    }
    let half = sample.len() / 2;
    let noughts = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (even, odd) = (noughts(0), noughts(1));
    if odd * 10 > half * 7 && even * 10 < half {
        Some(UTF_16LE)
    } else if even * 10 > half * 7 && odd * 10 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// The delimiter that splits the first rows most evenly; none when nothing does.
pub(crate) fn sniff(text: &str) -> Option<char> {
    let mut end = text.len().min(SAMPLE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let sample = &text[..end];
    // Excel writes its delimiter in so many words when asked.
    if let Some(rest) = sample.strip_prefix("sep=")
        && let Some(delimiter) = rest.chars().next()
        && matches!(
            rest[delimiter.len_utf8()..].chars().next(),
            Some('\r' | '\n')
        )
    {
        return Some(delimiter);
    }
    let mut best: Option<(f64, char)> = None;
    for delimiter in [',', ';', '\t', '|'] {
        if let Some(score) = evenness(sample, delimiter)
            && best.is_none_or(|(most, _)| score > most)
        {
            best = Some((score, delimiter));
        }
    }
    best.map(|(_, delimiter)| delimiter)
}

/// Share of rows with the commonest width above one, weighed up a little with the width.
fn evenness(sample: &str, delimiter: char) -> Option<f64> {
    let mut rows = Rows::new(sample, Some(delimiter));
    let mut widths: Vec<usize> = Vec::new();
    while widths.len() < SAMPLE_ROWS
        && let Some(fields) = rows.next_row()
    {
        if !(fields.len() == 1 && fields[0].trim().is_empty()) {
            widths.push(fields.len());
        }
    }
    let total = widths.len();
    widths.retain(|&width| width > 1);
    widths.sort_unstable();
    let (mut common, mut count) = (0, 0);
    for run in widths.chunk_by(|a, b| a == b) {
        if run.len() >= count {
            (common, count) = (run[0], run.len());
        }
    }
    if count == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a sample of 200 rows")]
    let (share, width) = (count as f64 / total as f64, common as f64);
    // Width lends at most a fifth, so that evenness decides.
    Some(share + 0.2 * (1.0 - 1.0 / width))
}

/// Splits text into rows of fields.
pub(crate) struct Rows<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    delimiter: Option<char>,
    /// True once a quoted field ended with the text.
    pub(crate) unclosed: bool,
}

impl<'t> Rows<'t> {
    pub(crate) fn new(text: &'t str, delimiter: Option<char>) -> Self {
        Self {
            rest: text.chars().peekable(),
            delimiter,
            unclosed: false,
        }
    }

    /// The next row; an empty line is a row of one empty field.
    pub(crate) fn next_row(&mut self) -> Option<Vec<String>> {
        self.rest.peek()?;
        let mut fields = Vec::new();
        let mut field = String::new();
        let mut quoted = false;
        // A quote opens only at the start of a field (RFC 4180, 2.5).
        let mut fresh = true;
        loop {
            let Some(c) = self.rest.next() else {
                self.unclosed |= quoted;
                break;
            };
            if quoted {
                if c != '"' {
                    field.push(c);
                } else if self.rest.peek() == Some(&'"') {
                    self.rest.next();
                    field.push('"');
                } else {
                    quoted = false;
                }
                continue;
            }
            match c {
                '"' if fresh => quoted = true,
                '\r' => {
                    if self.rest.peek() == Some(&'\n') {
                        self.rest.next();
                    }
                    break;
                }
                '\n' => break,
                c if Some(c) == self.delimiter => {
                    fields.push(std::mem::take(&mut field));
                    fresh = true;
                    continue;
                }
                c => field.push(c),
            }
            fresh = false;
        }
        fields.push(field);
        Some(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
        let mut rows = Rows::new(text, Some(delimiter));
        std::iter::from_fn(|| rows.next_row()).collect()
    }

    #[test]
    fn fields_follow_rfc_4180() {
        for (text, expected) in [
            ("a,b\r\nc,d\r\n", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("a,b\nc", vec![vec!["a", "b"], vec!["c"]]),
            ("\"x,\"\"y\"\"\r\nz\",2", vec![vec!["x,\"y\"\r\nz", "2"]]),
            ("5\" pipe,1", vec![vec!["5\" pipe", "1"]]),
            ("a,\r\n\r\n,b", vec![vec!["a", ""], vec![""], vec!["", "b"]]),
            ("\"open,1\n2", vec![vec!["open,1\n2"]]),
            ("", vec![]),
            ("a\rb", vec![vec!["a"], vec!["b"]]),
            ("\"a\"b,c", vec![vec!["ab", "c"]]),
        ] {
            assert_eq!(rows(text, ','), expected, "{text:?}");
        }
    }

    #[test]
    fn delimiters_are_sniffed() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", Some(',')),
            ("a;b\n1,5;2,5\n", Some(';')),
            ("a\tb, c\n1\t2\n", Some('\t')),
            ("a|b|c\n1|2|3\n", Some('|')),
            ("Region\nNorth\n", None),
            ("sep=|\na|b\n", Some('|')),
            ("\"a;b\",c\n\"d;e\",f\n", Some(',')),
        ] {
            assert_eq!(sniff(text), delimiter, "{text:?}");
        }
    }

    #[test]
    fn encodings_are_found() {
        for (bytes, encoding, text) in [
            (b"\xEF\xBB\xBFa".as_slice(), "UTF-8", "a"),
            ("é".as_bytes(), "UTF-8", "é"),
            (
                b"Qu\xE9bec; \xC9t\xE9; R\xE9gion".as_slice(),
                "windows-1252",
                "Québec; Été; Région",
            ),
            (b"\xFF\xFEa\0,\0".as_slice(), "UTF-16LE", "a,"),
        ] {
            let decoded = decode(bytes);
            assert_eq!(
                (decoded.encoding.name(), decoded.text.as_str()),
                (encoding, text)
            );
        }
        let units: Vec<u8> = "Region,Count\nNorth,1"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&units).text, "Region,Count\nNorth,1");
    }
}
