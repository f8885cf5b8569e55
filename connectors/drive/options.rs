//! The options of the kind `drive`.

use std::path::PathBuf;

crate::choice! {
    /// What to do about access lists of network drives.
    #[fr = "Que faire des listes d’accès des lecteurs réseau."]
    pub enum AccessLists {
        /// Captured where the mount gives them (CIFS with `cifsacl`, NFSv4).
        #[fr = "Captées là où le montage les donne (CIFS avec `cifsacl`, NFSv4)."]
        Auto = "auto",
        /// A file whose list cannot be read is not published.
        #[fr = "Un fichier dont la liste ne peut être lue n’est pas publié."]
        Required = "required",
        /// Not read.
        #[fr = "Non lues."]
        Ignore = "ignore",
    }
}

impl AccessLists {
    /// The choice with this word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.as_str() == word)
    }
}

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
        /// Access lists and owners of network drives: captured, required, or not read.
        #[fr = "Listes d’accès et propriétaires des lecteurs réseau : captés, exigés ou non lus."]
        #[example = "\"required\""]
        access_lists: AccessLists = AccessLists::Auto,
        /// How long the drive may stay silent before a scan or a reading is given up and tried again later.
        #[fr = "Combien de temps le lecteur peut rester muet avant qu’un balayage ou une lecture soit abandonné et repris plus tard."]
        #[example = "120"]
        #[unit = "seconds"]
        #[range(2, 3600)]
        stall_seconds: u64 = 120,
    }
}
