//! What a number format shows, and what a serial number means as a date.
//!
//! Leans on ECMA-376 part 1, 18.8.30 (number formats) and 18.17.4 (dates). Rule that must hold: a serial number that
//! is no day of the calendar stays a number, and the caller warns.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::model::CellValue;

const DAY_MS: f64 = 86_400_000.0;

/// What a number format makes of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormatClass {
    /// As stored.
    #[default]
    General,
    /// Decimals, grouping, currency, fractions, exponents.
    Number,
    /// Times one hundred with a percent sign.
    Percent,
    /// A fixed row of digits, as in `00000` or `000-000-000`: an identifier rather than a quantity.
    Digits,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// A time of day.
    Time,
    /// A length of time (`[h]:mm`).
    Duration,
    /// Text.
    Text,
    /// Nothing at all (`;;;`).
    Invisible,
}

/// The class of a number format code.
pub(crate) fn classify(code: &str) -> FormatClass {
    let code = code.trim();
    if code.is_empty() || code.eq_ignore_ascii_case("general") {
        return FormatClass::General;
    }
    if code == "@" {
        return FormatClass::Text;
    }
    let sections: Vec<&str> = split_sections(code);
    if sections.len() >= 3 && sections.iter().all(|section| shows_nothing(section)) {
        return FormatClass::Invisible;
    }
    let tokens = Tokens::of(sections.first().copied().unwrap_or_default());
    if tokens.elapsed {
        return FormatClass::Duration;
    }
    let clock = tokens.hour || tokens.second;
    match (tokens.day || tokens.year, clock) {
        (true, true) => FormatClass::DateTime,
        (true, false) => FormatClass::Date,
        (false, true) => FormatClass::Time,
        (false, false) if tokens.month && !tokens.placeholder => FormatClass::Date,
        _ if tokens.percent => FormatClass::Percent,
        _ if tokens.digits_only && sections.len() == 1 => FormatClass::Digits,
        _ => FormatClass::Number,
    }
}

/// The code of a built-in format id (ECMA-376 part 1, 18.8.30, the same in all languages).
///
/// Ids 27 to 36 and 50 to 58 are dates in East Asian editions only; a file that uses them elsewhere brings its own code.
pub(crate) fn builtin(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        5..=8 | 37..=40 | 41..=44 => "#,##0.00_);(#,##0.00)",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 | 32..=35 | 55 | 56 => "h:mm:ss",
        22 => "yyyy-mm-dd h:mm",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}

fn split_sections(code: &str) -> Vec<&str> {
    let mut sections = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in code.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '"' {
            quoted = !quoted;
        } else if c == '\\' {
            escaped = true;
        } else if c == ';' && !quoted {
            sections.push(&code[start..at]);
            start = at + 1;
        }
    }
    sections.push(&code[start..]);
    sections
}

fn shows_nothing(section: &str) -> bool {
    let mut rest = section.trim();
    while let Some(inner) = rest.strip_prefix('[') {
        let Some((_, after)) = inner.split_once(']') else {
            return false;
        };
        rest = after.trim();
    }
    rest.is_empty() || rest == "\"\""
}

/// Which letters of meaning a section holds.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says that one letter occurs"
)]
struct Tokens {
    year: bool,
    month: bool,
    day: bool,
    hour: bool,
    second: bool,
    elapsed: bool,
    percent: bool,
    placeholder: bool,
    digits_only: bool,
}

