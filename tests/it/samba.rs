//! A real network drive: a Samba server of the test's own, mounted through FUSE, and broken on purpose.
//!
//! `tests/peers/samba/up` says whether that is possible here. Rule that must hold: whatever happens to the server, the mount or
//! the network between them, nothing that is public or known is lost by it.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Database, Department, EndState, all_is_required, list, text};

/// A share, its server and its mount.
struct Share {
    folder: TempDir,
    script: PathBuf,
}

impl Share {
    /// Started and mounted. `None`, with a word about it, where that cannot be and is not required.
    fn start() -> Option<Self> {
        let Some(script) = std::env::var_os("RIDEAU_TEST_SAMBA").filter(|path| !path.is_empty())
        else {
            // Without the device no mount can be had, whoever asks for it.
            assert!(
                !all_is_required() || !Path::new("/dev/fuse").exists(),
                "RIDEAU_TEST_SAMBA is not set. Try a share: eval \"$(tests/peers/samba/up)\""
            );
            eprintln!("SKIPPED: no network drive. eval \"$(tests/peers/samba/up)\" tries one.");
            return None;
        };
        let share = Self {
            folder: tempfile::Builder::new()
                .prefix("rideau-share-")
                .tempdir()
                .unwrap(),
            script: script.into(),
        };
        share.tell(&["start"]);
        share.write(".rideau-source", "The sample share.\n");
        Some(share)
    }

    /// Gives a command to the script.
    #[track_caller]
    fn tell(&self, command: &[&str]) {
        let output = Command::new(&self.script)
            .arg(self.folder.path())
            .args(command)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?}: {said}");
    }

    /// A path on the server's own disk.
    fn on_server(&self, path: &str) -> PathBuf {
        self.folder.path().join("files").join(path)
    }

    fn mount(&self) -> PathBuf {
        self.folder.path().join("mount")
    }

    /// Writes as somebody at the server, behind the mount.
    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.on_server(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    fn table(&self, path: &str, first: u32) {
        self.write(path, table(first));
    }

    /// A department that watches the share.
    fn department(&self) -> Department {
        let department = Department::with(Database::sqlite(), |setup| setup.deletion_scans = 2);
        self.watch(&department, 0);
        department
    }

    fn watch(&self, department: &Department, settle_seconds: u32) {
        let mount = self.mount();
        department.configure(|text| {
            *text = text
                .replace(
                    "\npath = \"drive\"\n",
                    &format!("\npath = \"{}\"\n", mount.display()),
                )
                .replace(
                    "settle_seconds = 0",
                    &format!("settle_seconds = {settle_seconds}"),
                );
            assert!(
                text.contains(&format!("\"{}\"", mount.display())),
                "the drive's path was not found"
            );
        });
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let stopped = Command::new(&self.script)
            .arg(self.folder.path())
            .arg("stop")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            eprintln!(
                "the share in {} may still be mounted",
                self.folder.path().display()
            );
        }
    }
}

fn table(first: u32) -> String {
    format!("Region,Admissions\nNorth,{first}\nSouth,{}\n", first + 500)
}

/// Looks once, waits for nothing.
fn glance(department: &Department) {
    department
        .rideau(&["run", "--once", "--patience", "0"])
        .ends_with(0);
}

/// The trouble that is shown for the source; `null` when there is none.
fn trouble(department: &Department) -> Value {
    department.json(&["sources", "list"])[0]["last_error"].clone()
}

fn item(department: &Department, path: &str) -> Value {
    let items = department.json(&["items", "list"]);
    list(&items)
        .iter()
        .find(|item| item["path"] == path)
        .unwrap_or_else(|| panic!("{path} is not among {items}"))
        .clone()
}

/// Some published tables in some folders.
fn published(share: &Share) -> Department {
    for n in 0..12 {
        share.table(
            &format!("folder-{}/table-{n:02}_en.csv", n % 4),
            1000 + n * 10,
        );
    }
    let department = share.department();
    department.run_once();
    let states = department.states();
    assert_eq!(states.len(), 12, "{states:?}");
    assert!(
        states.values().all(|state| state == "published"),
        "{states:?}"
    );
    department
}

/// Nothing is missed, counted as missing, or taken back.
#[track_caller]
fn nothing_is_lost(department: &Department, before: &EndState) {
    assert_eq!(department.end_state(), *before);
    for item in list(&department.json(&["items", "list"])) {
        assert_eq!(item["missing_scans"], 0, "{item}");
    }
    assert!(list(&department.json(&["review", "list"])).is_empty());
}

#[test]
fn a_server_that_dies_loses_nothing() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let before = department.end_state();
    share.tell(&["kill-server"]);
    for _ in 0..3 {
        glance(&department);
    }
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_object());
    share.tell(&["start-server"]);
    department.run_once();
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_null());
}

