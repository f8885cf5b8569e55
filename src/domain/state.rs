//! Where items, versions and releases stand. Every file seen has exactly one visible state.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Declares an enum whose variants have one stable name in code, tables, logs and screens, and words in both languages.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal, $en:literal, $fr:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// All values, in the order they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name used in tables, configuration, logs and metrics.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The words people read.
            pub fn words(self) -> super::Bilingual {
                match self { $(Self::$variant => super::Bilingual::new($en, $fr),)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)*
                    other => Err(other.to_owned()),
                }
            }
        }
    };
}

named! {
    /// What a person sees of an item.
    ItemState {
        /// Seen, but still changing or only just changed.
        Settling = "settling", "settling", "en cours d’écriture";
        /// Seen, but cannot be read now; tried again.
        Deferred = "deferred", "deferred", "différé";
        /// On its way through the steps.
        Processing = "processing", "in process", "en traitement";
        /// Metadata for other items, not a record by itself.
        Sidecar = "sidecar", "metadata", "métadonnées";
        /// A person must decide or complete something.
        Review = "review", "waits for review", "en attente d’examen";
        /// Approved; will go at the next opportunity.
        Approved = "approved", "approved", "approuvé";
        /// Public on every target.
        Published = "published", "published", "publié";
        /// A person said no to this content.
        Refused = "refused", "refused", "refusé";
        /// A rule forbids it.
        Blocked = "blocked", "blocked", "bloqué";
        /// Taken back from the public.
        Withdrawn = "withdrawn", "withdrawn", "retiré";
        /// A step failed too often, or for good.
        Quarantined = "quarantined", "set aside", "mis de côté";
        /// No longer in the source.
        Gone = "gone", "gone from source", "absent de la source";
    }
}

named! {
    /// Whether an item is a record or says something about records.
    ItemRole {
        /// A record.
        Record = "record", "record", "document";
        /// A `release.toml` beside records.
        Sidecar = "sidecar", "metadata", "métadonnées";
    }
}

named! {
    /// How far a version has come.
    Stage {
        /// Its bytes are in the blob store.
        Fetched = "fetched", "fetched", "copié";
        /// Identified and converted, or found impossible to convert; facts are recorded.
        Converted = "converted", "converted", "converti";
        /// Facts of original and renditions are judged.
        Screened = "screened", "screened", "vérifié";
    }
}

named! {
    /// Where a release stands.
    ReleaseState {
        /// Some members are still on their way.
        Incomplete = "incomplete", "in process", "en traitement";
        /// A person must decide.
        Review = "review", "waits for review", "en attente d’examen";
        /// A decision holds for exactly this content.
        Approved = "approved", "approved", "approuvé";
        /// Public as approved.
        Published = "published", "published", "publié";
        /// A person said no to exactly this content.
        Refused = "refused", "refused", "refusé";
        /// A rule forbids it.
        Blocked = "blocked", "blocked", "bloqué";
        /// Taken back.
        Withdrawn = "withdrawn", "withdrawn", "retiré";
        /// Nothing is left of it and nothing was ever public.
        Empty = "empty", "empty", "vide";
    }
}

named! {
    /// What is proposed for a release.
    Proposal {
        /// Nothing.
        Nothing = "none", "nothing", "rien";
        /// To publish for the first time.
        Publish = "publish", "publish", "publier";
        /// To change what is public.
        Update = "update", "update", "mettre à jour";
        /// To take back what is public.
        Withdraw = "withdraw", "withdraw", "retirer";
    }
}

named! {
    /// What a decision is about.
    DecisionKind {
        /// Publishing or updating.
        Release = "release", "release", "publication";
        /// Taking back.
        Withdraw = "withdraw", "withdrawal", "retrait";
        /// Handing over to the archives.
        Transfer = "transfer", "transfer", "transfert";
    }
}

named! {
    /// What was decided.
    Verdict {
        /// Yes.
        Approve = "approve", "approved", "approuvé";
        /// No, for this content.
        Refuse = "refuse", "refused", "refusé";
        /// Not like this: back to the steward.
        SendBack = "send_back", "sent back", "renvoyé";
    }
}

named! {
    /// Who decided.
    DecidedBy {
        /// The department's policy, as configured.
        Policy = "policy", "policy", "politique";
        /// A person.
        Person = "person", "person", "personne";
    }
}

named! {
    /// Where a plan stands.
    PlanState {
        /// Made, not executed.
        Proposed = "proposed", "proposed", "proposé";
        /// Begun, perhaps cut off; goes on where it stopped.
        Applying = "applying", "being applied", "en cours d’application";
        /// Executed and read back.
        Applied = "applied", "applied", "appliqué";
        /// Failed for good; see the events.
        Failed = "failed", "failed", "échoué";
        /// Another plan took its place.
        Superseded = "superseded", "superseded", "remplacé";
    }
}

named! {
    /// Where a transfer stands.
    TransferState {
        /// A person must decide.
        Review = "review", "waits for review", "en attente d’examen";
        /// Approved, not built.
        Approved = "approved", "approved", "approuvé";
        /// The bag stands complete.
        Built = "built", "bag built", "sac constitué";
        /// A person said no.
        Refused = "refused", "refused", "refusé";
        /// A rule forbids it.
        Blocked = "blocked", "blocked", "bloqué";
    }
}

named! {
    /// Where a piece of work stands.
    WorkState {
        /// May be claimed when its time has come.
        Ready = "ready", "ready", "prêt";
        /// A worker has it, until its lease ends.
        Claimed = "claimed", "claimed", "en cours";
        /// Set aside for a person.
        Quarantined = "quarantined", "set aside", "mis de côté";
    }
}

named! {
    /// Where a release stands on one target.
    PublicationState {
        /// Sent; public at the target's next switch.
        Sent = "sent", "sent", "envoyé";
        /// Public.
        Published = "published", "published", "publié";
        /// Taken back; gone from the public at the target's next switch.
        Withdrawing = "withdrawing", "being withdrawn", "en cours de retrait";
        /// Not public any more.
        Withdrawn = "withdrawn", "withdrawn", "retiré";
    }
}
