"""Work done ahead: what makes the next item and what uses this one run side by side."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


def ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same items in the same order, each made in another thread while the one before it is in use.

    One item at most waits. What ``items`` raises is raised here; whoever stops early waits for the item in the making.
    """
    over = object()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(next, items, over)
        while (item := coming.result()) is not over:
            coming = thread.submit(next, items, over)
            yield item  # type: ignore[misc]  # ``over`` never comes here
