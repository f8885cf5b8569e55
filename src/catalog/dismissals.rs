//! Dismissals of findings. Nothing is deleted: what was taken back stays, and says so.

use super::{
    CatalogError, Tx,
    db::{Row, args, beginning, ending},
};
use crate::domain::{Covers, Dismissal, SourceId, VersionId};

fn from_row(row: &Row) -> Result<Dismissal, CatalogError> {
    row.json("body")
}

impl Tx {
    /// Records a dismissal.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_dismissal(&mut self, dismissal: &Dismissal) -> Result<(), CatalogError> {
        let version = match &dismissal.covers {
            Covers::Place { version, .. } => Some(*version),
            Covers::Value | Covers::Position { .. } => None,
        };
        self.execute(
            "INSERT INTO dismissals (id, source_id, version_id, rule_id, body, at) VALUES ($1, $2, $3, $4, $5, $6)",
            args![
                dismissal.id,
                dismissal.source,
                version,
                &dismissal.rule,
                serde_json::to_string(dismissal)?,
                dismissal.at
            ],
        )
        .await?;
        Ok(())
    }

    /// Records that a dismissal was taken back.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn update_dismissal(&mut self, dismissal: &Dismissal) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE dismissals SET body = $1 WHERE id = $2",
            args![serde_json::to_string(dismissal)?, dismissal.id],
        )
        .await?;
        Ok(())
    }

    /// All dismissals, oldest first, those taken back included.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn dismissals(&mut self) -> Result<Vec<Dismissal>, CatalogError> {
        self.all("SELECT body FROM dismissals ORDER BY at, id", vec![])
            .await?
            .iter()
            .map(from_row)
            .collect()
    }

    /// Dismissals that may cover something in a version of a source, oldest first, those taken back included.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn dismissals_for(
        &mut self,
        source: SourceId,
        version: VersionId,
    ) -> Result<Vec<Dismissal>, CatalogError> {
        self.all(
            "SELECT body FROM dismissals WHERE source_id = $1 AND (version_id IS NULL OR version_id = $2) ORDER BY at, id",
            args![source, version],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Dismissals whose id begins or ends with what a person typed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find_dismissals(&mut self, typed: &str) -> Result<Vec<Dismissal>, CatalogError> {
        self.all(
            "SELECT body FROM dismissals WHERE id LIKE $1 OR id LIKE $2 ORDER BY at, id",
            args![beginning(typed), ending(typed)],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Current versions in a source about which a rule has said something.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn versions_with_rule(
        &mut self,
        source: SourceId,
        rule: &str,
    ) -> Result<Vec<VersionId>, CatalogError> {
        self.all(
            "SELECT DISTINCT findings.version_id AS id
             FROM findings JOIN items ON items.current_version = findings.version_id
             WHERE items.source_id = $1 AND findings.rule_id = $2 ORDER BY findings.version_id",
            args![source, rule],
        )
        .await?
        .iter()
        .map(|row| row.parsed("id"))
        .collect()
    }
}
