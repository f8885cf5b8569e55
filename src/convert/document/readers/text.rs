//! Plain text: paragraphs, quotations by `>`, and lists where their marks leave no doubt.
//!
//! Rule that must hold: every character of the text is in a block; in doubt lines stay lines.

use std::io::Read;

use super::{
    super::{
        Block, BlockKind, Document, DocumentError, Inline, List, ListItem, Marker, ReadOptions,
        TextStyle,
    },
    draft::{Draft, push_text, text, trim_line},
};
use crate::{
    bilingual,
    convert::table::decode_text,
    domain::{Part, Place},
};

/// Reads a plain text file. The encoding is that of its byte-order mark, UTF-8 when it is valid, else a guess.
///
/// # Errors
/// [`DocumentError`] when the file cannot be read or is beyond the limits.
pub(super) fn read_text(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let content = decode(&bytes, &mut draft);
    let blocks = blocks_of(&content, &mut draft)?;
    Ok(draft.finish(blocks, None, None))
}

/// All bytes of an input that is read as a whole.
pub(super) fn whole(input: &mut impl Read, limit: u64) -> Result<Vec<u8>, DocumentError> {
    let mut bytes = Vec::new();
    input
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| DocumentError::Corrupt {
            part: "file".to_owned(),
            why: error.to_string(),
        })?;
    if bytes.len() as u64 > limit {
        return Err(DocumentError::limit("bytes", limit));
    }
    Ok(bytes)
}

/// The bytes as text, with a warning when some of them mean nothing.
pub(super) fn decode(bytes: &[u8], draft: &mut Draft) -> String {
    let decoded = decode_text(bytes);
    if decoded.replaced {
        undecodable(draft, decoded.encoding.name());
    }
    decoded.text
}

pub(super) fn undecodable(draft: &mut Draft, encoding: &str) {
    let place = draft.place(Part::Package, format_args!("text"));
    draft.warn(
        "undecodable_text",
        bilingual!(
            "Some bytes mean nothing in the encoding {encoding}. Save the file as UTF-8 and replace it.",
            "Certains octets n’ont pas de sens dans le codage {encoding}. Enregistrez le fichier en UTF-8 et remplacez-le."
        ),
        place,
    );
}

/// The blocks of plain text.
pub(super) fn blocks_of(content: &str, draft: &mut Draft) -> Result<Vec<Block>, DocumentError> {
    let mut text = Text {
        draft,
        frames: vec![Vec::new()],
        lines: Vec::new(),
    };
    for line in content.lines() {
        let line = line.trim_end_matches(['\r', '\u{1A}']);
        text.line(line)?;
    }
    text.paragraph()?;
    text.close_to(0);
    Ok(text.frames.pop().unwrap_or_default())
}

struct Text<'a> {
    draft: &'a mut Draft,
    /// The text itself, then quotations within quotations.
    frames: Vec<Vec<Block>>,
    /// Lines of the paragraph at hand, without quotation marks.
    lines: Vec<String>,
}

