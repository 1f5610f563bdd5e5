"""Request bodies: contacts as JSON, under an API's own names for their fields."""

import json
from collections.abc import Mapping

import polars as pl

from importer.models.frames import json_text, needs_escapes, quoted


def bulk_body(contacts: pl.DataFrame, names: Mapping[str, str], envelope: str | None) -> bytes:
    """Return ``{"<envelope>":[…]}``, or the bare list, with blank fields left out; written by column.

    Args:
        contacts: phone, first_name, last_name, email and metadata (JSON text).
        names: our name and the API's of each field to send.
        envelope: the API's name for the list; None for none.
    """
    texts = names.keys() - {"metadata"}  # that is JSON text already
    escaped = needs_escapes(contacts, texts)
    write = {name: json_text if name in escaped else quoted for name in texts}
    fields = [
        pl.concat_str(pl.lit(f'"{wire}":'), write[name](_filled(name)) if name in texts else _filled(name))
        for name, wire in names.items()
    ]
    members = pl.concat_str(fields, separator=",", ignore_nulls=True)
    objects = pl.concat_str(pl.lit("{"), members, pl.lit("}"))
    # As bytes: a Python text of them would be made only to be encoded again.
    listed: bytes = contacts.select(objects.str.join(",").cast(pl.Binary)).item() if contacts.height else b""
    return b'{"%s":[%s]}' % (envelope.encode(), listed) if envelope else b"[%s]" % listed


def object_body(fields: Mapping[str, object], names: Mapping[str, str]) -> bytes:
    """Return one contact, or a part of one, as JSON; fields that the API has no name for are left out."""
    wire = {names[name]: value for name, value in fields.items() if name in names}
    return json.dumps(wire, ensure_ascii=False, separators=(",", ":")).encode()


def _filled(name: str) -> pl.Expr:
    return pl.when(~pl.col(name).is_in(["", "{}"])).then(name)
