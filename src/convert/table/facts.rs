//! Facts that a workbook's structure gives by itself: what hides, small counts, what could not be read.
//!
//! Rule that must hold: a channel that no reader could see gives an `Unreadable` fact, so that rules can stop on it.

use std::collections::BTreeMap;

use crate::bilingual;
use crate::domain::{Fact, FactDetail, HiddenChannel, Part, Place, Unreadable};

use super::model::{Cell, CellValue, Sheet, Visibility, Workbook, quote_sheet};

const DETECTOR: &str = "table/1";
const SMALL_CELLS: &str = "small_cells/1";

/// Properties that name a person or an organization.
const TELLING: [&str; 10] = [
    "creator",
    "initial-creator",
    "lastModifiedBy",
    "Company",
    "Manager",
    "printed-by",
    "Template",
    "HyperlinkBase",
    "contentStatus",
    "keywords",
];

/// Warnings that mean a part of the file could not be checked.
const UNCHECKED: [&str; 3] = ["unreadable_part", "missing_text", "bad_address"];

/// How facts are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactOptions {
    /// Counts below this, and above nought, are small.
    pub small_cell_threshold: u64,
}

impl Default for FactOptions {
    fn default() -> Self {
        Self {
            small_cell_threshold: 6,
        }
    }
}

/// The facts of a workbook.
pub fn facts(workbook: &Workbook, options: &FactOptions) -> Vec<Fact> {
    let mut facts = Vec::new();
    for sheet in &workbook.sheets {
        sheet_facts(workbook, sheet, options, &mut facts);
    }
    let telling: Vec<&str> = workbook
        .properties
        .iter()
        .filter(|property| property.custom || TELLING.contains(&property.name.as_str()))
        .map(|property| property.name.as_str())
        .collect();
    if !telling.is_empty() {
        let mut fact = hidden(
            HiddenChannel::Properties,
            telling.len() as u64,
            Place::new(Part::Property, "document properties"),
        );
        fact.reasons = telling.iter().map(|&name| name.to_owned()).collect();
        facts.push(fact);
    }
    let parts = &workbook.hidden_parts;
    for (channel, count) in [
        (HiddenChannel::Embedded, parts.embedded),
        (HiddenChannel::Macros, parts.macros),
        (HiddenChannel::ExternalLinks, parts.external_links),
        (HiddenChannel::DataCaches, parts.data_caches),
        (HiddenChannel::CustomXml, parts.custom_xml),
        (HiddenChannel::TrackedChanges, parts.tracked_changes),
    ] {
        if count > 0 {
            let place = Place::new(Part::Package, channel.as_str());
            facts.push(hidden(channel, count, place));
        }
    }
    for (code, count) in [
        ("dropped_image", parts.images),
        ("dropped_chart", parts.charts),
    ] {
        if count > 0 {
            facts.push(fact(
                FactDetail::Conversion {
                    code: code.to_owned(),
                    count,
                },
                Place::new(Part::Package, code),
                format!("{code}: {count}"),
            ));
        }
    }
    unchecked_facts(workbook, &mut facts);
    facts
}

fn sheet_facts(workbook: &Workbook, sheet: &Sheet, options: &FactOptions, facts: &mut Vec<Fact>) {
    let name = quote_sheet(&sheet.name);
    if sheet.visibility != Visibility::Visible {
        let mut fact = hidden(
            HiddenChannel::Sheet,
            1,
            Place::new(Part::HiddenSheet, name.clone()),
        );
        if sheet.visibility == Visibility::VeryHidden {
            fact.reasons.push("very_hidden".to_owned());
        }
        facts.push(fact);
    }
    let mut rows = 0;
    let mut last_row = None;
    let mut columns = std::collections::BTreeSet::new();
    let mut invisible = 0;
    for cell in sheet.cells.iter().filter(|cell| !cell.value.is_blank()) {
        if sheet.hidden_rows.contains(cell.row) && last_row != Some(cell.row) {
            last_row = Some(cell.row);
            rows += 1;
        }
        if sheet.hidden_cols.contains(cell.col) {
            columns.insert(cell.col);
        }
        if workbook.is_invisible(cell) {
            invisible += 1;
        }
    }
    for (channel, part, count) in [
        (HiddenChannel::Rows, Part::HiddenRow, rows),
        (
            HiddenChannel::Columns,
            Part::HiddenColumn,
            columns.len() as u64,
        ),
        (HiddenChannel::HiddenText, Part::HiddenText, invisible),
        (
            HiddenChannel::Comments,
            Part::Comment,
            sheet.comments.len() as u64,
        ),
    ] {
        if count > 0 {
            facts.push(hidden(channel, count, Place::new(part, name.clone())));
        }
    }
    if sheet.is_written() {
        small_cells(workbook, sheet, options.small_cell_threshold, facts);
    }
}

fn unchecked_facts(workbook: &Workbook, facts: &mut Vec<Fact>) {
    for warning in &workbook.warnings {
        if UNCHECKED.contains(&warning.code.as_str()) {
            facts.push(fact(
                FactDetail::Unreadable(Unreadable {
                    code: "corrupt".to_owned(),
                    reason: warning.message.clone(),
                }),
                warning.place.clone(),
                warning.code.clone(),
            ));
        }
    }
    for channel in &workbook.unseen {
        let (word, format) = (channel.as_str(), workbook.format.as_str());
        facts.push(fact(
            FactDetail::Unreadable(Unreadable {
                code: "unsupported".to_owned(),
                reason: bilingual!(
                    "Hidden content of the kind \"{word}\" cannot be seen in {format} files. Save the file as .xlsx or have a person look at it.",
                    "Le contenu masqué de type « {word} » ne peut pas être vu dans les fichiers {format}. Enregistrez le fichier en .xlsx ou faites-le examiner."
                ),
            }),
            Place::new(Part::Package, word),
            format!("unseen: {word}"),
        ));
    }
}

