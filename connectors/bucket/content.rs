//! Opens one object's content, and tells whether it is the object that was seen.
//!
//! One request gives both an object's status and its bytes, so the status in the answer is compared and no condition is sent:
//! stores differ in how they write an ETag in a list and in an answer, and WebDAV has no conditions. Rule that must hold: a
//! stream that ends without an error gave as many bytes as the object has.

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use object_store::{ObjectMeta, ObjectStoreExt as _};

use super::{
    problem::{bad_key, changed, cut, problem},
    store::Bucket,
};
use crate::{Content, PortError};

/// Size, time of change in whole seconds (lists are finer than answers), ETag. Lists give no version; a version that is given
/// joins it in native metadata only.
pub(super) fn fingerprint(meta: &ObjectMeta) -> String {
    let size = meta.size;
    let seconds = meta.last_modified.timestamp();
    let tag = tag(meta).unwrap_or_default();
    format!("s{size}.m{seconds}.e{tag}")
}

/// The ETag as it is the same in lists and answers: without quotes and without the mark of weak ones.
fn tag(meta: &ObjectMeta) -> Option<&str> {
    let tag = meta.e_tag.as_deref()?.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    (!tag.is_empty()).then_some(tag)
}

/// Whether the object is the one with this fingerprint. What one of both does not tell is not compared: WebDAV servers may
/// give an ETag or a time in one kind of answer only.
pub(super) fn same(meta: &ObjectMeta, wanted: &str) -> bool {
    let Some((size, seconds, wanted_tag)) = parse(wanted) else {
        return false;
    };
    if meta.size != size {
        return false;
    }
    let now = meta.last_modified.timestamp();
    let same_time = now == seconds || now == 0;
    match (tag(meta), wanted_tag) {
        (Some(tag), Some(wanted)) => tag == wanted && same_time,
        // Without an ETag on either side, only a time that is told tells anything.
        _ => now == seconds && now != 0,
    }
}

fn parse(print: &str) -> Option<(u64, i64, Option<&str>)> {
    let (size, rest) = print.strip_prefix('s')?.split_once(".m")?;
    let (seconds, tag) = rest.split_once(".e")?;
    Some((
        size.parse().ok()?,
        seconds.parse().ok()?,
        (!tag.is_empty()).then_some(tag),
    ))
}

/// Opens an object by its native id.
pub(super) async fn open(
    bucket: &Bucket,
    native_id: &str,
    wanted: &str,
) -> Result<Content, PortError> {
    let key = key(bucket, native_id)?;
    let found = bucket
        .store
        .get(&key)
        .await
        .map_err(|error| problem(error, native_id))?;
    if !same(&found.meta, wanted) {
        return Err(changed(native_id));
    }
    let size = found.meta.size;
    let reading = Reading {
        left: size,
        what: native_id.to_owned(),
        bytes: found.into_stream(),
    };
    Ok(Content {
        size_bytes: Some(size),
        stream: reading.stream(),
    })
}

/// Tells whether the key still leads to an object with this fingerprint.
pub(super) async fn unchanged(
    bucket: &Bucket,
    native_id: &str,
    wanted: &str,
) -> Result<bool, PortError> {
    let key = key(bucket, native_id)?;
    let meta = bucket
        .store
        .head(&key)
        .await
        .map_err(|error| problem(error, native_id))?;
    Ok(same(&meta, wanted))
}

pub(super) fn key(bucket: &Bucket, native_id: &str) -> Result<object_store::path::Path, PortError> {
    if native_id.is_empty() {
        return Err(bad_key(native_id));
    }
    bucket.key(native_id)
}

/// A content on its way.
struct Reading {
    bytes: BoxStream<'static, object_store::Result<Bytes>>,
    left: u64,
    what: String,
}

impl Reading {
    fn stream(self) -> BoxStream<'static, Result<Bytes, PortError>> {
        stream::unfold(Some(self), |reading| async move {
            let mut reading = reading?;
            match reading.bytes.next().await {
                Some(Ok(chunk)) => match reading.left.checked_sub(chunk.len() as u64) {
                    Some(left) => {
                        reading.left = left;
                        Some((Ok(chunk), Some(reading)))
                    }
                    None => Some((Err(changed(&reading.what)), None)),
                },
                Some(Err(error)) => Some((Err(problem(error, &reading.what)), None)),
                None if reading.left == 0 => None,
                None => Some((Err(cut(&reading.what)), None)),
            }
        })
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use object_store::path::Path;

    use super::*;

    fn meta(size: u64, millis: i64, tag: Option<&str>) -> ObjectMeta {
        ObjectMeta {
            location: Path::from("a"),
            last_modified: DateTime::from_timestamp_millis(millis).unwrap(),
            size,
            e_tag: tag.map(str::to_owned),
            version: None,
        }
    }

    #[test]
    fn lists_and_answers_agree() {
        let listed = fingerprint(&meta(3, 1_000_250, Some("0x8D.e1")));
        assert!(same(&meta(3, 1_000_000, Some("\"0x8D.e1\"")), &listed));
        assert!(same(&meta(3, 0, Some("W/\"0x8D.e1\"")), &listed));
        assert!(same(&meta(3, 1_000_999, None), &listed));
        for other in [
            meta(4, 1_000_000, Some("0x8D.e1")),
            meta(3, 1_001_000, Some("0x8D.e1")),
            meta(3, 1_000_000, Some("0x8D.e2")),
            meta(3, 0, None),
        ] {
            assert!(!same(&other, &listed), "{other:?}");
        }
        let untagged = fingerprint(&meta(3, 1_000_000, None));
        assert!(same(&meta(3, 1_000_000, Some("x")), &untagged));
        for nonsense in ["", "x", "s.m.e", "s3.m1000", "s3", "sx.m1.e"] {
            assert!(!same(&meta(3, 1_000_000, None), nonsense), "{nonsense}");
        }
    }
}
