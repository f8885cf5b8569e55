//! Transfers to the archives.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args},
};
use crate::domain::{ReleaseId, Sha256, TransferId, TransferState};

/// A bag that is to be, or stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transfer {
    /// Its id.
    pub id: TransferId,
    /// The release whose items it holds.
    pub release: ReleaseId,
    /// Exactly what it holds; the decision is bound to it.
    pub bundle_hash: Sha256,
    /// Where it stands.
    pub state: TransferState,
    /// Name of the bag.
    pub bag: String,
    /// SHA-512 of its tag manifest, once built.
    pub bag_sha512: Option<String>,
    /// Items, sizes, reasons.
    pub body: serde_json::Value,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// When the bag was complete.
    pub built_at: Option<DateTime<Utc>>,
}

fn from_row(row: &Row) -> Result<Transfer, CatalogError> {
    Ok(Transfer {
        id: row.parsed("id")?,
        release: row.parsed("release_id")?,
        bundle_hash: row.parsed("bundle_hash")?,
        state: row.parsed("state")?,
        bag: row.text("bag")?,
        bag_sha512: row.opt_text("bag_sha512")?,
        body: row.json("body")?,
        created_at: row.parsed("created_at")?,
        built_at: row.opt_parsed("built_at")?,
    })
}

impl Tx {
    /// Records a planned transfer, or where it stands now. A bag that stands stays as it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_transfer(&mut self, transfer: &Transfer) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO transfers (id, release_id, bundle_hash, state, bag, bag_sha512, body, created_at, built_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (release_id, bundle_hash) DO UPDATE SET state = excluded.state, bag_sha512 = excluded.bag_sha512,
               body = excluded.body, built_at = excluded.built_at
             WHERE transfers.state <> 'built'",
            args![
                transfer.id,
                transfer.release,
                transfer.bundle_hash,
                transfer.state.as_str(),
                &transfer.bag,
                transfer.bag_sha512.clone(),
                &transfer.body,
                transfer.created_at,
                transfer.built_at
            ],
        )
        .await?;
        Ok(())
    }

    /// The transfers of a release, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn transfers_of(
        &mut self,
        release: ReleaseId,
    ) -> Result<Vec<Transfer>, CatalogError> {
        self.all(
            "SELECT * FROM transfers WHERE release_id = $1 ORDER BY created_at, id",
            args![release],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// All transfers, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn transfers(&mut self) -> Result<Vec<Transfer>, CatalogError> {
        self.all("SELECT * FROM transfers ORDER BY created_at, id", vec![])
            .await?
            .iter()
            .map(from_row)
            .collect()
    }
}
