//! Walks a drive and tells what it sees, folder by folder.
//!
//! It opens every folder relative to the one above, never by its full path: paths may be longer than the system takes,
//! and a symbolic link that is slipped in cannot lead outside. It keeps a bounded number of folders open and one
//! folder's records in memory. It runs on a thread that may block, and speaks only through [`Tell`], so that it can run
//! in a process of its own just as well. Rule that must hold: a folder is told as listed only when every entry was
//! seen; everything else is told as unknown.

use std::{
    ffi::{CStr, CString},
    ops::ControlFlow,
    os::fd::{AsFd, OwnedFd},
    sync::atomic::{AtomicU64, Ordering},
};

use rideau_domain::{Bilingual, bilingual};
use rustix::{
    fs::{self, Access as May, AtFlags, Dir, FileType, Mode, OFlags, Stat},
    io::Errno,
};

use super::{
    DriveOptions,
    access::{List, Lists},
    ignore::{Ignore, Locks},
    names::{Named, name_all},
    place::{DriveState, mount_of, open_root, still_there, verify},
    problem::{problem, root_problem},
    record::record,
};
use crate::{Observed, PortError, ScanEnd};

/// Deeper folders are reported, not walked. Windows shares end far above, and file systems that make up folders
/// without end stop here.
const DEEPEST: usize = 1024;

/// Folders above the current one that stay open. Those further up are reopened through `..` and compared.
const KEPT_OPEN: usize = 24;

/// So many entries in a row that fail mean that the folder's server is gone.
const FAILURES_IN_A_ROW: u32 = 8;

/// Entries looked at since the process began: whoever watches the walk sees by it that the file system answers.
pub(super) static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// What the walk tells.
pub(super) enum Tell {
    /// A folder, fully listed.
    Folder(String, Vec<Observed>),
    /// A folder or entry that could not be looked at.
    Unknown(String, PortError),
}

/// Where the walk tells it. `Break` ends the walk early.
pub(super) type Teller<'a> = &'a mut dyn FnMut(Tell) -> ControlFlow<()>;

/// Walks the whole drive. `None` when the teller broke it off.
pub(super) fn walk(
    options: &DriveOptions,
    state: &serde_json::Value,
    tell: Teller<'_>,
) -> Result<Option<ScanEnd>, PortError> {
    let before: Option<DriveState> = serde_json::from_value(state.clone()).unwrap_or_else(|error| {
        tracing::warn!(%error, "the recorded state of the drive cannot be read; the drive is taken as it is found");
        None
    });
    let root = open_root(&options.path)?;
    let shown = options.path.to_string_lossy();
    let stat = fs::fstat(&root).map_err(|errno| root_problem(errno, &shown))?;
    let state = verify(
        &options.path,
        root.as_fd(),
        &stat,
        options.marker,
        before.as_ref(),
    )?;
    let mut walk = Walk {
        options,
        ignore: Ignore::new(&options.ignore),
        before: before.as_ref(),
        root_device: stat.st_dev,
        root_lists: Lists::on(&state.mount.fs_type, options.access_lists),
        state,
        complete: true,
        folders: 0,
        records: 0,
        ignored: 0,
        tell,
    };
    if walk.tree(root, &stat).is_break() {
        return Ok(None);
    }
    if let Err(error) = still_there(&options.path, &stat, options.marker, &walk.state)
        && walk.unknown(String::new(), error).is_break()
    {
        return Ok(None);
    }
    walk.end().map(Some)
}

/// A folder on the way down.
struct Level {
    /// Open, unless it is far above.
    open: Option<OwnedFd>,
    device: u64,
    inode: u64,
    /// Its native id; empty for the root.
    id: String,
    /// What people read.
    path: String,
    /// Folders in it that are still to be walked, last first.
    pending: Vec<Named>,
}

struct Walk<'a> {
    options: &'a DriveOptions,
    ignore: Ignore,
    before: Option<&'a DriveState>,
    root_device: u64,
    root_lists: Option<Lists>,
    state: DriveState,
    complete: bool,
    folders: u64,
    records: u64,
    ignored: u64,
    tell: Teller<'a>,
}

