//! One thin layer over SQLite and PostgreSQL, so that SQL is written once.
//!
//! The portable subset: `TEXT` and `BIGINT` columns, `$1` parameters, `ON CONFLICT`, `RETURNING`. Instants are
//! RFC 3339 text in UTC with six decimals, so that text order is time order. Rule that must hold: nothing outside
//! `catalog` sees a database type.

use std::{path::Path, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use sqlx::{
    ConnectOptions, Postgres, Row as _, Sqlite, Transaction,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
        SqliteSynchronous,
    },
};

use super::CatalogError;

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub(super) enum Arg {
    /// Text or null.
    Text(Option<String>),
    /// A whole number or null.
    Int(Option<i64>),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Arg {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Int(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Option<u64>> for Arg {
    fn from(number: Option<u64>) -> Self {
        Self::Int(number.map(|n| i64::try_from(n).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Int(Some(i64::from(number)))
    }
}

impl From<bool> for Arg {
    fn from(yes: bool) -> Self {
        Self::Int(Some(i64::from(yes)))
    }
}

impl From<DateTime<Utc>> for Arg {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Text(Some(instant(at)))
    }
}

impl From<Option<DateTime<Utc>>> for Arg {
    fn from(at: Option<DateTime<Utc>>) -> Self {
        Self::Text(at.map(instant))
    }
}

impl From<&serde_json::Value> for Arg {
    fn from(value: &serde_json::Value) -> Self {
        Self::Text(Some(value.to_string()))
    }
}

macro_rules! shown {
    ($($type:ty),*) => {$(
        impl From<$type> for Arg {
            fn from(id: $type) -> Self {
                Self::Text(Some(id.to_string()))
            }
        }
        impl From<Option<$type>> for Arg {
            fn from(id: Option<$type>) -> Self {
                Self::Text(id.map(|id| id.to_string()))
            }
        }
    )*};
}

shown!(
    uuid::Uuid,
    crate::domain::SourceId,
    crate::domain::ItemId,
    crate::domain::VersionId,
    crate::domain::ReleaseId,
    crate::domain::PlanId,
    crate::domain::DecisionId,
    crate::domain::DismissalId,
    crate::domain::TransferId,
    crate::domain::RunId,
    crate::domain::WorkId,
    crate::domain::EventId,
    crate::domain::Sha256
);

/// An instant as the catalog stores it.
pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A `LIKE` pattern for ids that begin with what a person typed.
pub(super) fn beginning(typed: &str) -> String {
    format!("{}%", plain(typed))
}

/// A `LIKE` pattern for ids that end with what a person typed: at least six characters, so that a short word does not
/// mean half the catalog.
pub(super) fn ending(typed: &str) -> String {
    let plain = plain(typed);
    if plain.len() < 6 {
        return String::new();
    }
    format!("%{plain}")
}

/// Only what ids are made of.
fn plain(typed: &str) -> String {
    if typed.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && !typed.is_empty() {
        typed.to_ascii_lowercase()
    } else {
        "no id".to_owned()
    }
}

/// Builds the parameter list of a statement.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::catalog::db::Arg::from($value)),*] };
}
pub(super) use args;

/// A row of an answer.
pub(super) enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    pub(super) fn opt_text(&self, column: &str) -> Result<Option<String>, CatalogError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn opt_int(&self, column: &str) -> Result<Option<i64>, CatalogError> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }

    pub(super) fn text(&self, column: &str) -> Result<String, CatalogError> {
        self.opt_text(column)?
            .ok_or_else(|| CatalogError::damaged(column, "null"))
    }

    pub(super) fn int(&self, column: &str) -> Result<i64, CatalogError> {
        self.opt_int(column)?
            .ok_or_else(|| CatalogError::damaged(column, "null"))
    }

    pub(super) fn unsigned(&self, column: &str) -> Result<u64, CatalogError> {
        u64::try_from(self.int(column)?).map_err(|_| CatalogError::damaged(column, "negative"))
    }

    pub(super) fn flag(&self, column: &str) -> Result<bool, CatalogError> {
        Ok(self.int(column)? != 0)
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, column: &str) -> Result<T, CatalogError> {
        let text = self.text(column)?;
        text.parse()
            .map_err(|_| CatalogError::damaged(column, &text))
    }

    pub(super) fn opt_parsed<T: std::str::FromStr>(
        &self,
        column: &str,
    ) -> Result<Option<T>, CatalogError> {
        self.opt_text(column)?
            .map(|text| {
                text.parse()
                    .map_err(|_| CatalogError::damaged(column, &text))
            })
            .transpose()
    }

    pub(super) fn json<T: serde::de::DeserializeOwned>(
        &self,
        column: &str,
    ) -> Result<T, CatalogError> {
        let text = self.text(column)?;
        serde_json::from_str(&text).map_err(|error| CatalogError::Damaged {
            column: column.to_owned(),
            found: error.to_string(),
        })
    }
}

/// Which database it is; only claiming work and locking differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file of our own.
    Sqlite,
    /// A server that several machines share.
    Postgres,
}

