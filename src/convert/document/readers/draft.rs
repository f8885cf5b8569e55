//! A document while a reader fills it: counters against the limits, places, what is hidden, images, the title.
//!
//! For readers of formats without a package around them. Rule that must hold: what is beyond a limit is an error,
//! what is left out is said, and hidden text goes to [`Hidden`](super::super::Hidden) alone.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::super::{
    Asset, Block, BlockKind, Document, DocumentError, Image, Inline, Limits, Property, TextStyle,
    TitleBlock,
    image::{ImageError, strip},
    plain_text, units,
};
use crate::{
    bilingual,
    convert::about,
    domain::{Bilingual, Part, Place, TextUnit, Unreadable, Warning},
};

/// Beyond this many warnings, more of them help nobody.
const MOST_WARNINGS: usize = 10_000;
/// Hidden things kept one by one; further text joins the last one.
const MOST_HIDDEN: usize = 50_000;
/// How many paragraphs may count as the first page.
const FIRST_PAGE_PARAGRAPHS: u32 = 10;
/// Bytes of all images together.
const IMAGE_BYTES: u64 = 128 << 20;

/// Images that come beside the text, by content id without brackets.
pub(super) type Beside = BTreeMap<String, Vec<u8>>;

/// A document under construction.
pub(super) struct Draft {
    pub(super) document: Document,
    pub(super) limits: Limits,
    /// Stands before every address: `message 3, `.
    pub(super) prefix: String,
    pub(super) tables: u32,
    paragraphs: u32,
    pictures: u32,
    blocks: u64,
    cells: u64,
    image_bytes: u64,
}

