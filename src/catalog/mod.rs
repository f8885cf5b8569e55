//! The catalog: what is known about every item, and the log of everything that happened.
//!
//! All SQL lives here, one module per aggregate, written once for SQLite and PostgreSQL (see `db`). A step's
//! outcome, its audit event and the end of its work are one transaction. Rule that must hold: nothing is
//! deleted but finished work.

mod blobs;
mod db;
mod dismissals;
mod events;
mod folders;
mod items;
mod openings;
mod plans;
mod releases;
mod sources;
#[cfg(test)]
mod tests;
mod transfers;
mod versions;
mod work;

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::domain::{Bilingual, Sha256};

pub use blobs::{BlobError, BlobStore, Spooled};
pub use db::{Dialect, Tx};
pub use events::{ChainFault, Event, NewEvent};
pub use folders::FolderMark;
pub use items::{Item, ItemFilter, NewItem};
pub use openings::Opening;
pub use plans::{JournalStep, Plan, Published};
pub use releases::{Record, Release, ReleaseFilter};
pub use sources::SourceRow;
pub use transfers::Transfer;
pub use versions::{
    AppliedTreatment, DismissedEvidence, FactSubject, NewVersion, Rendition, StoredFinding, Version,
};
pub use work::{Claim, Claimed, Lane, NewWork, QueueFigures, Work, WorkKind};

/// The schema, in order. Append only; the previous version of the program must run on the next schema.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_catalog", include_str!("migrations/0001_catalog.sql")),
    ("0002_folders", include_str!("migrations/0002_folders.sql")),
    ("0003_queue", include_str!("migrations/0003_queue.sql")),
    (
        "0004_findings",
        include_str!("migrations/0004_findings.sql"),
    ),
    (
        "0005_public_words",
        include_str!("migrations/0005_public_words.sql"),
    ),
    (
        "0006_redaction",
        include_str!("migrations/0006_redaction.sql"),
    ),
];

/// A failure of the catalog.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// The database refused or is not there.
    #[error("the catalog's database refused")]
    Database(#[from] sqlx::Error),
    /// A stored value cannot be read back: the database was changed by hand or by a newer program.
    #[error("the catalog holds an unexpected value in column {column}: {found}")]
    Damaged {
        /// The column.
        column: String,
        /// What was found there.
        found: String,
    },
    /// A value has no JSON form.
    #[error("a value could not be stored as JSON")]
    Json(#[from] serde_json::Error),
    /// The schema is newer than the program, or was changed by hand.
    #[error("the catalog's schema {name} is not the one this program knows")]
    Schema {
        /// The migration.
        name: String,
    },
    /// The data folder cannot be used.
    #[error("the data folder {} cannot be used", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another daemon works on this catalog.
    #[error("another rideau works on {}", file.display())]
    Taken {
        /// The lock file.
        file: PathBuf,
    },
    /// The lease of this work ended and someone else has it.
    #[error("the lease of {kind} {subject} was lost")]
    LostLease {
        /// Kind of work.
        kind: String,
        /// Its subject.
        subject: String,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which id.
        id: String,
    },
}

impl CatalogError {
    pub(crate) fn damaged(column: &str, found: &str) -> Self {
        Self::Damaged {
            column: column.to_owned(),
            found: found.to_owned(),
        }
    }

    /// True when trying again can help: the database is busy or away.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Database(_) | Self::LostLease { .. })
    }

    /// What happened and what to do, for people.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::Taken { file } => crate::bilingual!(
                "Another rideau is already at work on this catalog (lock file {}). Stop it first, or give this one its own data folder.",
                "Un autre rideau travaille déjà sur ce catalogue (fichier de verrou {}). Arrêtez-le d’abord, ou donnez à celui-ci son propre dossier de données.",
                file.display()
            ),
            Self::Schema { name } => crate::bilingual!(
                "The catalog was made by a newer or altered rideau ({name}). Use the program version that made it, or restore a backup.",
                "Le catalogue vient d’un rideau plus récent ou modifié ({name}). Utilisez la version qui l’a créé, ou restaurez une sauvegarde."
            ),
            Self::Folder { folder, source } => crate::bilingual!(
                "The data folder {} cannot be used: {source}. Create it, or give the service account the right to write there.",
                "Le dossier de données {} est inutilisable : {source}. Créez-le, ou donnez au compte de service le droit d’y écrire.",
                folder.display()
            ),
            Self::NotFound { what, id } => crate::bilingual!(
                "There is no {what} {id}. `rideau items list` and `rideau release list` show what there is.",
                "Il n’y a pas de {what} {id}. `rideau items list` et `rideau release list` montrent ce qui existe."
            ),
            other => {
                let mut text = other.to_string();
                let mut cause = std::error::Error::source(other);
                while let Some(error) = cause {
                    text.push_str(": ");
                    text.push_str(&error.to_string());
                    cause = error.source();
                }
                crate::bilingual!(
                    "The catalog failed: {text}. `rideau doctor` tests the database.",
                    "Le catalogue a échoué : {text}. `rideau doctor` met la base de données à l’épreuve."
                )
            }
        }
    }
}

