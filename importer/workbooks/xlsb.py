"""What a parser of values does not tell of an xlsb file: MS-XLSB 2.1.4 (records) and 2.4."""

import struct
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from importer.workbooks.container import spread
from importer.workbooks.marks import ERRORS, Marks
from importer.workbooks.number_formats import BUILT_IN_DURATION, shown_by
from importer.workbooks.package import relations

_BOOK = "xl/workbook.bin"
_ROW, _ERROR, _BOOLEAN, _FORMULA_BOOLEAN, _FORMULA_ERROR = 0, 3, 4, 10, 11
_CELLS = range(2, 12)
_MOST_CELLS, _MOST_COLUMNS = 1 << 25, 1 << 14
_NUMBERS = frozenset({2, 5, 9})  # BrtCellRk, BrtCellReal, BrtFmlaNum
_FORMAT, _STYLE, _COLUMN, _SHEET, _MERGED, _STYLES, _STYLES_END = 44, 47, 60, 156, 176, 617, 618


class Binary:
    """An xlsb file's records: where each sheet is, and which styles are masks."""

    def __init__(self, path: Path) -> None:
        """Read the parts that are not sheets.

        Raises:
            KeyError, struct.error, ParseError: the file is damaged.
        """
        self._archive = ZipFile(path)
        parts = relations(self._archive, _BOOK)
        self._sheets: dict[str, str] = {}
        for kind, data in _records(self._archive.read(_BOOK)):
            if kind == _SHEET:
                key, rest = _text(data, 8)
                self._sheets[_text(data, rest)[0]] = parts[key][1]
        styles = next((target for kind, target in parts.values() if kind == "styles"), None)
        self._masks = _masks(self._archive.read(styles)) if styles else {}

    def marks(self, sheet: str) -> Marks:
        """The marks of the sheet of this name.

        Raises:
            ReadError: cells so far from each other that the parser, which fills what is between, could not hold them.
        """
        found = Marks(booleans={})
        row = width = 0
        for kind, data in _records(self._archive.read(self._sheets[sheet])):
            if kind in _CELLS:
                width = max(width, struct.unpack_from("<I", data)[0] + 1)
                if (row + 1) * width > _MOST_CELLS or width > _MOST_COLUMNS:
                    raise spread(row + 1, width)
            if kind == _ROW:
                row = struct.unpack_from("<I", data)[0]
                found.hidden_rows += bool(data[11] & 0x10)
            elif kind in (_COLUMN, _MERGED):
                _shape(found, kind, data)
            elif kind in _NUMBERS:
                column, style = struct.unpack_from("<II", data)
                if code := self._masks.get(style & 0xFFFFFF):
                    found.masked[column, code].append(row)
            elif kind in (_ERROR, _FORMULA_ERROR):
                found.errors[struct.unpack_from("<I", data)[0]].append((row, ERRORS.get(data[8], "#N/A")))
            elif kind in (_BOOLEAN, _FORMULA_BOOLEAN) and found.booleans is not None:
                found.booleans.setdefault(struct.unpack_from("<I", data)[0], []).append(row)
        return found


def _shape(found: Marks, kind: int, data: bytes) -> None:
    if kind == _COLUMN:
        first, last, _, _, options = struct.unpack_from("<4IH", data)
        found.hidden_columns += (options & 1) * (last - first + 1)
    else:
        top, bottom, first, last = struct.unpack_from("<4I", data)
        found.merges.add(top, first, bottom - top + 1, last - first + 1)


def _masks(content: bytes) -> dict[int, str]:
    """The code of the number format of each style that shows more than the value."""
    codes = dict([BUILT_IN_DURATION])
    styles: list[int] = []
    is_cell_style = False
    for kind, data in _records(content):
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
        elif kind in (_STYLES, _STYLES_END):
            is_cell_style = kind == _STYLES
        elif kind == _STYLE and is_cell_style:
            styles.append(struct.unpack_from("<H", data, 2)[0])
    return {style: codes[number] for style, number in enumerate(styles) if shown_by(codes.get(number, ""))}


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each record's type and data; both numbers before the data have seven bits in a byte."""
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
    """A text after its length, and where it ends; a length of all ones is no text."""
    length = struct.unpack_from("<I", data, at)[0]
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le", "replace"), end
