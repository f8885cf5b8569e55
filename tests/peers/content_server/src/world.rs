//! The records of the simulated server, and who sees which.
//!
//! Rule that must hold: a node that a user does not see and a node that is not there cannot be told apart outside
//! of this module but by [`World::node`], which only the controls use.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::{
    category::Definition,
    clock::Clock,
    config::{Account, Config, Switches},
    fault::{Failure, Slowness},
    subtype::{self, Subtype},
    ticket::Ticket,
};

/// Everything that `see` comes with in the access lists here.
pub(crate) const READ: &[&str] = &["see", "see_contents"];
/// Everything that can be granted.
pub(crate) const ALL: &[&str] = &[
    "see",
    "see_contents",
    "modify",
    "edit_attributes",
    "add_items",
    "reserve",
    "add_major_version",
    "delete_versions",
    "delete",
    "edit_permissions",
];

/// One line of an access list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Right {
    /// `owner`, `group`, `public` or `custom`.
    pub(crate) kind: &'static str,
    pub(crate) member: Option<i64>,
    pub(crate) permissions: Vec<String>,
}

impl Right {
    pub(crate) fn new(kind: &'static str, member: Option<i64>, permissions: &[&str]) -> Self {
        Self {
            kind,
            member,
            permissions: permissions.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn applies_to(&self, account: &Account) -> bool {
        match self.member {
            None => self.kind == "public",
            Some(id) => id == account.id || account.groups.contains(&id),
        }
    }
}

/// One version of a document.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) file_name: String,
    pub(crate) mime_type: String,
    pub(crate) content: Bytes,
    pub(crate) created: DateTime<Utc>,
}

/// What Records Management knows of a node.
#[derive(Clone, Debug)]
pub(crate) struct RecordDetails {
    pub(crate) classification_id: i64,
    pub(crate) file_number: String,
    pub(crate) rsi: Option<String>,
    pub(crate) status: String,
    pub(crate) official: bool,
    pub(crate) essential: String,
    pub(crate) recorded: DateTime<Utc>,
}

/// A node in the recycle bin.
#[derive(Clone, Debug)]
pub(crate) struct Deleted {
    pub(crate) at: DateTime<Utc>,
    /// Whether it was deleted itself, and not because of what it was in.
    pub(crate) itself: bool,
}

/// A node.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: i64,
    /// 0 for volumes.
    pub(crate) parent: i64,
    pub(crate) kind: i64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) creator: i64,
    pub(crate) hidden: bool,
    pub(crate) reserved_by: Option<i64>,
    pub(crate) reserved_at: Option<DateTime<Utc>>,
    pub(crate) url: Option<String>,
    /// What a shortcut or a generation stands for.
    pub(crate) original: Option<i64>,
    /// What a collection lists.
    pub(crate) links: Vec<i64>,
    /// Its place in a compound document.
    pub(crate) order: i64,
    pub(crate) advanced_versioning: bool,
    pub(crate) versions: Vec<Version>,
    /// Values of each category, by the attributes' keys.
    pub(crate) categories: BTreeMap<i64, BTreeMap<String, Value>>,
    pub(crate) rights: Vec<Right>,
    pub(crate) clearance: i64,
    pub(crate) markings: Vec<String>,
    pub(crate) record: Option<RecordDetails>,
    pub(crate) classifications: Vec<i64>,
    pub(crate) deleted: Option<Deleted>,
}

impl Node {
    pub(crate) fn subtype(&self) -> Subtype {
        subtype::of(self.kind)
    }

    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }
}

/// A hold of Records Management.
#[derive(Clone, Debug)]
pub(crate) struct Hold {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) active: bool,
    pub(crate) applied: DateTime<Utc>,
    /// The nodes it was applied to; it holds what is in them too.
    pub(crate) nodes: BTreeSet<i64>,
}

/// An event of the audit trail.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: i64,
    pub(crate) node: i64,
    pub(crate) kind: i64,
    pub(crate) name: &'static str,
    pub(crate) at: DateTime<Utc>,
    pub(crate) user: i64,
}

