//! From any format we read to open formats: identify, read into a model, write renditions, and hand everything that
//! was read, hidden things included, to the screening.
//!
//! Runs inside the sandbox. Two models: [`table`] and [`document`]. Rule that must hold: a file that cannot be
//! read in full gives a fact that says so, never silence; and nothing here learns where a file came from.

mod about;
pub mod document;
pub mod labels;
mod package;
mod redact;
pub mod table;
mod xml;

pub use redact::Redacted;

use std::{
    fs::File,
    io::{Read, Seek},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    domain::{
        Bilingual, Fact, FactDetail, Format, FormatFamily, Part, Place, Removal, RenditionFile,
        RenditionKind, Sha256, TextUnit, Unreadable, Warning,
    },
    formats,
    sandbox::WorkerError,
};

/// Version of what the program is, for provenance.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What documents can become.
const DOCUMENT_KINDS: [RenditionKind; 6] = [
    RenditionKind::Html,
    RenditionKind::Markdown,
    RenditionKind::Pdf,
    RenditionKind::Epub,
    RenditionKind::Odt,
    RenditionKind::Text,
];

/// Which renditions are wanted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    /// Of tables: `csv`, `parquet`, `table_schema`.
    pub tables: Vec<String>,
    /// Of documents: `html`, `markdown`, `pdf`, `epub`, `odt`, `text`.
    pub documents: Vec<String>,
    /// Whether text that a spreadsheet would take for a formula gets an apostrophe in CSV.
    pub quote_formulas: bool,
    /// The number below which a count of people is small.
    pub small_cells_below: u64,
    /// Whether everything that can be read is handed over for the screening.
    pub units: bool,
    /// How tables of counts are protected; none: they stay as they are.
    #[serde(default)]
    pub protection: Option<table::Protection>,
    /// What is taken out of the copy.
    #[serde(default)]
    pub redact: Vec<Removal>,
}

/// What came of a file.
#[derive(Clone, Debug)]
pub struct Converted {
    /// What it is.
    pub format: Format,
    /// What read and wrote it, with its version.
    pub converter: String,
    /// What was written.
    pub renditions: Vec<RenditionFile>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
    /// `title`, `language`, `period`, `regions`, `columns`, where the content says so.
    pub document: Value,
    /// Everything that can be read in it, for the screening.
    pub units: Vec<TextUnit>,
    /// What the readers established.
    pub facts: Vec<Fact>,
    /// What became of tables that could tell who somebody is.
    pub protected: Vec<table::Treated>,
    /// What was taken out of the copy, or could not be.
    pub redacted: Redacted,
}

/// Identifies a file by its content and converts it.
///
/// # Errors
/// Only when this machine fails (disk full); what is wrong with the file is a fact in the answer.
pub fn convert(
    input: &mut File,
    file_name: &str,
    sha256: Sha256,
    wanted: &Wanted,
    out: &Path,
) -> Result<Converted, WorkerError> {
    let format = formats::identify(input, file_name).map_err(|error| input_failed(&error))?;
    let mut converted = match format.family {
        FormatFamily::Table => tables(input, &format, sha256, wanted, out)?,
        FormatFamily::Document => documents(input, &format, wanted, out)?,
        FormatFamily::Unsupported | FormatFamily::Unknown => nothing(&format, not_read(&format)),
    };
    // What was given up half-way leaves nothing behind.
    if converted.renditions.is_empty() {
        clear(out)?;
    }
    converted.format = format;
    Ok(converted)
}

fn input_failed(error: &dyn std::fmt::Display) -> WorkerError {
    WorkerError::machine(
        "input",
        format!("The file could not be read from storage: {error}."),
        format!("Le fichier n’a pas pu être lu depuis le stockage : {error}."),
    )
}

fn output_failed(error: &dyn std::fmt::Display) -> WorkerError {
    WorkerError::machine(
        "output",
        format!("An output could not be written: {error}."),
        format!("Une sortie n’a pas pu être écrite : {error}."),
    )
}

fn clear(out: &Path) -> Result<(), WorkerError> {
    for entry in std::fs::read_dir(out).map_err(|error| output_failed(&error))? {
        let entry = entry.map_err(|error| output_failed(&error))?;
        std::fs::remove_file(entry.path()).map_err(|error| output_failed(&error))?;
    }
    Ok(())
}

fn nothing(format: &Format, unreadable: Unreadable) -> Converted {
    Converted {
        format: format.clone(),
        converter: format!("none/{VERSION}"),
        renditions: Vec::new(),
        warnings: Vec::new(),
        document: json!({}),
        units: Vec::new(),
        facts: vec![unreadable_fact(unreadable)],
        protected: Vec::new(),
        redacted: Redacted::default(),
    }
}

fn unreadable_fact(unreadable: Unreadable) -> Fact {
    Fact {
        place: Place::new(Part::Package, "file"),
        confidence: 100,
        masked: unreadable.code.clone(),
        detector: format!("convert/{VERSION}"),
        reasons: vec![unreadable.code.clone()],
        detail: FactDetail::Unreadable(unreadable),
    }
}

