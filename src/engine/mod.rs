//! The engine: claims work, runs steps, retries, schedules.
//!
//! It knows nothing about records; steps do. It wakes when work ends, when something is due, and every few seconds
//! for what other processes have queued. Rule that must hold: a step that fails leaves a visible trace, and nothing else
//! stops because of it.

pub mod clock;
pub mod metrics;
pub mod schedule;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use rideau_connectors::Retry;
use serde_json::json;
use tokio::{sync::watch, task::JoinSet};
use tracing::{Instrument, debug, error, info, warn};

use crate::{
    app::App,
    catalog::{CatalogError, Claim, Claimed, Lane, NewEvent, NewWork, WorkKind},
    domain::{Bilingual, ItemId, ItemState, VersionId},
    steps::{self, StepError},
};

/// How long the engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Until told to stop.
    Daemon,
    /// Until nothing is left to do now. Work that waits longer than this many seconds is left for later.
    Once {
        /// The longest wait that is still waited for, in seconds.
        patience_seconds: u64,
    },
}

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Steps that ran to their recorded end.
    pub steps: u64,
    /// Steps that recorded no outcome; tried again or set aside.
    pub failures: u64,
    /// Work set aside for a person.
    pub set_aside: u64,
    /// True when work under way was released because the grace time had passed.
    pub cut_off: bool,
    /// Peak memory of this process, in bytes; `None` where `/proc` is missing.
    pub peak_memory_bytes: Option<u64>,
    /// Highest peak memory of a worker, in bytes.
    pub worker_peak_memory_bytes: u64,
}

