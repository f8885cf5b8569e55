//! rideau opens a department's records.

pub use rideau_domain as domain;
pub use rideau_domain::bilingual;
