//! What this machine offers the sandbox, and whether it holds: for `rideau doctor`.
//!
//! Rule that must hold: [`probe`] tries the real calls, in a thread that ends afterwards, and never
//! concludes from a version number.

use std::{fs, io, path::Path, thread};

use rustix::process::Resource;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use serde_json::{Value, json};

use super::{
    confine,
    error::SandboxError,
    job::{Job, LandlockLevel},
    limits::Limits,
    parent::Sandbox,
    selftest::PREFIX,
};
use crate::domain::Bilingual;

/// What the kernel offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxReport {
    /// How far Landlock reaches.
    pub landlock: LandlockLevel,
    /// Whether system call lists can be loaded. Without them no file is read at all.
    pub seccomp: bool,
    /// Whether resource limits can be set.
    pub rlimits: bool,
    /// Whether the program runs as root, which makes a missing Landlock worse.
    pub root: bool,
    /// What the operator should know or change; empty when all is well.
    pub warnings: Vec<Bilingual>,
}

/// Tries what the kernel offers, without confining the caller.
pub fn probe() -> SandboxReport {
    // Landlock and seccomp bind the calling thread only, so a short-lived one can try them.
    let tried = thread::Builder::new()
        .name("sandbox-probe".to_owned())
        .spawn(|| {
            let landlock = confine::apply_landlock(None).unwrap_or(LandlockLevel::Missing);
            (landlock, harmless_filter().is_ok())
        })
        .map(thread::JoinHandle::join);
    let (landlock, seccomp) = match tried {
        Ok(Ok(found)) => found,
        Ok(Err(_)) | Err(_) => (LandlockLevel::Missing, false),
    };
    let now = rustix::process::getrlimit(Resource::Core);
    let rlimits = rustix::process::setrlimit(Resource::Core, now).is_ok();
    let root = rustix::process::geteuid().is_root();
    SandboxReport {
        landlock,
        seccomp,
        rlimits,
        root,
        warnings: warnings(landlock, seccomp, rlimits, root),
    }
}

/// A filter that changes nothing a thread does on its way out.
fn harmless_filter() -> Result<(), Box<dyn std::error::Error>> {
    let arch = TargetArch::try_from(std::env::consts::ARCH)?;
    let rules = [(libc::SYS_reboot, Vec::new())].into_iter().collect();
    let denied = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let program: BpfProgram =
        SeccompFilter::new(rules, SeccompAction::Allow, denied, arch)?.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}

fn warnings(landlock: LandlockLevel, seccomp: bool, rlimits: bool, root: bool) -> Vec<Bilingual> {
    let mut warnings = Vec::new();
    match landlock {
        LandlockLevel::Full { .. } => {}
        LandlockLevel::Partial { abi } => warnings.push(Bilingual::new(
            format!(
                "Landlock has version {abi} here: files are confined, the rest is left to the system call list. \
                 Linux 6.12 or newer confines all of it."
            ),
            format!(
                "Landlock est à la version {abi} ici : les fichiers sont confinés, le reste dépend de la liste \
                 d'appels système. Linux 6.12 ou plus récent confine le tout."
            ),
        )),
        LandlockLevel::Missing => warnings.push(Bilingual::new(
            "The kernel has no Landlock, or it is switched off: a file that takes over a parser can read \
             whatever the daemon's user can read. Use Linux 5.13 or newer and boot it with `landlock` in the \
             `lsm=` list, or set `require_landlock = true` to refuse all files here.",
            "Le noyau n'a pas Landlock, ou il est désactivé : un fichier qui prend le contrôle d'un lecteur peut \
             lire tout ce que peut lire l'utilisateur du service. Utilisez Linux 5.13 ou plus récent, avec \
             `landlock` dans la liste `lsm=` au démarrage, ou mettez `require_landlock = true` pour refuser \
             tous les fichiers ici.",
        )),
    }
    if !seccomp {
        warnings.push(Bilingual::new(
            "System call lists (seccomp) cannot be loaded here, so no file will be read. Use a kernel built with \
             CONFIG_SECCOMP_FILTER, on x86-64 or 64-bit ARM, and allow seccomp in the container.",
            "Les listes d'appels système (seccomp) ne peuvent pas être chargées ici; aucun fichier ne sera donc \
             lu. Utilisez un noyau avec CONFIG_SECCOMP_FILTER, sur x86-64 ou ARM 64 bits, et autorisez seccomp \
             dans le conteneur.",
        ));
    }
    if !rlimits {
        warnings.push(Bilingual::new(
            "Resource limits cannot be set here, so no file will be read. Check the container's settings.",
            "Les limites de ressources ne peuvent pas être fixées ici; aucun fichier ne sera donc lu. Vérifiez \
             les réglages du conteneur.",
        ));
    }
    if root && landlock == LandlockLevel::Missing {
        warnings.push(Bilingual::new(
            "The program runs as root without Landlock. Give it a user of its own.",
            "Le programme tourne en tant que root sans Landlock. Donnez-lui son propre utilisateur.",
        ));
    }
    warnings
}

