//! source → items: lists a source and records what that means for what is known.
//!
//! Folder by folder, as the connector reports them, so that a long first scan shows and a cut-off one keeps what it saw. Of every
//! folder a digest is remembered: where nothing changed, no item is looked at, and memory does not grow with what is known.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use rideau_connectors::{Access, Observed, PortError, Presence, ScanSink, source::folder_digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{StepError, enqueue_assemble, fetch::regroup, log, outside_window, parse_id};
use crate::{
    app::{App, SourceSetup},
    catalog::{Claimed, FolderMark, Item, Lane, NewItem, NewWork, SourceRow, Tx, WorkKind},
    domain::{
        Bilingual, GroupBy, ItemId, ItemRole, ItemState, SourceId, group_key,
        watching::{
            Around, Came, FolderKey, ItemChange, KnownItem, MassAbsence, Reconciler, SeenItem,
            Then, absent, folder_key,
        },
    },
    record::{SIDECAR_NAME, Sidecar, release_id},
};

/// Changes recorded in one transaction.
const BATCH: usize = 500;

/// How long the place where a scan was cut off is good for going on from.
const CURSOR_HOURS: i64 = 24;

/// Missing records that a source is asked about at once.
const PROBED: usize = 250;

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: SourceId = parse_id(work)?;
    let Some(source) = app.source(id) else {
        let mut tx = app.catalog.write().await?;
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    };
    if outside_window(app, work, source).await? {
        return Ok(());
    }
    let now = app.now();
    let (row, marks) = {
        let mut tx = app.catalog.read().await?;
        (tx.source(id).await?, tx.folder_marks(id).await?)
    };
    let mut sink = Sink::begin(app, source, &row, marks).await?;
    let ended = source.connector.scan(&row.scan_state, &mut sink).await;
    if let Some(failure) = sink.failure.take() {
        return Err(failure);
    }
    let end = ended?;
    sink.pair_moves().await?;
    let complete = end.complete && sink.unknown == 0;
    // After an incomplete scan an earlier hold stays.
    let mut hold = row.hold.clone();
    if complete {
        let absence = sink.count_absence().await?;
        let held = absence
            .filter(|absence| absence.holds(&source.watch))
            .filter(|_| !row.hold_released);
        sink.record_absence(held.is_some()).await?;
        hold = held.map(|absence| json!(absence));
    }

    let mut tx = app.catalog.write().await?;
    tx.scan_ended(
        id,
        now,
        complete.then_some(&end.state),
        hold.as_ref(),
        row.hold_released,
    )
    .await?;
    tx.scan_at(id, sink.generation, None).await?;
    log(
        &mut tx,
        app,
        now,
        "source.scanned",
        "source",
        id,
        json!({
            "complete": complete, "folders": end.folders, "records": end.records, "ignored": end.ignored,
            "unknown_folders": sink.unknown, "hold": hold,
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
    if let Some(at) = sink.settles_at {
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

/// An item as its source last reported it.
pub(super) fn observed_item(item: &Item) -> Observed {
    Observed {
        native_id: item.native_id.clone(),
        path: item.path.clone(),
        name: item.name.clone(),
        size_bytes: item.size_bytes,
        modified: item.modified,
        fingerprint: item.observed_fingerprint.clone(),
        move_hint: item.move_hint.clone(),
        native: item.native.as_object().cloned().unwrap_or_default(),
        access: match item.access.as_str() {
            "known" => Access::Known,
            "unreadable" => Access::Unreadable,
            _ => Access::NotApplicable,
        },
        deferred: None,
    }
}

/// What the connector reports, with the folder it was listed in.
struct Seen {
    folder: String,
    observed: Observed,
}

/// Where a scan that was cut off goes on.
#[derive(Serialize, Deserialize)]
struct Cursor {
    at: DateTime<Utc>,
    cursor: serde_json::Value,
}

struct Sink<'a> {
    app: &'a App,
    source: &'a SourceSetup,
    generation: i64,
    cursor: Option<serde_json::Value>,
    marks: HashMap<FolderKey, FolderMark>,
    reconciler: Reconciler<'a, Seen>,
    settles_at: Option<DateTime<Utc>>,
    unknown: u64,
    /// Folders without a change since the last checkpoint; kept only where there are checkpoints.
    passed: Vec<String>,
    /// What the catalog already knows to be absent in this scan.
    noted_absent: HashSet<ItemId>,
    failure: Option<StepError>,
}

impl<'a> Sink<'a> {
    /// A scan from the beginning, or from where the last one was cut off.
    async fn begin(
        app: &'a App,
        source: &'a SourceSetup,
        row: &SourceRow,
        marks: HashMap<FolderKey, FolderMark>,
    ) -> Result<Self, StepError> {
        let cursor = row
            .scan_cursor
            .clone()
            .and_then(|text| serde_json::from_value::<Cursor>(text).ok())
            .filter(|_| source.connector.resumable())
            .filter(|cursor| app.now() - cursor.at < chrono::TimeDelta::hours(CURSOR_HOURS));
        let mut reconciler = Reconciler::new(app.now(), &source.watch);
        let mut noted_absent = HashSet::new();
        let generation = if cursor.is_some() {
            let generation = row.scan_generation;
            let absent = app
                .catalog
                .read()
                .await?
                .items_absent_in(source.id, generation)
                .await?;
            noted_absent.extend(absent.iter().map(|item| item.id));
            let visited = marks
                .iter()
                .filter(|(_, mark)| mark.generation == generation)
                .map(|(key, _)| *key);
            reconciler.resume(visited, absent.iter().map(known_item));
            generation
        } else {
            // A number of its own from the start: what a scan that is cut off has noted is never taken for this one's.
            let mut tx = app.catalog.write().await?;
            tx.scan_at(source.id, row.scan_generation + 1, None).await?;
            tx.commit().await?;
            row.scan_generation + 1
        };
        Ok(Self {
            app,
            source,
            generation,
            cursor: cursor.map(|cursor| cursor.cursor),
            marks,
            reconciler,
            settles_at: None,
            unknown: 0,
            passed: Vec::new(),
            noted_absent,
            failure: None,
        })
    }

    /// Takes a folder: if nothing in it changed, without a look at its items.
    async fn take(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), StepError> {
        let digest = folder_digest(&records);
        if self.same(folder, digest) {
            return Ok(());
        }
        let seen: Vec<SeenItem<Seen>> = records
            .into_iter()
            .map(|observed| seen_item(folder, observed))
            .collect();
        let (items, around) = self.around(folder, &seen).await?;
        let waiting = self.reconciler.waiting();
        let changes = self.reconciler.folder(folder, seen, around);
        let quiet = changes.is_empty() && self.reconciler.waiting() == waiting;
        let mut recorder = Recorder {
            app: self.app,
            source: self.source,
            items,
            settles_at: self.settles_at,
        };
        recorder.record(changes).await?;
        self.settles_at = recorder.settles_at;
        let mark = FolderMark {
            digest,
            quiet,
            generation: self.generation,
        };
        let mut tx = self.app.catalog.write().await?;
        tx.note_folder(self.source.id, folder, mark).await?;
        Ok(tx.commit().await?)
    }

    /// What is known around the records of a folder.
    async fn around(
        &self,
        folder: &str,
        seen: &[SeenItem<Seen>],
    ) -> Result<(HashMap<ItemId, Item>, Around), StepError> {
        let source = self.source.id;
        let mut tx = self.app.catalog.read().await?;
        let mut items = tx.live_items_in(source, folder).await?;
        let here: HashSet<&str> = items.iter().map(|item| item.native_id.as_str()).collect();
        let strangers: Vec<&SeenItem<Seen>> = seen
            .iter()
            .filter(|seen| !here.contains(seen.native_id.as_str()))
            .collect();
        let ids: Vec<String> = strangers
            .iter()
            .map(|seen| seen.native_id.clone())
            .collect();
        let hints: Vec<String> = strangers
            .iter()
            .filter_map(|seen| seen.move_hint.clone())
            .collect();
        let elsewhere = tx.items_by_native_id(source, &ids).await?;
        let hints = tx
            .items_by_hint(source, &hints)
            .await?
            .into_iter()
            .filter_map(|item| item.move_hint)
            .collect();
        items.extend(elsewhere);
        let known = items.iter().map(known_item).collect();
        Ok((
            items.into_iter().map(|item| (item.id, item)).collect(),
            Around { known, hints },
        ))
    }

    /// After the last folder: what is new may be what is missing under another name.
    async fn pair_moves(&mut self) -> Result<(), StepError> {
        let hints: Vec<String> = self.reconciler.wanted_hints().map(str::to_owned).collect();
        let items = self
            .app
            .catalog
            .read()
            .await?
            .items_by_hint(self.source.id, &hints)
            .await?;
        let candidates = items.iter().map(known_item).collect();
        let (changes, _) = self.reconciler.moves(candidates);
        let mut recorder = Recorder {
            app: self.app,
            source: self.source,
            items: items.into_iter().map(|item| (item.id, item)).collect(),
            settles_at: self.settles_at,
        };
        recorder.record(changes).await?;
        self.settles_at = recorder.settles_at;
        Ok(())
    }

    /// How much is missing after a complete scan; `None` when nothing is.
    async fn count_absence(&self) -> Result<Option<MassAbsence>, StepError> {
        let mut missing = self.reconciler.absent_so_far();
        let mut tx = self.app.catalog.read().await?;
        let mut after: Option<String> = None;
        loop {
            let folders = tx.folders_after(self.source.id, after.as_deref()).await?;
            for folder in folders.iter().filter(|name| self.reconciler.left_out(name)) {
                missing += tx.count_live_items_in(self.source.id, folder).await?;
            }
            match folders.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        if missing == 0 {
            return Ok(None);
        }
        let known = tx.count_live_items(self.source.id).await?;
        Ok(Some(MassAbsence { missing, known }))
    }

    /// Records what a complete scan did not see, and forgets folders in which nothing is left.
    async fn record_absence(&mut self, held: bool) -> Result<(), StepError> {
        let absent = self.reconciler.take_absent();
        self.record_missing(absent, held).await?;
        let mut after: Option<String> = None;
        loop {
            let folders = self
                .app
                .catalog
                .read()
                .await?
                .folders_after(self.source.id, after.as_deref())
                .await?;
            for folder in &folders {
                if !self.reconciler.left_out(folder) {
                    continue;
                }
                let items = {
                    let mut tx = self.app.catalog.read().await?;
                    tx.live_items_in(self.source.id, folder).await?
                };
                self.record_missing(items.iter().map(known_item).collect(), held)
                    .await?;
                let mut tx = self.app.catalog.write().await?;
                if tx.count_live_items_in(self.source.id, folder).await? == 0 {
                    tx.forget_folder(self.source.id, folder).await?;
                } else {
                    tx.wake_folder(self.source.id, folder).await?;
                }
                tx.commit().await?;
            }
            match folders.into_iter().next_back() {
                Some(last) => after = Some(last),
                None => return Ok(()),
            }
        }
    }

    /// Asks the source about what is missing, and counts the absence of what it does not show.
    async fn record_missing(
        &mut self,
        missing: Vec<KnownItem>,
        held: bool,
    ) -> Result<(), StepError> {
        for part in missing.chunks(PROBED) {
            let ids: Vec<String> = part.iter().map(|item| item.native_id.clone()).collect();
            let presence = self.source.connector.probe(&ids).await?;
            let (mut changes, mut items) = (Vec::new(), HashMap::new());
            for (item, presence) in part.iter().zip(presence) {
                if matches!(presence, Presence::Here | Presence::Unknown) {
                    continue;
                }
                changes.push(absent(item, held, &self.source.watch));
                let row = self.app.catalog.read().await?.item(item.id).await?;
                items.insert(item.id, row);
            }
            let mut recorder = Recorder {
                app: self.app,
                source: self.source,
                items,
                settles_at: self.settles_at,
            };
            recorder.record(changes).await?;
        }
        Ok(())
    }

    /// What was told so far survives the end of this process.
    async fn note(&mut self, cursor: serde_json::Value) -> Result<(), StepError> {
        let now = self.app.now();
        let mut tx = self.app.catalog.write().await?;
        for folder in self.passed.drain(..) {
            tx.pass_folder(self.source.id, &folder, self.generation)
                .await?;
        }
        for item in self.reconciler.absent_ids() {
            if self.noted_absent.insert(item) {
                tx.item_absent_in(item, self.generation).await?;
            }
        }
        let cursor = serde_json::to_value(Cursor { at: now, cursor })?;
        tx.scan_at(self.source.id, self.generation, Some(&cursor))
            .await?;
        Ok(tx.commit().await?)
    }

    /// Keeps the failure for the step; what the connector gets ends its scan.
    fn failed<T>(&mut self, result: Result<T, StepError>) -> Result<T, PortError> {
        result.map_err(|failure| {
            let message = failure.explain();
            self.failure = Some(failure);
            PortError::temporary("catalog", message)
        })
    }
}

fn seen_item(folder: &str, observed: Observed) -> SeenItem<Seen> {
    SeenItem {
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
    }
}

#[async_trait]
impl ScanSink for Sink<'_> {
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError> {
        let taken = self.take(folder, records).await;
        self.failed(taken)
    }

    fn same(&mut self, folder: &str, digest: [u8; 16]) -> bool {
        let quiet = |mark: &FolderMark| mark.quiet && mark.digest == digest;
        let same = self.marks.get(&folder_key(folder)).is_some_and(quiet);
        if same {
            self.reconciler.same(folder);
            if self.source.connector.resumable() {
                self.passed.push(folder.to_owned());
            }
        }
        same
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        // The folder's name is not for the log; how many there are is in the scan's event.
        tracing::warn!(source.name = %self.source.name, code = why.code, "a folder could not be listed; what is known of it stays");
        self.unknown += 1;
        self.reconciler.unknown(folder);
        Ok(())
    }

    async fn known(&mut self, native_ids: &[String]) -> Result<Vec<Observed>, PortError> {
        let found = async {
            let mut tx = self.app.catalog.read().await?;
            Ok(tx.items_by_native_id(self.source.id, native_ids).await?)
        }
        .await;
        Ok(self.failed(found)?.iter().map(observed_item).collect())
    }

    fn cursor(&self) -> Option<serde_json::Value> {
        self.cursor.clone()
    }

    async fn checkpoint(&mut self, cursor: serde_json::Value) -> Result<(), PortError> {
        let noted = self.note(cursor).await;
        self.failed(noted)
    }
}

/// Records changes.
struct Recorder<'a> {
    app: &'a App,
    source: &'a SourceSetup,
    /// The known items that the changes are about.
    items: HashMap<ItemId, Item>,
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
        let was_path = item.path.clone();
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
        // A record under its own id and another path has moved too: its source tells things apart by more than their names.
        let came = if came == Came::Known && !new && was_path != item.path {
            Came::Moved { from: was_path }
        } else {
            came
        };
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
                    json!({"from": from, "to": item.path}),
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
