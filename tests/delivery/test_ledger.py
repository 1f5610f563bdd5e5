"""The ledger: intent before outcome, and what becomes of it when files, disks and processes fail."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.delivery import Ledger
from importer.delivery.clock import Clock
from importer.delivery.ledger import commits
from importer.delivery.ledger.commits import Commits
from importer.delivery.ledger.database import VERSION, connect, unusable
from importer.delivery.ledger.history import answered
from importer.delivery.ledger.numbers import sent_numbers
from importer.delivery.ledger.packing import (
    pack_named,
    pack_offsets,
    pack_phones,
    unpack_named,
    unpack_offsets,
    unpack_phones,
)
from importer.delivery.ledger.records import Attempt, Intent
from importer.delivery.pieces import Named, Piece, State
from importer.errors import LedgerError
from importer.models.outcomes import Reason
from importer.targets import Exchange
from tests.support.delivery_job import Job
from tests.support.faultserver import FaultServer, after_applying, documented, reset

ROOT = Path(__file__).parents[2]
PHONES = pl.Series("phone", ["+14155550100", "+14155550101", "+14155550102"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


def began(ledger: Ledger, piece: Piece | None = None, per_hour: int = 900) -> Attempt:
    account = ledger.account("https://api.example.com", "fp")
    ledger.begin_run("run-1", account)
    intent = Intent(piece or Piece(1, range(3)), PHONES, b"{}")
    attempt = ledger.begin(account, "run-1", "bulk", per_hour=per_hour, intent=intent)
    assert isinstance(attempt, Attempt)
    return attempt


def test_the_ledger_is_readable_by_its_owner_alone(path: Path) -> None:
    """Whatever the umask is, from the file's first moment on."""
    before = os.umask(0)
    try:
        with Ledger.open(path) as ledger:
            began(ledger)
            modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o600}
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".ledger-")] == []


def test_every_connection_to_the_ledger_is_as_careful(path: Path) -> None:
    """Commits outlast a power cut, what is deleted is overwritten, and another process is waited for: two seconds."""
    expected = {"journal_mode": "truncate", "synchronous": 3, "foreign_keys": 1, "secure_delete": 1}
    expected |= {"busy_timeout": 2000, "user_version": VERSION}
    for _ in ("made", "opened again"):
        connection = connect(path)
        assert {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in expected} == expected
        connection.close()


def test_a_new_ledger_takes_nothing_from_the_journal_of_one_that_is_gone(path: Path) -> None:
    """A process was killed in a transaction, and its ledger deleted: SQLite would put old pages into the new one."""
    with Ledger.open(path) as ledger:
        began(ledger)
    with sqlite3.connect(path, isolation_level=None) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("BEGIN")
        db.execute("DELETE FROM pieces")
        db.execute("INSERT INTO accounts (name) SELECT hex(randomblob(900)) FROM pragma_compile_options")
        hot = Path(f"{path}-journal").read_bytes()
        db.execute("ROLLBACK")
    db.close()
    assert any(hot)
    path.unlink()
    path.with_name(f".{path.name}.mark").unlink()
    Path(f"{path}-journal").write_bytes(hot)
    with Ledger.open(path) as ledger, ledger.transaction() as db:
        assert db.execute("SELECT (SELECT count(*) FROM pieces) + (SELECT count(*) FROM attempts)").fetchone() == (0,)


def open_in(folder: Path) -> list[str]:
    """The files of a folder that this process has open."""
    found = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it is closed meanwhile
            found.append(str(handle.readlink()))
    return [name for name in found if name.startswith(str(folder))]


def test_no_file_stays_open_with_a_ledger_that_was_closed_or_refused(path: Path) -> None:
    """Be it made or found to be of a newer version."""
    with Ledger.open(path) as ledger, ledger.transaction() as db:
        assert open_in(path.parent)
        db.execute("PRAGMA user_version = 99")
    assert not open_in(path.parent)
    with pytest.raises(LedgerError) as refused, Ledger.open(path):
        pass
    assert not open_in(path.parent), refused


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


