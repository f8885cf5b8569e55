//! Whether a release may go: one pure decision over what is recorded.

use super::{Effect, Proposal, ReleaseState, Standing};

/// Whether the department's policy may say yes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// The policy says yes when nothing stands against it.
    Automatic,
    /// A person decides, always.
    #[default]
    Review,
}

/// What is public of a release already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Public {
    /// Nothing, and nothing ever was.
    Never,
    /// Nothing any more: it was taken back.
    Withdrawn,
    /// Exactly this bundle, on every target.
    Same,
    /// The same bytes and record, judged by other rules.
    SameContent,
    /// Exactly this bundle on some targets; others have nothing, or something older.
    Partly,
    /// Something else.
    Other,
}

/// What is known when a release is judged.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Members that are still in the source.
    pub members: usize,
    /// All of them are through the screening by the rules in force.
    pub ready: bool,
    /// The strongest effect that stands against a member.
    pub effect: Effect,
    /// The record is complete and right, and there is something to publish.
    pub complete: bool,
    /// What is public.
    pub public: Public,
    /// Decisions about this bundle.
    pub standing: Standing,
    /// Decisions about taking back what is public.
    pub withdraw_standing: Standing,
    /// Policy for first publications.
    pub new_releases: Consent,
    /// Policy for changes.
    pub updates: Consent,
    /// Policy for taking back.
    pub withdrawals: Consent,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Where the release stands.
    pub state: ReleaseState,
    /// What is proposed.
    pub proposal: Proposal,
    /// The policy approves the proposal now; to be recorded as a decision.
    pub policy_approves: bool,
    /// The targets are to be brought in step now.
    pub act: bool,
}

/// Judges a release. Doubt never passes: what is not ready, not complete or not clean is never approved by policy.
pub fn judge(situation: &Situation) -> Judgement {
    let s = situation;
    let is_public = matches!(
        s.public,
        Public::Same | Public::SameContent | Public::Partly | Public::Other
    );
    // What a person takes back goes, whatever else is approved.
    let taking_back = match s.withdraw_standing {
        Standing::Approved => true,
        // One of two persons has said so: it waits for the other.
        Standing::Open { approvals } => approvals > 0,
        Standing::Refused | Standing::SentBack => false,
    };
    if is_public && taking_back {
        return withdraw(s);
    }
    if s.members == 0 {
        return match s.public {
            Public::Never => idle(ReleaseState::Empty),
            Public::Withdrawn => idle(ReleaseState::Withdrawn),
            _ => withdraw(s),
        };
    }
    if !s.ready {
        return idle(ReleaseState::Incomplete);
    }
    if s.effect >= Effect::Block {
        return if is_public {
            withdraw(s)
        } else {
            idle(ReleaseState::Blocked)
        };
    }
    let clean = s.effect <= Effect::Expire;
    if !clean && s.public == Public::Same {
        // The rules that let it out are those that now object: only an approval that names them holds.
        if s.standing != Standing::Approved {
            return withdraw(s);
        }
    }
    if !clean && s.public == Public::SameContent && s.standing != Standing::Approved {
        return withdraw(s);
    }
    let (proposal, consent) = match s.public {
        Public::Never | Public::Withdrawn => (Proposal::Publish, s.new_releases),
        Public::Same => (Proposal::Nothing, Consent::Automatic),
        // Nothing would change in public; the policy reaffirms.
        Public::SameContent => (Proposal::Update, Consent::Automatic),
        Public::Partly | Public::Other => (Proposal::Update, s.updates),
    };
    match s.standing {
        Standing::Refused => return idle(ReleaseState::Refused),
        Standing::Approved if s.complete => {
            return if s.public == Public::Same {
                idle(ReleaseState::Published)
            } else {
                Judgement {
                    state: ReleaseState::Approved,
                    proposal,
                    policy_approves: false,
                    act: true,
                }
            };
        }
        Standing::Approved | Standing::Open { .. } | Standing::SentBack => {}
    }
    // What was taken back returns only by a person's word.
    let policy = clean
        && s.complete
        && consent == Consent::Automatic
        && s.public != Public::Withdrawn
        && s.standing == Standing::Open { approvals: 0 };
    if policy {
        return Judgement {
            state: ReleaseState::Approved,
            proposal,
            policy_approves: true,
            act: true,
        };
    }
    Judgement {
        state: ReleaseState::Review,
        proposal,
        policy_approves: false,
        act: false,
    }
}

fn idle(state: ReleaseState) -> Judgement {
    Judgement {
        state,
        proposal: Proposal::Nothing,
        policy_approves: false,
        act: false,
    }
}

