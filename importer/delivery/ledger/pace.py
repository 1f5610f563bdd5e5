"""An account's pace: the seconds until it allows a request, counted from the requests of every process and run.

The wall clock may be set back or forward during a wait, in this process or between two. So moments are compared by it
only after a restart of the machine. Until then the monotonic clock, which is never set, shows how long ago a request
was. A pause that a 429 asks for is stored relative to the request that got it.
"""

import sqlite3
from collections.abc import Sequence

from importer.delivery.classify import Verdict
from importer.delivery.clock import Clock
from importer.delivery.pacing import LONGEST_S

_BEGUN = "begun_wall, begun_monotonic, boot"


def pause(db: sqlite3.Connection, clock: Clock, attempt: int, seconds: float) -> None:
    """Book that the account of an attempt must be left alone for ``seconds`` from now on."""
    wall, monotonic, boot, account_id = db.execute(
        f"SELECT {_BEGUN}, account_id FROM attempts WHERE id = ?",  # noqa: S608 - a constant
        (attempt,),
    ).fetchone()
    until = wall + clock.seconds_since(wall, monotonic, boot) + seconds
    db.execute("UPDATE accounts SET paused_until = ? WHERE id = ?", (until, account_id))


def pause_s(db: sqlite3.Connection, clock: Clock, account_id: int, paces: Sequence[tuple[int, float]]) -> float:
    """Return the seconds until the account's pace and its last 429 allow a request; 0 or less if they do now.

    Each of ``paces`` is a strict window: so many requests in so many seconds.
    """
    waits = [_pause_left_s(db, clock, account_id)]
    for requests, window_s in paces:
        oldest = db.execute(  # the + keeps its index away: newest first, nothing is sorted
            f"SELECT {_BEGUN} FROM attempts WHERE +account_id = ? "  # noqa: S608 - a constant
            "ORDER BY id DESC LIMIT 1 OFFSET ?",
            (account_id, requests - 1),
        ).fetchone()
        waits.append(window_s - clock.seconds_since(*oldest) if oldest else 0.0)
    # No pause is longer than this, whatever a clock that was set makes of it.
    return min(max(waits), LONGEST_S)


def _pause_left_s(db: sqlite3.Connection, clock: Clock, account_id: int) -> float:
    """Return the seconds left of the pause that the last 429 asked for; a pause that is over is removed."""
    (until,) = db.execute("SELECT paused_until FROM accounts WHERE id = ?", (account_id,)).fetchone()
    if until is None:
        return 0.0
    refused = db.execute(
        f"SELECT {_BEGUN} FROM attempts WHERE +account_id = ? AND verdict = ? ORDER BY id DESC LIMIT 1",  # noqa: S608 - a constant
        (account_id, Verdict.TOO_MANY.value),
    ).fetchone()
    left = 0.0 if refused is None else until - refused[0] - clock.seconds_since(*refused)
    if left <= 0:
        db.execute("UPDATE accounts SET paused_until = NULL WHERE id = ?", (account_id,))
    return left
