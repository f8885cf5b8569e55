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
    /// Counts the scans that were begun.
    pub scan_generation: i64,
    /// How far a scan got that did not come to its end.
    pub scan_cursor: Option<serde_json::Value>,
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
        scan_generation: row.int("scan_generation")?,
        scan_cursor: row
            .opt_text("scan_cursor")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
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

    /// Notes how far a scan got: if it is cut off, the next one goes on from here.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn scan_at(
        &mut self,
        id: SourceId,
        generation: i64,
        cursor: Option<&serde_json::Value>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE sources SET scan_generation = $1, scan_cursor = $2 WHERE id = $3",
            args![generation, cursor.map(ToString::to_string), id],
        )
        .await?;
        Ok(())
    }

    /// Forgets what a source's connector wanted back and how far a scan got: the next scan starts from nothing. What is known of
    /// the items stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reset_scan_state(&mut self, id: SourceId) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE sources SET scan_state = 'null', scan_cursor = NULL WHERE id = $1",
            args![id],
        )
        .await?;
        self.execute(
            "UPDATE folders SET quiet = 0, digest = '' WHERE source_id = $1",
            args![id],
        )
        .await?;
        Ok(())
    }

    /// Records a scan that came to its end; `complete_state` when every folder was listed. A person's word that what is missing is
    /// really gone is good for one scan: `release_used` says that this one knew of it when it began.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn scan_ended(
        &mut self,
        id: SourceId,
        now: DateTime<Utc>,
        complete_state: Option<&serde_json::Value>,
        hold: Option<&serde_json::Value>,
        release_used: bool,
    ) -> Result<(), CatalogError> {
        let hold = hold.map(ToString::to_string);
        self.execute(
            "UPDATE sources SET last_attempt_at = $1, last_error = NULL, hold = $2 WHERE id = $3",
            args![now, hold, id],
        )
        .await?;
        if let Some(state) = complete_state {
            self.execute(
                "UPDATE sources SET last_complete_at = $1, scan_state = $2 WHERE id = $3",
                args![now, state, id],
            )
            .await?;
            if release_used {
                self.execute(
                    "UPDATE sources SET hold_released = 0 WHERE id = $1",
                    args![id],
                )
                .await?;
            }
        }
        Ok(())
    }

    /// Records why a scan failed. What was known of the source, a hold among it, stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn scan_failed(
        &mut self,
        id: SourceId,
        now: DateTime<Utc>,
        error: &Bilingual,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE sources SET last_attempt_at = $1, last_error = $2 WHERE id = $3",
            args![now, serde_json::to_string(error)?, id],
        )
        .await?;
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
