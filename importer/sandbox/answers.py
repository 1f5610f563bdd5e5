"""The sandbox's answers, in every form that ``Behaviour`` knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from importer.sandbox.behaviour import Behaviour
from importer.sandbox.store import Contact

_INDEX_BASES = {"0": 0, "1": 1, "file-row": 2}


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body and headers; ``contacts`` is how many the request carried, for the log."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    contacts: int = 0


@dataclass(frozen=True, slots=True)
class RowError:
    """An error of the contact at ``index``, from 0, of a bulk request."""

    index: int
    contact: Any
    code: str
    message: str


def json_answer(status: int, payload: Any) -> Answer:
    """Return an answer with a body of JSON."""
    return Answer(status, json.dumps(payload, separators=(",", ":")).encode())


def html_answer(status: int, words: str) -> Answer:
    """Return an answer as a proxy writes it; ``words`` are put into the markup as they are."""
    page = f"<html><head><title>{words}</title></head><body><center><h1>{words}</h1></center></body></html>\n"
    return Answer(status, page.encode(), media_type="text/html")


def refusal(behaviour: Behaviour, status: int, code: str, message: str, errors: Sequence[RowError] = ()) -> Answer:
    """Refuse the whole request; ``errors`` are the contacts that were the cause."""
    payload: dict[str, Any] = {"success": False}
    match behaviour.error_body:
        case "html":
            return html_answer(status, f"{status} {message}")
        case "object":
            payload["error"] = {"code": code, "message": message}
        case "string":
            payload["error"] = message
        case "message":
            payload["message"] = message
        case "map":
            payload["errors"] = {code: [message]}
    if errors and behaviour.error_body != "map":
        payload |= listed_errors(behaviour, errors)
    return json_answer(status, payload)


def bulk_answer(behaviour: Behaviour, imported: int, skipped: int, errors: Sequence[RowError]) -> Answer:
    """Return what became of a bulk request; with status 202, what its job will answer."""
    counts = {"imported": imported, "skipped": skipped}
    data = counts | listed_errors(behaviour, errors)
    if behaviour.bulk_status == 202:
        data = {"status": "done"} | data
    return json_answer(behaviour.bulk_status, {"success": True, "data": data})


def listed_errors(behaviour: Behaviour, errors: Sequence[RowError]) -> dict[str, Any]:
    """Return the ``errors`` of an answer; empty if the behaviour lists none."""
    base = _INDEX_BASES[behaviour.index_base]
    match behaviour.error_shape:
        case "missing":
            return {}
        case "count":
            return {"errors": len(errors)}
        case "map":
            return {"errors": {str(error.index + base): error.message for error in errors}}
        case _:
            return {"errors": [_entry(behaviour.error_shape, error, error.index + base) for error in errors]}


def _entry(shape: str, error: RowError, index: int) -> Any:
    phone = error.contact.get("phone") if isinstance(error.contact, dict) else None
    told = {"code": error.code, "message": error.message}
    entries: dict[str, Any] = {
        "index": {"index": index, "phone": phone, **told},
        "row": {"row": index, "error": error.message},
        "position": {"position": index, "reason": error.message},
        "phone": {"phoneNumber": phone, **told},
        "nested": {"contact": error.contact, "error": told},
        "number": index,
        "string": f"Contact {index}: {error.message}",
    }
    return entries[shape]


def contact_payload(behaviour: Behaviour, contact: Contact) -> dict[str, Any]:
    """Return a contact as the API writes it."""
    return {
        behaviour.id_name: contact.contact_id,
        behaviour.phone_name: contact.phone,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "email": contact.email,
        "metadata": contact.metadata or {},
        "createdAt": contact.created_at,
    }


def list_answer(behaviour: Behaviour, contacts: Sequence[Contact], page: int, limit: int, total: int) -> Answer:
    """Return a page of the list; ``total`` counts all contacts."""
    listed: Any = [contact_payload(behaviour, contact) for contact in contacts]
    if behaviour.list_shape == "bare":
        return json_answer(200, listed)
    totals = {"page": page, "limit": limit, "total": total}
    payload: dict[str, Any] = {"success": True, "data": listed}
    if behaviour.list_shape != "data":
        payload["data"] = {behaviour.list_shape: listed}
    if behaviour.list_totals == "data" and behaviour.list_shape != "data":
        payload["data"] |= totals
    elif behaviour.list_totals == "data":
        payload |= totals
    elif behaviour.list_totals != "none":
        payload[behaviour.list_totals] = totals
    return json_answer(200, payload)