impl Draft {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            document: Document::default(),
            limits,
            prefix: String::new(),
            tables: 0,
            paragraphs: 0,
            pictures: 0,
            blocks: 0,
            cells: 0,
            image_bytes: 0,
        }
    }

    pub(super) fn place(&self, part: Part, at: std::fmt::Arguments<'_>) -> Place {
        Place::new(part, format!("{}{at}", self.prefix))
    }

    /// The place of the paragraph at hand, without counting it.
    pub(super) fn here(&self, part: Part) -> Place {
        self.place(part, format_args!("paragraph {}", self.paragraphs.max(1)))
    }

    /// The place of the next paragraph in running text.
    pub(super) fn next_paragraph(&mut self) -> Place {
        self.paragraphs = self.paragraphs.saturating_add(1);
        let part = if self.paragraphs <= FIRST_PAGE_PARAGRAPHS {
            Part::FirstPage
        } else {
            Part::Body
        };
        self.here(part)
    }

    pub(super) fn next_heading(&mut self) -> Place {
        self.paragraphs = self.paragraphs.saturating_add(1);
        self.here(Part::Title)
    }

    pub(super) fn next_picture(&mut self) -> Place {
        self.pictures = self.pictures.saturating_add(1);
        self.place(Part::AltText, format_args!("picture {}", self.pictures))
    }

    pub(super) fn warn(&mut self, code: &str, message: Bilingual, place: Place) {
        if self.document.warnings.len() < MOST_WARNINGS {
            self.document.warnings.push(Warning {
                code: code.to_owned(),
                message,
                place,
            });
        }
    }

    /// Something that could not be read, which a person must look at.
    pub(super) fn unreadable(&mut self, code: &str, reason: Bilingual, place: Place) {
        let code = code.to_owned();
        if self.document.unreadable.len() < MOST_WARNINGS {
            let detail = Unreadable { code, reason };
            self.document.unreadable.push((place, detail));
        }
    }

    /// Keeps text that a person does not see.
    pub(super) fn hide(&mut self, text: &str, place: Place) {
        keep(&mut self.document.hidden.text, text, place, "");
    }

    /// Keeps what steers the display or programs it: scripts, styles, field instructions.
    pub(super) fn instruction(&mut self, text: &str, place: Place, label: &str) {
        keep(&mut self.document.hidden.instructions, text, place, label);
    }

    /// Keeps the address of something that the document would load from elsewhere.
    pub(super) fn external(&mut self, target: &str, place: Place, kind: &str) {
        let list = &mut self.document.hidden.external_links;
        keep(list, target, place, kind);
    }

    pub(super) fn property(&mut self, name: &str, value: &str, custom: bool) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        let properties = &mut self.document.hidden.properties;
        if properties.len() < MOST_HIDDEN {
            properties.push(Property {
                name: name.to_owned(),
                value: value.to_owned(),
                custom,
            });
        } else if let Some(last) = properties.last_mut() {
            last.value.push('\n');
            last.value.push_str(value);
        }
    }

    pub(super) fn count_block(&mut self) -> Result<(), DocumentError> {
        self.blocks += 1;
        if self.blocks > self.limits.blocks {
            return Err(DocumentError::limit("blocks", self.limits.blocks));
        }
        Ok(())
    }

    /// How many table cells may still come.
    pub(super) fn cells_left(&self) -> u64 {
        self.limits.table_cells.saturating_sub(self.cells)
    }

    pub(super) fn count_cells(&mut self, cells: usize) {
        self.cells = self.cells.saturating_add(cells as u64);
    }

    /// The asset that an image becomes; none, with a warning, when it cannot be carried over.
    pub(super) fn keep_image(&mut self, bytes: &[u8], at: &Place) -> Option<usize> {
        let image = match strip(bytes) {
            Ok(image) => image,
            Err(ImageError::Format) => {
                self.warn(
                    "dropped_image",
                    bilingual!(
                        "An image was left out: it is in a format that browsers do not show. Insert it as PNG or JPEG.",
                        "Une image a été omise : son format n’est pas affiché par les navigateurs. Insérez-la en PNG ou en JPEG."
                    ),
                    at.clone(),
                );
                return None;
            }
            Err(ImageError::Broken) => {
                self.warn(
                    "broken_image",
                    bilingual!(
                        "An image was left out: it is damaged. Insert it again.",
                        "Une image a été omise : elle est endommagée. Insérez-la de nouveau."
                    ),
                    at.clone(),
                );
                return None;
            }
        };
        let size = image.bytes.len() as u64;
        let pixels = u64::from(image.width) * u64::from(image.height);
        if pixels > self.limits.image_pixels || self.image_bytes.saturating_add(size) > IMAGE_BYTES
        {
            self.warn(
                "oversized_image",
                bilingual!(
                    "An image was left out: it is too large. Insert it in a smaller size.",
                    "Une image a été omise : elle est trop grande. Insérez-la en plus petit."
                ),
                at.clone(),
            );
            return None;
        }
        let digest = hex::encode(Sha256::digest(&image.bytes));
        let name = format!("image-{}.{}", &digest[..12], image.extension);
        let assets = &mut self.document.content.assets;
        if let Some(index) = assets.iter().position(|asset| asset.name == name) {
            return Some(index);
        }
        self.image_bytes += size;
        assets.push(Asset {
            name,
            media_type: image.media_type,
            bytes: image.bytes,
            width: image.width,
            height: image.height,
        });
        Some(assets.len() - 1)
    }

    /// An image that stands elsewhere: nothing is loaded; its description becomes a link, without one a placeholder.
    pub(super) fn linked_image(&mut self, target: &str, alt: Option<String>) -> Inline {
        let at = self.next_picture();
        self.external(target, at.clone(), "picture");
        self.warn(
            "linked_image",
            bilingual!(
                "An image was left out: it is linked from elsewhere. Put it into the document.",
                "Une image a été omise : elle est liée d’ailleurs. Placez-la dans le document."
            ),
            at.clone(),
        );
        match alt {
            Some(alt) if target.starts_with("http") => Inline::Link {
                target: target.to_owned(),
                content: vec![text(alt)],
            },
            alt => Inline::Image(Image {
                asset: None,
                alt,
                decorative: false,
                at,
            }),
        }
    }

    /// Language, title and blocks together make the content.
    ///
    /// A title that people see comes first: a heading of level 0, or a first heading that stands alone on its level.
    /// Then what the source names as title; then the first words.
    pub(super) fn finish(
        mut self,
        mut blocks: Vec<Block>,
        language: Option<String>,
        title: Option<&str>,
    ) -> Document {
        let language = language
            .or_else(|| language_of(&mut blocks).map(str::to_owned))
            .unwrap_or_else(|| "en-CA".to_owned());
        let named = title
            .map(squeeze)
            .filter(|title| title.chars().count() > 2 && !title.contains(['\\', '<']));
        let (title, title_block) = match (seen_title(&blocks), named) {
            (Some((index, title)), _) => (title, TitleBlock::At(index)),
            (None, Some(title)) => (title, TitleBlock::Absent),
            (None, None) => (self.first_words(&blocks, &language), TitleBlock::Absent),
        };
        let content = &mut self.document.content;
        content.title = title;
        content.title_block = title_block;
        content.language = language;
        content.blocks = blocks;
        self.document
    }

    fn first_words(&mut self, blocks: &[Block], language: &str) -> String {
        let place = self.place(Part::Body, format_args!("paragraph 1"));
        self.warn(
            "no_title",
            bilingual!(
                "The document has no title. Its first words stand in for it.",
                "Le document n’a pas de titre. Ses premiers mots en tiennent lieu."
            ),
            place,
        );
        let words = blocks.iter().find_map(|block| {
            let text = squeeze(&plain_text(block.inlines()));
            (!text.is_empty()).then(|| text.chars().take(100).collect::<String>())
        });
        words.unwrap_or_else(|| {
            if language.starts_with("fr") {
                "Document sans titre".to_owned()
            } else {
                "Untitled document".to_owned()
            }
        })
    }
}

