"""Parquet: typed columns, read as the text that a person would write for each value.

A crafted file can crash an interpreter, or make its parser write to the terminal. So a child process with limits reads
every file first and keeps nothing of it (``parquet_proof``); a file that crashes the child is not read here. Both read
one copy of the file that nobody else can write to: the bytes that passed are the bytes that are read.
"""

import json
import os
import subprocess
import weakref
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import IO

import polars as pl

from importer.errors import ReadError
from importer.models.frames import RAW
from importer.models.sources import Source
from importer.readers.archive import unpacked_alone, unpacked_note
from importer.readers.header import unique_names
from importer.readers.table import Table, refuse_sheet
from importer.system import bounds, children
from importer.system.opening import open_regular, place_of, sha256_of, temporary_file

_MAGIC = b"PAR1"
_WALL_S = 300
_EXACT = 2.0**53
"""Whole floats below it are exact; above, writing all digits would invent some."""
_MOST_NESTED = 50
_JOINT = "; "
"""Between the values of a list, as in ``json_cells``."""
_FAULTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
"""Errors that the parser raises for a damaged file."""


class Parquet:
    """The reader of Parquet files."""

    def can_read(self, path: Path, head: bytes) -> bool:  # noqa: ARG002 - the protocol's signature
        """Return True if the file begins like Parquet."""
        return head.startswith(_MAGIC)

    def tables(self, path: Path, file: str, sheet: str | None) -> list[Table]:
        """Return the one table of the file.

        Raises:
            ReadError: a sheet is wanted, or the file is damaged or has no columns.
        """
        refuse_sheet(file, "a Parquet file", sheet)
        return [ParquetTable(path, file)]


class ParquetTable:
    """The table of one Parquet file; owns the copy of the file, and closes it when it is garbage collected."""

    def __init__(self, path: Path, file: str) -> None:
        """Copy and check the file, and read its schema and hash.

        Raises:
            ReadError: the file is damaged, cannot be read or has no columns.
        """
        with ExitStack() as stack:
            copy = stack.enter_context(temporary_file())
            with bounds.trusting():
                sha256, size_bytes, notes = _take(path, file, copy)
            _prove(copy, file)
            self._rows = pl.scan_parquet(place_of(copy), glob=False)
            try:
                empty = pl.DataFrame(schema=self._rows.collect_schema())
                names = [column.name for column in _flattened(empty)]
                self._height = int(self._rows.select(pl.len()).collect().item())
            except _FAULTS:
                raise _damaged(file) from None
            if not names:
                raise ReadError(f"{file} has no columns. Look whether the right file was exported.")
            weakref.finalize(self, stack.pop_all().close)
        self._share_read = 0.0
        self.source = Source(
            path=path,
            file=file,
            sha256=sha256,
            size_bytes=size_bytes,
            format="parquet",
            columns=unique_names(names),
            header_row=None,
            notes=notes,
        )

    @property
    def share_read(self) -> float:
        """Return the share of the table that the last ``chunks`` has read, 0 to 1."""
        return self._share_read

    def chunks(self, rows: int, skip: int = 0) -> Iterator[pl.DataFrame]:
        """Yield the rows as ``Table.chunks`` says; the first is row 2, as if the names stood in row 1."""
        self._share_read = 0.0
        for start in range(skip, self._height, rows):
            try:
                part = self._rows.slice(start, rows).collect()
            except _FAULTS:
                raise _damaged(self.source.file) from None
            row = pl.int_range(start + 2, start + 2 + part.height, dtype=pl.UInt32)
            self._share_read = (start + part.height) / self._height
            cells = zip(_flattened(part), self.source.columns, strict=True)
            yield pl.select(
                row.alias("row"),
                row.alias("line"),
                pl.lit(None, pl.String).alias("problem"),
                pl.lit(None, pl.String).alias("extra_cells"),
            ).with_columns(_as_text(column).alias(RAW + name) for column, name in cells)
        self._share_read = 1.0


