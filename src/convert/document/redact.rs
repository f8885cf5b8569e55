//! Places taken out of a document, before anything is written.
//!
//! Follows the content as `units` does, with the same texts at the same places: a span counts bytes of the text that the screening saw,
//! across runs, links and breaks. A link that loses words, or whose target is to go, loses its target. Rule that must hold:
//! the two walks agree; where they do not, a place is refused, and a redacted copy never comes of it.

use super::model::{
    Block, BlockKind, Content, Document, Image, Inline, Table, is_visible, plain_text,
};
use super::units::content_units;
use crate::{
    convert::redact::{Cut, Redacted, Removals, Values, cut_piece, cut_text},
    domain::{Part, Place, Removal},
};

/// Takes the places out of the content. When one of them is refused, the document is as it was.
pub fn redact(document: &mut Document, places: &[Removal], french: bool) -> Redacted {
    // Pictures are not touched, and may be large.
    let assets = std::mem::take(&mut document.content.assets);
    let mut content = document.content.clone();
    let (mut redacted, values) = carry_out(&mut content, places, french);
    if redacted.refused.is_empty() {
        let units = content_units(&content);
        match values.elsewhere(units.into_iter(), &|_| true) {
            Some(further) => {
                let (more, _) = carry_out(&mut content, &further, french);
                redacted.removed.extend(more.removed);
                redacted.refused.extend(more.refused);
            }
            None => redacted.refused.clone_from(&redacted.removed),
        }
    }
    if redacted.refused.is_empty() {
        redacted.title = content.title != document.content.title;
        document.content = content;
    }
    document.content.assets = assets;
    redacted
}

/// What can reach a rendition of a document: all but headers, footers, watermarks and what hides.
fn carried(part: Part) -> bool {
    !part.is_hidden() && !matches!(part, Part::Header | Part::Footer | Part::Watermark)
}

fn carry_out(content: &mut Content, places: &[Removal], french: bool) -> (Redacted, Values) {
    let mut walk = Walk {
        removals: Removals::new(places, french),
    };
    walk.text(&Place::new(Part::Title, "title"), &mut content.title);
    walk.blocks(&mut content.blocks);
    for note in &mut content.notes {
        walk.blocks(&mut note.blocks);
    }
    walk.removals.finish(&carried)
}

struct Walk<'a> {
    removals: Removals<'a>,
}

