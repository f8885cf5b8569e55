//! Random histories of a small file system, with outages, against what is plainly true of them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;

const PLACES: [&str; 8] = ["a", "b", "p/a", "p/b", "p/q/a", "p/q/b", "r/a", "r/b"];
const FOLDERS: [&str; 4] = ["", "p", "p/q", "r"];
const SETTLE: i64 = 60;
const DELETION_SCANS: u32 = 2;

#[derive(Clone, Debug)]
enum Op {
    /// New content under a new inode (created, or renamed into place).
    Put(usize),
    /// New content under the same inode.
    Write(usize),
    Remove(usize),
    Rename(usize, usize),
    Lock(usize),
    Unlock(usize),
    /// Time passes and a scan runs; the folders of the bits cannot be listed.
    Scan {
        after: i64,
        broken: u8,
    },
}

fn op() -> impl Strategy<Value = Op> {
    let place = 0..PLACES.len();
    prop_oneof![
        3 => place.clone().prop_map(Op::Put),
        2 => place.clone().prop_map(Op::Write),
        2 => place.clone().prop_map(Op::Remove),
        2 => (place.clone(), place.clone()).prop_map(|(a, b)| Op::Rename(a, b)),
        1 => place.clone().prop_map(Op::Lock),
        1 => place.prop_map(Op::Unlock),
        6 => (0..100_i64, prop_oneof![3 => Just(0_u8), 1 => 0..16_u8])
            .prop_map(|(after, broken)| Op::Scan { after, broken }),
    ]
}

#[derive(Clone, Debug, PartialEq)]
struct File {
    inode: u64,
    content: u64,
    ctime: u64,
    locked: bool,
}

impl File {
    fn fingerprint(&self) -> String {
        format!("{}.{}.{}", self.inode, self.content, self.ctime)
    }
}

