"""What the ledger knows of one contact's way: the requests that carried it."""

from dataclasses import dataclass

from importer.delivery.ledger import Ledger
from importer.delivery.packing import unpack_offsets


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
