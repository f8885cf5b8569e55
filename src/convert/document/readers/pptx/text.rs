//! Text in shapes: paragraphs, runs, links, bullets and numbers (ISO/IEC 29500-1, 21.1.2).

use std::io::{Read, Seek};

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Inline, Marker, TextStyle, is_visible},
        docx::numbering::number,
        draft::{push_text, trim_line},
        tree::Tree,
    },
    Reader, branches,
};
use crate::{convert::xml::Element, domain::Place};

/// Levels of paragraphs.
const LEVELS: usize = 9;

/// How a paragraph is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bullet {
    None,
    Sign,
    Number(Scheme),
}

/// How numbers look: the name of their format as Word has it, and what stands around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scheme {
    format: &'static str,
    before: &'static str,
    after: &'static str,
    start: u32,
}

/// The bullets that a list style gives to each level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Levels([Option<Bullet>; LEVELS]);

/// The mark of one paragraph.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) level: usize,
    pub(super) marker: Marker,
    pub(super) value: Option<u32>,
    pub(super) label: Option<String>,
}

impl Levels {
    /// Reads `a:lvl1pPr` to `a:lvl9pPr`.
    pub(super) fn read(style: &Element) -> Self {
        let mut levels = Self::default();
        for element in style.elements() {
            let level = element
                .name()
                .strip_prefix("a:lvl")
                .and_then(|rest| rest.strip_suffix("pPr"))
                .and_then(|level| level.parse::<usize>().ok())
                .and_then(|level| level.checked_sub(1));
            if let Some(slot) = level.and_then(|level| levels.0.get_mut(level)) {
                *slot = bullet(element);
            }
        }
        levels
    }
}

/// The bullet that properties of a paragraph name.
fn bullet(properties: &Element) -> Option<Bullet> {
    properties.elements().find_map(|element| {
        Some(match element.name() {
            "a:buNone" => Bullet::None,
            "a:buChar" | "a:buBlip" => Bullet::Sign,
            "a:buAutoNum" => Bullet::Number(scheme(element)),
            _ => return None,
        })
    })
}

/// `arabicPeriod`, `alphaLcParenR`, `romanUcParenBoth` … (20.1.10.61).
fn scheme(element: &Element) -> Scheme {
    let kind = element.attr("type").unwrap_or("arabicPeriod");
    let format = [
        ("alphaLc", "lowerLetter"),
        ("alphaUc", "upperLetter"),
        ("romanLc", "lowerRoman"),
        ("romanUc", "upperRoman"),
    ]
    .iter()
    .find(|(name, _)| kind.starts_with(*name))
    .map_or("decimal", |(_, format)| *format);
    let (before, after) = if kind.ends_with("ParenBoth") {
        ("(", ")")
    } else if kind.ends_with("ParenR") {
        ("", ")")
    } else if kind.ends_with("Period") {
        ("", ".")
    } else {
        ("", "")
    };
    Scheme {
        format,
        before,
        after,
        start: element.number("startAt").unwrap_or(1),
    }
}

/// Counts numbered paragraphs of one text.
#[derive(Default)]
struct Counter([Option<(Scheme, u32)>; LEVELS]);

impl Counter {
    fn mark(&mut self, level: usize, bullet: Bullet) -> Option<Mark> {
        let level = level.min(LEVELS - 1);
        self.0[level + 1..].fill(None);
        let Bullet::Number(scheme) = bullet else {
            self.0[level] = None;
            return (bullet == Bullet::Sign).then_some(Mark {
                level,
                marker: Marker::Bullet,
                value: None,
                label: None,
            });
        };
        let value = match self.0[level] {
            Some((last, value)) if last == scheme => value.saturating_add(1),
            _ => scheme.start,
        };
        self.0[level] = Some((scheme, value));
        let text = number(value, scheme.format);
        Some(Mark {
            level,
            marker: match scheme.format {
                "lowerLetter" => Marker::LowerAlpha,
                "upperLetter" => Marker::UpperAlpha,
                "lowerRoman" => Marker::LowerRoman,
                "upperRoman" => Marker::UpperRoman,
                _ => Marker::Decimal,
            },
            value: Some(value),
            label: Some(format!("{}{text}{}", scheme.before, scheme.after)),
        })
    }
}

