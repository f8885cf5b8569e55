//! What can go wrong with a bag, whether trying again helps, and what to tell people.

use std::{io, path::PathBuf};

use crate::{
    bilingual,
    domain::{Bilingual, Sha256},
};

/// Why a bag was not built or could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum BagError {
    /// The bag's name is not one safe file name.
    #[error("`{name}` is not a safe name for a bag")]
    BagName {
        /// The name.
        name: String,
    },
    /// There is no item to hand over.
    #[error("the bag would be empty")]
    Empty,
    /// The same version of the same item is there twice.
    #[error("version {version} of item `{native_id}` is in the bag twice")]
    DuplicateItem {
        /// The source's own id.
        native_id: String,
        /// The version.
        version: u64,
    },
    /// No approval of a transfer holds for the bundle.
    #[error("no decision approves the transfer of bundle {bundle_hash}")]
    NotApproved {
        /// The bundle.
        bundle_hash: Sha256,
    },
    /// A stored file does not have the bytes that were approved.
    #[error(
        "{file}: found {found_size} bytes with sha256 {found}, expected {expected_size} with {expected}"
    )]
    Damaged {
        /// Path of the file in the bag.
        file: String,
        /// What was approved.
        expected: Sha256,
        /// What was approved, in bytes.
        expected_size: u64,
        /// What is there.
        found: Sha256,
        /// What is there, in bytes.
        found_size: u64,
    },
    /// Another bag stands under this name.
    #[error("{} holds another bag", folder.display())]
    BagExists {
        /// The folder.
        folder: PathBuf,
    },
    /// This very bag stands under its name, but it was changed since.
    #[error("{} holds this bag, but {problems} things are wrong with it", folder.display())]
    ExistingBroken {
        /// The folder.
        folder: PathBuf,
        /// How many problems a check finds.
        problems: usize,
    },
    /// A value has no JSON form.
    #[error("a value cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The disk failed.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl BagError {
    /// True when trying again later can help. Everything else needs a person.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::InvalidFilename
                    | io::ErrorKind::ReadOnlyFilesystem
            ),
            _ => false,
        }
    }

    /// What happened and what to do next.
    pub fn words(&self) -> Bilingual {
        match self {
            Self::BagName { name } => bilingual!(
                "“{name}” cannot be the name of a bag. Choose a name without special characters, at most 100 bytes long.",
                "« {name} » ne peut pas être le nom d’un sac. Choisissez un nom sans caractères spéciaux, d’au plus 100 octets."
            ),
            Self::Empty => Bilingual::new(
                "The transfer has no items. Check which items belong to the release.",
                "Le transfert ne contient aucun élément. Vérifiez quels éléments font partie de la publication.",
            ),
            Self::DuplicateItem { native_id, version } => bilingual!(
                "Version {version} of item {native_id} was given twice. Plan the transfer again.",
                "La version {version} de l’élément {native_id} a été donnée deux fois. Planifiez le transfert de nouveau."
            ),
            Self::NotApproved { .. } => Bilingual::new(
                "Nobody has approved the transfer of exactly this content. Review it, then build again.",
                "Personne n’a approuvé le transfert de ce contenu précis. Examinez-le, puis constituez le sac de nouveau.",
            ),
            Self::Damaged { file, .. } => bilingual!(
                "The stored bytes of {file} are not those that were approved. Restore the blob store from a backup.",
                "Les octets conservés de {file} ne sont pas ceux qui ont été approuvés. Restaurez le dépôt à partir d’une copie de sauvegarde."
            ),
            Self::BagExists { folder } => {
                let folder = folder.display();
                bilingual!(
                    "{folder} already holds a different bag. Move it away or give this transfer another name.",
                    "{folder} contient déjà un autre sac. Déplacez-le ou donnez un autre nom à ce transfert."
                )
            }
            Self::ExistingBroken { folder, problems } => {
                let folder = folder.display();
                bilingual!(
                    "The bag in {folder} was changed after it was built ({problems} problems). Move it away and build again.",
                    "Le sac dans {folder} a été modifié après sa constitution ({problems} problèmes). Déplacez-le et recommencez."
                )
            }
            Self::Json(_) => Bilingual::new(
                "A value of the transfer cannot be written as JSON. Report this as a defect.",
                "Une valeur du transfert ne peut pas être écrite en JSON. Signalez ce défaut.",
            ),
            Self::Io { action, path, .. } => {
                let path = path.display();
                bilingual!(
                    "The disk refused to {action} {path}. Check rights and free space.",
                    "Le disque a refusé une opération sur {path}. Vérifiez les droits et l’espace libre."
                )
            }
        }
    }
}

/// Names what was being done, for [`Result::map_err`].
pub(super) fn io<'a>(
    action: &'static str,
    path: &'a std::path::Path,
) -> impl FnOnce(io::Error) -> BagError + 'a {
    move |source| BagError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
