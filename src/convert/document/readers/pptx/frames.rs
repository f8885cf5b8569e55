//! Graphic frames: tables, diagrams, embedded objects (ISO/IEC 29500-1, 21.1.3 and 21.4).
//!
//! Rule that must hold: text in cells that are merged away is hidden; spans are claims that the grid bounds.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
};

use super::{
    super::{
        super::{Block, BlockKind, DocumentError, Marker, is_visible},
        docx::tables::Raw,
        draft::trim_line,
        tree::{Grid, Row, settle_spans},
    },
    Reader, all_text,
    shapes::{Scene, describe},
    text::Mark,
};
use crate::{
    convert::xml::Element,
    domain::{Part, Place, TextUnit},
};

/// Levels of a diagram that are told apart.
const DIAGRAM_LEVELS: usize = 8;

impl<R: Read + Seek> Reader<R> {
    pub(super) fn graphic(
        &mut self,
        frame: &Element,
        scene: &Scene<'_>,
    ) -> Result<Vec<Block>, DocumentError> {
        let data = frame
            .child("a:graphic")
            .and_then(|graphic| graphic.child("a:graphicData"));
        let Some(data) = data else {
            return Ok(Vec::new());
        };
        if let Some(table) = data.child("a:tbl") {
            return self.table(table, describe(frame).0, scene);
        }
        if let Some(chart) = data.child("c:chart") {
            return self.chart(chart, frame, scene);
        }
        if let Some(diagram) = data.child("dgm:relIds") {
            let blocks = self.diagram(diagram, scene)?;
            if !blocks.is_empty() {
                return Ok(blocks);
            }
        }
        // An embedded object, or a chart of a newer kind: its text is screened, its description shown.
        let text = self.text_with_parts(frame)?;
        if !text.is_empty() {
            let place = scene.place(Part::TextBox, "object");
            let unit = TextUnit::new(Part::TextBox, place.at, text);
            self.draft.document.not_carried.push(unit);
        }
        let block = self.placeholder_of(frame, "object_as_placeholder");
        Ok(block.into_iter().collect())
    }

    fn table(
        &mut self,
        table: &Element,
        description: Option<String>,
        scene: &Scene<'_>,
    ) -> Result<Vec<Block>, DocumentError> {
        self.deeper()?;
        self.draft.tables = self.draft.tables.saturating_add(1);
        let number = self.draft.tables;
        let look = table.child("a:tblPr");
        let on = |name: &str| {
            matches!(
                look.and_then(|look| look.attr(name)),
                Some("1" | "true" | "on")
            )
        };
        let mut rows: Vec<Row> = Vec::new();
        for element in table.elements().filter(|e| e.name() == "a:tr") {
            let mut cells: Vec<Raw> = Vec::new();
            let index = rows.len();
            let tcs = element.elements().filter(|e| e.name() == "a:tc");
            for (column, cell) in tcs.enumerate() {
                let merged = ["hMerge", "vMerge"]
                    .iter()
                    .any(|name| matches!(cell.attr(name), Some("1" | "true")));
                if merged {
                    let place = scene.place(Part::HiddenText, "merged cell");
                    self.draft.hide(&all_text(cell), place);
                    continue;
                }
                let at = Place::new(
                    Part::TableCell,
                    format!(
                        "slide {}, table {number}, row {}, column {}",
                        scene.number,
                        index + 1,
                        column + 1
                    ),
                );
                let blocks = match cell.child("a:txBody") {
                    Some(body) => self.text_body(body, &[], &at)?,
                    None => Vec::new(),
                };
                let from = column as u64;
                let columns = cell.number("gridSpan").unwrap_or(1_u64).max(1);
                if let Some(last) = cells.last_mut() {
                    last.to = last.to.min(from);
                }
                cells.push(Raw {
                    from,
                    to: from.saturating_add(columns),
                    rows: cell.number("rowSpan").unwrap_or(1_usize).max(1),
                    blocks,
                    at,
                    shaded: false,
                });
            }
            self.draft.count_block()?;
            let mut row = Row::new(cells, index == 0 && on("firstRow"));
            row.labelled = on("firstCol");
            rows.push(row);
        }
        settle_spans(&mut rows);
        let mut grid = Grid::new(number, rows);
        grid.description = description;
        self.depth -= 1;
        grid.finish(&mut self.draft)
    }

