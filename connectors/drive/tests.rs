//! The drive on a real file system: everything that shared drives do to a watcher.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    os::unix::{
        ffi::OsStrExt,
        fs as unix,
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

use futures::{StreamExt, TryStreamExt};
use rustix::fs::{Mode, OFlags};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::{
    Observed,
    contract::{Listing, SourceFixture, source_contract},
};

/// A drive in a temporary folder.
struct Drive {
    folder: TempDir,
    options: DriveOptions,
}

impl Drive {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = DriveOptions {
            path: folder.path().to_owned(),
            ignore: vec!["*.bak".into()],
            marker: false,
            cross_mounts: false,
            access_lists: AccessLists::Auto,
            stall_seconds: 120,
        };
        Self { folder, options }
    }

    fn source(&self) -> DriveSource {
        DriveSource::new(self.options.clone())
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join(name.as_ref())
    }

    fn write(&self, name: impl AsRef<OsStr>, content: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    async fn try_scan(&self, state: &Value) -> (Result<ScanEnd, PortError>, Listing) {
        let mut listing = Listing::default();
        let end = self.source().scan(state, &mut listing).await;
        (end, listing)
    }

    async fn scan(&self) -> (ScanEnd, Listing) {
        let (end, listing) = self.try_scan(&Value::Null).await;
        (end.unwrap(), listing)
    }

    /// The error of a scan as a whole: code, and whether it passes by itself.
    async fn refusal(&self, state: &Value) -> (&'static str, bool) {
        let (end, listing) = self.try_scan(state).await;
        assert!(listing.folders.is_empty(), "nothing was told");
        let error = end.unwrap_err();
        (error.code, error.is_temporary())
    }

    async fn read(&self, record: &Observed) -> Result<Vec<u8>, PortError> {
        let content = self
            .source()
            .open(&record.native_id, &record.fingerprint)
            .await?;
        let chunks: Vec<_> = content.stream.try_collect().await?;
        Ok(chunks.concat())
    }
}

/// Changes files as programs do, and does not return before the file system's clock has moved on.
struct Files(PathBuf);

impl Files {
    fn write(path: &Path, content: &[u8]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let before = fs::metadata(path).ok();
        loop {
            fs::write(path, content).unwrap();
            let now = fs::metadata(path).unwrap();
            let same = |old: &fs::Metadata| {
                (old.mtime(), old.mtime_nsec()) == (now.mtime(), now.mtime_nsec())
            };
            if !before.as_ref().is_some_and(same) {
                return;
            }
        }
    }
}

#[async_trait]
impl SourceFixture for Files {
    async fn put(&mut self, path: &str, content: &[u8]) {
        Self::write(&self.0.join(path), content);
    }

    async fn replace(&mut self, path: &str, content: &[u8]) {
        let new = self.0.join("new.tmp");
        Self::write(&new, content);
        fs::rename(new, self.0.join(path)).unwrap();
    }

    async fn delete(&mut self, path: &str) {
        fs::remove_file(self.0.join(path)).unwrap();
    }

    async fn rename(&mut self, from: &str, to: &str) {
        let to = self.0.join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(self.0.join(from), to).unwrap();
    }
}

#[tokio::test]
async fn keeps_the_contract() {
    let mut drive = Drive::new();
    drive.options.marker = true;
    drive.write(".rideau-source-1", b"");
    let mut files = Files(drive.folder.path().to_owned());
    source_contract(&drive.source(), &mut files).await;
}

#[tokio::test]
async fn passes_over_and_counts() {
    let drive = Drive::new();
    for name in [
        "a.txt",
        "Thumbs.db",
        "x.BAK",
        "~wrl1.tmp",
        "._a.txt",
        "$RECYCLE.BIN/old.txt",
        ".snapshot/a.txt",
        ".rideau-source",
    ] {
        drive.write(name, b"x");
    }
    let (end, listing) = drive.scan().await;
    assert_eq!(listing.paths(), ["a.txt"]);
    assert_eq!((end.records, end.ignored, end.folders), (1, 7, 1));
    assert!(end.complete);
}

