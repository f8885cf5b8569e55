//! `rideau review`: what needs a person's judgement.

use std::{path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Out, dismissals,
    output::{Said, short, size},
};
use crate::{
    app::App,
    bilingual,
    catalog::{
        AppliedTreatment, FactSubject, Lane, NewEvent, NewWork, Release, ReleaseFilter, WorkKind,
    },
    domain::{Bilingual, Effect, ReleaseState, Removal, RuleSet, Sha256, Treatment, Verdict},
    record::{Proposals, proposals},
    setup,
    steps::{self, Bundle},
};

/// The review queue.
#[derive(Debug, Subcommand)]
pub(super) enum Review {
    /// List what waits for a person.
    List {
        /// Also what rules forbid.
        #[arg(long)]
        blocked: bool,
    },
    /// Show one release with everything a decision needs: what would be public, findings, record, hash.
    Show {
        /// Release id, its beginning or end, or an item's path.
        release: String,
    },
    /// Approve exactly what is shown.
    Approve(Decide),
    /// Refuse exactly what is shown.
    Refuse(Decide),
    /// Send back to the steward.
    SendBack(Decide),
    /// Say that a finding is a false alarm: it stays in the record and no longer counts.
    Dismiss(dismissals::Dismiss),
    /// What was dismissed: list, revoke.
    #[command(subcommand)]
    Dismissals(dismissals::Dismissals),
    /// Complete the record: give a field's value. Survives every rerun.
    Set {
        /// Release id, its beginning or end, or an item's path.
        release: String,
        /// The portal's field, such as title_translated.fr, subject, frequency.
        field: String,
        /// Its value: text, or JSON for lists; nothing takes an earlier value back.
        value: Option<String>,
        /// Your name. Without it, the account's.
        #[arg(long)]
        by: Option<String>,
    },
}

/// A decision.
#[derive(Debug, Args)]
pub(super) struct Decide {
    /// Release id, its beginning or end, or an item's path.
    release: String,
    /// Why: kept in the log.
    #[arg(long)]
    reason: String,
    /// Your name. Without it, the account's.
    #[arg(long)]
    by: Option<String>,
    /// The hash that `review show` printed: the decision fails if anything has changed since.
    #[arg(long, value_name = "HASH")]
    bundle: Option<Sha256>,
    /// Approve although this rule asks for removal, because its finding is wrong; may be repeated.
    #[arg(long, value_name = "RULE")]
    despite: Vec<String>,
    /// What the public is told about a withdrawal that is approved; without it, nothing but that it was withdrawn.
    #[arg(long, value_name = "TEXT")]
    public_reason: Option<String>,
    /// The same in French. Without it, the public reads the other text in both languages.
    #[arg(long, value_name = "TEXT", requires = "public_reason")]
    public_reason_fr: Option<String>,
}

