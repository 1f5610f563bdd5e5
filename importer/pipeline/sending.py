"""Sending a run: its rows are prepared and sent side by side, so that the first leave while the last are read."""

from contextlib import ExitStack
from dataclasses import replace
from time import perf_counter

import polars as pl

from importer.account.connection import connected
from importer.account.session import Line, Log
from importer.account.snapshot import take_snapshot
from importer.account.standing import check_others
from importer.account.update import update_existing
from importer.delivery import Delivery, DeliveryEnd, Ledger
from importer.delivery.booked import booking
from importer.delivery.journal import Journal
from importer.errors import RefusedError
from importer.pipeline.approval import hold_for_approval
from importer.pipeline.guards import check_before_sending, needs_all_rows, refusal, rows_to_send
from importer.pipeline.plan import Plan
from importer.pipeline.reconciliation import Ending, reconciled
from importer.pipeline.review.review import Review
from importer.pipeline.staging import offer_none, prepare
from importer.pipeline.work import Work
from importer.stages import Job
from importer.storage.parts import Parts
from importer.targets import Target


def prepare_and_send(work: Work, plan: Plan, parts: Parts, job: Job, ledger: Ledger) -> Ending:
    """Send a run's rows as they are prepared, and wait for the last answer; ``job`` is what its stages need.

    Raises:
        ImporterError: the work ended before its end; what was sent is booked.
    """
    with ExitStack() as stack:
        link = connected(work.folder, work.record, work.settings, work.key, ledger, work.whose, work.stop)
        target, account = stack.enter_context(link)
        # Before anything is sent: runs of this folder that the ledger does not know may have sent the same numbers.
        check_others(work.folder.path.parent, ledger, account, work.record.base_url)
        journal = stack.enter_context(Journal.open(work.folder.path, ledger.mark().id))
        journal.note(booking(ledger, work.record.run_id, account))
        ledger.write_mark()  # now, because a run that is killed cannot when it ends
        delivery = Delivery(
            ledger=ledger,
            run_id=work.record.run_id,
            account_id=account,
            target=target,
            settings=work.settings,
            load=parts.batch,
            suppressed=work.suppressed.numbers,
            watch=work.watch,
            journal=journal,
        )
        work.stop.on_wish(delivery.stop)
        job = replace(job, known=delivery.sent_by_others)
        line = _line(work, ledger, target, account)
        try:
            if work.settings.snapshot and not work.record.is_prepared:
                job = replace(job, present=_present(work, plan, parts, job, line))
            # A guard must know all rows before the first is sent; without one, sending begins with the first batch.
            if not needs_all_rows(work.settings):
                delivery.start()
                prepare(work, plan, parts, job, delivery.offer)
            else:
                prepare(work, plan, parts, job, delivery.offer)
                check_before_sending(work, parts, ledger)
                # Where nothing is left to send or update, there is nothing to approve.
                if not work.stop and (rows_to_send(parts) or work.settings.on_existing == "update"):
                    hold_for_approval(work.folder, work.record, work.settings)
                delivery.start()
        except BaseException:
            delivery.stop()
            _answers(work, delivery)
            raise
        found = Review(work.folder, work.record) if work.record.is_prepared else None
        try:
            end = _answers(work, delivery)
            if end.reason is None and work.settings.on_existing == "update":
                _update(work, ledger, line)
        except BaseException:
            if found is not None:  # the books are closed with a review of their own
                found.close()
            raise
        return Ending(end.exit_code, end.message or None, found)


def _answers(work: Work, delivery: Delivery) -> DeliveryEnd:
    """Offer no more batches, and wait until those that are under way are answered."""
    delivery.close()
    start = perf_counter()
    try:
        return delivery.wait(is_forced=work.is_forced)
    finally:
        work.record.spend("deliver", perf_counter() - start)


def _line(work: Work, ledger: Ledger, target: Target, account: int) -> Line:
    settings = work.settings
    log = Log(ledger, account, work.record.run_id, settings.requests_per_hour, settings.burst)
    return Line(target, log, settings.max_wait, work.watch, stop=work.stop)


def _present(work: Work, plan: Plan, parts: Parts, job: Job, line: Line) -> pl.Series:
    """Return the numbers that the account holds, and so are left out.

    Raises:
        RefusedError: the account is too large or has no list, and nothing was sent yet; then every row is prepared,
            and none sent.
    """
    start = perf_counter()
    try:
        return take_snapshot(line, work.settings.verify_requests, work.settings.requests_per_hour)
    except RefusedError as refused:
        if len(parts):
            work.watch.note("The account cannot be read first any more: the other rows are sent without that.")
            return job.present
        final = refusal(work, str(refused))  # before the rows are prepared: a kill must not make them ready
        prepare(work, plan, parts, job, offer_none)
        raise final from None
    finally:
        work.record.spend("snapshot", perf_counter() - start)


def _update(work: Work, ledger: Ledger, line: Line) -> None:
    """Update the contacts that the account had already with what their rows have (``--on-existing update``)."""
    start = perf_counter()
    run_id = work.record.run_id
    rows = reconciled(work.folder, work.record, work.settings, ledger, ledger.batch_results(run_id))
    try:
        update_existing(line, ledger, run_id, rows, work.suppressed.numbers)
    finally:
        work.record.spend("update", perf_counter() - start)
