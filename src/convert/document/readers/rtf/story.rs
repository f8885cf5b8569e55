//! A flow of paragraphs in RTF: the body, a note, a cell, a header; its lists and tables.

use std::collections::BTreeMap;

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Inline, Marker, TextStyle, is_visible},
        docx::{
            tables::Raw,
            tidy::{merge_runs_of_blocks, screen_only},
        },
        draft::{Draft, push_text, squeeze, trim_line},
        tree::{Grid, Row, Tree},
    },
    names::Role,
};
use crate::domain::{Part, Place, TextUnit};

/// Cells that one row may define.
const MOST_CELLS: usize = 1_000;

/// What a story is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Body,
    Header,
    Footer,
    Footnote(usize),
    Comment,
    TextBox,
}

/// The mark of a list item.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) list: i32,
    pub(super) level: u8,
    pub(super) marker: Marker,
    pub(super) value: Option<u32>,
    pub(super) label: Option<String>,
}

struct Entry {
    block: Block,
    mark: Option<Mark>,
}

/// A cell as its row defines it.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, as in the source"
)]
pub(super) struct CellDef {
    pub(super) right: i32,
    pub(super) merged: bool,
    pub(super) below_first: bool,
    pub(super) below: bool,
    pub(super) shaded: bool,
}

/// A row as `\trowd` defines it.
#[derive(Clone, Debug, Default)]
pub(super) struct RowDef {
    pub(super) left: i32,
    pub(super) cells: Vec<CellDef>,
    /// The cell being defined.
    pub(super) next: CellDef,
    pub(super) header: bool,
}

impl RowDef {
    pub(super) fn end_cell(&mut self, right: i32) {
        let mut cell = std::mem::take(&mut self.next);
        cell.right = right;
        if self.cells.len() < MOST_CELLS {
            self.cells.push(cell);
        }
    }
}

#[derive(Default)]
struct OpenTable {
    rows: Vec<Row>,
    /// Cells that go on below: left edge → row and cell.
    reaching: BTreeMap<u64, (usize, usize)>,
    cells: Vec<Vec<Entry>>,
    current: Vec<Entry>,
}

/// The link being read.
struct Link {
    target: String,
    outer: Vec<Inline>,
}

pub(super) struct Story {
    pub(super) kind: Kind,
    /// How many groups were open when it began.
    pub(super) depth: usize,
    pub(super) line: Vec<Inline>,
    links: Vec<Link>,
    entries: Vec<Entry>,
    tables: Vec<OpenTable>,
}

impl Story {
    pub(super) fn new(kind: Kind, depth: usize) -> Self {
        Self {
            kind,
            depth,
            line: Vec::new(),
            links: Vec::new(),
            entries: Vec::new(),
            tables: Vec::new(),
        }
    }

    pub(super) fn open_link(&mut self, target: String) {
        let outer = std::mem::take(&mut self.line);
        self.links.push(Link { target, outer });
    }

    pub(super) fn close_link(&mut self) {
        if let Some(Link { target, outer }) = self.links.pop() {
            let content = std::mem::replace(&mut self.line, outer);
            if is_visible(&content) {
                self.line.push(Inline::Link { target, content });
            } else {
                self.line.extend(content);
            }
        }
    }

    /// The line, with links that go on closed and opened again.
    fn take_line(&mut self) -> Vec<Inline> {
        let mut targets = Vec::new();
        while let Some(link) = self.links.last() {
            targets.push(link.target.clone());
            self.close_link();
        }
        let line = std::mem::take(&mut self.line);
        for target in targets.into_iter().rev() {
            self.open_link(target);
        }
        line
    }

