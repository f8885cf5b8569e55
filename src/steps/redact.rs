//! Findings that ask for removal → a copy without those places, made by converting once more.
//!
//! Rules judge after the conversion; what they ask to be taken out is recorded with the version, and the conversion carries it out.
//! Rule that must hold: it ends. A version is converted again only when something else is asked for than was, or when
//! its copy lost something that nobody asks for any more.

use crate::{
    app::{App, Redacting},
    catalog::{FactSubject, StoredFinding, Version},
    domain::{Effect, Fact, Finding, Part, Parts, Redaction, Removal, RuleSet, Treatment},
};

/// What the conversion takes out: what the rules in force asked for.
pub(super) fn asked(app: &App, version: &Version) -> Vec<Removal> {
    let rules = app.rules.hash().to_string();
    version
        .redaction
        .as_ref()
        .filter(|redaction| app.policy.redaction != Redacting::Off && redaction.rules == rules)
        .map(|redaction| redaction.places.clone())
        .unwrap_or_default()
}

/// What is to change about the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// These places are to be taken out.
    TakeOut(Redaction),
    /// Nothing is to be taken out any more.
    TakeBack,
}

impl Change {
    /// What is recorded with the version.
    pub(super) fn redaction(&self) -> Option<&Redaction> {
        match self {
            Self::TakeOut(redaction) => Some(redaction),
            Self::TakeBack => None,
        }
    }
}

/// What to ask of the next conversion; none when the copy there is will do.
pub(super) fn next(
    app: &App,
    version: &Version,
    findings: &[StoredFinding],
    facts: &[Fact],
    applied: &[Treatment],
) -> Option<Change> {
    if app.policy.redaction == Redacting::Off {
        return change(None, version, applied);
    }
    let blocked = findings.iter().any(|stored| {
        stored.stands
            && stored.finding.set == RuleSet::Release
            && stored.finding.effect >= Effect::Block
    });
    if blocked {
        // It does not go, with or without.
        return None;
    }
    let places = places(
        findings
            .iter()
            .filter(|stored| stored.subject == FactSubject::Original)
            .map(|stored| {
                let dismissed: Vec<usize> =
                    stored.dismissed.iter().map(|one| one.evidence).collect();
                (&stored.finding, dismissed)
            }),
        facts,
    );
    let wanted = (!places.is_empty()).then(|| Redaction {
        rules: app.rules.hash().to_string(),
        places,
    });
    change(wanted, version, applied)
}

fn change(wanted: Option<Redaction>, version: &Version, applied: &[Treatment]) -> Option<Change> {
    match wanted {
        Some(wanted) => {
            (version.redaction.as_ref() != Some(&wanted)).then_some(Change::TakeOut(wanted))
        }
        // A request that was never carried out need not be undone.
        None => applied
            .contains(&Treatment::RedactSpans)
            .then_some(Change::TakeBack),
    }
}

/// The places on which findings rest that ask for removal and may be lifted by it, with what is not dismissed of them.
pub(crate) fn places<'a>(
    findings: impl Iterator<Item = (&'a Finding, Vec<usize>)>,
    facts: &[Fact],
) -> Vec<Removal> {
    let mut places = Vec::new();
    for (finding, dismissed) in findings {
        let lifts = finding.set == RuleSet::Release
            && finding.effect == Effect::Redact
            && finding.error.is_none()
            && finding.parts != Parts::Whole
            && finding.treatments.contains(&Treatment::RedactSpans);
        if !lifts {
            continue;
        }
        for evidence in &finding.evidence {
            let Some(fact) = facts.get(*evidence) else {
                continue;
            };
            // What hides is never written.
            if dismissed.contains(evidence) || fact.place.part.is_hidden() {
                continue;
            }
            let mut place = fact.place.clone();
            if finding.parts == Parts::Cells && matches!(place.part, Part::Cell | Part::TableCell) {
                place.span = None;
            }
            places.push(Removal {
                place,
                section: finding.basis.section.clone(),
                rule: finding.rule.clone(),
                masked: fact.masked.clone(),
            });
        }
    }
    places.sort();
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Basis, BasisKind, Bilingual, FactDetail, IdentifierClass, Place};

    fn facts() -> Vec<Fact> {
        [
            (Part::Cell, "Sheet1!A2", Some((0, 9))),
            (Part::Cell, "Sheet1!A3", Some((4, 13))),
            (Part::Comment, "Sheet1!A3", Some((0, 9))),
        ]
        .into_iter()
        .map(|(part, at, span)| {
            let place = Place::new(part, at);
            Fact {
                detail: FactDetail::Identifier {
                    identifier: "sin".to_owned(),
                    class: IdentifierClass::Personal,
                },
                place: match span {
                    Some((start, end)) => place.with_span(start, end),
                    None => place,
                },
                confidence: 95,
                masked: "•286".to_owned(),
                detector: "sin/1".to_owned(),
                reasons: Vec::new(),
            }
        })
        .collect()
    }

    fn finding() -> Finding {
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
            evidence: vec![0, 1, 2, 9],
            opening_date: None,
            treatments: vec![Treatment::RedactSpans],
            error: None,
        }
    }

    fn check(change: impl FnOnce(&mut Finding), dismissed: &[usize], expect: &[&str]) {
        let mut finding = finding();
        change(&mut finding);
        let one = std::iter::once((&finding, dismissed.to_vec()));
        let places: Vec<String> = places(one, &facts())
            .into_iter()
            .map(|removal| match removal.place.span {
                Some(span) => format!("{} {}", removal.place.at, span.start),
                None => removal.place.at,
            })
            .collect();
        assert_eq!(places, expect);
    }

    #[test]
    fn places_of_findings_that_removal_lifts() {
        check(|_| {}, &[], &["Sheet1!A2 0", "Sheet1!A3 4"]);
        check(|_| {}, &[0], &["Sheet1!A3 4"]);
        check(
            |finding| finding.parts = Parts::Cells,
            &[],
            &["Sheet1!A2", "Sheet1!A3"],
        );
        check(|finding| finding.parts = Parts::Whole, &[], &[]);
        check(|finding| finding.effect = Effect::Review, &[], &[]);
        check(|finding| finding.set = RuleSet::Transfer, &[], &[]);
        check(
            |finding| finding.treatments = vec![Treatment::RemoveHidden],
            &[],
            &[],
        );
        check(
            |finding| finding.error = Some(Bilingual::default()),
            &[],
            &[],
        );
    }
}
