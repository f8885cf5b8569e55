//! What happened to the items of a bag, and who or what did it.
//!
//! Events come from the audit log and the decisions; the bag adds its own. Rule that must hold: every id is the log's
//! or follows from the bag, so that a second build gives the same.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::super::{
    input::BagInput,
    layout::{LaidItem, Layout, derived},
    xml::Xml,
};
use crate::domain::{Bilingual, DecidedBy, DecisionKind, canonical_json};

/// Something that happened, in PREMIS terms.
pub(super) struct Event {
    pub(super) id: Uuid,
    pub(super) kind: String,
    /// An instant, a day, or `../day` for "on or before" (ISO 8601-2).
    at: String,
    detail: Option<String>,
    outcome: Option<(String, Option<String>)>,
    agents: Vec<(String, &'static str)>,
    /// Objects with their role: `source` or `outcome`.
    pub(super) objects: BTreeSet<(Uuid, &'static str)>,
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

pub(super) fn software(input: &BagInput) -> String {
    format!("rideau/{}", input.software_version)
}

pub(super) fn entity_id(input: &BagInput) -> Uuid {
    input.release.0
}

pub(super) fn events(input: &BagInput, layout: &Layout<'_>) -> Vec<Event> {
    let mut list: Vec<Event> = layout
        .items
        .iter()
        .flat_map(|laid| item_events(input, laid))
        .collect();
    for decision in &input.decisions {
        list.push(Event {
            id: decision.id.0,
            kind: match decision.kind {
                DecisionKind::Release => "release decision",
                DecisionKind::Withdraw => "withdrawal decision",
                DecisionKind::Transfer => "transfer decision",
            }
            .to_owned(),
            at: instant(decision.at),
            detail: Some(format!("bundle sha256 {}", decision.bound_hash)),
            outcome: Some((
                decision.verdict.as_str().to_owned(),
                Some(decision.reason.clone()).filter(|reason| !reason.is_empty()),
            )),
            agents: vec![(decider(decision.by, &decision.by_name), "authorizer")],
            objects: BTreeSet::from([(entity_id(input), "source")]),
        });
    }
    let of_bag = |name: &str, outcome: &str| Event {
        id: derived(input, "event", name),
        kind: name.to_owned(),
        at: input.created_for.to_string(),
        detail: None,
        outcome: Some((outcome.to_owned(), None)),
        agents: vec![(software(input), "executing program")],
        objects: BTreeSet::from([(entity_id(input), "source")]),
    };
    let mut fixity = of_bag("fixity check", "pass");
    fixity.detail = Some(
        "sha256 and size of every file compared with the approved ones while copying".to_owned(),
    );
    list.push(fixity);
    let mut digest = of_bag("message digest calculation", "success");
    digest.detail = Some("sha512 and sha256 of every file".to_owned());
    list.push(digest);
    let mut bag = of_bag("information package creation", "success");
    bag.detail = Some(format!("BagIt 1.0 bag urn:uuid:{}", input.bag_id));
    list.push(bag);
    // The log may give one entry to several items.
    let mut merged: BTreeMap<Uuid, usize> = BTreeMap::new();
    let mut unique: Vec<Event> = Vec::new();
    for event in list {
        if let Some(at) = merged.get(&event.id) {
            unique[*at].objects.extend(event.objects);
        } else {
            merged.insert(event.id, unique.len());
            unique.push(event);
        }
    }
    unique
}

/// The agent behind a decision.
fn decider(by: DecidedBy, name: &str) -> String {
    match by {
        DecidedBy::Policy => format!("policy:{name}"),
        DecidedBy::Person => format!("person:{name}"),
    }
}

fn item_events(input: &BagInput, laid: &LaidItem<'_>) -> Vec<Event> {
    let item = laid.item;
    let original = (laid.original.id, "source");
    let made: Vec<_> = laid
        .renditions
        .iter()
        .map(|(file, _)| (file.id, "outcome"))
        .collect();
    let mut list = Vec::new();
    for logged in &item.events {
        let (kind, mut objects) = match logged.kind.as_str() {
            "version.fetched" => ("ingestion", BTreeSet::from([(laid.original.id, "outcome")])),
            "version.converted" if !made.is_empty() => ("migration", BTreeSet::from([original])),
            "version.screened" => ("screening", BTreeSet::from([original])),
            other => (other, BTreeSet::from([original])),
        };
        if matches!(kind, "migration" | "screening") {
            objects.extend(made.iter().copied());
        }
        list.push(Event {
            id: logged.id,
            kind: kind.to_owned(),
            at: instant(logged.at),
            detail: Some(canonical_json(&logged.body)),
            outcome: (kind == "screening").then(|| ("complete".to_owned(), Some(screened(laid)))),
            agents: vec![(logged.actor.clone(), "implementer")],
            objects,
        });
    }
    let converted = item
        .events
        .iter()
        .rev()
        .find(|event| event.kind == "version.converted");
    let at = converted.map_or_else(
        || format!("../{}", input.created_for),
        |event| instant(event.at),
    );
    let key = format!("{}\n{}", item.native_id, item.version);
    let format = &item.format;
    list.push(Event {
        id: derived(input, "event", &format!("format identification\n{key}")),
        kind: "format identification".to_owned(),
        at: at.clone(),
        detail: None,
        outcome: Some((
            if format.name == "unknown" {
                "unidentified"
            } else {
                "positive"
            }
            .to_owned(),
            Some(format!(
                "{} {} {}{}{}",
                format.name,
                format.pronom.as_deref().unwrap_or("-"),
                format.media_type,
                if format.encrypted { "; encrypted" } else { "" },
                if format.extension_mismatch {
                    "; the extension says otherwise"
                } else {
                    ""
                },
            )),
        )),
        agents: vec![(software(input), "executing program")],
        objects: BTreeSet::from([original]),
    });
    let nothing = Vec::new();
    let treatments = item.treatments.as_array().unwrap_or(&nothing);
    for (position, treatment) in treatments.iter().enumerate() {
        let kind = treatment
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or("treatment");
        let mut objects = BTreeSet::from([original]);
        objects.extend(made.iter().copied());
        list.push(Event {
            id: derived(input, "event", &format!("treatment\n{key}\n{position}")),
            kind: match kind {
                "redact_spans" | "suppress_cells" => "redaction",
                _ => "modification",
            }
            .to_owned(),
            at: at.clone(),
            detail: Some(canonical_json(treatment)),
            outcome: Some(("success".to_owned(), Some(kind.to_owned()))),
            agents: vec![(software(input), "executing program")],
            objects,
        });
    }
    list
}

/// How the screening ended, in numbers.
fn screened(laid: &LaidItem<'_>) -> String {
    let facts: u64 = laid
        .item
        .fact_counts
        .values()
        .fold(0, |sum, n| sum.saturating_add(*n));
    let standing = laid
        .item
        .findings
        .iter()
        .filter(|found| found.stands)
        .count();
    let lifted = laid.item.findings.len() - standing;
    format!("facts: {facts}; standing findings: {standing}; findings lifted by treatment: {lifted}")
}

/// Who or what acted.
pub(super) struct Agent {
    id: String,
    names: Vec<String>,
    kind: &'static str,
    version: Option<String>,
}

pub(super) fn agents(input: &BagInput, events: &[Event]) -> Vec<Agent> {
    let mut ids: BTreeSet<String> = events
        .iter()
        .flat_map(|event| event.agents.iter().map(|(id, _)| id.clone()))
        .collect();
    ids.insert(software(input));
    for item in &input.items {
        ids.extend(
            item.renditions
                .iter()
                .map(|rendition| rendition.converter.clone()),
        );
    }
    let converters: BTreeSet<&str> = input
        .items
        .iter()
        .flat_map(|item| {
            item.renditions
                .iter()
                .map(|rendition| rendition.converter.as_str())
        })
        .collect();
    let mut list = vec![Agent {
        id: "organization".to_owned(),
        names: both(&input.organization),
        kind: "organization",
        version: None,
    }];
    list.extend(ids.into_iter().map(|id| agent(input, &converters, id)));
    list
}

fn agent(input: &BagInput, converters: &BTreeSet<&str>, id: String) -> Agent {
    let (name, kind, version) = match id.split_once(':') {
        Some(("policy", name)) => (name.to_owned(), "policy", None),
        Some(("person", name)) => (name.to_owned(), "person", None),
        _ if id == software(input) || converters.contains(id.as_str()) => match id.rsplit_once('/')
        {
            Some((name, version)) => (name.to_owned(), "software", Some(version.to_owned())),
            None => (id.clone(), "software", None),
        },
        // An actor of the log without a prefix: the daemon or a person; the log does not say.
        _ => (id.clone(), "unknown", None),
    };
    Agent {
        id,
        names: vec![name],
        kind,
        version,
    }
}

pub(super) fn both(words: &Bilingual) -> Vec<String> {
    let mut list = vec![words.en.clone()];
    if words.fr != words.en {
        list.push(words.fr.clone());
    }
    list
}

impl Event {
    pub(super) fn write(&self, xml: &mut Xml) {
        xml.within("event", &[], |xml| {
            identifier!(xml, "eventIdentifier", "UUID", &self.id.to_string());
            xml.leaf("eventType", &self.kind);
            xml.leaf("eventDateTime", &self.at);
            if let Some(detail) = &self.detail {
                xml.within("eventDetailInformation", &[], |xml| {
                    xml.leaf("eventDetail", detail);
                });
            }
            if let Some((outcome, note)) = &self.outcome {
                xml.within("eventOutcomeInformation", &[], |xml| {
                    xml.leaf("eventOutcome", outcome);
                    if let Some(note) = note {
                        xml.within("eventOutcomeDetail", &[], |xml| {
                            xml.leaf("eventOutcomeDetailNote", note);
                        });
                    }
                });
            }
            for (agent, role) in &self.agents {
                identifier!(
                    xml,
                    "linkingAgentIdentifier",
                    "local",
                    agent,
                    |xml: &mut Xml| xml.leaf("linkingAgentRole", role)
                );
            }
            for (object, role) in &self.objects {
                identifier!(
                    xml,
                    "linkingObjectIdentifier",
                    "UUID",
                    &object.to_string(),
                    |xml: &mut Xml| xml.leaf("linkingObjectRole", role)
                );
            }
        });
    }
}

impl Agent {
    pub(super) fn write(&self, xml: &mut Xml) {
        xml.within("agent", &[], |xml| {
            identifier!(xml, "agentIdentifier", "local", &self.id);
            for name in &self.names {
                xml.leaf("agentName", name);
            }
            xml.leaf("agentType", self.kind);
            if let Some(version) = &self.version {
                xml.leaf("agentVersion", version);
            }
        });
    }
}
