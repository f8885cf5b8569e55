//! A catalogue in an object store.
//!
//! ```text
//! public/…               what the public may read; nothing else
//! state/<id>.json        what is public, and the names of its files
//! staged/<id>.json       waits for `finish`
//! content/<sha256>       contents of what is staged
//! index.json             which pages about all datasets were written last
//! ```
//!
//! A store has no rename, so the switch has an order instead: contents, pages of each dataset, then the pages about all
//! datasets, `catalog.jsonld` last. Rule that must hold: a staged entry is deleted only when all it asks for is public.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{
    Attribute, Attributes, ObjectStore, ObjectStoreExt as _, PutOptions, PutPayload,
    buffered::BufWriter, path::Path,
};
use rideau_domain::bilingual;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use super::{
    pages,
    place::{
        Guard, Held, Place, Steps, Written, bad, content_gone, good, unreadable, wrong_content,
    },
    preview::LOOK_BYTES,
    settings::Site,
    state::Holding,
};
use crate::{CheckLine, ContentStore, PortError, ResourceDesired};

/// The most that stores copy in one request.
const COPY_AT_ONCE: u64 = 5_000_000_000;
/// Requests at the same time.
const PARALLEL: usize = 16;

/// See the module.
pub(super) struct Bucket {
    store: Arc<dyn ObjectStore>,
    prefix: Path,
    address: String,
    site: Site,
    fingerprint: String,
    steps: Steps,
}

/// `state/<id>.json`
#[derive(Serialize, Deserialize)]
struct Stored {
    fingerprint: String,
    holding: Holding,
}

/// `index.json`
#[derive(Default, Serialize, Deserialize)]
struct Index {
    fingerprint: String,
    /// SHA-256 of each page about all datasets.
    files: BTreeMap<String, String>,
}

impl Bucket {
    pub(super) fn new(
        store: Arc<dyn ObjectStore>,
        prefix: Path,
        address: String,
        site: Site,
        steps: Steps,
    ) -> Self {
        let fingerprint = site.fingerprint();
        Self {
            store,
            prefix,
            address,
            site,
            fingerprint,
            steps,
        }
    }

    fn key(&self, parts: &[&str]) -> Path {
        parts
            .iter()
            .flat_map(|part| part.split('/'))
            .fold(self.prefix.clone(), Path::join)
    }

    fn public(&self, id: Uuid, file: &str) -> Path {
        self.key(&["public", "datasets", &id.to_string(), file])
    }

    async fn get(&self, key: &Path) -> Result<Option<Vec<u8>>, PortError> {
        match self.store.get(key).await {
            Ok(found) => {
                let bytes = found.bytes().await.map_err(|error| failed(key, error))?;
                Ok(Some(bytes.to_vec()))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(key, error)),
        }
    }

