//! Drawings: pictures, text boxes, word art, charts, diagrams and embedded objects, in DrawingML and VML.
//!
//! Rule that must hold: a picture that hides more than it shows (cropped, or set hidden) is not carried over.

use std::io::{Read, Seek};

use sha2::{Digest, Sha256};

use super::{
    Reader, Story,
    extras::{all_text, drawing_text},
    runs::{Line, Token},
};
use crate::{
    bilingual,
    convert::{
        document::{
            Asset, Block, BlockKind, DocumentError, Image, Inline, TextStyle,
            image::{ImageError, strip},
        },
        xml::Element,
    },
    domain::{Bilingual, Part, Place, TextUnit},
};

/// What describes a drawing.
struct Description {
    alt: Option<String>,
    decorative: bool,
    hidden: bool,
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn drawing(
        &mut self,
        drawing: &Element,
        story: &mut Story,
        line: &mut Line,
    ) -> Result<(), DocumentError> {
        let description = describe(drawing);
        if description.hidden {
            let text = format!(
                "{} {}",
                all_text(drawing),
                description.alt.unwrap_or_default()
            );
            let place = story.place_as(Part::HiddenText);
            self.hide(&text, place);
            return Ok(());
        }
        self.word_art(drawing, story, line);
        let boxes = self.text_boxes(drawing, story, line)?;
        let pictures = self.pictures(drawing, &description, story, line)?;
        if drawing.name() == "w:object" {
            self.external(
                "object",
                drawing.find("o:OLEObject").unwrap_or(drawing),
                story,
            );
        }
        if drawing.find("c:chart").is_some() {
            self.placeholder(
                "chart_as_placeholder",
                bilingual!(
                    "A chart was left out. Publish its data as a table.",
                    "Un graphique a été omis. Publiez ses données sous forme de tableau."
                ),
                &description,
                story,
                line,
            );
        } else if drawing.find("dgm:relIds").is_some() {
            self.placeholder(
                "diagram_as_placeholder",
                bilingual!(
                    "A diagram was left out. Describe it in text.",
                    "Un diagramme a été omis. Décrivez-le en texte."
                ),
                &description,
                story,
                line,
            );
        } else if !boxes && !pictures && is_shape(drawing) && description.alt.is_some() {
            self.placeholder(
                "shape_as_placeholder",
                bilingual!(
                    "A drawn shape with a description was left out.",
                    "Une forme dessinée qui a une description a été omise."
                ),
                &description,
                story,
                line,
            );
        }
        // Text in shapes that are no text boxes (drawing canvases of newer kinds).
        if !boxes && drawing.find("a:t").is_some() {
            let at = story.place_as(Part::TextBox).at;
            let unit = TextUnit::new(Part::TextBox, at, drawing_text(drawing));
            self.document.not_carried.push(unit);
        }
        Ok(())
    }

    /// VML word art: a watermark in a header, otherwise text like any other.
    fn word_art(&mut self, drawing: &Element, story: &Story, line: &mut Line) {
        let mut paths = Vec::new();
        drawing.find_all("v:textpath", &mut paths);
        for text in paths.iter().filter_map(|path| path.attr("string")) {
            if story.published {
                let style = TextStyle::default();
                let piece = Inline::Text {
                    text: text.to_owned(),
                    style,
                    language: None,
                };
                line.tokens.push(Token::Piece(piece));
            } else {
                let at = story.label.clone();
                let unit = TextUnit::new(Part::Watermark, at, text);
                self.document.watermarks.push(unit);
            }
        }
    }

    fn text_boxes(
        &mut self,
        drawing: &Element,
        story: &Story,
        line: &mut Line,
    ) -> Result<bool, DocumentError> {
        let mut found = Vec::new();
        outermost_boxes(drawing, &mut found);
        for content in &found {
            self.counts.boxes += 1;
            let part = if story.published {
                Part::TextBox
            } else {
                story.part
            };
            let label = if story.published {
                format!("text box {}", self.counts.boxes)
            } else {
                story.label.clone()
            };
            let mut inner = story.inner(part, label);
            let blocks = self.blocks(content, &mut inner)?;
            if !blocks.is_empty() {
                let at = inner.place();
                line.boxes.push(Block {
                    kind: BlockKind::Note(blocks),
                    at,
                });
            }
        }
        Ok(!found.is_empty())
    }

