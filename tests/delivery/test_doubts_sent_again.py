"""Doubts that are sent again: where skips are proven, and at a person's wish."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from tests.support.delivery_job import FakeTime, Job, prove
from tests.support.faultserver import Call, FaultServer, after_applying, documented, listed, reset, says


def unlisted(_: FaultServer, call: Call) -> None:
    call.answer(403, {"error": "scope"})


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_where_skips_are_proven_the_same_rows_are_sent_again(job: Job, share: float) -> None:
    """No list to read, but a write check saw numbers skipped: nothing is doubled, and what was skipped is present."""
    job.server.skips_existing, job.server.on_list = True, unlisted
    job.deliver()
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.run_id, job.people, job.server.contacts, job.server.calls = "run-2", 10, [], []
    job.server.script = [documented, after_applying(share, reset)]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == ({"confirmed": 60} if share == 0 else {"confirmed": 40, "present": 20})
    assert job.server.doubled == 0
    keys = [call.headers["idempotency-key"] for call in job.server.calls if call.method == "POST"]
    assert len(keys) == 4
    assert len(set(keys)) == 3, "the same rows travel under the same key"


def test_a_skip_that_may_mean_something_else_is_not_called_present(job: Job) -> None:
    """Where invalid numbers are skipped, too, a skipped contact may not be there at all."""
    job.server.skips_existing, job.server.on_list = True, unlisted
    job.batches = 1
    job.server.script = [after_applying(1, reset)]
    prove(job, duplicates="skip", invalid_numbers="skip")
    job.deliver()
    assert job.reasons() == {"not-named": 20}


def test_the_same_rows_are_sent_again_four_times_at_most(job: Job) -> None:
    """An API that never answers is not fed for ever, however often the run is resumed."""
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.batches = 1
    job.server.otherwise, job.server.on_list = after_applying(1, reset), unlisted
    for _ in range(4):
        job.deliver()
    assert job.server.bulk == 5
    assert job.reasons() == {"reply-lost": 20}


def test_another_duplicate_rule_is_no_leave_to_send_again(job: Job) -> None:
    """Only skipping makes a second sending harmless."""
    for number, rule in enumerate(("second", "update", "error", "unknown")):
        prove(job, duplicates=rule, invalid_numbers="refuse")
        job.batches, job.run_id, job.people = 1, f"run-{rule}", 10 * number
        job.server.script, job.server.on_list = [reset], unlisted
        job.deliver()
    assert job.server.bulk == 4


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_person_may_have_doubts_sent_again_and_the_rows_say_so(job: Job, share: float) -> None:
    """``--repost-anyway``: once, marked for ever; a double that it makes is never silent."""
    job.batches, job.settings = 1, {"verify": "never"}
    job.server.script = [after_applying(share, reset)]
    job.deliver()
    job.deliver(is_forced=True)
    assert job.server.bulk == 2
    assert job.reasons() == {"confirmed": 20}
    with Ledger.open(job.ledger_path) as ledger:
        details = ledger.batch_results("run-1")["detail"].to_list()
    assert job.server.doubled == 20 * share
    assert details[0].startswith("maybe_duplicated")


def test_a_mark_survives_another_lost_answer(job: Job) -> None:
    """Sent again and lost again: still in doubt, not sent a third time by itself, and marked when it is settled."""
    job.batches, job.settings = 2, {"verify": "never"}
    job.server.script = [reset, documented, after_applying(1, reset)]
    job.deliver()
    job.deliver(is_forced=True)
    assert (job.server.bulk, job.reasons()) == (3, {"confirmed": 20, "reply-lost": 20})
    job.settings = {}
    job.deliver()
    assert (job.server.bulk, job.reasons()) == (3, {"confirmed": 40})
    with Ledger.open(job.ledger_path) as ledger:
        rows, batches = ledger.row_results("run-1"), ledger.batch_results("run-1")
    details = rows.filter(batch=1)["detail"].to_list() or [batches["detail"][0]] * 20
    assert [detail.startswith("maybe_duplicated") for detail in details] == [True] * 20


def stopping_at(seconds: float, act: Callable[[], None], time: FakeTime) -> Callable[[float], None]:
    """A sleep that does something once so much was slept."""

    def sleep(slept: float) -> None:
        time.sleep(slept)
        if time.slept >= seconds:
            act()

    return sleep


@pytest.mark.parametrize("is_repeated", [False, True], ids=["before reading back", "before sending again"])
def test_a_wish_to_stop_ends_the_quiet_time(job: Job, is_repeated: bool) -> None:
    """Nothing is read and nothing sent again; the doubt stays, and so does what is left of its quiet time."""
    time = FakeTime()
    job.settings, job.batches = {"quiet_time": 100}, 2
    job.server.script = [documented, after_applying(1, reset)]
    if is_repeated:
        job.settings |= {"verify_requests": 0}
        prove(job, duplicates="skip", invalid_numbers="refuse")
    stops: list[Delivery] = []

    def stop() -> None:
        for delivery in stops:
            delivery._channel.stop()

    job.clock = replace(time.clock(), sleep=stopping_at(40, stop, time))
    end = job.deliver(before_wait=stops.append)
    assert end.reason == "interrupted"
    assert (job.server.bulk, job.server.lists) == (2, 0)
    assert 40 <= time.slept < 41
    with Ledger.open(job.ledger_path, job.clock) as ledger:
        (doubt,) = ledger.pieces("run-1", 2)
    assert 59 <= doubt.not_before - time.now <= 60


def test_a_lost_contact_that_is_too_large_later_stays_in_doubt(job: Job) -> None:
    """Created by a request whose answer was lost; sent again it is refused with 413, which does not unmake it."""
    job.batches, job.rows = 2, 1
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], says(403)
    job.server.otherwise = says(413)
    job.deliver()
    assert job.server.bulk > 2
    assert job.reasons() == {"confirmed": 1, "reply-lost": 1}
    job.server.on_list = listed
    job.deliver()
    assert job.reasons() == {"confirmed": 2}
