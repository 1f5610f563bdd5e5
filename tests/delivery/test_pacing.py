"""Waits: the pause that a 429 asks for, in every form, and backoff."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.delivery import pacing
from tests.support.pages import NOW

HTTP_DATE = format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True)


WAITS = [
    ({"retry-after": "90"}, b"", 90.0),
    ({"retry-after": HTTP_DATE}, b"", 90.0),
    ({"retry-after": "5", "x-ratelimit-reset": "90"}, b'{"retryAfter": 30}', 5.0),
    ({"x-ratelimit-reset": "90"}, b'{"error": {"retry_after": 30}}', 30.0),
    ({"x-ratelimit-reset": "90"}, b"<html>try again in 2 minutes", 120.0),
    ({"x-ratelimit-reset": f"{NOW + 90:.0f}"}, b"", 90.0),
    ({"x-ratelimit-reset": f"{(NOW + 90) * 1000:.0f}"}, b"", 90.0),
    ({"x-ratelimit-reset": "90"}, b"", 90.0),
    ({"x-ratelimit-reset": HTTP_DATE}, b"", 90.0),
    ({"x-ratelimit-reset": datetime.fromtimestamp(NOW + 90, UTC).isoformat()}, b"", 90.0),
    ({}, b"", None),
    ({"x-ratelimit-reset": "-5"}, b"", None),
    ({"x-ratelimit-reset": "soon"}, b"[[[", None),
    ({"x-ratelimit-reset": f"{NOW + 3e8:.0f}"}, b"", 3660.0),
    ({"x-ratelimit-reset": f"{NOW - 50:.0f}"}, b"", 1.0),
    ({"retry-after": "1e400"}, b"", None),
]  # fmt: skip


@pytest.mark.parametrize("skew", [0.0, 86_400.0, -86_400.0])
@pytest.mark.parametrize(("headers", "body", "seconds"), WAITS)
def test_a_429_is_understood_in_every_form(
    headers: dict[str, str], body: bytes, seconds: float | None, skew: float
) -> None:
    """Seconds, dates, epochs and texts give the same wait, however wrong our clock is."""
    date = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)
    assert pacing.asked_wait_s({**headers, "date": date}, body, NOW + skew) == seconds


@given(st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "date"]), st.text()), st.binary())
def test_no_429_breaks_the_reading(headers: dict[str, str], body: bytes) -> None:
    """Whatever the headers hold, the wait is within its bounds or not said."""
    asked = pacing.asked_wait_s(headers, body, NOW)
    assert asked is None or 1 <= asked <= 3660
    assert 0 < pacing.wait_s(asked, 1, 0.5) <= 3660


def test_a_wait_is_never_shorter_than_asked_for() -> None:
    """Jitter is added on top, at most 5 %."""
    for chance in (0.0, 0.5, 1.0):
        assert 100 <= pacing.wait_s(100, 1, chance) <= 105
    assert [pacing.wait_s(None, n, 0) for n in (1, 2, 3, 99)] == [60, 120, 240, 3660]


def test_backoff_grows_to_its_cap_with_full_jitter() -> None:
    """Up to 2, 4, 8 … 60 seconds."""
    assert [pacing.backoff_s(tries, 1) for tries in (1, 2, 3, 9, 999)] == [2, 4, 8, 60, 60]
    assert pacing.backoff_s(5, 0) == 0


def test_json_numbers_in_waits_are_bounded() -> None:
    """A body that asks for a year is clamped."""
    assert pacing.asked_wait_s({}, json.dumps({"retryAfter": 10**8}).encode(), NOW) == 3660
