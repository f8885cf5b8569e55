//! Open-format outputs of a version.

use serde::{Deserialize, Serialize};

use super::{Bilingual, Place};

/// What a rendition is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenditionKind {
    /// Comma-separated values of one sheet or table (RFC 4180, UTF-8, no byte-order mark).
    Csv,
    /// Apache Parquet of one sheet or table.
    Parquet,
    /// Frictionless Table Schema of one sheet or table.
    TableSchema,
    /// Accessible HTML.
    Html,
    /// Markdown (GFM).
    Markdown,
    /// Tagged PDF (PDF/UA-1 and PDF/A-2a).
    Pdf,
    /// EPUB 3.
    Epub,
    /// OpenDocument text.
    Odt,
    /// Plain text.
    Text,
    /// An image or another file that an HTML or Markdown rendition refers to.
    Asset,
}

impl RenditionKind {
    /// The name used in tables, configuration and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::TableSchema => "table_schema",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Pdf => "pdf",
            Self::Epub => "epub",
            Self::Odt => "odt",
            Self::Text => "text",
            Self::Asset => "asset",
        }
    }
}

/// A rendition as the converter left it in its output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionFile {
    /// What it is.
    pub kind: RenditionKind,
    /// Plain file name, lower case ASCII, unique within the version: `table-1.csv`.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// What it shows, for people: a sheet's name, a document's title.
    pub title: String,
    /// Language of the text, where known: `en`, `fr`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Rows of data without the header, for tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Something the converter wants a person to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// A stable word: `date_out_of_range`, `no_header_row` …
    pub code: String,
    /// What happened and what to do.
    pub message: Bilingual,
    /// Where.
    pub place: Place,
}
