//! Items: what was seen in the sources.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args, beginning, ending},
};
use crate::domain::{Bilingual, ItemId, ItemRole, ItemState, SourceId, VersionId};

/// An item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// Its id.
    pub id: ItemId,
    /// The source it is in.
    pub source_id: SourceId,
    /// The source's own id.
    pub native_id: String,
    /// The source's own id when it was first seen; derived ids rest on it, so that they survive a move.
    pub origin_id: String,
    /// Folders and name.
    pub path: String,
    /// File name.
    pub name: String,
    /// Folder within the source; empty at the top.
    pub folder: String,
    /// Record or metadata.
    pub role: ItemRole,
    /// Which release it belongs to.
    pub group_key: String,
    /// What a person sees of it.
    pub state: ItemState,
    /// Why it is in that state.
    pub reasons: Vec<Bilingual>,
    /// What the last scan saw.
    pub observed_fingerprint: String,
    /// Since when it looks like that.
    pub observed_since: DateTime<Utc>,
    /// What the current version was fetched as.
    pub fetched_fingerprint: Option<String>,
    /// Complete scans in a row in which it was missing.
    pub missing_scans: u32,
    /// Device and inode, or the like.
    pub move_hint: Option<String>,
    /// Native metadata of the last scan.
    pub native: serde_json::Value,
    /// Whether its access list could be read: `known`, `not_applicable`, `unreadable`.
    pub access: String,
    /// Size as last seen.
    pub size_bytes: Option<u64>,
    /// Last change by the source's clock.
    pub modified: Option<DateTime<Utc>>,
    /// Its newest version.
    pub current_version: Option<VersionId>,
    /// When it was first seen.
    pub first_seen_at: DateTime<Utc>,
    /// When it was found to be gone.
    pub gone_at: Option<DateTime<Utc>>,
}

/// An item seen for the first time.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// Its id.
    pub id: ItemId,
    /// The source it is in.
    pub source_id: SourceId,
    /// The source's own id.
    pub native_id: String,
    /// What derived ids rest on.
    pub origin_id: String,
    /// Record or metadata.
    pub role: ItemRole,
    /// Which release it belongs to.
    pub group_key: String,
    /// What a person sees of it.
    pub state: ItemState,
    /// Why.
    pub reasons: Vec<Bilingual>,
}

/// Which items to list.
#[derive(Clone, Debug, Default)]
pub struct ItemFilter {
    /// Only these states; all when empty.
    pub states: Vec<ItemState>,
    /// Only this source.
    pub source: Option<SourceId>,
}

pub(super) fn from_row(row: &Row) -> Result<Item, CatalogError> {
    Ok(Item {
        id: row.parsed("id")?,
        source_id: row.parsed("source_id")?,
        native_id: row.text("native_id")?,
        origin_id: row.text("origin_id")?,
        path: row.text("path")?,
        name: row.text("name")?,
        folder: row.text("folder")?,
        role: row.parsed("role")?,
        group_key: row.text("group_key")?,
        state: row.parsed("state")?,
        reasons: row.json("reasons")?,
        observed_fingerprint: row.text("observed_fingerprint")?,
        observed_since: row.parsed("observed_since")?,
        fetched_fingerprint: row.opt_text("fetched_fingerprint")?,
        missing_scans: u32::try_from(row.int("missing_scans")?).unwrap_or(u32::MAX),
        move_hint: row.opt_text("move_hint")?,
        native: row.json("native")?,
        access: row.text("access")?,
        size_bytes: row
            .opt_int("size_bytes")?
            .and_then(|n| u64::try_from(n).ok()),
        modified: row.opt_parsed("modified")?,
        current_version: row.opt_parsed("current_version")?,
        first_seen_at: row.parsed("first_seen_at")?,
        gone_at: row.opt_parsed("gone_at")?,
    })
}

