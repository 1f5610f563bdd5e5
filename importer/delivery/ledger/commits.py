"""Transactions of several threads on one connection; threads that wait at the same time share one commit.

A commit with ``synchronous=EXTRA`` takes some 20 ms, whatever is in it. No thread goes on before its work is durable.

Another process, such as a backup, may hold the ledger for some seconds. It is waited for: no intent is given up because
of it, and an outcome in hand is committed as soon as possible.
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
"""Seconds to wait for a ledger that another process holds."""


def patiently(execute: Callable[[], Result], watch: Watch) -> Result:
    """Return the result of ``execute``, tried again for ``LOCKED_S`` while another process holds the ledger.

    Each try waits for SQLite's own busy timeout. ``watch`` is told once.

    Raises:
        sqlite3.Error: it failed for another reason, or the ledger is still held.
    """
    until, is_noted = time.monotonic() + LOCKED_S, False
    while True:
        try:
            return execute()
        except sqlite3.OperationalError as error:
            is_held = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not is_held or time.monotonic() >= until:
                raise
            if not is_noted:
                watch.note(
                    f"Another process holds the ledger, such as a backup: it is waited for, {LOCKED_S:.0f} s at most."
                )
            is_noted = True


@dataclass(slots=True)
class _Job(Generic[Result]):
    """One thread's work for the next shared transaction, and how it ended."""

    work: Work[Result]
    result: Result | None = None
    failure: BaseException | None = None
    is_done: bool = False


class Commits:
    """Owns the connection and lets one thread at a time use it; may be called from any thread.

    A failure rolls back the whole transaction: no thread that shared it gets a result.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, watch: Watch | None = None) -> None:
        self._db, self._path, self._watch = connection, path, watch or Silence()
        self._turn = threading.RLock()  # reentrant: _carry_out holds it when it opens its transaction
        self._waiting: list[_Job[object]] = []
        self._joining = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that no other thread shares; it is durable when the context ends.

        Raises:
            LedgerError: it could not be made durable.
        """
        with self._turn:
            try:
                # IMMEDIATE: one that reads first may fail to become a writer if another process writes meanwhile.
                patiently(lambda: self._db.execute("BEGIN IMMEDIATE"), self._watch)
                before = self._db.total_changes
                yield self._db
                # Only real changes count: the age tells an older copy of the ledger from the newest.
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
        """Carry out ``work`` in a transaction that other threads may share; return its result once it is durable.

        Raises:
            LedgerError: it could not be made durable.
        """
        job = _Job(work)
        with self._joining:
            self._waiting.append(job)  # type: ignore[arg-type]
        with self._turn:
            # Another thread may have carried this job out together with its own while this one waited for its turn.
            if not job.is_done:
                self._carry_out()
        if job.failure is not None:
            raise job.failure
        return job.result  # type: ignore[return-value]

    def _carry_out(self) -> None:
        """Carry out the work of all threads that wait now, in one transaction."""
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
