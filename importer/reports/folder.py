"""The rows of a run's folder as its reports need them, and new files in it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import polars as pl

from importer.models.frames import RAW
from importer.models.outcomes import Outcome, Reason
from importer.reports.wording import suppressed_by
from importer.storage.run_folder import RunFolder, way_out
from importer.storage.summary import Summary
from importer.system import new_file as files

ROWS_FILE = "rows.parquet"
REVIEW_FILE = "review.parquet"
WORKBOOK_ROWS = 5_000
"""Rows that a sheet holds unless full workbooks were asked for: more than people scroll through."""

ON_LISTS = "suppression list"
"""What the details of rows say that a list holds back."""

PIECE_ROWS = 1 << 15
_PIECE_CELLS = 8 << 20
"""Cells of a piece at most; each takes 16 bytes at least."""

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
"""Columns that a report adds to a row's own."""


def scan_rows(folder: Path) -> pl.LazyFrame:
    """Return the run's rows (``importer.models.frames``) lazily; ``outcome`` and ``reason`` are String.

    Raises:
        StoppedError: the file is damaged or gone.
    """
    return RunFolder(folder).settled_rows()


def piece_rows(rows: pl.LazyFrame) -> int:
    """Return how many rows to work on at a time, which is also the row group of ``rows.parquet``."""
    return min(PIECE_ROWS, max(1, _PIECE_CELLS // len(rows.collect_schema())))


def in_pieces(rows: pl.LazyFrame, count: int, groups: int = 1) -> Iterator[pl.LazyFrame]:
    """Yield the first ``count`` rows in pieces, so that they need not be in memory together; at least one piece.

    A piece is so many row ``groups`` of ``rows.parquet``.
    """
    most = groups * piece_rows(rows)
    # At least one piece, if empty: callers take the columns from it.
    for start in range(0, max(count, 1), most):
        yield rows.slice(start, most)


def has_outcome(outcome: Outcome) -> pl.Expr:
    """Return the condition that a row has this outcome."""
    return pl.col("outcome") == outcome.value


def first_rows(rows: pl.LazyFrame, is_wanted: pl.Expr, most: int, count: int) -> pl.DataFrame:
    """Return the first ``most`` wanted rows of ``count``; read nothing behind the last of them."""
    found: list[pl.DataFrame] = []
    for piece in in_pieces(rows, count):
        found.append(piece.filter(is_wanted).head(most).collect())
        most -= found[-1].height
        if most <= 0:
            break
    return pl.concat(found)


def original_columns(rows: pl.LazyFrame) -> list[str]:
    """Return the names of the source columns in order; for several sources the union of theirs."""
    return [name.removeprefix(RAW) for name in rows.collect_schema() if name.startswith(RAW)]


def phone_as_read(summary: Summary, columns: Iterable[str]) -> pl.Expr:
    """Return what a row's phone columns hold as read, the first that has something; null if none has.

    Args:
        summary: of the run; it says which columns of each source are phones.
        columns: that the frame has.
    """
    there = {name.removeprefix(RAW) for name in columns if name.startswith(RAW)}
    phones: dict[tuple[str, str | None], dict[str, None]] = {}
    for source in summary.sources:
        mapped = (column for column in source.mapping.get("phone", []) if column in there)
        phones.setdefault((source.file, source.sheet), {}).update(dict.fromkeys(mapped))
    sheets: dict[tuple[str, ...], dict[str, list[str | None]]] = {}
    for (file, sheet), own in phones.items():
        sheets.setdefault(tuple(own), {}).setdefault(file, []).append(sheet)
    cells = [
        pl.when(_is_of(files)).then(first_filled([pl.col(RAW + column) for column in own]))
        for own, files in sheets.items()
        if own
    ]
    if not cells:
        return pl.lit(None, pl.String)
    as_read = pl.concat_str(cells, ignore_nulls=True)  # a row is of one sheet: one of them has something, or none
    return pl.when(as_read != "").then(as_read)


def _is_of(sheets: Mapping[str, Sequence[str | None]]) -> pl.Expr:
    """Return the condition that a row is of one of these sheets, by file; a file without sheets has None.

    Tables whose columns have the same names share it: a condition for each of hundreds takes gigabytes.
    """
    plain = [file for file, names in sheets.items() if None in names]
    books = [
        (pl.col("source") == file) & pl.col("sheet").is_in([name for name in names if name is not None])
        for file, names in sheets.items()
        if any(name is not None for name in names)
    ]
    return pl.any_horizontal(pl.col("source").is_in(plain) & pl.col("sheet").is_null(), *books).fill_null(value=False)


def first_filled(cells: Sequence[pl.Expr]) -> pl.Expr:
    """Return the first of these texts that has something; null if none has.

    As ``pl.coalesce``, which may take gigabytes for 100,000 rows of which fifty have a cell of 100,000 letters.
    """
    # Side by side, not one in the other: each level would name the one below four times.
    first, is_none = [], pl.lit(value=True)
    for cell in cells:
        first.append(pl.when(is_none).then(cell))
        is_none &= cell.fill_null("") == ""
    filled = pl.concat_str(first, ignore_nulls=True)
    return pl.when(filled != "").then(filled)


def our_names(originals: list[str]) -> dict[str, str]:
    """Return each of ``OUR_COLUMNS`` with its name in a file: ``importer_…`` if a source column has that name."""
    taken = set(originals)
    names = {}
    for column in OUR_COLUMNS:
        name = column
        while name in taken:
            name = f"importer_{name}"
        names[column] = name
    return names


def detail(summary: Summary) -> pl.Expr:
    """Return the column ``detail`` as reports show it: of rows that a suppression list holds back with the lists."""
    lists = suppressed_by(summary)
    if not lists:
        return pl.col("detail")
    # Not of numbers that were forgotten, which no list holds.
    is_listed = (pl.col("reason") == Reason.SUPPRESSED.value) & pl.col("detail").str.contains(ON_LISTS, literal=True)
    return pl.when(is_listed).then(pl.col("detail") + f" ({lists})").otherwise("detail").alias("detail")


def shown(rows: pl.LazyFrame, summary: Summary) -> pl.LazyFrame:
    """Return the rows as a report shows them: the original columns under their own names, then ours."""
    originals = original_columns(rows)
    return rows.with_columns(detail(summary)).select(
        *(pl.col(RAW + name).alias(name) for name in originals),
        *(pl.col(column).alias(name) for column, name in our_names(originals).items()),
    )


def new_file(folder: Path, name: str) -> AbstractContextManager[Path]:
    """Open a path to write to, which becomes ``folder/name`` at the end; see ``importer.system.new_file``."""
    return files.new_file(folder / name, f"What the import did is safe in the ledger. {way_out(folder)}")
