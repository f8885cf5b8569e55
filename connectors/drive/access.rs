//! Access lists and owners of network drives, where the mount gives them.
//!
//! Mode bits of a CIFS mount are fiction; the list is in an extended attribute: an NT security descriptor
//! ([MS-DTYP] 2.4.6, self-relative) on CIFS, entries in XDR (RFC 7530, 6.2.1) on NFSv4. Rule that must hold: a list that
//! should be there and cannot be read is told as unreadable, and the order of its entries is kept: a denial counts by its place.

use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Errno;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::AccessLists;
use crate::Access;

/// No list is larger: extended attributes end at 64 KiB.
const MOST_BYTES: usize = 64 * 1024;

/// What kind of list an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Descriptor,
    Nfs4,
}

/// Which attribute to ask for on this file system; `None` where there is none that says more than the mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lists {
    attribute: &'static str,
    form: Form,
    /// A file without a list is told as unreadable.
    required: bool,
}

impl Lists {
    /// For a file system of this type (`cifs`, `nfs4`, …).
    pub(super) fn on(fs_type: &str, wanted: AccessLists) -> Option<Self> {
        let required = wanted == AccessLists::Required;
        let (attribute, form) = match (fs_type, wanted) {
            (_, AccessLists::Ignore) => return None,
            ("cifs" | "smb3" | "smb2", _) => ("system.cifs_acl", Form::Descriptor),
            ("nfs4" | "nfs", _) => ("system.nfs4_acl", Form::Nfs4),
            (kind, _) if kind.starts_with("ntfs") => ("system.ntfs_acl", Form::Descriptor),
            // Required where nothing is known to give one: every file is unreadable, and says so.
            (_, AccessLists::Required) => ("system.cifs_acl", Form::Descriptor),
            (_, AccessLists::Auto) => return None,
        };
        Some(Self {
            attribute,
            form,
            required,
        })
    }

    /// Reads the list of an entry of an open folder.
    pub(super) fn read(self, folder: &impl AsFd, raw: &[u8]) -> List {
        // An entry cannot be asked relative to its folder; its folder has a path in /proc, which the name is put behind.
        let mut path = format!("/proc/self/fd/{}/", folder.as_fd().as_raw_fd()).into_bytes();
        path.extend_from_slice(raw);
        let mut buffer = vec![0; MOST_BYTES];
        match rustix::fs::lgetxattr(path.as_slice(), self.attribute, &mut buffer[..]) {
            Ok(length) => {
                buffer.truncate(length);
                self.parsed(&buffer)
            }
            // The mount has no such lists.
            Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) if !self.required => List::none(),
            Err(_) => List::unreadable(),
        }
    }

    fn parsed(self, bytes: &[u8]) -> List {
        let told = match self.form {
            Form::Descriptor => descriptor(bytes),
            Form::Nfs4 => nfs4(bytes),
        };
        told.map_or_else(List::unreadable, |value| List {
            access: Access::Known,
            hash: Some(hex::encode(&Sha256::digest(bytes)[..8])),
            value: Some(value),
        })
    }
}

/// An access list as captured.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct List {
    pub(super) access: Access,
    /// Joins the fingerprint: rights change without the file's times.
    pub(super) hash: Option<String>,
    /// For the native metadata.
    pub(super) value: Option<Value>,
}

impl List {
    pub(super) fn none() -> Self {
        Self {
            access: Access::NotApplicable,
            hash: None,
            value: None,
        }
    }

    fn unreadable() -> Self {
        Self {
            access: Access::Unreadable,
            hash: Some("unreadable".to_owned()),
            value: None,
        }
    }

    /// Adds it to what was captured.
    pub(super) fn add_to(&self, native: &mut Map<String, Value>) {
        if let Some(value) = &self.value {
            native.insert("access_list".into(), value.clone());
        }
    }
}

