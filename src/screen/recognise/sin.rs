//! Social insurance numbers (numéros d'assurance sociale), and business numbers that look like them.
//!
//! About one in eleven numbers of nine digits passes Luhn's check, and a French count such as `123 456 782` looks
//! like a SIN, so the check alone says nothing: a label near the number, a column header or a row label decides.
//! A number with hyphens in the usual groups that passes the check is reported with class `unknown` even
//! without a label. Rule that must hold: a labelled number is reported even when its check digit is wrong.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{
    Found,
    digits::{PROGRAM, SEPARATORS, candidates, digits, has_digits, luhn, tail},
    window::{after, before, last_end},
};
use crate::domain::{Fact, IdentifierClass, TextUnit};

const DETECTOR: &str = "sin/1";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let between = format!(r"[{SEPARATORS}\r\n]{{0,3}}");
    Regex::new(&format!("[0-9]{{3}}{between}[0-9]{{3}}{between}[0-9]{{3}}"))
        .expect("the pattern is valid")
});

/// Words that make a number a SIN.
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:^|[^\p{L}\p{N}])(?:sins?|s\.\s?i\.\s?n|nas|n\.\s?a\.\s?s)(?:[^\p{L}\p{N}]|$)|social[\s_-]+ins(?:urance|\b)|assurance[\s_-]+sociale|\bass\.?\s+soc(?:iale|\b)",
    )
    .expect("the pattern is valid")
});

/// Words that make it a number of a business.
static BUSINESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)business[\s_-]+(?:number|no\b|nbr)|num[ée]ro[\s_]+d.entreprise|(?:^|[^\p{L}\p{N}])(?:bn|gst|hst|tps|tvh|tvq|neq)(?:[^\p{L}\p{N}]|$)|\bne\s*[:#]|taxe\s+sur|gst/hst",
    )
    .expect("the pattern is valid")
});

/// Words that make it something else.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:order|invoice|purchase|tracking|serial|reference|ref|account|acct|part|asset|ticket|case|file|uci|client|passport|phone|tel|fax|issn|isbn|transit|phn|health|licen[cs]e|commande|facture|suivi|s[ée]rie|r[ée]f[ée]rence|compte|pi[èe]ce|billet|dossier|iuc|passeport|t[ée]l[ée]phone|t[ée]l|t[ée]l[ée]copieur|permis)\b",
    )
    .expect("the pattern is valid")
});

/// Sheet columns under a cell that says SIN: for cells whose reader found no header.
#[derive(Default)]
pub(super) struct Columns<'u>(BTreeSet<(&'u str, &'u str)>);

impl<'u> Columns<'u> {
    /// Takes note of a cell that says SIN; tells whether a cell stands under one.
    fn is_under_label(&mut self, unit: &'u TextUnit) -> bool {
        let Some((sheet, cell)) = unit.place.at.rsplit_once('!') else {
            return false;
        };
        let letters = cell.trim_start_matches('$');
        let end = letters
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(letters.len());
        let column = (sheet, &letters[..end]);
        if unit.text.len() <= 60 && LABEL.is_match(&unit.text) {
            self.0.insert(column);
            return false;
        }
        self.0.contains(&column)
    }
}

/// Reports SINs and business numbers of a unit; `previous` is the unit before it, whose text may be the label.
pub(super) fn detect<'u>(
    unit: &'u TextUnit,
    previous: Option<&TextUnit>,
    columns: &mut Columns<'u>,
    facts: &mut Vec<Fact>,
) {
    let under_label = columns.is_under_label(unit);
    let text = unit.text.as_str();
    if !has_digits(text, 9) {
        return;
    }
    let column = under_label || unit.labels.iter().any(|label| LABEL.is_match(label));
    let business_column = unit.labels.iter().any(|label| BUSINESS.is_match(label));
    let earlier = previous.is_some_and(|unit| unit.text.len() <= 60 && LABEL.is_match(&unit.text));
    let mut list_end: Option<usize> = None;

    candidates(&NUMBER, text, |start, end| {
        let raw = &text[start..end];
        let number = digits(raw);
        let valid = luhn(&number);
        if PROGRAM.is_match(after(text, end, 12)) {
            facts.push(business(unit, start, end, &number, valid));
            return true;
        }
        let ahead = before(text, start, 100);
        let label = last_end(&LABEL, ahead);
        let other = last_end(&OTHER, ahead).max(last_end(&BUSINESS, ahead));
        let is_business = business_column
            || (last_end(&BUSINESS, ahead).is_some() && label < last_end(&BUSINESS, ahead));
        if is_business && !column {
            facts.push(business(unit, start, end, &number, valid));
            return true;
        }
        let near = label.is_some() && label >= other && !sentence_between(ahead, label);
        let follows = after(text, end, 16);
        let behind = follows.trim_start().starts_with('(') && LABEL.is_match(follows);
        // `SIN: 123 456 782, 130 692 544`
        let listed =
            list_end.is_some_and(|last| is_list_gap(text.get(last..start).unwrap_or_default()));
        let first_cell = earlier && before(text, start, 12).trim().is_empty();

        let mut reasons = Vec::new();
        for (holds, reason) in [
            (column, "column"),
            (near, "label"),
            (behind, "label"),
            (listed, "list"),
            (first_cell, "previous_text"),
        ] {
            if holds && !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let labelled = !reasons.is_empty();
        reasons.push(if valid { "checksum" } else { "no_checksum" });
        let issued = !matches!(number.first(), Some(0 | 8));
        let hyphens = raw.len() > 9 && raw.chars().all(|c| c.is_ascii_digit() || is_dash(c));
        let (class, confidence) = match (labelled, valid) {
            (true, true) if issued => (IdentifierClass::Personal, 98),
            (true, true) => (IdentifierClass::Personal, 85),
            // A column of bare numbers called SIN that fail the check may be anything; a person looks.
            (true, false) if !near && raw.len() == 9 => (IdentifierClass::Unknown, 50),
            (true, false) => (IdentifierClass::Personal, 60),
            (false, true) if hyphens && issued && other.is_none() => (IdentifierClass::Unknown, 50),
            _ => return false,
        };
        list_end = labelled.then_some(end);
        facts.push(
            Found {
                identifier: "sin",
                class,
                start,
                end,
                confidence,
                masked: format!("SIN •••-•••-{}", tail(&number, 3)),
                detector: DETECTOR,
                reasons: &reasons,
            }
            .into_fact(unit),
        );
        true
    });
}

fn business(unit: &TextUnit, start: usize, end: usize, number: &[u8], valid: bool) -> Fact {
    Found {
        identifier: "business_number",
        class: IdentifierClass::Business,
        start,
        end,
        confidence: if valid { 95 } else { 70 },
        masked: format!("BN ••••••{}", tail(number, 3)),
        detector: DETECTOR,
        reasons: &["label"],
    }
    .into_fact(unit)
}

fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}'
    )
}

/// A label does not reach over the end of a sentence or past other numbers.
fn sentence_between(ahead: &str, label: Option<usize>) -> bool {
    let between = label.and_then(|end| ahead.get(end..)).unwrap_or_default();
    between.contains(". ") || between.bytes().filter(u8::is_ascii_digit).count() > 20
}

fn is_list_gap(gap: &str) -> bool {
    gap.len() <= 12
        && gap.chars().all(|c| {
            c.is_whitespace() || matches!(c, ',' | ';' | '/' | '&' | 'a' | 'n' | 'd' | 'e' | 't')
        })
}
