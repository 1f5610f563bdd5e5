"""The API as the importer needs it, and the evidence that a request leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import polars as pl


@dataclass(frozen=True, slots=True)
class Exchange:
    """The facts that were seen of one request and its answer; no conclusions.

    Attributes:
        status: the answer's status; None where no status line was read.
        headers: of the answer, names in lower case.
        body: of the answer, decoded, as much as was read.
        is_whole: the answer was read to its end and is within the size cap.
        is_begun: a connection was there and the request's first byte was about to leave.
        is_handed_over: the last chunk of the request's body was about to leave, so the API may have all of it.
        is_untrusted: nothing was sent, because who answers is not to be trusted with the key: the certificate does not
            hold, or the host's name leads into a private network.
        trouble: what went wrong, in a few words of ours; empty where nothing did.
        seconds: from the first try to connect to the end.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = False
    is_begun: bool = False
    is_handed_over: bool = False
    is_untrusted: bool = False
    trouble: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Complaint:
    """One entry of an answer's list of errors.

    Attributes:
        index: as the API counts; None where it gives none.
        phone: E.164, as named by the API; None where it names none.
        text: the API's words, code first, cleaned for display and cut to 200 characters.
        base: the index of the first contact, where that is known of the API.
    """

    index: int | None = None
    phone: str | None = None
    text: str = ""
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A bulk answer: the API's counters, and its words on single rows.

    Attributes:
        imported, skipped, errors: the API's counters; ``errors`` counts entries, named or not.
        complaints: the entries that could be read; fewer than ``errors`` where the API gives a bare count.
    """

    imported: int
    skipped: int
    errors: int
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error answer: the API's words, and the rows that it names."""

    text: str
    complaints: tuple[Complaint, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One contact as the API tells it.

    Attributes:
        contact_id: the API's name for it.
        phone: E.164.
        created_at, updated_at: epoch seconds by the API's clock; None where not told.
        first_name, last_name, email: None where not told or empty.
        metadata: None where not told.
        has_zone: ``created_at`` told its zone; where it did not, it was read as UTC.
    """

    contact_id: str
    phone: str
    created_at: float | None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    metadata: Mapping[str, Any] | None = None
    updated_at: float | None = None
    has_zone: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the account's contacts; ``total`` is the account's size where the API tells it."""

    contacts: tuple[Found, ...]
    total: int | None


class Target(Protocol):
    """One API: its five operations, each one request, and how their answers are read.

    No operation raises for what the network or the API does: the exchange tells. ``fields`` are named phone,
    first_name, last_name, email and metadata; what is not in them is not sent.
    """

    base_url: str
    body_cap_bytes: int | None
    """Larger bodies are known to be refused; None where no cap is known."""

    def encode(self, contacts: pl.DataFrame) -> bytes:
        """Return a bulk body; ``contacts`` has phone, first_name, last_name, email and metadata (JSON text)."""

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        """Post a bulk body, once."""

    def fetch_page(self, page: int, limit: int) -> Exchange:
        """Ask for one page of the account's contacts; ``page`` starts at 1."""

    def create(self, fields: Mapping[str, object]) -> Exchange:
        """Post one contact, once."""

    def update(self, contact_id: str, fields: Mapping[str, object]) -> Exchange:
        """Change these fields of a contact; all others stay."""

    def delete(self, contact_id: str) -> Exchange:
        """Delete a contact."""

    def read_reply(self, body: bytes) -> Reply | None:
        """Return what a bulk answer says; None if it cannot be understood without doubt."""

    def read_refusal(self, body: bytes) -> Refusal:
        """Return what an error answer says."""

    def read_page(self, body: bytes) -> Page | None:
        """Return what a list answer says; None if it is no list."""

    def read_contact(self, body: bytes) -> Found | None:
        """Return the contact in the answer to a create or update; None if it shows none."""

    def says_no(self, body: bytes) -> bool:
        """Return True if an answer with a good status says that nothing was done."""

    def hurry(self, seconds: float) -> None:
        """End the requests under way in at most ``seconds``."""
