//! `rideau run`: the daemon, or one pass.

use std::{path::Path, process::ExitCode, sync::Arc, time::Duration};

use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info, warn};

use super::Out;
use crate::{
    app::App,
    bilingual,
    catalog::Catalog,
    engine::{self, Mode, Stop, Summary},
    setup, telemetry, web,
};

/// Work: watch the sources and do what is due.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Until nothing is left to do now, instead of until stopped.
    #[arg(long)]
    once: bool,
    /// With --once: the longest wait (for a retry, for a file to settle) that is still waited for.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
}

/// What the outside asks of a running daemon.
enum Asked {
    Stop,
    Reload,
}

impl Run {
    pub(super) async fn run(self, config: &Path, out: &Out) -> anyhow::Result<ExitCode> {
        let mut signals = Signals::catch()?;
        let loaded = setup::load(config, out)?;
        telemetry::init(&loaded.settings.log)?;
        let mut app = Arc::new(setup::build(&loaded.settings, &loaded.files).await?);
        let _lock = Catalog::lock(&app.location)?;
        setup::empty_scratch(&app)?;
        if self.once {
            let stop = Stop::default();
            let watching = tokio::spawn(stop_on_signal(signals, stop.clone()));
            let summary = engine::run(
                Arc::clone(&app),
                Mode::Once {
                    patience_seconds: self.patience,
                },
                stop,
            )
            .await?;
            watching.abort();
            app.catalog.close().await;
            report(out, &summary)?;
            return Ok(ExitCode::SUCCESS);
        }

        let listen = loaded.settings.web.listen.get().copied();
        let mut served = match listen {
            Some(address) => Some(web::serve(address, Arc::clone(&app)).await?),
            None => None,
        };
        notify(&[sd_notify::NotifyState::Ready]);
        info!(
            version = env!("CARGO_PKG_VERSION"),
            sources = app.sources.len(),
            targets = app.targets.len(),
            "rideau runs"
        );
        loop {
            let stop = Stop::default();
            let engine = engine::run(Arc::clone(&app), Mode::Daemon, stop.clone());
            tokio::pin!(engine);
            let asked = tokio::select! {
                ended = &mut engine => { ended?; Asked::Stop }
                asked = signals.next() => asked,
                () = watchdog() => Asked::Stop,
            };
            match asked {
                Asked::Stop => {
                    notify(&[sd_notify::NotifyState::Stopping]);
                    info!(
                        grace_seconds = app.engine.grace_seconds,
                        "asked to stop; work under way may end"
                    );
                    stop.stop();
                    let summary = engine.await?;
                    if summary.cut_off {
                        warn!(
                            "the grace time passed; what was under way is tried again at the next start"
                        );
                    }
                    break;
                }
                Asked::Reload => {
                    notify(&[sd_notify::NotifyState::Reloading]);
                    match reload(config, out, &app).await {
                        Ok(fresh) => {
                            stop.stop();
                            engine.await?;
                            app.catalog.close().await;
                            app = Arc::new(fresh);
                            if let Some(served) = &mut served {
                                served.replace(Arc::clone(&app));
                            }
                            info!("configuration reloaded");
                        }
                        // The old configuration goes on: a slip of the pen must not stop the night's work.
                        Err(problem) => {
                            error!(
                                reason = format!("{problem:#}"),
                                "configuration not reloaded; the old one goes on"
                            );
                            stop.stop();
                            engine.await?;
                        }
                    }
                    notify(&[sd_notify::NotifyState::Ready]);
                }
            }
        }
        if let Some(served) = served {
            served.stop().await;
        }
        app.catalog.close().await;
        Ok(ExitCode::SUCCESS)
    }
}

async fn reload(config: &Path, out: &Out, old: &App) -> anyhow::Result<App> {
    let loaded = setup::load(config, out)?;
    let mut fresh = setup::build(&loaded.settings, &loaded.files).await?;
    // Counters count from the start of the process.
    fresh.metrics = Arc::clone(&old.metrics);
    Ok(fresh)
}

fn report(out: &Out, summary: &Summary) -> anyhow::Result<()> {
    out.value(summary)?;
    out.say(&bilingual!(
        "Done: {} steps, {} failures, {} set aside. `rideau status` shows how things stand.",
        "Terminé : {} étapes, {} échecs, {} mis de côté. `rideau status` montre où en sont les choses.",
        summary.steps,
        summary.failures,
        summary.set_aside
    ));
    Ok(())
}

fn notify(states: &[sd_notify::NotifyState]) {
    if let Err(problem) = sd_notify::notify(states) {
        warn!(error = %problem, "the service manager could not be told");
    }
}

/// Tells the service manager that we live, when it asked for that; never returns.
async fn watchdog() {
    let Some(interval) = sd_notify::watchdog_enabled() else {
        return std::future::pending().await;
    };
    let mut ticks = tokio::time::interval((interval / 2).max(Duration::from_millis(100)));
    loop {
        ticks.tick().await;
        notify(&[sd_notify::NotifyState::Watchdog]);
    }
}

/// The signals that we answer, caught from the moment this exists: one that comes early waits.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.term.recv() => Asked::Stop,
            _ = self.int.recv() => Asked::Stop,
            _ = self.hup.recv() => Asked::Reload,
        }
    }
}

async fn stop_on_signal(mut signals: Signals, stop: Stop) {
    loop {
        if matches!(signals.next().await, Asked::Stop) {
            stop.stop();
        }
    }
}
