//! The two databases. PostgreSQL is a real server (`tests/peers/postgres/up`), each test has a database of its own there.

use std::{
    path::Path,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use super::all_is_required;

/// Which database a department's catalog is in.
#[derive(Debug)]
pub(crate) enum Database {
    /// A file in the data folder.
    Sqlite,
    /// A database of its own on the server of `RIDEAU_TEST_POSTGRES`; dropped at the end.
    Postgres { server: String, name: String },
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite
    }

    /// A new, empty database. `None`, with a word about it, where no server was named and none is required.
    pub(crate) fn postgres(test: &str) -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = std::env::var("RIDEAU_TEST_POSTGRES")
            .ok()
            .filter(|url| !url.is_empty())
        else {
            assert!(
                !all_is_required(),
                "{test}: RIDEAU_TEST_POSTGRES is not set. Start a server: eval \"$(tests/peers/postgres/up)\""
            );
            eprintln!(
                "SKIPPED {test}: no PostgreSQL. eval \"$(tests/peers/postgres/up)\" starts one."
            );
            return None;
        };
        let name = format!(
            "story_{}_{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        psql(&server, &format!("DROP DATABASE IF EXISTS {name}"));
        psql(&server, &format!("CREATE DATABASE {name}"));
        Some(Self::Postgres { server, name })
    }

    /// A second, empty one of the same kind.
    pub(crate) fn another(&self) -> Self {
        match self {
            Self::Sqlite => Self::Sqlite,
            Self::Postgres { .. } => Self::postgres("another").expect("there was a server before"),
        }
    }

    /// The value of `data.database`.
    pub(crate) fn setting(&self) -> String {
        match self {
            Self::Sqlite => "sqlite".to_owned(),
            Self::Postgres { server, name } => address(server, name),
        }
    }

    /// Changes rows behind the program's back, as somebody with access to the database could.
    pub(crate) fn tamper(&self, data: &Path, sql: &str) {
        match self {
            Self::Sqlite => {
                let script = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as c: c.execute(sys.argv[2])\n";
                let output = Command::new("python3")
                    .args(["-c", script])
                    .arg(data.join("catalog.sqlite3"))
                    .arg(sql)
                    .output()
                    .expect("python3 is there");
                assert!(output.status.success(), "{output:?}");
            }
            Self::Postgres { server, name } => {
                psql(&address(server, name), sql);
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            if std::thread::panicking() && std::env::var_os("RIDEAU_TEST_KEEP").is_some() {
                eprintln!("kept: database {name}");
                return;
            }
            Command::new("psql")
                .args(["--no-psqlrc", "--quiet", "--dbname", server, "--command"])
                .arg(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                .output()
                .ok();
        }
    }
}

/// The server's address with another database.
fn address(server: &str, database: &str) -> String {
    let (base, _) = server
        .rsplit_once('/')
        .expect("RIDEAU_TEST_POSTGRES ends with /database");
    format!("{base}/{database}")
}

fn psql(url: &str, sql: &str) {
    let output = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
        .args(["--dbname", url, "--command", sql])
        .output()
        .expect("psql is there (apt-get install postgresql-client)");
    assert!(output.status.success(), "{sql}: {output:?}");
}
