"""The requests that carried a contact or a piece, as the ledger has them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from importer.delivery.clock import Clock
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.packing import is_hashed, unpack_hashes, unpack_numbers, unpack_offsets
from importer.delivery.ledger.results import end_of
from importer.delivery.pieces import Piece
from importer.models.number_set import siphash
from importer.models.outcomes import Reason


@dataclass(frozen=True, slots=True)
class Carried:
    """One request that carried a contact.

    Attributes:
        begun: epoch seconds by our clock.
        rows: contacts in the request.
        verdict: what it proved; None if the program ended before the answer.
        status, trouble: the HTTP status and what went wrong; each None if there was none.
        reply: the answer's first 256 KiB; None if there is none.
    """

    begun: float
    rows: int
    verdict: str | None
    status: int | None
    trouble: str | None
    reply: bytes | None


def carried(ledger: Ledger, run_id: str, batch: int, offset: int) -> list[Carried]:
    """Return the requests of a run that carried the contact at this offset of a batch, oldest first."""
    with ledger.transaction() as db:
        rows = db.execute(
            "SELECT offsets, begun_wall, attempts.rows, verdict, status, trouble, reply FROM attempts "
            "JOIN pieces ON pieces.id = piece_id WHERE attempts.run_id = ? AND attempts.batch = ? ORDER BY attempts.id",
            (run_id, batch),
        ).fetchall()
    return [Carried(*row[1:]) for row in rows if offset in unpack_offsets(row[0])]


def places(ledger: Ledger, phone: str) -> dict[str, list[tuple[int, int]]]:
    """Return the places where a number (E.164) was sent, or was about to be: by run, pairs of batch and offset."""
    with ledger.transaction() as db:
        batches = db.execute("SELECT run_id, number FROM batches ORDER BY run_id, number").fetchall()
    found: dict[str, list[tuple[int, int]]] = {}
    for run_id, number in batches:  # a transaction each: an import is not held up for long
        with ledger.transaction() as db:
            (blob,) = db.execute(
                "SELECT phones FROM batches WHERE run_id = ? AND number = ?", (run_id, number)
            ).fetchone()
        here = np.flatnonzero(_is_number(blob, np.uint64(phone.removeprefix("+")))).tolist()
        if here:
            found.setdefault(run_id, []).extend((number, place) for place in here)
    return found


def _is_number(blob: bytes, number: np.uint64) -> npt.NDArray[np.bool_]:
    """Return for each contact of a batch whether it has a number; of a purged run by their hashes."""
    if not is_hashed(blob):
        return np.asarray(unpack_numbers(blob) == number)
    hashes, salt = unpack_hashes(blob)
    return np.asarray(hashes == siphash(np.array([number], np.uint64), salt)[0])


def sender(ledger: Ledger, run_id: str) -> tuple[str, float]:
    """Return the name of the account to which a run sends, and when its first request began: epoch s by our clock."""
    with ledger.transaction() as db:
        account, begun = db.execute(
            "SELECT name, (SELECT min(begun_wall) FROM attempts WHERE run_id = runs.run_id) "
            "FROM runs JOIN accounts ON accounts.id = account_id WHERE run_id = ?",
            (run_id,),
        ).fetchone()
    return account, begun


End = tuple[Reason | None, str | None, str | None]
"""Reason, detail, and the contact's id; all None if it was not sent."""


def end_of_contact(ledger: Ledger, run_id: str, batch: int, offset: int) -> End:
    """Return what became of the contact at this offset of a batch."""
    for piece in ledger.pieces(run_id, batch):
        if offset in piece.offsets:
            named = next((contact for contact in piece.named if contact.offset == offset), None)
            return (named.reason, named.detail, named.contact_id) if named else (*end_of(piece), None)
    return None, None, None


