"""The requests by which an account's list is dated, whatever is done to our clock between them."""

from dataclasses import replace

import pytest

from importer.delivery import DeliveryEnd
from tests.support.delivery_job import FakeTime, Job, batch, prove
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, listed, reset, says


def unlisted_until(bulk: int) -> Act:
    """An account's list that cannot be had before so many bulk requests came in."""

    def act(server: FaultServer, call: Call) -> None:
        (says(403) if server.bulk < bulk else listed)(server, call)

    return act


@pytest.mark.parametrize("step", [3600, -3600])
@pytest.mark.parametrize("is_there_before", [True, False])
def test_a_clock_that_is_set_does_not_change_whose_a_contact_is(
    job: Job, monkeypatch: pytest.MonkeyPatch, step: float, *, is_there_before: bool
) -> None:
    """Our clock is set between a lost request and the look for its contacts, by more than these are old."""
    hours, wall_s = FakeTime(), [0.0]
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock = replace(hours.clock(), wall=lambda: hours.now + wall_s[0])
    job.settings, job.batches, job.server.skips_existing = {"quiet_time": 100}, 2, True
    prove(job, duplicates="skip", invalid_numbers="refuse")
    if is_there_before:
        job.server.apply(batch(2).to_dicts())
        hours.now += 600

    def lists_after_the_step(server: FaultServer, call: Call) -> None:
        wall_s[0] = step
        listed(server, call)

    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], lists_after_the_step
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == ({"confirmed": 20, "skipped-by-api": 20} if is_there_before else {"confirmed": 40})


@pytest.mark.parametrize(
    ("boot", "step", "reason"),
    [
        ("boot", 3600, "confirmed"),
        *(("other", step, "confirmed") for step in (0, 3, -3)),
        *(("other", step, "present") for step in (7, -7, 3600, -3600)),
    ],
)
def test_after_another_start_a_lost_contact_is_ours_only_where_the_clock_kept_its_time(
    job: Job, monkeypatch: pytest.MonkeyPatch, boot: str, step: float, reason: str
) -> None:
    """Nothing tells how much time went by while the machine was off, but the two clocks may tell that it was right."""
    hours = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock, job.batches = hours.clock(), 2
    job.settings = {"in_flight": 1, "quiet_time": 0.0}
    job.server.script, job.server.on_list = [documented, after_applying(1, reset)], says(403)
    job.deliver()
    assert job.reasons() == {"confirmed": 20, "reply-lost": 20}
    job.clock = replace(hours.clock(), wall=lambda: hours.now + step, boot=boot)
    job.server.on_list = listed
    job.deliver()
    assert job.reasons() == ({"confirmed": 40} if reason == "confirmed" else {"confirmed": 20, reason: 20})


def test_what_was_lost_before_the_account_ever_answered_may_be_anybodys_after_another_start(job: Job) -> None:
    """Nothing tells whether the clock was right when it was sent."""
    hours = FakeTime()
    job.clock, job.batches = hours.clock(), 1
    job.server.script, job.server.on_list = [after_applying(1, reset)], says(403)
    job.deliver()
    job.clock, job.server.on_list = replace(hours.clock(), boot="other"), listed
    job.deliver()
    assert job.reasons() == {"present": 20}


def test_a_half_was_sent_when_its_whole_was(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost batch, sent again in halves that were lost, too: its contacts are of the first request, so ours."""
    hours = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock, job.settings, job.batches = hours.clock(), {"quiet_time": 100}, 2
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.server.script = [documented, after_applying(1, reset), says(413), says(500), says(500)]
    job.server.on_list = unlisted_until(5)
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == {"confirmed": 40}
    assert (job.server.bulk, job.server.doubled) == (5, 0)


@pytest.mark.parametrize("earlier", [20, 5000])
def test_a_list_that_is_behind_by_more_than_the_quiet_time_doubles_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch, earlier: int
) -> None:
    """Old contacts are visible, new ones not yet: a second look comes after it has caught up."""
    hours = FakeTime()
    monkeypatch.setattr(job.server, "now", lambda: hours.now)
    job.clock, job.settings = hours.clock(), {"quiet_time": 100}
    job.batches = 1
    job.deliver()
    hours.now += earlier
    applied_at = hours.now

    def behind(server: FaultServer, call: Call) -> None:
        whole = server.contacts
        server.contacts = whole if hours.now >= applied_at + 150 else whole[:20]
        listed(server, call)
        server.contacts = whole

    job.batches = 2
    job.server.script, job.server.on_list = [after_applying(1, reset)], behind
    job.deliver()
    assert (job.server.bulk, job.server.doubled) == (2, 0)
    assert job.reasons() == {"confirmed": 40}
