"""Changes the simulated Content Server, and knows what the watching account can see of it.

After every change the simulator tells its whole tree; what differs from the tree before is what happened. Bytes are known by
their hashes, because we made them. Rule that must hold: nothing here is learnt through the interface that is under test.
"""

import time
import unicodedata

from machine import sha256
from side import Side

SOURCE = "content-server"
LOGIN, PASSWORD = "rideau", "rideau-secret"
TOP, ENTERPRISE = 40_000, 2_000
# Kinds that are records, kinds that hold links only, kinds that hold records although they are no folders.
RECORDS = (144, 145, 749)
NOT_WALKED = (298, 899, 854, 405)
COMPOUND = (136, 557)
VISITOR = 1101
RELEASE, ACCESS = 16_878, 17_001
LEVELS = {"10": "unclassified", "20": "protected_a", "30": "protected_b"}
WORDS = ("Report", "Étude", "Table 1/2", "Notes", "Plan", "Résumé", "List")
ENDS = (".txt", ".csv", ".bin", ".md", ".json")


class Records(Side):
    """The changing server."""

    source = SOURCE
    bulk_plan = {0.4: "restore", 0.7: "confirm"}
    weights = {
        "create": 8, "add_version": 14, "burst": 3, "delete_newest": 2, "delete_old": 1, "rename": 6, "move": 6, "move_out": 1,
        "make_folder": 3, "rename_folder": 2, "move_folder": 1, "delete": 5, "delete_folder": 1, "restore": 6, "purge": 1,
        "set_category": 4, "remove_category": 2, "set_clearance": 4, "set_markings": 2, "hold": 3, "hold_folder": 1, "release": 4,
        "hide": 2, "reserve": 2, "deny": 2, "deny_folder": 1, "deny_branch": 1, "allow": 6, "set_right": 3, "close_folder": 1,
        "switch": 2, "not_a_record": 2, "set_record": 1,
    }  # fmt: skip

    def __init__(self, soak, truth, simulator):
        super().__init__(soak, truth)
        self.simulator = simulator
        self.tree = {}
        self.hash = {}  # (id, version number) -> sha256
        self.rights = {}  # id -> what the visitor may do
        self.denied = {}  # id -> whether all below it is denied with it
        self.closed = set()  # folders that are shown and must not be listed
        self.holds = set()  # (id, name)
        self.ours = set()  # folders in bulk, which nothing else touches
        self.listed = {}
        self.made = 0
        self.bulk_folder = None

    # The tree.

    def start_account(self):
        """What is there before anything is changed."""
        now = time.time()
        self.look(now)
        for number, node in self.tree.items():
            for version in node["versions"]:
                data = self.simulator.must("GET", f"content/{number}/{version['number']}", raw=True)
                self.hash[number, version["number"]] = sha256(data)
        self.listed = {}
        self.look(now)

    def look(self, before, touched=()):
        """Asks for the tree and takes note of what differs."""
        nodes = {node["id"]: node for node in self.simulator.must("GET", "tree")}
        after = time.time()
        listed = self._listed(nodes)
        for number in set(self.tree) | set(nodes):
            node = nodes.get(number)
            # Moved out of the watched folder, a record is not there any more, whoever may see it elsewhere.
            if LOGIN in (node or {}).get("seen_by", ()) and self._is_below_top(nodes, number):
                self.truth.appear(number, after)
            else:
                self.truth.vanish(number, before)
        for number in set(self.listed) | set(listed):
            was, now = self.listed.get(number), listed.get(number)
            if now is None:
                self.truth.drop(number, before)
                continue
            sha = self._newest(nodes[number])
            if sha is None:
                continue
            if was is None or self.truth.content.get(number) != sha:
                self.truth.put(number, sha, before, after)
            elif was != now or number in touched:
                self.truth.touch(number, before, after)
        self.tree, self.listed = nodes, listed
        return after

    @staticmethod
    def _is_below_top(nodes, number):
        above, steps = nodes.get(number), 0
        while above and steps < 60:
            above, steps = nodes.get(abs(above["parent"])), steps + 1
            if above and above["id"] == TOP:
                return True
        return False

    def _newest(self, node):
        versions = node["versions"]
        return self.hash.get((node["id"], versions[-1]["number"])) if versions else None

    def _listed(self, nodes):
        """Records that a walk from the watched folder comes to, with all that is told of each: {id: (path, node)}."""
        children = {}
        for node in nodes.values():
            children.setdefault(node["parent"], []).append(node)
        found, stack = {}, [(TOP, "")]
        while stack:
            number, path = stack.pop()
            top = nodes.get(number)
            if not top or LOGIN not in top["seen_by"] or number in self.closed:
                continue
            for node in children.get(number, ()):
                if LOGIN not in node["seen_by"]:
                    continue
                name = segment(node["name"])
                below = f"{path}/{name}" if path else name
                if node["kind"] in RECORDS:
                    found[node["id"]] = (below, node)
                elif (node["container"] or node["kind"] in COMPOUND) and node["kind"] not in NOT_WALKED:
                    stack.append((node["id"], below))
        return found

    def do(self, **change):
        """A change. Gives the number it made, or None when the server refuses."""
        before = time.time()
        done, answer = self.simulator.ask("POST", "change", change)
        if not done:
            self.counts["(refused by the server)"] += 1
            return None
        return before, answer["id"]

    def change(self, touched=(), content=None, **change):
        """A change, noted. `content`: the bytes of a new version."""
        if content is not None:
            change["content"] = content
        made = self.do(**change)
        if made is None:
            return None
        before, number = made
        if content is not None:
            at = (number, 1) if change["do"] == "create" else (change["id"], number)
            self.hash[at] = sha256(content.encode())
            self.truth.ever[at[0]].add(self.hash[at])
        self.look(before, touched)
        return number

    # Choosing.

    def _bytes(self):
        self.made += 1
        size = self.rng.choice((30, 300, 3_000, 30_000))
        size = self.rng.randint(size // 2, size)
        line = f"ligne,{self.made},{self.rng.random()}\n"
        return f"Record {self.made} of seed {self.soak.seed}\n" + line * (size // len(line) + 1)

    def _name(self, end=""):
        self.made += 1
        return f"{self.rng.choice(WORDS)} {self.made:05d}{end}"

    def _documents(self):
        """Documents below the watched folder that are not deleted, shown or not, and not in a bulk folder."""
        return [node for node in self._below(self.tree) if node["kind"] in RECORDS]

    def _below(self, nodes):
        found = []
        for number in sorted(nodes):
            node, line = nodes[number], []
            while node and node["id"] not in line:
                line.append(node["id"])
                node = nodes.get(node["parent"])
            if TOP in line[1:] and not nodes[number]["deleted"] and not self.ours & set(line):
                found.append(nodes[number])
        return found

    def _document(self):
        documents = self._documents()
        return self.rng.choice(documents) if documents else None

    def _folders(self):
        # What is made in a closed folder would be closed like it.
        below = [node["id"] for node in self._below(self.tree) if node["kind"] in (0, 848, 202)]
        return [TOP] + [number for number in below if number not in self.closed]

    def _folder(self):
        return self.rng.choice(self._folders())

    def _inside(self, folder):
        """Records at any depth in a folder, deleted or not."""
        found = []
        for node in self.tree.values():
            above, steps = node, 0
            while above and above["id"] != folder and steps < 50:
                above, steps = self.tree.get(above["parent"]), steps + 1
            if above and node["kind"] in RECORDS:
                found.append(node["id"])
        return found

    def _small_folder(self):
        small = [number for number in self._folders()[1:] if len(self._inside(number)) <= 4]
        return self.rng.choice(small) if small else None

    def size(self):
        return len(self.listed)

    def weight(self, name):
        if len(self.listed) > 100 and name == "create":
            return 1
        if len(self.listed) < 50 and name in ("delete", "delete_folder", "deny", "deny_branch", "set_markings"):
            return 0
        return self.weights[name]

    # Operations.

    def create(self):
        end = self.rng.choice(ENDS)
        return self.change(do="create", parent=self._folder(), name=self._name(end), content=self._bytes()) is not None

    def add_version(self):
        node = self._document()
        return bool(node) and self.change(do="add_version", id=node["id"], content=self._bytes()) is not None

    def burst(self):
        node = self._document()
        if not node:
            return False
        for _ in range(self.rng.randint(2, 5)):
            self.change(do="add_version", id=node["id"], content=self._bytes())
            time.sleep(0.4)
        return True

    def delete_newest(self):
        return self._delete_version(-1)

    def delete_old(self):
        return self._delete_version(0)

    def _delete_version(self, which):
        several = [node for node in self._documents() if len(node["versions"]) > 1]
        if not several:
            return False
        node = self.rng.choice(several)
        return self.change(do="delete_version", id=node["id"], number=node["versions"][which]["number"]) is not None

    def rename(self):
        node = self._document()
        return bool(node) and self.change(do="rename", id=node["id"], name=self._name(self.rng.choice(ENDS))) is not None

    def move(self):
        node, folder = self._document(), self._folder()
        if not node or node["parent"] == folder:
            return False
        return self.change(do="move", id=node["id"], parent=folder) is not None

    def move_out(self):
        """Out of the watched folder, and back later."""
        node = self._document()
        if not node:
            return False
        self.room(1)
        number = node["id"]
        moved = self.change(do="move", id=number, parent=ENTERPRISE) is not None
        if moved and self.rng.random() < 0.6:
            self.put_off(self.rng.randint(3, 40), lambda: self.change(do="move", id=number, parent=TOP))
        return moved

    def make_folder(self):
        if len(self._folders()) > 25:
            return False
        return self.change(do="create", parent=self._folder(), name=self._name()) is not None

    def rename_folder(self):
        folder = self._small_folder()
        return bool(folder) and self.change(do="rename", id=folder, name=self._name()) is not None

    def move_folder(self):
        folder, parent = self._small_folder(), self._folder()
        return bool(folder) and self.change(do="move", id=folder, parent=parent) is not None

    def delete(self):
        node = self._document()
        if not node:
            return False
        self.room(1)
        return self.change(do="delete", id=node["id"]) is not None

    def delete_folder(self):
        folder = self._small_folder()
        if not folder:
            return False
        self.room(len(self._inside(folder)))
        return self.change(do="delete", id=folder) is not None

    def _bin(self):
        return sorted(node["id"] for node in self.tree.values() if node["deleted"] and node["parent"] not in self.ours | {0})

    def restore(self):
        bin_ = [number for number in self._bin() if number not in self.ours]
        return bool(bin_) and self.change(do="restore", id=self.rng.choice(bin_)) is not None

    def purge(self):
        bin_ = [number for number in self._bin() if number not in self.ours]
        if len(bin_) < 4:
            return False
        return self.change(do="purge", id=self.rng.choice(bin_)) is not None

    def set_category(self):
        node = self._document()
        if not node:
            return False
        self.made += 1
        category, key, value = self.rng.choice((
            (ACCESS, f"{ACCESS}_2", f"Open {self.made}"),
            (RELEASE, f"{RELEASE}_2", f"IRCC-{self.made}"),
            (RELEASE, f"{RELEASE}_4", [f"word {self.made}", "statistics"]),
            (RELEASE, f"{RELEASE}_5", self.rng.random() < 0.5),
            (RELEASE, f"{RELEASE}_6", self.made),
            (ACCESS, f"{ACCESS}_2", None),
        ))
        return self.change(do="set_category", id=node["id"], category=category, key=key, value=value) is not None

    def remove_category(self):
        with_some = [node for node in self._documents() if node["categories"]]
        if not with_some:
            return False
        node = self.rng.choice(with_some)
        category = int(self.rng.choice(sorted(node["categories"])))
        return self.change(do="remove_category", id=node["id"], category=category) is not None

    def set_clearance(self):
        node, level = self._document(), self.rng.choice((0, 10, 10, 20, 20, 30, 30, 25, 50))
        if not node:
            return False
        if level > 30:
            self.room(1)
        return self.change(do="set_clearance", id=node["id"], level=level) is not None

    def set_markings(self):
        node = self._document()
        if not node:
            return False
        self.room(1)
        markings = [] if node["markings"] else ["CABINET"]
        return self.change(do="set_markings", id=node["id"], markings=markings) is not None

    def hold(self):
        node = self._document()
        return bool(node) and self._hold(node["id"])

    def hold_folder(self):
        folder = self._small_folder()
        return bool(folder) and self._hold(folder)

    def _hold(self, number):
        name = f"ATIP {self.rng.randint(1, 5)}"
        done = self.change(do="hold", id=number, name=name) is not None
        if done:
            self.holds.add((number, name))
        return done

    def release(self):
        if not self.holds:
            return False
        number, name = self.rng.choice(sorted(self.holds))
        self.holds.discard((number, name))
        return self.change(do="release", id=number, name=name) is not None

    def hide(self):
        node = self._document()
        return bool(node) and self.change(do="set_hidden", id=node["id"], hidden=not node["hidden"]) is not None

    def reserve(self):
        node = self._document()
        if not node:
            return False
        by = None if node["reserved_by"] else VISITOR
        return self.change(do="reserve", id=node["id"], by=by) is not None

    def deny(self):
        node = self._document()
        return bool(node) and self._deny(node["id"], False, 1)

    def deny_folder(self):
        """The folder is out of sight, its records are not, if one knows their ids."""
        folder = self._small_folder()
        return bool(folder) and self._deny(folder, False, len(self._inside(folder)))

    def deny_branch(self):
        folder = self._small_folder()
        return bool(folder) and self._deny(folder, True, len(self._inside(folder)))

    def _deny(self, number, deep, how_many):
        self.room(how_many)
        touched = self._forget_rights(number, deep)
        done = self.change(do="deny", id=number, deep=deep, touched=touched) is not None
        if done:
            self.denied[number] = deep
        return done

    def _forget_rights(self, number, deep):
        """Denying and allowing write whole access lists."""
        touched = set(self._inside(number)) | {number} if deep else {number}
        for one in touched:
            self.rights.pop(one, None)
        return touched

    def allow(self):
        if not self.denied:
            return False
        number = self.rng.choice(sorted(self.denied))
        deep = self.denied.pop(number)
        touched = self._forget_rights(number, deep)
        return self.change(do="allow", id=number, deep=deep, touched=touched) is not None

    def set_right(self):
        node = self._document()
        if not node:
            return False
        may = [] if self.rights.get(node["id"]) else ["see", "see_contents"]
        done = self.change(do="set_right", id=node["id"], right_id=VISITOR, permissions=may, touched={node["id"]}) is not None
        if done:
            self.rights[node["id"]] = may
        return done

    def close_folder(self):
        """The folder is shown, and what is in it must not be listed: no scan is complete while that lasts."""
        folder = self._small_folder()
        if not folder or self.closed or folder in self.denied:
            return False
        before = time.time()
        window = self.soak.windows[SOURCE].begin("folder closed", before)
        self.closed.add(folder)
        # Its own rights and the group's are the department's, not the account's.
        done = self.change(do="set_public", id=folder, permissions=["see"], touched={folder}) is not None

        def open_again():
            self.closed.discard(folder)
            if folder in self.tree:
                self.change(do="set_public", id=folder, permissions=["see", "see_contents"], touched={folder})
            self.look(time.time())
            self.soak.windows[SOURCE].end(window, time.time())

        self.put_off(self.rng.randint(2, 6), open_again)
        return done

    def switch(self):
        """The server has its moods."""
        what = self.rng.choice((
            {"total_counts_unseen": self.rng.random() < 0.5},
            {"rotate_tickets": self.rng.random() < 0.5},
            {"no_content_length": self.rng.random() < 0.5},
            {"page_items_max": self.rng.choice((0, 7, 20))},
            {"out_of_range": self.rng.choice(("empty", "repeat_last"))},
            {"language": self.rng.choice(("en", "fr"))},
        ))
        self.simulator.must("POST", "switches", what)
        return True

    def not_a_record(self):
        """A shortcut or a link: passed over."""
        if self.rng.random() < 0.5:
            what = {"kind": 1, "original": 41_001}
        else:
            what = {"kind": 140, "url": "https://open.example.org/"}
        return self.change(do="create", parent=self._folder(), name=self._name(), **what) is not None

    def set_record(self):
        """The only record that is classified, as far as the department goes."""
        if 41_001 not in self.tree:
            return False
        status = self.rng.choice(("ACTIVE", "INACTIVE"))
        return self.change(do="set_record", id=41_001, status=status, official=True, touched={41_001}) is not None

    # In bulk.

    def bulk_make(self, how_many):
        folder = self.change(do="create", parent=TOP, name=self._name())
        self.ours.add(folder)
        self.bulk_folder = folder
        made = {}
        for _ in range(how_many):
            number = self.change(do="create", parent=folder, name=self._name(".txt"), content=self._bytes())
            made[number] = self.hash[number, 1]
        return made

    def bulk_delete(self):
        self.change(do="delete", id=self.bulk_folder)

    def bulk_restore(self):
        self.change(do="restore", id=self.bulk_folder)
        self.ours.discard(self.bulk_folder)


def segment(name):
    """A name as one part of a path."""
    name = unicodedata.normalize("NFC", name).replace("/", "\u2215")
    return "".join("\ufffd" if unicodedata.category(one) == "Cc" else one for one in name)
