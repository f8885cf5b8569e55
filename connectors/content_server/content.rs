//! Opens the content of one record: exactly the version that was seen, and all of it.
//!
//! The version is asked for by its number, so that a newer one that lands in between cannot slip in. Rule that must hold: as many
//! bytes as the version has, or an error.

use bytes::Bytes;
use futures::{StreamExt, stream, stream::BoxStream};
use reqwest::{Response, header};

use super::{client::Failure, deep, native::Record, problem, site::Site};
use crate::{Content, PortError};

/// The number behind a native id.
pub(super) fn parse_id(native_id: &str) -> Result<u64, PortError> {
    let plain = !native_id.is_empty() && native_id.bytes().all(|byte| byte.is_ascii_digit());
    native_id
        .parse::<u64>()
        .ok()
        .filter(|id| plain && *id > 0)
        .ok_or_else(|| problem::invalid_id(native_id))
}

/// Opens a record's content, if the record still has this fingerprint.
pub(super) async fn open(
    site: &Site,
    native_id: &str,
    fingerprint: &str,
) -> Result<Content, PortError> {
    let record = as_it_is(site, native_id).await?;
    if record.fingerprint != fingerprint {
        return Err(problem::changed(native_id));
    }
    let id = record.node.id;
    let url = if let Some(version) = &record.version {
        site.client.url(&format!(
            "v1/nodes/{id}/versions/{}/content",
            version.number
        ))
    } else {
        let mut url = site.client.url(&format!("v1/nodes/{id}/content"));
        url.query_pairs_mut().append_pair("action", "download");
        url
    };
    let response = match site.client.content(url).await {
        Ok(response) => response,
        Err(Failure::Refused(_)) => return Err(problem::gone(native_id)),
        Err(Failure::Port(error)) => return Err(error),
    };
    let packed = response
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if packed {
        return Err(problem::encoded(site.client.host()));
    }
    let size_bytes = match &record.version {
        Some(version) => version.size_bytes,
        None => record.node.size_bytes,
    };
    Ok(Content {
        size_bytes,
        stream: counted(
            response,
            native_id.to_owned(),
            site.client.host().to_owned(),
            size_bytes,
        ),
    })
}

/// Tells whether a record still has this fingerprint.
pub(super) async fn unchanged(
    site: &Site,
    native_id: &str,
    fingerprint: &str,
) -> Result<bool, PortError> {
    Ok(as_it_is(site, native_id).await?.fingerprint == fingerprint)
}

async fn as_it_is(site: &Site, native_id: &str) -> Result<Record, PortError> {
    let id = parse_id(native_id)?;
    deep::read(site, id)
        .await?
        .ok_or_else(|| problem::gone(native_id))
}

/// What is left to give.
struct Rest {
    chunks: BoxStream<'static, Result<Bytes, reqwest::Error>>,
    native_id: String,
    host: String,
    expected: Option<u64>,
    came: u64,
}

/// The bytes as they come, and an error at the end if there were not as many as expected.
fn counted(
    response: Response,
    native_id: String,
    host: String,
    expected: Option<u64>,
) -> BoxStream<'static, Result<Bytes, PortError>> {
    let rest = Rest {
        chunks: response.bytes_stream().boxed(),
        native_id,
        host,
        expected,
        came: 0,
    };
    stream::unfold(Some(rest), |rest| async move {
        let mut rest = rest?;
        match rest.chunks.next().await {
            Some(Ok(chunk)) => {
                let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                rest.came = rest.came.saturating_add(count);
                match rest.expected {
                    // A login page, or another version: nobody wants more of it.
                    Some(expected) if rest.came > expected => {
                        let error = problem::wrong_size(&rest.native_id, expected, rest.came);
                        Some((Err(error), None))
                    }
                    _ => Some((Ok(chunk), Some(rest))),
                }
            }
            Some(Err(error)) => {
                let error = problem::unreachable(&rest.host).because(error.without_url());
                Some((Err(error), None))
            }
            None => match rest.expected {
                Some(expected) if expected != rest.came => {
                    let error = problem::wrong_size(&rest.native_id, expected, rest.came);
                    Some((Err(error), None))
                }
                _ => None,
            },
        }
    })
    .boxed()
}
