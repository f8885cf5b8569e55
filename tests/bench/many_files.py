#!/usr/bin/env python3
"""Many small files through `rideau run --once`: items per second and peak memory, and how both grow.

    cargo build --release
    tests/bench/many_files.py target/release/rideau 1000 10000

Makes N small, different files (CSV, workbooks, documents, in equal parts) in a temporary folder, with records, so that
all of them go the whole way: fetched, converted in the sandbox, screened twice, decided by policy and published
to a catalogue. Prints one line per N. Standard library only. Timings on shared machines are rough; the growth from one N
to the next, in one run, is what counts.
"""
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile

DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
XLSX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELS = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns='
    '"http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type='
    '"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)


def package(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def document(n):
    paragraphs = "".join(
        f'<w:p><w:r><w:t>Part {k} of sample note {n}: processing times by office.</w:t></w:r></w:p>' for k in range(20)
    )
    body = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr><w:r><w:t>Sample note {n}</w:t></w:r></w:p>{paragraphs}</w:body></w:document>'
    )
    return package([("[Content_Types].xml", DOCX_TYPES), ("_rels/.rels", RELS.format("officeDocument", "word/document.xml")),
                    ("word/document.xml", body)])


def rows(n):
    return [["office", "year", "applications"]] + [[f"Office {n}-{k}", 2000 + k, 1000 + 5 * (n + k)] for k in range(40)]


def workbook(n):
    def cell(value):
        if isinstance(value, int):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    sheet = "".join("<row>" + "".join(cell(v) for v in row) + "</row>" for row in rows(n))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return package([
        ("[Content_Types].xml", XLSX_TYPES),
        ("_rels/.rels", RELS.format("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="Offices" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", RELS.format("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>'),
    ])


def delimited(n):
    return "\n".join(",".join(str(v) for v in row) for row in rows(n)).encode()


CONFIG = """
[department]
organization = "cic"
name.en = "Sample department"
name.fr = "Ministère exemple"
[data]
folder = "{home}/data"
[web]
listen = ""
[log]
level = "error"
[[sources]]
name = "drive"
kind = "drive"
path = "{home}/drive"
marker = false
settle_seconds = 0
clearance = "none"
concurrency = 16
targets = ["catalogue"]
[sources.defaults]
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
name = "catalogue"
kind = "catalogue"
path = "{home}/catalogue"
concurrency = 8
[policy]
new_releases = "automatic"
[rules]
files = ["{rules}/*.toml"]
"""


def main():
    binary, sizes = os.path.abspath(sys.argv[1]), [int(n) for n in sys.argv[2:]] or [1000, 10000]
    rules = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../config/rules"))
    print(f"{'items':>6} {'published':>9} {'seconds':>8} {'items/s':>8} {'daemon MB':>10} {'worker MB':>10} {'catalog MB':>11}")
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="rideau-bench-") as home:
            for n in range(size):
                folder = os.path.join(home, "drive", f"{n // 500:03}")
                os.makedirs(folder, exist_ok=True)
                make, extension = [(delimited, "csv"), (workbook, "xlsx"), (document, "docx")][n % 3]
                # Which language a file is in must be known; a name tells.
                with open(os.path.join(folder, f"file-{n:05}_en.{extension}"), "wb") as out:
                    out.write(make(n))
            config = os.path.join(home, "rideau.toml")
            with open(config, "w") as out:
                out.write(CONFIG.format(home=home, rules=rules))
            began = time.monotonic()
            ran = subprocess.run([binary, "--config", config, "--json", "run", "--once"], check=True, capture_output=True)
            took = time.monotonic() - began
            summary = json.loads(ran.stdout)
            status = json.loads(subprocess.run([binary, "--config", config, "--json", "status"], check=True, capture_output=True).stdout)
            published = status["releases"].get("published", 0)
            catalog = os.path.getsize(os.path.join(home, "data/catalog.sqlite3")) / 1e6
            print(f"{size:>6} {published:>9} {took:>8.1f} {size / took:>8.1f} {summary['peak_memory_bytes'] / 1e6:>10.1f} "
                  f"{summary['worker_peak_memory_bytes'] / 1e6:>10.1f} {catalog:>11.1f}", flush=True)
            if published != size:
                sys.exit(f"only {published} of {size} were published: {status['releases']}")


main()
