"""The details of an xlsb file that the library omits: MS-XLSB 2.1.4 (records) and 2.4."""

import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

from importer.readers.workbooks.container import spread
from importer.readers.workbooks.marks import ERRORS, Marks
from importer.readers.workbooks.number_formats import masks_and_moments
from importer.readers.workbooks.numbers import binary_number, is_dated
from importer.readers.workbooks.package import book_of, relations

_BOOK, _RELATIONS = "xl/workbook.bin", "xl/_rels/workbook.bin.rels"
_FOLDERS = ("xl/worksheets/", "xl/chartsheets/", "xl/dialogsheets/")
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROW, _ERROR, _BOOLEAN, _FORMULA_BOOLEAN, _FORMULA_ERROR = 0, 3, 4, 10, 11
_CELLS = range(2, 12)
_MOST_CELLS, _MOST_COLUMNS = 1 << 25, 1 << 14
_SHORT = 2  # BrtCellRk
_NUMBERS = frozenset({_SHORT, 5, 9})  # BrtCellReal, BrtFmlaNum
_FORMAT, _STYLE, _COLUMN, _SHEET, _MERGED, _STYLES, _STYLES_END = 44, 47, 60, 156, 176, 617, 618


class Binary:
    """The records of an xlsb file: the path of each sheet, and the styles that are masks or moments.

    Attributes:
        content: the file, with its parts under the names that the library expects.
        no_sheets: indexes (from 0) of sheets of charts and macros among the workbook's sheets.
    """

    def __init__(self, path: Path) -> None:
        """Read the parts that are not sheets.

        Raises:
            KeyError, struct.error, ParseError: the file is damaged.
        """
        self._archive = ZipFile(path)
        book = book_of(self._archive)
        parts = relations(self._archive, book)
        keys = [_relation_id(data) for kind, data in _records(self._archive.read(book)) if kind == _SHEET]
        kinds = [parts[key][0] for key in keys]
        self._sheets = [parts[key][1] for key in keys]
        is_usual = _is_usual(self._archive, book, self._sheets)
        self.content = path.read_bytes() if is_usual else _renamed(self._archive, book, parts)
        self.no_sheets = {place for place, kind in enumerate(kinds) if kind != "worksheet"}
        styles = next((target for kind, target in parts.values() if kind == "styles"), None)
        self._masks, self._moments = _styles(self._archive.read(styles)) if styles else ({}, set())

    def marks(self, sheet: int) -> Marks:
        """Return the marks of the sheet at this index, from 0; records that are too short are ignored.

        Raises:
            ReadError: the cells are too far from each other: the library would allocate all cells between.
        """
        found = Marks(booleans={})
        row = width = 0
        for kind, data in _records(self._archive.read(self._sheets[sheet])):
            try:
                if kind in _CELLS:
                    width = max(width, struct.unpack_from("<I", data)[0] + 1)
                    if (row + 1) * width > _MOST_CELLS or width > _MOST_COLUMNS:
                        raise spread(row + 1, width)
                    self._cell(found, kind, row, data)
                elif kind == _ROW:
                    row = struct.unpack_from("<I", data)[0]
                    found.hidden_rows += bool(data[11] & 0x10)
                elif kind in (_COLUMN, _MERGED):
                    _shape(found, kind, data)
            except (IndexError, struct.error):
                continue
        return found

    def _cell(self, found: Marks, kind: int, row: int, data: bytes) -> None:
        column = struct.unpack_from("<I", data)[0]
        if kind in _NUMBERS:
            style = struct.unpack_from("<I", data, 4)[0] & 0xFFFFFF
            if style in self._moments and not is_dated(days := binary_number(data[8 : 12 if kind == _SHORT else 16])):
                found.undated[column].append((row, days))
            elif code := self._masks.get(style):
                found.masked[column, code].append(row)
        elif kind in (_ERROR, _FORMULA_ERROR):
            found.errors[column].append((row, ERRORS.get(data[8], "#N/A")))
        elif kind in (_BOOLEAN, _FORMULA_BOOLEAN) and found.booleans is not None:
            found.booleans.setdefault(column, []).append(row)


def _relation_id(sheet: bytes) -> str:
    """Return the id of the relation to a sheet, from the sheet's record."""
    return _text(sheet, 8)[0]


def _is_usual(archive: ZipFile, book: str, sheets: list[str]) -> bool:
    """Return True if the library finds the workbook and its sheets, and knows their types, by the usual paths."""
    is_there = book == _BOOK and _RELATIONS in archive.namelist() and b'Target="/' not in archive.read(_RELATIONS)
    return is_there and all(path.startswith(_FOLDERS) for path in sheets)


def _name(kind: str, key: str) -> str:
    """Return the path at which the library expects a part; it knows a sheet's type by the folder."""
    if kind in ("sharedStrings", "styles"):
        return f"{kind}.bin"
    return f"{'worksheets' if kind == 'worksheet' else 'dialogsheets'}/{key}.bin"


def _renamed(archive: ZipFile, book: str, parts: dict[str, tuple[str, str]]) -> bytes:
    """Return an archive of the parts that the library reads, under the names that it expects."""
    wanted = {key: (kind, _name(kind, key), path) for key, (kind, path) in parts.items()}
    relations = "".join(
        f'<Relationship Id="{key}" Type="{_KINDS}/{kind}" Target="{name}"/>' for key, (kind, name, _) in wanted.items()
    )
    content = BytesIO()
    with ZipFile(content, "w") as copy:
        copy.writestr(_BOOK, archive.read(book))
        copy.writestr(_RELATIONS, f"<Relationships>{relations}</Relationships>")
        for _, name, path in wanted.values():
            if path in archive.namelist():
                copy.writestr(f"xl/{name}", archive.read(path))
    return content.getvalue()


def _shape(found: Marks, kind: int, data: bytes) -> None:
    if kind == _COLUMN:
        first, last, _, _, options = struct.unpack_from("<4IH", data)
        found.hidden_columns += (options & 1) * (last - first + 1)
    else:
        top, bottom, first, last = struct.unpack_from("<4I", data)
        found.merges.add(top, first, bottom - top + 1, last - first + 1)


def _styles(content: bytes) -> tuple[dict[int, str], set[int]]:
    """Return the number format's code of each style that is a mask, and the styles that show moments."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    is_cell_style = False
    for kind, data in _records(content):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
        elif kind in (_STYLES, _STYLES_END):
            is_cell_style = kind == _STYLES
        elif kind == _STYLE and is_cell_style:
            styles.append(struct.unpack_from("<H", data, 2)[0])
    return masks_and_moments(styles, codes)


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each record's type and data; type and length are stored with seven bits in each byte."""
    at = 0
    while at < len(content):
        kind = content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while True:
            byte = content[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, content[at : at + size]
        at += size


def _text(data: bytes, at: int) -> tuple[str, int]:
    """Return the text after its length, and its end; "" if the length is all ones, which means no text."""
    length = struct.unpack_from("<I", data, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end
