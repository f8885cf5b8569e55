//! The server that the tests run against, and what remembers for them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rideau_content_server_sim::{Change, Config, FailKind, Failure, Fixture, Simulator, ids};
use serde_json::Value;
use tempfile::TempDir;

use super::super::{ContentServerOptions, ContentServerSource, Login, native, problem};
use crate::{
    Observed, PortError, ScanEnd, ScanSink, Source,
    contract::{Listing, SourceFixture},
    options::{Document, Field, Problems, Secret, WebUrl},
};

/// A server, and all that depends on how it is made.
pub(super) struct Server {
    pub(super) sim: Simulator,
    secrets: TempDir,
}

impl Server {
    pub(super) async fn start(fixture: Fixture) -> Self {
        // Somebody else in this process may have done so.
        drop(rustls::crypto::ring::default_provider().install_default());
        let config = Config {
            fixture,
            start: now(),
            ..Config::default()
        };
        let secrets = tempfile::tempdir().unwrap();
        for (name, secret) in [
            ("password", "rideau-secret"),
            ("client", "client-secret"),
            ("wrong", "wrong"),
        ] {
            std::fs::write(secrets.path().join(name), secret).unwrap();
        }
        Self {
            sim: Simulator::start(config).await.unwrap(),
            secrets,
        }
    }

    pub(super) fn secret(&self, name: &str) -> Secret {
        Secret::file(self.secrets.path().join(name))
    }

    pub(super) fn options(&self, root: i64) -> ContentServerOptions {
        ContentServerOptions {
            url: address(&self.sim.url()),
            roots: vec![root.unsigned_abs()],
            ignore: Vec::new(),
            login: Login::Password,
            user: Some("rideau".to_owned()),
            password: Some(self.secret("password")),
            otds_url: Some(address(self.sim.root())),
            client_id: Some("rideau-client".to_owned()),
            client_secret: Some(self.secret("client")),
            utc_offset_minutes: -300,
            page_size: 100,
            workers: 4,
            requests_per_second: 1000.0,
            timeout_seconds: 20,
            full_read_every: 10_000,
            list_rights: true,
            clearances: BTreeMap::from([
                ("10".to_owned(), "unclassified".to_owned()),
                ("30".to_owned(), "protected_b".to_owned()),
            ]),
            unclassified_when_absent: false,
        }
    }

    pub(super) fn source(&self) -> ContentServerSource {
        source(self.options(ids::TOP))
    }

    /// Changes something, a second later.
    pub(super) fn change(&self, change: Change) -> i64 {
        self.sim.advance(1);
        self.sim.change(change).unwrap()
    }

    pub(super) fn fails(&self, kind: FailKind, requests: u32, on: &str) {
        self.sim.fail_next(Failure::new(kind, requests).on(on));
    }

    /// The folder at a path below the volume, made where it is missing.
    fn folder(&self, path: &str) -> i64 {
        let mut parent = ids::ENTERPRISE;
        let mut so_far = String::new();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            so_far = native::join(&so_far, name);
            parent = self.sim.id_at(&so_far).unwrap_or_else(|| {
                self.change(Change::Create {
                    parent,
                    name: name.to_owned(),
                    kind: None,
                    content: None,
                    mime_type: None,
                    original: None,
                    url: None,
                })
            });
        }
        parent
    }
}

#[async_trait]
impl SourceFixture for Server {
    async fn put(&mut self, path: &str, content: &[u8]) {
        let content = content.to_vec().into();
        if let Some(id) = self.sim.id_at(path) {
            self.change(Change::AddVersion { id, content });
            return;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.folder(folder);
        self.change(Change::Create {
            parent,
            name: name.to_owned(),
            kind: None,
            content: Some(content),
            mime_type: None,
            original: None,
            url: None,
        });
    }

    async fn replace(&mut self, path: &str, content: &[u8]) {
        self.put(path, content).await;
    }

    async fn delete(&mut self, path: &str) {
        let id = self.sim.id_at(path).unwrap();
        self.change(Change::Delete { id });
    }

    async fn rename(&mut self, from: &str, to: &str) {
        let id = self.sim.id_at(from).unwrap();
        let (folder, name) = to.rsplit_once('/').unwrap_or(("", to));
        let parent = self.folder(folder);
        self.change(Change::Move { id, parent });
        self.change(Change::Rename {
            id,
            name: name.to_owned(),
        });
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "answers carry the real time in `Date`, which the self-test compares with the server's clock"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}

fn address(url: &str) -> WebUrl {
    let mut problems = Problems::default();
    let document =
        Document::parse("test.toml", "/", format!("url = \"{url}\""), &mut problems).unwrap();
    WebUrl::decode(&document.root().get("url").unwrap(), &mut problems).unwrap()
}

pub(super) fn source(options: ContentServerOptions) -> ContentServerSource {
    ContentServerSource::impatient(options).unwrap()
}

/// Remembers what was told, as the catalog does.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) known: BTreeMap<String, Observed>,
    pub(super) cursor: Option<Value>,
    pub(super) listing: Listing,
    /// Folders until the catalog fails.
    pub(super) breaks_after: Option<usize>,
}

#[async_trait]
impl ScanSink for Memory {
    async fn folder(&mut self, folder: &str, records: Vec<Observed>) -> Result<(), PortError> {
        if let Some(left) = &mut self.breaks_after {
            if *left == 0 {
                return Err(problem::stopped());
            }
            *left -= 1;
        }
        for record in &records {
            self.known.insert(record.native_id.clone(), record.clone());
        }
        self.listing.folder(folder, records).await
    }

    async fn unknown(&mut self, folder: &str, why: PortError) -> Result<(), PortError> {
        self.listing.unknown(folder, why).await
    }

    async fn known(&mut self, native_ids: &[String]) -> Result<Vec<Observed>, PortError> {
        let known = native_ids.iter().filter_map(|id| self.known.get(id));
        Ok(known.cloned().collect())
    }

    fn cursor(&self) -> Option<Value> {
        self.cursor.clone()
    }

    async fn checkpoint(&mut self, cursor: Value) -> Result<(), PortError> {
        self.cursor = Some(cursor);
        Ok(())
    }
}

impl Memory {
    pub(super) async fn scan(&mut self, source: &ContentServerSource, state: &Value) -> ScanEnd {
        self.listing = Listing::default();
        let end = source.scan(state, self).await.unwrap();
        assert!(end.complete, "{:?}", self.listing.unknown);
        assert!(self.listing.repeated.is_empty());
        self.cursor = None;
        end
    }

    pub(super) fn get(&self, id: i64) -> &Observed {
        &self.known[&id.to_string()]
    }
}
