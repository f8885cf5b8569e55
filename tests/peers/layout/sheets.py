"""Sheets in the JSON form that `score_layout` reads.

Rule that must hold: a cell is handed over as it is read, nothing is judged here.
"""

import csv
import datetime
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "target/release/examples/score_layout"


def from_csv(path):
    csv.field_size_limit(10**9)
    with open(path, encoding="utf-8", errors="replace", newline="") as file:
        cells = [
            [row, col, text]
            for row, line in enumerate(csv.reader(file))
            for col, text in enumerate(line)
            if text.strip()
        ]
    return {"cells": cells}


def from_worksheet(sheet):
    cells = []
    for row in sheet.iter_rows():
        for cell in row:
            value = cell.value
            if value is None:
                continue
            looks = {"bold": bool(cell.font and cell.font.b)}
            if cell.alignment and cell.alignment.indent:
                looks["indent"] = int(cell.alignment.indent)
            if isinstance(value, bool):
                looks["kind"] = "bool"
            elif isinstance(value, (int, float)):
                looks |= {"kind": "number", "number": value}
            elif isinstance(value, (datetime.date, datetime.time, datetime.timedelta)):
                looks["kind"] = "date"
            cells.append([cell.row - 1, cell.column - 1, str(value), looks])
    return {
        "cells": cells,
        "merges": [
            [m.min_row - 1, m.min_col - 1, m.max_row - 1, m.max_col - 1]
            for m in sheet.merged_cells.ranges
        ],
        "hidden_rows": [[i - 1, i - 1] for i, d in sheet.row_dimensions.items() if d.hidden],
        "hidden_cols": [
            [d.min - 1, d.max - 1] for d in sheet.column_dimensions.values() if d.hidden and d.min
        ],
    }


def layouts(sheets, program=PROGRAM):
    """The layouts of some sheets, by one run of the program."""
    text = "".join(json.dumps(sheet) + "\n" for sheet in sheets)
    run = subprocess.run([str(program)], input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]
