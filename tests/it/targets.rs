//! Targets as an operator sees them: what they hold, and whether they answer.

use crate::support::{Database, Department, list, text};

const FILE: &str = "admissions_en.csv";

/// A department whose second target is a portal where nobody answers.
fn with_one_away() -> Department {
    let mut department = Department::new(Database::sqlite());
    department.environment("AWAY_TOKEN", "sample");
    department.configure(|text| {
        *text = text.replace(
            "\n[rules]\n",
            "\n[[targets]]\nname = \"away\"\nkind = \"ckan\"\nurl = \"http://127.0.0.1:9/\"\ntoken = { env = \"AWAY_TOKEN\" }\n\n[rules]\n",
        );
    });
    department
}

#[test]
fn targets_tell_what_they_hold_and_whether_they_answer() {
    let department = with_one_away();
    department.table(FILE, 1200);
    department.run_once();
    let targets = department.json(&["targets", "list"]);
    let told: Vec<(String, String, u64)> = list(&targets)
        .iter()
        .map(|target| {
            (
                text(target, "/name"),
                text(target, "/kind"),
                target["published"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("away".to_owned(), "ckan".to_owned(), 0),
            ("catalogue".to_owned(), "catalogue".to_owned(), 1)
        ]
    );
    assert_eq!(targets[1]["open"], true, "{targets}");
    let shown = department.does(&["targets", "list", "--lang", "fr"]).stdout;
    assert!(shown.contains("publiées"), "{shown}");

    department.does(&["targets", "test", "catalogue"]);
    department
        .rideau(&["targets", "test", "away"])
        .ends_with(1)
        .refused("cannot be reached");
    department
        .rideau(&["targets", "test"])
        .ends_with(1)
        .refused("cannot be reached");
    department
        .rideau(&["targets", "test", "nowhere"])
        .refused("There is no target nowhere");
}

#[test]
fn a_release_is_shown_with_its_targets_and_its_past() {
    let department = Department::new(Database::sqlite());
    department.table(FILE, 1200);
    department.run_once();
    let shown = department.json(&["release", "show", FILE]);
    for (place, expect) in [
        ("/release/state", "published"),
        ("/targets/0/target", "catalogue"),
        ("/targets/0/published/state", "published"),
        ("/targets/0/plan/state", "applied"),
    ] {
        assert_eq!(text(&shown, place), expect, "{shown}");
    }
    assert!(
        list(&shown["events"])
            .iter()
            .any(|event| event["kind"] == "release.switched"),
        "{shown}"
    );
    let words = department.does(&["release", "show", FILE, "--lang", "fr"]);
    assert!(words.stdout.contains("publié, depuis"), "{}", words.stdout);
}

#[test]
fn a_plan_is_a_page_to_sign() {
    let department = Department::new(Database::sqlite());
    department.table(FILE, 1200);
    department.run_once();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.html");
    let file = file.to_str().unwrap();
    department.does(&["release", "plan", "--html", file]);
    let page = std::fs::read_to_string(file).unwrap();
    assert!(
        page.contains("<p>catalogue: nothing would change.</p>"),
        "{page}"
    );
    department.table(FILE, 1201);
    department.run_once();
    let plans = department.json(&["release", "plan", "--html", file]);
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.contains(&text(&plans[0], "/plan/hash")), "{page}");
    assert!(page.contains("rows: 2 → 2"), "{page}");
}
