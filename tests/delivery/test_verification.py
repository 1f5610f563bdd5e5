"""Settling doubts: ``verify``, sending again where skips are proven, and sending again at a person's wish."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from importer.delivery import DeliveryEnd, Ledger
from importer.delivery.readback import Findings, Search, read_back
from importer.errors import RefusedError
from importer.models.watching import Stop
from importer.sandbox import Behaviour
from importer.targets import Found, Page
from tests.conftest import StartSandbox, Typed
from tests.support.delivery_job import FakeTime, Job, Notes, prove, verified
from tests.support.faultserver import Call, FaultServer, after_applying, documented, listed, reset, says

NOW = 1_770_638_400.0
ABSENT = "+19995550100"


@pytest.fixture
def job(server: FaultServer, tmp_path: Path) -> Job:
    return Job(server, tmp_path / "ledger.sqlite")


def account(count: int, size: int, *, newest_first: bool = False, total: bool = True) -> "Account":
    contacts = [Found(f"c{n}", f"+1415555{n:04}", NOW + n) for n in range(count)]
    return Account(contacts[::-1] if newest_first else contacts, size, total)


@dataclass
class Account:
    """An account's list; notes which pages are asked for."""

    contacts: list[Found]
    size: int
    has_total: bool
    asked: list[int] = field(default_factory=list)

    def __call__(self, number: int) -> Page | None:
        self.asked.append(number)
        here = self.contacts[(number - 1) * self.size : number * self.size]
        return Page(tuple(here), len(self.contacts) if self.has_total else None)


def looked(fetch: Account, wanted: str, since: float | None = None, budget: int = 300) -> Findings:
    return read_back(fetch, Search({wanted}, {fetch.contacts[0].phone, fetch.contacts[-1].phone}, budget, since=since))


def test_the_newest_contacts_are_looked_at_first_in_either_order() -> None:
    """What was sent lately stands at the end of a list with the newest last: page 1, one past the end, the end."""
    last = account(1000, 50)
    assert looked(last, "+14155550999").found
    assert last.asked == [1, 21, 20]
    first = account(1000, 50, newest_first=True)
    assert looked(first, "+14155550999").found
    assert first.asked == [1]


@pytest.mark.parametrize("newest_first", [True, False])
def test_absence_needs_every_page_in_either_order(newest_first: bool) -> None:
    """Backwards or forwards: each page once, and the empty one after the last."""
    fetch = account(500, 50, newest_first=newest_first)
    findings = looked(fetch, ABSENT)
    assert findings.is_absence_proven
    assert sorted(fetch.asked) == list(range(1, 12))


@pytest.mark.parametrize("newest_first", [True, False])
def test_of_an_account_too_large_only_what_is_newer_than_the_request_is_read(newest_first: bool) -> None:
    """A million contacts cannot be read within 300 requests, but what was created lately can be found."""
    fetch = account(100_000, 50, newest_first=newest_first)
    findings = looked(fetch, "+141555599990", since=NOW + 99_900)
    assert findings.found
    missing = looked(fetch, ABSENT, since=NOW + 99_900)
    assert not missing.is_absence_proven
    assert "more than 300 requests" in missing.why_not
    assert missing.requests <= 6


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_account_too_large_is_not_read_where_it_is_not_known_what_is_new(newest_first: bool) -> None:
    """Without the moment of the request nothing tells where to stop: one page shows that, and no more are asked for."""
    fetch = account(100_000, 50, newest_first=newest_first)
    findings = looked(fetch, ABSENT)
    assert not findings.is_absence_proven
    assert fetch.asked == [1]


def test_a_list_that_ignores_the_page_proves_no_absence() -> None:
    """The first page again and again is no end, whatever total is told."""
    page = Page(tuple(Found(f"c{n}", f"+1415555{n:04}", NOW) for n in range(50)), 50)
    findings = read_back(lambda _: page, Search({ABSENT}, {"+14155550001"}, 300))
    assert not findings.is_absence_proven
    assert findings.why_not


def test_contacts_that_come_while_the_list_is_read_are_noticed() -> None:
    """Pages shift when somebody writes: the total changes, and a second pass must agree with the first."""
    fetch = account(200, 50, newest_first=True)
    number = 0

    def shifting(page: int) -> Page | None:
        nonlocal number
        number += 1
        if number == 3:
            fetch.contacts.insert(0, Found("new", ABSENT, NOW + 999))
        return fetch(page)

    controls = {fetch.contacts[0].phone}
    findings = read_back(shifting, Search({ABSENT}, controls, 300))
    assert findings.found, "the second pass sees it"


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