#[tokio::test]
async fn links_and_special_files_are_not_followed() {
    let drive = Drive::new();
    let outside = Drive::new();
    outside.write("secret.txt", b"secret");
    drive.write("d/a.txt", b"x");
    unix::symlink(drive.folder.path(), drive.path("d/loop")).unwrap();
    unix::symlink("nowhere", drive.path("dangling")).unwrap();
    unix::symlink(outside.folder.path(), drive.path("out")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(drive.path("socket")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(drive.path("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let (end, listing) = drive.scan().await;
    assert_eq!(listing.paths(), ["d/a.txt"]);
    assert_eq!((end.ignored, end.complete), (5, true));
    for id in [
        "out/secret.txt",
        "dangling",
        "d/loop/d/a.txt",
        "pipe",
        "socket",
        "d",
    ] {
        let error = drive.source().open(id, "x").await.err().unwrap();
        assert!(matches!(error.code, "gone" | "changed"), "{id}: {error}");
    }
}

#[tokio::test]
async fn swapped_for_a_link_after_the_scan() {
    let drive = Drive::new();
    drive.write("f/a.txt", b"x");
    drive.write("b.txt", b"x");
    let (_, listing) = drive.scan().await;
    fs::rename(drive.path("f"), drive.path("g")).unwrap();
    unix::symlink("g", drive.path("f")).unwrap();
    fs::rename(drive.path("b.txt"), drive.path("c.txt")).unwrap();
    unix::symlink("c.txt", drive.path("b.txt")).unwrap();
    for path in ["f/a.txt", "b.txt"] {
        let error = drive.read(listing.get(path).unwrap()).await.unwrap_err();
        assert!(matches!(error.code, "gone" | "changed"), "{path}: {error}");
    }
}

#[tokio::test]
async fn lock_files_defer_their_neighbour() {
    let drive = Drive::new();
    for name in [
        "Report.docx",
        "~$port.docx",
        "Plan.odt",
        ".~lock.Plan.odt#",
        "Other.docx",
        "sub/Report.docx",
    ] {
        drive.write(name, b"x");
    }
    let (end, listing) = drive.scan().await;
    let deferred: Vec<_> = listing
        .records()
        .filter(|record| record.deferred.is_some())
        .map(|record| record.path.as_str())
        .collect();
    assert_eq!(deferred, ["Plan.odt", "Report.docx"]);
    assert_eq!((end.records, end.ignored), (4, 2));
    let before = listing.get("Report.docx").unwrap().fingerprint.clone();
    fs::remove_file(drive.path("~$port.docx")).unwrap();
    let (_, listing) = drive.scan().await;
    let after = listing.get("Report.docx").unwrap();
    assert_eq!(
        (after.deferred.is_none(), &after.fingerprint),
        (true, &before)
    );
}

#[tokio::test]
async fn strange_names_are_told_apart_and_can_be_read() {
    let drive = Drive::new();
    let long = "é".repeat(127) + "x";
    let names: &[&[u8]] = &[
        "e\u{301}.txt".as_bytes(),
        "é.txt".as_bytes(),
        b"Case.txt",
        b"case.txt",
        b"Latin \xE9t\xE9.txt",
        b"e%CC%81.txt",
        b"line\nbreak",
        b"trailing. ",
        b"CON",
        "o\u{308}nly decomposed".as_bytes(),
        "\u{F022}mapped".as_bytes(),
        long.as_bytes(),
    ];
    for name in names {
        drive.write(OsStr::from_bytes(name), name);
        let mut below = b"dir ".to_vec();
        below.extend_from_slice(&name[..name.len().min(200)]);
        below.extend_from_slice(b"/file");
        drive.write(OsStr::from_bytes(&below), name);
    }
    let (end, listing) = drive.scan().await;
    assert!(end.complete, "{:?}", listing.unknown);
    assert_eq!(listing.records().count(), 2 * names.len());
    let mut contents = Vec::new();
    for record in listing.records() {
        assert!(!record.native_id.contains(char::is_control));
        contents.push(drive.read(record).await.unwrap());
    }
    contents.sort();
    contents.dedup();
    assert_eq!(contents.len(), names.len(), "no name was taken for another");
    let twins = listing
        .records()
        .filter(|record| record.native.contains_key("name_twin"))
        .count();
    assert_eq!(twins, 4);
    let only = listing.get("önly decomposed").unwrap();
    assert_eq!(only.native_id, "önly decomposed");
    assert!(only.native.contains_key("raw_name_hex"));
}

/// Makes a chain of folders by names, each with a file and a folder after it, deeper than any path can be.
fn dig(root: &Path, name: &str, levels: usize) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut folder = rustix::fs::open(root, flags, Mode::empty()).unwrap();
    let make_file = |folder: &std::os::fd::OwnedFd, name: &str| {
        let flags = OFlags::CREATE | OFlags::WRONLY;
        rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o644)).unwrap();
    };
    let mode = Mode::from_raw_mode(0o755);
    for _ in 0..levels {
        make_file(&folder, "file");
        rustix::fs::mkdirat(&folder, "z", mode).unwrap();
        let side = rustix::fs::openat(&folder, "z", flags, Mode::empty()).unwrap();
        make_file(&side, "side");
        rustix::fs::mkdirat(&folder, name, mode).unwrap();
        folder = rustix::fs::openat(&folder, name, flags, Mode::empty()).unwrap();
    }
}

/// The standard library removes trees with one open folder per level, which is too many here.
fn remove(root: &Path) {
    let name = root.join("d");
    assert!(
        Command::new("rm")
            .arg("-rf")
            .arg(&name)
            .status()
            .unwrap()
            .success()
    );
}

#[tokio::test]
async fn paths_longer_than_the_system_takes() {
    let drive = Drive::new();
    let name = "d".repeat(200);
    dig(drive.folder.path(), &name, 60);
    let (end, listing) = drive.scan().await;
    assert!(end.complete, "{:?}", listing.unknown);
    assert_eq!((end.records, end.folders), (120, 121));
    let deepest = listing
        .records()
        .max_by_key(|record| record.native_id.len())
        .unwrap();
    assert!(deepest.native_id.len() > 10_000);
    assert_eq!(drive.read(deepest).await.unwrap(), b"");
}

#[tokio::test]
async fn very_deep_trees_are_walked_or_reported() {
    let drive = Drive::new();
    dig(drive.folder.path(), "d", 1030);
    let (end, listing) = drive.scan().await;
    remove(drive.folder.path());
    assert!(!end.complete);
    let codes: Vec<_> = listing.unknown.values().map(|error| error.code).collect();
    assert_eq!(codes, ["too_deep", "too_deep"]);
    assert!(end.records > 2000, "{}", end.records);
}

#[tokio::test]
async fn hard_links_and_sparse_files() {
    let drive = Drive::new();
    drive.write("a", b"x");
    fs::hard_link(drive.path("a"), drive.path("b")).unwrap();
    File::create(drive.path("holes"))
        .unwrap()
        .set_len(10_000_000)
        .unwrap();
    let (_, listing) = drive.scan().await;
    let (a, b) = (listing.get("a").unwrap(), listing.get("b").unwrap());
    assert_eq!(
        (&a.move_hint, &a.fingerprint),
        (&b.move_hint, &b.fingerprint)
    );
    assert_eq!(a.native["hard_links"], json!(2));
    let holes = listing.get("holes").unwrap();
    assert_eq!(holes.native["allocated_bytes"], json!(0));
    assert!(!a.native.contains_key("allocated_bytes"));
}

#[tokio::test]
async fn half_written_files_never_pass_for_whole() {
    let drive = Drive::new();
    drive.write("big.csv", &vec![b'x'; 600 * 1024]);
    let (_, listing) = drive.scan().await;
    let record = listing.get("big.csv").unwrap();
    let source = drive.source();
    let mut stream = source
        .open(&record.native_id, &record.fingerprint)
        .await
        .unwrap()
        .stream;
    assert!(stream.next().await.unwrap().is_ok());
    let mut file = File::options()
        .append(true)
        .open(drive.path("big.csv"))
        .unwrap();
    file.write_all(b"more").unwrap();
    let end = loop {
        match stream.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error.code,
            None => panic!("ended as if nothing had happened"),
        }
    };
    assert_eq!(end, "changed");
    assert!(stream.next().await.is_none());
    let unchanged = source
        .unchanged(&record.native_id, &record.fingerprint)
        .await;
    assert!(!unchanged.unwrap());
}

