"""The rows whose contacts the account had already: which are to be updated, and what became of them."""

import polars as pl

from importer.delivery import Ledger
from importer.delivery.ledger.updates import OPEN, UpdateState, updates
from importer.models.frames import OUTCOME, REASON
from importer.models.outcomes import REASONS, Reason

_EXISTING = (Reason.ALREADY_IMPORTED, Reason.SKIPPED_BY_API, Reason.PRESENT)
FIELDS = ("first_name", "last_name", "email")
_WORDS = {
    UpdateState.UPDATED: "its contact was updated with what the row has",
    UpdateState.SAME: "its contact has all that the row has",
    UpdateState.ABSENT: "the account's list shows no contact with this number, so none was updated",
    UpdateState.SUPPRESSED: "the number is on the suppression list by now, so its contact was not updated",
}
_NOT_YET = "the account has this number; the run stopped before its contact was updated; run: importer resume {}"
_LOST = "the account has this number; its update was sent and the answer lost; run: importer resume {}"


def to_update(ledger: Ledger, run_id: str, rows: pl.LazyFrame) -> pl.DataFrame:
    """Return the rows whose contacts are still to be updated, with their updates so far; ``rows`` are reconciled."""
    columns = ["position", "phone", *FIELDS, "metadata"]
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
