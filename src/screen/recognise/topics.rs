//! The words that say what a number, a date or a name is, in English and French.
//!
//! All phrases are folded (small letters, no accents, no underscores) and found in one pass. Acronyms count in capitals,
//! or where they are a key, a header or stand right before a number, so that sin, nas and the like stay words. Rule that
//! must hold: a phrase counts only between word borders.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{
    homonyms::{is_denied, is_homonym},
    reading::{Reading, is_letter, is_word},
};

/// What a phrase speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Topic {
    Sin,
    Business,
    Uci,
    Application,
    Passport,
    PrCard,
    Citizenship,
    Ontario,
    Quebec,
    Columbia,
    Alberta,
    /// A health card of any province.
    Health,
    Licence,
    Pri,
    Bank,
    Iban,
    Card,
    Postal,
    Birth,
    Ip,
    Email,
    Phone,
    /// A line of an office.
    Office,
    Name,
    Address,
    /// An invoice, a file, a part: a number that is none of a person's.
    Other,
    /// A date that is none of birth.
    Date,
    /// Counts, amounts, statistics.
    Count,
    /// Examples and specimens.
    Sample,
    /// A position, as in a signature.
    Position,
    /// A relation to the department: client, applicant.
    Relation,
}

impl Topic {
    /// True when the phrase says what the value after it is; the others only colour the surroundings.
    pub(crate) fn claims(self) -> bool {
        !matches!(
            self,
            Self::Count | Self::Sample | Self::Position | Self::Relation | Self::Office
        )
    }
}

/// A phrase found in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) topic: Topic,
}

/// The phrases, by topic.
const WORDS: &str = include_str!("words/topics.txt");

/// The topic of a heading in the list.
fn named(name: &str) -> Option<Topic> {
    Some(match name {
        "sin" => Topic::Sin,
        "business" => Topic::Business,
        "uci" => Topic::Uci,
        "application" => Topic::Application,
        "passport" => Topic::Passport,
        "prcard" => Topic::PrCard,
        "citizenship" => Topic::Citizenship,
        "ontario" => Topic::Ontario,
        "quebec" => Topic::Quebec,
        "columbia" => Topic::Columbia,
        "alberta" => Topic::Alberta,
        "health" => Topic::Health,
        "licence" => Topic::Licence,
        "pri" => Topic::Pri,
        "bank" => Topic::Bank,
        "iban" => Topic::Iban,
        "card" => Topic::Card,
        "postal" => Topic::Postal,
        "birth" => Topic::Birth,
        "ip" => Topic::Ip,
        "email" => Topic::Email,
        "phone" => Topic::Phone,
        "office" => Topic::Office,
        "name" => Topic::Name,
        "address" => Topic::Address,
        "other" => Topic::Other,
        "date" => Topic::Date,
        "count" => Topic::Count,
        "sample" => Topic::Sample,
        "position" => Topic::Position,
        "relation" => Topic::Relation,
        _ => return None,
    })
}

struct Table {
    automaton: AhoCorasick,
    entries: Vec<(Topic, bool, &'static str)>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut entries = Vec::new();
    let mut heading = None;
    for line in WORDS.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let acronym = name.ends_with('!');
            heading = named(name.trim_end_matches('!')).map(|topic| (topic, acronym));
        } else if let Some((topic, acronym)) = heading {
            let phrases = line
                .split(';')
                .map(str::trim)
                .filter(|phrase| !phrase.is_empty());
            entries.extend(phrases.map(|phrase| (topic, acronym, phrase)));
        }
    }
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(entries.iter().map(|(_, _, phrase)| *phrase))
        .expect("the phrases are few and short");
    Table { automaton, entries }
});

/// The phrases of a text in order, those within longer ones left out.
pub(crate) fn hits(reading: &Reading) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    for one in TABLE.automaton.find_overlapping_iter(&reading.lower) {
        let Some((topic, acronym, phrase)) = TABLE.entries.get(one.pattern().as_usize()) else {
            continue;
        };
        let (start, end) = (one.start(), one.end());
        if !bordered(reading, start, end)
            || (*acronym && !is_acronym(reading, start, end))
            || is_homonym(reading, start, end, phrase)
            || is_denied(reading, start)
        {
            continue;
        }
        // Ends rise: what began later is within, what began earlier swallows.
        while found
            .last()
            .is_some_and(|last| last.start >= start && last.end <= end)
        {
            found.pop();
        }
        if found
            .last()
            .is_some_and(|last| last.end > start && last.start <= start && last.end >= end)
        {
            continue;
        }
        found.push(Hit {
            start,
            end,
            topic: *topic,
        });
    }
    found.sort_by_key(|hit| (hit.start, hit.end));
    found
}

