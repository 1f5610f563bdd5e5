"""What the ledger knows of the requests that carried a contact, or a piece."""

from dataclasses import dataclass

from importer.delivery.ledger import Ledger
from importer.delivery.packing import unpack_offsets
from importer.delivery.pieces import Piece


@dataclass(frozen=True, slots=True)
class Carried:
    """One request that carried a contact.

    Attributes:
        begun: epoch seconds by our clock.
        rows: contacts in the request.
        verdict: what it proved; None where the program ended before the answer.
        status, trouble: what was seen.
        reply: the answer's first 256 KiB; None where there is none.
    """

    begun: float
    rows: int
    verdict: str | None
    status: int | None
    trouble: str | None
    reply: bytes | None


def carried(ledger: Ledger, run_id: str, batch: int, offset: int) -> list[Carried]:
    """The requests of a run that carried the contact at this place of a batch, oldest first."""
    with ledger.transaction() as db:
        rows = db.execute(
            "SELECT offsets, begun_wall, attempts.rows, verdict, status, trouble, reply FROM attempts "
            "JOIN pieces ON pieces.id = piece_id WHERE attempts.run_id = ? AND attempts.batch = ? ORDER BY attempts.id",
            (run_id, batch),
        ).fetchall()
    return [Carried(*row[1:]) for row in rows if offset in unpack_offsets(row[0])]


def sent_at(ledger: Ledger, piece: Piece) -> float | None:
    """When the first request for a piece that was or may have been applied began, epoch seconds by our clock."""
    with ledger.transaction() as db:
        (begun,) = db.execute(
            "SELECT min(begun_wall) FROM attempts WHERE piece_id = ? "
            "AND (verdict IS NULL OR verdict IN ('ambiguous', 'answered'))",
            (piece.id,),
        ).fetchone()
    return None if begun is None else float(begun)


def answered_at(ledger: Ledger, piece: Piece) -> float | None:
    """When a piece's last answer came, epoch seconds by our clock."""
    with ledger.transaction() as db:
        (ended,) = db.execute(
            "SELECT max(begun_wall + seconds) FROM attempts WHERE piece_id = ? AND verdict = 'answered'",
            (piece.id,),
        ).fetchone()
    return None if ended is None else float(ended)


def requests_for(ledger: Ledger, piece: Piece) -> int:
    """How many requests carried exactly this piece."""
    with ledger.transaction() as db:
        (count,) = db.execute("SELECT count(*) FROM attempts WHERE piece_id = ?", (piece.id,)).fetchone()
    return int(count)
