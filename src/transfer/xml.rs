//! A small writer for indented XML 1.0.
//!
//! Rule that must hold: whatever the values, the result is well formed. What XML cannot hold is shown by a stand-in:
//! control characters by their picture (U+2400 block), everything else by U+FFFD.

use std::fmt::{self, Write};

/// XML under construction. Names come from our own code, values from anywhere.
pub(super) struct Xml {
    out: String,
    open: Vec<&'static str>,
}

/// Attributes: name and value.
pub(super) type Attributes<'a> = [(&'static str, &'a str)];

impl Xml {
    /// A document with its declaration.
    pub(super) fn new() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            open: Vec::new(),
        }
    }

    /// Writes an element around what `inside` writes.
    pub(super) fn within(
        &mut self,
        name: &'static str,
        attributes: &Attributes<'_>,
        inside: impl FnOnce(&mut Self),
    ) {
        self.tag(name, attributes);
        self.out.push_str(">\n");
        self.open.push(name);
        inside(self);
        self.open.pop();
        self.indent();
        self.put(format_args!("</{name}>\n"));
    }

    /// Writes an element that holds text.
    pub(super) fn text(&mut self, name: &'static str, attributes: &Attributes<'_>, text: &str) {
        self.tag(name, attributes);
        self.put(format_args!(">{}</{name}>\n", escaped(text, false)));
    }

    /// Writes an element that holds text, without attributes.
    pub(super) fn leaf(&mut self, name: &'static str, text: &str) {
        self.text(name, &[], text);
    }

    /// Writes an element that holds nothing.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &Attributes<'_>) {
        self.tag(name, attributes);
        self.out.push_str("/>\n");
    }

    /// The finished document.
    pub(super) fn finish(self) -> Vec<u8> {
        debug_assert!(self.open.is_empty());
        self.out.into_bytes()
    }

    fn tag(&mut self, name: &str, attributes: &Attributes<'_>) {
        self.indent();
        self.put(format_args!("<{name}"));
        for (attribute, value) in attributes {
            self.put(format_args!(" {attribute}=\"{}\"", escaped(value, true)));
        }
    }

    fn indent(&mut self) {
        for _ in 0..self.open.len() {
            self.out.push_str("  ");
        }
    }

    fn put(&mut self, text: fmt::Arguments<'_>) {
        push(&mut self.out, text);
    }
}

fn push(out: &mut String, text: fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("writing to a string cannot fail");
}

fn escaped(text: &str, attribute: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' if attribute => out.push_str("&#10;"),
            '\t' if attribute => out.push_str("&#9;"),
            '\n' | '\t' => out.push(c),
            '\0'..='\u{1f}' => out.push(
                char::from_u32(0x2400 + u32::from(c))
                    .expect("every control character has a picture"),
            ),
            '\u{7f}'..='\u{9f}' => push(&mut out, format_args!("&#{};", u32::from(c))),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out
}

/// A relative path as a URI reference (RFC 3986): every byte but unreserved characters and `/` is percent-encoded.
pub(super) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            push(&mut out, format_args!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let check = |text: &str, in_text: &str, in_attribute: &str| {
            assert_eq!(escaped(text, false), in_text);
            assert_eq!(escaped(text, true), in_attribute);
        };
        check("a<b>&\"'", "a&lt;b&gt;&amp;\"'", "a&lt;b&gt;&amp;&quot;'");
        check("]]>", "]]&gt;", "]]&gt;");
        check("\0\u{1f}\u{7f}", "␀␟&#127;", "␀␟&#127;");
        check("\r\n\t", "&#13;\n\t", "&#13;&#10;&#9;");
        check("\u{fffe}\u{85}", "\u{fffd}&#133;", "\u{fffd}&#133;");
    }

    #[test]
    fn any_character_gives_well_formed_xml() {
        let all: String = (0..=0x0010_FFFF_u32).filter_map(char::from_u32).collect();
        let mut xml = Xml::new();
        xml.within("a", &[("b", &all)], |xml| xml.leaf("c", &all));
        let bytes = xml.finish();
        let mut reader = quick_xml::Reader::from_reader(bytes.as_slice());
        let mut buffer = Vec::new();
        loop {
            match reader.read_event_into(&mut buffer).unwrap() {
                quick_xml::events::Event::Eof => break,
                _ => buffer.clear(),
            }
        }
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("data/é b.csv"), "data/%C3%A9%20b.csv");
        assert_eq!(uri("a?b#c%~"), "a%3Fb%23c%25~");
    }
}
