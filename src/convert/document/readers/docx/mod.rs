//! Word documents (docx, docm, dotx; ISO/IEC 29500 strict and transitional).
//!
//! Leans on `convert::package`. Rule that must hold: what a person does not see in Word with “No Markup” goes to
//! [`Hidden`](super::super::Hidden) and never to the content; what cannot be read is an error or a warning.

mod body;
mod drawings;
mod equations;
mod extras;
mod fields;
pub(super) mod numbering;
mod runs;
mod styles;
pub(super) mod tables;
pub(super) mod tidy;

use std::{
    collections::{BTreeMap, HashMap},
    io::{Read, Seek},
};

use numbering::Numbering;
use runs::Token;
use styles::Styles;

use super::super::{
    Block, BlockKind, Content, Document, DocumentError, Limits, Note, ReadOptions, TitleBlock,
    plain_text,
};
use crate::{
    bilingual,
    convert::{
        package::{Package, Relationships},
        xml::Element,
    },
    domain::{Bilingual, Part, Place, TextUnit, Warning},
};

/// Beyond this many warnings, more of them help nobody.
const MOST_WARNINGS: usize = 10_000;

/// Reads a Word document.
///
/// # Errors
/// [`DocumentError`] when the file is encrypted, damaged, beyond the limits, or no Word document.
pub fn read_docx(
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let mut package = Package::open(input, options.limits)?;
    let main = main_part(&mut package)?;
    let relations = package.relationships(&main)?;
    let mut reader = Reader {
        package,
        limits: options.limits,
        styles: Styles::default(),
        numbering: Numbering::default(),
        relations,
        document: Document::default(),
        asset_of_part: HashMap::new(),
        notes: BTreeMap::new(),
        note_order: Vec::new(),
        weights: BTreeMap::new(),
        counts: Counts::default(),
    };
    reader.read(&main)?;
    Ok(reader.document)
}

fn main_part<R: Read + Seek>(package: &mut Package<R>) -> Result<String, DocumentError> {
    let relations = package.relationships("")?;
    let main = relations.values().find(|r| r.kind == "officeDocument");
    match main {
        Some(relation) if !relation.external => Ok(relation.target.clone()),
        _ if package.names().any(|n| n == "mimetype") => Err(DocumentError::Unsupported {
            what: "a package of another kind (OpenDocument or EPUB)".into(),
        }),
        _ => Err(DocumentError::Corrupt {
            part: "_rels/.rels".into(),
            why: "names no main document".into(),
        }),
    }
}

/// Everything known while a document is read.
struct Reader<R> {
    package: Package<R>,
    limits: Limits,
    styles: Styles,
    numbering: Numbering,
    /// Relationships of the part being read.
    relations: Relationships,
    document: Document,
    /// Image parts already seen; none when they could not be carried over.
    asset_of_part: HashMap<String, Option<usize>>,
    /// Notes referred to, with their number.
    notes: BTreeMap<(NoteKind, String), usize>,
    note_order: Vec<(NoteKind, String)>,
    /// Letters per language.
    weights: BTreeMap<String, usize>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    blocks: u64,
    tables: u32,
    pictures: u32,
    boxes: u32,
    cells: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum NoteKind {
    Footnote,
    Endnote,
}

/// A flow of paragraphs: the body, a note, a header, a cell, a text box.
struct Story {
    part: Part,
    /// The address of everything in it; empty for the body, whose paragraphs are counted.
    label: String,
    paragraphs: u32,
    /// Visible paragraphs so far, while still on the first page.
    on_first_page: Option<u32>,
    fields: Vec<fields::Field>,
    /// Bookmarks waiting for a paragraph to stand in.
    anchors: Vec<String>,
    /// What a paragraph with a deleted mark leaves to the next one.
    carried: Vec<Token>,
    /// Tables and text boxes around.
    nesting: usize,
    /// True within a tracked change whose text is kept already.
    in_change: bool,
    /// False for headers and footers, which are read for the screening only.
    published: bool,
}

impl Story {
    fn body() -> Self {
        Self {
            on_first_page: Some(0),
            ..Self::new(Part::Body, "")
        }
    }

    fn new(part: Part, label: impl Into<String>) -> Self {
        Self {
            part,
            label: label.into(),
            paragraphs: 0,
            on_first_page: None,
            fields: Vec::new(),
            anchors: Vec::new(),
            carried: Vec::new(),
            nesting: 0,
            in_change: false,
            published: true,
        }
    }

    /// A story within this one.
    fn inner(&self, part: Part, label: String) -> Self {
        Self {
            nesting: self.nesting + 1,
            published: self.published,
            in_change: self.in_change,
            ..Self::new(part, label)
        }
    }

    fn place(&self) -> Place {
        self.place_as(self.part)
    }