#[tokio::test]
async fn a_copy_that_keeps_the_old_time_still_shows() {
    let drive = Drive::new();
    drive.write("a", b"one");
    let (_, before) = drive.scan().await;
    let modified = fs::metadata(drive.path("a")).unwrap().modified().unwrap();
    drive.write("b", b"two");
    File::options()
        .write(true)
        .open(drive.path("b"))
        .unwrap()
        .set_modified(modified)
        .unwrap();
    fs::rename(drive.path("b"), drive.path("a")).unwrap();
    let (_, after) = drive.scan().await;
    let (before, after) = (before.get("a").unwrap(), after.get("a").unwrap());
    assert_eq!(
        (before.size_bytes, before.modified),
        (after.size_bytes, after.modified)
    );
    assert_ne!(before.fingerprint, after.fingerprint);
}

#[tokio::test]
async fn a_missing_root_is_an_outage() {
    let mut drive = Drive::new();
    drive.write("file", b"");
    for path in ["nowhere", "file"] {
        drive.options.path = drive.path(path);
        assert_eq!(drive.refusal(&Value::Null).await, ("unreachable", true));
        assert!(!drive.source().check().await[0].ok);
        let error = drive.source().open("a", "x").await.err().unwrap();
        assert_eq!((error.code, error.is_temporary()), ("unreachable", true));
    }
}

