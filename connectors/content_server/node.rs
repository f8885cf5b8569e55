//! A node as Content Server shows it: what a listing tells, in our terms.
//!
//! Answers come in several shapes for the same thing, and texts for people are localised; nothing here depends on either. Rule that
//! must hold: the same node gives the same [`Node::shallow`] whether a listing or a single reading showed it.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use rideau_domain::{Sha256, canonical_json};
use serde_json::{Map, Value, json};
use unicode_normalization::UnicodeNormalization;

/// Document, text document, e-mail.
const ITEMS: [i64; 3] = [144, 145, 749];
/// Containers whose parts belong together: compound document, compound e-mail.
const COMPOUNDS: [i64; 2] = [136, 557];
/// Containers that hold links or views, not children: collection, virtual folder, related workspace, deleted items.
const NEVER: [i64; 4] = [298, 899, 854, 405];
/// The only kind whose parts have an order.
const ORDERED: i64 = 136;

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    /// It is a record.
    pub(super) item: bool,
    /// It has children, which are walked.
    pub(super) container: bool,
}

/// What a listing tells of a node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) id: u64,
    pub(super) parent_id: u64,
    /// Negative in the Enterprise volume; the workspace's own id directly inside a workspace.
    pub(super) volume_id: i64,
    pub(super) subtype: i64,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) mime_type: String,
    /// Bytes of a document; of a container it is the number of its entries, and is left out.
    pub(super) size_bytes: Option<u64>,
    pub(super) reserved: bool,
    pub(super) owner: String,
    pub(super) modified_raw: String,
    pub(super) modified: Option<DateTime<Utc>>,
    pub(super) created_raw: String,
    /// Place among the parts of a compound document.
    pub(super) order: Option<i64>,
    /// Access rights in one form, where they were told.
    pub(super) rights: Option<Value>,
    container: bool,
}

impl Node {
    /// Reads a node from the `data` of a result; `utc_offset_minutes` is for dates without a zone.
    pub(super) fn of(data: &Map<String, Value>, utc_offset_minutes: i64) -> Option<Self> {
        // v2 puts the properties in an object of their own, v1 does not.
        let properties = data
            .get("properties")
            .and_then(Value::as_object)
            .unwrap_or(data);
        let number = |key: &str| properties.get(key).and_then(integer);
        let text = |key: &str| {
            properties
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let id = number("id")?.unsigned_abs();
        let subtype = number("type")?;
        let container = properties.get("container").is_some_and(flag);
        let modified_raw = text("modify_date");
        let owner = match text("owner") {
            owner if owner.is_empty() => number("owner_user_id")
                .map(|id| id.to_string())
                .unwrap_or_default(),
            owner => owner,
        };
        let holds_entries = container && !ITEMS.contains(&subtype);
        Some(Self {
            id,
            // Negative directly inside a workspace.
            parent_id: number("parent_id").unwrap_or(0).unsigned_abs(),
            volume_id: number("volume_id").unwrap_or(0),
            subtype,
            name: text("name"),
            description: text("description"),
            mime_type: text("mime_type"),
            size_bytes: number("size")
                .filter(|_| !holds_entries)
                .and_then(|size| u64::try_from(size).ok()),
            reserved: properties.get("reserved").is_some_and(flag),
            owner,
            modified: parse_date(&modified_raw, utc_offset_minutes),
            modified_raw,
            created_raw: text("create_date"),
            order: number("order").or_else(|| data.get("order").and_then(integer)),
            rights: data.get("permissions").and_then(rights),
            container,
        })
    }

    pub(super) fn role(&self) -> Role {
        Role {
            item: ITEMS.contains(&self.subtype),
            container: (self.container || COMPOUNDS.contains(&self.subtype))
                && !NEVER.contains(&self.subtype),
        }
    }

    /// Whether its parts have an order of their own.
    pub(super) fn is_ordered(&self) -> bool {
        self.subtype == ORDERED
    }

    /// The name as one part of a path: NFC, no `/`, no control characters.
    pub(super) fn segment(&self) -> String {
        let name: String = self
            .name
            .nfc()
            .map(|one| match one {
                '/' => '\u{2215}',
                one if one.is_control() => '\u{fffd}',
                one => one,
            })
            .collect();
        match name.trim() {
            "" | "." | ".." => format!("{name}[{}]", self.id),
            _ => name,
        }
    }

    /// Changes with everything that a listing tells of a record.
    pub(super) fn shallow(&self) -> String {
        let modified = self
            .modified
            .map_or_else(|| self.modified_raw.clone(), |at| at.to_rfc3339());
        digest(&json!([
            self.id,
            self.parent_id,
            self.subtype,
            self.name,
            self.mime_type,
            self.size_bytes,
            self.reserved,
            modified,
        ]))
    }
}

/// A short digest of a value.
pub(super) fn digest(value: &Value) -> String {
    let mut hex = Sha256::of(canonical_json(value).as_bytes()).to_string();
    hex.truncate(24);
    hex
}

/// `results`, be it a list or a single one.
pub(super) fn results(body: &Value) -> Vec<&Map<String, Value>> {
    match body.get("results") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(one)) => vec![one],
        _ => Vec::new(),
    }
}

