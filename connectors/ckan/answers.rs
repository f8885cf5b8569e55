//! What the portal's field errors mean, in the steward's words.
//!
//! Leans on the texts that CKAN and the registry's validators use. Rule that must hold: no error is dropped; one that is
//! not known is shown as the portal wrote it.

use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value};

use super::registry;
use crate::FieldProblem;

/// Every field error, with the field as the portal names it (`resources[0].format`).
pub(super) fn explain(errors: &Map<String, Value>) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    collect("", errors, &mut problems);
    problems
}

fn collect(prefix: &str, errors: &Map<String, Value>, problems: &mut Vec<FieldProblem>) {
    for (name, value) in errors {
        let field = format!("{prefix}{name}");
        match value {
            Value::Array(list) => {
                for (index, one) in list.iter().enumerate() {
                    match one {
                        Value::Object(inner) => {
                            collect(&format!("{field}[{index}]."), inner, problems);
                        }
                        Value::String(text) => problems.push(problem(&field, name, text)),
                        other => problems.push(problem(&field, name, &other.to_string())),
                    }
                }
            }
            Value::Object(inner) => collect(&format!("{field}."), inner, problems),
            Value::String(text) => problems.push(problem(&field, name, text)),
            other => problems.push(problem(&field, name, &other.to_string())),
        }
    }
}

fn problem(field: &str, name: &str, text: &str) -> FieldProblem {
    let bare = name
        .strip_suffix("-en")
        .or_else(|| name.strip_suffix("-fr"))
        .unwrap_or(name);
    let label = registry::label(bare);
    let (code, said) = translate(text);
    // Where the field's own name says more than the label: a language, a resource's number.
    let place = if field == bare {
        String::new()
    } else {
        format!(" ({field})")
    };
    FieldProblem {
        field: field.to_owned(),
        code: code.to_owned(),
        message: Bilingual::new(
            format!("{}{place}: {}.", label.en, said.en),
            format!("{}{place} : {}.", label.fr, said.fr),
        ),
    }
}

fn translate(text: &str) -> (&'static str, Bilingual) {
    let text = text.trim_end_matches('.');
    let shown: String = text.chars().take(160).collect();
    let starts = |beginning: &str| text.starts_with(beginning);
    if text == "Missing value" {
        ("missing", bilingual!("missing", "manque"))
    } else if starts("Required language \"en\"") {
        (
            "missing",
            bilingual!("the English text is missing", "le texte anglais manque"),
        )
    } else if starts("Required language \"fr\"") {
        (
            "missing",
            bilingual!("the French text is missing", "le texte français manque"),
        )
    } else if text == "Select at least one" {
        (
            "missing",
            bilingual!(
                "choose at least one value",
                "choisissez au moins une valeur"
            ),
        )
    } else if starts("Value must be one of")
        || starts("unexpected choice")
        || text == "Invalid license"
    {
        (
            "not_allowed",
            bilingual!(
                "the value is not on the portal’s list",
                "la valeur n’est pas dans la liste du portail"
            ),
        )
    } else if starts("Date may not be in the future") {
        (
            "in_future",
            bilingual!(
                "the day may not lie in the future",
                "le jour ne peut pas être dans le futur"
            ),
        )
    } else if starts("Date format incorrect") {
        (
            "wrong_type",
            bilingual!(
                "write the day as 2026-01-31",
                "écrivez le jour ainsi : 2026-01-31"
            ),
        )
    } else if starts("Please enter a valid email") {
        (
            "wrong_type",
            bilingual!(
                "this is no e-mail address",
                "ce n’est pas une adresse de courriel"
            ),
        )
    } else if starts("File upload too large") {
        (
            "too_large",
            bilingual!(
                "the file is larger than the portal takes",
                "le fichier dépasse ce que le portail accepte"
            ),
        )
    } else if starts("Cannot upload files of this type") {
        (
            "not_allowed",
            bilingual!(
                "the portal takes no files of this type",
                "le portail n’accepte pas de fichiers de ce type"
            ),
        )
    } else if starts("Must be a Unicode string")
        || starts("expecting ")
        || starts("Failed to decode JSON")
    {
        (
            "wrong_type",
            bilingual!(
                "the value has the wrong form",
                "la valeur n’a pas la bonne forme"
            ),
        )
    } else if text == "Dataset id already exists" {
        (
            "exists",
            bilingual!(
                "a record with this id exists already",
                "un enregistrement avec cet identifiant existe déjà"
            ),
        )
    } else {
        (
            "refused",
            bilingual!("the portal says “{shown}”", "le portail dit « {shown} »"),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_error_is_told() {
        let errors = json!({
            "title_translated": ["Required language \"fr\" missing"],
            "title_translated-en": ["Missing value"],
            "frequency": ["Must be a Unicode string value", "Value must be one of ['x']"],
            "resources": [{}, {"format": ["Value must be one of ['x']"]}],
            "relationship": [{"related_url-fr": ["Missing value"]}],
            "other": "text",
            "odd": [5],
        });
        let found = explain(errors.as_object().unwrap());
        let told: Vec<String> = found
            .iter()
            .map(|p| format!("{} {}", p.field, p.code))
            .collect();
        assert_eq!(
            told,
            [
                "frequency wrong_type",
                "frequency not_allowed",
                "odd refused",
                "other refused",
                "relationship[0].related_url-fr missing",
                "resources[1].format not_allowed",
                "title_translated missing",
                "title_translated-en missing",
            ]
        );
        assert_eq!(found[7].message.en, "Title (title_translated-en): missing.");
        assert_eq!(found[7].message.fr, "Titre (title_translated-en) : manque.");
    }
}