def _take(path: Path, file: str, copy: IO[bytes]) -> tuple[str, int, tuple[str, ...]]:
    """Copy the file, unpacked; return its own SHA-256 and size in bytes, and a note if it was packed.

    Raises:
        ReadError: it cannot be read or copied, or changed meanwhile.
    """
    try:
        with open_regular(path) as opened, unpacked_alone(opened, file) or nullcontext(opened) as whole:
            before = os.fstat(opened.fileno())
            sha256 = sha256_of(opened, copy if whole is opened else None)
            notes = () if whole is opened else (unpacked_note(opened),)
            if whole is not opened:
                sha256_of(whole, copy)
            after = os.fstat(opened.fileno())
    except OSError as error:
        raise ReadError(f"{file} cannot be read: {error.strerror}.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ReadError(f"{file} changed while it was read. Import it again when nothing writes to it.")
    return sha256, before.st_size, notes


def _prove(copy: IO[bytes], file: str) -> None:
    """Let a child process with limits read the whole file.

    Raises:
        ReadError: the child failed.
        KeyboardInterrupt: a signal such as Ctrl-C, which reaches every process of a terminal, ended the child.
    """
    child = children.start(
        "importer.readers.parquet_proof",
        str(place_of(copy)),
        variables={"POLARS_MAX_THREADS": "1"},
        hands=[copy],
    )
    try:
        with bounds.trusting():
            ended_with = child.wait(_WALL_S)
    except subprocess.TimeoutExpired:
        raise _damaged(file) from None
    finally:
        # Ctrl-C may interrupt the wait: leave no child behind.
        child.kill()
        child.wait()
    if children.was_stopped(ended_with):
        raise KeyboardInterrupt
    if ended_with:
        raise _damaged(file)


def _damaged(file: str) -> ReadError:
    return ReadError(f"{file} is a damaged Parquet file, or of a kind that cannot be read. Write it again, or as CSV.")


def _flattened(frame: pl.DataFrame) -> Iterator[pl.Series]:
    """Yield the columns; a struct, alone or in a list, becomes a column for each field, such as ``address.city``."""
    for column in frame.iter_columns():
        yield from _flat(column, _MOST_NESTED)


def _flat(column: pl.Series, depth: int) -> Iterator[pl.Series]:
    kind = column.dtype
    if isinstance(kind, pl.Array):
        kind = pl.List(kind.inner)
        column = column.cast(kind)
    if isinstance(kind, pl.Struct) and depth:
        for field in kind.fields:
            yield from _flat(column.struct.field(field.name).alias(f"{column.name}.{field.name}"), depth - 1)
    elif isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct) and depth:
        for field in kind.inner.fields:
            inner = column.list.eval(pl.element().struct.field(field.name))
            yield from _flat(inner.alias(f"{column.name}.{field.name}"), depth - 1)
    else:
        yield column


def _as_text(column: pl.Series) -> pl.Series:
    """Return a column as String?: whole floats without ``.0``, null for NaN and empty text.

    The values of a list are joined by ``; ``; structs nested too deep become JSON.
    """
    kind = column.dtype
    text: pl.Series
    if kind == pl.Boolean:
        text = column.replace_strict({True: "TRUE", False: "FALSE"}, default=None, return_dtype=pl.String)
    elif kind.is_float():
        text = _floats(column)
    elif isinstance(kind, pl.Datetime):
        text = _moments(column, kind)
    elif kind == pl.Time:
        text = column.dt.strftime("%H:%M:%S")
    elif kind == pl.Duration:
        text = pl.Series([_duration(value) for value in column.to_list()], dtype=pl.String)
    elif kind == pl.Binary:
        text = pl.Series([_bytes(value) for value in column.to_list()], dtype=pl.String)
    elif isinstance(kind, pl.List):
        text = _joined(column)
    elif kind.is_nested() or kind == pl.Object:
        text = pl.Series([_json(value) for value in column.to_list()], dtype=pl.String)
    else:
        text = column.cast(pl.String)
    return text.set(text == "", None)


def _joined(column: pl.Series) -> pl.Series:
    """Return the values of each list joined to one text."""
    values = (
        column.alias("value").to_frame().with_row_index("place").explode("value", empty_as_null=True, keep_nulls=True)
    )
    texts = values.select("place", _as_text(values["value"]).alias("text"))
    joined = texts.group_by("place", maintain_order=True).agg(pl.col("text").drop_nulls().str.join(_JOINT))
    return joined["text"]


def _floats(column: pl.Series) -> pl.Series:
    number = pl.col("number")
    is_whole = (number == number.floor()) & (number.abs() < _EXACT)
    return (
        column.cast(pl.Float64)
        .alias("number")
        .to_frame()
        .select(
            pl.when(is_whole).then(number.cast(pl.Int64, strict=False).cast(pl.String))
            .when(number.is_not_nan()).then(number.cast(pl.String))
        )
        .to_series()
    )  # fmt: skip


def _moments(column: pl.Series, kind: pl.Datetime) -> pl.Series:
    """Return ISO dates, with a space and the time unless it is midnight, and the offset if the zone is known."""
    zone = "%:z" if kind.time_zone else ""
    moment = pl.col("moment")
    return (
        column.alias("moment")
        .to_frame()
        .select(
            pl.when(moment.dt.time() == pl.time(0, 0, 0))
            .then(moment.dt.strftime("%Y-%m-%d"))
            .otherwise(moment.dt.strftime(f"%Y-%m-%d %H:%M:%S{zone}"))
        )
        .to_series()
    )


def _duration(value: timedelta | None) -> str | None:
    if value is None:
        return None
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _bytes(value: bytes | None) -> str | None:
    """Return bytes as text if they are UTF-8 (old writers do not mark text columns), else as hexadecimal digits."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
