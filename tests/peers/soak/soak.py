#!/usr/bin/env python3
"""Changes a simulated Content Server and a shared drive at random, breaks everything now and then, and compares the catalog with
the truth at the end: the tree, its history, and that nothing ever counted as gone while it was there.

    soak.py RIDEAU SIMULATOR [--minutes 20] [--seed N] [--drive local|samba] [--only drive|content-server] [--folder DIR]

RIDEAU and SIMULATOR are the programs `rideau` and `rideau-content-server-sim`. With `--drive samba` it must run as root, with what
`tests/peers/samba/up` asks for. Exit code: 0 all is as it should be, 1 something differs, 2 the soak could not be done.
What comes next depends on the seed alone, how far it gets on the machine. Standard library only; Python 3.11 or later.
"""

import argparse
import collections
import json
import pathlib
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare  # noqa: E402
import drive  # noqa: E402
import records  # noqa: E402
from machine import Catalog, Daemon, Folder, Samba, Simulator, Trouble, sha256  # noqa: E402
from side import HOLD_SHARE  # noqa: E402
from truth import Truth, Windows  # noqa: E402

PROJECT = pathlib.Path(__file__).resolve().parents[3]
# Seconds.
SCAN_EVERY = {drive.SOURCE: 3, records.SOURCE: 5}
SETTLE = 1
STALL = 5
FULL_READ_EVERY = 6
# After a fault: the longest wait before work is tried again (4 s and a quarter), a stalled scan, a new login.
RECOVERY = 15

FAILURES = (
    "unavailable", "too_many", "html_error", "json_error", "bad_gateway", "garbled", "drop", "truncate", "login_page", "unauthorized",
)  # fmt: skip


