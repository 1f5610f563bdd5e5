"""--on-existing update: contacts that the account had get what the file has; the books say what was done to whom."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.account.update import changed_fields
from importer.sandbox import Behaviour
from importer.sandbox.store import Contact, Fields
from importer.targets import Found
from tests.conftest import Sandbox, StartSandbox, Typed
from tests.support.desk import Desk, books

HAD = [
    Fields("+12025550100", "Ann", "Before", "ann@example.com", '{"plan":"basic","City":"Old Town"}'),
    Fields("+12025550101", "Bob", "Before", None, None),
    Fields("+12025550102", "Cid", "Same", "cid@example.com", '{"City":"Springfield"}'),
]
ROWS = """First Name,Last Name,Phone,E-mail,City
Anna,,+1 202-555-0100,,Springfield
Bob,After,+1 202-555-0101,bob@example.com,
Cid,Same,+1 202-555-0102,cid@example.com,Springfield
Dot,New,+1 202-555-0103,,Springfield
"""


class Account(Desk):
    """A list, and an account that has three of its four numbers since last year."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed) -> None:
        super().__init__(folder, sandbox, typed, ROWS)
        self.store.add(HAD)
        with self.store.transaction():
            self.store._db.execute("UPDATE contacts SET created_at = '2025-02-09T12:00:00Z'")

    def contact(self, phone: str) -> Contact:
        found = self.store.find_phone(phone)
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Account:
    return Account(tmp_path, sandbox, typed)


def test_what_the_account_had_is_left_unless_asked(desk: Account) -> None:
    """By default rows of known numbers are skipped, and nobody's contact is changed or looked for."""
    summary = books(desk.run())
    assert (summary["imported"], summary["reasons"]["skipped"]) == (1, {"skipped-by-api": 3})
    assert (desk.asked("PUT"), desk.contact("+12025550100").first_name) == (0, "Ann")


def test_contacts_that_were_there_get_what_the_file_has(desk: Account) -> None:
    """An empty cell changes nothing, metadata is added to, and a contact that has it all takes no request."""
    done = desk.run("--on-existing", "update")
    summary = books(done)
    assert (done.code, summary["imported"], summary["skipped"], summary["updated"]) == (0, 1, 3, 2)
    ann, bob = desk.contact("+12025550100"), desk.contact("+12025550101")
    assert (ann.first_name, ann.last_name, ann.email) == ("Anna", "Before", "ann@example.com")
    assert ann.metadata == {"plan": "basic", "City": "Springfield"}
    assert (bob.last_name, bob.email, bob.metadata) == ("After", "bob@example.com", None)
    assert desk.asked("PUT") == 2
    rows = desk.rows()
    ends = ["its contact was updated with what the row has"] * 2 + ["its contact has all that the row has"]
    assert [detail.rpartition("; ")[2] for detail in rows["detail"][:3]] == ends
    assert rows["contact_id"][0] == ann.contact_id
    assert "To update their contacts takes up to 3 requests, and up to 1 to find them" in done.err


def test_a_second_file_updates_what_the_first_created(desk: Account) -> None:
    """Numbers of an earlier run need no bulk request to be known."""
    books(desk.run())
    (desk.folder / "list.csv").write_text("Name,Phone\nDot Changed,+12025550103\n", "utf-8")
    summary = books(desk.run("--on-existing", "update"))
    assert (summary["reasons"], summary["updated"]) == ({"skipped": {"already-imported": 1}}, 1)
    assert desk.contact("+12025550103").last_name == "Changed"
    assert sum(request.path.endswith("/bulk") for request in desk.store.requests()) == 1


def test_undo_leaves_what_was_there(desk: Account) -> None:
    """What a run updated it did not create: undo deletes the new contact alone."""
    run_id = books(desk.run("--on-existing", "update"))["run_id"]
    summary = json.loads(desk.command("undo", run_id, "--yes").out)
    assert (summary["imported"], summary["removed"]) == (1, 1)
    assert {contact.phone for contact in desk.store.contacts()} == {fields.phone for fields in HAD}


