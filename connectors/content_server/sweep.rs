//! A scan: every container is listed, and of the records only what is new, changed or due is read in full.
//!
//! Containers wait on a stack, a few are worked on at once, and each is told when it is whole. After each the scan notes where it
//! stands, so that one that is cut off goes on from there. Rules that must hold: a container is told as listed only when all its
//! entries came; what is repeated from memory looks, as far as a listing tells, exactly as it did; a watched folder that is
//! not shown is an outage, never an empty source.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    sync::{Arc, atomic::Ordering},
};

use serde_json::Value;
use tokio::task::JoinSet;

use super::{
    client::Failure,
    deep,
    jobs::{Done, Job, Told, work},
    native,
    node::Node,
    problem,
    site::Site,
    state::{Cursor, Folder, State},
};
use crate::{Observed, PortError, Retry, ScanEnd, ScanSink};

/// Records that one job reads.
const READ_AT_ONCE: usize = 8;

/// Records that are asked from memory at once.
const KNOWN_AT_ONCE: usize = 500;

/// Containers inside each other, at most.
const DEEPEST: u32 = 256;

/// So many containers in a row that fail for a while mean that the server is away: the scan stops and goes on later.
const FAILURES_IN_A_ROW: u32 = 5;

/// A container that is listed, and whose records are being read.
struct Open {
    folder: Folder,
    records: Vec<Observed>,
    children: Vec<Folder>,
    ignored: u64,
    /// Jobs that still read records of it.
    left: usize,
}

/// Scans the whole source.
pub(super) async fn scan(
    site: &Arc<Site>,
    state: &Value,
    sink: &mut dyn ScanSink,
) -> Result<ScanEnd, PortError> {
    let mut sweep = Sweep::begin(site, state, sink.cursor()).await?;
    let workers = usize::try_from(site.options.workers.max(1)).unwrap_or(1);
    let mut jobs: JoinSet<Done> = JoinSet::new();
    loop {
        while jobs.len() < workers {
            let Some(job) = sweep.next_job(sink).await? else {
                break;
            };
            jobs.spawn(work(Arc::clone(site), job));
        }
        let Some(done) = jobs.join_next().await else {
            break;
        };
        let done = done.map_err(|error| problem::stopped().because(error))?;
        sweep.take(done, sink).await?;
    }
    sweep.end()
}

struct Sweep<'a> {
    site: &'a Site,
    before: State,
    number: u64,
    read_all: bool,
    settings: String,
    roots: BTreeMap<String, String>,
    server: String,
    /// Containers to be listed, last first.
    stack: Vec<Folder>,
    reads: VecDeque<Job>,
    /// Containers that are being listed.
    listing: BTreeMap<u64, Folder>,
    open: BTreeMap<u64, Open>,
    visited: HashSet<u64>,
    failures_in_a_row: u32,
    folders: u64,
    records: u64,
    ignored: u64,
    complete: bool,
}

impl<'a> Sweep<'a> {
    async fn begin(
        site: &'a Site,
        state: &Value,
        cursor: Option<Value>,
    ) -> Result<Self, PortError> {
        let before: Option<State> = serde_json::from_value(state.clone()).unwrap_or_else(|error| {
            tracing::warn!(%error, "the recorded state of the source cannot be read; every record is read anew");
            None
        });
        let settings = site.settings();
        let cursor = cursor
            .and_then(|cursor| serde_json::from_value::<Cursor>(cursor).ok())
            .filter(|cursor| cursor.settings == settings && cursor.roots == site.options.roots);
        let fresh = before.is_none();
        let before = before.unwrap_or_default();
        // Also after a scan that did not come to its end: the next one reads other records in full.
        let number = before
            .sweep
            .max(site.sweep.load(Ordering::Relaxed))
            .saturating_add(1);
        site.sweep.store(number, Ordering::Relaxed);
        let read_all = fresh
            || before.read_all
            || before.settings != settings
            || cursor.as_ref().is_some_and(|cursor| cursor.read_all);
        let round = number.is_multiple_of(site.options.full_read_every.max(1));
        if round {
            site.modules.look_again();
        }
        let mut server = before.server.clone();
        if (round || read_all)
            && let Ok(told) = site.server().await
        {
            server = told.version;
        }
        let mut sweep = Self {
            site,
            number,
            read_all,
            settings,
            roots: before.roots.clone(),
            server,
            before,
            stack: Vec::new(),
            reads: VecDeque::new(),
            listing: BTreeMap::new(),
            open: BTreeMap::new(),
            visited: HashSet::new(),
            failures_in_a_row: 0,
            folders: 0,
            records: 0,
            ignored: 0,
            complete: true,
        };
        match cursor {
            Some(cursor) => sweep.go_on(cursor),
            None => sweep.start(round || read_all).await?,
        }
        Ok(sweep)
    }

