"""The whole run on one page: prepare, send, reconcile, report; and the same again for a run that was stopped.

What is known before sending is on the disk before sending: the prepared rows as parts in the run's folder, the intent
of each batch in the ledger. So a run can be stopped at any instant and resumed.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from pydantic import SecretStr

from importer.account.connection import check_settings, needed, settings_of_sender, settle_run
from importer.account.standing import ledger_of
from importer.account.whose import IsSame, Whose
from importer.delivery import Ledger
from importer.errors import UsageError
from importer.models.watching import Stop, Watch
from importer.pipeline.approval import check_approved
from importer.pipeline.beginning import Retrying, begin_run
from importer.pipeline.guards import note_guards
from importer.pipeline.mapper import Asking
from importer.pipeline.plan import Plan
from importer.pipeline.reconciliation import Ending, carry_out
from importer.pipeline.remaining import suppressed_by_now
from importer.pipeline.replan import same_plan
from importer.pipeline.retry_plan import correction
from importer.pipeline.staging import offer_none, prepare
from importer.pipeline.suppression import renewed
from importer.pipeline.suppression_lists import Lists
from importer.pipeline.work import Work
from importer.settings.settings import Settings
from importer.stages import Job
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary


def run_import(  # noqa: PLR0913 - the run's own things, and whose rows it corrects
    files: Sequence[Path],
    settings: Settings,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    *,
    asking: Asking | None = None,
    is_same: IsSame | None = None,
    retrying: Retrying | None = None,
    lists: Lists | None = None,
    profile: Path | None = None,
) -> tuple[RunFolder, Summary]:
    """Import the files and account for every row; ``retrying`` says of which run they are the decided rows.

    ``asking`` settles columns that are not sure, ``is_same`` whose account a new key leads to; nobody is asked if they
    are None. ``lists`` are the suppression lists if they were read before. ``profile`` is the file that some of the
    settings come from: an approval of the run binds it, too.

    Raises:
        UsageError, RefusedError, LedgerError: before the run began; nothing was written or sent.
    """
    whose = Whose(settings.account, is_same)
    check_settings(settings, key, whose, watch)
    began = perf_counter()

    def create(started_at: datetime) -> tuple[RunFolder, str]:
        folder = RunFolder.create(settings.runs, started_at)
        return folder, folder.run_id

    start = begin_run(files, settings, watch, create, asking=asking, lists=lists, retrying=retrying, profile=profile)
    with start.folder.locked():
        work = Work(start.folder, start.record, settings, key, watch, stop, began, whose, suppressed=start.suppressed)
        return start.folder, _carry_out(work, start.plan)


def resume_import(  # noqa: PLR0913 - the run's own things, and a person's wishes
    folder: RunFolder,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    whose: Whose = Whose(),  # noqa: B008 - it is frozen
    *,
    is_forced: bool = False,
    suppress: Sequence[Path] = (),
    max_memory: int | None = None,
    workers: int | None = None,
) -> Summary:
    """Resume a run: read the rows that were not read, settle doubts, send what was not sent.

    The suppression lists are read as they are now, and those in ``suppress`` besides: a prepared row whose number was
    added since is not sent. A complete run stays as it is, files included. With ``is_forced``, contacts that stay in
    doubt are sent again, and their rows are marked ``maybe_duplicated``. ``max_memory`` and ``workers`` take the place
    of what the run was given before; None leaves that.

    Raises:
        UsageError: the run sends nothing by its settings, there is no key, or a list named now cannot be read.
        RefusedError: a suppression list cannot be read any more, and something is left to send; nothing was sent.
        UndecidedError: whose account the key leads to is not known.
        StoppedError: a file that was not read to its end is gone or changed.
        LedgerError: the ledger does not know what the run has sent; nothing was written.
        UnapprovedError: the run waits for approval; nothing was written.
    """
    began = perf_counter()
    with folder.locked():
        record = folder.remembered()
        record.allow(max_memory)
        settings = settings_of_sender(record, "resume. Run it anew")
        if workers is not None:
            settings = settings.model_copy(update={"workers": workers})
        before = folder.summary()
        if before is not None and before.status == "complete" and not is_forced:
            if suppress:
                renewed(folder, record, suppress, watch)  # for those who correct its rows
            watch.note(f"Run {folder.run_id} is complete: there was nothing to do, and nothing was sent or written.")
            return before
        check_approved(folder, record, settings)
        if suppress and settings.needs_approval:
            raise UsageError(f"Run {folder.run_id} was approved with its lists. Import anew to add one.")
        if not settings.sandbox:
            needed(key, settings)
        with ledger_of(folder) as ledger:
            settle_run(folder, record, settings, key, ledger, whose)
        suppressed = suppressed_by_now(folder, record, suppress, watch)
        plan = Plan() if record.is_prepared else same_plan(folder, record, settings, watch)
        work = Work(folder, record, settings, key, watch, stop, began, whose, is_forced, suppressed)
        return _carry_out(work, plan)


def _carry_out(work: Work, plan: Plan) -> Summary:
    """Prepare and send side by side, then close the books, whatever happened."""
    with ledger_of(work.folder, work.watch) as ledger:
        send = partial(_prepare_and_send, work, plan, ledger)
        return carry_out(send, work.folder, work.record, ledger, work.watch, work.began)


def _prepare_and_send(work: Work, plan: Plan, ledger: Ledger) -> Ending:
    parts = work.folder.parts()
    if work.settings.dry_run:
        if work.settings.snapshot:
            work.watch.note("A dry run asks the API nothing: --snapshot is left out, so known numbers show as planned.")
        prepare(work, plan, parts, _job(work), offer_none)
        note_guards(work, parts)
        return Ending()
    from importer.pipeline.sending import prepare_and_send  # noqa: PLC0415 - half of the package, which no dry run needs

    return prepare_and_send(work, plan, parts, _job(work), ledger)


def _job(work: Work) -> Job:
    settings = work.settings
    correct = correction(work.record, work.folder.path.parent)
    return Job(settings.region, settings.contacts_per_request, work.suppressed, settings.keep, correct=correct)
