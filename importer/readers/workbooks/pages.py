"""The cells of all sheets, as the child passes them to its parent: pages.

A page is an Arrow IPC file of ``PAGE_ROWS`` rows of String columns; the reader holds one at a time. All pages lie one
after another in a file without a name: whatever ends either process, nobody's contacts are left behind.
"""

import os
import weakref
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from importer.errors import ReadError
from importer.readers.workbooks.container import spread
from importer.readers.workbooks.result import Extent, Facts
from importer.system.opening import read_at

PAGE_ROWS = 20_000
_MOST_CELLS = 1 << 28
_MOST_COLUMNS = 1 << 14
"""Columns of the widest sheet that any program writes; a damaged file may claim more."""

_DIGITS = 15
"""Significant digits that a spreadsheet keeps of a number."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a sheet as a person sees them.

    Attributes:
        first: index of the first row on the sheet, from 0.
        frame: String columns, named by their indexes on the sheet, from 0.
        facts: counts over these rows.
    """

    first: int
    frame: pl.DataFrame
    facts: Facts = field(default_factory=Facts)


class PageWriter:
    """Writes one sheet's rows to the file, page by page, until ``end``; blank rows only if a filled one follows."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin at the file's end, after the pages of the sheets before."""
        self._file = file
        self._bounds = [file.tell()]
        self._waiting: list[pl.DataFrame] = []
        self._waiting_rows = 0
        self._rows = 0
        self._first_filled: int | None = None
        self._last_filled: dict[int, int] = {}
        self._long_numbers = 0

    def add(self, frame: pl.DataFrame, first_row: int) -> None:
        """Add rows from ``first_row`` (from 0) on; String columns named by their indexes on the sheet, from 0.

        Raises:
            ValueError: the rows are above those added before.
            ReadError: the disk is full, or the sheet is too wide.
        """
        if frame.width > _MOST_COLUMNS:
            raise spread(first_row + frame.height, frame.width)
        filled = _filled(frame)
        if not filled:
            return
        if first_row < self._rows:
            raise ValueError("rows out of order")
        # Blank rows between: a frame without columns, which the diagonal concat fills with null.
        self._put(pl.DataFrame(height=first_row - self._rows))
        self._put(frame.head(1 + max(last for _, last in filled.values())))
        if self._first_filled is None:
            self._first_filled = first_row + min(first for first, _ in filled.values())
        self._last_filled |= {column: first_row + last for column, (_, last) in filled.items()}
        is_long = frame.select((pl.all().str.len_bytes() > _DIGITS).any()).row(0)
        for column in (frame.to_series(place) for place, is_any in enumerate(is_long) if is_any):
            long = column.filter((column.str.len_bytes() > _DIGITS).fill_null(value=False))
            self._long_numbers += int(long.str.contains(r"^\d+$").sum())

    def end(self) -> Extent | None:
        """Write the last page and return the extent of the cells; None if no cell is filled."""
        if self._first_filled is None:
            return None
        if self._waiting_rows:
            self._write(pl.concat(self._waiting, how="diagonal"))
        first, last = min(self._last_filled), max(self._last_filled)
        if self._rows * (last - first + 1) > _MOST_CELLS:
            raise spread(self._rows, last + 1)
        return Extent(
            pages=tuple(self._bounds),
            rows=self._rows,
            first_filled=self._first_filled,
            first_column=first,
            last_filled=tuple(self._last_filled.get(place, -1) for place in range(first, last + 1)),
            long_numbers=self._long_numbers,
        )

    def _put(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        self._waiting_rows += frame.height
        self._rows += frame.height
        if self._waiting_rows < PAGE_ROWS:
            return
        waiting = pl.concat(self._waiting, how="diagonal")
        whole = waiting.height - waiting.height % PAGE_ROWS
        for page in waiting.head(whole).iter_slices(PAGE_ROWS):
            self._write(page)
        self._waiting = [waiting.tail(-whole)] if whole < waiting.height else []
        self._waiting_rows = waiting.height - whole

    def _write(self, page: pl.DataFrame) -> None:
        try:
            self._file.write(page.write_ipc_stream(None).getbuffer())
            self._bounds.append(self._file.tell())
        except OSError:
            raise ReadError(
                "needs more room for temporary files than there is. Free some, or let TMPDIR name a folder that has it."
            ) from None


def _filled(frame: pl.DataFrame) -> dict[int, tuple[int, int]]:
    """Return the first and the last row of each column's cells that have more than spaces; only columns with any."""
    if frame.is_empty():
        return {}
    # A few queries over all columns: there may be 16,384 of a few rows. The first character decides for most.
    visible = frame.select(pl.all().is_between(pl.lit("!"), pl.lit("~")))
    found = _bounds(visible)
    unsure = [name for name, (is_all, _, _) in found.items() if not is_all]
    if unsure:
        found |= _bounds(frame.select(pl.col(unsure).str.strip_chars() != ""))
    return {
        int(name): (first, last) for name, (_, first, last) in found.items() if first is not None and last is not None
    }


def _bounds(visible: pl.DataFrame) -> dict[str, tuple[bool, int | None, int | None]]:
    """Return for each column whether all its rows are true, and the first and the last that is."""
    found = visible.select(
        pl.all().all(ignore_nulls=False).name.suffix(" all"),
        pl.all().arg_true().first().name.suffix(" first"),
        pl.all().arg_true().last().name.suffix(" last"),
    ).row(0)
    width = visible.width
    columns = zip(found[:width], found[width : 2 * width], found[2 * width :], strict=True)
    return dict(zip(visible.columns, columns, strict=True))


@dataclass(frozen=True, slots=True)
class Cells:
    """A sheet's cells from row 1 on, by value: for this process, and for those that inherit the file of its pages.

    Attributes:
        descriptor: of the open file.
        rows: of the sheet.
        columns: their names on the pages.
        bounds: offsets of the pages, and the end of the last one.
    """

    descriptor: int
    rows: int
    columns: tuple[str, ...]
    bounds: tuple[int, ...]

    def slice(self, start: int, rows: int) -> pl.DataFrame:
        """Return up to ``rows`` rows from index ``start`` on, which must be below ``rows`` of the sheet."""
        end = min(start + rows, self.rows)
        pages = [self._page(number) for number in range(start // PAGE_ROWS, -(-end // PAGE_ROWS))]
        return pl.concat(pages).slice(start % PAGE_ROWS, end - start)

    def row_bytes(self, start: int) -> float:
        """Return how many bytes a row of the page takes that the row with this index is on."""
        first, end = self._at(start // PAGE_ROWS)
        return (end - first) / min(PAGE_ROWS, self.rows - start // PAGE_ROWS * PAGE_ROWS)

    def _page(self, number: int) -> pl.DataFrame:
        first, end = self._at(number)
        # A positional read: duplicated descriptors share one position, and all sheets share the file.
        page = pl.read_ipc_stream(read_at(self.descriptor, end - first, first))
        columns = list(self.columns)
        if page.columns == columns:
            return page
        there = set(page.columns)
        empty = [name for name in columns if name not in there]
        return page.with_columns(pl.lit(None, pl.String).alias(name) for name in empty).select(columns)

    def _at(self, number: int) -> tuple[int, int]:
        first, end = self.bounds[number : number + 2]
        return first, end


class Pages:
    """Keeps a sheet's cells: the nameless file is freed with the last sheet that holds it."""

    def __init__(self, file: BinaryIO, extent: Extent) -> None:
        """Duplicate the file's descriptor, so that each sheet keeps the file open by itself."""
        columns = (str(extent.first_column + place) for place in range(len(extent.last_filled)))
        self.by_value = Cells(os.dup(file.fileno()), extent.rows, tuple(columns), extent.pages)
        weakref.finalize(self, os.close, self.by_value.descriptor)

    @property
    def rows(self) -> int:
        """Return how many rows the sheet has."""
        return self.by_value.rows

    def slice(self, start: int, rows: int) -> pl.DataFrame:
        """Return rows as ``Cells.slice`` does."""
        return self.by_value.slice(start, rows)