/// What the search index holds of a node.
#[derive(Clone, Debug)]
pub(crate) struct Indexed {
    pub(crate) name: String,
    pub(crate) kind: i64,
    pub(crate) modified: DateTime<Utc>,
    pub(crate) location: Vec<i64>,
    pub(crate) mime_type: Option<String>,
    pub(crate) size: usize,
    pub(crate) version: i64,
    pub(crate) text: String,
}

/// The whole server.
pub(crate) struct World {
    pub(crate) base: String,
    pub(crate) clock: Clock,
    pub(crate) switches: Switches,
    pub(crate) accounts: Vec<Account>,
    pub(crate) oauth: (String, String, String),
    pub(crate) tickets: HashMap<String, Ticket>,
    pub(crate) tickets_made: u64,
    pub(crate) nodes: BTreeMap<i64, Node>,
    pub(crate) children: BTreeMap<i64, BTreeSet<i64>>,
    pub(crate) definitions: BTreeMap<i64, Definition>,
    pub(crate) holds: Vec<Hold>,
    pub(crate) events: Vec<Event>,
    pub(crate) index: BTreeMap<i64, Indexed>,
    pub(crate) to_index: VecDeque<(DateTime<Utc>, i64)>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) slowness: Slowness,
    pub(crate) next_node: i64,
    pub(crate) next_version: i64,
}

