//! The texts of a PDF, read from its bytes, for those who must check what is about to leave.
//!
//! Reads what the structure tree holds in its order, then what stands outside of it. Meant for files that [`render`]
//! made. Rule that must hold: no text is passed over; text that cannot be mapped to characters is an error.
//!
//! [`render`]: crate::render

use std::collections::BTreeMap;

use hayro_syntax::{
    Pdf,
    object::{self, Array, Dict, Object, ObjectIdentifier, Stream},
};

use crate::read_back_page::{Pieces, read_page};

/// Depth of the structure tree; [`crate::render`] stays far below.
const DEPTH: usize = 400;
/// Bookmarks read.
const BOOKMARKS: usize = 200_000;

/// A text with what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PdfText {
    /// What it is.
    pub kind: PdfTextKind,
    /// Its page, from 1; 0 where it belongs to none.
    pub page: usize,
    /// The text.
    pub text: String,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PdfTextKind {
    /// A heading or a bookmark.
    Heading,
    /// Running text.
    Text,
    /// A cell of a table.
    Cell,
    /// A description.
    Description,
    /// The target of a link.
    Link,
    /// Metadata of the file.
    Property,
    /// Something that does not show: an embedded file, a script.
    Hidden,
}

/// Why the texts are not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Damaged, encrypted, or no PDF.
    #[error("the PDF is damaged or protected")]
    Invalid,
    /// Glyphs without characters.
    #[error("the PDF shows text that no characters are known for")]
    Unmapped,
}

/// All texts of a PDF.
///
/// # Errors
/// [`ReadError`] when anything in it cannot be read.
pub fn texts(bytes: &[u8]) -> Result<Vec<PdfText>, ReadError> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|_| ReadError::Invalid)?;
    let mut pages = BTreeMap::new();
    let mut pieces = Pieces::default();
    for (index, page) in pdf.pages().iter().enumerate() {
        if let Some(id) = page.raw().obj_id() {
            pages.insert(id, index + 1);
        }
        read_page(page, index + 1, &mut pieces)?;
    }
    let catalog = pdf
        .xref()
        .get::<Dict<'_>>(pdf.xref().root_id())
        .ok_or(ReadError::Invalid)?;
    let mut tree = Tree {
        pages,
        pieces,
        out: Vec::new(),
        text: String::new(),
        kind: PdfTextKind::Text,
        at: 0,
    };
    if let Some(kids) = catalog
        .get::<Dict<'_>>("StructTreeRoot")
        .and_then(|root| root.get::<Object<'_>>("K"))
    {
        tree.walk(&kids, 0, 0)?;
    }
    tree.flush();
    let Tree {
        pieces, mut out, ..
    } = tree;
    // What the structure does not hold: page numbers, repeated headers, and whatever was forgotten.
    for ((page, _), text) in pieces.marked {
        push(&mut out, PdfTextKind::Text, page, &text);
    }
    for (page, text) in pieces.loose {
        push(&mut out, PdfTextKind::Text, page, &text);
    }
    for (index, page) in pdf.pages().iter().enumerate() {
        annotations(page.raw(), index + 1, &mut out);
    }
    bookmarks(&catalog, &mut out)?;
    properties(&pdf, &catalog, &mut out);
    Ok(out)
}

fn push(out: &mut Vec<PdfText>, kind: PdfTextKind, page: usize, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        out.push(PdfText {
            kind,
            page,
            text: text.to_owned(),
        });
    }
}

struct Tree {
    pages: BTreeMap<ObjectIdentifier, usize>,
    pieces: Pieces,
    out: Vec<PdfText>,
    /// The block being put together.
    text: String,
    kind: PdfTextKind,
    at: usize,
}

