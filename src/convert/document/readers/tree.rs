//! Blocks within blocks while they are read: quotations, lists, tables.
//!
//! Every opened frame is closed once, in reverse order. Rule that must hold: however deep a source nests, the tree is no
//! deeper than the limit; what is deeper stands in the frame around it.

use std::collections::BTreeMap;

use super::{
    super::{
        Block, BlockKind, DocumentError, HeaderSource, Inline, List, ListItem, Marker, Note, Table,
    },
    docx::tables::{Raw, lay_out, looks_like_header, plain_headings},
    draft::Draft,
};
use crate::{
    bilingual,
    domain::{Part, Place},
};

/// Frames within each other for one level of nesting: a list and its item, a table and its cell.
const FRAMES_A_LEVEL: usize = 2;
/// Columns that one cell may claim (HTML, 4.9.11).
const MOST_COLUMNS: u64 = 1000;
/// Rows that one cell may claim (HTML, 4.9.11).
const MOST_ROWS: usize = 65_534;

enum Frame {
    Root(Vec<Block>),
    Quote(Vec<Block>),
    Footnote(usize, Vec<Block>),
    /// A list, and the number of its first item.
    List(List, u32),
    Item(ListItem),
    Table(Box<Grid>),
    Cell(Shape, Vec<Block>),
    /// Too deep: its content goes to the frame around it.
    Flat,
}

/// A cell before its place on the grid is known.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// Columns covered, as claimed.
    pub(super) columns: u64,
    /// Rows covered, as claimed.
    pub(super) rows: usize,
    /// True for a header cell.
    pub(super) header: bool,
    /// True when its background sets it apart.
    pub(super) shaded: bool,
}

/// A row of a grid.
#[derive(Default)]
pub(super) struct Row {
    pub(super) cells: Vec<Raw>,
    /// True when the source says that it is a header row.
    pub(super) header: bool,
    /// True when its first cell labels it.
    pub(super) labelled: bool,
    /// How many of its cells are header cells.
    headers: usize,
}

/// A table before it is laid out.
#[derive(Default)]
pub(super) struct Grid {
    pub(super) rows: Vec<Row>,
    pub(super) caption: Option<Vec<Inline>>,
    pub(super) description: Option<String>,
    /// True when the source says that it only places its content.
    pub(super) layout: bool,
    /// True when a cell holds a table.
    nested: bool,
    pub(super) number: u32,
    /// Cells that reach down: first column → one past the last, and the first row they do not reach.
    reaching: BTreeMap<u64, (u64, usize)>,
    next: u64,
}

/// The tree.
pub(super) struct Tree {
    frames: Vec<Frame>,
    deepest: usize,
}

impl Tree {
    pub(super) fn new(nesting: usize) -> Self {
        Self {
            frames: vec![Frame::Root(Vec::new())],
            deepest: nesting.saturating_mul(FRAMES_A_LEVEL),
        }
    }

    /// How many frames are open.
    pub(super) fn open(&self) -> usize {
        self.frames.len() - 1
    }

    fn push(&mut self, frame: Frame) {
        let deep = self.frames.len() > self.deepest;
        self.frames.push(if deep { Frame::Flat } else { frame });
    }

    pub(super) fn open_quote(&mut self) {
        self.push(Frame::Quote(Vec::new()));
    }

    /// Opens the note that becomes number `index` of the content's notes, which has to be there.
    pub(super) fn open_footnote(&mut self, index: usize) {
        self.push(Frame::Footnote(index, Vec::new()));
    }

    /// Opens a list whose first item has this number.
    pub(super) fn open_list(&mut self, marker: Marker, first: u32) {
        let items = Vec::new();
        self.push(Frame::List(List { marker, items }, first));
    }

    /// Opens an item; without a list around it, its content stands where it is.
    pub(super) fn open_item(&mut self, value: Option<u32>, label: Option<String>) {
        let frame = match self.frames.last() {
            Some(Frame::List(list, first)) => {
                let last = list.items.last();
                let next = last.map_or(*first, |item| item.value.saturating_add(1));
                Frame::Item(ListItem {
                    value: value.unwrap_or(next),
                    label,
                    blocks: Vec::new(),
                })
            }
            _ => Frame::Flat,
        };
        self.push(frame);
    }

