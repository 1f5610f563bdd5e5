"""Judgements on a run's imported rows: is the contact the run's, and still as it was sent? Pure functions.

A contact is the run's if all of this holds: the run's books say that it was created (``imported``), it has the row's
number, and its date (``delivery.dating``) says that it was created while the run was sending. So a contact that an
updating service had before, and one that somebody made again later, is never taken for the run's. It is unchanged if
the API shows no later change and every field that it shows is as it was sent.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from importer.delivery.dating import Age, Window
from importer.targets import Found

_TOUCHED_S = 2.0
"""Some services store a contact, and date its first change, a moment after they dated its creation."""


class Bucket(StrEnum):
    """The end of one imported row in an undo; ``MEANINGS`` says it in words."""

    REMOVED = "removed"
    GONE = "gone"
    KEPT = "kept"
    NOT_OURS = "not-ours"
    FAILED = "failed"
    WAITING = "waiting"


MEANINGS: dict[Bucket, str] = {
    Bucket.REMOVED: "deleted by this undo",
    Bucket.GONE: "not in the account any more before this undo came to it",
    Bucket.KEPT: "changed since the run sent it; left as it is",
    Bucket.NOT_OURS: "cannot be shown to be of this run; left as it is",
    Bucket.FAILED: "could not be deleted or looked for",
    Bucket.WAITING: "to be deleted; the undo has not come to it",
}


_NOT_OURS = {
    Age.OLDER: "the contact with this number was created before the run sent it",
    Age.LATER: "the contact with this number was created after the run sent it",
    Age.OPEN: "its date does not show whether the run created it",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A row's bucket, why in words, and the id of the contact that it is about; None if there is none."""

    bucket: Bucket
    detail: str
    contact_id: str | None = None


def judge(sent: Mapping[str, Any], found: Sequence[Found], window: Window | None, *, has_metadata: bool) -> Judgement:
    """Return what is to be done about one imported row.

    Args:
        sent: phone, first_name, last_name, email and metadata (JSON text) as they were sent.
        found: the contacts with its number; at least one.
        window: when contacts of its batch can have been created; None if that is not known.
        has_metadata: the service keeps metadata at all.
    """
    dated = [contact for contact in found if contact.created_at is not None]
    if window is None or not dated:
        return Judgement(Bucket.NOT_OURS, "when it was created is not known, so it may have been there before")
    ages = [window.age(contact.created_at) for contact in dated]
    ours = [contact for contact, age in zip(dated, ages, strict=True) if age is Age.OURS]
    if not ours:
        return Judgement(Bucket.NOT_OURS, _NOT_OURS[ages[0] if len(set(ages)) == 1 else Age.OPEN])
    if len(ours) > 1:
        return Judgement(Bucket.NOT_OURS, "several contacts with this number were created while the run was sending")
    (contact,) = ours
    if changed := changes(sent, contact, has_metadata=has_metadata):
        return Judgement(Bucket.KEPT, f"changed since: {', '.join(changed)}", contact.contact_id)
    return Judgement(Bucket.WAITING, "", contact.contact_id)


def changes(sent: Mapping[str, Any], contact: Found, *, has_metadata: bool) -> list[str]:
    """Return the names of the fields that are not as they were sent, never their values; empty if all are.

    If only the date of change differs, the list has words that say so.
    """
    shown = {"first_name": contact.first_name, "last_name": contact.last_name, "email": contact.email}
    changed = [name for name, value in shown.items() if _plain(value) != _plain(sent[name])]
    if has_metadata and _texts(contact.metadata) != _texts(json.loads(sent["metadata"] or "{}")):
        changed.append("metadata")
    was_touched = (
        contact.updated_at is not None
        and contact.created_at is not None
        and contact.updated_at > contact.created_at + _TOUCHED_S
    )
    return changed or (["the API tells a later change"] if was_touched else [])


def keeps_metadata(found: Iterable[Found]) -> bool:
    """Return True if any contact shows metadata; if none does, the service drops it and no contact was changed."""
    return any(contact.metadata for contact in found)


def _plain(text: str | None) -> str:
    """Return a field without what services commonly tidy: white space and the case of its letters."""
    return " ".join((text or "").split()).casefold()


def _texts(metadata: Mapping[str, Any] | None) -> dict[str, str]:
    """Return metadata with all values as text: some services turn numbers into text."""
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in (metadata or {}).items()}
