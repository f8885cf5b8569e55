//! members → release: puts record and renditions together, and finds out whether the release may go.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rideau_connectors::{DatasetDesired, FieldProblem};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{StepError, inventory::inventory_follows, log, parse_id};
use crate::{
    app::{App, Redacting, SourceSetup},
    catalog::{
        CatalogError, Claimed, Item, Lane, NewEvent, NewWork, Published, Record, Release,
        StoredFinding, Tx, Version, WorkKind,
    },
    domain::{
        Bilingual, Consent, DecidedBy, Decision, DecisionId, DecisionKind, Effect, ItemState,
        Judgement, Proposal, Public, PublicationState, ReleaseId, ReleaseState, RuleSet, Sha256,
        Situation, Stage, Standing, Treatment, Verdict, hash_json, judge, standing,
    },
    record::{Assembled, EMBARGO, Inputs, Member, SIDECAR_NAME, Sidecar, assemble},
};

/// Exactly what a decision is about: bytes, record and rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// The release.
    pub release: ReleaseId,
    /// Its members, by native id.
    pub members: Vec<BundleMember>,
    /// The dataset: record and resources, with the hash of every file.
    pub dataset: DatasetDesired,
    /// Hash of the rules that judged it.
    pub rules: String,
    /// The first day on which it may be public; any day when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embargo: Option<NaiveDate>,
}

/// One member of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleMember {
    /// The source's own id when first seen.
    pub native_id: String,
    /// Hash of the original.
    pub sha256: Sha256,
    /// What was made of it.
    pub renditions: Vec<BundleRendition>,
    /// What was done to it on the way.
    pub treatments: Vec<Treatment>,
    /// What rules say against its release: rule, version, effect. A decision was made in sight of these and of no others.
    #[serde(default)]
    pub findings: Vec<String>,
    /// What of it a person has dismissed: rule, version, dismissal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<String>,
}

/// One rendition of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleRendition {
    /// Its name.
    pub name: String,
    /// Hash of its content.
    pub sha256: Sha256,
}

impl Bundle {
    /// What a decision is bound to.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn hash(&self) -> Result<Sha256, serde_json::Error> {
        hash_json(self)
    }

    /// The same without the rules, what they say and the embargo: equal when nothing public would change.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn content_hash(&self) -> Result<Sha256, serde_json::Error> {
        let mut content = serde_json::to_value(self)?;
        if let Some(map) = content.as_object_mut() {
            map.remove("rules");
            map.remove("embargo");
            let members = map.get_mut("members").and_then(|list| list.as_array_mut());
            for member in members.into_iter().flatten() {
                if let Some(member) = member.as_object_mut() {
                    member.remove("findings");
                    member.remove("dismissed");
                }
            }
        }
        hash_json(&content)
    }

    /// What a decision to take a release back is bound to: everything that was published of it, taken back since or not. So
    /// it holds until the last target has followed.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn withdrawal_hash(
        release: ReleaseId,
        published: &[Published],
    ) -> Result<Sha256, serde_json::Error> {
        let public: Vec<_> = published
            .iter()
            .map(|p| json!({"target": p.target, "content": p.content_hash}))
            .collect();
        hash_json(&json!({"withdraw": release, "public": public}))
    }
}

/// What is known about one member.
struct Known {
    item: Item,
    version: Option<Version>,
    findings: Vec<StoredFinding>,
    treatments: Vec<Treatment>,
    renditions: Vec<crate::catalog::Rendition>,
}

impl Known {
    /// Screened by the rules in force, from the content that is in the source now.
    fn ready(&self, rules: &str) -> bool {
        self.version.as_ref().is_some_and(|version| {
            version.stage == Stage::Screened
                && version.screened_by.as_deref() == Some(rules)
                && self.item.fetched_fingerprint.as_deref() == Some(&self.item.observed_fingerprint)
        })
    }

    /// What stands against its release, in order.
    fn against_release(&self) -> Vec<String> {
        let mut findings: Vec<String> = self
            .findings
            .iter()
            .filter(|stored| stored.stands && stored.finding.set == RuleSet::Release)
            .map(|stored| &stored.finding)
            .filter(|finding| finding.effect > Effect::Expire)
            .map(|finding| {
                let effect = finding.effect.as_str();
                format!("{}/{}/{effect}", finding.rule, finding.rule_version)
            })
            .collect();
        findings.sort();
        findings.dedup();
        findings
    }

