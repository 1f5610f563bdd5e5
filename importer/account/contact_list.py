"""Reading the account's list: the API documents no request that finds a contact by its number."""

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from importer.account.failures import failure
from importer.account.session import Line
from importer.delivery.account_pages import AccountPages, unseen
from importer.delivery.classify import Verdict, classify
from importer.delivery.evidence import Dates
from importer.errors import UnreadableListError
from importer.targets import Exchange, Found, Page


@dataclass(slots=True)
class Look:
    """The findings of one reading of the account.

    Attributes:
        found: by wanted number, its contacts in the list's order.
        is_ended_early: the list was not read to its end, because that would take too many requests.
        is_total_met: the API's total is the number of contacts that were seen, so that none was missed.
        dates: of all contacts that were seen.
    """

    found: dict[str, list[Found]] = field(default_factory=dict)
    is_ended_early: bool = False
    is_total_met: bool = False
    dates: Dates = field(default_factory=Dates)


def look(
    line: Line,
    wanted: Set[str],
    budget: int | None = None,
    *,
    is_first_enough: bool = False,
    on_first_page: Callable[[Page], None] = lambda _page: None,
) -> Look:
    """Read the account's list for contacts with a wanted number (E.164).

    Args:
        line: open.
        wanted: numbers.
        budget: pages that may be requested; None for all there are.
        is_first_enough: end once every number has a contact. Otherwise the whole list is read, because a second
            contact with a number may come last.
        on_first_page: called with the first page before the next is requested.

    Raises:
        KeyRefusedError, StoppedError: it cannot be read.
    """
    seen_so_far = Look()
    if budget == 0 or (is_first_enough and not wanted):
        return Look(is_ended_early=budget == 0)
    seen = 0
    for number, page in enumerate(fresh_pages(line), 1):
        if number == 1:
            on_first_page(page)
        seen += len(page.contacts)
        seen_so_far.is_total_met = page.total == seen
        for contact in page.contacts:
            seen_so_far.dates.note(contact)
            if contact.phone in wanted:
                seen_so_far.found.setdefault(contact.phone, []).append(contact)
        if is_first_enough and wanted <= seen_so_far.found.keys():
            break
        if number == budget and page.contacts:
            seen_so_far.is_ended_early = True
            break
    return seen_so_far


def fresh_pages(line: Line) -> Iterator[Page]:
    """Yield the account's pages from the first to the last; each is requested when it is needed.

    Each has only the contacts that were on no page before, because pages shift while others write; the last has none.

    Raises:
        KeyRefusedError, StoppedError: a page cannot be read.
    """
    try:
        yield from unseen(_pages(line))
    finally:
        line.watch.doing("")


def fetch_page(line: Line, kind: str, number: int, size: int) -> Exchange:
    """Request one page of the account, booked as ``kind``: ``probe`` or ``list``.

    Raises:
        UnavailableError: there is no answer.
    """
    return line.ask(kind, lambda: line.target.fetch_page(number, size), is_repeatable=True).exchange


def _pages(line: Line) -> Iterator[Page]:
    """Yield the account's pages as the API gives them, without end; the caller stops."""
    pages = AccountPages(partial(fetch_page, line, "list"))
    for number in count(1):
        line.watch.doing(f"reading the account, page {number:,}")
        yield _read(line, pages.ask(number))


def _read(line: Line, exchange: Exchange) -> Page:
    """Return the page in an answer; raise if it has none."""
    verdict = classify(exchange, may_be_applied=False)
    if verdict is Verdict.REFUSED:
        raise UnreadableListError("The API refuses to list the account's contacts.")
    if verdict is not Verdict.ANSWERED:
        raise failure(exchange, verdict, line.target)
    page = line.target.read_page(exchange.body)
    if page is None:
        raise UnreadableListError("The API's list of contacts cannot be understood, so no contact can be found in it.")
    return page