/// What happened when a worker tried what it must not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfCheck {
    /// One entry for each thing tried.
    pub attempts: Vec<Attempt>,
}

impl SelfCheck {
    /// Whether the sandbox held throughout.
    pub fn holds(&self) -> bool {
        self.attempts.iter().all(|attempt| attempt.stopped)
    }
}

/// One thing that a worker tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried.
    pub what: Bilingual,
    /// Whether the sandbox stopped it.
    pub stopped: bool,
    /// By what: a system error, or the code of the [`SandboxError`].
    pub how: String,
}

/// Runs one worker for each thing that must not succeed, under the sandbox's real settings, with less
/// memory. `scratch` is an existing folder; what is made in it is removed.
///
/// Errors mean that workers do not run at all, so nothing could be tried.
pub async fn self_check(sandbox: &Sandbox, scratch: &Path) -> Result<SelfCheck, SandboxError> {
    let preparing = |source: io::Error| SandboxError::Io {
        doing: "preparing the self test",
        source,
    };
    let room = tempfile::tempdir_in(scratch).map_err(preparing)?;
    let input = room.path().join("input");
    let output = room.path().join("output");
    fs::write(&input, "sample").map_err(preparing)?;
    fs::create_dir(&output).map_err(preparing)?;
    let limits = Limits {
        wall_ms: 10_000,
        memory_bytes: sandbox.limits().memory_bytes.min(512 * 1024 * 1024),
        ..sandbox.limits().clone()
    };
    let job = |test: &str, request: Value| {
        Job::new(format!("{PREFIX}{test}"), &input, &output)
            .request(request)
            .limits(limits.clone())
    };
    // Without this, "nothing worked" would look like "everything was stopped".
    sandbox.run(job("echo", Value::Null)).await?;

    let outside = json!({ "path": room.path().join("outside").to_string_lossy() });
    let beyond = limits.memory_bytes.saturating_mul(2);
    let tries = [
        (
            "read_outside",
            json!({ "path": "/etc/passwd" }),
            "read a file of the system",
            "lire un fichier du système",
        ),
        (
            "write_outside",
            outside,
            "write outside its folder",
            "écrire hors de son dossier",
        ),
        (
            "connect",
            Value::Null,
            "reach the network",
            "joindre le réseau",
        ),
        (
            "exec",
            Value::Null,
            "start another program",
            "démarrer un autre programme",
        ),
        (
            "signal",
            Value::Null,
            "signal another process",
            "signaler un autre processus",
        ),
        (
            "raise_limit",
            Value::Null,
            "raise its own limits",
            "relever ses propres limites",
        ),
        (
            "permissions",
            Value::Null,
            "change the input's permissions",
            "changer les permissions du fichier d'entrée",
        ),
        (
            "allocate",
            json!({ "bytes": beyond }),
            "take more memory than allowed",
            "prendre plus de mémoire que permis",
        ),
    ];
    let mut attempts = Vec::with_capacity(tries.len());
    for (test, request, en, fr) in tries {
        let (stopped, how) = match sandbox.run(job(test, request)).await {
            Ok(outcome) => (
                outcome.value.get("stopped") == Some(&Value::Bool(true)),
                outcome
                    .value
                    .get("how")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            ),
            Err(error @ (SandboxError::ForbiddenCall | SandboxError::OutOfMemory { .. })) => {
                (true, error.code().to_owned())
            }
            Err(other) => return Err(other),
        };
        attempts.push(Attempt {
            what: Bilingual::new(en, fr),
            stopped,
            how,
        });
    }
    Ok(SelfCheck { attempts })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probing_leaves_the_caller_free() {
        let first = probe();
        assert!(first.rlimits);
        assert!(fs::read("/proc/self/stat").is_ok());
        assert_eq!(probe(), first);
    }

    #[test]
    fn every_weakness_is_named_in_both_languages() {
        let check = |landlock, seccomp, rlimits, root, expect: usize| {
            let warnings = warnings(landlock, seccomp, rlimits, root);
            assert_eq!(warnings.len(), expect, "{warnings:?}");
            assert!(warnings.iter().all(|warning| warning.en != warning.fr));
        };
        let (full, part) = (
            LandlockLevel::Full { abi: 7 },
            LandlockLevel::Partial { abi: 1 },
        );
        check(full, true, true, true, 0);
        check(part, true, true, true, 1);
        check(LandlockLevel::Missing, true, true, false, 1);
        check(LandlockLevel::Missing, true, true, true, 2);
        check(LandlockLevel::Missing, false, false, true, 4);
    }
}
