//! What stands in a folder: to compare two folders, or one folder before and after.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// One file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    /// `folder`, `-> where`, or the SHA-256 of the content.
    what: String,
    inode: u64,
    /// When its content was last written, in nanoseconds.
    modified: (i64, i64),
}

/// A folder with all that is in it, links not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// Every entry with its inode and its time of change: equal only when nothing at all was written.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut entries = BTreeMap::new();
        walk(folder, &mut |path, meta| {
            let what = if meta.is_symlink() {
                format!("-> {}", fs::read_link(path).unwrap().display())
            } else if meta.is_dir() {
                "folder".to_owned()
            } else {
                sha256(path)
            };
            let relative = path.strip_prefix(folder).unwrap();
            entries.insert(
                relative.to_string_lossy().into_owned(),
                Entry {
                    what,
                    inode: meta.ino(),
                    modified: (meta.mtime(), meta.mtime_nsec()),
                },
            );
        });
        Self(entries)
    }

    /// File → SHA-256 of its content, as a reader of the folder sees them: links are followed.
    pub(crate) fn contents(folder: &Path) -> BTreeMap<String, String> {
        fn visit(folder: &Path, at: &Path, found: &mut BTreeMap<String, String>) {
            let Ok(entries) = fs::read_dir(at) else {
                return;
            };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit(folder, &path, found);
                } else {
                    let name = path.strip_prefix(folder).unwrap().to_string_lossy();
                    found.insert(name.into_owned(), sha256(&path));
                }
            }
        }
        let mut found = BTreeMap::new();
        visit(folder, folder, &mut found);
        found
    }

    /// What differs from another state of the same folder, for a failure's message.
    pub(crate) fn difference(&self, other: &Self) -> Vec<String> {
        let names: std::collections::BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        names
            .into_iter()
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .map(|name| format!("{name}: {:?} / {:?}", self.0.get(name), other.0.get(name)))
            .collect()
    }

    /// Whether any file holds these bytes, links not followed. The names of those that do.
    pub(crate) fn holding(folder: &Path, needle: &[u8]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(folder, &mut |path, meta| {
            if meta.is_file() {
                let bytes = fs::read(path).unwrap();
                if bytes.windows(needle.len()).any(|part| part == needle) {
                    found.push(path.to_path_buf());
                }
            }
        });
        found
    }

    /// Everything whose name begins like that.
    pub(crate) fn named(folder: &Path, prefix: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        walk(folder, &mut |path, _| {
            let name = path.file_name().unwrap().to_string_lossy();
            if name.starts_with(prefix) {
                found.push(path.to_path_buf());
            }
        });
        found
    }
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path, &fs::Metadata)) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        visit(&path, &meta);
        if meta.is_dir() {
            walk(&path, visit);
        }
    }
}

fn sha256(file: &Path) -> String {
    hex::encode(Sha256::digest(fs::read(file).unwrap()))
}
