//! The facts document that rules are evaluated on, and how facts become one.
//!
//! | key | holds | may be absent |
//! |---|---|---|
//! | `item` | `name`, `path`, `source`, `size_bytes`, `modified` | `modified` |
//! | `format` | `name`, `family`, `known`, `encrypted`, `extension_mismatch` | |
//! | `clearance` | `known`, `level`, `rank` | all, see [`Clearance`] |
//! | `record` | `date`, `decision_date`, `holds`, `supplemental_markings` | all |
//! | `attributes` | `name`, `value`, `known` | |
//! | `markings` | `level`, `rank`, `state`, `caveats`, `part`, `hidden`, `confidence` | |
//! | `identifiers` | `identifier`, `class`, `part`, `hidden`, `confidence` | |
//! | `tags` | `tag`, `position`, `part`, `hidden`, `confidence` | |
//! | `hidden` | `channel`, `count` | |
//! | `unreadable` | `code`, `part` | |
//! | `small_cells` | `count`, `threshold` | |
//! | `disclosure` | `tabulated`, `verdict`, `hidden` | |
//! | `conversion` | `code`, `count` | |
//! | `now` | the day of evaluation | |
//!
//! Lists are always present. A value nobody knows has no key at all, so that a rule which needs it cannot pass
//! by accident. Days are text, `YYYY-MM-DD`, which sorts as it should. Rule that must hold: the keys here are
//! those of [`super::schema`].

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value, json};

use super::schema;
use crate::domain::{Fact, FactDetail, Format, FormatFamily, MarkingState, SecurityLevel};

/// How many facts of one kind are evaluated. What is beyond goes to a person as a whole.
pub const MAX_FACTS_PER_LIST: usize = 10_000;

/// How many caveats of one marking are evaluated.
const MAX_CAVEATS: usize = 16;

/// What the source says about clearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clearance {
    /// The source has no clearances: `known` is true, `level` is `none`.
    None,
    /// The source should give one and did not, or gave one that is not mapped: `known` is false, no level.
    Unknown,
    /// The level it gives.
    Level(SecurityLevel),
}

/// What is known about the item as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemFacts {
    /// File name.
    pub name: String,
    /// Path within the source.
    pub path: String,
    /// Name of the source.
    pub source: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Last change, as the source gives it.
    pub modified: Option<DateTime<Utc>>,
}

/// What a records system says of a record. What is `None` nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordFacts {
    /// Its date, from which periods in law are counted.
    pub date: Option<NaiveDate>,
    /// Date of the decision it led to, from which some periods in law are counted.
    pub decision_date: Option<NaiveDate>,
    /// Holds in force. A source without holds has 0.
    pub holds: Option<u64>,
    /// Supplemental markings. A source without them has 0.
    pub supplemental_markings: Option<u64>,
}

impl RecordFacts {
    /// What is true where there is no records system.
    pub fn without_system() -> Self {
        Self {
            date: None,
            decision_date: None,
            holds: Some(0),
            supplemental_markings: Some(0),
        }
    }
}

/// Everything that rules may ask about.
#[derive(Clone, Debug, PartialEq)]
pub struct FactsDocument {
    /// The item.
    pub item: ItemFacts,
    /// Its format.
    pub format: Format,
    /// Its clearance; `None` when nobody asked the source, which sends every rule about clearance to a person.
    pub clearance: Option<Clearance>,
    /// What its records system says of it.
    pub record: RecordFacts,
    /// Attributes of its source's own metadata, under the names that the configuration gives them; `None`: not filled in.
    pub attributes: Vec<(String, Option<String>)>,
    /// What detectors and converters established. Findings refer to these by position.
    pub facts: Vec<Fact>,
}

/// The document as JSON, with the way back from each list's elements to the facts.
pub(super) struct Rendered {
    /// The document.
    pub(super) json: Value,
    /// For each list, the position of each element's fact.
    pub(super) origin: BTreeMap<&'static str, Vec<usize>>,
    /// Lists that held more than [`MAX_FACTS_PER_LIST`].
    pub(super) cut: Vec<&'static str>,
}

impl FactsDocument {
    /// The document as rules see it: for `rideau rules explain`.
    pub fn to_json(&self, now: DateTime<Utc>) -> Value {
        self.render(now).json
    }

    pub(super) fn render(&self, now: DateTime<Utc>) -> Rendered {
        let mut lists: BTreeMap<&'static str, Vec<Value>> =
            schema::lists().map(|name| (name, Vec::new())).collect();
        let mut origin: BTreeMap<&'static str, Vec<usize>> =
            schema::lists().map(|name| (name, Vec::new())).collect();
        let mut cut = Vec::new();
        for (position, fact) in self.facts.iter().enumerate() {
            let (list, element) = element(fact);
            let (Some(elements), Some(positions)) = (lists.get_mut(list), origin.get_mut(list))
            else {
                continue;
            };
            if elements.len() >= MAX_FACTS_PER_LIST {
                if !cut.contains(&list) {
                    cut.push(list);
                }
                continue;
            }
            elements.push(element);
            positions.push(position);
        }
        if let Some(attributes) = lists.get_mut("attributes") {
            // Said by the source, not found in the content: there is no place to point at.
            attributes.extend(self.attributes.iter().map(|(name, value)| {
                json!({"name": name, "value": value.clone().unwrap_or_default(), "known": value.is_some()})
            }));
        }
        if !cut.is_empty()
            && let Some(unreadable) = lists.get_mut("unreadable")
        {
            // One more than the limit at most; it has no fact of its own.
            unreadable.push(json!({ "code": "limit", "part": "package" }));
        }

        let mut json = Map::new();
        json.insert("item".into(), self.item_json());
        json.insert("format".into(), format_json(&self.format));
        json.insert("clearance".into(), clearance_json(self.clearance));
        json.insert("record".into(), record_json(self.record));
        json.insert("now".into(), day(now.date_naive()));
        for (name, elements) in lists {
            json.insert(name.into(), Value::Array(elements));
        }
        Rendered {
            json: Value::Object(json),
            origin,
            cut,
        }
    }

