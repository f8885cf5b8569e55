//! The registry: a real CKAN with its rules, and its faults (`tests/peers/portal`).

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Database, Department, all_is_required};

/// The portal that `tests/peers/portal/ckan-up` started; `None`, with a word about it, where there is none.
fn portal(test: &str) -> Option<(String, String)> {
    let named = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let found = named("CKAN_URL").zip(named("CKAN_EDITOR_TOKEN"));
    if found.is_none() {
        assert!(
            !all_is_required(),
            "{test}: CKAN_URL is not set: eval \"$(tests/peers/portal/ckan-up --quiet)\""
        );
        eprintln!(
            "SKIPPED {test}: no CKAN. eval \"$(tests/peers/portal/ckan-up --quiet)\" starts one."
        );
    }
    found
}

/// A department that publishes to the portal. The source's name makes its ids its own.
fn department(name: &str, (url, token): &(String, String)) -> Department {
    let mut department = Department::new(Database::sqlite());
    department.environment("RIDEAU_CKAN_TOKEN", token);
    department.configure(|text| {
        let (before, rest) = text.split_once("[[targets]]").unwrap();
        let (_, after) = rest.split_once("[rules]").unwrap();
        let target = format!(
            "[[targets]]\nname = \"catalogue\"\nkind = \"ckan\"\nurl = \"{url}\"\ntoken = {{ env = \"RIDEAU_CKAN_TOKEN\" }}\nrequests_per_second = 100\ntimeout_seconds = 3\n\n[rules]"
        );
        *text = format!("{before}{target}{after}")
            .replace("shared-drive", name)
            .replace("[engine]", "[engine]\nbackoff_seconds = { first = 1, most = 2 }\nattempts = 20");
    });
    department
}

