#!/usr/bin/env python3
"""Compares the layouts of labelled sheets with their labels; see README.md."""

import argparse
import collections
import json
import pathlib

import sheets

BODY = ("Data", "Derived")


def labelled(regions, filled):
    """The tables that the labels tell: header rows, first and last row, box."""
    tables = []
    for region in regions:
        if region["region_type"] != "Table":
            continue
        rows = collections.defaultdict(set)
        for element in region["elements"]:
            rows[element["type"]].update(range(element["top_lx"][1], element["bot_rx"][1] + 1))
        if not rows["Data"]:
            continue
        first_col, last_col = region["top_lx"][0], region["bot_rx"][0]
        seen = {row for row, col in filled if first_col <= col <= last_col}
        first = min(rows["Data"])
        tables.append(
            {
                "head": sorted(row for row in rows["Header"] if row < first and row in seen),
                "first": first,
                "last": max(max(rows[kind], default=0) for kind in BODY),
                "cols": (first_col, last_col),
                "size": (region["bot_rx"][1] - region["top_lx"][1] + 1) * (last_col - first_col + 1),
            }
        )
    return sorted(tables, key=lambda table: -table["size"])


def compare(table, regions):
    """Whether some table found in the same columns agrees: header, first row, last row, all three."""
    near = [
        r
        for r in regions
        if r["area"][1] <= table["cols"][1] and r["area"][3] >= table["cols"][0]
    ]
    parts = [
        (r["header_rows"] == table["head"], r["data_first"] == table["first"], r["data_last"] == table["last"])
        for r in near
    ]
    each = [any(part[at] for part in parts) for at in range(3)]
    return each + [any(all(part) for part in parts)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default=sheets.PROGRAM)
    parser.add_argument("--list", action="store_true", help="print the sheets that differ")
    options = parser.parse_args()
    labels = json.loads((options.folder / "regions.json").read_text(encoding="utf-8"))
    names = sorted(labels)
    grids = [sheets.from_csv(options.folder / "csv" / name) for name in names]
    count = collections.Counter()
    differ = []
    for name, grid, layout in zip(names, grids, sheets.layouts(grids, options.program)):
        filled = [(row, col) for row, col, _ in grid["cells"]]
        results = [
            compare(table, layout["regions"]) for table in labelled(labels[name]["regions"], filled)
        ]
        if not results:
            continue
        count["sheets"] += 1
        for part, held in zip(("header", "first", "last", "largest"), results[0]):
            count[part] += held
        count["all"] += all(result[3] for result in results)
        count["tables"] += len(results)
        count["each"] += sum(result[3] for result in results)
        if not results[0][3]:
            differ.append(name)
    total = max(count["sheets"], 1)
    print(f"sheets {count['sheets']}, tables {count['tables']}")
    for part, text in (
        ("header", "header rows exact"),
        ("first", "first data row exact"),
        ("last", "last row exact"),
        ("largest", "all three exact, largest table"),
        ("all", "all three exact, all tables of the sheet"),
    ):
        print(f"{count[part] / total:.3f} {text}")
    print(f"{count['each'] / max(count['tables'], 1):.3f} all three exact, of tables")
    if options.list:
        print("\n".join(differ))


if __name__ == "__main__":
    main()
