//! The JSON schema of the file, for editors.
//!
//! Leans on the declared descriptions. Rule that must hold: what the schema refuses, the program refuses as well, and
//! every declared field is in it.

use rideau_connectors::options::{FieldDoc, KindDoc, Options, Shape};
use serde_json::{Map, Value, json};

use super::{
    Convert, Data, Department, Engine, Log, Policy, Rules, Sandbox, Schedule, SourceCommon,
    TargetCommon, Transfer, Web, settings::Kinds,
};

/// One section of the file, as declared.
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) en: &'static [&'static str],
    pub(super) fr: &'static str,
    pub(super) fields: &'static [FieldDoc],
}

/// All sections but sources and targets, in the order of the file.
pub(super) fn parts() -> Vec<Part> {
    fn part<T: Options>(name: &'static str) -> Part {
        let (en, fr) = T::about();
        Part {
            name,
            en,
            fr,
            fields: T::describe(),
        }
    }
    vec![
        part::<Department>("department"),
        part::<Data>("data"),
        part::<Schedule>("schedule"),
        part::<Engine>("engine"),
        part::<Sandbox>("sandbox"),
        part::<Log>("log"),
        part::<Web>("web"),
        part::<Rules>("rules"),
        part::<Policy>("policy"),
        part::<Convert>("convert"),
        part::<Transfer>("transfer"),
    ]
}

/// The schema (JSON Schema 2020-12).
pub fn schema(kinds: &Kinds<'_>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for part in parts() {
        let mut section = table(part.fields);
        section["description"] = text(part.en).into();
        if part.fields.iter().any(|field| (field.required)()) {
            required.push(Value::from(part.name));
        }
        properties.insert(part.name.into(), section);
    }
    for (name, common, kinds) in [
        ("sources", of::<SourceCommon>(), kinds.sources),
        ("targets", of::<TargetCommon>(), kinds.targets),
    ] {
        let (about, fields) = common;
        let each: Vec<Value> = kinds.iter().map(|kind| kind_table(kind, fields)).collect();
        properties.insert(
            name.into(),
            json!({ "type": "array", "description": about, "items": { "oneOf": each } }),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rideau",
        "description": "Settings of rideau (rideau.toml).",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The schema as the file that is committed.
pub fn schema_text(kinds: &Kinds<'_>) -> String {
    format!("{:#}\n", schema(kinds))
}

fn of<T: Options>() -> (String, &'static [FieldDoc]) {
    (text(T::about().0), T::describe())
}

/// The lines of a doc comment as one paragraph.
pub(super) fn text(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ")
}

fn kind_table(kind: &KindDoc, common: &[FieldDoc]) -> Value {
    let fields: Vec<FieldDoc> = common.iter().chain((kind.describe)()).copied().collect();
    let mut section = table(&fields);
    section["title"] = kind.kind.into();
    section["description"] = text((kind.en)()).into();
    section["properties"]["kind"] = json!({
        "const": kind.kind,
        "description": text((kind.en)()),
    });
    if let Some(required) = section["required"].as_array_mut() {
        required.insert(0, "kind".into());
    }
    section
}

fn table(fields: &[FieldDoc]) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        properties.insert(field.name.into(), property(field));
        if (field.required)() {
            required.push(Value::from(field.name));
        }
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(field: &FieldDoc) -> Value {
    let shape = (field.shape)();
    let mut property = of_shape(&shape);
    let mut description = field.english();
    if let Some(unit) = field.unit {
        description = format!("{description} Unit: {unit}.");
    }
    property["description"] = description.into();
    if let Some(bounds) = field.bounds {
        property["minimum"] = number(&shape, bounds.least);
        property["maximum"] = number(&shape, bounds.most);
    }
    if let Some(default) = (field.default)() {
        property["default"] = default;
    }
    if let Some(example) = example(field) {
        property["examples"] = json!([example]);
    }
    property
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "declared limits of whole numbers are whole and small"
)]
fn number(shape: &Shape, bound: f64) -> Value {
    match shape {
        Shape::Integer => (bound as i64).into(),
        _ => bound.into(),
    }
}

/// The declared example as JSON.
fn example(field: &FieldDoc) -> Option<Value> {
    let mut problems = rideau_connectors::options::Problems::default();
    let document = rideau_connectors::options::Document::parse(
        "example",
        "",
        format!("value = {}", field.example),
        &mut problems,
    )?;
    document.root().get("value")?.json()
}

fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Text {
            format, pattern, ..
        } => {
            let mut schema = json!({ "type": "string" });
            if let Some(format) = format {
                schema["format"] = (*format).into();
            }
            if let Some(pattern) = pattern {
                schema["pattern"] = (*pattern).into();
            }
            schema
        }
        Shape::Path => json!({ "type": "string", "minLength": 1 }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Choice(words) => {
            let each: Vec<&str> = words.iter().map(|one| one.word).collect();
            let lines: Vec<String> = words
                .iter()
                .map(|one| format!("`{}`: {}", one.word, one.english()))
                .collect();
            json!({ "type": "string", "enum": each, "$comment": lines.join(" ") })
        }
        Shape::List(inner) => {
            json!({ "type": "array", "items": of_shape(inner), "uniqueItems": true })
        }
        Shape::Map { values, .. } => {
            json!({ "type": "object", "additionalProperties": of_shape(values) })
        }
        Shape::Table(fields) => table(fields),
        Shape::Secret => json!({
            "oneOf": [
                {
                    "type": "object",
                    "properties": { "env": { "type": "string", "pattern": "^[A-Z_][A-Z0-9_]{0,63}$" } },
                    "required": ["env"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": { "file": { "type": "string", "minLength": 1 } },
                    "required": ["file"],
                    "additionalProperties": false,
                },
            ],
        }),
        Shape::Free => json!({ "type": "object" }),
        Shape::Any(shapes) => {
            json!({ "anyOf": shapes.iter().map(of_shape).collect::<Vec<_>>() })
        }
    }
}
