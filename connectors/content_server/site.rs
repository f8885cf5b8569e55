//! One Content Server as configured: what every part of the connector shares.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, AtomicU64},
};

use chrono::{DateTime, NaiveDateTime, Utc};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    ContentServerOptions,
    client::{Client, Failure},
    modules::Modules,
    node::{all, digest, first, integer},
};
use crate::PortError;

/// A server, the account on it, and what was learnt of it since the process began.
pub(super) struct Site {
    pub(super) options: ContentServerOptions,
    pub(super) client: Client,
    pub(super) modules: Modules,
    /// The number of the last scan.
    pub(super) sweep: AtomicU64,
    /// Whether listings tell access rights as single readings do.
    pub(super) rights_listed: AtomicBool,
    /// Names of the clearance levels, by number.
    levels: OnceCell<BTreeMap<i64, String>>,
}

/// What the server says of itself.
pub(super) struct Server {
    pub(super) version: String,
    /// Its own time, without a zone.
    pub(super) clock: Option<NaiveDateTime>,
    /// The time by its answer's header, in UTC.
    pub(super) date: Option<DateTime<Utc>>,
}

impl Site {
    pub(super) fn new(options: ContentServerOptions, client: Client) -> Self {
        let rights_listed = AtomicBool::new(options.list_rights);
        Self {
            options,
            client,
            modules: Modules::default(),
            sweep: AtomicU64::new(0),
            rights_listed,
            levels: OnceCell::new(),
        }
    }

    /// Changes with every setting that changes what a record looks like to us.
    pub(super) fn settings(&self) -> String {
        digest(&json!([
            self.options.clearances,
            self.options.unclassified_when_absent,
            self.options.utc_offset_minutes,
        ]))
    }

    /// What the server says of itself.
    pub(super) async fn server(&self) -> Result<Server, Failure> {
        let answer = self.client.get(self.client.url("v1/serverinfo")).await?;
        let server = answer.body.get("server");
        let text = |key: &str| {
            server
                .and_then(|server| server.get(key))
                .map(|value| match value {
                    Value::String(text) => text.clone(),
                    Value::Null => String::new(),
                    other => other.to_string(),
                })
                .unwrap_or_default()
        };
        let clock = text("current_date");
        Ok(Server {
            version: text("version"),
            clock: NaiveDateTime::parse_from_str(&clock, "%Y-%m-%dT%H:%M:%S%.f").ok(),
            date: answer.date,
        })
    }

    /// The site's clearance levels that the account may see: number and name.
    pub(super) async fn clearance_levels(&self) -> Result<BTreeMap<i64, String>, Failure> {
        let answer = self
            .client
            .get(self.client.url("v1/securityclearances"))
            .await?;
        let levels = answer
            .body
            .get("data")
            .and_then(first)
            .and_then(|data| data.get("clearance_levels"))
            .map(|levels| levels.get("data").unwrap_or(levels))
            .map(all)
            .unwrap_or_default();
        Ok(levels
            .into_iter()
            .filter_map(|level| {
                let number = level.get("security_level").and_then(integer)?;
                let name = level.get("name").and_then(Value::as_str)?;
                Some((number, name.to_owned()))
            })
            .collect())
    }

    /// The name of a clearance level, if the server tells. Only for people to read.
    pub(super) async fn level_name(&self, number: i64) -> Option<String> {
        let ask = || async {
            match self.clearance_levels().await {
                // The account may not ask: that stays so.
                Err(Failure::Refused(_)) => Ok(BTreeMap::new()),
                other => other,
            }
        };
        let levels = self.levels.get_or_try_init(ask).await;
        match levels {
            Ok(levels) => levels.get(&number).cloned(),
            Err(_) => None,
        }
    }

    /// A failure where nothing but an error can be told.
    pub(super) fn told(&self, failure: Failure) -> PortError {
        failure.told(self.client.host())
    }
}