fn not_read(format: &Format) -> Unreadable {
    if format.encrypted {
        return Unreadable {
            code: "encrypted".to_owned(),
            reason: Bilingual::new(
                "The file needs a password. Save a copy without one beside it, or hand it to a person who knows it.",
                "Le fichier exige un mot de passe. Enregistrez-en une copie sans mot de passe, ou confiez-le à une personne qui le connaît.",
            ),
        };
    }
    if format.name == "empty" {
        return Unreadable {
            code: "corrupt".to_owned(),
            reason: Bilingual::new(
                "The file is empty: it has no content at all. Restore it from a backup.",
                "Le fichier est vide : il n’a aucun contenu. Restaurez-le d’une sauvegarde.",
            ),
        };
    }
    let name = &format.name;
    Unreadable {
        code: "unsupported".to_owned(),
        reason: if format.family == FormatFamily::Unknown {
            Bilingual::new(
                "The format was not recognised by its content. Save the file in a current format, or have a person look at it.",
                "Le format n’a pas été reconnu d’après le contenu. Enregistrez le fichier dans un format courant, ou faites-le examiner.",
            )
        } else {
            crate::bilingual!(
                "No reader takes the format {name} yet. Save the file as .docx, .html, .xlsx, .ods or .csv, or have a person look at it.",
                "Aucun lecteur ne prend encore le format {name}. Enregistrez le fichier en .docx, .html, .xlsx, .ods ou .csv, ou faites-le examiner."
            )
        },
    }
}

fn tables(
    input: &mut File,
    format: &Format,
    sha256: Sha256,
    wanted: &Wanted,
    out: &Path,
) -> Result<Converted, WorkerError> {
    let mut workbook = match table::read(format, input, &table::ReadOptions::default()) {
        Ok(workbook) => workbook,
        Err(table::TableError::Input(error)) => return Err(input_failed(&error)),
        Err(error) => return Ok(nothing(format, error.unreadable())),
    };
    let options = table::WriteOptions {
        source_sha256: Some(sha256),
        tool_version: VERSION.to_owned(),
        formula: if wanted.quote_formulas {
            table::FormulaPolicy::Quote
        } else {
            table::FormulaPolicy::Keep
        },
        kinds: [
            RenditionKind::Csv,
            RenditionKind::Parquet,
            RenditionKind::TableSchema,
        ]
        .into_iter()
        .filter(|kind| wanted.tables.iter().any(|name| name == kind.as_str()))
        .collect(),
        ..table::WriteOptions::default()
    };
    let mut facts = table::facts(
        &workbook,
        &table::FactOptions {
            small_cell_threshold: wanted.small_cells_below,
        },
    );
    let mut units = Vec::new();
    if wanted.units {
        units = table::units(&workbook);
        match package_labels(input, format) {
            Ok(labels) => units.extend(labels),
            Err(unreadable) => facts.push(unreadable_fact(unreadable)),
        }
    }
    // Everything above is about the file as it came; what follows is about the copy.
    let shows_small = |sheet: &str| {
        facts.iter().any(|fact| {
            matches!(fact.detail, FactDetail::SmallCells { .. })
                && fact.place.at == table::quote_sheet(sheet)
        })
    };
    let language = about::language(&units);
    let redacted = redact_tables(&mut workbook, &wanted.redact, language);
    let protected = table::protect_tables(&mut workbook, wanted.protection.as_ref(), &shows_small);
    facts.extend(protected.iter().map(table::Treated::fact));
    let mut warnings = workbook.warnings.clone();
    let mut renditions = Vec::new();
    match table::write_with_warnings(&workbook, out, &options) {
        Ok(written) => {
            renditions = written.files;
            warnings.extend(written.warnings);
        }
        Err(error @ table::TableError::Output { .. }) => return Err(output_failed(&error)),
        Err(error) => facts.push(unreadable_fact(error.unreadable())),
    }
    Ok(Converted {
        format: format.clone(),
        converter: format!("rideau-table/{VERSION}"),
        renditions,
        warnings,
        document: about_tables(&workbook, language),
        units,
        facts,
        protected,
        redacted,
    })
}

/// The places taken out; the workbook stays as it is where one of them is refused.
fn redact_tables(
    workbook: &mut table::Workbook,
    places: &[Removal],
    language: Option<&str>,
) -> Redacted {
    if places.is_empty() {
        return Redacted::default();
    }
    let mut copy = workbook.clone();
    let redacted = table::redact(&mut copy, places, language == Some("fr"));
    if redacted.is_done() {
        *workbook = copy;
    }
    redacted
}

/// What tables tell about themselves, where it is plain.
fn about_tables(workbook: &table::Workbook, language: Option<&str>) -> Value {
    let mut about = serde_json::Map::new();
    if let Some(language) = language {
        about.insert("language".to_owned(), json!(language));
    }
    if let Some(period) = table::period(workbook) {
        about.insert(
            "period".to_owned(),
            json!({"start": period.start.to_string(), "end": period.end.to_string()}),
        );
    }
    if let Some(regions) = table::regions(workbook) {
        about.insert("regions".to_owned(), json!(regions));
    }
    let columns = table::column_labels(workbook);
    if !columns.is_empty() {
        about.insert("columns".to_owned(), json!(columns));
    }
    Value::Object(about)
}

