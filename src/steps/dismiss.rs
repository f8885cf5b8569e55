//! finding → dismissal: a person says that a rule took something for what it is not.
//!
//! What follows is recorded in the same transaction, so that no release is judged by half of it. Rule that must hold: the
//! finding stays in the record, and who dismissed it, when and why, stays in the log for good.

use serde_json::json;

use super::{StepError, enqueue_assemble, reassemble, settle::Judged};
use crate::{
    app::App,
    bilingual,
    catalog::{
        DismissedEvidence, FactSubject, Item, Lane, NewEvent, NewWork, StoredFinding, Tx, WorkKind,
    },
    domain::{
        Bilingual, Covers, Dismissal, DismissalId, Effect, Fact, FactDetail, Revoked, Stage,
        Treatment, VersionId, fingerprints, without_last_number,
    },
    record::release_id,
};

/// How far a dismissal is to reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DismissalScope {
    /// This place of this version.
    Place,
    /// This masked form, in every version of the source.
    Value,
    /// This kind of place, in every version of the source.
    Position,
}

/// One fact on which a finding rests, with the name by which it is dismissed.
#[derive(Clone, Debug, serde::Serialize)]
pub struct NamedEvidence {
    /// The name; it stays the same between versions when only lines move.
    pub name: String,
    /// What the finding is about.
    pub subject: FactSubject,
    /// The rule.
    pub rule: String,
    /// The rule's version.
    pub rule_version: u32,
    /// The finding's effect.
    pub effect: Effect,
    /// The fact, masked.
    pub fact: Fact,
    /// The dismissal that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dismissal: Option<DismissalId>,
    /// True when the rule could not be evaluated in full.
    pub doubtful: bool,
}

/// What findings rest on, with names; a fact that a rule names for both sets is listed once.
pub fn named_evidence(
    findings: &[StoredFinding],
    facts: &[Fact],
    of_renditions: &[Fact],
) -> Vec<NamedEvidence> {
    let mut all: Vec<NamedEvidence> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for stored in findings {
        let finding = &stored.finding;
        let source = match stored.subject {
            FactSubject::Original => facts,
            FactSubject::Renditions => of_renditions,
        };
        let evidence: Vec<(usize, &Fact)> = finding
            .evidence
            .iter()
            .filter_map(|&index| Some((index, source.get(index)?)))
            .collect();
        if evidence.is_empty() {
            continue;
        }
        let names = fingerprints(&finding.rule, evidence.iter().map(|(_, fact)| *fact));
        for ((index, fact), name) in evidence.into_iter().zip(names) {
            if !seen.insert((stored.subject, finding.rule.clone(), index)) {
                continue;
            }
            let covered = |dismissed: &&DismissedEvidence| dismissed.evidence == index;
            all.push(NamedEvidence {
                name,
                subject: stored.subject,
                rule: finding.rule.clone(),
                rule_version: finding.rule_version,
                effect: finding.effect,
                fact: fact.clone(),
                dismissal: stored.dismissed.iter().find(covered).map(|d| d.dismissal),
                doubtful: finding.error.is_some(),
            });
        }
    }
    all
}

/// Dismisses what a finding rests on.
///
/// # Errors
/// When the name means nothing or too much, when it is doubt and no finding, or when the catalog refuses.
pub async fn dismiss(
    app: &App,
    item: &Item,
    name: &str,
    scope: DismissalScope,
    person: &str,
    reason: &str,
) -> Result<Dismissal, StepError> {
    needs_reason(reason)?;
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let item = tx.item(item.id).await?;
    let Some(version) = item.current_version else {
        return Err(unknown(name));
    };
    let findings = tx.findings(version, None).await?;
    let (facts, of_renditions) = facts_of(&mut tx, version).await?;
    let evidence = chosen(named_evidence(&findings, &facts, &of_renditions), name)?;
    refuse_doubt(&evidence, scope)?;
    let dismissal = Dismissal {
        id: DismissalId(app.ids.next()),
        source: item.source_id,
        rule: evidence.rule.clone(),
        rule_version: evidence.rule_version,
        what: evidence.fact.what(),
        masked: evidence.fact.masked.clone(),
        covers: match scope {
            DismissalScope::Place => Covers::Place {
                version,
                place: evidence.fact.place.clone(),
            },
            DismissalScope::Value => Covers::Value,
            DismissalScope::Position => Covers::Position {
                part: evidence.fact.place.part,
                at: without_last_number(&evidence.fact.place.at),
            },
        },
        reason: reason.to_owned(),
        by: person.to_owned(),
        at: now,
        revoked: None,
    };
    tx.insert_dismissal(&dismissal).await?;
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind: "finding.dismissed",
            subject_kind: "item",
            subject_id: item.id.to_string(),
            actor: person.to_owned(),
            body: json!({"name": evidence.name, "dismissal": dismissal}),
        },
    )
    .await?;
    settle_again(&mut tx, app, &dismissal).await?;
    tx.commit().await?;
    reassemble(app, release_id(item.source_id, &item.group_key)).await?;
    Ok(dismissal)
}

