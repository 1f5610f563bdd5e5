"""Whether an account's pace allows a request now, counted from the requests of every process and run."""

import sqlite3
from collections.abc import Sequence

from importer.delivery.clock import Clock
from importer.delivery.pacing import LONGEST_S


def pause_s(db: sqlite3.Connection, clock: Clock, account_id: int, paces: Sequence[tuple[int, float]]) -> float:
    """Seconds until the account's pace and its last 429 allow a request; 0 or less where they do now.

    Each pace is a strict window: so many requests in so many seconds.
    """
    (paused_until,) = db.execute("SELECT paused_until FROM accounts WHERE id = ?", (account_id,)).fetchone()
    paused_s = (paused_until or 0.0) - clock.wall()
    waits = [paused_s if paused_s <= LONGEST_S else 0.0]  # no 429 asks for more: the clock was set back since
    for requests, window_s in paces:
        oldest = db.execute(  # the + keeps its index away: newest first, nothing is sorted
            "SELECT begun_wall, begun_monotonic, boot FROM attempts WHERE +account_id = ? "
            "ORDER BY id DESC LIMIT 1 OFFSET ?",
            (account_id, requests - 1),
        ).fetchone()
        waits.append(window_s - clock.seconds_since(*oldest) if oldest else 0.0)
    return min(max(waits), LONGEST_S)
