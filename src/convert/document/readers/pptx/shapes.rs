//! Shapes of a slide in the order in which they are read: text, pictures, groups (ISO/IEC 29500-1, 19.3.1).
//!
//! Rule that must hold: a shape that is set hidden, or stands beside the slide, is hidden content; a cropped picture, whose
//! file shows more than the slide, is not carried over.

use std::io::{Read, Seek};

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Image, Inline},
        deck::{Frame, Slide, reading_order, title_line},
    },
    Reader, all_text, branches,
    layouts::{Inherited, Layout},
};
use crate::{
    bilingual,
    convert::xml::Element,
    domain::{Part, Place, TextUnit},
};

/// What is known about the slide being read.
pub(super) struct Scene<'a> {
    pub(super) number: usize,
    pub(super) layout: Option<&'a Layout>,
    part: Part,
}

/// From the coordinates of a group to those of the slide.
#[derive(Clone, Copy)]
pub(super) struct Space {
    scale: (f64, f64),
    shift: (f64, f64),
}

impl Space {
    const SLIDE: Self = Self {
        scale: (1.0, 1.0),
        shift: (0.0, 0.0),
    };

    fn apply(self, frame: Frame) -> Frame {
        Frame {
            left: frame.left.mul_add(self.scale.0, self.shift.0),
            top: frame.top.mul_add(self.scale.1, self.shift.1),
            width: frame.width * self.scale.0,
            height: frame.height * self.scale.1,
        }
    }

    /// The space within a group; that around it when the group does not say.
    fn within(self, group: &Element) -> Self {
        let inner = || {
            let xfrm = group.child("p:grpSpPr")?.child("a:xfrm")?;
            let outside = frame_in(xfrm, "a:off", "a:ext")?;
            let inside = frame_in(xfrm, "a:chOff", "a:chExt")?;
            let outside = self.apply(outside);
            if inside.width == 0.0 || inside.height == 0.0 {
                return None;
            }
            let scale = (outside.width / inside.width, outside.height / inside.height);
            Some(Self {
                scale,
                shift: (
                    inside.left.mul_add(-scale.0, outside.left),
                    inside.top.mul_add(-scale.1, outside.top),
                ),
            })
        };
        inner().unwrap_or(self)
    }
}

impl<'a> Scene<'a> {
    fn new(number: usize, layout: Option<&'a Layout>) -> Self {
        let part = if number == 1 {
            Part::FirstPage
        } else {
            Part::Body
        };
        Self {
            number,
            layout,
            part,
        }
    }

    pub(super) fn place(&self, part: Part, what: &str) -> Place {
        Place::new(part, format!("slide {}, {what}", self.number))
    }
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn slide(
        &mut self,
        root: &Element,
        number: usize,
        layout: Option<&Layout>,
    ) -> Result<Slide, DocumentError> {
        let scene = Scene::new(number, layout);
        let mut slide = Slide {
            number,
            title: Vec::new(),
            anchor: Some(format!("slide-{number}")),
            opening: layout.is_some_and(|layout| layout.kind == "title"),
            blocks: Vec::new(),
        };
        let tree = root
            .child("p:cSld")
            .and_then(|content| content.child("p:spTree"));
        if let Some(tree) = tree {
            self.shapes_in(tree, &scene, Space::SLIDE, &mut slide)?;
        }
        Ok(slide)
    }

