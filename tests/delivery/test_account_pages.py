"""Pages of an account: as large as its API gives them."""

from importer.delivery import DeliveryEnd
from tests.support.delivery_job import Job, told
from tests.support.faultserver import (
    Call,
    FaultServer,
    after_applying,
    documented,
    listed,
    reset,
    says,
)


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
