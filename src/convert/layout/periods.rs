//! Years, quarters and months as tables name them, in English and French.
//!
//! Rule that must hold: a text that might be something else is no period.

/// Longest text that may read as a period.
const PERIOD_LEN: usize = 24;

/// Names of the twelve months in lower case, English and French, long and short.
const MONTHS: [&str; 12] = [
    "january jan janvier janv",
    "february feb février fevrier févr fevr fév",
    "march mar mars",
    "april apr avril avr",
    "may mai",
    "june jun juin",
    "july jul juillet juil",
    "august aug août aout",
    "september sep sept septembre",
    "october oct octobre",
    "november nov novembre",
    "december dec décembre decembre déc",
];

/// True for a year, a quarter or a month, alone or with its year: `2024`, `FY 2023-24`, `Q3`, `sept. 2024`, `2015 Total`.
pub(crate) fn is_period(text: &str) -> bool {
    if text.chars().count() > PERIOD_LEN {
        return false;
    }
    let lower = text.to_lowercase();
    let mut plain = lower.trim_end_matches('.');
    if let Some(inner) = plain.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        plain = inner.trim();
    }
    if is_year(plain) || is_quarter(plain) {
        return true;
    }
    let parts: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || "-/.,".contains(c))
        .filter(|part| !part.is_empty())
        .collect();
    (1..=3).contains(&parts.len())
        && parts.iter().any(|part| month_of(part).is_some())
        && parts
            .iter()
            .all(|part| month_of(part).is_some() || *part == "total" || is_short_year(part))
}

/// `24`, `'24`, `2024`, or one figure.
fn is_short_year(part: &str) -> bool {
    let digits = part.strip_prefix('\'').unwrap_or(part);
    digits.bytes().all(|b| b.is_ascii_digit())
        && match digits.len() {
            1 | 2 => true,
            4 => digits.starts_with("19") || digits.starts_with("20"),
            _ => false,
        }
}

/// The number of the month that a word in lower case names.
pub(crate) fn month_of(word: &str) -> Option<u8> {
    (1..)
        .zip(MONTHS)
        .find(|(_, names)| names.split(' ').any(|name| name == word))
        .map(|(number, _)| number)
}

/// Four figures from 1600 to 2199 at the start, with what follows.
pub(crate) fn leading_year(text: &str) -> Option<(i32, &str)> {
    let figures = text.get(..4)?;
    if !figures.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year: i32 = figures.parse().ok()?;
    (1600..2200).contains(&year).then_some((year, &text[4..]))
}

fn is_year(lower: &str) -> bool {
    let mut text = lower;
    for prefix in ["fiscal year", "fy", "cy"] {
        if let Some(rest) = text.strip_prefix(prefix) {
            text = rest.strip_prefix(' ').unwrap_or(rest);
            break;
        }
    }
    let Some((_, mut rest)) = leading_year(text) else {
        return false;
    };
    rest = rest.strip_prefix(".0").unwrap_or(rest);
    let spaced = rest.strip_prefix(' ').unwrap_or(rest);
    if let Some(second) = spaced.strip_prefix(['-', '/', '–']) {
        let second = second.strip_prefix(' ').unwrap_or(second);
        let figures = second.bytes().take_while(u8::is_ascii_digit).count();
        if figures == 2 || (figures == 4 && leading_year(second).is_some()) {
            rest = &second[figures..];
        } else {
            return false;
        }
    }
    let ends = |tail: &str| {
        let tail = tail.strip_prefix(' ').unwrap_or(tail);
        matches!(
            tail,
            "" | "p" | "r" | "f" | "e" | "(p)" | "(r)" | "(f)" | "(e)" | "total"
        )
    };
    let marked = |c: char| c == '*' || c == '†' || c.is_ascii_lowercase();
    ends(rest) || rest.strip_prefix(marked).is_some_and(ends)
}

fn is_quarter(lower: &str) -> bool {
    let Some((_, rest)) = quarter_of(lower) else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == '/');
    rest.is_empty()
        || (rest.len() == 4
            && (rest.starts_with("19") || rest.starts_with("20"))
            && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// The quarter that a text in lower case starts with, and what follows: `q1`, `t3`, `2q`, `third quarter`, `trimestre 4`.
pub(crate) fn quarter_of(lower: &str) -> Option<(u8, &str)> {
    const WORDS: [(&str, u8); 8] = [
        ("1st quarter", 1),
        ("2nd quarter", 2),
        ("3rd quarter", 3),
        ("4th quarter", 4),
        ("first quarter", 1),
        ("second quarter", 2),
        ("third quarter", 3),
        ("fourth quarter", 4),
    ];
    for (words, quarter) in WORDS {
        if let Some(rest) = lower.strip_prefix(words) {
            return Some((quarter, rest));
        }
    }
    let figure = |text: &str| {
        let quarter = text.bytes().next()?.checked_sub(b'0')?;
        (1..=4).contains(&quarter).then_some(quarter)
    };
    for prefix in ["quarter ", "trimestre ", "q", "t"] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            return figure(rest).map(|quarter| (quarter, &rest[1..]));
        }
    }
    let quarter = figure(lower)?;
    lower[1..].strip_prefix('q').map(|rest| (quarter, rest))
}

/// How long a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeriodKind {
    /// A year, calendar or fiscal.
    Year,
    /// Three months of a year.
    Quarter,
    /// A month.
    Month,
}