/// Connections to the database.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    /// Readers run beside the one writer (write-ahead log).
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// A server.
    Postgres(PgPool),
}

/// A transaction. Dropped without commit, it is rolled back.
pub struct Tx {
    inner: Inner,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Pool {
    pub(super) async fn sqlite(file: &Path) -> Result<Self, CatalogError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .disable_statement_logging();
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_mins(2))
            .connect_with(options.clone())
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_mins(2))
            .connect_with(options)
            .await?;
        Ok(Self::Sqlite { read, write })
    }

    pub(super) async fn postgres(url: &str) -> Result<Self, CatalogError> {
        let options: PgConnectOptions =
            url.parse::<PgConnectOptions>()?.disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(30))
            .connect_with(options)
            .await?;
        Ok(Self::Postgres(pool))
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// A transaction that may write. On SQLite it takes the write lock at once, so that it cannot fail half-way.
    pub(super) async fn write(&self) -> Result<Tx, CatalogError> {
        let inner = match self {
            Self::Sqlite { write, .. } => Inner::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx { inner })
    }

    /// A transaction that only reads: one consistent view.
    pub(super) async fn read(&self) -> Result<Tx, CatalogError> {
        let inner = match self {
            Self::Sqlite { read, .. } => Inner::Sqlite(read.begin().await?),
            Self::Postgres(pool) => Inner::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(Tx { inner })
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Makes everything in the transaction happen.
    ///
    /// # Errors
    /// When the database refuses; then nothing has happened.
    pub async fn commit(self) -> Result<(), CatalogError> {
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    pub(super) fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement; the number of rows it touched.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<u64, CatalogError> {
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sqlx::query(sql), args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
            Inner::Postgres(tx) => bind_postgres(sqlx::query(sql), args)
                .execute(&mut **tx)
                .await?
                .rows_affected(),
        })
    }

    pub(super) async fn all(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Vec<Row>, CatalogError> {
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sqlx::query(sql), args)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Inner::Postgres(tx) => bind_postgres(sqlx::query(sql), args)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
        })
    }

    pub(super) async fn optional(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Option<Row>, CatalogError> {
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sqlx::query(sql), args)
                .fetch_optional(&mut **tx)
                .await?
                .map(Row::Sqlite),
            Inner::Postgres(tx) => bind_postgres(sqlx::query(sql), args)
                .fetch_optional(&mut **tx)
                .await?
                .map(Row::Postgres),
        })
    }

    pub(super) async fn one(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
    ) -> Result<Row, CatalogError> {
        self.optional(sql, args)
            .await?
            .ok_or(CatalogError::Database(sqlx::Error::RowNotFound))
    }

    /// Runs a script of several statements, as migrations are.
    pub(super) async fn script(&mut self, sql: &'static str) -> Result<(), CatalogError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
            Inner::Postgres(tx) => {
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }
}

type SqliteQuery = sqlx::query::Query<'static, Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery = sqlx::query::Query<'static, Postgres, sqlx::postgres::PgArguments>;

fn bind_sqlite(mut query: SqliteQuery, args: Vec<Arg>) -> SqliteQuery {
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(number) => query.bind(number),
        };
    }
    query
}

fn bind_postgres(mut query: PostgresQuery, args: Vec<Arg>) -> PostgresQuery {
    for arg in args {
        query = match arg {
            Arg::Text(text) => query.bind(text),
            Arg::Int(number) => query.bind(number),
        };
    }
    query
}
