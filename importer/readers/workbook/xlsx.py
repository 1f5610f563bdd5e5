"""What a parser of values does not tell of an xlsx file: ECMA-376 part 1, SpreadsheetML.

A sheet is looked through by its attributes, not parsed: few cells have a mark, and a tenth of a gigabyte must pass in
parts of a second.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from posixpath import join, normpath
from xml.etree.ElementTree import Element, fromstring
from zipfile import ZipFile

from importer.readers.workbook.marks import Marks
from importer.readers.workbook.number_formats import BUILT_IN_DURATION, shown_by
from importer.readers.workbook.slices import Slice, as_workbook, cut, is_large, other_parts

_TINY = (b"E-", b"e-", b"0.00000000")
_TYPE = re.compile(rb"""\st=["'](\w+)["']""")
_REFERENCE = re.compile(rb"""\sr=["']([A-Z]{1,3})(\d{1,7})["']""")
_ROW_OR_CELL = re.compile(rb"""<(row|c)(?=[ >/])(?:(?<=row)[^>]*?\sr=["'](\d+)["'])?""")
_SPAN = re.compile(rb"""\s(min|max)=["'](\d{1,5})["']""")
_IS_CELL = re.compile(rb"<(?:\w+:)?c\s")
_BOOLEAN_OR_ERROR = re.compile(rb""" t=["'][be]["']""")
_VALUE = re.compile(rb"[^<]*(?:<(?!/(?:\w+:)?c>)[^<]*)*?<(?:\w+:)?v>([^<]*)</")
_HIDDEN = re.compile(rb""" hidden=["'](?:1|true)["']""")
_UNSTORED = re.compile(rb"(?:</f>|<f [^>]*/>)(?:<v ?/>|<v></v>)?</c>")


class Parts:
    """An xlsx file's parts: where each sheet is, and which styles are masks."""

    def __init__(self, path: Path) -> None:
        """Read the parts that are not sheets."""
        self._archive = ZipFile(path)
        self._styles = _masked_styles(self._archive)
        self._paths = _sheet_paths(self._archive)
        self._others: dict[str, bytes] = {}

    def marks(self, sheet: str) -> Marks:
        """The marks of the sheet of this name."""
        path = self._paths.get(sheet)
        return self._marks(b"" if path is None else self._archive.read(path), 0)

    def slices(self, sheet: str) -> Iterator[Slice] | None:
        """The slices of a large sheet; None where the sheet is small, and best read as it is."""
        path = self._paths.get(sheet)
        if path is None or not is_large(self._archive, path):
            return None
        self._others = self._others or other_parts(self._archive)
        return cut(self._archive, path)

    def marks_of(self, piece: Slice) -> Marks:
        """The marks of a slice; its rows count from the top of the sheet."""
        return self._marks(piece.rows, piece.first_row)

    def workbook_of(self, sheet: str, piece: Slice) -> bytes:
        """A workbook in which the sheet of this name has the slice's rows only."""
        return as_workbook(piece, self._paths[sheet], self._others)

    def _marks(self, rows: bytes, above: int) -> Marks:
        is_tiny = any(start in rows for start in _TINY)
        found = Marks(booleans=defaultdict(list), has_tiny_numbers=is_tiny)
        _mark(_with_references(rows, above), self._styles, found)
        return found


def _masked_styles(archive: ZipFile) -> dict[str, str]:
    """The indexes of cell styles whose number format shows more than the value, each with the format's code."""
    root = _root(archive, "xl/styles.xml")
    if root is None:
        return {}
    codes = {fmt.get("numFmtId"): fmt.get("formatCode", "") for fmt in root.iterfind("{*}numFmts/{*}numFmt")}
    built_in, duration = BUILT_IN_DURATION
    masks = {str(built_in): duration} | {number: code for number, code in codes.items() if shown_by(code)}
    styles = enumerate(root.iterfind("{*}cellXfs/{*}xf"))
    return {str(index): masks[number] for index, xf in styles if (number := xf.get("numFmtId")) in masks}


def _sheet_paths(archive: ZipFile) -> dict[str, str]:
    book, relations = _root(archive, "xl/workbook.xml"), _root(archive, "xl/_rels/workbook.xml.rels")
    if book is None or relations is None:
        return {}
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    names = {name.casefold(): name for name in archive.namelist()}
    paths = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), None)
        path = normpath(join("/xl", targets.get(key, ""))).lstrip("/")
        if path.casefold() in names:
            paths[sheet.get("name", "")] = names[path.casefold()]
    return paths


