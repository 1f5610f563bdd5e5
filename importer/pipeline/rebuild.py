"""``verify --rebuild-ledger``: books a run again into a ledger that does not know it, because the one that did is lost.

Outcomes in the run's rows are taken as they are. Contacts that its journal notes as handed to the API, without an
outcome in its rows, are in doubt: the account's list settles them as after any lost answer, and what it cannot settle
stays unconfirmed. Only contacts that certainly never left are ready to be sent.

Undos and updates were known to the lost ledger alone: such numbers count as imported, and contacts are looked up again
before they are updated.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import polars as pl

from importer.account.standing import has_sent, knows
from importer.delivery import Ledger
from importer.delivery.booked import booking, take_over
from importer.delivery.journal import Entry, Journal, read_journal
from importer.delivery.ledger.mark import Mark, read_mark, write_mark
from importer.delivery.ledger.restoring import BatchFacts, End, has_outcomes, restore, restore_clock
from importer.delivery.pieces import Counters
from importer.models.outcomes import Reason
from importer.models.watching import Watch
from importer.settings.settings import Settings
from importer.storage.parts import opened
from importer.storage.run_folder import LEDGER, ROWS, RunFolder, all_runs
from importer.storage.summary import Summary

_CERTAIN = (
    Reason.CONFIRMED,
    Reason.SKIPPED_BY_API,
    Reason.REJECTED_BY_API,
    Reason.NOT_NAMED,
    Reason.PRESENT,
    Reason.SUPPRESSED,
    Reason.ALREADY_IMPORTED,
)
_WRITTEN = ["batch", "offset", "reason", "detail", "contact_id"]


@contextmanager
def rebuilding(folder: RunFolder, watch: Watch) -> Iterator[Ledger]:
    """Open a ledger that does not know a run, whichever it is, for the run to be booked in again.

    On leaving, it becomes the folder's newest ledger, unless other runs sent what it does not know; these are noted.

    Raises:
        LedgerError: there is one, and it is damaged.
    """
    path = folder.path.parent / LEDGER
    with Ledger.open(path, is_any_taken=True) as ledger:
        yield ledger
        left = [other.run_id for other in all_runs(path.parent) if has_sent(other) and not knows(other, ledger)]
        if left:
            watch.note(f"The ledger does not know yet what {len(left):,} other runs sent. Next, type:")
            for run_id in left:
                watch.note(f"importer verify --rebuild-ledger {run_id}")
            return
        now, before = ledger.mark(), read_mark(path)
        if before is not None and not before.is_reached_by(now):
            watch.note(
                "Runs whose folders are gone cannot be rebuilt: should there be any, what they sent is not known here "
                "any more. Import with --snapshot then, which leaves out what the account has."
            )
        newest = Mark(id=now.id, age=max(now.age, before.age if before else 0) + 1)
        take_over(ledger, newest)
        write_mark(path, newest)


def account_before(folder: RunFolder) -> str | None:
    """Return the name of the account that a run sent to; None if its journal has none."""
    names = [entry.account for entry in read_journal(folder.path) if entry.account]
    return names[-1] if names else None


def rebuild(folder: RunFolder, settings: Settings, ledger: Ledger, account_id: int) -> str:
    """Book what a run's files prove into a ledger that does not know the run; return what was booked, for people.

    Args:
        folder: the run's.
        settings: the run's.
        ledger: from ``rebuilding``; the run is begun in it.
        account_id: that the run sends to.
    """
    entries = read_journal(folder.path)
    restore_clock(ledger, account_id, entries)
    certain = doubted = 0
    for facts, is_up_to_date in _facts(folder, entries, settings):
        if not is_up_to_date and facts.sent and has_outcomes(ledger, folder.run_id, facts.sent):
            continue  # an older copy that knows how each of its requests ended knows more than the files
        if facts.ends or facts.sent or facts.doubted:
            restore(ledger, folder.run_id, account_id, facts, settings.quiet_time_s)
            certain += len(facts.ends)
            doubted += len(facts.doubted)
    with Journal.open(folder.path, ledger.mark().id) as journal:
        journal.note(booking(ledger, folder.run_id, account_id))
    return (
        f"Rebuilt from the files of run {folder.run_id}: {certain:,} contacts whose end is certain, {doubted:,} that "
        "were or may have been sent and are looked for now."
    )


def _facts(folder: RunFolder, entries: Sequence[Entry], settings: Settings) -> Iterator[tuple[BatchFacts, bool]]:
    """Yield what the files prove of each batch, and True if the run's rows were written after its last request."""
    written = _written_rows(folder)
    summary = folder.summary()
    last_written = max((place for place, entry in enumerate(entries) if entry.kind == "written"), default=-1)
    parts = folder.parts()
    # With updates, not-sent may also mean that a contact which the API skipped is not updated yet.
    is_vague = not entries or settings.on_existing == "update"
    for number in sorted(parts.batches()):
        phones = parts.batch(number)["phone"]
        sent = [(place, entry) for place, entry in enumerate(entries) if entry.kind == "sent" and entry.batch == number]
        since = {spot for place, entry in sent if place > last_written for spot in entry.places()}
        ever = {spot for _, entry in sent for spot in entry.places()} if entries else set(range(phones.len()))
        rows = (
            {}
            if written is None
            else {row[1]: row[2:] for row in written.filter(pl.col("batch") == number).iter_rows()}
        )
        ends = {spot: End(Reason(row[0]), *row[1:]) for spot, row in rows.items() if Reason(row[0]) in _CERTAIN}
        lost = {spot for spot, row in rows.items() if row[0] == Reason.REPLY_LOST.value}
        unsaid = {spot for spot in ever if spot not in ends and (written is None or is_vague)}
        doubted = frozenset((since | lost | unsaid) - ends.keys())
        counters = None if since or doubted else _counters(summary, number)
        is_up_to_date = written is not None and not since
        yield BatchFacts(number, phones, ends, doubted, [entry for _, entry in sent], counters), is_up_to_date


def _written_rows(folder: RunFolder) -> pl.DataFrame | None:
    """Return the run's rows that belong to a batch, as last written; None if ``rows.parquet`` was never written."""
    path = folder.path / ROWS
    if not path.is_file():
        return None
    rows = opened([path], "Put back a copy of it.").filter(pl.col("batch").is_not_null())
    return rows.select(_WRITTEN).with_columns(pl.col("reason").cast(pl.String)).collect()


def _counters(summary: Summary | None, number: int) -> Counters | None:
    for batch in summary.batch_list if summary else ():
        if batch.number == number and None not in (batch.imported, batch.skipped, batch.errors):
            return Counters(batch.imported or 0, batch.skipped or 0, batch.errors or 0)
    return None
