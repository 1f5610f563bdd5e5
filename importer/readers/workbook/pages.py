"""What the child leaves for its parent: a result, and each sheet's cells in pages.

A file of pages is a row of Arrow IPC files of ``PAGE_ROWS`` rows of String columns each, so that a reader holds one
page at a time.
"""

import json
import os
import weakref
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

PAGE_ROWS = 20_000
_RESULT = "result.json"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled sheet.

    Attributes:
        name: of the sheet.
        file: the name of its file of pages.
        pages: where each page ends in it, in bytes.
        rows: how many rows, from the sheet's row 1 to the last with a cell.
        first_filled: the first row with a cell, from 0.
        last_filled: for each column, the last row with a cell, from 0; -1 where there is none.
        is_hidden: whether the workbook hides it.
        long_numbers: cells of more than 15 digits and nothing else.
        errors, unstored_formulas, hidden_rows, hidden_columns: counts, see ``Marks``.
    """

    name: str
    file: str
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

    def write(self, folder: Path) -> None:
        """Put the result into the folder."""
        (folder / _RESULT).write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Result | None":
        """The result in the folder; None where the child did not get to write it."""
        try:
            told = json.loads((folder / _RESULT).read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        sheets = tuple(Sheet(**sheet) for sheet in told["sheets"])
        return cls(told["problem"], told["format"], sheets, tuple(told["empty"]))


def write_pages(frame: pl.DataFrame, path: Path) -> tuple[int, ...]:
    """Write a file of pages and return where each ends."""
    ends = []
    with path.open("wb") as file:
        for page in frame.iter_slices(PAGE_ROWS):
            page.write_ipc(file)
            ends.append(file.tell())
    return tuple(ends)


class Pages:
    """A sheet's cells from row 1 on. The file may lose its name: what is open stays readable, and ends with this."""

    def __init__(self, folder: Path, sheet: Sheet) -> None:
        """Open the sheet's file of pages."""
        self.rows = sheet.rows
        self._ends = (0, *sheet.pages)
        self._descriptor = os.open(folder / sheet.file, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)

    def slice(self, start: int, rows: int) -> pl.DataFrame:
        """Up to ``rows`` rows, at least one, from place ``start`` on."""
        end = min(start + rows, self.rows)
        pages = [self._page(number) for number in range(start // PAGE_ROWS, -(-end // PAGE_ROWS))]
        return pl.concat(pages).slice(start % PAGE_ROWS, end - start)

    def _page(self, number: int) -> pl.DataFrame:
        first, end = self._ends[number : number + 2]
        return pl.read_ipc(os.pread(self._descriptor, end - first, first))
