//! Tables as markup.
//!
//! Leans on `grid` for where cells stand. Rule that must hold: no link and no note stands in a header that is repeated.

use super::super::grid::{Placed, place};
use super::{
    COST_CELL, DEPTH, DEPTH_TABLE, Typst, WIDTH, WIDTH_FLIPPED, literal::runs_right_to_left,
};
use crate::{
    bilingual,
    convert::document::{Block, BlockKind, Cell, Inline, Table, TextStyle, is_visible, plain_text},
    domain::{Bilingual, Place},
};

/// Wider tables are written row by row: no page shows them.
const COLUMNS: usize = 40;
/// From this many columns on, the page is turned on its side.
const COLUMNS_UPRIGHT: usize = 8;
/// Header rows beyond this number are not repeated on each page.
const REPEATED_ROWS: usize = 4;

impl Typst<'_> {
    pub(super) fn table(&mut self, table: &Table, at: &Place) {
        let caption = table.caption.as_deref().filter(|c| is_visible(c));
        let columns = table.columns.max(1);
        if columns > COLUMNS || self.depth + DEPTH_TABLE > DEPTH || table.rows.is_empty() {
            if !table.rows.is_empty() {
                self.warn("table_as_lines_in_pdf", lines_words(), at);
            }
            if let Some(caption) = caption {
                self.paragraph(caption);
            }
            for row in &table.rows {
                for cell in row {
                    self.blocks(&cell.blocks);
                }
            }
            return;
        }
        let top = self.depth == 0 && !self.in_note && !self.in_cell;
        let turned = top && columns > COLUMNS_UPRIGHT;
        let width = self.width;
        if turned {
            self.width = WIDTH_FLIPPED;
            self.out.push_str("#page(flipped: true)[\n");
        } else if top {
            self.width = WIDTH;
        }
        let size = match columns {
            0..=6 => None,
            7..=10 => Some("8pt"),
            _ => Some("6.5pt"),
        };
        if let Some(size) = size {
            self.put(format_args!("#text(size: {size})[\n"));
        }
        match caption {
            Some(caption) if top => {
                self.out.push_str(
                    "#figure(kind: table, numbering: none, supplement: none, caption: figure.caption(position: top)[",
                );
                self.inlines(caption);
                self.out.push_str("], ");
                self.grid(table, columns);
                self.out.push_str(")\n");
            }
            caption => {
                if let Some(caption) = caption {
                    self.paragraph(caption);
                }
                self.out.push('#');
                self.grid(table, columns);
                self.out.push('\n');
            }
        }
        if size.is_some() {
            self.out.push_str("]\n");
        }
        if turned {
            self.out.push_str("]\n");
        }
        self.width = width;
    }

    fn grid(&mut self, table: &Table, columns: usize) {
        let description = table
            .description
            .as_deref()
            .filter(|text| !text.trim().is_empty());
        if let Some(text) = description {
            let text = self.literals.text(text);
            self.put(format_args!("pdf.table-summary(summary: {text}, "));
        }
        let (outer_width, in_cell) = (self.width, self.in_cell);
        self.depth += DEPTH_TABLE;
        self.in_cell = true;
        let weights = weights(table, columns);
        let total: usize = weights.iter().sum();
        let tracks: Vec<String> = weights.iter().map(|w| format!("{w}fr")).collect();
        self.put(format_args!("table(columns: ({},),\n", tracks.join(", ")));
        let header_rows = table.header_rows.min(table.rows.len());
        let mut covered = vec![0_usize; columns];
        for (r, row) in table.rows.iter().enumerate() {
            let head = r < header_rows;
            if head && r == 0 {
                // A repeated header is an artifact, in which no link and no note may stand.
                let repeat = header_rows <= REPEATED_ROWS
                    && !table.rows[..header_rows].iter().flatten().any(holds_link);
                self.put(format_args!("table.header(repeat: {repeat},\n"));
            }
            let last = if head { header_rows } else { table.rows.len() };
            for placed in place(row, &mut covered, last - r) {
                self.width = outer_width * share(&weights, &placed, total) - 9.0;
                self.width = self.width.max(8.0);
                let row_head = !head && table.header_column && placed.column == 0;
                self.cell(&placed, row_head);
            }
            self.out.push('\n');
            if head && r + 1 == header_rows {
                self.out.push_str("),\n");
            }
        }
        self.out.push(')');
        if description.is_some() {
            self.out.push(')');
        }
        self.depth -= DEPTH_TABLE;
        (self.width, self.in_cell) = (outer_width, in_cell);
    }

    fn cell(&mut self, placed: &Placed<'_>, row_head: bool) {
        self.cost += COST_CELL;
        let blocks = placed.cell.map_or(&[][..], |cell| cell.blocks.as_slice());
        let spans = placed.column_span > 1 || placed.row_span > 1;
        let row_head = row_head && !blocks.is_empty();
        if row_head {
            self.out.push_str("rowhead(");
        }
        if spans || row_head {
            self.put(format_args!(
                "table.cell(colspan: {}, rowspan: {})",
                placed.column_span, placed.row_span
            ));
        } else if let Some(text) = plain_words(blocks).filter(|_| placed.more.is_empty()) {
            // The usual cell, as cheap as it gets.
            let text = self.literals.text(text);
            self.put(format_args!("{text}, "));
            return;
        }
        self.out.push('[');
        self.flow(blocks);
        for cell in placed.more {
            self.out.push('\n');
            self.blocks(&cell.blocks);
        }
        self.out.push(']');
        if row_head {
            self.out.push(')');
        }
        self.out.push_str(", ");
    }
}

