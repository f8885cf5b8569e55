//! Values of tables in one form, whether they come from a file or back from the portal's DataStore.
//!
//! Pure. Rule that must hold: two texts that mean the same to the database give the same form; others do not.

use sha2::{Digest as _, Sha256};

/// Stands for a row.
pub(super) type Digest = [u8; 16];

/// The digest of values, each with its database type.
pub(super) fn digest<'v>(values: impl Iterator<Item = (&'v str, &'v str)>) -> Digest {
    let mut hash = Sha256::new();
    for (kind, value) in values {
        let value = canonical(kind, value);
        hash.update((value.len() as u64).to_be_bytes());
        hash.update(value);
    }
    let whole: [u8; 32] = hash.finalize().into();
    let mut half = Digest::default();
    half.copy_from_slice(&whole[..16]);
    half
}

/// The rows of a table in any order: equal when the same rows stand in it, each as many times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RowSum {
    rows: u64,
    sum: u128,
}

impl RowSum {
    /// Takes a row.
    pub(super) fn add(&mut self, row: Digest) {
        self.rows = self.rows.wrapping_add(1);
        self.sum = self.sum.wrapping_add(u128::from_be_bytes(row));
    }
}

/// A value in one form. Types are named as the portal names them, or as we do when asking for them.
fn canonical(kind: &str, value: &str) -> String {
    match kind {
        "numeric" | "int" | "int4" | "int8" | "float8" => number(value),
        "bool" | "boolean" => match value {
            "TRUE" | "true" | "True" | "t" => "t".to_owned(),
            "FALSE" | "false" | "False" | "f" => "f".to_owned(),
            other => other.to_owned(),
        },
        // CKAN 2.10 gives no fractions of a second back.
        "timestamp" => {
            let whole = value.split('.').next().unwrap_or_default();
            whole.replacen(' ', "T", 1)
        }
        "time" => {
            let short = value.len() == 5 && value.as_bytes().get(2) == Some(&b':');
            let whole = if short {
                format!("{value}:00")
            } else {
                value.to_owned()
            };
            without_zeros(&whole)
        }
        _ => value.to_owned(),
    }
}

/// Fractions of a second without the zeros at their end.
fn without_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

/// A decimal number as sign, digits and power of ten; what is no number stays as it is.
fn number(text: &str) -> String {
    plain_number(text.trim()).unwrap_or_else(|| text.to_owned())
}

fn plain_number(text: &str) -> Option<String> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    let (mantissa, power) = match rest.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, power.parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = digits.trim_end_matches('0');
    let cut = digits.len() - kept.len();
    let kept = kept.trim_start_matches('0');
    if kept.is_empty() {
        return Some("0".to_owned());
    }
    let power = power
        .checked_sub(i64::try_from(fraction.len()).ok()?)?
        .checked_add(i64::try_from(cut).ok()?)?;
    Some(format!("{sign}{kept}e{power}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, one: &str, two: &str, same: bool) {
        assert_eq!(
            canonical(kind, one) == canonical(kind, two),
            same,
            "{kind}: {one} and {two}"
        );
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        for (one, two, same) in [
            ("1", "1.0", true),
            ("1", "+1", true),
            ("1e3", "1000", true),
            ("1E-2", "0.010", true),
            ("0", "-0.00", true),
            ("007", "7", true),
            (".5", "0.5", true),
            ("5.", "5", true),
            ("10", "1", false),
            ("1", "-1", false),
            ("0.1", "0.01", false),
            (
                "12345678901234567890.123",
                "12345678901234567890.124",
                false,
            ),
            ("", "0", false),
            ("x", "y", false),
            ("1e99999999999999999999", "1", false),
            ("--1", "-1", false),
            ("é", "e", false),
        ] {
            check("numeric", one, two, same);
        }
        check("text", "1", "1.0", false);
        check("boolean", "TRUE", "t", true);
        check("bool", "TRUE", "f", false);
        check(
            "timestamp",
            "2026-01-02T10:00:00",
            "2026-01-02 10:00:00.000",
            true,
        );
        check(
            "timestamp",
            "2026-01-02T10:00:00.500",
            "2026-01-02T10:00:00",
            true,
        );
        check(
            "timestamp",
            "2026-01-02T10:00:00",
            "2026-01-02T10:00:01",
            false,
        );
        check("time", "10:00", "10:00:00", true);
        check("time", "10:00:30", "10:00:03", false);
        check("date", "2026-01-02", "2026-01-03", false);
    }

    #[test]
    fn rows_count_in_any_order_and_as_often_as_they_stand() {
        let row = |text: &str| digest([("text", text), ("numeric", "1")].into_iter());
        let sum = |rows: &[&str]| {
            let mut sum = RowSum::default();
            for one in rows {
                sum.add(row(one));
            }
            sum
        };
        assert_eq!(sum(&["a", "b"]), sum(&["b", "a"]));
        assert_ne!(sum(&["a", "b"]), sum(&["a", "a"]));
        assert_ne!(sum(&["a"]), sum(&["a", "a"]));
        assert_ne!(sum(&["a"]), sum(&[]));
        assert_ne!(
            digest([("text", "a"), ("text", "")].into_iter()),
            digest([("text", ""), ("text", "a")].into_iter())
        );
    }
}