/// `data` of a result, be it an object or a list of one.
pub(super) fn data(result: &Map<String, Value>) -> Option<&Map<String, Value>> {
    first(result.get("data")?)
}

/// An object, or the first of a list.
pub(super) fn first(value: &Value) -> Option<&Map<String, Value>> {
    match value {
        Value::Object(one) => Some(one),
        Value::Array(list) => list.first().and_then(Value::as_object),
        _ => None,
    }
}

/// Objects of a list, or a single one.
pub(super) fn all(value: &Value) -> Vec<&Map<String, Value>> {
    match value {
        Value::Object(one) => vec![one],
        Value::Array(list) => list.iter().filter_map(Value::as_object).collect(),
        _ => Vec::new(),
    }
}

/// A whole number, also when it is written as text.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// True, 1, or what is written so.
pub(super) fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(text) => matches!(text.as_str(), "true" | "1"),
        _ => false,
    }
}

/// A date of the server's. Without a zone it is the server's own time.
pub(super) fn parse_date(raw: &str, utc_offset_minutes: i64) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(raw) {
        return Some(at.with_timezone(&Utc));
    }
    NaiveDateTime::parse_from_str(raw, "%Y-%m-%dT%H:%M:%S%.f")
        .ok()?
        .checked_sub_signed(TimeDelta::try_minutes(utc_offset_minutes)?)
        .map(|at| at.and_utc())
}

/// Access rights in one form: sorted, and nothing but who and what.
fn rights(value: &Value) -> Option<Value> {
    let list = value.as_array()?;
    let mut rights: Vec<Value> = list
        .iter()
        .filter_map(|entry| {
            let entry = entry
                .get("permissions")
                .filter(|inner| inner.is_object())
                .unwrap_or(entry);
            let entry = entry.as_object()?;
            let mut may: Vec<&str> = entry
                .get("permissions")
                .and_then(Value::as_array)
                .map(|list| list.iter().filter_map(Value::as_str).collect())
                .unwrap_or_default();
            may.sort_unstable();
            may.dedup();
            Some(json!({
                "type": entry.get("type").cloned().unwrap_or(Value::Null),
                "right_id": entry.get("right_id").and_then(integer),
                "permissions": may,
            }))
        })
        .collect();
    rights.sort_by_cached_key(canonical_json);
    Some(Value::Array(rights))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(value: &Value) -> Node {
        Node::of(value.as_object().unwrap(), -300).unwrap()
    }

    #[test]
    fn one_node_in_several_shapes() {
        let flat = node(&json!({
            "id": 5, "type": 144, "name": "a/b", "parent_id": -7, "volume_id": 7, "size": 3, "reserved": false,
            "modify_date": "2025-06-30T01:14:59", "mime_type": null,
        }));
        let nested = node(&json!({"properties": {
            "id": 5, "type": 144, "name": "a/b", "parent_id": 7, "volume_id": 7, "size": 3, "reserved": null,
            "modify_date": "2025-06-30T06:14:59Z", "mime_type": "",
        }}));
        assert_eq!(flat.shallow(), nested.shallow());
        assert_eq!(flat.segment(), "a\u{2215}b");
        assert_eq!(
            flat.role(),
            Role {
                item: true,
                container: false
            }
        );
    }

    #[test]
    fn roles() {
        let check = |subtype: i64, container: bool, item: bool, walked: bool| {
            let node =
                node(&json!({"id": 1, "type": subtype, "name": "x", "container": container}));
            assert_eq!(
                node.role(),
                Role {
                    item,
                    container: walked
                },
                "{subtype}"
            );
        };
        check(0, true, false, true);
        check(144, false, true, false);
        check(749, false, true, false);
        check(136, true, false, true);
        check(557, false, false, true);
        check(848, true, false, true);
        check(298, true, false, false);
        check(899, true, false, false);
        check(1, false, false, false);
        check(140, false, false, false);
    }

    #[test]
    fn names_stay_inside_their_folder() {
        let check = |name: &str, segment: &str| {
            let node = node(&json!({"id": 9, "type": 144, "name": name}));
            assert_eq!(node.segment(), segment);
        };
        check(" Rapport.docx", " Rapport.docx");
        check("..", "..[9]");
        check("", "[9]");
        check("a\u{0}b", "a\u{fffd}b");
        check("E\u{301}te\u{301}", "Été");
    }
}
