//! Running text: spans, links, notes, fields (OpenDocument 1.3 part 3, chapters 6 and 7).
//!
//! Rule that must hold: of a field only what it shows is text; what it could show is hidden.

use super::{
    super::{
        super::{DocumentError, Inline, is_visible},
        draft::push_text,
        tree::add_note,
    },
    Line, Look, Reader, Story, all_text,
};
use crate::{
    convert::xml::{Element, Node},
    domain::Part,
};

/// Spaces that one element may stand for.
const MOST_SPACES: usize = 64;

impl Reader<'_> {
    pub(super) fn inlines(
        &mut self,
        parent: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        for node in parent.nodes() {
            match node {
                Node::Text(text) => self.text(text, look, line),
                Node::Element(element) => self.inline(element, look, line)?,
            }
        }
        Ok(())
    }

    fn inline(
        &mut self,
        element: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        match element.name() {
            "text:span" => {
                let own = self.styles.look("text", element.attr("text:style-name"));
                return self.inlines(element, &own.over(look), line);
            }
            "text:a" => return self.link(element, look, line),
            "text:note" => return self.note(element, look, line),
            "text:s" => {
                let count = element.number("text:c").unwrap_or(1).min(MOST_SPACES);
                self.say(&" ".repeat(count), look, line);
            }
            "text:tab" => self.say("\t", look, line),
            "text:line-break" => {
                if look.hidden != Some(true) {
                    line.inlines.push(Inline::Break);
                }
                line.spaced = true;
            }
            "text:bookmark"
            | "text:bookmark-start"
            | "text:reference-mark"
            | "text:reference-mark-start" => {
                if let Some(name) = element.attr("text:name").filter(|_| self.story.published) {
                    line.inlines.push(Inline::Anchor(name.to_owned()));
                }
            }
            "text:change" | "text:change-start" | "text:change-end" => self.change_mark(element),
            "office:annotation" | "officeooo:annotation" | "loext:annotation" => {
                self.comment(element);
            }
            "text:ruby" => return self.ruby(element, look, line),
            "text:alphabetical-index-mark"
            | "text:alphabetical-index-mark-start"
            | "text:toc-mark"
            | "text:toc-mark-start"
            | "text:user-index-mark"
            | "text:user-index-mark-start" => {
                let values = ["text:string-value", "text:key1", "text:key2"];
                for value in values.iter().filter_map(|name| element.attr(name)) {
                    self.instruction(value, "index");
                }
            }
            "text:script" => {
                self.instruction(&all_text(element), "script");
                self.draft.document.hidden.macros += 1;
            }
            "office:event-listeners" => self.scripts(element),
            "office:annotation-end"
            | "text:bookmark-end"
            | "text:reference-mark-end"
            | "text:soft-page-break"
            | "text:hidden-paragraph" => {}
            "text:hidden-text" | "text:conditional-text" => {
                return self.conditional(element, look, line);
            }
            name if name.starts_with("draw:") => {
                if look.hidden == Some(true) {
                    self.hide(&all_text(element));
                } else {
                    self.drawing(element, line)?;
                }
            }
            _ => {
                // Fields show their content; some of them are set not to.
                if element.attr("text:display") == Some("none") {
                    let value = element.attr("office:string-value");
                    let value = value.map_or_else(|| all_text(element), str::to_owned);
                    self.instruction(&value, "field");
                } else {
                    return self.inlines(element, look, line);
                }
            }
        }
        Ok(())
    }

    /// Text as it stands in the file: white space runs together (6.1.2).
    fn text(&mut self, text: &str, look: &Look, line: &mut Line) {
        let mut shown = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r') {
                if !line.spaced {
                    shown.push(' ');
                }
                line.spaced = true;
            } else {
                shown.push(c);
                line.spaced = false;
            }
        }
        self.say(&shown, look, line);
    }

    /// Adds text to a line, or to what is hidden.
    pub(super) fn say(&mut self, text: &str, look: &Look, line: &mut Line) {
        self.changes.inserted(text, &mut self.draft);
        if look.hidden == Some(true) {
            self.hide(text);
            return;
        }
        if let Some(language) = look.language.as_deref().filter(|_| self.story.published) {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            if let Some(weight) = self.weights.get_mut(language) {
                *weight += letters;
            } else {
                self.weights.insert(language.to_owned(), letters);
            }
        }
        push_text(
            &mut line.inlines,
            text,
            look.style(),
            look.language.as_deref(),
        );
    }

    fn link(
        &mut self,
        element: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        let outer = std::mem::take(&mut line.inlines);
        self.inlines(element, look, line)?;
        let content = std::mem::replace(&mut line.inlines, outer);
        let target = target(element.attr("xlink:href").unwrap_or(""));
        if !target.is_empty() && is_visible(&content) {
            line.inlines.push(Inline::Link { target, content });
        } else {
            line.inlines.extend(content);
            // A link around nothing that shows.
            self.hide(&target);
        }
        Ok(())
    }

    fn note(
        &mut self,
        element: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        let Some(body) = element.child("text:note-body") else {
            return Ok(());
        };
        if look.hidden == Some(true) {
            self.hide(&all_text(body));
            return Ok(());
        }
        if !self.story.published {
            self.say(&format!(" {} ", all_text(body)), look, line);
            return Ok(());
        }
        let index = add_note(&mut self.draft)?;
        let story = Story::new(Part::Note, format!("note {}", index + 1));
        let blocks = self.apart(story, |reader| reader.blocks(body))?;
        if let Some(note) = self.draft.document.content.notes.get_mut(index) {
            note.blocks = blocks;
        }
        line.inlines.push(Inline::Note(index));
        Ok(())
    }

    /// Text with its reading beside it.
    fn ruby(
        &mut self,
        element: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        if let Some(base) = element.child("text:ruby-base") {
            self.inlines(base, look, line)?;
        }
        let reading = element.child("text:ruby-text").map(all_text);
        if let Some(reading) = reading.filter(|reading| !reading.is_empty()) {
            self.say(&format!(" ({reading})"), look, line);
        }
        Ok(())
    }

    /// Text that a condition shows: what it shows now stands in the element, all else is hidden (7.7.3, 7.7.4).
    fn conditional(
        &mut self,
        element: &Element,
        look: &Look,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        let shown = all_text(element);
        if element.attr("text:is-hidden") == Some("true") {
            self.hide(&shown);
        } else {
            self.inlines(element, look, line)?;
        }
        for name in [
            "text:string-value",
            "text:string-value-if-true",
            "text:string-value-if-false",
        ] {
            if let Some(value) = element.attr(name).filter(|value| *value != shown) {
                self.hide(value);
            }
        }
        Ok(())
    }
}

/// The target of a link; places in the document lose what says of which kind they are: `#Scope|outline`.
fn target(href: &str) -> String {
    let href = href.trim();
    match href.strip_prefix('#') {
        Some(place) => {
            let place = place.split('|').next().unwrap_or(place);
            format!("#{place}")
        }
        None => href.to_owned(),
    }
}
