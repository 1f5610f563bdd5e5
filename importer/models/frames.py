"""The columns that the stages share, and the three things a stage may do to a row: settle, note, leave alone.

A frame has one line per source row from the reader to the report. No stage removes or reorders lines.

========================================  ========  ====================================================================
column                                    dtype     meaning
========================================  ========  ====================================================================
from a reader
``row``                                   UInt32    as a spreadsheet shows it; a plain file's header is 1
``line``                                  UInt32    physical line on which the row starts; equals ``row`` in workbooks
``problem``                               String?   why the row is malformed, without cell values
``extra_cells``                           String?   JSON list of the cells past the last column
``raw:<column>``                          String?   each cell as read; null where it is empty
from the pipeline
``position``                              UInt32    starts at 0 over the whole run
``source``, ``sheet``                     String,?  ``Source.file`` and ``Source.sheet``
``outcome``, ``reason``                   Enum?     null until the row is settled
``detail``                                String?   the reason in words, for this row
``changes``                               String?   what the stages changed, as ``field:rule`` joined by ``; ``
from ``map``, until ``metadata``
``first_name``, ``last_name``,
``full_name``, ``email``                  String?   the cells of the mapped columns
``region``                                String?   ISO 3166 alpha-2, from the country column; null if it names
                                                    none, ``ZZ`` if the name is not understood
``phone:<column>``                        String?   phone candidates, first choice first
``meta:<column>``                         String?   cells that are sent as metadata
from the later stages
``phone``                                 String?   E.164
``metadata``                              String?   JSON object of text values; null if there is none
``kept_source``, ``kept_sheet``           String?   for a duplicate: file and sheet of the surviving row
``kept_row``                              UInt32?   and its ``row``
``batch``, ``offset``                     UInt32?   the batch, starting at 1, and the index in it, starting at 0
``contact_id``                            String?   null if the API did not return it
========================================  ========  ====================================================================
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import polars as pl

from importer.models.outcomes import REASONS, Outcome, Reason
from importer.models.sources import Source

OUTCOME = pl.Enum([o.value for o in Outcome])
REASON = pl.Enum([r.value for r in Reason])

RAW = "raw:"
PHONE = "phone:"
META = "meta:"

OURS = "importer: "
"""Prefix of the columns that a retry file adds to the list's own; they hold no contact data."""

BELOW_REFUSAL = "a row below a heading of people who are not to be contacted"
"""The ``problem`` of an intact row under a heading such as "Do not call": that person refused."""

_CELLS_AT_ONCE = 4 << 20
_LONG = 32
"""Rows of a frame for each of its columns above which it is searched column by column, without a copy."""
_SHORT = 1_000
"""Rows of a piece of a column below which a copy costs less than the piece does."""
CELL_BYTES = 8
"""Least size of a cell: an empty one takes 16 bytes too, but is copied less than text is."""

RUN_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "position": pl.UInt32,
    "source": pl.String,
    "sheet": pl.String,
    "row": pl.UInt32,
    "line": pl.UInt32,
    "outcome": OUTCOME,
    "reason": REASON,
    "detail": pl.String,
    "phone": pl.String,
    "first_name": pl.String,
    "last_name": pl.String,
    "email": pl.String,
    "metadata": pl.String,
    "kept_source": pl.String,
    "kept_sheet": pl.String,
    "kept_row": pl.UInt32,
    "batch": pl.UInt32,
    "offset": pl.UInt32,
    "contact_id": pl.String,
    "changes": pl.String,
    "extra_cells": pl.String,
}
"""The columns of a prepared frame, in the order of ``rows.parquet``; the ``raw:`` columns follow them."""


def begin(chunk: pl.DataFrame, source: Source, position: int) -> pl.DataFrame:
    """Return a reader's chunk with the columns that the stages fill; ``position`` is the number of its first row."""
    return chunk.with_row_index("position", position).with_columns(
        pl.col("position").cast(pl.UInt32),
        source=pl.lit(source.file),
        sheet=pl.lit(source.sheet, pl.String),
        outcome=pl.lit(None, OUTCOME),
        reason=pl.lit(None, REASON),
        detail=pl.lit(None, pl.String),
        changes=pl.lit(None, pl.String),
    )


def is_open() -> pl.Expr:
    """Return an expression that is true for rows without an outcome."""
    return pl.col("reason").is_null()


Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)


