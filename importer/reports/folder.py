"""A run's folder as its reports see it: the rows in it, and new files."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from importer.models.frames import RAW
from importer.models.outcomes import Outcome
from importer.storage.run_folder import way_out
from importer.system import new_file as files

ROWS_FILE = "rows.parquet"
REVIEW_FILE = "review.parquet"
WORKBOOK_ROWS = 5_000
"""Rows that a sheet holds unless full workbooks were asked for: more than people scroll through."""

PIECE_ROWS = 1 << 15
_PIECE_CELLS = 8 << 20
"""A cell takes 16 bytes at least."""

OUR_COLUMNS = (
    "source",
    "sheet",
    "row",
    "outcome",
    "reason",
    "detail",
    "phone",
    "first_name",
    "last_name",
    "email",
    "metadata",
    "kept_source",
    "kept_row",
    "batch",
    "contact_id",
    "changes",
    "extra_cells",
)
"""What a report says of a row, after the row's own columns."""


def scan_rows(folder: Path) -> pl.LazyFrame:
    """The run's rows (``importer.models.frames``), lazily; ``outcome`` and ``reason`` are String."""
    return pl.scan_parquet(folder / ROWS_FILE, glob=False)


def piece_rows(rows: pl.LazyFrame) -> int:
    """How many rows are worked on at a time, and are in a row group of ``rows.parquet``: none is unpacked twice."""
    return min(PIECE_ROWS, max(1, _PIECE_CELLS // len(rows.collect_schema())))


def in_pieces(rows: pl.LazyFrame, count: int) -> Iterator[pl.LazyFrame]:
    """The first ``count`` rows, some at a time, so that they need not be in memory together; at least one piece."""
    most = piece_rows(rows)
    for start in range(0, max(count, 1), most):
        yield rows.slice(start, most)


def has_outcome(outcome: Outcome) -> pl.Expr:
    """Whether a row ended so."""
    return pl.col("outcome") == outcome.value


def first_rows(rows: pl.LazyFrame, is_wanted: pl.Expr, most: int, count: int) -> pl.DataFrame:
    """The first ``most`` of the ``count`` rows that are wanted; nothing is read behind the last of them."""
    found: list[pl.DataFrame] = []
    for piece in in_pieces(rows, count):
        found.append(piece.filter(is_wanted).head(most).collect())
        most -= found[-1].height
        if most <= 0:
            break
    return pl.concat(found)


def original_columns(rows: pl.LazyFrame) -> list[str]:
    """The names of the source columns, in order; a run of several sources has the union of theirs."""
    return [name.removeprefix(RAW) for name in rows.collect_schema() if name.startswith(RAW)]


def our_names(originals: list[str]) -> dict[str, str]:
    """``OUR_COLUMNS`` and the name each has in a file: behind ``importer_`` where a source column has that name."""
    taken = set(originals)
    names = {}
    for column in OUR_COLUMNS:
        name = column
        while name in taken:
            name = f"importer_{name}"
        names[column] = name
    return names


def shown(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows as a report shows them: the original columns under their own names, then ours."""
    originals = original_columns(rows)
    return rows.select(
        *(pl.col(RAW + name).alias(name) for name in originals),
        *(pl.col(column).alias(name) for column, name in our_names(originals).items()),
    )


def new_file(folder: Path, name: str) -> AbstractContextManager[Path]:
    """A path to write to, which becomes ``folder/name`` at the end; see ``importer.system.new_file``."""
    return files.new_file(folder / name, f"What the import did is safe in the ledger. {way_out(folder)}")
