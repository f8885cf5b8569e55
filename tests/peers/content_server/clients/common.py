"""What both walks share: one sorted line of JSON per node."""

import hashlib
import json
import sys
from urllib.parse import urlsplit

# Containers that hold links, other workspaces or deleted items, and are not walked into.
NOT_WALKED = {298, 405, 854, 899}


def arguments():
    """URL (with the base path), user and password; then, if given, the id to start from and the size of pages."""
    if len(sys.argv) < 4:
        sys.exit(f"usage: {sys.argv[0]} URL USER PASSWORD [START_ID] [PAGE_SIZE]")
    url, user, password = sys.argv[1:4]
    start = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
    page_size = int(sys.argv[5]) if len(sys.argv) > 5 else 7
    return url.rstrip("/"), user, password, start, page_size


def split(url):
    """Scheme, host, port and path of the URL."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts.scheme, parts.hostname, port, parts.path


def sha256(data):
    """As hexadecimal digits; nothing for nothing."""
    return None if data is None else hashlib.sha256(data).hexdigest()


def flat(categories):
    """All values of all categories in one map, without the translations and without what is empty."""
    values = {}
    for category in categories or []:
        for key, value in category.items():
            if not key.endswith("_multilingual") and value not in (None, "", []):
                values[key] = value
    return dict(sorted(values.items()))


def write(nodes):
    """Prints the nodes, sorted by id."""
    for node in sorted(nodes, key=lambda one: one["id"]):
        print(json.dumps(node, ensure_ascii=False, sort_keys=True))
