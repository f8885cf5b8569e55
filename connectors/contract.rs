//! What every source promises, as a suite over the trait. Fakes and wrappers pass it too.
//!
//! A connector's tests give it the source and a [`SourceFixture`] that changes what the source shows. Rule that must
//! hold: what the engine relies on is written here, and nothing of one system's own.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures::TryStreamExt;
use rideau_domain::Bilingual;
use serde_json::Value;

use crate::{Observed, PortError, ScanEnd, ScanSink, Source};

/// Changes what a source shows. Paths are folders and name, separated by `/`; folders come and go by themselves.
#[async_trait]
pub trait SourceFixture: Send {
    /// Puts content under a path: new, or changed in place. After it returns, a change must be one that the source can tell.
    async fn put(&mut self, path: &str, content: &[u8]);

    /// Puts another thing with this content under an existing path (a new file renamed into place, a new upload).
    async fn replace(&mut self, path: &str, content: &[u8]);

    /// Takes a record away.
    async fn delete(&mut self, path: &str);

    /// Gives a record another path.
    async fn rename(&mut self, from: &str, to: &str);

    /// Whether the source can tell that a renamed record is the same. Object stores cannot.
    fn tells_moves(&self) -> bool {
        true
    }
}

/// A sink that keeps everything.
#[derive(Debug, Default)]
pub struct Listing {
    /// Records by folder, as told.
    pub folders: BTreeMap<String, Vec<Observed>>,
    /// Folders told as unknown, with the reason.
    pub unknown: BTreeMap<String, PortError>,
    /// Folders told more than once: there should be none.
    pub repeated: Vec<String>,
}

impl Listing {
    /// All records, by folder.
    pub fn records(&self) -> impl Iterator<Item = &Observed> {
        self.folders.values().flatten()
    }

    /// All paths, in order.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<_> = self.records().map(|record| record.path.as_str()).collect();
        paths.sort_unstable();
        paths
    }

    /// The record with this path.
    pub fn get(&self, path: &str) -> Option<&Observed> {
        self.records().find(|record| record.path == path)
    }
}

#[async_trait]
impl ScanSink for Listing {
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError> {
        if self.folders.insert(folder.to_owned(), records).is_some() {
            self.repeated.push(folder.to_owned());
        }
        Ok(())
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        self.unknown.insert(folder.to_owned(), why);
        Ok(())
    }
}

/// Tries every promise of [`Source`] on a source that shows nothing yet and can be read without hindrance.
///
/// # Panics
/// When a promise is broken, with the promise in words.
pub async fn source_contract(source: &dyn Source, fixture: &mut dyn SourceFixture) {
    assert!(!source.kind().is_empty(), "a source names its kind");
    let state = starts_empty(source).await;
    let state = lists_what_is_there(source, fixture, state).await;
    let state = nothing_changes_by_looking(source, state).await;
    reads_whole_contents(source, fixture, &state).await;
    sees_new_content(source, fixture, &state).await;
    sees_moves(source, fixture, &state).await;
    sees_deletions(source, fixture, &state).await;
    refuses_unknown_ids(source).await;
    survives_a_failing_sink(source, &state).await;
    for line in source.check().await {
        assert!(line.ok, "the self-test is content: {line:?}");
        let Bilingual { en, fr } = &line.detail;
        assert!(
            !en.is_empty() && !fr.is_empty(),
            "the self-test speaks both languages: {line:?}"
        );
    }
}

async fn starts_empty(source: &dyn Source) -> Value {
    let (end, listing) = scan(source, &Value::Null).await;
    assert_eq!(listing.paths(), [""; 0], "the suite needs an empty source");
    end.state
}

const FIRST: &[(&str, &str)] = &[
    ("plain.csv", "a,b\n1,2\n"),
    ("empty.txt", ""),
    ("Été 2026/Rapport annuel.docx", "rapport"),
    ("Été 2026/deep/er/50% done.txt", "half"),
    ("Été 2026/deep/er/Naïveté – draft.txt", "draft"),
];

