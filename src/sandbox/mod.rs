//! The child process in which every parser runs, and its limits.
//!
//! A document comes from outside and may be built to harm. So no parser runs in the daemon: the
//! program starts itself again as a worker, hands over one file, and takes back one JSON answer and
//! plain files in a folder. Before the worker looks at the file it gives up what it does not need:
//!
//! | what | by | stops |
//! |---|---|---|
//! | memory, processor time, file size, open files | resource limits | bombs, endless loops |
//! | every path but the output folder | Landlock | reading other records, writing elsewhere |
//! | all system calls but some eighty | seccomp | network, other programs, other processes |
//! | root's powers | dropped capabilities | the same when the daemon runs as root |
//! | time, reply, number and size of outputs | the parent | what hangs or floods |
//!
//! It leans on `landlock`, `seccompiler` and `rustix`, whose safe interfaces suffice. Rule that must
//! hold: whatever a file does, it costs one job, with an error that says which limit it met.

mod child;
mod confine;
mod error;
mod job;
mod limits;
mod outputs;
mod parent;
mod probe;
mod selftest;
mod spawner;
mod syscalls;

pub use child::{Task, main as worker_main};
pub use error::{Fault, SandboxError};
pub use job::{Job, LandlockLevel, Outcome, OutputFile, WorkerError, WorkerFailure};
pub use limits::{Limits, Profile};
pub use parent::Sandbox;
pub use probe::{Attempt, SandboxReport, SelfCheck, probe, self_check};
pub use spawner::WORKER_ARGUMENT;