impl Walk<'_> {
    fn end(self) -> Result<ScanEnd, PortError> {
        let mut state = self.state;
        if let Some(before) = self.before {
            // A mount that comes and goes stays known.
            for (folder, mount) in &before.inner {
                let entry = state.inner.entry(folder.clone());
                entry.or_insert_with(|| mount.clone());
            }
        }
        Ok(ScanEnd {
            complete: self.complete,
            folders: self.folders,
            records: self.records,
            ignored: self.ignored,
            state: serde_json::to_value(state).map_err(|error| {
                PortError::permanent(
                    "invalid",
                    Bilingual::new(
                        "The state of the drive cannot be kept.",
                        "L’état du lecteur ne peut être conservé.",
                    ),
                )
                .because(error)
            })?,
        })
    }

    fn tree(&mut self, root: OwnedFd, stat: &Stat) -> ControlFlow<()> {
        let mut levels = Vec::new();
        self.enter(&mut levels, root, stat, String::new(), String::new())?;
        loop {
            let Some(level) = levels.last_mut() else {
                return ControlFlow::Continue(());
            };
            let Some(next) = level.pending.pop() else {
                let done = levels.pop();
                self.leave(&mut levels, done)?;
                continue;
            };
            let id = join(&level.id, &next.id);
            let path = join(&level.path, &next.display);
            // `leave` reopens a folder before its next child is asked for.
            let Some(open) = &level.open else {
                self.unknown(id, problem(Errno::STALE, &path))?;
                continue;
            };
            match open_folder(open, &next.raw) {
                Ok((folder, stat)) => self.step_in(&mut levels, folder, &stat, id, path)?,
                Err(Errno::NOENT) => {
                    // Gone between listing and opening: normal, and what was in it is missing. But some mounts say so of what
                    // lies too deep, and list it all the same.
                    let listed = list(open).is_ok_and(|entries| {
                        entries
                            .iter()
                            .any(|(raw, kind)| *raw == next.raw && *kind == FileType::Directory)
                    });
                    if listed {
                        self.unknown(id, listed_and_closed(&path))?;
                    }
                }
                Err(errno) => self.unknown(id, problem(errno, &path))?,
            }
        }
    }

    /// Decides whether a folder is walked at all.
    fn step_in(
        &mut self,
        levels: &mut Vec<Level>,
        folder: OwnedFd,
        stat: &Stat,
        id: String,
        path: String,
    ) -> ControlFlow<()> {
        let above = levels.last().map_or(self.root_device, |level| level.device);
        let known_mount = self.before.map(|before| before.inner.get(&id));
        if stat.st_dev != above {
            let mount = mount_of(folder.as_fd(), stat);
            let other = match known_mount {
                // The first scan takes what it finds.
                None => false,
                Some(None) => true,
                Some(Some(before)) => self.options.cross_mounts && !before.same(&mount),
            };
            self.state.inner.insert(id.clone(), mount);
            if other {
                return self.unknown(id, mount_appeared(&path));
            }
            if !self.options.cross_mounts {
                self.ignored = self.ignored.saturating_add(1);
                tracing::debug!(drive.folder = %path, "another mount is passed over");
                return ControlFlow::Continue(());
            }
        } else if self.options.cross_mounts && matches!(known_mount, Some(Some(_))) {
            return self.unknown(id, mount_vanished(&path));
        }
        if levels
            .iter()
            .any(|level| (level.device, level.inode) == (stat.st_dev, stat.st_ino))
        {
            return self.unknown(id, endless(&path));
        }
        if levels.len() >= DEEPEST {
            return self.unknown(id, too_deep(&path));
        }
        self.enter(levels, folder, stat, id, path)
    }

    /// Lists a folder, tells its records and puts it on the way.
    fn enter(
        &mut self,
        levels: &mut Vec<Level>,
        folder: OwnedFd,
        stat: &Stat,
        id: String,
        path: String,
    ) -> ControlFlow<()> {
        let lists = if stat.st_dev == self.root_device {
            self.root_lists
        } else {
            let mount = mount_of(folder.as_fd(), stat);
            Lists::on(&mount.fs_type, self.options.access_lists)
        };
        let listed =
            list(&folder).and_then(|entries| self.look(&folder, &id, &path, entries, lists));
        let Looked {
            records,
            mut folders,
            unknown,
            ignored,
        } = match listed {
            Ok(looked) => looked,
            // The root cannot vanish normally; a folder below can.
            Err(Errno::NOENT) if !levels.is_empty() => return ControlFlow::Continue(()),
            Err(errno) => return self.unknown(id, problem(errno, &path)),
        };
        self.folders = self.folders.saturating_add(1);
        self.ignored = self.ignored.saturating_add(ignored);
        self.records = self
            .records
            .saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        (self.tell)(Tell::Folder(id.clone(), records))?;
        for (entry, error) in unknown {
            self.unknown(entry, error)?;
        }
        folders.reverse();
        levels.push(Level {
            open: Some(folder),
            device: stat.st_dev,
            inode: stat.st_ino,
            id,
            path,
            pending: folders,
        });
        if let Some(far) = levels.len().checked_sub(KEPT_OPEN + 1)
            && let Some(level) = levels.get_mut(far)
        {
            level.open = None;
        }
        ControlFlow::Continue(())
    }

    /// Goes back up; reopens the folder above if it was closed on the way down.
    fn leave(&mut self, levels: &mut [Level], done: Option<Level>) -> ControlFlow<()> {
        let Some(above) = levels.last_mut().filter(|above| above.open.is_none()) else {
            return ControlFlow::Continue(());
        };
        let found = done.and_then(|done| done.open).and_then(|below| {
            let (folder, stat) = open_folder(&below, b"..").ok()?;
            ((stat.st_dev, stat.st_ino) == (above.device, above.inode)).then_some(folder)
        });
        if let Some(folder) = found {
            above.open = Some(folder);
            return ControlFlow::Continue(());
        }
        // The tree was moved meanwhile. Everything not yet walked on the whole way up is unknown.
        let lost: Vec<(String, String)> = levels
            .iter_mut()
            .filter(|level| level.open.is_none())
            .flat_map(|level| {
                let (id, path) = (level.id.clone(), level.path.clone());
                std::mem::take(&mut level.pending)
                    .into_iter()
                    .map(move |next| (join(&id, &next.id), join(&path, &next.display)))
            })
            .collect();
        for (id, path) in lost {
            self.unknown(id, problem(Errno::STALE, &path))?;
        }
        ControlFlow::Continue(())
    }

    fn unknown(&mut self, id: String, error: PortError) -> ControlFlow<()> {
        self.complete = false;
        (self.tell)(Tell::Unknown(id, error))
    }

    /// Looks at every entry of a folder.
    fn look(
        &self,
        folder: &OwnedFd,
        id: &str,
        path: &str,
        entries: Vec<(Vec<u8>, FileType)>,
        lists: Option<Lists>,
    ) -> Result<Looked, Errno> {
        let mut kinds: Vec<(Vec<u8>, FileType)> = entries;
        kinds.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let named = name_all(kinds.iter().map(|(raw, _)| raw.clone()).collect());
        let mut locks = Locks::default();
        for name in &named {
            locks.note(&name.folded);
        }
        let mut looked = Looked::default();
        let mut failures = 0;
        for (name, (_, kind)) in named.into_iter().zip(kinds) {
            if self.ignore.matches(&name.folded) || kind == FileType::Symlink {
                looked.pass_over(path, &name);
                continue;
            }
            let (entry_id, entry_path) = (join(id, &name.id), join(path, &name.display));
            let stat = match stat_at(folder, &name.raw) {
                Ok(stat) => stat,
                // Gone between listing and looking: normal.
                Err(Errno::NOENT) => continue,
                Err(errno) => {
                    failures += 1;
                    if failures >= FAILURES_IN_A_ROW && errno != Errno::ACCESS {
                        return Err(errno);
                    }
                    let error = problem(errno, &entry_path);
                    // What an outage hides stays as it was known; what must not be read is seen, and says so.
                    if kind == FileType::RegularFile && error.code != "unreachable" {
                        let deferred = Some(error.message);
                        let list = List::none();
                        looked
                            .records
                            .push(record(entry_id, entry_path, &name, None, &list, deferred));
                    } else {
                        looked.unknown.push((entry_id, error));
                    }
                    continue;
                }
            };
            failures = 0;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Directory => looked.folders.push(name),
                FileType::RegularFile => {
                    let deferred = if locks.covers(&name.folded) {
                        Some(being_edited(&entry_path))
                    } else {
                        not_readable(folder, &name.raw, &stat)
                            .map(|errno| problem(errno, &entry_path).message)
                    };
                    let list = lists.map_or_else(List::none, |lists| lists.read(folder, &name.raw));
                    looked.records.push(record(
                        entry_id,
                        entry_path,
                        &name,
                        Some(&stat),
                        &list,
                        deferred,
                    ));
                }
                // Symbolic links, devices, sockets, pipes.
                _ => looked.pass_over(path, &name),
            }
        }
        Ok(looked)
    }
}