/// Wherever the scan is when it happens: before, in the middle, behind the last folder.
#[test]
fn a_server_that_dies_while_it_is_scanned_loses_nothing() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let before = department.end_state();
    for wait_ms in [0, 30, 60, 120, 250, 500] {
        let mut running = department
            .command(&["run", "--once", "--patience", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Not for something to happen: a moment of the run is picked.
        std::thread::sleep(Duration::from_millis(wait_ms));
        share.tell(&["kill-server"]);
        assert_eq!(running.wait().unwrap().code(), Some(0));
        nothing_is_lost(&department, &before);
        share.tell(&["start-server"]);
    }
    department.run_once();
    department.run_once();
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_null());
}

/// No answer is worse than an error: the mount gives up after five seconds here.
#[test]
fn a_server_that_does_not_answer_loses_nothing() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let before = department.end_state();
    share.tell(&["freeze-server"]);
    glance(&department);
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_object());
    share.tell(&["thaw-server"]);
    // The mount may still answer the first question with the error of the last.
    department.run_once();
    department.run_once();
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_null());
}

/// An empty mount point is a folder like another, and lists without an error.
#[test]
fn an_unmounted_share_loses_nothing() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let before = department.end_state();
    share.tell(&["unmount"]);
    assert_eq!(fs::read_dir(share.mount()).unwrap().count(), 0);
    for _ in 0..3 {
        glance(&department);
    }
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_object());
    share.tell(&["mount"]);
    department.run_once();
    nothing_is_lost(&department, &before);
    assert!(trouble(&department).is_null());
}

#[test]
fn a_share_that_is_read_only_is_watched_as_ever() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    share.tell(&["read-only"]);
    share.table("late_en.csv", 7000);
    department.run_once();
    assert_eq!(department.state("late_en.csv"), "published");
    assert!(department.public_holds("7000"));
    assert!(trouble(&department).is_null());
}

/// Half a file is not a file. Whole, it is published as it is at the end.
#[test]
fn a_file_that_is_being_written_waits() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    share.watch(&department, 3600);
    share.write("slow_en.csv", "Region,Admissions\nNorth,12");
    glance(&department);
    assert_eq!(department.state("slow_en.csv"), "settling");
    let half = item(&department, "slow_en.csv");
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(share.on_server("slow_en.csv"))
        .unwrap();
    file.write_all(b"00\nSouth,1700\n").unwrap();
    drop(file);
    glance(&department);
    let whole = item(&department, "slow_en.csv");
    assert_eq!(whole["state"], "settling");
    assert_eq!(whole["id"], half["id"]);
    assert_ne!(whole["observed_fingerprint"], half["observed_fingerprint"]);
    assert!(!department.public_holds("North,12\n"));
    share.watch(&department, 0);
    department.run_once();
    department.run_once();
    assert_eq!(department.state("slow_en.csv"), "published");
    assert!(department.public_holds("1700"));
}

#[test]
fn a_file_that_someone_edits_waits_until_the_lock_file_is_gone() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    share.table("plan_en.csv", 4000);
    share.write("~$plan_en.csv", "Ada Sample");
    department.run_once();
    assert_eq!(department.state("plan_en.csv"), "deferred");
    assert_eq!(department.states().len(), 1, "the lock file is no record");
    assert!(!list(&item(&department, "plan_en.csv")["reasons"]).is_empty());
    fs::remove_file(share.on_server("~$plan_en.csv")).unwrap();
    department.run_once();
    assert_eq!(department.state("plan_en.csv"), "published");
}

/// Another client has it open and shares it with nobody: the mount answers with an error of input and output.
#[test]
fn a_file_that_is_held_waits() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    share.table("held_en.csv", 5000);
    share.table("free_en.csv", 6000);
    share.tell(&["hold", "held_en.csv"]);
    glance(&department);
    let state = department.state("held_en.csv");
    assert!(state == "deferred" || state == "processing", "{state}");
    assert!(!department.public_holds("5000"));
    share.tell(&["release"]);
    for _ in 0..5 {
        department.run_once();
        if department.state("held_en.csv") == "published" {
            break;
        }
    }
    assert_eq!(department.state("held_en.csv"), "published");
    assert_eq!(department.state("free_en.csv"), "published");
}

/// Office programs write a new file and rename it into place.
#[test]
fn a_file_that_is_renamed_into_place_is_new_content_of_the_same_record() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let path = "folder-0/table-00_en.csv";
    let before = item(&department, path);
    share.write("folder-0/~wrl0001.tmp", table(9300));
    glance(&department);
    assert_eq!(
        department.states().len(),
        12,
        "a temporary file is no record"
    );
    fs::rename(
        share.on_server("folder-0/~wrl0001.tmp"),
        share.on_server(path),
    )
    .unwrap();
    department.run_once();
    let after = item(&department, path);
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["state"], "review");
    assert_eq!(department.review(path)["release"]["proposal"], "update");
    assert_eq!(department.states().len(), 12);
    assert!(!department.public_holds("9300"));
}

