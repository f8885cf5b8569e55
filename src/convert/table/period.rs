//! The period that tables cover, where a column plainly tells it.
//!
//! Leans on the header that `header` finds. Rule that must hold: in doubt nothing is said; a person or a sidecar says it then.

use chrono::NaiveDate;

use super::header;
use super::model::{Cell, Sheet, Workbook};

/// Column labels under which a period stands, in lower case.
const PERIOD_LABELS: [&str; 14] = [
    "year",
    "calendar year",
    "année",
    "année civile",
    "month",
    "mois",
    "date",
    "ref_date",
    "reference date",
    "date de référence",
    "reference period",
    "période de référence",
    "period",
    "période",
];

/// The days that tables cover, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

/// The period from the first to the last day, month or year in columns that are plainly labelled as such. Nothing when a
/// value in such a column cannot be read, since the period might then be longer.
pub fn period(workbook: &Workbook) -> Option<Period> {
    let mut found: Option<Period> = None;
    for sheet in workbook.sheets.iter().filter(|sheet| sheet.is_written()) {
        let Some(header) = header::detect(workbook, sheet) else {
            continue;
        };
        let told = |cell: &&Cell| {
            cell.row > header.row
                && header
                    .labels
                    .get(&cell.col)
                    .is_some_and(|label| is_period_label(label))
                && is_seen(workbook, sheet, cell)
        };
        for cell in sheet.cells.iter().filter(told) {
            let one = read_period(workbook.shown(cell).trim())?;
            found = Some(found.map_or(one, |so_far| Period {
                start: so_far.start.min(one.start),
                end: so_far.end.max(one.end),
            }));
        }
    }
    found
}

fn is_seen(workbook: &Workbook, sheet: &Sheet, cell: &Cell) -> bool {
    !cell.value.is_blank()
        && !sheet.hidden_rows.contains(cell.row)
        && !sheet.hidden_cols.contains(cell.col)
        && !workbook.is_invisible(cell)
}

/// `Year`, and `Year / Année`.
fn is_period_label(label: &str) -> bool {
    label
        .split('/')
        .all(|part| PERIOD_LABELS.contains(&part.trim().to_lowercase().as_str()))
}

/// A day (`2026-01-31`, with or without a time), a month (`2026-01`) or a year (`2026`).
fn read_period(text: &str) -> Option<Period> {
    let plain = text.split(['T', ' ']).next().unwrap_or_default();
    let numbers: Vec<&str> = plain.split('-').collect();
    let number = |text: &str, digits: usize| -> Option<u32> {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
    };
    let year = number(numbers.first()?, 4)?;
    if !(1600..=2200).contains(&year) {
        return None;
    }
    let year = i32::try_from(year).ok()?;
    match numbers.as_slice() {
        [_] if plain == text => Some(Period {
            start: NaiveDate::from_ymd_opt(year, 1, 1)?,
            end: NaiveDate::from_ymd_opt(year, 12, 31)?,
        }),
        [_, month] if plain == text => {
            let start = NaiveDate::from_ymd_opt(year, number(month, 2)?, 1)?;
            let next = start.checked_add_months(chrono::Months::new(1))?;
            Some(Period {
                start,
                end: next.pred_opt()?,
            })
        }
        [_, month, day] => {
            let day = NaiveDate::from_ymd_opt(year, number(month, 2)?, number(day, 2)?)?;
            Some(Period {
                start: day,
                end: day,
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{error::Limits, readers::read_csv_bytes};
    use super::*;

    fn check(label: &str, values: &[&str], expect: Option<(&str, &str)>) {
        let rows: Vec<String> = values
            .iter()
            .map(|value| format!("North,{value},1000\n"))
            .collect();
        let text = format!("Region,{label},Admissions\n{}", rows.concat());
        let workbook = read_csv_bytes(text.as_bytes(), &Limits::default()).unwrap();
        let found = period(&workbook).map(|p| (p.start.to_string(), p.end.to_string()));
        let expect = expect.map(|(start, end)| (start.to_owned(), end.to_owned()));
        assert_eq!(found, expect, "{label} {values:?}");
    }

    #[test]
    fn periods_are_read_only_where_they_are_named() {
        check(
            "Year",
            &["2019", "2021", "2020"],
            Some(("2019-01-01", "2021-12-31")),
        );
        check(
            "Year / Année",
            &["2019", "2019"],
            Some(("2019-01-01", "2019-12-31")),
        );
        check(
            "Date",
            &["2024-03-05", "2024-01-31"],
            Some(("2024-01-31", "2024-03-05")),
        );
        check("Year", &["2019", "Total"], None);
        check("Year", &["2019-2020", "2020-2021"], None);
        check("Admissions by year", &["1950", "1951"], None);
        check("Date of birth", &["1950-01-01", "1951-01-01"], None);
    }

    #[test]
    fn days_months_and_years() {
        let check = |text: &str, expect: Option<(&str, &str)>| {
            let found = read_period(text).map(|p| (p.start.to_string(), p.end.to_string()));
            let expect = expect.map(|(start, end)| (start.to_owned(), end.to_owned()));
            assert_eq!(found, expect, "{text}");
        };
        check("2024", Some(("2024-01-01", "2024-12-31")));
        check("2024-02", Some(("2024-02-01", "2024-02-29")));
        check("2024-12", Some(("2024-12-01", "2024-12-31")));
        check("2024-03-05", Some(("2024-03-05", "2024-03-05")));
        check("2024-01-31T10:00:00", Some(("2024-01-31", "2024-01-31")));
        for nothing in [
            "",
            "24",
            "2024-13",
            "2024-02-30",
            "2024 Q1",
            "1200",
            "20245",
        ] {
            check(nothing, None);
        }
    }
}
