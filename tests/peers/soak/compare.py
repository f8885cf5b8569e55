"""Compares the catalog with what truly was and is.

Rule that must hold: every difference is told with what it is about, what should be and what is.
"""

import collections
import json
import statistics

from machine import instant
from records import LEVELS, VISITOR
from truth import first_seen, required


class Account:
    """What the comparison of one source found."""

    def __init__(self, source):
        self.source = source
        self.wrong = []
        self.notes = []
        self.figures = {}

    def differs(self, text):
        self.wrong.append(f"{self.source}: {text}")


def items_of(catalog, source):
    sql = """SELECT i.*, v.sha256 AS current_sha256 FROM items i JOIN sources s ON s.id = i.source_id
             LEFT JOIN versions v ON v.id = i.current_version WHERE s.name = ?"""
    return catalog.rows(sql, source)


def compare_ends(account, items, true, path_of, may_stay):
    """The tree as it is now. `true`: {native id: sha256}; `may_stay`: ids of which the catalog may say either."""
    live = {item["native_id"]: item for item in items if item["gone_at"] is None}
    for native_id, sha in sorted(true.items()):
        item = live.get(native_id)
        if item is None:
            gone = any(item["native_id"] == native_id for item in items)
            account.differs(f"{native_id} is there, and {'counts as gone' if gone else 'is not in the catalog'}")
            continue
        if item["current_sha256"] != sha:
            account.differs(
                f"{native_id} has the newest content {sha[:12]}, and the catalog {str(item['current_sha256'])[:12]}"
                f" (state {item['state']}, {item['reasons']})"
            )
        if item["path"] != path_of(native_id):
            account.differs(f"{native_id} is at “{path_of(native_id)}”, and the catalog has “{item['path']}”")
    stale = 0
    for native_id, item in sorted(live.items()):
        if native_id in true:
            continue
        if native_id in may_stay:
            stale += 1
            continue
        account.differs(f"{native_id} (“{item['path']}”) is not there any more, and does not count as gone")
    account.figures["records at the end"] = len(true)
    account.figures["items that are not gone"] = len(live)
    account.figures["items that are gone"] = len(items) - len(live)
    if stale:
        account.notes.append(f"{stale} records are shown to the account but lie outside of what is walked; the catalog keeps them")


def paths_by_item(catalog, source, items):
    """How each item was known, and since when: {item id: [(event's number, native id)]}."""
    known = collections.defaultdict(list)
    wanted = {item["id"] for item in items}
    sql = "SELECT seq, kind, subject_id, body FROM events WHERE kind IN ('item.seen', 'item.moved') ORDER BY seq"
    for row in catalog.rows(sql):
        if row["subject_id"] in wanted:
            body = json.loads(row["body"])
            known[row["subject_id"]].append((row["seq"], body["path"] if row["kind"] == "item.seen" else body["to"]))
    return known


def keys_of(item, known, by_path):
    """Everything that an item was in truth."""
    keys = {item["native_id"]}
    if by_path:
        keys.update(path for _, path in known[item["id"]])
    return keys


def compare_history(account, catalog, items, truth, windows, threshold, recovery, by_path):
    """Every content that could be seen for long enough has a version, and every version was truly there."""
    source = account.source
    known = paths_by_item(catalog, source, items)
    sql = """SELECT v.item_id, v.sha256, v.created_at, v.native FROM versions v JOIN items i ON i.id = v.item_id
             JOIN sources s ON s.id = i.source_id WHERE s.name = ?"""
    versions = catalog.rows(sql, source)
    by_item = collections.defaultdict(list)
    for version in versions:
        by_item[version["item_id"]].append(version)
    have = collections.defaultdict(set)
    ever = {str(key): hashes for key, hashes in truth.ever.items()}
    begun = {(str(key), sha): at for (key, sha), at in first_seen(truth).items()}
    lags = []
    for item in items:
        keys = keys_of(item, known, by_path)
        for version in by_item[item["id"]]:
            for key in keys:
                have[key].add(version["sha256"])
            if not any(version["sha256"] in ever.get(key, ()) for key in keys):
                account.differs(f"a version of {item['native_id']} has bytes that never were there: {version['sha256'][:12]}")
            since = [begun[key, version["sha256"]] for key in keys if (key, version["sha256"]) in begun]
            if since:
                lags.append(instant(version["created_at"]) - min(since))
    needed = required(truth, windows, threshold, recovery)
    for (key, sha), seconds in sorted(needed.items(), key=lambda one: str(one)):
        if sha not in have[str(key)]:
            account.differs(f"{key} had the content {sha[:12]} for {seconds:.0f} s in plain sight, and there is no version of it")
    if not needed:
        account.differs("no content was in sight for long enough: this run shows nothing of the history")
    contents = {(key, sha) for key, sha, _, _ in truth.stretches}
    found = sum(sha in have[str(key)] for key, sha in contents)
    account.figures["contents that truly were"] = len(contents)
    account.figures["of these, in sight for long enough"] = len(needed)
    account.figures["of these, with a version"] = sum(sha in have[str(key)] for key, sha in needed)
    account.figures["shorter ones with a version"] = found - account.figures["of these, with a version"]
    account.figures["versions"] = len(versions)
    if lags:
        lags.sort()
        account.figures["from change to version, median s"] = round(statistics.median(lags), 1)
        account.figures["from change to version, 95 % s"] = round(lags[int(len(lags) * 0.95)], 1)


