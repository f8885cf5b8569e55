//! rideau opens a department's records.

pub mod catalog;
pub use rideau_domain as domain;
pub use rideau_domain::bilingual;
