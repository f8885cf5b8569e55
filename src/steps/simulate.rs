//! other rules → what they would change, over everything that is known, from recorded facts.
//!
//! Nothing is written and no file is read. Rule that must hold: where recorded facts are not enough to tell, the item is
//! named as one that must be read again, and what is said of it is provisional.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{StepError, screen, settle::Judged};
use crate::{
    app::App,
    catalog::{FactSubject, Item, ItemFilter, StoredFinding, Tx, Version},
    domain::{Effect, Fact, ItemId, ItemRole, ItemState, RuleSet, Sha256, Stage},
    screen::rules::RuleBook,
};

/// What other rules would change.
#[derive(Clone, Debug, Serialize)]
pub struct Simulation {
    /// Hash of the rules in force.
    pub rules_in_force: Sha256,
    /// Hash of the other rules.
    pub rules_simulated: Sha256,
    /// Items that were judged by both.
    pub items: u64,
    /// Items whose facts are not recorded yet, or no longer hold: by path.
    pub not_judged: Vec<String>,
    /// Items in which other phrases must be looked for before the new rules can tell for certain: by path.
    pub to_be_read_again: Vec<String>,
    /// How many items go from which effect to which, for each question; those that stay are counted too.
    pub outcomes: Vec<OutcomeCount>,
    /// What changes for each rule; rules for which nothing changes are not listed.
    pub rules: Vec<RuleCount>,
    /// Every item for which something changes.
    pub changes: Vec<ItemChange>,
}

/// Items with one effect before and one after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutcomeCount {
    /// The question.
    pub set: RuleSet,
    /// The effect now.
    pub from: Effect,
    /// The effect by the other rules.
    pub to: Effect,
    /// How many items.
    pub items: u64,
}

/// What changes for one rule: items against which it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The question.
    pub set: RuleSet,
    /// The rule.
    pub rule: String,
    /// Items now.
    pub before: u64,
    /// Items by the other rules.
    pub after: u64,
    /// Items against which it would newly stand.
    pub added: u64,
    /// Items against which it would stand no longer.
    pub removed: u64,
    /// Items against which it would stand with another effect.
    pub changed: u64,
}

/// What changes for one item and question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemChange {
    /// The item.
    pub item: ItemId,
    /// Its path.
    pub path: String,
    /// Where it stands now.
    pub state: ItemState,
    /// The question.
    pub set: RuleSet,
    /// The effect now.
    pub from: Effect,
    /// The effect by the other rules.
    pub to: Effect,
    /// Rules that would newly stand against it, or with another effect.
    pub added: Vec<String>,
    /// Rules that would stand against it no longer.
    pub removed: Vec<String>,
}

/// Simulates other rules over all items that are in their sources.
///
/// # Errors
/// When the catalog refuses.
pub async fn simulate(app: &App, book: &RuleBook) -> Result<Simulation, StepError> {
    let phrases = book.phrases().hash().to_string();
    let mut counted = Counted::default();
    let mut simulation = Simulation {
        rules_in_force: app.rules.hash(),
        rules_simulated: book.hash(),
        items: 0,
        not_judged: Vec::new(),
        to_be_read_again: Vec::new(),
        outcomes: Vec::new(),
        rules: Vec::new(),
        changes: Vec::new(),
    };
    let mut tx = app.catalog.read().await?;
    for item in tx.items(&ItemFilter::default()).await? {
        if item.gone_at.is_some() || item.role != ItemRole::Record {
            continue;
        }
        let Some(known) = known(&mut tx, &item).await? else {
            simulation.not_judged.push(item.path);
            continue;
        };
        if known.version.phrases.as_deref() != Some(&phrases) {
            simulation.to_be_read_again.push(item.path.clone());
        }
        simulation.items += 1;
        let after = judged_by(app, book, &item, &known);
        for set in [RuleSet::Release, RuleSet::Transfer] {
            let change = counted.count(set, &item, &known.recorded, &after);
            simulation.changes.extend(change);
        }
    }
    simulation.outcomes = counted
        .outcomes
        .into_iter()
        .map(|((set, from, to), items)| OutcomeCount {
            set,
            from,
            to,
            items,
        })
        .collect();
    simulation.rules = counted
        .rules
        .into_values()
        .filter(|count| count.added + count.removed + count.changed > 0)
        .collect();
    Ok(simulation)
}

