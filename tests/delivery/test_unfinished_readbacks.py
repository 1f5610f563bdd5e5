"""Read-backs that were broken off go on where they stopped."""

from urllib.parse import parse_qs, urlsplit

from importer.models.watching import Stop
from tests.support.delivery_job import Job, Notes, verified
from tests.support.faultserver import Call, FaultServer, documented, listed, reset


def test_a_reading_that_was_stopped_goes_on_at_its_page(job: Job) -> None:
    """Stopped in the middle; the next one asks for no page again."""
    job.batches, job.rows, job.settings = 2, 150, {"verify": "never"}
    job.server.page_cap = 20
    job.server.script = [documented, reset]
    job.deliver()
    stop = Stop()

    def stopping(server: FaultServer, call: Call) -> None:
        if server.lists == 4:
            stop.wish()
        listed(server, call)

    job.settings, job.watch, job.server.on_list = {}, Notes(), stopping
    end = verified(job, stop=stop)
    assert end.reason == "interrupted"
    assert job.reasons() == {"confirmed": 150, "reply-lost": 150}
    verified(job)
    pages = [int(parse_qs(urlsplit(call.path).query)["page"][0]) for call in job.server.calls if call.method == "GET"]
    assert len(pages) == len(set(pages)) == 9
    assert any("Going on at page" in note for note in job.watch.told)
    assert job.reasons() == {"confirmed": 150, "not-sent": 150}
    job.deliver()
    assert job.reasons() == {"confirmed": 300}
    assert job.server.doubled == 0
