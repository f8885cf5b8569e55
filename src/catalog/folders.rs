//! Folders: what a scan remembers of each, so that where nothing changed no item is looked at.

use std::collections::HashMap;

use super::{
    CatalogError, Dialect, Item, Tx,
    db::{Arg, Row, args},
    items,
};
use crate::domain::{
    SourceId,
    watching::{FolderKey, folder_key},
};

/// Rows read at once where a source may have many.
const PAGE: i64 = 2000;

/// What is remembered of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderMark {
    /// Over the records last listed in it.
    pub digest: FolderKey,
    /// All of them are as they were fetched, and none is missing.
    pub quiet: bool,
    /// The scan that noted it last.
    pub generation: i64,
}

/// The first 16 bytes of a hash in hexadecimal.
fn key_of(hex_text: &str) -> FolderKey {
    let mut key = FolderKey::default();
    // Anything else (a folder from before there were digests) is a digest that nothing has.
    if hex::decode_to_slice(hex_text, &mut key).is_err() {
        key = FolderKey::default();
    }
    key
}

fn from_row(row: &Row) -> Result<FolderMark, CatalogError> {
    Ok(FolderMark {
        digest: key_of(&row.text("digest")?),
        quiet: row.flag("quiet")?,
        generation: row.int("generation")?,
    })
}

impl Tx {
    /// What is remembered of all folders of a source, by [`folder_key`]: some fifty bytes each.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn folder_marks(
        &mut self,
        source: SourceId,
    ) -> Result<HashMap<FolderKey, FolderMark>, CatalogError> {
        let mut marks = HashMap::new();
        let mut after: Option<String> = None;
        loop {
            let rows = self.folder_page(source, after.as_deref()).await?;
            let Some(last) = rows.last() else {
                return Ok(marks);
            };
            after = Some(last.text("folder")?);
            for row in &rows {
                marks.insert(folder_key(&row.text("folder")?), from_row(row)?);
            }
        }
    }

    /// Names of a source's folders after `after`, in order; some thousands at once, none at the end.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn folders_after(
        &mut self,
        source: SourceId,
        after: Option<&str>,
    ) -> Result<Vec<String>, CatalogError> {
        self.folder_page(source, after)
            .await?
            .iter()
            .map(|row| row.text("folder"))
            .collect()
    }

    async fn folder_page(
        &mut self,
        source: SourceId,
        after: Option<&str>,
    ) -> Result<Vec<Row>, CatalogError> {
        match after {
            None => {
                self.all(
                    "SELECT * FROM folders WHERE source_id = $1 ORDER BY folder LIMIT $2",
                    args![source, PAGE],
                )
                .await
            }
            Some(after) => {
                self.all(
                    "SELECT * FROM folders WHERE source_id = $1 AND folder > $2 ORDER BY folder LIMIT $3",
                    args![source, after, PAGE],
                )
                .await
            }
        }
    }

    /// Remembers a folder.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_folder(
        &mut self,
        source: SourceId,
        folder: &str,
        mark: FolderMark,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO folders (source_id, folder, digest, quiet, generation) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (source_id, folder) DO UPDATE SET
                digest = excluded.digest, quiet = excluded.quiet, generation = excluded.generation",
            args![source, folder, hex::encode(mark.digest), mark.quiet, mark.generation],
        )
        .await?;
        Ok(())
    }

    /// Notes that a scan has listed a folder; nothing else of it changed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn pass_folder(
        &mut self,
        source: SourceId,
        folder: &str,
        generation: i64,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE folders SET generation = $1 WHERE source_id = $2 AND folder = $3",
            args![generation, source, folder],
        )
        .await?;
        Ok(())
    }

    /// Has the next scan look at every item of a folder again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn wake_folder(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE folders SET quiet = 0 WHERE source_id = $1 AND folder = $2",
            args![source, folder],
        )
        .await?;
        Ok(())
    }

    /// Forgets a folder in which no item is left.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_folder(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "DELETE FROM folders WHERE source_id = $1 AND folder = $2",
            args![source, folder],
        )
        .await?;
        Ok(())
    }

    /// Items of a folder that are not gone, records and metadata, by native id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn live_items_in(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<Vec<Item>, CatalogError> {
        self.by_native_id(
            "SELECT * FROM items WHERE source_id = $1 AND folder = $2 AND gone_at IS NULL",
            args![source, folder],
        )
        .await
    }

    /// How many items of a folder are not gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_live_items_in(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<u64, CatalogError> {
        self.one(
            "SELECT COUNT(*) AS n FROM items WHERE source_id = $1 AND folder = $2 AND gone_at IS NULL",
            args![source, folder],
        )
        .await?
        .unsigned("n")
    }

    /// How many items of a source are not gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_live_items(&mut self, source: SourceId) -> Result<u64, CatalogError> {
        self.one(
            "SELECT COUNT(*) AS n FROM items WHERE source_id = $1 AND gone_at IS NULL",
            args![source],
        )
        .await?
        .unsigned("n")
    }

    /// Items with one of these native ids, gone ones included.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn items_by_native_id(
        &mut self,
        source: SourceId,
        native_ids: &[String],
    ) -> Result<Vec<Item>, CatalogError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT * FROM items WHERE source_id = $1 AND native_id IN (SELECT value FROM json_each($2))"
            }
            Dialect::Postgres => {
                "SELECT * FROM items WHERE source_id = $1 AND native_id IN (SELECT json_array_elements_text($2::json))"
            }
        };
        self.listed(sql, source, native_ids).await
    }

    /// Items that are not gone and have one of these move hints.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn items_by_hint(
        &mut self,
        source: SourceId,
        hints: &[String],
    ) -> Result<Vec<Item>, CatalogError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT * FROM items WHERE source_id = $1 AND gone_at IS NULL AND move_hint IN (SELECT value FROM json_each($2))"
            }
            Dialect::Postgres => {
                "SELECT * FROM items WHERE source_id = $1 AND gone_at IS NULL AND move_hint IN (SELECT json_array_elements_text($2::json))"
            }
        };
        self.listed(sql, source, hints).await
    }

    /// Sorted here: an `ORDER BY` would draw SQLite to the index of native ids, and through the whole source.
    async fn by_native_id(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Vec<Item>, CatalogError> {
        let rows = self.all(sql, args).await?;
        let mut items = rows
            .iter()
            .map(items::from_row)
            .collect::<Result<Vec<_>, _>>()?;
        items.sort_by(|a, b| a.native_id.cmp(&b.native_id));
        Ok(items)
    }

    async fn listed(
        &mut self,
        sql: &'static str,
        source: SourceId,
        values: &[String],
    ) -> Result<Vec<Item>, CatalogError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        self.all(sql, args![source, serde_json::to_string(values)?])
            .await?
            .iter()
            .map(items::from_row)
            .collect()
    }

    /// Notes that an item's folder was listed without it in this scan.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn item_absent_in(
        &mut self,
        item: crate::domain::ItemId,
        generation: i64,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE items SET absent_in = $1 WHERE id = $2",
            args![generation, item],
        )
        .await?;
        Ok(())
    }

    /// Items whose folder was listed without them in this scan, before it was cut off.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn items_absent_in(
        &mut self,
        source: SourceId,
        generation: i64,
    ) -> Result<Vec<Item>, CatalogError> {
        self.by_native_id(
            "SELECT * FROM items WHERE source_id = $1 AND absent_in = $2 AND gone_at IS NULL",
            args![source, generation],
        )
        .await
    }
}
