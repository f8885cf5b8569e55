//! The port to a watched place. Read only, by construction: there is no method that writes.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use rideau_domain::Bilingual;

use crate::{CheckLine, PortError};

/// What is known about who may read an item in its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Captured; see the native metadata.
    Known,
    /// This kind of source has no access list that we could read; nothing is concluded from it.
    NotApplicable,
    /// It should be there and could not be read: not publishable.
    Unreadable,
}

/// One record as a scan saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The source's own stable id: a node id; for a drive the path relative to its root, in Unicode NFC.
    pub native_id: String,
    /// Where a person finds it: folders and name separated by `/`.
    pub path: String,
    /// The file name.
    pub name: String,
    /// Size in bytes, where the source tells.
    pub size_bytes: Option<u64>,
    /// Last change by the source's own clock; never compared with ours.
    pub modified: Option<DateTime<Utc>>,
    /// Changes whenever content or native metadata may have changed. Opaque.
    pub fingerprint: String,
    /// The same for two observations of one thing under two paths (device and inode, object id). A hint only.
    pub move_hint: Option<String>,
    /// Native metadata as captured: owner, categories, clearance …
    pub native: serde_json::Map<String, serde_json::Value>,
    /// Whether the access list could be read.
    pub access: Access,
    /// Why this item cannot be read now (locked by an editor, offline copy, permission denied); it is seen, but not fetched.
    pub deferred: Option<Bilingual>,
}

/// Takes what a scan sees, as it sees it.
#[async_trait]
pub trait ScanSink: Send {
    /// One folder's records, complete. Called once per folder that was fully listed.
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError>;

    /// Asks whether everything in a folder is known and done under this digest of its records ([`folder_digest`]). If so, the
    /// folder counts as told, and its records need not be. Only for sources that have a digest before they have the records.
    fn same(&mut self, folder: &str, digest: [u8; 16]) -> bool {
        let _ = (folder, digest);
        false
    }

    /// A folder that could not be listed: what is known below it stays as it is.
    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError>;

    /// What was last reported of these records, in any order; records never reported are left out. A source that does not ask
    /// for everything at every scan says again what it knows from here. At most 500 ids at once.
    async fn known(&mut self, native_ids: &[String]) -> Result<Vec<Observed>, PortError> {
        let _ = native_ids;
        Ok(Vec::new())
    }

    /// Where the scan before stopped, if it did not come to its end: the last [`ScanSink::checkpoint`]. The folders it told
    /// until then count as listed in this scan too, so they need not be told again.
    fn cursor(&self) -> Option<serde_json::Value> {
        None
    }

    /// Notes how far the scan got. All folders told before are recorded when it returns.
    async fn checkpoint(&mut self, cursor: serde_json::Value) -> Result<(), PortError> {
        let _ = cursor;
        Ok(())
    }
}

/// A hash over everything that matters of a folder's records, whatever their order: the first 16 bytes of SHA-256 over the
/// records sorted by native id.
pub fn folder_digest(records: &[Observed]) -> [u8; 16] {
    let mut sorted: Vec<&Observed> = records.iter().collect();
    sorted.sort_unstable_by(|a, b| a.native_id.cmp(&b.native_id));
    let mut hash = Sha256::new();
    for record in sorted {
        for part in [&record.native_id, &record.path, &record.fingerprint] {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        if let Some(deferred) = &record.deferred {
            hash.update(deferred.en.as_bytes());
        }
        hash.update(match record.access {
            Access::Known => b"k",
            Access::NotApplicable => b"n",
            Access::Unreadable => b"u",
        });
    }
    let mut digest = [0; 16];
    digest.copy_from_slice(&hash.finalize()[..16]);
    digest
}

/// What a source says when it is asked whether a missing record still exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// It is there, inside what is watched: the listing missed it.
    Here,
    /// It is there and certainly outside what is watched: it was moved away.
    Elsewhere,
    /// It is certainly deleted (it is in the recycle bin).
    Deleted,
    /// It is not shown. Deleted and forbidden look the same.
    NotShown,
    /// No answer could be had; nothing may be concluded.
    Unknown,
}

