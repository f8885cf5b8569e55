//! What a worker left in its output folder.
//!
//! Rule that must hold: only plain files with plain names are ever taken, within the limits, and
//! nothing is followed.

use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt,
    path::Path,
};

use super::{error::SandboxError, job::OutputFile, limits::Limits};

/// Lists the folder, sorted by name. Refuses the whole job at the first thing that is not acceptable.
pub(super) fn collect(folder: &Path, limits: &Limits) -> Result<Vec<OutputFile>, SandboxError> {
    let mut files = Vec::new();
    let mut total: u64 = 0;
    for entry in fs::read_dir(folder).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        let metadata = entry.metadata().map_err(listing)?;
        acceptable(&metadata).map_err(|what| SandboxError::BadOutput { what })?;
        let name = entry
            .file_name()
            .into_string()
            .ok()
            .filter(|name| plain(name))
            .ok_or(SandboxError::BadOutput {
                what: "a name that is not plain",
            })?;
        total = total.saturating_add(metadata.len());
        files.push(OutputFile {
            name,
            size_bytes: metadata.len(),
        });
        if total > limits.output_bytes || count(&files) > limits.output_files {
            return Err(too_large(limits));
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Whether the folder has already outgrown the limits, while the worker still runs. A look that fails
/// decides nothing: [`collect`] looks again at the end.
pub(super) fn outgrown(folder: &Path, limits: &Limits) -> bool {
    let Ok(entries) = fs::read_dir(folder) else {
        return false;
    };
    let (mut total, mut files): (u64, u64) = (0, 0);
    for metadata in entries.filter_map(|entry| entry.ok()?.metadata().ok()) {
        files = files.saturating_add(1);
        total = total.saturating_add(metadata.len());
        if total > limits.output_bytes || files > limits.output_files {
            return true;
        }
    }
    false
}

pub(super) fn too_large(limits: &Limits) -> SandboxError {
    SandboxError::OutputTooLarge {
        output_bytes: limits.output_bytes,
        output_files: limits.output_files,
    }
}

fn count(files: &[OutputFile]) -> u64 {
    u64::try_from(files.len()).unwrap_or(u64::MAX)
}

fn listing(source: io::Error) -> SandboxError {
    SandboxError::Io {
        doing: "listing the output folder",
        source,
    }
}

/// A plain file with one name. (`DirEntry::metadata` does not follow links.)
fn acceptable(metadata: &Metadata) -> Result<(), &'static str> {
    if metadata.is_symlink() {
        Err("a symbolic link")
    } else if metadata.is_dir() {
        Err("a folder")
    } else if !metadata.is_file() {
        Err("a special file")
    } else if metadata.nlink() != 1 {
        Err("a file with a second name")
    } else {
        Ok(())
    }
}

fn plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\'])
        && !name.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use std::os::unix::{ffi::OsStrExt, fs::symlink, net::UnixListener};

    use super::*;

    fn check(prepare: impl FnOnce(&Path), expect: Result<&[(&str, u64)], &str>) {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let limits = Limits {
            output_bytes: 100,
            output_files: 3,
            ..Limits::default()
        };
        let got = collect(folder.path(), &limits);
        match (got, expect) {
            (Ok(files), Ok(names)) => {
                let files: Vec<(&str, u64)> = files
                    .iter()
                    .map(|file| (file.name.as_str(), file.size_bytes))
                    .collect();
                assert_eq!(files, names);
            }
            (Err(SandboxError::BadOutput { what }), Err(part)) => assert_eq!(what, part),
            (Err(SandboxError::OutputTooLarge { .. }), Err("too large")) => {}
            (got, expect) => panic!("{got:?} instead of {expect:?}"),
        }
    }

    fn write(folder: &Path, name: &str, size_bytes: usize) {
        fs::write(folder.join(name), vec![b'x'; size_bytes]).unwrap();
    }

    #[test]
    fn plain_files_come_sorted() {
        check(|_| (), Ok(&[]));
        let three = |folder: &Path| {
            write(folder, "b.csv", 3);
            write(folder, "a é.csv", 0);
            write(folder, "Z", 97);
        };
        check(three, Ok(&[("Z", 97), ("a é.csv", 0), ("b.csv", 3)]));
    }

    #[test]
    fn too_much_is_refused() {
        check(|folder| write(folder, "a", 101), Err("too large"));
        let together = |folder: &Path| {
            write(folder, "a", 60);
            write(folder, "b", 60);
        };
        check(together, Err("too large"));
        let many = |folder: &Path| {
            for name in ["a", "b", "c", "d"] {
                write(folder, name, 0);
            }
        };
        check(many, Err("too large"));
    }

    #[test]
    fn what_is_not_a_plain_file_is_refused() {
        check(
            |folder| symlink("/etc/passwd", folder.join("a")).unwrap(),
            Err("a symbolic link"),
        );
        check(
            |folder| symlink("nowhere", folder.join("a")).unwrap(),
            Err("a symbolic link"),
        );
        check(
            |folder| fs::create_dir(folder.join("a")).unwrap(),
            Err("a folder"),
        );
        let socket = |folder: &Path| drop(UnixListener::bind(folder.join("a")).unwrap());
        check(socket, Err("a special file"));
        let twice = |folder: &Path| {
            write(folder, "a", 1);
            fs::hard_link(folder.join("a"), folder.join("b")).unwrap();
        };
        check(twice, Err("a file with a second name"));
    }

    #[test]
    fn names_are_plain() {
        for name in [".hidden", "a\nb", "a\\b", "\u{1b}[31m", "\u{85}"] {
            check(
                |folder| write(folder, name, 1),
                Err("a name that is not plain"),
            );
        }
        let bytes = |folder: &Path| {
            let name = std::ffi::OsStr::from_bytes(b"a\xff");
            fs::write(folder.join(name), "x").unwrap();
        };
        check(bytes, Err("a name that is not plain"));
    }
}
