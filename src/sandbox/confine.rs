//! How a process locks itself in: resource limits, Landlock, capabilities, seccomp.
//!
//! Each step only takes away. The order matters: limits first, so that nothing later can be made to
//! grow; Landlock before seccomp, which forbids the calls that Landlock needs. Rule that must hold: a
//! step that fails stops the job, with Landlock's absence as the single exception, and that one is told.

use std::{fs, os::fd::OwnedFd};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope, make_bitflags,
};
use rustix::{
    process::{DumpableBehavior, Resource, Rlimit},
    thread::{CapabilitySet, CapabilitySets},
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use super::{
    job::LandlockLevel,
    limits::Limits,
    syscalls::{self, Calls},
};

/// The Landlock interface whose rights we know and ask for. Version 6 (Linux 6.12) is the last that
/// adds something for us: files, TCP, signals, abstract sockets. Older kernels give what they can.
const KNOWN: ABI = ABI::V6;

/// Applies the resource limits and keeps document text out of core dumps.
///
/// `RLIMIT_NPROC` is left alone on purpose: it counts all processes of the user on the machine, so a
/// number that fits one worker starves the next. Processes are forbidden by seccomp, threads are
/// bounded by address space.
pub(super) fn apply_limits(limits: &Limits) -> Result<(), String> {
    for (name, resource, value) in [
        ("core size", Resource::Core, 0),
        ("address space", Resource::As, limits.memory_bytes),
        ("file size", Resource::Fsize, limits.output_bytes),
        ("open files", Resource::Nofile, limits.open_files),
    ] {
        set_limit(resource, value, value).map_err(|error| format!("{name}: {error}"))?;
    }
    // The soft limit sends SIGXCPU, which names the reason; the hard one kills what ignores it.
    set_limit(Resource::Cpu, limits.cpu_s, limits.cpu_s.saturating_add(1))
        .map_err(|error| format!("processor time: {error}"))?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| format!("core dump: {error}"))
}

/// Sets one limit; keeps what is already stricter, since only root may raise it.
fn set_limit(resource: Resource, soft: u64, hard: u64) -> rustix::io::Result<()> {
    let ceiling = rustix::process::getrlimit(resource)
        .maximum
        .unwrap_or(u64::MAX);
    let wanted = Rlimit {
        current: Some(soft.min(ceiling)),
        maximum: Some(hard.min(ceiling)),
    };
    rustix::process::setrlimit(resource, wanted)
}

/// Shuts every path but the output folder, TCP, and signals to others. Best effort by kernel version.
///
/// Only the calling thread is confined, so it must be the only one.
pub(super) fn apply_landlock(output_folder: Option<OwnedFd>) -> Result<LandlockLevel, String> {
    let inside: BitFlags<AccessFs> = make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | MakeReg | RemoveFile
    });
    let restrict = || {
        let mut ruleset = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(KNOWN))?
            .handle_access(AccessNet::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?;
        if let Some(folder) = output_folder {
            ruleset = ruleset.add_rule(PathBeneath::new(folder, inside))?;
        }
        ruleset.restrict_self()
    };
    let status = restrict().map_err(|error| format!("Landlock: {error}"))?;
    let abi = match status.landlock {
        LandlockStatus::Available {
            effective_abi,
            kernel_abi,
        } => kernel_abi.map_or(effective_abi as u32, i32::cast_unsigned),
        LandlockStatus::NotEnabled | LandlockStatus::NotImplemented => 0,
    };
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => LandlockLevel::Full { abi },
        RulesetStatus::PartiallyEnforced => LandlockLevel::Partial { abi },
        RulesetStatus::NotEnforced => LandlockLevel::Missing,
    })
}

/// Gives up root's powers. Without effect on an ordinary user.
pub(super) fn drop_capabilities() -> Result<(), String> {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_no_new_privs(true)
        .map_err(|error| format!("no new privileges: {error}"))?;
    rustix::thread::set_capabilities(None, none).map_err(|error| format!("capabilities: {error}"))
}

/// Loads the two system call lists of [`syscalls`]. After this there is no way back.
pub(super) fn apply_seccomp() -> Result<(), String> {
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let allowed = syscalls::allowed(std::process::id())
        .and_then(|calls| compile(calls, absent, SeccompAction::Allow));
    let deadly = syscalls::deadly()
        .and_then(|calls| compile(calls, SeccompAction::Allow, SeccompAction::KillProcess));
    // The deadly list goes first: the allowed list does not let a second filter in.
    for filter in [deadly, allowed] {
        let program = filter.map_err(|error| format!("seccomp: {error}"))?;
        seccompiler::apply_filter(&program).map_err(|error| format!("seccomp: {error}"))?;
    }
    Ok(())
}

fn compile(
    calls: Calls,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(calls.into_iter().collect(), otherwise, listed, arch)?.try_into()
}

/// How many threads this process has; `None` where `/proc` is missing.
pub(super) fn thread_count() -> Option<usize> {
    Some(fs::read_dir("/proc/self/task").ok()?.count())
}

/// Descriptors beyond the three standard ones that came with the process; 0 where `/proc` is missing.
pub(super) fn inherited_descriptors() -> u32 {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return 0;
    };
    let beyond = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&descriptor| descriptor > 2)
        .count();
    // One of them is the listing itself.
    u32::try_from(beyond.saturating_sub(1)).unwrap_or(u32::MAX)
}
