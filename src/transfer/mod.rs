//! Bags for the archives: BagIt 1.0 (RFC 8493) with PREMIS 3, METS 1.12.1, Dublin Core and a DROID-style list.
//!
//! [`build`] writes one bag from plain values and local files; [`verify`] checks any bag for completeness and
//! fixity. Both block on the disk. Nothing here knows the catalog, the clock or the network. It leans on
//! [`crate::domain`] only. Rule that must hold: the same input gives the same bytes, and a bag is either complete
//! under its name or not there at all.
//!
//! ```text
//! <bag>/bagit.txt  bag-info.txt  manifest-sha256.txt  manifest-sha512.txt  tagmanifest-sha256.txt  tagmanifest-sha512.txt
//!       data/originals/<path as in the source, made safe>
//!       data/renditions/<item number>/<name>
//!       metadata/premis.xml  mets.xml  dc.xml  droid.csv  record.json  findings.json  decisions.json
//!       metadata/native/<item number>.json      exact source path, native metadata, number of facts
//! ```

mod bagit;
mod build;
mod dc;
mod droid;
mod error;
mod input;
mod json;
mod layout;
mod mets;
mod names;
mod premis;
mod rights;
mod verify;
mod xml;

pub use build::{BuiltBag, build};
pub use error::BagError;
pub use input::{
    BagEvent, BagFinding, BagInput, BagItem, BagRendition, FindingSubject, Identification,
};
pub use names::legal_name;
pub use verify::{Problem, VerifyReport, verify};
