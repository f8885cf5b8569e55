//! catalog ↔ target: compares what a target shows with what was last sent to it. Reads only.
//!
//! What was sent stands in the plan that sent it. Rule that must hold: what could not be compared is never called the same.

use rideau_connectors::{
    Change, DatasetDesired, DatasetSeen, FieldChange, PublicState, ResourceDesired, difference,
};
use serde::Serialize;

use super::{PlanBody, StepError, publish::CatalogJournal};
use crate::{
    app::{App, TargetSetup},
    catalog::Published,
    domain::{Bilingual, PublicationState, ReleaseId},
};

/// Stands for the checksum of a file that is not ours.
const UNKNOWN: &str = "?";

/// How a target agrees with the catalog about one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The target shows exactly what was sent, or nothing where it was taken back.
    Same,
    /// It was changed on the target.
    Differs,
    /// It should be public, and is not there.
    Missing,
    /// It was taken back, and the public sees it.
    StillPublic,
    /// It waits for the target's next switch.
    Waiting,
    /// It could not be compared.
    Unknown,
}

impl Agreement {
    /// The words people read.
    pub fn words(self) -> Bilingual {
        match self {
            Self::Same => Bilingual::new("same", "identique"),
            Self::Differs => Bilingual::new("changed on the target", "modifié sur la cible"),
            Self::Missing => Bilingual::new("missing on the target", "absent de la cible"),
            Self::StillPublic => Bilingual::new(
                "withdrawn, yet public on the target",
                "retiré, mais public sur la cible",
            ),
            Self::Waiting => Bilingual::new(
                "waits for the target’s switch",
                "attend la bascule de la cible",
            ),
            Self::Unknown => Bilingual::new("could not be compared", "n’a pas pu être comparé"),
        }
    }

    /// Whether a person should look.
    pub fn is_drift(self) -> bool {
        !matches!(self, Self::Same | Self::Waiting)
    }
}

/// What was found about one release on one target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verified {
    /// The release.
    pub release: ReleaseId,
    /// Its title.
    pub title: Bilingual,
    /// The target's name.
    pub target: String,
    /// Its public address.
    pub address: Option<String>,
    /// The outcome.
    pub agreement: Agreement,
    /// What was changed on the target: `old` is what was sent, `new` is what is there.
    pub edits: Vec<Change>,
    /// Why it could not be compared.
    pub trouble: Option<Bilingual>,
}

/// Compares one release on one target. With `content`, files are read back as well where the target keeps no checksum.
///
/// # Errors
/// When the catalog refuses. A target that fails is told in the answer.
pub async fn verify(
    app: &App,
    target: &TargetSetup,
    published: &Published,
    content: bool,
) -> Result<Verified, StepError> {
    let mut tx = app.catalog.read().await?;
    let title = tx.release(published.release).await?.title;
    let plan = tx.plan(published.plan).await?;
    drop(tx);
    let body: PlanBody = serde_json::from_value(plan.body)?;
    let sent = body
        .releases
        .into_iter()
        .find(|planned| planned.release == published.release)
        .and_then(|planned| planned.plan.after);
    let (agreement, edits, trouble) =
        match look(app, target, published, sent.as_ref(), content).await {
            Ok((agreement, edits)) => (agreement, edits, None),
            Err(error) => (Agreement::Unknown, Vec::new(), Some(error.explain())),
        };
    Ok(Verified {
        release: published.release,
        title,
        target: target.name.clone(),
        address: published.address.clone(),
        agreement,
        edits,
        trouble,
    })
}

async fn look(
    app: &App,
    target: &TargetSetup,
    published: &Published,
    sent: Option<&DatasetDesired>,
    content: bool,
) -> Result<(Agreement, Vec<Change>), StepError> {
    let journal = CatalogJournal::reading(app, &target.name);
    let dataset = published.release.0;
    let seen = target.connector.observe(dataset, &journal).await?;
    let (agreement, mut edits) = compare(published.state, sent, seen.as_ref());
    if !content || !matches!(agreement, Agreement::Same | Agreement::Differs) {
        return Ok((agreement, edits));
    }
    for resource in sent
        .map(|sent| sent.resources.as_slice())
        .unwrap_or_default()
    {
        let told = edits.iter().any(|edit| touches(edit, resource));
        if !told
            && target
                .connector
                .same_content(dataset, resource, &journal)
                .await?
                == Some(false)
        {
            edits.push(other_content(resource));
        }
    }
    let agreement = if edits.is_empty() {
        agreement
    } else {
        Agreement::Differs
    };
    Ok((agreement, edits))
}

/// What a target shows, compared with what was sent.
fn compare(
    state: PublicationState,
    sent: Option<&DatasetDesired>,
    seen: Option<&DatasetSeen>,
) -> (Agreement, Vec<Change>) {
    match state {
        PublicationState::Sent | PublicationState::Withdrawing => (Agreement::Waiting, Vec::new()),
        PublicationState::Withdrawn => {
            let public = seen.is_some_and(|seen| seen.state == PublicState::Published);
            let agreement = if public {
                Agreement::StillPublic
            } else {
                Agreement::Same
            };
            (agreement, Vec::new())
        }
        PublicationState::Published => match (sent, seen) {
            (None, _) => (Agreement::Unknown, Vec::new()),
            (Some(_), None) => (Agreement::Missing, Vec::new()),
            (Some(_), Some(seen)) if seen.state == PublicState::Withdrawn => {
                (Agreement::Missing, Vec::new())
            }
            (Some(sent), Some(seen)) => {
                let edits = edits(sent, seen);
                let agreement = if edits.is_empty() {
                    Agreement::Same
                } else {
                    Agreement::Differs
                };
                (agreement, edits)
            }
        },
    }
}