    /// Its copy is not all of it: places were taken out.
    fn redacted(&self) -> bool {
        self.treatments.contains(&Treatment::RedactSpans)
    }

    fn effect(&self) -> Effect {
        self.findings
            .iter()
            .filter(|stored| stored.stands && stored.finding.set == RuleSet::Release)
            .map(|stored| stored.finding.effect)
            .max()
            .unwrap_or(Effect::Allow)
    }
}

/// What of the findings of a set a person has dismissed, in order: a decision is made in sight of it.
pub(super) fn dismissed(findings: &[StoredFinding], set: RuleSet) -> Vec<String> {
    let mut all: Vec<String> = findings
        .iter()
        .filter(|stored| stored.finding.set == set)
        .flat_map(|stored| {
            let finding = &stored.finding;
            stored.dismissed.iter().map(move |one| {
                format!(
                    "{}/{}/{}",
                    finding.rule, finding.rule_version, one.dismissal
                )
            })
        })
        .collect();
    all.sort();
    all.dedup();
    all
}

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: ReleaseId = parse_id(work)?;
    let mut tx = app.catalog.write().await?;
    let before = tx.lock_release(id).await?;
    let Some(source) = app.source(before.source_id) else {
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    };
    if sidecar_is_on_its_way(&mut tx, source, &before).await? {
        // Its arrival asks for this release again.
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    }
    assemble_in(&mut tx, app, source, before).await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// Metadata beside the files is read before anything is decided from defaults.
