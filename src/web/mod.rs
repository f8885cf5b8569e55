//! HTTP for operators: is it alive, is it ready, what are its figures.
//!
//! Pages for reviewers will stand beside these. Rule that must hold: nothing here shows document text, names or tokens.

use std::{
    net::SocketAddr,
    sync::{Arc, RwLock},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{app::App, engine::metrics};

type Shared = Arc<RwLock<Arc<App>>>;

/// The running server.
#[derive(Debug)]
pub struct Served {
    app: Shared,
    /// Where it listens.
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// Begins to serve.
///
/// # Errors
/// When the address cannot be listened at.
pub async fn serve(address: SocketAddr, app: Arc<App>) -> std::io::Result<Served> {
    let app: Shared = Arc::new(RwLock::new(app));
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    let router = router(Arc::clone(&app));
    let task = tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(async {
            stopped.await.ok();
        });
        if let Err(error) = served.await {
            tracing::error!(%error, "the operators' pages ended");
        }
    });
    tracing::info!(%address, "operators' pages: /livez /readyz /metrics");
    Ok(Served {
        app,
        address,
        stop,
        task,
    })
}

impl Served {
    /// Serves another `App` from now on, after a reload.
    pub fn replace(&mut self, app: Arc<App>) {
        match self.app.write() {
            Ok(mut slot) => *slot = app,
            Err(poisoned) => *poisoned.into_inner() = app,
        }
    }

    /// Stops serving, after the answers under way.
    pub async fn stop(self) {
        // When nobody listens any more, it has stopped already.
        self.stop.send(()).ok();
        if let Err(error) = self.task.await {
            tracing::warn!(%error, "the operators' pages ended badly");
        }
    }
}

fn router(app: Shared) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .with_state(app)
}

fn current(shared: &Shared) -> Arc<App> {
    match shared.read() {
        Ok(app) => Arc::clone(&app),
        Err(poisoned) => Arc::clone(&poisoned.into_inner()),
    }
}

/// Ready when the catalog answers.
async fn ready(State(shared): State<Shared>) -> Response {
    let app = current(&shared);
    let asked = async { app.catalog.read().await?.next_due().await };
    match asked.await {
        Ok(_) => "ok\n".into_response(),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", error.explain()),
        )
            .into_response(),
    }
}

async fn figures(State(shared): State<Shared>) -> Response {
    let app = current(&shared);
    match metrics::render(&app).await {
        Ok(text) => (
            [(
                header::CONTENT_TYPE,
                "application/openmetrics-text; version=1.0.0; charset=utf-8",
            )],
            text,
        )
            .into_response(),
        Err(error) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{}\n", error.explain()),
        )
            .into_response(),
    }
}
