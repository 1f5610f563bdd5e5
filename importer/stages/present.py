"""The numbers that the account holds already, if its list was read before anything is sent."""

import polars as pl

from importer.models.frames import settle
from importer.models.outcomes import Reason

_DETAIL = "the account's list showed the number before anything was sent, so the row was not sent"


class Present:
    """Needs ``phone``. Settles numbers that the account holds as ``skipped-by-api``.

    Duplicates must be settled before: the list that a resumed run reads holds what the run itself has created.

    Args:
        phones: String, E.164.
    """

    def __init__(self, phones: pl.Series) -> None:
        self._phones = phones

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        if self._phones.is_empty():
            return frame
        return settle(frame, Reason.SKIPPED_BY_API, pl.col("phone").is_in(self._phones.implode()), _DETAIL)
