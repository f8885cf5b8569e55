//! The source `drive`: a folder on this machine, watched by its own snapshots. See `README.md` in this folder.
//!
//! It leans on `walk` (lists), `place` (is this the right file system), `names` (ids) and `content` (reads). Rule that
//! must hold: it only ever reads, and what it could not look at it reports as unknown, never as absent.

mod access;
mod content;
pub(crate) mod ignore;
pub(crate) mod names;
mod options;
mod place;
mod problem;
mod process;
mod record;
mod walk;

#[cfg(test)]
mod tests;

use std::{ops::ControlFlow, os::fd::AsFd, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use rideau_domain::{Bilingual, bilingual};
use tokio::{sync::mpsc, task::spawn_blocking};

use crate::{CheckLine, Content, PortError, ScanEnd, ScanSink, Source};
use walk::Tell;

pub use options::*;
pub use process::{WALKER_ARGUMENT, walker_main};

/// Folders that may wait between the walk and the catalog.
const AHEAD: usize = 4;

/// Folders that the self-test looks through for a file to read.
const TRIED_FOLDERS: u32 = 200;

/// A watched folder.
#[derive(Clone, Debug)]
pub struct DriveSource {
    options: Arc<DriveOptions>,
    /// The program that becomes a walker; without one, a thread of this process walks.
    walker: Option<Arc<PathBuf>>,
}

impl DriveSource {
    /// The source for these options. Nothing is opened yet.
    pub fn new(options: DriveOptions) -> Self {
        Self {
            options: Arc::new(options),
            walker: None,
        }
    }

    /// Has the drive walked by this program in a process of its own, started with [`WALKER_ARGUMENT`]: it can be given up when
    /// the drive's server is dead.
    #[must_use]
    pub fn walked_by(mut self, program: PathBuf) -> Self {
        self.walker = Some(Arc::new(program));
        self
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.options.stall_seconds)
    }

    /// Runs something that blocks, away from the threads that must not.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&DriveOptions) -> T + Send + 'static,
    ) -> Result<T, PortError> {
        let options = Arc::clone(&self.options);
        let work = spawn_blocking(move || work(&options));
        tokio::time::timeout(self.patience(), work)
            .await
            .map_err(|_| problem::stalled(&self.options.path.to_string_lossy(), self.patience()))?
            .map_err(|error| problem::stopped().because(error))
    }
}

#[async_trait]
impl Source for DriveSource {
    fn kind(&self) -> &'static str {
        "drive"
    }

    async fn check(&self) -> Vec<CheckLine> {
        match self.blocking(check).await {
            Ok(lines) => lines,
            Err(error) => vec![line("folder", Err(error))],
        }
    }

    async fn scan(
        &self,
        state: &serde_json::Value,
        sink: &mut dyn ScanSink,
    ) -> Result<ScanEnd, PortError> {
        if let Some(program) = &self.walker {
            return process::scan(program, &self.options, state, sink).await;
        }
        let (sender, mut told) = mpsc::channel(AHEAD);
        let (options, state) = (Arc::clone(&self.options), state.clone());
        let walk = spawn_blocking(move || {
            walk::walk(&options, &state, &mut |tell| {
                // Nobody listens any more: the scan was given up.
                match sender.blocking_send(tell) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            })
        });
        while let Some(tell) = told.recv().await {
            match tell {
                Tell::Folder(folder, records) => sink.folder(&folder, records).await?,
                Tell::Unknown(folder, why) => sink.unknown(&folder, why).await?,
            }
        }
        let end = walk
            .await
            .map_err(|error| problem::stopped().because(error))??;
        end.ok_or_else(problem::stopped)
    }

    async fn open(&self, native_id: &str, fingerprint: &str) -> Result<Content, PortError> {
        let (id, wanted) = (native_id.to_owned(), fingerprint.to_owned());
        let opened = self
            .blocking(move |options| content::open(&options.path, &id, &wanted))
            .await??;
        Ok(Content {
            size_bytes: Some(opened.size_bytes),
            stream: opened.stream(self.patience()),
        })
    }

    async fn unchanged(&self, native_id: &str, fingerprint: &str) -> Result<bool, PortError> {
        let (id, wanted) = (native_id.to_owned(), fingerprint.to_owned());
        self.blocking(move |options| content::unchanged(options, &id, &wanted))
            .await?
    }
}

