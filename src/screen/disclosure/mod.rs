//! Statistical disclosure control: which cells of a table must not show, which others must go with them, and the proof
//! that what is left cannot be undone.
//!
//! The way of a table: [`find()`] reads dimensions and totals off a grid, [`Profile`] says what is small, [`protect()`] hides
//! and rounds and then attacks its own result. Leans on `domain` for words and on a linear solver, nothing else. Rule
//! that must hold: a table passes only when every protected interval was shown wide enough by whole-number tables that
//! agree with everything published; what was not shown is `not proven`, and a person looks.

mod attack;
mod audit;
mod certificate;
mod elimination;
mod error;
mod find;
mod lp;
mod microdata;
mod primary;
mod protect;
mod report;
mod round;
mod rules;
mod suppress;
mod table;
mod view;
mod witness;

pub use attack::{Interval, PublishedAudit, PublishedCell, audit_published};
pub use audit::{Audit, CellProof, Verdict};
pub use error::DisclosureError;
pub use find::{
    Derived, DerivedKind, Entry, FindOptions, Found, Grid, Slot, find, parse_entry, published_table,
};
pub use microdata::{Microdata, MicrodataOptions, MicrodataReport, looks_like_microdata, measure};
pub use primary::{Primary, Reason, primary_cells};
pub use protect::{Earlier, Protected, Shown, ShownCell, Status, protect};
pub use report::{Summary, summarise};
pub use round::{controlled, nearest, random};
pub use rules::{
    Cost, Dominance, Limits, MicrodataRule, PPercent, Profile, Rounding, Zeros, profile,
};
pub use table::{Cell, Dimension, Node, Relation, Table};

/// Asked now and then during long searches; `true` ends them with what is there, and the verdict is `not proven`.
pub type Stop<'a> = &'a dyn Fn() -> bool;

#[cfg(test)]
mod samples;

#[cfg(test)]
mod measured;

#[cfg(test)]
mod properties;
