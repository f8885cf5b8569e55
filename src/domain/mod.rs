//! Plain types and pure decisions: the words of the design, as Rust.
//!
//! Nothing here knows tokio, SQL, HTTP or a file system; time and ids come from outside. Rule that must
//! hold: a type that is stored or sent has one serde form, and that form is stable.

mod clock;
mod decision;
mod dismissal;
mod effect;
mod fact;
mod finding;
mod fingerprint;
mod format;
mod grouping;
mod hash;
mod ids;
mod judge;
mod place;
mod redaction;
mod rendition;
mod state;
pub mod watching;
mod words;

pub use clock::{Clock, Ids};
pub use decision::{Decision, Standing, in_force, standing};
pub use dismissal::{Covers, Dismissal, Revoked};
pub use effect::{Effect, RuleSet};
pub use fact::{
    Disclosure, Fact, FactDetail, HiddenChannel, IdentifierClass, MarkingState, SecurityLevel,
    Tabulated, TagPosition, Unreadable,
};
pub use finding::{Basis, BasisKind, BasisTest, Finding, Parts, Treatment, effect_of};
pub use fingerprint::{fingerprints, without_last_number, without_numbers};
pub use format::{Format, FormatFamily};
pub use grouping::{GroupBy, group_key, language_of_name};
pub use hash::{Sha256, canonical_json, hash_json};
pub use ids::{
    DecisionId, DismissalId, EventId, FindingId, ItemId, PlanId, ReleaseId, RenditionId, RunId,
    SourceId, TransferId, VersionId, WorkId,
};
pub use judge::{Consent, Judgement, Public, Situation, judge};
pub use place::{Part, Place, Span, TextUnit};
pub use redaction::{Redaction, Removal};
pub use rendition::{RenditionFile, RenditionKind, Warning};
pub use state::{
    DecidedBy, DecisionKind, ItemRole, ItemState, PlanState, Proposal, PublicationState,
    ReleaseState, Stage, TransferState, Verdict, WorkState,
};
pub use words::{Bilingual, Lang};

#[doc(hidden)]
pub mod domain {
    pub use super::*;
}
