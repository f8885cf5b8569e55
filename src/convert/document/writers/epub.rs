//! EPUB 3.3: one book of one chapter, from the same structure as the HTML.
//!
//! Rule that must hold: the accessibility metadata (schema.org terms, as EPUB Accessibility 1.1 asks) says what is
//! in the book and no more: a picture without description takes the claim of alternative texts away.

use uuid::Uuid;

use super::{
    html::{escape, write_xhtml},
    zipped::Package,
};
use crate::{
    convert::document::{Content, append},
    domain::Warning,
};

/// The stylesheet of the book; colours and sizes are the reader's.
pub(super) const STYLE: &str = "body{line-height:1.5}\nimg{max-width:100%;height:auto}\nfigure{margin:1em 0}\n\
table{border-collapse:collapse;margin:1em 0}\ncaption{text-align:left;font-weight:bold}\n\
th,td{border:1px solid;padding:.2em .4em;text-align:left;vertical-align:top}\npre{white-space:pre-wrap}\n\
blockquote,.note{margin:1em 0;padding:0 1em;border-left:.2em solid}\n\
.labelled,.plain{list-style:none;padding-left:1.5em}\n.missing{font-style:italic}\n";

/// The file that leads to the book.
pub(super) const CONTAINER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<container version=\"1.0\" xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\">\n<rootfiles>\n\
<rootfile full-path=\"EPUB/package.opf\" media-type=\"application/oebps-package+xml\"/>\n</rootfiles>\n</container>\n";

/// The media type of a book.
pub(super) const MEDIA_TYPE: &str = "application/epub+zip";

/// Writes a document as a book; the date is a day.
pub(super) fn write(
    content: &Content,
    date: (u16, u8, u8),
) -> zip::result::ZipResult<(Vec<u8>, Vec<Warning>)> {
    let chapter = write_xhtml(content, "style.css");
    let described = chapter
        .warnings
        .iter()
        .all(|warning| warning.code != "missing_alt_text");
    let mut book = Package::new(MEDIA_TYPE)?;
    book.text("META-INF/container.xml", CONTAINER)?;
    let assets: Vec<usize> = chapter.assets.iter().copied().collect();
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, chapter.text.as_bytes());
    book.text(
        "EPUB/package.opf",
        &package(content, &assets, described, id, date),
    )?;
    book.text("EPUB/nav.xhtml", &navigation(content, &chapter.headings))?;
    book.text("EPUB/document.xhtml", &chapter.text)?;
    book.text("EPUB/style.css", STYLE)?;
    for asset in assets.iter().filter_map(|index| content.assets.get(*index)) {
        book.image(&format!("EPUB/{}", asset.name), &asset.bytes)?;
    }
    Ok((book.finish()?, chapter.warnings))
}

