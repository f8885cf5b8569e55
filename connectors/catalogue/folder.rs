//! A catalogue in a folder.
//!
//! ```text
//! public -> generations/<g>                 what a web server serves
//! generations/<g>/…                         pages about all datasets
//! generations/<g>/datasets/<id> -> ../../../versions/<v>/www
//! versions/<v>/state.json, www/…            one dataset, never changed once there
//! content/<sha256>                          contents; the files in `www` are hard links to them
//! staged/<id>.json                          waits for `finish`
//! lock
//! .rideau-target                            tells this folder from an empty one, such as a mount point
//! ```
//!
//! Rule that must hold: what `public` leads to is complete and never changes; the one switch is a rename.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::{Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, symlink},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use futures::StreamExt as _;
use rideau_domain::bilingual;
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

/// The file that tells a catalogue's folder from an empty one.
const MARKER: &str = ".rideau-target";
const MARKER_TEXT: &[u8] =
    b"A catalogue of rideau lies here. Un catalogue de rideau se trouve ici.\n";

/// See the module.
#[derive(Clone)]
pub(super) struct Folder {
    root: PathBuf,
    site: Site,
    fingerprint: String,
    steps: Steps,
}

/// What is public: the generation's name and the version that each dataset shows.
struct Live {
    generation: String,
    versions: BTreeMap<Uuid, String>,
}

impl Folder {
    pub(super) fn new(root: PathBuf, site: Site, steps: Steps) -> Self {
        let fingerprint = site.fingerprint();
        Self {
            root,
            site,
            fingerprint,
            steps,
        }
    }

