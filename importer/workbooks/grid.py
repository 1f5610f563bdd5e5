"""Cells that come one by one, gathered into frames of rows."""

from collections.abc import Iterator

import polars as pl

from importer.errors import ReadError
from importer.workbooks.pages import Rows
from importer.workbooks.result import Facts

_CELLS = 200_000
_MOST_ROWS, _MOST_COLUMNS = 1 << 24, 1 << 14
_MOST_CELLS = 50_000_000


class Grid:
    """The rows of one sheet, taken from top to bottom; a blank row costs nothing."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._rows: list[tuple[int, dict[int, str]]] = []
        self._cells = self._all_cells = 0

    def add(self, row: int, cells: dict[int, str], repeated: int = 1) -> None:
        """Add a row (from 0) of texts by column (from 0), and the same again below it.

        Raises:
            ReadError: there are more cells than any list has.
        """
        if not cells:
            return
        self._all_cells += len(cells) * repeated
        if self._all_cells > _MOST_CELLS or row + repeated > _MOST_ROWS or max(cells) >= _MOST_COLUMNS:
            raise ReadError("repeats cells more often than any list does. Save the list as .csv, and import that.")
        self._rows.extend((row + below, cells) for below in range(repeated))
        self._cells += len(cells) * repeated

    def full(self) -> Iterator[Rows]:
        """What was gathered, where that is enough for a frame."""
        if self._cells >= _CELLS:
            yield self.rest()

    def rest(self) -> Rows:
        """What was gathered since the last time."""
        rows, self._rows, self._cells = self._rows, [], 0
        facts, self.facts = self.facts, Facts()
        if not rows:
            return Rows(0, pl.DataFrame(), facts)
        first, last = rows[0][0], rows[-1][0]
        texts: dict[int, list[str | None]] = {}
        for row, cells in rows:
            for column, text in cells.items():
                texts.setdefault(column, [None] * (last - first + 1))[row - first] = text
        series = [pl.Series(str(column), texts[column], dtype=pl.String) for column in sorted(texts)]
        return Rows(first, pl.DataFrame(series), facts)
