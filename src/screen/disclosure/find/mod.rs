//! From a grid to a table: which columns are labels, which numbers, and what adds up to what.
//!
//! Label columns become dimensions when their combinations form a full table, else one dimension together. Several
//! number columns are a dimension of their own. Totals are proved by [`totals`], percentages and averages by [`derived`].
//! Rule that must hold: what is not understood is said in the notes; it is never taken for harmless.

mod derived;
mod structure;
mod totals;

use rideau_domain::Bilingual;

pub use derived::{Derived, DerivedKind};
use structure::Structure;

use crate::{Cell, DisclosureError, Profile, PublishedCell, Relation, Table, round, table};

/// A value of a grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Entry {
    /// Nothing.
    #[default]
    Empty,
    /// Words.
    Text(String),
    /// A number.
    Number(f64),
    /// A mark that stands for a number that does not show.
    Hidden,
}

/// One table as it stands in a file: headings, then rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grid {
    /// Headings, one per column.
    pub header: Vec<String>,
    /// Rows; short ones end with empty values.
    pub rows: Vec<Vec<Entry>>,
}

/// How a grid is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindOptions {
    /// Marks for numbers that do not show.
    pub marks: Vec<String>,
    /// What is counted, for the keys of cells: the same for tables to be linked.
    pub measure: String,
}

impl Default for FindOptions {
    fn default() -> Self {
        Self {
            marks: ["--", "x", "X", "F", "..", "*"].map(str::to_owned).to_vec(),
            measure: "count".to_owned(),
        }
    }
}

/// Where a cell stands in the grid, counted from 0, the heading not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Row.
    pub row: usize,
    /// Column.
    pub column: usize,
}

/// A table found in a grid.
#[derive(Clone, Debug)]
pub struct Found {
    /// The table.
    pub table: Table,
    /// Where each cell of the table stands.
    pub slots: Vec<Slot>,
    /// Numbers that follow from others: percentages, averages.
    pub derived: Vec<Derived>,
    /// What a person should know about the reading.
    pub notes: Vec<Bilingual>,
}

/// A value as text, read: numbers with spaces or commas as thousands, marks, words.
pub fn parse_entry(text: &str, options: &FindOptions) -> Entry {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Entry::Empty;
    }
    if options.marks.iter().any(|mark| mark == trimmed) {
        return Entry::Hidden;
    }
    let bare: String = trimmed
        .trim_end_matches(['%', ' ', '\u{a0}', '\u{202f}'])
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}'))
        .collect();
    let plain = if has_thousands(&bare) {
        bare.replace(',', "")
    } else {
        bare.replace(',', ".")
    };
    let digits = plain.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    match plain.parse::<f64>() {
        Ok(number) if digits && number.is_finite() => Entry::Number(number),
        _ => Entry::Text(trimmed.to_owned()),
    }
}

/// `1,234` and `1,234,567.8`, not `12,5`.
fn has_thousands(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or(text);
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or("");
    let mut any = false;
    let full = groups.all(|group| {
        any = true;
        group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit())
    });
    any && full && (1..=3).contains(&first.len()) && first != "0"
}

/// Finds the table of counts in a grid whose values are all there.
pub fn find(grid: &Grid, options: &FindOptions) -> Result<Found, DisclosureError> {
    let structure = Structure::read(grid, options, 0)?;
    let hidden = structure
        .entries
        .iter()
        .filter(|entry| entry.value.is_none())
        .count();
    if hidden > 0 {
        return Err(DisclosureError::HiddenInput { count: hidden });
    }
    let cells: Vec<Cell> = structure
        .entries
        .iter()
        .map(|entry| Cell::count(entry.key.clone(), entry.value.unwrap_or(0)))
        .collect();
    let table = Table::new(cells, structure.relations.clone())?;
    Ok(Found {
        table,
        slots: structure.entries.iter().map(|entry| entry.slot).collect(),
        derived: derived::find(grid, &structure),
        notes: structure.notes,
    })
}

