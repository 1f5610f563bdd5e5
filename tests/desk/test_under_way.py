"""The run that the desk has begun: one at a time, stopped with the desk, and its failures told on the page."""

import threading
import time

import pytest

from importer.desk.under_way import Progress, UnderWay
from importer.errors import StoppedError, UsageError
from importer.models.watching import Stop, Watch


def test_one_run_at_a_time_and_the_end_of_the_desk_stops_it() -> None:
    """A second one is refused; ``end`` wishes the stop and waits for the last line of the work."""
    under_way, left = UnderWay(), threading.Event()

    def work(watch: Watch, stop: Stop) -> None:
        watch.begun("20260301-090000-000")
        while not stop:
            time.sleep(0.01)
        left.set()

    under_way.end()  # nothing is under way: nothing to wait for
    under_way.begin(work)
    with pytest.raises(UsageError, match="sending already"):
        under_way.begin(work)
    assert under_way.is_busy
    under_way.end()
    assert left.is_set()
    assert not under_way.is_busy
    assert under_way.progress is not None
    assert under_way.progress.run_id == "20260301-090000-000"
    assert under_way.progress.problem == ""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StoppedError("There is no room. Make room."), "There is no room. Make room."),
        (
            KeyError("+12025550143"),
            "The program failed (KeyError); what was sent is in the ledger. Run: importer resume r",
        ),
    ],
)
def test_a_failure_is_told_in_words(error: Exception, words: str) -> None:
    """What the program says of it, or how to go on; never what the error quotes."""

    def work(watch: Watch, stop: Stop) -> None:  # noqa: ARG001 - as a run has it
        watch.begun("r")
        raise error

    under_way = UnderWay()
    under_way.begin(work)
    under_way.end()
    assert under_way.progress is not None
    assert under_way.progress.problem == words


def test_rows_are_counted_by_batch() -> None:
    """A batch that is sent twice, or was queued before, counts once."""
    progress = Progress()
    progress.prepared(7, 0.5)
    progress.prepared(3, 1.0)
    progress.queued(1, 4)
    progress.sent(1, 4)
    progress.sent(2, 6)
    progress.settled(1, 4, "imported")
    progress.settled(1, 4, "imported")
    progress.waiting("the API asks for patience", 2.4)
    assert (progress.rows, progress.queued_rows(), progress.answered_rows()) == (10, 10, 4)
    assert progress.phase == "waiting 2 s: the API asks for patience"