#[tokio::test]
async fn a_missing_or_other_marker_concludes_nothing() {
    let mut drive = Drive::new();
    drive.options.marker = true;
    drive.write("a", b"x");
    assert_eq!(drive.refusal(&Value::Null).await, ("marker_missing", true));
    assert!(
        drive
            .source()
            .check()
            .await
            .iter()
            .any(|l| l.what == "marker" && !l.ok)
    );
    drive.write(".rideau-source-7", b"share 7\n");
    let (end, _) = drive.scan().await;
    let check = drive.source().check().await;
    assert!(check.iter().all(|line| line.ok), "{check:?}");
    drive.write(".rideau-source-7", b"share 8\n");
    assert_eq!(drive.refusal(&end.state).await, ("marker_changed", false));
    fs::remove_file(drive.path(".rideau-source-7")).unwrap();
    assert_eq!(drive.refusal(&end.state).await, ("marker_missing", true));
    // A folder of that name is no marker.
    fs::create_dir(drive.path(".rideau-source-7")).unwrap();
    assert_eq!(drive.refusal(&end.state).await, ("marker_missing", true));
}

#[tokio::test]
async fn another_file_system_needs_a_person_or_the_marker() {
    let mut drive = Drive::new();
    drive.write("a", b"x");
    let other = |state: &Value| {
        let mut state = state.clone();
        state["mount"] = json!({"device": 1, "fs_type": "cifs", "from": "//s/share", "fs_id": 5});
        state
    };
    let (end, _) = drive.scan().await;
    assert_eq!(
        drive.refusal(&other(&end.state)).await,
        ("mount_changed", false)
    );
    assert!(drive.try_scan(&end.state).await.0.unwrap().complete);
    // Garbage from elsewhere is no state.
    assert!(drive.try_scan(&json!({"x": 1})).await.0.unwrap().complete);

    drive.options.marker = true;
    drive.write(".rideau-source", b"");
    let (end, _) = drive.scan().await;
    assert_eq!(
        drive.refusal(&other(&end.state)).await,
        ("mount_changed", false),
        "an empty marker does not say which source it is"
    );
    drive.write(".rideau-source", b"this one");
    let (end, _) = drive.scan().await;
    assert!(drive.try_scan(&other(&end.state)).await.0.unwrap().complete);
}

