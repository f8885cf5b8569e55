//! The short way through the rows of a sheet: cells as every program writes them, straight from the bytes.
//!
//! Takes whole rows from the start of `sheetData` for as long as each is regular: known elements in their usual form, no
//! comments, no sections of character data, no references where none belong. The first row that is not, and everything after
//! it, goes through the XML parser, which knows all forms and says what is wrong. Rule that must hold: a row that is taken
//! here gives exactly what the parser would give.

use std::io::BufRead;

use memchr::{memchr, memmem};

use super::sheet::{Scanner, warn_odd_date};
use super::strings::unescape;
use super::styles::styled;
use crate::convert::table::error::TableError;
use crate::convert::table::model::{Cell, CellErrorKind, CellValue, LAST_COL, LAST_ROW, place_of};
use crate::convert::table::readers::xml::is_true;
use crate::domain::{Part, Place};

/// How much is read at a time.
const BLOCK: usize = 1 << 18;

/// What may stand before the rows, in bytes; real sheets need a few hundred.
const HEAD: usize = 1 << 20;

/// The longest row, in bytes; the widest real ones take one.
const ROW: usize = 1 << 24;

const OPENS: &[u8] = b"<sheetData>";

/// Takes the regular rows from the start of a sheet's part. Gives back what the parser must see before the rest of the
/// input: everything before the rows, and what was read but not taken.
///
/// # Errors
/// When the input fails or a limit is met.
pub(super) fn take(
    input: &mut dyn BufRead,
    part: &str,
    scanner: &mut Scanner<'_, '_>,
) -> Result<Vec<u8>, TableError> {
    let mut head = Vec::new();
    let mut opens = None;
    while opens.is_none() && head.len() < HEAD {
        let searched = head.len().saturating_sub(OPENS.len());
        if fill(input, &mut head, part)? == 0 {
            break;
        }
        opens = memmem::find(&head[searched..], OPENS).map(|at| searched + at + OPENS.len());
    }
    let Some(opens) = opens else {
        return Ok(head);
    };
    if memmem::find(&head[..opens], b"<!").is_some() {
        return Ok(head);
    }
    let mut block = head.split_off(opens);
    loop {
        // Only what ends with the end of a row is looked at.
        let end = memmem::rfind(&block, b"</row>").map_or(0, |at| at + b"</row>".len());
        let mut rows = Bytes {
            all: &block[..end],
            at: 0,
        };
        let mut regular = true;
        while regular && rows.at < end {
            let before = (rows.at, scanner.sheet.cells.len(), scanner.row);
            regular = row(&mut rows, scanner)?.is_some();
            if !regular {
                // As if it had never been looked at.
                rows.at = before.0;
                scanner.sheet.cells.truncate(before.1);
                scanner.row = before.2;
            }
        }
        let taken = rows.at;
        block.drain(..taken);
        let more =
            regular && block.len() < ROW && !ends(&block) && fill(input, &mut block, part)? > 0;
        if !more {
            head.append(&mut block);
            return Ok(head);
        }
    }
}

/// Whether the rows end in what is left of a block.
fn ends(block: &[u8]) -> bool {
    memmem::find(block, b"</sheetData").is_some()
}

/// Appends what the input has next; how much that was.
fn fill(input: &mut dyn BufRead, block: &mut Vec<u8>, part: &str) -> Result<usize, TableError> {
    let before = block.len();
    while block.len() - before < BLOCK {
        let ready = input
            .fill_buf()
            .map_err(|error| TableError::corrupt(part, error))?;
        if ready.is_empty() {
            break;
        }
        block.extend_from_slice(ready);
        let taken = ready.len();
        input.consume(taken);
    }
    Ok(block.len() - before)
}

/// A place in some bytes.
struct Bytes<'b> {
    all: &'b [u8],
    at: usize,
}

impl<'b> Bytes<'b> {
    fn rest(&self) -> &'b [u8] {
        self.all.get(self.at..).unwrap_or_default()
    }

    /// Steps over these bytes if they come next.
    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.rest().starts_with(expected).then(|| {
            self.at += expected.len();
        })
    }

    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
            .count();
    }

    /// Everything up to a byte, which is stepped over.
    fn until(&mut self, byte: u8) -> Option<&'b [u8]> {
        let rest = self.rest();
        let end = memchr(byte, rest)?;
        self.at += end + 1;
        Some(&rest[..end])
    }

    /// Character data up to the end tag, which is stepped over.
    fn text(&mut self, end_tag: &[u8]) -> Option<&'b [u8]> {
        let rest = self.rest();
        let end = memchr(b'<', rest)?;
        self.at += end;
        self.skip(end_tag)?;
        Some(&rest[..end])
    }

    /// The attributes of a tag whose name was stepped over; true when the element is empty.
    fn attributes(&mut self, mut take: impl FnMut(&'b [u8], &'b [u8])) -> Option<bool> {
        loop {
            match self.rest() {
                [b'>', ..] => {
                    self.at += 1;
                    return Some(false);
                }
                [b'/', b'>', ..] => {
                    self.at += 2;
                    return Some(true);
                }
                [b' ' | b'\n' | b'\r' | b'\t', ..] => self.at += 1,
                [_, ..] => {
                    let name = self.until(b'=')?;
                    let quote = *self.rest().first()?;
                    if !matches!(quote, b'"' | b'\'') {
                        return None;
                    }
                    self.at += 1;
                    let value = self.until(quote)?;
                    let odd = |byte: &u8| matches!(byte, b'<' | b'&' | b'>' | b' ' | b'"' | b'\'');
                    if name.iter().any(odd) || value.iter().any(|b| matches!(b, b'<' | b'&')) {
                        return None;
                    }
                    take(name, value);
                }
                [] => return None,
            }
        }
    }
}