/// An attribute of a category of a records system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributeDoc {
    /// The key, stable under renaming: `16878_2`.
    pub key: String,
    /// What people call it, in the source's language.
    pub name: String,
    /// The source's type: `String`, `Date`, `Integer`, `Boolean`.
    pub type_name: String,
    /// Whether it takes several values.
    pub several: bool,
    /// JSON pointer into native metadata, for `mapping` in the configuration.
    pub pointer: String,
    /// The record field that seems meant, if any: a proposal, for a person to confirm.
    pub proposal: Option<String>,
}

/// A category of a records system: a named group of attributes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryDoc {
    /// The source's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Records seen with it.
    pub records: u64,
    /// Its attributes, in the source's order.
    pub attributes: Vec<AttributeDoc>,
}

/// What a source is like: for `rideau sources describe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Description {
    /// Name and value, in reading order: version, time zone, modules, crawler's clearance …
    pub lines: Vec<(Bilingual, String)>,
    /// Categories in use below what is watched.
    pub categories: Vec<CategoryDoc>,
    /// Security clearances: the source's number and name, with our level if its name tells.
    pub clearances: Vec<(String, String, Option<String>)>,
}

/// How a scan ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanEnd {
    /// True when every folder was listed. Only then may an absence mean a deletion.
    pub complete: bool,
    /// Folders listed.
    pub folders: u64,
    /// Records seen.
    pub records: u64,
    /// Entries passed over by the ignore list (lock files, system files).
    pub ignored: u64,
    /// What the source wants to be given back at its next scan (cursor, mount identity). Opaque.
    pub state: serde_json::Value,
}

/// Content of one item, as a stream.
pub struct Content {
    /// Size announced by the source, if any.
    pub size_bytes: Option<u64>,
    /// The bytes.
    pub stream: BoxStream<'static, Result<Bytes, PortError>>,
}

/// A watched place.
#[async_trait]
pub trait Source: Send + Sync {
    /// The kind, as written in configuration: `drive`.
    fn kind(&self) -> &'static str;

    /// Tries the real thing: can I log in, can I list, can I read one.
    async fn check(&self) -> Vec<CheckLine>;

    /// Lists everything. `state` is what the last complete scan returned, `null` at first.
    ///
    /// # Errors
    /// When the source as a whole is not there (unmounted, unreachable, marker missing). A folder that fails is
    /// reported to the sink and makes the scan incomplete, nothing more.
    async fn scan(
        &self,
        state: &serde_json::Value,
        sink: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError>;

    /// Whether its scans note checkpoints and go on from a cursor.
    fn resumable(&self) -> bool {
        false
    }

    /// Opens one item's content for reading, by the id a scan gave.
    ///
    /// # Errors
    /// `changed` (temporary) when the item no longer has `fingerprint`; `gone` (temporary: the next scan tells) when it is not there.
    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError>;

    /// Tells whether an item still has this fingerprint; called after its content was read to the end.
    ///
    /// # Errors
    /// As [`Source::open`].
    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError>;

    /// Reads one record anew and in full, past everything that is remembered; asked just before a release or a transfer.
    /// `None` when it is not there or not shown. The default asks nothing and says what it was told.
    ///
    /// # Errors
    /// When the source cannot be asked.
    async fn observe(&self, known: &Observed) -> Result<Option<Observed>, PortError> {
        Ok(self
            .unchanged(&known.native_id, &known.fingerprint)
            .await?
            .then(|| known.clone()))
    }

    /// Whether records that a complete scan missed still exist, in the order asked. By default nothing more than the scan told
    /// is known: [`Presence::NotShown`].
    ///
    /// # Errors
    /// When the source cannot be asked; nothing is concluded then.
    async fn probe(&self, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
        Ok(vec![Presence::NotShown; native_ids.len()])
    }

    /// What this source is like, for the person who configures it.
    ///
    /// # Errors
    /// When the source cannot be asked.
    async fn describe(&self) -> Result<Description, PortError> {
        Ok(Description::default())
    }
}