    fn shapes_in(
        &mut self,
        parent: &Element,
        scene: &Scene<'_>,
        space: Space,
        slide: &mut Slide,
    ) -> Result<(), DocumentError> {
        self.deeper()?;
        let mut shapes: Vec<(&Element, Inherited)> = Vec::new();
        let mut frames = Vec::new();
        for shape in branches(parent) {
            if !matches!(
                shape.name(),
                "p:sp" | "p:pic" | "p:graphicFrame" | "p:grpSp" | "p:cxnSp" | "p:contentPart"
            ) {
                continue;
            }
            let holder = placeholder(shape);
            let inherited = scene
                .layout
                .map(|layout| layout.inherited(holder))
                .unwrap_or_default();
            let frame = frame_of(shape).map(|frame| space.apply(frame));
            let frame = frame.or(inherited.frame);
            if self.set_aside(shape, holder, frame, scene)? {
                continue;
            }
            let is_title = matches!(holder, Some(("title" | "ctrTitle", _)));
            if let Some(body) = shape.child("p:txBody").filter(|_| is_title)
                && slide.title.is_empty()
            {
                let at = scene.place(Part::Title, "title");
                let blocks = self.text_body(body, &inherited.levels, &at)?;
                let (title, beside) = title_line(blocks);
                slide.title = title;
                slide.blocks.extend(beside);
                continue;
            }
            shapes.push((shape, inherited));
            frames.push(frame);
        }
        for index in reading_order(&frames) {
            if let Some((shape, inherited)) = shapes.get(index) {
                self.shape(shape, inherited, scene, space, slide)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Takes what is no content of the slide; true when it did.
    fn set_aside(
        &mut self,
        shape: &Element,
        holder: Option<(&str, &str)>,
        frame: Option<Frame>,
        scene: &Scene<'_>,
    ) -> Result<bool, DocumentError> {
        let hidden =
            common(shape).is_some_and(|common| matches!(common.attr("hidden"), Some("1" | "true")));
        let off = match (frame, self.size) {
            (Some(frame), Some((width, height))) => frame.is_off(width, height),
            _ => false,
        };
        if hidden || off {
            let what = if hidden {
                "hidden shape"
            } else {
                "beside the slide"
            };
            let text = self.text_with_parts(shape)?;
            let place = scene.place(Part::HiddenText, what);
            self.draft.hide(&text, place);
            return Ok(true);
        }
        if matches!(holder, Some(("dt" | "ftr" | "sldNum" | "hdr", _))) {
            let place = scene.place(Part::Footer, "footer");
            let unit = TextUnit::new(Part::Footer, place.at, all_text(shape));
            self.draft.document.footers.push(unit);
            return Ok(true);
        }
        Ok(false)
    }

    fn shape(
        &mut self,
        shape: &Element,
        inherited: &Inherited,
        scene: &Scene<'_>,
        space: Space,
        slide: &mut Slide,
    ) -> Result<(), DocumentError> {
        self.shapes = self.shapes.saturating_add(1);
        match shape.name() {
            "p:grpSp" => {
                self.describe_only(shape, scene);
                let inner = space.within(shape);
                return self.shapes_in(shape, scene, inner, slide);
            }
            "p:pic" => {
                let block = self.picture(shape)?;
                slide.blocks.push(block);
            }
            "p:graphicFrame" => {
                let blocks = self.graphic(shape, scene)?;
                slide.blocks.extend(blocks);
            }
            _ => {
                let at = Place::new(scene.part, format!("slide {}", scene.number));
                let blocks = match shape.child("p:txBody") {
                    Some(body) => self.text_body(body, &inherited.levels, &at)?,
                    None => Vec::new(),
                };
                if blocks.is_empty() {
                    slide
                        .blocks
                        .extend(self.placeholder_of(shape, "shape_as_placeholder"));
                } else {
                    self.describe_only(shape, scene);
                }
                self.shape_link(shape, scene);
                slide.blocks.extend(blocks);
            }
        }
        Ok(())
    }

    /// Keeps a description that no output shows, because the text of the shape does.
    fn describe_only(&mut self, shape: &Element, scene: &Scene<'_>) {
        if let (Some(alt), _) = describe(shape) {
            let place = scene.place(Part::HiddenText, "description");
            self.draft.instruction(&alt, place, "description");
        }
    }

    /// A link on a shape as a whole, which no output carries.
    fn shape_link(&mut self, shape: &Element, scene: &Scene<'_>) {
        let link = common(shape).and_then(|common| common.child("a:hlinkClick"));
        let target = link.and_then(|link| self.target(link));
        if let Some(target) = target.filter(|target| !target.starts_with('#')) {
            let place = scene.place(Part::Link, "shape");
            self.draft.external(&target, place, "link of a shape");
        }
    }

    /// A picture on a line of its own.
    fn picture(&mut self, shape: &Element) -> Result<Block, DocumentError> {
        let (alt, decorative) = describe(shape);
        let at = self.draft.next_picture();
        let asset = self.asset(shape, &at)?;
        let image = Image {
            asset,
            alt,
            decorative,
            at: at.clone(),
        };
        self.draft.count_block()?;
        let link = common(shape).and_then(|common| common.child("a:hlinkClick"));
        let kind = match link.and_then(|link| self.target(link)) {
            Some(target) => BlockKind::Paragraph(vec![Inline::Link {
                target,
                content: vec![Inline::Image(image)],
            }]),
            None => BlockKind::Figure {
                images: vec![image],
                caption: None,
            },
        };
        Ok(Block { kind, at })
    }

    fn asset(&mut self, picture: &Element, at: &Place) -> Result<Option<usize>, DocumentError> {
        let fill = picture.child("p:blipFill");
        let blip = fill.and_then(|fill| fill.child("a:blip"));
        let cropped = fill
            .and_then(|fill| fill.child("a:srcRect"))
            .is_some_and(is_cropped);
        let id = blip.and_then(|blip| blip.attr("r:embed"));
        let relation = id.and_then(|id| self.relations.get(id)).cloned();
        let Some(relation) = relation.filter(|relation| !relation.external) else {
            self.draft.warn(
                "linked_image",
                bilingual!(
                    "An image was left out: it is linked from elsewhere. Put it into the presentation.",
                    "Une image a été omise : elle est liée d’ailleurs. Placez-la dans la présentation."
                ),
                at.clone(),
            );
            return Ok(None);
        };
        if cropped {
            self.draft.warn(
                "cropped_image",
                bilingual!(
                    "A cropped picture was left out: its file still holds what was cut away. Delete the cropped areas in PowerPoint (Compress Pictures) and save again.",
                    "Une image rognée a été omise : son fichier contient encore ce qui a été coupé. Supprimez les zones rognées dans PowerPoint (Compresser les images) et enregistrez de nouveau."
                ),
                at.clone(),
            );
            return Ok(None);
        }
        if let Some(Some(known)) = self.asset_of_part.get(&relation.target) {
            return Ok(Some(*known));
        }
        let Some(bytes) = self.package.part(&relation.target)? else {
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
        self.asset_of_part.insert(relation.target, asset);
        Ok(asset)
    }

    /// A drawing that is left out but has a description.
    pub(super) fn placeholder_of(&mut self, shape: &Element, code: &str) -> Option<Block> {
        let (alt, decorative) = describe(shape);
        alt.as_ref()?;
        let at = self.draft.next_picture();
        self.draft.warn(
            code,
            bilingual!(
                "A drawing with a description was left out.",
                "Un dessin qui a une description a été omis."
            ),
            at.clone(),
        );
        let image = Image {
            asset: None,
            alt,
            decorative,
            at: at.clone(),
        };
        Some(Block {
            kind: BlockKind::Figure {
                images: vec![image],
                caption: None,
            },
            at,
        })
    }
}

/// Name, description and switches of a shape.
fn common(shape: &Element) -> Option<&Element> {
    let about = shape.elements().find(|e| e.name().starts_with("p:nv"))?;
    about.child("p:cNvPr")
}

/// The description of a shape, and whether it is decorative.
pub(super) fn describe(shape: &Element) -> (Option<String>, bool) {
    let Some(common) = common(shape) else {
        return (None, false);
    };
    let text = |name: &str| {
        let text = common.attr(name).map(str::trim);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let decorative = common.find("adec:decorative").and_then(|d| d.attr("val"));
    (
        text("descr").or_else(|| text("title")),
        matches!(decorative, Some("1" | "true")),
    )
}

/// Kind and index of the placeholder that a shape fills.
pub(super) fn placeholder(shape: &Element) -> Option<(&str, &str)> {
    let about = shape.elements().find(|e| e.name().starts_with("p:nv"))?;
    let holder = about.child("p:nvPr")?.child("p:ph")?;
    Some((
        holder.attr("type").unwrap_or("obj"),
        holder.attr("idx").unwrap_or(""),
    ))
}

/// Where a shape stands, in the coordinates of what is around it.
pub(super) fn frame_of(shape: &Element) -> Option<Frame> {
    let xfrm = match shape.name() {
        "p:graphicFrame" => shape.child("p:xfrm"),
        "p:grpSp" => shape.child("p:grpSpPr")?.child("a:xfrm"),
        _ => shape.child("p:spPr")?.child("a:xfrm"),
    };
    frame_in(xfrm?, "a:off", "a:ext")
}

fn frame_in(xfrm: &Element, offset: &str, extent: &str) -> Option<Frame> {
    let (offset, extent) = (xfrm.child(offset)?, xfrm.child(extent)?);
    Some(Frame {
        left: offset.number("x")?,
        top: offset.number("y")?,
        width: extent.number("cx")?,
        height: extent.number("cy")?,
    })
}

/// `a:srcRect` in thousandths of a percent; below zero is space around the picture.
fn is_cropped(rect: &Element) -> bool {
    let cut =
        |side: &str| !side.starts_with('-') && side.bytes().any(|b| (b'1'..=b'9').contains(&b));
    ["l", "t", "r", "b"]
        .iter()
        .any(|side| rect.attr(side).is_some_and(cut))
}