    fn path(&self, parts: &[&str]) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(parts);
        path
    }

    fn generation_name(&self) -> Result<Option<String>, PortError> {
        let link = self.root.join("public");
        match fs::read_link(&link) {
            Ok(target) => Ok(target
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                let path = link.display();
                Err(PortError::needs_person(
                    "invalid",
                    bilingual!(
                        "`{path}` is not the catalogue's link. Move it away; the catalogue makes its own.",
                        "« {path} » n’est pas le lien du catalogue. Déplacez-le; le catalogue crée le sien."
                    ),
                ))
            }
            Err(error) => Err(failed(&link, error)),
        }
    }

    fn live_version(&self, id: Uuid) -> Result<Option<String>, PortError> {
        let link = self.path(&["public", "datasets", &id.to_string()]);
        match fs::read_link(&link) {
            Ok(target) => Ok(version_of(&target)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(failed(&link, error)),
        }
    }

    fn read_generation(&self, name: &str) -> Result<BTreeMap<Uuid, String>, PortError> {
        let folder = self.path(&["generations", name, "datasets"]);
        let mut versions = BTreeMap::new();
        for entry in list(&folder)? {
            let path = folder.join(&entry);
            let target = fs::read_link(&path).map_err(|error| failed(&path, error))?;
            if let (Ok(id), Some(version)) = (Uuid::parse_str(&entry), version_of(&target)) {
                versions.insert(id, version);
            }
        }
        Ok(versions)
    }

    fn read_version(&self, version: &str) -> Result<Option<Holding>, PortError> {
        read_holding(&self.path(&["versions", version, "state.json"]))
    }

    fn staged_path(&self, id: Uuid) -> PathBuf {
        self.path(&["staged", &format!("{id}.json")])
    }

    fn held_now(&self, id: Uuid) -> Result<Option<Held>, PortError> {
        if let Some(holding) = read_holding(&self.staged_path(id))? {
            let sound = holding
                .contents()
                .iter()
                .map(|(_, sha256, size)| has_size(&self.path(&["content", sha256]), *size))
                .collect();
            return Ok(Some(Held {
                revision: holding.version(&self.fingerprint),
                holding,
                switched: false,
                sound,
            }));
        }
        let Some(version) = self.live_version(id)? else {
            return Ok(None);
        };
        let Some(holding) = self.read_version(&version)? else {
            return Ok(None);
        };
        let www = self.path(&["versions", &version, "www"]);
        let sound = holding
            .contents()
            .iter()
            .map(|(name, _, size)| has_size(&www.join(name), *size))
            .collect();
        // Pages of an older fingerprint are written anew by the next `finish` and are no fault of this dataset.
        let current = version.starts_with(&self.version_name(&holding));
        let switched = !current || self.pages_are_right(&www, &holding);
        Ok(Some(Held {
            holding,
            switched,
            sound,
            revision: version,
        }))
    }

    fn version_name(&self, holding: &Holding) -> String {
        format!("{}.{}", holding.id(), holding.version(&self.fingerprint))
    }

    fn pages_are_right(&self, www: &Path, holding: &Holding) -> bool {
        pages::dataset_files(&self.site, holding)
            .into_iter()
            .all(|(name, bytes)| fs::read(www.join(name)).is_ok_and(|there| there == bytes))
    }

    fn is_whole(&self, version: &str, holding: &Holding) -> bool {
        let folder = self.path(&["versions", version]);
        let www = folder.join("www");
        let contents = holding.contents();
        let expected = contents.len() + pages::dataset_files(&self.site, holding).len();
        fs::read(folder.join("state.json")).is_ok_and(|there| there == holding.to_bytes())
            && list(&www).is_ok_and(|names| names.len() == expected)
            && self.pages_are_right(&www, holding)
            && contents.iter().all(|(name, sha256, size)| {
                let there = www.join(name);
                let content = self.path(&["content", sha256]);
                let same_file = match (fs::metadata(&there), fs::metadata(&content)) {
                    (Ok(there), Ok(content)) => there.ino() == content.ino(),
                    _ => false,
                };
                // A content that was mended is another file than the one still linked here.
                (same_file && has_size(&there, *size))
                    || digest(&there).is_ok_and(|found| {
                        found.is_some_and(|(sum, length, _)| sum == *sha256 && length == *size)
                    })
            })
    }

    /// Builds a dataset's folder, or finds it already built. Returns its name.
    fn build_version(
        &self,
        holding: &Holding,
        before: Option<&String>,
        written: &mut Written,
    ) -> Result<String, PortError> {
        let base = self.version_name(holding);
        let mut name = base.clone();
        let mut number = 1_u32;
        while self.path(&["versions", &name]).exists() {
            if self.is_whole(&name, holding) {
                return Ok(name);
            }
            // Damaged; it may be public, so it is replaced, not repaired.
            number += 1;
            name = format!("{base}-{number}");
        }
        let partial = self.path(&["versions", &format!("{name}.partial")]);
        remove_folder(&partial)?;
        let www = partial.join("www");
        fs::create_dir_all(&www).map_err(|error| failed(&www, error))?;
        self.steps.tick()?;
        for (file, sha256, size) in holding.contents() {
            let target = www.join(&file);
            let content = self.path(&["content", sha256]);
            let source = if has_size(&content, size) {
                content
            } else {
                self.older_file(before, sha256, size)?
                    .ok_or_else(|| content_gone(holding.id()))?
            };
            if let Err(error) = fs::hard_link(&source, &target) {
                // File systems without links get a copy.
                tracing::debug!(%error, "no hard link, copying");
                fs::copy(&source, &target).map_err(|error| failed(&target, error))?;
            }
            written.writes += 1;
        }
        for (file, bytes) in pages::dataset_files(&self.site, holding) {
            write(&www.join(file), &bytes)?;
            written.add(bytes.len());
        }
        let state = holding.to_bytes();
        write(&partial.join("state.json"), &state)?;
        written.add(state.len());
        self.steps.tick()?;
        rename(&partial, &self.path(&["versions", &name]))?;
        self.steps.tick()?;
        Ok(name)
    }

    fn older_file(
        &self,
        version: Option<&String>,
        sha256: &str,
        size: u64,
    ) -> Result<Option<PathBuf>, PortError> {
        let Some(version) = version else {
            return Ok(None);
        };
        let Some(holding) = self.read_version(version)? else {
            return Ok(None);
        };
        Ok(holding
            .contents()
            .into_iter()
            .find(|(_, sum, _)| *sum == sha256)
            .map(|(name, ..)| self.path(&["versions", version, "www", &name]))
            .filter(|path| has_size(path, size)))
    }

    fn stage_now(&self, holding: &Holding) -> Result<Written, PortError> {
        let mut written = Written::default();
        let path = self.staged_path(holding.id());
        let public = match self.live_version(holding.id())? {
            Some(version) => {
                version.starts_with(&self.version_name(holding)) && self.is_whole(&version, holding)
            }
            None => false,
        };
        if public {
            if path.exists() {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
                written.writes += 1;
            }
            return Ok(written);
        }
        let bytes = holding.to_bytes();
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(written);
        }
        let partial = self.path(&["staged", &format!("{}.partial", holding.id())]);
        write(&partial, &bytes)?;
        self.steps.tick()?;
        rename(&partial, &path)?;
        let there = fs::read(&path).map_err(|error| failed(&path, error))?;
        if there != bytes {
            return Err(content_gone(holding.id()));
        }
        written.add(bytes.len());
        self.steps.tick()?;
        Ok(written)
    }

    fn staged(&self) -> Result<BTreeSet<Uuid>, PortError> {
        Ok(list(&self.root.join("staged"))?
            .iter()
            .filter_map(|name| Uuid::parse_str(name.strip_suffix(".json")?).ok())
            .collect())
    }

    fn finish_now(&self) -> Result<Written, PortError> {
        let mut written = Written::default();
        if !self.root.is_dir() {
            return Ok(written);
        }
        let generation = self.generation_name()?;
        let staged = self.staged()?;
        let same_shape = generation
            .as_ref()
            .is_none_or(|name| name.starts_with(&self.fingerprint));
        if staged.is_empty() && same_shape {
            return Ok(written);
        }
        let lock = self.open_lock()?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => busy(),
            fs::TryLockError::Error(error) => failed(&self.root.join("lock"), error),
        })?;
        // Again, now that nobody else writes.
        let staged = self.staged()?;
        let live = match self.generation_name()? {
            Some(generation) => Some(Live {
                versions: self.read_generation(&generation)?,
                generation,
            }),
            None => None,
        };
        let before = live
            .as_ref()
            .map(|live| live.versions.clone())
            .unwrap_or_default();
        let mut versions = before.clone();
        // One at a time, and kept without previews: memory grows with the records, not with their tables.
        let mut holdings = BTreeMap::new();
        for &id in &staged {
            let Some(holding) = read_holding(&self.staged_path(id))? else {
                continue;
            };
            let version = match self.build_version(&holding, before.get(&id), &mut written) {
                Err(error) if error.code == "gone" => {
                    let path = self.staged_path(id);
                    fs::remove_file(&path).map_err(|cause| failed(&path, cause))?;
                    return Err(error);
                }
                other => other?,
            };
            versions.insert(id, version);
            holdings.insert(id, holding.without_previews());
        }
        for (&id, version) in &mut versions {
            if holdings.contains_key(&id) {
                continue;
            }
            let Some(holding) = self.read_version(version)? else {
                return Err(lost_version(id));
            };
            if !same_shape {
                *version = self.build_version(&holding, before.get(&id), &mut written)?;
            }
            holdings.insert(id, holding.without_previews());
        }
        let name = self.name_generation(&versions);
        let previous = live.map(|live| live.generation);
        let withdrawn: BTreeSet<Uuid> = holdings
            .iter()
            .filter(|(_, holding)| matches!(holding, Holding::Withdrawn { .. }))
            .map(|(&id, _)| id)
            .collect();
        if previous.as_ref() != Some(&name) {
            let holdings: Vec<Holding> = holdings.into_values().collect();
            self.build_generation(&name, &versions, &holdings, &mut written)?;
            self.switch(&name, &mut written)?;
        }
        let gone: BTreeSet<Uuid> = staged
            .iter()
            .copied()
            .filter(|id| withdrawn.contains(id))
            .collect();
        self.sweep(&name, &versions, previous.as_deref(), &before, &gone)?;
        self.steps.tick()?;
        for &id in &staged {
            let path = self.staged_path(id);
            fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            self.steps.tick()?;
        }
        drop(lock);
        Ok(written)
    }

    /// Equal content, equal name.
    fn name_generation(&self, versions: &BTreeMap<Uuid, String>) -> String {
        let mut hash = Sha256::new();
        for version in versions.values() {
            hash.update(version.as_bytes());
            hash.update(b"\n");
        }
        format!(
            "{}-{}",
            self.fingerprint,
            hex::encode(&hash.finalize()[..12])
        )
    }

    fn build_generation(
        &self,
        name: &str,
        versions: &BTreeMap<Uuid, String>,
        holdings: &[Holding],
        written: &mut Written,
    ) -> Result<(), PortError> {
        let finished = self.path(&["generations", name]);
        let partial = self.path(&["generations", &format!("{name}.partial")]);
        remove_folder(&partial)?;
        // Left by a run that was cut off before the switch: not public, so it may go.
        remove_folder(&finished)?;
        for folder in ["datasets", "assets"] {
            let folder = partial.join(folder);
            fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        }
        self.steps.tick()?;
        for (id, version) in versions {
            let link = partial.join("datasets").join(id.to_string());
            symlink(format!("../../../versions/{version}/www"), &link)
                .map_err(|error| failed(&link, error))?;
        }
        self.steps.tick()?;
        for (file, bytes) in pages::index_files(&self.site, holdings) {
            write(&partial.join(file), &bytes)?;
            written.add(bytes.len());
        }
        self.steps.tick()?;
        rename(&partial, &finished)
    }

    /// Everything reaches the disk before the link turns, and the link before this returns.
    fn switch(&self, name: &str, written: &mut Written) -> Result<(), PortError> {
        self.steps.tick()?;
        let root = fs::File::open(&self.root).map_err(|error| failed(&self.root, error))?;
        rustix::fs::syncfs(&root).map_err(|error| failed(&self.root, error.into()))?;
        let partial = self.root.join("public.partial");
        match fs::remove_file(&partial) {
            Err(error) if !is_absent(&error) => return Err(failed(&partial, error)),
            _ => {}
        }
        symlink(format!("generations/{name}"), &partial)
            .map_err(|error| failed(&partial, error))?;
        self.steps.tick()?;
        rename(&partial, &self.root.join("public"))?;
        root.sync_all().map_err(|error| failed(&self.root, error))?;
        written.writes += 1;
        self.steps.tick()
    }

    /// Removes what neither this generation nor the one before shows; of withdrawn datasets, all older versions.
    fn sweep(
        &self,
        name: &str,
        versions: &BTreeMap<Uuid, String>,
        previous: Option<&str>,
        before: &BTreeMap<Uuid, String>,
        gone: &BTreeSet<Uuid>,
    ) -> Result<(), PortError> {
        let folder = self.root.join("generations");
        for one in list(&folder)? {
            if one != name && Some(one.as_str()) != previous {
                remove_folder(&folder.join(one))?;
            }
        }
        let keep: BTreeSet<&String> = versions
            .values()
            .chain(
                before
                    .iter()
                    .filter(|(id, _)| !gone.contains(id))
                    .map(|(_, version)| version),
            )
            .collect();
        let folder = self.root.join("versions");
        for one in list(&folder)? {
            if !keep.contains(&one) {
                remove_folder(&folder.join(one))?;
            }
        }
        self.steps.tick()?;
        let folder = self.root.join("content");
        for one in list(&folder)? {
            let path = folder.join(one);
            let metadata = fs::metadata(&path).map_err(|error| failed(&path, error))?;
            if metadata.nlink() == 1 {
                fs::remove_file(&path).map_err(|error| failed(&path, error))?;
            }
        }
        Ok(())
    }

    fn open_lock(&self) -> Result<fs::File, PortError> {
        let path = self.root.join("lock");
        fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| failed(&path, error))
    }

    fn begin_now(&self) -> Result<Guard, PortError> {
        for folder in ["content", "generations", "staged", "versions"] {
            let folder = self.root.join(folder);
            fs::create_dir_all(&folder).map_err(|error| failed(&folder, error))?;
        }
        let marker = self.root.join(MARKER);
        if !marker.exists() {
            write(&marker, MARKER_TEXT)?;
        }
        let lock = self.open_lock()?;
        lock.try_lock_shared().map_err(|error| match error {
            fs::TryLockError::WouldBlock => busy(),
            fs::TryLockError::Error(error) => failed(&self.root.join("lock"), error),
        })?;
        Ok(Guard::of(lock))
    }

    /// Catalogues from before there was a mark are known by what they show.
    fn is_marked_now(&self) -> Result<bool, PortError> {
        Ok(self.root.join(MARKER).exists() || self.generation_name()?.is_some())
    }

    fn probe(&self) -> Result<(), PortError> {
        fs::create_dir_all(&self.root).map_err(|error| failed(&self.root, error))?;
        let file = self.root.join("check.partial");
        let link = self.root.join("check-link.partial");
        write(&file, b"rideau")?;
        match fs::remove_file(&link) {
            Err(error) if !is_absent(&error) => return Err(failed(&link, error)),
            _ => {}
        }
        symlink("check.partial", &link).map_err(|error| failed(&link, error))?;
        let read = fs::read(&link).map_err(|error| failed(&link, error))?;
        for path in [&link, &file] {
            fs::remove_file(path).map_err(|error| failed(path, error))?;
        }
        if read == b"rideau" {
            Ok(())
        } else {
            Err(failed(&file, io::Error::other("read back differently")))
        }
    }

    /// Runs blocking work where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, PortError> + Send + 'static,
    ) -> Result<T, PortError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this))
            .await
            .map_err(|error| {
                PortError::temporary(
                    "unreachable",
                    bilingual!(
                        "Work on the catalogue's folder was cut off.",
                        "Le travail dans le dossier du catalogue a été interrompu."
                    ),
                )
                .because(error)
            })?
    }
}