class Soak:
    """Everything that takes part."""

    def __init__(self, options):
        self.seed, self.minutes, self.gap = options.seed, options.minutes, options.gap
        self.margin, self.faults, self.pace = options.margin, options.faults, options.pace
        self.stop = threading.Event()  # no more changes, no more faults
        self.abort = threading.Event()  # no more waiting either
        self.folder = pathlib.Path(options.folder or tempfile.mkdtemp(prefix="rideau-soak-")).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        if any(self.folder.iterdir()):
            raise Trouble(f"{self.folder} is not empty")
        self.options = options
        self.catalog = Catalog(self.folder)
        self.daemon = Daemon(options.rideau, self.folder, records.PASSWORD)
        self.windows = {drive.SOURCE: Windows(), records.SOURCE: Windows(), "daemon": Windows()}
        self.faults_done = collections.Counter()
        self.samples = []  # (time, requests so far, complete scans of the server so far)
        self.wrong = []
        self.share = self.simulator = self.drive = self.records = None
        self.threads = []
        self.begun = time.time()

    def sides(self):
        return [side for side in (self.drive, self.records) if side]

    def set_up(self):
        only = self.options.only
        if only != records.SOURCE:
            samba = self.options.drive == "samba"
            self.share = (Samba if samba else Folder)(self.folder)
            self.share.start()
            self.drive = drive.Drive(self, Truth(), self.share, samba)
            self.drive.populate(60)
        if only != drive.SOURCE:
            if not self.options.simulator:
                raise Trouble("the simulator's program is needed")
            self.simulator = Simulator(self.options.simulator, self.folder)
            self.simulator.start()
            self.records = records.Records(self, Truth(), self.simulator)
            self.records.start_account()
        shutil.copytree(self.options.rules, self.folder / "rules")
        (self.folder / "rideau.toml").write_text(self.configuration())
        code, out, err = self.daemon.run("check")
        if code:
            raise Trouble(f"the configuration is not taken:\n{out}{err}")
        self.daemon.start()
        for side in self.sides():
            if not side.until(lambda side=side: self._first_scan(side), 180):
                raise Trouble(f"{side.source} was not scanned within 180 s of the start: see {self.daemon.log}")

    def _first_scan(self, side):
        self.catalog.refresh()
        return bool(self.catalog.complete(side.source))

    def configuration(self):
        common = f"""targets = []
clearance = "none"
settle_seconds = {SETTLE}
deletion = {{ scans = 2, hold_share = {HOLD_SHARE}, hold_count = 1000000 }}
"""
        text = """[department]
organization = "cic"
name = { en = "Department of Samples", fr = "Ministère des Exemples" }

[data]
folder = "data"
database = "sqlite"

[engine]
lease_seconds = 10
heartbeat_seconds = 3
attempts = 100
backoff_seconds = { first = 1, most = 4 }
grace_seconds = 10

[log]
format = "json"
level = "debug"

[web]
listen = ""

[rules]
files = ["rules/*.toml"]

[transfer]
folder = "bags"
"""
        if self.drive:
            text += f"""
[[sources]]
name = "{drive.SOURCE}"
kind = "drive"
path = {json.dumps(str(self.share.watched))}
schedule = "*/{SCAN_EVERY[drive.SOURCE]} * * * * *"
stall_seconds = {STALL}
{common}"""
        if self.records:
            clearances = ", ".join(f'{number} = "{level}"' for number, level in records.LEVELS.items())
            text += f"""
[[sources]]
name = "{records.SOURCE}"
kind = "content_server"
url = "{self.simulator.url}"
roots = [{records.TOP}]
user = "{records.LOGIN}"
password = {{ env = "RIDEAU_SOAK_PASSWORD" }}
utc_offset_minutes = -300
page_size = 20
requests_per_second = 500.0
timeout_seconds = 5
full_read_every = {FULL_READ_EVERY}
clearances = {{ {clearances} }}
schedule = "*/{SCAN_EVERY[records.SOURCE]} * * * * *"
{common}"""
        return text

    # Faults.

    def start_thread(self, name, what):
        def guarded():
            try:
                what(random.Random(f"{self.seed} {name}"))
            except Exception as error:
                self.wrong.append(f"{name}: {error!r}")
                self.stop.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        thread.start()
        self.threads.append(thread)

    def break_share(self, rng):
        while not self.stop.wait(self.pace * rng.uniform(25, 70)):
            fault, seconds = rng.choice(self.share.FAULTS), rng.uniform(3, 20)
            window = self.windows[drive.SOURCE].begin(fault, time.time())
            with self.drive.lock:
                self.share.begin(fault)
            try:
                self.stop.wait(seconds)
            finally:
                with self.drive.lock:
                    self.share.finish(fault)
                self.windows[drive.SOURCE].end(window, time.time())
            self.faults_done[f"share: {fault}"] += 1

    def break_server(self, rng):
        control = self.simulator.must
        while not self.stop.wait(self.pace * rng.uniform(12, 45)):
            kind = rng.choice((*FAILURES, "expired", "expired with sign-on", "slow"))
            window = self.windows[records.SOURCE].begin(kind, time.time())
            if kind.startswith("expired"):
                control("POST", "expire", {"all": "sign-on" in kind})
                self.stop.wait(1)
            elif kind == "slow":
                control("POST", "slow", {"milliseconds": rng.randint(100, 900)})
                self.stop.wait(rng.uniform(4, 12))
                control("POST", "slow", {"milliseconds": 0})
            else:
                failure = {"kind": kind, "requests": rng.choice((1, 2, 5, 40)), "after": rng.choice((0, 0, 1, 5, 20))}
                if kind in ("unavailable", "too_many"):
                    failure["retry_after_seconds"] = rng.choice((0, 1, 3))
                if kind == "unauthorized":
                    # More than one in a row, or one at the door, means that the account was locked: that is for a person.
                    failure.update(requests=1, path="/nodes")
                elif rng.random() < 0.4:
                    failure["path"] = rng.choice(("/content", "/nodes?", "/nodes/4", "/holds", "/securityclearances", "/nodes/list"))
                control("POST", "fail", failure)
                self.stop.wait(rng.uniform(3, 12))
                control("DELETE", "fail")
            self.windows[records.SOURCE].end(window, time.time())
            self.faults_done[f"server: {kind.replace('_', ' ')}"] += 1

    def kill_daemon(self, rng):
        while not self.stop.wait(self.pace * rng.uniform(35, 110)):
            window = self.windows["daemon"].begin("dead", time.time())
            if rng.random() < 0.8:
                self.daemon.kill()
            else:
                self.daemon.kills["SIGTERM"] += 1
                if self.daemon.end() is None:
                    self.wrong.append("asked to stop, the daemon did not within 40 s")
            self.stop.wait(rng.choice((0, 0, 1, 5)))
            self.daemon.start()
            self.windows["daemon"].end(window, time.time())

    # Watching.

    def watch(self, _):
        told = time.time()
        while not self.abort.is_set():
            self.daemon.watch()
            self.catalog.refresh()
            if self.simulator:
                count = self.simulator.must("GET", "requests/count?part=")["count"]
                self.samples.append((time.time(), count, len(self.catalog.complete(records.SOURCE)), self.catalog.last_change))
            if time.time() - told >= 30:
                told = time.time()
                self.progress()
            time.sleep(0.25)

    def progress(self):
        parts = [f"{(time.time() - self.begun) / 60:5.1f} min"]
        for side in self.sides():
            scans = self.catalog.scans[side.source]
            held = ", HELD" if scans and scans[-1].held else ""
            parts.append(
                f"{side.source}: {side.number} operations, {side.size()} records,"
                f" {len(scans)} scans ({sum(not scan.complete for scan in scans)} incomplete){held}"
            )
        parts.append(f"{sum(self.faults_done.values())} faults, {sum(self.daemon.kills.values())} ends of the daemon")
        print("; ".join(parts), flush=True)

    # The run.

    def go(self):
        self.start_thread("watch", self.watch)
        for side in self.sides():
            side.thread.start()
        if self.faults:
            if self.share:
                self.start_thread("break the share", self.break_share)
            if self.simulator:
                self.start_thread("break the server", self.break_server)
            self.start_thread("kill the daemon", self.kill_daemon)
        self.stop.wait(self.minutes * 60)
        # A deletion in bulk that has begun comes to its end, in bounds; the faults go on meanwhile.
        deadline = time.time() + 900
        while not self.stop.is_set() and any(side.bulk_at for side in self.sides()) and time.time() < deadline:
            self.stop.wait(0.5)
        self.stop.set()
        for side in self.sides():
            if not side.ended.wait(900):
                raise Trouble(f"{side.source}: its changes do not come to an end")
            if side.error:
                raise Trouble(f"{side.source}: {side.error!r}") from side.error
        for thread in self.threads:
            if thread.name != "watch":
                thread.join(120)
        if self.share:
            self.share.repair()
        if self.simulator:
            self.simulator.must("DELETE", "fail")
            self.simulator.must("POST", "slow", {"milliseconds": 0})
            # So that a quiet scan costs what it costs on a friendly server.
            self.simulator.must("POST", "switches", {"total_counts_unseen": False, "page_items_max": 0})
        print("no more changes and faults; waiting for quiet", flush=True)
        self.quiet()

    def quiet(self):
        """Until nothing is left to do, and two complete scans of each source have changed nothing; and every record was read in
        full since."""
        from_seq = self.catalog.last
        deadline = time.time() + self.options.quiet_minutes * 60
        why = ""
        while time.time() < deadline and not self.abort.is_set():
            time.sleep(1)
            why = self._unquiet(from_seq)
            if not why:
                return
        self.wrong.append(f"no quiet within {self.options.quiet_minutes} minutes: {why}")

    def _unquiet(self, from_seq):
        with self.catalog.lock:
            change = self.catalog.last_change
            for side in self.sides():
                if len(self.catalog.complete(side.source, change)) < 2:
                    return f"{side.source} had no two complete scans since event {change}"
                rounds = FULL_READ_EVERY + 2 if side is self.records else 2
                if len(self.catalog.complete(side.source, from_seq)) < rounds:
                    return f"{side.source} had no {rounds} complete scans since the last change was made"
        status = self.daemon.json("status")
        if not status:
            return "`rideau status` does not answer"
        queue = [one for one in status["queue"]["counts"] if one[0] != "scan" and one[1] != "quarantined"]
        return f"the queue is not empty: {queue}" if queue else ""

    # The end.

    def verdict(self):
        now = time.time()
        status = self.daemon.json("status") or {}
        for work in status.get("set_aside", ()):
            reason = (work.get("last_error") or {}).get("en", "")
            self.wrong.append(f"set aside for a person: {work.get('kind')} {work.get('subject')}: {reason}")
        code, out, err = self.daemon.run("audit", "verify")
        if code:
            self.wrong.append(f"the log of events is not whole: {out}{err}")
        if self.daemon.end() != 0:
            self.wrong.append("the daemon did not stop well at the end")
        for code in self.daemon.died:
            self.wrong.append(f"the daemon ended by itself, with {code}")
        if b"panicked" in self.daemon.log.read_bytes():
            self.wrong.append(f"the daemon panicked: see {self.daemon.log}")
        self.catalog.refresh()
        accounts = [self.account(side, now) for side in self.sides()]
        for side, account in zip(self.sides(), accounts):
            self.wrong += side.wrong + account.wrong
            if side.bulks_done["restore"] != 1 or side.bulks_done["confirm"] != 1:
                self.wrong.append(f"{side.source}: deletions in bulk that came to their end: {dict(side.bulks_done)}")
        self.summary(accounts)

    def account(self, side, now):
        account = compare.Account(side.source)
        side.truth.end(now)
        items = compare.items_of(self.catalog, side.source)
        if side is self.drive:
            true, may_stay = side.true_tree(), set()
            compare.compare_ends(account, items, true, lambda native_id: native_id, may_stay)
        else:
            side.look(now)
            listed = {str(number): path for number, (path, _) in side.listed.items()}
            true = {number: side.truth.content.get(int(number)) for number in listed}
            for number, sha in true.items():
                data = self.simulator.must("GET", f"content/{number}", raw=True)
                if sha256(data) != sha:
                    self.wrong.append(f"{number}: the soak's own account is wrong, which is a fault of the soak")
            shown = {str(number) for number, node in side.tree.items() if records.LOGIN in node["seen_by"]}
            compare.compare_ends(account, items, true, listed.get, shown - set(listed))
            compare.compare_metadata(account, items, side)
        threshold = SCAN_EVERY[side.source] + SETTLE + self.margin
        windows = [self.windows[side.source], self.windows["daemon"]]
        by_path = side is self.drive
        compare.compare_history(account, self.catalog, items, side.truth, windows, threshold, RECOVERY, by_path)
        compare.compare_deletions(account, self.catalog, items, side.truth, side.bulk, by_path)
        for scan in self.catalog.scans[side.source]:
            # A hold stays until a complete scan has seen that all is well.
            inside = any(start - 5 <= scan.at <= end + 190 for _, _, start, end in side.bulk)
            if scan.held and not inside:
                account.differs(f"held without a deletion in bulk: {scan.held} (event {scan.seq})")
        account.figures["looking for contents in sight for more than, s"] = threshold
        return account

    def summary(self, accounts):
        took = scan_times(self.daemon.log)
        table = {"seed": self.seed, "minutes": round((time.time() - self.begun) / 60, 1), "drive": self.options.drive}
        for side, account in zip(self.sides(), accounts):
            scans = self.catalog.scans[side.source]
            figures = {
                "operations": sum(n for name, n in side.counts.items() if not name.startswith("(")),
                "scans": len(scans),
                "of these, incomplete": sum(not scan.complete for scan in scans),
                "held in bulk and restored": side.bulks_done["restore"],
                "held in bulk and confirmed": side.bulks_done["confirm"],
                "confirmations that had to be repeated": side.confirmed_again,
                "out of sight by a fault, s": round(self.windows[side.source].seconds()),
                **account.figures,
            }
            source_id = next((key for key, name in self.catalog.names.items() if name == side.source), None)
            times = sorted(took.get(source_id, ()))
            if times:
                figures["time of a scan, median ms"] = round(statistics.median(times))
                figures["time of a scan, 95 % ms"] = times[int(len(times) * 0.95)]
                figures["time of a scan, longest ms"] = times[-1]
            if side is self.records:
                figures.update(self.requests())
            table[side.source] = {**figures, "by operation": dict(sorted(side.counts.items()))}
        table["faults"] = dict(sorted(self.faults_done.items()))
        table["ends of the daemon"] = dict(self.daemon.kills)
        table["differences"] = len(self.wrong)
        (self.folder / "summary.json").write_text(json.dumps({**table, "wrong": self.wrong}, indent=2, ensure_ascii=False))
        print()
        show(table)
        for account in accounts:
            for note in account.notes:
                print(f"note: {account.source}: {note}")

    def requests(self):
        """How many requests a scan made, by what was going on."""
        log = self.simulator.must("GET", "requests")
        kinds = collections.Counter(kind_of(one["method"], one["path"]) for one in log)
        quiet, busy = [], []
        last = None
        for _, count, scans, change in self.samples:
            if last is None or scans > last[1]:
                if last is not None:
                    each = (count - last[0]) / (scans - last[1])
                    (quiet if change == last[2] else busy).append(each)
                last = (count, scans, change)
        figures = {"requests": len(log)}
        for name, some in (("while things changed", busy), ("while nothing changed", quiet)):
            if some:
                low, middle, high = min(some), statistics.median(some), max(some)
                figures[f"requests per scan {name}, least/median/most"] = f"{low:.0f} / {middle:.0f} / {high:.0f}"
        figures.update({f"requests for {kind}": n for kind, n in sorted(kinds.items())})
        return figures

    def tear_down(self):
        """Stops everything that was started, whatever state it is in."""
        self.stop.set()
        self.abort.set()
        steps = []
        # First whoever could start something again.
        for thread in self.threads:
            steps.append(lambda thread=thread: thread.join(120))
        for side in self.sides():
            steps.append(lambda side=side: side.thread.ident and side.thread.join(60))
        steps += [self.daemon.end, self.daemon.sweep_up]
        if self.share:
            steps += [self.share.repair, self.share.stop]
        if self.simulator:
            steps.append(self.simulator.stop)
        for step in steps:
            try:
                step()
            except Exception as error:
                print(f"while stopping: {error!r}", file=sys.stderr)


