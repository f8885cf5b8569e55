//! `dc.xml`: the record in the fifteen elements of Dublin Core (ISO 15836-1), each language marked.
//!
//! Values are taken from the record as they stand; what the record does not have is left out.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{input::BagInput, layout::Layout, xml::Xml};
use crate::domain::Bilingual;

/// The file.
pub(super) fn file(input: &BagInput, layout: &Layout<'_>) -> Vec<u8> {
    let mut xml = Xml::new();
    let root = [
        (
            "xmlns:oai_dc",
            "http://www.openarchives.org/OAI/2.0/oai_dc/",
        ),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
        ),
    ];
    xml.within("oai_dc:dc", &root, |xml| {
        both(xml, "dc:title", &input.title);
        both(xml, "dc:creator", &input.organization);
        for (language, text) in languages(input.record.get("keywords")) {
            in_language(xml, "dc:subject", &language, &text);
        }
        for text in texts(input.record.get("subject")) {
            xml.leaf("dc:subject", text);
        }
        for (language, text) in languages(input.record.get("notes_translated")) {
            in_language(xml, "dc:description", &language, &text);
        }
        both(xml, "dc:publisher", &input.organization);
        for text in texts(input.record.get("date_published")) {
            xml.leaf("dc:date", text);
        }
        xml.leaf("dc:type", "Collection");
        let formats = layout.items.iter().flat_map(|laid| {
            std::iter::once(&laid.item.format.media_type).chain(
                laid.renditions
                    .iter()
                    .map(|(_, rendition)| &rendition.media_type),
            )
        });
        for format in formats.collect::<BTreeSet<_>>() {
            xml.leaf("dc:format", format);
        }
        xml.leaf("dc:identifier", &format!("urn:uuid:{}", input.release));
        xml.leaf(
            "dc:source",
            &format!("{}: {}", input.source_name, input.group),
        );
        for text in texts(input.record.get("language")) {
            xml.leaf("dc:language", text);
        }
        for text in texts(input.record.get("license_id")) {
            xml.leaf("dc:rights", text);
        }
    });
    xml.finish()
}

fn both(xml: &mut Xml, name: &'static str, words: &Bilingual) {
    in_language(xml, name, "en", &words.en);
    in_language(xml, name, "fr", &words.fr);
}

fn in_language(xml: &mut Xml, name: &'static str, language: &str, text: &str) {
    if !text.is_empty() {
        xml.text(name, &[("xml:lang", language)], text);
    }
}

/// `{"en": "a", "fr": ["b", "c"]}` as pairs of language and text; languages in the order of their codes.
fn languages(value: Option<&Value>) -> Vec<(String, String)> {
    let mut list: Vec<_> = value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .flat_map(|(language, value)| {
            texts(Some(value))
                .into_iter()
                .map(|text| (language_code(language), text.to_owned()))
        })
        .collect();
    // Stable: several texts of one language stay in their order.
    list.sort_by(|a, b| a.0.cmp(&b.0));
    list
}

/// A code that `xml:lang` can hold; `und` for anything else.
fn language_code(code: &str) -> String {
    let fits = code.split('-').all(|part| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let starts_with_letters = code
        .split('-')
        .next()
        .is_some_and(|first| first.bytes().all(|b| b.is_ascii_alphabetic()));
    if fits && starts_with_letters {
        code
    } else {
        "und"
    }
    .to_owned()
}

/// A text, or a list of texts.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => vec![text],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .filter(|text| !text.is_empty())
            .collect(),
        _ => Vec::new(),
    }
}
