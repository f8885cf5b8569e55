//! The rule book: all rules in force, loaded together and hashed together.
//!
//! Leans on [`super::file`] for reading and [`super::evaluate`] for use. Rule that must hold: the book is the same
//! whatever the order of the files, and two books with the same hash decide alike.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use serde_json::json;

use super::{
    example::Example,
    expression::Expression,
    file::{self, Loading},
    lists::Samples,
    problem::RuleProblem,
};
use crate::{
    domain::{Basis, Bilingual, Effect, Parts, RuleSet, Sha256, Treatment, canonical_json},
    screen::phrases::PhraseLists,
};

/// Which meaning of the rule model a hash speaks of. Raised when the evaluator decides differently.
const MODEL: u32 = 1;

/// All rules in force.
pub struct RuleBook {
    /// In order of id.
    pub(super) rules: Vec<Rule>,
    /// CEL's standard library, built once.
    pub(super) environment: Arc<cel::Env>,
    /// Texts that lists of phrases must find or leave alone.
    pub(super) samples: Vec<Samples>,
    phrases: PhraseLists,
    hash: Sha256,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable id, unique in the book.
    pub id: String,
    /// Version, raised by whoever changes the rule.
    pub version: u32,
    /// The ground.
    pub basis: Basis,
    /// The questions it answers.
    pub applies: Vec<RuleSet>,
    /// What it does when it applies.
    pub effect: Effect,
    /// When the restriction lapses.
    pub closure: Option<Closure>,
    /// How much of the item it concerns.
    pub parts: Parts,
    /// What lifts its findings.
    pub treatments: Vec<Treatment>,
    /// What a reviewer reads.
    pub text: Bilingual,
    /// Exceptions; one that holds is enough.
    pub unless: Vec<Unless>,
    pub(super) when: Expression,
    pub(super) evidence: BTreeMap<&'static str, Expression>,
    pub(super) examples: Vec<Example>,
    pub(super) file: PathBuf,
}

/// An exception to a rule.
#[derive(Debug)]
pub struct Unless {
    /// Stable id within the rule.
    pub id: String,
    /// The provision that makes the exception, where there is one: `21(2)(b)`.
    pub basis: Option<String>,
    pub(super) when: Expression,
}

/// When a restriction lapses: a number of years, or of days, after a date of the facts document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// The path of the date: `record.date`.
    pub from: String,
    /// How many years later.
    pub years: u32,
    /// How many days later, for periods shorter than a year; 0 beside years.
    pub days: u32,
}

impl RuleBook {
    /// Loads rule files.
    ///
    /// # Errors
    /// All problems of all files, in order of file, line and column.
    pub fn load(files: &[(PathBuf, String)]) -> Result<Self, Vec<RuleProblem>> {
        let mut loading = Loading::default();
        let mut ordered: Vec<&(PathBuf, String)> = files.iter().collect();
        ordered.sort();
        for (path, source) in ordered {
            file::read(path, source, &mut loading);
        }
        let Loading {
            mut rules,
            phrases,
            samples,
            tags,
            mut problems,
        } = loading;
        let known: Vec<&str> = phrases.0.keys().map(String::as_str).collect();
        problems.extend(tags.iter().filter_map(|used| used.check(&known)));
        if !problems.is_empty() {
            problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
            return Err(problems);
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let hash = hash(&rules, &phrases);
        Ok(Self {
            rules,
            environment: Arc::new(cel::Env::stdlib()),
            samples,
            phrases,
            hash,
        })
    }

    /// The digest of everything that decides: not comments, spaces, file names, order or examples.
    pub fn hash(&self) -> Sha256 {
        self.hash
    }

    /// The lists of phrases that detectors look for.
    pub fn phrases(&self) -> &PhraseLists {
        &self.phrases
    }

    /// The rules, in order of id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl std::fmt::Debug for RuleBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RuleBook")
            .field("hash", &self.hash)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

fn hash(rules: &[Rule], phrases: &PhraseLists) -> Sha256 {
    let rules: Vec<serde_json::Value> = rules
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "version": rule.version,
                "basis": { "act": rule.basis.act, "section": rule.basis.section, "kind": rule.basis.kind.as_str(), "test": rule.basis.test },
                "applies": rule.applies.iter().map(|set| set.as_str()).collect::<Vec<_>>(),
                "effect": rule.effect.as_str(),
                "closure": rule.closure.as_ref().map(|closure| json!([closure.from, closure.years, closure.days])),
                "parts": rule.parts.as_str(),
                "treatments": rule.treatments.iter().map(|treatment| treatment.as_str()).collect::<Vec<_>>(),
                "text": [rule.text.en, rule.text.fr],
                "when": rule.when.canonical(),
                "unless": rule.unless.iter().map(|unless| json!([unless.id, unless.basis, unless.when.canonical()])).collect::<Vec<_>>(),
                "evidence": rule.evidence.iter().map(|(list, expression)| json!([list, expression.canonical()])).collect::<Vec<_>>(),
            })
        })
        .collect();
    Sha256::of(
        canonical_json(&json!({ "model": MODEL, "rules": rules, "phrases": phrases })).as_bytes(),
    )
}
