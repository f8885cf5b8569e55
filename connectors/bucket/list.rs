//! Lists a store and tells what it sees, folder by folder.
//!
//! Two ways lead there. By folder: one request for each folder, several at a time, so that a folder that cannot be listed is
//! unknown and nothing else is. Sorted: one pass over all keys in their order, in which a folder is complete when the first key
//! behind it comes; a thousand objects cost one request. A key that `object_store` cannot name ends the pass, because it
//! spoils the whole page; the folders that were not complete by then are listed by folder. Rule that must hold: a folder is
//! told as listed only when every object in it was seen.

use std::collections::BTreeMap;

use chrono::DateTime;
use futures::stream::{FuturesUnordered, StreamExt as _, TryStreamExt as _};
use object_store::{ListResult, ObjectMeta, path::Path};
use rideau_domain::{Bilingual, bilingual};
use serde_json::{Map, Value, json};

use super::{
    BucketListing, BucketOptions,
    content::fingerprint,
    problem::{problem, root_problem, strange, strange_key, unreachable, unsorted},
    store::Bucket,
};
use crate::{
    Access, Observed, PortError, ScanSink,
    drive::{
        ignore::{Ignore, Locks},
        names::{Named, name_all},
    },
};

/// So many folders in a row that fail mean that the store is gone.
const FAILURES_IN_A_ROW: u32 = 8;

/// A folder below the prefix.
#[derive(Clone, Debug, Default)]
struct Folder {
    /// The exact key below the prefix, without the slash behind it; empty for the top.
    id: String,
    /// What people read.
    path: String,
}

impl Folder {
    fn child(&self, name: &str, display: &str) -> Self {
        Self {
            id: join(&self.id, name),
            path: join(&self.path, display),
        }
    }

    /// What keys of its content begin with.
    fn beginning(&self) -> String {
        if self.id.is_empty() {
            String::new()
        } else {
            format!("{}/", self.id)
        }
    }
}

/// What a pass over the store found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) complete: bool,
    pub(super) folders: u64,
    pub(super) records: u64,
    pub(super) ignored: u64,
}

/// Lists everything below the prefix.
pub(super) async fn list(
    bucket: &Bucket,
    options: &BucketOptions,
    sink: &mut dyn ScanSink,
) -> Result<Found, PortError> {
    let mut scan = Scan {
        bucket,
        ignore: Ignore::new(&options.ignore),
        parallel: usize::try_from(options.requests_at_once)
            .unwrap_or(1)
            .max(1),
        sink,
        found: Found {
            complete: true,
            folders: 0,
            records: 0,
            ignored: 0,
        },
    };
    match options.listing {
        BucketListing::ByFolder => scan.by_folder(None).await?,
        BucketListing::Sorted => scan.sorted().await?,
    }
    Ok(scan.found)
}

struct Scan<'a> {
    bucket: &'a Bucket,
    ignore: Ignore,
    parallel: usize,
    sink: &'a mut dyn ScanSink,
    found: Found,
}

/// A folder of which not all is seen yet.
struct Open {
    folder: Folder,
    objects: BTreeMap<String, ObjectMeta>,
}

