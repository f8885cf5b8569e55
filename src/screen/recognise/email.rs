//! E-mail addresses, and whose they are.
//!
//! An address under a configured domain, or of a mailbox that stands for an office, is public; one at a consumer
//! provider, or that looks like a person's name, is personal; otherwise it cannot be told. Rule that must hold:
//! the part before the @ never appears in evidence.

use super::{DetectSettings, proposal::Proposal, reading::Reading};
use crate::domain::IdentifierClass;

const DETECTOR: &str = "email/2";

/// Providers whose addresses belong to individuals.
const CONSUMER: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.ca",
    "hotmail.fr",
    "outlook.com",
    "outlook.fr",
    "live.com",
    "live.ca",
    "msn.com",
    "yahoo.com",
    "yahoo.ca",
    "yahoo.fr",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "gmx.com",
    "proton.me",
    "protonmail.com",
    "rogers.com",
    "bell.net",
    "sympatico.ca",
    "videotron.ca",
    "shaw.ca",
    "telus.net",
    "cogeco.ca",
    "eastlink.ca",
    "sasktel.net",
    "qq.com",
    "163.com",
    "126.com",
    "mail.ru",
    "yandex.ru",
    "orange.fr",
    "wanadoo.fr",
    "free.fr",
    "laposte.net",
    "rediffmail.com",
];

/// Longest part before the @ and longest domain (RFC 5321).
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 255;

/// Proposes the addresses of a text.
pub(crate) fn find(reading: &Reading, settings: &DetectSettings, out: &mut Vec<Proposal>) {
    let Ok(text) = std::str::from_utf8(&reading.cased) else {
        return;
    };
    disguised(reading, out);
    for (at, _) in text.match_indices('@') {
        let Some((start, end)) = address(text, at).or_else(|| wrapped(text, at)) else {
            continue;
        };
        if is_machine(text, start) {
            continue;
        }
        let domain = text[at + 1..end].replace(['\n', '>', ' '], "");
        let (local, domain) = (&text[start..at], domain.as_str());
        let (class, confidence, reason) = classify(local, domain, settings);
        let shown = if class == IdentifierClass::Public || is_consumer(domain) {
            domain.to_ascii_lowercase()
        } else {
            format!("•••.{}", domain.rsplit('.').next().unwrap_or_default())
        };
        out.push(Proposal {
            start,
            end,
            identifier: "email",
            class,
            // Nothing else has this form.
            confidence: confidence.max(96),
            masked: format!("e-mail •••@{shown}"),
            detector: DETECTOR,
            reasons: vec!["form", reason],
        });
    }
}

/// True for the number of a message and the account of a machine: nobody reads mail there.
fn is_machine(text: &str, start: usize) -> bool {
    const NUMBERS: [&str; 3] = ["message-id", "in-reply-to", "references"];
    const COMMANDS: [&str; 5] = ["ssh ", "clone ", "scp ", "sftp ", "rsync "];
    let Some(ahead) = text.get(start.saturating_sub(24)..start) else {
        return false;
    };
    let ahead = ahead.to_ascii_lowercase();
    let label = ahead.trim_end_matches(['<', ' ', ':']);
    NUMBERS.iter().any(|word| label.ends_with(word))
        || COMMANDS.iter().any(|word| ahead.ends_with(word))
}

/// An address whose domain goes on in the next line: `jane@mail.` and `example.org`.
fn wrapped(text: &str, at: usize) -> Option<(usize, usize)> {
    let near = text.get(at + 1..text.len().min(at + MAX_DOMAIN))?;
    let (first, rest) = near.split_once('\n')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let name = first.strip_suffix('.')?;
    let next = rest.strip_prefix("> ").unwrap_or(rest);
    let length = next.find(|c| !plain(c)).unwrap_or(next.len());
    let token = next.get(..length)?.trim_end_matches(['.', '-']);
    let fits = !name.is_empty()
        && name.chars().all(|c| plain(c) && c != '.')
        && token.split('.').count() >= 2
        && !token.starts_with('.')
        && !token.contains("..")
        && !token.chars().any(|c| c.is_ascii_uppercase());
    let local = text[..at]
        .bytes()
        .rev()
        .take(MAX_LOCAL)
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte))
        .count();
    let end = at + 1 + first.len() + 1 + (rest.len() - next.len()) + token.len();
    (fits && local > 0).then_some((at - local, end))
}

/// Ways to write an @ that a machine shall not see.
const DISGUISES: &[&str] = &["(at)", "[at]", "{at}", "<at>", "(arobase)", "[arobase]"];