/// The text of a cell that is one run without style and language of its own.
fn plain_words(blocks: &[Block]) -> Option<&str> {
    match blocks {
        [] => Some(""),
        [
            Block {
                kind: BlockKind::Paragraph(content),
                ..
            },
        ] => match content.as_slice() {
            [] => Some(""),
            [
                Inline::Text {
                    text,
                    style,
                    language: None,
                },
            ] if *style == TextStyle::default() && !runs_right_to_left(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn share(weights: &[usize], placed: &Placed<'_>, total: usize) -> f64 {
    let own: usize = weights
        .iter()
        .skip(placed.column)
        .take(placed.column_span)
        .sum();
    let float = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    float(own) / float(total.max(1))
}

/// How wide columns are beside each other: by their text, within bounds.
fn weights(table: &Table, columns: usize) -> Vec<usize> {
    const ROWS: usize = 200;
    let mut longest = vec![0_usize; columns];
    for row in table.rows.iter().take(ROWS) {
        for cell in row.iter().filter(|cell| cell.column_span == 1) {
            let Some(column) = longest.get_mut(cell.column) else {
                continue;
            };
            let mut text = 0;
            let mut word = 0;
            for block in &cell.blocks {
                let words = plain_text(block.inlines());
                text += words.chars().count();
                let longest_word = words.split_whitespace().map(|w| w.chars().count()).max();
                word = word.max(longest_word.unwrap_or(0));
            }
            *column = (*column).max(word.min(24)).max(text.min(60) / 2);
        }
    }
    longest.iter().map(|weight| weight.max(&4) + 2).collect()
}

/// Whether a cell holds a link or a note at any depth.
fn holds_link(cell: &Cell) -> bool {
    let mut blocks: Vec<&Block> = cell.blocks.iter().collect();
    while let Some(block) = blocks.pop() {
        let linked = block.inlines().iter().any(|inline| {
            matches!(
                inline,
                Inline::Link { .. } | Inline::Note(_) | Inline::Anchor(_)
            )
        });
        if linked {
            return true;
        }
        match &block.kind {
            BlockKind::List(list) => {
                blocks.extend(list.items.iter().flat_map(|item| &item.blocks));
            }
            BlockKind::Table(_) | BlockKind::Figure { .. } => return true,
            BlockKind::Quote(inner) | BlockKind::Note(inner) => blocks.extend(inner),
            _ => {}
        }
    }
    false
}

fn lines_words() -> Bilingual {
    bilingual!(
        "A table that is too wide or stands too deep for a page follows cell by cell in the PDF. Its structure is in the HTML.",
        "Un tableau trop large ou imbriqué trop profondément pour une page suit cellule par cellule dans le PDF. Sa structure est dans le HTML."
    )
}
