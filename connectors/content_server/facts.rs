//! What categories and modules say of a record, in the keys of native metadata.
//!
//! Rules that must hold: what is empty is left out; only holds in force count; a clearance number that the configuration does not
//! name is unknown.

use chrono::NaiveDate;
use rideau_domain::SecurityLevel;
use serde_json::{Map, Value, json};

use super::{
    node::{all, first, flag, integer},
    options::level,
    site::Site,
};

/// Values by key, `16878_2`, in sets `16878_3_1_5`; what is empty is left out.
pub(super) fn add_categories(categories: &Value, native: &mut Map<String, Value>) {
    let mut values = Map::new();
    let mut ids: Vec<u64> = Vec::new();
    for category in all(categories) {
        // Some answers wrap the flat map once more.
        let category = category
            .get("categories")
            .and_then(Value::as_object)
            .unwrap_or(category);
        for (key, value) in category {
            if let Some(id) = key.split('_').next().and_then(|id| id.parse().ok()) {
                ids.push(id);
            }
            if !is_empty(value) {
                values.insert(key.clone(), value.clone());
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    native.insert("categories".to_owned(), Value::Object(values));
    native.insert("category_ids".to_owned(), json!(ids));
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        _ => false,
    }
}

pub(super) fn add_records(body: &Value, native: &mut Map<String, Value>) {
    let mut details = body.get("data").map(all).unwrap_or_default();
    details.retain(|one| classification_id(one).is_some_and(|id| id > 0));
    // With several classifications, the primary one speaks.
    details.sort_by_key(|one| {
        let primary = one.get("is_primary").is_some_and(flag);
        (!primary, classification_id(one))
    });
    let Some(details) = details.first() else {
        native.insert("rm".to_owned(), Value::Null);
        return;
    };
    let value = |key: &str| {
        details
            .get(key)
            .filter(|value| !is_empty(value))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let status = match value("status") {
        Value::Null => value("file_status"),
        status => status,
    };
    let record_date = value("record_date");
    if let Some(day) = record_date.as_str().and_then(day) {
        native.insert("record_date".to_owned(), day.to_string().into());
    }
    native.insert(
        "rm".to_owned(),
        json!({
            "classification_id": value("rmclassification_id"),
            "file_number": value("file_number"),
            "rsi": value("rsi"),
            "status": status,
            "status_date": value("status_date"),
            "record_date": record_date,
            "essential": value("essential"),
            "official": value("official"),
            "storage": value("storage"),
        }),
    );
}

fn classification_id(details: &Map<String, Value>) -> Option<i64> {
    details.get("rmclassification_id").and_then(integer)
}

/// The day of a date, whatever follows it.
fn day(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}

/// Holds in force, direct and indirect.
pub(super) fn holds(body: &Value) -> Value {
    let mut holds: Vec<(Option<i64>, Value)> = body
        .get("data")
        .map(all)
        .unwrap_or_default()
        .into_iter()
        // Without a word about it, it is in force.
        .filter(|hold| {
            hold.get("active")
                .is_none_or(|active| active.is_null() || flag(active))
        })
        .map(|hold| {
            let id = hold.get("hold_id").and_then(integer);
            let about = json!({
                "id": id,
                "name": hold.get("hold_name"),
                "type": hold.get("hold_type"),
            });
            (id, about)
        })
        .collect();
    holds.sort_by_key(|(id, _)| *id);
    holds.into_iter().map(|(_, hold)| hold).collect()
}

pub(super) fn classifications(body: &Value) -> Value {
    let mut list: Vec<(Option<i64>, Value)> = body
        .get("data")
        .map(all)
        .unwrap_or_default()
        .into_iter()
        .map(|one| {
            let id = one.get("id").and_then(integer);
            (id, json!({ "id": id, "name": one.get("name") }))
        })
        .collect();
    list.sort_by_key(|(id, _)| *id);
    list.into_iter().map(|(_, one)| one).collect()
}

/// Clearance and markings; gives the site's number of the clearance.
pub(super) fn add_clearance(
    site: &Site,
    body: &Value,
    native: &mut Map<String, Value>,
) -> Option<i64> {
    let data = body.get("data").and_then(first);
    let told = data.and_then(|data| data.get("clearance_level"));
    let number = told.and_then(integer);
    let named = number.and_then(|number| {
        let word = site.options.clearances.get(&number.to_string())?;
        level(word)
    });
    // It says that there is none, which may be written as 0: only then may the configuration say what that means.
    let none = data.is_some() && (number == Some(0) || told.is_none_or(is_empty));
    let clearance = match named {
        Some(level) => level.as_str(),
        None if none && site.options.unclassified_when_absent => {
            SecurityLevel::Unclassified.as_str()
        }
        None => "unknown",
    };
    native.insert("clearance".to_owned(), clearance.into());
    if let Some(number) = number {
        native.insert("clearance_native".to_owned(), json!({ "level": number }));
    }
    let mut markings: Vec<String> = data
        .and_then(|data| data.get("supplemental_markings"))
        .and_then(Value::as_array)
        .map(|list| {
            list.iter()
                .filter_map(|one| match one {
                    Value::String(text) => Some(text.clone()),
                    other => other
                        .get("supplemental_marking")
                        .and_then(Value::as_str)
                        .map(str::to_owned),
                })
                .collect()
        })
        .unwrap_or_default();
    markings.sort();
    markings.dedup();
    native.insert("markings".to_owned(), json!(markings));
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_flat_and_without_empty_values() {
        let mut native = Map::new();
        add_categories(
            &json!([{"16878_2": "x", "16878_3": "", "16878_4": null}, {"categories": {"99_3_1_5": ["a", ""]}}, {"7_2": [null]}]),
            &mut native,
        );
        assert_eq!(
            native["categories"],
            json!({"16878_2": "x", "99_3_1_5": ["a", ""]})
        );
        assert_eq!(native["category_ids"], json!([7, 99, 16878]));
    }

    #[test]
    fn only_holds_in_force_count() {
        let body = json!({"data": [
            {"hold_id": 9, "hold_name": "B", "hold_type": "Legal", "active": true},
            {"hold_id": 3, "hold_name": "A"},
            {"hold_id": 4, "hold_name": "old", "active": false},
        ]});
        let told = holds(&body);
        let ids: Vec<_> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect();
        assert_eq!(ids, [json!(3), json!(9)]);
        assert_eq!(holds(&json!({"data": []})), json!([]));
    }

    #[test]
    fn records_details() {
        let mut native = Map::new();
        add_records(
            &json!({"data": [
                {"rmclassification_id": 4, "file_status": "ACTIVE", "is_primary": false, "record_date": "2001-01-01"},
                {"rmclassification_id": 5, "file_status": "CLOSED", "is_primary": true, "record_date": "2026-04-16T00:00:00"},
            ]}),
            &mut native,
        );
        assert_eq!(native["record_date"], json!("2026-04-16"));
        assert_eq!(native["rm"]["status"], json!("CLOSED"));
        native.clear();
        add_records(
            &json!({"data": [{"rmclassification_id": null}]}),
            &mut native,
        );
        assert_eq!(native["rm"], Value::Null);
        assert!(!native.contains_key("record_date"));
    }
}