fn documents(
    input: &mut File,
    format: &Format,
    wanted: &Wanted,
    out: &Path,
) -> Result<Converted, WorkerError> {
    if format.encrypted || !document::reads(format) {
        return Ok(nothing(format, not_read(format)));
    }
    let mut read = match document::read(format, input, &document::ReadOptions::default()) {
        Ok(read) => read,
        Err(error) => return Ok(nothing(format, error.unreadable())),
    };
    let mut facts = document::facts(&read);
    let mut units = document::units(&read);
    units.extend(document::labels(&read).iter().map(label_unit));
    // What is written counts more than what the template was set to.
    let language = about::language(&units)
        .map(str::to_owned)
        .or_else(|| read.content.language.get(..2).map(str::to_ascii_lowercase));
    let redacted = if wanted.redact.is_empty() {
        Redacted::default()
    } else {
        document::redact(&mut read, &wanted.redact, language.as_deref() == Some("fr"))
    };
    let options = document::WriteOptions {
        kinds: DOCUMENT_KINDS
            .into_iter()
            .filter(|kind| wanted.documents.iter().any(|name| name == kind.as_str()))
            .collect(),
        ..document::WriteOptions::default()
    };
    let mut warnings = read.warnings.clone();
    let mut renditions = Vec::new();
    match document::write(&read, out, &options) {
        Ok((files, more)) => {
            renditions = files;
            warnings.extend(more);
        }
        Err(error) if error.code() == "output" => return Err(output_failed(&error)),
        Err(error) => facts.push(unreadable_fact(error.unreadable())),
    }
    // A title that lost something is no title: a person writes one.
    let title = (!redacted.title).then_some(&read.content.title);
    Ok(Converted {
        format: format.clone(),
        converter: format!("rideau-document/{VERSION}"),
        renditions,
        warnings,
        document: json!({"title": title, "language": language}),
        units,
        facts,
        protected: Vec::new(),
        redacted,
    })
}

/// Sensitivity labels of an office package, which table readers do not look for.
fn package_labels(input: &mut File, format: &Format) -> Result<Vec<TextUnit>, Unreadable> {
    if !matches!(
        format.name.as_str(),
        "xlsx" | "xlsm" | "xltx" | "xltm" | "xlsb"
    ) {
        return Ok(Vec::new());
    }
    let unreadable = |why: String| Unreadable {
        code: "corrupt".to_owned(),
        reason: crate::bilingual!(
            "The sensitivity labels could not be read: {why}. Have a person look at the file.",
            "Les étiquettes de confidentialité n’ont pas pu être lues : {why}. Faites examiner le fichier."
        ),
    };
    input
        .rewind()
        .map_err(|error| unreadable(error.to_string()))?;
    let mut zip = zip::ZipArchive::new(input).map_err(|error| unreadable(error.to_string()))?;
    let labels = labels::from_package(&mut zip).map_err(|error| error.unreadable())?;
    Ok(labels.iter().map(label_unit).collect())
}

/// A label as the screening knows it: the property that says whether it is on.
fn label_unit(label: &labels::SensitivityLabel) -> TextUnit {
    let mut unit = TextUnit::new(
        Part::Label,
        format!("sensitivity label {}", label.guid),
        if label.enabled { "true" } else { "false" },
    );
    unit.labels
        .push(format!("MSIP_Label_{}_Enabled", label.guid));
    unit
}

/// Reads a rendition back from its own bytes, for the screening.
///
/// # Errors
/// Only when this machine fails; a rendition that cannot be read is a fact in the answer.
pub fn read_back(
    kind: RenditionKind,
    input: &mut File,
) -> Result<(Vec<TextUnit>, Vec<Fact>), WorkerError> {
    let found = match kind {
        RenditionKind::Csv | RenditionKind::Parquet | RenditionKind::TableSchema => {
            table::units_of_rendition(kind, input, &table::Limits::default())
                .map_err(|error| error.unreadable())
        }
        RenditionKind::Html
        | RenditionKind::Markdown
        | RenditionKind::Pdf
        | RenditionKind::Epub
        | RenditionKind::Odt
        | RenditionKind::Text => {
            let mut bytes = Vec::new();
            input
                .read_to_end(&mut bytes)
                .map_err(|error| input_failed(&error))?;
            let units = match kind {
                RenditionKind::Html => document::units_of_html(&bytes),
                RenditionKind::Markdown => document::units_of_markdown(&bytes),
                RenditionKind::Pdf => document::units_of_pdf(&bytes),
                RenditionKind::Epub => document::units_of_epub(&bytes),
                RenditionKind::Odt => document::units_of_odt(&bytes),
                _ => document::units_of_text(&bytes),
            };
            units.map_err(|error| error.unreadable())
        }
        // A picture: its bytes were written by our own filter; its text is not read yet.
        RenditionKind::Asset => Ok(Vec::new()),
    };
    Ok(match found {
        Ok(units) => (units, Vec::new()),
        Err(unreadable) => (Vec::new(), vec![unreadable_fact(unreadable)]),
    })
}