/// Tells the engine to stop: finish what is under way, begin nothing more.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl Stop {
    /// Asks the engine to stop.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        *self.sender.borrow()
    }

    async fn stopped(&self) {
        let mut receiver = self.sender.subscribe();
        // The sender lives as long as self: waiting cannot fail.
        if receiver.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Who we are in the queue: host, process and its start, so that claims of a dead process can be told.
#[derive(Clone, Debug)]
struct Worker {
    name: String,
    host: String,
}

impl Worker {
    fn this_process() -> Self {
        let host = rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned();
        let pid = std::process::id();
        Self {
            name: format!("{host}/{pid}/{}", process_start(pid).unwrap_or_default()),
            host,
        }
    }

    /// Whether a claim belongs to a process of this host that is no more.
    fn is_dead(&self, other: &str) -> bool {
        let mut parts = other.rsplitn(3, '/');
        let (Some(start), Some(pid), Some(host)) = (parts.next(), parts.next(), parts.next())
        else {
            return false;
        };
        let Ok(pid) = pid.parse() else {
            return false;
        };
        host == self.host && process_start(pid).unwrap_or_default() != start
    }
}

/// The most memory this process has had, from `/proc/self/status`.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// When a process started, in the kernel's ticks: tells a process from a later one with the same number.
fn process_start(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces; the start time is the 20th field after it.
    let after = stat.rsplit_once(')')?.1;
    after.split_whitespace().nth(19).map(str::to_owned)
}

/// Called at every step boundary. `RIDEAU_KILL_AT=n` makes the n-th one the last thing this process does: it is how the
/// promise “killed at any instant” is put to the test on the real program.
fn boundary(app: &App) {
    static KILL_AT: std::sync::OnceLock<Option<u64>> = std::sync::OnceLock::new();
    let kill_at = KILL_AT.get_or_init(|| {
        std::env::var("RIDEAU_KILL_AT")
            .ok()
            .and_then(|n| n.parse().ok())
    });
    let passed = app.metrics.boundaries.fetch_add(1, Ordering::Relaxed) + 1;
    if *kill_at == Some(passed) {
        let killed =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        debug!(?killed, "asked to be killed");
    }
}

/// Runs the engine.
///
/// # Errors
/// When the catalog cannot be used at all.
pub async fn run(app: Arc<App>, mode: Mode, stop: Stop) -> Result<Summary, CatalogError> {
    let worker = Worker::this_process();
    prepare(&app, &worker).await?;
    let mut timers = Timers::start(&app, mode).await?;
    let heart = tokio::spawn(heartbeat(Arc::clone(&app), worker.name.clone()));
    let lanes = lanes(&app);
    let mut running: JoinSet<(Claimed, Result<(), StepError>, Duration)> = JoinSet::new();
    let mut summary = Summary::default();
    let mut trouble = 0_u32;

    while !stop.is_stopped() {
        timers.fire(&app).await?;
        let free = app.engine.workers.saturating_sub(running.len());
        let claimed = if free > 0 {
            match claim(&app, &worker, &lanes, free).await {
                Ok(claimed) => {
                    trouble = 0;
                    claimed
                }
                Err(failure) if failure.is_temporary() && trouble < 10 => {
                    trouble += 1;
                    warn!(error = %failure.explain(), "work could not be claimed");
                    tokio::time::sleep(Duration::from_millis(200) * trouble).await;
                    continue;
                }
                Err(failure) => {
                    heart.abort();
                    return Err(failure);
                }
            }
        } else {
            Vec::new()
        };
        let none_claimed = claimed.is_empty();
        for work in claimed {
            boundary(&app);
            let app = Arc::clone(&app);
            let span = tracing::info_span!(
                "step",
                step = work.kind.as_str(),
                work.subject = %work.subject,
                attempt = work.attempt
            );
            let step = async move {
                let begun = Instant::now();
                let result = steps::run(&app, &work).await;
                (work, result, begun.elapsed())
            };
            running.spawn(step.instrument(span));
        }
        if running.is_empty() && none_claimed {
            let due = app.catalog.read().await?.next_due().await?;
            let now = app.now();
            if let Mode::Once { patience_seconds } = mode {
                let patience = chrono::Duration::seconds(
                    i64::try_from(patience_seconds).unwrap_or(i64::MAX / 2),
                );
                if due.is_none_or(|due| due > now + patience) {
                    break;
                }
            }
        }
        let nap = nap(&app, &timers, running.len() < app.engine.workers).await?;
        tokio::select! {
            Some(ended) = running.join_next(), if !running.is_empty() => {
                settle(&app, ended, &mut summary).await;
                // Take what else has ended before asking for more.
                while let Some(ended) = running.try_join_next() {
                    settle(&app, ended, &mut summary).await;
                }
            }
            () = tokio::time::sleep(nap) => {}
            () = stop.stopped() => {}
        }
    }

    wind_down(&app, &mut running, &mut summary).await;
    heart.abort();
    // What was cut off is free for the next at once.
    let mut tx = app.catalog.write().await?;
    tx.free_claims(&worker.name).await?;
    tx.commit().await?;
    summary.peak_memory_bytes = peak_memory();
    summary.worker_peak_memory_bytes = app.metrics.worker_peak();
    Ok(summary)
}

/// Work under way may end within the grace time; what is left is dropped at its next await and tried again later.
async fn wind_down(
    app: &Arc<App>,
    running: &mut JoinSet<(Claimed, Result<(), StepError>, Duration)>,
    summary: &mut Summary,
) {
    let grace = tokio::time::sleep(Duration::from_secs(app.engine.grace_seconds));
    tokio::pin!(grace);
    while !running.is_empty() {
        tokio::select! {
            Some(ended) = running.join_next() => settle(app, ended, summary).await,
            () = &mut grace => {
                summary.cut_off = true;
                running.shutdown().await;
            }
        }
    }
}

/// Frees claims that cannot be alive, and makes sources and rules known.
async fn prepare(app: &App, worker: &Worker) -> Result<(), CatalogError> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    for other in tx.claiming_workers().await? {
        if worker.is_dead(&other) {
            let freed = tx.free_claims(&other).await?;
            info!(work = freed, "took over the work of a process that ended");
        }
    }
    for source in app.sources.values() {
        tx.know_source(source.id, &source.name, source.connector.kind())
            .await?;
    }
    // The windows may have changed with the configuration.
    tx.look_again(now).await?;
    // Rules that changed judge again what they judged before.
    let rules = app.rules.hash().to_string();
    for version in tx.versions_screened_otherwise(&rules).await? {
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Screen, version, Lane::Free, now).revive(),
        )
        .await?;
    }
    tx.commit().await
}

