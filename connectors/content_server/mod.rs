//! The source `content_server`: folders of an OpenText Content Server, such as GCDOCS. See `README.md` in this folder.
//!
//! `login` gets in, `client` asks, `list` and `deep` read containers and records, `native` puts records together, `sweep` scans,
//! `content` opens, `presence` looks for what is missing, `check` and `describe` speak to the person who configures. Rules that
//! must hold: it only ever reads; what cannot be known is said to be unknown; not shown is never taken for deleted.

mod check;
mod client;
mod content;
mod deep;
mod describe;
mod facts;
mod jobs;
mod list;
mod login;
mod modules;
mod native;
mod node;
mod options;
mod presence;
mod problem;
mod site;
mod state;
mod sweep;

#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{
    CheckLine, Content, Description, Observed, PortError, Presence, ScanEnd, ScanSink, Source,
};
use client::Client;
use site::Site;

pub use options::*;

/// Watched folders of a Content Server.
#[derive(Clone)]
pub struct ContentServerSource {
    site: Arc<Site>,
}

impl fmt::Debug for ContentServerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContentServerSource")
            .field("options", &self.site.options)
            .finish_non_exhaustive()
    }
}

impl ContentServerSource {
    /// The source for these options. Nothing is asked yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(options: ContentServerOptions) -> Result<Self, PortError> {
        let client = Client::new(&options)?;
        Ok(Self {
            site: Arc::new(Site::new(options, client)),
        })
    }

    /// The same without waits between tries.
    #[cfg(test)]
    fn impatient(options: ContentServerOptions) -> Result<Self, PortError> {
        let client = Client::new(&options)?.impatient();
        Ok(Self {
            site: Arc::new(Site::new(options, client)),
        })
    }
}

#[async_trait]
impl Source for ContentServerSource {
    fn kind(&self) -> &'static str {
        "content_server"
    }

    async fn check(&self) -> Vec<CheckLine> {
        check::check(&self.site).await
    }

    async fn scan(
        &self,
        state: &serde_json::Value,
        sink: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError> {
        sweep::scan(&self.site, state, sink).await
    }

    fn resumable(&self) -> bool {
        true
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        content::open(&self.site, native_id, fingerprint).await
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        content::unchanged(&self.site, native_id, fingerprint).await
    }

    async fn observe(&self, known: &Observed) -> Result<Option<Observed>, PortError> {
        let id = content::parse_id(&known.native_id)?;
        let Some(record) = deep::read(&self.site, id).await? else {
            return Ok(None);
        };
        if !record.node.role().item {
            return Ok(None);
        }
        // Where it is, only a scan tells; that it has moved shows in the fingerprint.
        let folder = known.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let order = known.native.get("order").and_then(node::integer);
        Ok(Some(record.observed(folder, order)))
    }

    async fn probe(&self, native_ids: &[String]) -> Result<Vec<Presence>, PortError> {
        presence::probe(&self.site, native_ids).await
    }

    async fn describe(&self) -> Result<Description, PortError> {
        describe::describe(&self.site).await
    }
}
