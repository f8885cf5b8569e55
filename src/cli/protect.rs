//! `rideau protect` and `rideau audit-table`: statistical tables, here and now.
//!
//! `protect` writes a protected copy of every table of a file, with a status for each cell, a note in both languages, a
//! summary that may be shown and a proof that may not. `audit-table` attacks tables that are out already. Rule that must
//! hold: what was not proven safe is not written as a table.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use rideau_disclosure::{
    Derived, DisclosureError, Earlier, Entry, FindOptions, Found, Grid, Microdata,
    MicrodataOptions, Profile, Protected, PublishedAudit, PublishedCell, Relation, Rounding, Shown,
    Status, Verdict, audit_published, find, looks_like_microdata, measure, parse_entry, protect,
    published_table, summarise,
};
use serde_json::{Value, json};

use super::{Out, Said, oneoff};
use crate::{
    bilingual,
    domain::Bilingual,
    sandbox::{Limits, Sandbox},
    screen::{facts::DetectSettings, phrases::PhraseLists},
    setup,
};

/// Protect tables against disclosure, here and now.
#[derive(Debug, Args)]
pub(super) struct Protect {
    /// The file: a workbook or a delimited text.
    file: PathBuf,
    /// The rules: ircc, frequency, or a file with a profile (TOML).
    #[arg(long, default_value = "ircc")]
    profile: String,
    /// Folder for what comes out.
    #[arg(long, short)]
    output: PathBuf,
    /// Earlier releases of the same table: what showed there counts as known.
    #[arg(long)]
    earlier: Vec<PathBuf>,
    /// File with the secret that seeds random rounding; the same for all tables, and not public.
    #[arg(long)]
    secret: Option<PathBuf>,
}

/// Attack published tables, all together.
#[derive(Debug, Args)]
pub(super) struct AuditTable {
    /// The files; cells with the same labels are the same cell.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The rules they were published under: ircc, frequency, or a file with a profile (TOML).
    #[arg(long, default_value = "frequency")]
    profile: String,
}

/// A table of a file, under the name of its rendition.
struct Sheet {
    name: String,
    grid: Grid,
}

/// The tables of a file, read in the sandbox and taken from its CSV renditions.
async fn sheets(sandbox: &Sandbox, file: &Path, marks: &FindOptions) -> anyhow::Result<Vec<Sheet>> {
    let scratch = tempfile::tempdir()?;
    let wanted = oneoff::wanted(&["csv".to_owned()], false)?;
    let detect = DetectSettings::default();
    let phrases = PhraseLists::default();
    let examination = oneoff::examine(sandbox, file, scratch.path(), &wanted, &detect, &phrases)
        .await?
        .map_err(|error| Said(error.explain()))?;
    let mut sheets = Vec::new();
    for rendition in &examination.renditions {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_path(scratch.path().join(&rendition.name))?;
        let header = reader.headers()?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            rows.push(
                record?
                    .iter()
                    .map(|text| parse_entry(text, marks))
                    .collect(),
            );
        }
        sheets.push(Sheet {
            name: rendition.name.clone(),
            grid: Grid { header, rows },
        });
    }
    if sheets.is_empty() {
        return Err(Said(bilingual!(
            "{} holds no table that can be read.",
            "{} ne contient aucun tableau lisible.",
            file.display()
        ))
        .into());
    }
    Ok(sheets)
}