async fn sidecar_is_on_its_way(
    tx: &mut Tx,
    source: &SourceSetup,
    release: &Release,
) -> Result<bool, CatalogError> {
    let members = tx.group_members(source.id, &release.group_key).await?;
    let folders: std::collections::BTreeSet<&str> =
        members.iter().map(|item| item.folder.as_str()).collect();
    for folder in folders {
        if tx.sidecar_waits(source.id, folder).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts the release together, judges it, and records what follows, in the caller's transaction.
pub(super) async fn assemble_in(
    tx: &mut Tx,
    app: &App,
    source: &SourceSetup,
    before: Release,
) -> Result<Judgement, StepError> {
    let now = app.now();
    let rules = app.rules.hash().to_string();
    let mut members = Vec::new();
    for item in tx.group_members(source.id, &before.group_key).await? {
        members.push(know(tx, item).await?);
    }
    let ready = members.iter().all(|member| member.ready(&rules));
    let published = tx.published(before.id).await?;
    let mut release = before.clone();
    let mut complete = false;
    let mut problems: Vec<FieldProblem> = Vec::new();
    let mut bundle = None;
    if ready && !members.is_empty() {
        let made = make_bundle(tx, app, source, &release, &members, &rules).await?;
        problems = made.1;
        let has_content = !made.0.dataset.resources.is_empty();
        complete = problems.is_empty() && has_content && !source.targets.is_empty();
        release.title = made.2;
        bundle = Some(made.0);
    }
    let bundle_hash = bundle.as_ref().map(Bundle::hash).transpose()?;
    let withdrawal_hash = Bundle::withdrawal_hash(before.id, &published)?;
    let standing_of = |decisions: Vec<Decision>| standing(&decisions, app.policy.two_persons);
    let bound = bundle_hash.unwrap_or(withdrawal_hash);
    let redacted = members.iter().any(Known::redacted);
    let consent = |policy| match app.policy.redaction {
        Redacting::Automatic => policy,
        _ if redacted => Consent::Review,
        _ => policy,
    };
    let situation = Situation {
        members: members.len(),
        ready,
        effect: members
            .iter()
            .map(Known::effect)
            .max()
            .unwrap_or(Effect::Allow),
        complete,
        public: public(source, &published, bundle.as_ref())?,
        standing: standing_of(
            tx.decisions(before.id, DecisionKind::Release, bound)
                .await?,
        ),
        withdraw_standing: standing_of(
            tx.decisions(before.id, DecisionKind::Withdraw, withdrawal_hash)
                .await?,
        ),
        new_releases: consent(app.policy.new_releases),
        updates: consent(app.policy.updates),
        withdrawals: app.policy.withdrawals,
    };
    let judgement = judge(&situation);
    release.state = judgement.state;
    release.proposal = judgement.proposal;
    release.effect = situation.effect;
    release.reasons = reasons(judgement, &situation, &members, &problems);
    if (before.proposal, before.state) == (Proposal::Withdraw, ReleaseState::Approved)
        && (release.proposal, release.state) == (Proposal::Withdraw, ReleaseState::Approved)
    {
        // What a person said when taking it back is what the public is told.
        release.reasons.clone_from(&before.reasons);
    }
    if judgement.proposal == Proposal::Withdraw {
        release.bundle_hash = Some(withdrawal_hash);
        release.bundle = bundle
            .as_ref()
            .map(serde_json::to_value)
            .transpose()?
            .unwrap_or(json!({}));
    } else if let Some(bundle) = &bundle {
        release.bundle_hash = bundle_hash;
        release.bundle = serde_json::to_value(bundle)?;
    }
    let changed = release != before;
    if changed {
        release.updated_at = now;
        tx.release_assembled(&release).await?;
        log(
            tx,
            app,
            now,
            "release.assembled",
            "release",
            release.id,
            json!({
                "state": release.state, "proposal": release.proposal, "effect": release.effect,
                "bundle": release.bundle_hash, "problems": problems.len(),
            }),
        )
        .await?;
        if before.bundle_hash.is_some() && before.bundle_hash != release.bundle_hash {
            void_decisions(tx, app, &before, &release).await?;
        }
        inventory_follows(tx, app).await?;
    }
    if judgement.policy_approves {
        approve_by_policy(tx, app, &release).await?;
    }
    set_member_states(tx, &release, &members).await?;
    if judgement.act {
        for target in targets_to_act_on(source, &published, judgement, release.bundle_hash) {
            let mut work = NewWork::now(
                WorkKind::Publish,
                format!("{}@{target}", release.id),
                Lane::Target(target.clone()),
                now,
            );
            // Something new to send is sent at once; the same again keeps its place and its waiting time.
            work = if changed || judgement.policy_approves {
                work.revive()
            } else {
                work.patient()
            };
            tx.enqueue(app.ids.as_ref(), now, work).await?;
        }
    }
    if ready && source.enduring && !members.is_empty() {
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(WorkKind::Transfer, release.id, Lane::Free, now).revive(),
        )
        .await?;
    }
    Ok(judgement)
}

async fn know(tx: &mut Tx, item: Item) -> Result<Known, CatalogError> {
    let Some(id) = item.current_version else {
        return Ok(Known {
            item,
            version: None,
            findings: Vec::new(),
            treatments: Vec::new(),
            renditions: Vec::new(),
        });
    };
    Ok(Known {
        version: Some(tx.version(id).await?),
        findings: tx.findings(id, None).await?,
        treatments: tx
            .treatments(id)
            .await?
            .into_iter()
            .map(|treatment| treatment.kind)
            .collect(),
        renditions: tx.renditions(id).await?,
        item,
    })
}

async fn make_bundle(
    tx: &mut Tx,
    app: &App,
    source: &SourceSetup,
    release: &Release,
    members: &[Known],
    rules: &str,
) -> Result<(Bundle, Vec<FieldProblem>, Bilingual), StepError> {
    let person = tx.record(release.id).await?.person;
    let person = person.as_object().cloned().unwrap_or_default();
    let mut sidecar = None;
    let mut problems = Vec::new();
    if let Some(first) = members.first()
        && let Some(body) = tx.sidecar(source.id, &first.item.folder).await?
    {
        if let Some(problem) = body.get("problem").filter(|p| !p.is_null()) {
            problems.push(FieldProblem {
                field: SIDECAR_NAME.to_owned(),
                code: "unreadable".to_owned(),
                message: serde_json::from_value(problem["message"].clone())?,
            });
        } else if let Some(written) = body.get("sidecar") {
            let written: Sidecar = serde_json::from_value(written.clone())?;
            sidecar = written
                .release_of(&first.item.name)
                .map(|(_, release)| release.clone());
        }
    }
    let inputs: Vec<Member> = members
        .iter()
        .map(|known| Member {
            native_id: known.item.origin_id.clone(),
            name: known.item.name.clone(),
            native: known.item.native.clone(),
            document: known
                .version
                .as_ref()
                .map_or_else(|| json!({}), |version| version.document.clone()),
            renditions: known.renditions.clone(),
        })
        .collect();
    let assembled = assemble(&Inputs {
        release: release.id,
        organization: &app.department.organization,
        person: &person,
        sidecar: sidecar.as_ref(),
        mapping: &source.mapping,
        defaults: &source.defaults,
        members: &inputs,
    });
    let today = app.today();
    let mut found = rideau_connectors::ckan::registry::validate_dataset(&assembled.dataset, today);
    for name in &source.targets {
        if let Some(target) = app.targets.get(name) {
            found.extend(target.connector.validate(&assembled.dataset, today));
        }
    }
    problems.extend(found);
    let embargo = embargo_of(&assembled).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    problems.sort_by(|a, b| (&a.field, &a.code).cmp(&(&b.field, &b.code)));
    problems.dedup_by(|a, b| a.field == b.field && a.code == b.code);
    tx.set_record(
        release.id,
        &Record {
            fields: serde_json::to_value(
                assembled
                    .dataset
                    .fields
                    .iter()
                    .chain(&assembled.inventory)
                    .collect::<BTreeMap<_, _>>(),
            )?,
            provenance: serde_json::to_value(&assembled.provenance)?,
            problems: serde_json::to_value(&problems)?,
            person: json!(person),
        },
    )
    .await?;
    let mut bundle_members: Vec<BundleMember> = members
        .iter()
        .filter_map(|known| {
            let version = known.version.as_ref()?;
            Some(BundleMember {
                native_id: known.item.origin_id.clone(),
                sha256: version.sha256,
                renditions: known
                    .renditions
                    .iter()
                    .map(|rendition| BundleRendition {
                        name: rendition.file.name.clone(),
                        sha256: rendition.sha256,
                    })
                    .collect(),
                treatments: known.treatments.clone(),
                findings: known.against_release(),
                dismissed: dismissed(&known.findings, RuleSet::Release),
            })
        })
        .collect();
    bundle_members.sort_by(|a, b| a.native_id.cmp(&b.native_id));
    let title = shown_title(&assembled.title, members);
    Ok((
        Bundle {
            release: release.id,
            members: bundle_members,
            dataset: assembled.dataset,
            rules: rules.to_owned(),
            embargo,
        },
        problems,
        title,
    ))
}

fn embargo_of(assembled: &Assembled) -> Result<Option<NaiveDate>, FieldProblem> {
    let Some(value) = assembled.inventory.get(EMBARGO) else {
        return Ok(None);
    };
    value
        .as_str()
        .and_then(|day| day.trim().parse().ok())
        .map(Some)
        .ok_or_else(|| FieldProblem {
            field: EMBARGO.to_owned(),
            code: "wrong_type".to_owned(),
            message: Bilingual::new(
                "Embargo: write the first public day as 2026-01-31.",
                "Embargo : écrivez le premier jour public ainsi : 2026-01-31.",
            ),
        })
}

/// The title in both languages for lists and logs; the one that is missing is stood in for by the other, then by the
/// file's name. The record itself is not touched: there it stays missing.
fn shown_title(title: &Bilingual, members: &[Known]) -> Bilingual {
    let name = members
        .first()
        .map(|known| known.item.name.clone())
        .unwrap_or_default();
    let first = |a: &str, b: &str| {
        [a, b, &name]
            .iter()
            .find(|t| !t.is_empty())
            .map(ToString::to_string)
    };
    Bilingual::new(
        first(&title.en, &title.fr).unwrap_or_default(),
        first(&title.fr, &title.en).unwrap_or_default(),
    )
}

/// What is public, compared with what would be.
fn public(
    source: &SourceSetup,
    published: &[Published],
    bundle: Option<&Bundle>,
) -> Result<Public, StepError> {
    let live: BTreeMap<&str, &Published> = published
        .iter()
        .filter(|p| {
            matches!(
                p.state,
                PublicationState::Published | PublicationState::Sent
            )
        })
        .map(|p| (p.target.as_str(), p))
        .collect();
    if live.is_empty() {
        return Ok(if published.is_empty() {
            Public::Never
        } else {
            Public::Withdrawn
        });
    }
    let Some(bundle) = bundle else {
        return Ok(Public::Other);
    };
    let (hash, content) = (bundle.hash()?, bundle.content_hash()?);
    let on_all = source
        .targets
        .iter()
        .all(|target| live.contains_key(target.as_str()));
    if live.values().all(|p| p.bundle_hash == hash) {
        return Ok(
            if on_all
                && live
                    .values()
                    .all(|p| p.state == PublicationState::Published)
            {
                Public::Same
            } else {
                Public::Partly
            },
        );
    }
    Ok(
        if live.values().all(|p| p.content_hash == content) && on_all {
            Public::SameContent
        } else {
            Public::Other
        },
    )
}

/// The targets that are not as they shall be.
fn targets_to_act_on(
    source: &SourceSetup,
    published: &[Published],
    judgement: Judgement,
    bundle_hash: Option<Sha256>,
) -> Vec<String> {
    let live = |p: &&Published| {
        matches!(
            p.state,
            PublicationState::Published | PublicationState::Sent
        )
    };
    if judgement.proposal == Proposal::Withdraw {
        return published
            .iter()
            .filter(live)
            .map(|p| p.target.clone())
            .collect();
    }
    let done = |target: &&String| {
        published
            .iter()
            .filter(live)
            .any(|p| p.target == **target && Some(p.bundle_hash) == bundle_hash)
    };
    source
        .targets
        .iter()
        .filter(|target| !done(target))
        .cloned()
        .collect()
}

async fn approve_by_policy(tx: &mut Tx, app: &App, release: &Release) -> Result<(), StepError> {
    let Some(bound_hash) = release.bundle_hash else {
        return Ok(());
    };
    let (kind, reason) = match release.proposal {
        Proposal::Withdraw => (DecisionKind::Withdraw, "policy.withdrawals = \"automatic\""),
        Proposal::Update => (
            DecisionKind::Release,
            "nothing stands against it; policy.updates, or the same content under new rules",
        ),
        Proposal::Publish | Proposal::Nothing => (
            DecisionKind::Release,
            "nothing stands against it and the record is complete; policy.new_releases = \"automatic\"",
        ),
    };
    let decision = Decision {
        id: DecisionId(app.ids.next()),
        release: release.id,
        kind,
        bound_hash,
        verdict: Verdict::Approve,
        by: DecidedBy::Policy,
        by_name: "policy".to_owned(),
        reason: reason.to_owned(),
        at: app.now(),
    };
    record_decision(tx, app, &decision, super::RIDEAU).await
}

async fn record_decision(
    tx: &mut Tx,
    app: &App,
    decision: &Decision,
    actor: &str,
) -> Result<(), StepError> {
    tx.insert_decision(decision).await?;
    tx.log(
        app.ids.as_ref(),
        decision.at,
        NewEvent {
            kind: "decision.made",
            subject_kind: "release",
            subject_id: decision.release.to_string(),
            actor: actor.to_owned(),
            body: json!({
                "decision": decision.id, "kind": decision.kind, "verdict": decision.verdict, "by": decision.by,
                "bundle": decision.bound_hash, "reason": decision.reason,
            }),
        },
    )
    .await?;
    Ok(())
}

/// Keeps what the public is told about a decision, in the log as well.
async fn tell_public(
    tx: &mut Tx,
    app: &App,
    decision: &Decision,
    words: &Bilingual,
) -> Result<(), StepError> {
    tx.set_public_reason(decision.id, words).await?;
    tx.log(
        app.ids.as_ref(),
        decision.at,
        NewEvent {
            kind: "decision.explained",
            subject_kind: "release",
            subject_id: decision.release.to_string(),
            actor: decision.by_name.clone(),
            body: json!({"decision": decision.id, "public_reason": words}),
        },
    )
    .await?;
    Ok(())
}

/// A decision about what is no longer so is void: said in the log, for whoever made it.
async fn void_decisions(
    tx: &mut Tx,
    app: &App,
    before: &Release,
    after: &Release,
) -> Result<(), StepError> {
    let Some(old) = before.bundle_hash else {
        return Ok(());
    };
    let decisions = tx.decisions(before.id, DecisionKind::Release, old).await?;
    if decisions
        .iter()
        .any(|decision| decision.by == DecidedBy::Person)
    {
        log(
            tx,
            app,
            app.now(),
            "decision.voided",
            "release",
            before.id,
            json!({"was": old, "is": after.bundle_hash}),
        )
        .await?;
    }
    Ok(())
}

/// A person's decision.
#[derive(Clone, Copy, Debug)]
pub struct Deciding<'a> {
    /// The hash that was looked at; the decision fails when anything has changed since.
    pub expected: Option<Sha256>,
    /// What is decided.
    pub verdict: Verdict,
    /// Who decides.
    pub person: &'a str,
    /// Why: for the log.
    pub reason: &'a str,
    /// Rules that ask for removal and are overruled.
    pub despite: &'a [String],
    /// What the public is told about a withdrawal.
    pub public_reason: Option<&'a Bilingual>,
}

