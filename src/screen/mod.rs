//! Screening: detectors establish facts, rules judge them.
//!
//! Leans on `domain` only. Rule that must hold: nothing here learns where a file came from, and nothing here
//! lets an item pass because something could not be told.

pub mod phrases;
pub mod rules;
pub mod sarif;

pub use rideau_recognise as facts;
