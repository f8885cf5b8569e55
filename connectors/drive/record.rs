//! One entry's status, as a record.
//!
//! Rule that must hold: whatever a writer does to a file shows in its fingerprint, on every file system that keeps at
//! least one of size, modification time, change time and inode.

use chrono::DateTime;
use rideau_domain::Bilingual;
use rustix::fs::Stat;
use serde_json::{Map, Value, json};

use super::{
    access::{List, with_list},
    names::Named,
};
use crate::Observed;

/// Bytes of a block as `st_blocks` counts them, on every file system.
const BLOCK_BYTES: u64 = 512;

/// Size, modification and change time in nanoseconds, inode. Access lists of network drives join it.
pub(super) fn fingerprint(stat: &Stat) -> String {
    format!(
        "s{}.m{}.{:09}.c{}.{:09}.i{}",
        stat.st_size,
        stat.st_mtime,
        stat.st_mtime_nsec,
        stat.st_ctime,
        stat.st_ctime_nsec,
        stat.st_ino
    )
}

/// The fingerprint of a file that is there, but whose status must not be read.
pub(super) const UNREADABLE: &str = "unreadable";

pub(super) fn record(
    native_id: String,
    path: String,
    named: &Named,
    stat: Option<&Stat>,
    list: &List,
    deferred: Option<Bilingual>,
) -> Observed {
    let mut native = native(named, stat);
    list.add_to(&mut native);
    Observed {
        native_id,
        path,
        name: named.display.clone(),
        size_bytes: stat.and_then(|stat| u64::try_from(stat.st_size).ok()),
        modified: stat.and_then(|stat| {
            DateTime::from_timestamp(stat.st_mtime, u32::try_from(stat.st_mtime_nsec).ok()?)
        }),
        fingerprint: stat.map_or_else(
            || UNREADABLE.to_owned(),
            |stat| with_list(&fingerprint(stat), list),
        ),
        // An inode number of 0 means that the file system has none.
        move_hint: stat
            .filter(|stat| stat.st_ino != 0)
            .map(|stat| format!("{}:{}", stat.st_dev, stat.st_ino)),
        native,
        access: list.access,
        deferred,
    }
}

fn native(named: &Named, stat: Option<&Stat>) -> Map<String, Value> {
    let mut native = Map::new();
    if named.raw != named.display.as_bytes() {
        native.insert("raw_name_hex".into(), json!(hex::encode(&named.raw)));
    }
    if named.twin {
        native.insert("name_twin".into(), json!(true));
    }
    let Some(stat) = stat else {
        return native;
    };
    native.insert("owner_uid".into(), json!(stat.st_uid));
    native.insert("group_gid".into(), json!(stat.st_gid));
    native.insert(
        "mode".into(),
        json!(format!("{:04o}", stat.st_mode & 0o7777)),
    );
    native.insert(
        "modified_raw".into(),
        json!(format!("{}.{:09}", stat.st_mtime, stat.st_mtime_nsec)),
    );
    if stat.st_nlink > 1 {
        native.insert("hard_links".into(), json!(stat.st_nlink));
    }
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let allocated = u64::try_from(stat.st_blocks)
        .unwrap_or(0)
        .saturating_mul(BLOCK_BYTES);
    // Holes, compression, or content that was moved to slower storage; small files may live in the inode itself.
    if size > 4096 && allocated < size {
        native.insert("allocated_bytes".into(), json!(allocated));
    }
    native
}
