"""The unknowns of a run, and since when they may be in the account."""

from dataclasses import replace

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
