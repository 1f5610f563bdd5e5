"""Pairs of rows that are worth comparing, because they share something that few rows share."""

from collections.abc import Iterable, Iterator

import polars as pl

from importer.pipeline.review import addresses
from importer.pipeline.review.agreement import RARE
from importer.pipeline.review.blocks import PAIRS, counts, pairs

MOST_ROWS = 16
"""Most rows that may share a mailbox, or a name and a value; what more share is a family's, a company's or a list's."""
_END = 4
"""Digits of a number's end; one typo leaves these or all before the digit in front of them as they are."""


def candidates(
    rows: pl.LazyFrame, mailbox: pl.DataFrame, first: pl.Series, last: pl.Series, columns: Iterable[pl.Series]
) -> pl.DataFrame:
    """Return ``PAIRS`` (indexes into the rows; ``other`` before ``position``), each once and sorted.

    They share a mailbox; a name and half an address; a name that hardly anyone has; a first or last name and half a
    number; a rare value of a column; or a value of a column and a first or last name.

    Args:
        rows: with ``phone``.
        mailbox: pairs that share one, or a name and half an address (``sharing_mailbox``).
        first: keys of the first names (UInt64), null where there is none.
        last: keys of the last names.
        columns: keys of each other column's values, one at a time in memory.
    """
    found = [
        mailbox,
        *_by_number(rows, first, last),
        *(some for keys in columns for some in _by_column(keys, first, last)),
    ]
    return pl.concat([pl.DataFrame(schema=PAIRS), *found]).unique().sort("position", "other")


def sharing_mailbox(rows: pl.LazyFrame, names: pl.Series) -> tuple[pl.DataFrame, pl.Series]:
    """Return the pairs that share a mailbox, or a name and half an address; and the key of each row's mailbox.

    Args:
        rows: with ``email``.
        names: keys of the whole names.
    """
    keyed = addresses.keyed(rows.select("email").with_row_index("position")).collect()
    keys = [pl.col("same"), *(pl.col(part) + names for part in ("local", "start", "end"))]
    found = pl.concat(pairs(keyed.select("position", key=key), MOST_ROWS) for key in keys)
    return found, keyed["same"]


def _by_number(rows: pl.LazyFrame, first: pl.Series, last: pl.Series) -> Iterator[pl.DataFrame]:
    yield _sharing(first + last, RARE)
    number = pl.col("phone")
    parts = rows.select(start=number.str.head(-_END - 1).hash(1), end=number.str.tail(_END).hash(2)).collect()
    for part in parts:
        for names in (first, last):
            yield _sharing(part + names, RARE)


def _by_column(keys: pl.Series, first: pl.Series, last: pl.Series) -> Iterator[pl.DataFrame]:
    keyed = pl.DataFrame({"key": keys, "first": first, "last": last}).with_row_index("position")
    shared = keyed.join(counts(keys), on="key").sort("position")
    yield pairs(shared.filter(pl.col("rows") <= RARE).select("position", "key"), RARE)
    common = shared.filter(pl.col("rows") > RARE)
    yield pairs(common.select("position", key=pl.col("key") + pl.col("first") + pl.col("last")), MOST_ROWS)
    for part in ("first", "last"):
        yield pairs(common.select("position", key=pl.col("key") + pl.col(part)), RARE)


def _sharing(keys: pl.Series, most: int) -> pl.DataFrame:
    return pairs(pl.DataFrame({"key": keys}).with_row_index("position"), most)
