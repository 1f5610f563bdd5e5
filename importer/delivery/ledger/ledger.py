"""The ledger: what was intended, what came back, what is known of an account. It survives kills and power cuts.

SQLite with a rollback journal and ``synchronous=EXTRA``: in simulated power cuts every weaker setting lost commits. An
intent is committed before the first byte of its request leaves, the outcome with the answer's reading after; so an
intent without an outcome means that the request may have been applied.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from importer.delivery.attribution import Counting
from importer.delivery.clock import Clock
from importer.delivery.ledger import accounts, results
from importer.delivery.ledger import pace as pauses
from importer.delivery.ledger.accounts import Access, Known, address_of
from importer.delivery.ledger.commits import Commits, patiently
from importer.delivery.ledger.database import connect, unusable
from importer.delivery.ledger.hot import check_journal
from importer.delivery.ledger.mark import Mark, check_mark, write_mark
from importer.delivery.ledger.packing import pack_phones, unpack_phones
from importer.delivery.ledger.records import PIECE_COLUMNS, Account, Attempt, Intent, piece_values, read_piece
from importer.delivery.pacing import HOUR_S, server_time
from importer.delivery.pieces import Piece, State
from importer.errors import LedgerError
from importer.models.watching import Silence, Watch
from importer.settings.settings import runs_option
from importer.targets import Exchange

REPLY_KEPT_BYTES = 256 * 1024
TOLD_APART = ("refuse", "listed by number or place", "counted, not named")
"""What a write check records if the API reports invalid numbers in another way than by a skip."""


class Ledger:
    """One connection for all threads of a process, open for the context of ``open``.

    Every method is one transaction; those for a request share their commit with other threads that wait for theirs.

    Attributes:
        path: of its file.
        clock: for the moments that it stores.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        clock: Clock,
        file: os.stat_result | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.path, self.clock, self._file = path, clock, file
        self._commits = Commits(connection, path, watch)

    @classmethod
    @contextmanager
    def open(
        cls, path: Path, clock: Clock | None = None, watch: Watch | None = None, *, is_any_taken: bool = False
    ) -> Iterator["Ledger"]:
        """Open the ledger at ``path``, created if there never was one; readable by its owner alone.

        Args:
            path: of its file.
            clock: of this machine by default.
            watch: is told if another process holds it, and it is waited for.
            is_any_taken: accept an older ledger or another one than was used last, because it is to be rebuilt.

        Raises:
            LedgerError: it is damaged, of a newer version, older than the one used last, or cannot be written. It is
                never replaced by a new one.
        """
        # In this order: a mark without a ledger means one was lost, and connecting would create a new one. And SQLite
        # plays a journal back as it connects, so a strange one must be found before.
        if not os.path.lexists(path) and not is_any_taken:
            check_mark(path, None)
        try:
            check_journal(path, is_any_taken=is_any_taken)
            connection = patiently(lambda: connect(path), watch or Silence())
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from None
        try:
            ledger = cls(connection, path, clock or Clock.of_machine(), path.stat(), watch)
            before = ledger.mark()
            if not is_any_taken:
                check_mark(path, before)
            try:
                yield ledger
            finally:
                if not is_any_taken:
                    ledger.write_mark(before)
        finally:
            connection.close()

    def mark(self) -> Mark:
        """Return which ledger this is, and how far it has come."""
        with self.transaction() as db:
            number, age = db.execute("SELECT id, age FROM ledger").fetchone()
        return Mark(id=number, age=age)

    def write_mark(self, before: Mark | None = None) -> None:
        """Note beside the ledger how far it has come, unless that is ``before``."""
        with suppress(LedgerError):
            if (after := self.mark()) != before:
                write_mark(self.path, after)

    def account(self, base_url: str, key_fingerprint: str, name: str | None = None) -> int:
        """Return the id of the account that this key has at this address; create it if there is none.

        A new one has ``name``, by default its host's.
        """
        with self.transaction() as db:
            return accounts.bind(db, Access(address_of(base_url), key_fingerprint), name).id

    def known_account(self, base_url: str, key_fingerprint: str) -> Known | None:
        """Find the account that this key has at this address; None if the key was never sent there."""
        with self.transaction() as db:
            return accounts.known(db, Access(address_of(base_url), key_fingerprint))

    def known_of(self, account_id: int) -> Account:
        """Return what is remembered of an account."""
        with self.transaction() as db:
            ceiling, counting, offset = db.execute(
                "SELECT ceiling_bytes, counting, clock_offset FROM accounts WHERE id = ?", (account_id,)
            ).fetchone()
            proven = dict(db.execute("SELECT name, value FROM capabilities WHERE account_id = ?", (account_id,)))
        return Account(
            ceiling,
            Counting(counting) if counting else None,
            offset,
            skips_repeats=proven.get("duplicates") == "skip",
            skips_nothing_else=proven.get("invalid numbers") in TOLD_APART,
        )

    def begin_run(self, run_id: str, account_id: int) -> None:
        """Note that a run sends to an account.

        Raises:
            LedgerError: the run sent to another account before.
        """
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO runs VALUES (?, ?)", (run_id, account_id))
        begun = self.account_of_run(run_id)
        if begun is not None and begun.id != account_id:
            raise LedgerError(
                f"Run {run_id} was begun into the account {begun.name!r}. Resume it with its address and key."
            )

    def account_of_run(self, run_id: str) -> Known | None:
        """Find the account that a run sends to; None if the run was not begun."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT id, name FROM accounts WHERE id = (SELECT account_id FROM runs WHERE run_id = ?)", (run_id,)
            ).fetchone()
        return None if row is None else Known(*row)

    def pieces(self, run_id: str, batch: int | None = None) -> list[Piece]:
        """Return the pieces of a run, or of one batch of it, settled or not; those that were split are left out."""
        with self.transaction() as db:
            rows = db.execute(
                f"SELECT {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot FROM pieces "  # noqa: S608 - constants
                "WHERE run_id = ? AND state != 'parted' AND (? IS NULL OR batch = ?) ORDER BY batch, id",
                (run_id, batch, batch),
            ).fetchall()
        return [read_piece(row[:-3], self.clock.as_monotonic(*row[-3:])) for row in rows]

    def doubt_interrupted(self, run_id: str, quiet_s: float) -> None:
        """Put every piece that has an intent and no outcome in doubt; it rests for the quiet time from now on.

        To be called at start-up, while nobody else sends for the run: its requests may have been applied.
        """
        # From now on: when the request left is not known, only when its intent was committed.
        now, monotonic = self.clock.wall(), self.clock.monotonic()
        with self.transaction() as db:
            db.execute(
                "UPDATE pieces SET state = 'in-doubt', boot = ?, "
                "history = CASE history WHEN 'forced' THEN 'forced' ELSE 'doubted' END, "
                "detail = 'the program ended while the request was under way', "
                "not_before_wall = ?, not_before_monotonic = ? WHERE run_id = ? AND state = 'in-flight'",
                (self.clock.boot, now + quiet_s, monotonic + quiet_s, run_id),
            )

    def begin(  # noqa: PLR0913 - what it is about, and the paces that hold for it
        self,
        account_id: int,
        run_id: str,
        kind: str,
        *,
        per_hour: int,
        burst: tuple[int, float] | None = None,
        intent: Intent | None = None,
    ) -> Attempt | float:
        """Commit the intent of a request; return the seconds to wait if the account's pace or a 429 forbids one now.

        The pace is a strict window over the last hour, counted from the requests of every process and run. ``burst``
        is a second window: so many requests in so many seconds.

        Raises:
            LedgerError: the ledger's file was moved, deleted or replaced; or the intent could not be made durable.
        """
        paces = [(per_hour, HOUR_S), *([burst] if burst else [])]
        sha256 = None if intent is None else hashlib.sha256(intent.body).hexdigest()
        self._check_place()

        def commit(db: sqlite3.Connection) -> Attempt | float:
            # In the transaction of the intent: else two processes could both find room for one last request.
            if (wait := pauses.pause_s(db, self.clock, account_id, paces)) > 0:
                return wait
            now, monotonic = self.clock.wall(), self.clock.monotonic()
            piece, requests, left = None, 0, 0
            if intent is not None:
                piece = replace(intent.piece, state=State.IN_FLIGHT)
                self._store_batch(db, run_id, piece.batch, intent.phones)
                piece = self._store(db, run_id, piece)
                requests, left = _requests(db, run_id, piece.batch)
            number, offset, age = db.execute(
                "INSERT INTO attempts (account_id, run_id, piece_id, batch, kind, rows, body_sha256, begun_wall, "
                "begun_monotonic, boot, clock_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "(SELECT clock_offset FROM accounts WHERE id = ?)) "
                "RETURNING id, clock_offset, (SELECT age FROM ledger)",
                (
                    *(account_id, run_id, piece and piece.id, piece and piece.batch, kind, piece.rows if piece else 0),
                    *(sha256, now, monotonic, self.clock.boot, account_id),
                ),
            ).fetchone()
            return Attempt(int(number), piece, now, monotonic, self.clock.boot, offset, age, requests + 1, left)

        return self._commits.run(commit)

    def withdraw(self, attempt: Attempt) -> list[Piece]:
        """Commit that a request was not made after all; return its piece, ready as before."""

        def commit(db: sqlite3.Connection) -> list[Piece]:
            (run_id,) = db.execute("DELETE FROM attempts WHERE id = ? RETURNING run_id", (attempt.id,)).fetchone()
            ready = [] if attempt.piece is None else [replace(attempt.piece, state=State.READY)]
            return [self._store(db, run_id, piece) for piece in ready]

        return self._commits.run(commit)

    def finish(
        self, attempt: Attempt, exchange: Exchange, verdict: str, pieces: Iterable[Piece] = (), **facts: Any
    ) -> list[Piece]:
        """Commit an attempt's outcome with its answer; return the pieces that follow, with their ids.

        Args:
            attempt: from ``begin``.
            exchange: the evidence. The first 256 KiB of the answer to a batch are kept. A page of the account's list is
                not kept: it holds other people's contacts.
            verdict: what it proves.
            pieces: the attempt's piece as it is now, or the new pieces that replace it.
            facts: what was learned of the account: columns of ``accounts`` and their new values; and ``pause_s``, the
                seconds for which the account must be left alone from now on.
        """
        reply = exchange.body[:REPLY_KEPT_BYTES] if attempt.piece is not None else None
        after, told, pause_s = list(pieces), facts.get("clock_offset"), facts.pop("pause_s", None)
        ended, date = self.clock.monotonic(), server_time(exchange.headers)

        def commit(db: sqlite3.Connection) -> list[Piece]:
            (run_id, account_id) = db.execute(
                "UPDATE attempts SET verdict = ?, status = ?, trouble = ?, reply = ?, seconds = ?, "
                "clock_offset = coalesce(?, clock_offset), ended_monotonic = ?, date = ? WHERE id = ? "
                "RETURNING run_id, account_id",
                (verdict, exchange.status, exchange.trouble, reply, exchange.seconds, told, ended, date, attempt.id),
            ).fetchone()
            for name, value in facts.items():
                db.execute(f"UPDATE accounts SET {name} = ? WHERE id = ?", (value, account_id))  # noqa: S608 - our names
            if pause_s is not None:
                pauses.pause(db, self.clock, attempt.id, pause_s)
            return self._replace(db, run_id, attempt.piece, after)

        return self._commits.run(commit)

    def part(self, run_id: str, piece: Piece, pieces: Iterable[Piece], phones: pl.Series) -> list[Piece]:
        """Replace a piece by what became of it without a request; return the stored pieces, with their ids.

        ``phones`` are the whole batch's numbers (String, E.164), kept with its first piece.
        """
        with self.transaction() as db:
            self._store_batch(db, run_id, piece.batch, phones)
            return self._replace(db, run_id, piece, list(pieces))

    def phones(self, run_id: str, batch: int) -> pl.Series:
        """Return a batch's numbers in order, as they were sent (String, E.164)."""
        with self.transaction() as db:
            (blob,) = db.execute(
                "SELECT phones FROM batches WHERE run_id = ? AND number = ?", (run_id, batch)
            ).fetchone()
        return unpack_phones(blob)

    def requests(self, run_id: str) -> int:
        """Return the number of requests that a run has made, of every kind."""
        return self._count("SELECT count(*) FROM attempts WHERE run_id = ?", run_id)

    def batch_results(self, run_id: str) -> pl.DataFrame:
        """Return what is known of each batch as a whole; columns in ``results.BATCH_SCHEMA``."""
        with self.transaction() as db:
            sizes = db.execute(
                "SELECT number, rows FROM batches WHERE run_id = ? ORDER BY number", (run_id,)
            ).fetchall()
            attempts = dict(
                db.execute("SELECT batch, count(*) FROM attempts WHERE run_id = ? GROUP BY batch", (run_id,)).fetchall()
            )
        return results.of_batches(sizes, attempts, self.pieces(run_id))

    def row_results(self, run_id: str) -> pl.DataFrame:
        """Return what is known of single contacts; columns in ``results.ROW_SCHEMA``."""
        return results.of_rows(self.pieces(run_id))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Return a context with a transaction of its own; the ledger's other modules use it, too."""
        return self._commits.transaction()

    def _check_place(self) -> None:
        """Raise if the ledger's file is not in its place any more: nothing may be sent that nobody will find booked.

        Raises:
            LedgerError: the file was moved, deleted or replaced while it was in use.
        """
        try:
            is_here = self._file is None or os.path.samestat(self.path.stat(), self._file)
        except OSError:
            is_here = False
        if not is_here:
            raise LedgerError(
                f"The ledger {self.path} was moved, deleted or replaced while it was in use, so nothing more is sent. "
                f"Put it back; where it is lost: importer verify --rebuild-ledger RUN{runs_option(self.path.parent)}."
            )

    def _count(self, query: str, *values: object) -> int:
        with self.transaction() as db:
            (number,) = db.execute(query, values).fetchone()
            return int(number)

    def _replace(self, db: sqlite3.Connection, run_id: str, before: Piece | None, after: list[Piece]) -> list[Piece]:
        """Store pieces in place of one; return them with their ids."""
        # The row stays, as ``parted``: attempts refer to it for the contacts that they carried.
        if before is not None and before.id is not None and all(piece.id != before.id for piece in after):
            db.execute("UPDATE pieces SET state = 'parted' WHERE id = ?", (before.id,))
        return [self._store(db, run_id, piece) for piece in after]

    @staticmethod
    def _store_batch(db: sqlite3.Connection, run_id: str, number: int, phones: pl.Series) -> None:
        """Store a batch's numbers, unless they are stored already."""
        known = db.execute("SELECT 1 FROM batches WHERE run_id = ? AND number = ?", (run_id, number)).fetchone()
        if not known:
            blob = pack_phones(phones)
            db.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (run_id, number, phones.len(), blob))

    def _store(self, db: sqlite3.Connection, run_id: str, piece: Piece) -> Piece:
        """Store a piece; return it with its id."""
        # Both clocks: after a restart of the machine only the wall clock can tell how long the piece must still rest.
        wall = self.clock.wall() + piece.not_before - self.clock.monotonic() if piece.not_before else None
        moment = (wall, piece.not_before or None, self.clock.boot)
        cursor = db.execute(
            f"INSERT OR REPLACE INTO pieces (run_id, {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot) "  # noqa: S608 - constants
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run_id, *piece_values(piece), *moment),
        )
        return replace(piece, id=cursor.lastrowid)


def _requests(db: sqlite3.Connection, run_id: str, batch: int) -> tuple[int, int]:
    """Return how many requests a batch has taken, and how many of its pieces are ready to be sent."""
    taken, ready = db.execute(
        "SELECT (SELECT count(*) FROM attempts WHERE run_id = ? AND batch = ?), "
        "(SELECT count(*) FROM pieces WHERE run_id = ? AND batch = ? AND state = 'ready')",
        (run_id, batch, run_id, batch),
    ).fetchone()
    return int(taken), int(ready)
