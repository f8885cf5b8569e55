//! Packaged outputs and PDFs read again for the screening, as `outputs` does for HTML and Markdown.
//!
//! Rule that must hold: every part of a package is read or is byte for byte what our own writers put there; what is
//! neither comes as hidden text or as an error.

use std::io::Cursor;

use super::{DocumentError, Limits, outputs::units_of_html, writers::fixed_parts};
use crate::{
    convert::{
        package::Package,
        xml::{Element, Node},
    },
    domain::{Part, TextUnit},
};

/// The texts of an EPUB: its pages, its metadata, and whatever does not belong.
///
/// # Errors
/// [`DocumentError`] when the package or a page in it cannot be read.
pub fn units_of_epub(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    let mut units = Vec::new();
    each_part(bytes, |name, part, xml| {
        if has_extension(name, "xhtml") {
            let page = without_declaration(part);
            units.extend(units_of_html(page)?);
        } else if has_extension(name, "opf") {
            properties(&xml()?, &mut units);
        } else {
            foreign(name, part, &mut units);
        }
        Ok(())
    })?;
    Ok(units)
}

/// The texts of an OpenDocument text.
///
/// # Errors
/// [`DocumentError`] when the package or a part in it cannot be read.
pub fn units_of_odt(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    let mut units = Vec::new();
    each_part(bytes, |name, part, xml| {
        match name {
            "content.xml" => {
                let mut reader = Odt {
                    units: &mut units,
                    paragraphs: 0,
                };
                reader.element(&xml()?, &mut String::new());
            }
            "meta.xml" => properties(&xml()?, &mut units),
            // Styles and the list of files: no text of theirs shows, so text in them is hidden.
            "styles.xml" | "META-INF/manifest.xml" => {
                let text = xml()?.text();
                push(&mut units, Part::HiddenText, name, &text);
            }
            _ => foreign(name, part, &mut units),
        }
        Ok(())
    })?;
    Ok(units)
}

/// The texts of a PDF of ours.
///
/// # Errors
/// [`DocumentError::Corrupt`] when a text in it cannot be read.
#[cfg(feature = "pdf")]
pub fn units_of_pdf(bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    use rideau_pdf::PdfTextKind;

    let texts = rideau_pdf::texts(bytes).map_err(|error| DocumentError::Corrupt {
        part: "pdf".into(),
        why: error.to_string(),
    })?;
    let unit = |text: rideau_pdf::PdfText| {
        let part = match text.kind {
            PdfTextKind::Heading => Part::Title,
            PdfTextKind::Text => Part::Body,
            PdfTextKind::Cell => Part::TableCell,
            PdfTextKind::Description => Part::AltText,
            PdfTextKind::Link => Part::Link,
            PdfTextKind::Property => Part::Property,
            PdfTextKind::Hidden => Part::HiddenText,
        };
        let at = match text.page {
            0 => "file".to_owned(),
            page => format!("page {page}"),
        };
        TextUnit::new(part, at, text.text)
    };
    Ok(texts.into_iter().map(unit).collect())
}

/// The texts of a PDF: nothing here can read it.
///
/// # Errors
/// Always [`DocumentError::Unsupported`].
#[cfg(not(feature = "pdf"))]
pub fn units_of_pdf(_bytes: &[u8]) -> Result<Vec<TextUnit>, DocumentError> {
    Err(DocumentError::Unsupported {
        what: "a PDF, for which this program was not built".into(),
    })
}

type Parsed<'a> = dyn Fn() -> Result<Element, DocumentError> + 'a;

