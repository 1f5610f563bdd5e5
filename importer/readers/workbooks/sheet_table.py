"""A sheet of a workbook as a table: its rows from the pages of its cells, one after the other or in ranges."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

import polars as pl

from importer.models.frames import RAW
from importer.models.sources import LeftOut, Source
from importer.readers.divisible import RowsOfRange
from importer.readers.header import Header
from importer.readers.strays import Strays, StraysState, stray_notes
from importer.readers.table import in_chunks
from importer.readers.workbooks.pages import PAGE_ROWS, Cells, Pages
from importer.system import bounds

_ROWS_BELOW = 64
"""Read beyond a range, where its last rows cannot be judged without those below."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The division of a sheet into rows.

    Attributes:
        header: the header that was found.
        columns: the header's, and those to its right that only rows reach.
        header_row: the header's row, from 1; None if there is no header.
        first_data, end: indexes (from 0) of the first row after the header, and of the first below the list.
        left_out: the footer.
        notes: remarks for people, one sentence each.
    """

    header: Header
    columns: tuple[str, ...]
    header_row: int | None
    first_data: int
    end: int
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    def strays(self) -> Strays:
        """Return what looks for strays from the first row on."""
        return Strays(self.header, self.columns)


class SheetTable:
    """A sheet of a workbook, read from its pages; the workbook itself is not opened again."""

    def __init__(self, source: Source, pages: Pages, layout: Layout) -> None:
        """Take the sheet's pages and layout; the table's ``source`` gets the notes on strays, too."""
        self._pages = pages
        self._layout = layout
        self._share_read = 0.0
        self.source = replace(source, notes=source.notes + self._stray_notes())

    @property
    def share_read(self) -> float:
        """Return the share of the table that the last ``chunks`` has read, 0 to 1."""
        return self._share_read

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows as ``Table.chunks`` says."""
        self._share_read = 0.0
        yield from in_chunks(self._frames(), rows, skip)
        self._share_read = 1.0

    def ranges(self) -> "SheetRanges":
        """Return the rows by value, as ``Divisible.ranges`` says."""
        return SheetRanges(self._pages.by_value, self._layout)

    def _stray_notes(self) -> tuple[str, ...]:
        """Return the notes on strays; empty if the list is longer than a page, to keep opening it fast."""
        if self._layout.end - self._layout.first_data > PAGE_ROWS:
            return ()
        return tuple(note for frame in self._frames() for note in stray_notes(frame, "row"))

    def _frames(self) -> Iterator[pl.DataFrame]:
        """Yield all rows, with a ``problem`` for strays."""
        return self._layout.strays().with_problems(self._numbered())

    def _numbered(self) -> Iterator[pl.DataFrame]:
        """Yield all rows with their numbers, one page at a time."""
        end = self._layout.end
        for start in range(self._layout.first_data, end, PAGE_ROWS):
            frame = _numbered(self._pages.by_value, self._layout, start, min(end, start + PAGE_ROWS), start + 1)
            self._share_read = (start + frame.height) / end
            yield frame


class SheetRanges:
    """The rows of a sheet by value, as ``importer.readers.divisible.Ranges`` says; bounds are indexes of rows.

    Attributes:
        descriptors: of the open file of the sheet's pages.
        first_row, first_line: the number of the first row, twice.
    """

    def __init__(self, cells: Cells, layout: Layout) -> None:
        self._cells, self._layout = cells, layout
        self.descriptors = (cells.descriptor,)
        self.first_row = self.first_line = layout.first_data + 1

    @property
    def start(self) -> StraysState:
        """Return what the first range is read with."""
        return self._layout.strays().state

    def likely(self, carried: Hashable) -> StraysState:
        """Return what a range further down is probably read with, as ``StraysState.likely``."""
        return cast("StraysState", carried).likely

    def share_read(self, end: int) -> float:
        """Return the share of the sheet above a row, 0 to 1."""
        return end / self._layout.end

    def cut(self, most_rows: int, most_bytes: int) -> Iterator[tuple[int, int]]:
        """Yield the begin and end of each range, as ``Ranges.cut`` says."""
        begin = self._layout.first_data
        while begin < self._layout.end:
            rows = max(1, min(most_rows, int(most_bytes / self._cells.row_bytes(begin))))
            end = begin + rows
            if rows >= PAGE_ROWS:
                end -= end % PAGE_ROWS  # whole pages: none is read twice
            else:
                end = min(end, begin - begin % PAGE_ROWS + PAGE_ROWS)  # the next page may have longer rows
            end = min(end, self._layout.end)
            yield begin, end
            begin = end

    def read(self, begin: int, end: int, carried: Hashable) -> RowsOfRange:
        """Return the rows of a range, as ``Ranges.read`` says."""
        strays = self._layout.strays()
        strays.go_on(cast("StraysState", carried))
        own = _numbered(self._cells, self._layout, begin, end, 0)
        # Not one frame more is asked for: the state is that below the range's own rows then.
        frame = next(strays.with_problems(chain((own,), self._below(end))))
        return RowsOfRange(frame, frame.height, strays.state)

    def _below(self, begin: int) -> Iterator[pl.DataFrame]:
        """Yield the rows below a range; only as many are read as are asked for."""
        for start in range(begin, self._layout.end, _ROWS_BELOW):
            yield _numbered(self._cells, self._layout, start, min(self._layout.end, start + _ROWS_BELOW), 0)


def _numbered(cells: Cells, layout: Layout, start: int, end: int, number: int) -> pl.DataFrame:
    """Return rows with their numbers, from ``number`` on, as a reader gives them."""
    bounds.beat()
    part = cells.slice(start, end - start)
    numbers = pl.int_range(number, number + part.height, dtype=pl.UInt32)
    names = zip(part.columns, layout.columns, strict=False)  # the sheet may go on right of the table
    return part.select(
        numbers.alias("row"),
        numbers.alias("line"),
        pl.lit(None, pl.String).alias("problem"),
        pl.lit(None, pl.String).alias("extra_cells"),
        *(pl.col(cell).alias(f"{RAW}{name}") for cell, name in names),
    )
