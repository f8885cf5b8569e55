//! OpenDocument spreadsheets: `.ods` packages and flat `.fods`.
//!
//! Our own reader over the elements of OpenDocument 1.2 part 1, chapter 9. Repeat counts are bounded by the sheet and by
//! the cell limit, so a count of a billion costs nothing. Caches of external links are no sheets. Rule that must hold: the
//! value of a cell comes from its typed attribute, the words of a comment or a shape never enter the cell's text.

use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};

use super::package::{Package, decode_xml};
use super::xlsx::{iso_value, warn_unreadable};
use super::xml::{Step, Tag, parse};
use super::{ReadSeek, whole};
use crate::convert::table::error::{Budget, TableError};
use crate::convert::table::model::{
    Area, Cell, CellErrorKind, CellValue, Comment, DefinedName, LAST_COL, LAST_ROW, Property,
    Sheet, SheetLink, SheetText, Style, Visibility, Workbook,
};
use crate::convert::table::number_format::FormatClass;
use crate::domain::Part;

/// Reads a package.
pub(crate) fn read_package(
    input: &mut dyn ReadSeek,
    budget: &mut Budget,
) -> Result<Workbook, TableError> {
    let mut package = Package::open(input, budget.limits.inflated_bytes)?;
    if let Ok(Some(manifest)) = package.text("META-INF/manifest.xml")
        && manifest.contains("encryption-data")
    {
        return Err(TableError::NeedsPassword);
    }
    let mut workbook = Workbook::default();
    let mut scanner = Scanner::new(&mut workbook, budget);
    package
        .stream("content.xml", |input| scanner.run(input, "content.xml"))?
        .ok_or_else(|| TableError::corrupt("content.xml", "the part is missing"))?;
    for part in ["styles.xml", "meta.xml"] {
        match package.stream(part, |input| scanner.run(input, part)) {
            Err(TableError::Corrupt { .. }) => warn_unreadable(scanner.workbook, part),
            other => {
                other?;
            }
        }
    }
    let objects = count_parts(&package, scanner.workbook);
    for part in objects {
        let (nesting, mut texts) = (scanner.budget.limits.nesting, Vec::new());
        let budget = &mut *scanner.budget;
        let outcome = package.stream(&part, |input| {
            object_texts(input, &part, nesting, budget, &mut texts)
        });
        match outcome {
            Err(TableError::Corrupt { .. }) => warn_unreadable(scanner.workbook, &part),
            other => {
                other?;
            }
        }
        scanner.workbook.package_texts.append(&mut texts);
    }
    Ok(workbook)
}

/// Reads a single XML file.
pub(crate) fn read_flat(
    input: &mut dyn ReadSeek,
    budget: &mut Budget,
) -> Result<Workbook, TableError> {
    let bytes = whole(input, budget)?;
    let text = decode_xml(bytes).map_err(|why| TableError::corrupt("file", why))?;
    let mut workbook = Workbook::default();
    let mut scanner = Scanner::new(&mut workbook, budget);
    scanner.run(&mut Cursor::new(text), "file")?;
    Ok(workbook)
}

/// Counts what hides in the package; gives the content parts of embedded objects.
fn count_parts(package: &Package<'_>, workbook: &mut Workbook) -> Vec<String> {
    let mut objects = Vec::new();
    let counts = &mut workbook.hidden_parts;
    for name in package.names() {
        if name.starts_with("object") && name.ends_with("/content.xml") {
            counts.charts += 1;
            objects.push(name.to_owned());
        } else if name.starts_with("object") && !name.contains('/') {
            counts.embedded += 1;
        } else if (name.starts_with("basic/") && !name.contains("script-l"))
            || name.starts_with("scripts/")
        {
            counts.macros += 1;
        } else if name.starts_with("pictures/") {
            counts.images += 1;
        }
    }
    objects
}

