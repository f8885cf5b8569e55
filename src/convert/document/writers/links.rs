//! Links that may be published.
//!
//! Rule that must hold: only `http`, `https` and `mailto` addresses without credentials, and places within the
//! document, become links; anything else is text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use url::Url;

use super::super::{Block, BlockKind, Content, Inline};

/// The address as it may be written, or none.
pub(super) fn external(target: &str) -> Option<String> {
    let url = Url::parse(target.trim()).ok()?;
    let fine = match url.scheme() {
        "http" | "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "mailto" => url.path().contains('@'),
        _ => false,
    };
    fine.then(|| encode(url.as_str()))
}

/// Encodes what browsers accept in addresses and the standard does not.
fn encode(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    let mut fragment = false;
    // Brackets stand for themselves in the host only.
    let host_end = url.find("://").map_or(0, |at| {
        let rest = &url[at + 3..];
        at + 3 + rest.find(['/', '?', '#']).unwrap_or(rest.len())
    });
    for (at, c) in url.char_indices() {
        let escape = match c {
            ' ' | '"' | '<' | '>' | '{' | '}' | '|' | '^' | '`' | '\\' => true,
            '[' | ']' => at >= host_end,
            '#' if fragment => true,
            '#' => {
                fragment = true;
                false
            }
            '%' => {
                let digits = url.get(at + 1..at + 3).unwrap_or("");
                digits.len() != 2 || !digits.bytes().all(|b| b.is_ascii_hexdigit())
            }
            c => c.is_control(),
        };
        if escape {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                // Writing to a String cannot fail.
                write!(out, "%{byte:02X}").unwrap_or_default();
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The bookmarks of a document that links lead to, with the ids they get. Ids are plain numbers: the name of a
/// bookmark is something that no reader of the document sees.
pub(super) fn linked_anchors(content: &Content) -> BTreeMap<String, String> {
    let mut found = Anchors::default();
    found.blocks(&content.blocks);
    content
        .notes
        .iter()
        .for_each(|note| found.blocks(&note.blocks));
    let both = found.defined.intersection(&found.linked);
    let numbered = both.zip(1_usize..);
    numbered
        .map(|(name, number)| (name.clone(), format!("b-{number}")))
        .collect()
}

#[derive(Default)]
struct Anchors {
    defined: BTreeSet<String>,
    linked: BTreeSet<String>,
}

impl Anchors {
    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.inlines(block.inlines());
            match &block.kind {
                BlockKind::List(list) => list.items.iter().for_each(|i| self.blocks(&i.blocks)),
                BlockKind::Table(table) => {
                    self.inlines(table.caption.as_deref().unwrap_or(&[]));
                    let cells = table.rows.iter().flatten();
                    cells.for_each(|cell| self.blocks(&cell.blocks));
                }
                BlockKind::Figure {
                    caption: Some(caption),
                    ..
                } => self.inlines(caption),
                BlockKind::Quote(blocks) | BlockKind::Note(blocks) => self.blocks(blocks),
                _ => {}
            }
        }
    }

    fn inlines(&mut self, inlines: &[Inline]) {
        for inline in inlines {
            match inline {
                Inline::Anchor(name) => {
                    self.defined.insert(name.clone());
                }
                Inline::Link { target, content } => {
                    self.linked
                        .extend(target.strip_prefix('#').map(str::to_owned));
                    self.inlines(content);
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_addresses_pass() {
        let check = |target, expect: Option<&str>| {
            assert_eq!(external(target).as_deref(), expect, "{target}");
        };
        check(
            "https://example.org/é?a|b#c#d",
            Some("https://example.org/%C3%A9?a%7Cb#c%23d"),
        );
        check(" HTTP://EXAMPLE.org ", Some("http://example.org/"));
        check("mailto:info@example.org", Some("mailto:info@example.org"));
        check(
            "https://example.org/100%",
            Some("https://example.org/100%25"),
        );
        check("javascript:alert(1)", None);
        check("java\nscript:alert(1)", None);
        check("data:text/html,x", None);
        check("file:///etc/passwd", None);
        check(r"\\server\share\x.docx", None);
        check("https://user:secret@example.org/", None);
        check("report.docx", None);
        check("mailto:", None);
        check("http://", None);
    }
}
