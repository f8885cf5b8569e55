//! Tables of counts, protected in the model before anything is written.
//!
//! Where a source asks for it, every visible table is read as the disclosure crate reads it, protected, attacked, and changed in
//! place: what must not show becomes the mark, what is rounded is rounded, and one column more says what was done in
//! the row. A table that carries marks already is attacked as it stands. Rule that must hold: a table that was not
//! proven safe stays as it was, and says so; nobody takes it for protected.

use rideau_disclosure::{
    DisclosureError, Earlier, Entry, FindOptions, Found, Grid, Microdata, MicrodataOptions,
    Profile, Protected, Shown, Status, Verdict, audit_published, find, looks_like_microdata,
    measure, parse_entry, protect, published_table, summarise,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::header;
use super::model::{Cell, CellValue, LAST_COL, Sheet, Workbook, quote_sheet};
use crate::bilingual;
use crate::domain::{Bilingual, Disclosure, Fact, FactDetail, Part, Place, Tabulated};

const DETECTOR: &str = "disclosure/1";

/// The heading of the column that says what was done in a row.
pub(crate) const STATUS: &str = "status / statut";

/// What is asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Protection {
    /// The department's rules.
    pub profile: Profile,
    /// What random rounding is drawn from: the same in all runs, and not public.
    pub secret: String,
    /// What showed in earlier releases.
    pub earlier: Earlier,
}

/// What came of one sheet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Treated {
    /// The sheet's name.
    pub sheet: String,
    /// What kind of table it is, and how it stands.
    pub disclosure: Disclosure,
    /// True when the sheet was changed.
    pub changed: bool,
    /// What a reviewer reads.
    pub text: Vec<Bilingual>,
    /// Figures and proof. Internal: they hold differences from true values.
    pub proof: Value,
}

impl Treated {
    /// The same as a fact for the rules.
    pub fn fact(&self) -> Fact {
        Fact {
            detail: FactDetail::Disclosure(self.disclosure.clone()),
            place: Place::new(Part::SheetName, quote_sheet(&self.sheet)),
            confidence: 100,
            masked: format!(
                "{}: {}",
                self.disclosure.tabulated.as_str(),
                self.disclosure.verdict
            ),
            detector: DETECTOR.to_owned(),
            reasons: Vec::new(),
        }
    }
}

/// Looks for lists of persons in every visible sheet, and protects its tables of counts where that is asked for.
///
/// `small` says of a sheet, by name, whether it shows small counts: where it does, a table that cannot be read as one is told
/// as `not_understood`.
pub fn protect_tables(
    workbook: &mut Workbook,
    protection: Option<&Protection>,
    small: &dyn Fn(&str) -> bool,
) -> Vec<Treated> {
    let mut treated = Vec::new();
    for index in 0..workbook.sheets.len() {
        let sheet = &workbook.sheets[index];
        if !sheet.is_written() {
            continue;
        }
        let name = sheet.name.clone();
        let Some(numbers) = Numbers::of(workbook, sheet) else {
            if protection.is_some() && small(&name) {
                let why = DisclosureError::NoTable {
                    why: "no plain header row".to_owned(),
                }
                .explain();
                treated.push(told(
                    name,
                    Tabulated::Counts,
                    "not_understood",
                    0,
                    vec![why],
                ));
            }
            continue;
        };
        if looks_like_microdata(&numbers.grid) {
            let rules = protection.map(|p| p.profile.clone()).unwrap_or_default();
            treated.push(persons(name, &numbers, &rules));
        } else if let Some(protection) = protection {
            let (result, changes) = counts(&name, &numbers, protection, small(&name));
            if let Some(changes) = changes {
                changes.apply(&mut workbook.sheets[index]);
            }
            treated.extend(result);
        }
    }
    treated
}

fn told(
    sheet: String,
    tabulated: Tabulated,
    verdict: &str,
    hidden: u64,
    text: Vec<Bilingual>,
) -> Treated {
    Treated {
        sheet,
        disclosure: Disclosure {
            tabulated,
            verdict: verdict.to_owned(),
            hidden,
        },
        changed: false,
        text,
        proof: Value::Null,
    }
}

