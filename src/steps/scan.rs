//! source → items: lists a source and records what that means for what is known.
//!
//! Folder by folder, as the connector reports them, so that a long first scan shows and a cut-off one keeps what it saw.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use rideau_connectors::{Access, Observed, PortError, ScanSink};
use serde_json::json;

use super::{StepError, enqueue_assemble, fetch::regroup, log, parse_id};
use crate::{
    app::{App, SourceSetup},
    catalog::{Claimed, Item, Lane, NewItem, NewWork, Tx, WorkKind},
    domain::{
        Bilingual, GroupBy, ItemId, ItemRole, ItemState, SourceId, group_key,
        watching::{Came, ItemChange, KnownItem, Reconciler, SeenItem, Then},
    },
    record::{SIDECAR_NAME, Sidecar, release_id},
};

/// Changes recorded in one transaction.
const BATCH: usize = 500;

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: SourceId = parse_id(work)?;
    let Some(source) = app.source(id) else {
        let mut tx = app.catalog.write().await?;
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    };
    let (row, items) = {
        let mut tx = app.catalog.read().await?;
        (tx.source(id).await?, tx.items_of_source(id).await?)
    };
    let known: Vec<KnownItem> = items.iter().map(known_item).collect();
    let mut sink = Sink {
        app,
        source,
        reconciler: Reconciler::new(known, app.now(), &source.watch),
        items: items.into_iter().map(|item| (item.id, item)).collect(),
        settles_at: None,
        unknown: 0,
        failure: None,
    };
    let ended = source.connector.scan(&row.scan_state, &mut sink).await;
    if let Some(failure) = sink.failure.take() {
        return Err(failure);
    }
    let end = ended?;
    let Sink {
        reconciler,
        mut items,
        settles_at,
        unknown,
        ..
    } = sink;
    let complete = end.complete && unknown == 0;
    let rest = reconciler.finish(complete, row.hold_released);
    let mut recorder = Recorder {
        app,
        source,
        items: &mut items,
        settles_at,
    };
    recorder.record(rest.changes).await?;
    let settles_at = recorder.settles_at;

    let now = app.now();
    // After an incomplete scan an earlier hold stays.
    let hold = if complete {
        rest.hold.map(|hold| json!(hold))
    } else {
        row.hold.clone()
    };
    let mut tx = app.catalog.write().await?;
    tx.scan_ended(id, now, complete.then_some(&end.state), None, hold.as_ref())
        .await?;
    log(
        &mut tx,
        app,
        now,
        "source.scanned",
        "source",
        id,
        json!({
            "complete": complete, "folders": end.folders, "records": end.records, "ignored": end.ignored,
            "unknown_folders": unknown, "hold": hold,
        }),
    )
    .await?;
    if let (Some(hold), true) = (&hold, row.hold.is_none()) {
        tracing::error!(
            source.name = %source.name, hold = %hold,
            "much is missing at once: nothing is counted as deleted until a person has looked"
        );
    }
    tx.finish(work).await?;
    if let Some(at) = settles_at {
        // What is settling is looked at again when it may have settled, not only at the next scheduled scan.
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Scan, id, Lane::Source(source.name.clone()), now).after(at),
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

fn known_item(item: &Item) -> KnownItem {
    KnownItem {
        id: item.id,
        native_id: item.native_id.clone(),
        folder: item.folder.clone(),
        fetched_fingerprint: item.fetched_fingerprint.clone(),
        observed_fingerprint: item.observed_fingerprint.clone(),
        observed_since: item.observed_since,
        missing_scans: item.missing_scans,
        gone: item.gone_at.is_some(),
        move_hint: item.move_hint.clone(),
        size_bytes: item.size_bytes,
        modified: item.modified,
    }
}

/// What the connector reports, with the folder it was listed in.
struct Seen {
    folder: String,
    observed: Observed,
}

struct Sink<'a> {
    app: &'a App,
    source: &'a SourceSetup,
    reconciler: Reconciler<'a, Seen>,
    items: HashMap<ItemId, Item>,
    settles_at: Option<DateTime<Utc>>,
    unknown: u64,
    failure: Option<StepError>,
}

#[async_trait]
impl ScanSink for Sink<'_> {
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError> {
        let seen = records
            .into_iter()
            .map(|observed| SeenItem {
                native_id: observed.native_id.clone(),
                fingerprint: observed.fingerprint.clone(),
                move_hint: observed.move_hint.clone(),
                size_bytes: observed.size_bytes,
                // As precise as the catalog keeps it: a move is told by equality.
                modified: observed.modified.map(|at| at.trunc_subsecs(6)),
                deferred: observed.deferred.clone(),
                record: Seen {
                    folder: folder.to_owned(),
                    observed,
                },
            })
            .collect();
        let changes = self.reconciler.folder(seen);
        let mut recorder = Recorder {
            app: self.app,
            source: self.source,
            items: &mut self.items,
            settles_at: self.settles_at,
        };
        let recorded = recorder.record(changes).await;
        self.settles_at = recorder.settles_at;
        recorded.map_err(|failure| {
            let message = failure.explain();
            self.failure = Some(failure);
            PortError::temporary("catalog", message)
        })
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        // The folder's name is not for the log; how many there are is in the scan's event.
        tracing::warn!(source.name = %self.source.name, code = why.code, "a folder could not be listed; what is known of it stays");
        self.unknown += 1;
        self.reconciler.unknown(folder);
        Ok(())
    }
}

