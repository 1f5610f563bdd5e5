"""What a ledger has booked: its runs, whose requests are its, and which account is called what."""

from importer.delivery.ledger import Ledger
from importer.delivery.mark import Mark


def run_ids(ledger: Ledger) -> set[str]:
    """Give the runs that were begun."""
    with ledger.transaction() as db:
        return {run_id for (run_id,) in db.execute("SELECT run_id FROM runs")}


def account_name(ledger: Ledger, account_id: int) -> str:
    """Give the name of an account."""
    with ledger.transaction() as db:
        (name,) = db.execute("SELECT name FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return str(name)


def has_attempt(ledger: Ledger, run_id: str, attempt: int) -> bool:
    """Tell whether a request of this number was made for a run."""
    with ledger.transaction() as db:
        query = "SELECT 1 FROM attempts WHERE id = ? AND run_id = ?"
        return db.execute(query, (attempt, run_id)).fetchone() is not None


def take_over(ledger: Ledger, newest: Mark) -> None:
    """Make a ledger the newest that there is, of whatever age it was."""
    with ledger.transaction() as db:
        db.execute("UPDATE ledger SET age = ?", (newest.age - 1,))  # this commit makes it older by one
