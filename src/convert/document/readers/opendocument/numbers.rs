//! Numbers of lists and headings (OpenDocument 1.3 part 3, 16.31 and 19.880).
//!
//! Rule that must hold: a list that goes on counts on, one that does not begins at its start.

use std::collections::HashMap;

use super::super::docx::numbering::number;
use crate::convert::{document::Marker, xml::Element};

/// Levels of a list style.
pub(super) const LEVELS: usize = 10;

/// One level of a list style.
#[derive(Clone, Debug, Default)]
struct Level {
    numbered: bool,
    /// As Word names it: `decimal`, `lowerLetter`; empty for no number.
    format: &'static str,
    prefix: String,
    suffix: String,
    start: u32,
    /// How many levels the label shows.
    shown: usize,
}

/// A list style.
#[derive(Clone, Debug, Default)]
pub(super) struct ListStyle {
    levels: Vec<Option<Level>>,
}

/// The mark of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) marker: Marker,
    pub(super) value: u32,
    pub(super) label: Option<String>,
}

/// Counters of one list, by level.
pub(super) type Counters = [Option<u32>; LEVELS];

/// Where lists stand.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    by_id: HashMap<String, Counters>,
    by_style: HashMap<String, Counters>,
    pub(super) headings: Counters,
}

impl ListStyle {
    pub(super) fn read(element: &Element) -> Self {
        let mut levels = vec![None; LEVELS];
        for level in element.elements() {
            let numbered = matches!(
                level.name(),
                "text:list-level-style-number" | "text:outline-level-style"
            );
            let index = level.number::<usize>("text:level").unwrap_or(0);
            let Some(slot) = index.checked_sub(1).and_then(|i| levels.get_mut(i)) else {
                continue;
            };
            let format = match level.attr("style:num-format") {
                Some("1") => "decimal",
                Some("a") => "lowerLetter",
                Some("A") => "upperLetter",
                Some("i") => "lowerRoman",
                Some("I") => "upperRoman",
                Some("") | None => "",
                Some(_) => "other",
            };
            *slot = Some(Level {
                numbered,
                format,
                prefix: level.attr("style:num-prefix").unwrap_or("").to_owned(),
                suffix: level.attr("style:num-suffix").unwrap_or("").to_owned(),
                start: level.number("text:start-value").unwrap_or(1),
                shown: level.number("text:display-levels").unwrap_or(1),
            });
        }
        Self { levels }
    }

    fn level(&self, level: usize) -> Option<&Level> {
        self.levels.get(level)?.as_ref()
    }

    /// How items of a level are marked.
    pub(super) fn marker(&self, level: usize) -> Marker {
        match self.level(level) {
            None => Marker::Bullet,
            Some(level) if !level.numbered => Marker::Bullet,
            Some(level) if level.shown > 1 && !level.format.is_empty() => Marker::Labelled,
            Some(level) => match level.format {
                "" => Marker::Plain,
                "lowerLetter" => Marker::LowerAlpha,
                "upperLetter" => Marker::UpperAlpha,
                "lowerRoman" => Marker::LowerRoman,
                "upperRoman" => Marker::UpperRoman,
                _ => Marker::Decimal,
            },
        }
    }

    /// Counts an item and gives its mark.
    pub(super) fn next(&self, level: usize, start: Option<u32>, counters: &mut Counters) -> Mark {
        let level = level.min(LEVELS - 1);
        let first = self.level(level).map_or(1, |level| level.start);
        let value =
            start.unwrap_or_else(|| counters[level].map_or(first, |value| value.saturating_add(1)));
        counters[level] = Some(value);
        counters[level + 1..].fill(None);
        let marker = self.marker(level);
        let label = match marker {
            Marker::Bullet | Marker::Plain => None,
            _ => Some(self.label(level, counters)).filter(|label| !label.trim().is_empty()),
        };
        Mark {
            marker,
            value,
            label,
        }
    }

    fn label(&self, level: usize, counters: &Counters) -> String {
        let Some(this) = self.level(level) else {
            return String::new();
        };
        if this.format.is_empty() {
            return String::new();
        }
        let first = (level + 1).saturating_sub(this.shown.max(1));
        let numbers: Vec<String> = (first..=level)
            .filter_map(|index| {
                let of = self.level(index)?;
                let start = of.start;
                (!of.format.is_empty()).then(|| number(counters[index].unwrap_or(start), of.format))
            })
            .collect();
        let text = format!("{}{}{}", this.prefix, numbers.join("."), this.suffix);
        text.trim().to_owned()
    }
}

impl Numbering {
    /// The counters with which a list begins.
    pub(super) fn begin(&self, list: &Element, style: &str) -> Counters {
        let continued = list
            .attr("text:continue-list")
            .and_then(|id| self.by_id.get(id));
        let same_style = (list.attr("text:continue-numbering") == Some("true"))
            .then(|| self.by_style.get(style))
            .flatten();
        continued.or(same_style).copied().unwrap_or_default()
    }

    /// Keeps the counters with which a list ends.
    pub(super) fn end(&mut self, list: &Element, style: &str, counters: Counters) {
        if let Some(id) = list.attr("xml:id").or_else(|| list.attr("text:id")) {
            self.by_id.insert(id.to_owned(), counters);
        }
        self.by_style.insert(style.to_owned(), counters);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::xml::parse;

    fn style(inner: &str) -> ListStyle {
        let xml = format!(
            r#"<text:list-style xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
            xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">{inner}</text:list-style>"#
        );
        ListStyle::read(&parse(xml.as_bytes(), 1000, 50).unwrap())
    }

    #[test]
    fn labels_are_those_that_people_see() {
        let style = style(
            r#"<text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/>
            <text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")" text:start-value="3"/>
            <text:list-level-style-number text:level="3" style:num-format="1" text:display-levels="3"/>
            <text:list-level-style-bullet text:level="4" text:bullet-char="•"/>
            <text:list-level-style-number text:level="99" style:num-format="1"/>"#,
        );
        let mut counters = Counters::default();
        let mut check = |level, start, expect: &str| {
            let mark = style.next(level, start, &mut counters);
            assert_eq!(mark.label.as_deref().unwrap_or(""), expect);
        };
        check(0, None, "1.");
        check(0, None, "2.");
        check(1, None, "c)");
        check(2, None, "2.c.1");
        check(3, None, "");
        check(0, Some(u32::MAX), "4294967295.");
        check(0, None, "4294967295.");
        check(1, None, "c)");
        check(usize::MAX, None, "");
    }
}