/// Records changes.
struct Recorder<'a> {
    app: &'a App,
    source: &'a SourceSetup,
    items: &'a mut HashMap<ItemId, Item>,
    settles_at: Option<DateTime<Utc>>,
}

impl Recorder<'_> {
    async fn record(&mut self, changes: Vec<ItemChange<Seen>>) -> Result<(), StepError> {
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let mut tx = self.app.catalog.write().await?;
            for change in changes.by_ref().take(BATCH) {
                self.one(&mut tx, change).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    async fn one(&mut self, tx: &mut Tx, change: ItemChange<Seen>) -> Result<(), StepError> {
        let now = self.app.now();
        match (change.id, change.record) {
            (Some(id), None) => self.missing(tx, id, &change.then, now).await,
            (id, Some(seen)) => {
                let new = id.is_none();
                let item = match id.and_then(|id| self.items.get(&id).cloned()) {
                    Some(item) => item,
                    None => self.insert(tx, &seen, now).await?,
                };
                self.seen(tx, item, seen, change.came, change.then, new, now)
                    .await
            }
            (None, None) => Ok(()),
        }
    }

    async fn missing(
        &mut self,
        tx: &mut Tx,
        id: ItemId,
        then: &Then,
        now: DateTime<Utc>,
    ) -> Result<(), StepError> {
        match then {
            Then::Absent { scans } => tx.item_missing(id, *scans).await?,
            Then::Deleted { scans } => {
                tx.item_missing(id, *scans).await?;
                tx.item_gone(id, now).await?;
                log(
                    tx,
                    self.app,
                    now,
                    "item.gone",
                    "item",
                    id,
                    json!({"missing_scans": scans}),
                )
                .await?;
                if let Some(item) = self.items.get(&id) {
                    if item.role == ItemRole::Sidecar {
                        tx.forget_sidecar(item.source_id, &item.folder).await?;
                        regroup(tx, self.app, self.source, &item.folder, None).await?;
                    } else {
                        enqueue_assemble(
                            tx,
                            self.app,
                            release_id(item.source_id, &item.group_key),
                            now,
                        )
                        .await?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A record seen for the first time gets its id and its group.
    async fn insert(
        &mut self,
        tx: &mut Tx,
        seen: &Seen,
        now: DateTime<Utc>,
    ) -> Result<Item, StepError> {
        let observed = &seen.observed;
        let id = ItemId(self.app.ids.next());
        let mut origin_id = observed.native_id.clone();
        if tx.origin_taken(self.source.id, &origin_id).await? {
            // Something that was here first has moved away and keeps its name for good.
            origin_id = format!("{origin_id}#{id}");
        }
        let role = if observed.name == SIDECAR_NAME {
            ItemRole::Sidecar
        } else {
            ItemRole::Record
        };
        let group = self.group(tx, seen, &origin_id).await?;
        tx.insert_item(
            &NewItem {
                id,
                source_id: self.source.id,
                native_id: observed.native_id.clone(),
                origin_id,
                role,
                group_key: group.clone(),
                state: ItemState::Processing,
                reasons: Vec::new(),
            },
            now,
        )
        .await?;
        if role == ItemRole::Record {
            tx.know_release(
                release_id(self.source.id, &group),
                self.source.id,
                &group,
                now,
            )
            .await?;
        }
        log(
            tx,
            self.app,
            now,
            "item.seen",
            "item",
            id,
            json!({"source": self.source.name, "path": observed.path}),
        )
        .await?;
        Ok(tx.item(id).await?)
    }

    async fn group(&self, tx: &mut Tx, seen: &Seen, origin_id: &str) -> Result<String, StepError> {
        let name = &seen.observed.name;
        let own = match self.source.group_by {
            GroupBy::File => origin_id.to_owned(),
            GroupBy::Folder | GroupBy::Pair => group_key(self.source.group_by, &seen.folder, name),
        };
        if let Some(body) = tx.sidecar(self.source.id, &seen.folder).await?
            && let Some(sidecar) = body.get("sidecar")
        {
            let sidecar: Sidecar = serde_json::from_value(sidecar.clone())?;
            if let Some(key) = sidecar.group_key(self.source.group_by, &seen.folder, name, &own) {
                return Ok(key);
            }
        }
        Ok(own)
    }

    #[expect(clippy::too_many_arguments, reason = "one change has that many sides")]
    async fn seen(
        &mut self,
        tx: &mut Tx,
        mut item: Item,
        seen: Seen,
        came: Came,
        then: Then,
        new: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StepError> {
        let was_fingerprint = item.observed_fingerprint.clone();
        let (since, fetch, state) = match then {
            Then::Nothing => (item.observed_since, false, None),
            Then::AsFetched { since } => (since, false, None),
            Then::Settling { since, until } => {
                self.settles_at = Some(self.settles_at.map_or(until, |at| at.min(until)));
                (since, false, Some((ItemState::Settling, Vec::new())))
            }
            Then::Fetch { since } => (since, true, None),
            Then::Deferred { since, reason } => {
                (since, false, Some((ItemState::Deferred, vec![reason])))
            }
            Then::Absent { .. } | Then::Deleted { .. } => return Ok(()),
        };
        let observed = seen.observed;
        item.native_id = observed.native_id;
        item.path = observed.path;
        item.name = observed.name;
        item.folder = seen.folder;
        item.observed_fingerprint = observed.fingerprint;
        item.observed_since = since;
        item.move_hint = observed.move_hint;
        item.native = serde_json::Value::Object(observed.native);
        match observed.access {
            Access::Known => "known",
            Access::NotApplicable => "not_applicable",
            Access::Unreadable => "unreadable",
        }
        .clone_into(&mut item.access);
        item.size_bytes = observed.size_bytes;
        item.modified = observed.modified;
        tx.observe_item(&item).await?;
        self.came(tx, &mut item, &came, now).await?;
        let changed = was_fingerprint != item.observed_fingerprint;
        if let Some((state, reasons)) = state {
            self.show(tx, &item, state, &reasons).await?;
        } else if fetch {
            self.fetch(tx, &item, new || changed, now).await?;
        } else if item.role == ItemRole::Record
            && (changed
                || came != Came::Known
                || matches!(item.state, ItemState::Settling | ItemState::Deferred))
        {
            // As it was fetched: its release says again where it stands.
            enqueue_assemble(
                tx,
                self.app,
                release_id(item.source_id, &item.group_key),
                now,
            )
            .await?;
        }
        self.items.insert(item.id, item);
        Ok(())
    }

    async fn show(
        &self,
        tx: &mut Tx,
        item: &Item,
        state: ItemState,
        reasons: &[Bilingual],
    ) -> Result<(), StepError> {
        if item.state != state || item.reasons != reasons {
            tx.set_item_state(item.id, state, reasons).await?;
        }
        Ok(())
    }

    async fn fetch(
        &self,
        tx: &mut Tx,
        item: &Item,
        revive: bool,
        now: DateTime<Utc>,
    ) -> Result<(), StepError> {
        if revive || !matches!(item.state, ItemState::Quarantined | ItemState::Processing) {
            self.show(tx, item, ItemState::Processing, &[]).await?;
        }
        let mut work = NewWork::now(
            WorkKind::Fetch,
            item.id,
            Lane::Source(self.source.name.clone()),
            now,
        );
        if item.role == ItemRole::Sidecar {
            work = work.first();
        }
        if revive {
            work = work.revive();
        }
        tx.enqueue(self.app.ids.as_ref(), now, work).await?;
        Ok(())
    }

    /// What the way it came adds.
    async fn came(
        &self,
        tx: &mut Tx,
        item: &mut Item,
        came: &Came,
        now: DateTime<Utc>,
    ) -> Result<(), StepError> {
        match came {
            Came::Known | Came::New => {}
            Came::Returned { was_gone } => {
                if *was_gone {
                    log(
                        tx,
                        self.app,
                        now,
                        "item.returned",
                        "item",
                        item.id,
                        json!({"path": item.path}),
                    )
                    .await?;
                    tx.set_item_state(item.id, ItemState::Processing, &[])
                        .await?;
                }
            }
            Came::Moved { from } => {
                log(
                    tx,
                    self.app,
                    now,
                    "item.moved",
                    "item",
                    item.id,
                    json!({"from": from, "to": item.native_id}),
                )
                .await?;
                let key = if item.role == ItemRole::Record {
                    let seen = Seen {
                        folder: item.folder.clone(),
                        observed: Observed {
                            native_id: item.native_id.clone(),
                            path: item.path.clone(),
                            name: item.name.clone(),
                            size_bytes: None,
                            modified: None,
                            fingerprint: String::new(),
                            move_hint: None,
                            native: serde_json::Map::new(),
                            access: Access::NotApplicable,
                            deferred: None,
                        },
                    };
                    self.group(tx, &seen, &item.origin_id).await?
                } else {
                    item.group_key.clone()
                };
                for group in [&item.group_key, &key] {
                    let release = release_id(item.source_id, group);
                    tx.know_release(release, item.source_id, group, now).await?;
                    enqueue_assemble(tx, self.app, release, now).await?;
                }
                if key != item.group_key {
                    tx.set_item_group(item.id, &key).await?;
                    item.group_key = key;
                }
            }
        }
        Ok(())
    }
}
