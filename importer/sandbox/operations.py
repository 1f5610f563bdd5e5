"""The five endpoints as functions of store, behaviour and request.

Contacts that cannot be stored: ``invalid_phone`` for a phone that is not E.164 and ``invalid_field`` for a name or
e-mail that is no text or metadata that is no object. Bodies that cannot be read at all get 400.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from importer.sandbox.answers import (
    Answer,
    RowError,
    bulk_answer,
    contact_payload,
    json_answer,
    list_answer,
    refusal,
)
from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import Contact, Fields, Store

_is_e164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_TEXT_OR_NULL = {str, type(None)}


class UnreadableBody(Exception):  # noqa: N818 - it names the body, as the answer does
    """The body is no JSON object in Unicode."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a contact cannot be stored."""

    code: str
    message: str


_REFUSED_VALUES: Mapping[str, tuple[type, ...]] = {
    "texts-only": (int, float, bool, dict, list, type(None)),
    "flat-only": (dict, list),
}
_BAD_PHONE = Flaw("invalid_phone", "phone must be in E.164 format, such as +14155550123")


def create(store: Store, behaviour: Behaviour, body: bytes) -> Answer:
    """Carry out ``POST /contacts``: one contact."""
    fields = _read_contact(_read_object(body), behaviour.metadata)
    if isinstance(fields, Flaw):
        return refusal(behaviour, 400, fields.code, fields.message)
    existing = None if behaviour.on_duplicate == "second" else store.find_phone(fields.phone)
    if existing is not None and behaviour.on_duplicate != "update":
        return refusal(behaviour, 409, "contact_exists", "a contact with this phone already exists")
    with store.transaction():
        (store.add if existing is None else store.overwrite)([fields])
    stored = next(store.contacts(limit=1, order="newest-first")) if existing is None else store.find_phone(fields.phone)
    return _found(behaviour, stored, status=201 if existing is None else 200)


