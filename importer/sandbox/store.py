"""The sandbox's contacts and its log of requests, in one SQLite file that its owner alone can read.

Written for speed, not for power cuts: a killed process loses nothing, a crashed machine may lose the last requests.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

_SCHEMA = """
CREATE TABLE IF NOT EXISTS contacts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    phone TEXT NOT NULL,
    first_name TEXT,
    last_name TEXT,
    email TEXT,
    metadata TEXT,
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS contacts_by_phone ON contacts (phone);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER,
    contacts INTEGER NOT NULL,
    fault TEXT
);
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS answers (
    idempotency_key TEXT PRIMARY KEY,
    status INTEGER NOT NULL,
    body BLOB NOT NULL
);
"""

# Ids look random and need no column: an odd factor makes number → id a bijection on 40 bits.
_ID_SPACE = 1 << 40
_ID_FACTOR = 0x9E3779B97F | 1
_ID_INVERSE = pow(_ID_FACTOR, -1, _ID_SPACE)
_ID_PREFIX = "contact_"


class Fields(NamedTuple):
    """The fields of a contact as a client gives them; ``metadata`` is JSON text."""

    phone: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A stored contact; ``created_at`` is UTC as ``2025-02-09T12:00:00Z``."""

    contact_id: str
    phone: str
    first_name: str | None
    last_name: str | None
    email: str | None
    metadata: dict[str, Any] | None
    created_at: str


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A logged request; ``status`` is None if the connection was reset, ``contacts`` counts those of a bulk request."""

    number: int
    at: float
    method: str
    path: str
    status: int | None
    contacts: int
    fault: str | None


class Store:
    """A SQLite file. Several processes may have it open; one of them writes at a time.

    Args:
        path: made, with mode 0600, if it does not exist.
        seed: of the contacts' ids; the same file needs the same seed for the same ids.
        clock: seconds since the epoch.
    """

    def __init__(self, path: Path, seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._seed = seed
        self._clock = clock
        # The server may be made in one thread and run in another; it is never used by two at once.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")  # for speed: a rehearsal need not survive a power cut
            self._db.execute("PRAGMA cache_size=-65536")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all that is written inside durable at once, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def add(self, contacts: Sequence[Fields]) -> None:
        """Add contacts, in this order, even if their phones are there already."""
        created_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        self._db.executemany(
            """INSERT INTO contacts (phone, first_name, last_name, email, metadata, created_at)
               VALUES (?, ?, ?, ?, ?, ?)""",
            [(*contact, created_at) for contact in contacts],
        )

    def overwrite(self, contacts: Sequence[Fields]) -> None:
        """Give the contacts with these phones these fields; a field that is None keeps its value."""
        self._db.executemany(
            """UPDATE contacts SET first_name = coalesce(?, first_name), last_name = coalesce(?, last_name),
               email = coalesce(?, email), metadata = coalesce(?, metadata) WHERE phone = ?""",
            [(*fields, phone) for phone, *fields in contacts],
        )

    def known_phones(self, phones: Sequence[str]) -> set[str]:
        """Return those of ``phones`` that a contact has."""
        asked = json.dumps(phones)
        found = self._db.execute("SELECT phone FROM contacts WHERE phone IN (SELECT value FROM json_each(?))", [asked])
        return {phone for (phone,) in found}

    def find(self, contact_id: str) -> Contact | None:
        """Return the contact with this id; None if there is none."""
        return next(self._select("WHERE number = ?", [self._number(contact_id)]), None)

    def find_phone(self, phone: str) -> Contact | None:
        """Return the oldest contact with this phone; None if there is none."""
        return next(self._select("WHERE phone = ? ORDER BY number LIMIT 1", [phone]), None)

    def change(self, contact_id: str, fields: Fields) -> None:
        """Put all of ``fields`` in the place of what the contact had."""
        self._db.execute(
            """UPDATE contacts SET phone = ?, first_name = ?, last_name = ?, email = ?, metadata = ?
               WHERE number = ?""",
            [*fields, self._number(contact_id)],
        )

    def remove(self, contact_id: str) -> None:
        """Delete the contact."""
        self._db.execute("DELETE FROM contacts WHERE number = ?", [self._number(contact_id)])

    def contacts(
        self, skip: int = 0, limit: int = -1, order: Literal["newest-last", "newest-first"] = "newest-last"
    ) -> Iterator[Contact]:
        """Yield contacts in the order in which they were made, or the reverse; all if ``limit`` is negative."""
        direction = "DESC" if order == "newest-first" else "ASC"
        return self._select(f"ORDER BY number {direction} LIMIT ? OFFSET ?", [limit, skip])

    def count(self) -> int:
        """Count the contacts."""
        return int(self._db.execute("SELECT count(*) FROM contacts").fetchone()[0])

    def log(self, method: str, path: str, status: int | None, contacts: int, fault: str | None) -> None:
        """Note an answered request."""
        self._db.execute(
            "INSERT INTO requests (at, method, path, status, contacts, fault) VALUES (?, ?, ?, ?, ?, ?)",
            [self._clock(), method, path, status, contacts, fault],
        )

    def remember_job(self, body: bytes) -> str:
        """Keep what a job will answer; return its id."""
        number = self._db.execute("INSERT INTO jobs (body) VALUES (?)", [body]).lastrowid
        return f"job_{number}"

    def job(self, job_id: str) -> bytes | None:
        """Return what a job answers; None if there is none with this id."""
        number = job_id.removeprefix("job_")
        asked = [int(number) if number.isdecimal() and len(number) < 18 else -1]
        row = self._db.execute("SELECT body FROM jobs WHERE number = ?", asked).fetchone()
        return None if row is None else bytes(row[0])

    def remember(self, idempotency_key: str, status: int, body: bytes) -> None:
        """Keep the answer of a request that was carried out."""
        self._db.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", [idempotency_key, status, body])

    def remembered(self, idempotency_key: str) -> tuple[int, bytes] | None:
        """Return the status and body of the answer to this key; None if it was not used before."""
        asked = "SELECT status, body FROM answers WHERE idempotency_key = ?"
        row: tuple[int, bytes] | None = self._db.execute(asked, [idempotency_key]).fetchone()
        return row

    def requests(self, newest: int = -1) -> list[LoggedRequest]:
        """Return the newest requests, or all, oldest first."""
        rows = self._db.execute("SELECT * FROM requests ORDER BY number DESC LIMIT ?", [newest])
        return [LoggedRequest(*row) for row in rows][::-1]

    def requests_since(self, at: float) -> tuple[int, float | None]:
        """Count the requests after ``at`` that took quota (not 401, not 429); also return when the first was."""
        row = self._db.execute(
            "SELECT count(*), min(at) FROM requests WHERE at > ? AND status IS NOT 401 AND status IS NOT 429", [at]
        ).fetchone()
        return int(row[0]), row[1]

    def _select(self, rest: str, values: list[Any]) -> Iterator[Contact]:
        rows = self._db.execute(
            f"SELECT number, phone, first_name, last_name, email, metadata, created_at FROM contacts {rest}",  # noqa: S608 - the text is this module's own
            values,
        )
        for number, phone, first_name, last_name, email, metadata, created_at in rows:
            yield Contact(
                contact_id=f"{_ID_PREFIX}{(number * _ID_FACTOR + self._seed) % _ID_SPACE:010x}",
                phone=phone,
                first_name=first_name,
                last_name=last_name,
                email=email,
                metadata=None if metadata is None else json.loads(metadata),
                created_at=created_at,
            )

    def _number(self, contact_id: str) -> int:
        """Return the row number of an id; -1, which no contact has, if the text is no id."""
        digits = contact_id.removeprefix(_ID_PREFIX)
        if len(digits) != 10 or digits.strip("0123456789abcdef"):
            return -1
        return (int(digits, 16) - self._seed) * _ID_INVERSE % _ID_SPACE