    fn item_json(&self) -> Value {
        let mut item = json!({
            "name": self.item.name,
            "path": self.item.path,
            "source": self.item.source,
            "size_bytes": int(self.item.size_bytes),
        });
        if let (Some(modified), Some(item)) = (self.item.modified, item.as_object_mut()) {
            item.insert("modified".into(), day(modified.date_naive()));
        }
        item
    }
}

/// The list a fact belongs to, and its element there.
fn element(fact: &Fact) -> (&'static str, Value) {
    let part = fact.place.part.as_str();
    let hidden = fact.place.part.is_hidden();
    match &fact.detail {
        FactDetail::Marking {
            level,
            state,
            caveats,
        } => (
            "markings",
            json!({
                "level": level.as_str(),
                "rank": level.rank(),
                "state": state_name(*state),
                "caveats": caveats.iter().take(MAX_CAVEATS).collect::<Vec<_>>(),
                "part": part,
                "hidden": hidden,
                "confidence": fact.confidence,
            }),
        ),
        FactDetail::Identifier { identifier, class } => (
            "identifiers",
            json!({
                "identifier": identifier,
                "class": class.as_str(),
                "part": part,
                "hidden": hidden,
                "confidence": fact.confidence,
            }),
        ),
        FactDetail::Tag { tag, position } => (
            "tags",
            json!({
                "tag": tag,
                "position": position.as_str(),
                "part": part,
                "hidden": hidden,
                "confidence": fact.confidence,
            }),
        ),
        FactDetail::Hidden { channel, count } => (
            "hidden",
            json!({ "channel": channel.as_str(), "count": int(*count) }),
        ),
        FactDetail::Unreadable(unreadable) => (
            "unreadable",
            json!({ "code": unreadable.code, "part": part }),
        ),
        FactDetail::SmallCells { count, threshold } => (
            "small_cells",
            json!({ "count": int(*count), "threshold": int(*threshold) }),
        ),
        FactDetail::Disclosure(disclosure) => (
            "disclosure",
            json!({
                "tabulated": disclosure.tabulated.as_str(),
                "verdict": disclosure.verdict,
                "hidden": int(disclosure.hidden),
            }),
        ),
        FactDetail::Conversion { code, count } => {
            ("conversion", json!({ "code": code, "count": int(*count) }))
        }
    }
}

fn format_json(format: &Format) -> Value {
    let family = match format.family {
        FormatFamily::Table => "table",
        FormatFamily::Document => "document",
        FormatFamily::Unsupported => "unsupported",
        FormatFamily::Unknown => "unknown",
    };
    json!({
        "name": format.name,
        "family": family,
        "known": format.family != FormatFamily::Unknown,
        "encrypted": format.encrypted,
        "extension_mismatch": format.extension_mismatch,
    })
}

fn clearance_json(clearance: Option<Clearance>) -> Value {
    match clearance {
        None => json!({}),
        Some(Clearance::Unknown) => json!({ "known": false }),
        Some(Clearance::None) => json!({ "known": true, "level": "none", "rank": 0 }),
        Some(Clearance::Level(level)) => {
            json!({ "known": true, "level": level.as_str(), "rank": level.rank() })
        }
    }
}

fn record_json(record: RecordFacts) -> Value {
    let mut json = Map::new();
    if let Some(date) = record.date {
        json.insert("date".into(), day(date));
    }
    if let Some(date) = record.decision_date {
        json.insert("decision_date".into(), day(date));
    }
    if let Some(holds) = record.holds {
        json.insert("holds".into(), int(holds));
    }
    if let Some(markings) = record.supplemental_markings {
        json.insert("supplemental_markings".into(), int(markings));
    }
    Value::Object(json)
}

fn state_name(state: MarkingState) -> &'static str {
    match state {
        MarkingState::Standing => "standing",
        MarkingState::WhenCompleted => "when_completed",
        MarkingState::Lifted => "lifted",
    }
}

fn day(date: NaiveDate) -> Value {
    Value::String(date.format("%Y-%m-%d").to_string())
}

/// Counts beyond what CEL can hold are as good as the largest.
fn int(count: u64) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

/// The document as CEL values.
pub(super) fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(b) => cel::Value::Bool(*b),
        Value::Number(n) => n.as_i64().map_or_else(
            || cel::Value::Float(n.as_f64().unwrap_or(f64::NAN)),
            cel::Value::Int,
        ),
        Value::String(s) => cel::Value::from(s.as_str()),
        Value::Array(list) => cel::Value::from(list.iter().map(to_cel).collect::<Vec<_>>()),
        Value::Object(map) => cel::Value::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), to_cel(value)))
                .collect::<std::collections::HashMap<String, cel::Value>>()
                .into(),
        ),
    }
}
