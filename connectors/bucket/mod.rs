//! The source `bucket`: objects of S3, Azure Blob Storage or Google Cloud Storage, or files on a WebDAV server. See
//! `README.md` in this folder.
//!
//! It leans on `store` (opens it), `list` (lists) and `content` (reads). Rule that must hold: it only ever reads, and what it
//! could not list it reports as unknown, never as absent.

mod content;
mod list;
mod options;
mod problem;
mod store;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use futures::stream::{self, StreamExt as _};
use object_store::{ObjectStoreExt as _, path::Path};
use rideau_domain::{Bilingual, bilingual};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use crate::{
    CheckLine, Content, PortError, Presence, ScanEnd, ScanSink, Source,
    drive::ignore::{Ignore, is_useless},
};
use store::Bucket;

pub use options::*;

/// The object that says that this is the right place.
const MARKER: &str = ".rideau-source";

/// A larger object is no marker.
const MARKER_MOST_BYTES: u64 = 64 * 1024;

/// Folders that the self-test looks through for an object to read.
const TRIED_FOLDERS: u32 = 50;

/// A watched bucket.
pub struct BucketSource {
    options: BucketOptions,
    bucket: OnceCell<Bucket>,
}

impl BucketSource {
    /// The source for these options. Nothing is opened yet, and no secret read.
    pub fn new(options: BucketOptions) -> Self {
        Self {
            options,
            bucket: OnceCell::new(),
        }
    }

    /// The source over a store that is open.
    #[cfg(test)]
    fn over(bucket: Bucket, options: BucketOptions) -> Self {
        Self {
            options,
            bucket: OnceCell::new_with(Some(bucket)),
        }
    }

    async fn bucket(&self) -> Result<&Bucket, PortError> {
        self.bucket
            .get_or_try_init(|| async { store::open(&self.options) })
            .await
    }

    /// Whether the marker is there and the one of the last complete scan. Gives what its content is known by.
    async fn verify(&self, bucket: &Bucket, state: &Value) -> Result<Value, PortError> {
        if !self.options.marker {
            return Ok(Value::Null);
        }
        let now = marker(bucket).await?;
        match state.get("marker").and_then(Value::as_str) {
            Some(before) if before != now => Err(problem::marker_changed(&bucket.shown)),
            _ => Ok(json!(now)),
        }
    }
}

/// SHA-256 of the marker's content.
async fn marker(bucket: &Bucket) -> Result<String, PortError> {
    let missing = || problem::marker_missing(&bucket.shown);
    let key = bucket.key(MARKER)?;
    let found = match bucket.store.get(&key).await {
        Ok(found) => found,
        Err(error @ object_store::Error::NotFound { .. }) => return Err(missing().because(error)),
        Err(error) => return Err(problem::problem(error, MARKER)),
    };
    if found.meta.size > MARKER_MOST_BYTES {
        return Err(missing());
    }
    let bytes = found
        .bytes()
        .await
        .map_err(|error| problem::problem(error, MARKER))?;
    Ok(hex::encode(Sha256::digest(&bytes)))
}

