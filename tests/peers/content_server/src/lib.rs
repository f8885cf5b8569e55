//! A Content Server that is not one: it answers like the REST API of OpenText Content Server, for tests and demonstrations.
//!
//! [`Simulator`] runs in the process of a test; the program of the same name runs by itself. What a client sees is below
//! `<base>/api`; what a test turns is below `/control` and on [`Simulator`]. Rule that must hold: nothing a client
//! does changes the records, so the tree is what the controls made of it.

mod api;
mod asked;
mod category;
mod change;
mod clock;
mod config;
mod control;
mod edit;
mod fault;
mod fixture;
mod fixture_files;
mod present;
mod reply;
mod server;
mod simulator;
mod subtype;
#[cfg(test)]
mod tests;
mod ticket;
mod tree;
mod world;

pub use change::{Change, Payload};
pub use config::{Account, Config, Fixture, Language, OutOfRange, Switches, Zone};
pub use fault::{FailKind, Failure, Slowness};
pub use fixture::ids;
pub use server::Logged;
pub use simulator::Simulator;
pub use tree::{TreeNode, TreeVersion};