/// Takes one row; none when it is not regular.
fn row(bytes: &mut Bytes<'_>, scanner: &mut Scanner<'_, '_>) -> Result<Option<()>, TableError> {
    bytes.spaces();
    if bytes.skip(b"<row").is_none() {
        return Ok(None);
    }
    let (mut number, mut hidden, mut odd) = (None, false, false);
    let empty = bytes.attributes(|name, value| match name {
        b"r" => {
            number = digits(value);
            odd |= number.is_none();
        }
        b"hidden" => hidden = std::str::from_utf8(value).is_ok_and(is_true),
        b"ht" => hidden |= float(value) == Some(0.0),
        _ => {}
    });
    let Some(empty) = empty.filter(|_| !odd) else {
        return Ok(None);
    };
    let row = match number {
        Some(number) => number.saturating_sub(1),
        None => scanner.row.map_or(0, |row| row.saturating_add(1)),
    };
    if row > LAST_ROW {
        return Ok(None);
    }
    if !empty {
        let mut next_col = 0;
        loop {
            bytes.spaces();
            if bytes.skip(b"</row>").is_some() {
                break;
            }
            if cell(bytes, scanner, row, &mut next_col)?.is_none() {
                return Ok(None);
            }
        }
    }
    scanner.row = Some(row);
    if hidden {
        scanner.sheet.hidden_rows.add(row, row);
    }
    Ok(Some(()))
}

/// What a cell's `t` says.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Shared,
    Bool,
    Text,
    Inline,
    Error,
    Other,
}

/// Takes one cell; none when it is not regular.
fn cell(
    bytes: &mut Bytes<'_>,
    scanner: &mut Scanner<'_, '_>,
    row: u32,
    next_col: &mut u32,
) -> Result<Option<()>, TableError> {
    if bytes.skip(b"<c").is_none() {
        return Ok(None);
    }
    let (mut address, mut style, mut kind) = (None, Some(0), Kind::Number);
    let empty = bytes.attributes(|name, value| match name {
        b"r" => address = Some(value),
        b"s" => style = digits(value),
        b"t" => {
            kind = match value {
                b"n" => Kind::Number,
                b"s" => Kind::Shared,
                b"b" => Kind::Bool,
                b"str" => Kind::Text,
                b"inlineStr" => Kind::Inline,
                b"e" => Kind::Error,
                _ => Kind::Other,
            }
        }
        _ => {}
    });
    let at = match address {
        Some(address) => place(address),
        None => Some((row, *next_col)),
    };
    let (Some(empty), Some(style), Some((row, col)), true) =
        (empty, style, at, kind != Kind::Other)
    else {
        return Ok(None);
    };
    if row > LAST_ROW || col > LAST_COL {
        return Ok(None);
    }
    *next_col = col + 1;
    if empty {
        return Ok(Some(()));
    }
    let (mut raw, mut formula) = (None, false);
    loop {
        bytes.spaces();
        let rest = bytes.rest();
        if bytes.skip(b"</c>").is_some() {
            break;
        }
        let taken = if bytes.skip(b"<v>").is_some() {
            if kind == Kind::Inline || raw.is_some() {
                return Ok(None);
            }
            bytes.text(b"</v>").map(|text| raw = Some(text))
        } else if rest.starts_with(b"<f") && !rest.starts_with(b"<fo") {
            formula = true;
            bytes.at += 2;
            match bytes.attributes(|_, _| {}) {
                Some(true) => Some(()),
                Some(false) => bytes.text(b"</f>").map(|_| ()),
                None => None,
            }
        } else if kind == Kind::Inline && raw.is_none() && bytes.skip(b"<is>").is_some() {
            inline(bytes).map(|text| raw = Some(text))
        } else {
            None
        };
        if taken.is_none() {
            return Ok(None);
        }
    }
    let Some(raw) = raw else {
        return Ok(Some(()));
    };
    scanner.budget.text(raw.len())?;
    let value = match kind {
        Kind::Number => {
            if raw.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some(()));
            }
            let Some(number) = float(raw).filter(|number| number.is_finite()) else {
                return Ok(None);
            };
            let class = scanner.context.styles.class(style);
            let (value, odd) = styled(number, class, scanner.context.date_1904);
            if odd {
                let at = place_of(&scanner.sheet.name, row, col);
                warn_odd_date(scanner.workbook, Place::new(Part::Cell, at));
            }
            value
        }
        Kind::Shared => {
            if raw.is_empty() {
                return Ok(Some(()));
            }
            let text = digits(raw)
                .and_then(|index| usize::try_from(index).ok())
                .and_then(|index| scanner.context.shared.get(index));
            match text {
                Some(text) => CellValue::Text(text.clone()),
                None => return Ok(None),
            }
        }
        Kind::Bool => CellValue::Bool(std::str::from_utf8(raw).is_ok_and(is_true)),
        Kind::Error => match std::str::from_utf8(raw) {
            Ok(text) if !text.contains('&') => CellValue::Error(CellErrorKind::parse(text.trim())),
            _ => return Ok(None),
        },
        Kind::Text | Kind::Inline => match plain(raw) {
            Some(text) => CellValue::text(unescape(&text)),
            None => return Ok(None),
        },
        Kind::Other => return Ok(None),
    };
    if matches!(&value, CellValue::Text(text) if text.is_empty()) {
        return Ok(Some(()));
    }
    scanner.budget.cells(1)?;
    scanner.sheet.cells.push(Cell {
        row,
        col,
        value,
        style,
        formula,
    });
    Ok(Some(()))
}

