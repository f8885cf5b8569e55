//! From the flow of paragraphs to structure: nested lists, captions, quotations, preformatted text.

use super::{body::Entry, numbering::Mark};
use crate::{
    convert::document::{Block, BlockKind, Inline, List, ListItem, Marker, TextStyle, plain_text},
    domain::{Place, TextUnit},
};

/// Folds marked paragraphs into nested lists, then joins blocks that belong together.
pub(super) fn fold_lists(entries: Vec<Entry>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for Entry { block, mark } in entries {
        let Some(mark) = mark else {
            close_down_to(&mut open, 0, &mut out);
            out.push(block);
            continue;
        };
        // Deeper lists end; so does one on the same level that is another list.
        let keep = open
            .iter()
            .position(|o| o.level > mark.level || (o.level == mark.level && !o.takes(&mark)))
            .unwrap_or(open.len());
        close_down_to(&mut open, keep, &mut out);
        if open.last().is_none_or(|o| o.level < mark.level) {
            open.push(Open {
                level: mark.level,
                id: mark.list.clone(),
                at: block.at.clone(),
                list: List {
                    marker: mark.marker,
                    items: Vec::new(),
                },
            });
        }
        if let Some(last) = open.last_mut() {
            let item = ListItem {
                value: mark.value,
                label: mark.label,
                blocks: vec![block],
            };
            last.list.items.push(item);
        }
    }
    close_down_to(&mut open, 0, &mut out);
    merge_runs_of_blocks(&mut out);
    out
}

struct Open {
    level: u8,
    id: String,
    at: Place,
    list: List,
}

impl Open {
    /// True when the mark goes on with this list. Word may give items of one list several ids; a number that
    /// follows the last one tells that they belong together.
    fn takes(&self, mark: &Mark) -> bool {
        let last = self.list.items.last().map_or(0, |item| item.value);
        self.list.marker == mark.marker
            && (self.id == mark.list
                || mark.marker == Marker::Bullet
                || (mark.value > 1 && mark.value - 1 == last))
    }
}

fn close_down_to(open: &mut Vec<Open>, keep: usize, out: &mut Vec<Block>) {
    while open.len() > keep {
        let Some(Open { at, list, .. }) = open.pop() else {
            return;
        };
        let block = Block {
            kind: BlockKind::List(list),
            at,
        };
        match open.last_mut().and_then(|o| o.list.items.last_mut()) {
            Some(item) => item.blocks.push(block),
            None => out.push(block),
        }
    }
}

/// Joins neighbours: lines of code, paragraphs of a quotation, captions with their table or figure.
pub(in super::super) fn merge_runs_of_blocks(blocks: &mut Vec<Block>) {
    let mut out: Vec<Block> = Vec::with_capacity(blocks.len());
    let mut rest = blocks.drain(..).peekable();
    while let Some(mut block) = rest.next() {
        let before_table = rest
            .peek()
            .is_some_and(|next| matches!(next.kind, BlockKind::Table(_)));
        match (out.last_mut().map(|b| &mut b.kind), &mut block.kind) {
            (Some(BlockKind::Code(last)), BlockKind::Code(text)) => {
                last.push('\n');
                last.push_str(text);
                continue;
            }
            (Some(BlockKind::Quote(last)), BlockKind::Quote(more)) => {
                last.append(more);
                continue;
            }
            (
                Some(BlockKind::Figure {
                    caption: caption @ None,
                    ..
                }),
                BlockKind::Caption(text),
            ) if !before_table || !names_a_table(text) => {
                *caption = Some(std::mem::take(text));
                continue;
            }
            (Some(BlockKind::Caption(text)), BlockKind::Table(table))
                if table.caption.is_none() =>
            {
                table.caption = Some(std::mem::take(text));
                out.pop();
            }
            (Some(BlockKind::Paragraph(text)), BlockKind::Table(table))
                if table.caption.is_none() && names_a_table(text) =>
            {
                table.caption = Some(std::mem::take(text));
                out.pop();
            }
            (Some(BlockKind::Table(table)), BlockKind::Caption(text))
                if table.caption.is_none() && !before_table =>
            {
                table.caption = Some(std::mem::take(text));
                continue;
            }
            _ => {}
        }
        out.push(block);
    }
    drop(rest);
    *blocks = out;
}

