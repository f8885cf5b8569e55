//! What stands right behind a name: an identifier of the person, a firm's form, the year of a death long ago.
//!
//! Information about an individual dead for more than twenty years is not personal (Privacy Act 3(m)). Rule that must hold:
//! a death counts only when its year stands beside the name in so many words or in a span of years.

use super::{
    layout::within,
    reading::{Reading, is_word},
    scene::Scene,
    topics::Topic,
};

/// Deaths up to this year lie more than twenty years back for whatever this version reads; it may lag, never lead.
const LONG_AGO: u32 = 2004;

/// Forms of firms that are no words of a sentence.
const FIRMS: &[&[u8]] = &[
    b"inc",
    b"incorporated",
    b"ltd",
    b"ltee",
    b"llp",
    b"corp",
    b"enr",
];

/// `Amy Sample Inc.`, `Sample & Fils ltée`: the name of a firm.
pub(crate) fn is_firm(reading: &Reading, end: usize) -> bool {
    let rest = reading.small(end, end + 28);
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let Some(rest) = rest.strip_prefix(b" ") else {
        return false;
    };
    rest.split(|byte| !is_word(*byte))
        .filter(|word| !word.is_empty())
        .take(3)
        .enumerate()
        .take_while(|(index, word)| *index == 0 || is_joint(word) || FIRMS.contains(word))
        .any(|(_, word)| FIRMS.contains(&word))
}

/// Words between a founder and the form of the firm.
fn is_joint(word: &[u8]) -> bool {
    matches!(
        word,
        b"and" | b"et" | b"sons" | b"fils" | b"filles" | b"daughters"
    )
}

/// `Amy Sample, DOB …`, `Amy Sample (130-692-544)`, "Amy Sample was born": the name of whom these identify.
pub(crate) fn precedes_identifier(scene: &Scene<'_>, end: usize) -> bool {
    let reading = scene.reading;
    let rest = reading.slice(end, end + 16);
    if let Some(bracket) = rest.strip_prefix(b" (") {
        let number = bracket
            .iter()
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b' '));
        // Ten digits may be the telephone of an officer.
        if matches!(number.filter(|byte| byte.is_ascii_digit()).count(), 8 | 9) {
            return true;
        }
    }
    within(scene.hits, end + 1, end + 40).take(2).any(|hit| {
        let between = reading.small(end, hit.start);
        let parted = between.len() <= 3
            && between.last() == Some(&b' ')
            && between
                .iter()
                .all(|byte| matches!(byte, b' ' | b',' | b';' | b'(' | b'-' | b'/'));
        let says = matches!(between, b" was " | b" is " | b" est " | b" etait " | b" (");
        let whose = matches!(
            hit.topic,
            Topic::Birth
                | Topic::Sin
                | Topic::Uci
                | Topic::Passport
                | Topic::Health
                | Topic::Ontario
                | Topic::Quebec
                | Topic::Columbia
                | Topic::Alberta
                | Topic::Pri
        );
        whose && (parted || says)
    })
    // `, b.` begins with its comma.
    || within(scene.hits, end, end + 6).any(|hit| hit.start == end && hit.topic == Topic::Birth)
}

/// `Amy Sample (1890-1950)`, "Amy Sample, who died in 1950": dead for more than twenty years.
pub(crate) fn died_long_ago(reading: &Reading, end: usize) -> bool {
    let rest = reading.small(end, end + 60);
    let stop = rest.iter().position(|byte| matches!(byte, b'\n' | b';'));
    let rest = rest.get(..stop.unwrap_or(rest.len())).unwrap_or_default();
    if let Some(span) = rest.strip_prefix(b" (") {
        let born = year(span.get(..4).unwrap_or_default());
        let behind = span.get(4..).unwrap_or_default().trim_ascii_start();
        let died = behind
            .strip_prefix(b"-")
            .map(<[u8]>::trim_ascii_start)
            .and_then(|rest| rest.get(..4))
            .and_then(year);
        if let (Some(born), Some(died)) = (born, died) {
            return born < died && died <= LONG_AGO;
        }
    }
    let mut says = false;
    let mut words = 0;
    for word in rest
        .split(|byte| !is_word(*byte))
        .filter(|word| !word.is_empty())
    {
        if says {
            if let Some(year) = year(word) {
                return year <= LONG_AGO;
            }
        } else {
            words += 1;
            // Only what is said of the name itself: "who died", ", deceased", "est décédé".
            says = matches!(
                word,
                b"died" | b"deceased" | b"decede" | b"decedee" | b"mort" | b"morte"
            );
            if words > 3 {
                return false;
            }
        }
    }
    false
}

/// A year of four digits in the last centuries.
fn year(digits: &[u8]) -> Option<u32> {
    let all = digits.len() == 4 && digits.iter().all(u8::is_ascii_digit);
    let value = digits.iter().take(4).fold(0_u32, |sum, digit| {
        sum * 10 + u32::from(digit.wrapping_sub(b'0'))
    });
    (all && (1600..2100).contains(&value)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firms_and_deaths() {
        let behind = |text: &str| Reading::new(text);
        for text in [" Inc.", ", Ltd.", " ltée", " et Fils inc."] {
            let text = format!("Amy Sample{text}");
            assert!(is_firm(&behind(&text), 10), "{text}");
        }
        for text in [
            "Amy Sample, who owns an inc",
            "Amy Sample",
            "Amy Sample incurred",
        ] {
            assert!(!is_firm(&behind(text), 10), "{text}");
        }
        for (text, long) in [
            (" (1890–1950)", true),
            (" (1950-2020)", false),
            (", who died on May 1, 1950", true),
            (" est décédée en 1950", true),
            (" died in 2020", false),
            (" wrote that he died in 1950", false),
            (" 1950", false),
            ("", false),
        ] {
            let text = format!("Amy Sample{text}");
            assert_eq!(died_long_ago(&behind(&text), 10), long, "{text}");
        }
    }
}