impl World {
    /// Without any node.
    pub(crate) fn new(config: &Config) -> Self {
        let base = format!("/{}", config.base.trim_matches('/'));
        Self {
            base: if base == "/" { String::new() } else { base },
            clock: Clock::new(config.start, config.clock_runs),
            switches: config.switches.clone(),
            accounts: config.accounts.clone(),
            oauth: (
                config.oauth_client.clone(),
                config.oauth_secret.clone(),
                config.oauth_account.clone(),
            ),
            tickets: HashMap::new(),
            tickets_made: 0,
            nodes: BTreeMap::new(),
            children: BTreeMap::new(),
            definitions: BTreeMap::new(),
            holds: Vec::new(),
            events: Vec::new(),
            index: BTreeMap::new(),
            to_index: VecDeque::new(),
            failures: Vec::new(),
            slowness: Slowness::default(),
            next_node: 70_000,
            next_version: 200_000,
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The node, deleted or not, whoever asks.
    pub(crate) fn node(&self, id: i64) -> Option<&Node> {
        self.nodes.get(&id)
    }

    /// The node, if this account sees it.
    pub(crate) fn seen(&self, id: i64, account: &Account) -> Option<&Node> {
        let node = self.nodes.get(&id.abs())?;
        self.sees(account, node).then_some(node)
    }

    /// Whether this account sees the node.
    pub(crate) fn sees(&self, account: &Account, node: &Node) -> bool {
        if node.deleted.is_some() {
            return false;
        }
        let cleared = !self.switches.security_clearance
            || (node.clearance <= account.clearance
                && node
                    .markings
                    .iter()
                    .all(|marking| account.markings.contains(marking)));
        cleared && (account.administrator || Self::may(account, node, "see"))
    }

    /// Whether the access list grants this.
    pub(crate) fn may(account: &Account, node: &Node, permission: &str) -> bool {
        account.administrator
            || node.rights.iter().any(|right| {
                right.applies_to(account) && right.permissions.iter().any(|name| name == permission)
            })
    }

    /// All that is in a container and not deleted, in the order of ids; what it lists, if it is a collection.
    pub(crate) fn inside(&self, id: i64) -> Vec<&Node> {
        let Some(node) = self.nodes.get(&id) else {
            return Vec::new();
        };
        let mut ids: Vec<i64> = node.links.clone();
        if let Some(children) = self.children.get(&id) {
            ids.extend(children.iter().copied());
        }
        ids.iter()
            .filter_map(|child| self.nodes.get(child))
            .filter(|child| child.deleted.is_none())
            .collect()
    }

    /// Ids from the volume down to the node itself.
    pub(crate) fn line(&self, id: i64) -> Vec<i64> {
        let mut line = Vec::new();
        let mut current = id;
        while let Some(node) = self.nodes.get(&current) {
            if line.contains(&current) {
                break;
            }
            line.push(current);
            current = node.parent;
        }
        line.reverse();
        line
    }

    /// Names from below the volume down to the node, separated by `/`.
    pub(crate) fn path(&self, id: i64) -> String {
        let names: Vec<&str> = self
            .line(id)
            .iter()
            .skip(1)
            .filter_map(|step| self.nodes.get(step))
            .map(|node| node.name.as_str())
            .collect();
        names.join("/")
    }

    /// The node and all below it, deleted ones too.
    pub(crate) fn branch(&self, id: i64) -> Vec<i64> {
        let mut found = vec![id];
        let mut next = 0;
        while next < found.len() {
            if let Some(children) = self.children.get(&found[next]) {
                found.extend(children.iter().copied());
            }
            next += 1;
        }
        found
    }

    /// The business workspace or project that it is in, not counting itself.
    pub(crate) fn workspace_of(&self, id: i64) -> Option<i64> {
        let line = self.line(id);
        let above = line.len().saturating_sub(1);
        line[..above]
            .iter()
            .rev()
            .copied()
            .find(|step| subtype::of(self.nodes[step].kind).is_volume_like())
    }

    /// Holds on the node, and whether each was put on it directly.
    pub(crate) fn holds_on(&self, id: i64) -> Vec<(&Hold, bool)> {
        let line = self.line(id);
        let classification = self
            .nodes
            .get(&id)
            .and_then(|node| node.record.as_ref())
            .map(|record| record.classification_id);
        self.holds
            .iter()
            .filter(|hold| hold.active)
            .filter_map(|hold| {
                let direct = hold.nodes.contains(&id);
                let above = line.iter().any(|step| hold.nodes.contains(step));
                let classified = classification.is_some_and(|class| hold.nodes.contains(&class));
                (direct || above || classified).then_some((hold, direct))
            })
            .collect()
    }

    /// Notes that the index has to look at the node again.
    pub(crate) fn touch_index(&mut self, id: i64) {
        let due = self.now() + TimeDelta::seconds(self.switches.index_lag_seconds.max(0));
        self.to_index.push_back((due, id));
    }

    /// Lets the index catch up as far as it is due.
    pub(crate) fn catch_up_index(&mut self) {
        let now = self.now();
        let mut later = VecDeque::new();
        while let Some((due, id)) = self.to_index.pop_front() {
            if due > now {
                later.push_back((due, id));
                continue;
            }
            match self.indexed(id) {
                Some(entry) => {
                    self.index.insert(id, entry);
                }
                None => {
                    self.index.remove(&id);
                }
            }
        }
        self.to_index = later;
    }

    fn indexed(&self, id: i64) -> Option<Indexed> {
        let node = self.nodes.get(&id)?;
        if node.deleted.is_some() {
            return None;
        }
        let mut location = Vec::new();
        for step in self.line(id) {
            location.push(step);
            if self.nodes[&step].subtype().is_volume_like() {
                location.push(-step);
            }
        }
        let latest = node.latest();
        let text = latest.map_or_else(String::new, |version| {
            let head = &version.content[..version.content.len().min(65_536)];
            String::from_utf8_lossy(head).to_lowercase()
        });
        Some(Indexed {
            name: node.name.clone(),
            kind: node.kind,
            modified: node.modified,
            location,
            mime_type: latest.map(|version| version.mime_type.clone()),
            size: latest.map_or(0, |version| version.content.len()),
            version: latest.map_or(0, |version| version.number),
            text,
        })
    }

    /// Writes into the audit trail, if that is on.
    pub(crate) fn note(&mut self, node: i64, kind: i64, name: &'static str) {
        if !self.switches.audit {
            return;
        }
        let id = 900_000 + i64::try_from(self.events.len()).unwrap_or(0);
        let at = self.now();
        self.events.push(Event {
            id,
            node,
            kind,
            name,
            at,
            user: 1000,
        });
    }

    /// The name of a member or of a group.
    pub(crate) fn member_name(&self, id: i64) -> String {
        match self.accounts.iter().find(|account| account.id == id) {
            Some(account) => account.name.clone(),
            None => match id {
                999 => "DefaultGroup".to_owned(),
                1200 => "Open Data - Données ouvertes".to_owned(),
                1201 => "Records - Documents".to_owned(),
                _ => format!("Member {id}"),
            },
        }
    }
}
