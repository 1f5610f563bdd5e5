"""The ledger's file: made with care, brought up to date, and refused where it cannot be trusted."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.ledger.accounts import Known
from importer.delivery.ledger.database import VERSION, connect, unusable
from importer.delivery.pieces import Piece
from importer.errors import LedgerError
from tests.support.delivery_job import began

ACCOUNTS_OF_VERSION_5 = """
PRAGMA legacy_alter_table = ON;
DROP TABLE ledger; DROP TABLE accesses; DROP TABLE accounts;
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, base_url TEXT NOT NULL, key_fingerprint TEXT NOT NULL, ceiling_bytes INTEGER,
    counting TEXT, paused_until REAL, clock_offset REAL, UNIQUE (base_url, key_fingerprint)
);
"""


def columns(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        query = "SELECT made.name, has.name FROM sqlite_master AS made, pragma_table_info(made.name) AS has"
        return set(db.execute(query))


def aged(path: Path, version: int, *accounts: tuple[str, str]) -> None:
    """Make a ledger as ``version`` had it, with accounts as base URL and fingerprint, each with a run of its own."""
    with Ledger.open(path):
        pass
    path.with_name(f".{path.name}.mark").unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(ACCOUNTS_OF_VERSION_5)
        for number, (base_url, fingerprint) in enumerate(accounts, 1):
            db.execute(
                "INSERT INTO accounts VALUES (?, ?, ?, 70000, 'apart', 5.0, 1.5)", (number, base_url, fingerprint)
            )
            db.execute("INSERT INTO runs VALUES (?, ?)", (f"run-{number}", number))
        for table, came_with in (("readings", 4), ("updates", 3), ("capabilities", 2), ("removals", 2)):
            if version < came_with:
                db.execute(f"DROP TABLE {table}")
        if version < 5:
            db.execute("ALTER TABLE attempts DROP COLUMN clock_offset")
        for column in ("ended_monotonic", "date"):
            db.execute(f"ALTER TABLE attempts DROP COLUMN {column}")
        db.execute(f"PRAGMA user_version = {version}")


@pytest.mark.parametrize("version", range(1, 6))
def test_an_older_ledger_gets_what_came_later(tmp_path: Path, version: int) -> None:
    """Tables and columns are those of a new one, and what was known of the account is known."""
    path = tmp_path / "ledger.sqlite"
    aged(path, version, ("https://api.example.com", "fp"))
    with Ledger.open(tmp_path / "new.sqlite"):
        pass
    assert columns(path) != columns(tmp_path / "new.sqlite")
    with Ledger.open(path) as ledger:
        assert ledger.known_account("https://api.example.com", "fp") == Known(1, "api.example.com")
        assert ledger.known_of(1).ceiling_bytes == 70000
        assert ledger.account_of_run("run-1") == Known(1, "api.example.com")
    assert columns(path) == columns(tmp_path / "new.sqlite")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_two_spellings_of_one_address_become_one_account(tmp_path: Path) -> None:
    """With one key they were one account all along; with two keys nobody was asked, and they stay apart."""
    path = tmp_path / "ledger.sqlite"
    before = [
        ("https://api.example.com", "fp"),
        ("https://API.example.com:443/", "fp"),
        ("https://api.example.com", "new"),
    ]
    aged(path, 5, *before)
    with Ledger.open(path) as ledger:
        assert [ledger.account_of_run(f"run-{n}") for n in (1, 2, 3)] == [
            Known(1, "api.example.com"),
            Known(1, "api.example.com"),
            Known(3, "api.example.com (2)"),
        ]
        assert ledger.known_account("https://api.example.com", "new") == Known(3, "api.example.com (2)")


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
