//! Health numbers of the provinces.
//!
//! Quebec's holds its own proof (letters, birth date, check digit); Ontario's and British Columbia's have a check digit but
//! look like any ten digits; the others are told by their label. Checks: the public health_card and stdnum libraries, as
//! written down on the facts page. Rule that must hold: ten digits without a label are no health number.

use super::{
    birth::is_day,
    numbers::{Gap, Number, Numbers, luhn, stands_alone},
    proposal::{Proposal, each, letters_before},
    reading::{Reading, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

const DETECTOR: &str = "health_number/1";

/// Proposes all of them.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    quebec(scene, numbers, out);
    ten_digits(scene, numbers, out);
    other(scene, numbers, out);
}

fn proposal(
    (start, end): (usize, usize),
    number: &Number,
    province: &'static str,
    (class, confidence): (IdentifierClass, u8),
    reasons: &[&'static str],
) -> Proposal {
    Proposal {
        start,
        end,
        identifier: "health_number",
        class,
        confidence,
        masked: format!("health number ••••{}", number.tail(2)),
        detector: DETECTOR,
        reasons: std::iter::once(province)
            .chain(reasons.iter().copied())
            .collect(),
    }
}

/// `ABCD 1234 5678`: three letters of the surname, one of the given name, birth date (month + 50 for women), rank, check.
fn quebec(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    each(scene, numbers, &[8], |number| {
        let found = letters_before(reading, number.start, 4)
            .or_else(|| small_letters(reading, number.start));
        let Some((start, letters)) = found else {
            return false;
        };
        let end = number.end;
        let shaped = number.has_shape(&[&[8], &[4, 4], &[6, 2], &[2, 2, 2, 2]]);
        if letters.len() != 4 || !shaped || is_word(reading.byte(end)) {
            return false;
        }
        let digits = number.digits();
        let pair = |at: usize| {
            digits
                .get(at)
                .zip(digits.get(at + 1))
                .map_or(0, |(a, b)| u32::from(*a) * 10 + u32::from(*b))
        };
        let month = pair(2);
        let dated = is_day(2000, month - if month > 50 { 50 } else { 0 }, pair(4));
        let valid = ramq(&letters, digits);
        let support = scene.support(&[Topic::Quebec, Topic::Health], start, end);
        let (confidence, check) = match (support.holds(), valid && dated) {
            (true, true) => (98, "checksum"),
            (true, false) if dated => (70, "no_checksum"),
            (false, true) if support != Support::Against => (85, "checksum"),
            _ => return false,
        };
        if scene.is_sample(start, end) && support.holds() {
            return false;
        }
        out.push(proposal(
            (start, end),
            number,
            "quebec",
            (IdentifierClass::Personal, confidence),
            &[support.reason(), check],
        ));
        true
    });
}

/// Four small letters and a hyphen: `lant-7959-1718`.
fn small_letters(reading: &Reading, start: usize) -> Option<(usize, Vec<u8>)> {
    let from = start.checked_sub(5)?;
    let letters = reading.slice(from, start).strip_suffix(b"-")?;
    let alone = from == 0 || !is_word(reading.before(from));
    (alone && letters.len() == 4 && letters.iter().all(u8::is_ascii_lowercase))
        .then(|| (from, letters.to_ascii_uppercase()))
}

/// The check digit of a Quebec number: two digits for each letter, the year with its century, the rest as written.
fn ramq(letters: &[u8], digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 17] = [7, 1, 1, 3, 9, 7, 3, 9, 5, 3, 1, 3, 5, 7, 6, 9, 1];
    let (Some(rest), Some(check)) = (digits.get(..7), digits.get(7)) else {
        return false;
    };
    [[1, 9], [2, 0]].iter().any(|century| {
        let code = |letter: &u8| {
            let place = u32::from(letter.to_ascii_uppercase()).saturating_sub(64);
            // There is a gap between R and S.
            let value = if *letter > b'R' { place + 1 } else { place };
            [value / 10, value % 10]
        };
        let all = letters
            .iter()
            .flat_map(code)
            .chain(century.iter().copied())
            .chain(rest.iter().map(|digit| u32::from(*digit)));
        let sum: u32 = all.zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
        sum % 10 == u32::from(*check)
    })
}

/// Ontario (with a version of one or two letters) and British Columbia.
fn ten_digits(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    each(scene, numbers, &[10], |number| {
        let start = number.start;
        let mut end = number.end;
        if !number.has_shape(&[
            &[10],
            &[4, 3, 3],
            &[4, 6],
            &[4, 4, 2],
            &[3, 3, 4],
            &[1, 3, 3, 3],
        ]) {
            return false;
        }
        let version = version(scene, end);
        let versioned = version > end;
        let joined = !versioned || is_word(reading.before(start));
        if !stands_alone(reading, start, end) && joined {
            return false;
        }
        let columbian = number.digits().first() == Some(&9) && phn(number.digits());
        let ontarian = number.digits().first() != Some(&0) && luhn(number.digits());
        let bc = scene.support(&[Topic::Columbia, Topic::Health], start, end);
        let own = scene.support(&[Topic::Columbia], start, end);
        let on = scene.support(&[Topic::Ontario, Topic::Health], start, end);
        let named = scene.support(&[Topic::Ontario], start, end);
        if (matches!(bc, Support::Near | Support::Behind)
            || matches!(on, Support::Near | Support::Behind))
            && scene.is_sample(start, end)
        {
            return false;
        }
        let personal = |confidence| (IdentifierClass::Personal, confidence);
        if (bc.holds() && columbian && !named.holds()) || own.holds() {
            let verdict = personal(if columbian { 97 } else { 65 });
            let check = if columbian { "checksum" } else { "no_checksum" };
            out.push(proposal(
                (start, end),
                number,
                "british_columbia",
                verdict,
                &[bc.reason(), check],
            ));
            return true;
        }
        if versioned {
            end = version;
        }
        if on.holds() {
            let verdict = match (ontarian, named.holds()) {
                (true, _) => personal(97),
                (false, true) => personal(65),
                (false, false) => personal(60),
            };
            let check = if ontarian { "checksum" } else { "no_checksum" };
            out.push(proposal(
                (start, end),
                number,
                "ontario",
                verdict,
                &[on.reason(), check],
            ));
            return true;
        }
        let hyphens =
            number.shape() == [4, 3, 3] && number.gaps().iter().all(|gap| *gap == Gap::Dash);
        if versioned && hyphens && ontarian && on == Support::None {
            out.push(proposal(
                (start, end),
                number,
                "ontario",
                (IdentifierClass::Unknown, 60),
                &["form", "checksum"],
            ));
            return true;
        }
        false
    });
}

/// Where the version behind an Ontario number ends; the number's own end when there is none.
fn version(scene: &Scene<'_>, end: usize) -> usize {
    let reading = scene.reading;
    let from = end + usize::from(matches!(reading.byte(end), b' ' | b'-'));
    let count = reading
        .slice(from, from + 3)
        .iter()
        .take_while(|byte| byte.is_ascii_uppercase())
        .count();
    let border = !is_word(reading.byte(from + count));
    // One letter behind a space may begin a word of the next sentence.
    let fits = (1..=2).contains(&count)
        && border
        && (from == end || count == 2 || reading.byte(end) == b'-');
    if fits { from + count } else { end }
}

/// The check of British Columbia: weights 2 4 8 5 10 9 7 3 over the eight digits after the 9, modulo 11.
fn phn(digits: &[u8]) -> bool {
    const WEIGHTS: [u32; 8] = [2, 4, 8, 5, 10, 9, 7, 3];
    let (Some(middle), Some(check)) = (digits.get(1..9), digits.get(9)) else {
        return false;
    };
    let sum: u32 = middle
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(*digit) * weight % 11)
        .sum();
    (11 - sum % 11) % 11 == u32::from(*check) && sum % 11 != 1
}

