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
from importer.account.failures import failure
from importer.account.session import Line
from importer.delivery import Ledger
from importer.delivery.classify import Verdict, classify
from importer.delivery.ledger.updates import OPEN, Update, UpdateState, note_updates, updates
from importer.errors import ContactError, NoSuchContactError, UnavailableError
from importer.models.frames import OUTCOME, REASON
from importer.models.number_set import NumberSet
from importer.models.outcomes import REASONS, Reason
from importer.targets import Found, Page

_EXISTING = (Reason.ALREADY_IMPORTED, Reason.SKIPPED_BY_API, Reason.PRESENT)
_FIELDS = ("first_name", "last_name", "email")
_WORDS = {
    UpdateState.UPDATED: "its contact was updated with what the row has",
    UpdateState.SAME: "its contact has all that the row has",
    UpdateState.ABSENT: "the account's list shows no contact with this number, so none was updated",
    UpdateState.SUPPRESSED: "the number is on the suppression list by now, so its contact was not updated",
}
_NOT_YET = "the account has this number; the run stopped before its contact was updated; run: importer resume {}"
_LOST = "the account has this number; its update was sent and the answer lost; run: importer resume {}"


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


def to_update(ledger: Ledger, run_id: str, rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows whose contacts are still to be updated, with their updates so far; ``rows`` are reconciled."""
    columns = ["position", "phone", *_FIELDS, "metadata"]
    known = updates(ledger, run_id)
    is_over = pl.col("update").is_in([state.value for state in UpdateState if state not in OPEN])
    joined = rows.filter(is_existing()).select(columns).collect().join(known, on="position", how="left")
    return joined.filter(~is_over.fill_null(value=False))


def is_existing() -> pl.Expr:
    """Return an expression: True if a row's number was in the account before its run, or may have been."""
    return pl.col("reason").cast(pl.String).is_in([reason.value for reason in _EXISTING])


def with_updates(rows: pl.LazyFrame, known: pl.DataFrame, run_id: str) -> pl.LazyFrame:
    """Return reconciled rows with the updates of the contacts that were there before.

    A row whose contact was updated stays ``skipped``: the run created nothing for it. One that the API refused to
    update is ``rejected-by-api``, one whose update was not made yet ``not-sent``, one whose answer was lost
    ``reply-lost``.

    Args:
        rows: with ``position``, ``outcome``, ``reason``, ``detail`` and ``contact_id``.
        known: the run's updates.
        run_id: for the advice in ``detail``.
    """
    state = pl.col("update")
    joined = rows.join(known.lazy(), on="position", how="left", maintain_order="left").with_columns(
        update=pl.when(is_existing()).then(state.fill_null(UpdateState.READY.value)),
        contact_id=pl.coalesce("update_contact_id", "contact_id"),
    )
    ends = [
        (state == UpdateState.READY.value, Reason.NOT_SENT, pl.lit(_NOT_YET.format(run_id))),
        (state == UpdateState.INTENDED.value, Reason.REPLY_LOST, pl.lit(_LOST.format(run_id))),
        (state == UpdateState.REFUSED.value, Reason.REJECTED_BY_API, pl.col("update_detail")),
    ]
    with_words = pl.concat_str("detail", state.replace_strict(_WORDS, default=None), separator="; ", ignore_nulls=True)
    outcome, reason = pl.col("outcome"), pl.col("reason")
    detail = pl.when(state.is_in([end.value for end in _WORDS])).then(with_words).otherwise("detail")
    for when, why, words in ends:
        outcome = pl.when(when).then(pl.lit(REASONS[why].outcome.value, OUTCOME)).otherwise(outcome)
        reason = pl.when(when).then(pl.lit(why.value, REASON)).otherwise(reason)
        detail = pl.when(when).then(words).otherwise(detail)
    return joined.with_columns(outcome=outcome, reason=reason, detail=detail).drop(known.columns[1:])


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
    fields: dict[str, object] = {name: row[name] for name in _FIELDS if row[name] and row[name] != shown[name]}
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
