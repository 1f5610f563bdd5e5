"""One record at a time, for the lines that a fast parser would refuse, drop or shift.

A quoted cell may run over any number of lines; a stray quote may look like one that does. It is taken for a cell only
where it closes properly within 4 Mi characters and the record fits the columns; otherwise the quote costs the line it
is on and nothing else. Looking for a cell's end costs little, since it ends at the next line with a quote.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from importer.readers.delimited.dialect import QUOTE

_MOST_LINES_UNFITTED = 1000
"""Lines of one cell where no width tells whether they are rows."""
MOST_CHARACTERS = 4 << 20
"""Of a quoted cell."""
_PATIENCE_FOR_FEW = {2: 30, 3: 10}
PATIENCE = 4
"""How many complete records within one quoted cell are fewer than make it a list under a stray quote."""

MOST_CELLS = 1 << 15
"""Of a record, twice as many as the widest sheet of any program has; all that follows is one cell more."""

NOT_CLOSED = "a quote is opened and not closed"

CR_MARK = "\0"
"""Ends a line that a bare CR ended; NULs of the file itself were removed before."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it was read.

    Attributes:
        cells: the cells' text.
        lines: how many physical lines it takes.
        problem: why the cells may not be the right ones; None where there is no doubt.
    """

    cells: list[str]
    lines: int
    problem: str | None = None


class CarefulReader:
    """Reads records of one dialect.

    Lines come without their LF; a line that ended with CR LF ends with CR, one that ended with a bare CR ends with
    ``CR_MARK``.
    """

    def __init__(self, delimiter: str, width: int | None) -> None:
        """``width`` is the number of columns; None while it is not known."""
        mark = re.escape(delimiter)
        self._delimiter = delimiter
        self._width = width
        self._cell = re.compile(rf'(?: *"((?>(?:[^"]++|"")*))" *|([^"{mark}][^{mark}]*+)?)({mark}|\Z)')
        self._open_cell = re.compile(r' *"(?>(?:[^"]++|"")*)\Z')
        self._loose_cell = re.compile(rf'(?: *"(.*?)" *|([^{mark}]*))({mark}|\Z)', re.DOTALL)

    def record(self, line: str, following: Iterator[str], *, is_end: bool) -> Record | None:
        """The record that starts with a line, and may go on in the following ones.

        Returns:
            None where more lines are needed to tell, and ``is_end`` does not say that there are none.
        """
        text = self._bounded(line.rstrip("\r\0"))
        if QUOTE not in text:
            return self._fitted(text.split(self._delimiter, MOST_CELLS), 1)
        cells, broken_at = self._strict(text)
        if broken_at is None:
            return self._fitted(cells, 1)
        if self._open_cell.match(text, broken_at):
            try:
                long = self._over_lines(line, cells, broken_at, following)
            except StopIteration:
                if not is_end:
                    return None
                long = None
            if long is not None:
                return long
        return self._loose(text)

    def _bounded(self, text: str) -> str:
        """The text without the empty cells at its end, where its cells are so many that those are a fault."""
        return text.rstrip(self._delimiter) if text.count(self._delimiter) > MOST_CELLS else text

    def _strict(self, text: str) -> tuple[list[str], int | None]:
        """Cells up to the end, or up to the place where quoting goes wrong."""
        cells: list[str] = []
        place = 0
        while match := self._cell.match(text, place):
            if len(cells) == MOST_CELLS:
                return [*cells, text[place:]], None
            quoted, bare, delimiter = match.groups()
            cells.append((bare or "") if quoted is None else quoted.replace('""', QUOTE))
            if not delimiter:
                return cells, None
            place = match.end()
        return cells, place

    def _over_lines(self, line: str, cells: list[str], opened: int, following: Iterator[str]) -> Record | None:
        """The record with the lines that its open cell runs over; None where its quote is a stray one.

        Args:
            line: its first line.
            cells: those before the open one.
            opened: where in the line the open cell starts.
            following: the lines after it.

        Raises:
            StopIteration: the following lines ended before that was clear.
        """
        parts = [line[opened:]]
        lines, size, within, complete = 1, len(line), 0, 0
        while size <= MOST_CHARACTERS and (self._width is not None or within < _MOST_LINES_UNFITTED):
            line = next(following)
            parts.append(line)
            lines += 1
            size += len(line) + 1
            within += 1
            if QUOTE not in line.replace('""', ""):
                complete += self._width is not None and line.count(self._delimiter) + 1 == self._width > 1
                if self._is_list(complete, within):
                    return None
                continue
            text = "\n".join(parts).rstrip("\r\0")
            more, broken_at = self._strict(text)
            cells += [cell.replace(f"{CR_MARK}\n", "\r") for cell in more]
            if self._width is not None and any(cells[self._width :]):
                return None
            if broken_at is None:
                return Record(cells, lines)
            if not self._open_cell.match(text, broken_at):
                return None
            parts = ["\n".join(parts)[broken_at:]]
            within = complete = 0
        return None

    def _is_list(self, complete: int, lines: int) -> bool:
        """Whether so many of the lines within an open quote are complete records that it must be a stray quote."""
        patience = _PATIENCE_FOR_FEW.get(self._width or 0, PATIENCE)
        return complete >= patience and complete >= lines * 0.8

    def _loose(self, text: str) -> Record:
        """One line split as well as its quotes allow; backslashes before quotes are an escape here."""
        cells: list[str] = []
        place, is_open = 0, False
        while match := self._loose_cell.match(text, place):
            if len(cells) == MOST_CELLS:
                cells.append(text[place:])
                break
            quoted, bare, delimiter = match.groups()
            is_open = quoted is None and bare.lstrip(" ").startswith(QUOTE) and bare.count(QUOTE) % 2 == 1
            if is_open:
                cells += text[place:].replace(QUOTE, "", 1).split(self._delimiter, MOST_CELLS - len(cells))
                break
            cells.append(bare if quoted is None else quoted.replace('""', QUOTE).replace(f"\\{QUOTE}", QUOTE))
            if not delimiter:
                break
            place = match.end()
        if is_open:
            return Record(cells, 1, NOT_CLOSED)
        if self._width is not None and len(cells) != self._width:
            return Record(cells, 1, f"a stray quote: {misfit(len(cells), self._width)}")
        return Record(cells, 1)

    def _fitted(self, cells: list[str], lines: int) -> Record:
        if self._width is None or not any(cells[self._width :]):
            return Record(cells, lines)
        filled = max(place for place, cell in enumerate(cells, 1) if cell)
        return Record(cells, lines, misfit(filled, self._width))


def misfit(cells: int, width: int) -> str:
    """The problem of a row that has not as many cells as the table has columns."""
    if cells > MOST_CELLS:
        return f"more than {MOST_CELLS:,} cells, the header has {width}"
    return f"{cells} {'cell' if cells == 1 else 'cells'}, the header has {width}"
