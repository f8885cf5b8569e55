//! source → version: copies an item's content, whole and unchanged, into the blob store.

use serde_json::json;

use super::{StepError, enqueue_assemble, log, outside_window, parse_id};
use crate::{
    app::{App, SourceSetup},
    catalog::{Claimed, Item, Lane, NewVersion, NewWork, Tx, WorkKind},
    domain::{
        Bilingual, GroupBy, ItemId, ItemRole, ItemState, Sha256, Stage, VersionId, group_key,
    },
    record::{Sidecar, release_id},
};

pub(super) async fn run(app: &App, work: &Claimed) -> Result<(), StepError> {
    let id: ItemId = parse_id(work)?;
    let item = app.catalog.read().await?.item(id).await?;
    let Some(source) = app.source(item.source_id) else {
        return Err(StepError::Person(crate::bilingual!(
            "{} belongs to a source that is no longer configured. Configure the source again, or leave the item as it is.",
            "{} appartient à une source qui n’est plus configurée. Rétablissez la source, ou laissez l’élément tel quel.",
            item.path
        )));
    };
    if item.gone_at.is_some()
        || item.fetched_fingerprint.as_ref() == Some(&item.observed_fingerprint)
    {
        return finish(app, work).await;
    }
    if outside_window(app, work, source).await? {
        return Ok(());
    }
    let fingerprint = item.observed_fingerprint.clone();
    let content = match source.connector.open(&item.native_id, &fingerprint).await {
        Ok(content) => content,
        // What is there now is not what was seen: the next scan tells what it is.
        Err(error) if error.code == "changed" || error.code == "gone" => {
            return finish(app, work).await;
        }
        Err(error) => return Err(error.into()),
    };
    let spooled = app
        .blobs
        .spool(content.stream, app.engine.item_limit_bytes)
        .await?;
    // Whole: as long as announced. Unchanged: still the same after the last byte.
    let whole = content
        .size_bytes
        .is_none_or(|size| size == spooled.size_bytes);
    if !whole
        || !source
            .connector
            .unchanged(&item.native_id, &fingerprint)
            .await?
    {
        return finish(app, work).await;
    }
    let (sha256, size_bytes) = app.blobs.store(spooled).await?;
    record(app, work, source, id, &fingerprint, sha256, size_bytes).await
}