impl Review {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let app = setup::open(config, out).await?;
        match self {
            Self::List { blocked } => list(&app, out, blocked).await?,
            Self::Show { release } => {
                let release = find_one(&app, &release).await?;
                show(&app, out, &release).await?;
            }
            Self::Approve(decide) => decide.record(&app, out, Verdict::Approve).await?,
            Self::Refuse(decide) => decide.record(&app, out, Verdict::Refuse).await?,
            Self::SendBack(decide) => decide.record(&app, out, Verdict::SendBack).await?,
            Self::Dismiss(dismiss) => dismiss.run(&app, out).await?,
            Self::Dismissals(dismissals) => dismissals.run(&app, out).await?,
            Self::Set {
                release,
                field,
                value,
                by,
            } => set(&app, out, &release, &field, value.as_deref(), by).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Decide {
    async fn record(self, app: &App, out: &Out, verdict: Verdict) -> anyhow::Result<()> {
        let release = find_one(app, &self.release).await?;
        let person = self.by.unwrap_or_else(setup::person);
        let public_reason = self.public_reason.map(|en| {
            let fr = self.public_reason_fr.unwrap_or_else(|| en.clone());
            Bilingual::new(en, fr)
        });
        let deciding = steps::Deciding {
            expected: self.bundle,
            verdict,
            person: &person,
            reason: &self.reason,
            despite: &self.despite,
            public_reason: public_reason.as_ref(),
        };
        let after = steps::decide_saying(app, release.id, deciding).await?;
        out.value(&after)?;
        out.say(&bilingual!(
            "{}: {} by {person}. It is now: {}.",
            "{} : {} par {person}. C’est maintenant : {}.",
            after.title.get(out.lang),
            verdict.words().get(out.lang),
            after.state.words().get(out.lang)
        ));
        Ok(())
    }
}

/// The one release that a person means.
pub(super) async fn find_one(app: &App, typed: &str) -> anyhow::Result<Release> {
    let mut found = app.catalog.read().await?.find_releases(typed).await?;
    // An item that changed groups leaves an empty release behind; it is not meant.
    if found.len() > 1 {
        found.retain(|release| release.state != ReleaseState::Empty);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Said(bilingual!(
            "No release has the id or holds the item {typed}. `rideau release list` shows all.",
            "Aucune publication n’a l’identifiant ou ne contient l’élément {typed}. `rideau release list` les montre toutes."
        ))
        .into()),
        n => Err(Said(bilingual!(
            "{typed} could mean {n} releases. Give more of the id.",
            "{typed} peut désigner {n} publications. Donnez une plus grande partie de l’identifiant."
        ))
        .into()),
    }
}

async fn list(app: &App, out: &Out, blocked: bool) -> anyhow::Result<()> {
    let mut states = vec![ReleaseState::Review];
    if blocked {
        states.push(ReleaseState::Blocked);
    }
    let releases = app
        .catalog
        .read()
        .await?
        .releases(&ReleaseFilter { states })
        .await?;
    out.value(&releases)?;
    out.table(
        &[
            Bilingual::new("release", "publication"),
            Bilingual::new("proposed", "proposé"),
            Bilingual::new("why it waits", "pourquoi elle attend"),
            Bilingual::same("id"),
        ],
        releases
            .iter()
            .map(|release| {
                vec![
                    release.title.get(out.lang).to_owned(),
                    out.get(&release.proposal.words()).to_owned(),
                    release
                        .reasons
                        .iter()
                        .map(|reason| format!("– {}", out.get(reason)))
                        .collect::<Vec<_>>()
                        .join("\n"),
                    short(release.id),
                ]
            })
            .collect(),
    );
    Ok(())
}

/// The places that were taken out of a copy, masked; the first of them.
fn taken_out(out: &Out, treatments: &[AppliedTreatment]) {
    const SHOWN: usize = 50;
    let removed: Vec<Removal> = treatments
        .iter()
        .filter(|treatment| treatment.kind == Treatment::RedactSpans)
        .filter_map(|treatment| {
            serde_json::from_value::<Vec<Removal>>(treatment.detail.clone()).ok()
        })
        .flatten()
        .collect();
    if removed.is_empty() {
        return;
    }
    out.say(&bilingual!(
        "    taken out of the copy: {} places",
        "    retirés de la copie : {} passages",
        removed.len()
    ));
    for removal in removed.iter().take(SHOWN) {
        out.text(&format!(
            "      ✂ {} @ {} [{}; {}]",
            removal.masked, removal.place.at, removal.section, removal.rule
        ));
    }
    if removed.len() > SHOWN {
        out.say(&bilingual!(
            "      … {} more",
            "      … {} autres",
            removed.len() - SHOWN
        ));
    }
}

async fn show(app: &App, out: &Out, release: &Release) -> anyhow::Result<()> {
    let mut tx = app.catalog.read().await?;
    let record = tx.record(release.id).await?;
    let decisions = tx.all_decisions(release.id).await?;
    let published = tx.published(release.id).await?;
    let bundle: Option<Bundle> = serde_json::from_value(release.bundle.clone()).ok();
    out.text(&format!(
        "{}\n  {}",
        release.title.get(out.lang),
        release.id
    ));
    out.say(&bilingual!(
        "  state: {}; proposed: {}; strongest effect: {}",
        "  état : {}; proposé : {}; effet le plus fort : {}",
        release.state.words().get(out.lang),
        release.proposal.words().get(out.lang),
        release.effect.as_str()
    ));
    for reason in &release.reasons {
        out.text(&format!("    – {}", out.get(reason)));
    }
    if let Some(hash) = release.bundle_hash {
        out.say(&bilingual!(
            "  decisions are bound to {hash}",
            "  les décisions sont liées à {hash}"
        ));
    }
    let mut members = Vec::new();
    let mut documents = Vec::new();
    for item in tx
        .group_members(release.source_id, &release.group_key)
        .await?
    {
        out.text(&format!("\n  {}", item.path));
        let Some(version) = item.current_version else {
            continue;
        };
        documents.push(tx.version(version).await?.document);
        let findings = tx.findings(version, None).await?;
        let facts = tx
            .facts(version, FactSubject::Original)
            .await?
            .unwrap_or_default();
        let of_renditions = tx
            .facts(version, FactSubject::Renditions)
            .await?
            .unwrap_or_default();
        let named = steps::named_evidence(&findings, &facts, &of_renditions);
        for stored in &findings {
            let finding = &stored.finding;
            if finding.set != RuleSet::Release || finding.effect <= Effect::Allow {
                continue;
            }
            let lifted = if stored.stands {
                String::new()
            } else if stored.is_dismissed() {
                out.get(&Bilingual::new(" (dismissed)", " (rejeté)"))
                    .to_owned()
            } else {
                out.get(&Bilingual::new(
                    " (lifted by treatment)",
                    " (levé par traitement)",
                ))
                .to_owned()
            };
            out.text(&format!(
                "    [{}] {} – {} {}{lifted}  {}",
                finding.effect.as_str(),
                out.get(&finding.text),
                finding.basis.act,
                finding.basis.section,
                finding.rule
            ));
            if let Some(day) = finding.opening_date {
                out.say(&bilingual!(
                    "        opens on {day}",
                    "        s’ouvre le {day}"
                ));
            }
            let rests_on = named
                .iter()
                .filter(|one| one.subject == stored.subject && one.rule == finding.rule);
            for one in rests_on.take(5) {
                let mark = if one.dismissal.is_some() { "□ " } else { "" };
                out.text(&format!(
                    "        {mark}{} @ {} [{}]",
                    one.fact.masked, one.fact.place.at, one.name
                ));
            }
            if finding.evidence.len() > 5 {
                out.say(&bilingual!(
                    "        … {} more",
                    "        … {} autres",
                    finding.evidence.len() - 5
                ));
            }
        }
        let treatments = tx.treatments(version).await?;
        taken_out(out, &treatments);
        members.push(json!({
            "item": item, "findings": findings, "evidence": named, "treatments": treatments,
        }));
    }
    out.say(&Bilingual::new(
        "\n  would be public:",
        "\n  serait public :",
    ));
    if let Some(bundle) = &bundle {
        for resource in &bundle.dataset.resources {
            out.text(&format!(
                "    {} ({}) sha256 {}",
                resource.file_name,
                size(resource.size_bytes, out.lang),
                resource.sha256
            ));
        }
    }
    out.say(&Bilingual::new("\n  record:", "\n  fiche :"));
    if let (Some(fields), provenance) = (record.fields.as_object(), &record.provenance) {
        for (name, value) in fields {
            let origin = provenance
                .get(name)
                .and_then(serde_json::Value::as_str)
                .unwrap_or("");
            out.text(&format!("    {name} = {value}  [{origin}]"));
        }
    }
    for problem in record.problems.as_array().into_iter().flatten() {
        if let Ok(problem) =
            serde_json::from_value::<rideau_connectors::FieldProblem>(problem.clone())
        {
            out.text(&format!(
                "    ✗ {}: {}",
                problem.field,
                out.get(&problem.message)
            ));
        }
    }
    let proposals = proposals(&record.fields, &documents);
    propose(out, release, &proposals);
    for decision in &decisions {
        out.text(&format!(
            "  {} {} {} – {} [{}]",
            decision.at.format("%Y-%m-%d %H:%M:%SZ"),
            out.get(&decision.verdict.words()),
            decision.by_name,
            decision.reason,
            decision.kind
        ));
    }
    out.value(&json!({
        "release": release, "record": record, "members": members, "decisions": decisions, "published": published,
        "proposals": proposals,
    }))?;
    Ok(())
}

/// What a person may take into the record, or leave.
fn propose(out: &Out, release: &Release, proposals: &Proposals) {
    let lines = [
        (
            "subject",
            json!(proposals.subject),
            proposals.subject.is_empty(),
        ),
        (
            "keywords.en",
            json!(proposals.keywords_en),
            proposals.keywords_en.is_empty(),
        ),
        (
            "keywords.fr",
            json!(proposals.keywords_fr),
            proposals.keywords_fr.is_empty(),
        ),
    ];
    for (field, value, _) in lines.into_iter().filter(|(_, _, empty)| !empty) {
        out.say(&bilingual!(
            "    ? {field}, not filled in: rideau review set {} {field} '{value}'",
            "    ? {field}, non rempli : rideau review set {} {field} '{value}'",
            short(release.id)
        ));
    }
}

async fn set(
    app: &App,
    out: &Out,
    typed: &str,
    field: &str,
    value: Option<&str>,
    by: Option<String>,
) -> anyhow::Result<()> {
    let release = find_one(app, typed).await?;
    let now = app.now();
    let mut tx = app.catalog.write().await?;
    let mut person = tx.record(release.id).await?.person;
    let value = value.map(|text| {
        // Lists and tables are written as JSON; anything else is text.
        serde_json::from_str::<serde_json::Value>(text)
            .ok()
            .filter(|value| value.is_array() || value.is_object())
            .unwrap_or_else(|| json!(text))
    });
    let (name, inner) = match field.split_once('.') {
        Some((name, inner)) => (name, Some(inner)),
        None => (field, None),
    };
    if let Some(fields) = person.as_object_mut() {
        match (inner, &value) {
            (None, Some(value)) => {
                fields.insert(name.to_owned(), value.clone());
            }
            (None, None) => {
                fields.remove(name);
            }
            (Some(inner), value) => {
                let slot = fields.entry(name.to_owned()).or_insert_with(|| json!({}));
                if !slot.is_object() {
                    *slot = json!({});
                }
                if let Some(map) = slot.as_object_mut() {
                    match value {
                        Some(value) => {
                            map.insert(inner.to_owned(), value.clone());
                        }
                        None => {
                            map.remove(inner);
                        }
                    }
                }
                if slot.as_object().is_some_and(serde_json::Map::is_empty) {
                    fields.remove(name);
                }
            }
        }
    }
    tx.set_person_fields(release.id, &person).await?;
    tx.log(
        app.ids.as_ref(),
        now,
        NewEvent {
            kind: "record.set",
            subject_kind: "release",
            subject_id: release.id.to_string(),
            actor: by.unwrap_or_else(setup::person),
            body: json!({"field": field, "value": value}),
        },
    )
    .await?;
    tx.enqueue(
        app.ids.as_ref(),
        now,
        NewWork::now(WorkKind::Assemble, release.id, Lane::Free, now).revive(),
    )
    .await?;
    tx.commit().await?;
    steps::reassemble(app, release.id).await?;
    let record = app.catalog.read().await?.record(release.id).await?;
    let open = record.problems.as_array().map_or(0, Vec::len);
    out.value(&record)?;
    out.say(&bilingual!(
        "{field} is set. Open points of the record: {open}.",
        "{field} est inscrit. Points en suspens dans la fiche : {open}."
    ));
    Ok(())
}
