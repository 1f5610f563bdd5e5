"""Reconciliation: every row that was sent, or should have been, gets its outcome."""

from typing import Any

import polars as pl

from importer.models.frames import OUTCOME, REASON, is_open, settle
from importer.models.outcomes import Reason


class Reconcile:
    """Needs ``batch``, ``offset`` and ``contact_id``; settles every row that is still open, and fills ``contact_id``.

    Lazy, because here all rows of a run come together and they need not fit into memory.

    Args:
        batches: ``batch``, ``outcome``, ``reason``, ``detail``: the verdict on all rows of a batch; null if the API
            gave none for the batch as a whole.
        rows: ``batch``, ``offset``, ``outcome``, ``reason``, ``detail``, ``contact_id``: verdicts on single rows; they
            beat the batch's.
        otherwise: the reason and detail of rows that have neither (``not-sent``, or ``ready`` in a dry run).
    """

    def __init__(self, batches: pl.DataFrame, rows: pl.DataFrame, otherwise: tuple[Reason, str]) -> None:
        self._batches = batches.select("batch", *_verdict("batch"))
        self._rows = rows.select("batch", "offset", *_verdict("row"), pl.col("contact_id").cast(pl.String))
        self._otherwise = otherwise

    def __call__(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """Return the frame with the outcomes of the rows that were sent; all other rows stay as they are."""
        known = frame
        # Rows first: what the API said of a row beats what holds for its batch, and settles only rows that are open.
        if not self._rows.is_empty():
            known = known.drop("contact_id").join(self._rows.lazy(), on=["batch", "offset"], **_LEFT)
            known = _settled(known, "row")
        known = _settled(known.join(self._batches.lazy(), on="batch", **_LEFT), "batch")
        reason, detail = self._otherwise
        return settle(known, reason, pl.lit(value=True), detail)


_LEFT: Any = {"how": "left", "maintain_order": "left"}


def _settled(frame: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """Settle the open rows that have a verdict, of the row or of its batch (``by``); leave the others open."""
    says = is_open() & pl.col(f"{by}_reason").is_not_null()
    names = ("outcome", "reason", "detail")
    settled = frame.with_columns(pl.when(says).then(f"{by}_{name}").otherwise(name).alias(name) for name in names)
    return settled.drop(f"{by}_{name}" for name in names)


def _verdict(of: str) -> list[pl.Expr]:
    return [
        pl.col("outcome").cast(OUTCOME).alias(f"{of}_outcome"),
        pl.col("reason").cast(REASON).alias(f"{of}_reason"),
        pl.col("detail").cast(pl.String).alias(f"{of}_detail"),
    ]
