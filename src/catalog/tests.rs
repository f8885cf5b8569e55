//! Every statement answers from an index, so that a catalog of a million items is as quick as one of ten.

use regex::Regex;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use super::MIGRATIONS;

/// Statements that read a whole table on purpose, by a part of their text: what a person asks for, figures, and what a
/// program does once when it starts.
const MAY_WALK: &[&str] = &[
    "FROM items WHERE id = $1 OR path = $1",
    "FROM items WHERE ($1 = '' OR $1 LIKE",
    "SELECT source_id, state, COUNT(*)",
    "SELECT COUNT(*) AS n FROM items WHERE source_id = $1 AND gone_at IS NULL",
    "FROM folders WHERE source_id = $1 ORDER BY folder LIMIT",
    "UPDATE folders SET quiet = 0",
    "FROM plans WHERE id LIKE",
    "FROM published ORDER BY target, release_id",
    "FROM releases WHERE id = $1 OR group_key = $1",
    "FROM releases WHERE ($1 = '' OR $1 LIKE",
    "FROM sources ORDER BY name",
    "FROM transfers ORDER BY created_at",
    "FROM versions JOIN items ON items.current_version = versions.id",
    "SELECT kind, state, COUNT(*) AS n FROM work",
    "SELECT id FROM work WHERE kind = 'publish' AND lane = $1",
    "FROM migrations",
    // Once a day.
    "SELECT DISTINCT versions.id AS id FROM findings",
    // What persons have dismissed is little, and read whole.
    "SELECT body FROM dismissals",
];

/// Statements that only PostgreSQL runs.
const POSTGRES: &[&str] = &["FOR UPDATE", "::json", "pg_advisory"];

#[tokio::test]
async fn no_statement_walks_through_a_table() {
    let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql("CREATE TABLE migrations (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)")
        .execute(&mut database)
        .await
        .unwrap();
    for (_, sql) in MIGRATIONS {
        sqlx::raw_sql(*sql).execute(&mut database).await.unwrap();
    }
    let statement = Regex::new(r#""((?:SELECT|UPDATE|DELETE|INSERT)\b[^"]*)""#).unwrap();
    let spaces = Regex::new(r"\s+").unwrap();
    // A search by these alone is a walk through a source or through all work of a kind.
    let coarse = Regex::new(r"\((source_id|kind|target|state)=\?\)").unwrap();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog");
    let (mut seen, mut walks) = (0, Vec::new());
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() || path.ends_with("tests.rs") {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for found in statement.captures_iter(&source) {
            let sql = spaces.replace_all(&found[1], " ").into_owned();
            if POSTGRES.iter().any(|part| sql.contains(part)) {
                continue;
            }
            seen += 1;
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let mut query = sqlx::query(explain);
            for _ in 0..sql.matches('$').count() {
                query = query.bind("1");
            }
            let plan = query.fetch_all(&mut database).await.unwrap();
            let walked = plan.iter().any(|row| {
                let step: String = row.get(3);
                (step.starts_with("SCAN") && !step.contains("json_each"))
                    || (coarse.is_match(&step) && !step.contains(" work "))
            });
            if walked && !MAY_WALK.iter().any(|part| sql.contains(part)) {
                walks.push(sql);
            }
        }
    }
    assert!(seen > 60, "only {seen} statements were found");
    assert!(walks.is_empty(), "{walks:#?}");
}
