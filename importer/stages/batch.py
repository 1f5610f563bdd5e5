"""Batches: which request a row will travel in."""

import polars as pl

from importer.models.frames import is_open


class Batch:
    """Adds ``batch`` (UInt32?, starts at 1) and ``offset`` (UInt32?, starts at 0) to every open row, in order.

    Args:
        size: contacts in a batch.
        given: rows that were numbered before the first of these.
    """

    def __init__(self, size: int, given: int = 0) -> None:
        self._size = size
        self._given = given

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        place = is_open().cum_sum() - 1 + self._given
        numbered = frame.with_columns(
            batch=pl.when(is_open()).then(place // self._size + 1).cast(pl.UInt32),
            offset=pl.when(is_open()).then(place % self._size).cast(pl.UInt32),
        )
        self._given += numbered["batch"].count()
        return numbered

    @property
    def full(self) -> int:
        """Return how many batches can get no further row."""
        return self._given // self._size

    @property
    def sizes(self) -> list[int]:
        """Return the rows of every batch so far, the first batch first; only the last one may be short."""
        return [self._size] * self.full + ([self._given % self._size] if self._given % self._size else [])

    def restore(self, staged: pl.LazyFrame) -> None:
        """Go on after ``staged``, the rows that an interrupted run had prepared."""
        self._given = staged.select(pl.col("batch").count()).collect().item()
