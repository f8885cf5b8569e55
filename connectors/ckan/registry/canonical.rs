//! The one form of a value, whichever way it was written: as a steward wrote it, as it is sent, as the portal shows it.

use serde_json::{Map, Value};

use super::schema::{Field, Kind, registry};
use crate::Fields;

/// Fields that are no registry fields of their own, but that a record may have.
const OWN: [&str; 3] = ["type", "ready_to_publish", "source_id"];

/// The canonical form of a dataset's fields; those that the registry does not know, or sets itself, are left out.
pub(in crate::ckan) fn canonical_fields(fields: &Fields) -> Fields {
    let known = known_fields(fields);
    normal_fields(fields)
        .into_iter()
        .filter(|(name, _)| OWN.contains(&name.as_str()) || known.iter().any(|f| f.name == *name))
        .collect()
}

/// As [`canonical_fields`], for a resource.
pub(in crate::ckan) fn canonical_resource(fields: &Fields) -> Fields {
    normal_resource(fields)
        .into_iter()
        .filter(|(name, _)| registry().resource.iter().any(|f| f.name == *name))
        .collect()
}

/// A canonical value in the form in which it is sent.
pub(in crate::ckan) fn to_portal(name: &str, value: &Value) -> Value {
    if name == "spatial" && !value.is_string() {
        return Value::String(value.to_string());
    }
    value.clone()
}

/// Every value in its one form; empty ones are left out, unknown fields kept.
pub(super) fn normal_fields(fields: &Fields) -> Fields {
    normal(known_fields(fields), fields)
}

/// As [`normal_fields`], for a resource.
pub(super) fn normal_resource(fields: &Fields) -> Fields {
    normal(&registry().resource, fields)
}

fn known_fields(fields: &Fields) -> &'static [Field] {
    let name = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("dataset");
    let registry = registry();
    registry
        .record_type(name)
        .or_else(|| registry.record_type("dataset"))
        .map(|t| t.fields.as_slice())
        .unwrap_or_default()
}

fn normal(known: &[Field], fields: &Fields) -> Fields {
    fields
        .iter()
        .filter_map(|(name, value)| {
            let value = match known.iter().find(|f| f.name == *name) {
                Some(field) => one(field, value),
                None if name == "ready_to_publish" => present(text(value)),
                None => present(value.clone()),
            };
            Some((name.clone(), value?))
        })
        .collect()
}

fn one(field: &Field, value: &Value) -> Option<Value> {
    let value = match field.kind {
        Kind::Text => text(value),
        Kind::Organization | Kind::Choice => match value {
            Value::Bool(_) => text(value),
            other => other.clone(),
        },
        Kind::Email => match value {
            Value::String(written) => Value::String(written.trim().to_owned()),
            other => other.clone(),
        },
        Kind::Bilingual => by_language(value, |text| {
            text.as_str()
                .is_none_or(|text| !text.trim().is_empty())
                .then(|| text.clone())
        }),
        Kind::Keywords => by_language(value, |words| match words {
            Value::Array(words) => present(Value::Array(
                words
                    .iter()
                    .map(|word| {
                        word.as_str().map_or_else(
                            || word.clone(),
                            |word| Value::String(word.trim().to_owned()),
                        )
                    })
                    .collect(),
            )),
            other => present(other.clone()),
        }),
        Kind::Day | Kind::PastDay => match value.as_str().and_then(day) {
            Some(day) => Value::String(day),
            None => value.clone(),
        },
        Kind::Choices | Kind::Languages => choices(field, value),
        Kind::Geojson => parsed(value),
        Kind::Group => match parsed(value) {
            Value::Array(entries) => Value::Array(
                entries
                    .iter()
                    .map(|entry| match entry {
                        Value::Object(entry) => {
                            let fields =
                                entry.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
                            normal(&field.fields, &fields)
                                .into_iter()
                                .collect::<Map<_, _>>()
                                .into()
                        }
                        other => other.clone(),
                    })
                    .collect(),
            ),
            other => other,
        },
    };
    present(value)
}

/// `None` for what counts as absent.
fn present(value: Value) -> Option<Value> {
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    (!empty).then_some(value)
}