def settle(frame: Frame, reason: Reason, when: pl.Expr, detail: pl.Expr | str) -> Frame:
    """Give open rows that match ``when`` this reason, its outcome and ``detail``; all others stay as they are."""
    # The first reason wins: a settled row is never settled again, whatever the order of later stages.
    hit = is_open() & when.fill_null(value=False)
    text = pl.lit(detail) if isinstance(detail, str) else detail
    return frame.with_columns(
        outcome=pl.when(hit).then(pl.lit(REASONS[reason].outcome.value, OUTCOME)).otherwise("outcome"),
        reason=pl.when(hit).then(pl.lit(reason.value, REASON)).otherwise("reason"),
        detail=pl.when(hit).then(text).otherwise("detail"),
    )


def noted(rules: Iterable[tuple[str, pl.Expr]]) -> pl.Expr:
    """Return the ``changes`` column with each ``field:rule`` appended to the rows that match its condition."""
    rules = list(rules)
    texts = [pl.when(condition).then(pl.lit(code)) for code, condition in rules]
    is_changed = pl.any_horizontal(pl.col("changes").is_not_null(), *(condition for _, condition in rules))
    joined = pl.concat_str(pl.col("changes"), *texts, separator="; ", ignore_nulls=True)
    # `concat_str` gives "" if all its parts are null; without this guard untouched rows would get "" for null.
    return pl.when(is_changed).then(joined).alias("changes")


def with_prefix(frame: pl.DataFrame, prefix: str) -> list[str]:
    """Return the names of the frame's columns that start with ``prefix``, in order."""
    return [name for name in frame.columns if name.startswith(prefix)]


def columns_of(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Return the columns that start with ``prefix``, uncopied: a `select` of thousands of columns is slow."""
    return pl.DataFrame([column for column in frame.get_columns() if column.name.startswith(prefix)])


def size_bytes(frame: pl.DataFrame) -> int:
    """Return the size of a frame as far as memory is planned with: its text, and something for each cell.

    ``estimated_size`` counts no more than the letters of text: next to nothing for thousands of columns.
    """
    return max(int(frame.estimated_size()), CELL_BYTES * frame.width * frame.height)


def without_short_pieces(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame, copied into one piece if its columns are in many: each costs time in every later step."""
    return frame.rechunk() if frame.n_chunks() > 1 and frame.n_chunks() * _SHORT > frame.height else frame


def holding(frame: pl.DataFrame, names: Sequence[str], pattern: str) -> list[str]:
    """Return the text columns with at least one cell that matches the pattern.

    Many short columns are searched as one, of some rows at a time: a query of thousands of columns is slow.
    """
    if not names:
        return []
    if frame.height > _LONG * len(names):
        has_one = frame.select(pl.col(names).str.contains(pattern).any()).row(0)
        return [name for name, is_found in zip(names, has_one, strict=True) if is_found]
    found = set[int]()
    for rows in frame.select(names).iter_slices(max(1, _CELLS_AT_ONCE // len(names))):
        hits = rows.unpivot()["value"].str.contains(pattern).arg_true()
        found.update((hits // rows.height).unique())
    return [names[place] for place in sorted(found)]


def cells_of(frame: pl.DataFrame, names: Sequence[str]) -> pl.Series:
    """Return the cells of text columns as one column, those of the first column first."""
    return frame.select(names).unpivot()["value"]


def in_rows_of_few(is_filled: pl.Series, rows: int, most: int) -> tuple[list[int], list[int]]:
    """Return the filled cells of the rows with 1 to ``most`` of them, row by row: of each, its row and its index.

    ``is_filled`` (Boolean) tells it of a frame's cells in the order of ``cells_of``; an expression for each of
    thousands of columns takes a second.
    """
    table = is_filled.to_numpy().reshape(-1, rows)
    few = (table.sum(axis=0) <= most).nonzero()[0]
    places, columns = table[:, few].T.nonzero()
    return few[places].tolist(), (columns * rows + few[places]).tolist()


def json_text(column: pl.Expr) -> pl.Expr:
    """Return a text column as quoted JSON strings, escaped; null stays null."""
    return quoted(escaped(column))


def escaped(column: pl.Expr) -> pl.Expr:
    """Return a text column with the escapes that RFC 8259 section 7 demands within a JSON string's quotes."""
    return column.str.replace_many(_ESCAPES)


def quoted(column: pl.Expr) -> pl.Expr:
    """Return a text column as quoted JSON strings without escaping; only for columns not in ``needs_escapes``."""
    return pl.concat_str(pl.lit('"'), column, pl.lit('"'))


def needs_escapes(frame: pl.DataFrame, names: Iterable[str]) -> set[str]:
    """Return the text columns with a cell that JSON demands to escape."""
    return set(holding(frame, list(names), r'["\\\x00-\x1f]'))


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"} | {
    chr(code): f"\\u{code:04x}" for code in range(0x20) if chr(code) not in "\n\r\t"
}