/// Tries the real thing: the folder, the marker, the list, one file.
fn check(options: &DriveOptions) -> Vec<CheckLine> {
    let shown = options.path.display();
    let root = match place::open_root(&options.path) {
        Ok(root) => root,
        Err(error) => return vec![line("folder", Err(error))],
    };
    let mut lines = Vec::new();
    lines.push(line(
        "folder",
        rustix::fs::fstat(&root)
            .map(|stat| {
                let on = place::describe(&place::mount_of(root.as_fd(), &stat));
                bilingual!("“{shown}” is there ({on}).", "« {shown} » est là ({on}).")
            })
            .map_err(|errno| problem::root_problem(errno, &shown.to_string())),
    ));
    if options.marker {
        let found = match place::read_marker(root.as_fd()) {
            Ok(Some(_)) => Ok(Bilingual::new(
                "The marker file is there.",
                "Le fichier témoin est là.",
            )),
            Ok(None) => Err(place::marker_missing(&shown.to_string())),
            Err(errno) => {
                Err(place::marker_missing(&shown.to_string()).because(std::io::Error::from(errno)))
            }
        };
        lines.push(line("marker", found));
    }
    let useless: Vec<&str> = options
        .ignore
        .iter()
        .map(String::as_str)
        .filter(|pattern| ignore::is_useless(pattern))
        .collect();
    if !useless.is_empty() {
        let list = useless.join("”, “");
        lines.push(line(
            "ignore",
            Err(PortError::permanent(
                "invalid",
                bilingual!(
                    "“{list}” in `ignore` can never match: patterns are about single names, so they must not be empty or hold a “/”.",
                    "« {list} » dans `ignore` ne peut jamais correspondre : les motifs portent sur un seul nom ; ils ne doivent être ni vides ni contenir de « / »."
                ),
            )),
        ));
    }
    let listed = walk::list(&root)
        .map(|entries| {
            let count = entries.len();
            bilingual!(
                "Listed: {count} entries at the top.",
                "Liste obtenue : {count} entrées au premier niveau."
            )
        })
        .map_err(|errno| problem::root_problem(errno, &shown.to_string()));
    let can_list = listed.is_ok();
    lines.push(line("list", listed));
    if can_list {
        lines.push(line("read", read_one(options)));
    }
    lines
}

/// Reads one file from its beginning.
fn read_one(options: &DriveOptions) -> Result<Bilingual, PortError> {
    let trial = DriveOptions {
        marker: false,
        ..options.clone()
    };
    let mut found = None;
    let mut folders = 0;
    walk::walk(&trial, &serde_json::Value::Null, &mut |tell| {
        folders += 1;
        if let Tell::Folder(_, records) = tell {
            found = records.into_iter().find(|record| record.deferred.is_none());
        }
        if found.is_some() || folders >= TRIED_FOLDERS {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    let Some(record) = found else {
        return Ok(bilingual!(
            "No file to try was found in the first {folders} folders.",
            "Aucun fichier à essayer dans les {folders} premiers dossiers."
        ));
    };
    let read = content::open(&options.path, &record.native_id, &record.fingerprint)?.begin()?;
    let path = record.path;
    Ok(bilingual!(
        "Read {read} bytes of “{path}”.",
        "{read} octets lus de « {path} »."
    ))
}

fn line(what: &'static str, result: Result<Bilingual, PortError>) -> CheckLine {
    match result {
        Ok(detail) => CheckLine {
            what,
            ok: true,
            detail,
        },
        Err(error) => CheckLine {
            what,
            ok: false,
            detail: error.message,
        },
    }
}
