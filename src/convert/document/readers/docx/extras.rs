//! What a package holds beside the text: properties, comments, embedded files, macros, custom XML.
//!
//! Rule that must hold: everything found here goes to [`Hidden`](crate::convert::document::Hidden) alone.

use std::io::{Read, Seek};

use super::Reader;
use crate::{
    convert::{
        document::{Comment, DocumentError, Property},
        labels,
        xml::Element,
    },
    domain::{Part, Place, TextUnit},
};

/// Bytes of text kept of one custom XML or other hidden part.
const KEPT_BYTES: usize = 1 << 20;

impl<R: Read + Seek> Reader<R> {
    pub(super) fn read_hidden_parts(&mut self, main: &str) -> Result<(), DocumentError> {
        self.read_comments()?;
        self.read_properties()?;
        self.read_settings(main)?;
        let names: Vec<String> = self.package.names().map(str::to_owned).collect();
        for name in &names {
            let lower = name.to_lowercase();
            let file = lower.rsplit('/').next().unwrap_or("");
            let extension = file.rsplit('.').next().unwrap_or("");
            if lower.contains("vbaproject") && extension == "bin" {
                self.document.hidden.macros += 1;
            } else if lower.contains("embeddings/") || lower.contains("activex/") {
                self.embedded(name, String::new());
            } else if lower.starts_with("customxml/item") && !file.contains("props") {
                if let Some(root) = self.package.xml(name)? {
                    let text = custom_xml_text(&root);
                    let count = self.document.hidden.custom_xml.len() + 1;
                    let at = format!("custom XML {count}");
                    let unit = TextUnit::new(Part::Embedded, at, cut(text));
                    self.document.hidden.custom_xml.push(unit);
                }
            } else if lower.contains("glossary/document") && extension == "xml" {
                if let Some(root) = self.package.xml(name)? {
                    self.embedded(name, all_text(&root));
                }
            } else if (lower.contains("/charts/chart") || lower.contains("/diagrams/data"))
                && extension == "xml"
                && let Some(root) = self.package.xml(name)?
            {
                let text = drawing_text(&root);
                if !text.trim().is_empty() {
                    let unit = TextUnit::new(Part::TextBox, name.clone(), cut(text));
                    self.document.not_carried.push(unit);
                }
            }
        }
        Ok(())
    }

    fn embedded(&mut self, name: &str, text: String) {
        let mut unit = TextUnit::new(Part::Embedded, name, cut(text));
        unit.labels.push(name.to_owned());
        self.document.hidden.embedded.push(unit);
    }

    fn read_comments(&mut self) -> Result<(), DocumentError> {
        let Some(root) = self.related("comments")? else {
            return Ok(());
        };
        let comments = root.elements().filter(|e| e.name() == "w:comment");
        for (index, comment) in comments.enumerate() {
            self.document.hidden.comments.push(Comment {
                author: comment.attr("w:author").unwrap_or("").to_owned(),
                text: all_text(comment),
                at: Place::new(Part::Comment, format!("comment {}", index + 1)),
            });
        }
        Ok(())
    }

    fn read_properties(&mut self) -> Result<(), DocumentError> {
        let relations = self.package.relationships("")?;
        let part_of = |kind: &str| {
            let found = relations.values().find(|r| r.kind == kind && !r.external);
            found.map(|r| r.target.clone())
        };
        for (kind, usual) in [
            ("core-properties", "docProps/core.xml"),
            ("extended-properties", "docProps/app.xml"),
        ] {
            let target = part_of(kind).unwrap_or_else(|| usual.to_owned());
            let Some(root) = self.package.xml(&target)? else {
                continue;
            };
            for element in root.elements() {
                let name = element.name();
                let name = name.split_once(':').map_or(name, |(_, local)| local);
                // Counts and version numbers tell nothing about anyone.
                let counts = [
                    "Pages",
                    "Words",
                    "Characters",
                    "Lines",
                    "Paragraphs",
                    "TotalTime",
                    "AppVersion",
                    "CharactersWithSpaces",
                    "DocSecurity",
                    "ScaleCrop",
                    "LinksUpToDate",
                    "SharedDoc",
                    "HyperlinksChanged",
                    "HeadingPairs",
                    "revision",
                ];
                if !counts.contains(&name) {
                    self.property(name, &element.text(), false);
                }
            }
        }
        let custom = part_of("custom-properties").unwrap_or_else(|| "docProps/custom.xml".into());
        let custom = self.package.part(&custom)?;
        if let Some(bytes) = &custom {
            let root =
                crate::convert::package::parse_part(bytes, "docProps/custom.xml", &self.limits)?;
            for element in root.elements() {
                if let Some(name) = element.attr("name") {
                    self.property(name, &element.text(), true);
                }
            }
        }
        let info = self.package.part("docMetadata/LabelInfo.xml")?;
        self.document.hidden.labels = labels::parse(custom.as_deref(), info.as_deref())?;
        Ok(())
    }

