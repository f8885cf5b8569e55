"""What is truly in a source, at every instant.

A change happens between two readings of the clock, `before` and `after` it; whatever ends does so `before`, whatever begins
does so `after`, so that nothing is ever claimed for longer than it truly was. Rule that must hold: the catalog is blamed only
for what it had the time to see.
"""

import threading
from collections import defaultdict


class Truth:
    """Contents and presence by key: a path on the drive, a number on the server."""

    def __init__(self):
        self.lock = threading.RLock()
        self.content = {}  # key -> sha256 of what can be read there now
        self.ever = defaultdict(set)  # key -> every sha256 that was there, for however short
        self.stretches = []  # (key, sha256, from, to): nothing about it changed, and it could be read
        self._open = {}
        self._hidden = set()
        self._present = defaultdict(list)  # key -> [[from, to or None]]

    def put(self, key, sha, before, after):
        """From now on this content can be read there."""
        with self.lock:
            self._close(key, before)
            self.content[key] = sha
            self.ever[key].add(sha)
            if key not in self._hidden:
                self._open[key] = after

    def passing(self, key, sha):
        """A content that is there for a moment only, as when a file is cut short before it is written anew."""
        with self.lock:
            self.ever[key].add(sha)

    def touch(self, key, before, after):
        """Something else about it changed, so that it has to hold still anew."""
        with self.lock:
            if key in self._open:
                self._close(key, before)
                self._open[key] = after

    def drop(self, key, before):
        """It cannot be read any more."""
        with self.lock:
            self._close(key, before)
            self.content.pop(key, None)

    def lock_up(self, key, before):
        """Somebody has it open: it is there, and is not to be read."""
        with self.lock:
            self._close(key, before)
            self._hidden.add(key)

    def unlock(self, key, after):
        """It may be read again."""
        with self.lock:
            self._hidden.discard(key)
            if key in self.content:
                self._open[key] = after

    def appear(self, key, after):
        """It is there from now on."""
        with self.lock:
            lives = self._present[key]
            if not lives or lives[-1][1] is not None:
                lives.append([after, None])

    def vanish(self, key, before):
        """It is not there any more."""
        with self.lock:
            lives = self._present[key]
            if lives and lives[-1][1] is None:
                lives[-1][1] = before

    def there_throughout(self, key, start, end):
        """Whether it was there for the whole of this time."""
        with self.lock:
            return any(a <= start and (b is None or b >= end) for a, b in self._present.get(key, ()))

    def was_ever_there(self, key):
        """Whether it was there at all."""
        with self.lock:
            return bool(self._present.get(key))

    def end(self, now):
        """Ends what is still going on, for the account."""
        with self.lock:
            for key in list(self._open):
                self._close(key, now)

    def _close(self, key, at):
        start = self._open.pop(key, None)
        if start is not None and at > start:
            self.stretches.append((key, self.content[key], start, at))


class Windows:
    """Times in which the catalog could not see a source: faults, and the daemon dead."""

    def __init__(self):
        self.lock = threading.Lock()
        self.all = []

    def begin(self, kind, now):
        """A window opens; gives what `end` wants."""
        with self.lock:
            self.all.append([now, None, kind])
            return len(self.all) - 1

    def end(self, window, now):
        """And closes."""
        with self.lock:
            self.all[window][1] = now

    def seconds(self):
        """How long the source could not be seen, in all, windows within windows counted once."""
        total, reached = 0.0, 0.0
        for start, end, _ in sorted(self.all, key=lambda one: one[0]):
            end = start if end is None else end
            total += max(0.0, end - max(start, reached))
            reached = max(reached, end)
        return total

    def longest_clear(self, start, end, recovery):
        """The longest time between these instants with no window in it nor just before."""
        with self.lock:
            cuts = sorted((a, float("inf") if b is None else b + recovery) for a, b, _ in self.all)
        best, at = 0.0, start
        for a, b in cuts:
            if b <= at:
                continue
            if a >= end:
                break
            best = max(best, a - at)
            at = max(at, b)
        return max(best, end - at)


def required(truth, windows, seconds, recovery):
    """Contents that the catalog must have: unbroken and in sight for longer than this. Gives {(key, sha256): how long}."""
    found = {}
    for key, sha, start, end in truth.stretches:
        clear = end - start
        for one in windows:
            clear = min(clear, one.longest_clear(start, end, recovery))
        # Windows of several kinds can lie apart from each other: then only what is clear of all of them counts.
        if clear > seconds and len(windows) > 1:
            merged = Windows()
            for one in windows:
                merged.all.extend(one.all)
            clear = merged.longest_clear(start, end, recovery)
        if clear > seconds:
            found[(key, sha)] = max(clear, found.get((key, sha), 0.0))
    return found


def first_seen(truth):
    """When each content began: {(key, sha256): from}."""
    begun = {}
    for key, sha, start, _ in truth.stretches:
        begun[(key, sha)] = min(start, begun.get((key, sha), start))
    return begun
