"""Tolerant reading of a contacts API's JSON answers: many shapes are understood, none is guessed.

What an answer's shape may be is open (an error as an object, text, number, map or count; a list bare or wrapped), so
each function looks for what it knows under the names that such services use, and gives None where doubt remains.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from importer.targets.target import Complaint, Found, Page, Refusal, Reply

TEXT_LENGTH = 200
_LARGEST_COUNT = 1_000_000_000
_INDEX_NAMES = ("index", "row", "position", "line", "item")
_PHONE_NAMES = ("phone", "phoneNumber", "phone_number", "number")
_NESTED_NAMES = ("contact", "record", "data", "item", "input", "value")
_CODE_NAMES = ("code", "type")
_TEXT_NAMES = ("message", "error", "reason", "detail", "description", "title", "msg")
_LIST_NAMES = ("contacts", "items", "results", "records", "data")
_TOTAL_NAMES = ("total", "totalCount", "total_count", "totalItems", "count")
_ERRORS_NAMES = ("errors", "details", "violations", "failed")
_CONTACT_NAMES = {
    "id": ("contactId", "contact_id", "id", "_id"),
    "phone": _PHONE_NAMES,
    "first_name": ("firstName", "first_name"),
    "last_name": ("lastName", "last_name"),
    "email": ("email", "emailAddress", "email_address"),
    "metadata": ("metadata", "customFields", "custom_fields"),
    "created_at": ("createdAt", "created_at", "created"),
    "updated_at": ("updatedAt", "updated_at", "updated"),
}
_PHONE_IN_TEXT = re.compile(r"(?<!\d)\+\d{7,15}(?!\d)")
_INDEX_IN_TEXT = re.compile(r"\b(?:row|index|line|position|item|contact)\b\W{0,3}(\d{1,7})\b", re.IGNORECASE)
_ONLY_DIGITS = re.compile(r"\d{1,7}", re.ASCII)


def parse(body: bytes) -> Any:
    """Return an answer's JSON, read strictly: no NaN, no name given twice, no number too long, no bottomless nesting.

    Raises:
        ValueError: the body is not such JSON.
    """
    try:
        return json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def read_reply(body: bytes) -> Reply | None:
    """Return the counters and complaints of a bulk answer; None if it cannot be understood without doubt.

    None unless the answer says ``success: true`` and gives ``imported`` and ``skipped`` as counts; missing ``errors``
    mean none, a bare count is taken as one.
    """
    try:
        answer = parse(body)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("success") is not True:
        return None
    data = answer["data"] if isinstance(answer.get("data"), dict) else answer
    listed = data.get("errors", answer.get("errors"))
    return reply(count(data.get("imported")), count(data.get("skipped")), listed, read_complaints)


def reply(
    imported: int | None, skipped: int | None, listed: Any, read: Callable[[Any], tuple[Complaint, ...]]
) -> Reply | None:
    """Return the reply of two counts and of its errors (none, a count, or what ``read`` understands), else None."""
    if imported is None or skipped is None:
        return None
    if isinstance(listed, list | dict):
        complaints = read(listed)
        return Reply(imported, skipped, len(complaints), complaints)
    errors = 0 if listed is None else count(listed)
    return None if errors is None else Reply(imported, skipped, errors)


def read_refusal(body: bytes) -> Refusal:
    """Return the words and complaints of an error answer; empty if it is not JSON."""
    try:
        answer = parse(body)
    except ValueError:
        return Refusal("")
    if not isinstance(answer, dict):
        return Refusal(_text(answer))
    holders = [answer, *(answer[name] for name in ("error", "data") if isinstance(answer.get(name), dict))]
    lists = (holder.get(name) for holder in holders for name in _ERRORS_NAMES)
    listed: list[Any] | dict[str, Any] = next((found for found in lists if isinstance(found, list | dict)), [])
    return Refusal(_text(answer), read_complaints(listed))


def read_complaints(listed: list[Any] | dict[str, Any]) -> tuple[Complaint, ...]:
    """Return each entry of a list of errors, or of a map whose keys are indexes or phone numbers."""
    if isinstance(listed, list):
        return tuple(_complaint(entry) for entry in listed)
    return tuple(_keyed_complaint(key, entry) for key, entry in listed.items())


def read_page(body: bytes) -> Page | None:
    """Return the contacts of a list answer, bare or wrapped; None if it has no list, or an entry is no contact."""
    try:
        answer = parse(body)
    except ValueError:
        return None
    listed = _first_list(answer)
    if listed is None or (isinstance(answer, dict) and answer.get("success", True) is not True):
        return None
    contacts = tuple(found for entry in listed if (found := read_found(entry)) is not None)
    # A page with an entry that cannot be read must not prove that somebody is absent.
    return Page(contacts, _total(answer)) if len(contacts) == len(listed) else None


def read_contact(body: bytes) -> Found | None:
    """Return the one contact of an answer, bare or wrapped; None if there is none or it lacks an id or number."""
    try:
        answer = parse(body)
    except ValueError:
        return None
    if not isinstance(answer, dict) or answer.get("success", True) is not True:
        return None
    holders = [answer]
    for holder in (answer, answer.get("data")):
        if isinstance(holder, dict):
            holders += [holder[name] for name in _NESTED_NAMES if name in holder]
    return next((found for holder in holders if (found := read_found(holder)) is not None), None)


def says_no(body: bytes) -> bool:
    """Return True if an answer has a ``success`` that is not true; False if it has none or is no JSON."""
    try:
        answer = parse(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("success", True) is not True


def clean(text: str) -> str:
    """Return text from outside fit to be shown: no control, format or bidi characters, one line, at most 200 long."""
    # Cut before the work: an answer may be 8 MiB of one text.
    kept = "".join(" " if unicodedata.category(ch)[0] in "CZ" else ch for ch in text[: TEXT_LENGTH * 8])
    return " ".join(kept.split())[:TEXT_LENGTH]


def epoch(text: object) -> float | None:
    """Return an ISO 8601 time, or epoch seconds or milliseconds, as epoch seconds; None for anything else."""
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 < text < 1e14:
        return text / 1000 if text > 1e11 else float(text)
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def has_zone(text: object) -> bool:
    """Return True if a time has its zone, as numbers do: they count from a moment in UTC."""
    return not isinstance(text, str) or epoch(text) is None or datetime.fromisoformat(text.strip()).tzinfo is not None


def count(value: Any) -> int | None:
    """Return a whole number that is not negative nor beyond reason; None for anything else."""
    # True is an int in Python, and no count.
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT
    return value if is_count else None


def _complaint(entry: Any) -> Complaint:
    if isinstance(entry, dict):
        nested = [entry[name] for name in _NESTED_NAMES if isinstance(entry.get(name), dict)]
        index = next((found for name in _INDEX_NAMES if (found := _index(entry.get(name))) is not None), None)
        phone = next((named for part in (entry, *nested) if (named := _phone(part)) is not None), None)
        return Complaint(index, phone, _text(entry))
    if isinstance(entry, str):
        # A text with two numbers or two indexes names no single row: better none than the wrong one.
        phones, rows = set(_PHONE_IN_TEXT.findall(entry)), set(_INDEX_IN_TEXT.findall(entry))
        return Complaint(
            index=int(rows.pop()) if len(rows) == 1 else None,
            phone=phones.pop() if len(phones) == 1 else None,
            text=clean(entry),
        )
    return Complaint(index=_index(entry))


def _keyed_complaint(key: str, entry: Any) -> Complaint:
    inner = _complaint(entry[0] if isinstance(entry, list) and entry else entry)
    phone = key if _PHONE_IN_TEXT.fullmatch(key) else inner.phone
    index = _index(key)
    return Complaint(inner.index if index is None else index, phone, inner.text)


def _index(value: Any) -> int | None:
    if isinstance(value, str) and _ONLY_DIGITS.fullmatch(value):
        return int(value)
    return count(value)


def _phone(members: dict[str, Any]) -> str | None:
    named = [members[name] for name in _PHONE_NAMES if isinstance(members.get(name), str)]
    return _e164(named[0]) if named else None


def _e164(text: str) -> str:
    return "+" + "".join(ch for ch in text if ch in "0123456789")


def _text(value: Any) -> str:
    """Return the words of an error entry or answer: its code and its message, however deep the message lies."""
    if isinstance(value, str):
        return clean(value)
    if not isinstance(value, dict):
        return ""
    code = next((value[name] for name in _CODE_NAMES if isinstance(value.get(name), str)), "")
    message = next((text for name in _TEXT_NAMES if (text := _text(value.get(name)))), "")
    return clean(f"{code}: {message}" if code and message and code != message else code or message)


def _first_list(answer: Any, depth: int = 0) -> list[Any] | None:
    if isinstance(answer, list):
        return answer
    if not isinstance(answer, dict) or depth > 2:
        return None
    inner = (_first_list(answer[name], depth + 1) for name in _LIST_NAMES if name in answer)
    return next((found for found in inner if found is not None), None)


def read_found(entry: Any, names: Mapping[str, Sequence[str]] = _CONTACT_NAMES) -> Found | None:
    """Return one contact of an answer; None if its id or number is not there.

    Args:
        entry: as parsed.
        names: what each of its parts may be called, the first one found counts; a part that is left out is not read.
    """
    if not isinstance(entry, dict):
        return None
    parts = {part: _told(entry, called) for part, called in names.items()}
    contact_id, phone, metadata = parts["id"], parts["phone"], parts.get("metadata")
    if not isinstance(phone, str) or not isinstance(contact_id, str | int):
        return None
    return Found(
        str(contact_id),
        _e164(phone),
        epoch(parts.get("created_at")),
        first_name=_word(parts.get("first_name")),
        last_name=_word(parts.get("last_name")),
        email=_word(parts.get("email")),
        metadata=metadata if isinstance(metadata, dict) else None,
        updated_at=epoch(parts.get("updated_at")),
        has_zone=has_zone(parts.get("created_at")),
    )


def _told(entry: dict[str, Any], names: Sequence[str]) -> Any:
    return next((entry[name] for name in names if entry.get(name) is not None), None)


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _total(answer: Any) -> int | None:
    if not isinstance(answer, dict):
        return None
    holders = [answer, *(answer[name] for name in ("data", "meta", "pagination") if isinstance(answer.get(name), dict))]
    holders += [h[name] for h in holders for name in ("meta", "pagination") if isinstance(h.get(name), dict)]
    counts = (count(holder.get(name)) for holder in holders for name in _TOTAL_NAMES)
    return next((total for total in counts if total is not None), None)
