//! What a target shows, compared with what was sent to it.

use std::fs;

use crate::support::{Database, Department, Tree, text};

const FILE: &str = "admissions_en.csv";

#[test]
fn what_is_missing_on_a_target_is_told_and_brought_back() {
    let department = Department::new(Database::sqlite());
    department.table(FILE, 1200);
    department.run_once();
    let verified = department.json(&["release", "verify"]);
    assert_eq!(text(&verified, "/0/agreement"), "same", "{verified}");
    let before = Tree::contents(&department.public());

    // Somebody cleans up the web server.
    let whole = department.path("public");
    fs::remove_dir_all(&whole).unwrap();
    let said = department.rideau(&["release", "verify"]).ends_with(1);
    assert!(said.stdout.contains("missing on the target"), "{said:?}");
    let said = department
        .rideau(&["release", "verify", "--lang", "fr", FILE])
        .ends_with(1);
    assert!(said.stdout.contains("absent de la cible"), "{said:?}");

    // What was approved stays approved: the plan that is asked for by name brings it back.
    let plans = department.json(&["release", "plan", FILE]);
    let plan = text(&plans, "/0/plan/id");
    department
        .rideau(&["release", "apply", &plan])
        .refused("is it mounted?");
    assert!(!whole.join("generations").exists());
    fs::create_dir_all(&whole).unwrap();
    fs::write(whole.join(".rideau-target"), "").unwrap();
    department.does(&["release", "apply", &plan]);
    department.does(&["release", "verify"]);
    assert_eq!(Tree::contents(&department.public()), before);
}

#[test]
fn what_was_withdrawn_is_as_it_should_be() {
    let department = Department::new(Database::sqlite());
    department.table(FILE, 1200);
    department.run_once();
    department.does(&["release", "withdraw", FILE, "--reason", "a mistake"]);
    department.run_once();
    let verified = department.json(&["release", "verify"]);
    assert_eq!(text(&verified, "/0/agreement"), "same", "{verified}");
}
