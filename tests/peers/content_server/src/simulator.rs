//! A simulator that runs in this process.
//!
//! Rule that must hold: when the handle is dropped the server stops and the port is free again.

use std::{net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    change::{self, Change},
    config::{Config, Switches},
    fault::{Failure, Slowness},
    fixture,
    server::{self, Logged, Shared},
    tree::{self, TreeNode},
};

/// A running simulator.
pub struct Simulator {
    shared: Arc<Shared>,
    url: String,
    base: String,
    /// Dropped with the handle, which ends the server.
    _stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Simulator {
    /// Starts on 127.0.0.1.
    pub async fn start(config: Config) -> std::io::Result<Self> {
        let world = fixture::build(&config)?;
        let base = world.base.clone();
        let shared = Arc::new(Shared::new(world));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let router = server::router(Arc::clone(&shared));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(async move { stopped.await.unwrap_or_default() })
                .await
        });
        Ok(Self {
            shared,
            url,
            base,
            _stop: stop,
            task,
        })
    }

    /// The address of Content Server, without `/api`: `http://127.0.0.1:1234/cs/cs`.
    pub fn url(&self) -> String {
        format!("{}{}", self.url, self.base)
    }

    /// The address of the machine, where `/otdsws` and `/control` are.
    pub fn root(&self) -> &str {
        &self.url
    }

    /// Waits until the server ends by itself, which it does not.
    pub async fn ended(self) -> std::io::Result<()> {
        self.task.await.map_err(std::io::Error::other)?
    }

    /// The server's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.world().now()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: i64) {
        self.shared.world().clock.advance(seconds);
    }

    /// Sets the server's time.
    pub fn set_clock(&self, time: DateTime<Utc>) {
        self.shared.world().clock.set(time);
    }

    /// Ends all tickets of Content Server; those of OTDS too, if `all`.
    pub fn expire_tickets(&self, all: bool) {
        self.shared.world().expire_tickets(all);
    }

    /// Lets requests fail.
    pub fn fail_next(&self, failure: Failure) {
        self.shared.world().failures.push(failure);
    }

    /// No request fails any more.
    pub fn clear_failures(&self) {
        self.shared.world().failures.clear();
    }

    /// Lets answers take their time.
    pub fn slow(&self, slowness: Slowness) {
        self.shared.world().slowness = slowness;
    }

    /// Changes the records. Gives the number that was made, or the node's id.
    pub fn change(&self, change: Change) -> Result<i64, String> {
        change::apply(&mut self.shared.world(), change)
    }

    /// Turns switches.
    pub fn switch(&self, turn: impl FnOnce(&mut Switches)) {
        turn(&mut self.shared.world().switches);
    }

    /// The switches as they are.
    pub fn switches(&self) -> Switches {
        self.shared.world().switches.clone()
    }

    /// All requests to the API since the start or the last reset.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.log().clone()
    }

    /// How many of them have this in their method and path: `GET /cs/cs/api/v2/nodes/40000`.
    pub fn count(&self, part: &str) -> usize {
        count(&self.shared.log(), part)
    }

    /// Forgets the requests.
    pub fn reset_requests(&self) {
        self.shared.log().clear();
    }

    /// The true state.
    pub fn tree(&self) -> Vec<TreeNode> {
        tree::dump(&self.shared.world())
    }

    /// The id of the node at this path from below the volume, if it is there and not deleted.
    pub fn id_at(&self, path: &str) -> Option<i64> {
        self.tree()
            .into_iter()
            .find(|node| node.path == path && !node.deleted && node.parent != 0)
            .map(|node| node.id)
    }

    /// The bytes of a version, or of the latest one.
    pub fn content(&self, id: i64, number: Option<i64>) -> Option<Bytes> {
        let world = self.shared.world();
        let node = world.node(id)?;
        let version = match number {
            None => node.latest(),
            Some(number) => node.versions.iter().find(|one| one.number == number),
        };
        version.map(|version| version.content.clone())
    }
}

pub(crate) fn count(log: &[Logged], part: &str) -> usize {
    log.iter()
        .filter(|one| format!("{} {}", one.method, one.path).contains(part))
        .count()
}