    async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        key: &Path,
    ) -> Result<Option<T>, PortError> {
        match self.get(key).await? {
            Some(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| unreadable(key.as_ref(), error)),
            None => Ok(None),
        }
    }

    async fn put(
        &self,
        key: &Path,
        bytes: Vec<u8>,
        written: &mut Written,
    ) -> Result<(), PortError> {
        self.steps.tick()?;
        written.add(bytes.len());
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, content_type(key.as_ref()).into());
        let options = PutOptions::from(attributes);
        self.store
            .put_opts(key, PutPayload::from(bytes), options)
            .await
            .map_err(|error| failed(key, error))?;
        Ok(())
    }

    async fn delete(&self, key: &Path) -> Result<(), PortError> {
        self.steps.tick()?;
        match self.store.delete(key).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(key, error)),
        }
    }

    async fn list(&self, parts: &[&str]) -> Result<Vec<Path>, PortError> {
        let folder = self.key(parts);
        let mut found: Vec<Path> = self
            .store
            .list(Some(&folder))
            .map_ok(|meta| meta.location)
            .try_collect()
            .await
            .map_err(|error| failed(&folder, error))?;
        found.sort();
        Ok(found)
    }

    async fn has_size(&self, key: &Path, size: u64) -> Result<bool, PortError> {
        match self.store.head(key).await {
            Ok(meta) => Ok(meta.size == size),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed(key, error)),
        }
    }

    async fn stored(&self, id: Uuid) -> Result<Option<Stored>, PortError> {
        self.get_json(&self.key(&["state", &format!("{id}.json")]))
            .await
    }

    fn staged_key(&self, id: Uuid) -> Path {
        self.key(&["staged", &format!("{id}.json")])
    }

    /// True when the public already has this content under this name.
    async fn is_public(
        &self,
        stored: Option<&Stored>,
        name: &str,
        sha256: &str,
        size: u64,
    ) -> Result<bool, PortError> {
        let Some(stored) = stored else {
            return Ok(false);
        };
        let known = stored
            .holding
            .contents()
            .iter()
            .any(|(old, sum, _)| old == name && *sum == sha256);
        Ok(known
            && self
                .has_size(&self.public(stored.holding.id(), name), size)
                .await?)
    }

    /// Where a content can be copied from: staged, else public under an older name.
    async fn source(
        &self,
        old: Option<&Stored>,
        sha256: &str,
        size: u64,
    ) -> Result<Path, PortError> {
        let staged = self.key(&["content", sha256]);
        if !self.has_size(&staged, size).await?
            && let Some(old) = old
        {
            for (name, sum, _) in old.holding.contents() {
                if sum == sha256 {
                    return Ok(self.public(old.holding.id(), &name));
                }
            }
        }
        Ok(staged)
    }

    /// SHA-256, size and first bytes of an object.
    async fn digest(&self, key: &Path) -> Result<Option<(String, u64, Vec<u8>)>, PortError> {
        let found = match self.store.get(key).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(key, error)),
        };
        let mut stream = found.into_stream();
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        let mut start = Vec::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(key, error))?;
            hash.update(&chunk);
            size = size.saturating_add(chunk.len() as u64);
            let wanted = (LOOK_BYTES - start.len()).min(chunk.len());
            start.extend_from_slice(&chunk[..wanted]);
        }
        Ok(Some((hex::encode(hash.finalize()), size, start)))
    }

    /// Makes a staged content public.
    async fn copy(&self, from: &Path, to: &Path, size: u64, id: Uuid) -> Result<(), PortError> {
        self.steps.tick()?;
        if size < COPY_AT_ONCE {
            return match self.store.copy(from, to).await {
                Err(object_store::Error::NotFound { .. }) => Err(content_gone(id)),
                other => other.map_err(|error| failed(to, error)),
            };
        }
        let found = self
            .store
            .get(from)
            .await
            .map_err(|error| failed(from, error))?;
        let attributes = found.attributes.clone();
        let mut stream = found.into_stream();
        let mut writer =
            BufWriter::new(Arc::clone(&self.store), to.clone()).with_attributes(attributes);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| failed(from, error))?;
            writer.put(chunk).await.map_err(|error| failed(to, error))?;
        }
        writer
            .shutdown()
            .await
            .map_err(|error| unreachable_store(to).because(error))
    }

    /// Contents, pages, then what is no longer wanted.
    async fn publish(
        &self,
        holding: &Holding,
        old: Option<&Stored>,
        written: &mut Written,
    ) -> Result<(), PortError> {
        let id = holding.id();
        let mut wanted = BTreeSet::new();
        for (name, sha256, size) in holding.contents() {
            if !self.is_public(old, &name, sha256, size).await? {
                let from = self.source(old, sha256, size).await?;
                self.copy(&from, &self.public(id, &name), size, id).await?;
                written.writes += 1;
            }
            wanted.insert(self.public(id, &name));
        }
        for (name, bytes) in pages::dataset_files(&self.site, holding) {
            let key = self.public(id, &name);
            self.put(&key, bytes, written).await?;
            wanted.insert(key);
        }
        for key in self.list(&["public", "datasets", &id.to_string()]).await? {
            if !wanted.contains(&key) {
                self.delete(&key).await?;
            }
        }
        Ok(())
    }

    async fn staged(&self) -> Result<BTreeMap<Uuid, Holding>, PortError> {
        let mut staged = BTreeMap::new();
        for key in self.list(&["staged"]).await? {
            if let Some(holding) = self.get_json::<Holding>(&key).await? {
                staged.insert(holding.id(), holding);
            }
        }
        Ok(staged)
    }

    async fn all_stored(&self) -> Result<BTreeMap<Uuid, Stored>, PortError> {
        let keys = self.list(&["state"]).await?;
        let found: Vec<Option<Stored>> = futures::stream::iter(keys)
            .map(|key| async move { self.get_json::<Stored>(&key).await })
            .buffered(PARALLEL)
            .try_collect()
            .await?;
        Ok(found
            .into_iter()
            .flatten()
            .map(|stored| (stored.holding.id(), stored))
            .collect())
    }
}