fn call(url: &str, path: &str, method: &str, body: Option<&Value>, token: &str) -> Value {
    let mut command = Command::new("curl");
    command.args([
        "-s",
        "-m",
        "60",
        "-X",
        method,
        "-H",
        &format!("Authorization: {token}"),
    ]);
    if let Some(body) = body {
        command.args([
            "-H",
            "Content-Type: application/json",
            "-d",
            &body.to_string(),
        ]);
    }
    let output = command
        .arg(format!("{url}{path}"))
        .output()
        .expect("curl is there");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A dataset as the portal shows it.
fn dataset((url, token): &(String, String), id: &str) -> Value {
    call(
        url,
        &format!("/api/3/action/package_show?id={id}"),
        "GET",
        None,
        token,
    )["result"]
        .clone()
}

fn only_release(department: &Department) -> Value {
    let releases = department.json(&["release", "list"]);
    let list = releases.as_array().unwrap();
    assert_eq!(list.len(), 1, "{releases}");
    list[0].clone()
}

fn resources(dataset: &Value) -> Vec<(String, String)> {
    dataset["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| (resource["id"].to_string(), resource["format"].to_string()))
        .collect()
}

/// One test, so that the portal's one fault switch has one user.
#[test]
fn one_dataset_whatever_the_portal_does() {
    let Some(portal) = portal("one_dataset_whatever_the_portal_does") else {
        return;
    };
    let (url, token) = &portal;
    let unique = std::process::id();
    let faults = [
        ("undisturbed", None),
        (
            "busy",
            Some(
                json!({"action": "package_create", "mode": "status", "status": 429, "headers": {"Retry-After": "1"}}),
            ),
        ),
        (
            "away",
            Some(json!({"action": "*", "mode": "status", "status": 503, "times": 2})),
        ),
        (
            "proxy",
            Some(json!({"action": "resource_create", "mode": "html"})),
        ),
        (
            "lost-create",
            Some(json!({"action": "package_create", "mode": "lost"})),
        ),
        (
            "lost-upload",
            Some(json!({"action": "resource_create", "mode": "lost", "skip": 1})),
        ),
        (
            "lost-patch",
            Some(json!({"action": "package_patch", "mode": "lost"})),
        ),
        (
            "error-after",
            Some(json!({"action": "package_create", "mode": "error_after"})),
        ),
        (
            "error-after-upload",
            Some(json!({"action": "resource_create", "mode": "error_after"})),
        ),
        (
            "slow",
            Some(json!({"action": "package_create", "mode": "slow", "seconds": 4})),
        ),
    ];
    for (name, fault) in faults {
        let department = department(&format!("story-{name}-{unique}"), &portal);
        department.table("table_en.csv", 1000);
        call(url, "/_faults", "DELETE", None, token);
        if let Some(fault) = &fault {
            call(url, "/_faults", "POST", Some(fault), token);
        }
        department.run_once();
        let release = only_release(&department);
        assert_eq!(
            release["release"]["state"], "published",
            "{name}: {release}"
        );
        let id = release["release"]["id"].as_str().unwrap();
        let shown = dataset(&portal, id);
        assert_eq!(shown["ready_to_publish"], "true", "{name}");
        assert_eq!(
            shown["resources"].as_array().unwrap().len(),
            3,
            "{name}: {shown}"
        );
        department.does(&["audit", "verify"]);

        // The second run writes nothing.
        call(url, "/_faults", "DELETE", None, token);
        department.run_once();
        assert_eq!(
            dataset(&portal, id)["metadata_modified"],
            shown["metadata_modified"],
            "{name}"
        );

        if fault.is_none() {
            changes_are_held(&department, &portal, id, &shown);
        }
    }
}

fn changes_are_held(department: &Department, portal: &(String, String), id: &str, first: &Value) {
    department.table("table_en.csv", 2000);
    department.run_once();
    assert_eq!(department.state("table_en.csv"), "review");
    assert_eq!(
        dataset(portal, id)["metadata_modified"],
        first["metadata_modified"]
    );
    let plans = department.json(&["release", "plan"]);
    let plan = plans[0]["plan"]["id"].as_str().unwrap();
    let changes = plans[0]["plan"]["body"]["releases"][0]["plan"]["changes"].to_string();
    assert!(changes.contains("replace_content"), "{changes}");
    department
        .rideau(&["release", "apply", plan])
        .refused("standing decision");
    assert_eq!(
        dataset(portal, id)["metadata_modified"],
        first["metadata_modified"]
    );

    department.approve("table_en.csv", "A. Sample").ends_with(0);
    department.run_once();
    assert_eq!(department.state("table_en.csv"), "published");
    let second = dataset(portal, id);
    assert_eq!(
        resources(&second),
        resources(first),
        "the same resources, by id and order"
    );
    assert_ne!(second["metadata_modified"], first["metadata_modified"]);
    let address = second["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["format"] == "CSV")
        .and_then(|resource| resource["url"].as_str())
        .unwrap();
    let token = &portal.1;
    let output = Command::new("curl")
        .args([
            "-s",
            "-L",
            "-H",
            &format!("Authorization: {token}"),
            address,
        ])
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("2500"),
        "{output:?}"
    );

    edits_by_hand_are_told(department, portal, id);

    // Gone from the source: taken back only when a person says so.
    department.remove("table_en.csv");
    // One file of one is no mass absence: fewer than five items are known.
    department.run_once();
    assert_eq!(dataset(portal, id)["ready_to_publish"], "true");
    department
        .rideau(&[
            "review",
            "approve",
            id,
            "--reason",
            "gone",
            "--by",
            "A. Sample",
        ])
        .ends_with(0);
    department.run_once();
    assert_eq!(dataset(portal, id)["ready_to_publish"], "false");
}

/// Somebody edits the record on the portal: it is told, kept until a person says otherwise, and undone by a plan.
fn edits_by_hand_are_told(department: &Department, (url, token): &(String, String), id: &str) {
    department.does(&["release", "verify", "--content"]);
    let title = json!({"en": "Edited by hand", "fr": "Modifié à la main"});
    call(
        url,
        "/api/3/action/package_patch",
        "POST",
        Some(&json!({"id": id, "title_translated": title})),
        token,
    );
    let said = department.rideau(&["release", "verify"]).ends_with(1);
    assert!(said.stdout.contains("title_translated"), "{said:?}");
    assert!(said.stdout.contains("Edited by hand"), "{said:?}");
    // The daemon leaves it alone.
    department.run_once();
    let portal = (url.clone(), token.clone());
    assert_eq!(dataset(&portal, id)["title_translated"], title);
    let plans = department.json(&["release", "plan", id]);
    let plan = plans[0]["plan"]["id"].as_str().unwrap();
    department.does(&["release", "apply", plan]);
    department.does(&["release", "verify", "--content"]);
    assert_ne!(dataset(&portal, id)["title_translated"], title);
}
