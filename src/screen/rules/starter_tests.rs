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
    assert!(outcomes.len() >= 300, "{}", outcomes.len());
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

/// The program comes with every file of the folder, and with no other.
#[test]
fn the_program_comes_with_the_whole_set() {
    let built_in: Vec<PathBuf> = crate::setup::built_in_rule_files()
        .iter()
        .map(|(name, _)| PathBuf::from(name))
        .collect();
    let folder: Vec<PathBuf> = files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(built_in, folder);
}

/// Grounds that lapse do so by an opening date, so that the item is woken on that day.
#[test]
fn every_ground_of_the_law_has_its_rule() {
    let book = book();
    let sections: Vec<&str> = book
        .rules()
        .iter()
        .map(|rule| rule.basis.section.as_str())
        .collect();
    for ground in [
        "13", "14", "15", "16(1)(a)", "16(1)(b)", "16(2)", "16(3)", "16.1", "16.5", "17", "18",
        "18.1", "19", "20", "21", "22", "22.1", "23", "23.1", "24", "25", "26", "68", "69", "69.1",
    ] {
        assert!(
            sections.iter().any(|section| section.starts_with(ground)),
            "{ground}"
        );
    }
    let lapses = |id: &str| {
        book.rules()
            .iter()
            .find(|rule| rule.id == id)
            .and_then(|rule| rule.closure.as_ref())
            .map(|closure| (closure.years, closure.days))
    };
    for (rule, expected) in [
        ("investigation-release", (20, 0)),
        ("advice-release", (20, 0)),
        ("draft-audit-release", (15, 0)),
        ("publication-soon-release", (0, 90)),
        ("cabinet-document", (20, 0)),
        ("cabinet-discussion-paper", (4, 0)),
        ("personal-information-transfer", (110, 0)),
        ("archives-census", (92, 0)),
    ] {
        assert_eq!(lapses(rule), Some(expected), "{rule}");
    }
}
