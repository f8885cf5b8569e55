//! Releases with their records, decisions and what is public of them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args, beginning, ending, instant},
};
use crate::domain::{
    Bilingual, Decision, DecisionId, DecisionKind, Effect, ItemId, Proposal, ReleaseId,
    ReleaseState, Sha256, SourceId, in_force,
};

/// A release: what is, or may become, one dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Release {
    /// Its id; also the dataset's id on every target.
    pub id: ReleaseId,
    /// The source its items are in.
    pub source_id: SourceId,
    /// What groups its items.
    pub group_key: String,
    /// Its title, as far as known.
    pub title: Bilingual,
    /// Where it stands.
    pub state: ReleaseState,
    /// What is proposed.
    pub proposal: Proposal,
    /// The strongest effect that stands against it.
    pub effect: Effect,
    /// Why it waits.
    pub reasons: Vec<Bilingual>,
    /// What a decision about the proposal is bound to.
    pub bundle_hash: Option<Sha256>,
    /// The bundle: members, renditions, record, rules.
    pub bundle: serde_json::Value,
    /// When it was last put together with another outcome.
    pub updated_at: DateTime<Utc>,
}

/// The record of a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Record {
    /// Field values in the portal's terms.
    pub fields: serde_json::Value,
    /// Field by field, where the value is from.
    pub provenance: serde_json::Value,
    /// What is missing or wrong.
    pub problems: serde_json::Value,
    /// Values a person gave.
    pub person: serde_json::Value,
}

/// Which releases to list.
#[derive(Clone, Debug, Default)]
pub struct ReleaseFilter {
    /// Only these states; all when empty.
    pub states: Vec<ReleaseState>,
}

fn effect(text: &str) -> Result<Effect, CatalogError> {
    Effect::ALL
        .into_iter()
        .find(|effect| effect.as_str() == text)
        .ok_or_else(|| CatalogError::damaged("effect", text))
}

fn from_row(row: &Row) -> Result<Release, CatalogError> {
    Ok(Release {
        id: row.parsed("id")?,
        source_id: row.parsed("source_id")?,
        group_key: row.text("group_key")?,
        title: row.json("title")?,
        state: row.parsed("state")?,
        proposal: row.parsed("proposal")?,
        effect: effect(&row.text("effect")?)?,
        reasons: row.json("reasons")?,
        bundle_hash: row.opt_parsed("bundle_hash")?,
        bundle: row.json("bundle")?,
        updated_at: row.parsed("updated_at")?,
    })
}

