"""Sending one piece: what travels, what is withdrawn, when the API is looked at first, and when the run gives up."""

import time
from dataclasses import replace

import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.pieces import Piece, State
from importer.delivery.sending import Sender
from importer.targets.voxpria import Voxpria
from tests.support.delivery_job import FakeTime, Job
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    cut_upload,
    documented,
    listed,
    reset,
    says,
)


def test_halves_of_a_broken_upload_wait_for_nothing(job: Job) -> None:
    """The first break is waited out; the second makes two other requests, which go at once."""
    time = FakeTime()
    job.clock = replace(time.clock(), chance=lambda: 1.0)
    job.batches, job.rows = 1, 100_000
    job.server.script = [cut_upload, cut_upload]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 100_000}
    assert round(time.slept, 3) == 2


def test_a_single_contact_above_the_ceiling_is_sent_nevertheless(job: Job) -> None:
    """It cannot be parted; the API may take it, and if not it says so."""
    job.batches, job.rows = 2, 1
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        with ledger.transaction() as db:
            db.execute("UPDATE accounts SET ceiling_bytes = 10 WHERE id = ?", (account,))
    job.server.script = [says(413)]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 1, "rejected-by-api": 1}


def test_the_same_rows_of_a_run_travel_under_one_key(job: Job) -> None:
    """32 hex digits, the same after a try that failed, another for other rows and for another run."""
    job.server.script = [documented, says(429, b"", Retry_After="0")]
    job.deliver()
    job.run_id, job.people = "run-2", 10
    job.deliver()
    keys = [call.headers["idempotency-key"] for call in job.server.calls if call.method == "POST"]
    assert all(len(key) == 32 and int(key, 16) for key in keys)
    assert keys[1] == keys[2]
    assert len(keys) == 7
    assert len(set(keys)) == 6


def test_a_run_that_has_ended_loads_no_more_batches(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 50 batches the first is refused because of the key: the others are not even read."""
    loaded: list[int] = []
    prepare = Sender._prepare

    def preparing(sender: Sender, piece: Piece) -> object:
        loaded.append(piece.batch)
        return prepare(sender, piece)

    monkeypatch.setattr(Sender, "_prepare", preparing)
    job.batches = 50
    job.server.otherwise = says(401)
    assert job.deliver().exit_code == 6
    assert loaded == [1]


def test_an_answer_that_counts_otherwise_than_the_one_before_is_not_believed(job: Job) -> None:
    """Within one run, too: errors apart from the skipped in the first answer, among them in the third."""

    def counts(imported: int, skipped: int) -> Act:
        def act(server: FaultServer, call: Call) -> None:
            server.apply(call.contacts()[1:])
            errors = [{"phone": call.contacts()[0]["phone"], "message": "invalid"}]
            data = {"imported": imported, "skipped": skipped, "errors": errors}
            call.answer(200, {"success": True, "data": data}, Date=server.date())

        return act

    job.batches, job.settings = 3, {"verify": "never"}
    job.server.script = [counts(19, 0), documented, counts(19, 1)]
    job.deliver()
    assert job.reasons() == {"confirmed": 39, "rejected-by-api": 1, "reply-lost": 20}


def test_intents_made_ready_are_withdrawn_at_a_wish_to_stop(job: Job) -> None:
    """Two requests are under way and two intents ready when it comes: the two that were sent are all."""
    delivering: list[Delivery] = []

    def act(server: FaultServer, call: Call) -> None:
        while not delivering or delivering[0]._channel.end is None:
            time.sleep(0.01)  # the ledger is for others, too
            if delivering and [p.state for p in delivering[0]._ledger.pieces("run-1")] == [State.IN_FLIGHT] * 4:
                delivering[0].stop()
        documented(server, call)

    job.batches, job.settings, job.server.otherwise = 6, {"in_flight": 2}, act
    assert job.deliver(before_wait=delivering.append).reason == "interrupted"
    assert (job.server.bulk, job.reasons()) == (2, {"confirmed": 40, "not-sent": 80})
    with Ledger.open(job.ledger_path) as ledger:
        assert ledger.requests("run-1") == 2


def test_a_look_that_the_api_refuses_shows_that_it_is_there(job: Job) -> None:
    """It asks for one contact; status 400 to it is an answer, and the run goes on at once."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"verify": "never"}
    job.server.script, job.server.on_list = [documented, reset], says(400)
    assert job.deliver() == DeliveryEnd()
    looks = [call.path.partition("?")[2] for call in job.server.calls if call.method == "GET"]
    assert (looks, job.server.bulk, time.slept) == (["page=1&limit=1"], 3, 0)


@pytest.mark.parametrize(("more", "requests"), [(-1, 4), (0, 4), (1, 2)])
def test_a_body_as_large_as_one_that_was_refused_is_halved(job: Job, more: int, requests: int) -> None:
    """One that is smaller by a byte goes out whole; what is known stays known after an answer."""
    job.batches = 1
    job.deliver()
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        with ledger.transaction() as db:
            ceiling = job.server.sizes[0] + more
            db.execute("UPDATE accounts SET ceiling_bytes = ? WHERE id = ?", (ceiling, account))
    job.run_id, job.people, job.batches = "run-2", 10, 2
    job.deliver()
    assert job.server.bulk == 1 + requests


@pytest.mark.parametrize(("less", "requests"), [(0, 1), (1, 2)])
def test_a_body_above_the_cap_that_is_documented_is_halved(
    job: Job, monkeypatch: pytest.MonkeyPatch, less: int, requests: int
) -> None:
    """Without asking; one that is as large as that goes out whole."""
    job.batches = 1
    job.deliver()
    monkeypatch.setattr(Voxpria, "body_cap_bytes", job.server.sizes[0] - less)
    job.run_id, job.people = "run-2", 10
    job.deliver()
    assert job.server.bulk == 1 + requests


def test_three_lost_answers_in_a_row_end_the_run(job: Job) -> None:
    """A sick endpoint is not fed batch after batch; a harmless request goes between."""
    job.batches = 6
    job.server.otherwise = says(500)
    end = job.deliver()
    assert (end.reason, end.exit_code) == ("unavailable", 4)
    assert "importer resume run-1" in end.message
    assert (job.server.bulk, job.server.lists) == (3, 2)
    assert job.reasons() == {"not-sent": 60, "reply-lost": 60}


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


def test_an_api_that_is_gone_after_its_first_lost_answer_is_given_up(job: Job) -> None:
    """It never answered: five looks at it, and the run ends instead of waiting out an outage."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"max_wait": 10**6}
    job.server.otherwise, job.server.on_list = says(503), says(503)
    end = job.deliver()
    assert (end.reason, job.server.bulk, job.server.lists) == ("unavailable", 1, 5)
    assert "does not answer (status 503)" in end.message


def test_a_key_that_is_refused_while_the_api_is_looked_at_ends_the_run(job: Job) -> None:
    """After a lost answer the look is refused with 401: exit code 6, and no contact is risked."""
    job.server.script, job.server.on_list = [documented, reset], says(401)
    end = job.deliver()
    assert (end.reason, end.exit_code, job.server.bulk, job.server.lists) == ("key-refused", 6, 2, 1)
