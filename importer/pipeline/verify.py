"""``verify``: the unconfirmed contacts of a run are looked up in the account, and its books are written again."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from pydantic import SecretStr

from importer.account.connection import connected, needed, settings_of_sender, settle_run
from importer.account.standing import knows, ledger_of
from importer.account.whose import Whose
from importer.delivery.channel import Books
from importer.delivery.verification import verify
from importer.models.watching import Stop, Watch
from importer.pipeline.rebuild import account_before, rebuild, rebuilding
from importer.pipeline.reconciliation import Ending, carry_out
from importer.storage.run_folder import RunFolder
from importer.storage.summary import Summary


def verify_run(  # noqa: PLR0913 - the run's own things, and how a control is made
    folder: RunFolder,
    key: SecretStr | None,
    watch: Watch,
    stop: Stop,
    whose: Whose = Whose(),  # noqa: B008 - it is frozen
    *,
    rebuilds: bool = False,
    requests: int | None = None,
    control: str | None = None,
    confirm: Callable[[str], None],
) -> Summary:
    """Look into the account for the contacts of a run; none of them is sent.

    Args:
        folder: the run's.
        key: of the API.
        watch: gets progress and notes.
        stop: set by a signal.
        whose: how it is settled whose account a new key leads to.
        rebuilds: whether the run is booked again into a ledger that does not know it.
        requests: that reading the account may take; by default the run's ``verify_requests``.
        control: a number (E.164) that is not in the account; a contact with it may be created, looked up and deleted,
            to show that the account's list is up to date.
        confirm: asks before that; raises if the answer is no.

    Raises:
        UsageError: the run sent nothing, or there is no key.
        UndecidedError: whose account the key leads to is not known.
        LedgerError: the ledger does not know what the run has sent; nothing was written.
    """
    began = perf_counter()
    with folder.locked(), rebuilding(folder, watch) if rebuilds else ledger_of(folder, watch) as ledger:
        record = folder.remembered()
        settings = settings_of_sender(record, "verify")
        if not settings.sandbox:
            needed(key, settings)
        if requests is not None:
            settings = settings.model_copy(update={"verify_requests": requests})
        if rebuilds:
            whose = replace(whose, name=whose.name or account_before(folder))
        settle_run(folder, record, settings, key, ledger, whose)

        def look() -> Ending:
            with connected(folder, record, settings, key, ledger, whose) as (target, account):
                if rebuilds and not knows(folder, ledger):
                    watch.note(rebuild(folder, settings, ledger, account))
                books = Books(ledger, folder.run_id, account)
                end = verify(books, target, settings, watch, stop, control=control, confirm=confirm)
            return Ending(end.exit_code, end.message or None)

        return carry_out(look, folder, record, ledger, watch, began)
