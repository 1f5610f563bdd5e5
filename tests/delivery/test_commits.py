"""Transactions of the ledger: whole or not at all, and waited for while another process holds it, as a backup does."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.ledger import commits, database
from importer.delivery.ledger.accounts import Known
from importer.errors import LedgerError
from tests.conftest import Typed
from tests.support.delivery_job import Job, Notes
from tests.support.faultserver import (
    Act,
    Call,
    FaultServer,
    documented,
    says,
)

HOLD = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
for statement in sys.argv[3:]:
    db.execute(statement).fetchall()
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


WRITER = ("BEGIN EXCLUSIVE",)


READER = ("BEGIN", "SELECT count(*) FROM attempts")
"""A reader keeps nobody from beginning, but everybody from ending a transaction."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite itself waits for a moment only, so that a second is long."""
    monkeypatch.setattr(database, "_BUSY_S", 0.05)


@contextmanager
def held(path: Path, seconds: float, how: tuple[str, ...]) -> Iterator[None]:
    """Another process holds the ledger from now on, for so long."""
    command = [sys.executable, "-c", HOLD, str(path), str(seconds), *how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield


def holding(path: Path, stack: ExitStack, seconds: float, how: tuple[str, ...]) -> Act:
    """Answer a bulk request when another process has come to hold the ledger."""

    def act(server: FaultServer, call: Call) -> None:
        call.body()
        stack.enter_context(held(path, seconds, how))
        documented(server, call)

    return act


def waits_told(job: Job) -> list[str]:
    assert isinstance(job.watch, Notes)
    return [text for text in job.watch.told if "Another process holds the ledger" in text]


@pytest.mark.parametrize("how", [WRITER, READER])
def test_an_outcome_in_hand_waits_for_the_ledger(job: Job, how: tuple[str, ...]) -> None:
    """It is committed when the other has ended: no batch is in doubt, the run goes on, and the wait was said."""
    with ExitStack() as stack:
        job.server.script = [holding(job.ledger_path, stack, 1.0, how)]
        assert job.deliver().reason is None
    assert (job.server.bulk, job.server.lists, job.reasons()) == (3, 0, {"confirmed": 60})
    assert waits_told(job)


def test_a_run_that_begins_while_the_ledger_is_held_waits_for_it(job: Job) -> None:
    """Nothing is sent before its intent is durable, and nobody has to start it again."""
    with Ledger.open(job.ledger_path):
        pass
    with held(job.ledger_path, 1.0, WRITER):
        assert job.deliver().reason is None
    assert job.reasons() == {"confirmed": 60}
    assert len(waits_told(job)) == 1


def test_a_ledger_that_is_held_for_longer_ends_the_run_and_leaves_a_doubt(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch whose answer could not be booked is looked up by the next start: none is sent twice."""
    monkeypatch.setattr(commits, "LOCKED_S", 0.2)
    with ExitStack() as stack:
        job.server.script = [holding(job.ledger_path, stack, 1.5, WRITER)]
        with pytest.raises(LedgerError, match="locked"):
            job.deliver()
    assert job.server.bulk == 1
    monkeypatch.undo()
    assert job.deliver().reason is None
    assert (len(job.server.contacts), job.server.doubled, job.reasons()) == (60, 0, {"confirmed": 60})


def test_a_person_is_told_why_the_command_waits(
    server: FaultServer, tmp_path: Path, typed: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of a command's looks into the ledger comes first; then it does what was asked."""
    monkeypatch.chdir(tmp_path)
    Path("list.csv").write_text("Name,Phone\nAnn Example,+14155550123\n", "utf-8")
    server.script = [says(401)]
    assert typed("run", "list.csv", "--base-url", server.url).code == 6
    for command in (["run", "list.csv", "--base-url", server.url], ["resume", "latest"], ["verify", "latest"]):
        with held(tmp_path / "runs" / "ledger.sqlite", 1.0, WRITER):
            done = typed(*command)
        assert (done.code, done.err.count("Another process holds the ledger")) == (0, 1), done.err
    assert server.doubled == 0


def test_a_ledger_that_another_process_holds_for_ever_is_not_waited_for_so_long(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a minute the run ends with a clear line."""
    monkeypatch.setattr(commits, "LOCKED_S", 0.0)
    with Ledger.open(path) as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked"):
            ledger.account("https://api.example.com", "fp")
        other.close()


def test_what_fails_in_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    """Be it a bug or a wish to end: the ledger holds what it held, and can be written again."""
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:

        def broken(db: sqlite3.Connection, failure: BaseException) -> None:
            db.execute("INSERT INTO accounts (name) VALUES ('x.example.com')")
            raise failure

        for failure in (RuntimeError("a bug"), KeyboardInterrupt()):
            with pytest.raises(type(failure)), ledger.transaction() as db:
                broken(db, failure)
        assert ledger.known_account("https://x.example.com", "fp") is None
        assert ledger.account("https://x.example.com", "fp") == 1
        assert ledger.known_account("https://x.example.com", "fp") == Known(1, "x.example.com")
