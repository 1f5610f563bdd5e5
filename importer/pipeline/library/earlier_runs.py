"""``resume``, ``verify``, ``retry`` and ``undo``: the calls that begin with an earlier run."""

from collections.abc import Sequence

from importer.account.connection import key_of
from importer.account.undo import UndoSummary, plan_undo
from importer.account.undo import undo as delete
from importer.account.whose import Whose
from importer.models.watching import Stop, Watch
from importer.pipeline.library.handle import Key, OnProgress, Run, folder_of, paths_of, run_in, secret, settings_of
from importer.pipeline.library.watched import watched
from importer.pipeline.plan import check_files
from importer.pipeline.retry import Wish, credit, retry_import
from importer.pipeline.run import resume_import
from importer.pipeline.verify import verify_run
from importer.settings.options import StrPath
from importer.stages.phones.typed import read_number


def resume(  # noqa: PLR0913 - as run
    run: Run | StrPath = "latest",
    *,
    runs: StrPath | None = None,
    key: Key = None,
    account: str | None = None,
    suppress: StrPath | Sequence[StrPath] = (),
    repost_anyway: bool = False,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> Run:
    """Go on where a run stopped, as ``importer resume``; a complete run stays as it is.

    Raises:
        UsageError: there is no such run, it sends nothing by its settings, or there is no key.
        RefusedError: a suppression list cannot be read any more, or whose account is meant is not known.
        StoppedError: the ledger does not know the run, or a file that was not read to its end is gone.
    """
    settings = settings_of({"runs": runs, "account": account, "suppress": suppress or None})
    folder = folder_of(run, settings)

    def work(watch: Watch, wish: Stop) -> Run:
        found = key_of(folder, watch, given=secret(key))
        whose = Whose(settings.account)
        resume_import(folder, found, watch, wish, whose, is_forced=repost_anyway, suppress=settings.suppress)
        credit(folder)
        return run_in(folder)

    return watched(work, on_progress, stop)


def verify(  # noqa: PLR0913 - as run
    run: Run | StrPath = "latest",
    *,
    runs: StrPath | None = None,
    key: Key = None,
    account: str | None = None,
    verify_requests: int | None = None,
    control: str | None = None,
    region: str | None = None,
    rebuild_ledger: bool = False,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> Run:
    """Settle what a run could not confirm by reading the account back, as ``importer verify``; send none of its rows.

    ``control`` is a number of yours that is not in the account, in any spelling that ``region`` makes plain. Giving it
    is consent to a contact that is made, looked for and deleted, where nothing else shows that the list is up to date.

    Raises:
        UsageError: there is no such run, it sent nothing, or there is no key.
        RefusedError, StoppedError: as ``resume``.
    """
    settings = settings_of({"runs": runs, "account": account, "region": region})
    folder = folder_of(run, settings)
    number = None if control is None else read_number(control, settings.region)

    def work(watch: Watch, wish: Stop) -> Run:
        verify_run(
            folder,
            key_of(folder, watch, is_ledger_lost=rebuild_ledger, given=secret(key)),
            watch,
            wish,
            Whose(settings.account),
            rebuilds=rebuild_ledger,
            requests=verify_requests,
            control=number,
            confirm=_agreed,
        )
        return run_in(folder)

    return watched(work, on_progress, stop)


def retry(  # noqa: PLR0913 - as run
    run: Run | StrPath,
    fixed: StrPath | None = None,
    *,
    runs: StrPath | None = None,
    key: Key = None,
    account: str | None = None,
    region: str | None = None,
    suppress: StrPath | Sequence[StrPath] = (),
    dry_run: bool | None = None,
    who: str | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> Run:
    """Import the decided rows of a run as a run of their own, as ``importer retry``, and credit ``run``.

    The changes in ``fixed``, a corrected retry file, become decisions of ``who`` first. With ``dry_run`` None the rows
    of a dry run stay dry. Returns ``run`` itself if the file only says which rows are not to be sent.

    Raises:
        UsageError: there is no such run, nothing is decided that is not sent, or there is no key.
        RefusedError, StoppedError: as ``run``; or the file is not the run's retry file.
    """
    paths = [] if fixed is None else paths_of(fixed)
    if paths:
        check_files(paths)
    given = settings_of({"runs": runs, "suppress": suppress or None})
    before = folder_of(run, given)
    wishes = {"account": account, "region": region, "dry_run": dry_run}
    flags = {name: value for name, value in wishes.items() if value is not None}

    def work(watch: Watch, wish: Stop) -> Run:
        found = key_of(before, watch, given=secret(key))
        decided = Wish(next(iter(paths), None), flags, given.suppress, who)
        sent = retry_import(before, decided, found, watch, wish)
        if sent is None:
            return run_in(before)
        credit(sent[0])
        return run_in(sent[0])

    return watched(work, on_progress, stop)


def undo(  # noqa: PLR0913 - as run
    run: Run | StrPath,
    *,
    dry_run: bool = False,
    runs: StrPath | None = None,
    key: Key = None,
    account: str | None = None,
    list_requests: int | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> UndoSummary:
    """Delete the contacts that a run certainly created and that are still as it sent them, as ``importer undo``.

    Nobody is asked: the call is the consent. ``dry_run=True`` returns the same figures and deletes nothing.

    Raises:
        UsageError: there is no such run, its rows are not written, or there is no key.
        KeyRefusedError, StoppedError: the account cannot be read.
    """
    settings = settings_of({"runs": runs, "account": account})
    folder = folder_of(run, settings)

    def work(watch: Watch, wish: Stop) -> UndoSummary:
        found = key_of(folder, watch, given=secret(key))
        with plan_undo(folder, found, watch, wish, Whose(settings.account), list_requests) as (plan, at_work):
            return delete(plan, at_work, is_dry_run=dry_run)

    return watched(work, on_progress, stop)


def _agreed(question: str) -> None:
    """Answer a question with yes: whoever gave the argument that leads to it has agreed."""
