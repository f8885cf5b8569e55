//! What a scan means for the items already known: new, changed, settled, moved, missing, deleted.
//!
//! Pure: the known items, what the scan saw, the time and the policy come in; the changes come out and the caller
//! stores them. It leans on [`Reconciler`], which takes a scan folder by folder and is given what is known of each.
//! Rule that must hold: absent is not deleted. An item is deleted only after it was missing in several complete
//! scans, never below a folder that could not be listed, and never together with a suspicious number of others
//! unless a person has said so.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Bilingual, ItemId};

#[cfg(test)]
mod properties;

/// The fewest known items for which a mass absence can be told from everyday tidying.
const HOLD_AT_LEAST_KNOWN: u64 = 5;

/// When content counts as finished, and when absence counts as deletion.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchPolicy {
    /// How long an item must look the same, over two observations, before it is fetched. Zero: fetched at once.
    pub settle: TimeDelta,
    /// Complete scans in a row in which an item must be missing before it counts as deleted. Zero counts as one.
    pub deletion_scans: u32,
    /// Above this share of the known items (0 to 1) missing at once, deletions wait for a person.
    pub hold_share: f64,
    /// Above this number of items missing at once, deletions wait for a person.
    pub hold_count: u64,
}

/// An item as the catalog has it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownItem {
    /// Its id.
    pub id: ItemId,
    /// The source's own id.
    pub native_id: String,
    /// The folder it was last reported in, in the source's own words (the name given with the folder's records).
    pub folder: String,
    /// The fingerprint its newest version was fetched with; `None` when no content is known yet.
    pub fetched_fingerprint: Option<String>,
    /// The fingerprint the last scan saw.
    pub observed_fingerprint: String,
    /// When that fingerprint was first seen.
    pub observed_since: DateTime<Utc>,
    /// Complete scans in a row in which it was missing.
    pub missing_scans: u32,
    /// True when it was found to be deleted.
    pub gone: bool,
    /// The same for one thing under two names; a hint only.
    pub move_hint: Option<String>,
    /// Size as last seen, in bytes.
    pub size_bytes: Option<u64>,
    /// Last change by the source's clock, as last seen.
    pub modified: Option<DateTime<Utc>>,
}

/// A record as a scan saw it. `record` is whatever the caller wants to have back with the change.
#[derive(Clone, Debug, PartialEq)]
pub struct SeenItem<T> {
    /// The source's own id.
    pub native_id: String,
    /// Changes whenever content or native metadata may have changed.
    pub fingerprint: String,
    /// The same for one thing under two names; a hint only.
    pub move_hint: Option<String>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
    /// Last change by the source's clock.
    pub modified: Option<DateTime<Utc>>,
    /// Why it cannot be read now.
    pub deferred: Option<Bilingual>,
    /// Given back with the change.
    pub record: T,
}

/// How an item came into this scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// Known, and seen or missed under its known id.
    Known,
    /// Never seen before. The caller gives it an id.
    New,
    /// Missing before, and there again. The count of missing scans starts anew.
    Returned {
        /// True when it had been counted as deleted.
        was_gone: bool,
    },
    /// The same thing under another name; it keeps its id, its history and its decisions.
    Moved {
        /// The native id it had.
        from: String,
    },
}

/// What follows for the item. Wherever it carries `since`, the caller stores the seen fingerprint as observed since then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it looks as it did when it was fetched.
    Nothing,
    /// It looks again as it did when it was fetched; only the observation is stored.
    AsFetched {
        /// Observed like this since.
        since: DateTime<Utc>,
    },
    /// Still changing, or only just changed. Emitted at every scan until it settles.
    Settling {
        /// Observed like this since.
        since: DateTime<Utc>,
        /// A scan from this instant on fetches it, if it looks the same then.
        until: DateTime<Utc>,
    },
    /// Settled, and not what was fetched last: fetch it.
    Fetch {
        /// Observed like this since.
        since: DateTime<Utc>,
    },
    /// Seen, but it cannot be read now. Emitted at every scan for as long as there is something to fetch.
    Deferred {
        /// Observed like this since.
        since: DateTime<Utc>,
        /// Why.
        reason: Bilingual,
    },
    /// Missing in a complete scan.
    Absent {
        /// Complete scans in a row.
        scans: u32,
    },
    /// Missing in enough complete scans: it is gone from the source.
    Deleted {
        /// Complete scans in a row.
        scans: u32,
    },
}

