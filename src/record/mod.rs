//! Records: what is said about a release, in the portal's own terms and in both languages.
//!
//! A value may come from a person, from a `release.toml` beside the files, from the source's native metadata,
//! from the content itself, or from the source's defaults, in that order; every field remembers where its value is
//! from. Rule that must hold: what a person gave is never overwritten, and no text is invented.

mod assemble;
mod proposals;
mod sidecar;
mod table_changes;

pub use assemble::{
    Assembled, CORRECTION, EMBARGO, Inputs, Member, assemble, release_id, source_id,
};
pub use proposals::{Proposals, proposals};
pub use sidecar::{
    SIDECAR_NAME, Sidecar, SidecarProblem, SidecarRelease, SidecarResource, wildcard,
};
pub use table_changes::{MOST_BYTES, TableChanges, TotalChange};
