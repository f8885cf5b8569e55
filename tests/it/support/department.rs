//! A department: a folder with a source, a configuration, rules and a catalogue, and the program run on them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Daemon, Database, Tree};

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The real program.
pub(crate) fn program() -> PathBuf {
    option_env!("CARGO_BIN_EXE_rideau")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("RIDEAU_BIN").map(PathBuf::from))
        .expect("built by cargo together with this test, or named by RIDEAU_BIN")
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// What a story changes about an ordinary department. Ordinary: new releases go by themselves when clean, everything
/// else waits for a person, and every file is a release with a complete record.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) group_by: &'static str,
    pub(crate) clearance: &'static str,
    pub(crate) deletion_scans: u32,
    pub(crate) hold_share: f64,
    pub(crate) enduring: bool,
    /// Whether the source's defaults make every record complete.
    pub(crate) complete: bool,
    pub(crate) new_releases: &'static str,
    pub(crate) updates: &'static str,
    pub(crate) withdrawals: &'static str,
    pub(crate) transfers: &'static str,
    pub(crate) two_persons: bool,
    pub(crate) labels: &'static str,
    pub(crate) listen: &'static str,
    pub(crate) workers: u32,
    pub(crate) schedule: &'static str,
    pub(crate) grace_seconds: u32,
    pub(crate) small_cells_below: u32,
    /// When the catalogue may be written to.
    pub(crate) window: &'static str,
    /// Rules by which the source's tables are protected; empty for none.
    pub(crate) disclosure: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            group_by: "file",
            clearance: "none",
            deletion_scans: 1,
            hold_share: 0.6,
            enduring: false,
            complete: true,
            new_releases: "automatic",
            updates: "review",
            withdrawals: "review",
            transfers: "review",
            two_persons: false,
            labels: "",
            listen: "",
            workers: 2,
            schedule: "0 0 3 1 1 *",
            grace_seconds: 20,
            small_cells_below: 6,
            window: "",
            disclosure: "",
        }
    }
}

impl Setup {
    fn toml(&self, database: &Database) -> String {
        let Self {
            group_by,
            clearance,
            deletion_scans,
            hold_share,
            enduring,
            new_releases,
            updates,
            withdrawals,
            transfers,
            two_persons,
            labels,
            listen,
            workers,
            schedule,
            grace_seconds,
            small_cells_below,
            window,
            disclosure,
            ..
        } = self;
        let disclosure = if disclosure.is_empty() {
            String::new()
        } else {
            format!("disclosure = \"{disclosure}\"")
        };
        let database = database.setting();
        let rest = if self.complete {
            r#"
title = { en = "Admissions by region", fr = "Admissions selon la région" }
notes = { en = "Invented figures for a test.", fr = "Données inventées pour un essai." }
date_published = "2026-01-15"
"#
        } else {
            ""
        };
        format!(
            r#"[department]
organization = "cic"
name = {{ en = "Department of Samples", fr = "Ministère des Exemples" }}

[data]
folder = "data"
database = "{database}"

[engine]
workers = {workers}
grace_seconds = {grace_seconds}

[web]
listen = "{listen}"

[[sources]]
name = "shared-drive"
kind = "drive"
path = "drive"
schedule = "{schedule}"
group_by = "{group_by}"
targets = ["catalogue"]
clearance = "{clearance}"
enduring = {enduring}
settle_seconds = 0
{disclosure}
deletion = {{ scans = {deletion_scans}, hold_share = {hold_share:?}, hold_count = 100000 }}

[sources.defaults]
type = "dataset"
subject = ["persons"]
frequency = "P1Y"
jurisdiction = "federal"
license_id = "ca-ogl-lgo"
keywords = {{ en = ["immigration"], fr = ["immigration"] }}
{rest}
[[targets]]
name = "catalogue"
kind = "catalogue"
window = "{window}"
path = "public"
base_url = "https://open.example.gc.ca/"

[rules]
files = ["rules/*.toml"]

[rules.labels]
{labels}

[policy]
new_releases = "{new_releases}"
updates = "{updates}"
withdrawals = "{withdrawals}"
transfers = "{transfers}"
two_persons = {two_persons}
small_cells_below = {small_cells_below}

[transfer]
folder = "bags"
"#
        )
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Both outputs.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.all());
        self
    }

    /// The program refused, in words that hold this text.
    #[track_caller]
    pub(crate) fn refused(self, text: &str) -> Self {
        assert!(self.code == 1 || self.code == 2, "{self:?}");
        assert!(self.all().contains(text), "no “{text}” in {self:?}");
        assert!(!self.all().contains("panicked"), "{self:?}");
        self
    }
}