fn package(
    content: &Content,
    assets: &[usize],
    described: bool,
    id: Uuid,
    (year, month, day): (u16, u8, u8),
) -> String {
    let french = content.language.starts_with("fr");
    let language = language(content);
    let title = escape(content.title.trim());
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\" unique-identifier=\"id\" xml:lang=\"{language}\">\n\
         <metadata xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n\
         <dc:identifier id=\"id\">urn:uuid:{id}</dc:identifier>\n<dc:title>{title}</dc:title>\n\
         <dc:language>{language}</dc:language>\n\
         <meta property=\"dcterms:modified\">{year:04}-{month:02}-{day:02}T00:00:00Z</meta>\n"
    );
    let pictures = !assets.is_empty();
    let mut terms = vec![("accessMode", "textual")];
    if pictures {
        terms.push(("accessMode", "visual"));
    }
    if !pictures || described {
        terms.push(("accessModeSufficient", "textual"));
    }
    if pictures && described {
        terms.push(("accessibilityFeature", "alternativeText"));
    }
    let moving = assets
        .iter()
        .filter_map(|index| content.assets.get(*index))
        .any(|asset| asset.media_type == "image/gif");
    terms.extend([
        ("accessibilityFeature", "structuralNavigation"),
        ("accessibilityFeature", "tableOfContents"),
        ("accessibilityFeature", "readingOrder"),
        (
            "accessibilityHazard",
            if moving { "unknown" } else { "none" },
        ),
        (
            "accessibilitySummary",
            match (french, !pictures || described) {
                (false, true) => "Text, headings, lists, tables and notes carry their structure.",
                (true, true) => {
                    "Le texte, les titres, les listes, les tableaux et les notes ont leur structure."
                }
                (false, false) => {
                    "Text, headings, lists, tables and notes carry their structure. Some pictures have no description."
                }
                (true, false) => {
                    "Le texte, les titres, les listes, les tableaux et les notes ont leur structure. Certaines images n’ont pas de description."
                }
            },
        ),
    ]);
    for (term, value) in terms {
        append(
            &mut out,
            format_args!("<meta property=\"schema:{term}\">{value}</meta>\n"),
        );
    }
    out.push_str(
        "</metadata>\n<manifest>\n\
         <item id=\"nav\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\" properties=\"nav\"/>\n\
         <item id=\"document\" href=\"document.xhtml\" media-type=\"application/xhtml+xml\"/>\n\
         <item id=\"style\" href=\"style.css\" media-type=\"text/css\"/>\n",
    );
    for index in assets {
        if let Some(asset) = content.assets.get(*index) {
            append(
                &mut out,
                format_args!(
                    "<item id=\"image-{index}\" href=\"{}\" media-type=\"{}\"/>\n",
                    escape(&asset.name),
                    asset.media_type
                ),
            );
        }
    }
    out.push_str("</manifest>\n<spine>\n<itemref idref=\"document\"/>\n</spine>\n</package>\n");
    out
}

/// The language as the package may say it (BCP 47); `und` for what is no language tag.
fn language(content: &Content) -> &str {
    let tag = content.language.as_str();
    let is_tag = tag.split('-').enumerate().all(|(index, part)| {
        let fits = (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_primary = part.len() > 1 && part.bytes().all(|b| b.is_ascii_alphabetic());
        fits && (index > 0 || is_primary)
    });
    if is_tag { tag } else { "und" }
}

/// The table of contents: the document, then its headings within each other.
fn navigation(content: &Content, headings: &[(u8, String)]) -> String {
    let french = content.language.starts_with("fr");
    let language = language(content);
    let title = escape(content.title.trim());
    let words = if french {
        "Table des matières"
    } else {
        "Contents"
    };
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE html>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" xmlns:epub=\"http://www.idpf.org/2007/ops\" lang=\"{language}\" xml:lang=\"{language}\">\n\
         <head>\n<title>{title}</title>\n</head>\n<body>\n<nav epub:type=\"toc\" role=\"doc-toc\">\n<h1>{words}</h1>\n\
         <ol>\n<li><a href=\"document.xhtml\">{title}</a>"
    );
    let mut open: Vec<u8> = Vec::new();
    for (index, (level, text)) in headings.iter().enumerate() {
        // The title stands already.
        if *level < 2 || text.trim().is_empty() {
            continue;
        }
        while open.last().is_some_and(|above| above > level) {
            open.pop();
            out.push_str("</li>\n</ol>\n");
        }
        if open.last() == Some(level) {
            open.pop();
            out.push_str("</li>\n");
        } else {
            out.push_str("\n<ol>\n");
        }
        open.push(*level);
        append(
            &mut out,
            format_args!(
                "<li><a href=\"document.xhtml#h-{}\">{}</a>",
                index + 1,
                escape(text.trim())
            ),
        );
    }
    for _ in open {
        out.push_str("</li>\n</ol>\n");
    }
    out.push_str("</li>\n</ol>\n</nav>\n</body>\n</html>\n");
    out
}
