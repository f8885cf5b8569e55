//! Evaluating the book on one item.
//!
//! A rule applies when `when` holds and no `unless` does. What could not be evaluated is a finding with effect
//! `review` (an exception that could not be told leaves the rule's own effect where that is stronger). A
//! restriction whose opening date has come becomes `expire`: kept, but no longer in the way. Rule that must
//! hold: the same document and day give the same findings in the same order.

use cel::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    book::{Rule, RuleBook},
    document::{FactsDocument, MAX_FACTS_PER_LIST, Rendered, to_cel},
    expression::{Expression, Failure},
    file::opening_date,
    functions,
};
use crate::{
    bilingual,
    domain::{Basis, BasisKind, Bilingual, Effect, Finding, Parts, RuleSet, effect_of},
};

/// The id of the built-in finding for an item with more facts than are evaluated.
pub const LIMIT_RULE: &str = "rideau-limit";

/// What the rules say about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Findings in order of rule id.
    pub findings: Vec<Finding>,
    /// How each rule was answered, in order of rule id.
    pub trace: Trace,
}

impl Evaluation {
    /// The strongest effect.
    pub fn effect(&self) -> Effect {
        effect_of(&self.findings)
    }
}

/// How each rule of a set was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// One entry for each rule of the set, in order of rule id.
    pub rules: Vec<RuleTrace>,
}

/// How one rule was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: u32,
    /// What its condition said.
    pub when: Outcome,
    /// What its exceptions said, in the rule's order; empty when the condition did not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<(String, Outcome)>,
    /// The effect of the finding; nothing when the rule did not apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

/// The answer of one condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    DoesNot,
    /// It could not be told.
    Failed(Bilingual),
}

impl RuleBook {
    /// What the rules of one set say about an item on a day.
    pub fn evaluate(
        &self,
        set: RuleSet,
        document: &FactsDocument,
        now: DateTime<Utc>,
    ) -> Evaluation {
        let rendered = document.render(now);
        let mut evaluation = self.evaluate_rendered(set, &rendered);
        if !rendered.cut.is_empty() {
            evaluation.findings.push(limit_finding(set, &rendered.cut));
            evaluation.findings.sort_by(|a, b| a.rule.cmp(&b.rule));
        }
        evaluation
    }

    pub(super) fn evaluate_rendered(&self, set: RuleSet, document: &Rendered) -> Evaluation {
        let context = self.context(&document.json);
        let mut findings = Vec::new();
        let mut trace = Trace::default();
        for rule in self.rules.iter().filter(|rule| rule.applies.contains(&set)) {
            let (finding, entry) = rule.answer(set, document, &context);
            findings.extend(finding);
            trace.rules.push(entry);
        }
        Evaluation { findings, trace }
    }

    pub(super) fn context(&self, document: &Value) -> Context<'static, 'static> {
        let mut context = Context::with_env(self.environment.clone());
        functions::register(&mut context);
        for (name, value) in document.as_object().into_iter().flatten() {
            context.add_variable_from_value(name.clone(), to_cel(value));
        }
        context
    }
}

