//! The daemon's side: hand over a job, watch the worker, judge how it ended.
//!
//! Rule that must hold: every end of a worker is one [`Outcome`] or one [`SandboxError`]; after `run`
//! returns, the worker is gone and nobody writes to the output folder any more.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
    runtime::Handle,
    time::{Instant, timeout},
};

use super::{
    child::LOG_MARK,
    error::SandboxError,
    job::{Answer, Confinement, Frame, Job, LandlockLevel, Outcome, PROTOCOL, Reply},
    limits::Limits,
    outputs,
    spawner::Spawner,
};

/// How often the output folder is looked at while a worker runs. Short jobs end before the first look.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a killed worker may take to disappear.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// No job waits longer than thirty days, so that no number in a configuration overflows a clock.
const LONGEST_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// How much of a worker's standard error is kept, from its end.
const LOG_BYTES: usize = 8 * 1024;

/// Runs jobs in worker processes. Share one per program in an `Arc`; use it within one runtime.
#[derive(Debug)]
pub struct Sandbox {
    program: PathBuf,
    limits: Limits,
    require_landlock: bool,
    idle_workers: usize,
    spawner: OnceLock<Spawner>,
    warned: AtomicBool,
}

impl Sandbox {
    /// A sandbox whose workers are `program __worker`, each job under `limits` unless it has its own.
    pub fn new(program: impl Into<PathBuf>, limits: Limits) -> Self {
        Self {
            program: program.into(),
            limits,
            require_landlock: false,
            idle_workers: 0,
            spawner: OnceLock::new(),
            warned: AtomicBool::new(false),
        }
    }

    /// A sandbox whose workers are this very program, also after its file was replaced by an upgrade.
    pub fn of_this_program(limits: Limits) -> io::Result<Self> {
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() {
            own.to_owned()
        } else {
            std::env::current_exe()?
        };
        Ok(Self::new(program, limits))
    }

    /// Whether to refuse all work where the kernel has no Landlock, instead of warning.
    #[must_use]
    pub fn require_landlock(mut self, required: bool) -> Self {
        self.require_landlock = required;
        self
    }

    /// How many workers to keep started ahead of their jobs. About as many as run at the same time.
    #[must_use]
    pub fn idle_workers(mut self, count: usize) -> Self {
        self.idle_workers = count;
        self
    }

    /// The limits of a job that has none of its own.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Runs one job to its end. Dropping the future kills the worker without waiting for it, so leave
    /// its output folder to a later clean-up in that case.
    ///
    /// Errors name the limit that was met; [`SandboxError::fault`] says whether to try again.
    pub async fn run(&self, job: Job) -> Result<Outcome, SandboxError> {
        let limits = job.limits.unwrap_or_else(|| self.limits.clone());
        let folder = job.output_folder.clone();
        // A worker starts in the root folder: a path that begins where the caller stands means nothing there.
        let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        let frame = Frame {
            protocol: PROTOCOL,
            operation: job.operation,
            request: job.request,
            input: absolute(job.input),
            extra_inputs: job.extra_inputs.into_iter().map(absolute).collect(),
            output_folder: absolute(job.output_folder),
            profile: job.profile,
            limits: limits.clone(),
            require_landlock: self.require_landlock,
        };
        let order = serde_json::to_vec(&frame).map_err(|error| SandboxError::NotAccepted {
            what: format!("the order cannot be written: {error}"),
        })?;
        let worker = self.worker().await.map_err(|source| SandboxError::Io {
            doing: "starting a worker",
            source,
        })?;
        let end = Watch::new(worker, &limits, &folder)?
            .until_gone(order)
            .await?;
        for line in &end.log {
            tracing::debug!(worker.line = %line, "the worker says: {line}");
        }
        let reply = judge(&end, &limits)?;
        if let Some(confinement) = &reply.confinement {
            self.warn_once(confinement);
        }
        let value = answer(reply.answer)?;
        let look = move || outputs::collect(&folder, &limits);
        let files =
            tokio::task::spawn_blocking(look)
                .await
                .map_err(|error| SandboxError::Io {
                    doing: "listing the output folder",
                    source: io::Error::other(error),
                })??;
        Ok(Outcome {
            value,
            files,
            cpu_ms: reply.cpu_ms,
            peak_memory_bytes: reply.peak_memory_bytes,
        })
    }