/// Records a person's decision about what is proposed now, and has the release looked at again.
///
/// # Errors
/// As [`decide_saying`].
pub async fn decide(
    app: &App,
    id: ReleaseId,
    expected: Option<Sha256>,
    verdict: Verdict,
    person: &str,
    reason: &str,
    despite: &[String],
) -> Result<Release, StepError> {
    let deciding = Deciding {
        expected,
        verdict,
        person,
        reason,
        despite,
        public_reason: None,
    };
    decide_saying(app, id, deciding).await
}

/// The same, with what the public is told about a withdrawal.
///
/// # Errors
/// When the proposal is not the expected one any more, cannot be decided that way, or the catalog refuses.
pub async fn decide_saying(
    app: &App,
    id: ReleaseId,
    deciding: Deciding<'_>,
) -> Result<Release, StepError> {
    let Deciding {
        expected,
        verdict,
        person,
        reason,
        despite,
        public_reason,
    } = deciding;
    let mut tx = app.catalog.write().await?;
    let release = tx.lock_release(id).await?;
    let bound_hash = match (release.proposal, release.bundle_hash) {
        (Proposal::Nothing, _) | (_, None) => {
            return Err(StepError::Person(crate::bilingual!(
                "Nothing is proposed for this release (state: {}). There is nothing to decide.",
                "Rien n’est proposé pour cette publication (état : {}). Il n’y a rien à décider.",
                release.state
            )));
        }
        (_, Some(hash)) => hash,
    };
    if expected.is_some_and(|expected| expected != bound_hash) {
        return Err(StepError::Person(crate::bilingual!(
            "The release has changed since you looked at it. Look again with `rideau review show {id}`.",
            "La publication a changé depuis votre examen. Examinez-la de nouveau avec `rideau review show {id}`."
        )));
    }
    if verdict == Verdict::Approve && release.proposal != Proposal::Withdraw {
        approvable(&mut tx, &release, despite).await?;
    }
    let kind = if release.proposal == Proposal::Withdraw {
        DecisionKind::Withdraw
    } else {
        DecisionKind::Release
    };
    let withdraws = kind == DecisionKind::Withdraw && verdict == Verdict::Approve;
    if public_reason.is_some() && !withdraws {
        return Err(StepError::Person(Bilingual::new(
            "The public is told a reason only when a withdrawal is approved: leave `--public-reason` out.",
            "Le public n’apprend un motif que lorsqu’un retrait est approuvé : omettez `--public-reason`.",
        )));
    }
    let decision = Decision {
        id: DecisionId(app.ids.next()),
        release: id,
        kind,
        bound_hash,
        verdict,
        by: DecidedBy::Person,
        by_name: person.to_owned(),
        reason: if despite.is_empty() {
            reason.to_owned()
        } else {
            format!("{reason} [despite: {}]", despite.join(", "))
        },
        at: app.now(),
    };
    record_decision(&mut tx, app, &decision, person).await?;
    if let Some(words) = public_reason {
        tell_public(&mut tx, app, &decision, words).await?;
    }
    if let Some(source) = app.source(release.source_id) {
        assemble_in(&mut tx, app, source, release).await?;
    }
    let release = tx.release(id).await?;
    tx.commit().await?;
    Ok(release)
}

