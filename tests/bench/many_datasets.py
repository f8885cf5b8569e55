#!/usr/bin/env python3
"""Many datasets pushed to a real CKAN while faults strike: converged, nothing twice, nothing lost, a second run writes nothing.
Then the same datasets by ckanapi's own means, without faults, in the same run.

    cargo build --release
    eval "$(tests/peers/portal/ckan-up --quiet)"
    tests/bench/many_datasets.py target/release/rideau 1000

Each dataset is one table: CSV, Parquet and Table Schema, so three resources. Every fault comes at a random moment from a
fixed seed. ckanapi (its own virtual environment under RIDEAU_TEST_HOME) makes records and resources one request each,
with as many writers as rideau. Exit 0 only when all of it holds. Timings on shared machines are rough.
"""
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

WRITERS = 4
ROUNDS = 40
WRITES = ("package_create", "package_revise", "package_update", "package_patch", "resource_create", "resource_update", "resource_patch")
FAULTS = [
    {"action": "package_create", "mode": "lost"},
    {"action": "package_revise", "mode": "lost"},
    {"action": "package_create", "mode": "error_after"},
    {"action": "package_revise", "mode": "error_after"},
    {"action": "package_revise", "mode": "html"},
    {"action": "package_show", "mode": "status", "status": 502},
    {"action": "*", "mode": "status", "status": 503, "times": 2},
    {"action": "package_revise", "mode": "status", "status": 429, "headers": {"Retry-After": "1"}},
]
CONFIG = """
[department]
organization = "{organization}"
name.en = "Department of Samples"
name.fr = "Ministère des Exemples"
[data]
folder = "{home}/data"
[web]
listen = ""
[log]
level = "error"
[engine]
attempts = 50
backoff_seconds = {{ first = 1, most = 5 }}
[[sources]]
name = "{source}"
kind = "drive"
path = "{home}/drive"
marker = false
settle_seconds = 0
clearance = "none"
concurrency = 8
targets = ["registry"]
[sources.defaults]
type = "dataset"
title.en = "Sample"
title.fr = "Exemple"
notes.en = "Sample"
notes.fr = "Exemple"
keywords.en = ["sample"]
keywords.fr = ["exemple"]
subject = ["persons"]
frequency = "as_needed"
date_published = "2026-01-01"
[[targets]]
name = "registry"
kind = "ckan"
url = "{url}"
token = {{ env = "CKAN_EDITOR_TOKEN" }}
concurrency = {writers}
requests_per_second = 1000.0
timeout_seconds = 30
[policy]
new_releases = "automatic"
[rules]
files = ["{rules}/*.toml"]
"""
URL, ORGANIZATION = os.environ["CKAN_URL"], os.environ["CKAN_ORG"]
TOKEN = os.environ["CKAN_EDITOR_TOKEN"]


