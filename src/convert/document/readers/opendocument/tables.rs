//! Tables (OpenDocument 1.3 part 3, chapter 9).
//!
//! Rule that must hold: repeat counts and spans are claims; what they cost is bounded before it is paid. Text in cells
//! that are covered, and in rows that are not shown, is hidden.

use super::{
    super::{
        super::{Block, DocumentError},
        docx::{tables::Raw, tidy::screen_only},
        tree::{Grid, Row, settle_spans},
    },
    Reader, all_text,
};
use crate::{
    convert::xml::Element,
    domain::{Part, Place, TextUnit},
};

/// Empty cells or rows that one element may stand for.
const MOST_EMPTY: usize = 64;
/// Times that a cell or row with content may be repeated.
const MOST_REPEATED: usize = 1_000;
/// Bytes of text that repeating one cell or row may make.
const MOST_REPEATED_BYTES: usize = 4 << 20;

/// A table while it is read.
struct Reading {
    number: u32,
    rows: Vec<Row>,
    /// The first columns that label their rows.
    header_columns: bool,
    /// True when the style of the table sets its first row apart.
    header_row: bool,
}

impl Reader<'_> {
    /// A table, or its content when it only places it.
    pub(super) fn table(&mut self, table: &Element) -> Result<Vec<Block>, DocumentError> {
        self.deeper()?;
        self.draft.tables = self.draft.tables.saturating_add(1);
        let mut reading = Reading {
            number: self.draft.tables,
            rows: Vec::new(),
            header_columns: table.child("table:table-header-columns").is_some()
                || table.attr("table:use-first-column-styles") == Some("true"),
            header_row: table.attr("table:use-first-row-styles") == Some("true"),
        };
        self.rows(table, false, &mut reading)?;
        settle_spans(&mut reading.rows);
        let mut grid = Grid::new(reading.number, reading.rows);
        let text = |name: &str| {
            let text = table.child(name).map(|e| e.text().trim().to_owned());
            text.filter(|text| !text.is_empty())
        };
        grid.description = match (text("table:title"), text("table:desc")) {
            (Some(title), Some(desc)) if title != desc => Some(format!("{title} – {desc}")),
            (title, desc) => desc.or(title),
        };
        self.depth -= 1;
        grid.finish(&mut self.draft)
    }

    fn rows(
        &mut self,
        parent: &Element,
        header: bool,
        reading: &mut Reading,
    ) -> Result<(), DocumentError> {
        for element in parent.elements() {
            match element.name() {
                "table:table-header-rows" => self.rows(element, true, reading)?,
                "table:table-rows" | "table:table-row-group" => {
                    self.rows(element, header, reading)?;
                }
                "table:table-row" => self.row(element, header, reading)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn row(
        &mut self,
        row: &Element,
        header: bool,
        reading: &mut Reading,
    ) -> Result<(), DocumentError> {
        if matches!(row.attr("table:visibility"), Some("collapse" | "filter")) {
            self.hide(&all_text(row));
            return Ok(());
        }
        let repeat = repeated(row, "table:number-rows-repeated");
        let cells = self.cells(row, reading)?;
        let blocks = cells.iter().flat_map(|cell| &cell.blocks);
        let repeat = self.affordable(blocks, repeat)?;
        for _ in 1..repeat {
            let copies = cells.iter().map(copy).collect();
            self.push_row(copies, header, reading)?;
        }
        self.push_row(cells, header, reading)
    }

    fn push_row(
        &mut self,
        cells: Vec<Raw>,
        header: bool,
        reading: &mut Reading,
    ) -> Result<(), DocumentError> {
        self.draft.count_block()?;
        let first = reading.header_row && reading.rows.is_empty();
        let mut row = Row::new(cells, header || first);
        row.labelled = reading.header_columns;
        reading.rows.push(row);
        Ok(())
    }

    fn cells(&mut self, row: &Element, reading: &Reading) -> Result<Vec<Raw>, DocumentError> {
        let mut cells: Vec<Raw> = Vec::new();
        let mut column = 0_u64;
        for element in row.elements() {
            let repeat = repeated(element, "table:number-columns-repeated");
            match element.name() {
                "table:covered-table-cell" => {
                    self.hide(&all_text(element));
                    column = column.saturating_add(repeat as u64);
                }
                "table:table-cell" => {
                    let at = format!(
                        "table {}, row {}, column {}",
                        reading.number,
                        reading.rows.len() + 1,
                        cells.len() + 1
                    );
                    let story = self.story.inner(Part::TableCell, &at);
                    let place = Place::new(story.part, story.label.clone());
                    let blocks = self.apart(story, |reader| reader.blocks(element))?;
                    let columns = repeated(element, "table:number-columns-spanned") as u64;
                    let cell = Raw {
                        from: column,
                        to: column.saturating_add(columns),
                        rows: repeated(element, "table:number-rows-spanned"),
                        blocks,
                        at: place,
                        shaded: self.styles.shaded(element.attr("table:style-name")),
                    };
                    // A cell within a span shows that the span is less than claimed.
                    if let Some(last) = cells.last_mut() {
                        last.to = last.to.min(column);
                    }
                    let copies = self.affordable(cell.blocks.iter(), repeat)?;
                    for index in 1..copies {
                        self.draft.count_block()?;
                        let mut copied = copy(&cell);
                        let by = (index as u64).saturating_mul(columns);
                        copied.from = copied.from.saturating_add(by);
                        copied.to = copied.to.saturating_add(by);
                        cells.push(copied);
                    }
                    cells.push(cell);
                    let all = columns.saturating_mul(repeat as u64);
                    // What a span covers comes as covered cells of its own.
                    column = column.saturating_add(if columns > 1 { 1 } else { all });
                }
                _ => {}
            }
        }
        cells.sort_by_key(|cell| cell.from);
        Ok(cells)
    }

    /// How often something is repeated, when its content may be: an error when that is beyond the bounds.
    fn affordable<'a>(
        &self,
        blocks: impl Iterator<Item = &'a Block>,
        repeat: usize,
    ) -> Result<usize, DocumentError> {
        if repeat <= 1 {
            return Ok(1);
        }
        let place = Place::new(Part::TableCell, "");
        let mut units: Vec<TextUnit> = Vec::new();
        for block in blocks {
            screen_only(std::slice::from_ref(block), &place, &mut units);
        }
        let bytes: usize = units.iter().map(|unit| unit.text.len()).sum();
        if bytes == 0 {
            return Ok(repeat.min(MOST_EMPTY));
        }
        if repeat > MOST_REPEATED || bytes.saturating_mul(repeat) > MOST_REPEATED_BYTES {
            let limit = self.draft.limits.table_cells;
            return Err(DocumentError::limit("table cells", limit));
        }
        Ok(repeat)
    }
}

/// A count that an element claims, at least 1.
fn repeated(element: &Element, name: &str) -> usize {
    element.number::<usize>(name).unwrap_or(1).max(1)
}

fn copy(cell: &Raw) -> Raw {
    Raw {
        from: cell.from,
        to: cell.to,
        rows: cell.rows,
        blocks: cell.blocks.clone(),
        at: cell.at.clone(),
        shaded: cell.shaded,
    }
}
