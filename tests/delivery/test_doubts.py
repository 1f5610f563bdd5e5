"""A hiccup of the API in a run that has confirmed nothing yet: settled without a person wherever that can be proven."""

import json
import re
from pathlib import Path

import pytest

from importer.delivery.readback import MOVED, NO_CONTROL, OTHERS_CONTROL, Findings, Search, agreed
from importer.targets import Found
from tests.conftest import Typed
from tests.support.delivery_job import FakeTime, Job, Notes
from tests.support.faultserver import Act, Call, FaultServer, after_applying, listed, reset, says

QUIET_S = 100.0
ROWS = 12


@pytest.fixture
def hours() -> FakeTime:
    return FakeTime()


@pytest.fixture
def job(server: FaultServer, tmp_path: Path, hours: FakeTime) -> Job:
    settings = {"quiet_time": QUIET_S}
    return Job(server, tmp_path / "ledger.sqlite", 1, clock=hours.clock(), settings=settings, watch=Notes())


def told(job: Job) -> str:
    assert isinstance(job.watch, Notes)
    return "\n".join(job.watch.told)


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


def test_the_second_look_comes_a_quiet_time_after_the_first(job: Job, hours: FakeTime) -> None:
    """So long after the lost request that no list which is behind by less can hide what it made."""
    looks: list[float] = []

    def look(server: FaultServer, call: Call) -> None:
        if "page=1&limit=1000" in call.path:
            looks.append(hours.now)
        listed(server, call)

    job.server.script, job.server.on_list = [reset], look
    began = hours.now
    job.deliver()
    assert job.reasons() == {"confirmed": 20}
    assert looks == pytest.approx([began + QUIET_S, began + 2 * QUIET_S], abs=1)
    assert "the list of 0 contacts is up to date: it is read once more in 100 s" in told(job)


@pytest.mark.parametrize("lag_s", [0.0, 60.0, 95.0])
@pytest.mark.parametrize("late_s", [0.0, 95.0])
def test_a_late_request_and_a_list_that_is_behind_double_nothing(
    job: Job, hours: FakeTime, lag_s: float, late_s: float
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
    job.server.script, job.server.on_list = [late], catch_up
    job.deliver()
    assert (job.server.bulk, job.server.doubled, len(job.server.contacts)) == (1, 0, 20)
    assert "reply-lost" not in job.reasons()


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
def test_a_list_that_moves_or_lacks_contacts_proves_nothing(job: Job, on_list: Act, why: str) -> None:
    """Nothing is sent again, and what can settle it is named; to resume is not."""
    job.server.script, job.server.on_list = [reset], on_list
    assert job.deliver().reason is None
    assert (job.server.bulk, job.reasons()) == (1, {"reply-lost": 20})
    assert re.search(f"{why}.*\\n.*importer verify run-1 --control PHONE", told(job))
    assert "importer resume" not in told(job)


def test_what_an_api_never_counts_right_is_not_sent_for_ever(job: Job) -> None:
    """Counts that do not add up, and nothing is there: after two such answers the rows stay in doubt."""
    job.server.otherwise = says(200, {"success": True, "data": {"imported": 3, "skipped": 3, "errors": []}})
    for _ in range(3):
        job.deliver()
    assert (job.server.bulk, job.reasons()) == (2, {"reply-lost": 20})


def test_a_page_of_somebody_else_as_answer_is_a_hiccup_like_any_other(job: Job) -> None:
    """A proxy's page with status 200 says nothing of the API."""
    job.server.script = [says(200, b"<html>Sign in</html>")] * 2
    job.deliver()
    assert (job.server.bulk, job.reasons()) == (3, {"confirmed": 20})


def test_a_second_look_is_not_begun_where_the_requests_do_not_suffice(job: Job, hours: FakeTime) -> None:
    """One look takes one request of the two; nobody waits for a second that cannot be made."""
    job.server.contacts = [{"phone": f"+1415555{n:04}", "contactId": f"o{n}"} for n in range(30)]
    job.server.script, job.settings = [reset], {"quiet_time": QUIET_S, "verify_requests": 3}
    job.deliver()
    assert job.reasons() == {"reply-lost": 20}
    assert hours.slept < 2 * QUIET_S


def looked(ids: str | None, why: str = NO_CONTROL, **found: str) -> Findings:
    contacts = {phone: [Found(contact_id, phone, None)] for phone, contact_id in found.items()}
    return Findings(contacts, why_not=why, requests=2, listed=None if ids is None else frozenset(ids))


SEARCH = Search({"a", "b"}, set(), 300)


@pytest.mark.parametrize(
    ("first", "second", "since", "why"),
    [
        (looked("xy"), looked("xy"), float("inf"), ""),
        (looked(""), looked(""), float("inf"), ""),
        (looked("xy"), looked("yz"), float("inf"), MOVED),
        (looked("xy"), looked(None), float("inf"), MOVED),
        (looked("xy", OTHERS_CONTROL), looked("xy", OTHERS_CONTROL), float("inf"), ""),
        (looked("xy", OTHERS_CONTROL), looked("xy", OTHERS_CONTROL), 1e9, OTHERS_CONTROL),
        (looked("xy"), looked(None, "the list could not be read"), float("inf"), "the list could not be read"),
        (looked("xy"), looked("xy", ""), 1e9, ""),
    ],
)
def test_two_looks_prove_absence_only_where_they_are_alike(
    first: Findings, second: Findings, since: float, why: str
) -> None:
    """And not where the list still lacks what a control is known to have made."""
    together = agreed(first, second, Search({"a"}, set(), 300, controls_since=since))
    assert (together.why_not, together.is_absence_proven, together.requests) == (why, why == "", 4)


def test_what_either_look_found_is_found() -> None:
    """Presence is proof, whenever it was seen."""
    together = agreed(looked("xy", a="x"), looked("yz", b="z"), SEARCH)
    assert together.found.keys() == {"a", "b"}
