//! What a scan means for the items already known: new, changed, settled, moved, missing, deleted.
//!
//! Pure: the known items, what the scan saw, the time and the policy come in; the changes come out and the caller
//! stores them. It leans on [`Reconciler`], which takes a scan folder by folder and keeps no more than the known list.
//! Rule that must hold: absent is not deleted. An item is deleted only after it was missing in several complete
//! scans, never below a folder that could not be listed, and never together with a suspicious number of others
//! unless a person has said so.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

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

/// What the end of a scan adds.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciled<T> {
    /// Changes not yet given out with a folder: moves, late arrivals, absences.
    pub changes: Vec<ItemChange<T>>,
    /// Set when deletions wait for a person. After an incomplete scan it is always `None` and says nothing: an earlier
    /// hold stays.
    pub hold: Option<MassAbsence>,
}

/// A whole scan at once; see [`reconcile`].
#[derive(Clone, Debug)]
pub struct Scan<T> {
    /// Everything seen.
    pub seen: Vec<SeenItem<T>>,
    /// Folders that could not be listed.
    pub unknown: Vec<String>,
    /// True when every folder was listed.
    pub complete: bool,
}

/// Reconciles a whole scan. `release_hold` is a person's word, good for this one scan, that what is missing was deleted.
pub fn reconcile<T>(
    known: impl IntoIterator<Item = KnownItem>,
    scan: Scan<T>,
    now: DateTime<Utc>,
    policy: &WatchPolicy,
    release_hold: bool,
) -> Reconciled<T> {
    let mut reconciler = Reconciler::new(known, now, policy);
    let mut changes = reconciler.folder(scan.seen);
    for folder in scan.unknown {
        reconciler.unknown(folder);
    }
    let end = reconciler.finish(scan.complete, release_hold);
    changes.extend(end.changes);
    Reconciled {
        changes,
        hold: end.hold,
    }
}

/// Takes a scan folder by folder. Its memory grows with the known items, its work with known plus seen.
///
/// A scan that fails as a whole is simply dropped: without [`Reconciler::finish`] nothing is concluded from absence,
/// and what the folders gave so far is true by itself.
#[derive(Debug)]
pub struct Reconciler<'p, T> {
    policy: &'p WatchPolicy,
    now: DateTime<Utc>,
    known: HashMap<String, Tracked>,
    /// Native ids of the known, not deleted items by their move hint.
    by_hint: HashMap<String, Vec<String>>,
    /// New ones that may turn out to be moved ones.
    waiting: Vec<SeenItem<T>>,
    /// Native ids of everything new, so that a source that lists a record twice does no harm.
    strangers: HashSet<String>,
    unknown: HashSet<String>,
}

#[derive(Debug)]
struct Tracked {
    item: KnownItem,
    seen: bool,
}

impl<'p, T> Reconciler<'p, T> {
    /// Starts a scan at `now` with everything known of the source, deleted items included.
    pub fn new(
        known: impl IntoIterator<Item = KnownItem>,
        now: DateTime<Utc>,
        policy: &'p WatchPolicy,
    ) -> Self {
        let known: HashMap<_, _> = known
            .into_iter()
            .map(|item| (item.native_id.clone(), Tracked { item, seen: false }))
            .collect();
        let mut by_hint: HashMap<String, Vec<String>> = HashMap::new();
        for Tracked { item, .. } in known.values().filter(|known| !known.item.gone) {
            if let Some(hint) = &item.move_hint {
                by_hint
                    .entry(hint.clone())
                    .or_default()
                    .push(item.native_id.clone());
            }
        }
        Self {
            policy,
            now,
            known,
            by_hint,
            waiting: Vec::new(),
            strangers: HashSet::new(),
            unknown: HashSet::new(),
        }
    }

