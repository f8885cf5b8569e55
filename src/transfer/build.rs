//! Builds a bag: copies, writes the metadata, renames. All or nothing.
//!
//! The work happens in `.building-<bag id>` beside the bag; only a finished bag gets its name. What a killed run left
//! is removed and built anew. Rule that must hold: a file goes into the bag only with the bytes that were approved.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha512};

use super::{
    bagit, dc, droid,
    error::{BagError, io},
    input::BagInput,
    json,
    layout::{Digests, LaidFile, LaidItem, Layout},
    legal_name, mets, premis,
    verify::verify,
};
use crate::domain::{Decision, DecisionKind, Sha256, Standing, standing};

/// A bag that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltBag {
    /// Where it stands.
    pub folder: PathBuf,
    /// SHA-512 of `tagmanifest-sha512.txt`, in hex: stands for every byte of the bag.
    pub tag_manifest_sha512: String,
    /// Bytes and number of payload files, as in `bag-info.txt`: `12345.7`.
    pub payload_oxum: String,
    /// Number of files of the payload.
    pub files: u64,
    /// True when it stood there already, complete and the same.
    pub existed: bool,
}

/// Builds the bag in `parent_folder`, or finds it there.
///
/// # Errors
/// See [`BagError`]. After an error there is no bag under the name that was not there before.
pub fn build(input: &BagInput, parent_folder: &Path) -> Result<BuiltBag, BagError> {
    check(input)?;
    let layout = Layout::of(input)?;
    let folder = parent_folder.join(&input.bag_name);
    let building = parent_folder.join(format!(".building-{}", input.bag_id));
    remove(&building)?;
    if fs::symlink_metadata(&folder).is_ok() {
        return accept(input, &layout, folder);
    }
    let written = write(input, &layout, &building).and_then(|bag| {
        fs::rename(&building, &folder).map_err(io("name", &folder))?;
        sync(parent_folder)?;
        Ok(bag)
    });
    match written {
        Ok(bag) => Ok(bag.built(folder, false)),
        Err(error) => {
            // The first error says what happened; what cannot be removed now is removed by the next run.
            match remove(&building) {
                Ok(()) | Err(_) => Err(error),
            }
        }
    }
}

fn check(input: &BagInput) -> Result<(), BagError> {
    if input.bag_name.starts_with('.') || legal_name(&input.bag_name) != input.bag_name {
        return Err(BagError::BagName {
            name: input.bag_name.clone(),
        });
    }
    let about: Vec<Decision> = input
        .decisions
        .iter()
        .filter(|decision| {
            decision.kind == DecisionKind::Transfer && decision.bound_hash == input.bundle_hash
        })
        .cloned()
        .collect();
    // Whether two persons are needed was settled before; here at least one approval must hold.
    if standing(&about, false) != Standing::Approved {
        return Err(BagError::NotApproved {
            bundle_hash: input.bundle_hash,
        });
    }
    Ok(())
}

/// A bag stands under the name: it must be this one, and whole.
fn accept(input: &BagInput, layout: &Layout<'_>, folder: PathBuf) -> Result<BuiltBag, BagError> {
    let mut digests = Digests::new();
    for file in layout.files() {
        let sha512 = copy(file, None)?;
        digests.insert(file.path.clone(), sha512);
    }
    let bag = Contents::of(input, layout, &digests)?;
    let name = "tagmanifest-sha512.txt";
    let ours = bag.files.get(name);
    let path = folder.join(name);
    match fs::read(&path) {
        Ok(theirs) if Some(&theirs) == ours => {}
        Ok(_) => return Err(BagError::BagExists { folder }),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            return Err(BagError::BagExists { folder });
        }
        Err(error) => return Err(io("read", &path)(error)),
    }
    let problems = verify(&folder)?.problems.len();
    if problems > 0 {
        return Err(BagError::ExistingBroken { folder, problems });
    }
    Ok(bag.built(folder, true))
}

