//! Why a document could not be read or written, and the bounds that keep hostile files small.
//!
//! Rule that must hold: whatever cannot be read in full is an error or a warning, never a shorter document.

use crate::{
    bilingual,
    domain::{Bilingual, Unreadable},
};

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file is encrypted.
    #[error("the document needs a password")]
    NeedsPassword,
    /// A part is missing or damaged.
    #[error("the document is damaged in {part}: {why}")]
    Corrupt {
        /// The part of the package, or `package`.
        part: String,
        /// What is wrong, in technical words.
        why: String,
    },
    /// The document is larger than what is read.
    #[error("the document has more than {limit} {what}")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The number allowed.
        limit: u64,
    },
    /// Another format than the reader takes.
    #[error("the document is {what}, which is not read")]
    Unsupported {
        /// What it seems to be.
        what: String,
    },
    /// An output could not be written.
    #[error("writing {name}")]
    Write {
        /// File name of the output.
        name: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

impl DocumentError {
    pub(crate) fn limit(what: &'static str, limit: u64) -> Self {
        Self::Limit { what, limit }
    }

    /// The stable word for the reason, as used by [`Unreadable`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::NeedsPassword => "encrypted",
            Self::Corrupt { .. } => "corrupt",
            Self::Limit { .. } => "limit",
            Self::Unsupported { .. } => "unsupported",
            Self::Write { .. } => "write",
        }
    }

    /// What happened and what to do, for people.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::NeedsPassword => bilingual!(
                "The document is protected by a password. Save a copy without the password.",
                "Le document est protégé par un mot de passe. Enregistrez une copie sans mot de passe."
            ),
            Self::Corrupt { part, .. } => bilingual!(
                "The document is damaged (in {part}). Open it in Word, repair it and save it again.",
                "Le document est endommagé (dans {part}). Ouvrez-le dans Word, réparez-le et enregistrez-le de nouveau."
            ),
            Self::Limit { what, limit } => {
                let quoi = french(what);
                bilingual!(
                    "The document has more than {limit} {what}. Split it, or ask the operator to raise the limit.",
                    "Le document compte plus de {limit} {quoi}. Divisez-le ou demandez à l’opérateur de relever la limite."
                )
            }
            Self::Unsupported { what } => bilingual!(
                "The file is {what}. Save it as a Word document (.docx).",
                "Le format de ce fichier n’est pas pris en charge. Enregistrez-le en document Word (.docx)."
            ),
            Self::Write { name, .. } => bilingual!(
                "The output {name} could not be written. Check the free space and try again.",
                "Le fichier {name} n’a pas pu être écrit. Vérifiez l’espace libre et réessayez."
            ),
        }
    }

    /// The error as the detail of a fact.
    pub fn unreadable(&self) -> Unreadable {
        Unreadable {
            code: self.code().to_owned(),
            reason: self.explain(),
        }
    }
}

fn french(what: &str) -> &str {
    match what {
        "inflated bytes" => "octets décompressés",
        "elements" => "éléments",
        "levels" => "niveaux d’imbrication",
        "parts in the package" => "parties",
        "blocks" => "blocs",
        "slides" => "diapositives",
        "table cells" => "cellules de tableau",
        "notes" => "notes",
        "bytes" => "octets",
        "header fields" => "champs d’en-tête",
        "messages" => "messages",
        "message parts" => "parties de message",
        other => other,
    }
}

/// Bounds of a reader. What exceeds one is [`DocumentError::Limit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Inflated bytes of one part.
    pub part_bytes: u64,
    /// Inflated bytes of all parts together.
    pub total_bytes: u64,
    /// Parts in the package.
    pub parts: u64,
    /// XML elements in one part.
    pub elements: u64,
    /// Depth of XML elements.
    pub levels: usize,
    /// Depth of tables and text boxes within each other.
    pub nesting: usize,
    /// Blocks in the document.
    pub blocks: u64,
    /// Cells of all tables, after merged cells are laid out on the grid.
    pub table_cells: u64,
    /// Footnotes and endnotes.
    pub notes: u64,
    /// Width times height of one image, as its header claims. A larger image becomes a placeholder.
    pub image_pixels: u64,
    /// Depth of attachments within attachments.
    pub attachment_levels: usize,
    /// Bytes of all attachments together, after decoding.
    pub attachment_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            part_bytes: 128 << 20,
            total_bytes: 384 << 20,
            parts: 20_000,
            elements: 2_000_000,
            levels: 256,
            nesting: 20,
            blocks: 500_000,
            table_cells: 1_000_000,
            notes: 20_000,
            image_pixels: 100_000_000,
            attachment_levels: 5,
            attachment_bytes: 256 << 20,
        }
    }
}

/// How to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The bounds.
    pub limits: Limits,
}
