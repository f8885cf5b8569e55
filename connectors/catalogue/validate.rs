//! What the catalogue itself needs of a record.
//!
//! The registry's full rules are another module's; here is what a page, a feed entry and a DCAT description cannot be made
//! without. Rule that must hold: all problems are told at once.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rideau_domain::{Bilingual, Lang, bilingual};

use super::{
    jsonld,
    record::{Record, code},
    settings::Site,
};
use crate::{DatasetDesired, FieldProblem};

pub(super) fn validate(
    site: &Site,
    dataset: &DatasetDesired,
    today: NaiveDate,
) -> Vec<FieldProblem> {
    let mut problems = Vec::new();
    let record = Record(&dataset.fields);
    for (field, en, fr) in [
        ("title_translated", "title", "titre"),
        ("notes_translated", "description", "description"),
    ] {
        texts(record, field, "", en, fr, &mut problems);
    }
    for lang in [Lang::En, Lang::Fr] {
        if record.words_in("keywords", lang).is_empty() {
            missing(
                format!("keywords-{}", code(lang)),
                "keywords",
                "mots-clés",
                &mut problems,
            );
        }
    }
    for (field, en, fr) in [
        ("license_id", "licence", "licence"),
        ("frequency", "frequency", "fréquence"),
    ] {
        if record.word(field).is_none() {
            missing(field, en, fr, &mut problems);
        }
    }
    if record.words("subject").is_empty() {
        missing("subject", "subject", "sujet", &mut problems);
    }
    let publisher = jsonld::publisher_name(site, Some(record));
    if publisher.en.is_empty() || publisher.fr.is_empty() {
        missing("owner_org", "publisher", "éditeur", &mut problems);
    }
    days(record, today, &mut problems);
    if record.word("maintainer_email").is_some() && record.email("maintainer_email").is_none() {
        wrong(
            "maintainer_email",
            "not_allowed",
            bilingual!(
                "The contact must be an e-mail address such as `open-ouvert@example.gc.ca`.",
                "Le contact doit être une adresse de courriel comme « open-ouvert@example.gc.ca »."
            ),
            &mut problems,
        );
    }
    if dataset.resources.is_empty() {
        missing("resources", "a file", "un fichier", &mut problems);
    }
    let mut names = BTreeSet::new();
    for (index, resource) in dataset.resources.iter().enumerate() {
        let fields = Record(&resource.fields);
        let at = format!("resources.{index}.");
        texts(
            fields,
            "name_translated",
            &at,
            "name of the file",
            "nom du fichier",
            &mut problems,
        );
        for (field, en, fr) in [("format", "format", "format")] {
            if fields.word(field).is_none() {
                missing(format!("{at}{field}"), en, fr, &mut problems);
            }
        }
        if fields.words("language").is_empty() {
            missing(format!("{at}language"), "language", "langue", &mut problems);
        }
        if !names.insert(resource.file_name.to_lowercase()) {
            let name = super::record::clean_line(&resource.file_name);
            wrong(
                format!("{at}file_name"),
                "not_allowed",
                bilingual!(
                    "Two files are named `{name}`. Give each its own name, so that its address stays the same.",
                    "Deux fichiers s’appellent « {name} ». Donnez un nom à chacun, pour que son adresse reste la même."
                ),
                &mut problems,
            );
        }
    }
    problems
}

fn days(record: Record<'_>, today: NaiveDate, problems: &mut Vec<FieldProblem>) {
    for (field, required, past) in [
        ("date_published", true, true),
        ("date_modified", false, true),
        ("time_period_coverage_start", false, false),
        ("time_period_coverage_end", false, false),
    ] {
        match (record.0.get(field), record.day(field)) {
            (None | Some(serde_json::Value::Null), _) if required => {
                missing(
                    field,
                    "date of publication",
                    "date de publication",
                    problems,
                );
            }
            (None | Some(serde_json::Value::Null), _) => {}
            (Some(_), None) => wrong(
                field,
                "wrong_type",
                bilingual!(
                    "This must be a day, written as 2026-01-31.",
                    "Ceci doit être un jour, écrit comme 2026-01-31."
                ),
                problems,
            ),
            (Some(_), Some(day)) if past && day > today => wrong(
                field,
                "in_future",
                bilingual!(
                    "{day} is in the future. Give a day up to {today}.",
                    "Le {day} est dans le futur. Donnez un jour jusqu’au {today}."
                ),
                problems,
            ),
            (Some(_), Some(_)) => {}
        }
    }
    if let (Some(start), Some(end)) = (
        record.day("time_period_coverage_start"),
        record.day("time_period_coverage_end"),
    ) && end < start
    {
        wrong(
            "time_period_coverage_end",
            "not_allowed",
            bilingual!(
                "The period ends ({end}) before it begins ({start}).",
                "La période finit ({end}) avant de commencer ({start})."
            ),
            problems,
        );
    }
}

fn texts(
    record: Record<'_>,
    field: &str,
    at: &str,
    en: &str,
    fr: &str,
    problems: &mut Vec<FieldProblem>,
) {
    for lang in [Lang::En, Lang::Fr] {
        if record.own_text(field, lang).is_none() {
            missing(format!("{at}{field}-{}", code(lang)), en, fr, problems);
        }
    }
}

fn missing(field: impl Into<String>, en: &str, fr: &str, problems: &mut Vec<FieldProblem>) {
    let field = field.into();
    let message = if field.ends_with("-en") {
        bilingual!(
            "The {en} in English is missing.",
            "Il manque : {fr}, en anglais."
        )
    } else if field.ends_with("-fr") {
        bilingual!(
            "The {en} in French is missing.",
            "Il manque : {fr}, en français."
        )
    } else {
        bilingual!("Missing: {en}.", "Il manque : {fr}.")
    };
    wrong(field, "missing", message, problems);
}

fn wrong(
    field: impl Into<String>,
    code: &str,
    message: Bilingual,
    problems: &mut Vec<FieldProblem>,
) {
    problems.push(FieldProblem {
        field: field.into(),
        code: code.to_owned(),
        message,
    });
}