/// The portal keeps truth values and numbers as text.
fn text(value: &Value) -> Value {
    match value {
        Value::Bool(truth) => Value::String(truth.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        other => other.clone(),
    }
}

/// Some fields come as JSON inside a text.
fn parsed(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text)
            .ok()
            .filter(|inner: &Value| inner.is_object() || inner.is_array())
            .unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

fn by_language(value: &Value, mut each: impl FnMut(&Value) -> Option<Value>) -> Value {
    match parsed(value) {
        Value::Object(languages) => languages
            .iter()
            .filter_map(|(language, value)| Some((language.clone(), present(each(value)?)?)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// In the registry's order and each once, as the portal shows them. A list with a wrong value stays as it is.
fn choices(field: &Field, value: &Value) -> Value {
    let value = parsed(value);
    let written: Vec<&str> = match &value {
        Value::String(one) if !one.is_empty() => vec![one],
        Value::Array(list) => {
            let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            if texts.len() != list.len() {
                return value;
            }
            texts
        }
        _ => return value,
    };
    let allowed = registry().allowed(field);
    if written.iter().any(|one| !allowed.contains(one)) {
        return Value::from(written);
    }
    Value::from(
        allowed
            .into_iter()
            .filter(|one| written.contains(one))
            .collect::<Vec<_>>(),
    )
}

/// `2026-01-02` from a day as the portal reads it (`2026/1/2`, `2026-01-02 00:00:00`); with a time of day other than
/// midnight, `2026-01-02 10:00:00`. `None` for what it does not read.
pub(super) fn day(written: &str) -> Option<String> {
    let written = written.trim();
    let (date, time) = match written.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (written, None),
    };
    let numbers = |text: &str, separator: &[char]| -> Option<Vec<u32>> {
        text.split(separator)
            .map(|part| {
                let digits =
                    !part.is_empty() && part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| part.parse().ok()).flatten()
            })
            .collect()
    };
    let &[year, month, day] = numbers(date, &['-', '/'])?.as_slice() else {
        return None;
    };
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    if year < 1000 {
        return None;
    }
    let Some(time) = time else {
        return Some(date.to_string());
    };
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let time = match *numbers(time, &[':'])?.as_slice() {
        [hour, minute] => chrono::NaiveTime::from_hms_opt(hour, minute, 0)?,
        [hour, minute, second] => chrono::NaiveTime::from_hms_opt(hour, minute, second)?,
        _ => return None,
    };
    if time == chrono::NaiveTime::MIN {
        Some(date.to_string())
    } else {
        Some(format!("{date} {time}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "short cases")]
    fn check(field: &str, written: Value, expected: Value) {
        let fields = Fields::from([(field.to_owned(), written)]);
        let once = canonical_fields(&fields);
        let seen = once.get(field).cloned().unwrap_or(Value::Null);
        assert_eq!(seen, expected, "{field}");
        assert_eq!(canonical_fields(&once), once, "canonical twice: {field}");
    }

    #[test]
    fn dates() {
        check(
            "date_published",
            json!("2026-01-02 00:00:00"),
            json!("2026-01-02"),
        );
        check(
            "date_published",
            json!("2026-01-02T00:00:00"),
            json!("2026-01-02"),
        );
        check("date_published", json!("2026/1/2"), json!("2026-01-02"));
        check(
            "date_published",
            json!("2026-01-02 10:30:00"),
            json!("2026-01-02 10:30:00"),
        );
        check("date_published", json!("not a day"), json!("not a day"));
        for bad in [
            "2026-01",
            "2026-13-01",
            "20260102",
            "2026-1-2-3",
            "-1-1-1",
            "2026-01-02T",
            "2026-01-02TZ",
            "٢٠٢٦-01-02",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }

    #[test]
    fn empty_is_absent() {
        for empty in [json!(null), json!(""), json!("  ")] {
            check("creator", empty.clone(), Value::Null);
            check("maintainer_email", empty.clone(), Value::Null);
            check("time_period_coverage_start", empty, Value::Null);
        }
        check("org_section", json!({}), Value::Null);
        check("org_section", json!({"en": "", "fr": ""}), Value::Null);
        check("audience", json!([]), Value::Null);
        check(
            "keywords",
            json!({"en": [], "fr": ["a"]}),
            json!({"fr": ["a"]}),
        );
        check("relationship", json!([]), Value::Null);
    }

    #[test]
    fn lists_take_the_order_of_the_registry() {
        check(
            "subject",
            json!(["transport", "law", "transport"]),
            json!(["law", "transport"]),
        );
        check("subject", json!("law"), json!(["law"]));
        check(
            "subject",
            json!("[\"transport\", \"law\"]"),
            json!(["law", "transport"]),
        );
        check("subject", json!(["nope", "law"]), json!(["nope", "law"]));
        check("subject", json!([1]), json!([1]));
    }

    #[test]
    fn text_in_text() {
        check(
            "title_translated",
            json!("{\"en\":\"a\",\"fr\":\"b\"}"),
            json!({"en": "a", "fr": "b"}),
        );
        check(
            "spatial",
            json!("{\"type\": \"Point\", \"coordinates\": [1, 2]}"),
            json!({"type": "Point", "coordinates": [1, 2]}),
        );
        check("imso_approval", json!(true), json!("true"));
        check("creator", json!(5), json!("5"));
        check("maintainer_email", json!(" a@b.ca "), json!("a@b.ca"));
        check(
            "keywords",
            json!({"en": [" a "], "fr": ["b"]}),
            json!({"en": ["a"], "fr": ["b"]}),
        );
    }

    #[test]
    fn only_what_the_registry_knows() {
        check("foo", json!("x"), Value::Null);
        check("portal_release_date", json!("2026-01-01"), Value::Null);
        check("org_title_at_publication", json!({"en": "x"}), Value::Null);
        check("source_id", json!("gcdocs:1"), json!("gcdocs:1"));
    }
}
