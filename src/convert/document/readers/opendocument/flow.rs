//! The flow of a text: paragraphs, headings, lists, sections, indexes (OpenDocument 1.3 part 3, chapters 4, 5 and 8).
//!
//! Rule that must hold: a section that may be hidden is hidden.

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Image, Inline, Marker, is_visible},
        docx::tidy::plain_look,
        draft::trim_line,
    },
    Line, Reader, all_text,
    numbers::Counters,
};
use crate::{
    bilingual,
    convert::xml::Element,
    domain::{Part, Place},
};

/// What a paragraph is by its style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Heading(u8),
    Caption,
    Quote,
    Code,
}

/// The role that a style or one of its parents has.
fn role(names: &[String]) -> Role {
    for name in names {
        return match name.as_str() {
            "title" => Role::Heading(0),
            "caption" | "illustration" | "table" | "figure" | "drawing" | "abbildung"
            | "tabelle" => Role::Caption,
            "quotations" | "quote" | "intense quote" => Role::Quote,
            "preformatted text" | "source text" => Role::Code,
            _ => continue,
        };
    }
    Role::Text
}

impl Reader<'_> {
    /// Reads what stands in an element, block by block.
    pub(super) fn blocks(&mut self, parent: &Element) -> Result<(), DocumentError> {
        self.deeper()?;
        for element in parent.elements() {
            self.block(element)?;
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn block(&mut self, element: &Element) -> Result<(), DocumentError> {
        match element.name() {
            "text:p" | "text:h" => self.paragraph(element),
            "text:list" => self.list(element),
            "text:numbered-paragraph" => self.blocks(element),
            "table:table" => {
                for block in self.table(element)? {
                    self.tree.add(block);
                }
                Ok(())
            }
            "text:section" | "text:index-title" => self.section(element),
            "text:table-of-content"
            | "text:illustration-index"
            | "text:table-index"
            | "text:object-index"
            | "text:user-index"
            | "text:alphabetical-index"
            | "text:bibliography" => self.index(element),
            "text:tracked-changes" => {
                self.tracked_changes(element);
                Ok(())
            }
            "text:change" | "text:change-start" | "text:change-end" => {
                self.change_mark(element);
                Ok(())
            }
            "office:annotation" | "officeooo:annotation" | "loext:annotation" => {
                self.comment(element);
                Ok(())
            }
            "office:forms" => {
                self.forms(element);
                Ok(())
            }
            "text:user-field-decls" | "text:variable-decls" | "text:dde-connection-decls" => {
                self.declarations(element);
                Ok(())
            }
            "text:sequence-decls" | "text:soft-page-break" => Ok(()),
            name if name.starts_with("draw:") => {
                let mut line = Line::default();
                self.drawing(element, &mut line)?;
                self.end_line(Role::Text, None, line)
            }
            _ => self.blocks(element),
        }
    }

    fn paragraph(&mut self, element: &Element) -> Result<(), DocumentError> {
        let name = element.attr("text:style-name");
        let look = self.styles.look("paragraph", name).over(&self.plain);
        if look.hidden == Some(true) || Self::is_hidden_paragraph(element) {
            self.hide(&all_text(element));
            return Ok(());
        }
        let mut line = Line {
            inlines: std::mem::take(&mut self.anchors),
            spaced: true,
            ..Line::default()
        };
        self.inlines(element, &look, &mut line)?;
        let names = self.styles.names("paragraph", name);
        if element.name() != "text:h" {
            return self.end_line(role(&names), None, line);
        }
        let level = element.number::<u8>("text:outline-level").unwrap_or(1);
        let level = level.clamp(1, 9);
        // Empty headings are not counted.
        let counted = is_visible(&line.inlines)
            && element.attr("text:is-list-header") != Some("true")
            && self.story.published;
        let label = if counted {
            let outline = std::rc::Rc::clone(&self.styles.outline);
            let restart = element.attr("text:restart-numbering") == Some("true");
            let start =
                element
                    .number::<u32>("text:start-value")
                    .or(if restart { Some(1) } else { None });
            let counters = &mut self.numbering.headings;
            outline.next(usize::from(level - 1), start, counters).label
        } else {
            None
        };
        self.end_line(Role::Heading(level), label, line)
    }

    /// A field in the paragraph may hide it as a whole (7.7.11).
    fn is_hidden_paragraph(element: &Element) -> bool {
        let mut fields = Vec::new();
        element.find_all("text:hidden-paragraph", &mut fields);
        fields
            .iter()
            .any(|field| field.attr("text:is-hidden") == Some("true"))
    }

    /// Ends a paragraph.
    pub(super) fn end_line(
        &mut self,
        role: Role,
        label: Option<String>,
        line: Line,
    ) -> Result<(), DocumentError> {
        let Line {
            mut inlines, boxes, ..
        } = line;
        if is_visible(&inlines) {
            self.draft.count_block()?;
            if role != Role::Code {
                trim_line(&mut inlines);
            }
            let block = self.line_block(role, label, inlines);
            self.tree.add(block);
        } else {
            inlines.retain(|inline| matches!(inline, Inline::Anchor(_)));
            self.anchors.append(&mut inlines);
        }
        for block in boxes {
            self.tree.add(block);
        }
        Ok(())
    }

    fn line_block(&mut self, role: Role, label: Option<String>, line: Vec<Inline>) -> Block {
        let at = match (self.story.label.is_empty(), role) {
            (true, Role::Heading(_)) => self.draft.next_heading(),
            (true, _) => self.draft.next_paragraph(),
            (false, _) => Place::new(self.story.part, self.story.label.clone()),
        };
        let kind = match role {
            Role::Heading(level) => {
                let mut content = line;
                plain_look(&mut content);
                BlockKind::Heading {
                    level,
                    label,
                    content,
                }
            }
            Role::Caption => captioned(line),
            Role::Quote => BlockKind::Quote(vec![Block {
                kind: BlockKind::Paragraph(line),
                at: at.clone(),
            }]),
            Role::Code if line.iter().all(is_plain) => BlockKind::Code(
                line.iter()
                    .map(|inline| match inline {
                        Inline::Text { text, .. } => text.as_str(),
                        _ => "\n",
                    })
                    .collect(),
            ),
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

    fn section(&mut self, section: &Element) -> Result<(), DocumentError> {
        if let Some(source) = section.child("text:section-source")
            && let Some(target) = source.attr("xlink:href")
        {
            self.external(target, "section");
        }
        match section.attr("text:display") {
            Some("none") => {
                self.hide(&all_text(section));
                Ok(())
            }
            Some("condition") => {
                self.hide(&all_text(section));
                let place = self.here(Part::HiddenText);
                self.draft.warn(
                    "conditional_section",
                    bilingual!(
                        "A section that is shown on a condition was left out. If readers are to see it, remove the condition.",
                        "Une section affichée sous condition a été omise. Si les lecteurs doivent la voir, retirez la condition."
                    ),
                    place,
                );
                Ok(())
            }
            _ => self.blocks(section),
        }
    }

    /// A table of contents or another index: its lines as a list without marks.
    fn index(&mut self, index: &Element) -> Result<(), DocumentError> {
        if index.attr("text:display") == Some("none") {
            self.hide(&all_text(index));
            return Ok(());
        }
        let Some(body) = index.child("text:index-body") else {
            return Ok(());
        };
        let mut listed = false;
        for element in body.elements() {
            let entry = element.name() == "text:p";
            if entry && !listed {
                self.tree.open_list(Marker::Plain, 1);
            } else if !entry && listed {
                self.tree.close(&mut self.draft)?;
            }
            listed = entry;
            if entry {
                self.tree.open_item(None, None);
                self.block(element)?;
                self.tree.close(&mut self.draft)?;
            } else {
                self.block(element)?;
            }
        }
        if listed {
            self.tree.close(&mut self.draft)?;
        }
        Ok(())
    }

    fn list(&mut self, list: &Element) -> Result<(), DocumentError> {
        if headings_only(list) {
            let mut headings = Vec::new();
            list.find_all("text:h", &mut headings);
            return headings
                .into_iter()
                .try_for_each(|heading| self.paragraph(heading));
        }
        let style = list.attr("text:style-name").map(str::to_owned);
        let style = style.unwrap_or_else(|| {
            let paragraph = list.find("text:p");
            let name = paragraph.and_then(|p| p.attr("text:style-name"));
            self.styles.list_of_paragraph(name).unwrap_or_default()
        });
        let mut counters = self.numbering.begin(list, &style);
        self.list_level(list, &style, 0, &mut counters)?;
        self.numbering.end(list, &style, counters);
        Ok(())
    }

    fn list_level(
        &mut self,
        list: &Element,
        style: &str,
        level: usize,
        counters: &mut Counters,
    ) -> Result<(), DocumentError> {
        self.deeper()?;
        let style = list.attr("text:style-name").unwrap_or(style);
        let list_style = self.styles.list(style);
        self.tree.open_list(list_style.marker(level), 1);
        for item in list.elements() {
            let mut children = item
                .elements()
                .filter(|child| child.name() != "text:soft-page-break")
                .peekable();
            // An item that begins with a list only places it on its level.
            let counted = item.name() == "text:list-item"
                && children
                    .peek()
                    .is_some_and(|child| child.name() != "text:list");
            if counted {
                let own = item
                    .attr("text:style-override")
                    .map(|name| self.styles.list(name));
                let start = item.number("text:start-value");
                let mark = own
                    .as_ref()
                    .unwrap_or(&list_style)
                    .next(level, start, counters);
                self.tree.open_item(Some(mark.value), mark.label);
            }
            for child in children {
                if child.name() == "text:list" {
                    self.list_level(child, style, level + 1, counters)?;
                } else {
                    self.block(child)?;
                }
            }
            if counted {
                self.tree.close(&mut self.draft)?;
            }
        }
        self.tree.close(&mut self.draft)?;
        self.depth -= 1;
        Ok(())
    }
}

fn is_plain(inline: &Inline) -> bool {
    matches!(inline, Inline::Text { .. } | Inline::Break)
}

/// A caption that begins with its pictures is a figure.
fn captioned(line: Vec<Inline>) -> BlockKind {
    let mut images: Vec<Image> = Vec::new();
    let mut rest = Vec::new();
    for inline in line {
        match inline {
            Inline::Image(image) if !is_visible(&rest) => images.push(image),
            inline => rest.push(inline),
        }
    }
    if images.is_empty() {
        return BlockKind::Caption(rest);
    }
    trim_line(&mut rest);
    let caption = is_visible(&rest).then_some(rest);
    BlockKind::Figure { images, caption }
}

/// Numbered headings may stand in lists that only carry their number.
fn headings_only(list: &Element) -> bool {
    let mut found = false;
    let only = list.elements().all(|item| {
        item.elements().all(|child| match child.name() {
            "text:h" => {
                found = true;
                true
            }
            "text:list" => {
                let inner = headings_only(child);
                found |= inner;
                inner
            }
            "text:soft-page-break" | "text:change" | "text:change-start" | "text:change-end" => {
                true
            }
            _ => false,
        })
    });
    only && found
}
