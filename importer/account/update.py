"""``--on-existing update``: contacts that the account had already get what the file has; nothing is created or removed.

Each update is a request of its own. Its intent is committed before it leaves and its end after it, so the work can be
stopped at any instant. If an answer was lost, the contact is compared in the account before the update is made again.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from importer.account.contact_list import look
from importer.account.existing import FIELDS, to_update
from importer.account.failures import failure
from importer.account.session import Line
from importer.delivery import Ledger
from importer.delivery.classify import Verdict, classify
from importer.delivery.ledger.updates import Update, UpdateState, note_updates
from importer.errors import ContactError, NoSuchContactError, UnavailableError
from importer.models.number_set import NumberSet
from importer.targets import Found, Page


def update_existing(line: Line, ledger: Ledger, run_id: str, rows: pl.LazyFrame, suppressed: NumberSet) -> None:
    """Update the contacts of the rows whose number is in the account, as far as that is not done yet.

    Contacts whose number is suppressed by now are not updated. If an update was sent and its answer lost, the contact
    is compared all the same: the update may have been made.

    Args:
        line: open, on behalf of the run.
        ledger: of the run.
        run_id: the run's.
        rows: reconciled; each has its outcome.
        suppressed: numbers that must not be sent.

    Raises:
        KeyRefusedError, StoppedError: no contact can be found or updated now; updates made so far are in the ledger.
    """
    wanted = to_update(ledger, run_id, rows)
    wanted = wanted.with_columns(suppressed.has(wanted["phone"]).alias("is_suppressed"))
    is_held = pl.col("is_suppressed") & (pl.col("update").fill_null("") != UpdateState.INTENDED.value)
    held = wanted.filter(is_held).select("position", "update_contact_id").iter_rows()
    ends = [Update(position, contact_id, UpdateState.SUPPRESSED) for position, contact_id in held]
    note_updates(ledger, run_id, ends, line.clock.wall())
    wanted = wanted.filter(~is_held)
    if wanted.is_empty():
        return
    count, per_hour = wanted.height, line.log.per_hour if line.log else 1
    seen = look(
        line,
        set(wanted["phone"]),
        is_first_enough=True,
        on_first_page=lambda page: line.watch.note(_estimate(count, page, per_hour)),
    )
    try:
        for number, row in enumerate(wanted.sort("position").iter_rows(named=True), 1):
            line.watch.doing(f"updating contact {number:,} of {count:,}")
            for noted in _update(line, row, seen.found.get(row["phone"], ())):
                note_updates(ledger, run_id, [noted], line.clock.wall())
    finally:
        line.watch.doing("")


def _update(line: Line, row: Mapping[str, Any], found: Sequence[Found]) -> Iterator[Update]:
    """Update one contact; yield each entry that must be committed before the next step.

    Raises:
        KeyRefusedError, StoppedError: no contact can be updated now.
    """
    position: int = row["position"]
    if not found:
        yield Update(position, None, UpdateState.ABSENT)
        return
    contact = found[0]
    fields = changed_fields(row, contact)
    if not fields:
        yield Update(position, contact.contact_id, UpdateState.SAME)
        return
    if row["is_suppressed"]:
        yield Update(position, contact.contact_id, UpdateState.SUPPRESSED)
        return
    # The intent: the caller commits it before this goes on and the request leaves.
    yield Update(position, contact.contact_id)
    try:
        answer = line.ask("update", lambda: line.target.update(contact.contact_id, fields), is_repeatable=True)
    except UnavailableError:
        yield Update(position, contact.contact_id, UpdateState.READY)
        raise
    exchange = answer.exchange
    verdict = classify(exchange, may_be_applied=False)
    if verdict is Verdict.ANSWERED and not line.target.says_no(exchange.body):
        yield Update(position, contact.contact_id, UpdateState.UPDATED)
        return
    error = failure(exchange, verdict, line.target, is_of_one=True)
    if isinstance(error, NoSuchContactError):
        yield Update(position, contact.contact_id, UpdateState.ABSENT)
        return
    if verdict is not Verdict.ANSWERED and not isinstance(error, ContactError):
        yield Update(position, contact.contact_id, UpdateState.READY)
        raise error
    words = line.target.read_refusal(exchange.body).text or f"status {exchange.status}"
    yield Update(position, contact.contact_id, UpdateState.REFUSED, words)


def changed_fields(row: Mapping[str, Any], contact: Found) -> dict[str, object]:
    """Return the fields of a row that its contact does not have; empty if it has them all.

    An empty cell changes nothing, and no metadata is dropped.
    """
    shown = {"first_name": contact.first_name, "last_name": contact.last_name, "email": contact.email}
    fields: dict[str, object] = {name: row[name] for name in FIELDS if row[name] and row[name] != shown[name]}
    before = dict(contact.metadata or {})
    # The whole of it is sent: an API may put the metadata of a request in place of the contact's.
    metadata = before | json.loads(row["metadata"] or "{}")
    return fields | ({"metadata": metadata} if metadata != before else {})


def _estimate(contacts: int, page: Page, per_hour: int) -> str:
    """Say what the updates take at most, before they begin."""
    size = max(len(page.contacts), 1)
    pages = math.ceil(page.total / size) if page.total is not None else None
    reading = f"up to {pages:,} to find them" if pages is not None else "some to find them"
    requests = contacts + (pages or 0)
    hours = f", so about {requests / per_hour:.1f} hours" if requests > per_hour else ""
    return (
        f"The account has {contacts:,} of the numbers already. To update their contacts takes up to {contacts:,} "
        f"requests, and {reading}; {per_hour:,} an hour are made{hours}. Ctrl-C stops, importer resume goes on."
    )
