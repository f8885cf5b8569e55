//! Facts: what detectors establish about a version. A fact judges nothing; rules do.

use serde::{Deserialize, Serialize};

use super::{Bilingual, Place};

/// Security levels of the Directive on Security Management, in rising order of care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecurityLevel {
    /// Marked unclassified, or a label that means "no category".
    Unclassified,
    /// Protected A: injury outside the national interest.
    ProtectedA,
    /// Protected B: serious injury outside the national interest.
    ProtectedB,
    /// Protected C: extremely grave injury outside the national interest.
    ProtectedC,
    /// Confidential: injury to the national interest.
    Confidential,
    /// Secret: serious injury to the national interest.
    Secret,
    /// Top Secret: exceptionally grave injury to the national interest.
    TopSecret,
}

impl SecurityLevel {
    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unclassified => "unclassified",
            Self::ProtectedA => "protected_a",
            Self::ProtectedB => "protected_b",
            Self::ProtectedC => "protected_c",
            Self::Confidential => "confidential",
            Self::Secret => "secret",
            Self::TopSecret => "top_secret",
        }
    }

    /// 0 for unclassified, 1 to 3 for Protected A to C, 4 to 6 for Confidential to Top Secret.
    pub fn rank(self) -> u8 {
        self as u8
    }
}

/// Whether a marking stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkingState {
    /// In force.
    Standing,
    /// "when completed / une fois rempli": applies to the filled form only.
    WhenCompleted,
    /// Struck or declassified in so many words.
    Lifted,
}

/// Whose data an identifier is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierClass {
    /// About an identifiable individual (Privacy Act, section 3).
    Personal,
    /// Of a business or an organization.
    Business,
    /// Of a public servant in that capacity, or published on purpose (Privacy Act 3(j) to (m)).
    Public,
    /// Cannot be told.
    Unknown,
}

impl IdentifierClass {
    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::Business => "business",
            Self::Public => "public",
            Self::Unknown => "unknown",
        }
    }
}

/// A way in which content hides from a person who opens the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenChannel {
    /// Sheet that is hidden, or very hidden (only visible to macros).
    Sheet,
    /// Hidden or filtered rows that hold content.
    Rows,
    /// Hidden columns that hold content.
    Columns,
    /// Comments and replies.
    Comments,
    /// Tracked insertions, deletions, moves, formatting.
    TrackedChanges,
    /// Text with a hidden attribute.
    HiddenText,
    /// Author, company, template, printer path and the like.
    Properties,
    /// Embedded files and objects.
    Embedded,
    /// Macros.
    Macros,
    /// Links to other workbooks, with the values cached from them.
    ExternalLinks,
    /// Pivot caches, query tables, connections, data models.
    DataCaches,
    /// Custom XML parts.
    CustomXml,
    /// Speaker notes or hidden slides.
    Notes,
    /// Files attached to a message, messages within messages included.
    Attachments,
}

impl HiddenChannel {
    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sheet => "sheet",
            Self::Rows => "rows",
            Self::Columns => "columns",
            Self::Comments => "comments",
            Self::TrackedChanges => "tracked_changes",
            Self::HiddenText => "hidden_text",
            Self::Properties => "properties",
            Self::Embedded => "embedded",
            Self::Macros => "macros",
            Self::ExternalLinks => "external_links",
            Self::DataCaches => "data_caches",
            Self::CustomXml => "custom_xml",
            Self::Notes => "notes",
            Self::Attachments => "attachments",
        }
    }
}

/// How a phrase stands in its text: a title or a heading says what a document is, a sentence says what it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagPosition {
    /// In a header, footer, watermark, title, property, name of a file or sheet, or a short line of the first page.
    Front,
    /// At the head of a short line of its own, or after its label.
    Alone,
    /// In running text.
    Text,
}

impl TagPosition {
    /// All positions, the one that says most first.
    pub const ALL: [Self; 3] = [Self::Front, Self::Alone, Self::Text];

    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Alone => "alone",
            Self::Text => "text",
        }
    }
}

/// Why a part could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// A stable word for the reason: `encrypted`, `corrupt`, `unsupported`, `limit`, `timeout`, `crash`.
    pub code: String,
    /// What happened and what to do next.
    pub reason: Bilingual,
}

/// What a table lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tabulated {
    /// Counts of people.
    Counts,
    /// One person a row.
    Persons,
}

impl Tabulated {
    /// All values.
    pub const ALL: [Self; 2] = [Self::Counts, Self::Persons];

    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::Persons => "persons",
        }
    }
}

/// What is known about a table that could tell who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// What it lists.
    pub tabulated: Tabulated,
    /// How it stands: `safe`, `exposed` (somebody can be told), `not_proven`, `not_understood`.
    pub verdict: String,
    /// Cells that do not show, to protect people.
    pub hidden: u64,
}

/// What was established.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FactDetail {
    /// A security marking, or a sensitivity label that means one.
    Marking {
        /// The level it gives.
        level: SecurityLevel,
        /// Whether it stands.
        state: MarkingState,
        /// Caveats found with it, by stable name: `canadian_eyes_only`, `cabinet_confidence`, `solicitor_client`.
        caveats: Vec<String>,
    },
    /// An identifier or another piece of information about someone.
    Identifier {
        /// Which: `sin`, `email`, `phone`, … (the detector's list).
        identifier: String,
        /// Whose.
        class: IdentifierClass,
    },
    /// A phrase out of a list that policy staff keep with the rules.
    Tag {
        /// The name of the list: `advice`.
        tag: String,
        /// How it stands.
        position: TagPosition,
    },
    /// Content that hides.
    Hidden {
        /// How.
        channel: HiddenChannel,
        /// How many (sheets, rows, comments …).
        count: u64,
    },
    /// A part, or the whole, could not be checked.
    Unreadable(Unreadable),
    /// Cells of a frequency table that show a small number of people.
    SmallCells {
        /// How many cells.
        count: u64,
        /// The number below which a cell counts as small (exclusive).
        threshold: u64,
    },
    /// A table that could tell who somebody is, and what is known about that.
    Disclosure(Disclosure),
    /// Something the converter could not carry over and a person should know.
    Conversion {
        /// A stable word: `dropped_image`, `unsupported_field` …
        code: String,
        /// How many.
        count: u64,
    },
}

/// Something established about a version, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What.
    #[serde(flatten)]
    pub detail: FactDetail,
    /// Where.
    pub place: Place,
    /// How sure the detector is, in percent.
    pub confidence: u8,
    /// Evidence with everything sensitive masked; safe for logs: `SIN •••-•••-286`.
    pub masked: String,
    /// Which detector, with its version: `sin/1`.
    pub detector: String,
    /// Why the detector thinks so, as stable words: `checksum`, `label`, `header`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}
