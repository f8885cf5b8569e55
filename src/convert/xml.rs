//! A small XML tree with bounds, for parts of office packages.
//!
//! Leans on quick-xml for tokens. Rule that must hold: a document type declaration is refused, so no entity
//! is ever expanded and nothing outside the part is ever read; size and depth are bounded before memory is.
//!
//! Names are stored with one fixed prefix per namespace (`w:p`), whatever prefix the file uses and whether it
//! is the strict or the transitional variant of ISO/IEC 29500. Names in unknown namespaces start with `?:`.

use std::{collections::HashMap, rc::Rc};

use quick_xml::{
    XmlVersion,
    events::{BytesStart, Event},
    reader::Reader,
};

/// Namespace declarations in force at one time.
const MOST_NAMESPACES: usize = 1000;

/// Why a part is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum XmlError {
    /// Not well-formed, or in an encoding that is not read.
    #[error("{0}")]
    Malformed(String),
    /// More elements or levels than allowed.
    #[error("more than {limit} {what}")]
    Limit {
        /// `elements` or `levels`.
        what: &'static str,
        /// The number allowed.
        limit: u64,
    },
}

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    name: Option<Rc<str>>,
    attributes: Vec<(Rc<str>, Box<str>)>,
    children: Vec<Node>,
}

/// A child of an element.
#[derive(Debug)]
pub(crate) enum Node {
    /// An element.
    Element(Element),
    /// Text.
    Text(String),
}

impl Element {
    /// The name with its fixed prefix.
    pub(crate) fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("")
    }

    /// The value of an attribute.
    pub(crate) fn attr(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(n, _)| &**n == name);
        found.map(|(_, value)| &**value)
    }

    /// The values of all attributes.
    pub(crate) fn attribute_values(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(_, value)| &**value)
    }

    /// An attribute as a whole number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attr(name)?.trim().parse().ok()
    }

    /// Elements and texts below, in order.
    pub(crate) fn nodes(&self) -> &[Node] {
        &self.children
    }

    /// The child elements.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child element of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|e| e.name() == name)
    }

    /// The `w:val` of the first child of a name: how WordprocessingML writes most settings.
    pub(crate) fn val(&self, name: &str) -> Option<&str> {
        self.child(name)?.attr("w:val")
    }

    /// An on/off child (ISO/IEC 29500-1, 17.17.4): absent, on, or off.
    pub(crate) fn switch(&self, name: &str) -> Option<bool> {
        let value = self.child(name)?.attr("w:val");
        Some(!matches!(value, Some("0" | "false" | "off" | "none")))
    }

    /// All text below, in order.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        self.push_text(&mut text);
        text
    }

    fn push_text(&self, text: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(t) => text.push_str(t),
                Node::Element(e) => e.push_text(text),
            }
        }
    }

    /// The first element below of a name, depth first.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        self.elements().find_map(|e| {
            if e.name() == name {
                Some(e)
            } else {
                e.find(name)
            }
        })
    }

    /// All elements below of a name, in order, nested ones included.
    pub(crate) fn find_all<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for element in self.elements() {
            if element.name() == name {
                found.push(element);
            }
            element.find_all(name, found);
        }
    }
}

/// Reads a part into its root element.
pub(crate) fn parse(bytes: &[u8], elements: u64, levels: usize) -> Result<Element, XmlError> {
    let text = decode(bytes)?;
    let mut reader = Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    let mut tree = Tree {
        stack: vec![Element::default()],
        scopes: Vec::new(),
        names: HashMap::new(),
        seen: 0,
        elements,
        levels,
    };
    loop {
        match reader.read_event().map_err(malformed)? {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text.xml10_content()),
            Event::CData(text) => tree.text(&text.xml10_content()),
            Event::GeneralRef(reference) => tree.reference(&reference.xml10_content())?,
            Event::DocType(_) => {
                return Err(XmlError::Malformed(
                    "declares a document type, which office packages never do".into(),
                ));
            }
            Event::Eof => break,
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
        }
    }
    if tree.stack.len() != 1 {
        return Err(XmlError::Malformed("ends in the middle".into()));
    }
    let root = tree.stack.pop().unwrap_or_default();
    let first = root.children.into_iter().find_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    });
    first.ok_or_else(|| XmlError::Malformed("is empty".into()))
}

#[expect(clippy::needless_pass_by_value, reason = "used as map_err(malformed)")]
fn malformed(error: impl ToString) -> XmlError {
    XmlError::Malformed(error.to_string())
}

/// UTF-8 or UTF-16, by byte-order mark; anything else must be valid UTF-8.
fn decode(bytes: &[u8]) -> Result<String, XmlError> {
    let utf16 = |rest: &[u8], join: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.as_chunks::<2>().0.iter().map(|c| join(*c)).collect();
        String::from_utf16(&units).map_err(malformed)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).map_err(malformed),
        plain => String::from_utf8(plain.to_vec()).map_err(malformed),
    }
}

