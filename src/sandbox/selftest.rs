//! Operations that misbehave on purpose, to show that the sandbox holds on this machine.
//!
//! They are part of the real program so that `rideau doctor` and the tests try the real thing. They
//! run where the parsers run, so they can do no more than a hostile file could. Rule that must hold:
//! each asks only for what it names, and what succeeds is harmless.
#![expect(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "all tests share the signature of an operation"
)]

use std::{
    collections::HashMap,
    fs::{self, File, Permissions},
    hint::black_box,
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::CommandExt,
    },
    process::Command,
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::{child::Task, job::WorkerError};

/// The start of every operation in here.
pub(super) const PREFIX: &str = "__selftest:";

type Test = fn(Task) -> Result<Value, WorkerError>;

/// The test with this operation name.
pub(super) fn named(operation: &str) -> Option<Test> {
    Some(match operation.strip_prefix(PREFIX)? {
        "echo" => echo,
        "ordinary" => ordinary,
        "allocate" => allocate,
        "spin" => spin,
        "sleep" => sleep,
        "nest" => nest,
        "write" => write,
        "many_files" => many_files,
        "long_reply" => long_reply,
        "garbage" => garbage,
        "chatter" => chatter,
        "panic" => panic,
        "abort" => abort,
        "panic_in_thread" => panic_in_thread,
        "refuse" => refuse,
        "read_outside" => read_outside,
        "write_outside" => write_outside,
        "symlink" => leave_symlink,
        "subfolder" => leave_folder,
        "permissions" => permissions,
        "connect" => connect,
        "exec" => exec,
        "start" => start,
        "signal" => signal,
        "raise_limit" => raise_limit,
        _ => return None,
    })
}

fn echo(task: Task) -> Result<Value, WorkerError> {
    Ok(task.request)
}

/// What parsers really do: hash maps, threads, reading all inputs, writing and renaming outputs.
fn ordinary(mut task: Task) -> Result<Value, WorkerError> {
    let mut text = String::new();
    task.input.read_to_string(&mut text).map_err(failed)?;
    for extra in &mut task.extra_inputs {
        extra.read_to_string(&mut text).map_err(failed)?;
    }
    let counting = thread::Builder::new()
        .name("count".to_owned())
        .spawn(move || {
            let mut counts: HashMap<char, u64> = HashMap::new();
            for letter in text.chars() {
                *counts.entry(letter).or_default() += 1;
            }
            counts.len()
        })
        .map_err(failed)?;
    let distinct = counting
        .join()
        .map_err(|_| failed(io::Error::other("thread")))?;
    let draft = task.output_folder.join("draft");
    let mut file = File::create(&draft).map_err(failed)?;
    file.write_all(b"a,b\n1,2\n").map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&draft, task.output_folder.join("table.csv")).map_err(failed)?;
    fs::write(task.output_folder.join("rest"), "x").map_err(failed)?;
    fs::remove_file(task.output_folder.join("rest")).map_err(failed)?;
    let left = fs::read_dir(&task.output_folder).map_err(failed)?.count();
    Ok(
        json!({ "distinct": distinct, "files": left, "cores": thread::available_parallelism().is_ok() }),
    )
}

/// Takes `bytes` of memory and touches all of it.
fn allocate(task: Task) -> Result<Value, WorkerError> {
    let memory = black_box(vec![1_u8; size(&task, "bytes")]);
    Ok(json!({ "stopped": false, "bytes": memory.len() }))
}

fn spin(_: Task) -> Result<Value, WorkerError> {
    let mut turns: u64 = 0;
    loop {
        turns = black_box(turns.wrapping_add(1));
        if turns == u64::MAX {
            return Ok(Value::Null);
        }
    }
}

fn sleep(_: Task) -> Result<Value, WorkerError> {
    thread::sleep(Duration::from_hours(1));
    Ok(Value::Null)
}

/// Calls itself until the stack ends.
fn nest(_: Task) -> Result<Value, WorkerError> {
    fn deeper(level: u64) -> u64 {
        let room = black_box([level; 64]);
        if level == u64::MAX {
            return 0;
        }
        deeper(level + 1).wrapping_add(room.iter().sum())
    }
    Ok(json!(deeper(black_box(0))))
}

