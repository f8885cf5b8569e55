//! Hostile files are contained: whatever a worker does costs its own job, with the right reason.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use rideau::sandbox::{
    Fault, Job, LandlockLevel, Limits, Outcome, OutputFile, Sandbox, SandboxError, probe,
    self_check,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use serde_json::{Value, json};
use tempfile::TempDir;

const MIB: u64 = 1024 * 1024;

fn limits() -> Limits {
    Limits {
        wall_ms: 20_000,
        cpu_s: 10,
        memory_bytes: 512 * MIB,
        output_bytes: 8 * MIB,
        output_files: 100,
        reply_bytes: MIB,
        open_files: 32,
    }
}

fn sandbox() -> Sandbox {
    Sandbox::new(env!("CARGO_BIN_EXE_rideau"), limits())
}

/// A folder with an input and an output folder.
struct Room(TempDir);

impl Room {
    fn new() -> Self {
        let room = tempfile::tempdir().unwrap();
        fs::write(room.path().join("input"), "some text\n").unwrap();
        fs::create_dir(room.path().join("output")).unwrap();
        Self(room)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn job(&self, test: &str, request: Value) -> Job {
        let (input, output) = (self.path().join("input"), self.path().join("output"));
        Job::new(format!("__selftest:{test}"), input, output).request(request)
    }
}

async fn run(test: &str, request: Value, limits: Limits) -> Result<Outcome, SandboxError> {
    let room = Room::new();
    let sandbox = sandbox();
    let result = sandbox.run(room.job(test, request).limits(limits)).await;
    // Whatever happened, the next job is not touched by it.
    let next = Room::new();
    let echo = sandbox
        .run(next.job("echo", json!({ "still": "here" })))
        .await;
    assert_eq!(echo.unwrap().value, json!({ "still": "here" }));
    result
}

/// The job must fail with this code, and the fault must lie there.
async fn check(test: &str, request: Value, limits: Limits, code: &str, fault: Fault) {
    match run(test, request, limits).await {
        Err(error) => {
            assert_eq!(
                (error.code(), error.fault()),
                (code, fault),
                "{test}: {error}"
            );
            let words = error.explain();
            assert!(words.en.ends_with('.') && words.fr.ends_with('.') && words.en != words.fr);
            assert!(!format!("{error:?} {error} {words}").contains("SECRET"));
        }
        Ok(outcome) => panic!("{test} gave {outcome:?} instead of {code}"),
    }
}

#[tokio::test]
async fn ordinary_work_is_done() {
    let room = Room::new();
    let extra = room.path().join("extra");
    fs::write(&extra, "été").unwrap();
    let mut job = room.job("ordinary", Value::Null);
    job.extra_inputs = vec![extra];
    let outcome = sandbox().run(job).await.unwrap();
    assert_eq!(outcome.value["distinct"], 9, "{outcome:?}");
    let table = OutputFile {
        name: "table.csv".to_owned(),
        size_bytes: 8,
    };
    assert_eq!(outcome.files, [table]);
    assert!(outcome.peak_memory_bytes.unwrap() > 500_000);
    assert!(outcome.cpu_ms < 5_000);
}

#[tokio::test]
async fn resource_limits_hold() {
    let file = Fault::File;
    check(
        "allocate",
        json!({ "bytes": 2048 * MIB }),
        limits(),
        "out_of_memory",
        file,
    )
    .await;
    let short = Limits {
        cpu_s: 1,
        ..limits()
    };
    check("spin", Value::Null, short, "cpu_exhausted", file).await;
    check("nest", Value::Null, limits(), "nested_too_deeply", file).await;
    let brief = Limits {
        wall_ms: 300,
        ..limits()
    };
    check("sleep", Value::Null, brief, "timed_out", Fault::Machine).await;
}

#[tokio::test]
async fn outputs_are_bounded() {
    let file = Fault::File;
    let check = |test, request, limits| check(test, request, limits, "output_too_large", file);
    check("write", json!({ "bytes": 1024 * MIB }), limits()).await;
    check("write", json!({ "bytes": 5 * MIB, "files": 2 }), limits()).await;
    check("many_files", json!({ "files": 101 }), limits()).await;
    // These would go on for an hour; the parent notices while they run.
    let then_sleep = json!({ "files": 101, "then_sleep": true });
    check("many_files", then_sleep, limits()).await;
    check("many_files", json!({ "files": 100_000 }), limits()).await;
    assert!(
        run("many_files", json!({ "files": 100 }), limits())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn bad_ends_are_told_apart() {
    let file = Fault::File;
    check("panic", Value::Null, limits(), "panicked", file).await;
    check("abort", Value::Null, limits(), "crashed", file).await;
    check("garbage", Value::Null, limits(), "bad_reply", file).await;
    check(
        "long_reply",
        json!({ "bytes": 2 * MIB }),
        limits(),
        "bad_reply",
        file,
    )
    .await;
    check("refuse", Value::Null, limits(), "encrypted", file).await;
    check(
        "no such test",
        Value::Null,
        limits(),
        "unknown_operation",
        file,
    )
    .await;
    assert!(
        run("chatter", json!({ "lines": 100_000 }), limits())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn forbidden_calls_end_the_worker() {
    for test in ["connect", "exec", "signal"] {
        check(test, Value::Null, limits(), "forbidden_call", Fault::File).await;
    }
    // How far a library gets with starting a program differs; it never succeeds.
    match run("start", Value::Null, limits()).await {
        Ok(outcome) => assert_eq!(outcome.value["stopped"], true),
        Err(error) => assert_eq!(error.code(), "forbidden_call"),
    }
}

#[tokio::test]
async fn what_is_out_of_reach_fails_inside() {
    let outside = Room::new();
    let target = outside.path().join("written");
    let input = outside.path().join("input");
    for (test, path) in [
        ("read_outside", Path::new("/etc/passwd")),
        ("read_outside", Path::new("/proc/self/environ")),
        ("read_outside", Path::new("/proc/1/environ")),
        ("read_outside", Path::new("/dev/null")),
        ("read_outside", &input),
        ("write_outside", &target),
        ("write_outside", Path::new("/proc/sys/kernel/core_pattern")),
        ("symlink", Path::new("")),
        ("subfolder", Path::new("")),
        ("permissions", Path::new("")),
        ("raise_limit", Path::new("")),
    ] {
        let outcome = run(test, json!({ "path": path }), limits()).await.unwrap();
        assert_eq!(
            outcome.value["stopped"], true,
            "{test} {path:?}: {outcome:?}"
        );
        assert_eq!(outcome.files, []);
    }
    assert!(!target.exists());
}

/// The worker's own count must agree with what this process lets through.
#[test]
fn inherited_descriptors_are_counted() {
    let room = Room::new();
    let order = json!({
        "protocol": 1,
        "operation": "__selftest:echo",
        "request": null,
        "input": room.path().join("input"),
        "extra_inputs": [],
        "output_folder": room.path().join("output"),
        "profile": "parser",
        "limits": limits(),
        "require_landlock": false,
    });
    let order_file = room.path().join("order");
    fs::write(&order_file, order.to_string()).unwrap();
    // A shell can leave a descriptor open; Rust does not.
    let count = |redirections: &str| {
        let output = std::process::Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec \"$0\" __worker < \"$1\" {redirections}"))
            .arg(env!("CARGO_BIN_EXE_rideau"))
            .arg(&order_file)
            .output()
            .unwrap();
        let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
        reply["confinement"]["inherited_descriptors"]
            .as_u64()
            .unwrap()
    };
    let closed = "3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-";
    let none = count(closed);
    assert_eq!(
        count(&format!("{closed} 7</dev/null 9</dev/null")),
        none + 2
    );
}

#[tokio::test]
async fn inputs_must_be_plain_files() {
    let room = Room::new();
    let link = room.path().join("link");
    std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
    for input in [
        link.as_path(),
        Path::new("/dev/zero"),
        room.path(),
        Path::new("/nowhere"),
    ] {
        let mut job = room.job("echo", Value::Null);
        job.input = input.to_owned();
        let error = sandbox().run(job).await.unwrap_err();
        assert_eq!(
            (error.code(), error.fault()),
            ("not_accepted", Fault::Machine),
            "{input:?}"
        );
    }
    let mut job = room.job("echo", Value::Null);
    job.output_folder = room.path().join("input");
    let error = sandbox().run(job).await.unwrap_err();
    assert_eq!(error.code(), "not_accepted");
}

#[tokio::test]
async fn a_missing_program_is_the_machines_fault() {
    let room = Room::new();
    for idle in [0, 2] {
        let sandbox = Sandbox::new("/nowhere/rideau", limits()).idle_workers(idle);
        let error = sandbox
            .run(room.job("echo", Value::Null))
            .await
            .unwrap_err();
        assert_eq!(
            (error.code(), error.fault()),
            ("sandbox_io", Fault::Machine)
        );
    }
    // A program that is no worker of ours.
    let sandbox = Sandbox::new("/bin/echo", limits());
    let error = sandbox
        .run(room.job("echo", Value::Null))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "bad_reply");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_jobs_at_once_keep_apart() {
    let sandbox = std::sync::Arc::new(sandbox().idle_workers(3));
    let jobs: Vec<_> = (0..40)
        .map(|number| {
            let sandbox = sandbox.clone();
            tokio::spawn(async move {
                let room = Room::new();
                let (test, request) = match number % 4 {
                    0 => ("panic", Value::Null),
                    1 => ("connect", Value::Null),
                    _ => ("echo", json!(number)),
                };
                (number, sandbox.run(room.job(test, request)).await)
            })
        })
        .collect();
    for job in jobs {
        match job.await.unwrap() {
            (number, Ok(outcome)) => assert_eq!(outcome.value, json!(number)),
            (number, Err(SandboxError::Panicked { location })) => {
                assert_eq!(number % 4, 0);
                assert!(
                    location.starts_with("src/sandbox/selftest.rs:"),
                    "{location}"
                );
            }
            (number, Err(SandboxError::ForbiddenCall)) => assert_eq!(number % 4, 1),
            (number, Err(other)) => panic!("{number}: {other}"),
        }
    }
}

/// A name for the program that only one test uses, so that its workers can be found among all processes.
fn own_name(room: &Path) -> std::path::PathBuf {
    let name = room.join("rideau");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_rideau"), &name).unwrap();
    name
}

/// The workers that run under this name.
fn workers(program: &Path) -> Vec<String> {
    let command = format!("{}\0__worker\0", program.display());
    let runs = |entry: std::io::Result<fs::DirEntry>| {
        let process = entry.ok()?;
        let line = fs::read_to_string(process.path().join("cmdline")).ok()?;
        (line == command).then(|| process.file_name().into_string().unwrap())
    };
    fs::read_dir("/proc").unwrap().filter_map(runs).collect()
}

/// Waits until that many workers run. Processes come and go by the kernel's clock, not by tokio's.
fn wait_for_workers(program: &Path, count: usize) {
    let patience = Instant::now();
    while workers(program).len() != count {
        assert!(patience.elapsed().as_secs() < 30, "{:?}", workers(program));
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_dropped_job_takes_its_worker_with_it() {
    let room = Room::new();
    let program = own_name(room.path());
    let sandbox = Sandbox::new(&program, limits());
    let job = sandbox.run(room.job("sleep", Value::Null));
    let brief = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(brief, job).await.is_err());
    wait_for_workers(&program, 0);
}

#[tokio::test]
async fn idle_workers_end_with_the_sandbox() {
    let room = Room::new();
    let program = own_name(room.path());
    let sandbox = Sandbox::new(&program, limits()).idle_workers(3);
    sandbox.run(room.job("echo", Value::Null)).await.unwrap();
    wait_for_workers(&program, 3);
    drop(sandbox);
    wait_for_workers(&program, 0);
}

/// As the kernel does when memory is short.
fn kill_workers(program: &Path) {
    for process in workers(program) {
        let killed = std::process::Command::new("kill")
            .args(["-9", &process])
            .status();
        assert!(killed.unwrap().success());
        // Dead for its parent too: until then it looks alive to whoever asks.
        let dead = || {
            let stat = fs::read_to_string(format!("/proc/{process}/stat"));
            stat.map_or(true, |stat| {
                stat.rsplit_once(')')
                    .is_none_or(|(_, rest)| rest.starts_with(" Z"))
            })
        };
        let patience = Instant::now();
        while !dead() {
            assert!(patience.elapsed().as_secs() < 30, "{process} does not die");
            std::thread::yield_now();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_worker_killed_from_outside_is_the_machines_fault() {
    let room = Room::new();
    let program = own_name(room.path());
    let sandbox = Sandbox::new(&program, limits());
    let job = room.job("sleep", Value::Null);
    let running = tokio::spawn(async move { sandbox.run(job).await });
    wait_for_workers(&program, 1);
    kill_workers(&program);
    let error = running.await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.fault()),
        ("killed_from_outside", Fault::Machine)
    );
}

#[tokio::test]
async fn idle_workers_that_died_are_replaced() {
    let room = Room::new();
    let program = own_name(room.path());
    let sandbox = Sandbox::new(&program, limits()).idle_workers(2);
    sandbox.run(room.job("echo", Value::Null)).await.unwrap();
    wait_for_workers(&program, 2);
    kill_workers(&program);
    wait_for_workers(&program, 0);
    sandbox.run(room.job("echo", Value::Null)).await.unwrap();
}

#[tokio::test]
async fn it_starts_itself() {
    // This test program is no worker, but it starts and answers something else.
    let room = Room::new();
    let sandbox = Sandbox::of_this_program(limits()).unwrap();
    let error = sandbox
        .run(room.job("echo", Value::Null))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "bad_reply");
    let endless = Limits {
        wall_ms: u64::MAX,
        cpu_s: u64::MAX,
        memory_bytes: u64::MAX,
        output_bytes: u64::MAX,
        output_files: u64::MAX,
        reply_bytes: u64::MAX,
        open_files: 64,
    };
    assert!(run("echo", Value::Null, endless).await.is_ok());
}

const SLEEPER_ROOM: &str = "RIDEAU_TEST_SLEEPER_ROOM";

/// Not a test: the daemon that the next test kills.
#[tokio::test]
#[ignore = "started by another test"]
async fn daemon_with_a_sleeping_worker() {
    let Some(room) = std::env::var_os(SLEEPER_ROOM) else {
        return;
    };
    let room = Path::new(&room);
    let sandbox = Sandbox::new(room.join("rideau"), limits()).idle_workers(2);
    let (input, output) = (room.join("input"), room.join("output"));
    let job = Job::new("__selftest:sleep", input, output);
    assert!(sandbox.run(job).await.is_err());
}

#[test]
fn no_worker_outlives_a_killed_daemon() {
    let room = Room::new();
    let program = own_name(room.path());
    let mut daemon = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--ignored",
            "sandbox::daemon_with_a_sleeping_worker",
        ])
        .env(SLEEPER_ROOM, room.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_for_workers(&program, 3);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    wait_for_workers(&program, 0);
}

#[tokio::test]
async fn the_self_check_holds() {
    let scratch = tempfile::tempdir().unwrap();
    let result = self_check(&sandbox(), scratch.path()).await.unwrap();
    assert_eq!(result.attempts.len(), 8);
    assert!(result.holds(), "{result:#?}");
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
}

/// Makes these system calls look absent to the calling thread and to all it starts.
fn without(calls: &[i64]) {
    let rules: BTreeMap<_, _> = calls.iter().map(|&call| (call, Vec::new())).collect();
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

const LANDLOCK: &[i64] = &[
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
];

/// A kernel without Landlock: the test's thread loses the calls, and so does what it starts.
#[tokio::test]
async fn without_landlock_it_warns_or_refuses() {
    without(LANDLOCK);
    let report = probe();
    assert_eq!(
        (report.landlock, report.seccomp),
        (LandlockLevel::Missing, true)
    );
    assert!(!report.warnings.is_empty());

    let room = Room::new();
    let echo = sandbox().run(room.job("echo", json!(1))).await.unwrap();
    assert_eq!(echo.value, json!(1));
    // The system call list still stands, and the self check tells what does not.
    let error = sandbox()
        .run(room.job("connect", Value::Null))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "forbidden_call");
    let result = self_check(&sandbox(), room.path()).await.unwrap();
    let open: Vec<_> = result
        .attempts
        .iter()
        .filter(|attempt| !attempt.stopped)
        .map(|attempt| attempt.what.en.as_str())
        .collect();
    assert_eq!(
        open,
        ["read a file of the system", "write outside its folder"]
    );

    let strict = sandbox().require_landlock(true);
    let error = strict.run(room.job("echo", json!(1))).await.unwrap_err();
    assert_eq!(
        (error.code(), error.fault()),
        ("not_confined", Fault::Machine)
    );
}

#[tokio::test]
async fn without_seccomp_no_file_is_read() {
    without(&[libc::SYS_seccomp]);
    assert!(!probe().seccomp);
    let room = Room::new();
    let error = sandbox().run(room.job("echo", json!(1))).await.unwrap_err();
    assert_eq!(
        (error.code(), error.fault()),
        ("not_confined", Fault::Machine)
    );
}

/// What one job costs, with and without workers started ahead: `cargo test -- --ignored --nocapture cost`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn cost_of_a_job() {
    for (idle, at_once) in [(0, 1), (2, 1), (0, 2), (2, 2), (4, 2)] {
        let sandbox = std::sync::Arc::new(sandbox().idle_workers(idle));
        let room = std::sync::Arc::new(Room::new());
        sandbox.run(room.job("echo", json!(0))).await.unwrap();
        let count: u32 = 1_000;
        let start = Instant::now();
        let lanes: Vec<_> = (0..at_once)
            .map(|_| {
                let (sandbox, room) = (sandbox.clone(), room.clone());
                tokio::spawn(async move {
                    for number in 0..count / at_once {
                        sandbox.run(room.job("echo", json!(number))).await.unwrap();
                    }
                })
            })
            .collect();
        for lane in lanes {
            lane.await.unwrap();
        }
        let each = start.elapsed() / count;
        // What a caller waits for when the machine had time to start the next worker meanwhile.
        let mut waits = Vec::new();
        for number in 0..100 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            let start = Instant::now();
            sandbox.run(room.job("echo", json!(number))).await.unwrap();
            waits.push(start.elapsed());
        }
        waits.sort();
        let median = waits[waits.len() / 2];
        println!("idle {idle}, {at_once} at once: {each:?} per job; alone, a wait of {median:?}");
    }
}