    fn pictures(
        &mut self,
        drawing: &Element,
        description: &Description,
        story: &mut Story,
        line: &mut Line,
    ) -> Result<bool, DocumentError> {
        let mut found = Vec::new();
        outermost_pictures(drawing, &mut found);
        for picture in &found {
            self.counts.pictures += 1;
            let at = Place::new(Part::AltText, format!("picture {}", self.counts.pictures));
            let own = describe(picture);
            let alt = description.alt.clone().or(own.alt);
            let asset = if story.published {
                self.asset(picture, &at, story)?
            } else {
                None
            };
            line.tokens.push(Token::Piece(Inline::Image(Image {
                asset,
                alt,
                decorative: description.decorative || own.decorative,
                at,
            })));
        }
        Ok(!found.is_empty())
    }

    /// The asset of a picture; none, with a warning, when it cannot or must not be carried over.
    fn asset(
        &mut self,
        picture: &Element,
        at: &Place,
        story: &Story,
    ) -> Result<Option<usize>, DocumentError> {
        let blip = picture.find("a:blip");
        let vml = picture.name() == "v:imagedata";
        let id = if vml {
            picture.attr("r:id").or_else(|| picture.attr("o:relid"))
        } else {
            blip.and_then(|b| b.attr("r:embed"))
        };
        if let Some(linked) = blip.filter(|b| b.attr("r:link").is_some()) {
            self.external("picture", linked, story);
        }
        let relation = id.and_then(|id| self.relations.get(id)).cloned();
        let Some(relation) = relation.filter(|r| !r.external) else {
            self.external("picture", picture, story);
            self.warn(
                "linked_image",
                drop_words("linked from elsewhere", "liée d’ailleurs"),
                at.clone(),
            );
            return Ok(None);
        };
        if is_cropped(picture) {
            self.warn(
                "cropped_image",
                bilingual!(
                    "A cropped picture was left out: its file still holds what was cut away. Delete the cropped areas in Word (Compress Pictures) and save again.",
                    "Une image rognée a été omise : son fichier contient encore ce qui a été coupé. Supprimez les zones rognées dans Word (Compresser les images) et enregistrez de nouveau."
                ),
                at.clone(),
            );
            return Ok(None);
        }
        if let Some(known) = self.asset_of_part.get(&relation.target) {
            let known = *known;
            if known.is_none() {
                self.warn(
                    "dropped_image",
                    drop_words(
                        "in a format that is not carried over",
                        "d’un format non repris",
                    ),
                    at.clone(),
                );
            }
            return Ok(known);
        }
        let asset = match self.package.part(&relation.target)? {
            None => {
                self.warn(
                    "missing_image",
                    drop_words("not in the file", "absente du fichier"),
                    at.clone(),
                );
                None
            }
            Some(bytes) => self.keep_image(&bytes, at),
        };
        self.asset_of_part.insert(relation.target, asset);
        Ok(asset)
    }

    fn keep_image(&mut self, bytes: &[u8], at: &Place) -> Option<usize> {
        let image = match strip(bytes) {
            Ok(image) => image,
            Err(error) => {
                let (code, words) = match error {
                    ImageError::Format => (
                        "dropped_image",
                        drop_words(
                            "in a format that browsers do not show",
                            "d’un format que les navigateurs n’affichent pas",
                        ),
                    ),
                    ImageError::Broken => ("broken_image", drop_words("damaged", "endommagée")),
                };
                self.warn(code, words, at.clone());
                return None;
            }
        };
        if u64::from(image.width) * u64::from(image.height) > self.limits.image_pixels {
            self.warn(
                "oversized_image",
                drop_words("too large", "trop grande"),
                at.clone(),
            );
            return None;
        }
        let digest = hex::encode(Sha256::digest(&image.bytes));
        let name = format!("image-{}.{}", &digest[..12], image.extension);
        let assets = &mut self.document.content.assets;
        if let Some(index) = assets.iter().position(|a| a.name == name) {
            return Some(index);
        }
        assets.push(Asset {
            name,
            media_type: image.media_type,
            bytes: image.bytes,
            width: image.width,
            height: image.height,
        });
        Some(assets.len() - 1)
    }

