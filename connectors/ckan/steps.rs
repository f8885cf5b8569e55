//! What is still to be done of a plan, worked out from what the portal shows now. Pure: no request is made here.
//!
//! Rule that must hold: a step brings the record closer to the plan's end and nowhere else; on a record that is at the
//! end already there is no step.

use std::collections::{BTreeMap, BTreeSet};

use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    registry::{label, to_portal},
    there::{Mark, SOURCE_ID, There, first_extras},
};
use crate::{
    Change, DatasetDesired, DatasetPlan, DatasetSeen, FieldChange, Fields, PortError, PublicState,
    ResourceDesired, difference,
};

/// What this run knows about contents: per resource, whether what the portal has is what the plan wants.
pub(super) type Contents = BTreeMap<Uuid, bool>;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step<'a> {
    /// `package_create`, not ready to publish.
    Create(Value),
    /// `package_revise`: everything that differs, in one atomic request, with these files.
    Revise {
        body: Map<String, Value>,
        uploads: Vec<&'a ResourceDesired>,
    },
    /// Download and compare: not a write.
    Verify(&'a ResourceDesired),
    /// `package_revise` that makes it public, or takes it back.
    Flip(Map<String, Value>),
}

/// The next thing to do, or `None` when the plan is carried out. `batch_bytes` is the most that one request carries.
pub(super) fn next<'a>(
    plan: &'a DatasetPlan,
    there: Option<&There>,
    contents: &Contents,
    batch_bytes: u64,
) -> Option<Step<'a>> {
    if let Some(reason) = plan.changes.iter().find_map(|change| match change {
        Change::Withdraw { reason } => Some(reason),
        _ => None,
    }) {
        return withdraw(there?, reason);
    }
    let after = plan.after.as_ref()?;
    let Some(there) = there else {
        let create = plan.changes.contains(&Change::CreateDataset);
        return create.then(|| Step::Create(create_body(after)));
    };
    verify(plan, after, there, contents)
        .or_else(|| revise(plan, after, there, contents, batch_bytes))
        .or_else(|| publish(plan, after, there))
}

fn create_body(after: &DatasetDesired) -> Value {
    let mut body: Map<String, Value> = portal_fields(&after.fields);
    body.insert("id".to_owned(), json!(after.id));
    body.insert("name".to_owned(), json!(after.id));
    body.insert("ready_to_publish".to_owned(), json!("false"));
    body.insert(
        "extras".to_owned(),
        first_extras(after.fields.get(SOURCE_ID)),
    );
    Value::Object(body)
}

fn portal_fields(fields: &Fields) -> Map<String, Value> {
    fields
        .iter()
        .filter(|(name, _)| name.as_str() != SOURCE_ID)
        .map(|(name, value)| (name.clone(), to_portal(name, value)))
        .collect()
}

/// The beginning of a `package_revise`: this dataset, and only if it is still as it was read.
fn locked(there: &There) -> Map<String, Value> {
    let mut matched = Map::new();
    matched.insert("id".to_owned(), json!(there.seen.id));
    if let Some(revision) = &there.seen.revision {
        matched.insert("metadata_modified".to_owned(), json!(revision));
    }
    Map::from_iter([("match".to_owned(), Value::Object(matched))])
}

fn withdraw<'a>(there: &There, reason: &Bilingual) -> Option<Step<'a>> {
    if there.seen.state == PublicState::Withdrawn {
        return None;
    }
    let mark = Mark::Withdrawn(reason.to_string());
    let mut body = locked(there);
    body.insert("filter".to_owned(), json!(["-extras"]));
    body.insert(
        "update".to_owned(),
        json!({
            "ready_to_publish": "false",
            "extras": there.extras_with(there.seen.fields.get(SOURCE_ID), &mark),
        }),
    );
    Some(Step::Flip(body))
}

