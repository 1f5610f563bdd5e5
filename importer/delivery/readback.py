"""Read-back: looking into the account for contacts whose answer was lost.

Presence is proof; absence is proof only under conditions.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import polars as pl

from importer.delivery.pieces import Named, Piece, State
from importer.models import Reason
from importer.targets import Found, Page

ASKED_PAGE_SIZE = 1000
"""Asked for; the page size is what arrives."""


@dataclass(slots=True)
class Findings:
    """What a read-back saw.

    Attributes:
        found: the contacts that bear a wanted number.
        is_absence_proven: what was not found is not there.
        why_not: why absence is not proven, for people.
        requests: pages asked for.
    """

    found: dict[str, list[Found]] = field(default_factory=dict)
    is_absence_proven: bool = False
    why_not: str = ""
    requests: int = 0


def read_back(fetch: Callable[[int], Page | None], wanted: set[str], controls: set[str], budget: int) -> Findings:
    """Read the account's pages until every wanted number is found, or their absence is proven, or it cannot be.

    Absence is proven by a full pass, a total that did not change and is met (or a second pass with the same contacts),
    and a positive control: contacts that were confirmed a moment ago are all visible, or the list lags.

    Args:
        fetch: one page, starting at 1; None where it cannot be had.
        wanted: numbers to look for.
        controls: numbers whose contacts were confirmed; none means that absence cannot be proven.
        budget: pages that may be asked for.
    """
    findings = Findings()
    passes: list[_Pass] = []
    while len(passes) < 2:
        reading = _Pass(wanted, controls)
        findings.why_not = reading.run(fetch, budget - findings.requests)
        findings.requests += reading.pages
        for phone, contacts in reading.found.items():
            findings.found[phone] = contacts
        if findings.why_not or wanted <= findings.found.keys():
            return findings
        passes.append(reading)
        if not controls or not controls <= reading.phones_seen:
            findings.why_not = (
                "the account's list does not show contacts that were confirmed, so it cannot prove absence"
            )
            if not controls:
                findings.why_not = (
                    "no contact was confirmed yet that could show whether the account's list is up to date"
                )
            return findings
        if reading.is_total_met:
            break
    findings.is_absence_proven = passes[-1].is_total_met or passes[0].ids == passes[-1].ids
    findings.why_not = "" if findings.is_absence_proven else "the account's list changed while it was read"
    return findings


class _Pass:
    """One reading of all pages."""

    def __init__(self, wanted: set[str], controls: set[str]) -> None:
        self._wanted, self._controls = wanted, controls
        self.found: dict[str, list[Found]] = {}
        self.ids: set[str] = set()
        self.phones_seen: set[str] = set()
        self.pages = 0
        self.is_total_met = False

    def run(self, fetch: Callable[[int], Page | None], budget: int) -> str:
        """Read to the end, or until everything wanted is found; why that was not possible, or nothing."""
        totals: set[int | None] = set()
        while not self._wanted <= self.found.keys():
            if self.pages >= budget:
                return f"reading the account takes more than the {budget} requests allowed (--verify-requests)"
            self.pages += 1
            page = fetch(self.pages)
            if page is None:
                return "the account's list could not be read"
            totals.add(page.total)
            fresh = [contact for contact in page.contacts if contact.contact_id not in self.ids]
            if not fresh:
                break
            self._note(fresh)
            if self.pages == 1 and page.total is not None and page.total > budget * len(fresh):
                return (
                    f"the account holds {page.total:,} contacts, more than {budget} requests can read "
                    "(--verify-requests)"
                )
        self.is_total_met = totals == {len(self.ids)}
        return ""

    def _note(self, contacts: Iterable[Found]) -> None:
        for contact in contacts:
            self.ids.add(contact.contact_id)
            if contact.phone in self._wanted:
                self.found.setdefault(contact.phone, []).append(contact)
            if contact.phone in self._controls:
                self.phones_seen.add(contact.phone)


def judge(contacts: Iterable[Found], sent_at: float | None) -> tuple[Reason, str]:
    """Whether contacts with one number are of our request or were there before.

    ``sent_at`` is never later than the truth, because a ``Date`` header is cut to the second and has travelled; so what
    was created before it was certainly not ours. The other way round, what somebody else made in the last two seconds
    before our request is taken for ours.

    Args:
        contacts: at least one.
        sent_at: when our request began by the API's clock, epoch seconds; None where that is not known.
    """
    created = [contact.created_at for contact in contacts]
    times = [moment for moment in created if moment is not None]
    if sent_at is None or len(times) < len(created):
        return Reason.PRESENT, "read-back found it; when it was created is not known"
    last = max(times)
    if last >= (math.floor(sent_at) if last.is_integer() else sent_at):
        return Reason.CONFIRMED, "read-back found it, created after it was sent"
    return Reason.SKIPPED_BY_API, "read-back found it, created before it was sent"


def apply(piece: Piece, phones: pl.Series, findings: Findings, sent_at: float | None) -> list[Piece]:
    """What a piece becomes by what was found.

    Contacts that were found are settled. Of a piece in doubt the others are ready to be sent again where their absence
    is proven, and stay in doubt where not; of a piece whose answer named nobody they stay as they are.

    Args:
        piece: in doubt, or settled without certainty.
        phones: the whole batch's numbers.
        findings: of a read-back.
        sent_at: as in ``judge``.
    """
    known = {contact.offset for contact in piece.named}
    numbers = dict(zip(piece.offsets, phones.gather(list(piece.offsets)), strict=True))
    named = []
    for offset, phone in numbers.items():
        if offset not in known and phone in findings.found:
            contacts = findings.found[phone]
            reason, detail = judge(contacts, sent_at)
            named.append(Named(offset, reason, detail, contacts[0].contact_id))
    if piece.state is State.SETTLED:
        return [replace(piece, named=(*piece.named, *named))] if named else [piece]
    seen = {contact.offset for contact in named}
    left = tuple(offset for offset in piece.offsets if offset not in seen)
    state = State.READY if findings.is_absence_proven else State.IN_DOUBT
    settled = [piece.part(tuple(sorted(seen))).settled(None, None, tuple(named))] if named else []
    return settled + ([replace(piece, offsets=left, state=state)] if left else [])
