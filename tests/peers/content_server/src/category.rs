//! Categories: what their attributes are, and how values and definitions are written.
//!
//! Rule that must hold: in every map of definitions the category itself comes first and the attributes of a set come
//! directly after their set. JSON maps may be sorted by key, so ids of attributes are single digits here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::world::{Node, World};

/// One attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    /// `String`, `Integer`, `Date`, `Boolean`; `Assoc` for a set.
    pub(crate) kind: &'static str,
    pub(crate) several: bool,
    /// The attributes of a set.
    pub(crate) set: Vec<Attribute>,
}

impl Attribute {
    pub(crate) fn new(id: i64, name: &'static str, kind: &'static str) -> Self {
        Self {
            id,
            name,
            kind,
            several: false,
            set: Vec::new(),
        }
    }

    pub(crate) fn several(mut self) -> Self {
        self.several = true;
        self
    }

    pub(crate) fn set(id: i64, name: &'static str, set: Vec<Self>) -> Self {
        Self {
            id,
            name,
            kind: "Assoc",
            several: true,
            set,
        }
    }

    fn empty(&self) -> Value {
        if self.several { json!([]) } else { Value::Null }
    }
}

/// A category.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) attributes: Vec<Attribute>,
}

impl Definition {
    /// All values, those that are empty too.
    pub(crate) fn data(&self, values: &BTreeMap<String, Value>) -> Map<String, Value> {
        let mut data = Map::new();
        for attribute in &self.attributes {
            let key = format!("{}_{}", self.id, attribute.id);
            if attribute.kind != "Assoc" {
                put(&mut data, &key, attribute, values);
                continue;
            }
            let mut row = 1;
            loop {
                let start = format!("{key}_{row}_");
                if row > 1 && !values.keys().any(|one| one.starts_with(&start)) {
                    break;
                }
                for inner in &attribute.set {
                    put(&mut data, &format!("{start}{}", inner.id), inner, values);
                }
                row += 1;
            }
        }
        data
    }

    /// What the attributes are.
    pub(crate) fn metadata(&self) -> Map<String, Value> {
        let mut all = Map::new();
        let id = self.id.to_string();
        all.insert(id.clone(), described(&id, self.name, "", "category", false));
        for attribute in &self.attributes {
            let key = format!("{id}_{}", attribute.id);
            let persona = if attribute.kind == "Assoc" {
                "set"
            } else {
                "categoryattribute"
            };
            all.insert(
                key.clone(),
                described(
                    &key,
                    attribute.name,
                    attribute.kind,
                    persona,
                    attribute.several,
                ),
            );
            for inner in &attribute.set {
                let key = format!("{key}_x_{}", inner.id);
                all.insert(
                    key.clone(),
                    described(
                        &key,
                        inner.name,
                        inner.kind,
                        "categoryattribute",
                        inner.several,
                    ),
                );
            }
        }
        all
    }

    fn order(&self) -> Vec<String> {
        self.attributes
            .iter()
            .map(|attribute| format!("{}_{}", self.id, attribute.id))
            .collect()
    }
}

fn put(
    data: &mut Map<String, Value>,
    key: &str,
    attribute: &Attribute,
    values: &BTreeMap<String, Value>,
) {
    let value = match values.get(key) {
        None | Some(Value::Null) => attribute.empty(),
        Some(value) => value.clone(),
    };
    if attribute.kind == "String" && !attribute.several {
        let text = value.as_str().unwrap_or("").to_owned();
        data.insert(
            format!("{key}_multilingual"),
            json!({ "en": text, "fr": text }),
        );
    }
    data.insert(key.to_owned(), value);
}

fn described(key: &str, name: &str, kind: &str, persona: &str, several: bool) -> Value {
    let number = match kind {
        "String" => -1,
        "Integer" => 2,
        "Boolean" => 5,
        "Date" => -7,
        "Assoc" => -18,
        _ => 0,
    };
    json!({
        "allow_undefined": false, "bulk_shared": false, "default_value": null, "description": null, "hidden": false,
        "key": key, "key_value_pairs": false, "multi_value": several, "multi_value_length_default": 1,
        "multi_value_length_fixed": !several, "multi_value_length_max": if several { 50 } else { 1 },
        "multi_value_max_length": null, "multi_value_min_length": null, "multi_value_unique": false,
        "name": name, "persona": persona, "read_only": true, "required": false,
        "type": number, "type_name": kind, "valid_values": [], "valid_values_name": [],
    })
}

/// The definitions and values of all categories of a node.
fn on<'a>(world: &'a World, node: &'a Node) -> Vec<(&'a Definition, &'a BTreeMap<String, Value>)> {
    node.categories
        .iter()
        .filter_map(|(id, values)| Some((world.definitions.get(id)?, values)))
        .collect()
}

/// One category, as `/categories` writes it.
fn single(definition: &Definition, values: &BTreeMap<String, Value>, metadata: bool) -> Value {
    let mut one = json!({ "data": { "categories": definition.data(values) } });
    if metadata {
        let id = definition.id.to_string();
        one["metadata"] = json!({ "categories": definition.metadata() });
        one["metadata_map"] = json!({ "categories": { (id.as_str()): definition.order() } });
        one["metadata_order"] = json!({ "categories": [id] });
    }
    one
}

/// `results` of `/categories`: a list.
pub(crate) fn list(world: &World, node: &Node, metadata: bool) -> Value {
    let all: Vec<Value> = on(world, node)
        .into_iter()
        .map(|(definition, values)| single(definition, values, metadata))
        .collect();
    Value::Array(all)
}

/// `results` of `/categories/{id}`: an object.
pub(crate) fn one(world: &World, node: &Node, id: i64, metadata: bool) -> Option<Value> {
    let values = node.categories.get(&id)?;
    let definition = world.definitions.get(&id)?;
    Some(single(definition, values, metadata))
}

/// `data.categories` of a node: a list of flat maps.
pub(crate) fn flat_data(world: &World, node: &Node) -> Value {
    let all: Vec<Value> = on(world, node)
        .into_iter()
        .map(|(definition, values)| Value::Object(definition.data(values)))
        .collect();
    Value::Array(all)
}

/// `metadata.categories` of a node: a list of maps; then the map of orders and the order.
pub(crate) fn flat_metadata(world: &World, node: &Node) -> (Value, Value, Value) {
    let mut metadata = Vec::new();
    let mut map = Map::new();
    let mut order = Vec::new();
    for (definition, _) in on(world, node) {
        let id = definition.id.to_string();
        metadata.push(Value::Object(definition.metadata()));
        map.insert(id.clone(), json!(definition.order()));
        order.push(json!(id));
    }
    (
        Value::Array(metadata),
        Value::Object(map),
        Value::Array(order),
    )
}