def kind_of(method, path):
    """What a request was for."""
    path, _, query = path.partition("?")
    if "/otdsws" in path or path.endswith("/auth"):
        return "login"
    if path.endswith("/content"):
        return "contents"
    if path.endswith(("/nodes/list", "/recyclebin/nodes")):
        return "what is missing"
    if path.endswith(("/nodes", "/nodes/all")):
        return "lists"
    if path.endswith(("/holds", "/rmclassifications", "/classifications", "/securityclearances")):
        return "modules"
    if "/nodes/" in path:
        return "single records"
    return "other things"


def scan_times(log):
    """How long scans took, from the daemon's own log: {source id: [milliseconds]}."""
    took = collections.defaultdict(list)
    for line in log.read_text(errors="replace").splitlines():
        if '"step done"' not in line:
            continue
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if told.get("step") == "scan" and "took_ms" in told:
            took[told.get("work.subject")].append(told["took_ms"])
    return took


def show(table, indent=""):
    for name, value in table.items():
        if isinstance(value, dict):
            print(f"{indent}{name}")
            show(value, indent + "    ")
        else:
            print(f"{indent}{name:<{60 - len(indent)}} {value}")


def main():
    parser = argparse.ArgumentParser(description="A soak of scanning, with faults.")
    parser.add_argument("rideau")
    parser.add_argument("simulator", nargs="?")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--drive", choices=("local", "samba"), default="samba")
    parser.add_argument("--only", choices=(drive.SOURCE, records.SOURCE))
    parser.add_argument("--folder", help="where everything is kept; empty or not there. Without it, a temporary one")
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between two operations of one source, on average")
    parser.add_argument("--margin", type=float, default=20, help="a content must show when it lasted so much longer than a scan's interval and the settling time")
    parser.add_argument("--quiet-minutes", type=float, default=6, help="how long quiet may take to come at the end")
    parser.add_argument("--pace", type=float, default=1.0, help="half of it: twice as many faults")
    parser.add_argument("--no-faults", dest="faults", action="store_false")
    parser.add_argument("--rules", type=pathlib.Path, default=PROJECT / "config" / "rules")
    options = parser.parse_args()
    # Also where a shell has started us with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    soak = None
    try:
        soak = Soak(options)
        print(f"seed {soak.seed}, {soak.minutes:g} minutes, in {soak.folder}", flush=True)
        soak.set_up()
        soak.go()
        soak.verdict()
    except Trouble as trouble:
        print(f"soak: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 2
    finally:
        # A second Ctrl-C must not leave anything behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if soak:
            soak.tear_down()
    for line in soak.wrong[:200]:
        print(f"DIFFERENCE: {line}")
    if len(soak.wrong) > 200:
        print(f"and {len(soak.wrong) - 200} more: see summary.json")
    print("all is as it should be" if not soak.wrong else f"{len(soak.wrong)} differences; everything is in {soak.folder}")
    if not soak.wrong and not options.folder:
        shutil.rmtree(soak.folder, ignore_errors=True)
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
