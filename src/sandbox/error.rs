//! What can go wrong with a job, whose fault it is, and what to tell people.

use std::io;

use super::job::WorkerFailure;
use crate::domain::Bilingual;

/// Whose fault a failed job is; the queue decides by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file's: trying again gives the same. The item goes to a person, with the reason.
    File,
    /// The machine's: trying again can help.
    Machine,
}

/// Why a job gave no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The worker did not end in time and was killed.
    #[error("the worker was stopped after {wall_ms} ms")]
    TimedOut {
        /// The limit, in milliseconds.
        wall_ms: u64,
    },
    /// The worker used up its processor time.
    #[error("the worker used more than {cpu_s} s of processor time")]
    CpuExhausted {
        /// The limit, in seconds.
        cpu_s: u64,
    },
    /// The worker asked for more memory than it may have.
    #[error("the worker needed more than {memory_bytes} bytes of memory")]
    OutOfMemory {
        /// The limit, in bytes.
        memory_bytes: u64,
    },
    /// The file is nested so deeply that the worker ran out of stack.
    #[error("the worker ran out of stack")]
    NestedTooDeeply,
    /// The output files are too many or too large together, or one is.
    #[error("the worker wrote more than {output_bytes} bytes or {output_files} files")]
    OutputTooLarge {
        /// The limit for all files together, in bytes.
        output_bytes: u64,
        /// The limit for their number.
        output_files: u64,
    },
    /// The output folder holds something that is not a plain file with a plain name.
    #[error("the worker left an output that is not acceptable: {what}")]
    BadOutput {
        /// What is wrong; never the name, which the file may have chosen.
        what: &'static str,
    },
    /// The worker made a system call that no parser makes.
    #[error("the worker made a forbidden system call")]
    ForbiddenCall,
    /// The worker was ended by a signal.
    #[error("the worker crashed with signal {signal}")]
    Crashed {
        /// The signal's number.
        signal: i32,
    },
    /// The worker panicked.
    #[error("the worker panicked at {location}")]
    Panicked {
        /// File and line in the program.
        location: String,
    },
    /// The answer is not one.
    #[error("the worker gave no usable reply: {what}")]
    BadReply {
        /// What is wrong with it.
        what: String,
    },
    /// The operation gave up, with its own reason.
    #[error("the worker refused the file: {}", .0.code)]
    Refused(WorkerFailure),
    /// Something else on the machine killed the worker, most likely the kernel for want of memory.
    #[error("the worker was killed from outside")]
    KilledFromOutside,
    /// The worker could not lock itself in, so it did not look at the file.
    #[error("the worker could not be confined: {what}")]
    NotConfined {
        /// Which step failed.
        what: String,
    },
    /// The worker could not open what the job names, or is another version of the program.
    #[error("the worker could not take the job: {what}")]
    NotAccepted {
        /// Why.
        what: String,
    },
    /// The worker could not be started, or its outputs could not be listed.
    #[error("{doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl SandboxError {
    /// Whose fault it is.
    ///
    /// A wall-clock limit may only say that the machine is busy, so it counts as the machine's; the
    /// processor time limit catches the file that loops.
    pub fn fault(&self) -> Fault {
        match self {
            Self::CpuExhausted { .. }
            | Self::OutOfMemory { .. }
            | Self::NestedTooDeeply
            | Self::OutputTooLarge { .. }
            | Self::BadOutput { .. }
            | Self::ForbiddenCall
            | Self::Crashed { .. }
            | Self::Panicked { .. }
            | Self::BadReply { .. } => Fault::File,
            Self::Refused(failure) if !failure.temporary => Fault::File,
            Self::Refused(_)
            | Self::TimedOut { .. }
            | Self::KilledFromOutside
            | Self::NotConfined { .. }
            | Self::NotAccepted { .. }
            | Self::Io { .. } => Fault::Machine,
        }
    }

    /// A stable word for tables, logs and metrics.
    pub fn code(&self) -> &str {
        match self {
            Self::TimedOut { .. } => "timed_out",
            Self::CpuExhausted { .. } => "cpu_exhausted",
            Self::OutOfMemory { .. } => "out_of_memory",
            Self::NestedTooDeeply => "nested_too_deeply",
            Self::OutputTooLarge { .. } => "output_too_large",
            Self::BadOutput { .. } => "bad_output",
            Self::ForbiddenCall => "forbidden_call",
            Self::Crashed { .. } => "crashed",
            Self::Panicked { .. } => "panicked",
            Self::BadReply { .. } => "bad_reply",
            Self::Refused(failure) => &failure.code,
            Self::KilledFromOutside => "killed_from_outside",
            Self::NotConfined { .. } => "not_confined",
            Self::NotAccepted { .. } => "not_accepted",
            Self::Io { .. } => "sandbox_io",
        }
    }

    /// What happened, why, and what to do next, for the person who looks after the item.
    pub fn explain(&self) -> Bilingual {
        match self {
            Self::TimedOut { wall_ms } => {
                let s = wall_ms.div_ceil(1_000);
                Bilingual::new(
                    format!(
                        "Reading the file took longer than {s} s and was stopped. The machine may be busy; \
                         it will be tried again. If it keeps happening, open the file in its own program \
                         and save it again, or raise the time limit."
                    ),
                    format!(
                        "La lecture du fichier a dépassé {s} s et a été arrêtée. L'ordinateur est peut-être \
                         occupé; un autre essai sera fait. Si cela se répète, ouvrez le fichier dans son \
                         logiciel et enregistrez-le de nouveau, ou augmentez la limite de temps."
                    ),
                )
            }
            Self::CpuExhausted { cpu_s } => Bilingual::new(
                format!(
                    "Reading the file used more than {cpu_s} s of processor time and was stopped. The file is \
                     damaged, very large, or made to do this. {CHECK_EN}"
                ),
                format!(
                    "La lecture du fichier a utilisé plus de {cpu_s} s de temps de processeur et a été arrêtée. \
                     Le fichier est endommagé, très volumineux ou conçu pour cela. {CHECK_FR}"
                ),
            ),
            Self::OutOfMemory { memory_bytes } => {
                let mib = memory_bytes / (1024 * 1024);
                Bilingual::new(
                    format!(
                        "Reading the file needed more than {mib} MiB of memory and was stopped. The file is \
                         damaged, very large, or made to do this. {CHECK_EN}"
                    ),
                    format!(
                        "La lecture du fichier demandait plus de {mib} Mio de mémoire et a été arrêtée. Le \
                         fichier est endommagé, très volumineux ou conçu pour cela. {CHECK_FR}"
                    ),
                )
            }
            Self::NestedTooDeeply => Bilingual::new(
                format!(
                    "The file is nested too deeply to be read: it is damaged or made to do this. {CHECK_EN}"
                ),
                format!(
                    "Le fichier est imbriqué trop profondément pour être lu : il est endommagé ou conçu pour \
                     cela. {CHECK_FR}"
                ),
            ),
            Self::OutputTooLarge {
                output_bytes,
                output_files,
            } => {
                let mib = output_bytes / (1024 * 1024);
                Bilingual::new(
                    format!(
                        "What the file turns into is larger than {mib} MiB or more than {output_files} files, so \
                         the work was stopped. Check that the file is what it should be; if so, raise the \
                         output limit or split the file."
                    ),
                    format!(
                        "Le résultat tiré du fichier dépasse {mib} Mio ou {output_files} fichiers; le travail a \
                         été arrêté. Vérifiez que le fichier est bien ce qu'il devrait être; si oui, augmentez \
                         la limite de sortie ou divisez le fichier."
                    ),
                )
            }
            Self::BadOutput { .. } | Self::ForbiddenCall => Bilingual::new(
                "While the file was read, the reader tried to do something no reader may do, and was stopped. \
                 Nothing left the sandbox. The file may be an attack: do not open it, and tell your security team.",
                "Pendant la lecture du fichier, le lecteur a tenté une action interdite et a été arrêté. Rien \
                 n'est sorti du bac à sable. Le fichier peut être une attaque : ne l'ouvrez pas et avisez votre \
                 équipe de sécurité.",
            ),
            Self::Crashed { signal } => Bilingual::new(
                format!("The reader crashed on this file (signal {signal}). {CHECK_EN}"),
                format!(
                    "Le lecteur s'est arrêté brusquement sur ce fichier (signal {signal}). {CHECK_FR}"
                ),
            ),
            Self::Panicked { location } => Bilingual::new(
                format!(
                    "The reader met a case it does not handle ({location}). This is a fault in the program: \
                     please report that place. {CHECK_EN}"
                ),
                format!(
                    "Le lecteur a rencontré un cas qu'il ne traite pas ({location}). C'est un défaut du \
                     programme : veuillez signaler cet endroit. {CHECK_FR}"
                ),
            ),
            Self::BadReply { .. } => Bilingual::new(
                format!("The reader gave no usable answer for this file. {CHECK_EN}"),
                format!(
                    "Le lecteur n'a donné aucune réponse utilisable pour ce fichier. {CHECK_FR}"
                ),
            ),
            Self::Refused(failure) => failure.message.clone(),
            Self::KilledFromOutside => Bilingual::new(
                "The reader was killed by the system, most likely because the machine ran out of memory. It will \
                 be tried again. If it keeps happening, add memory or run fewer conversions at a time.",
                "Le lecteur a été arrêté par le système, sans doute faute de mémoire sur l'ordinateur. Un autre \
                 essai sera fait. Si cela se répète, ajoutez de la mémoire ou réduisez le nombre de conversions \
                 simultanées.",
            ),
            Self::NotConfined { what } => Bilingual::new(
                format!(
                    "The file was not opened, because the sandbox could not be closed on this machine ({what}). \
                     Run `rideau doctor` and correct what it names."
                ),
                format!(
                    "Le fichier n'a pas été ouvert, car le bac à sable n'a pas pu être fermé sur cet ordinateur \
                     ({what}). Lancez `rideau doctor` et corrigez ce qu'il signale."
                ),
            ),
            Self::NotAccepted { what } => Bilingual::new(
                format!(
                    "The reader could not start on the file ({what}). It will be tried again. If the program was \
                     just upgraded, restart it."
                ),
                format!(
                    "Le lecteur n'a pas pu commencer le fichier ({what}). Un autre essai sera fait. Si le \
                     programme vient d'être mis à niveau, redémarrez-le."
                ),
            ),
            Self::Io { doing, source } => Bilingual::new(
                format!(
                    "The machine could not do its part ({doing}: {source}). It will be tried again. Check free \
                     space, permissions and the number of processes."
                ),
                format!(
                    "L'ordinateur n'a pas pu faire sa part ({doing} : {source}). Un autre essai sera fait. \
                     Vérifiez l'espace libre, les permissions et le nombre de processus."
                ),
            ),
        }
    }
}

const CHECK_EN: &str = "Open it in its own program; if it opens, save it under a new name and put that in its \
                        place. Otherwise set it aside.";
const CHECK_FR: &str = "Ouvrez-le dans son logiciel; s'il s'ouvre, enregistrez-le sous un nouveau nom et \
                        remplacez-le. Sinon, mettez-le de côté.";