/// One item with something to store.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemChange<T> {
    /// The item; `None` for a new one.
    pub id: Option<ItemId>,
    /// Its native id in this scan; for a missing item the one it is known by.
    pub native_id: String,
    /// The fingerprint in this scan; `None` for a missing item.
    pub fingerprint: Option<String>,
    /// How it came.
    pub came: Came,
    /// What follows.
    pub then: Then,
    /// What the caller gave with the seen item; `None` for a missing item.
    pub record: Option<T>,
}

/// So much is missing at once that a person must say whether it was deleted or the source is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MassAbsence {
    /// Items missing in this scan.
    pub missing: u64,
    /// Items that were known and not yet deleted.
    pub known: u64,
}

/// A whole scan at once; see [`reconcile`].
#[derive(Clone, Debug)]
pub struct Scan<T> {
    /// What was seen, by folder; a folder that was fully listed is there even when it is empty.
    pub folders: BTreeMap<String, Vec<SeenItem<T>>>,
    /// Folders that could not be listed.
    pub unknown: Vec<String>,
    /// True when every folder was listed.
    pub complete: bool,
}

/// What a whole scan means; see [`reconcile`].
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciled<T> {
    /// What is to be stored.
    pub changes: Vec<ItemChange<T>>,
    /// Set when deletions wait for a person. After an incomplete scan it is always `None` and says nothing: an earlier
    /// hold stays.
    pub hold: Option<MassAbsence>,
}

/// Reconciles a whole scan with everything known in memory. `release_hold` is a person's word, good for this one scan, that
/// what is missing was deleted. The same in steps, for catalogs that do not fit: [`Reconciler`].
pub fn reconcile<T>(
    known: &[KnownItem],
    scan: Scan<T>,
    now: DateTime<Utc>,
    policy: &WatchPolicy,
    release_hold: bool,
) -> Reconciled<T> {
    let mut reconciler = Reconciler::new(now, policy);
    for folder in scan.unknown {
        reconciler.unknown(folder);
    }
    let mut changes = Vec::new();
    let mut stored: Vec<KnownItem> = known.to_vec();
    for (folder, seen) in scan.folders {
        let ids: HashSet<&str> = seen.iter().map(|seen| seen.native_id.as_str()).collect();
        let around = Around {
            known: stored
                .iter()
                .filter(|item| item.folder == folder || ids.contains(item.native_id.as_str()))
                .cloned()
                .collect(),
            hints: stored
                .iter()
                .filter(|item| !item.gone)
                .filter_map(|item| item.move_hint.clone())
                .collect(),
        };
        let told = reconciler.folder(&folder, seen, around);
        for change in &told {
            // As a catalog does: who was seen in a folder is in that folder.
            if let Some(item) = stored.iter_mut().find(|item| Some(item.id) == change.id) {
                item.folder.clone_from(&folder);
            }
        }
        changes.extend(told);
    }
    let hints: HashSet<String> = reconciler.wanted_hints().map(str::to_owned).collect();
    let candidates = stored
        .iter()
        .filter(|item| item.move_hint.as_ref().is_some_and(|h| hints.contains(h)))
        .cloned()
        .collect();
    let (moves, moved) = reconciler.moves(candidates);
    changes.extend(moves);
    let mut hold = None;
    if scan.complete {
        let mut missing = reconciler.take_absent();
        missing.extend(
            stored
                .iter()
                .filter(|item| !item.gone && !moved.contains(&item.id))
                .filter(|item| reconciler.left_out(&item.folder))
                .cloned(),
        );
        missing.sort_unstable_by(|a, b| a.native_id.cmp(&b.native_id));
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let absence = MassAbsence {
            missing: count(missing.len()),
            known: count(known.iter().filter(|item| !item.gone).count()),
        };
        hold = absence
            .holds(policy)
            .then_some(absence)
            .filter(|_| !release_hold);
        changes.extend(
            missing
                .iter()
                .map(|item| absent(item, hold.is_some(), policy)),
        );
    }
    Reconciled { changes, hold }
}

