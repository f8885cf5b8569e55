//! What of the findings stands: after treatments, and after what persons have dismissed.
//!
//! Pure: findings, facts and dismissals in, findings with their standing out. Rule that must hold: a finding is dismissed
//! only when every fact it rests on is, and never when the rule could not be evaluated.

use std::collections::BTreeMap;

use crate::{
    catalog::{DismissedEvidence, FactSubject, StoredFinding},
    domain::{Dismissal, DismissalId, Fact, Finding, RuleSet, Treatment, VersionId},
    screen::rules::residual,
};

/// What there is to settle.
pub(super) struct Judged<'a> {
    /// The version.
    pub(super) version: VersionId,
    /// The facts about it.
    pub(super) facts: &'a [Fact],
    /// The facts about its renditions.
    pub(super) of_renditions: &'a [Fact],
    /// What was done on the way to the renditions.
    pub(super) applied: &'a [Treatment],
    /// Dismissals that may matter.
    pub(super) dismissals: &'a [Dismissal],
}

impl Judged<'_> {
    /// Settles the findings of all sets, in their order.
    pub(super) fn settle(&self, findings: Vec<(FactSubject, Finding)>) -> Vec<StoredFinding> {
        let mut counterparts = Counterparts::new(self);
        let mut stored: Vec<StoredFinding> = findings
            .into_iter()
            .map(|(subject, finding)| StoredFinding {
                subject,
                stands: true,
                dismissed: self.dismissed(subject, &finding, &mut counterparts),
                finding,
            })
            .collect();
        for set in [RuleSet::Release, RuleSet::Transfer] {
            let counting = |subject: FactSubject| -> Vec<Finding> {
                stored
                    .iter()
                    .filter(|s| s.subject == subject && s.finding.set == set && !s.is_dismissed())
                    .map(|s| s.finding.clone())
                    .collect()
            };
            // A transfer carries the record itself: what was cut from a copy is still in it.
            let applied: Vec<Treatment> = self
                .applied
                .iter()
                .copied()
                .filter(|one| set == RuleSet::Release || *one != Treatment::RedactSpans)
                .collect();
            let standing = residual(
                &counting(FactSubject::Original),
                &applied,
                &counting(FactSubject::Renditions),
            );
            for one in stored.iter_mut().filter(|s| s.finding.set == set) {
                one.stands = !one.is_dismissed() && standing.contains(&one.finding);
            }
        }
        stored
    }

    fn dismissed(
        &self,
        subject: FactSubject,
        finding: &Finding,
        counterparts: &mut Counterparts<'_>,
    ) -> Vec<DismissedEvidence> {
        if finding.error.is_some() || self.dismissals.is_empty() {
            return Vec::new();
        }
        let facts = match subject {
            FactSubject::Original => self.facts,
            FactSubject::Renditions => self.of_renditions,
        };
        finding
            .evidence
            .iter()
            .filter_map(|&evidence| {
                let fact = facts.get(evidence)?;
                let dismissal = self.covering(finding, fact).or_else(|| {
                    (subject == FactSubject::Renditions)
                        .then(|| counterparts.dismissal(self, finding, fact))
                        .flatten()
                })?;
                Some(DismissedEvidence {
                    evidence,
                    dismissal,
                })
            })
            .collect()
    }

    fn covering(&self, finding: &Finding, fact: &Fact) -> Option<DismissalId> {
        self.dismissals
            .iter()
            .find(|d| d.covers(self.version, &finding.rule, finding.rule_version, fact))
            .map(|d| d.id)
    }
}

/// What a rendition shows came from the original: where everything there that reads the same is dismissed, so is this.
struct Counterparts<'a> {
    /// Facts of the original by what they are and how they read; empty where nothing is dismissed.
    original: BTreeMap<(String, &'a str), Vec<&'a Fact>>,
    known: BTreeMap<(String, String, String), Option<DismissalId>>,
}

