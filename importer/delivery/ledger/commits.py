"""Transactions of several threads on one connection; those that wait at the same time share one commit.

A commit with ``synchronous=EXTRA`` takes some 20 ms, whatever is in it. Nobody goes on before their work is durable.

Another process may hold the ledger for some seconds, such as a backup. It is waited for: no intent is given up for it,
and an outcome in hand is committed as soon as that is possible.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from importer.delivery.ledger.database import unusable
from importer.models.watching import Silence, Watch

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]

LOCKED_S = 60.0
"""A ledger that another process holds is waited for so long."""


def patiently(execute: Callable[[], Result], watch: Watch) -> Result:
    """What ``execute`` gives, tried again for a minute where another process holds the ledger; ``watch`` is told.

    Each try waits for SQLite's own busy timeout.

    Raises:
        sqlite3.Error: it failed otherwise, or the ledger is still held.
    """
    until, is_told = time.monotonic() + LOCKED_S, False
    while True:
        try:
            return execute()
        except sqlite3.OperationalError as error:
            is_held = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_held or time.monotonic() >= until:
                raise
            if not is_told:
                watch.note(
                    f"Another process holds the ledger, such as a backup: it is waited for, {LOCKED_S:.0f} s at most."
                )
            is_told = True


@dataclass(slots=True)
class _Job(Generic[Result]):
    work: Work[Result]
    result: Result | None = None
    failure: BaseException | None = None
    is_done: bool = False


class Commits:
    """The connection's one writer.

    Whatever fails takes the transaction with it: none of those who shared it is told that their work is done.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, watch: Watch | None = None) -> None:
        self._db, self._path, self._watch = connection, path, watch or Silence()
        self._turn = threading.RLock()
        self._waiting: list[_Job[object]] = []
        self._joining = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction of one's own.

        Raises:
            LedgerError: it could not be made durable.
        """
        with self._turn:
            try:
                patiently(lambda: self._db.execute("BEGIN IMMEDIATE"), self._watch)
                before = self._db.total_changes
                yield self._db
                if self._db.total_changes != before:
                    self._db.execute("UPDATE ledger SET age = age + 1")
                patiently(lambda: self._db.execute("COMMIT"), self._watch)  # readers keep it from that, too
            except sqlite3.Error as error:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise unusable(self._path, error) from None
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise

    def run(self, work: Work[Result]) -> Result:
        """What ``work`` gives, once it is durable.

        Raises:
            LedgerError: it could not be made durable.
        """
        job = _Job(work)
        with self._joining:
            self._waiting.append(job)  # type: ignore[arg-type]
        with self._turn:
            if not job.is_done:
                self._carry_out()
        if job.failure is not None:
            raise job.failure
        return job.result  # type: ignore[return-value]

    def _carry_out(self) -> None:
        """One transaction for all who wait now."""
        with self._joining:
            jobs, self._waiting = self._waiting, []
        try:
            with self.transaction() as db:
                for job in jobs:
                    job.result = job.work(db)
        except BaseException as failure:  # noqa: BLE001 - each of them raises it in its own thread
            for job in jobs:
                job.failure = failure
        finally:
            for job in jobs:
                job.is_done = True