/// What is known around a folder that was listed; the caller looks it up.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Everything known in the folder, and everything known under an id that was seen in it, wherever it was before;
    /// deleted items included.
    pub known: Vec<KnownItem>,
    /// Those of the move hints seen that are known of an item which is not deleted, in any folder. More do no harm.
    pub hints: HashSet<String>,
}

/// Takes a scan folder by folder. Its memory grows with what changed and with the number of folders, not with what is known.
///
/// A scan that fails as a whole is simply dropped: nothing is concluded from absence then, and what the folders gave so far
/// is true by itself. The end of a scan that was not cut off is [`Reconciler::moves`], and if it was complete, an [`absent`] for
/// each of [`Reconciler::take_absent`] and for every item in a folder that was [`Reconciler::left_out`].
#[derive(Debug)]
pub struct Reconciler<'p, T> {
    policy: &'p WatchPolicy,
    now: DateTime<Utc>,
    /// New ones that may turn out to be moved ones.
    waiting: Vec<SeenItem<T>>,
    /// Native ids of everything new, so that a source that lists a record twice does no harm.
    strangers: HashSet<String>,
    /// Known in a folder that was listed, and not seen there.
    absent: HashMap<ItemId, KnownItem>,
    visited: HashSet<FolderKey>,
    unknown: HashSet<String>,
}

/// A folder's name, or what was listed in it, in sixteen bytes of SHA-256.
pub type FolderKey = [u8; 16];

/// The key of a text.
pub fn folder_key(folder: &str) -> FolderKey {
    let mut key = FolderKey::default();
    key.copy_from_slice(&Sha256::digest(folder.as_bytes())[..16]);
    key
}

impl<'p, T> Reconciler<'p, T> {
    /// Starts a scan at `now`.
    pub fn new(now: DateTime<Utc>, policy: &'p WatchPolicy) -> Self {
        Self {
            policy,
            now,
            waiting: Vec::new(),
            strangers: HashSet::new(),
            absent: HashMap::new(),
            visited: HashSet::new(),
            unknown: HashSet::new(),
        }
    }

    /// Goes on where a scan was cut off: with the folders listed until then, and what was known in them and not seen.
    pub fn resume(
        &mut self,
        visited: impl IntoIterator<Item = FolderKey>,
        absent: impl IntoIterator<Item = KnownItem>,
    ) {
        self.visited.extend(visited);
        self.absent
            .extend(absent.into_iter().map(|item| (item.id, item)));
    }

    /// Notes a folder as listed in which everything is as it was, with nothing to wait for: no look at its items is needed.
    pub fn same(&mut self, folder: &str) {
        self.visited.insert(folder_key(folder));
    }

    /// Takes a folder that was fully listed and gives the changes that can be told already.
    pub fn folder(
        &mut self,
        folder: &str,
        seen: Vec<SeenItem<T>>,
        around: Around,
    ) -> Vec<ItemChange<T>> {
        let again = !self.visited.insert(folder_key(folder));
        let mut known: HashMap<String, KnownItem> = around
            .known
            .into_iter()
            .map(|item| (item.native_id.clone(), item))
            .collect();
        let mut changes = Vec::new();
        for seen in seen {
            let Some(item) = known.remove(&seen.native_id) else {
                if !self.strangers.contains(&seen.native_id) {
                    self.strangers.insert(seen.native_id.clone());
                    let hinted = seen.move_hint.as_ref();
                    if hinted.is_some_and(|hint| around.hints.contains(hint)) {
                        self.waiting.push(seen);
                    } else {
                        changes.push(arrive(seen, self.now, self.policy));
                    }
                }
                continue;
            };
            // Marks it as seen: a second record of that id in this folder is passed over.
            self.strangers.insert(seen.native_id.clone());
            if self.seen_elsewhere(folder, &item, again) {
                continue;
            }
            self.absent.remove(&item.id);
            let came = if item.gone || item.missing_scans > 0 {
                Came::Returned {
                    was_gone: item.gone,
                }
            } else {
                Came::Known
            };
            // Under its own id in another folder: it moved, and its source can tell.
            let elsewhere = item.folder != folder;
            changes.extend(follow(&item, came, elsewhere, seen, self.now, self.policy));
        }
        for (_, item) in known {
            let unlisted = self.unknown.contains(&item.native_id);
            if item.folder == folder && !item.gone && !unlisted && !again {
                self.absent.insert(item.id, item);
            }
        }
        changes
    }

