//! What only shows when settings are looked at together.
//!
//! Leans on the decoded settings and on the file for places. Rule that must hold: nothing here looks outside the file.

use std::path::{Component, Path, PathBuf};

use rideau_connectors::options::{Document, Entry, Place, Problems, Section, nearest};
use rideau_domain::bilingual;

use super::{PublicContacts, Settings, settings::Kinds, settings::folders};

/// Names of sources and targets, and references to them. Works on the file itself, so that a mistake elsewhere does not
/// hide these.
pub(super) fn names(root: &Section<'_>, problems: &mut Problems) {
    let sources = items(root, "sources");
    let targets = items(root, "targets");
    unique(&sources, problems);
    unique(&targets, problems);
    let known: Vec<&str> = targets.iter().filter_map(name).collect();
    let mut used: Vec<&str> = Vec::new();
    for source in &sources {
        let list = source
            .section()
            .and_then(|section| section.get("targets"))
            .and_then(|entry| entry.items())
            .unwrap_or_default();
        for entry in list {
            let Some(text) = entry.text() else { continue };
            used.push(text);
            if known.contains(&text) {
                continue;
            }
            let near = nearest(text, known.iter().copied());
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "There is no target of this name.",
                        "Il n’y a pas de cible de ce nom."
                    ),
                )
                .suggest(near);
        }
    }
    for target in &targets {
        let Some(entry) = target.section().and_then(|section| section.get("name")) else {
            continue;
        };
        if entry.text().is_some_and(|text| !used.contains(&text)) {
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "No source names this target: nothing will be released to it.",
                        "Aucune source ne nomme cette cible : rien n’y sera publié."
                    ),
                )
                .as_warning();
        }
    }
}

fn items<'a>(root: &Section<'a>, list: &str) -> Vec<Entry<'a>> {
    root.get(list)
        .and_then(|entry| entry.items())
        .unwrap_or_default()
}

fn name<'a>(item: &Entry<'a>) -> Option<&'a str> {
    item.section()?.get("name")?.text()
}

fn unique(items: &[Entry<'_>], problems: &mut Problems) {
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for item in items {
        let Some(entry) = item.section().and_then(|section| section.get("name")) else {
            continue;
        };
        let Some(text) = entry.text() else { continue };
        let (line, _) = entry.document().source().position(entry.span().start);
        if let Some((_, first)) = seen.iter().find(|(one, _)| *one == text) {
            let taken: Vec<&str> = items.iter().filter_map(name).collect();
            let free = (2..=1000)
                .map(|n| format!("{text}-{n}"))
                .find(|meant| !taken.contains(&meant.as_str()));
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "This name is taken (line {first}).",
                        "Ce nom est déjà pris (ligne {first})."
                    ),
                )
                .suggest(free);
        }
        seen.push((text, line));
    }
}

/// Everything else.
pub(super) fn whole(
    settings: &Settings,
    kinds: &Kinds<'_>,
    document: &Document,
    problems: &mut Problems,
) {
    engine(settings, document, problems);
    places(settings, kinds, document, problems);
    cautions(settings, document, problems);
}

fn engine(settings: &Settings, document: &Document, problems: &mut Problems) {
    let engine = &settings.engine;
    let (lease, heartbeat) = (engine.lease_seconds, engine.heartbeat_seconds);
    let shortest = heartbeat.saturating_mul(2).saturating_add(1);
    if lease < shortest {
        problems
            .add_at(
                document,
                "engine.lease_seconds",
                bilingual!(
                    "The lease ({lease} s) must be more than twice the heartbeat ({heartbeat} s): else one late sign of life loses the work.",
                    "Le bail ({lease} s) doit dépasser deux fois le signe de vie ({heartbeat} s) : sinon un seul retard fait perdre la tâche."
                ),
            )
            .suggest(Some(shortest.to_string()));
    }
    let (first, most) = (engine.backoff_seconds.first, engine.backoff_seconds.most);
    if most < first {
        problems
            .add_at(
                document,
                "engine.backoff_seconds.most",
                bilingual!(
                    "The longest wait ({most} s) is shorter than the first ({first} s).",
                    "La plus longue attente ({most} s) est plus courte que la première ({first} s)."
                ),
            )
            .suggest(Some(first.to_string()));
    }
}

