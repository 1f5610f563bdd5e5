"""Read-back: looking through the account's pages for contacts of which nothing certain is known.

Presence is proof. Absence is proof only if three things hold: the pass was full, the list did not change meanwhile, and
it does not lag. *Controls* show that it does not: contacts confirmed a moment ago that are all visible, one of them
certainly by a contact that is new.

Without controls, two read-backs prove absence together. The first is made when no lost request can arrive any more, the
second a quiet time later. Each reads to the end of a list that holds as many contacts as the API's total, and both see
the same ones. This assumes what controls do not: that no list is behind by more than a quiet time, and that the total
counts all that the account holds.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from importer.delivery.evidence import Dates
from importer.targets import Found, Page

CHANGED = "the account's list changed while it was read"
NO_CONTROL = "no contact was confirmed yet that could show whether the account's list is up to date"
OLD_CONTROL = "the contacts that were confirmed last are too old to show whether the account's list is up to date"
OTHERS_CONTROL = "the contacts that were confirmed last may have been there before, so the account's list may lag"
MOVED = "the account's list changed between two looks at it"
CAN_BE_CONTROLLED = (NO_CONTROL, OLD_CONTROL, OTHERS_CONTROL, MOVED)
"""Why absence is not proven, in those cases where a contact created as a control would prove it."""

LAGS = "the account's list does not show contacts that were confirmed, so it cannot prove absence"
UNREADABLE = "the account's list could not be read"


@dataclass(slots=True)
class Findings:
    """The findings of a read-back.

    Attributes:
        found: by wanted number, the contacts that have it.
        is_absence_proven: a wanted number that is not in ``found`` is not in the account.
        why_not: why absence is not proven, for people; empty if it is, or if all was found.
        requests: pages that were requested.
        seen: the watched numbers that were there.
        is_whole: the list was read to its end.
        listed: the ids of all contacts of the list; None if it was not read to its end in one pass, or if the API's
            total is not their number.
        unfinished: the pass that was broken off and can be continued; None if there is none.
        dated: by dating number, the contacts that have it.
        dates: of all contacts that the last pass saw.
    """

    found: dict[str, list[Found]] = field(default_factory=dict)
    is_absence_proven: bool = False
    why_not: str = ""
    requests: int = 0
    seen: set[str] = field(default_factory=set)
    is_whole: bool = False
    listed: frozenset[str] | None = None
    unfinished: "Pass | None" = None
    dated: dict[str, list[Found]] = field(default_factory=dict)
    dates: Dates = field(default_factory=Dates)


@dataclass(slots=True)
class Search:
    """The aim of a read-back: the numbers it looks for, and when it may end.

    Attributes:
        wanted: numbers that are to be found; the reading ends early if all are.
        controls: numbers whose contacts were confirmed; if empty, one read-back cannot prove absence.
        budget: pages that may be requested.
        controls_since: when the controls were made, epoch seconds by the API's clock. An older contact with a
            control's number does not show that the list is up to date. The default means that none of the numbers was
            there before.
        may_be_second: wanted numbers of which an older contact is not enough: a newer one may be on another page.
        watched: numbers whose presence is only noted; if there are any, the reading never ends early.
        since: nothing that is wanted was created before, as far as a ``Date`` header tells; None if that is not
            known. It bounds what is read, and says nothing of what is found.
        dating: numbers of contacts that show how the list's dates stand to our clocks.
        awaited: groups of dating numbers; one of each must be seen before the reading may end early.
        on_plan: called after the first page with the account's size and its pages; each None if not known.
    """

    wanted: set[str]
    controls: set[str]
    budget: int
    controls_since: float = -math.inf
    may_be_second: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
    since: float | None = None
    dating: set[str] = field(default_factory=set)
    awaited: Sequence[Set[str]] = ()
    on_plan: Callable[[int | None, int | None], None] = lambda _total, _pages: None

    def is_made(self, contact: Found) -> bool:
        """Return True if a control's contact is the one that was made, not one that was there before."""
        if self.controls_since == -math.inf:
            return True
        return contact.created_at is not None and is_since(contact.created_at, self.controls_since)

    def is_found(self, found: Mapping[str, Sequence[Found]]) -> bool:
        """Return True if everything wanted was found."""
        return self.wanted <= found.keys() and not any(_are_older(found[n], self.since) for n in self.may_be_second)

    def is_over(self, reading: "Pass") -> bool:
        """Return True if everything wanted was found, and enough contacts to date it."""
        return self.is_found(reading.found) and not any(group.isdisjoint(reading.dated) for group in self.awaited)


