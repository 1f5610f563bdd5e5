"""The ledger's rows for batches and their pieces; each function that takes ``db`` works in the caller's transaction."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from importer.delivery.clock import Clock
from importer.delivery.ledger.records import PIECE_COLUMNS, piece_values, read_piece
from importer.delivery.pieces import Piece


def packed(db: sqlite3.Connection, run_id: str, batch: int | None) -> list[tuple[Any, ...]]:
    """Return the rows of a run's pieces, or of one batch of it, that were not split; in the order of their batches."""
    return db.execute(
        f"SELECT {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot FROM pieces "  # noqa: S608 - constants
        "WHERE run_id = ? AND state != 'parted' AND (? IS NULL OR batch = ?) ORDER BY batch, id",
        (run_id, batch, batch),
    ).fetchall()


def unpacked(rows: Iterable[tuple[Any, ...]], clock: Clock) -> list[Piece]:
    """Return the pieces of ``packed`` rows; it needs no transaction."""
    return [read_piece(row[:-3], clock.as_monotonic(*row[-3:])) for row in rows]


def store(db: sqlite3.Connection, clock: Clock, run_id: str, piece: Piece) -> Piece:
    """Store a piece in place of what was there under its id; return it with its id."""
    # Both clocks: after a restart of the machine only the wall clock can tell how long the piece must still rest.
    wall = clock.wall() + piece.not_before - clock.monotonic() if piece.not_before else None
    moment = (wall, piece.not_before or None, clock.boot)
    cursor = db.execute(
        f"INSERT OR REPLACE INTO pieces (run_id, {PIECE_COLUMNS}, not_before_wall, not_before_monotonic, boot) "  # noqa: S608 - constants
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run_id, *piece_values(piece), *moment),
    )
    return replace(piece, id=cursor.lastrowid)


def put_in_place(
    db: sqlite3.Connection, clock: Clock, run_id: str, before: Piece | None, after: Iterable[Piece]
) -> list[Piece]:
    """Store pieces in place of ``before``; return them with their ids."""
    pieces = list(after)
    # The row stays, as ``parted``: attempts refer to it for the contacts that they carried.
    if before is not None and before.id is not None and all(piece.id != before.id for piece in pieces):
        db.execute("UPDATE pieces SET state = 'parted' WHERE id = ?", (before.id,))
    return [store(db, clock, run_id, piece) for piece in pieces]


def doubt_interrupted(db: sqlite3.Connection, clock: Clock, run_id: str, quiet_s: float) -> None:
    """Put every piece of a run that is in flight in doubt, to rest for ``quiet_s`` seconds from now on."""
    # From now on: when the request left is not known, only when its intent was committed.
    now, monotonic = clock.wall(), clock.monotonic()
    db.execute(
        "UPDATE pieces SET state = 'in-doubt', boot = ?, "
        "history = CASE history WHEN 'forced' THEN 'forced' ELSE 'doubted' END, "
        "detail = 'the program ended while the request was under way', "
        "not_before_wall = ?, not_before_monotonic = ? WHERE run_id = ? AND state = 'in-flight'",
        (clock.boot, now + quiet_s, monotonic + quiet_s, run_id),
    )


def has_batch(db: sqlite3.Connection, run_id: str, number: int) -> bool:
    """Return True if a batch's numbers are stored already."""
    query = "SELECT 1 FROM batches WHERE run_id = ? AND number = ?"
    return db.execute(query, (run_id, number)).fetchone() is not None


def requests_of(db: sqlite3.Connection, run_id: str, batch: int) -> tuple[int, int]:
    """Return how many requests a batch has taken, and how many of its pieces are ready to be sent."""
    taken, ready = db.execute(
        "SELECT (SELECT count(*) FROM attempts WHERE run_id = ? AND batch = ?), "
        "(SELECT count(*) FROM pieces WHERE run_id = ? AND batch = ? AND state = 'ready')",
        (run_id, batch, run_id, batch),
    ).fetchone()
    return int(taken), int(ready)