/// Sources are read only, and what rideau writes must not come back as a source.
fn places(settings: &Settings, kinds: &Kinds<'_>, document: &Document, problems: &mut Problems) {
    let mut written = vec![("data.folder".to_owned(), flat(&settings.data.folder))];
    if let Place::Folder(path) = settings.data.blob_place() {
        written.push(("data.blobs".to_owned(), flat(&path)));
    }
    if let Place::Folder(path) = &settings.transfer.folder {
        written.push(("transfer.folder".to_owned(), flat(path)));
    }
    for (index, target) in settings.targets.iter().enumerate() {
        for (field, path) in folders(target.kind, target.options.as_ref(), kinds.targets) {
            written.push((format!("targets[{index}].{field}"), flat(&path)));
        }
    }
    let mut read: Vec<(String, PathBuf)> = Vec::new();
    for (index, source) in settings.sources.iter().enumerate() {
        for (field, path) in folders(source.kind, source.options.as_ref(), kinds.sources) {
            read.push((format!("sources[{index}].{field}"), flat(&path)));
        }
    }
    for (index, (setting, source)) in read.iter().enumerate() {
        for (other, folder) in &written {
            if folder.starts_with(source) {
                problems.add_at(
                    document,
                    other,
                    bilingual!(
                        "This folder lies in a source ({setting}): rideau never writes into a source.",
                        "Ce dossier se trouve dans une source ({setting}) : rideau n’écrit jamais dans une source."
                    ),
                );
            } else if source.starts_with(folder) {
                problems.add_at(
                    document,
                    setting,
                    bilingual!(
                        "This source lies in a folder that rideau writes to ({other}): its own output would come back.",
                        "Cette source se trouve dans un dossier où rideau écrit ({other}) : ses propres sorties reviendraient."
                    ),
                );
            }
        }
        for (other, folder) in read.iter().take(index) {
            if source.starts_with(folder) || folder.starts_with(source) {
                problems
                    .add_at(
                        document,
                        setting,
                        bilingual!(
                            "This folder and that of {other} overlap: files in both are two items.",
                            "Ce dossier et celui de {other} se recoupent : un fichier dans les deux fait deux éléments."
                        ),
                    )
                    .as_warning();
            }
        }
    }
}

fn cautions(settings: &Settings, document: &Document, problems: &mut Problems) {
    if settings.sources.is_empty() {
        problems
            .add_at(
                document,
                "sources",
                bilingual!(
                    "There is no source: nothing will be watched.",
                    "Il n’y a pas de source : rien ne sera surveillé."
                ),
            )
            .as_warning();
    }
    if settings.rules.files.is_empty() {
        problems
            .add_at(
                document,
                "rules.files",
                bilingual!(
                    "There are no files of rules.",
                    "Il n’y a pas de fichiers de règles."
                ),
            )
            .as_warning();
    }
    if settings.policy.small_cells_below == 0 {
        problems
            .add_at(
                document,
                "policy.small_cells_below",
                bilingual!(
                    "Small counts of people are not looked for.",
                    "Les petits nombres de personnes ne sont pas recherchés."
                ),
            )
            .as_warning();
    }
    if settings
        .web
        .listen
        .get()
        .is_some_and(|address| !address.ip().is_loopback())
    {
        problems
            .add_at(
                document,
                "web.listen",
                bilingual!(
                    "This address can be reached from other machines, and rideau itself does not encrypt: put a proxy with TLS in front.",
                    "Cette adresse est accessible d’autres machines, et rideau lui-même ne chiffre pas : placez devant un mandataire avec TLS."
                ),
            )
            .as_warning();
    }
}

/// E-mail domains are domains: no `@`, no wildcard.
pub(super) fn email_domains(
    contacts: &PublicContacts,
    section: &Section<'_>,
    problems: &mut Problems,
) -> bool {
    let entries = section
        .get("email_domains")
        .and_then(|entry| entry.items())
        .unwrap_or_default();
    let mut whole = true;
    for (entry, domain) in entries.iter().zip(&contacts.email_domains) {
        let valid = domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && domain
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || one == '.' || one == '-');
        if !valid {
            whole = false;
            let meant = domain
                .rsplit(['@', '*'])
                .next()
                .map(|rest| rest.trim_start_matches('.'))
                .filter(|rest| rest.contains('.'));
            entry
                .wrong(
                    problems,
                    bilingual!(
                        "Expected a domain, such as `info.example.gc.ca`.",
                        "Attendu : un domaine, par exemple « info.example.gc.ca »."
                    ),
                )
                .suggest(meant);
        }
    }
    whole
}

/// The path without `.` and `..`, by its letters alone.
fn flat(path: &Path) -> PathBuf {
    let mut flat = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                flat.pop();
            }
            other => flat.push(other),
        }
    }
    flat
}