@pytest.mark.parametrize(
    ("boot", "wall", "offset_now", "ago"),
    [("boot", 99_999.0, 5.0, 98.0), ("other", 13_700.0, -3595.0, 98.0), ("other", 10_100.0, None, 98.0)],
)
def test_how_long_ago_an_answer_came_does_not_hang_on_our_clock(
    path: Path, boot: str, wall: float, offset_now: float | None, ago: float
) -> None:
    """Within one boot monotonic time tells it, after another the API's clock; where that is not known, ours."""
    with Ledger.open(path, Clock(lambda: 10_000.0, lambda: 50.0, boot="boot")) as ledger:
        attempt = began(ledger)
        assert attempt.piece is not None
        settled = attempt.piece.settled(Reason.CONFIRMED, None, ())
        ledger.finish(attempt, Exchange(status=200, seconds=2.0), "answered", [settled], clock_offset=5.0)
    with Ledger.open(path, Clock(lambda: wall, lambda: 150.0, boot=boot)) as ledger:
        (piece,) = ledger.pieces("run-1")
        assert answered(ledger, piece, offset_now) == (10_005.0, ago)
        (first, _) = ledger.part("run-1", piece, piece.halves(), PHONES)
        assert answered(ledger, first, offset_now) is None


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


WHY = {
    "empty": "it is empty", "cut": "", "scrambled": "", "text": "not a database", "folder": "directory",
    "newer": f"version 99; this program knows version {VERSION}",
    "no ledger": f"version 0; this program knows version {VERSION}",
    "symlink": "symbolic links",
}  # fmt: skip


@pytest.mark.parametrize("damage", WHY)
def test_a_ledger_that_cannot_be_trusted_is_refused_and_left_alone(path: Path, damage: str) -> None:
    """It is never replaced: a new one would not know what was sent."""
    with Ledger.open(path) as ledger:
        for number in range(1, 40):
            began(ledger, Piece(number, range(3)))
    whole = path.read_bytes()
    if damage in ("newer", "no ledger"):
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version = {99 if damage == 'newer' else 0}")
        db.close()
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    elif damage == "symlink":
        path.rename(path.with_suffix(".other"))
        path.symlink_to(path.with_suffix(".other"))
    else:
        scrambled = whole[:4096] + bytes(byte ^ 0xFF for byte in whole[4096:8192]) + whole[8192:]
        path.write_bytes(
            {"empty": b"", "cut": whole[: len(whole) // 2], "scrambled": scrambled, "text": b"hello" * 99}[damage]
        )
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(LedgerError, match=rf"cannot be used \(.*{WHY[damage]}"), Ledger.open(path):
        pass
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize("error", [OSError(28, "no room"), OSError("no room"), sqlite3.OperationalError("no room")])
def test_why_a_ledger_cannot_be_used_is_said_in_the_words_of_its_failure(path: Path, error: Exception) -> None:
    """Without its number."""
    assert str(unusable(path, error)).startswith(f"The ledger {path} cannot be used (no room). ")


def test_a_run_goes_on_in_its_own_account_alone(path: Path) -> None:
    """By whatever key: in another account its doubts cannot be settled, and its contacts are not there."""
    with Ledger.open(path) as ledger:
        mine = ledger.account("https://a.example.com", "1")
        ledger.begin_run("run-1", mine)
        assert ledger.account("https://a.example.com", "2", "a.example.com") == mine
        ledger.begin_run("run-1", mine)
        with pytest.raises(LedgerError, match="begun into the account"):
            ledger.begin_run("run-1", ledger.account("https://b.example.com", "2"))


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


@given(st.lists(st.integers(10**6, 10**15 - 1), unique=True, max_size=9), st.sets(st.integers(0, 9999)), st.text())
def test_packing_gives_back_what_went_in(numbers: list[int], places: set[int], words: str) -> None:
    """Numbers, places and named contacts survive the ledger."""
    phones = pl.Series("phone", [f"+{number}" for number in numbers], dtype=pl.String)
    assert unpack_phones(pack_phones(phones)).to_list() == phones.to_list()
    offsets = tuple(sorted(places))
    assert unpack_offsets(pack_offsets(offsets)) == offsets
    assert unpack_offsets(pack_offsets(range(2, 9))) == range(2, 9)
    named = tuple(Named(place, Reason.PRESENT, words, None) for place in offsets)
    assert unpack_named(pack_named(named)) == named


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
