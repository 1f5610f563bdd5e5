"""Settling what is in doubt: a hiccup of the API is settled without a person wherever that can be proven."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.delivery import DeliveryEnd
from importer.delivery.channel import Books, Channel
from importer.delivery.doubts import Resolver
from importer.delivery.pieces import Piece
from importer.delivery.readback import MOVED, NO_CONTROL, OLD_CONTROL, Findings, Search
from importer.models.outcomes import Reason
from importer.settings.settings import load_settings
from tests.conftest import Typed
from tests.support.delivery_job import FakeTime, Job, Notes, told, verified
from tests.support.faultserver import Act, Call, FaultServer, after_applying, documented, listed, reset, says

QUIET_S = 100.0


ROWS = 12


@pytest.fixture
def hours() -> FakeTime:
    return FakeTime()


@pytest.fixture
def lone(server: FaultServer, path: Path, hours: FakeTime) -> Job:
    """A run of one batch: nothing was confirmed before."""
    settings = {"quiet_time": QUIET_S}
    return Job(server, path, 1, clock=hours.clock(), settings=settings, watch=Notes())


def listed_people(first: int) -> str:
    """A list of ``ROWS`` people."""
    rows = [f"Nora {n},+1415555{n:04}" for n in range(first, first + ROWS)]
    return "\n".join(["Name,Phone", *rows]) + "\n"


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_one_server_error_in_an_import_of_one_batch_needs_nobody(  # noqa: PLR0917 - fixtures and cases
    server: FaultServer, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, share: float
) -> None:
    """Nothing, half or all of it was applied: every row is imported, none twice, and the exit code is 0.

    An import of the night before has shown by which clock the API dates its contacts.
    """
    monkeypatch.chdir(tmp_path)
    options = ("--base-url", server.url, "--quiet-time", "0.1", "--json")
    for name, first in (("before.csv", 5000), ("list.csv", 0)):
        Path(name).write_text(listed_people(first), "utf-8")
        done = typed("run", name, *options)
        server.script = [after_applying(share, says(status))]
    summary = json.loads(done.out)
    assert (done.code, summary["imported"], summary["unconfirmed"]) == (0, ROWS, 0)
    assert (len(server.contacts), server.doubled) == (2 * ROWS, 0)
    assert server.bulk == (2 if share == 1 else 3)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_in_an_account_that_is_new_what_a_lost_request_made_is_only_present(
    server: FaultServer, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """No contact has shown yet by which clock the API dates them: whose those are is not claimed. The rest is sent."""
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text(listed_people(0), "utf-8")
    server.script = [after_applying(share, says(500))]
    done = typed("run", "list.csv", "--base-url", server.url, "--quiet-time", "0.1", "--json")
    made = round(ROWS * share)
    assert json.loads(done.out)["reasons"].get("unconfirmed", {}) == ({"present": made} if made else {})
    assert (done.code, len(server.contacts), server.doubled) == (4 if made else 0, ROWS, 0)


def test_the_second_look_comes_a_quiet_time_after_the_first(lone: Job, hours: FakeTime) -> None:
    """So long after the lost request that no list which is behind by less can hide what it made."""
    looks: list[float] = []

    def look(server: FaultServer, call: Call) -> None:
        if "page=1&limit=1000" in call.path:
            looks.append(hours.now)
        listed(server, call)

    lone.server.script, lone.server.on_list = [reset], look
    began = hours.now
    lone.deliver()
    assert lone.reasons() == {"confirmed": 20}
    assert looks == pytest.approx([began + QUIET_S, began + 2 * QUIET_S], abs=1)
    assert "the list of 0 contacts is up to date: it is read once more in 100 s" in told(lone)


@pytest.mark.parametrize("lag_s", [0.0, 60.0, 95.0])
@pytest.mark.parametrize("late_s", [0.0, 95.0])
def test_a_late_request_and_a_list_that_is_behind_double_nothing(
    lone: Job, hours: FakeTime, lag_s: float, late_s: float
) -> None:
    """The request is applied at the end of the quiet time, and the list shows it as late as it may: it is found."""
    began = hours.now

    def catch_up(server: FaultServer, call: Call) -> None:
        if not server.contacts and hours.now >= began + late_s:
            server.apply(lost)
        whole = server.contacts
        server.contacts = whole if hours.now >= began + late_s + lag_s else []
        listed(server, call)
        server.contacts = whole

    def late(_: FaultServer, call: Call) -> None:
        lost.extend(call.contacts())
        call.reset()

    lost: list[dict[str, str]] = []
    lone.server.script, lone.server.on_list = [late], catch_up
    lone.deliver()
    assert (lone.server.bulk, lone.server.doubled, len(lone.server.contacts)) == (1, 0, 20)
    assert "reply-lost" not in lone.reasons()


def others(server: FaultServer, call: Call) -> None:
    """Somebody else writes: another contact at each look."""
    if "page=1&limit=1000" in call.path:
        server.contacts.append({"phone": f"+1415555{len(server.contacts):04}", "contactId": f"o{len(server.contacts)}"})
    listed(server, call)


def short(server: FaultServer, call: Call) -> None:
    """A list that lacks contacts which its total counts."""
    page = {"success": True, "data": [], "total": 7}
    call.answer(200, page, Date=server.date())


@pytest.mark.parametrize(("on_list", "why"), [(others, MOVED), (short, NO_CONTROL)])
def test_a_list_that_moves_or_lacks_contacts_proves_nothing(lone: Job, on_list: Act, why: str) -> None:
    """Nothing is sent again, and what can settle it is named; to resume is not."""
    lone.server.script, lone.server.on_list = [reset], on_list
    assert lone.deliver().reason is None
    assert (lone.server.bulk, lone.reasons()) == (1, {"reply-lost": 20})
    assert re.search(f"{why}.*\\n.*importer verify run-1 --control PHONE", told(lone))
    assert "importer resume" not in told(lone)


def test_what_an_api_never_counts_right_is_not_sent_for_ever(lone: Job) -> None:
    """Counts that do not add up, and nothing is there: after two such answers the rows stay in doubt."""
    lone.server.otherwise = says(200, {"success": True, "data": {"imported": 3, "skipped": 3, "errors": []}})
    for _ in range(3):
        lone.deliver()
    assert (lone.server.bulk, lone.reasons()) == (2, {"reply-lost": 20})


def test_a_page_of_somebody_else_as_answer_is_a_hiccup_like_any_other(lone: Job) -> None:
    """A proxy's page with status 200 says nothing of the API."""
    lone.server.script = [says(200, b"<html>Sign in</html>")] * 2
    lone.deliver()
    assert (lone.server.bulk, lone.reasons()) == (3, {"confirmed": 20})


def test_a_second_look_is_not_begun_where_the_requests_do_not_suffice(lone: Job, hours: FakeTime) -> None:
    """One look takes one request of the two; nobody waits for a second that cannot be made."""
    lone.server.contacts = [{"phone": f"+1415555{n:04}", "contactId": f"o{n}"} for n in range(30)]
    lone.server.script, lone.settings = [reset], {"quiet_time": QUIET_S, "verify_requests": 3}
    lone.deliver()
    assert lone.reasons() == {"reply-lost": 20}
    assert hours.slept < 2 * QUIET_S


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


def test_a_429_in_the_middle_of_a_reading_is_waited_out(job: Job) -> None:
    """The page that was refused is asked for again, and no other."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, after_applying(1, reset)]
    job.server.page_cap = 20
    job.deliver()
    refused: list[Call] = []

    def once(server: FaultServer, call: Call) -> None:
        if "page=2" in call.path and not refused:
            refused.append(call)
            call.answer(429, b"", Retry_After="1")
        else:
            listed(server, call)

    job.server.on_list = once
    job.settings = {}
    hours = FakeTime()
    hours.now = time.time()
    job.clock = hours.clock()
    verified(job)
    assert refused
    assert job.reasons() == {"confirmed": 60}
