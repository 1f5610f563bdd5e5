"""The markup of an xlsx sheet, cut into pieces of whole rows."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from importer.readers.workbooks.merges import Merges

_MOST_BYTES = 64 << 20
_TAG_BYTES = 256
_BEGIN, _END = b"<sheetData>", b"</sheetData>"
_ROW = re.compile(rb"<row(?=[\s>/])")
_NUMBERED_ROW = re.compile(rb"""<row(?=\s)[^<>]*?\sr=["'](\d{1,7})["']""")
_HIDDEN_COLUMNS = re.compile(rb"""<col(?=\s)(?=[^<>]*\shidden=["'](?:1|true)["'])[^<>]*>""")
_MERGE = re.compile(rb"""<mergeCell\s[^<>]*?\bref=["']([A-Z0-9:]{5,21})["']""")
_SPAN = re.compile(rb"""\s(min|max)=["'](\d{1,5})["']""")


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole rows of a sheet.

    Attributes:
        markup: of the rows alone.
        rows_above: number of rows above, for rows without a number of their own.
        hidden_columns: number of columns that the sheet hides; 0 in all pieces but the first.
        merges: the sheet's merged cells, which stand below its rows; empty in all pieces but the last.
    """

    markup: bytes
    rows_above: int
    hidden_columns: int = 0
    merges: Merges = field(default_factory=Merges)


def is_plain(start: bytes) -> bool:
    """Return True if ``cut`` can find the rows of a sheet with this first block."""
    return _BEGIN in start


def cut(parts: Iterator[bytes]) -> Iterator[Piece]:
    """Yield a sheet's blocks as pieces of whole rows.

    Raises:
        ValueError: the sheet ends within its rows, or a row is far too long.
    """
    head, _, rows = next(parts).partition(_BEGIN)
    hidden, above = _hidden_columns(head), 0
    while (end := rows.find(_END)) < 0:
        # The block may end within its last row: that row waits for the next block.
        start = max(rows.rfind(b"<row "), rows.rfind(b"<row>"))
        if start > 0:
            yield Piece(rows[:start], above, hidden)
            hidden, above, rows = 0, _last_row(rows[:start], above), rows[start:]
        block = next(parts, b"")
        if not block or len(rows) > _MOST_BYTES:
            raise ValueError("no end of the rows")
        rows += block
    yield Piece(rows[:end], above, hidden)
    yield Piece(b"", above, merges=_merges(chain([rows[end:]], parts)))


def _last_row(markup: bytes, above: int) -> int:
    """Return the number of the last row, from 1; rows without a number count on from the row before."""
    end = len(markup)
    unnumbered = 0
    while (start := markup.rfind(b"<row", 0, end)) >= 0:
        if match := _NUMBERED_ROW.match(markup, start):
            return int(match[1]) + unnumbered
        unnumbered += bool(_ROW.match(markup, start))
        end = start
    return above + unnumbered


def _hidden_columns(head: bytes) -> int:
    spans = (dict(_SPAN.findall(tag)) for tag in _HIDDEN_COLUMNS.findall(head))
    return sum(int(span.get(b"max", 0)) - int(span.get(b"min", 0)) + 1 for span in spans)


def _merges(blocks: Iterable[bytes]) -> Merges:
    """Return the merged cells in the markup below the rows; a block may end within a tag."""
    found = Merges()
    begun = b""
    for block in blocks:
        whole, mark, rest = (begun + block).rpartition(b"<")
        begun = (mark + rest)[:_TAG_BYTES]
        for reference in _MERGE.findall(whole):
            found.add_range(reference.decode())
    return found
