//! Starts workers, some of them ahead of time.
//!
//! One thread of its own starts them all, because a worker asks the kernel to be killed when the
//! *thread* that started it ends: threads of the runtime come and go, this one lives as long as the
//! sandbox. Rule that must hold: a worker serves one job and is never used again.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc::{self, TryRecvError},
    thread,
};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// The hidden argument with which the program becomes a worker.
pub const WORKER_ARGUMENT: &str = "__worker";

/// The variable that names the process which started a worker.
pub(super) const PARENT_VARIABLE: &str = "RIDEAU_PARENT";

type Request = oneshot::Sender<io::Result<Child>>;

/// A handle on the starting thread; dropping it ends the thread and the idle workers.
#[derive(Debug)]
pub(super) struct Spawner {
    requests: mpsc::Sender<Request>,
}

impl Spawner {
    /// Starts the thread. Workers belong to the runtime of `handle`.
    pub(super) fn start(program: PathBuf, idle: usize, handle: Handle) -> io::Result<Self> {
        let (requests, receiver) = mpsc::channel();
        thread::Builder::new()
            .name("sandbox-spawner".to_owned())
            .spawn(move || {
                let _runtime = handle.enter();
                serve(&program, idle, &receiver);
            })?;
        Ok(Self { requests })
    }

    /// A worker that waits for its job.
    pub(super) async fn worker(&self) -> io::Result<Child> {
        let (reply, worker) = oneshot::channel();
        let gone = || io::Error::other("the thread that starts workers has ended");
        self.requests.send(reply).map_err(|_| gone())?;
        worker.await.map_err(|_| gone())?
    }
}

/// Answers requests first and refills the idle workers when there are none.
fn serve(program: &Path, idle: usize, requests: &mpsc::Receiver<Request>) {
    let mut waiting: VecDeque<Child> = VecDeque::new();
    // After a failed start, the next attempt waits until somebody asks.
    let mut start_ahead = true;
    loop {
        let request = if start_ahead && waiting.len() < idle {
            match requests.try_recv() {
                Ok(request) => request,
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {
                    match spawn(program) {
                        Ok(worker) => waiting.push_back(worker),
                        Err(_) => start_ahead = false,
                    }
                    continue;
                }
            }
        } else {
            match requests.recv() {
                Ok(request) => request,
                Err(_) => return,
            }
        };
        let worker = alive(&mut waiting).map_or_else(|| spawn(program), Ok);
        start_ahead = worker.is_ok();
        if let Err(Ok(unused)) = request.send(worker) {
            waiting.push_back(unused);
        }
    }
}

/// The oldest idle worker that still runs. (The system may kill idle ones when memory is short.)
fn alive(waiting: &mut VecDeque<Child>) -> Option<Child> {
    while let Some(mut worker) = waiting.pop_front() {
        if matches!(worker.try_wait(), Ok(None)) {
            return Some(worker);
        }
    }
    None
}

fn spawn(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .arg(WORKER_ARGUMENT)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .env(PARENT_VARIABLE, std::process::id().to_string())
        // glibc reserves 64 MiB of address space for each further thread's own heap, which would
        // count against the memory limit.
        .env("MALLOC_ARENA_MAX", "1")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}
