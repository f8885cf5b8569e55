//! Tables within a text: delimited lines, pipe tables, columns parted by spaces, HTML rows; and what their headers say.
//!
//! Rule that must hold: each byte is visited a bounded number of times, and a cell is never longer than its line.

use super::{
    reading::Reading,
    topics::{Hit, Topic},
};

/// How many lines a header may have.
const HEADER_LINES: usize = 4;
/// A row with more cells is not read as one.
const MAX_CELLS: usize = 200;

/// A header cell of comma-delimited text is no longer than this.
const MAX_HEADER: usize = 48;
/// A cell of HTML is read so far.
const MAX_CELL: usize = 2000;

/// What parts the cells of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Delimiter {
    Byte(u8),
    /// Two or more spaces.
    Wide,
    /// Elements of HTML.
    Html,
}

/// A cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// First byte of the row.
    pub(crate) row_start: usize,
    /// End of the row's first cell.
    pub(crate) first_end: usize,
    table: usize,
    column: usize,
}

/// The columns of a table.
#[derive(Clone, Debug, Default)]
struct Table {
    columns: Vec<Vec<Topic>>,
}

/// The header of the last table, for one that goes on after a gap.
#[derive(Clone, Debug)]
pub(crate) struct Carry {
    delimiter: Delimiter,
    columns: Vec<Vec<Topic>>,
}

/// The tables of a text.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    cells: Vec<Cell>,
    tables: Vec<Table>,
}

type Row = Vec<(usize, usize)>;

impl Layout {
    /// Finds the tables of a text; `carry` is the header of the last table before, and after.
    pub(crate) fn new(reading: &Reading, hits: &[Hit], carry: &mut Option<Carry>) -> Self {
        let mut layout = Self::default();
        if find(&reading.lower, b"<td").is_some() {
            let rows = html_rows(&reading.lower);
            layout.add(reading, hits, Delimiter::Html, &rows, carry);
            return layout;
        }
        let mut open: Vec<Row> = Vec::new();
        let mut kind: Option<Delimiter> = None;
        let lines = lines(&reading.cased);
        for (index, line) in lines.iter().enumerate() {
            if is_rule(reading.slice(line.0, line.1)) {
                continue;
            }
            if let Some(delimiter) = kind {
                let cells = split(reading, *line, delimiter);
                if fits(delimiter, open.last().map_or(0, Vec::len), cells.len()) {
                    open.push(cells);
                    continue;
                }
                layout.add(reading, hits, delimiter, &std::mem::take(&mut open), carry);
                kind = None;
            }
            let next = lines
                .get(index + 1..)
                .unwrap_or_default()
                .iter()
                .take(2)
                .find(|next| !is_rule(reading.slice(next.0, next.1)));
            for delimiter in [
                Delimiter::Byte(b'|'),
                Delimiter::Byte(b'\t'),
                Delimiter::Byte(b';'),
                Delimiter::Byte(b','),
                Delimiter::Wide,
            ] {
                let cells = split(reading, *line, delimiter);
                if cells.len() < 2 {
                    continue;
                }
                let goes_on = next.is_some_and(|next| {
                    fits(
                        delimiter,
                        cells.len(),
                        split(reading, *next, delimiter).len(),
                    )
                });
                let carried = carry.as_ref().is_some_and(|carry| {
                    carry.delimiter == delimiter && carry.columns.len() == cells.len()
                });
                if goes_on || carried {
                    kind = Some(delimiter);
                    open.push(cells);
                    break;
                }
            }
        }
        if let Some(delimiter) = kind {
            layout.add(reading, hits, delimiter, &open, carry);
        }
        layout
    }

    /// True when there is no table.
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The cell a place is in.
    pub(crate) fn cell(&self, at: usize) -> Option<&Cell> {
        let index = self.cells.partition_point(|cell| cell.start <= at);
        let cell = self.cells.get(index.checked_sub(1)?)?;
        (at < cell.end).then_some(cell)
    }

    /// What the header of a cell's column says.
    pub(crate) fn column(&self, cell: &Cell) -> &[Topic] {
        self.tables
            .get(cell.table)
            .and_then(|table| table.columns.get(cell.column))
            .map_or(&[], Vec::as_slice)
    }

    /// True when some column of the cell's table says what it is.
    pub(crate) fn is_known(&self, cell: &Cell) -> bool {
        self.tables
            .get(cell.table)
            .is_some_and(|table| table.columns.iter().flatten().any(|topic| topic.claims()))
    }

