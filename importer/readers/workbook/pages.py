"""What the child hands to its parent: a result, and the cells of all sheets in pages.

The pages are a row of Arrow IPC files of ``PAGE_ROWS`` rows of String columns each, so that a reader holds one page at
a time. They lie in a file that has no name: whatever ends either process, nobody's contacts are left behind.
"""

import json
import os
import weakref
from dataclasses import asdict, dataclass
from typing import BinaryIO

import polars as pl

PAGE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled sheet.

    Attributes:
        name: of the sheet.
        pages: where each page starts in the file, in bytes, and where the last one ends.
        rows: how many rows, from the sheet's row 1 to the last with a cell.
        first_filled: the first row with a cell, from 0.
        last_filled: for each column, the last row with a cell, from 0; -1 where there is none.
        is_hidden: whether the workbook hides it.
        long_numbers: cells of more than 15 digits and nothing else.
        errors, unstored_formulas, hidden_rows, hidden_columns: counts, see ``Marks``.
    """

    name: str
    pages: tuple[int, ...]
    rows: int
    first_filled: int
    last_filled: tuple[int, ...]
    is_hidden: bool
    long_numbers: int
    errors: int
    unstored_formulas: int
    hidden_rows: int
    hidden_columns: int


@dataclass(frozen=True, slots=True)
class Result:
    """What the child found.

    Attributes:
        problem: why nothing can be read, to be put after the file's name; None where it could.
        format: ``xlsx``, ``xlsb``, ``xls`` or ``ods``.
        sheets: the filled ones, in the workbook's order.
        empty: names of the sheets without any cell.
    """

    problem: str | None = None
    format: str = ""
    sheets: tuple[Sheet, ...] = ()
    empty: tuple[str, ...] = ()

    def dump(self) -> str:
        """The result as text."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: bytes) -> "Result | None":
        """The result of this text; None where the child did not get to write all of it."""
        try:
            told = json.loads(text)
        except ValueError:
            return None
        sheets = tuple(Sheet(**sheet) for sheet in told["sheets"])
        return cls(told["problem"], told["format"], sheets, tuple(told["empty"]))


def write_pages(frame: pl.DataFrame, file: BinaryIO) -> tuple[int, ...]:
    """Add a frame's pages to the file; returns where each starts and where the last one ends."""
    bounds = [file.tell()]
    for page in frame.iter_slices(PAGE_ROWS):
        file.write(page.write_ipc(None).getbuffer())
        bounds.append(file.tell())
    return tuple(bounds)


class Pages:
    """A sheet's cells from row 1 on. The file goes when the last of its sheets is let go."""

    def __init__(self, file: BinaryIO, sheet: Sheet) -> None:
        """Take hold of the file for this sheet."""
        self.rows = sheet.rows
        self._bounds = sheet.pages
        self._descriptor = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._descriptor)

    def slice(self, start: int, rows: int) -> pl.DataFrame:
        """Up to ``rows`` rows, at least one, from place ``start`` on."""
        end = min(start + rows, self.rows)
        pages = [self._page(number) for number in range(start // PAGE_ROWS, -(-end // PAGE_ROWS))]
        return pl.concat(pages).slice(start % PAGE_ROWS, end - start)

    def _page(self, number: int) -> pl.DataFrame:
        first, end = self._bounds[number : number + 2]
        return pl.read_ipc(os.pread(self._descriptor, end - first, first))
