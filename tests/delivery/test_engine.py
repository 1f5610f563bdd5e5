"""Delivery over real sockets and a real ledger: whatever the API does, nothing is lost, doubled or falsely claimed."""

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery import decisions as machine
from importer.delivery.ledger.numbers import sent_numbers
from tests.support.delivery_job import FakeTime, Job, batch, poisoned
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    after_applying,
    cut_upload,
    documented,
    listed,
    reset,
    says,
)


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite")


def test_documented_answers_settle_every_contact(job: Job) -> None:
    """Three batches, three requests, everything imported; the counters are kept."""
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert (job.server.bulk, job.server.doubled) == (3, 0)
    with Ledger.open(job.ledger_path) as ledger:
        results = ledger.batch_results("run-1")
        assert results["imported"].to_list() == [20, 20, 20]
        assert results["attempts"].to_list() == [1, 1, 1]
        assert ledger.requests("run-1") == 3


def test_resuming_a_finished_run_sends_nothing(job: Job) -> None:
    """What is settled stays settled."""
    job.deliver()
    job.deliver()
    assert (job.server.bulk, job.server.lists) == (3, 0)


def test_several_batches_travel_at_once(job: Job) -> None:
    """With four in flight, four requests meet at the server."""
    job.batches, job.settings = 8, {"in_flight": 4}
    meeting = threading.Barrier(4, timeout=5)

    def together(server: FaultServer, call: Call) -> None:
        call.body()
        meeting.wait()
        documented(server, call)

    job.server.otherwise = together
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 160}


LOST: list[tuple[str, Act, float]] = [
    (f"{name}, {share:.0%} applied", after_applying(share, then), share)
    for name, then in (
        ("reset", reset),
        ("500", says(500)),
        ("HTML 502", says(502, b"<html>")),
        ("cut answer", says(200, b'{"success": tr')),
        ("counts that do not add up", says(200, {"success": True, "data": {"imported": 7, "skipped": 7}})),
    )
    for share in (0.0, 0.5, 1.0)
]


@pytest.mark.parametrize(("lost", "share"), [case[1:] for case in LOST], ids=[case[0] for case in LOST])
def test_a_lost_answer_is_settled_by_read_back(job: Job, lost: Act, share: float) -> None:
    """None, half or all of a batch was applied: in the end each contact is there once and known to be ours."""
    job.server.script = [lost]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert job.server.doubled == 0
    assert job.server.bulk == (3 if share == 1 else 4)


def test_a_lost_answer_is_never_sent_again_blindly(job: Job) -> None:
    """Without read-back it stays unconfirmed, however often the run is resumed."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, after_applying(1, reset)]
    for _ in range(3):
        job.deliver()
    assert job.reasons() == {"confirmed": 40, "reply-lost": 20}
    assert (job.server.bulk, job.server.doubled) == (3, 0)


def test_a_list_that_lags_proves_no_absence(job: Job) -> None:
    """A list that does not show confirmed contacts cannot show that others are missing."""

    def empty(_: FaultServer, call: Call) -> None:
        call.answer(200, {"success": True, "data": [], "total": 0})

    job.server.on_list = empty
    job.server.script = [documented, after_applying(1, reset)]
    job.deliver()
    assert job.reasons() == {"confirmed": 40, "reply-lost": 20}
    assert job.server.doubled == 0


def test_without_any_confirmed_contact_a_list_without_a_total_proves_nothing(job: Job) -> None:
    """A run whose only answer was lost has no control, and nothing shows that the list is all there is."""
    job.batches, job.server.tells_total = 1, False
    job.server.script = [reset]
    job.deliver()
    assert job.reasons() == {"reply-lost": 20}
    assert job.server.bulk == 1


def test_contacts_that_were_there_before_are_told_from_ours(job: Job) -> None:
    """Read-back compares creation with the API's own clock, a day away from ours."""
    job.server.clock_offset_s = -86_400
    job.server.skips_existing = True
    there = [{"phone": phone, "contactId": f"old{n}", "createdAt": "2020-01-01T00:00:00Z"}
             for n, phone in enumerate(batch(2)["phone"].to_list()[:5])]  # fmt: skip
    job.server.contacts = list(there)
    job.server.script = [documented, after_applying(1, reset)]
    job.deliver()
    assert job.reasons() == {"confirmed": 55, "skipped-by-api": 5}
    assert job.claimed() == {contact["phone"] for contact in job.server.contacts}