impl Scan<'_> {
    /// Lists folder by folder, depth first. With `after`, folders that lie wholly before that key are told already.
    async fn by_folder(&mut self, after: Option<&str>) -> Result<(), PortError> {
        let bucket = self.bucket;
        let mut pending = vec![Folder::default()];
        let mut asked = FuturesUnordered::new();
        let mut failures = 0_u32;
        loop {
            while asked.len() < self.parallel {
                let Some(folder) = pending.pop() else { break };
                asked.push(list_one(bucket, folder));
            }
            let Some((folder, listed)) = asked.next().await else {
                return Ok(());
            };
            match listed {
                Ok(listed) => {
                    failures = 0;
                    let mut children = self.folder(&folder, listed).await?;
                    children.retain(|child| !after.is_some_and(|key| is_told(&child.id, key)));
                    children.reverse();
                    pending.append(&mut children);
                }
                // Nothing can be said without the top.
                Err(error) if folder.id.is_empty() && after.is_none() => {
                    return Err(root_problem(error, &bucket.shown));
                }
                Err(error) => {
                    let lasting = strange_key(&error).is_some();
                    self.unknown(&folder.id, problem(error, &folder.path))
                        .await?;
                    failures = if lasting {
                        0
                    } else {
                        failures.saturating_add(1)
                    };
                    if failures >= FAILURES_IN_A_ROW {
                        return self.give_up().await;
                    }
                }
            }
        }
    }

    /// Lists all keys in one pass.
    async fn sorted(&mut self) -> Result<(), PortError> {
        let bucket = self.bucket;
        let mut keys = bucket.store.list(Some(&bucket.prefix));
        let mut open = vec![Open::new(Folder::default())];
        let mut last: Option<String> = None;
        // Everything that begins like this lies in a folder that is passed over.
        let mut passed: Option<String> = None;
        loop {
            let meta = match keys.try_next().await {
                Ok(Some(meta)) => meta,
                Ok(None) => break,
                Err(error) if strange_key(&error).is_some() => {
                    tracing::warn!(%error, "a key that cannot be a path: the rest of the store is listed by folder");
                    return self.by_folder(last.as_deref()).await;
                }
                Err(error) if last.is_none() => return Err(root_problem(error, &bucket.shown)),
                Err(error) => {
                    return self.unknown("", problem(error, &bucket.shown)).await;
                }
            };
            let Some(id) = bucket.below(&meta.location).map(str::to_owned) else {
                // The placeholder of the prefix itself.
                self.pass_over(meta.location.as_ref());
                continue;
            };
            if last.as_deref().is_some_and(|last| last >= id.as_str()) {
                return self.unknown("", unsorted(&bucket.shown)).await;
            }
            last = Some(id.clone());
            if passed.as_deref().is_some_and(|start| id.starts_with(start)) {
                continue;
            }
            let (folder, name) = id.rsplit_once('/').unwrap_or(("", id.as_str()));
            while let Some(done) = open.pop_if(|top| !lies_in(folder, &top.folder.id)) {
                self.objects(&done.folder, done.objects).await?;
            }
            passed = self.descend(&mut open, folder);
            if passed.is_none()
                && let Some(top) = open.last_mut()
            {
                top.objects.insert(name.to_owned(), meta);
            }
        }
        while let Some(done) = open.pop() {
            self.objects(&done.folder, done.objects).await?;
        }
        Ok(())
    }

    /// Opens the folders on the way from the last open one to `folder`. Gives the beginning of one that is to be passed over.
    fn descend(&mut self, open: &mut Vec<Open>, folder: &str) -> Option<String> {
        loop {
            let top = open.last()?;
            let rest = folder.strip_prefix(top.folder.beginning().as_str());
            let rest = rest.filter(|rest| !rest.is_empty())?;
            let name = rest.split('/').next().unwrap_or(rest);
            let named = name_one(name);
            let child = top.folder.child(name, &named.display);
            if self.ignore.matches(&named.folded) {
                self.pass_over(&child.path);
                return Some(child.beginning());
            }
            open.push(Open::new(child));
        }
    }

    /// Takes one folder's listing; gives the folders in it that are to be listed.
    async fn folder(
        &mut self,
        folder: &Folder,
        listed: ListResult,
    ) -> Result<Vec<Folder>, PortError> {
        let beginning = folder.beginning();
        let mut odd = Vec::new();
        let mut objects = BTreeMap::new();
        for meta in listed.objects {
            let name = self.name_in(&beginning, &meta.location);
            match name {
                Some(name) => {
                    if let Some(twice) = objects.insert(name, meta) {
                        odd.push(twice.location);
                    }
                }
                // A key that ends with a slash: what consoles put in place of an empty folder.
                None if meta.location == self.at(folder) && meta.size == 0 => {
                    self.pass_over(&folder.path);
                }
                None => odd.push(meta.location),
            }
        }
        let mut names = Vec::new();
        for prefix in listed.common_prefixes {
            match self.name_in(&beginning, &prefix) {
                Some(name) => names.push(name.into_bytes()),
                // An empty name between slashes, which leads back to the folder itself.
                None => odd.push(prefix),
            }
        }
        names.sort_unstable();
        names.dedup();
        self.objects(folder, objects).await?;
        for key in odd {
            let why = strange(&folder.path, &format!("{key}/"));
            // With a slash behind it: it must not stand for what is known in this folder.
            self.unknown(&join(&folder.id, &format!("{key}/")), why)
                .await?;
        }
        let mut children = Vec::new();
        for named in name_all(names) {
            let Ok(name) = std::str::from_utf8(&named.raw) else {
                continue;
            };
            let child = folder.child(name, &named.display);
            if self.ignore.matches(&named.folded) {
                self.pass_over(&child.path);
            } else {
                children.push(child);
            }
        }
        Ok(children)
    }

    /// Tells one folder's objects, which are all there are.
    async fn objects(
        &mut self,
        folder: &Folder,
        objects: BTreeMap<String, ObjectMeta>,
    ) -> Result<(), PortError> {
        // Both are in the order of bytes, and no name comes twice.
        let named = name_all(
            objects
                .keys()
                .map(|name| name.clone().into_bytes())
                .collect(),
        );
        let mut locks = Locks::default();
        for name in &named {
            locks.note(&name.folded);
        }
        let mut records = Vec::with_capacity(objects.len());
        for ((name, meta), named) in objects.iter().zip(&named) {
            let place = folder.child(name, &named.display);
            if self.ignore.matches(&named.folded) {
                self.pass_over(&place.path);
                continue;
            }
            let deferred = locks
                .covers(&named.folded)
                .then(|| being_edited(&place.path));
            records.push(record(place, named, meta, deferred));
        }
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        self.found.folders = self.found.folders.saturating_add(1);
        self.found.records = self.found.records.saturating_add(count);
        self.sink.folder(&folder.id, records).await
    }

    /// The name of what lies directly in a folder.
    fn name_in(&self, beginning: &str, key: &Path) -> Option<String> {
        let name = self.bucket.below(key)?.strip_prefix(beginning)?;
        (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
    }

    /// The folder's own key, as the store's client writes it.
    fn at(&self, folder: &Folder) -> Path {
        self.bucket
            .key(&folder.id)
            .unwrap_or_else(|_| self.bucket.prefix.clone())
    }

    fn pass_over(&mut self, path: &str) {
        self.found.ignored = self.found.ignored.saturating_add(1);
        tracing::debug!(bucket.path = %path, "passed over");
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        self.found.complete = false;
        self.sink.unknown(folder, why).await
    }

    /// The store is gone in the middle: everything that was not told stays as it is.
    async fn give_up(&mut self) -> Result<(), PortError> {
        let why = unreachable(&self.bucket.shown);
        self.unknown("", why).await
    }
}

