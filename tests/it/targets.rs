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
