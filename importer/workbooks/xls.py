"""What a parser of values does not tell of an xls file: MS-XLS 2.4, BIFF8 and BIFF5 records."""

import struct
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from importer.workbooks import ole2
from importer.workbooks.container import locked
from importer.workbooks.marks import ERRORS, Marks
from importer.workbooks.number_formats import BUILT_IN_DURATION, shown_by

_BOF, _EOF, _BOUNDSHEET, _FORMAT, _XF, _FILEPASS = 0x0809, 0x000A, 0x0085, 0x041E, 0x00E0, 0x002F
_FORMULA, _NUMBER, _RK, _MULRK, _BOOLERR = 0x0006, 0x0203, 0x027E, 0x00BD, 0x0205
_ROW, _COLINFO, _MERGED = 0x0208, 0x007D, 0x00E5
_BIFF8 = 0x0600
_STREAMS = frozenset({"workbook", "book"})

Record = tuple[int, bytes]


class Records:
    """An xls file's records: where each sheet's are, and which styles are masks."""

    def __init__(self, path: Path) -> None:
        """Read the workbook's stream and its globals.

        Raises:
            ReadError: the file is locked by a password.
            ValueError, struct.error: the file is damaged.
        """
        self._stream = ole2.stream(path.read_bytes(), _STREAMS)
        self._sheets: dict[str, int] = {}
        self._masks: dict[int, str] = {}
        codes = dict([BUILT_IN_DURATION])
        styles: list[int] = []
        is_biff8 = False
        for kind, data in _records(self._stream, 0):
            if kind == _BOF:
                is_biff8 = struct.unpack_from("<H", data)[0] == _BIFF8
            elif kind == _FILEPASS:
                raise locked()
            elif kind == _BOUNDSHEET:
                self._sheets[_text(data[6], data[7:], is_biff8=is_biff8)] = struct.unpack_from("<I", data)[0]
            elif kind == _FORMAT:
                number, length = struct.unpack_from("<HH" if is_biff8 else "<HB", data)
                codes[number] = _text(length, data[4 if is_biff8 else 3 :], is_biff8=is_biff8)
            elif kind == _XF:
                styles.append(struct.unpack_from("<H", data, 2)[0])
        for style, number in enumerate(styles):
            if shown_by(codes.get(number, "")):
                self._masks[style] = codes[number]

    def marks(self, sheet: str) -> Marks:
        """The marks of the sheet of this name."""
        if sheet not in self._sheets:
            return Marks()
        found = Marks(booleans=defaultdict(list))
        for kind, data in _records(self._stream, self._sheets[sheet]):
            if kind == _ROW:
                found.hidden_rows += bool(data[12] & 0x20)
            elif kind == _COLINFO:
                first, last, _, _, options = struct.unpack_from("<5H", data)
                found.hidden_columns += (options & 1) * (last - first + 1)
            elif kind == _MERGED:
                for top, bottom, first, last in struct.iter_unpack("<4H", data[2 : 2 + (len(data) - 2) // 8 * 8]):
                    found.merges.add(top, first, bottom - top + 1, last - first + 1)
            elif kind == _MULRK:
                row, column = struct.unpack_from("<HH", data)
                for place in range((len(data) - 6) // 6):
                    self._number(found, row, column + place, struct.unpack_from("<H", data, 4 + 6 * place)[0])
            elif kind in (_NUMBER, _RK, _BOOLERR, _FORMULA):
                self._cell(found, kind, data)
        return found

    def _cell(self, found: Marks, kind: int, data: bytes) -> None:
        row, column, style = struct.unpack_from("<3H", data)
        if kind == _BOOLERR:
            _special(found, row, column, is_error=bool(data[7]), value=data[6])
        elif kind == _FORMULA and data[12:14] == b"\xff\xff":
            if data[6] in (1, 2):
                _special(found, row, column, is_error=data[6] == 2, value=data[8])
        else:
            self._number(found, row, column, style)

    def _number(self, found: Marks, row: int, column: int, style: int) -> None:
        if style in self._masks:
            found.masked[column, self._masks[style]].append(row)


def _special(found: Marks, row: int, column: int, *, is_error: bool, value: int) -> None:
    if is_error:
        found.errors[column].append((row, ERRORS.get(value, "#N/A")))
    elif found.booleans is not None:
        found.booleans[column].append(row)


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """The records of one substream; those of charts within it are left out."""
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
    """A string after its length: in BIFF8 a flag tells whether a character takes two bytes or one."""
    if not is_biff8:
        return data[:length].decode("cp1252", "replace")
    if data[:1] == b"\1":
        return data[1 : 1 + 2 * length].decode("utf-16-le", "replace")
    return data[1 : 1 + length].decode("latin-1")
