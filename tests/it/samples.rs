//! The sample drive: every file ends as `samples/EXPECTED.toml` says, and a second run changes nothing.

use std::{collections::BTreeMap, fs};

use crate::support::{Department, Tree, copy_folder, list, on_both_databases, project, text};

const LABEL: &str = r#""6e6f7465-0000-4000-8000-00000000000a" = "protected_a""#;

fn department(database: crate::support::Database) -> Department {
    let department = Department::with(database, |setup| {
        setup.group_by = "pair";
        setup.complete = false;
        setup.labels = LABEL;
    });
    fs::remove_file(department.drive().join(".rideau-source")).unwrap();
    copy_folder(&project().join("samples/drive"), &department.drive());
    department
}

fn expected() -> Vec<toml::Table> {
    let text = fs::read_to_string(project().join("samples/EXPECTED.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    table["file"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file.as_table().unwrap().clone())
        .collect()
}

/// What an item's facts say could not be read.
fn unreadable_codes(department: &Department, path: &str) -> Vec<String> {
    let shown = department.json(&["items", "show", path]);
    let facts = &shown["versions"][0]["facts"];
    list(facts)
        .iter()
        .filter(|fact| fact["kind"] == "unreadable")
        .map(|fact| text(fact, "/code"))
        .collect()
}

on_both_databases! {
    /// Every file of the drive ends in the state that was promised for it, and nothing else is an item.
    fn every_sample_ends_as_expected(database) {
        let department = department(database);
        department.run_once();
        let states = department.states();
        let mut wrong = Vec::new();
        let mut wanted = BTreeMap::new();
        for file in expected() {
            let path = file["path"].as_str().unwrap();
            let state = match file["state"].as_str().unwrap() {
                "published" | "published_after_treatment" => "published",
                "review" | "unreadable" => "review",
                "blocked" => "blocked",
                "record" => "sidecar",
                "ignored" => continue,
                other => panic!("samples/EXPECTED.toml: {other}"),
            };
            wanted.insert(path.to_owned(), state);
            let is = states.get(path).map_or("no item", String::as_str);
            if is != state {
                wrong.push(format!("{path}: {is} instead of {state}"));
            }
            if let Some(code) = file.get("code").and_then(toml::Value::as_str) {
                let codes = unreadable_codes(&department, path);
                if !codes.iter().any(|c| c == code) {
                    wrong.push(format!("{path}: {codes:?} instead of {code}"));
                }
            }
            for word in file.get("must_not_be_published").and_then(toml::Value::as_array).into_iter().flatten() {
                if department.public_holds(word.as_str().unwrap()) {
                    wrong.push(format!("{path}: {word} is public"));
                }
            }
        }
        for path in states.keys().filter(|path| !wanted.contains_key(*path)) {
            wrong.push(format!("{path} is an item but not expected"));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// The second run reads, compares and writes nothing: not to the target, not to the log but that it looked.
    fn the_second_run_changes_nothing(database) {
        let department = department(database);
        department.run_once();
        let (end, tree) = (department.end_state(), Tree::of(&department.path("public")));
        let drive = Tree::of(&department.drive());
        let (entries, scans) = (department.audit_entries(), department.scans());
        assert!(end.public.keys().any(|file| is_csv(file)), "{:?}", end.public);

        let summary = department.run_once();

        assert_eq!(summary["failures"], 0, "{summary}");
        assert_eq!(department.end_state(), end);
        let after = Tree::of(&department.path("public"));
        assert_eq!(after, tree, "written: {:?}", after.difference(&tree));
        assert_eq!(Tree::of(&department.drive()), drive, "the source was written to");
        assert!(department.scans() > scans);
        assert_eq!(department.audit_entries() - entries, (department.scans() - scans) as u64);
    }

    /// What was published can be opened: the index leads to every dataset, each dataset to its files.
    fn the_catalogue_is_a_whole_one(database) {
        let department = department(database);
        department.run_once();
        let public = department.public();
        for page in ["index.html", "en.html", "fr.html"] {
            let there = public.join(page).exists();
            assert!(there || page != "index.html", "{page} is missing");
        }
        let published: Vec<String> = list(&department.json(&["release", "list", "--state", "published"]))
            .iter()
            .map(|entry| text(entry, "/release/id"))
            .collect();
        assert!(published.len() >= 7, "{published:?}");
        for id in published {
            let folder = public.join("datasets").join(&id);
            assert!(folder.join("datapackage.json").exists(), "{id}");
            let package: serde_json::Value =
                serde_json::from_slice(&fs::read(folder.join("datapackage.json")).unwrap()).unwrap();
            for resource in list(&package["resources"]) {
                let path = text(resource, "/path");
                assert!(folder.join(&path).exists(), "{id}: {path}");
            }
        }
    }
}

fn is_csv(file: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_some_and(|extension| extension == "csv")
}
