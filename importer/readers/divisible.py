"""Tables of which any range of lines can be read by itself, so that several processes read one side by side."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import polars as pl


class Ranges(Protocol):
    """The rows of a table by value: any range of its lines can be read by itself, in another process too.

    A row may begin in one range and end in the next, and may mean something for the rows below it. So each range is
    read with what the one before it ``carried``; where that was only guessed, whoever guessed compares it then.
    """

    descriptors: tuple[int, ...]
    """Open files that another process must inherit."""
    first_row: int
    first_line: int
    """Row number and line of the table's first row."""

    @property
    def start(self) -> Hashable:
        """Return what the first range is read with."""

    def likely(self, carried: Hashable) -> Hashable:
        """Return what a range is probably read with if one further up carried this."""

    def share_read(self, end: int) -> float:
        """Return the share of the table that lies before the end of a range, 0 to 1."""

    def cut(self, most_rows: int, most_bytes: int) -> Iterator[tuple[int, int]]:
        """Yield the begin and end of each range, in order, of so many rows and bytes at most, but one line at least.

        Raises:
            ReadError: the file cannot be read, or changed since the table was opened.
        """

    def read(self, begin: int, end: int, carried: Hashable) -> "RowsOfRange":
        """Return the rows of a range.

        Raises:
            ReadError: as ``cut``.
        """


@dataclass(frozen=True, slots=True)
class RowsOfRange:
    """The rows of a range.

    Attributes:
        frame: as ``Table.chunks`` yields them, but ``row`` and ``line`` start at 0.
        lines: physical lines that the rows span.
        carried: what the next range must be read with.
    """

    frame: pl.DataFrame
    lines: int
    carried: Hashable


@runtime_checkable
class Divisible(Protocol):
    """A table that can be read in ranges."""

    def ranges(self) -> Ranges:
        """Return its rows by value; the table must be kept as long as they are read."""