    fn place_as(&self, part: Part) -> Place {
        if self.label.is_empty() {
            Place::new(part, format!("paragraph {}", self.paragraphs.max(1)))
        } else {
            Place::new(part, self.label.clone())
        }
    }
}

impl<R: Read + Seek> Reader<R> {
    fn read(&mut self, main: &str) -> Result<(), DocumentError> {
        let root = self.package.xml(main)?;
        let root = root.ok_or_else(|| missing(main, "is not in the package"))?;
        if root.name() != "w:document" {
            return Err(DocumentError::Unsupported {
                what: format!("a package whose main part is {}", root.name()),
            });
        }
        let body = root.child("w:body");
        let body = body.ok_or_else(|| missing(main, "has no body"))?;
        if let Some(styles) = self.related("styles")? {
            self.styles = Styles::read(&styles);
        }
        if let Some(numbering) = self.related("numbering")? {
            self.numbering = Numbering::read(&numbering, &self.styles);
        }
        let mut story = Story::body();
        let blocks = self.blocks(body, &mut story)?;
        self.read_notes()?;
        self.read_margins()?;
        self.read_hidden_parts(main)?;
        self.finish(blocks);
        Ok(())
    }

    /// The part that the current part is related to in one way.
    fn related(&mut self, kind: &str) -> Result<Option<Element>, DocumentError> {
        let mut relations = self.relations.values();
        let found = relations.find(|r| r.kind == kind && !r.external);
        let Some(target) = found.map(|r| r.target.clone()) else {
            return Ok(None);
        };
        match self.package.xml(&target)? {
            Some(root) => Ok(Some(root)),
            None => Err(missing(&target, "is not in the package")),
        }
    }

    /// Notes in the order of their references; those that nothing refers to are hidden.
    fn read_notes(&mut self) -> Result<(), DocumentError> {
        let main_relations = self.relations.clone();
        let mut read: BTreeMap<usize, Note> = BTreeMap::new();
        for (kind, relation, tag, word) in [
            (NoteKind::Footnote, "footnotes", "w:footnote", "footnote"),
            (NoteKind::Endnote, "endnotes", "w:endnote", "endnote"),
        ] {
            let target = main_relations
                .values()
                .find(|r| r.kind == relation && !r.external)
                .map(|r| r.target.clone());
            let Some(target) = target else { continue };
            let root = self.package.xml(&target)?;
            let root = root.ok_or_else(|| missing(&target, "is not in the package"))?;
            self.relations = self.package.relationships(&target)?;
            let mut number = 0_u32;
            for element in root.elements().filter(|e| e.name() == tag) {
                if matches!(element.attr("w:type"), Some(t) if t != "normal") {
                    continue;
                }
                number += 1;
                let id = element.attr("w:id").unwrap_or("").to_owned();
                let label = format!("{word} {number}");
                if let Some(index) = self.notes.get(&(kind, id)).copied() {
                    let mut story = Story::new(Part::Note, label);
                    let at = story.place();
                    let blocks = self.blocks(element, &mut story)?;
                    read.insert(index, Note { blocks, at });
                } else {
                    self.hide(
                        &extras::all_text(element),
                        Place::new(Part::HiddenText, label),
                    );
                }
            }
        }
        self.relations = main_relations;
        for index in 0..self.note_order.len() {
            let note = read.remove(&index).unwrap_or_else(|| Note {
                blocks: Vec::new(),
                at: Place::new(Part::Note, format!("note {}", index + 1)),
            });
            if note.blocks.is_empty() {
                self.warn(
                    "empty_note",
                    bilingual!(
                        "A note is referred to but has no text.",
                        "Une note est appelée mais n’a pas de texte."
                    ),
                    note.at.clone(),
                );
            }
            self.document.content.notes.push(note);
        }
        Ok(())
    }

    /// Page headers and footers: read in full, for the screening only.
    fn read_margins(&mut self) -> Result<(), DocumentError> {
        let main_relations = self.relations.clone();
        for (kind, part) in [("header", Part::Header), ("footer", Part::Footer)] {
            let mut targets: Vec<String> = main_relations
                .values()
                .filter(|r| r.kind == kind && !r.external)
                .map(|r| r.target.clone())
                .collect();
            targets.sort_by_key(|target| (target.len(), target.clone()));
            targets.dedup();
            for (index, target) in targets.iter().enumerate() {
                let root = self.package.xml(target)?;
                let root = root.ok_or_else(|| missing(target, "is not in the package"))?;
                self.relations = self.package.relationships(target)?;
                let mut story = Story::new(part, format!("{kind} {}", index + 1));
                story.published = false;
                let place = story.place();
                let blocks = self.blocks(&root, &mut story)?;
                let mut units = Vec::new();
                tidy::screen_only(&blocks, &place, &mut units);
                match part {
                    Part::Header => self.document.headers.append(&mut units),
                    _ => self.document.footers.append(&mut units),
                }
            }
        }
        self.relations = main_relations;
        Ok(())
    }

