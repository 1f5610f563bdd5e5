"""Capabilities: what a write check proved of an account, kept with its date."""

from collections.abc import Mapping
from dataclasses import dataclass

from importer.delivery.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that was proven of an account, and when: epoch seconds by our clock."""

    value: str
    proven_at: float


def capabilities(ledger: Ledger, account_id: int) -> dict[str, Capability]:
    """Return all that was proven of an account, by name."""
    with ledger.transaction() as db:
        rows = db.execute(
            "SELECT name, value, proven_at FROM capabilities WHERE account_id = ? ORDER BY name", (account_id,)
        ).fetchall()
    return {name: Capability(value, proven_at) for name, value, proven_at in rows}


def remember(ledger: Ledger, account_id: int, proven: Mapping[str, str], now: float) -> None:
    """Commit what was proven, in place of what was known before."""
    with ledger.transaction() as db:
        db.executemany(
            "INSERT OR REPLACE INTO capabilities VALUES (?, ?, ?, ?)",
            [(account_id, name, value, now) for name, value in proven.items()],
        )
