"""Pages of an account's list: as large as the API gives them, and each contact once.

Pages shift while others write, so a contact can be on two of them. Some APIs refuse a page that is larger than they
allow; others return as many contacts as they like.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from importer.delivery.classify import Verdict, classify
from importer.targets import Exchange, Page

ASKED_PAGE_SIZE = 1000
"""Contacts requested in a page; the page size is what arrives."""

DOCUMENTED_PAGE_SIZE = 50
"""Contacts requested if the API refuses more."""


_Answer = TypeVar("_Answer", Exchange, Exchange | None)


class AccountPages(Generic[_Answer]):
    """Requests pages by number; used by one thread. ``fetch`` returns None if no request may be made any more.

    Attributes:
        size: contacts to request in a page; the documented size once a larger first page was refused.
    """

    def __init__(self, fetch: Callable[[int, int], _Answer]) -> None:
        self._fetch: Callable[[int, int], _Answer] = fetch
        self.size = ASKED_PAGE_SIZE

    def ask(self, number: int) -> _Answer:
        """Return the answer for a page; a first page that is refused is requested again, with fewer contacts."""
        exchange = self._fetch(number, self.size)
        # Only the first page shows it: a later one may be refused because the list has ended.
        if exchange is not None and number == 1 and self.size > DOCUMENTED_PAGE_SIZE and _is_refused(exchange):
            self.size = DOCUMENTED_PAGE_SIZE
            return self._fetch(number, self.size)
        return exchange


def _is_refused(exchange: Exchange) -> bool:
    return classify(exchange, may_be_applied=False) is Verdict.REFUSED


def unseen(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield each page with the contacts that were on no page before; end after the first page that has none."""
    seen: set[str] = set()
    for page in pages:
        fresh = tuple(contact for contact in page.contacts if contact.contact_id not in seen)
        seen.update(contact.contact_id for contact in fresh)
        yield replace(page, contacts=fresh)
        if not fresh:
            return
