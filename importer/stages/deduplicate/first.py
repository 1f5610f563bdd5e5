"""The first row of a number survives; the others name it."""

import polars as pl

from importer.models.frames import is_open
from importer.models.outcomes import Reason
from importer.stages.deduplicate.kept import KEPT, as_kept, number, settle_duplicates


class Deduplicate:
    """Needs the columns of the row's place and ``phone``; adds ``kept_source``, ``kept_sheet`` and ``kept_row``.

    Settles every open row but the first of its number, over all frames given so far, as ``duplicate-in-file``. About 30
    bytes stay in memory for each different number.
    """

    def __init__(self) -> None:
        self._kept = pl.DataFrame(schema=KEPT)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        numbered = frame.with_columns(number=number())
        firsts = self.remember(numbered.lazy().filter(is_open() & pl.col("number").is_not_null()))
        return settle_duplicates(numbered, firsts)

    def remember(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Keep the first of each number in ``rows`` that was not kept before; returns the survivor of each number."""
        firsts = rows.select(as_kept()).unique("number", keep="first", maintain_order=True).collect()
        # The hash table is built on the right side, so the side that grows stays on the left.
        known = self._kept.join(firsts, on="number", how="semi")
        fresh = firsts.join(known, on="number", how="anti", maintain_order="left")
        self._kept = pl.concat([self._kept, fresh])
        return pl.concat([known, fresh])

    def restore(self, staged: pl.LazyFrame) -> None:
        """Go on after ``staged``, the rows that an interrupted run had prepared."""
        # Suppressed rows have a number, too, but were settled before they came here: they survived nobody.
        survivors = staged.filter(
            pl.col("phone").is_not_null()
            & pl.col("reason").cast(pl.String).is_in([r.value for r in _LOSERS]).not_().fill_null(value=True)
        )
        self.remember(survivors.with_columns(number=number()))


_LOSERS = (Reason.DUPLICATE_IN_FILE, Reason.SUPPRESSED)