impl<'a> Counterparts<'a> {
    fn new(judged: &Judged<'a>) -> Self {
        let mut original: BTreeMap<(String, &str), Vec<&Fact>> = BTreeMap::new();
        if !judged.dismissals.is_empty() {
            for fact in judged.facts.iter().filter(|fact| !fact.masked.is_empty()) {
                original
                    .entry((fact.what(), fact.masked.as_str()))
                    .or_default()
                    .push(fact);
            }
        }
        Self {
            original,
            known: BTreeMap::new(),
        }
    }

    fn dismissal(
        &mut self,
        judged: &Judged<'_>,
        finding: &Finding,
        fact: &Fact,
    ) -> Option<DismissalId> {
        let key = (finding.rule.clone(), fact.what(), fact.masked.clone());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let same = self
            .original
            .get(&(key.1.clone(), fact.masked.as_str()))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let all: Option<Vec<DismissalId>> = same
            .iter()
            .map(|fact| judged.covering(finding, fact))
            .collect();
        let answer = all.and_then(|ids| ids.first().copied());
        self.known.insert(key, answer);
        answer
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        Basis, BasisKind, Bilingual, Covers, Effect, FactDetail, IdentifierClass, Part, Parts,
        Place, SourceId,
    };

    const VERSION: VersionId = VersionId(Uuid::nil());

    fn sin(at: &str) -> Fact {
        Fact {
            detail: FactDetail::Identifier {
                identifier: "sin".to_owned(),
                class: IdentifierClass::Personal,
            },
            place: Place::new(Part::Cell, at),
            confidence: 95,
            masked: "•286".to_owned(),
            detector: "sin/1".to_owned(),
            reasons: Vec::new(),
        }
    }

    fn finding(evidence: &[usize]) -> Finding {
        Finding {
            rule: "sin".to_owned(),
            rule_version: 1,
            set: RuleSet::Release,
            effect: Effect::Redact,
            basis: Basis {
                act: "ATIA".to_owned(),
                section: "19(1)".to_owned(),
                kind: BasisKind::Mandatory,
                test: None,
            },
            text: Bilingual::default(),
            parts: Parts::Spans,
            evidence: evidence.to_vec(),
            opening_date: None,
            treatments: Vec::new(),
            error: None,
        }
    }

    fn at(place: &str) -> Dismissal {
        Dismissal {
            id: DismissalId(Uuid::nil()),
            source: SourceId(Uuid::nil()),
            rule: "sin".to_owned(),
            rule_version: 1,
            what: "identifier:sin".to_owned(),
            masked: "•286".to_owned(),
            covers: Covers::Place {
                version: VERSION,
                place: sin(place).place,
            },
            reason: "a file number".to_owned(),
            by: "Ada Sample".to_owned(),
            at: DateTime::UNIX_EPOCH,
            revoked: None,
        }
    }

    /// The standing of the finding on the original, then of that on the rendition.
    fn check(dismissals: &[Dismissal], error: bool, expected: [bool; 2]) {
        let judged = Judged {
            version: VERSION,
            facts: &[sin("A1"), sin("A2")],
            of_renditions: &[sin("a.csv: A1"), sin("a.csv: A2")],
            applied: &[],
            dismissals,
        };
        let mut one = finding(&[0, 1]);
        one.error = error.then(Bilingual::default);
        let mut other = one.clone();
        // Told from the first, so that each stands for itself.
        other.effect = Effect::Block;
        let stored = judged.settle(vec![
            (FactSubject::Original, one),
            (FactSubject::Renditions, other),
        ]);
        assert_eq!([stored[0].stands, stored[1].stands], expected);
    }

    #[test]
    fn a_finding_falls_with_its_last_fact_and_takes_the_copies_along() {
        check(&[], false, [true, true]);
        check(&[at("A1")], false, [true, true]);
        check(&[at("A1"), at("A2")], false, [false, false]);
    }

    #[test]
    fn a_copy_alone_may_be_dismissed_and_an_error_may_not() {
        check(&[at("a.csv: A1"), at("a.csv: A2")], false, [true, false]);
        check(&[at("A1"), at("A2")], true, [true, true]);
    }
}