    /// Ends the paragraph at hand, at this depth of tables.
    pub(super) fn end_paragraph(
        &mut self,
        role: Role,
        mark: Option<Mark>,
        level: usize,
        draft: &mut Draft,
    ) -> Result<(), DocumentError> {
        let level = level.min(draft.limits.nesting);
        let mut line = self.take_line();
        let visible = is_visible(&line);
        if visible || level > 0 {
            self.bring_to_level(level, draft)?;
        }
        if !visible {
            // Places that links lead to wait for the next paragraph.
            line.retain(|inline| matches!(inline, Inline::Anchor(_)));
            line.append(&mut self.line);
            self.line = line;
            return Ok(());
        }
        draft.count_block()?;
        let block = self.block(role, line, draft);
        let entry = Entry { block, mark };
        match self.tables.last_mut() {
            Some(table) => table.current.push(entry),
            None => self.entries.push(entry),
        }
        Ok(())
    }

    fn block(&self, role: Role, mut line: Vec<Inline>, draft: &mut Draft) -> Block {
        if role != Role::Code {
            trim_line(&mut line);
        }
        let at = match (&self.kind, role) {
            (Kind::Body, Role::Heading(_)) => draft.next_heading(),
            (Kind::Body, _) => draft.next_paragraph(),
            (kind, _) => place(kind, draft),
        };
        let kind = match role {
            Role::Heading(level) => {
                plain_heading(&mut line);
                BlockKind::Heading {
                    level,
                    label: None,
                    content: line,
                }
            }
            Role::Caption => BlockKind::Caption(line),
            Role::Quote => BlockKind::Quote(vec![Block {
                kind: BlockKind::Paragraph(line),
                at: at.clone(),
            }]),
            Role::Code
                if line
                    .iter()
                    .all(|i| matches!(i, Inline::Text { .. } | Inline::Break)) =>
            {
                let lines = line.iter().map(|inline| match inline {
                    Inline::Text { text, .. } => text.as_str(),
                    _ => "\n",
                });
                BlockKind::Code(lines.collect())
            }
            Role::Code | Role::Text => match <[Inline; 1]>::try_from(line) {
                Ok([Inline::Image(image)]) => BlockKind::Figure {
                    images: vec![image],
                    caption: None,
                },
                Ok([inline]) => BlockKind::Paragraph(vec![inline]),
                Err(line) => BlockKind::Paragraph(line),
            },
        };
        Block { kind, at }
    }

    /// A block that comes whole.
    pub(super) fn add(&mut self, block: Block) {
        let entry = Entry { block, mark: None };
        match self.tables.last_mut() {
            Some(table) => table.current.push(entry),
            None => self.entries.push(entry),
        }
    }

    /// Opens or ends tables until so many are open.
    fn bring_to_level(&mut self, level: usize, draft: &mut Draft) -> Result<(), DocumentError> {
        while self.tables.len() > level {
            self.end_table(draft)?;
        }
        while self.tables.len() < level {
            self.tables.push(OpenTable::default());
        }
        Ok(())
    }

    /// Ends a cell of the table at this depth.
    pub(super) fn end_cell(
        &mut self,
        level: usize,
        draft: &mut Draft,
    ) -> Result<(), DocumentError> {
        let level = level.clamp(1, draft.limits.nesting.max(1));
        self.bring_to_level(level, draft)?;
        if let Some(table) = self.tables.last_mut() {
            let current = std::mem::take(&mut table.current);
            if table.cells.len() >= MOST_CELLS {
                return Err(DocumentError::limit("table cells", MOST_CELLS as u64));
            }
            table.cells.push(current);
        }
        Ok(())
    }

