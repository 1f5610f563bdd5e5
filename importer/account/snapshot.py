"""``--snapshot``: the account's list is read before anything is sent, and what it holds is not sent at all.

So the API has nothing to skip, and a row whose number was there is known by name. A number that the reading missed is
sent like any other: being in the list is proof, not being in it is never taken for one.
"""

from collections.abc import Iterator

import polars as pl

from importer.account.contact_list import fresh_pages
from importer.account.session import Line
from importer.errors import MisdirectedError, RefusedError, UnreadableListError
from importer.targets import Page


def take_snapshot(line: Line, most: int, per_hour: int) -> pl.Series:
    """The numbers of all contacts that the account holds: String, E.164. The estimate is told after the first page.

    Args:
        line: open, on behalf of the run.
        most: requests that it may take.
        per_hour: requests that are made in an hour at most, for the estimate.

    Raises:
        RefusedError: the account is too large to be read with so many requests, or gives no list; what to do is said.
        KeyRefusedError, StoppedError: its list cannot be read now.
    """
    line.watch.note("Reading the account before anything is sent (--snapshot).")
    phones: set[str] = set()
    requests = 0
    for page in _pages(line):
        requests += 1
        if requests == 1:
            _tell_plan(line, page, most, per_hour)
        phones.update(contact.phone for contact in page.contacts)
        if requests >= most and page.contacts:
            raise _too_large("The account's list goes on", None, most)
    line.watch.note(
        f"The account holds {len(phones):,} numbers ({requests:,} {_requests(requests)}). "
        "Rows with one of them are not sent."
    )
    return pl.Series(list(phones), dtype=pl.String)


def _pages(line: Line) -> Iterator[Page]:
    """The account's pages.

    Raises:
        RefusedError: it has no list that can be used.
    """
    try:
        yield from fresh_pages(line)
    except (UnreadableListError, MisdirectedError) as error:
        raise RefusedError(
            f"{error} So --snapshot cannot tell what is there. Nothing was sent. Import without --snapshot."
        ) from None


def _tell_plan(line: Line, first: Page, most: int, per_hour: int) -> None:
    """Say what the reading takes.

    Raises:
        RefusedError: more than it may.
    """
    if first.total is None:
        line.watch.note(f"The API does not tell how many contacts there are: {most:,} requests at most.")
        return
    requests = -(-first.total // max(len(first.contacts), 1)) + 1
    if requests > most:
        raise _too_large(f"The account holds {first.total:,} contacts", requests, most)
    hours = f", about {requests / per_hour:.1f} hours" if requests > per_hour else ""
    line.watch.note(
        f"The account holds {first.total:,} contacts: {requests:,} {_requests(requests)}{hours}; {most:,} are allowed."
    )


def _requests(number: int) -> str:
    return "request" if number == 1 else "requests"


def _too_large(what: str, requests: int | None, most: int) -> RefusedError:
    takes = f": reading it takes {requests:,} requests, and" if requests else ", and"
    return RefusedError(
        f"{what}{takes} {most:,} are allowed, so --snapshot cannot tell what is there. Nothing was sent. "
        f"Allow more with --verify-requests {requests or 'N'}, or import without --snapshot."
    )