#[async_trait]
impl Source for BucketSource {
    fn kind(&self) -> &'static str {
        "bucket"
    }

    async fn check(&self) -> Vec<CheckLine> {
        let bucket = match self.bucket().await {
            Ok(bucket) => bucket,
            Err(error) => return vec![line("store", Err(error))],
        };
        let mut lines = Vec::new();
        if self.options.marker {
            let found = marker(bucket).await.map(|_| {
                Bilingual::new(
                    "The object `.rideau-source` is there.",
                    "L’objet `.rideau-source` est là.",
                )
            });
            lines.push(line("marker", found));
        }
        let useless: Vec<&str> = self
            .options
            .ignore
            .iter()
            .map(String::as_str)
            .filter(|pattern| is_useless(pattern))
            .collect();
        if !useless.is_empty() {
            let list = useless.join("”, “");
            lines.push(line(
                "ignore",
                Err(PortError::permanent(
                    "invalid",
                    bilingual!(
                        "“{list}” in `ignore` can never match: patterns are about single names, so they must not be empty or hold a “/”.",
                        "« {list} » dans `ignore` ne peut jamais correspondre : les motifs portent sur un seul nom ; ils ne doivent être ni vides ni contenir de « / »."
                    ),
                )),
            ));
        }
        let shown = &bucket.shown;
        let listed = bucket
            .store
            .list_with_delimiter(Some(&bucket.prefix))
            .await
            .map(|listed| {
                let objects = listed.objects.len();
                let folders = listed.common_prefixes.len();
                bilingual!(
                    "Listed `{shown}`: {objects} objects and {folders} folders at the top.",
                    "Liste de « {shown} » obtenue : {objects} objets et {folders} dossiers au premier niveau."
                )
            })
            .map_err(|error| problem::root_problem(error, shown));
        let can_list = listed.is_ok();
        lines.push(line("list", listed));
        if can_list {
            lines.push(line("read", read_one(bucket, &self.options).await));
        }
        lines
    }

    async fn scan(&self, state: &Value, sink: &mut dyn ScanSink) -> Result<ScanEnd, PortError> {
        let bucket = self.bucket().await?;
        let marker = self.verify(bucket, state).await?;
        let state = json!({ "marker": marker });
        let mut found = list::list(bucket, &self.options, sink).await?;
        // Emptied or exchanged while it was listed?
        if let Err(why) = self.verify(bucket, &state).await {
            found.complete = false;
            sink.unknown("", why).await?;
        }
        Ok(ScanEnd {
            complete: found.complete,
            folders: found.folders,
            records: found.records,
            ignored: found.ignored,
            state,
        })
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        content::open(self.bucket().await?, native_id, fingerprint).await
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        content::unchanged(self.bucket().await?, native_id, fingerprint).await
    }

    async fn probe(&self, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
        let bucket = self.bucket().await?;
        // Without the marker nothing is concluded from what is not there.
        self.verify(bucket, &Value::Null).await?;
        let parallel = usize::try_from(self.options.requests_at_once)
            .unwrap_or(1)
            .max(1);
        let asked: Vec<String> = native_ids.to_vec();
        Ok(stream::iter(asked)
            .map(|id| async move { presence(bucket, &id).await })
            .buffered(parallel)
            .collect()
            .await)
    }
}

async fn presence(bucket: &Bucket, native_id: &str) -> Presence {
    let Ok(key) = content::key(bucket, native_id) else {
        return Presence::Unknown;
    };
    match bucket.store.head(&key).await {
        Ok(_) => Presence::Here,
        Err(object_store::Error::NotFound { .. }) => Presence::NotShown,
        Err(_) => Presence::Unknown,
    }
}

/// Reads the beginning of one object.
async fn read_one(bucket: &Bucket, options: &BucketOptions) -> Result<Bilingual, PortError> {
    let ignore = Ignore::new(&options.ignore);
    let mut pending: Vec<Path> = vec![bucket.prefix.clone()];
    let mut folders = 0_u32;
    while let Some(folder) = pending.pop() {
        if folders >= TRIED_FOLDERS {
            break;
        }
        folders += 1;
        let listed = bucket
            .store
            .list_with_delimiter(Some(&folder))
            .await
            .map_err(|error| problem::problem(error, folder.as_ref()))?;
        let tried = listed.objects.into_iter().find(|meta| {
            let name = meta.location.filename().unwrap_or_default();
            meta.location != folder && !ignore.matches(&name.to_lowercase())
        });
        if let Some(meta) = tried {
            let path = bucket.below(&meta.location).unwrap_or_default().to_owned();
            let content = content::open(bucket, &path, &content::fingerprint(&meta)).await?;
            let mut stream = content.stream;
            let read = match stream.next().await {
                Some(chunk) => chunk?.len(),
                None => 0,
            };
            return Ok(bilingual!(
                "Read {read} bytes of “{path}”.",
                "{read} octets lus de « {path} »."
            ));
        }
        // A prefix that leads back to itself would never end.
        pending.extend(
            listed
                .common_prefixes
                .into_iter()
                .filter(|prefix| prefix.as_ref().len() > folder.as_ref().len()),
        );
    }
    Ok(bilingual!(
        "No object to try was found in the first {folders} folders.",
        "Aucun objet à essayer dans les {folders} premiers dossiers."
    ))
}

fn line(what: &'static str, result: Result<Bilingual, PortError>) -> CheckLine {
    match result {
        Ok(detail) => CheckLine {
            what,
            ok: true,
            detail,
        },
        Err(error) => CheckLine {
            what,
            ok: false,
            detail: error.message,
        },
    }
}