async fn finish(app: &App, work: &Claimed) -> Result<(), StepError> {
    let mut tx = app.catalog.write().await?;
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

async fn record(
    app: &App,
    work: &Claimed,
    source: &SourceSetup,
    id: ItemId,
    fingerprint: &str,
    sha256: Sha256,
    size_bytes: u64,
) -> Result<(), StepError> {
    let now = app.now();
    let sidecar = if app.catalog.read().await?.item(id).await?.role == ItemRole::Sidecar {
        Some(Sidecar::parse(&app.blobs.get(sha256).await?))
    } else {
        None
    };
    let mut tx = app.catalog.write().await?;
    let item = tx.item(id).await?;
    if item.gone_at.is_some() || item.observed_fingerprint != fingerprint {
        // A scan saw something newer meanwhile, and has asked for it.
        tx.finish(work).await?;
        return Ok(tx.commit().await?);
    }
    let current = match item.current_version {
        Some(version) => Some(tx.version(version).await?),
        None => None,
    };
    match current {
        Some(current) if current.sha256 == sha256 => {
            // Touched, not changed.
            tx.item_fetched(id, fingerprint, current.id).await?;
            if current.native != item.native {
                // Other metadata, such as a clearance: what was judged by it is judged again.
                tx.set_version_native(current.id, &item.native).await?;
                if current.stage != Stage::Fetched {
                    tx.enqueue(
                        app.ids.as_ref(),
                        now,
                        NewWork::now(WorkKind::Screen, current.id, Lane::Free, now).revive(),
                    )
                    .await?;
                }
                log(
                    &mut tx,
                    app,
                    now,
                    "version.metadata_changed",
                    "item",
                    id,
                    json!({"version": current.id, "changed": changed_keys(&current.native, &item.native)}),
                )
                .await?;
            }
            log(
                &mut tx,
                app,
                now,
                "item.touched",
                "item",
                id,
                json!({"sha256": sha256}),
            )
            .await?;
        }
        _ => {
            let version = NewVersion {
                id: VersionId(app.ids.next()),
                item_id: id,
                sha256,
                size_bytes,
                fingerprint: fingerprint.to_owned(),
                native: item.native.clone(),
            };
            tx.insert_version(&version, now).await?;
            tx.item_fetched(id, fingerprint, version.id).await?;
            log(
                &mut tx,
                app,
                now,
                "version.fetched",
                "item",
                id,
                json!({"version": version.id, "sha256": sha256, "size_bytes": size_bytes}),
            )
            .await?;
            if sidecar.is_none() {
                tx.enqueue(
                    app.ids.as_ref(),
                    now,
                    NewWork::now(WorkKind::Convert, version.id, Lane::Free, now),
                )
                .await?;
            }
        }
    }
    if let Some(parsed) = sidecar {
        apply_sidecar(&mut tx, app, source, &item, sha256, parsed).await?;
    } else {
        tx.set_item_state(id, ItemState::Processing, &[]).await?;
        enqueue_assemble(
            &mut tx,
            app,
            release_id(item.source_id, &item.group_key),
            now,
        )
        .await?;
    }
    tx.finish(work).await?;
    Ok(tx.commit().await?)
}

/// The keys under which two objects differ.
fn changed_keys(before: &serde_json::Value, after: &serde_json::Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let (before, after) = (
        before.as_object().unwrap_or(&empty),
        after.as_object().unwrap_or(&empty),
    );
    let mut keys: Vec<String> = before
        .keys()
        .chain(after.keys())
        .filter(|key| before.get(*key) != after.get(*key))
        .cloned()
        .collect();
    keys.sort();
    keys.dedup();
    keys
}

/// Makes a folder's metadata known and groups its items by it. A file that cannot be read changes no group.
async fn apply_sidecar(
    tx: &mut Tx,
    app: &App,
    source: &SourceSetup,
    item: &Item,
    sha256: Sha256,
    parsed: Result<Sidecar, crate::record::SidecarProblem>,
) -> Result<(), StepError> {
    let now = app.now();
    let (body, problem): (serde_json::Value, Option<Bilingual>) = match &parsed {
        Ok(sidecar) => (json!({"sidecar": sidecar}), None),
        Err(problem) => (json!({"problem": problem}), Some(problem.message.clone())),
    };
    tx.set_sidecar(item.source_id, &item.folder, item.id, sha256, &body)
        .await?;
    tx.set_item_state(item.id, ItemState::Sidecar, problem.as_slice())
        .await?;
    log(
        tx,
        app,
        now,
        "sidecar.read",
        "item",
        item.id,
        json!({"sha256": sha256, "problem": problem}),
    )
    .await?;
    regroup(tx, app, source, &item.folder, parsed.ok().as_ref()).await
}

/// The group of an item that no metadata names. A file that stands alone keeps its group wherever it moves.
fn own_group(source: &SourceSetup, item: &Item) -> String {
    match source.group_by {
        GroupBy::File => item.origin_id.clone(),
        GroupBy::Folder | GroupBy::Pair => group_key(source.group_by, &item.folder, &item.name),
    }
}

/// Puts the items of a folder into the groups that its metadata names, and has all groups concerned looked at again.
pub(super) async fn regroup(
    tx: &mut Tx,
    app: &App,
    source: &SourceSetup,
    folder: &str,
    sidecar: Option<&Sidecar>,
) -> Result<(), StepError> {
    let now = app.now();
    for member in tx.folder_items(source.id, folder).await? {
        if member.role != ItemRole::Record {
            continue;
        }
        let own = own_group(source, &member);
        let key = sidecar
            .and_then(|sidecar| sidecar.group_key(source.group_by, folder, &member.name, &own))
            .unwrap_or(own);
        for group in [&member.group_key, &key] {
            let release = release_id(source.id, group);
            tx.know_release(release, source.id, group, now).await?;
            enqueue_assemble(tx, app, release, now).await?;
        }
        if key != member.group_key {
            tx.set_item_group(member.id, &key).await?;
        }
    }
    Ok(())
}
