//! JSON files of a bag: sorted keys, indented, one form per value.

use serde::Serialize;
use serde_json::{Map, Value};

/// The file for a value.
pub(super) fn file<T: Serialize>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(&sorted(serde_json::to_value(value)?))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The map type keeps its order when a dependency switches `preserve_order` on; so the order is made here.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            entries
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        plain => plain,
    }
}