fn revise<'a>(
    plan: &'a DatasetPlan,
    after: &'a DatasetDesired,
    there: &There,
    contents: &Contents,
    batch_bytes: u64,
) -> Option<Step<'a>> {
    let mut filter: Vec<String> = Vec::new();
    let mut update = Map::new();
    let mut extend: Vec<Value> = Vec::new();
    let mut body = locked(there);
    let mut uploads: Vec<&ResourceDesired> = Vec::new();
    let mut bytes: u64 = 0;
    let mut take = |resource: &ResourceDesired, uploads: &[&ResourceDesired]| {
        let fits = bytes.saturating_add(resource.size_bytes) <= batch_bytes;
        if fits || uploads.is_empty() {
            bytes = bytes.saturating_add(resource.size_bytes);
            true
        } else {
            false
        }
    };
    if there.deleted {
        update.insert("state".to_owned(), json!("active"));
        // Back from the dead is not back in public.
        update.insert("ready_to_publish".to_owned(), json!("false"));
    }
    let desired = |id: &Uuid| after.resources.iter().find(|r| r.id == *id);
    for change in &plan.changes {
        match change {
            Change::SetFields { fields } => {
                set_fields(fields, &there.seen.fields, &mut filter, &mut update, "");
                if let Some(set) = extras_change(fields, after, there) {
                    filter.push("-extras".to_owned());
                    update.extend(set);
                }
            }
            Change::AddResource { resource, .. } => {
                let Some(wanted) = desired(resource) else {
                    continue;
                };
                match there.resource(*resource) {
                    None if take(wanted, &uploads) => {
                        extend.push(resource_body(wanted));
                        uploads.push(wanted);
                    }
                    Some(_) if contents.get(resource) == Some(&false) && take(wanted, &uploads) => {
                        replace(wanted, &mut filter);
                        uploads.push(wanted);
                    }
                    _ => {}
                }
            }
            Change::ReplaceContent { resource, .. } => {
                let Some(wanted) = desired(resource) else {
                    continue;
                };
                if there.resource(*resource).is_some()
                    && contents.get(resource) == Some(&false)
                    && take(wanted, &uploads)
                {
                    replace(wanted, &mut filter);
                    uploads.push(wanted);
                }
            }
            Change::SetResourceFields { resource, fields } => {
                if let Some(now) = there.resource(*resource) {
                    let mut update = Map::new();
                    let prefix = format!("resources__{resource}__");
                    set_fields(fields, &now.fields, &mut filter, &mut update, &prefix);
                    if !update.is_empty() {
                        body.insert(
                            format!("update__resources__{resource}"),
                            Value::Object(update),
                        );
                    }
                }
            }
            Change::RemoveResource { resource } => {
                if there.resource(*resource).is_some() {
                    filter.push(format!("-resources__{resource}"));
                }
            }
            Change::CreateDataset | Change::Publish | Change::Withdraw { .. } => {}
        }
    }
    let set_resource = body.keys().any(|key| key.starts_with("update__"));
    if filter.is_empty() && update.is_empty() && uploads.is_empty() && !set_resource {
        return None;
    }
    if !filter.is_empty() {
        body.insert("filter".to_owned(), json!(filter));
    }
    if !update.is_empty() {
        body.insert("update".to_owned(), Value::Object(update));
    }
    if !extend.is_empty() {
        body.insert("update__resources__extend".to_owned(), Value::Array(extend));
    }
    Some(Step::Revise { body, uploads })
}

fn resource_body(resource: &ResourceDesired) -> Value {
    let mut body = portal_fields(&resource.fields);
    body.insert("id".to_owned(), json!(resource.id));
    Value::Object(body)
}

/// CKAN keeps size, type and checksum of the old file unless they are taken away.
fn replace(resource: &ResourceDesired, filter: &mut Vec<String>) {
    for stale in ["size", "mimetype", "hash"] {
        filter.push(format!("-resources__{}__{stale}", resource.id));
    }
}

