//! The table model: what a workbook holds, cell by cell, with what hides in it.
//!
//! Rows and columns count from 0 here; addresses for people (`B7`) count from 1. Cells are sparse and ordered by row, then
//! column, each address at most once. Rule that must hold: a reader that cannot see a channel says so in
//! [`Workbook::unseen`], so that the screening can stop instead of pass.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime};

use crate::domain::{Bilingual, HiddenChannel, Part, Place, Warning};

use super::number_format::{self, FormatClass};

/// Last row of a sheet, counted from 0 (ECMA-376: 1 048 576 rows).
pub(crate) const LAST_ROW: u32 = 1_048_575;
/// Last column of a sheet, counted from 0 (ECMA-376: 16 384 columns).
pub(crate) const LAST_COL: u32 = 16_383;
/// How many places one kind of warning names before it only counts.
const WARNING_PLACES: usize = 20;

/// A workbook, or a delimited text as a workbook of one sheet.
#[derive(Clone, Debug, Default)]
pub struct Workbook {
    /// Short name of the format it was read from: `xlsx`, `csv` …
    pub format: String,
    /// Sheets in the order of their tabs, hidden ones included.
    pub sheets: Vec<Sheet>,
    /// True when day 0 is 1904-01-01 (workbooks from old Macintosh systems).
    pub date_system_1904: bool,
    /// Styles that cells refer to; the first one is the default.
    pub styles: Vec<Style>,
    /// Defined names with their formulas.
    pub defined_names: Vec<DefinedName>,
    /// Document properties that are not empty.
    pub properties: Vec<Property>,
    /// Parts of the package that hide content which is not read cell by cell.
    pub hidden_parts: HiddenParts,
    /// How a delimited text is written; none for workbooks.
    pub dialect: Option<Dialect>,
    /// Text found elsewhere in the package: external link caches, custom XML, connections.
    pub package_texts: Vec<SheetText>,
    /// What a person should know about the reading.
    pub warnings: Vec<Warning>,
    /// Channels that this reader cannot see in this format; content may hide there.
    pub unseen: Vec<HiddenChannel>,
}

/// One sheet.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    /// Name on the tab; for delimited text empty.
    pub name: String,
    /// Whether a person sees it.
    pub visibility: Visibility,
    /// What kind of sheet it is.
    pub kind: SheetKind,
    /// Filled cells by row, then column.
    pub cells: Vec<Cell>,
    /// Merged areas.
    pub merges: Vec<Area>,
    /// Hidden, filtered or collapsed rows.
    pub hidden_rows: Ranges,
    /// Hidden columns.
    pub hidden_cols: Ranges,
    /// Comments and replies.
    pub comments: Vec<Comment>,
    /// Links that cells carry.
    pub links: Vec<SheetLink>,
    /// Print headers and footers that are not empty.
    pub headers_footers: Vec<HeaderFooter>,
    /// Other text: drop-down lists, text boxes, alternative text.
    pub texts: Vec<SheetText>,
    /// Declared tables.
    pub lists: Vec<ListObject>,
    /// Areas set for printing.
    pub print_areas: Vec<Area>,
}

/// Whether a sheet shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Its tab shows.
    #[default]
    Visible,
    /// Hidden; the menu shows it again.
    Hidden,
    /// Hidden from the menu; only a macro or another program shows it.
    VeryHidden,
}

/// What a sheet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SheetKind {
    /// Cells.
    #[default]
    Worksheet,
    /// One chart.
    Chart,
    /// Macros of Excel 4.
    Macro,
    /// A dialog of Excel 5.
    Dialog,
}

/// A filled cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Row from 0.
    pub row: u32,
    /// Column from 0.
    pub col: u32,
    /// What it holds.
    pub value: CellValue,
    /// Index into [`Workbook::styles`].
    pub style: u32,
    /// True when a formula stands behind the value.
    pub formula: bool,
}

/// A typed value.
#[derive(Clone, Debug, PartialEq)]
pub enum CellValue {
    /// A number as stored; a percentage is stored as its fraction.
    Number(f64),
    /// Text, possibly with line breaks.
    Text(Arc<str>),
    /// True or false.
    Bool(bool),
    /// An error value.
    Error(CellErrorKind),
    /// A calendar day.
    Date(NaiveDate),
    /// A day and a time, without zone.
    DateTime(NaiveDateTime),
    /// A time of day.
    Time(NaiveTime),
    /// A length of time in milliseconds.
    Duration(i64),
}

