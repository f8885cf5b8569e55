"""What changing the drive and changing the server have in common: the dice, the pace, deletions in bounds and deletions in bulk.

Rule that must hold: which operation comes next depends on the seed and on what was done before, never on the clock; the clock
only decides how far the list gets.
"""

import collections
import random
import threading
import time

# Of all records, so many may be missing at once without a person being asked; and so many are by accident here.
HOLD_SHARE = 0.3
MISSING_SHARE = 0.12


class Side:
    """Changes one source until it is told to stop."""

    source = ""

    def __init__(self, soak, truth):
        self.soak, self.truth = soak, truth
        self.rng = random.Random(f"{soak.seed} {self.source}")
        self.pace = random.Random(f"{soak.seed} {self.source} pace")
        self.counts = collections.Counter()
        self.number = 0
        self.later = []  # (number of the operation before which it is done, what)
        self.missing = collections.deque()  # when a record went out of sight
        self.error = None
        self.wrong = []
        self.bulk = []  # (what, keys, from, to): in this time none of these may count as gone
        self.confirmed = 0
        self.confirmed_again = 0
        self.bulks_done = collections.Counter()
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, name=self.source, daemon=True)
        every = max(8, int(soak.minutes * 60 / soak.gap))
        self.bulk_at = {int(every * at): kind for at, kind in self.bulk_plan.items()}

    # When in the run records are deleted in bulk, and what becomes of that.
    bulk_plan = {0.3: "restore", 0.6: "confirm"}

    def run(self):
        try:
            while not self.soak.stop.is_set():
                self._due(self.number)
                kind = self.bulk_at.pop(self.number, None)
                if kind:
                    self._in_bulk(kind)
                else:
                    self.once()
                self.number += 1
                self.soak.stop.wait(min(self.pace.expovariate(1 / self.soak.gap), 4 * self.soak.gap))
            self._due(None)
        except Exception as error:  # told at the end, with the rest
            self.error = error
            self.soak.stop.set()
        finally:
            self.ended.set()

    def _due(self, number):
        """Does what was put off until now; everything, without a number."""
        ready = [one for one in self.later if number is None or one[0] <= number]
        self.later = [one for one in self.later if one not in ready]
        for _, what in ready:
            what()

    def put_off(self, operations, what):
        self.later.append((self.number + operations, what))

    def once(self):
        """One operation, chosen by weight; one that has nothing to do gives way to another."""
        names = list(self.weights)
        for _ in range(20):
            name = self.rng.choices(names, [self.weight(name) for name in names])[0]
            if getattr(self, name)():
                self.counts[name.replace("_", " ")] += 1
                return

    def weight(self, name):
        return self.weights[name]

    def size(self):
        """How many records there are."""
        raise NotImplementedError

    def room(self, how_many):
        """Waits until so many more records may go missing without a person being asked."""
        deadline = time.time() + 90
        while not self.soak.stop.is_set() and time.time() < deadline:
            scans = self.soak.catalog.complete(self.source)
            since = scans[-4].at if len(scans) >= 4 else 0.0
            while self.missing and self.missing[0] < since:
                self.missing.popleft()
            if len(self.missing) + how_many <= max(3, MISSING_SHARE * self.size()):
                break
            time.sleep(0.3)
        else:
            if not self.soak.stop.is_set():
                self.counts["(deleted without waiting for a scan)"] += 1
        now = time.time()
        self.missing.extend([now] * how_many)

    def until(self, what, seconds):
        """Waits, in bounds. False when the time or the whole soak is over."""
        deadline = time.time() + seconds
        while time.time() < deadline and not self.soak.abort.is_set():
            if what():
                return True
            time.sleep(0.5)
        return False

    # Deletions in bulk.

    def bulk_make(self, how_many):
        """Makes records for it. Gives {key: sha256}."""
        raise NotImplementedError

    def bulk_delete(self):
        raise NotImplementedError

    def bulk_restore(self):
        raise NotImplementedError

    def _in_bulk(self, kind):
        catalog, name = self.soak.catalog, self.source
        made = self.bulk_make(max(25, int(0.6 * self.size())))
        hashes = set(made.values())
        if not self.until(lambda: hashes <= catalog.hashes(name), 300):
            self.wrong.append(f"{name}: {len(hashes - catalog.hashes(name))} of {len(hashes)} new records were not fetched in 300 s")
        if self.soak.abort.is_set():
            return
        self.until(lambda: not catalog.hold(name), 60)
        start = time.time()
        self.bulk_delete()
        self.counts["deleted in bulk"] += 1
        if not self.until(lambda: catalog.hold(name), 180):
            self.wrong.append(f"{name}: {len(made)} records were deleted at once, and nothing was held within 180 s")
            return
        seen = len(catalog.complete(name))
        self.until(lambda: len(catalog.complete(name)) >= seen + 3, 180)
        if kind == "restore":
            self.bulk_restore()
            self.counts["restored in bulk"] += 1
            self.bulk.append(("held, then restored", set(made), start, time.time()))
            if not self.until(lambda: not catalog.hold(name), 180):
                self.wrong.append(f"{name}: all is there again, and it is still held after 180 s")
            self.bulks_done[kind] += 1
            return
        early = set(map(str, made)) & catalog.gone(name)
        if early:
            self.wrong.append(f"{name}: {len(early)} records counted as gone before anybody confirmed it")
        self.bulk.append(("held, then confirmed", set(made), start, time.time()))
        for attempt in range(4):
            code, out, err = self.soak.daemon.run("sources", "confirm-deletions", name, "--by", "soak")
            if code and not self.until(lambda: not catalog.hold(name), 1):
                self.wrong.append(f"{name}: confirm-deletions: {code} {out} {err}")
                return
            self.confirmed += 1
            self.confirmed_again += attempt > 0
            wanted = set(map(str, made))
            since = time.time()

            def over(wanted=wanted, since=since):
                # A hold that comes back after the confirmation was used up has to be confirmed once more.
                held = catalog.hold(name) and time.time() - since > 20
                return wanted <= catalog.gone(name) or held

            self.until(over, 120)
            if wanted <= catalog.gone(name):
                self.bulks_done[kind] += 1
                return
        self.wrong.append(f"{name}: confirmed {self.confirmed} times, and still not all of it counts as gone")