def test_verify_tells_the_plan_and_what_it_found(job: Job) -> None:
    """Before: how many contacts, the account's size, requests, time and the budget. After: what is there."""
    job.settings = {"verify": "never"}
    job.server.script = [documented, after_applying(0.5, reset)]
    job.deliver()
    job.settings, job.watch = {}, Notes()
    assert verified(job) == DeliveryEnd()
    assert job.watch.told == [
        "Reading the account back for 20 contacts (reply-lost), 40 that were confirmed.",
        "The account holds 50 contacts: 2 requests, less than a minute; 300 are allowed.",
        "Read-back, 2 requests: 10 of 20 contacts are in the account; the others are certainly not.",
        "All 40 contacts that the API confirmed are in its list.",
    ]
    assert job.reasons() == {"confirmed": 50, "not-sent": 10}
    assert job.server.bulk == 3, "nothing is sent"


def test_always_looks_for_what_was_confirmed(job: Job) -> None:
    """Contacts that the API confirmed and does not show are said."""

    def forgetful(server: FaultServer, call: Call) -> None:
        contacts = server.contacts[5:]
        call.answer(200, {"data": contacts if "page=1&" in call.path else [], "total": len(contacts)})

    job.server.on_list, job.watch, job.settings = forgetful, Notes(), {"verify": "always"}
    job.server.page_cap = 1000
    job.deliver()
    assert "5 of 60 contacts that the API confirmed are not in its list" in job.watch.told[-1]
    assert job.reasons() == {"confirmed": 60}
    job.run_id, job.people, job.settings = "run-2", 10, {}
    job.deliver()
    assert job.server.lists == 2, "auto reads nothing where nothing is uncertain"


def test_a_control_of_the_users_shows_absence_where_nothing_else_can(job: Job) -> None:
    """The only batch of a run was lost before it arrived: a contact is made, seen and deleted, and absence believed."""
    job.batches, job.server.tells_total = 1, False
    job.server.script = [reset]
    job.deliver()
    verified(job)
    assert job.reasons() == {"reply-lost": 20}
    asked: list[str] = []
    verified(job, control="+14155559999", confirm=asked.append)
    assert len(asked) == 1
    assert job.server.contacts == []
    assert job.reasons() == {"not-sent": 20}
    job.deliver()
    assert job.reasons() == {"confirmed": 20}


def test_a_control_that_the_list_does_not_show_proves_nothing(job: Job) -> None:
    """A list that lags behind hides the control as well."""
    job.batches = 1
    job.server.script = [after_applying(1, reset)]
    job.server.on_list = says(200, {"data": []})
    job.deliver()
    verified(job, control="+14155559999")
    assert job.reasons() == {"reply-lost": 20}
    assert len(job.server.contacts) == 20


def test_a_control_number_that_is_there_is_refused(job: Job) -> None:
    """Nothing is written for a number that the account has, and nothing without a yes."""
    job.batches, job.server.tells_total = 1, False
    job.server.contacts = [{"phone": "+14155559999", "contactId": "old", "createdAt": "2020-01-01T00:00:00Z"}]
    job.server.script = [reset]
    job.deliver()
    with pytest.raises(RefusedError, match="is in the account"):
        verified(job, control="+14155559999")

    def no(_: str) -> None:
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        verified(job, control="+14155559998", confirm=no)
    assert len(job.server.contacts) == 1


def unlisted(_: FaultServer, call: Call) -> None:
    call.answer(403, {"error": "scope"})


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_where_skips_are_proven_the_same_rows_are_sent_again(job: Job, share: float) -> None:
    """No list to read, but a write check saw numbers skipped: nothing is doubled, and what was skipped is present."""
    job.server.skips_existing, job.server.on_list = True, unlisted
    job.deliver()
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.run_id, job.people, job.server.contacts, job.server.calls = "run-2", 10, [], []
    job.server.script = [documented, after_applying(share, reset)]
    assert job.deliver() == DeliveryEnd()
    assert job.reasons() == ({"confirmed": 60} if share == 0 else {"confirmed": 40, "present": 20})
    assert job.server.doubled == 0
    keys = [call.headers["idempotency-key"] for call in job.server.calls if call.method == "POST"]
    assert len(keys) == 4
    assert len(set(keys)) == 3, "the same rows travel under the same key"


def test_a_skip_that_may_mean_something_else_is_not_called_present(job: Job) -> None:
    """Where invalid numbers are skipped, too, a skipped contact may not be there at all."""
    job.server.skips_existing, job.server.on_list = True, unlisted
    job.batches = 1
    job.server.script = [after_applying(1, reset)]
    prove(job, duplicates="skip", invalid_numbers="skip")
    job.deliver()
    assert job.reasons() == {"not-named": 20}


