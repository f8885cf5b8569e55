//! Payment card numbers: issuer range, length and Luhn's check; a label is not needed, one that says otherwise counts.
//!
//! Rule that must hold: a number that fails the check is not a card.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    Found,
    digits::{SEPARATORS, candidates, digits, has_digits, luhn, tail},
    window::{before, last_end},
};
use crate::domain::{Fact, IdentifierClass, TextUnit};

const DETECTOR: &str = "credit_card/1";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(r"[2-6][0-9]{{3}}(?:[{SEPARATORS}]?[0-9]){{9,15}}"))
        .expect("the pattern is valid")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:card|carte|visa|mastercard|amex|american express|cr[ée]dit|debit|d[ée]bit|pan)\b")
        .expect("the pattern is valid")
});

static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:tracking|suivi|waybill|order|commande|serial|s[ée]rie|isbn|imei|invoice|facture)\b")
        .expect("the pattern is valid")
});

/// Reports the card numbers of a unit.
pub(super) fn detect(unit: &TextUnit, facts: &mut Vec<Fact>) {
    let text = unit.text.as_str();
    if !has_digits(text, 13) {
        return;
    }
    let column = unit.labels.iter().any(|label| LABEL.is_match(label));
    candidates(&NUMBER, text, |start, end| {
        let number = digits(&text[start..end]);
        if !is_issued(&number) || !luhn(&number) {
            return false;
        }
        let ahead = before(text, start, 60);
        let label = last_end(&LABEL, ahead);
        let labelled = column || (label.is_some() && label >= last_end(&OTHER, ahead));
        if !labelled && OTHER.is_match(ahead) {
            return false;
        }
        let grouped = end - start > number.len();
        let confidence = match (labelled, grouped) {
            (true, _) => 98,
            (false, true) => 90,
            (false, false) => 75,
        };
        facts.push(
            Found {
                identifier: "credit_card",
                class: IdentifierClass::Personal,
                start,
                end,
                confidence,
                masked: format!("card •••• •••• •••• {}", tail(&number, 4)),
                detector: DETECTOR,
                reasons: if labelled {
                    &["checksum", "issuer", "label"]
                } else {
                    &["checksum", "issuer"]
                },
            }
            .into_fact(unit),
        );
        true
    });
}

/// Ranges of the issuers, with the lengths they use.
fn is_issued(number: &[u8]) -> bool {
    let prefix = number
        .iter()
        .take(4)
        .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit));
    match prefix {
        4000..=4999 => matches!(number.len(), 13 | 16 | 19),
        5100..=5599 | 2221..=2720 => number.len() == 16,
        3400..=3499 | 3700..=3799 => number.len() == 15,
        6011 | 6440..=6599 | 3528..=3589 => matches!(number.len(), 16 | 19),
        3000..=3059 | 3600..=3699 | 3800..=3999 => number.len() == 14,
        _ => false,
    }
}
