//! Running text of OpenDocument.

use super::{Odt, marks};
use crate::{
    convert::document::{
        Inline, TextStyle, append, plain_text,
        writers::{
            html::{self, link_words},
            links::external,
        },
    },
    domain::{Part, Place},
};

impl Odt<'_> {
    pub(super) fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Text {
                    text,
                    style,
                    language,
                } => self.run(text, *style, language.as_deref()),
                Inline::Link { target, content } => self.link(target, content),
                Inline::Image(image) => self.image(image),
                Inline::Note(index) => self.note(*index),
                Inline::Break => self.out.push_str("<text:line-break/>"),
                Inline::Anchor(name) => {
                    if let Some(id) = self.linked.get(name).cloned()
                        && self.anchored.insert(name.clone())
                    {
                        self.put(format_args!("<text:bookmark text:name=\"{id}\"/>"));
                    }
                }
            }
        }
    }

    fn run(&mut self, text: &str, style: TextStyle, language: Option<&str>) {
        let foreign = language.filter(|tag| {
            primary(tag) != primary(&self.content.language) && text.chars().any(char::is_alphabetic)
        });
        let escaped = escape(text);
        if (style == TextStyle::default() && foreign.is_none()) || text.trim().is_empty() {
            self.out.push_str(&escaped);
            return;
        }
        let next = self.styles.len() + 1;
        let key = (marks(style), foreign.unwrap_or("").to_owned());
        let name = self
            .styles
            .entry(key)
            .or_insert_with(|| format!("T{next}"))
            .clone();
        self.put(format_args!(
            "<text:span text:style-name=\"{name}\">{escaped}</text:span>"
        ));
    }

    fn link(&mut self, target: &str, content: &[Inline]) {
        let address = match target.strip_prefix('#') {
            Some(name) => self.linked.get(name).map(|id| format!("#{id}")),
            None => external(target),
        };
        let plain = content
            .iter()
            .all(|inline| !matches!(inline, Inline::Note(_) | Inline::Link { .. }));
        match address {
            Some(address) if plain && !plain_text(content).trim().is_empty() => {
                let address = html::escape(&address);
                self.put(format_args!(
                    "<text:a xlink:type=\"simple\" xlink:href=\"{address}\">"
                ));
                self.inlines(content);
                self.out.push_str("</text:a>");
            }
            _ => {
                let here = Place::new(Part::Link, self.here.at.clone());
                self.warn("dropped_link", link_words(), &here);
                self.inlines(content);
            }
        }
    }

    fn note(&mut self, index: usize) {
        let number = index + 1;
        let Some(note) = self.content.notes.get(index) else {
            return;
        };
        if self.in_note {
            self.put(format_args!("[{number}]"));
            return;
        }
        if !self.noted.insert(index) {
            self.put(format_args!(
                "<text:note-ref text:note-class=\"footnote\" text:reference-format=\"text\" text:ref-name=\"note{number}\">{number}</text:note-ref>"
            ));
            return;
        }
        self.put(format_args!(
            "<text:note text:id=\"note{number}\" text:note-class=\"footnote\"><text:note-citation>{number}</text:note-citation><text:note-body>"
        ));
        let level = std::mem::take(&mut self.list_level);
        self.in_note = true;
        self.in_style("Footnote", |odt| odt.blocks(&note.blocks));
        if note.blocks.is_empty() {
            self.out.push_str("<text:p text:style-name=\"Footnote\"/>");
        }
        self.in_note = false;
        self.list_level = level;
        self.out.push_str("</text:note-body></text:note>");
    }
}

fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or("")
}

/// Text of a paragraph: spaces in a row and tabs are elements, for OpenDocument takes white space together.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut spaces = 0_usize;
    let flush = |spaces: &mut usize, out: &mut String, at_end: bool| {
        // A single space between words is itself; at either end it could be lost.
        if *spaces == 1 && !out.is_empty() && !at_end {
            out.push(' ');
        } else if *spaces > 0 {
            append(out, format_args!("<text:s text:c=\"{spaces}\"/>"));
        }
        *spaces = 0;
    };
    for c in text.chars() {
        match c {
            ' ' => spaces += 1,
            '\t' => {
                flush(&mut spaces, &mut out, false);
                out.push_str("<text:tab/>");
            }
            '\n' => {
                flush(&mut spaces, &mut out, false);
                out.push_str("<text:line-break/>");
            }
            c => {
                flush(&mut spaces, &mut out, false);
                let mut bytes = [0; 4];
                out.push_str(&html::escape(c.encode_utf8(&mut bytes)));
            }
        }
    }
    flush(&mut spaces, &mut out, true);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_markup() {
        let check = |text: &str, expect: &str| assert_eq!(escape(text), expect, "{text:?}");
        check("a b", "a b");
        check("a  b", "a<text:s text:c=\"2\"/>b");
        check(" a ", "<text:s text:c=\"1\"/>a<text:s text:c=\"1\"/>");
        check("a\tb", "a<text:tab/>b");
        check("<a & \"b\">\u{0}", "&lt;a &amp; &quot;b&quot;&gt;");
    }
}