/// Looks at a release again, now.
///
/// # Errors
/// When the catalog refuses.
pub async fn reassemble(app: &App, id: ReleaseId) -> Result<(), StepError> {
    let mut tx = app.catalog.write().await?;
    let release = tx.lock_release(id).await?;
    if let Some(source) = app.source(release.source_id) {
        assemble_in(&mut tx, app, source, release).await?;
    }
    Ok(tx.commit().await?)
}

/// A person takes a release back: decided and queued in one go, whatever else is paused or waiting.
///
/// # Errors
/// When nothing of it is public, or the catalog refuses.
pub async fn withdraw(
    app: &App,
    id: ReleaseId,
    person: &str,
    reason: &str,
) -> Result<(), StepError> {
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let mut release = tx.lock_release(id).await?;
    let published = tx.published(id).await?;
    let live: Vec<&Published> = published
        .iter()
        .filter(|p| {
            matches!(
                p.state,
                PublicationState::Published | PublicationState::Sent
            )
        })
        .collect();
    if live.is_empty() {
        return Err(StepError::Person(Bilingual::new(
            "Nothing of this release is public: there is nothing to take back.",
            "Rien de cette publication n’est public : il n’y a rien à retirer.",
        )));
    }
    let bound_hash = Bundle::withdrawal_hash(id, &published)?;
    let decision = Decision {
        id: DecisionId(app.ids.next()),
        release: id,
        kind: DecisionKind::Withdraw,
        bound_hash,
        verdict: Verdict::Approve,
        by: DecidedBy::Person,
        by_name: person.to_owned(),
        reason: reason.to_owned(),
        at: now,
    };
    record_decision(&mut tx, app, &decision, person).await?;
    tell_public(&mut tx, app, &decision, &Bilingual::same(reason)).await?;
    let decisions = tx.decisions(id, DecisionKind::Withdraw, bound_hash).await?;
    let approved = standing(&decisions, app.policy.two_persons) == Standing::Approved;
    release.state = if approved {
        ReleaseState::Approved
    } else {
        ReleaseState::Review
    };
    release.proposal = Proposal::Withdraw;
    release.bundle_hash = Some(bound_hash);
    release.reasons = vec![Bilingual::same(reason)];
    release.updated_at = now;
    tx.release_assembled(&release).await?;
    for published in live.into_iter().filter(|_| approved) {
        tx.enqueue(
            app.ids.as_ref(),
            now,
            NewWork::now(
                WorkKind::Publish,
                format!("{id}@{}", published.target),
                Lane::Target(published.target.clone()),
                now,
            )
            .first()
            .revive(),
        )
        .await?;
    }
    Ok(tx.commit().await?)
}

