//! The document model: what a person sees, apart from what is hidden.
//!
//! All readers fill it, all writers and the screening read it. Rule that must hold: writers get [`Content`] only,
//! so nothing in [`Hidden`], no header and no footer can reach an output.
//!
//! Tracked changes: `Content` is the document as Word shows it with “No Markup”: insertions and moves accepted,
//! deletions gone. Every change is kept in [`Hidden::changes`] as well, so that a rule decides whether a document
//! with open changes may go at all.

use crate::{
    convert::labels::SensitivityLabel,
    domain::{Place, TextUnit, Unreadable, Warning},
};

/// A document.
#[derive(Debug, Default)]
pub struct Document {
    /// What a person sees in the text. The only part that writers get.
    pub content: Content,
    /// Texts of page headers, for the screening.
    pub headers: Vec<TextUnit>,
    /// Texts of page footers, for the screening.
    pub footers: Vec<TextUnit>,
    /// Texts of watermarks, for the screening.
    pub watermarks: Vec<TextUnit>,
    /// Visible texts that no writer carries over yet (charts, diagrams), for the screening.
    pub not_carried: Vec<TextUnit>,
    /// What a person does not see without looking for it.
    pub hidden: Hidden,
    /// What could not be read, with its place.
    pub unreadable: Vec<(Place, Unreadable)>,
    /// What a person should know about the reading.
    pub warnings: Vec<Warning>,
}

/// What a person sees.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The title; never empty.
    pub title: String,
    /// Whether the title stands in the text, as which block.
    pub title_block: TitleBlock,
    /// Main language as a BCP 47 tag: `en-CA`.
    pub language: String,
    /// The text.
    pub blocks: Vec<Block>,
    /// Footnotes and endnotes in the order of their references; [`Inline::Note`] points here.
    pub notes: Vec<Note>,
    /// Images; [`Image::asset`] points here.
    pub assets: Vec<Asset>,
}

/// Where the title stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TitleBlock {
    /// Nowhere in the text: a writer puts it on top.
    #[default]
    Absent,
    /// It is the block with this index in [`Content::blocks`].
    At(usize),
}

/// A block with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// Where it stands in the source.
    pub at: Place,
}

/// Kinds of blocks.
#[derive(Clone, Debug, PartialEq)]
pub enum BlockKind {
    /// A heading. Level 0 is a document title, 1 to 9 as in the source; writers repair the order.
    Heading {
        /// Level in the source.
        level: u8,
        /// Automatic number as shown: `1.2`.
        label: Option<String>,
        /// Its text.
        content: Vec<Inline>,
    },
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A caption that belongs to no figure or table beside it.
    Caption(Vec<Inline>),
    /// A list.
    List(List),
    /// A table.
    Table(Table),
    /// Images that stand alone, with their caption.
    Figure {
        /// The images.
        images: Vec<Image>,
        /// The caption.
        caption: Option<Vec<Inline>>,
    },
    /// Preformatted text.
    Code(String),
    /// A quotation.
    Quote(Vec<Block>),
    /// Text set apart: a text box or a note beside the text.
    Note(Vec<Block>),
}

/// How list items are marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A bullet.
    Bullet,
    /// 1, 2, 3.
    Decimal,
    /// a, b, c.
    LowerAlpha,
    /// A, B, C.
    UpperAlpha,
    /// i, ii, iii.
    LowerRoman,
    /// I, II, III.
    UpperRoman,
    /// Each item carries its own label: `1.1`, `Article 3`.
    Labelled,
    /// No mark, as in a table of contents.
    Plain,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// How items are marked.
    pub marker: Marker,
    /// Its items.
    pub items: Vec<ListItem>,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListItem {
    /// Its number, for numbered lists.
    pub value: u32,
    /// Its mark as shown in the source, for numbered and labelled lists: `b)`, `1.1`.
    pub label: Option<String>,
    /// Its blocks; further lists are nested lists.
    pub blocks: Vec<Block>,
}

/// How sure it is which cells of a table are headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderSource {
    /// Rows are flagged to repeat as header rows.
    Flagged,
    /// The table style sets the first row apart.
    Style,
    /// Guessed from the look of the first row.
    Guessed,
    /// There is no header row.
    None,
}

/// A table. Every position of its grid is covered by exactly one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Number of columns.
    pub columns: usize,
    /// Number of header rows on top.
    pub header_rows: usize,
    /// How these are known.
    pub header_source: HeaderSource,
    /// True when the cells of the first column label their rows.
    pub header_column: bool,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The caption.
    pub caption: Option<Vec<Inline>>,
    /// The description for people who do not see it.
    pub description: Option<String>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// First column, from 0.
    pub column: usize,
    /// Columns covered, at least 1.
    pub column_span: usize,
    /// Rows covered, at least 1.
    pub row_span: usize,
    /// Its content.
    pub blocks: Vec<Block>,
    /// Where it stands in the source.
    pub at: Place,
}