    fn placeholder(
        &mut self,
        code: &str,
        words: Bilingual,
        description: &Description,
        story: &Story,
        line: &mut Line,
    ) {
        self.counts.pictures += 1;
        let at = Place::new(Part::AltText, format!("picture {}", self.counts.pictures));
        self.warn(code, words, story.place());
        line.tokens.push(Token::Piece(Inline::Image(Image {
            asset: None,
            alt: description.alt.clone(),
            decorative: description.decorative,
            at,
        })));
    }
}

fn drop_words(en: &str, fr: &str) -> Bilingual {
    bilingual!(
        "A picture was left out: it is {en}. Replace it by a PNG or JPEG picture.",
        "Une image a été omise : elle est {fr}. Remplacez-la par une image PNG ou JPEG."
    )
}

fn describe(drawing: &Element) -> Description {
    let properties = drawing
        .find("wp:docPr")
        .or_else(|| drawing.find("pic:cNvPr"));
    let vml = drawing.find("v:shape").or_else(|| drawing.find("v:rect"));
    let text = |value: Option<&str>| {
        let value = value.map(str::trim).filter(|v| !v.is_empty());
        value.map(str::to_owned)
    };
    let alt = text(properties.and_then(|p| p.attr("descr")))
        .or_else(|| text(properties.and_then(|p| p.attr("title"))))
        .or_else(|| text(vml.and_then(|v| v.attr("alt"))));
    let style = vml.and_then(|v| v.attr("style")).unwrap_or("");
    let style: String = style.split_whitespace().collect();
    let hidden = matches!(
        properties.and_then(|p| p.attr("hidden")),
        Some("1" | "true")
    ) || style.to_ascii_lowercase().contains("visibility:hidden");
    let decorative = drawing.find("adec:decorative").and_then(|d| d.attr("val"));
    Description {
        alt,
        decorative: matches!(decorative, Some("1" | "true")),
        hidden,
    }
}

/// True when a part of the picture is cut away: `a:srcRect` in thousandths of a percent, VML `crop…` as fractions.
fn is_cropped(picture: &Element) -> bool {
    let cut =
        |value: &str| !value.starts_with('-') && value.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let modern = picture.find("a:srcRect").is_some_and(|rect| {
        ["l", "t", "r", "b"]
            .iter()
            .any(|side| rect.attr(side).is_some_and(cut))
    });
    let vml = ["cropleft", "croptop", "cropright", "cropbottom"];
    modern || vml.iter().any(|side| picture.attr(side).is_some_and(cut))
}

fn is_shape(drawing: &Element) -> bool {
    drawing.find("wps:wsp").is_some() || drawing.find("v:shape").is_some()
}

/// Contents of text boxes, not of those within; alternate content is read once.
fn outermost_boxes<'a>(element: &'a Element, found: &mut Vec<&'a Element>) {
    for child in branches(element) {
        if child.name() == "w:txbxContent" {
            found.push(child);
        } else {
            outermost_boxes(child, found);
        }
    }
}

/// Pictures that are not within a text box, whose own paragraphs hold theirs.
fn outermost_pictures<'a>(element: &'a Element, found: &mut Vec<&'a Element>) {
    for child in branches(element) {
        match child.name() {
            "w:txbxContent" => {}
            "pic:pic" | "v:imagedata" => found.push(child),
            _ => outermost_pictures(child, found),
        }
    }
}

fn branches(element: &Element) -> Vec<&Element> {
    let mut out = Vec::new();
    for child in element.elements() {
        if child.name() == "mc:AlternateContent" {
            out.extend(super::body::chosen(child));
        } else {
            out.push(child);
        }
    }
    out
}
