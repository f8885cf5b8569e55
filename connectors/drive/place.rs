//! Which file system a drive is, and its marker file: what tells an outage from an empty folder.
//!
//! Rule that must hold: when in doubt whether this is the place that was scanned before, nothing is concluded.

use std::{
    collections::BTreeMap,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
};

use rideau_domain::bilingual;
use rustix::{
    fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, Stat, StatxFlags},
    io::Errno,
};
use serde::{Deserialize, Serialize};

use super::problem::{problem, root_problem};
use crate::PortError;

/// How every marker file's name begins.
pub(super) const MARKER_PREFIX: &str = ".rideau-source";

/// Longest part of a marker's content that counts, in bytes.
const MARKER_BYTES: usize = 256;

/// What a mounted file system is known by. Device numbers of network mounts change with every mount, so the same
/// server path with the same file system id counts as the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mount {
    /// `st_dev`.
    pub(super) device: u64,
    /// `ext4`, `cifs`, `nfs4` …; empty where the kernel does not tell.
    pub(super) fs_type: String,
    /// `/dev/sda1`, `//server/share` …; empty where the kernel does not tell.
    pub(super) from: String,
    /// `f_fsid` of the file system, 0 where it has none.
    pub(super) fs_id: u64,
}

impl Mount {
    pub(super) fn same(&self, other: &Self) -> bool {
        let remounted =
            !self.from.is_empty() && self.from == other.from && self.fs_id == other.fs_id;
        self.fs_type == other.fs_type && (self.device == other.device || remounted)
    }
}

/// What is given back at the next scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DriveState {
    /// The root's file system.
    pub(super) mount: Mount,
    /// Names and contents of the markers.
    pub(super) marker: Option<String>,
    /// Every other mount below the root, by folder.
    #[serde(default)]
    pub(super) inner: BTreeMap<String, Mount>,
}