/// A list of persons: measured, never changed.
fn persons(sheet: String, numbers: &Numbers, rules: &Profile) -> Treated {
    let data = Microdata {
        header: numbers.grid.header.clone(),
        rows: numbers
            .grid
            .rows
            .iter()
            .map(|row| row.iter().map(text_of).collect())
            .collect(),
    };
    match measure(&data, &MicrodataOptions::default(), &rules.microdata) {
        Ok(report) => {
            let verdict = if report.passes { "safe" } else { "exposed" };
            let mut told = told(
                sheet,
                Tabulated::Persons,
                verdict,
                0,
                vec![report.explain()],
            );
            told.proof = json!({ "microdata": report });
            told
        }
        Err(error) => told(
            sheet,
            Tabulated::Persons,
            "not_proven",
            0,
            vec![error.explain()],
        ),
    }
}

fn text_of(entry: &Entry) -> String {
    match entry {
        Entry::Empty => String::new(),
        Entry::Text(text) => text.clone(),
        Entry::Number(number) => number.to_string(),
        Entry::Hidden => "--".to_owned(),
    }
}

/// A table of counts: what is to be said of it, and how it must change.
fn counts(
    sheet: &str,
    numbers: &Numbers,
    protection: &Protection,
    small: bool,
) -> (Option<Treated>, Option<Changes>) {
    let rules = &protection.profile;
    let marks = FindOptions::default();
    let say = |verdict: &str, text| told(sheet.to_owned(), Tabulated::Counts, verdict, 0, text);
    let found = match find(&numbers.grid, &marks) {
        Ok(found) => found,
        Err(DisclosureError::HiddenInput { .. }) => {
            let mut treated = already(sheet, numbers, rules, &marks);
            if small {
                // Marks in some places say nothing about a small count that shows in another.
                "exposed".clone_into(&mut treated.disclosure.verdict);
            }
            return (Some(treated), None);
        }
        // A sheet of words, or of numbers that count nobody small.
        Err(_) if !small => return (None, None),
        Err(error) => return (Some(say("not_understood", vec![error.explain()])), None),
    };
    let result = protect(
        &found.table,
        rules,
        protection.secret.as_bytes(),
        &protection.earlier,
        &|| false,
    );
    let result = match result {
        Ok(result) => result,
        Err(error) => return (Some(say("not_proven", vec![error.explain()])), None),
    };
    let mut text = found.notes.clone();
    text.extend(summarise(&result.summary));
    let safe = result.verdict == Verdict::Safe;
    let hidden = result
        .cells
        .iter()
        .filter(|cell| cell.shown == Shown::Hidden)
        .count() as u64;
    let mut treated = say(if safe { "safe" } else { "not_proven" }, text);
    treated.disclosure.hidden = hidden;
    treated.proof = json!({ "summary": result.summary, "audit": result.audit });
    if !safe {
        return (Some(treated), None);
    }
    let changes = Changes::of(numbers, &found, &result, rules);
    treated.changed = !changes.cells.is_empty();
    (Some(treated), Some(changes))
}

/// A table with marks in it: somebody has protected it. What can an attacker find?
fn already(sheet: &str, numbers: &Numbers, rules: &Profile, marks: &FindOptions) -> Treated {
    let attack = |marks_are_small| {
        let (cells, relations) = published_table(&numbers.grid, marks, rules, marks_are_small)?;
        audit_published(&cells, &relations, rules, &|| false)
    };
    let mut audit = attack(rules.marks_differ || !rules.complementary);
    if matches!(&audit, Ok(audit) if audit.contradiction) {
        // Some marks stand for larger numbers, then.
        audit = attack(false);
    }
    match audit {
        Ok(audit) => {
            let safe = audit.verdict == Verdict::Safe && !audit.contradiction;
            let text = bilingual!(
                "The table hides {} cells already. {} of them are found exactly by adding and subtracting, {} are narrowed down too far, {} could not be judged.",
                "Le tableau masque déjà {} cellules. {} d’entre elles se retrouvent exactement par additions et soustractions, {} sont trop resserrées, {} n’ont pu être jugées.",
                audit.hidden,
                audit.exact,
                audit.narrow,
                audit.open
            );
            let verdict = if safe {
                "safe"
            } else if audit.narrow > 0 {
                "exposed"
            } else {
                "not_proven"
            };
            let mut treated = told(
                sheet.to_owned(),
                Tabulated::Counts,
                verdict,
                audit.hidden as u64,
                vec![text],
            );
            treated.proof = json!({ "audit": audit });
            treated
        }
        Err(error) => told(
            sheet.to_owned(),
            Tabulated::Counts,
            "not_proven",
            0,
            vec![error.explain()],
        ),
    }
}

/// A sheet as the disclosure crate reads it, and where its values stand.
struct Numbers {
    grid: Grid,
    rows: Vec<u32>,
    columns: Vec<u32>,
    header_row: u32,
}

