//! Blocks: paragraphs, headings and lists out of the flow of a story.
//!
//! Rule that must hold: every visible paragraph becomes exactly one block, or is joined to the next when its
//! mark is deleted.

use std::io::{Read, Seek};

use super::{
    Reader, Story,
    extras::all_text,
    fields::Action,
    numbering::Mark,
    runs::{Line, Token, nest},
    styles::num_pr,
    tidy::{fold_lists, plain_look, preformatted},
};
use crate::{
    bilingual,
    convert::{
        document::{
            Block, BlockKind, Change, ChangeKind, DocumentError, Inline, Marker, is_visible,
        },
        xml::Element,
    },
    domain::{Part, Place, Unreadable},
};

/// A block before lists are folded.
pub(super) struct Entry {
    pub(super) block: Block,
    pub(super) mark: Option<Mark>,
}

/// How many paragraphs may count as the first page.
const FIRST_PAGE_PARAGRAPHS: u32 = 10;

impl<R: Read + Seek> Reader<R> {
    /// The blocks of a story.
    pub(super) fn blocks(
        &mut self,
        parent: &Element,
        story: &mut Story,
    ) -> Result<Vec<Block>, DocumentError> {
        if story.nesting > self.limits.nesting {
            let limit = self.limits.nesting as u64;
            return Err(DocumentError::limit("levels", limit));
        }
        let mut entries = Vec::new();
        self.flow(parent, story, &mut entries)?;
        if !story.carried.is_empty() {
            let content = nest(std::mem::take(&mut story.carried));
            if is_visible(&content) {
                let at = story.place();
                let block = Block {
                    kind: BlockKind::Paragraph(content),
                    at,
                };
                entries.push(Entry { block, mark: None });
            }
        }
        Ok(fold_lists(entries))
    }