impl Tree {
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        push(&mut self.out, self.kind, self.at, &text);
    }

    fn walk(&mut self, object: &Object<'_>, page: usize, depth: usize) -> Result<(), ReadError> {
        if depth > DEPTH {
            return Err(ReadError::Invalid);
        }
        match object {
            Object::Number(number) => {
                self.piece(page, number.as_i64());
                Ok(())
            }
            Object::Array(kids) => kids
                .iter::<Object<'_>>()
                .try_for_each(|kid| self.walk(&kid, page, depth + 1)),
            Object::Dict(dict) => self.element(dict, page, depth),
            _ => Ok(()),
        }
    }

    fn piece(&mut self, page: usize, id: i64) {
        let id = i32::try_from(id).unwrap_or(-1);
        if let Some(text) = self.pieces.marked.remove(&(page, id)) {
            if self.text.is_empty() {
                self.at = page;
            }
            self.text.push_str(&text);
        }
    }

    fn element(&mut self, dict: &Dict<'_>, page: usize, depth: usize) -> Result<(), ReadError> {
        let page = dict
            .get_ref("Pg")
            .and_then(|id| self.pages.get(&ObjectIdentifier::from(id)).copied())
            .unwrap_or(page);
        let Some(tag) = dict.get::<object::Name<'_>>("S") else {
            // A reference to marked content on a page.
            if let Some(id) = dict.get::<i32>("MCID") {
                self.piece(page, i64::from(id));
            }
            return Ok(());
        };
        for key in ["Alt", "ActualText", "E", "T"] {
            if let Some(text) = dict.get::<object::String<'_>>(key) {
                push(
                    &mut self.out,
                    PdfTextKind::Description,
                    page,
                    &text_string(text.as_bytes()),
                );
            }
        }
        self.attributes(dict, page);
        let tag: &[u8] = &tag;
        let inline = matches!(
            tag,
            b"Span"
                | b"Link"
                | b"Em"
                | b"Strong"
                | b"Sub"
                | b"Reference"
                | b"Quote"
                | b"Lbl"
                | b"LBody"
        );
        let around = self.kind;
        if !inline {
            self.flush();
            self.kind = match tag {
                b"TD" | b"TH" => PdfTextKind::Cell,
                [b'H', b'1'..=b'6'] | b"H" | b"Title" => PdfTextKind::Heading,
                b"Table" | b"TR" | b"Document" => PdfTextKind::Text,
                _ => around,
            };
        }
        if let Some(kids) = dict.get::<Object<'_>>("K") {
            self.walk(&kids, page, depth + 1)?;
        }
        if inline {
            // A label and what it labels are apart.
            if matches!(tag, b"Lbl") {
                self.text.push(' ');
            }
        } else {
            self.flush();
            self.kind = around;
        }
        Ok(())
    }

    /// Attributes with words: summaries of tables.
    fn attributes(&mut self, dict: &Dict<'_>, page: usize) {
        let own = dict.get::<Dict<'_>>("A").into_iter();
        let listed = dict.get::<Array<'_>>("A").into_iter();
        let listed = listed.flat_map(|list| list.iter::<Dict<'_>>());
        for attributes in own.chain(listed) {
            if let Some(text) = attributes.get::<object::String<'_>>("Summary") {
                let text = text_string(text.as_bytes());
                push(&mut self.out, PdfTextKind::Description, page, &text);
            }
        }
    }
}

fn annotations(page: &Dict<'_>, number: usize, out: &mut Vec<PdfText>) {
    let Some(list) = page.get::<Array<'_>>("Annots") else {
        return;
    };
    for annotation in list.iter::<Dict<'_>>() {
        if let Some(text) = annotation.get::<object::String<'_>>("Contents") {
            let text = text_string(text.as_bytes());
            push(out, PdfTextKind::Description, number, &text);
        }
        let uri = annotation
            .get::<Dict<'_>>("A")
            .and_then(|action| action.get::<object::String<'_>>("URI"));
        if let Some(uri) = uri {
            let uri = text_string(uri.as_bytes());
            push(out, PdfTextKind::Link, number, &uri);
        }
    }
}

fn bookmarks(catalog: &Dict<'_>, out: &mut Vec<PdfText>) -> Result<(), ReadError> {
    let mut waiting: Vec<Dict<'_>> = catalog
        .get::<Dict<'_>>("Outlines")
        .and_then(|root| root.get::<Dict<'_>>("First"))
        .into_iter()
        .collect();
    let mut seen = 0;
    while let Some(bookmark) = waiting.pop() {
        seen += 1;
        if seen > BOOKMARKS {
            return Err(ReadError::Invalid);
        }
        if let Some(title) = bookmark.get::<object::String<'_>>("Title") {
            let title = text_string(title.as_bytes());
            push(out, PdfTextKind::Heading, 0, &title);
        }
        for key in ["Next", "First"] {
            waiting.extend(bookmark.get::<Dict<'_>>(key));
        }
    }
    Ok(())
}

fn properties(pdf: &Pdf, catalog: &Dict<'_>, out: &mut Vec<PdfText>) {
    let metadata = pdf.metadata();
    for value in [
        &metadata.title,
        &metadata.author,
        &metadata.subject,
        &metadata.keywords,
    ]
    .into_iter()
    .flatten()
    {
        push(out, PdfTextKind::Property, 0, &text_string(value));
    }
    let packet = catalog
        .get::<Stream<'_>>("Metadata")
        .and_then(|stream| Some(stream.decoded().ok()?.into_owned()));
    if let Some(packet) = packet {
        // Values that people write stand in list items: title, creator, description, subject.
        let packet = String::from_utf8_lossy(&packet).into_owned();
        for item in packet.split("<rdf:li").skip(1) {
            let value = item.split_once('>').map_or("", |(_, rest)| rest);
            let value = value.split('<').next().unwrap_or("");
            push(out, PdfTextKind::Property, 0, value);
        }
    }
    let names = catalog.get::<Dict<'_>>("Names");
    let embedded =
        names.is_some_and(|n| n.contains_key("EmbeddedFiles") || n.contains_key("JavaScript"));
    if embedded || catalog.contains_key("AF") || catalog.contains_key("AA") {
        push(out, PdfTextKind::Hidden, 0, "embedded file or script");
    }
}

/// A text string (ISO 32000-1, 7.9.2.2): UTF-16 or UTF-8 with a mark, else one byte a character.
pub(crate) fn text_string(bytes: &[u8]) -> String {
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]) {
        return String::from_utf8_lossy(rest).into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// UTF-16, most significant byte first.
pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
