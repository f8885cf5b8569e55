//! Markdown: CommonMark with tables, footnotes and strikethrough.
//!
//! Leans on `pulldown-cmark`, which gives balanced events without recursion. Rule that must hold: raw HTML is text like any
//! other, never markup; comments in it, link definitions and front matter are hidden content.

use std::{collections::BTreeMap, io::Read};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    super::{
        Block, BlockKind, Document, DocumentError, Image, Inline, Marker, ReadOptions, TextStyle,
        is_visible,
    },
    draft::{Draft, base64, push_text, trim_line},
    text::{decode, whole},
    tree::{Shape, Tree, add_note},
};
use crate::domain::Part;

/// Reads a Markdown file.
///
/// # Errors
/// [`DocumentError`] when the file cannot be read or is beyond the limits.
pub(super) fn read_markdown(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let mut draft = Draft::new(options.limits);
    let content = decode(&bytes, &mut draft);
    let mut reader = Reader {
        tree: Tree::new(options.limits.nesting),
        draft,
        line: Vec::new(),
        style: Depths::default(),
        links: Vec::new(),
        image: None,
        code: None,
        html: None,
        metadata: None,
        notes: BTreeMap::new(),
        marker: Vec::new(),
        header_row: false,
    };
    let settings = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let parser = Parser::new_ext(&content, settings);
    // What a link definition says is shown nowhere by itself.
    let definitions: BTreeMap<String, String> = parser
        .reference_definitions()
        .iter()
        .map(|(name, definition)| {
            let title = definition.title.as_deref().unwrap_or("");
            (name.to_owned(), format!("{} {title}", definition.dest))
        })
        .collect();
    for (name, text) in definitions {
        let place = reader
            .draft
            .place(Part::HiddenText, format_args!("link definition {name}"));
        reader.draft.instruction(&text, place, &name);
    }
    for event in parser {
        reader.event(event)?;
    }
    reader.paragraph(None)?;
    let Reader {
        tree, mut draft, ..
    } = reader;
    let blocks = tree.finish(&mut draft)?;
    Ok(draft.finish(blocks, None, None))
}

#[derive(Default)]
struct Depths {
    strong: usize,
    emphasis: usize,
    struck: usize,
}

