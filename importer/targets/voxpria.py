"""VoxPria's Contacts API: its addresses, its names for a contact's fields, and its key header."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from urllib.parse import quote

import polars as pl
from pydantic import SecretStr

from importer.errors import UsageError
from importer.settings.settings import Settings
from importer.targets import answers
from importer.targets.bodies import bulk_body, object_body
from importer.targets.target import Exchange, Found, Page, Refusal, Reply
from importer.targets.wire import Wire

_CONTACTS = "/api/v1/contacts"
_JSON = {"Content-Type": "application/json"}
_WIRE_NAMES = {
    "phone": "phone",
    "first_name": "firstName",
    "last_name": "lastName",
    "email": "email",
    "metadata": "metadata",
}


@contextmanager
def connect(base_url: str, key: SecretStr, settings: Settings) -> Iterator["Voxpria"]:
    """Yield the API at a checked base URL; its connections are closed on the way out."""
    headers = {"Authorization": f"Bearer {key.get_secret_value()}", "User-Agent": "importer"}
    with closing(Wire(base_url, headers, settings)) as wire:
        yield Voxpria(base_url, wire)


class Voxpria:
    """The API behind an open wire; a ``Target``."""

    body_cap_bytes: int | None = None

    def __init__(self, base_url: str, wire: Wire) -> None:
        self.base_url = base_url
        self._wire = wire

    def encode(self, contacts: pl.DataFrame) -> bytes:
        """Return ``{"contacts":[…]}`` with blank fields left out."""
        return bulk_body(contacts, _WIRE_NAMES, "contacts")

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        """Post a bulk body, once."""
        headers = _JSON | {"Idempotency-Key": idempotency_key}
        return self._wire.exchange("POST", f"{_CONTACTS}/bulk", headers=headers, body=body)

    def fetch_page(self, page: int, limit: int) -> Exchange:
        """Ask for one page of the account's contacts; ``page`` starts at 1."""
        return self._wire.exchange("GET", _CONTACTS, params={"page": page, "limit": limit})

    def create(self, fields: Mapping[str, object]) -> Exchange:
        """Post one contact, once."""
        return self._wire.exchange("POST", _CONTACTS, headers=_JSON, body=object_body(fields, _WIRE_NAMES))

    def update(self, contact_id: str, fields: Mapping[str, object]) -> Exchange:
        """Change these fields of a contact; all others stay."""
        return self._wire.exchange("PUT", _one(contact_id), headers=_JSON, body=object_body(fields, _WIRE_NAMES))

    def delete(self, contact_id: str) -> Exchange:
        """Delete a contact."""
        return self._wire.exchange("DELETE", _one(contact_id))

    def read_reply(self, body: bytes) -> Reply | None:
        """Return what a bulk answer says; None if it cannot be understood without doubt."""
        return answers.read_reply(body)

    def read_refusal(self, body: bytes) -> Refusal:
        """Return what an error answer says."""
        return answers.read_refusal(body)

    def read_page(self, body: bytes) -> Page | None:
        """Return what a list answer says; None if it is no list."""
        return answers.read_page(body)

    def read_contact(self, body: bytes) -> Found | None:
        """Return the contact in the answer to a create or update; None if it shows none."""
        return answers.read_contact(body)

    def says_no(self, body: bytes) -> bool:
        """Return True if an answer with a good status says that nothing was done."""
        return answers.says_no(body)

    def hurry(self, seconds: float) -> None:
        """End the requests under way in at most ``seconds``."""
        self._wire.hurry(seconds)


def _one(contact_id: str) -> str:
    """Return a contact's address: its id as one part of a path, whatever is in it.

    Raises:
        UsageError: the id would be another address.
    """
    # Not escaped by quoting, and resolved on the way: DELETE …/contacts/.. would go to another address.
    if not contact_id.strip("."):
        raise UsageError("A contact's id cannot be empty or made of dots.")
    return f"{_CONTACTS}/{quote(contact_id, safe='')}"
