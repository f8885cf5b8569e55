//! The release plan and the progress report, as they come out of the program.

use crate::support::{Database, Department, text};

#[test]
fn the_plan_tells_what_is_public_and_what_waits_in_both_languages() {
    let department = Department::new(Database::sqlite());
    department.table("admissions_en.csv", 1200);
    department.run_once();
    // An update waits for a person.
    department.table("admissions_en.csv", 2200);
    department.table("intake_en.csv", 3200);
    department.run_once();
    let plan = department.does(&["report", "plan"]).stdout;
    assert!(plan.starts_with("reference,title_en,title_fr,"), "{plan}");
    assert!(
        plan.contains(",review,waits for review,en attente d’examen,update,"),
        "{plan}"
    );
    assert!(
        plan.contains(",published,published,publié,none,public,publique,"),
        "{plan}"
    );
    let json: serde_json::Value = serde_json::from_str(
        &department
            .does(&["report", "plan", "--format", "json"])
            .stdout,
    )
    .unwrap();
    assert_eq!(json["lines"].as_array().unwrap().len(), 2, "{json}");
    let page = department
        .does(&["report", "plan", "--format", "html", "--lang", "fr"])
        .stdout;
    assert!(
        page.contains("<html lang=\"fr\">") && page.contains("<h1>Plan de publication</h1>"),
        "{page}"
    );

    let progress: serde_json::Value = serde_json::from_str(
        &department
            .does(&["report", "progress", "--format", "json"])
            .stdout,
    )
    .unwrap();
    assert_eq!(progress["items"], 2, "{progress}");
    assert_eq!(progress["releases_by_state"]["review"], 1, "{progress}");
    assert_eq!(
        text(&progress, "/waiting/0/reason/en"),
        "It would change what is public."
    );
    let page = department
        .does(&["report", "progress", "--format", "html", "--lang", "en"])
        .stdout;
    assert!(page.contains("<h2>Reasons to wait</h2>"), "{page}");
}
