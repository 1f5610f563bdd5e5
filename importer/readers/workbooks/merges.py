"""Merged cells: ranges that a sheet shows as one cell. The first cell has the value, the others are empty."""

import re
from dataclasses import dataclass, field

from importer.readers.workbooks.places import place

_TOP_ROWS = 1_000
_MOST = 2_000
_RANGE = re.compile(r"([A-Z]{1,3}[1-9]\d{0,6}):([A-Z]{1,3}[1-9]\d{0,6})")


@dataclass(frozen=True, slots=True)
class Merge:
    """A range; rows and columns count from 0, and the last ones are included."""

    row: int
    column: int
    last_row: int
    last_column: int


@dataclass(slots=True)
class Merges:
    """The ranges of one sheet, or of some of its rows.

    Attributes:
        top: those that begin in the first rows, where a header can be.
        down: number of others that cover more than one row.
        across: number of others that cover one row.
    """

    top: list[Merge] = field(default_factory=list)
    down: int = 0
    across: int = 0

    def add(self, row: int, column: int, rows: int, columns: int, often: int = 1) -> None:
        """Add a range by its first cell (from 0) and its numbers of rows and columns; a single cell is ignored.

        ``often`` is how often it is there, one below the other.
        """
        if max(rows, columns) <= 1:
            return
        top = max(0, min(often, _TOP_ROWS - row, _MOST - len(self.top)))
        self.top += [Merge(place, column, place + rows - 1, column + columns - 1) for place in range(row, row + top)]
        self.down += (often - top) * (rows > 1)
        self.across += (often - top) * (rows == 1)

    def add_range(self, reference: str) -> None:
        """Add a range by its reference, such as ``A1:C1``; other text is ignored."""
        if match := _RANGE.fullmatch(reference):
            (row, column), (last_row, last_column) = place(match[1]), place(match[2])
            self.add(row - 1, column - 1, last_row - row + 1, last_column - column + 1)

    def __iadd__(self, other: "Merges") -> "Merges":
        self.top += other.top
        self.down += other.down
        self.across += other.across
        return self

    def below(self, row: int) -> tuple[int, int]:
        """Return the numbers of ranges of several rows and of one row that reach this row or begin below it."""
        down = sum(1 for merge in self.top if merge.last_row >= row and merge.last_row > merge.row)
        across = sum(1 for merge in self.top if merge.row >= row and merge.last_row == merge.row)
        return down + self.down, across + self.across
