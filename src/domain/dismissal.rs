//! Dismissals: a person says that what a rule rests on is not what it takes it for.
//!
//! The finding stays in the record, with its dismissal, and no longer counts. Rule that must hold: a dismissal never
//! covers what could not be checked, nor a rule that has changed since.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{DismissalId, Fact, FactDetail, Part, Place, SourceId, VersionId, without_last_number};

/// A recorded dismissal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dismissal {
    /// Its id.
    pub id: DismissalId,
    /// The source it holds in.
    pub source: SourceId,
    /// The rule.
    pub rule: String,
    /// The rule's version; another version may mean something else.
    pub rule_version: u32,
    /// What was found: `identifier:sin`.
    pub what: String,
    /// Its masked form.
    pub masked: String,
    /// How far it reaches.
    pub covers: Covers,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Who took it back, when and why; nothing while it is in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Revoked>,
}

/// How far a dismissal reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "scope", rename_all = "snake_case")]
pub enum Covers {
    /// One place of one version.
    Place {
        /// The version.
        version: VersionId,
        /// The place, with its span.
        place: Place,
    },
    /// The same masked form, in every version of the source.
    Value,
    /// The same kind of place, whatever the row or paragraph, in every version of the source.
    Position {
        /// The kind of place.
        part: Part,
        /// The address without its last number: `Sheet1!B#`.
        at: String,
    },
}

impl Covers {
    /// The name used on the command line and in logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Place { .. } => "place",
            Self::Value => "value",
            Self::Position { .. } => "position",
        }
    }
}

/// A dismissal that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Dismissal {
    /// Whether it covers a fact on which a finding of a rule rests, in a version.
    pub fn covers(&self, version: VersionId, rule: &str, rule_version: u32, fact: &Fact) -> bool {
        if self.revoked.is_some()
            || self.rule != rule
            || self.rule_version != rule_version
            || matches!(fact.detail, FactDetail::Unreadable(_))
            || self.what != fact.what()
        {
            return false;
        }
        match &self.covers {
            Covers::Place { version: of, place } => {
                *of == version && *place == fact.place && self.masked == fact.masked
            }
            Covers::Value => !fact.masked.is_empty() && self.masked == fact.masked,
            Covers::Position { part, at } => {
                *part == fact.place.part && *at == without_last_number(&fact.place.at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Bilingual, IdentifierClass, Unreadable};

    fn sin(at: &str, masked: &str) -> Fact {
        Fact {
            detail: FactDetail::Identifier {
                identifier: "sin".to_owned(),
                class: IdentifierClass::Personal,
            },
            place: Place::new(Part::Cell, at).with_span(0, 9),
            confidence: 95,
            masked: masked.to_owned(),
            detector: "sin/1".to_owned(),
            reasons: Vec::new(),
        }
    }

    fn dismissal(covers: Covers) -> Dismissal {
        Dismissal {
            id: DismissalId(Uuid::nil()),
            source: SourceId(Uuid::nil()),
            rule: "r".to_owned(),
            rule_version: 1,
            what: "identifier:sin".to_owned(),
            masked: "•286".to_owned(),
            covers,
            reason: "a file number".to_owned(),
            by: "Ada Sample".to_owned(),
            at: DateTime::UNIX_EPOCH,
            revoked: None,
        }
    }

    const HERE: VersionId = VersionId(Uuid::nil());
    const OTHER: VersionId = VersionId(Uuid::max());

    #[test]
    fn each_scope_covers_what_it_says() {
        let place = dismissal(Covers::Place {
            version: HERE,
            place: sin("S!B7", "").place,
        });
        let value = dismissal(Covers::Value);
        let position = dismissal(Covers::Position {
            part: Part::Cell,
            at: "S!B#".to_owned(),
        });
        for (at, masked, version, expected) in [
            ("S!B7", "•286", HERE, [true, true, true]),
            ("S!B7", "•286", OTHER, [false, true, true]),
            ("S!B8", "•286", HERE, [false, true, true]),
            ("S!B8", "•999", HERE, [false, false, true]),
            ("S!C7", "•286", HERE, [false, true, false]),
            ("S!C7", "•999", OTHER, [false, false, false]),
        ] {
            let fact = sin(at, masked);
            let covered = [&place, &value, &position].map(|d| d.covers(version, "r", 1, &fact));
            assert_eq!(covered, expected, "{at} {masked}");
        }
    }

    #[test]
    fn it_ends_with_the_rule_and_when_taken_back() {
        let fact = sin("S!B7", "•286");
        let mut value = dismissal(Covers::Value);
        assert!(value.covers(HERE, "r", 1, &fact));
        assert!(!value.covers(HERE, "r", 2, &fact));
        assert!(!value.covers(HERE, "s", 1, &fact));
        value.revoked = Some(Revoked {
            by: "Ada Sample".to_owned(),
            reason: "it was one".to_owned(),
            at: DateTime::UNIX_EPOCH,
        });
        assert!(!value.covers(HERE, "r", 1, &fact));
    }

    #[test]
    fn doubt_is_never_dismissed() {
        let unreadable = Fact {
            detail: FactDetail::Unreadable(Unreadable {
                code: "corrupt".to_owned(),
                reason: Bilingual::default(),
            }),
            ..sin("S!B7", "•286")
        };
        let mut value = dismissal(Covers::Value);
        value.what = unreadable.what();
        assert!(!value.covers(HERE, "r", 1, &unreadable));
    }
}
