"""The unknowns of a run, and since when they may be in the account."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from importer.delivery import Ledger
from importer.delivery.ledger.capabilities import remember
from importer.delivery.pieces import Named, Piece, State
from importer.delivery.unknowns import Unknowns
from importer.models.outcomes import Reason
from tests.support.delivery_job import FakeTime, Job
from tests.support.faultserver import after_applying, reset, says


def test_where_it_is_not_known_when_one_of_them_was_sent_nothing_bounds_the_search(job: Job) -> None:
    """Of two lost requests the one may be older than all that the other tells."""
    hours = FakeTime()
    job.clock, job.batches, job.settings = hours.clock(), 1, {"in_flight": 1}
    job.server.script, job.server.on_list = [after_applying(1, reset), after_applying(1, reset)], says(403)
    job.deliver()
    job.clock, job.batches = replace(hours.clock(), boot="other"), 2
    job.deliver()
    assert job.reasons() == {"reply-lost": 40}
    with job.opened() as delivery:
        uncertain = delivery._resolver.uncertain()
    assert (len(uncertain.pieces), uncertain.since) == (2, None)


DOUBT = Piece(1, range(3), state=State.IN_DOUBT, named=(Named(1, Reason.REJECTED_BY_API, "no"),))
VAGUE = Piece(2, range(2)).settled(Reason.NOT_NAMED)
SURE = Piece(3, range(2)).settled(Reason.CONFIRMED)
STORED = {batch: pl.Series("phone", [f"+1415555{batch:03}{n}" for n in range(3)]) for batch in (1, 2, 3)}


@pytest.fixture
def unknowns(path: Path) -> Iterator[Unknowns]:
    """Of a run whose ledger has the numbers of three batches."""
    with Ledger.open(path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        ledger.begin_run("run-1", account)
        for batch, phones in STORED.items():
            ledger.part("run-1", Piece(batch, range(3)), [Piece(batch, range(3))], phones)
        yield Unknowns(ledger, "run-1", account)


def test_contacts_of_which_something_is_known_are_not_unknown(unknowns: Unknowns) -> None:
    """In doubt, or settled without certainty; without those that have an end of their own."""
    uncertain = unknowns.uncertain([DOUBT, VAGUE, SURE])
    assert uncertain.pieces == (DOUBT, VAGUE)
    assert uncertain.phones == {*STORED[1].gather([0, 2]), *STORED[2].head(2)}
    assert unknowns.lost([DOUBT, VAGUE, SURE]) == {*STORED[1].gather([0, 2])}
    assert unknowns.confirmed([DOUBT, VAGUE, SURE]) == {*STORED[3].head(2)}


def test_a_lost_request_may_have_made_a_second_contact_unless_the_api_skips(unknowns: Unknowns) -> None:
    """Then the number of an imported contact cannot have been there before, either."""
    assert unknowns.may_be_second([DOUBT]) == unknowns.lost([DOUBT])
    assert unknowns.controls_since([SURE]) == math.inf
    remember(unknowns._ledger, unknowns._account_id, {"duplicates": "skip"}, 0.0)
    assert unknowns.may_be_second([DOUBT]) == set()
    assert unknowns.controls_since([SURE]) == -math.inf


def test_without_a_control_or_a_doubt_there_is_no_gap(unknowns: Unknowns) -> None:
    """Nothing is waited for then."""
    assert unknowns.gap_s(0.0, [DOUBT, SURE]) == unknowns.gap_s(0.0, [SURE]) == 0.0
    assert unknowns.controls([DOUBT, VAGUE]) == set()