fn write(input: &BagInput, layout: &Layout<'_>, building: &Path) -> Result<Contents, BagError> {
    let mut folders = Folders::default();
    folders.make(building, "")?;
    let mut digests = Digests::new();
    for file in layout.files() {
        if let Some((folder, _)) = file.path.rsplit_once('/') {
            folders.make(building, folder)?;
        }
        let sha512 = copy(file, Some(&building.join(&file.path)))?;
        digests.insert(file.path.clone(), sha512);
    }
    let bag = Contents::of(input, layout, &digests)?;
    for (name, bytes) in &bag.files {
        if let Some((folder, _)) = name.rsplit_once('/') {
            folders.make(building, folder)?;
        }
        let path = building.join(name);
        let mut file = File::create_new(&path).map_err(io("create", &path))?;
        file.write_all(bytes).map_err(io("write", &path))?;
        file.sync_all().map_err(io("write", &path))?;
    }
    folders.sync(building)?;
    Ok(bag)
}

/// Everything of a bag but its payload.
struct Contents {
    /// Tag files and manifests, by path.
    files: BTreeMap<String, Vec<u8>>,
    oxum: String,
    count: u64,
}

impl Contents {
    fn of(input: &BagInput, layout: &Layout<'_>, sha512: &Digests) -> Result<Self, BagError> {
        let sha256: BTreeMap<String, String> = layout
            .files()
            .map(|file| (file.path.clone(), file.sha256.to_string()))
            .collect();
        let octets: u64 = layout
            .files()
            .fold(0, |sum: u64, file| sum.saturating_add(file.size_bytes));
        let count = u64::try_from(sha256.len()).unwrap_or(u64::MAX);
        let oxum = format!("{octets}.{count}");
        let mut files = metadata(input, layout, sha512)?;
        files.insert("bagit.txt".to_owned(), bagit::DECLARATION.into());
        files.insert("bag-info.txt".to_owned(), bagit::info(input, &oxum).into());
        files.insert(
            "manifest-sha256.txt".to_owned(),
            bagit::manifest(&sha256).into(),
        );
        files.insert(
            "manifest-sha512.txt".to_owned(),
            bagit::manifest(sha512).into(),
        );
        let tags = |digest: fn(&[u8]) -> String| {
            let digests: BTreeMap<_, _> = files
                .iter()
                .map(|(name, bytes)| (name.clone(), digest(bytes)))
                .collect();
            bagit::manifest(&digests).into_bytes()
        };
        let tags_256 = tags(|bytes| Sha256::of(bytes).to_string());
        let tags_512 = tags(sha512_of);
        files.insert("tagmanifest-sha256.txt".to_owned(), tags_256);
        files.insert("tagmanifest-sha512.txt".to_owned(), tags_512);
        Ok(Self { files, oxum, count })
    }

    fn built(self, folder: PathBuf, existed: bool) -> BuiltBag {
        let tag_manifest = self
            .files
            .get("tagmanifest-sha512.txt")
            .expect("every bag has this tag manifest");
        BuiltBag {
            folder,
            tag_manifest_sha512: sha512_of(tag_manifest),
            payload_oxum: self.oxum,
            files: self.count,
            existed,
        }
    }
}

fn sha512_of(bytes: &[u8]) -> String {
    hex::encode(Sha512::digest(bytes))
}

