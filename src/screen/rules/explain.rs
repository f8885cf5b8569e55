//! Why each rule says what it says about an item.
//!
//! Leans on the same answers as [`super::evaluate`]. Rule that must hold: an explanation tells the outcome that an
//! evaluation on the same day gives, and no value of the item that is not masked.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{
    book::{Rule, RuleBook},
    document::{FactsDocument, Rendered},
    evaluate::{Outcome, limit_finding},
};
use crate::domain::{Basis, Bilingual, Effect, Finding, RuleSet};

/// How one rule came to its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuleExplanation {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: u32,
    /// Which question was asked.
    pub set: RuleSet,
    /// Its ground.
    pub basis: Basis,
    /// What it says where it applies.
    pub text: Bilingual,
    /// Its condition, as written.
    pub condition: String,
    /// What its condition said.
    pub outcome: Outcome,
    /// The parts of the condition that are false, where it does not hold and has parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub false_parts: Vec<String>,
    /// Its exceptions; empty where the condition did not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<UnlessExplanation>,
    /// The effect it would have without exception and lapse.
    pub effect: Effect,
    /// The finding, where it applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// How an exception came to its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnlessExplanation {
    /// The exception.
    pub id: String,
    /// The provision that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Its condition, as written.
    pub condition: String,
    /// What the condition said.
    pub outcome: Outcome,
}

impl RuleBook {
    /// How every rule of a set answers about an item on a day, in order of rule id.
    pub fn explain(
        &self,
        set: RuleSet,
        document: &FactsDocument,
        now: DateTime<Utc>,
    ) -> Vec<RuleExplanation> {
        let rendered = document.render(now);
        let context = self.context(&rendered.json);
        let mut answers: Vec<RuleExplanation> = self
            .rules()
            .iter()
            .filter(|rule| rule.applies.contains(&set))
            .map(|rule| rule.explain(set, &rendered, &context))
            .collect();
        if !rendered.cut.is_empty() {
            let finding = limit_finding(set, &rendered.cut);
            answers.push(RuleExplanation {
                rule: finding.rule.clone(),
                version: finding.rule_version,
                set,
                basis: finding.basis.clone(),
                text: finding.text.clone(),
                condition: String::new(),
                outcome: Outcome::Holds,
                false_parts: Vec::new(),
                unless: Vec::new(),
                effect: finding.effect,
                finding: Some(finding),
            });
            answers.sort_by(|a, b| a.rule.cmp(&b.rule));
        }
        answers
    }
}

impl Rule {
    fn explain(
        &self,
        set: RuleSet,
        document: &Rendered,
        context: &cel::Context<'_, '_>,
    ) -> RuleExplanation {
        let (finding, trace) = self.answer(set, document, context);
        let false_parts = if trace.when == Outcome::DoesNot {
            self.when.false_parts(context)
        } else {
            Vec::new()
        };
        let unless = self
            .unless
            .iter()
            .zip(trace.unless)
            .map(|(unless, (id, outcome))| UnlessExplanation {
                id,
                basis: unless.basis.clone(),
                condition: unless.when.text().to_owned(),
                outcome,
            })
            .collect();
        RuleExplanation {
            rule: self.id.clone(),
            version: self.version,
            set,
            basis: self.basis.clone(),
            text: self.text.clone(),
            condition: self.when.text().to_owned(),
            outcome: trace.when,
            false_parts,
            unless,
            effect: self.effect,
            finding,
        }
    }
}
