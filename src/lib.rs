//! rideau opens a department's records.

pub mod domain;