impl Walk<'_> {
    fn text(&mut self, at: &Place, text: &mut String) {
        let mut cuts = self.removals.cuts(at.part, &at.at, text);
        if !cuts.is_empty() {
            *text = cut_text(text, &mut cuts);
        }
    }

    fn blocks(&mut self, blocks: &mut [Block]) {
        for block in blocks {
            let at = &block.at;
            match &mut block.kind {
                BlockKind::Heading { label, content, .. } => {
                    self.inside(content, at);
                    let prefix = label.as_ref().map_or(0, |label| label.len() + 1);
                    let text = format!(
                        "{}{}",
                        label.as_ref().map(|l| format!("{l} ")).unwrap_or_default(),
                        plain_text(content)
                    );
                    let mut cuts = self.removals.cuts(at.part, &at.at, &text);
                    if cuts.iter().any(|cut| cut.start < prefix) {
                        // The number is counted by the source; it goes with the words.
                        *label = None;
                    }
                    cut(content, prefix, &mut cuts);
                }
                BlockKind::Paragraph(content) | BlockKind::Caption(content) => {
                    self.running(content, at);
                }
                BlockKind::List(list) => {
                    for item in &mut list.items {
                        self.blocks(&mut item.blocks);
                    }
                }
                BlockKind::Table(table) => self.table(table, at),
                BlockKind::Figure { images, caption } => {
                    for image in images {
                        self.image(image);
                    }
                    if let Some(caption) = caption {
                        self.running(caption, at);
                    }
                }
                BlockKind::Code(text) => self.text(at, text),
                BlockKind::Quote(blocks) | BlockKind::Note(blocks) => self.blocks(blocks),
            }
        }
    }

    fn table(&mut self, table: &mut Table, at: &Place) {
        if let Some(caption) = &mut table.caption {
            self.running(caption, at);
        }
        if let Some(description) = &mut table.description {
            self.text(&Place::new(Part::AltText, at.at.clone()), description);
        }
        for cell in table.rows.iter_mut().flatten() {
            let simple = cell.blocks.iter().all(|block| {
                matches!(
                    block.kind,
                    BlockKind::Paragraph(_) | BlockKind::Heading { .. }
                )
            });
            if simple {
                self.cell(&mut cell.blocks, &cell.at);
            } else {
                self.blocks(&mut cell.blocks);
            }
        }
    }

    /// A cell is one text: its visible paragraphs, joined by line ends.
    fn cell(&mut self, blocks: &mut [Block], at: &Place) {
        let mut text = String::new();
        let mut starts = Vec::with_capacity(blocks.len());
        let mut first = true;
        for block in &mut *blocks {
            let content = inlines(&mut block.kind);
            if let Some(content) = content.filter(|content| is_visible(content)) {
                if !first {
                    text.push('\n');
                }
                first = false;
                starts.push(Some(text.len()));
                text.push_str(&plain_text(content));
            } else {
                starts.push(None);
            }
        }
        let mut cuts = self.removals.cuts(at.part, &at.at, &text);
        for (block, start) in blocks.iter_mut().zip(starts) {
            let Some(content) = inlines(&mut block.kind) else {
                continue;
            };
            self.inside(content, at);
            if let Some(start) = start {
                cut(content, start, &mut cuts);
            }
        }
    }

    fn running(&mut self, content: &mut Vec<Inline>, at: &Place) {
        let text = plain_text(content);
        let mut cuts = self.removals.cuts(at.part, &at.at, &text);
        self.inside(content, at);
        cut(content, 0, &mut cuts);
    }

    /// Pictures and link targets in running text. The text itself stays as long as it was.
    fn inside(&mut self, content: &mut Vec<Inline>, at: &Place) {
        for inline in std::mem::take(content) {
            match inline {
                Inline::Image(mut image) => {
                    self.image(&mut image);
                    content.push(Inline::Image(image));
                }
                Inline::Link {
                    target,
                    content: mut linked,
                } => {
                    self.inside(&mut linked, at);
                    let goes = !target.starts_with('#')
                        && !self.removals.cuts(Part::Link, &at.at, &target).is_empty();
                    if goes {
                        content.append(&mut linked);
                    } else {
                        content.push(Inline::Link {
                            target,
                            content: linked,
                        });
                    }
                }
                other => content.push(other),
            }
        }
    }

    fn image(&mut self, image: &mut Image) {
        if let Some(alt) = &mut image.alt {
            let at = &image.at;
            let mut cuts = self.removals.cuts(at.part, &at.at, alt);
            if !cuts.is_empty() {
                *alt = cut_text(alt, &mut cuts);
            }
        }
    }
}

/// The running text of a block that has one.
fn inlines(kind: &mut BlockKind) -> Option<&mut Vec<Inline>> {
    match kind {
        BlockKind::Heading { content, .. } | BlockKind::Paragraph(content) => Some(content),
        _ => None,
    }
}

/// Takes the cuts out of running text that begins at `base` in the text they count in.
fn cut(content: &mut Vec<Inline>, base: usize, cuts: &mut [Cut]) {
    if cuts.is_empty() {
        return;
    }
    let mut at = base;
    cut_inlines(content, &mut at, cuts);
}

