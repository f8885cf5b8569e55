//! What can stop the reading or writing of a table, said so that a person knows what to do.
//!
//! Rule that must hold: an untrusted number never reaches an allocation before it is held against [`Limits`].

use crate::bilingual;
use crate::domain::{Bilingual, Unreadable};

/// How much a file may cost. The defaults take every ordinary workbook and refuse a bomb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file itself, for formats that are read as a whole (`csv`, `xls`, `fods`).
    pub file_bytes: u64,
    /// Bytes after inflating, over all parts of a package.
    pub inflated_bytes: u64,
    /// Filled cells in the whole workbook.
    pub cells: u64,
    /// Sheets in a workbook.
    pub sheets: u64,
    /// Rows × columns of one sheet as it would be written.
    pub grid_area: u64,
    /// Bytes of text in all cells and shared strings.
    pub text_bytes: u64,
    /// Depth of nested XML elements.
    pub nesting: u64,
    /// Comments, links, merges, names and other side matters, each.
    pub side_items: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 512 << 20,
            inflated_bytes: 2 << 30,
            cells: 20_000_000,
            sheets: 1_000,
            grid_area: 50_000_000,
            text_bytes: 1 << 30,
            nesting: 256,
            side_items: 1_000_000,
        }
    }
}

/// Which of the [`Limits`] was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::file_bytes`].
    FileBytes,
    /// [`Limits::inflated_bytes`].
    InflatedBytes,
    /// [`Limits::cells`].
    Cells,
    /// [`Limits::sheets`].
    Sheets,
    /// [`Limits::grid_area`].
    GridArea,
    /// [`Limits::text_bytes`].
    TextBytes,
    /// [`Limits::nesting`].
    Nesting,
    /// [`Limits::side_items`].
    SideItems,
}

impl Limit {
    /// The name used in configuration and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileBytes => "file_bytes",
            Self::InflatedBytes => "inflated_bytes",
            Self::Cells => "cells",
            Self::Sheets => "sheets",
            Self::GridArea => "grid_area",
            Self::TextBytes => "text_bytes",
            Self::Nesting => "nesting",
            Self::SideItems => "side_items",
        }
    }

    fn words(self) -> Bilingual {
        match self {
            Self::FileBytes => Bilingual::new("bytes in the file", "octets dans le fichier"),
            Self::InflatedBytes => {
                Bilingual::new("bytes after unpacking", "octets après décompression")
            }
            Self::Cells => Bilingual::new("filled cells", "cellules remplies"),
            Self::Sheets => Bilingual::new("sheets", "feuilles"),
            Self::GridArea => Bilingual::new(
                "rows × columns on one sheet",
                "lignes × colonnes dans une feuille",
            ),
            Self::TextBytes => Bilingual::new("bytes of text", "octets de texte"),
            Self::Nesting => Bilingual::new("nested elements", "éléments imbriqués"),
            Self::SideItems => Bilingual::new(
                "comments, links or merges",
                "commentaires, liens ou fusions",
            ),
        }
    }
}

