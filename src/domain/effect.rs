//! What a finding does to an item.

use serde::{Deserialize, Serialize};

/// Effects, from harmless to final. The strongest of an item's findings wins; all are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Noted, nothing stands in the way.
    Allow,
    /// Stood in the way until a date that has passed, or will lapse on one.
    Expire,
    /// May go, with a recorded restriction on access.
    Restrict,
    /// A person decides.
    Review,
    /// The part must be removed before it goes.
    Redact,
    /// It does not go.
    Block,
}

impl Effect {
    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Expire => "expire",
            Self::Restrict => "restrict",
            Self::Review => "review",
            Self::Redact => "redact",
            Self::Block => "block",
        }
    }

    /// All effects, weakest first.
    pub const ALL: [Self; 6] = [
        Self::Allow,
        Self::Expire,
        Self::Restrict,
        Self::Review,
        Self::Redact,
        Self::Block,
    ];
}

/// Which of the two questions a rule answers: may it be published, may it be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSet {
    /// Before publication on a portal.
    Release,
    /// Before transfer to the national archives.
    Transfer,
}

impl RuleSet {
    /// The name used in rules, tables and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Transfer => "transfer",
        }
    }
}