impl Tokens {
    fn of(section: &str) -> Self {
        let mut tokens = Self::default();
        let mut zeros = 0_usize;
        let mut other = false;
        let mut chars = section.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    for quoted in chars.by_ref() {
                        if quoted == '"' {
                            break;
                        }
                    }
                }
                '\\' | '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let inner: String = chars.by_ref().take_while(|&c| c != ']').collect();
                    let unit = inner.to_ascii_lowercase();
                    if !unit.is_empty()
                        && ["h", "m", "s"]
                            .iter()
                            .any(|u| unit.trim_matches(|c| u.starts_with(c)).is_empty())
                    {
                        tokens.elapsed = true;
                    } else {
                        other = true;
                    }
                }
                'y' | 'Y' | 'e' if c != 'e' || zeros == 0 && !tokens.placeholder => {
                    tokens.year = true;
                }
                'd' | 'D' => tokens.day = true,
                'm' | 'M' => tokens.month = true,
                'h' | 'H' => tokens.hour = true,
                's' | 'S' => tokens.second = true,
                '%' => tokens.percent = true,
                '0' => {
                    zeros += 1;
                    tokens.placeholder = true;
                }
                '#' | '?' => {
                    tokens.placeholder = true;
                    other = true;
                }
                'G' if section.to_ascii_lowercase().contains("general") => {
                    for _ in 0..6 {
                        chars.next();
                    }
                    tokens.placeholder = true;
                    other = true;
                }
                'A' | 'a' | 'P' | 'p' | '/' => {
                    // AM/PM, A/P: the hour beside it says that this is a time. Skip the `M`.
                    if matches!(c, 'A' | 'a' | 'P' | 'p') && matches!(chars.peek(), Some('M' | 'm'))
                    {
                        chars.next();
                    }
                    other = true;
                }
                '-' | ' ' | '(' | ')' => {}
                _ => other = true,
            }
        }
        // A lone `0` is a whole number; several in a row keep leading zeros.
        tokens.digits_only = zeros >= 2 && !other;
        tokens
    }
}

/// A number in a row of digits, as `000-000-000` shows it; none when it is no whole number that fits.
pub(crate) fn digits(code: &str, number: f64) -> Option<String> {
    let rounded = number.round();
    if !(0.0..1e15).contains(&rounded) {
        return None;
    }
    let all = format!("{rounded}");
    let zeros = count_zeros(code);
    let mut figures = format!("{all:0>zeros$}")
        .chars()
        .collect::<Vec<_>>()
        .into_iter();
    let mut surplus = figures.len().saturating_sub(zeros);
    let mut shown = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '0' => {
                for _ in 0..=surplus {
                    shown.extend(figures.next());
                }
                surplus = 0;
            }
            '"' => shown.extend(chars.by_ref().take_while(|&c| c != '"')),
            '\\' => shown.extend(chars.next()),
            '_' | '*' => {
                chars.next();
            }
            other => shown.push(other),
        }
    }
    Some(shown)
}

fn count_zeros(code: &str) -> usize {
    let mut zeros = 0;
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '0' => zeros += 1,
            '"' => {
                for quoted in chars.by_ref() {
                    if quoted == '"' {
                        break;
                    }
                }
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            _ => {}
        }
    }
    zeros
}

/// A stored number under a format, as a typed value. The flag is true when the format asks for a date that does not exist.
pub(crate) fn typed(number: f64, class: FormatClass, is_1904: bool) -> (CellValue, bool) {
    let dated = match class {
        FormatClass::Date | FormatClass::DateTime | FormatClass::Time => {
            from_serial(number, class, is_1904)
        }
        FormatClass::Duration => whole_ms(number * DAY_MS).map(CellValue::Duration),
        _ => return (CellValue::Number(number), false),
    };
    match dated {
        Some(value) => (value, false),
        None => (CellValue::Number(number), true),
    }
}

fn from_serial(number: f64, class: FormatClass, is_1904: bool) -> Option<CellValue> {
    // 2 958 466 is the day after 9999-12-31; 1 462 days lie between the two systems.
    let last = if is_1904 { 2_957_004.0 } else { 2_958_466.0 };
    if !(0.0..last).contains(&number) {
        return None;
    }
    let total = whole_ms(number * DAY_MS)?;
    let (days, ms) = (total / 86_400_000, total % 86_400_000);
    let time = NaiveTime::MIN + TimeDelta::milliseconds(ms);
    if class == FormatClass::Time && days == 0 {
        return Some(CellValue::Time(time));
    }
    let days = u64::try_from(days).ok()?;
    let date = if is_1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?.checked_add_days(Days::new(days))?
    } else {
        match days {
            // Day 0 shows as 1900-01-00; with a time it can only mean the time.
            0 if ms > 0 => return Some(CellValue::Time(time)),
            // Day 60 is 1900-02-29, which never was.
            0 | 60 => return None,
            1..=59 => NaiveDate::from_ymd_opt(1899, 12, 31)?.checked_add_days(Days::new(days))?,
            _ => NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))?,
        }
    };
    if date > NaiveDate::from_ymd_opt(9999, 12, 31)? {
        return None;
    }
    Some(if class == FormatClass::Date && ms == 0 {
        CellValue::Date(date)
    } else {
        CellValue::DateTime(NaiveDateTime::new(date, time))
    })
}

