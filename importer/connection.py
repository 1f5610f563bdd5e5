"""From a run to the account it sends to: the API opened, the account known to the ledger, others kept out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pydantic import SecretStr

from importer.delivery import Ledger
from importer.errors import UsageError
from importer.runs import Record, RunFolder, held
from importer.sandbox import EmbeddedSandbox
from importer.settings import Settings, fingerprint, load_key
from importer.targets import Target, open_target


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

    Raises:
        UsageError: as ``load_key``.
    """
    settings = folder.settings()
    return None if settings.sandbox else load_key(settings.key_variable)


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