    async fn worker(&self) -> io::Result<Child> {
        if self.spawner.get().is_none() {
            let handle = Handle::current();
            let new = Spawner::start(self.program.clone(), self.idle_workers, handle)?;
            // Two first jobs may race; the loser's thread ends with its handle.
            drop(self.spawner.set(new));
        }
        match self.spawner.get() {
            Some(spawner) => spawner.worker().await,
            None => Err(io::Error::other("no thread to start workers")),
        }
    }

    fn warn_once(&self, confinement: &Confinement) {
        let open = confinement.landlock == LandlockLevel::Missing;
        if !(open || confinement.inherited_descriptors > 0)
            || self.warned.swap(true, Ordering::Relaxed)
        {
            return;
        }
        if open {
            tracing::warn!(
                sandbox.landlock = "missing",
                "this kernel has no Landlock: a file that takes over a parser can read whatever the daemon's \
                 user can read. Network and other programs stay shut. Use Linux 5.13 or newer with Landlock \
                 switched on, or set `require_landlock = true` to refuse such files"
            );
        }
        if confinement.inherited_descriptors > 0 {
            tracing::warn!(
                sandbox.descriptors = confinement.inherited_descriptors,
                "workers inherit {} open descriptors from what started the daemon; start it without them",
                confinement.inherited_descriptors
            );
        }
    }
}

/// A worker at its job.
struct Watch<'a> {
    worker: Child,
    process: Pid,
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
    limits: &'a Limits,
    folder: &'a Path,
}

/// How a worker ended.
struct End {
    status: ExitStatus,
    stopped: Option<Stopped>,
    lasted: Duration,
    reply: Vec<u8>,
    log: Vec<String>,
    out_of_memory: bool,
    out_of_stack: bool,
}

/// Why the parent itself ended a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    Time,
    Output,
    Reply,
}

impl<'a> Watch<'a> {
    fn new(mut worker: Child, limits: &'a Limits, folder: &'a Path) -> Result<Self, SandboxError> {
        let process = worker.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        let pipes = (
            worker.stdin.take(),
            worker.stdout.take(),
            worker.stderr.take(),
        );
        match (process, pipes) {
            (Some(process), (Some(stdin), Some(stdout), Some(stderr))) => Ok(Self {
                worker,
                process,
                stdin,
                stdout,
                stderr,
                limits,
                folder,
            }),
            _ => Err(SandboxError::Io {
                doing: "starting a worker",
                source: io::Error::other("the worker ended before its job"),
            }),
        }
    }

    /// Hands over the order and waits until the worker has disappeared, whatever that takes.
    async fn until_gone(self, order: Vec<u8>) -> Result<End, SandboxError> {
        let Self {
            mut worker,
            process,
            mut stdin,
            stdout,
            stderr,
            limits,
            folder,
        } = self;
        let started = Instant::now();
        let deadline = started + Duration::from_millis(limits.wall_ms.min(LONGEST_MS));
        let reply_bytes = usize::try_from(limits.reply_bytes).unwrap_or(usize::MAX);
        let hand_over = async {
            // A worker that died meanwhile shows in how it ended, not here.
            if stdin.write_all(&order).await.is_ok() {
                drop(stdin.shutdown().await);
            }
            drop(stdin);
        };
        let read_reply = async {
            let (reply, whole) = read_at_most(stdout, reply_bytes).await;
            if !whole {
                kill(process);
            }
            (reply, whole)
        };
        let pipes = async { tokio::join!(hand_over, read_reply, read_end(stderr)) };
        tokio::pin!(pipes);

        let mut stopped = None;
        let ((), (reply, whole), log) = loop {
            let look = tokio::time::sleep(LOOK_EVERY);
            tokio::select! {
                biased;
                all = &mut pipes => break all,
                () = tokio::time::sleep_until(deadline) => stopped = Some(Stopped::Time),
                () = look => {
                    let (folder, limits) = (folder.to_owned(), limits.clone());
                    let full = tokio::task::spawn_blocking(move || outputs::outgrown(&folder, &limits));
                    if full.await.unwrap_or(false) {
                        stopped = Some(Stopped::Output);
                    }
                }
            }
            if stopped.is_some() {
                // Not yet waited for, so the number still means this worker.
                kill(process);
                break timeout(GONE_WITHIN, &mut pipes)
                    .await
                    .map_err(|_| stuck())?;
            }
        };
        if !whole {
            stopped = stopped.or(Some(Stopped::Reply));
        }
        // The pipes are shut, so the worker is ending; or it shut them and goes on.
        let waited = if let Ok(status) = tokio::time::timeout_at(deadline, worker.wait()).await {
            status
        } else {
            if stopped.is_none() {
                stopped = Some(Stopped::Time);
            }
            if worker.id().is_some() {
                kill(process);
            }
            timeout(GONE_WITHIN, worker.wait())
                .await
                .map_err(|_| stuck())?
        };
        let status = waited.map_err(|source| SandboxError::Io {
            doing: "waiting for a worker",
            source,
        })?;
        let said = |text: &str| log.lines().any(|line| line.contains(text));
        Ok(End {
            status,
            stopped,
            lasted: started.elapsed(),
            reply,
            out_of_memory: said("memory allocation of "),
            out_of_stack: said("has overflowed its stack"),
            log: log
                .lines()
                .filter_map(|line| line.strip_prefix(LOG_MARK))
                .map(str::to_owned)
                .collect(),
        })
    }
}