def test_the_same_rows_are_sent_again_four_times_at_most(job: Job) -> None:
    """An API that never answers is not fed for ever, however often the run is resumed."""
    prove(job, duplicates="skip", invalid_numbers="refuse")
    job.batches = 1
    job.server.otherwise, job.server.on_list = after_applying(1, reset), unlisted
    for _ in range(4):
        job.deliver()
    assert job.server.bulk == 5
    assert job.reasons() == {"reply-lost": 20}


def test_another_duplicate_rule_is_no_leave_to_send_again(job: Job) -> None:
    """Only skipping makes a second sending harmless."""
    for number, rule in enumerate(("second", "update", "error", "unknown")):
        prove(job, duplicates=rule, invalid_numbers="refuse")
        job.batches, job.run_id, job.people = 1, f"run-{rule}", 10 * number
        job.server.script, job.server.on_list = [reset], unlisted
        job.deliver()
    assert job.server.bulk == 4


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_person_may_have_doubts_sent_again_and_the_rows_say_so(job: Job, share: float) -> None:
    """``--repost-anyway``: once, marked for ever; a double that it makes is never silent."""
    job.batches, job.settings = 1, {"verify": "never"}
    job.server.script = [after_applying(share, reset)]
    job.deliver()
    job.deliver(is_forced=True)
    assert job.server.bulk == 2
    assert job.reasons() == {"confirmed": 20}
    with Ledger.open(job.ledger_path) as ledger:
        details = ledger.batch_results("run-1")["detail"].to_list()
    assert job.server.doubled == 20 * share
    assert details[0].startswith("maybe_duplicated")


def test_a_mark_survives_another_lost_answer(job: Job) -> None:
    """Sent again and lost again: still in doubt, not sent a third time by itself, and marked when it is settled."""
    job.batches, job.settings = 2, {"verify": "never"}
    job.server.script = [reset, documented, after_applying(1, reset)]
    job.deliver()
    job.deliver(is_forced=True)
    assert (job.server.bulk, job.reasons()) == (3, {"confirmed": 20, "reply-lost": 20})
    job.settings = {}
    job.deliver()
    assert (job.server.bulk, job.reasons()) == (3, {"confirmed": 40})
    with Ledger.open(job.ledger_path) as ledger:
        rows, batches = ledger.row_results("run-1"), ledger.batch_results("run-1")
    details = rows.filter(batch=1)["detail"].to_list() or [batches["detail"][0]] * 20
    assert [detail.startswith("maybe_duplicated") for detail in details] == [True] * 20


LIST = "Name,Phone\nAnn Example,+1 202 555 0101\nBen Example,+1 202 555 0102\nCy Example,+1 202 555 0103\n"


def test_verify_and_resume_as_a_person_types_them(
    tmp_path: Path, typed: Typed, start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run whose only answer was lost: verify asks for a control, with one it settles, and resume sends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox(
        Behaviour.parse(["faults=1:reset-before-commit", "list_totals=none", "on_duplicate=second"])
    )
    url = ("--base-url", sandbox.url, "--quiet-time", "0.1")
    lost = typed("run", "list.csv", *url)
    assert lost.code == 4
    assert "importer resume" not in lost.out + lost.err, "it would look no better"
    assert re.search(r"Go on with: importer verify \S+ --control PHONE", lost.err)
    plain = typed("verify", "latest")
    assert plain.code == 4
    assert "--control PHONE" in plain.err
    done = typed("verify", "latest", "--control", "+1 202 555 0199", "--yes", "--json")
    assert json.loads(done.out)["reasons"] == {"waiting": {"not-sent": 3}}
    assert "importer resume" in done.err
    assert list(sandbox.store.contacts()) == []
    assert typed("resume", "latest").code == 0
    again = typed("verify", "latest")
    assert "All 3 contacts that the API confirmed are in its list." in again.err
    assert again.code == 0
    assert len(list(sandbox.store.contacts())) == 3


def test_repost_anyway_marks_its_rows_in_the_reports(
    tmp_path: Path, typed: Typed, start_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wish of a person is carried out, and every row says so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "list.csv").write_text(LIST, "utf-8")
    sandbox = start_sandbox(Behaviour.parse(["faults=1:reset-after-commit", "on_duplicate=second"]))
    url = ("--base-url", sandbox.url, "--quiet-time", "0.1")
    assert typed("run", "list.csv", *url, "--verify", "never").code == 4
    summary = json.loads(typed("resume", "latest", "--repost-anyway", "--json").out)
    assert summary["imported"] == 3
    rows = pl.read_parquet(tmp_path / "runs" / summary["run_id"] / "rows.parquet")
    assert rows["detail"].str.starts_with("maybe_duplicated").all()


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
