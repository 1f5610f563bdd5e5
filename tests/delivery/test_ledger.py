"""The ledger: intent before outcome, and what becomes of it when files, disks and processes fail."""

import signal
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.clock import Clock
from importer.delivery.ledger.commits import Commits
from importer.delivery.ledger.numbers import sent_numbers
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import Named, Piece, State
from importer.errors import LedgerError
from importer.models.outcomes import Reason
from importer.targets import Exchange
from tests.support.delivery_job import PHONES, Job, batch, began
from tests.support.faultserver import FaultServer, after_applying, documented, reset

ROOT = Path(__file__).parents[2]


def test_an_intent_without_outcome_is_in_doubt_at_the_next_start(path: Path) -> None:
    """A process that ended between intent and outcome may have sent everything."""
    clock = Clock(lambda: 1000.0, lambda: 50.0, lambda _s: None, lambda: 0.0, "boot")
    with Ledger.open(path, clock) as ledger:
        began(ledger)
        assert ledger.batch_results("run-1")["state"].to_list() == ["in-doubt"]
    with Ledger.open(path, clock) as ledger:
        ledger.doubt_interrupted("run-1", quiet_s=240)
        (piece,) = ledger.pieces("run-1")
        assert (piece.state, piece.not_before) == (State.IN_DOUBT, 290.0)
        assert ledger.batch_results("run-1")["reason"].to_list() == ["reply-lost"]


@pytest.mark.parametrize(
    ("boot", "wall", "left"),
    [("boot", 99_999.0, 240.0), ("other", 1100.0, 140.0), ("other", 99_999.0, 0.0), ("", 1100.0, 140.0)],
)
def test_the_quiet_time_survives_a_restart(path: Path, boot: str, wall: float, left: float) -> None:
    """Within one boot a stepped wall clock does not shorten it; after another, the wall clock is all there is."""
    with Ledger.open(path, Clock(lambda: 1000.0, lambda: 50.0, boot="boot")) as ledger:
        began(ledger)
        ledger.doubt_interrupted("run-1", quiet_s=240)
    with Ledger.open(path, Clock(lambda: wall, lambda: 50.0, boot=boot)) as ledger:
        (piece,) = ledger.pieces("run-1")
        assert piece.not_before - 50.0 == left


def test_an_outcome_and_its_reading_are_one_commit(path: Path) -> None:
    """The raw answer is kept, at most 256 KiB of it."""
    with Ledger.open(path) as ledger:
        attempt = began(ledger)
        assert attempt.piece is not None
        named = (Named(1, Reason.REJECTED_BY_API, "bad"),)
        settled = attempt.piece.settled(Reason.CONFIRMED, None, named)
        ledger.finish(attempt, Exchange(status=200, body=b"x" * 300_000), "answered", [settled])
        rows = ledger.row_results("run-1")
        assert rows.select("batch", "offset", "detail").rows() == [(1, 1, "bad")]
        known = sent_numbers(ledger, 1, other_than="other")(PHONES)
    assert known.sort("phone").rows() == [("+14155550100", "imported", "run-1"), ("+14155550102", "imported", "run-1")]
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT length(reply), verdict FROM attempts").fetchall() == [(262_144, "answered")]
    db.close()


def test_a_full_disk_stops_before_anything_is_sent(path: Path) -> None:
    """No intent, no request; the message names the ledger and no contact."""
    with Ledger.open(path) as ledger:
        ledger._commits._db.execute("PRAGMA max_page_count = 14")
        with pytest.raises(LedgerError) as failed:
            [began(ledger, Piece(number, range(3))) for number in range(1, 999)]
        assert str(path) in str(failed.value)
        assert "4155550100" not in str(failed.value)


def test_a_run_goes_on_in_its_own_account_alone(path: Path) -> None:
    """By whatever key: in another account its doubts cannot be settled, and its contacts are not there."""
    with Ledger.open(path) as ledger:
        mine = ledger.account("https://a.example.com", "1")
        ledger.begin_run("run-1", mine)
        assert ledger.account("https://a.example.com", "2", "a.example.com") == mine
        ledger.begin_run("run-1", mine)
        with pytest.raises(LedgerError, match="begun into the account"):
            ledger.begin_run("run-1", ledger.account("https://b.example.com", "2"))


CRASH = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from importer.delivery.ledger.commits import Commits
from tests.support.faultserver import FaultServer
from tests.support.delivery_job import Job
left = {survives}
transaction = Commits.transaction
def dying(self):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return transaction(self)
Commits.transaction = dying
class Elsewhere:
    url = {url!r}
Job(Elsewhere(), Path({path!r})).deliver()
"""


@dataclass(frozen=True)
class Resumed:
    """What is so after a resumption; every contact is there once, and known to be."""

    doubled: int = 0
    falsely_claimed: frozenset[str] = frozenset()
    reasons: str = str({"confirmed": 60})


def resumed(job: Job) -> Resumed:
    """Deliver what is left."""
    job.deliver()
    there = {contact["phone"] for contact in job.server.contacts}
    return Resumed(job.server.doubled, frozenset(job.claimed() - there), str(job.reasons()))


class Killed(BaseException):
    """Nothing in the product catches it on purpose."""


@pytest.mark.parametrize("survives", range(3, 27, 3))
def test_an_end_at_any_ledger_operation_loses_and_doubles_nothing(
    path: Path, survives: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends before its n-th operation, and another one resumes."""
    left = survives
    transaction = Commits.transaction

    def dying(commits: Commits) -> AbstractContextManager[sqlite3.Connection]:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return transaction(commits)

    with FaultServer(script=[documented, after_applying(0.5, reset)]) as server:
        with monkeypatch.context() as patch, suppress(Killed):
            patch.setattr(Commits, "transaction", dying)
            Job(server, path).deliver()
        assert resumed(Job(server, path)) == Resumed()


@pytest.mark.parametrize("survives", [8, 13])
def test_a_kill_loses_and_doubles_nothing(path: Path, survives: int) -> None:
    """``kill -9`` of a real process before its n-th ledger operation, and another one resumes."""
    with FaultServer() as server:
        code = CRASH.format(root=str(ROOT), survives=survives, url=server.url, path=str(path))
        killed = subprocess.run([sys.executable, "-c", code], check=False, timeout=60)
        assert killed.returncode == -signal.SIGKILL
        assert resumed(Job(server, path)) == Resumed()


def test_an_intent_knows_the_requests_of_its_batch(job: Job) -> None:
    """Its own included, and how many other pieces are to be sent; those of another batch do not count."""
    numbers = batch(1)["phone"]
    with Ledger.open(job.ledger_path) as ledger:
        account = ledger.account("https://api.example.com", "fp")
        ledger.begin_run("run-1", account)
        first, second = Piece(1, range(20)).halves()
        ledger.part("run-1", Piece(1, range(20)), [first, second], numbers)
        counted = []
        for piece in (*ledger.pieces("run-1", 1), Piece(2, range(20))):
            attempt = ledger.begin(account, "run-1", "bulk", per_hour=99, intent=Intent(piece, numbers, b"{}"))
            assert isinstance(attempt, Attempt)
            counted.append((attempt.requests, attempt.others_ready))
    assert counted == [(1, 1), (2, 0), (1, 0)]