    /// Language, title, and the order of blocks.
    fn finish(&mut self, mut blocks: Vec<Block>) {
        tidy::merge_runs_of_blocks(&mut blocks);
        for note in &mut self.document.content.notes {
            tidy::merge_runs_of_blocks(&mut note.blocks);
        }
        let language = self
            .weights
            .iter()
            .max_by_key(|(tag, letters)| (**letters, std::cmp::Reverse((*tag).clone())))
            .map(|(tag, _)| tag.clone())
            .or_else(|| self.styles.language())
            .unwrap_or_else(|| "en-CA".into());
        let (title, title_block) = self.title(&blocks, &language);
        let notes = std::mem::take(&mut self.document.content.notes);
        let assets = std::mem::take(&mut self.document.content.assets);
        self.document.content = Content {
            title,
            title_block,
            language,
            blocks,
            notes,
            assets,
        };
    }

    /// The title a person sees comes first: a Title paragraph, or a first heading that stands alone on its
    /// level. Only then the property, which nobody may have looked at for years.
    fn title(&mut self, blocks: &[Block], language: &str) -> (String, TitleBlock) {
        let heading = |block: &Block| match &block.kind {
            BlockKind::Heading { level, content, .. } => {
                let text = squeeze(&plain_text(content));
                (!text.is_empty()).then_some((*level, text))
            }
            _ => None,
        };
        let mut headings = blocks
            .iter()
            .enumerate()
            .filter_map(|(index, block)| heading(block).map(|(level, text)| (index, level, text)));
        let first = headings.clone().find(|(_, level, _)| *level == 0);
        if let Some((index, _, text)) = first {
            return (text, TitleBlock::At(index));
        }
        if let Some((index, level, text)) = headings.next()
            && headings.all(|(_, other, _)| other > level)
        {
            return (text, TitleBlock::At(index));
        }
        let property = self
            .document
            .hidden
            .properties
            .iter()
            .find(|p| p.name == "title");
        if let Some(title) = property.map(|p| squeeze(&p.value))
            && title.chars().count() > 2
            && !looks_like_a_path(&title)
        {
            self.warn(
                "title_from_properties",
                bilingual!(
                    "The title comes from the document properties. Check that it is right.",
                    "Le titre vient des propriétés du document. Vérifiez qu’il est juste."
                ),
                Place::new(Part::Property, "property title"),
            );
            return (title, TitleBlock::Absent);
        }
        self.warn(
            "no_title",
            bilingual!(
                "The document has no title. Its first words stand in for it.",
                "Le document n’a pas de titre. Ses premiers mots en tiennent lieu."
            ),
            Place::new(Part::Body, "paragraph 1"),
        );
        let words = blocks.iter().find_map(|block| {
            let text = squeeze(&plain_text(block.inlines()));
            (!text.is_empty()).then(|| text.chars().take(100).collect::<String>())
        });
        let fallback = if language.starts_with("fr") {
            "Document sans titre"
        } else {
            "Untitled document"
        };
        (
            words.unwrap_or_else(|| fallback.to_owned()),
            TitleBlock::Absent,
        )
    }

    fn warn(&mut self, code: &str, message: Bilingual, place: Place) {
        if self.document.warnings.len() >= MOST_WARNINGS {
            return;
        }
        self.document.warnings.push(Warning {
            code: code.to_owned(),
            message,
            place,
        });
    }

    /// Keeps text that a person does not see.
    fn hide(&mut self, text: &str, place: Place) {
        if text.trim().is_empty() {
            return;
        }
        if let Some(last) = self.document.hidden.text.last_mut()
            && last.place == place
        {
            last.text.push_str(text);
            return;
        }
        self.document.hidden.text.push(TextUnit {
            place,
            text: text.to_owned(),
            labels: Vec::new(),
        });
    }

    fn count_block(&mut self) -> Result<(), DocumentError> {
        self.counts.blocks += 1;
        if self.counts.blocks > self.limits.blocks {
            return Err(DocumentError::limit("blocks", self.limits.blocks));
        }
        Ok(())
    }
}

fn missing(part: &str, why: &str) -> DocumentError {
    DocumentError::Corrupt {
        part: part.to_owned(),
        why: why.to_owned(),
    }
}

fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Titles that Word or a print driver made from a file name, and addresses of folders.
fn looks_like_a_path(title: &str) -> bool {
    let lower = title.to_lowercase();
    title.contains('\\')
        || title.contains("://")
        || lower.starts_with("microsoft word")
        || [
            ".doc", ".docx", ".docm", ".dot", ".dotx", ".rtf", ".wpd", ".pdf",
        ]
        .iter()
        .any(|extension| lower.ends_with(extension))
}
