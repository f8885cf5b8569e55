//! What the system's errors mean for a drive, in words.
//!
//! Rule that must hold: an error that a dead server can cause never reads as "it is not there".

use std::time::Duration;

use rideau_domain::{Bilingual, bilingual};
use rustix::io::Errno;

use crate::PortError;

/// An error of the file system while reading `what` (a path that people know).
pub(super) fn problem(errno: Errno, what: &str) -> PortError {
    let error = match errno {
        Errno::NOENT | Errno::NOTDIR => gone(what),
        Errno::LOOP => changed(what),
        Errno::ACCESS | Errno::PERM => PortError::needs_person(
            "forbidden",
            bilingual!(
                "“{what}” must not be read by this account. Give it the right to read, or add the name to the ignore list.",
                "Ce compte n’a pas le droit de lire « {what} ». Accordez-lui le droit de lecture, ou ajoutez le nom à la liste à ignorer."
            ),
        ),
        Errno::BUSY | Errno::TXTBSY | Errno::AGAIN | Errno::DEADLK => PortError::temporary(
            "busy",
            bilingual!(
                "“{what}” is in use by another program. It is tried again later.",
                "« {what} » est utilisé par un autre programme. Un nouvel essai aura lieu plus tard."
            ),
        ),
        Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::INTR => PortError::temporary(
            "busy",
            bilingual!(
                "This machine has no room to open “{what}” now ({errno}). It is tried again later.",
                "Cette machine ne peut pas ouvrir « {what} » pour l’instant ({errno}). Un nouvel essai aura lieu plus tard."
            ),
        ),
        Errno::NAMETOOLONG | Errno::INVAL | Errno::ILSEQ => PortError::permanent(
            "invalid",
            bilingual!(
                "“{what}” cannot be opened under this name ({errno}). Give it a shorter, plain name in the source.",
                "« {what} » ne peut pas être ouvert sous ce nom ({errno}). Donnez-lui un nom plus court et plus simple dans la source."
            ),
        ),
        _ => PortError::temporary(
            "unreachable",
            bilingual!(
                "“{what}” could not be read ({errno}). The drive or its server may be down; what is known stays as it is, and it is tried again.",
                "« {what} » n’a pas pu être lu ({errno}). Le lecteur ou son serveur est peut-être en panne ; ce qui est connu reste tel quel, et un nouvel essai aura lieu."
            ),
        ),
    };
    error.because(std::io::Error::from(errno))
}

/// The same for the root, whose absence is an outage.
pub(super) fn root_problem(errno: Errno, root: &str) -> PortError {
    match errno {
        Errno::NOENT | Errno::NOTDIR | Errno::LOOP => PortError::temporary(
            "unreachable",
            bilingual!(
                "The folder “{root}” is not there. Check that the share is mounted and that `path` is right.",
                "Le dossier « {root} » est introuvable. Vérifiez que le partage est monté et que `path` est exact."
            ),
        )
        .because(std::io::Error::from(errno)),
        _ => problem(errno, root),
    }
}

pub(super) fn gone(what: &str) -> PortError {
    PortError::temporary(
        "gone",
        bilingual!(
            "“{what}” is not there any more. The next scan tells whether it was moved or deleted.",
            "« {what} » n’est plus là. Le prochain balayage dira s’il a été déplacé ou supprimé."
        ),
    )
}

pub(super) fn changed(what: &str) -> PortError {
    PortError::temporary(
        "changed",
        bilingual!(
            "“{what}” is not as the scan saw it. It is read again when it has settled.",
            "« {what} » n’est plus tel que le balayage l’a vu. Il sera relu une fois stable."
        ),
    )
}

pub(super) fn invalid_id(native_id: &str) -> PortError {
    PortError::permanent(
        "invalid",
        bilingual!(
            "“{native_id}” is not an id that this source gives.",
            "« {native_id} » n’est pas un identifiant que cette source attribue."
        ),
    )
}

pub(super) fn stopped() -> PortError {
    PortError::temporary(
        "stopped",
        Bilingual::new(
            "The reading of the drive was stopped before its end. It is tried again.",
            "La lecture du lecteur a été interrompue avant la fin. Un nouvel essai aura lieu.",
        ),
    )
}

/// Nothing came for too long.
pub(super) fn stalled(what: &str, patience: Duration) -> PortError {
    let seconds = patience.as_secs();
    PortError::temporary(
        "stalled",
        bilingual!(
            "“{what}” has not answered for {seconds} seconds and was given up; what is known stays as it is, and it is tried again. Check the server and the mount (options `soft`, `timeo`).",
            "« {what} » n’a pas répondu depuis {seconds} secondes et a été abandonné ; ce qui est connu reste tel quel, et un nouvel essai aura lieu. Vérifiez le serveur et le montage (options `soft`, `timeo`)."
        ),
    )
}