#[async_trait]
impl Place for Bucket {
    async fn held(&self, id: Uuid) -> Result<Option<Held>, PortError> {
        let stored = self.stored(id).await?;
        let staged: Option<Holding> = self.get_json(&self.staged_key(id)).await?;
        let switched = staged.is_none();
        let Some(holding) = staged.or_else(|| stored.as_ref().map(|stored| stored.holding.clone()))
        else {
            return Ok(None);
        };
        let mut sound = Vec::new();
        for (name, sha256, size) in holding.contents() {
            sound.push(
                self.is_public(stored.as_ref(), &name, sha256, size).await?
                    || (!switched && self.has_size(&self.key(&["content", sha256]), size).await?),
            );
        }
        Ok(Some(Held {
            revision: holding.version(&self.fingerprint),
            holding,
            switched,
            sound,
        }))
    }

    async fn begin(&self) -> Result<Guard, PortError> {
        Ok(Guard::none())
    }

    async fn put_content(
        &self,
        dataset: Uuid,
        resource: &ResourceDesired,
        content: &dyn ContentStore,
    ) -> Result<(Written, Vec<u8>), PortError> {
        let key = self.key(&["content", &resource.sha256]);
        let stored = self.stored(dataset).await?;
        let mut places = vec![key.clone()];
        if let Some(stored) = &stored {
            // Unchanged contents are already public; reading them back costs no upload.
            for (name, sha256, _) in stored.holding.contents() {
                if sha256 == resource.sha256 {
                    places.insert(0, self.public(dataset, &name));
                }
            }
        }
        for place in places {
            if let Some((sum, size, start)) = self.digest(&place).await?
                && sum == resource.sha256
                && size == resource.size_bytes
            {
                let mut written = Written::default();
                if place != key && !stays(stored.as_ref(), resource) {
                    // It moves to another name, so a copy is staged while this one is still there.
                    self.copy(&place, &key, size, dataset).await?;
                    written.writes += 1;
                }
                return Ok((written, start));
            }
        }
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, resource.media_type.clone().into());
        let mut writer =
            BufWriter::new(Arc::clone(&self.store), key.clone()).with_attributes(attributes);
        let mut stream = content.open(&resource.sha256).await?;
        let mut hash = Sha256::new();
        let mut size = 0_u64;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            self.steps.tick()?;
            size = size.saturating_add(chunk.len() as u64);
            hash.update(&chunk);
            writer
                .put(chunk)
                .await
                .map_err(|error| failed(&key, error))?;
        }
        if size != resource.size_bytes || hex::encode(hash.finalize()) != resource.sha256 {
            writer.abort().await.map_err(|error| failed(&key, error))?;
            return Err(wrong_content(resource));
        }
        writer
            .shutdown()
            .await
            .map_err(|error| unreachable_store(&key).because(error))?;
        self.steps.tick()?;
        match self.digest(&key).await? {
            Some((sum, length, start)) if sum == resource.sha256 && length == size => Ok((
                Written {
                    writes: 1,
                    bytes: size,
                },
                start,
            )),
            _ => {
                self.delete(&key).await?;
                Err(unreachable_store(&key))
            }
        }
    }

    async fn public_digest(
        &self,
        id: Uuid,
        name: &str,
    ) -> Result<Option<(String, u64)>, PortError> {
        let found = self.digest(&self.public(id, name)).await?;
        Ok(found.map(|(sum, size, _)| (sum, size)))
    }

    async fn stage(&self, holding: &Holding) -> Result<Written, PortError> {
        let mut written = Written::default();
        let key = self.staged_key(holding.id());
        let stored = self.stored(holding.id()).await?;
        let mut public = stored
            .as_ref()
            .is_some_and(|stored| stored.holding == *holding);
        for (name, sha256, size) in holding.contents() {
            public = public && self.is_public(stored.as_ref(), &name, sha256, size).await?;
        }
        let there = self.get(&key).await?;
        // While something else is staged, what is public may be half replaced: then everything is staged again.
        if public && there.is_none() {
            return Ok(written);
        }
        let bytes = holding.to_bytes();
        if there.as_ref() == Some(&bytes) {
            return Ok(written);
        }
        self.put(&key, bytes.clone(), &mut written).await?;
        if self.get(&key).await? != Some(bytes) {
            return Err(unreachable_store(&key));
        }
        self.steps.tick()?;
        Ok(written)
    }

    async fn finish(&self) -> Result<Written, PortError> {
        let mut written = Written::default();
        let index_key = self.key(&["index.json"]);
        let index: Option<Index> = self.get_json(&index_key).await?;
        let staged = self.staged().await?;
        let same_shape = index
            .as_ref()
            .is_none_or(|index| index.fingerprint == self.fingerprint);
        if staged.is_empty() && same_shape {
            return Ok(written);
        }
        let mut all = self.all_stored().await?;
        for (id, holding) in &staged {
            match self.publish(holding, all.get(id), &mut written).await {
                Err(error) if error.code == "gone" => {
                    self.delete(&self.staged_key(*id)).await?;
                    return Err(error);
                }
                other => other?,
            }
        }
        for (id, stored) in &all {
            if !staged.contains_key(id) && stored.fingerprint != self.fingerprint {
                self.publish(&stored.holding, Some(stored), &mut written)
                    .await?;
            }
        }
        let mut changed: BTreeSet<Uuid> = staged.keys().copied().collect();
        changed.extend(
            all.iter()
                .filter(|(_, stored)| stored.fingerprint != self.fingerprint)
                .map(|(&id, _)| id),
        );
        for (id, holding) in &staged {
            let stored = Stored {
                fingerprint: self.fingerprint.clone(),
                holding: holding.clone(),
            };
            all.insert(*id, stored);
        }
        let mut old = index.unwrap_or_default();
        let mut next = Index {
            fingerprint: self.fingerprint.clone(),
            files: BTreeMap::new(),
        };
        let holdings: Vec<Holding> = all.values().map(|stored| stored.holding.clone()).collect();
        for (name, bytes) in pages::index_files(&self.site, &holdings) {
            let sum = hex::encode(Sha256::digest(&bytes));
            if old.files.remove(&name).as_ref() != Some(&sum) {
                self.put(&self.key(&["public", &name]), bytes, &mut written)
                    .await?;
            }
            next.files.insert(name, sum);
        }
        for name in old.files.keys() {
            self.delete(&self.key(&["public", name])).await?;
        }
        for id in changed {
            if let Some(stored) = all.get_mut(&id) {
                self.fingerprint.clone_into(&mut stored.fingerprint);
                let key = self.key(&["state", &format!("{id}.json")]);
                self.put(&key, json(&stored), &mut written).await?;
            }
        }
        self.put(&index_key, json(&next), &mut written).await?;
        for id in staged.keys() {
            self.delete(&self.staged_key(*id)).await?;
        }
        for key in self.list(&["content"]).await? {
            self.delete(&key).await?;
        }
        Ok(written)
    }

    async fn check(&self) -> Vec<CheckLine> {
        let key = self.key(&["check"]);
        let probe = async {
            let mut written = Written::default();
            self.put(&key, b"rideau".to_vec(), &mut written).await?;
            let there = self.get(&key).await?;
            self.delete(&key).await?;
            if there.as_deref() == Some(b"rideau") {
                Ok(())
            } else {
                Err(unreachable_store(&key))
            }
        };
        let place = &self.address;
        vec![match probe.await {
            Ok(()) => good(
                "write",
                bilingual!(
                    "`{place}` can be written, read and deleted from; the public part is `{place}/public/`.",
                    "« {place} » est accessible en écriture, en lecture et en suppression; la partie publique est « {place}/public/ »."
                ),
            ),
            Err(error) => bad("write", &error),
        }]
    }

    fn local_address(&self, path: &str) -> String {
        format!("{}/public/{path}", self.address)
    }
}

