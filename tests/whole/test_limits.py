"""What the engine may take of an API at most: requests, time and doubt, in simulated hours; and many processes."""

import pytest

from tests.support.simulation import simulated
from tests.torture import outages
from tests.torture.at_once import start_at_once
from tests.torture.limits import CLOCKS, FORMS, keep, wrong


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("form", FORMS)
def test_the_limit_of_requests_is_kept_for_hours_whatever_our_clock_says(form: str, clock: str) -> None:
    """No refusal of our own making; after another client's, no request before the reset and none late."""
    with simulated():
        kept = keep(form, clock, limit=20)
    assert not wrong(form, kept)


@pytest.mark.parametrize("lasts_s", [outages.HOUR_S, outages.DAY_S])
@pytest.mark.parametrize("kind", outages.KINDS)
def test_an_outage_takes_few_requests_and_leaves_no_doubt(kind: str, lasts_s: float) -> None:
    """At most 20 requests in an hour, 110 in a day, 1.1 times the load; on within 15 minutes; one batch in doubt."""
    assert not outages.ride_out(kind, lasts_s, batches=20).wrongs


@pytest.mark.parametrize("kind", ["503", "lost", "hangs"])
def test_a_sick_endpoint_puts_three_batches_in_doubt_at_most(kind: str) -> None:
    """Although the list answers well."""
    assert not outages.ride_out(kind, 0.0, batches=20).wrongs


@pytest.mark.parametrize(("culprits", "most"), outages.MOST_FOR_CULPRITS.items())
def test_contacts_that_the_api_refuses_are_found_among_ten_thousand(culprits: int, most: int) -> None:
    """They alone are called errored; everybody else is imported."""
    search = outages.look_for(culprits, seed=1)
    assert search.requests <= most
    assert (search.errored, search.is_ended) == (culprits, False)


def test_the_search_ends_after_150_requests_and_says_so() -> None:
    """The others of the pieces that were refused are called errored as well, and can be tried again."""
    search = outages.look_for(50, seed=1)
    assert search.requests <= 150
    assert search.is_ended


def test_eight_processes_at_once_double_nothing() -> None:
    """One imports; the others are told so and import nothing twice when they come again."""
    tally = start_at_once(2)  # a run and a resumption
    assert not tally.broken, tally