def read_back(fetch: Callable[[int], Page | None], search: Search, begun: "Pass | None" = None) -> Findings:
    """Read the account's pages until everything wanted is found, or the rest is proven absent, or cannot be.

    Args:
        fetch: returns the page of a number, starting at 1; None if it cannot be had.
        search: what is looked for.
        begun: a pass that was broken off; it must have looked for all that is wanted.
    """
    findings = Findings()
    passes: list[Pass] = []
    while len(passes) < 2:
        reading = begun if begun and not passes else Pass()
        asked = reading.pages
        findings.why_not = reading.run(fetch, search, search.budget - findings.requests)
        findings.requests += reading.pages - asked
        findings.found |= reading.found
        findings.dated |= reading.dated
        findings.dates = reading.dates
        findings.seen |= reading.seen
        findings.is_whole = not findings.why_not and reading.is_end_seen
        findings.listed = frozenset(reading.ids) if reading.is_total_met else None
        if findings.why_not:
            findings.unfinished = None if reading.is_partial or passes else reading
            return findings
        if search.is_found(findings.found):
            return findings
        passes.append(reading)
        if not search.controls or not search.controls <= reading.controls_seen:
            findings.why_not = LAGS if search.controls else NO_CONTROL
            return findings
        if not reading.is_control_made:
            findings.why_not = OTHERS_CONTROL
            return findings
        # As many contacts as the total were seen, so none was missed. Otherwise a second pass must see the same ids.
        if reading.is_total_met:
            break
    is_unchanged = passes[-1].is_total_met or passes[0].ids == passes[-1].ids
    findings.is_absence_proven = is_unchanged and passes[-1].is_end_seen
    findings.why_not = "" if findings.is_absence_proven else CHANGED
    return findings


def agreed(first: Findings, second: Findings, search: Search) -> Findings:
    """Return what two read-backs with a quiet time between them saw together; absence is proven if they agree.

    It is not if the list, so long after, still lacks a contact that a control is known to have made.
    """
    is_made_known = search.controls_since < math.inf
    may_prove = second.why_not in ("", NO_CONTROL) or (second.why_not == OTHERS_CONTROL and not is_made_known)
    is_same = first.listed is not None and first.listed == second.listed
    return replace(
        second,
        found=first.found | second.found,
        requests=first.requests + second.requests,
        is_absence_proven=may_prove and is_same,
        why_not="" if may_prove and is_same else MOVED if may_prove else second.why_not,
    )


