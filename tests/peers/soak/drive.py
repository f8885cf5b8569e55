"""Changes the shared drive, and knows what is on it.

Files are written on the server's own disk, so that a broken share stops the daemon and not us. Rule that must hold: no two files
ever have the same bytes, so that a hash tells which file, and which state of it, was read.
"""

import os
import threading
import time
import unicodedata

from machine import sha256
from side import Side

SOURCE = "drive"
WORDS = ("Rapport", "Table", "Données", "Notes", "Budget", "Été", "Summary")
ENDS = (".csv", ".txt", ".md", ".bin", ".json")
HALF = (".partial", ".tmp", ".crdownload")
MOST_BYTES = 24_000


class Drive(Side):
    """The changing drive."""

    source = SOURCE
    weights = {
        "create": 8, "rewrite": 8, "rewrite_into_place": 8, "rewrite_from_plain_name": 2, "append": 5, "patch": 3,
        "rewrite_keeping_time": 2, "burst": 3, "slow_write": 3, "half_written": 3, "rename": 6, "move": 5, "delete": 5,
        "restore": 4, "make_folder": 3, "rename_folder": 2, "delete_folder": 1, "touch": 2, "change_mode": 2, "lock_file": 4,
        "junk": 2,
    }  # fmt: skip

    def __init__(self, soak, truth, share, samba):
        super().__init__(soak, truth)
        self.share, self.samba = share, samba
        self.lock = threading.RLock()  # the disk is where it is while this is held
        self.files = {}  # path -> bytes
        self.folders = {""}
        self.busy = set()
        self.trash = []
        self.made = 0
        self.bulk_folder = None

    # Doing it.

    def path(self, name):
        return self.share.disk / name

    def _bytes(self):
        self.made += 1
        size = self.rng.choice((40, 400, 4_000, MOST_BYTES))
        size = self.rng.randint(size // 2, size)
        line = f"row,{self.made},{self.rng.random()}\n"
        text = f"Record {self.made} of seed {self.soak.seed}\n" + line * (size // len(line) + 1)
        return text.encode()

    def _name(self, folder):
        self.made += 1
        word = self.rng.choice(WORDS)
        if not self.samba and self.rng.random() < 0.1:
            word = unicodedata.normalize("NFD", word)
        name = f"{word} {self.made:05d}{self.rng.choice(ENDS)}"
        return f"{folder}/{name}" if folder else name

    def _write(self, name, data, mode="wb"):
        """One call, so that nobody reads half of it; but a file that is cut short is empty for a moment."""
        with self.lock:
            before = time.time()
            self.truth.passing(key(name), sha256(b""))
            with open(self.path(name), mode, buffering=0) as file:
                file.write(data)
            self._is(name, data, before)

    def _is(self, name, data, before):
        after = time.time()
        self.files[name] = data
        self.truth.appear(key(name), after)
        self.truth.put(key(name), sha256(data), before, after)

    def _is_not(self, name, before):
        self.files.pop(name, None)
        self.truth.drop(key(name), before)
        self.truth.vanish(key(name), before)

    def _free(self, folder=None):
        names = sorted(name for name in self.files if name not in self.busy)
        return [name for name in names if folder is None or name.startswith(folder + "/")]

    def _file(self):
        free = self._free()
        return self.rng.choice(free) if free else None

    def _folder(self):
        return self.rng.choice(sorted(self.folders))

    def size(self):
        return len(self.files)

    def weight(self, name):
        # Around sixty files.
        if len(self.files) > 80 and name in ("create", "restore", "half_written"):
            return 1
        if len(self.files) < 45 and name in ("delete", "delete_folder"):
            return 0
        return self.weights[name]

    def populate(self, how_many):
        with self.lock:
            (self.path(".rideau-source")).write_text("The drive of the soak.\n")
            for _ in range(7):
                self.make_folder()
            for _ in range(how_many):
                self.create()

    # Operations. Each gives False when there is nothing to do it with.

    def create(self):
        self._write(self._name(self._folder()), self._bytes())
        return True

    def rewrite(self):
        name = self._file()
        if name:
            self._write(name, self._bytes())
        return bool(name)

    def rewrite_into_place(self):
        """As office programs do: written beside it under a name that nobody reads, then renamed over it."""
        name = self._file()
        if not name:
            return False
        folder = name.rpartition("/")[0]
        self.made += 1
        beside = f"{folder}/~WRL{self.made:04d}.tmp".lstrip("/")
        data = self._bytes()
        with self.lock:
            self.path(beside).write_bytes(data)
            before = time.time()
            os.replace(self.path(beside), self.path(name))
            self._is(name, data, before)
        return True

    def rewrite_from_plain_name(self):
        """The same from a name that looks like any record's."""
        name = self._file()
        if not name:
            return False
        beside = self._name(name.rpartition("/")[0])
        data = self._bytes()
        self.room(1)
        self._write(beside, data)
        with self.lock:
            before = time.time()
            os.replace(self.path(beside), self.path(name))
            self._is_not(beside, before)
            self._is(name, data, before)
        return True

    def append(self):
        name = self._file()
        if not name:
            return False
        more = f"and {self.made},{self.rng.random()}\n".encode()
        with self.lock:
            before = time.time()
            with open(self.path(name), "ab", buffering=0) as file:
                file.write(more)
            self._is(name, self.files[name] + more, before)
        return True

    def patch(self):
        """Other bytes, the same size, in place."""
        name = self._file()
        if not name:
            return False
        self.made += 1
        data = self.files[name]
        mark = f"{self.made:012d}"[: len(data)].encode()
        with self.lock:
            before = time.time()
            with open(self.path(name), "r+b", buffering=0) as file:
                file.seek(len(data) - len(mark))
                file.write(mark)
            self._is(name, data[: len(data) - len(mark)] + mark, before)
        return True

    def rewrite_keeping_time(self):
        """As copying tools do: other bytes, another size, the old modification time."""
        name = self._file()
        if not name:
            return False
        data = self._bytes()
        while len(data) == len(self.files[name]):
            data += b"."
        with self.lock:
            stat = os.stat(self.path(name))
            self._write(name, data)
            before = time.time()
            os.utime(self.path(name), ns=(stat.st_atime_ns, stat.st_mtime_ns))
            self.truth.touch(key(name), before, time.time())
        return True

    def burst(self):
        name = self._file()
        if not name:
            return False
        for _ in range(self.rng.randint(3, 6)):
            self._write(name, self._bytes())
            time.sleep(0.3)
        return True

    def slow_write(self):
        """Grows for some seconds; every state on the way is what it is at that time."""
        name = self._name(self._folder())
        self._write(name, f"slow {self.made}\n".encode())
        self.busy.add(name)
        for step in range(1, self.rng.randint(3, 6)):
            self.put_off(step, lambda name=name, step=step: self._grow(name, step))
        self.put_off(6, lambda name=name: self.busy.discard(name))
        return True

    def _grow(self, name, step):
        more = f"part {step} of {name}\n".encode() * 50
        with self.lock:
            before = time.time()
            with open(self.path(name), "ab", buffering=0) as file:
                file.write(more)
            self._is(name, self.files[name] + more, before)

    def half_written(self):
        """A transfer under a name that says so, which is renamed when it is whole."""
        name = self._name(self._folder())
        beside = name + self.rng.choice(HALF)
        data = self._bytes()
        with self.lock:
            self.path(beside).write_bytes(data[: len(data) // 2])
        self.busy.add(name)

        def whole():
            with self.lock:
                self.path(beside).write_bytes(data)
                before = time.time()
                os.rename(self.path(beside), self.path(name))
                self._is(name, data, before)
            self.busy.discard(name)

        self.put_off(self.rng.randint(2, 8), whole)
        return True

    def _rename(self, name, new):
        with self.lock:
            before = time.time()
            os.rename(self.path(name), self.path(new))
            data = self.files[name]
            self._is_not(name, before)
            self._is(new, data, before)

    def rename(self):
        name = self._file()
        if not name:
            return False
        self.room(1)
        self._rename(name, self._name(name.rpartition("/")[0]))
        return True

    def move(self):
        name, folder = self._file(), self._folder()
        if not name or name.rpartition("/")[0] == folder:
            return False
        new = f"{folder}/{name.rpartition('/')[2]}".lstrip("/")
        if new in self.files:
            return False
        self.room(1)
        self._rename(name, new)
        return True

    def delete(self):
        name = self._file()
        if not name:
            return False
        self.room(1)
        self._delete(name)
        return True

    def _delete(self, name):
        with self.lock:
            before = time.time()
            os.unlink(self.path(name))
            self.trash.append((name, self.files[name]))
            self._is_not(name, before)

    def restore(self):
        """Back under its old name: as it was, or as somebody has changed it."""
        left = [(name, data) for name, data in self.trash if name not in self.files and name.rpartition("/")[0] in self.folders]
        if not left:
            return False
        name, data = self.rng.choice(left)
        self.trash.remove((name, data))
        self._write(name, data if self.rng.random() < 0.5 else self._bytes())
        return True

    def make_folder(self):
        parents = [folder for folder in sorted(self.folders) if folder.count("/") < 4]
        parent = self.rng.choice(parents)
        if len(self.folders) > 25:
            return False
        self.made += 1
        folder = f"{parent}/Dossier {self.made:05d}".lstrip("/")
        with self.lock:
            self.path(folder).mkdir()
        self.folders.add(folder)
        return True

    def _movable(self, most):
        """Folders that hold few files, none of which is in use."""
        found = []
        for folder in sorted(self.folders - {""}):
            start = folder + "/"
            inside = [name for name in self.files if name.startswith(start)]
            in_use = any(name.startswith(start) for name in self.busy)
            if len(inside) <= most and not in_use:
                found.append((folder, sorted(inside)))
        return found

    def rename_folder(self):
        found = self._movable(6)
        if not found:
            return False
        folder, inside = self.rng.choice(found)
        self.made += 1
        new = f"{folder.rpartition('/')[0]}/Dossier {self.made:05d}".lstrip("/")
        self.room(len(inside))
        with self.lock:
            before = time.time()
            os.rename(self.path(folder), self.path(new))
            for name in inside:
                data = self.files[name]
                self._is_not(name, before)
                self._is(new + name[len(folder) :], data, before)
        start = folder + "/"
        below = {one for one in self.folders if one == folder or one.startswith(start)}
        self.folders = (self.folders - below) | {new + one[len(folder) :] for one in below}
        return True

    def delete_folder(self):
        found = [one for one in self._movable(4) if one[1]]
        if not found:
            return False
        folder, inside = self.rng.choice(found)
        self.room(len(inside))
        with self.lock:
            for name in inside:
                self._delete(name)
            start = folder + "/"
            below = {one for one in self.folders if one == folder or one.startswith(start)}
            for one in sorted(below, reverse=True):
                for left in self.path(one).iterdir():
                    left.unlink()  # junk
                self.path(one).rmdir()
            self.folders -= below
        return True

    def touch(self):
        name = self._file()
        if not name:
            return False
        with self.lock:
            before = time.time()
            os.utime(self.path(name))
            self.truth.touch(key(name), before, time.time())
        return True

    def change_mode(self):
        name = self._file()
        if not name:
            return False
        with self.lock:
            before = time.time()
            os.chmod(self.path(name), self.rng.choice((0o644, 0o600, 0o664)))
            self.truth.touch(key(name), before, time.time())
        return True

    def lock_file(self):
        """Somebody has it open."""
        name = self._file()
        if not name:
            return False
        folder, _, last = name.rpartition("/")
        mark = self.rng.choice(("~$" + last, f".~lock.{last}#"))
        beside = f"{folder}/{mark}".lstrip("/")
        with self.lock:
            before = time.time()
            self.path(beside).write_bytes(b"somebody")
            self.truth.lock_up(key(name), before)
        self.busy.add(name)

        def unlock():
            with self.lock:
                self.path(beside).unlink()
                self.truth.unlock(key(name), time.time())
            self.busy.discard(name)

        self.put_off(self.rng.randint(3, 15), unlock)
        return True

    def junk(self):
        """What is no record."""
        folder = self._folder()
        self.made += 1
        last = self.rng.choice(("Thumbs.db", "desktop.ini", "._x", f"~x{self.made}.tmp", ".DS_Store", "left.crdownload"))
        name = f"{folder}/{last}".lstrip("/")
        with self.lock:
            self.path(name).write_bytes(f"junk {self.made}".encode())
        return True

    # In bulk.

    def bulk_make(self, how_many):
        self.made += 1
        self.bulk_folder = f"Bulk {self.made:05d}"
        with self.lock:
            self.path(self.bulk_folder).mkdir()
        names = [self._name(self.bulk_folder) for _ in range(how_many)]
        for name in names:
            self._write(name, self._bytes())
        # Not in `folders`: nobody else puts anything there.
        self.busy.update(names)
        return {key(name): sha256(self.files[name]) for name in names}

    def bulk_delete(self):
        """All at once: away from the drive, whole."""
        self.away = {name: data for name, data in self.files.items() if name.startswith(self.bulk_folder + "/")}
        with self.lock:
            before = time.time()
            os.rename(self.path(self.bulk_folder), self.share.folder / self.bulk_folder)
            for name in self.away:
                self._is_not(name, before)
        self.busy.difference_update(self.away)

    def bulk_restore(self):
        with self.lock:
            before = time.time()
            os.rename(self.share.folder / self.bulk_folder, self.path(self.bulk_folder))
            for name, data in self.away.items():
                self._is(name, data, before)
        # They are files like others from now on.
        self.folders.add(self.bulk_folder)

    # At the end.

    def true_tree(self):
        """What is on the disk: {path: sha256}. Also says where our own account differs from it."""
        found = {}
        for top, _, names in os.walk(self.share.disk):
            for last in names:
                if passed_over(last):
                    continue
                full = os.path.join(top, last)
                name = os.path.relpath(full, self.share.disk)
                with open(full, "rb") as file:
                    found[key(name)] = sha256(file.read())
        if found != self.truth.content:
            odd = sorted(set(found.items()) ^ set(self.truth.content.items()))
            self.wrong.append(f"{SOURCE}: the soak's own account is wrong, which is a fault of the soak: {odd[:4]}")
        return found


def key(name):
    """How a path is known: in NFC."""
    return unicodedata.normalize("NFC", name)


def passed_over(last):
    """Whether a name on the drive is no record, of those that the soak makes."""
    return (
        last.startswith(("~$", ".~lock.", "._", ".rideau-source"))
        or last.endswith(HALF)
        or last in ("Thumbs.db", "desktop.ini", ".DS_Store")
    )