/// Writes `files` files of `bytes` each.
fn write(task: Task) -> Result<Value, WorkerError> {
    let chunk = vec![b'x'; 1024 * 1024];
    for number in 0..size(&task, "files") {
        let path = task.output_folder.join(format!("{number:06}"));
        let mut file = File::create(path).map_err(failed)?;
        let mut left = size(&task, "bytes");
        while left > 0 {
            let part = chunk.get(..left.min(chunk.len())).unwrap_or_default();
            file.write_all(part).map_err(failed)?;
            left -= part.len();
        }
    }
    Ok(Value::Null)
}

/// Leaves `files` empty files, then waits if asked to.
fn many_files(task: Task) -> Result<Value, WorkerError> {
    for number in 0..size(&task, "files") {
        File::create(task.output_folder.join(format!("{number:06}"))).map_err(failed)?;
    }
    if task.request.get("then_sleep").is_some() {
        return sleep(task);
    }
    Ok(Value::Null)
}

fn long_reply(task: Task) -> Result<Value, WorkerError> {
    Ok(Value::String("x".repeat(size(&task, "bytes"))))
}

/// Prints on standard output as a careless library would.
fn garbage(_: Task) -> Result<Value, WorkerError> {
    writeln!(io::stdout(), "{{\"protocol\": 1, \"answer\": nonsense").map_err(failed)?;
    Ok(Value::Null)
}

/// Prints on standard error as a careless library would; the parent must drop it.
fn chatter(task: Task) -> Result<Value, WorkerError> {
    for _ in 0..size(&task, "lines") {
        writeln!(io::stderr(), "the document says SECRET").map_err(failed)?;
    }
    Ok(Value::Null)
}

fn panic(_: Task) -> Result<Value, WorkerError> {
    panic!("the document says SECRET")
}

fn panic_in_thread(_: Task) -> Result<Value, WorkerError> {
    let ended = thread::spawn(|| panic!("the document says SECRET")).join();
    Ok(json!({ "stopped": ended.is_err() }))
}

fn abort(_: Task) -> Result<Value, WorkerError> {
    std::process::abort()
}

fn refuse(_: Task) -> Result<Value, WorkerError> {
    Err(WorkerError::refuse(
        "encrypted",
        "The file is locked with a password.",
        "Le fichier est protégé par un mot de passe.",
    ))
}

fn read_outside(task: Task) -> Result<Value, WorkerError> {
    let path = text(&task, "path");
    attempt(File::open(path).and_then(|mut file| file.read(&mut [0; 1])))
}

fn write_outside(task: Task) -> Result<Value, WorkerError> {
    attempt(File::create(text(&task, "path")))
}

fn leave_symlink(task: Task) -> Result<Value, WorkerError> {
    attempt(symlink("/etc/passwd", task.output_folder.join("link")))
}

fn leave_folder(task: Task) -> Result<Value, WorkerError> {
    attempt(fs::create_dir(task.output_folder.join("folder")))
}

/// Changes the mode of the input through its open handle, which Landlock does not govern.
fn permissions(task: Task) -> Result<Value, WorkerError> {
    attempt(task.input.set_permissions(Permissions::from_mode(0o666)))
}

fn connect(_: Task) -> Result<Value, WorkerError> {
    attempt(TcpStream::connect(("127.0.0.1", 9)))
}

fn exec(_: Task) -> Result<Value, WorkerError> {
    attempt::<()>(Err(Command::new("/bin/true").exec()))
}

fn start(_: Task) -> Result<Value, WorkerError> {
    attempt(Command::new("/bin/true").status())
}

/// Asks whether the parent could be signalled; sends nothing.
fn signal(_: Task) -> Result<Value, WorkerError> {
    let parent = rustix::process::getppid().ok_or(io::Error::other("no parent"));
    attempt(parent.and_then(|pid| Ok(rustix::process::test_kill_process(pid)?)))
}

fn raise_limit(_: Task) -> Result<Value, WorkerError> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let endless = Rlimit {
        current: None,
        maximum: None,
    };
    attempt(setrlimit(Resource::As, endless).map_err(io::Error::from))
}

/// Reports whether the sandbox stopped it, and with which system error.
fn attempt<T>(result: io::Result<T>) -> Result<Value, WorkerError> {
    Ok(match result {
        Ok(_) => json!({ "stopped": false }),
        Err(error) => json!({ "stopped": true, "how": error.to_string() }),
    })
}

fn failed(error: io::Error) -> WorkerError {
    let what = error.to_string();
    drop(error);
    WorkerError::refuse("selftest", what.clone(), what)
}

fn size(task: &Task, name: &str) -> usize {
    let number = task.request.get(name).and_then(Value::as_u64).unwrap_or(1);
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn text<'a>(task: &'a Task, name: &str) -> &'a str {
    task.request
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
