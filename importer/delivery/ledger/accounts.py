"""Whose account a key at an address leads to.

An account has a name of its own, which outlives its keys. It is reached through *accesses*, each a key at an address.
An access never changes its account. Whether a new access leads to a known account is for a person to say, because a
wrong yes keeps rows back and a wrong no sends a whole list a second time.
"""

import ipaddress
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from importer.delivery.attribution import Counting
from importer.delivery.ledger.records import Account

_NOT_SKIPPED = ("refuse", "listed by number or place", "counted, not named")
"""What a write check records if the API reports invalid numbers in another way than by a skip."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Access:
    """A key at an address.

    Attributes:
        address: host, port and path, as ``address_of`` gives them.
        key_fingerprint: what the ledger calls the key.
    """

    address: str
    key_fingerprint: str


@dataclass(frozen=True, slots=True)
class Known:
    """An account that the ledger knows, by its ``id``, and its ``name`` for people."""

    id: int
    name: str


def address_of(base_url: str) -> str:
    """Return an address in its normal form, which is the same for all spellings of one service's address.

    Scheme, letter case, the scheme's own port, a dot after the host and slashes at the end do not tell services apart;
    all names of this machine are ``localhost``. Text that is no URL (``sandbox:<run-id>``) stays as it is.
    """
    parts = urlsplit(base_url.strip())
    if parts.hostname is None:
        return base_url
    host = _host(parts.hostname.rstrip("."))
    port = "" if parts.port in (None, _PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{host}{port}{parts.path.rstrip('/')}"


def _host(name: str) -> str:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:
            return name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return name.lower()
    if address.is_loopback:
        return "localhost"
    return f"[{address.compressed}]" if address.version == 6 else address.compressed


def known(db: sqlite3.Connection, access: Access) -> Known | None:
    """Find the account of an access; None if the access was never used."""
    row = db.execute(
        "SELECT id, name FROM accounts JOIN accesses ON account_id = id WHERE address = ? AND key_fingerprint = ?",
        (access.address, access.key_fingerprint),
    ).fetchone()
    return None if row is None else Known(*row)


def named(db: sqlite3.Connection, name: str) -> Known | None:
    """Find an account by its name; None if there is none."""
    row = db.execute("SELECT id, name FROM accounts WHERE name = ?", (name,)).fetchone()
    return None if row is None else Known(*row)


def alike(db: sqlite3.Connection, access: Access) -> list[Known]:
    """Find the accounts that a new access may be of: its key or its host is known there, or one of the same domain."""
    found: dict[int, Known] = {}
    rows = db.execute("SELECT id, name, address, key_fingerprint FROM accounts JOIN accesses ON account_id = id")
    for number, name, address, fingerprint in rows.fetchall():
        is_same_key = fingerprint == access.key_fingerprint
        if is_same_key or set(_domains(address)) & set(_domains(access.address)):
            found[number] = Known(number, name)
    return list(found.values())


def was_sent_to(db: sqlite3.Connection, account: Known) -> bool:
    """Return True if an account may hold a contact that was sent from here; a key that was refused created none."""
    may_be = "kind IN ('bulk', 'create') AND (verdict IS NULL OR verdict IN ('answered', 'ambiguous'))"
    query = f"SELECT EXISTS (SELECT 1 FROM attempts WHERE account_id = ? AND {may_be})"  # noqa: S608 - constants
    return bool(db.execute(query, (account.id,)).fetchone()[0])


def bind(db: sqlite3.Connection, access: Access, name: str | None) -> Known:
    """Return the account of an access; bind it first if it is new: to the account with the name, or a new one.

    Without a name, a new account is named after the host.
    """
    if (account := known(db, access)) is not None:
        return account
    account = named(db, name) if name else None
    if account is None:
        free = name or next(name for name in _names(access.address) if named(db, name) is None)
        (number,) = db.execute("INSERT INTO accounts (name) VALUES (?) RETURNING id", (free,)).fetchone()
        account = Known(number, free)
    db.execute("INSERT INTO accesses VALUES (?, ?, ?)", (access.address, access.key_fingerprint, account.id))
    return account


def remembered(db: sqlite3.Connection, account_id: int) -> Account:
    """Return the facts that are remembered of an account."""
    ceiling, counting, offset = db.execute(
        "SELECT ceiling_bytes, counting, clock_offset FROM accounts WHERE id = ?", (account_id,)
    ).fetchone()
    proven = dict(db.execute("SELECT name, value FROM capabilities WHERE account_id = ?", (account_id,)))
    return Account(
        ceiling,
        Counting(counting) if counting else None,
        offset,
        skips_repeats=proven.get("duplicates") == "skip",
        skips_nothing_else=proven.get("invalid numbers") in _NOT_SKIPPED,
    )


def rename(db: sqlite3.Connection, account: Known, name: str) -> Known:
    """Give an account a new name, which no other may have; return it as it is then."""
    db.execute("UPDATE accounts SET name = ? WHERE id = ?", (name, account.id))
    return Known(account.id, name)


def upgrade(db: sqlite3.Connection) -> None:
    """Name the accounts of a ledger that knew them by address and key: one key at one address is one account.

    Accounts with different keys stay apart: nobody was asked whether they are one.
    """
    before = db.execute(
        "SELECT id, base_url, key_fingerprint, ceiling_bytes, counting, paused_until, clock_offset FROM accounts_before"
    ).fetchall()
    for number, base_url, fingerprint, *facts in before:
        access = Access(address_of(base_url), fingerprint)
        if (same := known(db, access)) is not None:
            for table in ("runs", "attempts", "readings"):
                db.execute(f"UPDATE {table} SET account_id = ? WHERE account_id = ?", (same.id, number))  # noqa: S608 - our names
            db.execute("DELETE FROM capabilities WHERE account_id = ?", (number,))
            continue
        name = next(name for name in _names(access.address) if named(db, name) is None)
        db.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)", (number, name, *facts))
        db.execute("INSERT INTO accesses VALUES (?, ?, ?)", (access.address, fingerprint, number))
    db.execute("DROP TABLE accounts_before")


def _names(address: str) -> Iterator[str]:
    """Yield names for an account without one: its host, then the host with a number from 2 on; without end."""
    host = address.split("/", 1)[0]
    yield host
    number = 2
    while True:
        yield f"{host} ({number})"
        number += 1


def _domains(address: str) -> Iterator[str]:
    """Yield what an address may share with others of one service: its host, and the last two labels of a name."""
    host = address.split("/", 1)[0]
    yield host
    labels = host.split(":", 1)[0].split(".")
    if len(labels) > 1 and not labels[-1].isdigit():
        yield ".".join(labels[-2:])
