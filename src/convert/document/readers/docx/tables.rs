//! Tables: merged cells both ways onto a sound grid, header cells, layout tables taken apart.
//!
//! Rule that must hold: every position of the grid is covered exactly once, every row and column has a cell that
//! begins in it, and the size of the grid follows the cells there are, whatever spans they claim.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use super::{Reader, Story, extras::all_text, tidy::plain_look};
use crate::{
    bilingual,
    convert::{
        document::{
            Block, BlockKind, Cell, ChangeKind, DocumentError, HeaderSource, Inline, Table,
            TextStyle, is_visible,
        },
        xml::Element,
    },
    domain::{Part, Place},
};

/// A cell as the file places it; columns may be any number.
pub(in super::super) struct Raw {
    /// First column.
    pub(in super::super) from: u64,
    /// One past the last column.
    pub(in super::super) to: u64,
    /// Rows covered, as claimed.
    pub(in super::super) rows: usize,
    pub(in super::super) blocks: Vec<Block>,
    pub(in super::super) at: Place,
    /// True when its background sets it apart.
    pub(in super::super) shaded: bool,
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn table(
        &mut self,
        table: &Element,
        story: &Story,
    ) -> Result<Vec<Block>, DocumentError> {
        self.count_block()?;
        self.counts.tables += 1;
        let number = self.counts.tables;
        let properties = table.child("w:tblPr");
        if let Some(change) = properties.and_then(|p| p.child("w:tblPrChange")) {
            self.formatting_change(change, story);
        }
        let mut rows = Vec::new();
        self.collect_rows(table, story, &mut rows);
        let mut raw: Vec<Vec<Raw>> = Vec::new();
        let mut flagged = 0;
        let mut open: BTreeMap<u64, (usize, usize)> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let settings = row.child("w:trPr");
            if settings.and_then(|s| s.switch("w:tblHeader")) == Some(true) && flagged == raw.len()
            {
                flagged += 1;
            }
            let label = format!("table {number}, row {}", index + 1);
            let cells = self.row(row, &label, story, &mut raw, &mut open)?;
            raw.push(cells);
        }
        let at = Place::new(Part::TableCell, format!("table {number}"));
        let shaded: Vec<bool> = raw
            .iter()
            .map(|r| !r.is_empty() && r.iter().all(|c| c.shaded))
            .collect();
        let shaded_first = shaded.first() == Some(&true) && shaded.get(1) == Some(&false);
        let left = self.limits.table_cells.saturating_sub(self.counts.cells);
        let (grid, columns) = lay_out(raw, left, &at)
            .map_err(|_| DocumentError::limit("table cells", self.limits.table_cells))?;
        self.counts.cells += (grid.len() * columns) as u64;
        if columns <= 1 || grid.iter().map(Vec::len).sum::<usize>() <= 1 {
            // One cell, or one column: the table only places its content.
            let blocks = grid.into_iter().flatten().flat_map(|cell| cell.blocks);
            return Ok(blocks.collect());
        }
        let text = |name: &str| {
            let value = properties.and_then(|p| p.val(name)).map(str::trim);
            value.filter(|v| !v.is_empty()).map(str::to_owned)
        };
        let mut table = Table {
            columns,
            header_rows: 0,
            header_source: HeaderSource::None,
            header_column: false,
            rows: grid,
            caption: None,
            description: text("w:tblDescription").or_else(|| text("w:tblCaption")),
        };
        self.find_headers(&mut table, properties, flagged, shaded_first, &at, story);
        Ok(vec![Block {
            kind: BlockKind::Table(table),
            at,
        }])
    }

    /// Rows that are there in the accepted view and shown.
    fn collect_rows<'a>(
        &mut self,
        parent: &'a Element,
        story: &Story,
        rows: &mut Vec<&'a Element>,
    ) {
        for element in parent.elements() {
            match element.name() {
                "w:tr" => {
                    let settings = element.child("w:trPr");
                    let has = |name: &str| settings.and_then(|s| s.child(name));
                    if let Some(change) = has("w:trPrChange") {
                        self.formatting_change(change, story);
                    }
                    if has("w:del").is_some() {
                        self.change(ChangeKind::Deletion, element, story);
                    } else if settings.and_then(|s| s.switch("w:hidden")) == Some(true) {
                        let place = story.place_as(Part::HiddenText);
                        self.hide(&all_text(element), place);
                    } else {
                        if has("w:ins").is_some() {
                            self.change(ChangeKind::Insertion, element, story);
                        }
                        rows.push(element);
                    }
                }
                "w:sdt" | "w:sdtContent" | "w:customXml" | "w:ins" | "w:moveTo" => {
                    self.collect_rows(element, story, rows);
                }
                "w:del" | "w:moveFrom" => self.change(ChangeKind::Deletion, element, story),
                "mc:AlternateContent" => {
                    if let Some(branch) = super::body::chosen(element) {
                        self.collect_rows(branch, story, rows);
                    }
                }
                _ => {}
            }
        }
    }

    fn row(
        &mut self,
        row: &Element,
        label: &str,
        story: &Story,
        raw: &mut [Vec<Raw>],
        open: &mut BTreeMap<u64, (usize, usize)>,
    ) -> Result<Vec<Raw>, DocumentError> {
        let settings = row.child("w:trPr");
        let before = settings.and_then(|s| s.child("w:gridBefore"));
        let mut column: u64 = before.and_then(|g| g.number("w:val")).unwrap_or(0);
        let mut elements = Vec::new();
        collect_cells(row, &mut elements);
        let mut cells: Vec<Raw> = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let properties = element.child("w:tcPr");
            let has = |name: &str| properties.and_then(|p| p.child(name));
            let span = has("w:gridSpan").and_then(|g| g.number::<u64>("w:val"));
            let (from, to) = (column, column.saturating_add(span.unwrap_or(1).max(1)));
            column = to;
            let label = format!("{label}, column {}", index + 1);
            for name in ["w:cellIns", "w:cellMerge", "w:tcPrChange"] {
                if let Some(change) = has(name) {
                    self.formatting_change(change, story);
                }
            }
            let continues =
                |name: &str| has(name).is_some_and(|m| m.attr("w:val") != Some("restart"));
            if has("w:cellDel").is_some() {
                self.change(ChangeKind::Deletion, element, story);
                cells.push(empty(from, to, Place::new(Part::TableCell, label)));
                continue;
            }
            let above = open.get(&from).copied().filter(|_| continues("w:vMerge"));
            let above = above.filter(|(r, c)| {
                raw.get(*r)
                    .and_then(|r| r.get(*c))
                    .is_some_and(|cell| cell.to == to)
            });
            let beside = continues("w:hMerge") && !cells.is_empty();
            if above.is_some() || beside {
                // Word shows nothing of a cell that is merged into another.
                self.hide(&all_text(element), Place::new(Part::HiddenText, label));
                if let Some((r, c)) = above {
                    raw[r][c].rows = raw.len() - r + 1;
                } else if let Some(last) = cells.last_mut() {
                    last.to = to;
                }
                continue;
            }
            let mut inner = story.inner(
                if story.published {
                    Part::TableCell
                } else {
                    story.part
                },
                if story.published {
                    label
                } else {
                    story.label.clone()
                },
            );
            let blocks = self.blocks(element, &mut inner)?;
            if has("w:vMerge").is_some() {
                open.insert(from, (raw.len(), cells.len()));
            } else {
                open.remove(&from);
            }
            let fill = has("w:shd").and_then(|s| s.attr("w:fill"));
            cells.push(Raw {
                from,
                to,
                rows: 1,
                blocks,
                at: inner.place(),
                shaded: fill.is_some_and(|f| {
                    !f.eq_ignore_ascii_case("auto") && !f.eq_ignore_ascii_case("ffffff")
                }),
            });
        }
        Ok(cells)
    }

    fn find_headers(
        &mut self,
        table: &mut Table,
        properties: Option<&Element>,
        flagged: usize,
        shaded_first: bool,
        at: &Place,
        story: &Story,
    ) {
        let look = properties.and_then(|p| p.child("w:tblLook"));
        let bits = look
            .and_then(|l| l.attr("w:val"))
            .and_then(|v| u32::from_str_radix(v, 16).ok());
        let flag = |name: &str, bit: u32| match look.and_then(|l| l.attr(name)) {
            Some(value) => matches!(value, "1" | "true" | "on"),
            None => bits.unwrap_or(0) & bit != 0,
        };
        let several = table.rows.len() > 1;
        let filled = table.rows.first().is_some_and(|row| {
            let visible = row.iter().filter(|c| has_text(c)).count();
            visible * 2 > row.len()
        });
        let (rows, source) = if flagged > 0 && flagged < table.rows.len() {
            (flagged, HeaderSource::Flagged)
        } else if several && filled && flag("w:firstRow", 0x20) {
            (1, HeaderSource::Style)
        } else if several && (shaded_first || looks_like_header(table)) {
            (1, HeaderSource::Guessed)
        } else {
            (0, HeaderSource::None)
        };
        // A header cell that reaches further down takes its rows along.
        let mut reach = rows;
        let mut row = 0;
        while row < reach {
            let far = table.rows[row]
                .iter()
                .map(|c| row + c.row_span)
                .max()
                .unwrap_or(0);
            reach = reach.max(far);
            row += 1;
        }
        table.header_rows = if reach < table.rows.len() { reach } else { 0 };
        table.header_source = if table.header_rows == 0 {
            HeaderSource::None
        } else {
            source
        };
        table.header_column = flag("w:firstColumn", 0x80) && several;
        for row in table.rows.iter_mut().take(table.header_rows) {
            for cell in row {
                plain_headings(&mut cell.blocks);
            }
        }
        if table.header_column {
            for row in &mut table.rows {
                row.iter_mut()
                    .filter(|c| c.column == 0)
                    .for_each(|c| plain_headings(&mut c.blocks));
            }
        }
        if !story.published {
            return;
        }
        match table.header_source {
            HeaderSource::Guessed => self.warn(
                "header_row_guessed",
                bilingual!(
                    "The first row of a table looks like a header row and was taken as one. Check it.",
                    "La première ligne d’un tableau ressemble à un en-tête et a été prise comme tel. Vérifiez-la."
                ),
                at.clone(),
            ),
            HeaderSource::None => self.warn(
                "no_header_row",
                bilingual!(
                    "A table has no header row. Mark it in Word (Repeat Header Rows).",
                    "Un tableau n’a pas de ligne d’en-tête. Indiquez-la dans Word (Répéter les lignes d’en-tête)."
                ),
                at.clone(),
            ),
            HeaderSource::Flagged | HeaderSource::Style => {}
        }
    }
}

