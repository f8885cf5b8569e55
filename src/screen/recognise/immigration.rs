//! Numbers of the immigration and citizenship files: client identifiers, applications, permanent resident cards,
//! citizenship certificates, passports outside the machine-readable zone.
//!
//! None has a public check digit, and many look like years, parts or assets: a label or a column decides. Forms: IRCC help
//! pages. Rule that must hold: without something that speaks for it, no such number is called personal.

use super::{
    layout::within,
    numbers::{Gap, Number, Numbers, stands_alone},
    proposal::{List, Proposal, each, is_upper, letters_before},
    reading::{Reading, is_letter, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Letters that begin application numbers.
const APPLICATIONS: &[u8] = b"BCDEFGHLNPRSTUVWX";

/// Proposes all of them.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    clients(scene, numbers, out);
    lettered(scene, numbers, out);
}

/// Client identifiers: eight or ten digits, with temporary forms before them (`CAN`, `T`, `X`).
fn clients(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut list = List::default();
    each(scene, numbers, &[8, 10, 9], |number| {
        let prefix = letters_before(reading, number.start, 3)
            .filter(|(_, letters)| matches!(letters.as_slice(), b"CAN" | b"T" | b"X"))
            .filter(|(from, _)| is_upper(reading, *from, number.start));
        let start = prefix.as_ref().map_or(number.start, |(from, _)| *from);
        let end = number.end;
        let alone = if prefix.is_some() {
            !is_word(reading.byte(end))
        } else {
            stands_alone(reading, start, end)
        };
        let count = number.digits().len();
        if !alone || (count == 9 && prefix.is_none()) {
            return false;
        }
        let support = scene.support(&[Topic::Uci], start, end);
        // With the label right before it any grouping will do.
        let last = number.next.checked_sub(1);
        let ends = last
            .and_then(|last| numbers.runs.get(last))
            .is_some_and(|run| matches!(run.gap, Gap::Apart | Gap::Wrap));
        let direct = support == Support::Near && ends && is_direct(scene, start);
        let shaped = direct
            || number.has_shape(&[
                &[8],
                &[4, 4],
                &[10],
                &[2, 4, 4],
                &[9],
                &[3, 3, 3],
                &[2, 8],
                &[6, 4],
                &[2, 4, 2],
                &[4, 6],
            ]);
        if !shaped {
            return false;
        }
        let listed =
            support == Support::None && !scene.has_own_label(start) && list.goes_on(reading, start);
        let regular = number.has_shape(&[&[8], &[4, 4], &[10], &[2, 4, 4], &[9], &[3, 3, 3]]);
        let held = (support.holds() && support != Support::Sheet) || listed;
        if held
            && (!regular && support != Support::Near
                || (is_years(number) && support != Support::Column && !direct))
        {
            return false;
        }
        let typical = number.shape() == [2, 4, 4] && number.is_even();
        let about_someone = support == Support::None
            && ((typical && scene.around(Topic::Uci, start, end, 400, 100))
                || (prefix.is_some()
                    && count == 9
                    && scene.around(Topic::Uci, start, end, 60, 60)));
        let (class, confidence) = if held {
            (
                IdentifierClass::Personal,
                if support == Support::Previous { 85 } else { 95 },
            )
        } else if about_someone {
            // A temporary form outweighs an application number with the same letter.
            (
                IdentifierClass::Unknown,
                if prefix.is_some() { 55 } else { 50 },
            )
        } else {
            return false;
        };
        if matches!(support, Support::Near | Support::Behind) && scene.is_sample(start, end) {
            return false;
        }
        list.note(held.then_some(end));
        out.push(Proposal {
            start,
            end,
            identifier: "uci",
            class,
            confidence,
            masked: format!("client identifier ••••{}", number.tail(2)),
            detector: "uci/1",
            reasons: vec![if listed { "list" } else { support.reason() }],
        });
        true
    });
}

/// True when a label, a colon and spaces at most stand before a value: `UCI: 2014-2015`.
fn is_direct(scene: &Scene<'_>, start: usize) -> bool {
    within(scene.hits, start.saturating_sub(48), start)
        .filter(|hit| hit.topic == Topic::Uci)
        .any(|hit| {
            let between = scene.reading.slice(hit.end, start);
            between.len() <= 4
                && (between.contains(&b':') || between.len() >= 2)
                && between
                    .iter()
                    .all(|byte| matches!(byte, b' ' | b':' | b'.' | b'#'))
        })
}

/// `2014-2015`: two years that follow each other.
fn is_years(number: &Number) -> bool {
    if number.shape() != [4, 4] {
        return false;
    }
    let value = |digits: &[u8]| {
        digits
            .iter()
            .fold(0_u32, |sum, digit| sum * 10 + u32::from(*digit))
    };
    let (first, second) = number.digits().split_at(4);
    let (first, second) = (value(first), value(second));
    (1900..2100).contains(&first) && (first..first + 12).contains(&second)
}

/// A form of letters before a number (and behind it).
struct Form {
    topic: Topic,
    identifier: &'static str,
    detector: &'static str,
    mask: &'static str,
}

const APPLICATION: Form = Form {
    topic: Topic::Application,
    identifier: "application_number",
    detector: "application_number/1",
    mask: "application number",
};
const PASSPORT: Form = Form {
    topic: Topic::Passport,
    identifier: "passport",
    detector: "passport/1",
    mask: "passport",
};
const PR_CARD: Form = Form {
    topic: Topic::PrCard,
    identifier: "pr_card",
    detector: "pr_card/1",
    mask: "permanent resident card",
};
const CITIZENSHIP: Form = Form {
    topic: Topic::Citizenship,
    identifier: "citizenship_certificate",
    detector: "citizenship_certificate/1",
    mask: "citizenship certificate",
};

/// Numbers that begin with letters.
fn lettered(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    each(scene, numbers, &[6, 7, 8, 9, 10], |number| {
        let before = letters_before(reading, number.start, 3);
        let (start, letters) = before.unwrap_or_else(|| (number.start, Vec::new()));
        let (end, behind) = letters_behind(reading, number.end);
        let digits = number.digits().len();
        let shapes: [&[usize]; 10] = [
            &[digits],
            &[3, 3],
            &[3, 3, 3],
            &[4, 4],
            &[3, 4],
            &[1, 8],
            &[3, 3, 2],
            &[3, 6],
            &[3, 7],
            &[3, 3, 4],
        ];
        let wrapped = !letters.is_empty() && number.has_wrapped_shape(&shapes);
        if !number.has_shape(&shapes) && !wrapped {
            return false;
        }
        let mut taken = false;
        for form in [APPLICATION, PASSPORT, PR_CARD, CITIZENSHIP] {
            let Some(fit) = fit(&form, &letters, digits, behind) else {
                continue;
            };
            let (start, end) = if fit.bare {
                (number.start, number.end)
            } else {
                (start, end)
            };
            if (fit.bare || letters.is_empty()) && !stands_alone(reading, start, end) {
                continue;
            }
            let support = scene.support(&[form.topic], start, end);
            let sheet = support == Support::Sheet;
            let held = support.holds() && !sheet;
            // Without letters, or as free text, only a label right before it counts.
            let close = matches!(
                support,
                Support::Column | Support::Row | Support::Near | Support::Behind
            );
            let about_someone = fit.typical
                && support == Support::None
                && !follows_noun(reading, start)
                && is_upper(reading, start, end)
                && (scene.around(Topic::Uci, start, end, 200, 200)
                    || scene.around(form.topic, start, end, 300, 0));
            let (class, confidence) = match (held, fit.typical) {
                (true, true) => (IdentifierClass::Personal, 94),
                (true, false) if close => (IdentifierClass::Personal, 80),
                _ if about_someone => (IdentifierClass::Unknown, 50),
                _ => continue,
            };
            if matches!(support, Support::Near | Support::Behind) && scene.is_sample(start, end) {
                continue;
            }
            taken = true;
            out.push(Proposal {
                start,
                end,
                identifier: form.identifier,
                class,
                confidence,
                masked: format!("{} ••••{}", form.mask, number.tail(2)),
                detector: form.detector,
                reasons: vec![support.reason()],
            });
        }
        taken
    });
}

/// How letters and digits fit a form.
struct Fit {
    /// True for the form the department itself writes.
    typical: bool,
    /// True when only the digits are the number.
    bare: bool,
}

#[expect(
    clippy::match_same_arms,
    reason = "one row for each form of the facts, in their order"
)]
fn fit(form: &Form, letters: &[u8], digits: usize, behind: usize) -> Option<Fit> {
    let fit = |typical, bare| Some(Fit { typical, bare });
    match (form.topic, letters, digits, behind) {
        (Topic::Application, [letter], 9, 0) => fit(APPLICATIONS.contains(letter), false),
        (Topic::Application, [b'E', b'P'] | [b'P', b'R'], 8, 0) => fit(true, false),
        (Topic::Application, [_, _, _] | [_, _], 8 | 9, 0) => fit(false, false),
        (Topic::Passport, [_, _], 6, 0) | (Topic::Passport, [_], 6, 2) => fit(true, false),
        (Topic::Passport, [_] | [_, _], 6..=8, 0) => fit(false, false),
        (Topic::Passport, [], 8 | 9, 0) => fit(false, true),
        (Topic::PrCard, [_, _], 7 | 10, 0) => fit(true, false),
        (Topic::Citizenship, [_], 7, 0) => fit(true, false),
        (Topic::Citizenship, [], 6..=8, 0) | (Topic::Citizenship, [_], 6 | 8, 0) => {
            fit(false, letters.is_empty())
        }
        _ => None,
    }
}

/// True right behind a word that is no small one: "envelope Z5266856" is the number of an envelope.
fn follows_noun(reading: &Reading, start: usize) -> bool {
    let ahead = reading.small(start.saturating_sub(24), start);
    let Some(ahead) = ahead.strip_suffix(b" ") else {
        return false;
    };
    let from = ahead.iter().rposition(|byte| !is_letter(*byte));
    let word = ahead.get(from.map_or(0, |at| at + 1)..).unwrap_or_default();
    word.len() >= 4
}

/// Up to two letters right behind a number (one space may part them), and where they end.
fn letters_behind(reading: &Reading, end: usize) -> (usize, usize) {
    let from = end
        + usize::from(
            reading.byte(end) == b' '
                && reading.byte(end + 1).is_ascii_uppercase()
                && reading.byte(end + 2).is_ascii_uppercase()
                && !is_word(reading.byte(end + 3)),
        );
    let count = reading
        .slice(from, from + 3)
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    if count == 0 || (from > end && count != 2) {
        (end, 0)
    } else {
        (from + count, count)
    }
}