#[async_trait]
impl Place for Folder {
    async fn held(&self, id: Uuid) -> Result<Option<Held>, PortError> {
        self.blocking(move |this| this.held_now(id)).await
    }

    async fn is_marked(&self) -> Result<Option<bool>, PortError> {
        self.blocking(Self::is_marked_now).await.map(Some)
    }

    async fn begin(&self) -> Result<Guard, PortError> {
        self.blocking(Self::begin_now).await
    }

    async fn put_content(
        &self,
        dataset: Uuid,
        resource: &ResourceDesired,
        content: &dyn ContentStore,
    ) -> Result<(Written, Vec<u8>), PortError> {
        let path = self.path(&["content", &resource.sha256]);
        let there = path.clone();
        if let Some((sum, size, start)) = self.blocking(move |_| digest(&there)).await?
            && sum == resource.sha256
            && size == resource.size_bytes
        {
            return Ok((Written::default(), start));
        }
        let partial = self.path(&["content", &format!("{}.{dataset}.partial", resource.sha256)]);
        let mut file = tokio::fs::File::create(&partial)
            .await
            .map_err(|error| failed(&partial, error))?;
        self.steps.tick()?;
        let mut stream = content.open(&resource.sha256).await?;
        let mut size = 0_u64;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk?;
            size = size.saturating_add(chunk.len() as u64);
            if size > resource.size_bytes {
                return Err(wrong_content(resource));
            }
            file.write_all(&chunk)
                .await
                .map_err(|error| failed(&partial, error))?;
            self.steps.tick()?;
        }
        file.flush()
            .await
            .map_err(|error| failed(&partial, error))?;
        drop(file);
        let expected = resource.clone();
        let steps = self.steps.clone();
        self.blocking(move |_| {
            let Some((sum, size, start)) = digest(&partial)? else {
                return Err(content_gone(dataset));
            };
            if sum != expected.sha256 || size != expected.size_bytes {
                fs::remove_file(&partial).map_err(|error| failed(&partial, error))?;
                return Err(wrong_content(&expected));
            }
            let metadata = fs::metadata(&partial).map_err(|error| failed(&partial, error))?;
            let mut permissions = metadata.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&partial, permissions).map_err(|error| failed(&partial, error))?;
            steps.tick()?;
            rename(&partial, &path)?;
            steps.tick()?;
            Ok((
                Written {
                    writes: 1,
                    bytes: size,
                },
                start,
            ))
        })
        .await
    }

    async fn public_digest(
        &self,
        id: Uuid,
        name: &str,
    ) -> Result<Option<(String, u64)>, PortError> {
        let path = self.path(&["public", "datasets", &id.to_string(), name]);
        let found = self.blocking(move |_| digest(&path)).await?;
        Ok(found.map(|(sum, size, _)| (sum, size)))
    }

    async fn stage(&self, holding: &Holding) -> Result<Written, PortError> {
        let holding = holding.clone();
        self.blocking(move |this| this.stage_now(&holding)).await
    }

    async fn finish(&self) -> Result<Written, PortError> {
        self.blocking(Self::finish_now).await
    }

    async fn check(&self) -> Vec<CheckLine> {
        let place = self.root.display().to_string();
        let mut lines = Vec::new();
        match self.blocking(Self::probe).await {
            Ok(()) => lines.push(good(
                "write",
                bilingual!(
                    "The folder `{place}` can be written to and keeps links.",
                    "Le dossier « {place} » est accessible en écriture et garde les liens."
                ),
            )),
            Err(error) => {
                lines.push(bad("write", &error));
                return lines;
            }
        }
        match rustix::fs::statvfs(&self.root) {
            Ok(space) => {
                let megabytes = space.f_bavail.saturating_mul(space.f_frsize) / 1_000_000;
                lines.push(CheckLine {
                    what: "space",
                    ok: megabytes >= 100,
                    detail: bilingual!(
                        "{megabytes} MB are free in `{place}`.",
                        "{megabytes} Mo sont libres dans « {place} »."
                    ),
                });
            }
            Err(error) => lines.push(bad("space", &failed(&self.root, error.into()))),
        }
        match self.blocking(Self::generation_name).await {
            Ok(_) => lines.push(good(
                "public",
                bilingual!(
                    "A web server is to serve `{place}/public`.",
                    "Un serveur Web doit servir « {place}/public »."
                ),
            )),
            Err(error) => lines.push(bad("public", &error)),
        }
        lines
    }

    fn local_address(&self, path: &str) -> String {
        self.root.join("public").join(path).display().to_string()
    }
}

