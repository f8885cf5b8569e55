//! Where rideau reads from and publishes to.
//!
//! A connector is one folder: its options, its client, its tests, its README. It becomes known through one
//! line in the root crate's list of kinds. Rule that must hold: the engine learns nothing about a system but through
//! [`Source`] and [`Target`].

pub mod bucket;
pub mod catalogue;
pub mod ckan;
pub mod content_server;
pub mod contract;
pub mod drive;
pub mod error;
pub mod fake;
pub mod inventory;
pub mod options;
pub mod source;
pub mod target;
pub mod target_contract;
pub mod wrap;

pub use error::{CheckLine, PortError, Retry};
pub use inventory::{INVENTORY_KEY, InventoryChange, InventoryPlan};
pub use source::{
    Access, AttributeDoc, CategoryDoc, Content, Description, Observed, Presence, ScanEnd, ScanSink,
    Source,
};
pub use target::{
    Applied, Change, ContentStore, DatasetDesired, DatasetPlan, DatasetSeen, FieldChange,
    FieldProblem, Fields, Journal, PublicState, ResourceDesired, ResourceSeen, Target, difference,
    keep_edits,
};
