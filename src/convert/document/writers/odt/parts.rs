//! The fixed parts of an OpenDocument package.

use std::collections::BTreeMap;

use super::{LIST_LEVELS, MEDIA_TYPE, Marks};
use crate::convert::document::{Asset, Content, Marker, append, writers::html::escape};

const NAMESPACES: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" \
xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" \
xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\" \
xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" \
xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" office:version=\"1.3\"";

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// `content.xml` around its body.
pub(super) fn content(body: &str, styles: &BTreeMap<(Marks, String), String>) -> String {
    let mut out = format!(
        "{DECLARATION}<office:document-content {NAMESPACES}>\n<office:automatic-styles>\n\
         <style:style style:name=\"Grid\" style:family=\"table\"><style:table-properties table:align=\"margins\"/></style:style>\n\
         <style:style style:name=\"Cell\" style:family=\"table-cell\"><style:table-cell-properties fo:border=\"0.5pt solid #606060\" fo:padding=\"0.1cm\"/></style:style>\n\
         <style:style style:name=\"Picture\" style:family=\"graphic\"><style:graphic-properties style:vertical-pos=\"top\" style:vertical-rel=\"baseline\"/></style:style>\n"
    );
    for (marker, name) in LISTS {
        list(&mut out, marker, name);
    }
    for ((marks, language), name) in styles {
        let [strong, emphasis, sub, sup, struck] = *marks;
        append(
            &mut out,
            format_args!(
                "<style:style style:name=\"{name}\" style:family=\"text\"><style:text-properties"
            ),
        );
        for (on, attributes) in [
            (
                strong,
                " fo:font-weight=\"bold\" style:font-weight-asian=\"bold\" style:font-weight-complex=\"bold\"",
            ),
            (
                emphasis,
                " fo:font-style=\"italic\" style:font-style-asian=\"italic\" style:font-style-complex=\"italic\"",
            ),
            (sub && !sup, " style:text-position=\"sub 58%\""),
            (sup, " style:text-position=\"super 58%\""),
            (struck, " style:text-line-through-style=\"solid\""),
        ] {
            if on {
                out.push_str(attributes);
            }
        }
        if !language.is_empty() {
            out.push_str(&language_attributes(language));
        }
        out.push_str("/></style:style>\n");
    }
    append(
        &mut out,
        format_args!(
            "</office:automatic-styles>\n<office:body>\n<office:text>\n{body}</office:text>\n</office:body>\n</office:document-content>\n"
        ),
    );
    out
}

/// Language and country, for all three kinds of scripts that the format tells apart.
fn language_attributes(tag: &str) -> String {
    let mut parts = tag.split(['-', '_']);
    let primary = escape(parts.next().unwrap_or("")).to_ascii_lowercase();
    let country = parts
        .find(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_alphabetic()))
        .map_or_else(|| "none".to_owned(), str::to_ascii_uppercase);
    format!(
        " fo:language=\"{primary}\" fo:country=\"{country}\" style:language-asian=\"{primary}\" style:country-asian=\"{country}\" \
         style:language-complex=\"{primary}\" style:country-complex=\"{country}\""
    )
}

const LISTS: [(Marker, &str); 7] = [
    (Marker::Bullet, "LBullet"),
    (Marker::Decimal, "LDecimal"),
    (Marker::LowerAlpha, "LLowerAlpha"),
    (Marker::UpperAlpha, "LUpperAlpha"),
    (Marker::LowerRoman, "LLowerRoman"),
    (Marker::UpperRoman, "LUpperRoman"),
    (Marker::Plain, "LPlain"),
];

/// The name of the style of a list.
pub(super) fn list_style(marker: Marker) -> &'static str {
    LISTS
        .iter()
        .find(|(known, _)| *known == marker)
        .map_or("LPlain", |(_, name)| name)
}

fn list(out: &mut String, marker: Marker, name: &str) {
    append(
        out,
        format_args!("<text:list-style style:name=\"{name}\">\n"),
    );
    for level in 1..=LIST_LEVELS {
        let (element, attributes) = match marker {
            Marker::Bullet => ("bullet", "text:bullet-char=\"•\""),
            Marker::Decimal => ("number", "style:num-format=\"1\" style:num-suffix=\".\""),
            Marker::LowerAlpha => ("number", "style:num-format=\"a\" style:num-suffix=\")\""),
            Marker::UpperAlpha => ("number", "style:num-format=\"A\" style:num-suffix=\")\""),
            Marker::LowerRoman => ("number", "style:num-format=\"i\" style:num-suffix=\")\""),
            Marker::UpperRoman => ("number", "style:num-format=\"I\" style:num-suffix=\")\""),
            Marker::Labelled | Marker::Plain => ("number", "style:num-format=\"\""),
        };
        append(
            out,
            format_args!(
                "<text:list-level-style-{element} text:level=\"{level}\" {attributes}>\
                 <style:list-level-properties text:list-level-position-and-space-mode=\"label-alignment\">\
                 <style:list-level-label-alignment text:label-followed-by=\"listtab\" fo:text-indent=\"-0.6cm\" fo:margin-left=\"{:.1}cm\"/>\
                 </style:list-level-properties></text:list-level-style-{element}>\n",
                f64::from(u32::try_from(level).unwrap_or(1)) * 0.8
            ),
        );
    }
    out.push_str("</text:list-style>\n");
}

