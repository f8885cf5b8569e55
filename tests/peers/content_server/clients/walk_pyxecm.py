#!/usr/bin/env python3
"""Walks a Content Server with OpenText's own library and prints what it finds.

    walk_pyxecm.py URL USER PASSWORD [START_ID] [PAGE_SIZE]

One line of JSON per node below START_ID (2000), sorted by id: id, path, sha256 of the latest content, categories.
Needs pyxecm 3.6.2.
"""

import logging
import os
import sys
import tempfile

from common import NOT_WALKED, arguments, flat, sha256, split, write

import pyxecm.otcs
from pyxecm.otcs import OTCS

# It sleeps that long after each new login.
pyxecm.otcs.REQUEST_RETRY_DELAY = 0.1


def connect(url, user, password):
    scheme, host, port, path = split(url)
    # It waits for ever for a server that does not answer, so say at once if there is none.
    server = OTCS(
        protocol=scheme,
        hostname=host,
        port=port,
        username=user,
        password=password,
        base_path=path,
        logger=logging.getLogger("walk"),
    )
    if not server.is_ready():
        sys.exit(f"no answer from {url}")
    if not server.authenticate():
        sys.exit("cannot log in")
    return server


def content(server, node_id, folder):
    """The latest content, by two ways that have to agree."""
    latest = server.get_latest_document_version(node_id=node_id)
    number = latest["data"]["version_number"]
    path = os.path.join(folder, str(node_id))
    if not server.download_document(node_id=node_id, file_path=path, version_number=number):
        sys.exit(f"cannot download {node_id}")
    with open(path, "rb") as file:
        data = file.read()
    os.remove(path)
    again = server.get_document_content(node_id=node_id, version_number=number)
    if again != data:
        sys.exit(f"v1 and v2 give different bytes of {node_id}")
    return data


def categories(server, node_id):
    answer = server.get_node_categories(node_id=node_id, metadata=True)
    if not answer:
        return []
    # What the library makes of it must not fail either.
    for name in server.get_node_category_names(node_id=node_id) or []:
        server.get_node_category_as_dictionary(node_id=node_id, category_name=name)
    return [one["data"]["categories"] for one in answer["results"]]


def walk(server, start, page_size, folder):
    found = {}
    waiting = [(start, "")]
    while waiting:
        container, above = waiting.pop()
        for one in server.get_subnodes_iterator(
            parent_node_id=container, page_size=page_size, fields="properties"
        ):
            properties = one["data"]["properties"]
            node_id = properties["id"]
            if node_id in found:
                continue
            path = f"{above}/{properties['name']}" if above else properties["name"]
            data = None
            if properties["versionable"]:
                data = content(server, node_id, folder)
                if len(data) != properties["size"]:
                    sys.exit(f"{node_id} has {len(data)} bytes and not {properties['size']}")
            found[node_id] = {
                "id": node_id,
                "path": path,
                "sha256": sha256(data),
                "categories": flat(categories(server, node_id)),
            }
            if properties["container"] and properties["type"] not in NOT_WALKED:
                waiting.append((node_id, path))
    return found.values()


def main():
    url, user, password, start, page_size = arguments()
    server = connect(url, user, password)
    with tempfile.TemporaryDirectory() as folder:
        write(walk(server, start, page_size, folder))


if __name__ == "__main__":
    main()
