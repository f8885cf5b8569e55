//! Getting in: three ways to a ticket, one login at a time, and the newest ticket for everybody.
//!
//! Old tickets stay good until their own end, so a request may finish with the one it began with. Rules that must hold: however
//! many requests are refused at once, one login follows; a refused account is not tried again at once, which would lock it; no
//! ticket, password or token enters a message or a log.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::{ContentServerOptions, Login, client::form, problem};
use crate::{
    PortError,
    options::{Revealed, Secret},
};

/// How long a refused account is left alone.
const REFUSED_FOR: Duration = Duration::from_mins(5);

const TICKET: HeaderName = HeaderName::from_static("otcsticket");
const OTDS_TICKET: HeaderName = HeaderName::from_static("otdsticket");

/// What opens the door, as a header.
#[derive(Clone)]
pub(super) struct Ticket {
    /// Which login it comes from.
    generation: u64,
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
}

/// The account, and the ticket that it has.
pub(super) struct Session {
    login: Login,
    user: Option<String>,
    password: Option<Secret>,
    otds: Option<Url>,
    client_id: Option<String>,
    client_secret: Option<Secret>,
    timeout: Duration,
    held: Mutex<Option<Arc<Ticket>>>,
    /// Held while somebody logs in; when the account was last refused.
    one: tokio::sync::Mutex<Option<Instant>>,
    logins: AtomicU64,
}

impl Session {
    pub(super) fn new(options: &ContentServerOptions) -> Self {
        Self {
            login: options.login,
            user: options.user.clone(),
            password: options.password.clone(),
            otds: options.otds_url.as_ref().map(|url| url.url().clone()),
            client_id: options.client_id.clone(),
            client_secret: options.client_secret.clone(),
            timeout: Duration::from_secs(options.timeout_seconds),
            held: Mutex::new(None),
            one: tokio::sync::Mutex::new(None),
            logins: AtomicU64::new(0),
        }
    }

    /// The ticket to use, after a login if there is none.
    pub(super) async fn ticket(
        &self,
        http: &reqwest::Client,
        auth: &Url,
    ) -> Result<Arc<Ticket>, PortError> {
        if let Some(ticket) = self.held() {
            return Ok(ticket);
        }
        let mut refused = self.one.lock().await;
        if let Some(ticket) = self.held() {
            return Ok(ticket);
        }
        if refused.is_some_and(|at| at.elapsed() < REFUSED_FOR) {
            return Err(problem::credentials_refused(self.door(auth)));
        }
        match self.log_in(http, auth).await {
            Ok((name, value)) => {
                *refused = None;
                let ticket = Arc::new(Ticket {
                    generation: self.logins.fetch_add(1, Ordering::Relaxed),
                    name,
                    value,
                });
                self.hold(Some(Arc::clone(&ticket)));
                Ok(ticket)
            }
            Err(error) => {
                if error.code == "log_in" {
                    *refused = Some(Instant::now());
                }
                Err(error)
            }
        }
    }

