//! The department's data inventory, as a target keeps it in a table of its own.
//!
//! Leans on nothing but the rows. Rule that must hold: a row that stands there as it shall be is not written, and rows of
//! others stay as they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{FieldChange, Fields};

/// The column that tells rows apart.
pub const INVENTORY_KEY: &str = "ref_number";

/// What must change in the inventory of a target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InventoryPlan {
    /// Rows that are not there yet.
    pub added: Vec<Fields>,
    /// Rows that stand there with other values.
    pub changed: Vec<InventoryChange>,
    /// How many rows stand there as they shall be.
    pub same: u64,
    /// How many rows of others are there. They stay.
    pub others: u64,
}

/// One row that stands there with other values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InventoryChange {
    /// The whole row, as it shall be.
    pub row: Fields,
    /// What differs, by column.
    pub fields: Vec<FieldChange>,
}

impl InventoryPlan {
    /// Compares rows with those that a target has, found by their key; `total` is how many it has altogether.
    pub fn between(rows: &[Fields], there: &[Fields], total: u64) -> Self {
        let known: BTreeMap<String, &Fields> = there.iter().map(|row| (key(row), row)).collect();
        let mut plan = Self::default();
        let mut ours: u64 = 0;
        for row in rows {
            let Some(now) = known.get(&key(row)) else {
                plan.added.push(row.clone());
                continue;
            };
            ours += 1;
            let fields: Vec<FieldChange> = row
                .iter()
                .filter_map(|(column, new)| {
                    let old = now.get(column).unwrap_or(&Value::Null);
                    (plain(old) != plain(new)).then(|| FieldChange {
                        field: column.clone(),
                        old: old.clone(),
                        new: new.clone(),
                    })
                })
                .collect();
            if fields.is_empty() {
                plan.same += 1;
            } else {
                plan.changed.push(InventoryChange {
                    row: row.clone(),
                    fields,
                });
            }
        }
        plan.others = total.saturating_sub(ours);
        plan
    }

    /// Whether nothing must be written.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty()
    }

    /// The rows to write, whole.
    pub fn rows(&self) -> Vec<Fields> {
        self.added
            .iter()
            .chain(self.changed.iter().map(|change| &change.row))
            .cloned()
            .collect()
    }
}

/// The key of a row, as text.
pub(crate) fn key(row: &Fields) -> String {
    row.get(INVENTORY_KEY).map(plain).unwrap_or_default()
}

/// A value as text, alike for all ways in which a table may give it back: an empty text may come as nothing, a number as
/// text, a day with the hour zero.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match text.strip_suffix("T00:00:00") {
            Some(day) if day.parse::<chrono::NaiveDate>().is_ok() => day.to_owned(),
            _ => text.clone(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Value) -> Fields {
        value
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// How many are added, changed, the same, of others.
    fn check(ours: &[Value], there: &[Value], total: u64, expect: (usize, usize, u64, u64)) {
        let ours: Vec<Fields> = ours.iter().map(row).collect();
        let there: Vec<Fields> = there.iter().map(row).collect();
        let plan = InventoryPlan::between(&ours, &there, total);
        assert_eq!(
            (plan.added.len(), plan.changed.len(), plan.same, plan.others),
            expect,
            "{ours:?} {there:?}"
        );
        assert_eq!(plan.rows().len(), expect.0 + expect.1);
        assert_eq!(plan.is_empty(), expect.0 + expect.1 == 0);
    }

    #[test]
    fn only_what_differs_is_written() {
        let ours = json!({"ref_number": "a", "title_en": "T", "size": 12, "date_published": "2026-01-02", "publisher_en": ""});
        check(&[], &[], 7, (0, 0, 0, 7));
        check(std::slice::from_ref(&ours), &[], 7, (1, 0, 0, 7));
        check(
            std::slice::from_ref(&ours),
            std::slice::from_ref(&ours),
            1,
            (0, 0, 1, 0),
        );
        // As a table may give it back: with columns of its own, numbers as text, days as instants, nothing for empty texts.
        let back = json!({"_id": 4, "ref_number": "a", "title_en": "T", "size": "12", "date_published": "2026-01-02T00:00:00",
            "publisher_en": null, "user_votes": 9});
        check(std::slice::from_ref(&ours), &[back], 3, (0, 0, 1, 2));
        let other = json!({"ref_number": "a", "title_en": "t", "size": 12, "date_published": "2026-01-02", "publisher_en": ""});
        check(&[ours], &[other], 1, (0, 1, 0, 0));
        // A text that only looks like an instant is a text.
        let (one, two) = (
            json!({"ref_number": "a", "title_en": "xT00:00:00"}),
            json!({"ref_number": "a", "title_en": "x"}),
        );
        check(&[one], &[two], 1, (0, 1, 0, 0));
    }
}
