//! CKAN portals, such as the Open Government registry, through the action interface.
//!
//! `registry` knows the registry's rules without asking it; `there` reads a dataset in our terms; `steps` works out what is
//! still to be done of a plan; `target` does it through `client`. Rule that must hold: read first, write only what differs,
//! and after an answer that did not come read again before writing again.

mod answers;
mod canonical;
mod client;
mod datastore;
mod flow;
mod inventory;
mod options;
pub mod registry;
mod steps;
mod tables;
mod target;
mod there;

pub use options::*;
pub use target::CkanTarget;
