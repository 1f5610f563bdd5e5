"""Delivery over real sockets and a real ledger: whatever the API does, nothing is lost, doubled or falsely claimed."""

import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.pieces import Piece
from importer.delivery.sending import Sender
from importer.models.watching import Silence
from tests.support.delivery_job import FakeTime, Job, Notes, batch
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    after_applying,
    documented,
    listed,
    reset,
    says,
)


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


def test_several_in_flight_lose_and_double_nothing_whatever_is_lost(job: Job) -> None:
    """Lost answers, refusals and resets among requests that travel together."""
    job.batches, job.settings = 24, {"in_flight": 4}
    faults = [after_applying(0.5, reset), says(429, b"", Retry_After="0"), says(413), after_applying(1, says(500))]
    job.server.script = [documented, *faults, documented, documented, *faults]
    for _ in range(3):
        job.deliver()
    assert job.reasons() == {"confirmed": 480}
    assert job.server.doubled == 0


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


def test_a_batch_that_is_offered_twice_travels_once(job: Job) -> None:
    """As a resumed run may do."""
    job.deliver(before_wait=lambda delivery: delivery.offer(1, job.rows))
    assert job.server.bulk == 3


def test_waiting_ends_only_when_nothing_more_is_offered_and_all_of_it_is_sent(job: Job) -> None:
    """Waited for before anything is offered, and before what was offered is taken up."""
    ends: list[DeliveryEnd] = []
    with job.opened() as delivery:
        waiting = threading.Thread(target=lambda: ends.append(delivery.wait()))
        waiting.start()
        waiting.join(0.1)
        delivery.offer(1, job.rows)
        delivery.close()
        waiting.join(0.1)
        assert not ends
        delivery.start()
        waiting.join()
    assert ends == [DeliveryEnd()]
    assert job.server.bulk == 1
