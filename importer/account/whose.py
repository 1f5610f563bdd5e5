"""Whose account a run sends to: a known one under another address or key, or another one.

An address and a key that were used before have their account. Others may lead to a known account, because the key was
replaced or the vendor has several hosts. Then a person says so, once, or ``--account`` does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import Connection

from importer.delivery import Ledger
from importer.delivery.ledger import accounts
from importer.delivery.ledger.accounts import Access, Known, address_of
from importer.errors import UndecidedError, UsageError

IsSame = Callable[[str], bool]
"""Asks a person a question and returns True for yes."""


@dataclass(frozen=True, slots=True)
class Whose:
    """The means of settling whose account an address and a key lead to.

    Attributes:
        name: the account's name, if ``--account`` or a profile gives it.
        is_same: asks a person; None if nobody can answer.
    """

    name: str | None = None
    is_same: IsSame | None = None


def settle_account(ledger: Ledger, base_url: str, key_fingerprint: str, whose: Whose, run_id: str | None = None) -> str:
    """Settle which account an address and a key lead to, and keep the answer; return the account's name.

    Args:
        ledger: keeps the answer.
        base_url: of the API, however it is spelled.
        key_fingerprint: of the key.
        whose: how it is settled if it is not known.
        run_id: of a run that was begun, which may go on in its own account only; None for a new run.

    Raises:
        UndecidedError: it may be a known account's, and nobody said whether it is.
        UsageError: it is known to be another account's than the one named.
    """
    access = Access(address_of(base_url), key_fingerprint)
    # Two transactions, none of them open while a person is asked: that may take minutes, and others would wait.
    begun = ledger.account_of_run(run_id) if run_id else None
    with ledger.transaction() as db:
        account = accounts.known(db, access)
        like = [begun] if begun else accounts.alike(db, access)
        wished = accounts.named(db, whose.name) if whose.name else None
        if account is not None:
            return _of_known(db, account, begun, wished, whose.name)
        filled = [account for account in like if accounts.was_sent_to(db, account)]
    if begun is not None and whose.name and wished != begun:
        raise UsageError(f"Run {run_id} sends to the account {begun.name!r}, not to {whose.name!r}.")
    name = whose.name or _answered(access.address, filled, whose.is_same, is_one_run=begun is not None)
    if name is None and like and not filled:
        name = like[0].name  # nothing was sent there, by whatever key: it cannot be the wrong one
    with ledger.transaction() as db:
        return accounts.bind(db, access, name).name


def account_to_pace(ledger: Ledger, base_url: str, key_fingerprint: str) -> int:
    """Return the id of the account whose pace holds for requests that send no list; nobody is asked.

    A new access is only counted with an account that it may be of; if there is none, it gets one of its own.
    """
    access = Access(address_of(base_url), key_fingerprint)
    with ledger.transaction() as db:
        account = accounts.known(db, access) or next(iter(accounts.alike(db, access)), None)
        return (account or accounts.bind(db, access, None)).id


def _of_known(db: Connection, account: Known, begun: Known | None, wished: Known | None, name: str | None) -> str:
    """Return the name of the account that the access was used for before; a new name given for it is kept.

    Raises:
        UsageError: the run, or the name, is another account's.
    """
    if begun is not None and begun != account:
        raise UsageError(f"This key belongs to the account {account.name!r}; the run sends to {begun.name!r}.")
    if wished is not None and wished != account:
        raise UsageError(
            f"This key was used for the account {account.name!r} before, which is not {wished.name!r}. "
            f"Write --account {account.name!r}, or leave it out."
        )
    return accounts.rename(db, account, name).name if name and begun is None and wished is None else account.name


def _answered(address: str, like: list[Known], is_same: IsSame | None, *, is_one_run: bool) -> str | None:
    """Ask which account it is; return its name, None if it is none of those that it may be.

    Raises:
        UndecidedError: nobody can answer, or a run that was begun would go on in another account.
    """
    for account in like:
        question = (
            f"This key was never used at {address} from here, and may be of the account {account.name!r} (the key was "
            "replaced, or it has another address). Is it the same account? What it has is not sent again then."
        )
        if is_same is None:
            other = "" if is_one_run else "; where it is another one, give it a name of its own: --account NAME"
            answer = f"Where it is: --account {account.name!r}{other}."
            raise UndecidedError(f"{question} Nobody is there to answer, so nothing was sent. {answer}")
        if is_same(question):
            return account.name
    if is_one_run and like:
        raise UndecidedError("Nothing was sent: the run goes on with a key of its own account alone.")
    return None
