//! Where time and ids come from: always an argument, so that tests and replays are exact.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// Makes new ids.
pub trait Ids: Send + Sync {
    /// A new, time-ordered id (UUID version 7).
    fn next(&self) -> Uuid;
}
