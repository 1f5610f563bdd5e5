"""Work done ahead: the next item is made in another thread while this one is used."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """Yield the items in their order, each made in another thread while the one before it is in use.

    At most one item waits. What ``items`` raises is raised here; a caller that stops early waits for the item that is
    being made.
    """
    over = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, items, over)
        # One item ahead, not a queue of them: each holds a whole chunk of rows, and memory is bounded.
        while (item := coming.result()) is not over:
            coming = thread.submit(next, items, over)
            yield item  # type: ignore[misc]  # ``over`` never comes here