    /// Ends a row of the table at this depth.
    pub(super) fn end_row(
        &mut self,
        level: usize,
        row: &RowDef,
        draft: &mut Draft,
    ) -> Result<(), DocumentError> {
        let level = level.clamp(1, draft.limits.nesting.max(1));
        self.bring_to_level(level, draft)?;
        let Some(mut table) = self.tables.pop() else {
            return Ok(());
        };
        if !table.current.is_empty() {
            let current = std::mem::take(&mut table.current);
            table.cells.push(current);
        }
        let number = draft.tables.saturating_add(1);
        let index = table.rows.len();
        let mut cells: Vec<Raw> = Vec::new();
        let mut left = edge(row.left);
        let mut defs = row.cells.iter();
        for (column, entries) in std::mem::take(&mut table.cells).into_iter().enumerate() {
            let def = defs.next().cloned().unwrap_or_default();
            // Cells without a definition stand one behind the other.
            let right = edge(def.right).max(left.saturating_add(1));
            let at = draft.place(
                Part::TableCell,
                format_args!("table {number}, row {}, column {}", index + 1, column + 1),
            );
            let blocks = fold(entries, draft)?;
            let above = table.reaching.get(&left).copied().filter(|_| def.below);
            if let Some((r, c)) = above {
                hide_blocks(&blocks, draft);
                if let Some(cell) = table.rows.get_mut(r).and_then(|row| row.cells.get_mut(c)) {
                    cell.rows = index - r + 1;
                }
            } else if def.merged && !cells.is_empty() {
                hide_blocks(&blocks, draft);
                if let Some(cell) = cells.last_mut() {
                    cell.to = right;
                }
            } else {
                if def.below_first {
                    table.reaching.insert(left, (index, cells.len()));
                } else {
                    table.reaching.remove(&left);
                }
                cells.push(Raw {
                    from: left,
                    to: right,
                    rows: 1,
                    blocks,
                    at,
                    shaded: def.shaded,
                });
            }
            left = right;
        }
        table.rows.push(Row::new(cells, row.header));
        self.tables.push(table);
        Ok(())
    }

    fn end_table(&mut self, draft: &mut Draft) -> Result<(), DocumentError> {
        let Some(table) = self.tables.pop() else {
            return Ok(());
        };
        draft.tables = draft.tables.saturating_add(1);
        let mut blocks = Grid::new(draft.tables, table.rows).finish(draft)?;
        // Cells without an end of their row are text.
        let loose = table.cells.into_iter().flatten().chain(table.current);
        blocks.extend(fold(loose.collect(), draft)?);
        for block in blocks {
            self.add(block);
        }
        Ok(())
    }

    /// All blocks of the story.
    pub(super) fn finish(mut self, draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
        while !self.links.is_empty() {
            self.close_link();
        }
        self.end_paragraph(Role::Text, None, 0, draft)?;
        self.bring_to_level(0, draft)?;
        let entries = std::mem::take(&mut self.entries);
        fold(entries, draft)
    }
}

/// An edge of a cell, counted from far left.
fn edge(twips: i32) -> u64 {
    u64::try_from(i64::from(twips) - i64::from(i32::MIN)).unwrap_or(0)
}

pub(super) fn place(kind: &Kind, draft: &Draft) -> Place {
    match kind {
        Kind::Body => draft.here(Part::Body),
        Kind::Header => draft.place(Part::Header, format_args!("header")),
        Kind::Footer => draft.place(Part::Footer, format_args!("footer")),
        Kind::Footnote(index) => draft.place(Part::Note, format_args!("note {}", index + 1)),
        Kind::Comment => {
            let number = draft.document.hidden.comments.len() + 1;
            draft.place(Part::Comment, format_args!("comment {number}"))
        }
        Kind::TextBox => draft.here(Part::TextBox),
    }
}

/// A heading that is bold throughout is so by its style.
fn plain_heading(line: &mut [Inline]) {
    let bold = line.iter().all(|inline| match inline {
        Inline::Text { text, style, .. } => style.strong || text.trim().is_empty(),
        _ => true,
    });
    for inline in line {
        if let Inline::Text { style, .. } = inline
            && bold
        {
            style.strong = false;
        }
    }
}

fn hide_blocks(blocks: &[Block], draft: &mut Draft) {
    let place = draft.here(Part::HiddenText);
    let mut units: Vec<TextUnit> = Vec::new();
    screen_only(blocks, &place, &mut units);
    for unit in units {
        draft.hide(&unit.text, unit.place);
    }
}

