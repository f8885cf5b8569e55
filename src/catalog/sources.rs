//! Sources: what a scan must know next time, and how the last one went.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args},
};
use crate::domain::{Bilingual, SourceId};

/// A source, as the catalog knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourceRow {
    /// Its id.
    pub id: SourceId,
    /// Its name in the configuration.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// What its connector wants back at the next scan.
    pub scan_state: serde_json::Value,
    /// When it was last tried.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// When it was last listed to the end.
    pub last_complete_at: Option<DateTime<Utc>>,
    /// Why the last try failed, if it did.
    pub last_error: Option<Bilingual>,
    /// So many records were missing at once that a person must say whether they are really gone.
    pub hold: Option<serde_json::Value>,
    /// A person has said so.
    pub hold_released: bool,
}

fn from_row(row: &Row) -> Result<SourceRow, CatalogError> {
    Ok(SourceRow {
        id: row.parsed("id")?,
        name: row.text("name")?,
        kind: row.text("kind")?,
        scan_state: row.json("scan_state")?,
        last_attempt_at: row.opt_parsed("last_attempt_at")?,
        last_complete_at: row.opt_parsed("last_complete_at")?,
        last_error: row
            .opt_text("last_error")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        hold: row
            .opt_text("hold")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        hold_released: row.flag("hold_released")?,
    })
}

impl Tx {
    /// Makes a configured source known.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn know_source(
        &mut self,
        id: SourceId,
        name: &str,
        kind: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO sources (id, name, kind, scan_state) VALUES ($1, $2, $3, 'null')
             ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind",
            args![id, name, kind],
        )
        .await?;
        Ok(())
    }

    /// One source.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when it is not known.
    pub async fn source(&mut self, id: SourceId) -> Result<SourceRow, CatalogError> {
        let row = self
            .optional("SELECT * FROM sources WHERE id = $1", args![id])
            .await?
            .ok_or_else(|| CatalogError::NotFound {
                what: "source",
                id: id.to_string(),
            })?;
        from_row(&row)
    }

    /// All sources, by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sources(&mut self) -> Result<Vec<SourceRow>, CatalogError> {
        self.all("SELECT * FROM sources ORDER BY name", vec![])
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Records how a scan went.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn scan_ended(
        &mut self,
        id: SourceId,
        now: DateTime<Utc>,
        complete_state: Option<&serde_json::Value>,
        error: Option<&Bilingual>,
        hold: Option<&serde_json::Value>,
    ) -> Result<(), CatalogError> {
        let error = error.map(serde_json::to_string).transpose()?;
        let hold = hold.map(ToString::to_string);
        self.execute(
            "UPDATE sources SET last_attempt_at = $1, last_error = $2, hold = $3 WHERE id = $4",
            args![now, error, hold, id],
        )
        .await?;
        if let Some(state) = complete_state {
            self.execute(
                "UPDATE sources SET last_complete_at = $1, scan_state = $2, hold_released = 0 WHERE id = $3",
                args![now, state, id],
            )
            .await?;
        }
        Ok(())
    }

    /// A person has confirmed that what is missing is really gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_hold(&mut self, id: SourceId) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE sources SET hold_released = 1 WHERE id = $1",
            args![id],
        )
        .await?;
        Ok(())
    }
}
