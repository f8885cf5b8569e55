//! A source in memory, for tests and trials.
//!
//! Faults are added by wrapping it in [`crate::wrap::Faulty`]. Rule that must hold: it passes the same contract as the
//! real sources; where it does not, it is wrong.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures::stream::{self, StreamExt};
use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value};

use crate::{
    Access, CheckLine, Content, Observed, PortError, ScanEnd, ScanSink, Source,
    contract::SourceFixture,
};

/// Bytes given at a time, small enough that ordinary test contents come in several pieces.
const CHUNK_BYTES: usize = 1024;

/// Records by their path. Clones share the same records.
#[derive(Clone, Debug, Default)]
pub struct MemorySource {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    records: BTreeMap<String, Record>,
    /// Counts every change; also its clock, in seconds.
    changes: u64,
}

#[derive(Clone, Debug)]
struct Record {
    content: Bytes,
    /// Which thing it is, whatever its name.
    object: u64,
    /// The change that gave it its content.
    changed: u64,
    native: Map<String, Value>,
    access: Access,
    deferred: Option<Bilingual>,
}

impl Record {
    fn fingerprint(&self) -> String {
        format!("{}.{}", self.object, self.changed)
    }

    fn observed(&self, path: &str) -> Observed {
        Observed {
            native_id: path.to_owned(),
            path: path.to_owned(),
            name: split(path).1.to_owned(),
            size_bytes: u64::try_from(self.content.len()).ok(),
            modified: i64::try_from(self.changed)
                .ok()
                .and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            fingerprint: self.fingerprint(),
            move_hint: Some(format!("memory:{}", self.object)),
            native: self.native.clone(),
            access: self.access,
            deferred: self.deferred.clone(),
        }
    }
}

impl MemorySource {
    /// Without records.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts content under a path: new, or changed in place.
    pub fn write(&self, path: &str, content: impl Into<Bytes>) {
        let content = content.into();
        self.change(|shared, tick| {
            let record = shared.record(path, tick);
            record.content = content;
            record.changed = tick;
        });
    }

    /// Puts another thing under a path, as programs do that write a new file and rename it into place.
    pub fn swap(&self, path: &str, content: impl Into<Bytes>) {
        let content = content.into();
        self.change(|shared, tick| {
            shared.records.remove(path);
            shared.record(path, tick).content = content;
        });
    }

    /// Takes a record away.
    pub fn remove(&self, path: &str) {
        self.change(|shared, _| {
            shared.records.remove(path);
        });
    }

    /// Gives a record another path.
    pub fn move_to(&self, from: &str, to: &str) {
        self.change(|shared, _| {
            if let Some(record) = shared.records.remove(from) {
                shared.records.insert(to.to_owned(), record);
            }
        });
    }

    /// Sets native metadata and what is known about access.
    pub fn describe(&self, path: &str, native: Map<String, Value>, access: Access) {
        self.change(|shared, tick| {
            let record = shared.record(path, tick);
            record.native = native;
            record.access = access;
            record.changed = tick;
        });
    }

    /// Makes a record unreadable for now, or readable again.
    pub fn defer(&self, path: &str, reason: Option<Bilingual>) {
        self.change(|shared, tick| shared.record(path, tick).deferred = reason);
    }

    fn change(&self, change: impl FnOnce(&mut Shared, u64)) {
        let mut shared = self.lock();
        shared.changes = shared.changes.saturating_add(1);
        let tick = shared.changes;
        change(&mut shared, tick);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, native_id: &str) -> Result<Record, PortError> {
        self.lock().records.get(native_id).cloned().ok_or_else(|| {
            PortError::temporary(
                "gone",
                bilingual!(
                    "“{native_id}” is not there any more.",
                    "« {native_id} » n’est plus là."
                ),
            )
        })
    }
}

impl Shared {
    fn record(&mut self, path: &str, tick: u64) -> &mut Record {
        self.records
            .entry(path.to_owned())
            .or_insert_with(|| Record {
                content: Bytes::new(),
                object: tick,
                changed: tick,
                native: Map::new(),
                access: Access::NotApplicable,
                deferred: None,
            })
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[async_trait]
impl Source for MemorySource {
    fn kind(&self) -> &'static str {
        "memory"
    }

    async fn check(&self) -> Vec<CheckLine> {
        vec![CheckLine {
            what: "list",
            ok: true,
            detail: Bilingual::new("In memory.", "En mémoire."),
        }]
    }

    async fn scan(&self, _state: &Value, sink: &mut dyn ScanSink) -> Result<ScanEnd, PortError> {
        let mut folders: BTreeMap<String, Vec<Observed>> = BTreeMap::new();
        // The top is there even when nothing is in it.
        folders.insert(String::new(), Vec::new());
        for (path, record) in &self.lock().records {
            folders
                .entry(split(path).0.to_owned())
                .or_default()
                .push(record.observed(path));
        }
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let end = ScanEnd {
            complete: true,
            folders: count(folders.len()),
            records: count(folders.values().map(Vec::len).sum()),
            ignored: 0,
            state: Value::Null,
        };
        for (folder, records) in folders {
            sink.folder(&folder, records).await?;
        }
        Ok(end)
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        let record = self.record(native_id)?;
        if record.fingerprint() != fingerprint {
            return Err(PortError::temporary(
                "changed",
                bilingual!(
                    "“{native_id}” is not as the scan saw it.",
                    "« {native_id} » n’est plus tel que le balayage l’a vu."
                ),
            ));
        }
        let chunks: Vec<_> = record
            .content
            .chunks(CHUNK_BYTES)
            .map(|chunk| Ok(record.content.slice_ref(chunk)))
            .collect();
        Ok(Content {
            size_bytes: u64::try_from(record.content.len()).ok(),
            stream: stream::iter(chunks).boxed(),
        })
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        Ok(self.record(native_id)?.fingerprint() == fingerprint)
    }
}

#[async_trait]
impl SourceFixture for MemorySource {
    async fn put(&mut self, path: &str, content: &[u8]) {
        self.write(path, content.to_vec());
    }

