//! What a content tells about itself: the language of its text.
//!
//! Leans on the units that the screening reads, and of these only on what a person sees. Rule that must hold: in doubt
//! nothing is said; a person or a sidecar says it then.

use crate::domain::{Part, TextUnit};

/// So many units are looked at: a language shows early.
const MOST_UNITS: usize = 20_000;
/// So many words of a language must be there.
const LEAST_WORDS: usize = 4;
/// So many times more than of the other.
const CLEAR: usize = 4;

/// Frequent English words that are no French ones.
const ENGLISH: [&str; 34] = [
    "the", "of", "and", "to", "in", "is", "are", "was", "for", "with", "by", "from", "that",
    "this", "which", "not", "all", "their", "have", "has", "been", "year", "month", "quarter",
    "number", "country", "female", "male", "age", "day", "under", "over", "who", "other",
];
/// Frequent French words that are no English ones.
const FRENCH: [&str; 34] = [
    "le",
    "la",
    "les",
    "des",
    "du",
    "de",
    "et",
    "une",
    "un",
    "est",
    "sont",
    "pour",
    "avec",
    "par",
    "dans",
    "sur",
    "selon",
    "aux",
    "au",
    "qui",
    "que",
    "ne",
    "ou",
    "leur",
    "ces",
    "cette",
    "année",
    "mois",
    "trimestre",
    "nombre",
    "pays",
    "femmes",
    "hommes",
    "âge",
];

/// The language of a text: `en` or `fr`. Nothing for text in both, in another, or too short to tell.
pub(super) fn language(units: &[TextUnit]) -> Option<&'static str> {
    let (mut english, mut french) = (0_usize, 0_usize);
    for unit in units.iter().filter(|unit| is_text(unit)).take(MOST_UNITS) {
        for word in unit.text.split(|c: char| !c.is_alphabetic()) {
            let word = word.to_lowercase();
            if ENGLISH.contains(&word.as_str()) {
                english += 1;
            } else if FRENCH.contains(&word.as_str()) {
                french += 1;
            }
        }
    }
    if english >= LEAST_WORDS && english >= french.saturating_mul(CLEAR) {
        Some("en")
    } else if french >= LEAST_WORDS && french >= english.saturating_mul(CLEAR) {
        Some("fr")
    } else {
        None
    }
}

fn is_text(unit: &TextUnit) -> bool {
    let part = unit.place.part;
    !part.is_hidden()
        && !matches!(
            part,
            Part::Link | Part::Formula | Part::FileName | Part::Native | Part::Package
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_only_when_it_is_plain() {
        let check = |texts: &[&str], expect: Option<&str>| {
            let units: Vec<TextUnit> = texts
                .iter()
                .map(|text| TextUnit::new(Part::Body, "1", *text))
                .collect();
            assert_eq!(language(&units), expect, "{texts:?}");
        };
        check(
            &["The number of persons admitted by country and year of arrival"],
            Some("en"),
        );
        check(
            &["Le nombre de personnes admises selon le pays et l’année d’arrivée"],
            Some("fr"),
        );
        check(
            &[
                "The number of persons admitted by country",
                "Le nombre de personnes admises selon le pays",
            ],
            None,
        );
        check(&["Region", "Admissions", "1200"], None);
        check(&[], None);
        let hidden = TextUnit::new(Part::Comment, "1", "the of and to in is are was");
        assert_eq!(language(&[hidden]), None);
    }
}