/// A short paragraph such as “Table 3: …” right before a table is its caption, whatever its style.
fn names_a_table(content: &[Inline]) -> bool {
    let text = plain_text(content).trim().to_lowercase();
    let rest = text
        .strip_prefix("table ")
        .or_else(|| text.strip_prefix("tableau "));
    text.len() < 300 && rest.is_some_and(|r| r.starts_with(|c: char| c.is_alphanumeric()))
}

/// A heading or header cell that is bold or italic throughout is so by its style, which says nothing.
pub(in super::super) fn plain_look(content: &mut [Inline]) {
    fn all(content: &[Inline], is: fn(&TextStyle) -> bool) -> bool {
        content.iter().all(|inline| match inline {
            Inline::Text { text, style, .. } => is(style) || text.trim().is_empty(),
            Inline::Link { content, .. } => all(content, is),
            _ => true,
        })
    }
    fn clear(content: &mut [Inline], with: fn(&mut TextStyle)) {
        for inline in content {
            match inline {
                Inline::Text { style, .. } => with(style),
                Inline::Link { content, .. } => clear(content, with),
                _ => {}
            }
        }
    }
    if all(content, |style| style.strong) {
        clear(content, |style| style.strong = false);
    }
    if all(content, |style| style.emphasis) {
        clear(content, |style| style.emphasis = false);
    }
}

/// The text of a line of code; none when it holds more than text.
pub(super) fn preformatted(content: &[Inline]) -> Option<String> {
    let mut out = String::new();
    for inline in content {
        match inline {
            Inline::Text { text, .. } => out.push_str(text),
            Inline::Break => out.push('\n'),
            _ => return None,
        }
    }
    Some(out)
}

/// The texts of blocks that are read for the screening only.
pub(in super::super) fn screen_only(blocks: &[Block], place: &Place, out: &mut Vec<TextUnit>) {
    for block in blocks {
        match &block.kind {
            BlockKind::Heading { content, .. }
            | BlockKind::Paragraph(content)
            | BlockKind::Caption(content) => screen_inlines(content, place, out),
            BlockKind::Code(text) => push_unit(text, place, out),
            BlockKind::Figure { images, caption } => {
                for alt in images.iter().filter_map(|image| image.alt.as_deref()) {
                    push_unit(alt, place, out);
                }
                screen_inlines(caption.as_deref().unwrap_or(&[]), place, out);
            }
            BlockKind::List(list) => {
                let items = list.items.iter();
                items.for_each(|item| screen_only(&item.blocks, place, out));
            }
            BlockKind::Table(table) => {
                screen_inlines(table.caption.as_deref().unwrap_or(&[]), place, out);
                let cells = table.rows.iter().flatten();
                cells.for_each(|cell| screen_only(&cell.blocks, place, out));
            }
            BlockKind::Quote(blocks) | BlockKind::Note(blocks) => screen_only(blocks, place, out),
        }
    }
}

fn screen_inlines(content: &[Inline], place: &Place, out: &mut Vec<TextUnit>) {
    push_unit(&plain_text(content), place, out);
    for inline in content {
        match inline {
            Inline::Image(image) => push_unit(image.alt.as_deref().unwrap_or(""), place, out),
            Inline::Link { target, .. } if !target.starts_with('#') => {
                push_unit(target, place, out);
            }
            _ => {}
        }
    }
}

fn push_unit(text: &str, place: &Place, out: &mut Vec<TextUnit>) {
    if !text.trim().is_empty() {
        out.push(TextUnit {
            place: place.clone(),
            text: text.to_owned(),
            labels: Vec::new(),
        });
    }
}
