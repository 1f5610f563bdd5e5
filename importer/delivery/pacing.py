"""Waits: the pause that the API asks for after 429, and backoff between tries that failed. Pure functions."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST_S = 1.0
LONGEST_S = 3660.0
"""The API's window is an hour; the minute on top is for clocks that disagree."""

HOUR_S = 3600.0
MOST_TRIES = 5
_FIRST_BACKOFF_S = 2.0
_LONGEST_BACKOFF_S = 60.0
_LONGEST_OUTAGE_S = 900.0
_DEFAULT_PAUSE_S = 60.0
_MOST_JITTER_S = 30.0
_BODY_NAMES = ("retryAfter", "retry_after", "retryAfterSeconds", "retry_after_seconds", "retryAfterMs")
_IN_TEXT = re.compile(r"\b(\d{1,6}(?:\.\d+)?)\s*(s|secs?|seconds?|m|mins?|minutes?)\b", re.IGNORECASE)
_MILLISECONDS = 1e11  # as seconds, this is the year 5138
_EPOCH = 1e9  # a wait of 31 years, or a moment after 2001


def asked_wait_s(headers: Mapping[str, str], body: bytes, now: float) -> float | None:
    """Return the seconds that a 429 asks to wait, within 1 to 3,660; None if it does not say.

    ``Retry-After`` beats the body, which beats ``X-RateLimit-Reset``. Moments are compared with the API's own clock
    (the ``Date`` header) if it is given, so that ours may be wrong.

    Args:
        headers: names in lower case.
        body: may hold a number of seconds.
        now: our clock, epoch seconds.
    """
    server_now = _moment(headers.get("date", ""))
    clock = now if server_now is None else server_now
    reset = headers.get("x-ratelimit-reset", headers.get("ratelimit-reset", ""))
    said = (_seconds_until(headers.get("retry-after", ""), clock), _seconds_in(body), _seconds_until(reset, clock))
    asked = next((seconds for seconds in said if seconds is not None), None)
    return None if asked is None else min(max(asked, SHORTEST_S), LONGEST_S)


def wait_s(asked: float | None, refusals: int, chance: float) -> float:
    """Return the seconds to wait after the ``refusals``-th 429 in a row (starting at 1).

    Never less than ``asked``; if that is None, a minute that doubles. At most 5 % and half a minute are added, so that
    several clients do not come back at one instant.
    """
    default = min(_DEFAULT_PAUSE_S * 2.0 ** min(refusals - 1, 16), LONGEST_S)
    repeated = min(2.0 ** min(refusals - 1, 16), LONGEST_S)
    # An API that keeps asking for a second and refuses again is not hammered: the wait doubles all the same.
    base = default if asked is None else max(asked, repeated)
    return min(base + min(0.05 * base, _MOST_JITTER_S) * chance, LONGEST_S)


def backoff_s(tries: int, chance: float) -> float:
    """Return the seconds before the next try after ``tries`` failed ones: up to 2, 4, 8 … 60, full jitter.

    ``chance`` is random, 0 to 1.
    """
    return chance * min(_FIRST_BACKOFF_S * 2.0 ** min(tries - 1, 16), _LONGEST_BACKOFF_S)


def outage_s(probes: int, chance: float) -> float:
    """Return the seconds before the next probe of an API that is out, after ``probes`` failed: 1, 2, 4, 8, 15 minutes.

    At most 4 % less: with more, a day's outage would take more requests than are worth it.
    """
    return (0.96 + 0.04 * chance) * min(60.0 * 2.0 ** min(probes - 1, 16), _LONGEST_OUTAGE_S)


def server_time(headers: Mapping[str, str]) -> float | None:
    """Return the time of the API's ``Date`` header, epoch seconds; None if it has none that can be read."""
    return _moment(headers.get("date", ""))


def _seconds_until(text: str, clock: float) -> float | None:
    """Return a wait given as seconds, epoch seconds, epoch milliseconds, HTTP or ISO date; None for anything else."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        moment = _moment(text)
        return None if moment is None else moment - clock
    if not 0 <= number < float("inf"):
        return None
    if number >= _MILLISECONDS:
        return number / 1000 - clock
    return number - clock if number >= _EPOCH else number


def _moment(text: str) -> float | None:
    """Return an HTTP or ISO date in epoch seconds, without a zone as UTC; None if the text is neither."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return None


def _seconds_in(body: bytes) -> float | None:
    """Return the seconds that a 429's body asks to wait, by a JSON member or in words; None if it has neither."""
    text = body[:2048].decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        holders = [answer, *(part for part in answer.values() if isinstance(part, dict))]
        for holder, name in ((holder, name) for holder in holders for name in _BODY_NAMES if name in holder):
            value = holder[name]
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MILLISECONDS:
                return value / 1000 if name.endswith("Ms") else float(value)
    said = _IN_TEXT.search(text)
    return float(said[1]) * (60 if said[2].lower().startswith("m") else 1) if said else None