    /// The cells whose column says something, with what it says.
    pub(crate) fn labelled(&self) -> impl Iterator<Item = (&Cell, &[Topic])> {
        self.cells
            .iter()
            .map(|cell| (cell, self.column(cell)))
            .filter(|(_, topics)| !topics.is_empty())
    }

    /// True when a column is about a topic.
    pub(crate) fn speaks_of(&self, topic: Topic) -> bool {
        self.tables
            .iter()
            .any(|table| table.columns.iter().flatten().any(|one| *one == topic))
    }

    fn add(
        &mut self,
        reading: &Reading,
        hits: &[Hit],
        delimiter: Delimiter,
        rows: &[Row],
        carry: &mut Option<Carry>,
    ) {
        let mut headers = rows
            .iter()
            .take(HEADER_LINES)
            .take_while(|row| !is_data(reading, row))
            .count();
        // A table of words alone has one header line.
        if headers == rows.len() || headers == HEADER_LINES {
            headers = 1;
        }
        let top = rows.get(headers.saturating_sub(1));
        let width = top.map_or(0, Vec::len);
        // Sentences that happen to have as many commas are no table.
        let long = |row: &Row| row.iter().any(|(start, end)| end - start > MAX_HEADER);
        if width == 0
            || (delimiter == Delimiter::Byte(b',') && headers > 0 && top.is_some_and(long))
        {
            return;
        }
        let mut table = Table::default();
        if headers == 0 {
            if let Some(carry) = carry
                && carry.delimiter == delimiter
                && carry.columns.len() == width
            {
                table.columns.clone_from(&carry.columns);
            }
        } else {
            table.columns = vec![Vec::new(); width];
            for row in rows.iter().take(headers).rev() {
                for (column, &(start, end)) in row.iter().enumerate().take(width) {
                    let topics = within(hits, start, end).map(|hit| hit.topic);
                    if let Some(all) = table.columns.get_mut(column) {
                        all.extend(topics.take(8));
                    }
                }
            }
            *carry = Some(Carry {
                delimiter,
                columns: table.columns.clone(),
            });
        }
        let number = self.tables.len();
        let header_cells: Row = if delimiter == Delimiter::Wide && headers > 0 {
            relative(reading, top)
        } else {
            Vec::new()
        };
        for row in rows.iter().skip(headers) {
            let Some(first) = row.first() else { continue };
            let from = if header_cells.is_empty() {
                0
            } else {
                line_start(reading, row)
            };
            for (index, &(start, end)) in row.iter().enumerate() {
                let column = if header_cells.is_empty() || row.len() == header_cells.len() {
                    index
                } else {
                    nearest(&header_cells, start - from, end - from)
                };
                self.cells.push(Cell {
                    start,
                    end,
                    row_start: first.0,
                    first_end: first.1,
                    table: number,
                    column,
                });
            }
        }
        self.tables.push(table);
    }
}

/// True for a row with a number of five digits or more: no header.
fn is_data(reading: &Reading, row: &[(usize, usize)]) -> bool {
    row.iter().any(|&(start, end)| {
        let digits = reading.slice(start, end).iter();
        digits.filter(|byte| byte.is_ascii_digit()).count() >= 5
    })
}

/// The phrases between two places.
pub(crate) fn within(hits: &[Hit], start: usize, end: usize) -> impl Iterator<Item = &Hit> {
    let from = hits.partition_point(|hit| hit.start < start);
    hits.get(from..)
        .unwrap_or_default()
        .iter()
        .take_while(move |hit| hit.start < end)
        .filter(move |hit| hit.end <= end)
}

/// Where the lines begin and end, without their ends.
fn lines(text: &[u8]) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, byte) in text.iter().enumerate() {
        if *byte == b'\n' {
            lines.push((start, at));
            start = at + 1;
        }
    }
    lines.push((start, text.len()));
    lines
}

/// A line that only draws: `|---|:--|`, `+====+`.
fn is_rule(line: &[u8]) -> bool {
    line.iter()
        .all(|byte| matches!(byte, b' ' | b'-' | b'|' | b'+' | b'=' | b':' | b'_'))
        && line
            .iter()
            .filter(|byte| matches!(byte, b'-' | b'=' | b'_'))
            .count()
            >= 3
}

