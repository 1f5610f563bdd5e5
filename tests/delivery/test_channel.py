"""Where delivery stops on its way: while it waits, looks for the API, reads the account or makes a control contact."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.ledger.accounts import Known
from importer.errors import StoppedError
from importer.models.watching import Stop
from tests.support.delivery_job import FakeTime, Job, Notes, batch, poisoned, prove, verified
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    after_applying,
    created,
    documented,
    listed,
    reset,
    says,
)

CONTROL = "+14155559999"


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite", watch=Notes())


def told(job: Job) -> str:
    assert isinstance(job.watch, Notes)
    return "\n".join(job.watch.told)


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


def test_a_look_at_the_api_heeds_its_limit(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 429 to the look is no answer yet: it is repeated after the pause, and the run goes on."""
    time = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: time.now)
    job.clock = time.clock()
    looks: list[float] = []

    def limited(server: FaultServer, call: Call) -> None:
        looks.append(time.now)
        says(429, b"", Retry_After="50")(server, call) if len(looks) == 1 else listed(server, call)

    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], limited
    assert job.deliver() == DeliveryEnd()
    assert looks[1] - looks[0] >= 50
    assert job.reasons() == {"confirmed": 60}


def test_a_limit_beyond_the_runs_patience_ends_the_look_at_the_api(job: Job) -> None:
    """The wait would be too long: the run ends, resumable, and its doubt stays one."""
    time = FakeTime()
    job.clock, job.settings = time.clock(), {"max_wait": 30}
    job.server.script, job.server.on_list = [documented, reset], says(429, b"", Retry_After="1000")
    assert job.deliver().reason == "unavailable"
    assert (job.server.bulk, job.server.lists) == (2, 1)
    assert job.reasons() == {"confirmed": 20, "not-sent": 20, "reply-lost": 20}


def exists(*offsets: int) -> Act:
    """Refuse a request as a whole because some of batch 1's contacts are there, and name those."""
    there = batch(1)["phone"].gather(list(offsets)).to_list()

    def act(server: FaultServer, call: Call) -> None:
        errors = [{"phone": c["phone"], "message": "already exists"} for c in call.contacts() if c["phone"] in there]
        refused = says(422, {"success": False, "error": "no", "errors": errors})
        (refused if errors else documented)(server, call)

    return act


def test_a_contact_that_a_refusal_calls_there_is_skipped_and_no_error(job: Job) -> None:
    """A whole request refused because of two contacts that exist: they are skipped, the others imported."""
    job.server.otherwise = exists(3, 17)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "skipped-by-api": 2}


def test_a_contact_that_a_later_refusal_calls_there_is_present(job: Job) -> None:
    """In a request made of the rest of a refused one, nobody can tell any more who made the contact."""
    invalid, there = poisoned(3, names=True), exists(17)

    def act(server: FaultServer, call: Call) -> None:
        (invalid if server.bulk == 1 else there)(server, call)

    job.server.otherwise = act
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 58, "present": 1, "rejected-by-api": 1}


def test_a_batch_that_is_offered_twice_travels_once(job: Job) -> None:
    """As a resumed run may do."""
    job.deliver(before_wait=lambda delivery: delivery.offer(1, job.rows))
    assert job.server.bulk == 3


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


def test_an_api_that_refuses_large_pages_is_read_in_small_ones(job: Job) -> None:
    """Asked for 1,000 contacts it answers 400; asked for 50, as documented, it gives them."""
    limits: list[str] = []

    def picky(server: FaultServer, call: Call) -> None:
        limits.append(call.path.partition("limit=")[2])
        says(400)(server, call) if limits[-1] == "1000" else listed(server, call)

    job.server.script, job.server.on_list = [documented, documented, after_applying(0.5, reset)], picky
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 60}
    assert (limits[:2], limits.count("1000")) == (["1000", "50"], 1)


