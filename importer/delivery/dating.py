"""Whose a contact is, by dates: a request's own, or somebody's before it. Pure functions; all times in seconds.

``createdAt`` is read off a clock (C) of unknown quality: it need not be the ``Date`` header's clock (D), need not show
UTC, and may round in any way. Nothing is judged before *samples* have shown how C stands to other clocks. A sample is a
contact that is alone with its number and that a request of ours made, by its answer. That is so if all contacts of the
request were imported. If the answer only counted imports and named nobody, it is so if every number of the request is
in the list, exactly as many contacts as were counted are dated near the request, and all others are older. A sample
dated ``c``, whose request was begun at ``b`` and answered by ``a``, says

    C - ours  in  [c - a, c + g - b]
    C - D     in  [c - Date - 1 - (a - b), c + g - Date + (a - b)]     a ``Date`` is cut to the second

``g`` is the grain of the dates (1 ms, 1 s, 1 min …), taken from all dates that were seen. C counts as cut down to it: a
clock that rounds up, or to the nearest, is the same clock put forward. "Ours" is the monotonic clock. After a restart
of the machine, and if the monotonic clock gives no window, it is the wall clock, which may have been set by up to 5 s.

*One clock.* C is D if the dates have a zone, the samples agree on C - D, and that span holds 0 (or up to ``g``, for a
clock that rounds up). Then every answer with a ``Date`` says C - ours in [Date - a, Date + 1 - b] + (C - D). Samples
that are more than 10 s older than their request were there before, kept by an API that updates them; they say nothing.
But if repeats are proven to be skipped, no sample can be older than its request: then the clocks are two.

*Two clocks.* Otherwise only the samples of requests that imported everything say what C - ours is, and only if repeats
are proven to be skipped or our wall clock agrees with C to 2 s: else all of them may be older contacts, updated by us.

*Agreement.* All witnesses must agree, within what two clocks drift apart in between (1,000 ppm: each is slewed by at
most 500), and no contact may be dated after the moment at which it was read. Otherwise a clock was set, or the clocks
are two, and nothing is judged.

*The bound.* C - ours at ``b`` lies between what the best witness before ``b`` says and what the best one after it says,
whether the clock drifted or was set once in between. With one clock, and if our own two clocks went on alike since, no
witness before ``b`` is needed if the request's own answer has a ``Date``, or if the next witness shows C to be right,
that is, to agree with our wall clock to 2 s. A clock that was wrong and was set right just then is not noticed. To call
a contact older takes a witness after the last moment at which the request can have arrived (``u``), because a clock
that is set back dates our own contacts too early.

*The verdict* on a date ``c``, with C - ours in [lo, hi]: older if c + g < b + lo - 10 (by a witness after ``u``);
later if c > u + hi, with the drift from ``b`` to ``u`` on top; ours if c + g >= b + lo, c >= b + hi - 10, and
c + g <= u + lo + 10. Everything else is open. So the wider the bound, the less is ours: nothing if hi - lo is more than
20 - g + (u - b). A contact that somebody else makes with the same number between ``b`` and ``u``, or before or after
that by less than the bound, is taken for ours: no date can tell it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from importer.delivery.evidence import Calibration, Dates, Request, Sample, Span, Witness

__all__ = ["Age", "Calibration", "Dates", "Request", "Sample", "Span", "Window", "Witness", "calibrate", "window"]

LEEWAY_S = 10.0
"""Contacts made earlier or later than a request by more than this are never ours; an error of less makes none older."""

DRIFT = 1e-3
"""Seconds by which two clocks may drift apart in a second: each is slewed by at most 500 ppm."""

_OWN_CLOCK_S = 2.0
"""How far our wall clock may be off a clock that counts as agreeing with it."""

_DATE_S = 1.0
"""A ``Date`` header is cut to the second: the answer was made up to this long after it."""


class Age(StrEnum):
    """When a contact was created, by its date: by our request, before it, after it can have arrived, or unknown."""

    OURS = "ours"
    OLDER = "older"
    LATER = "later"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Window:
    """Bounds for the date of a contact that a request made, epoch seconds as the list dates it."""

    older_before: float
    ours_from: float
    ours_until: float
    later_after: float = float("inf")

    def age(self, created: float | None) -> Age:
        """Return when a contact dated ``created`` was made, relative to the request; ``OPEN`` if that is not sure."""
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
    """Return how the list's dates stand to a clock of ours; None if nothing may be judged by them.

    Args:
        samples: of requests near those that are in question.
        answers: requests whose answers had a ``Date``, those of the reading among them.
        dates: of all contacts that were seen.
        now: the end of the reading, on the clock in use.
        slack_s: seconds by which that clock may have been set.
        was_set: that clock, or another one of ours, was set or stood still since the requests in question.
        are_repeats_skipped: a number that is in the account is proven to be skipped.
    """
    usable = list(_usable(samples, dates.grain))
    shift = None
    # Without a zone C may be local time, which only happens to agree with the UTC of a Date header.
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
    """Return when contacts of a request can have been created; None if that cannot be told.

    Args:
        calibration: of the list.
        first: the first of the requests that may have created them.
        until: when the last of those requests could not arrive any more.
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
    # Only a witness after ``until`` bounds "older": a clock set back before then dates our own contacts too early.
    late = between(w for w in later if w.begun >= until)
    return Window(
        begun + late.low - calibration.grain - LEEWAY_S if late else float("-inf"),
        max(begun + span.low - calibration.grain, begun + span.high - LEEWAY_S),
        until + span.low - calibration.grain + LEEWAY_S,
        until + span.high + DRIFT * (until - begun),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A dated contact that a request may have made.

    Attributes:
        seconds: until the request's answer had come.
        created: the contact's date, epoch seconds.
        is_alone: no other contact has its number.
        is_certain: all contacts of the request were imported.
    """

    request: Request
    seconds: float
    created: float
    is_alone: bool
    is_certain: bool


def _usable(samples: Iterable[Sample], grain: float) -> Iterator[_Made]:
    """Yield the dated contacts by which C may be judged: alone with their number, of answered requests."""
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
            # Of two contacts with one number, either may be somebody else's.
            yield from (one for one in made if one.is_alone)


def _are_counted(sample: Sample, made: Iterable[_Made], grain: float) -> bool:
    """Return True if every number is in the list and exactly as many contacts as were imported are dated near it."""
    near = [span for one in made if (span := _date_span(one, grain)) and span.high >= -LEEWAY_S]
    return all(sample.found) and len(near) == sample.made


def _shift(usable: Iterable[_Made], grain: float, *, are_repeats_skipped: bool) -> Span | None:
    """Return C - D if the two are one clock; None if that is not shown.

    Requests that imported everything tell more than those whose counts fit the dates, so the latter are used only if
    there are none of the former. If repeats are skipped, no contact of the former can be older than its request.
    """
    spans = [(one, span) for one in usable if (span := _date_span(one, grain))]
    certain = [span for one, span in spans if one.is_certain]
    if are_repeats_skipped and any(span.high < -LEEWAY_S for span in certain):
        return None
    # If dates are coarse, older contacts pass as near their request, so a fitting count proves nothing.
    return _joint(certain or [span for _, span in spans if grain <= 1.0], grain, 0.0)


def _are_near_ours(usable: Iterable[_Made], grain: float) -> bool:
    """Return True if our own wall clock agrees with C: then what C dates was created as we sent it."""
    spans = [Span(m.created - m.request.wall - m.seconds, m.created + grain - m.request.wall) for m in usable]
    are_near = bool(spans) and min(span.high for span in spans) >= -_OWN_CLOCK_S
    return are_near and _joint(spans, grain, _OWN_CLOCK_S) is not None


def _joint(spans: Iterable[Span], grain: float, slop: float) -> Span | None:
    """Return the span on which all differences agree, older contacts left out; None if it excludes 0 or is empty."""
    near = [span for span in spans if span.high >= -LEEWAY_S]
    if not near:
        return None
    joint = Span(max(span.low for span in near), min(span.high for span in near))
    return joint if joint.width >= 0 and joint.gap(Span(-slop, grain + slop)) <= 0 else None


def _date_span(made: _Made, grain: float) -> Span | None:
    """Return what a sample says of C - D; None if its answer had no ``Date``."""
    if made.request.date is None:
        return None
    behind = made.created - made.request.date
    return Span(behind - _DATE_S - made.seconds, behind + grain + made.seconds)


def _by_sample(made: _Made, grain: float) -> Witness | None:
    """Return what a sample says of C - ours; None if its request cannot be put on the clock in use."""
    if (begun := made.request.begun) is None:
        return None
    ended = begun + made.seconds
    return Witness(made.request.number, begun, ended, Span(made.created - ended, made.created + grain - begun))


def _by_date(answer: Request, shift: Span) -> Witness | None:
    """Return what an answer's ``Date`` says of C - ours, given C - D; None if a time is missing."""
    if answer.begun is None or answer.seconds is None or answer.date is None:
        return None
    ended = answer.begun + answer.seconds
    span = Span(answer.date - ended + shift.low, answer.date + _DATE_S - answer.begun + shift.high)
    return Witness(answer.number, answer.begun, ended, span)


def _agree(witnesses: Iterable[Witness], slack_s: float) -> bool:
    """Return True if no two witnesses are further apart than drift and ``slack_s`` explain."""
    return all(
        one.span.gap(other.span) <= slack_s + DRIFT * (max(one.ended, other.ended) - min(one.begun, other.begun))
        for one, other in combinations(witnesses, 2)
    )


def _is_ahead(newest: float, witnesses: Iterable[Witness], now: float) -> bool:
    """Return True if a contact is dated after the moment at which it was read."""
    last = max(witnesses, key=lambda witness: witness.number)
    return newest > now + last.span.high + DRIFT * (now - last.begun)


def _is_right(later: Iterable[Witness], first: Request) -> bool:
    """Return True if the next witness after a request shows that C agrees with our wall clock."""
    nearest = min(later, key=lambda witness: witness.number, default=None)
    if nearest is None or first.begun is None:
        return False
    ahead = first.wall - first.begun
    return nearest.span.gap(Span(ahead - _OWN_CLOCK_S, ahead + _OWN_CLOCK_S)) <= 0


def _best(spans: Iterable[Span]) -> Span | None:
    """Return the narrowest span; None if there is none."""
    return min(spans, key=lambda span: span.width, default=None)
