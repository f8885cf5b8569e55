//! Trouble on order.
//!
//! Rule that must hold: a fault hits requests to the API only, never `/control`, and says nothing in the request log.

use serde::{Deserialize, Serialize};

/// How a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailKind {
    /// 503 with `Retry-After`.
    Unavailable,
    /// 429 with `Retry-After`.
    TooMany,
    /// 500 with a page of HTML.
    HtmlError,
    /// 500 with a JSON error.
    JsonError,
    /// 502 from an ingress.
    BadGateway,
    /// 200 with half a JSON value.
    Garbled,
    /// No answer: the connection ends.
    Drop,
    /// Half the body, then the connection ends.
    Truncate,
    /// 200 with a login page.
    LoginPage,
    /// 401, whatever the ticket.
    Unauthorized,
}

/// So many requests that go wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// How.
    pub kind: FailKind,
    /// How many requests.
    #[serde(default = "one")]
    pub requests: u32,
    /// Only those whose path and query hold this.
    #[serde(default)]
    pub path: Option<String>,
    /// So many requests that fit are let through before.
    #[serde(default)]
    pub after: u32,
    /// What `Retry-After` says.
    #[serde(default)]
    pub retry_after_seconds: u64,
}

fn one() -> u32 {
    1
}

impl Failure {
    /// This often, on any request.
    pub fn new(kind: FailKind, requests: u32) -> Self {
        Self {
            kind,
            requests,
            path: None,
            after: 0,
            retry_after_seconds: 0,
        }
    }

    /// Only on requests whose path and query hold this.
    #[must_use]
    pub fn on(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    fn fits(&self, path: &str) -> bool {
        self.path.as_ref().is_none_or(|part| path.contains(part))
    }
}

/// Answers that take their time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slowness {
    /// How long each takes; 0 ends it.
    pub milliseconds: u64,
    /// Only those whose path and query hold this.
    #[serde(default)]
    pub path: Option<String>,
}

impl Slowness {
    pub(crate) fn of(&self, path: &str) -> u64 {
        if self.path.as_ref().is_none_or(|part| path.contains(part)) {
            self.milliseconds
        } else {
            0
        }
    }
}

/// The next failure that fits, taken off the list.
pub(crate) fn take(failures: &mut Vec<Failure>, path: &str) -> Option<Failure> {
    let mut found = None;
    for failure in failures.iter_mut() {
        if !failure.fits(path) || failure.requests == 0 {
            continue;
        }
        if failure.after > 0 {
            failure.after -= 1;
            continue;
        }
        failure.requests -= 1;
        found = Some(failure.clone());
        break;
    }
    failures.retain(|failure| failure.requests > 0);
    found
}
