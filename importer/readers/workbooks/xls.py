"""The details of an xls file that the library omits: MS-XLS 2.4, BIFF8 and BIFF5 records."""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from importer.errors import ReadError
from importer.readers.workbooks import ole2
from importer.readers.workbooks.container import OLE2, locked
from importer.readers.workbooks.marks import ERRORS, Marks
from importer.readers.workbooks.number_formats import masks_and_moments
from importer.readers.workbooks.numbers import binary_number, is_dated

_BOF, _EOF, _BOUNDSHEET, _FORMAT, _XF, _FILEPASS = 0x0809, 0x000A, 0x0085, 0x041E, 0x00E0, 0x002F
_FORMULA, _NUMBER, _RK, _MULRK, _BOOLERR = 0x0006, 0x0203, 0x027E, 0x00BD, 0x0205
_ROW, _COLINFO, _MERGED = 0x0208, 0x007D, 0x00E5
_BIFF8 = 0x0600
_STREAMS = frozenset({"workbook", "book"})
_BEGIN = re.compile(rb"\x09\x08[\x08\x10]\0\0[\x05\x06]")
"""The start of a substream; at a random offset it may be part of another record."""
_UNKNOWN = struct.pack("<H", 0x0FFF)
"""A record type that does not exist, so that readers skip the record."""
_EARLY_LOCK = (
    "is locked by a password as Excel 5 and 95 did it (XOR obfuscation), which is not opened here. Open it with its "
    "password, save it without one as .xlsx, and import that file."
)
_NO_SHEETS = frozenset({2, 6})
"""Types of sheets that are charts or Basic modules: MS-XLS 2.4.28."""

Record = tuple[int, bytes]


class Records:
    """The records of an xls file: the offset of each sheet, and the styles that are masks or moments.

    Attributes:
        content: the file as the library must get it. A chart within a sheet keeps its numbers in records like those of
            cells, and the library would read them as cells; so they are blanked out.
        no_sheets: indexes (from 0) of charts and the like among the workbook's sheets.
    """

    def __init__(self, path: Path) -> None:
        """Read the workbook's stream and its globals.

        Raises:
            ReadError: the file is locked by a password.
            ValueError, struct.error: the file is damaged.
        """
        self.content = path.read_bytes()
        is_bare = not self.content.startswith(OLE2)
        self._stream = self.content if is_bare else ole2.stream(self.content, _STREAMS)
        self.no_sheets: set[int] = set()
        self._sheets: list[int] = []
        self._masks: dict[int, str] = {}
        self._moments: set[int] = set()
        self._read_globals()
        has_charts = len(_BEGIN.findall(self._stream)) > 1 + len(self._sheets)
        if has_charts:
            self._stream = _without_charts(self._stream, self._sheets)
        if has_charts or is_bare:
            self.content = ole2.written(self._stream)

    def _read_globals(self) -> None:
        codes: dict[int, str] = {}
        styles: list[int] = []
        is_biff8 = False
        for kind, data in _records(self._stream, 0):
            if kind == _BOF:
                is_biff8 = struct.unpack_from("<H", data)[0] == _BIFF8
            elif kind == _FILEPASS:
                raise locked() if is_biff8 else ReadError(_EARLY_LOCK)
            elif kind == _BOUNDSHEET:
                if data[5] in _NO_SHEETS:
                    self.no_sheets.add(len(self._sheets))
                self._sheets.append(struct.unpack_from("<I", data)[0])
            elif kind == _FORMAT:
                number, length = struct.unpack_from("<HH" if is_biff8 else "<HB", data)
                codes[number] = _text(length, data[4 if is_biff8 else 3 :], is_biff8=is_biff8)
            elif kind == _XF:
                styles.append(struct.unpack_from("<H", data, 2)[0])
        self._masks, self._moments = masks_and_moments(styles, codes)

    def marks(self, sheet: int) -> Marks:
        """Return the marks of the sheet at this index (from 0); records that are too short are ignored."""
        found = Marks(booleans=defaultdict(list))
        for kind, data in _records(self._stream, self._sheets[sheet]):
            try:
                if kind in (_NUMBER, _RK, _BOOLERR, _FORMULA):
                    self._cell(found, kind, data)
                elif kind == _MULRK:
                    row, column = struct.unpack_from("<HH", data)
                    for place in range((len(data) - 6) // 6):
                        style = struct.unpack_from("<H", data, 4 + 6 * place)[0]
                        self._number(found, row, column + place, style, data[6 + 6 * place : 10 + 6 * place])
                elif kind in (_ROW, _COLINFO, _MERGED):
                    _shape(found, kind, data)
            except (IndexError, struct.error):
                continue
        return found

    def _cell(self, found: Marks, kind: int, data: bytes) -> None:
        row, column, style = struct.unpack_from("<3H", data)
        if kind == _BOOLERR:
            _special(found, row, column, is_error=bool(data[7]), value=data[6])
        elif kind == _FORMULA and data[12:14] == b"\xff\xff":
            if data[6] in (1, 2):
                _special(found, row, column, is_error=data[6] == 2, value=data[8])
        else:
            self._number(found, row, column, style, data[6 : 10 if kind == _RK else 14])

    def _number(self, found: Marks, row: int, column: int, style: int, value: bytes) -> None:
        if style in self._moments and not is_dated(days := binary_number(value)):
            found.undated[column].append((row, days))
        elif style in self._masks:
            found.masked[column, self._masks[style]].append(row)


def _shape(found: Marks, kind: int, data: bytes) -> None:
    if kind == _ROW:
        found.hidden_rows += bool(data[12] & 0x20)
    elif kind == _COLINFO:
        first, last, _, _, options = struct.unpack_from("<5H", data)
        found.hidden_columns += (options & 1) * (last - first + 1)
    else:
        for top, bottom, first, last in struct.iter_unpack("<4H", data[2 : 2 + (len(data) - 2) // 8 * 8]):
            found.merges.add(top, first, bottom - top + 1, last - first + 1)


def _special(found: Marks, row: int, column: int, *, is_error: bool, value: int) -> None:
    if is_error:
        found.errors[column].append((row, ERRORS.get(value, "#N/A")))
    elif found.booleans is not None:
        found.booleans[column].append(row)


def _without_charts(stream: bytes, sheets: list[int]) -> bytes:
    """Return the stream with all records of substreams within sheets made unknown.

    Raises:
        ValueError: such a substream does not end within its sheet.
    """
    changed = bytearray(stream)
    ends = sorted({*sheets, len(stream)})
    for start in sheets:
        depth, at = 0, start
        end = next((end for end in ends if end > start), start)
        while at + 4 <= end:
            kind, size = struct.unpack_from("<HH", stream, at)
            depth += kind == _BOF
            if depth > 1:
                # Only the type changes: the offsets of sheets that the workbook stores stay valid.
                changed[at : at + 2] = _UNKNOWN
            depth -= kind == _EOF
            at += 4 + size
            if depth <= 0:
                break
        if depth > 1:
            raise ValueError("a chart without an end")
    return bytes(changed)


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield the records of one substream, without those of inner substreams."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _text(length: int, data: bytes, *, is_biff8: bool) -> str:
    """Return the string after its length; in BIFF8 a flag says if a character takes two bytes or one."""
    if not is_biff8:
        return data[:length].decode("cp1252", "replace")
    if data[:1] == b"\1":
        return data[1 : 1 + 2 * length].decode("utf-16-le", "replace")
    return data[1 : 1 + length].decode("latin-1")