/// The cells and relations of a published grid, as a reader sees them under a profile.
///
/// With `marks_are_small` the reader takes every mark for a small count, as the rule says; without, for any number.
pub fn published_table(
    grid: &Grid,
    options: &FindOptions,
    profile: &Profile,
    marks_are_small: bool,
) -> Result<(Vec<PublishedCell>, Vec<Relation>), DisclosureError> {
    let structure = Structure::read(grid, options, profile.rounding.base() / 2)?;
    let cells = structure
        .entries
        .iter()
        .map(|entry| match entry.value {
            Some(value) => {
                let (low, high) = round::behind(value, profile, true);
                PublishedCell {
                    key: entry.key.clone(),
                    low,
                    high: Some(high),
                    hidden: false,
                }
            }
            None => PublishedCell {
                key: entry.key.clone(),
                low: 0,
                high: (marks_are_small && profile.minimum_frequency > 0)
                    .then(|| profile.minimum_frequency - 1),
                hidden: true,
            },
        })
        .collect();
    Ok((cells, structure.relations))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn grid(text: &str) -> Grid {
        let options = FindOptions::default();
        let mut lines = text.lines().map(|line| line.split(';'));
        let header = lines.next().unwrap().map(str::to_owned).collect();
        let rows = lines
            .map(|line| line.map(|value| parse_entry(value, &options)).collect())
            .collect();
        Grid { header, rows }
    }

    #[test]
    fn numbers_are_read_in_both_languages() {
        let options = FindOptions::default();
        for (text, expect) in [
            ("1 234", Entry::Number(1234.0)),
            ("1,234", Entry::Number(1234.0)),
            ("12,5", Entry::Number(12.5)),
            ("45.5 %", Entry::Number(45.5)),
            ("--", Entry::Hidden),
            ("", Entry::Empty),
            ("2 or more", Entry::Text("2 or more".to_owned())),
        ] {
            assert_eq!(parse_entry(text, &options), expect, "{text}");
        }
    }

    #[test]
    fn a_wide_table_has_two_dimensions() {
        let grid = grid("Region;F;M;Total\nEast;3;20;23\nWest;30;41;71\nTotal;33;61;94");
        let found = find(&grid, &FindOptions::default()).unwrap();
        assert_eq!((found.table.len(), found.table.relations().len()), (9, 6));
        assert_eq!(found.slots[0], Slot { row: 0, column: 1 });
        assert!(found.table.find("count").is_some());
    }

    #[test]
    fn a_long_table_has_one_dimension_per_label_column() {
        let grid = grid(
            "Region;Sex;Count\nEast;F;3\nEast;M;20\nEast;Total;23\nWest;F;30\nWest;M;41\nWest;Total;71\nTotal;F;33\nTotal;M;61\nTotal;Total;94",
        );
        let found = find(&grid, &FindOptions::default()).unwrap();
        assert_eq!((found.table.len(), found.table.relations().len()), (9, 6));
    }

    #[test]
    fn hidden_values_are_refused_to_protect_and_taken_to_audit() {
        let grid = grid("Region;F;M;Total\nEast;--;20;23\nWest;30;41;71\nTotal;33;61;94");
        assert!(matches!(
            find(&grid, &FindOptions::default()),
            Err(DisclosureError::HiddenInput { count: 1 })
        ));
        let profile = Profile::default();
        let (cells, relations) =
            published_table(&grid, &FindOptions::default(), &profile, false).unwrap();
        let audit = crate::audit_published(&cells, &relations, &profile, &|| false).unwrap();
        assert_eq!((audit.hidden, audit.exact), (1, 1));
    }

    #[test]
    fn a_page_of_words_is_no_table() {
        let words = grid("Name;Remark\na;b\nc;d");
        assert!(find(&words, &FindOptions::default()).is_err());
    }
}
