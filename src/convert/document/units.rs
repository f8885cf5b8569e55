//! What the screening gets to see of a document: everything, hidden or not, with its place.
//!
//! Rule that must hold: every text that could leave, and every text that is hidden in the file, is in a unit.

use std::collections::BTreeMap;

use super::{
    Block, BlockKind, Content, Document, Image, Inline, Property, Table, is_visible, plain_text,
};
use crate::{
    convert::labels::SensitivityLabel,
    domain::{Fact, FactDetail, HiddenChannel, Part, Place, TextUnit},
};

/// The detector that the facts of this module name.
const DETECTOR: &str = "document/1";

/// All texts of a document.
pub fn units(document: &Document) -> Vec<TextUnit> {
    let mut units = content_units(&document.content);
    let hidden = &document.hidden;
    for list in [
        &document.headers,
        &document.footers,
        &document.watermarks,
        &document.not_carried,
        &hidden.text,
        &hidden.instructions,
        &hidden.notes,
        &hidden.embedded,
        &hidden.attachments,
        &hidden.custom_xml,
        &hidden.external_links,
    ] {
        units.extend(list.iter().cloned());
    }
    units.extend(hidden.comments.iter().map(|comment| TextUnit {
        place: comment.at.clone(),
        text: comment.text.clone(),
        labels: some(&comment.author),
    }));
    units.extend(hidden.changes.iter().map(|change| TextUnit {
        place: change.at.clone(),
        text: change.text.clone(),
        labels: some(&change.author),
    }));
    units.extend(hidden.properties.iter().map(|property| {
        let kind = if property.custom {
            "custom property"
        } else {
            "property"
        };
        TextUnit {
            place: Place::new(Part::Property, format!("{kind} {}", property.name)),
            text: property.value.clone(),
            labels: vec![property.name.clone()],
        }
    }));
    units.extend(hidden.labels.iter().map(SensitivityLabel::unit));
    // Hidden things without text still have a name or an author.
    let named = |unit: &TextUnit| unit.place.part.is_hidden() && !unit.labels.is_empty();
    units.retain(|unit| !unit.text.trim().is_empty() || named(unit));
    units
}

/// The texts of what writers get.
pub(super) fn content_units(content: &Content) -> Vec<TextUnit> {
    let mut out = Units(vec![TextUnit::new(
        Part::Title,
        "title",
        content.title.clone(),
    )]);
    out.blocks(&content.blocks, &[]);
    for note in &content.notes {
        out.blocks(&note.blocks, &[]);
    }
    out.0
}

fn some(text: &str) -> Vec<String> {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![text.to_owned()]
    }
}

/// The sensitivity labels of a document.
pub fn labels(document: &Document) -> Vec<SensitivityLabel> {
    document.hidden.labels.clone()
}

/// What is established about a document as such: hidden channels with counts, unreadable parts, what was not
/// carried over. Markings and identifiers are for the screening.
pub fn facts(document: &Document) -> Vec<Fact> {
    let hidden = &document.hidden;
    let first = |units: &[TextUnit]| units.first().map(|unit| unit.place.clone());
    let telling: Vec<&Property> = hidden.properties.iter().filter(|p| tells(p)).collect();
    let property_place = telling
        .first()
        .map(|p| Place::new(Part::Property, format!("property {}", p.name)));
    let channels = [
        (
            HiddenChannel::TrackedChanges,
            hidden.changes.len(),
            hidden.changes.first().map(|c| c.at.clone()),
        ),
        (
            HiddenChannel::Comments,
            hidden.comments.len(),
            hidden.comments.first().map(|c| c.at.clone()),
        ),
        (
            HiddenChannel::HiddenText,
            hidden.text.len(),
            first(&hidden.text),
        ),
        (
            HiddenChannel::Notes,
            hidden.notes.len(),
            first(&hidden.notes),
        ),
        (HiddenChannel::Properties, telling.len(), property_place),
        (
            HiddenChannel::Embedded,
            hidden.embedded.len(),
            first(&hidden.embedded),
        ),
        (
            HiddenChannel::Attachments,
            usize::try_from(hidden.attached_files).unwrap_or(usize::MAX),
            first(&hidden.attachments),
        ),
        (
            HiddenChannel::Macros,
            usize::try_from(hidden.macros).unwrap_or(usize::MAX),
            None,
        ),
        (
            HiddenChannel::ExternalLinks,
            hidden.external_links.len(),
            first(&hidden.external_links),
        ),
        (
            HiddenChannel::CustomXml,
            hidden.custom_xml.len(),
            first(&hidden.custom_xml),
        ),
    ];
    let mut facts = Vec::new();
    for (channel, count, place) in channels {
        if count > 0 {
            facts.push(fact(
                FactDetail::Hidden {
                    channel,
                    count: count as u64,
                },
                place.unwrap_or_else(|| Place::new(Part::Package, "package")),
                format!("{} × {count}", channel.as_str()),
            ));
        }
    }
    for (place, unreadable) in &document.unreadable {
        let masked = unreadable.code.clone();
        facts.push(fact(
            FactDetail::Unreadable(unreadable.clone()),
            place.clone(),
            masked,
        ));
    }
    let mut codes: BTreeMap<&str, (u64, &Place)> = BTreeMap::new();
    for warning in &document.warnings {
        codes.entry(&warning.code).or_insert((0, &warning.place)).0 += 1;
    }
    for (code, (count, place)) in codes {
        let detail = FactDetail::Conversion {
            code: code.to_owned(),
            count,
        };
        facts.push(fact(detail, place.clone(), format!("{code} × {count}")));
    }
    facts
}

