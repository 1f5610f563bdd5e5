"""The ledger's record of updates: of rows whose number was in the account, which contacts a run changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from importer.delivery.ledger.ledger import Ledger


class UpdateState(StrEnum):
    """State of an update. ``ready``: to be made; ``intended``: a request was begun, its end is not known.

    All others are ends.

    ``same``: the contact had all that the row has. ``absent``: no contact has the row's number. ``refused``: the API
    did not take the change. ``suppressed``: the number is on a suppression list by now, so no change was requested.
    """

    READY = "ready"
    INTENDED = "intended"
    UPDATED = "updated"
    SAME = "same"
    ABSENT = "absent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"


OPEN = (UpdateState.READY, UpdateState.INTENDED)


@dataclass(frozen=True, slots=True)
class Update:
    """One row whose number is in the account; ``position`` is the row's in its run, from 0."""

    position: int
    contact_id: str | None
    state: UpdateState = UpdateState.INTENDED
    detail: str | None = None


SCHEMA: dict[str, type[pl.DataType]] = {
    "position": pl.UInt32,
    "update_contact_id": pl.String,
    "update": pl.String,
    "update_detail": pl.String,
}
"""One line for each row that was checked against the account; ``update`` is its state."""


def updates(ledger: Ledger, run_id: str) -> pl.DataFrame:
    """Return the updates of a run as they stand, in the order of their rows; columns in ``SCHEMA``."""
    with ledger.transaction() as db:
        rows = db.execute(
            "SELECT position, contact_id, state, detail FROM updates WHERE run_id = ? ORDER BY position", (run_id,)
        ).fetchall()
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def note_updates(ledger: Ledger, run_id: str, noted: Iterable[Update], now: float) -> None:
    """Commit updates as they stand, in one transaction; an earlier entry of the same row is replaced."""
    with ledger.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO updates VALUES (?, ?, ?, ?, ?, ?)",
            [(run_id, u.position, u.contact_id, u.state, u.detail, now) for u in noted],
        )