fn set_fields(
    fields: &[FieldChange],
    now: &Fields,
    filter: &mut Vec<String>,
    update: &mut Map<String, Value>,
    prefix: &str,
) {
    for change in fields {
        let name = change.field.as_str();
        if prefix.is_empty() && matches!(name, SOURCE_ID | "ready_to_publish") {
            continue;
        }
        if now.get(name).unwrap_or(&Value::Null) == &change.new {
            continue;
        }
        if change.new.is_null() {
            filter.push(format!("-{prefix}{name}"));
        } else {
            // An update is merged into lists and languages: what shall go must go first.
            if change.new.is_array() || change.new.is_object() {
                filter.push(format!("-{prefix}{name}"));
            }
            update.insert(name.to_owned(), to_portal(name, &change.new));
        }
    }
}

/// Changes of what is kept in extras: the source's id, and whether a person on the portal says when.
fn extras_change(
    fields: &[FieldChange],
    after: &DatasetDesired,
    there: &There,
) -> Option<Map<String, Value>> {
    let pending = |name: &str| {
        fields.iter().any(|change| {
            change.field == name
                && there.seen.fields.get(name).unwrap_or(&Value::Null) != &change.new
        })
    };
    let hold = pending("ready_to_publish") && there.seen.state == PublicState::Published;
    if !hold && !pending(SOURCE_ID) {
        return None;
    }
    let mut set = Map::new();
    let mark = if hold {
        let held = held(after);
        set.insert(
            "ready_to_publish".to_owned(),
            json!(if held { "false" } else { "true" }),
        );
        if held { Mark::Held } else { Mark::None }
    } else {
        there.mark()
    };
    set.insert(
        "extras".to_owned(),
        there.extras_with(after.fields.get(SOURCE_ID), &mark),
    );
    Some(set)
}

fn held(after: &DatasetDesired) -> bool {
    after.fields.get("ready_to_publish").and_then(Value::as_str) == Some("false")
}

/// A file that is there and of which it is not known whether it is the one wanted.
fn verify<'a>(
    plan: &DatasetPlan,
    after: &'a DatasetDesired,
    there: &There,
    contents: &Contents,
) -> Option<Step<'a>> {
    plan.changes.iter().find_map(|change| match change {
        Change::AddResource { resource, .. } | Change::ReplaceContent { resource, .. }
            if !contents.contains_key(resource) && there.resource(*resource).is_some() =>
        {
            let wanted = after.resources.iter().find(|r| r.id == *resource)?;
            Some(Step::Verify(wanted))
        }
        _ => None,
    })
}

fn publish<'a>(plan: &DatasetPlan, after: &DatasetDesired, there: &There) -> Option<Step<'a>> {
    if !plan.changes.contains(&Change::Publish) || there.seen.state == PublicState::Published {
        return None;
    }
    let held = held(after);
    let mark = if held { Mark::Held } else { Mark::None };
    let mut body = locked(there);
    body.insert("filter".to_owned(), json!(["-extras"]));
    body.insert(
        "update".to_owned(),
        json!({
            "ready_to_publish": if held { "false" } else { "true" },
            "extras": there.extras_with(after.fields.get(SOURCE_ID), &mark),
        }),
    );
    Some(Step::Flip(body))
}

/// Refuses a record that is neither as the plan found it nor on its way to the plan's end.
pub(super) fn drift(plan: &DatasetPlan, there: Option<&There>) -> Result<(), PortError> {
    let Some(after) = &plan.after else {
        // Taking back is right whatever was edited.
        return Ok(());
    };
    let mut moved: BTreeSet<String> = BTreeSet::new();
    match (there, &plan.before) {
        (None, None) => {}
        (None, Some(_)) => {
            moved.insert("(deleted for good)".to_owned());
        }
        (Some(there), before) => {
            if before
                .as_ref()
                .is_some_and(|b| b.revision.is_some() && b.revision == there.seen.revision)
            {
                return Ok(());
            }
            compare(&there.seen, before.as_ref(), after, plan, &mut moved);
        }
    }
    if moved.is_empty() {
        return Ok(());
    }
    let list = moved.into_iter().collect::<Vec<_>>().join(", ");
    let dataset = plan.dataset;
    Err(PortError::needs_person(
        "drifted",
        bilingual!(
            "Dataset {dataset} was changed on the portal after the plan was made: {list}. Look at it, then make a new plan.",
            "Le jeu de données {dataset} a été modifié sur le portail après la création du plan : {list}. Examinez-le, puis faites un nouveau plan."
        ),
    ))
}

