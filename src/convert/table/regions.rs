//! The provinces and territories that tables cover, where a column plainly tells it.
//!
//! Codes are those of the Standard Geographical Classification, which the registry takes as `geographic_region`. Rule that must
//! hold: one value that is no province, territory or total, and nothing is said.

use std::collections::BTreeSet;

use super::header;
use super::model::{Sheet, Workbook};

/// Column labels under which provinces stand, in lower case.
const REGION_LABELS: [&str; 13] = [
    "province",
    "provinces",
    "territory",
    "territoire",
    "province or territory",
    "province ou territoire",
    "provinces and territories",
    "provinces et territoires",
    "region",
    "région",
    "geo",
    "geography",
    "géographie",
];

/// Code, English name, French name, postal abbreviation. Quebec, Ontario and British Columbia have no code as a whole in the registry's
/// list, only their regions: a table with one of them says nothing.
const PROVINCES: [(&str, &str, &str, &str); 10] = [
    (
        "10",
        "Newfoundland and Labrador",
        "Terre-Neuve-et-Labrador",
        "NL",
    ),
    ("11", "Prince Edward Island", "Île-du-Prince-Édouard", "PE"),
    ("12", "Nova Scotia", "Nouvelle-Écosse", "NS"),
    ("13", "New Brunswick", "Nouveau-Brunswick", "NB"),
    ("46", "Manitoba", "Manitoba", "MB"),
    ("47", "Saskatchewan", "Saskatchewan", "SK"),
    ("48", "Alberta", "Alberta", "AB"),
    ("60", "Yukon", "Yukon", "YT"),
    (
        "61",
        "Northwest Territories",
        "Territoires du Nord-Ouest",
        "NT",
    ),
    ("62", "Nunavut", "Nunavut", "NU"),
];

/// Values that stand for the whole or for no place.
const NO_PLACE: [&str; 10] = [
    "canada",
    "total",
    "all",
    "ensemble",
    "unknown",
    "inconnu",
    "not stated",
    "non déclaré",
    "not available",
    "non disponible",
];

/// Most column labels that are told.
const MOST_LABELS: usize = 40;

/// The codes of the provinces and territories in columns that are plainly labelled as such, in order. Nothing when a value in
/// such a column is something else, since the table might then cover more.
pub fn regions(workbook: &Workbook) -> Option<Vec<&'static str>> {
    let mut found = BTreeSet::new();
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.is_written()) {
        of_sheet(workbook, sheet, &mut found)?;
    }
    (!found.is_empty()).then(|| found.into_iter().collect())
}

fn of_sheet(workbook: &Workbook, sheet: &Sheet, found: &mut BTreeSet<&'static str>) -> Option<()> {
    let Some(header) = header::detect(workbook, sheet) else {
        return Some(());
    };
    for cell in &sheet.cells {
        let named = cell.row > header.row
            && header
                .labels
                .get(&cell.col)
                .is_some_and(|label| is_region_label(label));
        let seen = !cell.value.is_blank()
            && !sheet.hidden_rows.contains(cell.row)
            && !sheet.hidden_cols.contains(cell.col)
            && !workbook.is_invisible(cell);
        if named
            && seen
            && let Region::Of(code) = read_region(&workbook.shown(cell))?
        {
            found.insert(code);
        }
    }
    Some(())
}

/// The labels of the columns that are written, without repetition; at most `MOST_LABELS`.
pub fn column_labels(workbook: &Workbook) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.is_written()) {
        let Some(header) = header::detect(workbook, sheet) else {
            continue;
        };
        for label in header.labels.into_values() {
            if labels.len() < MOST_LABELS && !labels.contains(&label) {
                labels.push(label);
            }
        }
    }
    labels
}

/// `Province`, and `Province / Territoire`.
fn is_region_label(label: &str) -> bool {
    label
        .split('/')
        .all(|part| REGION_LABELS.contains(&part.trim().to_lowercase().as_str()))
}

/// What a value says.
enum Region {
    /// A province or territory, by its code.
    Of(&'static str),
    /// The whole, or no place at all.
    None,
}

/// What a value says; `None` when it is something else.
fn read_region(text: &str) -> Option<Region> {
    let text = text.trim();
    let plain = text.to_lowercase();
    if NO_PLACE.contains(&plain.as_str()) || header::MISSING.contains(&text) {
        return Some(Region::None);
    }
    PROVINCES
        .iter()
        .find(|(_, en, fr, short)| {
            text == *short || plain == en.to_lowercase() || plain == fr.to_lowercase()
        })
        .map(|(code, ..)| Region::Of(code))
}

#[cfg(test)]
mod tests {
    use super::super::{error::Limits, readers::read_csv_bytes};
    use super::*;

    fn check(label: &str, values: &[&str], expect: Option<&[&str]>) {
        let rows: Vec<String> = values
            .iter()
            .map(|value| format!("2024,{value},1000\n"))
            .collect();
        let text = format!("Year,{label},Admissions\n{}", rows.concat());
        let workbook = read_csv_bytes(text.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(regions(&workbook).as_deref(), expect, "{label} {values:?}");
    }

    #[test]
    fn provinces_are_read_only_where_they_are_named() {
        check(
            "Province",
            &["Manitoba", "Alberta", "Manitoba"],
            Some(&["46", "48"]),
        );
        check("Région", &["Nouvelle-Écosse", "Total"], Some(&["12"]));
        check("Province / Territoire", &["YT", "NU"], Some(&["60", "62"]));
        check("Province", &["Ontario", "Manitoba"], None);
        check("Province", &["Manitoba", "North"], None);
        check("Province", &["Canada", "Total"], None);
        check("Province", &["on"], None);
        check("Province of birth", &["Manitoba"], None);
        check("Region", &["North", "South"], None);
    }

    #[test]
    fn codes_and_names_are_the_registrys() {
        let choices = rideau_connectors::ckan::registry::choices("dataset", "geographic_region");
        for (code, en, fr, _) in PROVINCES {
            let choice = choices.iter().find(|choice| choice.value == code).unwrap();
            assert_eq!(
                (choice.label.en.as_str(), choice.label.fr.as_str()),
                (en, fr)
            );
        }
    }
}