#[tokio::test]
async fn inner_mounts_that_come_and_go() {
    let mut drive = Drive::new();
    drive.write("sub/a", b"x");
    let (end, _) = drive.scan().await;
    let mut state = end.state;
    state["inner"] = json!({"sub": {"device": 1, "fs_type": "nfs4", "from": "s:/x", "fs_id": 0}});
    drive.options.cross_mounts = true;
    let (end, listing) = drive.try_scan(&state).await;
    assert!(!end.unwrap().complete, "what was mounted there is not");
    assert_eq!(listing.unknown["sub"].code, "mount_changed");

    // Nearly every Linux has another mount here.
    let device = |path: &str| fs::metadata(path).map(|meta| meta.dev()).ok();
    if device("/dev") == device("/dev/shm") || device("/dev/shm").is_none() {
        eprintln!("no mount below /dev: not tried");
        return;
    }
    drive.options = DriveOptions {
        path: "/dev".into(),
        cross_mounts: false,
        ..drive.options.clone()
    };
    let (end, listing) = drive.scan().await;
    assert!(!listing.folders.contains_key("shm"));
    let mut state = end.state;
    assert!(state["inner"]["shm"]["device"].is_u64(), "{state}");
    drive.options.cross_mounts = true;
    let (_, listing) = drive.try_scan(&state).await;
    assert!(listing.folders.contains_key("shm"));
    let shm = state["inner"]["shm"].clone();
    // Something else was mounted there before, or nothing.
    for before in [
        json!({"shm": {"device": 1, "fs_type": "nfs4", "from": "s:/x", "fs_id": 0}}),
        json!({}),
    ] {
        state["inner"] = before;
        let (end, listing) = drive.try_scan(&state).await;
        assert!(!end.unwrap().complete);
        assert_eq!(listing.unknown["shm"].code, "mount_changed");
        assert!(!listing.folders.contains_key("shm"));
    }
    assert_eq!(shm["fs_type"], json!("tmpfs"));
}

/// Runs the walk in step with the test: `at` is called with each folder before the walk goes on.
fn walk_with(
    drive: &Drive,
    mut at: impl FnMut(&str),
) -> (ScanEnd, Vec<String>, Vec<(String, &'static str)>) {
    let (mut paths, mut unknown) = (Vec::new(), Vec::new());
    let end = walk::walk(&drive.options, &Value::Null, &mut |tell| {
        match tell {
            Tell::Folder(folder, records) => {
                paths.extend(records.into_iter().map(|record| record.path));
                at(&folder);
            }
            Tell::Unknown(folder, error) => unknown.push((folder, error.code)),
        }
        ControlFlow::Continue(())
    });
    (end.unwrap().unwrap(), paths, unknown)
}

#[test]
fn vanishing_while_scanned_is_normal() {
    let drive = Drive::new();
    for name in ["a/x", "b/x", "c/x", "d/x"] {
        drive.write(name, b"");
    }
    let (end, paths, unknown) = walk_with(&drive, |folder| {
        if folder == "a" {
            fs::remove_dir_all(drive.path("b")).unwrap();
            fs::remove_dir_all(drive.path("c")).unwrap();
            fs::write(drive.path("c"), b"now a file").unwrap();
        }
    });
    assert!(end.complete);
    assert_eq!(
        (paths, unknown),
        (vec!["a/x".to_owned(), "d/x".into()], vec![])
    );
}

#[test]
fn a_tree_moved_while_scanned_is_unknown_not_missing() {
    let drive = Drive::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let deep = vec!["d"; 40].join("/");
    for name in ["d/z/x".to_owned(), format!("{deep}/x"), "z/x".into()] {
        drive.write(name, b"");
    }
    let (end, paths, unknown) = walk_with(&drive, |folder| {
        if folder == deep {
            fs::rename(drive.path("d/d/d"), elsewhere.path().join("d")).unwrap();
        }
    });
    assert!(!end.complete);
    assert_eq!(paths, [format!("{deep}/x")]);
    let mut unknown: Vec<_> = unknown.iter().map(|(folder, _)| folder.as_str()).collect();
    unknown.sort_unstable();
    assert_eq!(unknown, ["d/z", "z"]);
}

#[test]
fn a_root_replaced_while_scanned_is_unknown_as_a_whole() {
    let mut drive = Drive::new();
    drive.write("share/a", b"");
    drive.options.path = drive.path("share");
    let (end, _, unknown) = walk_with(&drive, |_| {
        fs::rename(drive.path("share"), drive.path("old")).unwrap();
        fs::create_dir(drive.path("share")).unwrap();
    });
    assert!(!end.complete);
    assert_eq!(unknown, [(String::new(), "unreachable")]);
}

#[test]
fn a_marker_gone_while_scanned_makes_all_unknown() {
    let mut drive = Drive::new();
    drive.options.marker = true;
    drive.write(".rideau-source", b"");
    drive.write("a", b"");
    let (end, _, unknown) = walk_with(&drive, |_| {
        fs::remove_file(drive.path(".rideau-source")).unwrap();
    });
    assert!(!end.complete);
    assert_eq!(unknown, [(String::new(), "marker_missing")]);
}

#[tokio::test]
async fn patterns_that_cannot_match_are_told() {
    let mut drive = Drive::new();
    drive.options.ignore = vec!["drafts/*".into()];
    let check = drive.source().check().await;
    assert!(check.iter().any(|line| line.what == "ignore" && !line.ok));
    assert!(check.iter().any(|line| line.what == "read" && line.ok));
}

/// The administrator may read everything, so this runs the test program again as somebody else.
#[test]
fn unreadable_things_are_never_skipped_silently() {
    if !rustix::process::geteuid().is_root() {
        unreadable_as_nobody();
        return;
    }
    let program = std::env::current_exe().unwrap();
    let name = "drive::tests::unreadable_as_nobody";
    let run = Command::new(program)
        .args(["--ignored", "--exact", name])
        .env("TMPDIR", "/tmp")
        .uid(65534)
        .gid(65534)
        .current_dir("/")
        .output();
    match run {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{text}");
            assert!(text.contains("1 passed"), "{text}");
        }
        Err(error) => eprintln!("cannot run as another user ({error}): not tried"),
    }
}

