"""The channel to the API: pace and pauses hold for every process, and patience has an end."""

import sqlite3
from dataclasses import replace

import pytest

from importer.delivery import DeliveryEnd
from tests.support.delivery_job import FakeTime, Job
from tests.support.faultserver import (
    Call,
    FaultServer,
    after_applying,
    documented,
    listed,
    reset,
    says,
)


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


def test_pages_of_the_account_are_not_kept(job: Job) -> None:
    """They hold other people's contacts; answers to batches are kept."""
    job.server.script = [documented, documented, after_applying(0.5, says(500, b"lost"))]
    job.deliver()
    with sqlite3.connect(job.ledger_path) as db:
        kept = db.execute("SELECT kind, reply IS NOT NULL, count(*) FROM attempts GROUP BY 1, 2").fetchall()
    db.close()
    assert {kind: is_kept for kind, is_kept, _ in kept} == {"bulk": 1, "list": 0, "probe": 0}


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
