"""Whose a contact is, by dates: a request's own, or somebody's before it. Pure functions; all times in seconds.

``createdAt`` is read off a clock (C) of which nothing is promised: not that it is the ``Date`` header's clock (D), nor
that it shows UTC, nor how it is rounded. Nothing is judged before *samples* have shown how C stands to other clocks:
contacts that are alone with their number and certainly were made by a request of ours, because all that it carried was
imported (or, of an answer that counted and named nobody, as many are dated near it as it counted, and all others are
older). A sample dated ``c``, whose request was begun at ``b`` and answered by ``a``, says

    C - ours  in  [c - a, c + g - b]
    C - D     in  [c - Date - 1 - (a - b), c + g - Date + (a - b)]     a ``Date`` is cut to the second

``g`` is the grain of the dates (1 ms, 1 s, 1 min …), read off all dates that were seen; C is taken as cut down to it,
because one that rounds up, or to the nearest, is the same clock put forward. "Ours" is the monotonic clock; across
starts of the machine, and where that says nothing, the wall clock, which then may have been set by up to 5 s.

*One clock.* Where the dates have a zone, the samples agree on C - D, and that holds 0 (to ``g``: one that rounds up),
C is D: every answer with a ``Date`` says C - ours in [Date - a, Date + 1 - b] + (C - D). Samples that are more than
10 s older were there before, kept by an API that updates them, and say nothing (but where repeats are proven to be
skipped there are none such: the clocks are two). *Else* the samples alone say it, and only where repeats are proven to
be skipped, or where our wall clock agrees with C to 2 s: otherwise all may be older ones that were updated.

*Agreement.* All that is said must agree, within what two clocks drift apart in between (1,000 ppm: each is slewed by at
most 500), and no contact may be dated after the moment at which it was read. Else a clock was set, or the clocks are
two, and nothing is judged.

*The bound.* C - ours at ``b`` lies between what the best witness before ``b`` says and the best one after it, whether
the clock drifted or was set once in between. For one clock, where our two clocks went on alike since, none before it is
needed where the request's own answer has a ``Date``, or where the next witness shows C to be right, that is, to agree
with our wall clock to 2 s: that it was wrong and was set right just then is not seen. What is told as older needs a
witness after the last moment at which the request can have arrived, because a clock that is set back dates ours too
early.

*The verdict* on a date ``c``, with C - ours in [lo, hi]: older where c + g < b + lo - 10; ours where c + g >= b + lo,
c >= b + hi - 10, and c + g <= lo + 10 + the last moment at which the request can have arrived. Everything else is open.
So a bound wider than 10 s claims nothing; and what somebody else makes with the same number while our request may
arrive, or before or after that by less than the bound, is taken for ours: no date can tell it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from importer.targets import Found

LEEWAY_S = 10.0
"""An error of more than this never makes a contact ours, and one of less never makes ours older."""

DRIFT = 1e-3
_OWN_CLOCK_S = 2.0
_DATE_S = 1.0
_UNITS = (86_400.0, 3_600.0, 60.0, 1.0)
_FINEST_S = 0.001


class Age(StrEnum):
    """What a date says: made by our request, before it, after it can have arrived; or not told apart."""

    OURS = "ours"
    OLDER = "older"
    LATER = "later"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as our clocks saw it.

    Attributes:
        number: in the order in which requests began.
        begun: on the clock that is gone by; None where it cannot be put on that.
        wall: the same moment by our wall clock.
        seconds: until its answer had come, or was given up; None where that is not known.
        date: the answer's own ``Date``; None where it has none.
    """

    number: int
    begun: float | None
    wall: float
    seconds: float | None
    date: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A request that made contacts, and those that the list shows, for each of its numbers.

    ``made`` is how many of them its answer counted as imported without naming them; None where it made them all.
    """

    request: Request
    found: Sequence[Sequence[Found]]
    made: int | None = None


@dataclass(slots=True)
class Dates:
    """All the dates that a reading saw.

    Attributes:
        newest: the latest.
        grain: the coarsest unit of time that all are whole numbers of. One date alone at a whole minute is so by chance
            once in sixty times, and as likely of a list that is cut to minutes: it counts as that.
        are_zoned: each told its zone.
    """

    newest: float = float("-inf")
    grain: float = _UNITS[0]
    are_zoned: bool = True

    def note(self, contact: Found) -> None:
        """One more contact was seen."""
        if (created := contact.created_at) is None:
            return
        self.newest = max(self.newest, created)
        self.grain = next((unit for unit in _UNITS if unit <= self.grain and created % unit == 0), _FINEST_S)
        self.are_zoned &= contact.has_zone


@dataclass(frozen=True, slots=True)
class Span:
    """The least and the most that a difference of clocks can be."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How much is left open; negative where it cannot be."""
        return self.high - self.low

    def wider(self, by: float) -> "Span":
        """With so much more left open on either side."""
        return Span(self.low - by, self.high + by)

    def hull(self, other: "Span") -> "Span":
        """All between the two."""
        return Span(min(self.low, other.low), max(self.high, other.high))

    def gap(self, other: "Span") -> float:
        """How far apart they are; not above 0 where they meet."""
        return max(self.low, other.low) - min(self.high, other.high)