def compare_deletions(account, catalog, items, truth, bulk, by_path):
    """Nothing counted as gone while it was there: neither in the scan that said so nor in the complete one before."""
    source = account.source
    known = paths_by_item(catalog, source, items)
    by_id = {item["id"]: item for item in items}
    real = {str(key): key for key in list(truth._present)}
    scans = catalog.scans[source]
    events = [row for row in catalog.rows("SELECT seq, at, subject_id FROM events WHERE kind = 'item.gone' ORDER BY seq")
              if row["subject_id"] in by_id]  # fmt: skip
    for row in events:
        item = by_id[row["subject_id"]]
        native_id = item["native_id"]
        if by_path:
            before = [path for seq, path in known[item["id"]] if seq < row["seq"]]
            native_id = before[-1] if before else native_id
        key, at = real.get(native_id, native_id), instant(row["at"])
        if not truth.was_ever_there(key):
            account.differs(f"{native_id} counted as gone, and never was there")
            continue
        # A scan may have begun in an earlier attempt that was cut off, but never before the scan before it.
        before = [scan for scan in scans if scan.seq < row["seq"]]
        complete = [n for n, scan in enumerate(before) if scan.complete]
        if before and truth.there_throughout(key, before[-1].at, at):
            account.differs(f"{native_id} counted as gone (event {row['seq']}) while it was there, since the scan before at least")
        elif complete and complete[-1] > 0:
            n = complete[-1]
            end = before[n + 1].at if n + 1 < len(before) else at
            if truth.there_throughout(key, before[n - 1].at, min(end, at)):
                account.differs(f"{native_id} counted as gone (event {row['seq']}) although it was there in the scan before")
        for what, keys, start, end in bulk:
            if key in keys and start <= at <= end:
                account.differs(f"{native_id} counted as gone while a mass deletion was {what.split(',')[0]}")
    account.figures["times that something counted as gone"] = len(events)


def compare_metadata(account, items, records):
    """What the server says of each record at the end, and what the catalog has of it."""
    live = {item["native_id"]: item for item in items if item["gone_at"] is None}
    checked = 0
    for number, (_, node) in sorted(records.listed.items()):
        item = live.get(str(number))
        if item is None:
            continue  # told already
        native = json.loads(item["native"])
        checked += 1

        def same(what, wanted, told, number=number):
            if wanted != told:
                account.differs(f"{number}: {what} is {wanted!r}, and the catalog has {told!r}")

        same("clearance", LEVELS.get(str(node["clearance"]), "unknown"), native.get("clearance"))
        same("clearance number", node["clearance"], (native.get("clearance_native") or {}).get("level"))
        same("markings", sorted(node["markings"]), native.get("markings"))
        same("holds", sorted(node["holds"]), sorted(hold.get("name") for hold in native.get("holds") or ()))
        same("reserved", node["reserved_by"] is not None, native.get("reserved_by_someone"))
        if node["versions"]:
            same("version number", node["versions"][-1]["number"], native.get("version_number"))
        told = {key: value for key, value in (native.get("categories") or {}).items() if not key.endswith("_multilingual")}
        wanted = {
            key: value
            for values in node["categories"].values()
            for key, value in values.items()
            if value not in (None, "", [])
        }
        same("categories", wanted, told)
        same("category ids", sorted(map(int, node["categories"])), native.get("category_ids"))
        if number in records.rights:
            may = [one["permissions"] for one in native.get("permissions") or () if one.get("right_id") == VISITOR]
            same("the visitor's right", [sorted(records.rights[number])] if records.rights[number] else [], may)
    account.figures["records whose metadata were compared"] = checked
