//! A drive walked in a process of its own: a mount whose server is dead blocks whoever looks at it, for hours and past every
//! signal, and must not take the daemon along.
//!
//! The program starts itself again with [`WALKER_ARGUMENT`]; options and state go in on standard input, frames come out on
//! standard output: one byte that says what it is, four bytes of length, the content. Rule that must hold: a walk that says
//! nothing for too long is given up without waiting for it, and what it told until then is true by itself.

use std::{
    io::{self, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    sync::{Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use rideau_domain::Bilingual;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use super::{
    AccessLists, DriveOptions,
    problem::{stalled, stopped},
    walk::{self, PROGRESS, Tell},
};
use crate::{Observed, PortError, Retry, ScanEnd, ScanSink, source::folder_digest};

/// The hidden argument with which the program becomes a walker.
pub const WALKER_ARGUMENT: &str = "__walk-drive";

/// How often a walker says that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// No frame is larger; a folder of a million files has some 500 MB.
const MOST_FRAME_BYTES: usize = 2 * 1024 * 1024 * 1024 - 1;

const FOLDER: u8 = b'F';
const UNKNOWN: u8 = b'U';
const END: u8 = b'E';
const FAILED: u8 = b'X';
/// It lives and has come on.
const ON: u8 = b'+';
/// It lives and waits for the file system.
const WAITS: u8 = b'-';

/// What a walker is told.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    path: PathBuf,
    ignore: Vec<String>,
    marker: bool,
    cross_mounts: bool,
    access_lists: String,
    state: serde_json::Value,
}

/// A failure, as it crosses.
#[derive(Debug, Serialize, Deserialize)]
struct Failure {
    retry: String,
    code: String,
    message: Bilingual,
    folder: String,
}

impl Failure {
    fn of(error: &PortError, folder: String) -> Self {
        Self {
            retry: match error.retry {
                Retry::Temporary { .. } => "temporary",
                Retry::Permanent => "permanent",
                Retry::NeedsPerson => "needs_person",
            }
            .to_owned(),
            code: error.code.to_owned(),
            message: error.message.clone(),
            folder,
        }
    }

    fn error(self) -> PortError {
        // Codes are words of the program; one that is not known here would be a walker of another version.
        let code = [
            "busy",
            "changed",
            "endless",
            "forbidden",
            "gone",
            "invalid",
            "marker_changed",
            "marker_missing",
            "mount_changed",
            "stopped",
            "too_deep",
            "unreachable",
        ]
        .into_iter()
        .find(|code| *code == self.code)
        .unwrap_or("unreachable");
        match self.retry.as_str() {
            "permanent" => PortError::permanent(code, self.message),
            "needs_person" => PortError::needs_person(code, self.message),
            _ => PortError::temporary(code, self.message),
        }
    }
}

/// Walks a drive in a process of its own and tells the sink.
pub(super) async fn scan(
    program: &Path,
    options: &DriveOptions,
    state: &serde_json::Value,
    sink: &mut dyn ScanSink,
) -> Result<ScanEnd, PortError> {
    let mut child = start(program).map_err(|error| cannot_start().because(error))?;
    let told = listen(&mut child, options, state, sink).await;
    // Not waited for: stuck in the kernel, it ends when the kernel lets it. Dropping it has it reaped then.
    if told.is_err() {
        drop(child.start_kill());
    }
    told
}

fn start(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .arg(WALKER_ARGUMENT)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

async fn listen(
    child: &mut Child,
    options: &DriveOptions,
    state: &serde_json::Value,
    sink: &mut dyn ScanSink,
) -> Result<ScanEnd, PortError> {
    let broken = |error: io::Error| stopped().because(error);
    let request = serde_json::to_vec(&Request {
        path: options.path.clone(),
        ignore: options.ignore.clone(),
        marker: options.marker,
        cross_mounts: options.cross_mounts,
        access_lists: options.access_lists.as_str().to_owned(),
        state: state.clone(),
    })
    .map_err(|error| stopped().because(error))?;
    let mut input = child.stdin.take().ok_or_else(stopped)?;
    input.write_all(&request).await.map_err(broken)?;
    drop(input);
    let mut output = BufReader::with_capacity(256 * 1024, child.stdout.take().ok_or_else(stopped)?);
    let patience = Duration::from_secs(options.stall_seconds);
    let mut silent = Duration::ZERO;
    loop {
        let frame = tokio::time::timeout(patience, frame(&mut output))
            .await
            .map_err(|_| stalled(&options.path.to_string_lossy(), patience))?
            .map_err(broken)?;
        if frame.kind == WAITS {
            silent += BEAT;
            if silent >= patience {
                return Err(stalled(&options.path.to_string_lossy(), patience));
            }
            continue;
        }
        silent = Duration::ZERO;
        match frame.kind {
            FOLDER => folder(&frame.content, sink).await?,
            UNKNOWN => {
                let failure: Failure = parse(&frame.content)?;
                let folder = failure.folder.clone();
                sink.unknown(&folder, failure.error()).await?;
            }
            END => return parse(&frame.content),
            FAILED => return Err(parse::<Failure>(&frame.content)?.error()),
            ON => {}
            _ => return Err(stopped()),
        }
    }
}

/// Gives a folder to the sink; its records are not even read when the sink knows them.
async fn folder(content: &[u8], sink: &mut dyn ScanSink) -> Result<(), PortError> {
    let split = || -> Option<(&str, [u8; 16], &[u8])> {
        let (length, rest) = content.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let (digest, records) = rest.split_first_chunk::<16>()?;
        Some((std::str::from_utf8(name).ok()?, *digest, records))
    };
    let (name, digest, records) = split().ok_or_else(stopped)?;
    if sink.same(name, digest) {
        return Ok(());
    }
    let records: Vec<Observed> = parse(records)?;
    sink.folder(name, records).await
}

struct Frame {
    kind: u8,
    content: Vec<u8>,
}

async fn frame(output: &mut BufReader<ChildStdout>) -> io::Result<Frame> {
    let kind = output.read_u8().await?;
    let length = output.read_u32_le().await? as usize;
    let mut content = vec![0; length];
    output.read_exact(&mut content).await?;
    Ok(Frame { kind, content })
}

fn parse<T: serde::de::DeserializeOwned>(content: &[u8]) -> Result<T, PortError> {
    serde_json::from_slice(content).map_err(|error| stopped().because(error))
}

/// The walker: reads its request, walks, tells, ends.
pub fn walker_main() -> ExitCode {
    match walker() {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody listens any more, or the request was no request; there is nobody to tell.
        Err(_) => ExitCode::FAILURE,
    }
}

fn walker() -> io::Result<()> {
    let mut request = Vec::new();
    io::stdin().read_to_end(&mut request)?;
    let request: Request = serde_json::from_slice(&request)?;
    let options = DriveOptions {
        path: request.path,
        ignore: request.ignore,
        marker: request.marker,
        cross_mounts: request.cross_mounts,
        access_lists: AccessLists::parse(&request.access_lists).unwrap_or(AccessLists::Required),
        stall_seconds: 0,
    };
    std::thread::Builder::new().spawn(beat)?;
    let mut trouble = None;
    let ended = walk::walk(&options, &request.state, &mut |tell| {
        let sent = match tell {
            Tell::Folder(name, records) => send_folder(&name, &records),
            Tell::Unknown(name, error) => send_json(UNKNOWN, &Failure::of(&error, name)),
        };
        match sent {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                trouble = Some(error);
                ControlFlow::Break(())
            }
        }
    });
    match (trouble, ended) {
        (Some(error), _) => Err(error),
        (None, Ok(Some(end))) => send_json(END, &end),
        (None, Ok(None)) => Ok(()),
        (None, Err(error)) => send_json(FAILED, &Failure::of(&error, String::new())),
    }
}

/// Says every second whether the walk has come on. When nobody listens any more, the process ends.
fn beat() {
    let mut before = PROGRESS.load(Ordering::Relaxed);
    loop {
        std::thread::sleep(BEAT);
        let now = PROGRESS.load(Ordering::Relaxed);
        let kind = if now == before { WAITS } else { ON };
        before = now;
        if send(kind, &[&[]]).is_err() {
            std::process::exit(1);
        }
    }
}

fn send_folder(name: &str, records: &[Observed]) -> io::Result<()> {
    let digest = folder_digest(records);
    let records = serde_json::to_vec(records)?;
    let length = u32::try_from(name.len()).map_err(io::Error::other)?;
    send(
        FOLDER,
        &[&length.to_le_bytes(), name.as_bytes(), &digest, &records],
    )
}

fn send_json(kind: u8, value: &impl Serialize) -> io::Result<()> {
    send(kind, &[&serde_json::to_vec(value)?])
}

/// Frames of the two threads never mix.
static OUTPUT: Mutex<()> = Mutex::new(());

fn send(kind: u8, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > MOST_FRAME_BYTES {
        return Err(io::Error::other("a folder with too many entries"));
    }
    let length = u32::try_from(length).map_err(io::Error::other)?;
    let _one = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut output = io::stdout().lock();
    output.write_all(&[kind])?;
    output.write_all(&length.to_le_bytes())?;
    for part in parts {
        output.write_all(part)?;
    }
    output.flush()
}

fn cannot_start() -> PortError {
    PortError::temporary(
        "busy",
        Bilingual::new(
            "This machine could not start a process to read the drive. It is tried again.",
            "Cette machine n’a pas pu démarrer de processus pour lire le lecteur. Un nouvel essai aura lieu.",
        ),
    )
}