/// What was done to a dataset on the target since it was sent. The plan that would undo it, read backwards.
fn edits(sent: &DatasetDesired, seen: &DatasetSeen) -> Vec<Change> {
    let mut edits: Vec<Change> = difference(sent, Some(seen))
        .into_iter()
        .map(backwards)
        .collect();
    // Where a target keeps no checksum, another size tells of another file.
    for resource in &sent.resources {
        let other_size = seen
            .resources
            .iter()
            .find(|there| there.id == resource.id)
            .and_then(|there| there.size_bytes)
            .is_some_and(|size| size != resource.size_bytes);
        if other_size && !edits.iter().any(|edit| touches(edit, resource)) {
            edits.push(other_content(resource));
        }
    }
    edits
}

fn backwards(change: Change) -> Change {
    let turned = |fields: Vec<FieldChange>| -> Vec<FieldChange> {
        fields
            .into_iter()
            .map(|change| FieldChange {
                field: change.field,
                old: change.new,
                new: change.old,
            })
            .collect()
    };
    match change {
        Change::SetFields { fields } => Change::SetFields {
            fields: turned(fields),
        },
        Change::SetResourceFields { resource, fields } => Change::SetResourceFields {
            resource,
            fields: turned(fields),
        },
        Change::AddResource { resource, .. } => Change::RemoveResource { resource },
        Change::RemoveResource { resource } => Change::AddResource {
            resource,
            file_name: resource.to_string(),
            size_bytes: 0,
        },
        Change::ReplaceContent {
            resource,
            file_name,
            old,
            new,
            size_bytes,
        } => Change::ReplaceContent {
            resource,
            file_name,
            old: Some(new),
            new: old.unwrap_or_else(|| UNKNOWN.to_owned()),
            size_bytes,
        },
        Change::Publish => Change::Withdraw {
            reason: Bilingual::new("by hand, on the target", "à la main, sur la cible"),
        },
        other => other,
    }
}

/// Whether a change is about this resource's content.
fn touches(change: &Change, wanted: &ResourceDesired) -> bool {
    matches!(
        change,
        Change::ReplaceContent { resource, .. } | Change::RemoveResource { resource } if *resource == wanted.id
    )
}

/// The file there is not the one that was sent.
fn other_content(resource: &ResourceDesired) -> Change {
    Change::ReplaceContent {
        resource: resource.id,
        file_name: resource.file_name.clone(),
        old: Some(resource.sha256.clone()),
        new: UNKNOWN.to_owned(),
        size_bytes: resource.size_bytes,
    }
}

#[cfg(test)]
mod tests {
    use rideau_connectors::{Fields, ResourceSeen};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn sent() -> DatasetDesired {
        DatasetDesired {
            id: Uuid::nil(),
            fields: Fields::from([("frequency".to_owned(), json!("P1M"))]),
            resources: vec![ResourceDesired {
                id: Uuid::from_u128(1),
                fields: Fields::new(),
                file_name: "a.csv".to_owned(),
                media_type: "text/csv".to_owned(),
                size_bytes: 5,
                sha256: "aa".to_owned(),
            }],
        }
    }

    fn seen() -> DatasetSeen {
        DatasetSeen {
            id: Uuid::nil(),
            state: PublicState::Published,
            fields: sent().fields,
            resources: vec![ResourceSeen {
                id: Uuid::from_u128(1),
                fields: Fields::new(),
                sha256: Some("aa".to_owned()),
                size_bytes: Some(5),
            }],
            revision: None,
        }
    }

    fn check(
        state: PublicationState,
        seen: Option<&DatasetSeen>,
        agreement: Agreement,
        edits: usize,
    ) {
        let found = compare(state, Some(&sent()), seen);
        assert_eq!((found.0, found.1.len()), (agreement, edits), "{seen:?}");
    }

    #[test]
    fn what_was_done_on_the_target_is_told() {
        use Agreement::{Differs, Missing, Same, StillPublic, Waiting};
        use PublicationState::{Published, Sent, Withdrawn};
        check(Published, Some(&seen()), Same, 0);
        check(Published, None, Missing, 0);
        check(Sent, None, Waiting, 0);
        check(Withdrawn, None, Same, 0);
        check(Withdrawn, Some(&seen()), StillPublic, 0);
        let withdrawn = DatasetSeen {
            state: PublicState::Withdrawn,
            ..seen()
        };
        check(Withdrawn, Some(&withdrawn), Same, 0);
        check(Published, Some(&withdrawn), Missing, 0);
        let held = DatasetSeen {
            state: PublicState::Draft,
            ..seen()
        };
        check(Published, Some(&held), Differs, 1);
        let mut edited = seen();
        edited.fields.insert("frequency".to_owned(), json!("P1Y"));
        edited.resources[0].size_bytes = Some(6);
        check(Published, Some(&edited), Differs, 2);
        let (_, edits) = compare(Published, Some(&sent()), Some(&edited));
        assert_eq!(
            edits[0],
            Change::SetFields {
                fields: vec![FieldChange {
                    field: "frequency".to_owned(),
                    old: json!("P1M"),
                    new: json!("P1Y"),
                }]
            }
        );
        let mut cut = seen();
        cut.resources.clear();
        check(Published, Some(&cut), Differs, 1);
    }
}
