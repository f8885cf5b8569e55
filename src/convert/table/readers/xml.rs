//! Pull parsing with the checks every part needs: nesting, well-formedness, references, and no document type.
//!
//! Rule that must hold: entities of a document type are never expanded.

use std::io::BufRead;

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::convert::table::error::{Limit, TableError};

/// One step of a parse.
pub(crate) enum Step<'e> {
    /// A start tag, or an empty element (then `End` follows).
    Start(Tag<'e>),
    /// An end tag.
    End(&'e str),
    /// Character data, references resolved.
    Text(&'e str),
}

/// A start tag.
pub(crate) struct Tag<'e>(BytesStart<'e>);

impl Tag<'_> {
    /// Name without its prefix.
    pub(crate) fn name(&self) -> &str {
        local(self.0.name().0)
    }

    /// The attribute with this local name.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.find(|key| local(key) == name)
    }

    /// The attribute with this full name, prefix included; the prefixes are those every writer uses.
    pub(crate) fn get_full(&self, name: &str) -> Option<String> {
        self.find(|key| key == name)
    }

    /// A boolean attribute of OOXML: `1`, `true`, `on`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| is_true(&value))
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.trim().parse().ok()
    }

    /// Every attribute with its local name.
    pub(crate) fn each(&self, mut take: impl FnMut(&str, &str)) {
        for attribute in self.0.attributes().with_checks(false).flatten() {
            take(local(attribute.key.0), &attribute.value);
        }
    }

    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.0
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|attribute| wanted(attribute.key.0))
            .map(
                |attribute| match attribute.normalized_value(XmlVersion::Implicit1_0) {
                    Ok(value) => value.into_owned(),
                    Err(_) => attribute.value.clone().into_owned(),
                },
            )
    }
}

/// `1`, `true`, `on`.
pub(crate) fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "true" | "on" | "t")
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Feeds every step of an XML text to a function until the end.
pub(crate) fn parse(
    input: &mut dyn BufRead,
    part: &str,
    nesting: u64,
    mut take: impl FnMut(Step<'_>) -> Result<(), TableError>,
) -> Result<(), TableError> {
    let mut reader = Reader::from_reader(input);
    reader.config_mut().check_end_names = true;
    let mut buffer = Vec::new();
    let mut depth: u64 = 0;
    let mut seen = false;
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| TableError::corrupt(part, error))?;
        match event {
            Event::Start(tag) => {
                depth += 1;
                seen = true;
                crate::convert::table::error::check(depth, nesting, Limit::Nesting)?;
                take(Step::Start(Tag(tag)))?;
            }
            Event::Empty(tag) => {
                seen = true;
                let name = local(tag.name().0).to_owned();
                take(Step::Start(Tag(tag)))?;
                take(Step::End(&name))?;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                take(Step::End(local(tag.name().0)))?;
            }
            Event::Text(text) => take(Step::Text(&text.xml10_content()))?,
            Event::CData(text) => take(Step::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => match resolve(&reference) {
                Some(c) => take(Step::Text(c.encode_utf8(&mut [0; 4])))?,
                None => {
                    return Err(TableError::corrupt(
                        part,
                        "a reference to an unknown entity",
                    ));
                }
            },
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if depth > 0 || !seen => {
                return Err(TableError::corrupt(part, "the text ends in the middle"));
            }
            Event::Eof => return Ok(()),
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Option<char> {
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => reference.resolve_char_ref().ok().flatten(),
    }
}
