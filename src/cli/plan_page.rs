//! `rideau release plan --html`: the plans as a page.

use rideau_connectors::Change;
use serde_json::Value;

use super::{
    Out,
    output::size,
    release::{Tables, describe_table},
};
use crate::{
    bilingual,
    catalog::Plan,
    domain::{Bilingual, Lang, ReleaseId},
    report::PlanPage,
    steps::{PlanBody, PlannedRelease},
};

/// Adds one plan to the page.
pub(super) fn add(
    page: &mut PlanPage,
    out: &Out,
    plan: &Plan,
    body: &PlanBody,
    held: &[ReleaseId],
    tables: &Tables,
) {
    page.about(out.get(&bilingual!(
        "Plan {} for {}: {} releases. Hash: {}",
        "Plan {} pour {} : {} publications. Empreinte : {}",
        plan.id,
        body.target,
        body.releases.len(),
        plan.hash
    )));
    for planned in &body.releases {
        let mark = if held.contains(&planned.release) {
            Bilingual::new(
                " – held: needs approval",
                " – retenue : approbation requise",
            )
        } else {
            Bilingual::default()
        };
        let title = format!(
            "{} [{}] – {}{}",
            planned.title.get(out.lang),
            out.get(&planned.proposal.words()),
            body.target,
            out.get(&mark)
        );
        page.release(&title, &rows(planned, tables, out.lang));
    }
}

fn rows(planned: &PlannedRelease, tables: &Tables, lang: Lang) -> Vec<[String; 3]> {
    let mut rows = Vec::new();
    for change in &planned.plan.changes {
        rows.extend(row(change, lang));
        if let Change::ReplaceContent { file_name, .. } = change
            && let Some(changes) = tables.get(&planned.release).and_then(|t| t.get(file_name))
        {
            for line in describe_table(changes) {
                rows.push([file_name.clone(), String::new(), line.get(lang).to_owned()]);
            }
        }
    }
    rows
}

fn row(change: &Change, lang: Lang) -> Vec<[String; 3]> {
    let words = |en: &str, fr: &str| Bilingual::new(en, fr).get(lang).to_owned();
    let nothing = String::new;
    match change {
        Change::CreateDataset => vec![[
            words("Dataset", "Jeu de données"),
            nothing(),
            words("is created", "est créé"),
        ]],
        Change::SetFields { fields } => fields
            .iter()
            .map(|field| [field.field.clone(), text(&field.old), text(&field.new)])
            .collect(),
        Change::SetResourceFields { resource, fields } => fields
            .iter()
            .map(|field| {
                [
                    format!("{resource}\n{}", field.field),
                    text(&field.old),
                    text(&field.new),
                ]
            })
            .collect(),
        Change::AddResource {
            file_name,
            size_bytes,
            ..
        } => vec![[file_name.clone(), nothing(), size(*size_bytes, lang)]],
        Change::ReplaceContent {
            file_name,
            old,
            new,
            size_bytes,
            ..
        } => vec![[
            file_name.clone(),
            old.clone().unwrap_or_default(),
            format!("{new}\n{}", size(*size_bytes, lang)),
        ]],
        Change::RemoveResource { resource } => vec![[
            resource.to_string(),
            nothing(),
            words("is removed", "est retiré"),
        ]],
        Change::Publish => vec![[
            words("Public", "Public"),
            words("no", "non"),
            words("yes", "oui"),
        ]],
        Change::Withdraw { reason } => vec![[
            words("Public", "Public"),
            words("yes", "oui"),
            format!("{}\n{}", words("no", "non"), reason.get(lang)),
        ]],
    }
}

/// A value as people read it.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{name}: {}", text(value)))
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_by_people() {
        for (value, expect) in [
            (json!(null), ""),
            (json!("a"), "a"),
            (json!(["a", "b"]), "a, b"),
            (json!({"en": "T", "fr": ["x", "y"]}), "en: T\nfr: x, y"),
            (json!([{"a": 1}]), "[{\"a\":1}]"),
            (json!(3), "3"),
        ] {
            assert_eq!(text(&value), expect);
        }
    }
}