impl Protect {
    pub(super) async fn run(self, out: &Out) -> anyhow::Result<ExitCode> {
        let rules = setup::disclosure_profile(Path::new(&self.profile))?;
        let marks = FindOptions::default();
        let secret = match &self.secret {
            Some(path) => std::fs::read(path)?,
            None => Vec::new(),
        };
        if secret.is_empty() && matches!(rules.rounding, Rounding::Random { .. }) {
            return Err(Said(Bilingual::new(
                "Random rounding needs a secret: give --secret FILE, the same for all tables.",
                "L’arrondi aléatoire exige un secret : donnez --secret FICHIER, le même pour tous les tableaux.",
            ))
            .into());
        }
        let sandbox = Sandbox::of_this_program(Limits::default())?;
        let earlier = self.earlier(&sandbox, &marks).await?;
        std::fs::create_dir_all(&self.output)?;
        let mut results = Vec::new();
        let mut safe = true;
        for sheet in sheets(&sandbox, &self.file, &marks).await? {
            out.text(&sheet.name);
            let (value, passes) = if looks_like_microdata(&sheet.grid) {
                persons(&sheet, &rules, out)?
            } else {
                self.one(&sheet, &rules, &marks, &secret, &earlier, out)?
            };
            safe &= passes;
            results.push(value);
        }
        out.value(&results)?;
        Ok(if safe {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }

    /// What showed in earlier releases. A table of them that cannot be read stops the work: it might be the one that tells.
    async fn earlier(&self, sandbox: &Sandbox, marks: &FindOptions) -> anyhow::Result<Earlier> {
        let mut earlier = Earlier::default();
        let exact = Profile::default();
        for file in &self.earlier {
            for sheet in sheets(sandbox, file, marks).await? {
                let (cells, _) = published_table(&sheet.grid, marks, &exact, false)
                    .map_err(|error| Said(error.explain()))?;
                for cell in cells.into_iter().filter(|cell| !cell.hidden) {
                    earlier.values.insert(cell.key, cell.low);
                }
            }
        }
        Ok(earlier)
    }

    fn one(
        &self,
        sheet: &Sheet,
        rules: &Profile,
        marks: &FindOptions,
        secret: &[u8],
        earlier: &Earlier,
        out: &Out,
    ) -> anyhow::Result<(Value, bool)> {
        let found = match find(&sheet.grid, marks) {
            Ok(found) => found,
            Err(error) => {
                let why = error.explain();
                out.text(&format!("  ✗ {}", out.get(&why)));
                return Ok((json!({"table": sheet.name, "error": why}), false));
            }
        };
        let result = protect(&found.table, rules, secret, earlier, &|| false)
            .map_err(|error| Said(error.explain()))?;
        let mut said = found.notes.clone();
        said.extend(summarise(&result.summary));
        for line in &said {
            out.text(&format!("  {}", out.get(line)));
        }
        let stem = sheet.name.trim_end_matches(".csv");
        let folder = self.output.join(stem);
        std::fs::create_dir_all(&folder)?;
        let passes = result.verdict == Verdict::Safe;
        let table = folder.join("protected.csv");
        if passes {
            write_table(&table, sheet, &found, &result, rules)?;
            std::fs::write(folder.join("NOTE.txt"), note(rules))?;
        } else if table.exists() {
            // Left over from a run under other rules; it must not be taken for this one's result.
            std::fs::remove_file(&table)?;
        }
        std::fs::write(
            folder.join("summary.json"),
            serde_json::to_vec_pretty(&json!({"summary": result.summary, "text": said}))?,
        )?;
        std::fs::write(
            folder.join("proof.internal.json"),
            serde_json::to_vec_pretty(&result.audit)?,
        )?;
        out.text(&format!("  → {}", folder.display()));
        let value = json!({
            "table": sheet.name, "folder": folder, "summary": result.summary, "text": said,
            "written": passes,
        });
        Ok((value, passes))
    }
}

/// A list of persons: measured, never written.
fn persons(sheet: &Sheet, rules: &Profile, out: &Out) -> anyhow::Result<(Value, bool)> {
    let data = Microdata {
        header: sheet.grid.header.clone(),
        rows: sheet
            .grid
            .rows
            .iter()
            .map(|row| row.iter().map(text_of).collect())
            .collect(),
    };
    let report = measure(&data, &MicrodataOptions::default(), &rules.microdata)
        .map_err(|error| Said(error.explain()))?;
    let said = report.explain();
    out.text(&format!("  {}", out.get(&said)));
    let value = json!({"table": sheet.name, "microdata": report, "text": said, "written": false});
    Ok((value, report.passes))
}

fn text_of(entry: &Entry) -> String {
    match entry {
        Entry::Empty => String::new(),
        Entry::Text(text) => text.clone(),
        Entry::Number(number) => number.to_string(),
        Entry::Hidden => "--".to_owned(),
    }
}

/// The table as it was, with what shows now, and one column more that says what was done in the row.
fn write_table(
    path: &Path,
    sheet: &Sheet,
    found: &Found,
    result: &Protected,
    rules: &Profile,
) -> anyhow::Result<()> {
    let width = sheet.grid.header.len();
    let mut rows: Vec<Vec<String>> = sheet
        .grid
        .rows
        .iter()
        .map(|row| {
            let mut texts: Vec<String> = row.iter().map(text_of).collect();
            texts.resize(width, String::new());
            texts
        })
        .collect();
    let mut status: Vec<Vec<String>> = vec![Vec::new(); rows.len()];
    for (slot, cell) in found.slots.iter().zip(&result.cells) {
        rows[slot.row][slot.column] = match cell.shown {
            Shown::Number(number) => number.to_string(),
            Shown::Hidden => rules.mark.clone(),
        };
        let word = match cell.status {
            Status::AsCounted => continue,
            Status::Rounded => "rounded",
            Status::Hidden => "suppressed",
        };
        status[slot.row].push(format!("{}:{word}", sheet.grid.header[slot.column]));
    }
    let shown = |cell: usize| match result.cells[cell].shown {
        Shown::Number(number) => Some(number),
        Shown::Hidden => None,
    };
    for derived in &found.derived {
        let slot = derived.slot;
        rows[slot.row][slot.column] = again(derived, &shown, rules);
    }
    let mut writer = csv::Writer::from_path(path)?;
    let mut header = sheet.grid.header.clone();
    header.push("status / statut".to_owned());
    writer.write_record(&header)?;
    for (mut row, status) in rows.into_iter().zip(status) {
        row.push(status.join("; "));
        writer.write_record(&row)?;
    }
    writer.flush()?;
    Ok(())
}

fn again(derived: &Derived, shown: &dyn Fn(usize) -> Option<i64>, rules: &Profile) -> String {
    derived.again(shown).unwrap_or_else(|| rules.mark.clone())
}

/// What readers of the table must be told, in both languages.
fn note(rules: &Profile) -> String {
    let mark = &rules.mark;
    let base = rules.rounding.base();
    let mut notes = vec![bilingual!(
        "“{mark}” stands for a number that does not show, to protect people. It may be of any size.",
        "« {mark} » remplace un nombre qui ne paraît pas, afin de protéger des personnes. Ce nombre peut être de toute grandeur."
    )];
    if matches!(rules.rounding, Rounding::Controlled { .. }) && base > 1 {
        notes.push(bilingual!(
            "Numbers are rounded to multiples of {base} so that all totals add.",
            "Les nombres sont arrondis à des multiples de {base} de façon que tous les totaux concordent."
        ));
    } else if base > 1 {
        notes.push(bilingual!(
            "Numbers are rounded to multiples of {base}, each on its own; totals may differ from the sum of their parts.",
            "Les nombres sont arrondis à des multiples de {base}, chacun séparément ; les totaux peuvent différer de la somme de leurs parties."
        ));
    }
    let english: Vec<&str> = notes.iter().map(|note| note.en.as_str()).collect();
    let french: Vec<&str> = notes.iter().map(|note| note.fr.as_str()).collect();
    format!("{}\n\n{}\n", english.join("\n"), french.join("\n"))
}

impl AuditTable {
    pub(super) async fn run(self, out: &Out) -> anyhow::Result<ExitCode> {
        let rules = setup::disclosure_profile(Path::new(&self.profile))?;
        let marks = FindOptions::default();
        let sandbox = Sandbox::of_this_program(Limits::default())?;
        let mut grids = Vec::new();
        for file in &self.files {
            grids.extend(sheets(&sandbox, file, &marks).await?);
        }
        let attack = |marks_are_small: bool| -> Result<PublishedAudit, DisclosureError> {
            let mut all = Linked::default();
            for sheet in &grids {
                let (cells, relations) =
                    published_table(&sheet.grid, &marks, &rules, marks_are_small)?;
                all.add(cells, relations);
            }
            audit_published(&all.cells, &all.relations, &rules, &|| false)
        };
        let said = |error: DisclosureError| Said(error.explain());
        let mut audit = attack(rules.marks_differ || !rules.complementary).map_err(said)?;
        if audit.contradiction {
            // Some marks stand for larger numbers, then, and the reader has to allow for it.
            audit = attack(false).map_err(said)?;
        }
        let text = if audit.contradiction {
            Bilingual::new(
                "The numbers contradict each other under these rules; nothing can be said.",
                "Les nombres se contredisent selon ces règles ; on ne peut rien en dire.",
            )
        } else {
            bilingual!(
                "{} of {} hidden cells are found exactly, {} are narrowed down too far, {} could not be judged.",
                "{} des {} cellules masquées sont retrouvées exactement, {} sont trop resserrées, {} n’ont pu être jugées.",
                audit.exact,
                audit.hidden,
                audit.narrow,
                audit.open
            )
        };
        out.say(&text);
        // The intervals themselves stay out: they are what an attacker wants.
        out.value(&json!({
            "verdict": audit.verdict, "cells": audit.cells, "hidden": audit.hidden, "exact": audit.exact,
            "narrow": audit.narrow, "open": audit.open, "contradiction": audit.contradiction, "text": text,
        }))?;
        Ok(match audit.verdict {
            Verdict::Safe => ExitCode::SUCCESS,
            Verdict::NotProven => ExitCode::from(1),
        })
    }
}

/// Tables put together: a cell with the same key is the same cell, known as well as the best of them shows it.
#[derive(Default)]
struct Linked {
    cells: Vec<PublishedCell>,
    relations: Vec<Relation>,
    places: std::collections::BTreeMap<String, usize>,
}

impl Linked {
    fn add(&mut self, cells: Vec<PublishedCell>, relations: Vec<Relation>) {
        let mut place = Vec::with_capacity(cells.len());
        for cell in cells {
            if let Some(&index) = self.places.get(&cell.key) {
                let known = &mut self.cells[index];
                known.low = known.low.max(cell.low);
                known.high = match (known.high, cell.high) {
                    (Some(one), Some(two)) => Some(one.min(two)),
                    (one, two) => one.or(two),
                };
                // Hidden in one table is meant to be hidden; shown in another it is found.
                known.hidden |= cell.hidden;
                place.push(index);
            } else {
                self.places.insert(cell.key.clone(), self.cells.len());
                place.push(self.cells.len());
                self.cells.push(cell);
            }
        }
        for relation in relations {
            self.relations.push(Relation {
                total: place[relation.total],
                parts: relation.parts.iter().map(|&part| place[part]).collect(),
            });
        }
    }
}