/// Everything that must be the same however a run went: no ids of runs, no times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct EndState {
    /// Path → state and reasons.
    pub(crate) items: BTreeMap<String, String>,
    /// Release id → state, proposal, effect, and what is public of it.
    pub(crate) releases: BTreeMap<String, String>,
    /// What the public sees: file → hash.
    pub(crate) public: BTreeMap<String, String>,
    /// Bags by name.
    pub(crate) bags: BTreeSet<String>,
    /// Transfers: bag → state.
    pub(crate) transfers: BTreeMap<String, String>,
}

/// A department.
pub(crate) struct Department {
    folder: TempDir,
    database: Database,
    pub(crate) setup: Setup,
    environment: Vec<(String, String)>,
}

impl Department {
    /// An ordinary department.
    pub(crate) fn new(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    /// One that differs from an ordinary one.
    pub(crate) fn with(database: Database, change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup::default();
        change(&mut setup);
        let department = Self {
            folder: tempfile::Builder::new()
                .prefix("rideau-story-")
                .tempdir()
                .unwrap(),
            database,
            setup,
            environment: Vec::new(),
        };
        fs::create_dir(department.drive()).unwrap();
        department.write(".rideau-source", "The sample drive.\n");
        copy_folder(&project().join("config/rules"), &department.path("rules"));
        department.configure(|_| {});
        department
    }

    /// Changes the configuration.
    pub(crate) fn reconfigure(&mut self, change: impl FnOnce(&mut Setup)) {
        change(&mut self.setup);
        self.configure(|_| {});
    }

    /// Writes the configuration, changed as text.
    pub(crate) fn configure(&self, change: impl FnOnce(&mut String)) {
        let mut text = self.setup.toml(&self.database);
        change(&mut text);
        fs::write(self.path("rideau.toml"), text).unwrap();
    }

    /// A variable of the program's environment.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn drive(&self) -> PathBuf {
        self.path("drive")
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Puts a file on the drive.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.drive().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.drive().join(path)).unwrap();
    }

    /// Puts a fixture of `tests/fixtures` on the drive.
    pub(crate) fn fixture(&self, fixture: &str, path: &str) {
        let bytes = fs::read(project().join("tests/fixtures").join(fixture)).unwrap();
        self.write(path, bytes);
    }

    /// A clean table of large, rounded counts.
    pub(crate) fn table(&self, path: &str, first: u32) {
        self.write(
            path,
            format!("Region,Admissions\nNorth,{first}\nSouth,{}\n", first + 500),
        );
    }

    /// The program, about to be run here.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("TMPDIR", std::env::temp_dir())
            .env("LANG", "en_CA.UTF-8")
            .env("USER", "tester")
            .env("RIDEAU_CONFIG", self.path("rideau.toml"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program; whatever it says.
    pub(crate) fn rideau(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().expect("it starts");
        let said = Said::of(&output);
        assert!(!said.stderr.contains("panicked at"), "{said:?}");
        said
    }

    /// Runs the program; it must succeed.
    #[track_caller]
    pub(crate) fn does(&self, arguments: &[&str]) -> Said {
        self.rideau(arguments).ends_with(0)
    }

    /// The JSON that a command answers.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        self.does(&arguments).json()
    }

    /// Works until nothing is left to do.
    #[track_caller]
    pub(crate) fn run_once(&self) -> Value {
        self.json(&["run", "--once", "--patience", "20"])
    }

    /// A daemon at work.
    pub(crate) fn daemon(&self) -> Daemon {
        Daemon::start(self.command(&["run"]))
    }

    /// Path → state, of all items.
    pub(crate) fn states(&self) -> BTreeMap<String, String> {
        list(&self.json(&["items", "list"]))
            .iter()
            .map(|item| (text(item, "/path"), text(item, "/state")))
            .collect()
    }

    #[track_caller]
    pub(crate) fn state(&self, path: &str) -> String {
        let states = self.states();
        states
            .get(path)
            .unwrap_or_else(|| panic!("{path} is not among {states:?}"))
            .clone()
    }

    /// Everything `review show` knows about an item's release.
    #[track_caller]
    pub(crate) fn review(&self, path: &str) -> Value {
        self.json(&["review", "show", path])
    }

    /// Approves what is proposed for an item's release.
    #[track_caller]
    pub(crate) fn approve(&self, path: &str, person: &str) -> Said {
        self.rideau(&[
            "review", "approve", path, "--reason", "checked", "--by", person,
        ])
    }

    /// The folder that a web server would serve.
    pub(crate) fn public(&self) -> PathBuf {
        self.path("public/public")
    }

    /// Whether the public sees these bytes anywhere.
    pub(crate) fn public_holds(&self, needle: &str) -> bool {
        fn search(folder: &Path, needle: &[u8]) -> bool {
            let Ok(entries) = fs::read_dir(folder) else {
                return false;
            };
            entries.map(|entry| entry.unwrap().path()).any(|path| {
                if path.is_dir() {
                    return search(&path, needle);
                }
                let bytes = fs::read(path).unwrap();
                bytes.windows(needle.len()).any(|part| part == needle)
            })
        }
        search(&self.public(), needle.as_bytes())
    }

    /// How many entries the audit log has; it must be whole.
    #[track_caller]
    pub(crate) fn audit_entries(&self) -> u64 {
        let answer = self.json(&["audit", "verify"]);
        assert_eq!(answer["whole"], true, "{answer}");
        answer["entries"].as_u64().unwrap()
    }

    /// Kinds of all events about an item or a release, oldest first.
    pub(crate) fn events(&self, subject: &str) -> Vec<String> {
        list(&self.json(&["audit", "show", subject]))
            .iter()
            .map(|event| text(event, "/kind"))
            .collect()
    }

    /// How often the source was scanned.
    pub(crate) fn scans(&self) -> usize {
        let source = text(&self.json(&["sources", "list"]), "/0/id");
        let events = self.events(&source);
        events
            .iter()
            .filter(|kind| *kind == "source.scanned")
            .count()
    }

    /// See [`EndState`].
    pub(crate) fn end_state(&self) -> EndState {
        let mut end = EndState {
            public: Tree::contents(&self.public()),
            ..EndState::default()
        };
        for item in list(&self.json(&["items", "list"])) {
            let state = format!("{} {}", text(item, "/state"), item["reasons"]);
            end.items.insert(text(item, "/path"), state);
        }
        for entry in list(&self.json(&["release", "list"])) {
            let release = &entry["release"];
            let public: Vec<String> = list(&entry["published"])
                .iter()
                .map(|p| {
                    let (target, state) = (text(p, "/target"), text(p, "/state"));
                    format!("{target} {state} {}", text(p, "/content_hash"))
                })
                .collect();
            let line = format!(
                "{} {} {} {} {public:?}",
                text(release, "/group_key"),
                text(release, "/state"),
                text(release, "/proposal"),
                text(release, "/effect"),
            );
            let earlier = end.releases.insert(text(release, "/id"), line);
            assert_eq!(earlier, None, "a release twice");
        }
        for transfer in list(&self.json(&["transfer", "list"])) {
            let earlier = end
                .transfers
                .insert(text(transfer, "/bag"), text(transfer, "/state"));
            assert_eq!(earlier, None, "a transfer twice");
        }
        if let Ok(bags) = fs::read_dir(self.path("bags")) {
            end.bags = bags
                .map(|bag| bag.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
        }
        end
    }
}

impl Drop for Department {
    fn drop(&mut self) {
        if std::thread::panicking() && std::env::var_os("RIDEAU_TEST_KEEP").is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("kept: {}", self.folder.path().display());
        }
    }
}

/// The elements of a JSON list.
pub(crate) fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .map_or_else(|| panic!("no list: {value}"), Vec::as_slice)
}

/// A text in JSON.
#[track_caller]
pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
        .to_owned()
}
