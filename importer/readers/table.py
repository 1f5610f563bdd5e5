"""What every reader gives: tables, each a source and its rows as frames of text."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import polars as pl

from importer.errors import ReadError
from importer.models.sources import Source

MOST_CELLS = 8 << 20
"""That are worked on at a time: each takes 16 bytes at least, whatever it holds."""


class Table(Protocol):
    """One list of a file: the whole of a plain file, or one sheet of a workbook."""

    source: Source

    @property
    def share_read(self) -> float:
        """How much of the table the last ``chunks`` has read, 0 to 1."""

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """The rows after the header, in file order, from the ``skip``-th on (0: all), ``rows`` at a time.

        Every call starts again at the first row. Columns and dtypes: "from a reader" in
        ``importer.models.frames``; blank rows are kept; two calls give the same rows whatever ``rows`` is.

        Raises:
            ReadError: the file cannot be read on, or is not what it was when the table was opened.
        """


def rows_of(columns: int, most: int, cells: int = MOST_CELLS) -> int:
    """How many rows are worked on at a time: ``most``, or as many as hold so many cells; one at least."""
    return min(most, max(1, cells // max(1, columns)))


class Reader(Protocol):
    """One file format."""

    def can_read(self, path: Path, head: bytes) -> bool:
        """Whether the file's first 8 KiB look like this format; the name is a hint at most."""

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """The file's tables; ``file`` is the name to show, ``sheet`` the only one wanted.

        Raises:
            ReadError: naming file and sheet, and the way out.
        """


def refuse_sheet(file: str, what: str, sheet: str | None) -> None:
    """Refuse a sheet's name for a file that is ``what`` and has none.

    Raises:
        ReadError: a sheet is wanted.
    """
    if sheet is not None:
        raise ReadError(f"{file} is {what} and has no sheets. Leave out --sheet {sheet}.")


def in_chunks(frames: Iterable[pl.DataFrame], rows: int, skip: int) -> Iterator[pl.DataFrame]:
    """The rows of frames of any height from the ``skip``-th on, ``rows`` at a time."""
    waiting: list[pl.DataFrame] = []
    count = 0
    for frame in frames:
        unwanted = min(skip, frame.height)
        skip -= unwanted
        waiting.append(frame.slice(unwanted))
        count += frame.height - unwanted
        if count < rows:
            continue
        whole = pl.concat(waiting)
        full = count - count % rows
        yield from whole.head(full).iter_slices(rows)
        waiting, count = [whole.slice(full)], count - full
    if count:
        yield pl.concat(waiting)
