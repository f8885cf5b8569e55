//! The options of the kind `drive`.

use std::path::PathBuf;

crate::options! {
    /// A folder on this machine or on a mounted share, watched by its own snapshots.
    #[fr = "Un dossier de cette machine ou d’un partage monté, surveillé par ses propres instantanés."]
    pub struct DriveOptions {
        /// The folder to watch. Nothing is ever written there.
        #[fr = "Le dossier à surveiller. Rien n’y est jamais écrit."]
        #[example = "\"/srv/shared/Open data\""]
        path: PathBuf,
        /// Names to pass over, with `*` and `?`, in addition to the built-in list (lock files, system files, snapshots).
        #[fr = "Noms à ignorer, avec `*` et `?`, en plus de la liste intégrée (fichiers de verrouillage, fichiers système, instantanés)."]
        #[example = "[\"*.bak\", \"~archive\"]"]
        ignore: Vec<String> = Vec::new(),
        /// Whether the folder must hold a marker file whose name begins with `.rideau-source`. Without it the source counts
        /// as not there, so that an empty mount point is never taken for a deletion.
        #[fr = "Si le dossier doit contenir un fichier témoin dont le nom commence par `.rideau-source`. Sans lui, la source est réputée absente, pour qu’un point de montage vide ne passe jamais pour une suppression."]
        #[example = "true"]
        marker: bool = true,
        /// Whether folders that are other mounts inside this one are watched too.
        #[fr = "Si les dossiers qui sont d’autres montages à l’intérieur de celui-ci sont aussi surveillés."]
        #[example = "false"]
        cross_mounts: bool = false,
    }
}