    fn go_on(&mut self, cursor: Cursor) {
        tracing::info!(
            containers = cursor.pending.len(),
            "the scan before was cut off; this one goes on from there"
        );
        self.number = cursor.sweep;
        self.folders = cursor.folders;
        self.records = cursor.records;
        self.ignored = cursor.ignored;
        self.complete = cursor.complete;
        self.visited = cursor.pending.iter().map(|folder| folder.id).collect();
        self.visited.extend(&self.site.options.roots);
        self.stack = cursor.pending;
    }

    /// Puts the watched folders on the stack. A single one has no name of its own in paths; several have.
    async fn start(&mut self, ask_names: bool) -> Result<(), PortError> {
        let roots = &self.site.options.roots;
        let several = roots.len() > 1;
        let mut names = BTreeMap::new();
        if several {
            for id in roots {
                let key = id.to_string();
                let name = match self.roots.get(&key) {
                    Some(name) if !ask_names => name.clone(),
                    _ => deep::name_of(self.site, *id)
                        .await?
                        .ok_or_else(|| problem::root_missing(*id))?
                        .segment(),
                };
                names.insert(key, name);
            }
        }
        for id in roots.iter().rev() {
            let path = match names.get(&id.to_string()) {
                None => String::new(),
                Some(name) if names.values().filter(|other| *other == name).count() > 1 => {
                    format!("{name} [{id}]")
                }
                Some(name) => name.clone(),
            };
            if self.visited.insert(*id) {
                self.stack.push(Folder {
                    id: *id,
                    path,
                    ordered: false,
                    depth: 0,
                });
            }
        }
        self.roots = names;
        Ok(())
    }

    /// What to do next: first what ends a container that was begun.
    async fn next_job(&mut self, sink: &mut dyn ScanSink) -> Result<Option<Job>, PortError> {
        if let Some(job) = self.reads.pop_front() {
            return Ok(Some(job));
        }
        while let Some(folder) = self.stack.pop() {
            if folder.depth > DEEPEST {
                self.complete = false;
                sink.unknown(&folder.path, problem::too_deep(folder.id))
                    .await?;
                continue;
            }
            self.listing.insert(folder.id, folder.clone());
            return Ok(Some(Job::List(folder)));
        }
        Ok(None)
    }

    async fn take(&mut self, done: Done, sink: &mut dyn ScanSink) -> Result<(), PortError> {
        match done {
            Done::Listed(folder, Ok(nodes)) => self.listed(folder, nodes, sink).await,
            Done::Emptied(folder, Ok(true)) => self.listed(folder, Vec::new(), sink).await,
            Done::Emptied(folder, Ok(false)) => Err(problem::root_missing(folder.id)),
            Done::Emptied(_, Err(error)) => Err(error),
            Done::Listed(folder, Err(failure)) => self.failed(folder, failure, sink).await,
            Done::Read(id, told) => {
                let Some(mut open) = self.open.remove(&id) else {
                    return Ok(());
                };
                for told in told {
                    match told {
                        Told::Record(record) => {
                            self.failures_in_a_row = 0;
                            open.records.push(*record);
                        }
                        Told::Unknown(node, error) => {
                            self.fails(&error)?;
                            self.complete = false;
                            sink.unknown(&node.to_string(), error).await?;
                        }
                    }
                }
                open.left = open.left.saturating_sub(1);
                if open.left == 0 {
                    self.tell(open, sink).await
                } else {
                    self.open.insert(id, open);
                    Ok(())
                }
            }
        }
    }

    /// A container was listed: sorts out what is in it, and repeats what is remembered and unchanged.
    async fn listed(
        &mut self,
        folder: Folder,
        nodes: Vec<Node>,
        sink: &mut dyn ScanSink,
    ) -> Result<(), PortError> {
        self.listing.remove(&folder.id);
        self.failures_in_a_row = 0;
        let mut open = Open {
            folder,
            records: Vec::new(),
            children: Vec::new(),
            ignored: 0,
            left: 0,
        };
        let mut items = Vec::new();
        let mut taken = BTreeSet::new();
        for node in nodes {
            let role = node.role();
            let passed_over = self.site.options.ignore.contains(&node.id);
            if passed_over || !(role.item || role.container) {
                open.ignored += 1;
                continue;
            }
            if role.container && self.visited.insert(node.id) {
                let mut name = node.segment();
                // Two containers of one name are two folders.
                if !taken.insert(name.clone()) {
                    name = format!("{name} [{}]", node.id);
                }
                open.children.push(Folder {
                    id: node.id,
                    path: native::join(&open.folder.path, &name),
                    ordered: node.is_ordered(),
                    depth: open.folder.depth.saturating_add(1),
                });
            }
            if role.item {
                items.push(node);
            }
        }
        let mut to_read = Vec::new();
        for some in items.chunks(KNOWN_AT_ONCE) {
            let known = self.known(some, sink).await?;
            for node in some {
                let same = known
                    .get(&node.id)
                    .filter(|_| !self.due(node.id))
                    .and_then(|known| {
                        let rights = self.site.rights_listed.load(Ordering::Relaxed);
                        native::remembered(node, known, &open.folder.path, rights)
                    });
                match same {
                    Some(same) => open.records.push(same),
                    None => to_read.push(node.clone()),
                }
            }
        }
        for some in to_read.chunks(READ_AT_ONCE) {
            open.left += 1;
            self.reads.push_back(Job::Read(
                open.folder.id,
                open.folder.path.clone(),
                some.to_vec(),
            ));
        }
        if open.left == 0 {
            self.tell(open, sink).await
        } else {
            self.open.insert(open.folder.id, open);
            Ok(())
        }
    }