/// One folder's entries, sorted out.
#[derive(Default)]
struct Looked {
    records: Vec<Observed>,
    folders: Vec<Named>,
    unknown: Vec<(String, PortError)>,
    ignored: u64,
}

impl Looked {
    fn pass_over(&mut self, path: &str, name: &Named) {
        self.ignored = self.ignored.saturating_add(1);
        tracing::debug!(drive.path = %join(path, &name.display), "passed over");
    }
}

pub(super) fn list(folder: &OwnedFd) -> Result<Vec<(Vec<u8>, FileType)>, Errno> {
    // A second handle to the same open folder: opening it anew would need more rights than listing it does.
    let mut listing = Dir::new(rustix::io::fcntl_dupfd_cloexec(folder, 0)?)?;
    listing.rewind();
    let mut entries = Vec::new();
    while let Some(entry) = listing.read() {
        PROGRESS.fetch_add(1, Ordering::Relaxed);
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            entries.push((name.to_vec(), entry.file_type()));
        }
    }
    Ok(entries)
}

/// Names from the kernel hold no NUL; ids are checked before.
pub(super) fn c_name(raw: &[u8]) -> Result<CString, Errno> {
    CString::new(raw).map_err(|_| Errno::INVAL)
}

pub(super) fn open_folder(above: &OwnedFd, raw: &[u8]) -> Result<(OwnedFd, Stat), Errno> {
    let name = c_name(raw)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder =
        rustix::io::retry_on_intr(|| fs::openat(above, name.as_c_str(), flags, Mode::empty()))
            .map_err(|errno| match errno {
                // It was a folder a moment ago, and is a file or a link now: the same as gone.
                Errno::NOTDIR | Errno::LOOP => Errno::NOENT,
                other => other,
            })?;
    let stat = fs::fstat(&folder)?;
    Ok((folder, stat))
}

