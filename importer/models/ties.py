"""The columns that a retry file and a marked copy add to a list's own, by which each row is tied to its run."""

import hashlib

from importer.models.frames import OURS

DECISION = f"{OURS}decision"
"""Empty, ``AS_IS`` or ``DROP``."""
WRONG = f"{OURS}what is wrong"
CORRECTION = f"{OURS}correct here"
"""The cell that is wrong, of the column that ``COLUMN`` names: a correction may stand here or in that column."""
SENT = f"{OURS}would be sent"
SUGGESTION = f"{OURS}suggestion"
REASON = f"{OURS}reason"
COLUMN = f"{OURS}column"
SOURCE = f"{OURS}source"
SHEET = f"{OURS}sheet"
"""An earlier version had no such column: ``SOURCE`` was file and sheet then."""
ROW = f"{OURS}row"
RUN = f"{OURS}run"
CHECK = f"{OURS}check"
"""``check_of`` the four before: shows that they still belong together."""

OUTCOME, WHY, SENT_AS = f"{OURS}outcome", f"{OURS}why", f"{OURS}sent as"
"""What a marked copy says of each row."""
TIE = f"{OURS}tie"
"""In a marked copy: the run's id, the row's number, ``check_of`` the row's name, with spaces between.

Where the row has formulas, also the places of their columns in the list (from 0, with commas between): a spreadsheet
program calculates them anew, and that is no correction.
"""

AS_IS, DROP = "send as is", "drop"
"""What ``DECISION`` can hold."""


def check_of(run_id: str, source: str, sheet: str | None, row: int | str) -> str:
    """Return the checksum of a row's name: hexadecimal digits, behind a letter so that no spreadsheet counts them."""
    name = "\x1f".join([run_id, source, sheet or "", str(row)])
    return "c" + hashlib.sha256(name.encode()).hexdigest()[:12]