fn lanes(app: &App) -> BTreeMap<Lane, usize> {
    let sources = app
        .sources
        .values()
        .map(|source| (Lane::Source(source.name.clone()), source.concurrency));
    let targets = app
        .targets
        .values()
        .map(|target| (Lane::Target(target.name.clone()), target.concurrency));
    sources.chain(targets).collect()
}

async fn claim(
    app: &App,
    worker: &Worker,
    lanes: &BTreeMap<Lane, usize>,
    limit: usize,
) -> Result<Vec<Claimed>, CatalogError> {
    let now = app.now();
    // Look before taking the write lock.
    match app.catalog.read().await?.next_due().await? {
        Some(due) if due <= now => {}
        _ => return Ok(Vec::new()),
    }
    let mut tx = app.catalog.write().await?;
    let claimed = tx
        .claim(&Claim {
            worker: &worker.name,
            now,
            lease_until: now + seconds(app.engine.lease_seconds),
            limit,
            lanes,
            kinds: &WorkKind::ALL,
        })
        .await?;
    tx.commit().await?;
    Ok(claimed)
}

fn seconds(n: u64) -> chrono::Duration {
    chrono::Duration::seconds(i64::try_from(n).unwrap_or(i64::MAX / 2000))
}

async fn heartbeat(app: Arc<App>, worker: String) {
    let mut ticks = tokio::time::interval(Duration::from_secs(app.engine.heartbeat_seconds.max(1)));
    loop {
        ticks.tick().await;
        let beat = async {
            let mut tx = app.catalog.write().await?;
            tx.heartbeat(&worker, app.now() + seconds(app.engine.lease_seconds))
                .await?;
            tx.commit().await
        };
        if let Err(failure) = beat.await {
            warn!(error = %failure.explain(), "leases could not be renewed");
        }
    }
}

/// How long to sleep when nothing ends meanwhile.
async fn nap(app: &App, timers: &Timers, has_room: bool) -> Result<Duration, CatalogError> {
    // Other processes (a reviewer's approval) queue work without waking us.
    let mut until = app.now() + chrono::Duration::seconds(2);
    if has_room && let Some(due) = app.catalog.read().await?.next_due().await? {
        until = until.min(due);
    }
    until = until.min(timers.next());
    Ok((until - app.now())
        .to_std()
        .unwrap_or_default()
        .max(Duration::from_millis(10)))
}

/// Records how a step ended.
async fn settle(
    app: &App,
    ended: Result<(Claimed, Result<(), StepError>, Duration), tokio::task::JoinError>,
    summary: &mut Summary,
) {
    let (work, result, took) = match ended {
        Ok(ended) => ended,
        Err(failure) => {
            // A panic in a step is a defect; its claim ends with its lease.
            error!(error = %failure, "a step ended without an answer; its work is tried again when its lease ends");
            summary.failures += 1;
            return;
        }
    };
    match result {
        Ok(()) => {
            summary.steps += 1;
            app.metrics.step_took(work.kind, took.as_secs_f64());
            debug!(step = work.kind.as_str(), work.subject = %work.subject, took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "step done");
        }
        Err(StepError::Catalog(CatalogError::LostLease { .. })) => {
            warn!(step = work.kind.as_str(), work.subject = %work.subject, "the lease was lost; another has the work");
        }
        Err(failure) => {
            summary.failures += 1;
            match put_back_or_aside(app, &work, &failure).await {
                Ok(true) => summary.set_aside += 1,
                Ok(false) | Err(CatalogError::LostLease { .. }) => {}
                Err(second) => error!(
                    step = work.kind.as_str(), work.subject = %work.subject, error = %second.explain(),
                    "a failure could not be recorded; the work is tried again when its lease ends"
                ),
            }
        }
    }
    boundary(app);
}

