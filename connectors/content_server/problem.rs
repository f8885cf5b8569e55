//! What goes wrong with a Content Server, in words.
//!
//! Rules that must hold: what a dead server, a proxy or a login page can cause never reads as "it is not there"; no message holds
//! a ticket, an address with a query, or a record's name.

use std::time::Duration;

use rideau_domain::{Bilingual, bilingual};

use crate::PortError;

/// Nobody answers, or the answer broke off.
pub(super) fn unreachable(host: &str) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "{host} cannot be reached, or its answer broke off. What is known stays as it is, and it is tried again.",
            "{host} est injoignable, ou sa réponse s’est interrompue. Ce qui est connu reste tel quel, et un nouvel essai aura lieu."
        ),
    )
}

/// It says that it is busy or starting.
pub(super) fn busy(host: &str, code: u16, wait: Option<Duration>) -> PortError {
    PortError::temporary(
        "busy",
        bilingual!(
            "{host} is busy or starting (status {code}); the next attempt waits. If this lasts, lower `workers` and `requests_per_second`.",
            "{host} est occupé ou démarre (état {code}) ; la prochaine tentative attend. Si cela dure, réduisez `workers` et `requests_per_second`."
        ),
    )
    .after(wait)
}

/// An error inside the server.
pub(super) fn server_error(host: &str, code: u16) -> PortError {
    PortError::temporary(
        "server_error",
        bilingual!(
            "{host} answered with error {code}. It is tried again; if this lasts, tell those who run the server.",
            "{host} a répondu par l’erreur {code}. Un nouvel essai aura lieu ; si cela dure, avisez les responsables du serveur."
        ),
    )
}

/// An answer that is not Content Server's: a page of a proxy, a login page, half an answer.
pub(super) fn unreadable(host: &str) -> PortError {
    PortError::temporary(
        "unreadable",
        bilingual!(
            "The answer of {host} cannot be read: it may be starting, or something in between answers. It is tried again; if this lasts, check the source’s `url`.",
            "La réponse de {host} est illisible : il démarre peut-être, ou un intermédiaire répond à sa place. Un nouvel essai aura lieu ; si cela dure, vérifiez l’`url` de la source."
        ),
    )
}

/// It sends us somewhere else.
pub(super) fn redirected(host: &str) -> PortError {
    PortError::needs_person(
        "redirected",
        bilingual!(
            "{host} sends its callers to another address, perhaps a login page. Give the final address in `url`, and a `login` that a service account may use.",
            "{host} renvoie ses appelants à une autre adresse, peut-être une page de connexion. Donnez l’adresse finale dans `url`, et un `login` ouvert à un compte de service."
        ),
    )
}

/// The account was not let in.
pub(super) fn credentials_refused(host: &str) -> PortError {
    PortError::needs_person(
        "log_in",
        bilingual!(
            "{host} refuses the service account. Check `login`, the user or client, and that the password or secret is current. The next attempt waits some minutes, so that the account is not locked.",
            "{host} refuse le compte de service. Vérifiez `login`, l’utilisateur ou le client, et que le mot de passe ou le secret est à jour. La prochaine tentative attend quelques minutes, pour que le compte ne soit pas verrouillé."
        ),
    )
}

/// Let in, and refused with the ticket just given.
pub(super) fn session_refused(host: &str) -> PortError {
    PortError::needs_person(
        "session",
        bilingual!(
            "{host} does not accept the ticket that it has just given. If several servers stand behind this address, a ticket may be good for one only: ask for an address that keeps to one server.",
            "{host} n’accepte pas le billet qu’il vient de donner. Si plusieurs serveurs se trouvent derrière cette adresse, un billet ne vaut peut-être que pour l’un d’eux : demandez une adresse qui reste sur un seul serveur."
        ),
    )
}

/// A setting that the way of logging in needs.
pub(super) fn setting_missing(key: &str) -> PortError {
    PortError::needs_person(
        "invalid",
        bilingual!(
            "The source lacks `{key}`, which its `login` needs.",
            "Il manque à la source le paramètre `{key}`, que son `login` exige."
        ),
    )
}

/// A text that cannot stand in a header.
pub(super) fn odd_secret(place: &str) -> PortError {
    PortError::needs_person(
        "secret_unreadable",
        bilingual!(
            "What {place} gives holds characters that no ticket has: set it again.",
            "Ce que donne {place} contient des caractères qu’aucun billet ne contient : donnez-le de nouveau."
        ),
    )
}

