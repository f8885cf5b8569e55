//! The work queue: rows with a lease, a fence and backoff.
//!
//! A worker claims work for a time; a heartbeat keeps the claim alive; when the worker dies, the lease ends and another
//! takes over. Every claim raises the fence, and work is ended by its fence inside the transaction that
//! records its outcome: a worker that lost its lease cannot record anything. Rule that must hold: at most one
//! outcome per claim.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    CatalogError, Tx,
    db::{Dialect, Row, args},
};
use crate::domain::{Bilingual, Ids, WorkId, WorkState};

/// What there is to do. The subject is the id of what it is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Look at a source. Subject: source id.
    Scan,
    /// Copy an item's content. Subject: item id.
    Fetch,
    /// Identify and convert. Subject: version id.
    Convert,
    /// Judge facts by rules. Subject: version id.
    Screen,
    /// Put a release together and see whether it may go. Subject: release id.
    Assemble,
    /// Bring one target in step with an approved release. Subject: release id and target, joined by `@`.
    Publish,
    /// Make public what was sent to a target that switches as a whole. Subject: the target's name.
    Switch,
    /// Build the bag of an approved transfer. Subject: release id.
    Transfer,
    /// Bring the data inventory that a target keeps in step. Subject: the target's name.
    Inventory,
}

impl WorkKind {
    /// All kinds.
    pub const ALL: [Self; 9] = [
        Self::Scan,
        Self::Fetch,
        Self::Convert,
        Self::Screen,
        Self::Assemble,
        Self::Publish,
        Self::Switch,
        Self::Transfer,
        Self::Inventory,
    ];

    /// The name used in tables, logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Fetch => "fetch",
            Self::Convert => "convert",
            Self::Screen => "screen",
            Self::Assemble => "assemble",
            Self::Publish => "publish",
            Self::Switch => "switch",
            Self::Transfer => "transfer",
            Self::Inventory => "inventory",
        }
    }

    fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| CatalogError::damaged("kind", text))
    }

    /// Lower goes first. What is begun is finished before more is begun; metadata is read before the records it
    /// describes (see [`NewWork::first`]); releases are put together when their members are through.
    fn priority(self) -> i64 {
        match self {
            Self::Scan => 10,
            Self::Screen => 20,
            Self::Convert => 30,
            Self::Fetch => 40,
            Self::Assemble => 50,
            Self::Publish => 60,
            Self::Transfer => 70,
            Self::Switch => 80,
            Self::Inventory => 90,
        }
    }
}

/// What a limit on concurrency counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Only the number of workers.
    Free,
    /// A source, by name.
    Source(String),
    /// A target, by name.
    Target(String),
}

impl Lane {
    fn column(&self) -> String {
        match self {
            Self::Free => String::new(),
            Self::Source(name) => format!("source:{name}"),
            Self::Target(name) => format!("target:{name}"),
        }
    }
}

/// Work to be queued.
#[derive(Clone, Debug)]
pub struct NewWork {
    /// What.
    pub kind: WorkKind,
    /// To what.
    pub subject: String,
    /// Which limit it counts against.
    pub lane: Lane,
    /// Not before.
    pub run_after: DateTime<Utc>,
    /// Ahead of its kind.
    pub first: bool,
    /// Bring it back if it was set aside, because what made it fail may have changed.
    pub revive: bool,
    /// Leave what is queued already as it is, its waiting time included.
    pub patient: bool,
}

impl NewWork {
    /// Work that may start at once.
    pub fn now(
        kind: WorkKind,
        subject: impl std::fmt::Display,
        lane: Lane,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            kind,
            subject: subject.to_string(),
            lane,
            run_after: now,
            first: false,
            revive: false,
            patient: false,
        }
    }

    /// The same, leaving what is queued already as it is: a failing target keeps its waiting time.
    #[must_use]
    pub fn patient(mut self) -> Self {
        self.patient = true;
        self
    }

    /// The same, ahead of its kind.
    #[must_use]
    pub fn first(mut self) -> Self {
        self.first = true;
        self
    }

    /// The same, not before an instant.
    #[must_use]
    pub fn after(mut self, at: DateTime<Utc>) -> Self {
        self.run_after = at;
        self
    }

    /// The same, brought back if it was set aside.
    #[must_use]
    pub fn revive(mut self) -> Self {
        self.revive = true;
        self
    }
}