    /// Whether an item was told in this scan already (it moved while the scan ran): the first word stands, the next scan sees
    /// more.
    fn seen_elsewhere(&self, folder: &str, item: &KnownItem, again: bool) -> bool {
        if self.absent.contains_key(&item.id) || item.gone {
            return false;
        }
        if item.folder == folder {
            again
        } else {
            self.visited.contains(&folder_key(&item.folder))
        }
    }

    /// Takes a folder that could not be listed: itself and all below it stay as they are.
    pub fn unknown(&mut self, folder: impl Into<String>) {
        let folder = folder.into();
        // A single record that could not be looked at is no absence either.
        self.absent.retain(|_, item| item.native_id != folder);
        self.unknown.insert(folder);
    }

    /// Hints for which [`Reconciler::moves`] wants every known item.
    pub fn wanted_hints(&self) -> impl Iterator<Item = &str> {
        self.waiting
            .iter()
            .filter_map(|seen| seen.move_hint.as_deref())
    }

    /// Pairs what is new with what is missing under the same hint, size and time, and gives the rest as new. What is missing
    /// must be so for certain: an item below an unknown folder may still be there, and the new one a second name of it.
    /// Also gives the ids of what moved.
    pub fn moves(&mut self, candidates: Vec<KnownItem>) -> (Vec<ItemChange<T>>, HashSet<ItemId>) {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by(|a, b| a.native_id.cmp(&b.native_id));
        let mut missing: Vec<KnownItem> = candidates
            .into_iter()
            .filter(|item| {
                !item.gone
                    && !self.unknown.contains(&item.native_id)
                    && (self.absent.contains_key(&item.id) || self.left_out(&item.folder))
            })
            .collect();
        missing.sort_unstable_by(|a, b| a.native_id.cmp(&b.native_id));
        let (mut changes, mut moved) = (Vec::new(), HashSet::new());
        for seen in waiting {
            let at = missing
                .iter()
                .position(|item| item.move_hint == seen.move_hint && same_content(item, &seen));
            match at.map(|at| missing.remove(at)) {
                Some(item) => {
                    self.absent.remove(&item.id);
                    moved.insert(item.id);
                    let came = Came::Moved {
                        from: item.native_id.clone(),
                    };
                    changes.extend(follow(&item, came, true, seen, self.now, self.policy));
                }
                None => changes.push(arrive(seen, self.now, self.policy)),
            }
        }
        (changes, moved)
    }

    /// Whether a folder was not listed in this scan although nothing says that it could not be: after a complete scan it is not
    /// there any more.
    pub fn left_out(&self, folder: &str) -> bool {
        !self.visited.contains(&folder_key(folder)) && !self.is_unknown(folder)
    }

    /// How much waits for the end of the scan: missing, or new and perhaps moved. A folder that adds to it must be looked at
    /// again by the next scan.
    pub fn waiting(&self) -> usize {
        self.absent.len() + self.waiting.len()
    }

    /// How many items were known in the folders that were listed, and not seen, up to now.
    pub fn absent_so_far(&self) -> u64 {
        u64::try_from(self.absent.len()).unwrap_or(u64::MAX)
    }

    /// Which these are.
    pub fn absent_ids(&self) -> impl Iterator<Item = ItemId> {
        self.absent.keys().copied()
    }

