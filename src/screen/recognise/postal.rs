//! Postal codes of Canada.
//!
//! Form: letter digit letter, digit letter digit; the letters D F I O Q U are never used, W and Z not in the first place.
//! Codes that begin with K1A belong to federal offices. Rule that must hold: a code in small letters needs a label.

use super::{
    proposal::Proposal,
    reading::is_word,
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Proposes postal codes.
pub(crate) fn find(scene: &Scene<'_>, out: &mut Vec<Proposal>) {
    let reading = scene.reading;
    let mut at = 0;
    while at + 6 <= reading.len() {
        let start = at;
        at += 1;
        if !is_first(reading.byte(start))
            || !reading.byte(start + 1).is_ascii_digit()
            || is_word(reading.before(start))
        {
            continue;
        }
        let gap = match (reading.byte(start + 3), reading.byte(start + 4)) {
            (b' ', b' ') => 2,
            (b' ' | b'-' | b'\n', _) => 1,
            _ => 0,
        };
        let end = start + 6 + gap;
        let rest = (
            reading.byte(start + 2),
            reading.byte(end - 3),
            reading.byte(end - 2),
            reading.byte(end - 1),
        );
        let formed = is_later(rest.0)
            && rest.1.is_ascii_digit()
            && is_later(rest.2)
            && rest.3.is_ascii_digit();
        // The address of Santa Claus is nobody's.
        let santa =
            reading.small(start, start + 3) == b"h0h" && reading.small(end - 3, end) == b"0h0";
        if !formed || santa || is_word(reading.byte(end)) || reading.before(start) == b'-' {
            continue;
        }
        let support = scene.support(&[Topic::Postal, Topic::Address], start, end);
        let capitals = !reading.slice(start, end).iter().any(u8::is_ascii_lowercase);
        let held = support.holds();
        if support == Support::Against || (!capitals && !held) {
            continue;
        }
        let office = reading.slice(start, start + 3).eq_ignore_ascii_case(b"K1A");
        let (class, confidence, reason) = if office {
            (IdentifierClass::Public, 95, "federal_office")
        } else if held {
            (IdentifierClass::Personal, 92, support.reason())
        } else if scene.in_signature(start, end) {
            (IdentifierClass::Public, 70, "signature")
        } else if scene.near_public(start, end) {
            (IdentifierClass::Unknown, 70, "near_public_address")
        } else if gap > 0 {
            (IdentifierClass::Personal, 80, "form")
        } else {
            (IdentifierClass::Personal, 65, "form")
        };
        out.push(Proposal {
            start,
            end,
            identifier: "postal_code",
            class,
            confidence,
            masked: "postal code •••".to_owned(),
            detector: "postal_code/1",
            reasons: vec![reason],
        });
        at = end;
    }
}

fn is_first(byte: u8) -> bool {
    b"ABCEGHJKLMNPRSTVXY".contains(&byte.to_ascii_uppercase())
}

fn is_later(byte: u8) -> bool {
    b"ABCEGHJKLMNPRSTVWXYZ".contains(&byte.to_ascii_uppercase())
}