@dataclass(slots=True)
class Pass:
    """One reading of all pages, as far as it has come.

    A list that has its newest contacts last is read from its end, because what is wanted was sent lately.

    Attributes:
        found, seen, controls_seen, dated: what was seen so far of what the search looks for.
        ids: of all contacts seen so far.
        last_ids: of the contacts on the page before.
        totals: every total that the API gave; None stands for a page without one.
        next_page: the page to request next; 0 if none.
        step: 1 if the pages are read forwards, -1 if backwards.
        pages: requested so far.
        is_end_seen: an empty page, or the last one again, showed where the list ends.
        is_control_made: at least one control is there by the contact that was made.
        is_partial: only the newest contacts are read, because the budget does not cover all.
        dates: of all contacts seen so far.
    """

    found: dict[str, list[Found]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    controls_seen: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    last_ids: set[str] = field(default_factory=set)
    totals: set[int | None] = field(default_factory=set)
    next_page: int = 1
    step: int = 1
    pages: int = 0
    is_end_seen: bool = False
    is_control_made: bool = False
    is_partial: bool = False
    dated: dict[str, list[Found]] = field(default_factory=dict)
    dates: Dates = field(default_factory=Dates)

    @property
    def is_total_met(self) -> bool:
        """Return True if the API gave one total throughout, and as many contacts were seen."""
        return self.totals == {len(self.ids)} and self.is_end_seen

    def run(self, fetch: Callable[[int], Page | None], search: Search, budget: int) -> str:
        """Read to the end, or until everything wanted is found; return why that was not possible, "" if it was."""
        left = budget
        while self.next_page and (search.watched or not search.is_over(self)):
            if left <= 0:
                return f"reading the account takes more than the {search.budget:,} requests allowed (--verify-requests)"
            left -= 1
            page = fetch(self.next_page)
            if page is None:
                return UNREADABLE
            self.pages += 1
            has_fresh = self._note(page, search)
            if self.pages == 1:
                self._plan(page, search)
            else:
                self._go_on(page, has_fresh=has_fresh)
            if self.is_partial and (self.step > 0 or self.is_end_seen) and _are_older(page.contacts, search.since):
                self.next_page = 0
        return self._too_many(search.budget) if self.is_partial else ""

    def _note(self, page: Page, search: Search) -> bool:
        """Note a page's contacts; return True if any was new."""
        self.totals.add(page.total)
        # Pages shift while others write: a contact that comes twice counts once, or the total would be met too soon.
        fresh = [contact for contact in page.contacts if contact.contact_id not in self.ids]
        for contact in fresh:
            self.ids.add(contact.contact_id)
            self.dates.note(contact)
            if contact.phone in search.dating:
                self.dated.setdefault(contact.phone, []).append(contact)
            if contact.phone in search.wanted:
                self.found.setdefault(contact.phone, []).append(contact)
            if contact.phone in search.controls:
                self.controls_seen.add(contact.phone)
                self.is_control_made |= search.is_made(contact)
            if contact.phone in search.watched:
                self.seen.add(contact.phone)
        return bool(fresh)

    def _plan(self, first: Page, search: Search) -> None:
        """Decide by the first page how the others are read: forwards, backwards, partly or not at all."""
        size = len(first.contacts)
        pages = None if first.total is None or not size else -(-first.total // size)
        search.on_plan(first.total, pages)
        self.last_ids = {contact.contact_id for contact in first.contacts}
        self.next_page = 2 if size else 0
        self.is_end_seen = not size
        order = _order(first)
        self.is_partial = pages is not None and pages >= search.budget
        if self.is_partial and (order == 0 or search.since is None):
            self.next_page = 0
        elif pages is not None and pages > 2 and order < 0:
            self.next_page, self.step = pages + 1, -1  # one past the end: it shows that this is the end

    def _go_on(self, page: Page, *, has_fresh: bool) -> None:
        """Decide by a page after the first which one comes next."""
        ids = {contact.contact_id for contact in page.contacts}
        is_repeated = ids == self.last_ids and ids < self.ids  # of a list that ignores the page, one page is all
        self.last_ids = ids
        if self.step > 0:
            self.is_end_seen = not ids or is_repeated
            self.next_page = self.next_page + 1 if has_fresh else 0
        elif self.is_end_seen or not ids:
            self.is_end_seen = True
            self.next_page = self.next_page - 1 if self.next_page > 2 else 0
        else:
            self.next_page, self.step = 2, 1  # the list goes on where it should have ended

    def _too_many(self, budget: int) -> str:
        """Describe why the account was not read as a whole."""
        return (
            f"the account holds {max(total or 0 for total in self.totals):,} contacts, more than {budget:,} requests "
            f"can read (--verify-requests)"
        )


def is_since(created: float, moment: float) -> bool:
    """Return True if a contact was created at a moment or later; a whole second may have been cut."""
    return created >= moment or (created.is_integer() and created + 1 > moment)


def _order(page: Page) -> int:
    """Return how a page is ordered by creation: 1 if newest first, -1 if newest last, 0 if that does not show."""
    dates = [contact.created_at for contact in page.contacts if contact.created_at is not None]
    if len(dates) < len(page.contacts) or len(set(dates)) < 2:
        return 0
    return -1 if dates == sorted(dates) else 1 if dates == sorted(dates, reverse=True) else 0


def _are_older(contacts: Iterable[Found], since: float | None) -> bool:
    """Return True if every contact was created before ``since``; False if there is none, or one has no date."""
    dates = [contact.created_at for contact in contacts]
    # One second less: a date may be cut to the second.
    return since is not None and bool(dates) and all(date is not None and date < since - 1 for date in dates)
