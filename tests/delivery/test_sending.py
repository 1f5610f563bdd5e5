"""What delivery tells and keeps of its requests: to the watch, in the ledger, and to the API with the next one."""

import sqlite3
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import Piece, State
from importer.delivery.sending import Sender
from importer.models.watching import Silence
from importer.targets.voxpria import Voxpria
from tests.support.delivery_job import FakeTime, Job, Notes, batch, verified
from tests.support.faultserver import Act, Call, FaultServer, after_applying, cut_upload, documented, reset, says


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite", watch=Notes())


@dataclass
class Heard(Silence):
    """Keeps what happens to batches."""

    events: list[tuple[object, ...]] = field(default_factory=list)

    def queued(self, batch: int, rows: int) -> None:
        self.events.append(("queued", batch, rows))

    def sent(self, batch: int, rows: int) -> None:
        self.events.append(("sent", batch, rows))

    def settled(self, batch: int, rows: int, state: str) -> None:
        self.events.append((state, batch, rows))

    def waiting(self, why: str, seconds: float) -> None:
        self.events.append(("waiting", why, seconds))

    def doing(self, what: str) -> None:
        self.events.append(("doing", what))


def test_the_watch_hears_of_every_batch(job: Job) -> None:
    """Queued, sent and settled or in doubt; a resumption tells at once what was settled before."""
    job.batches, job.watch, job.settings = 2, Heard(), {"verify": "never"}
    job.server.script = [documented, reset]
    job.deliver()
    expected = {("queued", 1, 20), ("queued", 2, 20), ("sent", 1, 20), ("settled", 1, 20), ("sent", 2, 20)}
    assert set(job.watch.events) == expected | {("in-doubt", 2, 20)}
    assert len(job.watch.events) == 6
    job.watch, job.settings = Heard(), {}
    job.deliver()
    assert job.watch.events[:2] == [("queued", 1, 20), ("settled", 1, 20)]
    assert [event[1] for event in job.watch.events if event[0] == "doing"] == [
        "reading the account back for 20 contacts",
        "",
    ]


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


def test_pages_of_the_account_are_not_kept(job: Job) -> None:
    """They hold other people's contacts; answers to batches are kept."""
    job.server.script = [documented, documented, after_applying(0.5, says(500, b"lost"))]
    job.deliver()
    with sqlite3.connect(job.ledger_path) as db:
        kept = db.execute("SELECT kind, reply IS NOT NULL, count(*) FROM attempts GROUP BY 1, 2").fetchall()
    db.close()
    assert {kind: is_kept for kind, is_kept, _ in kept} == {"bulk": 1, "list": 0, "probe": 0}


def test_a_stop_hurries_the_request_under_way(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has 30 seconds for its answer."""
    hurried: list[float] = []

    def stop(delivery: Delivery) -> None:
        monkeypatch.setattr(delivery._channel.target, "hurry", hurried.append, raising=False)
        delivery.stop()
        while not hurried:
            pass

    job.deliver(before_wait=stop)
    assert hurried == [30.0]


def test_a_run_without_doubts_reads_nothing_and_says_nothing(job: Job) -> None:
    """Nor does one that may read nothing."""
    job.deliver()
    notes = job.watch
    assert isinstance(notes, Notes)
    assert (job.server.lists, notes.told) == (0, [])
    job.run_id, job.people, job.settings = "run-2", 10, {"verify_requests": 0}
    job.server.script = [documented, documented, reset]
    job.deliver()
    assert (job.server.lists, job.reasons()) == (0, {"confirmed": 40, "reply-lost": 20})
    assert len(notes.told) == 1, "only that the answer was lost"


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


def test_an_intent_knows_the_requests_of_its_batch(job: Job) -> None:
    """Its own included, and how many other pieces are to be sent; those of another batch do not count."""
    numbers = batch(1)["phone"]
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        ledger.begin_run("run-1", account)
        first, second = Piece(1, range(20)).halves()
        ledger.part("run-1", Piece(1, range(20)), [first, second], numbers)
        counted = []
        for piece in (*ledger.pieces("run-1", 1), Piece(2, range(20))):
            attempt = ledger.begin(account, "run-1", "bulk", per_hour=99, intent=Intent(piece, numbers, b"{}"))
            assert isinstance(attempt, Attempt)
            counted.append((attempt.requests, attempt.others_ready))
    assert counted == [(1, 1), (2, 0), (1, 0)]


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


def test_every_request_of_a_verification_has_its_outcome(job: Job) -> None:
    """Those of the control contact, too; an API that tells no total is said to tell none."""

    def untold(server: FaultServer, call: Call) -> None:
        contacts = server.contacts if "page=1&" in call.path else []
        call.answer(200, {"success": True, "data": contacts}, Date=server.date())

    job.batches = 1
    job.server.script, job.server.on_list = [reset], untold
    job.deliver()
    verified(job, control="+14155559999")
    with sqlite3.connect(job.ledger_path) as db:
        verdicts = db.execute("SELECT kind, verdict FROM attempts WHERE kind IN ('control', 'bulk')").fetchall()
    db.close()
    assert verdicts == [("bulk", "ambiguous"), ("control", "answered"), ("control", "answered")]
    assert isinstance(job.watch, Notes)
    assert any("does not tell how many contacts there are" in note for note in job.watch.told)
    assert job.server.contacts == []


@pytest.mark.parametrize("in_flight", [1, 2, 8])
def test_three_threads_serve_a_request_in_flight_and_one_serves_a_single_one(job: Job, in_flight: int) -> None:
    """They are daemons: a program that ends waits for none of them."""
    threads: list[bool] = []

    def count(_: Delivery) -> None:
        threads.extend(thread.daemon for thread in threading.enumerate() if thread.name.startswith("sender-"))

    job.settings = {"in_flight": in_flight}
    job.deliver(before_wait=count)
    assert threads == [True] * (3 * in_flight if in_flight > 1 else 1)


def test_after_a_failure_of_ours_nothing_is_sent_or_asked(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second batch was lost and the third cannot be loaded: the fourth stays, and the list is not read."""
    prepare = Sender._prepare

    def preparing(sender: Sender, piece: Piece) -> object:
        if piece.batch == 3:
            raise RuntimeError("gone")
        return prepare(sender, piece)

    monkeypatch.setattr(Sender, "_prepare", preparing)
    job.batches, job.server.script = 4, [documented, after_applying(0.5, reset)]
    with pytest.raises(RuntimeError, match="gone"):
        job.deliver()
    assert (job.server.bulk, job.server.lists) == (2, 0)


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
