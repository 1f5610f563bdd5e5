"""The ledger's record of an undo: which contacts of a run are to be deleted, and which are gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from importer.delivery.ledger.ledger import Ledger


class RemovalState(StrEnum):
    """State of a removal. ``intended``: decided on, not known as done; ``gone``: somebody else had deleted it."""

    INTENDED = "intended"
    REMOVED = "removed"
    GONE = "gone"
    FAILED = "failed"


IS_OVER = (RemovalState.REMOVED, RemovalState.GONE)
"""The contact is not in the account any more: its number no longer counts as imported."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One contact of a run that is to be deleted; ``batch`` and ``offset`` identify its row."""

    batch: int
    offset: int
    contact_id: str
    state: RemovalState = RemovalState.INTENDED
    detail: str | None = None


def removals(ledger: Ledger, run_id: str) -> dict[tuple[int, int], Removal]:
    """Return all removals that were ever decided on for a run, by batch and offset."""
    with ledger.transaction() as db:
        rows = db.execute(
            'SELECT batch, "offset", contact_id, state, detail FROM removals WHERE run_id = ?', (run_id,)
        ).fetchall()
    return {(row[0], row[1]): Removal(row[0], row[1], row[2], RemovalState(row[3]), row[4]) for row in rows}


def note_removals(ledger: Ledger, run_id: str, wanted: Iterable[Removal], now: float) -> None:
    """Commit removals as they stand, in one transaction; an earlier entry of the same contact is replaced."""
    with ledger.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO removals VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(run_id, r.batch, r.offset, r.contact_id, r.state, r.detail, now) for r in wanted],
        )
