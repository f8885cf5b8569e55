"""The programs that take part, and the catalog, read only.

Rule that must hold: whatever is started here is stopped here, by its own process id.
"""

import collections
import datetime
import hashlib
import json
import os
import pathlib
import re
import select
import signal
import sqlite3
import subprocess
import threading
import time
import urllib.error
import urllib.request

SHARE = pathlib.Path(os.environ.get("RIDEAU_TEST_SAMBA") or pathlib.Path(__file__).resolve().parents[1] / "samba" / "share")


class Trouble(Exception):
    """The soak itself cannot go on."""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def instant(text):
    """An RFC 3339 instant as seconds."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", text).replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp()


class Daemon:
    """`rideau run`, and the other commands of the same program."""

    def __init__(self, program, folder, password):
        self.program, self.folder = str(pathlib.Path(program).resolve()), folder
        self.log = folder / "rideau.log"
        self.process = None
        self.groups = []
        self.lock = threading.RLock()
        self.kills = collections.Counter()
        self.died = []
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "LANG": "en_CA.UTF-8",
            "USER": "soak",
            "RIDEAU_CONFIG": str(folder / "rideau.toml"),
            "RIDEAU_SOAK_PASSWORD": password,
        }

    def start(self):
        with self.lock, open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "run"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
            self.groups.append(self.process.pid)

    def kill(self):
        """As a power failure would."""
        with self.lock:
            if self.process and self.process.poll() is None:
                self.process.kill()
            if self.process:
                self.process.wait(30)
            self.kills["SIGKILL"] += 1
            self.process = None

    def end(self, seconds=40):
        """Asks it to stop. Gives its exit code; None when it had to be killed."""
        with self.lock:
            process, self.process = self.process, None
        if process is None:
            return 0
        process.terminate()
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)
            return None

    def watch(self):
        """Notes a death that nobody ordered, and starts it again."""
        with self.lock:
            if self.process and self.process.poll() is not None:
                self.died.append(self.process.returncode)
                self.start()

    def sweep_up(self):
        """Ends what a killed daemon left behind: each had a session of its own."""
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def run(self, *arguments, seconds=90):
        """Another command; gives its exit code and both outputs."""
        try:
            done = subprocess.run(
                [self.program, *arguments],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                # Ctrl-C is for the soak, which then puts things right.
                start_new_session=True,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return -1, "", f"no answer within {seconds} seconds"
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    def json(self, *arguments):
        code, out, _ = self.run(*arguments, "--json")
        try:
            return json.loads(out) if code in (0, 1) else None
        except ValueError:
            return None


class Simulator:
    """The simulated Content Server and its controls."""

    def __init__(self, program, folder):
        self.program, self.folder = str(pathlib.Path(program).resolve()), folder
        self.process = self.url = self.root = None

    def start(self):
        self.log = open(self.folder / "simulator.log", "ab")
        self.process = subprocess.Popen(
            [self.program, "--port", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,
        )
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline().decode().strip() if ready else ""
        if not line.startswith("http"):
            raise Trouble(f"the simulator did not tell its address, but: {line!r}")
        self.url = line
        scheme, _, rest = line.partition("://")
        self.root = f"{scheme}://{rest.split('/')[0]}"

    def ask(self, method, path, body=None, raw=False):
        """One control. Gives (True, answer), or (False, why not) when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.root}/control/{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                read = answer.read()
                return True, read if raw else json.loads(read)
        except urllib.error.HTTPError as error:
            return False, error.read().decode("utf-8", "replace")
        except OSError as error:
            raise Trouble(f"the simulator does not answer: {error}") from error

    def must(self, method, path, body=None, raw=False):
        done, answer = self.ask(method, path, body, raw)
        if not done:
            raise Trouble(f"the simulator refused {method} {path} {body}: {answer}")
        return answer

    def stop(self):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self.process.stdout.close()
        self.log.close()


class Samba:
    """A Samba server and its share mounted here: `disk` is changed, `watched` is what the daemon sees."""

    FAULTS = ("server killed", "server frozen", "unmounted", "server killed and unmounted")

    def __init__(self, folder):
        self.folder = folder / "share"
        self.disk, self.watched = self.folder / "files", self.folder / "mount"

    def start(self):
        self._do("start", seconds=60)

    def _do(self, *command, seconds=45):
        try:
            done = subprocess.run(
                [str(SHARE), str(self.folder), *command],
                stdin=subprocess.DEVNULL,
                # Ctrl-C is for the soak, which then puts things right.
                start_new_session=True,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Trouble(f"share {' '.join(command)}: no end within {seconds} seconds") from error
        if done.returncode:
            raise Trouble(f"share {' '.join(command)}: {done.stderr.decode('utf-8', 'replace').strip()}")

    def begin(self, fault):
        if "frozen" in fault:
            self._do("freeze-server")
        if "killed" in fault:
            self._do("kill-server")
        if "unmounted" in fault:
            self._do("unmount")

    def finish(self, fault):
        if "frozen" in fault:
            self._do("thaw-server")
        if "killed" in fault:
            self._do("start-server")
        if "unmounted" in fault:
            self._do("mount")

    def repair(self):
        """Whatever was broken works again; what was never started stays so."""
        if not (self.folder / "port").exists():
            return
        for command in ("thaw-server", "start-server", "mount"):
            try:
                self._do(command)
            except Trouble:
                if command != "thaw-server":
                    raise

    def stop(self):
        self._do("stop")


class Folder:
    """A folder of this machine in the place of a share."""

    FAULTS = ("marker taken away", "folder away", "folder empty")

    def __init__(self, folder):
        self.folder = folder / "share"
        self.watched = self.folder / "files"
        self.aside = self.folder / "aside"
        self.disk = self.watched

    def start(self):
        self.watched.mkdir(parents=True)

    def begin(self, fault):
        if fault == "marker taken away":
            os.rename(self.disk / ".rideau-source", self.folder / "marker")
            return
        os.rename(self.watched, self.aside)
        self.disk = self.aside
        if fault == "folder empty":
            self.watched.mkdir()

    def finish(self, fault):
        if fault == "marker taken away":
            os.rename(self.folder / "marker", self.disk / ".rideau-source")
            return
        if fault == "folder empty":
            self.watched.rmdir()
        os.rename(self.aside, self.watched)
        self.disk = self.watched

    def repair(self):
        if (self.folder / "marker").exists():
            self.finish("marker taken away")
        if self.aside.exists():
            self.finish("folder empty" if self.watched.exists() else "folder away")

    def stop(self):
        pass


class Scan:
    """A scan that came to its end, as the log of events tells it."""

    def __init__(self, seq, at, complete, held):
        self.seq, self.at, self.complete, self.held = seq, at, complete, held


class Catalog:
    """The catalog, read only, while the daemon writes."""

    def __init__(self, folder):
        self.file = folder / "data" / "catalog.sqlite3"
        self.names = {}  # source id -> name
        self.scans = collections.defaultdict(list)  # source name -> [Scan]
        self.last = 0
        self.last_change = 0  # the newest event that is no scan
        self.lock = threading.RLock()

    def rows(self, sql, *values):
        """The rows of a query; waits for a writer."""
        for attempt in range(20):
            try:
                connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=15)
                try:
                    connection.row_factory = sqlite3.Row
                    return connection.execute(sql, values).fetchall()
                finally:
                    connection.close()
            except sqlite3.OperationalError as error:
                if attempt == 19:
                    raise Trouble(f"the catalog cannot be read: {error}") from error
                time.sleep(0.25)
        return []

    def refresh(self):
        """Takes what is new in the log of events."""
        with self.lock:
            if not self.file.exists():
                return
            try:
                new = self.rows("SELECT seq, at, kind, subject_id, body FROM events WHERE seq > ? ORDER BY seq", self.last)
            except Trouble:
                if self.last == 0:
                    return  # not made yet
                raise
            for row in new:
                self.last = row["seq"]
                if row["kind"] != "source.scanned":
                    self.last_change = row["seq"]
                    continue
                if row["subject_id"] not in self.names:
                    self.names = {one["id"]: one["name"] for one in self.rows("SELECT id, name FROM sources")}
                body = json.loads(row["body"])
                scan = Scan(row["seq"], instant(row["at"]), bool(body["complete"]), body.get("hold"))
                self.scans[self.names[row["subject_id"]]].append(scan)

    def complete(self, source, after_seq=0):
        """Complete scans of a source after an event."""
        with self.lock:
            return [scan for scan in self.scans[source] if scan.complete and scan.seq > after_seq]

    def hold(self, source):
        row = self.rows("SELECT hold FROM sources WHERE name = ?", source)
        return row[0]["hold"] if row else None

    def hashes(self, source):
        """Every sha256 that was fetched from a source."""
        sql = "SELECT v.sha256 FROM versions v JOIN items i ON i.id = v.item_id JOIN sources s ON s.id = i.source_id WHERE s.name = ?"
        return {row["sha256"] for row in self.rows(sql, source)}

    def gone(self, source):
        """Native ids that are counted as gone now."""
        sql = "SELECT i.native_id FROM items i JOIN sources s ON s.id = i.source_id WHERE s.name = ? AND i.gone_at IS NOT NULL"
        return {row["native_id"] for row in self.rows(sql, source)}
