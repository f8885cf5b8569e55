//! Tables with one row per person: how many share a combination, and what that gives away.
//!
//! k: the smallest number of rows that share all identifying values. l: the smallest number of different sensitive
//! values among them. t: the largest distance between their sensitive values and those of the whole file. Rule that
//! must hold: combinations are counted, never listed: the list would be the disclosure.

use std::collections::BTreeMap;

use rideau_domain::{Bilingual, bilingual};
use serde::{Deserialize, Serialize};

use crate::{DisclosureError, Entry, Grid, MicrodataRule};

/// Headings that tell of a person, in both languages, as whole words in lower case.
const IDENTIFYING: [&str; 24] = [
    "age",
    "sex",
    "sexe",
    "gender",
    "genre",
    "birth",
    "naissance",
    "country",
    "pays",
    "citizenship",
    "citoyenneté",
    "nationality",
    "nationalité",
    "province",
    "city",
    "ville",
    "postal",
    "marital",
    "matrimonial",
    "language",
    "langue",
    "occupation",
    "profession",
    "religion",
];
/// Headings of columns that count: a table with one of these is no list of persons.
const COUNTING: [&str; 10] = [
    "count",
    "counts",
    "number",
    "total",
    "persons",
    "nombre",
    "personnes",
    "effectif",
    "clients",
    "applications",
];
/// Fewer rows say nothing about what the table is.
const ROWS: usize = 20;

/// A list of persons, as text.
#[derive(Clone, Debug, Default)]
pub struct Microdata {
    /// Headings.
    pub header: Vec<String>,
    /// Rows, one per person.
    pub rows: Vec<Vec<String>>,
}

/// Which columns are which.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MicrodataOptions {
    /// Columns that together may tell who somebody is. Empty: those whose heading says so.
    pub identifying: Vec<String>,
    /// Columns that nobody else should learn. Empty: none, and only k is measured.
    pub sensitive: Vec<String>,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MicrodataReport {
    /// Rows.
    pub rows: usize,
    /// Different combinations of identifying values.
    pub combinations: usize,
    /// The fewest rows that share one.
    pub k: usize,
    /// The fewest different sensitive values in one; none without sensitive columns.
    pub l: Option<usize>,
    /// The largest distance of one from the whole file, from 0 to 1; none without sensitive columns.
    pub t: Option<f64>,
    /// Combinations that offend against a threshold.
    pub offending: usize,
    /// Rows in them.
    pub offending_rows: usize,
    /// True when no threshold is crossed.
    pub passes: bool,
}

impl MicrodataReport {
    /// What was found, for a person.
    pub fn explain(&self) -> Bilingual {
        let Self {
            rows,
            k,
            offending,
            offending_rows,
            ..
        } = self;
        if self.passes {
            bilingual!(
                "A list of {rows} persons; every combination of identifying values is shared by at least {k}.",
                "Une liste de {rows} personnes ; chaque combinaison de valeurs identificatoires est partagée par au moins {k}."
            )
        } else {
            bilingual!(
                "A list of {rows} persons. {offending} combinations of identifying values, with {offending_rows} rows, single people out. It must not be published like this.",
                "Une liste de {rows} personnes. {offending} combinaisons de valeurs identificatoires, soit {offending_rows} lignes, distinguent des personnes. Elle ne doit pas être publiée ainsi."
            )
        }
    }
}

fn words(heading: &str) -> Vec<String> {
    heading
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_owned)
        .collect()
}

fn is_about(heading: &str, list: &[&str]) -> bool {
    words(heading)
        .iter()
        .any(|word| list.contains(&word.as_str()))
}

/// True when a grid looks like a list of persons: two headings tell of a person and none counts.
pub fn looks_like_microdata(grid: &Grid) -> bool {
    let identifying = grid
        .header
        .iter()
        .filter(|heading| is_about(heading, &IDENTIFYING))
        .count();
    let counting = grid
        .header
        .iter()
        .any(|heading| is_about(heading, &COUNTING));
    // A mark among words is a word of its own: `F` for female.
    let column = |index: usize| grid.rows.iter().filter_map(move |row| row.get(index));
    let hidden = (0..grid.header.len()).any(|index| {
        column(index).any(|entry| matches!(entry, Entry::Hidden))
            && column(index).any(|entry| matches!(entry, Entry::Number(_)))
    });
    identifying >= 2 && !counting && !hidden && grid.rows.len() >= ROWS
}

