#!/usr/bin/env python3
"""Walks a Content Server with the library xecm and prints what it finds.

    walk_xecm.py URL USER PASSWORD [START_ID]

One line of JSON per node below START_ID (2000), sorted by id: id, path, sha256 of the latest content, categories.
Needs xecm 25.3.1. The library chooses the size of pages (20 with categories).
"""

import base64
import importlib.util
import logging
import re
import sys
import types
from pathlib import Path

from common import NOT_WALKED, arguments, flat, sha256, write


def library():
    """The library. It says Python 3.10 and has quotes in quotes that need 3.12; where they are not understood they are changed."""
    folder = importlib.util.find_spec("xecm").submodule_search_locations[0]
    path = Path(folder) / "CSRestAPI.py"
    # A quote replaced by itself, in a method that is not used here.
    lines = path.read_text(encoding="utf-8").replace(SAME_QUOTE, "").split("\n")
    for _ in range(100):
        try:
            code = compile("\n".join(lines), str(path), "exec")
            break
        except SyntaxError as error:
            at = error.lineno - 1
            lines[at] = re.sub(r"\{[^{}]*\}", lambda one: one.group().replace("'", '"'), lines[at])
    else:
        sys.exit("xecm cannot be read by this Python")
    module = types.ModuleType("xecm_for_any_python")
    exec(code, module.__dict__)
    return module


SAME_QUOTE = """.replace('"', '\\"')"""

# With categories it gets only the properties that are named.
PROPERTIES = ["id", "name", "type", "container", "size", "versionable", "parent_id"]


def walk(api, url, start):
    found = {}
    waiting = [(start, "")]
    while waiting:
        container, above = waiting.pop()
        page = 1
        while True:
            answer = api.subnodes_get(url, container, PROPERTIES, True, True, False, page)
            for one in answer["results"]:
                properties = one["properties"]
                node_id = properties["id"]
                if node_id in found:
                    continue
                path = f"{above}/{properties['name']}" if above else properties["name"]
                data = None
                if properties["versionable"]:
                    data = base64.b64decode(api.node_download_bytes(url, node_id, "")["base64"])
                    if len(data) != properties["size"]:
                        sys.exit(f"{node_id} has {len(data)} bytes and not {properties['size']}")
                found[node_id] = {
                    "id": node_id,
                    "path": path,
                    "sha256": sha256(data),
                    "categories": flat(one["categories"]),
                }
                if properties["container"] and properties["type"] not in NOT_WALKED:
                    waiting.append((node_id, path))
            if page >= answer["page_total"]:
                break
            page += 1
    # All of them again, asked for in one go: the same ids have to be shown.
    ids = sorted(found)
    for first in range(0, len(ids), 250):
        some = ids[first : first + 250]
        if sorted(api.nodes_get_details(url, some)) != some:
            sys.exit("the list of nodes is not what the walk has found")
    return found.values()


def main():
    url, user, password, start, _ = arguments()
    logger = logging.getLogger("walk")
    logger.setLevel(logging.ERROR)
    xecm = library()
    api = xecm.CSRestAPI(xecm.LoginType.OTCS_TICKET, url + "/", user, password, False, logger)
    write(walk(api, url, start))


if __name__ == "__main__":
    main()
