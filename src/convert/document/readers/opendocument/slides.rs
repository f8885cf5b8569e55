//! Presentations: slides with their titles, what is hidden on and beside them, notes (OpenDocument 1.3 part 3, 10.2).
//!
//! Rule that must hold: a slide that is not shown, a shape beside its slide and speaker notes never reach the content.

use std::collections::HashMap;

use super::{
    super::{
        super::{Block, DocumentError, Inline},
        deck::{Frame, MOST_SLIDES, Slide, assemble, reading_order, title_line},
    },
    Reader, Story, all_text,
};
use crate::{
    bilingual,
    convert::xml::Element,
    domain::{Part, Place, TextUnit},
};

/// Width and height of slides in millimetres, by the name of their master.
type Sizes = HashMap<String, (f64, f64)>;

impl Reader<'_> {
    /// Reads the slides of a presentation; the second root is that of the styles.
    pub(super) fn slides(
        &mut self,
        deck: &Element,
        styles: &Element,
    ) -> Result<Vec<Block>, DocumentError> {
        self.deck = true;
        self.plain = self.styles.default_look("graphic");
        let sizes = sizes(styles);
        let mut shown: Vec<Slide> = Vec::new();
        let mut number = 0;
        for element in deck.elements() {
            match element.name() {
                "draw:page" => {
                    number += 1;
                    if number > MOST_SLIDES {
                        return Err(DocumentError::limit("slides", MOST_SLIDES as u64));
                    }
                    let invisible = self.styles.invisible(element.attr("draw:style-name"));
                    if invisible {
                        self.hidden_slide(element, number);
                    } else {
                        let size = element
                            .attr("draw:master-page-name")
                            .and_then(|name| sizes.get(name))
                            .copied();
                        shown.push(self.slide(element, number, size)?);
                    }
                }
                "presentation:footer-decl"
                | "presentation:header-decl"
                | "presentation:date-time-decl" => {
                    let unit = TextUnit::new(Part::Footer, "slide footer", element.text());
                    self.draft.document.footers.push(unit);
                }
                "presentation:settings" => {}
                "office:forms" => self.forms(element),
                _ => self.declarations(element),
            }
        }
        let french = self
            .main_language()
            .is_some_and(|language| language.starts_with("fr"));
        Ok(assemble(shown, french))
    }

    fn hidden_slide(&mut self, page: &Element, number: usize) {
        let at = format!("slide {number}, hidden");
        let unit = TextUnit::new(Part::HiddenText, at.clone(), all_text(page));
        self.draft.document.hidden.notes.push(unit);
        let place = Place::new(Part::HiddenText, at);
        self.draft.warn(
            "hidden_slide",
            bilingual!(
                "A hidden slide was left out.",
                "Une diapositive masquée a été omise."
            ),
            place,
        );
    }

    fn slide(
        &mut self,
        page: &Element,
        number: usize,
        size: Option<(f64, f64)>,
    ) -> Result<Slide, DocumentError> {
        let part = if number == 1 {
            Part::FirstPage
        } else {
            Part::Body
        };
        let story = Story::new(part, format!("slide {number}"));
        self.draft.prefix = format!("slide {number}, ");
        let mut title: Vec<Inline> = Vec::new();
        let mut titled = false;
        let mut beside = Vec::new();
        let mut frames = Vec::new();
        let mut drawings: Vec<&Element> = Vec::new();
        for element in page.elements() {
            let class = element.attr("presentation:class").unwrap_or("");
            match element.name() {
                "presentation:notes" => self.speaker_notes(element, number),
                "office:annotation" | "officeooo:annotation" | "loext:annotation" => {
                    self.comment(element);
                }
                "office:event-listeners" => self.scripts(element),
                "office:forms" => self.forms(element),
                _ if element.attr("presentation:placeholder") == Some("true") => {
                    // Programs show their own words in it.
                    let at = format!("slide {number}, empty placeholder");
                    let place = Place::new(Part::HiddenText, at);
                    self.draft.hide(&all_text(element), place);
                }
                name if !name.starts_with("draw:") => {
                    // Nothing that a slide shows stands in other elements.
                    let at = format!("slide {number}, {name}");
                    let place = Place::new(Part::HiddenText, at);
                    self.draft.hide(&all_text(element), place);
                }
                _ if matches!(class, "footer" | "date-time" | "page-number" | "header") => {
                    let at = format!("slide {number}, footer");
                    let unit = TextUnit::new(Part::Footer, at, all_text(element));
                    self.draft.document.footers.push(unit);
                }
                _ => {
                    let frame = frame(element);
                    let off = match (frame, size) {
                        (Some(frame), Some((width, height))) => frame.is_off(width, height),
                        _ => false,
                    };
                    if off {
                        let at = format!("slide {number}, beside the slide");
                        self.draft
                            .hide(&all_text(element), Place::new(Part::HiddenText, at));
                    } else if class == "title" && !titled {
                        titled = true;
                        let box_of = element.child("draw:text-box").unwrap_or(element);
                        let blocks = self.apart(story.clone(), |reader| reader.blocks(box_of))?;
                        (title, beside) = title_line(blocks);
                    } else {
                        frames.push(frame);
                        drawings.push(element);
                    }
                }
            }
        }
        let order = reading_order(&frames);
        let blocks = self.apart(story, |reader| {
            for block in beside {
                reader.tree.add(block);
            }
            for element in order.iter().filter_map(|index| drawings.get(*index)) {
                reader.drawing_as_block(element)?;
            }
            Ok(())
        })?;
        self.draft.prefix.clear();
        let layout = page.attr("presentation:presentation-page-layout-name");
        Ok(Slide {
            number,
            anchor: page.attr("draw:name").map(str::to_owned),
            title,
            // The layout “title slide” has number 0 in the programs that write it.
            opening: layout.is_some_and(|layout| layout.ends_with("T0")),
            blocks,
        })
    }

    fn speaker_notes(&mut self, notes: &Element, number: usize) {
        let mut text = String::new();
        for element in notes.elements() {
            let class = element.attr("presentation:class").unwrap_or("");
            let real = element.attr("presentation:placeholder") != Some("true")
                && !matches!(class, "page" | "page-number");
            if real {
                text.push_str(&all_text(element));
                text.push('\n');
            }
        }
        let text = text.trim();
        if !text.is_empty() {
            let at = format!("slide {number}, notes");
            let unit = TextUnit::new(Part::SpeakerNotes, at, text);
            self.draft.document.hidden.notes.push(unit);
        }
    }
}