    /// What was known in the folders that were listed, and was not seen. Only after a complete scan does that mean anything.
    pub fn take_absent(&mut self) -> Vec<KnownItem> {
        let mut absent: Vec<_> = std::mem::take(&mut self.absent).into_values().collect();
        absent.sort_unstable_by(|a, b| a.native_id.cmp(&b.native_id));
        absent
    }

    /// The whole source, the folder itself, or any folder above.
    fn is_unknown(&self, folder: &str) -> bool {
        !self.unknown.is_empty()
            && (self.unknown.contains("")
                || self.unknown.contains(folder)
                || folder
                    .match_indices('/')
                    .any(|(at, _)| self.unknown.contains(&folder[..at])))
    }
}

/// What a further complete scan without it means for an item.
pub fn absent<T>(item: &KnownItem, held: bool, policy: &WatchPolicy) -> ItemChange<T> {
    let scans = item.missing_scans.saturating_add(1);
    ItemChange {
        id: Some(item.id),
        native_id: item.native_id.clone(),
        fingerprint: None,
        came: Came::Known,
        then: if !held && scans >= policy.deletion_scans {
            Then::Deleted { scans }
        } else {
            Then::Absent { scans }
        },
        record: None,
    }
}

/// What a seen item means for the known one; `None` when nothing is to be stored. `elsewhere`: it was known in another folder.
fn follow<T>(
    known: &KnownItem,
    came: Came,
    elsewhere: bool,
    seen: SeenItem<T>,
    now: DateTime<Utc>,
    policy: &WatchPolicy,
) -> Option<ItemChange<T>> {
    let same = known.observed_fingerprint == seen.fingerprint;
    // A clock that was set back must not keep an item waiting for ever.
    let since = if same && known.observed_since <= now {
        known.observed_since
    } else {
        now
    };
    let then = if known.fetched_fingerprint.as_ref() == Some(&seen.fingerprint) {
        if same {
            Then::Nothing
        } else {
            Then::AsFetched { since }
        }
    } else {
        pending(since, seen.deferred, now, policy)
    };
    if came == Came::Known && then == Then::Nothing && !elsewhere {
        return None;
    }
    Some(ItemChange {
        id: Some(known.id),
        native_id: seen.native_id,
        fingerprint: Some(seen.fingerprint),
        came,
        then,
        record: Some(seen.record),
    })
}

fn arrive<T>(seen: SeenItem<T>, now: DateTime<Utc>, policy: &WatchPolicy) -> ItemChange<T> {
    ItemChange {
        id: None,
        native_id: seen.native_id,
        fingerprint: Some(seen.fingerprint),
        came: Came::New,
        then: pending(now, seen.deferred, now, policy),
        record: Some(seen.record),
    }
}

/// For content that was not fetched yet: wait for the reader, for the writer, or fetch.
fn pending(
    since: DateTime<Utc>,
    deferred: Option<Bilingual>,
    now: DateTime<Utc>,
    policy: &WatchPolicy,
) -> Then {
    if let Some(reason) = deferred {
        return Then::Deferred { since, reason };
    }
    let until = since
        .checked_add_signed(policy.settle)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    if until <= now {
        Then::Fetch { since }
    } else {
        Then::Settling { since, until }
    }
}

/// Numbers of inodes are used again; only with the same size and time is it the same thing.
fn same_content<T>(known: &KnownItem, seen: &SeenItem<T>) -> bool {
    known.size_bytes.is_some()
        && known.size_bytes == seen.size_bytes
        && known.modified.is_some()
        && known.modified == seen.modified
}

