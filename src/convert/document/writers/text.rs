//! Plain text, UTF-8: for programs that read nothing else, and for search.
//!
//! Paragraphs are not wrapped, headings are underlined, tables are rows of tab-separated cells, notes are numbered
//! and stand at the end. Rule that must hold: all visible text is in it, in reading order.

use std::collections::BTreeSet;

use super::{
    Written,
    html::{heading_words, is_forbidden, link_words, missing_alt_words},
    links::external,
    outline::Outline,
};
use crate::{
    convert::document::{
        Block, BlockKind, Cell, Content, Image, Inline, List, Marker, Table, TitleBlock, append,
        is_visible, plain_text,
    },
    domain::{Bilingual, Part, Place, Warning},
};

/// Writes a document as plain text.
pub(super) fn write(content: &Content) -> Written {
    let mut text = Text {
        content,
        outline: Outline::default(),
        here: Place::new(Part::Body, "start"),
        warnings: Vec::new(),
    };
    let mut out = String::new();
    if content.title_block == TitleBlock::Absent {
        out.push_str(&underlined(&clean(&content.title), 1));
    }
    for (index, block) in content.blocks.iter().enumerate() {
        match &block.kind {
            BlockKind::Heading { label, content, .. }
                if text.content.title_block == TitleBlock::At(index) =>
            {
                out.push_str(&text.heading(1, label.as_deref(), content));
            }
            _ => out.push_str(&text.block(block)),
        }
    }
    if !content.notes.is_empty() {
        out.push_str(&underlined("Notes", 2));
        for (index, note) in content.notes.iter().enumerate() {
            let mark = format!("[{}] ", index + 1);
            let inner = text.blocks(&note.blocks);
            out.push_str(&mark);
            out.push_str(&indent(inner.trim_end(), mark.len()));
            out.push_str("\n\n");
        }
    }
    let length = out.trim_end().len();
    out.truncate(length);
    out.push('\n');
    Written {
        text: out,
        warnings: text.warnings,
        assets: BTreeSet::new(),
    }
}

struct Text<'a> {
    content: &'a Content,
    outline: Outline,
    /// The block at hand.
    here: Place,
    warnings: Vec<Warning>,
}

