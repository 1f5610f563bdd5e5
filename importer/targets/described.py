"""An API that a description tells of (``--target my-api.toml``): its addresses, its names, its answers."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import polars as pl
from pydantic import SecretStr

from importer.errors import UsageError
from importer.settings.settings import Settings
from importer.settings.target_description import Description
from importer.targets import answers
from importer.targets.bodies import bulk_body, object_body
from importer.targets.target import Complaint, Exchange, Found, Page, Refusal, Reply
from importer.targets.wire import Wire

_JSON = {"Content-Type": "application/json"}


@contextmanager
def connect(base_url: str, key: SecretStr, settings: Settings) -> Iterator["Described"]:
    """Yield the API at a checked base URL; its connections are closed on the way out."""
    described = settings.target
    if described is None:
        raise UsageError("Give --target the path of a TOML file that describes the API.")
    credentials = f"{described.auth.scheme} {key.get_secret_value()}".lstrip()
    with closing(Wire(base_url, {described.auth.header: credentials, "User-Agent": "importer"}, settings)) as wire:
        yield Described(base_url, wire, described)


class Described:
    """The API behind an open wire; a ``Target``. Answers are read where the description says, and nowhere else."""

    def __init__(self, base_url: str, wire: Wire, described: Description) -> None:
        self.base_url = base_url
        self.body_cap_bytes: int | None = described.limits.body_bytes
        self._wire, self._described = wire, described
        self._names = described.fields.sent()

    def encode(self, contacts: pl.DataFrame) -> bytes:
        """Return the contacts under the API's names, as a bulk body."""
        return bulk_body(contacts, self._names, self._described.bulk.envelope)

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        """Post a bulk body, once."""
        headers = _JSON | {"Idempotency-Key": idempotency_key}
        return self._wire.exchange("POST", self._described.paths.bulk, headers=headers, body=body)

    def fetch_page(self, page: int, limit: int) -> Exchange:
        """Ask for one page of the account's contacts; ``page`` starts at 1."""
        pages = self._described.pages
        params = {pages.page: page - 1 + pages.first_page, pages.limit: min(limit, pages.page_size)}
        return self._wire.exchange("GET", self._described.paths.list, params=params)

    def create(self, fields: Mapping[str, object]) -> Exchange:
        """Post one contact, once."""
        body = object_body(fields, self._names)
        return self._wire.exchange("POST", self._described.paths.create, headers=_JSON, body=body)

    def update(self, contact_id: str, fields: Mapping[str, object]) -> Exchange:
        """Change these fields of a contact; all others stay."""
        method, body = self._described.paths.update_method, object_body(fields, self._names)
        return self._wire.exchange(method, self._one(contact_id), headers=_JSON, body=body)

    def delete(self, contact_id: str) -> Exchange:
        """Delete a contact."""
        return self._wire.exchange("DELETE", self._one(contact_id))

    def read_reply(self, body: bytes) -> Reply | None:
        """Return what a bulk answer says; None if it cannot be understood without doubt."""
        bulk, answer = self._described.bulk, _parsed(body)
        if self._is_no(answer):
            return None
        skipped = 0 if bulk.skipped is None else answers.count(_at(answer, bulk.skipped))
        listed = _at(answer, bulk.errors) if bulk.errors else None
        return answers.reply(answers.count(_at(answer, bulk.imported)), skipped, listed, self._complaints)

    def read_refusal(self, body: bytes) -> Refusal:
        """Return what an error answer says; its words may stand elsewhere than the description has them."""
        refusal, answer = answers.read_refusal(body), _parsed(body)
        listed = _at(answer, self._described.bulk.errors)
        words = _at(answer, self._described.answers.message)
        text = answers.clean(words) if isinstance(words, str) else refusal.text
        return Refusal(text, self._complaints(listed) if isinstance(listed, list | dict) else refusal.complaints)

    def read_page(self, body: bytes) -> Page | None:
        """Return what a list answer says; None if it is no list."""
        pages, answer = self._described.pages, _parsed(body)
        # Only where the description says: a list found elsewhere may be of something else than contacts.
        listed = _at(answer, pages.items) if pages.items else answer
        if self._is_no(answer) or not isinstance(listed, list):
            return None
        contacts = tuple(found for entry in listed if (found := self._found(entry)) is not None)
        total = answers.count(_at(answer, pages.total))
        return Page(contacts, total) if len(contacts) == len(listed) else None

    def read_contact(self, body: bytes) -> Found | None:
        """Return the contact in the answer to a create or update; None if it shows none."""
        answer, path = _parsed(body), self._described.answers.contact
        return None if self._is_no(answer) else self._found(_at(answer, path) if path else answer)

    def says_no(self, body: bytes) -> bool:
        """Return True if an answer with a good status says that nothing was done."""
        answer = _parsed(body)
        return answer is not None and self._is_no(answer)

    def hurry(self, seconds: float) -> None:
        """End the requests under way in at most ``seconds``."""
        self._wire.hurry(seconds)

    def _is_no(self, answer: Any) -> bool:
        path = self._described.answers.success
        return path is not None and _at(answer, path) is not True

    def _one(self, contact_id: str) -> str:
        if not contact_id.strip("."):
            raise UsageError("A contact's id cannot be empty or made of dots.")
        return self._described.paths.one.replace("{id}", quote(contact_id, safe=""))

    def _complaints(self, listed: list[Any] | dict[str, Any]) -> tuple[Complaint, ...]:
        """Return the entries under the tolerant reader's names; their indexes count from the description's base."""
        if isinstance(listed, list):
            listed = [self._entry(entry) if isinstance(entry, dict) else entry for entry in listed]
        base = self._described.bulk.index_base
        return tuple(replace(complaint, base=base) for complaint in answers.read_complaints(listed))

    def _entry(self, entry: dict[str, Any]) -> dict[str, Any]:
        bulk = self._described.bulk
        places = {"index": bulk.index, "phone": bulk.phone, "code": bulk.code, "message": bulk.message}
        return {name: _at(entry, path) for name, path in places.items() if path is not None}

    def _found(self, entry: Any) -> Found | None:
        names = self._described.fields
        return answers.read_found(
            entry,
            {name: (wire,) for name, wire in names.model_dump().items() if wire is not None},
        )


def _parsed(body: bytes) -> Any:
    """Return an answer's JSON; None if it is none."""
    try:
        return answers.parse(body)
    except ValueError:
        return None


def _at(answer: Any, path: str | None) -> Any:
    """Return the value at a path of an answer; None if it does not lead anywhere."""
    for name in path.split(".") if path else ():
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer if path else None
