//! Ids: newtypes over UUID (version 7 when made here, version 5 when derived from content).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A configured source; derived from its name, so that it survives a lost catalog.
    SourceId;
    /// One record in a source.
    ItemId;
    /// One content of an item.
    VersionId;
    /// One open-format output of a version.
    RenditionId;
    /// One rule that applied.
    FindingId;
    /// A dataset that is, or may come to be, on a portal; derived from source and group, so that a portal id is stable.
    ReleaseId;
    /// A stored list of changes.
    PlanId;
    /// A recorded approval, refusal or sending back.
    DecisionId;
    /// A finding that a person has dismissed.
    DismissalId;
    /// A bag for the archives.
    TransferId;
    /// One pass of the engine.
    RunId;
    /// One piece of queued work.
    WorkId;
    /// One entry of the audit log.
    EventId;
}
