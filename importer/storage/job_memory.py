"""What a job remembers from start to start: the files that it took, its runs' figures, its steps, its messages.

One SQLite file for each job, in the folder of runs. It holds no contact: of the rows it has hashes under a key of its
own. The job writes it under its lock; ``importer approve`` and the like may write a run's state at the same time.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.errors import StoppedError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, folder TEXT NOT NULL, claimed_at REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', sha256 TEXT, run_id TEXT, place TEXT, exit_code INTEGER, why TEXT,
    tries INTEGER NOT NULL DEFAULT 0, settled_at REAL
) STRICT;
CREATE INDEX IF NOT EXISTS files_by_content ON files (sha256);
CREATE TABLE IF NOT EXISTS fetched (identity TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, at REAL NOT NULL, state TEXT NOT NULL, figures TEXT NOT NULL, sketch BLOB
) STRICT;
CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY, began REAL NOT NULL, ended REAL, exit_code INTEGER, files INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, made_at REAL NOT NULL, channel TEXT NOT NULL, content TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, told_at REAL
) STRICT;
"""
SENT = ("complete", "incomplete")
"""States of runs that the gates compare with: others sent nothing."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that a job took.

    Attributes:
        state: ``open`` while it is worked on, then the folder that it went to: ``done``, ``failed``, ``quarantine``.
        folder: where it lay while it was worked on.
        place: where it lies now, or is being moved to; None before.
        run_id: its import; None if none was begun.
        why: what a person should know of it; None if nothing.
        tries: how often its import was gone on with before it was read to its end.
    """

    id: int
    name: str
    folder: Path
    claimed_at: float
    state: str
    sha256: str | None
    run_id: str | None
    place: Path | None
    exit_code: int | None
    why: str | None
    tries: int
    settled_at: float | None

    @property
    def path(self) -> Path:
        """Return the file's path while it is worked on."""
        return self.folder / self.name


def home_of(runs: Path, job: str) -> Path:
    """Return the folder of a job's memory and lock; one for each name in a folder of runs."""
    return runs / "jobs" / job


