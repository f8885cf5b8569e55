//! Layouts and masters: where placeholders stand and which bullets they bring (ISO/IEC 29500-1, 19.3.1).
//!
//! Rule that must hold: texts of layouts and masters are for the screening only, whether slides show them or not.

use std::{
    io::{Read, Seek},
    rc::Rc,
};

use super::{
    super::{super::DocumentError, deck::Frame},
    Reader, all_text,
    shapes::{frame_of, placeholder},
    text::Levels,
};
use crate::{
    convert::xml::Element,
    domain::{Part, TextUnit},
};

/// A layout or master.
#[derive(Default)]
pub(super) struct Layout {
    /// `title` for the layout of a title slide.
    pub(super) kind: String,
    holders: Vec<Holder>,
    title: Levels,
    body: Levels,
    other: Levels,
    /// The master of a layout.
    parent: Option<Rc<Layout>>,
}

struct Holder {
    kind: String,
    index: String,
    frame: Option<Frame>,
    levels: Levels,
}

/// What a shape gets from its layout and master.
#[derive(Default)]
pub(super) struct Inherited {
    pub(super) frame: Option<Frame>,
    /// Bullets, nearest first.
    pub(super) levels: Vec<Levels>,
}

impl Layout {
    /// What a placeholder, or a shape that is none, gets from here.
    pub(super) fn inherited(&self, holder: Option<(&str, &str)>) -> Inherited {
        let mut found = Inherited::default();
        let mut layout = Some(self);
        let (mut top, mut first) = (self, true);
        let mut kind = holder.map_or("", |(kind, _)| kind);
        while let Some(this) = layout {
            if let Some((_, index)) = holder {
                let same = this
                    .holders
                    .iter()
                    .find(|h| first && !index.is_empty() && h.index == index)
                    .or_else(|| this.holders.iter().find(|h| h.kind == kind));
                if let Some(same) = same {
                    found.frame = found.frame.or(same.frame);
                    found.levels.push(same.levels);
                }
            }
            // Masters have one placeholder for all kinds of content.
            kind = match kind {
                "ctrTitle" | "title" => "title",
                other => other,
            };
            if !matches!(kind, "title" | "dt" | "ftr" | "sldNum" | "hdr") {
                kind = "body";
            }
            (top, first) = (this, false);
            layout = this.parent.as_deref();
        }
        found.levels.push(match holder {
            Some(("title" | "ctrTitle", _)) => top.title,
            Some(_) => top.body,
            None => top.other,
        });
        found
    }
}

impl<R: Read + Seek> Reader<R> {
    /// The layout of the slide, or the master of the layout, whose relationships are at hand.
    pub(super) fn layout_of_part(
        &mut self,
        steps: usize,
    ) -> Result<Option<Rc<Layout>>, DocumentError> {
        let kind = if steps == 0 {
            "slideLayout"
        } else {
            "slideMaster"
        };
        let Some(part) = self.related(kind) else {
            return Ok(None);
        };
        self.seen_on_slides.insert(part.clone());
        if let Some(known) = self.layouts.get(&part) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(root) = self.package.xml(&part)? else {
            return Ok(None);
        };
        let parent = if steps == 0 {
            let relations = self.package.relationships(&part)?;
            let of_slide = std::mem::replace(&mut self.relations, relations);
            let parent = self.layout_of_part(1);
            self.relations = of_slide;
            parent?
        } else {
            None
        };
        let own = own_text(&root);
        if !own.is_empty() {
            let unit = TextUnit::new(Part::Header, part.clone(), own);
            self.draft.document.headers.push(unit);
        }
        let layout = Rc::new(read(&root, parent));
        self.layouts.insert(part, Rc::clone(&layout));
        Ok(Some(layout))
    }
}

fn read(root: &Element, parent: Option<Rc<Layout>>) -> Layout {
    let styles = root.child("p:txStyles");
    let levels = |name: &str| {
        let style = styles.and_then(|styles| styles.child(name));
        style.map(Levels::read).unwrap_or_default()
    };
    let mut shapes = Vec::new();
    root.find_all("p:sp", &mut shapes);
    let holders = shapes.into_iter().filter_map(|shape| {
        let (kind, index) = placeholder(shape)?;
        let style = shape
            .child("p:txBody")
            .and_then(|body| body.child("a:lstStyle"));
        Some(Holder {
            kind: kind.to_owned(),
            index: index.to_owned(),
            frame: frame_of(shape),
            levels: style.map(Levels::read).unwrap_or_default(),
        })
    });
    Layout {
        kind: root.attr("type").unwrap_or("").to_owned(),
        holders: holders.collect(),
        title: levels("p:titleStyle"),
        body: levels("p:bodyStyle"),
        other: levels("p:otherStyle"),
        parent,
    }
}

/// The text that a layout or master shows on its slides: not that of its placeholders.
pub(super) fn own_text(root: &Element) -> String {
    let mut out = String::new();
    let tree = root
        .child("p:cSld")
        .and_then(|slide| slide.child("p:spTree"));
    for shape in tree.into_iter().flat_map(Element::elements) {
        if placeholder(shape).is_none() {
            let text = all_text(shape);
            if !text.is_empty() {
                out.push_str(&text);
                out.push('\n');
            }
        }
    }
    out.trim().to_owned()
}
