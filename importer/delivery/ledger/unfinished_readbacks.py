"""Read-backs that were broken off, put away so that the next process goes on at the page where they stopped."""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from importer.delivery.evidence import Dates
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.readback import Pass, Search
from importer.targets import Found

GOOD_FOR_S = 3600.0
"""An older one is begun anew: the list has moved on."""

_SETS = ("seen", "controls_seen", "ids", "last_ids", "totals")
_VALUES = ("next_page", "step", "pages", "is_end_seen", "is_control_made")
_SOUGHT = ("wanted", "controls", "watched", "dating")


@dataclass(frozen=True, slots=True)
class Begun:
    """A pass that was broken off, and what it was looking for."""

    reading: Pass
    search: Search


def put_away(ledger: Ledger, run_id: str, account_id: int, begun: Begun, now: float) -> None:
    """Commit a pass, in place of what was there."""
    values: dict[str, Any] = {name: getattr(begun.reading, name) for name in _VALUES}
    values |= {name: list(getattr(begun.reading, name)) for name in _SETS}
    values |= {name: list(getattr(begun.search, name)) for name in _SOUGHT}
    values["controls_since"] = begun.search.controls_since
    values["dates"] = asdict(begun.reading.dates)
    values["dated"] = {phone: [asdict(one) for one in found] for phone, found in begun.reading.dated.items()}
    with ledger.transaction() as db:
        blob = zlib.compress(json.dumps(values).encode())
        db.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?)", (run_id, account_id, now, blob))


def take_up(ledger: Ledger, run_id: str, account_id: int, search: Search, now: float) -> Begun | None:
    """The pass of this run that was broken off in the last hour, where it looks for all that is sought; it is removed.

    Its controls hold for it: those of today were not looked for on the pages that it has read.
    """
    with ledger.transaction() as db:
        row = db.execute(
            "DELETE FROM readings WHERE run_id = ? RETURNING account_id, put_away, reading", (run_id,)
        ).fetchone()
    if row is None or row[0] != account_id or not 0 <= now - row[1] <= GOOD_FOR_S:
        return None
    values = json.loads(zlib.decompress(row[2]))
    if not values.keys() >= {"controls_since", "dates"}:
        return None  # of an earlier version, which did not ask when a contact was made
    sought = {name: set(values[name]) for name in _SOUGHT}
    if not (search.wanted <= sought["wanted"] and search.watched <= sought["watched"]):
        return None
    members: dict[str, Any] = {name: values[name] for name in _VALUES} | {name: set(values[name]) for name in _SETS}
    dated = {phone: [Found(**one) for one in found] for phone, found in values["dated"].items()}
    reading = Pass(**members, dates=Dates(**values["dates"]), dated=dated)
    held = replace(
        search, controls=sought["controls"], controls_since=values["controls_since"], dating=sought["dating"]
    )
    return Begun(reading, replace(held, awaited=[group for group in search.awaited if group <= held.dating]))