impl MassAbsence {
    /// Whether so much at once waits for a person.
    pub fn holds(&self, policy: &WatchPolicy) -> bool {
        // Saturating at four thousand million items, where shares no longer differ.
        let float = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        let share = float(self.missing) / float(self.known).max(1.0);
        // Written so that a share that is not a number holds.
        let tolerable = share <= policy.hold_share && self.missing <= policy.hold_count;
        self.missing > 0 && self.known >= HOLD_AT_LEAST_KNOWN && !tolerable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn policy(settle: i64) -> WatchPolicy {
        WatchPolicy {
            settle: TimeDelta::seconds(settle),
            deletion_scans: 2,
            hold_share: 0.2,
            hold_count: 50,
        }
    }

    fn id(n: u8) -> ItemId {
        format!("00000000-0000-0000-0000-0000000000{n:02}")
            .parse()
            .unwrap()
    }

    /// Known since second 0 as `print`, fetched so.
    fn known(n: u8, native_id: &str, print: &str) -> KnownItem {
        KnownItem {
            id: id(n),
            native_id: native_id.to_owned(),
            folder: native_id
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder)
                .to_owned(),
            fetched_fingerprint: Some(print.to_owned()),
            observed_fingerprint: print.to_owned(),
            observed_since: at(0),
            missing_scans: 0,
            gone: false,
            move_hint: Some(format!("1:{n}")),
            size_bytes: Some(10),
            modified: Some(at(-100)),
        }
    }

    fn seen(native_id: &str, print: &str, hint: &str) -> SeenItem<()> {
        SeenItem {
            native_id: native_id.to_owned(),
            fingerprint: print.to_owned(),
            move_hint: Some(hint.to_owned()),
            size_bytes: Some(10),
            modified: Some(at(-100)),
            deferred: None,
            record: (),
        }
    }

    struct Case {
        known: Vec<KnownItem>,
        seen: Vec<SeenItem<()>>,
        unknown: Vec<&'static str>,
        complete: bool,
        now: i64,
        settle: i64,
        release: bool,
    }

    impl Default for Case {
        fn default() -> Self {
            Self {
                known: Vec::new(),
                seen: Vec::new(),
                unknown: Vec::new(),
                complete: true,
                now: 100,
                settle: 60,
                release: false,
            }
        }
    }

    fn run(case: Case) -> Reconciled<()> {
        let folder_of = |id: &str| {
            let (folder, _) = id.rsplit_once('/').unwrap_or_default();
            folder.to_owned()
        };
        let hidden = |folder: &str| {
            case.unknown.iter().any(|unknown| {
                unknown.is_empty()
                    || folder == *unknown
                    || folder.starts_with(&format!("{unknown}/"))
            })
        };
        let mut folders: BTreeMap<String, Vec<SeenItem<()>>> = BTreeMap::new();
        if case.complete {
            for item in case.known.iter().filter(|item| !hidden(&item.folder)) {
                folders.entry(item.folder.clone()).or_default();
            }
        }
        for seen in case.seen {
            folders
                .entry(folder_of(&seen.native_id))
                .or_default()
                .push(seen);
        }
        let scan = Scan {
            folders,
            unknown: case
                .unknown
                .iter()
                .map(|&folder| folder.to_owned())
                .collect(),
            complete: case.complete,
        };
        reconcile(
            &case.known,
            scan,
            at(case.now),
            &policy(case.settle),
            case.release,
        )
    }

    /// Runs a case and compares `(native id, how it came, what follows)`.
    #[track_caller]
    fn check(case: Case, expected: &[(&str, Came, Then)]) {
        let outcome = run(case);
        let got: Vec<_> = outcome
            .changes
            .iter()
            .map(|c| (c.native_id.as_str(), c.came.clone(), c.then.clone()))
            .collect();
        assert_eq!(got, expected);
    }

    fn settling(since: i64) -> Then {
        Then::Settling {
            since: at(since),
            until: at(since + 60),
        }
    }

    fn moved(from: &str) -> Came {
        Came::Moved {
            from: from.to_owned(),
        }
    }

    #[test]
    fn unchanged_is_silent() {
        let case = Case {
            known: vec![known(1, "a", "x")],
            seen: vec![seen("a", "x", "1:1")],
            ..Case::default()
        };
        check(case, &[]);
    }

    #[test]
    fn new_settles_or_is_fetched_at_once() {
        let case = || Case {
            seen: vec![seen("a", "x", "1:1")],
            ..Case::default()
        };
        check(case(), &[("a", Came::New, settling(100))]);
        let at_once = Case {
            settle: 0,
            ..case()
        };
        check(at_once, &[("a", Came::New, Then::Fetch { since: at(100) })]);
    }

