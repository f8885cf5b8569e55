//! Errors that cross a port, and the lines of a self-test.

use std::{error::Error, fmt, time::Duration};

use rideau_domain::Bilingual;

/// Whether trying again can help. The queue decides by this and by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Yes, later; not before `after` when the other side said so.
    Temporary {
        /// The wait the other side asked for.
        after: Option<Duration>,
    },
    /// No: the same request fails the same way.
    Permanent,
    /// Not until a person has done something (a right granted, a password given, a conflict resolved).
    NeedsPerson,
}

/// A failure at a port.
#[derive(Debug)]
pub struct PortError {
    /// Whether trying again can help.
    pub retry: Retry,
    /// A stable word for metrics and tests: `unreachable`, `changed`, `gone`, `forbidden`, `invalid`, …
    pub code: &'static str,
    /// What happened to which thing, why, and what to do next. Never a token, never document text.
    pub message: Bilingual,
    /// The cause.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl PortError {
    /// A failure that may pass by itself.
    pub fn temporary(code: &'static str, message: Bilingual) -> Self {
        Self {
            retry: Retry::Temporary { after: None },
            code,
            message,
            cause: None,
        }
    }

    /// A failure that stays.
    pub fn permanent(code: &'static str, message: Bilingual) -> Self {
        Self {
            retry: Retry::Permanent,
            code,
            message,
            cause: None,
        }
    }

    /// A failure that only a person can lift.
    pub fn needs_person(code: &'static str, message: Bilingual) -> Self {
        Self {
            retry: Retry::NeedsPerson,
            code,
            message,
            cause: None,
        }
    }

    /// With its cause.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// With the wait the other side asked for; makes it temporary.
    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry = Retry::Temporary { after: wait };
        self
    }

    /// True when trying again can help.
    pub fn is_temporary(&self) -> bool {
        matches!(self.retry, Retry::Temporary { .. })
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn Error + 'static))
    }
}

/// One line of a connector's self-test.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CheckLine {
    /// A stable word for what was tried: `log_in`, `list`, `read`, `create_right` …
    pub what: &'static str,
    /// Whether it worked.
    pub ok: bool,
    /// What was found, or what failed and what to do next.
    pub detail: Bilingual,
}
