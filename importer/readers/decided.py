"""Decided rows: what ``importer retry`` sends, in a file of the run's folder, so that a stopped retry can be resumed.

JSON, one value a line. The first is ``{"importer": "decided rows", "tables": [{"file", "sheet", "columns"}, …]}``,
every other a row, ``[table, row, cells]``: the number of its table, its row in the first run, and its cells as decided.
A row keeps the name that it has in the first run's list, through any number of rounds.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.models.sources import Source
from importer.readers.table import Table
from importer.system.new_file import new_file

FORMAT = "decided rows"
_START = b'{"importer": "decided rows"'


def is_decided(head: bytes) -> bool:
    """Return True if a file begins as ``write_decided`` begins one."""
    return head.startswith(_START)


def decided_tables(path: Path, file: str, sheet: str | None) -> list[Table]:
    """Return a table for each list that rows come from, under that list's own name; only that of ``sheet`` if given.

    Raises:
        ReadError: the file is damaged or cannot be read.
    """
    try:
        text = path.read_bytes()
        described = json.loads(text[: text.index(b"\n")])["tables"]
        heads = [(table["file"], table["sheet"], tuple(map(str, table["columns"]))) for table in described]
    except OSError as error:
        raise ReadError(f"{file} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise _damaged(file) from None
    digest = sha256(text).hexdigest()
    sources = [
        Source(path, name, digest, len(text), FORMAT, columns, header_row=1, sheet=of_sheet)
        for name, of_sheet, columns in heads
    ]
    return [
        DecidedTable(source, number) for number, source in enumerate(sources) if sheet is None or source.sheet == sheet
    ]


class DecidedTable:
    """The decided rows of one list."""

    def __init__(self, source: Source, number: int) -> None:
        self.source = source
        self._number = number
        self._share_read = 0.0

    @property
    def share_read(self) -> float:
        """Return the share of the table that the last ``chunks`` has read, 0 to 1."""
        return self._share_read

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows as ``Table.chunks`` says."""
        self._share_read = 0.0
        wanted = islice(self._rows(), skip, None)
        while some := list(islice(wanted, rows)):
            yield frame_of(self.source.columns, some)
        self._share_read = 1.0

    def _rows(self) -> Iterator[tuple[int, Sequence[str | None]]]:
        try:
            with self.source.path.open("rb") as file:
                next(file)
                for line in file:
                    table, row, cells = json.loads(line)
                    if table == self._number:
                        yield int(row), cells
        except OSError as error:
            raise ReadError(f"{self.source.file} cannot be read: {error.strerror}.") from None
        except (ValueError, TypeError, StopIteration):
            raise _damaged(str(self.source.path)) from None


@dataclass(frozen=True, slots=True)
class DecidedList:
    """The decided rows of one list: its name, its sheet, its columns, and each row with its cells."""

    file: str
    sheet: str | None
    columns: tuple[str, ...]
    rows: pl.DataFrame
    """``row`` (UInt32) and the ``raw:`` column (String?) of each of ``columns``, in that order."""


def write_decided(path: Path, lists: Sequence[DecidedList], way_out: str) -> None:
    """Write decided rows, whole or not at all; they are on the disk when this returns.

    Raises:
        StoppedError: the file cannot be written; its message ends with ``way_out``.
    """
    head: dict[str, Any] = {
        "importer": FORMAT,
        "tables": [{"file": one.file, "sheet": one.sheet, "columns": list(one.columns)} for one in lists],
    }
    with new_file(path, way_out) as part, part.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head) + "\n")
        for number, one in enumerate(lists):
            for row, *cells in one.rows.iter_rows():
                file.write(json.dumps([number, row, cells]) + "\n")
        file.flush()
        os.fsync(file.fileno())


def frame_of(columns: Sequence[str], rows: Sequence[tuple[int, Sequence[str | None]]]) -> pl.DataFrame:
    """Return rows, each with its number and its cells, as a reader gives them."""
    numbers = pl.Series("row", [row for row, _ in rows], dtype=pl.UInt32)
    cells: Mapping[str, pl.Series] = {
        RAW + name: pl.Series(RAW + name, [cells[place] or None for _, cells in rows], dtype=pl.String)
        for place, name in enumerate(columns)
    }
    none = pl.Series([None] * len(rows), dtype=pl.String)
    return pl.DataFrame(
        [numbers, numbers.alias("line"), none.alias("problem"), none.alias("extra_cells"), *cells.values()]
    )


def _damaged(file: str) -> ReadError:
    return ReadError(f"{file} is damaged. Run importer retry again.")