fn object_texts(
    input: &mut dyn BufRead,
    part: &str,
    nesting: u64,
    budget: &mut Budget,
    texts: &mut Vec<SheetText>,
) -> Result<(), TableError> {
    let mut text = String::new();
    parse(input, part, nesting, |step| {
        match step {
            Step::Text(more) => {
                budget.text(more.len())?;
                text.push_str(more);
            }
            Step::End("p") => {
                budget.side(texts.len())?;
                if !text.trim().is_empty() {
                    texts.push(SheetText {
                        part: Part::TextBox,
                        at: part.to_owned(),
                        text: text.trim().to_owned(),
                    });
                }
                text.clear();
            }
            _ => {}
        }
        Ok(())
    })
}

/// What collects character data at the moment.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sink {
    Nothing,
    Cell,
    Annotation,
    Author,
    Shape,
    Header,
    Footer,
    Property,
    Message,
    Deleted,
}

#[derive(Default)]
struct OpenCell {
    repeat: u32,
    covered: bool,
    kind: String,
    value: Option<String>,
    error: bool,
    formula: bool,
    style: String,
    text: String,
    paragraphs: u32,
    spans: (u32, u32),
    link: Option<String>,
    comments: Vec<Comment>,
    shapes: Vec<String>,
}

struct Scanner<'w, 'b> {
    workbook: &'w mut Workbook,
    budget: &'b mut Budget,
    /// Names of table styles that are not displayed.
    hidden_tables: Vec<String>,
    /// Index into the workbook's styles by style name.
    cell_styles: BTreeMap<String, u32>,
    style: Option<(String, String)>,
    path: Vec<String>,
    sheet: Option<Sheet>,
    /// True when the table is a cache of an external link.
    cache: bool,
    row: u32,
    row_repeat: u32,
    row_hidden: bool,
    row_cells: Vec<Cell>,
    col: u32,
    next_col_style: u32,
    cell: Option<OpenCell>,
    sink: Vec<Sink>,
    text: String,
    author: String,
    property: String,
}

impl<'w, 'b> Scanner<'w, 'b> {
    fn new(workbook: &'w mut Workbook, budget: &'b mut Budget) -> Self {
        workbook.styles = vec![
            Style::default(),
            Style {
                class: FormatClass::Percent,
                number_format: "0%".to_owned(),
                ..Style::default()
            },
        ];
        Self {
            workbook,
            budget,
            hidden_tables: Vec::new(),
            cell_styles: BTreeMap::new(),
            style: None,
            path: Vec::new(),
            sheet: None,
            cache: false,
            row: 0,
            row_repeat: 1,
            row_hidden: false,
            row_cells: Vec::new(),
            col: 0,
            next_col_style: 0,
            cell: None,
            sink: vec![Sink::Nothing],
            text: String::new(),
            author: String::new(),
            property: String::new(),
        }
    }

    fn run(&mut self, input: &mut dyn BufRead, part: &str) -> Result<(), TableError> {
        self.path.clear();
        let nesting = self.budget.limits.nesting;
        parse(input, part, nesting, |step| match step {
            Step::Start(tag) => {
                let outcome = self.start(&tag);
                self.path.push(tag.name().to_owned());
                outcome
            }
            Step::Text(text) => self.more(text),
            Step::End(name) => {
                self.path.pop();
                self.end(name)
            }
        })
    }

