//! The self-test: can I log in, what time is it there, can I list, can I read one, what can I not know.

use std::collections::{BTreeMap, VecDeque};

use chrono::TimeDelta;
use rideau_domain::{Bilingual, bilingual};

use super::{
    client::Failure,
    content, deep, list,
    modules::Module,
    native::Record,
    problem,
    site::{Server, Site},
};
use crate::{CheckLine, PortError};

/// Containers that are looked through for a record to read.
const TRIED_CONTAINERS: usize = 50;

/// Clocks that differ by less are right.
const CLOSE: TimeDelta = TimeDelta::minutes(5);

/// Tries the real thing.
pub(super) async fn check(site: &Site) -> Vec<CheckLine> {
    let server = match site.server().await {
        Ok(server) => server,
        Err(failure) => return vec![line("log_in", Err(site.told(failure)))],
    };
    let (host, version) = (site.client.host(), &server.version);
    let mut lines = vec![
        line(
            "log_in",
            Ok(bilingual!(
                "Logged in at {host}, version “{version}”.",
                "Session ouverte auprès de {host}, version « {version} »."
            )),
        ),
        line("clock", clock(site, &server)),
    ];
    let (listed, record) = look(site).await;
    let can_list = listed.is_ok();
    lines.push(line("list", listed));
    if !can_list {
        return lines;
    }
    match record {
        Err(error) => lines.push(line("read", Err(error))),
        Ok(None) => lines.push(line(
            "read",
            Ok(bilingual!(
                "No record to try was found in the first {TRIED_CONTAINERS} folders.",
                "Aucun document à essayer dans les {TRIED_CONTAINERS} premiers dossiers."
            )),
        )),
        Ok(Some(record)) => {
            lines.push(line("read", read(site, &record).await));
            lines.push(modules(site, &record));
            lines.push(line("clearance", clearance(site).await));
        }
    }
    lines
}

/// What the configured distance from UTC should be, by the server's own clock.
pub(super) fn offset_minutes(server: &Server) -> Option<i64> {
    let ahead = server.clock?.and_utc().signed_duration_since(server.date?);
    // Zones are quarters of an hour apart.
    let quarters = (ahead.num_seconds() + if ahead < TimeDelta::zero() { -450 } else { 450 }) / 900;
    Some(quarters * 15)
}

fn clock(site: &Site, server: &Server) -> Result<Bilingual, PortError> {
    let (Some(clock), Some(date)) = (server.clock, server.date) else {
        return Ok(bilingual!(
            "The server does not tell its local time; dates without a zone are taken as the configuration says.",
            "Le serveur ne donne pas son heure locale ; les dates sans fuseau sont interprétées selon la configuration."
        ));
    };
    let configured = site.options.utc_offset_minutes;
    let ahead = clock.and_utc().signed_duration_since(date);
    let off = TimeDelta::try_minutes(configured).map(|offset| (ahead - offset).abs());
    if off.is_some_and(|off| off < CLOSE) {
        return Ok(bilingual!(
            "The server’s clock is {configured} minutes from UTC, as configured.",
            "L’heure du serveur est à {configured} minutes de l’heure UTC, comme configuré."
        ));
    }
    let found = offset_minutes(server).unwrap_or_default();
    Err(PortError::needs_person(
        "clock",
        bilingual!(
            "The server’s clock seems to be {found} minutes from UTC, and the configuration says {configured}: set `utc_offset_minutes`, or dates without a zone are wrong.",
            "L’heure du serveur semble être à {found} minutes de l’heure UTC, et la configuration indique {configured} : corrigez `utc_offset_minutes`, sinon les dates sans fuseau sont fausses."
        ),
    ))
}

/// Lists the watched folders, and finds one record below them.
async fn look(
    site: &Site,
) -> (
    Result<Bilingual, PortError>,
    Result<Option<Record>, PortError>,
) {
    let mut queue: VecDeque<(u64, bool)> = VecDeque::new();
    let mut entries = 0;
    for root in &site.options.roots {
        match list::list(site, *root, false).await {
            Ok(nodes) => {
                entries += nodes.len();
                queue.extend(containers(&nodes));
                if let Some(item) = nodes.iter().find(|node| node.role().item) {
                    return (Ok(told(entries)), deep::read(site, item.id).await);
                }
                if nodes.is_empty() {
                    match deep::name_of(site, *root).await {
                        Ok(Some(_)) => {}
                        Ok(None) => return (Err(problem::root_missing(*root)), Ok(None)),
                        Err(error) => return (Err(error), Ok(None)),
                    }
                }
            }
            Err(Failure::Refused(_)) => return (Err(problem::root_missing(*root)), Ok(None)),
            Err(Failure::Port(error)) => return (Err(error), Ok(None)),
        }
    }
    for _ in 0..TRIED_CONTAINERS {
        let Some((id, ordered)) = queue.pop_front() else {
            break;
        };
        let Ok(nodes) = list::list(site, id, ordered).await else {
            continue;
        };
        if let Some(item) = nodes.iter().find(|node| node.role().item) {
            return (Ok(told(entries)), deep::read(site, item.id).await);
        }
        queue.extend(containers(&nodes));
    }
    (Ok(told(entries)), Ok(None))
}

