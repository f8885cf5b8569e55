//! Drawings: frames with images, text, tables and objects, and shapes with text (OpenDocument 1.3 part 3, chapter 10).
//!
//! Rule that must hold: a picture that hides more than it shows (cropped, or not displayed) is not carried over, and
//! nothing outside the package is opened.

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Image, Inline, is_visible},
        draft::base64,
    },
    Line, Reader, all_text,
    flow::Role,
};
use crate::{
    bilingual,
    convert::xml::Element,
    domain::{Part, Place},
};

impl Reader<'_> {
    /// Reads a drawing: what stands in the line goes there, what stands apart beside it.
    pub(super) fn drawing(
        &mut self,
        element: &Element,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        if is_off(element) {
            self.hide(&all_text(element));
            return Ok(());
        }
        match element.name() {
            "draw:frame" => self.frame(element, line),
            "draw:a" => self.linked(element, line),
            "draw:g" => {
                self.deeper()?;
                for child in element.elements() {
                    if child.name().starts_with("draw:") {
                        self.drawing(child, line)?;
                    }
                }
                self.depth -= 1;
                Ok(())
            }
            "draw:control" | "draw:layer-set" => Ok(()),
            _ => self.shape(element, line),
        }
    }

    fn frame(&mut self, frame: &Element, line: &mut Line) -> Result<(), DocumentError> {
        let mut images = Vec::new();
        let mut carried = false;
        for child in frame.elements() {
            match child.name() {
                "draw:image" => images.push(child),
                "draw:text-box" => {
                    self.text_box(child, line)?;
                    carried = true;
                }
                "table:table" => {
                    let blocks = self.table(child)?;
                    line.boxes.extend(blocks);
                    carried = true;
                }
                "draw:object" | "draw:object-ole" => {
                    carried |= self.object(child, frame, line)?;
                }
                "draw:floating-frame" | "draw:plugin" | "draw:applet" => {
                    let target = child.attr("xlink:href").unwrap_or("");
                    self.external(target, "object");
                }
                "draw:image-map" => {
                    for area in child.elements() {
                        self.external(area.attr("xlink:href").unwrap_or(""), "image map");
                    }
                }
                "office:event-listeners" => self.scripts(child),
                _ => {}
            }
        }
        // Beside a table, the picture is what another program would show in its stead.
        if !carried && !images.is_empty() {
            self.picture(frame, &images, line)?;
            for image in images {
                if image.child("text:p").is_some() {
                    self.text_box(image, line)?;
                }
            }
        } else if !carried {
            self.placeholder(frame, line);
        }
        Ok(())
    }

    /// A drawing that is a link.
    fn linked(&mut self, element: &Element, line: &mut Line) -> Result<(), DocumentError> {
        let outer = std::mem::take(&mut line.inlines);
        for child in element.elements() {
            if child.name().starts_with("draw:") {
                self.drawing(child, line)?;
            }
        }
        let content = std::mem::replace(&mut line.inlines, outer);
        let target = element.attr("xlink:href").unwrap_or("").trim().to_owned();
        if !target.is_empty() && is_visible(&content) {
            line.inlines.push(Inline::Link { target, content });
        } else {
            line.inlines.extend(content);
            self.hide(&target);
        }
        Ok(())
    }

    /// A shape: its text, or a placeholder when it is described.
    fn shape(&mut self, shape: &Element, line: &mut Line) -> Result<(), DocumentError> {
        let before = line.boxes.len();
        self.text_box(shape, line)?;
        if line.boxes.len() == before {
            self.placeholder(shape, line);
        }
        if let Some(listeners) = shape.child("office:event-listeners") {
            self.scripts(listeners);
        }
        Ok(())
    }

    /// The text in a box or shape.
    fn text_box(&mut self, element: &Element, line: &mut Line) -> Result<(), DocumentError> {
        self.boxes = self.boxes.saturating_add(1);
        let story = self
            .story
            .inner(Part::TextBox, &format!("text box {}", self.boxes));
        let at = Place::new(story.part, story.label.clone());
        let blocks = self.apart(story, |reader| {
            for child in element.elements() {
                let inside = !matches!(
                    child.name(),
                    "svg:title"
                        | "svg:desc"
                        | "office:event-listeners"
                        | "draw:glue-point"
                        | "draw:enhanced-geometry"
                        | "office:binary-data"
                );
                if inside {
                    reader.block(child)?;
                }
            }
            Ok(())
        })?;
        match blocks.as_slice() {
            [] => {}
            // A box that holds a picture with its caption is that figure.
            [
                Block {
                    kind: BlockKind::Figure { .. } | BlockKind::Table(_),
                    ..
                },
            ] => line.boxes.extend(blocks),
            _ if self.deck => line.boxes.extend(blocks),
            _ => line.boxes.push(Block {
                kind: BlockKind::Note(blocks),
                at,
            }),
        }
        Ok(())
    }

    /// A drawing without text that has a description.
    pub(super) fn placeholder(&mut self, drawing: &Element, line: &mut Line) {
        let (alt, decorative) = describe(drawing);
        if alt.is_none() {
            return;
        }
        let at = self.next_picture();
        self.draft.warn(
            "shape_as_placeholder",
            bilingual!(
                "A drawing with a description was left out.",
                "Un dessin qui a une description a été omis."
            ),
            at.clone(),
        );
        line.inlines.push(Inline::Image(Image {
            asset: None,
            alt,
            decorative,
            at,
        }));
    }

    fn next_picture(&mut self) -> Place {
        let at = self.draft.next_picture();
        if self.story.published {
            at
        } else {
            Place::new(self.story.part, self.story.label.clone())
        }
    }

    /// The first of several images of the same picture that can be carried over.
    fn picture(
        &mut self,
        frame: &Element,
        images: &[&Element],
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        let (alt, decorative) = describe(frame);
        let known = |image: &&&Element| {
            let href = image.attr("xlink:href").unwrap_or("").to_lowercase();
            [".png", ".jpg", ".jpeg", ".gif"]
                .iter()
                .any(|extension| href.ends_with(extension))
        };
        let Some(image) = images.iter().find(known).or_else(|| images.first()) else {
            return Ok(());
        };
        let href = image.attr("xlink:href").unwrap_or("").trim();
        let outside = href.contains(':') || href.starts_with('/') || href.starts_with("../");
        if outside && image.child("office:binary-data").is_none() {
            let inline = self.draft.linked_image(href, alt);
            line.inlines.push(inline);
            return Ok(());
        }
        let at = self.next_picture();
        let asset = if !self.story.published {
            None
        } else if self.styles.cropped(frame.attr("draw:style-name")) {
            self.draft.warn(
                "cropped_image",
                bilingual!(
                    "A cropped picture was left out: its file still holds what was cut away. Cut the picture itself and insert it again.",
                    "Une image rognée a été omise : son fichier contient encore ce qui a été coupé. Coupez l’image elle-même et insérez-la de nouveau."
                ),
                at.clone(),
            );
            None
        } else {
            self.asset(image, href, &at)?
        };
        line.inlines.push(Inline::Image(Image {
            asset,
            alt,
            decorative,
            at,
        }));
        Ok(())
    }

    fn asset(
        &mut self,
        image: &Element,
        href: &str,
        at: &Place,
    ) -> Result<Option<usize>, DocumentError> {
        let name = href.trim_start_matches("./").to_owned();
        let bytes = if let Some(data) = image.child("office:binary-data") {
            base64(data.text().as_bytes())
        } else {
            if let Some(Some(known)) = self.asset_of_part.get(&name) {
                return Ok(Some(*known));
            }
            match self.package.as_mut() {
                Some(package) => package.bytes(&name)?,
                None => None,
            }
        };
        let Some(bytes) = bytes else {
            self.draft.warn(
                "missing_image",
                bilingual!(
                    "An image was left out: it is not in the file. Insert it again.",
                    "Une image a été omise : elle n’est pas dans le fichier. Insérez-la de nouveau."
                ),
                at.clone(),
            );
            return Ok(None);
        };
        let asset = self.draft.keep_image(&bytes, at);
        if !name.is_empty() {
            self.asset_of_part.insert(name, asset);
        }
        Ok(asset)
    }

    /// Reads a drawing of a slide into the tree.
    pub(super) fn drawing_as_block(&mut self, element: &Element) -> Result<(), DocumentError> {
        let mut line = Line::default();
        self.drawing(element, &mut line)?;
        self.end_line(Role::Text, None, line)
    }
}

/// True when a drawing is not displayed, or on paper only.
fn is_off(drawing: &Element) -> bool {
    matches!(drawing.attr("draw:display"), Some("none" | "printer"))
        || matches!(
            drawing
                .attr("draw:visible")
                .or_else(|| drawing.attr("loext:visible")),
            Some("false")
        )
}

/// The description of a drawing, and whether it is decorative.
pub(super) fn describe(drawing: &Element) -> (Option<String>, bool) {
    let text = |name: &str| {
        let text = drawing.child(name).map(|e| e.text().trim().to_owned());
        text.filter(|text| !text.is_empty())
    };
    let alt = match (text("svg:title"), text("svg:desc")) {
        (Some(title), Some(desc)) if title != desc => Some(format!("{title} – {desc}")),
        (title, desc) => desc.or(title),
    };
    let decorative = drawing
        .attr("draw:decorative")
        .or_else(|| drawing.attr("loext:decorative"));
    (alt, decorative == Some("true"))
}