/// Milliseconds as a whole number; none when out of any sensible range.
fn whole_ms(ms: f64) -> Option<i64> {
    let rounded = ms.round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to lie far inside i64"
    )]
    (rounded.abs() < 1e18).then_some(rounded as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_apart() {
        for (code, class) in [
            ("General", FormatClass::General),
            ("0", FormatClass::Number),
            ("#,##0.00", FormatClass::Number),
            ("0.00", FormatClass::Number),
            ("0.0%", FormatClass::Percent),
            ("00000", FormatClass::Digits),
            ("000-000-000", FormatClass::Digits),
            ("000\\ 000\\ 000", FormatClass::Digits),
            ("yyyy-mm-dd", FormatClass::Date),
            ("[$-1009]d-mmm-yy;@", FormatClass::Date),
            ("mmm yyyy", FormatClass::Date),
            ("mmmm", FormatClass::Date),
            ("d/m/yyyy h:mm", FormatClass::DateTime),
            ("mm:ss.0", FormatClass::Time),
            ("h:mm AM/PM", FormatClass::Time),
            ("[h]:mm:ss", FormatClass::Duration),
            ("[mm]:ss", FormatClass::Duration),
            ("0.00E+00", FormatClass::Number),
            ("\"day \"0", FormatClass::Number),
            ("[Red]#,##0;[Blue]-#,##0", FormatClass::Number),
            ("# ##0 \\d", FormatClass::Number),
            ("_-* #,##0_-", FormatClass::Number),
            (";;;", FormatClass::Invisible),
            ("@", FormatClass::Text),
            ("General\" days\"", FormatClass::Number),
            ("\"", FormatClass::Number),
            ("[", FormatClass::Number),
        ] {
            assert_eq!(classify(code), class, "{code}");
        }
    }

    #[test]
    fn digits_keep_leading_zeros() {
        for (code, number, shown) in [
            ("00000", 12.0, Some("00012")),
            ("000-000-000", 46_454_286.0, Some("046-454-286")),
            ("000\\ 000\\ 000", 1_046_454_286.0, Some("1046 454 286")),
            ("00", 1e16, None),
            ("00", -1.0, None),
        ] {
            assert_eq!(digits(code, number).as_deref(), shown);
        }
    }

    #[test]
    fn serials_become_dates_only_when_they_are() {
        let show = |number, class, is_1904| {
            let (value, odd) = typed(number, class, is_1904);
            format!("{}{}", value.plain(), if odd { " odd" } else { "" })
        };
        for (number, class, is_1904, text) in [
            (45351.0, FormatClass::Date, false, "2024-02-29"),
            (43889.0, FormatClass::Date, true, "2024-02-29"),
            (0.0, FormatClass::Date, true, "1904-01-01"),
            (1.0, FormatClass::Date, false, "1900-01-01"),
            (59.0, FormatClass::Date, false, "1900-02-28"),
            (60.0, FormatClass::Date, false, "60 odd"),
            (61.0, FormatClass::Date, false, "1900-03-01"),
            (-1.0, FormatClass::Date, false, "-1 odd"),
            (2_958_465.0, FormatClass::Date, false, "9999-12-31"),
            (2_958_466.0, FormatClass::Date, false, "2958466 odd"),
            (0.0, FormatClass::Date, false, "0 odd"),
            (0.25, FormatClass::Time, false, "06:00:00"),
            (
                45_351.573_263_888_9,
                FormatClass::DateTime,
                false,
                "2024-02-29T13:45:30",
            ),
            (1.25, FormatClass::Duration, false, "30:00:00"),
            (f64::NAN, FormatClass::Date, false, "NaN odd"),
            (f64::INFINITY, FormatClass::Duration, false, "inf odd"),
        ] {
            assert_eq!(show(number, class, is_1904), text);
        }
    }
}