fn stuck() -> SandboxError {
    SandboxError::Io {
        doing: "ending a worker",
        source: io::Error::from(io::ErrorKind::TimedOut),
    }
}

/// Kills the worker and whatever it started. One that is gone already needs nothing.
fn kill(process: Pid) {
    if let Err(error) = kill_process_group(process, Signal::KILL)
        && error != rustix::io::Errno::SRCH
    {
        tracing::warn!(error = %error, "a worker could not be killed: {error}");
    }
}

/// Reads to the end or to one byte beyond `limit`; says whether it was the end.
async fn read_at_most(pipe: impl AsyncRead + Unpin, limit: usize) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let one_more = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // A broken pipe is an end like any other: what came so far must be a whole reply or is none.
    drop(pipe.take(one_more).read_to_end(&mut bytes).await);
    let whole = bytes.len() <= limit;
    (bytes, whole)
}

/// Reads to the end and keeps the last part.
async fn read_end(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut kept: Vec<u8> = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        kept.extend(chunk.iter().take(read));
        let surplus = kept.len().saturating_sub(LOG_BYTES);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// Turns the way a worker ended into its reply, or into what went wrong.
fn judge(end: &End, limits: &Limits) -> Result<Reply, SandboxError> {
    match end.stopped {
        Some(Stopped::Time) => {
            return Err(SandboxError::TimedOut {
                wall_ms: limits.wall_ms,
            });
        }
        Some(Stopped::Output) => return Err(outputs::too_large(limits)),
        Some(Stopped::Reply) => {
            return Err(SandboxError::BadReply {
                what: format!("longer than {} bytes", limits.reply_bytes),
            });
        }
        None => {}
    }
    if let Some(signal) = end.status.signal() {
        return Err(match signal {
            libc::SIGSYS => SandboxError::ForbiddenCall,
            libc::SIGXCPU => SandboxError::CpuExhausted {
                cpu_s: limits.cpu_s,
            },
            libc::SIGXFSZ => outputs::too_large(limits),
            // The hard limit, for a worker that was made to ignore SIGXCPU.
            libc::SIGKILL if end.lasted.as_secs() > limits.cpu_s => SandboxError::CpuExhausted {
                cpu_s: limits.cpu_s,
            },
            libc::SIGKILL => SandboxError::KilledFromOutside,
            // musl cannot signal another thread than the first in here, so its `abort` ends by SIGSEGV.
            libc::SIGABRT | libc::SIGSEGV if end.out_of_memory => SandboxError::OutOfMemory {
                memory_bytes: limits.memory_bytes,
            },
            libc::SIGABRT | libc::SIGSEGV if end.out_of_stack => SandboxError::NestedTooDeeply,
            signal => SandboxError::Crashed { signal },
        });
    }
    if !end.status.success() {
        return Err(SandboxError::BadReply {
            what: format!("exit status {}", end.status.code().unwrap_or(-1)),
        });
    }
    let reply: Reply = serde_json::from_slice(&end.reply).map_err(|error| {
        // The parser's words would quote the reply.
        let kind = match error.classify() {
            serde_json::error::Category::Eof => "it ends too early",
            _ => "it is not what was agreed",
        };
        SandboxError::BadReply {
            what: format!("{kind} ({} bytes)", end.reply.len()),
        }
    })?;
    if reply.protocol == PROTOCOL {
        Ok(reply)
    } else {
        Err(SandboxError::NotAccepted {
            what: format!("protocol {} instead of {PROTOCOL}", reply.protocol),
        })
    }
}

fn answer(answer: Answer) -> Result<serde_json::Value, SandboxError> {
    Err(match answer {
        Answer::Done(value) => return Ok(value),
        Answer::Refused(failure) => SandboxError::Refused(failure),
        Answer::Panicked(location) => SandboxError::Panicked { location },
        Answer::NotConfined(what) => SandboxError::NotConfined { what },
        Answer::NotAccepted(what) => SandboxError::NotAccepted { what },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: i32, lasted_s: u64, reply: &str, code: &str) {
        let end = End {
            status: ExitStatus::from_raw(status),
            stopped: None,
            lasted: Duration::from_secs(lasted_s),
            reply: reply.as_bytes().to_vec(),
            log: Vec::new(),
            out_of_memory: false,
            out_of_stack: false,
        };
        let limits = Limits {
            cpu_s: 10,
            ..Limits::default()
        };
        let got = match judge(&end, &limits) {
            Ok(reply) => {
                answer(reply.answer).map_or_else(|e| e.code().to_owned(), |_| "done".into())
            }
            Err(error) => error.code().to_owned(),
        };
        assert_eq!(got, code, "status {status}, reply {reply}");
    }

    /// A whole reply with this answer.
    fn reply(protocol: u32, answer: &str) -> String {
        format!(
            r#"{{"protocol":{protocol},"confinement":null,"cpu_ms":0,"peak_memory_bytes":null,"answer":{answer}}}"#
        )
    }

    #[test]
    fn signals_are_told_apart() {
        for (signal, lasted_s, code) in [
            (libc::SIGSYS, 0, "forbidden_call"),
            (libc::SIGXCPU, 0, "cpu_exhausted"),
            (libc::SIGXFSZ, 0, "output_too_large"),
            (libc::SIGKILL, 10, "killed_from_outside"),
            (libc::SIGKILL, 11, "cpu_exhausted"),
            (libc::SIGABRT, 0, "crashed"),
            (libc::SIGSEGV, 0, "crashed"),
            (libc::SIGTERM, 0, "crashed"),
        ] {
            // A reply before the end does not count.
            check(signal, lasted_s, &reply(PROTOCOL, r#"{"done":1}"#), code);
        }
    }

    #[test]
    fn only_a_whole_reply_of_this_version_counts() {
        check(0, 0, &reply(PROTOCOL, r#"{"done":1}"#), "done");
        check(
            0,
            0,
            &reply(PROTOCOL, r#"{"panicked":"a.rs:1"}"#),
            "panicked",
        );
        check(
            0,
            0,
            &reply(PROTOCOL, r#"{"not_confined":"x"}"#),
            "not_confined",
        );
        check(
            0,
            0,
            &reply(PROTOCOL, r#"{"not_accepted":"x"}"#),
            "not_accepted",
        );
        check(0, 0, &reply(PROTOCOL + 1, r#"{"done":1}"#), "not_accepted");
        check(256, 0, &reply(PROTOCOL, r#"{"done":1}"#), "bad_reply");
        let whole = reply(PROTOCOL, r#"{"done":1}"#);
        check(0, 0, &format!("{whole} "), "done");
        check(0, 0, &format!("{whole}{whole}"), "bad_reply");
        check(0, 0, &whole[..whole.len() - 1], "bad_reply");
        for other in ["", "null", "{}", "[]", "\u{0}", r#"{"answer":{"done":1}}"#] {
            check(0, 0, other, "bad_reply");
        }
        check(0, 0, &reply(PROTOCOL, r#"{"won":1}"#), "bad_reply");
        check(0, 0, &reply(PROTOCOL, &"[".repeat(100_000)), "bad_reply");
    }
}
