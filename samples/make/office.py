"""Small helpers over LibreOffice's UNO bridge, shared by the sample and fixture generators.

Needs only Debian's packages libreoffice-calc, libreoffice-writer, libreoffice-draw and python3-uno;
run it with the system's Python (/usr/bin/python3), which is the one that knows `uno`.

Every file is written by LibreOffice. Where LibreOffice cannot write something that other office
software does write (a "very hidden" sheet, an inline string, a sensitivity label), the package is
edited afterwards with `edit_package`.
"""

import os
import re
import shutil
import struct
import subprocess
import tempfile
import time
import zipfile
import zlib

import uno
from com.sun.star.beans import NamedValue, PropertyValue
from com.sun.star.text.ControlCharacter import PARAGRAPH_BREAK

XLSX = "Calc MS Excel 2007 XML"
XLSM = "Calc MS Excel 2007 VBA XML"
XLS = "MS Excel 97"
ODS = "calc8"
DOCX = "MS Word 2007 XML"
DOC = "MS Word 97"
ODT = "writer8"
RTF = "Rich Text Format"
ODG = "draw8"

FIXED_DAY = "2026-01-15T09:00:00Z"


def prop(name, value):
    p = PropertyValue()
    p.Name, p.Value = name, value
    return p


class Office:
    """A private headless LibreOffice with its own profile; use it as a context manager."""

    def __enter__(self):
        self.home = tempfile.mkdtemp(prefix="office-")
        pipe = "samples%d" % os.getpid()
        self.process = subprocess.Popen(
            ["soffice", "--headless", "--invisible", "--norestore", "--nologo",
             "-env:UserInstallation=file://" + self.home,
             "--accept=pipe,name=%s;urp;" % pipe],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext(
            "com.sun.star.bridge.UnoUrlResolver", local)
        for _ in range(120):
            try:
                context = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
                break
            except Exception:
                time.sleep(0.5)
        else:
            raise RuntimeError("LibreOffice did not start")
        self.desktop = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.frame.Desktop", context)
        self.graphics = context.ServiceManager.createInstanceWithContext(
            "com.sun.star.graphic.GraphicProvider", context)
        return self

    def __exit__(self, *_):
        try:
            self.desktop.terminate()
        except Exception:
            pass
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def new(self, kind):
        """`kind` is scalc, swriter or sdraw."""
        return self.desktop.loadComponentFromURL("private:factory/" + kind, "_blank", 0,
                                                 (prop("Hidden", True),))


def save(doc, path, filter_name, password=None, keep=False, **options):
    """Stores `doc`, closes it unless `keep`, and fixes the dates in an unencrypted package."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    args = [prop("FilterName", filter_name), prop("Overwrite", True)]
    if password and filter_name in (XLSX, DOCX):
        # the packages of today's Office take the password in another way than all other formats
        pairs = tuple(NamedValue(*p) for p in (("CryptoType", "Standard"), ("OOXPassword", password)))
        args.append(prop("EncryptionData", uno.Any("[]com.sun.star.beans.NamedValue", pairs)))
    elif password:
        args.append(prop("Password", password))
    args += [prop(k, v) for k, v in options.items()]
    doc.storeToURL(uno.systemPathToFileUrl(os.path.abspath(path)), tuple(args))
    if not keep:
        doc.close(True)
    if not password and zipfile.is_zipfile(path):
        edit_package(path, {})


def describe(doc, title="", author="", subject="", comment="", custom=None):
    p = doc.DocumentProperties
    p.Title, p.Author, p.Subject, p.Description = title, author, subject, comment
    p.ModifiedBy = author
    for name, value in (custom or {}).items():
        p.UserDefinedProperties.addProperty(name, 128, value)


# --- packages -----------------------------------------------------------------------------------

def edit_package(path, edits, add=None):
    """Rewrites a zip package: `edits` maps a part's name to a function str -> str, `add` maps new
    names to bytes. Dates in the package are set to one fixed day, so that a rerun differs little."""
    with zipfile.ZipFile(path) as z:
        parts = [(i.filename, z.read(i), i.compress_type) for i in z.infolist()]
    names = {n for n, _, _ in parts}
    missing = set(edits) - names
    if missing:
        raise KeyError("%s has no part %s; it has %s" % (path, missing, sorted(names)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data, kind in parts:
            if name in edits:
                before = data.decode("utf-8")
                after = edits[name](before)
                if after == before:
                    raise ValueError("the edit of %s in %s changed nothing" % (name, path))
                data = after.encode("utf-8")
            data = fix_dates(name, data)
            write(z, name, data, kind)
        for name, data in (add or {}).items():
            write(z, name, data if isinstance(data, bytes) else data.encode("utf-8"), zipfile.ZIP_DEFLATED)


def write(z, name, data, kind):
    info = zipfile.ZipInfo(name, (2026, 1, 15, 9, 0, 0))
    info.compress_type = kind
    info.external_attr = 0o644 << 16
    z.writestr(info, data)


def fix_dates(name, data):
    if name in ("docProps/core.xml", "meta.xml"):
        data = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + FIXED_DAY.encode(), data)
        data = re.sub(rb"(<(meta:creation-date|dc:date)>)[^<]*", rb"\g<1>" + FIXED_DAY.encode(), data)
        data = re.sub(rb"(<meta:editing-duration>)[^<]*", rb"\g<1>PT0S", data)
    elif name == "docProps/app.xml":
        data = re.sub(rb"<TotalTime>\d+", b"<TotalTime>0", data)
    elif name == "content.xml":
        data = data.replace(b"Unknown Author", b"Editor Sample")
        data = re.sub(rb"(<dc:date>)[^<]*", rb"\g<1>" + FIXED_DAY[:-1].encode(), data)
    elif name in ("word/document.xml", "word/comments.xml"):
        data = data.replace(b"Unknown Author", b"Editor Sample")
        data = re.sub(rb'w:date="[^"]*"', b'w:date="' + FIXED_DAY.encode() + b'"', data)
    return data


def replace(old, new, count=1):
    """An edit that replaces text and fails when the text is not there."""
    def edit(text):
        if old not in text:
            raise ValueError("not found: " + old)
        return text.replace(old, new, count)
    return edit


def sub(pattern, new, count=1):
    def edit(text):
        out, n = re.subn(pattern, new, text, count=count, flags=re.S)
        if not n:
            raise ValueError("not found: " + pattern)
        return out
    return edit


def chain(*edits):
    def edit(text):
        for e in edits:
            text = e(text)
        return text
    return edit


def png(width=24, height=16, rgb=(38, 55, 74)):
    """A plain coloured picture, written without any library."""
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    rows = b"".join(b"\0" + bytes(rgb) * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


# --- spreadsheets -------------------------------------------------------------------------------

def put(sheet, address, value):
    """Text, number, or a formula when it begins with `=`."""
    cell = sheet.getCellRangeByName(address)
    if isinstance(value, bool):
        cell.Formula = "=TRUE()" if value else "=FALSE()"
    elif isinstance(value, (int, float)):
        cell.Value = float(value)
    elif value.startswith("="):
        cell.Formula = value
    else:
        cell.String = value
    return cell


def fill(sheet, rows, top=1, left="A"):
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is not None:
                put(sheet, "%s%d" % (column(ord(left) - 65 + c), top + r), value)


def column(index):
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def sheets(doc, *names):
    """Renames the first sheet and appends the others; returns them in order."""
    doc.Sheets.getByIndex(0).Name = names[0]
    for i, name in enumerate(names[1:], 1):
        doc.Sheets.insertNewByName(name, i)
    return [doc.Sheets.getByName(n) for n in names]


def merge(sheet, *ranges):
    for r in ranges:
        sheet.getCellRangeByName(r).merge(True)


def bold(sheet, *ranges):
    for r in ranges:
        sheet.getCellRangeByName(r).CharWeight = 150.0


def number_format(doc, sheet, address, code, locale=("en", "US")):
    place = uno.createUnoStruct("com.sun.star.lang.Locale")
    place.Language, place.Country = locale
    key = doc.NumberFormats.queryKey(code, place, False)
    if key == -1:
        key = doc.NumberFormats.addNew(code, place)
    sheet.getCellRangeByName(address).NumberFormat = key


def note(sheet, address, text):
    sheet.Annotations.insertNew(sheet.getCellRangeByName(address).CellAddress, text)


def page_header(doc, sheet, header="", footer=""):
    style = doc.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
    for text, on, name in ((header, "HeaderIsOn", "RightPageHeaderContent"),
                           (footer, "FooterIsOn", "RightPageFooterContent")):
        if text:
            style.setPropertyValue(on, True)
            content = style.getPropertyValue(name)
            content.LeftText.String = ""
            content.CenterText.String = ""
            content.RightText.String = text
            style.setPropertyValue(name, content)


# --- text documents -----------------------------------------------------------------------------

def locale(tag):
    place = uno.createUnoStruct("com.sun.star.lang.Locale")
    place.Language, place.Country = tag.split("-")
    return place


class Text:
    """Writes a Writer document from top to bottom."""

    def __init__(self, office, language="en-CA"):
        self.doc = office.new("swriter")
        self.graphics = office.graphics
        self.text = self.doc.Text
        self.cursor = self.text.createTextCursor()
        self.empty = True
        self.numbered = self.in_list = False
        standard = self.doc.StyleFamilies.getByName("ParagraphStyles").getByName("Standard")
        standard.CharLocale = locale(language)

    def paragraph(self, *runs, style="Standard", language=None):
        """Runs are text, or (text, {property: value}), or a text content to insert."""
        self.cursor.gotoEnd(False)
        if not self.empty:
            self.text.insertControlCharacter(self.cursor, PARAGRAPH_BREAK, False)
        self.empty = False
        self.cursor.ParaStyleName = style
        for name in ("NumberingStyleName", "NumberingLevel", "ParaIsNumberingRestart", "BreakType"):
            self.cursor.setPropertyToDefault(name)
        if self.in_list:
            self.cursor.NumberingStyleName = ""
            self.in_list = False
        for run in runs:
            self.run(run, language)
        return self

    def run(self, run, language=None):
        self.cursor.gotoEnd(False)
        for name in ("CharWeight", "CharPosture", "HyperLinkURL", "CharHidden", "CharLocale",
                     "CharStyleName", "CharUnderline"):
            self.cursor.setPropertyToDefault(name)
        if isinstance(run, str):
            run = (run, {})
        if isinstance(run, tuple):
            text, values = run
            if language:
                values = dict(values, CharLocale=locale(language))
            spot = self.text.createTextCursorByRange(self.cursor.End)
            self.text.insertString(spot, text, True)
            for name, value in values.items():
                spot.setPropertyValue(name, value)
        else:
            self.text.insertTextContent(self.cursor.End, run, False)
        self.cursor.gotoEnd(False)

    def heading(self, level, *runs, language=None):
        return self.paragraph(*runs, style="Heading %d" % level, language=language)

    def title(self, text, language=None):
        return self.paragraph(text, style="Title", language=language)

    def list(self, items, kind="bullet"):
        """`items` holds texts and (level, text); `kind` is bullet or number."""
        rules_name = {"bullet": "List 1", "number": "Numbering 123"}[kind]
        for number, item in enumerate(items):
            level, text = item if isinstance(item, tuple) else (0, item)
            self.paragraph(text)
            self.cursor.NumberingStyleName = rules_name
            self.cursor.NumberingLevel = level
            self.in_list = True
            if number == 0 and kind == "number" and self.numbered:
                self.cursor.ParaIsNumberingRestart = True
        self.numbered = self.numbered or kind == "number"
        return self

    def table(self, rows, header=1, name=None):
        """A table of texts; returns the UNO table so that cells can be merged."""
        self.paragraph("")
        t = self.doc.createInstance("com.sun.star.text.TextTable")
        t.initialize(len(rows), len(rows[0]))
        self.text.insertTextContent(self.cursor.End, t, False)
        if name:
            t.Name = name
        t.RepeatHeadline = header > 0
        t.HeaderRowCount = header
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if value is not None:
                    cell = t.getCellByName("%s%d" % (column(c), r + 1))
                    cell.String = value
                    if r < header:
                        k = cell.createTextCursor()
                        k.gotoEnd(True)
                        k.CharWeight = 150.0
        self.cursor.gotoEnd(False)
        return t

    def footnote(self, text, end=False):
        n = self.doc.createInstance("com.sun.star.text." + ("Endnote" if end else "Footnote"))
        self.run(n)
        n.String = text
        return self

    def comment(self, text, author="Reviewer Sample"):
        a = self.doc.createInstance("com.sun.star.text.textfield.Annotation")
        a.Author, a.Initials, a.Content = author, "RS", text
        self.run(a)
        return self

    def field(self, kind, **values):
        f = self.doc.createInstance("com.sun.star.text.textfield." + kind)
        for name, value in values.items():
            f.setPropertyValue(name, value)
        self.run(f)
        return self

    def bookmark(self, name):
        b = self.doc.createInstance("com.sun.star.text.Bookmark")
        b.Name = name
        self.run(b)
        return self

    def picture(self, data, alt="", title="", width=2000, height=1400):
        handle, path = tempfile.mkstemp(suffix=".png")
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        g = self.doc.createInstance("com.sun.star.text.TextGraphicObject")
        g.Graphic = self.graphics.queryGraphic((prop("URL", uno.systemPathToFileUrl(path)),))
        os.unlink(path)
        g.AnchorType = uno.Enum("com.sun.star.text.TextContentAnchorType", "AS_CHARACTER")
        g.Width, g.Height = width, height
        self.run(g)
        if title:
            g.Title = title
        if alt:
            g.Description = alt
        return self

    def page(self, header="", footer="", first_header=None, first_footer=None, style="Standard"):
        s = self.doc.StyleFamilies.getByName("PageStyles").getByName(style)
        if header or first_header is not None:
            s.HeaderIsOn = True
        if footer or first_footer is not None:
            s.FooterIsOn = True
        if first_header is not None or first_footer is not None:
            s.FirstIsShared = False
        if header:
            s.HeaderText.String = header
        if footer:
            s.FooterText.String = footer
        if first_header is not None:
            s.HeaderTextFirst.String = first_header
        if first_footer is not None:
            s.FooterTextFirst.String = first_footer
        return self

    def save(self, path, filter_name=DOCX, **options):
        save(self.doc, path, filter_name, **options)
