"""From a run to the account it sends to: the API opened, the account known to the ledger, others kept out."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from importer.account.standing import check_lost, check_others, ledger_of
from importer.account.whose import Whose, settle_account
from importer.delivery import Ledger
from importer.errors import UsageError
from importer.models.watching import Stop, Watch
from importer.settings.key import fingerprint, load_key
from importer.settings.settings import DEFAULT_BASE_URL, Settings
from importer.stages.phones.stage import check_region
from importer.storage.lock import held
from importer.storage.run_folder import LEDGER, Record, RunFolder
from importer.targets import Target, checked_base_url, open_target
from importer.targets.addresses import is_loopback


def check_account(settings: Settings, key: SecretStr | None, whose: Whose, watch: Watch | None = None) -> None:
    """Settle which account a new run sends to, before anything is prepared or written.

    ``watch`` is told if another process holds the ledger.

    Raises:
        UndecidedError, UsageError: as ``settle_account``.
        LedgerError: the ledger is not the newest that there was, or does not know what another run sent.
    """
    path = settings.runs / LEDGER
    if not path.exists():
        check_lost(settings.runs)
        return
    with Ledger.open(path, watch=watch) as ledger:
        owner = fingerprint(needed(key, settings))
        name = settle_account(ledger, settings.base_url, owner, whose)
        check_others(settings.runs, ledger, ledger.account(settings.base_url, owner, name), settings.base_url)


def check_settings(settings: Settings, key: SecretStr | None, whose: Whose, watch: Watch) -> None:
    """Raise if no run can begin with these settings, whatever its files.

    Raises:
        UsageError, UndecidedError, LedgerError: naming what to mend; nothing was written or sent.
    """
    if not (settings.sandbox or settings.dry_run):
        needed(key, settings)
        checked_base_url(settings.base_url, may_be_private=settings.private_network)
        check_account(settings, key, whose, watch)
    check_region(settings.region)  # the stage would find it, but only after a folder was made


def settings_of_sender(record: Record, what: str) -> Settings:
    """Return the settings of an earlier run that sends contacts; ``what`` ends the error's text if it does not.

    Raises:
        UsageError: it was a dry run, or refused before it sent.
    """
    settings = Settings(**record.settings)
    if settings.dry_run or record.is_refused:
        raise UsageError(f"Run {record.run_id} sent nothing on purpose; there is nothing to {what}.")
    return settings


def settle_run(  # noqa: PLR0913, PLR0917 - as connected
    folder: RunFolder, record: Record, settings: Settings, key: SecretStr | None, ledger: Ledger, whose: Whose
) -> None:
    """Settle whose account a run that was begun sends to, before anything of it is written.

    Raises:
        UndecidedError, UsageError: as ``settle_account``.
    """
    if not settings.sandbox:
        settle_account(ledger, record.base_url, fingerprint(needed(key, settings)), whose, folder.run_id)


@contextmanager
def connected(  # noqa: PLR0913, PLR0917 - a run's own things
    folder: RunFolder,
    record: Record,
    settings: Settings,
    key: SecretStr | None,
    ledger: Ledger,
    whose: Whose,
    stop: Stop | None = None,
) -> Iterator[tuple[Target, int]]:
    """Open the target of a run, and hold its account against other processes; gives both, the account by its id.

    A run into an embedded sandbox gets that sandbox again, with the contacts that are in the run's folder. A job's run
    waits its turn in the account as long as it waits for the API: jobs that begin at the same minute are usual.

    Raises:
        UsageError: there is no key, or the address is not one that a key may be sent to.
        UndecidedError: whose account the key leads to is not known.
        StoppedError: another process works on the account.
        LedgerError: the run sent to another account before.
    """
    owner, name = "sandbox", None
    with ExitStack() as stack:
        if settings.sandbox:
            from importer.sandbox import EmbeddedSandbox  # noqa: PLC0415 - no other run needs it

            # A retry goes on in the sandbox of the run that it corrects.
            home = folder.path.parent / record.base_url.removeprefix("sandbox:")
            sandbox = stack.enter_context(EmbeddedSandbox(home / "sandbox.sqlite"))
            settings, key = settings.model_copy(update={"base_url": sandbox.url}), SecretStr(sandbox.key)
        else:
            key = needed(key, settings)
            owner = fingerprint(key)
            name = settle_account(ledger, record.base_url, owner, whose, record.run_id)
        account = ledger.account(record.base_url, owner, name)
        # One import at a time: two would both see the same numbers as not sent yet.
        lock = folder.path.parent / f".account-{account}.lock"
        wait_s = settings.max_wait if settings.job else 1
        stack.enter_context(held(lock, "Another import into the same account is under way.", wait_s, stop))
        ledger.begin_run(record.run_id, account)
        yield stack.enter_context(open_target(settings, key)), account


def key_of(
    folder: RunFolder, watch: Watch | None = None, *, is_ledger_lost: bool = False, given: SecretStr | None = None
) -> SecretStr | None:
    """Return the key that a run needs; None if it is not set, or for a run into the embedded sandbox.

    ``given`` is the key if the caller has it; else it comes from the environment.

    A run's folder may have come from anybody, so its address alone is not trusted with the key. It is if the key was
    sent there before, if the environment names it, or if it is the vendor's or this machine's. A ledger that is lost
    vouches for no address.

    Raises:
        UsageError: nothing vouches for the address; or as ``load_key``.
    """
    settings = folder.settings()
    key = None if settings.sandbox else given or load_key(settings.key_variable)
    address = folder.record().base_url
    if key is None or address in (DEFAULT_BASE_URL, os.environ.get("IMPORTER_BASE_URL")):
        return key
    is_known = False
    if not is_ledger_lost:
        with ledger_of(folder, watch) as ledger:
            is_known = ledger.known_account(address, fingerprint(key)) is not None
    if is_known or is_loopback(urlsplit(address).hostname or ""):
        return key
    raise UsageError(
        f"Run {folder.run_id} sends to {address}, where this key was never sent from here. If that is right: "
        f"export IMPORTER_BASE_URL={address} and try again."
    )


def needed(key: SecretStr | None, settings: Settings) -> SecretStr:
    """Return the key; raise if there is none, or if a file of certificates cannot be used.

    Raises:
        UsageError: one of the two.
    """
    if settings.ca_file is not None or settings.client_cert is not None:
        from importer.targets.trust import trust_of  # noqa: PLC0415 - only what is going to send needs it

        trust_of(settings.ca_file, settings.client_cert)
    if key is None:
        raise UsageError(
            f"There is no API key. Set {settings.key_variable}; "
            "without an account, try --sandbox (a local API) or --dry-run."
        )
    return key