    #[test]
    fn changed_settles_then_is_fetched() {
        let item = |since| KnownItem {
            observed_fingerprint: "y".into(),
            observed_since: at(since),
            ..known(1, "a", "x")
        };
        let case = |since, print| Case {
            known: vec![item(since)],
            seen: vec![seen("a", print, "1:1")],
            ..Case::default()
        };
        check(case(50, "y"), &[("a", Came::Known, settling(50))]);
        check(
            case(40, "y"),
            &[("a", Came::Known, Then::Fetch { since: at(40) })],
        );
        check(case(0, "z"), &[("a", Came::Known, settling(100))]);
        check(
            case(40, "x"),
            &[("a", Came::Known, Then::AsFetched { since: at(100) })],
        );
        // The clock was set back.
        check(case(9_000, "y"), &[("a", Came::Known, settling(100))]);
    }

    #[test]
    fn rename_into_place_is_a_change_of_content() {
        let case = Case {
            known: vec![known(1, "a", "x")],
            seen: vec![seen("a", "y", "1:77")],
            ..Case::default()
        };
        check(case, &[("a", Came::Known, settling(100))]);
    }

    #[test]
    fn deferred_only_when_there_is_something_to_fetch() {
        let busy = |print| SeenItem {
            deferred: Some(Bilingual::same("busy")),
            ..seen("a", print, "1:1")
        };
        let case = |print| Case {
            known: vec![known(1, "a", "x")],
            seen: vec![busy(print)],
            settle: 0,
            ..Case::default()
        };
        check(case("x"), &[]);
        let then = Then::Deferred {
            since: at(100),
            reason: Bilingual::same("busy"),
        };
        check(case("y"), &[("a", Came::Known, then)]);
    }

    #[test]
    fn moves_keep_identity_and_need_certainty() {
        let case = || Case {
            known: vec![known(1, "old/a", "x")],
            seen: vec![seen("new/a", "x", "1:1")],
            ..Case::default()
        };
        check(case(), &[("new/a", moved("old/a"), Then::Nothing)]);
        // Incomplete elsewhere: what was listed is still certain.
        let elsewhere = Case {
            complete: false,
            unknown: vec!["other"],
            ..case()
        };
        check(elsewhere, &[("new/a", moved("old/a"), Then::Nothing)]);
        for folder in ["old", "", "old/a"] {
            let unknown = Case {
                complete: false,
                unknown: vec![folder],
                ..case()
            };
            check(unknown, &[("new/a", Came::New, settling(100))]);
        }
    }

    #[test]
    fn a_reused_inode_or_a_hard_link_is_no_move() {
        let other = SeenItem {
            modified: Some(at(5)),
            ..seen("b", "y", "1:1")
        };
        let reused = Case {
            known: vec![known(1, "a", "x")],
            seen: vec![other],
            ..Case::default()
        };
        check(
            reused,
            &[
                ("b", Came::New, settling(100)),
                ("a", Came::Known, Then::Absent { scans: 1 }),
            ],
        );
        let link = Case {
            known: vec![known(1, "a", "x")],
            seen: vec![seen("a", "x", "1:1"), seen("b", "x", "1:1")],
            ..Case::default()
        };
        check(link, &[("b", Came::New, settling(100))]);
    }

    #[test]
    fn two_hard_links_renamed_are_two_moves() {
        let second = KnownItem {
            move_hint: Some("1:1".into()),
            ..known(2, "b", "x")
        };
        let case = Case {
            known: vec![known(1, "a", "x"), second],
            seen: vec![seen("d", "x", "1:1"), seen("c", "x", "1:1")],
            ..Case::default()
        };
        check(
            case,
            &[
                ("c", moved("a"), Then::Nothing),
                ("d", moved("b"), Then::Nothing),
            ],
        );
    }

