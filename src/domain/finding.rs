//! Findings: rules that applied, with what a reviewer needs to understand each one years later.
//!
//! A finding refers to facts by their position in the list it was made from. Rule that must hold: a finding
//! that carries an error is never lifted by a machine.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Bilingual, Effect, RuleSet};

/// What kind of ground a rule rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisKind {
    /// The law leaves no choice (for example ATIA 19(1)).
    Mandatory,
    /// A person must weigh it (for example ATIA 21(1)).
    Discretionary,
    /// The act does not apply to the record at all (for example ATIA 69).
    Exclusion,
    /// A directive or a rule of the department, not an exemption.
    Policy,
}

impl BasisKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self::Mandatory,
        Self::Discretionary,
        Self::Exclusion,
        Self::Policy,
    ];

    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mandatory => "mandatory",
            Self::Discretionary => "discretionary",
            Self::Exclusion => "exclusion",
            Self::Policy => "policy",
        }
    }
}

/// How a ground is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BasisTest {
    /// The information belongs to a class; what would follow from its release does not matter.
    Class,
    /// Its release could reasonably be expected to cause the injury that the provision names.
    Injury,
}

impl BasisTest {
    /// Both tests.
    pub const ALL: [Self; 2] = [Self::Class, Self::Injury];

    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Injury => "injury",
        }
    }
}

/// The legal or policy ground of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Basis {
    /// Short name of the act, regulation or directive: `ATIA`, `Privacy Act`.
    pub act: String,
    /// The provision: `19(1)`.
    pub section: String,
    /// What kind of ground it is.
    pub kind: BasisKind,
    /// How it is tested, for grounds in law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<BasisTest>,
}

/// How much of an item a finding concerns (severability, ATIA section 25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parts {
    /// All of it.
    Whole,
    /// The spans of the evidence.
    Spans,
    /// The table cells of the evidence.
    Cells,
}

impl Parts {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Spans, Self::Cells];

    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Spans => "spans",
            Self::Cells => "cells",
        }
    }
}

/// What can lift a restriction from a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// Leave out what a person who opens the file does not see.
    RemoveHidden,
    /// Replace the evidence by a marked block.
    RedactSpans,
    /// Suppress small cells, and further cells so that they cannot be computed.
    SuppressCells,
}

impl Treatment {
    /// All treatments.
    pub const ALL: [Self; 3] = [Self::RemoveHidden, Self::RedactSpans, Self::SuppressCells];

    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RemoveHidden => "remove_hidden",
            Self::RedactSpans => "redact_spans",
            Self::SuppressCells => "suppress_cells",
        }
    }
}

/// A rule that applied, or that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule's stable id.
    pub rule: String,
    /// The rule's version.
    pub rule_version: u32,
    /// Which question was asked.
    pub set: RuleSet,
    /// What it does to the item.
    pub effect: Effect,
    /// On which ground.
    pub basis: Basis,
    /// What a reviewer reads.
    pub text: Bilingual,
    /// How much of the item it concerns.
    pub parts: Parts,
    /// Positions, in the list of facts that was evaluated, of the facts it rests on; rising.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<usize>,
    /// The day on which the restriction lapses, where the rule has one and the date is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_date: Option<NaiveDate>,
    /// Which treatments lift it, once the treated copy has been screened and is clean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub treatments: Vec<Treatment>,
    /// Why the rule could not be evaluated in full, and what to do. Such a finding needs a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Bilingual>,
}

/// The strongest effect of some findings; [`Effect::Allow`] when there is none.
pub fn effect_of(findings: &[Finding]) -> Effect {
    findings
        .iter()
        .map(|finding| finding.effect)
        .max()
        .unwrap_or(Effect::Allow)
}
