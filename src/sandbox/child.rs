//! The worker's side: take one job, lock the door, do it, answer, end.
//!
//! Rule that must hold: not one byte of the input is read before the process is confined, and nothing
//! of it is ever printed.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::{fd::OwnedFd, unix::fs::OpenOptionsExt},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Mutex, OnceLock},
    thread,
};

use rustix::{process::Signal, time::ClockId};
use serde_json::Value;

use super::{
    confine,
    job::{Answer, Confinement, Frame, LandlockLevel, PROTOCOL, Reply, WorkerError},
    limits::Profile,
    selftest,
    spawner::PARENT_VARIABLE,
};

/// The start of every line that a worker itself writes to standard error. The parent drops all others,
/// since a library may print what it reads.
pub(super) const LOG_MARK: &str = "rideau-worker: ";

/// Stack of the thread that runs an operation, in bytes: twice the usual, for nested documents.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// A job as the operation sees it, inside the sandbox.
#[derive(Debug)]
pub struct Task {
    /// Which operation to run.
    pub operation: String,
    /// What the parent asked.
    pub request: Value,
    /// The file to read, open for reading. It has no name in here: work from this handle.
    pub input: File,
    /// Further files, in the order of the job.
    pub extra_inputs: Vec<File>,
    /// The only folder that can be read or written by name. Files go directly into it, without
    /// subfolders or links; permissions and times cannot be set, so write with `File`, not `fs::copy`.
    pub output_folder: PathBuf,
}

/// Runs one job from standard input and answers on standard output.
///
/// Call this first in `main`, before any thread or runtime starts: confinement covers the calling
/// thread only, and the worker refuses to work when there are others.
pub fn main(handler: impl FnOnce(Task) -> Result<Value, WorkerError> + Send) -> ExitCode {
    std::panic::set_hook(Box::new(note_panic));
    // A worker must not outlive the daemon. (If the daemon is gone already, standard input ends.)
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::KILL)) {
        log(&format!("no death signal: {error}"));
    }
    // It may have gone before the kernel was asked, with the whole order already written.
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
    if std::env::var(PARENT_VARIABLE).is_ok_and(|expected| Some(expected) != parent) {
        return ExitCode::FAILURE;
    }
    let mut order = Vec::new();
    match io::stdin().lock().read_to_end(&mut order) {
        Ok(0) => return ExitCode::SUCCESS,
        Ok(_) => {}
        Err(error) => {
            log(&format!("standard input: {error}"));
            return ExitCode::FAILURE;
        }
    }
    // Counted before the worker opens anything itself.
    let inherited_descriptors = confine::inherited_descriptors();
    let meter = Meter::start();
    let mut confinement = None;
    let prepared = prepare(&order).map(|(task, landlock)| {
        confinement = Some(Confinement {
            landlock,
            inherited_descriptors,
        });
        task
    });
    let answer = prepared.map_or_else(|answer| answer, |task| perform(handler, task));
    let (cpu_ms, peak_memory_bytes) = meter.read();
    let reply = Reply {
        protocol: PROTOCOL,
        confinement,
        cpu_ms,
        peak_memory_bytes,
        answer,
    };
    match send(&reply) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("standard output: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Opens what the job names, then locks the door.
fn prepare(order: &[u8]) -> Result<(Task, LandlockLevel), Answer> {
    let frame: Frame = serde_json::from_slice(order)
        .map_err(|error| Answer::NotAccepted(format!("unreadable order: {error}")))?;
    if frame.protocol != PROTOCOL {
        let what = format!("protocol {} instead of {PROTOCOL}", frame.protocol);
        return Err(Answer::NotAccepted(what));
    }
    if let Some(threads) = confine::thread_count().filter(|&threads| threads != 1) {
        let what = format!("{threads} threads run; the worker must start before any other");
        return Err(Answer::NotConfined(what));
    }
    let input = open_input(&frame.input)?;
    let extra_inputs = frame
        .extra_inputs
        .iter()
        .map(|path| open_input(path))
        .collect::<Result<_, _>>()?;
    let folder = open_folder(&frame.output_folder)?;
    let landlock = match frame.profile {
        Profile::Parser => lock_in(&frame, folder).map_err(Answer::NotConfined)?,
    };
    let task = Task {
        operation: frame.operation,
        request: frame.request,
        input,
        extra_inputs,
        output_folder: frame.output_folder,
    };
    Ok((task, landlock))
}

fn lock_in(frame: &Frame, folder: OwnedFd) -> Result<LandlockLevel, String> {
    confine::apply_limits(&frame.limits)?;
    let landlock = confine::apply_landlock(Some(folder))?;
    if landlock == LandlockLevel::Missing && frame.require_landlock {
        return Err("the kernel has no Landlock and the configuration requires it".to_owned());
    }
    confine::drop_capabilities()?;
    confine::apply_seccomp()?;
    Ok(landlock)
}

/// The input must be a plain file: no link, no pipe to hang on.
fn open_input(path: &Path) -> Result<File, Answer> {
    let not_accepted = |what: String| Answer::NotAccepted(format!("input: {what}"));
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| not_accepted(error.to_string()))?;
    let metadata = file
        .metadata()
        .map_err(|error| not_accepted(error.to_string()))?;
    if metadata.is_file() {
        Ok(file)
    } else {
        Err(not_accepted("not a plain file".to_owned()))
    }
}

