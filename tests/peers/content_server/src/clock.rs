//! The server's time.
//!
//! Rule that must hold: it never asks the machine what time it is, only how long ago something was.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that is told the time once and then moved, or runs.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    base: DateTime<Utc>,
    running_since: Option<Instant>,
}

impl Clock {
    pub(crate) fn new(start: DateTime<Utc>, runs: bool) -> Self {
        Self {
            base: start,
            running_since: runs.then(Instant::now),
        }
    }

    /// Now.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        match self.running_since {
            Some(since) => {
                self.base + TimeDelta::from_std(since.elapsed()).unwrap_or(TimeDelta::zero())
            }
            None => self.base,
        }
    }

    pub(crate) fn advance(&mut self, seconds: i64) {
        self.base += TimeDelta::seconds(seconds);
    }

    pub(crate) fn set(&mut self, time: DateTime<Utc>) {
        self.base = time;
        if self.running_since.is_some() {
            self.running_since = Some(Instant::now());
        }
    }
}
