//! Records in a Content Server: two clients that were written by others see the same tree as the simulator knows, and the whole
//! program takes records from it the whole way.

use std::{collections::BTreeMap, process::Command};

use rideau_content_server_sim::{Change, Config, Fixture, Payload, Simulator, ids};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{Database, Department, all_is_required, list, project, text};

/// A simulator and the runtime it lives in.
struct Server {
    runtime: tokio::runtime::Runtime,
    simulator: Simulator,
}

impl Server {
    fn start(fixture: Fixture) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "the self-test compares the server's clock with the date of its answers"
        )]
        let config = Config {
            fixture,
            start: chrono::Utc::now(),
            clock_runs: true,
            ..Config::default()
        };
        let simulator = runtime.block_on(Simulator::start(config)).unwrap();
        Self { runtime, simulator }
    }

    fn change(&self, change: Change) -> i64 {
        let _inside = self.runtime.enter();
        self.simulator.change(change).unwrap()
    }
}

/// Runs a walk of another's library; gives its lines by node id.
fn walk(server: &Server, script: &str, page_size: &str) -> Option<BTreeMap<i64, Value>> {
    let Some(python) = std::env::var_os("RIDEAU_TEST_CLIENTS_PYTHON") else {
        assert!(!all_is_required(), "no Python with pyxecm and xecm");
        eprintln!("skipped: RIDEAU_TEST_CLIENTS_PYTHON names no Python with pyxecm and xecm");
        return None;
    };
    let output = Command::new(python)
        .arg(
            project()
                .join("tests/peers/content_server/clients")
                .join(script),
        )
        .arg(server.simulator.url())
        .args(["rideau", "rideau-secret", &ids::TOP.to_string(), page_size])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines = String::from_utf8(output.stdout).unwrap();
    let nodes = lines.lines().map(|line| {
        let node: Value = serde_json::from_str(line).unwrap();
        (node["id"].as_i64().unwrap(), node)
    });
    Some(nodes.collect())
}

/// What the account truly can see below the top folder, shortcuts and collections not followed: id → (path, sha256).
fn truth(server: &Server) -> BTreeMap<i64, (String, Option<String>)> {
    let tree = server.simulator.tree();
    let by_id: BTreeMap<i64, _> = tree.iter().map(|node| (node.id, node)).collect();
    let top = by_id[&ids::TOP].path.clone();
    let mut seen = BTreeMap::new();
    for node in &tree {
        let mut above = node.parent;
        let mut reached = false;
        while let Some(parent) = by_id.get(&above.abs()) {
            if parent.id == ids::TOP {
                reached = true;
                break;
            }
            if !parent.seen_by.iter().any(|name| name == "rideau") || parent.hidden {
                break;
            }
            above = parent.parent;
        }
        let visible = node.seen_by.iter().any(|name| name == "rideau") && !node.deleted;
        if reached && visible {
            let sha256 = server
                .simulator
                .content(node.id, None)
                .map(|bytes| hex::encode(Sha256::digest(&bytes)));
            let path = node
                .path
                .strip_prefix(&format!("{top}/"))
                .unwrap_or(&node.path);
            seen.insert(node.id, (path.to_owned(), sha256));
        }
    }
    seen
}

/// The contents that a walk found: those of the truth, but for what the library never asks for (hidden nodes).
#[track_caller]
fn agrees(server: &Server, found: &BTreeMap<i64, Value>, library: &str) {
    let truth = truth(server);
    let mut documents = 0;
    for (id, node) in found {
        let (path, sha256) = truth
            .get(id)
            .unwrap_or_else(|| panic!("{library} sees {node}, and should not"));
        assert_eq!(
            node["path"].as_str(),
            Some(path.as_str()),
            "{library}: path of {id}"
        );
        if let Some(hash) = node["sha256"].as_str() {
            documents += 1;
            assert_eq!(Some(hash), sha256.as_deref(), "{library}: content of {id}");
        }
    }
    assert!(documents >= 50, "{library} downloaded only {documents}");
    let missed: Vec<_> = truth.keys().filter(|id| !found.contains_key(id)).collect();
    assert!(
        missed
            .iter()
            .all(|id| **id == ids::HIDDEN || !in_listing(server, **id)),
        "{library} missed {missed:?}"
    );
    // Categories come through, in whatever shape the library asks for.
    let summary = &found[&ids::SUMMARY]["categories"];
    assert!(
        summary.as_object().is_some_and(|values| values.len() >= 3),
        "{library}: {summary}"
    );
}

/// Whether a walk from folder to folder comes by it: not inside what is no folder to these libraries.
fn in_listing(server: &Server, id: i64) -> bool {
    let tree = server.simulator.tree();
    let by_id: BTreeMap<i64, _> = tree.iter().map(|node| (node.id, node)).collect();
    let mut above = by_id[&id].parent;
    while let Some(node) = by_id.get(&above.abs()) {
        if node.id == ids::TOP {
            return true;
        }
        // Discussions, channels, tasks, polls: containers that the walks do not enter.
        if ![0, 848, 202, 136, 751, 557].contains(&node.kind) {
            return false;
        }
        above = node.parent;
    }
    false
}

#[test]
fn pyxecm_walks_it() {
    let server = Server::start(Fixture::Department);
    let Some(found) = walk(&server, "walk_pyxecm.py", "7") else {
        return;
    };
    agrees(&server, &found, "pyxecm");
    let again = walk(&server, "walk_pyxecm.py", "100").unwrap();
    assert_eq!(found, again, "the size of pages changes nothing");
}

#[test]
fn xecm_walks_it() {
    let server = Server::start(Fixture::Department);
    if let Some(found) = walk(&server, "walk_xecm.py", "20") {
        agrees(&server, &found, "xecm");
    }
}

