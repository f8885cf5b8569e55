//! Charts become the table of the data that they keep (ISO/IEC 29500-1, 21.2).
//!
//! Rule that must hold: positions of points are claims; the table is as large as the points there are.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use super::{
    super::{
        super::{Block, BlockKind, DocumentError},
        docx::tables::Raw,
        draft::text,
        tree::{Grid, Row},
    },
    Reader, all_text,
    shapes::{Scene, describe},
};
use crate::{
    bilingual,
    convert::xml::Element,
    domain::{Part, Place, TextUnit},
};

/// Bytes beyond which the name of a point gets no further levels.
const LONGEST_NAME: usize = 1_000;

/// Values by the position of their point.
type Points = BTreeMap<u32, String>;

/// A row of data.
struct Series {
    name: String,
    categories: Points,
    values: Points,
}

impl<R: Read + Seek> Reader<R> {
    pub(super) fn chart(
        &mut self,
        chart: &Element,
        frame: &Element,
        scene: &Scene<'_>,
    ) -> Result<Vec<Block>, DocumentError> {
        let relation = chart.attr("r:id").and_then(|id| self.relations.get(id));
        let part = relation
            .filter(|relation| !relation.external)
            .map(|relation| relation.target.clone());
        let root = match &part {
            Some(part) => self.package.xml(part)?,
            None => None,
        };
        let (Some(part), Some(root)) = (part, root) else {
            let block = self.placeholder_of(frame, "chart_as_placeholder");
            return Ok(block.into_iter().collect());
        };
        for relation in self.package.relationships(&part)?.into_values() {
            if relation.external {
                let place = scene.place(Part::Property, "chart");
                self.draft.external(&relation.target, place, &relation.kind);
            }
        }
        let place = scene.place(Part::TextBox, "chart");
        let titles = titles(&root);
        let rows = self.rows_of(&root, scene)?;
        if rows.len() < 2 {
            let unit = TextUnit::new(Part::TextBox, place.at, all_text(&root));
            self.draft.document.not_carried.push(unit);
            let block = self.placeholder_of(frame, "chart_as_placeholder");
            return Ok(block.into_iter().collect());
        }
        let mut titles = titles.into_iter();
        let mut grid = Grid::new(self.draft.tables, rows);
        grid.caption = titles.next().map(|title| vec![text(title)]);
        let rest: Vec<String> = describe(frame).0.into_iter().chain(titles).collect();
        grid.description = (!rest.is_empty()).then(|| rest.join("; "));
        self.draft.warn(
            "chart_as_table",
            bilingual!(
                "A chart became the table of its data.",
                "Un graphique est devenu le tableau de ses données."
            ),
            place,
        );
        grid.finish(&mut self.draft)
    }

    /// The header row with the names of the series, then a row for each point.
    fn rows_of(&mut self, root: &Element, scene: &Scene<'_>) -> Result<Vec<Row>, DocumentError> {
        let mut found = Vec::new();
        root.find_all("c:ser", &mut found);
        let series: Vec<Series> = found.into_iter().map(series).collect();
        let positions: BTreeSet<u32> = series
            .iter()
            .flat_map(|series| series.values.keys().chain(series.categories.keys()))
            .copied()
            .collect();
        let cells = (positions.len() as u64 + 1).saturating_mul(series.len() as u64 + 1);
        if cells > self.draft.cells_left() {
            let limit = self.draft.limits.table_cells;
            return Err(DocumentError::limit("table cells", limit));
        }
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        self.draft.tables = self.draft.tables.saturating_add(1);
        let table = self.draft.tables;
        let number = scene.number;
        let row = |index: usize, texts: Vec<String>| {
            let cells = texts.into_iter().enumerate().map(|(column, value)| {
                let at = Place::new(
                    Part::TableCell,
                    format!(
                        "slide {number}, table {table}, row {}, column {}",
                        index + 1,
                        column + 1
                    ),
                );
                let blocks = if value.trim().is_empty() {
                    Vec::new()
                } else {
                    vec![Block {
                        kind: BlockKind::Paragraph(vec![text(value)]),
                        at: at.clone(),
                    }]
                };
                let from = column as u64;
                Raw {
                    from,
                    to: from + 1,
                    rows: 1,
                    blocks,
                    at,
                    shaded: false,
                }
            });
            let mut row = Row::new(cells.collect(), index == 0);
            row.labelled = true;
            row
        };
        let mut header = vec![String::new()];
        header.extend(series.iter().map(|series| series.name.clone()));
        let mut rows = vec![row(0, header)];
        for position in positions {
            let category = series
                .iter()
                .find_map(|series| series.categories.get(&position));
            let mut texts = vec![category.cloned().unwrap_or_default()];
            let values = series.iter().map(|series| series.values.get(&position));
            texts.extend(values.map(|value| value.cloned().unwrap_or_default()));
            rows.push(row(rows.len(), texts));
        }
        Ok(rows)
    }
}

fn series(element: &Element) -> Series {
    let of = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| element.child(name));
        found.map(points).unwrap_or_default()
    };
    let name = element.child("c:tx").map(|name| {
        let mut values = Vec::new();
        name.find_all("c:v", &mut values);
        let values: Vec<String> = values.iter().map(|value| value.text()).collect();
        values.join(" ")
    });
    Series {
        name: name.unwrap_or_default(),
        categories: of(["c:cat", "c:xVal"]),
        values: of(["c:val", "c:yVal"]),
    }
}

/// The points of a cache; those of several levels stand beside each other.
fn points(element: &Element) -> Points {
    let mut found = Vec::new();
    element.find_all("c:pt", &mut found);
    let mut points = Points::new();
    for point in found {
        let Some(index) = point.number::<u32>("idx") else {
            continue;
        };
        let value = point.child("c:v").map(Element::text).unwrap_or_default();
        let value = value.trim();
        if let Some(known) = points.get_mut(&index) {
            if known.len() < LONGEST_NAME {
                *known = format!("{value} {known}");
            }
        } else {
            points.insert(index, value.to_owned());
        }
    }
    points
}

/// The titles of a chart and its axes.
fn titles(root: &Element) -> Vec<String> {
    let mut found = Vec::new();
    root.find_all("c:title", &mut found);
    let texts = found.into_iter().map(|title| {
        let text = all_text(title);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    texts.filter(|text| !text.is_empty()).collect()
}
