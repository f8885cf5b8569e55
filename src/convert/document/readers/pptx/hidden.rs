//! What a presentation holds beside its slides: notes, comments, properties, macros, files, links to elsewhere.
//!
//! Rule that must hold: everything found here goes to [`Hidden`](crate::convert::document::Hidden) alone.

use std::io::{Read, Seek};

use super::{Reader, all_text, layouts::own_text, shapes::placeholder};
use crate::{
    convert::{
        document::{Comment, DocumentError},
        labels,
        package::parse_part,
        xml::Element,
    },
    domain::{Part, Place, TextUnit},
};

/// Bytes of text kept of one hidden part.
const KEPT_BYTES: usize = 1 << 20;

/// Properties that count things or name versions.
const COUNTS: [&str; 19] = [
    "AppVersion",
    "Characters",
    "CharactersWithSpaces",
    "DocSecurity",
    "HeadingPairs",
    "HiddenSlides",
    "HyperlinksChanged",
    "Lines",
    "LinksUpToDate",
    "MMClips",
    "Notes",
    "Pages",
    "Paragraphs",
    "ScaleCrop",
    "SharedDoc",
    "Slides",
    "TotalTime",
    "Words",
    "revision",
];

impl<R: Read + Seek> Reader<R> {
    /// Speaker notes of the slide whose relationships are at hand.
    pub(super) fn read_notes(&mut self, number: usize) -> Result<(), DocumentError> {
        let Some(part) = self.related("notesSlide") else {
            return Ok(());
        };
        let Some(root) = self.package.xml(&part)? else {
            return Ok(());
        };
        let mut text = String::new();
        let tree = root
            .child("p:cSld")
            .and_then(|content| content.child("p:spTree"));
        for shape in tree.into_iter().flat_map(Element::elements) {
            if !matches!(placeholder(shape), Some(("sldImg" | "sldNum", _))) {
                text.push_str(&all_text(shape));
                text.push('\n');
            }
        }
        let text = text.trim();
        if !text.is_empty() {
            let at = format!("slide {number}, notes");
            let unit = TextUnit::new(Part::SpeakerNotes, at, text);
            self.draft.document.hidden.notes.push(unit);
        }
        for relation in self.package.relationships(&part)?.into_values() {
            if relation.external {
                let place = Place::new(Part::Property, format!("slide {number}, notes"));
                self.draft.external(&relation.target, place, &relation.kind);
            }
        }
        Ok(())
    }

    /// Who comments, in files of both kinds.
    pub(super) fn read_authors(&mut self) -> Result<(), DocumentError> {
        for kind in ["commentAuthors", "authors"] {
            let Some(part) = self.related(kind) else {
                continue;
            };
            let Some(root) = self.package.xml(&part)? else {
                continue;
            };
            for author in root.elements() {
                let name = author.attr("name").unwrap_or("");
                self.draft.property("person", name, false);
                if let Some(id) = author.attr("id") {
                    self.authors.insert(id.to_owned(), name.to_owned());
                }
            }
        }
        Ok(())
    }

    /// Comments and replies on the slide whose relationships are at hand, in files of both kinds.
    pub(super) fn read_comments(&mut self) -> Result<(), DocumentError> {
        let parts: Vec<String> = self
            .relations
            .values()
            .filter(|relation| relation.kind == "comments" && !relation.external)
            .map(|relation| relation.target.clone())
            .collect();
        for part in parts {
            let Some(root) = self.package.xml(&part)? else {
                continue;
            };
            let mut found = Vec::new();
            for name in ["p:cm", "p188:cm", "p188:reply"] {
                root.find_all(name, &mut found);
            }
            for comment in found {
                let body = comment.child("p188:txBody").unwrap_or(comment);
                let id = comment.attr("authorId").unwrap_or("");
                let author = self.authors.get(id).cloned().unwrap_or_default();
                let prefix = &self.draft.prefix;
                let comments = &mut self.draft.document.hidden.comments;
                let at = format!("{prefix}comment {}", comments.len() + 1);
                comments.push(Comment {
                    author,
                    text: all_text(body),
                    at: Place::new(Part::Comment, at),
                });
            }
        }
        Ok(())
    }

    /// Addresses from which a slide would load something: linked pictures, sounds, objects.
    pub(super) fn read_outside_relations(&mut self) {
        let outside: Vec<(String, String)> = self
            .relations
            .values()
            .filter(|relation| relation.external && relation.kind != "hyperlink")
            .map(|relation| (relation.target.clone(), relation.kind.clone()))
            .collect();
        for (target, kind) in outside {
            let place = self.draft.place(Part::Property, format_args!("link"));
            self.draft.external(&target, place, &kind);
        }
    }

    /// Charts and diagrams of the slide whose relationships are at hand.
    pub(super) fn drawn_parts(&self) -> Vec<String> {
        self.relations
            .values()
            .filter(|relation| {
                matches!(relation.kind.as_str(), "chart" | "chartEx" | "diagramData")
                    && !relation.external
            })
            .map(|relation| relation.target.clone())
            .collect()
    }

    /// Names of sections, which only authors see.
    pub(super) fn read_sections(&mut self, root: &Element) {
        let mut sections = Vec::new();
        root.find_all("p14:section", &mut sections);
        for section in sections {
            let name = section.attr("name").unwrap_or("");
            self.draft.property("section", name, false);
        }
    }

