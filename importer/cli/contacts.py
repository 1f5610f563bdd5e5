"""The ``contacts`` commands: what they do and print."""

import itertools
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from importer.account import Contact, ContactsClient
from importer.cli.loading import loaded
from importer.cli.loudness import is_quiet
from importer.cli.questions import choose, confirm
from importer.cli.streams import is_heard
from importer.cli.text import counted, printable
from importer.errors import NoSuchContactError, RefusedError, StoppedError
from importer.stages.phones.typed import read_number

_MOST_PAGES = 300
_WIDE = 200
"""Width of the table if stdout is no terminal: nothing is cut."""


@dataclass(frozen=True, slots=True)
class DeletedContact:
    """A contact that was deleted."""

    contact_id: str


def opened(flags: Mapping[str, Any]) -> ContactsClient:
    """Return the client that the options name, not yet open."""
    return ContactsClient(settings=loaded(dict(flags)))


def show_list(client: ContactsClient, limit: int, *, as_json: bool) -> None:
    """Carry out ``contacts list``."""
    with client:
        contacts = client.list()
        if as_json:
            for contact in itertools.takewhile(lambda _: is_heard(), itertools.islice(contacts, limit or None)):
                _print_json(contact)
            return
        shown = list(itertools.islice(contacts, limit or None))
        _print_table(shown)
        if limit and next(contacts, None) is not None:
            _say(f"There are more than {counted(limit, 'contact')}; for all of them: importer contacts list --limit 0")


def show_one(client: ContactsClient, which: str, *, as_json: bool) -> None:
    """Carry out ``contacts get``."""
    with client:
        _show(_found(client, which), as_json=as_json)


def create(client: ContactsClient, phone: str, region: str | None, fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Carry out ``contacts create``."""
    number = read_number(phone, region)
    with client:
        _show(client.create(number, **fields), as_json=as_json)


def update(  # noqa: PLR0913 - one parameter an option
    client: ContactsClient,
    which: str,
    phone: str | None,
    region: str | None,
    fields: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Carry out ``contacts update``."""
    changes = dict(fields) if phone is None else {**fields, "phone": read_number(phone, region)}
    with client:
        contact_id = _id(client, which, "update", is_sure=False)
        contact = client.update(contact_id, **changes)
        if contact is not None:
            _show(contact, as_json=as_json)
        else:
            _say(f"Contact {contact_id} was changed; the API's answer does not show it.")


def delete(client: ContactsClient, which: str, *, is_sure: bool, as_json: bool) -> None:
    """Carry out ``contacts delete``."""
    with client:
        contact_id = _id(client, which, "delete", is_sure=is_sure)
        confirm(f"Delete contact {contact_id} for good?", is_sure=is_sure)
        client.delete(contact_id)
        if as_json:
            sys.stdout.write(json.dumps(asdict(DeletedContact(contact_id))) + "\n")
            return
        _say(f"Contact {contact_id} was deleted.")


def _found(client: ContactsClient, which: str) -> Contact:
    return client.find(read_number(which, None)) if which.startswith("+") else client.get(which)


def _id(client: ContactsClient, which: str, command: str, *, is_sure: bool) -> str:
    """Return the id of the contact that is meant; a person chooses if several have the number.

    Raises:
        RefusedError: there are several, and nobody can answer or ``is_sure`` forbids to ask; the message has their ids.
        NoSuchContactError: there is none with this number.
        StoppedError: the account is too large to know.
    """
    if not which.startswith("+"):
        return which
    number = read_number(which, None)
    found = []
    # The whole list, not up to the first: a second contact with the number is what must be found.
    for contact in client.list():
        found += [contact] if contact.phone == number else []
        if client.requests > _MOST_PAGES:
            raise StoppedError(
                f"The account is too large to tell in {_MOST_PAGES} requests whether it has one contact with this "
                f"number. Name it by its id: importer contacts get {number}"
            )
    if not found:
        raise NoSuchContactError("The account has no contact with this number.")
    ids = [contact.contact_id for contact in found]
    if len(ids) == 1:
        return ids[0]
    said = f"The account has {len(ids)} contacts with {number}: {', '.join(ids)}."
    if is_sure or not sys.stdin.isatty():
        raise RefusedError(f"{said} Nothing was done. Name the one that is meant: importer contacts {command} {ids[0]}")
    _say(said)
    _print_table(found)
    return choose(f"The id of the one to {command}", ids)


def _show(contact: Contact, *, as_json: bool) -> None:
    if as_json:
        _print_json(contact)
        return
    told = contact.model_dump(mode="json", exclude={"metadata"}) | {
        f"metadata: {name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in contact.metadata.items()
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in told.items():
        if value is not None:
            table.add_row(Text(printable(name), style="dim"), Text(printable(value)))
    Console().print(table)


def _print_json(contact: Contact) -> None:
    sys.stdout.write(json.dumps(contact.model_dump(mode="json")) + "\n")


def _print_table(contacts: Iterable[Contact]) -> None:
    table = Table(box=None, header_style="bold dim", pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("phone", no_wrap=True, min_width=12)
    for name in ("name", "e-mail", "created"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for contact in contacts:
        name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
        created = f"{contact.created_at:%Y-%m-%d %H:%M}" if contact.created_at else ""
        cells = (contact.contact_id, contact.phone, name, contact.email or "", created)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def _say(text: str) -> None:
    if is_quiet():
        return
    Console(stderr=True).print(Text(printable(text)), soft_wrap=True)
