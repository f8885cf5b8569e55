//! PowerPoint presentations (pptx, pptm, ppsx, potx; ISO/IEC 29500 strict and transitional).
//!
//! Leans on `convert::package`. Rule that must hold: what is not on a shown slide (speaker notes, hidden slides, shapes
//! beside a slide, comments) goes to [`Hidden`](super::super::Hidden) and never to the content.

mod charts;
mod frames;
mod hidden;
mod layouts;
mod shapes;
#[cfg(test)]
mod tests;
mod text;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{Read, Seek},
    rc::Rc,
};

use layouts::Layout;

use super::{
    super::{Document, DocumentError, ReadOptions},
    deck::{MOST_SLIDES, Slide, assemble},
    draft::Draft,
};
use crate::{
    bilingual,
    convert::{
        package::{Package, Relationships},
        xml::Element,
    },
    domain::{Part, Place, TextUnit},
};

/// Reads a presentation.
///
/// # Errors
/// [`DocumentError`] when the file is encrypted, damaged, beyond the limits, or no presentation.
pub(super) fn read_pptx(
    input: &mut (impl Read + Seek),
    options: &ReadOptions,
) -> Result<Document, DocumentError> {
    let mut package = Package::open(input, options.limits)?;
    let relations = package.relationships("")?;
    let main = relations
        .values()
        .find(|relation| relation.kind == "officeDocument" && !relation.external)
        .map(|relation| relation.target.clone())
        .ok_or_else(|| missing("_rels/.rels", "names no presentation"))?;
    let root = package.xml(&main)?;
    let root = root.ok_or_else(|| missing(&main, "is not in the package"))?;
    if root.name() != "p:presentation" {
        return Err(DocumentError::Unsupported {
            what: format!("a package whose main part is {}", root.name()),
        });
    }
    let relations = package.relationships(&main)?;
    let reader = Reader {
        package,
        draft: Draft::new(options.limits),
        relations,
        size: None,
        layouts: HashMap::new(),
        seen_on_slides: HashSet::new(),
        authors: HashMap::new(),
        numbers: HashMap::new(),
        weights: BTreeMap::new(),
        asset_of_part: HashMap::new(),
        depth: 0,
        shapes: 0,
    };
    reader.read(&root)
}

/// Everything known while a presentation is read.
struct Reader<R> {
    package: Package<R>,
    draft: Draft,
    /// Relationships of the part being read.
    relations: Relationships,
    /// Width and height of slides.
    size: Option<(f64, f64)>,
    layouts: HashMap<String, Rc<Layout>>,
    /// Layouts and masters of slides that are shown.
    seen_on_slides: HashSet<String>,
    /// Who comments, by id.
    authors: HashMap<String, String>,
    /// Slides by the name of their part.
    numbers: HashMap<String, usize>,
    /// Letters per language.
    weights: BTreeMap<String, usize>,
    asset_of_part: HashMap<String, Option<usize>>,
    depth: usize,
    shapes: u32,
}