/// What is recorded about an item that was judged.
struct Known {
    version: Version,
    facts: Vec<Fact>,
    of_renditions: Vec<Fact>,
    has_renditions: bool,
    applied: Vec<crate::domain::Treatment>,
    dismissals: Vec<crate::domain::Dismissal>,
    recorded: Vec<StoredFinding>,
}

async fn known(tx: &mut Tx, item: &Item) -> Result<Option<Known>, StepError> {
    let Some(id) = item.current_version else {
        return Ok(None);
    };
    let version = tx.version(id).await?;
    let facts = tx.facts(id, FactSubject::Original).await?;
    let (Some(facts), Stage::Screened) = (facts, version.stage) else {
        return Ok(None);
    };
    Ok(Some(Known {
        facts,
        of_renditions: tx
            .facts(id, FactSubject::Renditions)
            .await?
            .unwrap_or_default(),
        has_renditions: !tx.renditions(id).await?.is_empty(),
        applied: tx.treatments(id).await?.iter().map(|t| t.kind).collect(),
        dismissals: tx.dismissals_for(item.source_id, id).await?,
        recorded: tx.findings(id, None).await?,
        version,
    }))
}

fn judged_by(app: &App, book: &RuleBook, item: &Item, known: &Known) -> Vec<StoredFinding> {
    let now = app.now();
    let mut subjects = vec![(FactSubject::Original, &known.facts)];
    if known.has_renditions {
        subjects.push((FactSubject::Renditions, &known.of_renditions));
    }
    let mut findings = Vec::new();
    for (subject, facts) in subjects {
        let document = screen::document(app, &known.version, item, facts.clone());
        for set in [RuleSet::Release, RuleSet::Transfer] {
            let found = book.evaluate(set, &document, now).findings;
            findings.extend(found.into_iter().map(|finding| (subject, finding)));
        }
    }
    Judged {
        version: known.version.id,
        facts: &known.facts,
        of_renditions: &known.of_renditions,
        applied: &known.applied,
        dismissals: &known.dismissals,
    }
    .settle(findings)
}

#[derive(Default)]
struct Counted {
    outcomes: BTreeMap<(RuleSet, Effect, Effect), u64>,
    rules: BTreeMap<(RuleSet, String), RuleCount>,
}

impl Counted {
    fn count(
        &mut self,
        set: RuleSet,
        item: &Item,
        before: &[StoredFinding],
        after: &[StoredFinding],
    ) -> Option<ItemChange> {
        let (before, after) = (standing(set, before), standing(set, after));
        let strongest =
            |rules: &BTreeMap<&str, Effect>| rules.values().copied().max().unwrap_or(Effect::Allow);
        let (from, to) = (strongest(&before), strongest(&after));
        *self.outcomes.entry((set, from, to)).or_default() += 1;
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        let all: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
        for rule in all {
            let count = self
                .rules
                .entry((set, rule.to_owned()))
                .or_insert_with(|| RuleCount {
                    set,
                    rule: rule.to_owned(),
                    before: 0,
                    after: 0,
                    added: 0,
                    removed: 0,
                    changed: 0,
                });
            let (was, is) = (before.get(rule), after.get(rule));
            count.before += u64::from(was.is_some());
            count.after += u64::from(is.is_some());
            match (was, is) {
                (None, Some(_)) => {
                    count.added += 1;
                    added.push(rule.to_owned());
                }
                (Some(_), None) => {
                    count.removed += 1;
                    removed.push(rule.to_owned());
                }
                (Some(was), Some(is)) if was != is => {
                    count.changed += 1;
                    added.push(rule.to_owned());
                }
                _ => {}
            }
        }
        if from == to && added.is_empty() && removed.is_empty() {
            return None;
        }
        Some(ItemChange {
            item: item.id,
            path: item.path.clone(),
            state: item.state,
            set,
            from,
            to,
            added,
            removed,
        })
    }
}

/// The rules that stand, each with its strongest effect.
fn standing(set: RuleSet, findings: &[StoredFinding]) -> BTreeMap<&str, Effect> {
    let mut rules: BTreeMap<&str, Effect> = BTreeMap::new();
    for stored in findings {
        if stored.stands && stored.finding.set == set {
            let effect = rules
                .entry(stored.finding.rule.as_str())
                .or_insert(stored.finding.effect);
            *effect = (*effect).max(stored.finding.effect);
        }
    }
    rules
}
