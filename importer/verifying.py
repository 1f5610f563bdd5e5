"""``verify``: what a run does not know is looked for in the account, and its books are written again."""

from collections.abc import Callable
from time import perf_counter

from pydantic import SecretStr

from importer.connection import connected, needed
from importer.delivery import Ledger
from importer.delivery.channel import Books
from importer.delivery.verification import verify
from importer.errors import ImporterError, StoppedError, UsageError
from importer.models.watching import Stop, Watch
from importer.reconciliation import Ending, close_books
from importer.runs import LEDGER, RunFolder
from importer.settings import Settings
from importer.summary import Summary


def verify_run(  # noqa: PLR0913 - the run's own things, and how a control is made
    folder: RunFolder,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    *,
    requests: int | None = None,
    control: str | None = None,
    confirm: Callable[[str], None],
) -> Summary:
    """Look into the account for the contacts of a run; none of them is sent.

    Args:
        folder: the run's.
        key: of the API.
        watch: is told what happens.
        stop: a wish to stop.
        requests: that reading the account may take; by default the run's ``verify_requests``.
        control: a number that is not in the account, E.164, of which a contact may be made to show that the account's
            list is up to date.
        confirm: asks before that; raises where the answer is no.

    Raises:
        UsageError: the run sent nothing, or there is no key.
    """
    began = perf_counter()
    with folder.locked(), Ledger.open(folder.path.parent / LEDGER) as ledger:
        record = folder.record()
        settings = Settings(**record.settings)
        if settings.dry_run or record.is_refused:
            raise UsageError(f"Run {folder.run_id} sent nothing on purpose; there is nothing to verify.")
        if not settings.sandbox:
            needed(key, settings)
        if requests is not None:
            settings = settings.model_copy(update={"verify_requests": requests})
        ending = Ending(1, "a bug ended the verification")
        try:
            with connected(folder, record, settings, key, ledger) as (target, account):
                books = Books(ledger, folder.run_id, account)
                end = verify(books, target, settings, watch, stop, control=control, confirm=confirm)
            ending = Ending(end.exit_code, end.message or None)
        except ImporterError as error:
            ending = Ending(StoppedError.exit_code if isinstance(error, UsageError) else error.exit_code, str(error))
        finally:
            watch.doing("writing the reports")
            summary = close_books(folder, record, ledger, ending, began)
        return summary
