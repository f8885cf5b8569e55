//! Rules: declarative TOML files whose conditions are CEL over the facts document.
//!
//! A rule says on which legal basis, under which condition and with which effect facts matter; it never finds
//! facts itself. [`RuleBook::load`] reports everything wrong in all files at once; [`RuleBook::evaluate`] gives
//! findings with their evidence; [`residual`] tells what still stands after treatment. Rule that must hold: what
//! cannot be evaluated becomes a finding with effect `review`, never silence.

mod book;
mod canonical;
mod check;
mod decode;
mod document;
mod evaluate;
mod example;
mod explain;
mod expression;
mod file;
mod functions;
mod lists;
mod parts;
mod problem;
mod residual;
pub mod schema;

#[cfg(test)]
mod starter_tests;
#[cfg(test)]
mod tests;

pub use book::{Closure, Rule, RuleBook, Unless};
pub use document::{Clearance, FactsDocument, ItemFacts, MAX_FACTS_PER_LIST, RecordFacts};
pub use evaluate::{Evaluation, LIMIT_RULE, Outcome, RuleTrace, Trace};
pub use example::ExampleOutcome;
pub use explain::{RuleExplanation, UnlessExplanation};
pub use problem::RuleProblem;
pub use residual::residual;
