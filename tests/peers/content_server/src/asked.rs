//! A request, taken apart.
//!
//! Rule that must hold: a body is understood as a form only: urlencoded or multipart, plain fields or one field `body` with
//! JSON in it. A body of `application/json` gives no fields, as on the real server; OTDS and `/control` read
//! it for themselves.

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::{HeaderMap, header::CONTENT_TYPE, request::Parts},
};
use bytes::Bytes;
use serde_json::Value;

/// The most bytes of a body.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A request, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The path with the query, as it came.
    pub(crate) target: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) body: Bytes,
    headers: HeaderMap,
}

impl Asked {
    pub(crate) async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX)
            .await
            .unwrap_or_default();
        let kind = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("")
            .to_lowercase();
        let query = pairs(parts.uri.query().unwrap_or("").as_bytes());
        let target = parts
            .uri
            .path_and_query()
            .map_or_else(|| "/".to_owned(), |whole| whole.as_str().to_owned());
        let method = parts.method.as_str().to_owned();
        let path = parts.uri.path().to_owned();
        let headers = parts.headers.clone();
        let fields = if kind.starts_with("application/x-www-form-urlencoded") {
            pairs(&body)
        } else if kind.starts_with("multipart/form-data") {
            multipart(parts, body.clone()).await
        } else {
            Vec::new()
        };
        Self {
            method,
            path,
            target,
            query,
            form: unpack(fields),
            body,
            headers,
        }
    }

    /// A header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of a field of the form or else of the query.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.form
            .iter()
            .chain(self.query.iter())
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a field, in order.
    pub(crate) fn all(&self, key: &str) -> Vec<&str> {
        self.form
            .iter()
            .chain(self.query.iter())
            .filter(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Whether the key is there, with or without a value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A number of a field.
    pub(crate) fn number(&self, key: &str) -> Option<i64> {
        self.get(key)?.trim().parse().ok()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

async fn multipart(parts: Parts, body: Bytes) -> Vec<(String, String)> {
    let request = Request::from_parts(parts, Body::from(body));
    let mut fields = Vec::new();
    let Ok(mut form) = Multipart::from_request(request, &()).await else {
        return fields;
    };
    while let Ok(Some(field)) = form.next_field().await {
        let name = field.name().unwrap_or("").to_owned();
        let value = field.bytes().await.unwrap_or_default();
        fields.push((name, String::from_utf8_lossy(&value).into_owned()));
    }
    fields
}

/// Puts what is in a field `body` beside the other fields.
fn unpack(fields: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in fields {
        let inner = if name == "body" {
            serde_json::from_str(&value).ok()
        } else {
            None
        };
        let Some(Value::Object(inner)) = inner else {
            all.push((name, value));
            continue;
        };
        for (key, value) in inner {
            match value {
                Value::Array(values) => {
                    all.extend(values.iter().map(|one| (key.clone(), plain(one))));
                }
                other => all.push((key, plain(&other))),
            }
        }
    }
    all
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
