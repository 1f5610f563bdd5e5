"""From a run to the account it sends to: the API opened, the account known to the ledger, others kept out."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from importer.delivery import Ledger
from importer.errors import UsageError
from importer.runs import LEDGER, Record, RunFolder, held
from importer.sandbox import EmbeddedSandbox
from importer.settings import DEFAULT_BASE_URL, Settings, fingerprint, load_key
from importer.targets import Target, open_target
from importer.targets.addresses import is_loopback


@contextmanager
def connected(
    folder: RunFolder, record: Record, settings: Settings, key: SecretStr | None, ledger: Ledger
) -> Iterator[tuple[Target, int]]:
    """The open target of a run and the ledger's account for it, held against other processes.

    A run into an embedded sandbox gets that sandbox again, with the contacts that are in the run's folder.

    Raises:
        UsageError: there is no key, or the address is not one that a key may be sent to.
        StoppedError: another process works on the account.
        LedgerError: the run sent to another address before.
    """
    owner = "sandbox"
    with ExitStack() as stack:
        if settings.sandbox:
            sandbox = stack.enter_context(EmbeddedSandbox(folder.path / "sandbox.sqlite"))
            settings, key = settings.model_copy(update={"base_url": sandbox.url}), SecretStr(sandbox.key)
        else:
            key = needed(key, settings)
            owner = fingerprint(key)
        account = ledger.account(record.base_url, owner)
        lock = folder.path.parent / f".account-{account}.lock"
        stack.enter_context(held(lock, "Another import into the same account is under way."))
        ledger.begin_run(record.run_id, account)
        yield stack.enter_context(open_target(settings, key)), account


def key_of(folder: RunFolder) -> SecretStr | None:
    """The key that a run needs, from where its API's key is kept; None for a run into the embedded sandbox.

    A run's folder may have come from anybody, so its address alone is not believed: the key was sent there before, or
    the environment names it, or it is the vendor's or this machine's.

    Raises:
        UsageError: nothing vouches for the address; or as ``load_key``.
    """
    settings = folder.settings()
    key = None if settings.sandbox else load_key(settings.key_variable)
    address = folder.record().base_url
    if key is None or address in (DEFAULT_BASE_URL, os.environ.get("IMPORTER_BASE_URL")):
        return key
    with Ledger.open(folder.path.parent / LEDGER) as ledger:
        is_known = ledger.knows(address, fingerprint(key))
    if is_known or is_loopback(urlsplit(address).hostname or ""):
        return key
    raise UsageError(
        f"Run {folder.run_id} sends to {address}, where this key was never sent from here. If that is right: "
        f"export IMPORTER_BASE_URL={address} and try again."
    )


def needed(key: SecretStr | None, settings: Settings) -> SecretStr:
    """The key, where sending needs one.

    Raises:
        UsageError: there is none.
    """
    if key is None:
        raise UsageError(
            f"There is no API key. Set {settings.key_variable}; "
            "without an account, try --sandbox (a local API) or --dry-run."
        )
    return key