/// Records a failure: back into the queue, or aside for a person. True when it was set aside.
async fn put_back_or_aside(
    app: &App,
    work: &Claimed,
    failure: &StepError,
) -> Result<bool, CatalogError> {
    let now = app.now();
    let reason = failure.explain();
    let retry = failure.retry();
    let word = match retry {
        Retry::Temporary { .. } => "temporary",
        Retry::Permanent => "permanent",
        Retry::NeedsPerson => "needs_person",
    };
    app.metrics.step_failed(work.kind, failure.code(), word);
    if let Some((_, target)) = work.subject.split_once('@') {
        app.metrics.target_failed(target);
    }
    let again = matches!(retry, Retry::Temporary { .. }) && work.attempt < app.engine.attempts;
    let mut tx = app.catalog.write().await?;
    if again || work.kind == WorkKind::Scan {
        let wait = backoff(app, work, failure.wait());
        if work.kind == WorkKind::Scan {
            // A source that fails is tried again by its schedule at the latest; its error is kept with it.
            if let Ok(id) = work.subject.parse() {
                tx.scan_failed(id, now, &reason).await?;
            }
        }
        tx.put_back(work, now + wait, Some(&reason), true).await?;
        tx.commit().await?;
        warn!(
            step = work.kind.as_str(), work.subject = %work.subject, attempt = work.attempt,
            wait_seconds = wait.num_seconds(), code = failure.code(), reason = %reason, "step failed; tried again later"
        );
        return Ok(false);
    }
    let reason = match retry {
        Retry::Temporary { .. } => Bilingual::new(
            format!(
                "{} Tried {} times. `rideau items retry` tries again.",
                reason.en, work.attempt
            ),
            format!(
                "{} Essayé {} fois. `rideau items retry` essaie de nouveau.",
                reason.fr, work.attempt
            ),
        ),
        Retry::Permanent | Retry::NeedsPerson => reason,
    };
    tx.quarantine(work, &reason).await?;
    show_on_item(&mut tx, work, &reason).await?;
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind: "work.set_aside",
            subject_kind: work.kind.as_str(),
            subject_id: work.subject.clone(),
            actor: steps::RIDEAU.to_owned(),
            body: json!({"step": work.kind, "attempts": work.attempt, "code": failure.code(), "reason": reason}),
        },
    )
    .await?;
    tx.commit().await?;
    error!(
        step = work.kind.as_str(), work.subject = %work.subject, code = failure.code(), reason = %reason,
        "step set aside for a person"
    );
    Ok(true)
}

/// The item says why it does not go on.
async fn show_on_item(
    tx: &mut crate::catalog::Tx,
    work: &Claimed,
    reason: &Bilingual,
) -> Result<(), CatalogError> {
    let item = match work.kind {
        WorkKind::Fetch => work.subject.parse::<ItemId>().ok(),
        WorkKind::Convert | WorkKind::Screen => match work.subject.parse::<VersionId>() {
            Ok(version) => Some(tx.version(version).await?.item_id),
            Err(_) => None,
        },
        _ => None,
    };
    if let Some(item) = item {
        tx.set_item_state(item, ItemState::Quarantined, std::slice::from_ref(reason))
            .await?;
    }
    Ok(())
}