fn folder_of(place: &str) -> &str {
    place.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn below(place: &str, folder: &str) -> bool {
    folder.is_empty() || place.starts_with(&format!("{folder}/"))
}

fn instant(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

/// The world and a catalog that stores what reconciling says, fetching at once.
#[derive(Default)]
struct World {
    files: BTreeMap<&'static str, File>,
    catalog: BTreeMap<ItemId, KnownItem>,
    ticks: u64,
    now: i64,
    /// Per place: consecutive complete scans without it.
    absent: BTreeMap<&'static str, u32>,
    /// Per place: the fingerprint seen without a break, and since when.
    stable: BTreeMap<&'static str, (String, i64)>,
}

impl World {
    fn tick(&mut self) -> u64 {
        self.ticks += 1;
        self.ticks
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Put(place) => {
                let (inode, content, ctime) = (self.tick(), self.tick(), self.tick());
                let locked = false;
                self.files.insert(
                    PLACES[place],
                    File {
                        inode,
                        content,
                        ctime,
                        locked,
                    },
                );
            }
            Op::Write(place) => {
                let tick = self.tick();
                if let Some(file) = self.files.get_mut(PLACES[place]) {
                    (file.content, file.ctime) = (tick, tick);
                }
            }
            Op::Remove(place) => {
                self.files.remove(PLACES[place]);
            }
            Op::Rename(from, to) => {
                if let Some(mut file) = self.files.remove(PLACES[from]) {
                    file.ctime = self.tick();
                    self.files.insert(PLACES[to], file);
                }
            }
            Op::Lock(place) | Op::Unlock(place) => {
                if let Some(file) = self.files.get_mut(PLACES[place]) {
                    file.locked = matches!(op, Op::Lock(_));
                }
            }
            Op::Scan { .. } => {}
        }
    }

    fn look(&self, broken: u8) -> Scan<&'static str> {
        let unknown: Vec<&str> = FOLDERS
            .iter()
            .enumerate()
            .filter(|(bit, _)| broken & (1 << bit) != 0)
            .map(|(_, folder)| *folder)
            .collect();
        let mut folders: BTreeMap<String, Vec<SeenItem<&'static str>>> = BTreeMap::new();
        for folder in FOLDERS {
            // A folder of files alone does not exist when it is empty; the top always does.
            let inside = format!("{folder}/");
            let hidden = unknown
                .iter()
                .any(|above| inside.starts_with(&format!("{above}/")) || above.is_empty());
            let exists =
                folder.is_empty() || self.files.keys().any(|place| place.starts_with(&inside));
            if exists && !hidden {
                folders.insert(folder.to_owned(), Vec::new());
            }
        }
        for (place, file) in &self.files {
            if let Some(folder) = folders.get_mut(folder_of(place)) {
                folder.push(SeenItem {
                    native_id: (*place).to_owned(),
                    fingerprint: file.fingerprint(),
                    move_hint: Some(file.inode.to_string()),
                    size_bytes: Some(file.content),
                    modified: Some(instant(0)),
                    deferred: file.locked.then(|| Bilingual::same("locked")),
                    record: *place,
                });
            }
        }
        Scan {
            folders,
            complete: unknown.is_empty(),
            unknown: unknown.into_iter().map(str::to_owned).collect(),
        }
    }

    fn policy() -> WatchPolicy {
        WatchPolicy {
            settle: TimeDelta::seconds(SETTLE),
            deletion_scans: DELETION_SCANS,
            hold_share: 0.5,
            hold_count: 50,
        }
    }

    fn store(&mut self, changes: &[ItemChange<&'static str>]) {
        for change in changes {
            let id = change.id.unwrap_or_else(|| {
                self.ticks += 1;
                format!("00000000-0000-0000-0000-{:012x}", self.ticks)
                    .parse()
                    .unwrap()
            });
            if let Then::Absent { scans } | Then::Deleted { scans } = change.then {
                let item = self.catalog.get_mut(&id).unwrap();
                item.missing_scans = scans;
                item.gone |= matches!(change.then, Then::Deleted { .. });
                continue;
            }
            let place = change.record.unwrap();
            let print = change.fingerprint.clone().unwrap();
            let file = &self.files[place];
            let item = self.catalog.entry(id).or_insert_with(|| KnownItem {
                id,
                native_id: String::new(),
                folder: String::new(),
                fetched_fingerprint: None,
                observed_fingerprint: print.clone(),
                observed_since: instant(self.now),
                missing_scans: 0,
                gone: false,
                move_hint: None,
                size_bytes: None,
                modified: None,
            });
            place.clone_into(&mut item.native_id);
            folder_of(place).clone_into(&mut item.folder);
            (item.missing_scans, item.gone) = (0, false);
            item.observed_fingerprint.clone_from(&print);
            item.move_hint = Some(file.inode.to_string());
            (item.size_bytes, item.modified) = (Some(file.content), Some(instant(0)));
            match change.then {
                Then::AsFetched { since }
                | Then::Settling { since, .. }
                | Then::Deferred { since, .. } => item.observed_since = since,
                Then::Fetch { since } => {
                    item.observed_since = since;
                    item.fetched_fingerprint = Some(print);
                }
                Then::Nothing | Then::Absent { .. } | Then::Deleted { .. } => {}
            }
        }
    }

    fn scan(&mut self, broken: u8) -> Result<(), TestCaseError> {
        let scan = self.look(broken);
        let (complete, unknown) = (scan.complete, scan.unknown.clone());
        let known: Vec<_> = self.catalog.values().cloned().collect();
        let policy = Self::policy();
        let outcome = reconcile(&known, scan.clone(), instant(self.now), &policy, false);
        let mut reversed = known;
        reversed.reverse();
        let again = reconcile(&reversed, scan, instant(self.now), &policy, false);
        prop_assert_eq!(
            &outcome,
            &again,
            "the order of the known list must not matter"
        );

        for place in PLACES {
            let hidden = unknown.iter().any(|folder| below(place, folder));
            match self.files.get(place) {
                Some(file) if !hidden => {
                    self.absent.remove(place);
                    let print = file.fingerprint();
                    let entry = self
                        .stable
                        .entry(place)
                        .or_insert_with(|| (print.clone(), self.now));
                    if entry.0 != print {
                        *entry = (print, self.now);
                    }
                }
                None if complete => *self.absent.entry(place).or_default() += 1,
                _ => {}
            }
        }
        for change in &outcome.changes {
            if let Then::Deleted { .. } = change.then {
                prop_assert!(complete, "deleted in an incomplete scan");
                prop_assert!(outcome.hold.is_none(), "deleted under a hold");
                let place = change.native_id.as_str();
                prop_assert!(
                    self.absent.get(place).copied().unwrap_or(0) >= DELETION_SCANS,
                    "deleted too early"
                );
            }
        }
        for change in outcome
            .changes
            .iter()
            .filter(|c| matches!(c.then, Then::Fetch { .. }))
        {
            let (_, since) = &self.stable[change.record.unwrap()];
            prop_assert!(self.now - since >= SETTLE, "fetched before it settled");
        }
        self.store(&outcome.changes);

        // One item per name among those that are there, and every visible file is one.
        let mut names = std::collections::BTreeSet::new();
        for item in self.catalog.values() {
            prop_assert!(names.insert(&item.native_id), "two items with one name");
        }
        for (place, file) in &self.files {
            if unknown.iter().any(|folder| below(place, folder)) {
                continue;
            }
            let item = self.catalog.values().find(|item| item.native_id == *place);
            prop_assert!(
                item.is_some_and(|item| !item.gone),
                "a file without a state"
            );
            let (print, since) = &self.stable[place];
            if !file.locked && self.now - since >= SETTLE {
                prop_assert_eq!(
                    item.unwrap().fetched_fingerprint.as_ref(),
                    Some(print),
                    "stable and not fetched"
                );
            }
        }
        self.nothing_more(broken)
    }

    /// The same scan again at the same time finds nothing but timers and further absences.
    fn nothing_more(&self, broken: u8) -> Result<(), TestCaseError> {
        let known: Vec<_> = self.catalog.values().cloned().collect();
        let policy = Self::policy();
        let again = reconcile(&known, self.look(broken), instant(self.now), &policy, false);
        for change in again.changes {
            let quiet = match change.then {
                Then::Settling { .. } | Then::Deferred { .. } => change.came == Came::Known,
                Then::Absent { .. } | Then::Deleted { .. } => true,
                _ => false,
            };
            prop_assert!(quiet, "not idempotent: {:?}", change);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn histories(ops in prop::collection::vec(op(), 1..60)) {
        let mut world = World::default();
        for op in &ops {
            world.act(op);
            if let Op::Scan { after, broken } = *op {
                world.now += after;
                world.scan(broken)?;
            }
        }
    }

    /// A rename between two complete scans keeps the item.
    #[test]
    fn renames_keep_identity(
        puts in prop::collection::btree_set(0..PLACES.len(), 1..6),
        to in 0..PLACES.len(),
        settled in any::<bool>(),
    ) {
        let mut world = World::default();
        for &place in &puts {
            world.act(&Op::Put(place));
        }
        world.scan(0)?;
        if settled {
            world.now += SETTLE;
            world.scan(0)?;
        }
        let from = *puts.first().unwrap();
        prop_assume!(!puts.contains(&to));
        let id_at = |world: &World, place: usize| {
            world.catalog.values().find(|item| item.native_id == PLACES[place]).map(|item| item.id)
        };
        let before = id_at(&world, from);
        world.act(&Op::Rename(from, to));
        world.now += 1;
        world.scan(0)?;
        prop_assert_eq!(before, id_at(&world, to));
        prop_assert_eq!(None, id_at(&world, from));
    }
}