/// How to claim.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// Who claims: host, process and start, so that claims of a dead process can be told.
    pub worker: &'a str,
    /// The current instant.
    pub now: DateTime<Utc>,
    /// The claim holds until then, unless a heartbeat renews it.
    pub lease_until: DateTime<Utc>,
    /// At most so many.
    pub limit: usize,
    /// Most at a time per lane; a lane that is not listed is not limited.
    pub lanes: &'a BTreeMap<Lane, usize>,
    /// Only these kinds.
    pub kinds: &'a [WorkKind],
}

/// A piece of work in the hands of a worker.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its id.
    pub id: WorkId,
    /// What.
    pub kind: WorkKind,
    /// To what.
    pub subject: String,
    /// Its number in the order of claims; outcomes are recorded under it.
    pub fence: i64,
    /// How often it was claimed, this time included.
    pub attempt: u32,
}

/// A piece of work, as shown.
#[derive(Clone, Debug, Serialize)]
pub struct Work {
    /// Its id.
    pub id: WorkId,
    /// What.
    pub kind: WorkKind,
    /// To what.
    pub subject: String,
    /// Where it stands.
    pub state: WorkState,
    /// How often it was claimed.
    pub attempt: u32,
    /// Not before.
    pub run_after: DateTime<Utc>,
    /// Why it failed last.
    pub last_error: Option<Bilingual>,
}

/// Figures about the queue, for status and metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct QueueFigures {
    /// Kind and state, with the number of pieces.
    pub counts: Vec<(String, String, u64)>,
    /// When the oldest piece that may run was first due.
    pub oldest_due: Option<DateTime<Utc>>,
}

fn from_row(row: &Row) -> Result<Work, CatalogError> {
    Ok(Work {
        id: row.parsed("id")?,
        kind: WorkKind::parse(&row.text("kind")?)?,
        subject: row.text("subject")?,
        state: row.parsed("state")?,
        attempt: u32::try_from(row.int("attempt")?).unwrap_or(u32::MAX),
        run_after: row.parsed("run_after")?,
        last_error: row
            .opt_text("last_error")?
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
    })
}