    fn flow(
        &mut self,
        parent: &Element,
        story: &mut Story,
        out: &mut Vec<Entry>,
    ) -> Result<(), DocumentError> {
        for element in parent.elements() {
            match element.name() {
                "w:p" => self.paragraph(element, story, out)?,
                "w:tbl" => {
                    for block in self.table(element, story)? {
                        out.push(Entry { block, mark: None });
                    }
                }
                "w:sdt" => {
                    if let Some(content) = element.child("w:sdtContent") {
                        self.flow(content, story, out)?;
                    }
                }
                "w:customXml" | "w:smartTag" => self.flow(element, story, out)?,
                "w:ins" | "w:moveTo" => {
                    self.change(ChangeKind::Insertion, element, story);
                    let outer = std::mem::replace(&mut story.in_change, true);
                    self.flow(element, story, out)?;
                    story.in_change = outer;
                }
                "w:del" | "w:moveFrom" => self.change(ChangeKind::Deletion, element, story),
                "mc:AlternateContent" => {
                    if let Some(branch) = chosen(element) {
                        self.flow(branch, story, out)?;
                    }
                }
                "w:bookmarkStart" => story.anchors.extend(bookmark(element)),
                "w:altChunk" => self.foreign_chunk(story),
                "m:oMathPara" | "m:oMath" => {
                    self.count_block()?;
                    let mut line = Line::default();
                    self.equation(element, story, &mut line);
                    let at = story.place();
                    let kind = BlockKind::Paragraph(nest(line.tokens));
                    out.push(Entry {
                        block: Block { kind, at },
                        mark: None,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Visible content in another format, which is not read: a person must look.
    fn foreign_chunk(&mut self, story: &Story) {
        let reason = bilingual!(
            "The document includes a file in another format, which is not read. Save the document again in Word.",
            "Le document inclut un fichier d’un autre format, qui n’est pas lu. Enregistrez-le de nouveau dans Word."
        );
        let code = "unsupported".to_owned();
        self.document
            .unreadable
            .push((story.place(), Unreadable { code, reason }));
    }

    fn paragraph(
        &mut self,
        p: &Element,
        story: &mut Story,
        out: &mut Vec<Entry>,
    ) -> Result<(), DocumentError> {
        self.count_block()?;
        story.paragraphs += 1;
        let properties = p.child("w:pPr");
        let style = self
            .styles
            .paragraph_style(properties.and_then(|x| x.val("w:pStyle")));
        let style = style.as_deref();
        let name = self.styles.name(style).to_owned();
        let of_mark = properties.and_then(|x| x.child("w:rPr"));
        if properties.and_then(|x| x.switch("w:pageBreakBefore")) == Some(true) {
            story.on_first_page = None;
        }
        let mut line = Line {
            tokens: std::mem::take(&mut story.carried),
            ..Line::default()
        };
        for anchor in story.anchors.drain(..) {
            line.tokens.push(Token::Piece(Inline::Anchor(anchor)));
        }
        for field in &story.fields {
            if let (true, Action::Link(target)) = (field.in_result, &field.action) {
                line.tokens.push(Token::Open(target.clone()));
            }
        }
        let contents_entry = contents_level(&name);
        line.in_contents = contents_entry.is_some();
        self.inlines(p, story, &mut line, style)?;
        self.close_instructions(story);
        let first_page = story.on_first_page;
        if line.page_break || section_ends_page(properties) {
            story.on_first_page = None;
        }
        self.changes_of_mark(properties, of_mark, story);
        let deleted_mark =
            of_mark.is_some_and(|m| m.child("w:del").is_some() || m.child("w:moveFrom").is_some());
        let mark = self.mark_of(properties, style, of_mark, contents_entry);
        let boxes = line
            .boxes
            .into_iter()
            .map(|block| Entry { block, mark: None });
        if deleted_mark {
            story.carried = line.tokens;
            out.extend(boxes);
            return Ok(());
        }
        let mut content = nest(line.tokens);
        trim(&mut content);
        if contents_entry.is_some() {
            drop_page_number(&mut content);
        }
        if !is_visible(&content) {
            story
                .anchors
                .extend(content.into_iter().filter_map(|inline| match inline {
                    Inline::Anchor(name) => Some(name),
                    _ => None,
                }));
            out.extend(boxes);
            return Ok(());
        }
        let part = match (&mut story.on_first_page, first_page) {
            (Some(seen), _) if *seen < FIRST_PAGE_PARAGRAPHS => {
                *seen += 1;
                Part::FirstPage
            }
            (None, Some(seen)) if seen < FIRST_PAGE_PARAGRAPHS => Part::FirstPage,
            _ => story.part,
        };
        let level = self.heading_level(properties, style, &name);
        let (kind, at, mark) = if let Some(level) = level {
            plain_look(&mut content);
            let label = mark
                .filter(|m| m.marker != Marker::Bullet)
                .and_then(|m| m.label);
            let part = if story.part == Part::Body {
                Part::Title
            } else {
                story.part
            };
            let kind = BlockKind::Heading {
                level,
                label,
                content,
            };
            (kind, story.place_as(part), None)
        } else {
            let at = story.place_as(part);
            (paragraph_kind(&name, content, &at), at, mark)
        };
        out.push(Entry {
            block: Block { kind, at },
            mark,
        });
        out.extend(boxes);
        Ok(())
    }

    fn heading_level(
        &self,
        properties: Option<&Element>,
        style: Option<&str>,
        name: &str,
    ) -> Option<u8> {
        if name == "title" {
            return Some(0);
        }
        if name == "toc heading" {
            return Some(1);
        }
        let direct = properties
            .and_then(|x| x.child("w:outlineLvl"))
            .and_then(|o| o.number::<u8>("w:val"));
        let outline = direct.or_else(|| self.styles.along(style, |s| s.outline));
        match outline {
            Some(outline) => (outline < 9).then_some(outline + 1),
            None => self.styles.along(style, |s| {
                let number = s.name.strip_prefix("heading ")?;
                number.parse().ok().filter(|n| (1..=9).contains(n))
            }),
        }
    }

    /// The automatic mark of a paragraph, which is counted even when the paragraph is empty, as Word does.
    fn mark_of(
        &mut self,
        properties: Option<&Element>,
        style: Option<&str>,
        of_mark: Option<&Element>,
        contents_entry: Option<u8>,
    ) -> Option<Mark> {
        if let Some(level) = contents_entry {
            return Some(Mark {
                list: "contents".into(),
                level,
                marker: Marker::Plain,
                value: 1,
                label: None,
            });
        }
        if of_mark.and_then(|m| m.switch("w:vanish")) == Some(true) {
            return None;
        }
        let direct = properties.and_then(|x| x.child("w:numPr")).map(num_pr);
        let (direct_id, direct_level) = direct.unwrap_or_default();
        let id = direct_id
            .clone()
            .or_else(|| self.styles.along(style, |s| s.numbering.clone()?.0))?;
        let level = direct_level
            .or_else(|| {
                let by_scheme = style.and_then(|s| self.numbering.level_of_style(&id, s));
                by_scheme.filter(|_| direct_id.is_none())
            })
            .or_else(|| self.styles.along(style, |s| s.numbering.clone()?.1))
            .unwrap_or(0);
        self.numbering.next(&id, level)
    }

    fn changes_of_mark(
        &mut self,
        properties: Option<&Element>,
        of_mark: Option<&Element>,
        story: &Story,
    ) {
        for (tag, kind) in [
            ("w:ins", ChangeKind::Insertion),
            ("w:moveTo", ChangeKind::Insertion),
            ("w:del", ChangeKind::Deletion),
            ("w:moveFrom", ChangeKind::Deletion),
            ("w:rPrChange", ChangeKind::Formatting),
        ] {
            if let Some(change) = of_mark.and_then(|m| m.child(tag)) {
                self.change(kind, change, story);
            }
        }
        for tag in ["w:pPrChange", "w:numberingChange"] {
            if let Some(change) = properties.and_then(|x| x.child(tag)) {
                self.formatting_change(change, story);
            }
        }
    }

    /// Keeps a tracked change with the text it holds.
    pub(super) fn change(&mut self, kind: ChangeKind, element: &Element, story: &Story) {
        let part = match kind {
            ChangeKind::Insertion => Part::TrackedInsertion,
            ChangeKind::Deletion => Part::TrackedDeletion,
            ChangeKind::Formatting => return self.formatting_change(element, story),
        };
        self.document.hidden.changes.push(Change {
            kind,
            author: element.attr("w:author").unwrap_or("").to_owned(),
            // Changes within changes repeat the text of the outer one.
            text: if story.in_change {
                String::new()
            } else {
                all_text(element)
            },
            at: story.place_as(part),
        });
    }

    /// Keeps that formatting or table structure was changed; what it was before shows no text.
    pub(super) fn formatting_change(&mut self, element: &Element, story: &Story) {
        self.document.hidden.changes.push(Change {
            kind: ChangeKind::Formatting,
            author: element.attr("w:author").unwrap_or("").to_owned(),
            text: String::new(),
            at: story.place(),
        });
    }
}

/// The branch of alternate content to read: the first whose needs we know, else the fallback (ISO/IEC 29500-3, 7.6).
pub(super) fn chosen(alternate: &Element) -> Option<&Element> {
    let known = |choice: &&Element| {
        let needs = choice.attr("Requires").unwrap_or("?");
        needs.split_whitespace().all(|n| {
            matches!(
                n,
                "wps" | "wpg" | "wpc" | "wp14" | "w14" | "w15" | "pic" | "a" | "m"
            )
        })
    };
    let mut choices = alternate.elements().filter(|e| e.name() == "mc:Choice");
    choices
        .find(known)
        .or_else(|| alternate.child("mc:Fallback"))
        .or_else(|| alternate.child("mc:Choice"))
}

/// The name of a bookmark, but not of the one that remembers the last edit.
pub(super) fn bookmark(element: &Element) -> Option<String> {
    let name = element.attr("w:name")?;
    (name != "_GoBack").then(|| name.to_owned())
}

fn paragraph_kind(name: &str, content: Vec<Inline>, at: &Place) -> BlockKind {
    match name {
        "caption" => return BlockKind::Caption(content),
        "quote" | "intense quote" | "block text" | "quotations" => {
            let at = at.clone();
            let kind = BlockKind::Paragraph(content);
            return BlockKind::Quote(vec![Block { kind, at }]);
        }
        "html preformatted" | "preformatted text" | "macro text" | "macro" | "code"
        | "source code" | "plain text code" => {
            if let Some(text) = preformatted(&content) {
                return BlockKind::Code(text);
            }
        }
        _ => {}
    }
    let alone = content.iter().all(|inline| match inline {
        Inline::Image(_) | Inline::Break | Inline::Anchor(_) => true,
        Inline::Text { text, .. } => text.trim().is_empty(),
        _ => false,
    });
    let anchored = content.iter().any(|i| matches!(i, Inline::Anchor(_)));
    if !alone || anchored {
        return BlockKind::Paragraph(content);
    }
    let images = content.into_iter().filter_map(|inline| match inline {
        Inline::Image(image) => Some(image),
        _ => None,
    });
    BlockKind::Figure {
        images: images.collect(),
        caption: None,
    }
}

/// The level of an entry of a table of contents, by its style.
fn contents_level(name: &str) -> Option<u8> {
    if name == "table of figures" {
        return Some(0);
    }
    let level: u8 = name.strip_prefix("toc ")?.parse().ok()?;
    Some(level.clamp(1, 9) - 1)
}

/// A section that ends here starts the next one on a new page unless it says otherwise.
fn section_ends_page(properties: Option<&Element>) -> bool {
    properties
        .and_then(|x| x.child("w:sectPr"))
        .is_some_and(|section| section.val("w:type") != Some("continuous"))
}

fn trim(content: &mut Vec<Inline>) {
    let blank = |inline: &Inline| match inline {
        Inline::Break => true,
        Inline::Text { text, .. } => text.trim().is_empty(),
        _ => false,
    };
    while content.last().is_some_and(blank) {
        content.pop();
    }
    let start = content.iter().take_while(|i| blank(i)).count();
    content.drain(..start);
}

/// Cuts the tab and page number that end an entry of a table of contents.
fn drop_page_number(content: &mut Vec<Inline>) {
    let is_number = |s: &str| {
        s.chars()
            .all(|c| c.is_ascii_digit() || "ivxlc-–. ".contains(c))
    };
    while let Some(last) = content.last_mut() {
        match last {
            Inline::Link { content, .. } => {
                drop_page_number(content);
                return;
            }
            Inline::Text { text, .. } => {
                if let Some(tab) = text.rfind('\t').filter(|tab| is_number(&text[tab + 1..])) {
                    text.truncate(tab);
                }
                let kept = text.trim_end().len();
                text.truncate(kept);
                if !text.is_empty() {
                    return;
                }
                content.pop();
            }
            _ => return,
        }
    }
}
