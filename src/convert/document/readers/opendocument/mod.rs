//! OpenDocument texts and presentations (odt, ott, odp, otp), as packages and as flat files (fodt, fodp).
//!
//! Leans on `convert::package`. Sources: OpenDocument 1.3 part 3. Rule that must hold: what a person does not see goes to
//! [`Hidden`](super::super::Hidden) and never to the content; nothing outside the package is opened.

mod drawings;
mod flow;
mod hidden;
mod inlines;
mod numbers;
mod objects;
mod slides;
mod styles;
mod tables;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Read, Seek},
};

use hidden::Changes;
use numbers::Numbering;
use styles::{Look, Styles};

use super::{
    super::{Block, Document, DocumentError, Inline, ReadOptions},
    docx::tidy::merge_runs_of_blocks,
    draft::Draft,
    text::whole,
    tree::Tree,
};
use crate::{
    convert::{
        package::{Package, parse_part},
        xml::{Element, Node},
    },
    domain::{Part, Place},
};

/// Sections, lists, tables, frames and notes within each other, for one level of nesting allowed.
const STEPS_A_LEVEL: usize = 3;

/// The parts of a package, whatever it is read from.
trait Parts {
    fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, DocumentError>;
    fn all_names(&self) -> Vec<String>;
}

impl<R: Read + Seek> Parts for Package<R> {
    fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, DocumentError> {
        self.part(name)
    }

    fn all_names(&self) -> Vec<String> {
        self.names().map(str::to_owned).collect()
    }
}

/// Reads a package.
///
/// # Errors
/// [`DocumentError`] when the file is encrypted, damaged, beyond the limits, or neither text nor presentation.
pub(super) fn read_package(
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let limits = options.limits;
    let mut package = Package::open(input, limits)?;
    if let Some(manifest) = package.part("META-INF/manifest.xml")?
        && String::from_utf8_lossy(&manifest).contains("encryption-data")
    {
        return Err(DocumentError::NeedsPassword);
    }
    let content = package.xml("content.xml")?;
    let content = content.ok_or_else(|| DocumentError::Corrupt {
        part: "content.xml".to_owned(),
        why: "is not in the package".to_owned(),
    })?;
    let styles = package.xml("styles.xml")?;
    let meta = package.xml("meta.xml")?;
    let settings = package.xml("settings.xml")?;
    let mut reader = Reader::new(options, Some(&mut package));
    if let Some(settings) = &settings {
        reader.read_settings(settings);
    }
    if let Some(meta) = meta.as_ref().and_then(|meta| meta.child("office:meta")) {
        reader.read_meta(meta);
    }
    reader.read(&content, styles.as_ref().unwrap_or(&content))
}

/// Reads a flat file.
///
/// # Errors
/// [`DocumentError`] when the file is damaged, beyond the limits, or neither text nor presentation.
pub(super) fn read_flat(
    input: &mut impl Read,
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let bytes = whole(input, options.limits.part_bytes)?;
    let root = parse_part(&bytes, "file", &options.limits)?;
    let mut reader = Reader::new(options, None);
    reader.read_settings(&root);
    if let Some(meta) = root.child("office:meta") {
        reader.read_meta(meta);
    }
    reader.read(&root, &root)
}

/// A flow of paragraphs: the body, a note, a cell, a header, a slide.
#[derive(Clone, Debug)]
struct Story {
    part: Part,
    /// The address of everything in it; empty for the body, whose paragraphs are counted.
    label: String,
    /// False for what is read for the screening only.
    published: bool,
}

impl Story {
    fn new(part: Part, label: impl Into<String>) -> Self {
        Self {
            part,
            label: label.into(),
            published: true,
        }
    }

    fn unpublished(part: Part, label: impl Into<String>) -> Self {
        Self {
            published: false,
            ..Self::new(part, label)
        }
    }

    /// A story within this one.
    fn inner(&self, part: Part, what: &str) -> Self {
        Self {
            part: if self.published { part } else { self.part },
            label: if self.label.is_empty() {
                what.to_owned()
            } else {
                format!("{}, {what}", self.label)
            },
            published: self.published,
        }
    }
}

/// A paragraph while it is read.
#[derive(Default)]
struct Line {
    inlines: Vec<Inline>,
    /// What stands beside it: text boxes, tables in frames.
    boxes: Vec<Block>,
    /// True when the last character was white space that takes up the next one.
    spaced: bool,
}

/// Everything known while a document is read.
struct Reader<'a> {
    draft: Draft,
    package: Option<&'a mut dyn Parts>,
    /// Styles of the part being read.
    styles: Styles,
    /// The look of text that no style says anything about.
    plain: Look,
    numbering: Numbering,
    tree: Tree,
    story: Story,
    depth: usize,
    changes: Changes,
    /// Places that links lead to, waiting for a paragraph to stand in.
    anchors: Vec<Inline>,
    /// Letters per language.
    weights: BTreeMap<String, usize>,
    asset_of_part: HashMap<String, Option<usize>>,
    /// Embedded objects that were read.
    objects: HashSet<String>,
    boxes: u32,
    /// True for a presentation, where all text stands in boxes.
    deck: bool,
}

impl<'a> Reader<'a> {
    fn new(options: &ReadOptions, package: Option<&'a mut dyn Parts>) -> Self {
        Self {
            draft: Draft::new(options.limits),
            package,
            styles: Styles::default(),
            plain: Look::default(),
            numbering: Numbering::default(),
            tree: Tree::new(options.limits.nesting),
            story: Story::new(Part::Body, ""),
            depth: 0,
            changes: Changes::default(),
            anchors: Vec::new(),
            weights: BTreeMap::new(),
            asset_of_part: HashMap::new(),
            objects: HashSet::new(),
            boxes: 0,
            deck: false,
        }
    }

