//! What still stands after treatment.
//!
//! Rule that must hold: a finding of the original is lifted only if its rule lists a treatment that was applied,
//! the rule was evaluated without error, and the same rule finds nothing on the treated renditions.

use crate::domain::{Finding, Treatment};

/// The findings that still stand once a copy has been treated and screened again.
///
/// `original` are the findings on the version itself, `renditions` those on the treated copies, screened from
/// their own bytes. A finding of the original is lifted only when
/// - it carries no error (what could not be told cannot be called clean),
/// - one of its treatments was applied, and
/// - no finding of the same rule in the same set exists on the renditions.
///
/// Everything found on the renditions stands as well, except what the same rule already says about the
/// original. Evidence of an original finding points into the original's facts, that of a rendition's finding
/// into the rendition's. The result has first the original's findings, then the renditions', each in its order.
pub fn residual(
    original: &[Finding],
    applied: &[Treatment],
    renditions: &[Finding],
) -> Vec<Finding> {
    let same = |a: &Finding, b: &Finding| a.rule == b.rule && a.set == b.set;
    let lifted = |finding: &Finding| {
        finding.error.is_none()
            && finding
                .treatments
                .iter()
                .any(|treatment| applied.contains(treatment))
            && !renditions.iter().any(|other| same(finding, other))
    };
    let standing: Vec<&Finding> = original.iter().filter(|finding| !lifted(finding)).collect();
    let new = renditions
        .iter()
        // A weaker or equal word of the same rule adds nothing; a stronger one does.
        .filter(|found| {
            !standing
                .iter()
                .any(|old| same(old, found) && old.effect >= found.effect)
        });
    standing.iter().copied().chain(new).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::domain::{Basis, BasisKind, Bilingual, Effect, Parts, RuleSet, effect_of};

    fn finding(rule: &str, effect: Effect, treatments: &[Treatment]) -> Finding {
        Finding {
            rule: rule.to_owned(),
            rule_version: 1,
            set: RuleSet::Release,
            effect,
            basis: Basis {
                act: "ATIA".into(),
                section: "19(1)".into(),
                kind: BasisKind::Mandatory,
                test: None,
            },
            text: Bilingual::same(rule),
            parts: Parts::Spans,
            evidence: vec![0],
            opening_date: None,
            treatments: treatments.to_vec(),
            error: None,
        }
    }

    fn check(
        original: &[Finding],
        applied: &[Treatment],
        renditions: &[Finding],
        expected: &[&str],
    ) {
        let standing = residual(original, applied, renditions);
        let rules: Vec<&str> = standing
            .iter()
            .map(|finding| finding.rule.as_str())
            .collect();
        assert_eq!(rules, expected);
    }

    const HIDDEN: Treatment = Treatment::RemoveHidden;
    const REDACT: Treatment = Treatment::RedactSpans;

    #[test]
    fn lifted_only_when_treated_and_clean() {
        let hidden = finding("hidden", Effect::Redact, &[HIDDEN]);
        check(from_ref(&hidden), &[HIDDEN], &[], &[]);
        check(from_ref(&hidden), &[], &[], &["hidden"]);
        check(from_ref(&hidden), &[REDACT], &[], &["hidden"]);
        check(from_ref(&hidden), &[HIDDEN], from_ref(&hidden), &["hidden"]);
        check(from_ref(&hidden), &[HIDDEN, REDACT], &[], &[]);
        // One remedy out of two, and the copy is clean: that is what counts.
        check(
            &[finding("any", Effect::Redact, &[HIDDEN, REDACT])],
            &[REDACT],
            &[],
            &[],
        );
    }

    #[test]
    fn what_has_no_treatment_stays() {
        let block = finding("cabinet", Effect::Block, &[]);
        check(from_ref(&block), &Treatment::ALL, &[], &["cabinet"]);
        assert_eq!(
            effect_of(&residual(&[block], &Treatment::ALL, &[])),
            Effect::Block
        );
    }

    #[test]
    fn errors_are_never_lifted() {
        let mut doubt = finding("hidden", Effect::Review, &[HIDDEN]);
        doubt.error = Some(Bilingual::same("missing"));
        check(&[doubt], &[HIDDEN], &[], &["hidden"]);
    }

    #[test]
    fn what_treatment_brought_to_light_stands() {
        check(
            &[],
            &[HIDDEN],
            &[finding("sin", Effect::Redact, &[REDACT])],
            &["sin"],
        );
        let weak = finding("x", Effect::Restrict, &[]);
        let strong = finding("x", Effect::Block, &[]);
        assert_eq!(
            effect_of(&residual(from_ref(&weak), &[], &[strong])),
            Effect::Block
        );
        check(from_ref(&weak), &[], from_ref(&weak), &["x"]);
    }

    #[test]
    fn sets_do_not_mix() {
        let mut transfer = finding("hidden", Effect::Redact, &[HIDDEN]);
        transfer.set = RuleSet::Transfer;
        // The other set's finding on the rendition neither holds up nor hides this one.
        check(
            &[finding("hidden", Effect::Redact, &[HIDDEN])],
            &[HIDDEN],
            &[transfer],
            &["hidden"],
        );
    }
}
