"""From an answer's counts to the end of each contact, as far as the counts force it and no further."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.models.outcomes import Reason
from importer.targets import Complaint, Reply

_SAYS_EXISTS = re.compile(r"exist|duplicat|already|conflict|unique", re.IGNORECASE)
_SAYS_CONTENT = re.compile(
    r"invalid|format|e\.?164|required|missing|too long|too short|malformed|not valid", re.IGNORECASE
)


_OF_THE_FIRST = (None, 0, 1, 2)
"""Indexes by which an entry may name the first contact: none, or its index by any base in use."""


class Counting(StrEnum):
    """A service's way of counting errors: ``apart`` from the skipped rows, or ``inside`` them."""

    APART = "apart"
    INSIDE = "inside"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The ends of an answer's contacts, as far as its counts force them.

    Attributes:
        rest: the reason of every contact that ``named`` does not list.
        detail: why, for people; None if the reason says it all.
        named: position among the contacts sent, reason, and the API's words.
        counting: how this answer counted errors; None if it had none to count.
    """

    rest: Reason
    detail: str | None
    named: tuple[tuple[int, Reason, str], ...]
    counting: Counting | None


def attribute(
    reply: Reply,
    phones: Sequence[str],
    *,
    is_first: bool,
    counting: Counting | None = None,
    are_skips_duplicates: bool = False,
) -> Verdicts | None:
    """Return the ends of the contacts; None if the answer contradicts itself or how the service counted before.

    With ``n`` contacts sent, ``I + S + E = n`` is read as errors counted apart, and ``I + S = n`` with ``E <= S`` as
    errors that explain skips. If there are errors, at most one of the two can hold.

    Args:
        reply: the answer.
        phones: the numbers sent, in order, each once.
        is_first: no contact can be there because of us; otherwise "skipped" may be about our own earlier attempt.
        counting: how the service counted before; None if that is not known.
        are_skips_duplicates: it is proven of the account that a skip means "already there" and nothing else.
    """
    shown = _counting(reply, len(phones))
    if shown is None or (reply.errors and counting not in (None, shown)):
        return None
    located = locate(reply.complaints, phones)
    named = tuple(
        (place, _named_reason(complaint.text, shown, is_first=is_first), complaint.text)
        for complaint, place in zip(reply.complaints, located, strict=True)
        if place is not None
    )
    # A count is the fate of all unnamed contacts only if it is as large as their number; else nobody knows whose.
    left = len(phones) - len(named)
    is_alone = len(phones) == 1 and not reply.complaints
    unnamed = reply.errors - len(named)
    skipped = reply.skipped - (len(named) if shown is Counting.INSIDE else 0)
    rest = Reason.NOT_NAMED
    detail: str | None = _counts_in_words(reply, len(phones))
    if reply.imported == left:
        rest, detail = Reason.CONFIRMED, None
    elif (unnamed == 0 or is_alone) and skipped == left and is_first:
        rest, detail = Reason.SKIPPED_BY_API, "the API skipped every contact of this request"
    elif shown is Counting.APART and unnamed == left and is_first and not _any_exists(reply):
        rest, detail = Reason.REJECTED_BY_API, _common_text(reply) or "the API refused every contact of this request"
    elif unnamed == 0 and are_skips_duplicates:
        rest = Reason.PRESENT
    return Verdicts(rest, detail, named, shown if reply.errors else None)


def locate(complaints: Sequence[Complaint], phones: Sequence[str]) -> list[int | None]:
    """Return for each complaint the position in ``phones`` of its contact; None if that is not certain.

    A number beats an index. The base of indexes is the one that the API is known to use, and that entries with both a
    number and an index show. If neither gives one, it is 0 if an index is 0, and 1 if one index is 1 and another is
    the number of contacts. Otherwise indexes are not used, because some services count from 2, as a spreadsheet does.
    A contact that two entries name is named by neither. A single entry about a contact sent alone is about that one,
    unless it names another.
    """
    if len(phones) == len(complaints) == 1:
        (complaint,) = complaints
        is_about_it = complaint.phone in (None, phones[0]) and complaint.index in _OF_THE_FIRST
        return [0 if is_about_it else None]
    places = {phone: place for place, phone in enumerate(phones)}
    base = _index_base(complaints, places)
    found = [_place(complaint, places, base) for complaint in complaints]
    times = Counter(found)
    return [place if place is not None and times[place] == 1 else None for place in found]


def says_exists(text: str) -> bool:
    """Return True if the API's words say that the contact was there."""
    return _SAYS_EXISTS.search(text) is not None


def _counting(reply: Reply, sent: int) -> Counting | None:
    """Return how an answer to ``sent`` contacts counts errors; None if its counts do not add up either way."""
    if reply.imported + reply.skipped + reply.errors == sent:
        return Counting.APART
    if reply.imported + reply.skipped == sent and reply.errors <= reply.skipped:
        return Counting.INSIDE
    return None


def _index_base(complaints: Sequence[Complaint], places: dict[str, int]) -> int | None:
    """Return the index of the first contact; None if it is not shown, or if an index lies outside the contacts."""
    indexes = [complaint.index for complaint in complaints if complaint.index is not None]
    shown = {c.index - places[c.phone] for c in complaints if c.index is not None and c.phone in places}
    shown |= {c.base for c in complaints if c.base is not None}
    if not shown:
        shown = {0} if 0 in indexes else {1} if {1, len(places)} <= set(indexes) else set()
    if len(shown) != 1:
        return None
    base = shown.pop()
    return base if all(0 <= index - base < len(places) for index in indexes) else None


def _place(complaint: Complaint, places: dict[str, int], base: int | None) -> int | None:
    """Return the position of a complaint's contact, by its number or else its index; None if neither gives it."""
    if complaint.phone is not None:
        return places.get(complaint.phone)
    if complaint.index is None or base is None:
        return None
    return complaint.index - base


def _named_reason(text: str, counting: Counting, *, is_first: bool) -> Reason:
    """Return the reason that a complaint proves for its contact; words that say "exists" never make it an error."""
    if says_exists(text):
        return Reason.SKIPPED_BY_API if is_first else Reason.PRESENT
    if is_first:
        return Reason.REJECTED_BY_API if counting is Counting.APART else Reason.SKIPPED_BY_API
    return Reason.REJECTED_BY_API if _SAYS_CONTENT.search(text) else Reason.NOT_NAMED


def _any_exists(reply: Reply) -> bool:
    """Return True if any complaint says that a contact was there."""
    return any(says_exists(complaint.text) for complaint in reply.complaints)


def _common_text(reply: Reply) -> str:
    """Return the text that all complaints share; "" if there is none."""
    texts = {complaint.text for complaint in reply.complaints}
    return texts.pop() if len(texts) == 1 else ""


def _counts_in_words(reply: Reply, sent: int) -> str:
    """Describe counts that do not name the contacts."""
    return (
        f"of {sent} contacts the API counted {reply.imported} imported, {reply.skipped} skipped and "
        f"{reply.errors} errors without saying which"
    )
