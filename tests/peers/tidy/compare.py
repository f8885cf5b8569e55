#!/usr/bin/env python3
"""Compares the records that rideau makes of the department's monthly workbooks with a reading of its own (needs openpyxl).

    rideau convert WORKBOOK.xlsx -o out --to csv
    tests/peers/tidy/compare.py WORKBOOK.xlsx out/WORKBOOK.xlsx/*-tidy.csv

The reading is made for these workbooks alone: the header row is the one with months, years and quarters stand above it, merged; labels
of rows stand before the first month. Every cell is compared: its innermost label, its period, its number or the code in its place.
"""
import csv
import re
import sys

import openpyxl
from openpyxl.utils import get_column_letter

MONTHS = {name: n + 1 for n, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())}


def number(value):
    try:
        return float(str(value).replace(",", ""))
    except ValueError:
        return None


def cells_of(path):
    book = openpyxl.load_workbook(path, data_only=True)
    sheet = next(sheet for sheet in book.worksheets if sheet.sheet_state == "visible")
    merged = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        for row in range(area.min_row, area.max_row + 1):
            for col in range(area.min_col, area.max_col + 1):
                merged[row, col] = value

    def shown(row, col):
        value = sheet.cell(row, col).value
        return str(value if value is not None else merged.get((row, col)))

    columns = range(1, sheet.max_column + 1)
    header = next(row for row in range(1, 20) if sum(shown(row, col) in MONTHS for col in columns) > 5)
    periods = {}
    for col in columns:
        labels = [shown(row, col) for row in range(header - 2, header + 1)]
        year = next((found.group(1) for label in labels if (found := re.search(r"(20\d\d)", label))), None)
        if year is None or sheet.column_dimensions[get_column_letter(col)].hidden:
            continue
        month = next((MONTHS[label] for label in labels if label in MONTHS), None)
        quarters = [found.group(1) for label in labels if (found := re.search(r"Q(\d)", label))]
        periods[col] = f"{year}-{month:02d}" if month else f"{year}-Q{quarters[-1]}" if quarters else year
    for row in range(header + 1, sheet.max_row + 1):
        labels = [str(value).strip() for col in range(1, min(periods)) if (value := sheet.cell(row, col).value) not in (None, "")]
        if sheet.row_dimensions[row].hidden or not labels:
            continue
        for col, period in periods.items():
            value = sheet.cell(row, col).value
            if value is not None:
                yield labels[-1], period, value


def main():
    workbook, tidy = sys.argv[1:]
    with open(tidy, encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    theirs = list(cells_of(workbook))
    differences = abs(len(theirs) - len(records))
    for (label, period, value), record in zip(theirs, records):
        labels = [text for name, text in record.items() if name not in ("Period", "Value", "Status", "Total") and text]
        same = record["Period"] == period and (labels[-1].startswith(label) or label.startswith(labels[-1]))
        if number(value) is None:
            same &= record["Value"] == "" and record["Status"] != ""
        else:
            same &= number(record["Value"]) == number(value)
        if not same:
            differences += 1
            if differences <= 10:
                print(f"  {label!r} {period} {value!r} is not {list(record.values())}")
    print(f"{len(theirs)} cells, {len(records)} records, {differences} differences")
    sys.exit(differences > 0)


main()
