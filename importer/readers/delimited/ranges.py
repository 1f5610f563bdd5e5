"""A text in ranges of lines, which several processes read side by side.

Where rows begin is not known before all text above has been read: a line end may be one within a quoted cell, and a
quote may be none. So a range is read as if it begins with a row and nothing above it mattered, and tells what it
carried over: the start of a row that it could not end, and what its last rows mean for those below. That is the proof.
Where the next range was read with anything else, it is read again. To make that rare, cuts are placed above a line that
looks like a row with all its cells.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import cast

from importer.readers.delimited.blocks import Parsed
from importer.readers.delimited.dialect import QUOTE
from importer.readers.delimited.layout import Layout
from importer.readers.delimited.rows import TextRows
from importer.readers.delimited.soundness import Soundness
from importer.readers.divisible import RowsOfRange
from importer.readers.strays import StraysState
from importer.readers.utf8 import Text

_AHEAD_BYTES = 64 << 10
"""Read beyond a range, where its last rows cannot be judged without those below."""
_QUOTE = QUOTE.encode()
_MOST_BACK = 64
"""Lines that a cut moves up at most."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What a range hands on to the next: the start of that one's first row, and what its own last rows mean."""

    rest: bytes
    strays: StraysState


class TextRanges:
    """The rows of one text by value, as ``importer.readers.divisible.Ranges`` says.

    Attributes:
        descriptors: of the open text.
        first_row, first_line: the number of the first row, and its line.
    """

    def __init__(self, text: Text, layout: Layout) -> None:
        self._text, self._layout = text, layout
        self._rows = TextRows(text, layout)
        self._soundness = Soundness(layout.dialect.parsed_delimiter, len(layout.header.columns))
        self.descriptors = (text.descriptor,)
        self.first_row, self.first_line = layout.row, layout.line

    def __reduce__(self) -> tuple[type["TextRanges"], tuple[Text, Layout]]:
        return TextRanges, (self._text, self._layout)

    @property
    def start(self) -> Carried:
        """Return what the first range is read with."""
        return Carried(b"", self._rows.strays().state)

    def likely(self, carried: Hashable) -> Carried:
        """Return what a range further down is probably read with: only what holds for many rows is kept."""
        return Carried(b"", cast("Carried", carried).strays.likely)

    def share_read(self, end: int) -> float:
        """Return the share of the text before an offset, 0 to 1."""
        whole = self._layout.end - self._text.start
        return (end - self._text.start) / whole if whole else 1.0

    def cut(self, most_rows: int, most_bytes: int) -> Iterator[tuple[int, int]]:
        """Yield the begin and end of each range, as ``Ranges.cut`` says; both are offsets at which a line begins."""
        begin = self._layout.offset
        while begin < self._layout.end:
            data = self._rows.lines(begin, most_bytes, min(most_rows, self._rows.most_lines))
            end = begin + len(data)
            if end < self._layout.end and _QUOTE in data:
                end = begin + self._above_a_row(data)
            yield begin, end
            begin = end

    def _above_a_row(self, data: bytes) -> int:
        """Return the last offset within lines at which a row plainly begins; their end if there is none near it."""
        place = len(data)
        for _ in range(_MOST_BACK):
            place = data.rfind(b"\n", 0, place - 1) + 1
            if not place:
                break
            if self._soundness.begins_row(data, place):
                return place
        return len(data)

    def read(self, begin: int, end: int, carried: Hashable) -> RowsOfRange:
        """Return the rows of a range, as ``Ranges.read`` says."""
        before = cast("Carried", carried)
        block = self._rows.block(self._text.read(begin, end - begin), end)
        own = self._rows.parsed(block, before.rest)
        strays = self._rows.strays()
        strays.go_on(before.strays)
        checked = self._rows.checked(chain((own,), self._below(end, own.rest)), strays, 0, 0)
        # Not one frame more is asked for: the state is that below the range's own rows then.
        frame = next(checked) if own.frame.height else own.frame.insert_column(0, own.frame["line"].alias("row"))
        return RowsOfRange(frame, own.lines, Carried(own.rest, strays.state))

    def _below(self, begin: int, rest: bytes) -> Iterator[Parsed]:
        """Yield the rows below a range; only as many are read as are asked for."""
        if begin == self._layout.end:
            return
        for block in self._rows.blocks(begin, _AHEAD_BYTES):
            parsed = self._rows.parsed(block, rest)
            rest = parsed.rest
            yield parsed