def _root(archive: ZipFile, path: str) -> Element | None:
    return fromstring(archive.read(path)) if path in archive.namelist() else None  # noqa: S314 - container refuses every DOCTYPE


def _with_references(rows: bytes, row: int) -> bytes:
    """The same rows with an ``r`` in every cell: some programs leave it out, as cells follow one another.

    ``row`` is how many are above them.
    """
    column = 0

    def count(match: re.Match[bytes]) -> bytes:
        nonlocal row, column
        if match[1] == b"c":
            column += 1
            return b'<c r="%s%d"' % (_letters(column), row)
        row, column = int(match[2] or row + 1), 0
        return match[0]

    first = re.search(rb"<c[ >][^>]*>?", rows)
    return _ROW_OR_CELL.sub(count, rows) if first and not _REFERENCE.search(first[0]) else rows


def _letters(column: int) -> bytes:
    """A column's name; the first is 1."""
    text = b""
    while column:
        column, rest = divmod(column - 1, 26)
        text = bytes([65 + rest]) + text
    return text


def _mark(buffer: bytes, styles: dict[str, str], found: Marks) -> None:
    _mark_types(buffer, found)
    if styles:
        _mark_styles(buffer, styles, found)
    for tag, _ in _tags(buffer, _HIDDEN):
        if tag.startswith(b"<row"):
            found.hidden_rows += 1
        elif tag.startswith(b"<col"):
            span = {name: int(value) for name, value in _SPAN.findall(tag)}
            found.hidden_columns += span.get(b"max", 0) - span.get(b"min", 0) + 1
    for match in _UNSTORED.finditer(buffer) if b"<f" in buffer else ():
        tag = buffer[buffer.rfind(b"<c ", 0, match.start()) : match.start()].partition(b">")[0]
        found.unstored_formulas += _type(tag) != b"str"  # a formula may well give an empty text


def _mark_types(buffer: bytes, found: Marks) -> None:
    for tag, end in _cells(buffer, _BOOLEAN_OR_ERROR):
        if (place := _place(tag)) is None:
            continue
        row, column = place
        if _type(tag) == b"b" and found.booleans is not None:
            found.booleans[column].append(row)
        elif (value := _VALUE.match(buffer, end)) is not None:
            found.errors[column].append((row, value[1].decode("ascii", "replace")))


def _mark_styles(buffer: bytes, styles: dict[str, str], found: Marks) -> None:
    wanted = re.compile(rb""" s=["'](""" + "|".join(styles).encode() + rb""")["']""")
    for tag, _ in _cells(buffer, wanted):
        style, place = wanted.search(tag), _place(tag)
        if style and place and _type(tag) in (b"n", None):
            found.masked[place[1], styles[style[1].decode()]].append(place[0])


def _tags(buffer: bytes, attribute: re.Pattern[bytes]) -> Iterator[tuple[bytes, int]]:
    """Every tag with this attribute, and where it ends."""
    for match in attribute.finditer(buffer):
        start = buffer.rfind(b"<", 0, match.start())
        end = buffer.find(b">", match.end())
        if start >= 0 and end >= 0 and buffer.find(b">", start, match.start()) < 0:
            yield buffer[start : end + 1], end + 1


def _cells(buffer: bytes, attribute: re.Pattern[bytes]) -> Iterator[tuple[bytes, int]]:
    return ((tag, end) for tag, end in _tags(buffer, attribute) if _IS_CELL.match(tag))


def _type(tag: bytes) -> bytes | None:
    match = _TYPE.search(tag)
    return match[1] if match else None


def _place(tag: bytes) -> tuple[int, int] | None:
    """Row and column of a cell, from 0."""
    match = _REFERENCE.search(tag)
    if match is None:
        return None
    column = 0
    for letter in match[1]:
        column = column * 26 + letter - 64
    return int(match[2]) - 1, column - 1