/// Takes a dismissal back: what it covered counts again.
///
/// # Errors
/// When it is not in force, or the catalog refuses.
pub async fn revoke_dismissal(
    app: &App,
    mut dismissal: Dismissal,
    person: &str,
    reason: &str,
) -> Result<Dismissal, StepError> {
    needs_reason(reason)?;
    if dismissal.revoked.is_some() {
        return Err(StepError::Person(Bilingual::new(
            "This dismissal was taken back already.",
            "Ce rejet a déjà été annulé.",
        )));
    }
    let now = app.now();
    dismissal.revoked = Some(Revoked {
        by: person.to_owned(),
        reason: reason.to_owned(),
        at: now,
    });
    let mut tx = app.catalog.write().await?;
    tx.update_dismissal(&dismissal).await?;
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind: "dismissal.revoked",
            subject_kind: "dismissal",
            subject_id: dismissal.id.to_string(),
            actor: person.to_owned(),
            body: json!({"dismissal": dismissal}),
        },
    )
    .await?;
    settle_again(&mut tx, app, &dismissal).await?;
    tx.commit().await?;
    Ok(dismissal)
}

/// Settles anew every version that a dismissal may touch, and has their releases looked at again.
async fn settle_again(tx: &mut Tx, app: &App, dismissal: &Dismissal) -> Result<(), StepError> {
    let versions = match &dismissal.covers {
        Covers::Place { version, .. } => vec![*version],
        Covers::Value | Covers::Position { .. } => {
            tx.versions_with_rule(dismissal.source, &dismissal.rule)
                .await?
        }
    };
    let now = app.now();
    for id in versions {
        let version = tx.version(id).await?;
        if version.stage != Stage::Screened {
            // Its next judgement takes the dismissal into account.
            continue;
        }
        let before = tx.findings(id, None).await?;
        let (facts, of_renditions) = facts_of(tx, id).await?;
        let applied: Vec<_> = tx.treatments(id).await?.iter().map(|t| t.kind).collect();
        let dismissals = tx.dismissals_for(dismissal.source, id).await?;
        let after = Judged {
            version: id,
            facts: &facts,
            of_renditions: &of_renditions,
            applied: &applied,
            dismissals: &dismissals,
        }
        .settle(
            before
                .iter()
                .map(|stored| (stored.subject, stored.finding.clone()))
                .collect(),
        );
        if after == before {
            continue;
        }
        let by_removal =
            |stored: &StoredFinding| stored.finding.treatments.contains(&Treatment::RedactSpans);
        if before.iter().any(by_removal) {
            // What is to be taken out of the copy may be another now.
            tx.enqueue(
                app.ids.as_ref(),
                now,
                NewWork::now(WorkKind::Screen, id, Lane::Free, now).revive(),
            )
            .await?;
        }
        tx.set_findings(app.ids.as_ref(), id, &after).await?;
        let item = tx.item(version.item_id).await?;
        let release = release_id(item.source_id, &item.group_key);
        enqueue_assemble(tx, app, release, now).await?;
    }
    Ok(())
}

async fn facts_of(tx: &mut Tx, version: VersionId) -> Result<(Vec<Fact>, Vec<Fact>), StepError> {
    let facts = tx.facts(version, FactSubject::Original).await?;
    let of_renditions = tx.facts(version, FactSubject::Renditions).await?;
    Ok((facts.unwrap_or_default(), of_renditions.unwrap_or_default()))
}

fn needs_reason(reason: &str) -> Result<(), StepError> {
    if reason.trim().is_empty() {
        return Err(StepError::Person(Bilingual::new(
            "A reason is needed: others must understand it years later.",
            "Un motif est nécessaire : d’autres doivent le comprendre des années plus tard.",
        )));
    }
    Ok(())
}

/// The one piece of evidence that a person means.
fn chosen(all: Vec<NamedEvidence>, name: &str) -> Result<NamedEvidence, StepError> {
    if let Some(exact) = all.iter().find(|one| one.name == name) {
        return Ok(exact.clone());
    }
    let mut found: Vec<NamedEvidence> = if name.len() < 6 {
        Vec::new()
    } else {
        all.into_iter()
            .filter(|one| one.name.starts_with(name))
            .collect()
    };
    match found.len() {
        0 => Err(unknown(name)),
        1 => Ok(found.remove(0)),
        n => Err(StepError::Person(bilingual!(
            "{name} could mean {n} places. Give the whole name, as `rideau review show` prints it.",
            "{name} peut désigner {n} endroits. Donnez le nom entier, tel que `rideau review show` l’affiche."
        ))),
    }
}

fn unknown(name: &str) -> StepError {
    StepError::Person(bilingual!(
        "No finding about this item rests on {name}. `rideau review show` prints the names, in brackets.",
        "Aucun constat sur cet élément ne repose sur {name}. `rideau review show` affiche les noms, entre crochets."
    ))
}

fn refuse_doubt(evidence: &NamedEvidence, scope: DismissalScope) -> Result<(), StepError> {
    if evidence.doubtful || matches!(evidence.fact.detail, FactDetail::Unreadable(_)) {
        return Err(StepError::Person(Bilingual::new(
            "This says that something could not be checked. That is no false alarm: check it by hand and decide about the release.",
            "Ce constat dit que quelque chose n’a pas pu être vérifié. Ce n’est pas une fausse alerte : vérifiez-le à la main et décidez de la publication.",
        )));
    }
    if evidence.effect >= Effect::Block && scope != DismissalScope::Place {
        return Err(StepError::Person(Bilingual::new(
            "What blocks can be dismissed in one place of one version only, not as a pattern.",
            "Ce qui bloque ne peut être rejeté qu’à un endroit d’une version, et non comme modèle.",
        )));
    }
    Ok(())
}