fn collect_cells<'a>(parent: &'a Element, cells: &mut Vec<&'a Element>) {
    for element in parent.elements() {
        match element.name() {
            "w:tc" => cells.push(element),
            "w:sdt" | "w:sdtContent" | "w:customXml" => collect_cells(element, cells),
            _ => {}
        }
    }
}

fn empty(from: u64, to: u64, at: Place) -> Raw {
    Raw {
        from,
        to,
        rows: 1,
        blocks: Vec::new(),
        at,
        shaded: false,
    }
}

/// Places cells on the smallest grid that keeps their order and spans.
pub(in super::super) fn lay_out(
    raw: Vec<Vec<Raw>>,
    limit: u64,
    table: &Place,
) -> Result<(Vec<Vec<Cell>>, usize), DocumentError> {
    // Only columns in which some cell begins are real.
    let mut starts: BTreeSet<u64> = raw.iter().flatten().map(|cell| cell.from).collect();
    if !raw.iter().all(Vec::is_empty) {
        starts.insert(0);
    }
    let starts: Vec<u64> = starts.into_iter().collect();
    let dense = |column: u64| starts.partition_point(|start| *start < column);
    let columns = starts.len();
    let count = raw.len();
    if (columns as u64).saturating_mul(count as u64) > limit {
        return Err(DocumentError::limit("table cells", limit));
    }
    let mut taken = vec![false; columns * count];
    let mut rows: Vec<Vec<Cell>> = Vec::with_capacity(count);
    for (r, cells) in raw.into_iter().enumerate() {
        let mut row: Vec<Cell> = Vec::new();
        for cell in cells {
            let first = dense(cell.from);
            let last = dense(cell.to).clamp(first + 1, columns.max(first + 1));
            if first >= columns || taken[r * columns + first] {
                continue;
            }
            let free = (first..last)
                .take_while(|c| !taken[r * columns + c])
                .count();
            let wanted = cell.rows.min(count - r).max(1);
            let height = (r..r + wanted)
                .take_while(|y| (first..first + free).all(|x| !taken[y * columns + x]))
                .count()
                .max(1);
            for y in r..r + height {
                taken[y * columns + first..y * columns + first + free].fill(true);
            }
            row.push(Cell {
                column: first,
                column_span: free,
                row_span: height,
                blocks: cell.blocks,
                at: cell.at,
            });
        }
        for column in 0..columns {
            if !taken[r * columns + column] {
                taken[r * columns + column] = true;
                let at = Place::new(table.part, format!("{}, row {}", table.at, r + 1));
                let blocks = Vec::new();
                row.push(Cell {
                    column,
                    column_span: 1,
                    row_span: 1,
                    blocks,
                    at,
                });
            }
        }
        row.sort_by_key(|cell| cell.column);
        rows.push(row);
    }
    drop_empty_rows(&mut rows);
    Ok((rows, columns))
}