def test_mixed_counts_are_settled_by_read_back_or_stay_not_named(job: Job) -> None:
    """Counts that name nobody claim nobody; the account's list does."""
    job.server.skips_existing = True
    job.server.contacts = [{"phone": batch(1)["phone"][0], "contactId": "old", "createdAt": "2020-01-01T00:00:00Z"}]
    job.settings = {"verify": "never"}
    job.deliver()
    assert job.reasons() == {"confirmed": 40, "not-named": 20}
    job.settings = {}
    job.deliver()
    assert job.reasons() == {"confirmed": 59, "skipped-by-api": 1}


def test_three_lost_answers_in_a_row_end_the_run(job: Job) -> None:
    """A sick endpoint is not fed batch after batch; a harmless request goes between."""
    job.batches = 6
    job.server.otherwise = says(500)
    end = job.deliver()
    assert (end.reason, end.exit_code) == ("unavailable", 4)
    assert "importer resume run-1" in end.message
    assert (job.server.bulk, job.server.lists) == (3, 2)
    assert job.reasons() == {"not-sent": 60, "reply-lost": 60}


def test_a_reset_in_mid_upload_is_sent_again_and_then_in_halves(job: Job) -> None:
    """An upload that broke was not applied; twice in a row it is taken to be too large."""
    job.batches, job.rows = 1, 100_000
    job.server.script = [cut_upload, cut_upload]
    job.deliver()
    assert job.reasons() == {"confirmed": 100_000}
    assert job.server.doubled == 0
    assert job.server.bulk == 4


def test_413_halves_and_the_ceiling_is_remembered(job: Job) -> None:
    """Later batches are halved before they are sent; a batch keeps its number and its rows."""

    def small_only(server: FaultServer, call: Call) -> None:
        if int(call.headers["content-length"]) > 700:
            call.body()
            call.answer(413)
        else:
            documented(server, call)

    job.server.otherwise = small_only
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert sum(size > 700 for size in job.server.sizes) == 1
    with Ledger.open(job.ledger_path) as ledger:
        assert ledger.batch_results("run-1")["state"].to_list() == ["settled"] * 3


@pytest.mark.parametrize(("names", "requests"), [(True, 4), (False, 3 + 16)])
def test_a_refused_batch_loses_only_its_culprits(job: Job, names: bool, requests: int) -> None:
    """Named culprits are taken out at once; unnamed ones are found by halves."""
    job.server.otherwise = poisoned(3, 17, names=names)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "rejected-by-api": 2}
    assert job.server.bulk <= requests
    assert job.server.doubled == 0


def test_an_api_that_refuses_everything_ends_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search for culprits has a budget; where it finds nobody innocent, the run stops and says so."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 2, 400
    job.server.otherwise = says(400, {"error": "no"})
    end = job.deliver()
    assert end.reason == "refused"
    assert job.server.bulk <= 15