/// `../../../versions/<v>/www` → `<v>`.
fn version_of(target: &Path) -> Option<String> {
    Some(target.parent()?.file_name()?.to_string_lossy().into_owned())
}

fn read_holding(path: &Path) -> Result<Option<Holding>, PortError> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| unreadable(&path.display().to_string(), error)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

/// SHA-256 in hex, size, and the first bytes; `None` when there is no such file.
fn digest(path: &Path) -> Result<Option<(String, u64, Vec<u8>)>, PortError> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mut hash = Sha256::new();
    let mut size = 0_u64;
    let mut start = Vec::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(|error| failed(path, error))?;
        if read == 0 {
            return Ok(Some((hex::encode(hash.finalize()), size, start)));
        }
        let chunk = &buffer[..read];
        hash.update(chunk);
        size += read as u64;
        let wanted = (LOOK_BYTES - start.len()).min(read);
        start.extend_from_slice(&chunk[..wanted]);
    }
}

fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() == size)
}

fn list(folder: &Path) -> Result<Vec<String>, PortError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(folder, error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, error))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PortError> {
    fs::File::create(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|error| failed(path, error))
}

fn rename(from: &Path, to: &Path) -> Result<(), PortError> {
    fs::rename(from, to).map_err(|error| failed(to, error))
}