impl Text<'_> {
    fn line(&mut self, line: &str) -> Result<(), DocumentError> {
        let (depth, rest) = quoted(line, self.draft.limits.nesting);
        if rest.trim().is_empty() {
            self.paragraph()?;
            if depth > 0 || !line.trim().is_empty() {
                self.close_to(depth);
            }
            return Ok(());
        }
        if depth + 1 != self.frames.len() {
            self.paragraph()?;
            self.close_to(depth);
            while self.frames.len() <= depth {
                self.frames.push(Vec::new());
            }
        }
        self.lines.push(rest.to_owned());
        Ok(())
    }

    /// Ends quotations deeper than this.
    fn close_to(&mut self, depth: usize) {
        while self.frames.len() > depth + 1 {
            let Some(inner) = self.frames.pop() else {
                return;
            };
            if let (Some(first), Some(outer)) = (inner.first(), self.frames.last_mut()) {
                let at = first.at.clone();
                outer.push(Block {
                    kind: BlockKind::Quote(inner),
                    at,
                });
            }
        }
    }

    fn paragraph(&mut self) -> Result<(), DocumentError> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return Ok(());
        }
        self.draft.count_block()?;
        let block = if let Some((intro, marker, items)) = list_of(&lines) {
            if !intro.is_empty() {
                let at = self.draft.next_paragraph();
                self.push(paragraph_of(intro, at));
            }
            let mut list = List {
                marker,
                items: Vec::new(),
            };
            let mut first = None;
            for (value, label, lines) in items {
                self.draft.count_block()?;
                let at = self.draft.next_paragraph();
                first.get_or_insert_with(|| at.clone());
                list.items.push(ListItem {
                    value,
                    label,
                    blocks: vec![paragraph_of(&lines, at)],
                });
            }
            Block {
                kind: BlockKind::List(list),
                at: first.unwrap_or_else(|| self.draft.here(Part::Body)),
            }
        } else {
            let at = self.draft.next_paragraph();
            paragraph_of(&lines, at)
        };
        self.push(block);
        Ok(())
    }

    fn push(&mut self, block: Block) {
        if let Some(frame) = self.frames.last_mut() {
            frame.push(block);
        }
    }
}

/// How deep a line is quoted, and the rest of it.
fn quoted(line: &str, deepest: usize) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while depth < deepest {
        // One blank may stand between two marks; more of them, and the mark belongs to the text.
        let bare = rest.strip_prefix(' ').unwrap_or(rest);
        let Some(after) = bare.strip_prefix('>') else {
            break;
        };
        rest = after;
        depth += 1;
    }
    if depth > 0 {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth, rest)
}

/// Lines as one paragraph. Lines that were only wrapped flow on; short lines (addresses, signatures) stay lines.
fn paragraph_of(lines: &[impl AsRef<str>], at: Place) -> Block {
    // Columns made with blanks or tabs mean something only as they stand.
    let aligned = |line: &str| line.trim_start().contains("   ") || line.trim().contains('\t');
    if lines.len() > 1 && lines.iter().all(|line| aligned(line.as_ref())) {
        let whole: Vec<&str> = lines.iter().map(AsRef::as_ref).collect();
        return Block {
            kind: BlockKind::Code(whole.join("\n")),
            at,
        };
    }
    let mut content: Vec<Inline> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let line = line.as_ref();
        if index > 0 {
            if lines[index - 1].as_ref().trim_end().chars().count() >= WRAPPED {
                push_text(&mut content, " ", TextStyle::default(), None);
            } else {
                content.push(Inline::Break);
            }
        }
        push_text(&mut content, line.trim(), TextStyle::default(), None);
    }
    trim_line(&mut content);
    if content.is_empty() {
        content.push(text(""));
    }
    Block {
        kind: BlockKind::Paragraph(content),
        at,
    }
}

/// A line of so many characters ended because it was full.
const WRAPPED: usize = 56;

type Item = (u32, Option<String>, Vec<String>);

/// The list that lines make: what comes before it, how it is marked, its items. At least two items with the same kind of
/// mark, numbers that follow each other, and nothing else but lines that are indented as deep as the text of an item.
fn list_of(lines: &[String]) -> Option<(&[String], Marker, Vec<Item>)> {
    let start = lines.iter().position(|line| mark(line).is_some())?;
    let (intro, rest) = lines.split_at(start);
    // A sentence that happens to begin a line with a number is no list.
    if intro
        .last()
        .is_some_and(|line| !line.trim_end().ends_with(':'))
    {
        return None;
    }
    let mut items: Vec<Item> = Vec::new();
    let mut kind: Option<(Marker, char)> = None;
    for line in rest {
        if let Some(found) = mark(line) {
            let same = kind.get_or_insert((found.marker, found.sign));
            let follows = items.last().is_none_or(|last| {
                found.marker == Marker::Bullet || Some(found.value) == last.0.checked_add(1)
            });
            if *same != (found.marker, found.sign) || !follows {
                return None;
            }
            let label = (found.marker != Marker::Bullet).then_some(found.label);
            items.push((found.value, label, vec![found.rest]));
        } else if line.starts_with([' ', '\t']) {
            items.last_mut()?.2.push(line.clone());
        } else {
            return None;
        }
    }
    let (marker, _) = kind?;
    (items.len() > 1).then_some((intro, marker, items))
}