@dataclass(frozen=True, slots=True)
class Witness:
    """What C - ours was at a moment between ``begun`` and ``ended`` of a request."""

    number: int
    begun: float
    ended: float
    span: Span


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the dates of the list stand to a clock of ours.

    Attributes:
        witnesses: they agree.
        grain: what a date may have been cut by.
        needs_both: a witness is needed on either side of a request: the ``Date`` header goes by another clock, or the
            clock of ours may have been set.
    """

    witnesses: tuple[Witness, ...]
    grain: float
    needs_both: bool


@dataclass(frozen=True, slots=True)
class Window:
    """When a contact of a request can have been created, epoch seconds as the list dates it."""

    older_before: float
    ours_from: float
    ours_until: float
    later_after: float = float("inf")

    def age(self, created: float | None) -> Age:
        """What a contact's date says of it."""
        if created is None:
            return Age.OPEN
        if created < self.older_before:
            return Age.OLDER
        if created > self.later_after:
            return Age.LATER
        return Age.OURS if self.ours_from <= created <= self.ours_until else Age.OPEN


def calibrate(  # noqa: PLR0913 - all that is known, the last two by name
    samples: Iterable[Sample],
    answers: Iterable[Request],
    dates: Dates,
    now: float,
    *,
    slack_s: float = 0.0,
    was_set: bool = False,
    are_repeats_skipped: bool = False,
) -> Calibration | None:
    """How the list's dates stand to a clock of ours; None where nothing may be judged by them.

    Args:
        samples: of requests near those that are in question.
        answers: requests whose answers had a ``Date``, those of the reading among them.
        dates: of all contacts that were seen.
        now: the end of the reading, on the clock that is gone by.
        slack_s: by how much that clock may have been set.
        was_set: that clock, or another one of ours, was set or stood still since the requests in question.
        are_repeats_skipped: a number that is there is proven to be skipped.
    """
    usable = list(_usable(samples, dates.grain))
    shift = None
    if dates.are_zoned:
        shift = _shift(usable, dates.grain, are_repeats_skipped=are_repeats_skipped)
    if shift is not None:
        here = [one for one in usable if (span := _date_span(one, dates.grain)) and span.gap(shift) <= 0]
        witnesses = [_by_sample(one, dates.grain) for one in here]
        witnesses += [_by_date(answer, shift) for answer in answers]
    else:
        certain = [one for one in usable if one.is_certain]
        is_creation = are_repeats_skipped or _are_near_ours(certain, dates.grain)
        witnesses = [_by_sample(one, dates.grain) for one in certain] if is_creation else []
    found = tuple(witness for witness in witnesses if witness is not None)
    if not found or not _agree(found, slack_s) or _is_ahead(dates.newest, found, now):
        return None
    return Calibration(found, dates.grain, needs_both=shift is None or was_set)


