"""Undo: only what a run certainly created and nobody changed is deleted, and every contact of it is accounted for."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.account.undo.judging import Bucket, judge
from importer.delivery.dating import Window
from importer.sandbox import Behaviour
from importer.sandbox.store import Fields
from importer.targets import Found
from tests.conftest import Done, Sandbox, StartSandbox, Typed, leave_a_whole_minute

ROWS = "Name,Phone,City\n" + "".join(f"Ann Example{n},+1 202-555-01{n:02},Springfield\n" for n in range(6))


class Desk:
    """A folder with a list, imported into a sandbox."""

    def __init__(self, folder: Path, sandbox: Sandbox, typed: Typed, rows: str = ROWS) -> None:
        self.folder, self.store, self._typed, self._url = folder, sandbox.store, typed, sandbox.url
        self.list = folder / "list.csv"
        self.list.write_text(rows, "utf-8")
        if (left := 61 - time.time() % 60) < 5:
            time.sleep(left)  # if all its dates were whole minutes, the list might be cut to those
        self.imported = self.run()
        self.run_id = self.imported["run_id"]
        self.run_folder = folder / "runs" / self.run_id

    def run(self) -> dict[str, Any]:
        done = self._typed("run", self.list, "--base-url", self._url, "--runs", self.folder / "runs", "--json")
        summary: dict[str, Any] = json.loads(done.out)
        return summary

    def undo(self, *options: str) -> tuple[Done, dict[str, Any]]:
        done = self._typed("undo", self.run_id, "--runs", self.folder / "runs", "--json", *options)
        return done, json.loads(done.out) if done.out else {}

    def buckets(self) -> dict[str, int]:
        rows = pl.read_csv(self.run_folder / "undo.csv")
        return dict(rows.group_by("bucket").len().iter_rows())

    def phones(self) -> set[str]:
        return {contact.phone for contact in self.store.contacts()}


@pytest.fixture
def desk(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> Desk:
    return Desk(tmp_path, sandbox, typed)


def hold_since_last_year(sandbox: Sandbox, phone: str) -> None:
    """A contact that was in the account long before any run."""
    sandbox.store.add([Fields(phone, "Here", "Before")])
    with sandbox.store.transaction():
        sandbox.store._db.execute("UPDATE contacts SET created_at = '2025-02-09T12:00:00Z'")


def adds_up(summary: dict[str, Any]) -> bool:
    buckets = ("removed", "gone", "kept", "not_ours", "failed", "waiting")
    return bool(sum(summary[bucket] for bucket in buckets) == summary["imported"])


def test_what_a_run_created_is_deleted_and_can_be_imported_again(desk: Desk) -> None:
    """Every contact goes, the files say so, a second undo does nothing, and the list is new to the account again."""
    done, summary = desk.undo("--yes")
    assert (done.code, summary["status"], summary["removed"]) == (0, "complete", 6)
    assert adds_up(summary)
    assert desk.phones() == set()
    assert desk.buckets() == {"removed": 6}
    assert json.loads((desk.run_folder / "undo.json").read_text("utf-8")) == summary
    asked = len(desk.store.requests())
    done, again = desk.undo()
    assert (done.code, again["removed"], again["requests"]) == (0, 6, 0)
    assert len(desk.store.requests()) == asked
    assert desk.run()["imported"] == 6


def test_what_was_there_before_is_left_alone(tmp_path: Path, sandbox: Sandbox, typed: Typed) -> None:
    """A number that the run skipped is none of its contacts."""
    hold_since_last_year(sandbox, "+12025550100")
    desk = Desk(tmp_path, sandbox, typed)
    assert (desk.imported["imported"], desk.imported["skipped"]) == (5, 1)
    done, summary = desk.undo("--yes")
    assert (done.code, summary["imported"], summary["removed"]) == (0, 5, 5)
    assert desk.phones() == {"+12025550100"}


def test_changed_deleted_and_made_again(desk: Desk) -> None:
    """Each is told apart by what the account shows; only the untouched ones go."""
    contacts = list(desk.store.contacts())
    with desk.store.transaction():
        one = contacts[1]
        desk.store.change(one.contact_id, Fields(one.phone, one.first_name, one.last_name, "new@example.com", None))
        desk.store.remove(contacts[2].contact_id)
        desk.store.remove(contacts[3].contact_id)
    time.sleep(4.2)  # longer than dates in whole seconds leave open
    desk.store.add([Fields(contacts[3].phone, "Made", "Again")])
    done, summary = desk.undo("--yes")
    assert done.code == 0
    assert {name: summary[name] for name in ("removed", "kept", "gone", "not_ours")} == {
        "removed": 3,
        "kept": 1,
        "gone": 1,
        "not_ours": 1,
    }
    assert desk.phones() == {contacts[1].phone, contacts[3].phone}
    details = pl.read_csv(desk.run_folder / "undo.csv").filter(pl.col("bucket") == "kept")["detail"].to_list()
    assert details == ["changed since: email, metadata"]
    again = desk.run()
    assert (again["imported"], again["reasons"]["skipped"]["already-imported"]) == (4, 2)


def test_an_updating_service_s_older_contacts_stay(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Such a service counts an update as imported; a contact that is older than the run is not the run's."""
    sandbox = start_sandbox(Behaviour.parse(["on_duplicate=update"]))
    hold_since_last_year(sandbox, "+12025550100")
    desk = Desk(tmp_path, sandbox, typed)
    assert desk.imported["imported"] == 6
    _, summary = desk.undo("--yes")
    assert (summary["removed"], summary["not_ours"]) == (5, 1)
    assert desk.phones() == {"+12025550100"}