struct Mark {
    marker: Marker,
    /// The bullet, or what follows the number.
    sign: char,
    value: u32,
    label: String,
    rest: String,
}

fn mark(line: &str) -> Option<Mark> {
    let line = line.trim_start();
    let (head, rest) = line.split_once([' ', '\t'])?;
    if rest.trim().is_empty() {
        return None;
    }
    let rest = rest.trim().to_owned();
    let mut signs = head.chars();
    if let (Some(sign @ ('-' | '*' | '•' | '–' | '·')), None) = (signs.next(), signs.next()) {
        return Some(Mark {
            marker: Marker::Bullet,
            sign,
            value: 1,
            label: String::new(),
            rest,
        });
    }
    let sign = head.chars().last().filter(|c| matches!(c, '.' | ')'))?;
    let number = &head[..head.len() - 1];
    if number.is_empty() || number.len() > 3 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(Mark {
        marker: Marker::Decimal,
        sign,
        value: number.parse().ok()?,
        label: head.to_owned(),
        rest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::document::{Limits, plain_text};

    /// Blocks in short: `p`, `q(…)`, `ul`, `ol`, `pre`.
    fn shape(blocks: &[Block]) -> String {
        let one = |block: &Block| match &block.kind {
            BlockKind::Paragraph(content) => format!("p {}", plain_text(content)),
            BlockKind::Code(text) => format!("pre {text}"),
            BlockKind::Quote(inner) => format!("q({})", shape(inner)),
            BlockKind::List(list) => {
                let items: Vec<String> = list.items.iter().map(|i| shape(&i.blocks)).collect();
                format!("{:?}({})", list.marker, items.join("; "))
            }
            other => format!("{other:?}"),
        };
        blocks.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    fn check(input: &str, expect: &str) {
        let mut draft = Draft::new(Limits::default());
        let blocks = blocks_of(input, &mut draft).unwrap();
        assert_eq!(shape(&blocks), expect, "{input}");
    }

    #[test]
    fn paragraphs_lists_and_quotations() {
        check("", "");
        check("one\n\n\ntwo\r\n", "p one | p two");
        check("1 Main Street\nOttawa", "p 1 Main Street Ottawa");
        check("- a\n- b\n  more\n", "Bullet(p a; p b more)");
        check("List:\n1. a\n2. b", "p List: | Decimal(p a; p b)");
        check("> a\n>> b\n> c\nd", "q(p a | q(p b) | p c) | p d");
        check("> a\n\n> b", "q(p a | p b)");
        check("a    1\nb    2", "pre a    1\nb    2");
    }

    #[test]
    fn doubtful_lists_stay_lines() {
        check("We paid\n3. and more", "p We paid 3. and more");
        check("1. a\n3. b", "p 1. a 3. b");
        check("- a", "p - a");
        check("- a\n* b", "p - a * b");
        check("2024. x\n2025. y", "p 2024. x 2025. y");
    }

    #[test]
    fn deep_quotations_are_bounded() {
        let deep = format!("{} x", ">".repeat(100_000));
        let mut draft = Draft::new(Limits::default());
        let blocks = blocks_of(&deep, &mut draft).unwrap();
        assert!(shape(&blocks).contains('x'));
    }

    #[test]
    fn old_encodings_are_read() {
        let mut draft = Draft::new(Limits::default());
        assert_eq!(
            decode(b"Qu\xE9bec et Montr\xE9al", &mut draft),
            "Québec et Montréal"
        );
        assert_eq!(decode(b"\xEF\xBB\xBFa", &mut draft), "a");
    }
}