/// A row in which no cell begins exists in the source only to be merged away.
fn drop_empty_rows(rows: &mut Vec<Vec<Cell>>) {
    let real: Vec<bool> = rows.iter().map(|row| !row.is_empty()).collect();
    for (r, row) in rows.iter_mut().enumerate() {
        for cell in row.iter_mut() {
            let covered = &real[r..(r + cell.row_span).min(real.len())];
            cell.row_span = covered.iter().filter(|real| **real).count().max(1);
        }
    }
    rows.retain(|row| !row.is_empty());
}

fn has_text(cell: &Cell) -> bool {
    cell.blocks.iter().any(|block| match &block.kind {
        BlockKind::Paragraph(content)
        | BlockKind::Heading { content, .. }
        | BlockKind::Caption(content) => is_visible(content),
        _ => true,
    })
}

/// All cells of the first row have bold text, and not all of the second.
pub(in super::super) fn looks_like_header(table: &Table) -> bool {
    let bold = |row: &Vec<Cell>| {
        row.iter()
            .all(|cell| has_text(cell) && cell.blocks.iter().all(is_bold))
    };
    match table.rows.as_slice() {
        [first, second, ..] => bold(first) && !bold(second),
        _ => false,
    }
}

fn is_bold(block: &Block) -> bool {
    block.inlines().iter().all(|inline| match inline {
        Inline::Text { text, style, .. } => style.strong || text.trim().is_empty(),
        Inline::Link { .. } | Inline::Image(_) => false,
        _ => true,
    })
}

