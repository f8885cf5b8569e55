//! rideau opens a department's records: watches, converts, screens, decides, publishes, hands over.
//!
//! `docs/ARCHITECTURE.md` is the map. Dependencies point down only: `cli, web → steps → {convert, screen, record,
//! transfer, report} → domain`; `catalog`, the connectors, `sandbox` and `web` alone touch the world.

pub mod app;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod convert;
pub mod engine;
pub mod formats;
pub mod record;
pub mod report;
pub mod sandbox;
pub mod screen;
pub mod setup;
pub mod steps;
pub mod telemetry;
pub mod transfer;
pub mod web;

pub use rideau_domain as domain;
pub use rideau_domain::bilingual;