def create_many(store: Store, behaviour: Behaviour, body: bytes, *, is_cut_short: bool = False) -> Answer:
    """Carry out ``POST /contacts/bulk`` in one transaction; only its first half if ``is_cut_short``."""
    contacts = _read_object(body).get("contacts")
    if not isinstance(contacts, list):
        return refusal(behaviour, 400, "invalid_request", "contacts must be a list")
    answer = _import(store, behaviour, contacts[: len(contacts) // 2] if is_cut_short else contacts)
    if behaviour.bulk_status == 202 and answer.status == 202 and not is_cut_short:
        job_id = store.remember_job(answer.body)
        answer = json_answer(202, {"success": True, "data": {"jobId": job_id, "status": "queued"}})
    return replace(answer, contacts=len(contacts))


def job(store: Store, behaviour: Behaviour, job_id: str) -> Answer:
    """Carry out ``GET /contacts/jobs/:id``: what became of a bulk request that was answered with 202."""
    body = store.job(job_id)
    return refusal(behaviour, 404, "not_found", "there is no job with this id") if body is None else Answer(200, body)


def list_contacts(store: Store, behaviour: Behaviour, query: Mapping[str, str]) -> Answer:
    """Carry out ``GET /contacts?page=1&limit=50``: one page; a limit over the cap is cut to it, or refused."""
    try:
        page, limit = int(query.get("page", "1")), int(query.get("limit", behaviour.page_default))
    except ValueError:
        page = limit = 0
    if not (1 <= page < 10**9 and 1 <= limit < 10**9):
        return refusal(behaviour, 400, "invalid_request", "page and limit must be whole numbers from 1 on")
    if behaviour.page_limit == "refused" and limit > behaviour.page_cap:
        return refusal(behaviour, 400, "invalid_request", f"limit must not be more than {behaviour.page_cap}")
    limit = min(behaviour.page_default if behaviour.page_limit == "ignored" else limit, behaviour.page_cap)
    contacts = list(store.contacts((page - 1) * limit, limit, behaviour.list_order))
    return list_answer(behaviour, contacts, page, limit, store.count())


def update(store: Store, behaviour: Behaviour, contact_id: str, body: bytes) -> Answer:
    """Carry out ``PUT /contacts/:id``: change the fields that the body has; all others stay."""
    given = _read_object(body)
    contact = store.find(contact_id)
    if contact is None:
        return _found(behaviour, None)
    had = {
        "phone": contact.phone,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "email": contact.email,
        "metadata": contact.metadata,
    }
    fields = _read_contact(had | given, behaviour.metadata)
    if isinstance(fields, Flaw):
        return refusal(behaviour, 400, fields.code, fields.message)
    if fields.phone != contact.phone and behaviour.on_duplicate != "second" and store.find_phone(fields.phone):
        return refusal(behaviour, 409, "contact_exists", "a contact with this phone already exists")
    with store.transaction():
        store.change(contact_id, fields)
    return _found(behaviour, store.find(contact_id))


def delete(store: Store, behaviour: Behaviour, contact_id: str) -> Answer:
    """Carry out ``DELETE /contacts/:id``."""
    if store.find(contact_id) is None:
        return _found(behaviour, None)
    with store.transaction():
        store.remove(contact_id)
    return json_answer(200, {"success": True, "data": {behaviour.id_name: contact_id, "deleted": True}})


def _found(behaviour: Behaviour, contact: Contact | None, status: int = 200) -> Answer:
    if contact is None:
        return refusal(behaviour, 404, "not_found", "there is no contact with this id")
    return json_answer(status, {"success": True, "data": contact_payload(behaviour, contact)})


def _import(store: Store, behaviour: Behaviour, contacts: Sequence[Any]) -> Answer:
    if len(contacts) > behaviour.contacts_cap:
        message = f"contacts must not hold more than {behaviour.contacts_cap} entries"
        return refusal(behaviour, behaviour.contacts_cap_status, "too_many_contacts", message)
    valid, errors = _sort_out(contacts, behaviour.metadata)
    if errors and behaviour.on_invalid == "refuse":
        message = "the batch holds contacts that cannot be stored"
        return refusal(behaviour, behaviour.refusal_status, "invalid_contacts", message, errors)
    with store.transaction():
        repeated = _store(store, behaviour, valid)
    duplicates = [
        RowError(index, contacts[index], "duplicate", "a contact with this phone already exists")
        for index in sorted(repeated)
    ]
    return _bulk_counts(behaviour, len(valid), duplicates, errors)


def _sort_out(contacts: Sequence[Any], rule: str) -> tuple[list[tuple[int, Fields]], list[RowError]]:
    """Return the contacts that can be stored, each with its index, and what is wrong with the others."""
    valid, errors = [], []
    for index, contact in enumerate(contacts):
        fields = _read_contact(contact, rule)
        if isinstance(fields, Flaw):
            errors.append(RowError(index, contact, fields.code, fields.message))
        else:
            valid.append((index, fields))
    return valid, errors


def _store(store: Store, behaviour: Behaviour, valid: Sequence[tuple[int, Fields]]) -> set[int]:
    """Store what the duplicate rule lets through; return the indexes of contacts whose phone was there already."""
    if behaviour.on_duplicate == "second":
        store.add([fields for _, fields in valid])
        return set()
    # One query for all, and ``seen`` grows: a phone twice in one request is a duplicate, too.
    seen = store.known_phones([fields.phone for _, fields in valid])
    fresh, again, repeated = [], [], set()
    for index, fields in valid:
        if fields.phone in seen:
            again.append(fields)
            repeated.add(index)
        else:
            seen.add(fields.phone)
            fresh.append(fields)
    store.add(fresh)
    if behaviour.on_duplicate == "update":
        store.overwrite(again)
    return repeated


def _bulk_counts(
    behaviour: Behaviour, valid: int, duplicates: Sequence[RowError], invalid: Sequence[RowError]
) -> Answer:
    """Return the counts and errors as this behaviour has them; ``valid`` contacts could be stored."""
    listed: list[RowError] = []
    imported, skipped = valid, 0
    if behaviour.on_duplicate != "update":
        imported -= len(duplicates)
    if behaviour.on_duplicate == "skip":
        skipped += len(duplicates)
    if behaviour.on_duplicate == "error":
        listed += duplicates
    if behaviour.on_invalid == "list":
        listed += invalid
    elif behaviour.skipped_counts != "duplicates":
        skipped += len(invalid)
    if behaviour.skipped_counts == "errors-too":
        skipped += len(listed)
    listed.sort(key=lambda error: error.index)
    return bulk_answer(behaviour, imported, skipped, listed)


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        # A lone surrogate, which only an escape can bring, is no Unicode text and SQLite could not keep it.
        value = json.loads(body, parse_constant=_no_constant)
        if b"\\ud" in body or b"\\uD" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise UnreadableBody from None
    if not isinstance(value, dict):
        raise UnreadableBody
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read_contact(contact: Any, rule: str) -> Fields | Flaw:
    """Return the fields of a contact, or why it cannot be stored; ``rule`` is the behaviour's for metadata."""
    if not isinstance(contact, dict):
        return Flaw("invalid_contact", "a contact must be an object")
    phone = contact.get("phone")
    if not isinstance(phone, str) or not _is_e164(phone):
        return _BAD_PHONE
    first_name, last_name, email = contact.get("firstName"), contact.get("lastName"), contact.get("email")
    if not {type(first_name), type(last_name), type(email)} <= _TEXT_OR_NULL:
        return Flaw("invalid_field", "firstName, lastName and email must be text")
    metadata = contact.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        return Flaw("invalid_field", "metadata must be an object")
    if rule in _REFUSED_VALUES and any(isinstance(value, _REFUSED_VALUES[rule]) for value in (metadata or {}).values()):
        return Flaw("invalid_field", f"metadata must be {rule.replace('-', ' ')}")
    kept = None if metadata is None or rule == "dropped" else _as_json(metadata)
    return Fields(phone, first_name, last_name, email, kept)