/// The fingerprint of a file with its access list.
pub(super) fn with_list(fingerprint: &str, list: &List) -> String {
    match &list.hash {
        Some(hash) => format!("{fingerprint}.a{hash}"),
        None => fingerprint.to_owned(),
    }
}

/// The fingerprint of the file itself.
pub(super) fn without_list(fingerprint: &str) -> &str {
    fingerprint
        .split_once(".a")
        .map_or(fingerprint, |(file, _)| file)
}

/// Little-endian numbers at a place.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let part = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(part.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(part.try_into().ok()?))
}

/// Owner, group and entries of a self-relative security descriptor.
fn descriptor(bytes: &[u8]) -> Option<Value> {
    let at = |offset: usize| u32_at(bytes, offset).and_then(|n| usize::try_from(n).ok());
    let (owner, group, list) = (at(4)?, at(8)?, at(16)?);
    let who = |offset: usize| match offset {
        0 => Some(Value::Null),
        offset => sid(bytes, offset).map(Value::String),
    };
    let mut entries = Vec::new();
    // No list at all means everybody; an empty one, nobody.
    let has_list = list != 0;
    if has_list {
        let count = u16_at(bytes, list.checked_add(4)?)?;
        let mut entry = list.checked_add(8)?;
        for _ in 0..count {
            let kind = *bytes.get(entry)?;
            let flags = *bytes.get(entry.checked_add(1)?)?;
            let size = usize::from(u16_at(bytes, entry.checked_add(2)?)?);
            let mask = u32_at(bytes, entry.checked_add(4)?)?;
            let sid = match kind {
                // Plain entries: allowed, denied, audited.
                0..=2 => Some(sid(bytes, entry.checked_add(8)?)?),
                _ => None,
            };
            entries.push(json!({
                "type": match kind { 0 => "allow", 1 => "deny", 2 => "audit", _ => "other" },
                "inherited": flags & 0x10 != 0,
                "mask": format!("{mask:08x}"),
                "who": sid,
            }));
            if size < 8 {
                return None;
            }
            entry = entry.checked_add(size)?;
        }
    }
    Some(json!({
        "kind": "nt", "owner": who(owner)?, "group": who(group)?, "everybody": !has_list, "entries": entries,
    }))
}

/// A security identifier, as people write it: `S-1-5-21-…`.
fn sid(bytes: &[u8], at: usize) -> Option<String> {
    let revision = *bytes.get(at)?;
    let count = usize::from(*bytes.get(at.checked_add(1)?)?);
    let authority = bytes
        .get(at.checked_add(2)?..at.checked_add(8)?)?
        .iter()
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    let mut text = format!("S-{revision}-{authority}");
    for n in 0..count {
        let part = u32_at(bytes, at.checked_add(8)?.checked_add(n.checked_mul(4)?)?)?;
        text.push('-');
        text.push_str(&part.to_string());
    }
    Some(text)
}

