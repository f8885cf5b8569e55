//! The one place where the machine's clock and random numbers enter.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{Clock, Ids};

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// UUID version 7 from the machine's clock and random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "the one place where ids enter")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
