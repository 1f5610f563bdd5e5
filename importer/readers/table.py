"""The protocols of readers and tables: a table is a source and its rows as frames of text."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from importer.errors import ReadError
from importer.models.frames import without_short_pieces
from importer.models.sources import Source

MOST_CELLS = 8 << 20
"""Cells in memory at a time: each takes 16 bytes at least, even an empty one."""


class Table(Protocol):
    """A list in a file: the whole of a plain file, or one sheet of a workbook."""

    source: Source

    @property
    def share_read(self) -> float:
        """Return the share of the table that the last ``chunks`` has read, 0 to 1."""

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows after the header, in file order, ``rows`` at a time, without the first ``skip``.

        Every call starts again at the first row. Columns and dtypes: "from a reader" in ``importer.models.frames``.
        Blank rows are kept. ``rows`` changes where frames end, never the rows.

        Raises:
            ReadError: the rest of the file cannot be read, or the file changed since the table was opened.
        """


def rows_of(columns: int, most: int, cells: int = MOST_CELLS) -> int:
    """Return the number of rows to work on at a time: ``most``, or as many as hold so many cells; one at least."""
    return min(most, max(1, cells // max(1, columns)))


class Reader(Protocol):
    """The reader of a file format."""

    def can_read(self, path: Path, head: bytes) -> bool:
        """Return True if the file's first 8 KiB look like this format; the name is a hint at most."""

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the file's tables; ``file`` is the name to show, ``sheet`` the only one wanted (None: all).

        Raises:
            ReadError: with file, sheet and the fix.
        """


def refuse_sheet(file: str, what: str, sheet: str | None) -> None:
    """Raise ReadError if a sheet is wanted of a file that has none; ``what`` is the file's kind in words.

    Raises:
        ReadError: a sheet is wanted.
    """
    if sheet is not None:
        raise ReadError(f"{file} is {what} and has no sheets. Leave out --sheet {sheet}.")


def in_chunks(frames: Iterable[pl.DataFrame], rows: int, skip: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of frames of any height, ``rows`` at a time, without the first ``skip``."""
    waiting: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        unwanted = min(skip, frame.height)
        skip -= unwanted
        waiting.append(frame.slice(unwanted) if unwanted else frame)  # even of nothing it takes time by column
        count += frame.height - unwanted
        if count < rows:
            continue
        whole = pl.concat(waiting)
        full = count - count % rows
        yield from map(without_short_pieces, whole.head(full).iter_slices(rows))
        waiting, count = [whole.slice(full)], count - full
    if count:
        yield without_short_pieces(pl.concat(waiting))
