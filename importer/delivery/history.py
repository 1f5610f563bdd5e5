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


def sent_at(ledger: Ledger, run_id: str, piece: Piece) -> float | None:
    """When the first request with a piece's contacts that was or may have been applied began, by our clock.

    Epoch seconds. It may have been one for a larger piece, which was parted since.
    """
    with ledger.transaction() as db:
        requests = db.execute(
            "SELECT offsets, begun_wall FROM attempts JOIN pieces ON pieces.id = piece_id "
            "WHERE attempts.run_id = ? AND attempts.batch = ? "
            "AND (verdict IS NULL OR verdict IN ('ambiguous', 'answered'))",
            (run_id, piece.batch),
        ).fetchall()
    begun = [float(wall) for offsets, wall in requests if piece.offsets[0] in unpack_offsets(offsets)]
    return min(begun, default=None)


def answered(ledger: Ledger, piece: Piece) -> tuple[float, float] | None:
    """When the last request for a piece that was answered began, and its answer came: epoch seconds by our clock."""
    with ledger.transaction() as db:
        times = db.execute(
            "SELECT begun_wall, begun_wall + seconds FROM attempts WHERE piece_id = ? AND verdict = 'answered' "
            "ORDER BY id DESC LIMIT 1",
            (piece.id,),
        ).fetchone()
    return None if times is None else (float(times[0]), float(times[1]))


def requests_for(ledger: Ledger, piece: Piece) -> int:
    """How many requests carried exactly this piece."""
    with ledger.transaction() as db:
        (count,) = db.execute("SELECT count(*) FROM attempts WHERE piece_id = ?", (piece.id,)).fetchone()
    return int(count)
