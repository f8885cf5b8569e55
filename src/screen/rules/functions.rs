//! Functions that conditions may call: years, which CEL does not know.
//!
//! Days are text, `YYYY-MM-DD`. Rule that must hold: what is not a day is an error, never a guess.

use std::sync::Arc;

use cel::{Context, ExecutionError, Value};
use chrono::{Datelike, Months, NaiveDate};

/// `years_after(date, years)`: the same day some years later; 29 February becomes 28 February where it must.
pub(super) const YEARS_AFTER: &str = "years_after";
/// `age_years(from, to)`: whole years from one day to another; negative when `to` is earlier.
pub(super) const AGE_YEARS: &str = "age_years";

/// A day from text: a date, or the date of a timestamp.
pub(super) fn parse_day(text: &str) -> Result<NaiveDate, String> {
    let day = text.get(..10).unwrap_or(text);
    let rest = text.get(10..).unwrap_or_default();
    if !rest.is_empty() && !rest.starts_with('T') {
        return Err("not a date (YYYY-MM-DD)".to_owned());
    }
    let date = NaiveDate::parse_from_str(day, "%Y-%m-%d")
        .map_err(|_| "not a date (YYYY-MM-DD)".to_owned())?;
    // Four digits, so that days sort as text.
    if day.len() == 10 && (0..=9999).contains(&date.year()) {
        Ok(date)
    } else {
        Err("not a date (YYYY-MM-DD)".to_owned())
    }
}

/// The same day some years later (or earlier).
pub(super) fn years_after(date: NaiveDate, years: i64) -> Result<NaiveDate, String> {
    let months = years
        .unsigned_abs()
        .checked_mul(12)
        .and_then(|months| u32::try_from(months).ok())
        .map(Months::new)
        .ok_or("too many years")?;
    let moved = if years < 0 {
        date.checked_sub_months(months)
    } else {
        date.checked_add_months(months)
    };
    moved
        .filter(|date| (0..=9999).contains(&date.year()))
        .ok_or_else(|| "date out of range".to_owned())
}

/// Whole years from one day to another.
fn age_years(from: NaiveDate, to: NaiveDate) -> i64 {
    match to.years_since(from) {
        Some(years) => i64::from(years),
        None => from.years_since(to).map_or(0, |years| -i64::from(years)),
    }
}

/// Makes the functions known to an evaluation.
pub(super) fn register(context: &mut Context<'_, '_>) {
    context
        .add_function(
            YEARS_AFTER,
            |date: Arc<String>, years: i64| -> Result<Value, ExecutionError> {
                let moved = parse_day(&date).and_then(|date| years_after(date, years));
                match moved {
                    Ok(date) => Ok(Value::from(date.format("%Y-%m-%d").to_string())),
                    Err(message) => Err(ExecutionError::function_error(YEARS_AFTER, message)),
                }
            },
        )
        .expect("the standard library has no function of this name");
    context
        .add_function(
            AGE_YEARS,
            |from: Arc<String>, to: Arc<String>| -> Result<Value, ExecutionError> {
                let day = |text: &str| {
                    parse_day(text)
                        .map_err(|message| ExecutionError::function_error(AGE_YEARS, message))
                };
                Ok(Value::Int(age_years(day(&from)?, day(&to)?)))
            },
        )
        .expect("the standard library has no function of this name");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: &str, years: i64, expected: &str) {
        let moved = parse_day(date).and_then(|date| years_after(date, years));
        assert_eq!(
            moved.map_or_else(|error| error, |date| date.to_string()),
            expected
        );
    }

    #[test]
    fn years() {
        check("2004-02-29", 20, "2024-02-29");
        check("2004-02-29", 1, "2005-02-28");
        check("2004-03-01T10:00:00Z", 110, "2114-03-01");
        check("2004-03-01", -4, "2000-03-01");
        check("2004-3-1", 1, "not a date (YYYY-MM-DD)");
        check("yesterday", 1, "not a date (YYYY-MM-DD)");
        check("", 1, "not a date (YYYY-MM-DD)");
        check("2004-03-01é", 1, "not a date (YYYY-MM-DD)");
        check("2004-03-01", i64::MAX, "too many years");
        check("2004-03-01", 9000, "date out of range");
    }

    #[test]
    fn ages() {
        let age =
            |from: &str, to: &str| age_years(parse_day(from).unwrap(), parse_day(to).unwrap());
        assert_eq!(age("2000-05-02", "2020-05-01"), 19);
        assert_eq!(age("2000-05-02", "2020-05-02"), 20);
        assert_eq!(age("2020-05-02", "2000-05-02"), -20);
    }
}