    pub(super) fn open_table(&mut self, draft: &mut Draft, layout: bool, summary: Option<String>) {
        draft.tables = draft.tables.saturating_add(1);
        let around = self.frames.iter_mut().rev().find_map(|frame| match frame {
            Frame::Table(grid) => Some(grid),
            _ => None,
        });
        if let Some(grid) = around {
            grid.nested = true;
        }
        self.push(Frame::Table(Box::new(Grid {
            number: draft.tables,
            description: summary,
            layout,
            ..Grid::default()
        })));
    }

    /// Begins a row of the innermost table.
    pub(super) fn begin_row(&mut self, header: bool) {
        if let Some(Frame::Table(grid)) = self.frames.last_mut() {
            grid.begin_row(header);
        }
    }

    pub(super) fn open_cell(&mut self, shape: Shape) {
        let frame = match self.frames.last_mut() {
            Some(Frame::Table(grid)) => {
                if grid.rows.is_empty() {
                    grid.begin_row(false);
                }
                Frame::Cell(shape, Vec::new())
            }
            _ => Frame::Flat,
        };
        self.push(frame);
    }

    /// The caption of the innermost table; given back when there is none that lacks one.
    pub(super) fn caption(&mut self, content: Vec<Inline>) -> Result<(), Vec<Inline>> {
        match self.frames.last_mut() {
            Some(Frame::Table(grid)) if grid.caption.is_none() => {
                grid.caption = Some(content);
                Ok(())
            }
            _ => Err(content),
        }
    }

    /// Puts a block where reading stands.
    pub(super) fn add(&mut self, block: Block) {
        for frame in self.frames.iter_mut().rev() {
            match frame {
                Frame::Root(blocks)
                | Frame::Quote(blocks)
                | Frame::Footnote(_, blocks)
                | Frame::Cell(_, blocks) => {
                    blocks.push(block);
                    return;
                }
                Frame::Item(item) => {
                    item.blocks.push(block);
                    return;
                }
                Frame::List(list, _) => {
                    // Text between items belongs to the one before.
                    if let Some(item) = list.items.last_mut() {
                        item.blocks.push(block);
                    } else {
                        list.items.push(ListItem {
                            value: 1,
                            label: None,
                            blocks: vec![block],
                        });
                    }
                    return;
                }
                // Text between cells stands before the table, as in browsers.
                Frame::Table(_) | Frame::Flat => {}
            }
        }
    }

    /// Closes the innermost frame.
    pub(super) fn close(&mut self, draft: &mut Draft) -> Result<(), DocumentError> {
        if self.frames.len() < 2 {
            return Ok(());
        }
        match self.frames.pop() {
            Some(Frame::Quote(blocks)) => {
                if let Some(at) = blocks.first().map(|block| block.at.clone()) {
                    let kind = BlockKind::Quote(blocks);
                    self.add(Block { kind, at });
                }
            }
            Some(Frame::Footnote(index, blocks)) => {
                if let Some(note) = draft.document.content.notes.get_mut(index) {
                    note.blocks.extend(blocks);
                }
            }
            Some(Frame::List(mut list, _)) => {
                list.items.retain(|item| !item.blocks.is_empty());
                let first = list.items.iter().flat_map(|item| &item.blocks).next();
                if let Some(at) = first.map(|block| block.at.clone()) {
                    let kind = BlockKind::List(list);
                    self.add(Block { kind, at });
                }
            }
            Some(Frame::Item(item)) => {
                if let Some(Frame::List(list, _)) = self.frames.last_mut() {
                    list.items.push(item);
                }
            }
            Some(Frame::Table(grid)) => {
                for block in grid.finish(draft)? {
                    self.add(block);
                }
            }
            Some(Frame::Cell(shape, blocks)) => {
                if let Some(Frame::Table(grid)) = self.frames.last_mut() {
                    grid.cell(&shape, blocks, draft);
                }
            }
            Some(Frame::Root(_) | Frame::Flat) | None => {}
        }
        Ok(())
    }

