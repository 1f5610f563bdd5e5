"""Entries that a ledger holds: its runs, their requests with contacts, and the names of accounts."""

from importer.delivery.journal import Entry
from importer.delivery.ledger.ledger import Ledger
from importer.delivery.ledger.mark import Mark


def run_ids(ledger: Ledger) -> set[str]:
    """Return the ids of the runs that were begun."""
    with ledger.transaction() as db:
        return {run_id for (run_id,) in db.execute("SELECT run_id FROM runs")}


def account_name(ledger: Ledger, account_id: int) -> str:
    """Return the name of an account."""
    with ledger.transaction() as db:
        (name,) = db.execute("SELECT name FROM accounts WHERE id = ?", (account_id,)).fetchone()
    return str(name)


def last_sending(ledger: Ledger, run_id: str) -> int | None:
    """Return the number of a run's last request with contacts; None if it made none."""
    with ledger.transaction() as db:
        query = "SELECT max(id) FROM attempts WHERE run_id = ? AND kind = 'bulk'"
        (number,) = db.execute(query, (run_id,)).fetchone()
    return None if number is None else int(number)


def has_sending(ledger: Ledger, run_id: str, number: int) -> bool:
    """Return True if the request of this number carried contacts for the run."""
    with ledger.transaction() as db:
        query = "SELECT 1 FROM attempts WHERE id = ? AND run_id = ? AND kind = 'bulk'"
        return db.execute(query, (number, run_id)).fetchone() is not None


def booking(ledger: Ledger, run_id: str, account_id: int) -> Entry:
    """Return the journal entry that names the ledger in which all that a run has sent so far is booked."""
    account, attempt = account_name(ledger, account_id), last_sending(ledger, run_id)
    return Entry(kind="booked", ledger=ledger.mark(), account=account, attempt=attempt)


def take_over(ledger: Ledger, newest: Mark) -> None:
    """Give a ledger the age of ``newest``, so that it counts as the newest from now on."""
    with ledger.transaction() as db:
        db.execute("UPDATE ledger SET age = ?", (newest.age - 1,))  # this commit adds one