/// Addresses that hide from machines: `jane.sample (at) example (dot) org`.
fn disguised(reading: &Reading, out: &mut Vec<Proposal>) {
    let Ok(text) = std::str::from_utf8(&reading.lower) else {
        return;
    };
    for mark in DISGUISES {
        for (at, _) in text.match_indices(mark) {
            let head = text[..at].trim_end_matches(' ');
            let local = head
                .rfind(|c: char| !(c.is_ascii_alphanumeric() || "._%+-".contains(c)))
                .map_or(0, |place| place + 1);
            let Some(end) = disguised_domain(text, at + mark.len()) else {
                continue;
            };
            if head.len() <= local || head.len() - local > MAX_LOCAL || at - head.len() > 2 {
                continue;
            }
            out.push(Proposal {
                start: local,
                end,
                identifier: "email",
                class: IdentifierClass::Personal,
                confidence: 80,
                masked: "e-mail •••@•••".to_owned(),
                detector: DETECTOR,
                reasons: vec!["disguised"],
            });
        }
    }
}

/// Where a domain whose dots may be written out ends; nothing when it has no dot.
fn disguised_domain(text: &str, start: usize) -> Option<usize> {
    const DOTS: [&str; 4] = ["(dot)", "[dot]", "(point)", "[point]"];
    let mut at = start;
    let mut dots = 0;
    for _ in 0..4 {
        let rest = text.get(at..)?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let word = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')))
            .unwrap_or(rest.len());
        let piece = rest.get(..word)?.trim_end_matches('.');
        if piece.len() < 2 || piece.len() > MAX_DOMAIN {
            return None;
        }
        dots += usize::from(piece.contains('.'));
        at = text.len() - rest.len() + piece.len();
        let behind = text.get(at..)?;
        let behind = behind.strip_prefix(' ').unwrap_or(behind);
        let Some(dot) = DOTS.iter().find(|dot| behind.starts_with(**dot)) else {
            break;
        };
        dots += 1;
        at = text.len() - behind.len() + dot.len();
    }
    (dots > 0).then_some(at)
}

/// Where the addresses of public domains stand, in order.
pub(crate) fn public_places(reading: &Reading, settings: &DetectSettings) -> Vec<usize> {
    let Ok(text) = std::str::from_utf8(&reading.cased) else {
        return Vec::new();
    };
    text.match_indices('@')
        .filter(|(at, _)| {
            address(text, *at).is_some_and(|(_, end)| settings.is_public_domain(&text[at + 1..end]))
        })
        .map(|(at, _)| at)
        .collect()
}

/// The borders of the address around an @.
fn address(text: &str, at: usize) -> Option<(usize, usize)> {
    let is_local = |c: char| c.is_alphanumeric() || "._%+-'~\u{7F}".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '\u{7F}');
    let mut start = at;
    for c in text[..at].chars().rev() {
        if !is_local(c) || at - start >= MAX_LOCAL {
            break;
        }
        start -= c.len_utf8();
    }
    let local = text[start..at].trim_start_matches(['.', '\'', '-', '%']);
    start = at - local.len();
    let mut end = at + 1;
    for c in text[at + 1..].chars() {
        if !is_domain(c) || end - at > MAX_DOMAIN {
            break;
        }
        end += c.len_utf8();
    }
    let domain = text[at + 1..end].trim_end_matches(['.', '-']);
    let top = domain.rsplit('.').next().unwrap_or_default();
    let good = !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.contains("..")
        && top.chars().count() >= 2
        && top.chars().all(|c| c.is_alphabetic() || c == '\u{7F}');
    good.then_some((start, at + 1 + domain.len()))
}

fn classify(
    local: &str,
    domain: &str,
    settings: &DetectSettings,
) -> (IdentifierClass, u8, &'static str) {
    if settings.is_public_domain(domain) {
        return (IdentifierClass::Public, 90, "public_domain");
    }
    if settings.is_public_mailbox(local) {
        return (IdentifierClass::Public, 80, "office_mailbox");
    }
    if is_consumer(domain) {
        return (IdentifierClass::Personal, 95, "consumer_provider");
    }
    let parts: Vec<&str> = local.split(['.', '_', '-']).collect();
    if parts.len() >= 2
        && parts
            .iter()
            .all(|part| part.chars().any(char::is_alphabetic))
    {
        return (IdentifierClass::Personal, 70, "name_like");
    }
    (IdentifierClass::Unknown, 60, "unknown_domain")
}

fn is_consumer(domain: &str) -> bool {
    CONSUMER
        .iter()
        .any(|known| domain.eq_ignore_ascii_case(known))
}
