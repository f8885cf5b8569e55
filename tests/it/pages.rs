//! Every page that the program makes, checked by others: the Nu HTML checker and axe-core in a real browser.

use std::process::Command;

use crate::support::{Database, Department, all_is_required, project};

/// The checkers that `tests/run` fetches; `None`, with a word about it, where they are not.
fn tools(test: &str) -> Option<String> {
    let tools = std::env::var("TOOLS")
        .ok()
        .filter(|value| !value.is_empty());
    if tools.is_none() {
        assert!(
            !all_is_required(),
            "{test}: TOOLS is not set; tests/run does it"
        );
        eprintln!("SKIPPED {test}: no page checkers. tests/run fetches them.");
    }
    tools
}

#[test]
fn pages_are_valid_and_accessible() {
    let Some(tools) = tools("pages_are_valid_and_accessible") else {
        return;
    };
    let department = Department::new(Database::sqlite());
    department.table("admissions_en.csv", 1200);
    department.table("intake_fr.csv", 3200);
    department.table("mistake_en.csv", 5200);
    department.run_once();
    department.does(&[
        "release",
        "withdraw",
        "mistake_en.csv",
        "--reason",
        "Wrong & <old>",
    ]);
    department.run_once();
    // An update that waits, so that the reports have something to tell.
    department.table("intake_fr.csv", 4200);
    department.run_once();
    let pages = department.path("pages");
    crate::support::copy_folder(&department.public().canonicalize().unwrap(), &pages);
    for lang in ["en", "fr"] {
        for report in ["plan", "progress"] {
            let file = pages.join(format!("report-{report}-{lang}.html"));
            department.does(&[
                "report",
                report,
                "--format",
                "html",
                "--lang",
                lang,
                "--output",
                file.to_str().unwrap(),
            ]);
        }
    }
    let output = Command::new(project().join("tests/peers/accessibility/check-pages"))
        .arg(&pages)
        .env("TOOLS", tools)
        .env("AXE_PAGES", "8")
        .output()
        .expect("a shell is there");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("Nu checker: 0 messages"), "{said}");
    assert!(said.contains(" 0 violations"), "{said}");
}
