"""The pacer: a pause that an API asks for holds until it is over, and nobody waits for a run that has ended."""

import pytest

from importer.delivery.classify import Verdict
from importer.delivery.pacer import Pacer
from importer.models.watching import Silence
from importer.targets import Exchange
from tests.support.delivery_job import FakeTime


def answer(status: int, **headers: str) -> Exchange:
    return Exchange(status=status, headers=headers, is_whole=True, is_begun=True, is_handed_over=True)


def test_a_pause_lasts_as_long_as_was_asked_for() -> None:
    """Counted from the answer; what comes in the meantime does not end it."""
    time = FakeTime()
    pacer = Pacer(time.clock(), lambda: False)
    assert pacer.pause_s <= 0
    pacer.heed(answer(429, **{"retry-after": "40"}))
    assert round(pacer.pause_s) == 40
    time.now += 10
    pacer.heed(answer(200))
    assert round(pacer.pause_s) == 30
    time.now += 30
    assert pacer.pause_s <= 0


def test_refusals_in_a_row_that_name_no_time_are_waited_out_longer() -> None:
    """Another answer between them begins anew; no answer at all says nothing."""
    time = FakeTime()
    pacer = Pacer(time.clock(), lambda: False)
    pauses = []
    for exchange in (answer(429), answer(429), Exchange(trouble="reset"), answer(429), answer(200), answer(429)):
        pacer.heed(exchange)
        if exchange.status == 429:
            pauses.append(pacer.pause_s)
    first, second, third, anew = pauses
    assert first <= second <= third
    assert anew == pytest.approx(first)


def test_what_the_ledger_keeps_of_an_answer() -> None:
    """How far the API's clock is from ours, and the pause; neither where the answer does not tell it."""
    time = FakeTime()
    pacer = Pacer(time.clock(), lambda: False)
    assert pacer.facts(answer(200), Verdict.ANSWERED) == {}
    dated = answer(429, date="Mon, 09 Feb 2026 12:00:17 GMT", **{"retry-after": "40"})
    pacer.heed(dated)
    facts = pacer.facts(dated, Verdict.TOO_MANY)
    assert round(facts["pause_s"]) == 40
    assert facts["clock_offset"] == pytest.approx(1_770_638_417 - time.now)


def test_a_wait_ends_with_the_run() -> None:
    """In small steps, so that a wish to stop is seen soon; a whole wait takes what it should."""
    time = FakeTime()
    Pacer(time.clock(), lambda: False).rest(3.0, "for the test", Silence())
    assert time.slept == pytest.approx(3.0)
    Pacer(time.clock(), lambda: time.slept > 5.0).rest(1000.0, "for the test", Silence())
    assert 5.0 < time.slept < 5.5
