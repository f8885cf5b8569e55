//! What the department's sensitivity labels mean.
//!
//! Leans on the domain's security levels. Rule that must hold: a label stands for exactly one level.

use std::collections::BTreeMap;

use rideau_connectors::options::{ChoiceDoc, Entry, Field, Problems, Shape};
use rideau_domain::{SecurityLevel, bilingual};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Security level by the GUID of a sensitivity label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(pub BTreeMap<Uuid, SecurityLevel>);

const LEVELS: [SecurityLevel; 7] = [
    SecurityLevel::Unclassified,
    SecurityLevel::ProtectedA,
    SecurityLevel::ProtectedB,
    SecurityLevel::ProtectedC,
    SecurityLevel::Confidential,
    SecurityLevel::Secret,
    SecurityLevel::TopSecret,
];

const WORDS: &[ChoiceDoc] = &[
    word("unclassified", &["No category."], "Aucune catégorie."),
    word("protected_a", &["Protected A."], "Protégé A."),
    word("protected_b", &["Protected B."], "Protégé B."),
    word("protected_c", &["Protected C."], "Protégé C."),
    word("confidential", &["Confidential."], "Confidentiel."),
    word("secret", &["Secret."], "Secret."),
    word("top_secret", &["Top Secret."], "Très secret."),
];

const fn word(word: &'static str, en: &'static [&'static str], fr: &'static str) -> ChoiceDoc {
    ChoiceDoc { word, en, fr }
}

impl Field for Labels {
    fn shape() -> Shape {
        Shape::Map {
            keys: "GUID of a sensitivity label",
            keys_fr: "GUID d’une étiquette de confidentialité",
            values: Box::new(Shape::Choice(WORDS)),
        }
    }

    fn decode(entry: &Entry<'_>, problems: &mut Problems) -> Option<Self> {
        let section = entry.table(problems)?;
        let allowed = LEVELS.map(SecurityLevel::as_str);
        let mut labels = BTreeMap::new();
        let mut whole = true;
        for (key, value) in section.entries() {
            let word = value.choice(&allowed, problems);
            let level = LEVELS.into_iter().find(|one| Some(one.as_str()) == word);
            let label = Uuid::parse_str(key).ok();
            if label.is_none() {
                let span = section.key_span(key).unwrap_or_else(|| value.span());
                problems.add(
                    section.document(),
                    span,
                    value.path(),
                    bilingual!(
                        "Expected the GUID of a label, such as \"3f2504e0-4f89-41d3-9a0c-0305e82c3301\".",
                        "Attendu : le GUID d’une étiquette, par exemple « 3f2504e0-4f89-41d3-9a0c-0305e82c3301 »."
                    ),
                );
            }
            let Some((label, level)) = label.zip(level) else {
                whole = false;
                continue;
            };
            // The same GUID in other letter case is another key to TOML.
            if labels.insert(label, level).is_some() {
                value.wrong(
                    problems,
                    bilingual!(
                        "This label is given twice.",
                        "Cette étiquette est donnée deux fois."
                    ),
                );
                whole = false;
            }
        }
        whole.then_some(Self(labels))
    }

    fn to_json(&self) -> Value {
        let map: Map<String, Value> = self
            .0
            .iter()
            .map(|(label, level)| (label.to_string(), level.as_str().into()))
            .collect();
        map.into()
    }
}
