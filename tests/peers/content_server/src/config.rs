//! What a simulator is started with, and what can be switched while it runs.
//!
//! Rule that must hold: the defaults are a friendly server; each trouble is switched on by name.

use std::path::PathBuf;

use chrono::{DateTime, TimeZone, Utc};
use serde::{Deserialize, Serialize};

/// The records it starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fixture {
    /// The Enterprise volume and the other volumes, with nothing in them.
    Empty,
    /// A small department: 86 nodes, of which a few are awkward.
    Department,
    /// The files of a folder, as documents.
    Files(PathBuf),
}

/// Somebody who can log in.
#[derive(Clone, Debug)]
pub struct Account {
    /// The member's id.
    pub id: i64,
    /// The login name.
    pub name: String,
    /// The password, at Content Server and at OTDS.
    pub password: String,
    /// The highest clearance level of what is shown.
    pub clearance: i64,
    /// Supplemental markings of what is shown.
    pub markings: Vec<String>,
    /// Groups, by id.
    pub groups: Vec<i64>,
    /// Whether the recycle bin can be read.
    pub reads_bin: bool,
    /// Whether access lists do not matter.
    pub administrator: bool,
}

/// What a simulator is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The path before `/api`.
    pub base: String,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The server's time at the start.
    pub start: DateTime<Utc>,
    /// Whether the server's time goes on by itself.
    pub clock_runs: bool,
    /// The records.
    pub fixture: Fixture,
    /// Who can log in.
    pub accounts: Vec<Account>,
    /// The OAuth client's id; it is logged in as the account of the same name as `oauth_account`.
    pub oauth_client: String,
    /// The OAuth client's secret.
    pub oauth_secret: String,
    /// The name of the account that the OAuth client acts for.
    pub oauth_account: String,
    /// What can be switched later too.
    pub switches: Switches,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base: "/cs/cs".to_owned(),
            port: 0,
            start: Utc
                .with_ymd_and_hms(2026, 3, 2, 14, 0, 0)
                .single()
                .unwrap_or(DateTime::UNIX_EPOCH),
            clock_runs: false,
            fixture: Fixture::Department,
            accounts: vec![
                Account {
                    id: 1000,
                    name: "Admin".to_owned(),
                    password: "admin-secret".to_owned(),
                    clearance: 99,
                    markings: vec!["CANADIAN EYES ONLY".to_owned(), "CABINET".to_owned()],
                    groups: vec![999],
                    reads_bin: true,
                    administrator: true,
                },
                Account {
                    id: 1100,
                    name: "rideau".to_owned(),
                    password: "rideau-secret".to_owned(),
                    clearance: 30,
                    markings: Vec::new(),
                    groups: vec![1200],
                    reads_bin: true,
                    administrator: false,
                },
                Account {
                    id: 1101,
                    name: "visitor".to_owned(),
                    password: "visitor-secret".to_owned(),
                    clearance: 10,
                    markings: Vec::new(),
                    groups: Vec::new(),
                    reads_bin: false,
                    administrator: false,
                },
            ],
            oauth_client: "rideau-client".to_owned(),
            oauth_secret: "client-secret".to_owned(),
            oauth_account: "rideau".to_owned(),
            switches: Switches::default(),
        }
    }
}

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// As real servers do: `…Z`, but local and without it in business workspaces.
    Mixed,
    /// Always `…Z`.
    Always,
    /// Never: always local time.
    Never,
}

/// What a page after the last one holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutOfRange {
    /// Nothing.
    Empty,
    /// The last page again.
    RepeatLast,
}

/// The language of errors and of the names of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    En,
    /// French.
    Fr,
}

/// What can be switched while it runs: `/control/switches`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches")]
pub struct Switches {
    /// Whether Records Management is installed.
    pub records_management: bool,
    /// Whether Security Clearance is installed.
    pub security_clearance: bool,
    /// Whether classifications are installed.
    pub classifications: bool,
    /// Whether events are recorded.
    pub audit: bool,
    /// Whether every answer carries a fresh ticket.
    pub rotate_tickets: bool,
    /// How long a ticket is good.
    pub ticket_seconds: i64,
    /// How dates are written.
    pub zone: Zone,
    /// The server's time zone, in minutes east of Greenwich.
    pub zone_minutes: i32,
    /// The language of errors and names of types.
    pub language: Language,
    /// Items on a page if the client says nothing.
    pub page_items: usize,
    /// The most items on a page, whatever the client says; 0 for no such limit.
    pub page_items_max: usize,
    /// What a page after the last one holds.
    pub out_of_range: OutOfRange,
    /// Whether `total_count` counts items that the user does not see.
    pub total_counts_unseen: bool,
    /// How long the search index lags behind.
    pub index_lag_seconds: i64,
    /// Whether `parent_id` is negative directly inside business workspaces and projects.
    pub negative_parents: bool,
    /// Whether content has no `Content-Length`.
    pub no_content_length: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            records_management: true,
            security_clearance: true,
            classifications: true,
            audit: true,
            rotate_tickets: true,
            ticket_seconds: 1800,
            zone: Zone::Mixed,
            zone_minutes: -300,
            language: Language::En,
            page_items: 25,
            page_items_max: 0,
            out_of_range: OutOfRange::Empty,
            total_counts_unseen: false,
            index_lag_seconds: 0,
            negative_parents: true,
            no_content_length: false,
        }
    }
}