def request(path, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(URL + path, data=data, method=method, headers={"Authorization": TOKEN, "Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=120) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def action(name, body):
    return request(f"/api/3/action/{name}", body)["result"]


def writes():
    calls = request("/_faults")["calls"]
    return sum(calls.get(name, 0) for name in WRITES)


def number_there():
    return action("package_search", {"q": "*:*", "rows": 0, "include_private": True, "include_drafts": True})["count"]


def strike(stop):
    """One fault after another, until told to stop."""
    chance = random.Random(1)
    struck = 0
    while not stop.wait(chance.uniform(0.2, 1.5)):
        try:
            request("/_faults", chance.choice(FAULTS))
            struck += 1
        except (urllib.error.URLError, OSError, ValueError):
            continue
    return struck


def rideau(binary, config, *arguments):
    ran = subprocess.run([binary, "--config", config, "--json", *arguments], capture_output=True, check=False)
    if ran.returncode not in (0, 1):
        sys.exit(ran.stderr.decode())
    return json.loads(ran.stdout)


def check(holds, text):
    print(("ok    " if holds else "FAILS ") + text, flush=True)
    if not holds:
        check.failed = True


check.failed = False


def with_rideau(binary, home, size):
    config = os.path.join(home, "rideau.toml")
    rules = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../config/rules"))
    with open(config, "w", encoding="utf-8") as out:
        out.write(CONFIG.format(home=home, rules=rules, url=URL, organization=ORGANIZATION, writers=WRITERS, source=f"bench-{uuid.uuid4().hex[:8]}"))
    for n in range(size):
        folder = os.path.join(home, "drive", f"{n // 500:03}")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, f"table-{n:05}_en.csv"), "w", encoding="utf-8") as out:
            out.write("Region,Admissions\n" + "".join(f"Region {k},{1000 + 10 * n + 10 * k}\n" for k in range(20)))
    before = number_there()
    request("/_faults", method="DELETE")
    stop = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        striking = pool.submit(strike, stop)
        began = time.monotonic()
        for _ in range(ROUNDS):
            rideau(binary, config, "run", "--once", "--patience", "10")
            status = rideau(binary, config, "status")
            if status["releases"].get("published", 0) == size:
                break
            rideau(binary, config, "items", "retry")
        took = time.monotonic() - began
        stop.set()
        struck = striking.result()
    written = writes()
    print(f"rideau: {size} datasets in {took:.0f} s, {written / size:.2f} writes each, {struck} faults")
    check(status["releases"].get("published", 0) == size, f"all published: {status['releases']}")
    request("/_faults", method="DELETE")
    check(number_there() - before == size, f"{number_there() - before} more datasets on the portal than before")
    ids = [entry["release"]["id"] for entry in rideau(binary, config, "release", "list")]
    shown = {one: action("package_show", {"id": one}) for one in ids}
    check(len(ids) == size and all(len(d["resources"]) == 3 for d in shown.values()), "three resources in each")
    check(all(len({r["id"] for r in d["resources"]}) == 3 for d in shown.values()), "no resource twice")
    check(all(d["ready_to_publish"] == "true" for d in shown.values()), "each is ready to publish")
    request("/_faults", method="DELETE")
    rideau(binary, config, "run", "--once", "--patience", "10")
    check(writes() == 0, f"a second run wrote {writes()} times")
    check(all(action("package_show", {"id": one})["metadata_modified"] == d["metadata_modified"] for one, d in shown.items()), "and changed nothing")
    return shown


def with_ckanapi(shown, home):
    tools = os.path.join(os.environ.get("RIDEAU_TEST_HOME", os.path.join(home, "tools")), "ckanapi")
    python = os.path.join(tools, "bin/python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", tools], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "ckanapi==4.11", "setuptools<81"], check=True)
    kept = ("type", "collection", "title_translated", "notes_translated", "keywords", "subject", "frequency", "date_published",
            "jurisdiction", "license_id", "restrictions", "imso_approval")
    jobs = os.path.join(home, "jobs.jsonl")
    with open(jobs, "w", encoding="utf-8") as out:
        for dataset in shown.values():
            record = {name: dataset[name] for name in kept} | {"owner_org": ORGANIZATION, "ready_to_publish": "true", "id": str(uuid.uuid4())}
            resources = [{name: r[name] for name in ("name_translated", "resource_type", "language", "format") if name in r} for r in dataset["resources"]]
            out.write(json.dumps({"record": record, "resources": resources}) + "\n")
    request("/_faults", method="DELETE")
    began = time.monotonic()
    program = (
        "import io, json, sys, multiprocessing, ckanapi\n"
        "def one(line):\n"
        "    job = json.loads(line)\n"
        "    with ckanapi.RemoteCKAN(sys.argv[1], apikey=sys.argv[2]) as portal:\n"
        "        portal.action.package_create(**job['record'])\n"
        "        for resource in job['resources']:\n"
        "            resource['name_translated'] = json.dumps(resource['name_translated'])\n"
        "            upload = io.BytesIO(b'Region,Admissions\\nRegion 0,1000\\n' * 20)\n"
        "            upload.name = 'table.csv'\n"
        "            portal.action.resource_create(package_id=job['record']['id'], upload=upload, **resource)\n"
        "if __name__ == '__main__':\n"
        f"    with multiprocessing.Pool({WRITERS}) as pool:\n"
        "        pool.map(one, open(sys.argv[3], encoding='utf-8').readlines(), chunksize=1)\n"
    )
    script = os.path.join(home, "load.py")
    with open(script, "w", encoding="utf-8") as out:
        out.write(program)
    subprocess.run([python, script, URL, TOKEN, jobs], check=True)
    took = time.monotonic() - began
    print(f"ckanapi: {len(shown)} datasets in {took:.0f} s, {writes() / len(shown):.2f} writes each, no faults, nothing compared afterwards")


def main():
    binary, size = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    with tempfile.TemporaryDirectory(prefix="rideau-bench-") as home:
        shown = with_rideau(binary, home, size)
        with_ckanapi(shown, home)
    sys.exit(1 if check.failed else 0)


main()
