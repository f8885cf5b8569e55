//! Talks to CKAN's action interface: one request at a time in, one answer or one kind of failure out.
//!
//! Leans on reqwest. Rules that must hold: the token goes to the configured portal and nowhere else, and never into a text; a
//! request whose outcome is not known is never called failed ([`Failure::Unknown`]).

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header, multipart::Form};
use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use crate::{PortError, options::Secret};

/// The slowest transfer that is still waited for.
const LEAST_BYTES_PER_SECOND: u64 = 64 * 1024;
/// Larger answers are no answers of CKAN.
const MOST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Why a request did not give what was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was not carried out, and this is why.
    NotDone(PortError),
    /// It may have been carried out: read back before anything else.
    Unknown(PortError),
    /// There is no such thing, or this account may not see it.
    Missing,
    /// The account may not do that.
    Denied,
    /// The portal's rules refuse it; what is wrong, by field.
    Invalid(Map<String, Value>),
}

/// A client of one portal.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    token: Secret,
    timeout: Duration,
    /// Time between two requests.
    pace: Duration,
    /// The slowest upload that is still waited for.
    least_bytes_per_second: u64,
    next: Mutex<Option<Instant>>,
}

/// A file that is being downloaded.
pub(super) struct Download<'a> {
    client: &'a Client,
    response: Response,
}

impl Download<'_> {
    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        self.response
            .chunk()
            .await
            .map_err(|error| self.client.broken(error))
    }
}

