//! What goes into a worker and what comes out: the words both sides share.
//!
//! The parent writes one [`Frame`] as JSON to the worker's standard input and closes it. The worker
//! writes one [`Reply`] as JSON to its standard output and exits. Rule that must hold: the parent
//! trusts nothing in a reply beyond its type, because a hostile file may have written it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::limits::{Limits, Profile};
use crate::domain::Bilingual;

/// Raised whenever [`Frame`] or [`Reply`] change, so that an old worker never guesses.
pub(super) const PROTOCOL: u32 = 1;

/// One piece of work for the sandbox.
#[derive(Clone, Debug)]
pub struct Job {
    /// Which of the worker's operations to run.
    pub operation: String,
    /// What the operation wants to know; its own format.
    pub request: Value,
    /// The file to read. The worker gets it open and read-only, never its name.
    pub input: PathBuf,
    /// Further files to read, handed over in this order.
    pub extra_inputs: Vec<PathBuf>,
    /// An existing, empty folder, made by the caller. The worker writes its files here and the caller
    /// removes it, also when the job fails.
    pub output_folder: PathBuf,
    /// How it is confined.
    pub profile: Profile,
    /// Limits for this job alone; the sandbox's own when `None`.
    pub limits: Option<Limits>,
}

impl Job {
    /// A parser job with no request, no further inputs and the sandbox's limits.
    pub fn new(
        operation: impl Into<String>,
        input: impl Into<PathBuf>,
        output_folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            operation: operation.into(),
            request: Value::Null,
            input: input.into(),
            extra_inputs: Vec::new(),
            output_folder: output_folder.into(),
            profile: Profile::Parser,
            limits: None,
        }
    }

    /// The same job with this request.
    #[must_use]
    pub fn request(mut self, request: Value) -> Self {
        self.request = request;
        self
    }

    /// The same job with its own limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }
}

/// What a job that went well left behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The operation's answer.
    pub value: Value,
    /// The files in the output folder, by name.
    pub files: Vec<OutputFile>,
    /// Processor time, in milliseconds, as the worker measured it.
    pub cpu_ms: u64,
    /// Peak resident memory in bytes, as the worker measured it; `None` where `/proc` is missing.
    pub peak_memory_bytes: Option<u64>,
}

/// One plain file in the output folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name: no separator, no leading dot, no control character.
    pub name: String,
    /// Its length in bytes.
    pub size_bytes: u64,
}

/// Why a worker gave a file back, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerFailure {
    /// A stable word for tables and metrics, such as `encrypted`.
    pub code: String,
    /// What happened and what to do, without any text of the document.
    pub message: Bilingual,
    /// Whether the machine is at fault (a full disk) and another try can help.
    pub temporary: bool,
}

/// How an operation inside the worker ends when it does not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// The operation gave up with a reason.
    #[error("the worker refused the file: {}", .0.code)]
    Refused(WorkerFailure),
    /// The operation panicked. Only the place in our code is kept: the message could quote the document.
    #[error("the worker panicked at {location}")]
    Panicked {
        /// File and line.
        location: String,
    },
}

impl WorkerError {
    /// The file is at fault; trying again gives the same.
    pub fn refuse(code: impl Into<String>, en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self::Refused(WorkerFailure {
            code: code.into(),
            message: Bilingual::new(en, fr),
            temporary: false,
        })
    }

    /// The machine is at fault; trying again can help.
    pub fn machine(code: impl Into<String>, en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self::Refused(WorkerFailure {
            code: code.into(),
            message: Bilingual::new(en, fr),
            temporary: true,
        })
    }
}

/// How far Landlock confines the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "level")]
pub enum LandlockLevel {
    /// Files, TCP, signals and abstract sockets are all confined.
    Full {
        /// Version of the kernel interface in use.
        abi: u32,
    },
    /// Files are confined; the kernel is too old for the rest, which the system call list covers.
    Partial {
        /// Version of the kernel interface in use.
        abi: u32,
    },
    /// The kernel has no Landlock, or it is switched off: the worker can open whatever its user can.
    Missing,
}

/// The parent's order to the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) protocol: u32,
    pub(super) operation: String,
    pub(super) request: Value,
    pub(super) input: PathBuf,
    pub(super) extra_inputs: Vec<PathBuf>,
    pub(super) output_folder: PathBuf,
    pub(super) profile: Profile,
    pub(super) limits: Limits,
    pub(super) require_landlock: bool,
}

/// The worker's answer to the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) protocol: u32,
    pub(super) confinement: Option<Confinement>,
    pub(super) cpu_ms: u64,
    pub(super) peak_memory_bytes: Option<u64>,
    pub(super) answer: Answer,
}

/// What the worker could do to lock itself in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Confinement {
    pub(super) landlock: LandlockLevel,
    /// Descriptors beyond the three standard ones that the daemon's own parent left open for us.
    pub(super) inherited_descriptors: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// The operation's answer.
    Done(Value),
    /// The operation gave up.
    Refused(WorkerFailure),
    /// The operation panicked here.
    Panicked(String),
    /// The worker could not lock itself in and did not touch the file.
    NotConfined(String),
    /// The order could not be carried out: another program version, or a path that does not open.
    NotAccepted(String),
}
