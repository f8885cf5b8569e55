//! Settings: one TOML file to typed values, or every problem in it at once.
//!
//! Leans on `rideau_connectors::options` for declaring and decoding. [`Settings::load`] reads, decodes and cross-checks;
//! [`schema`](fn@schema) and [`reference`](fn@reference) are generated from the same declarations. Rule that must hold: a setting that is not
//! understood stops the program before it starts; nothing is guessed.

mod checks;
mod cron;
mod database;
mod files;
mod labels;
mod reference;
mod render;
mod schema;
mod sections;
mod settings;
#[cfg(test)]
mod tests;
mod zone;

pub use cron::Cron;
pub use database::Database;
pub use labels::Labels;
pub use reference::reference;
pub use render::render;
pub use schema::{schema, schema_text};
pub use sections::{
    Backoff, BagInfo, Clearance, Convert, Data, Deletion, Department, DocumentOutput, Engine,
    FormulaText, Gate, GroupBy, HandEdits, Log, LogFormat, LogLevel, Missed, Policy,
    PublicContacts, Redacting, Rules, Sandbox, Schedule, SourceCommon, TableOutput, TargetCommon,
    Transfer, Web,
};
pub use settings::{InData, Kinds, Loaded, Settings, SourceSettings, TargetSettings};
pub use zone::Zone;
