//! The same input gives the same bytes, whatever the folder, the time zone, the language, the umask or the day.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::process::CommandExt,
    process::Command,
    time::{Duration, SystemTime},
};

use crate::support::{Database, Department, Tree, copy_folder, project};

/// Publishes the samples on a machine of that kind; gives what is public and every stored content.
fn publish(
    environment: &[(&str, &str)],
    umask: &str,
    workers: u32,
) -> (BTreeMap<String, String>, Vec<String>) {
    let mut department = Department::with(Database::sqlite(), |setup| {
        setup.group_by = "pair";
        setup.complete = false;
        setup.workers = workers;
    });
    for (name, value) in environment {
        department.environment(name, value);
    }
    fs::remove_file(department.drive().join(".rideau-source")).unwrap();
    copy_folder(&project().join("samples/drive"), &department.drive());
    if environment.is_empty() {
        age(&department.drive());
    }
    let inner = department.command(&["run", "--once", "--lang", "en"]);
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .current_dir(inner.get_current_dir().unwrap())
        .arg0("sh");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let contents = Tree::contents(&department.path("data/blobs"));
    let mut hashes: Vec<String> = contents.into_values().collect();
    hashes.sort();
    (Tree::contents(&department.public()), hashes)
}

/// Makes every file five years old: a copy from another day.
fn age(folder: &std::path::Path) {
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age(&path);
        } else {
            File::options()
                .append(true)
                .open(&path)
                .unwrap()
                .set_modified(then)
                .unwrap();
        }
    }
}

#[test]
fn two_machines_publish_the_same_bytes() {
    let one = publish(&[], "022", 1);
    let other = publish(
        &[
            ("TZ", "Pacific/Kiritimati"),
            ("LANG", "fr_CA.UTF-8"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("HOME", "/nonexistent"),
            ("USER", "somebody-else"),
        ],
        "077",
        2,
    );
    assert!(
        one.0.keys().any(|file| file.ends_with(".parquet")),
        "{:?}",
        one.0.keys()
    );
    let different: Vec<_> = one
        .0
        .keys()
        .chain(other.0.keys())
        .filter(|file| one.0.get(*file) != other.0.get(*file))
        .collect();
    assert!(different.is_empty(), "{different:?}");
    assert_eq!(one.1, other.1, "stored contents differ");
}

/// The same for `convert`, twice in the same folder and once elsewhere.
#[test]
fn convert_gives_the_same_bytes() {
    let department = Department::new(Database::sqlite());
    let files = [
        "table/types.xlsx",
        "table/several.ods",
        "document/structure.docx",
        "table/cp1252-semicolon.csv",
    ];
    let mut results = Vec::new();
    for folder in ["first", "second", "first"] {
        let out = department.path(folder);
        let mut arguments = vec![
            "convert".to_owned(),
            "--output".to_owned(),
            out.display().to_string(),
        ];
        arguments.extend(files.iter().map(|file| {
            project()
                .join("tests/fixtures")
                .join(file)
                .display()
                .to_string()
        }));
        let status = department.command(&arguments).output().unwrap();
        assert_eq!(status.status.code(), Some(0), "{status:?}");
        results.push(Tree::contents(&out));
    }
    assert!(results[0].len() >= 8, "{:?}", results[0]);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

/// As people type it: names of files in the folder where they stand.
#[test]
fn one_off_commands_take_names_from_where_one_stands() {
    let department = Department::new(Database::sqlite());
    department.fixture("table/types.xlsx", "types.xlsx");
    for arguments in [
        &["convert", "types.xlsx", "--output", "out"][..],
        &["screen", "types.xlsx"],
    ] {
        let said = department
            .command(arguments)
            .current_dir(department.drive())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&said.stderr);
        assert!(
            said.status.code().is_some_and(|code| code < 2) && !text.contains("could not start"),
            "{arguments:?}: {said:?}"
        );
    }
    assert!(!Tree::contents(&department.drive().join("out")).is_empty());
}