/// Whether a person may approve: the record is complete, nothing blocks, and what asks for removal is named.
async fn approvable(tx: &mut Tx, release: &Release, despite: &[String]) -> Result<(), StepError> {
    let record = tx.record(release.id).await?;
    let problems: Vec<FieldProblem> = serde_json::from_value(record.problems)?;
    if let Some(first) = problems.first() {
        return Err(StepError::Person(crate::bilingual!(
            "The record is not complete ({} open points; first: {}). Complete it in release.toml or with `rideau review set`.",
            "La fiche n’est pas complète ({} points en suspens; le premier : {}). Complétez-la dans release.toml ou avec `rideau review set`.",
            problems.len(),
            first.message
        )));
    }
    let bundle: Bundle = serde_json::from_value(release.bundle.clone())?;
    if bundle.dataset.resources.is_empty() {
        return Err(StepError::Person(Bilingual::new(
            "There is nothing to publish: no rendition could be made. Supply a readable copy.",
            "Il n’y a rien à publier : aucune version ouverte n’a pu être produite. Fournissez une copie lisible.",
        )));
    }
    for member in tx
        .group_members(release.source_id, &release.group_key)
        .await?
    {
        let Some(version) = member.current_version else {
            continue;
        };
        for stored in tx.findings(version, Some(RuleSet::Release)).await? {
            let rule = &stored.finding.rule;
            let removal = stored.finding.effect == Effect::Redact && !despite.contains(rule);
            if stored.stands && (removal || stored.finding.effect >= Effect::Block) {
                let how = if removal {
                    crate::bilingual!(
                        "Have it removed, or approve with `--despite {rule}` if the finding is wrong.",
                        "Faites-le retirer, ou approuvez avec `--despite {rule}` si le constat est erroné."
                    )
                } else {
                    Bilingual::new(
                        "It cannot be approved while this holds.",
                        "Elle ne peut être approuvée tant que cela tient.",
                    )
                };
                return Err(StepError::Person(Bilingual::new(
                    format!("{}: {} {}", member.name, stored.finding.text.en, how.en),
                    format!("{} : {} {}", member.name, stored.finding.text.fr, how.fr),
                )));
            }
        }
    }
    Ok(())
}

