//! Where something stands in an item: the address a reviewer can go to.

use serde::{Deserialize, Serialize};

/// The kind of place. Rules weigh a marking in a header otherwise than a word in a paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Running text.
    Body,
    /// A heading or document title in the text.
    Title,
    /// Running text on the first page, above the first heading or in the first few paragraphs.
    FirstPage,
    /// Page header (documents) or print header (sheets).
    Header,
    /// Page or print footer.
    Footer,
    /// Watermark.
    Watermark,
    /// Footnote or endnote.
    Note,
    /// Text box or shape.
    TextBox,
    /// Alternative text of a picture.
    AltText,
    /// Table cell of a document.
    TableCell,
    /// Spreadsheet cell.
    Cell,
    /// Name of a sheet.
    SheetName,
    /// A defined name, validation list or other formula-like text of a workbook.
    Formula,
    /// Target of a link.
    Link,
    /// Comment or reply, with its author.
    Comment,
    /// Text a tracked change inserts.
    TrackedInsertion,
    /// Text a tracked change deletes.
    TrackedDeletion,
    /// Text with a hidden attribute.
    HiddenText,
    /// Anything on a hidden or very hidden sheet.
    HiddenSheet,
    /// Cell in a hidden or filtered row.
    HiddenRow,
    /// Cell in a hidden column.
    HiddenColumn,
    /// Speaker notes.
    SpeakerNotes,
    /// An embedded file.
    Embedded,
    /// Document property (title, author, company, custom).
    Property,
    /// Sensitivity label.
    Label,
    /// The item's file name.
    FileName,
    /// Metadata captured from the source system.
    Native,
    /// A part of the package as such (for what could not be read).
    Package,
}

impl Part {
    /// True for what a person who opens the file does not see without looking for it.
    pub fn is_hidden(self) -> bool {
        matches!(
            self,
            Self::Comment
                | Self::TrackedInsertion
                | Self::TrackedDeletion
                | Self::HiddenText
                | Self::HiddenSheet
                | Self::HiddenRow
                | Self::HiddenColumn
                | Self::SpeakerNotes
                | Self::Embedded
                | Self::Property
                | Self::Label
        )
    }

    /// The name used in rules and evidence.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Title => "title",
            Self::FirstPage => "first_page",
            Self::Header => "header",
            Self::Footer => "footer",
            Self::Watermark => "watermark",
            Self::Note => "note",
            Self::TextBox => "text_box",
            Self::AltText => "alt_text",
            Self::TableCell => "table_cell",
            Self::Cell => "cell",
            Self::SheetName => "sheet_name",
            Self::Formula => "formula",
            Self::Link => "link",
            Self::Comment => "comment",
            Self::TrackedInsertion => "tracked_insertion",
            Self::TrackedDeletion => "tracked_deletion",
            Self::HiddenText => "hidden_text",
            Self::HiddenSheet => "hidden_sheet",
            Self::HiddenRow => "hidden_row",
            Self::HiddenColumn => "hidden_column",
            Self::SpeakerNotes => "speaker_notes",
            Self::Embedded => "embedded",
            Self::Property => "property",
            Self::Label => "label",
            Self::FileName => "file_name",
            Self::Native => "native",
            Self::Package => "package",
        }
    }
}

/// A half-open range of bytes in the text of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// An address in an item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The kind of place.
    pub part: Part,
    /// The address a person can find: `Sheet1!B7`, `paragraph 12`, `header 1`, `custom property MSIP_Label_…`.
    pub at: String,
    /// The bytes within the unit's text, where that means something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

impl Place {
    /// A place without a span.
    pub fn new(part: Part, at: impl Into<String>) -> Self {
        Self {
            part,
            at: at.into(),
            span: None,
        }
    }

    /// The same place, narrowed to a span of its text.
    #[must_use]
    pub fn with_span(mut self, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.span = Some(Span {
            start: clamp(start),
            end: clamp(end),
        });
        self
    }
}

/// A piece of text with its place: what readers hand to the screening.
///
/// One unit is one cell, one paragraph, one header, one comment or one property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextUnit {
    /// Where the text stands.
    pub place: Place,
    /// The text itself, as a person would read it.
    pub text: String,
    /// What labels this text: the column header of a cell, the name of a property, the row label. Empty when nothing does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl TextUnit {
    /// A unit without labels.
    pub fn new(part: Part, at: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            place: Place::new(part, at),
            text: text.into(),
            labels: Vec::new(),
        }
    }
}