/// The catalog's connections.
#[derive(Clone, Debug)]
pub struct Catalog {
    pool: db::Pool,
}

/// Where the catalog is.
#[derive(Clone, Debug)]
pub enum Location {
    /// One file.
    Sqlite(PathBuf),
    /// A server: `postgres://user:password@host/database`.
    Postgres(String),
}

/// Held by the one daemon that works on an SQLite catalog; let go by the system when the process ends, however it ends.
#[derive(Debug)]
pub struct DaemonLock {
    _file: File,
}

impl Catalog {
    /// Opens the catalog and brings its schema up to date.
    ///
    /// # Errors
    /// When the database cannot be reached, or its schema is not one this program knows.
    pub async fn open(location: &Location) -> Result<Self, CatalogError> {
        let pool = match location {
            Location::Sqlite(file) => {
                if let Some(folder) = file.parent() {
                    std::fs::create_dir_all(folder).map_err(|source| CatalogError::Folder {
                        folder: folder.to_path_buf(),
                        source,
                    })?;
                }
                db::Pool::sqlite(file).await?
            }
            Location::Postgres(url) => db::Pool::postgres(url).await?,
        };
        let catalog = Self { pool };
        catalog.migrate().await?;
        Ok(catalog)
    }

    /// Takes the lock that keeps a second daemon off the same SQLite file. `None` for PostgreSQL, where several may share.
    ///
    /// # Errors
    /// [`CatalogError::Taken`] when another daemon has it.
    pub fn lock(location: &Location) -> Result<Option<DaemonLock>, CatalogError> {
        let Location::Sqlite(database) = location else {
            return Ok(None);
        };
        let folder = database.parent().unwrap_or(Path::new("."));
        let unusable = |source| CatalogError::Folder {
            folder: folder.to_path_buf(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let path = database.with_extension("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(DaemonLock { _file: file })),
            Err(TryLockError::WouldBlock) => Err(CatalogError::Taken { file: path }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.pool.dialect()
    }

    /// A transaction that may write.
    ///
    /// # Errors
    /// When the database is busy or away.
    pub async fn write(&self) -> Result<Tx, CatalogError> {
        self.pool.write().await
    }

    /// A transaction that only reads, on one consistent view.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn read(&self) -> Result<Tx, CatalogError> {
        self.pool.read().await
    }

    /// Closes all connections, so that the write-ahead log is folded in.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn migrate(&self) -> Result<(), CatalogError> {
        let mut tx = self.pool.write().await?;
        if tx.dialect() == Dialect::Postgres {
            // Two daemons may start at once; one of them migrates.
            tx.execute("SELECT pg_advisory_xact_lock(727433)", vec![])
                .await?;
        }
        tx.script(
            "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)",
        )
        .await?;
        let known = tx
            .all("SELECT name, sha256 FROM migrations ORDER BY name", vec![])
            .await?;
        for row in &known {
            let (name, sha256) = (row.text("name")?, row.text("sha256")?);
            let ours = MIGRATIONS.iter().find(|(ours, _)| *ours == name);
            if ours.is_none_or(|(_, sql)| Sha256::of(sql.as_bytes()).to_string() != sha256) {
                return Err(CatalogError::Schema { name });
            }
        }
        for (name, sql) in MIGRATIONS.iter().skip(known.len()) {
            tx.script(sql).await?;
            tx.execute(
                "INSERT INTO migrations (name, sha256) VALUES ($1, $2)",
                db::args![*name, Sha256::of(sql.as_bytes())],
            )
            .await?;
        }
        tx.commit().await
    }
}