/// The error values a cell can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellErrorKind {
    /// `#NULL!`
    Null,
    /// `#DIV/0!`
    Div0,
    /// `#VALUE!`
    Value,
    /// `#REF!`
    Ref,
    /// `#NAME?`
    Name,
    /// `#NUM!`
    Num,
    /// `#N/A`
    Na,
    /// `#GETTING_DATA`
    GettingData,
    /// `#SPILL!`
    Spill,
    /// `#CALC!`
    Calc,
    /// Any error this list does not know.
    Other,
}

impl CellErrorKind {
    /// The error as Excel writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Null => "#NULL!",
            Self::Div0 => "#DIV/0!",
            Self::Value => "#VALUE!",
            Self::Ref => "#REF!",
            Self::Name => "#NAME?",
            Self::Num => "#NUM!",
            Self::Na => "#N/A",
            Self::GettingData => "#GETTING_DATA",
            Self::Spill => "#SPILL!",
            Self::Calc => "#CALC!",
            Self::Other => "#ERROR!",
        }
    }

    /// The kind for a text such as `#N/A`.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "#NULL!" => Self::Null,
            "#DIV/0!" => Self::Div0,
            "#VALUE!" | "Err:502" | "Err:504" => Self::Value,
            "#REF!" | "Err:524" => Self::Ref,
            "#NAME?" | "Err:508" | "Err:509" => Self::Name,
            "#NUM!" | "Err:503" => Self::Num,
            "#N/A" => Self::Na,
            "#GETTING_DATA" => Self::GettingData,
            "#SPILL!" => Self::Spill,
            "#CALC!" => Self::Calc,
            _ => Self::Other,
        }
    }
}

/// What of a cell's style carries meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The number format's code, as stored.
    pub number_format: String,
    /// What the code shows.
    pub class: FormatClass,
    /// Bold text.
    pub bold: bool,
    /// Indent steps.
    pub indent: u8,
}

/// A rectangle of cells, both corners included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area {
    /// First row from 0.
    pub first_row: u32,
    /// First column from 0.
    pub first_col: u32,
    /// Last row from 0.
    pub last_row: u32,
    /// Last column from 0.
    pub last_col: u32,
}

/// Sorted, disjoint ranges of rows or columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    /// Adds a range, both ends included.
    pub fn add(&mut self, first: u32, last: u32) {
        if first > last {
            return;
        }
        if let Some(end) = self.0.last_mut()
            && first >= end.0
        {
            if first <= end.1.saturating_add(1) {
                end.1 = end.1.max(last);
            } else {
                self.0.push((first, last));
            }
            return;
        }
        self.0.push((first, last));
        self.0.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            match merged.last_mut() {
                Some(end) if first <= end.1.saturating_add(1) => end.1 = end.1.max(last),
                _ => merged.push((first, last)),
            }
        }
        self.0 = merged;
    }

    /// True when the index lies in one of the ranges.
    pub fn contains(&self, index: u32) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= index);
        after > 0 && self.0[after - 1].1 >= index
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.iter().copied()
    }
}

/// A comment, or one post of a threaded comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Row and column of the cell it is tied to.
    pub cell: Option<(u32, u32)>,
    /// Who wrote it, where recorded.
    pub author: String,
    /// What it says.
    pub text: String,
}

/// A link on a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetLink {
    /// Row and column.
    pub cell: (u32, u32),
    /// Where it leads.
    pub target: String,
}

/// A print header or footer, with its codes (`&L`, `&P`) taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFooter {
    /// True for a footer.
    pub footer: bool,
    /// What it says.
    pub text: String,
}

/// Text that is in the file but in no cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetText {
    /// What kind of place.
    pub part: Part,
    /// Address for people, without the sheet's name: `drop-down list B2:B9`.
    pub at: String,
    /// The text.
    pub text: String,
}

/// A table declared by the author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListObject {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub area: Area,
    /// Number of header rows.
    pub header_rows: u32,
    /// Number of totals rows.
    pub totals_rows: u32,
}

/// A defined name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedName {
    /// Its name.
    pub name: String,
    /// Its formula or constant, as stored.
    pub formula: String,
    /// True when the name is not shown in the name manager.
    pub hidden: bool,
}

