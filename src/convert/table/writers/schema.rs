//! Frictionless Table Schema of a grid: names, original labels, types, codes for missing values, and the columns that tell rows
//! apart.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::file_name;
use super::grid::Grid;
use crate::convert::table::error::TableError;
use crate::convert::table::header::Kind;

/// Writes the schema.
pub(super) fn write(grid: &Grid<'_>, path: &Path) -> Result<(), TableError> {
    let text = render(grid);
    std::fs::write(path, text).map_err(|error| TableError::output(file_name(path), error))
}

fn render(grid: &Grid<'_>) -> String {
    let fields: Vec<Value> = grid
        .columns
        .iter()
        .map(|column| {
            let mut field = Map::new();
            field.insert("name".to_owned(), json!(column.name));
            if let Some(label) = &column.label {
                field.insert("title".to_owned(), json!(label));
            }
            let (kind, format) = match column.kind {
                Kind::Integer => ("integer", None),
                Kind::Number => ("number", None),
                Kind::Boolean => ("boolean", None),
                Kind::Date => ("date", None),
                // The default asks for a zone, which a spreadsheet does not know.
                Kind::DateTime => ("datetime", Some("%Y-%m-%dT%H:%M:%S")),
                Kind::Time => ("time", None),
                Kind::Text | Kind::Missing => ("string", None),
            };
            field.insert("type".to_owned(), json!(kind));
            if let Some(format) = format {
                field.insert("format".to_owned(), json!(format));
            }
            if column.kind == Kind::Boolean {
                field.insert("trueValues".to_owned(), json!(["TRUE"]));
                field.insert("falseValues".to_owned(), json!(["FALSE"]));
            }
            Value::Object(field)
        })
        .collect();
    let mut schema = json!({ "fields": fields, "missingValues": grid.missing });
    if let Some(width) = grid.key() {
        let key: Vec<&str> = grid
            .columns
            .iter()
            .take(width)
            .map(|column| column.name.as_str())
            .collect();
        schema["primaryKey"] = json!(key);
    }
    lay_out_for_people(&schema)
}

/// Keys in byte order whatever the features of `serde_json`, laid out for people.
pub(super) fn lay_out_for_people(schema: &Value) -> String {
    let mut text = String::new();
    lay_out(schema, 0, &mut text);
    text.push('\n');
    text
}

fn lay_out(value: &Value, depth: usize, out: &mut String) {
    let indent = |out: &mut String, depth: usize| {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    };
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            out.push('{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                out.push_str(&Value::String(key.clone()).to_string());
                out.push_str(": ");
                lay_out(value, depth + 1, out);
            }
            indent(out, depth);
            out.push('}');
        }
        Value::Array(list) if !list.is_empty() => {
            out.push('[');
            for (index, value) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                indent(out, depth + 1);
                lay_out(value, depth + 1, out);
            }
            indent(out, depth);
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}
