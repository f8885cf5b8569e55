//! Which system calls a parser may make.
//!
//! Two lists, loaded as two filters; the kernel obeys the stricter answer.
//!
//! - [`allowed`]: what Rust's standard library and the C library need to read an open file, write
//!   into a folder, allocate, use threads and end. Anything else gets `ENOSYS`, the answer of a
//!   kernel that lacks the call. C libraries try new calls first and fall back on exactly that answer
//!   (`clone3`, `openat2`, `getrandom` by vDSO…), so a newer library does not break the worker.
//! - [`deadly`]: what no parser ever needs. Making one of these means that the file has taken over
//!   the worker, so the worker is killed, and the parent sees `SIGSYS` and can say so.
//!
//! Rule that must hold: nothing in [`allowed`] changes permissions, owners, times or attributes of
//! files, because Landlock does not govern those.

use seccompiler::{
    BackendError, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCondition, SeccompRule,
};

/// System call numbers, each with the argument rules under which it matches (none: always).
pub(super) type Calls = Vec<(i64, Vec<SeccompRule>)>;

/// The calls a parser may make. `process_id` is the worker's own, the only one it may signal.
pub(super) fn allowed(process_id: u32) -> Result<Calls, BackendError> {
    let mut calls: Calls = PLAIN.iter().map(|&call| (call, Vec::new())).collect();
    let own = u64::from(process_id);
    let no_exec = || argument(2, SeccompCmpOp::MaskedEq(bits(libc::PROT_EXEC)), 0);
    calls.extend([
        // Memory is never executable: no code from the file, no late loading of libraries.
        (libc::SYS_mmap, vec![no_exec()?]),
        (libc::SYS_mprotect, vec![no_exec()?]),
        // Threads yes, processes and namespaces no.
        (libc::SYS_clone, vec![thread_flags()?]),
        // Only `abort` and its like signal, and only themselves. musl names the thread alone.
        (libc::SYS_tgkill, vec![argument(0, SeccompCmpOp::Eq, own)?]),
        (libc::SYS_tkill, vec![argument(0, SeccompCmpOp::Eq, own)?]),
        // Limits may be read; root could otherwise raise them.
        (libc::SYS_prlimit64, vec![read_limit()?]),
        (
            libc::SYS_fcntl,
            [
                libc::F_GETFD,
                libc::F_SETFD,
                libc::F_GETFL,
                libc::F_DUPFD_CLOEXEC,
            ]
            .into_iter()
            .map(|command| argument(1, SeccompCmpOp::Eq, bits(command)))
            .collect::<Result<_, _>>()?,
        ),
        (
            libc::SYS_prctl,
            vec![argument(0, SeccompCmpOp::Eq, bits(libc::PR_SET_NAME))?],
        ),
    ]);
    Ok(calls)
}

/// The calls that end the worker at once.
pub(super) fn deadly() -> Result<Calls, BackendError> {
    let mut calls: Calls = DEADLY.iter().map(|&call| (call, Vec::new())).collect();
    let process = argument(0, SeccompCmpOp::MaskedEq(bits(libc::CLONE_THREAD)), 0)?;
    calls.push((libc::SYS_clone, vec![process]));
    Ok(calls)
}

const PLAIN: &[i64] = &[
    // Reading and writing what is open.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    // Names; Landlock decides which.
    libc::SYS_openat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads.
    libc::SYS_futex,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals to oneself: the stack overflow handler, `abort`.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Time and chance.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    // Harmless questions.
    libc::SYS_getrusage,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_ppoll,
    // The older spellings that x86-64 keeps; glibc or musl still use each of them.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getrlimit,
];

const DEADLY: &[i64] = &[
    // Other programs and processes.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_kill,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    // The network.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    // Ways around this very list, and the kernel's widest doors.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_memfd_create,
    // What root could do to the machine.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_capset,
    libc::SYS_mknodat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
];

/// `clone` for a thread that stays in our namespaces.
fn thread_flags() -> Result<SeccompRule, BackendError> {
    let namespaces = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWCGROUP;
    let thread = libc::CLONE_THREAD | libc::CLONE_VM;
    argument(
        0,
        SeccompCmpOp::MaskedEq(bits(thread | namespaces)),
        bits(thread),
    )
}

/// `prlimit64` on ourselves, with no new value.
fn read_limit() -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![
        SeccompCondition::new(0, Dword, SeccompCmpOp::Eq, 0)?,
        SeccompCondition::new(2, seccompiler::SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?,
    ])
}

fn argument(index: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(index, Dword, operator, value)?])
}

/// The bit pattern of a flag word of the C interface.
fn bits(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbers(calls: &Calls) -> BTreeSet<i64> {
        calls.iter().map(|(number, _)| *number).collect()
    }

    #[test]
    fn no_call_is_listed_twice_or_in_both_lists() {
        let (allowed, deadly) = (allowed(1).unwrap(), deadly().unwrap());
        assert_eq!(numbers(&allowed).len(), allowed.len());
        assert_eq!(numbers(&deadly).len(), deadly.len());
        let both: Vec<i64> = numbers(&allowed)
            .intersection(&numbers(&deadly))
            .copied()
            .collect();
        assert_eq!(
            both,
            [libc::SYS_clone],
            "only `clone` is judged by its flags"
        );
    }

    #[test]
    fn what_landlock_does_not_govern_is_not_allowed() {
        let allowed = numbers(&allowed(1).unwrap());
        for call in [
            libc::SYS_fchmod,
            libc::SYS_fchmodat,
            libc::SYS_fchown,
            libc::SYS_fchownat,
            libc::SYS_utimensat,
            libc::SYS_setxattr,
            libc::SYS_fsetxattr,
            libc::SYS_chdir,
            libc::SYS_fchdir,
            libc::SYS_ioctl,
            libc::SYS_linkat,
            libc::SYS_symlinkat,
            libc::SYS_clone3,
            libc::SYS_setrlimit,
        ] {
            assert!(!allowed.contains(&call), "call {call}");
        }
    }
}