impl<R: Read + Seek> Reader<R> {
    fn read(mut self, root: &Element) -> Result<Document, DocumentError> {
        let size = root.child("p:sldSz");
        self.size = size.and_then(|size| Some((size.number("cx")?, size.number("cy")?)));
        self.read_properties()?;
        self.read_authors()?;
        self.read_sections(root);
        let main_relations = self.relations.clone();
        let ids = root.child("p:sldIdLst");
        let parts: Vec<String> = ids
            .into_iter()
            .flat_map(Element::elements)
            .filter(|id| id.name() == "p:sldId")
            .filter_map(|id| main_relations.get(id.attr("r:id")?))
            .filter(|relation| !relation.external)
            .map(|relation| relation.target.clone())
            .collect();
        if parts.len() > MOST_SLIDES {
            return Err(DocumentError::limit("slides", MOST_SLIDES as u64));
        }
        for (index, part) in parts.iter().enumerate() {
            self.numbers.entry(part.clone()).or_insert(index + 1);
        }
        let mut shown = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            shown.extend(self.slide_part(part, index + 1)?);
        }
        self.read_other_parts(&parts)?;
        let language = self
            .weights
            .iter()
            .max_by_key(|(tag, letters)| (**letters, std::cmp::Reverse((*tag).clone())))
            .map(|(tag, _)| tag.clone());
        let french = language.as_deref().is_some_and(|tag| tag.starts_with("fr"));
        let blocks = assemble(shown, french);
        let mut properties = self.draft.document.hidden.properties.iter();
        let title = properties
            .find(|property| property.name == "title" && !property.custom)
            .map(|property| property.value.clone())
            .filter(|title| !is_default_title(title));
        Ok(self.draft.finish(blocks, language, title.as_deref()))
    }

    /// Reads a slide; none when it is hidden.
    fn slide_part(&mut self, part: &str, number: usize) -> Result<Option<Slide>, DocumentError> {
        let root = self.package.xml(part)?;
        let root = root.ok_or_else(|| missing(part, "is not in the package"))?;
        self.relations = self.package.relationships(part)?;
        self.draft.prefix = format!("slide {number}, ");
        self.read_comments()?;
        self.read_outside_relations();
        if matches!(root.attr("show"), Some("0" | "false")) {
            self.hidden_slide(&root, number)?;
            self.draft.prefix.clear();
            return Ok(None);
        }
        self.read_notes(number)?;
        let layout = self.layout_of_part(0)?;
        let relations = self.relations.clone();
        let slide = self.slide(&root, number, layout.as_deref())?;
        self.relations = relations;
        self.draft.prefix.clear();
        Ok(Some(slide))
    }

    fn hidden_slide(&mut self, root: &Element, number: usize) -> Result<(), DocumentError> {
        let at = format!("slide {number}, hidden");
        let mut text = all_text(root);
        // Charts and diagrams have parts of their own.
        for part in self.drawn_parts() {
            if let Some(root) = self.package.xml(&part)? {
                text.push('\n');
                text.push_str(&all_text(&root));
            }
        }
        self.draft
            .document
            .hidden
            .notes
            .push(TextUnit::new(Part::HiddenText, at.clone(), text));
        self.read_notes(number)?;
        self.draft.warn(
            "hidden_slide",
            bilingual!(
                "A hidden slide was left out.",
                "Une diapositive masquée a été omise."
            ),
            Place::new(Part::HiddenText, at),
        );
        Ok(())
    }

    /// The part that the current part is related to in one way.
    fn related(&self, kind: &str) -> Option<String> {
        let mut relations = self.relations.values();
        let found = relations.find(|relation| relation.kind == kind && !relation.external);
        found.map(|relation| relation.target.clone())
    }

    /// One step deeper into groups, tables, diagrams.
    fn deeper(&mut self) -> Result<(), DocumentError> {
        self.depth += 1;
        if self.depth > self.draft.limits.nesting {
            let limit = self.draft.limits.nesting as u64;
            return Err(DocumentError::limit("levels", limit));
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

/// What programs call a presentation that nobody named.
fn is_default_title(title: &str) -> bool {
    let lower = title.trim().to_lowercase();
    lower.starts_with("powerpoint")
        || lower.starts_with("présentation powerpoint")
        || lower.starts_with("diapositive 1")
        || lower.starts_with("slide 1")
        || [".ppt", ".pptx", ".pptm", ".odp"]
            .iter()
            .any(|extension| lower.ends_with(extension))
}

/// The branch of alternate content to read: one whose needs are known, else the fallback (ISO/IEC 29500-3, 7.6).
fn branches(element: &Element) -> Vec<&Element> {
    let mut out = Vec::new();
    for child in element.elements() {
        if child.name() != "mc:AlternateContent" {
            out.push(child);
            continue;
        }
        let mut choices = child.elements().filter(|e| e.name() == "mc:Choice");
        let known = choices.find(|choice| choice.attr("Requires") == Some("a14"));
        let fallback = child
            .child("mc:Fallback")
            .filter(|fallback| fallback.elements().next().is_some());
        let chosen = known.or(fallback).or_else(|| child.child("mc:Choice"));
        out.extend(chosen.into_iter().flat_map(Element::elements));
    }
    out
}

/// All text of a part that is not shown, with descriptions; paragraphs apart.
fn all_text(element: &Element) -> String {
    let mut out = String::new();
    push_all(element, &mut out);
    out.trim().to_owned()
}

fn push_all(element: &Element, out: &mut String) {
    for child in element.elements() {
        match child.name() {
            "a:t" | "m:t" | "c:v" | "p:text" => out.push_str(&child.text()),
            "a:br" | "a:tab" => out.push(' '),
            "p:cNvPr" => {
                for name in ["descr", "title"] {
                    if let Some(text) = child.attr(name).filter(|text| !text.is_empty()) {
                        out.push_str(text);
                        out.push('\n');
                    }
                }
            }
            _ => push_all(child, out),
        }
        if matches!(child.name(), "a:p" | "c:v" | "p:text") && !out.ends_with('\n') {
            out.push('\n');
        }
    }
}