/// A document property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name: `creator`, `Company`, `MSIP_Label_…`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// True when the author or an add-in made it up (custom properties).
    pub custom: bool,
}

/// Counts of parts that hide content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HiddenParts {
    /// Embedded files and objects.
    pub embedded: u64,
    /// Macro projects and macro sheets.
    pub macros: u64,
    /// Links to other workbooks.
    pub external_links: u64,
    /// Pivot caches, query tables, connections, data models.
    pub data_caches: u64,
    /// Custom XML parts.
    pub custom_xml: u64,
    /// Change history of shared or tracked workbooks.
    pub tracked_changes: u64,
    /// Pictures; they hide nothing, but no table can carry them.
    pub images: u64,
    /// Charts; likewise.
    pub charts: u64,
}

/// How a delimited text is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Encoding by its WHATWG name: `UTF-8`, `windows-1252`.
    pub encoding: String,
    /// True when the text starts with a byte-order mark.
    pub bom: bool,
    /// The delimiter; none when the text is one column.
    pub delimiter: Option<char>,
}

impl Workbook {
    /// The style of a cell, the default one when the index is unknown.
    pub fn style(&self, cell: &Cell) -> &Style {
        static DEFAULT: std::sync::LazyLock<Style> = std::sync::LazyLock::new(Style::default);
        usize::try_from(cell.style)
            .ok()
            .and_then(|index| self.styles.get(index))
            .unwrap_or(&DEFAULT)
    }

    /// A cell as a person reads it: see the module head of `writers` for the choices.
    pub fn shown(&self, cell: &Cell) -> String {
        let mut text = String::new();
        self.put_shown(cell, &mut text);
        text
    }

    /// Appends a cell as a person reads it.
    pub(crate) fn put_shown(&self, cell: &Cell, out: &mut String) {
        if let CellValue::Number(number) = &cell.value
            && self.style(cell).class == FormatClass::Digits
            && let Some(digits) = number_format::digits(&self.style(cell).number_format, *number)
        {
            out.push_str(&digits);
        } else {
            cell.value.put_plain(out);
        }
    }

    /// True when the number format shows nothing for this cell (`;;;`).
    pub fn is_invisible(&self, cell: &Cell) -> bool {
        let style = self.style(cell);
        style.class == FormatClass::Invisible
            && !matches!(cell.value, CellValue::Bool(_) | CellValue::Error(_))
    }

    /// Adds a warning; after a number of places of the same kind it is only counted by the last one.
    pub(crate) fn warn(&mut self, code: &str, message: Bilingual, place: Place) {
        let same = self.warnings.iter().filter(|w| w.code == code).count();
        if same < WARNING_PLACES {
            self.warnings.push(Warning {
                code: code.to_owned(),
                message,
                place,
            });
        }
    }
}

impl Sheet {
    /// The cell at an address.
    pub fn cell(&self, row: u32, col: u32) -> Option<&Cell> {
        self.cells
            .binary_search_by_key(&(row, col), |cell| (cell.row, cell.col))
            .ok()
            .map(|index| &self.cells[index])
    }

    /// Whether the writers show it.
    pub fn is_written(&self) -> bool {
        self.kind == SheetKind::Worksheet && self.visibility == Visibility::Visible
    }

    /// Puts cells in order; of two at one address the later one wins.
    pub(crate) fn finish(&mut self) {
        let ordered = self
            .cells
            .windows(2)
            .all(|pair| (pair[0].row, pair[0].col) < (pair[1].row, pair[1].col));
        if ordered {
            return;
        }
        self.cells.reverse();
        self.cells.sort_by_key(|cell| (cell.row, cell.col));
        self.cells
            .dedup_by(|later, first| (later.row, later.col) == (first.row, first.col));
    }
}

impl CellValue {
    /// Text from anything that gives a shared string.
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The value as text, the number format left aside: ISO 8601, shortest round-trip numbers, `TRUE`/`FALSE`.
    pub fn plain(&self) -> String {
        let mut text = String::new();
        self.put_plain(&mut text);
        text
    }