def test_an_api_that_refuses_small_pages_too_is_not_asked_for_ever(job: Job) -> None:
    """Two refusals more, and the account cannot be read; the doubt stays."""
    job.server.script, job.server.on_list = [documented, documented, after_applying(0.5, reset)], says(400)
    job.deliver()
    assert job.server.lists == 3
    assert job.reasons() == {"confirmed": 40, "reply-lost": 20}
    assert "the account's list could not be read" in told(job)


def in_doubt(job: Job) -> None:
    """A run whose only batch was lost, and whose doubt a control contact alone can settle."""
    job.batches, job.server.tells_total = 1, False
    job.server.script = [reset]
    job.deliver()


def of_controls(job: Job) -> list[str]:
    """The verdicts on the requests for control contacts."""
    with closing(sqlite3.connect(job.ledger_path)) as db:
        return [verdict for (verdict,) in db.execute("SELECT verdict FROM attempts WHERE kind = 'control' ORDER BY id")]


def test_a_control_contact_that_is_not_made_ends_with_what_to_look_for(job: Job) -> None:
    """Whatever the API answers, the mark is named under which a contact may be there; the doubt stays."""
    in_doubt(job)
    for act, words in ((says(500), "status 500"), (says(422, {"error": "no"}), "no"), (says(201, b"{}"), "status 201")):
        job.server.singles = [act]
        with pytest.raises(StoppedError, match=f"could not be made .*{words}.*importer check"):
            verified(job, control=CONTROL)
    assert job.reasons() == {"reply-lost": 20}
    assert of_controls(job) == ["ambiguous", "refused", "answered"]


def test_a_control_contact_that_cannot_be_deleted_is_named(job: Job) -> None:
    """It stays in the account, so its id and the command that deletes it are said."""
    in_doubt(job)
    job.server.singles = [created, says(400)]
    verified(job, control=CONTROL)
    assert of_controls(job) == ["answered", "refused"]
    assert "is still there: importer contacts delete c0" in told(job)


def test_a_wish_to_stop_comes_before_the_control_contact(job: Job) -> None:
    """Nothing is made for a run that ends anyway."""
    in_doubt(job)
    stop = Stop()
    with pytest.raises(StoppedError, match="before the control contact was made"):
        verified(job, control=CONTROL, confirm=lambda _: stop.wish(), stop=stop)
    assert [call.path for call in job.server.calls if call.method == "POST" and not call.path.endswith("/bulk")] == []


def test_a_wish_to_stop_leaves_the_control_contact_and_says_so(job: Job) -> None:
    """No request goes out after it, not even the one that would delete the contact."""
    in_doubt(job)
    stop = Stop()

    def stopping(server: FaultServer, call: Call) -> None:
        if server.contacts:
            stop.wish()
        listed(server, call)

    job.server.on_list = stopping
    verified(job, control=CONTROL, stop=stop)
    assert len(job.server.contacts) == 1
    assert "is still there: importer contacts delete c0" in told(job)


def test_what_fails_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    """Be it a bug or a wish to end: the ledger holds what it held, and can be written again."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:

        def broken(db: sqlite3.Connection, failure: BaseException) -> None:
            db.execute("INSERT INTO accounts (name) VALUES ('x.example.com')")
            raise failure

        for failure in (RuntimeError("a bug"), KeyboardInterrupt()):
            with pytest.raises(type(failure)), ledger.transaction() as db:
                broken(db, failure)
        assert ledger.known_account("https://x.example.com", "fp") is None
        assert ledger.account("https://x.example.com", "fp") == 1
        assert ledger.known_account("https://x.example.com", "fp") == Known(1, "x.example.com")


def test_a_control_that_nothing_needs_is_not_made(job: Job) -> None:
    """Every contact is confirmed: nobody is asked, and the account stays as it is."""
    asked: list[str] = []
    job.deliver()
    verified(job, control=CONTROL, confirm=asked.append)
    assert asked == []
    assert CONTROL not in {contact["phone"] for contact in job.server.contacts}


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
