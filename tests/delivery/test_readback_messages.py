"""What is decided around a reading of the account: what it takes, what shows its absence, when it is repeated."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.delivery import DeliveryEnd
from importer.delivery.channel import Books, Channel
from importer.delivery.doubts import Resolver
from importer.delivery.pieces import Piece
from importer.delivery.readback import OLD_CONTROL, Findings, Search
from importer.models.outcomes import Reason
from importer.settings.settings import load_settings
from tests.support.delivery_job import FakeTime, Job, Notes
from tests.support.faultserver import FaultServer, after_applying, documented, reset, says


@dataclass
class Shelf:
    """A ledger that knows the numbers of its batches."""

    rows: int = 0

    def phones(self, _run_id: str, _batch: int) -> pl.Series:
        return pl.Series("phone", [f"+1415555{n:04}" for n in range(self.rows)])


@dataclass
class Reader:
    """A resolver without an account to read: its reads are counted, its rests are slept by a clock of its own."""

    settings: dict[str, Any] = field(default_factory=dict)
    rows: int = 0
    reads: int = 0

    def __post_init__(self) -> None:
        settings, ledger, target = load_settings(self.settings), Shelf(self.rows), None
        self.time, self.notes = FakeTime(), Notes()
        books = Books(ledger, "run-1", 1)  # type: ignore[arg-type]
        self.channel = Channel(books, target, settings, self.notes, self.time.clock())  # type: ignore[arg-type]
        self.resolver = Resolver(books, self.channel, settings, self.notes)

    def read(self, _search: Search) -> Findings:
        self.reads += 1
        return Findings(is_absence_proven=True)


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite", watch=Notes())


@pytest.mark.parametrize(
    ("pages", "per_hour", "seconds", "about"),
    [
        (3, 4, 0.0, "about 60 min"),
        (3, 5, 0.0, "less than a minute"),
        (7, 4, 0.0, "about 120 min"),
        (3, 900, 14.9, "less than a minute"),
        (3, 900, 15.0, "about 1 min"),
        (7, 900, 45.0, "about 6 min"),
    ],
)
def test_what_a_reading_takes_is_said_in_minutes(pages: int, per_hour: int, seconds: float, about: str) -> None:
    """The pages, one request more, the hours that the pace asks for and as long a request as the last one."""
    reader = Reader({"requests_per_hour": per_hour})
    reader.channel.seconds_a_request = seconds
    reader.resolver._tell_plan(60, pages)
    assert reader.notes.told == [f"The account holds 60 contacts: {pages + 1} requests, {about}; 300 are allowed."]


@pytest.mark.parametrize(
    ("gap", "reads", "why_not"),
    [(0.0, 0, ""), (1.0, 0, ""), (1.5, 1, ""), (260.0, 1, ""), (260.5, 0, OLD_CONTROL)],
)
def test_a_second_look_waits_for_a_gap_that_is_neither_short_nor_long(
    monkeypatch: pytest.MonkeyPatch, gap: float, reads: int, why_not: str
) -> None:
    """Up to a second it is none; beyond twice the quiet time and a minute the controls are too old."""
    reader = Reader({"quiet_time": 100})
    monkeypatch.setattr(reader.resolver, "_read", reader.read)
    reader.resolver.last = Findings(is_absence_proven=True)
    reader.resolver._look_again(Search(set(), set(), 300), gap)
    assert (reader.reads, round(reader.time.slept, 3)) == (reads, gap if reads else 0)
    assert (reader.resolver.last.is_absence_proven, reader.resolver.last.why_not) == (not why_not, why_not)


@pytest.mark.parametrize(("rows", "controls"), [(1, 1), (20, 20), (98, 98), (100, 50), (10_000, 50)])
def test_some_fifty_of_the_contacts_that_were_confirmed_last_are_controls(rows: int, controls: int) -> None:
    """Spread over their piece, and of the last piece alone."""
    old, last = (Piece(1, range(rows), id=n).settled(Reason.CONFIRMED, None) for n in (4, 5))
    vague = Piece(1, range(rows), id=6).settled(Reason.NOT_NAMED, None)
    found = Reader(rows=rows).resolver._controls([last, old, vague])
    assert len(found) == controls
    assert Reader(rows=rows).resolver._controls([vague]) == set()


@pytest.mark.parametrize(("status", "lists"), [(403, 1), (404, 2), (500, 2)])
def test_a_list_that_may_not_be_read_is_asked_for_once_and_one_that_fails_twice(
    job: Job, status: int, lists: int
) -> None:
    """The key's lack of a scope is said; the doubt stays."""
    job.server.script, job.server.on_list = [documented, documented, after_applying(0.5, reset)], says(status)
    assert job.deliver() == DeliveryEnd()
    assert (job.server.lists, job.reasons()) == (lists, {"confirmed": 40, "reply-lost": 20})
    assert isinstance(job.watch, Notes)
    assert any("scope contacts:read" in note for note in job.watch.told) is (status == 403)
