//! Addresses of the Internet protocol.
//!
//! Rule that must hold: a version, a section or a time is not an address.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    numbers::{Gap, Numbers, stands_alone},
    proposal::Proposal,
    reading::{Reading, is_word},
    scene::{Scene, Support},
    topics::Topic,
};
use crate::domain::IdentifierClass;

/// Longest written address of version 6.
const LONGEST: usize = 45;

/// Proposes addresses.
pub(crate) fn find(scene: &Scene<'_>, numbers: &Numbers, out: &mut Vec<Proposal>) {
    for (start, end) in version_4(scene.reading, numbers) {
        let parsed = std::str::from_utf8(scene.reading.slice(start, end))
            .ok()
            .and_then(|text| text.parse::<Ipv4Addr>().ok());
        let Some(address) = parsed else { continue };
        let support = scene.support(&[Topic::Ip], start, end);
        let octets = address.octets();
        let inner = address.is_private()
            || address.is_loopback()
            || address.is_unspecified()
            || address.is_link_local()
            || address.is_broadcast();
        // `4.1.2.3`: a section or a version.
        let small = octets.iter().all(|octet| *octet < 32);
        let outside = support == Support::None && (inner || small || octets[0] == 0);
        if support == Support::Against || outside || octets[0] >= 224 {
            continue;
        }
        out.push(proposal(scene, start, end, support, inner));
    }
    for (start, end) in version_6(scene.reading) {
        let support = scene.support(&[Topic::Ip], start, end);
        if support != Support::Against {
            out.push(proposal(scene, start, end, support, false));
        }
    }
}

fn proposal(
    scene: &Scene<'_>,
    start: usize,
    end: usize,
    support: Support,
    inner: bool,
) -> Proposal {
    let someone = scene.around(Topic::Email, start, end, 120, 60)
        || scene.around(Topic::Relation, start, end, 120, 60)
        || scene
            .reading
            .small(start.saturating_sub(120), start)
            .windows(4)
            .any(|four| four == b"user" || four == b"util");
    let (class, confidence) = match (inner, support.holds() || someone) {
        // An address inside a network says nothing about a person outside.
        (true, _) => (IdentifierClass::Unknown, 55),
        (false, true) => (IdentifierClass::Personal, 88),
        (false, false) => (IdentifierClass::Unknown, 60),
    };
    Proposal {
        start,
        end,
        identifier: "ip_address",
        class,
        confidence,
        masked: "IP address •••".to_owned(),
        detector: "ip_address/1",
        reasons: vec![support.reason()],
    }
}

fn version_4(reading: &Reading, numbers: &Numbers) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at + 3 < numbers.runs.len() {
        let four = numbers.of_runs(reading, at, 4).filter(|number| {
            number.gaps().iter().all(|gap| *gap == Gap::Dot)
                && number.shape().iter().all(|len| *len <= 3)
                && (stands_alone(reading, number.start, number.end)
                    || is_port(reading, number.start, number.end))
        });
        if let Some(number) = four {
            found.push((number.start, number.end));
            at = number.next;
        } else {
            at += 1;
        }
    }
    found
}

/// `192.0.2.1/24`, `192.0.2.1-…`: a mask or a range may follow.
fn is_port(reading: &Reading, start: usize, end: usize) -> bool {
    !is_word(reading.before(start))
        && reading.before(start) != b'.'
        && matches!(reading.byte(end), b'/' | b'-')
}

fn version_6(reading: &Reading) -> Vec<(usize, usize)> {
    let text = &reading.cased;
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(ahead) = text
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b':'))
    {
        let colon = at + ahead;
        at = colon + 1;
        let mut start = colon;
        while start > 0 && colon - start < 5 && reading.before(start).is_ascii_hexdigit() {
            start -= 1;
        }
        let mut end = colon;
        while end - start <= LONGEST && is_part(reading.byte(end)) {
            end += 1;
        }
        at = at.max(end);
        while reading.before(end) == b':' && end > start + 2 && reading.before(end - 1) != b':' {
            end -= 1;
        }
        let groups = reading
            .slice(start, end)
            .split(|byte| *byte == b':')
            .filter(|group| !group.is_empty());
        if groups.count() < 3 || is_word(reading.before(start)) || is_word(reading.byte(end)) {
            continue;
        }
        let parsed = std::str::from_utf8(reading.slice(start, end))
            .ok()
            .and_then(|text| text.parse::<Ipv6Addr>().ok());
        if parsed.is_some() {
            found.push((start, end));
        }
    }
    found
}