    /// A ticket was refused: unless somebody has logged in meanwhile, the next one to ask does.
    pub(super) fn expired(&self, used: &Ticket) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held
            .as_ref()
            .is_some_and(|ticket| ticket.generation == used.generation)
        {
            *held = None;
        }
    }

    /// An answer brought a fresh ticket.
    pub(super) fn rotated(&self, used: &Ticket, response: &Response) {
        let Some(value) = response.headers().get(TICKET) else {
            return;
        };
        if used.name != TICKET || value.is_empty() || *value == used.value {
            return;
        }
        let mut value = value.clone();
        value.set_sensitive(true);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held
            .as_ref()
            .is_some_and(|ticket| ticket.generation == used.generation)
        {
            *held = Some(Arc::new(Ticket {
                generation: used.generation,
                name: TICKET,
                value,
            }));
        }
    }

    fn held(&self) -> Option<Arc<Ticket>> {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn hold(&self, ticket: Option<Arc<Ticket>>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = ticket;
    }

    /// Whose door it is, for messages.
    fn door<'a>(&'a self, auth: &'a Url) -> &'a str {
        let url = match self.login {
            Login::Password => auth,
            Login::Otds | Login::Oauth => self.otds.as_ref().unwrap_or(auth),
        };
        url.host_str().unwrap_or_default()
    }

    async fn log_in(
        &self,
        http: &reqwest::Client,
        auth: &Url,
    ) -> Result<(HeaderName, HeaderValue), PortError> {
        match self.login {
            Login::Password => {
                let (user, password) = self.account()?;
                let body = form(&[("username", user), ("password", password.expose())]);
                let request = http
                    .post(auth.clone())
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body);
                let (_, answer) = self.send(request, self.door(auth)).await?;
                let ticket = text(&answer, "ticket", self.door(auth))?;
                Ok((TICKET, sensitive(ticket, self.door(auth))?))
            }
            Login::Otds => {
                let (user, password) = self.account()?;
                let url = self.otds("v1/authentication/credentials")?;
                let request = http
                    .post(url)
                    .json(&json!({ "user_name": user, "password": password.expose() }));
                let (_, answer) = self.send(request, self.door(auth)).await?;
                let ticket = text(&answer, "ticket", self.door(auth))?;
                let value = sensitive(ticket, self.door(auth))?;
                self.exchange(http, auth, OTDS_TICKET, value).await
            }
            Login::Oauth => {
                let (Some(id), Some(secret)) = (&self.client_id, &self.client_secret) else {
                    return Err(problem::setting_missing("client_secret"));
                };
                let secret = secret.reveal()?;
                let body = form(&[
                    ("grant_type", "client_credentials"),
                    (
                        "requested_token_type",
                        "urn:ietf:params:oauth:token-type:access_token",
                    ),
                ]);
                let request = http
                    .post(self.otds("oauth2/token")?)
                    .basic_auth(id, Some(secret.expose()))
                    .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(body);
                let (_, answer) = self.send(request, self.door(auth)).await?;
                let token = text(&answer, "access_token", self.door(auth))?;
                let value = sensitive(&format!("Bearer {token}"), self.door(auth))?;
                self.exchange(http, auth, header::AUTHORIZATION, value)
                    .await
            }
        }
    }

    /// Shows Content Server what the directory gave. Where it gives no ticket of its own, what the directory gave goes with every
    /// request.
    async fn exchange(
        &self,
        http: &reqwest::Client,
        auth: &Url,
        name: HeaderName,
        value: HeaderValue,
    ) -> Result<(HeaderName, HeaderValue), PortError> {
        let host = auth.host_str().unwrap_or_default();
        let request = http.get(auth.clone()).header(name.clone(), value.clone());
        let (ticket, _) = self.send(request, host).await?;
        match ticket {
            Some(mut ticket) => {
                ticket.set_sensitive(true);
                Ok((TICKET, ticket))
            }
            None => Ok((name, value)),
        }
    }

    /// One request of a login: the ticket in its header, if any, and its body.
    async fn send(
        &self,
        request: RequestBuilder,
        host: &str,
    ) -> Result<(Option<HeaderValue>, Value), PortError> {
        let response = request
            .timeout(self.timeout)
            .send()
            .await
            .map_err(|error| problem::unreachable(host).because(error.without_url()))?;
        let status = response.status();
        if status.is_redirection() {
            return Err(problem::redirected(host));
        }
        let ticket = response
            .headers()
            .get(TICKET)
            .filter(|value| !value.is_empty())
            .cloned();
        let wait = super::client::retry_after(&response);
        let body = super::client::read_json(response)
            .await
            .map_err(|error| problem::unreachable(host).because(error.without_url()))?;
        match (status, body) {
            (StatusCode::OK | StatusCode::CREATED, Some(body)) => Ok((ticket, body)),
            // A proxy refuses in HTML: that says nothing about the account.
            (StatusCode::UNAUTHORIZED, _)
            | (StatusCode::FORBIDDEN | StatusCode::BAD_REQUEST, Some(_)) => {
                Err(problem::credentials_refused(host))
            }
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => {
                Err(problem::busy(host, status.as_u16(), wait))
            }
            (status, _) if status.is_server_error() => {
                Err(problem::server_error(host, status.as_u16()).after(wait))
            }
            _ => Err(problem::unreadable(host)),
        }
    }

    fn account(&self) -> Result<(&str, Revealed), PortError> {
        let user = self
            .user
            .as_deref()
            .ok_or_else(|| problem::setting_missing("user"))?;
        let password = self
            .password
            .as_ref()
            .ok_or_else(|| problem::setting_missing("password"))?;
        Ok((user, password.reveal()?))
    }

    /// An address of the directory, which may be given with or without its `otdsws`.
    fn otds(&self, path: &str) -> Result<Url, PortError> {
        let mut url = self
            .otds
            .clone()
            .ok_or_else(|| problem::setting_missing("otds_url"))?;
        let base = url.path().trim_end_matches('/').to_owned();
        let full = if base.ends_with("/otdsws") {
            format!("{base}/{path}")
        } else {
            format!("{base}/otdsws/{path}")
        };
        url.set_path(&full);
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }
}

fn text<'a>(answer: &'a Value, key: &str, host: &str) -> Result<&'a str, PortError> {
    answer
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| problem::unreadable(host))
}

fn sensitive(text: &str, place: &str) -> Result<HeaderValue, PortError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| problem::odd_secret(place))?;
    value.set_sensitive(true);
    Ok(value)
}
