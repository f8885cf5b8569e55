//! What a person does not see: tracked changes, comments, properties, scripts, other parts; and page headers and footers.
//!
//! Rule that must hold: everything found here goes to [`Hidden`](super::super::super::Hidden) or to the screening alone.

use std::collections::HashMap;

use super::{
    super::{
        super::{Change, ChangeKind, Comment},
        docx::tidy::screen_only,
        draft::Draft,
    },
    Reader, Story, all_text,
};
use crate::{
    convert::{document::DocumentError, labels, package::parse_part, xml::Element},
    domain::{Part, Place, TextUnit},
};

/// Bytes of text kept of one embedded object.
const KEPT_BYTES: usize = 1 << 20;

/// Tracked changes while the text is read.
#[derive(Default)]
pub(super) struct Changes {
    /// Insertions by id: where they stand among the changes.
    insertions: HashMap<String, usize>,
    /// Insertions that reading is within.
    open: Vec<usize>,
}

impl Changes {
    /// Keeps text that stands within an insertion.
    pub(super) fn inserted(&self, text: &str, draft: &mut Draft) {
        if let Some(index) = self.open.last()
            && let Some(change) = draft.document.hidden.changes.get_mut(*index)
        {
            change.text.push_str(text);
        }
    }
}

impl Reader<'_> {
    /// The changes of a text; what was deleted stands here and nowhere else (5.5).
    pub(super) fn tracked_changes(&mut self, element: &Element) {
        let regions = element
            .elements()
            .filter(|region| region.name() == "text:changed-region");
        for region in regions {
            let id = region.attr("xml:id").or_else(|| region.attr("text:id"));
            for change in region.elements() {
                let (kind, part) = match change.name() {
                    "text:insertion" => (ChangeKind::Insertion, Part::TrackedInsertion),
                    "text:deletion" => (ChangeKind::Deletion, Part::TrackedDeletion),
                    _ => (ChangeKind::Formatting, Part::Body),
                };
                let author = change
                    .child("office:change-info")
                    .and_then(|info| info.child("dc:creator"))
                    .map(Element::text);
                let changes = &mut self.draft.document.hidden.changes;
                if let Some(id) = id.filter(|_| kind == ChangeKind::Insertion) {
                    self.changes.insertions.insert(id.to_owned(), changes.len());
                }
                changes.push(Change {
                    kind,
                    author: author.unwrap_or_default(),
                    text: all_text(change),
                    at: Place::new(part, format!("change {}", changes.len() + 1)),
                });
            }
        }
    }

    pub(super) fn change_mark(&mut self, element: &Element) {
        let id = element.attr("text:change-id").unwrap_or("");
        let Some(index) = self.changes.insertions.get(id).copied() else {
            return;
        };
        match element.name() {
            "text:change-start" => self.changes.open.push(index),
            "text:change-end" => self.changes.open.retain(|open| *open != index),
            _ => {}
        }
    }

    pub(super) fn comment(&mut self, element: &Element) {
        let mut text = String::new();
        for child in element.elements() {
            match child.name() {
                "dc:creator" | "dc:date" | "meta:creator-initials" | "meta:date-string" => {}
                _ => {
                    text.push_str(&all_text(child));
                    text.push('\n');
                }
            }
        }
        let author = element.child("dc:creator").map(Element::text);
        let comments = &mut self.draft.document.hidden.comments;
        let number = comments.len() + 1;
        comments.push(Comment {
            author: author.unwrap_or_default(),
            text: text.trim().to_owned(),
            at: Place::new(Part::Comment, format!("comment {number}")),
        });
    }

    /// Values that fields may show somewhere.
    pub(super) fn declarations(&mut self, element: &Element) {
        for declaration in element.elements() {
            let value = declaration
                .attr("office:string-value")
                .or_else(|| declaration.attr("office:value"))
                .or_else(|| declaration.attr("text:formula"));
            if let Some(value) = value {
                self.instruction(value, "variable");
            }
            if let Some(target) = declaration.attr("office:dde-topic") {
                self.external(target, "data exchange");
            }
        }
    }

    /// Controls of forms: labels and values that show, for the screening.
    pub(super) fn forms(&mut self, element: &Element) {
        let mut text = String::new();
        push_controls(element, &mut text);
        if !text.trim().is_empty() {
            let place = self.here(Part::TextBox);
            let unit = TextUnit::new(Part::TextBox, place.at, text);
            self.draft.document.not_carried.push(unit);
        }
    }

    /// Scripts and what they are bound to.
    pub(super) fn scripts(&mut self, element: &Element) {
        for script in element.elements() {
            let target = script.attr("xlink:href");
            let text = target.map_or_else(|| all_text(script), str::to_owned);
            // Many programs name their library of macros even when it is empty.
            if script.name() == "script:event-listener" || !text.trim().is_empty() {
                self.draft.document.hidden.macros += 1;
                self.instruction(&text, "script");
            }
        }
    }

    /// Properties, by the names that office packages have for the same things.
    pub(super) fn read_meta(&mut self, meta: &Element) {
        let mut custom = Vec::new();
        for element in meta.elements() {
            let text = element.text();
            match element.name() {
                "meta:creation-date" => self.draft.property("created", &text, false),
                "dc:date" => self.draft.property("modified", &text, false),
                "meta:print-date" => self.draft.property("lastPrinted", &text, false),
                "meta:generator" => self.draft.property("Application", &text, false),
                "meta:initial-creator" => self.draft.property("creator", &text, false),
                "dc:creator" => self.draft.property("lastModifiedBy", &text, false),
                "meta:editing-duration" | "meta:editing-cycles" | "meta:document-statistic" => {}
                "meta:template" | "meta:auto-reload" => {
                    if let Some(target) = element.attr("xlink:href") {
                        self.external(target, "template");
                    }
                    let title = element.attr("xlink:title").unwrap_or("");
                    self.draft.property("Template", title, false);
                }
                "meta:user-defined" => {
                    let name = element.attr("meta:name").unwrap_or("");
                    self.draft.property(name, &text, true);
                    custom.push((name.to_owned(), text));
                }
                name => {
                    let name = name.split_once(':').map_or(name, |(_, local)| local);
                    self.draft.property(name, &text, false);
                }
            }
        }
        self.draft.document.hidden.labels = labels::from_properties(custom);
    }

    /// Settings that give something away: printers and data sources.
    pub(super) fn read_settings(&mut self, root: &Element) {
        let mut items = Vec::new();
        root.find_all("config:config-item", &mut items);
        for item in items {
            let name = item.attr("config:name").unwrap_or("");
            if matches!(
                name,
                "PrinterName" | "CurrentDatabaseDataSource" | "CurrentDatabaseCommand"
            ) {
                self.draft.property(name, &item.text(), false);
            }
        }
    }

    /// Page headers and footers, and what masters put on every slide: for the screening only.
    pub(super) fn read_masters(&mut self, masters: &Element) -> Result<(), DocumentError> {
        let (mut headers, mut footers, mut pages) = (0_u32, 0_u32, 0_u32);
        for page in masters.elements() {
            pages += 1;
            if page.name() != "style:master-page" {
                continue;
            }
            for element in page.elements() {
                let name = element.name();
                if name.starts_with("style:header") {
                    headers += 1;
                    let units = self.aside(element, Part::Header, &format!("header {headers}"))?;
                    self.draft.document.headers.extend(units);
                } else if name.starts_with("style:footer") {
                    footers += 1;
                    let units = self.aside(element, Part::Footer, &format!("footer {footers}"))?;
                    self.draft.document.footers.extend(units);
                } else if name.starts_with("draw:")
                    && element.attr("presentation:placeholder") != Some("true")
                {
                    let label = format!("master slide {pages}");
                    let units = self.aside_drawing(element, &label)?;
                    self.draft.document.headers.extend(units);
                }
            }
        }
        Ok(())
    }

    fn aside(
        &mut self,
        element: &Element,
        part: Part,
        label: &str,
    ) -> Result<Vec<TextUnit>, DocumentError> {
        let story = Story::unpublished(part, label);
        let blocks = self.apart(story, |reader| reader.blocks(element))?;
        let mut units = Vec::new();
        screen_only(&blocks, &Place::new(part, label), &mut units);
        Ok(units)
    }

    fn aside_drawing(
        &mut self,
        element: &Element,
        label: &str,
    ) -> Result<Vec<TextUnit>, DocumentError> {
        let story = Story::unpublished(Part::Header, label);
        let blocks = self.apart(story, |reader| reader.block(element))?;
        let mut units = Vec::new();
        screen_only(&blocks, &Place::new(Part::Header, label), &mut units);
        Ok(units)
    }

    /// Parts of the package that the text does not use: macros, former versions, objects, files.
    pub(super) fn read_other_parts(&mut self) -> Result<(), DocumentError> {
        const USUAL: [&str; 9] = [
            "meta-inf/",
            "pictures/",
            "thumbnails/",
            "configurations2/",
            "objectreplacements/",
            "layout-cache",
            "manifest.rdf",
            "mimetype",
            "fonts/",
        ];
        let names = self
            .package
            .as_ref()
            .map(|package| package.all_names())
            .unwrap_or_default();
        for name in names {
            let lower = name.to_lowercase();
            let (folder, file) = lower.rsplit_once('/').unwrap_or(("", lower.as_str()));
            let own = folder.is_empty()
                && matches!(
                    file,
                    "content.xml" | "styles.xml" | "meta.xml" | "settings.xml"
                );
            if own || file.is_empty() || USUAL.iter().any(|usual| lower.starts_with(usual)) {
                continue;
            }
            if lower.starts_with("basic/")
                || lower.starts_with("scripts/")
                || lower.starts_with("dialogs/")
            {
                let list = matches!(
                    file,
                    "script-lc.xml" | "script-lb.xml" | "dialog-lc.xml" | "dialog-lb.xml"
                );
                self.draft.document.hidden.macros += u64::from(!list);
                continue;
            }
            if self.objects.contains(folder) || self.objects.contains(&lower) {
                continue;
            }
            let bytes = match self.package.as_mut() {
                Some(package) if file == "content.xml" => package.bytes(&name)?,
                _ => None,
            };
            let text = match bytes {
                Some(bytes) => all_text(&parse_part(&bytes, &name, &self.draft.limits)?),
                None => String::new(),
            };
            self.embedded(&name, text);
        }
        Ok(())
    }

    /// Keeps an embedded file: its name, and its text where it can be read.
    pub(super) fn embedded(&mut self, name: &str, mut text: String) {
        if text.len() > KEPT_BYTES {
            text.truncate(text.floor_char_boundary(KEPT_BYTES));
        }
        let mut unit = TextUnit::new(Part::Embedded, name, text);
        unit.labels.push(name.to_owned());
        self.draft.document.hidden.embedded.push(unit);
    }
}

fn push_controls(element: &Element, out: &mut String) {
    for child in element.elements() {
        for name in [
            "form:label",
            "form:value",
            "form:current-value",
            "form:title",
        ] {
            if let Some(value) = child.attr(name) {
                out.push_str(value);
                out.push('\n');
            }
        }
        push_controls(child, out);
    }
}