    /// Appends the value as text, as [`plain`](Self::plain) gives it.
    pub(crate) fn put_plain(&self, out: &mut String) {
        match self {
            Self::Number(number) => put_number(*number, out),
            Self::Text(text) => out.push_str(text),
            Self::Bool(true) => out.push_str("TRUE"),
            Self::Bool(false) => out.push_str("FALSE"),
            Self::Error(error) => out.push_str(error.as_str()),
            Self::Date(date) => put_date(*date, out),
            Self::DateTime(at) => {
                put_date(at.date(), out);
                put(out, format_args!("{}", at.format("T%H:%M:%S%.f")));
            }
            Self::Time(time) => put(out, format_args!("{}", time.format("%H:%M:%S%.f"))),
            Self::Duration(ms) => out.push_str(&plain_duration(*ms)),
        }
    }

    /// True for text without a visible character.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    out.write_fmt(arguments)
        .expect("writing to a string cannot fail");
}

/// A day in ISO 8601; years beyond four digits with their sign, as that standard asks.
fn put_date(date: NaiveDate, out: &mut String) {
    let year = date.year();
    if (0..=9999).contains(&year) {
        put(
            out,
            format_args!("{year:04}-{:02}-{:02}", date.month(), date.day()),
        );
    } else {
        put(out, format_args!("{}", date.format("%Y-%m-%d")));
    }
}

/// The shortest text that reads back as the same number; with an exponent when very large or small.
fn put_number(number: f64, out: &mut String) {
    let size = number.abs();
    if number == 0.0 {
        out.push('0');
    } else if number.fract() == 0.0 && size < 1e15 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number below 1e15 fits"
        )]
        let whole = number as i64;
        put(out, format_args!("{whole}"));
    } else if (1e-7..1e21).contains(&size) {
        put(out, format_args!("{number}"));
    } else {
        put(out, format_args!("{number:e}"));
    }
}