def window(calibration: Calibration | None, first: Request, until: float) -> Window | None:
    """When contacts of a request can have been created; None where that cannot be told.

    Args:
        calibration: of the list.
        first: the first of the requests that may have created them.
        until: when the last of them could not arrive any more.
    """
    if calibration is None or (begun := first.begun) is None:
        return None
    earlier = [w for w in calibration.witnesses if w.number < first.number and w.ended <= begun]
    later = [w for w in calibration.witnesses if w.number >= first.number]
    before = min(earlier, key=lambda w: w.span.width + 2 * DRIFT * (begun - w.begun), default=None)
    if before is None and (calibration.needs_both or (first.date is None and not _is_right(later, first))):
        return None

    def between(after: Iterable[Witness]) -> Span | None:
        best = _best(w.span if before else w.span.wider(DRIFT * (w.ended - begun)) for w in after)
        return before.span.hull(best) if before and best else best

    span = between(later)
    if span is None:
        return None
    late = between(w for w in later if w.begun >= until)
    return Window(
        begun + late.low - calibration.grain - LEEWAY_S if late else float("-inf"),
        max(begun + span.low - calibration.grain, begun + span.high - LEEWAY_S),
        until + span.low - calibration.grain + LEEWAY_S,
        until + span.high + DRIFT * (until - begun),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A date that a request may have made.

    Attributes:
        is_alone: no other contact has the number.
        is_certain: all that the request carried was imported.
    """

    request: Request
    seconds: float
    created: float
    is_alone: bool
    is_certain: bool


def _usable(samples: Iterable[Sample], grain: float) -> Iterator[_Made]:
    for sample in samples:
        if (seconds := sample.request.seconds) is None:
            continue
        made = [
            _Made(sample.request, seconds, contact.created_at, len(contacts) == 1, sample.made is None)
            for contacts in sample.found
            for contact in contacts
            if contact.created_at is not None
        ]
        if sample.made is None or _are_counted(sample, made, grain):
            yield from (one for one in made if one.is_alone)


def _are_counted(sample: Sample, made: Iterable[_Made], grain: float) -> bool:
    """Whether all is there, and as much of it as was imported is not from long before."""
    near = [span for one in made if (span := _date_span(one, grain)) and span.high >= -LEEWAY_S]
    return all(sample.found) and len(near) == sample.made


def _shift(usable: Iterable[_Made], grain: float, *, are_repeats_skipped: bool) -> Span | None:
    """C - D where the two are one clock; None where that is not shown.

    Where all of a request was imported that tells more than where as many as it counted have a fitting date; and where
    repeats are skipped, none of them can be older.
    """
    spans = [(one, span) for one in usable if (span := _date_span(one, grain))]
    certain = [span for one, span in spans if one.is_certain]
    if are_repeats_skipped and any(span.high < -LEEWAY_S for span in certain):
        return None
    return _joint(certain or [span for _, span in spans if grain <= 1.0], grain, 0.0)


def _are_near_ours(usable: Iterable[_Made], grain: float) -> bool:
    """Whether our own wall clock agrees with C: then what it dates was created as we sent it."""
    spans = [Span(m.created - m.request.wall - m.seconds, m.created + grain - m.request.wall) for m in usable]
    are_near = bool(spans) and min(span.high for span in spans) >= -_OWN_CLOCK_S
    return are_near and _joint(spans, grain, _OWN_CLOCK_S) is not None


def _joint(spans: Iterable[Span], grain: float, slop: float) -> Span | None:
    """What differences of two clocks agree on where that may be none; those of older contacts aside."""
    near = [span for span in spans if span.high >= -LEEWAY_S]
    if not near:
        return None
    joint = Span(max(span.low for span in near), min(span.high for span in near))
    return joint if joint.width >= 0 and joint.gap(Span(-slop, grain + slop)) <= 0 else None


def _date_span(made: _Made, grain: float) -> Span | None:
    if made.request.date is None:
        return None
    behind = made.created - made.request.date
    return Span(behind - _DATE_S - made.seconds, behind + grain + made.seconds)


def _by_sample(made: _Made, grain: float) -> Witness | None:
    if (begun := made.request.begun) is None:
        return None
    ended = begun + made.seconds
    return Witness(made.request.number, begun, ended, Span(made.created - ended, made.created + grain - begun))


def _by_date(answer: Request, shift: Span) -> Witness | None:
    if answer.begun is None or answer.seconds is None or answer.date is None:
        return None
    ended = answer.begun + answer.seconds
    span = Span(answer.date - ended + shift.low, answer.date + _DATE_S - answer.begun + shift.high)
    return Witness(answer.number, answer.begun, ended, span)


def _agree(witnesses: Iterable[Witness], slack_s: float) -> bool:
    return all(
        one.span.gap(other.span) <= slack_s + DRIFT * (max(one.ended, other.ended) - min(one.begun, other.begun))
        for one, other in combinations(witnesses, 2)
    )


def _is_ahead(newest: float, witnesses: Iterable[Witness], now: float) -> bool:
    """Whether a contact is dated after the moment at which it was read."""
    last = max(witnesses, key=lambda witness: witness.number)
    return newest > now + last.span.high + DRIFT * (now - last.begun)


def _is_right(later: Iterable[Witness], first: Request) -> bool:
    """Whether the next witness after a request shows that C is what our wall clock says."""
    nearest = min(later, key=lambda witness: witness.number, default=None)
    if nearest is None or first.begun is None:
        return False
    ahead = first.wall - first.begun
    return nearest.span.gap(Span(ahead - _OWN_CLOCK_S, ahead + _OWN_CLOCK_S)) <= 0


def _best(spans: Iterable[Span]) -> Span | None:
    return min(spans, key=lambda span: span.width, default=None)