fn compare(
    now: &DatasetSeen,
    before: Option<&DatasetSeen>,
    after: &DatasetDesired,
    plan: &DatasetPlan,
    moved: &mut BTreeSet<String>,
) {
    let empty = Fields::new();
    between(
        &now.fields,
        before.map(|b| &b.fields),
        Some(&after.fields),
        "",
        moved,
    );
    for resource in &now.resources {
        let old = before.and_then(|b| b.resources.iter().find(|r| r.id == resource.id));
        let new = after.resources.iter().find(|r| r.id == resource.id);
        if old.is_none() && new.is_none() {
            moved.insert(format!("+ {}", resource.id));
            continue;
        }
        let prefix = format!("{} ", resource.id);
        let new = new.map(|r| &r.fields);
        between(
            &resource.fields,
            old.map(|r| &r.fields),
            new.or(old.is_none().then_some(&empty)),
            &prefix,
            moved,
        );
    }
    for resource in before.map(|b| b.resources.as_slice()).unwrap_or_default() {
        let removed = plan.changes.contains(&Change::RemoveResource {
            resource: resource.id,
        });
        if !removed && !now.resources.iter().any(|r| r.id == resource.id) {
            moved.insert(format!("- {}", resource.id));
        }
    }
    let started = before.map_or(PublicState::Draft, |b| b.state);
    let publishes = plan.changes.contains(&Change::Publish);
    let expected = now.state == started
        || (publishes && now.state == PublicState::Published)
        // A deleted record that this plan has revived.
        || (publishes && started == PublicState::Withdrawn && now.state == PublicState::Draft);
    if !expected {
        moved.insert(label("ready_to_publish").to_string());
    }
}

fn between(
    now: &Fields,
    before: Option<&Fields>,
    after: Option<&Fields>,
    prefix: &str,
    moved: &mut BTreeSet<String>,
) {
    let null = Value::Null;
    let names: BTreeSet<&String> = [Some(now), before, after]
        .into_iter()
        .flatten()
        .flat_map(BTreeMap::keys)
        .collect();
    for name in names {
        // Where a person on the portal says when, this one is theirs.
        if prefix.is_empty() && name == "ready_to_publish" {
            continue;
        }
        let value = now.get(name).unwrap_or(&null);
        let known = [before, after]
            .into_iter()
            .flatten()
            .any(|fields| fields.get(name).unwrap_or(&null) == value);
        if !known {
            moved.insert(format!("{prefix}{name}"));
        }
    }
}

/// Compares what is there at the end with what the plan wanted.
pub(super) fn at_the_end(plan: &DatasetPlan, there: Option<&There>) -> Result<(), PortError> {
    let Some(after) = &plan.after else {
        return Ok(());
    };
    let left = difference(after, there.map(|t| &t.seen));
    if left.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> = Vec::new();
    for change in &left {
        match change {
            Change::SetFields { fields } | Change::SetResourceFields { fields, .. } => {
                names.extend(fields.iter().map(|f| f.field.clone()));
            }
            Change::ReplaceContent { file_name, .. } | Change::AddResource { file_name, .. } => {
                names.push(file_name.clone());
            }
            Change::RemoveResource { resource } => names.push(resource.to_string()),
            Change::CreateDataset | Change::Publish | Change::Withdraw { .. } => {
                names.push(label("ready_to_publish").to_string());
            }
        }
    }
    let (dataset, list) = (plan.dataset, names.join(", "));
    Err(PortError::needs_person(
        "differs",
        bilingual!(
            "The portal shows dataset {dataset} differently from what was sent: {list}. Compare the plan with the portal's page.",
            "Le portail montre le jeu de données {dataset} autrement que ce qui a été envoyé : {list}. Comparez le plan avec la page du portail."
        ),
    ))
}
