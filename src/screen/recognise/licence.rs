//! Driver's licences and personal record identifiers.
//!
//! Ontario's licence holds the birth date in its last six digits (month + 50 for women), Quebec's in the middle: with the right
//! grouping that speaks for itself. Rule that must hold: an identifier of eight plain digits needs a label.

use super::{
    birth::is_day,
    numbers::{Gap, Number, Numbers, stands_alone},
    proposal::{Proposal, each, letters_before},
    reading::is_word,
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Proposes both.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    licences(scene, numbers, out);
    records(scene, numbers, out);
}

fn licences(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    each(scene, numbers, &[14, 12, 5, 6, 7, 8, 9], |number| {
        let before = letters_before(reading, number.start, 5);
        let letters = before.as_ref().map_or(0, |(_, letters)| letters.len());
        let start = before.map_or(number.start, |(from, _)| from);
        let end = number.end;
        let digits = number.digits();
        let pair = |at: usize| {
            digits
                .get(at)
                .zip(digits.get(at + 1))
                .map_or(0, |(a, b)| u32::from(*a) * 10 + u32::from(*b))
        };
        let (form, province) = match (letters, digits.len()) {
            (1, 14) if number.has_shape(&[&[4, 5, 5], &[14]]) => {
                let month = pair(10);
                (
                    is_day(2000, month - if month > 50 { 50 } else { 0 }, pair(12)),
                    "ontario",
                )
            }
            (1, 12) if number.has_shape(&[&[4, 6, 2], &[12], &[4, 2, 2, 2, 2]]) => {
                (is_day(2000, pair(6), pair(4)), "quebec")
            }
            (0, 7..=9) | (1..=2, 5..=8) | (5, 6) => (false, "other_province"),
            _ => return false,
        };
        let known = province != "other_province";
        if is_word(reading.byte(end)) || (letters == 0 && !stands_alone(reading, start, end)) {
            return false;
        }
        let support = scene.support(&[Topic::Licence], start, end);
        let hyphens =
            number.shape().len() == 3 && number.gaps().iter().all(|gap| *gap == Gap::Dash);
        let held = support.holds() && support != Support::Sheet;
        let close = matches!(support, Support::Near | Support::Column);
        let (class, confidence) = match (known, held, form) {
            (true, true, true) => (IdentifierClass::Personal, 96),
            (true, true, false) => (IdentifierClass::Personal, 75),
            (true, false, true) if hyphens && support == Support::None => (
                IdentifierClass::Personal,
                if province == "ontario" { 85 } else { 70 },
            ),
            (false, true, _) if close => (IdentifierClass::Personal, 60),
            _ => return false,
        };
        if matches!(support, Support::Near | Support::Behind) && scene.is_sample(start, end) {
            return false;
        }
        out.push(Proposal {
            start,
            end,
            identifier: "driver_licence",
            class,
            confidence,
            masked: format!("driver’s licence ••••{}", number.tail(2)),
            detector: "driver_licence/1",
            reasons: vec![
                province,
                support.reason(),
                if form { "birth_date" } else { "form" },
            ],
        });
        true
    });
}

/// Personal record identifiers (PRI / CIDP): eight digits.
fn records(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    each(scene, numbers, &[8], |number: &Number| {
        let (start, end) = (number.start, number.end);
        if !stands_alone(scene.reading, start, end) {
            return false;
        }
        let support = scene.support(&[Topic::Pri], start, end);
        let shaped = number.has_shape(&[
            &[8],
            &[3, 3, 2],
            &[3, 2, 3],
            &[4, 4],
            &[2, 3, 3],
            &[2, 2, 2, 2],
        ]);
        // Behind its label any even grouping will do.
        let grouped = support == Support::Near && number.is_even() && number.shape().len() <= 4;
        if !shaped && !grouped {
            return false;
        }
        if !support.holds()
            || support == Support::Sheet
            || (support == Support::Near && scene.is_sample(start, end))
        {
            return false;
        }
        out.push(Proposal {
            start,
            end,
            identifier: "pri",
            class: IdentifierClass::Personal,
            confidence: 93,
            masked: format!("PRI ••••••{}", number.tail(2)),
            detector: "pri/1",
            reasons: vec![support.reason()],
        });
        true
    });
}
