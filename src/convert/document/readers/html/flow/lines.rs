//! Lines: text, links, and what they become when they end.

use super::{
    super::super::{
        super::{Block, BlockKind, DocumentError, Inline, TextStyle, is_visible},
        draft::{push_text, trim_line},
    },
    Flow, KEPT_BYTES, Line, OpenLink,
};
use crate::domain::Part;

impl Flow<'_> {
    pub(in super::super) fn text(&mut self, text: &str) {
        if self.hidden() {
            if self.unseen.len() + text.len() > KEPT_BYTES && !self.unseen.is_empty() {
                // A long text is kept in pieces.
                let name = self.open.last().map_or(String::new(), |e| e.name.clone());
                if name != "style" && name != "script" {
                    let piece = std::mem::take(&mut self.unseen);
                    let place = self.draft.here(Part::HiddenText);
                    self.draft.hide(&piece, place);
                }
            }
            self.unseen.push_str(text);
            return;
        }
        let (style, language, line) = match self.open.last() {
            Some(element) => (element.style, element.language.clone(), element.line),
            None => (TextStyle::default(), None, Line::Text),
        };
        if let Some(language) = &language {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            *self.languages.entry(language.clone()).or_insert(0) += letters;
        }
        if line == Line::Code {
            push_text(
                &mut self.line,
                text,
                TextStyle::default(),
                language.as_deref(),
            );
            return;
        }
        let mut out = String::with_capacity(text.len());
        let mut blank = self.blank;
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0C') {
                if !blank {
                    out.push(' ');
                }
                blank = true;
            } else if c != '\u{FEFF}' && c != '\0' {
                out.push(c);
                blank = false;
            }
        }
        self.blank = blank;
        push_text(&mut self.line, &out, style, language.as_deref());
    }

    /// Ends the link at hand, whose content becomes part of the line; gives its target and whether anything was seen.
    pub(super) fn end_link(&mut self) -> Option<(String, bool)> {
        let OpenLink {
            target,
            outer,
            seen,
        } = self.link.take()?;
        let content = std::mem::replace(&mut self.line, outer);
        if !is_visible(&content) {
            self.line.extend(content);
            return Some((target, seen));
        }
        let link = Inline::Link {
            target: target.clone(),
            content,
        };
        self.line.push(link);
        Some((target, true))
    }

    /// Ends the line at hand as the elements around say.
    pub(super) fn flush(&mut self) -> Result<(), DocumentError> {
        self.flush_as(self.current_line(), false)
    }

    pub(super) fn flush_as(&mut self, kind: Line, of_table: bool) -> Result<(), DocumentError> {
        // A link over several blocks is a link in each of them.
        let link = self.end_link();
        let mut line = std::mem::take(&mut self.line);
        self.blank = true;
        self.link = link.map(|(target, seen)| OpenLink {
            target,
            outer: Vec::new(),
            seen,
        });
        if kind == Line::Code {
            return self.code(line);
        }
        trim_line(&mut line);
        if !is_visible(&line) {
            // Places that links lead to wait for the next line.
            line.retain(|inline| matches!(inline, Inline::Anchor(_)));
            match &mut self.link {
                Some(link) => link.outer = line,
                None => self.line = line,
            }
            return Ok(());
        }
        if of_table {
            match self.tree.caption(line) {
                Ok(()) => return Ok(()),
                Err(back) => line = back,
            }
        }
        self.draft.count_block()?;
        let block = match kind {
            Line::Heading(level) => Block {
                at: self.draft.next_heading(),
                kind: BlockKind::Heading {
                    level,
                    label: None,
                    content: line,
                },
            },
            Line::Caption => Block {
                at: self.draft.next_paragraph(),
                kind: BlockKind::Caption(line),
            },
            _ => Block {
                at: self.draft.next_paragraph(),
                kind: paragraph(line),
            },
        };
        self.tree.add(block);
        Ok(())
    }

    pub(super) fn code(&mut self, line: Vec<Inline>) -> Result<(), DocumentError> {
        let only_text = line
            .iter()
            .all(|inline| matches!(inline, Inline::Text { .. } | Inline::Anchor(_)));
        let kind = if only_text {
            let mut code = String::new();
            for inline in &line {
                if let Inline::Text { text, .. } = inline {
                    code.push_str(text);
                }
            }
            let code = code.trim_matches(['\n', '\r']).to_owned();
            if code.trim().is_empty() {
                return Ok(());
            }
            BlockKind::Code(code)
        } else {
            BlockKind::Paragraph(line)
        };
        self.draft.count_block()?;
        let at = self.draft.next_paragraph();
        self.tree.add(Block { kind, at });
        Ok(())
    }
}

/// Images that stand alone are figures.
fn paragraph(line: Vec<Inline>) -> BlockKind {
    let alone = line.iter().all(|inline| match inline {
        Inline::Image(_) | Inline::Break | Inline::Anchor(_) => true,
        Inline::Text { text, .. } => text.trim().is_empty(),
        _ => false,
    });
    if !alone {
        return BlockKind::Paragraph(line);
    }
    let images = line.into_iter().filter_map(|inline| match inline {
        Inline::Image(image) => Some(image),
        _ => None,
    });
    BlockKind::Figure {
        images: images.collect(),
        caption: None,
    }
}