/// Alberta's nine digits, and numbers of other provinces: by label only.
fn other(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    each(scene, numbers, &[9, 8, 12, 10], |number| {
        let (start, end) = (number.start, number.end);
        let shaped = number.has_shape(&[
            &[9],
            &[5, 4],
            &[4, 5],
            &[3, 3, 3],
            &[8],
            &[12],
            &[4, 4, 4],
            &[10],
        ]);
        if !shaped || !stands_alone(reading, start, end) {
            return false;
        }
        let alberta = scene.support(&[Topic::Alberta], start, end);
        // Alberta calls its nine digits "PHN" as British Columbia does its ten.
        let any = scene.support(
            &[Topic::Health, Topic::Alberta, Topic::Columbia],
            start,
            end,
        );
        if !any.holds()
            || any == Support::Sheet
            || (matches!(any, Support::Near) && scene.is_sample(start, end))
        {
            return false;
        }
        let nine = number.digits().len() == 9;
        let province = if alberta.holds() || nine {
            "alberta"
        } else {
            "other_province"
        };
        let confidence = if alberta.holds() { 90 } else { 58 };
        out.push(proposal(
            (start, end),
            number,
            province,
            (IdentifierClass::Personal, confidence),
            &[any.reason()],
        ));
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_of_the_provinces() {
        // The example on the facts page's own data: letters and date of an invented person.
        assert!(ramq(b"LANT", &[7, 9, 5, 9, 1, 7, 1, 8]));
        assert!(ramq(b"DURA", &[0, 4, 0, 9, 0, 5, 1, 7]));
        assert!(!ramq(b"LANT", &[7, 9, 5, 9, 1, 7, 1, 9]));
        assert!(phn(&[9, 6, 9, 8, 6, 5, 8, 2, 1, 5]));
        assert!(!phn(&[9, 6, 9, 8, 6, 5, 8, 2, 1, 6]));
    }
}