struct Reader {
    draft: Draft,
    tree: Tree,
    line: Vec<Inline>,
    style: Depths,
    /// Links being read: target, and the line around.
    links: Vec<(String, Vec<Inline>)>,
    /// The image being read: target and alternative text, and how deep images nest in it.
    image: Option<(String, String, usize)>,
    code: Option<String>,
    html: Option<String>,
    metadata: Option<String>,
    /// Footnotes by label.
    notes: BTreeMap<String, usize>,
    /// First numbers of the lists around.
    marker: Vec<Option<u64>>,
    header_row: bool,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), DocumentError> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text)
            | Event::Code(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => {
                self.text(&text);
                Ok(())
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                match &mut self.html {
                    Some(block) => block.push_str(&html),
                    None => self.raw(&html),
                }
                Ok(())
            }
            Event::FootnoteReference(label) => {
                let note = self.note(&label)?;
                self.line.push(Inline::Note(note));
                Ok(())
            }
            Event::SoftBreak => {
                self.text(" ");
                Ok(())
            }
            Event::HardBreak => {
                self.line.push(Inline::Break);
                Ok(())
            }
            Event::Rule => self.paragraph(None),
            Event::TaskListMarker(done) => {
                self.text(if done { "☑ " } else { "☐ " });
                Ok(())
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) -> Result<(), DocumentError> {
        match tag {
            Tag::Emphasis => self.style.emphasis += 1,
            Tag::Strong => self.style.strong += 1,
            Tag::Strikethrough => self.style.struck += 1,
            Tag::Superscript | Tag::Subscript => {}
            Tag::Link {
                dest_url, title, ..
            } => {
                self.tooltip(&title);
                let outer = std::mem::take(&mut self.line);
                self.links.push((dest_url.into_string(), outer));
            }
            Tag::Image {
                dest_url, title, ..
            } => {
                self.tooltip(&title);
                match &mut self.image {
                    Some((_, _, nested)) => *nested += 1,
                    None => self.image = Some((dest_url.into_string(), String::new(), 0)),
                }
            }
            Tag::MetadataBlock(_) => self.metadata = Some(String::new()),
            block => {
                // A tight item has text without a paragraph of its own.
                self.paragraph(None)?;
                self.start_block(block)?;
            }
        }
        Ok(())
    }

    fn start_block(&mut self, tag: Tag<'_>) -> Result<(), DocumentError> {
        match tag {
            Tag::BlockQuote(_) => self.tree.open_quote(),
            Tag::CodeBlock(kind) => {
                if let CodeBlockKind::Fenced(info) = kind {
                    let place = self.draft.here(Part::HiddenText);
                    self.draft.instruction(&info, place, "code language");
                }
                self.code = Some(String::new());
            }
            Tag::HtmlBlock => self.html = Some(String::new()),
            Tag::List(first) => {
                self.marker.push(first);
                let marker = if first.is_some() {
                    Marker::Decimal
                } else {
                    Marker::Bullet
                };
                let first = first.and_then(|first| u32::try_from(first).ok());
                self.tree.open_list(marker, first.unwrap_or(1));
            }
            Tag::Item => {
                // Only the first number of a list counts; the others follow it.
                let first = self.marker.last_mut().and_then(Option::as_mut);
                let value = first.map(|number| {
                    let value = u32::try_from(*number).unwrap_or(u32::MAX);
                    *number = number.saturating_add(1);
                    value
                });
                let label = value.map(|value| format!("{value}."));
                self.tree.open_item(value, label);
            }
            Tag::FootnoteDefinition(label) => {
                let note = self.note(&label)?;
                self.tree.open_footnote(note);
            }
            Tag::Table(_) => self.tree.open_table(&mut self.draft, false, None),
            Tag::TableHead => {
                self.header_row = true;
                self.tree.begin_row(true);
            }
            Tag::TableRow => {
                self.header_row = false;
                self.tree.begin_row(false);
            }
            Tag::TableCell => self.tree.open_cell(Shape {
                columns: 1,
                rows: 1,
                header: self.header_row,
                shaded: false,
            }),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), DocumentError> {
        match tag {
            TagEnd::Emphasis => self.style.emphasis = self.style.emphasis.saturating_sub(1),
            TagEnd::Strong => self.style.strong = self.style.strong.saturating_sub(1),
            TagEnd::Strikethrough => self.style.struck = self.style.struck.saturating_sub(1),
            TagEnd::Link => {
                if let Some((target, outer)) = self.links.pop() {
                    let content = std::mem::replace(&mut self.line, outer);
                    self.line.push(Inline::Link { target, content });
                }
            }
            TagEnd::Image => self.end_image(),
            TagEnd::MetadataBlock(_) => {
                let text = self.metadata.take().unwrap_or_default();
                let place = self
                    .draft
                    .place(Part::HiddenText, format_args!("front matter"));
                self.draft.hide(&text, place);
            }
            TagEnd::Heading(level) => {
                let level = match level {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    HeadingLevel::H4 => 4,
                    HeadingLevel::H5 => 5,
                    HeadingLevel::H6 => 6,
                };
                self.paragraph(Some(level))?;
            }
            TagEnd::CodeBlock => {
                let text = self.code.take().unwrap_or_default();
                self.draft.count_block()?;
                let at = self.draft.next_paragraph();
                let kind = BlockKind::Code(text.trim_end_matches('\n').to_owned());
                self.tree.add(Block { kind, at });
            }
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                self.raw(&html);
                self.paragraph(None)?;
            }
            TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::Table
            | TagEnd::TableCell => {
                self.paragraph(None)?;
                if matches!(tag, TagEnd::List(_)) {
                    self.marker.pop();
                }
                self.tree.close(&mut self.draft)?;
            }
            _ => self.paragraph(None)?,
        }
        Ok(())
    }

    fn style(&self) -> TextStyle {
        TextStyle {
            strong: self.style.strong > 0,
            emphasis: self.style.emphasis > 0,
            struck: self.style.struck > 0,
            ..TextStyle::default()
        }
    }

    fn text(&mut self, text: &str) {
        if let Some((_, alt, _)) = &mut self.image {
            alt.push_str(text);
        } else if let Some(code) = &mut self.code {
            code.push_str(text);
        } else if let Some(metadata) = &mut self.metadata {
            metadata.push_str(text);
        } else {
            let style = self.style();
            push_text(&mut self.line, text, style, None);
        }
    }

    /// HTML as text; its comments are what nobody sees.
    fn raw(&mut self, html: &str) {
        let mut rest = html;
        while let Some(start) = rest.find("<!--") {
            let (before, comment) = rest.split_at(start);
            self.text(before);
            let end = comment.find("-->").map_or(comment.len(), |end| end + 3);
            let place = self.draft.here(Part::HiddenText);
            self.draft.hide(&comment[..end], place);
            rest = &comment[end..];
        }
        self.text(rest);
    }

    /// The title of a link or image shows only to those who point at it.
    fn tooltip(&mut self, title: &str) {
        if !title.trim().is_empty() {
            let place = self.draft.here(Part::HiddenText);
            self.draft.hide(title, place);
        }
    }

    fn note(&mut self, label: &str) -> Result<usize, DocumentError> {
        if let Some(note) = self.notes.get(label) {
            return Ok(*note);
        }
        let note = add_note(&mut self.draft)?;
        self.notes.insert(label.to_owned(), note);
        Ok(note)
    }

    fn end_image(&mut self) {
        let (target, alt) = match self.image.take() {
            Some((target, alt, 0)) => (target, alt),
            Some((target, alt, nested)) => {
                self.image = Some((target, alt, nested - 1));
                return;
            }
            None => return,
        };
        let alt = Some(alt.trim().to_owned()).filter(|alt| !alt.is_empty());
        let inline = match data_uri(&target) {
            Some(bytes) => {
                let at = self.draft.next_picture();
                let asset = self.draft.keep_image(&bytes, &at);
                Inline::Image(Image {
                    asset,
                    alt,
                    decorative: false,
                    at,
                })
            }
            None => self.draft.linked_image(&target, alt),
        };
        self.line.push(inline);
    }

    /// Ends the line at hand as a paragraph, or as a heading of this level.
    fn paragraph(&mut self, heading: Option<u8>) -> Result<(), DocumentError> {
        if self.code.is_some() || self.html.is_some() || !self.links.is_empty() {
            return Ok(());
        }
        let mut line = std::mem::take(&mut self.line);
        trim_line(&mut line);
        if !is_visible(&line) {
            return Ok(());
        }
        self.draft.count_block()?;
        let block = if let Some(level) = heading {
            Block {
                at: self.draft.next_heading(),
                kind: BlockKind::Heading {
                    level,
                    label: None,
                    content: line,
                },
            }
        } else {
            let at = self.draft.next_paragraph();
            let kind = match <[Inline; 1]>::try_from(line) {
                Ok([Inline::Image(image)]) => BlockKind::Figure {
                    images: vec![image],
                    caption: None,
                },
                Ok([inline]) => BlockKind::Paragraph(vec![inline]),
                Err(line) => BlockKind::Paragraph(line),
            };
            Block { kind, at }
        };
        self.tree.add(block);
        Ok(())
    }
}

/// The bytes of an image that stands in its own address.
pub(super) fn data_uri(target: &str) -> Option<Vec<u8>> {
    let rest = target.trim().strip_prefix("data:")?;
    let (head, data) = rest.split_once(',')?;
    if !head.to_ascii_lowercase().ends_with(";base64") {
        return None;
    }
    base64(data.as_bytes())
}