    fn parent(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    fn inside(&self, name: &str) -> bool {
        self.path.iter().any(|open| open == name)
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        // A chart embedded in a flat file brings a table of its own; only its text counts.
        if self.inside("tracked-changes") || self.inside("object") {
            return Ok(());
        }
        match tag.name() {
            "style" if self.inside("automatic-styles") || self.inside("styles") => {
                let name = tag.get_full("style:name").unwrap_or_default();
                let family = tag.get_full("style:family").unwrap_or_default();
                self.style = Some((name, family));
            }
            "table-properties" => {
                if let Some((name, family)) = &self.style
                    && family == "table"
                    && tag.get_full("table:display").as_deref() == Some("false")
                {
                    self.hidden_tables.push(name.clone());
                }
            }
            "text-properties" => self.cell_style(tag)?,
            "tracked-changes" => {
                self.workbook.hidden_parts.tracked_changes += 1;
                self.sink.push(Sink::Deleted);
                self.text.clear();
            }
            "table" => self.start_table(tag)?,
            "table-source" | "dde-source" => {
                self.cache = self.sheet.is_some();
                self.workbook.hidden_parts.external_links += 1;
            }
            "table-column" => self.column(tag),
            "table-row" => self.start_row(tag),
            "table-cell" | "covered-table-cell" if self.sheet.is_some() => self.start_cell(tag),
            "annotation" => {
                self.sink.push(Sink::Annotation);
                self.text.clear();
                self.author.clear();
            }
            "creator" if self.parent() == "annotation" => self.sink.push(Sink::Author),
            "date" if self.parent() == "annotation" => self.sink.push(Sink::Nothing),
            "sender-initials" | "creator-initials" => self.sink.push(Sink::Nothing),
            "p" => self.paragraph(),
            "s" => self.spaces(tag)?,
            "tab" => self.more("\t")?,
            "line-break" => self.more("\n")?,
            "a" => {
                if let Some(cell) = &mut self.cell {
                    cell.link = tag.get("href");
                }
            }
            "frame" | "custom-shape" | "rect" | "ellipse" | "caption" | "line" | "g"
            | "text-box"
                if self.sheet.is_some() && !self.sink.contains(&Sink::Shape) =>
            {
                self.sink.push(Sink::Shape);
                self.text.clear();
            }
            "header" | "header-left" | "header-first" if self.inside("master-styles") => {
                self.sink.push(Sink::Header);
                self.text.clear();
            }
            "footer" | "footer-left" | "footer-first" if self.inside("master-styles") => {
                self.sink.push(Sink::Footer);
                self.text.clear();
            }
            "named-range" | "named-expression" => self.named(tag)?,
            "content-validation" => {
                let condition = tag.get("condition").unwrap_or_default();
                self.package_text(Part::Formula, "content validation", &condition)?;
            }
            "help-message" | "error-message" => {
                let title = tag.get("title").unwrap_or_default();
                self.package_text(Part::Formula, "content validation", &title)?;
                self.sink.push(Sink::Message);
                self.text.clear();
            }
            _ if self.parent() == "meta" && self.sheet.is_none() => {
                let custom = tag.name() == "user-defined";
                self.property = if custom {
                    tag.get("name").unwrap_or_default()
                } else {
                    tag.name().to_owned()
                };
                self.sink.push(Sink::Property);
                self.text.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn more(&mut self, text: &str) -> Result<(), TableError> {
        let sink = self.sink.last().copied().unwrap_or(Sink::Nothing);
        match sink {
            Sink::Nothing => return Ok(()),
            Sink::Cell => {
                // Character data of a cell stands in paragraphs only.
                if let Some(cell) = &mut self.cell
                    && cell.paragraphs > 0
                    && self.path.iter().any(|open| open == "p")
                {
                    cell.text.push_str(text);
                }
            }
            Sink::Author => self.author.push_str(text),
            _ => self.text.push_str(text),
        }
        self.budget.text(text.len())
    }

    fn end(&mut self, name: &str) -> Result<(), TableError> {
        if self.inside("object") {
            return Ok(());
        }
        match name {
            "tracked-changes" => {
                let text = std::mem::take(&mut self.text);
                self.sink.pop();
                self.package_text(Part::TrackedDeletion, "tracked changes", &text)?;
            }
            "p" if self.inside("tracked-changes") => self.text.push('\n'),
            _ if self.inside("tracked-changes") => {}
            "style" => self.style = None,
            "creator" | "date" if self.parent() == "annotation" => {
                self.sink.pop();
            }
            "sender-initials" | "creator-initials" => {
                self.sink.pop();
            }
            "annotation" => {
                self.sink.pop();
                let comment = Comment {
                    cell: None,
                    author: std::mem::take(&mut self.author),
                    text: std::mem::take(&mut self.text).trim().to_owned(),
                };
                if let Some(cell) = &mut self.cell {
                    cell.comments.push(comment);
                } else if let Some(sheet) = &mut self.sheet {
                    sheet.comments.push(comment);
                }
            }
            "frame" | "custom-shape" | "rect" | "ellipse" | "caption" | "line" | "g"
            | "text-box"
                if self.sink.last() == Some(&Sink::Shape) && !self.inside_shape() =>
            {
                self.sink.pop();
                let text = std::mem::take(&mut self.text).trim().to_owned();
                if !text.is_empty() {
                    if let Some(cell) = &mut self.cell {
                        cell.shapes.push(text);
                    } else if let Some(sheet) = &mut self.sheet {
                        self.budget.side(sheet.texts.len())?;
                        sheet.texts.push(SheetText {
                            part: Part::TextBox,
                            at: "shape".to_owned(),
                            text,
                        });
                    }
                }
            }
            "header" | "header-left" | "header-first"
                if self.sink.last() == Some(&Sink::Header) =>
            {
                self.end_text(Part::Header, "page header")?;
            }
            "footer" | "footer-left" | "footer-first"
                if self.sink.last() == Some(&Sink::Footer) =>
            {
                self.end_text(Part::Footer, "page footer")?;
            }
            "help-message" | "error-message" if self.sink.last() == Some(&Sink::Message) => {
                self.end_text(Part::Formula, "content validation")?;
            }
            "table-cell" | "covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.sink.pop();
                    self.end_cell(cell)?;
                }
            }
            "table-row" => self.end_row()?,
            "table" => self.end_table(),
            _ if self.sink.last() == Some(&Sink::Property) && self.parent() == "meta" => {
                self.sink.pop();
                let value = std::mem::take(&mut self.text).trim().to_owned();
                if !value.is_empty() {
                    self.budget.side(self.workbook.properties.len())?;
                    self.workbook.properties.push(Property {
                        custom: name == "user-defined",
                        name: std::mem::take(&mut self.property),
                        value,
                    });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn inside_shape(&self) -> bool {
        self.path.iter().any(|open| {
            matches!(
                open.as_str(),
                "frame"
                    | "custom-shape"
                    | "rect"
                    | "ellipse"
                    | "caption"
                    | "line"
                    | "g"
                    | "text-box"
            )
        })
    }

    fn end_text(&mut self, part: Part, at: &str) -> Result<(), TableError> {
        self.sink.pop();
        let text = std::mem::take(&mut self.text);
        self.package_text(part, at, &text)
    }

    fn package_text(&mut self, part: Part, at: &str, text: &str) -> Result<(), TableError> {
        if !text.trim().is_empty() {
            self.budget.side(self.workbook.package_texts.len())?;
            self.workbook.package_texts.push(SheetText {
                part,
                at: at.to_owned(),
                text: text.trim().to_owned(),
            });
        }
        Ok(())
    }

    fn cell_style(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        if let Some((name, family)) = &self.style
            && family == "table-cell"
            && tag.get_full("fo:font-weight").as_deref() == Some("bold")
        {
            self.budget.side(self.workbook.styles.len())?;
            let index = u32::try_from(self.workbook.styles.len()).unwrap_or(0);
            self.workbook.styles.push(Style {
                bold: true,
                ..Style::default()
            });
            self.cell_styles.insert(name.clone(), index);
        }
        Ok(())
    }

    fn named(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        self.budget.side(self.workbook.defined_names.len())?;
        self.workbook.defined_names.push(DefinedName {
            name: tag.get_full("table:name").unwrap_or_default(),
            formula: tag
                .get("cell-range-address")
                .or_else(|| tag.get("expression"))
                .unwrap_or_default(),
            hidden: false,
        });
        Ok(())
    }

    fn start_table(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        if self.sheet.is_some() || !self.inside("spreadsheet") {
            return Ok(());
        }
        self.budget.sheets(self.workbook.sheets.len() + 1)?;
        let style = tag.get_full("table:style-name").unwrap_or_default();
        self.sheet = Some(Sheet {
            name: tag.get_full("table:name").unwrap_or_default(),
            visibility: if self.hidden_tables.contains(&style) {
                Visibility::Hidden
            } else {
                Visibility::Visible
            },
            ..Sheet::default()
        });
        self.cache = false;
        self.row = 0;
        self.next_col_style = 0;
        Ok(())
    }

    fn end_table(&mut self) {
        if self.inside("table") {
            return;
        }
        let Some(sheet) = self.sheet.take() else {
            return;
        };
        if self.cache {
            // Values kept from another file: nobody opens them as a sheet.
            self.workbook
                .package_texts
                .extend(sheet.cells.iter().map(|cell| SheetText {
                    part: Part::HiddenText,
                    at: "external link cache".to_owned(),
                    text: cell.value.plain(),
                }));
        } else {
            self.workbook.sheets.push(sheet);
        }
    }

    fn column(&mut self, tag: &Tag<'_>) {
        let repeat = repeat(tag, "number-columns-repeated");
        let first = self.next_col_style;
        self.next_col_style = first.saturating_add(repeat);
        if hides(tag)
            && first <= LAST_COL
            && let Some(sheet) = &mut self.sheet
        {
            let last = self.next_col_style.saturating_sub(1).min(LAST_COL);
            sheet.hidden_cols.add(first, last);
        }
    }

    fn start_row(&mut self, tag: &Tag<'_>) {
        self.row_repeat = repeat(tag, "number-rows-repeated");
        self.row_hidden = hides(tag);
        self.row_cells.clear();
        self.col = 0;
    }

    fn end_row(&mut self) -> Result<(), TableError> {
        let Some(sheet) = &mut self.sheet else {
            return Ok(());
        };
        let (first, repeat) = (self.row, self.row_repeat);
        self.row = first.saturating_add(repeat);
        if first > LAST_ROW {
            self.row_cells.clear();
            return Ok(());
        }
        let last = self.row.saturating_sub(1).min(LAST_ROW);
        if self.row_hidden {
            sheet.hidden_rows.add(first, last);
        }
        if self.row_cells.is_empty() {
            return Ok(());
        }
        let rows = u64::from(last - first) + 1;
        self.budget
            .cells(rows.saturating_mul(self.row_cells.len() as u64))?;
        for row in first..=last {
            sheet.cells.extend(self.row_cells.iter().map(|cell| Cell {
                row,
                ..cell.clone()
            }));
        }
        self.row_cells.clear();
        Ok(())
    }

    fn start_cell(&mut self, tag: &Tag<'_>) {
        let mut cell = OpenCell {
            repeat: repeat(tag, "number-columns-repeated"),
            covered: tag.name().starts_with("covered"),
            spans: (1, 1),
            ..OpenCell::default()
        };
        let full = |name: &str| tag.get_full(name);
        cell.kind = full("office:value-type").unwrap_or_default();
        cell.error = full("calcext:value-type").as_deref() == Some("error");
        cell.formula = full("table:formula").is_some();
        cell.style = full("table:style-name").unwrap_or_default();
        cell.value = match cell.kind.as_str() {
            "date" => full("office:date-value"),
            "time" => full("office:time-value"),
            "boolean" => full("office:boolean-value"),
            "string" => full("office:string-value"),
            _ => full("office:value"),
        };
        cell.spans = (
            repeat(tag, "number-rows-spanned"),
            repeat(tag, "number-columns-spanned"),
        );
        self.cell = Some(cell);
        self.sink.push(Sink::Cell);
    }

    fn paragraph(&mut self) {
        match self.sink.last() {
            Some(Sink::Cell) => {
                if let Some(cell) = &mut self.cell {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs = cell.paragraphs.saturating_add(1);
                }
            }
            Some(Sink::Nothing | Sink::Property | Sink::Author) | None => {}
            Some(_) => {
                if !self.text.is_empty() {
                    self.text.push('\n');
                }
            }
        }
    }

    fn spaces(&mut self, tag: &Tag<'_>) -> Result<(), TableError> {
        // A run of spaces longer than this is no text.
        let count = repeat(tag, "c").min(1024);
        self.more(&" ".repeat(usize::try_from(count).unwrap_or(1)))
    }

    fn end_cell(&mut self, open: OpenCell) -> Result<(), TableError> {
        let first = self.col;
        self.col = first.saturating_add(open.repeat);
        let Some(sheet) = &mut self.sheet else {
            return Ok(());
        };
        if first > LAST_COL || self.row > LAST_ROW {
            return Ok(());
        }
        for comment in &open.comments {
            self.budget.side(sheet.comments.len())?;
            sheet.comments.push(Comment {
                cell: Some((self.row, first)),
                ..comment.clone()
            });
        }
        for text in &open.shapes {
            self.budget.side(sheet.texts.len())?;
            sheet.texts.push(SheetText {
                part: Part::TextBox,
                at: "shape".to_owned(),
                text: text.clone(),
            });
        }
        if let Some(target) = &open.link {
            self.budget.side(sheet.links.len())?;
            sheet.links.push(SheetLink {
                cell: (self.row, first),
                target: target.clone(),
            });
        }
        if !open.covered && open.spans != (1, 1) {
            self.budget.side(sheet.merges.len())?;
            sheet.merges.push(Area {
                first_row: self.row,
                first_col: first,
                last_row: self.row.saturating_add(open.spans.0 - 1).min(LAST_ROW),
                last_col: first.saturating_add(open.spans.1 - 1).min(LAST_COL),
            });
        }
        let style = if open.kind == "percentage" {
            1
        } else {
            self.cell_styles.get(&open.style).copied().unwrap_or(0)
        };
        let formula = open.formula;
        let Some(value) = value_of(open) else {
            return Ok(());
        };
        let last = self.col.saturating_sub(1).min(LAST_COL);
        for col in first..=last {
            self.row_cells.push(Cell {
                row: self.row,
                col,
                value: value.clone(),
                style,
                formula,
            });
        }
        Ok(())
    }
}

fn value_of(open: OpenCell) -> Option<CellValue> {
    let text = open.text;
    let shown = text.trim();
    let looks_wrong = shown.starts_with('#') || shown.starts_with("Err:");
    if open.error
        || (open.formula && looks_wrong && CellErrorKind::parse(shown) != CellErrorKind::Other)
    {
        return Some(CellValue::Error(CellErrorKind::parse(shown)));
    }
    let typed = open.value.as_deref().and_then(|value| {
        let value = value.trim();
        match open.kind.as_str() {
            "float" | "percentage" | "currency" => value
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(CellValue::Number),
            "boolean" => Some(CellValue::Bool(value == "true")),
            "date" => iso_value(value),
            "time" => duration(value),
            _ => None,
        }
    });
    typed.or_else(|| {
        let text = if text.is_empty() {
            open.value.unwrap_or_default()
        } else {
            text
        };
        (!text.is_empty()).then(|| CellValue::text(text))
    })
}

/// `PT30H00M00.5S`: a time of day when shorter than a day, else a length of time.
fn duration(text: &str) -> Option<CellValue> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut seconds = 0.0;
    let mut number = String::new();
    for c in rest.strip_prefix('P')?.chars() {
        let unit = match c {
            '0'..='9' | '.' => {
                number.push(c);
                continue;
            }
            'T' => continue,
            'D' => 86_400.0,
            'H' => 3_600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    let ms = sign * seconds * 1000.0;
    if !ms.is_finite() || ms.abs() > 1e15 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to lie far inside i64"
    )]
    let ms = ms.round() as i64;
    Some(if (0..86_400_000).contains(&ms) {
        CellValue::Time(chrono::NaiveTime::MIN + chrono::TimeDelta::milliseconds(ms))
    } else {
        CellValue::Duration(ms)
    })
}

fn hides(tag: &Tag<'_>) -> bool {
    matches!(
        tag.get_full("table:visibility").as_deref(),
        Some("collapse" | "filter")
    )
}

/// A count that is at least one; what does not fit is as many as there can be.
fn repeat(tag: &Tag<'_>, name: &str) -> u32 {
    match tag.get(name) {
        None => 1,
        Some(text) => text
            .trim()
            .parse::<u64>()
            .map_or(1, |count| u32::try_from(count).unwrap_or(u32::MAX).max(1)),
    }
}
