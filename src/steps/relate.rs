//! What a person says about a release that is public: that another took its place, or that it was corrected.
//!
//! Both change the record and nothing else; what follows goes through the same gates as every update. Rule that must hold: what
//! a person wrote in the record before stays.

use serde_json::{Map, Value, json};

use super::{StepError, assemble::reassemble};
use crate::{
    app::App,
    catalog::{NewEvent, Tx},
    domain::{Bilingual, PublicationState, ReleaseId},
    record::CORRECTION,
};

/// Says in both records that one release took another's place.
///
/// # Errors
/// When one of them is not public under a web address, or the catalog refuses.
pub async fn supersede(
    app: &App,
    old: ReleaseId,
    new: ReleaseId,
    person: &str,
    reason: &str,
) -> Result<(), StepError> {
    if old == new {
        return Err(StepError::Person(Bilingual::new(
            "A release cannot take its own place. Name two.",
            "Une publication ne peut se remplacer elle-même. Nommez-en deux.",
        )));
    }
    let mut tx = app.catalog.write().await?;
    let sides = [(old, new, "superseded_by"), (new, old, "supersedes")];
    for (one, other, relation) in sides {
        let link = link(&mut tx, other, relation).await?;
        let record = tx.record(one).await?;
        let mut related = list(&record.person)
            .or_else(|| list(&record.fields))
            .unwrap_or_default();
        related.retain(|known| {
            known["related_relationship"] != link["related_relationship"]
                || known["related_url"] != link["related_url"]
        });
        related.push(link);
        let person_fields = with(&record.person, [("relationship", Value::Array(related))]);
        tx.set_person_fields(one, &person_fields).await?;
    }
    tx.log(
        app.ids.as_ref(),
        app.now(),
        NewEvent {
            kind: "release.superseded",
            subject_kind: "release",
            subject_id: old.to_string(),
            actor: person.to_owned(),
            body: json!({"by": new, "reason": reason}),
        },
    )
    .await?;
    tx.commit().await?;
    reassemble(app, old).await?;
    reassemble(app, new).await
}

/// Says in the record that what is public was corrected today, and why.
///
/// # Errors
/// When nothing of it is public, or the catalog refuses.
pub async fn correct(
    app: &App,
    id: ReleaseId,
    person: &str,
    words: &Bilingual,
) -> Result<(), StepError> {
    let mut tx = app.catalog.write().await?;
    let published = tx.published(id).await?;
    if !published
        .iter()
        .any(|one| one.state == PublicationState::Published)
    {
        return Err(StepError::Person(Bilingual::new(
            "Nothing of this release is public: there is nothing to correct. Change the record with `rideau review set`.",
            "Rien de cette publication n’est public : il n’y a rien à corriger. Modifiez la fiche avec `rideau review set`.",
        )));
    }
    let record = tx.record(id).await?;
    let changes = [
        (CORRECTION, json!({"en": words.en, "fr": words.fr})),
        ("date_modified", json!(app.today().to_string())),
    ];
    tx.set_person_fields(id, &with(&record.person, changes))
        .await?;
    tx.log(
        app.ids.as_ref(),
        app.now(),
        NewEvent {
            kind: "release.corrected",
            subject_kind: "release",
            subject_id: id.to_string(),
            actor: person.to_owned(),
            body: json!({"reason": words}),
        },
    )
    .await?;
    tx.commit().await?;
    reassemble(app, id).await
}

/// The portal's way to name another record.
async fn link(tx: &mut Tx, to: ReleaseId, relation: &str) -> Result<Value, StepError> {
    let release = tx.release(to).await?;
    let fields = tx.record(to).await?.fields;
    let published = tx.published(to).await?;
    let address = published
        .iter()
        .filter(|one| one.state == PublicationState::Published)
        .filter_map(|one| one.address.as_deref())
        .find(|address| address.starts_with("http"));
    let Some(address) = address else {
        return Err(StepError::Person(crate::bilingual!(
            "“{}” is not public under a web address: a record cannot point to it. Publish it first.",
            "« {} » n’est pas public à une adresse Web : aucune fiche ne peut y renvoyer. Publiez-le d’abord.",
            release.title
        )));
    };
    let kind = fields
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or("dataset");
    Ok(json!({
        "related_relationship": relation, "related_type": kind,
        "related_url": {"en": address, "fr": address},
    }))
}

/// The related records that are named already.
fn list(fields: &Value) -> Option<Vec<Value>> {
    fields.get("relationship")?.as_array().cloned()
}

/// A person's fields with some more.
fn with<'a>(person: &Value, changes: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut fields: Map<String, Value> = person.as_object().cloned().unwrap_or_default();
    for (name, value) in changes {
        fields.insert(name.to_owned(), value);
    }
    Value::Object(fields)
}