#[test]
#[ignore = "run by the test above"]
fn unreadable_as_nobody() {
    let drive = Drive::new();
    for name in [
        "ok",
        "closed file",
        "closed folder/a",
        "no entry/a",
        "no entry/sub/b",
    ] {
        drive.write(name, b"x");
    }
    let mode = |name: &str, mode| {
        fs::set_permissions(drive.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("closed file", 0o000);
    mode("closed folder", 0o000);
    // Can be listed, but nothing in it looked at.
    mode("no entry", 0o400);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let (end, listing) = runtime.block_on(drive.scan());
    let open = runtime.block_on(drive.read(listing.get("closed file").unwrap()));
    mode("closed folder", 0o755);
    mode("no entry", 0o755);
    assert!(!end.complete);
    assert_eq!(listing.paths(), ["closed file", "no entry/a", "ok"]);
    assert!(listing.get("ok").unwrap().deferred.is_none());
    assert!(listing.get("closed file").unwrap().deferred.is_some());
    assert!(listing.get("no entry/a").unwrap().deferred.is_some());
    let unknown: Vec<_> = listing
        .unknown
        .iter()
        .map(|(folder, error)| (folder.as_str(), error.code))
        .collect();
    assert_eq!(
        unknown,
        [
            ("closed folder", "forbidden"),
            ("no entry/sub", "forbidden")
        ]
    );
    assert_eq!(open.unwrap_err().code, "forbidden");
}

#[test]
fn an_outage_never_reads_as_gone() {
    use rustix::io::Errno;
    for errno in [
        Errno::IO,
        Errno::STALE,
        Errno::HOSTDOWN,
        Errno::TIMEDOUT,
        Errno::HOSTUNREACH,
        Errno::NOTCONN,
        Errno::CONNRESET,
        Errno::NODEV,
    ] {
        let error = problem::problem(errno, "x");
        assert_eq!((error.code, error.is_temporary()), ("unreachable", true));
    }
    for errno in [Errno::BUSY, Errno::TXTBSY, Errno::AGAIN, Errno::MFILE] {
        assert_eq!(problem::problem(errno, "x").code, "busy");
    }
    let forbidden = problem::problem(Errno::ACCESS, "x");
    assert_eq!(
        (forbidden.code, forbidden.is_temporary()),
        ("forbidden", false)
    );
}
