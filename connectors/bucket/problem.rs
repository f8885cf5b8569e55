//! What a store's errors mean, in words.
//!
//! Rule that must hold: an error that an outage, a lost right or a strange key can cause never reads as "it is not there".

use object_store::Error;
use rideau_domain::bilingual;

use crate::PortError;

/// An error of the store about `what` (an id or folder below the prefix).
pub(super) fn problem(error: Error, what: &str) -> PortError {
    if let Some(key) = strange_key(&error) {
        return strange(what, &key).because(error);
    }
    let told = match &error {
        Error::NotFound { .. } => gone(what),
        Error::Precondition { .. } | Error::NotModified { .. } => changed(what),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => forbidden(what),
        Error::Generic { .. } if matches!(status(&error), Some(401 | 403)) => forbidden(what),
        Error::NotSupported { .. } | Error::NotImplemented { .. } => PortError::permanent(
            "invalid",
            bilingual!(
                "The store cannot do what reading “{what}” needs.",
                "Le dépôt ne permet pas ce qu’exige la lecture de « {what} »."
            ),
        ),
        _ => unreachable(what),
    };
    told.because(error)
}

/// The same for the whole place, whose absence is an outage. `shown` is its address.
pub(super) fn root_problem(error: Error, shown: &str) -> PortError {
    let missing = matches!(error, Error::NotFound { .. }) || status(&error) == Some(404);
    if !missing {
        return problem(error, shown);
    }
    PortError::temporary(
        "unreachable",
        bilingual!(
            "There is no bucket or folder at `{shown}`. Check `url` and `endpoint`; what is known stays as it is.",
            "Il n’y a ni compartiment ni dossier à « {shown} ». Vérifiez `url` et `endpoint` ; ce qui est connu reste tel quel."
        ),
    )
    .because(error)
}

/// The key that `object_store` cannot name, if that is what the error is about.
pub(super) fn strange_key(error: &Error) -> Option<String> {
    use object_store::path::Error as PathError;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<PathError>() {
            Some(PathError::EmptySegment { path } | PathError::BadSegment { path, .. }) => {
                return Some(path.clone());
            }
            Some(other) => return Some(other.to_string()),
            None => cause = error.source(),
        }
    }
    None
}

/// The HTTP status that an error tells. Listings carry it in their text only: `object_store` keeps the type to itself.
fn status(error: &Error) -> Option<u16> {
    let text = error.to_string();
    let (_, rest) = text.split_once("non-2xx status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The store shows a key that stands for no place in a folder.
pub(super) fn strange(what: &str, key: &str) -> PortError {
    let key = key.escape_debug();
    PortError::needs_person(
        "invalid",
        bilingual!(
            "In “{what}” the store has an object whose key cannot be a path: “{key}” (an empty name, `.`, `..` or a control character between slashes). Give it another key in the store. Until then what is known here stays as it is.",
            "Dans « {what} », le dépôt contient un objet dont la clé ne peut être un chemin : « {key} » (un nom vide, `.`, `..` ou un caractère de contrôle entre deux barres). Donnez-lui une autre clé dans le dépôt. D’ici là, ce qui est connu ici reste tel quel."
        ),
    )
}

pub(super) fn unreachable(what: &str) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "“{what}” could not be read from the store. It or the network may be down; what is known stays as it is, and it is tried again.",
            "« {what} » n’a pas pu être lu dans le dépôt. Celui-ci ou le réseau est peut-être en panne ; ce qui est connu reste tel quel, et un nouvel essai aura lieu."
        ),
    )
}

pub(super) fn forbidden(what: &str) -> PortError {
    PortError::needs_person(
        "forbidden",
        bilingual!(
            "The store refuses access to “{what}”. Check the credentials and the right to list and read; content in an archive tier must be restored first.",
            "Le dépôt refuse l’accès à « {what} ». Vérifiez les identifiants et le droit de lister et de lire ; un contenu archivé doit d’abord être restauré."
        ),
    )
}

pub(super) fn gone(what: &str) -> PortError {
    PortError::temporary(
        "gone",
        bilingual!(
            "“{what}” is not there any more. The next scan tells whether it was deleted.",
            "« {what} » n’est plus là. Le prochain balayage dira s’il a été supprimé."
        ),
    )
}

pub(super) fn changed(what: &str) -> PortError {
    PortError::temporary(
        "changed",
        bilingual!(
            "“{what}” is not as the scan saw it. It is read again after the next scan.",
            "« {what} » n’est plus tel que le balayage l’a vu. Il sera relu après le prochain balayage."
        ),
    )
}

pub(super) fn cut(what: &str) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "The content of “{what}” ended before its announced size. It is read again.",
            "Le contenu de « {what} » s’est terminé avant la taille annoncée. Il sera relu."
        ),
    )
}

pub(super) fn bad_key(id: &str) -> PortError {
    let id = id.escape_debug();
    PortError::permanent(
        "invalid",
        bilingual!(
            "“{id}” is not an id that this source gives.",
            "« {id} » n’est pas un identifiant que cette source attribue."
        ),
    )
}

pub(super) fn unsorted(shown: &str) -> PortError {
    PortError::needs_person(
        "unsorted",
        bilingual!(
            "The store at `{shown}` does not list its keys in order. Set `listing = \"by_folder\"`.",
            "Le dépôt à « {shown} » ne liste pas ses clés dans l’ordre. Indiquez `listing = \"by_folder\"`."
        ),
    )
}

pub(super) fn marker_missing(shown: &str) -> PortError {
    PortError::temporary(
        "marker_missing",
        bilingual!(
            "There is no object `.rideau-source` in `{shown}`. If this is the right place, put one there; if not, check `url`. What is known stays as it is.",
            "Il n’y a pas d’objet `.rideau-source` dans « {shown} ». Si c’est le bon endroit, déposez-en un ; sinon, vérifiez `url`. Ce qui est connu reste tel quel."
        ),
    )
}

pub(super) fn marker_changed(shown: &str) -> PortError {
    PortError::needs_person(
        "marker_changed",
        bilingual!(
            "The object `.rideau-source` in `{shown}` is not the one of the last scan, so this may be another place. Check `url`, or reset the source's state.",
            "L’objet `.rideau-source` dans « {shown} » n’est pas celui du dernier balayage : il s’agit peut-être d’un autre endroit. Vérifiez `url`, ou réinitialisez l’état de la source."
        ),
    )
}