impl<R: Read + Seek> Reader<R> {
    /// The blocks of a text body; bullets come from it, then from these levels, nearest first.
    pub(super) fn text_body(
        &mut self,
        body: &Element,
        levels: &[Levels],
        at: &Place,
    ) -> Result<Vec<Block>, DocumentError> {
        let own = body.child("a:lstStyle").map(Levels::read);
        let mut counter = Counter::default();
        let mut entries = Vec::new();
        for paragraph in branches(body) {
            if paragraph.name() != "a:p" {
                continue;
            }
            let mut line = Vec::new();
            self.runs(paragraph, &mut line);
            trim_line(&mut line);
            if !is_visible(&line) {
                continue;
            }
            self.draft.count_block()?;
            let properties = paragraph.child("a:pPr");
            let level = properties.and_then(|p| p.number("lvl")).unwrap_or(0_usize);
            let level = level.min(LEVELS - 1);
            let bullet = properties
                .and_then(bullet)
                .or_else(|| own.and_then(|own| own.0[level]))
                .or_else(|| levels.iter().find_map(|levels| levels.0[level]))
                .unwrap_or(Bullet::None);
            let mark = counter.mark(level, bullet);
            let block = Block {
                kind: BlockKind::Paragraph(line),
                at: at.clone(),
            };
            entries.push((block, mark));
        }
        self.fold(entries)
    }

    /// Marked paragraphs become nested lists.
    pub(super) fn fold(
        &mut self,
        entries: Vec<(Block, Option<Mark>)>,
    ) -> Result<Vec<Block>, DocumentError> {
        let mut tree = Tree::new(self.draft.limits.nesting);
        let mut open: Vec<(usize, Marker)> = Vec::new();
        for (block, mark) in entries {
            let stays = |(level, marker): &(usize, Marker)| {
                mark.as_ref().is_some_and(|mark| {
                    let goes_on = mark.marker == Marker::Bullet || mark.value != Some(1);
                    *level < mark.level
                        || (*level == mark.level && *marker == mark.marker && goes_on)
                })
            };
            while open.last().is_some_and(|last| !stays(last)) {
                open.pop();
                // The item, then its list.
                tree.close(&mut self.draft)?;
                tree.close(&mut self.draft)?;
            }
            if let Some(mark) = mark {
                if open.last().is_some_and(|(level, _)| *level == mark.level) {
                    tree.close(&mut self.draft)?;
                } else {
                    tree.open_list(mark.marker, mark.value.unwrap_or(1));
                    open.push((mark.level, mark.marker));
                }
                tree.open_item(mark.value, mark.label);
            }
            tree.add(block);
        }
        tree.finish(&mut self.draft)
    }

    /// The runs of a paragraph.
    pub(super) fn runs(&mut self, paragraph: &Element, line: &mut Vec<Inline>) {
        for element in branches(paragraph) {
            match element.name() {
                "a:r" | "a:fld" => self.run(element, line),
                "a:br" => line.push(Inline::Break),
                "a14:m" => {
                    let mut found = Vec::new();
                    element.find_all("m:t", &mut found);
                    for text in found {
                        push_text(line, &text.text(), TextStyle::default(), None);
                    }
                }
                _ => {}
            }
        }
    }

    fn run(&mut self, run: &Element, line: &mut Vec<Inline>) {
        let text = run.child("a:t").map(Element::text).unwrap_or_default();
        let properties = run.child("a:rPr");
        let on = |name: &str| {
            matches!(
                properties.and_then(|p| p.attr(name)),
                Some("1" | "true" | "on")
            )
        };
        let baseline = properties.and_then(|p| p.attr("baseline")).unwrap_or("0");
        let lowered = baseline.starts_with('-');
        let strike = properties.and_then(|p| p.attr("strike"));
        let style = TextStyle {
            strong: on("b"),
            emphasis: on("i"),
            sub: lowered,
            sup: !lowered && baseline.bytes().any(|b| (b'1'..=b'9').contains(&b)),
            struck: strike.is_some_and(|strike| strike != "noStrike"),
        };
        let language = properties
            .and_then(|p| p.attr("lang"))
            .filter(|tag| is_tag(tag));
        if let Some(language) = language {
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            if letters > 0 {
                *self.weights.entry(language.to_owned()).or_default() += letters;
            }
        }
        let link = properties.and_then(|p| p.child("a:hlinkClick"));
        let target = link.and_then(|link| self.target(link));
        match target {
            Some(target) if !text.trim().is_empty() => {
                let mut content = Vec::new();
                push_text(&mut content, &text, style, language);
                line.push(Inline::Link { target, content });
            }
            _ => push_text(line, &text, style, language),
        }
    }

    /// Where a link leads: an address, or a slide as `#slide-3`.
    pub(super) fn target(&self, link: &Element) -> Option<String> {
        let relation = self.relations.get(link.attr("r:id")?)?;
        if relation.external {
            let target = relation.target.trim();
            return (!target.is_empty()).then(|| target.to_owned());
        }
        let number = self.numbers.get(&relation.target)?;
        Some(format!("#slide-{number}"))
    }
}

/// True for what looks like a BCP 47 tag.
fn is_tag(tag: &str) -> bool {
    (2..=35).contains(&tag.len())
        && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && tag.as_bytes()[..2].iter().all(u8::is_ascii_alphabetic)
}
