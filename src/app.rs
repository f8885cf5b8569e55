//! What every role of the program shares, built once at start.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rideau_connectors::{Source, Target};
use serde_json::{Map, Value};

use crate::{
    catalog::{BlobStore, Catalog, Location},
    domain::{Bilingual, Clock, Consent, GroupBy, Ids, SourceId, watching::WatchPolicy},
    engine::{
        metrics::Metrics,
        schedule::{Missed, Schedule},
    },
    sandbox::Sandbox,
    screen::{facts::DetectSettings, rules::RuleBook},
};

/// Everything a step needs.
pub struct App {
    /// The department.
    pub department: Department,
    /// What is known.
    pub catalog: Catalog,
    /// Where the catalog is.
    pub location: Location,
    /// The bytes.
    pub blobs: BlobStore,
    /// Where parsers run.
    pub sandbox: Sandbox,
    /// The rules in force.
    pub rules: RuleBook,
    /// What detectors are told: labels, public domains.
    pub detect: DetectSettings,
    /// Watched places, by name.
    pub sources: BTreeMap<String, SourceSetup>,
    /// Where releases go, by name.
    pub targets: BTreeMap<String, TargetSetup>,
    /// What may go without a person.
    pub policy: Policy,
    /// How conversions come out.
    pub convert: ConvertSetup,
    /// Handing over to the archives.
    pub transfer: TransferSetup,
    /// How the engine works.
    pub engine: EngineSetup,
    /// The department's time zone.
    pub zone: Tz,
    /// Folder for passing files to workers; emptied at start.
    pub scratch: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn Ids>,
    /// Figures for operators.
    pub metrics: Arc<Metrics>,
}

/// The department, as the portal and the archives know it.
#[derive(Clone, Debug)]
pub struct Department {
    /// The portal's name for it.
    pub organization: String,
    /// Its name.
    pub name: Bilingual,
}

/// What a source gives about clearances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClearanceSetup {
    /// It has none.
    #[default]
    None,
    /// Every item should have one; without it, a person looks.
    Required,
}

/// A watched place.
pub struct SourceSetup {
    /// Its id in the catalog.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// How its items make releases.
    pub group_by: GroupBy,
    /// Where its releases go.
    pub targets: Vec<String>,
    /// Record fields where nothing better is known.
    pub defaults: Map<String, Value>,
    /// Record field → JSON pointer into native metadata.
    pub mapping: BTreeMap<String, String>,
    /// Name of an attribute in rules → JSON pointer into native metadata.
    pub facts: BTreeMap<String, String>,
    /// What it gives about clearances.
    pub clearance: ClearanceSetup,
    /// When something is settled, moved, gone.
    pub watch: WatchPolicy,
    /// Most fetches at a time.
    pub concurrency: usize,
    /// When it is scanned; `None`: only when asked.
    pub schedule: Option<Schedule>,
    /// When it may be listed and read; `None`: at any time.
    pub window: Option<Window>,
    /// What about runs missed while down.
    pub missed: Missed,
    /// Up to so many seconds later, told from the name, so that sources do not start together.
    pub jitter_seconds: u64,
    /// Its items are records of enduring value: these are handed over to the archives.
    pub enduring: bool,
    /// Rules by which small counts in its tables are protected; none: a person decides about them.
    pub disclosure: Option<rideau_disclosure::Profile>,
    /// The connector.
    pub connector: Arc<dyn Source>,
}

/// A place where releases become public.
pub struct TargetSetup {
    /// Its name.
    pub name: String,
    /// Most publications at a time.
    pub concurrency: usize,
    /// When publications may start; `None`: at any time.
    pub window: Option<Window>,
    /// Fields that people changed on the target by hand stay as they are there.
    pub keep_edits: bool,
    /// The connector.
    pub connector: Arc<dyn Target>,
}

/// When something may be done: the seconds that a schedule matches.
#[derive(Clone, Debug)]
pub struct Window(pub Schedule);

impl Window {
    /// `None` when it is open now; else when it opens next (`None` inside when it never does).
    pub fn closed_until(&self, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
        let this_second =
            now - chrono::Duration::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
        match self
            .0
            .next_after(this_second - chrono::Duration::seconds(1))
        {
            Some(opening) if opening <= now => None,
            other => Some(other),
        }
    }
}

/// Whether places that rules name are taken out of copies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redacting {
    /// Never: the finding stands.
    Off,
    /// A copy is made without them, and a person decides about it, always.
    #[default]
    Review,
    /// A copy is made without them, and goes like any other.
    Automatic,
}

/// What may go without a person.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// First publication of what is clean and complete.
    pub new_releases: Consent,
    /// Changes of what is public.
    pub updates: Consent,
    /// Taking back.
    pub withdrawals: Consent,
    /// Handing over.
    pub transfers: Consent,
    /// Whether places that rules name are taken out of copies.
    pub redaction: Redacting,
    /// Whether a person's approval takes two persons.
    pub two_persons: bool,
}

/// How conversions come out.
#[derive(Clone, Debug)]
pub struct ConvertSetup {
    /// Renditions of tables: `csv`, `parquet`, `table_schema`.
    pub tables: Vec<String>,
    /// Renditions of documents: `html`, `markdown`, `pdf`, `epub`, `odt`, `text`.
    pub documents: Vec<String>,
    /// Text cells that a spreadsheet would take for a formula get a leading apostrophe.
    pub quote_formulas: bool,
    /// The number below which a count of people is small.
    pub small_cells_below: u64,
    /// What random rounding is drawn from; never shown.
    pub disclosure_secret: String,
}

/// Handing over to the archives.
#[derive(Clone, Debug)]
pub struct TransferSetup {
    /// Where bags are put.
    pub folder: PathBuf,
}

/// How the engine works.
#[derive(Clone, Copy, Debug)]
pub struct EngineSetup {
    /// Pieces of work at a time.
    pub workers: usize,
    /// How long a claim holds without a heartbeat, in seconds.
    pub lease_seconds: u64,
    /// How often claims are renewed, in seconds.
    pub heartbeat_seconds: u64,
    /// Tries before a person is asked.
    pub attempts: u32,
    /// First wait between tries, in seconds; doubled each time.
    pub backoff_first_seconds: u64,
    /// Longest wait between tries, in seconds.
    pub backoff_most_seconds: u64,
    /// How long work under way may take to end after a stop was asked for, in seconds.
    pub grace_seconds: u64,
    /// Largest content fetched, in bytes.
    pub item_limit_bytes: u64,
}

impl App {
    /// The current instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The configured source with this id.
    pub fn source(&self, id: SourceId) -> Option<&SourceSetup> {
        self.sources.values().find(|source| source.id == id)
    }

    /// Today, where the department is.
    pub fn today(&self) -> chrono::NaiveDate {
        self.now().with_timezone(&self.zone).date_naive()
    }
}
