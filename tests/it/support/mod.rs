//! What the stories stand on: a department with real folders, the real program, real databases.
//!
//! Everything here goes through doors that stay: the command line, HTTP, signals and files. Rule that must hold: nothing
//! is shared between two tests but the program's binary and the database server, where each has its own database.

mod daemon;
mod database;
mod department;
mod random;
mod tree;

pub(crate) use daemon::Daemon;
pub(crate) use database::Database;
pub(crate) use department::{Department, EndState, Said, Setup, copy_folder, list, project, text};
pub(crate) use random::Random;
pub(crate) use tree::Tree;

/// Whether everything must be tried here, so that a missing server is a failure and not a reason to skip.
pub(crate) fn all_is_required() -> bool {
    ["CI", "RIDEAU_TEST_REQUIRE_ALL"]
        .iter()
        .any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0"))
}

/// Tells the same story on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($(#[$about:meta])* fn $name:ident($database:ident) $story:block)+) => {
        $($(#[$about])* fn $name($database: $crate::support::Database) $story)+

        mod sqlite {
            $(#[test] fn $name() { super::$name($crate::support::Database::sqlite()); })+
        }

        mod postgres {
            $(#[test] fn $name() {
                if let Some(database) = $crate::support::Database::postgres(concat!(module_path!(), "::", stringify!($name))) {
                    super::$name(database);
                }
            })+
        }
    };
}
pub(crate) use on_both_databases;
