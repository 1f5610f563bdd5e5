"""Suppression: numbers that must never be sent."""

from dataclasses import dataclass, field

import polars as pl

from importer.models.frames import settle
from importer.models.number_set import NumberSet
from importer.models.outcomes import Reason

ON_LIST = "the number is on the suppression list"
ADDED = "the number was added to the suppression list after the run began"
FORGOTTEN = "the number was forgotten (importer forget), so it is not imported again"


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Numbers that a run must not send.

    Attributes:
        at_start: those that were on its lists when it began.
        since: those that were added while it was stopped; some of ``at_start`` may be among them.
        forgotten: those of people whose data was removed.
    """

    at_start: NumberSet = field(default_factory=NumberSet)
    since: NumberSet = field(default_factory=NumberSet)
    forgotten: NumberSet = field(default_factory=NumberSet)

    @property
    def on_lists(self) -> NumberSet:
        """Return those that are or were on a list."""
        return self.at_start.joined(self.since)

    @property
    def numbers(self) -> NumberSet:
        """Return all of them."""
        return self.on_lists.joined(self.forgotten)


def worded(suppressed: Suppressed) -> dict[str, NumberSet]:
    """Return the numbers by what is said of them; of a number that is in several, the first says it."""
    return {ON_LIST: suppressed.at_start, ADDED: suppressed.since, FORGOTTEN: suppressed.forgotten}


class Suppress:
    """Needs ``phone``. Settles rows whose number must not be sent as ``suppressed``, and says why."""

    def __init__(self, suppressed: Suppressed) -> None:
        self._by_words = worded(suppressed)

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        for words, numbers in self._by_words.items():
            if not numbers.is_empty:
                frame = settle(frame, Reason.SUPPRESSED, pl.lit(numbers.has(frame["phone"])), words)
        return frame