class JobMemory:
    """The memory of one job; open it with ``JobMemory.open``."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @classmethod
    @contextmanager
    def open(cls, home: Path) -> Iterator["JobMemory"]:
        """Open a job's memory in its folder, which is made if it is not there.

        Raises:
            StoppedError: it cannot be used.
        """
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            with closing(sqlite3.connect(home / "memory.sqlite", timeout=30, isolation_level=None)) as db:
                (home / "memory.sqlite").chmod(0o600)
                db.execute("PRAGMA synchronous=FULL")
                db.executescript(_SCHEMA)
                yield cls(db)
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise StoppedError(
                f"The memory of the job, {home}, cannot be used: {why}. Mend that and try again."
            ) from None

    def fact(self, name: str, default: str) -> str:
        """Return a fact, keeping ``default`` as the fact if there is none."""
        self._db.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, default))
        (value,) = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(value)

    def note_fact(self, name: str, value: str) -> None:
        """Keep a fact in place of the one before."""
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    @property
    def id(self) -> str:
        """Return what tells this job from one of the same name in another folder of runs."""
        return self.fact("id", secrets.token_hex(4))

    @property
    def salt(self) -> bytes:
        """Return the key of the row hashes."""
        return bytes.fromhex(self.fact("salt", secrets.token_hex(16)))

    def take(self, name: str, folder: Path, now: float) -> Taken:
        """Note that a file is about to be moved to ``folder``."""
        row = self._db.execute(
            "INSERT INTO files (name, folder, claimed_at) VALUES (?, ?, ?) RETURNING id", (name, str(folder), now)
        ).fetchone()
        return self.file(row[0])

    def forget(self, taken: Taken) -> None:
        """Drop a file that was not taken after all."""
        self._db.execute("DELETE FROM files WHERE id = ?", (taken.id,))

    def update(self, taken: Taken, **values: str | float | None) -> Taken:
        """Note new values of a file; return it as it is then."""
        columns = ", ".join(f"{name} = ?" for name in values)
        self._db.execute(f"UPDATE files SET {columns} WHERE id = ?", (*values.values(), taken.id))  # noqa: S608 - ours
        return self.file(taken.id)

    def file(self, number: int) -> Taken:
        """Return a file by its number."""
        return self._files("WHERE id = ?", number)[0]

    def open_files(self) -> list[Taken]:
        """Return the files that are being worked on, in the order in which they came."""
        return self._files("WHERE state = 'open' ORDER BY id")

    def files_in(self, state: str) -> list[Taken]:
        """Return the files of a state, in the order in which they came."""
        return self._files("WHERE state = ? ORDER BY id", state)

    def last_files(self, most: int) -> list[Taken]:
        """Return the files that came last, newest first."""
        return self._files("ORDER BY id DESC LIMIT ?", most)

    def same(self, taken: Taken) -> Taken | None:
        """Return a file that came before this one with its content, imported or under way; None if none did."""
        found = self._files(
            "WHERE sha256 = ? AND id < ? AND state IN ('done', 'open') AND run_id IS NOT NULL ORDER BY id LIMIT 1",
            taken.sha256,
            taken.id,
        )
        return found[0] if found else None

    def has_fetched(self, identity: str) -> bool:
        """Return True if what is so named was fetched before."""
        return self._db.execute("SELECT 1 FROM fetched WHERE identity = ?", (identity,)).fetchone() is not None

    def note_fetched(self, identity: str, now: float) -> None:
        """Note what was fetched, by a name that changes with its content."""
        self._db.execute("INSERT OR IGNORE INTO fetched VALUES (?, ?)", (identity, now))

    def note_run(self, run_id: str, now: float, figures: dict[str, Any], sketch: bytes | None) -> None:
        """Keep a run's figures before it is known how it ends; those of a run that is gone on with stay."""
        self._db.execute(
            "INSERT OR IGNORE INTO runs VALUES (?, ?, 'begun', ?, ?)", (run_id, now, json.dumps(figures), sketch)
        )

    def note_state(self, run_id: str, state: str, **figures: float) -> None:
        """Note how a run ended, with figures that are known only then; nothing if it has none here."""
        known = self._db.execute("SELECT figures FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if known is not None:
            text = json.dumps(json.loads(known[0]) | figures)
            self._db.execute("UPDATE runs SET state = ?, figures = ? WHERE run_id = ?", (state, text, run_id))

    def past(self, but: str, most: int) -> list[tuple[str, float, dict[str, Any], bytes | None]]:
        """Return the last runs that sent something, newest first: id, time, figures and sketch.

        Args:
            but: a run that is left out.
            most: runs.
        """
        rows = self._db.execute(
            "SELECT run_id, at, figures, sketch FROM runs WHERE run_id <> ? AND state IN (?, ?) "
            "ORDER BY at DESC LIMIT ?",
            (but, *SENT, most),
        )
        return [(run_id, at, json.loads(figures), sketch) for run_id, at, figures, sketch in rows]

    def begin_step(self, now: float) -> int:
        """Note that a start of the job began; return its number."""
        (number,) = self._db.execute("INSERT INTO steps (began) VALUES (?) RETURNING id", (now,)).fetchone()
        return int(number)

    def end_step(self, number: int, now: float, exit_code: int, files: int) -> None:
        """Note how a start of the job ended."""
        self._db.execute(
            "UPDATE steps SET ended = ?, exit_code = ?, files = ? WHERE id = ?", (now, exit_code, files, number)
        )
        self._db.execute("DELETE FROM steps WHERE id < ? - 10000", (number,))

    def last_steps(self, most: int) -> list[tuple[float, float | None, int | None, int]]:
        """Return the last starts, newest first: began, ended, exit code, files; no end if it was killed."""
        return list(
            self._db.execute("SELECT began, ended, exit_code, files FROM steps ORDER BY id DESC LIMIT ?", (most,))
        )

    def last_good_end(self) -> float | None:
        """Return when a start last came to its end (0, or 3: some rows are errored); None if none ever did."""
        (ended,) = self._db.execute("SELECT max(ended) FROM steps WHERE exit_code IN (0, 3)").fetchone()
        return None if ended is None else float(ended)

    def write_message(self, number: str, now: float, channel: str, content: str) -> None:
        """Keep a message until it is delivered."""
        self._db.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, 0, NULL)", (number, now, channel, content))

    def undelivered(self, most_tries: int) -> list[tuple[str, str, str]]:
        """Return the messages that are still to be delivered, oldest first: id, channel and content."""
        return list(
            self._db.execute(
                "SELECT id, channel, content FROM messages WHERE told_at IS NULL AND tries < ? ORDER BY made_at, id",
                (most_tries,),
            )
        )

    def note_try(self, number: str) -> None:
        """Count a try to deliver a message."""
        self._db.execute("UPDATE messages SET tries = tries + 1 WHERE id = ?", (number,))

    def note_told(self, number: str, now: float) -> None:
        """Note that a message was delivered."""
        self._db.execute("UPDATE messages SET told_at = ? WHERE id = ?", (now, number))

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Make all changes within, or none."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _files(self, which: str, *values: object) -> list[Taken]:
        columns = "id, name, folder, claimed_at, state, sha256, run_id, place, exit_code, why, tries, settled_at"
        rows = self._db.execute(f"SELECT {columns} FROM files {which}", values)  # noqa: S608 - ours
        return [
            Taken(number, name, Path(folder), at, state, sha256, run, Path(place) if place else None, *rest)
            for number, name, folder, at, state, sha256, run, place, *rest in rows
        ]