def test_an_api_to_which_every_contact_is_too_large_ends_the_run(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 413 even of one contact alone, again and again: as bounded as any other refusal, and said."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 2, 400
    job.server.otherwise = says(413)
    end = job.deliver()
    assert (end.reason, job.server.bulk) == ("refused", 15)
    assert "refuses every contact that it was sent (status 413, even of one contact alone)" in end.message
    assert set(job.reasons()) == {"rejected-by-api", "not-sent"}


def test_contacts_that_are_too_large_end_no_run_in_which_others_are_taken(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of requests of one contact each are slow, and get on."""
    monkeypatch.setattr(machine, "MOST_REQUESTS_FOR_A_BATCH", 15)
    job.batches, job.rows = 1, 40
    large = batch(1, 40)["phone"].to_list()[-1]

    def narrow(server: FaultServer, call: Call) -> None:
        contacts = call.contacts()
        is_too_large = len(contacts) > 1 or contacts[0]["phone"] == large
        says(413)(server, call) if is_too_large else documented(server, call)

    job.server.otherwise = narrow
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 39, "rejected-by-api": 1}


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_key_stops_at_once(job: Job, status: int) -> None:
    """No further request; with a good key the run goes on."""
    job.server.script = [documented, says(status, {"error": "key"})]
    end = job.deliver()
    assert (end.reason, end.exit_code, job.server.bulk, job.server.lists) == ("key-refused", 6, 2, 0)
    assert job.reasons() == {"confirmed": 20, "not-sent": 40}
    job.deliver()
    assert job.reasons() == {"confirmed": 60}


@pytest.mark.parametrize("status", [301, 307, 404, 405])
def test_a_wrong_address_stops_with_advice(job: Job, status: int) -> None:
    """Nothing is followed, nothing is repeated."""
    job.server.otherwise = says(status, b"", Location="/elsewhere")
    end = job.deliver()
    assert (end.reason, end.exit_code, job.server.bulk) == ("misdirected", 4, 1)
    assert "--base-url" in end.message


def test_429_waits_as_long_as_it_asks(job: Job) -> None:
    """The next request comes after the wait and not before; nothing is in doubt."""
    time = FakeTime()
    job.clock = time.clock()
    job.server.script = [says(429, b"", Retry_After="40")]
    assert job.deliver() == DeliveryEnd()
    assert round(time.slept, 3) == 40
    assert job.reasons() == {"confirmed": 60}


def test_a_429_binds_the_next_process_too(job: Job) -> None:
    """A restart does not shorten the wait; one that tries the run's patience ends it."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"max_wait": 30}
    job.server.script = [says(429, b"", Retry_After="1000")]
    assert job.deliver().reason == "unavailable"
    assert job.deliver().reason == "unavailable"
    assert job.server.bulk == 1
    time.now += 1000
    assert job.deliver() == DeliveryEnd()


@pytest.mark.parametrize("boot", ["boot", "another"])
def test_the_pace_holds_across_processes(job: Job, boot: str) -> None:
    """Never more requests in an hour than allowed, whoever sends them and wherever the machine was started again."""
    time = FakeTime()
    job.settings, job.batches = {"requests_per_hour": 4}, 5
    for run, started in enumerate(["boot", boot]):
        job.run_id, job.people = f"run-{run}", 10 * run
        job.clock = replace(time.clock(), boot=started)
        assert job.deliver() == DeliveryEnd()
    with sqlite3.connect(job.ledger_path) as db:
        times = [row[0] for row in db.execute("SELECT begun_wall FROM attempts ORDER BY begun_wall")]
    db.close()
    assert len(times) == 10
    assert all(later - earlier >= 3600 for earlier, later in zip(times, times[4:], strict=False))


def test_a_request_that_is_applied_late_is_waited_for(job: Job) -> None:
    """A server may finish what it was sent after the connection broke; nothing is concluded before that is over."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"quiet_time": 100}
    pending: list[dict[str, Any]] = []
    applies_at = time.now + 90

    def queue(server: FaultServer, call: Call) -> None:
        pending.extend(call.contacts())
        reset(server, call)

    def catch_up(server: FaultServer, call: Call) -> None:
        if pending and time.now >= applies_at:
            server.apply(pending)
            pending.clear()
        listed(server, call)

    job.server.script, job.server.on_list = [documented, queue], catch_up
    job.deliver()
    job.server.apply(pending)
    assert job.server.doubled == 0
    assert len(job.server.contacts) == 60
    assert round(time.slept, 3) >= 100


def test_an_api_that_was_never_there_is_given_up_soon(job: Job) -> None:
    """Five tries, and the run says how to go on; nothing is in doubt."""
    job.settings = {"base_url": "http://127.0.0.1:9"}
    end = job.deliver()
    assert (end.reason, end.exit_code) == ("unavailable", 4)
    assert job.reasons() == {"not-sent": 60}
    with Ledger.open(job.ledger_path) as ledger:
        assert ledger.requests("run-1") == 5


def test_an_outage_is_waited_out_with_few_requests(job: Job) -> None:
    """An hour's outage in mid-run takes at most 20 requests, and the run goes on by itself."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"max_wait": 7200}
    recovery = time.now + 3600
    during = []

    def out(then: Act) -> Act:
        def act(server: FaultServer, call: Call) -> None:
            if server.contacts and time.now < recovery:
                during.append(call.method)
                return says(503)(server, call)
            return then(server, call)

        return act

    job.server.otherwise, job.server.on_list = out(documented), out(listed)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert len(during) <= 20
    assert time.now - recovery <= 900


def test_stopping_finishes_what_is_under_way(job: Job) -> None:
    """The answer under way is taken in; nothing else is sent; the rest stays ready."""
    under_way, may_answer = threading.Event(), threading.Event()

    def slow(server: FaultServer, call: Call) -> None:
        call.body()
        under_way.set()
        may_answer.wait(5)
        documented(server, call)

    job.server.script = [slow]

    def interrupt(delivery: Delivery) -> None:
        under_way.wait(5)
        delivery.stop()
        may_answer.set()

    end = job.deliver(before_wait=interrupt)
    assert end.reason == "interrupted"
    assert job.reasons() == {"confirmed": 20, "not-sent": 40}
    assert job.deliver() == DeliveryEnd()
    assert job.server.doubled == 0


def test_a_failure_of_ours_reaches_the_caller(job: Job) -> None:
    """A bug or a full disk in a sender thread is raised where people can be told."""
    job.server.otherwise = documented

    def broken(delivery: Delivery) -> None:
        delivery._sender._load = lambda _n: (_ for _ in ()).throw(RuntimeError("gone"))
        delivery.offer(9, 1)

    job.batches = 0
    with pytest.raises(RuntimeError, match="gone"):
        job.deliver(before_wait=broken)


def test_what_other_runs_sent_is_known(job: Job) -> None:
    """Imported for certain, or in doubt; refused and unsent numbers are free."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, reset, says(401)]
    job.deliver()
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        numbers = pl.concat(batch(number)["phone"] for number in (1, 2, 3))
        known = sent_numbers(ledger, account, other_than="run-2")(numbers).sort("phone")
        assert sent_numbers(ledger, account, other_than="run-1")(numbers).is_empty()
    assert known.filter(state="imported")["phone"].to_list() == batch(1)["phone"].to_list()
    assert known.filter(state="doubt")["phone"].to_list() == batch(2)["phone"].to_list()
    assert known.height == 40
    assert known["run_id"].unique().to_list() == ["run-1"]


@pytest.mark.parametrize("in_flight", [2, 4])
def test_intents_made_ready_are_withdrawn_when_the_api_asks_for_a_pause(job: Job, in_flight: int) -> None:
    """What was not sent is in no doubt, takes no place in the pace, and goes out after the pause."""
    time = FakeTime()
    job.clock, job.batches, job.settings = time.clock(), 12, {"in_flight": in_flight}
    job.server.script = [documented, says(429, b"", Retry_After="40")]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 240}
    assert job.server.doubled == 0
    with Ledger.open(job.ledger_path) as ledger:
        assert ledger.requests("run-1") == job.server.bulk + job.server.lists


def test_several_in_flight_lose_and_double_nothing_whatever_is_lost(job: Job) -> None:
    """Lost answers, refusals and resets among requests that travel together."""
    job.batches, job.settings = 24, {"in_flight": 4}
    faults = [after_applying(0.5, reset), says(429, b"", Retry_After="0"), says(413), after_applying(1, says(500))]
    job.server.script = [documented, *faults, documented, documented, *faults]
    for _ in range(3):
        job.deliver()
    assert job.reasons() == {"confirmed": 480}
    assert job.server.doubled == 0