fn open_folder(path: &Path) -> Result<OwnedFd, Answer> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(path)
        .map(OwnedFd::from)
        .map_err(|error| Answer::NotAccepted(format!("output folder: {error}")))
}

/// Runs the operation in a thread whose stack has the same size on every machine, so that a deeply
/// nested file ends the same everywhere. The thread inherits the confinement.
fn perform(handler: impl FnOnce(Task) -> Result<Value, WorkerError> + Send, task: Task) -> Answer {
    let work = || match selftest::named(&task.operation) {
        Some(test) => test(task),
        None => handler(task),
    };
    thread::scope(|scope| {
        let started = thread::Builder::new()
            .name("operation".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work);
        match started.map(thread::ScopedJoinHandle::join) {
            Ok(Ok(Ok(value))) => Answer::Done(value),
            Ok(Ok(Err(WorkerError::Refused(failure)))) => Answer::Refused(failure),
            Ok(Ok(Err(WorkerError::Panicked { location }))) => Answer::Panicked(location),
            Ok(Err(_)) => Answer::Panicked(first_panic()),
            Err(error) => Answer::NotAccepted(format!("no thread under these limits: {error}")),
        }
    })
}

fn send(reply: &Reply) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, reply)?;
    out.flush()
}

/// Where the first panic happened.
static PANIC: OnceLock<Mutex<Option<String>>> = OnceLock::new();

/// Keeps the place of a panic and drops its message, which could quote the document.
fn note_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", short_path(place.file()), place.line()),
    );
    log(&format!("panicked at {location}"));
    if let Ok(mut first) = PANIC.get_or_init(Mutex::default).lock() {
        first.get_or_insert(location);
    }
}

fn first_panic() -> String {
    PANIC
        .get()
        .and_then(|first| first.lock().ok()?.clone())
        .unwrap_or_else(|| "an unknown place".to_owned())
}

/// The part of a source path that names a line of the program, without the build machine's folders:
/// from the crate's name on for a dependency, all of it for our own files.
fn short_path(path: &str) -> &str {
    path.split_once("/registry/src/")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(path, |(_, in_crate)| in_crate)
}

/// Writes one line for the parent's log. A worker whose standard error is shut works on.
fn log(line: &str) {
    drop(writeln!(io::stderr(), "{LOG_MARK}{line}"));
}

/// Measures this process. `/proc` is opened while that is still possible and read again at the end.
struct Meter {
    status: Option<File>,
    /// Processor time before the job, in milliseconds. Asking for it early also makes `rustix` look up
    /// how to ask, which is no longer possible inside.
    before_ms: u64,
}

impl Meter {
    fn start() -> Self {
        Self {
            status: File::open("/proc/self/status").ok(),
            before_ms: processor_ms(),
        }
    }

    /// Processor time in milliseconds and peak resident memory in bytes.
    fn read(self) -> (u64, Option<u64>) {
        let cpu_ms = processor_ms().saturating_sub(self.before_ms);
        (cpu_ms, self.status.and_then(peak_memory))
    }
}

fn processor_ms() -> u64 {
    let used = rustix::time::clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(used.tv_sec).unwrap_or(0);
    let millis = u64::try_from(used.tv_nsec / 1_000_000).unwrap_or(0);
    seconds.saturating_mul(1_000).saturating_add(millis)
}

/// The `VmHWM` line, "high water mark" of resident memory in KiB (proc_pid_status(5)).
fn peak_memory(mut status: File) -> Option<u64> {
    let mut text = String::new();
    status.rewind().ok()?;
    status.read_to_string(&mut text).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_path_loses_the_build_machine() {
        let check = |path, expect| assert_eq!(short_path(path), expect);
        check("src/convert/table.rs", "src/convert/table.rs");
        check(
            "/home/someone/.cargo/registry/src/index/calamine-1.0/src/xls/cells.rs",
            "calamine-1.0/src/xls/cells.rs",
        );
        check("", "");
    }

    #[test]
    fn an_order_of_another_version_is_not_accepted() {
        let check = |order: &str, part: &str| match prepare(order.as_bytes()) {
            Err(Answer::NotAccepted(what)) => assert!(what.contains(part), "{what}"),
            other => panic!("{other:?}"),
        };
        check("", "unreadable order");
        check("{\"protocol\":", "unreadable order");
        check("[]", "unreadable order");
        let frame = Frame {
            protocol: PROTOCOL + 1,
            operation: String::new(),
            request: Value::Null,
            input: PathBuf::new(),
            extra_inputs: Vec::new(),
            output_folder: PathBuf::new(),
            profile: Profile::Parser,
            limits: super::super::Limits::default(),
            require_landlock: false,
        };
        check(&serde_json::to_string(&frame).unwrap(), "protocol 2");
    }
}