@dataclass(frozen=True, slots=True)
class _Begun:
    """When a request began: on our clocks, and by how much the API's clock differed (``offset``), if it is known."""

    wall: float
    monotonic: float
    boot: str
    offset: float | None
    is_answered: bool

    def by_api(self, clock: Clock, offset_now: float | None) -> float | None:
        """Return when it began by the API's clock, however ours was set since; None if that is not known.

        An answer gave the offset itself. For a lost answer, the offset of now will do while the machine was not
        restarted; after a restart, the offset known before must agree with it.
        """
        if self.is_answered and self.offset is not None:
            return self.wall + self.offset
        if offset_now is None:
            return None
        if self.is_of_this_boot(clock):
            return clock.wall() - clock.seconds_since(self.wall, self.monotonic, self.boot) + offset_now
        if self.offset is None or abs(self.offset - offset_now) > _SAME_CLOCK_S:
            return None
        return self.wall + min(self.offset, offset_now)

    def is_of_this_boot(self, clock: Clock) -> bool:
        """Return True if the monotonic clock shows how long ago it was."""
        return bool(self.boot) and self.boot == clock.boot


_BEGUN = "begun_wall, begun_monotonic, attempts.boot, clock_offset, status IS NOT NULL"
_SAME_CLOCK_S = 5.0
"""Offsets that differ by less are one: a ``Date`` header is cut to the second, and took time to arrive."""


def sent_at(ledger: Ledger, run_id: str, piece: Piece, offset_now: float | None) -> float | None:
    """Return when the first request for a piece that was or may have been applied began; None if that is not known.

    Epoch seconds by the API's clock. It may have been a request for a larger piece, which was split since.
    ``offset_now`` is the API's clock minus ours, seconds.
    """
    with ledger.transaction() as db:
        requests = db.execute(
            f"SELECT offsets, {_BEGUN} FROM attempts "  # noqa: S608 - constants
            "JOIN pieces ON pieces.id = piece_id WHERE attempts.run_id = ? AND attempts.batch = ? "
            "AND (verdict IS NULL OR verdict IN ('ambiguous', 'answered'))",
            (run_id, piece.batch),
        ).fetchall()
    begun = [_Begun(*values) for offsets, *values in requests if piece.offsets[0] in unpack_offsets(offsets)]
    times = [one.by_api(ledger.clock, offset_now) for one in begun]
    known = [moment for moment in times if moment is not None]
    # A request whose time is not known may have been the first.
    return min(known) if known and len(known) == len(times) else None


def answered(ledger: Ledger, piece: Piece, offset_now: float | None) -> tuple[float | None, float] | None:
    """Return when the last answered request for a piece began, and how many seconds ago its answer came.

    The first is in epoch seconds by the API's clock, None if not known. None in all if no request was answered.
    """
    with ledger.transaction() as db:
        values = db.execute(
            f"SELECT seconds, {_BEGUN} FROM attempts WHERE piece_id = ? AND verdict = 'answered' "  # noqa: S608 - constants
            "ORDER BY id DESC LIMIT 1",
            (piece.id,),
        ).fetchone()
    if values is None:
        return None
    seconds, begun = values[0], _Begun(*values[1:])
    ago = ledger.clock.seconds_since(begun.wall, begun.monotonic, begun.boot)
    by_api = begun.by_api(ledger.clock, offset_now)
    if by_api is not None and offset_now is not None and not begun.is_of_this_boot(ledger.clock):
        ago = ledger.clock.wall() + offset_now - by_api
    return by_api, ago - seconds


def requests_for(ledger: Ledger, piece: Piece) -> int:
    """Return how many requests carried exactly this piece."""
    with ledger.transaction() as db:
        (count,) = db.execute("SELECT count(*) FROM attempts WHERE piece_id = ?", (piece.id,)).fetchone()
    return int(count)


def doubted_answers(ledger: Ledger, piece: Piece) -> list[bytes]:
    """Return the answers to requests for exactly this piece that had a status of success and were not believed."""
    with ledger.transaction() as db:
        rows = db.execute(
            "SELECT reply FROM attempts WHERE piece_id = ? AND verdict = 'ambiguous' AND status BETWEEN 200 AND 299",
            (piece.id,),
        ).fetchall()
    return [reply for (reply,) in rows]