    pub(super) fn read_properties(&mut self) -> Result<(), DocumentError> {
        let relations = self.package.relationships("")?;
        let part_of = |kind: &str, usual: &str| {
            let found = relations
                .values()
                .find(|relation| relation.kind == kind && !relation.external);
            found.map_or_else(|| usual.to_owned(), |relation| relation.target.clone())
        };
        for part in [
            part_of("core-properties", "docProps/core.xml"),
            part_of("extended-properties", "docProps/app.xml"),
        ] {
            let Some(root) = self.package.xml(&part)? else {
                continue;
            };
            for element in root.elements() {
                let name = element.name();
                let name = name.split_once(':').map_or(name, |(_, local)| local);
                if !COUNTS.contains(&name) {
                    self.draft.property(name, &leaves(element), false);
                }
            }
        }
        let part = part_of("custom-properties", "docProps/custom.xml");
        let custom = self.package.part(&part)?;
        if let Some(bytes) = &custom {
            let root = parse_part(bytes, &part, &self.draft.limits)?;
            for element in root.elements() {
                if let Some(name) = element.attr("name") {
                    self.draft.property(name, &element.text(), true);
                }
            }
        }
        let info = self.package.part("docMetadata/LabelInfo.xml")?;
        self.draft.document.hidden.labels = labels::parse(custom.as_deref(), info.as_deref())?;
        Ok(())
    }

    /// Parts that no slide shows.
    pub(super) fn read_other_parts(&mut self, slides: &[String]) -> Result<(), DocumentError> {
        let names: Vec<String> = self.package.names().map(str::to_owned).collect();
        for name in &names {
            let lower = name.to_lowercase();
            let (folder, file) = lower.rsplit_once('/').unwrap_or(("", lower.as_str()));
            let xml = file.rsplit_once('.').is_some_and(|(_, end)| end == "xml");
            if lower.contains("vbaproject") && lower.rsplit('.').next() == Some("bin") {
                self.draft.document.hidden.macros += 1;
            } else if lower.contains("embeddings/")
                || lower.contains("activex/")
                || (folder.ends_with("/media") && !is_picture(file))
            {
                self.embedded(name);
            } else if lower.starts_with("customxml/item") && xml && !file.contains("props") {
                if let Some(root) = self.package.xml(name)? {
                    let text = values(&root);
                    let count = self.draft.document.hidden.custom_xml.len() + 1;
                    let at = format!("custom XML {count}");
                    let unit = TextUnit::new(Part::Embedded, at, cut(text));
                    self.draft.document.hidden.custom_xml.push(unit);
                }
            } else if folder.ends_with("/tags") && xml {
                if let Some(root) = self.package.xml(name)? {
                    for tag in root.elements() {
                        let value = tag.attr("val").unwrap_or("");
                        let of = tag.attr("name").unwrap_or("tag");
                        self.draft.property(of, value, true);
                    }
                }
            } else if folder.ends_with("/slides") && xml && !slides.contains(name) {
                // A slide that the presentation does not list.
                if let Some(root) = self.package.xml(name)? {
                    let unit = TextUnit::new(Part::HiddenText, name.clone(), all_text(&root));
                    self.draft.document.hidden.notes.push(unit);
                }
            } else if (folder.ends_with("/slidelayouts") || folder.ends_with("/slidemasters"))
                && xml
                && !self.seen_on_slides.contains(name)
                && let Some(root) = self.package.xml(name)?
            {
                let place = Place::new(Part::HiddenText, name.clone());
                self.draft.hide(&own_text(&root), place);
            }
        }
        Ok(())
    }

    fn embedded(&mut self, name: &str) {
        let mut unit = TextUnit::new(Part::Embedded, name, "");
        unit.labels.push(name.to_owned());
        self.draft.document.hidden.embedded.push(unit);
    }
}

/// True for what may stand in the folder of media as a picture of a slide.
fn is_picture(file: &str) -> bool {
    let extension = file.rsplit('.').next().unwrap_or("");
    matches!(
        extension,
        "png" | "jpg" | "jpeg" | "gif" | "bmp" | "tif" | "tiff" | "emf" | "wmf" | "svg" | "wdp"
    )
}

/// The texts of the innermost elements, one a line.
fn leaves(element: &Element) -> String {
    let mut out = String::new();
    push_leaves(element, false, &mut out);
    out.trim().to_owned()
}

/// Every text and attribute value: both may carry words.
fn values(element: &Element) -> String {
    let mut out = String::new();
    push_leaves(element, true, &mut out);
    out
}

fn push_leaves(element: &Element, attributes: bool, out: &mut String) {
    if attributes {
        for value in element.attribute_values() {
            if out.len() < KEPT_BYTES && !value.contains("://schemas.") {
                out.push_str(value);
                out.push('\n');
            }
        }
    }
    if element.elements().next().is_none() {
        out.push_str(element.text().trim());
        out.push('\n');
    }
    for child in element.elements() {
        push_leaves(child, attributes, out);
    }
}

fn cut(mut text: String) -> String {
    if text.len() > KEPT_BYTES {
        text.truncate(text.floor_char_boundary(KEPT_BYTES));
    }
    text
}