impl Numbers {
    /// The table under a plain header row; none when there is no such row.
    fn of(workbook: &Workbook, sheet: &Sheet) -> Option<Self> {
        let header = header::detect(workbook, sheet)?;
        let marks = FindOptions::default();
        let columns: Vec<u32> = header.labels.keys().copied().collect();
        let mut rows: Vec<u32> = Vec::new();
        let mut entries: Vec<Vec<Entry>> = Vec::new();
        let start = sheet.cells.partition_point(|cell| cell.row <= header.row);
        for cell in sheet.cells.get(start..).unwrap_or_default() {
            let hides = sheet.hidden_rows.contains(cell.row) || workbook.is_invisible(cell);
            let Ok(column) = columns.binary_search(&cell.col) else {
                continue;
            };
            if hides || cell.value.is_blank() {
                continue;
            }
            if rows.last() != Some(&cell.row) {
                rows.push(cell.row);
                entries.push(vec![Entry::Empty; columns.len()]);
            }
            if let Some(row) = entries.last_mut() {
                row[column] = match &cell.value {
                    CellValue::Number(number) => Entry::Number(*number),
                    CellValue::Text(text) => parse_entry(text, &marks),
                    _ => Entry::Text(workbook.shown(cell)),
                };
            }
        }
        Some(Self {
            grid: Grid {
                header: header.labels.values().cloned().collect(),
                rows: entries,
            },
            rows,
            columns,
            header_row: header.row,
        })
    }
}

/// What becomes of the cells of a sheet.
struct Changes {
    cells: Vec<(u32, u32, CellValue)>,
    /// By row: what was done in it.
    status: Vec<(u32, String)>,
    header_row: u32,
    last_col: u32,
}

impl Changes {
    fn of(numbers: &Numbers, found: &Found, result: &Protected, rules: &Profile) -> Self {
        let mut cells = Vec::new();
        let mut words: Vec<Vec<String>> = vec![Vec::new(); numbers.rows.len()];
        for (slot, cell) in found.slots.iter().zip(&result.cells) {
            let word = match cell.status {
                Status::AsCounted => continue,
                Status::Rounded => "rounded",
                Status::Hidden => "suppressed",
            };
            let value = match cell.shown {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "counts of people are far below 2^53"
                )]
                Shown::Number(number) => CellValue::Number(number as f64),
                Shown::Hidden => CellValue::text(rules.mark.as_str()),
            };
            cells.push((numbers.rows[slot.row], numbers.columns[slot.column], value));
            words[slot.row].push(format!("{}:{word}", numbers.grid.header[slot.column]));
        }
        let shown = |cell: usize| match result.cells[cell].shown {
            Shown::Number(number) => Some(number),
            Shown::Hidden => None,
        };
        for derived in &found.derived {
            let text = derived.again(&shown).unwrap_or_else(|| rules.mark.clone());
            let value = match text.parse::<f64>() {
                Ok(number) => CellValue::Number(number),
                Err(_) => CellValue::text(text),
            };
            let slot = derived.slot;
            cells.push((numbers.rows[slot.row], numbers.columns[slot.column], value));
        }
        Self {
            cells,
            status: numbers
                .rows
                .iter()
                .zip(words)
                .filter(|(_, words)| !words.is_empty())
                .map(|(row, words)| (*row, words.join("; ")))
                .collect(),
            header_row: numbers.header_row,
            last_col: numbers.columns.last().copied().unwrap_or(0),
        }
    }

    fn apply(self, sheet: &mut Sheet) {
        if self.cells.is_empty() {
            return;
        }
        for (row, col, value) in self.cells {
            if let Ok(index) = sheet
                .cells
                .binary_search_by_key(&(row, col), |cell| (cell.row, cell.col))
            {
                let cell = &mut sheet.cells[index];
                cell.value = value;
                cell.formula = false;
            }
        }
        let col = sheet
            .cells
            .iter()
            .map(|cell| cell.col)
            .max()
            .unwrap_or(self.last_col)
            .max(self.last_col)
            .saturating_add(1);
        if col > LAST_COL {
            return;
        }
        let words = std::iter::once((self.header_row, STATUS.to_owned())).chain(self.status);
        sheet.cells.extend(words.map(|(row, text)| Cell {
            row,
            col,
            value: CellValue::text(text),
            style: 0,
            formula: false,
        }));
        sheet.finish();
    }
}
