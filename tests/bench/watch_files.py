#!/usr/bin/env python3
"""What it costs to watch files that do not change, beside a bare walk that asks for every file's status.

    cargo build --release
    tests/bench/watch_files.py target/release/rideau 10000 100000

For every N: makes N small files, 20 in a folder; lets rideau get to know them (they never settle, so nothing is fetched); writes
into the catalog that all of them are as they were fetched; scans once more so that every folder is known to be quiet; then times
`rideau run --once` and `find` with a test that needs each file's status, in turns, five times each. Prints a line for every N: median
seconds on the clock and of processor time (children included), their ratio, and the peak memory of the scanning process and of
the process that walks. Standard library and find only. Timings on shared machines are rough; the ratio is what counts.
"""
import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

SETTINGS = """
[department]
organization = "cic"
name = {{ en = "Department of Samples", fr = "Ministère des Exemples" }}
[data]
folder = "data"
[web]
listen = ""
[log]
level = "error"
[[sources]]
name = "many"
kind = "drive"
path = "{drive}"
clearance = "none"
settle_seconds = 86400
[rules]
files = ["{rules}/*.toml"]
"""


def timed(command, cwd):
    """Seconds on the clock and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    out = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    wall = time.monotonic() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, out.stdout


def measure(program, rules, number):
    with tempfile.TemporaryDirectory(prefix="rideau-watch-") as folder:
        drive = os.path.join(folder, "drive")
        for n in range(number):
            if n % 20 == 0:
                here = os.path.join(drive, f"area {n // 4000:03d}", f"folder {n // 20:05d}")
                os.makedirs(here)
            with open(os.path.join(here, f"note {n:07d}.txt"), "w", encoding="utf-8") as file:
                file.write(f"Sample note {n}\n")
        open(os.path.join(drive, ".rideau-source"), "w", encoding="utf-8").close()
        with open(os.path.join(folder, "rideau.toml"), "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(drive=drive, rules=rules))
        run = [program, "--config", "rideau.toml", "--json", "run", "--once", "--patience", "0"]
        first, _, _ = timed(run, folder)
        with sqlite3.connect(os.path.join(folder, "data", "catalog.sqlite3")) as catalog:
            catalog.execute("UPDATE items SET fetched_fingerprint = observed_fingerprint, state = 'review'")
            catalog.execute("DELETE FROM work")
            known = catalog.execute("SELECT COUNT(*) FROM items").fetchone()[0]
        catalog.close()
        assert known == number, known
        timed(run, folder)
        walk = ["find", drive, "-type", "f", "-size", "+1000000k"]
        timed(walk, folder)
        ours, bare, peak = [], [], 0
        for _ in range(5):
            wall, cpu, said = timed(run, folder)
            ours.append((wall, cpu))
            peak = max(peak, json.loads(said)["peak_memory_bytes"] or 0)
            bare.append(timed(walk, folder)[:2])
        with sqlite3.connect(os.path.join(folder, "data", "catalog.sqlite3")) as catalog:
            loud = catalog.execute("SELECT COUNT(*) FROM folders WHERE quiet = 0").fetchone()[0]
        catalog.close()
        assert loud == 0, f"{loud} folders are not quiet: something else was measured"
        middle = lambda rows, at: statistics.median(row[at] for row in rows)
        print(
            f"{number:>8} files: first scan {first:6.1f} s; unchanged {middle(ours, 0):6.2f} s clock, {middle(ours, 1):6.2f} s processor; "
            f"find {middle(bare, 0):6.2f} s, {middle(bare, 1):6.2f} s; ratio {middle(ours, 0) / middle(bare, 0):5.2f} clock, "
            f"{middle(ours, 1) / middle(bare, 1):5.2f} processor; peak {peak / 1e6:6.1f} MB"
        )
        sys.stdout.flush()


def main():
    program = os.path.abspath(sys.argv[1])
    rules = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "config", "rules")
    for number in map(int, sys.argv[2:]):
        measure(program, os.path.abspath(rules), number)


if __name__ == "__main__":
    main()