/// Doubling from the first wait to the longest, spread by up to a quarter; never less than the other side asked for.
fn backoff(app: &App, work: &Claimed, asked: Option<Duration>) -> chrono::Duration {
    let first = app.engine.backoff_first_seconds.max(1);
    let most = app.engine.backoff_most_seconds.max(first);
    let doubled = first
        .saturating_mul(1 << work.attempt.saturating_sub(1).min(30))
        .min(most);
    // Spread by the work's own id: reproducible, and different for each.
    let spread = u64::from(work.id.0.as_bytes()[15]) * doubled * 1000 / 4 / 255;
    let wait = Duration::from_millis(doubled * 1000 + spread).max(asked.unwrap_or_default());
    chrono::Duration::from_std(wait).unwrap_or(chrono::Duration::hours(1))
}

/// When each source is scanned next, and when restrictions that have lapsed are looked for.
struct Timers {
    due: HashMap<String, DateTime<Utc>>,
    openings: DateTime<Utc>,
    repeat: bool,
}

impl Timers {
    async fn start(app: &App, mode: Mode) -> Result<Self, CatalogError> {
        let now = app.now();
        let known = app.catalog.read().await?.sources().await?;
        let mut due = HashMap::new();
        for source in app.sources.values() {
            let last = known
                .iter()
                .find(|row| row.id == source.id)
                .and_then(|row| row.last_attempt_at);
            let first = match (mode, &source.schedule) {
                (Mode::Once { .. }, _) => Some(now),
                (Mode::Daemon, Some(schedule)) => schedule.first_due(last, now, source.missed),
                (Mode::Daemon, None) => None,
            };
            if let Some(first) = first {
                due.insert(source.name.clone(), first);
            }
        }
        Ok(Self {
            due,
            openings: now,
            repeat: mode == Mode::Daemon,
        })
    }

    fn next(&self) -> DateTime<Utc> {
        self.due.values().copied().fold(self.openings, Ord::min)
    }

    async fn fire(&mut self, app: &App) -> Result<(), CatalogError> {
        let now = app.now();
        if self.openings <= now {
            self.openings = match steps::wake_opened(app).await {
                Ok(woken) => {
                    if woken > 0 {
                        info!(
                            versions = woken,
                            "opening dates have come; these are judged again"
                        );
                    }
                    next_day(now)
                }
                Err(failure) if failure.is_temporary() => {
                    warn!(error = %failure.explain(), "opening dates could not be looked at");
                    now + seconds(60)
                }
                Err(failure) => return Err(failure),
            };
        }
        let ready: Vec<String> = self
            .due
            .iter()
            .filter(|(_, due)| **due <= now)
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            return Ok(());
        }
        let mut tx = app.catalog.write().await?;
        for name in ready {
            self.due.remove(&name);
            let Some(source) = app.sources.get(&name) else {
                continue;
            };
            let jitter = jitter(&name, source.jitter_seconds);
            tx.enqueue(
                app.ids.as_ref(),
                now,
                NewWork::now(
                    WorkKind::Scan,
                    source.id,
                    Lane::Source(name.clone()),
                    now + jitter,
                ),
            )
            .await?;
            let next = source
                .schedule
                .as_ref()
                .and_then(|schedule| schedule.next_after(now));
            if let (true, Some(next)) = (self.repeat, next) {
                self.due.insert(name, next);
            }
        }
        tx.commit().await
    }
}

/// The beginning of the next day, by which rules count (UTC).
fn next_day(now: DateTime<Utc>) -> DateTime<Utc> {
    now.date_naive()
        .succ_opt()
        .map_or(now + chrono::Duration::days(1), |day| {
            day.and_time(chrono::NaiveTime::MIN).and_utc()
        })
}

/// A wait below `most` seconds, always the same for a name.
fn jitter(name: &str, most: u64) -> chrono::Duration {
    if most == 0 {
        return chrono::Duration::zero();
    }
    let hash = crate::domain::Sha256::of(name.as_bytes()).0;
    let number = u64::from_be_bytes(hash[..8].try_into().unwrap_or_default());
    seconds(number % most)
}