    /// The text of a diagram as a list, by what stands below what (21.4.2).
    fn diagram(&mut self, ids: &Element, scene: &Scene<'_>) -> Result<Vec<Block>, DocumentError> {
        let part = ids.attr("r:dm").and_then(|id| self.relations.get(id));
        let part = part.filter(|relation| !relation.external);
        let Some(part) = part.map(|relation| relation.target.clone()) else {
            return Ok(Vec::new());
        };
        let Some(root) = self.package.xml(&part)? else {
            return Ok(Vec::new());
        };
        let outline = outline(&root);
        let at = scene.place(Part::TextBox, "diagram");
        let mut entries = Vec::new();
        for (point, level) in outline {
            let Some(text) = point.child("dgm:t") else {
                continue;
            };
            for paragraph in text.elements().filter(|e| e.name() == "a:p") {
                let mut line = Vec::new();
                self.runs(paragraph, &mut line);
                trim_line(&mut line);
                if !is_visible(&line) {
                    continue;
                }
                self.draft.count_block()?;
                let block = Block {
                    kind: BlockKind::Paragraph(line),
                    at: at.clone(),
                };
                let mark = Mark {
                    level,
                    marker: Marker::Bullet,
                    value: None,
                    label: None,
                };
                entries.push((block, Some(mark)));
            }
        }
        self.fold(entries)
    }

    /// The text of a shape with that of its chart or diagram, which stand in parts of their own.
    pub(super) fn text_with_parts(&mut self, shape: &Element) -> Result<String, DocumentError> {
        let mut text = all_text(shape);
        let mut found = Vec::new();
        for name in ["c:chart", "dgm:relIds", "cx:chart"] {
            shape.find_all(name, &mut found);
        }
        for element in found {
            let id = element.attr("r:id").or_else(|| element.attr("r:dm"));
            let relation = id.and_then(|id| self.relations.get(id));
            let part = relation
                .filter(|relation| !relation.external)
                .map(|relation| relation.target.clone());
            if let Some(part) = part
                && let Some(root) = self.package.xml(&part)?
            {
                text.push('\n');
                text.push_str(&all_text(&root));
            }
        }
        Ok(text.trim().to_owned())
    }
}

/// The points of a diagram that hold text, with their level.
fn outline(root: &Element) -> Vec<(&Element, usize)> {
    let points = root.child("dgm:ptLst");
    let mut nodes: BTreeMap<&str, &Element> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    let mut tops: Vec<&str> = Vec::new();
    for point in points.into_iter().flat_map(Element::elements) {
        let id = point.attr("modelId").unwrap_or("");
        match point.attr("type") {
            None | Some("node" | "asst") => {
                nodes.insert(id, point);
                order.push(id);
            }
            Some("doc") => tops.push(id),
            _ => {}
        }
    }
    let mut below: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    let links = root.child("dgm:cxnLst");
    for link in links.into_iter().flat_map(Element::elements) {
        if matches!(link.attr("type"), None | Some("parOf"))
            && let (Some(from), Some(to)) = (link.attr("srcId"), link.attr("destId"))
        {
            let place = link.number("srcOrd").unwrap_or(u64::MAX);
            below.entry(from).or_default().push((place, to));
        }
    }
    for children in below.values_mut() {
        children.sort_unstable();
    }
    let mut out = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    // Points still to visit, the next one last.
    let mut stack: Vec<(&str, usize)> = tops.into_iter().rev().map(|id| (id, 0)).collect();
    while let Some((id, depth)) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        if let Some(point) = nodes.get(id) {
            out.push((*point, depth.saturating_sub(1).min(DIAGRAM_LEVELS)));
        }
        let children = below.get(id).map_or(&[][..], Vec::as_slice);
        stack.extend(children.iter().rev().map(|(_, to)| (*to, depth + 1)));
    }
    // What nothing leads to is text all the same.
    for id in order {
        if seen.insert(id)
            && let Some(point) = nodes.get(id)
        {
            out.push((*point, 0));
        }
    }
    out
}