/// The texts of blocks that are read for the screening only.
pub(super) fn texts(blocks: &[Block], place: &Place) -> Vec<TextUnit> {
    let mut units = Vec::new();
    screen_only(blocks, place, &mut units);
    units
}

/// Marked paragraphs become nested lists.
fn fold(entries: Vec<Entry>, draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
    struct Open {
        level: u8,
        list: i32,
        marker: Marker,
        value: u32,
    }
    let mut tree = Tree::new(draft.limits.nesting);
    let mut open: Vec<Open> = Vec::new();
    for Entry { block, mark } in entries {
        let keep = |open: &Open| {
            mark.as_ref().is_some_and(|mark| {
                let follows = mark.value.is_none_or(|value| {
                    mark.marker == Marker::Bullet || Some(value) == open.value.checked_add(1)
                });
                open.level < mark.level
                    || (open.level == mark.level
                        && open.marker == mark.marker
                        && (open.list == mark.list || mark.marker == Marker::Bullet)
                        && follows)
            })
        };
        while open.last().is_some_and(|last| !keep(last)) {
            open.pop();
            // The item, then its list.
            tree.close(draft)?;
            tree.close(draft)?;
        }
        let Some(mark) = mark else {
            tree.add(block);
            continue;
        };
        match open.last_mut() {
            Some(last) if last.level == mark.level => {
                tree.close(draft)?;
                last.value = mark.value.unwrap_or_else(|| last.value.saturating_add(1));
            }
            _ => {
                let value = mark.value.unwrap_or(1);
                tree.open_list(mark.marker, value);
                open.push(Open {
                    level: mark.level,
                    list: mark.list,
                    marker: mark.marker,
                    value,
                });
            }
        }
        tree.open_item(mark.value, mark.label);
        tree.add(block);
    }
    let mut blocks = tree.finish(draft)?;
    merge_runs_of_blocks(&mut blocks);
    Ok(blocks)
}

/// The mark that a label shows: `•`, `3.`, `b)`, `iv.`
pub(super) fn mark_of(label: &str, list: i32, level: u8, format: Option<i32>) -> Option<Mark> {
    let label = squeeze(label);
    // Formats of numbers, by `\levelnfc`.
    let by_format = format.and_then(|format| {
        Some(match format {
            0 => Marker::Decimal,
            1 => Marker::UpperRoman,
            2 => Marker::LowerRoman,
            3 => Marker::UpperAlpha,
            4 => Marker::LowerAlpha,
            23 => Marker::Bullet,
            _ => return None,
        })
    });
    let bare = label.trim_matches(|c: char| !c.is_alphanumeric());
    let digits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    let marker = match by_format {
        Some(marker) => marker,
        None if label.is_empty() => return None,
        None if bare.is_empty() || bare == "o" => Marker::Bullet,
        None if digits => Marker::Decimal,
        None => Marker::Labelled,
    };
    // A label of several numbers is a label of its own.
    let marker = if bare.contains('.') && marker != Marker::Bullet {
        Marker::Labelled
    } else {
        marker
    };
    let value = digits.then(|| bare.parse().ok()).flatten();
    let value = value.or_else(|| letter(bare, marker));
    Some(Mark {
        list,
        level,
        marker,
        value,
        label: Some(label).filter(|label| !label.is_empty() && marker != Marker::Bullet),
    })
}

fn letter(bare: &str, marker: Marker) -> Option<u32> {
    let mut bytes = bare.bytes();
    match (marker, bytes.next(), bytes.next()) {
        (Marker::LowerAlpha | Marker::UpperAlpha, Some(byte), None)
            if byte.is_ascii_alphabetic() =>
        {
            Some(u32::from(byte.to_ascii_lowercase() - b'a') + 1)
        }
        _ => None,
    }
}

/// Adds text to the line of a story.
pub(super) fn put(story: &mut Story, text: &str, style: TextStyle, language: Option<&str>) {
    push_text(&mut story.line, text, style, language);
}