    async fn replace(&mut self, path: &str, content: &[u8]) {
        self.swap(path, content.to_vec());
    }

    async fn delete(&mut self, path: &str) {
        self.remove(path);
    }

    async fn rename(&mut self, from: &str, to: &str) {
        self.move_to(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        contract::{Listing, source_contract},
        wrap::{Fault, Faulty, Limited},
    };
    use futures::TryStreamExt;

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        let source = MemorySource::new();
        source_contract(&source, &mut source.clone()).await;
    }

    #[tokio::test]
    async fn wrappers_keep_the_contract() {
        let source = MemorySource::new();
        let limited = Limited::new(Arc::new(Faulty::new(Arc::new(source.clone()))), 1);
        source_contract(&limited, &mut source.clone()).await;
    }

    fn small() -> (MemorySource, Faulty) {
        let source = MemorySource::new();
        source.write("a", vec![7; 3000]);
        source.write("f/b", "b");
        source.write("f/g/c", "c");
        source.write("fg/d", "d");
        let faulty = Faulty::new(Arc::new(source.clone()));
        (source, faulty)
    }

    #[tokio::test]
    async fn faults_of_scans_strike_once() {
        let (_, faulty) = small();
        faulty.inject(Fault::ScanFails);
        faulty.inject(Fault::ScanBreaks { after_folders: 2 });
        faulty.inject(Fault::FolderUnknown { folder: "f".into() });
        let mut listing = Listing::default();
        let error = faulty.scan(&Value::Null, &mut listing).await.unwrap_err();
        assert!(error.is_temporary() && listing.folders.is_empty());
        let error = faulty.scan(&Value::Null, &mut listing).await.unwrap_err();
        assert!(error.is_temporary());
        assert_eq!(listing.folders.len(), 2);
        let mut listing = Listing::default();
        let end = faulty.scan(&Value::Null, &mut listing).await.unwrap();
        assert!(!end.complete);
        assert_eq!(listing.paths(), ["a", "fg/d"]);
        assert_eq!(end.records, 2);
        assert_eq!(
            listing.unknown.keys().collect::<Vec<_>>(),
            [&"f".to_owned()]
        );
        assert_eq!(faulty.pending(), 0);
        let mut listing = Listing::default();
        assert!(
            faulty
                .scan(&Value::Null, &mut listing)
                .await
                .unwrap()
                .complete
        );
        assert_eq!(listing.paths(), ["a", "f/b", "f/g/c", "fg/d"]);
    }

    #[tokio::test]
    async fn a_cut_stream_ends_in_an_error() {
        let (source, faulty) = small();
        let print = source.record("a").unwrap().fingerprint();
        for after_bytes in [0, 1, 1024, 2999, 3000, 5000] {
            faulty.inject(Fault::StreamCut { after_bytes });
            let mut stream = faulty.open("a", &print).await.unwrap().stream;
            let mut read = 0;
            let error = loop {
                match stream.try_next().await {
                    Ok(Some(chunk)) => read += chunk.len(),
                    Ok(None) => panic!("ended well after {read}"),
                    Err(error) => break error,
                }
            };
            assert!(error.is_temporary());
            assert_eq!(read, after_bytes.min(3000));
        }
        faulty.inject(Fault::Changed);
        assert!(!faulty.unchanged("a", &print).await.unwrap());
        faulty.inject(Fault::UnchangedFails);
        assert!(faulty.unchanged("a", &print).await.is_err());
        faulty.inject(Fault::OpenFails);
        assert!(faulty.open("a", &print).await.is_err());
        assert!(faulty.unchanged("a", &print).await.unwrap());
    }

    #[tokio::test]
    async fn limited_waits_for_the_end_of_a_stream() {
        let (source, _) = small();
        let print = source.record("a").unwrap().fingerprint();
        let limited = Limited::new(Arc::new(source), 1);
        let mut first = limited.open("a", &print).await.unwrap().stream;
        let mut second = Box::pin(limited.open("a", &print));
        assert!(futures::poll!(&mut second).is_pending());
        while first.try_next().await.unwrap().is_some() {}
        // Read to its end, not dropped: the place is free.
        assert!(second.await.is_ok());
    }
}
