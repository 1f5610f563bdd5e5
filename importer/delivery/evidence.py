"""The records by which ``dating`` judges: requests as our clocks saw them, contacts' dates, and how clocks differ.

All times in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from importer.targets import Found

_UNITS = (86_400.0, 3_600.0, 60.0, 1.0)
_FINEST_S = 0.001


@dataclass(frozen=True, slots=True)
class Request:
    """One request as our clocks saw it.

    Attributes:
        number: in the order in which requests began.
        begun: when it began, on the clock in use (monotonic or wall); None if it cannot be placed on that, or if its
            own time must not be used.
        wall: the same moment by our wall clock.
        seconds: until its answer had come, or was given up; None if that is not known.
        date: the answer's own ``Date``; None if it has none.
    """

    number: int
    begun: float | None
    wall: float
    seconds: float | None
    date: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that made contacts, and the contacts that the list shows for each of its numbers.

    ``made`` is how many of them its answer counted as imported without naming them; None if it made them all.
    """

    request: Request
    found: Sequence[Sequence[Found]]
    made: int | None = None


@dataclass(slots=True)
class Dates:
    """The dates that a reading saw, reduced to what judging needs.

    Attributes:
        newest: the latest.
        grain: the coarsest unit of time that all are whole numbers of. A single date at a whole minute may be there by
            chance (once in sixty) or because the list is cut to minutes; it counts as cut to minutes.
        are_zoned: True if each date gave its zone.
    """

    newest: float = float("-inf")
    # The coarsest unit, until a date shows a finer one: a grain taken too fine would make false claims.
    grain: float = _UNITS[0]
    are_zoned: bool = True

    def note(self, contact: Found) -> None:
        """Take in the date of one more contact; an undated contact changes nothing."""
        if (created := contact.created_at) is None:
            return
        self.newest = max(self.newest, created)
        self.grain = next((unit for unit in _UNITS if unit <= self.grain and created % unit == 0), _FINEST_S)
        self.are_zoned &= contact.has_zone


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that the difference of two clocks can be, seconds."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Return the seconds between the ends; negative if the span is impossible."""
        return self.high - self.low

    def wider(self, by: float) -> "Span":
        """Return the span with ``by`` seconds more on either side."""
        return Span(self.low - by, self.high + by)

    def hull(self, other: "Span") -> "Span":
        """Return the smallest span that holds both, and all between them."""
        return Span(min(self.low, other.low), max(self.high, other.high))

    def gap(self, other: "Span") -> float:
        """Return the seconds between the two spans; 0 or less if they meet."""
        return max(self.low, other.low) - min(self.high, other.high)


@dataclass(frozen=True, slots=True)
class Witness:
    """Bounds of C - ours (``dating``) at some moment between ``begun`` and ``ended`` of the request ``number``."""

    number: int
    begun: float
    ended: float
    span: Span


@dataclass(frozen=True, slots=True)
class Calibration:
    """The difference between the clock of the list's dates and a clock of ours, as witnesses bound it.

    Attributes:
        witnesses: at least one; all agree with each other.
        grain: seconds by which a date may have been cut.
        needs_both: a witness is needed on either side of a request, because the ``Date`` header goes by another clock,
            or our clock may have been set.
    """

    witnesses: tuple[Witness, ...]
    grain: float
    needs_both: bool
