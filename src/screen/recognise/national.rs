//! Social insurance numbers (numéros d'assurance sociale) and business numbers, which look alike.
//!
//! About one in eleven numbers of nine digits passes Luhn's check, and a French count such as `123 456 782` looks like a
//! SIN, so the check alone says nothing: a label, a column or a row decides. A number with hyphens in the usual groups that
//! passes is reported with class `unknown` even without. Rule that must hold: a labelled number is reported even when its
//! check digit is wrong.

use super::{
    layout::within,
    numbers::{Gap, Number, Numbers, luhn, stands_alone},
    proposal::{List, Proposal, each},
    reading::{Reading, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

const DETECTOR: &str = "sin/2";
const BUSINESS: &str = "business_number/2";

/// Proposes SINs and business numbers.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut list = List::default();
    each(scene, numbers, &[9], |number| {
        let (start, end) = (number.start, number.end);
        let valid = luhn(number.digits());
        if let Some(program) = program(reading, end)
            && !is_word(reading.before(start))
        {
            out.push(business(number, program, valid, "program_account"));
            return true;
        }
        let digits = number.digits();
        let masked = digits.iter().all(|digit| digits.first() == Some(digit));
        if masked || !(stands_alone(reading, start, end) || is_glued(scene, start, end)) {
            return false;
        }
        let support = scene.support(&[Topic::Sin], start, end);
        let listed =
            support == Support::None && !scene.has_own_label(start) && list.goes_on(reading, start);
        let shaped = number.has_shape(&[&[9], &[3, 3, 3], &[3, 6], &[6, 3]]);
        let held = support.holds() || listed;
        if !held && shaped && scene.support(&[Topic::Business], start, end).holds() {
            out.push(business(number, end, valid, "label"));
            return true;
        }
        let trusted = support == Support::Near && valid;
        if !shaped && !trusted {
            return false;
        }
        if matches!(support, Support::Near | Support::Behind) && scene.is_sample(start, end) {
            return false;
        }
        let mut reasons = Vec::new();
        if listed {
            reasons.push("list");
        } else if support.holds() {
            reasons.push(support.reason());
        }
        reasons.push(if valid { "checksum" } else { "no_checksum" });
        let counted = scene.around(Topic::Count, start, end, 80, 40)
            || scene.around(Topic::Other, start, end, 40, 0);
        if !held && counted {
            return false;
        }
        let Some((class, confidence)) = weigh(number, support, listed, valid) else {
            return false;
        };
        if !matches!(number.digits().first(), Some(1..=7 | 9)) {
            reasons.push("not_issued_to_individuals");
        }
        if number.digits().first() == Some(&9) {
            reasons.push("temporary_resident");
        }
        list.note(held.then_some(end));
        out.push(Proposal {
            start,
            end,
            identifier: "sin",
            class,
            confidence,
            masked: format!("SIN •••-•••-{}", number.tail(3)),
            detector: DETECTOR,
            reasons,
        });
        true
    });
}

/// `NAS130692544DDN…`: labels and values without anything between.
fn is_glued(scene: &Scene<'_>, start: usize, end: usize) -> bool {
    let label = within(scene.hits, start.saturating_sub(12), start)
        .any(|hit| hit.end == start && hit.topic == Topic::Sin);
    let border = !is_word(scene.reading.byte(end))
        || within(scene.hits, end, end + 24).any(|hit| hit.start == end);
    label && border
}

fn weigh(
    number: &Number,
    support: Support,
    listed: bool,
    valid: bool,
) -> Option<(IdentifierClass, u8)> {
    let issued = !matches!(number.digits().first(), Some(0 | 8));
    let bare = number.shape() == [9];
    let hyphens = number.shape() == [3, 3, 3] && number.gaps().iter().all(|gap| *gap == Gap::Dash);
    Some(match support {
        Support::Sheet if valid && issued => (IdentifierClass::Unknown, 55),
        Support::Sheet | Support::Against => return None,
        _ if support.holds() || listed => match (valid, issued) {
            (true, true) => (IdentifierClass::Personal, 98),
            // Individual tax numbers begin with 0.
            (true, false) => (IdentifierClass::Personal, 85),
            // A column of bare numbers called SIN that fail the check may be anything; a person looks.
            (false, _) if support != Support::Near && bare => (IdentifierClass::Unknown, 50),
            (false, _) => (IdentifierClass::Personal, 60),
        },
        _ if valid && hyphens && issued => (IdentifierClass::Unknown, 50),
        _ => return None,
    })
}

fn business(number: &Number, end: usize, valid: bool, reason: &'static str) -> Proposal {
    Proposal {
        start: number.start,
        end,
        identifier: "business_number",
        class: IdentifierClass::Business,
        confidence: match (valid, reason) {
            (_, "program_account") => 99,
            (true, _) => 95,
            (false, _) => 70,
        },
        masked: format!("BN ••••••{}", number.tail(3)),
        detector: BUSINESS,
        reasons: vec![reason, if valid { "checksum" } else { "no_checksum" }],
    }
}

/// Where the program account after a business number ends: `RC 0001`, `RT0001`.
fn program(reading: &Reading, end: usize) -> Option<usize> {
    let space = |at: usize| at + usize::from(matches!(reading.byte(at), b' ' | b'-'));
    let at = space(end);
    let letters = reading.slice(at, at + 2);
    if letters.first() != Some(&b'R')
        || !letters
            .get(1)
            .is_some_and(|byte| b"CPTMZRDGE".contains(byte))
    {
        return None;
    }
    let digits = space(at + 2);
    let account = reading.slice(digits, digits + 4);
    (account.len() == 4
        && account.iter().all(u8::is_ascii_digit)
        && !is_word(reading.byte(digits + 4)))
    .then_some(digits + 4)
}
