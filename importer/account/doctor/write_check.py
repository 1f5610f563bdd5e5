"""The write check: what only writing shows, proven with a number of the user's that is not in the account.

It creates a contact, posts it again, reads the list, and deletes what it made. Every contact that it makes has its mark
as first name; whatever happens, those are deleted at the end.
"""

import secrets
from collections.abc import Callable

from importer.account import BulkResult, Contact, ContactsClient, NewContact
from importer.errors import ContactRejectedError, NoSuchContactError, RefusedError

_NOTHING = "+000"
"""No number: leading zero, too short."""


def write_check(client: ContactsClient, phone: str, confirm: Callable[[str], None]) -> dict[str, str]:
    """Make the check; return what was seen, by name: ``duplicates``, ``metadata``, ``invalid numbers``.

    Args:
        client: open.
        phone: E.164; must not be in the account.
        confirm: asks the user; raises if the answer is no.

    Raises:
        RefusedError: the number is in the account, or the answer is no; nothing was changed.
        ImporterError: the API did not do what was asked; what was made is deleted as far as that is possible.
    """
    try:
        client.find(phone)
    except NoSuchContactError:
        pass
    else:
        raise RefusedError(f"{phone} is in the account, so nothing was done. Name a number that is not.")
    confirm(f"Create a contact with {phone}, post it again, send one invalid number, and delete what was made?")
    mark = f"importer check {secrets.token_hex(4)}"
    try:
        made = client.create(phone, first_name=mark, last_name="First", metadata={"check": mark, "more": "yes"})
        posted = client.bulk_create([NewContact(phone=phone, first_name=mark, last_name="Second")])
        there = [contact for contact in client.list() if contact.phone == phone]
        return {
            "duplicates": _duplicates(posted, there),
            "metadata": _metadata(made, there, {"check": mark, "more": "yes"}),
            "invalid numbers": _invalid(client, mark),
        }
    finally:
        _clean_up(client, mark)


def _duplicates(posted: BulkResult, there: list[Contact]) -> str:
    """Return what the API did with a number that was there, judged by the account's list, not by the counts alone."""
    if len(there) > 1:
        return "second"
    if any(contact.last_name == "Second" for contact in there):
        return "update"
    if not there:
        return "unknown"
    return "error" if posted.errors else "skip" if posted.skipped else "unknown"


def _metadata(made: Contact, there: list[Contact], sent: dict[str, str]) -> str:
    """Return what the API did with metadata: ``kept``, ``changed`` or ``dropped``."""
    shown = next((contact.metadata for contact in there if contact.contact_id == made.contact_id), made.metadata)
    return "kept" if shown == sent else "changed" if shown else "dropped"


def _invalid(client: ContactsClient, mark: str) -> str:
    """Send an invalid number; return how the API reports it."""
    try:
        result = client.bulk_create([NewContact.model_construct(phone=_NOTHING, first_name=mark)])
    except ContactRejectedError:
        return "refuse"
    if result.errors:
        named = [c for c in result.complaints if c.phone or c.index is not None]
        return "listed by number or place" if named else "counted, not named"
    return "skip" if result.skipped else "taken"


def _clean_up(client: ContactsClient, mark: str) -> None:
    """Delete every contact that has the mark."""
    # The whole list first: deleting while it is read would shift its pages.
    for contact in [contact for contact in client.list() if contact.first_name == mark]:
        client.delete(contact.contact_id)