fn withdraw(s: &Situation) -> Judgement {
    let (approved, policy_approves) = match s.withdraw_standing {
        Standing::Approved => (true, false),
        // A person said: leave it public.
        Standing::Refused => return idle(ReleaseState::Published),
        Standing::Open { .. } | Standing::SentBack => (
            s.withdrawals == Consent::Automatic,
            s.withdrawals == Consent::Automatic,
        ),
    };
    Judgement {
        state: if approved {
            ReleaseState::Approved
        } else {
            ReleaseState::Review
        },
        proposal: Proposal::Withdraw,
        policy_approves,
        act: approved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean() -> Situation {
        Situation {
            members: 1,
            ready: true,
            effect: Effect::Allow,
            complete: true,
            public: Public::Never,
            standing: Standing::Open { approvals: 0 },
            withdraw_standing: Standing::Open { approvals: 0 },
            new_releases: Consent::Automatic,
            updates: Consent::Review,
            withdrawals: Consent::Review,
        }
    }

    fn check(s: Situation, state: ReleaseState, proposal: Proposal, policy: bool, act: bool) {
        let expect = Judgement {
            state,
            proposal,
            policy_approves: policy,
            act,
        };
        assert_eq!(judge(&s), expect, "{s:?}");
    }

    #[test]
    fn the_policy_approves_only_what_is_new_clean_and_complete() {
        use Proposal::{Nothing, Publish, Update};
        use ReleaseState::{Approved, Blocked, Incomplete, Published, Review};
        check(clean(), Approved, Publish, true, true);
        check(
            Situation {
                complete: false,
                ..clean()
            },
            Review,
            Publish,
            false,
            false,
        );
        check(
            Situation {
                ready: false,
                ..clean()
            },
            Incomplete,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                new_releases: Consent::Review,
                ..clean()
            },
            Review,
            Publish,
            false,
            false,
        );
        for effect in [Effect::Restrict, Effect::Review, Effect::Redact] {
            check(
                Situation { effect, ..clean() },
                Review,
                Publish,
                false,
                false,
            );
        }
        check(
            Situation {
                effect: Effect::Block,
                ..clean()
            },
            Blocked,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                public: Public::Other,
                ..clean()
            },
            Review,
            Update,
            false,
            false,
        );
        check(
            Situation {
                public: Public::Withdrawn,
                ..clean()
            },
            Review,
            Publish,
            false,
            false,
        );
        check(
            Situation {
                public: Public::SameContent,
                ..clean()
            },
            Approved,
            Update,
            true,
            true,
        );
        let approved = Situation {
            standing: Standing::Approved,
            ..clean()
        };
        check(
            Situation {
                public: Public::Same,
                ..approved
            },
            Published,
            Nothing,
            false,
            false,
        );
    }

    #[test]
    fn what_a_person_decided_holds() {
        use Proposal::{Nothing, Publish, Update};
        use ReleaseState::{Approved, Blocked, Refused, Review};
        let approved = Situation {
            standing: Standing::Approved,
            ..clean()
        };
        check(
            Situation {
                effect: Effect::Review,
                ..approved
            },
            Approved,
            Publish,
            false,
            true,
        );
        check(
            Situation {
                public: Public::Other,
                ..approved
            },
            Approved,
            Update,
            false,
            true,
        );
        check(
            Situation {
                complete: false,
                ..approved
            },
            Review,
            Publish,
            false,
            false,
        );
        check(
            Situation {
                effect: Effect::Block,
                ..approved
            },
            Blocked,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                standing: Standing::Refused,
                ..clean()
            },
            Refused,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                standing: Standing::SentBack,
                ..clean()
            },
            Review,
            Publish,
            false,
            false,
        );
        check(
            Situation {
                standing: Standing::Open { approvals: 1 },
                ..clean()
            },
            Review,
            Publish,
            false,
            false,
        );
    }

    #[test]
    fn what_a_person_takes_back_goes_whatever_else_is_approved() {
        let taken_back = Situation {
            public: Public::Same,
            standing: Standing::Approved,
            withdraw_standing: Standing::Approved,
            ..clean()
        };
        for situation in [
            taken_back,
            Situation {
                ready: false,
                ..taken_back
            },
            Situation {
                members: 0,
                ..taken_back
            },
            Situation {
                public: Public::Other,
                ..taken_back
            },
        ] {
            check(
                situation,
                ReleaseState::Approved,
                Proposal::Withdraw,
                false,
                true,
            );
        }
    }

    #[test]
    fn what_is_public_and_vanishes_or_becomes_restricted_is_proposed_for_withdrawal() {
        use Proposal::{Nothing, Withdraw};
        use ReleaseState::{Approved, Empty, Published, Review, Withdrawn};
        let gone = Situation {
            members: 0,
            public: Public::Same,
            ..clean()
        };
        check(gone, Review, Withdraw, false, false);
        check(
            Situation {
                withdrawals: Consent::Automatic,
                ..gone
            },
            Approved,
            Withdraw,
            true,
            true,
        );
        check(
            Situation {
                withdraw_standing: Standing::Approved,
                ..gone
            },
            Approved,
            Withdraw,
            false,
            true,
        );
        check(
            Situation {
                withdraw_standing: Standing::Refused,
                ..gone
            },
            Published,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                members: 0,
                ..clean()
            },
            Empty,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                members: 0,
                public: Public::Withdrawn,
                ..clean()
            },
            Withdrawn,
            Nothing,
            false,
            false,
        );
        check(
            Situation {
                effect: Effect::Block,
                public: Public::Other,
                ..clean()
            },
            Review,
            Withdraw,
            false,
            false,
        );
        check(
            Situation {
                effect: Effect::Review,
                public: Public::SameContent,
                ..clean()
            },
            Review,
            Withdraw,
            false,
            false,
        );
    }
}
