//! item → explanation: what was found in it, and how each rule comes to its answer about that today.
//!
//! Nothing is written. Rule that must hold: what is explained is what the next judgement of the same facts says.

use serde::Serialize;

use super::{StepError, screen};
use crate::{
    app::App,
    catalog::{FactSubject, Item, StoredFinding, Version},
    domain::{Fact, RuleSet},
    screen::rules::RuleExplanation,
};

/// Why an item is judged as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// The item.
    pub item: Item,
    /// Its current version.
    pub version: Version,
    /// The facts about the version itself, and how each rule answers.
    pub original: ExplainedSubject,
    /// The same for its renditions, read again from their own bytes; nothing when it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renditions: Option<ExplainedSubject>,
    /// What was recorded at the last judgement.
    pub recorded: Vec<StoredFinding>,
    /// False when the rules or the phrases have changed since that judgement.
    pub recorded_by_these_rules: bool,
}

/// Facts and answers about one subject.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedSubject {
    /// The facts, masked.
    pub facts: Vec<Fact>,
    /// The answers of both sets, release first, in order of rule.
    pub rules: Vec<RuleExplanation>,
}

/// Explains an item. `None` while it has no content here.
///
/// # Errors
/// When the catalog refuses.
pub async fn explain(app: &App, item: Item) -> Result<Option<Explained>, StepError> {
    let Some(id) = item.current_version else {
        return Ok(None);
    };
    let now = app.now();
    let mut tx = app.catalog.read().await?;
    let version = tx.version(id).await?;
    let original = tx
        .facts(id, FactSubject::Original)
        .await?
        .unwrap_or_else(|| vec![screen::not_checked()]);
    let renditions = tx.facts(id, FactSubject::Renditions).await?;
    let has_renditions = !tx.renditions(id).await?.is_empty();
    let recorded = tx.findings(id, None).await?;
    drop(tx);
    let answers = |facts: Vec<Fact>| {
        let document = screen::document(app, &version, &item, facts);
        let rules = [RuleSet::Release, RuleSet::Transfer]
            .into_iter()
            .flat_map(|set| app.rules.explain(set, &document, now))
            .collect();
        // With what the document adds to the facts, so that evidence points right.
        ExplainedSubject {
            facts: document.facts,
            rules,
        }
    };
    let original = answers(original);
    let renditions = renditions.filter(|_| has_renditions).map(answers);
    let recorded_by_these_rules =
        version.screened_by.as_deref() == Some(app.rules.hash().to_string().as_str());
    Ok(Some(Explained {
        item,
        version,
        original,
        renditions,
        recorded,
        recorded_by_these_rules,
    }))
}
