"""Another dress for the sandbox: the same API under other addresses and names, as another vendor would have it.

Requests are put into the vendor's words before they are carried out, and answers into the dress's words after, so
every switch and fault is there in any dress.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

DressName = Literal["vendor", "people"]


@dataclass(frozen=True, slots=True)
class Dress:
    """The addresses and names of an API of this kind.

    Attributes:
        contacts, bulk: its addresses; a contact's own is ``contacts`` and its id.
        key_header: a header for the key, beside the vendor's.
        change_method: of a change to one contact.
        pages: its names for the parameters ``page`` and ``limit``.
        first_page: the number of the first page.
        names: the vendor's name for a member of a request or answer, and its own.
        opaque: members whose content is people's data: names inside are not translated.
    """

    contacts: str = "/api/v1/contacts"
    bulk: str = "/api/v1/contacts/bulk"
    key_header: str = "X-API-Key"
    change_method: str = "PUT"
    pages: tuple[str, str] = ("page", "limit")
    first_page: int = 1
    names: tuple[tuple[str, str], ...] = ()
    opaque: tuple[str, ...] = ("metadata",)

    def query(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters in the vendor's names, pages counted from 1."""
        query = dict(zip(("page", "limit"), (asked.get(name, "") for name in self.pages), strict=True))
        if query["page"].isdecimal():
            query["page"] = str(int(query["page"]) + 1 - self.first_page)
        return {name: value for name, value in query.items() if value}

    def request(self, body: bytes) -> bytes:
        """Return a request's body in the vendor's names; unchanged if it is no JSON."""
        return _renamed(body, {own: vendors for vendors, own in self.names}, self.opaque)

    def answer(self, body: bytes) -> bytes:
        """Return an answer's body in this dress's names; unchanged if it is no JSON."""
        return _renamed(body, dict(self.names), self.opaque)


DRESSES: Mapping[str, Dress] = {
    "vendor": Dress(),
    "people": Dress(
        contacts="/v2/people",
        bulk="/v2/people/import",
        key_header="X-Api-Token",
        change_method="PATCH",
        pages=("p", "size"),
        first_page=0,
        names=(
            ("success", "ok"),
            ("data", "result"),
            ("contacts", "people"),
            ("phoneNumber", "msisdn"),
            ("phone", "msisdn"),
            ("firstName", "given_name"),
            ("lastName", "family_name"),
            ("metadata", "attributes"),
            ("email", "mail"),
            ("contactId", "person_id"),
            ("createdAt", "since"),
            ("imported", "created"),
            ("skipped", "ignored"),
            ("errors", "failures"),
            ("index", "line"),
            ("message", "why"),
            ("error", "fault"),
            ("pagination", "paging"),
            ("total", "count"),
        ),
        opaque=("attributes",),
    ),
}


def _renamed(body: bytes, names: Mapping[str, str], opaque: tuple[str, ...]) -> bytes:
    if not names:
        return body
    try:
        return json.dumps(_with_names(json.loads(body), names, opaque), separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body


def _with_names(value: Any, names: Mapping[str, str], opaque: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_with_names(entry, names, opaque) for entry in value]
    if not isinstance(value, dict):
        return value
    renamed = ((name, names.get(name, name), entry) for name, entry in value.items())
    return {
        new: entry if {name, new} & set(opaque) else _with_names(entry, names, opaque) for name, new, entry in renamed
    }
