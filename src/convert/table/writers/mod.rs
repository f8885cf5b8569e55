//! Writers: each visible worksheet becomes one grid as CSV, Parquet and Table Schema.
//!
//! The grid holds what a person sees: hidden sheets, rows and columns, comments, and cells whose format shows nothing are
//! left out. A value is written so that a program can read it back and a person recognises it:
//! - numbers in their shortest form that reads back the same, without grouping or currency sign; what is shown rounded is
//!   written as stored, and a percentage as its fraction (12.5 % is `0.125`), so that CSV, Parquet and schema agree;
//! - numbers under a format of digits only (`00000`) as shown, since leading zeros belong to a code;
//! - dates and times in ISO 8601, lengths of time as `hours:minutes:seconds`, truth as `TRUE`/`FALSE`, errors as shown.
//!
//! Each table has exactly one header row: the labels of the sheet's own header, cleaned for portals, when it plainly has one
//! as its first row, else `column_1` … with the warning `no_header_row`, and every row of the sheet as data. Rows and
//! columns that are empty at the end are cut.
//!
//! Rule that must hold: the same workbook and options give the same bytes; nothing hidden is ever written.

mod csv;
mod grid;
mod parquet;
mod schema;
mod tidy;

use std::path::Path;

use unicode_normalization::UnicodeNormalization;

use crate::bilingual;
use crate::domain::{Part, Place, RenditionFile, RenditionKind, Sha256, Warning};

use super::error::{Limits, TableError};
use super::model::{Sheet, Workbook, quote_sheet};
use grid::Grid;

/// What to do with text in a CSV file that a spreadsheet program could take for a formula.
///
/// Such text starts with `=`, `+`, `-`, `@`, a tab or a carriage return. Numbers and codes without a letter or digit, such
/// as `--`, are always kept. Parquet is never changed, since no program evaluates it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormulaPolicy {
    /// Put an apostrophe before it.
    #[default]
    Quote,
    /// Keep it as it is.
    Keep,
}

/// How to write.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Digest of the version's bytes, for the provenance in Parquet.
    pub source_sha256: Option<Sha256>,
    /// Version of the tool, for the provenance in Parquet.
    pub tool_version: String,
    /// What to do with text that looks like a formula.
    pub formula: FormulaPolicy,
    /// How large a grid may be.
    pub limits: Limits,
    /// Which files are made of each sheet.
    pub kinds: Vec<RenditionKind>,
}

impl Default for WriteOptions {
    /// All kinds, formulas quoted, no provenance.
    fn default() -> Self {
        Self {
            source_sha256: None,
            tool_version: String::new(),
            formula: FormulaPolicy::default(),
            limits: Limits::default(),
            kinds: vec![
                RenditionKind::Csv,
                RenditionKind::Parquet,
                RenditionKind::TableSchema,
            ],
        }
    }
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The files in the output folder, sheet by sheet.
    pub files: Vec<RenditionFile>,
    /// What a person should know about them.
    pub warnings: Vec<Warning>,
}

/// Writes every visible worksheet into a folder.
///
/// # Errors
/// [`TableError::Limit`] when a sheet's grid is too large, [`TableError::Output`] when a file cannot be written.
pub fn write(
    workbook: &Workbook,
    out: &Path,
    options: &WriteOptions,
) -> Result<Vec<RenditionFile>, TableError> {
    write_with_warnings(workbook, out, options).map(|written| written.files)
}