fn reasons(
    judgement: Judgement,
    situation: &Situation,
    members: &[Known],
    problems: &[FieldProblem],
) -> Vec<Bilingual> {
    let mut reasons: Vec<Bilingual> = Vec::new();
    let mut add = |reason: Bilingual| {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    };
    match judgement.state {
        ReleaseState::Review | ReleaseState::Blocked => {}
        _ => return reasons,
    }
    if situation.members == 0 {
        add(Bilingual::new(
            "It is gone from its source: shall it be withdrawn?",
            "Il n’est plus dans sa source : faut-il le retirer?",
        ));
    }
    for known in members {
        for stored in &known.findings {
            if stored.stands
                && stored.finding.set == RuleSet::Release
                && stored.finding.effect > Effect::Expire
            {
                add(stored.finding.text.clone());
            }
        }
    }
    for problem in problems {
        add(problem.message.clone());
    }
    if members.iter().any(Known::redacted) {
        add(Bilingual::new(
            "Places were taken out of the copy. See whether it still says what it should, and no more.",
            "Des passages ont été retirés de la copie. Voyez si elle dit encore ce qu’elle doit, et rien de plus.",
        ));
    }
    if judgement.proposal == Proposal::Update {
        add(Bilingual::new(
            "It would change what is public.",
            "Cela changerait ce qui est public.",
        ));
    }
    if situation.public == Public::Withdrawn && situation.members > 0 {
        add(Bilingual::new(
            "It was withdrawn before; a person says whether it comes back.",
            "Il a déjà été retiré; une personne décide de son retour.",
        ));
    }
    reasons
}