/// A request that the server takes as wrong.
pub(super) fn not_understood(host: &str, code: u16) -> PortError {
    PortError::permanent(
        "invalid",
        bilingual!(
            "{host} does not take this request (status {code}): its version may be too old.",
            "{host} n’accepte pas cette requête (état {code}) : sa version est peut-être trop ancienne."
        ),
    )
}

/// A watched folder that is not shown.
pub(super) fn root_missing(id: u64) -> PortError {
    PortError::temporary(
        "unreachable",
        bilingual!(
            "The watched folder {id} is not shown to the service account: it does not exist, or the right to see it is missing. What is known of it stays. Check `roots` and the account’s rights.",
            "Le dossier surveillé {id} n’est pas montré au compte de service : il n’existe pas, ou le droit de le voir manque. Ce qui en est connu est conservé. Vérifiez `roots` et les droits du compte."
        ),
    )
}

/// A folder that was listed by its parent and shows nothing of itself.
pub(super) fn folder_withheld(id: u64) -> PortError {
    PortError::needs_person(
        "forbidden",
        bilingual!(
            "Folder {id} cannot be listed by the service account. Give it the right to see the contents, or name the folder in `ignore`.",
            "Le compte de service ne peut pas lister le dossier {id}. Accordez-lui le droit d’en voir le contenu, ou nommez le dossier dans `ignore`."
        ),
    )
}

/// A folder that changes faster than it can be listed.
pub(super) fn unsettled(id: u64) -> PortError {
    PortError::temporary(
        "unsettled",
        bilingual!(
            "Folder {id} changed every time it was listed. It is tried again at the next scan.",
            "Le dossier {id} a changé à chaque lecture. Un nouvel essai aura lieu au prochain balayage."
        ),
    )
}

/// Folders inside folders without end.
pub(super) fn too_deep(id: u64) -> PortError {
    PortError::needs_person(
        "too_deep",
        bilingual!(
            "Folder {id} lies too deep, or leads back to one above it. Look at it in the source, or name it in `ignore`.",
            "Le dossier {id} est trop profond, ou ramène à un dossier supérieur. Examinez-le dans la source, ou nommez-le dans `ignore`."
        ),
    )
}

/// Why a record that is listed cannot be read.
pub(super) fn record_withheld() -> Bilingual {
    bilingual!(
        "The source lists it and shows nothing of it to the service account. Give the account the right to read it.",
        "La source le liste, mais n’en montre rien au compte de service. Accordez au compte le droit de le lire."
    )
}

pub(super) fn gone(native_id: &str) -> PortError {
    PortError::temporary(
        "gone",
        bilingual!(
            "Record {native_id} is not shown any more. The next scan tells whether it was moved, deleted or withheld.",
            "Le document {native_id} n’est plus montré. Le prochain balayage dira s’il a été déplacé, supprimé ou retenu."
        ),
    )
}

pub(super) fn changed(native_id: &str) -> PortError {
    PortError::temporary(
        "changed",
        bilingual!(
            "Record {native_id} is not as the scan saw it. It is read again when it has settled.",
            "Le document {native_id} n’est plus tel que le balayage l’a vu. Il sera relu une fois stable."
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

/// Fewer or more bytes than the version has.
pub(super) fn wrong_size(native_id: &str, expected: u64, came: u64) -> PortError {
    PortError::temporary(
        "incomplete",
        bilingual!(
            "Record {native_id} has {expected} bytes, and {came} came. It is fetched again.",
            "Le document {native_id} compte {expected} octets, et {came} sont arrivés. Il sera lu de nouveau."
        ),
    )
}

/// Content that something on the way has packed.
pub(super) fn encoded(host: &str) -> PortError {
    PortError::needs_person(
        "encoded",
        bilingual!(
            "Something between here and {host} compresses contents although it was asked not to. Have that switched off for this address.",
            "Un intermédiaire entre cette machine et {host} compresse les contenus bien qu’on lui ait demandé le contraire. Faites désactiver cela pour cette adresse."
        ),
    )
}

pub(super) fn client() -> PortError {
    PortError::permanent(
        "client",
        bilingual!(
            "The HTTP client could not be set up.",
            "Le client HTTP n’a pas pu être préparé."
        ),
    )
}

pub(super) fn stopped() -> PortError {
    PortError::temporary(
        "stopped",
        bilingual!(
            "The reading of the source was stopped before its end. It is tried again.",
            "La lecture de la source a été interrompue avant la fin. Un nouvel essai aura lieu."
        ),
    )
}
