"""Suppression: numbers that must never be sent."""

from dataclasses import dataclass, field

import polars as pl

from importer.models.frames import settle
from importer.models.outcomes import Reason

ON_LIST = "the number is on the suppression list"
ADDED = "the number was added to the suppression list after the run began"


def _none() -> pl.Series:
    return pl.Series(dtype=pl.String)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Numbers that a run must not send: String, E.164, no number twice.

    Attributes:
        at_start: those that were on its lists when it began.
        since: those that were added while it was stopped.
    """

    at_start: pl.Series = field(default_factory=_none)
    since: pl.Series = field(default_factory=_none)

    @property
    def numbers(self) -> pl.Series:
        """Return all of them."""
        return pl.concat([self.at_start, self.since])


class Suppress:
    """Needs ``phone``. Settles rows whose number is on a list as ``suppressed``, and says where it came to it late."""

    def __init__(self, suppressed: Suppressed) -> None:
        self._by_words = {ON_LIST: suppressed.at_start, ADDED: suppressed.since}

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        for words, phones in self._by_words.items():
            if not phones.is_empty():
                frame = settle(frame, Reason.SUPPRESSED, pl.col("phone").is_in(phones.implode()), words)
        return frame