async fn lists_what_is_there(
    source: &dyn Source,
    fixture: &mut dyn SourceFixture,
    state: Value,
) -> Value {
    for (path, content) in FIRST {
        fixture.put(path, content.as_bytes()).await;
    }
    let (end, listing) = scan(source, &state).await;
    let mut expected: Vec<_> = FIRST.iter().map(|(path, _)| *path).collect();
    expected.sort_unstable();
    assert_eq!(listing.paths(), expected, "a scan lists what is there");
    for (path, content) in FIRST {
        let record = seen(&listing, path);
        assert_eq!(
            record.path.rsplit('/').next(),
            Some(record.name.as_str()),
            "a path ends with the name"
        );
        if let Some(size) = record.size_bytes {
            assert_eq!(usize::try_from(size), Ok(content.len()), "size of {path}");
        }
        assert_eq!(record.deferred, None, "{path} can be read");
    }
    end.state
}

async fn nothing_changes_by_looking(source: &dyn Source, state: Value) -> Value {
    let (_, first) = scan(source, &state).await;
    let (end, second) = scan(source, &state).await;
    assert_eq!(
        first.folders, second.folders,
        "two scans of the same see the same"
    );
    let (_, from_nothing) = scan(source, &Value::Null).await;
    assert_eq!(
        first.folders, from_nothing.folders,
        "a lost state changes nothing of what is seen"
    );
    end.state
}

async fn reads_whole_contents(source: &dyn Source, fixture: &mut dyn SourceFixture, state: &Value) {
    let large: Vec<u8> = (0_u32..400_000).flat_map(u32::to_le_bytes).collect();
    fixture.put("large.bin", &large).await;
    let (_, listing) = scan(source, state).await;
    let contents = FIRST
        .iter()
        .map(|(path, content)| (*path, content.as_bytes()))
        .chain([("large.bin", large.as_slice())]);
    for (path, content) in contents {
        let record = seen(&listing, path);
        assert!(
            read(source, record).await.as_deref() == Ok(content),
            "the content of {path} is given whole"
        );
        assert_eq!(
            source
                .unchanged(&record.native_id, &record.fingerprint)
                .await
                .ok(),
            Some(true),
            "{path} is unchanged after reading"
        );
    }
}

async fn sees_new_content(source: &dyn Source, fixture: &mut dyn SourceFixture, state: &Value) {
    let path = "Été 2026/Rapport annuel.docx";
    let (_, mut before) = scan(source, state).await;
    for (in_place, content) in [
        (true, "RAPPORT"),
        (false, "Rapport"),
        (true, "longer than that"),
    ] {
        if in_place {
            fixture.put(path, content.as_bytes()).await;
        } else {
            fixture.replace(path, content.as_bytes()).await;
        }
        let old = seen(&before, path);
        assert_not_as_seen(source, old, "changed").await;
        let (_, after) = scan(source, state).await;
        let new = seen(&after, path);
        assert_eq!(old.native_id, new.native_id, "new content, same record");
        assert_ne!(
            old.fingerprint, new.fingerprint,
            "new content shows in the fingerprint"
        );
        assert!(
            read(source, new).await.as_deref() == Ok(content.as_bytes()),
            "the new content is given"
        );
        before = after;
    }
}

async fn sees_moves(source: &dyn Source, fixture: &mut dyn SourceFixture, state: &Value) {
    let (_, before) = scan(source, state).await;
    let old = seen(&before, "plain.csv");
    fixture.rename("plain.csv", "moved/plainer.csv").await;
    let (_, after) = scan(source, state).await;
    assert!(after.get("plain.csv").is_none(), "the old path is gone");
    let new = seen(&after, "moved/plainer.csv");
    assert!(
        read(source, new).await.as_deref() == Ok(FIRST[0].1.as_bytes()),
        "a moved record can be read"
    );
    if fixture.tells_moves() && old.native_id != new.native_id {
        assert!(new.move_hint.is_some(), "a move can be told");
        assert_eq!(old.move_hint, new.move_hint, "a move can be told");
        assert_eq!(
            (old.size_bytes, old.modified),
            (new.size_bytes, new.modified),
            "a move changes no content"
        );
    }
}