/// A period that labels name together: `2015`, `Q1`, `Jan` → January 2015.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    /// The year; of a fiscal year the one it starts in.
    pub year: i32,
    /// 1 to 4, for quarters and for months that stand under one.
    pub quarter: Option<u8>,
    /// 1 to 12, for months.
    pub month: Option<u8>,
    /// True when the year is written as two (`2023-24`).
    pub fiscal: bool,
}

impl Period {
    /// How long it is.
    pub fn kind(&self) -> PeriodKind {
        match (self.month, self.quarter) {
            (Some(_), _) => PeriodKind::Month,
            (None, Some(_)) => PeriodKind::Quarter,
            (None, None) => PeriodKind::Year,
        }
    }
}

impl std::fmt::Display for Period {
    /// `2015`, `2015-Q1`, `2015-01`; a fiscal year `2023/2024`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.fiscal {
            write!(f, "{}/{}", self.year, self.year + 1)?;
        } else {
            write!(f, "{}", self.year)?;
        }
        match (self.month, self.quarter) {
            (Some(month), _) => write!(f, "-{month:02}"),
            (None, Some(quarter)) => write!(f, "-Q{quarter}"),
            (None, None) => Ok(()),
        }
    }
}

/// What one label says about a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) year: Option<(i32, bool)>,
    pub(crate) quarter: Option<u8>,
    pub(crate) month: Option<u8>,
}

/// Reads a label as a part of a period; the word "total" is left aside. None when anything else is in it.
pub(crate) fn named(label: &str) -> Option<Named> {
    let lower = label.to_lowercase();
    let mut plain = lower.trim().trim_end_matches('.');
    if let Some(inner) = plain.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        plain = inner.trim();
    }
    for word in ["total", "- total", "– total"] {
        plain = plain.strip_suffix(word).unwrap_or(plain).trim_end();
    }
    plain = plain.trim_start_matches("total ").trim();
    let mut found = Named::default();
    if is_year(plain) {
        let bare = ["fiscal year", "fy", "cy"]
            .iter()
            .find_map(|prefix| plain.strip_prefix(prefix))
            .unwrap_or(plain)
            .trim_start();
        let (year, rest) = leading_year(bare)?;
        let rest = rest.strip_prefix(".0").unwrap_or(rest).trim_start();
        let two = rest.starts_with(['-', '/', '–']);
        found.year = Some((year, two));
        return Some(found);
    }
    if let Some((quarter, rest)) = quarter_of(plain)
        && is_quarter(plain)
    {
        found.quarter = Some(quarter);
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == '/');
        found.year = leading_year(rest).map(|(year, _)| (year, false));
        return Some(found);
    }
    for part in plain
        .split(|c: char| c.is_whitespace() || "-/.,".contains(c))
        .filter(|part| !part.is_empty())
    {
        if let Some(month) = month_of(part).filter(|_| found.month.is_none()) {
            found.month = Some(month);
        } else if let Some((year, "")) = leading_year(part)
            && found.year.is_none()
        {
            found.year = Some((year, false));
        } else {
            return None;
        }
    }
    found.month.is_some().then_some(found)
}

/// The period that the labels of a path name together; none without a year or with two.
pub(crate) fn period_of<'a>(labels: impl Iterator<Item = &'a str>) -> Option<Period> {
    let mut all = Named::default();
    for label in labels {
        let Some(one) = named(label) else { continue };
        if one.year.is_some() {
            if all.year.is_some_and(|year| Some(year) != one.year) {
                return None;
            }
            all.year = one.year;
        }
        all.quarter = one.quarter.or(all.quarter);
        all.month = one.month.or(all.month);
    }
    let (year, fiscal) = all.year?;
    Some(Period {
        year,
        quarter: all.quarter,
        month: all.month,
        fiscal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_in_both_languages() {
        for text in [
            "2024",
            "2015 Total",
            "FY 2023-24",
            "2023/24",
            "2012*",
            "2019 (p)",
            "(2010)",
            "Q1",
            "T3 2024",
            "4Q 2019",
            "Jan",
            "sept. 2024",
            "Dec-02",
            "août 2024",
            "2015.0",
            "Nov 14",
        ] {
            assert!(is_period(text), "{text}");
        }
        for text in [
            "Q1 Total",
            "12",
            "1599",
            "2200",
            "2024 people",
            "Total",
            "maybe",
            "T",
            "market",
            "20245",
            "",
            "q",
            "q5",
        ] {
            assert!(!is_period(text), "{text}");
        }
    }

    #[test]
    fn labels_name_a_period_together() {
        let check = |labels: &[&str], expect: Option<&str>| {
            let found = period_of(labels.iter().copied()).map(|period| period.to_string());
            assert_eq!(found.as_deref(), expect, "{labels:?}");
        };
        check(&["2015", "Q1", "Jan"], Some("2015-01"));
        check(&["2015", "Q1", "Q1 Total"], Some("2015-Q1"));
        check(&["2015", "2015 Total"], Some("2015"));
        check(&["2023-24"], Some("2023/2024"));
        check(&["Men", "sept. 2024"], Some("2024-09"));
        check(&["T3 2024"], Some("2024-Q3"));
        check(&["2015", "2016"], None);
        check(&["Jan"], None);
        check(&["Total"], None);
        check(&[], None);
    }
}
