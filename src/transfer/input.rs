//! What goes into a bag, as plain values. The caller has decided; nothing here asks again.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::{
    Bilingual, Decision, DismissalId, Finding, Format, ReleaseId, RenditionKind, Sha256,
};

/// Everything a bag is made from.
#[derive(Clone, Debug)]
pub struct BagInput {
    /// Name of the bag's folder: one safe name, see [`super::legal_name`].
    pub bag_name: String,
    /// The bag's id; all ids in its metadata are derived from it.
    pub bag_id: Uuid,
    /// The release whose items it holds.
    pub release: ReleaseId,
    /// The day of the decision. It stands for every date the bag itself needs, so that a later run gives the same bytes.
    pub created_for: NaiveDate,
    /// Version of rideau that plans the bag: `0.1.0`. Keep it with the plan, so that an upgrade does not change a bag.
    pub software_version: String,
    /// The department.
    pub organization: Bilingual,
    /// Name of the source the items are from.
    pub source_name: String,
    /// Title of the release.
    pub title: Bilingual,
    /// The record in the portal's terms: `title_translated`, `notes_translated`, `keywords`, `license_id` …
    pub record: Map<String, Value>,
    /// What groups this bag with others: the release's group, or a disposition authority.
    pub group: String,
    /// Hash of the bundle the decisions must be about.
    pub bundle_hash: Sha256,
    /// The items, in any order.
    pub items: Vec<BagItem>,
    /// All decisions about the release, oldest first.
    pub decisions: Vec<Decision>,
}

/// One version of one item.
#[derive(Clone, Debug)]
pub struct BagItem {
    /// The source's own id.
    pub native_id: String,
    /// Folders and name in the source, separated by `/`. Taken as hostile.
    pub path: String,
    /// File name in the source.
    pub name: String,
    /// Which version: 1 for the first.
    pub version: u64,
    /// Hash of the original.
    pub sha256: Sha256,
    /// Size of the original, in bytes.
    pub size_bytes: u64,
    /// What the original is.
    pub format: Format,
    /// How the format was established, in the words of DROID; nothing when that is not known.
    pub identified_by: Option<Identification>,
    /// Last change by the source's clock.
    pub modified: Option<DateTime<Utc>>,
    /// Native metadata as captured with these bytes.
    pub native: Value,
    /// A local file with the original's bytes.
    pub original: PathBuf,
    /// What was made of it.
    pub renditions: Vec<BagRendition>,
    /// Facts by kind, with how many of each.
    pub fact_counts: BTreeMap<String, u64>,
    /// All findings, standing or lifted, of both rule sets.
    pub findings: Vec<BagFinding>,
    /// What was done on the way from original to renditions: a list of `{"kind": …, "detail": …}`.
    pub treatments: Value,
    /// What happened to it, from the audit log, oldest first.
    pub events: Vec<BagEvent>,
}

/// One open-format output.
#[derive(Clone, Debug)]
pub struct BagRendition {
    /// File name, unique within the item.
    pub name: String,
    /// What it is.
    pub kind: RenditionKind,
    /// Hash of its content.
    pub sha256: Sha256,
    /// Size, in bytes.
    pub size_bytes: u64,
    /// A local file with its bytes.
    pub path: PathBuf,
    /// Media type.
    pub media_type: String,
    /// What made it, with its version: `table/1`.
    pub converter: String,
    /// True when it was published; the record's licence then applies to it.
    pub released: bool,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSubject {
    /// The version as it came.
    Original,
    /// The renditions, read again from their own bytes.
    Renditions,
}

/// A finding with where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BagFinding {
    /// What it is about.
    pub subject: FindingSubject,
    /// False when a treatment lifted it, or a person dismissed all it rests on.
    pub stands: bool,
    /// The dismissals of what it rests on; the audit log in the bag tells who made them and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<DismissalId>,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

/// One entry of the audit log about an item.
#[derive(Clone, Debug)]
pub struct BagEvent {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// What happened: `version.fetched`, `version.converted`, `version.screened` …
    pub kind: String,
    /// Who did it.
    pub actor: String,
    /// Details, as logged.
    pub body: Value,
}

/// DROID's three ways to know a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identification {
    /// By byte sequences.
    Signature,
    /// By the parts of a ZIP or OLE2 package.
    Container,
    /// By the extension only.
    Extension,
}

impl Identification {
    /// DROID's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "Signature",
            Self::Container => "Container",
            Self::Extension => "Extension",
        }
    }
}
