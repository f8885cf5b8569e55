//! The starter set in `config/rules/`: loads, and does what its examples say.

use std::path::{Path, PathBuf};

use super::RuleBook;

/// All starter files.
pub(super) fn files() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/rules");
    let mut files: Vec<(PathBuf, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            (
                PathBuf::from(path.file_name().unwrap()),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}

/// The starter book.
pub(super) fn book() -> RuleBook {
    match RuleBook::load(&files()) {
        Ok(book) => book,
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"));
        }
    }
}

#[test]
fn starter_set_loads_and_its_examples_pass() {
    let outcomes = book().run_examples();
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(outcomes.len() >= 50, "{}", outcomes.len());
}

#[test]
fn file_order_and_comments_do_not_matter() {
    let book = book();
    let mut reversed = files();
    reversed.reverse();
    for (_, text) in &mut reversed {
        *text = text
            .replace("\n\n", "\n\n# a comment\n\n")
            .replace(" = ", "   =   ");
    }
    let other = RuleBook::load(&reversed).unwrap();
    assert_eq!(book.hash(), other.hash());
    let ids = |book: &RuleBook| {
        book.rules()
            .iter()
            .map(|rule| rule.id.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(&book), ids(&other));
}