fn fits(delimiter: Delimiter, before: usize, now: usize) -> bool {
    match delimiter {
        // Columns may be empty.
        Delimiter::Wide => now >= 2 && before.abs_diff(now) <= 2,
        _ => now >= 2 && before == now,
    }
}

fn split(reading: &Reading, (start, end): (usize, usize), delimiter: Delimiter) -> Row {
    let mut cells = Vec::new();
    let line = reading.slice(start, end);
    // Brackets around rows of JSON, bars around rows of a pipe table.
    let edge = |byte: &u8| {
        matches!(byte, b' ' | b'[' | b']' | b'{' | b'}')
            || (delimiter == Delimiter::Byte(b'|') && *byte == b'|')
            || (delimiter == Delimiter::Wide && *byte == b'\t')
    };
    let Some(first) = line.iter().position(|byte| !edge(byte)) else {
        return cells;
    };
    let mut last = line
        .iter()
        .rposition(|byte| !edge(byte))
        .map_or(first, |at| at + 1);
    if delimiter == Delimiter::Byte(b',')
        && line.get(last - 1) == Some(&b',')
        && last - 1 > first
        && matches!(line.get(last - 2), Some(b']' | b'}'))
    {
        last -= 2;
    }
    let mut from = first;
    let mut quoted = false;
    let mut at = first;
    while at < last {
        let byte = line.get(at).copied().unwrap_or_default();
        match delimiter {
            Delimiter::Byte(mark) => {
                if byte == b'"' && mark != b'|' {
                    quoted = !quoted;
                } else if byte == mark && !quoted {
                    cells.push((start + from, start + at));
                    from = at + 1;
                }
            }
            _ => {
                if byte == b' ' && line.get(at + 1) == Some(&b' ') {
                    cells.push((start + from, start + at));
                    while at + 1 < last && line.get(at + 1) == Some(&b' ') {
                        at += 1;
                    }
                    from = at + 1;
                }
            }
        }
        if cells.len() >= MAX_CELLS {
            return Vec::new();
        }
        at += 1;
    }
    cells.push((start + from, start + last.max(from)));
    cells
}

fn html_rows(text: &[u8]) -> Vec<Row> {
    let mut rows: Vec<Row> = vec![Vec::new()];
    let mut at = 0;
    while let Some(found) = find(text.get(at..).unwrap_or_default(), b"<t") {
        let start = at + found;
        let name = text.get(start + 2).copied().unwrap_or_default();
        at = start + 2;
        if name == b'r' {
            rows.push(Vec::new());
        } else if matches!(name, b'd' | b'h')
            && !text.get(start + 3).is_some_and(u8::is_ascii_alphabetic)
        {
            let rest = text.get(start..).unwrap_or_default();
            let Some(open) = rest.iter().take(400).position(|byte| *byte == b'>') else {
                continue;
            };
            let body = rest.get(open + 1..).unwrap_or_default();
            let body = body.get(..MAX_CELL).unwrap_or(body);
            let close = find(body, b"</t")
                .or_else(|| find(body, b"<t"))
                .unwrap_or(body.len());
            let from = start + open + 1;
            at = from + close;
            if let Some(row) = rows.last_mut()
                && row.len() < MAX_CELLS
            {
                row.push((from, from + close));
            }
        }
    }
    rows.retain(|row| !row.is_empty());
    rows
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// Where the line of a row begins.
fn line_start(reading: &Reading, row: &[(usize, usize)]) -> usize {
    let start = row.first().map_or(0, |cell| cell.0);
    let before = reading.slice(0, start);
    before
        .iter()
        .rev()
        .take(4096)
        .position(|byte| *byte == b'\n')
        .map_or(0, |back| start - back)
}

/// Cells as counted from the start of their line.
fn relative(reading: &Reading, row: Option<&Row>) -> Row {
    let Some(row) = row else { return Vec::new() };
    let from = line_start(reading, row);
    row.iter()
        .map(|&(start, end)| (start - from, end - from))
        .collect()
}

/// The header cell that overlaps most, or else lies nearest.
fn nearest(header: &[(usize, usize)], start: usize, end: usize) -> usize {
    let far = |&(from, to): &(usize, usize)| {
        let apart = if to < start {
            start - to
        } else {
            from.saturating_sub(end)
        };
        (apart, from.abs_diff(start))
    };
    header
        .iter()
        .enumerate()
        .min_by_key(|(_, cell)| far(cell))
        .map_or(0, |(index, _)| index)
}