/// Entries of an NFSv4 list.
fn nfs4(bytes: &[u8]) -> Option<Value> {
    let number = |at: usize| {
        let part = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(part.try_into().ok()?))
    };
    let count = number(0)?;
    let (mut entries, mut at) = (Vec::new(), 4_usize);
    for _ in 0..count {
        let (kind, flags, mask) = (
            number(at)?,
            number(at.checked_add(4)?)?,
            number(at.checked_add(8)?)?,
        );
        let length = usize::try_from(number(at.checked_add(12)?)?).ok()?;
        let begin = at.checked_add(16)?;
        let who = bytes.get(begin..begin.checked_add(length)?)?;
        entries.push(json!({
            "type": match kind { 0 => "allow", 1 => "deny", 2 => "audit", 3 => "alarm", _ => "other" },
            "flags": format!("{flags:08x}"), "mask": format!("{mask:08x}"),
            "who": String::from_utf8_lossy(who),
        }));
        // Texts are filled up to four bytes.
        at = begin.checked_add(length.checked_next_multiple_of(4)?)?;
    }
    Some(json!({"kind": "nfs4", "entries": entries}))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// S-1-5-21-1-2-3-1000
    const PERSON: &[u8] = &[
        1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe8, 3, 0, 0,
    ];
    /// S-1-1-0: everyone.
    const EVERYONE: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];

    fn entry(kind: u8, flags: u8, mask: u32, who: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, flags];
        bytes.extend(u16::try_from(8 + who.len()).unwrap().to_le_bytes());
        bytes.extend(mask.to_le_bytes());
        bytes.extend(who);
        bytes
    }

    fn made() -> Vec<u8> {
        let entries = [
            entry(1, 0, 2, PERSON),
            entry(0, 0x10, 0x001f_01ff, EVERYONE),
        ]
        .concat();
        let (owner, group) = (20_u32, 48_u32);
        let list = 60_u32;
        let mut bytes = vec![1, 0, 4, 0x80];
        for offset in [owner, group, 0, list] {
            bytes.extend(offset.to_le_bytes());
        }
        bytes.extend(PERSON);
        bytes.extend(EVERYONE);
        bytes.extend([2, 0]);
        bytes.extend(u16::try_from(8 + entries.len()).unwrap().to_le_bytes());
        bytes.extend([2, 0, 0, 0]);
        bytes.extend(entries);
        bytes
    }

    #[test]
    fn a_descriptor_is_read_in_order() {
        assert_eq!(
            descriptor(&made()).unwrap(),
            json!({
                "kind": "nt", "owner": "S-1-5-21-1-2-3-1000", "group": "S-1-1-0", "everybody": false,
                "entries": [
                    {"type": "deny", "inherited": false, "mask": "00000002", "who": "S-1-5-21-1-2-3-1000"},
                    {"type": "allow", "inherited": true, "mask": "001f01ff", "who": "S-1-1-0"},
                ],
            })
        );
    }

    #[test]
    fn a_cut_list_is_unreadable_and_no_panic() {
        let lists = Lists::on("cifs", AccessLists::Auto).unwrap();
        let whole = made();
        for end in 0..whole.len() {
            assert_eq!(
                lists.parsed(&whole[..end]).access,
                Access::Unreadable,
                "{end}"
            );
        }
        assert_eq!(lists.parsed(&whole).access, Access::Known);
    }

    #[test]
    fn nfs4_entries() {
        let mut bytes = Vec::new();
        bytes.extend(1_u32.to_be_bytes());
        for number in [0_u32, 0, 0x0016_01a7, 6] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(b"OWNER@\0\0");
        assert_eq!(
            nfs4(&bytes).unwrap(),
            json!({"kind": "nfs4", "entries": [
                {"type": "allow", "flags": "00000000", "mask": "001601a7", "who": "OWNER@"},
            ]})
        );
        assert_eq!(nfs4(&bytes[..20]), None);
    }

    #[test]
    fn which_mounts_give_lists() {
        assert!(Lists::on("ext4", AccessLists::Auto).is_none());
        assert!(Lists::on("cifs", AccessLists::Ignore).is_none());
        assert!(Lists::on("cifs", AccessLists::Auto).is_some());
        assert!(Lists::on("nfs4", AccessLists::Auto).is_some());
        // A file system that gives none, where one is required: nothing on it can be published.
        let folder = std::fs::File::open("/").unwrap();
        let required = Lists::on("ext4", AccessLists::Required).unwrap();
        assert_eq!(required.read(&folder, b"tmp").access, Access::Unreadable);
    }

    #[test]
    fn a_list_joins_the_fingerprint_and_leaves_it() {
        let list = Lists::on("cifs", AccessLists::Auto)
            .unwrap()
            .parsed(&made());
        let joined = with_list("s1.m2.c3.i4", &list);
        assert_ne!(joined, "s1.m2.c3.i4");
        assert_eq!(without_list(&joined), "s1.m2.c3.i4");
        assert_eq!(with_list("s1", &List::none()), "s1");
    }
}
