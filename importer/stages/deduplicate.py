"""Duplicates within a run: the first row of a number survives, the others name it."""

import polars as pl

from importer.frames import is_open, settle
from importer.models import Reason

_KEPT = {
    "number": pl.UInt64,  # E.164 without the +: at most 15 digits (ITU-T E.164), 8 bytes where text takes 30
    "kept_position": pl.UInt32,
    "kept_source": pl.Categorical,
    "kept_sheet": pl.Categorical,
    "kept_row": pl.UInt32,
}


class Deduplicate:
    """Needs the columns of the row's place and ``phone``; adds ``kept_source``, ``kept_sheet`` and ``kept_row``.

    Settles every open row but the first of its number, over all frames given so far, as ``duplicate-in-file``. About 30
    bytes stay in memory for each different number.
    """

    def __init__(self) -> None:
        self._kept = pl.DataFrame(schema=_KEPT)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        numbered = frame.with_columns(number=_number(pl.col("phone")))
        firsts = self.remember(numbered.filter(is_open() & pl.col("number").is_not_null()))
        joined = numbered.join(firsts, on="number", how="left", maintain_order="left")
        is_duplicate = is_open() & (pl.col("kept_position") != pl.col("position")).fill_null(value=False)
        settled = settle(joined, Reason.DUPLICATE_IN_FILE, is_duplicate, _same_as())
        is_named = pl.col("reason") == Reason.DUPLICATE_IN_FILE.value
        return settled.with_columns(
            pl.when(is_named).then(pl.col(name).cast(dtype)).alias(name)
            for name, dtype in (("kept_source", pl.String), ("kept_sheet", pl.String), ("kept_row", pl.UInt32))
        ).drop("number", "kept_position")

    def remember(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Keep the first of each number in ``rows`` that was not kept before; returns the survivor of each number."""
        firsts = rows.unique("number", keep="first", maintain_order=True).select(
            "number",
            pl.col("position").alias("kept_position"),
            pl.col("source").cast(pl.Categorical).alias("kept_source"),
            pl.col("sheet").cast(pl.Categorical).alias("kept_sheet"),
            pl.col("row").alias("kept_row"),
        )
        # The hash table is built on the right side, so the side that grows stays on the left.
        known = self._kept.join(firsts, on="number", how="semi")
        fresh = firsts.join(known, on="number", how="anti", maintain_order="left")
        self._kept = pl.concat([self._kept, fresh])
        return pl.concat([known, fresh])

    def restore(self, staged: pl.LazyFrame) -> None:
        """Go on after ``staged``, the rows that an interrupted run had prepared."""
        survivors = staged.filter(
            pl.col("phone").is_not_null()
            & pl.col("reason").cast(pl.String).is_in([r.value for r in _LOSERS]).not_().fill_null(value=True)
        )
        rows = survivors.select("position", "source", "sheet", "row", number=_number(pl.col("phone"))).collect()
        self.remember(rows)


_LOSERS = (Reason.DUPLICATE_IN_FILE, Reason.SUPPRESSED)


def _number(phone: pl.Expr) -> pl.Expr:
    return phone.str.slice(1).cast(pl.UInt64)


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
