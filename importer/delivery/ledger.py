"""The ledger: what was intended, what came back, what is known of an account. It survives kills and power cuts.

SQLite with a rollback journal and ``synchronous=EXTRA``: in simulated power cuts every weaker setting lost commits. An
intent is committed before the first byte of its request leaves, the outcome with the answer's reading after; so an
intent without an outcome means that the request may have been applied.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from importer.delivery import results
from importer.delivery.attribute import Counting
from importer.delivery.clock import Clock
from importer.delivery.commits import Commits
from importer.delivery.database import connect, unusable
from importer.delivery.pacing import HOUR_S
from importer.delivery.packing import pack_phones, unpack_phones
from importer.delivery.pauses import pause_s
from importer.delivery.pieces import Piece, State
from importer.delivery.records import PIECE_COLUMNS, Account, Attempt, Intent, piece_values, read_piece
from importer.errors import LedgerError
from importer.targets import Exchange

REPLY_KEPT_BYTES = 256 * 1024
TOLD_APART = ("refuse", "listed by number or place", "counted, not named")
"""How a write check saw invalid numbers told otherwise than by a skip."""


class Ledger:
    """One connection for all threads of a process; every method is one transaction, and some share their commit."""

    def __init__(self, connection: sqlite3.Connection, path: Path, clock: Clock) -> None:
        self.clock = clock
        self._commits = Commits(connection, path)

    @classmethod
    @contextmanager
    def open(cls, path: Path, clock: Clock | None = None) -> Iterator["Ledger"]:
        """The ledger at ``path``, made where there is none; readable by its owner alone.

        Raises:
            LedgerError: it is damaged, of a newer version, or cannot be written. It is never replaced by a new one.
        """
        try:
            connection = connect(path)
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from None
        try:
            yield cls(connection, path, clock or Clock.of_machine())
        finally:
            connection.close()

    def account(self, base_url: str, key_fingerprint: str) -> int:
        """The id of the account that this key has at this address."""
        with self.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO accounts (base_url, key_fingerprint) VALUES (?, ?)", (base_url, key_fingerprint)
            )
            where = "base_url = ? AND key_fingerprint = ?"
            row = db.execute(f"SELECT id FROM accounts WHERE {where}", (base_url, key_fingerprint))  # noqa: S608 - constant
            (number,) = row.fetchone()
            return int(number)

    def knows(self, base_url: str, key_fingerprint: str) -> bool:
        """Whether this key was sent to this address before."""
        return bool(
            self._count(
                "SELECT count(*) FROM accounts WHERE base_url = ? AND key_fingerprint = ?", base_url, key_fingerprint
            )
        )

    def known_of(self, account_id: int) -> Account:
        """What is remembered of an account."""
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
        """Note that a run sends to an account; a run goes on with another key, because keys are replaced.

        Should the new key belong to somebody else's account, its list lacks the contacts that this run has confirmed,
        and without those read-back believes no absence: nothing is sent twice.

        Raises:
            LedgerError: the run sent to another address before.
        """
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO runs VALUES (?, ?)", (run_id, account_id))
            moved = db.execute(
                "UPDATE runs SET account_id = ? WHERE run_id = ? AND "
                "(SELECT base_url FROM accounts WHERE id = account_id) = (SELECT base_url FROM accounts WHERE id = ?)",
                (account_id, run_id, account_id),
            )
        if moved.rowcount == 0:
            raise LedgerError(f"Run {run_id} was begun at another address. Resume it with the one it had.")

    def pieces(self, run_id: str, batch: int | None = None) -> list[Piece]:
        """The pieces of a run, or of one batch of it, that have no end or have one; parted ones are left out."""
        with self.transaction() as db:
            rows = db.execute(
                f"SELECT {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot FROM pieces "  # noqa: S608 - constants
                "WHERE run_id = ? AND state != 'parted' AND (? IS NULL OR batch = ?) ORDER BY batch, id",
                (run_id, batch, batch),
            ).fetchall()
        return [read_piece(row[:-3], self.clock.as_monotonic(*row[-3:])) for row in rows]

    def doubt_interrupted(self, run_id: str, quiet_s: float) -> None:
        """Start-up rule: every intent of the run without an outcome is in doubt, from now on for the quiet time."""
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
        """Commit the intent of a request; or the seconds to wait, where the account's pace or a 429 forbids one now.

        The pace is a strict window over the last hour, counted from the requests of every process and run; ``burst``
        is a second one: so many requests in so many seconds.
        """
        now, monotonic = self.clock.wall(), self.clock.monotonic()
        paces = [(per_hour, HOUR_S), *([burst] if burst else [])]
        sha256 = None if intent is None else hashlib.sha256(intent.body).hexdigest()

        def commit(db: sqlite3.Connection) -> Attempt | float:
            if (wait := pause_s(db, self.clock, account_id, paces)) > 0:
                return wait
            piece, requests, left = None, 0, 0
            if intent is not None:
                piece = replace(intent.piece, state=State.IN_FLIGHT)
                self._store_batch(db, run_id, piece.batch, intent.phones)
                piece = self._store(db, run_id, piece)
                requests, left = _requests(db, run_id, piece.batch)
            (number,) = db.execute(
                "INSERT INTO attempts (account_id, run_id, piece_id, batch, kind, rows, body_sha256, begun_wall, "
                "begun_monotonic, boot, clock_offset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "(SELECT clock_offset FROM accounts WHERE id = ?)) RETURNING id",
                (
                    *(account_id, run_id, piece and piece.id, piece and piece.batch, kind, piece.rows if piece else 0),
                    *(sha256, now, monotonic, self.clock.boot, account_id),
                ),
            ).fetchone()
            return Attempt(int(number), piece, now, requests + 1, left)

        return self._commits.run(commit)

    def withdraw(self, attempt: Attempt) -> list[Piece]:
        """Commit that a request was not made after all; gives its piece, ready as before."""

        def commit(db: sqlite3.Connection) -> list[Piece]:
            (run_id,) = db.execute("DELETE FROM attempts WHERE id = ? RETURNING run_id", (attempt.id,)).fetchone()
            ready = [] if attempt.piece is None else [replace(attempt.piece, state=State.READY)]
            return [self._store(db, run_id, piece) for piece in ready]

        return self._commits.run(commit)

    def finish(
        self, attempt: Attempt, exchange: Exchange, verdict: str, pieces: Iterable[Piece] = (), **facts: Any
    ) -> list[Piece]:
        """Commit an attempt's outcome with its answer and what follows for the contacts.

        Args:
            attempt: from ``begin``.
            exchange: the evidence; of the answer to a batch, the first 256 KiB are kept, while a page of the account's
                list is not: it holds other people's contacts.
            verdict: what it proves.
            pieces: the attempt's piece as it is now, or the new pieces that replace it.
            facts: what was learned of the account: columns of ``accounts`` and their new values.
        """
        reply = exchange.body[:REPLY_KEPT_BYTES] if attempt.piece is not None else None
        after, told = list(pieces), facts.get("clock_offset")

        def commit(db: sqlite3.Connection) -> list[Piece]:
            (run_id, account_id) = db.execute(
                "UPDATE attempts SET verdict = ?, status = ?, trouble = ?, reply = ?, seconds = ?, "
                "clock_offset = coalesce(?, clock_offset) WHERE id = ? RETURNING run_id, account_id",
                (verdict, exchange.status, exchange.trouble, reply, exchange.seconds, told, attempt.id),
            ).fetchone()
            for name, value in facts.items():
                db.execute(f"UPDATE accounts SET {name} = ? WHERE id = ?", (value, account_id))  # noqa: S608 - our names
            return self._replace(db, run_id, attempt.piece, after)

        return self._commits.run(commit)

    def part(self, run_id: str, piece: Piece, pieces: Iterable[Piece], phones: pl.Series) -> list[Piece]:
        """Replace a piece by what became of it without a request; ``phones`` are the whole batch's numbers."""
        with self.transaction() as db:
            self._store_batch(db, run_id, piece.batch, phones)
            return self._replace(db, run_id, piece, list(pieces))

    def phones(self, run_id: str, batch: int) -> pl.Series:
        """A batch's numbers in order, as they were sent."""
        with self.transaction() as db:
            (blob,) = db.execute(
                "SELECT phones FROM batches WHERE run_id = ? AND number = ?", (run_id, batch)
            ).fetchone()
        return unpack_phones(blob)

    def requests(self, run_id: str) -> int:
        """How many requests a run has taken, of every kind."""
        return self._count("SELECT count(*) FROM attempts WHERE run_id = ?", run_id)

    def batch_results(self, run_id: str) -> pl.DataFrame:
        """What is known of each batch as a whole; columns in ``results.BATCH_SCHEMA``."""
        with self.transaction() as db:
            sizes = db.execute(
                "SELECT number, rows FROM batches WHERE run_id = ? ORDER BY number", (run_id,)
            ).fetchall()
            attempts = dict(
                db.execute("SELECT batch, count(*) FROM attempts WHERE run_id = ? GROUP BY batch", (run_id,)).fetchall()
            )
        return results.of_batches(sizes, attempts, self.pieces(run_id))

    def row_results(self, run_id: str) -> pl.DataFrame:
        """What is known of single contacts; columns in ``results.ROW_SCHEMA``."""
        return results.of_rows(self.pieces(run_id))

    def known_phones(self, account_id: int, other_than: str) -> pl.DataFrame:
        """The numbers that other runs sent to an account; columns in ``results.PHONE_SCHEMA``."""
        with self.transaction() as db:
            sent = db.execute(
                "SELECT run_id, number, phones FROM batches JOIN runs USING (run_id) "
                "WHERE account_id = ? AND run_id != ? ORDER BY run_id, number",
                (account_id, other_than),
            ).fetchall()
            gone = db.execute(
                "SELECT run_id, batch, \"offset\" FROM removals WHERE state IN ('removed', 'gone')"
            ).fetchall()
        pieces = {run_id: self.pieces(run_id) for run_id in {row[0] for row in sent}}
        batches = [(run_id, number, unpack_phones(blob)) for run_id, number, blob in sent]
        return results.of_phones(batches, pieces, set(gone))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction of one's own, for those parts of the ledger that have a file of their own, too."""
        return self._commits.transaction()

    def _count(self, query: str, *values: object) -> int:
        with self.transaction() as db:
            (number,) = db.execute(query, values).fetchone()
            return int(number)

    def _replace(self, db: sqlite3.Connection, run_id: str, before: Piece | None, after: list[Piece]) -> list[Piece]:
        if before is not None and before.id is not None and all(piece.id != before.id for piece in after):
            db.execute("UPDATE pieces SET state = 'parted' WHERE id = ?", (before.id,))
        return [self._store(db, run_id, piece) for piece in after]

    @staticmethod
    def _store_batch(db: sqlite3.Connection, run_id: str, number: int, phones: pl.Series) -> None:
        known = db.execute("SELECT 1 FROM batches WHERE run_id = ? AND number = ?", (run_id, number)).fetchone()
        if not known:
            blob = pack_phones(phones)
            db.execute("INSERT INTO batches VALUES (?, ?, ?, ?)", (run_id, number, phones.len(), blob))

    def _store(self, db: sqlite3.Connection, run_id: str, piece: Piece) -> Piece:
        wall = self.clock.wall() + piece.not_before - self.clock.monotonic() if piece.not_before else None
        moment = (wall, piece.not_before or None, self.clock.boot)
        cursor = db.execute(
            f"INSERT OR REPLACE INTO pieces (run_id, {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot) "  # noqa: S608 - constants
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run_id, *piece_values(piece), *moment),
        )
        return replace(piece, id=cursor.lastrowid)


def _requests(db: sqlite3.Connection, run_id: str, batch: int) -> tuple[int, int]:
    """How many requests a batch has taken, and how many of its pieces are ready for theirs."""
    taken, ready = db.execute(
        "SELECT (SELECT count(*) FROM attempts WHERE run_id = ? AND batch = ?), "
        "(SELECT count(*) FROM pieces WHERE run_id = ? AND batch = ? AND state = 'ready')",
        (run_id, batch, run_id, batch),
    ).fetchone()
    return int(taken), int(ready)
