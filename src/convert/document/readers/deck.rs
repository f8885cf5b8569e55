//! Slides as a document: one heading per slide, its content below, in reading order.
//!
//! Rule that must hold: every slide that is shown has a heading, so that a reader can go from slide to slide.

use super::{
    super::{Block, BlockKind, Inline, is_visible},
    draft::text,
};
use crate::domain::{Part, Place};

/// Slides that one presentation may have.
pub(super) const MOST_SLIDES: usize = 20_000;

/// A slide that is shown.
pub(super) struct Slide {
    /// Its number, from 1, hidden slides counted.
    pub(super) number: usize,
    /// Its title; empty when it has none.
    pub(super) title: Vec<Inline>,
    /// The name that links lead to.
    pub(super) anchor: Option<String>,
    /// True for a title slide.
    pub(super) opening: bool,
    /// Its content.
    pub(super) blocks: Vec<Block>,
}

/// Where a shape stands, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Frame {
    /// True when nothing of it is on a slide of this size.
    pub(super) fn is_off(&self, width: f64, height: f64) -> bool {
        let right = self.left + self.width.max(0.0);
        let bottom = self.top + self.height.max(0.0);
        self.left >= width
            || self.top >= height
            || (self.left < 0.0 && right <= 0.0)
            || (self.top < 0.0 && bottom <= 0.0)
    }
}

/// Slides one behind the other. A first slide that is a title slide gives the document its title; a slide without
/// title is named by its number.
pub(super) fn assemble(slides: Vec<Slide>, french: bool) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (index, slide) in slides.into_iter().enumerate() {
        let titled = is_visible(&slide.title);
        let mut content: Vec<Inline> = slide.anchor.map(Inline::Anchor).into_iter().collect();
        content.extend(if titled {
            slide.title
        } else if french {
            vec![text(format!("Diapositive {}", slide.number))]
        } else {
            vec![text(format!("Slide {}", slide.number))]
        });
        let opening = index == 0 && slide.opening && titled;
        blocks.push(Block {
            kind: BlockKind::Heading {
                level: u8::from(!opening),
                label: None,
                content,
            },
            at: Place::new(Part::Title, format!("slide {}", slide.number)),
        });
        blocks.extend(slide.blocks);
    }
    blocks
}

/// The text of a title in one line: its paragraphs with breaks between; what is no paragraph is given back.
pub(super) fn title_line(blocks: Vec<Block>) -> (Vec<Inline>, Vec<Block>) {
    let (mut line, mut rest) = (Vec::new(), Vec::new());
    for block in blocks {
        match block.kind {
            BlockKind::Paragraph(content) | BlockKind::Heading { content, .. } => {
                if !line.is_empty() {
                    line.push(Inline::Break);
                }
                line.extend(content);
            }
            kind => rest.push(Block { kind, at: block.at }),
        }
    }
    (line, rest)
}

/// The order in which shapes are read: from top to bottom, and from left to right where they stand side by side.
/// The order of the file, which screen readers follow, when the place of one is not known.
pub(super) fn reading_order(frames: &[Option<Frame>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..frames.len()).collect();
    let known: Option<Vec<Frame>> = frames.iter().copied().collect();
    let Some(known) = known else {
        return order;
    };
    order.sort_by(|a, b| known[*a].top.total_cmp(&known[*b].top));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut middle = f64::NEG_INFINITY;
    for index in order {
        let frame = known[index];
        match rows.last_mut() {
            Some(row) if frame.top < middle => row.push(index),
            _ => rows.push(vec![index]),
        }
        // A row reaches to the middle of its first shape.
        if rows.last().is_some_and(|row| row.len() == 1) {
            middle = frame.top + frame.height / 2.0;
        }
    }
    for row in &mut rows {
        row.sort_by(|a, b| known[*a].left.total_cmp(&known[*b].left));
    }
    rows.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_by_rows() {
        let frame = |left, top, width, height| {
            Some(Frame {
                left,
                top,
                width,
                height,
            })
        };
        let check = |frames: &[Option<Frame>], expect: &[usize]| {
            assert_eq!(reading_order(frames), expect, "{frames:?}");
        };
        check(&[], &[]);
        // Right column, left column, footer line, title.
        let columns = [
            frame(5.0, 2.1, 4.0, 4.0),
            frame(0.0, 2.0, 4.0, 4.0),
            frame(0.0, 8.0, 9.0, 1.0),
            frame(0.0, 0.0, 9.0, 1.0),
        ];
        check(&columns, &[3, 1, 0, 2]);
        check(&[frame(0.0, 5.0, 1.0, 1.0), None], &[0, 1]);
        let broken = [
            frame(f64::NAN, f64::NAN, f64::NAN, f64::NAN),
            frame(0.0, 0.0, 1.0, 1.0),
        ];
        assert_eq!(reading_order(&broken).len(), 2);
    }

    #[test]
    fn off_means_that_nothing_is_on() {
        let check = |left, top, expect| {
            let frame = Frame {
                left,
                top,
                width: 2.0,
                height: 2.0,
            };
            assert_eq!(frame.is_off(10.0, 7.0), expect, "{frame:?}");
        };
        check(0.0, 0.0, false);
        check(-1.0, 0.0, false);
        check(-2.0, 0.0, true);
        check(10.0, 0.0, true);
        check(0.0, -3.0, true);
        check(0.0, 7.5, true);
    }
}