/// Writes every visible worksheet into a folder, and says what a person should know.
///
/// # Errors
/// As [`write`](fn@write).
pub fn write_with_warnings(
    workbook: &Workbook,
    out: &Path,
    options: &WriteOptions,
) -> Result<Written, TableError> {
    let mut written = Written::default();
    let mut number = 0_u32;
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.is_written()) {
        let place = || Place::new(Part::SheetName, quote_sheet(&sheet.name));
        let Some(grid) = Grid::of(workbook, sheet, &options.limits)? else {
            written.warnings.push(Warning {
                code: "empty_sheet".to_owned(),
                message: bilingual!(
                    "A sheet shows nothing and was left out.",
                    "Une feuille ne montre rien et a été laissée de côté."
                ),
                place: place(),
            });
            continue;
        };
        number += 1;
        let base = format!("{}-{number}", slug(&sheet.name));
        if grid.header.is_none() {
            written.warnings.push(Warning {
                code: "no_header_row".to_owned(),
                message: bilingual!(
                    "No plain header row was found, so the columns are numbered and every row is data.",
                    "Aucune ligne d'en-tête simple n'a été trouvée; les colonnes sont numérotées et chaque ligne est une donnée."
                ),
                place: place(),
            });
        }
        if grid.nulls > 0 && options.kinds.contains(&RenditionKind::Parquet) {
            let count = grid.nulls;
            written.warnings.push(Warning {
                code: "missing_as_null".to_owned(),
                message: bilingual!(
                    "{count} codes for missing values are empty in Parquet; CSV keeps them as written.",
                    "{count} codes de valeur manquante sont vides dans Parquet; le CSV les conserve tels quels."
                ),
                place: place(),
            });
        }
        for &kind in &options.kinds {
            let (extension, media_type) = match kind {
                RenditionKind::Csv => ("csv", "text/csv"),
                RenditionKind::Parquet => ("parquet", "application/vnd.apache.parquet"),
                RenditionKind::TableSchema => {
                    ("schema.json", "application/vnd.frictionless.schema+json")
                }
                _ => continue,
            };
            let name = format!("{base}.{extension}");
            let path = out.join(&name);
            match kind {
                RenditionKind::Csv => csv::write(&grid, &path, options.formula)?,
                RenditionKind::Parquet => parquet::write(&grid, &path, options)?,
                _ => schema::write(&grid, &path)?,
            }
            written.files.push(RenditionFile {
                kind,
                name,
                media_type: media_type.to_owned(),
                title: sheet.name.clone(),
                language: None,
                rows: Some(grid.rows.len() as u64),
            });
        }
        records(workbook, sheet, &base, out, options, &mut written)?;
    }
    Ok(written)
}

/// The tables of a sheet as records, where the layout is sure.
fn records(
    workbook: &Workbook,
    sheet: &Sheet,
    base: &str,
    out: &Path,
    options: &WriteOptions,
    written: &mut Written,
) -> Result<(), TableError> {
    if !options.kinds.contains(&RenditionKind::Csv) {
        return Ok(());
    }
    for (number, table) in (1_u32..).zip(tidy::tables(workbook, sheet)) {
        let base = if number == 1 {
            format!("{base}-tidy")
        } else {
            format!("{base}-tidy-{number}")
        };
        let mut add = |kind, name: String, media_type: &str| {
            written.files.push(RenditionFile {
                kind,
                name,
                media_type: media_type.to_owned(),
                title: format!("{} (tidy)", sheet.name),
                language: None,
                rows: Some(table.len() as u64),
            });
        };
        let name = format!("{base}.csv");
        table.write_csv(&out.join(&name), options.formula)?;
        add(RenditionKind::Csv, name, "text/csv");
        if options.kinds.contains(&RenditionKind::TableSchema) {
            let name = format!("{base}.schema.json");
            table.write_schema(&out.join(&name))?;
            add(
                RenditionKind::TableSchema,
                name,
                "application/vnd.frictionless.schema+json",
            );
        }
    }
    Ok(())
}

/// Lower-case ASCII letters, digits and hyphens; `table` when nothing is left.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.nfd().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !unicode_normalization::char::is_combining_mark(c)
            && !slug.is_empty()
            && !slug.ends_with('-')
        {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "table".to_owned()
    } else {
        slug.to_owned()
    }
}

/// The file name of an output for errors.
fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn slugs_are_plain() {
        for (name, plain) in [
            ("Données (fr)", "donnees-fr"),
            ("", "table"),
            ("日本", "table"),
            ("../../etc", "etc"),
            ("Q1 – 2024", "q1-2024"),
            ("ÉTÉ", "ete"),
        ] {
            assert_eq!(slug(name), plain);
        }
    }
}
