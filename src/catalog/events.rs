//! The audit log: every entry carries the hash of the one before it, so that a change, a removal or an insertion shows.
//!
//! The hash of an entry is SHA-256 over the canonical JSON of all its fields and the previous hash. The head of the
//! chain stands in its own table, so that cutting off the end shows as well.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    CatalogError, Tx,
    db::{Row, args, instant},
};
use crate::domain::{EventId, Ids, Sha256, canonical_json};

/// An entry to be.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// What happened, as `noun.verb`: `item.seen`, `decision.made`.
    pub kind: &'static str,
    /// What it happened to: `item`, `version`, `release`, `source`, `plan`, `transfer`, `run`.
    pub subject_kind: &'static str,
    /// Its id.
    pub subject_id: String,
    /// Who did it: `rideau`, or a person's name.
    pub actor: String,
    /// Details; never document text, never secrets.
    pub body: Value,
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Its place in the log, from 1 without gaps.
    pub seq: u64,
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: String,
    /// What happened.
    pub kind: String,
    /// To what.
    pub subject_kind: String,
    /// To which.
    pub subject_id: String,
    /// Who did it.
    pub actor: String,
    /// Details.
    pub body: Value,
    /// Hash of the entry before; empty for the first.
    pub previous: String,
    /// Hash of this entry.
    pub hash: String,
}

impl Event {
    fn computed_hash(&self) -> String {
        let value = json!({
            "seq": self.seq, "id": self.id, "at": self.at, "kind": self.kind,
            "subject_kind": self.subject_kind, "subject_id": self.subject_id,
            "actor": self.actor, "body": self.body, "previous": self.previous,
        });
        Sha256::of(canonical_json(&value).as_bytes()).to_string()
    }

    fn from_row(row: &Row) -> Result<Self, CatalogError> {
        Ok(Self {
            seq: row.unsigned("seq")?,
            id: row.parsed("id")?,
            at: row.text("at")?,
            kind: row.text("kind")?,
            subject_kind: row.text("subject_kind")?,
            subject_id: row.text("subject_id")?,
            actor: row.text("actor")?,
            body: row.json("body")?,
            previous: row.text("previous")?,
            hash: row.text("hash")?,
        })
    }
}

/// The first entry that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChainFault {
    /// Its place.
    pub seq: u64,
    /// Its id, where there is an entry.
    pub id: Option<EventId>,
    /// What does not fit: `missing`, `altered`, `unlinked`, `cut_off`.
    pub what: &'static str,
}

impl Tx {
    /// Appends one entry to the log.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn log(
        &mut self,
        ids: &dyn Ids,
        now: DateTime<Utc>,
        event: NewEvent,
    ) -> Result<(), CatalogError> {
        // The update takes the row's lock, so that entries of concurrent transactions line up.
        let head = self
            .one(
                "UPDATE chain SET seq = seq + 1 WHERE only_row = 1 RETURNING seq, hash",
                vec![],
            )
            .await?;
        let mut entry = Event {
            seq: head.unsigned("seq")?,
            id: EventId(ids.next()),
            at: instant(now),
            kind: event.kind.to_owned(),
            subject_kind: event.subject_kind.to_owned(),
            subject_id: event.subject_id,
            actor: event.actor,
            body: event.body,
            previous: head.text("hash")?,
            hash: String::new(),
        };
        entry.hash = entry.computed_hash();
        self.execute(
            "UPDATE chain SET hash = $1 WHERE only_row = 1",
            args![&entry.hash],
        )
        .await?;
        self.execute(
            "INSERT INTO events (seq, id, at, kind, subject_kind, subject_id, actor, body, previous, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                entry.seq,
                entry.id,
                entry.at,
                entry.kind,
                entry.subject_kind,
                entry.subject_id,
                entry.actor,
                canonical_json(&entry.body),
                entry.previous,
                entry.hash
            ],
        )
        .await?;
        Ok(())
    }

    /// The entries about some subjects (an item, its versions, its release), oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn events_about(&mut self, subjects: &[String]) -> Result<Vec<Event>, CatalogError> {
        let mut events = Vec::new();
        for subject in subjects {
            let rows = self
                .all(
                    "SELECT * FROM events WHERE subject_id = $1 ORDER BY seq",
                    args![subject],
                )
                .await?;
            for row in &rows {
                events.push(Event::from_row(row)?);
            }
        }
        events.sort_by_key(|event| event.seq);
        events.dedup_by_key(|event| event.seq);
        Ok(events)
    }

    /// Entries after `seq`, at most `limit`, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn events_after(&mut self, seq: u64, limit: u32) -> Result<Vec<Event>, CatalogError> {
        self.all(
            "SELECT * FROM events WHERE seq > $1 ORDER BY seq LIMIT $2",
            args![seq, limit],
        )
        .await?
        .iter()
        .map(Event::from_row)
        .collect()
    }

    /// Proves the whole chain. `Ok(Ok(n))`: n entries, all whole.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn verify_chain(&mut self) -> Result<Result<u64, ChainFault>, CatalogError> {
        const PAGE: u32 = 1000;
        let head = self
            .one("SELECT seq, hash FROM chain WHERE only_row = 1", vec![])
            .await?;
        let (head_seq, head_hash) = (head.unsigned("seq")?, head.text("hash")?);
        let (mut seq, mut previous) = (0_u64, String::new());
        loop {
            let page = self.events_after(seq, PAGE).await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                let fault = |what| ChainFault {
                    seq: seq + 1,
                    id: Some(entry.id),
                    what,
                };
                if entry.seq != seq + 1 {
                    return Ok(Err(ChainFault {
                        seq: seq + 1,
                        id: None,
                        what: "missing",
                    }));
                }
                if entry.previous != previous {
                    return Ok(Err(fault("unlinked")));
                }
                if entry.computed_hash() != entry.hash {
                    return Ok(Err(fault("altered")));
                }
                seq = entry.seq;
                previous.clone_from(&entry.hash);
            }
        }
        if seq != head_seq || previous != head_hash {
            return Ok(Err(ChainFault {
                seq: seq + 1,
                id: None,
                what: "cut_off",
            }));
        }
        Ok(Ok(seq))
    }
}
