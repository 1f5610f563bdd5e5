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

from importer.delivery.clock import Clock
from importer.delivery.ledger import accounts, results, stored_pieces
from importer.delivery.ledger import pace as pauses
from importer.delivery.ledger.accounts import Access, Known, address_of
from importer.delivery.ledger.commits import Commits, patiently
from importer.delivery.ledger.database import check_place, connect, unusable
from importer.delivery.ledger.hot import check_journal
from importer.delivery.ledger.mark import Mark, check_mark, write_mark
from importer.delivery.ledger.packing import pack_phones, unpack_phones
from importer.delivery.ledger.records import Account, Attempt, Intent
from importer.delivery.pacing import HOUR_S, server_time
from importer.delivery.pieces import Piece, State
from importer.errors import LedgerError
from importer.models.watching import Silence, Watch
from importer.targets import Exchange

REPLY_KEPT_BYTES = 256 * 1024


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
            return accounts.remembered(db, account_id)

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
            rows = stored_pieces.packed(db, run_id, batch)
        return stored_pieces.unpacked(rows, self.clock)  # after the transaction: other threads wait for its end

    def doubt_interrupted(self, run_id: str, quiet_s: float) -> None:
        """Put every piece that has an intent and no outcome in doubt; it rests for the quiet time from now on.

        To be called at start-up, while nobody else sends for the run: its requests may have been applied.
        """
        with self.transaction() as db:
            stored_pieces.doubt_interrupted(db, self.clock, run_id, quiet_s)

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
        check_place(self.path, self._file)

        def commit(db: sqlite3.Connection) -> Attempt | float:
            # In the transaction of the intent: else two processes could both find room for one last request.
            if (wait := pauses.pause_s(db, self.clock, account_id, paces)) > 0:
                return wait
            now, monotonic = self.clock.wall(), self.clock.monotonic()
            piece, requests, left = None, 0, 0
            if intent is not None:
                piece = replace(intent.piece, state=State.IN_FLIGHT)
                _store_batch(db, run_id, piece.batch, intent.phones)
                piece = stored_pieces.store(db, self.clock, run_id, piece)
                requests, left = stored_pieces.requests_of(db, run_id, piece.batch)
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
            return [stored_pieces.store(db, self.clock, run_id, piece) for piece in ready]

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
        after, offset, pause_s = list(pieces), facts.get("clock_offset"), facts.pop("pause_s", None)
        ended, date = self.clock.monotonic(), server_time(exchange.headers)

        def commit(db: sqlite3.Connection) -> list[Piece]:
            (run_id, account_id) = db.execute(
                "UPDATE attempts SET verdict = ?, status = ?, trouble = ?, reply = ?, seconds = ?, "
                "clock_offset = coalesce(?, clock_offset), ended_monotonic = ?, date = ? WHERE id = ? "
                "RETURNING run_id, account_id",
                (verdict, exchange.status, exchange.trouble, reply, exchange.seconds, offset, ended, date, attempt.id),
            ).fetchone()
            for name, value in facts.items():
                db.execute(f"UPDATE accounts SET {name} = ? WHERE id = ?", (value, account_id))  # noqa: S608 - our names
            if pause_s is not None:
                pauses.pause(db, self.clock, attempt.id, pause_s)
            return stored_pieces.put_in_place(db, self.clock, run_id, attempt.piece, after)

        return self._commits.run(commit)

    def part(self, run_id: str, piece: Piece, pieces: Iterable[Piece], phones: pl.Series) -> list[Piece]:
        """Replace a piece by what became of it without a request; return the stored pieces, with their ids.

        ``phones`` are the whole batch's numbers (String, E.164), kept with its first piece.
        """
        with self.transaction() as db:
            _store_batch(db, run_id, piece.batch, phones)
            return stored_pieces.put_in_place(db, self.clock, run_id, piece, list(pieces))

    def phones(self, run_id: str, batch: int) -> pl.Series:
        """Return a batch's numbers in order, as they were sent (String, E.164)."""
        with self.transaction() as db:
            (blob,) = db.execute(
                "SELECT phones FROM batches WHERE run_id = ? AND number = ?", (run_id, batch)
            ).fetchone()
        return unpack_phones(blob)

    def requests(self, run_id: str) -> int:
        """Return the number of requests that a run has made, of every kind."""
        with self.transaction() as db:
            (number,) = db.execute("SELECT count(*) FROM attempts WHERE run_id = ?", (run_id,)).fetchone()
        return int(number)

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


def _store_batch(db: sqlite3.Connection, run_id: str, number: int, phones: pl.Series) -> None:
    """Store a batch's numbers (String, E.164), unless they are stored already."""
    if not stored_pieces.has_batch(db, run_id, number):
        db.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (run_id, number, phones.len(), pack_phones(phones)))