fn remove_folder(path: &Path) -> Result<(), PortError> {
    match fs::remove_dir_all(path) {
        Err(error) if !is_absent(&error) => Err(failed(path, error)),
        _ => Ok(()),
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn busy() -> PortError {
    PortError::temporary(
        "busy",
        bilingual!(
            "Another process is publishing to this catalogue. It will be tried again.",
            "Un autre processus publie dans ce catalogue. Un nouvel essai suivra."
        ),
    )
}

fn lost_version(id: Uuid) -> PortError {
    PortError::needs_person(
        "gone",
        bilingual!(
            "The files of dataset {id} are gone from the catalogue's folder. Publish it again, then finish.",
            "Les fichiers du jeu de données {id} ont disparu du dossier du catalogue. Publiez-le de nouveau, puis terminez."
        ),
    )
}

fn failed(path: &Path, error: io::Error) -> PortError {
    let place = path.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            PortError::needs_person(
                "forbidden",
                bilingual!(
                    "`{place}` cannot be read or written. Give the service's account the right to.",
                    "« {place} » n’est pas accessible. Donnez-en le droit au compte du service."
                ),
            )
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortError::needs_person(
            "full",
            bilingual!(
                "There is no space left for `{place}`. Free some or enlarge the disk.",
                "Il n’y a plus d’espace pour « {place} ». Libérez-en ou agrandissez le disque."
            ),
        ),
        _ => PortError::temporary(
            "unreachable",
            bilingual!(
                "`{place}` could not be read or written. It will be tried again.",
                "La lecture ou l’écriture de « {place} » a échoué. Un nouvel essai suivra."
            ),
        ),
    }
    .because(error)
}
