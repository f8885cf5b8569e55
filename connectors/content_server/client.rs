//! Talks to Content Server's REST interface: one question in, one answer or one kind of failure out.
//!
//! Every request here only reads and may be repeated, so what passes by itself is tried again within limits. Leans on reqwest and
//! [`Session`]. Rules that must hold: the ticket goes to the configured server and nowhere else; only what Content Server
//! itself says, as JSON, counts as "not shown".

use std::{
    collections::BTreeMap,
    sync::{Mutex as Shared, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use futures::StreamExt;
use reqwest::{Method, Response, StatusCode, header};
use serde_json::Value;
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};
use url::{Url, form_urlencoded};

use super::{
    ContentServerOptions,
    login::{Session, Ticket},
    problem,
};
use crate::{PortError, Retry};

/// Larger answers are no answers of Content Server.
const MOST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How often a question is put before it counts as failed.
const TRIES: u32 = 3;

/// Longer waits are left to the engine.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The wait before the second try; the third waits four times as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The most cookies that are kept for the load balancer's sake.
const MOST_COOKIES: usize = 16;

/// Why a question did not give what was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// Content Server says that there is no such thing, or that this account may not see it, or that it has no such module: by
    /// the status alone these are one.
    Refused(u16),
    /// Everything else.
    Port(PortError),
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl Failure {
    /// What is said where a refusal is as good as an error of the server.
    pub(super) fn told(self, host: &str) -> PortError {
        match self {
            Self::Refused(code) => problem::server_error(host, code),
            Self::Port(error) => error,
        }
    }
}

/// An answer.
pub(super) struct Answer {
    pub(super) body: Value,
    /// When the server says that it answered.
    pub(super) date: Option<DateTime<Utc>>,
}

enum Reply {
    Json(Answer),
    Bytes(Response),
}

/// A question.
struct Call {
    method: Method,
    url: Url,
    form: Option<String>,
    content: bool,
}

/// How one try went wrong.
enum Miss {
    Unauthorized,
    Refused(u16),
    Again(PortError),
    Final(PortError),
}

/// A client of one server.
pub(super) struct Client {
    http: reqwest::Client,
    api: Url,
    auth: Url,
    session: Session,
    timeout: Duration,
    first_wait: Duration,
    /// Time between two requests.
    pace: Duration,
    next: Mutex<Option<Instant>>,
    workers: Semaphore,
    cookies: Shared<BTreeMap<String, String>>,
}

impl Client {
    pub(super) fn new(options: &ContentServerOptions) -> Result<Self, PortError> {
        let timeout = Duration::from_secs(options.timeout_seconds);
        let http = reqwest::Client::builder()
            .user_agent(concat!("rideau/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(Duration::from_secs(30)))
            .read_timeout(timeout)
            // The ticket would travel with a redirect, wherever it leads.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|cause| problem::client().because(cause))?;
        let mut base = options.url.url().clone();
        base.set_query(None);
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/').to_owned();
        let mut api = base.clone();
        api.set_path(&format!("{path}/api/"));
        let mut auth = base;
        auth.set_path(&format!("{path}/api/v1/auth"));
        let pace = Duration::try_from_secs_f64(1.0 / options.requests_per_second.max(0.001))
            .unwrap_or(Duration::ZERO);
        let workers = usize::try_from(options.workers.max(1)).unwrap_or(1);
        Ok(Self {
            http,
            api,
            auth,
            session: Session::new(options),
            timeout,
            first_wait: FIRST_WAIT,
            pace,
            next: Mutex::new(None),
            workers: Semaphore::new(workers),
            cookies: Shared::new(BTreeMap::new()),
        })
    }

    /// Without waits between tries, for tests.
    #[cfg(test)]
    pub(super) fn impatient(mut self) -> Self {
        self.first_wait = Duration::ZERO;
        self
    }

    /// The server's host, for messages.
    pub(super) fn host(&self) -> &str {
        self.api.host_str().unwrap_or_default()
    }

    /// An address below `api/`: `v2/nodes/2000`.
    pub(super) fn url(&self, path: &str) -> Url {
        let mut url = self.api.clone();
        let full = format!("{}{path}", self.api.path());
        url.set_path(&full);
        url
    }

    /// The server's own page of a record, for people.
    pub(super) fn page(&self, id: u64) -> String {
        let mut url = self.api.clone();
        let base = self
            .api
            .path()
            .trim_end_matches('/')
            .trim_end_matches("/api")
            .to_owned();
        url.set_path(&format!("{base}/app/nodes/{id}"));
        url.into()
    }

    pub(super) async fn get(&self, url: Url) -> Result<Answer, Failure> {
        self.json(Call {
            method: Method::GET,
            url,
            form: None,
            content: false,
        })
        .await
    }

    /// A question that is put with a form, since it is too long for an address.
    pub(super) async fn post(&self, url: Url, form: String) -> Result<Answer, Failure> {
        self.json(Call {
            method: Method::POST,
            url,
            form: Some(form),
            content: false,
        })
        .await
    }

    /// A content, from its beginning.
    pub(super) async fn content(&self, url: Url) -> Result<Response, Failure> {
        let call = Call {
            method: Method::GET,
            url,
            form: None,
            content: true,
        };
        match self.ask(&call).await? {
            Reply::Bytes(response) => Ok(response),
            Reply::Json(_) => Err(problem::unreadable(self.host()).into()),
        }
    }

    /// A connection that broke off, in words.
    fn broken(&self, error: reqwest::Error) -> PortError {
        // The address in reqwest's text tells nothing more.
        problem::unreachable(self.host()).because(error.without_url())
    }

    async fn json(&self, call: Call) -> Result<Answer, Failure> {
        match self.ask(&call).await? {
            Reply::Json(answer) => Ok(answer),
            Reply::Bytes(_) => Err(problem::unreadable(self.host()).into()),
        }
    }

    async fn ask(&self, call: &Call) -> Result<Reply, Failure> {
        let mut tries = 0;
        let mut logged_in_again = false;
        loop {
            let miss = match self.session.ticket(&self.http, &self.auth).await {
                Ok(ticket) => match self.once(call, &ticket).await {
                    Ok(reply) => return Ok(reply),
                    Err(Miss::Unauthorized) => {
                        self.session.expired(&ticket);
                        if logged_in_again {
                            return Err(problem::session_refused(self.host()).into());
                        }
                        logged_in_again = true;
                        continue;
                    }
                    Err(miss) => miss,
                },
                Err(error) if error.is_temporary() => Miss::Again(error),
                Err(error) => Miss::Final(error),
            };
            let error = match miss {
                Miss::Refused(code) => return Err(Failure::Refused(code)),
                Miss::Final(error) => return Err(error.into()),
                Miss::Unauthorized => return Err(problem::session_refused(self.host()).into()),
                Miss::Again(error) => error,
            };
            tries += 1;
            let own = self
                .first_wait
                .saturating_mul(4_u32.saturating_pow(tries - 1));
            let wait = match error.retry {
                Retry::Temporary { after: Some(after) } => after.max(own),
                _ => own,
            };
            if tries >= TRIES || wait > LONGEST_WAIT {
                return Err(error.into());
            }
            tracing::debug!(
                code = error.code,
                tries,
                "Content Server did not answer; it is asked again"
            );
            tokio::time::sleep(wait).await;
        }
    }

    async fn once(&self, call: &Call, ticket: &Ticket) -> Result<Reply, Miss> {
        let _one = self
            .workers
            .acquire()
            .await
            .map_err(|closed| Miss::Final(problem::stopped().because(closed)))?;
        self.wait_turn().await;
        let mut request = self
            .http
            .request(call.method.clone(), call.url.clone())
            .header(ticket.name.clone(), ticket.value.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some(cookies) = self.cookies() {
            request = request.header(header::COOKIE, cookies);
        }
        if let Some(form) = &call.form {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.clone());
        }
        if !call.content {
            request = request.timeout(self.timeout);
        }
        let response = request
            .send()
            .await
            .map_err(|error| Miss::Again(self.broken(error)))?;
        self.session.rotated(ticket, &response);
        self.keep_cookies(&response);
        self.judge(call, response).await
    }

    async fn judge(&self, call: &Call, response: Response) -> Result<Reply, Miss> {
        let host = self.host();
        let status = response.status();
        let code = status.as_u16();
        let wait = retry_after(&response);
        if status == StatusCode::UNAUTHORIZED {
            return Err(Miss::Unauthorized);
        }
        if status.is_redirection() {
            return Err(Miss::Final(problem::redirected(host)));
        }
        if matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
                | StatusCode::REQUEST_TIMEOUT
        ) {
            return Err(Miss::Again(problem::busy(host, code, wait)));
        }
        if status.is_success() && call.content {
            return Ok(Reply::Bytes(response));
        }
        let date = date(&response);
        let body = read_json(response)
            .await
            .map_err(|error| Miss::Again(self.broken(error)))?
            .filter(|body| body.is_object() || body.is_array());
        let Some(body) = body else {
            return Err(if status.is_server_error() {
                Miss::Again(problem::server_error(host, code).after(wait))
            } else if status.is_success() {
                Miss::Again(problem::unreadable(host))
            } else {
                // A proxy, a firewall, a default page: no word of Content Server's.
                Miss::Final(problem::unreadable(host))
            });
        };
        // Something in between may have had all answers turned into 200.
        let code = body
            .get("statusCode")
            .and_then(Value::as_u64)
            .and_then(|told| u16::try_from(told).ok())
            .filter(|told| status.is_success() && *told >= 400)
            .unwrap_or(code);
        match code {
            200..=299 => Ok(Reply::Json(Answer { body, date })),
            401 => Err(Miss::Unauthorized),
            400 | 403 | 404 | 500 => Err(Miss::Refused(code)),
            501..=599 => Err(Miss::Again(problem::server_error(host, code).after(wait))),
            _ => Err(Miss::Final(problem::not_understood(host, code))),
        }
    }

    /// Waits until the next request may go out.
    async fn wait_turn(&self) {
        let turn = {
            let mut next = self.next.lock().await;
            let now = Instant::now();
            let turn = next.map_or(now, |next| next.max(now));
            *next = turn.checked_add(self.pace);
            turn
        };
        tokio::time::sleep_until(turn).await;
    }

    fn cookies(&self) -> Option<String> {
        let jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Keeps what a load balancer wants back. The session's own cookie is left out: the ticket's header says the same and is newer.
    fn keep_cookies(&self, response: &Response) {
        let mut jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie
                .to_str()
                .ok()
                .and_then(|text| text.split(';').next())
                .and_then(|pair| pair.split_once('='));
            let Some((name, value)) = pair.map(|(name, value)| (name.trim(), value.trim())) else {
                continue;
            };
            if name.is_empty() || name.eq_ignore_ascii_case("llcookie") {
                continue;
            }
            if value.is_empty() {
                jar.remove(name);
            } else if jar.len() < MOST_COOKIES || jar.contains_key(name) {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Fields as the body of a form. A repeated key is a list.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, value);
    }
    form.finish()
}

/// The body as JSON; `None` when it is something else.
pub(super) async fn read_json(response: Response) -> Result<Option<Value>, reqwest::Error> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() > MOST_ANSWER_BYTES {
            return Ok(None);
        }
    }
    Ok(serde_json::from_slice(&body).ok())
}

/// `Retry-After`, in seconds or as a date, which is held against the answer's own.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let told = response
        .headers()
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim();
    if let Ok(seconds) = told.parse::<u64>() {
        return Some(Duration::from_secs(seconds.min(86_400)));
    }
    let until = DateTime::parse_from_rfc2822(told).ok()?;
    let wait = until.signed_duration_since(date(response)?);
    wait.to_std()
        .ok()
        .map(|wait| wait.min(Duration::from_hours(24)))
}

fn date(response: &Response) -> Option<DateTime<Utc>> {
    let told = response.headers().get(header::DATE)?.to_str().ok()?;
    let date = DateTime::parse_from_rfc2822(told).ok()?;
    Some(date.with_timezone(&Utc))
}
