"""Reading the tables of a run one after the other, as rows at hand for the stages."""

from collections.abc import Iterator
from time import perf_counter
from typing import TypeVar

import polars as pl

from importer.errors import ReadError
from importer.models.frames import size_bytes
from importer.pipeline import memory
from importer.pipeline.engines.engine import Account, Order
from importer.pipeline.engines.row_stages import Rows
from importer.system import bounds

Read = TypeVar("Read")


def read_rows(order: Order, account: Account) -> Iterator[tuple[Rows, float]]:
    """Yield the rows that are left to stage, with the share of all input bytes that has been read, 0 to 1.

    Raises:
        ReadError: a table cannot be read to its end; with ``order.passes_over`` the next one follows.
    """
    position = sum(order.skip)
    for number in range(len(order.plan.tables)):
        for frame, share in read_table(order, account, number):
            yield Rows(number, position, frame), share
            position += frame.height


def read_table(order: Order, account: Account, number: int, workers: int = 1) -> Iterator[tuple[pl.DataFrame, float]]:
    """Yield the rows of one table that are left to stage, as ``read_rows``.

    ``workers`` is the number of processes that stage them: the more, the fewer rows at a time.
    """
    plan, skip = order.plan, order.skip
    table, _ = plan.tables[number]
    rows = memory.chunk_rows(order.settings, plan.row_bytes, workers)
    chunks = table.chunks(rows, skip[number] if number < len(skip) else 0)
    for frame in timed(_small(chunks, memory.chunk_bytes(order.settings, workers)), number, order, account):
        yield frame, share_of_all(order, number, table.share_read)


def timed(items: Iterator[Read], number: int, order: Order, account: Account) -> Iterator[Read]:
    """Yield what is read of a table, and account for it.

    Raises:
        ReadError: the next one cannot be read; with ``order.passes_over`` they end there.
    """
    table, _ = order.plan.tables[number]
    bounds.beat(table.source.file)
    over = object()
    while True:
        start = perf_counter()
        try:
            item = next(items, over)
        except ReadError as error:
            if not order.passes_over:
                raise
            account.unreadable[number] = error
            return
        finally:
            bounds.beat()
            account.spend("read", perf_counter() - start)
        if item is over:
            return
        yield item  # type: ignore[misc]  # ``over`` never comes here


def share_of_all(order: Order, number: int, share_read: float) -> float:
    """Return the share of all input bytes that has been read when so much of a table has been."""
    sizes = [table.source.size_bytes for table, _ in order.plan.tables[: number + 1]]
    return (sum(sizes[:-1]) + share_read * sizes[-1]) / max(order.plan.size_bytes, 1)


def _small(chunks: Iterator[pl.DataFrame], most_bytes: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in slices of at most ``most_bytes``, but never less than one row."""
    for chunk in chunks:
        pieces = int(size_bytes(chunk) / most_bytes) + 1
        yield from chunk.iter_slices(max(1, chunk.height // pieces)) if pieces > 1 else (chunk,)