/// True when the resource was public under the same wanted name with the same content.
fn stays(stored: Option<&Stored>, resource: &ResourceDesired) -> bool {
    match stored.map(|stored| &stored.holding) {
        Some(Holding::Published { dataset, .. }) => dataset.resources.iter().any(|old| {
            old.id == resource.id
                && old.sha256 == resource.sha256
                && old.file_name == resource.file_name
        }),
        _ => false,
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let value = serde_json::to_value(value).expect("only string keys are stored");
    rideau_domain::canonical_json(&value).into_bytes()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("xml") if path.contains("feed-") => "application/atom+xml",
        Some("xml") => "application/xml",
        Some("jsonld") => "application/ld+json",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

fn unreachable_store(key: &Path) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "`{key}` could not be written to or read from the store. It will be tried again.",
            "L’écriture ou la lecture de « {key} » dans le dépôt a échoué. Un nouvel essai suivra."
        ),
    )
}

fn failed(key: &Path, error: object_store::Error) -> PortError {
    match &error {
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => PortError::needs_person(
            "forbidden",
            bilingual!(
                "The store refuses access to `{key}`. Check the credentials and the bucket's policy.",
                "Le dépôt refuse l’accès à « {key} ». Vérifiez les identifiants et les droits."
            ),
        ),
        object_store::Error::NotImplemented { .. } | object_store::Error::NotSupported { .. } => {
            PortError::permanent(
                "invalid",
                bilingual!(
                    "The store cannot do what the catalogue needs for `{key}`.",
                    "Le dépôt ne permet pas ce dont le catalogue a besoin pour « {key} »."
                ),
            )
        }
        _ => unreachable_store(key),
    }
    .because(error)
}
