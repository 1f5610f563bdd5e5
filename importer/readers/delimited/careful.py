"""One record at a time, for the lines that a fast parser would refuse, drop or shift.

A quoted cell may span any number of lines, and a stray quote may look like the start of one. It counts as a cell only
if it closes properly within 4 Mi characters and the record fits the columns. Otherwise the quote damages the line it is
on and nothing else. The search for a cell's end is cheap: only lines with a quote are parsed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from importer.readers.delimited.dialect import QUOTE

_MOST_LINES_UNFITTED = 1000
"""Lines of one cell while the number of columns, which would show that they are rows, is unknown."""
MOST_CHARACTERS = 4 << 20
"""Longest quoted cell."""
_PATIENCE_FOR_FEW = {2: 30, 3: 10}
PATIENCE = 4
"""Complete records within one quoted cell from which it is a list under a stray quote.

``_PATIENCE_FOR_FEW`` is for narrow tables, in which a line of prose with a comma looks like a record.
"""

MOST_CELLS = 1 << 15
"""Cells of a record, twice the width of the widest spreadsheet; all text after them becomes one more cell."""

NOT_CLOSED = "a quote is opened and not closed"

CR_MARK = "\0"
"""Stands before the LF that replaces a bare CR. Safe, because NULs of the file itself were removed before."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row as read.

    Attributes:
        cells: the cells' text.
        lines: number of physical lines that it spans.
        problem: why the cells may be wrong; None if there is no doubt.
    """

    cells: list[str]
    lines: int
    problem: str | None = None


class CarefulReader:
    """Reads records of one dialect; keeps no state between records, so threads may share it.

    Lines come without their LF. A line that ended with CR LF ends with CR, one that ended with a bare CR ends with
    ``CR_MARK``.
    """

    def __init__(self, delimiter: str, width: int | None) -> None:
        """Compile the patterns; ``width`` is the number of columns, None while it is unknown."""
        mark = re.escape(delimiter)
        self._delimiter = delimiter
        self._width = width
        # Atomic groups and possessive repeats: a cell that does not close fails at once, without backtracking.
        self._cell = re.compile(rf'(?: *"((?>(?:[^"]++|"")*))" *|([^"{mark}][^{mark}]*+)?)({mark}|\Z)')
        self._open_cell = re.compile(r' *"(?>(?:[^"]++|"")*)\Z')
        self._loose_cell = re.compile(rf'(?: *"(.*?)" *|([^{mark}]*))({mark}|\Z)', re.DOTALL)

    def record(self, line: str, following: Iterator[str], *, is_end: bool) -> Record | None:
        """Return the record that starts with a line and may span the following ones.

        Returns:
            None if more lines are needed to decide, and ``is_end`` does not exclude that there are any.
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
        """Return the text without empty cells at its end if it has more cells than any record; else unchanged."""
        return text.rstrip(self._delimiter) if text.count(self._delimiter) > MOST_CELLS else text

    def _strict(self, text: str) -> tuple[list[str], int | None]:
        """Return the cells up to the end and None, or up to a quoting fault and its index in the text."""
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
        """Return the record with the lines that its open cell spans; None if its quote is a stray one.

        Args:
            line: its first line.
            cells: those before the open one.
            opened: index in the line at which the open cell starts.
            following: the lines after it.

        Raises:
            StopIteration: the following lines ended before that was decided.
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
        """Return True if so many lines within an open quote are complete records that the quote must be a stray one."""
        patience = _PATIENCE_FOR_FEW.get(self._width or 0, PATIENCE)
        return complete >= patience and complete >= lines * 0.8

    def _loose(self, text: str) -> Record:
        """Return one line split as well as its quotes allow; here a backslash escapes a quote."""
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
    """Return the problem of a row whose number of cells differs from the number of columns."""
    if cells > MOST_CELLS:
        return f"more than {MOST_CELLS:,} cells, the header has {width}"
    return f"{cells} {'cell' if cells == 1 else 'cells'}, the header has {width}"