/// This mount makes a file's number from its path, so nothing tells the move: a new record, and the old one is doubted
/// before a withdrawal is even proposed.
#[test]
fn a_file_that_gets_another_name_is_not_withdrawn_by_itself() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    fs::rename(
        share.on_server("folder-1/table-01_en.csv"),
        share.on_server("folder-1/renamed_en.csv"),
    )
    .unwrap();
    for _ in 0..3 {
        department.run_once();
        assert!(department.public_holds("1010"));
    }
    assert!(department.states().contains_key("folder-1/renamed_en.csv"));
}

#[test]
fn names_that_drives_have_are_all_seen() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    let longest = format!("{}_en.csv", "n".repeat(248));
    let accents = format!("{}.csv", "é".repeat(125));
    let names = [
        "é.csv",
        "e\u{301}.csv",
        "report.csv",
        "REPORT.CSV",
        "CON",
        "trailing dot.",
        "trailing space ",
        "no extension",
        "table.docx",
        longest.as_str(),
        accents.as_str(),
    ];
    for (n, name) in (0..).zip(names) {
        share.table(name, 2000 + n * 10);
    }
    department.run_once();
    let seen: BTreeMap<String, Value> = list(&department.json(&["items", "list"]))
        .iter()
        .map(|item| (text(item, "/native_id"), item.clone()))
        .collect();
    // The decomposed name has the form of its twin, and is called by its bytes.
    let mut expected: Vec<&str> = names.to_vec();
    expected[1] = "e%CC%81.csv";
    expected.sort_unstable();
    assert_eq!(
        seen.keys().map(String::as_str).collect::<Vec<_>>(),
        expected
    );
    for twin in ["é.csv", "e%CC%81.csv", "report.csv", "REPORT.CSV"] {
        assert_eq!(seen[twin]["native"]["name_twin"], true, "{twin}");
    }
    for (name, item) in &seen {
        let state = text(item, "/state");
        assert!(state != "gone" && state != "settling", "{name}: {item}");
    }
    assert!(trouble(&department).is_null());
}

/// What Windows forbids in names cannot be opened through the mount. It is seen, it waits, and it keeps nobody else waiting.
#[test]
fn a_name_that_cannot_be_opened_harms_only_itself() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    share.table("a:b?.csv", 3000);
    share.table("plain_en.csv", 8000);
    glance(&department);
    assert_eq!(department.state("plain_en.csv"), "published");
    let state = department.state("a:b?.csv");
    assert!(state != "published" && state != "gone", "{state}");
    assert!(trouble(&department).is_null());
}

#[test]
fn a_deep_tree_is_walked_to_its_end() {
    let Some(share) = Share::start() else { return };
    let department = share.department();
    let deep = vec!["deep"; 80].join("/");
    share.table(&format!("{deep}/far_en.csv"), 4400);
    department.run_once();
    assert_eq!(department.state(&format!("{deep}/far_en.csv")), "published");
}

/// Longer than file systems of this machine take, as names of three hundred bytes from other systems are.
#[test]
fn a_name_of_three_hundred_bytes_is_seen_and_read() {
    let Some(share) = Share::start() else { return };
    let (Ok(python), Ok(endpoint)) = (
        std::env::var("RIDEAU_TEST_S3_PYTHON"),
        std::env::var("RIDEAU_TEST_S3_ENDPOINT"),
    ) else {
        assert!(!all_is_required(), "RIDEAU_TEST_S3_ENDPOINT is not set");
        return;
    };
    let folder = format!("long-{}", std::process::id());
    let name = format!("{}_en.csv", "é".repeat(147));
    let put = "
import sys, boto3
endpoint, folder, name, content = sys.argv[1:]
s3 = boto3.client('s3', endpoint_url=endpoint, region_name='us-east-1',
                  aws_access_key_id='test', aws_secret_access_key='test')
s3.put_object(Bucket='records', Key=folder + '/' + name, Body=content.encode())
s3.put_object(Bucket='records', Key=folder + '/.rideau-source', Body=b'The sample bucket.')
";
    let status = Command::new(python)
        .args(["-c", put, &endpoint, &folder, &name, &table(5500)])
        .status()
        .unwrap();
    assert!(status.success());
    share.tell(&["unmount"]);
    share.tell(&["mount-bucket", &endpoint, &format!("records/{folder}")]);
    let department = share.department();
    department.run_once();
    assert_eq!(department.state(&name), "published");
    assert!(department.public_holds("5500"));
}

/// The server's clock is never compared with ours: dates of tomorrow or of the last century only make the content be looked at again.
#[test]
fn a_wrong_clock_changes_nothing() {
    let Some(share) = Share::start() else { return };
    let department = published(&share);
    let before = department.end_state();
    for seconds in ["86400", "-1500000000"] {
        share.tell(&["skew", seconds]);
        department.run_once();
        department.run_once();
        nothing_is_lost(&department, &before);
        assert!(trouble(&department).is_null());
    }
}