@pytest.mark.parametrize(
    ("faults", "code", "outcomes"),
    [
        # Requests: 1 bulk, 2 read-back, 3 list, 4 and 5 updates.
        ("5:401", 6, {"imported": 1, "skipped": 1, "waiting": 2}),
        ("3:401", 6, {"imported": 1, "skipped": 0, "waiting": 3}),
        ("4:reset-after-commit", 0, {"imported": 1, "skipped": 3}),
        ("4-5:500", 0, {"imported": 1, "skipped": 3}),
    ],
)
def test_faults_on_the_way(  # noqa: PLR0917 - fixtures and parameters
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, faults: str, code: int, outcomes: dict[str, int]
) -> None:
    """A lost answer is asked for again; a refused key stops, the books say what is left, and resume does it."""
    desk = Account(tmp_path, start_sandbox(Behaviour.parse([f"faults={faults}"])), typed)
    done = desk.run("--on-existing", "update")
    summary = books(done)
    assert done.code == code
    assert {name: summary[name] for name in outcomes} == outcomes
    if code:
        assert (summary["status"], summary["reasons"]["waiting"]) == ("incomplete", {"not-sent": outcomes["waiting"]})
        assert f"importer resume {summary['run_id']}" in done.err
        done = desk.command("resume", summary["run_id"])
    assert (done.code, books(done)["skipped"], books(done)["updated"]) == (0, 3, 2)
    assert desk.contact("+12025550101").last_name == "After"


def test_a_refused_update_is_an_error_with_the_api_s_words(
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed
) -> None:
    """The row was sent and refused; its contact stays as it was."""
    sandbox = start_sandbox(Behaviour.parse(["metadata=texts-only"]))
    desk = Account(tmp_path, sandbox, typed)
    bob = desk.contact("+12025550101")
    with desk.store.transaction():
        desk.store.change(bob.contact_id, Fields(bob.phone, "Bob", None, None, '{"age":41}'))
    (tmp_path / "list.csv").write_text("Name,Phone,City\nBob After,+12025550101,Springfield\n", "utf-8")
    done = desk.run("--on-existing", "update")
    assert (done.code, books(done)["reasons"]) == (3, {"errored": {"rejected-by-api": 1}})
    assert "metadata must be texts only" in desk.rows()["detail"][0]


def test_a_killed_update_goes_on(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Kill -9 in the middle of the updates: the report tells what is not known, and resume ends it."""
    desk = Account(tmp_path, start_sandbox(Behaviour.parse(["latency_s=0.3"])), typed)
    command = ["run", str(tmp_path / "list.csv"), "--base-url", desk.url, "--on-existing", "update"]
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", *command, "--runs", tmp_path / "runs"], stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + 30
    while not desk.asked("PUT") and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.15)
    process.send_signal(signal.SIGKILL)
    process.wait()
    between = books(desk.command("report", "latest"))
    assert (between["status"], between["imported"]) == ("incomplete", 1)
    assert between["reasons"]["unconfirmed"] == {"reply-lost": 1}
    done = desk.command("resume", "latest")
    assert (done.code, books(done)["skipped"]) == (0, 3)
    assert desk.contact("+12025550101").last_name == "After"


texts = st.one_of(st.none(), st.just(""), st.text(max_size=5))
metadata = st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=3)


@given(mine=st.tuples(texts, texts, texts, metadata), theirs=st.tuples(texts, texts, texts, metadata))
def test_an_update_adds_and_never_empties(
    mine: tuple[Any, Any, Any, dict[str, str]], theirs: tuple[Any, Any, Any, dict[str, str]]
) -> None:
    """After it the contact has all that the row has, and all else that it had; a second update has nothing to do."""
    names = ("first_name", "last_name", "email")
    row = dict(zip(names, mine[:3], strict=True)) | {"metadata": json.dumps(mine[3])}
    before = dict(zip(names, theirs[:3], strict=True)) | {"metadata": theirs[3]}
    changes = changed_fields(row, Found("c1", "+12025550100", None, **before))
    after = before | changes
    assert all(after[name] == (row[name] or before[name]) for name in names)
    assert after["metadata"] == theirs[3] | mine[3]
    assert changed_fields(row, Found("c1", "+12025550100", None, **after)) == {}