fn containers(nodes: &[super::node::Node]) -> Vec<(u64, bool)> {
    nodes
        .iter()
        .filter(|node| node.role().container)
        .map(|node| (node.id, node.is_ordered()))
        .collect()
}

fn told(entries: usize) -> Bilingual {
    bilingual!(
        "Listed: {entries} entries at the top.",
        "Liste obtenue : {entries} entrées au premier niveau."
    )
}

/// Opens the record's content and takes its beginning.
async fn read(site: &Site, record: &Record) -> Result<Bilingual, PortError> {
    use futures::StreamExt;

    let id = record.node.id.to_string();
    let mut content = content::open(site, &id, &record.fingerprint).await?;
    let read = match content.stream.next().await {
        Some(chunk) => chunk?.len(),
        None => 0,
    };
    Ok(bilingual!(
        "Read {read} bytes of record {id}.",
        "{read} octets lus du document {id}."
    ))
}

/// Which modules answered. A missing one is no failure of the self-test: it is told, and its facts are unknown.
fn modules(site: &Site, record: &Record) -> CheckLine {
    let missing: Vec<&str> = Module::ALL
        .into_iter()
        .filter(|module| site.modules.present(*module) != Some(true))
        .map(Module::key)
        .collect();
    let rights = record.node.rights.is_some();
    let detail = if !rights {
        bilingual!(
            "The access rights of records are not told. Give the service account the right to see permissions: without them nothing is released.",
            "Les droits d’accès des documents ne sont pas donnés. Accordez au compte de service le droit de voir les autorisations : sans elles, rien n’est publié."
        )
    } else if missing.is_empty() {
        bilingual!(
            "Records management, holds, classifications and clearances are told.",
            "La gestion des documents, les suspensions, les classifications et les cotes sont données."
        )
    } else {
        let list = missing.join(", ");
        bilingual!(
            "Not told by this server, and therefore unknown for every record: {list}.",
            "Non donné par ce serveur, donc inconnu pour chaque document : {list}."
        )
    };
    CheckLine {
        what: "modules",
        ok: rights,
        detail,
    }
}

/// Whether the configuration names every clearance level that the account may see.
async fn clearance(site: &Site) -> Result<Bilingual, PortError> {
    let levels: BTreeMap<i64, String> = match site.clearance_levels().await {
        Ok(levels) => levels,
        Err(Failure::Refused(_)) => {
            return Ok(bilingual!(
                "The server does not list clearance levels; records without a known clearance go to a person.",
                "Le serveur ne donne pas la liste des cotes ; les documents sans cote connue vont à une personne."
            ));
        }
        Err(Failure::Port(error)) => return Err(error),
    };
    let unnamed: Vec<String> = levels
        .keys()
        .map(i64::to_string)
        .filter(|number| !site.options.clearances.contains_key(number))
        .collect();
    if unnamed.is_empty() {
        let count = levels.len();
        return Ok(bilingual!(
            "All {count} clearance levels are named in `clearances`.",
            "Les {count} cotes sont toutes nommées dans `clearances`."
        ));
    }
    let list = unnamed.join(", ");
    Ok(bilingual!(
        "Not named in `clearances`, and therefore unknown: {list}. Records with them go to a person. `sources describe` proposes names.",
        "Absentes de `clearances`, donc inconnues : {list}. Les documents qui les portent vont à une personne. `sources describe` propose des noms."
    ))
}

fn line(what: &'static str, result: Result<Bilingual, PortError>) -> CheckLine {
    match result {
        Ok(detail) => CheckLine {
            what,
            ok: true,
            detail,
        },
        Err(error) => CheckLine {
            what,
            ok: false,
            detail: error.message,
        },
    }
}
