//! Running text, links and notes as markup.

use super::{
    DEPTH, DEPTH_FOOTNOTE, Typst,
    literal::{language_arguments, runs_right_to_left},
};
use crate::{
    convert::document::{
        BlockKind, Inline, TextStyle, is_visible, plain_text,
        writers::{html::link_words, links::external},
    },
    domain::{Part, Place},
};

/// Addresses longer than this stay text: the engine refuses them.
const LINK_BYTES: usize = 4000;

impl Typst<'_> {
    /// Writes a paragraph in the language that all its words share, and in its direction.
    pub(super) fn in_language(&mut self, content: &[Inline], write: impl FnOnce(&mut Self)) {
        let shared = shared_language(content).filter(|tag| self.is_foreign(tag));
        let mut arguments = shared
            .and_then(language_arguments)
            .into_iter()
            .collect::<Vec<_>>();
        if runs_right_to_left(&plain_text(content)) {
            arguments.push("dir: rtl".to_owned());
        }
        if arguments.is_empty() {
            write(self);
            return;
        }
        self.put(format_args!("#text({})[", arguments.join(", ")));
        let around = shared.map(|tag| std::mem::replace(&mut self.language, tag.to_owned()));
        write(self);
        if let Some(around) = around {
            self.language = around;
        }
        self.out.push_str("];");
    }

    fn is_foreign(&self, tag: &str) -> bool {
        primary(tag) != primary(&self.language)
    }

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
                Inline::Break => self.out.push_str("#linebreak();"),
                Inline::Anchor(name) => {
                    if let Some(id) = self.linked.get(name).cloned()
                        && self.anchored.insert(name.clone())
                    {
                        self.put(format_args!("#metadata(none)<{id}>"));
                    }
                }
            }
        }
    }

    fn run(&mut self, text: &str, style: TextStyle, language: Option<&str>) {
        let literal = self.literals.text(text);
        if text.trim().is_empty() {
            self.put(format_args!("#{literal};"));
            return;
        }
        let foreign = language
            .filter(|tag| self.is_foreign(tag) && text.chars().any(char::is_alphabetic))
            .and_then(language_arguments);
        let mut open = 0;
        if let Some(arguments) = foreign {
            self.put(format_args!("#text({arguments})["));
            open += 1;
        }
        for (on, function) in [
            (style.strong, "strong"),
            (style.emphasis, "emph"),
            (style.struck, "strike"),
            (style.sup, "super"),
            (style.sub, "sub"),
        ] {
            if on {
                self.put(format_args!("#{function}["));
                open += 1;
            }
        }
        self.put(format_args!("#{literal};"));
        for _ in 0..open {
            self.out.push_str("];");
        }
    }

    fn link(&mut self, target: &str, content: &[Inline]) {
        if self.in_link || self.engine.plain {
            self.inlines(content);
            return;
        }
        let named = !plain_text(content).trim().is_empty();
        let holds_note = content
            .iter()
            .any(|inline| matches!(inline, Inline::Note(_)));
        let address = match target.strip_prefix('#') {
            Some(name) => self.linked.get(name).cloned().map(|id| {
                self.followed.insert(name.to_owned());
                format!("<{id}>")
            }),
            None => external(target)
                .filter(|address| address.len() <= LINK_BYTES)
                .map(|address| self.literals.text(&address)),
        };
        match address {
            Some(address) if named && !holds_note => {
                self.put(format_args!("#link({address})["));
                self.in_link = true;
                self.inlines(content);
                self.in_link = false;
                self.out.push_str("];");
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
        let deep = self.depth + DEPTH_FOOTNOTE > DEPTH;
        let Some(note) = self.content.notes.get(index) else {
            return;
        };
        if self.in_note || self.in_link || self.engine.plain || deep {
            self.put(format_args!("#super[#\"{number}\";];"));
            return;
        }
        if !self.noted.insert(index) {
            self.put(format_args!("#footnote(<note-{number}>);"));
            return;
        }
        self.out.push_str("#footnote[");
        self.in_note = true;
        self.depth += DEPTH_FOOTNOTE;
        for (at, block) in note.blocks.iter().enumerate() {
            match &block.kind {
                BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                    if at > 0 {
                        self.out.push_str("#linebreak();");
                    }
                    self.in_language(content, |typst| typst.inlines(content));
                }
                _ => {
                    self.out.push('\n');
                    self.block(block);
                }
            }
        }
        self.depth -= DEPTH_FOOTNOTE;
        self.in_note = false;
        self.put(format_args!("]<note-{number}>"));
    }

    /// Notes that no mark was written for: they stood where a footnote cannot.
    pub(super) fn left_over_notes(&mut self) {
        for (index, note) in self.content.notes.iter().enumerate() {
            if self.noted.contains(&index) {
                continue;
            }
            self.in_note = true;
            self.here.clone_from(&note.at);
            self.put(format_args!("#par[#super[#\"{}\";];]\n", index + 1));
            self.blocks(&note.blocks);
            self.in_note = false;
        }
    }
}

/// The language of all words, where it is one.
fn shared_language(content: &[Inline]) -> Option<&str> {
    let mut shared = None;
    let mut stack: Vec<&Inline> = content.iter().rev().collect();
    while let Some(inline) = stack.pop() {
        match inline {
            Inline::Text { text, language, .. } if text.chars().any(char::is_alphabetic) => {
                let language = language.as_deref()?;
                if shared.is_some_and(|known| known != language) {
                    return None;
                }
                shared = Some(language);
            }
            Inline::Link { content, .. } => stack.extend(content.iter().rev()),
            _ => {}
        }
    }
    shared.filter(|_| is_visible(content))
}

pub(super) fn primary(tag: &str) -> &str {
    tag.split(['-', '_']).next().unwrap_or("")
}
