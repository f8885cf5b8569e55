//! Opening dates: what lapses when, and what must be judged again because its day has come.
//!
//! Rule that must hold: a version whose day has come is found until it was judged on that day or later, and not after.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args},
};
use crate::domain::{Effect, ItemId, RuleSet, SourceId, VersionId};

/// A restriction that lapses on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// The item.
    pub item: ItemId,
    /// Its path.
    pub path: String,
    /// Its source.
    pub source: SourceId,
    /// Its current version.
    pub version: VersionId,
    /// Which question the rule answers.
    pub set: RuleSet,
    /// The rule.
    pub rule: String,
    /// What the finding does until then.
    pub effect: Effect,
    /// False when a treatment or a dismissal has lifted it already.
    pub stands: bool,
    /// The first day on which it does not.
    pub opening_date: NaiveDate,
}

fn from_row(row: &Row) -> Result<Opening, CatalogError> {
    let word = |column: &str| Ok::<_, CatalogError>(serde_json::Value::String(row.text(column)?));
    Ok(Opening {
        item: row.parsed("item_id")?,
        path: row.text("path")?,
        source: row.parsed("source_id")?,
        version: row.parsed("version_id")?,
        set: serde_json::from_value(word("rule_set")?)?,
        rule: row.text("rule_id")?,
        effect: serde_json::from_value(word("effect")?)?,
        stands: row.flag("stands")?,
        opening_date: row.parsed("opening_date")?,
    })
}

impl Tx {
    /// Restrictions on current versions that lapse on or before a day, by day; those that have lapsed are not among them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn openings(&mut self, until: NaiveDate) -> Result<Vec<Opening>, CatalogError> {
        self.all(
            "SELECT items.id AS item_id, items.path AS path, items.source_id AS source_id, findings.version_id AS version_id,
                    findings.rule_set AS rule_set, findings.rule_id AS rule_id, findings.effect AS effect,
                    MAX(findings.stands) AS stands, findings.opening_date AS opening_date
             FROM findings JOIN items ON items.current_version = findings.version_id
             WHERE findings.opening_date IS NOT NULL AND findings.opening_date <= $1
               AND findings.effect NOT IN ('allow', 'expire') AND items.gone_at IS NULL
             GROUP BY items.id, items.path, items.source_id, findings.version_id, findings.rule_set, findings.rule_id,
                      findings.effect, findings.opening_date
             ORDER BY findings.opening_date, items.path, findings.rule_id, findings.rule_set",
            args![until.to_string()],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Current versions with a restriction whose day has come since they were last judged.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn opened_versions(
        &mut self,
        today: NaiveDate,
    ) -> Result<Vec<VersionId>, CatalogError> {
        self.all(
            "SELECT DISTINCT versions.id AS id
             FROM findings JOIN versions ON versions.id = findings.version_id
                           JOIN items ON items.current_version = versions.id
             WHERE findings.opening_date <= $1 AND findings.effect NOT IN ('allow', 'expire')
               AND (versions.screened_on IS NULL OR versions.screened_on < findings.opening_date)
               AND versions.stage = 'screened' AND items.gone_at IS NULL
             ORDER BY versions.id",
            args![today.to_string()],
        )
        .await?
        .iter()
        .map(|row| row.parsed("id"))
        .collect()
    }
}