/// The text of an inline string of one piece.
fn inline<'b>(bytes: &mut Bytes<'b>) -> Option<&'b [u8]> {
    bytes.skip(b"<t")?;
    let text = if bytes.attributes(|_, _| {})? {
        &[][..]
    } else {
        bytes.text(b"</t>")?
    };
    bytes.skip(b"</is>")?;
    Some(text)
}

/// Character data with its references resolved; none when the parser must look.
fn plain(raw: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    if memchr(b'\r', raw).is_some() {
        return None;
    }
    let text = std::str::from_utf8(raw).ok()?;
    if memchr(b'&', raw).is_none() {
        return Some(text.into());
    }
    quick_xml::escape::unescape(text).ok()
}

/// A whole number in digits only.
fn digits(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0_u32, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + u32::from(byte - b'0'))
    })
}

fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

/// `B7` → `(6, 1)`; none for anything else.
fn place(address: &[u8]) -> Option<(u32, u32)> {
    let letters = address
        .iter()
        .take_while(|b| b.is_ascii_uppercase())
        .count();
    if !(1..=3).contains(&letters) {
        return None;
    }
    let col = address[..letters]
        .iter()
        .fold(0_u32, |col, byte| col * 26 + u32::from(byte - b'A') + 1);
    let row = digits(&address[letters..])?;
    Some((row.checked_sub(1)?, col - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_numbers_are_read_strictly() {
        for (address, at) in [
            ("A1", Some((0, 0))),
            ("XFD1048576", Some((LAST_ROW, LAST_COL))),
            ("a1", None),
            ("A0", None),
            ("1", None),
            ("AAAA1", None),
            ("A1 ", None),
            ("A9999999999", None),
        ] {
            assert_eq!(place(address.as_bytes()), at, "{address}");
        }
        assert_eq!(digits(b"0012"), Some(12));
        assert_eq!(digits(b"+1"), None);
        assert_eq!(float(b" 1.5e3\n"), Some(1500.0));
        assert_eq!(float(b"0x10"), None);
    }

    #[test]
    fn attributes_are_taken_only_in_their_usual_form() {
        let check = |tag: &str, expected: Option<(bool, &str)>| {
            let mut bytes = Bytes {
                all: tag.as_bytes(),
                at: 0,
            };
            let mut seen = String::new();
            let empty = bytes.attributes(|name, value| {
                seen.push_str(&String::from_utf8_lossy(name));
                seen.push(':');
                seen.push_str(&String::from_utf8_lossy(value));
                seen.push(';');
            });
            assert_eq!(empty.map(|empty| (empty, seen.as_str())), expected, "{tag}");
        };
        check(r#" r="A1" s='2'>"#, Some((false, "r:A1;s:2;")));
        check("\n\tx:r=\"A1\"/>", Some((true, "x:r:A1;")));
        check(">", Some((false, "")));
        check(r#" r="A&amp;1">"#, None);
        check(r" r=A1>", None);
        check(r#" r="A1"#, None);
        check(r#" "A1">"#, None);
        check(" r>", None);
    }
}