/// What people read in blocks.
pub(super) fn units_of(blocks: &mut Vec<Block>) -> Vec<TextUnit> {
    // Units are made of a document, so the blocks stand in one for a moment.
    let mut around = Document::default();
    std::mem::swap(&mut around.content.blocks, blocks);
    let found = units(&around);
    std::mem::swap(&mut around.content.blocks, blocks);
    found
}

/// The language that blocks are written in: `en-CA`, `fr-CA`, where it is plain.
pub(super) fn language_of(blocks: &mut Vec<Block>) -> Option<&'static str> {
    match about::language(&units_of(blocks)) {
        Some("fr") => Some("fr-CA"),
        Some(_) => Some("en-CA"),
        None => None,
    }
}

fn seen_title(blocks: &[Block]) -> Option<(usize, String)> {
    let headings = || {
        blocks
            .iter()
            .enumerate()
            .filter_map(|(index, block)| match &block.kind {
                BlockKind::Heading { level, content, .. } => {
                    let text = squeeze(&plain_text(content));
                    (!text.is_empty()).then_some((index, *level, text))
                }
                _ => None,
            })
    };
    if let Some((index, _, text)) = headings().find(|(_, level, _)| *level == 0) {
        return Some((index, text));
    }
    let mut rest = headings();
    let (index, level, text) = rest.next()?;
    rest.all(|(_, other, _)| other > level)
        .then_some((index, text))
}

/// Adds to a list of units: next to the last one when it is of the same place, or when there are too many.
fn keep(list: &mut Vec<TextUnit>, text: &str, place: Place, label: &str) {
    if text.trim().is_empty() {
        return;
    }
    let full = list.len() >= MOST_HIDDEN;
    if let Some(last) = list.last_mut()
        && (full || (last.place == place && last.labels.iter().all(|l| l == label)))
    {
        last.text.push('\n');
        last.text.push_str(text);
        return;
    }
    let mut unit = TextUnit {
        place,
        text: text.to_owned(),
        labels: Vec::new(),
    };
    if !label.is_empty() {
        unit.labels.push(label.to_owned());
    }
    list.push(unit);
}

pub(super) fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text without style.
pub(super) fn text(text: impl Into<String>) -> Inline {
    Inline::Text {
        text: text.into(),
        style: TextStyle::default(),
        language: None,
    }
}

/// Adds text to a line, joined to what stands there in the same style and language.
pub(super) fn push_text(
    line: &mut Vec<Inline>,
    text: &str,
    style: TextStyle,
    language: Option<&str>,
) {
    if text.is_empty() {
        return;
    }
    if let Some(Inline::Text {
        text: last,
        style: of,
        language: tag,
    }) = line.last_mut()
        && *of == style
        && tag.as_deref() == language
    {
        last.push_str(text);
        return;
    }
    line.push(Inline::Text {
        text: text.to_owned(),
        style,
        language: language.map(str::to_owned),
    });
}

/// Takes white space and breaks off both ends of a line.
pub(super) fn trim_line(line: &mut Vec<Inline>) {
    loop {
        let done = match line.last_mut() {
            Some(Inline::Break) => false,
            Some(Inline::Text { text, .. }) => {
                text.truncate(text.trim_end().len());
                !text.is_empty()
            }
            _ => true,
        };
        if done {
            break;
        }
        line.pop();
    }
    let mut start = 0;
    while let Some(inline) = line.get_mut(start) {
        match inline {
            Inline::Break => start += 1,
            Inline::Text { text, .. } => {
                let blank = text.len() - text.trim_start().len();
                text.drain(..blank);
                if !text.is_empty() {
                    break;
                }
                start += 1;
            }
            _ => break,
        }
    }
    line.drain(..start);
}

/// The bytes of base64, white space passed over; none when it is something else.
pub(super) fn base64(input: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(input.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in input {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            // Some programs pad each piece of a long text.
            b'=' => {
                (bits, held) = (0, 0);
                continue;
            }
            _ if byte.is_ascii_whitespace() => continue,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0x00FF_FFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held).to_le_bytes()[0]);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_reads_what_programs_write() {
        let check = |input: &str, expect: Option<&[u8]>| {
            assert_eq!(base64(input.as_bytes()).as_deref(), expect, "{input}");
        };
        check("", Some(b""));
        check("YQ==", Some(b"a"));
        check("YW\r\nI=", Some(b"ab"));
        check("YWJj", Some(b"abc"));
        check("YWJjZA", Some(b"abcd"));
        check("YQ==Yg==", Some(b"ab"));
        check("_-8=", Some(&[0xFF, 0xEF]));
        check("YW*j", None);
    }

    #[test]
    fn lines_are_trimmed_on_both_ends() {
        let mut line = vec![
            Inline::Break,
            text("  "),
            text(" a "),
            Inline::Break,
            text(" \t"),
        ];
        trim_line(&mut line);
        assert_eq!(line, [text("a")]);
        let mut empty = vec![text(" "), Inline::Break];
        trim_line(&mut empty);
        assert_eq!(empty, []);
    }
}
