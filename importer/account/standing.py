"""Checks that a ledger knows what runs have sent; without that, nothing is sent or written by it.

A run's folder may have been moved away from its ledger, the ledger deleted, or an older copy of it put back. Then the
ledger would have contacts as never sent that are in the account, and they would be sent again. A run's own notes show
it: its journal (``delivery.journal``), or its summary if the run is of version 0.1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.delivery import Ledger
from importer.delivery.booked import account_name, has_sending, run_ids
from importer.delivery.journal import Entry, last_entry, read_journal
from importer.delivery.ledger.accounts import address_of
from importer.delivery.ledger.mark import check_mark, way_out
from importer.errors import LedgerError
from importer.models.watching import Watch
from importer.storage.run_folder import LEDGER, RunFolder, all_runs


@contextmanager
def ledger_of(folder: RunFolder, watch: Watch | None = None) -> Iterator[Ledger]:
    """Open the ledger of a run, after checking that it knows all that the run sent; ``watch`` as for ``Ledger.open``.

    Raises:
        LedgerError: it does not, or cannot be used; nothing was written.
    """
    path = folder.path.parent / LEDGER
    if not path.exists():
        check_mark(path, None)
        if has_sent(folder):
            raise LedgerError(
                f"Run {folder.run_id} sent contacts, and there is no ledger {path}. {way_out(path, folder.run_id)}"
            )
    with Ledger.open(path, watch=watch) as ledger:
        check_run(folder, ledger)
        yield ledger


def check_run(folder: RunFolder, ledger: Ledger) -> None:
    """Raise if a ledger does not know all that a run has sent.

    Raises:
        LedgerError: says what to do.
    """
    if not knows(folder, ledger):
        raise LedgerError(
            f"The ledger {ledger.path} does not know all that run {folder.run_id} sent: the run is of another folder, "
            f"or the ledger is another one or an older copy. {way_out(ledger.path, folder.run_id)}"
        )


def check_lost(runs: Path) -> None:
    """Raise if a new ledger must not be begun, because runs of the folder have sent contacts to an account.

    Raises:
        LedgerError: names one of the runs and says what to do.
    """
    check_mark(runs / LEDGER, None)
    for folder in all_runs(runs):
        if has_sent(folder) and not folder.settings().sandbox:
            raise LedgerError(
                f"Run {folder.run_id} sent contacts, and there is no ledger {runs / LEDGER}. "
                f"{way_out(runs / LEDGER, folder.run_id)}"
            )


def check_others(runs: Path, ledger: Ledger, account_id: int, base_url: str) -> None:
    """Raise if a run of the same folder has sent to an account what the ledger does not know.

    Raises:
        LedgerError: names the runs and says what to do.
    """
    now = ledger.mark()
    known = run_ids(ledger)
    strange = []
    for folder in all_runs(runs):
        # The last line alone settles most runs: a whole journal of each would be slow with hundreds of runs.
        last = last_entry(folder.path)
        if last is None and folder.run_id in known:
            continue
        if last is not None and last.ledger.is_reached_by(now) and _has(ledger, folder, last):
            continue
        if _is_of(folder, account_name(ledger, account_id), address_of(base_url)) and not knows(folder, ledger):
            strange.append(folder.run_id)
    if strange:
        more = f" and {len(strange) - 3:,} more" if len(strange) > 3 else ""
        raise LedgerError(
            f"The ledger {ledger.path} does not know what run {', '.join(strange[:3])}{more} sent to this account: the "
            "run is of another folder, or the ledger is another one or an older copy. "
            f"{way_out(ledger.path, strange[0])}"
        )


def knows(folder: RunFolder, ledger: Ledger) -> bool:
    """Return True if a ledger knows every request with contacts that a run has made."""
    entries = read_journal(folder.path)
    if not entries:
        summary = folder.summary()
        return summary is None or summary.status == "dry-run" or ledger.requests(folder.run_id) >= summary.requests
    now = ledger.mark()
    return all(entry.ledger.is_reached_by(now) and _has(ledger, folder, entry) for entry in since_booked(entries))


def has_sent(folder: RunFolder) -> bool:
    """Return True if a run has handed contacts to the API, as far as its own files say."""
    if any(entry.kind == "sent" for entry in read_journal(folder.path)):
        return True
    summary = folder.summary()
    return summary is not None and summary.status != "dry-run" and summary.requests > 0


def since_booked(entries: list[Entry]) -> list[Entry]:
    """Return the entries from the last ``booked`` one on, which the ledger must have itself; all if there is none.

    Earlier requests were booked into the ledger when that entry was written.
    """
    booked = [place for place, entry in enumerate(entries) if entry.kind == "booked"]
    return entries[booked[-1] if booked else 0 :]


def _has(ledger: Ledger, folder: RunFolder, entry: Entry) -> bool:
    """Return True if a ledger has the request of a journal's entry, or the entry names none."""
    # An older copy that was used on its own may have reached the same age; but it lacks the run's last request.
    return entry.attempt is None or has_sending(ledger, folder.run_id, entry.attempt)


def _is_of(folder: RunFolder, account: str, address: str) -> bool:
    """Return True if a run sent to an account, by the account's name or its address."""
    names = {entry.account for entry in read_journal(folder.path) if entry.account}
    summary = folder.summary()
    return account in names or (summary is not None and address_of(summary.target) == address)
