//! The machine-readable zone of passports and cards (ICAO 9303, TD3 and TD1), wrapped or not.
//!
//! Rule that must hold: a zone is reported as a whole, since it holds name, birth date and number at once; it counts as certain only
//! when its check digits are right.

use super::{proposal::Proposal, reading::Reading};
use crate::domain::IdentifierClass;

/// A zone is read so far: three lines of thirty with wraps between.
const LONGEST: usize = 220;

/// Proposes zones.
pub(crate) fn find(reading: &Reading, out: &mut Vec<Proposal>) {
    let text = &reading.cased;
    let mut at = 0;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'<'))
    {
        let chevron = at + found;
        at = chevron + 1;
        // `P<CAN`, `PTCAN…<`: the zone begins at the start of the run of zone characters before the first chevron.
        let mut start = chevron;
        while start > 0 && chevron - start < 44 && is_zone(reading.before(start)) {
            start -= 1;
        }
        let (zone, ends) = collect(reading, start);
        if let Some(end) = second_line(reading, start, &zone, &ends) {
            out.push(Proposal {
                start,
                end,
                identifier: "passport",
                class: IdentifierClass::Personal,
                confidence: 97,
                masked: "machine-readable zone".to_owned(),
                detector: "mrz/1",
                reasons: vec!["machine_readable_zone", "second_line", "checksum"],
            });
            at = end;
            continue;
        }
        let (length, certain) = match zone.first() {
            Some(b'P') if zone.len() >= 88 && is_td3(&zone) => (88, td3(&zone)),
            Some(b'A' | b'C' | b'I') if zone.len() >= 90 && is_td1(&zone) => (90, td1(&zone)),
            _ => continue,
        };
        let Some(end) = ends.get(length - 1).copied() else {
            continue;
        };
        out.push(Proposal {
            start,
            end,
            identifier: if length == 88 { "passport" } else { "pr_card" },
            class: if certain {
                IdentifierClass::Personal
            } else {
                IdentifierClass::Unknown
            },
            confidence: if certain { 99 } else { 60 },
            masked: "machine-readable zone".to_owned(),
            detector: "mrz/1",
            reasons: vec![
                "machine_readable_zone",
                if certain { "checksum" } else { "no_checksum" },
            ],
        });
        at = end;
    }
}

fn is_zone(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

/// Where the second line of a passport ends when it stands alone, as after a blank line; its check digits prove it.
fn second_line(reading: &Reading, start: usize, zone: &[u8], ends: &[usize]) -> Option<usize> {
    let line = zone.get(..44)?;
    let end = *ends.get(43)?;
    let whole = end == start + 44 && !is_zone(reading.byte(end));
    let country = line.get(10..13)?;
    let proven = [(0, 9), (13, 19), (21, 27)]
        .iter()
        .all(|(from, to)| is_checked(line, *from, *to));
    let formed = country
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || *byte == b'<')
        && digits(line, 13, 20)
        && digits(line, 21, 28)
        && !line.starts_with(b"<");
    (whole && formed && proven && line.iter().any(u8::is_ascii_digit)).then_some(end)
}

/// The characters of a zone from a place on, wraps and single spaces left out, with where each ends.
fn collect(reading: &Reading, start: usize) -> (Vec<u8>, Vec<usize>) {
    let mut zone = Vec::with_capacity(90);
    let mut ends = Vec::with_capacity(90);
    for at in start..start + LONGEST {
        let byte = reading.byte(at);
        if is_zone(byte) {
            zone.push(byte);
            ends.push(at + 1);
        } else if !matches!(byte, b' ' | b'\n' | b'>' | b'|') {
            break;
        }
        if zone.len() >= 90 {
            break;
        }
    }
    (zone, ends)
}

fn is_td3(zone: &[u8]) -> bool {
    let letters = |from: usize, to: usize| {
        zone.get(from..to).is_some_and(|part| {
            part.iter()
                .all(|byte| byte.is_ascii_uppercase() || *byte == b'<')
        })
    };
    letters(0, 44) && letters(54, 57) && digits(zone, 57, 64)
}

fn is_td1(zone: &[u8]) -> bool {
    digits(zone, 30, 37)
        && digits(zone, 38, 45)
        && zone
            .get(60..90)
            .is_some_and(|name| !name.iter().any(u8::is_ascii_digit))
}

fn digits(zone: &[u8], from: usize, to: usize) -> bool {
    zone.get(from..to).is_some_and(|part| {
        part.iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'<')
    })
}

/// Number, birth and expiry of a passport, each with its check digit.
fn td3(zone: &[u8]) -> bool {
    [(44, 53), (57, 63), (65, 71)]
        .iter()
        .all(|(from, to)| is_checked(zone, *from, *to))
}

/// The same of a card.
fn td1(zone: &[u8]) -> bool {
    [(5, 14), (30, 36), (38, 44)]
        .iter()
        .all(|(from, to)| is_checked(zone, *from, *to))
}

/// Weights 7 3 1 over a field; the check digit stands behind it.
fn is_checked(zone: &[u8], from: usize, to: usize) -> bool {
    let (Some(field), Some(check)) = (zone.get(from..to), zone.get(to)) else {
        return false;
    };
    let sum: u32 = field
        .iter()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(byte, weight)| {
            let value = match byte {
                b'0'..=b'9' => u32::from(byte - b'0'),
                b'A'..=b'Z' => u32::from(byte - b'A') + 10,
                _ => 0,
            };
            value * weight
        })
        .sum();
    check.is_ascii_digit() && sum % 10 == u32::from(check - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(usize, usize, u8)> {
        let mut out = Vec::new();
        find(&Reading::new(text), &mut out);
        out.iter()
            .map(|one| (one.start, one.end, one.confidence))
            .collect()
    }

    #[test]
    fn zones_and_their_checks() {
        // The specimen of ICAO 9303, part 4.
        let one = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<";
        let two = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
        assert_eq!(found(&format!("{one}\n{two}")), [(0, 89, 99)]);
        assert_eq!(found(&format!("MRZ: {one} {two} end")), [(5, 94, 99)]);
        let wrong = two.replace("7408122", "7408123");
        assert_eq!(found(&format!("{one}\n{wrong}")), [(0, 89, 60)]);
        // The second line proves itself, the first alone does not.
        assert_eq!(found(&format!("{one}\n\n")), []);
        assert_eq!(found(two), [(0, 44, 97)]);
        assert_eq!(found(&wrong), []);
        assert_eq!(found("a < b << c <<<<<"), []);
        assert_eq!(found(&"<".repeat(5000)), []);
    }
}
