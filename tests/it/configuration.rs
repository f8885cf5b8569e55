//! Configuration: every mistake at once, with its place and what was probably meant; secrets never shown.

use std::fs;

use crate::support::{Database, Department, list};

fn department() -> Department {
    Department::new(Database::sqlite())
}

#[test]
fn every_mistake_is_shown_at_once_with_its_place() {
    let department = department();
    department.configure(|text| {
        *text = text
            .replace("settle_seconds = 0", "setle_seconds = 0")
            .replace("group_by = \"file\"", "group_by = \"fil\"")
            .replace("targets = [\"catalogue\"]", "targets = [\"catalog\"]")
            .replace("workers = 2", "workers = \"two\"");
    });
    let text = fs::read_to_string(department.path("rideau.toml")).unwrap();
    let said = department.rideau(&["check"]).ends_with(1);
    for (wrong, meant) in [
        ("setle_seconds", "settle_seconds"),
        ("\"fil\"", "file"),
        ("\"catalog\"", "catalogue"),
        ("\"two\"", "number"),
    ] {
        let line = text.lines().position(|line| line.contains(wrong)).unwrap() + 1;
        let all = said.all();
        assert!(all.contains(meant), "no {meant} in {all}");
        assert!(
            all.contains(&format!("rideau.toml:{line}:")) || all.contains(&format!("{line} │")),
            "line {line} is not named: {all}"
        );
    }
    let answer = department.rideau(&["check", "--json"]).ends_with(1).json();
    assert_eq!(answer["ok"], false);
    let problems = list(&answer["problems"]);
    assert!(problems.len() >= 4, "{answer}");
    for problem in problems {
        assert!(
            problem["line"].as_u64().is_some_and(|line| line > 0),
            "{problem}"
        );
        assert!(
            problem["column"].as_u64().is_some_and(|column| column > 0),
            "{problem}"
        );
    }
    // In French too, and the program does not run with it.
    let french = department.rideau(&["check", "--lang", "fr"]).ends_with(1);
    assert_ne!(french.all(), said.all());
    department.rideau(&["run", "--once"]).ends_with(2);
    assert!(!department.path("data").exists(), "something was run");
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_its_place() {
    let department = department();
    department.configure(|text| text.push_str("\n[[sources]\nname = \n"));
    let said = department.rideau(&["check"]).ends_with(1);
    assert!(said.all().contains("rideau.toml"), "{}", said.all());
}

#[test]
fn there_is_no_configuration() {
    let department = department();
    fs::remove_file(department.path("rideau.toml")).unwrap();
    for command in [&["check"][..], &["run", "--once"], &["items", "list"]] {
        department.rideau(command).refused("rideau.toml");
    }
}

const CKAN: &str = r#"
[[targets]]
name = "registry"
kind = "ckan"
url = "http://127.0.0.1:9/"
"#;

/// A secret written into the file is a mistake, and even then it is not repeated.
#[test]
fn a_secret_is_never_printed() {
    let secret = "s3cr3t-abcdef-0123456789";
    for setting in [
        format!("{CKAN}token = \"{secret}\"\n"),
        format!("{CKAN}token = {{ value = \"{secret}\" }}\n"),
    ] {
        let mut department = department();
        department.environment("RIDEAU_LOG", "trace");
        department.configure(|text| {
            *text = text.replace("\n[rules]\n", &format!("{setting}\n[rules]\n"));
        });
        for command in [
            &["check"][..],
            &["check", "--json"],
            &["run", "--once"],
            &["doctor"],
        ] {
            let said = department.rideau(command);
            assert_ne!(said.code, 0, "{said:?}");
            assert!(!said.all().contains(secret), "{command:?}: {}", said.all());
        }
    }
}

/// A secret from the environment or from a file works and appears nowhere, at no log level.
#[test]
fn a_referenced_secret_is_never_printed() {
    let secret = "s3cr3t-abcdef-0123456789";
    for reference in ["{ env = \"STORY_TOKEN\" }", "{ file = \"token\" }"] {
        let mut department = department();
        department.environment("STORY_TOKEN", secret);
        department.environment("RIDEAU_LOG", "trace");
        fs::write(department.path("token"), secret).unwrap();
        let setting = format!("{CKAN}token = {reference}\n\n[rules]\n");
        department.configure(|text| {
            *text = text.replace("\n[rules]\n", &setting).replace(
                "targets = [\"catalogue\"]",
                "targets = [\"catalogue\", \"registry\"]",
            );
        });
        department.does(&["check"]);
        department.table("admissions_en.csv", 1200);
        for command in [
            &["check", "--json"][..],
            &["run", "--once", "--patience", "0"],
            &["doctor"],
            &["status"],
        ] {
            let said = department.rideau(command);
            assert!(!said.all().contains(secret), "{command:?}: {}", said.all());
        }
        let kept = crate::support::Tree::holding(&department.path("data"), secret.as_bytes());
        assert!(kept.is_empty(), "{kept:?}");
        let missing = department.path("token");
        fs::remove_file(missing).unwrap();
    }
}

/// What is committed in `config/` is what the program generates.
#[test]
fn generated_files_are_unchanged() {
    let department = department();
    for (argument, lang, file) in [
        ("--write-schema", "en", "config/rideau.schema.json"),
        ("--write-reference", "en", "docs/configuration.md"),
        ("--write-reference", "fr", "docs/configuration.fr.md"),
    ] {
        let made = department.path("made");
        department.does(&["check", argument, made.to_str().unwrap(), "--lang", lang]);
        let committed = crate::support::project().join(file);
        if committed.exists() {
            let same = fs::read(&made).unwrap() == fs::read(&committed).unwrap();
            assert!(
                same,
                "{file} is not what `rideau check {argument}` writes: generate it again"
            );
        }
    }
}

/// The committed example is a right one, apart from folders and secrets that exist elsewhere.
#[test]
fn the_example_is_right() {
    let department = department();
    let example = crate::support::project().join("config/rideau.toml");
    let said = department.rideau(&["check", "--config", example.to_str().unwrap()]);
    assert_eq!(said.code, 0, "{}", said.all());
}