    /// Closes everything.
    pub(super) fn finish(mut self, draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
        while self.open() > 0 {
            self.close(draft)?;
        }
        match self.frames.pop() {
            Some(Frame::Root(blocks)) => Ok(blocks),
            _ => Ok(Vec::new()),
        }
    }
}

impl Row {
    pub(super) fn new(cells: Vec<Raw>, header: bool) -> Self {
        Self {
            cells,
            header,
            ..Self::default()
        }
    }
}

impl Grid {
    /// A table whose rows are placed already.
    pub(super) fn new(number: u32, rows: Vec<Row>) -> Self {
        Self {
            rows,
            number,
            ..Self::default()
        }
    }

    fn begin_row(&mut self, header: bool) {
        let row = self.rows.len();
        self.reaching.retain(|_, (_, until)| *until > row);
        self.next = 0;
        self.rows.push(Row {
            header,
            ..Row::default()
        });
    }

    fn cell(&mut self, shape: &Shape, blocks: Vec<Block>, draft: &Draft) {
        let Some(row) = self.rows.len().checked_sub(1) else {
            return;
        };
        let mut from = self.next;
        while let Some((_, (to, _))) = self.reaching.range(..=from).next_back()
            && *to > from
        {
            from = *to;
        }
        let to = from.saturating_add(shape.columns.clamp(1, MOST_COLUMNS));
        self.next = to;
        let rows = shape.rows.clamp(1, MOST_ROWS);
        if rows > 1 {
            self.reaching.insert(from, (to, row + rows));
        }
        let number = self.number;
        let this = &mut self.rows[row];
        let at = draft.place(
            Part::TableCell,
            format_args!(
                "table {number}, row {}, column {}",
                row + 1,
                this.cells.len() + 1
            ),
        );
        if this.cells.is_empty() {
            this.labelled = shape.header;
        }
        this.headers += usize::from(shape.header);
        this.cells.push(Raw {
            from,
            to,
            rows,
            blocks,
            at,
            shaded: shape.shaded,
        });
    }

    /// The table, or its content when it only places it.
    pub(super) fn finish(mut self, draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
        draft.count_block()?;
        let at = draft.place(Part::TableCell, format_args!("table {}", self.number));
        self.rows.retain(|row| !row.cells.is_empty());
        let header = |row: &&Row| row.header || row.headers >= row.cells.len().max(1);
        let header_rows = self.rows.iter().take_while(header).count();
        let body = self.rows.iter().skip(header_rows);
        let labelled = body.clone().all(|row| row.labelled) && body.count() > 0;
        let said = header_rows > 0 || labelled || self.caption.is_some();
        let shaded: Vec<bool> = self
            .rows
            .iter()
            .map(|row| row.cells.iter().all(|cell| cell.shaded))
            .collect();
        let mut raw: Vec<Vec<Raw>> = self.rows.into_iter().map(|row| row.cells).collect();
        // Edges may count from anywhere: the table begins where its first cell does.
        let left = raw
            .iter()
            .flatten()
            .map(|cell| cell.from)
            .min()
            .unwrap_or(0);
        for cell in raw.iter_mut().flatten() {
            cell.from -= left;
            cell.to = cell.to.saturating_sub(left);
        }
        let (rows, columns) = lay_out(raw, draft.cells_left(), &at)
            .map_err(|_| DocumentError::limit("table cells", draft.limits.table_cells))?;
        draft.count_cells(rows.len().saturating_mul(columns));
        let places = self.layout
            || columns <= 1
            || (!said
                && (self.nested
                    || rows.len() == 1
                    || rows.iter().flatten().any(|c| complex(&c.blocks))));
        if places {
            let caption = self.caption.map(|content| Block {
                kind: BlockKind::Caption(content),
                at: at.clone(),
            });
            let cells = rows.into_iter().flatten().flat_map(|cell| cell.blocks);
            return Ok(caption.into_iter().chain(cells).collect());
        }
        let mut table = Table {
            columns,
            header_rows: if header_rows < rows.len() {
                header_rows
            } else {
                0
            },
            header_source: HeaderSource::None,
            header_column: labelled,
            rows,
            caption: self.caption,
            description: self.description,
        };
        if table.header_rows > 0 {
            table.header_source = HeaderSource::Flagged;
        } else if looks_like_header(&table)
            || (shaded.first() == Some(&true) && shaded.get(1) == Some(&false))
        {
            table.header_rows = 1;
            table.header_source = HeaderSource::Guessed;
        }
        settle_headers(&mut table);
        warn_of_headers(&table, &at, draft);
        Ok(vec![Block {
            kind: BlockKind::Table(table),
            at,
        }])
    }
}