/// Hours, minutes and seconds, the hours not bounded: `26:30:00`, `-0:15:00.5`.
fn plain_duration(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let total = ms.unsigned_abs();
    let (seconds, rest) = (total / 1000, total % 1000);
    let mut text = format!(
        "{sign}{:02}:{:02}:{:02}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    );
    if rest > 0 {
        write!(text, ".{rest:03}").expect("writing to a string cannot fail");
    }
    text
}

/// `0` → `A`, `26` → `AA`.
pub fn column_name(col: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = Some(col);
    while let Some(digit) = rest {
        letters.extend(char::from_digit(10 + digit % 26, 36));
        rest = (digit / 26).checked_sub(1);
    }
    letters.iter().rev().map(char::to_ascii_uppercase).collect()
}

/// `(6, 1)` → `B7`.
pub fn cell_name(row: u32, col: u32) -> String {
    format!("{}{}", column_name(col), u64::from(row) + 1)
}

/// A sheet's name as it stands in a formula: quoted when it holds more than letters, digits, `_` and `.`, or looks like a cell.
pub fn quote_sheet(name: &str) -> String {
    let plain = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && !name.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && !looks_like_address(name);
    if plain {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}

/// `Sheet!B7`, or `B7` when the sheet has no name.
pub fn place_of(sheet: &str, row: u32, col: u32) -> String {
    if sheet.is_empty() {
        cell_name(row, col)
    } else {
        format!("{}!{}", quote_sheet(sheet), cell_name(row, col))
    }
}

fn looks_like_address(name: &str) -> bool {
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    let rest = &name.as_bytes()[letters..];
    ((1..=3).contains(&letters) && !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
        || matches!(name.to_ascii_uppercase().as_str(), "R" | "C" | "RC")
}

/// `B7`, `$B$7` → `(6, 1)`; none when it is no address on a sheet.
pub(crate) fn parse_cell(text: &str) -> Option<(u32, u32)> {
    let mut col: u32 = 0;
    let mut row: u32 = 0;
    let mut digits = false;
    for byte in text.bytes() {
        match byte {
            b'$' => {}
            b'A'..=b'Z' | b'a'..=b'z' if !digits => {
                let letter = u32::from(byte.to_ascii_uppercase() - b'A') + 1;
                col = col.checked_mul(26)?.checked_add(letter)?;
            }
            b'0'..=b'9' => {
                digits = true;
                row = row.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?;
            }
            _ => return None,
        }
    }
    let (row, col) = (row.checked_sub(1)?, col.checked_sub(1)?);
    (row <= LAST_ROW && col <= LAST_COL).then_some((row, col))
}

/// `A1:C3`, `B7`, `A:A`, `1:3` → an area.
pub(crate) fn parse_area(text: &str) -> Option<Area> {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    if let (Some(first), Some(last)) = (parse_cell(first), parse_cell(last)) {
        return Some(Area {
            first_row: first.0.min(last.0),
            first_col: first.1.min(last.1),
            last_row: first.0.max(last.0),
            last_col: first.1.max(last.1),
        });
    }
    let bare = |text: &str| text.replace('$', "");
    let (first, last) = (bare(first), bare(last));
    if let (Some(a), Some(b)) = (
        parse_cell(&format!("{first}1")),
        parse_cell(&format!("{last}1")),
    ) && first.bytes().all(|b| b.is_ascii_alphabetic())
    {
        return Some(Area {
            first_row: 0,
            first_col: a.1.min(b.1),
            last_row: LAST_ROW,
            last_col: a.1.max(b.1),
        });
    }
    let (a, b) = (
        parse_cell(&format!("A{first}"))?,
        parse_cell(&format!("A{last}"))?,
    );
    Some(Area {
        first_row: a.0.min(b.0),
        first_col: 0,
        last_row: a.0.max(b.0),
        last_col: LAST_COL,
    })
}

impl Area {
    /// `A1:C3`, or `A1` for one cell.
    pub fn name(&self) -> String {
        let first = cell_name(self.first_row, self.first_col);
        let last = cell_name(self.last_row, self.last_col);
        if first == last {
            first
        } else {
            format!("{first}:{last}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_both_ways() {
        for (name, at) in [
            ("A1", (0, 0)),
            ("B7", (6, 1)),
            ("AA10", (9, 26)),
            ("XFD1048576", (LAST_ROW, LAST_COL)),
        ] {
            assert_eq!(parse_cell(name), Some(at));
            assert_eq!(cell_name(at.0, at.1), name);
        }
        for bad in [
            "",
            "A",
            "7",
            "A0",
            "XFE1",
            "A1048577",
            "1A",
            "A1B",
            "A99999999999",
            "É1",
        ] {
            assert_eq!(parse_cell(bad), None, "{bad}");
        }
        assert_eq!(
            parse_area("$A:$B").map(|a| (a.first_col, a.last_col)),
            Some((0, 1))
        );
        assert_eq!(
            parse_area("2:3").map(|a| (a.first_row, a.last_row)),
            Some((1, 2))
        );
        assert_eq!(
            parse_area("C3:A1").map(|a| a.name()).as_deref(),
            Some("A1:C3")
        );
    }

    #[test]
    fn sheet_names_are_quoted_as_excel_does() {
        for (name, quoted) in [
            ("Visible", "Visible"),
            ("Données", "Données"),
            ("Two tables", "'Two tables'"),
            ("It's", "'It''s'"),
            ("A1", "'A1'"),
            ("2024", "'2024'"),
            ("RC", "'RC'"),
        ] {
            assert_eq!(quote_sheet(name), quoted);
        }
    }

    #[test]
    fn numbers_and_durations_read_well() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1205.0, "1205"),
            (0.1, "0.1"),
            (1.5e-9, "1.5e-9"),
            (1e21, "1e21"),
            (-2.5, "-2.5"),
            (9_007_199_254_740_993.0, "9007199254740992"),
        ] {
            assert_eq!(CellValue::Number(number).plain(), text);
        }
        assert_eq!(plain_duration(108_000_000), "30:00:00");
        assert_eq!(plain_duration(-900_500), "-00:15:00.500");
        assert_eq!(plain_duration(i64::MIN).chars().next(), Some('-'));
    }

    #[test]
    fn ranges_merge_in_any_order() {
        let mut ranges = Ranges::default();
        for (first, last) in [
            (5, 6),
            (1, 2),
            (3, 3),
            (10, 9),
            (7, 20),
            (u32::MAX, u32::MAX),
        ] {
            ranges.add(first, last);
        }
        assert_eq!(
            ranges.iter().collect::<Vec<_>>(),
            [(1, 3), (5, 20), (u32::MAX, u32::MAX)]
        );
        assert!(ranges.contains(3) && !ranges.contains(4) && ranges.contains(u32::MAX));
    }
}