    fn property(&mut self, name: &str, value: &str, custom: bool) {
        let value = value.trim().to_owned();
        if !value.is_empty() {
            let name = name.to_owned();
            self.document.hidden.properties.push(Property {
                name,
                value,
                custom,
            });
        }
    }

    /// Settings that give something away: document variables, the template, mail merge sources.
    fn read_settings(&mut self, main: &str) -> Result<(), DocumentError> {
        let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
        if let Some(settings) = self.related("settings")? {
            let mut variables = Vec::new();
            settings.find_all("w:docVar", &mut variables);
            for variable in variables {
                let name = variable.attr("w:name").unwrap_or("");
                let value = variable.attr("w:val").unwrap_or("");
                self.property(&format!("variable {name}"), value, true);
            }
            let relations = self
                .package
                .relationships(&format!("{folder}/settings.xml"))?;
            for relation in relations.values().filter(|r| r.external) {
                self.document.hidden.external_links.push(TextUnit {
                    place: Place::new(Part::Property, "settings"),
                    text: relation.target.clone(),
                    labels: vec![relation.kind.clone()],
                });
            }
        }
        if let Some(people) = self.related("people")? {
            for person in people.elements() {
                if let Some(author) = person.attr("w15:author") {
                    self.property("person", author, false);
                }
            }
        }
        Ok(())
    }
}

/// All text of WordprocessingML below, deleted text included; paragraphs and cells apart.
pub(super) fn all_text(element: &Element) -> String {
    let mut out = String::new();
    push_all(element, &mut out);
    out.trim().to_owned()
}

fn push_all(element: &Element, out: &mut String) {
    for child in element.elements() {
        match child.name() {
            "w:t" | "w:delText" | "w:instrText" | "w:delInstrText" | "m:t" | "a:t" => {
                out.push_str(&child.text());
            }
            "w:tab" | "w:br" | "w:cr" => out.push(' '),
            "w:rPr" | "w:pPr" | "w:tblPr" | "w:tcPr" => {}
            "w:p" => {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
                push_all(child, out);
            }
            "mc:AlternateContent" => {
                if let Some(branch) = super::body::chosen(child) {
                    push_all(branch, out);
                }
            }
            _ => push_all(child, out),
        }
    }
}

/// The text of charts and diagrams: titles, categories, values, labels.
pub(super) fn drawing_text(root: &Element) -> String {
    let mut out = String::new();
    for name in ["a:t", "c:v"] {
        let mut found = Vec::new();
        root.find_all(name, &mut found);
        for element in found {
            out.push_str(&element.text());
            out.push('\n');
        }
    }
    out
}

/// Every text and attribute value of a custom XML part: both may carry words.
fn custom_xml_text(root: &Element) -> String {
    let mut out = String::new();
    push_leaves(root, &mut out);
    out
}

fn push_leaves(element: &Element, out: &mut String) {
    for value in element.attribute_values() {
        if out.len() < KEPT_BYTES && !value.contains("://schemas.") {
            out.push_str(value);
            out.push('\n');
        }
    }
    if element.elements().next().is_none() {
        out.push_str(element.text().trim());
        out.push('\n');
    }
    for child in element.elements() {
        push_leaves(child, out);
    }
}

fn cut(mut text: String) -> String {
    if text.len() > KEPT_BYTES {
        text.truncate(text.floor_char_boundary(KEPT_BYTES));
    }
    text
}