/// A footnote or endnote.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Its text.
    pub blocks: Vec<Block>,
    /// Where it stands: `footnote 3`.
    pub at: Place,
}

/// Pieces of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Text in one style and one language.
    Text {
        /// The text; tabs stay.
        text: String,
        /// The style.
        style: TextStyle,
        /// Its language, where known.
        language: Option<String>,
    },
    /// A link. Targets are as in the source; writers sanitise them. `#name` is a place in the document.
    Link {
        /// The target.
        target: String,
        /// What is linked.
        content: Vec<Inline>,
    },
    /// An image in the line.
    Image(Image),
    /// A reference to [`Content::notes`], by index.
    Note(usize),
    /// A line break.
    Break,
    /// A place that links lead to.
    Anchor(String),
}

/// Style of text, as far as it carries meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, as in the source"
)]
pub struct TextStyle {
    /// Bold.
    pub strong: bool,
    /// Italic.
    pub emphasis: bool,
    /// Subscript.
    pub sub: bool,
    /// Superscript.
    pub sup: bool,
    /// Struck through.
    pub struck: bool,
}

/// An image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Index in [`Content::assets`]; none when the image could not be carried over.
    pub asset: Option<usize>,
    /// Alternative text.
    pub alt: Option<String>,
    /// True when the author marked it as decorative.
    pub decorative: bool,
    /// Where it stands: `picture 3`.
    pub at: Place,
}

/// The bytes of an image, without metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// File name, from its content: `image-0123456789ab.png`.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What a person does not see. Never written.
#[derive(Debug, Default)]
pub struct Hidden {
    /// Tracked changes.
    pub changes: Vec<Change>,
    /// Comments and replies.
    pub comments: Vec<Comment>,
    /// Text with a hidden attribute, hidden drawings, notes that nothing refers to.
    pub text: Vec<TextUnit>,
    /// Field instructions that carry text (index entries, merge sources).
    pub instructions: Vec<TextUnit>,
    /// Document properties.
    pub properties: Vec<Property>,
    /// Sensitivity labels.
    pub labels: Vec<SensitivityLabel>,
    /// Speaker notes, and everything on hidden slides.
    pub notes: Vec<TextUnit>,
    /// Embedded files and objects: their names, and their text where it can be read.
    pub embedded: Vec<TextUnit>,
    /// Files attached to a message, with their text where it can be read; the place names the part.
    pub attachments: Vec<TextUnit>,
    /// How many files are attached, those within attached messages included.
    pub attached_files: u64,
    /// Number of parts with macros.
    pub macros: u64,
    /// Custom XML parts, with their text.
    pub custom_xml: Vec<TextUnit>,
    /// Links to other files: templates, linked pictures and objects.
    pub external_links: Vec<TextUnit>,
}

/// A tracked change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind.
    pub kind: ChangeKind,
    /// Who made it.
    pub author: String,
    /// The text inserted or deleted.
    pub text: String,
    /// Where.
    pub at: Place,
}

/// Kinds of tracked changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Inserted, or moved here.
    Insertion,
    /// Deleted, or moved away.
    Deletion,
    /// Formatting, or the structure of a table.
    Formatting,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Who wrote it.
    pub author: String,
    /// What.
    pub text: String,
    /// Where: `comment 2`.
    pub at: Place,
}

/// A document property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name: `creator`, `Company`, `MSIP_Label_…`.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// True for custom properties.
    pub custom: bool,
}

impl Block {
    /// All inlines directly in this block.
    pub fn inlines(&self) -> &[Inline] {
        match &self.kind {
            BlockKind::Heading { content, .. }
            | BlockKind::Paragraph(content)
            | BlockKind::Caption(content) => content,
            _ => &[],
        }
    }
}

/// The text of inlines as a person reads it: breaks and tabs as spaces, no note marks.
pub fn plain_text(inlines: &[Inline]) -> String {
    let mut text = String::new();
    push_plain(inlines, &mut text);
    text
}

fn push_plain(inlines: &[Inline], out: &mut String) {
    for inline in inlines {
        match inline {
            Inline::Text { text, .. } => out.push_str(&text.replace('\t', " ")),
            Inline::Link { content, .. } => push_plain(content, out),
            Inline::Break => out.push(' '),
            Inline::Image(_) | Inline::Note(_) | Inline::Anchor(_) => {}
        }
    }
}

/// True when something of the inlines can be seen.
pub fn is_visible(inlines: &[Inline]) -> bool {
    inlines.iter().any(|inline| match inline {
        Inline::Text { text, .. } => !text.trim().is_empty(),
        Inline::Link { content, .. } => is_visible(content),
        Inline::Image(_) | Inline::Note(_) => true,
        Inline::Break | Inline::Anchor(_) => false,
    })
}
