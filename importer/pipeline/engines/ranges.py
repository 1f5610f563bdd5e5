"""Ranges of a table: a worker reads and stages one by itself, and the engine proves that it was right to."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

import polars as pl

from importer.models.frames import CELL_BYTES
from importer.pipeline import memory
from importer.pipeline.engines.engine import Order
from importer.pipeline.engines.row_stages import Rows, RowStages, Spent, Staged
from importer.readers.divisible import Divisible, Ranges


@dataclass(frozen=True, slots=True)
class Range:
    """Some lines of a table, to be read and staged.

    Attributes:
        table: the table's number in the run.
        begin, end: as ``Ranges.cut`` gives them.
        carried: what the range is read with, perhaps only guessed.
    """

    table: int
    begin: int
    end: int
    carried: Hashable


Task = Rows | Range
"""What a worker is given to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a task: staged rows, whose ``position`` starts at 0.

    Those of a range have ``row`` and ``line`` from 0 on, too; ``lines`` and ``carried`` are as in ``RowsOfRange``.
    """

    staged: Staged
    lines: int = 0
    carried: Hashable = None


def ranges_of(order: Order) -> dict[int, Ranges]:
    """Return the tables that are read in ranges, by number.

    Not those of which rows were staged before: how many lines these span is not known. Nor the rows of a retry, which
    are few.
    """
    if order.job.correct is not None:
        return {}
    fresh = [table for table, _ in order.plan.tables[_begun(order) :]]
    return {number: table.ranges() for number, table in enumerate(fresh, _begun(order)) if isinstance(table, Divisible)}


def _begun(order: Order) -> int:
    """Return the number of tables up to the last of which some rows were staged before."""
    return max((number for number, skip in enumerate(order.skip, 1) if skip), default=0)


def cut(order: Order, ranges: Ranges, number: int, workers: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a table, each with as many rows as so many workers may have at a time."""
    table, _ = order.plan.tables[number]
    most_bytes = memory.chunk_bytes(order.settings, workers)
    most_rows = memory.chunk_rows(order.settings, order.plan.row_bytes, workers)
    by_cells = most_bytes // (CELL_BYTES * max(1, len(table.source.columns)))
    return ranges.cut(max(1, min(most_rows, by_cells)), most_bytes)


def stage_range(some: Range, ranges: Mapping[int, Ranges], stages: RowStages, spent: Spent) -> Done:
    """Read a range and stage its rows.

    Raises:
        ReadError: the file cannot be read, or changed since it was planned.
    """
    start = perf_counter()
    read = ranges[some.table].read(some.begin, some.end, some.carried)
    spent("read", perf_counter() - start)
    return Done(stages(Rows(some.table, 0, read.frame)), read.lines, read.carried)


class Course:
    """How far one table has come, range after range: the proof that a range was read with the right thing."""

    def __init__(self, ranges: Ranges) -> None:
        """Begin above the table's first row."""
        self._ranges = ranges
        self._row, self._line, self._carried = ranges.first_row, ranges.first_line, ranges.start

    @property
    def guess(self) -> Hashable:
        """Return what a range further down is probably read with."""
        return self._ranges.likely(self._carried)

    def mended(self, some: Range) -> Range | None:
        """Return the next range as it must be read; None if that is how it was."""
        return None if some.carried == self._carried else replace(some, carried=self._carried)

    def numbered(self, done: Done) -> Staged:
        """Return the rows of the next range with their numbers, and go on below them."""
        frame = done.staged.frame.with_columns(pl.col("row") + self._row, pl.col("line") + self._line)
        self._row, self._line = self._row + frame.height, self._line + done.lines
        self._carried = done.carried
        return replace(done.staged, frame=frame)
