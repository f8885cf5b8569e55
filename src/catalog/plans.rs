//! Stored plans, the journal of their execution, and what is public because of them.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Row, args, beginning, ending},
};
use crate::domain::{PlanId, PlanState, PublicationState, ReleaseId, Sha256};

/// A stored plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Its id.
    pub id: PlanId,
    /// The target's name.
    pub target: String,
    /// Hash of its body; executed only if it still fits.
    pub hash: Sha256,
    /// Where it stands.
    pub state: PlanState,
    /// The changes.
    pub body: serde_json::Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was executed to the end.
    pub applied_at: Option<DateTime<Utc>>,
}

/// What is public of a release on one target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// The release.
    pub release: ReleaseId,
    /// The target's name.
    pub target: String,
    /// Where it stands there.
    pub state: PublicationState,
    /// Which bundle it is.
    pub bundle_hash: Sha256,
    /// The same without the rules: equal when nothing public would change.
    pub content_hash: Sha256,
    /// Its public address.
    pub address: Option<String>,
    /// The plan that did it.
    pub plan: PlanId,
    /// When.
    pub at: DateTime<Utc>,
}

/// A step of a plan that is done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct JournalStep {
    /// Which.
    pub step: String,
    /// What is worth keeping about it.
    pub detail: serde_json::Value,
    /// When.
    pub at: DateTime<Utc>,
}

fn from_row(row: &Row) -> Result<Plan, CatalogError> {
    Ok(Plan {
        id: row.parsed("id")?,
        target: row.text("target")?,
        hash: row.parsed("hash")?,
        state: row.parsed("state")?,
        body: row.json("body")?,
        created_at: row.parsed("created_at")?,
        applied_at: row.opt_parsed("applied_at")?,
    })
}

fn step_from_row(row: &Row) -> Result<JournalStep, CatalogError> {
    Ok(JournalStep {
        step: row.text("step")?,
        detail: row.json("detail")?,
        at: row.parsed("at")?,
    })
}

fn published_from_row(row: &Row) -> Result<Published, CatalogError> {
    Ok(Published {
        release: row.parsed("release_id")?,
        target: row.text("target")?,
        state: row.parsed("state")?,
        bundle_hash: row.parsed("bundle_hash")?,
        content_hash: row.parsed("content_hash")?,
        address: row.opt_text("address")?,
        plan: row.parsed("plan_id")?,
        at: row.parsed("at")?,
    })
}