/// Header cells may not hold headings (HTML, 4.9.10), and being bold says nothing in them.
pub(in super::super) fn plain_headings(blocks: &mut [Block]) {
    for block in blocks {
        if let BlockKind::Heading { label, content, .. } = &mut block.kind {
            let mut content = std::mem::take(content);
            plain_look(&mut content);
            if let Some(label) = label.take() {
                let style = TextStyle::default();
                let text = format!("{label} ");
                content.insert(
                    0,
                    Inline::Text {
                        text,
                        style,
                        language: None,
                    },
                );
            }
            block.kind = BlockKind::Paragraph(content);
        } else if let BlockKind::Paragraph(content) = &mut block.kind {
            plain_look(content);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(rows: &[&[(u64, u64, usize)]]) -> Vec<Vec<(usize, usize, usize)>> {
        let at = || Place::new(Part::TableCell, "table 1");
        let raw = |cell: &(u64, u64, usize)| Raw {
            rows: cell.2,
            ..empty(cell.0, cell.1, at())
        };
        let raw = rows
            .iter()
            .map(|row| row.iter().map(raw).collect())
            .collect();
        let (rows, _) = lay_out(raw, 10_000, &at()).unwrap();
        let shape = |cell: &Cell| (cell.column, cell.column_span, cell.row_span);
        rows.iter()
            .map(|row| row.iter().map(shape).collect())
            .collect()
    }

    #[test]
    fn spans_land_on_a_sound_grid() {
        let huge = 1_000_000_000;
        assert_eq!(
            grid(&[&[(0, 2, 1), (2, 3, 1)], &[(0, 1, 1), (1, 3, 1)]]),
            [[(0, 2, 1), (2, 1, 1)], [(0, 1, 1), (1, 2, 1)]]
        );
        // A claimed span of a billion columns is one column when nothing else begins in it.
        assert_eq!(
            grid(&[&[(0, huge, 1), (huge, huge + 1, 1)]]),
            [[(0, 1, 1), (1, 1, 1)]]
        );
        assert_eq!(
            grid(&[&[(0, u64::MAX, 1)], &[(0, 1, 1), (1, 2, 1)]])[0],
            [(0, 2, 1)]
        );
        // Rows that are only merged away disappear.
        assert_eq!(
            grid(&[&[(0, 1, 3), (1, 2, 3)], &[], &[]]),
            [[(0, 1, 1), (1, 1, 1)]]
        );
        // Short rows are filled.
        assert_eq!(grid(&[&[(0, 1, 1)], &[(0, 1, 1), (1, 2, 1)]])[0].len(), 2);
        assert_eq!(grid(&[&[], &[]]), Vec::<Vec<(usize, usize, usize)>>::new());
    }

    #[test]
    fn a_grid_beyond_the_limit_is_refused() {
        let at = Place::new(Part::TableCell, "table 1");
        let row: Vec<Raw> = (0..200).map(|c| empty(c, c + 1, at.clone())).collect();
        let mut raw = vec![row];
        raw.extend((0..100).map(|_| vec![empty(0, 1, at.clone())]));
        assert!(matches!(
            lay_out(raw, 10_000, &at),
            Err(DocumentError::Limit { .. })
        ));
    }
}