fn stat_at(folder: &OwnedFd, raw: &[u8]) -> Result<Stat, Errno> {
    PROGRESS.fetch_add(1, Ordering::Relaxed);
    let name = c_name(raw)?;
    rustix::io::retry_on_intr(|| fs::statat(folder, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW))
}

/// Asks the system only where the mode leaves doubt.
fn not_readable(folder: &OwnedFd, raw: &[u8], stat: &Stat) -> Option<Errno> {
    if stat.st_mode & 0o444 == 0o444 {
        return None;
    }
    let name = c_name(raw).ok()?;
    let name: &CStr = &name;
    // Without the flag for the effective user: old kernels lack it, and the two are the same here.
    fs::accessat(folder, name, May::READ_OK, AtFlags::empty()).err()
}

pub(super) fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

fn being_edited(path: &str) -> Bilingual {
    bilingual!(
        "Someone has “{path}” open for editing: a lock file lies beside it. It is read when the lock file is gone.",
        "Quelqu’un modifie « {path} » : un fichier de verrouillage se trouve à côté. Il sera lu une fois ce fichier disparu."
    )
}

fn mount_appeared(path: &str) -> PortError {
    PortError::needs_person(
        "mount_changed",
        bilingual!(
            "Since the last scan another file system was mounted on “{path}” and hides what was there. Unmount it, add the folder to the ignore list, or reset the state of this source to accept it.",
            "Depuis le dernier balayage, un autre système de fichiers a été monté sur « {path} » et masque ce qui s’y trouvait. Démontez-le, ajoutez le dossier à la liste à ignorer, ou réinitialisez l’état de cette source pour l’accepter."
        ),
    )
}

fn mount_vanished(path: &str) -> PortError {
    PortError::temporary(
        "mount_changed",
        bilingual!(
            "What was mounted on “{path}” at the last scan is not mounted now. Mount it again; if it shall stay away, reset the state of this source.",
            "Ce qui était monté sur « {path} » au dernier balayage ne l’est plus. Remontez-le ; s’il doit rester absent, réinitialisez l’état de cette source."
        ),
    )
}

fn listed_and_closed(path: &str) -> PortError {
    PortError::needs_person(
        "invalid",
        bilingual!(
            "The folder “{path}” is listed and cannot be opened: its path may be too long for the mount, or its name not one that the server takes. Shorten it, or add it to the ignore list.",
            "Le dossier « {path} » figure dans la liste mais ne peut être ouvert : son chemin est peut-être trop long pour le montage, ou son nom refusé par le serveur. Raccourcissez-le, ou ajoutez-le à la liste à ignorer."
        ),
    )
}

fn endless(path: &str) -> PortError {
    PortError::needs_person(
        "endless",
        bilingual!(
            "The folder “{path}” leads back to a folder above it. Add it to the ignore list.",
            "Le dossier « {path} » ramène à un dossier situé au-dessus. Ajoutez-le à la liste à ignorer."
        ),
    )
}

fn too_deep(path: &str) -> PortError {
    PortError::needs_person(
        "too_deep",
        bilingual!(
            "The folder “{path}” lies more than {DEEPEST} folders deep and is not walked. Move it up, or add it to the ignore list.",
            "Le dossier « {path} » se trouve à plus de {DEEPEST} niveaux et n’est pas parcouru. Remontez-le, ou ajoutez-le à la liste à ignorer."
        ),
    )
}
