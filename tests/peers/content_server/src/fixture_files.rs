//! The files of a folder, as documents.
//!
//! Rule that must hold: the same folder gives the same ids, whatever order the file system lists it in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{edit, fixture::ids, subtype, world::World};

/// Puts the folder's files and folders into the Enterprise volume.
pub(crate) fn load(world: &mut World, folder: &Path) -> Result<(), String> {
    let name = folder
        .file_name()
        .map_or_else(|| "Files".to_owned(), |name| clean(&name.to_string_lossy()));
    let top = edit::create(world, None, ids::ENTERPRISE, subtype::FOLDER, &name)?;
    load_into(world, top, folder)
}

fn load_into(world: &mut World, parent: i64, folder: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(told)? {
        paths.push(entry.map_err(told)?.path());
    }
    paths.sort();
    for path in paths {
        let about = fs::symlink_metadata(&path).map_err(told)?;
        let name = path
            .file_name()
            .map_or_else(String::new, |name| clean(&name.to_string_lossy()));
        if about.is_dir() {
            let id = edit::create(world, None, parent, subtype::FOLDER, &name)?;
            load_into(world, id, &path)?;
        } else if about.is_file() {
            let id = edit::create(world, None, parent, subtype::DOCUMENT, &name)?;
            let content = Bytes::from(fs::read(&path).map_err(told)?);
            edit::add_version(world, id, content, None)?;
            let modified = about.modified().map(DateTime::<Utc>::from);
            if let (Ok(modified), Some(node)) = (modified, world.nodes.get_mut(&id)) {
                node.modified = modified;
                node.created = modified;
                for version in &mut node.versions {
                    version.created = modified;
                }
            }
        }
    }
    Ok(())
}

/// A name that Content Server takes: no colon, at most 248 letters.
fn clean(name: &str) -> String {
    name.replace(':', "_").chars().take(248).collect()
}