struct Tree {
    stack: Vec<Element>,
    /// Namespace declarations in force: (stack height, prefix, fixed prefix).
    scopes: Vec<(usize, String, &'static str)>,
    /// Resolved names, valid until a declaration comes or goes.
    names: HashMap<String, Rc<str>>,
    seen: u64,
    elements: u64,
    levels: usize,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        self.seen += 1;
        if self.seen > self.elements {
            return Err(XmlError::Limit {
                what: "elements",
                limit: self.elements,
            });
        }
        if self.stack.len() > self.levels {
            return Err(XmlError::Limit {
                what: "levels",
                limit: self.levels as u64,
            });
        }
        let height = self.stack.len();
        let mut plain = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(malformed)?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(malformed)?;
            let key: &str = attribute.key.as_ref();
            if key == "xmlns" || key.starts_with("xmlns:") {
                let prefix = key.strip_prefix("xmlns:").unwrap_or("");
                if self.scopes.len() >= MOST_NAMESPACES {
                    return Err(XmlError::Limit {
                        what: "elements",
                        limit: MOST_NAMESPACES as u64,
                    });
                }
                self.scopes
                    .push((height, prefix.to_owned(), fixed_prefix(&value)));
                self.names.clear();
            } else {
                plain.push((key.to_owned(), value.into_owned().into_boxed_str()));
            }
        }
        let qualified = start.name();
        let name = self.resolve(qualified.as_ref(), true);
        let mut attributes = Vec::with_capacity(plain.len());
        for (key, value) in plain {
            let key = self.resolve(&key, false);
            let value = if &*key == "Requires" {
                self.required(&value)
            } else {
                value
            };
            attributes.push((key, value));
        }
        self.stack.push(Element {
            name: Some(name),
            attributes,
            children: Vec::new(),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let element = self.stack.pop();
        let height = self.stack.len();
        let (Some(element), Some(parent)) = (element, self.stack.last_mut()) else {
            return Err(XmlError::Malformed("closes more than it opens".into()));
        };
        parent.children.push(Node::Element(element));
        while self.scopes.pop_if(|(level, ..)| *level >= height).is_some() {
            self.names.clear();
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(parent) = self.stack.last_mut() {
            if let Some(Node::Text(last)) = parent.children.last_mut() {
                last.push_str(text);
            } else {
                parent.children.push(Node::Text(text.to_owned()));
            }
        }
    }

    fn reference(&mut self, name: &str) -> Result<(), XmlError> {
        let text = match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => character(other).ok_or_else(|| {
                XmlError::Malformed(format!("uses the undeclared entity &{other};"))
            })?,
        };
        self.text(text.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn resolve(&mut self, qualified: &str, element: bool) -> Rc<str> {
        if !element && !qualified.contains(':') {
            return qualified.into();
        }
        if let Some(known) = self.names.get(qualified) {
            return Rc::clone(known);
        }
        let (prefix, local) = qualified.split_once(':').unwrap_or(("", qualified));
        let resolved: Rc<str> = match self.scopes.iter().rev().find(|(_, p, _)| p == prefix) {
            Some((_, _, "")) => local.into(),
            Some((_, _, fixed)) => format!("{fixed}:{local}").into(),
            None => qualified.into(),
        };
        self.names
            .insert(qualified.to_owned(), Rc::clone(&resolved));
        resolved
    }

    /// The prefixes that a choice of alternate content requires, as fixed prefixes.
    fn required(&self, value: &str) -> Box<str> {
        let fixed = value.split_whitespace().map(|prefix| {
            let scope = self.scopes.iter().rev().find(|(_, p, _)| p == prefix);
            scope.map_or("?", |(_, _, fixed)| *fixed)
        });
        fixed.collect::<Vec<_>>().join(" ").into_boxed_str()
    }
}

fn character(reference: &str) -> Option<char> {
    let digits = reference.strip_prefix('#')?;
    let code = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

/// Our prefix for a namespace, strict (ISO/IEC 29500 `purl.oclc.org`) and transitional alike.
fn fixed_prefix(uri: &str) -> &'static str {
    let office = uri
        .strip_prefix("http://schemas.openxmlformats.org/")
        .or_else(|| uri.strip_prefix("http://purl.oclc.org/ooxml/"));
    if let Some(rest) = office {
        let rest = rest.replace("/2006", "");
        return match rest.as_str() {
            "wordprocessingml/main" => "w",
            "presentationml/main" => "p",
            "officeDocument/relationships" => "r",
            "officeDocument/math" => "m",
            "officeDocument/extended-properties" | "officeDocument/extendedProperties" => "ep",
            "officeDocument/custom-properties" | "officeDocument/customProperties" => "cust",
            "officeDocument/docPropsVTypes" => "vt",
            "package/relationships" => "rel",
            "package/metadata/core-properties" => "cp",
            "package/content-types" => "ct",
            "drawingml/main" => "a",
            "drawingml/picture" => "pic",
            "drawingml/chart" => "c",
            "drawingml/diagram" => "dgm",
            "drawingml/chartDrawing" => "cdr",
            "drawingml/wordprocessingDrawing" => "wp",
            "markup-compatibility" => "mc",
            _ => "?",
        };
    }
    if let Some(rest) = uri.strip_prefix("urn:oasis:names:tc:opendocument:xmlns:") {
        return open_document_prefix(rest);
    }
    match uri {
        "" => "",
        "urn:schemas-microsoft-com:vml" => "v",
        "urn:schemas-microsoft-com:office:office" => "o",
        "urn:schemas-microsoft-com:office:word" => "w10",
        "http://schemas.microsoft.com/office/word/2010/wordml" => "w14",
        "http://schemas.microsoft.com/office/word/2012/wordml" => "w15",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingShape" => "wps",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup" => "wpg",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas" => "wpc",
        "http://schemas.microsoft.com/office/word/2010/wordprocessingDrawing" => "wp14",
        "http://schemas.microsoft.com/office/drawing/2017/decorative" => "adec",
        "http://schemas.microsoft.com/office/2020/mipLabelMetadata" => "clbl",
        "http://schemas.microsoft.com/office/drawing/2008/diagram" => "dsp",
        "http://schemas.microsoft.com/office/drawing/2014/chartex" => "cx",
        "http://schemas.microsoft.com/office/drawing/2010/main" => "a14",
        "http://schemas.microsoft.com/office/powerpoint/2010/main" => "p14",
        "http://schemas.microsoft.com/office/powerpoint/2018/8/main" => "p188",
        "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" => "loext",
        "http://openoffice.org/2009/office" => "officeooo",
        "http://www.w3.org/1999/xlink" => "xlink",
        "http://www.w3.org/1998/Math/MathML" => "math",
        "http://purl.org/dc/elements/1.1/" => "dc",
        "http://purl.org/dc/terms/" => "dcterms",
        "http://www.w3.org/XML/1998/namespace" => "xml",
        _ => "?",
    }
}

/// Our prefix for a namespace of OpenDocument 1.0 to 1.4, from what follows `…:opendocument:xmlns:`.
fn open_document_prefix(rest: &str) -> &'static str {
    match rest.rsplit_once(':').map_or(rest, |(name, _)| name) {
        "office" => "office",
        "text" => "text",
        "table" => "table",
        "drawing" => "draw",
        "style" => "style",
        "xsl-fo-compatible" => "fo",
        "svg-compatible" => "svg",
        "presentation" => "presentation",
        "meta" => "meta",
        "chart" => "chart",
        "form" => "form",
        "script" => "script",
        "config" => "config",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(xml: &str) -> Result<Element, XmlError> {
        parse(xml.as_bytes(), 1000, 50)
    }

    #[test]
    fn prefixes_follow_the_namespace_not_the_spelling() {
        let strict = "http://purl.oclc.org/ooxml/wordprocessingml/main";
        let loose = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        for uri in [strict, loose] {
            let root = check(&format!(
                r#"<q:document xmlns:q="{uri}"><q:p q:val="a&amp;b">x&#233;&lt;</q:p></q:document>"#
            ))
            .unwrap();
            assert_eq!(root.name(), "w:document");
            let p = root.child("w:p").unwrap();
            assert_eq!(p.attr("w:val"), Some("a&b"));
            assert_eq!(p.text(), "xé<");
        }
        assert_eq!(check(r#"<p xmlns="urn:other"/>"#).unwrap().name(), "?:p");
    }

    #[test]
    fn a_scope_ends_with_its_element() {
        let w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        let root = check(&format!(r#"<r><a xmlns="{w}"><b/></a><b/></r>"#)).unwrap();
        let names: Vec<_> = root.elements().map(Element::name).collect();
        assert_eq!(names, ["w:a", "b"]);
    }

    #[test]
    fn hostile_parts_are_refused() {
        for bad in [
            "",
            "<a>",
            "<a></b>",
            "</a>",
            "<a>&lol;</a>",
            r#"<a b="&lol;"/>"#,
            r#"<!DOCTYPE a [<!ENTITY lol "ha">]><a>&lol;</a>"#,
            r#"<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>"#,
        ] {
            assert!(matches!(check(bad), Err(XmlError::Malformed(_))), "{bad}");
        }
        let deep = "<a>".repeat(100_000);
        assert!(matches!(check(&deep), Err(XmlError::Limit { .. })));
        let wide = format!("<a>{}</a>", "<b/>".repeat(2000));
        assert!(matches!(check(&wide), Err(XmlError::Limit { .. })));
    }

    #[test]
    fn utf_16_is_read() {
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend("<a>é</a>".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(parse(&bytes, 9, 9).unwrap().text(), "é");
    }
}