async fn set_member_states(
    tx: &mut Tx,
    release: &Release,
    members: &[Known],
) -> Result<(), CatalogError> {
    let state = match release.state {
        ReleaseState::Incomplete | ReleaseState::Empty => return Ok(()),
        ReleaseState::Review => ItemState::Review,
        ReleaseState::Approved => ItemState::Approved,
        ReleaseState::Published => ItemState::Published,
        ReleaseState::Refused => ItemState::Refused,
        ReleaseState::Blocked => ItemState::Blocked,
        ReleaseState::Withdrawn => ItemState::Withdrawn,
    };
    for known in members {
        if known.item.state != state || known.item.reasons != release.reasons {
            tx.set_item_state(known.item.id, state, &release.reasons)
                .await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::PlanId;

    /// With several targets one follows before the other: what was decided still holds for the other.
    #[test]
    fn a_decision_to_take_back_holds_until_every_target_has_followed() {
        use PublicationState as State;
        let id = ReleaseId(uuid::Uuid::from_u128(1));
        let there = |target: &str, state: State, content: &[u8]| Published {
            release: id,
            target: target.to_owned(),
            state,
            bundle_hash: Sha256::of(b"bundle"),
            content_hash: Sha256::of(content),
            address: None,
            plan: PlanId(uuid::Uuid::nil()),
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let hash = |first: State, second: State, content: &[u8]| {
            let published = [there("a", first, b"content"), there("b", second, content)];
            Bundle::withdrawal_hash(id, &published).unwrap()
        };
        let decided = hash(State::Published, State::Published, b"content");
        assert_eq!(
            hash(State::Withdrawing, State::Published, b"content"),
            decided
        );
        assert_eq!(
            hash(State::Withdrawn, State::Published, b"content"),
            decided
        );
        assert_eq!(
            hash(State::Withdrawn, State::Withdrawn, b"content"),
            decided
        );
        assert_ne!(hash(State::Published, State::Published, b"other"), decided);
    }
}
