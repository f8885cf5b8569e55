//! What a record might say, for a person to take or leave.
//!
//! Leans on titles, column labels and a short list of stems. Rule that must hold: a proposal is shown and never filled in.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// Proposals for fields that are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proposals {
    /// Values for `subject`, as the registry has them.
    pub subject: Vec<&'static str>,
    /// Words for `keywords`, in English.
    pub keywords_en: Vec<String>,
    /// The same in French.
    pub keywords_fr: Vec<String>,
}

/// Beginnings of words in both languages, without accents, and the subject they speak of.
const STEMS: &[(&str, &str)] = &[
    ("immigra", "persons"),
    ("refug", "persons"),
    ("citizen", "persons"),
    ("citoyen", "persons"),
    ("resident", "persons"),
    ("population", "persons"),
    ("permit", "law"),
    ("permis", "law"),
    ("visa", "law"),
    ("legal", "law"),
    ("jurid", "law"),
    ("employ", "labour"),
    ("emploi", "labour"),
    ("labour", "labour"),
    ("travail", "labour"),
    ("worker", "labour"),
    ("student", "education_and_training"),
    ("etudiant", "education_and_training"),
    ("school", "education_and_training"),
    ("ecole", "education_and_training"),
    ("training", "education_and_training"),
    ("formation", "education_and_training"),
    ("health", "health_and_safety"),
    ("sante", "health_and_safety"),
    ("econom", "economics_and_industry"),
    ("trade", "economics_and_industry"),
    ("commerce", "economics_and_industry"),
    ("budget", "government_and_politics"),
    ("expenditure", "government_and_politics"),
    ("depense", "government_and_politics"),
    ("service standard", "government_and_politics"),
    ("norme de service", "government_and_politics"),
    ("environ", "nature_and_environment"),
    ("climat", "nature_and_environment"),
    ("transport", "transport"),
    ("language", "language_and_linguistics"),
    ("langue", "language_and_linguistics"),
    ("settlement", "society_and_culture"),
    ("etablissement", "society_and_culture"),
    ("culture", "society_and_culture"),
];

/// Words that say nothing, without accents.
const EMPTY_WORDS: &[&str] = &[
    "about",
    "after",
    "before",
    "between",
    "figures",
    "monthly",
    "number",
    "other",
    "since",
    "table",
    "their",
    "these",
    "total",
    "yearly",
    "apres",
    "autre",
    "avant",
    "depuis",
    "donnees",
    "entre",
    "leurs",
    "mensuel",
    "mensuelle",
    "nombre",
    "selon",
    "tableau",
];

/// Most words that are proposed.
const MOST_WORDS: usize = 8;
/// Shorter words are no keywords.
const LEAST_LETTERS: usize = 5;

/// Proposals for a record's empty fields, from its own texts and from the column labels of its tables.
pub fn proposals<'a>(record: &Value, documents: impl IntoIterator<Item = &'a Value>) -> Proposals {
    let text = |field: &str, lang: &str| -> String {
        record
            .get(field)
            .and_then(|value| value.get(lang))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut all = String::new();
    for field in ["title_translated", "notes_translated"] {
        for lang in ["en", "fr"] {
            all.push_str(&text(field, lang));
            all.push('\n');
        }
    }
    for document in documents {
        let columns = document.get("columns").and_then(Value::as_array);
        for label in columns.into_iter().flatten().filter_map(Value::as_str) {
            all.push_str(label);
            all.push('\n');
        }
    }
    let words = |lang: &str| -> Vec<String> {
        let known = record
            .get("keywords")
            .and_then(|keywords| keywords.get(lang))
            .and_then(Value::as_array)
            .is_some_and(|words| !words.is_empty());
        if known {
            Vec::new()
        } else {
            keywords(&text("title_translated", lang))
        }
    };
    let has_subject = record
        .get("subject")
        .and_then(Value::as_array)
        .is_some_and(|subjects| !subjects.is_empty());
    Proposals {
        subject: if has_subject {
            Vec::new()
        } else {
            subjects(&all)
        },
        keywords_en: words("en"),
        keywords_fr: words("fr"),
    }
}

fn subjects(text: &str) -> Vec<&'static str> {
    let text = format!(" {}", plain(text));
    let found: BTreeSet<&'static str> = STEMS
        .iter()
        .filter(|(stem, _)| text.contains(&format!(" {stem}")))
        .map(|(_, subject)| *subject)
        .collect();
    found.into_iter().collect()
}

fn keywords(title: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in title.split(|c: char| !c.is_alphabetic()) {
        let word = word.to_lowercase();
        let empty = EMPTY_WORDS.contains(&plain(&word).trim());
        if word.chars().count() >= LEAST_LETTERS && !empty && !words.contains(&word) {
            words.push(word);
        }
    }
    words.truncate(MOST_WORDS);
    words
}

/// Lower case, without accents, one space between words.
fn plain(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let letters: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .flat_map(char::to_lowercase)
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use rideau_connectors::ckan::registry;
    use serde_json::json;

    use super::*;

    #[test]
    fn empty_fields_get_proposals_and_no_others() {
        let record = json!({
            "title_translated": {"en": "Study permits by province, 2024", "fr": "Permis d’études selon la province"},
            "keywords": {"fr": ["permis"]},
        });
        let documents = [json!({"columns": ["Year", "Étudiants"]}), json!({})];
        let found = proposals(&record, &documents);
        assert_eq!(found.subject, ["education_and_training", "law"]);
        assert_eq!(found.keywords_en, ["study", "permits", "province"]);
        assert!(found.keywords_fr.is_empty());
        let complete = json!({
            "title_translated": {"en": "Permits"}, "subject": ["persons"], "keywords": {"en": ["a"], "fr": ["b"]},
        });
        assert_eq!(proposals(&complete, []), Proposals::default());
        assert_eq!(proposals(&json!(7), []), Proposals::default());
    }

    #[test]
    fn stems_begin_words_and_subjects_exist() {
        assert!(subjects("unemployable").is_empty());
        assert_eq!(subjects("Employés"), ["labour"]);
        let choices = registry::choices("dataset", "subject");
        for (stem, subject) in STEMS {
            assert!(
                choices.iter().any(|choice| choice.value == *subject),
                "{stem}"
            );
            assert_eq!(plain(stem), *stem);
        }
    }
}