impl Text<'_> {
    fn blocks(&mut self, blocks: &[Block]) -> String {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    fn block(&mut self, block: &Block) -> String {
        self.here.clone_from(&block.at);
        match &block.kind {
            BlockKind::Heading {
                level,
                label,
                content,
            } => {
                if plain_text(content).trim().is_empty() {
                    return self.paragraph(content);
                }
                let (level, skips) = self.outline.next(*level);
                if skips {
                    self.warn("heading_order", heading_words(), &block.at);
                }
                self.heading(level, label.as_deref(), content)
            }
            BlockKind::Paragraph(content) | BlockKind::Caption(content) => self.paragraph(content),
            BlockKind::List(list) => self.list(list),
            BlockKind::Table(table) => self.table(table),
            BlockKind::Figure { images, caption } => {
                let mut out = String::new();
                for image in images {
                    let words = self.image(image);
                    if !words.is_empty() {
                        append(&mut out, format_args!("{words}\n"));
                    }
                }
                if !out.is_empty() {
                    out.push('\n');
                }
                if let Some(caption) = caption {
                    out.push_str(&self.paragraph(caption));
                }
                out
            }
            BlockKind::Code(text) => {
                let lines: Vec<String> = text.lines().map(clean).collect();
                format!("    {}\n\n", indent(&lines.join("\n"), 4))
            }
            BlockKind::Quote(blocks) => {
                let mut out = String::new();
                for line in self.blocks(blocks).trim_end().lines() {
                    out.push_str(format!("> {line}").trim_end());
                    out.push('\n');
                }
                out.push('\n');
                out
            }
            BlockKind::Note(blocks) => {
                let inner = self.blocks(blocks);
                format!("    {}\n\n", indent(inner.trim_end(), 4))
            }
        }
    }

    fn heading(&mut self, level: u8, label: Option<&str>, content: &[Inline]) -> String {
        let text = self.inlines(content).replace('\n', " ");
        let label = label.map(|l| format!("{} ", clean(l))).unwrap_or_default();
        underlined(format!("{label}{}", text.trim()).trim(), level)
    }

    fn paragraph(&mut self, content: &[Inline]) -> String {
        let text = self.inlines(content);
        let text = text.trim();
        if text.is_empty() {
            String::new()
        } else {
            format!("{text}\n\n")
        }
    }

    fn list(&mut self, list: &List) -> String {
        let mut out = String::new();
        for item in &list.items {
            let label = item.label.as_deref().map_or("", str::trim);
            let mark = match list.marker {
                Marker::Plain => String::new(),
                marker
                    if marker == Marker::Bullet
                        || (marker == Marker::Labelled && label.is_empty()) =>
                {
                    "- ".to_owned()
                }
                _ if label.is_empty() => format!("{}. ", item.value),
                _ => format!("{} ", clean(label)),
            };
            let inner = self.blocks(&item.blocks);
            // Items stand close to each other.
            let inner = inner.trim_end().replace("\n\n", "\n");
            out.push_str(&mark);
            out.push_str(&indent(&inner, if mark.is_empty() { 0 } else { 2 }));
            out.push('\n');
        }
        out.push('\n');
        out
    }

    fn table(&mut self, table: &Table) -> String {
        let mut out = String::new();
        match (&table.caption, &table.description) {
            (Some(caption), _) if is_visible(caption) => out.push_str(&self.paragraph(caption)),
            (_, Some(text)) => append(&mut out, format_args!("{}\n\n", clean(text))),
            _ => {}
        }
        for row in &table.rows {
            let mut cells = Vec::new();
            for cell in row {
                cells.push(self.cell(cell));
                // Cells that are covered stay empty, so that columns keep their place.
                let covered = cell.column_span.min(table.columns).saturating_sub(1);
                cells.extend(std::iter::repeat_n(String::new(), covered));
            }
            out.push_str(cells.join("\t").trim_end());
            out.push('\n');
        }
        out.push('\n');
        out
    }

    fn cell(&mut self, cell: &Cell) -> String {
        let text = self.blocks(&cell.blocks);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn image(&mut self, image: &Image) -> String {
        if image.decorative {
            return String::new();
        }
        let french = self.content.language.starts_with("fr");
        match image.alt.as_deref().map(str::trim) {
            Some(alt) if !alt.is_empty() => format!("[Image: {}]", clean(alt)),
            _ => {
                self.warn("missing_alt_text", missing_alt_words(), &image.at);
                let words = if french {
                    "[Image sans description dans le document source]"
                } else {
                    "[Image without a description in the source document]"
                };
                words.to_owned()
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) -> String {
        let mut out = String::new();
        for inline in inlines {
            match inline {
                Inline::Text { text, .. } => out.push_str(&clean(text)),
                Inline::Link { target, content } => {
                    let text = self.inlines(content);
                    out.push_str(&text);
                    if target.starts_with('#') {
                        continue;
                    }
                    match external(target) {
                        Some(address) if !says(&text, &address) => {
                            append(&mut out, format_args!(" <{address}>"));
                        }
                        Some(_) => {}
                        None => {
                            let here = Place::new(Part::Link, self.here.at.clone());
                            self.warn("dropped_link", link_words(), &here);
                        }
                    }
                }
                Inline::Image(image) => out.push_str(&self.image(image)),
                Inline::Note(index) => append(&mut out, format_args!("[{}]", index + 1)),
                Inline::Break => out.push('\n'),
                Inline::Anchor(_) => {}
            }
        }
        out
    }

    fn warn(&mut self, code: &str, message: Bilingual, place: &Place) {
        self.warnings.push(Warning {
            code: code.to_owned(),
            message,
            place: place.clone(),
        });
    }
}

/// Whether the text of a link already is its address.
fn says(text: &str, address: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_prefix("mailto:").unwrap_or(&text);
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.trim_end_matches('/').to_owned()
    };
    bare(text) == bare(address)
}

fn underlined(text: &str, level: u8) -> String {
    let mark = match level {
        0 | 1 => "=",
        2 => "-",
        _ => "~",
    };
    let width = text.chars().count().clamp(1, 200);
    format!("{text}\n{}\n\n", mark.repeat(width))
}

/// Text of one line, without characters that are none.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_whitespace() && c != '\u{A0}' {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !is_forbidden(*c))
        .collect()
}

fn indent(text: &str, width: usize) -> String {
    let pad = format!("\n{}", " ".repeat(width));
    text.lines().collect::<Vec<_>>().join(&pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_once() {
        let check = |text: &str, address: &str, expect: bool| {
            assert_eq!(says(text, address), expect, "{text}");
        };
        check("https://example.org", "https://example.org/", true);
        check("example.org", "https://example.org/", true);
        check("info@example.org", "mailto:info@example.org", true);
        check("here", "https://example.org/", false);
    }

    #[test]
    fn lines_are_clean() {
        assert_eq!(clean("a\tb\u{0}\u{FFFE}c\nd"), "a bc d");
        assert_eq!(underlined("Été", 1), "Été\n===\n\n");
        assert_eq!(indent("a\nb", 2), "a\n  b");
    }
}