    #[test]
    fn absent_is_counted_then_deleted() {
        let case = |missing_scans, complete| Case {
            known: vec![KnownItem {
                missing_scans,
                ..known(1, "a", "x")
            }],
            complete,
            ..Case::default()
        };
        check(case(0, false), &[]);
        check(case(7, false), &[]);
        check(
            case(0, true),
            &[("a", Came::Known, Then::Absent { scans: 1 })],
        );
        check(
            case(1, true),
            &[("a", Came::Known, Then::Deleted { scans: 2 })],
        );
        check(
            case(u32::MAX, true),
            &[("a", Came::Known, Then::Deleted { scans: u32::MAX })],
        );
    }

    #[test]
    fn never_below_an_unknown_folder_even_if_called_complete() {
        let case = |unknown| Case {
            known: vec![KnownItem {
                missing_scans: 9,
                ..known(1, "a/b/c", "x")
            }],
            unknown: vec![unknown],
            ..Case::default()
        };
        for above in ["", "a", "a/b", "a/b/c"] {
            check(case(above), &[]);
        }
        for beside in ["a/b/d", "a/", "b", "a/bb"] {
            check(
                case(beside),
                &[("a/b/c", Came::Known, Then::Deleted { scans: 10 })],
            );
        }
    }

    #[test]
    fn returned() {
        let case = |gone, print| Case {
            known: vec![KnownItem {
                gone,
                missing_scans: 1,
                ..known(1, "a", "x")
            }],
            seen: vec![seen("a", print, "1:1")],
            complete: false,
            ..Case::default()
        };
        let returned = |was_gone| Came::Returned { was_gone };
        check(case(true, "x"), &[("a", returned(true), Then::Nothing)]);
        check(case(false, "x"), &[("a", returned(false), Then::Nothing)]);
        check(case(true, "y"), &[("a", returned(true), settling(100))]);
    }

    #[test]
    fn mass_absence_holds_and_a_person_releases_it_once() {
        let list = |missing_scans| -> Vec<KnownItem> {
            (1..=10)
                .map(|n| KnownItem {
                    missing_scans,
                    ..known(n, &format!("f{n:02}"), "x")
                })
                .collect()
        };
        let held = run(Case {
            known: list(4),
            ..Case::default()
        });
        assert_eq!(
            held.hold,
            Some(MassAbsence {
                missing: 10,
                known: 10
            })
        );
        assert!(
            held.changes
                .iter()
                .all(|c| c.then == Then::Absent { scans: 5 })
        );
        let released = run(Case {
            known: list(4),
            release: true,
            ..Case::default()
        });
        assert_eq!(released.hold, None);
        assert!(
            released
                .changes
                .iter()
                .all(|c| c.then == Then::Deleted { scans: 5 })
        );
        let incomplete = run(Case {
            known: list(4),
            complete: false,
            release: true,
            ..Case::default()
        });
        assert_eq!((incomplete.changes.len(), incomplete.hold), (0, None));
    }

    #[test]
    fn hold_limits() {
        let holds = |missing, known, share, count| {
            let policy = WatchPolicy {
                hold_share: share,
                hold_count: count,
                ..policy(0)
            };
            MassAbsence { missing, known }.holds(&policy)
        };
        assert!(!holds(4, 4, 0.2, 50), "too few to tell");
        assert!(!holds(1, 5, 0.2, 50), "exactly the share");
        assert!(holds(2, 5, 0.2, 50));
        assert!(!holds(50, 1_000, 0.2, 50), "exactly the count");
        assert!(holds(51, 1_000, 0.2, 50));
        assert!(!holds(0, 1_000, 0.0, 0));
        assert!(holds(1, 1_000, f64::NAN, 50), "not a number holds");
    }

    #[test]
    fn a_record_listed_twice_counts_once() {
        let case = Case {
            known: vec![known(1, "a", "x")],
            seen: vec![
                seen("a", "x", "1:1"),
                seen("a", "y", "1:1"),
                seen("b", "q", "9"),
                seen("b", "r", "9"),
            ],
            ..Case::default()
        };
        check(case, &[("b", Came::New, settling(100))]);
    }
}