/// What the detector remembers of a column.
#[derive(Default)]
struct Column {
    counts: u64,
    years: u64,
    other: u64,
    small: u64,
    /// True while the values are 1, 2, 3 … in order: a row number.
    in_sequence: bool,
    last: f64,
    code: bool,
}

/// Counts that prove rounding when all of them are multiples of five.
const ROUNDED_COUNTS: u64 = 50;

/// Counts small counts of people in a visible sheet that looks like a frequency table.
///
/// Numbers written as text count too, since official tables are often stored so. A sheet whose many counts are all
/// multiples of five is rounded: a 5 in it shows no small number of people.
fn small_cells(workbook: &Workbook, sheet: &Sheet, threshold: u64, facts: &mut Vec<Fact>) {
    let mut columns: BTreeMap<u32, Column> = BTreeMap::new();
    let mut labels: u64 = 0;
    let (mut fives, mut others): (u64, u64) = (0, 0);
    #[expect(clippy::cast_precision_loss, reason = "a threshold is a small number")]
    let limit = threshold as f64;
    for cell in &sheet.cells {
        if sheet.hidden_rows.contains(cell.row)
            || sheet.hidden_cols.contains(cell.col)
            || workbook.is_invisible(cell)
        {
            continue;
        }
        let Some(number) = number_of(cell) else {
            if let CellValue::Text(text) = &cell.value {
                labels += 1;
                let column = columns.entry(cell.col).or_default();
                if column.counts == 0 {
                    column.code = is_code_label(text);
                }
            }
            continue;
        };
        let column = columns.entry(cell.col).or_default();
        if number < 0.0 || number.fract() != 0.0 {
            column.other += 1;
            continue;
        }
        column.in_sequence = if column.counts == 0 {
            number <= 1.0
        } else {
            column.in_sequence && (number - column.last - 1.0).abs() < 0.5
        };
        column.last = number;
        column.counts += 1;
        if number % 5.0 == 0.0 {
            fives += 1;
        }
        if (1900.0..=2100.0).contains(&number) {
            column.years += 1;
        } else if number % 5.0 != 0.0 {
            others += 1;
        }
        if number >= 1.0 && number < limit {
            column.small += 1;
        }
    }
    let small: u64 = columns
        .values()
        .filter(|c| {
            c.counts >= 2
                && c.counts >= 4 * c.other
                && c.years < c.counts
                && !c.code
                && !(c.in_sequence && c.counts > 2)
        })
        .map(|c| c.small)
        .sum();
    let rounded = others == 0 && fives >= ROUNDED_COUNTS;
    if small > 0 && labels > 0 && !rounded {
        let mut found = fact(
            FactDetail::SmallCells {
                count: small,
                threshold,
            },
            Place::new(Part::Cell, quote_sheet(&sheet.name)),
            format!("small cells: {small}"),
        );
        SMALL_CELLS.clone_into(&mut found.detector);
        found.confidence = 60;
        facts.push(found);
    }
}

/// The number of a cell, also when it is written as text with grouped thousands; none for codes with leading zeros.
fn number_of(cell: &Cell) -> Option<f64> {
    match &cell.value {
        CellValue::Number(number) => Some(*number),
        CellValue::Text(text) => {
            let text = text.trim();
            if !text.starts_with(|c: char| c.is_ascii_digit()) || text.len() > 24 {
                return None;
            }
            let groups: Vec<&str> = text.split([',', ' ', '\u{a0}', '\u{202f}']).collect();
            let grouped = groups.len() == 1 || groups.iter().skip(1).all(|group| group.len() == 3);
            let joined = groups.concat();
            if !grouped
                || (joined.starts_with('0') && joined.len() > 1 && !joined.starts_with("0."))
            {
                return None;
            }
            joined.parse().ok()
        }
        _ => None,
    }
}

/// Labels of columns that hold codes, dates or ranks instead of counts.
fn is_code_label(label: &str) -> bool {
    const WORDS: [&str; 22] = [
        "code",
        "id",
        "year",
        "année",
        "annee",
        "month",
        "mois",
        "day",
        "jour",
        "quarter",
        "trimestre",
        "rank",
        "rang",
        "no",
        "n°",
        "number",
        "numéro",
        "version",
        "week",
        "semaine",
        "key",
        "order",
    ];
    label
        .to_lowercase()
        .split(|c: char| !(c.is_alphanumeric() || c == '°'))
        .any(|word| WORDS.contains(&word))
}

fn hidden(channel: HiddenChannel, count: u64, place: Place) -> Fact {
    let masked = format!("{}: {count}", channel.as_str());
    fact(FactDetail::Hidden { channel, count }, place, masked)
}

fn fact(detail: FactDetail, place: Place, masked: String) -> Fact {
    Fact {
        detail,
        place,
        confidence: 100,
        masked,
        detector: DETECTOR.to_owned(),
        reasons: Vec::new(),
    }
}