/// Goes on at `at`, and leaves it behind the last of the inlines; true when something went.
fn cut_inlines(content: &mut Vec<Inline>, at: &mut usize, cuts: &mut [Cut]) -> bool {
    let mut touched = false;
    for inline in std::mem::take(content) {
        match inline {
            Inline::Text {
                text,
                style,
                language,
            } => {
                let left = cut_piece(&text, *at, cuts);
                *at += text.len();
                touched |= left != text;
                if !left.is_empty() || text.is_empty() {
                    content.push(Inline::Text {
                        text: left,
                        style,
                        language,
                    });
                }
            }
            Inline::Link {
                target,
                content: mut linked,
            } => {
                if cut_inlines(&mut linked, at, cuts) {
                    // A target tells what its words told: an address, a number, a name.
                    touched = true;
                    content.append(&mut linked);
                } else {
                    content.push(Inline::Link {
                        target,
                        content: linked,
                    });
                }
            }
            Inline::Break => {
                let goes = cuts.iter().any(|cut| cut.start <= *at && *at < cut.end);
                *at += 1;
                touched |= goes;
                if !goes {
                    content.push(Inline::Break);
                }
            }
            other => content.push(other),
        }
    }
    touched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::{
        document::model::{Cell, HeaderSource, Note, TextStyle},
        redact::tests::removal,
    };

    fn run(text: &str, strong: bool) -> Inline {
        Inline::Text {
            text: text.to_owned(),
            style: TextStyle {
                strong,
                ..TextStyle::default()
            },
            language: None,
        }
    }

    fn link(target: &str, text: &str) -> Inline {
        Inline::Link {
            target: target.to_owned(),
            content: vec![run(text, false)],
        }
    }

    fn picture(alt: &str) -> Image {
        Image {
            asset: None,
            alt: Some(alt.to_owned()),
            decorative: false,
            at: Place::new(Part::AltText, "picture 1"),
        }
    }

    fn block(part: Part, at: &str, kind: BlockKind) -> Block {
        Block {
            kind,
            at: Place::new(part, at),
        }
    }

    fn paragraph(at: &str, content: Vec<Inline>) -> Block {
        block(Part::Body, at, BlockKind::Paragraph(content))
    }

    fn document() -> Document {
        let heading = BlockKind::Heading {
            level: 1,
            label: Some("1.2".to_owned()),
            content: vec![run("File of Ada Sample", false)],
        };
        let cell = Cell {
            column: 0,
            column_span: 1,
            row_span: 1,
            blocks: vec![
                paragraph("c", vec![run("046 454", false)]),
                paragraph("c", vec![run("286 closed", true)]),
            ],
            at: Place::new(Part::TableCell, "table 1, row 1, column 1"),
        };
        let table = Table {
            columns: 1,
            header_rows: 0,
            header_source: HeaderSource::None,
            header_column: false,
            rows: vec![vec![cell]],
            caption: Some(vec![run("Cases", false)]),
            description: Some("case 1961 shown".to_owned()),
        };
        let content = Content {
            title: "File of Ada Sample".to_owned(),
            language: "en-CA".to_owned(),
            blocks: vec![
                block(Part::Title, "paragraph 1", heading),
                paragraph(
                    "paragraph 2",
                    vec![
                        run("né le 1961", false),
                        run("-02-", true),
                        Inline::Break,
                        run("03, ", false),
                        link("mailto:ada@example.org", "write"),
                        Inline::Note(0),
                        Inline::Image(picture("Ada Sample, 1999")),
                    ],
                ),
                block(Part::Body, "table 1", BlockKind::Table(table)),
                block(
                    Part::Body,
                    "paragraph 4",
                    BlockKind::Code("x=1961".to_owned()),
                ),
            ],
            notes: vec![Note {
                blocks: vec![block(
                    Part::Note,
                    "footnote 1",
                    BlockKind::Paragraph(vec![run("Call 613 555 0100 now", false)]),
                )],
                at: Place::new(Part::Note, "footnote 1"),
            }],
            ..Content::default()
        };
        Document {
            content,
            ..Document::default()
        }
    }

    /// The texts of the content after these removals, by place.
    fn check(places: &[Removal], expect: &[(Part, &str, &str)]) {
        let mut document = document();
        let redacted = redact(&mut document, places, false);
        assert!(redacted.refused.is_empty(), "{:?}", redacted.refused);
        let units = content_units(&document.content);
        for (part, at, text) in expect {
            let found: Vec<&str> = units
                .iter()
                .filter(|unit| unit.place.part == *part && unit.place.at == *at)
                .map(|unit| unit.text.as_str())
                .collect();
            assert!(found.contains(text), "{at}: {found:?}");
        }
    }

    #[test]
    fn a_span_goes_across_runs_and_breaks() {
        check(
            &[removal(Part::Body, "paragraph 2", Some((7, 18)))],
            &[(Part::Body, "paragraph 2", "né le [s.19(1)], write")],
        );
        // From the first byte, and to the last.
        check(
            &[
                removal(Part::Body, "paragraph 2", Some((0, 3))),
                removal(Part::Body, "paragraph 2", Some((20, 25))),
            ],
            &[(
                Part::Body,
                "paragraph 2",
                "[s.19(1)] le 1961-02- 03, [s.19(1)]",
            )],
        );
    }

    #[test]
    fn all_kinds_of_places_are_reached() {
        check(
            &[removal(Part::Note, "footnote 1", Some((5, 17)))],
            &[(Part::Note, "footnote 1", "Call [s.19(1)] now")],
        );
        check(
            &[removal(Part::AltText, "picture 1", Some((12, 16)))],
            &[(Part::AltText, "picture 1", "Ada Sample, [s.19(1)]")],
        );
        check(
            &[removal(Part::AltText, "table 1", Some((5, 9)))],
            &[(Part::AltText, "table 1", "case [s.19(1)] shown")],
        );
        check(
            &[removal(
                Part::TableCell,
                "table 1, row 1, column 1",
                Some((0, 11)),
            )],
            &[(
                Part::TableCell,
                "table 1, row 1, column 1",
                "[s.19(1)]\n closed",
            )],
        );
        check(
            &[removal(Part::Body, "paragraph 4", Some((2, 6)))],
            &[(Part::Body, "paragraph 4", "x=[s.19(1)]")],
        );
    }

    #[test]
    fn a_name_in_a_heading_goes_from_the_title_and_all_other_places() {
        let mut document = document();
        let places = [removal(Part::Title, "paragraph 1", Some((12, 22)))];
        let redacted = redact(&mut document, &places, false);
        assert!(redacted.is_done() && redacted.title);
        assert_eq!(redacted.removed.len(), 3, "{:?}", redacted.removed);
        assert_eq!(document.content.title, "File of [s.19(1)]");
        let all: Vec<String> = content_units(&document.content)
            .into_iter()
            .map(|unit| unit.text)
            .collect();
        assert!(all.contains(&"1.2 File of [s.19(1)]".to_owned()), "{all:?}");
        assert!(all.iter().all(|text| !text.contains("Sample")), "{all:?}");
    }

    #[test]
    fn a_link_loses_its_target_with_it_or_with_its_words() {
        for place in [
            removal(Part::Link, "paragraph 2", Some((7, 22))),
            removal(Part::Body, "paragraph 2", Some((22, 24))),
        ] {
            let mut document = document();
            assert!(redact(&mut document, &[place], false).is_done());
            assert!(!format!("{:?}", document.content).contains("mailto"));
        }
    }

    #[test]
    fn what_does_not_fit_leaves_everything_as_it_was() {
        for bad in [
            removal(Part::Body, "paragraph 2", Some((2, 5))),
            removal(Part::Body, "paragraph 2", Some((3, 400))),
            removal(Part::Body, "paragraph 9", None),
            removal(Part::FileName, "file name", Some((0, 4))),
        ] {
            let mut document = document();
            let before = document.content.clone();
            let good = removal(Part::Note, "footnote 1", Some((5, 17)));
            let redacted = redact(&mut document, &[good, bad.clone()], false);
            assert_eq!(redacted.refused, [bad]);
            assert!(!redacted.is_done());
            assert_eq!(document.content, before);
        }
    }

    #[test]
    fn what_no_writer_gets_needs_nothing() {
        let mut document = document();
        let before = document.content.clone();
        let places = [
            removal(Part::Header, "header 1", Some((0, 4))),
            removal(Part::Comment, "comment 1", None),
        ];
        assert!(redact(&mut document, &places, false).is_done());
        assert_eq!(document.content, before);
    }
}
