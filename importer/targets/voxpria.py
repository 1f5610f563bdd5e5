"""VoxPria's Contacts API: its addresses, its names for a contact's fields, and its key header."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import polars as pl
from pydantic import SecretStr

from importer.frames import json_text
from importer.targets import answers
from importer.targets.target import Exchange, Page, Refusal, Reply
from importer.targets.wire import Wire

_CONTACTS = "/api/v1/contacts"
_WIRE_NAMES = {"phone": "phone", "first_name": "firstName", "last_name": "lastName", "email": "email"}


@contextmanager
def connect(base_url: str, key: SecretStr, deadline_s: float) -> Iterator["Voxpria"]:
    """The API at a checked base URL; connections are closed on the way out."""
    headers = {"Authorization": f"Bearer {key.get_secret_value()}", "User-Agent": "importer"}
    with closing(Wire(base_url, headers, deadline_s)) as wire:
        yield Voxpria(base_url, wire)


class Voxpria:
    """The API behind an open wire; a ``Target``."""

    def __init__(self, base_url: str, wire: Wire) -> None:
        self.base_url = base_url
        self._wire = wire

    def encode(self, contacts: pl.DataFrame) -> bytes:
        """``{"contacts":[…]}`` with blank fields left out, written by column."""
        fields = [
            pl.concat_str(pl.lit(f'"{wire_name}":'), json_text(_filled(name)))
            for name, wire_name in _WIRE_NAMES.items()
        ]
        fields.append(pl.concat_str(pl.lit('"metadata":'), _filled("metadata")))
        members = pl.concat_str(fields, separator=",", ignore_nulls=True)
        objects = pl.concat_str(pl.lit("{"), members, pl.lit("}"))
        listed: str = contacts.select(objects.str.join(",")).item() if contacts.height else ""
        return f'{{"contacts":[{listed}]}}'.encode()

    def send(self, body: bytes, idempotency_key: str) -> Exchange:
        """Post a bulk body, once."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        return self._wire.exchange("POST", f"{_CONTACTS}/bulk", headers=headers, body=body)

    def fetch_page(self, page: int, limit: int) -> Exchange:
        """Ask for one page of the account's contacts; ``page`` starts at 1."""
        return self._wire.exchange("GET", _CONTACTS, params={"page": page, "limit": limit})

    def read_reply(self, body: bytes) -> Reply | None:
        """What a bulk answer says; None where it cannot be understood without doubt."""
        return answers.read_reply(body)

    def read_refusal(self, body: bytes) -> Refusal:
        """What an error answer says."""
        return answers.read_refusal(body)

    def read_page(self, body: bytes) -> Page | None:
        """What a list answer says; None where it is no list."""
        return answers.read_page(body)

    def hurry(self, seconds: float) -> None:
        """End the requests under way in at most ``seconds``."""
        self._wire.hurry(seconds)


def _filled(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(["", "{}"])).then(name)
