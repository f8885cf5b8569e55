#!/usr/bin/env python3
"""Prints the layout of each visible sheet of a workbook as JSON; needs openpyxl."""

import json
import sys

import openpyxl

import sheets

for path in sys.argv[1:]:
    book = openpyxl.load_workbook(path, data_only=True)
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            (layout,) = sheets.layouts([sheets.from_worksheet(sheet)])
            print(json.dumps({"file": path, "sheet": sheet.title, **layout}, ensure_ascii=False, indent=1))
