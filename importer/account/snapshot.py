"""``--snapshot``: the account's list is read before anything is sent, and numbers that it holds are not sent at all.

So the API has nothing to skip, and it is known which rows' numbers were there. A number that the reading missed is sent
like any other: presence in the list is proof, absence is never taken for one.
"""

from collections.abc import Iterator

import polars as pl

from importer.account.contact_list import fresh_pages
from importer.account.session import Line
from importer.errors import MisdirectedError, RefusedError, UnreadableListError
from importer.targets import Page


def take_snapshot(line: Line, most: int, per_hour: int) -> pl.Series:
    """Return the numbers of all contacts in the account's list: String, E.164.

    The user is told after the first page what the reading takes.

    Args:
        line: open, on behalf of the run.
        most: requests that the reading may take.
        per_hour: most requests that are made in an hour, for the estimate.

    Raises:
        RefusedError: the account is too large to be read with so many requests, or gives no list; says what to do.
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
    """Yield the account's pages.

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
    """Tell the user what the reading takes.

    Raises:
        RefusedError: it takes more than it may.
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
    """Return the error for an account that is too large; ``requests`` is None if it is not known how many it takes."""
    takes = f": reading it takes {requests:,} requests, and" if requests else ", and"
    return RefusedError(
        f"{what}{takes} {most:,} are allowed, so --snapshot cannot tell what is there. Nothing was sent. "
        f"Allow more with --verify-requests {requests or 'N'}, or import without --snapshot."
    )
