"""Reading the tables of a run one after the other, as rows at hand for the stages."""

from collections.abc import Iterator
from time import perf_counter

import polars as pl

from importer.errors import ReadError
from importer.models.frames import size_bytes
from importer.pipeline import memory
from importer.pipeline.engines.engine import Account, Order
from importer.pipeline.engines.row_stages import Rows
from importer.system import bounds


def read_rows(order: Order, account: Account, workers: int = 1) -> Iterator[tuple[Rows, float]]:
    """Yield the rows that are left to stage, with the share of all input bytes that has been read, 0 to 1.

    ``workers`` is the number of processes that stage them: the more, the fewer rows at a time.

    Raises:
        ReadError: a table cannot be read to its end; with ``order.passes_over`` the next one follows.
    """
    plan, skip = order.plan, order.skip
    chunk_rows = memory.chunk_rows(order.settings, plan.row_bytes, workers)
    chunk_bytes = memory.chunk_bytes(order.settings, workers)
    position = sum(skip)
    bytes_done = 0.0
    for number, (table, _) in enumerate(plan.tables):
        chunks = _small(table.chunks(chunk_rows, skip[number] if number < len(skip) else 0), chunk_bytes)
        bounds.beat(table.source.file)
        while (frame := _next(chunks, number, order, account)) is not None:
            share = (bytes_done + table.share_read * table.source.size_bytes) / max(plan.size_bytes, 1)
            yield Rows(number, position, frame), share
            position += frame.height
        bytes_done += table.source.size_bytes


def _next(chunks: Iterator[pl.DataFrame], table: int, order: Order, account: Account) -> pl.DataFrame | None:
    """Return the next rows; None after the last that can be read."""
    start = perf_counter()
    try:
        return next(chunks, None)
    except ReadError as error:
        if not order.passes_over:
            raise
        account.unreadable[table] = error
        return None
    finally:
        bounds.beat()
        account.spend("read", perf_counter() - start)


def _small(chunks: Iterator[pl.DataFrame], most_bytes: int) -> Iterator[pl.DataFrame]:
    """Yield the rows in slices of at most ``most_bytes``, but never less than one row."""
    for chunk in chunks:
        pieces = int(size_bytes(chunk) / most_bytes) + 1
        yield from chunk.iter_slices(max(1, chunk.height // pieces)) if pieces > 1 else (chunk,)
