"""Read-backs that were broken off, stored so that the next process goes on at the page where they stopped."""

import json
import zlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from importer.delivery.evidence import Dates
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.readback import Pass, Search
from importer.targets import Found

GOOD_FOR_S = 3600.0
"""Seconds for which one may be continued; an older one is begun anew, because the list has changed since."""

_SETS = ("seen", "controls_seen", "ids", "last_ids", "totals")
_VALUES = ("next_page", "step", "pages", "is_end_seen", "is_control_made")
_SOUGHT = ("wanted", "controls", "watched", "dating")


@dataclass(frozen=True, slots=True)
class Begun:
    """A pass that was broken off, and what it was looking for."""

    reading: Pass
    search: Search


def put_away(ledger: Ledger, run_id: str, account_id: int, begun: Begun, now: float) -> None:
    """Commit a pass that was broken off, in place of an earlier one of the run."""
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
    """Remove a run's unfinished pass and return it; None if there is none that may be continued.

    It may be if it was broken off in the last ``GOOD_FOR_S`` and looked for all that ``search`` looks for. It keeps its
    own controls: those of ``search`` were not looked for on the pages that it has read.
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
    # The same holds for what dates the contacts: numbers that the pass did not keep cannot be awaited.
    members: dict[str, Any] = {name: values[name] for name in _VALUES} | {name: set(values[name]) for name in _SETS}
    dated = {phone: [Found(**one) for one in found] for phone, found in values["dated"].items()}
    reading = Pass(**members, dates=Dates(**values["dates"]), dated=dated)
    held = replace(
        search, controls=sought["controls"], controls_since=values["controls_since"], dating=sought["dating"]
    )
    return Begun(reading, replace(held, awaited=[group for group in search.awaited if group <= held.dating]))
