//! A running `rideau run`, with its log.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Longest time that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(90);

/// Lines so far, and whether there will be more.
type Log = Arc<(Mutex<(Vec<String>, bool)>, Condvar)>;

/// The process. Killed when dropped.
pub(crate) struct Daemon {
    child: Child,
    log: Log,
}

impl Daemon {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let log: Log = Arc::default();
        let (stderr, kept) = (child.stderr.take().unwrap(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                kept.0.lock().unwrap().0.push(line);
                kept.1.notify_all();
            }
            kept.0.lock().unwrap().1 = true;
            kept.1.notify_all();
        });
        Self { child, log }
    }

    /// Waits until a line of the log holds this text; gives the line.
    pub(crate) fn says(&self, text: &str) -> String {
        self.says_since(0, text).1
    }

    /// The same from a line on; gives also the number of the next line.
    pub(crate) fn says_since(&self, from: usize, text: &str) -> (usize, String) {
        let until = Instant::now() + PATIENCE;
        let (lock, condition) = &*self.log;
        let mut log = lock.lock().unwrap();
        loop {
            let found = log.0.iter().skip(from).position(|line| line.contains(text));
            if let Some(at) = found {
                return (from + at + 1, log.0[from + at].clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !log.1,
                "the daemon never said “{text}”:\n{}",
                log.0.join("\n")
            );
            log = condition.wait_timeout(log, left).unwrap().0;
        }
    }

    /// All that was said so far.
    pub(crate) fn log(&self) -> String {
        self.log.0.lock().unwrap().0.join("\n")
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// SIGKILL, if it still runs. Whether it did.
    pub(crate) fn kill(mut self) -> bool {
        let running = self.child.try_wait().unwrap().is_none();
        if running {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
        running
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self, within: Duration) -> ExitStatus {
        let until = Instant::now() + within;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < until,
                "still running after {within:?}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where it listens, from its log. Needs `web.listen` with port 0.
    pub(crate) fn address(&self) -> String {
        let line = self.says("operators' pages");
        let at = line.find("127.0.0.1:").expect("the address is in the line");
        line[at..]
            .chars()
            .take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
            .collect()
    }

    /// GET; status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address()).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        (status, body)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}