impl Tx {
    /// Records an item seen for the first time. What is observed of it follows by [`Tx::observe_item`].
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_item(
        &mut self,
        item: &NewItem,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO items (id, source_id, native_id, origin_id, path, name, folder, role, group_key, state, reasons,
                                observed_fingerprint, observed_since, native, access, first_seen_at)
             VALUES ($1, $2, $3, $4, '', '', '', $5, $6, $7, $8, '', $9, '{}', 'not_applicable', $10)",
            args![
                item.id,
                item.source_id,
                &item.native_id,
                &item.origin_id,
                item.role.as_str(),
                &item.group_key,
                item.state.as_str(),
                serde_json::to_string(&item.reasons)?,
                now,
                now
            ],
        )
        .await?;
        Ok(())
    }

    /// Records what a scan saw of an item.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn observe_item(&mut self, item: &Item) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET native_id = $1, path = $2, name = $3, folder = $4, observed_fingerprint = $5, observed_since = $6,
                    missing_scans = 0, absent_in = NULL, move_hint = $7, native = $8, access = $9, size_bytes = $10, modified = $11, gone_at = NULL
             WHERE id = $12",
            args![
                &item.native_id,
                &item.path,
                &item.name,
                &item.folder,
                &item.observed_fingerprint,
                item.observed_since,
                item.move_hint.clone(),
                &item.native,
                &item.access,
                item.size_bytes,
                item.modified,
                item.id
            ],
        )
        .await?;
        Ok(())
    }

    /// Sets the visible state.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_item_state(
        &mut self,
        id: ItemId,
        state: ItemState,
        reasons: &[Bilingual],
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET state = $1, reasons = $2 WHERE id = $3",
            args![state.as_str(), serde_json::to_string(reasons)?, id],
        )
        .await?;
        Ok(())
    }

    /// Puts an item into another release's group.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_item_group(
        &mut self,
        id: ItemId,
        group_key: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET group_key = $1 WHERE id = $2",
            args![group_key, id],
        )
        .await?;
        Ok(())
    }

    /// Counts an absence in a complete scan.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn item_missing(&mut self, id: ItemId, scans: u32) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET missing_scans = $1 WHERE id = $2",
            args![scans, id],
        )
        .await?;
        Ok(())
    }

    /// Records that an item is gone from its source.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn item_gone(&mut self, id: ItemId, now: DateTime<Utc>) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET gone_at = $1, state = 'gone', reasons = '[]' WHERE id = $2",
            args![now, id],
        )
        .await?;
        Ok(())
    }

    /// Records that the item's content was fetched, as which version.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn item_fetched(
        &mut self,
        id: ItemId,
        fingerprint: &str,
        version: VersionId,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET fetched_fingerprint = $1, current_version = $2 WHERE id = $3",
            args![fingerprint, version, id],
        )
        .await?;
        Ok(())
    }

    /// One item.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when there is none.
    pub async fn item(&mut self, id: ItemId) -> Result<Item, CatalogError> {
        let row = self
            .optional("SELECT * FROM items WHERE id = $1", args![id])
            .await?
            .ok_or_else(|| CatalogError::NotFound {
                what: "item",
                id: id.to_string(),
            })?;
        from_row(&row)
    }

    /// Items whose id begins or ends with, or whose path or name equals, what a person typed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find_items(&mut self, typed: &str) -> Result<Vec<Item>, CatalogError> {
        self.all(
            "SELECT * FROM items WHERE id = $1 OR path = $1 OR name = $1 OR id LIKE $2 OR id LIKE $3 ORDER BY path",
            args![typed, beginning(typed), ending(typed)],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Whether an origin id or a group key is in use in a source by another item than `native_id`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn origin_taken(
        &mut self,
        source: SourceId,
        origin_id: &str,
    ) -> Result<bool, CatalogError> {
        Ok(self
            .optional(
                // Two searches by index; one condition with OR would walk through the whole source.
                "SELECT id FROM items WHERE source_id = $1 AND origin_id = $2
                 UNION ALL SELECT id FROM items WHERE source_id = $1 AND group_key = $2 LIMIT 1",
                args![source, origin_id],
            )
            .await?
            .is_some())
    }

    /// The records of a group that are still in the source, by path.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn group_members(
        &mut self,
        source: SourceId,
        group_key: &str,
    ) -> Result<Vec<Item>, CatalogError> {
        self.all(
            "SELECT * FROM items WHERE source_id = $1 AND group_key = $2 AND role = 'record' AND gone_at IS NULL
             ORDER BY path",
            args![source, group_key],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// The items of a folder that are still in the source, by path.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn folder_items(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<Vec<Item>, CatalogError> {
        self.all(
            "SELECT * FROM items WHERE source_id = $1 AND folder = $2 AND gone_at IS NULL ORDER BY path",
            args![source, folder],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Whether a folder's metadata has been seen as it is now and not yet read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sidecar_waits(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<bool, CatalogError> {
        Ok(self
            .optional(
                "SELECT id FROM items WHERE source_id = $1 AND folder = $2 AND role = 'sidecar' AND gone_at IS NULL
                   AND state <> 'quarantined' AND (fetched_fingerprint IS NULL OR fetched_fingerprint <> observed_fingerprint)
                 LIMIT 1",
                args![source, folder],
            )
            .await?
            .is_some())
    }

    /// Items, by path.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn items(&mut self, filter: &ItemFilter) -> Result<Vec<Item>, CatalogError> {
        let states: Vec<String> = filter.states.iter().map(|s| format!("|{s}|")).collect();
        let source = filter.source.map(|s| s.to_string()).unwrap_or_default();
        self.all(
            "SELECT * FROM items
             WHERE ($1 = '' OR $1 LIKE '%|' || state || '|%') AND ($2 = '' OR source_id = $2)
             ORDER BY source_id, path",
            args![states.concat(), source],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// How many items are in each state, per source.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn item_counts(&mut self) -> Result<Vec<(SourceId, ItemState, u64)>, CatalogError> {
        self.all(
            "SELECT source_id, state, COUNT(*) AS n FROM items GROUP BY source_id, state ORDER BY source_id, state",
            vec![],
        )
        .await?
        .iter()
        .map(|row| Ok((row.parsed("source_id")?, row.parsed("state")?, row.unsigned("n")?)))
        .collect()
    }
}