fn metadata(
    input: &BagInput,
    layout: &Layout<'_>,
    digests: &Digests,
) -> Result<BTreeMap<String, Vec<u8>>, BagError> {
    let findings: Vec<_> = layout
        .items
        .iter()
        .map(|laid| serde_json::json!({"item": laid.item.native_id, "number": laid.number, "findings": laid.item.findings}))
        .collect();
    let decisions =
        serde_json::json!({"bundle_hash": input.bundle_hash, "decisions": input.decisions});
    let mut files = BTreeMap::from([
        (
            "metadata/premis.xml".to_owned(),
            premis::file(input, layout, digests),
        ),
        (
            "metadata/mets.xml".to_owned(),
            mets::file(input, layout, digests),
        ),
        ("metadata/dc.xml".to_owned(), dc::file(input, layout)),
        ("metadata/droid.csv".to_owned(), droid::file(layout)),
        (
            "metadata/record.json".to_owned(),
            json::file(&input.record)?,
        ),
        ("metadata/findings.json".to_owned(), json::file(&findings)?),
        (
            "metadata/decisions.json".to_owned(),
            json::file(&decisions)?,
        ),
    ]);
    for laid in &layout.items {
        files.insert(
            format!("metadata/native/{}.json", laid.number),
            json::file(&native(laid))?,
        );
    }
    Ok(files)
}

/// What the source said about an item, and where its files went.
fn native(laid: &LaidItem<'_>) -> serde_json::Value {
    let item = laid.item;
    let renditions: Vec<_> = laid
        .renditions
        .iter()
        .map(|(file, rendition)| {
            serde_json::json!({
                "name": rendition.name, "bag_path": file.path, "kind": rendition.kind, "converter": rendition.converter,
                "released": rendition.released,
            })
        })
        .collect();
    serde_json::json!({
        "native_id": item.native_id, "path": item.path, "name": item.name, "version": item.version,
        "modified": item.modified, "format": item.format, "bag_path": laid.original.path, "renditions": renditions,
        "fact_counts": item.fact_counts, "treatments": item.treatments, "native": item.native,
    })
}

/// Reads a file once, checks that it is what was approved, writes it where asked to, and gives its SHA-512.
fn copy(file: &LaidFile<'_>, to: Option<&Path>) -> Result<String, BagError> {
    let mut from = File::open(file.local).map_err(io("open", file.local))?;
    let mut into = match to {
        Some(path) => Some((path, File::create_new(path).map_err(io("create", path))?)),
        None => None,
    };
    let (mut sha256, mut sha512) = (sha2::Sha256::new(), Sha512::new());
    let mut found_size = 0_u64;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let n = from.read(&mut buffer).map_err(io("read", file.local))?;
        let Some(chunk) = buffer.get(..n).filter(|chunk| !chunk.is_empty()) else {
            break;
        };
        sha256.update(chunk);
        sha512.update(chunk);
        found_size = found_size.saturating_add(u64::try_from(n).unwrap_or(u64::MAX));
        if let Some((path, into)) = &mut into {
            into.write_all(chunk).map_err(io("write", path))?;
        }
    }
    let found = Sha256(sha256.finalize().into());
    if found != file.sha256 || found_size != file.size_bytes {
        return Err(BagError::Damaged {
            file: file.path.clone(),
            expected: file.sha256,
            expected_size: file.size_bytes,
            found,
            found_size,
        });
    }
    if let Some((path, into)) = into {
        into.sync_all().map_err(io("write", path))?;
    }
    Ok(hex::encode(sha512.finalize()))
}

/// Folders made so far, so that each is made once and all reach the disk.
#[derive(Default)]
struct Folders(BTreeSet<String>);

impl Folders {
    fn make(&mut self, root: &Path, folder: &str) -> Result<(), BagError> {
        if self.0.contains(folder) {
            return Ok(());
        }
        let path = root.join(folder);
        fs::create_dir_all(&path).map_err(io("create", &path))?;
        let mut above = folder;
        while self.0.insert(above.to_owned()) {
            above = above.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
        Ok(())
    }

    fn sync(&self, root: &Path) -> Result<(), BagError> {
        self.0
            .iter()
            .try_for_each(|folder| sync(&root.join(folder)))
    }
}

fn sync(folder: &Path) -> Result<(), BagError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io("write", folder))
}

fn remove(building: &Path) -> Result<(), BagError> {
    match fs::remove_dir_all(building) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(io("remove", building)(error))
        }
        _ => Ok(()),
    }
}