/// Opens the root folder.
pub(super) fn open_root(path: &Path) -> Result<OwnedFd, PortError> {
    rustix::io::retry_on_intr(|| {
        fs::openat(
            CWD,
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    })
    .map_err(|errno| root_problem(errno, &path.to_string_lossy()))
}

/// Which file system an open folder is on.
pub(super) fn mount_of(folder: BorrowedFd<'_>, stat: &Stat) -> Mount {
    // The mount's own number finds its line for certain; some file systems give files another device than the mount.
    let number = fs::statx(folder, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID)
        .ok()
        .filter(|status| status.stx_mask & StatxFlags::MNT_ID.bits() != 0)
        .map(|status| status.stx_mnt_id);
    let (fs_type, from) = std::fs::read("/proc/self/mountinfo")
        .ok()
        .and_then(|table| find_mount(&table, number, stat.st_dev))
        .unwrap_or_default();
    Mount {
        device: stat.st_dev,
        fs_type,
        from,
        fs_id: fs::fstatvfs(folder).map_or(0, |fs| fs.f_fsid),
    }
}

/// Finds a mount by its number, or else by its device, in the kernel's table
/// (proc(5): number parent major:minor root point options … - type source options).
fn find_mount(table: &[u8], number: Option<u64>, device: u64) -> Option<(String, String)> {
    let (column, wanted) = match number {
        Some(number) => (0, number.to_string()),
        None => (2, format!("{}:{}", fs::major(device), fs::minor(device))),
    };
    String::from_utf8_lossy(table).lines().find_map(|line| {
        let (head, tail) = line.split_once(" - ")?;
        if head.split(' ').nth(column)? != wanted {
            return None;
        }
        let mut tail = tail.split(' ');
        Some((tail.next()?.to_owned(), tail.next()?.to_owned()))
    })
}

/// Reads the marker files of the root: their names and contents. `None` when there are none.
pub(super) fn read_marker(root: BorrowedFd<'_>) -> Result<Option<String>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(root)? {
        let name = entry?.file_name().to_owned();
        if name.to_bytes().starts_with(MARKER_PREFIX.as_bytes()) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut marks = Vec::new();
    for name in names {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::openat(root, name.as_c_str(), flags, Mode::empty())?;
        if FileType::from_raw_mode(fs::fstat(&file)?.st_mode) != FileType::RegularFile {
            continue;
        }
        let mut content = [0; MARKER_BYTES];
        let read = rustix::io::retry_on_intr(|| rustix::io::read(&file, &mut content[..]))?;
        let content = String::from_utf8_lossy(content.get(..read).unwrap_or_default());
        marks.push(format!("{}={}", name.to_string_lossy(), content.trim()));
    }
    Ok((!marks.is_empty()).then(|| marks.join("\n")))
}

/// True when a marker says which source it marks, and not only that there is one.
fn tells_which(marker: &str) -> bool {
    marker != format!("{MARKER_PREFIX}=")
}

/// Compares the place with the one of the last complete scan, before anything is listed.
pub(super) fn verify(
    path: &Path,
    root: BorrowedFd<'_>,
    stat: &Stat,
    marker_wanted: bool,
    before: Option<&DriveState>,
) -> Result<DriveState, PortError> {
    let shown = path.to_string_lossy();
    let marker = match read_marker(root) {
        Ok(marker) => marker,
        Err(errno) if marker_wanted => {
            return Err(marker_missing(&shown).because(std::io::Error::from(errno)));
        }
        Err(errno) => return Err(problem(errno, &shown)),
    };
    if marker_wanted && marker.is_none() {
        return Err(marker_missing(&shown));
    }
    let mount = mount_of(root, stat);
    if let Some(before) = before {
        let same_marker = marker == before.marker;
        if marker_wanted && before.marker.is_some() && !same_marker {
            return Err(PortError::needs_person(
                "marker_changed",
                bilingual!(
                    "The marker file in “{shown}” is not the one of the last scan: another folder may be mounted there. Mount the right one, or reset the state of this source to accept it.",
                    "Le fichier témoin dans « {shown} » n’est pas celui du dernier balayage : un autre dossier y est peut-être monté. Montez le bon, ou réinitialisez l’état de cette source pour l’accepter."
                ),
            ));
        }
        let known_by_marker = same_marker && marker.as_deref().is_some_and(tells_which);
        if !mount.same(&before.mount) && !known_by_marker {
            let (old, new) = (describe(&before.mount), describe(&mount));
            return Err(PortError::needs_person(
                "mount_changed",
                bilingual!(
                    "“{shown}” is on another file system than at the last scan ({old} before, {new} now). Mount the right one, or reset the state of this source to accept it.",
                    "« {shown} » se trouve sur un autre système de fichiers qu’au dernier balayage (avant : {old} ; maintenant : {new}). Montez le bon, ou réinitialisez l’état de cette source pour l’accepter."
                ),
            ));
        }
    }
    Ok(DriveState {
        mount,
        marker,
        inner: BTreeMap::new(),
    })
}

/// After the walk: the path still leads to the folder that was walked, and the marker is still there.
pub(super) fn still_there(
    path: &Path,
    stat: &Stat,
    marker_wanted: bool,
    state: &DriveState,
) -> Result<(), PortError> {
    let shown = path.to_string_lossy();
    let root = open_root(path)?;
    let now = fs::fstat(&root).map_err(|errno| root_problem(errno, &shown))?;
    if (now.st_dev, now.st_ino) != (stat.st_dev, stat.st_ino) {
        return Err(PortError::temporary(
            "unreachable",
            bilingual!(
                "“{shown}” was mounted or replaced while it was being scanned. It is scanned again.",
                "« {shown} » a été monté ou remplacé pendant le balayage. Il sera balayé de nouveau."
            ),
        ));
    }
    if marker_wanted && read_marker(root.as_fd()).ok().flatten() != state.marker {
        return Err(marker_missing(&shown));
    }
    Ok(())
}

pub(super) fn describe(mount: &Mount) -> String {
    if mount.fs_type.is_empty() {
        format!(
            "device {}:{}",
            fs::major(mount.device),
            fs::minor(mount.device)
        )
    } else {
        format!("{} {}", mount.fs_type, mount.from)
    }
}

pub(super) fn marker_missing(shown: &str) -> PortError {
    PortError::temporary(
        "marker_missing",
        bilingual!(
            "No file “{MARKER_PREFIX}…” can be read in “{shown}”, so the share counts as not mounted and nothing is concluded. Mount it; or, if this is the right folder, put an empty file “{MARKER_PREFIX}” there.",
            "Aucun fichier « {MARKER_PREFIX}… » n’est lisible dans « {shown} » ; le partage est donc réputé non monté et rien n’en est conclu. Montez-le ; ou, si c’est le bon dossier, placez-y un fichier vide « {MARKER_PREFIX} »."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(device: u64, fs_type: &str, from: &str, fs_id: u64) -> Mount {
        Mount {
            device,
            fs_type: fs_type.into(),
            from: from.into(),
            fs_id,
        }
    }

    #[test]
    fn sameness() {
        let share = mount(50, "cifs", "//s/share", 7);
        assert!(share.same(&mount(50, "cifs", "//s/share", 7)));
        assert!(
            share.same(&mount(61, "cifs", "//s/share", 7)),
            "mounted again"
        );
        assert!(!share.same(&mount(61, "cifs", "//s/other", 7)));
        assert!(!share.same(&mount(61, "cifs", "//s/share", 8)));
        assert!(!share.same(&mount(50, "ext4", "/dev/vda", 9)), "unmounted");
        assert!(
            !mount(1, "", "", 0).same(&mount(2, "", "", 0)),
            "nothing known"
        );
    }

    #[test]
    fn mount_table() {
        let table = b"22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
            30 22 0:45 / /srv/my\\040share rw shared:3 master:1 - cifs //s/share rw,vers=3\nbroken line\n";
        assert_eq!(
            find_mount(table, None, fs::makedev(0, 45)),
            Some(("cifs".into(), "//s/share".into()))
        );
        assert_eq!(
            find_mount(table, Some(22), fs::makedev(0, 45)),
            Some(("ext4".into(), "/dev/vda".into()))
        );
        assert_eq!(find_mount(table, None, fs::makedev(0, 4)), None);
    }
}
