//! Reads sheets as JSON, one a line, and prints the layout of each as JSON, one a line. Made for `tests/peers/layout`.
//!
//! A sheet: `{"cells": [[row, col, text, {"kind": "number", "number": 1.5, "bold": true, "indent": 1}], …],
//! "merges": [[first row, first column, last row, last column], …], "hidden_rows": [[first, last], …],
//! "hidden_cols": […]}`. All counts start at 0; the fourth part of a cell and all lists but `cells` may be left out.

use std::io::{self, BufRead as _, Write as _};

use rideau_layout::{Area, CellKind, Derived, Grid, GridCell, Layout, recognise, tidy};
use serde_json::{Value, json};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let sheet: Value = serde_json::from_str(&line?).map_err(io::Error::other)?;
        let grid = grid_of(&sheet);
        writeln!(out, "{}", layout_json(&grid, &recognise(&grid)))?;
    }
    Ok(())
}

fn grid_of(sheet: &Value) -> Grid {
    let list = |name: &str| sheet[name].as_array().map_or(&[][..], Vec::as_slice);
    Grid {
        cells: list("cells").iter().map(cell_of).collect(),
        merges: list("merges")
            .iter()
            .map(|merge| Area {
                first_row: count(&merge[0]),
                first_col: count(&merge[1]),
                last_row: count(&merge[2]),
                last_col: count(&merge[3]),
            })
            .collect(),
        hidden_rows: list("hidden_rows").iter().map(range_of).collect(),
        hidden_cols: list("hidden_cols").iter().map(range_of).collect(),
        ..Grid::default()
    }
}

fn cell_of(cell: &Value) -> GridCell {
    let looks = &cell[3];
    let kind = match looks["kind"].as_str() {
        Some("number") => CellKind::Number,
        Some("date") => CellKind::Date,
        Some("bool") => CellKind::Bool,
        Some("error") => CellKind::Error,
        Some("code") => CellKind::Code,
        _ => CellKind::Text,
    };
    GridCell {
        row: count(&cell[0]),
        col: count(&cell[1]),
        text: cell[2].as_str().unwrap_or_default().to_owned(),
        kind,
        number: looks["number"].as_f64(),
        bold: looks["bold"].as_bool().unwrap_or_default(),
        indent: u8::try_from(count(&looks["indent"])).unwrap_or(u8::MAX),
        ..GridCell::default()
    }
}

fn range_of(range: &Value) -> (u32, u32) {
    (count(&range[0]), count(&range[1]))
}

fn count(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_default()
}

fn layout_json(grid: &Grid, layout: &Layout) -> Value {
    let regions: Vec<Value> = layout
        .regions
        .iter()
        .map(|region| {
            let texts = |remarks: &[rideau_layout::Remark]| -> Vec<Value> {
                remarks
                    .iter()
                    .map(|one| json!({"row": one.row, "col": one.col, "text": one.text}))
                    .collect()
            };
            let derived = |list: &[Derived]| -> Vec<Value> {
                list.iter()
                    .map(|one| {
                        json!({"at": one.at, "label": one.label, "parts": one.parts,
                               "checked": one.checked, "held": one.held, "proved": one.proved})
                    })
                    .collect()
            };
            let records = tidy(grid, region);
            json!({
                "area": [region.area.first_row, region.area.first_col,
                         region.area.last_row, region.area.last_col],
                "header_rows": region.header_rows,
                "data_first": region.data_first,
                "data_last": region.data_last,
                "data_rows": region.data_rows.len(),
                "group_rows": region.group_rows,
                "stub_cols": region.stub_cols,
                "columns": region.columns.iter()
                    .map(|column| json!({"col": column.col, "path": column.path}))
                    .collect::<Vec<Value>>(),
                "rows": region.rows.iter()
                    .map(|row| json!({"row": row.row, "level": row.level, "path": row.path}))
                    .collect::<Vec<Value>>(),
                "row_order": format!("{:?}", region.row_order),
                "derived_rows": derived(&region.derived_rows),
                "derived_cols": derived(&region.derived_cols),
                "titles": texts(&region.titles),
                "units": texts(&region.units),
                "notes": texts(&region.notes),
                "sources": texts(&region.sources),
                "confidence": region.confidence,
                "reasons": region.reasons.iter()
                    .map(|one| json!({"code": one.code, "points": one.points,
                                      "en": one.text.en, "fr": one.text.fr}))
                    .collect::<Vec<Value>>(),
                "tidy": {
                    "records": records.records.len(),
                    "has_periods": records.has_periods,
                    "already_tidy": records.already_tidy,
                    "dimensions": records.dimensions.iter()
                        .map(|one| one.name.en.clone())
                        .collect::<Vec<String>>(),
                },
            })
        })
        .collect();
    json!({ "regions": regions })
}