/// The topics of a short text, such as a header cell; in order.
pub(crate) fn topics_of(text: &str) -> Vec<Topic> {
    if text.len() > 200 {
        return Vec::new();
    }
    hits(&Reading::new(text))
        .into_iter()
        .map(|hit| hit.topic)
        .collect()
}

fn bordered(reading: &Reading, start: usize, end: usize) -> bool {
    let first = reading.byte(start);
    let last = reading.before(end);
    let before = reading.before(start);
    let after = reading.byte(end);
    // `clientSin`, `SIN2`: a change of case parts, a digit after an acronym in a key does.
    let left = !is_word(first)
        || !is_word(before)
        || (first.is_ascii_uppercase() && before.is_ascii_lowercase())
        || (first.is_ascii_uppercase() && before.is_ascii_digit() && end - start >= 3);
    let right = !is_word(last)
        || !is_letter(after) && !after.is_ascii_digit()
        || (after.is_ascii_uppercase() && last.is_ascii_lowercase())
        || (after.is_ascii_digit() && is_letter(last) && end - start >= 3);
    left && right
}

/// True for an acronym written as one, or as the name of a field.
fn is_acronym(reading: &Reading, start: usize, end: usize) -> bool {
    let written = reading.slice(start, end);
    let stem = written.strip_suffix(b"s").unwrap_or(written);
    if stem.iter().all(|byte| !byte.is_ascii_lowercase()) {
        return true;
    }
    let before = reading.before(start);
    if matches!(before, b'_' | b'"' | b'<' | b'.' | b'\'' | b'=')
        || (written.first().is_some_and(u8::is_ascii_uppercase) && before.is_ascii_lowercase())
    {
        return true;
    }
    let next = reading.slice(end, end + 3);
    match next.iter().find(|byte| **byte != b' ') {
        // Between commas it is a column; in "Nas, a cat" or "venial sin, …" it is a word.
        Some(b',' | b';') => {
            let ahead = reading.slice(start.saturating_sub(3), start);
            match ahead.iter().rev().find(|byte| **byte != b' ') {
                Some(b',' | b';' | b'(' | b'[') => true,
                None | Some(b'\n') => !matches!(reading.byte(end + 1), b' ' | b'\n'),
                Some(_) => false,
            }
        }
        // `nas01` is the name of a machine, `nas130692544` a label with its value.
        Some(b'0'..=b'9') if reading.byte(end) != b' ' => {
            let digits = reading.slice(end, end + 5);
            digits.len() == 5 && digits.iter().all(u8::is_ascii_digit)
        }
        None
        | Some(
            b':'
            | b'='
            | b'#'
            | b'"'
            | b'|'
            | b'<'
            | b'>'
            | b'_'
            | b'\n'
            | b'\t'
            | b'\''
            | b'0'..=b'9',
        ) => true,
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Topic]) {
        assert_eq!(topics_of(text), expected, "{text}");
    }

    #[test]
    fn phrases_and_acronyms() {
        check("Social Insurance Number", &[Topic::Sin]);
        check("numéro d’assurance\nsociale", &[Topic::Sin]);
        check("client_sin", &[Topic::Relation, Topic::Sin]);
        check("clientSin:", &[Topic::Relation, Topic::Sin]);
        check("date_de_naissance", &[Topic::Birth]);
        check("IUC / UCI", &[Topic::Uci, Topic::Uci]);
    }

    #[test]
    fn every_heading_is_known() {
        for line in WORDS.lines().filter(|line| line.starts_with('[')) {
            assert!(
                named(line.trim_matches(['[', ']', '!'])).is_some(),
                "{line}"
            );
        }
    }

    #[test]
    fn homonyms_are_words() {
        for text in [
            "the sin of pride",
            "cousin",
            "NAS storage 12",
            "Viet Nam 1",
            "single",
            "serveur NAS",
            "UCI World Tour 2024",
            "Nassau",
        ] {
            check(text, &[]);
        }
    }
}
