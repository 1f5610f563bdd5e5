"""Reconciliation: every row that was sent, or should have been, gets its outcome."""

import polars as pl

from importer.frames import OUTCOME, REASON, is_open, settle
from importer.models import Reason


class Reconcile:
    """Needs ``batch``, ``offset`` and ``contact_id``; settles every row that is still open, and fills ``contact_id``.

    Lazy, because here all rows of a run come together and they need not fit into memory.

    Args:
        batches: ``batch``, ``outcome``, ``reason``, ``detail``: what holds for all rows of a batch; null where the API
            said nothing for the batch as a whole.
        rows: ``batch``, ``offset``, ``outcome``, ``reason``, ``detail``, ``contact_id``: what was said of single rows;
            it beats what holds for the batch.
        otherwise: the reason and detail of a row of which neither speaks (``not-sent``, or ``ready`` in a dry run).
    """

    def __init__(self, batches: pl.DataFrame, rows: pl.DataFrame, otherwise: tuple[Reason, str]) -> None:
        self._batches = batches.lazy().select("batch", *_verdict("batch"))
        self._rows = rows.lazy().select("batch", "offset", *_verdict("row"), pl.col("contact_id").cast(pl.String))
        self._otherwise = otherwise

    def __call__(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        known = frame.drop("contact_id").join(self._batches, on="batch", how="left", maintain_order="left")
        known = known.join(self._rows, on=["batch", "offset"], how="left", maintain_order="left")
        has_row, has_batch = pl.col("row_reason").is_not_null(), pl.col("batch_reason").is_not_null()
        answered = known.with_columns(
            pl.when(is_open() & has_row)
            .then(f"row_{name}")
            .when(is_open() & has_batch)
            .then(f"batch_{name}")
            .otherwise(name)
            .alias(name)
            for name in ("outcome", "reason", "detail")
        ).drop(pl.selectors.matches("^(row|batch)_(outcome|reason|detail)$"))
        reason, detail = self._otherwise
        return settle(answered, reason, pl.lit(value=True), detail)


def _verdict(of: str) -> list[pl.Expr]:
    return [
        pl.col("outcome").cast(OUTCOME).alias(f"{of}_outcome"),
        pl.col("reason").cast(REASON).alias(f"{of}_reason"),
        pl.col("detail").cast(pl.String).alias(f"{of}_detail"),
    ]
