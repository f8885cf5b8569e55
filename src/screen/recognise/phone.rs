//! Telephone numbers, and whose they are.
//!
//! North American numbers with separators, bare ones with a label, and international ones with a plus sign.
//! Toll-free numbers, those of configured directories and those of a public servant's signature are public. Rule that must
//! hold: a number whose surroundings say nothing is personal, never public.

use super::{
    DetectSettings,
    layout::within,
    numbers::{Gap, Number, Numbers},
    proposal::Proposal,
    reading::{Reading, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Proposes telephone numbers.
pub(crate) fn find(
    scene: &Scene<'_>,
    numbers: &Numbers,
    settings: &DetectSettings,
    out: &mut Vec<Proposal>,
) {
    let directory: Vec<Vec<u8>> = settings
        .public_numbers
        .iter()
        .map(|known| digits_of(known))
        .collect();
    international(scene, numbers, out);
    each_dialled(scene, numbers, |number| {
        let reading = scene.reading;
        let digits = number.digits();
        let national = match digits {
            [1, rest @ ..] if rest.len() == 10 => rest,
            all if all.len() == 10 => all,
            _ => return false,
        };
        let valid =
            matches!(national.first(), Some(2..=9)) && matches!(national.get(3), Some(2..=9));
        let shape = number.shape();
        let groups = shape.ends_with(&[3, 3, 4]) || shape == [1, 3, 7] || shape == [3, 7];
        let bare = matches!(shape, [10 | 11]);
        if !valid || !(groups || bare || shape == [1, 10]) {
            return false;
        }
        let (start, international) = with_sign(reading, number.start);
        let end = number.end;
        if !alone(reading, start, end) {
            return false;
        }
        let support = scene.support(&[Topic::Phone, Topic::Office], start, end);
        // `815 9943858` and ten plain digits are as likely to be something else.
        let separated = international || shape.ends_with(&[3, 3, 4]);
        if support == Support::Against
            && (!separated || scene.around(Topic::Other, start, end, 30, 0))
        {
            return false;
        }
        if !separated && !support.holds() {
            return false;
        }
        let (class, confidence, reason) =
            classify(scene, (start, end), national, support, &directory);
        out.push(proposal(number, (start, end), class, confidence, reason));
        true
    });
}

/// Offers each number of eleven or ten digits; `613/555-0199` has its slash behind the area code.
fn each_dialled(scene: &Scene<'_>, numbers: &Numbers, mut accept: impl FnMut(&Number) -> bool) {
    let dialled = |number: &Number| {
        let slash = number
            .gaps()
            .iter()
            .filter(|gap| **gap == Gap::Slash)
            .count();
        let area = number
            .gaps()
            .iter()
            .zip(number.shape())
            .any(|(gap, len)| *gap == Gap::Slash && *len == 3);
        number.is_plain()
            || (slash == 1
                && area
                && number.shape().ends_with(&[3, 3, 4])
                && !number
                    .gaps()
                    .iter()
                    .any(|gap| matches!(gap, Gap::Box | Gap::Apart)))
    };
    let mut at = 0;
    while at < numbers.runs.len() {
        let found = [11, 10].into_iter().find_map(|total| {
            numbers
                .of_length(scene.reading, at, total)
                .filter(|number| dialled(number) && accept(number))
        });
        at = found.map_or(at + 1, |number| number.next);
    }
}

fn proposal(
    number: &Number,
    (start, end): (usize, usize),
    class: IdentifierClass,
    confidence: u8,
    reason: &'static str,
) -> Proposal {
    Proposal {
        start,
        end,
        identifier: "phone",
        class,
        confidence,
        masked: format!("phone •••-•••-••{}", number.tail(2)),
        detector: "phone/2",
        reasons: vec![reason],
    }
}

fn classify(
    scene: &Scene<'_>,
    (start, end): (usize, usize),
    national: &[u8],
    support: Support,
    directory: &[Vec<u8>],
) -> (IdentifierClass, u8, &'static str) {
    if is_toll_free(national) {
        return (IdentifierClass::Public, 95, "toll_free");
    }
    if directory.iter().any(|known| same_number(known, national)) {
        return (IdentifierClass::Public, 98, "directory");
    }
    let near_public = scene.near_public(start, end);
    let client = scene.is_of_client(start);
    let own = client == Some(true)
        || (client.is_none() && (scene.follows_client(start) || is_private(scene, start)));
    let position = scene.around(Topic::Position, start, end, 260, 120);
    if near_public && !own && (position || client == Some(false)) {
        return (IdentifierClass::Public, 85, "signature");
    }
    let office = scene.around(Topic::Office, start, end, 60, 0) && client != Some(true);
    if has_extension(scene.reading, end) || office {
        return (IdentifierClass::Unknown, 70, "office");
    }
    if near_public && !own {
        return (IdentifierClass::Unknown, 70, "near_public_address");
    }
    if support.holds() {
        (IdentifierClass::Personal, 90, "label")
    } else {
        (IdentifierClass::Personal, 65, "form")
    }
}

/// True when the label right before a number says that it is one of a home or a caller.
fn is_private(scene: &Scene<'_>, start: usize) -> bool {
    const HOMES: [&[u8]; 8] = [
        b"home",
        b"domicile",
        b"maison",
        b"residence",
        b"call from",
        b"called from",
        b"call me",
        b"text me",
    ];
    within(scene.hits, start.saturating_sub(24), start)
        .filter(|hit| hit.topic == Topic::Phone)
        .any(|hit| {
            let label = scene.reading.small(hit.start, hit.end);
            HOMES.iter().any(|home| label.starts_with(home))
        })
}

/// Numbers with a plus sign that are not North American.
fn international(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    for (at, run) in numbers.runs.iter().enumerate() {
        if reading.before(run.start) != b'+' || is_word(reading.before(run.start - 1)) {
            continue;
        }
        let number = (8..=14).rev().find_map(|total| {
            numbers
                .of_length(reading, at, total)
                .filter(Number::is_plain)
        });
        let Some(number) = number else { continue };
        let digits = number.digits();
        let start = run.start - 1;
        if digits.first() == Some(&1) || !alone(reading, start, number.end) {
            continue;
        }
        let class = if scene.near_public(start, number.end) {
            IdentifierClass::Unknown
        } else {
            IdentifierClass::Personal
        };
        out.push(proposal(&number, (start, number.end), class, 80, "form"));
    }
}

/// Where a number begins with its bracket and plus sign, and whether it has one of the two.
fn with_sign(reading: &Reading, start: usize) -> (usize, bool) {
    let mut from = start;
    if reading.before(from) == b'(' {
        from -= 1;
    }
    if reading.before(from) == b'+' {
        from -= 1;
    }
    (from, from < start)
}

fn alone(reading: &Reading, start: usize, end: usize) -> bool {
    let (before, earlier) = (
        reading.before(start),
        reading.before(start.saturating_sub(1)),
    );
    let (after, later) = (reading.byte(end), reading.byte(end + 1));
    let joins = |byte: u8| matches!(byte, b'.' | b'-');
    let extension = matches!(after, b'x' | b'p') && (later.is_ascii_digit() || later == b'o');
    !(is_word(before)
        || before == b'$'
        || (joins(before) && start > 1 && earlier.is_ascii_digit())
        || (is_word(after) && !extension)
        || (joins(after) && later.is_ascii_digit()))
}

/// `ext. 123`, `poste 123`, `x123` right behind a number.
fn has_extension(reading: &Reading, end: usize) -> bool {
    let rest = reading.small(end, end + 16);
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    [b"extension".as_slice(), b"ext", b"poste", b"x"]
        .iter()
        .any(|word| {
            rest.strip_prefix(*word).is_some_and(|rest| {
                let rest = rest.strip_prefix(b".").unwrap_or(rest).trim_ascii_start();
                rest.iter().take_while(|byte| byte.is_ascii_digit()).count() >= 2
            })
        })
}

/// Codes for which the called party pays, and non-geographic federal lines.
fn is_toll_free(national: &[u8]) -> bool {
    matches!(national, [8, second, third, ..] if second == third && matches!(second, 0 | 2..=8))
        && national.len() == 10
}

fn digits_of(text: &str) -> Vec<u8> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .map(|byte| byte - b'0')
        .collect()
}

fn same_number(known: &[u8], national: &[u8]) -> bool {
    match known {
        [1, rest @ ..] if rest.len() == 10 => rest == national,
        all => all == national,
    }
}