    /// What was last reported of these records.
    async fn known(
        &self,
        nodes: &[Node],
        sink: &mut dyn ScanSink,
    ) -> Result<HashMap<u64, Observed>, PortError> {
        if self.read_all {
            return Ok(HashMap::new());
        }
        let ids: Vec<String> = nodes.iter().map(|node| node.id.to_string()).collect();
        let known = sink.known(&ids).await?;
        Ok(known
            .into_iter()
            .filter_map(|known| Some((known.native_id.parse::<u64>().ok()?, known)))
            .collect())
    }

    /// Whether a record is to be read in full in this scan although nothing shows that it changed.
    fn due(&self, id: u64) -> bool {
        let every = self.site.options.full_read_every.max(1);
        // Neighbours by id were made together: they are spread over the scans.
        let spread = id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        spread % every == self.number % every
    }

    async fn tell(&mut self, open: Open, sink: &mut dyn ScanSink) -> Result<(), PortError> {
        let Open {
            folder,
            mut records,
            children,
            ignored,
            ..
        } = open;
        records.sort_by_cached_key(|one| one.native_id.parse::<u64>().unwrap_or(u64::MAX));
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        sink.folder(&folder.path, records).await?;
        self.folders += 1;
        self.records = self.records.saturating_add(count);
        self.ignored = self.ignored.saturating_add(ignored);
        self.stack.extend(children.into_iter().rev());
        self.checkpoint(sink).await
    }

    async fn failed(
        &mut self,
        folder: Folder,
        failure: Failure,
        sink: &mut dyn ScanSink,
    ) -> Result<(), PortError> {
        self.listing.remove(&folder.id);
        if folder.depth == 0 {
            return Err(match failure {
                Failure::Refused(_) => problem::root_missing(folder.id),
                Failure::Port(error) => error,
            });
        }
        let error = match failure {
            Failure::Refused(_) => problem::folder_withheld(folder.id),
            Failure::Port(error) => {
                self.fails(&error)?;
                error
            }
        };
        self.complete = false;
        sink.unknown(&folder.path, error).await?;
        self.checkpoint(sink).await
    }

    /// Ends the scan when the server as a whole seems away, or a person is needed first.
    fn fails(&mut self, error: &PortError) -> Result<(), PortError> {
        if error.code == "unsettled" {
            return Ok(());
        }
        self.failures_in_a_row += 1;
        let alone = !matches!(error.retry, Retry::NeedsPerson);
        if alone && self.failures_in_a_row < FAILURES_IN_A_ROW {
            return Ok(());
        }
        Err(PortError {
            retry: error.retry,
            code: error.code,
            message: error.message.clone(),
            cause: None,
        })
    }

    async fn checkpoint(&self, sink: &mut dyn ScanSink) -> Result<(), PortError> {
        let begun = self.open.values().map(|open| &open.folder);
        let pending = self.stack.iter().chain(begun).chain(self.listing.values());
        let cursor = Cursor {
            sweep: self.number,
            settings: self.settings.clone(),
            roots: self.site.options.roots.clone(),
            read_all: self.read_all,
            pending: pending.cloned().collect(),
            folders: self.folders,
            records: self.records,
            ignored: self.ignored,
            complete: self.complete,
        };
        let cursor =
            serde_json::to_value(cursor).map_err(|error| problem::stopped().because(error))?;
        sink.checkpoint(cursor).await
    }

    fn end(self) -> Result<ScanEnd, PortError> {
        let now = self.site.modules.told();
        // A module that came or went changes what every record tells.
        let other = now.iter().any(|(module, there)| {
            self.before
                .modules
                .get(module)
                .is_some_and(|before| before != there)
        });
        let mut modules = self.before.modules;
        modules.extend(now);
        let state = State {
            version: 1,
            sweep: self.number,
            settings: self.settings,
            modules,
            roots: self.roots,
            read_all: other,
            server: self.server,
        };
        Ok(ScanEnd {
            complete: self.complete,
            folders: self.folders,
            records: self.records,
            ignored: self.ignored,
            state: serde_json::to_value(state)
                .map_err(|error| problem::stopped().because(error))?,
        })
    }
}