/// Why a table could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The content is encrypted.
    #[error("the file is encrypted and needs a password")]
    NeedsPassword,
    /// A part is damaged or not what it claims to be.
    #[error("{part} is damaged: {why}")]
    Corrupt {
        /// The part of the file: `xl/worksheets/sheet1.xml`.
        part: String,
        /// What is wrong with it, without content of the file.
        why: String,
    },
    /// The file asks for more than is allowed.
    #[error("more than {limit} {} (limit {})", what.words().en, what.as_str())]
    Limit {
        /// Which limit.
        what: Limit,
        /// Its value.
        limit: u64,
    },
    /// No reader takes this.
    #[error("no reader takes {what}")]
    Unsupported {
        /// The format or feature.
        what: String,
    },
    /// The input could not be read.
    #[error("reading the input failed")]
    Input(#[source] std::io::Error),
    /// The output could not be written.
    #[error("writing {name} failed")]
    Output {
        /// The output's file name.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TableError {
    /// A damaged part.
    pub(crate) fn corrupt(part: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Corrupt {
            part: part.into(),
            why: why.to_string(),
        }
    }

    /// A failed output.
    pub(crate) fn output(
        name: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Output {
            name: name.into(),
            source: source.into(),
        }
    }

    /// A stable word for the kind of error, as in [`Unreadable::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::NeedsPassword => "encrypted",
            Self::Corrupt { .. } => "corrupt",
            Self::Limit { .. } => "limit",
            Self::Unsupported { .. } => "unsupported",
            Self::Input(_) | Self::Output { .. } => "io",
        }
    }

    /// What happened and what to do next, for a person.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::NeedsPassword => Bilingual::new(
                "The file is protected by a password. Ask its owner for a copy without one.",
                "Le fichier est protégé par un mot de passe. Demandez à son responsable une copie sans mot de passe.",
            ),
            Self::Corrupt { part, .. } => bilingual!(
                "The file is damaged ({part}). Open it in the program that made it, save it again, and replace it.",
                "Le fichier est endommagé ({part}). Ouvrez-le dans le logiciel d'origine, enregistrez-le de nouveau et remplacez-le."
            ),
            Self::Limit { what, limit } => {
                let words = what.words();
                Bilingual::new(
                    format!(
                        "The file has more than {limit} {}. Remove stray content far from the table or split the file.",
                        words.en
                    ),
                    format!(
                        "Le fichier compte plus de {limit} {}. Retirez le contenu égaré loin du tableau ou divisez le fichier.",
                        words.fr
                    ),
                )
            }
            Self::Unsupported { what } => bilingual!(
                "This kind of file cannot be read yet ({what}). Save it as .xlsx, .ods or .csv.",
                "Ce type de fichier ne peut pas encore être lu ({what}). Enregistrez-le en .xlsx, .ods ou .csv."
            ),
            Self::Input(_) => Bilingual::new(
                "The file could not be read from storage. It will be tried again.",
                "Le fichier n'a pas pu être lu depuis le stockage. Un nouvel essai sera fait.",
            ),
            Self::Output { name, .. } => bilingual!(
                "The output {name} could not be written. Check free space and permissions.",
                "Le fichier de sortie {name} n'a pas pu être écrit. Vérifiez l'espace libre et les autorisations."
            ),
        }
    }

    /// The same as the detail of a fact.
    pub fn unreadable(&self) -> Unreadable {
        Unreadable {
            code: self.code().to_owned(),
            reason: self.explain(),
        }
    }
}

/// Counts what a file costs while it is read.
#[derive(Debug)]
pub(crate) struct Budget {
    pub(crate) limits: Limits,
    cells: u64,
    text_bytes: u64,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            cells: 0,
            text_bytes: 0,
        }
    }

    pub(crate) fn cells(&mut self, more: u64) -> Result<(), TableError> {
        self.cells = self.cells.saturating_add(more);
        check(self.cells, self.limits.cells, Limit::Cells)
    }

    pub(crate) fn text(&mut self, bytes: usize) -> Result<(), TableError> {
        self.text_bytes = self.text_bytes.saturating_add(bytes as u64);
        check(self.text_bytes, self.limits.text_bytes, Limit::TextBytes)
    }

    pub(crate) fn side(&self, count: usize) -> Result<(), TableError> {
        check(count as u64, self.limits.side_items, Limit::SideItems)
    }

    pub(crate) fn sheets(&self, count: usize) -> Result<(), TableError> {
        check(count as u64, self.limits.sheets, Limit::Sheets)
    }
}

/// Refuses a value above its limit.
pub(crate) fn check(value: u64, limit: u64, what: Limit) -> Result<(), TableError> {
    if value > limit {
        Err(TableError::Limit { what, limit })
    } else {
        Ok(())
    }
}
