//! Telephone numbers, and whose they are.
//!
//! North American numbers with separators, bare ones with a label, and international ones with a plus sign.
//! Toll-free numbers and those of configured directories are public. Rule that must hold: a number whose
//! surroundings say nothing is personal, never public.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    DetectSettings, Found,
    digits::{SEPARATORS, candidates, digits, has_digits, tail},
    window::{after, before},
};
use crate::domain::{Fact, IdentifierClass, TextUnit};

const DETECTOR: &str = "phone/1";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
    let between = format!(r"[{SEPARATORS}/]{{0,3}}");
    Regex::new(&format!(
        r"(?:\+[0-9]{{1,3}}(?:[{SEPARATORS}]?\(?[0-9]{{1,4}}\)?){{2,6}})|(?:1{between})?(?:\([0-9]{{3}}\)|[0-9]{{3}}){between}[0-9]{{3}}{between}[0-9]{{4}}"
    ))
    .expect("the pattern is valid")
});

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:t[ée]l|t[ée]l[ée]phone|phone|cell|cellulaire|mobile|portable|fax|t[ée]l[ée]copieur|call|appel\w*|whatsapp|domicile|contact)\b|\btel\.|☎",
    )
    .expect("the pattern is valid")
});

/// Words of an office line.
static OFFICE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:office|bureau|work|travail|media|m[ée]dias|toll[\s-]free|sans\s+frais|information\s+line|service\s+line|fax|t[ée]l[ée]copieur|reception|r[ée]ception|call\s+cent(?:re|er)|centre\s+(?:d.appels|de\s+soutien|de\s+contact))\b",
    )
    .expect("the pattern is valid")
});

static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s,]*(?:ext|extension|poste|x)\.?\s*[0-9]{2,6}")
        .expect("the pattern is valid")
});

/// Reports the numbers of a unit.
pub(super) fn detect(unit: &TextUnit, settings: &DetectSettings, facts: &mut Vec<Fact>) {
    let text = unit.text.as_str();
    if !has_digits(text, 8) {
        return;
    }
    let labelled_column = unit.labels.iter().any(|label| LABEL.is_match(label));
    let office_column = unit.labels.iter().any(|label| OFFICE.is_match(label));
    candidates(&NUMBER, text, |start, end| {
        let raw = &text[start..end];
        let number = digits(raw);
        let international = raw.starts_with('+');
        let national: &[u8] = match number.as_slice() {
            [1, rest @ ..] if rest.len() == 10 => rest,
            all => all,
        };
        let north_american = national.len() == 10
            && matches!(national.first(), Some(2..=9))
            && matches!(national.get(3), Some(2..=9))
            && (!international || number.first() == Some(&1));
        if !(north_american || (international && (8..=15).contains(&number.len()))) {
            return false;
        }
        let ahead = before(text, start, 60);
        let labelled = labelled_column || LABEL.is_match(ahead);
        // `815 9943858` is as likely to be something else.
        let separated = international || raw.starts_with('(') || groups(raw) >= 3;
        if !separated && !labelled {
            return false;
        }
        let extension = EXTENSION.is_match(after(text, end, 24));
        let office = office_column || OFFICE.is_match(ahead) || extension;
        let near_public = near_public_address(text, start, end, settings);
        let (class, confidence, reason) = if is_toll_free(national) {
            (IdentifierClass::Public, 95, "toll_free")
        } else if settings
            .public_numbers
            .iter()
            .any(|known| same_number(&digits(known), national))
        {
            (IdentifierClass::Public, 98, "directory")
        } else if office || near_public {
            (
                IdentifierClass::Unknown,
                70,
                if office {
                    "office"
                } else {
                    "near_public_address"
                },
            )
        } else {
            (
                IdentifierClass::Personal,
                if labelled { 90 } else { 65 },
                if labelled { "label" } else { "form" },
            )
        };
        facts.push(
            Found {
                identifier: "phone",
                class,
                start,
                end,
                confidence,
                masked: format!("phone •••-•••-••{}", tail(&number, 2)),
                detector: DETECTOR,
                reasons: &[reason],
            }
            .into_fact(unit),
        );
        true
    });
}

/// How many runs of digits a number has.
fn groups(raw: &str) -> usize {
    raw.split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .count()
}

/// Codes for which the called party pays, and non-geographic federal lines.
fn is_toll_free(national: &[u8]) -> bool {
    matches!(national, [8, second, third, ..] if second == third && matches!(second, 0 | 2..=8))
        && national.len() == 10
}

fn same_number(known: &[u8], national: &[u8]) -> bool {
    match known {
        [1, rest @ ..] if rest.len() == 10 => rest == national,
        all => all == national,
    }
}

/// An address of a public domain close by: the line may belong to the same signature block.
fn near_public_address(text: &str, start: usize, end: usize, settings: &DetectSettings) -> bool {
    let around = [before(text, start, 80), after(text, end, 80)];
    around.iter().any(|part| {
        part.match_indices('@').any(|(at, _)| {
            let domain: String = part[at + 1..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
                .collect();
            settings.is_public_domain(domain.trim_end_matches('.'))
        })
    })
}