impl Tx {
    /// Makes sure a release exists.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn know_release(
        &mut self,
        id: ReleaseId,
        source: SourceId,
        group_key: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO releases (id, source_id, group_key, title, state, proposal, effect, reasons, bundle, updated_at)
             VALUES ($1, $2, $3, $4, 'incomplete', 'none', 'allow', '[]', '{}', $5)
             ON CONFLICT (id) DO NOTHING",
            args![
                id,
                source,
                group_key,
                serde_json::to_string(&Bilingual::same(group_key))?,
                now
            ],
        )
        .await?;
        Ok(())
    }

    /// One release.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when there is none.
    pub async fn release(&mut self, id: ReleaseId) -> Result<Release, CatalogError> {
        let row = self
            .optional("SELECT * FROM releases WHERE id = $1", args![id])
            .await?
            .ok_or_else(|| CatalogError::NotFound {
                what: "release",
                id: id.to_string(),
            })?;
        from_row(&row)
    }

    /// Locks a release until the transaction ends, so that a decision and a new assembly cannot cross.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when there is none.
    pub async fn lock_release(&mut self, id: ReleaseId) -> Result<Release, CatalogError> {
        self.execute(
            "UPDATE releases SET updated_at = updated_at WHERE id = $1",
            args![id],
        )
        .await?;
        self.release(id).await
    }

    /// Releases whose id begins or ends with, or whose group equals, what a person typed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find_releases(&mut self, typed: &str) -> Result<Vec<Release>, CatalogError> {
        self.all(
            "SELECT * FROM releases WHERE id = $1 OR group_key = $1 OR id LIKE $2 OR id LIKE $3
                OR (id || '') IN (SELECT r.id FROM releases r JOIN items i ON i.source_id = r.source_id AND i.group_key = r.group_key
                                  WHERE i.path = $1 OR i.name = $1 OR i.id = $1)
             ORDER BY group_key",
            args![typed, beginning(typed), ending(typed)],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Releases, by group.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn releases(&mut self, filter: &ReleaseFilter) -> Result<Vec<Release>, CatalogError> {
        let states: Vec<String> = filter.states.iter().map(|s| format!("|{s}|")).collect();
        self.all(
            "SELECT * FROM releases WHERE ($1 = '' OR $1 LIKE '%|' || state || '|%') ORDER BY source_id, group_key",
            args![states.concat()],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Records how a release was put together.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_assembled(&mut self, release: &Release) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE releases SET title = $1, state = $2, proposal = $3, effect = $4, reasons = $5, bundle_hash = $6, bundle = $7, updated_at = $8
             WHERE id = $9",
            args![
                serde_json::to_string(&release.title)?,
                release.state.as_str(),
                release.proposal.as_str(),
                release.effect.as_str(),
                serde_json::to_string(&release.reasons)?,
                release.bundle_hash,
                &release.bundle,
                release.updated_at,
                release.id
            ],
        )
        .await?;
        Ok(())
    }

    /// The record of a release; empty when there is none yet.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record(&mut self, id: ReleaseId) -> Result<Record, CatalogError> {
        let row = self
            .optional("SELECT * FROM records WHERE release_id = $1", args![id])
            .await?;
        match row {
            None => Ok(Record {
                fields: serde_json::json!({}),
                provenance: serde_json::json!({}),
                problems: serde_json::json!([]),
                person: serde_json::json!({}),
            }),
            Some(row) => Ok(Record {
                fields: row.json("fields")?,
                provenance: row.json("provenance")?,
                problems: row.json("problems")?,
                person: row.json("person")?,
            }),
        }
    }

    /// Records a release's record. What a person gave is left as it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_record(&mut self, id: ReleaseId, record: &Record) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO records (release_id, fields, provenance, problems, person) VALUES ($1, $2, $3, $4, '{}')
             ON CONFLICT (release_id) DO UPDATE SET fields = excluded.fields, provenance = excluded.provenance, problems = excluded.problems",
            args![id, &record.fields, &record.provenance, &record.problems],
        )
        .await?;
        Ok(())
    }

    /// Records the values a person gave.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_person_fields(
        &mut self,
        id: ReleaseId,
        person: &serde_json::Value,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO records (release_id, fields, provenance, problems, person) VALUES ($1, '{}', '{}', '[]', $2)
             ON CONFLICT (release_id) DO UPDATE SET person = excluded.person",
            args![id, person],
        )
        .await?;
        Ok(())
    }

    /// Records a decision.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_decision(&mut self, decision: &Decision) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO decisions (id, release_id, kind, bound_hash, verdict, by_kind, by_name, reason, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                decision.id,
                decision.release,
                decision.kind.as_str(),
                decision.bound_hash,
                decision.verdict.as_str(),
                decision.by.as_str(),
                &decision.by_name,
                &decision.reason,
                instant(decision.at)
            ],
        )
        .await?;
        Ok(())
    }

    /// Keeps what the public is told about a decision.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_public_reason(
        &mut self,
        decision: DecisionId,
        words: &Bilingual,
    ) -> Result<(), CatalogError> {
        self.execute(
            "UPDATE decisions SET public_reason = $1 WHERE id = $2",
            args![serde_json::to_string(words)?, decision],
        )
        .await?;
        Ok(())
    }

    /// What the public is told about taking back exactly this; the last word said.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn public_reason(
        &mut self,
        release: ReleaseId,
        bound_hash: Sha256,
    ) -> Result<Option<Bilingual>, CatalogError> {
        let found = self
            .optional(
                "SELECT public_reason FROM decisions WHERE release_id = $1 AND kind = 'withdraw' AND bound_hash = $2
                   AND verdict = 'approve' AND public_reason IS NOT NULL ORDER BY at DESC, id DESC LIMIT 1",
                args![release, bound_hash],
            )
            .await?;
        Ok(match found {
            Some(row) => Some(serde_json::from_str(&row.text("public_reason")?)?),
            None => None,
        })
    }

    /// The decisions about exactly this bundle that are in force, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn decisions(
        &mut self,
        release: ReleaseId,
        kind: DecisionKind,
        bound_hash: Sha256,
    ) -> Result<Vec<Decision>, CatalogError> {
        Ok(in_force(
            &self.all_decisions(release).await?,
            kind,
            bound_hash,
        ))
    }

    /// All decisions about a release, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn all_decisions(
        &mut self,
        release: ReleaseId,
    ) -> Result<Vec<Decision>, CatalogError> {
        self.all(
            "SELECT * FROM decisions WHERE release_id = $1 ORDER BY at, id",
            args![release],
        )
        .await?
        .iter()
        .map(decision_from_row)
        .collect()
    }

    /// Makes a folder's metadata known, as parsed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_sidecar(
        &mut self,
        source: SourceId,
        folder: &str,
        item: ItemId,
        sha256: Sha256,
        body: &serde_json::Value,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO sidecars (source_id, folder, item_id, sha256, body) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (source_id, folder) DO UPDATE SET item_id = excluded.item_id, sha256 = excluded.sha256, body = excluded.body",
            args![source, folder, item, sha256, body],
        )
        .await?;
        Ok(())
    }

    /// Forgets a folder's metadata, because its file is gone.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_sidecar(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<(), CatalogError> {
        self.execute(
            "DELETE FROM sidecars WHERE source_id = $1 AND folder = $2",
            args![source, folder],
        )
        .await?;
        Ok(())
    }

    /// A folder's metadata, as parsed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sidecar(
        &mut self,
        source: SourceId,
        folder: &str,
    ) -> Result<Option<serde_json::Value>, CatalogError> {
        self.optional(
            "SELECT body FROM sidecars WHERE source_id = $1 AND folder = $2",
            args![source, folder],
        )
        .await?
        .map(|row| row.json("body"))
        .transpose()
    }
}

fn decision_from_row(row: &Row) -> Result<Decision, CatalogError> {
    Ok(Decision {
        id: row.parsed("id")?,
        release: row.parsed("release_id")?,
        kind: row.parsed("kind")?,
        bound_hash: row.parsed("bound_hash")?,
        verdict: row.parsed("verdict")?,
        by: row.parsed("by_kind")?,
        by_name: row.text("by_name")?,
        reason: row.text("reason")?,
        at: row.parsed("at")?,
    })
}