/// `styles.xml`: the document's language and the styles that content refers to.
pub(super) fn styles(language: &str) -> String {
    let language = language_attributes(language);
    let mut out = format!(
        "{DECLARATION}<office:document-styles {NAMESPACES}>\n<office:styles>\n\
         <style:default-style style:family=\"paragraph\"><style:paragraph-properties fo:orphans=\"2\" fo:widows=\"2\"/>\
         <style:text-properties fo:font-size=\"11pt\" style:font-size-asian=\"11pt\" style:font-size-complex=\"11pt\"{language}/></style:default-style>\n\
         <style:style style:name=\"Standard\" style:family=\"paragraph\" style:class=\"text\"/>\n"
    );
    for (name, shown, paragraph, text) in [
        (
            "Text_20_body",
            "Text body",
            "fo:margin-bottom=\"0.25cm\"",
            "",
        ),
        (
            "Caption",
            "Caption",
            "fo:margin-bottom=\"0.15cm\" fo:keep-with-next=\"auto\"",
            "fo:font-weight=\"bold\"",
        ),
        ("Figure", "Figure", "fo:margin-bottom=\"0.25cm\"", ""),
        ("Footnote", "Footnote", "", "fo:font-size=\"9pt\""),
        (
            "Quotations",
            "Quotations",
            "fo:margin-left=\"1cm\" fo:margin-right=\"1cm\" fo:margin-bottom=\"0.25cm\"",
            "",
        ),
        (
            "Aside",
            "Aside",
            "fo:margin-bottom=\"0.25cm\" fo:padding=\"0.15cm\" fo:border=\"0.5pt solid #606060\"",
            "",
        ),
        (
            "Preformatted_20_Text",
            "Preformatted Text",
            "fo:margin-bottom=\"0.25cm\"",
            "fo:font-family=\"monospace\"",
        ),
        ("Table_20_Contents", "Table Contents", "", ""),
        (
            "Table_20_Heading",
            "Table Heading",
            "",
            "fo:font-weight=\"bold\"",
        ),
    ] {
        append(
            &mut out,
            format_args!(
                "<style:style style:name=\"{name}\" style:display-name=\"{shown}\" style:family=\"paragraph\" style:parent-style-name=\"Standard\">\
                 <style:paragraph-properties {paragraph}/><style:text-properties {text}/></style:style>\n"
            ),
        );
    }
    for (level, size) in [(1, 20), (2, 16), (3, 14), (4, 12), (5, 11), (6, 11)] {
        append(
            &mut out,
            format_args!(
                "<style:style style:name=\"Heading_20_{level}\" style:display-name=\"Heading {level}\" style:family=\"paragraph\" \
                 style:parent-style-name=\"Standard\" style:next-style-name=\"Text_20_body\" style:default-outline-level=\"{level}\" style:class=\"text\">\
                 <style:paragraph-properties fo:margin-top=\"0.4cm\" fo:margin-bottom=\"0.2cm\" fo:keep-with-next=\"always\"/>\
                 <style:text-properties fo:font-size=\"{size}pt\" fo:font-weight=\"bold\"/></style:style>\n"
            ),
        );
    }
    out.push_str("</office:styles>\n</office:document-styles>\n");
    out
}

/// `meta.xml`: title and language; no date, no author.
pub(super) fn meta(content: &Content) -> String {
    let title = escape(&content.title);
    let language = escape(&content.language);
    format!(
        "{DECLARATION}<office:document-meta {NAMESPACES}>\n<office:meta>\n<meta:generator>rideau</meta:generator>\n\
         <dc:title>{title}</dc:title>\n<dc:language>{language}</dc:language>\n</office:meta>\n</office:document-meta>\n"
    )
}

/// `META-INF/manifest.xml`.
pub(super) fn manifest(assets: &[&Asset]) -> String {
    let mut out = format!(
        "{DECLARATION}<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.3\">\n\
         <manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.3\" manifest:media-type=\"{MEDIA_TYPE}\"/>\n"
    );
    for part in ["content.xml", "styles.xml", "meta.xml"] {
        append(
            &mut out,
            format_args!(
                "<manifest:file-entry manifest:full-path=\"{part}\" manifest:media-type=\"text/xml\"/>\n"
            ),
        );
    }
    for asset in assets {
        append(
            &mut out,
            format_args!(
                "<manifest:file-entry manifest:full-path=\"Pictures/{}\" manifest:media-type=\"{}\"/>\n",
                escape(&asset.name),
                asset.media_type
            ),
        );
    }
    out.push_str("</manifest:manifest>\n");
    out
}