/// Rows claimed by a cell end where another cell begins, so that no cell is lost.
pub(super) fn settle_spans(rows: &mut Vec<Row>) {
    // A row in which no cell begins exists only to be merged away.
    rows.retain(|row| !row.cells.is_empty());
    let mut below: BTreeMap<u64, usize> = BTreeMap::new();
    for (index, row) in rows.iter_mut().enumerate().rev() {
        for cell in row.cells.iter_mut().filter(|cell| cell.rows > 1) {
            let next = below.range(cell.from..cell.to).map(|(_, row)| *row).min();
            if let Some(next) = next {
                cell.rows = cell.rows.min(next - index);
            }
        }
        for cell in &row.cells {
            below.insert(cell.from, index);
        }
    }
}

/// Content that no cell of a data table holds.
fn complex(blocks: &[Block]) -> bool {
    blocks.len() > 3
        || blocks.iter().any(|block| {
            matches!(
                block.kind,
                BlockKind::Heading { .. }
                    | BlockKind::Table(_)
                    | BlockKind::Figure { .. }
                    | BlockKind::Quote(_)
            )
        })
}

/// A header cell that reaches further down takes its rows along; header cells hold no headings.
fn settle_headers(table: &mut Table) {
    let (mut reach, mut row) = (table.header_rows, 0);
    while row < reach.min(table.rows.len()) {
        let far = table.rows[row].iter().map(|cell| row + cell.row_span).max();
        reach = reach.max(far.unwrap_or(0));
        row += 1;
    }
    if reach >= table.rows.len() {
        reach = 0;
        table.header_source = HeaderSource::None;
    }
    table.header_rows = reach;
    let labelled = table.header_column;
    for (index, row) in table.rows.iter_mut().enumerate() {
        for cell in row {
            if index < reach || (labelled && cell.column == 0) {
                plain_headings(&mut cell.blocks);
            }
        }
    }
}

fn warn_of_headers(table: &Table, at: &Place, draft: &mut Draft) {
    match table.header_source {
        HeaderSource::Guessed => draft.warn(
            "header_row_guessed",
            bilingual!(
                "The first row of a table looks like a header row and was taken as one. Check it.",
                "La première ligne d’un tableau ressemble à un en-tête et a été prise comme tel. Vérifiez-la."
            ),
            at.clone(),
        ),
        HeaderSource::None if !table.header_column => draft.warn(
            "no_header_row",
            bilingual!(
                "A table has no header row. Mark it in the source.",
                "Un tableau n’a pas de ligne d’en-tête. Indiquez-la dans la source."
            ),
            at.clone(),
        ),
        _ => {}
    }
}

/// Adds a note and gives its index.
pub(super) fn add_note(draft: &mut Draft) -> Result<usize, DocumentError> {
    let notes = draft.document.content.notes.len();
    if notes as u64 >= draft.limits.notes {
        return Err(DocumentError::limit("notes", draft.limits.notes));
    }
    let at = draft.place(Part::Note, format_args!("note {}", notes + 1));
    let blocks = Vec::new();
    draft.document.content.notes.push(Note { blocks, at });
    Ok(notes)
}
