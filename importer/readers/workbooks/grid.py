"""Cells collected into frames of rows: one by one (``Grid``), or many at once (``framed``)."""

from collections.abc import Iterator
from typing import cast

import polars as pl

from importer.errors import ReadError
from importer.readers.workbooks.container import spread
from importer.readers.workbooks.pages import Rows
from importer.readers.workbooks.result import Facts

_CELLS = 200_000
_MOST_ROWS, _MOST_COLUMNS = 1 << 24, 1 << 14
_MOST_CELLS = 50_000_000


def checked(cells: int, rows: int, columns: int) -> None:
    """Raise ReadError if so many cells, or so many rows or columns, are more than any list has.

    Raises:
        ReadError: there are more; a file of a few bytes may repeat a cell a million times.
    """
    if cells > _MOST_CELLS or rows > _MOST_ROWS or columns > _MOST_COLUMNS:
        raise ReadError("repeats cells more often than any list does. Save the list as .csv, and import that.")


def framed(rows: pl.Series, ranks: pl.Series, places: list[int], texts: pl.Series) -> tuple[int, pl.DataFrame]:
    """Return the first row (from 0) of these cells, and the rows from there on as a frame of String columns.

    Args:
        rows: of the cells, from 0; there is at least one.
        ranks: for each cell its column, as an index into ``places``.
        places: indexes of the columns on the sheet (from 0), in order; they name the frame's columns.
        texts: of the cells.

    Raises:
        ReadError: the cells are too far from each other.
    """
    first, last, width = cast("int", rows.min()), cast("int", rows.max()), len(places)
    size = (last - first + 1) * width
    if size > _MOST_CELLS:
        raise spread(last + 1, places[-1] + 1)
    index = pl.Series([None], dtype=pl.UInt32).new_from_index(0, size)
    index.scatter((rows - first) * width + ranks, pl.int_range(texts.len(), dtype=pl.UInt32, eager=True))
    column = pl.lit(texts)
    return first, index.to_frame("index").select(
        column.gather(pl.col("index").gather_every(width, rank)).alias(str(place)) for rank, place in enumerate(places)
    )


class Grid:
    """Collects the rows of one sheet, from top to bottom; a blank row takes no memory."""

    def __init__(self) -> None:
        self.facts = Facts()
        self._rows: list[tuple[int, dict[int, str]]] = []
        self._cells = self._all_cells = 0

    def add(self, row: int, cells: dict[int, str], repeated: int = 1) -> None:
        """Add a row (from 0) of texts by column (from 0), ``repeated`` times one below the other.

        Raises:
            ReadError: there are more cells than any list has.
        """
        if not cells:
            return
        self._all_cells += len(cells) * repeated
        checked(self._all_cells, row + repeated, max(cells) + 1)
        self._rows.extend((row + below, cells) for below in range(repeated))
        self._cells += len(cells) * repeated

    def full(self) -> Iterator[Rows]:
        """Yield the rows collected so far if they are enough for a frame; else nothing."""
        if self._cells >= _CELLS:
            yield self.rest()

    def rest(self) -> Rows:
        """Return the rows collected since the last frame."""
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
