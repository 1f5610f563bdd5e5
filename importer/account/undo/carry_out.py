"""Carrying an undo out, contact by contact.

All contacts to delete are committed to the ledger before the first deletion, and each deletion's end after it. So an
undo can be stopped at any instant; run again, it deletes only what is left.
"""

from dataclasses import replace

import polars as pl

from importer.account.failures import failure
from importer.account.session import Line
from importer.account.undo.account import UndoSummary, count, now, write_account
from importer.account.undo.judging import Bucket
from importer.account.undo.planning import Undo, UndoPlan, judgement_of
from importer.delivery.classify import Verdict, classify
from importer.delivery.ledger.removals import Removal, RemovalState, note_removals, removals
from importer.errors import ContactError, KeyRefusedError, StoppedError
from importer.storage.run_folder import RunFolder

_SHOWN = ["source", "sheet", "row", "phone", "contact_id", "bucket", "detail"]


def undo(plan: UndoPlan, work: Undo, *, is_dry_run: bool = False) -> UndoSummary:
    """Delete what the plan says and write the report of it; delete and write nothing in a dry run.

    Raises:
        StoppedError: the ledger or a file cannot be written.
    """
    rows, why, exit_code = plan.rows, None, 0
    waiting = rows.filter(pl.col("bucket") == Bucket.WAITING.value)
    if not is_dry_run and waiting.height:
        wanted = [Removal(*row) for row in waiting.select("batch", "offset", "contact_id").iter_rows()]
        note_removals(work.ledger, work.folder.run_id, wanted, work.line.clock.wall())
        try:
            for number, removal in enumerate(wanted, 1):
                work.line.watch.doing(f"deleting contact {number:,} of {len(wanted):,}")
                after = _delete(work.line, removal)
                note_removals(work.ledger, work.folder.run_id, [after], work.line.clock.wall())
        except (KeyRefusedError, StoppedError) as error:
            why, exit_code = str(error), error.exit_code
        finally:
            work.line.watch.doing("")
        rows = _with_ends(rows, removals(work.ledger, work.folder.run_id))
    counts = count(rows)
    status = "dry-run" if is_dry_run else "incomplete" if counts[Bucket.WAITING] else "complete"
    summary = UndoSummary.model_validate(
        {
            "run_id": work.folder.run_id,
            "status": status,
            "exit_code": exit_code or (3 if counts[Bucket.FAILED] else 0),
            "stopped_because": why,
            "at": now(),
            "target": work.folder.record().base_url,
            "imported": rows.height,
            "unconfirmed": _unconfirmed(work.folder),
            "requests": work.line.requests,
        }
        | {bucket.value.replace("-", "_"): rows_there for bucket, rows_there in counts.items()}
    )
    if not is_dry_run:
        write_account(work.folder.path, rows.select(_SHOWN), summary)
    return summary


def _delete(line: Line, removal: Removal) -> Removal:
    """Delete one contact; return its removal as it stands then.

    Raises:
        KeyRefusedError, StoppedError: no contact can be deleted now.
    """
    answer = line.ask("delete", lambda: line.target.delete(removal.contact_id), is_repeatable=True)
    exchange = answer.exchange
    verdict = classify(exchange, may_be_applied=False)
    if verdict is Verdict.ANSWERED and not line.target.says_no(exchange.body):
        return replace(removal, state=RemovalState.REMOVED)
    # 404 after a lost answer: the earlier try deleted it.
    if exchange.status == 404 and answer.was_lost_before:
        return replace(removal, state=RemovalState.REMOVED)
    if exchange.status == 404:
        why = "the API says that it is not there, and its list showed it; the next undo looks again"
        return replace(removal, state=RemovalState.FAILED, detail=why)
    error = failure(exchange, verdict, line.target, is_of_one=True)
    if verdict is not Verdict.ANSWERED and not isinstance(error, ContactError):
        raise error
    words = line.target.read_refusal(exchange.body).text
    return replace(removal, state=RemovalState.FAILED, detail=f"the API refuses to delete it: {words or 'no reason'}")


def _with_ends(rows: pl.DataFrame, known: dict[tuple[int, int], Removal]) -> pl.DataFrame:
    """Return the rows, with the ends of those that were to be deleted."""
    ends = [
        (removal.batch, removal.offset, verdict.bucket.value, verdict.detail or None)
        for removal in known.values()
        for verdict in (judgement_of(removal),)
    ]
    schema = {"batch": pl.UInt32, "offset": pl.UInt32, "bucket_now": pl.String, "detail_now": pl.String}
    joined = rows.join(
        pl.DataFrame(ends, schema, orient="row"), on=["batch", "offset"], how="left", maintain_order="left"
    )
    was_waiting = pl.col("bucket") == Bucket.WAITING.value
    return joined.with_columns(
        bucket=pl.when(was_waiting).then("bucket_now").otherwise("bucket"),
        detail=pl.when(was_waiting).then("detail_now").otherwise("detail"),
    ).drop("bucket_now", "detail_now")


def _unconfirmed(folder: RunFolder) -> int:
    """Return the number of the run's rows that are unconfirmed."""
    is_unconfirmed = (pl.col("outcome") == "unconfirmed").sum()
    unconfirmed: int = folder.settled_rows().select(is_unconfirmed).collect().item()
    return unconfirmed