    /// Takes records that were seen, usually one folder's, and gives the changes that can be told already.
    pub fn folder(&mut self, seen: Vec<SeenItem<T>>) -> Vec<ItemChange<T>> {
        let mut changes = Vec::new();
        for seen in seen {
            match self.known.entry(seen.native_id.clone()) {
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    // Listed twice (it moved while the scan ran): the first word stands, the next scan sees more.
                    if !std::mem::replace(&mut known.seen, true) {
                        let came = if known.item.gone || known.item.missing_scans > 0 {
                            Came::Returned {
                                was_gone: known.item.gone,
                            }
                        } else {
                            Came::Known
                        };
                        changes.extend(follow(&known.item, came, seen, self.now, self.policy));
                    }
                }
                Entry::Vacant(_) => {
                    if !self.strangers.insert(seen.native_id.clone()) {
                        continue;
                    }
                    let hinted = seen
                        .move_hint
                        .as_ref()
                        .is_some_and(|hint| self.by_hint.contains_key(hint));
                    if hinted {
                        self.waiting.push(seen);
                    } else {
                        changes.push(arrive(seen, self.now, self.policy));
                    }
                }
            }
        }
        changes
    }

    /// Takes a folder that could not be listed: itself and all below it stay as they are.
    pub fn unknown(&mut self, folder: impl Into<String>) {
        self.unknown.insert(folder.into());
    }

    /// Ends a scan that came to its end. `complete` means that every folder was listed; `release_hold` is a person's
    /// word, good for this one scan, that what is missing was deleted.
    pub fn finish(mut self, complete: bool, release_hold: bool) -> Reconciled<T> {
        let mut changes = self.moves();
        let mut hold = None;
        if complete {
            let mut missing: Vec<&KnownItem> = self
                .known
                .values()
                .filter(|known| !known.seen && !known.item.gone && !self.is_unknown(&known.item))
                .map(|known| &known.item)
                .collect();
            missing.sort_unstable_by(|a, b| a.native_id.cmp(&b.native_id));
            let known = self.known.values().filter(|known| !known.item.gone).count();
            hold = mass_absence(missing.len(), known, self.policy).filter(|_| !release_hold);
            changes.extend(missing.into_iter().map(|item| {
                let scans = item.missing_scans.saturating_add(1);
                let then = if hold.is_none() && scans >= self.policy.deletion_scans {
                    Then::Deleted { scans }
                } else {
                    Then::Absent { scans }
                };
                ItemChange {
                    id: Some(item.id),
                    native_id: item.native_id.clone(),
                    fingerprint: None,
                    came: Came::Known,
                    then,
                    record: None,
                }
            }));
        }
        Reconciled { changes, hold }
    }

    /// Pairs what is new with what is missing under the same hint, size and time. What is missing must be so for
    /// certain: an item below an unknown folder may still be there, and the new one a second name of it.
    fn moves(&mut self) -> Vec<ItemChange<T>> {
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_by(|a, b| a.native_id.cmp(&b.native_id));
        let mut candidates = std::mem::take(&mut self.by_hint);
        for names in candidates.values_mut() {
            names.retain(|name| {
                self.known
                    .get(name)
                    .is_some_and(|known| !known.seen && !self.is_unknown(&known.item))
            });
            names.sort_unstable();
        }
        let mut changes = Vec::new();
        for seen in waiting {
            let names = seen
                .move_hint
                .as_ref()
                .and_then(|hint| candidates.get_mut(hint));
            let from = names.and_then(|names| {
                let at = names.iter().position(|name| {
                    self.known
                        .get(name)
                        .is_some_and(|known| same_content(&known.item, &seen))
                })?;
                Some(names.remove(at))
            });
            match from.and_then(|from| self.known.get_mut(&from)) {
                Some(known) => {
                    known.seen = true;
                    let came = Came::Moved {
                        from: known.item.native_id.clone(),
                    };
                    changes.extend(follow(&known.item, came, seen, self.now, self.policy));
                }
                None => changes.push(arrive(seen, self.now, self.policy)),
            }
        }
        changes
    }

    fn is_unknown(&self, item: &KnownItem) -> bool {
        if self.unknown.is_empty() {
            return false;
        }
        // The whole source, the record itself, its folder, or any folder above.
        self.unknown.contains("")
            || self.unknown.contains(&item.native_id)
            || self.unknown.contains(&item.folder)
            || item
                .folder
                .match_indices('/')
                .any(|(at, _)| self.unknown.contains(&item.folder[..at]))
    }
}

/// What a seen item means for the known one; `None` when nothing is to be stored.
fn follow<T>(
    known: &KnownItem,
    came: Came,
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
    if came == Came::Known && then == Then::Nothing {
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

fn mass_absence(missing: usize, known: usize, policy: &WatchPolicy) -> Option<MassAbsence> {
    let absence = MassAbsence {
        missing: u64::try_from(missing).unwrap_or(u64::MAX),
        known: u64::try_from(known).unwrap_or(u64::MAX),
    };
    // Saturating at four thousand million items, where shares no longer differ.
    let float = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let share = float(absence.missing) / float(absence.known).max(1.0);
    // Written so that a share that is not a number holds.
    let tolerable = share <= policy.hold_share && absence.missing <= policy.hold_count;
    (absence.missing > 0 && absence.known >= HOLD_AT_LEAST_KNOWN && !tolerable).then_some(absence)
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
        let scan = Scan {
            seen: case.seen,
            unknown: case.unknown.into_iter().map(str::to_owned).collect(),
            complete: case.complete,
        };
        reconcile(
            case.known,
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
            mass_absence(missing, known, &policy).is_some()
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
