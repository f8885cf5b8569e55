//! Opens one file's content, and makes sure that it is the file that was seen.
//!
//! Rule that must hold: a stream that ends without an error gave exactly the bytes of the file with that fingerprint,
//! as far as the file system can tell.

use std::{
    fs::File,
    io::Read,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use rustix::{
    fs::{self, AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

use super::{
    DriveOptions,
    access::{List, Lists, with_list, without_list},
    names::{Wanted, name_all, parse},
    place::{mount_of, open_root},
    problem::{changed, invalid_id, problem, stalled, stopped},
    record::fingerprint,
    walk::{c_name, list, open_folder},
};
use crate::PortError;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 * 1024;

/// A file that was opened and is the one that was asked for.
#[derive(Debug)]
pub(super) struct Opened {
    file: File,
    native_id: String,
    fingerprint: String,
    pub(super) size_bytes: u64,
}

/// Opens a file by its native id. Blocks.
pub(super) fn open(root: &Path, native_id: &str, wanted: &str) -> Result<Opened, PortError> {
    let (folder, raw) = locate(root, native_id)?;
    let name = c_name(&raw).map_err(|_| invalid_id(native_id))?;
    // Not blocking: it may have become a pipe, on which an open would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file =
        rustix::io::retry_on_intr(|| fs::openat(&folder, name.as_c_str(), flags, Mode::empty()))
            .map_err(|errno| match errno {
                // It became a socket or a device.
                Errno::NXIO | Errno::OPNOTSUPP => changed(native_id),
                other => problem(other, native_id),
            })?;
    let stat = fs::fstat(&file).map_err(|errno| problem(errno, native_id))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || fingerprint(&stat) != without_list(wanted)
    {
        return Err(changed(native_id));
    }
    Ok(Opened {
        file: File::from(file),
        native_id: native_id.to_owned(),
        fingerprint: without_list(wanted).to_owned(),
        size_bytes: u64::try_from(stat.st_size).unwrap_or(0),
    })
}

/// Tells whether the name still leads to a file with this fingerprint and the same access list. Blocks.
pub(super) fn unchanged(
    options: &DriveOptions,
    native_id: &str,
    wanted: &str,
) -> Result<bool, PortError> {
    let (folder, raw) = locate(&options.path, native_id)?;
    let name = c_name(&raw).map_err(|_| invalid_id(native_id))?;
    let stat = rustix::io::retry_on_intr(|| {
        fs::statat(&folder, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW)
    })
    .map_err(|errno| problem(errno, native_id))?;
    let file = fingerprint(&stat);
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile
        || file != without_list(wanted)
    {
        return Ok(false);
    }
    if file == wanted {
        return Ok(true);
    }
    let status = fs::fstat(&folder).map_err(|errno| problem(errno, native_id))?;
    let mount = mount_of(folder.as_fd(), &status);
    let list = Lists::on(&mount.fs_type, options.access_lists)
        .map_or_else(List::none, |lists| lists.read(&folder, &raw));
    Ok(with_list(&file, &list) == wanted)
}

impl Opened {
    /// The content, read on a blocking thread, chunk by chunk and only as fast as it is taken.
    pub(super) fn stream(self, patience: Duration) -> BoxStream<'static, Result<Bytes, PortError>> {
        stream::unfold(Some(self), move |opened| async move {
            let opened = opened?;
            let what = opened.native_id.clone();
            let read = tokio::task::spawn_blocking(move || opened.next());
            match tokio::time::timeout(patience, read).await {
                Ok(Ok((chunk, rest))) => chunk.map(|chunk| (chunk, rest)),
                Ok(Err(error)) => Some((Err(stopped().because(error)), None)),
                Err(_) => Some((Err(stalled(&what, patience)), None)),
            }
        })
        .boxed()
    }

    /// Reads the beginning, for a trial. Gives the number of bytes read.
    pub(super) fn begin(mut self) -> Result<usize, PortError> {
        let mut some = [0; 512];
        self.file.read(&mut some).map_err(|error| {
            problem(
                Errno::from_io_error(&error).unwrap_or(Errno::IO),
                &self.native_id,
            )
        })
    }

    /// The next chunk, and what is to be read after it.
    fn next(mut self) -> (Option<Result<Bytes, PortError>>, Option<Self>) {
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut filled = 0;
        while let Some(room) = chunk.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.file.read(room) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let errno = Errno::from_io_error(&error).unwrap_or(Errno::IO);
                    return (Some(Err(problem(errno, &self.native_id))), None);
                }
            }
        }
        if filled > 0 {
            chunk.truncate(filled);
            return (Some(Ok(chunk.into())), Some(self));
        }
        // The end. Written to while it was read?
        match fs::fstat(&self.file) {
            Ok(stat) if fingerprint(&stat) == self.fingerprint => (None, None),
            Ok(_) => (Some(Err(changed(&self.native_id))), None),
            Err(errno) => (Some(Err(problem(errno, &self.native_id))), None),
        }
    }
}

/// Finds the folder and the raw name that a native id stands for.
fn locate(root: &Path, native_id: &str) -> Result<(OwnedFd, Vec<u8>), PortError> {
    let mut folder = open_root(root)?;
    let mut parts = native_id.split('/').peekable();
    while let Some(part) = parts.next() {
        let wanted = parse(part).ok_or_else(|| invalid_id(native_id))?;
        let raw = find(&folder, part, wanted).map_err(|errno| problem(errno, native_id))?;
        if parts.peek().is_none() {
            return Ok((folder, raw));
        }
        (folder, _) = open_folder(&folder, &raw).map_err(|errno| problem(errno, native_id))?;
    }
    Err(invalid_id(native_id))
}

fn find(folder: &OwnedFd, part: &str, wanted: Wanted) -> Result<Vec<u8>, Errno> {
    let normal = match wanted {
        Wanted::Exact(raw) => return Ok(raw),
        Wanted::Normal(normal) => normal.into_bytes(),
    };
    let name = c_name(&normal)?;
    match fs::statat(folder.as_fd(), name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Ok(normal),
        // Plain ASCII has no other spelling. A name may be longer in NFC than on disk.
        Err(Errno::NOENT | Errno::NAMETOOLONG) if !part.is_ascii() => {
            let names = list(folder)?.into_iter().map(|(raw, _)| raw).collect();
            name_all(names)
                .into_iter()
                .find(|name| name.id == part)
                .map(|name| name.raw)
                .ok_or(Errno::NOENT)
        }
        Err(errno) => Err(errno),
    }
}