    /// Reads the roots of content and styles, which are one in a flat file.
    fn read(mut self, content: &Element, styles: &Element) -> Result<Document, DocumentError> {
        let body = content.child("office:body");
        let text = body.and_then(|body| body.child("office:text"));
        let deck = body.and_then(|body| body.child("office:presentation"));
        let mut common = Styles::default();
        if let Some(element) = styles.child("office:styles") {
            common.add(element);
        }
        let mut of_masters = common.clone();
        if let Some(element) = styles.child("office:automatic-styles") {
            of_masters.add(element);
        }
        self.styles = common;
        if let Some(element) = content.child("office:automatic-styles") {
            self.styles.add(element);
        }
        self.plain = self.styles.default_look("paragraph");
        if let Some(scripts) = content.child("office:scripts") {
            self.scripts(scripts);
        }
        let blocks = match (text, deck) {
            (Some(text), _) => {
                self.blocks(text)?;
                let tree = std::mem::replace(&mut self.tree, Tree::new(self.draft.limits.nesting));
                let mut blocks = tree.finish(&mut self.draft)?;
                merge_runs_of_blocks(&mut blocks);
                blocks
            }
            (None, Some(deck)) => self.slides(deck, styles)?,
            (None, None) => {
                return Err(DocumentError::Unsupported {
                    what: "an OpenDocument file that is neither text nor presentation".to_owned(),
                });
            }
        };
        if let Some(masters) = styles.child("office:master-styles") {
            self.styles = of_masters;
            self.read_masters(masters)?;
        }
        self.read_other_parts()?;
        let language = self.main_language();
        let title = self.draft.document.hidden.properties.iter();
        let title = title
            .filter(|property| property.name == "title" && !property.custom)
            .map(|property| property.value.clone())
            .next();
        Ok(self.draft.finish(blocks, language, title.as_deref()))
    }

    /// The language of most letters, else that of the default style.
    fn main_language(&self) -> Option<String> {
        self.weights
            .iter()
            .max_by_key(|(tag, letters)| (**letters, std::cmp::Reverse((*tag).clone())))
            .map(|(tag, _)| tag.clone())
            .or_else(|| self.plain.language.clone())
    }

    /// One step deeper into sections, lists, tables, frames.
    fn deeper(&mut self) -> Result<(), DocumentError> {
        self.depth += 1;
        let deepest = self.draft.limits.nesting.saturating_mul(STEPS_A_LEVEL);
        if self.depth > deepest {
            return Err(DocumentError::limit("levels", deepest as u64));
        }
        Ok(())
    }

    /// Reads into blocks of their own.
    fn apart(
        &mut self,
        story: Story,
        read: impl FnOnce(&mut Self) -> Result<(), DocumentError>,
    ) -> Result<Vec<Block>, DocumentError> {
        self.deeper()?;
        let tree = std::mem::replace(&mut self.tree, Tree::new(self.draft.limits.nesting));
        let around = std::mem::replace(&mut self.story, story);
        let anchors = std::mem::take(&mut self.anchors);
        let done = read(self);
        let inner = std::mem::replace(&mut self.tree, tree);
        self.story = around;
        self.anchors = anchors;
        self.depth -= 1;
        done?;
        let mut blocks = inner.finish(&mut self.draft)?;
        merge_runs_of_blocks(&mut blocks);
        Ok(blocks)
    }

    /// The place of what is read now, as a part of this kind.
    fn here(&self, part: Part) -> Place {
        if self.story.label.is_empty() {
            self.draft.here(part)
        } else {
            Place::new(part, self.story.label.clone())
        }
    }

    /// Keeps text that a person does not see.
    fn hide(&mut self, text: &str) {
        let place = self.here(Part::HiddenText);
        self.draft.hide(text, place);
    }

    fn instruction(&mut self, text: &str, label: &str) {
        let place = self.here(Part::HiddenText);
        self.draft.instruction(text, place, label);
    }

    fn external(&mut self, target: &str, kind: &str) {
        let place = self.here(Part::Property);
        self.draft.external(target, place, kind);
    }
}

/// All text of an element that is not shown, with descriptions and values; paragraphs apart.
fn all_text(element: &Element) -> String {
    let mut out = String::new();
    push_all(element, &mut out);
    out.trim().to_owned()
}

fn push_all(element: &Element, out: &mut String) {
    for node in element.nodes() {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Element(child) => {
                let apart = matches!(
                    child.name(),
                    "text:p"
                        | "text:h"
                        | "svg:title"
                        | "svg:desc"
                        | "table:table-cell"
                        | "dc:creator"
                );
                if apart && !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                match child.name() {
                    "text:s" | "text:tab" | "text:line-break" => out.push(' '),
                    "office:binary-data" | "office:change-info" | "dc:date" => {}
                    _ => push_all(child, out),
                }
                let value = child
                    .attr("text:string-value")
                    .or_else(|| child.attr("xlink:href"))
                    .filter(|value| !value.is_empty() && !value.starts_with("Pictures/"));
                if let Some(value) = value {
                    out.push(' ');
                    out.push_str(value);
                }
                if apart {
                    out.push('\n');
                }
            }
        }
    }
}