impl Rule {
    /// The rule's answer, for one document.
    pub(super) fn answer(
        &self,
        set: RuleSet,
        document: &Rendered,
        context: &Context<'_, '_>,
    ) -> (Option<Finding>, RuleTrace) {
        let mut trace = RuleTrace {
            rule: self.id.clone(),
            version: self.version,
            when: Outcome::Holds,
            unless: Vec::new(),
            effect: None,
        };
        let mut effect = self.effect;
        let mut error = None;
        match self.when.run(&document.json, context) {
            Ok(true) => {}
            Ok(false) => {
                trace.when = Outcome::DoesNot;
                return (None, trace);
            }
            Err(failure) => {
                trace.when = Outcome::Failed(failure.message());
                effect = Effect::Review;
                error = Some(failure.message());
            }
        }
        if error.is_none() {
            for unless in &self.unless {
                let answer = unless.when.run(&document.json, context);
                trace.unless.push((unless.id.clone(), outcome(&answer)));
                if let Err(failure) = &answer {
                    error.get_or_insert_with(|| failure.message());
                }
            }
            if trace
                .unless
                .iter()
                .any(|(_, outcome)| *outcome == Outcome::Holds)
            {
                return (None, trace);
            }
            if error.is_some() {
                effect = effect.max(Effect::Review);
            }
        }
        let (evidence, failure) = self.evidence(document, context);
        if let Some(failure) = failure {
            error.get_or_insert_with(|| failure.message());
            effect = effect.max(Effect::Review);
        }
        let opening_date = self
            .closure
            .as_ref()
            .and_then(|closure| opening_date(closure, &document.json));
        if error.is_none() && lapsed(opening_date, &document.json) {
            effect = effect.min(Effect::Expire);
        }
        trace.effect = Some(effect);
        let finding = Finding {
            rule: self.id.clone(),
            rule_version: self.version,
            set,
            effect,
            basis: self.basis.clone(),
            text: self.text.clone(),
            parts: self.parts,
            evidence,
            opening_date,
            treatments: self.treatments.clone(),
            error,
        };
        (Some(finding), trace)
    }

    /// The facts a finding rests on: those of the lists the conditions name, or, where the rule has an
    /// `evidence` table, those of its lists that pass its conditions. A fact about which the condition cannot be
    /// told is kept.
    fn evidence(
        &self,
        document: &Rendered,
        context: &Context<'_, '_>,
    ) -> (Vec<usize>, Option<Failure>) {
        let mut found = Vec::new();
        let mut failure = None;
        if self.evidence.is_empty() {
            for list in &self.when.lists {
                found.extend(document.origin.get(list).into_iter().flatten().copied());
            }
        }
        for (list, condition) in &self.evidence {
            for (element, position) in elements(document, list) {
                match passes(condition, element, &document.json, context) {
                    Ok(true) => found.push(position),
                    Ok(false) => {}
                    Err(error) => {
                        found.push(position);
                        failure.get_or_insert(error);
                    }
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        (found, failure)
    }
}

fn outcome(answer: &Result<bool, Failure>) -> Outcome {
    match answer {
        Ok(true) => Outcome::Holds,
        Ok(false) => Outcome::DoesNot,
        Err(failure) => Outcome::Failed(failure.message()),
    }
}

fn elements<'d>(document: &'d Rendered, list: &str) -> impl Iterator<Item = (&'d Value, usize)> {
    let elements = document
        .json
        .get(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let positions = document.origin.get(list).into_iter().flatten().copied();
    elements.zip(positions)
}

fn passes(
    condition: &Expression,
    fact: &Value,
    document: &Value,
    context: &Context<'_, '_>,
) -> Result<bool, Failure> {
    let mut inner = context.new_inner_scope();
    inner.add_variable_from_value("fact", to_cel(fact));
    condition.run(document, &inner)
}

fn lapsed(opening: Option<chrono::NaiveDate>, document: &Value) -> bool {
    let today = document
        .get("now")
        .and_then(Value::as_str)
        .and_then(|text| functions::parse_day(text).ok());
    matches!((opening, today), (Some(opening), Some(today)) if opening <= today)
}

pub(super) fn limit_finding(set: RuleSet, cut: &[&str]) -> Finding {
    let max = MAX_FACTS_PER_LIST;
    let lists = cut.join(", ");
    Finding {
        rule: LIMIT_RULE.to_owned(),
        rule_version: 1,
        set,
        effect: Effect::Review,
        basis: Basis {
            act: "Directive on Open Government".to_owned(),
            section: "6.1".to_owned(),
            kind: BasisKind::Policy,
            test: None,
        },
        text: bilingual!(
            "More than {max} facts of one kind were found ({lists}); only the first {max} were judged. A person must look at this item.",
            "Plus de {max} faits d’un même genre ont été trouvés ({lists}); seuls les {max} premiers ont été évalués. Une personne doit examiner cet élément."
        ),
        parts: Parts::Whole,
        evidence: Vec::new(),
        opening_date: None,
        treatments: Vec::new(),
        error: Some(bilingual!(
            "Not all facts were judged.",
            "Les faits n’ont pas tous été évalués."
        )),
    }
}
