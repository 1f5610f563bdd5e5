"""Suppression: numbers that must never be sent."""

import polars as pl

from importer.frames import settle
from importer.models.outcomes import Reason


class Suppress:
    """Needs ``phone``. Settles rows whose number is on the list as ``suppressed``.

    Args:
        phones: String, E.164.
    """

    def __init__(self, phones: pl.Series) -> None:
        self._phones = phones.unique()

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._phones.is_empty():
            return frame
        listed = pl.col("phone").is_in(self._phones.implode())
        return settle(frame, Reason.SUPPRESSED, listed, "the number is on the suppression list")