/// Hands over each part with a way to parse it.
fn each_part(
    bytes: &[u8],
    mut take: impl FnMut(&str, &[u8], &Parsed<'_>) -> Result<(), DocumentError>,
) -> Result<(), DocumentError> {
    let limits = Limits::default();
    let mut package = Package::open(Cursor::new(bytes), limits)?;
    let names: Vec<String> = package.names().map(str::to_owned).collect();
    for name in names {
        let part = package.part(&name)?.unwrap_or_default();
        let parse = || crate::convert::package::parse_part(&part, &name, &limits);
        take(&name, &part, &parse)?;
    }
    Ok(())
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

/// A page without its XML declaration, which is no text.
fn without_declaration(page: &[u8]) -> &[u8] {
    page.strip_prefix(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
        .unwrap_or(page)
}

/// A part that carries no text: a fixed one, or a picture. Anything else does not belong.
fn foreign(name: &str, part: &[u8], units: &mut Vec<TextUnit>) {
    let picture = ["png", "jpg", "gif"]
        .iter()
        .any(|extension| has_extension(name, extension));
    let fixed = fixed_parts()
        .iter()
        .any(|(known, bytes)| *known == name && *bytes == part);
    if !picture && !fixed {
        let text = String::from_utf8_lossy(part);
        push(units, Part::HiddenText, name, &text);
    }
}

/// Every value in a part with metadata.
fn properties(root: &Element, units: &mut Vec<TextUnit>) {
    let mut waiting = vec![root];
    while let Some(element) = waiting.pop() {
        for node in element.nodes() {
            match node {
                Node::Text(text) => push(units, Part::Property, element.name(), text),
                Node::Element(below) => waiting.push(below),
            }
        }
    }
}

fn push(units: &mut Vec<TextUnit>, part: Part, at: &str, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        units.push(TextUnit::new(part, at, text));
    }
}

struct Odt<'a> {
    units: &'a mut Vec<TextUnit>,
    paragraphs: usize,
}

impl Odt<'_> {
    /// Reads an element; text of a paragraph gathers in `text`. The parser bounds how deep this goes.
    fn element(&mut self, element: &Element, text: &mut String) {
        // Namespaces do not matter: our own writer made the part, and a name too many only gives a unit too many.
        let name = element
            .name()
            .rsplit_once(':')
            .map_or(element.name(), |(_, local)| local);
        match name {
            "p" | "h" => {
                self.paragraphs += 1;
                let at = format!("paragraph {}", self.paragraphs);
                let mut own = String::new();
                self.below(element, &mut own);
                let part = if name == "h" { Part::Title } else { Part::Body };
                push(self.units, part, &at, &own);
            }
            "s" => text.push(' '),
            "tab" => text.push('\t'),
            "line-break" => text.push('\n'),
            "note" => {
                let mut own = String::new();
                self.below(element, &mut own);
                push(self.units, Part::Note, "note", &own);
            }
            "desc" | "title" => push(self.units, Part::AltText, "description", &element.text()),
            "a" => {
                for value in element.attribute_values() {
                    if value != "simple" && !value.starts_with('#') {
                        push(self.units, Part::Link, "link", value);
                    }
                }
                self.below(element, text);
            }
            _ => self.below(element, text),
        }
    }

    fn below(&mut self, element: &Element, text: &mut String) {
        for node in element.nodes() {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(below) => self.element(below, text),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples::zip_of, *};

    #[test]
    fn what_does_not_belong_is_hidden_text() {
        let parts = [
            ("mimetype".to_owned(), b"application/epub+zip".to_vec()),
            ("EPUB/a.xhtml".to_owned(), b"<p>shown</p>".to_vec()),
            ("EPUB/note.txt".to_owned(), b"planted".to_vec()),
            ("EPUB/style.css".to_owned(), b"/* planted */".to_vec()),
        ];
        let units = units_of_epub(&zip_of(&parts)).unwrap();
        let hidden = |unit: &&TextUnit| unit.place.part == Part::HiddenText;
        assert_eq!(units.iter().filter(hidden).count(), 2, "{units:?}");
        assert!(units.iter().any(|unit| unit.text == "shown"));
        assert!(units_of_epub(b"no zip").is_err());
        assert!(units_of_odt(b"PK").is_err());
    }

    #[test]
    fn open_document_text_keeps_its_spaces() {
        let xml = "<d xmlns:t=\"x\"><t:p>046<t:s/>454<t:tab/>286 <t:note><t:p>below</t:p></t:note>end</t:p></d>";
        let parts = [("content.xml".to_owned(), xml.as_bytes().to_vec())];
        let units = units_of_odt(&zip_of(&parts)).unwrap();
        let texts: Vec<&str> = units.iter().map(|unit| unit.text.as_str()).collect();
        assert_eq!(texts, ["below", "046 454\t286 end"]);
    }
}