/// A department whose source is a folder of the simulator's.
fn department(
    server: &Server,
    top: i64,
    setup: impl FnOnce(&mut crate::support::Setup),
) -> Department {
    let department = Department::with(Database::sqlite(), |one| {
        one.clearance = "required";
        setup(one);
    });
    let secret = department.path("password");
    std::fs::write(&secret, "rideau-secret\n").unwrap();
    let url = server.simulator.url();
    department.configure(|text| {
        *text = text.replace(
            "kind = \"drive\"\npath = \"drive\"",
            &format!(
                "kind = \"content_server\"\nurl = \"{url}/\"\nroots = [{top}]\nuser = \"rideau\"\n\
                 password = {{ file = \"{}\" }}\nworkers = 2\nutc_offset_minutes = -300\nrequests_per_second = 500.0\n\
                 clearances = {{ 10 = \"unclassified\", 30 = \"protected_b\" }}",
                secret.display()
            ),
        );
    });
    department
}

/// An empty server with one folder of three tables: unclassified, of a clearance that is not mapped, and without one.
fn three_tables() -> (Server, i64, [i64; 3]) {
    let server = Server::start(Fixture::Empty);
    let top = server.change(Change::Create {
        parent: ids::ENTERPRISE,
        name: "Open data".to_owned(),
        kind: Some(0),
        content: None,
        mime_type: None,
        original: None,
        url: None,
    });
    let made = ["known_en.csv", "unmapped_en.csv", "silent_en.csv"].map(|name| {
        server.change(Change::Create {
            parent: top,
            name: name.to_owned(),
            kind: Some(144),
            content: Some(Payload::Text(
                "Region,Admissions\nNorth,1200\nSouth,2400\n".to_owned(),
            )),
            mime_type: Some("text/csv".to_owned()),
            original: None,
            url: None,
        })
    });
    server.change(Change::SetClearance {
        id: made[0],
        level: 10,
    });
    server.change(Change::SetClearance {
        id: made[1],
        level: 20,
    });
    (server, top, made)
}

#[test]
fn only_what_is_known_to_be_unclassified_goes_by_itself() {
    let (server, top, _) = three_tables();
    let department = department(&server, top, |_| {});
    department.run_once();
    let states = department.states();
    assert_eq!(states["known_en.csv"], "published", "{states:?}");
    assert_eq!(states["unmapped_en.csv"], "review", "{states:?}");
    assert_eq!(states["silent_en.csv"], "review", "{states:?}");
    // Nothing changed: nothing is done.
    let (end, entries) = (department.end_state(), department.audit_entries());
    department.run_once();
    assert_eq!(department.end_state(), end);
    assert_eq!(
        department.audit_entries(),
        entries + 1,
        "but that it looked"
    );
}

/// A clearance that is raised without touching the file, between approval and publication: the listing shows nothing of it.
#[test]
fn what_was_raised_after_the_approval_does_not_leave() {
    let (server, top, made) = three_tables();
    let department = department(&server, top, |setup| {
        setup.new_releases = "review";
        // Closed until it is opened below.
        setup.window = "0 0 0 1 1 *";
    });
    department.run_once();
    department
        .approve("known_en.csv", "Ada Sample")
        .ends_with(0);
    department.run_once();
    assert_eq!(department.states()["known_en.csv"], "approved");
    server.change(Change::SetClearance {
        id: made[0],
        level: 30,
    });
    let settings = department.path("rideau.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let open = text.replace("window = \"0 0 0 1 1 *\"", "window = \"\"");
    std::fs::write(&settings, open).unwrap();
    department.run_once();
    let states = department.states();
    assert_eq!(states["known_en.csv"], "review", "{states:?}");
    assert!(!department.public_holds("1200"));
}

/// A hold keeps a record from the archives, and says so.
#[test]
fn a_hold_stops_the_transfer() {
    let (server, top, made) = three_tables();
    server.change(Change::Hold {
        id: made[0],
        name: "Sample v. Example".to_owned(),
    });
    let department = department(&server, top, |setup| {
        setup.enduring = true;
        setup.transfers = "automatic";
    });
    department.run_once();
    let transfers = department.json(&["transfer", "list"]);
    let states: Vec<String> = list(&transfers)
        .iter()
        .map(|one| text(one, "/state"))
        .collect();
    assert!(states.contains(&"blocked".to_owned()), "{transfers}");
    assert!(
        !states.contains(&"built".to_owned()) || department.end_state().bags.len() < 3,
        "{transfers}"
    );
    server.change(Change::Release {
        id: made[0],
        name: "Sample v. Example".to_owned(),
    });
    // The rolling reading finds it in its turn; a person need not wait.
    department.does(&["sources", "state", "reset", "shared-drive"]);
    department.run_once();
    let transfers = department.json(&["transfer", "list"]);
    assert!(
        list(&transfers).iter().any(|one| one["state"] == "built"),
        "{transfers}"
    );
}

#[test]
fn a_site_is_described_with_a_mapping() {
    let server = Server::start(Fixture::Department);
    let department = department(&server, ids::TOP, |_| {});
    let told = department.json(&["sources", "describe", "shared-drive"]);
    let categories = list(&told["categories"]);
    assert!(categories.len() >= 2, "{told}");
    assert!(
        categories
            .iter()
            .flat_map(|category| list(&category["attributes"]))
            .any(|attribute| attribute["proposal"].is_string()),
        "{told}"
    );
    let said = department.does(&["sources", "describe", "shared-drive"]);
    assert!(said.stdout.contains("mapping."), "{}", said.all());
    let tested = department.json(&["sources", "test"]);
    assert!(
        list(&tested).iter().all(|line| line["ok"] == true),
        "{tested}"
    );
}
