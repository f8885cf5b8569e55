//! What a version is, by its bytes.

use serde::{Deserialize, Serialize};

/// Which reader takes a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatFamily {
    /// A workbook or delimited text: table model.
    Table,
    /// A text document: document model.
    Document,
    /// Known, but no reader takes it yet.
    Unsupported,
    /// Not recognised.
    Unknown,
}

/// A format, as identified from content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Our short name: `xlsx`, `docx`, `csv` …; `unknown` when not recognised.
    pub name: String,
    /// PRONOM unique identifier where one is known: `fmt/214`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pronom: Option<String>,
    /// Media type.
    pub media_type: String,
    /// Which reader takes it.
    pub family: FormatFamily,
    /// True when the content is encrypted and needs a password.
    pub encrypted: bool,
    /// True when the file's extension says something else.
    pub extension_mismatch: bool,
}