def test_nothing_is_deleted_unless_somebody_says_yes(desk: Desk) -> None:
    """Nobody at the terminal is exit code 5; a dry run says the plan."""
    done, _ = desk.undo()
    assert done.code == 5
    assert "Delete 6 contacts" in done.err
    done, summary = desk.undo("--dry-run")
    assert (done.code, summary["status"], summary["waiting"], summary["removed"]) == (0, "dry-run", 6, 0)
    assert len(desk.phones()) == 6
    assert not (desk.run_folder / "undo.json").exists()


@pytest.mark.parametrize(
    ("faults", "code", "removed"),
    [("4:500,6:reset-after-commit", 0, 6), ("5:401", 6, 1), ("4-5:reset-before-commit", 0, 6)],
)
def test_faults_on_the_way(  # noqa: PLR0917 - fixtures and parameters
    tmp_path: Path, start_sandbox: StartSandbox, typed: Typed, faults: str, code: int, removed: int
) -> None:
    """A lost answer is asked for again; a refused key stops, and the next undo goes on."""
    desk = Desk(tmp_path, start_sandbox(Behaviour.parse([f"faults={faults}"])), typed)
    done, summary = desk.undo("--yes")
    assert (done.code, summary["removed"], summary["waiting"]) == (code, removed, 6 - removed)
    assert adds_up(summary)
    assert len(desk.phones()) == 6 - removed
    go_on = f"Go on with: importer undo {desk.run_id} --runs {tmp_path / 'runs'}"
    assert (go_on in done.err) is (code != 0)
    done, summary = desk.undo("--yes")
    assert (done.code, summary["removed"]) == (0, 6)
    assert desk.phones() == set()


def test_a_killed_undo_goes_on(tmp_path: Path, start_sandbox: StartSandbox, typed: Typed) -> None:
    """Kill -9 in the middle: the next undo deletes the rest, and all are accounted for."""
    desk = Desk(tmp_path, start_sandbox(Behaviour.parse(["latency_s=0.2"])), typed)
    command = [sys.executable, "-m", "importer", "undo", desk.run_id, "--runs", tmp_path / "runs", "--yes"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while len(desk.phones()) == 6 and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 0 < len(desk.phones()) < 6
    done, summary = desk.undo("--yes")
    assert (done.code, summary["removed"] + summary["gone"]) == (0, 6)
    assert desk.phones() == set()


def test_a_run_into_the_embedded_sandbox_can_be_undone(tmp_path: Path, typed: Typed) -> None:
    """Its contacts lie in the run's folder; no key is needed."""
    leave_a_whole_minute()
    (tmp_path / "list.csv").write_text(ROWS, "utf-8")
    run = json.loads(typed("run", tmp_path / "list.csv", "--runs", tmp_path / "runs", "--sandbox", "--json").out)
    done = typed("undo", "latest", "--runs", tmp_path / "runs", "--yes")
    assert done.code == 0
    assert "removed" in done.out
    with closing(sqlite3.connect(tmp_path / "runs" / run["run_id"] / "sandbox.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM contacts").fetchone() == (0,)


SENT = {"phone": "+12025550100", "first_name": "Ann", "last_name": None, "email": "a@example.com", "metadata": None}


@given(created=st.floats(0, 2e9), first=st.floats(0, 2e9), length=st.floats(0, 1e6))
def test_only_what_was_created_while_sending_is_ours(created: float, first: float, length: float) -> None:
    """Whatever the times are, a contact outside the window is never deleted."""
    found = Found("c1", "+12025550100", created, first_name="Ann", email="a@example.com")
    bucket = judge(SENT, [found], Window(first - 5, first, first + length), has_metadata=False).bucket
    assert bucket is (Bucket.WAITING if first <= created <= first + length else Bucket.NOT_OURS)


@pytest.mark.parametrize(
    ("change", "bucket"),
    [
        ({}, Bucket.WAITING),
        ({"first_name": " ANN "}, Bucket.WAITING),
        ({"first_name": "Anna"}, Bucket.KEPT),
        ({"last_name": "Example"}, Bucket.KEPT),
        ({"email": None}, Bucket.KEPT),
        ({"metadata": {"tag": "vip"}}, Bucket.KEPT),
        ({"updated_at": 1500.0}, Bucket.KEPT),
        ({"updated_at": 1001.0}, Bucket.WAITING),
        ({"created_at": None}, Bucket.NOT_OURS),
    ],
)
def test_any_change_keeps_a_contact(change: dict[str, Any], bucket: Bucket) -> None:
    """Each field counts; what services tidy by themselves does not."""
    fields: dict[str, Any] = {"created_at": 1000.0, "first_name": "Ann", "email": "a@example.com", "metadata": {}}
    found = Found("c1", "+12025550100", **(fields | change))
    judged = judge(SENT, [found], Window(990.0, 999.0, 1010.0), has_metadata=True)
    assert judged.bucket is bucket