/// Measures a list of persons against the thresholds.
pub fn measure(
    data: &Microdata,
    options: &MicrodataOptions,
    rule: &MicrodataRule,
) -> Result<MicrodataReport, DisclosureError> {
    let place = |name: &String| {
        data.header
            .iter()
            .position(|heading| heading == name)
            .ok_or_else(|| DisclosureError::NoTable {
                why: format!("there is no column {name}"),
            })
    };
    let identifying: Vec<usize> = if options.identifying.is_empty() {
        (0..data.header.len())
            .filter(|&column| is_about(&data.header[column], &IDENTIFYING))
            .collect()
    } else {
        options
            .identifying
            .iter()
            .map(place)
            .collect::<Result<_, _>>()?
    };
    let sensitive: Vec<usize> = options
        .sensitive
        .iter()
        .map(place)
        .collect::<Result<_, _>>()?;
    if identifying.is_empty() || data.rows.is_empty() {
        return Err(DisclosureError::NoTable {
            why: "no identifying columns or no rows".to_owned(),
        });
    }
    let mut classes: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for (index, row) in data.rows.iter().enumerate() {
        let values = identifying
            .iter()
            .map(|&column| text(row, column))
            .collect();
        classes.entry(values).or_default().push(index);
    }
    let all: Vec<usize> = (0..data.rows.len()).collect();
    let (mut k, mut least, mut most) = (usize::MAX, None, None);
    let (mut offending, mut offending_rows) = (0, 0);
    for class in classes.values() {
        k = k.min(class.len());
        let mut offends = class.len() < rule.k;
        for &column in &sensitive {
            let different = frequencies(data, class, column).len();
            least = Some(least.map_or(different, |least: usize| least.min(different)));
            let apart = distance(data, class, &all, column);
            most = Some(most.map_or(apart, |most: f64| most.max(apart)));
            offends |= different < rule.l || apart > rule.t;
        }
        if offends {
            offending += 1;
            offending_rows += class.len();
        }
    }
    Ok(MicrodataReport {
        rows: data.rows.len(),
        combinations: classes.len(),
        k,
        l: least,
        t: most,
        offending,
        offending_rows,
        passes: offending == 0,
    })
}

fn text(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", |value| value.trim())
}

/// How often each value occurs in some rows.
fn frequencies<'d>(data: &'d Microdata, rows: &[usize], column: usize) -> BTreeMap<&'d str, usize> {
    let mut counts = BTreeMap::new();
    for &row in rows {
        *counts.entry(text(&data.rows[row], column)).or_insert(0) += 1;
    }
    counts
}

/// The earth mover's distance between the values of a class and of all rows: over the order of the values when all are
/// numbers, else with every two values equally far apart.
fn distance(data: &Microdata, class: &[usize], all: &[usize], column: usize) -> f64 {
    let (own, whole) = (
        frequencies(data, class, column),
        frequencies(data, all, column),
    );
    let part = |counts: &BTreeMap<&str, usize>, value: &str, rows: usize| {
        ratio(counts.get(value).copied().unwrap_or(0), rows)
    };
    let mut numbers: Vec<(f64, &str)> = Vec::new();
    for &value in whole.keys() {
        if let Ok(number) = value.parse::<f64>() {
            numbers.push((number, value));
        }
    }
    let differences = |values: &mut dyn Iterator<Item = &str>| -> Vec<f64> {
        values
            .map(|value| part(&own, value, class.len()) - part(&whole, value, all.len()))
            .collect()
    };
    if numbers.len() == whole.len() && numbers.len() > 1 {
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let steps = differences(&mut numbers.iter().map(|(_, value)| *value));
        let mut carried = 0.0;
        let mut work = 0.0;
        for step in &steps {
            carried += step;
            work += carried.abs();
        }
        work / ratio(steps.len() - 1, 1)
    } else {
        let steps = differences(&mut whole.keys().copied());
        steps.iter().map(|step| step.abs()).sum::<f64>() / 2.0
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rows: &[[&str; 3]]) -> Microdata {
        Microdata {
            header: ["age", "sex", "status"].map(str::to_owned).to_vec(),
            rows: rows
                .iter()
                .map(|row| row.map(str::to_owned).to_vec())
                .collect(),
        }
    }

    fn options() -> MicrodataOptions {
        MicrodataOptions {
            identifying: Vec::new(),
            sensitive: vec!["status".to_owned()],
        }
    }

    #[test]
    fn k_l_and_t_by_hand() {
        let rows = [
            ["30", "f", "a"],
            ["30", "f", "b"],
            ["40", "m", "a"],
            ["40", "m", "a"],
        ];
        let rule = MicrodataRule { k: 2, l: 2, t: 0.5 };
        let report = measure(&data(&rows), &options(), &rule).unwrap();
        assert_eq!((report.k, report.l), (2, Some(1)));
        // Whole: 3/4 a, 1/4 b. First class 1/2, 1/2; second 1, 0: both 1/4 away.
        assert!((report.t.unwrap() - 0.25).abs() < 1e-12);
        assert_eq!((report.offending, report.offending_rows), (1, 2));
        assert!(!report.passes);
    }

    #[test]
    fn an_unknown_column_is_said() {
        let wrong = MicrodataOptions {
            identifying: vec!["shoe size".to_owned()],
            ..MicrodataOptions::default()
        };
        assert!(measure(&data(&[["1", "f", "a"]]), &wrong, &MicrodataRule::default()).is_err());
    }

    #[test]
    fn lists_of_persons_are_told_from_tables() {
        let row = || vec![Entry::Text("x".to_owned())];
        let grid = |header: &[&str]| Grid {
            header: header.iter().map(|&heading| heading.to_owned()).collect(),
            rows: (0..ROWS).map(|_| row()).collect(),
        };
        assert!(looks_like_microdata(&grid(&["Age", "Sexe", "Statut"])));
        assert!(!looks_like_microdata(&grid(&["Age", "Sex", "Count"])));
        assert!(!looks_like_microdata(&grid(&["Year", "Sex"])));
        // `F` is a mark for a number only where numbers stand.
        let mut women = grid(&["Sex", "Age", "Office"]);
        for row in &mut women.rows {
            *row = vec![Entry::Hidden, Entry::Number(30.0), Entry::Hidden];
        }
        assert!(looks_like_microdata(&women));
        women.rows[0][2] = Entry::Number(4.0);
        assert!(!looks_like_microdata(&women));
    }
}