impl Open {
    fn new(folder: Folder) -> Self {
        Self {
            folder,
            objects: BTreeMap::new(),
        }
    }
}

/// Asks for one folder; gives it back with the answer.
async fn list_one(
    bucket: &Bucket,
    folder: Folder,
) -> (Folder, Result<ListResult, object_store::Error>) {
    // Ids of folders come from the store's own keys, so the key is there.
    let listed = match bucket.key(&folder.id) {
        Ok(key) => bucket.store.list_with_delimiter(Some(&key)).await,
        Err(error) => Err(object_store::Error::Generic {
            store: "bucket",
            source: Box::new(error),
        }),
    };
    (folder, listed)
}

/// Whether a sorted pass that came to `key` has left this folder behind it.
fn is_told(folder: &str, key: &str) -> bool {
    let beginning = format!("{folder}/");
    beginning.as_str() < key && !key.starts_with(&beginning)
}

/// Whether a folder is another one or lies in it.
fn lies_in(folder: &str, other: &str) -> bool {
    other.is_empty()
        || folder
            .strip_prefix(other)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn name_one(name: &str) -> Named {
    let mut named = name_all(vec![name.as_bytes().to_vec()]);
    named.pop().expect("one name goes in, one comes out")
}

fn record(
    place: Folder,
    named: &Named,
    meta: &ObjectMeta,
    deferred: Option<Bilingual>,
) -> Observed {
    let key: &str = meta.location.as_ref();
    let mut native = Map::new();
    native.insert("key".into(), json!(key));
    if let Some(tag) = &meta.e_tag {
        native.insert("etag".into(), json!(tag));
    }
    if let Some(version) = &meta.version {
        native.insert("version".into(), json!(version));
    }
    if named.twin {
        native.insert("name_twin".into(), Value::Bool(true));
    }
    Observed {
        native_id: place.id,
        path: place.path,
        name: named.display.clone(),
        size_bytes: Some(meta.size),
        modified: DateTime::from_timestamp(meta.last_modified.timestamp(), 0),
        fingerprint: fingerprint(meta),
        move_hint: None,
        native,
        access: Access::NotApplicable,
        deferred,
    }
}

fn being_edited(path: &str) -> Bilingual {
    bilingual!(
        "Someone has “{path}” open for editing: a lock file lies beside it. It is read when the lock file is gone.",
        "Quelqu’un modifie « {path} » : un fichier de verrouillage se trouve à côté. Il sera lu quand ce fichier aura disparu."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_sorted_pass_has_told() {
        for (folder, key, told) in [
            ("a", "b/x", true),
            ("a", "a/x", false),
            ("a/b", "a/c", true),
            ("a/b", "a/b/c", false),
            ("b", "a/x", false),
            // A `-` comes before a slash, a letter after it.
            ("a", "a-b/x", false),
            ("a-b", "a/x", true),
        ] {
            assert_eq!(is_told(folder, key), told, "{folder} {key}");
        }
    }

    #[test]
    fn folders_in_folders() {
        assert!(lies_in("a/b", "") && lies_in("", "") && lies_in("a/b", "a") && lies_in("a", "a"));
        assert!(!lies_in("ab", "a") && !lies_in("", "a") && !lies_in("a", "a/b"));
    }
}
