//! Objects in frames: charts become the table of their data, formulas their text; other objects are embedded files.
//!
//! Rule that must hold: of an object only what a reader sees is carried over.

use super::{
    super::super::{BlockKind, DocumentError},
    Line, Reader, all_text,
    drawings::describe,
};
use crate::{
    bilingual,
    convert::{package::parse_part, xml::Element},
    domain::{Part, TextUnit},
};

impl Reader<'_> {
    /// Reads an object; true when it was carried over, so that its picture is not needed.
    pub(super) fn object(
        &mut self,
        object: &Element,
        frame: &Element,
        line: &mut Line,
    ) -> Result<bool, DocumentError> {
        let href = object.attr("xlink:href").unwrap_or("").trim();
        let name = href.trim_start_matches("./").trim_end_matches('/');
        if href.contains(':') || href.starts_with('/') || href.starts_with("../") {
            self.external(href, "object");
            return Ok(false);
        }
        if let Some(inline) = object.elements().next() {
            return self.content_of(inline, name, frame, line);
        }
        if name.is_empty() {
            return Ok(false);
        }
        let part = format!("{name}/content.xml");
        let bytes = match self.package.as_mut() {
            Some(package) => package.bytes(&part)?,
            None => None,
        };
        let Some(bytes) = bytes else {
            if self.objects.insert(name.to_lowercase()) {
                self.embedded(name, String::new());
            }
            return Ok(false);
        };
        self.objects.insert(name.to_lowercase());
        let root = parse_part(&bytes, &part, &self.draft.limits)?;
        self.content_of(&root, name, frame, line)
    }

    fn content_of(
        &mut self,
        root: &Element,
        name: &str,
        frame: &Element,
        line: &mut Line,
    ) -> Result<bool, DocumentError> {
        if root.name() == "math:math" {
            let text = formula(root);
            let plain = self.plain.clone();
            self.say(&text, &plain, line);
            return Ok(!text.is_empty());
        }
        let chart = root
            .child("office:body")
            .and_then(|body| body.child("office:chart"))
            .and_then(|chart| chart.child("chart:chart"));
        if let Some(chart) = chart {
            return self.chart(chart, frame, line);
        }
        if root.name() == "office:binary-data" {
            self.embedded("object", String::new());
        } else {
            self.embedded(
                if name.is_empty() { "object" } else { name },
                all_text(root),
            );
        }
        Ok(false)
    }

    /// A chart: the table of its data, under its title.
    fn chart(
        &mut self,
        chart: &Element,
        frame: &Element,
        line: &mut Line,
    ) -> Result<bool, DocumentError> {
        let mut titles: Vec<String> = Vec::new();
        let mut found = Vec::new();
        for name in ["chart:title", "chart:subtitle"] {
            chart.find_all(name, &mut found);
        }
        for title in found {
            let text = all_text(title);
            if !text.is_empty() {
                titles.push(text);
            }
        }
        let (alt, _) = describe(frame);
        let table = chart.find("table:table");
        let mut blocks = match table {
            Some(table) => self.table(table)?,
            None => Vec::new(),
        };
        let (place, carried) = (self.here(Part::TextBox), !blocks.is_empty());
        match blocks.as_mut_slice() {
            [block] if matches!(block.kind, BlockKind::Table(_)) => {
                if let BlockKind::Table(table) = &mut block.kind {
                    let mut titles = titles.into_iter();
                    let caption = titles.next();
                    table.caption = caption.map(|text| vec![super::super::draft::text(text)]);
                    let rest: Vec<String> = alt.into_iter().chain(titles).collect();
                    table.description = (!rest.is_empty()).then(|| rest.join("; "));
                }
            }
            _ => {
                let text = titles.join("\n");
                if !text.is_empty() {
                    let unit = TextUnit::new(Part::TextBox, place.at.clone(), text);
                    self.draft.document.not_carried.push(unit);
                }
            }
        }
        if carried {
            self.draft.warn(
                "chart_as_table",
                bilingual!(
                    "A chart became the table of its data.",
                    "Un graphique est devenu le tableau de ses données."
                ),
                place,
            );
        }
        line.boxes.extend(blocks);
        Ok(carried)
    }
}

/// A formula as its author typed it, else the text of its signs.
fn formula(math: &Element) -> String {
    let typed = math.find("math:annotation").map(Element::text);
    let typed = typed.filter(|text| !text.trim().is_empty());
    typed
        .unwrap_or_else(|| math.text())
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}
