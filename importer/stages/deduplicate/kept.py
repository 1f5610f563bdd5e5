"""The survivor of each number, as a table, and what it means for the other rows."""

import polars as pl

from importer.models.frames import is_open, settle
from importer.models.outcomes import Reason

KEPT = {
    "number": pl.UInt64,  # E.164 without the +: at most 15 digits (ITU-T E.164), 8 bytes where text takes 30
    "kept_position": pl.UInt32,
    "kept_source": pl.Categorical,
    "kept_sheet": pl.Categorical,
    "kept_row": pl.UInt32,
}
"""The survivor of each number: some 30 bytes."""


def number() -> pl.Expr:
    """Return ``phone`` as ``KEPT`` has it; null if there is none."""
    return pl.col("phone").str.slice(1).cast(pl.UInt64)


def as_kept() -> list[pl.Expr]:
    """Return the columns of ``KEPT``, from those of rows with ``number``."""
    return [
        pl.col("number"),
        pl.col("position").alias("kept_position"),
        pl.col("source").cast(pl.Categorical).alias("kept_source"),
        pl.col("sheet").cast(pl.Categorical).alias("kept_sheet"),
        pl.col("row").alias("kept_row"),
    ]


def settle_duplicates(frame: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame``, which has ``number``, with every open row settled whose number has another row in ``kept``.

    ``number`` goes; ``kept_source``, ``kept_sheet`` and ``kept_row`` come, null in all other rows.
    """
    # In the file's order: batches and positions count on it.
    joined = frame.join(kept, on="number", how="left", maintain_order="left")
    is_duplicate = is_open() & (pl.col("kept_position") != pl.col("position")).fill_null(value=False)
    settled = settle(joined, Reason.DUPLICATE_IN_FILE, is_duplicate, _same_as())
    is_named = pl.col("reason") == Reason.DUPLICATE_IN_FILE.value
    return settled.with_columns(
        pl.when(is_named).then(pl.col(name).cast(dtype)).alias(name)
        for name, dtype in (("kept_source", pl.String), ("kept_sheet", pl.String), ("kept_row", pl.UInt32))
    ).drop("number", "kept_position")


def _same_as() -> pl.Expr:
    sheet = pl.when(pl.col("kept_sheet").is_not_null()).then(
        pl.concat_str(pl.lit(", sheet "), pl.col("kept_sheet").cast(pl.String))
    )
    return pl.concat_str(
        pl.lit("same number as row "),
        pl.col("kept_row"),
        pl.lit(" of "),
        pl.col("kept_source").cast(pl.String),
        sheet.fill_null(""),
    )
