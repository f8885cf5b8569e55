//! Decisions: bound to exactly what was decided about, so that any change voids them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DecidedBy, DecisionId, DecisionKind, ReleaseId, Sha256, Verdict};

/// A recorded decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The release it is about.
    pub release: ReleaseId,
    /// What it is about.
    pub kind: DecisionKind,
    /// Hash of the bundle: bytes, record and rules. It holds for nothing else.
    pub bound_hash: Sha256,
    /// What was decided.
    pub verdict: Verdict,
    /// Who: policy or person.
    pub by: DecidedBy,
    /// The policy's or the person's name.
    pub by_name: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the decisions about one bundle add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided, or not enough people have.
    Open {
        /// Persons who approved so far.
        approvals: usize,
    },
    /// It may go.
    Approved,
    /// It may not.
    Refused,
    /// Back to the steward; open again for a decision.
    SentBack,
}

/// The decisions of one kind about one bundle that are in force, oldest first, out of all decisions about its release.
///
/// Publishing and taking back void each other: an approval to publish from before the last approval to take back is no
/// approval any more, and the other way round. So what was taken back returns only by a new word.
pub fn in_force(all: &[Decision], kind: DecisionKind, bound_hash: Sha256) -> Vec<Decision> {
    let opposite = match kind {
        DecisionKind::Release => Some(DecisionKind::Withdraw),
        DecisionKind::Withdraw => Some(DecisionKind::Release),
        DecisionKind::Transfer => None,
    };
    let voided = all
        .iter()
        .rposition(|d| Some(d.kind) == opposite && d.verdict == Verdict::Approve)
        .map_or(0, |last| last + 1);
    all[voided..]
        .iter()
        .filter(|d| d.kind == kind && d.bound_hash == bound_hash)
        .cloned()
        .collect()
}

/// Adds up the decisions about one bundle, oldest first. The newest refusal or sending back voids what came before it.
///
/// With `two_persons`, a person's approval counts once two different persons have given it. A policy's approval
/// stands alone: it is only ever recorded where the configuration lets the policy decide.
pub fn standing(decisions: &[Decision], two_persons: bool) -> Standing {
    let mut approvers: Vec<&str> = Vec::new();
    let mut result = Standing::Open { approvals: 0 };
    for decision in decisions {
        match decision.verdict {
            Verdict::Refuse => {
                approvers.clear();
                result = Standing::Refused;
            }
            Verdict::SendBack => {
                approvers.clear();
                result = Standing::SentBack;
            }
            Verdict::Approve if decision.by == DecidedBy::Policy => result = Standing::Approved,
            Verdict::Approve => {
                if !approvers.contains(&decision.by_name.as_str()) {
                    approvers.push(&decision.by_name);
                }
                result = if approvers.len() >= if two_persons { 2 } else { 1 } {
                    Standing::Approved
                } else {
                    Standing::Open {
                        approvals: approvers.len(),
                    }
                };
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn decision(by: DecidedBy, name: &str, verdict: Verdict) -> Decision {
        Decision {
            id: DecisionId(Uuid::nil()),
            release: ReleaseId(Uuid::nil()),
            kind: DecisionKind::Release,
            bound_hash: Sha256::of(b""),
            verdict,
            by,
            by_name: name.to_owned(),
            reason: String::new(),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn publishing_and_taking_back_void_each_other() {
        use DecisionKind::{Release, Transfer, Withdraw};
        let mut all = Vec::new();
        let mut add = |kind, verdict| {
            all.push(Decision {
                kind,
                ..decision(DecidedBy::Person, "a", verdict)
            });
            let count = |kind| in_force(&all, kind, Sha256::of(b"")).len();
            (count(Release), count(Withdraw), count(Transfer))
        };
        assert_eq!(add(Release, Verdict::Approve), (1, 0, 0));
        assert_eq!(add(Transfer, Verdict::Approve), (1, 0, 1));
        assert_eq!(add(Withdraw, Verdict::Refuse), (1, 1, 1));
        assert_eq!(add(Withdraw, Verdict::Approve), (0, 2, 1));
        assert_eq!(add(Release, Verdict::Refuse), (1, 2, 1));
        assert_eq!(add(Release, Verdict::Approve), (2, 0, 1));
        assert!(in_force(&all, Release, Sha256::of(b"other")).is_empty());
    }

    #[test]
    fn two_persons_means_two_different_persons() {
        use DecidedBy::{Person, Policy};
        use Verdict::{Approve, Refuse, SendBack};
        let check = |two, list: &[(DecidedBy, &str, Verdict)], expect| {
            let list: Vec<_> = list
                .iter()
                .map(|(by, name, v)| decision(*by, name, *v))
                .collect();
            assert_eq!(standing(&list, two), expect, "{list:?}");
        };
        check(false, &[], Standing::Open { approvals: 0 });
        check(false, &[(Person, "a", Approve)], Standing::Approved);
        check(
            true,
            &[(Person, "a", Approve)],
            Standing::Open { approvals: 1 },
        );
        check(
            true,
            &[(Person, "a", Approve), (Person, "a", Approve)],
            Standing::Open { approvals: 1 },
        );
        check(
            true,
            &[(Person, "a", Approve), (Person, "b", Approve)],
            Standing::Approved,
        );
        check(
            true,
            &[(Person, "a", Approve), (Person, "b", Refuse)],
            Standing::Refused,
        );
        check(
            true,
            &[
                (Person, "a", Approve),
                (Person, "b", SendBack),
                (Person, "b", Approve),
            ],
            Standing::Open { approvals: 1 },
        );
        check(
            false,
            &[(Person, "a", Refuse), (Person, "a", Approve)],
            Standing::Approved,
        );
        check(true, &[(Policy, "p", Approve)], Standing::Approved);
    }
}