impl Tx {
    /// Queues work. What is queued already is not doubled; what is being worked on runs once more afterwards.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enqueue(
        &mut self,
        ids: &dyn Ids,
        now: DateTime<Utc>,
        work: NewWork,
    ) -> Result<(), CatalogError> {
        let priority = work.kind.priority() - if work.first { 5 } else { 0 };
        self.execute(
            "INSERT INTO work (id, kind, subject, lane, state, priority, attempt, run_after, fence, again, created_at)
             VALUES ($1, $2, $3, $4, 'ready', $5, 0, $6, 0, 0, $7)
             ON CONFLICT (kind, subject) DO UPDATE SET
               again = CASE WHEN work.state = 'claimed' THEN 1 ELSE work.again END,
               run_after = CASE WHEN $9 = 1 OR work.state = 'claimed' OR work.run_after < excluded.run_after
                                THEN work.run_after ELSE excluded.run_after END,
               attempt = CASE WHEN work.state = 'quarantined' AND $8 = 1 THEN 0 ELSE work.attempt END,
               state = CASE WHEN work.state = 'quarantined' AND $8 = 1 THEN 'ready' ELSE work.state END",
            args![
                WorkId(ids.next()),
                work.kind.as_str(),
                work.subject,
                work.lane.column(),
                priority,
                work.run_after,
                now,
                work.revive,
                work.patient
            ],
        )
        .await?;
        Ok(())
    }

    /// Claims work that is due, best first, within the limits.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim(&mut self, claim: &Claim<'_>) -> Result<Vec<Claimed>, CatalogError> {
        // Work whose lease has ended is free again.
        self.execute(
            "UPDATE work SET state = 'ready', worker = NULL, lease_until = NULL
             WHERE state = 'claimed' AND lease_until < $1",
            args![claim.now],
        )
        .await?;
        let mut busy: BTreeMap<String, usize> = BTreeMap::new();
        for row in self
            .all(
                "SELECT lane, COUNT(*) AS n FROM work WHERE state = 'claimed' GROUP BY lane",
                vec![],
            )
            .await?
        {
            busy.insert(
                row.text("lane")?,
                usize::try_from(row.int("n")?).unwrap_or(usize::MAX),
            );
        }
        let mut lanes: Vec<(String, usize)> = claim
            .lanes
            .iter()
            .map(|(lane, most)| (lane.column(), *most))
            .collect();
        lanes.push((String::new(), usize::MAX));
        let mut candidates: Vec<(i64, String, String)> = Vec::new();
        for (lane, most) in lanes {
            let free = most
                .saturating_sub(busy.get(&lane).copied().unwrap_or(0))
                .min(claim.limit);
            if free == 0 {
                continue;
            }
            let sql = match self.dialect() {
                // The plus keeps the planner on the index that is in the wanted order already.
                Dialect::Sqlite => {
                    "SELECT id, kind, priority, run_after FROM work
                     WHERE state = 'ready' AND +run_after <= $1 AND lane = $2
                     ORDER BY priority, run_after, id LIMIT $3"
                }
                Dialect::Postgres => {
                    "SELECT id, kind, priority, run_after FROM work
                     WHERE state = 'ready' AND run_after <= $1 AND lane = $2
                     ORDER BY priority, run_after, id LIMIT $3 FOR UPDATE SKIP LOCKED"
                }
            };
            let limit = i64::try_from(free).unwrap_or(i64::MAX);
            for row in self.all(sql, args![claim.now, lane, limit]).await? {
                if claim.kinds.contains(&WorkKind::parse(&row.text("kind")?)?) {
                    candidates.push((
                        row.int("priority")?,
                        row.text("run_after")?,
                        row.text("id")?,
                    ));
                }
            }
        }
        candidates.sort();
        candidates.truncate(claim.limit);
        let mut claimed = Vec::with_capacity(candidates.len());
        for (_, _, id) in candidates {
            let row = self
                .optional(
                    "UPDATE work SET state = 'claimed', worker = $1, lease_until = $2, fence = fence + 1,
                            attempt = attempt + 1, again = 0
                     WHERE id = $3 AND state = 'ready' RETURNING id, kind, subject, fence, attempt",
                    args![claim.worker, claim.lease_until, id],
                )
                .await?;
            if let Some(row) = row {
                claimed.push(Claimed {
                    id: row.parsed("id")?,
                    kind: WorkKind::parse(&row.text("kind")?)?,
                    subject: row.text("subject")?,
                    fence: row.int("fence")?,
                    attempt: u32::try_from(row.int("attempt")?).unwrap_or(u32::MAX),
                });
            }
        }
        Ok(claimed)
    }

    /// Ends claimed work, in the transaction that records its outcome.
    ///
    /// # Errors
    /// [`CatalogError::LostLease`] when someone else has it by now: then nothing may be committed.
    pub async fn finish(&mut self, work: &Claimed) -> Result<(), CatalogError> {
        let again = self
            .execute(
                "UPDATE work SET state = 'ready', worker = NULL, lease_until = NULL, attempt = 0, again = 0, last_error = NULL
                 WHERE id = $1 AND fence = $2 AND state = 'claimed' AND again = 1",
                args![work.id, work.fence],
            )
            .await?;
        if again == 1 {
            return Ok(());
        }
        let ended = self
            .execute(
                "DELETE FROM work WHERE id = $1 AND fence = $2 AND state = 'claimed'",
                args![work.id, work.fence],
            )
            .await?;
        if ended == 1 { Ok(()) } else { Err(lost(work)) }
    }

    /// Puts claimed work back, to be tried again or to go on later.
    ///
    /// # Errors
    /// [`CatalogError::LostLease`] when someone else has it by now.
    pub async fn put_back(
        &mut self,
        work: &Claimed,
        run_after: DateTime<Utc>,
        error: Option<&Bilingual>,
        counts: bool,
    ) -> Result<(), CatalogError> {
        let error = error.map(serde_json::to_string).transpose()?;
        let touched = self
            .execute(
                "UPDATE work SET state = 'ready', worker = NULL, lease_until = NULL, run_after = $1, last_error = $2,
                        attempt = CASE WHEN $3 = 1 THEN attempt WHEN attempt > 0 THEN attempt - 1 ELSE 0 END
                 WHERE id = $4 AND fence = $5 AND state = 'claimed'",
                args![run_after, error, counts, work.id, work.fence],
            )
            .await?;
        if touched == 1 {
            Ok(())
        } else {
            Err(lost(work))
        }
    }

    /// Has work that waits for a window, and not because it failed, looked at again now: the window may be another one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn look_again(&mut self, now: DateTime<Utc>) -> Result<u64, CatalogError> {
        self.execute(
            "UPDATE work SET run_after = $1
             WHERE state = 'ready' AND last_error IS NULL AND run_after > $1 AND kind IN ('publish', 'fetch')",
            args![now],
        )
        .await
    }

    /// Sets claimed work aside for a person.
    ///
    /// # Errors
    /// [`CatalogError::LostLease`] when someone else has it by now.
    pub async fn quarantine(
        &mut self,
        work: &Claimed,
        error: &Bilingual,
    ) -> Result<(), CatalogError> {
        let touched = self
            .execute(
                "UPDATE work SET state = 'quarantined', worker = NULL, lease_until = NULL, last_error = $1
                 WHERE id = $2 AND fence = $3 AND state = 'claimed'",
                args![serde_json::to_string(error)?, work.id, work.fence],
            )
            .await?;
        if touched == 1 {
            Ok(())
        } else {
            Err(lost(work))
        }
    }

    /// Renews the leases of a worker.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn heartbeat(
        &mut self,
        worker: &str,
        lease_until: DateTime<Utc>,
    ) -> Result<u64, CatalogError> {
        self.execute(
            "UPDATE work SET lease_until = $1 WHERE worker = $2 AND state = 'claimed'",
            args![lease_until, worker],
        )
        .await
    }

    /// The workers that hold claims now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claiming_workers(&mut self) -> Result<Vec<String>, CatalogError> {
        self.all(
            "SELECT DISTINCT worker FROM work WHERE state = 'claimed' AND worker IS NOT NULL ORDER BY worker",
            vec![],
        )
        .await?
        .iter()
        .map(|row| row.text("worker"))
        .collect()
    }

    /// Frees what a worker that is known to be dead had claimed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn free_claims(&mut self, worker: &str) -> Result<u64, CatalogError> {
        self.execute(
            "UPDATE work SET state = 'ready', worker = NULL, lease_until = NULL WHERE state = 'claimed' AND worker = $1",
            args![worker],
        )
        .await
    }

    /// Brings work that was set aside back, with fresh attempts. The number of pieces.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn retry(
        &mut self,
        subjects: &[String],
        now: DateTime<Utc>,
    ) -> Result<u64, CatalogError> {
        let mut touched = 0;
        for subject in subjects {
            touched += self
                .execute(
                    "UPDATE work SET state = 'ready', attempt = 0, run_after = $1 WHERE state = 'quarantined' AND subject = $2",
                    args![now, subject],
                )
                .await?;
        }
        Ok(touched)
    }

    /// Work set aside, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quarantined(&mut self) -> Result<Vec<Work>, CatalogError> {
        self.all(
            "SELECT * FROM work WHERE state = 'quarantined' ORDER BY created_at, id",
            vec![],
        )
        .await?
        .iter()
        .map(from_row)
        .collect()
    }

    /// Figures about the queue.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn queue_figures(
        &mut self,
        now: DateTime<Utc>,
    ) -> Result<QueueFigures, CatalogError> {
        let mut figures = QueueFigures::default();
        for row in self
            .all(
                "SELECT kind, state, COUNT(*) AS n FROM work GROUP BY kind, state ORDER BY kind, state",
                vec![],
            )
            .await?
        {
            figures
                .counts
                .push((row.text("kind")?, row.text("state")?, row.unsigned("n")?));
        }
        figures.oldest_due = self
            .one(
                "SELECT MIN(run_after) AS oldest FROM work WHERE state = 'ready' AND run_after <= $1",
                args![now],
            )
            .await?
            .opt_parsed("oldest")?;
        Ok(figures)
    }

    /// Whether anything is being published to a target, or is about to be.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn publishing_now(
        &mut self,
        target: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, CatalogError> {
        Ok(self
            .optional(
                "SELECT id FROM work WHERE kind = 'publish' AND lane = $1
                   AND (state = 'claimed' OR (state = 'ready' AND run_after <= $2)) LIMIT 1",
                args![Lane::Target(target.to_owned()).column(), now],
            )
            .await?
            .is_some())
    }

    /// When the next piece that waits is due. `None` when nothing waits.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn next_due(&mut self) -> Result<Option<DateTime<Utc>>, CatalogError> {
        self.one(
            "SELECT MIN(run_after) AS due FROM work WHERE state = 'ready'",
            vec![],
        )
        .await?
        .opt_parsed("due")
    }
}

fn lost(work: &Claimed) -> CatalogError {
    CatalogError::LostLease {
        kind: work.kind.as_str().to_owned(),
        subject: work.subject.clone(),
    }
}