fn sizes(styles: &Element) -> Sizes {
    let mut layouts: HashMap<&str, (f64, f64)> = HashMap::new();
    let automatic = styles.child("office:automatic-styles");
    for layout in automatic.into_iter().flat_map(Element::elements) {
        let name = layout.attr("style:name");
        let of = layout.child("style:page-layout-properties");
        if let (Some(name), Some(of)) = (name, of)
            && let Some(width) = of.attr("fo:page-width").and_then(millimetres)
            && let Some(height) = of.attr("fo:page-height").and_then(millimetres)
        {
            layouts.insert(name, (width, height));
        }
    }
    let masters = styles.child("office:master-styles");
    masters
        .into_iter()
        .flat_map(Element::elements)
        .filter_map(|master| {
            let name = master.attr("style:name")?;
            let layout = master.attr("style:page-layout-name")?;
            Some((name.to_owned(), *layouts.get(layout)?))
        })
        .collect()
}

/// Where a drawing stands; turned drawings do not say it plainly.
fn frame(drawing: &Element) -> Option<Frame> {
    if drawing.attr("draw:transform").is_some() {
        return None;
    }
    let length = |name: &str| drawing.attr(name).and_then(millimetres);
    Some(Frame {
        left: length("svg:x")?,
        top: length("svg:y")?,
        width: length("svg:width").unwrap_or(0.0),
        height: length("svg:height").unwrap_or(0.0),
    })
}

/// A length such as `2.54cm` in millimetres.
fn millimetres(length: &str) -> Option<f64> {
    let length = length.trim();
    let unit = length.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = length.split_at(unit);
    let worth = match unit {
        "mm" => 1.0,
        "cm" => 10.0,
        "in" => 25.4,
        "pt" => 25.4 / 72.0,
        "pc" => 25.4 / 6.0,
        "px" => 25.4 / 96.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    number.is_finite().then_some(number * worth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_units() {
        let check = |length, expect: Option<f64>| {
            assert_eq!(millimetres(length), expect, "{length}");
        };
        check("2.5cm", Some(25.0));
        check("-1in", Some(-25.4));
        check("12", None);
        check("1e999cm", None);
        check("5parsec", None);
        check("", None);
    }
}