impl Tx {
    /// Stores a plan.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert_plan(&mut self, plan: &Plan) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO plans (id, kind, target, hash, state, body, created_at) VALUES ($1, 'release', $2, $3, $4, $5, $6)",
            args![
                plan.id,
                &plan.target,
                plan.hash,
                plan.state.as_str(),
                &plan.body,
                plan.created_at
            ],
        )
        .await?;
        Ok(())
    }

    /// One plan.
    ///
    /// # Errors
    /// [`CatalogError::NotFound`] when there is none.
    pub async fn plan(&mut self, id: PlanId) -> Result<Plan, CatalogError> {
        let row = self
            .optional("SELECT * FROM plans WHERE id = $1", args![id])
            .await?
            .ok_or_else(|| CatalogError::NotFound {
                what: "plan",
                id: id.to_string(),
            })?;
        from_row(&row)
    }

    /// Plans whose id begins or ends with what a person typed, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn find_plans(&mut self, typed: &str) -> Result<Vec<Plan>, CatalogError> {
        self.all(
            "SELECT * FROM plans WHERE id LIKE $1 OR id LIKE $2 ORDER BY created_at DESC, id DESC",
            args![beginning(typed), ending(typed)],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Sets where a plan stands.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_plan_state(
        &mut self,
        id: PlanId,
        state: PlanState,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let applied_at = (state == PlanState::Applied).then_some(now);
        self.execute(
            "UPDATE plans SET state = $1, applied_at = $2 WHERE id = $3",
            args![state.as_str(), applied_at, id],
        )
        .await?;
        Ok(())
    }

    /// A plan for this target with this hash that was begun or not yet begun; so that one cut off goes on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn open_plan(
        &mut self,
        target: &str,
        hash: Sha256,
    ) -> Result<Option<Plan>, CatalogError> {
        self.optional(
            "SELECT * FROM plans WHERE target = $1 AND hash = $2 AND state IN ('proposed', 'applying') ORDER BY created_at DESC LIMIT 1",
            args![target, hash],
        )
        .await?
        .as_ref()
        .map(from_row)
        .transpose()
    }

    /// Plans for a target that were made and not executed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn proposed_plans(&mut self, target: &str) -> Result<Vec<Plan>, CatalogError> {
        self.all(
            "SELECT * FROM plans WHERE target = $1 AND state = 'proposed' ORDER BY created_at, id",
            args![target],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Whether a step of a plan is done.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn step_done(&mut self, plan: PlanId, step: &str) -> Result<bool, CatalogError> {
        Ok(self
            .optional(
                "SELECT step FROM journal WHERE plan_id = $1 AND step = $2",
                args![plan, step],
            )
            .await?
            .is_some())
    }

    /// Records a step of a plan as done.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record_step(
        &mut self,
        plan: PlanId,
        step: &str,
        detail: &serde_json::Value,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO journal (plan_id, step, detail, at) VALUES ($1, $2, $3, $4) ON CONFLICT (plan_id, step) DO NOTHING",
            args![plan, step, detail, now],
        )
        .await?;
        Ok(())
    }

    /// The steps of a plan that are done, in order.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn journal(&mut self, plan: PlanId) -> Result<Vec<JournalStep>, CatalogError> {
        self.all(
            "SELECT step, detail, at FROM journal WHERE plan_id = $1 ORDER BY at, step",
            args![plan],
        )
        .await?
        .iter()
        .map(step_from_row)
        .collect()
    }

    /// The hash of what we last uploaded and verified as a resource.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn target_content(
        &mut self,
        target: &str,
        resource: uuid::Uuid,
    ) -> Result<Option<String>, CatalogError> {
        self.optional(
            "SELECT sha256 FROM target_content WHERE target = $1 AND resource_id = $2",
            args![target, resource],
        )
        .await?
        .map(|row| row.text("sha256"))
        .transpose()
    }

    /// Records what we uploaded and verified as a resource.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_target_content(
        &mut self,
        target: &str,
        resource: uuid::Uuid,
        sha256: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO target_content (target, resource_id, sha256, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (target, resource_id) DO UPDATE SET sha256 = excluded.sha256, at = excluded.at",
            args![target, resource, sha256, now],
        )
        .await?;
        Ok(())
    }

    /// Records what is public of a release on a target.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_published(&mut self, published: &Published) -> Result<(), CatalogError> {
        self.execute(
            "INSERT INTO published (release_id, target, state, bundle_hash, content_hash, address, plan_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (release_id, target) DO UPDATE SET state = excluded.state, bundle_hash = excluded.bundle_hash,
               content_hash = excluded.content_hash, address = excluded.address, plan_id = excluded.plan_id, at = excluded.at",
            args![
                published.release,
                &published.target,
                published.state.as_str(),
                published.bundle_hash,
                published.content_hash,
                published.address.clone(),
                published.plan,
                published.at
            ],
        )
        .await?;
        Ok(())
    }

    /// What is, or was, public of a release, by target.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn published(&mut self, release: ReleaseId) -> Result<Vec<Published>, CatalogError> {
        self.all(
            "SELECT * FROM published WHERE release_id = $1 ORDER BY target",
            args![release],
        )
        .await?
        .iter()
        .map(published_from_row)
        .collect()
    }

    /// Releases that were sent to a target, or taken back from it, and wait for the target's switch.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn waiting_for_switch(
        &mut self,
        target: &str,
    ) -> Result<Vec<Published>, CatalogError> {
        self.all(
            "SELECT * FROM published WHERE target = $1 AND state IN ('sent', 'withdrawing') ORDER BY release_id",
            args![target],
        )
        .await?
        .iter()
        .map(published_from_row)
        .collect()
    }

    /// All publications, by target and release.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn all_published(&mut self) -> Result<Vec<Published>, CatalogError> {
        self.all(
            "SELECT * FROM published ORDER BY target, release_id",
            vec![],
        )
        .await?
        .iter()
        .map(published_from_row)
        .collect()
    }
}