impl Client {
    pub(super) fn new(
        url: &Url,
        token: Secret,
        timeout: Duration,
        requests_per_second: f64,
    ) -> Result<Self, PortError> {
        let mut base = url.clone();
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        base.set_query(None);
        base.set_fragment(None);
        let http = reqwest::Client::builder()
            .user_agent(concat!("rideau/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(Duration::from_secs(30)))
            // A redirected POST would arrive as a GET.
            .redirect(reqwest::redirect::Policy::custom(|attempt| {
                if attempt.previous().len() > 5 {
                    attempt.error("too many redirects")
                } else if attempt
                    .previous()
                    .iter()
                    .any(|url| url.path().contains("/api/3/action/"))
                {
                    attempt.stop()
                } else {
                    attempt.follow()
                }
            }))
            .build()
            .map_err(|cause| {
                PortError::permanent(
                    "client",
                    bilingual!(
                        "The HTTP client could not be set up.",
                        "Le client HTTP n’a pas pu être préparé."
                    ),
                )
                .because(cause)
            })?;
        let pace = Duration::try_from_secs_f64(1.0 / requests_per_second.max(0.001))
            .unwrap_or(Duration::ZERO);
        Ok(Self {
            http,
            base,
            token,
            timeout,
            pace,
            least_bytes_per_second: LEAST_BYTES_PER_SECOND,
            next: Mutex::new(None),
        })
    }

    /// The same, waiting for uploads that are as slow as this.
    pub(super) fn patient(mut self, least_bytes_per_second: u64) -> Self {
        self.least_bytes_per_second = self
            .least_bytes_per_second
            .min(least_bytes_per_second)
            .max(1);
        self
    }

    /// The portal's host, for messages.
    pub(super) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The address of a dataset's page on the portal.
    pub(super) fn page(&self, dataset: uuid::Uuid) -> String {
        self.base
            .join(&format!("dataset/{dataset}"))
            .map_or_else(|_| self.base.to_string(), String::from)
    }

    /// Calls an action with a JSON body; gives its `result`.
    pub(super) async fn call(&self, action: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.request(Method::POST, &format!("api/3/action/{action}"))?;
        self.send(request.json(body), 0).await
    }

    /// Calls an action with a form that carries `bytes` bytes of files.
    pub(super) async fn upload(
        &self,
        action: &str,
        form: Form,
        bytes: u64,
    ) -> Result<Value, Failure> {
        let request = self.request(Method::POST, &format!("api/3/action/{action}"))?;
        self.send(request.multipart(form), bytes).await
    }

    /// Downloads a resource's file; gives the hex SHA-256 and the size of what came. At most `limit` bytes are read.
    pub(super) async fn digest(
        &self,
        dataset: uuid::Uuid,
        resource: uuid::Uuid,
        file_name: &str,
        limit: u64,
    ) -> Result<(String, u64), Failure> {
        let mut file = self.download(dataset, resource, file_name, limit).await?;
        let mut hasher = Sha256::new();
        let mut size: u64 = 0;
        while let Some(chunk) = file.next().await? {
            size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if size > limit {
                break;
            }
            hasher.update(&chunk);
        }
        Ok((hex::encode(hasher.finalize()), size))
    }

    /// Opens a resource's file of about `bytes` bytes.
    ///
    /// The address is built from the portal's own, not taken from the record: the token goes nowhere else.
    pub(super) async fn download(
        &self,
        dataset: uuid::Uuid,
        resource: uuid::Uuid,
        file_name: &str,
        bytes: u64,
    ) -> Result<Download<'_>, Failure> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::NotDone(not_ckan(self.host())))?
            .pop_if_empty()
            .extend([
                "dataset",
                &dataset.to_string(),
                "resource",
                &resource.to_string(),
                "download",
                file_name,
            ]);
        let request = self.authorized(self.http.get(url))?;
        let wait = self.patience(bytes);
        self.wait_turn().await;
        let response = request
            .timeout(wait)
            .send()
            .await
            .map_err(|error| self.broken(error))?;
        let status = response.status();
        if !status.is_success() {
            return Err(match status {
                StatusCode::NOT_FOUND => Failure::Missing,
                StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Failure::Denied,
                _ => self.refused(status, &response),
            });
        }
        Ok(Download {
            client: self,
            response,
        })
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self
            .base
            .join(path)
            .map_err(|cause| Failure::NotDone(not_ckan(self.host()).because(cause)))?;
        self.authorized(self.http.request(method, url))
    }

    fn authorized(&self, request: RequestBuilder) -> Result<RequestBuilder, Failure> {
        let token = self.token.reveal().map_err(Failure::NotDone)?;
        let mut value = header::HeaderValue::from_str(token.expose()).map_err(|_| {
            let place = self.token.place();
            Failure::NotDone(PortError::needs_person(
                "secret_unreadable",
                bilingual!(
                    "The token in {place} holds characters that no token has: set it again.",
                    "Le jeton dans {place} contient des caractères qu’aucun jeton ne contient : donnez-le de nouveau."
                ),
            ))
        })?;
        value.set_sensitive(true);
        Ok(request.header(header::AUTHORIZATION, value))
    }

    fn patience(&self, bytes: u64) -> Duration {
        self.timeout
            .saturating_add(Duration::from_secs(bytes / self.least_bytes_per_second))
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

    async fn send(&self, request: RequestBuilder, bytes: u64) -> Result<Value, Failure> {
        self.wait_turn().await;
        let response = request
            .timeout(self.patience(bytes))
            .send()
            .await
            .map_err(|error| self.broken(error))?;
        let status = response.status();
        match status {
            StatusCode::OK => {
                let body = read(response).await.map_err(|error| self.broken(error))?;
                let mut answer = body.ok_or_else(|| Failure::Unknown(self.unreadable()))?;
                match answer.get_mut("result") {
                    Some(result) => Ok(result.take()),
                    None => Err(Failure::Unknown(self.unreadable())),
                }
            }
            StatusCode::CONFLICT
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::BAD_REQUEST => {
                let generic = self.refused(status, &response);
                let body = read(response).await.map_err(|error| self.broken(error))?;
                Err(told(status, body).unwrap_or(generic))
            }
            _ => Err(self.refused(status, &response)),
        }
    }

    /// A status that does not come from CKAN's rules.
    fn refused(&self, status: StatusCode, response: &Response) -> Failure {
        let (host, code) = (self.host(), status.as_u16());
        let wait = retry_after(response);
        match status {
            StatusCode::TOO_MANY_REQUESTS => Failure::NotDone(
                PortError::temporary(
                    "busy",
                    bilingual!(
                        "{host} asks for fewer requests; the next attempt waits. If this lasts, lower `requests_per_second`.",
                        "{host} demande moins de requêtes ; la prochaine tentative attend. Si cela dure, réduisez `requests_per_second`."
                    ),
                )
                .after(wait),
            ),
            StatusCode::SERVICE_UNAVAILABLE => Failure::NotDone(
                PortError::temporary(
                    "unavailable",
                    bilingual!("{host} is not available for now.", "{host} n’est pas disponible pour le moment."),
                )
                .after(wait),
            ),
            StatusCode::PAYLOAD_TOO_LARGE => Failure::NotDone(PortError::needs_person(
                "too_large",
                bilingual!(
                    "{host} refuses an upload as too large: lower `upload_limit_mb` to what it takes, or have its limit raised.",
                    "{host} refuse un envoi trop gros : réduisez `upload_limit_mb` à ce qu’il accepte, ou faites relever sa limite."
                ),
            )),
            _ if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => Failure::Unknown(
                PortError::temporary(
                    "server_error",
                    bilingual!(
                        "{host} answered with error {code}; whether it did the work is found out by reading back. If this lasts, ask the portal’s support.",
                        "{host} a répondu par l’erreur {code} ; une relecture dira si le travail est fait. Si cela dure, demandez à l’assistance du portail."
                    ),
                )
                .after(wait),
            ),
            _ => Failure::NotDone(PortError::needs_person(
                "not_ckan",
                bilingual!(
                    "{host} answered {code}, and not as a CKAN portal does: check the target’s `url`.",
                    "{host} a répondu {code}, et non comme un portail CKAN : vérifiez l’`url` de la cible."
                ),
            )),
        }
    }

    /// No answer, or one that broke off.
    fn broken(&self, error: reqwest::Error) -> Failure {
        let host = self.host();
        // The address in reqwest's text tells nothing more.
        let error = error.without_url();
        if error.is_connect() {
            return Failure::NotDone(
                PortError::temporary(
                    "unreachable",
                    bilingual!("{host} cannot be reached.", "{host} est injoignable."),
                )
                .because(error),
            );
        }
        if error.is_builder() {
            return Failure::NotDone(not_ckan(host).because(error));
        }
        let message = if error.is_timeout() {
            bilingual!(
                "{host} did not answer in time; what it did is found out by reading back.",
                "{host} n’a pas répondu à temps ; une relecture dira ce qui est fait."
            )
        } else {
            bilingual!(
                "The connection to {host} broke off; what was done is found out by reading back.",
                "La connexion à {host} s’est interrompue ; une relecture dira ce qui est fait."
            )
        };
        Failure::Unknown(PortError::temporary("no_answer", message).because(error))
    }

    fn unreadable(&self) -> PortError {
        let host = self.host();
        PortError::temporary(
            "no_answer",
            bilingual!(
                "The answer of {host} cannot be read; what was done is found out by reading back.",
                "La réponse de {host} est illisible ; une relecture dira ce qui est fait."
            ),
        )
    }
}

fn not_ckan(host: &str) -> PortError {
    PortError::needs_person(
        "not_ckan",
        bilingual!(
            "{host} does not answer as a CKAN portal does: check the target’s `url`.",
            "{host} ne répond pas comme un portail CKAN : vérifiez l’`url` de la cible."
        ),
    )
}

/// The body as JSON; `None` when it is something else.
async fn read(response: Response) -> Result<Option<Value>, reqwest::Error> {
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

/// What CKAN itself says; `None` when the body is not CKAN's.
fn told(status: StatusCode, body: Option<Value>) -> Option<Failure> {
    let mut body = body?;
    let Some(Value::Object(error)) = body.get_mut("error").map(Value::take) else {
        // Bad JSON or an unknown action: the body is a text.
        let text: String = body.as_str()?.chars().take(200).collect();
        return Some(Failure::NotDone(PortError::permanent(
            "invalid",
            bilingual!(
                "The portal refused the request: {text}",
                "Le portail a refusé la requête : {text}"
            ),
        )));
    };
    let kind = error
        .get("__type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match (status, kind) {
        (StatusCode::NOT_FOUND, "Not Found Error") => Some(Failure::Missing),
        (StatusCode::FORBIDDEN, "Authorization Error") => Some(Failure::Denied),
        (StatusCode::CONFLICT, _) => {
            let fields = error
                .into_iter()
                .filter(|(name, _)| name != "__type")
                .collect();
            Some(Failure::Invalid(fields))
        }
        (StatusCode::BAD_REQUEST, _) => Some(Failure::NotDone(PortError::permanent(
            "invalid",
            bilingual!(
                "The portal could not read the request ({kind}).",
                "Le portail n’a pas pu lire la requête ({kind})."
            ),
        ))),
        _ => None,
    }
}

/// `Retry-After`, in seconds or as a date (compared with the answer's own `Date`).
fn retry_after(response: &Response) -> Option<Duration> {
    let text = |name| {
        response
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    wait_told(text(header::RETRY_AFTER)?, text(header::DATE))
}

fn wait_told(wait: &str, date: Option<&str>) -> Option<Duration> {
    const MOST: Duration = Duration::from_hours(24);
    if let Ok(seconds) = wait.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(MOST));
    }
    let until = chrono::DateTime::parse_from_rfc2822(wait).ok()?;
    let now = chrono::DateTime::parse_from_rfc2822(date?).ok()?;
    (until - now).to_std().ok().map(|wait| wait.min(MOST))
}

/// All that is wrong, as one text in each language.
pub(super) fn invalid(host: &str, fields: &Map<String, Value>) -> PortError {
    let problems = super::answers::explain(fields);
    let too_large = fields.contains_key("upload");
    let join = |pick: fn(&Bilingual) -> &str| {
        problems
            .iter()
            .map(|p| pick(&p.message))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (en, fr) = (join(|m| &m.en), join(|m| &m.fr));
    PortError::permanent(
        if too_large { "too_large" } else { "invalid" },
        bilingual!(
            "{host} refused the record. {en}",
            "{host} a refusé l’enregistrement. {fr}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits() {
        let check = |wait: &str, date: Option<&str>, seconds: Option<u64>| {
            assert_eq!(
                wait_told(wait, date),
                seconds.map(Duration::from_secs),
                "{wait}"
            );
        };
        check("7", None, Some(7));
        check(" 0 ", None, Some(0));
        check("99999999999", None, Some(86400));
        check("-1", None, None);
        check("soon", None, None);
        check(
            "Wed, 21 Oct 2015 07:28:30 GMT",
            Some("Wed, 21 Oct 2015 07:28:00 GMT"),
            Some(30),
        );
        check(
            "Wed, 21 Oct 2015 07:28:00 GMT",
            Some("Wed, 21 Oct 2015 07:28:30 GMT"),
            None,
        );
        check("Wed, 21 Oct 2015 07:28:30 GMT", None, None);
    }

    #[test]
    fn ckan_says() {
        let told = |status: u16, body: &str| {
            told(
                StatusCode::from_u16(status).unwrap(),
                serde_json::from_str(body).ok(),
            )
        };
        assert!(matches!(
            told(404, r#"{"error":{"__type":"Not Found Error"}}"#),
            Some(Failure::Missing)
        ));
        assert!(
            told(404, "<html>").is_none(),
            "a page of a proxy is no proof of absence"
        );
        assert!(told(404, r#"{"error":{"__type":"x"}}"#).is_none());
        assert!(told(404, "{}").is_none());
        assert!(told(403, "null").is_none());
        assert!(matches!(
            told(400, "\"Bad request\""),
            Some(Failure::NotDone(_))
        ));
        assert!(
            matches!(told(409, r#"{"error":{"__type":"Validation Error","a":["b"]}}"#), Some(Failure::Invalid(f)) if f.len() == 1)
        );
    }
}
