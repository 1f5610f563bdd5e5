"""Ledgers of older versions: opening one adds what came later and keeps what it has."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from importer.delivery import Ledger
from importer.delivery.ledger.accounts import Known
from importer.delivery.ledger.database import VERSION

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
