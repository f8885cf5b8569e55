//! Figures for operators, in the Prometheus text format.
//!
//! What is counted while running is kept here; what stands in the catalog is read from there when asked. Rule that
//! must hold: labels are names from the configuration or fixed words, never ids, paths or text.

use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{
    app::App,
    catalog::{CatalogError, WorkKind},
};

/// Labels of a step.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Step {
    step: String,
}

/// Labels of a step's failure.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failure {
    step: String,
    code: String,
    retry: String,
}

/// Labels of a target.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Target {
    target: String,
}

/// Labels of a source.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Source {
    source: String,
}

/// Labels of items.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Items {
    source: String,
    state: String,
}

/// Labels of the queue.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Queue {
    step: String,
    state: String,
}

type Durations = Family<Step, Histogram, fn() -> Histogram>;

/// What is counted while running.
#[derive(Debug)]
pub struct Metrics {
    durations: Durations,
    failures: Family<Failure, Counter>,
    target_errors: Family<Target, Counter>,
    target_writes: Family<Target, Counter>,
    target_bytes: Family<Target, Counter>,
    target_on_the_way: Family<Target, Counter>,
    /// Highest peak memory of a worker, in bytes.
    worker_peak: AtomicU64,
    /// Steps begun, for tests that stop the program at each.
    pub(super) boundaries: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            durations: Durations::new_with_constructor(|| {
                Histogram::new([
                    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
                    300.0,
                ])
            }),
            failures: Family::default(),
            target_errors: Family::default(),
            target_writes: Family::default(),
            target_bytes: Family::default(),
            target_on_the_way: Family::default(),
            worker_peak: AtomicU64::new(0),
            boundaries: AtomicU64::new(0),
        }
    }
}

impl Metrics {
    /// A step ran to its recorded end.
    pub fn step_took(&self, kind: WorkKind, seconds: f64) {
        self.durations
            .get_or_create(&Step {
                step: kind.as_str().to_owned(),
            })
            .observe(seconds);
    }

    /// A step recorded no outcome.
    pub fn step_failed(&self, kind: WorkKind, code: &str, retry: &str) {
        self.failures
            .get_or_create(&Failure {
                step: kind.as_str().to_owned(),
                code: code.to_owned(),
                retry: retry.to_owned(),
            })
            .inc();
    }

    /// A worker ended and says how much memory it had at its peak.
    pub fn worker_used(&self, peak_memory_bytes: Option<u64>) {
        self.worker_peak
            .fetch_max(peak_memory_bytes.unwrap_or(0), Ordering::Relaxed);
    }

    /// The highest peak memory of a worker so far, in bytes.
    pub fn worker_peak(&self) -> u64 {
        self.worker_peak.load(Ordering::Relaxed)
    }

    /// A target failed.
    pub fn target_failed(&self, target: &str) {
        self.target_errors
            .get_or_create(&Target {
                target: target.to_owned(),
            })
            .inc();
    }

    /// A piece of a file is on its way to a target: shows how an upload goes while it goes.
    pub fn target_piece(&self, target: &str, bytes: usize) {
        self.target_on_the_way
            .get_or_create(&Target {
                target: target.to_owned(),
            })
            .inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// A target was written to.
    pub fn target_writes(&self, target: &str, writes: u64, bytes: u64) {
        let labels = Target {
            target: target.to_owned(),
        };
        self.target_writes.get_or_create(&labels).inc_by(writes);
        self.target_bytes.get_or_create(&labels).inc_by(bytes);
    }
}

/// All figures as text.
///
/// # Errors
/// When the catalog cannot be read.
pub async fn render(app: &App) -> Result<String, CatalogError> {
    let now = app.now();
    let mut registry = Registry::with_prefix("rideau");
    let ours = &app.metrics;
    registry.register(
        "step_duration_seconds",
        "Time a step took to its recorded end",
        ours.durations.clone(),
    );
    registry.register(
        "step_failures",
        "Steps that recorded no outcome",
        ours.failures.clone(),
    );
    registry.register(
        "target_errors",
        "Failures of a target",
        ours.target_errors.clone(),
    );
    registry.register(
        "target_writes",
        "Writes to a target",
        ours.target_writes.clone(),
    );
    registry.register(
        "target_bytes",
        "Bytes sent to a target",
        ours.target_bytes.clone(),
    );
    registry.register(
        "target_read_bytes",
        "Bytes of files handed to a target, counted as they go",
        ours.target_on_the_way.clone(),
    );

    let items = Family::<Items, Gauge>::default();
    registry.register("items", "Items by state", items.clone());
    let queue = Family::<Queue, Gauge>::default();
    registry.register("queue", "Pieces of work by step and state", queue.clone());
    let oldest = Gauge::<f64, AtomicU64>::default();
    registry.register(
        "queue_oldest_seconds",
        "How long the oldest piece of work that may run has waited",
        oldest.clone(),
    );
    let fresh = Family::<Source, Gauge<f64, AtomicU64>>::default();
    registry.register(
        "source_last_complete_seconds",
        "Time since a source was last listed to the end",
        fresh.clone(),
    );
    let held = Family::<Source, Gauge>::default();
    registry.register(
        "source_held",
        "1 when so much was missing at once that a person must look",
        held.clone(),
    );

    let mut tx = app.catalog.read().await?;
    let sources = tx.sources().await?;
    for (id, state, count) in tx.item_counts().await? {
        let name = sources
            .iter()
            .find(|source| source.id == id)
            .map_or("unknown", |source| source.name.as_str());
        items
            .get_or_create(&Items {
                source: name.to_owned(),
                state: state.as_str().to_owned(),
            })
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    let figures = tx.queue_figures(now).await?;
    for (step, state, count) in figures.counts {
        queue
            .get_or_create(&Queue { step, state })
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    let seconds = |since: chrono::DateTime<chrono::Utc>| (now - since).as_seconds_f64().max(0.0);
    oldest.set(figures.oldest_due.map_or(0.0, seconds));
    for source in &sources {
        let labels = Source {
            source: source.name.clone(),
        };
        if let Some(at) = source.last_complete_at {
            fresh.get_or_create(&labels).set(seconds(at));
        }
        held.get_or_create(&labels)
            .set(i64::from(source.hold.is_some()));
    }
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        tracing::error!("the metrics could not be written as text");
    }
    Ok(text)
}
