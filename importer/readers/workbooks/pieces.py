"""The markup of an xlsx sheet in pieces of whole rows."""

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
        markup: of the rows, without what stands around them.
        rows_above: how many rows are above, for rows that do not say where they are.
        hidden_columns: how many columns the sheet hides; only the first piece tells.
        merges: the sheet's merged cells, which stand below its rows; only the last piece tells.
    """

    markup: bytes
    rows_above: int
    hidden_columns: int = 0
    merges: Merges = field(default_factory=Merges)


def is_plain(start: bytes) -> bool:
    """Whether a sheet whose first block this is has its rows where ``cut`` looks for them."""
    return _BEGIN in start


def cut(parts: Iterator[bytes]) -> Iterator[Piece]:
    """Pieces of whole rows out of a sheet's blocks.

    Raises:
        ValueError: the sheet ends before its rows do, or a row is far too long.
    """
    head, _, rows = next(parts).partition(_BEGIN)
    hidden, above = _hidden_columns(head), 0
    while (end := rows.find(_END)) < 0:
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
    """The last row's number, from 1; rows without one follow one another."""
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
    """The merged cells that stand in the markup below the rows; a block may end within one."""
    found = Merges()
    begun = b""
    for block in blocks:
        whole, mark, rest = (begun + block).rpartition(b"<")
        begun = (mark + rest)[:_TAG_BYTES]
        for reference in _MERGE.findall(whole):
            found.add_range(reference.decode())
    return found