async fn sees_deletions(source: &dyn Source, fixture: &mut dyn SourceFixture, state: &Value) {
    let path = "Été 2026/deep/er/50% done.txt";
    let (_, before) = scan(source, state).await;
    let old = seen(&before, path);
    fixture.delete(path).await;
    assert_not_as_seen(source, old, "gone").await;
    let (_, after) = scan(source, state).await;
    assert!(after.get(path).is_none(), "a deleted record is not seen");
    assert_eq!(
        after.paths().len(),
        before.paths().len() - 1,
        "and it alone is missing"
    );
}

async fn refuses_unknown_ids(source: &dyn Source) {
    for id in [
        "no such id",
        "",
        "/",
        "../etc/passwd",
        "a\0b",
        "%00",
        "Été 2026",
    ] {
        assert!(
            source.open(id, "x").await.is_err(),
            "{id:?} cannot be opened"
        );
        assert!(
            !matches!(source.unchanged(id, "x").await, Ok(true)),
            "{id:?} is not unchanged"
        );
    }
}

async fn survives_a_failing_sink(source: &dyn Source, state: &Value) {
    struct Full;
    #[async_trait]
    impl ScanSink for Full {
        async fn folder(&mut self, _: &str, _: Vec<Observed>) -> Result<(), PortError> {
            Err(PortError::temporary("sink_full", Bilingual::same("full")))
        }
        async fn unknown(&mut self, _: &str, _: PortError) -> Result<(), PortError> {
            Ok(())
        }
    }
    let failed = source.scan(state, &mut Full).await;
    assert_eq!(
        failed.err().map(|error| error.code),
        Some("sink_full"),
        "the sink's error ends the scan and is told"
    );
    scan(source, state).await;
}

/// Neither opened nor called unchanged.
async fn assert_not_as_seen(source: &dyn Source, old: &Observed, code: &str) {
    let path = &old.path;
    match source.open(&old.native_id, &old.fingerprint).await {
        Ok(_) => panic!("{path} was opened as it is no more"),
        Err(error) => {
            assert_eq!(error.code, code, "why {path} cannot be opened");
            assert!(error.is_temporary(), "the next scan will tell about {path}");
        }
    }
    match source.unchanged(&old.native_id, &old.fingerprint).await {
        Ok(unchanged) => assert!(!unchanged, "{path} is not unchanged"),
        Err(error) => assert_eq!(error.code, code, "why {path} cannot be compared"),
    }
}

/// One complete scan, with what holds for every scan.
async fn scan(source: &dyn Source, state: &Value) -> (ScanEnd, Listing) {
    let mut listing = Listing::default();
    let end = match source.scan(state, &mut listing).await {
        Ok(end) => end,
        Err(error) => panic!("the scan failed: {error} ({:?})", error.cause),
    };
    assert!(
        end.complete,
        "every folder was listed: {:?}",
        listing.unknown
    );
    assert!(listing.unknown.is_empty(), "complete means nothing unknown");
    assert!(listing.repeated.is_empty(), "each folder is told once");
    let count = |n: usize| u64::try_from(n).ok();
    assert_eq!(Some(end.records), count(listing.records().count()));
    assert_eq!(Some(end.folders), count(listing.folders.len()));
    let ids: BTreeSet<_> = listing.records().map(|record| &record.native_id).collect();
    assert_eq!(ids.len(), listing.records().count(), "ids are distinct");
    (end, listing)
}

fn seen<'a>(listing: &'a Listing, path: &str) -> &'a Observed {
    match listing.get(path) {
        Some(record) => record,
        None => panic!("{path} was not seen among {:?}", listing.paths()),
    }
}

async fn read(source: &dyn Source, record: &Observed) -> Result<Vec<u8>, String> {
    let told = |error: PortError| format!("{}: {error}", error.code);
    let content = source
        .open(&record.native_id, &record.fingerprint)
        .await
        .map_err(told)?;
    let announced = content.size_bytes;
    let bytes = content
        .stream
        .try_fold(Vec::new(), |mut bytes, chunk| async move {
            bytes.extend_from_slice(&chunk);
            Ok(bytes)
        })
        .await
        .map_err(told)?;
    match announced {
        Some(size) if usize::try_from(size) != Ok(bytes.len()) => {
            Err(format!("announced {size} bytes, gave {}", bytes.len()))
        }
        _ => Ok(bytes),
    }
}
