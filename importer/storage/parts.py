"""A run's prepared rows in their files, and how any of a run's tables is opened."""

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import polars as pl

from importer.errors import StoppedError
from importer.models.frames import RAW, RUN_COLUMNS, with_prefix
from importer.storage.earlier import translated
from importer.system.new_file import new_file

_ANEW = "Put back a copy of it, or import the list anew: numbers that were imported already are skipped."
_SENT_COLUMNS = ["phone", "first_name", "last_name", "email", "metadata"]
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""What a damaged Parquet file makes its parser raise."""


def opened(paths: list[Path], way_out: str) -> pl.LazyFrame:
    """Return the rows of Parquet files, one after the other, lazily; ``[`` and ``*`` in a path are no wildcards.

    Raises:
        StoppedError: a file is damaged or cannot be read; the message ends with ``way_out``.
    """
    of_earlier: dict[Path, pl.LazyFrame] = {}
    for path in paths:
        try:
            if (rows := translated(path)) is not None:
                of_earlier[path] = rows
        except _UNREADABLE:
            raise StoppedError(f"{path} is damaged or cannot be read. {way_out}") from None
    if not of_earlier:
        return pl.scan_parquet(paths, glob=False)  # one scan reads the files side by side
    return pl.concat([of_earlier.get(path, pl.scan_parquet(path, glob=False)) for path in paths])


class Parts:
    """The prepared rows of a run: one Parquet file for each chunk.

    Its name is ``<table>-<chunk>-<first batch>-<last batch>.parquet``. So the order of the names is the order of the
    rows, and a batch's rows are found without opening all files. A part appears whole or not at all, and is on the disk
    before any of its rows is sent.

    Args:
        folder: of the parts; created if there is none.
        way_out: returns what the user can type if a part cannot be written.
    """

    def __init__(self, folder: Path, way_out: Callable[[], str]) -> None:
        self._folder, self._way_out = folder, way_out
        folder.mkdir(mode=0o700, exist_ok=True)
        self._paths: list[Path] = []
        self._heights = dict[Path, int]()  # as far as they are known: to open a part of many columns takes long
        self.look_again()

    def __len__(self) -> int:
        return len(self._paths)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Return the files, in the order of their rows."""
        return tuple(self._paths)

    def add(self, table: int, frame: pl.DataFrame) -> None:
        """Write the next prepared rows, of the run's table number ``table``; drafts have no batches yet."""
        path = self._folder / part_name(table, len(self._paths), frame)
        there = set(frame.columns)
        columns = [name for name in RUN_COLUMNS if name in there] + with_prefix(frame, RAW)
        with new_file(path, self._way_out()) as unfinished, unfinished.open("wb") as file:
            frame.select(columns).write_parquet(file, compression="lz4", statistics=False)
            file.flush()
            os.fsync(file.fileno())  # before any of its rows is sent: a resumption must find what the API was given
        self._paths.append(path)
        self._heights[path] = frame.height

    def look_again(self) -> None:
        """Take the files as they are now: others have written them."""
        self._paths = sorted(self._folder.glob("[0-9]*.parquet"))
        self._heights.clear()

    def clear(self) -> None:
        """Remove every part. Only where none of its batches was offered: what the API was given must stay."""
        for path in self._paths:
            path.unlink()
        self.look_again()

    def batch(self, number: int) -> pl.DataFrame:
        """Return the contacts of one batch by offset: phone, first_name, last_name, email, metadata (JSON text)."""
        holders = [path for path in self._paths if _first_batch(path) <= number <= _last_batch(path)]
        is_wanted = pl.col("batch") == number
        return pl.concat([_sent(path).filter(is_wanted).select(_SENT_COLUMNS) for path in holders])

    def batches(self) -> range:
        """Return the numbers of the batches that are on the disk; they start at 1."""
        return range(1, max(map(_last_batch, self._paths), default=0) + 1)

    def scan(self) -> pl.LazyFrame:
        """Return all rows in order, lazily.

        Columns are ``RUN_COLUMNS`` without ``contact_id``, then every ``raw:`` column of any table.
        """
        tables: dict[str, list[Path]] = {}
        for path in self._paths:
            tables.setdefault(path.name.split("-")[0], []).append(path)
        if not tables:
            return pl.LazyFrame(schema={name: dtype for name, dtype in RUN_COLUMNS.items() if name != "contact_id"})
        return pl.concat([opened(paths, _ANEW) for paths in tables.values()], how="diagonal")

    def frames(self, after: int) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield each part but the first ``after`` ones, with the number of its table."""
        for path in self._paths[after:]:
            yield int(path.name.split("-")[0]), opened([path], _ANEW).collect()

    def rows_by_table(self) -> dict[int, int]:
        """Return the number of rows on the disk by table."""
        counts: dict[int, int] = {}
        for path in self._paths:
            table = int(path.name.split("-")[0])
            if path not in self._heights:
                self._heights[path] = opened([path], _ANEW).select(pl.len()).collect().item()
            counts[table] = counts.get(table, 0) + self._heights[path]
        return counts


def part_name(table: int, chunk: int, frame: pl.DataFrame) -> str:
    """Return the name of the part of a table's ``chunk``-th rows; drafts have no batch."""
    numbered = frame["batch"].drop_nulls() if "batch" in frame.columns else pl.Series(dtype=pl.UInt32)
    first, last = (numbered[0], numbered[-1]) if numbered.len() else (0, 0)
    return f"{table:04}-{chunk:06}-{first}-{last}.parquet"


@lru_cache(maxsize=2)
def _sent(part: Path) -> pl.DataFrame:
    """Return the columns of a part that are sent; cached, as a part has several batches, one loaded after another."""
    return opened([part], _ANEW).select("batch", *_SENT_COLUMNS).collect()


def _first_batch(part: Path) -> int:
    return int(part.stem.split("-")[2])


def _last_batch(part: Path) -> int:
    return int(part.stem.split("-")[3])