/// True for properties that may say more than the document: all but its title, language, dates and program.
fn tells(property: &Property) -> bool {
    const HARMLESS: [&str; 7] = [
        "title",
        "language",
        "created",
        "modified",
        "lastPrinted",
        "Application",
        "PresentationFormat",
    ];
    let template = property.name == "Template"
        && ["Normal", "Normal.dotm", "Normal.dot"].contains(&property.value.as_str());
    property.custom || !(HARMLESS.contains(&property.name.as_str()) || template)
}

fn fact(detail: FactDetail, place: Place, masked: String) -> Fact {
    Fact {
        detail,
        place,
        confidence: 100,
        masked,
        detector: DETECTOR.to_owned(),
        reasons: vec!["structure".to_owned()],
    }
}

struct Units(Vec<TextUnit>);

impl Units {
    fn push(&mut self, place: &Place, text: String, labels: &[String]) {
        self.0.push(TextUnit {
            place: place.clone(),
            text,
            labels: labels.to_vec(),
        });
    }

    fn blocks(&mut self, blocks: &[Block], labels: &[String]) {
        for block in blocks {
            match &block.kind {
                BlockKind::Heading { label, content, .. } => {
                    let label = label.as_ref().map(|l| format!("{l} ")).unwrap_or_default();
                    let text = format!("{label}{}", plain_text(content));
                    self.push(&block.at, text, labels);
                    self.inside(content, &block.at);
                }
                BlockKind::Paragraph(content) | BlockKind::Caption(content) => {
                    self.push(&block.at, plain_text(content), labels);
                    self.inside(content, &block.at);
                }
                BlockKind::List(list) => {
                    for item in &list.items {
                        self.blocks(&item.blocks, labels);
                    }
                }
                BlockKind::Table(table) => self.table(table, &block.at),
                BlockKind::Figure { images, caption } => {
                    for image in images {
                        self.image(image);
                    }
                    let caption = caption.as_deref().unwrap_or(&[]);
                    self.push(&block.at, plain_text(caption), labels);
                    self.inside(caption, &block.at);
                }
                BlockKind::Code(text) => self.push(&block.at, text.clone(), labels),
                BlockKind::Quote(blocks) | BlockKind::Note(blocks) => self.blocks(blocks, labels),
            }
        }
    }

    /// One unit per cell, labelled with the headers of its columns and its row.
    fn table(&mut self, table: &Table, at: &Place) {
        if let Some(caption) = &table.caption {
            self.push(at, plain_text(caption), &[]);
            self.inside(caption, at);
        }
        if let Some(description) = &table.description {
            let place = Place::new(Part::AltText, at.at.clone());
            self.push(&place, description.clone(), &[]);
        }
        // Without known headers the first row is the best label there is.
        let header_rows = table.header_rows.max(1);
        let mut headers = vec![String::new(); table.columns];
        let mut row_labels: Vec<String> = vec![String::new(); table.rows.len()];
        for (r, row) in table.rows.iter().enumerate() {
            for cell in row {
                let text = cell_text(&cell.blocks);
                let columns = cell.column..(cell.column + cell.column_span).min(table.columns);
                if r < header_rows {
                    for header in &mut headers[columns] {
                        join(header, &text);
                    }
                } else if cell.column == 0 {
                    let last = (r + cell.row_span).min(row_labels.len());
                    row_labels[r..last]
                        .iter_mut()
                        .for_each(|label| join(label, &text));
                }
            }
        }
        for (r, row) in table.rows.iter().enumerate() {
            for cell in row {
                let mut labels = Vec::new();
                if r >= header_rows {
                    labels.extend(headers.get(cell.column).cloned());
                    if cell.column > 0 {
                        labels.push(row_labels[r].clone());
                    }
                    labels.retain(|label| !label.is_empty());
                }
                let simple = cell
                    .blocks
                    .iter()
                    .all(|b| matches!(b.kind, BlockKind::Paragraph(_) | BlockKind::Heading { .. }));
                if simple {
                    // The whole cell in one piece: a number may be split over its paragraphs.
                    self.push(&cell.at, cell_text(&cell.blocks), &labels);
                    cell.blocks
                        .iter()
                        .for_each(|b| self.inside(b.inlines(), &cell.at));
                } else {
                    self.blocks(&cell.blocks, &labels);
                }
            }
        }
    }

    /// Pictures and link targets in running text.
    fn inside(&mut self, content: &[Inline], at: &Place) {
        for inline in content {
            match inline {
                Inline::Image(image) => self.image(image),
                Inline::Link { target, content } => {
                    if !target.starts_with('#') {
                        self.push(&Place::new(Part::Link, at.at.clone()), target.clone(), &[]);
                    }
                    self.inside(content, at);
                }
                _ => {}
            }
        }
    }

    fn image(&mut self, image: &Image) {
        if let Some(alt) = &image.alt {
            self.push(&image.at, alt.clone(), &[]);
        }
    }
}

/// Adds to a label, which is repeated for every cell and therefore kept short.
fn join(label: &mut String, text: &str) {
    const LONGEST: usize = 300;
    let text = &text[..text.floor_char_boundary(LONGEST)];
    if label.len() > LONGEST {
        return;
    }
    if !label.is_empty() && !text.is_empty() {
        label.push_str(" / ");
    }
    label.push_str(text);
}

fn cell_text(blocks: &[Block]) -> String {
    let texts = blocks
        .iter()
        .filter(|b| is_visible(b.inlines()))
        .map(|b| plain_text(b.inlines()));
    texts.collect::<Vec<_>>().join("\n")
}
