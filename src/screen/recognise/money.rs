//! Payment cards, bank accounts and IBANs.
//!
//! Rule that must hold: a card number that fails Luhn's check is not a card, an IBAN that fails modulo 97 is not an IBAN.

use super::{
    numbers::{Number, Numbers, luhn, stands_alone},
    proposal::{Proposal, each},
    reading::is_word,
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Numbers of the institutions of Payments Canada that are common.
const INSTITUTIONS: &[u32] = &[
    1, 2, 3, 4, 6, 10, 16, 30, 39, 117, 127, 177, 219, 260, 269, 270, 309, 326, 338, 340, 374, 509,
    540, 608, 614, 621, 623, 809, 815, 819, 828, 829, 837, 839, 849, 865, 879, 889, 899,
];

/// Proposes all of them.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    cards(scene, numbers, out);
    accounts(scene, numbers, out);
    ibans(scene, numbers, out);
}

fn cards(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    each(scene, numbers, &[16, 15, 13, 14, 19], |number| {
        let (start, end) = (number.start, number.end);
        let digits = number.digits();
        if !is_issued(digits) || !luhn(digits) || !stands_alone(scene.reading, start, end) {
            return false;
        }
        let support = scene.support(&[Topic::Card], start, end);
        let count = digits.len();
        let shaped = number.has_shape(&[
            &[count],
            &[4, 4, 4, 4],
            &[4, 6, 5],
            &[4, 6, 4],
            &[4, 4, 4, 4, 3],
            &[4, 4, 4, 1],
            &[6, 10],
            &[8, 8],
        ]);
        let grouped = number.shape().len() > 1;
        let confidence = match (support, shaped) {
            (Support::Against | Support::Sheet, _) | (Support::None, false) => return false,
            (Support::None, true) if grouped => 90,
            (Support::None, true) => 75,
            _ => 98,
        };
        let mut reasons = vec!["checksum", "issuer"];
        if support.holds() {
            reasons.push(support.reason());
        }
        out.push(Proposal {
            start,
            end,
            identifier: "credit_card",
            class: IdentifierClass::Personal,
            confidence,
            masked: format!("card •••• •••• •••• {}", number.tail(4)),
            detector: "credit_card/2",
            reasons,
        });
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

/// Transit, institution and account in either order, EFT routing numbers, accounts by label.
fn accounts(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut at = 0;
    while at < numbers.runs.len() {
        let mut next = at + 1;
        for runs in [3, 4, 5, 2, 1] {
            let Some(number) = numbers.of_runs(reading, at, runs) else {
                continue;
            };
            if let Some(proposal) = account(scene, &number) {
                out.push(proposal);
                next = number.next;
                break;
            }
        }
        at = next;
    }
}

fn account(scene: &Scene<'_>, number: &Number) -> Option<Proposal> {
    let (start, end) = (number.start, number.end);
    let shape = number.shape();
    let value = |from: usize| {
        let digits = number.digits().get(from..from + 3).unwrap_or_default();
        digits
            .iter()
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    let tail: usize = shape.iter().skip(2).sum();
    let full =
        (shape.starts_with(&[5, 3]) || shape.starts_with(&[3, 5])) && (6..=12).contains(&tail);
    let bank = if shape.starts_with(&[5, 3]) {
        value(5)
    } else {
        value(0)
    };
    let eft =
        shape == [9] && number.digits().first() == Some(&0) && INSTITUTIONS.contains(&value(1));
    let single = matches!(
        shape,
        [7..=12] | [3..=5, 7] | [5, 3] | [2..=4, 3..=4, 3..=4]
    ) && (6..=12).contains(&number.digits().len());
    if !(full || eft || single) || !stands_alone(scene.reading, start, end) {
        return None;
    }
    let support = scene.support(&[Topic::Bank], start, end);
    let known = INSTITUTIONS.contains(&bank) || (997..=999).contains(&bank);
    let close = matches!(
        support,
        Support::Near | Support::Column | Support::Row | Support::Behind
    );
    let (class, confidence) = match (full, support.holds() && support != Support::Sheet) {
        (true, true) => (IdentifierClass::Personal, if known { 96 } else { 88 }),
        (true, false)
            if known
                && number.is_even()
                && support == Support::None
                && shape.len() == 3
                && !scene.around(Topic::Count, start, end, 80, 0) =>
        {
            (IdentifierClass::Unknown, 60)
        }
        (false, true) if eft => (IdentifierClass::Personal, 85),
        (false, true) if close => (IdentifierClass::Personal, 72),
        _ => return None,
    };
    if support == Support::Near && scene.is_sample(start, end) {
        return None;
    }
    Some(Proposal {
        start,
        end,
        identifier: "bank_account",
        class,
        confidence,
        masked: format!("bank account ••••{}", number.tail(2)),
        detector: "bank_account/1",
        reasons: vec![support.reason(), if full { "transit" } else { "account" }],
    })
}

/// International account numbers: two letters, two check digits, up to thirty characters (ISO 13616).
fn ibans(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    for run in &numbers.runs {
        let start = run.start.saturating_sub(2);
        let country = reading.slice(start, run.start);
        if country.len() != 2
            || !country.iter().all(u8::is_ascii_uppercase)
            || is_word(reading.before(start))
        {
            continue;
        }
        let mut end = start;
        let mut best = None;
        let mut value = Vec::new();
        while value.len() < 34 {
            let byte = reading.byte(end);
            if byte.is_ascii_uppercase() || byte.is_ascii_digit() {
                value.push(byte);
                end += 1;
                if value.len() >= 15 && !is_word(reading.byte(end)) && modulo(&value) == 1 {
                    best = Some(end);
                }
            } else if matches!(byte, b' ' | b'-') && is_word(reading.byte(end + 1)) {
                end += 1;
            } else {
                break;
            }
        }
        if let Some(end) = best {
            out.push(Proposal {
                start,
                end,
                identifier: "iban",
                class: IdentifierClass::Personal,
                confidence: 97,
                masked: "IBAN ••••".to_owned(),
                detector: "iban/1",
                reasons: vec!["checksum"],
            });
        }
    }
}

/// The number modulo 97, its first four characters moved to the end and letters written as 10 to 35.
fn modulo(value: &[u8]) -> u32 {
    let (head, tail) = value.split_at(value.len().min(4));
    tail.iter().chain(head).fold(0, |rest, byte| {
        if byte.is_ascii_digit() {
            (rest * 10 + u32::from(byte - b'0')) % 97
        } else {
            (rest * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97
        }
    })
}
