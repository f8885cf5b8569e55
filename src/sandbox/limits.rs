//! How much one job may use, and which kind of confinement it gets.

use serde::{Deserialize, Serialize};

const MIB: u64 = 1024 * 1024;

/// The most that one job may use. Reaching any of these costs that job only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Wall-clock time from handing over the job to its end, in milliseconds.
    pub wall_ms: u64,
    /// Processor time, in whole seconds (`RLIMIT_CPU`).
    pub cpu_s: u64,
    /// Address space, in bytes (`RLIMIT_AS`). Counts what is reserved, not only what is used, and
    /// includes the program itself, so values under 128 MiB leave little for the file.
    pub memory_bytes: u64,
    /// All output files of the job together, in bytes.
    pub output_bytes: u64,
    /// How many output files the job may leave.
    pub output_files: u64,
    /// Length of the JSON reply, in bytes.
    pub reply_bytes: u64,
    /// File descriptors open at the same time (`RLIMIT_NOFILE`).
    pub open_files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_ms: 120_000,
            cpu_s: 60,
            memory_bytes: 1024 * MIB,
            output_bytes: 2048 * MIB,
            output_files: 2_000,
            reply_bytes: 32 * MIB,
            open_files: 64,
        }
    }
}

/// What kind of program runs inside.
///
/// An office suite needs a second profile. It would start a foreign program, so it would be confined
/// in the same order and then call `exec`. It differs in four points: Landlock rules to read and
/// execute the suite's own folders, the system libraries and the fonts, with its home inside the output
/// folder; system calls for child processes, pipes and local sockets (`AF_UNIX` only, so the network
/// stays shut twice); a memory limit by control group, because the suite reserves far more address
/// space than it uses; a limit on the number of processes in the same group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Profile {
    /// Our own parsers: one process, no network, no other program, one input, one output folder.
    #[default]
    Parser,
}
